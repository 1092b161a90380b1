// Idempotency-Key on every route that takes one: missing, malformed, again, with another body, on another path, by another
// person, many at once. What a key has done is done once and answered alike, to the byte.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { change, makeCommunity, makeMembers, propose } from '../support/community.mjs';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeJudged, until } from '../support/workers.mjs';

const AT_ONCE = 12;

let server;
before(async () => {
    // More loops than cores: the same key comes in on different ones.
    server = await startCoordinator({ env: { PLENUM_THREADS: '4' } });
});
after(() => server.stop());

// {status, text, cookie}: the bytes of the body as they are. A connection of its own, so that each may meet another loop.
async function ask({ method, path, body, token }, key) {
    const headers = { connection: 'close' };
    if (token !== null) headers.authorization = `Bearer ${token ?? server.adminToken}`;
    if (key !== undefined) headers['idempotency-key'] = key;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(new URL(path, server.url), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const later = response.headers.get('retry-after');
    if (response.status === 409 && later === null) assert.doesNotMatch(await response.clone().text(), /still being answered/, 'without a word when to come again');
    return { status: response.status, text: await response.text(), cookie: response.headers.get('set-cookie') };
}

async function makeStudy(items = 40, cap = 3) {
    const { body: project } = await server.api('POST', '/api/v1/projects', {
        body: { name: 'keys', judgments_per_item: cap, task: { kind: 'pairwise' } } });
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify({ prompt: `Question ${i}`, responses: [{ content: 'a' }, { content: 'b' }] }));
    await server.api('POST', `/api/v1/projects/${project.id}/items`, { body: lines.join('\n') });
    return project.id;
}

async function joinStudy(project, n) {
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: { max_uses: n } });
    return Promise.all(Array.from({ length: n }, async () =>
        (await server.api('POST', '/api/v1/join', { token: null, body: { code: invitation.code } })).body.token));
}

const lease = async (project, token) => (await server.api('POST', `/api/v1/projects/${project}/assignments`, { token })).body.id;
const judgment = (id, token, choice = 'left') => ({ method: 'PUT', path: `/api/v1/assignments/${id}/judgment`, token, body: { choice, active_ms: 5, client: {} } });

async function judged(project, token) {
    const id = await lease(project, token);
    assert.equal((await ask(judgment(id, token), randomUUID())).status, 201);
    return id;
}

// Two people of a community with an open amendment each.
async function assembly() {
    const community = await makeCommunity(server);
    const members = await makeMembers(server, community, 3);
    const amendments = [];
    for (const [i, article] of ['tone', 'brief'].entries())
        amendments.push((await propose(server, community, members[i], [change(article, 'Other words.')])).body.id);
    return { community, members, amendments };
}

const proposal = (community, article, token) => ({ method: 'POST', path: `/api/v1/communities/${community}/amendments`, token,
    body: { base_version: 1, operations: [change(article, 'New words.')], rationale: 'Better.' } });
const rows = (table, condition = 'true') => () => Number(server.sql(`select count(*) from ${table} where ${condition}`));

