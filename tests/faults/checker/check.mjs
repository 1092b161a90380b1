// The judge, in the manner of Jepsen's set-full: holds what clients were told (the history) against what is there at the
// end (the truth), and names each thing that does not fit. Pure, so that planted faults can be fed to it.
//
// An operation is {n, process, f, outcome, status, text, ...}: `f` one of judge, undo, vote, propose, fit (each with `key`
// and what it asked for), lease, read, replay. Its outcome is `ok` (acknowledged), `fail` (refused: nothing happened),
// `none` (there was nothing to give) or `unknown` (given up unanswered: it may have happened, once).
import { verify as verifySignature } from 'node:crypto';
import { uuidOf } from '../../support/ids.mjs';

const COUNTED = (outcome) => outcome !== 'void' && outcome !== 'skip';
const KEYED = ['judge', 'undo', 'vote', 'propose', 'fit'];
const body = (op) => JSON.parse(op.text);
const idOf = (wire) => uuidOf(wire);

function groupBy(list, keyOf) {
    const groups = new Map();
    for (const one of list) {
        const key = keyOf(one), group = groups.get(key);
        if (group === undefined) groups.set(key, [one]);
        else group.push(one);
    }
    return groups;
}

// {counts, problems: [{kind, what}]}.
export function check(history, truth) {
    const problems = [];
    const problem = (kind, what) => problems.push({ kind, what });
    const ops = history.filter((op) => KEYED.includes(op.f));
    checkRows(ops, truth, problem);
    checkReplays(history, ops, problem);
    checkRevisions(ops, truth, problem);
    checkReads(history, problem);
    checkSlots(history, truth, problem);
    checkTallies(truth, problem);
    checkFits(ops, truth, problem);
    checkLog(ops, truth, problem);
    const acknowledged = history.filter((op) => op.outcome === 'ok').length;
    const of = (kind) => problems.filter((one) => one.kind === kind).length;
    return {
        counts: {
            operations: history.length, acknowledged, refused: history.filter((op) => op.outcome === 'fail').length,
            unknown: history.filter((op) => op.outcome === 'unknown').length,
            writes: ops.filter((op) => op.outcome === 'ok').length,
            seen: truth.judgments.length + truth.ballots.length + truth.amendments.length + truth.fits.length,
            lost: of('lost'), duplicated: of('duplicated'), unexpected: of('unexpected'), stale: of('stale'),
            changed: of('changed'), over: of('over'), other: problems.filter(({ kind }) =>
                !['lost', 'duplicated', 'unexpected', 'stale', 'changed', 'over'].includes(kind)).length,
        },
        problems,
    };
}

const rowsOf = (truth) => [
    ...truth.judgments.map((row) => ({ ...row, f: row.outcome === 'void' ? 'undo' : 'judge' })),
    ...truth.ballots.map((row) => ({ ...row, f: 'vote' })),
    ...truth.amendments.map((row) => ({ ...row, f: 'propose' })),
    ...truth.fits.map((row) => ({ ...row, f: 'fit' })),
];

// What is there was asked for, once; what was acknowledged is there, as it was acknowledged.
function checkRows(ops, truth, problem) {
    const rows = groupBy(rowsOf(truth), (row) => row.key);
    const asked = new Map(ops.map((op) => [op.key, op]));
    for (const [key, found] of rows) {
        const op = asked.get(key);
        if (op === undefined) problem('unexpected', `a ${found[0].f} that nobody asked for, key ${key}`);
        else if (op.outcome === 'fail') problem('unexpected', `${op.f} ${op.n} was refused (${op.status}), and is there`);
        if (found.length > 1) problem('duplicated', `${found[0].f} with key ${key} is there ${found.length} times`);
    }
    for (const op of ops) {
        if (op.outcome !== 'ok') continue;
        const [row] = rows.get(op.key) ?? [];
        if (row === undefined) problem('lost', `${op.f} ${op.n} of ${op.process}, key ${op.key}`);
        else if (differs(op, row)) problem('changed', `${op.f} ${op.n} was told ${op.text}, and ${JSON.stringify(row)} is kept`);
        else checkReceipt(op, truth, problem);
    }
}

function differs(op, row) {
    const told = body(op);
    switch (op.f) {
    case 'judge': return row.f !== 'judge' || row.id !== idOf(told.judgment_id) || row.revision !== told.revision ||
        row.receipt !== told.receipt || row.outcome !== op.choice || row.lease !== idOf(op.lease);
    case 'undo': return row.f !== 'undo' || row.lease !== idOf(op.lease) || idOf(told.id) !== row.lease;
    case 'vote': return row.receipt !== told.receipt || row.choice !== op.choice || row.amendment !== idOf(op.amendment);
    case 'propose': return row.id !== idOf(told.id);
    default: return row.id !== idOf(told.id);
    }
}

