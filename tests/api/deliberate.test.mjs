// Conversations: statements, decisions on them, what is drawn next, and votes that count once whatever happens.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, removeFolder, startCoordinator, temporaryFolder } from '../support/coordinator.mjs';
import { makeCommunity, makeMembers } from '../support/community.mjs';

let server, community;
before(async () => {
    server = await startCoordinator();
    community = await makeCommunity(server);
});
after(() => server.stop());

const api = (method, path, token, body, key = method !== 'GET') => server.api(method, `/api/v1${path}`, { token, body, key });
const says = (conversation, member, text, key) => api('POST', `/conversations/${conversation}/statements`, member.token, { text }, key ?? true);
const votes = (statement, member, choice, more = {}, key = true) => api('PUT', `/statements/${statement}/vote`, member.token, { choice, ...more }, key);
const decides = (statement, body, token) => api('PUT', `/statements/${statement}/decision`, token, body);
const shows = async (conversation, token = null) => (await api('GET', `/conversations/${conversation}`, token)).body;
const lists = async (conversation, member, which = 'shown') => (await api('GET', `/conversations/${conversation}/statements?which=${which}&limit=200`, member?.token ?? null)).body.data;

async function opens(body = {}) {
    const made = await api('POST', `/communities/${community}/conversations`, server.adminToken, { title: 'How should it speak?', ...body });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body.id;
}

test('a conversation is made once a key, shown, listed and closed; whoever may not is told as if it were not there', async () => {
    const [member] = await makeMembers(server, community, 1);
    const key = randomUUID(), body = { title: { en: 'Tone', ar: 'النبرة' }, text: 'What it is for.', about: { article: 'tone' }, seeds: ['It should be kind.', { text: 'Are these the right questions?', meta: true }] };
    const first = await api('POST', `/communities/${community}/conversations`, server.adminToken, body, key);
    const again = await api('POST', `/communities/${community}/conversations`, server.adminToken, body, key);
    assert.deepEqual([first.status, again.status, again.body.id], [201, 201, first.body.id]);
    assert.equal((await api('POST', `/communities/${community}/conversations`, server.adminToken, { ...body, title: 'Other' }, key)).status, 422);
    const shown = await shows(first.body.id, member.token);
    assert.deepEqual([shown.title, shown.text, shown.about, shown.state, shown.shown, shown.moderation, shown.results, shown.max_characters, shown.community_id, shown.me],
        [body.title, body.text, { article: 'tone' }, 'open', 2, 'after', 'after_vote', 280, community, { voted: 0, member: true, moderator: false }]);
    assert.deepEqual((await lists(first.body.id, member)).map((one) => [one.number, one.kind, one.text, one.tally]), [[1, 'seed', 'It should be kind.', null], [2, 'meta', 'Are these the right questions?', null]]);
    assert.equal((await api('GET', `/communities/${community}/conversations`, null)).body.data[0].id, first.body.id);
    for (const wrong of [{}, { title: '' }, { title: 'x', colour: 1 }, { title: 'x', about: {} }, { title: 'x', about: { amendment: 'a'.repeat(39) } }, { title: 'x', seeds: ['y'.repeat(281)] },
        { title: 'x', closes_at: '2001-01-01T00:00:00Z' }, { title: 'x', moderation: 'never' }, { title: 'x', max_characters: 5 }]) {
        const { status, body: said } = await api('POST', `/communities/${community}/conversations`, server.adminToken, wrong);
        assert.equal(status, 422, JSON.stringify(wrong));
        assert.ok(said.errors.length > 0);
    }
    assert.deepEqual([(await api('POST', `/communities/${community}/conversations`, member.token, body)).status, (await api('PATCH', `/conversations/${first.body.id}`, member.token, { state: 'closed' })).status,
        (await api('GET', `/conversations/${'a'.repeat(39)}`, member.token)).status, (await says(first.body.id, { token: null }, 'x')).status], [404, 404, 404, 401]);
    assert.equal((await api('PATCH', `/conversations/${first.body.id}`, server.adminToken, { state: 'closed' })).body.state, 'closed');
    assert.deepEqual([(await says(first.body.id, member, 'Too late?')).status, (await votes((await lists(first.body.id))[0].id, member, 'agree')).status, (await api('POST', `/conversations/${first.body.id}/next`, member.token)).status], [409, 409, 409]);
    assert.equal((await api('PATCH', `/conversations/${first.body.id}`, server.adminToken, { state: 'open', closes_at: '2099-01-01T00:00:00Z' })).body.closes_at, '2099-01-01T00:00:00.000000Z');
    assert.equal((await says(first.body.id, member, 'In time.')).status, 201);
});

