// Exports through the real coordinator: what goes out and what never does, and that one begun is finished.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, removeFolder, startCoordinator, temporaryFolder } from '../support/coordinator.mjs';
import { download, exportFiles, importFile, lines, makeExport, makeProject, sha256, unzstd, waitExport } from '../support/dataset.mjs';
import { validate } from '../support/json-schema.mjs';

const schema = JSON.parse(readFileSync(new URL('../../schema/plenum-export.schema.json', import.meta.url)));
const ALL = ['plenum', 'trl', 'trl-implicit', 'csv', 'hh'];
const user = (content) => ({ role: 'user', content });
const assistant = (content) => ({ role: 'assistant', content });

let server;
before(async () => {
    server = await startCoordinator();
});
after(() => server.stop());

const QUESTIONS = {
    attributes: [
        { id: 'age', label: 'How old are you?', values: [{ id: 'young', label: 'Young' }, { id: 'old', label: 'Old' }] },
        { id: 'place', label: 'Where are you from?', free: true, values: [] },
        { id: 'faith', label: 'Which of these?', multi: true, values: [{ id: 'a', label: 'A' }, { id: 'b', label: 'B' }] },
    ],
};
const ITEMS = [
    { id: 'b', prompt: 'B?', language: 'en', tags: ['x'], responses: [
        { id: 'b1', content: 'b one', model: 'm', embedding: [1, 0.1], meta: { k: 1.5 } }, { content: 'b two', embedding: [0, -2] }] },
    { id: 'a', prompt: [{ role: 'system', content: 'S' }, user('A?')], language: 'ar', responses: [{ content: 'أ' }, { content: 'a two' }] },
    { prompt: 'C?', responses: [{ content: 'c, "one"' }, { content: 'c\ntwo' }], warning: 'careful' },
];

async function join_(project, uses) {
    const invitation = await server.api('POST', `/api/v1/projects/${project}/invitations`, { body: { max_uses: uses }, key: true });
    return Promise.all(Array.from({ length: uses }, async () => {
        const joined = await server.api('POST', '/api/v1/join', { body: { code: invitation.body.code }, token: null, key: true });
        assert.ok(joined.status < 300, JSON.stringify(joined.body));
        return joined.body.token;
    }));
}

async function judge(project, token, answer) {
    const next = await server.api('POST', `/api/v1/projects/${project}/assignments`, { token, key: true });
    if (next.status === 204) return undefined;
    const responses = next.body.item.responses.map(({ content }) => content);
    const put = await server.api('PUT', `/api/v1/assignments/${next.body.id}/judgment`,
        { token, key: true, body: { active_ms: 1000, client: {}, ...answer(responses) } });
    assert.equal(put.status, 201, JSON.stringify(put.body));
    return { assignment: next.body.id, responses };
}

// Three people judge three items: one always for the text that sorts last, one with ties and a skip, one who is excluded.
async function study(name, settings = {}) {
    const project = await makeProject(server, { name, language: 'en', guideline: 'Choose **well**.', judgments_per_item: 5,
        demographics: QUESTIONS, ...settings });
    const sent = await server.api('POST', `/api/v1/projects/${project}/items`, { body: ITEMS.map((one) => JSON.stringify(one)).join('\n') });
    assert.deepEqual([sent.status, sent.body.accepted], [200, 3], JSON.stringify(sent.body));
    const [one, two, three] = await join_(project, 3);
    const last = ([left, right]) => ({ choice: left > right ? 'left' : 'right', strength: 2 });
    for (let i = 0; i < 3; i++) await judge(project, one, last);
    await judge(project, two, () => ({ choice: 'tie' }));
    await judge(project, two, () => ({ choice: 'both_bad' }));
    const undone = await judge(project, two, last);
    const undo = await server.api('DELETE', `/api/v1/assignments/${undone.assignment}/judgment`, { token: two, key: true });
    assert.ok(undo.status < 300, JSON.stringify(undo.body));
    await judge(project, three, last);
    server.sql(`update participation set state = 'excluded', exclusion_reason = 'test' where participant_id = (
        select participant_id from judgment where shard_key = (select shard_key from project where name = '${name}')
        group by 1 having count(*) = 1)`);
    const answers = { age: 'young', place: 'the only house on the hill', faith: ['a', 'b'] };
    const given = await server.api('PUT', '/api/v1/me/demographics', { token: one, key: true, body: { consent: true, answers } });
    assert.ok(given.status < 300, JSON.stringify(given.body));
    return { project, tokens: [one, two, three] };
}

