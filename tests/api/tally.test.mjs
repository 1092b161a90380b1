// Figures kept up as judgments come: whatever happens in between, they are what counting all of it anew gives. Annotators and items
// are shown by them; whom a study excludes counts no more, until let in again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { client, makeStudy } from '../support/study.mjs';
import { until } from '../support/workers.mjs';

let server, call;
before(async () => {
    server = await startCoordinator();
    call = client(server.url, server.adminToken);
});
after(() => server.stop());

const items = (n, responses = 2) => Array.from({ length: n }, (_, i) => ({ id: `i-${i}`, prompt: `Question ${i}`,
    responses: Array.from({ length: responses }, (__, k) => ({ id: `i-${i}.${k}`, content: `answer ${k} to ${i}` })) }));
const look = (id) => server.api('GET', `/api/v1/projects/${id}/annotators?limit=200`);
const judge = (task, token, body) => server.api('PUT', `/api/v1/assignments/${task}/judgment`, { token, key: true, body: { active_ms: 500 + Math.floor(Math.random() * 20_000), client: {}, ...body } });
const next = (id, token) => server.api('POST', `/api/v1/projects/${id}/assignments`, { token });
const undo = (task, token) => server.api('DELETE', `/api/v1/assignments/${task}/judgment`, { token, key: true });

async function enter(code) {
    const { status, body } = await server.api('POST', '/api/v1/join', { token: null, body: { code, consent: { version: '1' } } });
    assert.equal(status, 201, JSON.stringify(body));
    return body.token;
}
async function people(id, n) {
    const { code } = await call('POST', `/api/v1/projects/${id}/invitations`, { max_uses: n });
    return Promise.all(Array.from({ length: n }, () => enter(code)));
}

const TABLES = ['tally_outcome where n <> 0', 'tally_time where n <> 0', 'tally_hour where n <> 0', 'tally_person where n <> 0 or n_skipped <> 0', 'tally_item where n <> 0',
    "tally_unit where counts <> '{0,0,0,0,0,0,0,0,0}'", 'tally_pattern where times <> 0', 'tally_moment where sums[1] <> 0', "tally_repeat where sums <> '{0,0,0,0,0,0}'"];
// `last_at` of a judgment taken back stays.
const dump = (shard) => [...TABLES.map((from) => server.sql(`select to_jsonb(t) - 'last_at' - 'shard_key' from ${from.replace(' where', ' t where')} and shard_key = ${shard} order by 1`)),
    server.sql(`select n_items from tally where shard_key = ${shard}`)];
const shardOf = (name) => server.sql(`select shard_key from project where name = '${name}'`);

async function equalsAnew(id, shard) {
    assert.equal((await look(id)).status, 200);
    const kept = dump(shard);
    server.sql(`update tally set snapshot = null where shard_key = ${shard}`);
    assert.equal((await look(id)).status, 200);
    assert.deepEqual(kept, dump(shard));
    // And what counting by hand gives, of pairs.
    const truth = server.sql(`with latest as (select distinct on (lease_id) j.* from judgment j where shard_key = ${shard} and n >= 0 order by lease_id, revision desc),
        v as (select item_id, outcome, (outcome = 'left') = (shown[1] < shown[2]) as first from latest where outcome in ('left', 'right', 'tie', 'both_bad')),
        u as (select item_id, count(*) filter (where outcome in ('left', 'right') and first) as a, count(*) filter (where outcome in ('left', 'right') and not first) as b,
            count(*) filter (where outcome = 'tie') as c, count(*) filter (where outcome = 'both_bad') as d from v group by item_id)
        select string_agg(p, ' ' order by p) from (select concat_ws(',', a, b, c, d, count(*)) as p from u group by a, b, c, d) x`);
    assert.equal(server.sql(`select string_agg(p, ' ' order by p) from (select concat_ws(',', counts[1], counts[2], counts[3], counts[4], times) as p
        from tally_pattern where shard_key = ${shard} and measure = 'choice' and times > 0) x`), truth);
    const twice = server.sql(`with latest as (select distinct on (lease_id) item_id, n, participant_id, outcome from judgment where shard_key = ${shard} order by lease_id, revision desc),
        t as (select f.outcome as first, r.outcome as again, f.outcome in ('left', 'right') and r.outcome in ('left', 'right') as both_prefer
            from latest r join latest f on f.item_id = r.item_id and f.participant_id = r.participant_id and f.n = -2 - r.n
            where r.n < 0 and f.outcome in ('left', 'right', 'tie', 'both_bad') and r.outcome in ('left', 'right', 'tie', 'both_bad'))
        select concat_ws(',', count(*), count(*) filter (where (first = again) <> both_prefer), count(*) filter (where both_prefer), count(*) filter (where both_prefer and first = again)) from t`);
    assert.equal(server.sql(`select coalesce((select concat_ws(',', sums[1], sums[2], sums[3], sums[4]) from tally_repeat where shard_key = ${shard} and measure = 'choice'), '0,0,0,0')`), twice);
    return kept;
}

