// The plenum command as a person at a shell and a script meet it: what goes to stdout and stderr, flags, errors.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
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
    const token = await plenum(server, 'token', 'create', '--name', 'serving', '--role', 'service');
    assert.match(token.out, /^plm_\S+\n$/);
    assert.equal((await server.api('GET', '/api/v1/me', { token: token.out.trim() })).status, 200);
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
