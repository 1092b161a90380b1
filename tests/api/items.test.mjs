// Items in the plenum format: what is taken, what is a duplicate, what is refused and where; nothing half-written.
import test from 'node:test';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { startCoordinator } from '../support/coordinator.mjs';

let server;
test.before(async () => { server = await startCoordinator({}); });
test.after(() => server.stop());

async function makeProject(kind = 'pairwise') {
    const { body } = await server.api('POST', '/api/v1/projects', { body: { name: 'items', judgments_per_item: 2, task: { kind } } });
    return body.id;
}
const load = (project, lines, options = {}) => server.api('POST', `/api/v1/projects/${project}/items${options.query ?? ''}`, {
    body: Array.isArray(lines) ? lines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n') : lines, ...options,
});
const pair = (i, more = {}) => ({ id: `i${i}`, prompt: `Question ${i}`, responses: [{ content: `one ${i}` }, { content: `two ${i}` }], ...more });
const counts = async (project) => (await server.api('GET', `/api/v1/projects/${project}`)).body.counts;

test('lines become items with everything they say', async () => {
    const project = await makeProject();
    const whole = { id: 'whole', prompt: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'مرحبا' }], language: 'ar', tags: ['a', 'b "c" \\ {d}'],
        gold: { choice: 'left' }, warning: 'Speaks of grief.',
        responses: [{ id: 'r1', content: 'أهلًا "يا" \\ صديق', model: 'm-1', embedding: [0.5, -1, 2], meta: { warmth: 1 } }, { content: 'b\nwith lines, {braces} and NULL', embedding: [1, 2, 3] }] };
    const { status, body } = await load(project, [whole, pair(1), '', '   ', pair(2, { responses: [{ content: 'I am Claude.', model: 'claude-2' }, { content: 'I am Claude.', model: 'm-1' }] })]);
    assert.equal(status, 200);
    assert.deepEqual(body, { accepted: 3, duplicates: 0, rejected: [], n_rejected: 0 });
    assert.deepEqual(await counts(project), { items: 3, wanted: 6, judgments: 0, participants: 0, skipped: 0, imported: 0 });
    const row = JSON.parse(server.sql(`select row_to_json(i) from item i where source_id = 'whole'`));
    assert.deepEqual(row.prompt, whole.prompt);
    assert.deepEqual(row.tags, whole.tags);
    assert.deepEqual(row.gold, whole.gold);
    const responses = JSON.parse(server.sql(`select json_agg(r order by r.n) from (select r.* from response r join item i using (shard_key, item_id) where i.source_id = 'whole') r`));
    assert.deepEqual(responses.map((one) => one.content), whole.responses.map((one) => one.content));
    assert.equal(responses[0].model, 'm-1');
    assert.deepEqual(responses[0].meta, { warmth: 1 });
    const { body: { data } } = await server.api('GET', `/api/v1/projects/${project}/items`);
    const { body: item } = await server.api('GET', `/api/v1/projects/${project}/items/${data.find((one) => one.prompt[0].content === 'Question 2').id}`);
    assert.deepEqual(item.responses.map((one) => one.names_model), [true, false]);
    assert.equal(responses[0].embedding, '\\x' + Buffer.from(new Float32Array([0.5, -1, 2]).buffer).toString('hex'));
});

test('importing twice changes nothing; the same id with another content is refused', async () => {
    const project = await makeProject();
    const lines = Array.from({ length: 1200 }, (_, i) => pair(i));
    assert.deepEqual((await load(project, lines)).body, { accepted: 1200, duplicates: 0, rejected: [], n_rejected: 0 });
    assert.deepEqual((await load(project, lines)).body, { accepted: 0, duplicates: 1200, rejected: [], n_rejected: 0 });
    assert.equal((await counts(project)).items, 1200);
    const { body } = await load(project, [pair(3, { responses: [{ content: 'other' }, { content: 'words' }] }), pair(5, { id: 'another id' }), pair(5, { id: undefined }), pair(9000)]);
    assert.equal(body.accepted, 1);
    assert.equal(body.duplicates, 2, 'the same content is the same item, under whatever id');
    assert.deepEqual(body.rejected.map(({ line, pointer }) => ({ line, pointer })), [{ line: 1, pointer: '/id' }]);
    assert.equal((await counts(project)).items, 1201);
});

