// Studies, tasks, judgments: who gets what, what an answer may say, keys, change of mind, undo, closing, quality.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeExport } from '../support/dataset.mjs';

let server;
test.before(async () => { server = await startCoordinator({}); });
test.after(() => server.stop());

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function study({ items = 3, people = 1, responses = 2, ...settings } = {}) {
    const made = await server.api('POST', '/api/v1/projects', { body: { name: 'a study', judgments_per_item: 2, task: { kind: 'pairwise' }, ...settings } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const project = made.body.id;
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify({ id: `i${i}`, prompt: `Question ${i}`,
        responses: Array.from({ length: responses }, (__, k) => ({ content: `answer ${k} to ${i}`, model: `model-${k}` })) }));
    await server.api('POST', `/api/v1/projects/${project}/items`, { body: lines.join('\n') });
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: { max_uses: people } });
    const tokens = [];
    for (let i = 0; i < people; i++) {
        tokens.push((await server.api('POST', '/api/v1/join', { token: null, body: { code: invitation.code } })).body.token);
    }
    return { project, tokens, token: tokens[0] };
}
const next = (project, token) => server.api('POST', `/api/v1/projects/${project}/assignments`, { token });
const judge = (id, token, body, key = true) => server.api('PUT', `/api/v1/assignments/${id}/judgment`, { token, key, body: { active_ms: 1200, client: {}, ...body } });
const undo = (id, token) => server.api('DELETE', `/api/v1/assignments/${id}/judgment`, { token });
const show = async (project) => (await server.api('GET', `/api/v1/projects/${project}`)).body;
const shard = (project) => server.sql(`select shard_key from project where project_id = '${uuid(project)}'`);
function uuid(id) {
    let bits = 0n;
    for (const c of id) bits = (bits << 5n) | BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(c));
    const hex = ((bits >> 3n) & ((1n << 128n) - 1n)).toString(16).padStart(32, '0');
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

test('a study is checked field by field', async () => {
    const bad = [
        [{}, '/name'], [{ name: 'x'.repeat(201) }, '/name'], [{ name: '' }, '/name'], [{ name: {} }, '/name'], [{ name: { en: 'x'.repeat(201) } }, '/name'], [{ guideline: { en: 1 } }, '/guideline'], [{ task: { kind: 'guess' } }, '/task/kind'], [{ task: 'pairwise' }, '/task'],
        [{ judgments_per_item: 0 }, '/judgments_per_item'], [{ judgments_per_item: 1001 }, '/judgments_per_item'], [{ judgments_per_item: '3' }, '/judgments_per_item'],
        [{ repeat_share: 0.6 }, '/repeat_share'], [{ repeat_share: -0.1 }, '/repeat_share'], [{ repeat_share: '0.1' }, '/repeat_share'],
        [{ strategy: 'best' }, '/strategy'],
        [{ blind: 'yes' }, '/blind'], [{ language: 'x' }, '/language'], [{ lease_seconds: 0 }, '/lease_seconds'], [{ community: 'none' }, '/community'],
        [{ consent: { text: 'a' } }, '/consent/version'], [{ consent: { version: '1' } }, '/consent/text'], [{ consent: { version: '1', text: { en: 3 } } }, '/consent/text'],
        [{ demographics: {} }, '/demographics'], [{ demographics: { template: 'martian' } }, '/demographics/template'],
        [{ demographics: { attributes: [{ id: 'a', values: [] }] } }, '/demographics/attributes/0/values'],
        [{ demographics: { attributes: [{ id: 'a', values: ['x', 'x'] }] } }, '/demographics/attributes/0/values/1'],
        [{ demographics: { attributes: [{ id: 'a', short: 'x'.repeat(61), values: ['x'] }] } }, '/demographics/attributes/0/short'],
        [{ demographics: { attributes: [{ id: 'a', values: ['x'] }, { id: 'a', values: ['y'] }] } }, '/demographics/attributes/1'],
        [{ quotas: [{ attribute: 'a', value: 'b', count: 1 }] }, '/quotas/0/attribute'],
        [{ task: { kind: 'rating', dimensions: [{ id: 'd', min: 5, max: 1 }] } }, '/task/dimensions/0'], [{ task: { kind: 'rating', dimensions: ['d', 'd'] } }, '/task/dimensions/1'],
    ];
    const before = server.sql('select count(*) from project');
    for (const [change, pointer] of bad) {
        const body = { name: 'a', task: { kind: 'pairwise' }, ...change };
        if (pointer === '/name' && !change.name) delete body.name;
        const answer = await server.api('POST', '/api/v1/projects', { body });
        assert.equal(answer.status, 422, pointer);
        assert.equal(answer.headers.get('content-type').split(';')[0], 'application/problem+json');
        assert.equal(answer.body.errors[0].pointer, pointer, JSON.stringify(answer.body));
    }
    const many = await server.api('POST', '/api/v1/projects', { body: { judgments_per_item: 0, task: {} } });
    assert.deepEqual(many.body.errors.map((one) => one.pointer).sort(), ['/judgments_per_item', '/name', '/task/kind']);
    assert.equal(server.sql('select count(*) from project'), before, 'nothing half-written');
});

