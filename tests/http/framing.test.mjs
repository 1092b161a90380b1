// What the coordinator makes of bytes: vectors.json, sent over raw sockets. `send` is a list of writes (a character is
// a byte; {repeat, times} is a long run; {reply} waits for one before going on). `replies` are the statuses that must
// come, in order: "handler" is what the handler of POST /api/v1/join says to a code that is none, "any" is anything.
// `closed`: whether the connection ends after them; if not, it must still serve.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { Wire } from './wire.mjs';

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));
const alive = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';

let coordinator;
before(async () => {
    coordinator = await startCoordinator();
});
after(() => coordinator?.stop());

async function send(wire, parts) {
    for (const part of parts) {
        if (typeof part === 'string') await wire.send(part);
        else if (part.reply !== undefined) assert.equal((await wire.reply()).status, part.reply);
        else await wire.send(part.repeat.repeat(part.times));
    }
}

for (const vector of vectors)
    test(vector.name, async () => {
        const wire = new Wire(coordinator.url);
        try {
            const sending = send(wire, vector.send);
            for (const [i, wanted] of vector.replies.entries()) {
                const head = i === 0 && typeof vector.send[0] === 'string' && vector.send[0].startsWith('HEAD');
                if (vector.send.some((part) => part.reply !== undefined)) await sending;
                const { status, headers, body } = await wire.reply({ headOnly: head });
                if (wanted === 'handler') assert.ok([400, 404, 410, 422].includes(status) && headers.connection === undefined, `${status} ${body}`);
                else if (wanted !== 'any') assert.equal(status, wanted, body);
                if (status >= 400) {
                    assert.equal(headers['content-type'], 'application/problem+json');
                    const problem = JSON.parse(body);
                    assert.equal(problem.status, status);
                    assert.ok(problem.type && problem.title && problem.detail);
                }
            }
            if (vector.closed) {
                assert.ok(await wire.isClosed(), 'the connection must end');
            } else {
                await wire.send(alive);
                assert.equal((await wire.reply()).status, 200, 'the connection must live on');
            }
            await sending;
        } finally {
            wire.close();
        }
    });
