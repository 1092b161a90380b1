// One run: a real coordinator with its private PostgreSQL and two workers, sixteen writers, and a nemesis that kills them at
// moments of its choosing; then the truth is read back, through the API and by SQL, and judged.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCommunity, propose, change } from '../../support/community.mjs';
import { build, startCoordinator } from '../../support/coordinator.mjs';
import { exportFiles, lines, unzstd } from '../../support/dataset.mjs';
import { pause } from '../../support/drain.mjs';
import { uuidOf } from '../../support/ids.mjs';
import { Worker, makeJudged, until } from '../../support/workers.mjs';
import { check } from './check.mjs';
import { History, random } from './history.mjs';
import { Person, Researcher } from './writers.mjs';

const WRITERS = 16, RESEARCHERS = 2, CAP = 3;

// --- the world -------------------------------------------------------------------------------------------------------
async function makeWorld(t, seed, name, { items, leaseSeconds, start, workerEnv }) {
    const server = await start();
    const workers = ['first', 'second'].map((one) => new Worker(server, one, [], workerEnv));
    t.after(async () => {
        for (const worker of workers) await worker.remove();
        await server.stop();
    });
    for (const worker of workers) (await worker.enrol()).start();
    const fitted = await makeJudged(server, { items: 60, people: 12, each: 40 }); // first: it judges all items there are
    const { body: project } = await server.api('POST', '/api/v1/projects', {
        body: { name: 'checked', judgments_per_item: CAP, lease_seconds: leaseSeconds, task: { kind: 'pairwise' } } });
    for (let at = 0; at < items; at += 5000) {
        const rows = Array.from({ length: Math.min(5000, items - at) }, (_, i) => JSON.stringify(
            { id: `i${at + i}`, prompt: `Question ${at + i}`, responses: [{ content: 'one' }, { content: 'other' }] }));
        assert.equal((await server.api('POST', `/api/v1/projects/${project.id}/items`, { body: rows.join('\n') })).body.accepted, rows.length);
    }
    // Everybody's vote counts however late they came; a budget that is spent and refilled in minutes.
    const community = await makeCommunity(server, { rule: { electorate: 'until_close', voting_seconds: 86400 }, budget: { amount: 200, refill: 200, period_seconds: 60 } });
    const invite = async (place) => (await server.api('POST', `/api/v1/${place}/invitations`, { body: { max_uses: WRITERS } })).body.code;
    const codes = { project: await invite(`projects/${project.id}`), community: await invite(`communities/${community}`) };
    const people = [];
    for (let i = 0; i < WRITERS; i++) {
        const joined = await server.api('POST', '/api/v1/join', { token: null, body: { code: codes.project } });
        const member = await server.api('POST', '/api/v1/join', { token: joined.body.token, body: { code: codes.community } });
        assert.deepEqual([joined.status, member.status], [201, 201]);
        people.push({ token: member.body.token, participants: {
            project: uuidOf(joined.body.participant_id), community: uuidOf(member.body.participant_id) } });
    }
    const history = new History(join(build, `history-${name}.jsonl`));
    const world = { server, workers, history, odd: [], project: project.id, fitted, community, over: false, leaseMs: leaseSeconds * 1000,
        articles: ['care', 'signs', 'brief', 'tone'], amendments: [], people, randomOf: (n) => random(seed * 1000 + n) };
    for (const [i, article] of world.articles.entries()) {
        const op = history.invoke({ f: 'propose', process: i, key: random(seed + i).uuid(), participant: people[i].participants.community });
        const opened = await propose(server, community, people[i], [change(article, 'Opened before.')], { key: op.key });
        assert.equal(opened.status, 201, JSON.stringify(opened.body));
        history.end(op, 'ok', { status: 201, text: JSON.stringify(opened.body) });
        world.amendments.push(opened.body.id);
    }
    return world;
}

// --- the nemesis -------------------------------------------------------------------------------------------------------
function shuffled(list, dice) {
    for (let i = list.length - 1; i > 0; i--) {
        const k = dice.below(i + 1);
        [list[i], list[k]] = [list[k], list[i]];
    }
    return list;
}

async function killCoordinator({ server }, dice) {
    await server.kill();
    const starting = server.start();
    // Sometimes again before it is up, while PostgreSQL recovers.
    if (dice.chance(0.15)) {
        starting.catch(() => {});
        await pause(dice.between(0, 900));
        await server.kill();
        await starting.catch(() => {});
        await server.start();
        return 2;
    }
    await starting;
    return 1;
}

function killPostgres({ server }, dice) {
    const [postmaster, ...children] = server.postgresPids();
    const backends = children.filter((pid) => {
        try {
            return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('plenum_app');
        } catch {
            return false;
        }
    });
    process.kill(backends.length > 0 && dice.chance(0.5) ? dice.pick(backends) : postmaster, 'SIGKILL');
}

