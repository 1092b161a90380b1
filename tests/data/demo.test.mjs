// The demonstration study is data that people read first and that simulated annotators react to: it must keep its own
// promises (demo/README.md) when somebody edits or translates it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { validate } from '../support/json-schema.mjs';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const json = (path) => JSON.parse(read(path));

const AXES = ['caution', 'tradition', 'warmth', 'brevity', 'darkness'];
const TOPICS = ['health', 'faith-culture', 'creative-grief', 'civic-technology'];
const PREFER_NOT = 'prefer_not_to_say';
const LEVELS = ['immutable', 'principle', 'rule', 'guideline'];

const items = read('demo/items.jsonl').trimEnd().split('\n').map((line) => JSON.parse(line));
const responses = items.flatMap((item) => item.responses);
const { groups, annotators, judgments_each: judgmentsEach, ...simulation } = json('demo/annotators.json');
const study = json('demo/study.json');
const template = json('demo/demographics.json');
const constitution = json('demo/constitution.json');
const amendment = json('demo/amendment.json');

const words = (text) => text.replace(/[#*|`_>-]/g, ' ').split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
const spread = (item, axis) => {
    const values = item.responses.map((response) => response.meta[axis]);
    return Math.max(...values) - Math.min(...values);
};
const utility = (tastes, response) => AXES.reduce((sum, axis) => sum + tastes[axis] * response.meta[axis], 0);
const pairsOf = (item) => item.responses.flatMap((one, i) => item.responses.slice(0, i).map((other) => [one, other]));

function articlesOf(document) {
    const found = [];
    (function walk(list, parent) {
        for (const article of list) {
            found.push({ article, parent });
            walk(article.children ?? [], article);
        }
    })(document.articles, null);
    return found;
}

test('items: enough of them, in four topics and two languages, some with several turns', () => {
    assert.ok(items.length >= 44);
    for (const topic of TOPICS) assert.ok(items.filter((item) => item.tags[0] === topic).length >= 8, topic);
    assert.ok(items.every((item) => TOPICS.includes(item.tags[0])));
    assert.ok(items.filter((item) => item.language === 'ar').length >= 8);
    assert.ok(items.filter((item) => Array.isArray(item.prompt)).length >= 2);
    for (const scene of ['ramadan-exercise', 'whenua-burial', 'drowned-husband']) {
        assert.ok(items.some((item) => item.id === scene), scene);
    }
});

test('items: shape, names and languages', () => {
    const known = ['id', 'prompt', 'responses', 'language', 'tags', 'warning'];
    for (const item of items) {
        assert.deepEqual(Object.keys(item).filter((key) => !known.includes(key)), [], item.id);
        assert.ok(item.responses.length >= 2 && item.responses.length <= 4, item.id);
        const turns = Array.isArray(item.prompt) ? item.prompt : [{ role: 'user', content: item.prompt }];
        turns.forEach((turn, i) => assert.equal(turn.role, i % 2 === 0 ? 'user' : 'assistant', item.id));
        assert.equal(turns.at(-1).role, 'user', item.id);
        for (const text of [...turns, ...item.responses].map((one) => one.content)) {
            const arabic = (text.match(/\p{Script=Arabic}/gu) ?? []).length;
            const latin = (text.match(/\p{Script=Latin}/gu) ?? []).length;
            assert.equal(item.language === 'ar', arabic > latin, item.id);
        }
    }
    assert.equal(new Set(items.map((item) => item.id)).size, items.length);
    assert.equal(new Set(responses.map((response) => response.id)).size, responses.length);
    assert.equal(new Set(responses.map((response) => response.content)).size, responses.length);
});

test('items: warnings are of the words that the pages know in every language', () => {
    const known = new Set([...read('web-static/src/locales/en/annotate.ftl').matchAll(/^warned-([a-z-]+) =/gm)].map(([, word]) => word));
    assert.ok(items.filter((item) => item.warning).length >= 10);
    for (const { id, warning } of items.filter((item) => item.warning)) {
        assert.ok(warning.split(', ').every((word) => known.has(word.replaceAll(' ', '-'))), `${id}: ${warning}`);
    }
});

test('responses: 60 to 160 words, none names its model, every axis planted', () => {
    for (const response of responses) {
        const n = words(response.content);
        assert.ok(n >= 60 && n <= 160, `${response.id}: ${n} words`);
        assert.match(response.model, /^demo-[a-d]$/);
        assert.doesNotMatch(response.content, /demo-[a-d]|language model|as an AI/i, response.id);
        assert.deepEqual(Object.keys(response.meta), AXES, response.id);
        assert.ok(Object.values(response.meta).every((value) => value >= -1 && value <= 1), response.id);
    }
});

test('planted axes vary within each item, and brevity is what it says', () => {
    for (const item of items) {
        assert.ok(AXES.filter((axis) => spread(item, axis) >= 0.8).length >= 2, item.id);
        for (const [one, other] of pairsOf(item)) {
            if (one.meta.brevity - other.meta.brevity < 0.8) continue;
            assert.ok(words(one.content) < words(other.content), `${one.id} is to be the shorter`);
        }
    }
});

test('annotators: invented, in groups of different sizes, with values of the template', () => {
    assert.equal(simulation.simulated, true);
    assert.equal(annotators.length, 60);
    const sizes = groups.map((group) => annotators.filter((one) => one.group === group.id).length);
    assert.deepEqual(sizes, [32, 15, 13]);
    assert.equal(new Set(annotators.map((one) => one.name)).size, annotators.length);
    const values = Object.fromEntries(template.attributes.map((one) => [one.id, one.values.map((value) => value.id)]));
    for (const one of annotators) {
        assert.equal(one.simulated, true, one.name);
        assert.deepEqual(Object.keys(one.tastes), AXES, one.name);
        assert.ok(one.noise > 0, one.name);
        assert.ok(['en', 'ar'].includes(one.language), one.name);
        for (const [attribute, value] of Object.entries(one.demographics)) {
            assert.ok(value === PREFER_NOT || values[attribute].includes(value), `${one.name}: ${attribute}`);
        }
    }
});

test('annotators: who one is says something of what one likes, and not all', () => {
    for (const { id: attribute } of template.attributes) {
        const given = annotators.map((one) => one.demographics[attribute]);
        assert.ok(given.includes(PREFER_NOT) && given.includes(undefined), attribute);
        for (const group of groups) {
            const inGroup = annotators.filter((one) => one.group === group.id).map((one) => one.demographics[attribute]);
            assert.ok(new Set(inGroup).size >= 2, `${group.id}: ${attribute}`);
        }
        const largest = Math.max(...given.map((value) => given.filter((other) => other === value).length));
        assert.ok(largest >= 10, `${attribute}: some cell may be shown`);
    }
});

test('taste groups disagree with the majority often enough for a model to find them', () => {
    const pairs = items.flatMap(pairsOf);
    const [majority, ...others] = groups;
    for (const group of others) {
        const against = pairs.filter(([one, other]) => (utility(group.tastes, one) - utility(group.tastes, other))
            * (utility(majority.tastes, one) - utility(majority.tastes, other)) < 0).length;
        assert.ok(against / pairs.length > 0.25, `${group.id}: ${against} of ${pairs.length}`);
    }
});

test('study: a simulated pairwise project that leaves room for people', () => {
    const { project, consent, warning, community } = study;
    assert.equal(project.simulated, true);
    assert.equal(project.task.kind, 'pairwise');
    assert.deepEqual(project.demographics.attributes, template.attributes);
    assert.equal(community.follows, true);
    for (const language of ['en', 'ar']) {
        assert.ok(project.name[language] && project.guideline[language].length > 200, language);
        assert.ok(consent.text[language].split('\n\n').length >= 5, language);
        assert.ok(warning[language], language);
    }
    assert.ok(judgmentsEach <= items.length);
    assert.ok(annotators.length * judgmentsEach < items.length * project.judgments_per_item);
    assert.ok(annotators.length <= project.judgments_per_item);
});

test('demographic templates: labels in both languages, ids unique, prefer-not-to-say offered once for all', () => {
    const international = json('schema/demographics/international.json');
    for (const one of [template, international]) {
        assert.ok(one.prefer_not_to_say.en && one.prefer_not_to_say.ar);
        for (const attribute of one.attributes) {
            assert.equal(typeof attribute.multi, 'boolean', attribute.id);
            const ids = attribute.values.map((value) => value.id);
            assert.equal(new Set(ids).size, ids.length, attribute.id);
            assert.ok(!ids.includes(PREFER_NOT), attribute.id);
            assert.ok(attribute.short.en.length < 20 && /\p{Script=Arabic}/u.test(attribute.short.ar), attribute.id);
            for (const { id, label } of [attribute, ...attribute.values]) {
                assert.match(id, /^[a-z0-9_]+$/);
                assert.ok(label.en && /\p{Script=Arabic}/u.test(label.ar), id);
            }
        }
    }
    const shared = international.attributes.filter(({ id }) => template.attributes.some((one) => one.id === id));
    assert.deepEqual(shared, template.attributes);
    assert.ok(international.attributes.some((attribute) => attribute.multi));
});

test('constitution: follows its schema, levels fall, ids are unique, pillars exist', () => {
    assert.deepEqual(validate(constitution, json('schema/constitution.schema.json')), []);
    const found = articlesOf(constitution);
    assert.ok(found.length >= 20);
    assert.equal(new Set(found.map(({ article }) => article.id)).size, found.length);
    assert.deepEqual(constitution.pillars.map((pillar) => pillar.id), ['flourishing', 'justice', 'autonomy']);
    for (const { article, parent } of found) {
        assert.ok(constitution.pillars.some((pillar) => pillar.id === article.pillar), article.id);
        for (const words of [article.title, article.text]) assert.ok(words.en && /\p{Script=Arabic}/u.test(words.ar), article.id);
        if (parent) assert.ok(LEVELS.indexOf(article.level) > LEVELS.indexOf(parent.level), article.id);
        else assert.equal(article.level, 'immutable', article.id);
        for (const topic of article.scope?.topics ?? []) assert.ok(TOPICS.includes(topic), article.id);
    }
});

test('constitution: what the schema refuses', () => {
    const schema = json('schema/constitution.schema.json');
    const broken = (change) => {
        const copy = structuredClone(constitution);
        change(copy.articles[0], copy);
        return validate(copy, schema).map((error) => error.pointer);
    };
    assert.deepEqual(broken((article) => { article.immutable = false; }), ['/articles/0/immutable']);
    assert.deepEqual(broken((article) => { article.children[0].immutable = true; }), ['/articles/0/children/0/immutable']);
    assert.deepEqual(broken((article) => { article.id = 'Not a slug'; }), ['/articles/0/id']);
    assert.deepEqual(broken((article) => { article.level = 'supreme'; }).includes('/articles/0/level'), true);
    assert.deepEqual(broken((article) => { delete article.text; }), ['/articles/0']);
    assert.deepEqual(broken((article) => { article.scope = { topic: ['x'] }; }), ['/articles/0/scope/topic']);
    assert.deepEqual(broken((article, document) => { document.articles = []; }), ['/articles']);
});

test('amendment: one guideline, of the version it names, and a small change', () => {
    const byId = new Map(articlesOf(constitution).map(({ article }) => [article.id, article]));
    assert.equal(amendment.base_version, 1);
    assert.ok(amendment.rationale.length > 200);
    assert.equal(amendment.operations.length, 1);
    const [operation] = amendment.operations;
    const article = byId.get(operation.article);
    assert.equal(operation.op, 'replace');
    assert.equal(article.level, 'guideline');
    for (const language of ['en', 'ar']) {
        assert.notEqual(operation.text[language], article.text[language]);
        const before = article.text[language].split(/\s+/);
        const kept = new Set(before);
        const fresh = operation.text[language].split(/\s+/).filter((word) => !kept.has(word)).length;
        assert.ok(fresh / before.length < 0.3, 'a larger change goes to review and would not be open');
    }
});