// Of each route a fresh case: `one` is done, `otherBody` and `otherPath` differ from it in just that, `byOther` is the same
// by somebody else. `made` counts what there should be one more of.
const routes = {
    'POST projects': async () => {
        const one = { method: 'POST', path: '/api/v1/projects', body: { name: 'by key', task: { kind: 'pairwise' } } };
        const { body: other } = await server.api('POST', '/api/v1/tokens', { body: { name: 'another', scopes: ['researcher'] } });
        return { one, status: 201, otherBody: { ...one, body: { ...one.body, name: 'other' } }, byOther: { ...one, token: other.token }, made: rows('project') };
    },
    'POST communities': async () => {
        const one = { method: 'POST', path: '/api/v1/communities', body: { name: 'by key' } };
        const { body: other } = await server.api('POST', '/api/v1/tokens', { body: { name: 'another', scopes: ['researcher'] } });
        return { one, status: 201, otherBody: { ...one, body: { name: 'other' } }, byOther: { ...one, token: other.token }, made: rows('community') };
    },
    'POST tokens': async () => {
        const one = { method: 'POST', path: '/api/v1/tokens', body: { name: 'by key', scopes: ['researcher'] } };
        return { one, status: 201, otherBody: { ...one, body: { ...one.body, name: 'other' } }, made: rows('token') };
    },
    'POST invitations of a project': async () => {
        const [first, second] = [await makeStudy(1), await makeStudy(1)];
        const one = { method: 'POST', path: `/api/v1/projects/${first}/invitations`, body: { max_uses: 3 } };
        return { one, status: 201, otherBody: { ...one, body: { max_uses: 4 } },
            elsewhere: { ...one, path: `/api/v1/projects/${second}/invitations` },
            otherPath: { method: 'POST', path: `/api/v1/projects/${first}/exports`, body: { formats: ['trl'] } }, made: rows('invitation') };
    },
    'POST invitations of a community': async () => {
        const community = await makeCommunity(server);
        const one = { method: 'POST', path: `/api/v1/communities/${community}/invitations`, body: { max_uses: 3 } };
        return { one, status: 201, otherBody: { ...one, body: { max_uses: 4 } }, made: rows('invitation') };
    },
    'POST join': async () => {
        const project = await makeStudy(1);
        const { body: invitation } = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: { max_uses: 2 } });
        const one = { method: 'POST', path: '/api/v1/join', token: null, body: { code: invitation.code } };
        return { one, status: 201, otherBody: { ...one, body: { ...one.body, consent: {} } }, made: rows('person') };
    },
    'POST exports': async () => {
        const [first, second] = [await makeStudy(2), await makeStudy(2)];
        const one = { method: 'POST', path: `/api/v1/projects/${first}/exports`, body: { formats: ['trl'] } };
        return { one, status: 202, otherBody: { ...one, body: { formats: ['hh'] } },
            elsewhere: { ...one, path: `/api/v1/projects/${second}/exports` },
            otherPath: { method: 'POST', path: `/api/v1/projects/${first}/invitations`, body: { max_uses: 1 } }, made: rows('export') };
    },
    'POST fits': async () => {
        const project = await makeJudged(server, { items: 40, people: 8, each: 30 });
        server.sql(`update project set name = 'fitted' where name = 'fits'`);
        const one = { method: 'POST', path: `/api/v1/projects/${project}/fits`, body: { method: 'pooled' } };
        return { one, status: 202, otherBody: { ...one, body: { method: 'maxmin' } },
            otherPath: { method: 'POST', path: `/api/v1/projects/${project}/exports`, body: { formats: ['trl'] } }, made: rows('fit') };
    },
    'PUT judgment': async () => {
        const project = await makeStudy();
        const [token, other] = await joinStudy(project, 2);
        const [first, theirs] = [await lease(project, token), await lease(project, other)];
        return { required: true, one: judgment(first, token), status: 201, otherBody: judgment(first, token, 'right'),
            otherPath: { method: 'DELETE', path: `/api/v1/assignments/${first}/judgment`, token },
            byOther: judgment(theirs, other), made: rows('judgment') };
    },
    'DELETE judgment': async () => {
        const project = await makeStudy();
        const [token, other] = await joinStudy(project, 2);
        const [first, theirs] = [await judged(project, token), await judged(project, other)];
        const second = await judged(project, token);
        const undo = (id, by) => ({ method: 'DELETE', path: `/api/v1/assignments/${id}/judgment`, token: by });
        return { one: undo(first, token), status: 200, otherPath: undo(second, token), otherBody: judgment(first, token),
            byOther: undo(theirs, other), made: rows('judgment', "outcome = 'void'") };
    },
    'POST amendments': async () => {
        const { community, members, amendments } = await assembly();
        const one = proposal(community, 'signs', members[2].token);
        return { required: true, one, status: 201, otherBody: proposal(community, 'tone', members[2].token),
            otherPath: { method: 'PUT', path: `/api/v1/amendments/${amendments[0]}/vote`, token: members[2].token, body: { choice: 'yes' } },
            byOther: proposal(community, 'signs', members[1].token), made: rows('amendment') };
    },
    'PUT vote': async () => {
        const { community, members, amendments } = await assembly();
        const one = { method: 'PUT', path: `/api/v1/amendments/${amendments[0]}/vote`, token: members[2].token, body: { choice: 'yes' } };
        return { required: true, one, status: 200, otherBody: { ...one, body: { choice: 'no' } },
            otherPath: { ...one, path: `/api/v1/amendments/${amendments[1]}/vote` },
            otherRoute: proposal(community, 'signs', members[2].token),
            byOther: { ...one, token: members[1].token }, made: rows('ballot') };
    },
};