// More is acknowledged than now.
export async function progress(world, why, ms = 60_000) {
    const acknowledged = () => world.history.ops.filter((op) => op.outcome === 'ok').length, before = acknowledged();
    await until(() => acknowledged() > before, `work goes on (${why})\n${world.server.log.slice(-3000)}`, ms);
}

async function nemesis(world, kills) {
    const dice = world.randomOf(9999), done = { coordinator: 0, postgres: 0, worker: 0 };
    const plan = shuffled(Object.entries(kills).flatMap(([what, n]) => Array(n).fill(what)), dice);
    for (const what of plan) {
        if (done[what] >= kills[what]) continue;
        await progress(world, JSON.stringify(done));
        await pause(dice.between(0, 900));
        world.history.line({ nemesis: what });
        if (what === 'coordinator') done.coordinator += await killCoordinator(world, dice);
        else if (what === 'postgres') {
            killPostgres(world, dice);
            done.postgres++;
        } else {
            const worker = dice.pick(world.workers);
            await worker.kill();
            worker.start();
            done.worker++;
        }
    }
    return done;
}

// --- the truth ---------------------------------------------------------------------------------------------------------
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const ONE = Buffer.from([1]);

// RFC 6962, of all leaves, by the pairs that are complete at each height.
function rootOf(leaves) {
    let level = leaves;
    while (level.length > 1) {
        const next = [];
        for (let i = 0; i + 1 < level.length; i += 2) next.push(sha256(ONE, level[i], level[i + 1]));
        if (level.length % 2 === 1) next.push(level.at(-1));
        level = next;
    }
    return level[0];
}

async function readLog(world, rows, checkpoints) {
    const { server } = world, wrong = [], leaves = [], entries = [];
    for (const [i, { sequence, id, type, entry, leaf }] of rows('select sequence, entry_id as id, entry::json->>\'type\' as type, entry, encode(leaf_hash, \'hex\') as leaf from log_entry order by sequence').entries()) {
        const hash = sha256(Buffer.from([0]), Buffer.from(entry));
        if (sequence !== i) wrong.push(`entry ${i} has the number ${sequence}`);
        if (hash.toString('hex') !== leaf) wrong.push(`the leaf of entry ${i} is not its hash`);
        leaves.push(hash);
        entries.push({ id, type, leaf });
    }
    // Those that were seen on the way are prefixes of the last: nothing was taken back.
    const last = (await server.api('GET', '/audit/checkpoint', { token: null })).body;
    const parse = (note) => note.split('\n');
    if (Number(parse(last)[1]) !== leaves.length) wrong.push(`the checkpoint covers ${parse(last)[1]} of ${leaves.length}`);
    const sample = checkpoints.filter((_, i) => i % Math.ceil(checkpoints.length / 20) === 0);
    for (const note of [...sample, last]) {
        const [, size, root] = parse(note);
        if (rootOf(leaves.slice(0, Number(size)))?.toString('base64') !== root) wrong.push(`the checkpoint of size ${size} has another root`);
    }
    return { entries, wrong };
}

// plenum verify, with the key, on receipts of votes.
async function verifyOffline(world, votes) {
    const { server } = world, wrong = [], folder = mkdtempSync(join(tmpdir(), 'plenum-checker-'));
    const file = (name, text) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
    };
    const key = file('key', (await server.api('GET', '/audit/key', { token: null })).body);
    for (const op of votes) {
        const { receipt } = JSON.parse(op.text);
        const { entry } = JSON.parse(Buffer.from(receipt.split('.')[0], 'base64url'));
        const proof = await server.api('GET', `/audit/proof?entry=${entry}`, { token: null });
        try {
            execFileSync(join(build, 'plenum'), ['verify', '--key', key, '--proof', file('proof', JSON.stringify(proof.body)), '--receipt', file('receipt', receipt)], { stdio: 'pipe' });
        } catch (error) {
            wrong.push(`plenum verify, vote ${op.n}: ${error.stderr}`);
        }
    }
    rmSync(folder, { recursive: true });
    return wrong;
}

