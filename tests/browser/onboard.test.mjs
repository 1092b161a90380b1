// Coming in on a phone: what is promised is read before consent, and again afterwards under "me".
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, judgeAll, makeStudy, pairs } from '../support/study.mjs';

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

const CONDITIONS = {
    pay: { amount: '12.50', currency: 'GBP', per: 'hour' },
    minutes: 20,
    payer: { en: 'The University of Elsewhere', ar: 'جامعة المكان' },
    contact: 'study@example.org',
    ethics: 'Board 12, 2026-31',
    text: { en: 'Pay is sent within a week.\nStopping early is paid for the time worked.', ar: 'يُرسل الأجر خلال أسبوع.\nيُدفع عن الوقت الذي عملته إن توقفت مبكرًا.' },
};

// Tab until `selector` has the focus.
async function tabTo(page, selector) {
    for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate((one) => document.activeElement?.matches(one), selector)) return;
    }
    assert.fail(`no Tab leads to ${selector}`);
}

async function joined(study, options = {}) {
    const me = await visitor(browser, platform.origin, options);
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('main .button.primary').click();
    return me;
}

for (const language of ['en', 'ar']) {
    test(`the promise is read before consent and again later, by keyboard on a phone (${language})`, async () => {
        const study = await makeStudy(call, { items: pairs(2), conditions: CONDITIONS, warning: 'Some texts are about illness.' });
        const me = await visitor(browser, platform.origin, { language, ...NARROW, expected: [/401/] });
        await me.page.goto(`/join?code=${await study.invite()}`);
        await settled(me.page);
        const told = await textOf(me.page.locator('section[aria-labelledby=conditions-title]'));
        assert.match(told, /£/);
        assert.match(told, language === 'ar' ? /جامعة المكان/ : /£12\.50 for each hour.*About 20 minutes.*The University of Elsewhere/s);
        // Before consent: above the box that is ticked.
        assert.ok(await me.page.evaluate(() => document.querySelector('#conditions-title')
            .compareDocumentPosition(document.querySelector('#agree')) & Node.DOCUMENT_POSITION_FOLLOWING));
        await checkReflow(me.page, 'promise');
        await checkTargets(me.page, 'promise');
        await checkAccessible(me.page, `promise ${language}`);
        await shot(me.page, `onboard-promise-${language}`);
        await tabTo(me.page, '#agree');
        await me.page.keyboard.press('Space');
        await tabTo(me.page, '.button.primary');
        await me.page.keyboard.press('Enter');
        await me.page.waitForSelector('.answers');

        await me.page.goto('/me');
        await settled(me.page);
        await tabTo(me.page, '.promise > summary');
        await me.page.keyboard.press('Enter');
        await me.page.waitForSelector('.promise[open]');
        assert.match(await textOf(me.page.locator('.promise')), /study@example\.org/);
        await checkReflow(me.page, 'promise kept');
        await checkTargets(me.page, 'promise kept');
        await checkAccessible(me.page, `promise kept ${language}`);
        await shot(me.page, `onboard-kept-${language}`);
        await me.close();
    });
}

const GUIDELINE = { en: '## What counts\n\nChoose the answer **you** would rather have been given.', ar: '## ما الذي يهم\n\nاختر الإجابة التي كنت **أنت** تفضّلها.' };

for (const language of ['en', 'ar']) {
    test(`the guideline is read before the first task, by keyboard on a phone (${language})`, async () => {
        const study = await makeStudy(call, { items: pairs(2), guideline: GUIDELINE });
        const me = await joined(study, { language, ...NARROW });
        await me.page.waitForSelector('.card');
        assert.match(await textOf(me.page.locator('.card')), language === 'ar' ? /ما الذي يهم/ : /What counts/);
        assert.equal(await me.page.locator('.answers').count(), 0);
        await checkReflow(me.page, 'guideline');
        await checkTargets(me.page, 'guideline');
        await checkAccessible(me.page, `guideline ${language}`);
        await shot(me.page, `onboard-guideline-${language}`);
        await tabTo(me.page, '.button.primary');
        await me.page.keyboard.press('Enter');
        await me.page.waitForSelector('.answers');
        await me.page.reload();
        await me.page.waitForSelector('.answers'); // once is enough
        await me.close();
    });
}

