// testssl.sh against a real coordinator: no finding of LOW or worse, nor a check that could not be made, but for what is
// named below with its reason.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { makeCertificate } from '../support/certificate.mjs';
import { startCoordinator } from '../support/coordinator.mjs';

const MINUTES = 15;
const exceptions = {
    'cert_revocation HIGH': 'a self-made certificate has no list of revocations',
    'engine_problem WARN': 'of the openssl that testssl.sh runs: no GOST ciphers, which we do not speak',
    'sessionresumption_ticket WARN': 'at times testssl.sh hangs up before the ticket comes; tests/http/tls.test.mjs waits for it, and resumes',
    'BREACH MEDIUM': 'the pages are compressed, once and before anybody asks; they hold no secret and nothing that a request says',
};

// What BREACH needs is an answer made for one person, and compressed.
function fieldsOf(port, path) {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () =>
            socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip, zstd, deflate\r\nConnection: close\r\n\r\n`));
        let text = '';
        socket.setEncoding('latin1').on('data', (data) => { text += data; });
        socket.once('end', () => resolve(text.split('\r\n\r\n')[0]));
        socket.once('error', reject);
    });
}

for (const kind of ['ec', 'rsa'])
    test(`testssl.sh finds nothing, with a key of kind ${kind}`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'plenum-soak-tls-'));
        const { cert, key, ca } = makeCertificate(folder, { kind });
        const coordinator = await startCoordinator({ env: { PLENUM_TLS_CERT: cert, PLENUM_TLS_KEY: key } });
        try {
            const { port } = new URL(coordinator.url);
            const file = join(folder, 'findings.json');
            const { status, stdout } = spawnSync('testssl', ['--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'none', '--ip', '127.0.0.1',
                '--add-ca', ca, '--jsonfile', file, `https://localhost:${port}/`], { encoding: 'utf8', timeout: MINUTES * 60_000, maxBuffer: 1 << 26 });
            assert.ok(status !== null, 'testssl.sh did not end in time');
            const findings = JSON.parse(readFileSync(file, 'utf8'));
            // It went through to its end, and looked at what it should.
            for (const wanted of ['TLS1_3', 'cert_chain_of_trust', 'HSTS_time', 'heartbleed', 'RC4', 'scanTime'])
                assert.ok(findings.some(({ id }) => id === wanted), `nothing of ${wanted}: ${stdout}`);
            const bad = findings.filter(({ id, severity }) => !['OK', 'INFO', 'DEBUG'].includes(severity) && !(`${id} ${severity}` in exceptions));
            assert.deepEqual(bad, []);
            assert.match(await fieldsOf(port, '/'), /\r\nContent-Encoding: br/i);
            for (const path of ['/api/v1/me', '/api/v1/projects', '/metrics'])
                assert.doesNotMatch(await fieldsOf(port, path), /\r\nContent-Encoding/i, path);
        } finally {
            await coordinator.stop();
            rmSync(folder, { recursive: true, force: true });
        }
    });
