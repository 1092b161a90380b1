// Who is who: the operator's token, accounts, sessions, tokens, roles, invitations, joining, what people say of themselves.
import test from 'node:test';
import assert from 'node:assert/strict';
import { verify, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startCoordinator } from '../support/coordinator.mjs';

let server;
test.before(async () => { server = await startCoordinator({}); });
test.after(() => server.stop());

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const nobody = { token: null };
const cookieOf = (answer) => answer.headers.get('set-cookie').split(';')[0];

async function makeProject(settings = {}) {
    const { status, body } = await server.api('POST', '/api/v1/projects', { body: { name: 'a study', task: { kind: 'pairwise' }, ...settings } });
    assert.equal(status, 201);
    return body.id;
}

async function invite(project, body = {}) {
    const answer = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body });
    assert.equal(answer.status, 201);
    return answer.body.code;
}

const joinWith = (code, more = {}, options = nobody) => server.api('POST', '/api/v1/join', { ...options, body: { code, ...more } });

async function newAccount(name, options = nobody) {
    const answer = await server.api('POST', '/api/v1/accounts', { ...options, body: { name, passphrase: 'a long enough one' } });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return { id: answer.body.person_id, headers: { cookie: cookieOf(answer), origin: server.url }, answer };
}

test('the operator\'s token is written once, for nobody else, and only its hash is kept', async () => {
    const path = join(server.dataFolder, 'admin.token');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(server.adminToken, /^plm_[a-z2-7]{52}$/);
    assert.equal(server.sql(`select count(*) from token where secret_hash = sha256('${server.adminToken}'::bytea)`), '1');
    const me = await server.api('GET', '/api/v1/session');
    assert.equal(me.status, 200);
    assert.deepEqual(me.body.roles.includes('operator'), true);
});

test('without a credential 401 with a challenge; with one that is not known, too', async () => {
    for (const token of [null, 'plm_nonsense', `plm_${'a'.repeat(52)}`]) {
        const answer = await server.api('GET', '/api/v1/projects', { token });
        assert.equal(answer.status, 401);
        assert.equal(answer.headers.get('content-type').split(';')[0], 'application/problem+json');
        assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
    }
});

