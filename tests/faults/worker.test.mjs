// Workers die, coordinators die, links break: a fit is finished all the same, and its result counts once.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { startCoordinator } from '../support/coordinator.mjs';
import { LONG, Worker, makeJudged, until } from '../support/workers.mjs';

const SLOW = { method: 'maxmin', options: { restarts: LONG } };

async function setUp(t, names) {
    const coordinator = await startCoordinator({});
    const workers = names.map((name) => new Worker(coordinator, name));
    t.after(async () => {
        for (const worker of workers) await worker.remove();
        await coordinator.stop();
    });
    for (const worker of workers) await worker.enrol();
    return { coordinator, workers, project: await makeJudged(coordinator) };
}

async function ask(coordinator, project, body) {
    const answer = await coordinator.api('POST', `/api/v1/projects/${project}/fits`, { body, key: true });
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    assert.equal(answer.body.state, 'queued');
    return answer.body.id;
}

const look = async (coordinator, fit) => (await coordinator.api('GET', `/api/v1/fits/${fit}`)).body;

const done = (coordinator, fit) => until(async () => {
    const { state, error, ...rest } = await look(coordinator, fit).catch(() => ({}));
    assert.notEqual(state, 'failed', error);
    return state === 'done' && { state, ...rest };
}, 'the fit is done');

// The worker that has started on the fit (its thread computes).
const fitting = (workers, since = 0) => until(
    () => workers.find((worker) => worker.log.slice(since).includes('"event":"fit_started"')), 'a worker is within the fit');

function assertOnce(coordinator, fit) {
    assert.equal(coordinator.sql('select count(*), count(distinct fit_id) from model'), '1|1', 'one model');
    // In the outbox, or sequenced already.
    const entries = coordinator.sql(`select count(*) from (select entry from log_outbox union all select entry from log_entry) e where entry like '%"type":"model"%'`);
    assert.equal(entries, '1', 'one log entry');
    assert.equal(coordinator.sql('select state from job'), 'done');
    const hash = coordinator.sql("select encode(artefact_hash, 'hex') from model");
    const bytes = readFileSync(join(coordinator.dataFolder, 'artefacts', hash));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), hash, 'the file is what its name says');
    const stored = coordinator.sql("select encode(sha256(string_agg(bytes, ''::bytea order by chunk)), 'hex') from model_bytes");
    assert.equal(stored, hash, 'and the database has the same bytes');
    assert.deepEqual(readdirSync(join(coordinator.dataFolder, 'artefacts')), [hash], 'nothing is left over');
    assert.ok(fit.model_id);
}

test('a fit says in which phase it is, how far, and what loss it has come to', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['only']);
    workers[0].start();
    const id = await ask(coordinator, project, SLOW);
    const seen = await until(async () => {
        const { progress, state } = await look(coordinator, id);
        assert.notEqual(state, 'done', 'it ended before it said anything');
        return progress.loss !== undefined && progress;
    }, 'a loss');
    assert.ok(['pooled', 'clusters', 'refine'].includes(seen.phase), JSON.stringify(seen));
    assert.ok(seen.fraction > 0.1 && seen.fraction < 1 && seen.loss > 0 && seen.loss < Math.log(2) + 0.01, JSON.stringify(seen));
    assert.ok(seen.left_s === undefined || (Number.isInteger(seen.left_s) && seen.left_s > 0), JSON.stringify(seen));
    assert.equal((await done(coordinator, id)).progress.fraction, 1);
});

test('a worker is killed in the middle of a fit: another finishes it, counted once', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['first', 'second']);
    workers.forEach((worker) => worker.start());
    const id = await ask(coordinator, project, SLOW);
    const victim = await fitting(workers);
    assert.equal((await look(coordinator, id)).state, 'running');
    await victim.kill();
    const other = workers.find((worker) => worker !== victim);
    const fit = await done(coordinator, id);
    assert.ok(other.saw('job_done'));
    assert.equal(coordinator.sql('select attempts, fence from job'), '2|2', 'it took two leases');
    assertOnce(coordinator, fit);
    assert.equal(fit.metrics.all.n > 0, true);
    const card = await coordinator.api('GET', `/api/v1/models/${fit.model_id}`);
    assert.equal(card.status, 200);
    assert.equal(card.body.fit_id, id);
    assert.match(card.body.snapshot_hash, /^[0-9a-f]{64}$/);
    assert.equal(card.body.metrics.method, 'maxmin');
});

