// The task as data: what it may say, what a judgment under it may say, presets, hindsight, articles.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { download, lines, makeExport, unzstd } from '../support/dataset.mjs';
import { validate } from '../support/json-schema.mjs';
import { until, Worker } from '../support/workers.mjs';

const json = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url)));
const schema = json('schema/task.schema.json');
const exported = json('schema/plenum-export.schema.json');
const constitution = json('demo/constitution.json');
const [first, second] = constitution.articles;

let server, community;
before(async () => {
    server = await startCoordinator();
    community = (await server.api('POST', '/api/v1/communities', { body: { name: 'ours' }, key: true })).body.id;
    await server.api('POST', `/api/v1/communities/${community}/constitution`, { body: constitution, key: true });
});
after(() => server.stop());

const create = (task, settings = {}) => server.api('POST', '/api/v1/projects', { key: true, body: { name: 'a task', task, judgments_per_item: 2, ...settings } });
const item = (n, more = {}) => ({ prompt: 'Q?', responses: Array.from({ length: n }, (_, i) => ({ content: `answer ${i}` })), ...more });

async function study(task, { items = [item(2)], people = 1, ...settings } = {}) {
    const made = await create(task, settings);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const project = made.body.id;
    const sent = await server.api('POST', `/api/v1/projects/${project}/items`, { body: items.map((one) => JSON.stringify(one)).join('\n') });
    assert.equal(sent.body.accepted, items.length, JSON.stringify(sent.body));
    const { code } = (await server.api('POST', `/api/v1/projects/${project}/invitations`, { key: true, body: { max_uses: people } })).body;
    const tokens = await Promise.all(Array.from({ length: people }, async () => (
        (await server.api('POST', '/api/v1/join', { token: null, key: true, body: { code } })).body.token)));
    return { project, task: made.body.task, tokens, token: tokens[0] };
}
const next = (project, token) => server.api('POST', `/api/v1/projects/${project}/assignments`, { token, key: true });
const put = (assignment, token, body) => server.api('PUT', `/api/v1/assignments/${assignment.id}/judgment`, { token, key: true, body: { active_ms: 1000, client: {}, ...body } });
async function judged(one, body, token = one.token) {
    const { body: assignment } = await next(one.project, token);
    const answer = await put(assignment, token, body(assignment));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return assignment;
}
async function plenumFile(project) {
    const done = await makeExport(server, project, { formats: ['plenum'] });
    assert.equal(done.state, 'done', done.error);
    const all = lines(unzstd(await download(server, done.id, 'plenum.jsonl.zst')));
    for (const line of all) assert.deepEqual(validate(line, exported), [], JSON.stringify(line));
    return all;
}
const kept = async (project) => (await plenumFile(project)).filter(({ type }) => type === 'judgment');