function checkReceipt(op, truth, problem) {
    if (op.f !== 'judge' && op.f !== 'vote') return;
    const [claims, signature] = body(op).receipt.split('.');
    if (!verifySignature(null, Buffer.from(claims), truth.receiptKey, Buffer.from(signature, 'base64url')))
        problem('receipt', `${op.f} ${op.n}: the signature does not hold`);
}

function checkReplays(history, ops, problem) {
    const first = new Map(ops.map((op) => [op.key, op]));
    for (const op of history) {
        if (op.f !== 'replay' || op.outcome === 'unknown') continue;
        const before = first.get(op.key);
        if (op.status !== before.status || op.text !== before.text)
            problem('changed', `replay ${op.n} of ${before.f} ${before.n}: ${before.status} ${before.text} became ${op.status} ${op.text}`);
    }
}

// Judgments of a lease, and votes of a person on an amendment: revisions without a gap, in the order in which they were
// acknowledged; the last one that was acknowledged holds, unless one that stayed unknown came after it.
function checkRevisions(ops, truth, problem) {
    const chains = [
        [groupBy(truth.judgments, (row) => row.lease), (op) => (op.f === 'judge' || op.f === 'undo') && idOf(op.lease)],
        [groupBy(truth.ballots, (row) => `${row.amendment} ${row.participant}`), (op) => op.f === 'vote' && `${idOf(op.amendment)} ${op.participant}`],
    ];
    for (const [chainsOfRows, placeOf] of chains) {
        const told = groupBy(ops.filter((op) => placeOf(op)), placeOf);
        for (const [place, rows] of chainsOfRows) {
            rows.sort((a, b) => a.revision - b.revision);
            rows.forEach((row, i) => {
                if (row.revision !== i + 1) problem('order', `revisions of ${place}: ${rows.map((one) => one.revision)}`);
            });
            const mine = told.get(place) ?? [];
            const revision = new Map(rows.map((row) => [row.key, row.revision]));
            const acknowledged = mine.filter((op) => op.outcome === 'ok' && revision.has(op.key));
            for (let i = 1; i < acknowledged.length; i++)
                if (revision.get(acknowledged[i].key) <= revision.get(acknowledged[i - 1].key))
                    problem('order', `${acknowledged[i].f} ${acknowledged[i].n} came after ${acknowledged[i - 1].n}, its revision did not`);
            const latest = rows.at(-1).key, unknown = mine.filter((op) => op.outcome === 'unknown').map((op) => op.key);
            if (acknowledged.length > 0 && latest !== acknowledged.at(-1).key && !unknown.includes(latest))
                problem('stale', `${place}: the last word was ${acknowledged.at(-1).f} ${acknowledged.at(-1).n}, and another holds`);
        }
    }
}

function checkReads(history, problem) {
    for (const op of history)
        if (op.f === 'read' && op.outcome === 'ok' && !op.expected.includes(op.saw))
            problem('stale', `read ${op.n} of ${op.process} saw ${op.saw}, and not ${op.expected.join(' or ')}`);
}

