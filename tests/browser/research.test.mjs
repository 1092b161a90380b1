// The researcher's pages: sign in, progress as it happens, a fit and its card, an export taken home.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, judgeAll, makeStudy, pairs } from '../support/study.mjs';

let platform, browser, call, study;
const FIT_MS = 60_000;

before(async () => {
    platform = await startPlatform({ workers: 1 });
    browser = await launch();
    call = client(platform.origin, platform.token);
    // A group is shown from ten people and fifty held-out judgments on: two tastes of twelve.
    study = await makeStudy(call, { items: pairs(50), name: 'A study with answers', simulated: true, judgments_per_item: 24 });
    const code = await study.invite(24);
    await Promise.all(Array.from({ length: 24 }, (_, i) => judgeAll(platform.origin, code, { seed: i, simulated: true })));
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
        await shot(other.page, `page-card-${name}`);
        await other.close();
    }
});

test('an export is made here and taken home', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${study.id}`);
    await settled(me.page);
    await me.page.getByRole('checkbox', { name: 'trl' }).check();
    await me.page.getByRole('button', { name: 'Make an export' }).click();
    const manifest = me.page.getByRole('link', { name: 'manifest.json' }).first();
    await manifest.waitFor({ timeout: FIT_MS });
    const [download] = await Promise.all([me.page.waitForEvent('download'), manifest.click()]);
    assert.ok((await readFile(await download.path(), 'utf8')).length > 0);
    await checkAccessible(me.page, 'study with an export');
    await me.close();
});
