// Who gets what: the order on screen, balanced for each pair of responses; what is judged once more with its sides swapped; items
// that are drawn, at random or by a model.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startCoordinator } from '../support/coordinator.mjs';
import { exportFiles, lines, unzstd } from '../support/dataset.mjs';
import { idOf, uuidOf } from '../support/ids.mjs';
import { Worker, makeJudged, until } from '../support/workers.mjs';

let server;
test.before(async () => { server = await startCoordinator({}); });
test.after(() => server.stop());

async function study({ items = 3, people = 1, responses = 2, ...settings } = {}) {
    const made = await server.api('POST', '/api/v1/projects', { body: { name: 'a study', task: { kind: 'pairwise' }, ...settings } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const project = made.body.id;
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify({ id: `i${i}`, prompt: `Question ${i}`,
        responses: Array.from({ length: responses }, (__, k) => ({ content: `answer ${k} to ${i}` })) }));
    await server.api('POST', `/api/v1/projects/${project}/items`, { body: lines.join('\n') });
    return { project, shard: shardOf(project), ...await join(project, people) };
}
const shardOf = (project) => server.sql(`select shard_key from project where project_id = '${uuidOf(project)}'`);
async function join(project, people) {
    const { body: invitation } = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: { max_uses: people } });
    const tokens = [];
    for (let i = 0; i < people; i++) tokens.push((await server.api('POST', '/api/v1/join', { token: null, body: { code: invitation.code } })).body.token);
    return { tokens, token: tokens[0] };
}
const next = (project, token) => server.api('POST', `/api/v1/projects/${project}/assignments`, { token });
const judge = (id, token, body) => server.api('PUT', `/api/v1/assignments/${id}/judgment`, { token, key: true, body: { active_ms: 1200, client: {}, ...body } });
const rows = (sql) => { const text = server.sql(`select coalesce(json_agg(r), '[]') from (${sql}) r`); return JSON.parse(text); };

const KEYS = ['0', '1', '-7', '8070450532247928832', '-9223372036854775808'];

// Of each key and number of responses: the orders of the first slots, as many as `n` says (SQL, of m).
function orders(isPair, most, n) {
    const all = rows(`select key, m, (select json_agg(order_on_screen(key::bigint, s, m, ${isPair}) order by s) from generate_series(0, ${n} - 1) s) as shown
        from unnest('{${KEYS}}'::text[]) key, generate_series(2, ${most}) m`);
    assert.equal(all.length, KEYS.length * (most - 1));
    return all;
}

test('of any slots of an item, from the first on, no pair stands one way more than once oftener than the other, nor is shown more than once oftener than another', () => {
    for (const { m, shown } of orders(true, 9, '2 * m * (m - 1)')) {
        const nPairs = (m * (m - 1)) / 2, turns = new Map(), left = Array(m).fill(0);
        shown.forEach(([a, b], n) => {
            assert.ok(a !== b && a >= 0 && b >= 0 && a < m && b < m);
            const pair = `${Math.min(a, b)} ${Math.max(a, b)}`;
            turns.set(pair, [...(turns.get(pair) ?? []), a < b]);
            left[a]++; left[b]--;
            const counts = [...turns.values()].map((list) => list.length);
            assert.ok(Math.max(...counts) - (turns.size < nPairs ? 0 : Math.min(...counts)) <= 1, `${m} responses, slot ${n}`);
            const ways = turns.get(pair);
            assert.ok(Math.abs(2 * ways.filter(Boolean).length - ways.length) <= 1);
            if (n === nPairs - 1) assert.ok(left.every((one) => Math.abs(one) <= 1), 'as often left as right over one pass');
        });
        // First and last one way, those between the other way: no drift over time is taken for a side.
        for (const [a, b, c, d] of turns.values()) assert.deepEqual([b, c, d], [!a, !a, a]);
    }
});

test('of rankings each two slots show every pair both ways, and all slots every response in every place', () => {
    for (const { m, shown } of orders(false, 8, '2 * m')) {
        const places = new Map();
        shown.forEach((order, n) => {
            assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: m }, (_, i) => i));
            if (n % 2 === 1) assert.deepEqual(order, [...shown[n - 1]].reverse());
            order.forEach((one, place) => places.set(`${one} ${place}`, (places.get(`${one} ${place}`) ?? 0) + 1));
        });
        assert.deepEqual([...places.values()], Array(m * m).fill(2));
    }
    assert.deepEqual(rows('select order_on_screen(5, 1, 1, false) as shown'), [{ shown: [0] }]);
});

