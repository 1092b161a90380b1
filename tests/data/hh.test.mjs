// HH-RLHF and its helpful and harmless relabellings, each file its own pool, through the real command and coordinator.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startCoordinator } from '../support/coordinator.mjs';
import { exportFiles, importFile, lines, makeProject, realData, sha256, unzstd } from '../support/dataset.mjs';

const hh = realData('hh-rlhf/test.jsonl.gz');
const helpful = realData('helpful-vs-harmless/helpful.jsonl.gz');
const harmless = realData('helpful-vs-harmless/harmless.jsonl.gz');
const skip = (hh === undefined || helpful === undefined || harmless === undefined)
    && 'the real data are not here (../shared/data or PLENUM_TEST_DATA)';
// Of trl.jsonl, ordered by source id (here: by content, for these files have none). It is the same in every deployment
// and at every export; when it changes, so does what people who fit on it get.
const GOLDEN = { hh: '674c49189bf24c0b8d3834f20a51f0dfdc104a0f8c8dfcf174b1dc669d24d1a9', both: 'd84e000d0b3922a4f0962e69f811f38414084eb27fe7ca1167193b51aeb3a1da' };
const PARTED = [1255, 1689, 1951, 1953, 2037]; // chosen and rejected answer different prompts
const SAME = [1391, 2070]; // of helpful: chosen and rejected are the same

let coordinator;
before(async () => {
    if (!skip) coordinator = await startCoordinator();
});
after(() => coordinator?.stop());

const source = (file) => lines(gunzipSync(readFileSync(file)).toString());
const state = (project) => coordinator.sql(`select count(*), count(distinct participant_id) from judgment
    where shard_key in (select shard_key from project where name = '${project}')`);

test('HH-RLHF: every line that is a pair comes in, the others are named', { skip }, async () => {
    const project = await makeProject(coordinator, { name: 'HH' });
    const first = await importFile(coordinator, project, hh, '--format', 'hh');
    assert.deepEqual([first.status, first.accepted, first.duplicates], [1, 2307, 0]);
    assert.deepEqual(first.rejected.map(({ line }) => line), PARTED);
    for (const { detail } of first.rejected) assert.match(detail, /part at turn \d+/);
    assert.equal(state('HH'), '2307|1');
    const second = await importFile(coordinator, project, hh, '--format', 'hh');
    assert.deepEqual([second.accepted, second.duplicates], [0, 2307]);
    assert.equal(state('HH'), '2307|1');

    // Out again, to the byte: as transcripts, and as TRL's pairs with a hash that never changes.
    const files = await exportFiles(coordinator, project, 'hh,trl,trl-implicit');
    const again = await exportFiles(coordinator, project, 'trl');
    const key = ({ chosen, rejected }) => JSON.stringify([chosen, rejected]);
    const wanted = source(hh).filter((_, i) => !PARTED.includes(i + 1)).map(key).sort();
    assert.deepEqual(lines(files['hh.jsonl'].toString()).map(key).sort(), wanted);
    assert.equal(sha256(again['trl.jsonl']), sha256(files['trl.jsonl']));
    assert.equal(sha256(files['trl.jsonl']), GOLDEN.hh);
    assert.equal(lines(files['trl-implicit.jsonl'].toString()).length, 2307);
});

test('the chosen response does not always stand first', { skip }, () => {
    const [left, right] = coordinator.sql(`select count(*) filter (where outcome = 'left'), count(*) filter (where outcome = 'right')
        from judgment`).split('|').map(Number);
    assert.equal(left + right, 2307);
    assert.ok(Math.abs(left - right) < 4 * Math.sqrt(2307), `${left} left, ${right} right`);
});

test('helpful and harmless: two pools in one project', { skip }, async () => {
    const project = await makeProject(coordinator, { name: 'Both' });
    const one = await importFile(coordinator, project, helpful, '--format', 'hh', '--pairs-per-annotator', '50');
    assert.deepEqual([one.status, one.accepted, one.duplicates, one.rejected.map(({ line }) => line)], [1, 2155, 0, SAME]);
    const other = await importFile(coordinator, project, harmless, '--format', 'hh', '--pairs-per-annotator', '50');
    assert.deepEqual([other.status, other.accepted, other.duplicates, other.rejected], [0, 1886, 0, []]);
    assert.equal(state('Both'), `${2155 + 1886}|${Math.ceil(2157 / 50) + Math.ceil(1886 / 50)}`);
    const again = await importFile(coordinator, project, helpful, '--format', 'hh', '--pairs-per-annotator', '50');
    assert.deepEqual([again.accepted, again.duplicates], [0, 2155]);

    const files = await exportFiles(coordinator, project, 'plenum,trl');
    const raters = lines(unzstd(files['raters.jsonl.zst']));
    const judgments = lines(unzstd(files['judgments.jsonl.zst']));
    const pool = new Map(raters.map((rater) => [rater.id, rater.attributes.pool]));
    const of = (name) => judgments.filter((judgment) => pool.get(judgment.rater) === name).length;
    assert.deepEqual([of('helpful'), of('harmless')], [2155, 1886]);
    assert.ok(raters.every((rater) => rater.imported && rater.attributes.annotator_cut === 'artificial'));
    assert.equal(sha256(files['trl.jsonl']), GOLDEN.both);
});