let made, files;
test('an export in every format: counts, hashes, and lines that keep to the schema', async () => {
    made = await study('Mini "study"');
    const done = await makeExport(server, made.project, { formats: ALL });
    assert.equal(done.state, 'done', done.error);
    const { manifest } = done;
    files = {};
    for (const one of manifest.files) {
        files[one.name] = await download(server, done.id, one.name);
        assert.equal(files[one.name].length, one.size, one.name);
        assert.equal(sha256(files[one.name]), one.sha256, one.name);
    }
    const { counts } = manifest;
    assert.deepEqual([counts.items, counts.responses, counts.judgments, counts.raters, manifest.left_out.excluded_raters],
        [3, 6, 5, 2, 1]);
    assert.deepEqual([counts.outcomes.left + counts.outcomes.right, counts.outcomes.tie, counts.outcomes.both_bad], [3, 1, 1]);
    assert.deepEqual([counts.pairs, counts.judgments_without_pair, counts.pairs_without_hh_form], [3, 2, 1]);
    const whole = lines(unzstd(files['plenum.jsonl.zst']));
    for (const line of whole) assert.deepEqual(validate(line, schema), [], JSON.stringify(line));
    const { task, ...header } = whole[0];
    assert.deepEqual(header, { type: 'header', format: 'plenum', version: 1, name: 'Mini "study"', simulated: false });
    assert.deepEqual([task.kind, task.goal], ['pairwise', 'better']);
    for (const type of ['item', 'rater', 'judgment'])
        assert.deepEqual(lines(unzstd(files[`${type}s.jsonl.zst`])), whole.filter((line) => line.type === type));
    const written = JSON.parse(files['manifest.json']);
    assert.deepEqual({ ...manifest, files: manifest.files.slice(0, -1) }, written);
    assert.equal(manifest.files.at(-1).name, 'manifest.json');
});

test('items stand in order of the source, with what came with them', () => {
    const items = lines(unzstd(files['items.jsonl.zst']));
    assert.deepEqual(items.map(({ id }) => id.slice(0, 7)), ['a', 'b', 'sha256-']);
    assert.deepEqual(items[1], { type: 'item', id: 'b', prompt: [user('B?')], responses: [
        { id: 'b1', content: 'b one', model: 'm', embedding: [1, 0.100000001], meta: { k: 1.5 } },
        { content: 'b two', embedding: [0, -2] }], language: 'en', tags: ['x'] });
    assert.deepEqual([items[0].language, items[2].warning], ['ar', 'careful']);
});

test('pairs are the strict preferences, and name no rater', () => {
    const trl = lines(files['trl.jsonl'].toString());
    assert.deepEqual(trl, [
        { prompt: ITEMS[1].prompt, chosen: [assistant('أ')], rejected: [assistant('a two')] },
        { prompt: [user('B?')], chosen: [assistant('b two')], rejected: [assistant('b one')] },
        { prompt: [user('C?')], chosen: [assistant('c, "one"')], rejected: [assistant('c\ntwo')] },
    ]);
    assert.deepEqual(lines(files['trl-implicit.jsonl'].toString())[1],
        { chosen: [user('B?'), assistant('b two')], rejected: [user('B?'), assistant('b one')], margin: 2 });
    assert.deepEqual(lines(files['hh.jsonl'].toString())[0],
        { chosen: '\n\nHuman: B?\n\nAssistant: b two', rejected: '\n\nHuman: B?\n\nAssistant: b one' });
});