test('two workers work at once', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['first', 'second']);
    workers.forEach((worker) => worker.start());
    const ids = [await ask(coordinator, project, SLOW), await ask(coordinator, project, SLOW)];
    await until(() => workers.every((worker) => worker.saw('fit_started')), 'both are within a fit');
    const { body } = await coordinator.api('GET', '/api/v1/workers');
    assert.deepEqual(body.data.map(({ name, busy }) => [name, busy]).sort(), [['first', true], ['second', true]]);
    const fits = [];
    for (const id of ids) fits.push(await done(coordinator, id));
    // The same data and the same seed: the same bytes, whoever computes.
    assert.equal(coordinator.sql('select count(*), count(distinct artefact_hash), count(distinct snapshot_hash) from model'), '2|1|1');
    assert.notEqual(fits[0].model_id, fits[1].model_id);
});

test('the coordinator is killed in the middle of a fit: the worker brings it to the next', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['only']);
    workers[0].start();
    const id = await ask(coordinator, project, SLOW);
    await fitting(workers);
    await until(() => coordinator.sql('select count(snapshot_hash) from job') === '1', 'the snapshot is written down');
    await coordinator.kill();
    await coordinator.start();
    const fit = await done(coordinator, id);
    assert.equal(coordinator.sql('select attempts, fence from job'), '1|1', 'the same lease');
    assertOnce(coordinator, fit);
    assert.ok(workers[0].saw('link_lost'));
});

test('a worker that is told to stop gives its job back, and the attempt does not count', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['first', 'second']);
    workers[0].start();
    const id = await ask(coordinator, project, SLOW);
    await fitting([workers[0]]);
    assert.equal(await workers[0].kill('SIGTERM'), 0);
    assert.equal(coordinator.sql('select state, attempts from job'), 'queued|0');
    workers[1].start();
    assertOnce(coordinator, await done(coordinator, id));
    assert.equal(coordinator.sql('select attempts, fence from job'), '1|2');
});

test('a clock that is set while a fit is asked for closes the job too early: it is opened again', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['only']);
    workers[0].start();
    await until(() => workers[0].saw('linked'), 'the worker waits for work');
    // Between the job, made first, and its fit: the half minute is over, a worker's turn finds no fit and closes the job.
    coordinator.sql(`create function closes() returns trigger language plpgsql as $$ begin
        update job set state = 'failed', fence = fence + 1, attempts = 1, error = 'without a fit', finished_at = now() where fence = 0; return new; end $$;
        create trigger closes before insert on idempotency for each row execute function closes()`);
    const id = await ask(coordinator, project, { method: 'pooled' });
    await done(coordinator, id);
    assert.equal(coordinator.sql("select state, fence, coalesce(error, '') from job"), 'done|2|');
});

test('a fit that is cancelled stops its worker, which takes the next', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['only']);
    const waiting = await ask(coordinator, project, SLOW);
    const first = await coordinator.api('DELETE', `/api/v1/fits/${waiting}`);
    assert.deepEqual([first.status, first.body.state], [200, 'cancelled'], 'before anyone took it');
    workers[0].start();
    const id = await ask(coordinator, project, SLOW);
    await fitting(workers);
    const answer = await coordinator.api('DELETE', `/api/v1/fits/${id}`);
    assert.deepEqual([answer.status, answer.body.state], [200, 'cancelled']);
    await until(() => workers[0].saw('job_cancelled'), 'the worker hears of it');
    const next = await ask(coordinator, project, { method: 'pooled' });
    await done(coordinator, next);
    assert.equal((await look(coordinator, id)).state, 'cancelled');
    assert.equal(coordinator.sql('select count(*) from model'), '1');
    assert.equal(coordinator.sql("select count(*) from job where state = 'cancelled'"), '2');
    assert.equal((await coordinator.api('DELETE', `/api/v1/fits/${next}`)).status, 409, 'what is done stays done');
});

