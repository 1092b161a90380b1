// The researcher's pages: sign in, progress as it happens, a fit and its card, an export taken home.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, judgeAll, makeStudy, pairs } from '../support/study.mjs';
import { until } from '../support/workers.mjs';

let platform, browser, call, study;
const FIT_MS = 60_000;

before(async () => {
    platform = await startPlatform({ workers: 1 });
    browser = await launch();
    call = client(platform.origin, platform.token);
    // A group is shown from ten people and fifty held-out judgments on: two tastes of twelve.
    const models = ['aster', 'briar', 'clover'];
    const items = pairs(50).map((item, i) => ({ ...item, responses: item.responses.map((one, n) => ({ ...one, model: models[(i + n) % 3] })) }));
    study = await makeStudy(call, { items, name: 'A study with answers', simulated: true, judgments_per_item: 24 });
    const code = await study.invite(24);
    await Promise.all(Array.from({ length: 24 }, (_, i) => judgeAll(platform.origin, code, {
        seed: i, simulated: true, about: { age: i % 2 === 0 ? '18_29' : '30_plus' },
    })));
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

test('a token opens the workbench, a wrong one does not, and neither is kept beyond the tab', async () => {
    const me = await visitor(browser, platform.origin, { expected: [/401/] });
    await me.page.goto('/research');
    await settled(me.page);
    await me.page.getByLabel('Access token').fill('nonsense');
    await me.page.getByRole('button', { name: 'Sign in' }).first().click();
    await me.page.waitForSelector('.notice-error');
    await checkAccessible(me.page, 'sign-in with an error');
    await me.page.getByLabel('Access token').fill(platform.token);
    await me.page.getByRole('button', { name: 'Sign in' }).first().click();
    await me.page.waitForSelector('.project');
    assert.equal(await me.page.evaluate(() => JSON.stringify(localStorage)).then((text) => text.includes('token')), false);
    await checkAccessible(me.page, 'studies');
    await shot(me.page, 'research');
    await me.close();
});

test('progress moves while one looks on', async () => {
    const live = await makeStudy(call, { items: pairs(4), name: 'A study in progress' });
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${live.id}`);
    await settled(me.page);
    assert.equal(await textOf(me.page.locator('.bar span')), '0 of 12 judgments');
    await judgeAll(platform.origin, await live.invite(), { seed: 9 });
    await me.page.waitForFunction(() => document.querySelector('.bar span').textContent.replace(/[\u2068\u2069]/g, '').startsWith('4 of 12'), null, { timeout: 10_000 });
    await me.close();
});

// The chart names groups in the reader's language, beside the drawing and not under it, on the side where reading begins.
async function checkChart(page, names) {
    const words = await page.locator('.dotplot-name, .dotplot-heading > span').allTextContents();
    for (const name of names) assert.ok(words.includes(name), `${name} of ${words}`);
    assert.deepEqual(words.filter((one) => /_|\(/.test(one)), []);
    const apart = await page.evaluate(() => [...document.querySelectorAll('.dotplot-row')].every((row) => {
        const [name, line] = [row.children[0], row.children[1]].map((one) => one.getBoundingClientRect());
        return document.dir === 'rtl' ? name.left >= line.right : name.right <= line.left;
    }));
    assert.ok(apart, 'words are under the lines');
}

test('who answered is told by question, in its order, and small groups are not', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${study.id}`);
    await me.page.waitForSelector('[aria-labelledby=coverage-title] tbody');
    const rows = await me.page.locator('[aria-labelledby=coverage-title] tbody tr').evaluateAll((all) => all.map((row) => (
        [...row.children].map((one) => one.textContent.replace(/[\u2068\u2069]/g, '')))));
    assert.deepEqual(rows, [
        ['Age'], ['18 to 29', '12'], ['30 or more', '12'], ['Preferred not to say and Did not answer', 'not shown'],
        ['Which of these describe you?'], ['Did not answer', '24'], ['Islam, Another, None and Preferred not to say', 'not shown'],
    ]);
    await me.close();
});

test('what hindsight does stands in a table of its own', async () => {
    const split = await makeStudy(call, { items: pairs(3).map((one) => ({ ...one, later: 'It went well.' })), judgments_per_item: 6, task: { kind: 'pairwise', hindsight: { when: 'split' } } });
    const code = await split.invite(6);
    for (let i = 0; i < 6; i += 1) await judgeAll(platform.origin, code, { seed: i });
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${split.id}`);
    const rows = me.page.locator('[aria-labelledby=hindsight-rows] tbody tr');
    await rows.first().waitFor();
    assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => [row.children[0].textContent, /^\d+%$/.test(row.children[1].textContent.replace(/\s/g, '')), row.children[3].textContent])),
        [['Both saw what happened later', true, '3'], ['Neither saw it', true, '3'], ['One saw it, one did not', true, '3']]);
    await checkAccessible(me.page, 'hindsight');
    await shot(me.page, 'hindsight');
    await me.close();
});

test('what was imported is shown, and an answer of one person in it is not', async () => {
    const project = await call('POST', '/api/v1/projects', { name: { en: 'Ratings', ar: 'تقييمات' }, task: { kind: 'rating', dimensions: ['rude'] } });
    const rows = Array.from({ length: 24 }, (_, i) => `${i % 2},who${i},Text ${i % 2},3,${i === 0 ? 'lamplighter' : i < 13 ? 'weaver' : 'smith'}`);
    const map = { item: 'id', text: 'text', annotator: 'who', rating: 'score', dimension: 'rude', scale: [1, 5], attributes: ['craft'] };
    const report = await platform.coordinator.api('POST', `/api/v1/projects/${project.id}/items?${new URLSearchParams({ format: 'csv', map: JSON.stringify(map) })}`,
        { body: ['id,who,text,score,craft', ...rows, ''].join('\n'), type: 'text/csv' });
    assert.equal(report.body.accepted, 24, JSON.stringify(report.body));
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto('/research');
    const card = me.page.locator('.project', { hasText: 'Ratings' });
    await card.waitFor();
    assert.equal(await textOf(card.locator('.fine')), '2 items · 24 people · 24 imported judgments');
    await me.page.goto(`/research/projects/${project.id}`);
    await me.page.waitForSelector('[aria-labelledby=coverage-title] tbody');
    const text = await textOf(me.page.locator('main'));
    assert.ok(text.includes('0 of 6 judgments made here'), text);
    assert.ok(text.includes('Judgments that count24') && text.includes('weaver12') && !text.includes('not known'), text);
    assert.ok(!text.includes('lamplighter') && !text.includes('smith'), text);
    await me.close();
    const reader = await visitor(browser, platform.origin, { token: platform.token, language: 'ar' });
    await reader.page.goto(`/research/projects/${project.id}`);
    await settled(reader.page);
    assert.equal(await textOf(reader.page.locator('h1')), 'تقييمات');
    await reader.close();
});

test('a fit is started here, and its card has the worst-off group beside the average', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${study.id}`);
    await settled(me.page);
    await me.page.getByRole('radio', { name: 'Maxmin' }).check();
    await me.page.getByRole('button', { name: 'Fit a model' }).click();
    await me.page.getByRole('link', { name: 'Open the card' }).waitFor({ timeout: FIT_MS });
    await checkAccessible(me.page, 'study');
    await shot(me.page, 'study');
    await me.page.getByRole('link', { name: 'Open the card' }).click();
    await me.page.waitForURL(/\/research\/models\//);
    await me.page.waitForSelector('.card-table');
    const rows = me.page.locator('.card-table tbody tr');
    assert.ok((await textOf(rows.nth(0))).startsWith('Everyone'));
    assert.ok((await textOf(rows.nth(1))).includes('Worst-off'));
    assert.equal(await me.page.locator('.dotplot .marked').count(), 1);
    // Beside the worst-off the mean of the groups; the curve and its table say the same; what the data don't allow is said.
    const parts = await call('GET', `/api/v1/models/${new URL(me.page.url()).pathname.split('/').at(-1)}`);
    const { metrics } = parts;
    assert.ok((await textOf(rows.nth(2))).startsWith('Mean of the groups'));
    assert.equal(metrics.mean.n_groups, 4);
    const plotted = await me.page.locator('.dotplot ul').first().locator('.dotplot-name').allTextContents();
    const accuracy = new Map(metrics.groups.filter((one) => one.attribute === 'age').map((one) => [one.value === '18_29' ? '18 to 29' : '30 or more', one.accuracy]));
    assert.ok(accuracy.get(plotted[0]) <= accuracy.get(plotted[1]), plotted.join());
    assert.equal(await me.page.locator('.curve circle').count(), metrics.calibration.length);
    assert.equal(await me.page.locator('[aria-labelledby=curve-title] tbody tr').count(), metrics.calibration.length);
    assert.match(await textOf(me.page.locator('[aria-labelledby=new-people-title]')), /These data do not allow it/);
    assert.ok(metrics.steerable.supported && metrics.overton.coverage > metrics.overton.pooled, JSON.stringify(metrics.overton));
    const kept = await textOf(me.page.locator('[aria-labelledby=kept-title]').first());
    for (const one of ['Does the worst-off group get what was promised?', 'Nobody was asked whether responses comply', 'Age']) assert.ok(kept.includes(one), one);
    assert.deepEqual(metrics.who.find((one) => one.attribute === 'age').groups.map((one) => one.n_annotators), [12, 12]);
    assert.deepEqual(metrics.excluded, {});
    // The models that made the responses, each with its share, interval and the group that ranks it lowest; then by group.
    const board = await me.page.locator('.board-table tbody tr').evaluateAll((all) => all.map((row) => (
        [...row.children].map((one) => one.textContent.replace(/[\u2066-\u2069]/g, '')))));
    assert.deepEqual(board.map(([name]) => name).sort(), ['aster', 'briar', 'clover']);
    for (const [, share, range, score, n] of board) {
        assert.match(share, /^\d+\.\d%$/);
        assert.match(range, /\d+\.\d%.*\d+\.\d%/);
        assert.match(score, /^[-−]?\d\.\d\d$/);
        assert.ok(Number(n) > 100, n);
    }
    const groups = me.page.locator('[aria-labelledby=board-groups-title] tbody');
    assert.ok((await textOf(groups)).startsWith('Age18 to 2912'), await textOf(groups));
    // Half of these people like short answers and half long ones: that is told as who they are, not as carelessness.
    assert.match(await textOf(me.page.locator('section[aria-labelledby=board-title]')), /Of 24 people .* than chance would have it\./);
    await checkAccessible(me.page, 'card');
    await shot(me.page, 'card');
    const card = new URL(me.page.url()).pathname;
    await me.close();
    const looks = { 'dark-arabic': { dark: true, language: 'ar' }, 'dark-narrow': { ...NARROW, dark: true },
        'arabic-narrow': { ...NARROW, language: 'ar' } };
    for (const [name, look] of Object.entries(looks)) {
        const other = await visitor(browser, platform.origin, { ...look, token: platform.token });
        await other.page.goto(card);
        await other.page.waitForSelector('.card-table');
        await checkReflow(other.page, `card-${name}`);
        await checkTargets(other.page, `card-${name}`);
        await checkAccessible(other.page, `card-${name}`);
        await checkChart(other.page, look.language === 'ar' ? ['العمر', 'من 18 إلى 29', '30 فأكثر'] : ['Age', '18 to 29', '30 or more']);
        await shot(other.page, `page-card-${name}`);
        // Questions and answers of one long word each, and names of models.
        const long = 'donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunter';
        await other.page.route(/\/api\/v1\/(projects|models)\/[^/]+(\/.*)?$/, async (route) => {
            const answer = await route.fetch();
            const text = (await answer.text()).replace(/"(en|ar)":"[^"]+"/g, `"$1":"${long}"`).replace(/"(aster|briar|clover)"/g, `"$1${long}"`);
            await route.fulfill({ response: answer, body: text });
        });
        await other.page.reload();
        await other.page.waitForSelector('.card-table');
        await checkReflow(other.page, `card-${name} in long words`);
        await shot(other.page, `long-card-${name}`);
        await other.page.unrouteAll({ behavior: 'wait' });
        await other.close();
    }
});

test('a model is fitted again by a schedule that is set and ended here, and its card says from where it began', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${study.id}`);
    await settled(me.page);
    const section = me.page.locator('section[aria-labelledby=refits-title]');
    await section.getByLabel('Which model').selectOption('Pooled');
    await section.getByLabel('New judgments, % of those before').fill('0');
    await section.getByRole('button', { name: 'Add the schedule' }).click();
    await section.getByText('Give a share from 1 to 1000 %').first().waitFor();
    await section.getByLabel('New judgments, % of those before').fill('20');
    await section.getByRole('button', { name: 'Add the schedule' }).click();
    const row = section.getByRole('row', { name: /Pooled/ });
    await row.waitFor();
    assert.match(await textOf(row), /20%/);
    // Nothing of its kind was fitted before: the first comes at once, and the row then says how far the next is.
    const fits = await until(async () => {
        const { data } = await call('GET', `/api/v1/projects/${study.id}/fits`);
        return data.some((one) => one.method === 'pooled' && one.state === 'done') && data;
    }, 'a fit by schedule', FIT_MS);
    const first = fits.find((one) => one.method === 'pooled');
    const { id } = await call('POST', `/api/v1/projects/${study.id}/fits`, { method: 'pooled', from: first.model_id });
    const again = await until(async () => {
        const now = await call('GET', `/api/v1/fits/${id}`);
        return now.state === 'done' && now;
    }, 'the fit from it', FIT_MS);
    await me.page.reload();
    await settled(me.page);
    assert.match(await textOf(section.getByRole('row', { name: /Pooled/ })), /After [\d,]+ more judgments/);
    await checkAccessible(me.page, 'study with a schedule');
    await shot(me.page, 'study-schedule');
    await section.getByRole('button', { name: /End the schedule/ }).click();
    await section.getByRole('row', { name: /Pooled/ }).waitFor({ state: 'detached' });
    for (const [name, look] of Object.entries({ light: {}, 'arabic-narrow': { ...NARROW, language: 'ar', dark: true } })) {
        const other = await visitor(browser, platform.origin, { ...look, token: platform.token });
        await other.page.goto(`/research/models/${again.model_id}`);
        await other.page.waitForSelector('section[aria-labelledby=start-title]');
        if (name === 'light') assert.match(await textOf(other.page.locator('section[aria-labelledby=start-title]')), /kept what that one had chosen/);
        await checkReflow(other.page, `start-${name}`);
        await checkAccessible(other.page, `start-${name}`);
        await shot(other.page, `start-${name}`);
        await other.close();
    }
    await me.close();
});

test('an export is made here and taken home', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${study.id}`);
    await settled(me.page);
    await me.page.locator('#format-trl').check();
    await me.page.getByRole('button', { name: 'Make an export' }).click();
    const manifest = me.page.getByRole('link', { name: 'manifest.json' }).first();
    await manifest.waitFor({ timeout: FIT_MS });
    const [download] = await Promise.all([me.page.waitForEvent('download'), manifest.click()]);
    assert.ok((await readFile(await download.path(), 'utf8')).length > 0);
    await checkAccessible(me.page, 'study with an export');
    await me.close();
});
