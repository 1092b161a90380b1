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

// How many are wanted changes while they work, and each change is cut off by a kill and said again.
test('60 items with cap 3, then 5, 2 and 4: each gets 4, but those that had 5', { timeout: 300000 }, async (t) => {
    const server = await startCoordinator({});
    t.after(() => server.stop());
    const { project, tokens } = await study(server, 60, 3);
    const acknowledged = [];
    const working = tokens.map((token) => annotate(server, project, token, acknowledged));
    const taken = (most) => server.sql(`select item_id from assignment where state <> 'open' group by item_id having count(*) > ${most} order by 1`);
    let over;
    for (const [enough, judgments_per_item] of [[60, 5], [160, 2], [165, 4]]) {
        while (acknowledged.length < enough) await pause(1);
        const cut = server.api('PATCH', `/api/v1/projects/${project}`, { body: { judgments_per_item } }).catch(() => null);
        await pause(Math.random() * 10);
        await server.kill();
        await cut;
        await server.restart();
        await until(server, 'PATCH', `/api/v1/projects/${project}`, { body: { judgments_per_item } }, [200]);
        if (judgments_per_item === 2) over = taken(4);
    }
    await Promise.all(working);
    for (const token of tokens) await annotate(server, project, token, acknowledged); // who was told that nothing is left, before more was
    const count = (sql) => Number(server.sql(`select count(*) from ${sql}`));
    assert.equal(count('(select item_id from judgment group by item_id having count(*) < 4) o'), 0, 'each has what it wants');
    assert.equal(taken(4), over, 'none has more but what was given before fewer were wanted');
    assert.equal(count('(select item_id from judgment group by item_id, participant_id having count(*) > 1) o'), 0, 'nobody twice');
    assert.deepEqual(acknowledged.map(uuidOf).sort(), server.sql('select judgment_id from judgment').split('\n').map((one) => one.replaceAll('-', '')).sort());
    const n = acknowledged.length;
    const [wanted, counted] = server.sql('select sum(n_wanted), sum(n_counted) from project_counter').split('|').map(Number);
    assert.equal(counted, n);
    assert.ok(wanted >= 240 && wanted <= n, `${wanted}: what was out when fewer came to be wanted is counted beyond it`);
    assert.equal(count(`(select entry from log_entry union all select entry from log_outbox) e where entry like '%"project_judgments_per_item"%'`), 3, 'an entry each');
});

test('200 items with cap 1: exactly 200 judgments', { timeout: 300000 }, (t) => run(t, 200, 1));
test('60 items with cap 3: exactly 180 judgments', { timeout: 300000 }, (t) => run(t, 60, 3));
test('40 items with cap 10 and a quarter repeats: exactly 400 judgments beside them', { timeout: 300000 }, (t) => run(t, 40, 10, { repeat_share: 0.25 }));
test('60 items with cap 3, drawn at random: exactly 180 judgments', { timeout: 300000 }, (t) => run(t, 60, 3, { strategy: 'random' }));