for (const [name, make] of Object.entries(routes)) {
    test(`${name}: by the rules`, { timeout: 120_000 }, async () => {
        const { required, one, status, otherBody, otherPath, otherRoute, elsewhere, byOther, made } = await make();
        const before = made(), key = randomUUID();
        if (required) {
            const missing = await ask(one);
            assert.equal(missing.status, 400, missing.text);
            assert.match(missing.text, /Idempotency-Key/);
        }
        for (const wrong of ['', 'x', `${key}0`, `'${key}'`, key.replaceAll('-', '')])
            assert.equal((await ask(one, wrong)).status, 400, wrong);
        assert.equal(made(), before, 'nothing was done by those');

        const first = await ask(one, key);
        assert.equal(first.status, status, first.text);
        assert.equal(made(), before + 1);
        for (const again of [key, `"${key}"`, key.toUpperCase()]) assert.deepEqual(await ask(one, again), first, again);
        for (const reused of [otherBody, otherPath, otherRoute]) {
            if (reused === undefined) continue;
            const answer = await ask(reused, key);
            assert.equal(answer.status, 422, `${reused.method} ${reused.path}: ${answer.status} ${answer.text}`);
            assert.match(answer.text, /Idempotency-Key/);
        }
        assert.deepEqual(await ask(one, key), first, 'still');
        assert.equal(made(), before + 1, 'once');
        // A key is somebody's, in a project or community.
        let n = 1;
        for (const free of [elsewhere, byOther]) {
            if (free === undefined) continue;
            const answer = await ask(free, key);
            assert.equal(answer.status, status, answer.text);
            assert.notEqual(answer.text, first.text);
            assert.deepEqual(await ask(free, key), answer);
            n++;
        }
        assert.equal(made(), before + n);
    });

    test(`${name}: many at once`, { timeout: 120_000 }, async () => {
        const { one, status, made } = await make();
        const before = made(), key = randomUUID();
        const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(one, key)));
        for (const answer of answers) {
            if (answer.status === 409) assert.match(answer.text, /still being answered/);
            else assert.equal(answer.status, status, answer.text);
        }
        const done = answers.filter((answer) => answer.status === status);
        assert.ok(done.length > 0);
        for (const answer of done) assert.deepEqual(answer, done[0]);
        assert.deepEqual(await ask(one, key), done[0], 'and afterwards');
        assert.equal(made(), before + 1);
    });
}

test('what was refused has not used its key up', async () => {
    const { community, members, amendments } = await assembly();
    const key = randomUUID();
    const wrong = { ...proposal(community, 'no such article', members[2].token) };
    assert.equal((await ask(wrong, key)).status, 422);
    const right = await ask(proposal(community, 'signs', members[2].token), key);
    assert.equal(right.status, 201, right.text);
    const ballot = { method: 'PUT', path: `/api/v1/amendments/${amendments[0]}/vote`, token: members[1].token, body: { choice: 'yes' } };
    const other = randomUUID();
    assert.equal((await ask({ ...ballot, body: { choice: 'perhaps' } }, other)).status, 422);
    assert.equal((await ask(ballot, other)).status, 200);
});

test('an answer is kept after what it was about has moved on', async () => {
    const project = await makeStudy();
    const [token] = await joinStudy(project, 1);
    const id = await lease(project, token);
    const keys = [randomUUID(), randomUUID(), randomUUID()];
    const undo = { method: 'DELETE', path: `/api/v1/assignments/${id}/judgment`, token };
    const put = await ask(judgment(id, token), keys[0]);
    const undone = await ask(undo, keys[1]);
    const again = await ask(judgment(id, token, 'right'), keys[2]);
    assert.deepEqual([put.status, undone.status, again.status], [201, 200, 201]);
    await server.api('PATCH', `/api/v1/projects/${project}`, { body: { state: 'closed' } });
    assert.deepEqual(await ask(judgment(id, token), keys[0]), put);
    assert.deepEqual(await ask(undo, keys[1]), undone);
    assert.deepEqual(await ask(judgment(id, token, 'right'), keys[2]), again);
    assert.equal(server.sql(`select count(*) from judgment j join project p on p.shard_key = j.shard_key
        where p.state = 'closed' and outcome <> 'void'`), '2');
});

test('a single-use invitation is not lost with the answer', async () => {
    const project = await makeStudy();
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: {} });
    const one = { method: 'POST', path: '/api/v1/join', token: null, body: { code: invitation.code } };
    const key = randomUUID();
    const first = await ask(one, key);
    assert.equal(first.status, 201);
    assert.deepEqual(await ask(one, key), first);
    assert.equal((await ask(one, randomUUID())).status, 410, 'for anybody else it is used up');
    const { token } = JSON.parse(first.text);
    assert.ok(await lease(project, token), 'and the token is good');
    const kept = server.sql(`select body from idempotency where body <> ''`);
    for (const secret of [token, invitation.code]) assert.ok(!kept.includes(secret), 'no secret lies in the database');
});

test('a key is forgotten after a week, not before', async () => {
    const one = (name) => ({ method: 'POST', path: '/api/v1/projects', body: { name, task: { kind: 'pairwise' } } });
    const old = randomUUID(), young = randomUUID();
    const before = [await ask(one('old'), old), await ask(one('young'), young)];
    server.sql(`update idempotency set created_at = now() - interval '7 days 1 minute' where key = '${old}'`);
    server.sql(`update idempotency set created_at = now() - interval '6 days 23 hours' where key = '${young}'`);
    await server.restart();
    await until(() => server.sql(`select count(*) from idempotency where key = '${old}'`) === '0', 'the old key is gone');
    assert.deepEqual(await ask(one('young'), young), before[1]);
    assert.notEqual(JSON.parse((await ask(one('old'), old)).text).id, JSON.parse(before[0].text).id);
});
