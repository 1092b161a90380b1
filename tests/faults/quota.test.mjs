// No cell over its quota: 64 annotators of 12 kinds at once on 2,000 items, and the coordinator killed (-9) four times while
// they work. No item and no cell gets more than it wants, and since there are people enough of every kind, each gets all.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startCoordinator } from '../support/coordinator.mjs';
import { uuidOf } from '../support/ids.mjs';

const ANNOTATORS = 64, KILLS = 4, ITEMS = 2000;
const AGES = ['young', 'middle', 'old'], PLACES = ['north', 'east', 'south', 'west'];
const KINDS = AGES.flatMap((age) => PLACES.map((place) => ({ age, place })));
const ZERO = '00000000-0000-0000-0000-000000000000';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const question = (id, values) => ({ id, label: id, values: values.map((one) => ({ id: one, label: one })) });

// Asks until something is answered: what is cut off by a kill is sent again, with the same key.
async function until(server, method, path, options, done) {
    for (;;) {
        const answer = await server.api(method, path, options).catch(() => null);
        if (answer !== null && done.includes(answer.status)) return answer;
        if (answer !== null && answer.status < 500) assert.fail(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        await pause(20);
    }
}

async function study(server, quotas, items, judgments_per_item, strategy = 'least_judged') {
    const { body: project } = await server.api('POST', '/api/v1/projects', { body: {
        name: 'quotas', judgments_per_item, strategy, simulated: true, lease_seconds: 600, task: { kind: 'pairwise' },
        demographics: { attributes: [question('age', AGES), question('place', PLACES)] }, quotas } });
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify(
        { id: `item-${i}`, prompt: `Question ${i}`, responses: [{ content: `one ${i}` }, { content: `other ${i}` }] }));
    assert.equal((await server.api('POST', `/api/v1/projects/${project.id}/items`, { body: lines.join('\n') })).body.accepted, items);
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: { max_uses: ANNOTATORS } });
    const people = [];
    for (let i = 0; i < ANNOTATORS; i++) {
        const { body: { token } } = await server.api('POST', '/api/v1/join', { token: null, body: { code: invitation.code, simulated: true } });
        const answers = KINDS[i % KINDS.length];
        assert.equal((await server.api('PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers } })).status, 200);
        people.push({ token, kind: i % KINDS.length });
    }
    return { project: project.id, people };
}

async function annotate(server, project, { token, kind }, given, state) {
    for (;;) {
        const next = await until(server, 'POST', `/api/v1/projects/${project}/assignments`, { token }, [201, 204]);
        if (next.status === 204) {
            // What somebody skips or takes back comes back to those of their kind: who is at the end looks again until all are.
            state.resting.add(token);
            if (state.resting.size === ANNOTATORS) return;
            await pause(50);
            continue;
        }
        state.resting.delete(token);
        if (Math.random() < 0.1) await pause(Math.random() * 40);
        const path = `/api/v1/assignments/${next.body.id}/judgment`;
        const judge = (choice) => until(server, 'PUT', path, { token, key: randomUUID(), body: { choice, active_ms: 900, client: {} } }, [201]);
        if (Math.random() < 0.02) {
            await judge('skip');
            continue;
        }
        let { body: { judgment_id: judgment } } = await judge('left');
        if (Math.random() < 0.02) {
            await until(server, 'DELETE', path, { token, key: randomUUID() }, [200]);
            ({ body: { judgment_id: judgment } } = await judge('right'));
        }
        given.push({ judgment, kind });
    }
}

async function run(t, quotas, { items, judgments_per_item, wanted, strategy }) {
    const server = await startCoordinator({});
    t.after(() => server.stop());
    const { project, people } = await study(server, quotas, items, judgments_per_item, strategy);
    const given = [], state = { resting: new Set() };
    const working = people.map((one) => annotate(server, project, one, given, state));
    const all = wanted.reduce((sum, n) => sum + n, 0);
    for (let kill = 1; kill <= KILLS; kill++) {
        while (given.length < Math.floor((all * kill) / (KILLS + 2))) await pause(1);
        await server.kill();
        await server.restart();
    }
    await Promise.all(working);

    const latest = `(select distinct on (lease_id) * from judgment order by lease_id, revision desc)`;
    const kept = server.sql(`select replace(judgment_id::text, '-', '') from ${latest} j where outcome not in ('skip', 'void')`).split('\n');
    const kindOf = new Map(given.map(({ judgment, kind }) => [uuidOf(judgment), kind]));
    assert.deepEqual([...kindOf.keys()].sort(), kept.sort(), 'what was acknowledged is what is kept, each once');
    const filled = KINDS.map((_, kind) => kept.filter((one) => kindOf.get(one) === kind).length);
    assert.deepEqual(filled, wanted, 'each cell has what it wants, and no more');
    assert.equal(server.sql(`select count(*) from (select item_id from ${latest} j where outcome not in ('skip', 'void')
        group by item_id having count(*) > ${judgments_per_item ?? KINDS.length}) o`), '0', 'no item has more than it wants');
    assert.equal(server.sql(`select count(*) from quota_count where n_taken <> n_judged`), '0', 'nothing is held');
    assert.deepEqual(server.sql(`select n_judged from quota_count where item_id = '${ZERO}' and n_wanted is distinct from 0 order by 1`).split('\n').map(Number),
        [...wanted].sort((a, b) => a - b), 'the counters say the same');
    assert.equal(server.sql(`select count(*) from assignment where state = 'leased'`), '0');
    return { server, kept, kindOf };
}

// Targets change under the hands of those who work: each change is cut off by a kill and said again.
test('quotas raised, lowered, added and removed, and judgments_per_item with them', { timeout: 300000 }, async (t) => {
    const server = await startCoordinator({});
    t.after(() => server.stop());
    const setups = [ // of each cell in turn; 0: there is none
        { enough: 60, judgments_per_item: 3, wanted: (i) => (i === 11 ? 0 : 40) },
        { enough: 150, judgments_per_item: 2, wanted: (i) => (i === 0 ? 1 : 30) },
        { enough: 200, judgments_per_item: 3, wanted: (i) => (i === 0 ? 1 : i === 1 ? 0 : 45) },
    ];
    const quotas = (wanted) => ({ by: ['age', 'place'], cells: KINDS.map((values, i) => ({ values, judgments: wanted(i) })).filter((one) => one.judgments > 0) });
    const { project, people } = await study(server, quotas((i) => (i === 11 ? 0 : 30)), 200, 2);
    const given = [], state = { resting: new Set() };
    const working = people.map((one) => annotate(server, project, one, given, state));
    const changed = [];
    for (const { enough, judgments_per_item, wanted } of setups) {
        while (given.length < enough) await pause(1);
        const body = { quotas: quotas(wanted), judgments_per_item };
        const cut = server.api('PATCH', `/api/v1/projects/${project}`, { body }).catch(() => null);
        await pause(Math.random() * 10);
        await server.kill();
        await cut;
        await server.restart();
        await until(server, 'PATCH', `/api/v1/projects/${project}`, { body }, [200]);
        const [small] = server.sql(`select n_taken from quota_count where item_id = '${ZERO}' and n_wanted = 1`).split('\n');
        changed.push(Number(small));
    }
    await Promise.all(working);
    const latest = `(select distinct on (lease_id) * from judgment order by lease_id, revision desc)`;
    const kept = server.sql(`select replace(judgment_id::text, '-', '') from ${latest} j where outcome not in ('skip', 'void')`).split('\n');
    const kindOf = new Map(given.map(({ judgment, kind }) => [uuidOf(judgment), kind]));
    assert.deepEqual([...kindOf.keys()].sort(), kept.sort(), 'what was acknowledged is what is kept, each once');
    const filled = KINDS.map((_, kind) => kept.filter((one) => kindOf.get(one) === kind).length);
    assert.deepEqual(filled.slice(2), KINDS.slice(2).map(() => 45), 'each cell has what it wants in the end');
    assert.ok(filled[0] <= changed[1] && filled[1] <= 40, `${filled[0]} of ${changed[1]}, ${filled[1]}: no more than was given before`);
    assert.equal(server.sql(`select count(*) from (select item_id from ${latest} j where outcome not in ('skip', 'void') group by item_id having count(*) > 3) o`), '0');
    assert.equal(server.sql(`select count(*) from quota_count where n_taken <> n_judged`), '0', 'nothing is held');
    const counted = server.sql(`select n_judged from quota_count where item_id = '${ZERO}' and n_judged > 0 order by 1`).split('\n').map(Number);
    assert.deepEqual(counted, filled.filter((n) => n > 0).sort((a, b) => a - b), 'the counters say the same');
    assert.equal(server.sql(`select count(*) from assignment where state = 'leased'`), '0');
    assert.equal(server.sql('select sum(n_counted) from project_counter'), String(kept.length));
});

const cells = (judgments) => KINDS.map((values, i) => ({ values, judgments: judgments(i) }));

test('2,000 items, 12 cells of the study', { timeout: 300000 }, async (t) => {
    const wanted = KINDS.map((_, i) => 100 + 20 * i);
    await run(t, { by: ['age', 'place'], cells: cells((i) => wanted[i]) }, { items: ITEMS, judgments_per_item: 2, wanted });
});

test('each item wants one of each of 12 cells', { timeout: 300000 }, async (t) => {
    const items = 60, wanted = KINDS.map(() => items);
    const { server } = await run(t, { by: ['age', 'place'], cells: cells(() => 1), per: 'item' }, { items, wanted });
    assert.equal(server.sql(`select count(*), min(n_judged), max(n_judged) from quota_count where item_id <> '${ZERO}'`),
        `${items * KINDS.length}|1|1`, 'every item has one of each');
});

test('items drawn at random, 12 cells of the study and of each item: as exact, and each with its probability', { timeout: 300000 }, async (t) => {
    const wanted = KINDS.map((_, i) => 20 + 5 * i);
    const { server } = await run(t, { by: ['age', 'place'], cells: cells((i) => wanted[i]) }, { items: 400, judgments_per_item: 2, wanted, strategy: 'random' });
    assert.equal(server.sql(`select count(*) from assignment where state = 'judged' and (strategy <> 'random' or not probability > 0 or probability > 1)`), '0');
    const items = 30, each = await run(t, { by: ['age', 'place'], cells: cells(() => 1), per: 'item' }, { items, wanted: KINDS.map(() => items), strategy: 'random' });
    assert.equal(each.server.sql(`select count(*), min(n_judged), max(n_judged) from quota_count where item_id <> '${ZERO}'`),
        `${items * KINDS.length}|1|1`, 'every item has one of each');
});
