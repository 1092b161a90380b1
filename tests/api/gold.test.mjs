// Items with a known answer: to practise on, to qualify by, to see whether who judges is with it. Beside the caps, and kept from who judges.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startCoordinator } from '../support/coordinator.mjs';
import { exportFiles, lines, unzstd } from '../support/dataset.mjs';

let server;
test.before(async () => { server = await startCoordinator({}); });
test.after(() => server.stop());

const call = async (status, method, path, options) => {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
};
const make = (settings) => server.api('POST', '/api/v1/projects', { body: { name: 'known answers', task: { kind: 'pairwise' }, ...settings } });
const importItems = (project, items) => call(200, 'POST', `/api/v1/projects/${project}/items`, { body: items.map((one) => JSON.stringify(one)).join('\n') });
const item = (id, gold) => ({ id, prompt: `which, ${id}?`, responses: [{ content: `good ${id}` }, { content: `bad ${id}` }], ...(gold ? { gold } : {}) });
const golds = (role, n) => Array.from({ length: n }, (_, i) => item(`${role}-${i}`, { choice: 'left', role, explanation: { en: `because ${i}` } }));
const plain = (n) => Array.from({ length: n }, (_, i) => item(`plain-${i}`));

async function study(settings, items) {
    const { id } = (await make(settings)).body;
    await importItems(id, items);
    return id;
}
async function person(project) {
    const { code } = await call(201, 'POST', `/api/v1/projects/${project}/invitations`, { body: {} });
    return (await call(201, 'POST', '/api/v1/join', { token: null, body: { code } })).token;
}
const next = (project, token, query = '') => server.api('POST', `/api/v1/projects/${project}/assignments${query}`, { token });
const judge = (task, token, choice, { key = true, ...more } = {}) => server.api('PUT', `/api/v1/assignments/${task.id}/judgment`,
    { token, key, body: { choice, active_ms: 5, ...more } });
const show = (project, token) => call(200, 'GET', `/api/v1/projects/${project}`, token ? { token } : {});
// Where the good response stands on screen, and what stands beside it.
const good = (task) => (task.item.responses.find((one) => one.content.startsWith('good')).slot);
const bad = (task) => (good(task) === 'left' ? 'right' : 'left');
const named = (task) => task.item.prompt[0].content.match(/which, (.*)\?/)[1];

test('what a study does with them is a setting of it; a wrong one is told with a pointer', async () => {
    const whole = { onboarding: { practice: 2, qualification: { n: 3, share: 0.75, tries: 1 } }, attention_share: 0.25 };
    const made = await make(whole);
    assert.deepEqual([made.body.onboarding, made.body.attention_share], [whole.onboarding, 0.25]);
    assert.deepEqual((await make({ onboarding: { qualification: { n: 3 } } })).body.onboarding, { practice: 0, qualification: { n: 3, share: 0.8, tries: 2 } });
    assert.equal((await show((await make({})).body.id)).onboarding, undefined);
    for (const [settings, pointer] of [
        [{ attention_share: 0.6 }, '/attention_share'], [{ attention_share: '0.1' }, '/attention_share'], [{ onboarding: 3 }, '/onboarding'],
        [{ onboarding: { practise: 1 } }, '/onboarding/practise'], [{ onboarding: { practice: -1 } }, '/onboarding/practice'],
        [{ onboarding: { qualification: {} } }, '/onboarding/qualification/n'], [{ onboarding: { qualification: { n: 1, share: 2 } } }, '/onboarding/qualification/share'],
        [{ onboarding: { qualification: { n: 1, tries: 0 } } }, '/onboarding/qualification/tries']]) {
        const { status, body } = await make(settings);
        assert.equal(status, 422, JSON.stringify(settings));
        assert.deepEqual(body.errors.map((one) => one.pointer), [pointer]);
    }
});