test('the words of a study may be there in several languages, and come back as they were given wherever it is named', async () => {
    const name = { en: 'A study', ar: 'دراسة' }, guideline = { en: 'Choose **well**.', ar: 'أحسِن الاختيار.' };
    const short = { en: 'Side', ar: 'الجانب' };
    const { project, token } = await study({ name, guideline, language: 'ar', demographics: { attributes: [{ id: 'side', label: 'On which side?', short, values: ['a'] }] } });
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: {} });
    const named = async (path, as) => (await server.api('GET', path, { token: as })).body;
    assert.deepEqual((await show(project)).name, name);
    assert.deepEqual((await named(`/api/v1/projects/${project}`, token)).guideline, guideline);
    assert.deepEqual((await named('/api/v1/projects?limit=200')).data.find((one) => one.id === project).name, name);
    assert.deepEqual((await named(`/api/v1/join?code=${invitation.code}`, null)).name, name);
    assert.deepEqual((await named('/api/v1/session', token)).projects[0].name, name);
    assert.deepEqual((await named('/api/v1/me/demographics', token)).attributes[0].short, short);
    // One name for who can show one only, in the study's language; the guideline's hash is that of all its texts.
    assert.equal(server.sql(`select name from project where shard_key = ${shard(project)}`), name.ar);
    assert.equal(server.sql(`select text_hash = sha256(convert_to('{"ar":"${guideline.ar}","en":"${guideline.en}"}', 'UTF8')) from guideline where shard_key = ${shard(project)}`), 't');
    const plain = await study({ name: 'One name', guideline: 'One text.' });
    assert.equal((await show(plain.project)).guideline, 'One text.');
    assert.equal(server.sql(`select text_hash = sha256('One text.') from guideline where shard_key = ${shard(plain.project)}`), 't');
});

test('making a study twice under one key makes one', async () => {
    const key = randomUUID(), body = { name: 'once', task: { kind: 'pairwise' } };
    const [a, b] = await Promise.all([1, 2].map(() => server.api('POST', '/api/v1/projects', { key, body })));
    const again = await server.api('POST', '/api/v1/projects', { key: `"${key}"`, body });
    assert.equal(again.status, 201);
    for (const one of [a, b]) assert.ok([409, 503].includes(one.status) || one.body.id === again.body.id, JSON.stringify(one.body));
    assert.equal(server.sql(`select count(*) from project where name = 'once'`), '1');
    assert.equal((await server.api('POST', '/api/v1/projects', { key, body: { ...body, name: 'twice' } })).status, 422);
    assert.equal((await server.api('POST', '/api/v1/projects', { key: 'no-uuid', body })).status, 400);
});

