// People from a panel: known again by their id there, signed where the study asks for it; what they hold goes back when they return.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { uuidOf } from '../support/ids.mjs';

let server;
before(async () => { server = await startCoordinator(); });
after(() => server.stop());

const call = async (status, method, path, options) => {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
};
const PANEL = { name: 'Prolific', completion_url: 'https://app.prolific.com/submissions/complete?cc={code}',
    codes: { completed: 'DONE1', screened_out: 'OUT1', no_consent: 'NO1' }, tasks: 2, minutes: 60 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const shard = (id) => `(select shard_key from project where replace(project_id::text, '-', '') = '${uuidOf(id)}')`;
const line = (i, more) => JSON.stringify({ prompt: `q${i}`, responses: [{ content: 'a' }, { content: 'b' }], ...more });

async function study({ panel = {}, items = 8, max_uses = 100, lines, ...settings } = {}) {
    const { body: { id } } = await call(201, 'POST', '/api/v1/projects', { body: { name: 'from a panel', task: { kind: 'pairwise' }, ...settings } });
    if (panel) await call(200, 'PUT', `/api/v1/projects/${id}/panel`, { body: { ...PANEL, ...panel } });
    await call(200, 'POST', `/api/v1/projects/${id}/items`, { body: lines ?? Array.from({ length: items }, (_, i) => line(i)).join('\n') });
    const { body: { code } } = await call(201, 'POST', `/api/v1/projects/${id}/invitations`, { body: { max_uses } });
    return { id, code };
}
const enter = (code, panel, status = 201) => call(status, 'POST', '/api/v1/join', { token: null, body: { code, ...(panel ? { panel } : {}) } });
const come = async (code, id) => (await enter(code, { PROLIFIC_PID: id, STUDY_ID: 's1', SESSION_ID: `session-${id}` })).body;
const next = (id, token, status = 201) => call(status, 'POST', `/api/v1/projects/${id}/assignments`, { token });
const put = (token, task, choice = 'left', status = 201) => call(status, 'PUT', `/api/v1/assignments/${task.id}/judgment`,
    { token, key: true, body: { choice, active_ms: 1, client: {} } });
const mine = async (id, token) => (await call(200, 'POST', `/api/v1/projects/${id}/submissions/mine`, { token })).body;
const end = async (id, body) => (await call(200, 'POST', `/api/v1/projects/${id}/submissions`, { body })).body.data;
const exported = async (id) => {
    const { body } = await call(200, 'POST', `/api/v1/projects/${id}/submissions/export`);
    return body.trim().split('\n').map((row) => row.split(','));
};

test('what a panel may be, and who may set it', async () => {
    const { id, code } = await study({ panel: null });
    await call(404, 'GET', `/api/v1/projects/${id}/panel`);
    await enter(code, { PROLIFIC_PID: 'p1' }, 422);
    const bad = [
        [{ codes: {} }, '/codes/completed'],
        [{ codes: { completed: 'a b' } }, '/codes/completed'],
        [{ name: '' }, '/name'],
        [{ completion_url: 'https://example.org/' }, '/completion_url'],
        [{ completion_url: 'javascript:{code}' }, '/completion_url'],
        [{ parameters: { id: 'code' } }, '/parameters/id'],
        [{ parameters: { id: 'a', study: 'a' } }, '/parameters/study'],
        [{ minutes: 0 }, '/minutes'],
        [{ on_return: 'burn' }, '/on_return'],
        [{ more: 1 }, '/more'],
    ];
    for (const [change, pointer] of bad) {
        const { body } = await call(422, 'PUT', `/api/v1/projects/${id}/panel`, { body: { ...PANEL, ...change } });
        assert.ok(body.errors.some((one) => one.pointer === pointer), `${pointer}: ${JSON.stringify(body.errors)}`);
    }
    const { body } = await call(200, 'PUT', `/api/v1/projects/${id}/panel`, { body: PANEL });
    assert.deepEqual([body.parameters, body.on_return, body.on_time_out, body.signed, body.has_secret],
        [{ id: 'PROLIFIC_PID', study: 'STUDY_ID', session: 'SESSION_ID' }, 'drop', 'keep', false, false]);
    await call(200, 'PUT', `/api/v1/projects/${id}/panel`, { body: PANEL });
    await call(401, 'GET', `/api/v1/projects/${id}/panel`, { token: null });
    const { token } = await come(code, 'p1');
    for (const [method, path] of [['GET', 'panel'], ['GET', 'submissions'], ['POST', 'submissions/export'], ['POST', 'panel/secret']])
        await call(404, method, `/api/v1/projects/${id}/${path}`, { token });
    await call(409, 'DELETE', `/api/v1/projects/${id}/panel`);
    assert.equal(server.sql(`select count(*) from (select entry from log_outbox union all select entry from log_entry) e where entry like '%"panel"%' and entry like '%${id}%'`), '1', 'one change, one entry');
    const other = await study();
    await call(204, 'DELETE', `/api/v1/projects/${other.id}/panel`);
    await enter(other.code);
});

test('who stops before the end gives it back themselves, once, and what is over stays over', async () => {
    const { id, code } = await study({ panel: { codes: { ...PANEL.codes, returned: 'BACK1' } } });
    const give = async (token, status = 200) => (await call(status, 'DELETE', `/api/v1/projects/${id}/submissions/mine`, { token, key: true })).body;
    const { token } = await come(code, 'stops');
    await put(token, (await next(id, token)).body);
    const lease = (await next(id, token)).body;
    for (let i = 0; i < 2; i += 1) {
        const { state, judgments, n_judgments: n, code: back, url } = await give(token);
        assert.deepEqual([state, judgments, n, back, url], ['returned', 'dropped', 0, 'BACK1', 'https://app.prolific.com/submissions/complete?cc=BACK1']);
    }
    await put(token, lease, 'left', 409);
    await next(id, token, 204);
    const { token: finished } = await come(code, 'finishes');
    for (let i = 0; i < 2; i += 1) await put(finished, (await next(id, finished)).body);
    assert.deepEqual([(await give(finished)).state, (await mine(id, finished)).code], ['completed', 'DONE1']);
    const other = await study({ panel: null });
    await give((await enter(other.code)).body.token, 404);
});

test('from the link to the code, on two devices; paid by the export; no id of the panel lies open anywhere', async () => {
    const { id, code } = await study({ max_uses: 1 });
    const { body: shown } = await call(200, 'GET', `/api/v1/join?code=${code}`, { token: null });
    assert.deepEqual(shown.panel, { name: 'Prolific', parameters: { id: 'PROLIFIC_PID', study: 'STUDY_ID', session: 'SESSION_ID' }, signed: false,
        no_consent: { code: 'NO1', url: 'https://app.prolific.com/submissions/complete?cc=NO1' } });
    const without = await enter(code, null, 422);
    assert.equal(without.body.errors[0].pointer, '/panel');
    for (const wrong of [{}, { PROLIFIC_PID: '=1+1' }, { PROLIFIC_PID: 'a,b' }, { PROLIFIC_PID: 'a', MORE: 'b' }, { PROLIFIC_PID: 7 }])
        await enter(code, wrong, 422);
    const first = await come(code, 'pid0000secretid');
    const task = (await next(id, first.token)).body;
    await put(first.token, task);
    const again = await come(code, 'pid0000secretid');
    assert.equal(again.participant_id, first.participant_id, 'the same id is the same participation');
    assert.notEqual(again.token, first.token);
    await call(200, 'GET', `/api/v1/join?code=${code}`, { token: null }); // used up, but not for who is in
    await enter(code, { PROLIFIC_PID: 'another' }, 410);
    const { body: info } = await call(200, 'GET', `/api/v1/projects/${id}`, { token: again.token });
    assert.deepEqual([info.mine.remaining, info.mine.submission.state, info.mine.submission.panel], [1, 'started', 'Prolific']);
    assert.equal((await mine(id, again.token)).code, null);
    await put(again.token, (await next(id, again.token)).body);
    const done = await next(id, first.token, 204);
    assert.equal(done.headers.get('plenum-reason'), 'completed');
    const told = await mine(id, first.token);
    assert.deepEqual([told.state, told.code, told.url, told.n_judgments], ['completed', 'DONE1', 'https://app.prolific.com/submissions/complete?cc=DONE1', 2]);
    await put(first.token, task, 'right'); // a change of mind, until the study closes
    const undone = await call(409, 'DELETE', `/api/v1/assignments/${task.id}/judgment`, { token: first.token });
    assert.equal(undone.body.type, 'submission_ended');
    assert.equal((await mine(id, (await come(code, 'pid0000secretid')).token)).code, 'DONE1', 'the code is there for who comes back');

    const rows = await exported(id);
    assert.deepEqual(rows[0], ['external_id', 'study_id', 'session_id', 'state', 'code', 'n_judgments', 'seconds']);
    assert.deepEqual(rows[1].slice(0, 6), ['pid0000secretid', 's1', 'session-pid0000secretid', 'completed', 'DONE1', '2']);
    assert.match(rows[1][6], /^\d+$/);
    const { body: list } = await call(200, 'GET', `/api/v1/projects/${id}/submissions`);
    assert.deepEqual([list.data.length, list.data[0].participant_id, list.data[0].state, list.counts.completed], [1, first.participant_id, 'completed', 1]);
    assert.ok(!JSON.stringify(list).includes('secretid'));
    assert.ok(!server.log.includes('secretid'));
    for (const table of ['submission', 'participation', 'person', 'log_entry', 'log_outbox', 'idempotency'])
        assert.equal(server.sql(`select count(*) from ${table} t where t::text like '%secretid%'`), '0', table);
    const { body } = await call(200, 'GET', '/api/v1/me/data', { token: first.token });
    const kept = body.trim().split('\n').map((one) => JSON.parse(one)).find((one) => one.kind === 'submission');
    assert.deepEqual([kept.given, kept.state], [{ id: 'pid0000secretid', study: 's1', session: 'session-pid0000secretid' }, 'completed']);
    await call(204, 'DELETE', '/api/v1/me', { token: first.token, body: { confirm: 'erase' } });
    assert.equal((await exported(id)).length, 1, 'who is erased is in no export');
    assert.equal(server.sql(`select count(*) from submission where shard_key = ${shard(id)} and external_code is null and external_sealed is null`), '1');
});

test('a signature: not without it, nor with anything changed; two secrets for a day', async () => {
    const { id, code } = await study({ panel: { signed: true } });
    const sign = (secret, fields) => ({ ...fields, signature: createHmac('sha256', secret)
        .update(Object.keys(fields).sort().map((name) => `${name}=${fields[name]}`).join('&')).digest('hex') });
    const fields = { PROLIFIC_PID: 'p1', STUDY_ID: 's', SESSION_ID: 'x' };
    assert.equal((await enter(code, sign('guess', fields), 403)).body.type, 'panel_signature', 'without a secret nobody joins');
    const key = randomUUID();
    const { body: { secret } } = await call(201, 'POST', `/api/v1/projects/${id}/panel/secret`, { headers: { 'idempotency-key': key } });
    assert.equal((await call(201, 'POST', `/api/v1/projects/${id}/panel/secret`, { headers: { 'idempotency-key': key } })).body.secret, secret);
    assert.match(secret, /^pnl_[0-9a-f]{64}$/);
    const good = sign(secret, fields);
    for (const tampered of [fields, { ...good, PROLIFIC_PID: 'p2' }, { ...good, SESSION_ID: 'y' }, { ...good, expires: '99999999999' },
        { PROLIFIC_PID: 'p1', STUDY_ID: 's', signature: good.signature }, { ...good, signature: good.signature.replace(/^./, (c) => (c === '0' ? '1' : '0')) },
        { ...good, signature: good.signature.slice(0, 62) }, { ...good, signature: 'z'.repeat(64) },
        // The names and values shuffled so that a careless text would be the same.
        { PROLIFIC_PID: 'p1', STUDY_ID: 's', SESSION_ID: 'x', signature: createHmac('sha256', secret).update('PROLIFIC_PID=p1SESSION_ID=xSTUDY_ID=s').digest('hex') }])
        assert.equal((await enter(code, tampered, 403)).body.type, 'panel_signature', JSON.stringify(tampered));
    assert.equal((await enter(code, sign(secret, { ...fields, expires: '1000' }), 403)).body.type, 'panel_expired');
    assert.equal(server.sql(`select count(*) from submission where shard_key = ${shard(id)}`), '0');
    const one = (await enter(code, good)).body;
    assert.equal((await enter(code, good)).body.participant_id, one.participant_id, 'a replay is the same participation');
    assert.equal((await enter(code, sign(secret, { ...fields, expires: '99999999999' }))).body.participant_id, one.participant_id);
    const { body: { secret: newer } } = await call(201, 'POST', `/api/v1/projects/${id}/panel/secret`);
    const { body: set } = await call(200, 'GET', `/api/v1/projects/${id}/panel`);
    assert.ok(set.has_secret && Date.parse(set.old_secret_until) > Date.now() && !JSON.stringify(set).includes('pnl_'));
    await enter(code, sign(newer, { ...fields, PROLIFIC_PID: 'p3' }));
    await enter(code, sign(secret, { ...fields, PROLIFIC_PID: 'p4' }));
    server.sql(`update panel set old_until = now() - interval '1 second' where shard_key = ${shard(id)}`);
    await enter(code, sign(secret, { ...fields, PROLIFIC_PID: 'p5' }), 403);
    const third = (await study({ panel: { signed: true } }));
    await call(201, 'POST', `/api/v1/projects/${third.id}/panel/secret`);
    await enter(third.code, good, 403); // of another study
});

test('the same id fifty times at once is one participation, and one use of the invitation', async () => {
    const { id, code } = await study({ max_uses: 2 });
    const all = await Promise.all(Array.from({ length: 50 }, () => come(code, 'same')));
    assert.equal(new Set(all.map((one) => one.participant_id)).size, 1);
    assert.equal(server.sql(`select count(*), (select n_uses from invitation where shard_key = ${shard(id)}), (select count(*) from participation
        where shard_key = ${shard(id)} and roles = 8), (select sum(n_participants) from project_counter where shard_key = ${shard(id)})
        from submission where shard_key = ${shard(id)}`), '1|1|1|1');
    await Promise.all(all.map((one) => call(200, 'GET', `/api/v1/projects/${id}`, { token: one.token })));
    assert.deepEqual((await exported(id)).map((row) => row[0]), ['external_id', 'same']);
});

const demographics = { attributes: [{ id: 'age', label: 'age', values: ['young', 'old'].map((one) => ({ id: one, label: one })) }] };
const judgments = (n) => ({ by: ['age'], cells: ['young', 'old'].map((age) => ({ values: { age }, judgments: n })) });
// Counters against what they count.
function checkCounters(id) {
    assert.equal(server.sql(`select count(*) from quota_count q where q.shard_key = ${shard(id)} and q.unit = 'judgments'
        and (q.n_taken, q.n_judged) <> (select count(*) filter (where a.state <> 'open'), count(*) filter (where a.state = 'judged')
            from assignment a where a.shard_key = q.shard_key and a.quota_cell = q.cell
            and (a.item_id = q.item_id or q.item_id = '00000000-0000-0000-0000-000000000000'))`), '0', 'cells hold what is out');
    assert.equal(server.sql(`select coalesce(sum(n_counted), 0) - (select count(*) from assignment where shard_key = ${shard(id)} and state = 'judged' and n >= 0)
        from project_counter where shard_key = ${shard(id)}`), '0', 'the study counts what is judged');
}
const leased = (id) => server.sql(`select count(*) from assignment where shard_key = ${shard(id)} and state = 'leased'`);

test('who returns gives back lease and judgments; told once or ten times, it is the same', async () => {
    const { id, code } = await study({ judgments_per_item: 1, items: 4, demographics, quotas: judgments(10), panel: { tasks: null } });
    const people = {};
    for (const name of ['a1', 'b1', 'c1']) {
        people[name] = await come(code, name);
        await call(200, 'PUT', '/api/v1/me/demographics', { token: people[name].token, body: { consent: true, answers: { age: 'young' } } });
    }
    const { token } = people.a1;
    const first = (await next(id, token)).body;
    await put(token, first);
    const second = (await next(id, token)).body;
    assert.deepEqual(await end(id, { state: 'returned', external_ids: ['a1', 'nobody'] }),
        [{ external_id: 'a1', state: 'returned', judgments: 'dropped', leases_returned: 1 }, { external_id: 'nobody', state: 'unknown' }]);
    assert.equal(leased(id), '0');
    checkCounters(id);
    for (let i = 0; i < 3; i++)
        assert.deepEqual(await end(id, { state: 'returned', external_ids: ['a1'] }), [{ external_id: 'a1', state: 'returned', judgments: 'dropped', leases_returned: 0 }]);
    assert.equal((await end(id, { state: 'timed_out', external_ids: ['a1'] }))[0].state, 'returned', 'the first end stays');
    assert.equal(server.sql(`select count(*) from judgment where shard_key = ${shard(id)}`), '2', 'the judgment and one void revision');
    assert.equal((await next(id, token, 204)).headers.get('plenum-reason'), 'returned');
    for (const task of [first, second]) assert.equal((await put(token, task, 'right', 409)).body.type, 'submission_ended');
    await call(409, 'DELETE', `/api/v1/assignments/${first.id}/judgment`, { token });
    assert.equal((await enter(code, { PROLIFIC_PID: 'a1' }, 409)).body.type, 'submission_returned');
    assert.equal((await mine(id, token)).state, 'returned');
    // The others get all there is, what was given back too.
    for (let i = 0; i < 4; i++) await put(people.b1.token, (await next(id, people.b1.token)).body);
    assert.equal((await next(id, people.b1.token, 204)).headers.get('plenum-reason'), 'done');
    assert.deepEqual([(await mine(id, people.b1.token)).state, (await mine(id, people.b1.token)).code], ['completed', 'DONE1'], 'none is left: finished');
    checkCounters(id);
    // Timed out, told by pseudonym, and kept as the study has set; dropped where it is said.
    await end(id, { state: 'returned', external_ids: ['b1'], judgments: 'keep' });
    assert.equal(server.sql(`select sum(n_counted) from project_counter where shard_key = ${shard(id)}`), '4');
    assert.equal((await end(id, { state: 'returned', participant_ids: [people.b1.participant_id], judgments: 'drop' }))[0].judgments, 'dropped');
    checkCounters(id);
    await next(id, people.c1.token);
    assert.deepEqual(await end(id, { state: 'timed_out', participant_ids: [people.c1.participant_id] }),
        [{ participant_id: people.c1.participant_id, state: 'timed_out', judgments: 'kept', leases_returned: 1 }]);
    checkCounters(id);
    const { body: list } = await call(200, 'GET', `/api/v1/projects/${id}/submissions?limit=2`);
    assert.deepEqual([list.data.length, list.counts], [2, { started: 0, completed: 0, screened_out: 0, returned: 2, timed_out: 1 }]);
    assert.equal((await call(200, 'GET', `/api/v1/projects/${id}/submissions?limit=2&cursor=${list.next_cursor}`)).body.data.length, 1);
    for (const [body, pointer] of [[{ state: 'started', external_ids: ['a'] }, '/state'], [{ state: 'returned' }, '/participant_ids'],
        [{ state: 'returned', external_ids: ['a', '!'] }, '/external_ids/1'], [{ state: 'returned', external_ids: ['a'], participant_ids: [] }, '/participant_ids']]) {
        const { body: problem } = await call(422, 'POST', `/api/v1/projects/${id}/submissions`, { body });
        assert.equal(problem.errors[0].pointer, pointer);
    }
});

test('where people are counted, who returns leaves a place; leaving gives it back too', async () => {
    const { id, code } = await study({ demographics, quotas: [{ attribute: 'age', value: 'old', count: 10 }] });
    const taken = () => server.sql(`select sum(n_taken) from quota_count where shard_key = ${shard(id)}`);
    const people = [];
    for (const name of ['d1', 'd2', 'd3', 'd4']) {
        const one = await come(code, name);
        await call(200, 'PUT', '/api/v1/me/demographics', { token: one.token, body: { consent: true, answers: { age: 'old' } } });
        await put(one.token, (await next(id, one.token)).body);
        people.push(one);
    }
    assert.equal(taken(), '4');
    await end(id, { state: 'returned', external_ids: ['d1'] });
    assert.equal(taken(), '3');
    await end(id, { state: 'timed_out', external_ids: ['d2'] });
    assert.equal(taken(), '3', 'what they judged counts, and so do they');
    await next(id, people[2].token);
    await call(204, 'DELETE', `/api/v1/me/participations/${id}`, { token: people[2].token });
    assert.deepEqual([taken(), leased(id)], ['2', '0']);
    assert.equal((await come(code, 'd3')).participant_id, people[2].participant_id, 'who left may come again');
});

test('its time over, a submission ends by itself and its lease goes back; who did enough has finished', async () => {
    const { id, code } = await study({ panel: { minutes: 1 } });
    const late = await come(code, 'late'), quick = await come(code, 'quick'), waiting = await come(code, 'waiting');
    await next(id, late.token);
    const own = (await next(id, waiting.token)).body;
    for (let i = 0; i < 2; i++) await put(quick.token, (await next(id, quick.token)).body);
    server.sql(`update submission set due_at = now() - interval '1 second' where shard_key = ${shard(id)}`);
    assert.equal((await put(waiting.token, own, 'left', 409)).body.type, 'submission_ended');
    for (let i = 0; i < 100 && leased(id) !== '0'; i++) await pause(100);
    assert.equal(leased(id), '0');
    assert.equal((await next(id, late.token, 204)).headers.get('plenum-reason'), 'timed_out');
    assert.equal((await enter(code, { PROLIFIC_PID: 'late' }, 409)).body.type, 'submission_timed_out');
    assert.equal((await mine(id, quick.token)).state, 'completed');
});

test('who does not qualify gets the other code', async () => {
    const gold = Array.from({ length: 2 }, (_, i) => line(`gold${i}`, { gold: { choice: 'left', role: 'qualification' } }));
    const { id, code } = await study({ lines: [...gold, line(1), line(2)].join('\n'), onboarding: { qualification: { n: 2, share: 1, tries: 1 } } });
    const { token } = await come(code, 'unlucky');
    for (let i = 0; i < 2; i++) {
        const task = (await next(id, token)).body;
        const a = task.item.responses.find((one) => one.content === 'a');
        await put(token, task, a.slot === 'left' ? 'right' : 'left');
    }
    assert.equal((await next(id, token, 204)).headers.get('plenum-reason'), 'not_qualified');
    assert.deepEqual(await mine(id, token).then((one) => [one.state, one.code]), ['screened_out', 'OUT1']);
});

test('the server killed amidst a release: asked again, each lease is back once and every counter is right', { timeout: 120000 }, async () => {
    const { id, code } = await study({ items: 60, judgments_per_item: 1, demographics, quotas: judgments(1000) });
    const names = Array.from({ length: 30 }, (_, i) => `kill${i}`);
    const people = await Promise.all(names.map(async (name, i) => {
        const { token, participant_id } = await come(code, name);
        await call(200, 'PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { age: i % 2 ? 'old' : 'young' } } });
        await put(token, (await next(id, token)).body);
        await next(id, token);
        return participant_id;
    }));
    assert.equal(leased(id), '30');
    const ask = () => server.api('POST', `/api/v1/projects/${id}/submissions`, { body: { state: 'returned', external_ids: names } });
    // Somebody holds the row of one in the middle: there the release stands still, and there the server is killed.
    const holder = spawn('psql', ['-X', '-q', '-d', `host='${join(server.dataFolder, 'run')}' port=5432 user=plenum_owner dbname=plenum`, '-c',
        `begin; select from submission where replace(participant_id::text, '-', '') = '${uuidOf(people[15])}' for update; select pg_sleep(60)`], { stdio: 'ignore' });
    const held = new Promise((resolve) => holder.once('exit', resolve));
    while (server.sql(`select count(*) from pg_stat_activity where query like '%pg_sleep(60)' and wait_event = 'PgSleep'`) === '0') await pause(20);
    const cut = ask().catch(() => null);
    while (leased(id) !== '15') await pause(10);
    await server.kill();
    await Promise.all([held, cut]);
    await server.restart();
    // As PostgreSQL ends, who held the row may go before who waits for it: then that one is back as well.
    const left = Number(leased(id));
    assert.ok(left === 15 || left === 14, String(left));
    checkCounters(id);
    const { status, body } = await ask();
    assert.equal(status, 200);
    assert.ok(body.data.every((one) => one.state === 'returned' && one.judgments === 'dropped'));
    assert.deepEqual(body.data.map((one) => one.leases_returned), names.map((_, i) => Number(i >= 30 - left)));
    assert.equal(leased(id), '0');
    checkCounters(id);
    assert.equal(server.sql(`select count(*), count(*) filter (where outcome = 'void') from judgment where shard_key = ${shard(id)}`), '60|30');
    assert.equal(server.sql(`select sum(n_taken), sum(n_judged) from quota_count where shard_key = ${shard(id)}`), '0|0');
});
