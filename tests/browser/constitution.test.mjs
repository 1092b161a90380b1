// A constitution read, an amendment understood, a vote cast and its receipt kept.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { checkAccessible, launch, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeCommunity, makeStudy, pairs } from '../support/study.mjs';

let platform, browser, study, community;

before(async () => {
    platform = await startPlatform();
    browser = await launch();
    const call = client(platform.origin, platform.token);
    study = await makeStudy(call, { items: pairs(2) });
    community = await makeCommunity(call, platform.origin, study);
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

test('the tree of articles says which cannot be amended, its version and what is open', async () => {
    const me = await visitor(browser, platform.origin, { expected: [/401/] });
    await me.page.goto(`/constitution/${community.id}`);
    await settled(me.page);
    const articles = me.page.locator('.article');
    assert.ok((await articles.count()) >= 8);
    assert.ok((await me.page.locator('.article .article').count()) >= 2);
    assert.ok((await me.page.locator('.article.fixed').count()) >= 1);
    assert.ok((await textOf(me.page.locator('.eyebrow'))).includes('Version 1'));
    await shot(me.page, 'constitution');
    await me.page.locator('.aside .row-link').first().click();
    await me.page.waitForURL(/\/amendments\//);
    await me.close();
});

test('a vote needs standing, hides the tally until cast, gives a receipt, and can be changed', async () => {
    const me = await visitor(browser, platform.origin, { expected: [/40[134]/] });
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('.button.primary').click();
    await me.page.waitForSelector('.answers');

    await me.page.goto(`/amendments/${community.amendment}`);
    await settled(me.page);
    assert.ok((await me.page.locator('.redline ins').count()) > 0);
    assert.ok((await me.page.locator('.redline del').count()) > 0);
    assert.equal(await me.page.locator('.tally').count(), 0);
    assert.equal(await me.page.locator('.vote-set input:checked').count(), 0);
    // The deadline is in the reader's own zone, and says so.
    assert.match(await textOf(me.page.locator('.facts time')), /(GMT\+1[23]|NZ[SD]T)$/);
    await checkAccessible(me.page, 'amendment');
    await shot(me.page, 'amendment');

    await me.page.getByRole('button', { name: 'Cast this vote' }).click();
    await me.page.waitForSelector('.notice-error');
    await me.page.getByRole('radio', { name: 'Yes' }).check();
    await me.page.getByRole('button', { name: 'Cast this vote' }).click();
    await me.page.getByRole('button', { name: 'Join this community' }).click();
    await me.page.waitForFunction(() => !document.querySelector('.ballot .notice-error'));
    await me.page.getByRole('button', { name: 'Cast this vote' }).click();
    await me.page.waitForSelector('.receipt');
    await me.page.waitForSelector('.tally');
    const receipt = (await me.page.locator('.receipt pre').textContent()).trim();
    assert.ok(receipt.length > 20);
    await checkAccessible(me.page, 'after the vote');
    await shot(me.page, 'amendment-voted');

    const [download] = await Promise.all([
        me.page.waitForEvent('download'),
        me.page.getByRole('button', { name: 'Save the receipt' }).click(),
    ]);
    assert.equal((await readFile(await download.path(), 'utf8')).trim(), receipt);

    await me.page.reload();
    await settled(me.page);
    assert.ok((await textOf(me.page.locator('.vote-set legend'))).startsWith('You voted: Yes.'));
    await me.page.getByRole('radio', { name: 'No', exact: true }).check();
    await me.page.getByRole('button', { name: 'Cast this vote' }).click();
    await me.page.waitForFunction(() => document.querySelector('.vote-set legend').textContent.replace(/[\u2068\u2069]/g, '').startsWith('You voted: No.'));
    await me.close();
});
