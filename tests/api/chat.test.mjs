// Live chat: two answers from endpoints that behave and that do not, streamed, chosen between, gone on with.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startCoordinator } from '../support/coordinator.mjs';
import { startEndpoint } from '../support/endpoint.mjs';

const KEY = 'sk-very-secret-key-of-the-test';
const WORDS = 'Words that only I wrote: wahine toa';

let server, stub;
test.before(async () => {
    stub = await startEndpoint();
    server = await startCoordinator({ env: { PLENUM_OUTSIDE_ALLOW: stub.host, PLENUM_OUTSIDE_FIRST_MS: '4000', PLENUM_OUTSIDE_WHOLE_MS: '8000', PLENUM_THREADS: '2' } });
});
test.after(async () => {
    await server?.stop();
    await stub?.stop();
});

async function makeStudy(models, { chat = {}, task = { kind: 'pairwise' }, url = stub.url } = {}) {
    const made = await server.api('POST', '/api/v1/projects', { body: { name: 'chat', task: { ...task, chat } } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const project = made.body.id;
    for (const model of models) {
        const one = await server.api('POST', `/api/v1/projects/${project}/endpoints`, { key: true, body: { name: `Name of ${model}`, url, model, key: KEY, parameters: { temperature: 0.7 } } });
        assert.equal(one.status, 201, JSON.stringify(one.body));
    }
    const { code } = (await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: { max_uses: 50 } })).body;
    const join = async () => (await server.api('POST', '/api/v1/join', { token: null, body: { code } })).body.token;
    return { project, join };
}

function talker(study, token) {
    const call = (method, path, options = {}) => server.api(method, path, { token, ...options });
    const me = { call };
    me.start = async () => {
        const begun = await call('POST', `/api/v1/projects/${study.project}/chats`);
        assert.ok([200, 201].includes(begun.status), JSON.stringify(begun.body));
        me.chat = begun.body.id;
        return begun;
    };
    me.say = (message, { key = randomUUID(), ...more } = {}) => call('POST', `/api/v1/chats/${me.chat}/turns`, { key, body: { message, ...more } });
    me.show = async () => (await call('GET', `/api/v1/chats/${me.chat}`)).body;
    me.last = async () => (await me.show()).turns.at(-1);
    me.retry = (turn) => call('POST', `/api/v1/chats/${me.chat}/turns/${turn}/retry`);
    me.judge = (turn, body) => call('PUT', `/api/v1/assignments/${turn.assignment_id}/judgment`, { key: true, body: { active_ms: 5, client: {}, ...body } });
    // All events until the turn's, and the texts they make.
    me.watch = async (until = () => false) => {
        const response = await fetch(`${server.url}/api/v1/chats/${me.chat}/events`, { headers: { authorization: `Bearer ${token}` } });
        assert.equal(response.status, 200);
        const events = [], texts = {};
        let rest = '';
        for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
            const blocks = (rest + piece).split('\n\n');
            rest = blocks.pop();
            for (const block of blocks) {
                const found = /^event: (\w+)\ndata: (.*)$/.exec(block);
                if (!found) continue;
                const [, name, data] = [null, found[1], JSON.parse(found[2])];
                events.push({ name, ...data });
                if (name === 'text') texts[data.slot] = (texts[data.slot] ?? '') + data.text;
            }
            if (until({ events, texts })) break;
        }
        return { events, texts, over: events.find((one) => one.name === 'turn') };
    };
    me.answered = async (message, more) => {
        const said = await me.say(message, more);
        assert.equal(said.status, 201, JSON.stringify(said.body));
        await me.watch();
        return me.last();
    };
    return me;
}

async function newTalker(models, options) {
    const study = await makeStudy(models, options);
    const me = talker(study, await study.join());
    await me.start();
    return { study, me };
}

