// All of mine, from a button on "My data".
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { checkAccessible, launch, settled, shot, visitor } from '../support/browser.mjs';
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

test('one press of a key gives the file, and says so', async () => {
    const study = await makeStudy(call, { items: pairs(2) });
    const me = await visitor(browser, platform.origin, { expected: [/401/] });
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('.button.primary').click();
    await me.page.waitForSelector('.answers');
    await me.page.goto('/me');
    await settled(me.page);
    const button = me.page.getByRole('button', { name: 'Download', exact: true });
    await button.focus();
    const [file] = await Promise.all([me.page.waitForEvent('download'), me.page.keyboard.press('Enter')]);
    assert.equal(file.suggestedFilename(), 'plenum-my-data.jsonl');
    const rows = readFileSync(await file.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(rows.filter((row) => row.kind === 'participation')[0].consent_version, '1');
    await me.page.getByRole('status').filter({ hasText: 'The file is downloaded' }).waitFor({ state: 'attached' });
    await checkAccessible(me.page, 'my data, downloaded');
    await shot(me.page, 'my-data');
    await me.close();
});