test('tables: a row a judgment, texts with commas, quotes and line ends kept', () => {
    const [header, ...rows] = files['judgments.csv'].toString().trimEnd().split('\r\n');
    assert.equal(header, 'item,rater,outcome,strength,left,right,dimension,response,rating,ranking,active_ms,judged_on,judgment,repeat_of,strategy,probability,excluded,exclusion');
    assert.equal(rows.length, 5);
    assert.match(rows[0], /^a,[0-9a-f]{32},/);
    const responses = files['responses.csv'].toString();
    assert.ok(responses.includes('"c, ""one""",') && responses.includes('"c\ntwo",') && responses.includes('"system: S\n\nuser: A?"'));
});

test('whom the study excluded is kept where that is asked for, marked and counted apart, and is in no file that is trained on', async () => {
    const wrong = await server.api('POST', `/api/v1/projects/${made.project}/exports`, { body: { formats: ALL, filter: { excluded: 'maybe' } } });
    assert.deepEqual([wrong.status, wrong.body.errors[0].pointer], [422, '/filter/excluded']);
    const kept = await makeExport(server, made.project, { formats: ALL, filter: { excluded: 'keep' } });
    const { counts, left_out: out } = kept.manifest;
    assert.deepEqual([counts.judgments, counts.excluded, counts.raters, counts.pairs, out.excluded_raters], [5, 1, 3, 3, 0]);
    const get = async (name) => download(server, kept.id, name);
    const judgments = lines(unzstd(await get('judgments.jsonl.zst')));
    for (const line of judgments) assert.deepEqual(validate(line, schema), [], JSON.stringify(line));
    const [marked, ...others] = judgments.filter((line) => line.excluded);
    assert.deepEqual([judgments.length, marked.excluded, others], [6, 'other', []]);
    assert.deepEqual(lines(unzstd(await get('raters.jsonl.zst'))).filter((line) => line.excluded).map(({ id }) => id), [marked.rater]);
    const whole = unzstd(await get('plenum.jsonl.zst'));
    assert.ok(!whole.includes(marked.rater) && lines(whole).filter(({ type }) => type === 'judgment').length === 5);
    assert.equal((await get('trl.jsonl')).toString(), files['trl.jsonl'].toString());
    const rows = (await get('judgments.csv')).toString().trimEnd().split('\r\n').slice(1);
    assert.deepEqual(rows.map((row) => row.split(',').slice(-2).join()).toSorted(), [...Array(5).fill('false,'), 'true,other']);
    assert.equal((await get('raters.csv')).toString().match(/,true,other,/g).length, 1);
    assert.match((await get('README.md')).toString(), /1 of its raters in all\)\. Their judgments \(1 here\) are kept and marked/);
});

test('nobody is named, nothing rare and nothing in their own words is told', () => {
    const all = Object.entries(files).map(([name, bytes]) => (name.endsWith('.zst') ? unzstd(bytes) : bytes.toString())).join('\n');
    const ids = server.sql(`select participant_id from participation union all select person_id from person
        union all select judgment_id from judgment union all select item_id from item union all select lease_id from judgment`);
    for (const id of ids.split('\n')) assert.ok(!all.includes(id), id);
    assert.ok(!all.includes('hill'));
    assert.ok(!all.includes('young'));
    const raters = lines(unzstd(files['raters.jsonl.zst']));
    assert.deepEqual(raters.map(({ attributes }) => attributes).filter(Boolean),
        [{ age: 'suppressed', faith: ['suppressed'], place: 'suppressed' }]);
    assert.match(files['README.md'].toString(), /\| age \| suppressed \| fewer than 10 \|/);
    const days = lines(unzstd(files['judgments.jsonl.zst'])).map(({ judged_at: at }) => at);
    assert.ok(days.every((at) => /T00:00:00Z$/.test(at)));
});

