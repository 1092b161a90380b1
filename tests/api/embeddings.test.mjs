// Embeddings from an endpoint: asked for once, stored as they come, used by fits, exports and scores; and endpoints that
// misbehave in every way that is known.
import test from 'node:test';
import assert from 'node:assert/strict';
import { exportFiles, lines, makeProject, plenum, unzstd } from '../support/dataset.mjs';
import { startCoordinator } from '../support/coordinator.mjs';
import { DIMENSIONS, startEmbedder, vectorOf } from '../support/embedder.mjs';
import { Worker, makeJudged, pause, until } from '../support/workers.mjs';

const KEY = 'sk-very-secret-key-0123456789';

let server, stub;
test.before(async () => {
    stub = await startEmbedder();
    server = await startCoordinator({ env: { PLENUM_OUTSIDE_ALLOW: stub.host, PLENUM_OUTSIDE_WHOLE_MS: '1500', PLENUM_THREADS: '2' } });
});
test.after(async () => {
    await server?.stop();
    await stub?.stop();
});

async function api(method, path, { expect = 200, ...options } = {}) {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, expect, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
}
const at = (project) => `/api/v1/projects/${project}/embeddings`;
const put = (project, body, options) => api('PUT', at(project), { body: { url: stub.url, ...body }, ...options });
const show = (project) => api('GET', at(project));
const importItems = (project, items) => api('POST', `/api/v1/projects/${project}/items`, { body: items.map((one) => JSON.stringify(one)).join('\n') });
const pair = (name, left, right, embeddings = []) => ({ id: name, prompt: `Question ${name}`, responses: [left, right].map((content, i) => ({ content, embedding: embeddings[i] })) });
const whole = (project) => until(async () => { const one = await show(project); return one.state === 'whole' && one; }, 'all embedded', 60_000);
const failed = (project, kind) => until(async () => { const one = await show(project); return one.error?.kind === kind && one; }, `error ${kind}`, 30_000);
const stopped = (project) => until(async () => { const one = await show(project); return one.state === 'stopped' && one; }, 'stopped', 60_000);
const shards = new Map();
async function study(items, more = {}) {
    const before = new Set(server.sql('select shard_key from project').split('\n'));
    const project = await makeProject(server, { name: `embedded ${shards.size}`, ...more });
    shards.set(project, server.sql('select shard_key from project').split('\n').find((one) => !before.has(one)));
    if (items) await importItems(project, items);
    return project;
}
const stored = (project) => Number(server.sql(`select count(*) from embedding where shard_key = ${shards.get(project)}`));
const NAMED = new Set();
// A model's name of its own for each study, so that the stub counts apart.
function named(behaviour) {
    for (let i = 0; ; i++) {
        const name = i === 0 ? behaviour : `${behaviour} ${i}`;
        if (!NAMED.has(name)) { NAMED.add(name); return name; }
    }
}

test('responses are embedded once each, in batches, under a key that nobody sees again', async () => {
    const items = Array.from({ length: 40 }, (_, i) => pair(`a${i}`, `left ${i}`, i % 4 === 0 ? 'the same words' : `right ${i}`));
    const project = await study([...items, pair('blank', '', 'not blank')]);
    assert.deepEqual(await show(project), { endpoint: null, state: 'none', n_responses: 82, n_embedded: 0, n_sealed: 0, n_missing: 82, n_dimensions: null, error: null, n_failures: 0, next_try_at: null });
    const model = named('good');
    const made = await put(project, { model, key: KEY });
    assert.equal(made.endpoint.has_key, true);
    const shown = await whole(project);
    assert.deepEqual({ ...shown, endpoint: { ...shown.endpoint, created_at: '', space: '' } }, { endpoint: { url: stub.url, model, dimensions: null, has_key: true, space: '', created_at: '' }, state: 'whole',
        n_responses: 82, n_embedded: 82, n_sealed: 0, n_missing: 0, n_dimensions: DIMENSIONS, error: null, n_failures: 0, next_try_at: null });
    const asked = stub.texts(model);
    assert.equal(new Set(asked).size, asked.length, 'each text once');
    assert.deepEqual(new Set(asked), new Set([...items.flatMap((item) => item.responses.map((one) => one.content)), 'not blank']));
    for (const { body, authorization, path } of stub.of(model)) {
        assert.ok(body.input.length <= 32);
        assert.deepEqual({ ...body, input: 0 }, { model, input: 0, encoding_format: 'base64' });
        assert.equal(authorization, `Bearer ${KEY}`);
        assert.equal(path, '/v1/embeddings');
    }
    const hex = server.sql(`select encode(embedding, 'hex') from embedding where shard_key = ${shards.get(project)} and text_hash = sha256('left 7')`);
    assert.equal(hex, Buffer.from(vectorOf('left 7').buffer).toString('hex'));
    // The key is in no answer, no log and no row.
    assert.ok(!JSON.stringify([made, shown]).includes(KEY));
    assert.ok(!server.log.includes(KEY));
    assert.equal(server.sql(`select count(*) from embedding_endpoint where row_to_json(embedding_endpoint)::text like '%${KEY.slice(4)}%'`), '0');
    // What comes later is asked for; what was there, or is known by its words, is not.
    const before = asked.length;
    await importItems(project, [pair('late', 'left 1', 'something new')]);
    await until(async () => (await show(project)).n_embedded === 84, 'the new one too');
    assert.deepEqual(stub.texts(model).slice(before), ['something new']);
    // The same endpoint once more, and another and back again: nothing is asked anew.
    await put(project, { model });
    await whole(project);
    await put(project, { model: named('good') });
    await whole(project);
    const n = stub.requests.length;
    await put(project, { model });
    assert.equal((await whole(project)).endpoint.has_key, false);
    assert.equal(stub.requests.length, n);
    assert.ok((await plenum(server, 'embeddings', 'show', project)).out.includes('"n_missing": 0'));
    await api('DELETE', at(project), { expect: 204 });
    await api('DELETE', at(project), { expect: 204 });
    assert.equal((await show(project)).state, 'none');
});

