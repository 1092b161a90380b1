// From a panel's link to the code, on a narrow phone; and what the researcher sees of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeStudy, pairs } from '../support/study.mjs';

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

test('from the link to the code, and back; who does not agree is told to return', async () => {
    const study = await makeStudy(call, { items: pairs(3) });
    const staff = await visitor(browser, platform.origin, { token: platform.token, expected: [/404/] });
    await staff.page.goto(`/research/projects/${study.id}/panel`);
    await settled(staff.page);
    await staff.page.locator('#pset-save, form .button.primary').first().click();
    await staff.page.waitForSelector('.notice-error'); // a code is missing
    await staff.page.locator('#pset-completed').fill('DONE1');
    await staff.page.locator('#pset-no-consent').fill('NO1');
    await staff.page.locator('#pset-tasks').fill('1');
    await staff.page.locator('form .button.primary').first().click();
    await staff.page.waitForSelector('#pset-link');
    const more = (await staff.page.locator('#pset-link').inputValue()).replace(/\{\{%(\w+)%\}\}/g, 'id-of-$1');
    assert.equal(more, '&PROLIFIC_PID=id-of-PROLIFIC_PID&STUDY_ID=id-of-STUDY_ID&SESSION_ID=id-of-SESSION_ID');
    const code = await study.invite(5);
    await new Promise((done) => setTimeout(done, 2100)); // that people come from a panel is known in all threads within two seconds

    const me = await visitor(browser, platform.origin, { language: 'ar', ...NARROW, expected: [/401/] });
    await me.page.goto(`/join?code=${code}`);
    await settled(me.page);
    assert.match(await textOf(me.page.locator('h1')), /Prolific/, 'without an id one is sent to the panel');
    await me.page.goto(`/join?code=${code}${more}`);
    await settled(me.page);
    await me.page.locator('.actions button.quiet').click();
    assert.equal(await me.page.locator('#panel-code').inputValue(), 'NO1');
    await checkAccessible(me.page, 'panel declined');
    await me.page.locator('p > button.quiet').click();
    await me.page.locator('#agree').check();
    await me.page.locator('main .button.primary').click();
    await me.page.waitForSelector('.answers');
    await me.page.locator('.answers button').first().click();
    await me.page.waitForSelector('#panel-code');
    assert.equal(await me.page.locator('#panel-code').inputValue(), 'DONE1');
    assert.equal(await me.page.locator('.ending a.primary').getAttribute('href'), 'https://app.prolific.com/submissions/complete?cc=DONE1');
    await checkReflow(me.page, 'panel code');
    await checkTargets(me.page, 'panel code');
    await checkAccessible(me.page, 'panel code');
    await shot(me.page, 'panel-code');
    await me.close();

    await staff.page.reload();
    await staff.page.waitForSelector('table.data tbody tr');
    assert.match(await textOf(staff.page.locator('table.data tbody tr')), /Finished.*1/s);
    assert.ok(!(await staff.page.content()).includes('id-of-PROLIFIC_PID'), 'the panel\'s id is not on the page');
    await staff.page.setViewportSize(NARROW.viewport);
    await checkReflow(staff.page, 'panel');
    await checkAccessible(staff.page, 'panel');
    await shot(staff.page, 'panel');
    await staff.close();
});

test('who stops can give the study back, is asked once more, and gets the code for it', async () => {
    const study = await makeStudy(call, { items: pairs(4) });
    await call('PUT', `/api/v1/projects/${study.id}/panel`, { name: 'Prolific', completion_url: 'https://app.prolific.com/submissions/complete?cc={code}',
        codes: { completed: 'DONE1', returned: 'BACK1' }, tasks: 3 });
    await new Promise((done) => setTimeout(done, 2100));
    const me = await visitor(browser, platform.origin, NARROW);
    await me.page.goto(`/join?code=${await study.invite(1)}&PROLIFIC_PID=stops&STUDY_ID=s&SESSION_ID=x`);
    await me.page.locator('#agree').check();
    await me.page.locator('main .button.primary').click();
    await me.page.waitForSelector('.answers');
    await me.page.keyboard.press('p');
    await me.page.locator('.ending button.quiet').click();
    await me.page.waitForSelector('dialog[open]');
    await checkAccessible(me.page, 'giving back asked');
    await shot(me.page, 'panel-return');
    await me.page.keyboard.press('Escape');
    await me.page.locator('.ending button.quiet').click();
    await me.page.locator('dialog .button.danger').click();
    await me.page.waitForSelector('#panel-code');
    assert.equal(await me.page.locator('#panel-code').inputValue(), 'BACK1');
    await checkAccessible(me.page, 'given back');
    await me.close();
});