test('who says something agrees with it; once a key, so long and so often', async () => {
    const [one, two] = await makeMembers(server, community, 2);
    const conversation = await opens({ max_characters: 40, per_day: 3 });
    const key = randomUUID();
    const [first, again] = [await says(conversation, one, 'Be kind.', key), await says(conversation, one, 'Be kind.', key)];
    assert.deepEqual([first.status, first.body.state, first.body.number, again.status, again.body], [201, 'shown', 1, 201, first.body]);
    assert.equal((await says(conversation, one, 'Be brief.', key)).status, 422);
    assert.equal((await api('POST', `/conversations/${conversation}/statements`, one.token, { text: 'No key' }, false)).status, 400);
    assert.deepEqual([(await says(conversation, one, 'x'.repeat(41))).status, (await says(conversation, one, '  ')).status], [422, 422]);
    assert.equal((await api('POST', `/communities/${community}/conversations/${conversation}/statements`, one.token, { text: 'By the long way' })).status, 201);
    assert.equal((await says(conversation, one, 'Third')).status, 201);
    assert.equal((await says(conversation, one, 'Fourth')).status, 429);
    assert.equal((await says(conversation, two, 'Another person')).status, 201);
    const mine = await lists(conversation, one);
    assert.deepEqual(mine.map((each) => [each.text, each.mine, each.my_vote?.choice ?? null, each.tally]), [['Be kind.', true, 'agree', { agree: 1, disagree: 0, pass: 0 }],
        ['By the long way', true, 'agree', { agree: 1, disagree: 0, pass: 0 }], ['Third', true, 'agree', { agree: 1, disagree: 0, pass: 0 }], ['Another person', false, null, null]]);
    const { votes: n, people, statements } = await shows(conversation);
    assert.deepEqual([n, people, statements], [4, 2, 4]);
    // What they said is sealed in the database, and nowhere else but in the copy that is shown.
    assert.equal(server.sql(`select count(*) from statement where sealed is null and kind = 'member'`), '0');
});

test('votes: the latest counts, tallies are hidden until one\'s own vote or the end, a key is good for one vote', async () => {
    const [one, two] = await makeMembers(server, community, 2);
    const conversation = await opens({ seeds: ['Kind.', 'Brief.'] });
    const [kind, brief] = await lists(conversation, one);
    const key = randomUUID();
    assert.deepEqual((await votes(kind.id, one, 'agree', { important: true }, key)).body, { revision: 1 });
    assert.deepEqual((await votes(kind.id, one, 'agree', { important: true }, key)).body, { revision: 1 });
    assert.equal((await votes(kind.id, one, 'pass', {}, key)).status, 422);
    assert.equal((await votes(brief.id, one, 'agree', { important: true }, key)).status, 422);
    assert.deepEqual((await votes(kind.id, one, 'disagree')).body, { revision: 2 });
    const seen = async (member) => (await lists(conversation, member)).map((each) => each.tally);
    assert.deepEqual(await seen(one), [{ agree: 0, disagree: 1, pass: 0 }, null]);
    assert.deepEqual([await seen(two), await seen(null)], [[null, null], [null, null]]);
    assert.deepEqual([(await votes(kind.id, one, 'maybe')).status, (await votes('a'.repeat(39), one, 'agree')).status, (await votes(kind.id, { token: null }, 'agree')).status,
        (await api('PUT', `/statements/${kind.id}/vote`, one.token, { choice: 'agree' }, false)).status], [422, 404, 401, 400]);
    await api('PATCH', `/conversations/${conversation}`, server.adminToken, { state: 'closed' });
    assert.deepEqual(await seen(null), [{ agree: 0, disagree: 1, pass: 0 }, { agree: 0, disagree: 0, pass: 0 }]);
    const closed = await opens({ seeds: ['Kind.'], results: 'closed' }), always = await opens({ seeds: ['Kind.'], results: 'always' });
    await votes((await lists(closed, one))[0].id, one, 'agree');
    assert.deepEqual([(await lists(closed, one))[0].tally, (await lists(always, two))[0].tally], [null, { agree: 0, disagree: 0, pass: 0 }]);
});

