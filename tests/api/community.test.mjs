// Communities, their constitution and amendments: what is stored, what is refused and with which pointer, what it costs.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { change, demoConstitution, makeCommunity, makeMembers, propose, smallConstitution } from '../support/community.mjs';

let server;
before(async () => {
    server = await startCoordinator();
});
after(() => server.stop());

const pointers = (answer) => answer.body.errors?.map((error) => error.pointer);
const sorted = (value) => Array.isArray(value) ? value.map(sorted)
    : value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value;

test('a community is made once a key, with every default said', async () => {
    const key = randomUUID();
    const first = await server.api('POST', '/api/v1/communities', { key, body: { name: 'Twice' } });
    assert.equal(first.status, 201);
    assert.deepEqual(first.body.rule, {
        kind: 'majority', threshold: 0.5, quorum_share: 0, min_votes: 1, voting_seconds: 604800, electorate: 'at_opening',
    });
    assert.deepEqual(first.body.budget, { amount: 60, refill: 150, period_seconds: 2592000 });
    assert.deepEqual(first.body.costs, { guideline: 1, rule: 3, principle: 10 });
    const again = await server.api('POST', '/api/v1/communities', { key, body: { name: 'Twice' } });
    assert.equal(again.status, 201);
    assert.deepEqual(again.body, first.body);
    const other = await server.api('POST', '/api/v1/communities', { key, body: { name: 'Another' } });
    assert.equal(other.status, 422);
    assert.equal(server.sql("select count(*) from community where name in ('Twice', 'Another')"), '1');
    const shown = await server.api('GET', `/api/v1/communities/${first.body.id}`, { token: null });
    assert.equal(shown.status, 200);
    assert.equal(shown.body.name, 'Twice');
    assert.equal(shown.body.constitution, null);
    assert.equal(shown.body.me, null);
    // A name may be there in several languages; it comes back as it was given.
    const name = { en: 'Ours', ar: 'لنا' };
    const named = await server.api('POST', '/api/v1/communities', { body: { name, language: 'ar' } });
    assert.deepEqual(named.body.name, name);
    assert.deepEqual((await server.api('GET', `/api/v1/communities/${named.body.id}`)).body.name, name);
    assert.deepEqual((await server.api('GET', '/api/v1/communities?limit=200')).body.data.find((one) => one.id === named.body.id).name, name);
    assert.equal(server.sql("select name from community where settings ? 'name'"), name.ar);
});

test('wrong settings are refused, each with its pointer', async () => {
    const answer = await server.api('POST', '/api/v1/communities', {
        body: { visibility: 'secret', rule: { kind: 'lot', quorum_share: 2 }, budget: { amount: 0 }, costs: { rule: 'x' } },
    });
    assert.equal(answer.status, 422);
    assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
    assert.deepEqual(new Set(pointers(answer)),
        new Set(['/name', '/visibility', '/rule/kind', '/rule/quorum_share', '/budget/amount', '/costs/rule']));
    assert.equal((await server.api('POST', '/api/v1/communities', { token: null, body: { name: 'x' } })).status, 401);
});

test('the demonstration constitution is stored canonically and read back whole', async () => {
    const document = demoConstitution();
    const community = await makeCommunity(server, { name: 'Demonstration', constitution: document });
    const shown = await server.api('GET', `/api/v1/communities/${community}/constitution`, { token: null });
    assert.equal(shown.status, 200);
    const { community: about, version, hash, created_at, amendment_id, ...rest } = shown.body;
    assert.deepEqual(rest, document);
    assert.equal(version, 1);
    assert.equal(amendment_id, null);
    assert.deepEqual(about, { id: community, name: 'Demonstration' });
    assert.ok(Date.parse(created_at) > 0);
    // Sorted keys, no white space: any JSON library gets the same hash.
    assert.equal(createHash('sha256').update(JSON.stringify(sorted(document))).digest('hex'), hash);
    const list = await server.api('GET', '/api/v1/communities', { token: null });
    assert.ok(list.body.data.some((one) => one.id === community && one.version === 1));
});