const GOOD = [
    { kind: 'pairwise' }, { kind: 'ranking', partial: true }, { kind: 'best_worst' }, { kind: 'rating', dimensions: ['a', { id: 'b', min: 0, max: 0.5 }] },
    { preset: 'prism' }, { preset: 'llama2', labels: null, tie: true }, { kind: 'pairwise', goal: 'worse', strength_max: 0, tie: false, both_bad: false },
    { kind: 'rating', dimensions: [{ id: 'a', scale: 'slider', about: 'item', low: { en: 'low', ar: 'أدنى' }, high: 'high', description: 'd' }, { id: 'b', scale: 'yes_no_unsure', required: false }, { id: 'c', scale: 'likert', min: 0, max: 10 }] },
    { kind: 'pairwise', labels: [{ id: 'x' }, { id: 'y', about: 'item', required: true, multiple: true, options: [{ id: 'o', label: 'O' }, { id: 'p' }] }] },
    { kind: 'pairwise', reasons: { from: 'constitution' } }, { kind: 'pairwise', reasons: { from: 'list', list: [{ id: 'r', label: { en: 'R' } }] } },
    { kind: 'pairwise', rationale: 'required', confidence: 'optional', edit: 'required', hindsight: { when: 'split' } },
    { kind: 'rating', compliance: { articles: [first.id, second.id] } }, { kind: 'pairwise', reasons: null, compliance: null, hindsight: null, dimensions: null },
];
const BAD = [
    {}, { kind: 'live' }, { kind: 'pairwise', preset: 'none' }, { kind: 'pairwise', more: 1 }, { kind: 'pairwise', strength_max: 5 }, { kind: 'pairwise', strength_max: 1.5 },
    { kind: 'pairwise', tie: 'no' }, { kind: 'rating', goal: 'worse' }, { kind: 'pairwise', goal: 'best' }, { kind: 'pairwise', rationale: true },
    { kind: 'rating', dimensions: 'a' }, { kind: 'rating', dimensions: [''] }, { kind: 'rating', dimensions: [{}] }, { kind: 'rating', dimensions: [{ id: 'a', x: 1 }] },
    { kind: 'rating', dimensions: [{ id: 'a', scale: 'stars' }] }, { kind: 'rating', dimensions: [{ id: 'a', scale: 'slider', min: 0 }] },
    { kind: 'rating', dimensions: [{ id: 'a', scale: 'yes_no_unsure', max: 3 }] }, { kind: 'rating', dimensions: [{ id: 'a', scale: 'likert', max: 4.5 }] },
    { kind: 'rating', dimensions: [{ id: 'a', about: 'all' }] }, { kind: 'rating', dimensions: [{ id: 'a', label: { en: 'x'.repeat(501) } }] },
    { kind: 'pairwise', labels: [{}] }, { kind: 'pairwise', labels: ['x'] }, { kind: 'pairwise', labels: [{ id: 'a:b' }] }, { kind: 'pairwise', labels: [{ id: 'a', options: [] }] },
    { kind: 'pairwise', labels: [{ id: 'a', required: true }] }, { kind: 'pairwise', labels: [{ id: 'a', options: [{ id: 'o', x: 1 }] }] },
    { kind: 'pairwise', reasons: {} }, { kind: 'pairwise', reasons: { from: 'list' } }, { kind: 'pairwise', reasons: { from: 'list', list: [] } },
    { kind: 'pairwise', reasons: { from: 'constitution', list: [{ id: 'a' }] } }, { kind: 'pairwise', compliance: { articles: [first.id] } },
    { kind: 'rating', compliance: { articles: [] } }, { kind: 'rating', compliance: {} }, { kind: 'pairwise', hindsight: { when: 'after' } }, { kind: 'pairwise', hindsight: true },
];
test('the schema and the server say the same of a task', async () => {
    for (const task of GOOD) {
        assert.deepEqual(validate(task, schema), [], JSON.stringify(task));
        const made = await create(task, { community });
        assert.equal(made.status, 201, JSON.stringify([task, made.body]));
        // What is made is in full, and can be made again: so a study is copied.
        assert.deepEqual(validate(made.body.task, schema), [], JSON.stringify(made.body.task));
        assert.deepEqual((await create(made.body.task, { community })).body.task, made.body.task);
    }
    for (const task of BAD) {
        assert.notDeepEqual(validate(task, schema), [], JSON.stringify(task));
        const refused = await create(task, { community });
        assert.equal(refused.status, 422, JSON.stringify(task));
        for (const { pointer } of refused.body.errors) assert.ok(pointer.startsWith('/task'), pointer);
    }
});

test('presets are listed for anybody, kept for an hour, and good by the schema', async () => {
    const listed = await server.api('GET', '/api/v1/presets', { token: null });
    assert.equal(listed.status, 200);
    assert.match(listed.headers.get('cache-control'), /public, max-age=3600/);
    assert.deepEqual(listed.body.data.map(({ name }) => name).sort(),
        ['dices', 'gemini', 'hh', 'hh-redteam', 'instructgpt', 'llama2', 'llama3', 'lmarena', 'prism', 'qwen']);
    for (const { name, title, source, task } of listed.body.data) {
        assert.ok(title.en && title.ar && source, name);
        assert.deepEqual(validate(task, schema), [], name);
        assert.deepEqual(validate(json(`schema/presets/${name}.json`).task, schema), [], name);
        assert.deepEqual((await create({ preset: name })).body.task, task, name);
    }
});

