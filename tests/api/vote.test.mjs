// Votes: one each, changeable until close, counted exactly, hidden until one's own; and what closing makes of them.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { change, claimsOf, makeCommunity, makeMembers, propose, until, vote } from '../support/community.mjs';

let server;
before(async () => {
    server = await startCoordinator();
});
after(() => server.stop());

const show = async (amendment, member) =>
    (await server.api('GET', `/api/v1/amendments/${amendment}`, { token: member?.token ?? null })).body;

async function open(n, settings = {}, operations = [change('tone', 'Be kind.')]) {
    const community = await makeCommunity(server, settings);
    const members = await makeMembers(server, community, n);
    const opened = await propose(server, community, members[0], operations);
    assert.equal(opened.status, 201, JSON.stringify(opened.body));
    return { community, members, amendment: opened.body.id };
}

// Its time is over: said to the database, so that no test waits for a clock or is too slow for it.
const settled = (amendment) => {
    server.sql(`update amendment set closes_at = now() where amendment_id = '${uuidOf(amendment)}'`);
    return settling(amendment);
};
const settling = (amendment) => until('the vote is settled', async () => {
    const now = await show(amendment);
    return now.state === 'open' ? null : now;
});

test('a vote gives a receipt that opens its commitment, and can be changed', async () => {
    const { members: [one, two], amendment } = await open(2);
    const first = await vote(server, amendment, one, 'yes');
    assert.equal(first.status, 200, JSON.stringify(first.body));
    const claims = claimsOf(first.body.receipt);
    assert.equal(claims.type, 'ballot');
    assert.equal(claims.amendment, amendment);
    assert.equal(claims.choice, 'yes');
    assert.equal(claims.voter, one.participant);
    let mine = await show(amendment, one);
    assert.deepEqual(mine.my_vote, { choice: 'yes', receipt: first.body.receipt, cast_at: mine.my_vote.cast_at });
    assert.deepEqual(mine.tally, { yes: 1, no: 0, abstain: 0 });
    assert.equal((await show(amendment, two)).tally, null);
    assert.equal((await show(amendment)).tally, null);
    await vote(server, amendment, one, 'no');
    await vote(server, amendment, two, 'abstain');
    mine = await show(amendment, one);
    assert.equal(mine.my_vote.choice, 'no');
    assert.deepEqual(mine.tally, { yes: 0, no: 1, abstain: 1 });
    // What is public of a vote is its commitment.
    const entry = await until('the entry is logged', async () => {
        const proof = await server.api('GET', `/audit/proof?entry=${claims.entry}`, { token: null });
        return proof.status === 200 && JSON.parse(proof.body.entry);
    });
    const opened = { amendment, choice: 'yes', nonce: claims.nonce, voter: one.participant };
    assert.deepEqual(entry, {
        amendment, at: entry.at, id: claims.entry, type: 'ballot',
        commitment: createHash('sha256').update(JSON.stringify(opened)).digest('hex'),
    });
});

test('a replay answers the same receipt; the key with another choice or amendment is refused', async () => {
    const { community, members: [one, two], amendment } = await open(2);
    const key = randomUUID();
    const all = await Promise.all(Array.from({ length: 8 }, () => vote(server, amendment, one, 'yes', key)));
    for (const answer of all) assert.deepEqual([answer.status, answer.body], [200, all[0].body]);
    assert.equal((await vote(server, amendment, one, 'no', key)).status, 422);
    const other = await propose(server, community, two, [change('tone', 'Be brief.')]);
    assert.equal((await vote(server, other.body.id, one, 'yes', key)).status, 422);
    assert.deepEqual((await show(amendment, one)).tally, { yes: 1, no: 0, abstain: 0 });
    // Another person's key is another key.
    assert.equal((await vote(server, amendment, two, 'no', key)).status, 200);
    assert.deepEqual((await show(amendment, one)).tally, { yes: 1, no: 1, abstain: 0 });
});

