// A field that is not known is refused by name: a typing error must not pass in silence. The compatible scoring routes
// ignore it (score.test.mjs).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';

let server;
const ids = {};
const constitution = JSON.parse(readFileSync(new URL('../../demo/constitution.json', import.meta.url)));
const amendment = JSON.parse(readFileSync(new URL('../../demo/amendment.json', import.meta.url)));
const task = { kind: 'pairwise' };

before(async () => {
    server = await startCoordinator();
    const made = async (path, body, options = {}) => {
        const answer = await server.api('POST', path, { body, key: true, ...options });
        assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
        return answer.body;
    };
    ids.p = (await made('/api/v1/projects', { name: 'fields', task })).id;
    await made(`/api/v1/projects/${ids.p}/items`, '{"prompt":"q","responses":[{"content":"a"},{"content":"b"}]}');
    const { code } = await made(`/api/v1/projects/${ids.p}/invitations`, {});
    ids.code = (await made(`/api/v1/projects/${ids.p}/invitations`, {})).code;
    const joined = await made('/api/v1/join', { code }, { token: null });
    ids.token = joined.token;
    ids.person = (await server.api('GET', '/api/v1/me', { token: ids.token })).body.person_id;
    ids.a = (await made(`/api/v1/projects/${ids.p}/assignments`, {}, { token: ids.token })).id;
    ids.c = (await made('/api/v1/communities', { name: 'fields' })).id;
    await made(`/api/v1/communities/${ids.c}/constitution`, constitution);
    await made(`/api/v1/communities/${ids.c}/join`, undefined, { token: ids.token });
});
after(() => server.stop());

// Each request is right but for one field; where it stands, and who asks when it is not the operator.
const cases = [
    ['POST', '/api/v1/projects', { name: 'n', task, bogus: 1 }, '/bogus'],
    ['POST', '/api/v1/projects', { name: 'n', task: { kind: 'pairwise', kinds: 1 } }, '/task/kinds'],
    ['POST', '/api/v1/projects', { name: 'n', task, consent: { version: '1', text: 't', txt: 1 } }, '/consent/txt'],
    ['POST', '/api/v1/projects', { name: 'n', task, demographics: { template: 'international', x: 1 } }, '/demographics/x'],
    ['POST', '/api/v1/projects', { name: 'n', task, demographics: { template: 'international' },
        quotas: [{ attribute: 'age', value: '18_24', count: 1, 'a/b': 1 }] }, '/quotas/0/a~1b'],
    ['PATCH', '/api/v1/projects/{p}', { state: 'open', at: 1 }, '/at'],
    ['POST', '/api/v1/projects/{p}/invitations', { max_use: 3 }, '/max_use'],
    ['POST', '/api/v1/communities/{c}/invitations', { max_use: 3 }, '/max_use'],
    ['POST', '/api/v1/join', { code: '{code}', consnt: 1 }, '/consnt', null],
    ['POST', '/api/v1/join', { code: '{code}', consent: { version: '1', at: 1 } }, '/consent/at', null],
    ['POST', '/api/v1/accounts', { name: 'n', passphrase: 'long enough for it', mail: 'x' }, '/mail', null],
    ['POST', '/api/v1/session', { name: 'n', passphrase: 'long enough for it', mail: 'x' }, '/mail', null],
    ['POST', '/api/v1/tokens', { name: 'n', scopes: ['researcher'], scope: 1 }, '/scope'],
    ['PUT', '/api/v1/members/{person}', { roles: [], role: 1 }, '/role'],
    ['PUT', '/api/v1/projects/{p}/members/{person}', { roles: [], role: 1 }, '/role'],
    ['PUT', '/api/v1/communities/{c}/members/{person}', { roles: [], role: 1 }, '/role'],
    ['PUT', '/api/v1/me/demographics', { consent: true, answers: {}, answer: 1 }, '/answer', 'token'],
    ['DELETE', '/api/v1/me', { confirm: 'erase', sure: true }, '/sure', 'token'],
    ['DELETE', '/api/v1/persons/{person}', { confirm: 'erase', sure: true }, '/sure'],
    ['PUT', '/api/v1/assignments/{a}/judgment', { choice: 'left', active_ms: 1, strenght: 2 }, '/strenght', 'token'],
    ['PUT', '/api/v1/assignments/{a}/judgment', { choice: 'left', active_ms: 1, edit: { slot: 'left', content: 'x', y: 1 } }, '/edit/y', 'token'],
    ['POST', '/api/v1/projects/{p}/fits', { method: 'pooled', atribute: 'age' }, '/atribute'],
    ['POST', '/api/v1/projects/{p}/fits', { method: 'pooled', options: { sed: 1 } }, '/options/sed'],
    ['POST', '/api/v1/projects/{p}/exports', { formats: ['trl'], private: 1 }, '/private'],
    ['POST', '/api/v1/projects/{p}/exports', { formats: ['trl'], filter: { lang: 'en' } }, '/filter/lang'],
    ['POST', '/api/v1/score', { model: '{p}', candidates: ['a'], mood: 'good' }, '/mood'],
    ['POST', '/api/v1/communities', { name: 'n', visible: 1 }, '/visible'],
    ['POST', '/api/v1/communities', { name: 'n', rule: { quorum: 1 } }, '/rule/quorum'],
    ['POST', '/api/v1/communities', { name: 'n', budget: { amout: 1 } }, '/budget/amout'],
    ['POST', '/api/v1/communities', { name: 'n', costs: { rules: 1 } }, '/costs/rules'],
    ['POST', '/api/v1/communities/{c}/join', { codes: 'x' }, '/codes', 'token'],
    ['POST', '/api/v1/communities/{c}/constitution', { ...constitution, more: 1 }, '/more'],
    ['POST', '/api/v1/communities/{c}/amendments', { ...amendment, why: 1 }, '/why', 'token'],
];

test('each is named, and nothing is done', async () => {
    const fill = (text) => text.replace(/\{(\w+)\}/g, (_, name) => ids[name]);
    const count = () => server.sql(`select (select count(*) from project), (select count(*) from community), (select count(*) from invitation),
        (select count(*) from participation), (select count(*) from credential), (select count(*) from token), (select count(*) from judgment),
        (select count(*) from fit), (select count(*) from export), (select count(*) from amendment), (select count(*) from demographic_answer)`);
    const before = count();
    for (const [method, path, body, pointer, who] of cases) {
        const token = who === 'token' ? ids.token : who;
        const answer = await server.api(method, fill(path), { body: JSON.parse(fill(JSON.stringify(body))), key: true, token });
        const name = `${method} ${path} ${pointer}: ${answer.status} ${JSON.stringify(answer.body)}`;
        assert.equal(answer.status, 422, name);
        assert.ok(answer.body.errors.some((error) => error.pointer === pointer), name);
    }
    assert.equal(count(), before);
});