test('power leaves a trace', async () => {
    const project = await study([pair('x', 'a', 'b')]);
    await put(project, { model: named('good') });
    await api('DELETE', at(project), { expect: 204 });
    const types = await until(() => {
        const found = server.sql("select entry from log_entry where entry like '%embedding_endpoint%' order by 1").split('\n').filter(Boolean).map((one) => JSON.parse(one));
        return found.some((one) => one.type === 'embedding_endpoint_removed' && one.object === project) && found;
    }, 'entries in the log');
    assert.ok(types.some((one) => one.type === 'embedding_endpoint'));
    assert.ok(!JSON.stringify(types).includes(stub.host));
});

test('numbers written out, in any order, and fewer dimensions where they are asked for', async () => {
    const project = await study([pair('x', 'one text', 'another text')]);
    await put(project, { model: named('floats') });
    await whole(project);
    assert.equal(server.sql(`select encode(embedding, 'hex') from embedding where shard_key = ${shards.get(project)} and text_hash = sha256('another text')`), Buffer.from(vectorOf('another text').buffer).toString('hex'));
    const model = named('good');
    await put(project, { model, dimensions: 4 });
    assert.equal((await whole(project)).n_dimensions, 4);
    assert.equal(stub.of(model)[0].body.dimensions, 4);
});

test('an endpoint that is busy is asked again, later and not before it says', async () => {
    const project = await study(Array.from({ length: 100 }, (_, i) => pair(`m${i}`, `moody left ${i}`, `moody right ${i}`)));
    const model = named('moody');
    await put(project, { model });
    const first = await failed(project, 'busy');
    assert.equal(first.state, 'filling');
    assert.ok(first.next_try_at);
    assert.match(first.error.detail, /too much to do/);
    const done = await whole(project);
    assert.equal(done.error, null);
    const times = stub.of(model).map((one) => one.at);
    assert.ok(times[1] - times[0] >= 1000, `retry-after: ${times[1] - times[0]}`);
    assert.ok(times[2] - times[1] >= 900, `twice as long: ${times[2] - times[1]}`);
    const texts = stub.of(model).slice(2).flatMap((one) => one.body.input);
    assert.equal(texts.length, new Set(texts).size);
    // 3600 seconds are 3600 seconds.
    const other = await study([pair('x', 'a', 'b')]);
    await put(other, { model: named('error-429') });
    const late = await failed(other, 'busy');
    assert.ok(Date.parse(late.next_try_at) - Date.now() > 3500_000);
    // Unless somebody says so.
    const again = await api('POST', `${at(other)}/retry`);
    assert.equal(again.state, 'filling');
    await until(() => stub.times.get('error-429') === 2, 'asked again');
    await api('POST', `${at(await study())}/retry`, { expect: 409 });
});

