// The plenum command as a person at a shell and a script meet it: what goes to stdout and stderr, flags, errors.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeProject, plenum } from '../support/dataset.mjs';

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
    const invited = await plenum(server, 'project', 'invite', id, '--max-uses', '20');
    assert.match(invited.out, /^http:\S+\n$/);
    assert.equal(invited.err, 'good for 20 people\n');
    assert.equal(JSON.parse((await plenum(server, 'project', 'invite', id, '--json')).out).max_uses, 1);
    assert.equal(JSON.parse((await plenum(server, 'project', 'create', '--name', 'whole', '--json')).out).name, 'whole');
    const none = await plenum(server, 'model', 'latest', '--project', id);
    assert.deepEqual([none.status, none.out], [1, '']);
    assert.match(none.err, /no fitted model yet/);
    assert.equal((await plenum(server, 'model', 'latest')).status, 2);
});

test('decimal fractions come back as they went in', async () => {
    const id = await makeProject(server, { name: 'numbers', task: { kind: 'rating', dimensions: ['rude'] } });
    const rules = await server.api('POST', '/api/v1/communities', { body: { name: 'fractions', rule: { quorum_share: 0.4 } } });
    const text = await (await fetch(`${server.url}/api/v1/communities/${rules.body.id}`)).text();
    assert.match(text, /"quorum_share":0\.4[,}]/);
    await server.api('POST', `/api/v1/projects/${id}/items?${new URLSearchParams({ format: 'csv', map: '{"text":"t","rating":"r","annotator":"a"}' })}`,
        { body: 't,r,a\nx,0.4,ann\n', type: 'text/csv' });
    assert.equal(server.sql(`select answer->'ratings' from judgment`), '{"r": {"0": 0.4}}');
});
