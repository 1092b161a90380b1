// The checker: that it sees what is planted for it, and then in short what it is for, sixteen writers under a nemesis (see
// checker/). The long form is in tests/soak.
import test from 'node:test';
import assert from 'node:assert/strict';
import { check } from './checker/check.mjs';
import { fitting, uuid } from './checker/planted.mjs';
import { runChecker } from './checker/run.mjs';

// Each makes one thing wrong; the checker says of what kind it is.
const faults = {
    'a judgment is lost': ['lost', ({ truth }) => {
        truth.judgments.splice(1, 1);
        truth.slots[1].state = 'open';
    }],
    'the last revision is lost': ['lost', ({ truth }) => truth.judgments.splice(2, 1)],
    'a vote is lost': ['lost', ({ truth }) => truth.ballots.splice(0, 1)],
    'an undo is lost': ['lost', ({ truth }) => truth.judgments.splice(truth.judgments.findIndex((row) => row.outcome === 'void'), 1)],
    'a proposal is lost': ['lost', ({ truth }) => truth.amendments.splice(0, 1)],
    'a fit is lost': ['lost', ({ truth }) => truth.fits.splice(0, 1)],
    'a fit has failed': ['lost', ({ truth }) => Object.assign(truth.fits[0], { state: 'failed' })],
    'a log entry is lost': ['lost', ({ truth }) => truth.log.entries.splice(1, 1)],
    'a judgment is there twice': ['duplicated', ({ truth }) => truth.judgments.push({ ...truth.judgments[0] })],
    'a vote is there twice': ['duplicated', ({ truth }) => truth.ballots.push({ ...truth.ballots[0], revision: 2 })],
    'a fit is counted twice': ['duplicated', ({ truth }) => Object.assign(truth.fits[0], { models: 2 })],
    'a log entry is there twice': ['duplicated', ({ truth }) => truth.log.entries.push(truth.log.entries[1])],
    'a judgment that nobody asked for': ['unexpected', ({ truth }) => truth.judgments.push({ ...truth.judgments[0], key: 'key-x', revision: 3, outcome: 'right' })],
    'a vote that nobody asked for': ['unexpected', ({ truth }) => truth.ballots.push({ ...truth.ballots[0], key: 'key-x', participant: 'm9' })],
    'a fit that nobody asked for': ['unexpected', ({ truth }) => truth.fits.push({ ...truth.fits[0], key: undefined, id: uuid(501) })],
    'what was refused is there': ['unexpected', ({ truth }) => truth.amendments.push({ ...truth.amendments[0], key: 'key-refused', id: uuid(77) })],
    'a lease that was never given': ['unexpected', ({ truth }) => truth.slots.push({ item: uuid(30), n: 0, state: 'leased', participant: 'p3', lease: uuid(3) })],
    'a third judgment of an item of two': ['over', ({ truth }) => {
        truth.judgments.push({ ...truth.judgments[1], key: 'key-x', lease: uuid(9), participant: 'p3' });
        truth.slots.push({ item: uuid(10), n: 1, state: 'judged', participant: 'p3', lease: uuid(9) });
    }],
    'a slot beyond the cap': ['over', ({ truth }) => truth.slots.push({ item: uuid(10), n: 2, state: 'judged', participant: 'p9', lease: uuid(90) })],
    'one person twice in an item': ['over', ({ truth }) => {
        for (const row of [truth.judgments[1], truth.slots[1]]) row.participant = 'p1';
    }],
    'two leases of one person': ['over', ({ truth }) => {
        for (const i of [0, 2]) truth.slots[i].state = 'leased';
    }],
    'a replay answered otherwise': ['changed', ({ last }) => Object.assign(last('replay'), { text: '{}' })],
    'a replay with another status': ['changed', ({ last }) => Object.assign(last('replay'), { status: 200 })],
    'another choice is kept': ['changed', ({ truth }) => Object.assign(truth.judgments[0], { outcome: 'tie' })],
    'another revision was told': ['changed', ({ truth }) => Object.assign(truth.judgments[0], { revision: 7 })],
    'another receipt is kept': ['changed', ({ truth }) => Object.assign(truth.ballots[0], { receipt: 'x.y' })],
    'an older vote holds': ['stale', ({ truth }) => {
        const [, first, second] = truth.ballots;
        [first.revision, second.revision] = [2, 1];
    }],
    'a read saw an older vote': ['stale', ({ last }) => Object.assign(last('read'), { saw: 'abstain' })],
    'a gap in the revisions': ['order', ({ truth }) => Object.assign(truth.judgments[2], { revision: 3 })],
    'revisions in another order': ['order', ({ truth }) => {
        [truth.judgments[0].revision, truth.judgments[2].revision] = [2, 1];
    }],
    'a judged slot without a judgment': ['broken', ({ truth }) => Object.assign(truth.slots[0], { lease: uuid(1) })],
    'a judgment that counts without a slot': ['broken', ({ truth }) => Object.assign(truth.slots[0], { state: 'open', participant: null, lease: null })],
    'a counter that is off': ['tally', ({ truth }) => { truth.counters.counted++; }],
    'an export that leaves one out': ['tally', ({ truth }) => { truth.shown.exported--; }],
    'a tally that is off': ['tally', ({ truth }) => { truth.amendments[0].tally.yes++; }],
    'a tally shown otherwise': ['tally', ({ truth }) => { Object.values(truth.shown.tallies)[0].no++; }],
    'a receipt that was not signed': ['receipt', ({ history, truth }) => {
        const op = history.find((one) => one.f === 'vote'), [claims, signature] = JSON.parse(op.text).receipt.split('.');
        const spoilt = `${claims}.${(signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)}`;
        op.text = JSON.stringify({ receipt: spoilt });
        truth.ballots[0].receipt = spoilt;
    }],
    'a log with another root': ['log', ({ truth }) => truth.log.wrong.push('the checkpoint has another root')],
};

test('the checker finds nothing where everything fits', () => {
    const { history, truth } = fitting();
    assert.deepEqual(check(history, truth).problems, []);
});

for (const [name, [kind, plant]] of Object.entries(faults)) {
    test(`the checker sees: ${name}`, () => {
        const made = fitting();
        plant(made);
        const { counts, problems } = check(made.history, made.truth);
        assert.ok(problems.some((one) => one.kind === kind), `${kind} is not among ${JSON.stringify(problems)}`);
        assert.ok((counts[kind] ?? counts.other) > 0);
    });
}

test('eight kills of the coordinator and two of PostgreSQL: nothing is lost, doubled, unexpected or over the cap', { timeout: 300_000 }, async (t) => {
    const seed = Number(process.env.PLENUM_SEED ?? Date.now() % 1e6);
    const report = await runChecker(t, { name: 'short', seed, kills: { coordinator: 8, postgres: 2, worker: 2 }, items: 400, leaseSeconds: 4 });
    assert.ok(report.kills.coordinator >= 8 && report.kills.postgres >= 2);
    assert.ok(report.writes > 100, JSON.stringify(report));
});