const CHOICES = [{ choice: 'left', strength: 2 }, { choice: 'right', strength: 1 }, { choice: 'right' }, { choice: 'tie' }, { choice: 'both_bad' }, { choice: 'cannot_judge' }, { choice: 'skip' }];
const pick = (list) => list[Math.floor(Math.random() * list.length)];

// Somebody who judges, changes their mind, takes back, until there is nothing left or `while_` ends.
async function busy(id, token, while_ = () => true) {
    for (let n = 0; n < 40 && while_(); n += 1) {
        const task = await next(id, token).catch(() => null);
        if (!task) continue; // killed meanwhile
        if (task.status !== 200 && task.status !== 201) return;
        for (const body of [pick(CHOICES), ...(n % 3 === 0 ? [pick(CHOICES)] : [])]) await judge(task.body.id, token, body).catch(() => null);
        if (n % 4 === 1) await undo(task.body.id, token).catch(() => null);
    }
}

test('while many judge, change their minds and take back, and others look, what is kept is what counting anew gives', async () => {
    const { id } = await makeStudy(call, { name: 'busy', items: items(30), task: { kind: 'pairwise', strength_max: 3, both_bad: true }, judgments_per_item: 6, repeat_share: 0.4 });
    const tokens = await people(id, 12);
    let going = true;
    const looking = Promise.all([1, 2].map(async () => {
        while (going) assert.equal((await look(id)).status, 200);
    }));
    await Promise.all(tokens.map((token) => busy(id, token)));
    going = false;
    await looking;
    const kept = await equalsAnew(id, shardOf('busy'));
    assert.deepEqual(kept.map((table) => table !== ''), TABLES.map((from) => !from.startsWith('tally_moment')).concat(true));
});

test('killed in the middle of it, again and again', async () => {
    const { id } = await makeStudy(call, { name: 'killed', items: items(30), task: { kind: 'pairwise', strength_max: 3, both_bad: true }, judgments_per_item: 6, repeat_share: 0.4 });
    const tokens = await people(id, 6);
    for (let kill = 0; kill < 3; kill += 1) {
        let going = true;
        const all = [...tokens.map((token) => busy(id, token, () => going)), ...[1, 2].map(async () => {
            while (going) await look(id).catch(() => null);
        })];
        await new Promise((done) => setTimeout(done, 300));
        await server.kill();
        going = false;
        await Promise.all(all);
        await server.restart();
        call = client(server.url, server.adminToken);
    }
    await equalsAnew(id, shardOf('killed'));
});

// A transaction that stays open over a look: psql, told line by line.
function transaction(t) {
    const child = spawn('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', `host='${join(server.dataFolder, 'run')}' user=plenum_owner dbname=plenum`], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => child.kill());
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
    let n = 0;
    return {
        async run(sql) {
            n += 1;
            child.stdin.write(`${sql};\nselect 'done ${n}';\n`);
            while (!out.includes(`done ${n}`)) {
                assert.equal(child.exitCode, null, out);
                await new Promise((done) => setTimeout(done, 20));
            }
        },
    };
}

test('a transaction that was open when somebody looked, and commits after a later one, counts once', async (t) => {
    const { id } = await makeStudy(call, { name: 'open', items: items(6), task: { kind: 'pairwise' }, judgments_per_item: 1 });
    const [token] = await people(id, 1);
    for (let i = 0; i < 6; i += 1) await judge((await next(id, token)).body.id, token, { choice: 'left' });
    const shard = shardOf('open');
    const revise = (outcome, offset) => `insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown, guideline_version, idempotency_key, request_hash, receipt)
        select shard_key, lease_id, 2, gen_random_uuid(), item_id, n, participant_id, '${outcome}', shown, 1, gen_random_uuid(), request_hash, '' from judgment
        where shard_key = ${shard} and revision = 1 order by lease_id offset ${offset} limit 1`;
    await look(id);
    const [early, late, gone] = [transaction(t), transaction(t), transaction(t)];
    for (const one of [early, late, gone]) await one.run('begin');
    await early.run(revise('tie', 0));
    await late.run(revise('both_bad', 1));
    await gone.run(revise('right', 2));
    await look(id);
    await late.run('commit');
    await look(id);
    await gone.run('rollback');
    await look(id);
    assert.equal(server.sql(`select string_agg(outcome || n, ' ' order by outcome) from tally_outcome where shard_key = ${shard} and n <> 0`), 'both_bad1 left5');
    await early.run('commit');
    await equalsAnew(id, shard);
    assert.equal(server.sql(`select string_agg(outcome || n, ' ' order by outcome) from tally_outcome where shard_key = ${shard} and n <> 0`), 'both_bad1 left4 tie1');

    // The data came into a cluster whose transactions count from lower: what came along is counted once, and what comes after too.
    server.sql(`update judgment set stored_xid = 4000000000 where shard_key = ${shard}; update tally set snapshot = '4000000001:4000000001:' where shard_key = ${shard}`);
    await look(id);
    await equalsAnew(id, shard);
    server.sql(revise('tie', 3));
    await equalsAnew(id, shard);
});

