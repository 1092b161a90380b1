// News on My data: what happened stands there, new until it was seen, and each kind can be switched off.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
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

test('a paused study is news until it was seen; by keyboard it is not told any more', async () => {
    const { id } = await call('POST', '/api/v1/projects', { name: 'Two tastes', task: { kind: 'pairwise' } });
    const { code } = await call('POST', `/api/v1/projects/${id}/invitations`, { max_uses: 2 });
    const join = async () => (await client(platform.origin)('POST', '/api/v1/join', { code })).token;
    const me = await visitor(browser, platform.origin, { token: await join() });
    const { page } = me;
    const news = page.locator('section', { has: page.locator('#news-title') });
    const open = async (on = page) => { await on.goto('/me'); await settled(on); await on.waitForSelector('#news-title'); };
    await open();
    assert.match(await textOf(news), /^News ?Nothing yet\./);
    await call('PATCH', `/api/v1/projects/${id}`, { state: 'paused' });
    await Promise.all([page.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/me/notices')), open()]);
    assert.match(await textOf(news), /^News \(1 new\) ?New The study is paused Two tastes/);
    await checkAccessible(page, 'news');
    await checkTargets(page, 'news');
    await shot(page, 'news');
    await open();
    assert.match(await textOf(news), /^News ?The study is paused Two tastes/);
    await news.locator('summary').focus();
    await page.keyboard.press('Enter');
    await page.locator('#news-study').focus();
    await page.keyboard.press('Space');
    await page.getByText('Nothing yet.').waitFor();
    await open();
    await news.locator('summary').click();
    assert.equal(await page.locator('#news-study').isChecked(), false);
    assert.equal(await page.locator('#news-report').isChecked(), true);
    await me.close();

    const other = await visitor(browser, platform.origin, { token: await join(), language: 'ar', ...NARROW });
    await call('PATCH', `/api/v1/projects/${id}`, { state: 'open' });
    await open(other.page);
    await other.page.locator('section', { has: other.page.locator('#news-title') }).locator('summary').click();
    await checkReflow(other.page, 'news in Arabic');
    await checkAccessible(other.page, 'news in Arabic');
    await checkTargets(other.page, 'news in Arabic');
    await shot(other.page, 'news-ar-narrow');
    await other.close();
});
