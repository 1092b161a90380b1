// The log as a stranger sees it: signed checkpoints, proofs and tiles that Node's own crypto can check, and the offline
// verifier with good and with spoilt evidence.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, startCoordinator } from '../support/coordinator.mjs';
import { change, claimsOf, makeCommunity, makeMembers, propose, until, vote } from '../support/community.mjs';

let server;
let folder;
before(async () => {
    server = await startCoordinator();
    folder = await mkdtemp(join(tmpdir(), 'plenum-audit-'));
});
after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
});

const get = (path) => server.api('GET', path, { token: null });
const bytes = async (path) => {
    const response = await fetch(new URL(path, server.url));
    return { status: response.status, body: Buffer.from(await response.arrayBuffer()), headers: response.headers };
};
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
const leafOf = (entry) => sha256([0], entry);
const nodeOf = (left, right) => sha256([1], left, right);
// MTH of RFC 6962 as it is written.
function rootOf(leaves) {
    if (leaves.length === 0) return sha256([]);
    if (leaves.length === 1) return leaves[0];
    const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
    return nodeOf(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

async function logKey() {
    const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(\S+)\n$/.exec((await get('/audit/key')).body);
    const raw = Buffer.from(key, 'base64');
    assert.equal(raw[0], 1);
    assert.equal(sha256(name, '\n', raw).subarray(0, 4).toString('hex'), id);
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]);
    return { name, id, key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
}

async function checkpoint(note) {
    const { name, id, key } = await logKey();
    const [, text, line] = /^([\s\S]*\n)\n(\u2014 .*)\n$/.exec(note);
    const [, signer, encoded] = line.split(' ');
    const signature = Buffer.from(encoded, 'base64');
    assert.equal(signer, name);
    assert.equal(signature.subarray(0, 4).toString('hex'), id);
    assert.ok(verifySignature(null, Buffer.from(text), key, signature.subarray(4)), 'the signature holds');
    const [origin, size, root] = text.split('\n');
    assert.equal(origin, name);
    return { size: Number(size), root: Buffer.from(root, 'base64') };
}

const settle = () => until('the log has taken everything', () =>
    server.sql("select (select count(*) from log_outbox) = 0 and coalesce((select max(size) from log_checkpoint), 0) = " +
        '(select count(*) from log_entry)') === 't');

test('what power does is logged, and the checkpoint signs exactly what is there', async () => {
    const community = await makeCommunity(server);
    await settle();
    const signed = await checkpoint((await get('/audit/checkpoint')).body);
    const entries = server.sql('select entry from log_entry order by sequence').split('\n');
    assert.equal(signed.size, entries.length);
    assert.deepEqual(signed.root, rootOf(entries.map(leafOf)));
    const ours = entries.map(JSON.parse).filter((entry) => entry.community === community).map((entry) => entry.type);
    assert.deepEqual(ours, ['community', 'constitution']);
    await until('the copy beside the database', () => {
        try {
            return readFileSync(join(server.dataFolder, 'checkpoint'), 'utf8').split('\n')[1] === String(signed.size);
        } catch {
            return false;
        }
    });
});

test('a log of hundreds: tiles and proofs from both ends and the middle', async () => {
    server.sql(`insert into log_outbox (shard_key, entry_id, entry)
        select 1, gen_random_uuid(), '{"n":' || n || ',"type":"test"}' from generate_series(1, 700) n`);
    await settle();
    const { size, root } = await checkpoint((await get('/audit/checkpoint')).body);
    assert.ok(size > 700);
    // Hash tiles, whole and partial; entry tiles.
    const leaves = [];
    const entries = [];
    for (let n = 0; n * 256 < size; n++) {
        const width = Math.min(256, size - n * 256);
        const suffix = width === 256 ? '' : `.p/${width}`;
        const tile = await bytes(`/audit/tile/0/${String(n).padStart(3, '0')}${suffix}`);
        assert.equal(tile.status, 200);
        assert.equal(tile.body.length, 32 * width);
        assert.match(tile.headers.get('cache-control'), /immutable/);
        for (let i = 0; i < width; i++) leaves.push(tile.body.subarray(32 * i, 32 * i + 32));
        const bundle = await bytes(`/audit/tile/entries/${String(n).padStart(3, '0')}${suffix}`);
        for (let at = 0; at < bundle.body.length;) {
            const length = bundle.body.readUInt16BE(at);
            entries.push(bundle.body.subarray(at + 2, at + 2 + length));
            at += 2 + length;
        }
    }
    assert.equal(leaves.length, size);
    assert.equal(entries.length, size);
    entries.forEach((entry, i) => assert.deepEqual(leafOf(entry), leaves[i]));
    assert.deepEqual(rootOf(leaves), root);
    const upper = await bytes(`/audit/tile/1/000.p/${Math.floor(size / 256)}`);
    assert.deepEqual(upper.body.subarray(0, 32), rootOf(leaves.slice(0, 256)));
    for (const i of [0, 1, 255, 256, 400, 511, size - 2, size - 1]) {
        for (const ask of [`?leaf_hash=${leaves[i].toString('hex')}`, `/${leaves[i].toString('hex')}`]) {
            const { status, body } = await get(`/audit/proof${ask}`);
            assert.equal(status, 200);
            assert.equal(body.sequence, i);
            assert.equal(body.tree_size, size);
            let hash = leaves[i];
            let [fn, sn] = [i, size - 1];
            for (const hex of body.hashes) {
                const other = Buffer.from(hex, 'hex');
                if (fn % 2 === 1 || fn === sn) {
                    hash = nodeOf(other, hash);
                    while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
                } else {
                    hash = nodeOf(hash, other);
                }
                [fn, sn] = [fn >> 1, sn >> 1];
            }
            assert.deepEqual(hash, root);
        }
    }
});

test('what is not there, and how it may not be asked for', async () => {
    for (const path of ['/audit/tile/0/999', '/audit/tile/0/000.p/0', '/audit/tile/0/000.p/256', '/audit/tile/0/0', '/audit/tile/8/000',
        '/audit/tile/9x/000', '/audit/tile/0/x000/000', '/audit/tile/entries/999', '/audit/tile/0/000.p/1/1']) {
        const answer = await get(path);
        assert.equal(answer.status, 404, path);
        assert.match(answer.headers.get('cache-control'), /no-store/);
    }
    assert.equal((await get('/audit/proof')).status, 422);
    assert.equal((await get('/audit/proof?entry=x')).status, 422);
    assert.equal((await get('/audit/proof?leaf_hash=00')).status, 422);
    assert.equal((await get(`/audit/proof?leaf_hash=${'0'.repeat(64)}`)).status, 404);
    assert.equal((await get('/audit/proof?entry=00000000-0000-7000-8000-000000000000')).status, 404);
});

const run = (...args) => new Promise((done) => {
    execFile(join(build, 'plenum'), args, (error, stdout, stderr) => done({ code: error ? error.code : 0, stdout, stderr }));
});

test('plenum verify, offline: a vote is where its receipt says', async () => {
    const community = await makeCommunity(server);
    const [one, two] = await makeMembers(server, community, 2);
    const opened = await propose(server, community, one, [change('tone', 'Be kind.')]);
    const receipt = (await vote(server, opened.body.id, one, 'yes')).body.receipt;
    const other = (await vote(server, opened.body.id, two, 'no')).body.receipt;
    await settle();
    const file = (name, content) => {
        const path = join(folder, name);
        writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
        return path;
    };
    const proof = (await get(`/audit/proof?entry=${claimsOf(receipt).entry}`)).body;
    const key = file('key', (await get('/audit/key')).body);
    const good = { '--key': key, '--checkpoint': file('checkpoint', (await get('/audit/checkpoint')).body),
        '--proof': file('proof', proof), '--receipt': file('receipt', `${receipt}\n`) };
    const verify = (flags) => run('verify', ...Object.entries(flags).filter(([, path]) => path).flat());
    const all = await verify(good);
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, /the logged commitment is to "yes"/);
    assert.match(all.stdout, /\nverified\n$/);
    assert.equal((await verify({ ...good, '--checkpoint': null })).code, 0, 'the proof brings its own');
    assert.equal((await verify({ '--key': key, '--receipt': good['--receipt'] })).code, 0);

    const flip = (text) => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const spoilt = [
        [{ '--receipt': file('other', other) }, /another entry/],
        [{ '--receipt': file('bent', receipt.replace(/.{9}\./, 'AAAAAAAAA.')) }, /not signed/],
        [{ '--receipt': file('none', 'nothing') }, /not a receipt/],
        [{ '--proof': file('entry', { ...proof, entry: proof.entry.replace('ballot', 'ballet') }) }, /does not lead/],
        [{ '--proof': file('place', { ...proof, sequence: proof.sequence + 1 }) }, /does not lead/],
        [{ '--proof': file('path', { ...proof, hashes: [flip(proof.hashes[0]), ...proof.hashes.slice(1)] }) }, /does not lead/],
        [{ '--proof': file('short', { ...proof, hashes: proof.hashes.slice(1) }) }, /does not lead/],
        [{ '--proof': file('note', { ...proof, checkpoint: proof.checkpoint.replace(/\n\d/, '\n9') }) }, /signature/],
        [{ '--checkpoint': file('torn', proof.checkpoint.slice(0, -10)) }, /note|signature/],
        [{ '--key': file('stranger', 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW') }, /not signed/],
        [{ '--key': file('broken', 'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW') }, /key/],
        [{ '--proof': join(folder, 'absent') }, /absent/],
    ];
    for (const [flags, words] of spoilt) {
        const answer = await verify({ ...good, ...flags });
        assert.equal(answer.code, 1, JSON.stringify(flags) + answer.stdout);
        assert.match(answer.stderr, words);
        assert.doesNotMatch(answer.stdout, /^verified$/m);
    }
    assert.equal((await run('verify', 'words')).code, 2);
});

test('plenum verify, offline: what was seen before is still there', async () => {
    await settle();
    const older = (await get('/audit/checkpoint')).body;
    const { size } = await checkpoint(older);
    await makeCommunity(server);
    await settle();
    const answer = await get(`/audit/consistency?from=${size}`);
    assert.equal(answer.status, 200);
    assert.ok(answer.body.tree_size > size);
    const file = (name, content) => {
        const path = join(folder, name);
        writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
        return path;
    };
    const key = file('key', (await get('/audit/key')).body);
    const verify = (before, proof) => run('verify', '--key', key, '--older', before, '--consistency', proof);
    const good = [file('older', older), file('consistency', answer.body)];
    const all = await verify(...good);
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, new RegExp(`the ${size} entries seen before are its first ones`));
    const other = (await get(`/audit/consistency?from=${size - 1}`)).body;
    assert.match((await verify(good[0], file('other', other))).stderr, /taken back/);
    assert.match((await verify(good[0], file('torn', { ...answer.body, hashes: answer.body.hashes.slice(1) }))).stderr, /taken back/);
    assert.equal((await run('verify', '--key', key, '--older', good[0])).code, 1);
    for (const from of ['0', '-1', 'x', String(answer.body.tree_size + 1000)])
        assert.equal((await get(`/audit/consistency?from=${from}`)).status, 422);
    assert.equal((await get('/audit/consistency')).status, 422);
    assert.deepEqual((await get(`/audit/consistency?from=${answer.body.tree_size}`)).body.hashes, []);
});

test('a database set back behind its checkpoint is not signed over', async () => {
    const kept = server.sql('select max(size) from log_checkpoint');
    await settle();
    await server.kill();
    await server.restart();
    // The newest entry and its checkpoint vanish, as from an old backup.
    server.sql(`delete from log_checkpoint where size > ${kept} - 5; delete from log_entry where sequence >= ${kept} - 5;
        insert into log_outbox (shard_key, entry_id, entry) values (1, gen_random_uuid(), '{"type":"forked"}')`);
    await server.kill();
    await server.restart();
    await until('it says so', () => /audit_log_set_back/.test(server.log));
    assert.equal(server.sql("select count(*) from log_entry where entry like '%forked%'"), '0');
});

test('plenum constitution loads into a community by name, and shows it', async () => {
    const path = new URL('../../demo/constitution.json', import.meta.url).pathname;
    const at = ['--url', server.url, '--token', server.adminToken, '--community', 'By name'];
    const loaded = await run('constitution', 'load', ...at, path);
    assert.equal(loaded.code, 0, loaded.stderr);
    const { community_id: id, version } = JSON.parse(loaded.stdout);
    assert.equal(version, 1);
    assert.equal(JSON.parse((await run('constitution', 'load', ...at, path)).stdout).community_id, id, 'the same again');
    const shown = JSON.parse((await run('constitution', 'show', ...at)).stdout);
    assert.equal(shown.community.id, id);
    assert.equal((await run('constitution', 'show', ...at.slice(0, -1), 'Nobody')).code, 1);
    assert.equal((await run('constitution')).code, 2);
});
