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
