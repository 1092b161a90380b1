// Fits of real judgments without a server: `plenum fit --file`. The figures to expect stand in docs/methods.md; the bounds
// here are wide enough for another machine's arithmetic and narrow enough to catch a fit that learns nothing or claims
// what the data do not show.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build } from '../support/coordinator.mjs';
import { realData } from '../support/dataset.mjs';
import { popquorn, toLines, twoTastes } from '../support/fit-data.mjs';

const absent = 'the real data are not here (../shared/data or PLENUM_TEST_DATA)';
const ratings = realData('popquorn/offensiveness.csv');
const pairs = { helpful: realData('helpful-vs-harmless/helpful.jsonl.gz'), harmless: realData('helpful-vs-harmless/harmless.jsonl.gz') };
const havePairs = pairs.helpful !== undefined && pairs.harmless !== undefined;

const folder = mkdtempSync(join(tmpdir(), 'plenum-test-fit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name, objects) {
    const file = join(folder, name);
    writeFileSync(file, toLines(objects));
    return file;
}

function fit(file, method, ...more) {
    const out = join(folder, `out-${method}`);
    const printed = execFileSync(join(build, 'plenum'), ['fit', '--file', file, '--method', method, '--out', out, '--quiet', ...more]);
    const card = JSON.parse(printed);
    assert.deepEqual(JSON.parse(readFileSync(`${out}.card.json`)), card);
    const bytes = readFileSync(`${out}.artefact`);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), card.artefact);
    return card;
}

const row = (card, value) => card.groups.find((group) => group.value === value);

test('POPQUORN: pooled, with the worst-off beside the average', { skip: !ratings && absent }, () => {
    const file = write('popquorn.jsonl', popquorn(ratings));
    const card = fit(file, 'pooled');
    assert.equal(card.n_judgments, 13036);
    assert.equal(card.n_annotators, 262);
    assert.equal(card.n_items, 1500);
    assert.deepEqual(card.split.prompts.reduce((a, b) => a + b), 1500);
    assert.ok(card.all.accuracy > 0.6 && card.all.accuracy < 0.7, `accuracy ${card.all.accuracy}`);
    assert.ok(card.all.log_loss < 0.685 && card.all.ece < 0.05);
    assert.ok(Math.abs(card.all.n - 13036 / 5) < 100, 'pairs weigh as many as there are ratings');
    for (const group of card.groups) assert.ok(group.n_annotators >= 10 && group.n >= 50, JSON.stringify(group));
    assert.deepEqual([...new Set(card.groups.map((group) => group.attribute))].sort(), ['age', 'education', 'gender', 'race']);
    assert.equal(card.worst.accuracy, Math.min(...card.groups.map((group) => group.accuracy)));
    assert.equal(fit(file, 'pooled').artefact, card.artefact, 'the same data and seed give the same bytes');
});

test('POPQUORN: maxmin is not supported, and the card says so', { skip: !ratings && absent }, () => {
    const file = join(folder, 'popquorn.jsonl');
    for (const more of [[], ['--attribute', 'race']]) {
        const card = fit(file, 'maxmin', ...more);
        assert.equal(card.supported, false);
        assert.match(card.gain.statement, /do not support/);
        checkClaim(card);
        // One taste is everybody; the groups that people named stand beside the average all the same.
        assert.ok(card.worst_declared.attribute !== undefined && card.worst_declared.accuracy < card.all.accuracy - 0.02);
        assert.equal(card.worst_declared.accuracy, Math.min(...card.groups.filter((group) => group.attribute).map((group) => group.accuracy)));
        assert.equal(card.worst.accuracy, Math.min(...card.groups.map((group) => group.accuracy)));
        const served = card.heads.filter((head) => head.served);
        assert.ok(served.every((head) => !head.value.startsWith('cluster')), 'clusters without support are not served');
        const { all } = card.served;
        assert.ok(all.log_loss < card.pooled.all.log_loss + 0.005, 'what is served instead does no harm');
    }
});

test('POPQUORN: shared offsets by race do the worst-off no harm', { skip: !ratings && absent }, () => {
    const card = fit(join(folder, 'popquorn.jsonl'), 'group', '--attribute', 'race');
    assert.equal(card.supported, false);
    assert.ok(card.worst.accuracy > card.pooled.worst.accuracy - 0.02);
    assert.ok(card.all.accuracy > card.pooled.all.accuracy - 0.01);
});

test('POPQUORN: a jury knows how high people rate, and claims nothing of pairs', { skip: !ratings && absent }, () => {
    const card = fit(join(folder, 'popquorn.jsonl'), 'jury');
    const { people, content, raters } = card.jury.ratings;
    assert.ok(people.mae < 0.175 && people.r > 0.49, JSON.stringify(card.jury.ratings));
    assert.ok(people.mae < raters.mae && raters.mae < content.mae && people.r > raters.r && people.r > content.r);
    assert.equal(card.supported, card.gain.log_loss_interval[0] > 0);
    assert.ok(card.all.log_loss < card.pooled.all.log_loss + 0.002);
    for (const group of card.groups) assert.ok(group.n_annotators >= 10 && group.n >= 50);
});

