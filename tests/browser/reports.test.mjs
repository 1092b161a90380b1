// Reports in the browser: made from a task and an amendment, decided by those who run the study, read again on My data.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { makeCommunity, makeMembers, change, propose } from '../support/community.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, pairs } from '../support/study.mjs';

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

async function makeStudy(task = { kind: 'pairwise' }) {
    const { id } = await call('POST', '/api/v1/projects', { name: 'Two tastes', task });
    await call('POST', `/api/v1/projects/${id}/items`, pairs(1).map((one) => JSON.stringify(one)).join('\n'));
    const { code } = await call('POST', `/api/v1/projects/${id}/invitations`, { max_uses: 5 });
    const join = async () => (await client(platform.origin)('POST', '/api/v1/join', { code })).token;
    return { id, join };
}
async function open(page, path) {
    await page.goto(path);
    await settled(page);
}

test('by keyboard alone a task is reported, and what was decided is read on My data', async () => {
    const study = await makeStudy();
    const token = await study.join();
    const me = await visitor(browser, platform.origin, { token });
    const { page } = me;
    await open(page, `/annotate/${study.id}`);
    await page.waitForSelector('.report summary');
    await page.locator('.report summary').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#report-words');
    await checkAccessible(page, 'reporting');
    await checkTargets(page, 'reporting');
    await page.getByRole('button', { name: 'Report', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.report .notice-error');
    assert.deepEqual(await page.locator('.report .notice-error a').allTextContents(), ['Choose what is wrong with it']);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    await page.locator('#report-words').focus();
    await page.keyboard.type('1 It is about my neighbours.'); // a key of the task, if it were one
    await shot(page, 'report');
    await page.getByRole('button', { name: 'Report', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Your report was received.').first().waitFor();
    assert.equal(await page.locator('.report form').count(), 0);

    const staff = await visitor(browser, platform.origin, { token: platform.token });
    await open(staff.page, `/research/projects/${study.id}`);
    await staff.page.getByRole('link', { name: 'Reports' }).click();
    await staff.page.waitForSelector('main li.card');
    assert.match(await textOf(staff.page.locator('main li.card')), /^Hatred against a group.*by participant ….{6}.*1 It is about my neighbours\./);
    await staff.page.getByText('Show what was reported').click();
    await staff.page.getByText('How should I plan my running').waitFor();
    await checkAccessible(staff.page, 'reports');
    await checkTargets(staff.page, 'reports');
    await shot(staff.page, 'reports');
    await staff.page.getByRole('button', { name: 'Hide from the study' }).click();
    await staff.page.waitForSelector('.notice-error');
    await staff.page.getByLabel('Why you decide so').fill('It is hateful.');
    await staff.page.getByRole('button', { name: 'Hide from the study' }).click();
    await staff.page.getByText('it is given to nobody any more').waitFor();
    await staff.page.getByText('Decide otherwise').click();
    await staff.page.getByRole('button', { name: 'Dismiss, and give it out again' }).waitFor();
    await staff.close();

    await open(page, '/me');
    assert.match(await textOf(page.locator('section', { has: page.locator('#reports-title') })), /Hatred against a group.*1 It is about my neighbours\. ?Upheld: it is given to nobody any more\. It is hateful\./);
    await checkAccessible(page, 'my reports');
    await me.close();
});

test('tasks with a form have it too; in Arabic and in a narrow window', async () => {
    const study = await makeStudy({ kind: 'rating', dimensions: ['help'] });
    const me = await visitor(browser, platform.origin, { token: await study.join(), language: 'ar', ...NARROW });
    const { page } = me;
    await open(page, `/annotate/${study.id}`);
    await page.waitForSelector('.report summary');
    await page.locator('.report summary').click();
    await page.locator('label[for="report-privacy"]').click();
    await checkReflow(page, 'reporting');
    await checkAccessible(page, 'reporting in Arabic');
    await checkTargets(page, 'reporting in Arabic');
    await shot(page, 'report-ar-narrow');
    await page.getByRole('button', { name: 'أبلغ', exact: true }).click();
    await page.getByText('وصل بلاغك.').first().waitFor();
    await me.close();
    const staff = await visitor(browser, platform.origin, { token: platform.token, language: 'ar', ...NARROW });
    await open(staff.page, `/research/projects/${study.id}/reports`);
    await staff.page.getByText('أظهر ما أُبلغ عنه').click();
    await checkReflow(staff.page, 'reports');
    await checkAccessible(staff.page, 'reports in Arabic');
    await shot(staff.page, 'reports-ar-narrow');
    await staff.close();
});

test('an amendment is reported by a member, and decided from the constitution\'s page', async () => {
    const community = await makeCommunity(platform.coordinator);
    const [member] = await makeMembers(platform.coordinator, community, 1);
    const { body } = await propose(platform.coordinator, community, member, [change('tone', 'Speak kindly.')]);
    const me = await visitor(browser, platform.origin, { token: member.token });
    await open(me.page, `/amendments/${body.id}`);
    await me.page.locator('.report summary').click();
    await me.page.locator('label[for="report-harassment"]').click();
    await me.page.getByRole('button', { name: 'Report', exact: true }).click();
    await me.page.getByText('Your report was received.').first().waitFor();
    await checkAccessible(me.page, 'an amendment reported');
    await me.close();
    const staff = await visitor(browser, platform.origin, { token: platform.token });
    await open(staff.page, `/constitution/${community}`);
    await staff.page.getByRole('link', { name: 'Reports of amendments' }).click();
    await staff.page.getByLabel('Why you decide so').fill('The author was told.');
    await staff.page.getByRole('button', { name: 'Uphold' }).click();
    await staff.page.getByText('The author was told.').waitFor();
    await staff.close();
});
