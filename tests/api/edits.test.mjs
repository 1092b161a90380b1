// What people made of responses is learnt from: edited > chosen > rejected, in one judgment, and nothing of it is left once they
// are erased. The mark that edits carry stands in no response.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, startCoordinator } from '../support/coordinator.mjs';
import { download, makeExport } from '../support/dataset.mjs';
import { Worker, until } from '../support/workers.mjs';

const ITEMS = 24;
const PEOPLE = 3;
const MARK = 'wugzpik';
const OTHER = 'quibvex'; // as long, and in nobody's words; neither hashes to a place of theirs
const MUCH = 1;
const NOTHING = 1e-6;
const WORDS = ['river', 'stone', 'because', 'perhaps', 'never', 'kindly', 'first', 'however', 'water', 'seven', 'light', 'under'];
const content = (i, side) => Array.from({ length: 8 }, (_, j) => WORDS[(i * 5 + side * 3 + j * (2 + side)) % WORDS.length]).join(' ');

let server, worker, folder;
before(async () => {
    server = await startCoordinator();
    worker = (await new Worker(server, 'one').enrol()).start();
    folder = mkdtempSync(join(tmpdir(), 'plenum-test-edits-'));
});
after(async () => {
    await worker?.remove();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
});

async function study(task, more = {}) {
    const { status, body } = await server.api('POST', '/api/v1/projects', { key: true, body: { name: 'edits', task, judgments_per_item: PEOPLE, ...more } });
    assert.equal(status, 201, JSON.stringify(body));
    const project = body.id;
    const lines = Array.from({ length: ITEMS }, (_, i) => JSON.stringify({
        id: `i${i}`, prompt: `Question ${i}?`, responses: [0, 1].map((side) => ({ content: content(i, side), model: `model ${side}` })) }));
    assert.equal((await server.api('POST', `/api/v1/projects/${project}/items`, { body: lines.join('\n') })).body.accepted, ITEMS);
    const { code } = (await server.api('POST', `/api/v1/projects/${project}/invitations`, { key: true, body: { max_uses: PEOPLE } })).body;
    const tokens = await Promise.all(Array.from({ length: PEOPLE }, async () => (
        (await server.api('POST', '/api/v1/join', { token: null, key: true, body: { code } })).body.token)));
    return { project, tokens };
}

// Everybody judges everything; `say` is given the responses, the better one first, and the number of the item.
async function judgeAll({ project, tokens }, say) {
    for (const token of tokens) {
        for (let i = 0; i < ITEMS; i++) {
            const { status, body: assignment } = await server.api('POST', `/api/v1/projects/${project}/assignments`, { token, key: true });
            assert.equal(status, 201, JSON.stringify(assignment));
            const { prompt, responses } = assignment.item;
            responses.sort((a, b) => (a.content < b.content ? -1 : 1));
            const body = { active_ms: 1000, client: {}, ...say(responses, Number(/\d+/.exec(JSON.stringify(prompt)))) };
            const answer = await server.api('PUT', `/api/v1/assignments/${assignment.id}/judgment`, { token, key: true, body });
            assert.equal(answer.status, 201, JSON.stringify(answer.body));
        }
    }
}

async function fit(project, body = { method: 'pooled' }) {
    const { status, body: asked } = await server.api('POST', `/api/v1/projects/${project}/fits`, { body, key: true });
    assert.equal(status, 202, JSON.stringify(asked));
    const done = await until(async () => {
        const { body: now } = await server.api('GET', `/api/v1/fits/${asked.id}`);
        return ['done', 'failed'].includes(now.state) && now;
    }, 'the fit');
    assert.equal(done.state, 'done', done.error);
    return done;
}

// Of the test prompts alone, each judged by everybody.
const isOneEach = ({ all, split }) => Math.abs(all.n - split.prompts[2] * PEOPLE) < 1e-3;
const pairs = (metrics) => metrics.split.pairs.reduce((a, b) => a + b);

// How much better a text is with the mark than with another word of its length.
async function worth(model) {
    const candidates = [MARK, OTHER].map((word) => ({ text: `${content(3, 1)} ${word}` }));
    const { status, body } = await server.api('POST', '/api/v1/score', { body: { model, candidates } });
    assert.equal(status, 200, JSON.stringify(body));
    return body.candidates[0].score - body.candidates[1].score;
}

const edit = ([{ slot, content: words }]) => ({ slot, content: `${words} ${MARK}` });
const choose = (responses, i, more = {}) => ({ choice: responses[0].slot, edit: edit(responses), ...more });