test('ratings and rankings agree by unit: interval, nominal, and each pair of a ranking', async () => {
    const dimensions = [{ id: 'warm', label: 'Warm', scale: 'likert', min: 1, max: 5, about: 'response', required: true },
        { id: 'clear', label: 'Clear?', scale: 'yes_no_unsure', about: 'item', required: true }];
    const rating = await makeStudy(call, { name: 'rated', items: items(4, 1), task: { kind: 'rating', dimensions }, judgments_per_item: 2 });
    const said = [[[1, 'yes'], [2, 'no'], [3, 'yes'], [5, 'yes']], [[1, 'yes'], [3, 'yes'], [3, 'yes'], [4, 'yes']]];
    for (const [who, token] of (await people(rating.id, 2)).entries()) {
        for (let i = 0; i < 4; i += 1) {
            const { body: task } = await next(rating.id, token);
            const [warm, clear] = said[who][Number(/to (\d)/.exec(task.item.responses[0].content)[1])];
            assert.equal((await judge(task.id, token, { ratings: { warm: { a: warm }, clear: { item: clear } } })).status, 201);
        }
    }
    const { agreement } = await call('GET', `/api/v1/projects/${rating.id}/quality`);
    const [warm, clear] = agreement.ratings;
    assert.deepEqual([warm.dimension, warm.n_units, warm.n_judgments, clear.dimension, clear.percent], ['warm', 4, 8, 'clear', 0.75]);
    // 1,1 | 2,3 | 3,3 | 5,4: squares of differences within sum to 4 (each pair twice), between all 8 values to 8 * 74 - 22 * 22 = 108, each twice.
    assert.ok(Math.abs(warm.alpha - (1 - 7 * 4 / (2 * 108))) < 1e-9);
    // yes,yes | no,yes | yes,yes | yes,yes: o = 2 of 8, n = 7 and 1.
    assert.ok(Math.abs(clear.alpha - (1 - 7 * 2 / (2 * 7))) < 1e-9);

    // Apart: question 1 by one step of four and by yes and no, question 3 by one step; of two pairs each.
    const apart = (await call('GET', `/api/v1/projects/${rating.id}/items?order=disagreement`)).data;
    assert.deepEqual(apart.map((one) => [one.prompt[0].content, Number(one.disagreement.toFixed(3)), one.n_pairs]), [['Question 1', 0.531, 2], ['Question 3', 0.031, 2]]);
    // Rated once more: one step higher, and of the two people's four the first's "no" for "yes".
    server.sql(`insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, answer, shown, guideline_version, idempotency_key, request_hash, receipt)
        select shard_key, gen_random_uuid(), 1, gen_random_uuid(), item_id, -2 - n, participant_id, outcome,
            jsonb_set(jsonb_set(answer, '{ratings,warm}', (select jsonb_object_agg(key, value::integer + 1) from jsonb_each_text(answer->'ratings'->'warm'))), '{ratings,clear,item}', '"yes"'),
            shown, 1, gen_random_uuid(), request_hash, ''
        from judgment where shard_key = ${shardOf('rated')}`);
    await new Promise((done) => setTimeout(done, 5200)); // the figures are five seconds old at most
    const { repeats: { ratings: [warmAgain, clearAgain] } } = await call('GET', `/api/v1/projects/${rating.id}/quality`);
    assert.deepEqual([warmAgain.dimension, warmAgain.n, warmAgain.same_share, warmAgain.mean_difference], ['warm', 8, 0, 1]);
    assert.deepEqual([clearAgain.dimension, clearAgain.n, clearAgain.same_share, clearAgain.mean_difference, clearAgain.alpha], ['clear', 8, 7 / 8, null, null]);
    const first = [1, 2, 3, 5, 1, 3, 3, 4];
    assert.ok(Math.abs(warmAgain.alpha - alphaOf(first.map((x) => [x, x + 1]))) < 1e-9);

    const ranked = await makeStudy(call, { name: 'ranked', items: items(2, 3), task: { kind: 'ranking' }, judgments_per_item: 2 });
    for (const [who, token] of (await people(ranked.id, 2)).entries()) {
        for (let i = 0; i < 2; i += 1) {
            const { body: task } = await next(ranked.id, token);
            const slot = new Map(task.item.responses.map((one) => [Number(/answer (\d)/.exec(one.content)[1]), one.slot]));
            const order = who === 0 ? [[0], [1, 2]] : [[0], [2], [1]];
            assert.equal((await judge(task.id, token, { ranking: order.map((group) => group.map((k) => slot.get(k))) })).status, 201);
        }
    }
    const by = (await call('GET', `/api/v1/projects/${ranked.id}/quality`)).agreement;
    assert.deepEqual([by.n_pairs, by.n_judgments], [6, 12]);
    assert.ok(Math.abs(by.percent - 2 / 3) < 1e-9, 'of three pairs they differ on one');
    // Ranked once more: the first as before, the second with two the other way round.
    server.sql(`insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, answer, shown, guideline_version, idempotency_key, request_hash, receipt)
        select shard_key, gen_random_uuid(), 1, gen_random_uuid(), item_id, -2 - n, participant_id, outcome,
            case when jsonb_array_length(answer->'ranking') = 3 then '{"ranking": [[0], [1], [2]]}' else answer end, shown, 1, gen_random_uuid(), request_hash, ''
        from judgment where shard_key = ${shardOf('ranked')}`);
    await new Promise((done) => setTimeout(done, 5200)); // the figures are five seconds old at most
    const { rankings } = (await call('GET', `/api/v1/projects/${ranked.id}/quality`)).repeats;
    assert.deepEqual([rankings.n, rankings.n_pairs], [4, 12]);
    // By hand: shares of 1, 1, 2/3, 2/3 of three pairs each; residuals of +-1/2, t of 3 (the approximation's) times sqrt(4/3 * 1) / 12.
    assert.ok(Math.abs(rankings.same_order_share - 10 / 12) < 1e-9);
    assert.ok(Math.abs(rankings.interval[0] - (10 / 12 - 3.182 * Math.sqrt(4 / 3) / 12)) < 0.001 && rankings.interval[1] === 1);
});