test('a thousand votes of one person at once count once; many people at once are counted exactly, each in a place of its own', async () => {
    const members = await makeMembers(server, community, 12);
    const conversation = await opens({ seeds: Array.from({ length: 8 }, (_, i) => `Statement ${i}`) });
    const list = await lists(conversation, members[0]);
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => votes(list[0].id, members[0], i % 2 ? 'agree' : 'disagree')));
    const done = answers.filter(({ status }) => status === 200);
    assert.ok(done.length > 0 && answers.every(({ status }) => [200, 409, 429, 503].includes(status)), JSON.stringify(answers.map((one) => one.status)));
    assert.deepEqual(done.map(({ body }) => body.revision).toSorted((a, b) => a - b), Array.from({ length: done.length }, (_, i) => i + 1));
    const { tally } = (await lists(conversation, members[0]))[0];
    assert.equal(tally.agree + tally.disagree + tally.pass, 1);
    await Promise.all(members.slice(1).flatMap((member) => list.map(async (one, i) => {
        for (const choice of ['pass', i % 2 ? 'agree' : 'disagree']) while ((await votes(one.id, member, choice)).status !== 200);
    })));
    const after = await lists(conversation, members[1]);
    assert.deepEqual(after.slice(1).map((one) => one.tally), list.slice(1).map((_, i) => ({ agree: i % 2 ? 0 : 11, disagree: i % 2 ? 11 : 0, pass: 0 })));
    const shown = await shows(conversation);
    assert.deepEqual([shown.people, shown.votes], [12, done.length + 2 * 8 * 11]);
    const uuid = server.sql(`select conversation_id from conversation order by created_at desc limit 1`);
    assert.equal(server.sql(`select count(*) = max(seq) and min(seq) = 1 from statement_vote where conversation_id = '${uuid}'`), 't');
});

