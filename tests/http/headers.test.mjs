// What every reply of every route carries, whoever asks; and who may write.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, startCoordinator } from '../support/coordinator.mjs';
import { Wire } from './wire.mjs';

const policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; " +
    "trusted-types 'none'";

const routes = execFileSync(join(build, 'plenum-coordinator'), ['--routes'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
// These answer errors in the shape of the servers they stand in for.
const compatible = /^\/(v1\/|v2\/)?(rerank|score|classify|pooling|models|get_reward|health)$/;

let coordinator;
before(async () => {
    coordinator = await startCoordinator();
});
after(() => coordinator?.stop());

async function ask(request) {
    const wire = new Wire(coordinator.url);
    try {
        await wire.send(request);
        return await wire.reply({ headOnly: request.startsWith('HEAD') });
    } finally {
        wire.close();
    }
}

function assertSecure({ status, headers }, what) {
    assert.equal(headers['content-security-policy'], policy, what);
    assert.equal(headers['x-content-type-options'], 'nosniff', what);
    assert.equal(headers['referrer-policy'], 'no-referrer', what);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', what);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', what);
    assert.match(headers['permissions-policy'], /camera=\(\).*geolocation=\(\).*microphone=\(\)/, what);
    assert.equal(headers['access-control-allow-origin'], undefined, what);
    assert.equal(headers.server, undefined, what);
    if (status >= 400) assert.equal(headers['cache-control'], 'no-store', what);
}

for (const [method, pattern] of routes)
    test(`${method} ${pattern}`, async () => {
        const path = pattern.replace(/\{[^}]*\}/g, 'x');
        const body = method === 'GET' ? '' : '{}';
        const request = (fields, text = body) =>
            `${method} ${path} HTTP/1.1\r\nHost: x\r\n${fields}Content-Length: ${text.length}\r\n\r\n${text}`;
        for (const fields of ['Content-Type: application/json\r\n', 'Content-Type: application/json\r\nAuthorization: Bearer none\r\n']) {
            const reply = await ask(request(fields));
            assertSecure(reply, `${reply.status}`);
            assert.ok(reply.status < 500 || reply.status === 503, `${reply.status} ${reply.body}`);
            if (reply.status >= 400 && !compatible.test(pattern)) {
                assert.equal(reply.headers['content-type'], 'application/problem+json');
                assert.equal(JSON.parse(reply.body).status, reply.status);
            }
            if (reply.status === 401) assert.match(reply.headers['www-authenticate'], /^Bearer/);
        }
        // A page of another site has the person's cookie sent, but gets nowhere.
        if (method !== 'GET' && !compatible.test(pattern)) {
            for (const fields of ['', 'Sec-Fetch-Site: cross-site\r\n', 'Sec-Fetch-Site: same-site\r\n', 'Origin: http://evil.example\r\n'])
                assert.equal((await ask(request(`Cookie: sid=abc\r\nContent-Type: application/json\r\n${fields}`))).status, 403);
            assert.equal((await ask(request('Cookie: sid=abc\r\nSec-Fetch-Site: same-origin\r\nContent-Type: text/plain\r\n'))).status, 415);
        }
        if (!routes.some(([other, same]) => other === 'PATCH' && same === pattern)) {
            const wrong = await ask(`PATCH ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
            assert.equal(wrong.status, 405);
            assert.ok(wrong.headers.allow.split(', ').includes(method), wrong.headers.allow);
            assertSecure(wrong, 'the wrong method');
        }
    });

test('pages, refusals and what is not there carry them too', async () => {
    for (const request of [
        'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
        'HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n',
        'GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n',
        'GET /assets/nothing.js HTTP/1.1\r\nHost: x\r\n\r\n',
        'OPTIONS /livez HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n\r\n',
        'GET /livez HTTP/1.1\r\n\r\n',
        'BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n',
    ])
        assertSecure(await ask(request), request);
});

test('the metrics tell of requests by route and name nobody', async () => {
    const { status, body } = await ask('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal(status, 200);
    assert.match(body, /^plenum_http_requests_total\{method="GET",route="\/livez",status="2xx"\} \d+$/m);
    assert.match(body, /^plenum_http_connections \d+$/m);
    assert.match(body, /^plenum_http_request_duration_seconds_count\{/m);
    assert.doesNotMatch(body, /127\.0\.0\.1|sid=|Bearer/);
    const types = [...body.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    assert.equal(new Set(types).size, types.length, 'each family is typed once');
});