// With many at once, slots are read ahead and taken in batches; a task that is asked for again is read from the database.
test('a task that was read ahead says what the database says of it', async () => {
    const responses = [{ content: 'first "quoted" \u2028 \n line', model: 'model-0' }, { content: 'الثانية' }, { content: 'third', model: null }];
    const people = 24, items = 40;
    for (const [kind, blind] of [['ranking', false], ['pairwise', true]]) {
        const { project, tokens } = await study({ items: 0, people, blind, judgments_per_item: 2, task: { kind } });
        await server.api('POST', `/api/v1/projects/${project}/items`, { body: Array.from({ length: items }, (_, i) => JSON.stringify(
            { id: `a${i}`, prompt: [{ role: 'user', content: `Question\t${i}` }], responses, language: i % 2 ? 'ar' : undefined, warning: i % 3 ? 'grief' : undefined })).join('\n') });
        const readAhead = async () => Number(/^plenum_assignments_total\{outcome="read_ahead"\} (\d+)$/m.exec((await server.api('GET', '/metrics')).body)[1]);
        const before = await readAhead();
        const had = new Map(tokens.map((token) => [token, new Set()]));
        for (let round = 0; round < 3; round++) {
            await Promise.all(tokens.map(async (token) => {
                // Twice at once, as from two tabs: one lease.
                const [task, other] = await Promise.all([next(project, token), next(project, token)]);
                assert.equal(task.status, 201, JSON.stringify(task.body));
                assert.equal(other.body.id, task.body.id);
                assert.deepEqual((await next(project, token)).body, task.body);
                assert.deepEqual(task.body.item.responses.map((one) => one.slot), kind === 'ranking' ? ['a', 'b', 'c'] : ['left', 'right']);
                assert.equal(JSON.stringify(task.body).includes('model-0'), !blind);
                assert.ok(!had.get(token).has(task.body.item.id), 'nobody has an item twice');
                had.get(token).add(task.body.item.id);
                const body = kind === 'ranking' ? { ranking: [['b'], ['a', 'c']] } : { choice: 'left' };
                assert.equal((await judge(task.body.id, token, body)).status, 201);
            }));
        }
        assert.ok(await readAhead() > before, 'some were read ahead');
        assert.equal(server.sql(`select count(*) from assignment where state = 'judged' and shard_key = ${shard(project)}`), String(3 * people));
        assert.equal(server.sql(`select count(*) from assignment where shard_key = ${shard(project)} and state = 'judged' and n > 1`), '0', 'the least judged first');
        assert.equal((await server.api('PATCH', `/api/v1/projects/${project}`, { body: { state: 'paused' } })).status, 200);
        for (const answer of await Promise.all(tokens.map((token) => next(project, token)))) assert.equal(answer.status, 409);
    }
});

test('a task shows the responses in the order that was stored, and no model while blind', async () => {
    const { project, token } = await study();
    const task = await next(project, token);
    assert.equal(task.status, 201);
    assert.deepEqual(task.body.item.responses.map((one) => one.slot), ['left', 'right']);
    assert.ok(!JSON.stringify(task.body).includes('model-'));
    assert.equal(task.body.guideline_version, 1);
    assert.equal(task.body.task.kind, 'pairwise');
    const shown = server.sql(`select shown from assignment where lease_id = '${uuid(task.body.id)}'`);
    const first = Number(/answer (\d)/.exec(task.body.item.responses[0].content)[1]);
    assert.equal(shown, `{${first},${1 - first}}`);
    assert.equal((await next(project, token)).body.id, task.body.id, 'the same lease until it is answered');
    const open = await study({ blind: false });
    assert.ok(JSON.stringify((await next(open.project, open.token)).body).includes('"model":"model-'));
});

test('both orders come up, and of many responses any two are compared', async () => {
    const { project, token } = await study({ items: 60, responses: 4 });
    const orders = new Set();
    for (let i = 0; i < 60; i++) {
        const task = await next(project, token);
        const [a, b] = task.body.item.responses.map((one) => Number(/answer (\d)/.exec(one.content)[1]));
        assert.notEqual(a, b);
        orders.add(`${a}${b}`);
        await judge(task.body.id, token, { choice: 'tie' });
    }
    assert.ok(orders.size >= 9, `${orders.size} of 12 orders came up`);
    assert.equal((await next(project, token)).status, 204);
});

test('least judged first: nobody gets a second slot of an item before all have a first', async () => {
    const { project, tokens } = await study({ items: 6, people: 2 });
    const seen = [];
    for (let i = 0; i < 3; i++) {
        for (const token of tokens) {
            const task = await next(project, token);
            seen.push(task.body.item.id);
            assert.equal((await judge(task.body.id, token, { choice: 'left' })).status, 201);
        }
    }
    assert.equal(new Set(seen).size, 6);
});

test('one person never gets an item twice, and then nothing is left for them', async () => {
    const { project, token } = await study({ items: 3, judgments_per_item: 3 });
    const items = new Set();
    for (let i = 0; i < 3; i++) {
        const task = await next(project, token);
        items.add(task.body.item.id);
        await judge(task.body.id, token, { choice: 'right' });
    }
    assert.equal(items.size, 3);
    const none = await next(project, token);
    assert.equal(none.status, 204);
    assert.equal(none.body, '');
    const shown = await show(project);
    assert.deepEqual(shown.progress, { judgments: 3, wanted: 9, share: 3 / 9 });
});