// What the card says must follow from its own numbers.
function checkClaim(card) {
    const { gain } = card;
    const holds = gain.log_loss_interval[0] > 0 && gain.accuracy > 0 && gain.minimum.accuracy >= 0;
    assert.equal(card.supported, holds && !(card.method === 'maxmin' && card.k === 1));
    assert.match(gain.statement, card.supported ? /served better/ : /do not support/);
    const served = card.heads.filter((head) => head.served);
    assert.ok(Math.abs(served.reduce((sum, head) => sum + head.share, 0) - 1) < 1e-4);
    if (card.method === 'maxmin') assert.equal(served.some((head) => head.value.startsWith('cluster')), card.supported);
}

test('helpful and harmless, 1:1: the two groups are found and the worst-off gains', { skip: !havePairs && absent }, () => {
    const file = write('even.jsonl', twoTastes(pairs, { helpful: 40, harmless: 40 }, 75));
    const card = fit(file, 'maxmin', '--attribute', 'taste');
    assert.equal(card.k, 2);
    const clusters = card.heads.filter((head) => head.value.startsWith('cluster'));
    for (const cluster of clusters) assert.ok(cluster.n_annotators >= 34 && cluster.n_annotators <= 46, `a cluster of ${cluster.n_annotators}`);
    assert.equal(card.pooled.worst.value, 'harmless');
    assert.ok(card.worst.accuracy > card.pooled.worst.accuracy + 0.02);
    assert.ok(row(card, 'helpful').accuracy > row(card.pooled, 'helpful').accuracy - 0.02);
    checkClaim(card);
});

test('helpful and harmless, 1:1: a jury tells people apart; where a group would be left with less it claims nothing', { skip: !havePairs && absent }, () => {
    const card = fit(join(folder, 'even.jsonl'), 'jury', '--attribute', 'taste');
    assert.ok(card.jury.factors >= 1 && card.gain.log_loss_interval[0] > 0);
    const { groups, pooled, history } = card.jury.new_people;
    assert.ok(groups.log_loss < pooled.log_loss && history.log_loss < pooled.log_loss);
    assert.equal(card.supported, card.gain.minimum.accuracy >= 0);
    assert.deepEqual(card.heads.filter((head) => head.served).map((head) => head.attribute), card.supported ? ['taste', 'taste'] : ['']);
});

test('a folder with a packed file is the same data', { skip: !havePairs && absent }, () => {
    const file = join(folder, 'even.jsonl');
    mkdirSync(join(folder, 'export'), { recursive: true });
    execFileSync('zstd', ['-q', '-f', '-o', join(folder, 'export', 'judgments.jsonl.zst'), file]);
    assert.equal(fit(join(folder, 'export'), 'pooled').artefact, fit(file, 'pooled').artefact);
});

test('helpful and harmless, 10:1: a minority of a tenth is not averaged away', { skip: !havePairs && absent }, () => {
    const file = write('ten.jsonl', twoTastes(pairs, { helpful: 200, harmless: 20 }, 75));
    const card = fit(file, 'group', '--attribute', 'taste');
    assert.ok(card.pooled.worst.accuracy < 0.52, 'pooled serves the minority no better than a coin');
    assert.ok(card.worst.accuracy > card.pooled.worst.accuracy + 0.02);
    assert.ok(row(card, 'helpful').accuracy > row(card.pooled, 'helpful').accuracy - 0.03);
    assert.equal(card.supported, true);
    checkClaim(card);
    // Groups unknown: EM finds half to three quarters of so small a minority (docs/methods.md), and does no harm.
    const maxmin = fit(file, 'maxmin', '--attribute', 'taste');
    assert.ok(maxmin.k <= 2);
    assert.ok(maxmin.worst.accuracy > maxmin.pooled.worst.accuracy - 0.01);
    assert.ok(row(maxmin, 'helpful').accuracy > row(maxmin.pooled, 'helpful').accuracy - 0.03);
    checkClaim(maxmin);
});

test('one pool alone: HH harmless pairs, pooled', { skip: !havePairs && absent }, () => {
    const file = write('harmless.jsonl', twoTastes(pairs, { helpful: 0, harmless: 25 }, 75));
    const card = fit(file, 'pooled');
    assert.equal(card.n_judgments, 25 * 75);
    assert.ok(card.all.accuracy > 0.52);
    assert.equal(fit(file, 'maxmin').supported, false);
});

test('what can not be fitted is said, with the line', () => {
    const file = write('bad.jsonl', [{ type: 'header', format: 'plenum', version: 1 }, { type: 'judgment', id: 'j', item: 'none', rater: 'r', responses: [0, 1], choice: 'left' }]);
    const run = (...args) => spawnSync(join(build, 'plenum'), ['fit', ...args], { encoding: 'utf8' });
    const bad = run('--file', file);
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /bad\.jsonl:2: \/item/);
    assert.equal(run('--file', join(folder, 'nowhere')).status, 1);
    assert.match(run('--file', write('empty.jsonl', []), '--method', 'pooled').stderr, /no judgments/);
    assert.match(run('--file', file, '--method', 'magic').stderr, /method "magic"/);
    assert.notEqual(run('--flag-that-is-none', 'x').status, 0);
});
