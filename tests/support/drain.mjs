// Restarts under load, with clients on raw sockets that can tell a refusal (nothing had been sent) from a connection that
// was cut under a request.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// One connection at a time. `keepAlive`: used again as long as the server says so.
export class Caller {
    constructor(url, { keepAlive = true } = {}) {
        const { hostname, port } = new URL(url);
        this.where = { host: hostname, port: Number(port), noDelay: true };
        this.keepAlive = keepAlive;
    }

    open() {
        return new Promise((done) => {
            const socket = connect(this.where);
            socket.input = Buffer.alloc(0);
            socket.once('connect', () => done(socket));
            socket.on('error', (error) => {
                socket.why = error.code;
                done(undefined); // refused, when it was not connected yet
            });
        });
    }

    // {status, body}, or {refused} when no connection came about, or {cut} when it went away under the request.
    async ask(method, path, { token, key, body } = {}) {
        const reused = this.socket !== undefined && !this.socket.destroyed;
        const socket = reused ? this.socket : await this.open();
        if (socket === undefined) return { refused: true };
        const text = body === undefined ? '' : JSON.stringify(body);
        const head = [`${method} ${path} HTTP/1.1`, 'Host: x', `Content-Length: ${text.length}`];
        if (method === 'GET') head.pop();
        if (token) head.push(`Authorization: Bearer ${token}`);
        if (key) head.push(`Idempotency-Key: ${key}`);
        if (body !== undefined) head.push('Content-Type: application/json');
        socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
        const reply = await this.reply(socket);
        if (reply.cut !== undefined) return { ...reply, reused };
        if (this.keepAlive && reply.keep) this.socket = socket;
        else this.close(socket);
        return reply;
    }

    close(socket = this.socket) {
        socket?.destroy();
        this.socket = undefined;
    }

    reply(socket) {
        return new Promise((done) => {
            const end = (value) => {
                socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('end');
                done(value);
            };
            socket.on('data', (data) => {
                socket.input = Buffer.concat([socket.input, data]);
                const at = socket.input.indexOf('\r\n\r\n');
                if (at < 0) return;
                const head = socket.input.subarray(0, at).toString('latin1');
                const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
                if (socket.input.length < at + 4 + length) return;
                const body = socket.input.subarray(at + 4, at + 4 + length).toString('utf8');
                socket.input = socket.input.subarray(at + 4 + length);
                end({ status: Number(head.slice(9, 12)), body, keep: !/^connection: close/im.test(head) });
            });
            const cut = () => end({ cut: socket.why ?? 'closed' });
            socket.once('end', cut);
            socket.once('close', cut);
        });
    }
}

// A study in which `n` annotators work without an end; gives their tokens and the project.
async function study(server, n, items) {
    const { body: project } = await server.api('POST', '/api/v1/projects', {
        body: { name: 'restarts', judgments_per_item: n, task: { kind: 'pairwise' } } });
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify(
        { prompt: `Question ${i}`, responses: [{ content: `one ${i}` }, { content: `other ${i}` }] }));
    const { body: report } = await server.api('POST', `/api/v1/projects/${project.id}/items`, { body: lines.join('\n') });
    assert.equal(report.accepted, items);
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: { max_uses: n } });
    const tokens = [];
    for (let i = 0; i < n; i++) {
        const joined = await server.api('POST', '/api/v1/join', { token: null, body: { code: invitation.code } });
        assert.equal(joined.status, 201);
        tokens.push(joined.body.token);
    }
    return { project: project.id, tokens };
}

// Restarts the coordinator `restarts` times by SIGTERM under annotators that keep their connections and others that make
// a new one for each request. Gives what was counted; asserts that no request was cut and nothing acknowledged is missing.
export async function restartUnderLoad(server, { restarts, writers = 12, readers = 6, items = 3000 }) {
    const { project, tokens } = await study(server, writers, items);
    const seen = { replies: 0, refused: 0, acknowledged: 0, longest_stop_ms: 0 };
    const cuts = [];
    let over = false;
    const note = (reply, what) => {
        if (reply.refused) seen.refused++;
        else if (reply.cut) cuts.push({ ...reply, what, at: seen.replies });
        else seen.replies++;
        return reply;
    };
    const annotate = async (token, n) => {
        const caller = new Caller(server.url, { keepAlive: n % 3 !== 0 });
        while (!over) {
            const next = note(await caller.ask('POST', `/api/v1/projects/${project}/assignments`, { token }), 'assignment');
            if (next.status === 204) assert.fail('more items are needed');
            if (next.status !== 201) { await pause(20); continue; }
            const { id } = JSON.parse(next.body), key = randomUUID();
            for (let put; put?.status !== 201;) {
                put = note(await caller.ask('PUT', `/api/v1/assignments/${id}/judgment`,
                    { token, key, body: { choice: 'left', active_ms: 1, client: {} } }), 'judgment');
                assert.ok(put.status === undefined || put.status === 201 || put.status === 503, put.body);
                if (put.status === 201) seen.acknowledged++;
                else if (over) return;
                else await pause(20);
            }
            if (n % 2 === 0) await pause(Math.random() * 30);
        }
        caller.close();
    };
    const read = async (n) => {
        const caller = new Caller(server.url, { keepAlive: n % 2 === 0 });
        while (!over) {
            const got = note(await caller.ask('GET', `/api/v1/projects/${project}`, { token: server.adminToken }), 'read');
            if (got.status !== 200) await pause(10);
            else if (n % 3 === 0) await pause(Math.random() * 200);
        }
        caller.close();
    };
    const working = [...tokens.map(annotate), ...Array.from({ length: readers }, (_, n) => read(n))];
    for (let i = 0; i < restarts; i++) {
        await pause(200 + Math.random() * 300);
        const before = seen.acknowledged, began = performance.now();
        const code = await server.terminate();
        seen.longest_stop_ms = Math.max(seen.longest_stop_ms, Math.round(performance.now() - began));
        assert.equal(code, 0, `restart ${i + 1}: the coordinator ended with ${code}\n${server.log}`);
        await server.start();
        for (let waited = 0; seen.acknowledged <= before && waited < 20_000; waited += 20) await pause(20);
        assert.ok(seen.acknowledged > before, `work went on after restart ${i + 1}`);
    }
    over = true;
    await Promise.all(working);
    assert.deepEqual(cuts, [], 'requests that were cut');
    const kept = Number(server.sql(`select count(*) from judgment`));
    assert.ok(kept >= seen.acknowledged, `${kept} kept, ${seen.acknowledged} acknowledged`);
    return seen;
}
