// Never over the cap: thirty simulated annotators at once, and the coordinator killed (-9) five times while they work.
// Every slot is filled once, and every judgment that was acknowledged is there once; with repeats, these are beyond the cap.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startCoordinator } from '../support/coordinator.mjs';
import { uuidOf } from '../support/ids.mjs';

const ANNOTATORS = 30, KILLS = 5;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function study(server, items, cap, settings) {
    const { body: project } = await server.api('POST', '/api/v1/projects', {
        body: { name: `cap ${cap}`, judgments_per_item: cap, ...settings, simulated: true, lease_seconds: 600, task: { kind: 'pairwise' } },
    });
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify(
        { id: `item-${i}`, prompt: `Question ${i}`, responses: [{ content: `one ${i}` }, { content: `other ${i}` }] }));
    const imported = await server.api('POST', `/api/v1/projects/${project.id}/items`, { body: lines.join('\n') });
    assert.equal(imported.body.accepted, items);
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: { max_uses: ANNOTATORS } });
    const tokens = [];
    for (let i = 0; i < ANNOTATORS; i++) {
        const joined = await server.api('POST', '/api/v1/join', { token: null, body: { code: invitation.code, simulated: true } });
        assert.equal(joined.status, 201);
        tokens.push(joined.body.token);
    }
    return { project: project.id, tokens };
}

// Asks until something is answered: what is cut off by a kill is sent again, with the same key.
async function until(server, method, path, options, done) {
    for (;;) {
        const answer = await server.api(method, path, options).catch(() => null);
        if (answer !== null && done.includes(answer.status)) return answer;
        if (answer !== null && answer.status < 500) assert.fail(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        await pause(20);
    }
}

async function annotate(server, project, token, acknowledged) {
    for (;;) {
        const next = await until(server, 'POST', `/api/v1/projects/${project}/assignments`, { token }, [201, 204]);
        if (next.status === 204) return;
        // Some hesitate, so that leases are out when the coordinator dies.
        if (Math.random() < 0.3) await pause(Math.random() * 40);
        const put = await until(server, 'PUT', `/api/v1/assignments/${next.body.id}/judgment`, {
            token, key: randomUUID(), body: { choice: Math.random() < 0.5 ? 'left' : 'right', active_ms: 900, client: {} },
        }, [201]);
        acknowledged.push(put.body.judgment_id);
    }
}

async function run(t, items, cap, settings = {}) {
    const server = await startCoordinator({});
    t.after(() => server.stop());
    const { project, tokens } = await study(server, items, cap, settings);
    const acknowledged = [];
    // All of them are at work from the first moment on, and killed in the middle of it, five times.
    const working = tokens.map((token) => annotate(server, project, token, acknowledged));
    for (let kill = 1; kill <= KILLS; kill++) {
        const enough = Math.floor((items * cap * kill) / (KILLS + 2));
        while (acknowledged.length < enough) await pause(1);
        await server.kill();
        await server.restart();
    }
    await Promise.all(working);

    const wanted = items * cap;
    const kept = server.sql('select judgment_id from judgment').split('\n').map((uuid) => uuid.replaceAll('-', ''));
    const count = (sql) => Number(server.sql(`select count(*) from ${sql}`));
    const repeats = count('judgment where n < 0');
    const share = settings.repeat_share ?? 0;
    assert.equal(repeats > 0, share > 0);
    assert.equal(kept.length, wanted + repeats, 'as many judgments as are wanted');
    assert.equal(count(`assignment where state = 'judged' and n >= 0`), wanted, 'every slot is judged');
    assert.equal(count(`(select item_id from judgment where n >= 0 group by item_id having count(*) > ${cap}) o`), 0, 'none over');
    assert.equal(count('(select item_id from judgment where n >= 0 group by item_id, participant_id having count(*) > 1) o'), 0, 'nobody twice');
    assert.equal(count(`judgment r where n < 0 and not exists (select from judgment f where f.item_id = r.item_id and f.participant_id = r.participant_id
        and f.n = -2 - r.n and f.shown = array[r.shown[2], r.shown[1]] and f.judged_at < r.judged_at)`), 0, 'what is repeated was judged before, turned');
    assert.equal(count(`(select item_id from judgment where n < 0 group by item_id, participant_id having count(*) > 1) o`), 0, 'nothing is repeated twice');
    assert.equal(count(`participation m where n_repeats > ${share} * n_given`), 0, 'no more repeats than are wanted');
    assert.equal(count(`(select item_id from assignment where state = 'judged' and n >= 0 group by item_id
        having abs(count(*) - 2 * count(*) filter (where shown[1] = 0)) > ${cap % 2}) o`), 0, 'as often either way round');
    assert.equal(Number(server.sql('select sum(n_counted) from project_counter')), wanted, 'the counters say the same');
    assert.deepEqual(acknowledged.map(uuidOf).sort(), kept.sort(), 'what was acknowledged is what is kept, each once');
    const shown = await server.api('GET', `/api/v1/projects/${project}`);
    assert.equal(shown.body.progress.judgments, wanted);
}

test('200 items with cap 1: exactly 200 judgments', { timeout: 300000 }, (t) => run(t, 200, 1));
test('60 items with cap 3: exactly 180 judgments', { timeout: 300000 }, (t) => run(t, 60, 3));
test('40 items with cap 10 and a quarter repeats: exactly 400 judgments beside them', { timeout: 300000 }, (t) => run(t, 40, 10, { repeat_share: 0.25 }));
test('60 items with cap 3, drawn at random: exactly 180 judgments', { timeout: 300000 }, (t) => run(t, 60, 3, { strategy: 'random' }));
