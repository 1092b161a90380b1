// An OpenAI-compatible /v1/embeddings endpoint that does what it is told to: a real server on loopback, well or badly behaved by
// the model's name. A text's embedding follows from its bytes and its length; requests are kept as they came.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

export const DIMENSIONS = 16;

export function vectorOf(text, n = DIMENSIONS) {
    const bytes = createHash('sha256').update(text).digest();
    return Float32Array.from({ length: n }, (_, i) => (i === 0 ? (text.length > 100 ? 2 : -2) : bytes[i % 32] / 255 - 0.5));
}

export const base64 = (vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

const entries = (texts, form = base64, n) => texts.map((text, index) => ({ object: 'embedding', index, embedding: form(vectorOf(text, n)) }));
const answer = (response, data) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data, model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } }));
const first = (data, embedding) => [{ ...data[0], embedding }, ...data.slice(1)];
const pause = (ms) => new Promise((go) => setTimeout(go, ms));

const behaviours = {
    good: ({ response, texts, body }) => answer(response, entries(texts, base64, body.dimensions)),
    floats: ({ response, texts }) => answer(response, entries(texts, (vector) => [...vector]).reverse()),
    count: ({ response, texts }) => answer(response, entries(texts).slice(1)),
    more: ({ response, texts }) => answer(response, [...entries(texts), ...entries(['more'])]),
    'index-twice': ({ response, texts }) => answer(response, entries(texts).map((one) => ({ ...one, index: 0 }))),
    'index-none': ({ response, texts }) => answer(response, entries(texts).map(({ embedding }) => ({ embedding }))),
    'index-far': ({ response, texts }) => answer(response, entries(texts).map((one) => ({ ...one, index: one.index + 1 }))),
    dimensions: ({ response, texts }) => { const data = entries(texts); answer(response, first(data, base64(vectorOf('x', 8)))); },
    'too-many': ({ response, texts }) => answer(response, entries(texts, base64, 8193)),
    null: ({ response, texts }) => answer(response, first(entries(texts), [...vectorOf('x')].map((value, i) => (i === 3 ? null : value)))),
    infinite: ({ response, texts }) => answer(response, first(entries(texts), base64(vectorOf('x').fill(Infinity, 3, 4)))),
    nan: ({ response, texts }) => answer(response, first(entries(texts), base64(vectorOf('x').fill(NaN, 3, 4)))),
    great: ({ response, texts }) => answer(response, first(entries(texts), [...vectorOf('x').fill(1, 3, 4)].map((value, i) => (i === 3 ? 1e39 : value)))),
    zero: ({ response, texts }) => answer(response, first(entries(texts), base64(new Float32Array(DIMENSIONS)))),
    half: ({ response, texts }) => answer(response, first(entries(texts), Buffer.alloc(30, 1).toString('base64'))),
    html: ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
    list: ({ response }) => response.writeHead(200).end('{"data": {"0": [1]}}'),
    nothing: ({ response }) => response.writeHead(200).end(),
    'error-400': ({ response }) => response.writeHead(400).end('{"error":{"message":"secret inner words"}}'),
    'error-401': ({ response }) => response.writeHead(401).end(),
    'error-500': ({ response }) => response.writeHead(500).end(),
    'error-429': ({ response }) => response.writeHead(429, { 'retry-after': '3600' }).end(),
    redirect: ({ response, stub }) => response.writeHead(307, { location: `${stub.url}/elsewhere` }).end(),
    cut: ({ response, texts }) => {
        const text = JSON.stringify({ data: entries(texts) });
        response.writeHead(200, { 'content-length': text.length }).write(text.slice(0, text.length / 2), () => response.destroy());
    },
    async huge({ response }) {
        response.writeHead(200).write('{"data":[{"index":0,"embedding":[');
        for (let i = 0; i < 500 && !response.destroyed; i++) {
            response.write('0.5,'.repeat(16384));
            await pause(1);
        }
    },
    async slow({ response }) {
        response.writeHead(200).write('{');
        for (let i = 0; i < 600 && !response.destroyed; i++) {
            response.write(' ');
            await pause(50);
        }
        response.end();
    },
    // Says no twice, then answers.
    moody(asked) {
        if (asked.count <= 2) return void asked.response.writeHead(503, asked.count === 1 ? { 'retry-after': '1' } : {}).end();
        behaviours.good(asked);
    },
    // Half the numbers from the second answer on.
    changing(asked) {
        answer(asked.response, entries(asked.texts, base64, asked.count === 1 ? DIMENSIONS : DIMENSIONS / 2));
    },
    // Answers three times, then says nothing more until it is let go.
    async held(asked) {
        if (asked.count > 3) await asked.stub.gate;
        if (!asked.response.destroyed) behaviours.good(asked);
    },
};

export async function startEmbedder() {
    const stub = { requests: [], times: new Map(), busiest: 0, now: 0 };
    stub.hold = () => { stub.gate = new Promise((go) => { stub.release = go; }); };
    stub.hold();
    const server = createServer((request, response) => {
        let text = '';
        request.setEncoding('utf8').on('data', (more) => { text += more; }).on('end', () => {
            const body = JSON.parse(text);
            const count = (stub.times.get(body.model) ?? 0) + 1;
            stub.times.set(body.model, count);
            stub.requests.push({ at: Date.now(), path: request.url, authorization: request.headers.authorization, body });
            stub.busiest = Math.max(stub.busiest, ++stub.now);
            response.once('close', () => { stub.now--; });
            void (behaviours[body.model.split(' ')[0]] ?? behaviours.good)({ response, stub, body, texts: body.input, count });
        });
        response.on('error', () => {});
    });
    await new Promise((go) => server.listen(0, '127.0.0.1', go));
    stub.host = `127.0.0.1:${server.address().port}`;
    stub.url = `http://${stub.host}/v1/embeddings`;
    stub.of = (model) => stub.requests.filter((one) => one.body.model === model);
    stub.texts = (model) => stub.of(model).flatMap((one) => one.body.input);
    stub.stop = async () => {
        stub.release();
        server.closeAllConnections();
        await new Promise((go) => server.close(go));
    };
    return stub;
}