// Krippendorff's alpha by interval from the ratings themselves, pair by pair.
function alphaOf(units) {
    const own = units.filter((unit) => unit.length > 1), all = own.flat();
    const apart = (list) => list.reduce((sum, x) => list.reduce((part, y) => part + (x - y) ** 2, sum), 0);
    return 1 - ((all.length - 1) * own.reduce((sum, unit) => sum + apart(unit) / (unit.length - 1), 0)) / apart(all);
}

test('sliders and long scales agree by interval, kept up from sums; a change of mind, an undo and a kill leave what counting anew gives', async () => {
    const dimensions = [{ id: 'much', label: 'How much?', scale: 'slider', about: 'response', required: true },
        { id: 'years', label: 'Years', scale: 'likert', min: -20, max: 400, about: 'item', required: true }];
    const { id } = await makeStudy(call, { name: 'slid', items: items(12), task: { kind: 'rating', dimensions }, judgments_per_item: 4 });
    const tokens = await people(id, 5);
    const said = () => ({ much: { a: 1 + Math.floor(Math.random() * 100), b: 60 + Math.floor(Math.random() * 40) }, years: { item: Math.floor(Math.random() * 420) - 20 } });
    let going = true;
    const looking = (async () => { while (going) await look(id).catch(() => null); })();
    const all = tokens.map(async (token, who) => {
        for (let n = 0; n < 12; n += 1) {
            const { status, body } = await next(id, token).catch(() => ({}));
            if (status !== 200 && status !== 201) continue;
            for (let times = 0; times < 1 + (n % 3 === who % 3); times += 1) await judge(body.id, token, { ratings: said() }).catch(() => null);
            if (n % 5 === who) await undo(body.id, token).catch(() => null);
        }
    });
    await new Promise((done) => setTimeout(done, 100));
    await server.kill();
    await server.restart();
    call = client(server.url, server.adminToken);
    await Promise.all(all);
    going = false;
    await looking;
    for (const token of tokens) {
        for (let n = 0; n < 12; n += 1) {
            const { status, body } = await next(id, token);
            if (status === 204) break;
            await judge(body.id, token, { ratings: said() });
        }
    }
    const kept = await equalsAnew(id, shardOf('slid'));
    assert.ok(kept[TABLES.findIndex((from) => from.startsWith('tally_moment'))] !== '');
    const rows = JSON.parse(server.sql(`select json_agg(j) from (select distinct on (lease_id) encode(uuid_send(item_id), 'hex') as item, outcome, answer->'ratings' as ratings
        from judgment where shard_key = ${shardOf('slid')} order by lease_id, revision desc) j`)).filter((row) => row.outcome === 'rating');
    const { agreement } = await call('GET', `/api/v1/projects/${id}/quality`);
    for (const [dimension, slots] of [['much', ['0', '1']], ['years', ['item']]]) {
        const units = new Map();
        for (const row of rows) for (const slot of slots) units.set(row.item + slot, [...(units.get(row.item + slot) ?? []), row.ratings[dimension][slot]]);
        const one = agreement.ratings.find((own) => own.dimension === dimension);
        const list = [...units.values()];
        assert.ok(Math.abs(one.alpha - alphaOf(list)) < 1e-9, `${dimension}: ${one.alpha}, ${alphaOf(list)}`);
        assert.deepEqual([one.n_units, one.n_judgments, one.percent], [list.filter((unit) => unit.length > 1).length, list.filter((unit) => unit.length > 1).flat().length, undefined]);
        const { alpha_interval: [low, high] } = one;
        assert.ok(low < one.alpha && one.alpha < high && high - low < 1.5);
    }
});

