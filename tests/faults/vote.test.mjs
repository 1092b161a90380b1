// The coordinator is killed while votes are decided. (Votes under kills: checker.test.mjs.)
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { change, makeCommunity, makeMembers, propose, until, vote } from '../support/community.mjs';

let server;
before(async () => {
    server = await startCoordinator();
});
after(() => server.stop());

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
