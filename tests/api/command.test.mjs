// The plenum command as a person at a shell and a script meet it: what goes to stdout and stderr, flags, errors.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startCoordinator, temporaryFolder } from '../support/coordinator.mjs';
import { makeProject, plenum } from '../support/dataset.mjs';
import { uuidOf } from '../support/ids.mjs';

let server;
before(async () => { server = await startCoordinator(); });
after(() => server.stop());

test('an error is said once, with its place', async () => {
    const project = await makeProject(server, { name: 'errors' });
    const one = await plenum(server, 'fit', '--project', project, '--method', 'group', '--quiet');
    assert.equal(one.status, 1);
    assert.equal(one.err, 'plenum fit: 422 The method group needs an attribute: whose groups? (/attribute)\n');
    const gone = await plenum(server, 'project', 'show', 'a'.repeat(39));
    assert.equal(gone.err, 'plenum project: 404 There is nothing here, or it is not yours to see.\n');
});

test('what the next command needs stands alone on stdout', async () => {
    const made = await plenum(server, 'project', 'create', '--name', 'alone', '--judgments-per-item', '2');
    assert.match(made.out, /^[a-z2-7]{39}\n$/);
    assert.match(made.err, /plenum import/);
    const id = made.out.trim();
    const shown = JSON.parse((await plenum(server, 'project', 'show', id)).out);
    assert.deepEqual([shown.id, shown.name, shown.judgments_per_item], [id, 'alone', 2]);
    const changed = JSON.parse((await plenum(server, 'project', 'change', id, '--judgments-per-item', '5')).out);
    assert.deepEqual([changed.name, changed.judgments_per_item], ['alone', 5]);
    assert.match((await plenum(server, 'project', 'change', id, '--preset', 'hh')).err, /a study keeps its task/);
    const invited = await plenum(server, 'project', 'invite', id, '--max-uses', '20');
    assert.match(invited.out, /^http:\S+\n$/);
    assert.equal(invited.err, 'good for 20 people\n');
    assert.equal(JSON.parse((await plenum(server, 'project', 'invite', id, '--json')).out).max_uses, 1);
    assert.equal(JSON.parse((await plenum(server, 'project', 'create', '--name', 'whole', '--json')).out).name, 'whole');
    const token = await plenum(server, 'token', 'create', '--name', 'serving', '--role', 'service');
    assert.match(token.out, /^plm_\S+\n$/);
    assert.equal((await server.api('GET', '/api/v1/me', { token: token.out.trim() })).status, 200);
    const none = await plenum(server, 'model', 'latest', '--project', id);
    assert.deepEqual([none.status, none.out], [1, '']);
    assert.match(none.err, /no fitted model yet/);
    assert.equal((await plenum(server, 'model', 'latest')).status, 2);
});

test('a study of a preset is made; what there is none of is said', async () => {
    const made = await plenum(server, 'project', 'create', '--name', 'after Llama 2', '--preset', 'llama2');
    assert.equal((await server.api('GET', `/api/v1/projects/${made.out.trim()}`)).body.task.preset, 'llama2');
    const none = await plenum(server, 'project', 'create', '--name', 'none', '--preset', 'tea');
    assert.equal(none.err, 'plenum project: 422 There is no preset of this name; GET /api/v1/presets lists them. (/task/preset)\n');
});