test('which order an item begins with is its secret: over items each comes first as often', () => {
    for (const [m, isPair, ways] of [[2, true, 2], [4, true, 12], [3, false, 6]]) {
        const counts = rows(`select order_on_screen(hashint8extended(i, 1), 0, ${m}, ${isPair}) as shown, count(*) as n from generate_series(1, 12000) i group by 1`);
        assert.equal(counts.length, ways);
        const wanted = 12000 / ways, z = counts.map(({ n }) => Math.abs(n - wanted) / Math.sqrt(wanted * (1 - 1 / ways)));
        assert.ok(Math.max(...z) < 4, JSON.stringify(counts)); // the keys are the same each time
    }
});

test('with many at once, skips and leases that run out, each item is judged as often either way round', async () => {
    const { project, shard, tokens } = await study({ items: 12, people: 14, judgments_per_item: 4, lease_seconds: 1 });
    let asked = 0;
    for (let isWork = true; isWork;) {
        const busy = await Promise.all(tokens.map(async (token) => {
            const task = await next(project, token);
            if (task.status === 204) return false;
            asked++;
            if (asked % 7 === 0) return true; // leaves it lying; it is theirs again, or another's
            const choice = asked % 5 === 0 ? 'skip' : 'left';
            assert.ok([201, 409].includes((await judge(task.body.id, token, { choice })).status));
            return true;
        }));
        isWork = busy.some(Boolean);
        if (isWork && asked % 3 === 0) await new Promise((done) => setTimeout(done, 1050));
    }
    const judged = rows(`select item_id, count(*) as n, count(*) filter (where shown[1] = 0) as n_first from assignment where shard_key = ${shard} and state = 'judged' group by item_id`);
    assert.ok(judged.some((item) => item.n === 4));
    for (const item of judged) assert.ok(item.n <= 4 && Math.abs(2 * item.n_first - item.n) <= (item.n % 2 === 0 && item.n < 4 ? 2 : item.n % 2), JSON.stringify(item));
});

// --- repeats -------------------------------------------------------------------------------------------------------------
// Works until nothing is left: what they were given, in order.
async function workOff({ project }, token, answer) {
    const given = [];
    for (;;) {
        const task = await next(project, token);
        if (task.status === 204) return given;
        assert.equal(task.status, 201, JSON.stringify(task.body));
        const { id, item } = task.body, left = Number(/answer (\d)/.exec(item.responses[0].content)[1]);
        given.push({ id, item: item.id, left, isRepeat: given.some((one) => one.item === item.id) });
        assert.equal((await judge(id, token, answer(left, given))).status, 201);
    }
}
const counts = async (project) => (await server.api('GET', `/api/v1/projects/${project}`)).body;