// What a person who does as asked says, of any task.
function obedient(task, slots) {
    const rate = ({ scale, min = 1 }) => (scale === 'yes_no_unsure' ? 'unsure' : min);
    const required = (list) => list.filter((one) => one.required);
    const body = {};
    if (task.kind === 'pairwise') body.choice = 'left';
    if (task.kind === 'pairwise' && task.strength_max > 0) body.strength = task.strength_max;
    if (task.kind === 'ranking') body.ranking = slots.map((slot) => [slot]);
    if (task.kind === 'best_worst') Object.assign(body, { best: slots[0], worst: slots[1] });
    if (task.dimensions.length > 0) {
        body.ratings = Object.fromEntries(task.dimensions.map((one) => [one.id,
            Object.fromEntries((one.about === 'item' ? ['item'] : slots).map((slot) => [slot, rate(one)]))]));
    }
    for (const group of task.labels) {
        body.labels ??= {};
        for (const slot of group.about === 'item' ? ['item'] : slots)
            (body.labels[slot] ??= []).push(group.options ? `${group.id}:${group.options[0].id}` : group.id);
    }
    if (task.edit !== 'off') body.edit = { slot: slots[task.goal === 'worse' ? 1 : 0], content: 'better' };
    assert.ok(required(task.dimensions).every(({ id }) => body.ratings[id]));
    return body;
}
test('each preset is made into a study and judged as it asks', async () => {
    for (const { name } of (await server.api('GET', '/api/v1/presets')).body.data) {
        const n = { instructgpt: 4, dices: 1, prism: 4 }[name] ?? 2;
        const one = await study({ preset: name }, { items: [item(n)], people: 2 });
        let said;
        await judged(one, ({ task, item: { responses } }) => {
            assert.deepEqual(task, one.task);
            said = obedient(task, responses.map(({ slot }) => slot));
            return said;
        });
        const [line] = await kept(one.project);
        assert.equal(Object.keys(line.ratings ?? {}).length, one.task.dimensions.length, name);
        assert.deepEqual(Object.keys(line.labels ?? {}).length, Object.keys(said.labels ?? {}).length, name);
        // Nothing is asked of who can't tell.
        await judged(one, () => ({ choice: 'cannot_judge' }), one.tokens[1]);
    }
});

test('a best and a worst are a ranking, and a partial ranking names whom it ranks', async () => {
    const three = { items: [item(4)] };
    const extremes = await study({ kind: 'best_worst' }, three);
    const order = ({ item: { responses } }) => responses.map(({ content }) => Number(content.slice(-1)));
    let seen = await judged(extremes, () => ({ best: 'c', worst: 'a' }));
    let shown = order(seen);
    assert.deepEqual((await kept(extremes.project))[0].ranking, [[shown[2]], [shown[1], shown[3]], [shown[0]]]);
    const partial = await study({ kind: 'ranking', partial: true }, three);
    seen = await judged(partial, () => ({ ranking: [['b'], ['a', 'd']] }));
    shown = order(seen);
    assert.deepEqual((await kept(partial.project))[0].ranking, [[shown[1]], [shown[0], shown[3]]]);
});

