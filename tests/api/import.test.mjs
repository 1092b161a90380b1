// Imports in foreign formats over HTTP: what comes in, what is refused by line, and that twice is once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { removeFolder, startCoordinator, temporaryFolder } from '../support/coordinator.mjs';
import { makeProject, plenum } from '../support/dataset.mjs';

let server;
before(async () => {
    server = await startCoordinator();
});
after(() => server.stop());

const send = (project, query, body, options = {}) =>
    server.api('POST', `/api/v1/projects/${project}/items?${new URLSearchParams(query)}`, { body, ...options });
const rejected = (report) => report.body.rejected.map(({ line, pointer }) => [line, pointer]);
const where = (project) => `shard_key = (select shard_key from project where name = '${project}')`;
const say = (...turns) => turns.map((turn, i) => `\n\n${i % 2 ? 'Assistant' : 'Human'}: ${turn}`).join('');
const pair = (question, chosen, other) => JSON.stringify({ chosen: say(question, chosen), rejected: say(question, other) });

const MAP = { item: 'id', text: 'text', annotator: 'who', rating: 'score', dimension: 'rude', scale: [1, 5], attributes: ['age'] };
const TABLE = 'id,who,text,score,age\n1,ann,"Hello,\nyou",1,18-24\n1,bob,"Hello,\nyou",4,\n2,ann,Bye,2.5,18-24\n';

test('csv: rows become items, annotators with attributes, and ratings', async () => {
    const project = await makeProject(server, { name: 'csv', task: { kind: 'rating', dimensions: ['rude'] } });
    const query = { format: 'csv', map: JSON.stringify(MAP) };
    const report = await send(project, query, TABLE, { type: 'text/csv' });
    assert.deepEqual([report.status, report.body], [200, { accepted: 3, duplicates: 0, rejected: [], n_rejected: 0 }]);
    assert.equal(server.sql(`select i.source_id, p.source_id, j.outcome, j.answer, j.source from judgment j
        join item i using (shard_key, item_id) join participation p using (shard_key, participant_id)
        where j.${where('csv')} order by 1, 2`), [
        '1|ann|rating|{"ratings": {"rude": {"0": 1}}}|import:csv',
        '1|bob|rating|{"ratings": {"rude": {"0": 4}}}|import:csv',
        '2|ann|rating|{"ratings": {"rude": {"0": 2.5}}}|import:csv',
    ].join('\n'));
    assert.equal(server.sql(`select content from response where ${where('csv')} order by content desc limit 1`), 'Hello,\nyou');
    const again = await send(project, query, `\uFEFF${TABLE.replaceAll('\n1', '\r\n1').replaceAll('\n2', '\r\n2')}`, { type: 'text/csv' });
    assert.deepEqual([again.body.accepted, again.body.duplicates], [0, 3]);
    // The same person with another answer for the same item is named, not taken.
    const changed = await send(project, query, 'id,who,text,score,age\n1,ann,"Hello,\nyou",5,x\n', { type: 'text/csv' });
    assert.deepEqual([changed.body.accepted, changed.body.duplicates, changed.body.rejected.length], [0, 0, 1]);
    assert.equal(changed.body.rejected[0].line, 2);
});

test('a dry run tells what would be taken and refused, shows the first items, and writes nothing', async () => {
    const project = await makeProject(server, { name: 'dry', task: { kind: 'pairwise' } });
    const long = 'é'.repeat(1500);
    const item = (i, content = `one ${i}`) => JSON.stringify({ id: `i${i}`, prompt: `Question ${i}`, responses: [{ content }, { content: 'other' }] });
    const body = [item(0, long), 'not json', item(1), JSON.stringify({ prompt: 'alone', responses: [{ content: 'x' }] }),
        ...Array.from({ length: 7 }, (_, i) => item(i + 2))].join('\n');
    const report = await send(project, { dry_run: '1' }, body);
    assert.deepEqual([report.status, report.body.accepted, report.body.duplicates, report.body.n_rejected], [200, 9, 0, 2]);
    assert.deepEqual(rejected(report), [[2, ''], [4, '/responses']]);
    assert.deepEqual(report.body.preview.map((one) => one.line), [1, 3, 5, 6, 7]);
    assert.deepEqual(report.body.preview[0].responses, [`${'é'.repeat(1000)}…`, 'other']);
    assert.deepEqual(report.body.preview[1], { line: 3, prompt: [{ role: 'user', content: 'Question 1' }], responses: ['one 1', 'other'], n_responses: 2 });
    assert.equal(server.sql(`select count(*) from item where ${where('dry')}`), '0');
    // For real, it is as foretold.
    const real = await send(project, {}, body);
    assert.deepEqual([real.body.accepted, rejected(real), real.body.preview], [9, rejected(report), undefined]);
    // Rows of a table about one text are lines each.
    const rated = await makeProject(server, { name: 'dry-csv', task: { kind: 'rating', dimensions: ['rude'] } });
    const rows = await send(rated, { format: 'csv', map: JSON.stringify(MAP), dry_run: '1' }, TABLE, { type: 'text/csv' });
    assert.deepEqual([rows.body.accepted, rows.body.preview.map((one) => one.outcome)], [3, ['rating', 'rating', 'rating']]);
    assert.equal(server.sql(`select count(*) from judgment where ${where('dry-csv')}`), '0');
});

