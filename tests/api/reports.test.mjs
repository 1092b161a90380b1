// Reports of content: made once, seen by those who decide and by nobody else, decided for a reason; what is hidden is given to nobody.
import test from 'node:test';
import assert from 'node:assert/strict';
import { makeCommunity, makeMembers, propose, change, until } from '../support/community.mjs';
import { startCoordinator } from '../support/coordinator.mjs';
import { startEndpoint } from '../support/endpoint.mjs';

const WORDS = 'It names my neighbour, Wiremu Pāpā.';

let server, stub;
test.before(async () => {
    stub = await startEndpoint();
    server = await startCoordinator({ env: { PLENUM_OUTSIDE_ALLOW: stub.host } });
});
test.after(async () => {
    await server?.stop();
    await stub?.stop();
});

async function api(method, path, { expect = 200, ...options } = {}) {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, expect, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
}
const items = (ids) => ids.map((id) => JSON.stringify({ id, prompt: `about ${id}`, responses: [{ content: `${id} one` }, { content: `${id} two` }] })).join('\n');
async function makeStudy({ ids = ['a', 'b'], people = 3, judgments_per_item = 3, ...more } = {}) {
    const { id } = await api('POST', '/api/v1/projects', { expect: 201, body: { name: 'reported', judgments_per_item, task: { kind: 'pairwise' }, ...more } });
    if (ids.length > 0) await api('POST', `/api/v1/projects/${id}/items`, { body: items(ids) });
    const { code } = await api('POST', `/api/v1/projects/${id}/invitations`, { expect: 201, body: { max_uses: people } });
    const joined = [];
    for (let i = 0; i < people; i++) joined.push(await api('POST', '/api/v1/join', { expect: 201, token: null, body: { code } }));
    return { id, people: joined };
}
const next = (study, { token }, expect = 201) => api('POST', `/api/v1/projects/${study.id}/assignments`, { expect, token });
const report = (task, { token }, body = { reason: 'privacy' }, expect = 201) => api('POST', `/api/v1/assignments/${task.id}/report`, { expect, token, body });
const judge = (task, { token }, choice = 'left') => api('PUT', `/api/v1/assignments/${task.id}/judgment`, { expect: 201, token, key: true, body: { choice, active_ms: 5, client: {} } });
const reports = async (study, query = '') => (await api('GET', `/api/v1/projects/${study.id}/reports${query}`)).data;
const decide = (study, { id }, state, reason = 'Looked at.') => api('PUT', `/api/v1/projects/${study.id}/reports/${id}`, { expect: 204, body: { state, reason } });
const wanted = async (study) => (await api('GET', `/api/v1/projects/${study.id}`)).progress.wanted;
const late = () => server.sql(`update assignment set expires_at = now() - interval '1 second' where state = 'leased'`);

test('received once, whatever is sent again; seen with its content under a pseudonym by those who run the study alone', async () => {
    const study = await makeStudy();
    const [me, other] = study.people;
    const task = await next(study, me);
    const made = await report(task, me, { reason: 'privacy', words: WORDS });
    assert.deepEqual(await report(task, me, { reason: 'spam' }, 200), made);
    assert.equal(made.state, 'open');
    await report(task, other, { reason: 'privacy' }, 404);
    assert.equal((await report(task, me, { reason: 'dull' }, 422)).errors[0].pointer, '/reason');
    await report(task, me, { reason: 'other', words: 'x'.repeat(2001) }, 422);
    const [one, ...rest] = await reports(study);
    assert.deepEqual(rest, []);
    const { created_at: at, content, ...said } = one;
    assert.deepEqual(said, { id: made.id, kind: 'item', object_id: task.item.id, reason: 'privacy', words: WORDS, state: 'open', decision: null, decided_at: null,
        hidden: false, reporter: me.participant_id });
    assert.equal(at, made.created_at);
    assert.deepEqual(content.prompt, task.item.prompt);
    assert.deepEqual([...content.responses].sort(), task.item.responses.map((each) => each.content).sort());
    assert.equal(server.sql(`select count(*) from report where position('neighbour'::bytea in words_sealed) > 0`), '0');
    for (const token of [me.token, other.token]) await api('GET', `/api/v1/projects/${study.id}/reports`, { expect: 404, token });
    await api('PUT', `/api/v1/projects/${study.id}/reports/${one.id}`, { expect: 404, token: me.token, body: { state: 'dismissed', reason: 'x' } });
    const foreign = await makeStudy();
    await api('PUT', `/api/v1/projects/${foreign.id}/reports/${one.id}`, { expect: 404, body: { state: 'dismissed', reason: 'x' } });
    assert.equal(server.sql(`select count(*) from event where kind = 'report.created'`), '1');
});

