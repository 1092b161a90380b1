// What the coordinator keeps once it has worked: the memory of an import, a fit, a score and exports is given back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCoordinator } from '../support/coordinator.mjs';
import { exportFiles, importFile, makeProject, plenum, realData } from '../support/dataset.mjs';
import { Worker } from '../support/workers.mjs';

const ratings = realData('popquorn/offensiveness.csv');
const pairs = realData('helpful-vs-harmless/helpful.jsonl.gz');
const map = fileURLToPath(new URL('popquorn.map.json', import.meta.url));
const skip = ((ratings === undefined || pairs === undefined) && 'the real data are not here (../shared/data or PLENUM_TEST_DATA)')
    || (process.env.PLENUM_BUILD?.includes('san') && 'a sanitizer keeps what is freed');

test('idle after work: less than 25 MB resident', { skip }, async (t) => {
    const server = await startCoordinator();
    t.after(() => server.stop());
    const worker = (await new Worker(server, 'one').enrol()).start();
    t.after(() => worker.remove());
    const studies = [[ratings, 'maxmin', { kind: 'rating', dimensions: ['offensiveness'] }, '--format', 'csv', '--map', map],
        [pairs, 'pooled', { kind: 'pairwise' }, '--format', 'hh', '--pairs-per-annotator', '50']];
    for (const [file, method, task, ...how] of studies) {
        const project = await makeProject(server, { name: 'memory', task });
        await importFile(server, project, file, ...how);
        const { status, out, err } = await plenum(server, 'fit', '--project', project, '--method', method, '--quiet');
        assert.equal(status, 0, err);
        const candidates = ['One answer.', 'Another one, at length.'];
        assert.equal((await server.api('POST', '/api/v1/score', { body: { model: JSON.parse(out).model_id, candidates } })).status, 200);
        await exportFiles(server, project, 'plenum,trl,csv');
    }
    const resident = () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
    // A model that has scored keeps its memory for ten seconds more.
    for (let i = 0; i < 150 && resident() >= 25e6; i++) await new Promise((done) => setTimeout(done, 100));
    if (process.env.SAY) console.error(resident() / 1e6);
    assert.ok(resident() < 25e6, `${(resident() / 1e6).toFixed(1)} MB`);
});
