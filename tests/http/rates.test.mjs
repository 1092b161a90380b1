// Rate limits through the real server: who is counted, by what, what a refusal says, and that many at once over several
// threads never get more than the burst.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, startCoordinator } from '../support/coordinator.mjs';
import { Wire } from './wire.mjs';

const AT_ONCE = 1000, CONNECTIONS = 100, BURST = 100;
const POLICY = /^"burst";q=\d+;w=\d+$/, STATE = /^"burst";r=\d+;t=\d+$/;

let server;
before(async () => {
    server = await startCoordinator({
        env: {
            PLENUM_RATE_LIMITS: 'on',
            PLENUM_THREADS: '2',
            PLENUM_TRUSTED_PROXIES: '127.0.0.1',
            PLENUM_LIMIT_JUDGE: `${BURST}/86400`,
            PLENUM_LIMIT_VOTE: '0',
            PLENUM_LIMIT_JOIN: '3/3600',
            PLENUM_LIMIT_SIGN_IN: '10/3600s',
            PLENUM_LIMIT_UNKNOWN: '3/3600',
        },
    });
});
after(() => server?.stop());

const from = (address) => ({ 'x-forwarded-for': address });

function assertRefused(reply, most, seconds) {
    assert.equal(reply.status, 429);
    const get = (name) => (reply.headers.get ? reply.headers.get(name) : reply.headers[name]);
    assert.equal(get('content-type'), 'application/problem+json');
    const body = typeof reply.body === 'string' ? JSON.parse(reply.body) : reply.body;
    assert.equal(body.status, 429);
    assert.match(body.detail, /^Too many requests of this kind: /);
    const wait = get('retry-after');
    assert.match(wait, /^[1-9]\d*$/);
    assert.equal(get('ratelimit-policy'), `"burst";q=${most};w=${seconds}`);
    assert.equal(get('ratelimit'), `"burst";r=0;t=${wait}`, 'both fields speak of the same moment');
    assert.ok(Number(wait) <= seconds);
}

// An annotator of a new study, who comes from an address of their own.
async function annotator(address) {
    const { body: project } = await server.api('POST', '/api/v1/projects', { body: { name: 'limits', task: { kind: 'pairwise' } } });
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: {} });
    const { body } = await server.api('POST', '/api/v1/join', { body: { code: invitation.code, consent: { version: '1' } }, token: null, headers: from(address) });
    assert.ok(body.token, JSON.stringify(body));
    return { project: project.id, token: body.token };
}

async function refusals(kind) {
    const { body } = await server.api('GET', '/metrics', { token: null });
    return Number(new RegExp(`^plenum_rate_limited_total\\{class="${kind}"\\} (\\d+)$`, 'm').exec(body)[1]);
}

test('a thousand requests of one person at once, over two threads, spend the burst and no more', async () => {
    const me = await annotator('198.51.100.1');
    const request = `POST /api/v1/projects/${me.project}/assignments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${me.token}\r\n` +
        'Content-Length: 0\r\n\r\n';
    const wires = Array.from({ length: CONNECTIONS }, () => new Wire(server.url));
    const replies = (await Promise.all(wires.map(async (wire) => {
        await wire.send(request.repeat(AT_ONCE / CONNECTIONS));
        const mine = [];
        for (let i = 0; i < AT_ONCE / CONNECTIONS; i++) mine.push(await wire.reply());
        return mine;
    }))).flat();
    for (const wire of wires) wire.close();
    // A server that is too slow for so many at once (a sanitizer's) may send some away busy, of whom some have spent.
    const passed = replies.filter((reply) => ![429, 503].includes(reply.status)), busy = replies.filter((reply) => reply.status === 503).length;
    assert.equal(replies.length, AT_ONCE);
    for (const reply of passed) assert.equal(reply.status, 204);
    assert.ok(passed.length <= BURST && passed.length + busy >= BURST, `${passed.length} passed, ${busy} busy`); // the next comes back after a quarter of an hour
    for (const reply of replies.filter((one) => one.status === 429)) assertRefused(reply, BURST, 86400);
    const left = passed.map((reply) => Number(/r=(\d+)/.exec(reply.headers.ratelimit)[1])).sort((a, b) => a - b);
    assert.equal(new Set(left).size, passed.length, 'each was told another rest');
    assert.ok(left.every((one) => one >= 0 && one < BURST));
    assert.equal(await refusals('judge'), AT_ONCE - passed.length - busy);
    // The next person has their own; and what is refused here is another kind of request than reading.
    const other = await annotator('198.51.100.2');
    assert.equal((await server.api('POST', `/api/v1/projects/${other.project}/assignments`, { token: other.token })).status, 204);
    assert.equal((await server.api('GET', `/api/v1/projects/${me.project}`, { token: me.token })).status, 200);
});

