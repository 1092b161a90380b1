// `plenum opinion` beside what Polis's own engine computed from the same votes: the same k, groups, representative and consensus
// statements in order, group-informed consensus and priorities within 1e-9. And files that are not what they should be.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { build } from '../support/coordinator.mjs';
import { realData } from '../support/dataset.mjs';

const WITHIN = 1e-9;
const polis = realData('polis');
const synthetic = realData('polis-synthetic/votes.txt.gz');
const absent = 'the real data are not here (../shared/data or PLENUM_TEST_DATA)';
const folder = mkdtempSync(join(tmpdir(), 'plenum-test-polis-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const opinion = (...args) => JSON.parse(execFileSync(join(build, 'plenum'), ['opinion', ...args], { encoding: 'utf8', maxBuffer: 1 << 28 }));
const json = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
function csv(text) {
    const [head, ...rows] = text.trim().split('\n').map((line) => line.split(','));
    return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= WITHIN, `${what}: ${a} and not ${b}`);
const sizes = ({ groups }) => groups.map(({ size }) => size);

const conversations = polis === undefined ? [] : readdirSync(polis, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
test('the conversations are here', { skip: polis === undefined && absent }, () => assert.ok(conversations.length >= 5));

for (const name of conversations) {
    test(`as Polis's engine has it: ${name}`, () => {
        const reference = join(polis, name, 'reference');
        const engine = json(reference, 'polis-clojure', 'summary-second.json');
        const ours = opinion(join(polis, name, 'participants-votes.csv'), '--moderated-out', join(reference, 'moderated_out_tids.txt'), '--resamples', '0', '--participants');
        assert.equal(ours.k, engine['group-k-smoother']['smoothed-k']);
        assert.deepEqual(ours.groups.map(({ id, size }) => [id, size]), engine['group-clusters'].map((group) => [group.id, group['n-participants']]));
        const base = new Map(engine['base-clusters'].map(({ id, members }) => [id, members]));
        for (const { id, members } of engine['group-clusters']) {
            const theirs = members.flatMap((cluster) => base.get(cluster)).sort((a, b) => a - b);
            assert.deepEqual([...ours.groups.find((group) => group.id === id).members].sort((a, b) => a - b), theirs);
        }
        const statements = csv(readFileSync(join(reference, 'polis-clojure', 'statements-second.csv'), 'utf8'));
        assert.deepEqual(ours.statements.map(({ id }) => String(id)), statements.map(({ comment_id }) => comment_id));
        statements.forEach((theirs, i) => {
            const own = ours.statements[i];
            near(own.group_informed_consensus, Number(theirs.group_aware_consensus), `consensus of ${own.id}`);
            near(own.priority, Number(theirs.priority), `priority of ${own.id}`);
            near(own.extremity, Number(theirs.extremity), `extremity of ${own.id}`);
            own.groups.forEach(({ id, agrees, disagrees, votes }) => assert.deepEqual([agrees, disagrees, votes], ['A', 'D', 'S'].map((count) => Number(theirs[`g${id}_${count}`]))));
        });
        for (const [id, list] of Object.entries(engine.repness)) {
            assert.deepEqual(ours.representative[id].map((one) => [one.id, one.repful_for, one.best_agree ?? false, one.n_success, one.n_trials]),
                list.map((one) => [one.tid, one['repful-for'], one['best-agree'] ?? false, one['n-success'], one['n-trials']]));
            list.forEach((one, i) => {
                near(ours.representative[id][i].repness, one.repness, 'repness');
                near(ours.representative[id][i].p_test, one['p-test'], 'p-test');
            });
        }
        for (const side of ['agree', 'disagree']) {
            assert.deepEqual(ours.consensus[side].map(({ id, n_success, n_trials }) => [id, n_success, n_trials]),
                engine.consensus[side].map((one) => [one.tid, one['n-success'], one['n-trials']]));
        }
        assert.equal(ours.stability, null);
    });
}

const withVotes = conversations.find((name) => readdirSync(join(polis, name)).includes('votes.csv'));
test('votes in the order of time: the same votes, another order, the same counts', { skip: withVotes === undefined && absent }, () => {
    const args = ['--moderated-out', join(polis, withVotes, 'reference', 'moderated_out_tids.txt'), '--resamples', '5'];
    const one = opinion(join(polis, withVotes, 'votes.csv'), ...args, '--bridging', '--brigades');
    const other = opinion(join(polis, withVotes, 'participants-votes.csv'), ...args);
    const counts = ({ statements }) => statements.map(({ id, agrees, disagrees, votes }) => [id, agrees, disagrees, votes]).sort((a, b) => a[0] - b[0]);
    assert.deepEqual(counts(one), counts(other));
    assert.deepEqual(one.consensus.agree.map(({ id }) => id), other.consensus.agree.map(({ id }) => id));
    assert.ok(one.stability.index <= 1 && one.stability.resamples === 5 && typeof one.stability.warning === 'boolean');
    assert.equal(one.bridging.statements.length, one.statements.length);
    assert.ok(one.bridging.converged && one.brigades.without_them.k >= 1);
    // Twice the same bytes.
    assert.deepEqual(opinion(join(polis, withVotes, 'votes.csv'), ...args, '--bridging', '--brigades'), one);
});

test('many people: as a plain program after METHODS has it', { skip: synthetic === undefined && absent }, async () => {
    const file = join(folder, 'votes.csv');
    const out = createWriteStream(file);
    out.write('timestamp,datetime,comment-id,voter-id,vote\n');
    let n = 0;
    for (const line of gunzipSync(readFileSync(synthetic)).toString().trim().split('\n')) {
        const [participant, statement, vote] = line.split(' ');
        if (!out.write(`${++n},,${statement},${participant},${-Number(vote)}\n`)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'finish');
    const ours = opinion(file, '--resamples', '0');
    const reference = join(dirname(synthetic), 'reference', 'spec-numpy');
    const { k, group_sizes } = json(reference, 'summary.json');
    assert.equal(ours.k, k);
    assert.deepEqual(sizes(ours), group_sizes);
    const theirs = new Map(csv(readFileSync(join(reference, 'statements.csv'), 'utf8')).map((row) => [Number(row.comment_id), row]));
    for (const { id, group_informed_consensus } of ours.statements) near(group_informed_consensus, Number(theirs.get(id).group_aware_consensus), `consensus of ${id}`);
});

// --- files -----------------------------------------------------------------------------------------------------------------
const write = (text, name = 'file.csv') => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
};
const HEAD = 'timestamp,datetime,comment-id,voter-id,vote\n';

test('small files', () => {
    const one = opinion(write(`${HEAD}5,"Mon Jan 1, 2020",1,7,1\r\n\r\n3,,1,8,0\n9,,1,7,-1\n`), '--resamples', '0');
    assert.equal(one.k, 2);
    assert.deepEqual(one.groups.map(({ members }) => members), [[8], [7]]); // in the order of time; the last vote counts
    assert.deepEqual([one.statements[0].agrees, one.statements[0].disagrees, one.statements[0].votes], [0, 1, 2]);
    const wide = opinion(write('participant,group-id,n-votes,5,3\n1,,2,1,-1\n2,0,0,,\n3,,1,,1\n'));
    assert.deepEqual(wide.statements.map(({ id, votes }) => [id, votes]), [[5, 1], [3, 2]]);
    assert.equal(wide.participants_counted, 2); // somebody without a vote is not in the stream
    assert.deepEqual([opinion(write(HEAD)).k, opinion(write('participant\n')).statements], [0, []]);
});

test('bad lines are named', () => {
    const wide = 'participant,0,1\n0,1,1\n';
    for (const [text, line] of [
        [`${HEAD}1,,1,1,2\n`, 2], [`${HEAD}1,,1,1,1\n1,,1,1\n`, 3], [`${HEAD}1,,1,1,1,1\n`, 2], [`${HEAD}x,,1,1,1\n`, 2], [`${HEAD}1,,,1,1\n`, 2],
        [`${HEAD}1,,1,-1,1\n`, 2], [`${HEAD}1,,1,99999999999999999999999,1\n`, 2], [`${HEAD}1,,1,1,-0\n`, 2], [`${HEAD}1,,1,1, 1\n`, 2], [`${HEAD}1,"x,1,1,1\n`, 2],
        [`${HEAD}1,"x"y,1,1,1\n`, 2], [`${HEAD}1,\0,1,1,1\n`, 2], [`${wide}1,1,yes\n`, 3], [`${wide}1,1\n`, 3], [`${wide}one,1,1\n`, 3], ['a,b\n1,2\n', 1], ['participant,1,1\n', 1],
    ]) {
        const { status, stderr, stdout } = spawnSync(join(build, 'plenum'), ['opinion', write(text)], { encoding: 'utf8' });
        assert.equal(status, 1, text);
        assert.equal(stdout, '');
        assert.match(stderr, new RegExp(`file\\.csv:${line}: `), text);
    }
    for (const args of [[write('', 'empty.csv')], [join(folder, 'none.csv')], [], [write(HEAD, 'head.csv'), '--moderated-out', write(HEAD)], [write(HEAD), '--resamples', '-1'], [write(wide, 'wide.csv'), '--brigades']]) {
        const { status, stderr } = spawnSync(join(build, 'plenum'), ['opinion', ...args], { encoding: 'utf8' });
        assert.equal(status, 1, args.join(' '));
        assert.match(stderr, /^plenum opinion: /);
    }
});
