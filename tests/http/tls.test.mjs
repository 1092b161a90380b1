// HTTPS as others see it: what openssl can agree on with it and what not, a certificate that changes under load, and the
// plain port that only redirects.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { makeAuthority, makeCertificate, pairIn } from '../support/certificate.mjs';
import { startCoordinator } from '../support/coordinator.mjs';
import { Wire } from './wire.mjs';

const PUBLIC_URL = 'https://plenum.example';
const WAIT_MS = 20_000;

let folder, pairs, coordinator, port;

// The folder of the pair in use is a link, so that both files change at once.
function use(name) {
    const next = join(folder, 'next');
    symlinkSync(join(folder, name), next);
    renameSync(next, join(folder, 'live'));
}

before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plenum-test-tls-'));
    const authority = makeAuthority(folder);
    pairs = Object.fromEntries(['first', 'second', 'rsa'].map((name) =>
        [name, makeCertificate(join(folder, name), { name, kind: name === 'rsa' ? 'rsa' : 'ec', authority })]));
    pairs.ended = makeCertificate(join(folder, 'ended'), { name: 'ended', days: 0, authority });
    use('first');
});
before(async () => {
    coordinator = await startCoordinator({
        env: {
            PLENUM_TLS_CERT: join(folder, 'live', 'cert.pem'),
            PLENUM_TLS_KEY: join(folder, 'live', 'key.pem'),
            PLENUM_PUBLIC_URL: PUBLIC_URL,
            PLENUM_LISTEN: '127.0.0.1:0',
            PLENUM_REDIRECT_LISTEN: '127.0.0.1:0',
        },
    });
    port = portOf('up');
});
after(() => coordinator?.stop());
after(() => rmSync(folder, { recursive: true, force: true }));

const portOf = (event) => Number(new RegExp(`"event":"${event}"[^}]*"port":(\\d+)`).exec(coordinator.log)[1]);
const countOf = (event) => coordinator.log.split(`"event":"${event}"`).length - 1;

async function until(what, condition) {
    for (const end = performance.now() + WAIT_MS; !(await condition()); await new Promise((done) => setTimeout(done, 20)))
        assert.ok(performance.now() < end, what);
}

// --- openssl s_client -------------------------------------------------------------------------------------------------
const REQUEST = 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

// Everything it said. `say` goes to the server when the connection stands.
function client(args, say = REQUEST) {
    return new Promise((resolve, reject) => {
        const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', pairs.first.ca, ...args]);
        let text = '', said = false;
        const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS);
        const hear = (data) => {
            text += data;
            if (!said && text.includes('Verify return code')) {
                said = true;
                child.stdin.write(say);
            }
        };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        child.stdin.on('error', () => {});
        child.once('error', reject);
        child.once('close', () => {
            clearTimeout(timer);
            resolve(text);
        });
    });
}

const answered = /HTTP\/1\.1 200 OK[^]*\r\nok\n/;
const weak = '@SECLEVEL=0'; // openssl itself would not offer it otherwise

async function agrees(args, pattern) {
    const text = await client(args);
    assert.match(text, answered, `${args}: ${text}`);
    if (pattern) assert.match(text, pattern);
}

// Refused by the server, with the alert of that name, and not by openssl itself.
async function refuses(args, alert) {
    const text = await client(args);
    assert.match(text, new RegExp(`alert ${alert}:`), `${args}: ${text}`);
    assert.doesNotMatch(text, answered);
}

test('TLS 1.2 and 1.3, and nothing older', async () => {
    await agrees(['-tls1_3'], /New, TLSv1\.3/);
    await agrees(['-tls1_2'], /New, TLSv1\.2/);
    await refuses(['-tls1_1', '-cipher', `DEFAULT:${weak}`], 'protocol version');
    await refuses(['-tls1', '-cipher', `DEFAULT:${weak}`], 'protocol version');
});