test('accounts: a name once, log-in, log-out, a wrong passphrase tells nothing', async () => {
    const amal = await newAccount('amal');
    assert.equal(amal.answer.body.recovery_codes.length, 8);
    assert.match(amal.answer.headers.get('set-cookie'), /^sid=plm_[a-z2-7]{52}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    const taken = await server.api('POST', '/api/v1/accounts', { ...nobody, body: { name: 'amal', passphrase: 'something else' } });
    assert.equal(taken.status, 409);
    const who = await server.api('GET', '/api/v1/session', { token: null, headers: amal.headers });
    assert.equal(who.body.name, 'amal');
    assert.equal(who.body.person_id, amal.id);
    assert.ok(!server.sql('select passphrase_hash from credential').includes('a long enough one'));
    assert.match(server.sql('select passphrase_hash from credential limit 1'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);

    const wrong = await server.api('POST', '/api/v1/session', { ...nobody, body: { name: 'amal', passphrase: 'a long enough tw' } });
    const unknown = await server.api('POST', '/api/v1/session', { ...nobody, body: { name: 'nobody', passphrase: 'a long enough tw' } });
    assert.equal(wrong.status, 401);
    assert.deepEqual(wrong.body, unknown.body);

    const again = await server.api('POST', '/api/v1/session', { ...nobody, body: { name: 'amal', passphrase: 'a long enough one' } });
    assert.equal(again.status, 201);
    const second = { cookie: cookieOf(again), origin: server.url };
    const out = await server.api('DELETE', '/api/v1/session', { token: null, headers: second });
    assert.equal(out.status, 204);
    assert.match(out.headers.get('set-cookie'), /^sid=; .*Max-Age=0/);
    await pause(1100);
    assert.equal((await server.api('GET', '/api/v1/session', { token: null, headers: second })).status, 401);
    assert.equal((await server.api('GET', '/api/v1/session', { token: null, headers: amal.headers })).status, 200);
});

test('sessions are listed, and one that was revoked is dead within a second', async () => {
    const bilal = await newAccount('bilal');
    const other = await server.api('POST', '/api/v1/session', { ...nobody, body: { name: 'bilal', passphrase: 'a long enough one' } });
    const stolen = { cookie: cookieOf(other), origin: server.url };
    const list = await server.api('GET', '/api/v1/sessions', { token: null, headers: bilal.headers });
    assert.equal(list.body.data.length, 2);
    assert.equal(list.body.next_cursor, null);
    const theirs = list.body.data.find((one) => !one.current);
    assert.equal((await server.api('GET', '/api/v1/session', { token: null, headers: stolen })).status, 200);
    assert.equal((await server.api('DELETE', `/api/v1/sessions/${theirs.id}`, { token: null, headers: bilal.headers })).status, 204);
    await pause(1100);
    assert.equal((await server.api('GET', '/api/v1/session', { token: null, headers: stolen })).status, 401);
    const amal = await newAccount('not bilal');
    assert.equal((await server.api('DELETE', `/api/v1/sessions/${theirs.id}`, { token: null, headers: amal.headers })).status, 404);
    const page = await server.api('GET', '/api/v1/sessions?limit=0', { token: null, headers: bilal.headers });
    assert.equal(page.status, 422);
    assert.equal(page.body.errors[0].pointer, '?limit');
});

test('a recovery code is good once, sets a passphrase and ends what was open', async () => {
    const dalia = await newAccount('dalia');
    const code = dalia.answer.body.recovery_codes[3];
    const body = { name: 'dalia', recovery_code: code.toUpperCase(), new_passphrase: 'another long one' };
    assert.equal((await server.api('POST', '/api/v1/session', { ...nobody, body })).status, 201);
    assert.equal((await server.api('POST', '/api/v1/session', { ...nobody, body })).status, 401);
    assert.equal((await server.api('POST', '/api/v1/session', { ...nobody, body: { name: 'dalia', passphrase: 'another long one' } })).status, 201);
    await pause(1100);
    assert.equal((await server.api('GET', '/api/v1/session', { token: null, headers: dalia.headers })).status, 401);
});

test('a flood of sign-ups is hashed as far as the queue goes, and the rest are told to come back', async () => {
    const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => server.api('POST', '/api/v1/accounts', {
        ...nobody, body: { name: `crowd ${i}`, passphrase: 'a long enough one' } })));
    const busy = answers.filter((one) => one.status === 503);
    assert.equal(answers.filter((one) => one.status === 201).length + busy.length, 150);
    assert.ok(busy.length > 0 && busy.length < 150);
    assert.ok(busy.every((one) => Number(one.headers.get('retry-after')) > 0));
    assert.equal((await server.api('GET', '/api/v1/session')).status, 200);
});

test('bad sign-ups name each field', async () => {
    const answer = await server.api('POST', '/api/v1/accounts', { ...nobody, body: { name: '', passphrase: 'short' } });
    assert.equal(answer.status, 422);
    assert.deepEqual(answer.body.errors.map((one) => one.pointer).sort(), ['/name', '/passphrase']);
    assert.equal((await server.api('POST', '/api/v1/accounts', { ...nobody, body: { name: 7, passphrase: null } })).status, 422);
    assert.equal((await server.api('POST', '/api/v1/accounts', { ...nobody, body: '{"name":', type: 'application/json' })).status, 400);
    assert.equal((await server.api('POST', '/api/v1/accounts', { ...nobody, body: '{"name":"a","name":"b"}', type: 'application/json' })).status, 400);
});

