// POPQUORN whole through the real command and coordinator: every rating in, none twice, and out again as it came.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { removeFolder, startCoordinator, temporaryFolder } from '../support/coordinator.mjs';
import { exportFiles, importFile, lines, makeProject, realData, sha256, unzstd } from '../support/dataset.mjs';

const file = realData('popquorn/offensiveness.csv');
const skip = file === undefined && 'the real data are not here (../shared/data or PLENUM_TEST_DATA)';
const map = fileURLToPath(new URL('popquorn.map.json', import.meta.url));
const ROWS = 13036;

let coordinator, project, files;
before(async () => {
    if (skip) return;
    coordinator = await startCoordinator();
    project = await makeProject(coordinator, { name: 'POPQUORN', task: { kind: 'rating', dimensions: ['offensiveness'] } });
});
after(() => coordinator?.stop());

const count = (what) => coordinator.sql(what);

test('every rating comes in, once', { skip }, async () => {
    const first = await importFile(coordinator, project, file, '--format', 'csv', '--map', map);
    assert.deepEqual([first.status, first.accepted, first.duplicates, first.rejected], [0, ROWS, 0, []]);
    assert.equal(count(`select count(*), count(distinct participant_id), count(distinct item_id) from judgment`),
        `${ROWS}|262|1500`);
    assert.equal(count(`select count(*), count(distinct source_id) from item`), '1500|1500');
    assert.equal(count(`select count(*) from demographic_answer where sealed is not null`), '262');
    assert.equal(count(`select string_agg(r || '=' || n, ' ' order by r) from (
        select answer->'ratings'->'offensiveness'->>'0' r, count(*) n from judgment group by 1) x`),
    '1=7516 2=2190 3=1590 4=1039 5=701');
    // Nothing that a person said of themselves lies open in the database.
    assert.equal(count(`select count(*) from judgment where answer::text like '%Woman%' or client::text like '%Woman%'`), '0');
});

test('importing twice changes nothing', { skip }, async () => {
    const state = () => count(`select md5(string_agg(j::text, '' order by lease_id, revision)) from judgment j`)
        + count(`select md5(string_agg(i::text, '' order by item_id)) from item i`)
        + count('select count(*) from participation') + count('select count(*) from demographic_answer');
    const earlier = state();
    const second = await importFile(coordinator, project, file, '--format', 'csv', '--map', map);
    assert.deepEqual([second.status, second.accepted, second.duplicates, second.rejected], [0, 0, ROWS, []]);
    assert.equal(state(), earlier);
});

test('it goes out as it came in', { skip }, async () => {
    files = await exportFiles(coordinator, project, 'plenum,trl,csv');
    const manifest = JSON.parse(files['manifest.json']);
    for (const one of manifest.files) {
        assert.equal(files[one.name].length, one.size, one.name);
        assert.equal(sha256(files[one.name]), one.sha256, one.name);
    }
    const { counts } = manifest;
    assert.deepEqual([counts.items, counts.responses, counts.judgments, counts.raters, counts.imported_raters, counts.outcomes.rating],
        [1500, 1500, ROWS, 262, 262, ROWS]);
    const judgments = lines(unzstd(files['judgments.jsonl.zst']));
    const items = new Map(lines(unzstd(files['items.jsonl.zst'])).map((item) => [item.id, item]));
    const raters = lines(unzstd(files['raters.jsonl.zst']));
    assert.equal(judgments.length, ROWS);
    // (item, text, rating) as many times as in the source.
    const tally = (pairs) => pairs.reduce((map, key) => map.set(key, (map.get(key) ?? 0) + 1), new Map());
    const out = tally(judgments.map((one) => `${one.item} ${one.ratings.offensiveness['0']} ${items.get(one.item).responses[0].content}`));
    const source = tally(readCsv(readFileSync(file, 'utf8')).map((row) => `${row.instance_id} ${Number(row.offensiveness)} ${row.text}`));
    assert.deepEqual([...out].sort(), [...source].sort());
    // Raters by how much they judged and who they are, with rare values held back.
    const byRater = tally(judgments.map((one) => one.rater));
    assert.deepEqual([...byRater.keys()].sort(), raters.map((one) => one.id).sort());
    const values = (name) => Object.fromEntries(tally(raters.map((one) => one.attributes[name])));
    assert.deepEqual(values('gender'), { Woman: 131, Man: 124, suppressed: 7 });
    assert.deepEqual(values('race'), { White: 197, 'Black or African American': 34, Asian: 19, suppressed: 12 });
    assert.deepEqual(Object.keys(manifest.attributes).sort(), ['age', 'education', 'gender', 'occupation', 'race']);
    assert.equal(manifest.attributes.gender.suppressed, 'fewer than 10');
});

test('ratings of single responses are no pairs, and the card says so', { skip }, () => {
    assert.equal(files['trl.jsonl'].length, 0);
    const { counts } = JSON.parse(files['manifest.json']);
    assert.deepEqual([counts.pairs, counts.judgments_without_pair], [0, ROWS]);
    assert.match(files['README.md'].toString(), /\| judgments that are no pair \| 13036 \|/);
});

test('no id of ours, and no annotator id of the source, is in the data files', { skip }, () => {
    const whole = unzstd(files['plenum.jsonl.zst']) + files['judgments.csv'] + files['raters.csv'];
    for (const id of count(`select participant_id from participation union all select person_id from person
        union all (select judgment_id from judgment limit 100)`).split('\n'))
        assert.ok(!whole.includes(id), id);
});

test('bad lines are named by number, and the good ones are in', { skip }, async () => {
    const folder = temporaryFolder();
    try {
        const broken = join(folder, 'broken.csv');
        const text = readFileSync(file, 'utf8').split('\n').slice(0, 7);
        text[2] = text[2].replace(',1.0,', ',11,');
        text[4] = text[4].slice(0, 40).replaceAll('"', '');
        writeFileSync(broken, `${text.join('\n')}\n`);
        const other = await makeProject(coordinator, { name: 'Broken', task: { kind: 'rating', dimensions: ['offensiveness'] } });
        const report = await importFile(coordinator, other, broken, '--format', 'csv', '--map', map);
        assert.equal(report.status, 1);
        assert.equal(report.accepted, 4);
        assert.deepEqual(report.rejected.map(({ line, pointer }) => [line, pointer]), [[3, '/offensiveness'], [5, '']]);
    } finally {
        await removeFolder(folder);
    }
});

// A small reader of our own for what went in, so that the parser under test does not judge itself.
function readCsv(text) {
    const rows = [[]];
    let field = '';
    let quoted = false;
    for (let i = 0; i < text.length; i++) {
        const c = text[i];
        if (quoted && c === '"' && text[i + 1] === '"') field += text[i++];
        else if (c === '"') quoted = !quoted;
        else if (!quoted && (c === ',' || c === '\n')) {
            rows.at(-1).push(field);
            field = '';
            if (c === '\n') rows.push([]);
        } else field += c;
    }
    const [header, ...rest] = rows.filter((row) => row.length > 1);
    return rest.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
}