test('a turn: two answers, chosen between by the ordinary route, and the next turn goes on with the chosen one', async () => {
    const { study, me } = await newTalker(['good', 'slow'], { chat: { system: 'Be kind.', turns_max: 2 } });
    assert.equal((await me.start()).status, 200, 'one that is open is the one');
    const key = randomUUID();
    const said = await me.say(WORDS, { key });
    assert.deepEqual([said.status, said.body], [201, { turn: 0, state: 'answering' }]);
    assert.equal((await me.say(WORDS, { key })).body.turn, 0, 'the same key is the same turn');
    assert.equal((await me.say('Other words', { key })).status, 422);
    assert.equal((await me.say('More, before the answer')).status, 409);
    const { texts, over } = await me.watch();
    assert.equal(over.state, 'ready');
    assert.deepEqual(Object.values(texts).sort(), [`The answer of good to: ${WORDS}`, `The answer of slow to: ${WORDS}`]);
    const turn = await me.last();
    assert.equal(turn.state, 'ready');
    assert.equal(turn.assignment_id, over.assignment_id);
    assert.deepEqual(turn.responses.map((one) => [one.slot, one.state, one.content, one.machine]), [['left', 'whole', texts.left, true], ['right', 'whole', texts.right, true]]);
    assert.ok(!JSON.stringify(turn).includes('Name of'), 'no name before the end, nor after it unless the study reveals');
    assert.equal((await me.say('Go on')).status, 409, 'choose first');
    assert.equal((await me.judge(turn, { choice: 'skip' })).status, 422);
    const judged = await me.judge(turn, { choice: 'left', strength: 2, rationale: 'because' });
    assert.equal(judged.status, 201, JSON.stringify(judged.body));
    assert.equal((await me.say('Go on', { go_on_with: 'right' })).status, 422);
    stub.requests.length = 0;
    const second = await me.answered('Go on');
    assert.equal(second.state, 'ready');
    assert.deepEqual(stub.requests[0].body.messages, [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: WORDS }, { role: 'assistant', content: texts.left }, { role: 'user', content: 'Go on' }]);
    for (const request of stub.requests) {
        assert.equal(request.authorization, `Bearer ${KEY}`);
        assert.deepEqual([request.body.stream, request.body.temperature], [true, 0.7]);
    }
    assert.equal((await me.judge(second, { choice: 'tie' })).status, 201);
    assert.equal((await me.say('A third')).status, 409, 'two turns are all');
    const ended = await me.call('POST', `/api/v1/chats/${me.chat}/end`);
    assert.equal(ended.status, 200);
    assert.equal(ended.body.state, 'ended');
    assert.ok(!JSON.stringify(ended.body).includes('Name of'));
    assert.ok(!JSON.stringify(ended.body).includes('Be kind'));
    const project = (await server.api('GET', `/api/v1/projects/${study.project}`)).body;
    assert.deepEqual([project.counts.items, project.counts.wanted, project.counts.judgments], [2, 2, 2]);
    assert.equal((await me.call('POST', `/api/v1/projects/${study.project}/assignments`)).status, 409);
});

test('tie: the person says with which; a mind changed later does not change what was gone on with', async () => {
    const { me } = await newTalker(['good', 'slow']);
    const first = await me.answered('One');
    await me.judge(first, { choice: 'both_bad' });
    const refused = await me.say('Two');
    assert.deepEqual([refused.status, refused.body.errors[0].pointer], [422, '/go_on_with']);
    assert.equal((await me.say('Two', { go_on_with: 'middle' })).status, 422);
    await me.answered('Two', { go_on_with: 'right' });
    assert.equal((await me.judge(first, { choice: 'left', strength: 1 })).status, 201);
    const { turns } = await me.show();
    assert.deepEqual([turns[0].outcome, turns[0].went_on_with], ['left', 'right']);
    assert.equal((await me.call('DELETE', `/api/v1/assignments/${first.assignment_id}/judgment`, { key: true })).status, 409, 'the chat has gone on');
});

test('four answers in a ranking; names at the end where the study says so', async () => {
    const { me } = await newTalker(['good', 'slow', 'good-2', 'good-3'], { task: { kind: 'ranking' }, chat: { responses: 4, reveal: true } });
    const turn = await me.answered('Four of you');
    assert.deepEqual(turn.responses.map((one) => one.slot), ['a', 'b', 'c', 'd']);
    assert.equal(new Set(turn.responses.map((one) => one.content)).size, 4, 'four different ones answered');
    assert.equal((await me.judge(turn, { ranking: [['c'], ['a', 'b', 'd']] })).status, 201);
    assert.equal((await me.last()).best, 'c');
    assert.ok(!JSON.stringify(await me.show()).includes('Name of'));
    const ended = (await me.call('POST', `/api/v1/chats/${me.chat}/end`)).body;
    for (const one of ended.turns[0].responses) assert.equal(`The answer of ${one.model.slice('Name of '.length)} to: Four of you`, one.content);
});

