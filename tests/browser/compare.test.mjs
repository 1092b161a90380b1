// Models side by side: the demonstration's scenes under the pooled model, maxmin and a jury, and who would have lost what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from '../support/coordinator.mjs';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeStudy, pairs } from '../support/study.mjs';

let platform, browser, call, project;

before(async () => {
    platform = await startPlatform({ workers: 1 });
    browser = await launch();
    call = client(platform.origin, platform.token);
    project = execFileSync(join(build, 'plenum'), ['demo', '--url', platform.origin, '--token', platform.token, '--data', platform.coordinator.dataFolder], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' }).trim();
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

const newest = async (method) => (await call('GET', `/api/v1/projects/${project}/fits`)).data.find((one) => one.method === method).model_id;

test('each model\'s choice, and of each kind of people how many would rather have had another answer', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    const { page } = me;
    await page.goto(`/research/projects/${project}`);
    await settled(page);
    await page.getByRole('link', { name: 'Who would have lost what' }).click();
    await page.waitForSelector('.choices li:nth-child(3)');
    await checkAccessible(page, 'models side by side');
    await checkTargets(page, 'models side by side');
    await shot(page, 'compare');
    // What people are furthest apart on comes first; the three scenes are there.
    const questions = await page.locator('#compare-item option').allTextContents();
    for (const scene of ['Ramadan', 'pēpi', 'dark short story']) assert.ok(questions.some((one) => one.includes(scene)), scene);
    const item = (await call('GET', `/api/v1/projects/${project}/items?order=disagreement&limit=1`)).data[0];
    const { responses } = await call('GET', `/api/v1/projects/${project}/items/${item.id}`);
    const maxmin = await call('POST', '/api/v1/score', { model: await newest('maxmin'), candidates: responses.map((one) => ({ content: one.content })) });
    assert.equal(await textOf(page.locator('.choices li', { hasText: 'Maxmin' }).locator('.lead')), `Answer ${'ABCD'[maxmin.choice.index]}`);
    const shares = await page.locator('td.num').allTextContents();
    assert.ok(shares.length >= 6 && shares.every((one) => /^\d+\s?%/.test(one.replace(/[\u2066-\u2069]/g, ''))), JSON.stringify(shares));

    // Another question, other kinds of people: both stand in the address.
    await page.locator('#compare-item').selectOption({ index: 1 });
    await page.locator('#compare-by').selectOption({ index: 1 });
    await page.waitForURL(/item=.*&by=|by=.*&item=/);
    await page.reload();
    await page.waitForSelector('.choices li:nth-child(3)');
    assert.equal(await page.locator('#compare-item').evaluate((one) => one.selectedIndex), 1);
    assert.equal(await page.locator('#compare-by').evaluate((one) => one.selectedIndex), 1);
    await me.close();
});

// Of a group with these utilities who would keep an answer rather than have one of the others by lot.
function keeping(utilities, choice) {
    const others = utilities.filter((_, i) => i !== choice);
    return others.reduce((sum, u) => sum + 1 / (1 + Math.exp(u - utilities[choice])), 0) / others.length;
}

test('the study\'s own page has its three scenes, and who would have lost what by each rule', async () => {
    const looks = { light: {}, dark: { dark: true }, arabic: { language: 'ar' }, narrow: { ...NARROW }, 'arabic narrow': { ...NARROW, language: 'ar', dark: true } };
    for (const [name, look] of Object.entries(looks)) {
        const other = await visitor(browser, platform.origin, { token: platform.token, ...look });
        await other.page.goto(`/research/projects/${project}`);
        await other.page.waitForSelector('.scene:nth-of-type(3)');
        await checkReflow(other.page, `scenes, ${name}`);
        await checkTargets(other.page, `scenes, ${name}`);
        await checkAccessible(other.page, `scenes, ${name}`);
        await other.page.locator('.scene summary').first().click();
        await shot(other.page, `scenes-${name.replace(' ', '-')}`);
        await other.close();
    }
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${project}`);
    await me.page.waitForSelector('.scene:nth-of-type(3)');
    const models = Object.fromEntries(await Promise.all(['pooled', 'maxmin'].map(async (method) => [method, await newest(method)])));
    const least = { pooled: [], maxmin: [] };
    const { data } = await call('GET', `/api/v1/projects/${project}/items?tag=scene`);
    assert.equal(data.length, 3);
    for (const [n, { id }] of data.entries()) {
        const { prompt, responses } = await call('GET', `/api/v1/projects/${project}/items/${id}`);
        const scene = me.page.locator('.scene').nth(n);
        assert.equal(await textOf(scene.locator('h3')), prompt[0].content);
        const answers = {};
        for (const method of ['pooled', 'maxmin']) answers[method] = await call('POST', '/api/v1/score', { model: models[method], candidates: responses.map((one) => ({ content: one.content })) });
        const { groups, candidates } = answers.maxmin;
        assert.ok(groups.length > 1, 'maxmin found several tastes');
        for (const [r, method] of ['pooled', 'maxmin'].entries()) {
            const choice = answers[method].choice.index;
            const rule = scene.locator('.choices > li').nth(r);
            assert.equal(await textOf(rule.locator('.lead')), `Answer ${'ABCD'[choice]}`);
            const kept = groups.map((_, g) => keeping(candidates.map((one) => one.by_group[g].score), choice));
            assert.deepEqual((await rule.locator('.keeps .num').allTextContents()).map((one) => Number(one.replaceAll(/[^0-9]/g, ''))), kept.map((one) => Math.round(100 * one)));
            assert.equal(await rule.locator('.keeps .lost').count(), kept.filter((one) => one < 0.5).length);
            least[method].push(Math.min(...kept));
        }
        assert.equal(await scene.locator('tbody tr').count(), groups.length);
    }
    const mean = (list) => Math.round(100 * list.reduce((sum, one) => sum + one, 0) / list.length);
    assert.ok((await textOf(me.page.locator('.scenes > .lead'))).includes(`Pooled ${mean(least.pooled)}%, Maxmin ${mean(least.maxmin)}%`));
    await me.close();
});

test('narrow, in Arabic; without models it says so', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token, language: 'ar', dark: true, ...NARROW });
    await me.page.goto(`/research/projects/${project}/compare`);
    await me.page.waitForSelector('.choices li:nth-child(3)');
    await checkReflow(me.page, 'models side by side, narrow');
    await checkAccessible(me.page, 'models side by side in Arabic');
    await shot(me.page, 'compare-arabic-narrow');
    const { id } = await makeStudy(call, { items: pairs(2) });
    await me.page.goto(`/research/projects/${id}/compare`);
    await settled(me.page);
    assert.equal(await me.page.locator('.choices').count(), 0);
    await me.close();
});