test('a guideline that changes during the work is shown before the next task; what is typed stays', async () => {
    const study = await makeStudy(call, { items: pairs(3), guideline: 'Be kind.' });
    const me = await joined(study);
    await me.page.getByRole('button', { name: 'I have read it' }).click();
    await me.page.waitForSelector('.answers');
    await me.page.locator('#rationale-summary').click();
    await me.page.locator('#rationale').fill('It is kinder.');
    await call('PATCH', `/api/v1/projects/${study.id}`, { guideline: 'Be fair.' });
    assert.equal(await me.page.locator('#rationale').inputValue(), 'It is kinder.');
    await me.page.keyboard.press('Escape');
    await me.page.locator('.answers button').first().click();
    await me.page.waitForFunction(() => document.querySelector('main h1')?.textContent === 'The guideline has changed');
    assert.match(await textOf(me.page.locator('.card')), /Be fair\./);
    await checkAccessible(me.page, 'guideline changed');
    await shot(me.page, 'onboard-guideline-changed');
    await me.page.getByRole('button', { name: 'I have read it' }).click();
    await me.page.waitForSelector('.answers');
    const project = await study.summary();
    assert.deepEqual([project.progress.judgments, project.guideline_readers], [1, 1]);
    await me.close();
    const researcher = await visitor(browser, platform.origin, { token: platform.token });
    await researcher.page.goto(`/research/projects/${study.id}/guideline`);
    await settled(researcher.page);
    assert.match(await textOf(researcher.page.locator('#guide-text-hint')), /One person has said that they have read it/);
    assert.match(await textOf(researcher.page.locator('main')), /Version 2 is in force/);
    await researcher.close();
});

// Items whose better response is known, by role.
const known = (role, n) => pairs(8).slice(0, n).map((one, i) => ({ ...one, id: `${role}-${i}`, prompt: `${role} ${i}: ${one.prompt}`, language: 'en',
    gold: { choice: 'left', role, explanation: { en: 'It listens first.', ar: 'إنها تصغي أولًا.' } } }));
// The response that is known to be the better one is the first of the item.
const answerWith = async (page, better) => {
    const prompt = await textOf(page.locator('.prompt .text'));
    const first = pairs(8).find((one) => prompt.endsWith(one.prompt)).responses[0].content.replaceAll('*', '');
    const leftText = await textOf(page.locator('[aria-labelledby=response-left] .text'));
    const isLeft = leftText === first;
    await page.locator(isLeft === better ? '.answer-left-2' : '.answer-right-2').click();
};
const onTask = (page, words) => page.waitForFunction((wanted) => document.querySelector('.task[aria-busy=false] .notice-title')
    ?.textContent.replace(/[\u2068\u2069]/g, '').includes(wanted), words);

for (const language of ['en', 'ar']) {
    test(`one practises, is told what was expected and why, and then begins (${language})`, async () => {
        const study = await makeStudy(call, { items: [...known('practice', 2), ...pairs(2)], onboarding: { practice: 2 } });
        const me = await joined(study, { language, ...NARROW });
        const { page } = me;
        await onTask(page, language === 'ar' ? 'للتدرّب: 1 من 2' : 'To practise: 1 of 2');
        await checkReflow(page, 'practice');
        await checkAccessible(page, `practice ${language}`);
        await shot(page, `onboard-practice-${language}`);
        await answerWith(page, false);
        await page.waitForSelector('.told');
        assert.equal(await textOf(page.locator('main h1')), language === 'ar' ? 'اختار معدّو الدراسة غير ذلك' : 'The study’s makers chose otherwise');
        assert.match(await textOf(page.locator('.told .kept')), language === 'ar' ? /إنها تصغي أولًا/ : /It listens first\./);
        await checkReflow(page, 'told');
        await checkTargets(page, 'told');
        await checkAccessible(page, `told ${language}`);
        await shot(page, `onboard-told-${language}`);
        await tabTo(page, '.told .button.primary');
        await page.keyboard.press('Enter');
        await onTask(page, '2');
        await answerWith(page, true);
        await page.waitForSelector('.told');
        assert.equal(await textOf(page.locator('main h1')), language === 'ar' ? 'اختار معدّو الدراسة هذا أيضًا' : 'The study’s makers chose that too');
        await page.locator('.told .button.primary').click();
        await page.waitForFunction(() => document.querySelector('.task[aria-busy=false]') && !document.querySelector('.notice'));
        await Promise.all([page.waitForResponse((one) => one.url().endsWith('/judgment')), page.locator('.answer-left-2').click()]);
        assert.equal((await study.summary()).progress.judgments, 1);
        await me.close();
    });
}