test('what refuses stops it, and says why; it goes on when it is told to', async () => {
    for (const [behaviour, status] of [['error-401', 401], ['error-400', 400], ['redirect', 307]]) {
        const project = await study([pair('x', 'a', 'b')]);
        const model = named(behaviour);
        await put(project, { model, key: KEY });
        const one = await stopped(project);
        assert.deepEqual([one.error.kind, one.error.status, one.n_embedded, one.n_missing], ['refused', status, 0, 2], behaviour);
        assert.ok(one.error.detail.includes(String(status)) && !JSON.stringify(one).includes('secret inner words'), behaviour);
        await pause(1200);
        assert.equal(stub.times.get(model), 1, behaviour);
        assert.equal(stored(project), 0);
        await put(project, { model: named('good') });
        await whole(project);
    }
    assert.ok(stub.requests.every((one) => one.path === '/v1/embeddings'), 'no redirect is followed');
});

test('answers that are none are told by kind, nothing of them is stored, and after five it stops', async () => {
    const kinds = { count: 'wrong_count', more: 'wrong_count', 'index-twice': 'wrong_index', 'index-none': 'wrong_index', 'index-far': 'wrong_index', dimensions: 'wrong_dimensions',
        'too-many': 'wrong_dimensions', null: 'no_numbers', infinite: 'no_numbers', nan: 'no_numbers', great: 'no_numbers', zero: 'zero', half: 'no_numbers', html: 'not_understood', list: 'not_understood',
        nothing: 'not_understood', cut: 'cut', huge: 'too_long', slow: 'late', 'error-500': 'server' };
    const projects = [];
    for (const behaviour of Object.keys(kinds)) {
        const project = await study([pair('x', 'a', 'b')]);
        await put(project, { model: named(behaviour) });
        projects.push([behaviour, project]);
    }
    for (const [behaviour, project] of projects) {
        const one = await failed(project, kinds[behaviour]);
        assert.ok(one.error.detail.length > 20, behaviour);
        assert.equal(stored(project), 0, behaviour);
        assert.equal(one.n_dimensions, null, behaviour);
        await api('DELETE', at(project), { expect: 204 });
    }
    const project = await study([pair('x', 'a', 'b')]);
    const model = named('html');
    await put(project, { model });
    for (let i = 1; i < 5; i++) {
        await until(() => stub.times.get(model) === i, `asked ${i} times`);
        await until(async () => (await show(project)).n_failures === i, 'written down');
        server.sql(`update embedding_endpoint set next_at = now() where shard_key = ${shards.get(project)}`);
    }
    const one = await stopped(project);
    assert.equal(one.n_failures, 5);
    assert.equal(stub.times.get(model), 5);
});

test('an endpoint that comes to give other numbers is not believed', async () => {
    const project = await study(Array.from({ length: 30 }, (_, i) => pair(`c${i}`, `changing left ${i}`, `changing right ${i}`)));
    await put(project, { model: named('changing') });
    const one = await failed(project, 'wrong_dimensions');
    assert.equal(one.n_dimensions, DIMENSIONS);
    assert.match(one.error.detail, /8 dimensions, 16 were wanted/);
    assert.equal(stored(project), 32 + 1, 'the first batch, and that of no text');
});

test('nothing that may not be called is, and only who runs the study has a say', async () => {
    const project = await study([pair('x', 'a', 'b')]);
    for (const url of ['http://127.0.0.1:1/', 'http://example.org/', 'ftp://example.org/', 'https://user:pass@example.org/', 'nothing']) {
        const refused = await server.api('PUT', at(project), { body: { url, model: 'm' } });
        assert.equal(refused.status, 422, url);
        assert.equal(refused.body.errors[0].pointer, '/url', url);
    }
    for (const [pointer, body] of [['/model', { model: '' }], ['/dimensions', { model: 'm', dimensions: 8193 }], ['/dimensions', { model: 'm', dimensions: 0 }], ['/key', { model: 'm', key: 'a b' }], ['/name', { model: 'm', name: 'n' }]]) {
        const refused = await server.api('PUT', at(project), { body: { url: stub.url, ...body } });
        assert.equal(refused.status, 422, JSON.stringify(body));
        assert.equal(refused.body.errors[0].pointer, pointer);
    }
    // A private address that is not allowed is refused where the socket is opened.
    await put(project, { url: 'https://localhost:9/v1/embeddings', model: 'm' });
    await failed(project, 'unreachable');
    const service = (await api('POST', '/api/v1/tokens', { expect: 201, key: true, body: { name: 's', scopes: ['service'] } })).token;
    for (const token of [null, service]) {
        for (const [method, path] of [['GET', at(project)], ['PUT', at(project)], ['DELETE', at(project)], ['POST', `${at(project)}/retry`]]) {
            const { status } = await server.api(method, path, { token, body: method === 'PUT' ? { url: stub.url, model: 'm' } : undefined });
            assert.ok([401, 404].includes(status), `${method} ${status}`);
        }
    }
});

