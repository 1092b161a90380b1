// Self-made certificates by the openssl command, for tests and measurements: a small authority, and what it signs.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const newKey = (kind) => (kind === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);

// In `folder`: {ca, caKey}, files.
export function makeAuthority(folder) {
    const ca = join(folder, 'ca.pem'), caKey = join(folder, 'ca.key');
    openssl('req', '-x509', ...newKey('ec'), '-noenc', '-keyout', caKey, '-out', ca, '-days', '30', '-subj', '/CN=Plenum test authority',
        '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
    return { ca, caKey };
}

// A folder for a pair, made: {cert, key}, files that are not there yet.
export function pairIn(folder) {
    mkdirSync(folder, { recursive: true });
    return { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
}

// Such a pair (the key 0600) for localhost and 127.0.0.1, with the file `ca` that vouches for it. `kind`: 'ec' or 'rsa';
// `name`: the common name, by which a test tells one from the other.
export function makeCertificate(folder, { name = 'localhost', kind = 'ec', days = 90, authority } = {}) {
    const { cert, key } = pairIn(folder);
    const { ca, caKey } = authority ?? makeAuthority(folder);
    const request = join(folder, 'request'), extensions = join(folder, 'extensions');
    openssl('req', '-new', ...newKey(kind), '-noenc', '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\nkeyUsage=critical,digitalSignature\n' +
        'extendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n');
    writeFileSync(cert, openssl('x509', '-req', '-in', request, '-CA', ca, '-CAkey', caKey, '-CAcreateserial',
        '-days', String(days), '-sha256', '-extfile', extensions) + openssl('x509', '-in', ca));
    chmodSync(key, 0o600);
    return { cert, key, ca };
}