test('bad ballots are refused and count nothing', async () => {
    const { community, members: [one], amendment } = await open(1);
    const at = `/api/v1/amendments/${amendment}/vote`;
    const put = (body, more = {}) => server.api('PUT', at, { token: one.token, key: true, body, ...more });
    assert.deepEqual((await put({})).body.errors.map((error) => error.pointer), ['/choice']);
    assert.equal((await put({ choice: 'maybe' })).status, 422);
    assert.equal((await put({ choice: 7 })).status, 422);
    assert.equal((await put({ choice: 'yes' }, { key: undefined })).status, 400);
    assert.equal((await put({ choice: 'yes' }, { key: 'mine' })).status, 400);
    assert.equal((await put({ choice: 'yes' }, { token: null })).status, 401);
    assert.equal((await put({ choice: 'yes' }, { token: undefined })).status, 404, 'the operator is no member');
    const absent = amendment.slice(0, 20) + (amendment[20] === 'a' ? 'b' : 'a') + amendment.slice(21);
    assert.equal((await server.api('PUT', `/api/v1/amendments/${absent}/vote`,
        { token: one.token, key: true, body: { choice: 'yes' } })).status, 404);
    assert.equal((await server.api('PUT', '/api/v1/amendments/nothing/vote',
        { token: one.token, key: true, body: { choice: 'yes' } })).status, 404);
    // No standing, no ballot.
    const [guest] = await makeMembers(server, community, 1, 100000);
    assert.equal((await vote(server, amendment, guest, 'yes')).status, 404);
    assert.deepEqual((await server.api('GET', `/api/v1/communities/${community}`)).body.open_amendments, 1);
    assert.equal(server.sql(`select count(*) from ballot b join amendment a using (shard_key, amendment_id)
        where a.rationale = 'It reads better.' and a.proposer::text = '${uuidOf(one.participant)}'`), '0');
});

