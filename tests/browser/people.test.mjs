// What those who run a study see of who judges and of what is judged: pseudonyms, flags, excluding; items people are apart on, and all
// that became of one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, thorough, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeStudy } from '../support/study.mjs';

let platform, browser, call, study;

// 21 items, two people: one always takes the left in a second, the other knows what they want, and changes their mind once.
before(async () => {
    platform = await startPlatform();
    browser = await launch();
    call = client(platform.origin, platform.token);
    study = await makeStudy(call, { judgments_per_item: 2, items: Array.from({ length: 21 }, (_, i) => ({ id: `i-${i}`, language: 'en', tags: i % 2 ? ['odd'] : [], prompt: `Question ${i} <b>?</b>`,
        responses: [{ id: `i-${i}.0`, content: `answer 0 to ${i}`, model: 'alpha' }, { id: `i-${i}.1`, content: `answer 1 to ${i}`, model: 'beta' }] })) });
    const code = await study.invite(2);
    for (const hasty of [true, false]) {
        const { token } = await client(platform.origin)('POST', '/api/v1/join', { code, consent: { version: '1' } });
        const me = client(platform.origin, token);
        for (let i = 0; i < 21; i += 1) {
            const task = await me('POST', `/api/v1/projects/${study.id}/assignments`);
            const zero = /answer 0/.test(task.item.responses[0].content);
            if (i === 0 && !hasty) await me('PUT', `/api/v1/assignments/${task.id}/judgment`, { choice: 'tie', active_ms: 8000, client: {} });
            await me('PUT', `/api/v1/assignments/${task.id}/judgment`, { choice: hasty || zero ? 'left' : 'right', active_ms: hasty ? 900 : 8000, client: {} });
        }
    }
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

const LOOKS = [...(thorough ? [['light', {}]] : []), ['arabic', { language: 'ar', dark: true }], ['narrow', NARROW]];

for (const [look, options] of LOOKS) {
    test(`who judges, items and one item, ${look}`, async () => {
        const me = await visitor(browser, platform.origin, { token: platform.token, ...options });
        for (const [name, path, row] of [['people', 'people?order=flags', 'tbody tr'], ['items', 'items', 'tbody tr a'], ['all-items', 'items?order=id', 'tbody tr a']]) {
            await me.page.goto(`/research/projects/${study.id}/${path}`);
            await me.page.waitForSelector(row);
            await checkReflow(me.page, `${name} ${look}`);
            await checkTargets(me.page, `${name} ${look}`);
            await checkAccessible(me.page, `${name} ${look}`);
            await shot(me.page, `study-${name}-${look}`);
        }
        await me.page.locator('tbody tr a').first().click();
        await me.page.waitForSelector('#item-history');
        await checkReflow(me.page, `item ${look}`);
        await checkAccessible(me.page, `item ${look}`);
        await shot(me.page, `study-item-${look}`);
        await me.close();
    });
}

test('somebody stands out, is excluded with a reason by keyboard, and is let in again; the order is in the address', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    const { page } = me;
    await page.goto(`/research/projects/${study.id}`);
    await page.waitForSelector('.activity rect');
    assert.match(await textOf(page.locator('.quality')), /In the last day 42, which is \d.*How far people come.*Gave ten2100%/);
    await page.getByText('As a table').click();
    await checkAccessible(page, 'a study at work');
    await shot(page, 'study-at-work');
    await page.getByRole('link', { name: 'Who judges' }).click();
    await page.waitForSelector('tbody tr');
    await page.locator('#people-order').selectOption('flags');
    await page.waitForFunction(() => location.search === '?order=flags');
    const first = page.locator('tbody tr').first();
    assert.match(await textOf(first), /The same side nearly always: 100% first, of 21.*0\.9 s a task, over 21/);
    await first.getByRole('button', { name: 'Exclude' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    await checkAccessible(page, 'excluding');
    await page.locator('#exclude-reason').press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Say why' }).waitFor();
    await checkAccessible(page, 'excluding without a reason');
    await page.locator('#exclude-reason').fill('Always the left.');
    await shot(page, 'study-excluding', { fullPage: false });
    await page.locator('dialog').getByRole('button', { name: 'Exclude' }).click();
    await page.getByRole('button', { name: 'Let in again' }).waitFor();
    assert.match(await textOf(page.locator('tbody tr', { hasText: 'Always the left.' })), /excluded/);
    await checkAccessible(page, 'somebody excluded');
    const excluded = (await call('GET', `/api/v1/projects/${study.id}/annotators`)).data.find((one) => one.state === 'excluded');
    assert.deepEqual([excluded.exclusion_reason, excluded.n_judgments], ['Always the left.', 0]);
    await page.getByRole('button', { name: 'Let in again' }).click();
    await page.waitForFunction(() => !document.querySelector('tbody .tag'));
    assert.equal((await call('GET', `/api/v1/projects/${study.id}/annotators`)).data.filter((one) => one.state === 'active').length, 2);
    await me.close();
});

test('the items people are apart on come first, each with all that was said of it; markup is text', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    const { page } = me;
    await page.goto(`/research/projects/${study.id}`);
    await page.getByRole('link', { name: 'Where people disagree' }).click();
    await page.waitForSelector('tbody tr a');
    const apart = await page.locator('tbody tr').count();
    assert.ok(apart > 0 && apart < 21);
    assert.match(await textOf(page.locator('tbody tr').first()), /Question \d+ <b>\?<\/b> ?100% ?2/);
    await page.locator('#items-order').selectOption('id');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 21);
    // A part of them is in the address, and is exported as it stands.
    await page.locator('#items-tag').fill('odd');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 10);
    assert.equal(await page.evaluate(() => location.search), '?order=id&tag=odd');
    await page.getByRole('link', { name: 'Export these' }).click();
    await page.locator('#export-tags').waitFor();
    assert.equal(await page.locator('#export-tags').inputValue(), 'odd');
    await page.locator('#export-source').selectOption('live');
    await page.locator('#format-csv').check();
    await checkAccessible(page, 'a part to export');
    await page.getByRole('button', { name: 'Make an export' }).click();
    await page.getByText('Only: tags: odd; source: live').waitFor();
    const { data: made } = await call('GET', `/api/v1/projects/${study.id}/exports`);
    assert.deepEqual(made[0].filter, { tags: ['odd'], source: 'live' });
    await page.getByRole('link', { name: 'responses.csv' }).waitFor({ timeout: 60_000 });
    await shot(page, 'study-export-part');

    const { data } = await call('GET', `/api/v1/projects/${study.id}/items?limit=100`);
    const details = await Promise.all(data.map((one) => call('GET', `/api/v1/projects/${study.id}/items/${one.id}`)));
    const changed = details.find((one) => one.judgments.some((judgment) => judgment.outcome === 'tie'));
    await page.goto(`/research/projects/${study.id}/items/${changed.id}`);
    await page.waitForSelector('#item-history');
    const rows = (await page.locator('tbody tr').all());
    assert.equal(rows.length, 3);
    const text = await textOf(page.locator('tbody'));
    assert.match(text, /A tie.*Was changed later/);
    assert.match(text, /Response 1.*Counts/);
    assert.match(await textOf(page.locator('main')), /Response 1 alpha/);
    await me.close();
});

