// Ours against another's: what framing.c reads in the bytes of a connection, Node's HTTP parser (llhttp, strict) reads as
// well, and the same: methods, targets, fields, bodies, how many requests, whether the connection stays. The bytes are the
// vectors, the fuzzer's corpus, and mutations of both from a seed; PLENUM_MUTATIONS says how many, PLENUM_SEED from where.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from '../support/coordinator.mjs';

const MUTATIONS = Number(process.env.PLENUM_MUTATIONS ?? 50_000);
const SEED = Number(process.env.PLENUM_SEED ?? 1);
const BATCH = 200;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']; // as enum http_method

// Where the two differ and ours is right; each is about whether a connection stays, none about where a request ends.
const has = ({ headers }, name, token) =>
    headers.some((field) => field[0].toLowerCase() === name && field[1].toLowerCase().split(',').some((one) => one.trim() === token));
const exceptions = [
    {
        // RFC 9112, 9.3: close means close.
        name: 'HTTP/1.0 with close and keep-alive: ours closes, Node stays',
        holds: (one) => one.minor === 0 && has(one, 'connection', 'close') && has(one, 'connection', 'keep-alive'),
    },
    {
        // RFC 9112, C.2.2: the field means nothing.
        name: 'Proxy-Connection: Node takes it for Connection',
        holds: (one) => has(one, 'proxy-connection', 'close') || has(one, 'proxy-connection', 'keep-alive'),
    },
    {
        // RFC 9110, 7.8: a server may leave an upgrade alone, and goes on with the next request.
        name: 'an upgrade nobody takes: Node leaves what came with it unread',
        holds: (one) => has(one, 'connection', 'upgrade') && one.headers.some(([name]) => name.toLowerCase() === 'upgrade'),
    },
];

// --- ours -----------------------------------------------------------------------------------------------------------
let dump, answers = [], waiting = [];
before(() => {
    dump = spawn(join(build, 'tests/http/framing_dump'), { stdio: ['pipe', 'pipe', 'inherit'] });
    let rest = '';
    dump.stdout.setEncoding('latin1').on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) waiting.shift()(line);
    });
    dump.on('close', () => waiting.splice(0).forEach((done) => done(null)));
    dump.stdin.on('error', () => {}); // it has ended: said by what is missing
});
after(() => dump.stdin.end());

const bytes = (hex) => Buffer.from(hex, 'hex').toString('latin1');

async function readOurs(input) {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32LE(input.length);
    dump.stdin.write(Buffer.concat([prefix, input]));
    const line = await new Promise((done) => waiting.push(done));
    if (line === null) throw new Error(`framing_dump ended at ${JSON.stringify(input.toString('latin1'))}`);
    const { requests, end } = JSON.parse(line);
    return {
        end,
        requests: requests.map((one) => ({
            method: METHODS[one.method],
            minor: one.minor,
            authority: bytes(one.authority),
            target: bytes(one.path) + (one.query === null ? '' : `?${bytes(one.query)}`),
            headers: one.headers.map(([name, value]) => [bytes(name), bytes(value)]),
            body: bytes(one.body),
            keepAlive: one.keep_alive,
        })),
    };
}

// --- theirs ---------------------------------------------------------------------------------------------------------
const server = createServer({ insecureHTTPParser: false, requireHostHeader: true, maxHeaderSize: 64 * 1024, headersTimeout: 0, requestTimeout: 0 });
server.maxHeadersCount = 0;
const connections = new WeakMap(); // of a socket: {socket, read, refused}
const take = (request, response) => {
    const one = {
        method: request.method,
        minor: request.httpVersionMinor,
        target: request.url,
        headers: Array.from({ length: request.rawHeaders.length / 2 }, (_, i) => request.rawHeaders.slice(2 * i, 2 * i + 2)),
        body: '',
        whole: false,
        keepAlive: response.shouldKeepAlive,
    };
    connections.get(request.socket).read.push(one);
    request.setEncoding('latin1').on('data', (text) => (one.body += text)).on('end', () => (one.whole = request.complete)).on('error', () => {});
};
for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, take);
server.on('clientError', (error, socket) => (connections.get(socket).refused = error.code));
before(() => new Promise((done) => server.listen(0, '127.0.0.1', done)));
after(() => server.close());

// Nothing is answered: what is pipelined is read all the same.
function readTheirs(input) {
    const socket = new Duplex({ read() {}, write: (chunk, encoding, done) => done() });
    const connection = { socket, read: [] };
    connections.set(socket, connection);
    server.emit('connection', socket);
    socket.push(input);
    socket.push(null);
    return connection;
}

