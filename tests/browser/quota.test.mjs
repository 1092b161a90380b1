// Quotas on screen: only what the quota needs is asked, before the work; a full cell ends kindly; those who run the study see
// the cells fill.
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

const quotas = (young, otherwise = 'closed') => ({ by: ['age'], else: otherwise,
    cells: [{ values: { age: '18_29' }, judgments: young }, { values: { age: '30_plus' }, judgments: 20 }] });

// Until they are asked.
async function join(study, options = {}) {
    const me = await visitor(browser, platform.origin, { expected: [/401/, /403/], ...options });
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('.button.primary').click();
    await me.page.waitForSelector('#consent');
    return me;
}

const go = (page) => page.locator('.button.primary').click();
const answersOf = (page) => page.evaluate(() => fetch('/api/v1/me/demographics').then((one) => one.json()).then((one) => one.answers ?? {}));

async function answer(me, value) {
    await me.page.locator('#consent').check();
    await go(me.page);
    await me.page.locator(`input[value="${value}"]`).check();
    await go(me.page);
    await me.page.waitForSelector('dl.summary');
    await go(me.page);
}

test('only what the quota needs is asked, before the work, under its own consent; a full cell ends kindly', async () => {
    const study = await makeStudy(call, { items: pairs(4), quotas: quotas(2) });
    const me = await join(study);
    assert.equal(await textOf(me.page.locator('h1')), 'One question about you first');
    await checkAccessible(me.page, 'asked before the work');
    await checkTargets(me.page, 'asked before the work');
    await shot(me.page, 'quota-intro');
    await go(me.page);
    await me.page.waitForSelector('.notice-error');
    await checkAccessible(me.page, 'no consent yet');
    assert.deepEqual(await answersOf(me.page), {}, 'nothing is kept without consent');

    await me.page.locator('#consent').check();
    await me.page.keyboard.press('Tab');
    await me.page.keyboard.press('Enter');
    assert.equal(await textOf(me.page.locator('h1 span[dir=auto]')), 'How old are you?');
    assert.equal(await me.page.getByRole('button', { name: 'Pass this question by' }).count(), 0);
    assert.match(await textOf(me.page.locator('#unsaid')), /has no task for you/);
    await go(me.page);
    await me.page.waitForSelector('.notice-error');
    await checkAccessible(me.page, 'a question of a quota');
    await checkTargets(me.page, 'a question of a quota');
    await shot(me.page, 'quota-question');
    await me.page.getByRole('radio', { name: '18 to 29' }).check();
    await go(me.page);
    await me.page.waitForSelector('dl.summary');
    await checkAccessible(me.page, 'what was said');
    await go(me.page);

    for (let i = 0; i < 2; i += 1) {
        await me.page.waitForSelector('.task[aria-busy=false] .pair');
        const before = await textOf(me.page.locator('.pair'));
        await me.page.keyboard.press('1');
        await me.page.waitForFunction((old) => document.querySelector('.ending')
            || (document.querySelector('.task[aria-busy=false]') && document.querySelector('.pair').textContent !== old), before);
    }
    await me.page.waitForSelector('.ending');
    assert.equal(await textOf(me.page.locator('h1')), 'Enough people like you have answered');
    assert.doesNotMatch(await textOf(me.page.locator('main')), /18|29/, 'the cell is not told');
    assert.deepEqual(await answersOf(me.page), { age: '18_29' }, 'what was not asked has no answer');
    await checkAccessible(me.page, 'enough');
    await checkTargets(me.page, 'enough');
    await shot(me.page, 'quota-full');
    await me.close();
});

test('not saying is an answer: what it means is told before, and holds', async () => {
    const closed = await join(await makeStudy(call, { items: pairs(4), quotas: quotas(2) }));
    await answer(closed, 'prefer_not_to_say');
    await closed.page.waitForSelector('.ending');
    await closed.close();

    const open = await join(await makeStudy(call, { items: pairs(4), quotas: quotas(2, 'open') }), { ...NARROW, dark: true, language: 'ar' });
    await checkAccessible(open.page, 'asked, in Arabic');
    await checkReflow(open.page, 'asked, in Arabic');
    await shot(open.page, 'quota-intro-ar');
    await open.page.locator('#consent').check();
    await go(open.page);
    await open.page.waitForSelector('#unsaid');
    await checkReflow(open.page, 'a question, in Arabic');
    await shot(open.page, 'quota-question-ar');
    await open.page.locator('#answer-prefer-not').check();
    await go(open.page);
    await open.page.waitForSelector('dl.summary');
    await go(open.page);
    await open.page.waitForSelector('.task[aria-busy=false] .pair');
    await open.close();
});

test('who will not answer leaves with nothing kept, and is asked again on coming back', async () => {
    const study = await makeStudy(call, { items: pairs(2), quotas: quotas(2) });
    const me = await join(study);
    await me.page.getByRole('link', { name: 'No, I will not answer' }).click();
    await me.page.waitForURL(/\/me$/);
    assert.deepEqual(await answersOf(me.page), {});
    await me.page.goto(`/annotate/${study.id}`);
    await me.page.waitForSelector('#consent');
    await me.close();
});

test('those who run the study see the cells fill, without a reload; below ten nothing is shown', async () => {
    const study = await makeStudy(call, { items: pairs(14), quotas: quotas(14) });
    const researcher = await visitor(browser, platform.origin, { token: platform.token });
    await researcher.page.goto(`/research/projects/${study.id}`);
    const row = (name) => researcher.page.locator('section[aria-labelledby=quotas-title] tbody tr').filter({ hasText: name }).locator('td').first();
    await row('18 to 29').waitFor();
    await checkAccessible(researcher.page, 'quotas');
    assert.equal(await researcher.page.locator('section[aria-labelledby=quotas-title] tbody tr').count(), 2);
    assert.equal(await textOf(row('18 to 29')), 'not shown');

    for (let n = 0; n < 12; n += 1) {
        const age = n % 2 ? '18_29' : '30_plus';
        const { token } = await client(platform.origin)('POST', '/api/v1/join', { code: await study.invite(), consent: { version: '1' } });
        const person = client(platform.origin, token);
        await person('PUT', '/api/v1/me/demographics', { consent: true, answers: { age } });
        for (let i = 0; i < 2; i += 1) {
            const task = await person('POST', `/api/v1/projects/${study.id}/assignments`, {});
            await person('PUT', `/api/v1/assignments/${task.id}/judgment`, { choice: 'left', active_ms: 1, client: {} });
        }
    }
    await researcher.page.waitForFunction((text) => [...document.querySelectorAll('section[aria-labelledby=quotas-title] tbody tr')]
        .some((one) => one.textContent.includes('18 to 29') && one.querySelector('td').textContent === text), '12');
    await shot(researcher.page, 'quota-cells');
    await researcher.close();
});
