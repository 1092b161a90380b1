// More than can be done: PostgreSQL is stopped (SIGSTOP) while requests keep coming. What is let in is bounded, the rest
// is told at once to come back, on a connection that lives on; reads give way before judgments; and when the database
// goes on, everything that was let in is answered, and stored once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { Wire } from '../http/wire.mjs';

// One loop. Up to 100 writes and 75 reads are let in whatever they take; and twice as many waves as that come. What is let
// in before the standstill is noticed is at most what 500 a second could do in the longest wait.
const WAIT_MS = 2000, WAVE = 40, WAVES_MAX = 20, ANNOTATORS = 40, MOST = (500 * WAIT_MS) / 1000;

// Every process of the private cluster.
function clusterPids(postmaster) {
    const pids = [postmaster];
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
        try {
            const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
            if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === postmaster) pids.push(Number(entry));
        } catch { /* it has ended */ }
    return pids;
}

class Asked {
    constructor(url, token, method, path, { body = '', key } = {}) {
        this.wire = new Wire(url);
        this.request = `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
            (method === 'GET' ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`) +
            (key ? `Idempotency-Key: ${key}\r\n` : '') + `\r\n${body}`;
        this.answer = this.again();
    }

    again() {
        return this.wire.send(this.request).then(() => this.wire.reply()).then((reply) => {
            this.reply = reply;
            return reply;
        });
    }
}

// Waits until each is either answered or plainly held.
async function settled(server, list) {
    const probe = new Wire(server.url);
    for (let round = 0; round < 2; round++) {
        await Promise.all(list.map((one) => Promise.race([one.answer, new Promise((done) => setTimeout(done, 60))])));
        // On a connection of its own it is answered after what came before it has been looked at.
        await probe.send('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
        assert.equal((await probe.reply()).status, 200, 'probes are always let in');
    }
    probe.close();
}

// Wave after wave until one of them is refused whole; gives [held, refused].
async function askUntilRefused(server, make) {
    const all = [];
    for (let wave = 0; wave < WAVES_MAX; wave++) {
        const some = Array.from({ length: WAVE }, (_, i) => make(wave * WAVE + i));
        all.push(...some);
        await settled(server, some);
        if (some.every((one) => one.reply !== undefined)) break;
    }
    return [all.filter((one) => one.reply === undefined), all.filter((one) => one.reply !== undefined)];
}

function assertRefusal({ status, headers, body }) {
    assert.equal(status, 503, body);
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.match(headers['retry-after'], /^[1-3]$/);
    assert.notEqual(headers.connection, 'close');
}

test('a database that stands still: bounded work, early refusals, judgments before reads, nothing lost', { timeout: 120_000 }, async (t) => {
    const server = await startCoordinator({ env: { PLENUM_THREADS: '1', PLENUM_IDLE_TIMEOUT_MS: '120000', PLENUM_OVERLOAD_WAIT_MS: String(WAIT_MS) } });
    t.after(() => server.stop());
    const { body: project } = await server.api('POST', '/api/v1/projects', { body: { name: 'still', judgments_per_item: 1, task: { kind: 'pairwise' } } });
    const lines = Array.from({ length: 500 }, (_, i) => JSON.stringify({ id: `i${i}`, prompt: `Q${i}`, responses: [{ content: `a${i}` }, { content: `b${i}` }] }));
    await server.api('POST', `/api/v1/projects/${project.id}/items`, { body: lines.join('\n') });
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: { max_uses: ANNOTATORS } });
    const annotators = [];
    for (let i = 0; i < ANNOTATORS; i++) {
        const { body: { token } } = await server.api('POST', '/api/v1/join', { body: { code: invitation.code, consent: { version: '1' } }, token: null });
        const { body: task } = await server.api('POST', `/api/v1/projects/${project.id}/assignments`, { token });
        annotators.push({ token, task: task.id });
    }

    const stopped = clusterPids(server.postgresPid), began = Date.now();
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    let all, judgments, readsOut, tasksOut;
    try {
        let readsIn, tasksIn;
        [readsIn, readsOut] = await askUntilRefused(server, () => new Asked(server.url, server.adminToken, 'GET', `/api/v1/projects/${project.id}`));
        assert.ok(readsIn.length >= 75 && readsIn.length <= MOST, `${readsIn.length} reads were let in`);
        assert.ok(readsOut.length >= WAVE);

        judgments = annotators.map(({ token, task }) => new Asked(server.url, token, 'PUT', `/api/v1/assignments/${task}/judgment`,
            { body: '{"choice":"left","active_ms":500,"client":{}}', key: randomUUID() }));
        await settled(server, judgments);
        assert.ok(judgments.every((one) => one.reply === undefined), 'judgments are let in when reads are not');

        [tasksIn, tasksOut] = await askUntilRefused(server, (i) => new Asked(server.url, annotators[i % ANNOTATORS].token, 'POST', `/api/v1/projects/${project.id}/assignments`));
        const writesIn = tasksIn.length + ANNOTATORS;
        assert.ok(writesIn >= 100 && writesIn <= MOST, `${writesIn} writes were let in`);
        assert.ok(tasksOut.length >= WAVE);
        for (const one of [...readsOut, ...tasksOut]) assertRefusal(one.reply);
        assert.equal(new Set([...readsOut, ...tasksOut].map((one) => one.reply.headers['retry-after'])).size, 3, 'they will not all be back at once');
        all = [...readsIn, ...judgments, ...tasksIn];
        // Again on the same connections: still there, still no.
        for (const one of [readsOut[0], tasksOut[0]]) assertRefusal(await one.again());
        const { body: metrics } = await server.api('GET', '/metrics', { token: null });
        const counted = (kind) => Number(new RegExp(`^plenum_http_overloaded_total\\{class="${kind}"\\} (\\d+)$`, 'm').exec(metrics)[1]);
        assert.equal(counted('read'), readsOut.length + 1);
        assert.equal(counted('write'), tasksOut.length + 1);
    } finally {
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
    }

    // A call to the database is given up after five seconds: on a machine as slow as that some are told to come back.
    const welcome = Date.now() - began < 4000 ? [200, 201, 204] : [200, 201, 204, 503];
    for (const { status, body } of await Promise.all(all.map((one) => one.answer))) assert.ok(welcome.includes(status), `${status} ${body}`);
    for (const one of judgments.filter(({ reply }) => reply.status === 503)) await one.again();
    assert.ok(judgments.every(({ reply }) => reply.status === 201), 'each judgment is stored');
    assert.equal(Number(server.sql('select count(*) from judgment')), ANNOTATORS, 'and once');
    // All is well again: whoever was refused and waits as told gets in.
    for (const one of readsOut.slice(-20)) {
        let reply = await one.again();
        for (let tries = 0; reply.status === 503 && tries < 10; tries++) {
            await new Promise((done) => setTimeout(done, Number(reply.headers['retry-after']) * 1000));
            reply = await one.again();
        }
        assert.equal(reply.status, 200);
    }
    for (const one of [...all, ...readsOut, ...tasksOut]) one.wire.close();
});