test('a value is told when ten raters gave it', async () => {
    const project = await makeProject(server, { name: 'cells', task: { kind: 'rating', dimensions: ['d'] } });
    const row = (who, age, kind) => `i,x,${who},3,${age},${kind}`;
    const table = ['item,text,who,score,age,kind', ...Array.from({ length: 10 }, (_, i) => row(`o${i}`, 'old', 'n/a')),
        ...Array.from({ length: 9 }, (_, i) => row(`y${i}`, 'young', '')), row('z', '', 'secret')].join('\n');
    const map = { item: 'item', text: 'text', annotator: 'who', rating: 'score', dimension: 'd', attributes: ['age', 'kind'],
        prefer_not_to_say: ['n/a'] };
    const sent = await server.api('POST', `/api/v1/projects/${project}/items?${new URLSearchParams({ format: 'csv', map: JSON.stringify(map) })}`,
        { body: table, type: 'text/csv' });
    assert.equal(sent.body.accepted, 20, JSON.stringify(sent.body));
    const done = await makeExport(server, project, { formats: ['plenum', 'csv'] });
    const raters = lines(unzstd(await download(server, done.id, 'raters.jsonl.zst')));
    const tally = {};
    for (const { attributes } of raters) {
        const key = JSON.stringify(attributes);
        tally[key] = (tally[key] ?? 0) + 1;
    }
    assert.deepEqual(tally, { '{"age":"old","kind":"prefer_not_to_say"}': 10, '{"age":"suppressed"}': 9, '{"kind":"suppressed"}': 1 });
    assert.deepEqual(done.manifest.attributes, { age: { old: 10, suppressed: 'fewer than 10' },
        kind: { prefer_not_to_say: 10, suppressed: 'fewer than 10' } });
    const ratings = lines(unzstd(await download(server, done.id, 'judgments.jsonl.zst')));
    assert.ok(ratings.every((one) => one.ratings.d['0'] === 3 && one.judged_at === undefined && one.guideline_version === undefined));
    assert.ok(!(await download(server, done.id, 'raters.csv')).toString().includes('young'));
});

test('each release has pseudonyms of its own; what names no rater is the same to the byte', async () => {
    const again = await makeExport(server, made.project, { formats: ALL });
    for (const name of ['trl.jsonl', 'trl-implicit.jsonl', 'hh.jsonl', 'responses.csv', 'items.jsonl.zst'])
        assert.equal(sha256(await download(server, again.id, name)), sha256(files[name]), name);
    const ids = (bytes) => lines(unzstd(bytes)).map(({ id }) => id);
    const other = new Set(ids(await download(server, again.id, 'raters.jsonl.zst')));
    assert.ok(ids(files['raters.jsonl.zst']).every((id) => !other.has(id)));
    assert.equal(other.size, 2);
});

test('the card says what the study was, and a simulated one that it is simulated', async () => {
    const card = files['README.md'].toString();
    assert.match(card, /^---\npretty_name: "Mini \\"study\\""\nlanguage:\n- "en"\nlicense: unknown\n/);
    assert.match(card, /> Choose \*\*well\*\*\./);
    assert.match(card, /data_files: trl\.jsonl\n/);
    assert.match(card, /Judgments of raters whom the study excluded are left out \(raters: 1\)/);
    assert.ok(!card.includes('imulated'));
    const croissant = JSON.parse(files['croissant.json']);
    assert.equal(croissant['@type'], 'sc:Dataset');
    assert.deepEqual(croissant.distribution.map(({ name }) => name), JSON.parse(files['manifest.json']).files
        .map(({ name }) => name).filter((name) => !['README.md', 'croissant.json'].includes(name)));
    const simulated = await makeProject(server, { name: 'Robots', simulated: true });
    const done = await makeExport(server, simulated, { formats: ['trl'] });
    assert.match((await download(server, done.id, 'README.md')).toString(), /\*\*Simulated\.\*\*/);
    assert.equal(done.manifest.project.simulated, true);
});

