// Each deadline and cap of the edge is a setting, and each acts: lowered, it is met earlier; nonsense is refused at start.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, startCoordinator } from '../support/coordinator.mjs';
import { Wire } from './wire.mjs';

const help = execFileSync(join(build, 'plenum-coordinator'), ['--help'], { encoding: 'utf8' });
// A deadline after which nobody waits in this file.
const NEVER = '600000';

let server;
before(async () => {
    server = await startCoordinator({
        env: {
            PLENUM_RATE_LIMITS: 'on',
            PLENUM_THREADS: '1',
            PLENUM_HEADER_TIMEOUT_MS: '500',
            PLENUM_BODY_GRACE_MS: '1500',
            PLENUM_BODY_RATE: '1000000',
            PLENUM_IDLE_TIMEOUT_MS: NEVER,
            PLENUM_MAX_CONNECTIONS: '20',
            PLENUM_MAX_CONNECTIONS_PER_ADDRESS: '12',
            PLENUM_MAX_LINE_BYTES: '300',
            PLENUM_MAX_HEADERS: '10',
            PLENUM_MAX_HEADERS_BYTES: '1100',
            PLENUM_MAX_BODY_BYTES: '2048',
            PLENUM_MAX_SCORE_BODY_BYTES: '4096',
            PLENUM_MAX_IMPORT_BODY_BYTES: '65536',
        },
    });
});
after(() => server?.stop());

async function ask(text) {
    const wire = new Wire(server.url);
    try {
        await wire.send(text);
        return (await wire.reply()).status;
    } finally {
        wire.close();
    }
}

const line = (bytes) => `GET /livez?${'a'.repeat(bytes - 'GET /livez? HTTP/1.1'.length)} HTTP/1.1\r\nHost: x\r\n\r\n`;
const fields = (n) => `GET /livez HTTP/1.1\r\nHost: x\r\n${Array.from({ length: n - 1 }, (_, i) => `X-${i}: a\r\n`).join('')}\r\n`;
const fieldBytes = (bytes) => `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(bytes - 'Host: x\r\nX: \r\n'.length)}\r\n\r\n`;
const body = (path, bytes, credential = '') => `POST ${path} HTTP/1.1\r\nHost: x\r\n${credential}Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n${'{'.repeat(bytes)}`;
const bearer = 'Authorization: Bearer x\r\n';
const items = `/api/v1/projects/b${'a'.repeat(38)}/items`;

for (const [setting, most, over, refusal] of [
    ['max-line-bytes', line(300), line(301), 414],
    ['max-headers', fields(10), fields(11), 431],
    ['max-headers-bytes', fieldBytes(1100), fieldBytes(1101), 431],
    ['max-body-bytes', body('/api/v1/session', 2048), body('/api/v1/session', 2049), 413],
    ['max-score-body-bytes', body('/rerank', 4096, bearer), body('/rerank', 4097, bearer), 413],
    ['max-body-bytes', body('/rerank', 2048), body('/rerank', 2049), 413], // of who shows no credential
    ['max-import-body-bytes', body(items, 65536), body(items, 65537), 413],
])
    test(`${setting} is what is let through, and no more`, async () => {
        assert.notEqual(await ask(most), refusal);
        assert.equal(await ask(over), refusal);
    });

// The order in which connections are given up tells which deadline was met, however slow the machine.
async function endsInOrder(url, cases) {
    const order = [];
    const wires = await Promise.all(cases.map(async ([name, text]) => {
        const wire = new Wire(url);
        await wire.send(text);
        void (async () => {
            while (!wire.ended) await wire.more().catch(() => null);
            order.push(name);
        })();
        return wire;
    }));
    while (order.length < cases.filter(([, , ends]) => ends).length) await new Promise((done) => setTimeout(done, 20));
    for (const wire of wires) wire.close();
    return order;
}

const partHead = 'GET /livez HTTP/1.1\r\nHost:', partBody = 'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{';
const whole = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';

test('header-timeout-ms, body-grace-ms and body-rate: the slow are given up, the idle not yet', async () => {
    assert.deepEqual(await endsInOrder(server.url, [['idle', whole, false], ['body', partBody, true], ['head', partHead, true]]), ['head', 'body']);
});

test('idle-timeout-ms, and a body-rate that a slow sender keeps', async () => {
    const other = await startCoordinator({
        env: { PLENUM_IDLE_TIMEOUT_MS: '500', PLENUM_HEADER_TIMEOUT_MS: '2500', PLENUM_BODY_GRACE_MS: '100', PLENUM_BODY_RATE: '1' },
    });
    try {
        // 20 bytes are enough for 20 seconds.
        assert.deepEqual(await endsInOrder(other.url, [['body', partBody + ' '.repeat(20), false], ['head', partHead, true], ['idle', whole, true]]), ['idle', 'head']);
    } finally {
        await other.stop();
    }
});

test('max-connections-per-address, and max-connections over all', async () => {
    const open = (localAddress) => new Promise((done, fail) => {
        const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port), localAddress });
        socket.got = '';
        socket.setEncoding('latin1').on('data', (text) => { socket.got += text; });
        socket.once('connect', () => { socket.write(whole); });
        socket.once('error', fail);
        socket.on('data', () => done(socket));
        setTimeout(() => done(socket), 1500).unref(); // what has said nothing by then waits to be accepted
    });
    const first = [], second = [];
    for (let i = 0; i < 13; i++) first.push(await open('127.0.0.2'));
    assert.ok(first.slice(0, 12).every(({ got }) => got.startsWith('HTTP/1.1 200')));
    assert.match(first[12].got, /^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n/s, 'one too many of an address');
    for (let i = 0; i < 9; i++) second.push(await open('127.0.0.3'));
    assert.ok(second.slice(0, 8).every(({ got }) => got.startsWith('HTTP/1.1 200')), 'another address has its own');
    assert.equal(second[8].got, '', 'one too many in all waits');
    first[0].destroy();
    while (!second[8].got.startsWith('HTTP/1.1 200')) await new Promise((done) => setTimeout(done, 20));
    for (const socket of [...first, ...second]) socket.destroy();
});

test('a number that makes no sense is refused at start, with its name and its range', () => {
    for (const [name, wrong] of [
        ['header-timeout-ms', '99'], ['idle-timeout-ms', '99'], ['body-rate', '0'], ['body-grace-ms', '-1'], ['overload-wait-ms', '49'],
        ['max-connections-per-address', '0'], ['max-line-bytes', '8193'], ['max-headers', '65'], ['max-headers-bytes', '16385'],
        ['max-body-bytes', '1 MiB'], ['max-score-body-bytes', '33554433'], ['max-import-body-bytes', '1073741825'],
    ]) {
        const { status, stderr } = run([`--${name}`, wrong]);
        assert.equal(status, 1, name);
        assert.match(stderr, new RegExp(`${name} is ${wrong}, but must be a whole number from \\d+ to \\d+`));
    }
});

function run(args) {
    try {
        execFileSync(join(build, 'plenum-coordinator'), ['--data', server.dataFolder, '--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: 20_000 });
        return { status: 0, stderr: '' };
    } catch (error) {
        return error;
    }
}

test('every setting stands in the handbook', () => {
    const handbook = readFileSync(new URL('../../docs/operate.md', import.meta.url), 'utf8');
    const names = [...help.matchAll(/^ {2}--([a-z-]+) /gm)].map(([, name]) => name).filter((name) => !['help', 'version', 'routes'].includes(name));
    assert.ok(names.length > 30);
    for (const name of names) assert.ok(handbook.includes(`\`${name}\``), `${name} is in docs/operate.md`);
});
