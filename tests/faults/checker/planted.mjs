// A small history with its truth, in which everything fits: two people, two items of cap 2, votes, a fit. For the tests
// that plant a fault in it.
import { generateKeyPairSync, sign } from 'node:crypto';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const receiptOf = (claims) => {
    const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
};

// A wire id of shard 1 from a number, and the uuid within it.
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
export const uuid = (n) => n.toString(16).padStart(32, '0');
export function wire(n) {
    let bits = ((1n << 128n) | BigInt(n)) << 3n;
    let text = '';
    for (let i = 0; i < 39; i++, bits >>= 5n) text = alphabet[Number(bits & 31n)] + text;
    return text;
}

export function fitting() {
    const history = [];
    const truth = { cap: 2, judgments: [], slots: [], ballots: [], amendments: [], fits: [], receiptKey: publicKey, idleModels: 0, openJobs: 0,
        counters: { counted: 0, skipped: 0 }, shown: { judgments: 0, exported: 0, tallies: {} }, log: { entries: [], wrong: [] } };
    const told = (op, status, answer) => {
        history.push({ n: history.length, outcome: 'ok', status, text: JSON.stringify(answer), ...op });
        return history.at(-1);
    };
    const log = (type, id, leaf) => truth.log.entries.push({ id, type, leaf });
    let next = 1000;
    const lease = (process, participant, item, n) => {
        const id = next++;
        told({ f: 'lease', process, participant }, 201, { id: wire(id) });
        truth.slots.push({ item: uuid(item), n, state: 'leased', participant, lease: uuid(id) });
        return { id, slot: truth.slots.at(-1), process, participant, item, n };
    };
    const judge = (held, choice, revision) => {
        const id = next++, key = `key-${id}`, receipt = receiptOf({ judgment: id });
        told({ f: 'judge', process: held.process, participant: held.participant, key, lease: wire(held.id), choice }, 201, { judgment_id: wire(id), revision, receipt });
        truth.judgments.push({ key, participant: held.participant, lease: uuid(held.id), revision, id: uuid(id), outcome: choice, item: uuid(held.item), n: held.n, receipt });
        held.slot.state = 'judged';
    };
    const undo = (held, revision) => {
        const id = next++, key = `key-${id}`;
        told({ f: 'undo', process: held.process, participant: held.participant, key, lease: wire(held.id) }, 200, { id: wire(held.id) });
        truth.judgments.push({ key, participant: held.participant, lease: uuid(held.id), revision, id: uuid(id), outcome: 'void', item: uuid(held.item), n: held.n, receipt: '' });
        held.slot.state = 'leased';
    };
    const amendment = next++;
    told({ f: 'propose', process: 1, participant: 'm1', key: 'key-p' }, 201, { id: wire(amendment) });
    truth.amendments.push({ key: 'key-p', id: uuid(amendment), tally: { yes: 1, no: 1, abstain: 0 } });
    truth.shown.tallies[uuid(amendment)] = { yes: 1, no: 1, abstain: 0 };
    log('amendment', 'entry-p', 'leaf-p');
    const vote = (process, choice, revision) => {
        const id = next++, key = `key-${id}`, receipt = receiptOf({ entry: `entry-${id}`, leaf_hash: `leaf-${id}` });
        told({ f: 'vote', process, participant: `m${process}`, key, amendment: wire(amendment), choice }, 200, { receipt });
        truth.ballots.push({ key, amendment: uuid(amendment), participant: `m${process}`, revision, choice, receipt });
        log('ballot', `entry-${id}`, `leaf-${id}`);
    };
    const [a, b] = [lease(1, 'p1', 10, 0), lease(2, 'p2', 10, 1)];
    judge(a, 'left', 1);
    judge(b, 'tie', 1);
    judge(a, 'right', 2);
    const c = lease(1, 'p1', 20, 0);
    judge(c, 'left', 1);
    undo(c, 2);
    judge(c, 'both_bad', 3);
    const d = lease(2, 'p2', 20, 1);
    vote(1, 'yes', 1);
    vote(2, 'abstain', 1);
    vote(2, 'no', 2);
    history.push({ n: history.length, f: 'read', process: 2, outcome: 'ok', saw: 'no', expected: ['no'] });
    // Given up unanswered: one came through, the other did not. One was refused.
    judge(d, 'left', 1);
    Object.assign(history.at(-1), { outcome: 'unknown', status: undefined, text: undefined });
    history.push({ n: history.length, f: 'vote', process: 1, participant: 'm1', key: 'key-never', amendment: wire(amendment), choice: 'no', outcome: 'unknown' });
    history.push({ n: history.length, f: 'propose', process: 1, participant: 'm1', key: 'key-refused', outcome: 'fail', status: 429, text: '{}' });
    history.push({ n: history.length, f: 'replay', process: 1, key: history.find((op) => op.f === 'judge').key, outcome: 'ok',
        status: 201, text: history.find((op) => op.f === 'judge').text });
    told({ f: 'fit', process: 100, key: 'key-fit' }, 202, { id: wire(500), state: 'queued' });
    truth.fits.push({ id: uuid(500), key: 'key-fit', state: 'done', error: null, models: 1, jobs: 1 });
    log('model', 'entry-m', 'leaf-m');
    truth.counters.counted = truth.shown.judgments = truth.shown.exported = 4;
    return { history, truth, first: (f) => history.find((op) => op.f === f), last: (f) => history.filter((op) => op.f === f).at(-1), receiptOf };
}