test('bad lines are told by number and place; the good ones are in', async () => {
    const project = await makeProject();
    const bad = [
        ['nope', ''], ['[1]', ''], ['{"a":1,"a":2}', ''], ['{"prompt":"\\u0000","responses":[]}', ''], ['"text"', ''],
        [{ responses: [{ content: 'a' }, { content: 'b' }] }, '/prompt'], [{ prompt: 7, responses: [{ content: 'a' }, { content: 'b' }] }, '/prompt'],
        [{ prompt: [], responses: [{ content: 'a' }, { content: 'b' }] }, '/prompt'],
        [{ prompt: [{ role: 'user' }], responses: [{ content: 'a' }, { content: 'b' }] }, '/prompt/0/content'],
        [{ prompt: 'p' }, '/responses'], [{ prompt: 'p', responses: [] }, '/responses'], [{ prompt: 'p', responses: [{ content: 'a' }] }, '/responses'],
        [{ prompt: 'p', responses: [{ content: 'a' }, { content: 3 }] }, '/responses/1/content'], [{ prompt: 'p', responses: [{ content: 'a' }, 'b'] }, '/responses/1'],
        [pair(1, { responses: [{ content: 'a', embedding: [1, 2] }, { content: 'b', embedding: [1] }] }), '/responses/1/embedding'],
        [pair(1, { responses: [{ content: 'a', embedding: ['x'] }, { content: 'b' }] }), '/responses/0/embedding'],
        [pair(1, { id: '' }), '/id'], [pair(1, { id: 'x'.repeat(257) }), '/id'], [pair(1, { tags: 'a' }), '/tags'], [pair(1, { tags: [1] }), '/tags'],
        [pair(1, { gold: 'left' }), '/gold'], [pair(1, { warning: 1 }), '/warning'], [pair(1, { language: 'x' }), '/language'],
        [{ type: 'judgment', id: 'j' }, '/item'], [{ type: 'verdict', id: 'j' }, '/type'],
    ];
    const lines = [pair('first'), ...bad.map(([line]) => line), pair('last')];
    const { body } = await load(project, lines);
    assert.equal(body.accepted, 2);
    assert.equal(body.n_rejected, bad.length);
    assert.deepEqual(body.rejected.map(({ line, pointer }) => [line, pointer]), bad.map(([, pointer], i) => [i + 2, pointer]));
    assert.ok(body.rejected.every((one) => one.detail.length > 0));
    assert.equal((await counts(project)).items, 2);
    assert.equal(server.sql('select count(*) from response r where not exists (select from item i where i.item_id = r.item_id)'), '0');
});

test('of many bad lines the first hundred are told and the rest counted', async () => {
    const project = await makeProject();
    const { body } = await load(project, Array.from({ length: 1000 }, (_, i) => (i % 2 ? 'x' : pair(i))));
    assert.equal(body.accepted, 500);
    assert.equal(body.rejected.length, 100);
    assert.equal(body.n_rejected, 500);
});

test('a line over 1 MiB is refused alone, and invalid UTF-8 too', async () => {
    const project = await makeProject();
    const long = JSON.stringify(pair(1, { prompt: 'x'.repeat(1024 * 1024) }));
    const body = Buffer.concat([Buffer.from(`${JSON.stringify(pair(2))}\n${long}\n{"prompt":"`), Buffer.from([0xff, 0xfe]), Buffer.from(`","responses":[{"content":"a"},{"content":"b"}]}\n${JSON.stringify(pair(3))}`)]);
    const answer = await load(project, body);
    assert.equal(answer.body.accepted, 2);
    assert.deepEqual(answer.body.rejected.map((one) => one.line), [2, 3]);
});

test('gzip and zstd are welcome, CRLF too, and a bomb is not', async () => {
    const project = await makeProject();
    const text = Array.from({ length: 300 }, (_, i) => JSON.stringify(pair(i))).join('\r\n');
    const zipped = await load(project, gzipSync(text), { headers: { 'content-encoding': 'gzip' } });
    assert.equal(zipped.body.accepted, 300);
    const zstd = execFileSync('zstd', ['-q', '-c'], { input: text });
    assert.equal((await load(project, zstd, { headers: { 'content-encoding': 'zstd' } })).body.duplicates, 300);
    const bomb = await load(project, gzipSync(Buffer.alloc(80 * 1024 * 1024, 10)), { headers: { 'content-encoding': 'gzip' } });
    assert.equal(bomb.status, 413);
    const cut = await load(project, gzipSync(text).subarray(0, 400), { headers: { 'content-encoding': 'gzip' } });
    assert.equal(cut.status, 400);
});

test('unknown formats are refused, nothing is an import of nothing, and two at once do not mix', async () => {
    const project = await makeProject();
    const odd = await load(project, '{}', { query: '?format=papyrus' });
    assert.equal(odd.status, 422);
    assert.equal(odd.body.errors[0].pointer, '?format');
    assert.deepEqual((await load(project, '')).body, { accepted: 0, duplicates: 0, rejected: [], n_rejected: 0 });
    const lines = Array.from({ length: 2000 }, (_, i) => pair(i));
    const both = await Promise.all([load(project, lines), load(project, lines.slice().reverse())]);
    assert.deepEqual(both.map((one) => one.status), [200, 200]);
    assert.equal(both[0].body.accepted + both[1].body.accepted, 2000);
    assert.equal(both[0].body.duplicates + both[1].body.duplicates, 2000);
    assert.equal((await counts(project)).items, 2000);
});

test('memory stays bounded while a large file comes in', async () => {
    const project = await makeProject();
    const rss = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
    const filler = 'word '.repeat(400);
    const before = rss();
    const text = Array.from({ length: 12000 }, (_, i) => JSON.stringify(pair(i, { prompt: filler + i }))).join('\n'); // 25 MB
    assert.ok(text.length > 24e6);
    assert.equal((await load(project, text)).body.accepted, 12000);
    // A batch, its arrays and the statement in flight; never the file. (No bound on time here, but on bytes.)
    assert.ok(process.env.PLENUM_BUILD?.includes('san') || rss() - before < 60, `${rss() - before} MiB more at the peak`);
});