test('a known answer is held against the task when it is imported, line by line', async () => {
    const given = { onboarding: { practice: 1 }, attention_share: 0.1 };
    const three = (gold) => ({ prompt: 'q', responses: [{ content: 'a' }, { content: 'b' }, { content: 'c' }], gold });
    const two = (gold) => ({ ...three(gold), responses: [{ content: 'a' }, { content: 'b' }] });
    const kinds = [
        [{ kind: 'pairwise', tie: true, both_bad: false }, two, { choice: 'tie', role: 'practice', explanation: 'So.' }, [
            [two({ choice: 'both_bad' }), '/gold/choice'], [two({ choice: 'skip' }), '/gold/choice'], [two({}), '/gold/choice'], [three({ choice: 'left' }), '/gold/choice'],
            [two({ choice: 'left', role: 'qualification' }), '/gold/role'], [two({ choice: 'left', role: 'x' }), '/gold/role'],
            [two({ choice: 'left', explanation: 3 }), '/gold/explanation'], [two({ choice: 'left', why: 'x' }), '/gold/why'], [two({ choice: 'left', ranking: [['left']] }), null]]],
        [{ kind: 'ranking' }, three, { ranking: [['b'], ['a', 'c']], role: 'attention' }, [
            [three({ ranking: [['a'], ['b']] }), '/gold/ranking'], [three({ ranking: [['a', 'b', 'd']] }), '/gold/ranking/0'], [three({}), '/gold/ranking'], [three({ choice: 'left' }), '/gold/ranking']]],
        [{ kind: 'best_worst' }, three, { best: 'a', worst: 'c' }, [[three({ best: 'a', worst: 'a' }), '/gold/worst'], [three({ best: 'a' }), '/gold/best']]],
        [{ kind: 'rating', dimensions: [{ id: 'd', min: 1, max: 5 }, { id: 'e', min: 1, max: 5 }] }, three, { ratings: { d: { a: 5 } } }, [
            [three({ ratings: { d: { a: 9 } } }), '/gold/ratings/d/a'], [three({ ratings: { x: { a: 1 } } }), '/gold/ratings/x'], [three({}), '/gold/ratings']]],
    ];
    for (const [task, as, right, wrong] of kinds) {
        const { id } = (await make({ task, ...given })).body;
        const report = await importItems(id, [as(right), ...wrong.filter(([, pointer]) => pointer).map(([one]) => one)]);
        assert.equal(report.accepted, 1, task.kind);
        assert.deepEqual(report.rejected.map((one) => [one.line, one.pointer]), wrong.filter(([, pointer]) => pointer).map(([, pointer], i) => [i + 2, pointer]), task.kind);
    }
    // Those with a role are extra: they want no judgments.
    const id = await study(given, [...golds('practice', 1), ...golds('attention', 2), ...plain(2)]);
    assert.deepEqual((await show(id)).counts, { items: 5, wanted: 6, judgments: 0, participants: 0, skipped: 0, imported: 0 });
});

test('practice comes first, in order, each with what was expected and why, told to one person, and the first answer stays', async () => {
    const project = await study({ onboarding: { practice: 2 }, judgments_per_item: 1 }, [...plain(1), ...golds('practice', 3)]);
    const token = await person(project);
    const first = (await next(project, token)).body;
    assert.deepEqual([named(first), first.part], ['practice-0', { role: 'practice', place: 1, of: 2 }]);
    assert.ok(!JSON.stringify(first).includes('because') && !JSON.stringify(first).includes('gold'));
    assert.equal((await next(project, token)).body.id, first.id, 'it is theirs until it is answered');
    const key = randomUUID();
    const answered = await judge(first, token, bad(first), { key });
    assert.deepEqual(answered.body.feedback, { as_expected: false, expected: { choice: good(first) }, explanation: { en: 'because 0' } });
    assert.deepEqual((await judge(first, token, bad(first), { key })).body, answered.body, 'the same key, the same answer');
    assert.equal((await judge(first, token, good(first), { key })).status, 422);
    assert.equal((await judge(first, token, good(first))).status, 409, 'it was told already');
    assert.equal((await server.api('DELETE', `/api/v1/assignments/${first.id}/judgment`, { token })).status, 409);
    const second = (await next(project, token)).body;
    assert.equal(named(second), 'practice-1');
    assert.equal((await judge(second, token, 'skip')).body.feedback.as_expected, null);
    const third = (await next(project, token)).body;
    assert.deepEqual([named(third), third.part], ['plain-0', undefined]);
    assert.equal((await judge(third, token, 'left')).body.feedback, undefined);
    assert.equal((await next(project, token)).status, 204);
    const { counts, progress } = await show(project);
    assert.deepEqual([counts.judgments, counts.wanted, counts.skipped, progress.share], [1, 1, 0, 1]);
    assert.deepEqual((await show(project, token)).mine, { judged: 1, guideline_read: null });
    const quality = await call(200, 'GET', `/api/v1/projects/${project}/quality`);
    assert.deepEqual([quality.n_judgments, quality.n_annotators, quality.gold], [1, 1, { n: 0, as_expected: 0, accuracy: null, interval: null, annotators: [] }]);
});