const suites = (kind) => [`ECDHE-${kind}-AES128-GCM-SHA256`, `ECDHE-${kind}-AES256-GCM-SHA384`, `ECDHE-${kind}-CHACHA20-POLY1305`];

async function agreesOnStrong(kind, key) {
    for (const suite of suites(kind)) await agrees(['-tls1_2', '-cipher', suite], new RegExp(`Cipher is ${suite}`));
    await agrees(['-tls1_3'], key);
    // Without forward secrecy, without authenticated encryption, without authentication, without encryption.
    for (const suite of [`AES128-GCM-SHA256:AES256-GCM-SHA384`, `ECDHE-${kind}-AES128-SHA256:ECDHE-${kind}-AES256-SHA384:ECDHE-${kind}-AES128-SHA`,
        'DHE+AESGCM:DHE', 'AES128-SHA:AES256-SHA', 'aNULL', 'eNULL', `ECDHE-${kind}-AES128-CCM8:CAMELLIA:ARIA`])
        await refuses(['-tls1_2', '-cipher', `${suite}:${weak}`], 'handshake failure');
}

test('only ciphers with forward secrecy and authenticated encryption, with an ECDSA key', () => agreesOnStrong('ECDSA', /Server public key is 256 bit/));

test('its order of ciphers counts, but a client without AES in hardware may have ChaCha20', async () => {
    const [aes128, aes256, chacha] = suites('ECDSA');
    await agrees(['-tls1_2', '-cipher', `${aes128}:${chacha}:${aes256}`], new RegExp(`Cipher is ${aes256}`));
    await agrees(['-tls1_2', '-cipher', `${chacha}:${aes128}:${aes256}`], new RegExp(`Cipher is ${chacha}`));
});

test('three groups', async () => {
    for (const [group, pattern] of [['X25519', /X25519/], ['P-256', /P-256|prime256v1/], ['P-384', /P-384|secp384r1/]])
        await agrees(['-tls1_3', '-groups', group], pattern);
    await refuses(['-tls1_3', '-groups', 'P-521:X448'], 'handshake failure');
});

test('HTTP/1.1 by ALPN, and who asks for others only is told so', async () => {
    await agrees(['-alpn', 'h2,http/1.1'], /ALPN protocol: http\/1\.1/);
    await agrees([], /No ALPN negotiated/);
    await refuses(['-alpn', 'h2,spdy/3'], 'no application protocol');
});

test('no renegotiation, no compression, no early data', async () => {
    const text = await client(['-tls1_2'], 'R\n');
    assert.match(text, /RENEGOTIATING/);
    assert.match(text, /no renegotiation/);
    assert.match(text, /Compression: NONE/);
    assert.match(text, /Secure Renegotiation IS supported/); // the extension, which keeps others from splicing handshakes
    assert.match(await client(['-tls1_3']), /Max Early Data: 0|Early data was not sent/);
});

test('sessions are resumed, and not under another certificate', async () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
        const file = join(folder, `session${version}`);
        await agrees([version, '-sess_out', file], /New, TLS/);
        await agrees([version, '-sess_in', file], /Reused, TLS/);
    }
    await swap('second');
    await agrees(['-tls1_3', '-sess_in', join(folder, 'session-tls1_3')], /New, TLS/);
});

// --- certificates that change ---------------------------------------------------------------------------------------
// A new connection with one answer: the name in the certificate it was shown.
function shown() {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(pairs.first.ca), checkServerIdentity: () => undefined }, () => {
            resolve(socket.getPeerCertificate().subject.CN);
            socket.destroy();
        });
        socket.once('error', reject);
    });
}

async function swap(name) {
    const before = countOf('tls_reloaded');
    use(name);
    process.kill(coordinator.pid, 'SIGHUP');
    await until(`${name} taken into use`, () => countOf('tls_reloaded') > before);
    assert.equal(await shown(), name);
}