async function readTruth(world, { checkpoints, openJobs, exported }) {
    const { server } = world;
    const rows = (sql) => JSON.parse(server.sql(`select coalesce(json_agg(r), '[]') from (${sql}) r`));
    const hex = (column) => `replace(${column}::text, '-', '')`;
    const here = (table) => `${table} where shard_key = (select shard_key from project where name = 'checked')`;
    const [, key] = /^[^+]+\+[0-9a-f]{8}\+(\S+)/.exec((await server.api('GET', '/audit/key', { token: null })).body);
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'base64').subarray(1)]);
    const shown = await server.api('GET', `/api/v1/projects/${world.project}`);
    const tallies = {};
    for (const id of world.amendments) {
        const { body } = await server.api('GET', `/api/v1/amendments/${id}`, { token: world.people[0].token });
        if (body.tally) tallies[uuidOf(id)] = { yes: body.tally.yes, no: body.tally.no, abstain: body.tally.abstain };
    }
    const keys = new Map(rows("select key, body from idempotency where status = 202").map((row) => [uuidOf(JSON.parse(row.body).id), row.key]));
    const log = await readLog(world, rows, checkpoints);
    const votes = world.history.ops.filter((op) => op.f === 'vote' && op.outcome === 'ok');
    log.wrong.push(...await verifyOffline(world, [votes[0], votes[Math.floor(votes.length / 2)], votes.at(-1)]));
    return {
        cap: CAP,
        judgments: rows(`select idempotency_key as key, ${hex('participant_id')} as participant, ${hex('lease_id')} as lease, revision,
            ${hex('judgment_id')} as id, ${hex('item_id')} as item, n, outcome, receipt from ${here('judgment')}`),
        slots: rows(`select ${hex('item_id')} as item, n, state, ${hex('participant_id')} as participant, ${hex('lease_id')} as lease from ${here('assignment')}`),
        counters: rows(`select sum(n_counted) as counted, sum(n_skipped) as skipped from ${here('project_counter')}`)[0],
        shown: { judgments: shown.body.progress.judgments, tallies,
            exported: lines(unzstd(exported['judgments.jsonl.zst'])).filter((line) => line.type === 'judgment').length },
        ballots: rows(`select idempotency_key as key, ${hex('amendment_id')} as amendment, ${hex('participant_id')} as participant, revision, choice, receipt from ballot`),
        amendments: rows(`select idempotency_key as key, ${hex('amendment_id')} as id, json_build_object('yes', n_yes, 'no', n_no, 'abstain', n_abstain) as tally from amendment`),
        fits: rows(`select ${hex('fit_id')} as id, state, error, (select count(*) from model m where m.fit_id = f.fit_id) as models,
            (select count(*) from job j where j.object_id = f.fit_id) as jobs from fit f`).map((fit) => ({ ...fit, key: keys.get(fit.id) })),
        idleModels: Number(server.sql('select count(*) from model m where not exists (select from fit f where f.fit_id = m.fit_id)')),
        openJobs: Number(server.sql(openJobs)),
        receiptKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
        log,
    };
}

// --- all of it -----------------------------------------------------------------------------------------------------------
// Kills as many as `kills` says, and judges.
export const runChecker = (t, { kills, ...options }) => runWith(t, options, (world) => nemesis(world, kills));

// The same with another nemesis: `disturb` does what it wants to the world, and gives what it has done.
// start: makes the coordinator. thorough: waits for all that takes long to be put right.
export async function runWith(t, { name, seed, items, leaseSeconds, thorough = false, workerEnv,
    start = () => startCoordinator({ env: { PLENUM_LOG_LEVEL: 'warning' } }) }, disturb) {
    t.diagnostic(`seed ${seed}`);
    const world = await makeWorld(t, seed, name, { items, leaseSeconds, start, workerEnv });
    const { server, history, people } = world, began = performance.now();
    const working = [
        ...people.map(({ token, participants }, i) => new Person(world, i, token, participants).run()),
        ...Array.from({ length: RESEARCHERS }, (_, i) => new Researcher(world, 100 + i, server.adminToken, {}).run()),
    ];
    const checkpoints = [];
    const watching = (async () => {
        while (!world.over) {
            const { status, body } = await server.api('GET', '/audit/checkpoint', { token: null }).catch(() => ({}));
            if (status === 200 && body !== checkpoints.at(-1)) checkpoints.push(body);
            await pause(500);
        }
    })();
    let done;
    try {
        done = await disturb(world);
    } catch (error) {
        world.failed = true;
        throw error;
    } finally {
        world.over = true;
        await Promise.allSettled([...working, watching]);
    }
    await Promise.all(working);
    const seconds = (performance.now() - began) / 1000;
    const at = (sql) => {
        try {
            return server.sql(sql);
        } catch {
            return ''; // it comes up again
        }
    };
    // A job whose fit was never asked for (killed in between) is found and closed after half a minute.
    const open = `select count(*) from job where state in ('queued', 'leased')${thorough ? '' : ' and exists (select from fit where fit_id = object_id)'}`;
    await until(() => at(open) === '0', 'the fits are over');
    const exported = await exportFiles(server, world.project, 'plenum'); // it leaves an entry in the log itself
    await until(() => at('select count(*) from log_outbox') === '0' && at('select max(size) = (select count(*) from log_entry) from log_checkpoint') === 't', 'the log has everything');
    await history.close();
    const { counts, problems } = check(history.ops, await readTruth(world, { checkpoints, openJobs: open, exported }));
    assert.deepEqual(world.odd, [], `seed ${seed}: errors that are not 503`);
    const report = { kills: done, seconds: Math.round(seconds), ...counts };
    t.diagnostic(JSON.stringify(report));
    assert.deepEqual(problems.slice(0, 20), [], `seed ${seed}, the history is in ${history.path}: ${JSON.stringify(report)}`);
    rmSync(history.path);
    return report;
}