test('a researcher\'s token makes projects and sees only its own', async () => {
    const made = await server.api('POST', '/api/v1/tokens', { body: { name: 'lab', scopes: ['researcher'] } });
    assert.equal(made.status, 201);
    const token = made.body.token;
    const own = await server.api('POST', '/api/v1/projects', { token, body: { name: 'own', task: { kind: 'pairwise' } } });
    assert.equal(own.status, 201);
    const foreign = await makeProject();
    assert.equal((await server.api('GET', `/api/v1/projects/${own.body.id}`, { token })).status, 200);
    const forbidden = await server.api('GET', `/api/v1/projects/${foreign}`, { token });
    // A project that never was: absent and forbidden answer alike.
    const flipped = foreign.slice(0, 20) + (foreign[20] === 'a' ? 'b' : 'a') + foreign.slice(21);
    const absent = await server.api('GET', `/api/v1/projects/${flipped}`, { token });
    assert.equal(forbidden.status, 404);
    assert.deepEqual(forbidden.body, absent.body);
    for (const [method, path, body] of [['POST', 'items', '{}'], ['POST', 'invitations', {}], ['GET', 'quality'], ['POST', 'assignments', {}]]) {
        const answer = await server.api(method, `/api/v1/projects/${foreign}/${path}`, { token, body });
        assert.equal(answer.status, 404, `${method} ${path}`);
    }
    assert.equal((await server.api('PATCH', `/api/v1/projects/${foreign}`, { token, body: { state: 'closed' } })).status, 404);
    const list = await server.api('GET', '/api/v1/projects', { token });
    assert.deepEqual(list.body.data.map((one) => one.id), [own.body.id]);
    assert.equal((await server.api('POST', '/api/v1/tokens', { token, body: { name: 'up', scopes: ['operator'] } })).status, 422);
    assert.equal((await server.api('PUT', `/api/v1/members/${made.body.id}`, { token, body: { roles: ['operator'] } })).status, 404);

    const all = await server.api('GET', '/api/v1/tokens');
    assert.ok(all.body.data.some((one) => one.id === made.body.id && !one.mine));
    assert.ok(!JSON.stringify(all.body).includes('plm_'));
    assert.equal((await server.api('DELETE', `/api/v1/tokens/${made.body.id}`)).status, 204);
    await pause(1100);
    assert.equal((await server.api('GET', '/api/v1/projects', { token })).status, 401);
});

test('a token bound to one project is good for that one, within its scopes', async () => {
    const one = await makeProject(), other = await makeProject();
    const bound = await server.api('POST', '/api/v1/tokens', { body: { name: 'reviewer', scopes: ['reviewer'], project: one } });
    assert.equal(bound.status, 201);
    assert.equal(bound.body.project, one);
    const token = bound.body.token;
    assert.equal((await server.api('GET', `/api/v1/projects/${one}`, { token })).status, 200);
    assert.equal((await server.api('GET', `/api/v1/projects/${one}/quality`, { token })).status, 200);
    assert.equal((await server.api('GET', `/api/v1/projects/${other}`, { token })).status, 404);
    assert.equal((await server.api('POST', `/api/v1/projects/${one}/invitations`, { token, body: {} })).status, 404);
    assert.equal((await server.api('POST', '/api/v1/projects', { token, body: { name: 'x', task: { kind: 'pairwise' } } })).status, 404);
    const late = await server.api('POST', '/api/v1/tokens', { body: { name: 'late', scopes: ['service'], project: one, expires_at: '2020-01-01T00:00:00Z' } });
    assert.equal(late.body.errors[0].pointer, '/expires_at');
    const odd = await server.api('POST', '/api/v1/tokens', { body: { name: 'odd', scopes: ['king'], project: one } });
    assert.equal(odd.body.errors[0].pointer, '/scopes');
    assert.equal((await server.api('POST', '/api/v1/tokens', { body: { name: 'odd', scopes: ['reviewer'], project: 'nowhere' } })).status, 422);
});