test('who does not qualify is told so without blame, and tries again', async () => {
    const study = await makeStudy(call, { items: [...known('qualification', 2), ...pairs(2)], onboarding: { qualification: { n: 2, share: 1, tries: 2 } } });
    const me = await joined(study, NARROW);
    const { page } = me;
    for (const place of [1, 2]) {
        await onTask(page, `Before the study: ${place} of 2`);
        await answerWith(page, place === 1);
    }
    await page.waitForSelector('.ending');
    assert.match(await textOf(page.locator('.ending')), /Of yours one was like theirs.*nothing about you.*one more try/s);
    await checkReflow(page, 'not qualified');
    await checkTargets(page, 'not qualified');
    await checkAccessible(page, 'not qualified');
    await shot(page, 'onboard-not-qualified');
    await page.reload();
    await page.waitForSelector('.ending');
    await page.getByRole('button', { name: 'Try again' }).click();
    for (const place of [1, 2]) {
        await onTask(page, `Before the study: ${place} of 2`);
        await answerWith(page, true);
    }
    await page.waitForFunction(() => document.querySelector('.task[aria-busy=false]') && !document.querySelector('.notice'));
    await me.close();
});

test('a researcher makes such a study, and sees how each person did', async () => {
    const researcher = await visitor(browser, platform.origin, { token: platform.token });
    const { page } = researcher;
    await page.goto('/research/new');
    await settled(page);
    await page.locator('#study-name').fill('Known answers');
    await page.getByText('Items with a known answer').click();
    await page.locator('#known-practice').fill('1');
    await page.locator('#known-qualification').fill('many');
    await page.locator('#known-attention').fill('50');
    await page.getByRole('button', { name: 'Make the study' }).click();
    await page.waitForSelector('#known-qualification-error');
    await checkAccessible(page, 'known answers, wrong');
    await page.locator('#known-qualification').fill('2');
    await page.locator('#known-share').fill('50');
    await page.locator('#known-break').fill('25');
    await page.locator('#known-day').fill('200');
    await checkAccessible(page, 'known answers');
    await shot(page, 'make-known');
    await page.getByRole('button', { name: 'Make the study' }).click();
    await page.waitForURL(/\/research\/projects\/[^/]+$/);
    const id = page.url().split('/').pop();
    const made = await call('GET', `/api/v1/projects/${id}`);
    assert.deepEqual([made.onboarding, made.attention_share, made.session],
        [{ practice: 1, qualification: { n: 2, share: 0.5, tries: 2 } }, 0.5, { break_after_minutes: 25, max_tasks_per_day: 200 }]);
    await call('POST', `/api/v1/projects/${id}/items`, [...known('attention', 3), ...pairs(8)].map((one) => JSON.stringify(one)).join('\n'));
    const { code } = await call('POST', `/api/v1/projects/${id}/invitations`, {});
    await judgeAll(platform.origin, code, {});
    await page.goto(`/research/projects/${id}`);
    await settled(page);
    await page.waitForSelector('#known-title, #coverage-title');
    if ((await call('GET', `/api/v1/projects/${id}/quality`)).gold.n > 0) {
        assert.match(await textOf(page.locator('.quality')), /Known answers, by person/);
        await checkReflow(page, 'known figures');
    }
    await checkAccessible(page, 'known figures');
    await shot(page, 'research-known');
    await page.goto(`/research/new?from=${id}`);
    await settled(page);
    await page.getByText('Items with a known answer').click();
    assert.deepEqual(await Promise.all(['practice', 'qualification', 'share', 'tries', 'attention', 'break', 'day'].map((name) => page.locator(`#known-${name}`).inputValue())),
        ['1', '2', '50', '2', '50', '25', '200']);
    await researcher.close();
});

test('a break is suggested after so many minutes, and a day has its end; both kindly, on a phone', async () => {
    const study = await makeStudy(call, { items: pairs(6), session: { break_after_minutes: 1, max_tasks_per_day: 2 } });
    const me = await joined(study, NARROW);
    const { page } = me;
    await page.waitForSelector('.answers');
    // A minute and a half of work, as the page's own clock has it: somebody moves all the while.
    await page.clock.install();
    await page.reload();
    await page.waitForSelector('.answers');
    for (let i = 0; i < 9; i++) {
        await page.mouse.move(20 + i, 300);
        await page.clock.runFor(10_000);
    }
    await Promise.all([page.waitForResponse((one) => one.url().endsWith('/judgment')), page.locator('.answer-left-2').click()]);
    await page.getByText('You have worked for a while').waitFor();
    await checkReflow(page, 'break');
    await checkTargets(page, 'break');
    await checkAccessible(page, 'break');
    await shot(page, 'onboard-break');
    await page.getByRole('button', { name: 'Not now' }).click();
    assert.equal(await page.getByText('You have worked for a while').count(), 0);
    await page.locator('.answer-left-2').click();
    await page.getByText('That is all for today').waitFor();
    assert.match(await textOf(page.locator('.ending')), /at most 2 tasks in 24 hours.*There are more for you from/s);
    await checkReflow(page, 'today');
    await checkTargets(page, 'today');
    await checkAccessible(page, 'today');
    await shot(page, 'onboard-today');
    await me.close();
});