test('agreement by group is asked for, and hides what is small', async () => {
    const demographics = { attributes: [{ id: 'side', label: { en: 'Side', ar: 'الجهة' }, values: [{ id: 'east', label: { en: 'East', ar: 'شرق' } }, { id: 'west', label: { en: 'West', ar: 'غرب' } }] },
        { id: 'hand', label: { en: 'Hand', ar: 'اليد' }, values: [{ id: 'left', label: { en: 'Left', ar: 'اليسرى' } }, { id: 'right', label: { en: 'Right', ar: 'اليمنى' } }] }] };
    const dimensions = [{ id: 'helpful', label: { en: 'Helpful', ar: 'مفيد' }, scale: 'likert', min: 1, max: 5, about: 'response', required: false }];
    const { id, invite } = await makeStudy(call, { judgments_per_item: 20, demographics, task: { kind: 'pairwise', dimensions }, items: [{ id: 'one', prompt: 'One?', responses: [{ content: 'answer 0' }, { content: 'answer 1' }] },
        { id: 'two', prompt: 'Two?', responses: [{ content: 'answer 0 again' }, { content: 'answer 1 again' }] }] });
    const code = await invite(20);
    for (let who = 0; who < 20; who += 1) {
        const { token } = await client(platform.origin)('POST', '/api/v1/join', { code, consent: { version: '1' } });
        const me = client(platform.origin, token);
        await me('PUT', '/api/v1/me/demographics', { consent: true, answers: { side: who < 10 ? 'east' : 'west', hand: who < 10 ? 'left' : 'right' } });
        for (let i = 0; i < 2; i += 1) {
            const task = await me('POST', `/api/v1/projects/${id}/assignments`);
            const zero = /answer 0/.test(task.item.responses[0].content);
            await me('PUT', `/api/v1/assignments/${task.id}/judgment`, { choice: zero === (who < 10 || who === 19) ? 'left' : 'right', ratings: { helpful: Object.fromEntries(task.item.responses.map((one) => [one.slot, 4])) }, active_ms: 3000, client: {} });
        }
    }
    for (const [look, options] of LOOKS) {
        const me = await visitor(browser, platform.origin, { token: platform.token, ...options });
        await me.page.goto(`/research/projects/${id}`);
        await me.page.locator('#groups-by').waitFor();
        await me.page.locator('form:has(#groups-by) button').click();
        await me.page.waitForSelector('#groups-between');
        assert.match(await textOf(me.page.locator('table', { has: me.page.locator('th[scope=row] span + span') }).last()), /10\W*%/);
        await checkReflow(me.page, `groups ${look}`);
        await checkAccessible(me.page, `groups ${look}`);
        await me.page.locator('#groups-by').selectOption('hand');
        await me.page.reload();
        await me.page.waitForSelector('#groups-between');
        assert.equal(await me.page.locator('#groups-by').inputValue(), 'hand');
        await me.page.locator('main a').first().click();
        await me.page.waitForURL(/\/research$/);
        await me.page.goBack();
        await me.page.waitForSelector('#groups-between');
        assert.equal(await me.page.locator('#groups-by').inputValue(), 'hand');
        await shot(me.page, `study-groups-${look}`);
        // Of one item: ten of the east said the first, and one of the west beside them, which is too few.
        const { data: [item] } = await call('GET', `/api/v1/projects/${id}/items`);
        await me.page.goto(`/research/projects/${id}/items/${item.id}`);
        await me.page.locator('form:has(#item-groups-by) button').click();
        await me.page.waitForSelector('#item-groups-table');
        assert.match(await textOf(me.page.locator('section[aria-labelledby=item-groups] tbody')), /10|١٠/);
        await me.page.locator('#item-groups-of').selectOption('helpful:0');
        await me.page.locator('form:has(#item-groups-by) button').click();
        await me.page.waitForFunction(() => /Helpful|مفيد/.test(document.querySelector('#item-groups-table')?.textContent));
        // The address keeps what was asked, over a reload and on the way back.
        const asked = async () => {
            await me.page.waitForFunction(() => /Helpful|مفيد/.test(document.querySelector('#item-groups-table')?.textContent));
            assert.deepEqual(await me.page.locator('#item-groups-by, #item-groups-of').evaluateAll((all) => all.map((one) => one.value)), ['hand', 'helpful:0']);
        };
        await me.page.locator('#item-groups-by').selectOption('hand');
        await me.page.locator('form:has(#item-groups-by) button').click();
        await me.page.waitForFunction(() => /Hand|اليد/.test(document.querySelector('#item-groups-table')?.textContent));
        await me.page.reload();
        await asked();
        await me.page.locator('main a').first().click();
        await me.page.waitForURL(/\/items$/);
        await me.page.goBack();
        await asked();
        await checkReflow(me.page, `item groups ${look}`);
        await checkAccessible(me.page, `item groups ${look}`);
        await me.close();
    }
});