test('a fit learns from what people wrote, as from one judgment each, and not from the words of who is erased', async () => {
    const one = await study({ kind: 'pairwise', edit: 'optional', tie: true, both_bad: true });
    // One in four says that both are bad, and makes one better all the same: of that only the edit is learnt from.
    await judgeAll(one, (responses, i) => choose(responses, i, i % 4 === 0 && { choice: 'both_bad' }));
    const n = ITEMS * PEOPLE;
    const full = await fit(one.project);
    assert.equal(full.metrics.n_edits, n);
    assert.equal(full.metrics.n_judgments, n * 3 / 4);
    assert.equal(pairs(full.metrics), n * 3 / 4 * 3 + n / 4);
    assert.ok(isOneEach(full.metrics), `one judgment each: ${full.metrics.all.n}`);
    assert.equal(full.metrics.split.prompts.reduce((a, b) => a + b), ITEMS, 'no prompts but those of items');
    const mark = await worth(full.model_id);
    assert.ok(mark > MUCH, `the mark is worth ${mark}`);
    const { metrics } = (await server.api('GET', `/api/v1/models/${full.model_id}`)).body;
    assert.equal(metrics.n_edits, n, 'on the card');
    // Who made which response is compared as it was without edits.
    const judged = metrics.models;

    // The file of the export has them as well, and a fit of it.
    const made = await makeExport(server, one.project, { formats: ['plenum', 'trl'] });
    assert.equal(made.manifest.counts.pairs, pairs(full.metrics), 'the pairs of exports');
    writeFileSync(join(folder, 'plenum.jsonl.zst'), await download(server, made.id, 'plenum.jsonl.zst'));
    const card = JSON.parse(execFileSync(join(build, 'plenum'), ['fit', '--file', folder, '--method', 'pooled', '--out', join(folder, 'out'), '--quiet']));
    for (const name of ['n_edits', 'n_judgments', 'n_items', 'split']) assert.deepEqual(card[name], full.metrics[name], name);
    assert.ok(Math.abs(card.all.log_loss - full.metrics.all.log_loss) < 1e-3, `${card.all.log_loss} ${full.metrics.all.log_loss}`);

    const erase = async (token) => assert.equal((await server.api('DELETE', '/api/v1/me', { token, key: true, body: { confirm: 'erase' } })).status, 204);
    await erase(one.tokens[0]);
    assert.equal((await fit(one.project)).metrics.n_edits, n - ITEMS);
    for (const token of one.tokens.slice(1)) await erase(token);
    const bare = await fit(one.project);
    assert.equal(bare.metrics.n_edits, undefined);
    assert.equal(bare.metrics.n_judgments, n * 3 / 4);
    assert.equal(pairs(bare.metrics), n * 3 / 4);
    assert.ok(Math.abs(await worth(bare.model_id)) < NOTHING);
    assert.deepEqual(judged, bare.metrics.models);
    // Just as if nobody had been asked.
    server.sql(`update project set settings = jsonb_set(settings, '{task,edit}', '"off"') where name = 'edits'`);
    const never = await fit(one.project);
    assert.deepEqual([never.metrics.snapshot, never.metrics.artefact], [bare.metrics.snapshot, bare.metrics.artefact]);
});

test('where the task did not ask for edits nothing is learnt from them', async () => {
    const one = await study({ kind: 'pairwise' });
    await judgeAll(one, choose);
    const { metrics, model_id: model } = await fit(one.project);
    assert.equal(metrics.n_edits, undefined);
    assert.equal(pairs(metrics), ITEMS * PEOPLE);
    assert.ok(Math.abs(await worth(model)) < NOTHING);
});

test('a ranking with an edit is one ranking of one more, where the worse is chosen too; what is long or strange arrives whole', async () => {
    const strange = '\u0001 \u202e\ufdfa\ud83d\ude00 "\\ <b>\n';
    const long = `${MARK} ${'غ'.repeat(60_000)}${strange}`;
    const ranked = await study({ kind: 'ranking', edit: 'required' });
    await judgeAll(ranked, (responses, i) => ({ ranking: responses.map(({ slot }) => [slot]),
        edit: i === 0 ? { ...edit(responses), content: long } : edit(responses) }));
    const { metrics, model_id: model } = await fit(ranked.project);
    assert.deepEqual([metrics.n_edits, pairs(metrics), metrics.n_judgments], [ITEMS * PEOPLE, ITEMS * PEOPLE * 3, ITEMS * PEOPLE]);
    assert.ok(isOneEach(metrics));
    assert.ok(await worth(model) > MUCH);

    const turned = await study({ kind: 'pairwise', goal: 'worse', edit: 'required' });
    await judgeAll(turned, (responses) => ({ choice: responses[1].slot, edit: edit(responses) }));
    const worse = await fit(turned.project);
    assert.equal(pairs(worse.metrics), ITEMS * PEOPLE * 3);
    assert.ok(await worth(worse.model_id) > MUCH);
});

test('ratings and compliance are learnt without edits', async () => {
    const dimensions = [{ id: 'quality', scale: 'likert', min: 1, max: 5 }, { id: 'article:calm', scale: 'yes_no_unsure' }];
    const one = await study({ kind: 'rating', dimensions, edit: 'optional' });
    await judgeAll(one, (responses, i) => ({ edit: edit(responses),
        ratings: { quality: Object.fromEntries(responses.map(({ slot }, n) => [slot, 1 + (i + n) % 5])),
            'article:calm': Object.fromEntries(responses.map(({ slot }, n) => [slot, (i + n) % 3 ? 'yes' : 'no'])) } }));
    for (const method of ['pooled', 'compliance']) {
        const { metrics } = await fit(one.project, { method });
        assert.equal(metrics.n_edits, undefined);
    }
});