// Never over the cap, nobody twice, nothing on lease that nobody was given; and slots and judgments say the same.
function checkSlots(history, truth, problem) {
    const latest = new Map();
    for (const row of [...truth.judgments].sort((a, b) => a.revision - b.revision)) latest.set(row.lease, row);
    const counted = [...latest.values()].filter((row) => COUNTED(row.outcome));
    for (const [item, rows] of groupBy(counted, (row) => row.item)) {
        if (rows.length > truth.cap) problem('over', `item ${item} has ${rows.length} judgments that count`);
        for (const [participant, own] of groupBy(rows, (row) => row.participant))
            if (own.length > 1) problem('over', `${participant} counts ${own.length} times in item ${item}`);
    }
    // The slot behind the last one given stands open, should more be wanted one day.
    for (const [item, slots] of groupBy(truth.slots.filter((slot) => slot.state !== 'open'), (slot) => slot.item)) {
        if (slots.length > truth.cap || slots.some((slot) => slot.n >= truth.cap)) problem('over', `item ${item} has slots ${slots.map((slot) => slot.n)}`);
        for (const [participant, own] of groupBy(slots.filter((slot) => slot.participant !== null), (slot) => slot.participant))
            if (own.length > 1) problem('over', `${participant} has ${own.length} slots of item ${item}`);
    }
    for (const [participant, own] of groupBy(truth.slots.filter((slot) => slot.state === 'leased'), (slot) => slot.participant))
        if (own.length > 1) problem('over', `${participant} holds ${own.length} leases`);
    const given = new Set(history.filter((op) => op.outcome === 'ok' && (op.f === 'lease' || op.f === 'undo')).map((op) => idOf(body(op).id)));
    // Who gave up on an answer may have been given what nobody knows of.
    const mayHold = new Set(history.filter((op) => op.outcome === 'unknown').map((op) => op.participant));
    const judged = new Set();
    for (const slot of truth.slots) {
        if (slot.state === 'leased' && !given.has(slot.lease) && !mayHold.has(slot.participant))
            problem('unexpected', `lease ${slot.lease} of ${slot.participant} was never given`);
        if (slot.state !== 'judged') continue;
        judged.add(slot.lease);
        const row = latest.get(slot.lease);
        if (row === undefined || !COUNTED(row.outcome) || row.participant !== slot.participant)
            problem('broken', `slot ${slot.n} of item ${slot.item} is judged, and its lease's last word is ${row?.outcome}`);
    }
    for (const row of counted)
        if (!judged.has(row.lease)) problem('broken', `a judgment of lease ${row.lease} counts, and has no slot`);
    const skipped = [...latest.values()].filter((row) => row.outcome === 'skip').length;
    for (const [name, value, is] of [['counted', truth.counters.counted, counted.length], ['skipped', truth.counters.skipped, skipped],
        ['shown by the API', truth.shown.judgments, counted.length], ['exported', truth.shown.exported, counted.length + skipped]])
        if (value !== is) problem('tally', `${name}: ${value} judgments, and there are ${is}`);
}

function checkTallies(truth, problem) {
    const latest = new Map();
    for (const row of [...truth.ballots].sort((a, b) => a.revision - b.revision)) latest.set(`${row.amendment} ${row.participant}`, row);
    const votes = groupBy([...latest.values()], (row) => row.amendment);
    for (const amendment of truth.amendments) {
        const is = { yes: 0, no: 0, abstain: 0 };
        for (const row of votes.get(amendment.id) ?? []) is[row.choice]++;
        for (const [where, tally] of [['kept', amendment.tally], ['shown', truth.shown.tallies[amendment.id]]])
            if (tally !== undefined && JSON.stringify(tally) !== JSON.stringify(is))
                problem('tally', `amendment ${amendment.id}: ${where} ${JSON.stringify(tally)}, and there are ${JSON.stringify(is)}`);
    }
}

// A fit that was asked for is done, by one model.
function checkFits(ops, truth, problem) {
    const asked = new Set(ops.filter((op) => op.f === 'fit' && op.outcome === 'ok').map((op) => op.key));
    for (const fit of truth.fits) {
        if (fit.models > 1) problem('duplicated', `fit ${fit.id} has ${fit.models} models`);
        if (fit.jobs > 1) problem('duplicated', `fit ${fit.id} has ${fit.jobs} jobs`);
        if (asked.has(fit.key) && (fit.state !== 'done' || fit.models === 0)) problem('lost', `fit ${fit.id} is ${fit.state} with ${fit.models} models: ${fit.error}`);
    }
    if (truth.idleModels > 0) problem('unexpected', `${truth.idleModels} models of no fit`);
    if (truth.openJobs > 0) problem('unexpected', `${truth.openJobs} jobs are open still`);
}

// Every acknowledged vote is in the log, as its receipt promised; and the log is what its checkpoint signs.
function checkLog(ops, truth, problem) {
    const leaves = new Map(truth.log.entries.map((entry) => [entry.id, entry.leaf]));
    for (const op of ops) {
        if (op.f !== 'vote' || op.outcome !== 'ok') continue;
        const claims = JSON.parse(Buffer.from(body(op).receipt.split('.')[0], 'base64url'));
        if (leaves.get(claims.entry) !== claims.leaf_hash) problem('lost', `vote ${op.n} is not in the log as entry ${claims.entry}`);
    }
    for (const [type, rows] of [['ballot', truth.ballots.length], ['amendment', truth.amendments.length],
        ['model', truth.fits.reduce((sum, fit) => sum + fit.models, 0)]]) {
        const n = truth.log.entries.filter((entry) => entry.type === type).length;
        if (n !== rows) problem(n < rows ? 'lost' : 'unexpected', `${n} log entries of type ${type} for ${rows} of them`);
    }
    if (leaves.size !== truth.log.entries.length) problem('duplicated', 'an entry is in the log twice');
    for (const wrong of truth.log.wrong) problem('log', wrong);
}