async function metrics() {
    const { body } = await request('/metrics');
    const value = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1]);
    return {
        done: value('plenum_tls_reloads_total\\{outcome="done"\\}'),
        failed: value('plenum_tls_reloads_total\\{outcome="failed"\\}'),
        end: value('plenum_tls_certificate_not_after_timestamp_seconds'),
    };
}

// One request on a connection of its own.
function request(path) {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () =>
            socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
        let text = '';
        socket.setEncoding('utf8').on('data', (data) => { text += data; });
        socket.once('error', reject);
        socket.once('end', () => {
            const [head, body] = text.split(/\r\n\r\n(.*)/s);
            resolve({ head, body });
        });
    });
}

// Asks again and again on one connection, which is never made anew.
class Asker {
    constructor() {
        this.answers = 0;
        this.input = '';
        this.socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
            this.name = this.socket.getPeerCertificate().subject.CN;
            this.ask();
        });
        this.socket.setEncoding('utf8').on('data', (data) => {
            this.input += data;
            if (!this.input.endsWith('\r\n\r\nok\n')) return;
            this.lost ??= this.input.startsWith('HTTP/1.1 200 OK\r\n') ? undefined : this.input;
            this.input = '';
            this.answers++;
            setTimeout(() => this.ask(), 5);
        });
        this.socket.once('error', (error) => { this.lost ??= error.message; });
        this.socket.once('close', () => { this.lost ??= 'closed'; });
    }

    ask() {
        this.socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    }
}

test('twenty changes of certificate under fifty busy connections drop none', async () => {
    await swap('first');
    const before = await metrics();
    const askers = Array.from({ length: 50 }, () => new Asker());
    await until('all connected', () => askers.every(({ answers, lost }) => answers > 0 || lost));
    for (let i = 0; i < 20; i++) {
        const from = askers.map(({ answers }) => answers);
        await swap(i % 2 === 0 ? 'second' : 'first');
        await until('all asked on', () => askers.every(({ answers, lost }, j) => answers > from[j] + 1 || lost));
    }
    for (const { name, answers, lost, socket } of askers) {
        assert.equal(lost, undefined);
        assert.equal(name, 'first');
        assert.ok(answers > 20);
        socket.destroy();
    }
    const now = await metrics();
    assert.deepEqual({ done: now.done - before.done, failed: now.failed - before.failed }, { done: 20, failed: 0 });
    assert.ok(now.end > Date.now() / 1000 + 86_400 * 80 && now.end < Date.now() / 1000 + 86_400 * 91, `${now.end}`);
});

test('a pair that can not be used changes nothing, and says why', async () => {
    const before = await metrics();
    const asker = new Asker();
    const key = readFileSync(pairs.first.key, 'utf8'), cert = readFileSync(pairs.first.cert, 'utf8');
    const bad = {
        mixed: [cert, readFileSync(pairs.second.key, 'utf8'), /does not belong to the certificate/],
        kinds: [cert, readFileSync(pairs.rsa.key, 'utf8'), /does not belong to the certificate/],
        swapped: [key, cert, /not in PEM form/],
        cut: [cert.slice(0, 300), key, /not in PEM form/],
        chain: [cert.slice(0, -60), key, /not in PEM form/],
        empty: ['', '', /not in PEM form/],
        long: [`${'#'.repeat(70_000)}\n${cert}`, key, /larger than/],
        keyless: [cert, undefined, /key\.pem/],
        ended: [readFileSync(pairs.ended.cert), readFileSync(pairs.ended.key), /has ended/],
    };
    let failed = 0;
    for (const [name, [certText, keyText, reason]] of Object.entries(bad)) {
        const { cert: certPath, key: keyPath } = pairIn(join(folder, name));
        writeFileSync(certPath, certText);
        if (keyText !== undefined) writeFileSync(keyPath, keyText, { mode: 0o600 });
        use(name);
        process.kill(coordinator.pid, 'SIGHUP');
        await until(`${name} refused`, () => countOf('tls_reload_failed') > failed);
        failed = countOf('tls_reload_failed');
        const said = coordinator.log.split('\n').filter((line) => line.includes('tls_reload_failed')).at(-1);
        assert.match(JSON.parse(said).detail, reason, name);
        assert.equal(await shown(), 'first', name);
    }
    const now = await metrics();
    assert.equal(now.failed - before.failed, failed);
    assert.equal(now.end, before.end);
    assert.equal(asker.lost, undefined);
    asker.socket.destroy();
    assert.doesNotMatch(coordinator.log, /BEGIN|PRIVATE|MII/);
});