test('who does not reach the share is told so and may try again as often as stated; who does goes on', async () => {
    const project = await study({ onboarding: { qualification: { n: 3, share: 0.66, tries: 2 } } }, [...golds('qualification', 4), ...plain(2)]);
    const round = async (token, choices, query) => {
        for (const [i, choose] of choices.entries()) {
            const task = (await next(project, token, i === 0 ? query : '')).body;
            assert.deepEqual([named(task), task.part.place, task.part.of], [`qualification-${i}`, i + 1, 3]);
            const answer = await judge(task, token, choose(task));
            assert.deepEqual(Object.keys(answer.body).sort(), ['judgment_id', 'receipt', 'revision'], 'no hint before the end');
        }
    };
    const [one, other] = [await person(project), await person(project)];
    await round(one, [good, good, bad]);
    assert.equal((await next(project, one)).body.part, undefined);
    await round(other, [bad, () => 'cannot_judge', good]);
    const refused = await next(project, other);
    assert.deepEqual([refused.status, refused.headers.get('plenum-reason')], [204, 'not_qualified']);
    assert.deepEqual((await show(project, other)).mine.qualification, { n: 3, as_expected: 1, tries_left: 1 });
    assert.equal((await next(project, other)).status, 204, 'not by asking alone');
    await round(other, [bad, bad, good], '?try_again=true');
    assert.equal((await next(project, other, '?try_again=true')).headers.get('plenum-reason'), 'not_qualified');
    assert.deepEqual((await show(project, other)).mine.qualification, { n: 3, as_expected: 1, tries_left: 0 });
    assert.equal((await show(project)).counts.judgments, 0);
});

test('two requests at once get the same task', async () => {
    const project = await study({ onboarding: { practice: 2 } }, [...golds('practice', 2), ...plain(1)]);
    const token = await person(project);
    const tasks = await Promise.all(Array.from({ length: 8 }, () => next(project, token)));
    assert.deepEqual(tasks.map((one) => one.status), Array(8).fill(201));
    assert.equal(new Set(tasks.map((one) => one.body.id)).size, 1);
});

