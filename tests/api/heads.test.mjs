// Heads beside the preference: of rated dimensions, and of compliance with articles, whose lower bound keeps candidates out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeRated } from '../support/rated.mjs';
import { Worker, until } from '../support/workers.mjs';

let server;
let worker;
let project;

async function fit(body, of = project) {
    const { status, body: asked } = await server.api('POST', `/api/v1/projects/${of}/fits`, { body, key: true });
    assert.equal(status, 202, JSON.stringify(asked));
    return until(async () => {
        const { body: now } = await server.api('GET', `/api/v1/fits/${asked.id}`);
        return ['done', 'failed'].includes(now.state) && now;
    }, 'the fit');
}

const score = async (body) => server.api('POST', '/api/v1/score', { body });
const calm = { embedding: [1, 0, 0.3] };
const loud = { embedding: [-1, 1, 0.3] };

before(async () => {
    server = await startCoordinator();
    worker = (await new Worker(server, 'one').enrol()).start();
    project = await makeRated(server);
});
after(async () => {
    await worker?.remove();
    await server?.stop();
});

let compliance;
test('compliance is fitted by article, with what is not fitted named', async () => {
    const done = await fit({ method: 'compliance' });
    assert.equal(done.state, 'done', done.error);
    compliance = done.model_id;
    const { metrics } = done;
    const [one] = metrics.objectives.fitted;
    assert.deepEqual([one.name, one.kind, one.levels, one.supported], ['calm', 'article', 2, true]);
    assert.ok(one.all.auc > 0.7 && one.all.accuracy > 0.7 && one.all.log_loss < one.all.baseline, JSON.stringify(one.all));
    assert.deepEqual(metrics.objectives.not_fitted.map(({ name }) => name), ['rare']);
    assert.match(metrics.objectives.not_fitted[0].reason, /too few|yes/);
    assert.equal(one.bound.level, 0.95);
    assert.ok(metrics.all.auc > 0.7 && metrics.pooled.all && metrics.supported);
    // Two languages, each with people and judgments enough.
    assert.deepEqual(metrics.languages.map(({ language }) => language).sort(), ['ar', 'en']);
});

test('a lower bound under the threshold keeps a candidate out, whatever its score', async () => {
    const dimension = await fit({ method: 'pooled', options: { dimension: 'quality' } });
    assert.equal(dimension.state, 'done', dimension.error);
    const { metrics, model_id: model } = dimension;
    assert.deepEqual(metrics.objectives.fitted.map(({ name }) => name).sort(), ['calm', 'quality']);
    const quality = metrics.objectives.fitted.find(({ name }) => name === 'quality');
    assert.ok(quality.supported && quality.all.r > 0.5 && quality.all.mae < 1, JSON.stringify(quality.all));

    const plain = (await score({ model, candidates: [calm, loud] })).body;
    assert.equal(plain.choice.index, 1, 'loud is of better quality');
    assert.deepEqual(plain.candidates[0].violations, []);
    assert.equal(plain.candidates[0].objectives, undefined);

    const told = (await score({ model, candidates: [calm, loud], objectives: ['quality', 'article:calm'], people: true })).body;
    const [first, second] = told.candidates.map(({ objectives }) => objectives);
    assert.ok(second[0].mean > first[0].mean && first[0].mean >= 1 && second[0].mean <= 5, JSON.stringify(told.candidates));
    assert.ok(first[0].deviation > 0.2 && first[1].share > 0.65 && second[1].share < 0.35);
    assert.deepEqual(told.objectives.map(({ name, kind, scale }) => [name, kind, scale]), [['quality', 'dimension', [1, 5]], ['calm', 'article', [0, 1]]]);
    assert.equal(told.candidates[0].people, null, 'one group and no jury: not known');

    for (const constitution of [{ articles: [{ id: 'calm', threshold: 0.5 }] }, { model: compliance }, { articles: ['calm'], by: 'every_group' }]) {
        const { status, body } = await score({ model, candidates: [calm, loud], constitution });
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual([body.state, body.choice.index], ['ok', 0]);
        assert.deepEqual(body.candidates.map(({ rank, violations }) => [rank, violations.length]), [[0, 0], [1, 1]]);
        const [violation] = body.candidates[1].violations;
        assert.deepEqual([violation.article, violation.threshold, violation.complies, violation.worst.value], ['calm', 0.5, false, 'all']);
        assert.ok(violation.low <= violation.share && violation.share <= violation.high && violation.low < 0.5);
        assert.ok(body.candidates[0].compliance[0].low >= 0.5);
    }
    const none = (await score({ model, candidates: [loud, loud], constitution: { articles: ['calm'] } })).body;
    assert.deepEqual([none.state, none.choice], ['none', null]);
    assert.ok(none.candidates.every(({ violations }) => violations.length === 1), 'each with the reason');
    const lottery = (await score({ model, candidates: [calm, loud], aggregate: 'lottery', constitution: { articles: ['calm'] } })).body;
    assert.deepEqual(lottery.candidates.map(({ probability }) => probability), [1, 0]);
    const prompts = (await score({ model, prompts: [{ candidates: [calm, loud] }, { candidates: [loud] }], constitution: { articles: ['calm'] } })).body;
    assert.deepEqual(prompts.results.map(({ state }) => state), ['ok', 'none']);
});

