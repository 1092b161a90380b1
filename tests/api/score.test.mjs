// What serving stacks call: candidates as text or with embeddings, and errors in the caller's own shape.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { makeJudged, until, Worker } from '../support/workers.mjs';

let server;
let worker;
let model;

// The first dimension says short or long, which is what the judges go by; the second says nothing.
const embed = (i, response) => [response === 0 ? 1 : -1, ((i * 37) % 11) / 11, 0.1];
const base64 = (numbers) => Buffer.from(new Float32Array(numbers).buffer).toString('base64');

before(async () => {
    server = await startCoordinator();
    worker = (await new Worker(server, 'one').enrol()).start();
    const project = await makeJudged(server, { items: 100, people: 30, each: 20, embed });
    // What those judged who have left stays.
    server.sql(`update participation set state = 'left' where source_id like '%5'`);
    const { body: { id } } = await server.api('POST', `/api/v1/projects/${project}/fits`, { body: { method: 'pooled' }, key: true });
    const fit = await until(async () => {
        const { body } = await server.api('GET', `/api/v1/fits/${id}`);
        return ['done', 'failed'].includes(body.state) && body;
    }, 'the fit');
    assert.equal(fit.state, 'done', fit.error);
    assert.equal(fit.metrics.features, 'embedding');
    assert.equal(fit.metrics.n_annotators, 30);
    model = fit.model_id;
});
after(async () => {
    await worker.remove();
    await server.stop();
});

const rerank = (body, options) => server.api('POST', '/rerank', { body: { model, query: 'q', ...body }, ...options });
const vectors = [[1, 0.5, 0.1], [-1, 0.5, 0.1], [0.2, 0, 0.3]];
const texts = ['a', 'b', 'c'];

test('rerank takes embeddings with the documents or beside them, as numbers or base64', async () => {
    const { body: scored } = await server.api('POST', '/api/v1/score', { body: { model, candidates: vectors.map((embedding) => ({ embedding })) } });
    const order = [...scored.candidates].sort((a, b) => a.rank - b.rank).map((one) => one.index);
    const forms = [
        { documents: texts.map((text, i) => ({ text, embedding: vectors[i], more: 1 })) },
        { documents: texts.map((text, i) => ({ text, id: 7, embedding: base64(vectors[i]) })) },
        { documents: texts, embeddings: vectors },
        { documents: texts, embeddings: vectors.map(base64) },
        { documents: vectors.map((embedding) => ({ embedding })) },
    ];
    for (const [i, form] of forms.entries()) {
        const { status, body } = await rerank(form);
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual(body.results.map((one) => one.index), order, `form ${i}`);
        assert.deepEqual(body.results.map((one) => one.document), order.map((index) => (i === 4 ? {} : { text: texts[index] })));
    }
    const tei = await server.api('POST', `/rerank?model=${model}`, { body: { query: 'q', texts, embeddings: vectors, raw_scores: true, return_text: true } });
    assert.deepEqual(tei.body.map((one) => [one.index, one.text]), order.map((index) => [index, texts[index]]));
    tei.body.forEach((one) => assert.ok(Math.abs(one.score - scored.candidates[one.index].score) < 1e-9));
});

test('what is wrong with an embedding is said in the caller\'s shape', async () => {
    const bad = [
        [{ documents: texts }, /documents\/0 has no embedding/],
        [{ documents: [{ text: 'a', embedding: ['x'] }] }, /documents\/0\/embedding/],
        [{ documents: [{ text: 'a', embedding: 'AAA' }] }, /documents\/0\/embedding/],
        [{ documents: [{}] }, /documents\/0 must have/],
        [{ documents: texts, embeddings: vectors.slice(1) }, /embeddings must be a list with one for each/],
        [{ documents: texts, embeddings: [[1, 2, 3], [1, 2, 3], 7] }, /embeddings\/2/],
        [{ documents: [{ text: 'a', embedding: [1, 2] }] }, /documents\/0\/embedding has 2 dimensions, the model takes 3/],
        [{ documents: 'a' }, /documents must be a list/],
    ];
    for (const [form, message] of bad) {
        const { status, body } = await rerank(form);
        assert.equal(status, 400);
        assert.deepEqual(Object.keys(body), ['error']);
        assert.match(body.error.message, message);
        assert.deepEqual([body.error.type, body.error.param, body.error.code], ['BadRequestError', null, 400]);
    }
    const tei = await server.api('POST', `/rerank?model=${model}`, { body: { query: 'q', texts } });
    assert.equal(tei.status, 422);
    assert.deepEqual(Object.keys(tei.body).sort(), ['error', 'error_type']);
});

test('who may not, a wrong method and a body that is none: in the caller\'s shape, too', async () => {
    const json = (answer) => [answer.status, answer.headers.get('content-type'), answer.body?.error?.code, answer.body?.error?.type];
    const documents = texts;
    assert.deepEqual(json(await rerank({ documents }, { token: null })), [401, 'application/json', 401, 'AuthenticationError']);
    assert.deepEqual(json(await rerank({ documents, model: `${'a'.repeat(39)}` })), [404, 'application/json', 404, 'NotFoundError']);
    assert.deepEqual(json(await rerank({ documents, query: undefined })), [400, 'application/json', 400, 'BadRequestError']);
    for (const path of ['/rerank', '/v1/rerank', '/v2/rerank']) {
        const put = await server.api('PUT', path, { body: {} });
        assert.deepEqual(json(put), [405, 'application/json', 405, 'MethodNotAllowedError']);
        assert.equal(put.headers.get('allow'), 'POST, OPTIONS');
        assert.deepEqual(json(await server.api('GET', path)), [405, 'application/json', 405, 'MethodNotAllowedError']);
        assert.deepEqual(json(await server.api('POST', path, { body: '{', type: 'application/json' })), [400, 'application/json', 400, 'BadRequestError']);
        assert.deepEqual(json(await server.api('POST', path, { body: 'x', type: 'text/plain' })), [415, 'application/json', 415, 'BadRequestError']);
    }
    const tei = await server.api('POST', `/rerank?model=${model}`, { body: { query: 'q', texts }, token: null });
    assert.equal(tei.status, 401, 'nobody reads the body of who may not, so in whose shape it is');
    assert.match((await server.api('PUT', '/api/v1/score', { body: {} })).headers.get('content-type'), /problem\+json/);
});
