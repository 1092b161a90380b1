// Webhooks by Standard Webhooks 1.0: who is told, of what, signed how; receivers that behave and that do not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { makeCommunity, makeMembers, propose, vote, change, until } from '../support/community.mjs';
import { startCoordinator } from '../support/coordinator.mjs';
import { startReceiver } from '../support/receiver.mjs';
import { Worker, makeJudged } from '../support/workers.mjs';

const ALL = ['project.state_changed', 'project.completed', 'judgment.recorded', 'fit.completed', 'fit.failed', 'export.completed', 'amendment.state_changed'];

let server, receiver;
test.before(async () => {
    receiver = await startReceiver();
    server = await startCoordinator({ env: { PLENUM_OUTSIDE_ALLOW: receiver.host, PLENUM_THREADS: '2' } });
});
test.after(async () => {
    await server?.stop();
    await receiver?.stop();
});

async function api(method, path, { expect = 200, ...options } = {}) {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, expect, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
}
const makeProject = async (more = {}) => (await api('POST', '/api/v1/projects', { expect: 201, body: { name: 'told', task: { kind: 'pairwise' }, ...more } })).id;
async function hook(project, { path = '/good', events = ALL } = {}) {
    return api('POST', project ? `/api/v1/projects/${project}/webhooks` : '/api/v1/webhooks', { expect: 201, key: true, body: { url: receiver.url + path, events } });
}
const setState = (project, state) => api('PATCH', `/api/v1/projects/${project}`, { body: { state } });
const deliveries = async (webhook) => (await api('GET', `/api/v1/webhooks/${webhook.id}/deliveries`)).data;
const show = (webhook) => api('GET', `/api/v1/webhooks/${webhook.id}`);
const told = (project, type) => receiver.requests.filter(({ body }) => {
    const said = JSON.parse(body);
    return said.data.project === project && said.type === type;
});
const settled = (webhook, n = 1) => until('deliveries are settled', async () => {
    const rows = await deliveries(webhook);
    return rows.length >= n && rows.every((one) => ['delivered', 'failed'].includes(one.state)) && rows;
});
const soon = () => server.sql(`update delivery set next_at = now() where state = 'waiting'`);