test('what a task does not take is refused at its place, and nothing is stored', async () => {
    const cases = [
        [{ kind: 'pairwise', tie: false }, 2, [[{ choice: 'tie' }, '/choice']]],
        [{ preset: 'hh' }, 2, [[{ choice: 'both_bad' }, '/choice'], [{ choice: 'left', strength: 1 }, '/strength']]],
        [{ kind: 'pairwise', rationale: 'required', confidence: 'required', edit: 'required' }, 2, [
            [{ choice: 'left', confidence: 20, edit: { slot: 'left', content: 'x' } }, '/rationale'],
            [{ choice: 'left', rationale: 'r', edit: { slot: 'left', content: 'x' } }, '/confidence'],
            [{ choice: 'left', rationale: 'r', confidence: 20 }, '/edit'],
            [{ choice: 'left', rationale: 'r', confidence: 20, edit: { slot: 'right', content: 'x' } }, '/edit/slot']]],
        [{ preset: 'instructgpt' }, 4, [[{ ranking: [['a'], ['b'], ['c'], ['d']] }, '/ratings'],
            [{ ranking: [['a'], ['b'], ['c']], ratings: { overall: { a: 1, b: 1, c: 1, d: 1 } } }, '/ranking'],
            [{ ranking: [['a'], ['b'], ['c'], ['d']], ratings: { overall: { a: 1, b: 1, c: 1, d: 1 } }, labels: { a: ['rude'] } }, '/labels/a']]],
        [{ preset: 'dices' }, 1, [[{ ratings: { unsafe: { a: 'yes' } } }, '/ratings'], [{ ratings: { unsafe: { a: 1 } } }, '/ratings/unsafe/a']]],
        [{ kind: 'best_worst' }, 3, [[{ best: 'a' }, '/worst'], [{ best: 'a', worst: 'a' }, '/worst'], [{ best: 'z', worst: 'a' }, '/best']]],
        [{ kind: 'pairwise', labels: [{ id: 's', about: 'item', required: true, options: [{ id: 'o' }, { id: 'p' }] }] }, 2, [
            [{ choice: 'left' }, '/labels/item'], [{ choice: 'left', labels: { item: ['s:o', 's:p'] } }, '/labels/item'], [{ choice: 'left', labels: { left: ['s:o'] } }, '/labels/left']]],
        [{ kind: 'pairwise', reasons: { from: 'list', list: [{ id: 'r' }] } }, 2, [[{ choice: 'left', reasons: ['q'] }, '/reasons/0']]],
        [{ kind: 'pairwise' }, 2, [[{ choice: 'left', reasons: ['r'] }, '/reasons']]],
    ];
    for (const [task, n, refused] of cases) {
        const one = await study(task, { items: [item(n)] });
        const { body: assignment } = await next(one.project, one.token);
        for (const [body, pointer] of refused) {
            const answer = await put(assignment, one.token, body);
            assert.equal(answer.status, 422, JSON.stringify([task, body]));
            assert.equal(answer.body.errors[0].pointer, pointer, JSON.stringify(answer.body));
        }
        assert.deepEqual(await kept(one.project), []);
        assert.equal((await put(assignment, one.token, { choice: 'skip' })).status, 201);
    }
});

test('reasons are the articles that stood when the task was given out', async () => {
    const one = await study({ kind: 'pairwise', reasons: { from: 'constitution' } }, { community });
    const { body: assignment } = await next(one.project, one.token);
    assert.equal(assignment.constitution_version, 1);
    const deep = first.children?.[0]?.id ?? second.id;
    assert.equal((await put(assignment, one.token, { choice: 'left', reasons: [first.id, 'nowhere'] })).body.errors[0].pointer, '/reasons/1');
    assert.equal((await put(assignment, one.token, { choice: 'left', reasons: [constitution.pillars[0].id] })).status, 422);
    assert.equal((await put(assignment, one.token, { choice: 'left', reasons: [first.id, deep] })).status, 201);
    assert.deepEqual((await kept(one.project))[0].reasons, [first.id, deep]);
});

