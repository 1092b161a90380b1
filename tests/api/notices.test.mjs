// Notices: what a person is told of inside the product, what of it is new, and what they do not want to be told of.
import test from 'node:test';
import assert from 'node:assert/strict';
import { makeCommunity, makeMembers, propose, vote, change, until } from '../support/community.mjs';
import { startCoordinator } from '../support/coordinator.mjs';

let server;
test.before(async () => { server = await startCoordinator(); });
test.after(() => server?.stop());

async function api(method, path, { expect = 200, ...options } = {}) {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, expect, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
}
async function makeStudy(people) {
    const { id } = await api('POST', '/api/v1/projects', { expect: 201, body: { name: 'a study', task: { kind: 'pairwise' } } });
    await api('POST', `/api/v1/projects/${id}/items`, { body: JSON.stringify({ prompt: 'q', responses: [{ content: '1' }, { content: '2' }] }) });
    const { code } = await api('POST', `/api/v1/projects/${id}/invitations`, { expect: 201, body: { max_uses: people } });
    const joined = [];
    for (let i = 0; i < people; i++) joined.push(await api('POST', '/api/v1/join', { expect: 201, token: null, body: { code } }));
    return { id, people: joined };
}
const notices = ({ token }) => api('GET', '/api/v1/me/notices', { token });
const put = ({ token }, body, expect = 204) => api('PUT', '/api/v1/me/notices', { expect, token, body });
const become = (study, state) => api('PATCH', `/api/v1/projects/${study.id}`, { body: { state } });
const briefly = ({ data }) => data.map((one) => `${one.kind} ${one.state}`);

test('a study that one is in: told in order, new until read, and not when it is not wanted', async () => {
    const study = await makeStudy(2);
    const [me, other] = study.people;
    const none = await notices(me);
    assert.deepEqual(none, { data: [], new: 0, told: { study: true, amendment: true, report: true } });
    await become(study, 'paused');
    await become(study, 'open');
    const both = await notices(me);
    assert.deepEqual([briefly(both), both.new], [['study open', 'study paused'], 2]);
    assert.deepEqual({ ...both.data[0], id: '', happened_at: '' }, { id: '', kind: 'study', state: 'open', happened_at: '', new: true, name: 'a study', project: study.id, community: null });
    await put(me, { seen_until: both.data[1].happened_at });
    assert.deepEqual([(await notices(me)).new, (await notices(other)).new], [1, 2]);
    await put(me, { seen_until: both.data[0].happened_at });
    await put(me, { seen_until: both.data[1].happened_at });
    assert.equal((await notices(me)).new, 0, 'what was read stays read');
    await put(me, { told: { study: false } });
    assert.deepEqual(await notices(me), { data: [], new: 0, told: { study: false, amendment: true, report: true } });
    await put(me, { told: {} });
    assert.equal((await notices(me)).data.length, 2);
    assert.equal((await put(me, { told: { weather: true } }, 422)).errors[0].pointer, '/told/weather');
    const late = await makeStudy(1);
    assert.deepEqual((await notices(late.people[0])).data, []);
    assert.equal((await server.api('GET', '/api/v1/me/notices', { token: null })).status, 401);
});

test('amendments that one voted on, and reports that one made; nobody else\'s', async () => {
    const community = await makeCommunity(server, { rule: { kind: 'majority', quorum_share: 0, min_votes: 1 } });
    const [voter, reader] = await makeMembers(server, community, 2);
    const amendment = (await propose(server, community, voter, [change('tone', 'Speak kindly.')])).body.id;
    await vote(server, amendment, voter, 'yes');
    const { id } = await api('POST', `/api/v1/amendments/${amendment}/report`, { expect: 201, token: reader.token, body: { reason: 'spam' } });
    server.sql(`update amendment set closes_at = now() where state = 'open'`);
    const told = await until('decided', async () => { const all = await notices(voter); return all.new > 0 && all; });
    assert.deepEqual([briefly(told), told.data[0].amendment, told.data[0].community, told.data[0].name], [['amendment adopted'], amendment, community, 'Ours']);
    assert.deepEqual((await notices(reader)).data, []);
    await api('PUT', `/api/v1/communities/${community}/reports/${id}`, { expect: 204, body: { state: 'dismissed', reason: 'It is none.' } });
    assert.deepEqual(briefly(await notices(reader)), ['report dismissed']);
    assert.deepEqual(briefly(await notices(voter)), ['amendment adopted']);
});

test('what one is told of is in the download, and goes when one is erased', async () => {
    const { people: [me] } = await makeStudy(1);
    await put(me, { told: { report: false } });
    const data = (await server.api('GET', '/api/v1/me/data', { token: me.token })).body.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(data.filter((one) => one.kind === 'notices').map((one) => one.off), [['report']]);
    const n = () => Number(server.sql('select count(*) from notice_setting'));
    const before = n();
    await api('DELETE', '/api/v1/me', { expect: 204, token: me.token, body: { confirm: 'erase' } });
    assert.equal(n(), before - 1);
});
