// A worker whose memory is smaller than a study's embeddings: what does not fit lies in files, and the model has the same bytes.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { Worker, makeJudged, until } from '../support/workers.mjs';

const DIMENSIONS = 2048; // 300 items of two responses: 4.7 MiB
let server, project;
before(async () => {
    server = await startCoordinator();
    project = await makeJudged(server, { embed: (i, n) => Array.from({ length: DIMENSIONS }, (_, d) => Math.sin(i * 12.9898 + n * 78.233 + d * 37.719)) });
});
after(async () => server?.stop());

async function fitBy(t, settings) {
    const worker = (await new Worker(server, 'one', settings).enrol()).start();
    t.after(() => worker.remove());
    const { body } = await server.api('POST', `/api/v1/projects/${project}/fits`, { key: true, body: { method: 'pooled' } });
    const done = await until(async () => {
        const { body: now } = await server.api('GET', `/api/v1/fits/${body.id}`);
        return ['done', 'failed'].includes(now.state) && now;
    }, 'the fit');
    const keys = readdirSync(join(worker.folder, 'keys'));
    await worker.kill('SIGTERM');
    return { done, keys };
}

test('in memory, and in files', async (t) => {
    const { done: memory } = await fitBy(t, []);
    assert.equal(memory.state, 'done', memory.error);
    const { done: files, keys } = await fitBy(t, ['--memory-mb', '1', '--cache-mb', '64']);
    assert.equal(files.state, 'done', files.error);
    assert.equal(files.metrics.artefact, memory.metrics.artefact);
    assert.deepEqual(keys.sort(), ['ca.crt', 'worker.pem']); // the files have no names
});

test('where there is room for neither, it says so', async (t) => {
    const { done } = await fitBy(t, ['--memory-mb', '1', '--cache-mb', '0']);
    assert.equal(done.state, 'failed');
    assert.match(done.error, /larger than|needs more than/);
});
