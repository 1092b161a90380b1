// Studies changed after they were made: state, name, guideline, task.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { download, lines, makeExport, makeProject, unzstd } from '../support/dataset.mjs';

let server;
before(async () => {
    server = await startCoordinator();
});
after(() => server.stop());

const at = (project) => `/api/v1/projects/${project}`;
const change = (project, body, options = {}) => server.api('PATCH', at(project), { body, ...options });
const show = async (project) => (await server.api('GET', at(project))).body;
test('a name and a guideline are written anew; what says nothing new changes nothing', async () => {
    const project = await makeProject(server, { name: 'first', guideline: 'Be kind.', task: { kind: 'pairwise' } });
    const renamed = await change(project, { name: { en: 'second', ar: 'الثانية' } });
    assert.equal(renamed.status, 200);
    assert.deepEqual([renamed.body.name, renamed.body.guideline_version], [{ en: 'second', ar: 'الثانية' }, 1]);
    assert.equal((await change(project, { name: 'third' })).body.name, 'third');
    const written = (await change(project, { guideline: { en: 'Be fair.', ar: 'كن عادلا.' } })).body;
    assert.deepEqual([written.guideline_version, written.guideline], [2, { en: 'Be fair.', ar: 'كن عادلا.' }]);
    assert.equal((await change(project, { guideline: { ar: 'كن عادلا.', en: 'Be fair.' } })).body.guideline_version, 2, 'the same again');
    await Promise.all(Array.from({ length: 8 }, (_, i) => change(project, { guideline: `Word ${i}` })));
    assert.equal((await show(project)).guideline_version, 10, 'each is a version');
    assert.equal((await change(project, { state: 'closed' })).body.state, 'closed');
    assert.equal((await change(project, { name: 'fourth' })).status, 409);
    assert.equal((await show(project)).name, 'third');
});

const HELP = { id: 'help', label: 'Does it help?', scale: 'likert', min: 1, max: 7 };
const WARM = { id: 'warm', label: 'Is it warm?', scale: 'yes_no_unsure', required: false };

async function people(project, n) {
    const { body: { code } } = await server.api('POST', `${at(project)}/invitations`, { body: { max_uses: n } });
    return Promise.all(Array.from({ length: n }, async () => (await server.api('POST', '/api/v1/join', { token: null, body: { code } })).body.token));
}
const items = (n) => Array.from({ length: n }, (_, i) => JSON.stringify({ id: `i-${i}`, prompt: `Question ${i}`, responses: [{ content: `one ${i}` }, { content: `other ${i}` }] })).join('\n');
const fill = (project, n) => server.api('POST', `${at(project)}/items?format=plenum`, { body: items(n), type: 'application/x-ndjson' });
const next = (project, token) => server.api('POST', `${at(project)}/assignments`, { token, body: {} });
const judge = (task, token, ratings, key = true) => server.api('PUT', `/api/v1/assignments/${task.id}/judgment`, { token, key, body: { ratings, active_ms: 5 } });
const stated = (project) => server.sql(`select guideline_version, count(*) from judgment where shard_key = (select shard_key from project where name = '${project}') and outcome <> 'void' group by 1 order by 1`);

