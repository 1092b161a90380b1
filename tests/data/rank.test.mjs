// `plenum rank`: Schulze's method against cases computed with another implementation.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build } from '../support/coordinator.mjs';
import { lines, realData } from '../support/dataset.mjs';

const cases = realData('schulze/cases.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'plenum-test-rank-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const write = (text) => {
    const file = join(folder, 'cases.jsonl');
    writeFileSync(file, text);
    return file;
};
const rank = (file, ...more) => lines(execFileSync(join(build, 'plenum'), ['rank', file, ...more], { encoding: 'utf8' }));

test('golden cases', { skip: cases === undefined && 'the real data are not here (../shared/data or PLENUM_TEST_DATA)' }, () => {
    const expected = lines(readFileSync(cases, 'utf8'));
    const answers = rank(cases, '--pairwise');
    assert.equal(answers.length, expected.length);
    expected.forEach(({ pairwise, path_strengths, social_rank }, i) => assert.deepEqual(answers[i], { pairwise, path_strengths, social_rank }));
});

test('a cycle, ties and a dropped voter', () => {
    const cycle = { candidates: 3, rankings: [[0, 1, 2], [2, 0, 1], [1, 2, 0]] };
    const dropped = { candidates: 2, rankings: [[1, 0], [0, -1], [0, -1]] };
    assert.deepEqual(rank(write(`${JSON.stringify(cycle)}\n\n${JSON.stringify(dropped)}`)), [{ social_rank: [0, 0, 0] }, { social_rank: [1, 0] }]);
});

test('bad lines are named', () => {
    for (const bad of ['{"candidates":2,"rankings":[[0]]}', '{"candidates":0,"rankings":[]}', '{"candidates":2,"rankings":[[0,-2]]}', 'nothing']) {
        const { status, stderr } = spawnSync(join(build, 'plenum'), ['rank', write(`{"candidates":1,"rankings":[]}\n${bad}\n`)], { encoding: 'utf8' });
        assert.equal(status, 1);
        assert.match(stderr, /cases\.jsonl:2/);
    }
});