test('compliance asks of each article, by its title, yes, no or unsure', async () => {
    const made = await create({ kind: 'rating', compliance: { articles: [second.id, 'nowhere'] } }, { community });
    assert.deepEqual([made.status, made.body.errors[0].pointer], [422, '/task/compliance/articles/1']);
    const nobody = await create({ kind: 'rating', compliance: { articles: [second.id] } });
    assert.equal(nobody.body.errors[0].pointer, '/task/compliance');
    const empty = (await server.api('POST', '/api/v1/communities', { body: { name: 'empty' }, key: true })).body.id;
    assert.equal((await create({ kind: 'rating', compliance: { articles: [second.id] } }, { community: empty })).body.errors[0].pointer, '/community');
    const one = await study({ kind: 'rating', compliance: { articles: [second.id] } }, { community, items: [item(1)] });
    const id = `article:${second.id}`;
    assert.deepEqual(one.task.dimensions, [{ id, label: second.title, scale: 'yes_no_unsure', about: 'response', required: true }]);
    const { body: assignment } = await next(one.project, one.token);
    assert.equal((await put(assignment, one.token, { ratings: { [id]: { a: 1 } } })).status, 422);
    assert.equal((await put(assignment, one.token, { ratings: { [id]: { a: 'no' } } })).status, 201);
    assert.deepEqual((await kept(one.project))[0].ratings, { [id]: { 0: 'no' } });
});

test('a study from before tasks said so much goes on as it was', async () => {
    const one = await study({ kind: 'rating' }, { items: [item(2)] });
    server.sql(`update project set settings = jsonb_set(settings, '{task}', '{"kind":"rating","strength_max":3,"dimensions":[{"id":"d","min":1,"max":5}]}')
        where project_id = (select project_id from project order by created_at desc limit 1)`);
    await new Promise((done) => setTimeout(done, 2100)); // rules are kept for 2 s
    const { body: assignment } = await next(one.project, one.token);
    assert.deepEqual(Object.keys(assignment.task).sort(), ['dimensions', 'kind', 'strength_max']);
    assert.equal((await put(assignment, one.token, { ratings: { d: { a: 1 } } })).body.errors[0].pointer, '/ratings/d');
    assert.equal((await put(assignment, one.token, { ratings: { d: { a: 1, b: 3.5 } }, labels: { a: ['any words'] }, confidence: 0.5 })).status, 201);
    const [{ ratings, labels, confidence }] = await kept(one.project);
    assert.deepEqual([Object.values(ratings.d).sort(), Object.values(labels), confidence], [[1, 3.5], [['any words']], 0.5]);
});

const later = { text: 'She thanked them for it.', simulated: true };
test('what happened later is shown before, and kept with the judgment', async () => {
    const one = await study({ kind: 'pairwise', hindsight: { when: 'before' } }, { items: [item(2, { later: 'It rained.' }), { ...item(2), prompt: 'R?' }] });
    const seen = {};
    for (let i = 0; i < 2; i++) {
        const { item: given } = await judged(one, () => ({ choice: 'left' }));
        seen[given.prompt[0].content] = given.later;
    }
    assert.deepEqual(seen, { 'Q?': { simulated: false, text: 'It rained.' }, 'R?': undefined });
    const all = await plenumFile(one.project);
    assert.deepEqual(all.filter(({ type }) => type === 'item').map(({ later: text }) => text?.text ?? null).sort(), ['It rained.', null]);
    assert.deepEqual(all.filter(({ type }) => type === 'judgment').map(({ later_shown: shown }) => shown).sort(), [false, true]);
    const off = await study({ kind: 'pairwise' }, { items: [item(2, { later })] });
    assert.equal((await judged(off, () => ({ choice: 'left' }))).item.later, undefined);
    assert.equal((await kept(off.project))[0].later_shown, undefined);
});

