// Webhooks in the browser: added, tried, given another secret, switched off, removed; what was sent is seen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { startReceiver } from '../support/receiver.mjs';
import { client } from '../support/study.mjs';

let platform, receiver, browser, call, study;

before(async () => {
    receiver = await startReceiver();
    platform = await startPlatform({ env: { PLENUM_OUTSIDE_ALLOW: receiver.host } });
    browser = await launch();
    call = client(platform.origin, platform.token);
    study = (await call('POST', '/api/v1/projects', { name: 'Two tastes', task: { kind: 'pairwise' } })).id;
});
after(async () => {
    await browser?.close();
    await platform?.stop();
    await receiver?.stop();
});

async function open(page, path) {
    await page.goto(path);
    await settled(page);
}
const researcher = (options = {}) => visitor(browser, platform.origin, { token: platform.token, ...options });

test('by keyboard alone: what is missing is named, a webhook is added, its secret shown once, a test sent and seen', async () => {
    const me = await researcher({ expected: [/status of 422/] });
    const { page } = me;
    await open(page, `/research/projects/${study}`);
    await page.getByRole('link', { name: 'Webhooks' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#hook-url');
    await checkAccessible(page, 'webhooks, none');
    await page.locator('#hook-url').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice-error');
    assert.deepEqual(await page.locator('.notice-error a').allTextContents(), ['Give an address', 'Choose what it is told']);
    await page.locator('#hook-url').focus();
    await page.keyboard.type('http://10.0.0.1/');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.getByText('must begin with https://').waitFor();
    await page.waitForFunction(() => document.activeElement?.closest('.notice-error')); // what is wrong takes the focus, once
    await page.locator('#hook-url').focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(`${receiver.url}/good`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#hook-secret');
    const secret = await page.locator('#hook-secret').inputValue();
    assert.match(secret, /^whsec_/);
    await page.getByRole('button', { name: 'Send a test' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('main summary', { hasText: 'Latest deliveries' }).focus();
    await page.keyboard.press('Enter');
    for (let i = 0; i < 100 && !/Arrived/.test(await textOf(page.locator('main table').first())); i++) {
        await page.getByRole('button', { name: 'Look again' }).click();
        await page.waitForTimeout(100);
    }
    assert.match(await textOf(page.locator('main tbody tr').first()), /A test ?Arrived \(204\) ?1 ?– ?Send again/);
    await checkAccessible(page, 'webhooks');
    await checkTargets(page, 'webhooks');
    await shot(page, 'webhooks');

    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    await page.waitForFunction((old) => document.querySelector('#hook-secret')?.value !== old, secret);
    await page.getByText('The secret before signs too').waitFor();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Switched off.').waitFor();
    await page.reload();
    await settled(page);
    assert.equal(await page.locator('#hook-secret').count(), 0);
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Remove the webhook' }).click();
    await page.getByText('None yet.').waitFor();
    await me.close();
});

test('the operator has some for all studies; in Arabic and in a narrow window', async () => {
    const made = await call('POST', '/api/v1/webhooks', { url: `${receiver.url}/gone/${'long'.repeat(30)}`, events: ['project.state_changed', 'judgment.recorded'] });
    const me = await researcher({ language: 'ar', ...NARROW });
    const { page } = me;
    await open(page, '/research');
    await page.getByRole('link', { name: 'خطافات الدراسات كلها' }).click();
    await page.waitForSelector('#hook-url');
    await page.getByRole('button', { name: 'أرسل اختبارًا' }).click();
    await page.locator('main summary', { hasText: 'آخر الإرسالات' }).click();
    await page.getByRole('button', { name: 'انظر مجددًا' }).waitFor();
    await checkReflow(page, 'webhooks');
    await checkAccessible(page, 'webhooks in Arabic');
    await checkTargets(page, 'webhooks in Arabic');
    await shot(page, 'webhooks-ar-narrow');
    await call('DELETE', `/api/v1/webhooks/${made.id}`, undefined);
    await me.close();
});