test('a share of tasks comes back with the sides swapped, some tasks later, once, and beyond what is wanted', async () => {
    const made = await study({ items: 30, people: 4, judgments_per_item: 3, repeat_share: 0.25 });
    const { project, shard, tokens } = made;
    // The first is sure of what is better; the second always says left.
    const answers = [(left) => ({ choice: left === 0 ? 'left' : 'right' }), () => ({ choice: 'left' }), () => ({ choice: 'tie' }), (left) => ({ choice: left === 0 ? 'left' : 'right' })];
    const all = await Promise.all(tokens.map((token, i) => workOff(made, token, answers[i])));
    for (const given of all) {
        const repeats = given.filter((one) => one.isRepeat);
        assert.ok(Math.abs(repeats.length - 0.25 * given.length) <= 1.5, `${repeats.length} of ${given.length}`);
        given.forEach((one, i) => {
            const earlier = given.findIndex((other) => other.item === one.item);
            assert.equal(one.isRepeat, earlier < i);
            if (one.isRepeat) {
                assert.ok(i - earlier > 5, 'five others between');
                assert.equal(one.left, 1 - given[earlier].left, 'the sides are swapped');
            }
            assert.ok(given.filter((other) => other.item === one.item).length <= 2, 'once');
        });
    }
    const shown = await counts(project), n = all.flat().filter((one) => one.isRepeat).length;
    assert.deepEqual([shown.repeat_share, shown.progress.judgments, shown.progress.share], [0.25, 90, 1]);
    assert.equal(server.sql(`select count(*) from assignment where shard_key = ${shard} and state = 'judged' and n < 0`), String(n));
    // Of 19 repeats or so those of the second person are all of the same side.
    const { repeats, n_judgments: judged, agreement } = (await server.api('GET', `/api/v1/projects/${project}/quality`)).body;
    const per = all.map((given) => given.filter((one) => one.isRepeat).length);
    assert.deepEqual([judged, agreement.n_judgments, repeats.n, repeats.preferences.n], [90, 90, n, n - per[2]]);
    assert.ok(Math.abs(repeats.same_share - (n - per[1]) / n) < 1e-9 && Math.abs(repeats.preferences.same_side_share - per[1] / (n - per[2])) < 1e-9);
    assert.ok(repeats.interval[0] < repeats.same_share && repeats.same_share < repeats.interval[1]);
    // The release says which they are, and no pair is made of them.
    const files = await exportFiles(server, project, 'plenum,trl,csv');
    const lines_ = lines(unzstd(files['judgments.jsonl.zst'])), first = new Map(lines_.map((one) => [one.id, one]));
    const again = lines_.filter((one) => one.repeat_of !== undefined);
    assert.deepEqual([lines_.length, again.length], [90 + n, n]);
    for (const one of again) {
        const other = first.get(one.repeat_of);
        assert.deepEqual([other.rater, other.item, other.responses, other.repeat_of, one.strategy], [one.rater, one.item, [...one.responses].reverse(), undefined, 'repeat']);
    }
    const said = lines_.filter((one) => one.repeat_of === undefined && one.choice !== 'tie').length;
    assert.equal(lines(files['trl.jsonl'].toString()).length, said);
    assert.equal(files['judgments.csv'].toString().trim().split('\r\n').length, 1 + 90 + n);
    const { counts: counted } = JSON.parse(files['manifest.json']);
    assert.deepEqual([counted.judgments, counted.repeats], [90, n]);
    assert.match(files['README.md'].toString(), new RegExp(`${n} judgments more are repeats`));
});

test('a repeat can be skipped, changed and taken back, and is nobody else\'s', async () => {
    const { project, shard, tokens: [token, other] } = await study({ items: 12, people: 2, judgments_per_item: 2, repeat_share: 0.5, lease_seconds: 1 });
    const undo = (id) => server.api('DELETE', `/api/v1/assignments/${id}/judgment`, { token });
    const had = new Map();
    let repeat;
    while (!repeat) {
        const { body } = await next(project, token);
        if (had.has(body.item.id)) repeat = body;
        else {
            had.set(body.item.id, body.id);
            await judge(body.id, token, { choice: 'left' });
        }
    }
    const state = async () => { const { progress, counts: { skipped } } = await counts(project); return [progress.judgments, skipped]; };
    const before = await state();
    await new Promise((done) => setTimeout(done, 1050));
    const theirs = await next(project, other);
    assert.notEqual(theirs.body.id, repeat.id);
    await judge(theirs.body.id, other, { choice: 'left' });
    before[0]++;
    assert.equal((await next(project, token)).body.id, repeat.id, 'a lease that ran out is still theirs');
    assert.equal((await judge(repeat.id, token, { choice: 'skip' })).status, 201);
    assert.equal((await undo(repeat.id)).body.id, repeat.id, 'a skip is taken back');
    assert.equal((await judge(repeat.id, token, { choice: 'right' })).status, 201);
    assert.equal((await judge(repeat.id, token, { choice: 'tie' })).body.revision, 4);
    assert.equal((await undo(repeat.id)).status, 200);
    assert.equal((await judge(repeat.id, token, { choice: 'right' })).status, 201);
    assert.deepEqual(await state(), before, 'none of it counts');
    assert.equal((await server.api('GET', `/api/v1/projects/${project}/quality`)).body.repeats.n, 1);
    // Who takes the first judgment back has repeated nothing.
    assert.equal((await undo(had.get(repeat.item.id))).status, 200);
    const files = await exportFiles(server, project, 'plenum');
    assert.ok(lines(unzstd(files['judgments.jsonl.zst'])).every((one) => one.repeat_of === undefined));
    assert.equal(server.sql(`select count(*) from assignment where shard_key = ${shard} and state = 'open' and n < 0`), '0');
    // Who leaves while one is out leaves nothing behind that anybody would get.
    for (let task; task?.item === undefined || !had.has(task.item.id) || had.get(task.item.id) === task.id;) {
        task = (await next(project, token)).body;
        if (had.has(task.item.id) && had.get(task.item.id) !== task.id) break;
        had.set(task.item.id, task.id);
        await judge(task.id, token, { choice: 'left' });
    }
    assert.equal((await server.api('DELETE', `/api/v1/me/participations/${project}`, { token })).status < 300, true);
    const rest = await workOff({ project }, other, () => ({ choice: 'left' }));
    assert.ok(rest.every((one) => one.item !== undefined));
    assert.equal(server.sql(`select count(*) from assignment where shard_key = ${shard} and n < 0 and participant_id is not null and state <> 'judged'`), '0');
});