test('attention is checked among the others, unseen; caps stay exact; figures are for the researcher, in fours for the person', async () => {
    const project = await study({ attention_share: 0.5, judgments_per_item: 2 }, [...golds('attention', 8), ...plain(30)]);
    const people = [await person(project), await person(project)];
    const shapes = new Set();
    const met = [];
    const seen = await Promise.all(people.map(async (token, who) => {
        const answers = [];
        for (;;) {
            const { status, body: task } = await next(project, token);
            if (status === 204) break;
            const known = named(task).startsWith('attention');
            shapes.add(JSON.stringify([Object.keys(task).sort(), Object.keys(task.item).sort()]));
            const choice = who === 0 ? good(task) : bad(task);
            const answer = await judge(task, token, choice);
            assert.deepEqual(Object.keys(answer.body).sort(), ['judgment_id', 'receipt', 'revision']);
            answers.push({ known, task });
            if (known) met[who] = (met[who] ?? 0) + 1;
            const { mine } = await show(project, token);
            assert.equal(mine.judged, answers.length, 'counted alike');
            const told = Math.floor(answers.filter((one) => one.known).length / 4) * 4;
            assert.deepEqual(mine.attention, told === 0 ? undefined : { n: told, as_expected: who === 0 ? told : 0 });
        }
        return answers;
    }));
    assert.equal(shapes.size, 1, 'nothing tells them apart');
    const plainly = seen.flat().filter((one) => !one.known).length;
    const { counts } = await show(project);
    assert.deepEqual([counts.judgments, counts.wanted, plainly], [60, 60, 60]);
    assert.ok(met[0] > 0 && met[1] > 0);
    const { gold, n_judgments } = await call(200, 'GET', `/api/v1/projects/${project}/quality`);
    assert.equal(n_judgments, 60);
    assert.deepEqual([gold.n, gold.as_expected], [met[0] + met[1], met[0]]);
    assert.deepEqual(gold.annotators.map((one) => [one.n, one.accuracy]), [[met[1], 0], [met[0], 1]]);
    // Wilson's interval of none in n: 0 to z² / (n + z²).
    const z2 = 1.959963984540054 ** 2;
    assert.ok(Math.abs(gold.annotators[0].interval[1] - z2 / (met[1] + z2)) < 1e-9);
    // A change of mind and an undo, as with any other.
    const { task } = seen[0].find((one) => one.known);
    assert.equal((await judge(task, people[0], bad(task))).body.revision, 2);
    const back = await server.api('DELETE', `/api/v1/assignments/${task.id}/judgment`, { token: people[0] });
    assert.deepEqual([back.status, back.body.id, named(back.body)], [200, task.id, named(task)]);
    assert.equal((await next(project, people[0])).body.id, task.id);
    assert.equal((await judge(task, people[0], good(task))).body.revision, 4);
    assert.equal((await show(project)).counts.judgments, 60);
});

test('an item like any other may have a known answer; ratings and rankings are held against theirs', async () => {
    const responses = [{ content: 'a' }, { content: 'b' }, { content: 'c' }];
    const cases = [
        [{ kind: 'ranking' }, { ranking: [['b'], ['a', 'c']] }, (at) => ({ ranking: [[at.b], [at.c, at.a]] }), (at) => ({ ranking: [[at.a], [at.b], [at.c]] })],
        [{ kind: 'best_worst' }, { best: 'a', worst: 'c' }, (at) => ({ best: at.a, worst: at.c }), (at) => ({ best: at.c, worst: at.a })],
        [{ kind: 'rating', dimensions: [{ id: 'd', min: 1, max: 5 }] }, { ratings: { d: { a: 5, b: 1 } } },
            (at) => ({ ratings: { d: { [at.a]: 5, [at.b]: 1, [at.c]: 3 } } }), (at) => ({ ratings: { d: { [at.a]: 4, [at.b]: 1, [at.c]: 3 } } })],
    ];
    for (const [task, gold, right, wrong] of cases) {
        const project = await study({ task }, [{ prompt: 'q', responses, gold }]);
        for (const answer of [right, wrong]) {
            const token = await person(project);
            const given = (await next(project, token)).body;
            const at = Object.fromEntries(given.item.responses.map((one) => [one.content, one.slot]));
            const put = await server.api('PUT', `/api/v1/assignments/${given.id}/judgment`, { token, key: true, body: { active_ms: 1, ...answer(at) } });
            assert.equal(put.status, 201, JSON.stringify(put.body));
        }
        const quality = await call(200, 'GET', `/api/v1/projects/${project}/quality`);
        assert.deepEqual([quality.gold.n, quality.gold.as_expected, quality.gold.accuracy], [2, 1, 0.5], task.kind);
        assert.equal(quality.gold.annotators.length, 2);
    }
    // The same while one practises: what was expected is told by the places on screen.
    const [task, gold, right] = cases[0];
    const project = await study({ task, onboarding: { practice: 1 } }, [{ prompt: 'q', responses, gold: { ...gold, role: 'practice' } }]);
    const token = await person(project);
    const given = (await next(project, token)).body;
    const at = Object.fromEntries(given.item.responses.map((one) => [one.content, one.slot]));
    const { feedback } = (await server.api('PUT', `/api/v1/assignments/${given.id}/judgment`, { token, key: true, body: { active_ms: 1, ...right(at) } })).body;
    assert.equal(feedback.as_expected, true);
    assert.deepEqual(feedback.expected.ranking.map((group) => group.sort()), [[at.b], [at.a, at.c].sort()]);
});

