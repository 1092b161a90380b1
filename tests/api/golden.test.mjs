// What each caller sends and what it gets, to the byte but for ids and times: golden/CALLER/CASE.request.json and .response.json.
// PLENUM_GOLDEN=write writes the answers anew, to be looked at. And real clients, where npm has one that runs on our Node.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CohereClientV2 } from 'cohere-ai';
import OpenAI from 'openai';
import { installModels, makeArtefact } from '../support/artefact.mjs';
import { startCoordinator } from '../support/coordinator.mjs';

const golden = join(import.meta.dirname, 'golden');
const STYLE = 262144; // where style features begin: length, lists, code, refusals, hedges

// North likes short answers, south dislikes refusals and hedges; everything is a sum of halves and quarters.
const regions = [
    { value: 'all', n_annotators: 60, n_judgments: 900 },
    { attribute: 'region', value: 'north', served: true, tau: 1, centre: -0.5, share: 0.75, n_annotators: 45, n_judgments: 600 },
    { attribute: 'region', value: 'south', served: true, tau: 2, centre: 0.25, share: 0.25, n_annotators: 15, n_judgments: 300 },
];
const jury = {
    n_basis: 2,
    pools: [
        { attribute: 'region', value: 'north', n_annotators: 45, mean: [1, 0.5], covariance: [0.25, 0, 0, 0.25] },
        { attribute: 'region', value: 'south', n_annotators: 15, mean: [1, -0.5], covariance: [0.25, 0, 0, 0.5] },
    ],
};
let server;
const names = {};

before(async () => {
    server = await startCoordinator();
    const { body: community } = await server.api('POST', '/api/v1/communities', { body: { name: 'golden', visibility: 'public', admission: 'open' } });
    await server.api('POST', `/api/v1/communities/${community.id}/constitution`, { body: JSON.parse(readFileSync(join(import.meta.dirname, '../../demo/constitution.json'), 'utf8')) });
    const { body: { id } } = await server.api('POST', '/api/v1/projects', { body: { name: 'golden', task: { kind: 'pairwise' }, community: community.id } });
    const weights = [[0.5, 1, 0], [0.25, 0, 1], [0, -0.5, 0.5]];
    [names.MODEL_OF_TEXT, names.MODEL_OF_EMBEDDINGS, names.MODEL_OF_JURORS] = installModels(server, id, [
        { bytes: makeArtefact({ features: 'hashed-ngrams-2', dimensions: STYLE + 5, heads: regions, rows: { [STYLE]: [-2, -4, 0], [STYLE + 3]: [-4, 0, -8], [STYLE + 4]: [0, 0, -2] } }) },
        { bytes: makeArtefact({ dimensions: 3, heads: regions, rows: (feature, h) => weights[feature][h] }) },
        { bytes: makeArtefact({ method: 'jury', dimensions: 3, heads: [{ value: 'all', served: true, share: 1, n_annotators: 60, n_judgments: 900 }, { value: 'factor 1' }], jury,
            rows: (feature, h) => weights[feature][h] }) },
    ]);
});
after(() => server.stop());

// Ids of models, of answers, of artefacts, and times, become words.
function withoutIds(text) {
    for (const [name, id] of Object.entries(names)) text = text.replaceAll(id, name);
    return text
        .replace(/"(rerank|score|classify|pool)-[0-9a-f-]{36}"/g, '"$1-ID"')
        .replace(/"created":\d{10}/g, '"created":0')
        .replace(/"artefact":"[0-9a-f]{64}"/g, '"artefact":"SHA256"');
}

const cases = readdirSync(golden).sort().flatMap((caller) => readdirSync(join(golden, caller)).filter((name) => name.endsWith('.request.json')).sort()
    .map((name) => join(caller, name.replace('.request.json', ''))));