test('who judged is shown under a pseudonym; excluded with a reason they count no more, and count again when let in', async () => {
    const { id } = await makeStudy(call, { name: 'who', items: items(24), task: { kind: 'pairwise' }, judgments_per_item: 2 });
    const tokens = await people(id, 2);
    const wish = [() => 'left', (task) => (/answer 0/.test(task.item.responses[0].content) ? 'left' : 'right')];
    for (const [who, token] of tokens.entries()) {
        for (let i = 0; i < 24; i += 1) {
            const { body: task } = await next(id, token);
            await judge(task.id, token, { choice: wish[who](task), active_ms: who === 0 ? 900 : 9000 });
        }
    }
    const { data } = (await look(id)).body;
    assert.equal(data.length, 2);
    const [always, careful] = data[0].order_bias.left_share === 1 ? data : data.toReversed();
    assert.deepEqual([always.n_judgments, always.state, always.mean_active_ms, always.flags.map((one) => one.flag)], [24, 'active', 900, ['one_side', 'fast']]);
    assert.deepEqual(careful.flags.map((one) => one.flag).filter((one) => one !== 'one_side'), []);
    const then = dump(shardOf('who'));
    const { steps, activity } = await call('GET', `/api/v1/projects/${id}/quality`);
    assert.deepEqual(steps, { joined: 2, read_guideline: 0, told_for_quotas: 0, practised: 0, tested: 0, judged: 2, judged_ten: 2, completed: 0, left: 0, excluded: 0 });
    assert.equal(activity.reduce((sum, one) => sum + one.n, 0), 48);
    assert.ok(activity.every((one) => /:00:00/.test(one.hour)));

    const change = (body, options) => server.api('PATCH', `/api/v1/projects/${id}/annotators/${always.id}`, { body, ...options });
    assert.deepEqual((await change({ state: 'excluded' })).body.errors[0].pointer, '/reason');
    assert.equal((await change({ state: 'excluded', reason: 'x' }, { token: tokens[1] })).status, 404);
    const why = { state: 'excluded', reason: 'Always the left, in a second.', code: 'one_side' };
    assert.equal((await change({ ...why, code: 'left' })).body.errors[0].pointer, '/code');
    assert.equal((await change(why)).body.state, 'excluded');
    assert.equal((await change(why)).body.state, 'excluded');
    const [row] = (await look(id)).body.data.filter((one) => one.id === always.id);
    assert.deepEqual([row.state, row.exclusion_reason, row.exclusion_code, row.n_judgments], ['excluded', 'Always the left, in a second.', 'one_side', 0]);
    const item = (await server.api('GET', `/api/v1/projects/${id}/items`)).body.data[0];
    assert.equal(item.n_judgments, 1);
    const history = (await server.api('GET', `/api/v1/projects/${id}/items/${item.id}`)).body;
    assert.deepEqual(history.judgments.map((one) => [one.annotator_id === always.id, one.stands]).toSorted(), [[false, true], [true, false]]);
    assert.deepEqual([history.slots, history.responses.length], [{ open: 0, leased: 0, judged: 2 }, 2]);
    await until(async () => (await next(id, tokens[0])).status === 404, 'the other threads know it within a second');
    assert.equal((await change({ state: 'active' })).body.state, 'active');
    await look(id);
    assert.deepEqual(dump(shardOf('who')), then);
    assert.equal(server.sql(`select count(*) from (select entry from log_outbox union all select convert_from(entry::bytea, 'UTF8') from log_entry) e (entry)
        where entry like '%annotator_%${id}%' or entry like '%${id}%annotator_%'`), '2', 'each once');
    assert.equal((await server.api('GET', `/api/v1/projects/${id}/annotators`, { token: tokens[1] })).status, 404);
});