test('what is asked becomes more while people work: who has a task answers it as it was given out, and each answer says its version', async () => {
    const project = await makeProject(server, { name: 'asks', guideline: 'Be kind.', task: { kind: 'rating', dimensions: [HELP] }, judgments_per_item: 2 });
    await fill(project, 30);
    const [first, second] = await people(project, 2);
    await server.api('POST', `${at(project)}/guideline`, { token: first, body: { version: 1 } });
    const { body: early } = await next(project, first);
    const more = { ...early.task, dimensions: [{ ...HELP, label: { en: 'How much does it help?', ar: 'كم يفيد؟' } }, WARM] };
    const changed = await change(project, { task: more, guideline_version: 1 });
    assert.deepEqual([changed.status, changed.body.guideline_version, changed.body.guideline, changed.body.task.dimensions.map((one) => one.required)], [200, 2, 'Be kind.', [true, false]]);
    assert.equal((await change(project, { task: more })).body.guideline_version, 2, 'the same again');
    assert.equal((await change(project, { guideline: 'Be quick.', guideline_version: 1 })).status, 409, 'of a version that is no more');
    assert.equal((await change(project, { task: more, guideline_version: 1 })).status, 409);

    // On each thread, at once: what is new is taken.
    const given = await Promise.all(Array.from({ length: 8 }, async () => (await next(project, second)).body));
    assert.ok(given.every((task) => task.guideline_version === 2 && task.task.dimensions.length === 2));
    const answers = await Promise.all(Array.from({ length: 8 }, () => judge(given[0], second, { help: { a: 3, b: 4 }, warm: { a: 'yes', b: 'no' } }, '0190a000-0000-7000-8000-000000000001')));
    assert.deepEqual([...new Set(answers.map((one) => one.status))], [201]);

    const { body: again } = await next(project, first);
    assert.deepEqual([again.id, again.guideline_version, again.task], [early.id, 1, early.task]);
    assert.equal((await judge(early, first, { help: { a: 3, b: 4 } })).status, 201);
    const undone = await server.api('DELETE', `/api/v1/assignments/${early.id}/judgment`, { token: first, key: true });
    assert.deepEqual([undone.body.guideline_version, undone.body.task], [1, early.task]);
    assert.equal((await judge(early, first, { help: { a: 5, b: 4 } })).status, 201);
    assert.deepEqual(stated('asks').split('\n'), ['1|2', '2|1']);
    const { mine } = (await server.api('GET', at(project), { token: first })).body;
    assert.equal(mine.guideline_read, 2, 'the text they have read is the text of this version too');
    const { body: late } = await next(project, first);
    assert.equal((await judge(late, first, { help: { a: 1, b: 2 } })).status, 201);

    const list = (query = '', options = {}) => server.api('GET', `${at(project)}/guidelines${query}`, options);
    const { body: all } = await list();
    assert.deepEqual(all.data.map(({ version, text, task, readers }) => [version, text, task.dimensions.length, readers]), [[2, 'Be kind.', 2, 1], [1, 'Be kind.', 1, 1]]);
    assert.equal(all.next_cursor, null);
    const { body: page } = await list('?limit=1');
    const { body: rest } = await list(`?limit=1&cursor=${page.next_cursor}`);
    assert.deepEqual([page.data[0].version, rest.data[0].version, rest.next_cursor], [2, 1, null]);
    assert.equal((await list('', { token: first })).status, 404);

    const { id } = await makeExport(server, project, { formats: ['plenum'] });
    const manifest = JSON.parse(await download(server, id, 'manifest.json'));
    assert.deepEqual(manifest.inputs.guidelines.map((one) => [one.version, one.task.dimensions.length]).toSorted(), [[1, 1], [2, 2]]);
    const told = lines(unzstd(await download(server, id, 'judgments.jsonl.zst'))).map((one) => [one.guideline_version, one.guideline_acknowledged]).toSorted();
    assert.deepEqual(told, [[1, true], [2, false], [2, true]]);
});

test('what takes away, asks more of everybody or changes a scale is refused at its place, and nothing is changed', async () => {
    const project = await makeProject(server, { name: 'takes', task: { kind: 'rating', dimensions: [HELP, WARM], reasons: { from: 'list', list: [{ id: 'true', label: 'True' }] } } });
    const { task } = await show(project);
    for (const [wrong, pointer] of [[{ kind: 'pairwise', dimensions: [] }, '/task/kind'], [{ dimensions: [HELP] }, '/task/dimensions'], [{ dimensions: [{ ...HELP, max: 5 }, WARM] }, '/task/dimensions/0/max'],
        [{ dimensions: [HELP, { ...WARM, required: true }] }, '/task/dimensions/1/required'], [{ rationale: 'required' }, '/task/rationale'], [{ reasons: { from: 'list', list: [{ id: 'false' }] } }, '/task/reasons/list'],
        [{ chat: {} }, '/task/chat'], [{ compliance: { articles: ['care'] } }, '/task/compliance'], [{ colour: 'red' }, '/task/colour']]) {
        const answer = await change(project, { name: 'never', task: { ...task, ...wrong } });
        assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, pointer], JSON.stringify(answer.body));
    }
    assert.deepEqual([(await show(project)).guideline_version, (await show(project)).name], [1, 'takes']);
    await change(project, { state: 'closed' });
    assert.equal((await change(project, { task: { ...task, rationale: 'off' } })).status, 409);
});