for (const name of cases) {
    test(`golden: ${name}`, async () => {
        let text = readFileSync(join(golden, `${name}.request.json`), 'utf8');
        for (const [word, id] of Object.entries(names)) text = text.replaceAll(word, id);
        const { method, path, body } = JSON.parse(text);
        const answer = await fetch(new URL(path, server.url), { method, body: body && JSON.stringify(body),
            headers: { authorization: `Bearer ${server.adminToken}`, ...(body ? { 'content-type': 'application/json' } : {}) } });
        const got = JSON.parse(withoutIds(await answer.text()));
        const headers = Object.fromEntries(['content-type', 'x-model', 'x-constitution-version'].filter((one) => answer.headers.has(one)).map((one) => [one, withoutIds(answer.headers.get(one))]));
        if (name === 'vllm/models') got.data.sort((a, b) => (a.id < b.id ? -1 : 1)); // they were made in the same moment
        const file = join(golden, `${name}.response.json`);
        const whole = `${JSON.stringify({ status: answer.status, headers, body: got }, null, 2)}\n`;
        if (process.env.PLENUM_GOLDEN === 'write') writeFileSync(file, whole);
        assert.ok(existsSync(file), `${file} is missing`);
        assert.equal(whole, readFileSync(file, 'utf8'));
    });
}

test('Cohere\'s own client reranks', async () => {
    const cohere = new CohereClientV2({ token: server.adminToken, environment: server.url });
    const { results, meta } = await cohere.rerank({ model: names.MODEL_OF_TEXT, query: 'Where?', topN: 2,
        documents: ['I am sorry, but I can\'t help with that.', 'Here.', 'It is perhaps here, or maybe there, or it might be somewhere else.'] });
    assert.deepEqual(results.map((one) => one.index), [1, 2]);
    assert.ok(results.every((one) => one.relevanceScore > 0 && one.relevanceScore < 1));
    assert.equal(meta.apiVersion.version, '2');
    await assert.rejects(cohere.rerank({ model: 'none', query: 'q', documents: ['a'] }, { maxRetries: 0 }), (error) => error.statusCode === 404 && /does not exist/.test(JSON.stringify(error.body)));
    await assert.rejects(new CohereClientV2({ token: 'x', environment: server.url }).rerank({ model: names.MODEL_OF_TEXT, query: 'q', documents: ['a'] }, { maxRetries: 0 }),
        (error) => error.statusCode === 401);
});

test('OpenAI\'s own client lists models, classifies, scores and tells errors apart', async () => {
    const openai = new OpenAI({ apiKey: server.adminToken, baseURL: `${server.url}/v1`, maxRetries: 0 });
    const models = [];
    for await (const model of openai.models.list()) models.push(model.id);
    assert.deepEqual(models.sort(), Object.values(names).sort());
    const classified = await openai.post('/classify', { body: { model: names.MODEL_OF_TEXT, input: ['Here.'] } });
    assert.equal(classified.data[0].num_classes, 1);
    const scored = await openai.post('/score', { body: { model: names.MODEL_OF_TEXT, text_1: 'Where?', text_2: ['Here.'] } });
    assert.equal(scored.data[0].score, classified.data[0].probs[0]);
    await assert.rejects(openai.post('/score', { body: { model: names.MODEL_OF_TEXT, text_1: 'q' } }), OpenAI.BadRequestError);
    await assert.rejects(openai.post('/score', { body: { model: 'none', text_1: 'q', text_2: 'a' } }), OpenAI.NotFoundError);
    await assert.rejects(new OpenAI({ apiKey: 'x', baseURL: `${server.url}/v1`, maxRetries: 0 }).models.list(), OpenAI.AuthenticationError);
});

test('a trainer whose only setting is an address: the token stands in it', async () => {
    const url = new URL(`/get_reward?model=${names.MODEL_OF_TEXT}`, server.url);
    const ask = (password) => fetch(url, { method: 'POST', body: JSON.stringify({ prompt: 'q', response: 'Here.', label: null }),
        headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`plenum:${password}`).toString('base64')}` } });
    assert.equal(typeof await (await ask(server.adminToken)).json(), 'number');
    for (const wrong of ['', 'x', `${server.adminToken}x`]) {
        const answer = await ask(wrong);
        assert.equal(answer.status, 401);
        assert.doesNotMatch(answer.headers.get('www-authenticate'), /Basic/i); // or browsers would keep one
    }
    assert.equal((await fetch(new URL('/health', server.url))).status, 200); // what such callers ask first
});

test('a response that is scored alone has the same score whatever else is in the request', async () => {
    const score = async (documents) => (await server.api('POST', '/score', { body: { model: names.MODEL_OF_TEXT, text_1: 'q', text_2: documents } })).body.data.map((one) => one.score);
    const texts = ['Here.', 'I can\'t help with that.', 'Perhaps.', 'No.'];
    const all = await score(texts);
    for (const [i, one] of texts.entries()) assert.equal((await score([one]))[0], all[i]);
});
