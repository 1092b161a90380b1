// Who gets what: quotas by cell. What is asked first, what is given back, and that nobody is told which cell somebody is of.
import assert from 'node:assert/strict';
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
const question = (id, ...values) => ({ id, label: id, values: values.map((one) => ({ id: one, label: one })) });
const demographics = { attributes: [question('age', 'young', 'old'), question('place', 'north', 'south'),
    { ...question('tongue', 'ar', 'en'), multi: true }] };

async function study(settings, items = 20) {
    const { body: { id } } = await call(201, 'POST', '/api/v1/projects',
        { body: { name: 'quotas', task: { kind: 'pairwise' }, demographics, ...settings } });
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify({ prompt: `q${i}`, responses: [{ content: 'a' }, { content: 'b' }] }));
    await call(200, 'POST', `/api/v1/projects/${id}/items`, { body: lines.join('\n') });
    return id;
}
const answer = (token, answers) => call(200, 'PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers } });
async function join(project, answers) {
    const { body: { code } } = await call(201, 'POST', `/api/v1/projects/${project}/invitations`, { body: {} });
    const { body: { token } } = await call(201, 'POST', '/api/v1/join', { token: null, body: { code } });
    if (answers) await answer(token, answers);
    return token;
}
const next = (project, token, status = 201) => call(status, 'POST', `/api/v1/projects/${project}/assignments`, { token });
const put = (token, task, choice = 'left', status = 201) => call(status, 'PUT', `/api/v1/assignments/${task.id}/judgment`,
    { token, key: true, body: { choice, active_ms: 1, client: {} } });
const undo = (token, task, status = 200) => call(status, 'DELETE', `/api/v1/assignments/${task.id}/judgment`, { token });
const judge = async (project, token, n) => {
    for (let i = 0; i < n; i++) await put(token, (await next(project, token)).body);
};
const cells = (...rows) => rows.map(([age, judgments]) => ({ values: { age }, judgments }));
// n_taken and n_judged of the study's cells, largest target first.
const counts = (project) => server.sql(`select coalesce(n_wanted::text, '-'), n_taken, n_judged from quota_count
    where shard_key = (select shard_key from project where project_id = '${uuid(project)}')
    and item_id = '00000000-0000-0000-0000-000000000000' order by n_wanted desc nulls last`);

const uuid = (id) => uuidOf(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

test('what a quota may be', async () => {
    const bad = [
        [{ by: ['age'], cells: [] }, '/quotas/cells'],
        [{ by: ['shoes'], cells: cells(['young', 1]) }, '/quotas/by/0'],
        [{ by: ['tongue'], cells: [{ values: { tongue: 'ar' }, judgments: 1 }] }, '/quotas/by/0'],
        [{ by: ['age'], cells: cells(['ancient', 1]) }, '/quotas/cells/0/values/age'],
        [{ by: ['age'], cells: [{ values: { age: 'old', place: 'north' }, judgments: 1 }] }, '/quotas/cells/0/values/place'],
        [{ by: ['age', 'place'], cells: cells(['old', 1]) }, '/quotas/cells/0/values/place'],
        [{ by: ['age'], cells: cells(['old', 1], ['old', 2]) }, '/quotas/cells/1'],
        [{ by: ['age'], cells: cells(['old', 0]) }, '/quotas/cells/0/judgments'],
        [{ by: ['age'], cells: cells(['old', 1]), else: 'ajar' }, '/quotas/else'],
        [{ by: ['age'], cells: cells(['old', 1]), more: 1 }, '/quotas/more'],
        [[{ attribute: 'age', value: 'old', count: 1 }, { attribute: 'age', value: 'old', count: 2 }], '/quotas/1'],
    ];
    for (const [quotas, pointer] of bad) {
        const { body } = await call(422, 'POST', '/api/v1/projects', { body: { name: 'x', task: { kind: 'pairwise' }, demographics, quotas } });
        assert.ok(body.errors.some((one) => one.pointer === pointer), `${pointer}: ${JSON.stringify(body.errors)}`);
    }
    const { body } = await call(422, 'POST', '/api/v1/projects', { body: { name: 'x', task: { kind: 'pairwise' }, demographics, judgments_per_item: 4,
        quotas: { by: ['age'], cells: cells(['young', 2], ['old', 1]), per: 'item' } } });
    assert.equal(body.errors[0].pointer, '/judgments_per_item');
});

test('only what the quota needs is asked first, and a cell gets its number and no more', async () => {
    const project = await study({ quotas: { by: ['age'], cells: cells(['young', 3], ['old', 2]) } });
    const token = await join(project);
    const { body, headers } = await next(project, token, 403);
    assert.equal(body.type, 'quota_questions');
    assert.match(headers.get('content-type'), /problem\+json/);
    assert.deepEqual(body.errors.map((one) => [one.attribute, one.unsaid]), [['age', 'closed']]);
    await answer(token, { place: 'north' });
    await next(project, token, 403);
    await answer(token, { place: 'north', age: 'young' });
    await judge(project, token, 3);
    const none = await next(project, token, 204);
    assert.equal(none.headers.get('plenum-reason'), 'full');
    await next(project, await join(project, { age: 'young' }), 204);
    await judge(project, await join(project, { age: 'old' }), 2);
    const refused = await next(project, await join(project, { age: 'prefer_not_to_say' }), 204);
    assert.equal(refused.headers.get('plenum-reason'), 'full');
    assert.equal(counts(project), '3|3|3\n2|2|2\n0|0|0');
});

test('drawn by chance within cells: each as likely that the cell has room for, and stored with how likely', async () => {
    const project = await study({ strategy: 'random', judgments_per_item: 5, quotas: { by: ['age'], cells: cells(['young', 30], ['old', 2]), else: 'closed' } }, 6);
    const first = await join(project, { age: 'young' }), old = await join(project, { age: 'old' });
    await judge(project, first, 6);
    assert.equal((await next(project, first, 204)).headers.get('plenum-reason'), 'done');
    await judge(project, old, 2);
    assert.equal((await next(project, old, 204)).headers.get('plenum-reason'), 'full');
    const chances = server.sql(`select strategy || ' ' || round(1 / probability) from assignment where shard_key = (select shard_key from project where project_id = '${uuid(project)}')
        and state = 'judged' order by leased_at`).split('\n');
    assert.deepEqual(chances, ['random 6', 'random 5', 'random 4', 'random 3', 'random 2', 'random 1', 'random 6', 'random 5']);
    assert.equal(counts(project), '30|6|6\n2|2|2\n0|0|0');
});

test('what not saying means is told with the question, and is so', async () => {
    const unsaid = cells(['young', 2], ['prefer_not_to_say', 1]);
    const kinds = [
        [{ by: ['age'], cells: cells(['young', 1]), else: 'open' }, 'open'],
        [{ by: ['age'], cells: unsaid }, 'open'],
        [{ by: ['age'], cells: cells(['young', 1]) }, 'closed'],
        [{ by: ['age'], cells: cells(['young', 1]), per: 'item' }, 'closed'],
        [{ by: ['age'], cells: cells(['young', 1]), per: 'item', else: 'open' }, 'closed'], // open, and nothing left over
        [[{ attribute: 'age', value: 'young', count: 1 }], 'open'],
    ];
    for (const [quotas, told] of kinds) {
        const project = await study({ quotas });
        const token = await join(project);
        const { body } = await next(project, token, 403);
        assert.equal(body.errors[0].unsaid, told, JSON.stringify(quotas));
        await answer(token, { age: 'prefer_not_to_say' });
        await next(project, token, told === 'open' ? 201 : 204);
    }
});

test('skip, undo and running out give the place back', async () => {
    const project = await study({ lease_seconds: 1, quotas: { by: ['age'], cells: cells(['young', 1]), else: 'open' } });
    const [first, second] = [await join(project, { age: 'young' }), await join(project, { age: 'young' })];
    const task = (await next(project, first)).body;
    await next(project, second, 204);
    await put(first, task, 'skip');
    assert.equal(counts(project), '1|0|0\n-|0|0');
    await undo(first, task); // back again, with its place
    await next(project, second, 204);
    await put(first, task);
    assert.equal(counts(project), '1|1|1\n-|0|0');
    await undo(first, task);
    assert.equal(counts(project), '1|1|0\n-|0|0');
    await put(first, task, 'skip');
    const other = (await next(project, second)).body;
    await undo(first, task, 409); // the cell is full again
    server.sql(`update assignment set expires_at = now() - interval '1 s' where state = 'leased'`);
    const third = (await next(project, first)).body; // what ran out has gone back
    await put(second, other, 'left', 409);
    await put(first, third);
    await put(first, third, 'skip'); // a change of mind
    assert.equal(counts(project), '1|0|0\n-|0|0');
    const elsewhere = await join(project, { age: 'old' });
    await judge(project, elsewhere, 5);
    assert.equal(counts(project), '1|0|0\n-|5|5');
});

test('of each item so many of each cell', async () => {
    const project = await study({ quotas: { by: ['age'], cells: cells(['young', 2], ['old', 1]), per: 'item' } }, 4);
    const { body } = await call(200, 'GET', `/api/v1/projects/${project}`);
    assert.equal(body.judgments_per_item, 3);
    const young = [await join(project, { age: 'young' }), await join(project, { age: 'young' }), await join(project, { age: 'young' })];
    for (const token of young.slice(0, 2)) await judge(project, token, 4);
    const none = await next(project, young[2], 204);
    assert.equal(none.headers.get('plenum-reason'), 'done');
    await next(project, await join(project, { age: 'prefer_not_to_say' }), 204);
    const old = await join(project, { age: 'old' });
    await judge(project, old, 4);
    await next(project, old, 204);
    assert.equal(server.sql(`select count(*), min(n_judged), max(n_judged) from quota_count where n_per_item is null and n_wanted = 2
        and item_id <> '00000000-0000-0000-0000-000000000000'`), '4|2|2');
});

test('a list counts people, each entry by itself', async () => {
    const project = await study({ judgments_per_item: 100, quotas: [{ attribute: 'age', value: 'young', count: 2 }, { attribute: 'tongue', value: 'ar', count: 1 }] });
    const first = await join(project, { age: 'young', tongue: ['en', 'ar'] });
    await judge(project, first, 2);
    await next(project, await join(project, { age: 'old', tongue: ['ar'] }), 204); // there is one who speaks Arabic
    const { body } = await next(project, await join(project, { age: 'old' }), 403);
    assert.deepEqual(body.errors.map((one) => one.attribute), ['tongue']);
    await judge(project, await join(project, { age: 'old', tongue: ['en'] }), 1); // nobody counts these
    const second = await join(project, { age: 'young', tongue: ['en'] });
    await judge(project, second, 1);
    const third = await join(project, { age: 'young', tongue: ['en'] });
    await next(project, third, 204);
    // Each counts by what they had said when they came: who is told that enough are there, or has a place, is nobody else by saying so.
    await answer(third, { age: 'old', tongue: ['en'] });
    await answer(second, { age: 'old', tongue: ['ar'] });
    await new Promise((done) => setTimeout(done, 1500)); // known in all threads
    await next(project, third, 204);
    await judge(project, second, 1);
    await next(project, await join(project, { age: 'young', tongue: ['en'] }), 204);
    await call(204, 'DELETE', '/api/v1/me/demographics', { token: first });
    await judge(project, await join(project, { age: 'old', tongue: ['ar'] }), 1);
});

test('who has had the share of one cell does not have another\'s by answering anew', async () => {
    const project = await study({ quotas: { by: ['age'], cells: cells(['young', 2], ['old', 3]) } });
    const token = await join(project, { age: 'young' });
    await judge(project, token, 2);
    await next(project, token, 204);
    await answer(token, { age: 'old' });
    await new Promise((done) => setTimeout(done, 1500));
    await next(project, token, 204);
    await call(204, 'DELETE', '/api/v1/me/demographics', { token });
    await answer(token, { age: 'old' });
    await next(project, token, 204);
    assert.equal(counts(project), '3|0|0\n2|2|2\n0|0|0');
});

test('who takes their answers back is of no cell, and what they judged stays counted', async () => {
    const project = await study({ quotas: { by: ['age'], cells: cells(['young', 5]) } });
    const token = await join(project, { age: 'young' });
    await judge(project, token, 2);
    const lease = (await next(project, token)).body;
    assert.equal(counts(project), '5|3|2\n0|0|0');
    await call(204, 'DELETE', '/api/v1/me/demographics', { token });
    assert.equal(counts(project), '5|2|2\n0|0|0');
    assert.equal(server.sql(`select count(*) from assignment where quota_cell is not null and shard_key =
        (select shard_key from project where project_id = '${uuid(project)}')`), '0');
    await put(token, lease, 'left', 409);
    await next(project, token, 204);
    await answer(token, { age: 'young' });
    await next(project, token, 204); // nothing says any more whether it is the cell that they were counted in
    await judge(project, await join(project, { age: 'young' }), 3);
    await call(204, 'DELETE', '/api/v1/me', { token, body: { confirm: 'erase' } });
    assert.equal(server.sql(`select count(*) from participation where quota_cell is not null and shard_key =
        (select shard_key from project where project_id = '${uuid(project)}')`), '1', 'the other');
    assert.equal(counts(project), '5|5|5\n0|0|0');
});

test('how full the cells are, and nothing of a small one', async () => {
    const project = await study({ judgments_per_item: 5, quotas: { by: ['age', 'place'], cells: [
        { values: { age: 'young', place: 'north' }, judgments: 12 }, { values: { age: 'young', place: 'south' }, judgments: 30 },
        { values: { age: 'old', place: 'north' }, judgments: 15 }] } });
    const some = async (n, age, place, each) => {
        for (let i = 0; i < n; i += 1) await judge(project, await join(project, { age, place }), each);
    };
    await some(6, 'young', 'north', 2);
    await some(1, 'old', 'north', 3);
    const fill = async () => (await call(200, 'GET', `/api/v1/projects/${project}/quotas`)).body;
    // What is hidden together could be one size only: the others tell nothing either.
    assert.deepEqual((await fill()).cells.map((one) => one.filled).slice(0, 3), [null, null, null]);
    await some(5, 'young', 'south', 4);
    const after = await fill();
    assert.deepEqual(after.cells.map((one) => [one.wanted, one.filled]), [[12, null], [30, 20], [15, null], [0, 0]]);
    assert.equal(after.unit, 'judgments');
    assert.equal(after.groups_as_of.people, 12);
    // One more, or nine: who looks before and after learns nothing of them. Of ten more their sum.
    await some(1, 'young', 'south', 4);
    assert.deepEqual(await fill(), after);
    await some(8, 'old', 'north', 1);
    assert.deepEqual(await fill(), after);
    await some(1, 'old', 'north', 1);
    const grown = await fill();
    assert.deepEqual([grown.groups_as_of.people, ...grown.cells.map((one) => one.filled)], [22, 12, 24, 12, 0]);
    const token = await join(project, { age: 'old', place: 'south' });
    await call(404, 'GET', `/api/v1/projects/${project}/quotas`, { token });
    const { body } = await call(200, 'GET', `/api/v1/projects/${project}`, { token });
    assert.equal(body.quotas, undefined);
    assert.doesNotMatch(server.log, /young|south/);
});

const change = (project, body, status = 200) => call(status, 'PATCH', `/api/v1/projects/${project}`, { body });
const logged = (project) => Number(server.sql(`select count(*) from (select entry from log_entry union all select entry from log_outbox) e
    where entry like '%${project}%' and (entry like '%"project_quotas"%' or entry like '%"project_judgments_per_item"%')`));

test('targets change while people work: what was given stays, and no more is given than is wanted', async () => {
    const quotas = (...rows) => ({ by: ['age'], cells: cells(...rows) });
    const project = await study({ quotas: quotas(['young', 3], ['old', 2]) });
    const [young, old] = [await join(project, { age: 'young' }), await join(project, { age: 'old' })];
    await judge(project, young, 2);
    const held = (await next(project, young)).body;
    // Lowered below what is taken: closed. The lease that is out is answered, and given back it is not given again.
    const { body } = await change(project, { quotas: quotas(['young', 1], ['old', 2]) });
    assert.equal(body.quotas.cells[0].judgments, 1);
    assert.equal(counts(project), '2|0|0\n1|3|2\n0|0|0');
    await put(young, held);
    await next(project, young, 204);
    await put(young, held, 'skip');
    assert.equal(counts(project), '2|0|0\n1|2|2\n0|0|0');
    await undo(young, held, 409);
    await next(project, young, 204);
    assert.equal(logged(project), 1);
    await change(project, { quotas: quotas(['young', 1], ['old', 2]) });
    assert.equal(logged(project), 1, 'said again it changes nothing');
    // Raised: as many more as that.
    await change(project, { quotas: quotas(['young', 4], ['old', 2]) });
    await judge(project, young, 2);
    await next(project, young, 204);
    // Removed: those people are everybody else, who is not asked for. What they had out is theirs.
    const last = (await next(project, old)).body;
    await change(project, { quotas: quotas(['young', 4]) });
    await put(old, last);
    assert.equal((await next(project, old, 204)).headers.get('plenum-reason'), 'full');
    // Added again, it goes on from what it had.
    await change(project, { quotas: quotas(['young', 4], ['old', 3]) });
    await judge(project, old, 2);
    await next(project, old, 204);
    assert.equal(counts(project), '4|4|4\n3|3|3\n0|0|0');
    assert.equal(logged(project), 4);
    const { body: fill } = await call(200, 'GET', `/api/v1/projects/${project}/quotas`);
    assert.deepEqual(fill.cells.map((one) => one.closed), [null, null, null], 'of a small cell it is not said');
});

test('a cell that is added takes its people from everybody else, and quotas of each item change how many it wants', async () => {
    const by = (cell, more) => ({ by: ['age'], cells: cell, ...more });
    const project = await study({ quotas: by(cells(['young', 1]), { else: 'open' }) });
    const old = await join(project, { age: 'old' });
    await judge(project, old, 2);
    await change(project, { quotas: by(cells(['young', 1], ['old', 1]), { else: 'open' }) });
    await judge(project, old, 1);
    await next(project, old, 204);
    assert.equal(server.sql(`select n_taken from quota_count where n_wanted is null and shard_key = (select shard_key from project where project_id = '${uuid(project)}')`), '2');

    const each = await study({ quotas: by(cells(['young', 2], ['old', 1]), { per: 'item' }) }, 2);
    const people = await Promise.all([1, 2, 3].map(() => join(each, { age: 'young' })));
    for (const one of people.slice(0, 2)) await judge(each, one, 2);
    const { body: grown } = await change(each, { quotas: by(cells(['young', 3], ['old', 1]), { per: 'item' }) });
    assert.deepEqual([grown.judgments_per_item, grown.counts.wanted], [4, 8]);
    await judge(each, people[2], 2);
    const { body: shrunk } = await change(each, { quotas: by(cells(['young', 1], ['old', 1]), { per: 'item' }) });
    assert.deepEqual([shrunk.judgments_per_item, shrunk.counts.wanted], [2, 6], 'three were judged of each');
    await next(each, await join(each, { age: 'young' }), 204);
    const { body: fault } = await change(each, { judgments_per_item: 5 }, 422);
    assert.equal(fault.errors[0].pointer, '/judgments_per_item');
});

test('people that are counted keep their place when fewer come to be wanted', async () => {
    const list = (...rows) => rows.map(([value, count]) => ({ attribute: 'age', value, count }));
    const project = await study({ judgments_per_item: 50, quotas: list(['young', 2]) });
    const people = await Promise.all([1, 2].map(() => join(project, { age: 'young' })));
    for (const one of people) await judge(project, one, 1);
    await change(project, { quotas: list(['young', 1], ['old', 1]) });
    for (const one of people) await judge(project, one, 1);
    await next(project, await join(project, { age: 'young' }), 204);
    await judge(project, await join(project, { age: 'old' }), 1);
    await next(project, await join(project, { age: 'old' }), 204);
    assert.deepEqual(counts(project).split('\n').sort(), ['1|1|0', '1|2|0']);
    const left = await join(project, { age: 'young' });
    await change(project, { quotas: list(['young', 3], ['old', 1]) });
    await judge(project, left, 1);
});

test('who leaves gives back the place of what they held', async () => {
    const project = await study({ quotas: { by: ['age'], cells: cells(['young', 1]) } });
    const token = await join(project, { age: 'young' });
    await next(project, token);
    await call(204, 'DELETE', `/api/v1/me/participations/${project}`, { token });
    assert.equal(counts(project), '1|0|0\n0|0|0');
    await judge(project, await join(project, { age: 'young' }), 1);
});

test('what a change of quotas can not be', async () => {
    const project = await study({ quotas: { by: ['age'], cells: cells(['young', 3]) } });
    const none = await study({});
    const bad = [
        [project, { quotas: { by: ['place'], cells: [{ values: { place: 'north' }, judgments: 1 }] } }, '/quotas/by'],
        [project, { quotas: { by: ['age'], cells: cells(['young', 3]), per: 'item' } }, '/quotas/per'],
        [project, { quotas: [] }, '/quotas'],
        [project, { quotas: [{ attribute: 'age', value: 'young', count: 1 }] }, '/quotas'],
        [project, { quotas: { by: ['age'], cells: cells(['ancient', 3]) } }, '/quotas/cells/0/values/age'],
        [none, { quotas: { by: ['age'], cells: cells(['young', 3]) } }, '/quotas'],
        [none, { judgments_per_item: 0 }, '/judgments_per_item'],
    ];
    for (const [id, body, pointer] of bad) {
        const { body: fault } = await change(id, body, 422);
        assert.ok(fault.errors.some((one) => one.pointer === pointer), `${pointer}: ${JSON.stringify(fault.errors)}`);
    }
    const token = await join(project, { age: 'young' });
    await call(404, 'PATCH', `/api/v1/projects/${project}`, { token, body: { judgments_per_item: 2 } });
    await change(project, { state: 'closed' });
    await change(project, { judgments_per_item: 2 }, 409);
});