test('killed in the middle, it goes on where it was: nothing that was stored is asked for again', async () => {
    const project = await study(Array.from({ length: 120 }, (_, i) => pair(`k${i}`, `killed left ${i}`, `killed right ${i}`)));
    const model = named('held');
    await put(project, { model });
    await until(() => stub.times.get(model) >= 6, 'it hangs in the middle');
    await until(() => stored(project) === 3 * 32 + 1, 'three batches are stored');
    assert.ok(stub.busiest >= 2 && stub.busiest <= 4, `at once: ${stub.busiest}`);
    await server.kill();
    stub.release();
    await pause(200);
    const before = stub.of(model).length;
    const asked = new Set(stub.of(model).slice(0, 3).flatMap((one) => one.body.input));
    await server.start();
    const one = await whole(project);
    assert.equal(one.n_embedded, 240);
    assert.equal(stored(project), 240 + 1);
    const later = stub.of(model).slice(before).flatMap((each) => each.body.input);
    assert.equal(later.length, 240 - 96);
    assert.equal(new Set(later).size, later.length);
    assert.ok(later.every((text) => !asked.has(text)));
    stub.hold();
});

test('words that are sealed under a person\'s key are not sent', async () => {
    const project = await study([pair('x', 'plain one', 'plain two')]);
    server.sql(`insert into item (shard_key, item_id, prompt, n_responses, content_hash) values (${shards.get(project)}, gen_random_uuid(), '[]', 2, sha256('sealed'));
        insert into response (shard_key, item_id, n, content) select shard_key, item_id, n, '' from item, generate_series(0, 1) n where content_hash = sha256('sealed');
        insert into item_sealed (shard_key, item_id, person_id, sealed) select shard_key, item_id, gen_random_uuid(), 'x' from item where content_hash = sha256('sealed')`);
    const model = named('good');
    await put(project, { model });
    const one = await whole(project);
    assert.deepEqual([one.n_responses, one.n_embedded, one.n_sealed, one.n_missing], [4, 2, 2, 0]);
    assert.deepEqual(stub.texts(model).sort(), ['plain one', 'plain two']);
});