// --- one against the other --------------------------------------------------------------------------------------------
function sameRequest(ours, theirs) {
    assert.ok(theirs.whole, 'Node has not read it whole');
    const { authority, target, ...mine } = ours;
    const { whole, target: url, ...yours } = theirs;
    assert.deepEqual({ ...yours, target: authority === '' ? url : url.replace(/^https?:\/\//i, '') }, { ...mine, target: authority + target });
}

function sameConnection(ours, { read, refused }) {
    for (const [n, one] of ours.requests.entries()) {
        assert.ok(n < read.length, `Node read ${read.length} requests (${refused}), we ${ours.requests.length}`);
        const excepted = exceptions.find(({ holds }) => holds(one));
        if (excepted) used.add(excepted.name);
        sameRequest(one, excepted ? { ...read[n], keepAlive: one.keepAlive } : read[n]);
        if (excepted) return; // what comes behind may be read by one only
    }
    if (ours.end === 'closed') assert.equal(read.length, ours.requests.length, 'Node reads on where we close');
}

const tally = { inputs: 0, accepted: 0, requests: 0, bodies: 0 };
const used = new Set(), accepted = [];
async function compare(inputs) {
    const theirs = inputs.map(readTheirs);
    const ours = await Promise.all(inputs.map(readOurs));
    await new Promise((done) => setImmediate(done));
    await new Promise((done) => setImmediate(done)); // bodies come a turn later
    for (const [i, input] of inputs.entries()) {
        const { requests } = ours[i];
        tally.inputs++;
        tally.accepted += requests.length > 0;
        tally.requests += requests.length;
        tally.bodies += requests.filter(({ body }) => body !== '').length;
        if (requests.length > 0 && accepted.length < 10_000) accepted.push(input);
        try {
            sameConnection(ours[i], theirs[i]);
        } catch (error) {
            throw new Error(`${error.message}\nbytes: ${JSON.stringify(input.toString('latin1'))}`);
        }
        theirs[i].socket.destroy();
    }
}

async function compareAll(inputs) {
    const batch = [];
    for (const input of inputs) if (batch.push(input) === BATCH) await compare(batch.splice(0));
    await compare(batch);
}

// --- the bytes --------------------------------------------------------------------------------------------------------
const plain = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')).map(({ send }) =>
    Buffer.from(send.map((part) => (typeof part === 'string' ? part : (part.repeat ?? '').repeat(part.times ?? 0))).join(''), 'latin1'));
const folder = fileURLToPath(new URL('../fuzz/corpus/framing/', import.meta.url));
const corpus = existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name))) : [];

function generator(seed) {
    let state = seed >>> 0;
    return (below) => { // mulberry32
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) % below;
    };
}

const SPICE = ['\r', '\n', '\r\n', '\r\n\r\n', '\0', ' ', '\t', ':', ';', ',', '"', '+', '-', '0', '0x', '1', 'a', 'F', '%41', '%', '/', '?', '\x80', '\xff', '\x0b', '\x7f',
    'Content-Length: 3\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n', 'Connection: keep-alive\r\n', 'Host: x\r\n', 'X-A: b\r\n', 'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n', 'Connection: Upgrade\r\n', 'Proxy-Connection: close\r\n', 'Trailer: X\r\n', '0\r\n\r\n', '3\r\nabc\r\n', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', ' HTTP/1.0', ' HTTP/1.1'].map((text) => Buffer.from(text, 'latin1'));

// Every other one begins with what was accepted: what is refused already mostly stays so.
function mutated(seeds, random) {
    const from = random(2) === 0 ? accepted : seeds;
    let data = from[random(from.length)].subarray(0, 4096);
    for (let times = 1 + random(2); times > 0; times--) {
        const at = random(data.length + 1), to = Math.min(data.length, at + 1 + random(8));
        const kind = random(6);
        if (kind === 0 && at < data.length) { // a bit
            data = Buffer.from(data);
            data[at] ^= 1 << random(8);
        } else if (kind === 1) { // out
            data = Buffer.concat([data.subarray(0, at), data.subarray(to)]);
        } else if (kind === 2) { // in
            data = Buffer.concat([data.subarray(0, at), SPICE[random(SPICE.length)], data.subarray(at)]);
        } else if (kind === 3) { // in, where a line ends
            const line = data.indexOf('\r\n', at);
            if (line >= 0) data = Buffer.concat([data.subarray(0, line + 2), SPICE[random(SPICE.length)], data.subarray(line + 2)]);
        } else if (kind === 4) { // the head of one and the tail of another
            const other = seeds[random(seeds.length)].subarray(0, 4096);
            data = Buffer.concat([data.subarray(0, at), other.subarray(random(other.length + 1))]);
        } else { // a piece twice
            data = Buffer.concat([data.subarray(0, to), data.subarray(at)]);
        }
    }
    return data;
}

test('the vectors', () => compareAll(plain));
test('the corpus of the fuzzer', () => compareAll(corpus));

test('mutations of both', async () => {
    const random = generator(SEED), seeds = [...plain, ...corpus];
    const before = { ...tally };
    await compareAll((function* () {
        for (let i = 0; i < MUTATIONS; i++) yield mutated(seeds, random);
    })());
    // Refusing everything would pass too, and so would excusing it.
    const share = (name) => (tally[name] - before[name]) / MUTATIONS;
    assert.ok(share('accepted') > 0.2 && share('bodies') > 0.02, JSON.stringify(tally));
    assert.equal(used.size, exceptions.length, `no longer needed: all but ${[...used]}`);
    console.log(JSON.stringify(tally));
});