test('before any amendment it can be replaced; the same again is the same version; later it can not', async () => {
    const community = await makeCommunity(server);
    const at = `/api/v1/communities/${community}/constitution`;
    const same = await server.api('POST', at, { body: smallConstitution() });
    assert.equal(same.status, 200);
    assert.equal(same.body.version, 1);
    const next = smallConstitution();
    next.articles[1].text = 'Speak plainly.';
    const second = await server.api('POST', at, { body: next });
    assert.equal(second.status, 201);
    assert.equal(second.body.version, 2);
    const old = await server.api('GET', `${at}?version=1`);
    assert.equal(old.body.articles[1].text, smallConstitution().articles[1].text);
    assert.equal((await server.api('GET', `${at}?version=3`)).status, 404);
    assert.deepEqual(pointers(await server.api('GET', `${at}?version=x`)), ['?version']);
    const versions = await server.api('GET', `${at}/versions?limit=1`);
    assert.deepEqual(versions.body.data.map((one) => one.version), [2]);
    const more = await server.api('GET', `${at}/versions?limit=1&cursor=${versions.body.next_cursor}`);
    assert.deepEqual(more.body.data.map((one) => one.version), [1]);
    assert.equal(more.body.next_cursor, null);
    const [member] = await makeMembers(server, community, 1);
    assert.equal((await propose(server, community, member, [change('tone', 'Be kind.')], { base_version: 2 })).status, 201);
    next.articles[1].text = 'Once more.';
    assert.equal((await server.api('POST', at, { body: next })).status, 409);
});

test('a wrong document is refused with a pointer, and nothing is stored', async () => {
    const community = await makeCommunity(server, { constitution: null });
    const at = `/api/v1/communities/${community}/constitution`;
    const wrong = [
        [(d) => { d.articles[1].level = 'law'; }, '/articles/1/level'],
        [(d) => { d.articles[1].id = 'dignity'; }, '/articles'],
        [(d) => { d.articles[0].children[0].children[0].level = 'immutable'; }, '/articles/0/children/0/children/0/immutable'],
        [(d) => { delete d.articles[0].text; }, '/articles/0/text'],
        [(d) => { d.articles[0].text = 'x'.repeat(20001); }, '/articles/0/text'],
        [(d) => { d.articles = []; }, '/articles'],
        [(d) => { d.more = 1; }, '/more'],
    ];
    for (const [spoil, pointer] of wrong) {
        const document = smallConstitution();
        spoil(document);
        const answer = await server.api('POST', at, { body: document });
        assert.equal(answer.status, 422);
        assert.deepEqual(pointers(answer), [pointer]);
    }
    assert.equal((await server.api('POST', at, { body: '{"format":1,"format":2}', type: 'application/json' })).status, 400);
    assert.equal((await server.api('GET', at)).status, 404);
    const [member] = await makeMembers(server, community, 1);
    assert.equal((await server.api('POST', at, { token: member.token, body: smallConstitution() })).status, 404, 'stewards only');
    assert.equal((await propose(server, community, member, [change('tone', 'x')])).status, 409, 'nothing to amend yet');
});

test('who may see: a community of members answers strangers as one that is not there', async () => {
    const community = await makeCommunity(server, { visibility: 'members', admission: 'invitation' });
    const at = `/api/v1/communities/${community}`;
    for (const path of [at, `${at}/constitution`, `${at}/amendments`])
        assert.equal((await server.api('GET', path, { token: null })).status, 401);
    const [member] = await makeMembers(server, community, 1);
    assert.equal((await server.api('GET', `${at}/constitution`, { token: member.token })).status, 200);
    const list = await server.api('GET', '/api/v1/communities?limit=200', { token: null });
    assert.ok(!list.body.data.some((one) => one.id === community));
    const elsewhere = await makeCommunity(server);
    const [stranger] = await makeMembers(server, elsewhere, 1);
    assert.equal((await server.api('POST', `${at}/join`, { token: stranger.token, body: {} })).status, 404);
    assert.equal((await server.api('POST', `${at}/join`, { token: null, body: {} })).status, 401);
});