test('two models are compared, paired, on what neither has learnt from', async () => {
    const fits = [await fit({ method: 'pooled', options: { dimension: 'quality' } }), await fit({ method: 'pooled', options: { dimension: 'article:calm' } })];
    const [a, b] = fits.map(({ model_id: id }) => id);
    const compare = async (first, body) => {
        const { status, body: asked } = await server.api('POST', `/api/v1/models/${first}/comparisons`, { body, key: true });
        if (status !== 202) return { status, body: asked };
        return until(async () => {
            const { body: now } = await server.api('GET', `/api/v1/fits/${asked.id}`);
            return ['done', 'failed'].includes(now.state) && now;
        }, 'the comparison');
    };
    const done = await compare(b, { with: a, dimension: 'quality' });
    assert.equal(done.state, 'done', done.error);
    const { metrics } = done;
    assert.equal(done.model_id, null);
    assert.ok(metrics.all.log_loss_interval[0] > 0 && metrics.all.accuracy > 0.1, JSON.stringify(metrics.all));
    assert.match(metrics.statement, /The second foretells these judgments better/);
    assert.equal(metrics.all.n_annotators, metrics.b.all.n_annotators);
    // Turned round it is the same with the other sign; a model beside itself is refused; the fit's own figures are found again.
    const turned = (await compare(a, { with: b, dimension: 'quality' })).metrics;
    assert.ok(Math.abs(turned.all.log_loss + metrics.all.log_loss) < 1e-6 && /The first/.test(turned.statement));
    assert.ok(Math.abs(metrics.b.all.log_loss - fits[0].metrics.all.log_loss) < 1e-4, 'as on its card');
    assert.deepEqual(metrics.languages.map(({ language }) => language).sort(), ['ar', 'en']);
    const both = metrics.objectives.find(({ name }) => name === 'calm');
    assert.equal(both.log_loss, 0, 'the same head in both');
    assert.deepEqual([(await compare(a, { with: a })).body.errors[0].pointer, (await compare(a, { with: 'x' })).body.errors[0].pointer], ['/with', '/with']);
    assert.equal((await compare(a, {})).status, 422);
    assert.equal((await compare(a, { with: `${project.slice(0, -3)}aaa` })).status, 422);
    // Of compliance there is no preference to compare; what both foretell is compared all the same.
    const articles = (await compare(compliance, { with: a })).metrics;
    assert.equal(articles.all, null);
    assert.equal(articles.objectives[0].name, 'calm');
    assert.equal(server.sql("select count(*) from model m join fit f on f.fit_id = m.fit_id where f.method = 'compare'"), '0');
});

test('what has no head is said', async () => {
    const cases = [
        [{ objectives: ['kindness'] }, '/objectives/0'],
        [{ objectives: 'quality' }, '/objectives'],
        [{ constitution: { articles: ['rare'] } }, '/constitution/articles/0'],
        [{ constitution: { articles: [{ id: 'calm', threshold: 2 }] } }, '/constitution/articles/0/threshold'],
        [{ constitution: { threshold: 'much' } }, '/constitution/threshold'],
        [{ constitution: { by: 'me' } }, '/constitution/by'],
        [{ constitution: { colour: 1 } }, '/constitution/colour'],
        [{ constitution: { model: 'x' } }, '/constitution/model'],
        [{ people: 1 }, '/people'],
    ];
    for (const [more, pointer] of cases) {
        const { status, body } = await score({ model: compliance, candidates: [calm], ...more });
        assert.deepEqual([status, body.errors?.[0].pointer], [422, pointer], JSON.stringify(body));
    }
});