test('csv: rows that are wrong are named by line and column, the good ones are in', async () => {
    const project = await makeProject(server, { name: 'wrong', task: { kind: 'rating', dimensions: ['rude'] } });
    const query = { format: 'csv', map: JSON.stringify(MAP) };
    const body = Buffer.concat([Buffer.from('id,who,text,score,age\n1,ann,x,9,\n1,ann,x\n1,ann,x,one,\n"1"x,ann,x,1,\n1,ann,'),
        Buffer.from([0xff]), Buffer.from(',1,\n1,,x,1,\n7,ann,good,3,\n8,ann,"open,3,\n')]);
    const report = await send(project, query, body, { type: 'text/csv' });
    assert.equal(report.status, 200);
    assert.deepEqual(rejected(report), [[2, '/score'], [3, ''], [4, '/score'], [5, ''], [6, ''], [7, '/who'], [9, '']]);
    assert.equal(report.body.accepted, 1);
    assert.equal(server.sql(`select source_id from item where ${where('wrong')}`), '7');
});

test('a mark of the byte order before the first line is no part of it, and of any other line it is', async () => {
    const project = await makeProject(server, { name: 'marked', task: { kind: 'pairwise' } });
    const item = (i) => JSON.stringify({ id: `m${i}`, prompt: `Question ${i}`, responses: [{ content: 'one' }, { content: 'other' }] });
    const report = await send(project, {}, `\uFEFF${item(0)}\r\n\uFEFF${item(1)}\n${item(2)}`);
    assert.deepEqual([report.status, report.body.accepted, rejected(report)], [200, 2, [[2, '']]]);
    for (const body of ['\uFEFF', '\uFEFF\n', '\uFEFF  \r\n']) assert.deepEqual((await send(project, {}, body)).body, { accepted: 0, duplicates: 0, rejected: [], n_rejected: 0 });
    const transcript = await makeProject(server, { name: 'marked-hh', task: { kind: 'pairwise' } });
    assert.equal((await send(transcript, { format: 'hh' }, `\uFEFF${pair('What?', 'This.', 'That.')}`)).body.accepted, 1);
});

test('csv: a map that does not fit is refused before a row is read', async () => {
    const project = await makeProject(server, { name: 'maps' });
    for (const map of [undefined, '{', '[]', '{"text":"t","nope":"x"}', '{"text":"t","rating":"r"}', '{"text":7}']) {
        const report = await send(project, { format: 'csv', ...(map === undefined ? {} : { map }) }, 't\nx\n', { type: 'text/csv' });
        assert.equal(report.status, 422, `${map}: ${JSON.stringify(report.body)}`);
    }
    const report = await send(project, { format: 'csv', map: '{"text":"body"}' }, 't\nx\n', { type: 'text/csv' });
    assert.deepEqual([report.body.accepted, rejected(report)], [0, [[1, '']]]);
    assert.equal((await send(project, { format: 'nope' }, '{}\n')).status, 422);
});

test('hh: pools that disagree about the same pair meet at the same item', async () => {
    const project = await makeProject(server, { name: 'pools' });
    const helpful = `${pair('A?', 'x', 'y')}\n${pair('B?', 'x', 'y')}\n`;
    const harmless = `${pair('A?', 'y', 'x')}\n${pair('B?', 'x', 'y').replaceAll('\\n\\nHuman', 'Human')}\n`;
    assert.equal((await send(project, { format: 'hh', pool: 'helpful' }, helpful)).body.accepted, 2);
    assert.equal((await send(project, { format: 'hh', pool: 'harmless' }, harmless)).body.accepted, 2);
    assert.equal(server.sql(`select count(*) from item where ${where('pools')}`), '2');
    // Of A the pools prefer different responses, of B the same.
    assert.deepEqual(server.sql(`select count(distinct outcome) from judgment where ${where('pools')} group by item_id
        order by 1`).split('\n'), ['1', '2']);
    assert.equal(server.sql(`select string_agg(source_id, ' ' order by source_id) from participation
        where ${where('pools')} and source_id is not null`), 'harmless helpful');
    const again = await send(project, { format: 'hh', pool: 'helpful' }, helpful);
    assert.deepEqual([again.body.accepted, again.body.duplicates], [0, 2]);
});