test('fits, cards, exports and scores', async () => {
    const project = await makeJudged(server, { name: 'embedded fits', items: 60, people: 20, each: 30 });
    const model = named('good');
    const worker = await new Worker(server, 'embedder').enrol();
    worker.start();
    try {
        const fit = async (more) => {
            const { id } = await api('POST', `/api/v1/projects/${project}/fits`, { expect: 202, key: true, body: { method: 'pooled', ...more } });
            const done = await until(async () => { const now = await api('GET', `/api/v1/fits/${id}`); assert.notEqual(now.state, 'failed', now.error); return now.state === 'done' && now; }, 'a fit', 60_000);
            return api('GET', `/api/v1/models/${done.model_id}`);
        };
        const score = (card, candidates, more = {}) => server.api('POST', '/api/v1/score', { body: { model: card.id, candidates, ...more } });
        const texts = [{ content: 'short and new' }, { content: 'long and new '.repeat(20) }];
        // Before there is one.
        const plain = await fit();
        assert.equal(plain.metrics.embeddings, undefined);
        assert.match(plain.metrics.features, /^hashed-ngrams/);
        // While some are missing, a fit takes the texts, and says so.
        const refusing = named('error-401');
        await put(project, { model: refusing });
        await stopped(project);
        const without = await fit();
        assert.match(without.metrics.features, /^hashed-ngrams/);
        assert.deepEqual(without.metrics.embeddings, { from: 'none', model: refusing, n_responses: 120, n_missing: 120, n_sealed: 0 });
        // With all of them.
        await put(project, { model, key: KEY });
        const { endpoint } = await whole(project);
        const card = await fit();
        assert.equal(card.metrics.features, 'embedding');
        assert.deepEqual(card.metrics.embeddings, { from: 'endpoint', model, space: endpoint.space, dimensions: DIMENSIONS });
        // The export has what the fit read, and says whose it is.
        const files = await exportFiles(server, project, 'plenum');
        const [header] = lines(unzstd(files['plenum.jsonl.zst']));
        assert.deepEqual(header.embeddings, { model, dimensions: DIMENSIONS });
        const items = lines(unzstd(files['items.jsonl.zst']));
        assert.equal(items.length, 60);
        for (const item of items.slice(0, 5)) {
            for (const one of item.responses) assert.deepEqual(Float32Array.from(one.embedding), vectorOf(one.content));
        }
        // Texts are embedded on the fly, once; what is known of the study is not asked for.
        const before = stub.of(model).length;
        const known = items[0].responses.map(({ content }) => ({ content }));
        const byWords = await score(card, known);
        assert.equal(byWords.status, 200, JSON.stringify(byWords.body));
        const byNumbers = await score(card, items[0].responses.map(({ embedding }) => ({ embedding })));
        assert.deepEqual(byWords.body.candidates.map((one) => one.score), byNumbers.body.candidates.map((one) => one.score));
        assert.equal(stub.of(model).length, before);
        const fresh = await score(card, texts);
        assert.equal(fresh.status, 200, JSON.stringify(fresh.body));
        assert.deepEqual(fresh.body.candidates.map((one) => one.score), (await score(card, texts.map(({ content }) => ({ embedding: [...vectorOf(content)] })))).body.candidates.map((one) => one.score));
        assert.equal(stub.texts(model).filter((text) => text === texts[0].content).length, 1);
        for (const form of [{ candidates: undefined, prompts: [{ candidates: texts }, { candidates: [{ embedding: [...vectorOf('given')] }, { content: '' }] }] }, { detail: 'scores' }]) {
            const one = await score(card, texts, form);
            assert.equal(one.status, 200, JSON.stringify(one.body));
        }
        const many = await score(card, Array.from({ length: 100 }, (_, i) => ({ content: `many ${i}` })));
        assert.equal(many.status, 200);
        assert.equal((await score(card, Array.from({ length: 257 }, (_, i) => ({ content: `many ${i}` })))).status, 422);
        const rerank = await server.api('POST', '/rerank', { body: { model: card.id, query: 'q', documents: texts.map((one) => one.content) } });
        assert.equal(rerank.status, 200, JSON.stringify(rerank.body));
        assert.equal(rerank.body.results[0].index, fresh.body.choice.index);
        // An endpoint that fails is no score, and says so; one that is another's is never taken.
        server.sql(`update embedding_endpoint set url = '${stub.url}', model = 'error-500' where model = '${model}'`);
        const away = await score(card, [{ content: 'never seen 1' }, { content: 'never seen 2' }]);
        assert.equal(away.status, 503);
        assert.ok(away.headers.get('retry-after'));
        assert.match(away.body.detail, /error of its own/);
        await put(project, { model: named('good') });
        const other = await score(card, [{ content: 'never seen 1' }, { content: 'never seen 2' }]);
        assert.equal(other.status, 422);
        assert.ok(other.body.detail.includes(model) && other.body.detail.includes(String(DIMENSIONS)), other.body.detail);
        assert.equal((await server.api('POST', '/rerank', { body: { model: card.id, query: 'q', documents: ['never seen 1'] } })).status, 400);
        // Models of two makers are not compared on the data of one.
        await whole(project);
        const second = await fit();
        const compared = await api('POST', `/api/v1/models/${card.id}/comparisons`, { expect: 202, key: true, body: { with: second.id } });
        const failure = await until(async () => { const now = await api('GET', `/api/v1/fits/${compared.id}`); return now.state === 'failed' && now; }, 'refused', 60_000);
        assert.match(failure.error, /embeddings of another model/);
        // A refit begins from nothing where the model before it read embeddings of another.
        await put(project, { model });
        await whole(project);
        const refit = await fit({ from: second.id });
        assert.deepEqual([refit.metrics.embeddings.space, refit.metrics.start.kind], [endpoint.space, 'cold']);
        // One sealed response that was judged, and all are read as texts.
        server.sql(`with i as (
                insert into item (shard_key, item_id, prompt, n_responses, content_hash)
                select shard_key, gen_random_uuid(), '[]', 2, sha256('sealed') from project where name = 'embedded fits' returning shard_key, item_id)
            , r as (insert into response (shard_key, item_id, n, content) select shard_key, item_id, n, '' from i, generate_series(0, 1) n)
            insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown, guideline_version, source, idempotency_key, request_hash, receipt)
            select i.shard_key, gen_random_uuid(), 1, gen_random_uuid(), i.item_id, 1, p.participant_id, 'left', '{0,1}', 1, 'import:test', gen_random_uuid(), sha256('x'), 'r'
            from i cross join lateral (select participant_id from participation where shard_key = i.shard_key and source_id is not null limit 1) p;
            insert into item_sealed (shard_key, item_id, person_id, sealed) select shard_key, item_id, gen_random_uuid(), 'x' from item where content_hash = sha256('sealed') and shard_key =
                (select shard_key from project where name = 'embedded fits')`);
        const sealed = await fit();
        assert.match(sealed.metrics.features, /^hashed-ngrams/);
        assert.deepEqual(sealed.metrics.embeddings, { from: 'none', model, n_responses: 122, n_missing: 0, n_sealed: 2 });
    } finally {
        await worker.remove();
    }
});