test('words that were pasted, not typed, or are nearly another text are flagged with what shows it; a change of mind changes it', async () => {
    const { id } = await makeStudy(call, { name: 'words', items: items(8), task: { kind: 'pairwise' }, judgments_per_item: 4 });
    const tokens = await people(id, 4);
    const numbers = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
    const own = (who, i) => `What person ${who} wrote of item ${numbers[i]} is ${['calm', 'loud', 'odd', 'plain'].map((one) => one + who + numbers[i]).join(' and ')} and nothing else`;
    // The first pastes, the second says one thing always, the third writes what the fourth wrote, but for a sign, and types faster than anyone.
    const said = [(i) => [own(0, i), { keys: 1, pasted: own(0, i).length }, 9000],
        () => ['The first one is far better because it says exactly what it means and why', { keys: 74, pasted: 0 }, 30_000],
        (i) => [i < 2 ? own(3, i).toUpperCase().replaceAll(' AND ', ', and ') : own(2, i), { keys: 80, pasted: 0, left: 2 }, 1000],
        (i) => [own(3, i), { keys: 90, pasted: 10 }, 40_000]];
    const given = [];
    for (const [who, token] of tokens.entries()) {
        for (let n = 0; n < 8; n += 1) {
            const { body: task } = await next(id, token);
            const [rationale, typing, active_ms] = said[who](Number(/to (\d)/.exec(task.item.responses[0].content)[1]));
            assert.equal((await judge(task.id, token, { choice: n % 2 ? 'left' : 'right', rationale, active_ms, client: { typing } })).status, 201);
            if (who === 2 && rationale.startsWith('WHAT')) given.push(task.id);
        }
    }
    const { data } = (await look(id)).body;
    const flags = (one) => Object.fromEntries(one.flags.map(({ flag, value, n, nearest }) => [flag, [value, n, ...(nearest ? [nearest.annotator_id, nearest.equal_share] : [])]]));
    const by = async (flag) => (await look(id)).body.data.filter((one) => one.flags.some((its) => its.flag === flag));
    const [[pastes], [says], [copies]] = [await by('pasted'), await by('repeated'), await by('untyped')];
    const [writes] = data.filter((one) => ![pastes.id, says.id, copies.id].includes(one.id));
    assert.deepEqual(flags(pastes), { pasted: [1, 8] });
    assert.deepEqual(flags(says), { repeated: [1, 8] });
    assert.deepEqual(flags(copies), { untyped: [1, 8], twins: [0.25, 8, writes.id, 1] });
    assert.deepEqual(flags(writes), { twins: [0.25, 8, copies.id, 1] });
    // Who is excluded stays somebody's twin; what is taken back is nobody's.
    const change = (body) => server.api('PATCH', `/api/v1/projects/${id}/annotators/${writes.id}`, { body });
    assert.equal((await change({ state: 'excluded', reason: 'x', code: 'twins' })).status, 200);
    assert.deepEqual(flags((await by('untyped'))[0]).twins, [0.25, 8, writes.id, 1]);
    assert.equal((await change({ state: 'active' })).status, 200);
    await undo(given[0], tokens[2]);
    assert.deepEqual((await by('twins')).length, 0);
    assert.deepEqual(flags((await by('untyped'))[0]), { untyped: [1, 7] });
    assert.equal((await judge(given[0], tokens[2], { choice: 'left', rationale: own(3, 0), client: {} })).status, 201);
    await look(id);
    for (const [typing, at] of [[{ keys: -1, pasted: 0 }, '/client/typing/keys'], [{ keys: 1 }, '/client/typing/pasted'], [{ keys: 1, pasted: 1, text: 'x' }, '/client/typing/text'], ['x', '/client/typing']]) {
        const wrong = await judge(given[1], tokens[2], { choice: 'left', rationale: 'x', client: { typing } });
        assert.deepEqual([wrong.status, wrong.body.errors[0].pointer], [422, at]);
    }
    // Words are in no column that could be read, and go with the person.
    assert.equal(server.sql(`select count(*) from words w where w::text ilike '%better%'`), '0');
    const mine = server.sql(`select count(*) from words where participant_id = (select participant_id from words where shard_key = ${shardOf('words')} order by text_id limit 1)`);
    assert.ok(Number(mine) >= 8);
    assert.ok((await server.api('DELETE', '/api/v1/me', { token: tokens[1], body: { confirm: 'erase' } })).status < 300);
    assert.equal(server.sql(`select count(distinct participant_id) from words where shard_key = ${shardOf('words')}`), '3');
    assert.equal(server.sql('select count(*) from words_twin t where not exists (select from words w where w.text_id = t.text_id)'), '0');
});

test('items on which people are apart come first; those all agree on are none of them', async () => {
    const { id } = await makeStudy(call, { name: 'apart', items: items(5), task: { kind: 'pairwise' }, judgments_per_item: 4 });
    const tokens = await people(id, 4);
    for (const [who, token] of tokens.entries()) {
        for (let i = 0; i < 5; i += 1) {
            const { body: task } = await next(id, token);
            const item = Number(/to (\d)/.exec(task.item.responses[0].content)[1]);
            const first = item === 3 ? who < 2 : item === 1 ? who < 3 : true;
            await judge(task.id, token, { choice: (/answer 0/.test(task.item.responses[0].content)) === first ? 'left' : 'right' });
        }
    }
    const { body } = await server.api('GET', `/api/v1/projects/${id}/items?order=disagreement`);
    assert.deepEqual(body.data.map((one) => [one.prompt[0].content, Number(one.disagreement.toFixed(6)), one.n_pairs]), [['Question 3', 0.666667, 6], ['Question 1', 0.5, 6]]);
    assert.equal((await server.api('GET', `/api/v1/projects/${id}/items?order=chance`)).status, 422);
    assert.equal((await server.api('GET', `/api/v1/projects/${id}/items/${'a'.repeat(39)}`)).status, 404);
    const all = (await server.api('GET', `/api/v1/projects/${id}/items?limit=3`)).body;
    const rest = (await server.api('GET', `/api/v1/projects/${id}/items?limit=3&cursor=${all.next_cursor}`)).body;
    assert.deepEqual([all.data.length, rest.data.length, rest.next_cursor], [3, 2, null]);
});