test('addresses are counted apart, IPv6 by /64, behind a trusted proxy as before it', async () => {
    const open = (address) => server.api('GET', '/api/v1/join?code=none', { token: null, headers: from(address) });
    for (let i = 0; i < 3; i++) assert.equal((await open('192.0.2.7')).status, 404);
    assertRefused(await open('192.0.2.7'), 3, 3600);
    assert.equal((await open('192.0.2.8')).status, 404);
    for (let i = 0; i < 3; i++) assert.equal((await open(`2001:db8:0:1::${i + 1}`)).status, 404);
    assertRefused(await open('2001:db8:0:1:ffff::9'), 3, 3600);
    assert.equal((await open('2001:db8:0:2::1')).status, 404);
    assert.equal((await open('::ffff:192.0.2.7')).status, 429, 'the same address in another form');
    assert.ok(!server.log.includes('192.0.2.7'), 'addresses are not logged');
});

test('a log-in that fails counts five times, one that succeeds once', async () => {
    const sign = (address, passphrase) => server.api('POST', '/api/v1/session', { body: { name: 'somebody', passphrase }, token: null, headers: from(address) });
    const made = await server.api('POST', '/api/v1/accounts', { body: { name: 'somebody', passphrase: 'correct horse battery' }, token: null, headers: from('203.0.113.1') });
    assert.equal(made.status, 201);
    for (let i = 0; i < 9; i++) assert.equal((await sign('203.0.113.1', 'correct horse battery')).status, 201);
    assertRefused(await sign('203.0.113.1', 'correct horse battery'), 10, 3600);
    assert.equal((await sign('203.0.113.2', 'guess one')).status, 401);
    assert.equal((await sign('203.0.113.2', 'guess two')).status, 401);
    assertRefused(await sign('203.0.113.2', 'correct horse battery'), 10, 3600);
});

test('who makes up tokens is cut off; who keeps using a dead one, and who has a good one, are not', async () => {
    const ask = (token, address) => server.api('GET', '/api/v1/me', { token, headers: from(address) });
    const dead = 'plenum_' + 'a'.repeat(32);
    const made = server.adminToken.replace(/.{8}$/, 'aaaaaaaa');
    for (let i = 0; i < 20; i++) assert.equal((await ask(made, '203.0.113.9')).status, 401, `${i}`);
    let last;
    for (let i = 0; i < 8; i++) last = await ask(server.adminToken.replace(/.{8}$/, randomUUID().slice(0, 8).replace(/[^a-z2-7]/g, 'b')), '203.0.113.10');
    assert.equal(last.status, 429);
    assert.equal((await ask(dead, '203.0.113.10')).status, 401, 'what is no token at all needs no look-up');
    assert.equal((await ask(server.adminToken, '203.0.113.11')).status, 200);
});

test('every route has a limit, and says so', async () => {
    const routes = execFileSync(join(build, 'plenum-coordinator'), ['--routes'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split(' '));
    const id = `b${'a'.repeat(38)}`;
    for (const [i, [method, pattern]] of routes.entries()) {
        const path = pattern.replace(/\{[^}]*\}/g, id);
        const body = pattern.endsWith('/rerank') ? { model: id, query: 'q', documents: ['a'] } : { model: id };
        const reply = await server.api(method, path, { key: true, body: method === 'GET' ? undefined : body, headers: from(`10.0.0.${i + 1}`) });
        if (['/livez', '/readyz', '/health', '/metrics'].includes(pattern)) {
            assert.equal(reply.headers.get('ratelimit'), null);
            continue;
        }
        const byVotes = /\/amendments\/\{[^}]*\}\/vote$/.test(pattern) || method === 'POST' && /\/(amendments|statements)$/.test(pattern);
        if (byVotes) {
            assert.equal(reply.headers.get('ratelimit'), null, `${pattern}: switched off`);
            continue;
        }
        assert.match(reply.headers.get('ratelimit-policy') ?? '', POLICY, `${method} ${pattern} ${reply.status}`);
        assert.match(reply.headers.get('ratelimit') ?? '', STATE, `${method} ${pattern}`);
    }
});

test('a setting that makes no sense is refused at start, with its name', () => {
    const start = (env) => {
        try {
            execFileSync(join(build, 'plenum-coordinator'), [], { env: { ...process.env, PLENUM_DATA: server.dataFolder, PLENUM_LISTEN: '127.0.0.1:0', ...env }, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: 20_000 });
            return 'it started';
        } catch (error) {
            return error.stderr;
        }
    };
    for (const wrong of ['20', '20/', '/60', '0/60', '20/0', '-1/60', '1000001/60', '20/86401', '20/60m', '20/60s5', '2e3/60', ' ', '20/ 60'])
        assert.match(start({ PLENUM_LIMIT_JOIN: wrong }), /limit-join is .*, but must be how many at once/, wrong);
});