test('hh: packed bodies, cut pools, and lines that are no pair', async () => {
    const project = await makeProject(server, { name: 'packed' });
    const body = [pair('1', 'a', 'b'), pair('2', 'a', 'a'), '{"chosen":1}', 'not json', pair('5', '', 'b'), '',
        JSON.stringify({ chosen: say('x', 'a'), rejected: say('y', 'a') })].join('\n');
    const query = { format: 'hh', pool: 'cut', pairs_per_annotator: 2 };
    const first = await send(project, query, gzipSync(body), { headers: { 'content-encoding': 'gzip' } });
    assert.deepEqual([first.status, first.body.accepted], [200, 2], JSON.stringify(first.body));
    assert.deepEqual(rejected(first), [[2, ''], [3, '/chosen'], [4, ''], [7, '']]);
    assert.equal(server.sql(`select string_agg(source_id, ' ' order by source_id) from participation
        where ${where('packed')} and source_id is not null`), 'cut#1 cut#3');
    const zstd = execFileSync('zstd', ['-qc'], { input: body });
    const again = await send(project, query, zstd, { headers: { 'content-encoding': 'zstd' } });
    assert.deepEqual([again.body.accepted, again.body.duplicates], [0, 2]);
    for (const wrong of ['0', '-1', 'many', '1.5'])
        assert.equal((await send(project, { format: 'hh', pairs_per_annotator: wrong }, '')).status, 422);
});

test('trl: text, messages and implicit prompts are the same item', async () => {
    const project = await makeProject(server, { name: 'trl' });
    const user = (content) => ({ role: 'user', content });
    const assistant = (content) => ({ role: 'assistant', content });
    const forms = [
        { prompt: 'A?', chosen: 'x', rejected: 'y', margin: 2 },
        { prompt: [user('A?')], chosen: [assistant('x')], rejected: [assistant('y')], margin: 2 },
        { chosen: [user('A?'), assistant('x')], rejected: [user('A?'), assistant('y')], margin: 2 },
        { prompt: 'A?', chosen: [user('A?'), assistant('x')], rejected: [user('A?'), assistant('y')], margin: 2 },
        { prompt: 'A?', chosen: 'x', rejected: 'x' },
        { prompt: 'A?', chosen: 'x' },
    ];
    const report = await send(project, { format: 'trl' }, forms.map((one) => JSON.stringify(one)).join('\n'));
    assert.deepEqual([report.body.accepted, report.body.duplicates, rejected(report)], [1, 3, [[5, ''], [6, '/rejected']]]);
    assert.equal(server.sql(`select strength from judgment where ${where('trl')}`), '2');
});

test('an import is for those who may', async () => {
    const project = await makeProject(server, { name: 'mine' });
    assert.equal((await send(project, { format: 'hh' }, pair('1', 'a', 'b'), { token: null })).status, 401);
    const invitation = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: {}, key: true });
    const joined = await server.api('POST', '/api/v1/join', { body: { code: invitation.body.code }, token: null, key: true });
    assert.equal((await send(project, { format: 'hh' }, pair('1', 'a', 'b'), { token: joined.body.token })).status, 404);
    assert.equal(server.sql(`select count(*) from item where ${where('mine')}`), '0');
});

test('the command sends every file, whatever is wrong with the one before', async (t) => {
    const folder = temporaryFolder('plenum-test-files-');
    t.after(() => removeFolder(folder));
    const file = (name, body) => {
        writeFileSync(join(folder, name), gzipSync(body));
        return join(folder, name);
    };
    const project = await makeProject(server, { name: 'several' });
    const files = [file('a.jsonl.gz', `${pair('1', 'a', 'b')}\nnot json\n${pair('2', 'a', 'a')}\n`), join(folder, 'none.jsonl'),
        file('b.jsonl.gz', pair('3', 'a', 'b'))];
    const { status, out, err } = await plenum(server, 'import', '--project', project, '--format', 'hh', ...files);
    assert.equal(status, 1);
    assert.deepEqual(out.trim().split('\n').map((line) => JSON.parse(line)).map((one) => [one.file, one.accepted, one.n_rejected]),
        [[files[0], 1, 2], [files[2], 1, 0]]);
    assert.match(err, /none\.jsonl: No such file/);
    const wrong = await plenum(server, 'import', '--project', project, '--format', 'nope', files[0], files[2]);
    assert.equal(wrong.status, 1);
    assert.deepEqual(wrong.err.match(/[ab]\.jsonl\.gz: 422/g), ['a.jsonl.gz: 422', 'b.jsonl.gz: 422']);
});
