// Studies made, looked after and filled in the browser: from a kind, each preset, another study; the task as it will be seen beside it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkAccessible, checkForced, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, thorough, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client } from '../support/study.mjs';

let platform, browser, call;

before(async () => {
    platform = await startPlatform();
    browser = await launch();
    call = client(platform.origin, platform.token);
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

const researcher = (options = {}) => visitor(browser, platform.origin, { token: platform.token, ...options });
const projectAt = (page) => page.url().split('/').pop();

async function open(page, path) {
    await page.goto(path);
    await settled(page);
}

async function made(page) {
    await page.waitForURL(/\/research\/projects\/[^/]+$/);
    await page.waitForSelector('#state-title');
    return projectAt(page);
}
const read = (id) => call('GET', `/api/v1/projects/${id}`);

test('by keyboard alone: what is missing is named, each control changes the task and what is seen of it, and the study is made', async () => {
    const me = await researcher();
    const { page } = me;
    await open(page, '/research');
    await page.getByRole('link', { name: 'Make a study' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.preview .task .pair');
    await checkAccessible(page, 'making a study');
    await checkTargets(page, 'making a study');
    await shot(page, 'study-new');
    await page.locator('#study-name').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.maker .notice-error');
    assert.deepEqual(await page.locator('.maker .notice-error a').allTextContents(), ['Give the study a name']);
    await checkAccessible(page, 'making a study with errors');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.type('Two tastes');

    // What is answered in the preview is shown as it would be stored.
    await page.locator('.preview .scale button, .preview .decide button').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.preview pre');
    assert.deepEqual(JSON.parse(await page.locator('.preview pre').textContent()), { choice: 'left', strength: 3 });
    await page.locator('#study-start').selectOption('rating');
    await page.waitForSelector('.preview .task-form');
    await page.getByRole('button', { name: 'Add a rating' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#task-dimensions-1-label').fill('Warm');
    await page.locator('#task-dimensions-1-scale').selectOption('yes_no_unsure');
    await page.waitForFunction(() => document.querySelector('.preview').textContent.includes('Unsure'));
    await page.locator('#task-confidence').selectOption('required');
    await page.locator('#task-reasons').selectOption('list');
    await page.locator('#task-reasons-list').fill('More honest\nKinder');
    await page.locator('#study-guideline').fill('# Read both\n\nThen rate.');
    await page.locator('#study-per-item').fill('0');
    await checkAccessible(page, 'a study of ratings in the making');
    await shot(page, 'study-new-rating');
    await page.locator('#study-per-item').press('Enter');
    assert.equal(await textOf(page.locator('.maker .notice-error a')), 'Judgments for each item must be a whole number from 1 to 1,000');
    await page.locator('#study-per-item').fill('5');
    await page.locator('#study-repeats').fill('51');
    await page.locator('#study-repeats').press('Enter');
    assert.equal(await textOf(page.locator('.maker .notice-error a')), 'Tasks given a second time must be a number from 0 to 50');
    await page.locator('#study-repeats').fill('12.5');
    await page.locator('#study-strategy').selectOption('random');

    // Nothing typed is lost by a reload.
    await page.reload();
    await page.waitForSelector('.preview .task-form');
    assert.equal(await page.locator('#study-name').inputValue(), 'Two tastes');
    await page.locator('#study-per-item').press('Enter');
    const project = await read(await made(page));
    assert.deepEqual([project.name, project.judgments_per_item, project.repeat_share, project.strategy, project.guideline, project.state], ['Two tastes', 5, 0.125, 'random', '# Read both\n\nThen rate.', 'open']);
    assert.deepEqual(project.task.dimensions.map(({ id, label, scale }) => [id, label, scale]), [['overall', 'Overall', 'likert'], ['question-2', 'Warm', 'yes_no_unsure']]);
    assert.deepEqual([project.task.confidence, project.task.reasons.list.map((one) => one.id)], ['required', ['more-honest', 'kinder']]);
    await me.close();
});

test('the whole task as JSON: what is no JSON stays a text, what the server refuses is named at its place', async () => {
    const me = await researcher({ expected: [/422/] });
    const { page } = me;
    await open(page, '/research/new');
    await page.locator('#study-name').fill('By hand');
    await page.locator('.task-raw summary').click();
    await page.locator('#task-json').fill('{"kind": "pairwise",');
    await page.waitForSelector('#task-json-fault');
    await checkAccessible(page, 'a task that is no JSON');
    await page.locator('#task-json').fill('{"kind": "pairwise", "labels": [{"id": "safe", "nonsense": 1}]}');
    await page.waitForFunction(() => document.querySelector('#task-json-fault') === null);
    await page.getByRole('button', { name: 'Make the study' }).click();
    await page.waitForSelector('.maker .notice-error');
    assert.match(await textOf(page.locator('.maker .notice-error li').first()), /\/task\/labels\/0/);
    await page.locator('.maker .notice-error a').first().click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'task-json');
    await checkAccessible(page, 'a task that is refused');
    await shot(page, 'study-new-refused');
    await page.locator('#task-json').fill('{"kind": "pairwise", "labels": [{"id": "safe", "label": "Safe", "about": "response"}]}');
    await page.getByRole('button', { name: 'Make the study' }).click();
    assert.deepEqual((await read(await made(page))).task.labels.map((one) => one.id), ['safe']);
    await me.close();
});

test('from each preset a study is made that asks what the preset asks', async () => {
    const me = await researcher();
    const { page } = me;
    const { data: presets } = await call('GET', '/api/v1/presets');
    for (const preset of presets) {
        await open(page, '/research/new');
        await page.locator('#study-name').fill(preset.name);
        await page.locator('#study-start').selectOption(`preset:${preset.name}`);
        await page.waitForSelector('.preview .task .pair');
        if (thorough) await checkAccessible(page, preset.name);
        await shot(page, `study-preset-${preset.name}`);
        await page.getByRole('button', { name: 'Make the study' }).click();
        const { task, demographics } = await read(await made(page));
        assert.deepEqual([task, demographics?.template], [preset.task, preset.demographics], preset.name);
    }
    assert.ok(presets.length >= 9);
    await me.close();
});

test('what people are told and asked before they take part: wrong is named, a copy has it too, and whoever is invited sees it', async () => {
    const me = await researcher();
    const { page } = me;
    await open(page, '/research/new');
    await page.locator('#study-name').fill('Paid work');
    await page.locator('#terms-questions').selectOption('international');
    await page.getByText('What people are told before they take part').click();
    await page.locator('#terms-per').selectOption('hour');
    await page.locator('#terms-amount').fill('a lot');
    await page.getByRole('button', { name: 'Make the study' }).click();
    const wrong = page.locator('.maker .notice-error a');
    assert.deepEqual(await wrong.evaluateAll((all) => all.map((one) => one.getAttribute('href'))), ['#terms-minutes', '#terms-contact', '#terms-amount', '#terms-currency']);
    await checkAccessible(page, 'terms that are wrong');
    await shot(page, 'study-new-terms');
    for (const [name, words] of Object.entries({ minutes: '25', contact: 'lab@example.org', amount: '12.50', currency: 'eur', payer: 'The lab', ethics: 'Board 7', text: 'Paid within a week.',
        consent: 'We keep your answers.', warning: 'Some answers are harsh.' })) await page.locator(`#terms-${name}`).fill(words);
    await page.getByRole('button', { name: 'Make the study' }).click();
    const first = await made(page), told = ({ demographics, conditions, consent, warning }) => ({ demographics, conditions, consent, warning });
    const project = told(await read(first));
    assert.equal(project.demographics.template, 'international');
    assert.deepEqual([project.conditions.pay, project.conditions.minutes, project.consent, project.warning],
        [{ amount: '12.50', currency: 'EUR', per: 'hour' }, 25, { version: '1', text: 'We keep your answers.' }, 'Some answers are harsh.']);
    await open(page, `/research/new?from=${first}`);
    await page.getByRole('button', { name: 'Make the study' }).click();
    await page.waitForURL((url) => url.pathname.startsWith('/research/projects/'));
    const second = await made(page);
    assert.notEqual(second, first);
    assert.deepEqual(told(await read(second)), project, 'a copy tells and asks the same');
    const { code } = await call('POST', `/api/v1/projects/${second}/invitations`, { max_uses: 1 });
    const guest = await visitor(browser, platform.origin);
    await open(guest.page, `/join?code=${code}`);
    const words = await textOf(guest.page.locator('main'));
    for (const one of ['€12.50', '25', 'lab@example.org', 'Board 7', 'Paid within a week.', 'We keep your answers.']) assert.ok(words.includes(one), one);
    await guest.close();
    await me.close();
});

test('narrow, in Arabic, in forced colours, at twice the size of text', async () => {
    for (const [look, options] of [['narrow', NARROW], ['arabic', { language: 'ar', dark: true }]]) {
        const me = await researcher(options);
        await open(me.page, '/research/new');
        await me.page.waitForSelector('.preview .task .pair');
        await checkReflow(me.page, `study ${look}`);
        await checkAccessible(me.page, `study ${look}`);
        await shot(me.page, `study-new-${look}`);
        await checkForced(me.page, `study ${look}`);
        await me.page.setViewportSize({ width: 640, height: 800 });
        await me.page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
        await checkReflow(me.page, `study ${look} at 200 %`);
        await me.close();
    }
});

test('hindsight for half of one judgment an item is warned of, where a study is made and where it is changed', async () => {
    for (const language of ['en', 'ar']) {
        const { id } = await call('POST', '/api/v1/projects', { name: 'Later', task: { kind: 'pairwise', hindsight: { when: 'split' } }, judgments_per_item: 1 });
        const me = await researcher({ language });
        const { page } = me;
        const warned = (n) => page.waitForFunction((wanted) => document.querySelectorAll('form .notice-warning').length === wanted, n);
        await open(page, '/research/new');
        await page.locator('#task-hindsight').selectOption('split');
        await warned(0);
        await page.locator('#study-per-item').fill('1');
        await warned(1);
        await checkAccessible(page, 'hindsight with one judgment an item');
        await page.locator('form .notice-warning').scrollIntoViewIfNeeded();
        await shot(page, `study-hindsight-${language}`, { fullPage: false });
        await page.locator('#task-hindsight').selectOption('before');
        await warned(0);
        await open(page, `/research/projects/${id}`);
        await page.locator('summary:has(#more-title)').click();
        await warned(1);
        await page.locator('#more-per-item').fill('2');
        await warned(0);
        await me.close();
    }
});

test('paused, opened, renamed, invited to, copied, closed', async () => {
    const { id } = await call('POST', '/api/v1/projects', { name: 'To look after', task: { preset: 'llama2' }, judgments_per_item: 7, guideline: 'Read.' });
    const me = await researcher();
    const { page } = me;
    await open(page, `/research/projects/${id}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('This study is paused').waitFor();
    assert.equal((await read(id)).state, 'paused');
    await checkAccessible(page, 'a paused study');
    await page.getByRole('button', { name: 'Open again' }).click();
    await page.getByText('This study is open').waitFor();

    await page.locator('#words-title').click();
    await page.locator('#words-name').fill(' ');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Give the study a name' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'words-name');
    await checkAccessible(page, 'a study without a name');
    await page.locator('#words-name').fill('To look after well');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'To look after well' }).waitFor();
    await checkAccessible(page, 'a new name');
    assert.equal((await read(id)).name, 'To look after well');

    await page.locator('#invite-uses').fill('none');
    await page.getByRole('button', { name: 'Make a link' }).click();
    await page.waitForSelector('.inline-form .notice-error');
    await page.locator('#invite-uses').fill('12');
    await page.locator('#invite-until').fill('2040-01-31');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const link = await page.locator('#invite-link').inputValue();
    assert.match(link, /\/join\?code=/);
    await page.waitForFunction(() => document.body.textContent.replace(/[\u2068\u2069]/g, '').includes('0 of 12'));
    await checkAccessible(page, 'invitations');
    await shot(page, 'study-manage');
    await page.setViewportSize(NARROW.viewport);
    await checkReflow(page, 'looking after a study');
    await page.setViewportSize({ width: 1280, height: 900 });
    await call('POST', '/api/v1/join', { code: new URL(link).searchParams.get('code') });

    await page.getByRole('link', { name: 'Copy this study' }).click();
    await page.waitForSelector('.preview .task');
    assert.equal(await page.locator('#study-name').inputValue(), 'To look after well (copy)');
    await page.getByRole('button', { name: 'Make the study' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(id) && url.pathname.startsWith('/research/projects/'));
    await page.waitForSelector('#state-title');
    const [copy, source] = [await read(projectAt(page)), await read(id)];
    assert.deepEqual([copy.task, copy.judgments_per_item, copy.guideline, copy.counts.items], [source.task, 7, 'Read.', 0]);

    await open(page, `/research/projects/${id}`);
    await page.getByRole('button', { name: 'Close for good' }).click();
    await page.waitForSelector('dialog[open]');
    await checkAccessible(page, 'closing a study');
    await page.getByRole('button', { name: 'Leave it open' }).click();
    assert.equal((await read(id)).state, 'open');
    await page.getByRole('button', { name: 'Close for good' }).click();
    await page.getByRole('button', { name: 'Close it' }).click();
    await page.getByText('This study is closed for good').waitFor();
    assert.equal((await read(id)).state, 'closed');
    assert.equal(await page.getByRole('button', { name: 'Make a link' }).count(), 0);
    await me.close();
});

test('what is told and asked is changed in its place, refused where it takes away, kept over a reload, and its history is a redline', async () => {
    const dimensions = [{ id: 'help', label: { en: 'Does it help?', ar: 'هل يفيد؟' }, scale: 'likert', min: 1, max: 7 }];
    const { id } = await call('POST', '/api/v1/projects', { name: 'To ask otherwise', task: { kind: 'rating', dimensions }, guideline: { en: 'Read one.', ar: 'اقرأ واحدًا.' } });
    const me = await researcher({ expected: [/status of (422|409)/] });
    const { page } = me;
    await open(page, `/research/projects/${id}`);
    await page.getByRole('link', { name: 'Guideline and questions' }).click();
    await page.waitForSelector('.preview .task-form');
    await checkAccessible(page, 'guideline and questions');
    await page.getByRole('button', { name: 'Save as version' }).click();
    await page.getByText('Nothing has been changed').waitFor();
    await page.locator('#guide-text').fill('Read both, then rate.');
    await page.locator('#task-dimensions-0-scale').selectOption('slider');
    await page.getByRole('button', { name: 'Save as version' }).click();
    await page.locator('.notice-error a').first().click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'task-dimensions-0-scale');
    await checkAccessible(page, 'a change that takes away');
    await page.reload();
    await page.waitForSelector('.preview .task-form');
    assert.deepEqual([await page.locator('#guide-text').inputValue(), await page.locator('#task-dimensions-0-scale').inputValue()], ['Read both, then rate.', 'slider']);
    await page.getByRole('button', { name: 'Put it back' }).click();
    assert.equal(await page.locator('#guide-text').inputValue(), 'Read one.');

    await page.locator('#guide-text').fill('Read both, then rate.');
    await page.locator('#task-dimensions-0-label').fill('How much does it help?');
    await page.getByRole('button', { name: 'Add a rating' }).click();
    await page.locator('#task-dimensions-1-required').uncheck();
    await page.getByRole('button', { name: 'Save as version' }).click();
    await page.waitForSelector('.versions li:nth-child(2)');
    const now = await read(id);
    assert.deepEqual([now.guideline_version, now.guideline, now.task.dimensions.map((one) => one.label)],
        [2, { en: 'Read both, then rate.', ar: 'اقرأ واحدًا.' }, [{ en: 'How much does it help?', ar: 'هل يفيد؟' }, 'Rating 2']]);
    const latest = page.locator('.versions li').first();
    assert.deepEqual(await latest.locator('.redline del').allTextContents(), ['one']);
    assert.deepEqual(await latest.locator('.redline ins').allTextContents(), ['both, then rate']);
    assert.ok((await textOf(latest.locator('table'))).includes('dimensions › help › label › en'));
    await checkAccessible(page, 'versions');
    await shot(page, 'study-guideline');
    await page.setViewportSize(NARROW.viewport);
    await checkReflow(page, 'guideline and questions');

    // Somebody else was faster: nothing of theirs is undone unseen, nothing of ours is lost.
    await page.locator('#guide-text').fill('Read both twice.');
    await call('PATCH', `/api/v1/projects/${id}`, { guideline: 'Read all.' });
    await page.getByRole('button', { name: 'Save as version' }).click();
    await page.getByText('Somebody else has changed').waitFor();
    assert.equal(await page.locator('#guide-text').inputValue(), 'Read both twice.');
    await me.close();
    const arabic = await researcher({ language: 'ar', dark: true });
    await open(arabic.page, `/research/projects/${id}/guideline`);
    await arabic.page.waitForSelector('.versions li:nth-child(3)');
    await checkAccessible(arabic.page, 'versions in Arabic');
    await shot(arabic.page, 'study-guideline-ar');
    await call('PATCH', `/api/v1/projects/${id}`, { state: 'closed' });
    await open(arabic.page, `/research/projects/${id}/guideline`);
    await arabic.page.waitForSelector('.versions li:nth-child(3)');
    assert.equal(await arabic.page.locator('#guide-text').count(), 0);
    await arabic.close();
});

const line = (i) => JSON.stringify({ id: `i-${i}`, prompt: `Question ${i} <script>alert(1)</script>`, responses: [{ content: `one ${i}` }, { content: `other ${i}` }] });

test('a file is looked at before it is taken; what is refused is named by line; the same again changes nothing', async () => {
    const { id } = await call('POST', '/api/v1/projects', { name: 'To fill', task: { kind: 'pairwise' } });
    const me = await researcher();
    const { page } = me;
    await open(page, `/research/projects/${id}`);
    await page.getByRole('button', { name: 'Look at it first' }).click();
    assert.deepEqual(await page.locator('.notice-error a').allTextContents(), ['Choose a file']);
    const body = `${[line(0), '{"prompt": 1}', line(1), line(2), 'no'].join('\n')}\n`;
    await page.locator('#import-file').setInputFiles({ name: 'items.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(body) });
    await page.getByRole('button', { name: 'Look at it first' }).click();
    const status = page.locator('section[aria-labelledby=import-title] [role=status]');
    await status.getByText('lines would be taken').waitFor();
    assert.equal(await textOf(status), '3 lines would be taken, 2 refused.');
    assert.deepEqual(await page.locator('[aria-labelledby=import-errors] tbody th').allTextContents(), ['2', '5']);
    assert.equal(await page.locator('.import-first tbody tr').count(), 3);
    assert.equal((await read(id)).counts.items, 0);
    await checkAccessible(page, 'a file looked at');
    await shot(page, 'study-import');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await status.getByText('lines taken').waitFor();
    assert.equal(await textOf(status), '3 lines taken, none there already, 2 refused.');
    assert.equal((await read(id)).counts.items, 3);
    // An array of them, as editors save it: each entry is a line.
    const array = `\uFEFF${JSON.stringify([JSON.parse(line(3)), { prompt: 1 }, JSON.parse(line(4))], null, 4)}`;
    await page.locator('#import-file').setInputFiles({ name: 'items.json', mimeType: 'application/json', buffer: Buffer.from(array) });
    await page.getByRole('button', { name: 'Look at it first' }).click();
    await status.getByText('lines would be taken').waitFor();
    assert.equal(await textOf(status), '2 lines would be taken, 1 refused.');
    assert.deepEqual(await page.locator('[aria-labelledby=import-errors] tbody th').allTextContents(), ['2']);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await status.getByText('lines taken').waitFor();
    assert.equal((await read(id)).counts.items, 5);
    await page.locator('#import-file').setInputFiles({ name: 'cut.json', mimeType: 'application/json', buffer: Buffer.from(array.slice(0, -5)) });
    await page.getByRole('button', { name: 'Look at it first' }).click();
    await page.waitForSelector('.notice-error');
    assert.match(await textOf(page.locator('.notice-error')), /The file can.t be read: /);
    // A larger one, packed, in several pieces, with a bad line far down.
    const many = Array.from({ length: 1200 }, (_, i) => (i === 1100 ? 'bad' : JSON.stringify({ ...JSON.parse(line(i)), meta: undefined, tags: ['x'.repeat(90)],
        responses: [{ content: `one ${i} ${'y'.repeat(9000)}` }, { content: `other ${i}` }] }))).join('\n');
    await page.locator('#import-file').setInputFiles({ name: 'many.jsonl.gz', mimeType: 'application/gzip', buffer: gzipSync(many) });
    await page.getByRole('button', { name: 'Look at it first' }).click();
    await status.getByText('This is about the first').waitFor();
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await status.getByText('lines taken').waitFor({ timeout: 60_000 });
    assert.equal((await page.locator('[aria-labelledby=import-errors] tbody th').allTextContents()).at(-1), '1,101');
    await checkReflow(page, 'after an import');
    await me.close();
});

test('quotas from a pasted table: faults by line, shares made counts, and fewer or more of them later', async () => {
    const me = await researcher();
    const { page } = me;
    await open(page, '/research/new');
    await page.locator('#study-name').fill('A census');
    await page.locator('#terms-questions').selectOption('international');
    await page.locator('summary').filter({ hasText: 'Quotas from a table' }).click();
    const table = page.locator('#targets-text');
    await table.fill('Age\tshare\n18_29\t11.4\nancient\t5\n30_44\tmany\n18_29\t1');
    const faults = page.locator('ul.field-error li');
    await page.waitForFunction(() => document.querySelectorAll('ul.field-error li').length === 4);
    assert.match(await textOf(faults.nth(0)), /^Line 2: “11.4” is no whole number/);
    assert.match(await textOf(faults.nth(1)), /^Line 3: “ancient” is no answer/);
    await checkAccessible(page, 'quotas from a table, with faults');
    await table.fill('"age";wanted\n18_29;33,3%\n30_44;33,3%\n45_59;33,3%\n');
    await page.locator('#targets-total').fill('100');
    const seen = page.locator('table').filter({ hasText: 'What the table comes to' });
    await seen.waitFor();
    assert.deepEqual((await seen.locator('td').allTextContents()).map((one) => one.replace(/[\u2066-\u2069]/g, '')), ['34', '33', '33', '100']);
    await page.getByRole('button', { name: 'Make the study' }).click();
    const id = await made(page);
    const cells = async () => (await read(id)).quotas.cells.map((one) => `${one.values.age} ${one.judgments}`);
    assert.deepEqual(await cells(), ['18_29 34', '30_44 33', '45_59 33']);

    await page.locator('#more-title').click();
    assert.equal(await table.inputValue(), 'age\twanted\n18_29\t34\n30_44\t33\n45_59\t33');
    await page.locator('#more-per-item').fill('4');
    await table.fill('age\twanted\n18_29\t20\n30_44\t40\n60_plus\t1');
    await checkAccessible(page, 'more or fewer');
    await checkTargets(page, 'more or fewer');
    await page.getByRole('button', { name: 'Save what is wanted' }).click();
    await page.waitForFunction(() => [...document.querySelectorAll('section[aria-labelledby=quotas-title] td')].some((one) => one.textContent === '40'));
    assert.deepEqual(await cells(), ['18_29 20', '30_44 40', '60_plus 1']);
    assert.equal((await read(id)).judgments_per_item, 4);
    await page.setViewportSize(NARROW.viewport);
    await checkReflow(page, 'more or fewer');
    await me.close();
});