test('members are given roles and lose them again, and the log has an entry of it', async () => {
    const project = await makeProject();
    const person = await newAccount('esra');
    const as = { token: null, headers: person.headers };
    assert.equal((await server.api('GET', `/api/v1/projects/${project}`, as)).status, 404);
    const before = Number(server.sql('select (select count(*) from log_outbox) + (select count(*) from log_entry)'));
    const given = await server.api('PUT', `/api/v1/projects/${project}/members/${person.id}`, { body: { roles: ['researcher'] } });
    assert.equal(given.status, 200);
    assert.deepEqual(given.body.roles, ['researcher']);
    assert.equal((await server.api('GET', `/api/v1/projects/${project}`, as)).status, 200);
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/invitations`, { ...as, body: {} })).status, 201);
    const taken = await server.api('PUT', `/api/v1/projects/${project}/members/${person.id}`, { body: { roles: [] } });
    assert.equal(taken.body.state, 'left');
    await pause(1100);
    assert.equal((await server.api('GET', `/api/v1/projects/${project}`, as)).status, 404);
    assert.equal(Number(server.sql('select (select count(*) from log_outbox) + (select count(*) from log_entry)')) - before, 2);
    assert.ok(!server.sql('select entry from log_outbox union all select entry from log_entry').includes(person.id));
    assert.equal((await server.api('PUT', `/api/v1/projects/${project}/members/${person.id}`, { body: { roles: ['steward'] } })).status, 422);
    assert.equal((await server.api('PUT', `/api/v1/projects/${project}/members/${project}`, { body: { roles: ['reviewer'] } })).status, 404);
});

test('an invitation shows the study and its consent, and is good as often as it says', async () => {
    const consent = { version: '2', text: { en: 'What is kept is this.', ar: 'هذا ما يُحفظ.' } };
    const project = await makeProject({ consent, language: 'en' });
    const code = await invite(project, { max_uses: 2 });
    for (const path of [`/api/v1/invitations/${code}`, `/api/v1/join?code=${code}`]) {
        const shown = await server.api('GET', path, nobody);
        assert.equal(shown.status, 200);
        assert.equal(shown.body.name, 'a study');
        assert.deepEqual(shown.body.consent, consent);
        assert.equal(shown.body.simulated, false);
    }
    const without = await joinWith(code);
    assert.equal(without.status, 422);
    assert.equal(without.body.errors[0].pointer, '/consent');
    const old = await joinWith(code, { consent: { version: '1' } });
    assert.equal(old.body.errors[0].pointer, '/consent/version');
    assert.equal((await joinWith(code, { consent: { version: '2' }, simulated: true })).body.errors[0].pointer, '/simulated');

    const joined = await joinWith(code, { consent: { version: '2' } });
    assert.equal(joined.status, 201);
    assert.equal(joined.body.project_id, project);
    assert.equal(server.sql(`select consent_version, encode(consent_hash, 'hex') <> '' from participation where consent_version is not null`), '2|t');
    // The same person again: no new use, the same pseudonym.
    const again = await joinWith(code, { consent: { version: '2' } }, { token: joined.body.token });
    assert.equal(again.body.participant_id, joined.body.participant_id);
    const cookie = { token: null, headers: { cookie: cookieOf(joined), origin: server.url } };
    assert.equal((await joinWith(code, { consent: { version: '2' } }, cookie)).body.participant_id, joined.body.participant_id);
    assert.equal((await joinWith(code, { consent: { version: '2' } })).status, 201);
    assert.equal((await joinWith(code, { consent: { version: '2' } })).status, 410);
    assert.equal((await server.api('GET', `/api/v1/invitations/${code}`, nobody)).status, 410);
    const list = await server.api('GET', `/api/v1/projects/${project}/invitations`);
    assert.equal(list.body.data[0].uses, 2);
    assert.ok(!JSON.stringify(list.body).includes(code));
});

test('an invitation that has expired or never was', async () => {
    const project = await makeProject();
    const code = await invite(project, { expires_at: new Date(Date.now() + 300).toISOString() });
    await pause(400);
    assert.equal((await server.api('GET', `/api/v1/invitations/${code}`, nobody)).status, 410);
    assert.equal((await joinWith(code)).status, 410);
    assert.equal((await joinWith(project)).status, 404);
    assert.equal((await joinWith('nonsense')).status, 404);
    assert.equal((await joinWith('')).status, 422);
    assert.equal((await server.api('GET', '/api/v1/join', nobody)).status, 404);
    for (const [body, pointer] of [[{ max_uses: 0 }, '/max_uses'], [{ max_uses: 1.5 }, '/max_uses'], [{ expires_at: 'tomorrow' }, '/expires_at'],
        [{ expires_at: '2026-02-31T00:00:00Z' }, '/expires_at'], [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at']]) {
        const answer = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body });
        assert.equal(answer.status, 422);
        assert.equal(answer.body.errors[0].pointer, pointer);
    }
});

test('an invitation for three, tried by thirty at once, lets three in', async () => {
    const project = await makeProject();
    const code = await invite(project, { max_uses: 3 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => joinWith(code)));
    assert.equal(answers.filter((one) => one.status === 201).length, 3);
    assert.equal(answers.filter((one) => one.status === 410).length, 27);
    const shown = await server.api('GET', `/api/v1/projects/${project}`);
    assert.equal(shown.body.counts.participants, 3);
});

test('what people say of themselves: checked, sealed, versioned, and destroyed when taken back', async () => {
    const project = await makeProject({ demographics: { template: 'international' } });
    const { body: { token } } = await joinWith(await invite(project));
    const empty = await server.api('GET', '/api/v1/me/demographics', { token });
    assert.deepEqual(empty.body.answers, {});
    assert.equal(empty.body.version, null);
    assert.ok(empty.body.attributes.some((one) => one.id === 'languages' && one.multi));

    const put = (body) => server.api('PUT', '/api/v1/me/demographics', { token, body });
    assert.equal((await put({ answers: { region: 'europe' } })).body.errors[0].pointer, '/consent');
    assert.equal((await put({ consent: false, answers: {} })).body.errors[0].pointer, '/consent');
    assert.equal((await put({ consent: true })).body.errors[0].pointer, '/answers');
    for (const [answers, pointer] of [[{ region: 'mars' }, '/answers/region'], [{ shoe: '42' }, '/answers/shoe'], [{ region: ['europe'] }, '/answers/region'],
        [{ languages: [] }, '/answers/languages'], [{ languages: ['arabic', 'arabic'] }, '/answers/languages'], [{ region: 3 }, '/answers/region'],
        [{ 'a/b~c': 'x' }, '/answers/a~1b~0c']]) {
        const answer = await put({ consent: true, answers });
        assert.equal(answer.status, 422);
        assert.equal(answer.body.errors[0].pointer, pointer);
    }
    assert.equal(server.sql('select count(*) from demographic_answer'), '0', 'nothing half-written');

    const answers = { region: 'europe', languages: ['arabic', 'english'], age: 'prefer_not_to_say' };
    assert.equal((await put({ consent: true, answers })).body.version, 1);
    assert.deepEqual((await server.api('GET', '/api/v1/me/demographics', { token })).body.answers, answers);
    const dump = server.sql('select encode(sealed, \'escape\') from demographic_answer');
    assert.ok(!dump.includes('europe'), 'the database holds no answer in the clear');
    assert.equal((await put({ consent: true, answers: { region: 'oceania' } })).body.version, 2);

    const keys = join(server.dataFolder, 'keys', 'persons');
    const files = readdirSync(keys).flatMap((one) => readdirSync(join(keys, one)).map((name) => join(keys, one, name)));
    assert.equal(files.length, 2, 'one each time');
    for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600);

    const sealed = server.sql('select encode(sealed, $$hex$$) from demographic_answer where version = 2');
    assert.equal((await server.api('DELETE', '/api/v1/me/demographics', { token })).status, 204);
    assert.deepEqual((await server.api('GET', '/api/v1/me/demographics', { token })).body.answers, {});
    // A backup of the database brings the row back, but not what opens it; nor does the key of a new answer.
    for (const file of files) assert.ok(!existsSync(file), 'the key is destroyed');
    for (const again of [false, true]) {
        server.sql(`insert into demographic_answer (person_id, version, sealed, consent_version) select person_id, 9, decode('${sealed}', 'hex'), '1' from demographic_answer where version = 1`);
        assert.deepEqual((await server.api('GET', '/api/v1/me/demographics', { token })).body.answers, {});
        server.sql('delete from demographic_answer where version = 9');
        if (!again) assert.equal((await put({ consent: true, answers: { region: 'oceania' } })).status, 200);
    }
    assert.equal((await server.api('DELETE', '/api/v1/me/demographics', { token })).status, 204);
    server.sql('delete from demographic_answer where version > 3');
    assert.equal(server.sql('select version, sealed is null from demographic_answer order by version'), '1|t\n2|t\n3|t');
    assert.equal((await server.api('DELETE', '/api/v1/me/demographics', { token })).status, 204);
    assert.equal(server.sql('select max(version) from demographic_answer'), '3');
    assert.ok(!server.log.includes('europe') && !server.log.includes('oceania'), 'no answer is in the log');
});

test('leaving gives the lease back, and the study is gone for who has left', async () => {
    const project = await makeProject({ judgments_per_item: 1 });
    await server.api('POST', `/api/v1/projects/${project}/items`, { body: '{"prompt":"q","responses":[{"content":"a"},{"content":"b"}]}' });
    const code = await invite(project, { max_uses: 2 });
    const { body: { token } } = await joinWith(code);
    const { body: { token: other } } = await joinWith(code);
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/assignments`, { token })).status, 201);
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/assignments`, { token: other })).status, 204);
    assert.equal((await server.api('DELETE', `/api/v1/me/participations/${project}`, { token })).status, 204);
    assert.equal((await server.api('DELETE', `/api/v1/me/participations/${project}`, { token })).status, 404);
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/assignments`, { token: other })).status, 201);
    await pause(1100);
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/assignments`, { token })).status, 404);
    const me = await server.api('GET', '/api/v1/me', { token });
    assert.equal(me.body.participations[0].state, 'left');
    assert.deepEqual(me.body.projects, []);
});

test('a bare participant who takes a name stays the same person', async () => {
    const project = await makeProject();
    const joined = await joinWith(await invite(project));
    const headers = { cookie: cookieOf(joined), origin: server.url };
    const before = await server.api('GET', '/api/v1/me', { token: null, headers });
    assert.equal(before.body.kind, 'bare');
    const named = await newAccount('farid', { token: null, headers });
    assert.equal(named.id, before.body.person_id);
    const after = await server.api('GET', '/api/v1/me', { token: null, headers });
    assert.equal(after.body.kind, 'named');
    assert.equal(after.body.projects[0].id, project);
});

test('receipts are checked with the public key alone', async () => {
    const project = await makeProject();
    await server.api('POST', `/api/v1/projects/${project}/items`, { body: '{"prompt":"q","responses":[{"content":"a"},{"content":"b"}]}' });
    const { body: { token } } = await joinWith(await invite(project));
    const task = await server.api('POST', `/api/v1/projects/${project}/assignments`, { token });
    const put = await server.api('PUT', `/api/v1/assignments/${task.body.id}/judgment`, { token, key: true, body: { choice: 'tie', active_ms: 1 } });
    const key = await server.api('GET', '/api/v1/receipts/key', nobody);
    const [claims, signature] = put.body.receipt.split('.');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.body.public_key, 'base64').toString('base64url') }, format: 'jwk' });
    assert.ok(verify(null, Buffer.from(claims), publicKey, Buffer.from(signature, 'base64url')));
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.equal(said.judgment, put.body.judgment_id);
    assert.equal(said.assignment, task.body.id);
    assert.match(said.hash, /^[0-9a-f]{64}$/);
});

test('a session lives through a restart, and unsafe requests of other sites are refused', async () => {
    const { headers } = await newAccount('ghada');
    const foreign = await server.api('DELETE', '/api/v1/session', { token: null, headers: { ...headers, origin: 'https://elsewhere.example' } });
    assert.equal(foreign.status, 403);
    await server.restart();
    assert.equal((await server.api('GET', '/api/v1/session', { token: null, headers })).body.name, 'ghada');
    assert.equal(readFileSync(join(server.dataFolder, 'admin.token'), 'utf8').trim(), server.adminToken);
    assert.equal((await server.api('GET', '/api/v1/session')).status, 200);
});
