// The figures of a study with their intervals, as a researcher sees them in either language and on any screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, launch, NARROW, settled, shot, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, judgeAll, makeStudy, pairs } from '../support/study.mjs';

let platform, browser, study;

before(async () => {
    platform = await startPlatform();
    browser = await launch();
    study = await makeStudy(client(platform.origin, platform.token), { items: pairs(8), simulated: true, judgments_per_item: 3 });
    const code = await study.invite(3);
    for (let seed = 0; seed < 3; seed++) await judgeAll(platform.origin, code, { seed, simulated: true });
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

const plain = (text) => text.replace(/[\u2066-\u2069]/g, '');

for (const [name, options] of [['en', {}], ['ar-dark', { language: 'ar', dark: true }], ['narrow', NARROW], ['forced', { forcedColors: 'active' }]]) {
    test(`agreement and order stand beside their intervals: ${name}`, async () => {
        const me = await visitor(browser, platform.origin, { token: platform.token, ...options });
        await me.page.goto(`/research/projects/${study.id}`);
        await settled(me.page);
        const table = me.page.locator('[role=group][aria-labelledby=quality-title] tbody tr');
        await table.first().waitFor();
        const rows = await table.evaluateAll((all) => all.map((row) => [...row.children].map((one) => one.textContent)));
        const { agreement, order_bias: order } = await (await fetch(`${platform.origin}/api/v1/projects/${study.id}/quality`,
            { headers: { authorization: `Bearer ${platform.token}` } })).json();
        const ranges = [agreement.alpha_interval, agreement.ac1_interval, agreement.percent_interval, agreement.strength.alpha_interval, order.interval]
            .filter(Boolean).length;
        assert.equal(rows.filter((row) => plain(row[2]).includes('–')).length, ranges, JSON.stringify(rows));
        assert.ok(ranges >= 1 && rows.every((row) => row.length === 3 && row[1] !== ''));
        await me.page.evaluate(() => document.querySelector('#quality-title').scrollIntoView());
        await checkAccessible(me.page, `figures ${name}`);
        await checkReflow(me.page, `figures ${name}`);
        await shot(me.page, `figures-${name}`, { fullPage: false });
        await me.close();
    });
}
