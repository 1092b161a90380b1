// Several workers on one fit: the artefact is that of one alone, also when a helper, or who leads, is killed on the way.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { LONG, Worker, makeJudged, pause, until } from '../support/workers.mjs';

const DIMENSIONS = 64;
let server, project, alone;
const workers = [];
// The same numbers for the same response, whoever asks.
const embed = (i, n) => Array.from({ length: DIMENSIONS }, (_, d) => Math.sin(i * 12.9898 + n * 78.233 + d * 37.719) + (d === 0 ? n - 0.5 : 0));

before(async () => {
    server = await startCoordinator();
    for (const name of ['one', 'two', 'three']) workers.push((await new Worker(server, name).enrol()).start());
    project = await makeJudged(server, { items: 200, people: 120, each: 190, embed });
    alone = await settled(await ask({}));
    assert.equal(alone.state, 'done', alone.error);
});
after(async () => {
    for (const worker of workers) await worker.remove();
    await server?.stop();
});

async function ask(options) {
    const { status, body } = await server.api('POST', `/api/v1/projects/${project}/fits`, { key: true,
        body: { method: 'maxmin', options: { clusters: 3, restarts: LONG, ...options } } });
    assert.equal(status, 202, JSON.stringify(body));
    return body.id;
}

const look = async (id) => (await server.api('GET', `/api/v1/fits/${id}`)).body;
const settled = (id) => until(async () => {
    const now = await look(id);
    return ['done', 'failed', 'cancelled'].includes(now.state) && now;
}, 'the fit', 240_000);

const countIn = (text, event) => text.split(`"event":"${event}"`).length - 1;
const started = () => countIn(workers.map((one) => one.log).join(''), 'fit_started');
// Who leads and a helper compute; the third may still have been busy with what was before.
const fitting = (before) => until(() => started() >= before + 2, 'the fit under way');

test('three workers make what one makes', async () => {
    await pause(1000); // all are free
    const before = started();
    const together = await settled(await ask({ workers: 3 }));
    assert.equal(together.state, 'done', together.error);
    assert.equal(started() - before, 3);
    assert.equal(together.metrics.artefact, alone.metrics.artefact);
    assert.equal(Number(server.sql(`select count(*) from model where snapshot_hash = decode('${together.metrics.snapshot}', 'hex')`)), 2);
});

test('more workers than there are is as many as there are', async () => {
    const together = await settled(await ask({ workers: 16 }));
    assert.equal(together.metrics.artefact, alone.metrics.artefact);
    for (const workers_ of [0, 17, 'two']) {
        const { status, body } = await server.api('POST', `/api/v1/projects/${project}/fits`, { key: true, body: { method: 'maxmin', options: { workers: workers_ } } });
        assert.equal(status, 422);
        assert.equal(body.errors[0].pointer, '/options/workers');
    }
});

// The newest job that the worker took: does it lead (rank 0) or help?
const rankOf = (worker) => Number(/"rank":(\d+)/.exec(worker.log.split('\n').findLast((line) => line.includes('"job_taken"')) ?? '')?.[1]);
const busy = () => workers.filter((one) => one.log.lastIndexOf('"job_taken"') > Math.max(one.log.lastIndexOf('"job_done"'), one.log.lastIndexOf('"job_cancelled"')));

test('a helper that is killed is done without', async () => {
    for (const wait of [0, 700]) {
        const before = started();
        const id = await ask({ workers: 3 });
        await fitting(before);
        await pause(wait);
        const helper = busy().find((one) => rankOf(one) > 0);
        await helper.kill();
        const done = await settled(id);
        assert.equal(done.state, 'done', done.error);
        assert.equal(done.metrics.artefact, alone.metrics.artefact);
        assert.equal(Number(server.sql(`select attempts from job where object_id = (select fit_id from fit order by created_at desc limit 1)`)), 1);
        helper.log = '';
        helper.start();
        await until(() => helper.saw('linked'), 'the helper is back');
    }
});

test('when who leads is killed, others begin again', async () => {
    const before = started();
    const id = await ask({ workers: 3 });
    await fitting(before);
    const leader = busy().find((one) => rankOf(one) === 0);
    await leader.kill();
    const done = await settled(id);
    assert.equal(done.state, 'done', done.error);
    assert.equal(done.metrics.artefact, alone.metrics.artefact);
    leader.log = '';
    leader.start();
    await until(() => leader.saw('linked'), 'it is back');
});

test('a fit that is cancelled lets all of them go', async () => {
    const before = started();
    const id = await ask({ workers: 3 });
    await fitting(before);
    assert.equal((await server.api('DELETE', `/api/v1/fits/${id}`)).status, 200);
    const next = await settled(await ask({ workers: 3 }));
    assert.equal(next.metrics.artefact, alone.metrics.artefact);
});