const BAD = {
    cut: 'cut', length: 'cut', empty: 'empty', 'error-500': 'refused', 'error-429': 'busy', 'error-401': 'refused', redirect: 'refused',
    json: 'not_understood', type: 'not_understood', html: 'not_understood', flood: 'cut', line: 'not_understood', silent: 'late',
};
for (const [model, state] of Object.entries(BAD)) {
    test(`an endpoint that goes wrong (${model}) is said to be ${state}, is never judged as if whole, and can be asked anew`, async () => {
        const { study, me } = await newTalker(['good', model]);
        const turn = await me.answered('Well?');
        assert.equal(turn.state, 'incomplete');
        assert.deepEqual(turn.responses.map((one) => one.state).sort(), ['whole', state].sort());
        assert.equal(turn.assignment_id, undefined);
        for (const one of turn.responses) assert.ok(one.content.length <= 32 * 1024);
        assert.ok(!JSON.stringify(turn).includes('secret inner words'));
        assert.equal(server.sql(`select count(*) from item i join project p using (shard_key) where p.project_id = '${uuidOf(study.project)}'`), '0');
        const whole = turn.responses.find((one) => one.state === 'whole');
        // It has come to itself: only it is asked, and what was whole stays as it was.
        stub.as = () => 'good';
        stub.requests.length = 0;
        const again = await me.retry(0);
        assert.equal(again.status, 202, JSON.stringify(again.body));
        await me.watch();
        stub.as = (one) => one;
        const after = await me.last();
        assert.equal(after.state, 'ready');
        assert.deepEqual(after.responses.find((one) => one.slot === whole.slot), whole);
        assert.deepEqual(stub.requests.map((one) => one.body.model), [model]);
        assert.equal((await me.judge(after, { choice: whole.slot, strength: 1 })).status, 201);
        assert.equal((await me.retry(0)).status, 200, 'nothing is left to ask');
        const calls = server.sql(`select state, tries, finish_reason, parameters->>'temperature', whole_ms is not null from chat_response r where turn_id = (select turn_id from chat_turn t join project p using (shard_key) where p.project_id = '${uuidOf(study.project)}') and model = '${model}' order by attempt`).split('\n');
        assert.equal(calls.length, 2);
        assert.ok(calls[0].startsWith(`${state}|`), calls[0]);
        assert.match(calls[1], /^whole\|1\|stop\|0.7\|t$/);
    });
}