test('killed in the middle of votes and statements: what was answered is there once, and the counts are what the votes say', async () => {
    const members = await makeMembers(server, community, 6);
    const conversation = await opens({ seeds: Array.from({ length: 5 }, (_, i) => `Killed ${i}`) });
    const list = await lists(conversation, members[0]);
    const acknowledged = new Map(), said = [];
    for (let kill = 0; kill < 3; kill += 1) {
        let going = true;
        const all = members.map(async (member, who) => {
            for (let i = 0; going; i += 1) {
                const key = randomUUID(), choice = ['agree', 'disagree', 'pass'][(i + who) % 3], one = list[i % list.length];
                const answer = await votes(one.id, member, choice, {}, key).catch(() => null);
                if (answer?.status === 200) acknowledged.set(key, choice);
                if (i % 4 !== 0) continue;
                const words = `${who} says ${kill} ${i}`, statement = await says(conversation, member, words).catch(() => null);
                if (statement?.status === 201) said.push(words);
            }
        });
        await new Promise((done) => setTimeout(done, 400));
        await server.kill();
        going = false;
        await Promise.all(all);
        await server.restart();
    }
    assert.ok(acknowledged.size > 20 && said.length > 3);
    const kept = new Map(server.sql('select idempotency_key, choice from statement_vote').split('\n').map((row) => row.split('|')));
    for (const [key, choice] of acknowledged) assert.equal(kept.get(key), choice);
    assert.equal(server.sql(`select count(*), count(distinct words) from statement where words in (${said.map((words) => `'${words}'`).join()})`), `${said.length}|${said.length}`);
    // Counters against counting: of statements, votes, people.
    assert.equal(server.sql(`with latest as (select distinct on (statement_id, participant_id) * from statement_vote order by statement_id, participant_id, revision desc),
        t as (select statement_id, count(*) filter (where choice = 'agree') as a, count(*) filter (where choice = 'disagree') as d, count(*) filter (where choice = 'pass') as p from latest group by 1)
        select count(*) from statement s left join t using (statement_id) where (s.n_agree, s.n_disagree, s.n_pass) <> (coalesce(t.a, 0), coalesce(t.d, 0), coalesce(t.p, 0))`), '0');
    assert.equal(server.sql(`select count(*) from conversation c where n_votes <> (select count(*) from statement_vote v where v.conversation_id = c.conversation_id)
        or n_votes <> coalesce((select max(seq) from statement_vote v where v.conversation_id = c.conversation_id), 0)
        or n_people <> (select count(distinct participant_id) from statement_vote v where v.conversation_id = c.conversation_id)
        or n_statements <> (select count(*) from statement s where s.conversation_id = c.conversation_id)`), '0');
});

test('what comes next is drawn by priority, never what one has voted on, and the probability is kept with the vote', async () => {
    const [member] = await makeMembers(server, community, 1);
    const conversation = await opens({ seeds: ['a', 'b', { text: 'meta', meta: true }, 'd'] });
    const uuid = server.sql('select conversation_id from conversation order by created_at desc limit 1');
    server.sql(`update statement set n_agree = 10, n_disagree = 10, extremity = 0.5 where conversation_id = '${uuid}' and words = 'b'`);
    // By hand, METHODS 1.8: new ones ((1 - 1/2) * 1 * 1/2 * 9)^2 = 5.0625; b: (1 - 1/22) * 1.5 * (11/22) * (1 + 8 / 2^4); meta 49.
    const priority = { a: 5.0625, b: ((21 / 22) * 1.5 * 0.5 * 1.5) ** 2, meta: 49, d: 5.0625 };
    const draws = 400, seen = {};
    for (let i = 0; i < draws; i += 1) {
        const { status, body } = await api('POST', `/conversations/${conversation}/next`, member.token);
        assert.deepEqual([status, body.left], [200, 3]);
        seen[body.text] = (seen[body.text] ?? 0) + 1;
    }
    const whole = Object.values(priority).reduce((sum, one) => sum + one, 0);
    const chi2 = Object.entries(priority).reduce((sum, [name, p]) => sum + ((seen[name] ?? 0) - draws * p / whole) ** 2 / (draws * p / whole), 0);
    assert.ok(chi2 < 21.1, `chi-square of 3 degrees of freedom, 1 in 10,000: ${chi2} ${JSON.stringify(seen)}`);
    const order = [];
    for (;;) {
        const { status, body } = await api('POST', `/conversations/${conversation}/next`, member.token);
        if (status === 204) break;
        const left = ['a', 'b', 'meta', 'd'].filter((name) => !order.includes(name));
        assert.ok(left.includes(body.text));
        assert.equal(body.left, left.length - 1);
        await votes(body.id, member, 'pass');
        order.push(body.text);
        const probability = Number(server.sql(`select probability from statement_vote v join statement s using (shard_key, statement_id) where v.conversation_id = '${uuid}' and words = '${body.text}'`));
        assert.ok(Math.abs(probability - priority[body.text] / left.reduce((sum, name) => sum + priority[name], 0)) < 1e-6, `${body.text} ${probability}`);
    }
    assert.equal(order.length, 4);
});