test('a job that kills every worker is given up, and says so', { timeout: 240_000 }, async (t) => {
    const { coordinator, workers, project } = await setUp(t, ['only']);
    const id = await ask(coordinator, project, SLOW);
    coordinator.sql('update job set max_attempts = 2');
    for (let i = 0; i < 2; i += 1) {
        const since = workers[0].log.length;
        workers[0].start();
        await fitting(workers, since);
        await workers[0].kill();
    }
    const fit = await until(async () => {
        const found = await look(coordinator, id);
        return found.state === 'failed' && found;
    }, 'the fit has failed');
    assert.match(fit.error, /given up after 2 attempts/);
    assert.equal(coordinator.sql('select count(*) from model'), '0');
});

test('what is asked for is checked first', { timeout: 120_000 }, async (t) => {
    const { coordinator, project } = await setUp(t, []);
    const post = (body, options) => coordinator.api('POST', `/api/v1/projects/${project}/fits`, { body, ...options });
    const cases = [
        [{}, '/method'],
        [{ method: 'guess' }, '/method'],
        [{ method: 'dro' }, '/attribute'],
        [{ method: 'group' }, '/attribute'],
        [{ method: 'pooled', options: { clusters: 9 } }, '/options/clusters'],
        [{ method: 'pooled', options: { annotator_cap: -1 } }, '/options/annotator_cap'],
        [{ method: 'pooled', options: { tea: true } }, '/options/tea'],
    ];
    for (const [body, pointer] of cases) {
        const answer = await post(body);
        assert.equal(answer.status, 422, JSON.stringify([body, answer.body]));
        assert.equal(answer.body.errors[0].pointer, pointer, JSON.stringify(answer.body));
    }
    assert.equal(coordinator.sql('select (select count(*) from job) + (select count(*) from fit)'), '0', 'nothing half-written');
    const { body: empty } = await coordinator.api('POST', '/api/v1/projects', { body: { name: 'empty', task: { kind: 'pairwise' } } });
    const few = await coordinator.api('POST', `/api/v1/projects/${empty.id}/fits`, { body: { method: 'pooled' } });
    assert.equal(few.status, 422);
    assert.match(few.body.detail, /fewer than \d+ judgments/);
    const asked = await coordinator.api('POST', `/api/v1/projects/${empty.id}/fits`, { body: { method: 'group', attribute: 'shoe_size' } });
    assert.equal(asked.body.errors[0].pointer, '/attribute');
    assert.equal((await coordinator.api('POST', `/api/v1/projects/${project}/fits`, { body: { method: 'pooled' }, token: null })).status, 401);

    const key = '0190b2f0-0000-7000-8000-000000000001';
    const first = await post({ method: 'pooled' }, { key }), again = await post({ method: 'pooled' }, { key });
    assert.deepEqual([again.status, again.body], [first.status, first.body], 'the same key, the same fit');
    assert.equal((await post({ method: 'maxmin' }, { key })).status, 422, 'the same key with another body');
    assert.equal(coordinator.sql('select (select count(*) from job) + (select count(*) from fit)'), '2');
    const list = await coordinator.api('GET', `/api/v1/projects/${project}/fits`);
    assert.deepEqual(list.body.data.map((fit) => fit.id), [first.body.id]);
});

