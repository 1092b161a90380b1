// A study as it happens: server-sent events of its counts, for those who may see them and as long as they may.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startCoordinator } from '../support/coordinator.mjs';

let server, project, code;
test.before(async () => {
    server = await startCoordinator({});
    project = (await server.api('POST', '/api/v1/projects', { body: { name: 'live', judgments_per_item: 1, task: { kind: 'pairwise' } } })).body.id;
    await server.api('POST', `/api/v1/projects/${project}/items`, { body: JSON.stringify({ prompt: 'Q', responses: [{ content: 'a' }, { content: 'b' }] }) });
    code = (await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: { max_uses: 5 } })).body.code;
});
test.after(() => server.stop());

// Reads events until `enough` says so of the list of states, or the stream ends.
async function watch(token, enough, begun = () => {}) {
    const response = await fetch(`${server.url}/api/v1/projects/${project}/events`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const states = [];
    let text = '', ended = true;
    begun();
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
        text += piece;
        states.length = 0;
        for (const [, data] of text.matchAll(/^event: study\ndata: (.*)\n\n/gm)) states.push(JSON.parse(data));
        if (enough(states)) {
            ended = false;
            break;
        }
    }
    return { states, ended };
}

test('counts come as they change', { timeout: 30_000 }, async () => {
    let judge;
    const judged = new Promise((done) => { judge = done; });
    const watching = watch(server.adminToken, (states) => states.at(-1)?.progress.judgments === 1, judge);
    await judged;
    const { token } = (await server.api('POST', '/api/v1/join', { token: null, body: { code } })).body;
    const task = await server.api('POST', `/api/v1/projects/${project}/assignments`, { token });
    assert.equal((await server.api('PUT', `/api/v1/assignments/${task.body.id}/judgment`, { token, key: true, body: { choice: 'left', active_ms: 1, client: {} } })).status, 201);
    const { states } = await watching;
    assert.equal(states[0].progress.judgments, 0);
    assert.equal(states[0].counts.items, 1);
    assert.equal(states.at(-1).counts.participants, 1);
    assert.equal(states.at(-1).state, 'open');
    for (let i = 1; i < states.length; i++) assert.notDeepEqual(states[i], states[i - 1], 'only what changed is sent');
});

test('only for those who run the study', async () => {
    const path = `/api/v1/projects/${project}/events`;
    const { token } = (await server.api('POST', '/api/v1/join', { token: null, body: { code } })).body;
    assert.equal((await server.api('GET', path, { token })).status, 404);
    assert.equal((await server.api('GET', path, { token: null })).status, 401);
    const other = (await server.api('POST', '/api/v1/projects', { body: { name: 'other', task: { kind: 'pairwise' } } })).body.id;
    assert.equal((await server.api('GET', `/api/v1/projects/${other.slice(0, 12)}${project.slice(12)}/events`)).status, 404);
    assert.equal((await server.api('HEAD', path)).status, 200);
});

test('who loses the right to see it is not told more', { timeout: 30_000 }, async () => {
    const made = await server.api('POST', '/api/v1/tokens', { body: { name: 'dashboard', scopes: ['operator'] } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    let revoke;
    const begun = new Promise((done) => { revoke = done; });
    const watching = watch(made.body.token, () => false, revoke);
    await begun;
    assert.equal((await server.api('DELETE', `/api/v1/tokens/${made.body.id}`)).status, 204);
    const { ended } = await watching;
    assert.ok(ended, 'the stream ends by itself');
});