test('a split shows it to half of the people, also when it is taken back', async () => {
    const one = await study({ kind: 'pairwise', hindsight: { when: 'split' } }, { items: [item(2, { later })], people: 4, judgments_per_item: 4 });
    const shown = [];
    for (const token of one.tokens) {
        const assignment = await judged(one, () => ({ choice: 'tie' }), token);
        const undone = await server.api('DELETE', `/api/v1/assignments/${assignment.id}/judgment`, { token, key: true });
        assert.deepEqual(undone.body.item, assignment.item);
        assert.deepEqual((await next(one.project, token)).body.item, assignment.item);
        assert.equal((await put(assignment, token, { choice: 'left' })).status, 201);
        shown.push(assignment.item.later !== undefined);
        if (assignment.item.later) assert.deepEqual(assignment.item.later, later);
    }
    assert.deepEqual(shown.toSorted(), [false, false, true, true]);
    assert.deepEqual((await kept(one.project)).map(({ later_shown: was }) => was).sort(), [false, false, true, true]);
});

// With many at once, tasks are read ahead: what is shown and what is kept are decided in different places.
test('with many people at once, what was shown is what is kept', async () => {
    const one = await study({ kind: 'pairwise', hindsight: { when: 'split' } }, {
        items: Array.from({ length: 40 }, (_, i) => item(2, { id: `i${i}`, prompt: `Q${i}?`, later: `later ${i}` })), people: 16, judgments_per_item: 4 });
    const shown = [];
    for (let round = 0; round < 6; round++) {
        await Promise.all(one.tokens.map(async (token) => {
            const { item: { prompt, later: what } } = await judged(one, () => ({ choice: 'left' }), token);
            if (what) assert.equal(what.text, `later ${prompt[0].content.slice(1, -1)}`);
            shown.push(what !== undefined);
        }));
    }
    const readAhead = Number(/plenum_assignments_total\{[^}]*read_ahead[^}]*\} (\d+)/.exec((await server.api('GET', '/metrics')).body)?.[1]);
    assert.ok(readAhead > 0, `read ahead: ${readAhead}`);
    const was = (await kept(one.project)).map(({ later_shown: shown_ }) => shown_);
    assert.equal(was.filter(Boolean).length, shown.filter(Boolean).length);
    const share = shown.filter(Boolean).length / shown.length;
    assert.ok(share > 0.3 && share < 0.7, `shown to ${share}`);
});

test('what an item says of later is checked', async () => {
    const { body: { id } } = await create({ kind: 'pairwise' });
    for (const [wrong, pointer] of [[5, '/later'], [{}, '/later/text'], [{ text: 'x', when: 1 }, '/later/when'], [{ text: 'x', simulated: 1 }, '/later/simulated'], ['', '/later']]) {
        const { body } = await server.api('POST', `/api/v1/projects/${id}/items`, { body: JSON.stringify(item(2, { later: wrong })) });
        assert.deepEqual([body.accepted, body.rejected[0].pointer], [0, pointer]);
    }
});

const pairsOf = async (project, name = 'trl') => {
    const done = await makeExport(server, project, { formats: [name] });
    assert.equal(done.state, 'done', done.error);
    return lines((await download(server, done.id, `${name}.jsonl`)).toString());
};
const words = ({ chosen, rejected }) => `${chosen.at(-1).content}>${rejected.at(-1).content}`;

test('what was made better stands above: edited > chosen > rejected, and goes when its writer is erased', async () => {
    const one = await study({ preset: 'llama3' }, { people: 2 });
    const side = ({ item: { responses } }, content) => responses.find((response) => response.content === content).slot;
    await judged(one, (task) => ({ choice: side(task, 'answer 1'), strength: 3, edit: { slot: side(task, 'answer 1'), content: 'answer 1, and kinder' } }));
    const expected = ['answer 1, and kinder>answer 0', 'answer 1, and kinder>answer 1', 'answer 1>answer 0'];
    assert.deepEqual((await pairsOf(one.project)).map(words).sort(), expected);
    assert.deepEqual((await pairsOf(one.project, 'trl-implicit')).map(({ margin }) => margin).sort(), [0, 3, 3]);
    assert.ok((await pairsOf(one.project, 'hh')).some(({ chosen }) => chosen === '\n\nHuman: Q?\n\nAssistant: answer 1, and kinder'));
    assert.deepEqual((await kept(one.project))[0].edit, { response: 1, content: 'answer 1, and kinder' });
    assert.equal((await server.api('DELETE', '/api/v1/me', { token: one.token, key: true, body: { confirm: 'erase' } })).status, 204);
    assert.deepEqual((await pairsOf(one.project)).map(words), ['answer 1>answer 0']);
    // A task that does not ask for edits gives none out.
    const other = await study({ kind: 'pairwise' });
    await judged(other, () => ({ choice: 'left', edit: { slot: 'left', content: 'mine' }, rationale: 'mine too' }));
    assert.equal((await pairsOf(other.project)).length, 1);
    assert.doesNotMatch(JSON.stringify(await plenumFile(other.project)), /mine/);
});