test('agreement within and between groups, of those that are shown', async () => {
    const demographics = { attributes: [{ id: 'side', values: ['east', 'west', 'north'] }] };
    const { id } = await makeStudy(call, { name: 'groups', items: items(3), task: { kind: 'pairwise' }, judgments_per_item: 22, demographics });
    // Ten in the east say the first; of eleven in the west nine say the second, one the first, one calls it a tie; one is in the north.
    const side = (who) => (who < 10 ? 'east' : who < 21 ? 'west' : 'north');
    for (const [who, token] of (await people(id, 22)).entries()) {
        await server.api('PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { side: side(who) } } });
        for (let i = 0; i < 3; i += 1) {
            const { body: task } = await next(id, token);
            const first = /answer 0/.test(task.item.responses[0].content) ? 'left' : 'right';
            const second = first === 'left' ? 'right' : 'left';
            await judge(task.id, token, { choice: who < 11 ? first : who < 12 ? 'tie' : second });
        }
    }
    // The north is one person: the smaller of the others goes with it, so that it can't be told.
    const shown = await call('GET', `/api/v1/projects/${id}/quality/groups?attribute=side`);
    assert.deepEqual([shown.within.map((one) => one.value), shown.between], [['west'], []]);
    assert.ok(Math.abs(shown.within[0].percent - 36 / 55) < 1e-9);
    assert.equal((await server.api('GET', `/api/v1/projects/${id}/quality/groups`)).status, 422);
    assert.deepEqual((await call('GET', `/api/v1/projects/${id}/quality/groups?attribute=nothing`)).within, []);

    // Of one item: no number of fewer than ten, none that one would follow from, and none of what is said by one group alone, for it
    // stands beside who said what.
    const { body: { data: [some] } } = await server.api('GET', `/api/v1/projects/${id}/items`);
    const split = (query, options) => server.api('GET', `/api/v1/projects/${id}/items/${some.id}/groups${query}`, options);
    const few = (await split('?attribute=side')).body;
    assert.deepEqual(few.choices.map(({ choice, n }) => [choice, n]).toSorted(), [['0', 11], ['1', 10], ['tie', 1]]);
    assert.deepEqual(few.groups.map((one) => [one.value, one.hidden, one.n, one.counts.filter((n) => n !== null)]),
        [['east', true, null, []], ['west', false, 11, []], ['north', true, null, []], ['prefer_not_to_say', true, null, []], ['not_answered', true, null, []]]);
    assert.deepEqual([(await split('')).status, (await split('?attribute=side', { token: null })).status, (await split('?attribute=nothing')).status], [422, 401, 200]);
    assert.equal((await server.api('GET', `/api/v1/projects/${id}/items/${'a'.repeat(39)}/groups?attribute=side`)).status, 404);

    const shard = shardOf('groups');
    const north = async (n) => {
        for (const token of await people(id, n)) await server.api('PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { side: 'north' } } });
        server.sql(`insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown, guideline_version, idempotency_key, request_hash, receipt)
        select ${shard}, gen_random_uuid(), 1, gen_random_uuid(), i.item_id, 30, m.participant_id, 'left', '{0,1}', 1, gen_random_uuid(), sha256('x'), ''
        from item i, participation m where i.shard_key = ${shard} and m.shard_key = ${shard}
            and not exists (select from judgment j where j.shard_key = ${shard} and j.participant_id = m.participant_id) and m.roles & 8 <> 0`);
        assert.ok((await look(id)).body.data.length > 22);
    };
    // With ten in the north as well all three are shown; but not by one, or nine, who come: nobody's side can be told from before and after.
    await north(9);
    assert.deepEqual((await call('GET', `/api/v1/projects/${id}/quality/groups?attribute=side`)), shown);
    assert.deepEqual((await split('?attribute=side')).body, few);
    assert.equal(shown.groups_as_of.people, 22);
    await north(1);
    const { within, between } = await call('GET', `/api/v1/projects/${id}/quality/groups?attribute=side`);
    assert.deepEqual(within.map(({ value, percent, n_pairs: n }) => [value, percent === null ? null : Number(percent.toFixed(6)), n]),
        [['east', 1, 3], ['west', Number((36 / 55).toFixed(6)), 3], ['north', Number((45 / 55).toFixed(6)), 3]]);
    assert.deepEqual(between.map(({ values, percent }) => [...values, Number(percent.toFixed(6))]), [['east', 'west', Number((1 / 11).toFixed(6))],
        ['east', 'north', Number((10 / 11).toFixed(6))], ['west', 'north', Number(((10 * 1 + 1 * 9) / 121).toFixed(6))]]);
    // Of the 21 who said the first ten are of the east and ten of the north.
    const { choices, groups } = (await split('?attribute=side')).body;
    assert.deepEqual(choices.map(({ n }) => n).toSorted(), [1, 10, 21]);
    assert.deepEqual(groups.slice(0, 3).map((one) => one.n), [10, 11, 11]);
    assert.ok(groups.flatMap((one) => one.counts).every((n) => n === null || n >= 10));
});

test('what hindsight does: agreement with it, without it, and across', async () => {
    const lines = [0, 1].map((i) => ({ prompt: `q${i}`, responses: [{ content: 'answer 0' }, { content: 'answer 1' }], later: 'It rained.' }));
    const { id } = await makeStudy(call, { name: 'later', items: lines, task: { kind: 'pairwise', hindsight: { when: 'split' } }, judgments_per_item: 8 });
    const seen = { true: 0, false: 0 };
    for (const token of await people(id, 8)) {
        for (let i = 0; i < 2; i += 1) {
            const { body: task } = await next(id, token);
            const later = task.item.later !== undefined && task.item.later !== null;
            seen[later] += 1;
            // With it all but one say the second response, without it all say the first.
            const wanted = later && seen.true !== 1 ? 'answer 1' : 'answer 0';
            await judge(task.id, token, { choice: task.item.responses[0].content === wanted ? 'left' : 'right' });
        }
    }
    assert.deepEqual(seen, { true: 8, false: 8 });
    const { attribute, within, between } = await call('GET', `/api/v1/projects/${id}/quality/groups?by=hindsight`);
    // Of four and four of an item one differs: 6 + 3 of 12 pairs are alike; across, 4 of 32.
    assert.equal(attribute, null);
    assert.deepEqual(within.map((one) => [one.value, one.percent, one.n_pairs]), [['with', 0.75, 2], ['without', 1, 2]]);
    assert.deepEqual(between.map((one) => [...one.values, one.percent, one.n_pairs]), [['with', 'without', 0.125, 2]]);
});

test('answers count as they were when people judged, in figures, items and files', async () => {
    const demographics = { attributes: [{ id: 'side', values: ['east', 'west'] }] };
    const { id } = await makeStudy(call, { name: 'then', items: items(1), task: { kind: 'pairwise' }, judgments_per_item: 40, demographics });
    const all = await people(id, 24);
    const say = (token, side) => server.api('PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { side } } });
    const choose = async (token) => judge((await next(id, token)).body.id, token, { choice: 'left' });
    for (const [who, token] of all.entries()) {
        if (who < 22) await say(token, who < 12 ? 'east' : 'west');
        await choose(token);
    }
    // Eleven of the east move west; two say it only now, of whom one then moves: they count by what they said first.
    for (const token of all.slice(0, 11)) await say(token, 'west');
    for (const token of all.slice(22)) await say(token, 'west');
    await say(all[23], 'east');
    const { coverage } = await call('GET', `/api/v1/projects/${id}/quality`);
    assert.deepEqual(coverage.slice(0, 2).map((one) => [one.value, one.annotators, one.judgments]), [['east', 12, 12], ['west', 12, 12]]);
    const { body: { data: [item] } } = await server.api('GET', `/api/v1/projects/${id}/items`);
    const { groups } = (await server.api('GET', `/api/v1/projects/${id}/items/${item.id}/groups?attribute=side`)).body;
    assert.deepEqual(groups.slice(0, 2).map((one) => [one.value, one.n]), [['east', 12], ['west', 12]]);
});

test('ratings of one item by group: by step, and by tenth where there are many steps', async () => {
    const demographics = { attributes: [{ id: 'side', values: ['east', 'west'] }] };
    const dimensions = [{ id: 'much', label: 'How much?', scale: 'slider', about: 'response', required: true }, { id: 'clear', label: 'Clear?', scale: 'yes_no_unsure', about: 'item', required: true },
        { id: 'warm', label: 'Warm', scale: 'likert', min: 1, max: 7, about: 'response', required: true }];
    const { id } = await makeStudy(call, { name: 'steps', items: items(1), task: { kind: 'pairwise', dimensions }, judgments_per_item: 50, demographics });
    for (const [who, token] of (await people(id, 50)).entries()) { // one by one: so many slots of an item open
        await server.api('PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { side: who % 2 === 0 ? 'east' : 'west' } } });
        const { body: task } = await next(id, token);
        const [zero, one] = [0, 1].map((n) => task.item.responses.find((each) => each.content.startsWith(`answer ${n}`)).slot);
        // Thirteen of the east and twelve of the west say little.
        const much = who % 2 === 0 === who < 26 ? 11 + who % 10 : 100;
        const said = { much: { [zero]: much, [one]: 50 }, clear: { item: who < 24 ? 'yes' : 'unsure' }, warm: { [zero]: 3, [one]: 7 } };
        assert.equal((await judge(task.id, token, { choice: 'left', ratings: said })).status, 201);
    }
    const { data: [item] } = await call('GET', `/api/v1/projects/${id}/items`);
    const split = async (query) => {
        const { status, body } = await server.api('GET', `/api/v1/projects/${id}/items/${item.id}/groups?attribute=side${query}`);
        return status === 200 ? [body.choices.map((one) => [one.choice, one.n]), body.groups.slice(0, 2).map((one) => one.counts)] : status;
    };
    assert.deepEqual(await split('&dimension=much&response=0'), [[['11–20', 25], ['91–100', 25]], [[13, 12], [12, 13]]]);
    assert.deepEqual(await split('&dimension=much&response=1'), [[['41–50', 50]], [[25], [25]]]);
    assert.deepEqual(await split('&dimension=clear'), [[['yes', 24], ['unsure', 26]], [[12, 13], [12, 13]]]);
    assert.deepEqual(await split('&dimension=warm&response=0'), [[['3', 50]], [[25], [25]]]);
    assert.deepEqual(await split('&dimension=nothing'), [[], [[], []]]);
    assert.deepEqual([await split('&dimension=much&response=one'), await split('&dimension=much&response=-1')], [422, 422]);
});