test('filters hold, and are in the manifest', async () => {
    const by = async (filter) => (await makeExport(server, made.project, { formats: ['plenum'], filter })).manifest;
    const counts = async (filter) => {
        const { counts: found, filters } = await by(filter);
        assert.deepEqual(filters, filter);
        return [found.items, found.judgments, found.raters];
    };
    assert.deepEqual((await counts({ language: 'en' }))[0], 1);
    assert.deepEqual((await counts({ tags: ['x', 'nowhere'] }))[0], 1);
    assert.deepEqual(await counts({ source: 'import' }), [3, 0, 0]);
    assert.deepEqual(await counts({ source: 'live' }), [3, 5, 2]);
    assert.deepEqual(await counts({ judged_before: '2020-01-01T00:00:00Z' }), [3, 0, 0]);
    assert.deepEqual(await counts({ judged_from: '2020-01-01T00:00:00+01:00' }), [3, 5, 2]);
});

test('what is wrong is said at its place', async () => {
    const post = (body, options) => server.api('POST', `/api/v1/projects/${made.project}/exports`, { body, ...options });
    const wrong = await post({ formats: ['trl', 'nope', 'trl'], filter: { colour: 1, judged_from: 'then', tags: [1], source: 'x' }, privacy: { k: 5 } });
    assert.equal(wrong.status, 422);
    assert.deepEqual(wrong.body.errors.map(({ pointer }) => pointer).sort(), ['/filter/colour', '/filter/judged_from', '/filter/source',
        '/filter/tags/0', '/formats/1', '/formats/2', '/privacy']);
    for (const body of [{}, { formats: [] }, { formats: 'trl' }, { formats: ['trl'], filter: 7 }])
        assert.equal((await post(body)).status, 422, JSON.stringify(body));
});

test('exports are for those who manage the study', async () => {
    const url = `/api/v1/projects/${made.project}/exports`;
    const list = (await server.api('GET', url)).body.data;
    for (const [token, status] of [[null, 401], [made.tokens[0], 404]]) {
        assert.equal((await server.api('POST', url, { body: { formats: ['trl'] }, token })).status, status);
        assert.equal((await server.api('GET', url, { token })).status, status);
        assert.equal((await server.api('GET', `/api/v1/exports/${list[0].id}`, { token })).status, status);
        assert.equal((await server.api('GET', `/api/v1/exports/${list[0].id}/files/README.md`, { token })).status, status);
    }
    const elsewhere = await makeProject(server, { name: 'elsewhere' });
    const bound = await server.api('POST', '/api/v1/tokens', { body: { name: 't', roles: ['researcher'], project: elsewhere }, key: true });
    if (bound.status === 201)
        assert.equal((await server.api('GET', `/api/v1/exports/${list[0].id}`, { token: bound.body.token })).status, 404);
});

test('a list in pages, newest first; the same key is the same export', async () => {
    const url = `/api/v1/projects/${made.project}/exports`;
    const all = (await server.api('GET', `${url}?limit=200`)).body.data;
    assert.deepEqual(all.map((one) => one.created_at), all.map((one) => one.created_at).sort().reverse());
    const first = (await server.api('GET', `${url}?limit=2`)).body;
    const second = (await server.api('GET', `${url}?limit=2&cursor=${first.next_cursor}`)).body;
    assert.deepEqual([...first.data, ...second.data].map(({ id }) => id), all.slice(0, 4).map(({ id }) => id));
    const key = '0190aaaa-0000-7000-8000-000000000001';
    const one = await server.api('POST', url, { body: { formats: ['trl'] }, key });
    const replay = await server.api('POST', url, { body: { formats: ['trl'] }, key });
    assert.deepEqual([one.status, replay.status, replay.body.id], [202, 202, one.body.id]);
    assert.equal((await server.api('POST', url, { body: { formats: ['hh'] }, key })).status, 422);
    await waitExport(server, one.body.id);
});