// --- drawn ---------------------------------------------------------------------------------------------------------------
test('drawn at random: every open item that a person may have is as likely as its probability says, and no cap is passed', async () => {
    const { project, shard, tokens } = await study({ items: 8, people: 160, judgments_per_item: 1000, strategy: 'random' });
    assert.equal((await counts(project)).strategy, 'random');
    for (let i = 0; i < tokens.length; i += 16) {
        await Promise.all(tokens.slice(i, i + 16).map(async (token) => {
            for (let k = 0; k < 2; k++) assert.equal((await judge((await next(project, token)).body.id, token, { choice: 'left' })).status, 201);
        }));
    }
    const drawn = rows(`select item_id, probability, strategy from assignment where shard_key = ${shard} and state = 'judged'`);
    assert.equal(drawn.length, 320);
    assert.ok(drawn.every((one) => one.strategy === 'random'));
    // The first of a person is one of eight, the second one of the seven that they have not had.
    const as = (p) => drawn.filter((one) => Math.abs(one.probability - p) < 1e-6).length;
    assert.deepEqual([as(1 / 8), as(1 / 7)], [160, 160]);
    // Each was given out 40 times or so: a chi-squared of 7 degrees passes 40 once in a million times.
    const times = [...new Set(drawn.map((one) => one.item_id))].map((item) => drawn.filter((one) => one.item_id === item).length);
    assert.equal(times.length, 8);
    assert.ok(times.reduce((sum, n) => sum + (n - 40) ** 2 / 40, 0) < 40, JSON.stringify(times));
    const files = await exportFiles(server, project, 'plenum');
    assert.ok(lines(unzstd(files['judgments.jsonl.zst'])).every((one) => one.strategy === 'random' && one.probability > 0));
});

test('of many open items their probabilities tell how many there were; each is judged as often as it wants and no oftener', async () => {
    const many = await study({ items: 400, people: 8, judgments_per_item: 1000, strategy: 'random' });
    for (let k = 0; k < 20; k++) {
        await Promise.all(many.tokens.map(async (token) => judge((await next(many.project, token)).body.id, token, { choice: 'tie' })));
    }
    // Horvitz and Thompson: the mean of one through the probability is how many there were to draw from, less what one has had.
    const [{ n, total }] = rows(`select count(*) as n, avg(1 / probability) as total from assignment where shard_key = ${many.shard} and state = 'judged'`);
    assert.equal(n, 160);
    assert.ok(total > 340 && total < 440, `${total} of 400`);
    const few = await study({ items: 10, people: 12, judgments_per_item: 3, strategy: 'random', repeat_share: 0.2 });
    await Promise.all(few.tokens.map((token) => workOff(few, token, () => ({ choice: 'left' }))));
    const per = rows(`select item_id, count(*) as n from assignment where shard_key = ${few.shard} and state = 'judged' and n >= 0 group by item_id`);
    assert.deepEqual(per.map((one) => one.n), Array(10).fill(3));
});