test('a person\'s data tell it once it is answered; erasing leaves no words and nothing that was only given out', async () => {
    const project = await study({ onboarding: { practice: 1 }, attention_share: 0.5 }, [...golds('practice', 1), ...golds('attention', 4), ...plain(1)]);
    const token = await person(project);
    const task = (await next(project, token)).body;
    await judge(task, token, good(task), { rationale: 'my own words' });
    let open;
    do {
        open = await next(project, token); // 204 when it was not to be one of them, and nothing else is left
        if (open.status === 201 && !named(open.body).startsWith('attention')) await judge(open.body, token, 'left');
    } while (open.status !== 201 || !named(open.body).startsWith('attention'));
    const rows = lines(await (await fetch(`${server.url}/api/v1/me/data`, { headers: { authorization: `Bearer ${token}` } })).text());
    assert.ok(rows.some((row) => row.kind === 'judgment' && row.known_answer === 'practice' && row.as_expected && row.given.rationale === 'my own words'));
    assert.deepEqual(rows.filter((row) => row.kind === 'assignment' && row.known_answer).map((row) => row.known_answer), ['practice']);
    await call(204, 'DELETE', '/api/v1/me', { token, body: { confirm: 'erase' } });
    const where = `where shard_key = (select shard_key from item where source_id = 'practice-0' order by created_at desc limit 1)`;
    assert.equal(server.sql(`select count(*), count(note_sealed), count(client) from gold_judgment ${where}`).split('|').slice(1).join(), '0,0');
    assert.equal(server.sql(`select count(*) from gold_task ${where} and state = 'leased'`), '0');
});

test('killed in the middle of practice: what was answered is kept once, and every place is as it was', async () => {
    const project = await study({ onboarding: { practice: 20 } }, golds('practice', 20));
    const people = await Promise.all(Array.from({ length: 8 }, () => person(project)));
    const told = new Map(people.map((token) => [token, 0]));
    let reached;
    const some = new Promise((done) => { reached = done; });
    const working = Promise.allSettled(people.map(async (token) => {
        for (;;) {
            const task = await next(project, token);
            if (task.status !== 201) return;
            const answer = await judge(task.body, token, good(task.body));
            if (answer.status === 201) told.set(token, told.get(token) + 1);
            if ([...told.values()].reduce((a, b) => a + b) >= 20) reached();
        }
    }));
    await some;
    await server.kill();
    await working;
    await server.restart();
    for (const token of people) {
        const { body: task } = await next(project, token);
        const place = task.part.place - 1;
        assert.ok(place === told.get(token) || place === told.get(token) + 1, `${place} kept of ${told.get(token)} acknowledged`);
    }
    const where = `where shard_key = (select shard_key from project where name = 'known answers' order by created_at desc limit 1)`;
    assert.equal(server.sql(`select count(*) from (select lease_id from gold_judgment ${where} group by lease_id having count(*) > 1) x`), '0');
});