test('annotators are simulated in tasks of every kind, by their tastes; of what tastes say nothing is refused', async () => {
    const folder = temporaryFolder(), file = (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); };
    const items = Array.from({ length: 12 }, (_, i) => ({ id: `i${i}`, prompt: `Q${i}`, responses: [3, 1, 2].map((long, k) => ({ id: `i${i}.${k}`, content: `answer ${i} ${k}`, meta: { long } })) }));
    const itemsFile = file('items.jsonl', items.map((one) => JSON.stringify(one)).join('\n'));
    // Nearly without noise, so that what they answer is their taste.
    const annotators = file('annotators.json', JSON.stringify({ judgments_each: 5, annotators: [1, -1].map((long) => ({ name: `${long}`, tastes: { long }, noise: 0.01 })) }));
    const run = async (task) => {
        const { body } = await server.api('POST', '/api/v1/projects', { body: { name: JSON.stringify(task), simulated: true, task } });
        await server.api('POST', `/api/v1/projects/${body.id}/items`, { body: items.map((one) => JSON.stringify(one)).join('\n') });
        const done = await plenum(server, 'simulate', '--project', body.id, '--annotators', annotators, '--items', itemsFile);
        const shard = server.sql(`select shard_key from project where project_id = '${uuidOf(body.id)}'`);
        return { done, answers: JSON.parse(server.sql(`select coalesce(json_agg(json_build_object('outcome', outcome, 'strength', strength, 'answer', answer)), '[]') from judgment where shard_key = ${shard}`)) };
    };
    const of = async (task) => {
        const { done, answers } = await run(task);
        assert.deepEqual([done.err, JSON.parse(done.out)], ['', { annotators: 2, judgments: 10 }]);
        return answers;
    };
    // Of the responses as they were numbered: 0 is the longest, 1 the shortest.
    const first = (one) => one.answer.ranking[0][0], orders = new Set((await of({ kind: 'ranking' })).map((one) => JSON.stringify(one.answer.ranking)));
    assert.deepEqual([...orders].sort(), ['[[0], [2], [1]]', '[[1], [2], [0]]'].map((one) => JSON.stringify(JSON.parse(one))));
    assert.deepEqual([...new Set((await of({ kind: 'best_worst' })).map(first))].sort(), [0, 1]);
    const rated = await of({ kind: 'rating', confidence: 'required', dimensions: ['overall', { id: 'whole', about: 'item', scale: 'slider' }, { id: 'fine', scale: 'yes_no_unsure' }] });
    assert.ok(rated.every((one) => Object.keys(one.answer.ratings).length === 3));
    assert.ok((await of({ preset: 'llama2', labels: null, tie: false })).every((one) => ['left', 'right'].includes(one.outcome) && one.strength <= 3));
    assert.ok((await of({ kind: 'pairwise', goal: 'worse', strength_max: 0 })).every((one) => one.strength === null));
    const words = (await run({ kind: 'pairwise', rationale: 'required' })).done;
    assert.equal(words.err, 'plenum simulate: annotator 1: the task requires rationale, of which tastes say nothing\n');
    rmSync(folder, { recursive: true });
});

test('decimal fractions come back as they went in', async () => {
    const id = await makeProject(server, { name: 'numbers', task: { kind: 'rating', dimensions: ['rude'] } });
    const rules = await server.api('POST', '/api/v1/communities', { body: { name: 'fractions', rule: { quorum_share: 0.4 } } });
    const text = await (await fetch(`${server.url}/api/v1/communities/${rules.body.id}`)).text();
    assert.match(text, /"quorum_share":0\.4[,}]/);
    await server.api('POST', `/api/v1/projects/${id}/items?${new URLSearchParams({ format: 'csv', map: '{"text":"t","rating":"r","annotator":"a"}' })}`,
        { body: 't,r,a\nx,0.4,ann\n', type: 'text/csv' });
    assert.equal(server.sql(`select answer->'ratings' from judgment where source <> 'live'`), '{"r": {"0": 0.4}}');
});

test('a command waits when the server says so, and asks again; but not for long', async () => {
    const asked = [];
    const busy = createServer((request, response) => {
        const first = asked.push(request.url) === 1;
        const [status, wait] = request.url.includes('/later') ? [429, '3600'] : first ? [503, '1'] : [200, null];
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...(wait ? { 'retry-after': wait } : {}) });
        response.end(JSON.stringify(status === 200 ? { id: 'here' } : { status, detail: 'Too much at once.' }));
    });
    await new Promise((done) => busy.listen(0, '127.0.0.1', done));
    const fake = { url: `http://127.0.0.1:${busy.address().port}`, dataFolder: server.dataFolder, adminToken: 'x' };
    try {
        const waited = await plenum(fake, 'project', 'show', 'here');
        assert.equal(waited.status, 0, waited.err);
        assert.deepEqual(asked, ['/api/v1/projects/here', '/api/v1/projects/here']);
        const later = await plenum(fake, 'project', 'show', 'later');
        assert.deepEqual([later.status, later.err], [1, 'plenum project: 429 Too much at once.\n']);
        assert.equal(asked.length, 3);
    } finally {
        busy.close();
    }
});