test('what is left is found behind thousands that one has had, and nothing is nothing', async () => {
    const { project, token } = await study({ items: 3500, judgments_per_item: 2 });
    await next(project, token);
    const key = shard(project);
    // All but the last in order were judged by this person, as if they had worked for days.
    server.sql(`
        with me as materialized (select participant_id from assignment where shard_key = ${key} and state = 'leased'),
        last as (select item_id from assignment where shard_key = ${key} and state = 'open' and n = 0 order by order_key desc limit 1),
        had as (
            update assignment a set state = 'judged', lease_id = coalesce(lease_id, gen_random_uuid()), participant_id = me.participant_id, shown = '{0,1}'
            from me where a.shard_key = ${key} and a.n = 0 and a.item_id <> (select item_id from last) returning a.item_id, a.order_key)
        insert into assignment (shard_key, item_id, n, order_key, n_responses)
        select ${key}, item_id, 1, order_key, 2 from had on conflict do nothing`);
    // The cursor is somewhere among them, on the second round already.
    server.sql(`update participation set cursor_n = 1, cursor_key = 0 where shard_key = ${key} and roles = 8`);
    const found = await next(project, token);
    assert.equal(found.status, 201);
    assert.equal((await judge(found.body.id, token, { choice: 'left' })).status, 201);
    assert.equal((await next(project, token)).status, 204);
});

test('two requests of one person at once share one lease', async () => {
    const { project, token } = await study({ items: 30 });
    const tasks = await Promise.all(Array.from({ length: 8 }, () => next(project, token)));
    assert.ok(tasks.every((one) => one.status === 201));
    assert.equal(new Set(tasks.map((one) => one.body.id)).size, 1);
    assert.equal(server.sql(`select count(*) from assignment where shard_key = ${shard(project)} and state = 'leased'`), '1');
});

test('a judgment needs a key; the same key answers the same, and with another body it is refused', async () => {
    const { project, token } = await study();
    const { body: task } = await next(project, token);
    assert.equal((await server.api('PUT', `/api/v1/assignments/${task.id}/judgment`, { token, body: { choice: 'left', active_ms: 1 } })).status, 400);
    assert.equal((await judge(task.id, token, { choice: 'left' }, 'seven')).status, 400);
    const key = randomUUID();
    const first = await judge(task.id, token, { choice: 'left', strength: 2 }, key);
    assert.equal(first.status, 201);
    assert.equal(first.body.revision, 1);
    const again = await Promise.all(Array.from({ length: 5 }, () => judge(task.id, token, { strength: 2, choice: 'left' }, key)));
    for (const one of again) assert.deepEqual([one.status, one.body], [201, first.body]);
    assert.equal((await judge(task.id, token, { choice: 'right' }, key)).status, 422);
    const { body: other } = await next(project, token);
    assert.equal((await judge(other.id, token, { choice: 'left', strength: 2 }, key)).status, 422, 'a key is for one task');
    assert.equal(server.sql(`select count(*) from judgment where shard_key = ${shard(project)}`), '1');
});