test('moderated before it is shown: decided with a public reason, appealed against, decided otherwise, merged; each leaves an entry of the log', async () => {
    const [author, other] = await makeMembers(server, community, 2);
    const conversation = await opens({ moderation: 'before', seeds: ['Be kind.'] });
    const [seed] = await lists(conversation, author);
    const { body: { id, state } } = await says(conversation, author, 'Be kind, please, with secret words.');
    assert.equal(state, 'waiting');
    assert.equal(server.sql(`select count(*) from statement where words like '%secret%'`), '0');
    assert.deepEqual((await lists(conversation, author, 'mine')).map((one) => [one.state, one.text]), [['waiting', 'Be kind, please, with secret words.']]);
    assert.deepEqual([(await lists(conversation, other)).length, (await api('GET', `/conversations/${conversation}/statements?which=waiting`, other.token)).status], [1, 404]);
    const moderator = { token: server.adminToken };
    assert.deepEqual((await lists(conversation, moderator, 'waiting')).map((one) => one.text), ['Be kind, please, with secret words.']);
    assert.equal((await votes(id, other, 'agree')).status, 409);
    assert.deepEqual([(await decides(id, { state: 'rejected', reason: 'x' }, other.token)).status, (await decides(id, { state: 'rejected' }, server.adminToken)).status,
        (await decides(id, { state: 'merged', reason: 'x' }, server.adminToken)).status, (await decides(id, { state: 'merged', reason: 'x', into: id }, server.adminToken)).status], [404, 422, 422, 422]);
    assert.equal((await decides(id, { state: 'rejected', reason: 'It names a person.' }, server.adminToken)).status, 204);
    // Everybody sees that and why; the words are the author's, and theirs who decide.
    assert.deepEqual((await lists(conversation, other, 'decided')).map((one) => [one.number, one.state, one.reason, one.text]), [[2, 'rejected', 'It names a person.', null]]);
    const mine = async () => (await api('GET', '/me/statements', author.token)).body.data.find((one) => one.id === id);
    assert.deepEqual([(await mine()).text, (await mine()).reason], ['Be kind, please, with secret words.', 'It names a person.']);
    assert.equal((await api('PUT', `/statements/${id}/appeal`, other.token, { words: 'x' })).status, 404);
    assert.equal((await api('PUT', `/statements/${id}/appeal`, author.token, { words: 'It names nobody.' })).status, 204);
    assert.deepEqual((await lists(conversation, moderator, 'waiting')).map((one) => [one.state, one.appeal]), [['rejected', 'It names nobody.']]);
    assert.equal((await shows(conversation, server.adminToken)).waiting, 1);
    assert.equal((await decides(id, { state: 'shown', reason: 'True.' }, server.adminToken)).status, 204);
    assert.deepEqual((await lists(conversation, other)).map((one) => one.text), ['Be kind.', 'Be kind, please, with secret words.']);
    assert.equal((await votes(id, other, 'agree')).status, 200);
    assert.equal((await api('PUT', `/statements/${id}/appeal`, author.token, { words: 'x' })).status, 409);
    assert.equal((await decides(id, { state: 'merged', reason: 'Says the same.', into: seed.id }, server.adminToken)).status, 204);
    assert.deepEqual([(await mine()).state, (await mine()).merged_into, (await lists(conversation, other)).length], ['merged', seed.id, 1]);
    assert.deepEqual(server.sql(`select string_agg(entry::json->>'type', ' ' order by entry_id) from (select entry_id, entry from log_outbox union all select entry_id, entry from log_entry) l
        where entry::json->>'object' = '${id}'`), 'statement_rejected statement_shown statement_merged');
});