test('a study is paused: its webhook is told, and the standard\'s own library says that it was us', async () => {
    const project = await makeProject();
    const webhook = await hook(project);
    assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    await setState(project, 'paused');
    const [one] = await until('told', () => told(project, 'project.state_changed').length && told(project, 'project.state_changed'));
    assert.equal(one.method, 'POST');
    assert.equal(one.headers['content-type'], 'application/json');
    const body = new Webhook(webhook.secret).verify(one.body, one.headers);
    assert.deepEqual(body, { type: 'project.state_changed', timestamp: body.timestamp, data: { project, state: 'paused' } });
    assert.match(body.timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.throws(() => new Webhook(webhook.secret).verify(one.body.replace('paused', 'open'), one.headers));
    const [row] = await settled(webhook);
    assert.deepEqual({ id: row.id, type: row.type, state: row.state, tries: row.tries, status: row.status, error: row.error, next_try_at: row.next_try_at },
        { id: one.headers['webhook-id'], type: 'project.state_changed', state: 'delivered', tries: 1, status: 204, error: null, next_try_at: null });
    // The same state again is no change, and a secret is never shown again nor stored as it is.
    await setState(project, 'paused');
    await setState(project, 'open');
    await until('told again', () => told(project, 'project.state_changed').length === 2);
    const shown = await show(webhook);
    assert.deepEqual({ ...shown, created_at: '' }, { id: webhook.id, url: webhook.url, events: ALL, enabled: true, disabled_reason: null, failing_since: null, old_secret_until: null, created_at: '' });
    assert.equal(server.sql(`select count(*) from webhook where secret_sealed like '%${webhook.secret.slice(6, 20)}%'`), '0');
});

test('made once under a key, and the answer with the secret comes again', async () => {
    const project = await makeProject();
    const key = randomUUID();
    const ask = () => server.api('POST', `/api/v1/projects/${project}/webhooks`, { key, body: { url: `${receiver.url}/good`, events: ['fit.failed'] } });
    const [first, again] = [await ask(), await ask()];
    assert.equal(first.status, 201);
    assert.deepEqual(again.body, first.body);
    assert.equal((await api('GET', `/api/v1/projects/${project}/webhooks`)).data.length, 1);
    for (let i = 1; i < 20; i++) await hook(project, { events: ['fit.failed'] });
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/webhooks`, { body: { url: `${receiver.url}/good`, events: ['fit.failed'] } })).status, 409);
});

test('addresses and events that are none are refused, and other people have no say', async () => {
    const project = await makeProject();
    const post = (body, token) => server.api('POST', `/api/v1/projects/${project}/webhooks`, { body, token });
    for (const url of ['http://127.0.0.1:1/', 'http://example.org/', 'ftp://example.org/', 'https://user:pass@example.org/', 'nothing']) {
        const refused = await post({ url, events: ['fit.failed'] });
        assert.equal(refused.status, 422, url);
        assert.equal(refused.body.errors[0].pointer, '/url', url);
    }
    assert.equal((await post({ url: `${receiver.url}/good`, events: ['judgment.text'] })).body.errors[0].pointer, '/events/0');
    assert.equal((await post({ url: `${receiver.url}/good`, events: [] })).status, 422);
    const { code } = await api('POST', `/api/v1/projects/${project}/invitations`, { expect: 201, body: {} });
    const { token } = await api('POST', '/api/v1/join', { expect: 201, token: null, body: { code } });
    assert.equal((await post({ url: `${receiver.url}/good`, events: ALL }, token)).status, 404);
    const [study, whole] = [await hook(project), await hook(null)];
    for (const [method, path, body] of [['GET', ''], ['PATCH', '', { enabled: false }], ['DELETE', ''], ['POST', '/secret'], ['POST', '/test'], ['GET', '/deliveries']]) {
        for (const { id } of [study, whole]) assert.equal((await server.api(method, `/api/v1/webhooks/${id}${path}`, { token, body })).status, 404, `${method} ${path}`);
    }
    assert.equal((await server.api('GET', '/api/v1/webhooks', { token })).status, 404);
    await api('DELETE', `/api/v1/webhooks/${whole.id}`, { expect: 204 });
});

test('a private address behind a name is not called', async () => {
    const project = await makeProject();
    const { id } = await api('POST', `/api/v1/projects/${project}/webhooks`, { expect: 201, body: { url: 'https://localhost:1/', events: ['project.state_changed'] } });
    await setState(project, 'paused');
    const [row] = await until('tried', async () => (await deliveries({ id })).filter((one) => one.error !== null).length > 0 && deliveries({ id }));
    assert.deepEqual([row.state, row.tries, row.status, row.error], ['waiting', 1, null, 'unreachable']);
});

test('after a 500 it comes again, by the standard\'s times, with the same id and bytes', async () => {
    const project = await makeProject();
    const webhook = await hook(project, { path: '/flaky' });
    await setState(project, 'paused');
    const [row] = await settled(webhook);
    assert.deepEqual([row.state, row.tries, row.status], ['delivered', 2, 200]);
    const both = told(project, 'project.state_changed');
    assert.equal(both.length, 2);
    assert.equal(both[0].headers['webhook-id'], both[1].headers['webhook-id']);
    assert.equal(both[0].body, both[1].body);
    assert.ok(Number(both[1].headers['webhook-timestamp']) - Number(both[0].headers['webhook-timestamp']) >= 5);
    assert.equal((await show(webhook)).failing_since, null);
});

test('redirects are not followed, floods not read, a cut line is tried again', async () => {
    const project = await makeProject();
    const [redirect, flood, cut] = [await hook(project, { path: '/redirect' }), await hook(project, { path: '/flood' }), await hook(project, { path: '/cut' })];
    await setState(project, 'paused');
    const row = async (webhook) => until('tried', async () => (await deliveries(webhook)).find((one) => one.tries > 0 && one.state !== 'sending'));
    const [a, b, c] = [await row(redirect), await row(flood), await row(cut)];
    assert.deepEqual([a.state, a.status], ['waiting', 302]);
    assert.deepEqual([b.state, b.status], ['delivered', 200]);
    assert.deepEqual([c.state, c.status, c.error], ['waiting', null, 'unreachable']);
    assert.equal(receiver.at('/elsewhere').length, 0);
    assert.ok((await show(redirect)).failing_since);
});

test('a receiver that does not answer is given up after a while, and keeps nobody else waiting', async () => {
    const project = await makeProject();
    const [silent, good] = [await hook(project, { path: '/silent' }), await hook(project)];
    for (const state of ['paused', 'open', 'paused', 'open', 'paused', 'open']) await setState(project, state);
    assert.equal((await settled(good, 6)).length, 6);
    const waiting = await deliveries(silent);
    assert.ok(waiting.every((one) => ['waiting', 'sending'].includes(one.state)));
    assert.ok(waiting.filter((one) => one.state === 'sending').length <= 4, 'four at a time');
    const late = await until('given up', async () => (await deliveries(silent)).find((one) => one.error !== null));
    assert.deepEqual([late.status, late.error], [null, 'late']);
    assert.match(await (await fetch(`${server.url}/metrics`)).text(), /plenum_webhook_tries_total\{outcome="failed"\} [1-9]/);
});

test('410 switches it off at once; days of failures do, too; on again it goes on', async () => {
    const project = await makeProject();
    const [gone, broken] = [await hook(project, { path: '/gone' }), await hook(project, { path: '/broken' })];
    await setState(project, 'paused');
    const off = await until('off', async () => { const one = await show(gone); return !one.enabled && one; });
    assert.equal(off.disabled_reason, 'gone');
    assert.deepEqual((await settled(gone)).map((one) => [one.state, one.status, one.tries]), [['failed', 410, 1]]);
    await until('failed once', async () => (await deliveries(broken))[0]?.status === 500);
    server.sql(`update webhook set failing_since = now() - interval '5 days 1 hour' where failing_since is not null`);
    soon();
    const tired = await until('off', async () => { const one = await show(broken); return !one.enabled && one; });
    assert.equal(tired.disabled_reason, 'failing');
    // Nothing new is kept for who is off; what waited goes on when it is on again.
    await setState(project, 'open');
    await until('given out', () => server.sql('select count(*) from event where not is_spread') === '0');
    await api('PATCH', `/api/v1/webhooks/${broken.id}`, { body: { enabled: true, url: `${receiver.url}/good` } });
    soon();
    const rows = await settled(broken);
    assert.deepEqual(rows.map((one) => [one.state, one.status]), [['delivered', 204]]);
    assert.equal((await show(broken)).failing_since, null);
});

test('the tenth failure is the last; by hand it can be sent again', async () => {
    const project = await makeProject();
    const webhook = await hook(project, { path: '/broken' });
    await setState(project, 'paused');
    await until('failed once', async () => (await deliveries(webhook))[0]?.status === 500);
    server.sql(`update delivery set tries = 9, next_at = now() where state = 'waiting' and tries = 1`);
    const [row] = await settled(webhook);
    assert.deepEqual([row.state, row.tries, row.next_try_at], ['failed', 10, null]);
    await api('PATCH', `/api/v1/webhooks/${webhook.id}`, { body: { url: `${receiver.url}/good` } });
    await api('POST', `/api/v1/webhooks/${webhook.id}/deliveries/${row.id}`, { expect: 202 });
    await until('sent again', async () => (await deliveries(webhook))[0].state === 'delivered');
    assert.equal((await server.api('POST', `/api/v1/webhooks/${webhook.id}/deliveries/${project}`)).status, 404);
});

test('a new secret signs beside the old one for a day', async () => {
    const project = await makeProject();
    const webhook = await hook(project);
    const key = randomUUID();
    const ask = () => api('POST', `/api/v1/webhooks/${webhook.id}/secret`, { expect: 201, key });
    const { secret } = await ask();
    assert.equal((await ask()).secret, secret);
    assert.notEqual(secret, webhook.secret);
    await setState(project, 'paused');
    const [one] = await until('told', () => told(project, 'project.state_changed').length && told(project, 'project.state_changed'));
    assert.equal(one.headers['webhook-signature'].split(' ').length, 2);
    for (const by of [secret, webhook.secret]) new Webhook(by).verify(one.body, one.headers);
    server.sql(`update webhook set old_until = now() where old_until is not null`);
    await setState(project, 'open');
    const both = await until('told again', () => told(project, 'project.state_changed').length === 2 && told(project, 'project.state_changed'));
    new Webhook(secret).verify(both[1].body, both[1].headers);
    assert.throws(() => new Webhook(webhook.secret).verify(both[1].body, both[1].headers));
});

test('a test can be sent, a webhook switched off and removed', async () => {
    const project = await makeProject();
    const webhook = await hook(project, { events: ['fit.failed'] });
    await api('POST', `/api/v1/webhooks/${webhook.id}/test`, { expect: 202 });
    const [row] = await settled(webhook);
    assert.deepEqual([row.type, row.state], ['webhook.test', 'delivered']);
    const [one] = receiver.requests.filter(({ headers }) => headers['webhook-id'] === row.id);
    assert.deepEqual(JSON.parse(one.body).data, { project, webhook: webhook.id });
    assert.equal((await api('PATCH', `/api/v1/webhooks/${webhook.id}`, { body: { enabled: false } })).disabled_reason, 'switched_off');
    await api('DELETE', `/api/v1/webhooks/${webhook.id}`, { expect: 204 });
    assert.equal((await server.api('GET', `/api/v1/webhooks/${webhook.id}`)).status, 404);
});

test('judgments come as one number, and the end of them is told; nobody\'s id or answer is', async () => {
    const project = await makeProject({ judgments_per_item: 2 });
    await hook(project);
    await api('POST', `/api/v1/projects/${project}/items`, { body: ['a', 'b', 'c'].map((id) => JSON.stringify({ id, prompt: id, responses: [{ content: '1' }, { content: '2' }] })).join('\n') });
    const { code } = await api('POST', `/api/v1/projects/${project}/invitations`, { expect: 201, body: { max_uses: 2 } });
    const people = [];
    for (let i = 0; i < 2; i++) {
        const joined = await api('POST', '/api/v1/join', { expect: 201, token: null, body: { code } });
        people.push(joined.participant_id);
        for (let n = 0; n < 3; n++) {
            const next = await api('POST', `/api/v1/projects/${project}/assignments`, { expect: 201, token: joined.token });
            await api('PUT', `/api/v1/assignments/${next.id}/judgment`, { expect: 201, token: joined.token, key: true, body: { choice: 'left', active_ms: 5, client: {}, rationale: 'because' } });
        }
    }
    await until('completed', () => told(project, 'project.completed').length === 1);
    const numbers = told(project, 'judgment.recorded').map(({ body }) => JSON.parse(body).data);
    assert.equal(numbers.reduce((sum, one) => sum + one.since_last, 0), 6);
    assert.equal(numbers.at(-1).judgments, 6);
    assert.ok(numbers.length <= 3, `${numbers.length} events for six judgments`);
    assert.deepEqual(JSON.parse(told(project, 'project.completed')[0].body).data, { project, judgments: 6 });
    const all = JSON.stringify(receiver.requests);
    for (const word of [...people, 'because', 'left']) assert.ok(!all.includes(word), word);
});

test('exports, and fits that come to nothing, are told', async () => {
    const project = await makeProject();
    await hook(project);
    const { id } = await api('POST', `/api/v1/projects/${project}/exports`, { expect: 202, key: true, body: { formats: ['plenum'] } });
    const [one] = await until('export told', () => told(project, 'export.completed').length && told(project, 'export.completed'));
    assert.deepEqual(JSON.parse(one.body).data, { project, export: id });
    const judged = await makeJudged(server);
    await hook(judged);
    const fit = await api('POST', `/api/v1/projects/${judged}/fits`, { expect: 202, key: true, body: { method: 'pooled' } });
    server.sql('update job set attempts = max_attempts');
    const [failed] = await until('failure told', () => told(judged, 'fit.failed').length && told(judged, 'fit.failed'));
    assert.deepEqual(JSON.parse(failed.body).data, { project: judged, fit: fit.id });
    const worker = await new Worker(server, 'one').enrol();
    worker.start();
    const good = await api('POST', `/api/v1/projects/${judged}/fits`, { expect: 202, key: true, body: { method: 'pooled' } });
    const [done] = await until('fit told', () => told(judged, 'fit.completed').length && told(judged, 'fit.completed'), 120_000);
    assert.deepEqual(JSON.parse(done.body).data, { project: judged, fit: good.id });
    await worker.remove();
});

test('amendments are told to the studies that follow the community, and to the operator', async () => {
    const community = await makeCommunity(server, { rule: { kind: 'majority', quorum_share: 0, min_votes: 1 } });
    const [follower, stranger] = [await makeProject({ community }), await makeProject()];
    const [mine, other, whole] = [await hook(follower), await hook(stranger), await hook(null, { events: ['amendment.state_changed'] })];
    const [member] = await makeMembers(server, community, 1);
    const made = await propose(server, community, member, [change('tone', 'Speak kindly.')]);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    await vote(server, made.body.id, member, 'yes');
    server.sql(`update amendment set closes_at = now() where state = 'open'`);
    const rows = await settled(mine, 2);
    const said = receiver.requests.filter(({ headers }) => rows.some((one) => one.id === headers['webhook-id'])).map(({ body }) => JSON.parse(body).data);
    const states = [...new Set(said.map((one) => one.state))].sort();
    assert.deepEqual(states, ['adopted', 'open']);
    for (const one of said) assert.deepEqual({ ...one, state: '' }, { community, amendment: made.body.id, state: '' });
    assert.equal((await settled(whole, 2)).length, 2);
    assert.deepEqual(await deliveries(other), []);
    await api('DELETE', `/api/v1/webhooks/${whole.id}`, { expect: 204 });
});

test('killed in the middle of deliveries, again and again: each event arrives, with one id', async () => {
    const projects = [];
    for (let i = 0; i < 4; i++) projects.push(await makeProject());
    let release;
    receiver.hold = new Promise((done) => { release = done; });
    const whole = await hook(null, { path: '/held', events: ['project.state_changed'] });
    const had = server.sql('select count(*) from event');
    let n = 0;
    for (let round = 0; round < 3; round++) {
        const before = receiver.at('/held').length;
        for (const project of projects) {
            await setState(project, round % 2 === 0 ? 'paused' : 'open');
            n++;
        }
        await until('some are being sent', () => receiver.at('/held').length > before);
        await server.kill();
        await server.restart();
    }
    release();
    assert.equal(Number(server.sql('select count(*) from event')) - Number(had), n);
    const rows = await until('all have arrived', async () => {
        const all = await deliveries(whole);
        return all.length === n && all.every((one) => one.state === 'delivered') && all;
    }, 60_000);
    const came = receiver.at('/held');
    assert.deepEqual(new Set(came.map(({ headers }) => headers['webhook-id'])), new Set(rows.map((one) => one.id)));
    assert.ok(came.length > n, 'some came twice: they were on their way when we were killed');
    for (const { id } of rows) assert.equal(new Set(came.filter(({ headers }) => headers['webhook-id'] === id).map(({ body }) => body)).size, 1);
});