test('what was answered or skipped can be reported too', async () => {
    const study = await makeStudy();
    const [me] = study.people;
    const first = await next(study, me);
    await judge(first, me);
    await report(first, me);
    const skipped = await next(study, me);
    await judge(skipped, me, 'skip');
    await report(skipped, me);
    assert.equal((await reports(study)).length, 2);
});

test('upheld, an item goes to nobody: not anew, not when it was skipped, not when a lease ran out; dismissed, it does again', async () => {
    const study = await makeStudy({ ids: ['a', 'b'], people: 4, judgments_per_item: 5 });
    const [me, skipping, leaving, last] = study.people;
    const task = await next(study, me);
    const bad = task.item.id;
    // Whoever has it already may finish, or skip.
    const theirs = [];
    for (const person of [skipping, leaving]) {
        let one = await next(study, person);
        if (one.item.id !== bad) {
            await judge(one, person);
            one = await next(study, person);
        }
        assert.equal(one.item.id, bad);
        theirs.push(one);
    }
    await report(task, me, { reason: 'hate' });
    await judge(task, me, 'skip');
    assert.equal(await wanted(study), 10);
    const [one] = await reports(study, '?state=open');
    await decide(study, one, 'upheld', 'It is hateful.');
    assert.equal(await wanted(study), 5, 'nothing more is wanted of it');
    await judge(theirs[0], skipping, 'skip');
    late();
    assert.deepEqual((await reports(study, '?state=open')), []);
    const [upheld] = await reports(study, '?state=upheld');
    assert.deepEqual([upheld.hidden, upheld.decision], [true, 'It is hateful.']);
    // All that is left is the other item.
    const seen = [];
    for (let task_ = await server.api('POST', `/api/v1/projects/${study.id}/assignments`, { token: last.token }); task_.status === 201;
        task_ = await server.api('POST', `/api/v1/projects/${study.id}/assignments`, { token: last.token })) {
        seen.push(task_.body.item.id);
        await judge(task_.body, last);
    }
    assert.ok(seen.length === 1 && seen[0] !== bad, JSON.stringify(seen));
    await decide(study, one, 'dismissed', 'It quotes.');
    assert.equal(await wanted(study), 10);
    const again = await next(study, last);
    assert.equal(again.item.id, bad);
    await decide(study, one, 'upheld');
    await decide(study, one, 'upheld');
    assert.equal(await wanted(study), 5, 'once, however often it is said');
    const entries = server.sql(`select string_agg(e::json->>'type', ' ') from (select entry as e from log_outbox union all select entry from log_entry) x where e like '%"report\\_%'`);
    for (const type of ['report_upheld', 'report_dismissed']) assert.ok(entries.includes(type));
});