test('where the worse one is chosen, pairs are turned round, and files of pairs come in as they are meant', async () => {
    const one = await study({ preset: 'hh-redteam' });
    const { item: { responses } } = await judged(one, () => ({ choice: 'left' }));
    assert.deepEqual((await pairsOf(one.project)).map(words), [`${responses[1].content}>${responses[0].content}`]);
    const all = await plenumFile(one.project);
    assert.equal(all[0].task.goal, 'worse');
    assert.equal(all.at(-1).choice, 'left');
    const pair = JSON.stringify({ prompt: 'P?', chosen: 'good', rejected: 'bad' });
    assert.equal((await server.api('POST', `/api/v1/projects/${one.project}/items?format=trl`, { body: pair })).body.accepted, 1);
    assert.ok((await pairsOf(one.project)).map(words).includes('good>bad'));
});

test('a study goes out as plenum and comes in again: items, raters and all that was said', async () => {
    const task = { kind: 'ranking', partial: true, hindsight: { when: 'before' }, reasons: { from: 'list', list: [{ id: 'r' }] }, confidence: 'optional',
        dimensions: [{ id: 'safe', scale: 'yes_no_unsure' }, { id: 'all', scale: 'slider', about: 'item' }], labels: [{ id: 'rude' }, { id: 'kind', about: 'item', options: [{ id: 'x' }] }] };
    const one = await study(task, { items: [item(3, { id: 'i', later }), item(3, { id: 'j', prompt: 'S?' })], people: 2 });
    const says = [{ ranking: [['a'], ['b']], reasons: ['r'], confidence: 60, ratings: { safe: { a: 'yes', b: 'unsure' }, all: { item: 7 } }, labels: { c: ['rude'], item: ['kind:x'] } },
        { choice: 'cannot_judge' }, { ranking: [['a', 'b', 'c']] }, { ranking: [['c'], ['a', 'b']] }];
    for (const token of one.tokens) for (let i = 0; i < 2; i++) await judged(one, () => says.shift(), token);
    const out = await plenumFile(one.project);
    const into = await study(one.task, { items: [item(3, { prompt: 'other' })] });
    const send = () => server.api('POST', `/api/v1/projects/${into.project}/items`, { body: out.map((line) => JSON.stringify(line)).join('\n') });
    assert.deepEqual((await send()).body, { accepted: 6, duplicates: 0, rejected: [], n_rejected: 0 });
    assert.equal((await send()).body.accepted, 0);
    const plain = (all) => all.filter(({ id, type }) => type !== 'rater' && !String(id).startsWith('sha256'))
        .map(({ id, rater, judged_at, guideline_version, active_ms, wall_ms, strategy, name, ...rest }) => (rest.type === 'item' ? { id, ...rest } : rest))
        .map((line) => JSON.stringify(line)).sort();
    assert.deepEqual(plain(await plenumFile(into.project)), plain(out));
    // What does not hold together is named.
    const judgment = out.find(({ ranking }) => ranking);
    const it = out.find(({ type }) => type === 'item'), rater = out.find(({ type }) => type === 'rater');
    const bad = [[{ ...judgment, item: 'elsewhere' }, '/item'], [{ ...judgment, item: it.id, rater: 'nobody' }, '/rater'], [{ ...rater, id: 'm', simulated: true }, '/simulated'],
        [{ ...judgment, item: it.id, responses: [0, 0] }, '/responses'], [{ ...judgment, item: it.id, ranking: [[9]] }, '/ranking/0'], [{ ...judgment, item: it.id, repeat_of: 'x' }, '/repeat_of'], [{ ...judgment, item: it.id, ratings: { safe: { 0: 'maybe' } } }, '/ratings/safe'],
        [{ ...judgment, item: it.id, labels: { left: [] } }, '/labels/left'], [{ ...judgment, item: it.id, reasons: 'r' }, '/reasons'], [{ ...judgment, item: it.id, choice: 'skip' }, '/choice']];
    const again = await server.api('POST', `/api/v1/projects/${into.project}/items`, { body: [{ ...rater, id: judgment.rater }, it, ...bad.map(([line]) => line)].map((line) => JSON.stringify(line)).join('\n') });
    assert.deepEqual(again.body.rejected.map(({ pointer }) => pointer), bad.map(([, pointer]) => pointer));
});

