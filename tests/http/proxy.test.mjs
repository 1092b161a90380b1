// The vectors once more, behind nginx and HAProxy. Requests are smuggled where two readers of one connection differ about
// where a request ends; so the proxy and the coordinator must count the same. Each vector is an attacker's connection to
// the proxy; behind it all clients share one upstream connection, and the next to use it is a victim, who must get the
// reply to its own words. What the proxy refuses itself never comes to us; `passed` says that enough did.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { startProxy } from '../support/proxies.mjs';
import { Wire } from './wire.mjs';

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));
const bye = 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const QUIET_MS = 100; // too short on a slow machine only weakens the attack
const END_MS = 10_000;
const SETTLE_MS = 5_000;

let coordinator;
before(async () => {
    coordinator = await startCoordinator();
});
after(() => coordinator?.stop());

// Replies of the coordinator by class, but for those to this function.
async function counted() {
    const { body } = await coordinator.api('GET', '/metrics', { token: null });
    const replies = {};
    for (const [, route, status, n] of body.matchAll(/^plenum_http_requests_total\{.*route="([^"]*)",status="(\dxx)"\} (\d+)$/gm))
        if (route !== '/metrics') replies[status] = (replies[status] ?? 0) + Number(n);
    return { replies, connections: Number(/^plenum_http_connections_total (\d+)$/m.exec(body)[1]) };
}

const less = (a, b) => Object.fromEntries(Object.keys(a).map((name) => [name, a[name] - (b[name] ?? 0)]).filter(([, n]) => n !== 0));
const sum = (replies) => Object.values(replies).reduce((a, b) => a + b, 0);

// An attacker's connection. Each reply on it is whole, or this throws.
class Attack {
    constructor(url, vector) {
        this.vector = vector;
        this.wire = new Wire(url);
        this.n = 0;
    }

    // False when there is none: the connection has ended, or the proxy waits for more of the request.
    async reply(ms) {
        const headOnly = this.n === 0 && this.vector.send[0].startsWith('HEAD');
        const waits = new Promise((done) => (this.timer = setTimeout(done, ms, { status: 0 })));
        this.pending ??= this.wire.reply({ headOnly });
        const { status } = await Promise.race([this.pending, waits]).finally(() => clearTimeout(this.timer));
        if (status === 0) return false;
        this.pending = undefined;
        this.n++;
        return true;
    }

    async strike() {
        for (const part of this.vector.send) {
            if (typeof part === 'string') await this.wire.send(part);
            else if (part.reply !== undefined) await this.reply(QUIET_MS);
            else await this.wire.send(part.repeat.repeat(part.times));
        }
        while (this.n < this.vector.replies.length && (await this.reply(QUIET_MS)));
    }

    async end() {
        await this.wire.send(bye);
        while (await this.reply(END_MS));
        assert.ok(this.wire.ended, 'the proxy does not close');
        this.wire.close();
    }
}

// The parser of JSON says what it stumbled over: a reply that only this request can get.
async function victim(url, n) {
    const wire = new Wire(url);
    const marker = `${10_000_000 + n}`;
    try {
        await wire.send(`POST /api/v1/join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${marker.length + 1}\r\n\r\n{${marker}`);
        const { status, body } = await wire.reply();
        assert.equal(status, 400, body);
        assert.ok(body.includes(`'${marker}'`), `another's reply: ${body}`);
    } finally {
        wire.close();
    }
}

for (const kind of ['nginx', 'haproxy'])
    describe(kind, () => {
        let proxy, base, connections;
        const passed = new Set();
        before(async () => {
            proxy = await startProxy(kind, coordinator.url);
            ({ replies: base, connections } = await counted());
        });
        after(() => proxy?.stop());

        // The proxy's log and our counters may lag behind the client; they must come to agree.
        async function agree() {
            for (const end = Date.now() + SETTLE_MS; ; ) {
                const forwarded = proxy.repliesFromServer();
                const replies = less((await counted()).replies, base);
                const off = { ...less(replies, forwarded), ...less(forwarded, replies) };
                if (Object.keys(off).length === 0) return replies;
                if (Date.now() > end) assert.fail(`${kind} had ${JSON.stringify(forwarded)} and we gave ${JSON.stringify(replies)}`);
            }
        }

        for (const [i, vector] of vectors.entries())
            test(vector.name, async () => {
                const before = sum(proxy.repliesFromServer());
                const attack = new Attack(proxy.url, vector);
                await attack.strike();
                await victim(proxy.url, 3 * i);
                await victim(proxy.url, 3 * i + 1);
                await attack.end();
                await victim(proxy.url, 3 * i + 2);
                const replies = await agree();
                if (sum(replies) > before + 4) passed.add(vector.name);
            });

        test('enough was passed on, over few connections', async () => {
            const seen = await counted();
            assert.ok(passed.size >= vectors.length / 3, `${passed.size} of ${vectors.length}`);
            assert.ok(seen.connections - connections < sum(less(seen.replies, base)) / 4, 'each request had a connection of its own');
        });
    });

// Whether somebody who signs up is taken to have come over TLS: the cookie's name says so.
async function isSecure(url, fields, from) {
    const body = JSON.stringify({ name: `person ${Math.random()}`, passphrase: 'a long enough one' });
    const wire = new Wire(url, { from });
    try {
        await wire.send(`POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`);
        const { status, headers, body: text } = await wire.reply();
        assert.equal(status, 201, text);
        return headers['set-cookie'].startsWith('__Host-sid=');
    } finally {
        wire.close();
    }
}

describe('who asks', () => {
    const xForwarded = 'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n';
    const forwarded = 'Forwarded: for=192.0.2.1;proto=https\r\n';
    const proxies = [];
    before(async () => {
        for (const kind of ['nginx', 'haproxy']) for (const proto of ['http', 'https']) proxies.push(await startProxy(kind, coordinator.url, { proto }));
    });
    after(() => Promise.all(proxies.map((proxy) => proxy.stop())));

    test('nobody is believed who is not named', async () => {
        assert.equal(await isSecure(coordinator.url, xForwarded + forwarded), false);
        for (const proxy of proxies) assert.equal(await isSecure(proxy.url, ''), false);
    });

    test('a trusted proxy is believed, and not what its clients made up', async () => {
        await coordinator.restart({ PLENUM_TRUSTED_PROXIES: '127.0.0.1' });
        assert.equal(await isSecure(coordinator.url, xForwarded), true);
        assert.equal(await isSecure(coordinator.url, forwarded), false);
        assert.equal(await isSecure(coordinator.url, xForwarded + forwarded, '127.0.0.2'), false);
        for (const proxy of proxies) assert.equal(await isSecure(proxy.url, xForwarded + forwarded), proxy.proto === 'https', `${proxy.kind} ${proxy.proto}`);
    });

    test('the other kind of field, when it is named', async () => {
        await coordinator.restart({ PLENUM_PROXY_FIELDS: 'forwarded' });
        assert.equal(await isSecure(coordinator.url, forwarded), true);
        assert.equal(await isSecure(coordinator.url, xForwarded), false);
    });
});