test('where quotas are kept a hidden item is given to nobody either', async () => {
    const study = await makeStudy({ ids: ['a'], judgments_per_item: 5, demographics: { attributes: [{ id: 'age', label: 'Age', values: [{ id: 'young', label: 'Young' }, { id: 'old', label: 'Old' }] }] },
        quotas: [{ attribute: 'age', value: 'young', count: 4 }] });
    const [me, other] = study.people;
    for (const { token } of study.people) await api('PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { age: 'young' } } });
    const task = await next(study, me);
    await report(task, me);
    const [one] = await reports(study);
    await decide(study, one, 'upheld');
    await next(study, other, 204);
    await decide(study, one, 'dismissed');
    assert.equal((await next(study, other)).item.id, task.item.id);
});

test('items with a known answer are reported and hidden as others are, and nothing is wanted the fewer', async () => {
    const study = await makeStudy({ ids: [], onboarding: { practice: 2 } });
    const gold = ['g1', 'g2'].map((id) => JSON.stringify({ id, prompt: id, responses: [{ content: 'good' }, { content: 'bad' }], gold: { choice: 'left', role: 'practice' } }));
    await api('POST', `/api/v1/projects/${study.id}/items`, { body: `${gold.join('\n')}\n${items(['a'])}` });
    const [me, other] = study.people;
    const before = await wanted(study);
    const task = await next(study, me);
    await report(task, me);
    const [one] = await reports(study);
    await decide(study, one, 'upheld');
    assert.equal(await wanted(study), before);
    const given = [];
    for (let i = 0; i < 2; i++) {
        const theirs = await next(study, other);
        given.push(theirs.item.prompt[0].content);
        await judge(theirs, other);
    }
    assert.deepEqual(given, ['g2', 'about a']);
});

test('whoever reported reads the decision, in My data and in the download; erased, their words are gone', async () => {
    const study = await makeStudy();
    const [me] = study.people;
    const task = await next(study, me);
    const made = await report(task, me, { reason: 'other', words: WORDS });
    const mine = async () => (await api('GET', '/api/v1/me/reports', { token: me.token })).data;
    assert.deepEqual((await mine()).map((one) => [one.id, one.name, one.state, one.words, one.decision, 'content' in one, 'reporter' in one]),
        [[made.id, 'reported', 'open', WORDS, null, false, false]]);
    await decide(study, made, 'dismissed', 'The name is of a character.');
    assert.deepEqual((await mine()).map((one) => [one.state, one.decision]), [['dismissed', 'The name is of a character.']]);
    const data = (await server.api('GET', '/api/v1/me/data', { token: me.token })).body.trim().split('\n').map((line) => JSON.parse(line));
    const [kept] = data.filter((one) => one.kind === 'report');
    assert.deepEqual([kept.reason, kept.given, kept.state, kept.decision], ['other', WORDS, 'dismissed', 'The name is of a character.']);
    await api('DELETE', '/api/v1/me', { expect: 204, token: me.token, body: { confirm: 'erase' } });
    assert.deepEqual((await reports(study)).map((one) => [one.reason, one.words]), [['other', null]]);
    assert.equal(server.sql('select count(*) from report where words_sealed is not null and report_id in (select report_id from report order by report_id desc limit 1)'), '0');
});

test('a turn of a chat is reported as its task; who decides reads it', async () => {
    const study = await makeStudy({ ids: [], task: { kind: 'pairwise', chat: {} } });
    const [me] = study.people;
    for (let i = 0; i < 2; i++) await api('POST', `/api/v1/projects/${study.id}/endpoints`, { expect: 201, body: { name: `n${i}`, url: stub.url, model: 'good' } });
    const chat = await api('POST', `/api/v1/projects/${study.id}/chats`, { expect: 201, token: me.token });
    await api('POST', `/api/v1/chats/${chat.id}/turns`, { expect: 201, token: me.token, key: true, body: { message: 'Say something.' } });
    const turn = await until('the answers are there', async () => {
        const [one] = (await api('GET', `/api/v1/chats/${chat.id}`, { token: me.token })).turns;
        return one.state === 'ready' && one;
    });
    await report({ id: turn.assignment_id }, me, { reason: 'violence' });
    const [one] = await reports(study);
    assert.equal(one.content.prompt.at(-1).content, 'Say something.');
    assert.equal(one.content.responses.length, 2);
    await decide(study, one, 'upheld');
    assert.equal(await wanted(study), 0);
});

test('an amendment is reported by a member, and decided by those who look after the community', async () => {
    const community = await makeCommunity(server);
    const [member, reader] = await makeMembers(server, community, 2);
    const amendment = (await propose(server, community, member, [change('tone', 'Speak kindly.')], { rationale: 'They are all thieves.' })).body.id;
    const post = (token, expect) => api('POST', `/api/v1/amendments/${amendment}/report`, { expect, token, body: { reason: 'harassment' } });
    await post(reader.token, 201);
    await post(reader.token, 200);
    await post((await makeStudy()).people[0].token, 404);
    await api('GET', `/api/v1/communities/${community}/reports`, { expect: 404, token: reader.token });
    const [one] = (await api('GET', `/api/v1/communities/${community}/reports`)).data;
    assert.deepEqual([one.kind, one.object_id, one.content.rationale, one.reporter], ['amendment', amendment, 'They are all thieves.', reader.participant]);
    await api('PUT', `/api/v1/communities/${community}/reports/${one.id}`, { expect: 204, body: { state: 'upheld', reason: 'The author was told.' } });
    const [mine] = (await api('GET', '/api/v1/me/reports', { token: reader.token })).data;
    assert.deepEqual([mine.state, mine.decision, mine.name], ['upheld', 'The author was told.', 'Ours']);
});

test('nobody reports without end', async () => {
    const limited = await startCoordinator({ env: { PLENUM_RATE_LIMITS: 'on', PLENUM_LIMIT_REPORT: '2/600' } });
    try {
        const community = await makeCommunity(limited);
        const [member] = await makeMembers(limited, community, 1);
        const amendment = (await propose(limited, community, member, [change('tone', 'Speak kindly.')])).body.id;
        const statuses = [];
        for (let i = 0; i < 3; i++)
            statuses.push((await limited.api('POST', `/api/v1/amendments/${amendment}/report`, { token: member.token, body: { reason: 'spam' } })).status);
        assert.deepEqual(statuses, [201, 200, 429]);
    } finally {
        await limited.stop();
    }
});
