// An OpenAI-compatible endpoint that does what it is told to: a real server on loopback, well or badly behaved by the model's
// name. `say` is what a good one says; requests are kept as they came.
import { createServer } from 'node:http';

const event = (delta, reason = null) => `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
const done = event({}, 'stop') + 'data: [DONE]\n\n';
const pause = (ms) => new Promise((go) => setTimeout(go, ms));

const begin = (response, type = 'text/event-stream') => response.writeHead(200, { 'content-type': type });

async function tokens(response, text, ms) {
    for (const token of text.split(/(?<= )/)) {
        if (response.destroyed) return;
        response.write(event({ content: token }));
        if (ms) await pause(ms);
    }
}

// By the model's name. `held` waits until the test lets go.
const behaviours = {
    async good({ response, text }) {
        begin(response);
        await tokens(response, text, 0);
        response.end(done);
    },
    async slow({ response, text }) {
        begin(response, 'text/event-stream; charset=utf-8');
        await tokens(response, text, 40);
        response.end(done);
    },
    async held({ response, text, stub }) {
        begin(response);
        response.write(event({ role: 'assistant', content: '' }) + event({ content: 'First words of a long answer. ' }));
        await stub.gate;
        if (response.destroyed) return;
        await tokens(response, text, 0);
        response.end(done);
    },
    async silent({ stub }) {
        await stub.gate;
    },
    async cut({ response }) {
        begin(response);
        response.write(event({ content: 'Half of an' }));
        await pause(50);
        response.destroy();
    },
    async length({ response }) {
        begin(response);
        response.end(event({ content: 'Too long to' }) + event({}, 'length') + 'data: [DONE]\n\n');
    },
    async empty({ response }) {
        begin(response);
        response.end(event({ content: '  \n' }) + done);
    },
    async 'error-500'({ response }) {
        response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"secret inner words"}}');
    },
    async 'error-429'({ response }) {
        response.writeHead(429, { 'retry-after': '3600' }).end();
    },
    async 'error-401'({ response }) {
        response.writeHead(401).end();
    },
    async redirect({ response, stub }) {
        response.writeHead(307, { location: `${stub.url}/elsewhere` }).end();
    },
    async json({ response }) {
        begin(response);
        response.end('data: {"choices": [{"delta": {"content": "a"\n\n');
    },
    async type({ response }) {
        begin(response, 'application/json');
        response.end(JSON.stringify({ choices: [{ message: { content: 'not streamed' }, finish_reason: 'stop' }] }));
    },
    async html({ response }) {
        begin(response);
        response.end('<html>Sign in</html>\n');
    },
    async flood({ response }) {
        begin(response);
        const many = event({ content: 'flood '.repeat(50) });
        while (!response.destroyed) {
            if (!response.write(many)) await Promise.race([new Promise((go) => response.once('drain', go)), new Promise((go) => response.once('close', go))]);
        }
    },
    async line({ response }) {
        begin(response);
        const many = 'x'.repeat(64 * 1024);
        response.write('data: ');
        while (!response.destroyed) {
            if (!response.write(many)) await Promise.race([new Promise((go) => response.once('drain', go)), new Promise((go) => response.once('close', go))]);
        }
    },
    // Says no twice, then answers.
    async moody({ response, text, stub, model }) {
        stub.times.set(model, (stub.times.get(model) ?? 0) + 1);
        if (stub.times.get(model) <= 2) return void response.writeHead(503).end();
        await behaviours.good({ response, text });
    },
};

export async function startEndpoint() {
    const stub = { requests: [], times: new Map(), say: (model, messages) => `The answer of ${model} to: ${messages.at(-1).content}`, as: (model) => model };
    stub.hold = () => { stub.gate = new Promise((go) => { stub.release = go; }); };
    stub.hold();
    const server = createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => {
            const asked = JSON.parse(body);
            stub.requests.push({ path: request.url, authorization: request.headers.authorization, cookie: request.headers.cookie, body: asked });
            const behave = behaviours[stub.as(asked.model)] ?? behaviours.good;
            void behave({ response, stub, model: asked.model, text: stub.say(asked.model, asked.messages) });
        });
        response.on('error', () => {});
    });
    await new Promise((go) => server.listen(0, '127.0.0.1', go));
    stub.host = `127.0.0.1:${server.address().port}`;
    stub.url = `http://${stub.host}/v1/chat/completions`;
    stub.stop = async () => {
        stub.release();
        server.closeAllConnections();
        await new Promise((go) => server.close(go));
    };
    return stub;
}
