// A thousand artefacts, each with one flipped byte, on their way to the scorer: on this machine's disk, in the database, or both.
// None ever scores, each is told of, and the model that was good serves on all the while. A file that is damaged while the database
// has the right bytes heals.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hashOf, installModels, makeArtefact } from '../support/artefact.mjs';
import { startCoordinator } from '../support/coordinator.mjs';

const TRIED = 1000;
let server;
let project;
const heads = [{ value: 'all', n_annotators: 30, n_judgments: 300 }, { attribute: 'region', value: 'north', served: true, share: 0.5 }, { attribute: 'region', value: 'south', served: true, share: 0.5 }];
const artefact = (seed) => makeArtefact({ dimensions: 8, heads, seed: String(seed), rows: (feature, h) => ((feature * 7 + h * 3) % 5) - 2 });
const candidates = [{ embedding: [1, 2, 3, 4, 5, 6, 7, 8] }, { embedding: [8, 7, 6, 5, 4, 3, 2, 1] }];
const score = (model) => server.api('POST', '/api/v1/score', { body: { model, candidates } });

before(async () => {
    server = await startCoordinator();
    ({ body: { id: project } } = await server.api('POST', '/api/v1/projects', { body: { name: 'flips', task: { kind: 'pairwise' } } }));
});
after(() => server.stop());

test('a thousand flipped bytes are refused, and the last good model serves on', async () => {
    const [good] = installModels(server, project, [{ bytes: artefact(0) }]);
    const before = await score(good);
    assert.equal(before.status, 200);
    const flipped = Array.from({ length: TRIED }, (_, i) => {
        const bytes = artefact(i + 1);
        const damaged = Buffer.from(bytes);
        damaged[Math.floor((i * bytes.length) / TRIED)] ^= 1 << i % 8; // every part of the file: preamble, header, weights, its own hash
        const stored = i % 3 === 0 ? null : damaged; // the database has none, or the same damage
        return { bytes, hash: hashOf(bytes), stored, file: i % 3 === 1 ? null : damaged };
    });
    const ids = installModels(server, project, flipped);
    for (let from = 0; from < ids.length; from += 20) {
        const answers = await Promise.all([good, ...ids.slice(from, from + 20)].map(score));
        assert.equal(answers[0].status, 200);
        assert.deepEqual(answers[0].body, before.body);
        for (const [i, { status, body }] of answers.slice(1).entries()) {
            assert.equal(status, 500, `flip ${from + i}: ${JSON.stringify(body)}`);
            assert.match(body.detail, /damaged: its bytes are not those that were registered/);
        }
    }
    // In the caller's shape, too; and nothing that was on its way is left.
    const rerank = await server.api('POST', '/rerank', { body: { model: ids[7], query: 'q', documents: candidates } });
    assert.deepEqual([rerank.status, rerank.body.error.code], [500, 500]);
    assert.deepEqual(readdirSync(join(server.dataFolder, 'artefacts')).filter((name) => name.includes('.')), []);
    assert.deepEqual((await score(good)).body, before.body);
});

test('a damaged file heals from the database', async () => {
    const bytes = artefact(5000);
    const damaged = Buffer.from(bytes);
    damaged[damaged.length - 40] ^= 4;
    const [model] = installModels(server, project, [{ bytes, stored: bytes, file: damaged }]);
    assert.equal((await score(model)).status, 200);
    assert.deepEqual(readFileSync(join(server.dataFolder, 'artefacts', hashOf(bytes))), bytes);
});

test('a file that is cut, empty or another\'s is refused', async () => {
    const bytes = artefact(6000);
    const others = [bytes.subarray(0, bytes.length - 1), Buffer.alloc(0), artefact(6001), Buffer.from('PLNMART')];
    const ids = installModels(server, project, others.map((file, i) => {
        const own = artefact(7000 + i);
        return { bytes: own, hash: hashOf(own), stored: null, file };
    }));
    for (const id of ids) assert.equal((await score(id)).status, 500);
});
