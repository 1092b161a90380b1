// What somebody with a dump of the database and the folder of keys can read: every key tried on everything that is sealed,
// without asking whom it was sealed for. XChaCha20 by its definition (draft-irtf-cfrg-xchacha), for Node has none.
import { createDecipheriv } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const HEAD_BYTES = 1 + 8;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export const dump = (server) => execFileSync('pg_dump',
    ['-h', join(server.dataFolder, 'run'), '-p', '5432', '-U', 'plenum_owner', '-d', 'plenum', '--data-only'],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });

const filesOf = (folder) => readdirSync(folder).map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesOf(path) : [path]));
const keysOf = (server) => filesOf(join(server.dataFolder, 'keys')).map((path) => readFileSync(path)).filter((key) => key.length === KEY_BYTES);

function hchacha(key, nonce) {
    const s = new Uint32Array(16);
    s.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    for (let i = 0; i < 8; i++) s[4 + i] = key.readUInt32LE(4 * i);
    for (let i = 0; i < 4; i++) s[12 + i] = nonce.readUInt32LE(4 * i);
    const turn = (a, b, c, d) => {
        for (const [x, y, z, n] of [[a, b, d, 16], [c, d, b, 12], [a, b, d, 8], [c, d, b, 7]]) {
            s[x] += s[y];
            const mixed = s[z] ^ s[x];
            s[z] = (mixed << n) | (mixed >>> (32 - n));
        }
    };
    for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 4; i++) turn(i, 4 + i, 8 + i, 12 + i);
        for (let i = 0; i < 4; i++) turn(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
    }
    const out = Buffer.alloc(KEY_BYTES);
    [0, 1, 2, 3, 12, 13, 14, 15].forEach((word, i) => out.writeUInt32LE(s[word], 4 * i));
    return out;
}

function decrypt(key, sealed) {
    const nonce = sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
    const iv = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), nonce.subarray(16)]); // counter, then the rest of the nonce
    return createDecipheriv('chacha20', hchacha(key, nonce), iv).update(sealed.subarray(HEAD_BYTES + NONCE_BYTES, -TAG_BYTES));
}

// Every JSON object that opens, as text, in order.
export function readable(server, dumped) {
    const found = new Set();
    for (const [, hex] of dumped.matchAll(/\\\\x([0-9a-f]{100,})/g)) {
        for (const key of keysOf(server)) {
            const text = decrypt(key, Buffer.from(hex, 'hex')).toString();
            try {
                if (text.startsWith('{') && JSON.parse(text)) found.add(text);
            } catch {
                // not this key
            }
        }
    }
    return [...found].sort();
}
