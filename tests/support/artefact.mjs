// Models for tests and measurements of scoring, written and put in their place without a fit: an artefact's bytes as
// reward/artefact.h lays them out, and the rows that a registry would have made.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idOf, uuidOf } from './ids.mjs';
import { randomUUID } from 'node:crypto';

const align = (offset) => Math.ceil(offset / 64) * 64;
const head = (given) => ({ attribute: '', served: false, tau: 1, centre: 0, share: 0, shrinkage: 0, n_annotators: 0, n_judgments: 0, ...given });

// `rows`: {feature: [a weight for each head]} for some features, or a function (feature, head) for all. `heads` as the header has
// them; the first is the pooled one.
export function makeArtefact({ method = 'group', features = 'embedding', dimensions, normalise = false, supported = true, seed = '1', heads, rows, jury }) {
    const indices = typeof rows === 'function' ? null : Object.keys(rows).map(Number).sort((a, b) => a - b);
    const n_rows = indices === null ? dimensions : indices.length;
    const header = Buffer.from(JSON.stringify({ method, features, n_dimensions: dimensions, normalise, supported, seed, snapshot: '0'.repeat(64),
        heads: heads.map(head), ...(jury ? { jury } : {}) }));
    const indexAt = indices === null ? 0 : align(64 + header.length);
    const weightsAt = indices === null ? align(64 + header.length) : align(indexAt + 4 * n_rows);
    const size = weightsAt + 4 * n_rows * heads.length + 32;
    const bytes = Buffer.alloc(size);
    bytes.write('PLNMART');
    bytes.writeUInt32LE(1, 8);
    bytes.writeUInt32LE(header.length, 12);
    bytes.writeBigUInt64LE(BigInt(size), 16);
    bytes.writeBigUInt64LE(BigInt(indexAt), 24);
    bytes.writeBigUInt64LE(BigInt(weightsAt), 32);
    bytes.writeUInt32LE(n_rows, 40);
    bytes.writeUInt32LE(heads.length, 44);
    header.copy(bytes, 64);
    for (let row = 0; row < n_rows; row++) {
        if (indices !== null) bytes.writeUInt32LE(indices[row], indexAt + 4 * row);
        for (let h = 0; h < heads.length; h++) {
            bytes.writeFloatLE(indices === null ? rows(row, h) : rows[indices[row]][h], weightsAt + 4 * (row * heads.length + h));
        }
    }
    createHash('sha256').update(bytes.subarray(0, size - 32)).digest().copy(bytes, size - 32);
    return bytes;
}

export const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

// Puts models of one project into the registry; `list` holds {bytes, hash?, stored?, file?}: what its artefact's name is, the bytes
// that the database has (null: none), and those of the file (null: none). Gives their ids.
export function installModels(server, project, list, { method = 'group' } = {}) {
    const shard = server.sql(`select shard_key from project where project_id = '${uuidOf(project)}'`);
    const ids = [];
    const rows = list.map(({ bytes, hash = hashOf(bytes), stored = bytes, file = bytes }) => {
        const [model, fit] = [randomUUID(), randomUUID()];
        ids.push(idOf(shard, model));
        if (file !== null) writeFileSync(join(server.dataFolder, 'artefacts', hash), file, { mode: 0o644 });
        return { model, fit, hash, size: bytes.length, stored };
    });
    for (let from = 0; from < rows.length; from += 20) {
        const some = rows.slice(from, from + 20);
        server.sql(`
            insert into fit (shard_key, fit_id, method, state, model_id, requested_by)
                values ${some.map((r) => `(${shard}, '${r.fit}', '${method}', 'done', '${r.model}', '${r.fit}')`).join(',')};
            insert into model (shard_key, model_id, fit_id, method, artefact_hash, size, snapshot_hash, card)
                values ${some.map((r) => `(${shard}, '${r.model}', '${r.fit}', '${method}', '\\x${r.hash}', ${r.size}, '\\x${'00'.repeat(32)}', '{"all": {}}')`).join(',')};
            ${some.filter((r) => r.stored !== null && r.stored.length < 4096).map((r) => `insert into model_bytes (shard_key, model_id, chunk, bytes)
                values (${shard}, '${r.model}', 0, '\\x${r.stored.toString('hex')}');`).join('\n')}`);
    }
    return ids;
}

export const base64 = (numbers) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');
