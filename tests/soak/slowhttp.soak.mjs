// slowhttptest in its four modes, 1000 connections for 60 s each, against a real coordinator: with the cap on connections by
// address, and without. Meanwhile somebody at another address asks for /readyz every 50 ms, over a new connection each time.
// They must always be answered, 99 of 100 within 250 ms; and when it is over, memory and descriptors must be what they were.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { Wire } from '../http/wire.mjs';

const SECONDS = Number(process.env.PLENUM_SLOW_SECONDS ?? 60);
const CONNECTIONS = 1000;
const PROBE_EVERY_MS = 50;
const P99_MS = 250;
const SETTLE_MS = 40_000; // idle, then lingering, then the sweep
const MEMORY_MARGIN_KB = 12 * 1024; // what the loops' allocators keep for the next thousand: it comes once and does not grow
const PROBE_FROM = '127.0.0.2';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const residentKb = (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;

async function ask(url) {
    const wire = new Wire(url, { from: PROBE_FROM });
    const began = performance.now();
    try {
        await wire.send('GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        const { status } = await wire.reply();
        return { status, ms: performance.now() - began };
    } finally {
        wire.close();
    }
}

async function probe(url, until) {
    const asked = [];
    while (!until.reached) {
        asked.push(ask(url));
        await pause(PROBE_EVERY_MS);
    }
    return Promise.all(asked);
}

// One round: it ends by itself when the server has closed all its connections. Gives how many were open at most, and what
// became of the others, by its own word.
function strike(flags, url, seconds) {
    const args = [...flags, '-c', String(CONNECTIONS), '-r', '200', '-l', String(seconds), '-p', '5', '-u', url];
    const child = spawn('sh', ['-c', 'ulimit -n 8192 && exec slowhttptest "$@"', 'sh', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (out = (out + text).slice(-1024 * 1024)));
    return new Promise((done) => child.once('close', () => {
        const plain = out.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');
        const most = (word) => Math.max(0, ...[...plain.matchAll(new RegExp(`${word}:\\s+(\\d+)`, 'g'))].map(([, n]) => Number(n)));
        done({ connected: most('connected'), closed: most('closed') });
    }));
}

// Rounds until the time is over: connections that were closed are opened anew.
async function attack(flags, url) {
    const end = Date.now() + SECONDS * 1000, rounds = [];
    while (Date.now() < end - 1000) rounds.push(await strike(flags, url, Math.ceil((end - Date.now()) / 1000)));
    return { rounds: rounds.length, connected: Math.max(...rounds.map(({ connected }) => connected)), closed: rounds.reduce((sum, { closed }) => sum + closed, 0) };
}

for (const limits of ['on', 'off'])
    describe(`the cap on connections by address ${limits}`, () => {
        let coordinator, base;
        const long = {}; // the longest page there is, for slow readers

        before(async () => {
            coordinator = await startCoordinator({ env: { PLENUM_RATE_LIMITS: limits } });
            const pages = await coordinator.api('GET', '/manifest.json', { token: null });
            const names = JSON.stringify(pages.body).match(/assets\/[\w.-]+\.js/g);
            for (const name of new Set(names)) {
                const { body } = await coordinator.api('GET', `/${name}`, { token: null });
                if (body.length > (long.length ?? 0)) Object.assign(long, { length: body.length, path: `/${name}` });
            }
            for (let i = 0; i < 200; i++) await ask(coordinator.url);
            await pause(2000);
            base = { kb: residentKb(coordinator.pid), descriptors: descriptors(coordinator.pid) };
        });
        after(() => coordinator?.stop());

        for (const [name, flags, path] of [
            ['slow headers', ['-H', '-i', '10', '-x', '24'], () => '/'],
            ['slow body', ['-B', '-i', '10', '-s', '8192', '-x', '10'], () => '/api/v1/join'],
            ['ranges', ['-R', '-a', '10', '-b', '3000', '-t', 'HEAD'], () => '/'],
            ['slow reading', ['-X', '-k', '3', '-w', '10', '-y', '20', '-n', '5', '-z', '32'], () => long.path],
        ])
            test(name, { timeout: (SECONDS + 120) * 1000 }, async () => {
                const until = {}, seen = { kb: 0, descriptors: 0 };
                const watch = setInterval(() => {
                    seen.kb = Math.max(seen.kb, residentKb(coordinator.pid));
                    seen.descriptors = Math.max(seen.descriptors, descriptors(coordinator.pid));
                }, 250);
                const probing = probe(coordinator.url, until);
                const struck = await attack(flags, coordinator.url + path());
                until.reached = true;
                clearInterval(watch);
                const asked = (await probing).sort((a, b) => a.ms - b.ms);
                const p99 = asked[Math.floor(asked.length * 0.99)]?.ms;
                const late = Date.now() + SETTLE_MS;
                let now;
                do {
                    await pause(500);
                    now = { kb: residentKb(coordinator.pid), descriptors: descriptors(coordinator.pid) };
                } while ((now.descriptors > base.descriptors || now.kb > base.kb + MEMORY_MARGIN_KB) && Date.now() < late);
                console.log(JSON.stringify({ mode: name, cap: limits, ...struck, asked: asked.length, p50_ms: Math.round(asked[asked.length >> 1]?.ms * 10) / 10,
                    p99_ms: Math.round(p99 * 10) / 10, max_ms: Math.round(asked.at(-1)?.ms), base, at_most: seen, after: now }));
                assert.ok(asked.length > SECONDS * 10, `asked ${asked.length} times only`);
                assert.deepEqual(asked.filter(({ status }) => status !== 200), [], 'not available throughout');
                assert.ok(struck.connected > 0, JSON.stringify(struck));
                assert.ok(p99 < P99_MS, `p99 is ${p99} ms`);
                assert.ok(now.descriptors <= base.descriptors, `${now.descriptors} descriptors, ${base.descriptors} before`);
                assert.ok(now.kb <= base.kb + MEMORY_MARGIN_KB, `${now.kb} kB, ${base.kb} before`);
            });

        if (limits === 'on')
            test('one address has so many connections, the rest are turned away at once', async () => {
                const wires = Array.from({ length: CONNECTIONS }, () => new Wire(coordinator.url));
                try {
                    await pause(2000);
                    const kept = wires.filter((wire) => !wire.ended).length;
                    assert.ok(kept > 0 && kept <= 256, `${kept} are open`);
                    assert.equal((await ask(coordinator.url)).status, 200);
                } finally {
                    for (const wire of wires) wire.close();
                }
            });
    });