test('what was seen and said is stored', async () => {
    const { project, token } = await study({ demographics: { attributes: [{ id: 'age', values: ['young', 'old'] }] } });
    await server.api('PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { age: 'old' } } });
    const { body: task } = await next(project, token);
    await judge(task.id, token, { choice: 'left', strength: 3, rationale: 'It is *kinder*.', confidence: 0.8, active_ms: 4321, client: { interface_version: '1', wall_ms: 9876 } });
    const row = JSON.parse(server.sql(`select row_to_json(j) from judgment j where lease_id = '${uuid(task.id)}'`));
    assert.equal(row.outcome, 'left');
    assert.equal(row.strength, 3);
    assert.equal(row.active_ms, 4321);
    assert.equal(row.wall_ms, 9876);
    assert.deepEqual(row.client, { interface_version: '1', wall_ms: 9876 });
    assert.deepEqual(row.answer, { confidence: 0.8 });
    assert.equal(row.guideline_version, 1);
    assert.equal(row.demographics_version, 1);
    assert.equal(row.shown.length, 2);
    assert.ok(row.note_sealed.length > 80 && !Buffer.from(row.note_sealed.slice(2), 'hex').toString('latin1').includes('kinder'), 'free text is sealed');
});

test('a later answer supersedes, it does not overwrite, and counts once', async () => {
    const { project, token } = await study();
    const { body: task } = await next(project, token);
    await judge(task.id, token, { choice: 'left' });
    const changed = await judge(task.id, token, { choice: 'right' });
    assert.equal(changed.body.revision, 2);
    assert.equal((await show(project)).progress.judgments, 1);
    assert.equal(server.sql(`select string_agg(outcome, ',' order by revision) from judgment where lease_id = '${uuid(task.id)}'`), 'left,right');
});

test('undo voids the answer and gives the task back to the same person', async () => {
    const { project, tokens: [token, other] } = await study({ people: 2 });
    const { body: task } = await next(project, token);
    await judge(task.id, token, { choice: 'left' });
    const { body: second } = await next(project, token);
    assert.equal((await undo(task.id, other)).status, 404);
    const back = await undo(task.id, token);
    assert.equal(back.status, 200);
    assert.equal(back.body.id, task.id);
    assert.deepEqual(back.body.item, task.item, 'in the same order on screen');
    assert.equal((await show(project)).progress.judgments, 0);
    assert.equal((await undo(task.id, token)).status, 200, 'once more is no more');
    assert.equal((await next(project, token)).body.id, task.id);
    assert.equal((await judge(second.id, token, { choice: 'left' })).status, 409, 'what was on screen meanwhile went back');
    assert.equal((await judge(task.id, token, { choice: 'right' })).body.revision, 3);
    assert.equal((await show(project)).progress.judgments, 1);
    assert.equal(server.sql(`select string_agg(outcome, ',' order by revision) from judgment where lease_id = '${uuid(task.id)}'`), 'left,void,right');
    assert.equal((await undo(second.id, token)).status, 404);
});

test('a skip gives the slot to the others, and can be taken back while nobody has it', async () => {
    const { project, tokens: [token, other] } = await study({ items: 1, people: 2, judgments_per_item: 1 });
    const { body: task } = await next(project, token);
    assert.equal((await next(project, other)).status, 204);
    assert.equal((await judge(task.id, token, { choice: 'skip' })).status, 201);
    assert.equal((await next(project, token)).status, 204, 'what was skipped does not come back');
    assert.equal((await undo(task.id, token)).body.id, task.id);
    assert.equal((await judge(task.id, token, { choice: 'skip' })).status, 201);
    const { body: theirs } = await next(project, other);
    assert.equal(theirs.item.id, task.item.id);
    assert.notEqual(theirs.id, task.id);
    assert.equal((await undo(task.id, token)).status, 409);
    assert.equal((await judge(theirs.id, other, { choice: 'tie' })).status, 201);
    const shown = await show(project);
    assert.deepEqual([shown.progress.judgments, shown.counts.skipped], [1, 1]);
});

test('what somebody would rather not see is a skip with a name of its own, in figures, on the item and in the file', async () => {
    const { project, tokens: [token, other] } = await study({ items: 1, people: 2, judgments_per_item: 1 });
    const { body: task } = await next(project, token);
    assert.equal((await judge(task.id, token, { choice: 'rather_not' })).status, 201);
    const { body: theirs } = await next(project, other);
    assert.equal(theirs.item.id, task.item.id);
    assert.equal((await judge(theirs.id, other, { choice: 'skip' })).status, 201);
    const { body: quality } = await server.api('GET', `/api/v1/projects/${project}/quality`);
    assert.deepEqual([quality.n_judgments, quality.outcomes], [0, { rather_not: 1, skip: 1 }]);
    const { body: item } = await server.api('GET', `/api/v1/projects/${project}/items/${task.item.id}`);
    assert.deepEqual(item.judgments.map((one) => one.outcome).toSorted(), ['rather_not', 'skip']);
    const { manifest } = await makeExport(server, project, { formats: ['plenum'] });
    assert.deepEqual([manifest.counts.outcomes.rather_not, manifest.counts.outcomes.skip], [1, 1]);
    // Taken back, it is as if it had not been.
    assert.equal((await undo(task.id, token)).status, 200);
    const outcomes = async () => (await server.api('GET', `/api/v1/projects/${project}/quality`)).body.outcomes;
    let last = await outcomes();
    for (let i = 0; i < 100 && last.rather_not; i += 1, last = await outcomes()) await new Promise((done) => setTimeout(done, 100)); // figures are kept for a moment
    assert.deepEqual(last, { skip: 1 });
});

test('a lease that ran out goes to another; the late answer is told so, unless nobody took it', async () => {
    const { project, tokens: [token, other] } = await study({ items: 2, people: 2, judgments_per_item: 1, lease_seconds: 1 });
    const { body: task } = await next(project, token);
    await pause(1100);
    assert.equal((await judge(task.id, token, { choice: 'left' })).status, 201, 'still ours while nobody took it');
    const { body: late } = await next(project, token);
    await pause(1100);
    const { body: taken } = await next(project, other);
    assert.equal(taken.item.id, late.item.id);
    assert.notEqual(taken.id, late.id);
    const lost = await judge(late.id, token, { choice: 'left' });
    assert.equal(lost.status, 409);
    assert.match(lost.body.detail, /not yours any more/);
    assert.equal((await judge(taken.id, other, { choice: 'left' })).status, 201);
    assert.equal((await show(project)).progress.judgments, 2);
    const own = await study({ items: 1, lease_seconds: 1 });
    const { body: mine } = await next(own.project, own.token);
    await pause(1100);
    const { body: renewed } = await next(own.project, own.token);
    assert.equal(renewed.id, mine.id);
    assert.ok(renewed.expires_at > mine.expires_at);
});

test('paused gives nothing out, closed takes nothing more, and stays closed', async () => {
    const { project, token } = await study({ items: 4 });
    const state = (value) => server.api('PATCH', `/api/v1/projects/${project}`, { body: { state: value } });
    const { body: done } = await next(project, token);
    await judge(done.id, token, { choice: 'left' });
    const { body: task } = await next(project, token);
    assert.equal((await state('paused')).body.state, 'paused');
    assert.equal((await next(project, token)).status, 409);
    assert.equal((await judge(done.id, token, { choice: 'right' })).status, 409);
    assert.equal((await judge(task.id, token, { choice: 'left' })).status, 201, 'what is out is taken');
    assert.equal((await state('open')).status, 200);
    const { body: third } = await next(project, token);
    const key = randomUUID();
    assert.equal((await judge(third.id, token, { choice: 'tie' }, key)).status, 201);
    assert.equal((await state('closed')).status, 200);
    assert.equal((await judge(third.id, token, { choice: 'tie' }, key)).status, 201, 'a replay answers as before');
    assert.equal((await judge(third.id, token, { choice: 'left' })).status, 409);
    assert.equal((await undo(third.id, token)).status, 409);
    assert.equal((await next(project, token)).status, 409);
    assert.equal((await state('open')).status, 409);
    assert.equal((await state('ajar')).status, 422);
    assert.equal((await show(project)).progress.judgments, 3);
});

test('bad answers name the field and store nothing', async () => {
    const { project, token } = await study();
    const { body: task } = await next(project, token);
    for (const [body, pointer] of [[{}, '/choice'], [{ choice: 'top' }, '/choice'], [{ choice: 'left', strength: 4 }, '/strength'], [{ choice: 'tie', strength: 1 }, '/strength'],
        [{ choice: 'left', active_ms: 'long' }, '/active_ms'], [{ choice: 'left', active_ms: -1 }, '/active_ms'], [{ choice: 'left', client: [] }, '/client'],
        [{ choice: 'left', rationale: 4 }, '/rationale'], [{ choice: 'left', ranking: [['left']] }, '/ranking'], [{ choice: 'left', labels: { up: [] } }, '/labels/up'],
        [{ choice: 'left', edit: { slot: 'left' } }, '/edit/content']]) {
        const answer = await judge(task.id, token, body);
        assert.equal(answer.status, 422, JSON.stringify(body));
        assert.equal(answer.body.errors[0].pointer, pointer);
    }
    const put = (body, type = 'application/json') => server.api('PUT', `/api/v1/assignments/${task.id}/judgment`, { token, key: true, body, type });
    assert.equal((await put('{"choice":"left"')).status, 400);
    assert.equal((await put('{"choice":"left","choice":"right","active_ms":1}')).status, 400);
    assert.equal((await put('[]')).status, 400);
    assert.equal((await put('{"choice":"left","active_ms":1}', 'text/plain')).status, 415);
    assert.equal((await put(JSON.stringify({ choice: 'left', active_ms: 1, rationale: 'x'.repeat(600 * 1024) }))).status, 413);
    assert.equal((await judge('nonsense', token, { choice: 'left' })).status, 404);
    assert.equal((await judge(project, token, { choice: 'left' })).status, 409);
    assert.equal(server.sql(`select count(*) from judgment where shard_key = ${shard(project)}`), '0');
});

test('what is not one\'s own does not exist', async () => {
    const { project, tokens: [token, other] } = await study({ people: 2 });
    const foreign = await study();
    const { body: task } = await next(project, token);
    assert.equal((await judge(task.id, other, { choice: 'left' })).status, 409, 'of the same study, but another\'s');
    assert.equal((await judge(task.id, foreign.token, { choice: 'left' })).status, 404);
    assert.equal((await judge(task.id, undefined, { choice: 'left' })).status, 404, 'the operator does not annotate');
    assert.equal((await next(project, foreign.token)).status, 404);
    assert.equal((await next(project, null)).status, 401);
    assert.equal((await server.api('GET', `/api/v1/projects/${project}/quality`, { token })).status, 404);
    const mine = await server.api('GET', `/api/v1/projects/${project}`, { token });
    assert.equal(mine.status, 200);
    assert.deepEqual(mine.body.mine, { judged: 0, guideline_read: null });
    assert.equal(mine.body.counts, undefined, 'annotators see no tallies');
});

test('rankings cover every slot, and ratings every dimension', async () => {
    const ranking = await study({ responses: 3, task: { kind: 'ranking' } });
    const { body: task } = await next(ranking.project, ranking.token);
    assert.deepEqual(task.item.responses.map((one) => one.slot), ['a', 'b', 'c']);
    assert.equal((await judge(task.id, ranking.token, { ranking: [['a'], ['b']] })).body.errors[0].pointer, '/ranking');
    assert.equal((await judge(task.id, ranking.token, { choice: 'left' })).body.errors[0].pointer, '/choice');
    const key = randomUUID(), body = { ranking: [['c'], ['a', 'b']] };
    const put = await judge(task.id, ranking.token, body, key);
    assert.equal(put.status, 201);
    const number = (slot) => Number(/answer (\d)/.exec(task.item.responses.find((one) => one.slot === slot).content)[1]);
    assert.deepEqual(JSON.parse(server.sql(`select answer from judgment where lease_id = '${uuid(task.id)}'`)), { ranking: [[number('c')], [number('a'), number('b')]] });
    assert.deepEqual((await judge(task.id, ranking.token, body, key)).body, put.body);

    const rating = await study({ responses: 1, task: { kind: 'rating', dimensions: [{ id: 'care', min: 0, max: 10 }, 'wit'] } });
    const { body: one } = await next(rating.project, rating.token);
    assert.equal((await judge(one.id, rating.token, { ratings: { care: { a: 11 }, wit: { a: 2 } } })).body.errors[0].pointer, '/ratings/care/a');
    assert.equal((await judge(one.id, rating.token, { ratings: { care: { a: 1 } } })).body.errors[0].pointer, '/ratings');
    const skipped = await judge(one.id, rating.token, { choice: 'skip' });
    assert.equal(skipped.status, 201);
    const { body: two } = await next(rating.project, rating.token);
    const rated = { ratings: { care: { a: 7 }, wit: { a: 2 } } }, ratingKey = randomUUID();
    const stored = await judge(two.id, rating.token, rated, ratingKey);
    assert.equal(stored.status, 201);
    assert.deepEqual((await judge(two.id, rating.token, rated, ratingKey)).body, stored.body);
});

test('quality: agreement, order, time and coverage, with small groups hidden and not to be had by subtraction', async () => {
    const attributes = [{ id: 'side', values: ['many', 'some', 'few', 'none'] }, { id: 'hand', values: ['left', 'right'] }];
    const { project, tokens } = await study({ items: 4, people: 24, judgments_per_item: 24, demographics: { attributes } });
    for (let i = 0; i < tokens.length; i++) {
        const side = i < 12 ? 'many' : i < 22 ? 'some' : 'few';
        // Of their hand a few say nothing, in two ways, and the rest the same.
        const hand = i < 18 ? { hand: 'right' } : i < 21 ? { hand: 'prefer_not_to_say' } : {};
        await server.api('PUT', '/api/v1/me/demographics', { token: tokens[i], body: { consent: true, answers: { side, ...hand } } });
        for (;;) {
            const task = await next(project, tokens[i]);
            if (task.status === 204) break;
            // All prefer response 0, but for the last person, who prefers the other.
            const leftIsZero = /answer 0/.test(task.body.item.responses[0].content);
            await judge(task.body.id, tokens[i], { choice: leftIsZero === (i < 23) ? 'left' : 'right', active_ms: 1000 + i });
        }
    }
    const { status, body } = await server.api('GET', `/api/v1/projects/${project}/quality`);
    assert.equal(status, 200);
    assert.equal(body.n_judgments, 96);
    assert.equal(body.n_annotators, 24);
    assert.equal(body.agreement.n_pairs, 4);
    assert.ok(Math.abs(body.agreement.percent - 253 / 276) < 1e-9);
    assert.ok(body.agreement.alpha < 0 && body.agreement.alpha > -0.1, 'all but one agree, as chance would have it');
    // One of 24 differs in each of the four: p_e = 2 s (1 - s) / 3, as a tie and "both bad" could have been said.
    const byChance = 2 * (23 / 24) * (1 / 24) / 3;
    assert.ok(Math.abs(body.agreement.ac1 - (253 / 276 - byChance) / (1 - byChance)) < 1e-9);
    assert.equal(body.agreement.alpha_interval, null, 'pairs that are all alike tell nothing of the spread');
    assert.equal(body.agreement.strength.alpha, null, 'nobody said');
    const [low, high] = body.order_bias.interval;
    assert.ok(low > 0 && low < body.order_bias.left_share && body.order_bias.left_share < high && high < 1);
    assert.equal(body.order_bias.n, 96);
    assert.equal(body.outcomes.left + body.outcomes.right, 96);
    assert.ok(Math.abs(body.order_bias.left_share - body.outcomes.left / 96) < 1e-9);
    assert.ok([1010, 1020].includes(body.time.median_active_ms), 'to three digits');
    // Two are few: "some" goes with them, or 24 - 12 - 10 would tell. Six said nothing of their hand: so does "right".
    const cells = body.coverage.map(({ attribute, value, annotators, judgments, hidden }) => {
        assert.equal(hidden, annotators === null && judgments === null);
        return [`${attribute} ${value}`, hidden ? 'hidden' : [annotators, judgments]];
    });
    assert.deepEqual(cells, [
        ['side many', [12, 48]], ['side some', 'hidden'], ['side few', 'hidden'], ['side none', 'hidden'],
        ['side prefer_not_to_say', 'hidden'], ['side not_answered', 'hidden'],
        ['hand left', 'hidden'], ['hand right', 'hidden'], ['hand prefer_not_to_say', 'hidden'], ['hand not_answered', 'hidden'],
    ]);
});

test('quality: agreement on how strongly, by side and not by place; what was taken back or changed counts no more', async () => {
    const { project, tokens } = await study({ items: 3, people: 2, task: { kind: 'pairwise', strength_max: 3 } });
    // From response 0 by three steps (-3) to response 1 by three: one row a person, one column an item.
    const said = [[-3, 3, -1], [-3, 2, 0]];
    for (const [who, token] of tokens.entries()) {
        for (;;) {
            const task = await next(project, token);
            if (task.status === 204) break;
            const [left] = task.body.item.responses;
            const step = said[who][Number(/to (\d)/.exec(left.content)[1])];
            const leftWins = /answer 0/.test(left.content) === step < 0;
            const body = step === 0 ? { choice: 'tie' } : { choice: leftWins ? 'left' : 'right', strength: Math.abs(step) };
            assert.equal((await judge(task.body.id, token, { choice: 'both_bad' })).status, 201);
            assert.equal((await undo(task.body.id, token)).status, 200);
            assert.equal((await judge(task.body.id, token, { choice: 'cannot_judge' })).status, 201);
            assert.equal((await judge(task.body.id, token, body)).status, 201);
        }
    }
    const { agreement, outcomes } = (await server.api('GET', `/api/v1/projects/${project}/quality`)).body;
    assert.deepEqual([agreement.strength.n_pairs, agreement.strength.n_judgments, outcomes.both_bad ?? 0, outcomes.tie], [3, 6, 0, 1]);
    // Differences between neighbours in this scale are 1; those expected sum to 102 (docs/methods.md, 7).
    assert.ok(Math.abs(agreement.strength.alpha - (1 - 5 * 2 / 102)) < 1e-9);
    const [low, high] = agreement.strength.alpha_interval;
    assert.ok(low >= -1 && low < agreement.strength.alpha && agreement.strength.alpha < high && high <= 1);
});
