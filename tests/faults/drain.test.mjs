// SIGTERM: what was accepted is answered whole, what was not is refused before anything was sent, and the process is gone
// within ten seconds whatever hangs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeExport } from '../support/dataset.mjs';
import { pause, restartUnderLoad } from '../support/drain.mjs';
import { LONG, Worker, makeJudged } from '../support/workers.mjs';

test('six restarts under load cut no request', { timeout: 240_000 }, async (t) => {
    const server = await startCoordinator();
    t.after(() => server.stop());
    const seen = await restartUnderLoad(server, { restarts: 6 });
    t.diagnostic(JSON.stringify(seen));
});

const STOP_S = 4;
const until = (done, ms = 60_000) => new Promise((ok, fail) => {
    const end = Date.now() + ms;
    const look = async () => ((await done()) ? ok() : Date.now() > end ? fail(new Error('not within the time')) : setTimeout(look, 20));
    look();
});

// Sends SIGTERM and gives how long it took, in seconds.
async function timed(server) {
    const began = performance.now();
    assert.equal(await server.terminate(), 0, server.log);
    return (performance.now() - began) / 1000;
}

const wire = (server) => new Promise((done) => {
    const socket = connect(new URL(server.url).port, '127.0.0.1', () => done(socket));
    socket.input = '';
    socket.setEncoding('latin1').on('data', (text) => { socket.input += text; }).on('error', () => {});
});

test('a client that stalls, one that reads slowly and a worker in a fit do not hold the end up', { timeout: 320_000 }, async (t) => {
    const server = await startCoordinator({ env: { PLENUM_STOP_SECONDS: String(STOP_S) } });
    const worker = new Worker(server, 'only');
    t.after(async () => {
        await worker.remove();
        await server.stop();
    });
    await worker.enrol();
    const project = await makeJudged(server);
    // Files of an export larger than the sockets' buffers, and of an item that repeats well.
    const item = { prompt: 'long', responses: [{ content: 'a '.repeat(60_000) }, { content: 'b '.repeat(60_000) }] };
    const lines = Array.from({ length: 80 }, (_, i) => JSON.stringify({ ...item, prompt: `long ${i}` }));
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/items`, { body: lines.join('\n') })).body.accepted, 80);
    server.sql(`insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown,
            guideline_version, idempotency_key, request_hash, receipt)
        select i.shard_key, gen_random_uuid(), 1, gen_random_uuid(), i.item_id, 0, p.participant_id, 'left', '{0,1}', 1, gen_random_uuid(), sha256('x'), 'r'
        from item i, (select participant_id from participation where source_id is not null limit 1) p where i.prompt::text like '%long%'`);
    const exported = await makeExport(server, project, { formats: ['trl'] });
    const file = exported.manifest.files.reduce((a, b) => (a.size > b.size ? a : b));
    assert.ok(file.size > 8 * 1024 * 1024, `${file.name} has ${file.size} bytes`);
    worker.start();
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/fits`, { body: { method: 'maxmin', options: { restarts: LONG } } })).status, 202);
    await until(() => worker.saw('fit_started'));

    const authorization = `Authorization: Bearer ${server.adminToken}`;
    const stalling = await wire(server);
    stalling.write(`POST /api/v1/projects HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    const half = await wire(server);
    half.write('GET /livez HTTP/1.1\r\nHo');
    const slow = await wire(server);
    slow.write(`GET /api/v1/exports/${exported.id}/files/${file.name} HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`);
    await until(() => slow.input.length > 0);
    slow.pause();
    const events = await wire(server);
    events.write(`GET /api/v1/projects/${project}/events HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`);
    await until(() => /\ndata: /.test(events.input));
    // One that is waited for: the rest of its body comes while all is coming to its end.
    const finishing = await wire(server);
    const body = JSON.stringify({ name: 'at the end', task: { kind: 'pairwise' } });
    finishing.write(`POST /api/v1/projects HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
    const idle = await wire(server);
    idle.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => idle.input.endsWith('ok\n'));
    setTimeout(() => idle.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'), 300);
    setTimeout(() => finishing.write(body.slice(9)), 900);
    const took = await timed(server);
    assert.ok(took < STOP_S, `it took ${took} s`);
    assert.match(finishing.input, /^HTTP\/1\.1 201 .*\r\nConnection: close\r\n.*"id":/s);
    assert.match(events.input, /\r\n0\r\n\r\n$/, 'a stream of events ends whole');
    assert.match(idle.input, /ok\nHTTP\/1\.1 200 .*\r\nConnection: close\r\n.*ok\n$/s, 'a late request on an idle connection');
    await server.start();
    assert.equal(server.sql("select count(*) from project where name = 'at the end'"), '1');
    await until(async () => (await server.api('GET', `/api/v1/projects/${project}/fits`)).body.data[0].state === 'done', 200_000); // sanitized, on a busy machine
    assert.equal(server.sql('select count(*) from model'), '1');
});

test('a PostgreSQL that hangs does not hold the end up, and who waits for it is answered', { timeout: 120_000 }, async (t) => {
    const server = await startCoordinator({ env: { PLENUM_STOP_SECONDS: String(STOP_S) } });
    t.after(() => server.stop());
    const created = await server.api('POST', '/api/v1/projects', { body: { name: 'before', task: { kind: 'pairwise' } } });
    assert.equal(created.status, 201);
    const pids = server.postgresPids();
    pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
    t.after(() => pids.forEach((pid) => { try { process.kill(pid, 'SIGKILL'); } catch { /* has ended */ } }));
    const writing = server.api('POST', '/api/v1/projects', { body: { name: 'meanwhile', task: { kind: 'pairwise' } } });
    const reading = server.api('GET', `/api/v1/projects/${created.body.id}/quality`);
    await pause(300);
    const took = await timed(server);
    assert.ok(took < STOP_S, `it took ${took} s`);
    assert.equal((await writing).status, 503);
    assert.ok((await reading).status >= 500);
    pids.forEach((pid) => { try { process.kill(pid, 'SIGKILL'); } catch { /* the postmaster has ended */ } });
    await server.start();
    assert.equal(server.sql("select count(*) from project where name = 'before'"), '1', 'what was acknowledged');
});