test('open admission gives standing; so does a counted invitation, and an uncapped one never does', async () => {
    const open = await makeCommunity(server);
    const [member] = await makeMembers(server, await makeCommunity(server), 1);
    const joined = await server.api('POST', `/api/v1/communities/${open}/join`, { token: member.token, body: {} });
    assert.equal(joined.status, 201);
    assert.equal(joined.body.has_standing, true);
    const me = await server.api('GET', `/api/v1/communities/${open}`, { token: member.token });
    assert.deepEqual(me.body.me, {
        participant_id: joined.body.participant_id, member: true, steward: false, has_standing: true,
    });
    const again = await server.api('POST', `/api/v1/communities/${open}/join`, { token: member.token });
    assert.equal(again.status, 200);
    assert.equal(again.body.participant_id, joined.body.participant_id);
    const closed = await makeCommunity(server, { admission: 'invitation' });
    for (const [maxUses, standing] of [[1000, true], [1001, false]]) {
        const [one] = await makeMembers(server, closed, 1, maxUses);
        const shown = await server.api('GET', `/api/v1/communities/${closed}`, { token: one.token });
        assert.equal(shown.body.me.has_standing, standing, `${maxUses} uses`);
    }
});

test('an amendment shows each clause before and after, in its place', async () => {
    const community = await makeCommunity(server);
    const [member] = await makeMembers(server, community, 1);
    const opened = await propose(server, community, member, [
        change('signs', 'Name the signs at which to stop, first.'),
        { op: 'add', parent: 'care', after: 'signs', title: { en: 'Sources', ar: 'المصادر' }, text: 'Say where it is from.' },
        { op: 'remove', article: 'tone' },
    ]);
    assert.equal(opened.status, 201, JSON.stringify(opened.body));
    assert.equal(opened.body.state, 'open');
    assert.equal(opened.body.balance, 60 - opened.body.cost);
    const shown = await server.api('GET', `/api/v1/amendments/${opened.body.id}`, { token: null });
    assert.equal(shown.status, 200);
    assert.equal(shown.body.proposer, member.participant);
    assert.equal(shown.body.tally, null, 'hidden from who has not voted');
    assert.equal(shown.body.my_vote, null);
    const [replaced, added, removed] = shown.body.changes;
    assert.deepEqual(replaced.place.map((one) => one.id), ['dignity', 'care']);
    assert.equal(replaced.before.text, 'Name the signs at which to stop.');
    assert.equal(replaced.after.text, 'Name the signs at which to stop, first.');
    assert.equal(replaced.after.title, 'Title of signs');
    assert.equal(added.article, 'sources');
    assert.equal(added.level, 'principle');
    assert.equal(added.before, null);
    assert.equal(removed.after, null);
    const list = await server.api('GET', `/api/v1/communities/${community}/amendments?state=open`, { token: null });
    assert.deepEqual(list.body.data.map((one) => one.id), [opened.body.id]);
    const mine = await server.api('GET', '/api/v1/me/contributions', { token: member.token });
    assert.deepEqual(mine.body.data.map((one) => [one.kind, one.id]), [['amendment', opened.body.id]]);
});

test('what an amendment may not do', async () => {
    const community = await makeCommunity(server);
    const [member] = await makeMembers(server, community, 1);
    const refused = [
        [[change('dignity', 'Some count for less.')], '/operations/0/article', /immutable/],
        [[change('tone', 'x'), { op: 'remove', article: 'dignity' }], '/operations/1/article', /immutable/],
        [[change('none', 'x')], '/operations/0/article', /no article/],
        [[{ op: 'add', parent: 'brief', level: 'principle', title: 'T', text: 't' }], '/operations/0/level', /higher/],
        [[{ op: 'swap', article: 'tone' }], '/operations/0/op', /add, replace or remove/],
        [[], '/operations', /1 to 50/],
    ];
    for (const [operations, pointer, words] of refused) {
        const answer = await propose(server, community, member, operations);
        assert.equal(answer.status, 422);
        assert.deepEqual(pointers(answer), [pointer]);
        assert.match(answer.body.detail, words);
    }
    const stale = await propose(server, community, member, [change('tone', 'x')], { base_version: 2 });
    assert.equal(stale.status, 409);
    const body = { base_version: 1, operations: [change('tone', 'x')], rationale: 'It reads better.' };
    const at = `/api/v1/communities/${community}/amendments`;
    assert.equal((await server.api('POST', at, { token: member.token, body })).status, 400, 'a key is required');
    assert.equal((await server.api('POST', at, { token: member.token, body, key: 'x' })).status, 400, 'and it is a UUID');
    assert.deepEqual(pointers(await server.api('POST', at, { token: member.token, key: true, body: {} })),
        ['/base_version', '/operations', '/rationale']);
    assert.equal((await propose(server, community, { token: undefined }, [change('tone', 'x')])).status, 404, 'not a member');
    assert.equal(server.sql('select count(*) from amendment a join community c using (shard_key) ' +
        `where encode(int8send(c.shard_key), 'hex') = '${shardHex(community)}'`), '0');
});