test('only enrolled workers come in', { timeout: 120_000 }, async (t) => {
    const { coordinator, workers } = await setUp(t, ['known']);
    const { body } = await coordinator.api('POST', '/api/v1/workers/enrolments');
    const spender = new Worker(coordinator, 'spender'), late = new Worker(coordinator, 'late');
    t.after(() => Promise.all([spender.remove(), late.remove()]));
    await spender.enrol(body.token);
    await assert.rejects(late.enrol(body.token), /used already/, 'a token is good once');
    const pinned = `${'0'.repeat(64)}.${'0'.repeat(64)}`;
    await assert.rejects(late.enrol(pinned), /certificate|TLS/, 'and for one authority');
    assert.equal((await coordinator.api('POST', '/api/v1/workers/enrolments', { token: null })).status, 401);

    const [host, port] = readFileSync(join(coordinator.dataFolder, 'run', 'worker.address'), 'utf8').trim().split(':');
    const closes = (socket) => new Promise((end) => {
        socket.on('error', () => end('closed'));
        socket.on('close', () => end('closed'));
    });
    // Not TLS at all; TLS and then noise; a frame longer than any may be.
    const plain = connect(Number(port), host);
    plain.write('GET / HTTP/1.1\r\n\r\n');
    assert.equal(await closes(plain), 'closed');
    const frames = [Buffer.from('00000004000100000000000000000000', 'hex'), Buffer.from('ffffffff00010000000000000000', 'hex'),
        Buffer.from('000000000008000000000000', 'hex')];
    for (const frame of frames) {
        const socket = tlsConnect({ host, port: Number(port), rejectUnauthorized: false });
        socket.write(frame);
        socket.resume();
        assert.equal(await closes(socket), 'closed');
    }
    // An older TLS is not spoken.
    assert.equal(await closes(tlsConnect({ host, port: Number(port), rejectUnauthorized: false, maxVersion: 'TLSv1.2' })), 'closed');

    workers[0].start();
    await until(() => workers[0].saw('linked'), 'the known worker is linked');
    const list = await coordinator.api('GET', '/api/v1/workers');
    const known = list.body.data.find((worker) => worker.name === 'known');
    assert.equal((await coordinator.api('DELETE', `/api/v1/workers/${known.id}`)).status, 204);
    await workers[0].kill();
    workers[0].start();
    assert.equal(await workers[0].ended, 1, 'a revoked worker is refused and ends');
    assert.match(workers[0].log, /revoked/);
});

test('a certificate near its end is renewed by the worker itself', { timeout: 120_000 }, async (t) => {
    const { coordinator, workers } = await setUp(t, ['old']);
    const [worker] = workers;
    const file = join(worker.folder, 'keys', 'worker.pem');
    const made = readFileSync(file, 'utf8');
    const openssl = (...args) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const days = () => (new Date(openssl('x509', '-in', file, '-noout', '-enddate').split('=')[1]) - Date.now()) / 86_400_000;
    assert.ok(days() > 29 && days() < 31);
    // The same key and name, with five days left.
    const name = openssl('x509', '-in', file, '-noout', '-subject', '-nameopt', 'RFC2253').trim().replace('subject=', '');
    const path = (what) => join(worker.folder, what);
    openssl('req', '-new', '-key', file, '-subj', `/${name}`, '-out', path('csr'));
    writeFileSync(path('extensions'), 'extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\n');
    openssl('x509', '-req', '-in', path('csr'), '-CA', join(coordinator.dataFolder, 'keys', 'ca.crt'), '-CAkey', join(coordinator.dataFolder, 'keys', 'ca.key'),
        '-set_serial', '7', '-days', '5', '-extfile', path('extensions'), '-out', path('short'));
    writeFileSync(file, readFileSync(path('short'), 'utf8') + made.slice(made.indexOf('-----BEGIN PRIVATE KEY')));
    assert.ok(days() < 6);
    worker.start();
    await until(() => worker.saw('certificate_renewed'), 'the certificate is renewed');
    assert.ok(days() > 29 && days() < 31);
    assert.notEqual(readFileSync(file, 'utf8').split('-----BEGIN PRIVATE KEY')[1], made.split('-----BEGIN PRIVATE KEY')[1], 'with a new key');
    assert.equal(await worker.kill('SIGTERM'), 0);
    const since = worker.log.length;
    worker.start();
    await until(() => worker.log.slice(since).includes('"event":"linked"'), 'and it is good');
    assert.equal(coordinator.sql('select count(*) from worker'), '1', 'the same worker');
});
