// A person's own data: all of it, in clear, and nothing of anybody else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeCommunity, makeMembers, change, propose, vote } from '../support/community.mjs';

let server;
before(async () => { server = await startCoordinator(); });
after(() => server.stop());

const call = async (status, method, path, options) => {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
};
const read = (name) => readFileSync(new URL(`../../schema/${name}`, import.meta.url), 'utf8').split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/: (.*)/).slice(0, 2));

async function download(token) {
    const response = await fetch(`${server.url}/api/v1/me/data`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-disposition'), /attachment/);
    assert.match(response.headers.get('cache-control'), /no-store/);
    const text = await response.text();
    return { text, rows: text.trim().split('\n').map((line) => JSON.parse(line)) };
}

async function join(project, region, words) {
    const { code } = await call(201, 'POST', `/api/v1/projects/${project}/invitations`, { body: {} });
    const { token, participant_id } = await call(201, 'POST', '/api/v1/join', { token: null, body: { code } });
    await call(200, 'PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { region } } });
    const task = await call(201, 'POST', `/api/v1/projects/${project}/assignments`, { token });
    for (const choice of ['left', 'right'])
        await call(201, 'PUT', `/api/v1/assignments/${task.id}/judgment`, { token, key: true, body: { choice, rationale: `${words} ${choice}`, active_ms: 5, client: {} } });
    return { token, participant: participant_id };
}

test('every table is in the download, or on the list of what is not', () => {
    const tables = read('tables.txt').map(([name]) => name), told = read('my-data.txt');
    assert.deepEqual(told.map(([name]) => name).sort(), tables.sort());
    const sql = readFileSync(new URL('../../coordinator/db/queries/identity_data.sql', import.meta.url), 'utf8');
    const kinds = new Set([...sql.matchAll(/^select '(\w+)'/gm)].map(([, kind]) => kind));
    const named = new Set(told.map(([, what]) => what).filter((what) => !what.startsWith('not, ')));
    assert.deepEqual([...named].sort(), [...kinds].sort());
});

test('a person gets all revisions, words and answers of theirs, and nothing of anybody else', async () => {
    const { id: project } = await call(201, 'POST', '/api/v1/projects', { body: { name: 'a study', task: { kind: 'pairwise' }, demographics: { template: 'international' } } });
    await call(200, 'POST', `/api/v1/projects/${project}/items`, { body: [1, 2].map((n) => JSON.stringify({ prompt: `q${n}`, responses: [{ content: 'a' }, { content: 'b' }] })).join('\n') });
    const one = await join(project, 'europe', 'mine'), other = await join(project, 'oceania', 'theirs');
    await call(200, 'PUT', '/api/v1/me/demographics', { token: one.token, body: { consent: true, answers: { region: 'north_america' } } });
    const { text, rows } = await download(one.token);
    const of = (kind) => rows.filter((row) => row.kind === kind);
    assert.deepEqual(of('judgment').map((row) => [row.revision, row.outcome, row.given.rationale]).sort(), [[1, 'left', 'mine left'], [2, 'right', 'mine right']]);
    assert.ok(of('judgment').every((row) => row.receipt !== ''));
    assert.deepEqual(of('demographics').sort((a, b) => a.version - b.version).map((row) => row.given.region), ['europe', 'north_america']);
    assert.deepEqual([of('account').length, of('participation').length, of('assignment').length, of('token').length], [1, 1, 1, 1]);
    assert.equal(of('participation')[0].id, one.participant);
    for (const foreign of ['theirs', 'oceania', other.participant, one.token]) assert.ok(!text.includes(foreign), foreign);
    assert.ok(!text.includes('secret') && !text.includes('hash":'));
});

test('amendments and ballots with their receipts; not without a session, nor with a token made for work', async () => {
    const community = await makeCommunity(server, { admission: 'open' });
    const [member] = await makeMembers(server, community, 1);
    const made = await propose(server, community, member, [change('tone', 'Speak plainly.')]);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const cast = await vote(server, made.body.id, member, 'yes');
    assert.ok(cast.status < 300, JSON.stringify(cast.body));
    const { rows } = await download(member.token);
    const [amendment] = rows.filter((row) => row.kind === 'amendment'), [ballot] = rows.filter((row) => row.kind === 'ballot');
    assert.equal(amendment.id, made.body.id);
    assert.equal(amendment.rationale, 'It reads better.');
    assert.deepEqual([ballot.choice, ballot.receipt], ['yes', cast.body.receipt]);
    await call(409, 'GET', '/api/v1/me/data');
    await call(401, 'GET', '/api/v1/me/data', { token: null });
});
