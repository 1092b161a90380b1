// A conversation in the browser: somebody who never saw it votes by keys, says something, changes a vote, is decided against and asks
// again; in either language, narrow, in forced colours, by touch.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeCommunity, makeStudy, pairs } from '../support/study.mjs';

let platform, browser, call, community;
before(async () => {
    platform = await startPlatform();
    browser = await launch();
    call = client(platform.origin, platform.token);
    community = await makeCommunity(call, platform.origin, await makeStudy(call, { items: pairs(2) }));
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

const member = async () => (await client(platform.origin)('POST', '/api/v1/join', { code: (await call('POST', `/api/v1/communities/${community.id}/invitations`, { max_uses: 1 })).code })).token;
const begin = (more = {}) => call('POST', `/api/v1/communities/${community.id}/conversations`, { title: { en: 'How should it speak of grief?', ar: 'كيف ينبغي أن يتحدث عن الحزن؟' }, seeds: ['Plainly.', 'Only when asked.'], ...more });
const open = async (page, path) => { await page.goto(path); await settled(page); };

test('by keyboard alone: votes, a statement of one\'s own, a changed vote; tallies only of what was voted on', async () => {
    const { id } = await begin();
    const me = await visitor(browser, platform.origin, { token: await member() });
    const { page } = me;
    await open(page, `/constitution/${community.id}`);
    await page.getByRole('link', { name: /How should it speak of grief/ }).first().click();
    await page.waitForSelector('.statement');
    await checkAccessible(page, 'talk');
    await checkTargets(page, 'talk');
    await shot(page, 'talk');
    const cells = () => page.locator('table tbody td').allTextContents();
    assert.deepEqual(await cells(), Array(6).fill('–'));
    const first = await textOf(page.locator('.statement'));
    await page.keyboard.press('1');
    await page.waitForFunction((words) => document.querySelector('.statement')?.textContent !== words, first);
    await page.waitForFunction(() => document.querySelectorAll('table tbody select').length === 1);
    assert.equal((await cells()).filter((one) => one !== '–').length, 3);
    await page.locator('#talk-important').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('2');
    await page.getByRole('heading', { name: 'You have voted on all that was said' }).waitFor();
    await page.locator('#talk-say').focus();
    await page.keyboard.type('1 It should ask before it speaks.'); // a digit here is a letter
    await page.reload();
    await page.waitForSelector('#talk-say');
    assert.equal(await page.locator('#talk-say').inputValue(), '1 It should ask before it speaks.', 'a draft outlives a reload');
    await page.getByRole('button', { name: 'Say it' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('section[aria-labelledby=talk-mine] li').waitFor();
    assert.match(await textOf(page.locator('section[aria-labelledby=talk-mine]')), /It should ask before it speaks.*Shown/);
    await page.locator('#vote-1').selectOption('pass');
    await page.waitForFunction(() => /^1/.test(document.querySelector('#statement-1 td:last-child').textContent));
    const { data } = await client(platform.origin, me.token ?? null)('GET', `/api/v1/conversations/${id}/statements`).catch(() => ({ data: [] }));
    assert.ok(data.every((one) => one.tally === null), 'nobody else sees a tally');
    await me.close();
});

test('a vote that could not be sent is sent once when the network is back', async () => {
    const { id } = await begin({ seeds: ['One.'] });
    const me = await visitor(browser, platform.origin, { token: await member(), expected: [/ERR_INTERNET_DISCONNECTED/] });
    await open(me.page, `/conversations/${id}`);
    await me.page.waitForSelector('.statement');
    await me.context.setOffline(true);
    await me.page.getByRole('button', { name: /^Agree/ }).click();
    await me.page.getByText('Your vote was not stored').waitFor();
    await me.context.setOffline(false);
    await me.page.getByRole('button', { name: /^Agree/ }).click();
    await me.page.getByRole('heading', { name: 'You have voted on all that was said' }).waitFor();
    assert.equal((await call('GET', `/api/v1/conversations/${id}`)).votes, 1);
    await me.close();
});

test('decided against with a reason, asked again, shown; and the conversation is closed', async () => {
    const { id } = await begin({ moderation: 'before' });
    const token = await member();
    const me = await visitor(browser, platform.origin, { token }), staff = await visitor(browser, platform.origin, { token: platform.token });
    await open(me.page, `/conversations/${id}`);
    await me.page.locator('#talk-say').fill('It should name my neighbour.');
    await me.page.getByRole('button', { name: 'Say it' }).click();
    await me.page.getByText('Waits for a moderator.').waitFor();
    await open(staff.page, `/conversations/${id}/decide`);
    await staff.page.getByText('It should name my neighbour.').waitFor();
    await checkAccessible(staff.page, 'talk decisions');
    await staff.page.getByRole('button', { name: 'Do not show it' }).first().click();
    await staff.page.locator('.notice-error').waitFor();
    await staff.page.locator('textarea').first().fill('It names a person.');
    await staff.page.getByRole('button', { name: 'Do not show it' }).first().click();
    await staff.page.getByText('None waits.').waitFor();
    await me.page.reload();
    await me.page.getByText('Not shown:').first().waitFor();
    await me.page.getByText('Ask for another decision').click();
    await me.page.getByLabel('Why should it be decided otherwise?').fill('He asked me to.');
    await me.page.getByRole('button', { name: 'Ask', exact: true }).click();
    await me.page.getByText('You asked for another decision; it will be looked at again').waitFor();
    await checkAccessible(me.page, 'talk appealed');
    await shot(me.page, 'talk-appealed');
    await staff.page.reload();
    await staff.page.getByText('He asked me to.').waitFor();
    await staff.page.locator('textarea').first().fill('True.');
    await staff.page.getByRole('button', { name: 'Show it', exact: true }).first().click();
    await staff.page.getByText('None waits.').waitFor();
    await staff.page.getByRole('button', { name: 'Close the conversation' }).click();
    await staff.page.getByRole('button', { name: 'Open it again' }).waitFor();
    await me.page.reload();
    await me.page.getByText('It is closed.').waitFor();
    assert.equal(await me.page.locator('.statement').count(), 0);
    assert.match(await textOf(me.page.locator('table')), /It should name my neighbour\./);
    await me.close();
    await staff.close();
});

test('begun in the browser; what is missing is said', async () => {
    const staff = await visitor(browser, platform.origin, { token: platform.token });
    await open(staff.page, `/constitution/${community.id}`);
    await staff.page.getByRole('link', { name: 'Begin a conversation' }).click();
    await staff.page.waitForSelector('#talk-seeds');
    await checkAccessible(staff.page, 'talk new');
    await staff.page.getByRole('button', { name: 'Begin', exact: true }).click();
    await staff.page.locator('.notice-error').waitFor();
    await staff.page.locator('#talk-title').fill('What matters most?');
    await staff.page.locator('#talk-seeds').fill('Truth.\n\nKindness.');
    await staff.page.getByRole('button', { name: 'Begin', exact: true }).click();
    await staff.page.waitForURL(/\/conversations\//);
    await staff.page.getByText('Kindness.').waitFor();
    await staff.close();
});

for (const [name, options] of [['ar-dark', { language: 'ar', dark: true }], ['narrow', { ...NARROW, hasTouch: true }], ['forced', { forcedColors: 'active' }]]) {
    test(`looks: ${name}`, async () => {
        const { id } = await begin();
        const me = await visitor(browser, platform.origin, { token: await member(), ...options });
        await open(me.page, `/conversations/${id}`);
        await me.page.waitForSelector('.statement');
        const choice = me.page.locator('.talk-choice').first();
        await (name === 'narrow' ? choice.tap() : choice.click());
        await me.page.waitForFunction(() => document.querySelectorAll('table tbody select').length === 1);
        await checkAccessible(me.page, `talk ${name}`);
        await checkReflow(me.page, `talk ${name}`);
        await checkTargets(me.page, `talk ${name}`);
        await shot(me.page, `talk-${name}`);
        await me.close();
    });
}