// Ten people who know what they like: the first of three responses, then the second. They say so in each of these ways.
const WAYS = [
    [{ kind: 'pairwise' }, 2, { choice: 'left' }],
    [{ kind: 'pairwise', goal: 'worse' }, 2, { choice: 'right' }],
    [{ kind: 'best_worst' }, 3, { ranking: [[0], [1], [2]] }],
    [{ kind: 'ranking', partial: true }, 3, { ranking: [[0], [2]] }],
    [{ kind: 'rating', dimensions: [{ id: 'mood', scale: 'slider', about: 'item', required: false }, { id: 'fits', scale: 'yes_no_unsure' }] }, 3,
        { ratings: { mood: { item: 50 }, fits: { 0: 'yes', 1: 'unsure', 2: 'no' } } }],
];
test('fits read every way of saying the same', async () => {
    const worker = (await new Worker(server, 'one').enrol()).start();
    try {
        for (const [task, n, said] of WAYS) {
            const { body: { id: project } } = await create(task);
            const raters = Array.from({ length: 10 }, (_, r) => ({ type: 'rater', id: `r${r}` }));
            const judged_ = Array.from({ length: 40 }, (_, i) => [{ type: 'item', id: `i${i}`, prompt: `Q${i}?`,
                responses: Array.from({ length: n }, (__, k) => ({ content: `${i} ${k}`, embedding: [k === 0 ? 1 : k === n - 1 ? -1 : 0, ((i * 37) % 11) / 11] })) },
            ...raters.map(({ id }) => ({ type: 'judgment', id: `${i} ${id}`, item: `i${i}`, rater: id, responses: Array.from({ length: n }, (__, k) => k), ...said }))]);
            const sent = await server.api('POST', `/api/v1/projects/${project}/items`, { body: [...raters, ...judged_.flat()].map((line) => JSON.stringify(line)).join('\n') });
            assert.deepEqual([sent.body.accepted, sent.body.n_rejected], [440, 0], JSON.stringify(sent.body.rejected));
            const { body: { id } } = await server.api('POST', `/api/v1/projects/${project}/fits`, { body: { method: 'pooled' }, key: true });
            const fit = await until(async () => {
                const { body } = await server.api('GET', `/api/v1/fits/${id}`);
                return ['done', 'failed'].includes(body.state) && body;
            }, 'the fit');
            assert.equal(fit.state, 'done', JSON.stringify([task, fit.error]));
            const { body } = await server.api('POST', '/api/v1/score', { body: { model: fit.model_id, candidates: [{ embedding: [-1, 0.5] }, { embedding: [1, 0.5] }] } });
            assert.deepEqual(body.candidates.map(({ rank }) => rank), [1, 0], JSON.stringify([task, body]));
        }
    } finally {
        await worker.remove();
    }
});