test('files that change are noticed without being told', async () => {
    const reloads = countOf('tls_reloaded');
    use('rsa');
    await until('the files were looked at', async () => (await shown()) === 'rsa');
    assert.equal(countOf('tls_reloaded'), reloads + 1);
});

test('only ciphers with forward secrecy and authenticated encryption, with an RSA key', () => agreesOnStrong('RSA', /Server public key is 2048 bit/));

// --- HSTS and the plain port ----------------------------------------------------------------------------------------
test('replies over TLS ask browsers to come by TLS only', async () => {
    for (const path of ['/livez', '/api/v1/nothing', '/'])
        assert.match((await request(path)).head, /\r\nStrict-Transport-Security: max-age=31536000\r\n/i, path);
});

test('the plain port sends readers to the public address, and does nothing else', async () => {
    const ask = async (text) => {
        const wire = new Wire(`http://127.0.0.1:${portOf('redirect_listen')}`);
        await wire.send(text);
        const reply = await wire.reply({ headOnly: text.startsWith('HEAD') });
        assert.ok(reply.headers['content-security-policy'], text);
        assert.equal(reply.headers['strict-transport-security'], undefined);
        assert.equal(reply.headers['cache-control'], 'no-store');
        return { ...reply, wire };
    };
    const away = { // the Host is the client's to choose, and never the place we send to
        '/': '/', '/a/b?c=d&e=%2F': '/a/b?c=d&e=%2F', '/%0d%0aX:y?': '/%0d%0aX:y?', '//evil.example/': '//evil.example/', 'http://evil.example/x?y': '/x?y',
    };
    for (const [target, path] of Object.entries(away))
        for (const method of ['GET', 'HEAD']) {
            const { status, headers, body, wire } = await ask(`${method} ${target} HTTP/1.1\r\nHost: evil.example\r\n\r\n`);
            assert.equal(status, 308, target);
            assert.equal(headers.location, `${PUBLIC_URL}${path}`);
            assert.equal(body, '');
            await wire.send('GET /again HTTP/1.1\r\nHost: x\r\n\r\n'); // kept alive
            assert.equal((await wire.reply()).headers.location, `${PUBLIC_URL}/again`);
            wire.close();
        }
    for (const text of [
        'POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
        'DELETE /api/v1/tokens/x HTTP/1.1\r\nHost: x\r\n\r\n',
        'GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n\r\n',
        'OPTIONS /livez HTTP/1.1\r\nHost: x\r\n\r\n',
    ]) {
        const { status, headers, body, wire } = await ask(text);
        assert.equal(status, 403, text);
        assert.equal(headers.location, undefined);
        assert.equal(headers['content-type'], 'application/problem+json');
        assert.match(JSON.parse(body).detail, /https/);
        assert.ok(await wire.isClosed());
        wire.close();
    }
    assert.equal((await ask('GET / HTTP/1.1\r\n\r\n')).status, 400); // framed as strictly as elsewhere
});

test('files of root alone are read, for a server that is not root', { skip: process.getuid() !== 0 && 'needs root' }, () => {
    const { mode, uid } = statSync(pairs.rsa.key);
    assert.deepEqual([mode & 0o777, uid], [0o600, 0]);
    assert.doesNotMatch(readFileSync(`/proc/${coordinator.pid}/status`, 'utf8'), /^Uid:.*\b0\b/m);
});