test('whoever is erased leaves votes and no words', async () => {
    const [author, other] = await makeMembers(server, community, 2);
    const conversation = await opens();
    const { body: { id } } = await says(conversation, author, 'Words to be forgotten.');
    await votes(id, other, 'agree');
    const data = await server.api('GET', '/api/v1/me/data', { token: author.token, raw: true });
    assert.match(typeof data.body === 'string' ? data.body : JSON.stringify(data.body), /Words to be forgotten/);
    assert.equal((await api('DELETE', '/me', author.token, { confirm: 'erase' })).status < 300, true);
    const [kept] = await lists(conversation, other);
    assert.deepEqual([kept.text, kept.tally], [null, { agree: 2, disagree: 0, pass: 0 }]);
    assert.equal(server.sql(`select count(*) from statement where sealed is not null and words is null`), server.sql(`select count(*) from statement where state <> 'shown' and sealed is not null`));
});

test('in Polis\'s columns, once the votes may be seen; what plenum opinion reads', async () => {
    const members = await makeMembers(server, community, 8);
    const conversation = await opens({ title: { en: 'Tone, "kind"', ar: 'النبرة' }, text: 'What it is\nfor.', seeds: ['Be kind.', 'Be brief, "always".'] });
    const table = (name, token) => server.api('POST', `/api/v1/conversations/${conversation}/polis/${name}`, { token, key: true });
    const [kind, brief] = await lists(conversation);
    assert.equal((await says(conversation, members[0], 'Be honest.')).status, 201); // which its author agrees with
    for (const [i, member] of members.entries()) {
        await votes(kind.id, member, i < 4 ? 'agree' : 'disagree');
        await votes(brief.id, member, i < 4 ? 'disagree' : i < 7 ? 'agree' : 'pass');
    }
    await votes(kind.id, members[7], 'pass'); // a change of mind
    assert.equal((await table('votes')).status, 409);
    await api('PATCH', `/conversations/${conversation}`, server.adminToken, { state: 'closed' });
    assert.deepEqual([(await table('votes', members[0].token)).status, (await table('other')).status], [404, 404]);
    const rows = async (name) => {
        const { status, body, headers } = await table(name);
        assert.deepEqual([status, headers.get('content-type')], [200, 'text/csv; charset=utf-8']);
        return body;
    };
    const timeless = (text) => text.replaceAll(/^\d+,[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4},/gm, '');
    const comments = timeless(await rows('comments')).trimEnd().split('\n');
    assert.deepEqual([comments[0], ...comments.slice(1).toSorted()], ['timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body',
        '0,0,4,3,1,Be kind.', '1,0,3,4,1,"Be brief, ""always""."', '2,1,1,0,1,Be honest.']);
    const all = timeless(await rows('votes')).trimEnd().split('\n');
    assert.equal(all.length, 1 + 1 + 16 + 1);
    assert.deepEqual([all[0], all[1], all[2], all.at(-1)], ['timestamp,datetime,comment-id,voter-id,vote', '2,1,1', '0,1,1', '0,8,0']);
    const people = await rows('participants-votes');
    const lines = people.trimEnd().split('\n');
    assert.deepEqual([lines[0], lines[1], lines[7], lines[8]],
        ['participant,group-id,n-comments,n-votes,n-agree,n-disagree,0,1,2', '1,,1,3,2,1,1,-1,1', '7,,0,2,1,1,-1,1,', '8,,0,2,0,0,0,0,']);
    assert.equal(await rows('summary'), 'topic,"Tone, ""kind"""\nurl,\nviews,\nvoters,8\nvoters-in-conv,8\ncommenters,1\ncomments,3\ngroups,\nconversation-description,"What it is\nfor."\n');
    assert.equal(server.sql(`select count(*) from (select entry from log_outbox union all select entry from log_entry) e where entry like '%conversation_exported%' and entry like '%${conversation}%'`), '4');
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'participants-votes.csv'), people);
    const result = JSON.parse(execFileSync(join(build, 'plenum'), ['opinion', join(folder, 'participants-votes.csv')], { encoding: 'utf8' }));
    assert.equal(result.participants_counted, 8);
    removeFolder(folder);
});
