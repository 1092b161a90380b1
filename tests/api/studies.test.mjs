// Studies changed after they were made: state, name, guideline.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeProject } from '../support/dataset.mjs';

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

test('what is wrong is refused with a pointer, and strangers find nothing', async () => {
    const project = await makeProject(server, { name: 'refused', task: { kind: 'pairwise' } });
    for (const [body, pointer] of [[{}, ''], [{ name: '' }, '/name'], [{ guideline: 3 }, '/guideline'], [{ task: {} }, '/task'],
        [{ state: 'ajar', name: 'x' }, '/state']]) {
        const answer = await change(project, body);
        assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, pointer]);
    }
    assert.equal((await show(project)).name, 'refused');
    const { body: { code } } = await server.api('POST', `${at(project)}/invitations`, { body: {} });
    const { body: { token } } = await server.api('POST', '/api/v1/join', { token: null, body: { code } });
    assert.equal((await change(project, { name: 'mine' }, { token })).status, 404);
});

test('killed in the middle: a version and an entry of the log for each guideline that is kept, and what was said is so', async () => {
    const project = await makeProject(server, { name: 'killed', guideline: 'None.', task: { kind: 'pairwise' } });
    const texts = Array.from({ length: 30 }, (_, i) => `Guideline ${i}`);
    const writes = texts.map((guideline) => change(project, { guideline }));
    const all = Promise.allSettled(writes);
    await Promise.race(writes);
    await server.kill();
    const said = (await all).filter((one) => one.value?.status === 200).map((one) => one.value.body.guideline_version);
    await server.restart();
    const where = "shard_key = (select shard_key from project where name = 'killed')";
    const versions = server.sql(`select count(*), max(version), (select guideline_version from project where ${where}) from guideline where ${where}`);
    const [n, last, current] = versions.split('|').map(Number);
    assert.deepEqual([n, current], [last, last]);
    assert.ok(said.length > 0 && Math.max(...said) <= last);
    const logged = server.sql(`select (select count(*) from log_outbox where entry like '%project_guideline%${project}%' or entry like '%${project}%project_guideline%')
        + (select count(*) from log_entry where entry like '%project_guideline%${project}%' or entry like '%${project}%project_guideline%')`);
    assert.equal(Number(logged), n - 1, 'an entry for each');
});
