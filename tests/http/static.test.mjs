// The pages as they are built and served: codings, tags, caches, and what is a page and what is not.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { startCoordinator } from '../support/coordinator.mjs';

const dist = fileURLToPath(new URL('../../web-static/dist', import.meta.url));
const skip = existsSync(`${dist}/index.html`) ? false : 'web-static/dist is not built';

let coordinator;
before(async () => {
    if (!skip) coordinator = await startCoordinator({ env: { PLENUM_WEB: dist } });
});
after(() => coordinator?.stop());

// As it is on the wire: fetch would undo the coding.
function ask(path, headers = {}) {
    return new Promise((done, fail) => {
        get(new URL(path, coordinator.url), { headers, agent: false }, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('end', () => done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
            response.on('error', fail);
        }).on('error', fail);
    });
}

function files(folder = '') {
    return readdirSync(`${dist}${folder}`, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? files(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]);
}
const plain = skip ? [] : files().filter((path) => !/\.(br|gz)$/.test(path) && !/\/\./.test(path));

test('every file is served as it was built, in every coding', { skip }, async () => {
    assert.ok(plain.includes('/index.html'));
    for (const path of plain) {
        const wanted = readFileSync(`${dist}${path}`);
        const tags = new Set();
        for (const [accept, undo] of [['identity', (b) => b], ['gzip', gunzipSync], ['br', brotliDecompressSync]]) {
            const { status, headers, body } = await ask(path, { 'accept-encoding': accept });
            assert.equal(status, 200, path);
            const coded = headers['content-encoding'] !== undefined;
            if (coded) assert.equal(headers['content-encoding'], accept);
            assert.ok((coded ? undo(body) : body).equals(wanted), `${path} as ${accept}`);
            assert.equal(Number(headers['content-length']), body.length);
            assert.equal(headers.vary, 'Accept-Encoding');
            assert.match(headers.etag, /^"[0-9a-f]{32}"$/);
            assert.equal(headers['cache-control'], path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
            assert.notEqual(headers['content-type'], 'application/octet-stream', path);
            if (coded) assert.ok(!tags.has(headers.etag));
            tags.add(headers.etag);
            const again = await ask(path, { 'accept-encoding': accept, 'if-none-match': headers.etag });
            assert.equal(again.status, 304);
            assert.equal(again.body.length, 0);
            assert.equal(again.headers.etag, headers.etag);
        }
    }
});

test('a path of the application is the page; a path of an interface is not', { skip }, async () => {
    const index = readFileSync(`${dist}/index.html`);
    for (const path of ['/', '/annotate', '/communities/x/constitution', '/research?tab=fits']) {
        const { status, headers, body } = await ask(path);
        assert.equal(status, 200, path);
        assert.match(headers['content-type'], /^text\/html/);
        assert.ok(body.equals(index));
    }
    for (const path of ['/api/v1/nothing', '/audit/nothing', '/v1/nothing', '/v2/nothing', '/assets/nothing.js', '/assets/nothing', '/nothing.html']) {
        const { status, headers } = await ask(path);
        assert.equal(status, 404, path);
        assert.equal(headers['content-type'], 'application/problem+json');
        assert.equal(headers['cache-control'], 'no-store');
    }
});

test('the page asks for nothing that is not there, from nowhere else', { skip }, async () => {
    const html = readFileSync(`${dist}/index.html`, 'utf8');
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link).filter((link) => !link.startsWith('data:'));
    assert.ok(links.length > 0);
    for (const link of links) {
        assert.match(link, /^\/(?!\/)|^#/, 'from our own origin');
        if (link.startsWith('/')) assert.equal((await ask(link)).status, 200, link);
    }
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|style="/, 'nothing inline');
});