test('while many ask for tasks, what each is asked is what its version asks', async () => {
    const project = await makeProject(server, { name: 'storms', task: { kind: 'rating', dimensions: [{ ...HELP, label: '1' }] }, judgments_per_item: 4 });
    await fill(project, 200);
    const tokens = await people(project, 16);
    const { task } = await show(project);
    let isOver = false;
    const seen = new Set();
    const work = tokens.map(async (token) => {
        while (!isOver) {
            const { status, body } = await next(project, token);
            if (status !== 201) break;
            assert.equal(body.task.dimensions[0].label, String(body.guideline_version));
            seen.add(body.guideline_version);
            assert.equal((await judge(body, token, { help: { a: 1, b: 2 } })).status, 201);
        }
    });
    for (let version = 2; version < 12; version += 1) {
        assert.equal((await change(project, { task: { ...task, dimensions: [{ ...HELP, label: String(version) }] } })).body.guideline_version, version);
        await new Promise((done) => setTimeout(done, 60));
    }
    isOver = true;
    await Promise.all(work);
    assert.ok(seen.size > 4, `seen: ${[...seen]}`);
});

test('what is wrong is refused with a pointer, and strangers find nothing', async () => {
    const project = await makeProject(server, { name: 'refused', task: { kind: 'pairwise' } });
    for (const [body, pointer] of [[{}, ''], [{ name: '' }, '/name'], [{ guideline: 3 }, '/guideline'], [{ task: {} }, '/task/kind'], [{ task: [] }, '/task'], [{ guideline: 'x', guideline_version: 0 }, '/guideline_version'],
        [{ state: 'ajar', name: 'x' }, '/state']]) {
        const answer = await change(project, body);
        assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, pointer]);
    }
    assert.equal((await show(project)).name, 'refused');
    const { body: { code } } = await server.api('POST', `${at(project)}/invitations`, { body: {} });
    const { body: { token } } = await server.api('POST', '/api/v1/join', { token: null, body: { code } });
    assert.equal((await change(project, { name: 'mine' }, { token })).status, 404);
});

test('killed in the middle: a version and an entry of the log for each guideline and task that is kept, and what was said is so', async () => {
    const project = await makeProject(server, { name: 'killed', guideline: 'None.', task: { kind: 'rating', dimensions: [HELP] } });
    const { task } = await show(project);
    const bodies = Array.from({ length: 30 }, (_, i) => (i % 2 ? { guideline: `Guideline ${i}` } : { task: { ...task, dimensions: [{ ...HELP, label: `Label ${i}` }] } }));
    const writes = bodies.map((body) => change(project, body));
    const all = Promise.allSettled(writes);
    await Promise.any(writes.map(async (write) => assert.equal((await write).status, 200)));
    await server.kill();
    const said = (await all).filter((one) => one.value?.status === 200).map((one) => one.value.body.guideline_version);
    await server.restart();
    const where = "shard_key = (select shard_key from project where name = 'killed')";
    const versions = server.sql(`select count(*), max(version), (select guideline_version from project where ${where}) from guideline where ${where}`);
    const [n, last, current] = versions.split('|').map(Number);
    assert.deepEqual([n, current], [last, last]);
    assert.ok(said.length > 0 && Math.max(...said) <= last);
    const logged = server.sql(`select count(*) from (select entry from log_outbox union all select entry from log_entry) l
        where entry like '%${project}%' and (entry like '%project_guideline%' or entry like '%project_task%')`);
    assert.equal(Number(logged), n - 1, 'an entry for each');
    assert.equal(server.sql(`select g.task = p.task from project p join guideline g on g.shard_key = p.shard_key and g.version = p.guideline_version where p.name = 'killed'`), 't');
});