const uuidOf = (id) => {
    let bits = '';
    for (const digit of id) bits += 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(digit).toString(2).padStart(5, '0');
    return BigInt(`0b${bits.slice(64, 192)}`).toString(16).padStart(32, '0').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

test('who may vote is settled when the vote opens, unless the rule says until close', async () => {
    for (const [electorate, status] of [['at_opening', 409], ['until_close', 200]]) {
        const { community, amendment } = await open(1, { rule: { electorate } });
        const [late] = await makeMembers(server, community, 1);
        const answer = await vote(server, amendment, late, 'yes');
        assert.equal(answer.status, status, JSON.stringify(answer.body));
    }
});

test('sixty people who change their minds at once are counted exactly', async () => {
    const { members, amendment } = await open(60);
    const choices = ['yes', 'no', 'abstain'];
    const last = new Map();
    await Promise.all(members.map(async (member, i) => {
        for (let round = 0; round < 4; round++) {
            const choice = choices[(i * 7 + round * 5) % 3];
            const key = randomUUID();
            // Sent twice, as a retry that crosses its answer.
            const both = await Promise.all([vote(server, amendment, member, choice, key), vote(server, amendment, member, choice, key)]);
            for (const answer of both) assert.deepEqual([answer.status, answer.body], [200, both[0].body]);
            last.set(member.participant, choice);
        }
    }));
    const want = { yes: 0, no: 0, abstain: 0 };
    for (const choice of last.values()) want[choice]++;
    assert.deepEqual((await show(amendment, members[0])).tally, want);
    assert.equal(server.sql(`select count(*), max(revision) from ballot b where amendment_id = '${uuidOf(amendment)}'`), '240|4');
});

test('one person in a hurry: votes at once with different keys leave one vote', async () => {
    const { members: [one], amendment } = await open(1);
    const answers = await Promise.all(Array.from({ length: 24 }, (_, i) => vote(server, amendment, one, ['yes', 'no'][i % 2])));
    for (const answer of answers) assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const { tally, my_vote: mine } = await show(amendment, one);
    assert.equal(tally.yes + tally.no, 1);
    assert.equal(tally[mine.choice], 1);
    assert.equal(server.sql(`select count(*), max(revision) from ballot where amendment_id = '${uuidOf(amendment)}'`), '24|24');
});

test('adopted: the next version, with the log to tell of it', async () => {
    const { community, members, amendment } = await open(3, { rule: { kind: 'two_thirds', quorum_share: 0.9 } });
    const rule = (await show(amendment)).rule;
    assert.deepEqual([rule.kind, rule.n_eligible, rule.quorum], ['two_thirds', 3, 3]);
    await Promise.all(members.map((member, i) => vote(server, amendment, member, i < 2 ? 'yes' : 'no')));
    const after = await settled(amendment);
    assert.equal(after.state, 'adopted');
    assert.deepEqual(after.tally, { yes: 2, no: 1, abstain: 0 }, 'closed: everybody sees it');
    assert.deepEqual(after.outcome, {
        adopted: true, reason: 'adopted', turnout: 3, quorum: 3, version: 2, rules: { majority: 'adopted', two_thirds: 'adopted' },
    });
    const now = await server.api('GET', `/api/v1/communities/${community}/constitution`, { token: null });
    assert.equal(now.body.version, 2);
    assert.equal(now.body.amendment_id, amendment);
    assert.equal(now.body.articles[1].text, 'Be kind.');
    assert.equal((await vote(server, amendment, members[0], 'no')).status, 409);
    const entries = server.sql('select entry from log_entry union all select entry from log_outbox').split('\n').map(JSON.parse);
    const told = entries.filter((entry) => entry.amendment === amendment && entry.type !== 'ballot').map((entry) => entry.type);
    assert.deepEqual(told.sort(), ['amendment', 'constitution', 'decision']);
    assert.equal(entries.find((entry) => entry.type === 'constitution' && entry.amendment === amendment).hash, now.body.hash);
});

test('the deadline itself closes a vote', async () => {
    const { members, amendment } = await open(1, { rule: { voting_seconds: 1 } });
    const after = await settling(amendment);
    assert.equal(after.state, 'rejected');
    assert.ok(Date.parse(after.closes_at) - Date.parse(after.opens_at) === 1000);
    assert.equal((await vote(server, amendment, members[0], 'yes')).status, 409);
});

test('rejected: too few votes, or not enough yes, each with its reason', async () => {
    const few = await open(4, { rule: { quorum_share: 0.5 } });
    const split = await open(2, {});
    await vote(server, few.amendment, few.members[0], 'yes');
    await Promise.all(split.members.map((member, i) => vote(server, split.amendment, member, ['yes', 'no'][i])));
    const [a, b] = await Promise.all([settled(few.amendment), settled(split.amendment)]);
    assert.deepEqual([a.state, a.outcome.reason, a.outcome.quorum], ['rejected', 'too_few_votes', 2]);
    assert.deepEqual([b.state, b.outcome.reason], ['rejected', 'not_enough_yes']);
    const now = await server.api('GET', `/api/v1/communities/${few.community}/constitution`, { token: null });
    assert.equal(now.body.version, 1);
});

test('two adopted on one base: what still means the same is rebased, what was overtaken is not', async () => {
    const community = await makeCommunity(server);
    const members = await makeMembers(server, community, 3);
    const texts = [[change('tone', 'First.')], [change('tone', 'Second.')], [change('brief', 'Third.')]];
    const opened = [];
    for (const [i, operations] of texts.entries())
        opened.push((await propose(server, community, members[i], operations)).body.id);
    await Promise.all(opened.map((amendment) => vote(server, amendment, members[0], 'yes')));
    // All due at the same moment, in the order in which they were proposed.
    server.sql(opened.map((amendment, i) => `update amendment set closes_at = now() - interval '${3 - i} seconds'
        where amendment_id = '${uuidOf(amendment)}';`).join('\n'));
    const [first, second, third] = await Promise.all(opened.map(settling));
    assert.equal(first.state, 'adopted', JSON.stringify([first.outcome, second.outcome, third.outcome]));
    assert.deepEqual([second.state, second.outcome.reason, second.outcome.article], ['rejected', 'overtaken', 'tone']);
    assert.equal(third.state, 'adopted');
    const now = await server.api('GET', `/api/v1/communities/${community}/constitution`, { token: null });
    assert.equal(now.body.version, 3);
    assert.equal(now.body.articles[1].text, 'First.');
    assert.equal(now.body.articles[0].children[0].children[0].children[0].text, 'Third.');
});
