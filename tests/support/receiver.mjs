// Somebody who is told by webhooks: a real server on loopback that behaves as the path says. What came is kept as it came.
import { createServer } from 'node:http';

export async function startReceiver() {
    const receiver = { requests: [], hold: null };
    const seen = new Map(); // how often each id came to a path
    const answers = {
        '/good': (response) => response.writeHead(204).end(),
        '/flaky': (response, n) => response.writeHead(n === 1 ? 500 : 200).end(),
        '/broken': (response) => response.writeHead(500).end(),
        '/redirect': (response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end(),
        '/gone': (response) => response.writeHead(410).end(),
        '/flood': (response) => {
            response.writeHead(200);
            const more = () => { while (!response.destroyed && response.write('x'.repeat(65536))); };
            response.on('drain', more);
            more();
        },
        '/cut': (response) => response.destroy(),
        '/silent': () => {},
        // Waits until the test lets go.
        '/held': async (response) => {
            await receiver.hold;
            response.writeHead(200).end();
        },
    };
    const server = createServer((request, response) => {
        let body = '';
        response.on('error', () => {});
        request.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => {
            const id = `${request.url} ${request.headers['webhook-id']}`;
            seen.set(id, (seen.get(id) ?? 0) + 1);
            receiver.requests.push({ path: request.url, method: request.method, headers: request.headers, body });
            (answers[request.url] ?? answers['/good'])(response, seen.get(id));
        });
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    receiver.host = `127.0.0.1:${server.address().port}`;
    receiver.url = `http://${receiver.host}`;
    receiver.at = (path) => receiver.requests.filter((one) => one.path === path);
    receiver.stop = () => {
        server.closeAllConnections();
        return new Promise((done) => server.close(done));
    };
    return receiver;
}