// --- drawn by a model ----------------------------------------------------------------------------------------------------
// Half of the people want it short, half at length; of some items both responses are the same to a model.
const ALIKE = 20, APART = 40;
async function judged(strategy) {
    const project = await makeJudged(server, { name: strategy, items: APART, people: 60, each: 20, strategy });
    const alike = Array.from({ length: ALIKE }, (_, i) => JSON.stringify({ id: `alike ${i}`, prompt: `Which ${i}?`,
        responses: [{ content: `Neither ${i}, nor both.` }, { content: `NEITHER ${i}, NOR BOTH.` }] }));
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/items`, { body: alike.join('\n') })).status, 200);
    return { project, shard: shardOf(project) };
}
const weighing = async (project) => (await server.api('GET', `/api/v1/projects/${project}`)).body.weighing;
const weighed = (project, model) => until(async () => {
    const found = await weighing(project).catch(() => null);
    return found?.model_id === model && found.items === ALIKE + APART && found;
}, 'the items are weighed', 30_000);
async function fitted(project, method) {
    const { body: { id } } = await server.api('POST', `/api/v1/projects/${project}/fits`, { body: { method }, key: true });
    return until(async () => (await server.api('GET', `/api/v1/fits/${id}`)).body.model_id, 'the fit is done', 60_000);
}
function values(shard) {
    const all = rows(`select i.source_id, i.item_id, v.value from item_value v join item i using (shard_key, item_id) where v.shard_key = ${shard}`);
    return { alike: all.filter((one) => one.source_id.startsWith('alike')), apart: all.filter((one) => !one.source_id.startsWith('alike')) };
}

test('drawn by a model: as its values say, with the probability that stands beside it, and as random until there is one', { timeout: 120_000 }, async (t) => {
    const worker = new Worker(server, 'fits');
    t.after(() => worker.remove());
    await worker.enrol();
    worker.start();
    const expected = {
        uncertainty: ({ alike, apart }) => alike.every((one) => one.value === 1) && apart.every((one) => one.value <= 1),
        group_disagreement: ({ alike, apart }) => alike.every((one) => one.value < 1e-9) && apart.every((one) => one.value > 0.05),
        d_optimal: ({ alike, apart }) => alike.every((one) => one.value < 1e-9) && apart.every((one) => one.value > 1e-6),
    };
    for (const [strategy, holds] of Object.entries(expected)) {
        const { project, shard } = await judged(strategy), { tokens } = await join(project, 40);
        const one = await next(project, tokens.pop());
        assert.equal(one.status, 201);
        const [first] = rows(`select strategy, probability, participant_id from assignment where shard_key = ${shard} and state = 'leased'`);
        assert.equal(first.strategy, strategy);
        assert.ok(Math.abs(first.probability - 1 / (ALIKE + APART)) < 1e-6, 'no model yet: all alike');
        assert.equal(await weighing(project), undefined);
        const model = await fitted(project, 'maxmin');
        assert.equal((await weighed(project, model)).error, null);
        const found = values(shard), all = [...found.alike, ...found.apart];
        assert.deepEqual([found.alike.length, found.apart.length], [ALIKE, APART]);
        assert.ok(holds(found), `${strategy}: ${JSON.stringify(found)}`);
        // With fewer than 64 open, the probability is the weight's part, exactly. Each person asks once.
        await Promise.all(tokens.map(async (token) => assert.equal((await next(project, token)).status, 201)));
        const most = Math.max(...all.map((item) => item.value)), weight = ({ value }) => 0.1 + (0.9 * value) / most;
        const drawn = rows(`select item_id, strategy, probability from assignment where shard_key = ${shard} and state = 'leased' and participant_id <> '${first.participant_id}'`);
        const total = all.reduce((sum, item) => sum + weight(item), 0), of = new Map(all.map((item) => [item.item_id, item]));
        assert.equal(drawn.length, 39);
        for (const item of drawn) assert.ok(item.strategy === strategy && Math.abs(item.probability - weight(of.get(item.item_id)) / total) < 1e-6, JSON.stringify(item));
    }
    // Killed in the middle of storing: whoever comes next begins anew.
    const [project] = rows("select project_id, shard_key::text from project where strategy = 'd_optimal'").map((row) => idOf(row.shard_key, row.project_id));
    server.sql(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return null; end $$;
        create trigger slow before insert on item_value for each statement execute function slow()`);
    const model = await fitted(project, 'pooled');
    await until(() => server.sql("select count(*) from pg_stat_activity where state = 'active' and query like '%item_value%' and pid <> pg_backend_pid()") !== '0', 'it is being stored');
    await server.kill();
    await server.start();
    server.sql('drop trigger slow on item_value');
    await weighed(project, model);
    assert.equal(server.sql(`select count(*) from (select entry from log_outbox union all select entry from log_entry) e where entry like '%"type":"weighing"%'`), '4', 'each once in the log');
});
