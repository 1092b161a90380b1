// Votes while the coordinator is killed again and again: what was answered is there once, the tally is exact, and the log
// goes on without a gap or a fork.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { change, claimsOf, makeCommunity, makeMembers, propose, until, vote } from '../support/community.mjs';

const MEMBERS = 30;
const ROUNDS = 12;
const KILLS = 5;

let server;
before(async () => {
    server = await startCoordinator();
});
after(() => server.stop());

// Until it is answered, with the same key: as the pages do.
async function voteUntilAnswered(amendment, member, choice, key) {
    for (;;) {
        try {
            const answer = await vote(server, amendment, member, choice, key);
            if (answer.status < 500) return answer;
        } catch {
            // the connection broke: nobody knows whether it counted
        }
        await new Promise((done) => setTimeout(done, 50));
    }
}

test('killed five times while everybody changes their mind', async () => {
    const community = await makeCommunity(server);
    const members = await makeMembers(server, community, MEMBERS);
    const opened = await propose(server, community, members[0], [change('tone', 'Be kind.')]);
    const amendment = opened.body.id;
    const answered = [];
    let killing = true;
    const killer = (async () => {
        for (let i = 0; i < KILLS; i++) {
            const seen = answered.length;
            await until('votes go on', () => answered.length >= seen + MEMBERS);
            await server.kill();
            await server.restart();
        }
        killing = false;
    })();
    await Promise.all(members.map(async (member, i) => {
        for (let round = 0; round < ROUNDS || killing; round++) {
            const choice = ['yes', 'no', 'abstain'][(i + round) % 3];
            const key = randomUUID();
            const answer = await voteUntilAnswered(amendment, member, choice, key);
            assert.equal(answer.status, 200, JSON.stringify(answer.body));
            answered.push({ member, choice, key, receipt: answer.body.receipt });
        }
    }));
    await killer;

    // Each answered vote once, with the receipt that was given; nothing else; the tally is the last vote of each.
    const rows = server.sql('select idempotency_key, choice, receipt from ballot').split('\n').map((line) => line.split('|'));
    assert.equal(rows.length, answered.length);
    const stored = new Map(rows.map(([key, choice, receipt]) => [key, { choice, receipt }]));
    for (const one of answered) assert.deepEqual(stored.get(one.key), { choice: one.choice, receipt: one.receipt });
    const last = new Map(answered.map((one) => [one.member.participant, one.choice]));
    const want = { yes: 0, no: 0, abstain: 0 };
    for (const choice of last.values()) want[choice]++;
    const shown = await server.api('GET', `/api/v1/amendments/${amendment}`, { token: members[0].token });
    assert.deepEqual(shown.body.tally, want);

    // Every receipt's entry is in the log, once, in an unbroken sequence under one signed root.
    const entries = new Set(answered.map((one) => claimsOf(one.receipt).entry));
    assert.equal(entries.size, answered.length);
    await until('all is in the log', () => server.sql('select count(*) from log_outbox') === '0' &&
        server.sql('select max(size) = (select count(*) from log_entry) from log_checkpoint') === 't');
    const logged = server.sql("select entry_id from log_entry where entry like '%\"type\":\"ballot\"%'").split('\n');
    assert.deepEqual(new Set(logged), entries);
    assert.equal(server.sql('select count(*) = max(sequence) + 1 from log_entry'), 't');
    for (const { receipt } of answered.slice(0, 5)) {
        const proof = await server.api('GET', `/audit/proof?entry=${claimsOf(receipt).entry}`, { token: null });
        assert.equal(proof.status, 200);
        assert.equal(proof.body.leaf_hash, claimsOf(receipt).leaf_hash);
    }
});

test('killed at the deadline: an amendment is settled once', async () => {
    const community = await makeCommunity(server);
    const members = await makeMembers(server, community, 3);
    const ids = [];
    for (const [i, article] of ['tone', 'brief', 'signs'].entries()) {
        const opened = await propose(server, community, members[i], [change(article, 'New words.')]);
        ids.push(opened.body.id);
        await vote(server, opened.body.id, members[0], 'yes');
    }
    server.sql("update amendment set closes_at = now() where state = 'open' and n_yes = 1 and n_no = 0 and n_abstain = 0");
    for (let i = 0; i < 3; i++) {
        await server.kill();
        await server.restart();
    }
    await until('all are settled', async () => {
        const all = await Promise.all(ids.map((id) => server.api('GET', `/api/v1/amendments/${id}`, { token: null })));
        return all.every((one) => one.body.state === 'adopted');
    });
    const versions = await server.api('GET', `/api/v1/communities/${community}/constitution/versions`, { token: null });
    assert.deepEqual(versions.body.data.map((one) => one.version), [4, 3, 2, 1]);
    assert.equal(new Set(versions.body.data.map((one) => one.amendment_id)).size, 4);
});