test('an export has them in a file of their own, and nowhere else; the items say what is known of them', async () => {
    const project = await study({ onboarding: { practice: 1 }, attention_share: 0.5, judgments_per_item: 1 },
        [...golds('practice', 1), ...golds('attention', 3), ...plain(20)]);
    const token = await person(project);
    let attention = 0;
    for (;;) {
        const { status, body: task } = await next(project, token);
        if (status === 204) break;
        attention += named(task).startsWith('attention') ? 1 : 0;
        await judge(task, token, named(task).startsWith('practice') ? bad(task) : good(task));
    }
    const files = await exportFiles(server, project, 'plenum,trl');
    const read = (name) => lines(unzstd(files[name]));
    assert.equal(read('judgments.jsonl.zst').length, 20);
    assert.ok(read('plenum.jsonl.zst').every((row) => row.type !== 'known_answer'));
    assert.equal(lines(files['trl.jsonl'].toString()).length, 20);
    const known = read('known_answers.jsonl.zst');
    const [rater] = read('raters.jsonl.zst');
    assert.deepEqual(known.map((row) => [row.type, row.role, row.rater, row.as_expected]).sort(), [
        ...Array(attention).fill(['known_answer', 'attention', rater.id, true]), ['known_answer', 'practice', rater.id, false]]);
    assert.deepEqual(read('items.jsonl.zst').find((row) => row.id === 'practice-0').gold, { choice: 'left', role: 'practice', explanation: { en: 'because 0' } });
    assert.equal((await exportFiles(server, await study({}, plain(1)), 'plenum'))['known_answers.jsonl.zst'], undefined);
});

test('so many tasks in 24 hours and no more; what is out can be answered, and another day there are more', async () => {
    for (const [session, pointer] of [[{ break_after_minutes: 0 }, '/session/break_after_minutes'], [{ max_tasks_per_day: 'x' }, '/session/max_tasks_per_day'], [{ pause: 1 }, '/session/pause']]) {
        const { status, body } = await make({ session });
        assert.deepEqual([status, body.errors?.[0].pointer], [422, pointer]);
    }
    const project = await study({ session: { max_tasks_per_day: 3, break_after_minutes: 20 }, onboarding: { practice: 1 } }, [...golds('practice', 1), ...plain(6)]);
    const [token, other] = [await person(project), await person(project)];
    assert.deepEqual((await show(project, token)).session, { max_tasks_per_day: 3, break_after_minutes: 20 });
    for (const choice of ['left', 'skip', 'left']) {
        const { body: task } = await next(project, token);
        assert.equal((await next(project, token)).body.id, task.id);
        assert.equal((await judge(task, token, choice)).status, 201);
        assert.equal((await judge(task, token, 'left')).status, task.part ? 409 : choice === 'skip' ? 409 : 201, 'a change of mind is no task');
    }
    const refused = await next(project, token);
    assert.deepEqual([refused.status, refused.headers.get('plenum-reason')], [204, 'done_for_today']);
    const key = server.sql(`select shard_key from project order by created_at desc limit 1`);
    const first = server.sql(`select to_char(min(judged_at) at time zone 'UTC' + interval '24 hours', 'YYYY-MM-DD"T"HH24:MI') from gold_judgment where shard_key = ${key}`);
    assert.ok(refused.headers.get('plenum-next-at').startsWith(first));
    assert.equal((await next(project, other)).status, 201, 'each has their own');
    server.sql(`update gold_judgment set judged_at = judged_at - interval '24 hours' where shard_key = ${key}`);
    assert.equal((await next(project, token)).status, 201);
});

test('with quotas: who somebody is is asked before anything is practised, and what has a known answer counts in no cell', async () => {
    const demographics = { attributes: [{ id: 'age', label: 'age', values: [{ id: 'young', label: 'young' }, { id: 'old', label: 'old' }] }] };
    const quotas = { by: ['age'], else: 'closed', cells: [{ values: { age: 'young' }, judgments: 2 }] };
    const project = await study({ demographics, quotas, onboarding: { practice: 1 }, attention_share: 0.5 }, [...golds('practice', 1), ...golds('attention', 3), ...plain(5)]);
    const of = async (age) => {
        const token = await person(project);
        await call(200, 'PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { age } } });
        return token;
    };
    const young = await of('young');
    assert.equal((await next(project, await person(project))).status, 403, 'asked first');
    for (;;) {
        const { status, headers, body: task } = await next(project, young);
        if (status === 204) { assert.equal(headers.get('plenum-reason'), 'full'); break; }
        await judge(task, young, good(task));
    }
    assert.equal((await show(project)).counts.judgments, 2);
});