// The uuid half of an id on the wire (base32 of shard key and uuid).
function uuidOf(id) {
    let bits = '';
    for (const c of id) bits += 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(c).toString(2).padStart(5, '0');
    const hex = BigInt(`0b${bits.slice(64, 192)}`).toString(16).padStart(32, '0');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

test('four answers rated, as in PRISM: the chat goes on with the one rated best, and where two are the person says', async () => {
    const { me } = await newTalker(['good', 'good-2', 'good-3', 'good-4'], { task: { preset: 'prism' }, chat: { turns_min: 2 } });
    const turn = await me.answered('Four of you?');
    assert.equal(turn.responses.length, 4);
    const rate = (scores) => ({ ratings: { score: Object.fromEntries(turn.responses.map(({ slot }, i) => [slot, scores[i]])) } });
    assert.equal((await me.judge(turn, rate([20, 91, 90, 1]))).status, 201);
    assert.equal((await me.last()).best, turn.responses[1].slot);
    assert.equal((await me.judge(turn, rate([20, 91, 91, 1]))).status, 201);
    assert.equal((await me.last()).best ?? null, null);
    assert.equal((await me.say('And now?')).body.errors[0].pointer, '/go_on_with');
    assert.equal((await me.judge(turn, rate([5, 9, 91, 100]))).status, 201);
    const then = await me.answered('And now?');
    assert.equal(then.state, 'ready');
    assert.equal((await me.show()).turns[0].went_on_with, turn.responses[3].slot);
});

test('what fails before the first token is tried again by itself', async () => {
    const { me } = await newTalker(['good', 'moody']);
    assert.equal((await me.answered('Well?')).state, 'ready');
    assert.equal(stub.times.get('moody'), 3);
});

test('after a reload the stream begins with what there is, and goes on', async () => {
    const { me } = await newTalker(['held', 'held-2']);
    stub.as = () => 'held';
    stub.hold();
    await me.say('Long');
    const begun = await me.watch(({ texts }) => Object.keys(texts).length === 2);
    assert.equal(begun.over, undefined);
    assert.equal((await me.last()).state, 'answering');
    // Several at once, on whichever loop they come to.
    const watching = Promise.all([me.watch(), me.watch(), me.watch(), me.watch()]);
    await me.watch(({ texts }) => Object.keys(texts).length === 2);
    stub.release();
    const turn = (await watching, await me.last());
    for (const { texts, over } of await watching) {
        assert.equal(over.state, 'ready');
        for (const one of turn.responses) assert.equal(texts[one.slot], one.content);
    }
    stub.as = (one) => one;
    const late = await me.watch();
    assert.deepEqual(late.events, [{ name: 'turn', turn: 0, state: 'ready', assignment_id: turn.assignment_id }]);
});

test('the coordinator is killed in the middle of an answer: nothing acknowledged is lost, nothing doubled', async () => {
    const { study, me } = await newTalker(['good', 'held']);
    stub.hold();
    const key = randomUUID();
    assert.equal((await me.say(WORDS, { key })).status, 201);
    await me.watch(({ texts }) => Object.keys(texts).length === 2);
    await server.kill();
    stub.release();
    await server.restart();
    assert.deepEqual((await me.say(WORDS, { key })).body, { turn: 0, state: 'incomplete' }, 'the same key finds the turn');
    const turn = await me.last();
    assert.equal(turn.message, WORDS);
    assert.deepEqual((await me.watch()).over, { name: 'turn', turn: 0, state: 'incomplete' });
    const answers = await Promise.all([me.retry(0), me.retry(0), me.retry(0)]);
    assert.ok(answers.every((one) => one.status === 202 || one.status === 200), JSON.stringify(answers));
    await me.watch();
    const after = await me.last();
    assert.equal(after.state, 'ready');
    assert.equal((await me.show()).turns.length, 1);
    const counts = server.sql(`select (select count(*) from chat_turn t where t.shard_key = p.shard_key), (select count(*) from item i where i.shard_key = p.shard_key), (select count(*) from response r where r.shard_key = p.shard_key), (select count(*) from assignment a where a.shard_key = p.shard_key) from project p where p.project_id = '${uuidOf(study.project)}'`);
    assert.equal(counts, '1|1|2|1');
    assert.equal((await me.judge(after, { choice: 'right', strength: 3 })).status, 201);
});

test('words are sealed: none of them, and no key, lies in the database, a log or an answer', async () => {
    const { study, me } = await newTalker(['good', 'slow']);
    const turn = await me.answered(WORDS);
    await me.judge(turn, { choice: 'left', strength: 2 });
    const dump = server.sql("select string_agg(t::text, '') from (select row_to_json(i)::text t from item i union all select row_to_json(r)::text from response r union all select row_to_json(c)::text from chat_turn c union all select row_to_json(c)::text from chat_response c union all select row_to_json(e)::text from endpoint e union all select row_to_json(s)::text from item_sealed s union all select row_to_json(l)::text from log_entry l union all select row_to_json(l)::text from idempotency l) x");
    for (const secret of ['wahine toa', 'The answer of', KEY]) {
        assert.ok(!dump.includes(secret), secret);
        assert.ok(!dump.includes(Buffer.from(secret).toString('hex')), secret);
        assert.ok(!server.log.includes(secret), secret);
    }
    const list = await server.api('GET', `/api/v1/projects/${study.project}/endpoints`);
    assert.equal(list.body.data.length, 2);
    assert.ok(list.body.data.every((one) => one.has_key === true && one.key === undefined));
    assert.equal((await me.call('GET', `/api/v1/projects/${study.project}/endpoints`)).status, 404, 'for those who run the study');
    const meta = server.sql(`select meta from response r join project p using (shard_key) where p.project_id = '${uuidOf(study.project)}' limit 1`);
    assert.equal(JSON.parse(meta).machine, true);
});

async function exported(project) {
    const { body } = await server.api('POST', `/api/v1/projects/${project}/exports`, { key: true, body: { formats: ['trl'] } });
    for (;;) {
        const state = (await server.api('GET', `/api/v1/exports/${body.id}`)).body;
        if (state.state === 'done') {
            const files = state.files ?? state.manifest.files;
            const file = files.find((one) => one.name.includes('trl'));
            return (await server.api('GET', `/api/v1/exports/${body.id}/files/${file.name}`)).body;
        }
        assert.notEqual(state.state, 'failed', JSON.stringify(state));
        await new Promise((go) => setTimeout(go, 50));
    }
}

test('an export has the words, and has them no more when the person is erased', async () => {
    const { study, me } = await newTalker(['good', 'slow'], {});
    const turn = await me.answered(WORDS);
    await me.judge(turn, { choice: 'right', strength: 2 });
    const before = await exported(study.project);
    const line = JSON.parse(before.trim().split('\n')[0]);
    assert.deepEqual(line.prompt, [{ role: 'user', content: WORDS }]);
    assert.equal(line.chosen[0].content, turn.responses[1].content);
    const erased = await me.call('DELETE', '/api/v1/me', { body: { confirm: 'erase' } });
    assert.ok(erased.status < 300, JSON.stringify(erased.body));
    assert.equal((await exported(study.project)).trim(), '');
});

test('no call goes to where it must not', async () => {
    const made = (await server.api('POST', '/api/v1/projects', { body: { name: 'x', task: { kind: 'pairwise', chat: {} } } })).body.id;
    const add = (url, more = {}) => server.api('POST', `/api/v1/projects/${made}/endpoints`, { body: { name: 'n', model: 'good', url, ...more } });
    for (const url of ['http://example.com/v1', 'file:///etc/passwd', 'https://u:p@example.com/', 'http://127.0.0.1:1/v1', 'nonsense']) {
        const answer = await add(url);
        assert.deepEqual([answer.status, answer.body.errors?.[0].pointer], [422, '/url'], url);
    }
    assert.equal((await add('https://example.com/v1', { parameters: { model: 'other' } })).body.errors[0].pointer, '/parameters/model');
    assert.equal((await add('https://example.com/v1', { key: 'a\r\nX-Evil: 1' })).body.errors[0].pointer, '/key');
    // By https to a private address: accepted as a name, refused when it is called.
    const port = stub.host.split(':')[1];
    for (const host of ['localhost', '127.0.0.2', '[::1]', '[::ffff:127.0.0.1]', '2130706433']) {
        const { me } = await newTalker(['good', 'good-2'], { url: `https://${host}:${port}/v1` });
        stub.requests.length = 0;
        const turn = await me.answered('Hello?');
        assert.deepEqual(turn.responses.map((one) => one.state), ['unreachable', 'unreachable'], host);
        assert.equal(stub.requests.length, 0);
    }
});

test('what a study may say of its chat', async () => {
    const refused = async (task, pointer) => {
        const answer = await server.api('POST', '/api/v1/projects', { body: { name: 'x', task } });
        assert.deepEqual([answer.status, answer.body.errors?.[0].pointer], [422, pointer], JSON.stringify(task));
    };
    await refused({ kind: 'best_worst', chat: {} }, '/task/chat');
    await refused({ kind: 'rating', chat: {}, dimensions: [{ id: 'harm', scale: 'yes_no_unsure' }, { id: 'talk', scale: 'slider', about: 'item' }] }, '/task/chat');
    await refused({ preset: 'prism', chat: { responses: 3 } }, '/task/chat/responses');
    await refused({ kind: 'pairwise', chat: { responses: 4 } }, '/task/chat/responses');
    await refused({ kind: 'ranking', chat: { responses: 3 } }, '/task/chat/responses');
    await refused({ kind: 'pairwise', chat: { turns_min: 5, turns_max: 2 } }, '/task/chat/turns_min');
    await refused({ kind: 'pairwise', chat: { models: 2 } }, '/task/chat/models');
    const { me } = await newTalker(['good'], { chat: { turns_min: 2 } });
    const turn = await me.answered('One model answers twice');
    assert.deepEqual(turn.responses.map((one) => one.state), ['whole', 'whole']);
    assert.equal((await me.call('POST', `/api/v1/chats/${me.chat}/end`)).status, 409);
    assert.equal((await me.call('POST', `/api/v1/chats/${me.chat}/end?leave=true`)).status, 200);
    await me.start();
    assert.equal((await me.answered('A chat that was left is not in the way of the next')).state, 'ready');
    const { me: alone } = await newTalker([]);
    assert.equal((await alone.say('Anybody?')).status, 409);
    assert.equal((await alone.show()).turns.length, 0);
});

test('a chat is its person\'s alone', async () => {
    const { study, me } = await newTalker(['good', 'slow']);
    const other = talker(study, await study.join());
    other.chat = me.chat;
    assert.equal((await other.call('GET', `/api/v1/chats/${me.chat}`)).status, 404);
    assert.equal((await other.say('Mine?')).status, 404);
    assert.equal((await other.retry(0)).status, 404);
    assert.equal((await other.call('GET', `/api/v1/chats/${me.chat}/events`)).status, 404);
    assert.equal((await other.call('POST', `/api/v1/chats/${me.chat}/end`)).status, 404);
    assert.equal((await server.api('GET', `/api/v1/chats/${me.chat}`)).status, 404);
    assert.equal((await me.say('  \n')).status, 422);
    assert.equal((await me.say('x'.repeat(8001))).status, 422);
});

test('what the models are told is for those who run the study, and for nobody else', async () => {
    const { study, me } = await newTalker(['good'], { chat: { system: 'Secret instruction' } });
    assert.equal((await server.api('GET', `/api/v1/projects/${study.project}`)).body.task.chat.system, 'Secret instruction');
    const mine = (await me.call('GET', `/api/v1/projects/${study.project}`)).body;
    assert.deepEqual(mine.task.chat, { responses: 2, turns_min: 1, turns_max: 10, reveal: false });
    assert.ok(!JSON.stringify([mine, await me.show()]).includes('Secret instruction'));
});

test('a chat that is left while a turn waits for a choice, or is answered, is over: the next begins', async () => {
    const { study, me } = await newTalker(['good', 'held'], {});
    stub.as = () => 'good';
    const turn = await me.answered('Chosen by nobody');
    const wanted = async () => (await server.api('GET', `/api/v1/projects/${study.project}`)).body.counts.wanted;
    assert.deepEqual([turn.state, await wanted()], ['ready', 1]);
    const leave = () => me.call('POST', `/api/v1/chats/${me.chat}/end?leave=true`);
    const ended = await leave();
    assert.deepEqual([ended.status, ended.body.turns[0].assignment_id, await wanted()], [200, undefined, 0]);
    assert.deepEqual([(await leave()).status, await wanted()], [200, 0], 'twice is once');
    assert.ok((await me.judge(turn, { choice: 'left', strength: 1 })).status >= 400);
    stub.as = (model) => model;
    await me.start();
    stub.hold();
    assert.equal((await me.say('Left in the middle')).status, 201);
    await leave();
    stub.release();
    for (;;) {
        if ((await me.last()).state !== 'answering') break;
        await new Promise((go) => setTimeout(go, 20));
    }
    assert.equal((await me.last()).assignment_id, undefined);
    await me.start();
    const next = await me.answered('The next');
    assert.equal(next.state, 'ready');
    assert.equal((await me.judge(next, { choice: 'left', strength: 1 })).status, 201);
});

test('people from a panel chat until what it asks for is done; who gave it back says nothing more', async () => {
    const study = await makeStudy(['good', 'slow']);
    const panel = { name: 'Prolific', completion_url: 'https://app.prolific.com/submissions/complete?cc={code}', codes: { completed: 'DONE1', screened_out: 'OUT1', no_consent: 'NO1' }, tasks: 2, minutes: 60 };
    assert.equal((await server.api('PUT', `/api/v1/projects/${study.project}/panel`, { body: panel })).status, 200);
    const { code } = (await server.api('POST', `/api/v1/projects/${study.project}/invitations`, { body: { max_uses: 9 } })).body;
    const come = async (id) => talker(study, (await server.api('POST', '/api/v1/join', { token: null, body: { code, panel: { PROLIFIC_PID: id, STUDY_ID: 's', SESSION_ID: `of-${id}` } } })).body.token);
    const me = await come('p1');
    await me.start();
    for (const words of ['One', 'Two']) {
        assert.equal((await me.start()).status, 200);
        assert.equal((await me.judge(await me.answered(words), { choice: 'left' })).status, 201);
    }
    const done = await me.call('POST', `/api/v1/projects/${study.project}/chats`);
    assert.deepEqual([done.status, done.headers.get('plenum-reason')], [204, 'completed']);
    const mine = (await me.call('POST', `/api/v1/projects/${study.project}/submissions/mine`)).body;
    assert.deepEqual([mine.state, mine.n_judgments, mine.code], ['completed', 2, 'DONE1']);
    assert.equal((await me.answered('I like it here')).state, 'ready', 'the chat itself may go on');

    const other = await come('p2'), third = await come('p3');
    await other.start();
    await third.start();
    stub.as = (model) => (model === 'slow' ? 'error-500' : model);
    await other.answered('Mine');
    stub.as = undefined;
    assert.equal((await server.api('POST', `/api/v1/projects/${study.project}/submissions`, { body: { state: 'returned', external_ids: ['p2', 'p3'] } })).status, 200);
    for (const refused of [await third.say('Mine too'), await other.retry(0)]) assert.deepEqual([refused.status, refused.body.type], [409, 'submission_ended']);
    const gone = await other.call('POST', `/api/v1/projects/${study.project}/chats`);
    assert.deepEqual([gone.status, gone.headers.get('plenum-reason')], [204, 'returned']);
});