const shardHex = (id) => {
    let bits = '';
    for (const digit of id) bits += 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(digit).toString(2).padStart(5, '0');
    return BigInt(`0b${bits.slice(0, 64)}`).toString(16).padStart(16, '0');
};

test('the same key answers the same, and another body with it is refused', async () => {
    const community = await makeCommunity(server);
    const [member] = await makeMembers(server, community, 1);
    const key = randomUUID();
    const all = await Promise.all(Array.from({ length: 6 }, () => propose(server, community, member, [change('tone', 'Be kind.')], { key })));
    for (const one of all) assert.deepEqual([one.status, one.body], [201, all[0].body]);
    assert.equal((await propose(server, community, member, [change('tone', 'Be kinder.')], { key })).status, 422);
    const list = await server.api('GET', `/api/v1/communities/${community}/amendments`);
    assert.equal(list.body.data.length, 1);
});

test('cost follows the formula, repeats cost more, and a spent budget refuses until it has refilled', async () => {
    const community = await makeCommunity(server, { budget: { amount: 60, refill: 1, period_seconds: 3600 } });
    const [member] = await makeMembers(server, community, 1);
    // 8 words and a full stop with "Title of tone" before them: 12. One is changed: 1 * 1 * (1 + 2/12), rounded up.
    const one = await propose(server, community, member, [change('tone', 'Speak clearly and kindly to everybody who asks.')]);
    assert.deepEqual([one.body.cost, one.body.balance], [2, 58]);
    // The second change of the same article: 4 times 1 + 2/12, 4.67.
    const two = await propose(server, community, member, [change('tone', 'Speak clearly and kindly to everybody who asks.')]);
    assert.deepEqual([two.body.cost, two.body.balance], [5, 53]);
    // A principle removed with what is below it: (10 + 3 + 1) * 3.
    const three = await propose(server, community, member, [{ op: 'remove', article: 'care' }]);
    assert.deepEqual([three.body.cost, three.body.balance], [42, 11]);
    const four = await propose(server, community, member, [{ op: 'remove', article: 'care' }]);
    assert.equal(four.status, 422, 'four times 42 is more than a whole budget');
    const five = await propose(server, community, member, [{ op: 'add', parent: 'dignity', title: 'New', text: 'text' }]);
    assert.equal(five.status, 429);
    assert.match(five.body.detail, /11 are left/);
    assert.ok(Number(five.headers.get('retry-after')) > 3600);
    // The state is one time in the participation, and follows from what is stored.
    assert.equal(server.sql(`select round(extract(epoch from budget_until - (select min(created_at) from amendment a
        where a.proposer = p.participant_id)) / 3600) from participation p where budget_until is not null
        and (select sum(cost) from amendment a where a.proposer = p.participant_id) = 49`), '49');
});

test('two proposals at once never spend more than there is', async () => {
    const community = await makeCommunity(server, { budget: { amount: 60, refill: 1, period_seconds: 86400 } });
    const [member] = await makeMembers(server, community, 1);
    const all = await Promise.all(Array.from({ length: 8 }, () =>
        propose(server, community, member, [{ op: 'add', parent: 'dignity', title: 'New', text: 'text' }])));
    // 30, then (1 + 1)^2 * 30: whatever the order, one is all that can be afforded.
    assert.deepEqual(all.map((one) => one.status).filter((status) => status === 201).length, 1, JSON.stringify(all.map((a) => a.status)));
    assert.equal(all.find((one) => one.status === 201).body.cost, 30);
});