test('only what the manifest names is handed out', async () => {
    const [one] = (await server.api('GET', `/api/v1/projects/${made.project}/exports`)).body.data;
    for (const name of ['nope', '..%2f..%2fadmin.token', '%2e%2e', 'README.md%00', 'hh.jsonl'])
        assert.ok([400, 404].includes((await server.api('GET', `/api/v1/exports/${one.id}/files/${name}`)).status), name);
    const got = await fetch(`${server.url}/api/v1/exports/${one.id}/files/README.md`, { headers: { authorization: `Bearer ${server.adminToken}` } });
    assert.deepEqual([got.status, got.headers.get('content-disposition')], [200, 'attachment; filename="README.md"']);
    writeFileSync(join(server.dataFolder, 'exports', one.id, 'README.md'), 'changed');
    assert.equal((await server.api('GET', `/api/v1/exports/${one.id}/files/README.md`)).status, 410);
});

test('an export that a dead coordinator left half done is done again, to the same bytes', async () => {
    const before_ = await makeExport(server, made.project, { formats: ALL });
    const shas = before_.manifest.files.map(({ name, sha256: hash }) => [name, hash]);
    const uuid = server.sql(`select export_id from export order by export_id desc limit 1`);
    // As if killed twice: once in the middle of writing, once between the rename and the commit.
    server.sql(`update export set state = 'running', manifest = null, finished_at = null where export_id = '${uuid}'`);
    await server.kill();
    const part = join(server.dataFolder, 'exports', `${before_.id}.part`);
    mkdirSync(part);
    writeFileSync(join(part, 'trl.jsonl'), 'half a li');
    execFileSync('chmod', ['-R', 'a+rwX', part]);
    await server.restart();
    const after_ = await waitExport(server, before_.id);
    assert.equal(after_.state, 'done', after_.error);
    assert.deepEqual(after_.manifest.files.map(({ name, sha256: hash }) => [name, hash]), shas);
    assert.ok(readdirSync(join(server.dataFolder, 'exports')).every((name) => !name.endsWith('.part')));
});

test('each export is in the public log, by hash, once', async () => {
    const done = await makeExport(server, made.project, { formats: ['trl'] });
    const entries = server.sql(`select entry from log_outbox union all select entry from log_entry`).split('\n')
        .map((text) => JSON.parse(text)).filter((entry) => entry.type === 'export' && entry.export === done.id);
    assert.equal(entries.length, 1);
    assert.equal(entries[0].manifest_sha256, done.manifest.files.at(-1).sha256);
    assert.equal(entries[0].project, made.project);
});

test('plenum fit reads what plenum export wrote', async () => {
    const project = await makeProject(server, { name: 'to fit' });
    const say = (question, answer) => `\n\nHuman: ${question}\n\nAssistant: ${answer}`;
    const folder = temporaryFolder();
    try {
        const file = join(folder, 'pool.jsonl');
        writeFileSync(file, Array.from({ length: 200 }, (_, i) => JSON.stringify(
            { chosen: say(`Is ${i} good?`, `yes indeed ${i}`), rejected: say(`Is ${i} good?`, `no never ${i}`) })).join('\n'));
        const report = await importFile(server, project, file, '--format', 'hh', '--pairs-per-annotator', '10');
        assert.equal(report.accepted, 200);
        const out = await exportFiles(server, project, 'plenum');
        for (const [name, bytes] of Object.entries(out)) writeFileSync(join(folder, name), bytes);
        for (const path of [join(folder, 'plenum.jsonl.zst'), folder]) {
            const fitted = execFileSync(join(build, 'plenum'), ['fit', '--file', path, '--method', 'pooled', '--out', join(folder, 'model')],
                { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
            const card = JSON.parse(fitted);
            assert.deepEqual([card.n_judgments, card.n_annotators], [200, 20]);
        }
    } finally {
        await removeFolder(folder);
    }
});
