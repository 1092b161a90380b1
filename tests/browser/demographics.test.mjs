// About oneself: optional, under its own consent, each question alone, changed and deleted at will.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, launch, settled, shot, textOf, visitor } from '../support/browser.mjs';
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

async function joined(settings = {}) {
    const study = await makeStudy(call, { items: pairs(2), ...settings });
    const me = await visitor(browser, platform.origin, { expected: [/401/] });
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('.button.primary').click();
    await me.page.waitForSelector('.answers');
    return me;
}

const answersOf = (page) => page.evaluate(() => fetch('/api/v1/me/demographics').then((one) => one.json()).then((one) => one.answers ?? {}));

test('all can be skipped with one button, and then nothing is kept', async () => {
    const me = await joined();
    await me.page.goto('/me/demographics');
    await settled(me.page);
    await me.page.getByRole('link', { name: 'Skip all questions' }).click();
    await me.page.waitForURL(/\/me$/);
    assert.deepEqual(await answersOf(me.page), {});
    await me.close();
});

test('a consent of its own, an answer, a refusal to say, and a question passed by are four things', async () => {
    const me = await joined();
    await me.page.goto('/me/demographics');
    await settled(me.page);
    await me.page.getByRole('button', { name: 'Start' }).click();
    await me.page.waitForSelector('.notice-error');
    await checkAccessible(me.page, 'demographics without consent');
    await me.page.locator('#consent').check();
    await me.page.getByRole('button', { name: 'Start' }).click();

    assert.equal(await textOf(me.page.locator('h1')), 'How old are you?');
    assert.equal(await me.page.locator('fieldset input:checked').count(), 0);
    await checkAccessible(me.page, 'a question');
    await shot(me.page, 'demographics');
    await me.page.getByRole('button', { name: 'Continue' }).click();
    await me.page.waitForSelector('.notice-error');
    await me.page.getByRole('radio', { name: 'I prefer not to say' }).check();
    await me.page.getByRole('button', { name: 'Continue' }).click();

    await me.page.getByRole('checkbox', { name: 'Islam' }).check();
    await me.page.getByRole('checkbox', { name: 'Another' }).check();
    await me.page.getByRole('button', { name: 'Continue' }).click();
    await checkAccessible(me.page, 'check');
    await shot(me.page, 'demographics-check');
    await me.page.getByRole('button', { name: 'Keep these answers' }).click();
    await me.page.waitForURL(/\/me\?saved=1/);
    await settled(me.page);
    const answers = await answersOf(me.page);
    assert.equal(answers.age, 'prefer_not_to_say');
    assert.deepEqual([...answers.faith].sort(), ['islam', 'other']);
    await checkAccessible(me.page, 'my data');
    await shot(me.page, 'me');

    // A change: the first question passed by is no answer, not a refusal.
    await me.page.getByRole('link', { name: 'Change it' }).click();
    await settled(me.page);
    await me.page.locator('#consent').check();
    await me.page.getByRole('button', { name: 'Start' }).click();
    await me.page.getByRole('button', { name: 'Pass this question by' }).click();
    await me.page.getByRole('button', { name: 'Continue' }).click();
    await me.page.getByRole('button', { name: 'Keep these answers' }).click();
    await me.page.waitForURL(/\/me\?saved=1/);
    assert.deepEqual(Object.keys(await answersOf(me.page)), ['faith']);

    await me.page.getByRole('button', { name: 'Delete it' }).click();
    await me.page.getByRole('button', { name: 'Yes, delete it' }).click();
    await me.page.waitForFunction(() => document.querySelector('main').textContent.includes('Nothing. You were not asked'));
    assert.deepEqual(await answersOf(me.page), {});
    await me.close();
});

// The study's own answers may be called anything: `none` and `own` are values of the pack that comes with Plenum.
test('a refusal to say is kept as one, whatever the answers beside it are called', async () => {
    const values = ['none', 'own', 'prefer-not', '0'].map((id) => ({ id, label: `Answer ${id}` }));
    const attributes = ['faith', 'work', 'home'].map((id) => ({ id, label: `About ${id}`, multi: id === 'work', values }));
    const me = await joined({ demographics: { attributes } });
    await me.page.goto('/me/demographics');
    await settled(me.page);
    await me.page.locator('#consent').check();
    await me.page.getByRole('button', { name: 'Start' }).click();
    for (const name of ['I prefer not to say', 'I prefer not to say', 'Answer none']) {
        const ids = await me.page.locator('main [id]').evaluateAll((all) => all.map((one) => one.id));
        assert.equal(new Set(ids).size, ids.length, `ids that stand twice: ${ids}`);
        // By its words, as a finger hits it.
        await me.page.getByText(name, { exact: true }).click();
        await me.page.getByRole('button', { name: 'Continue' }).click();
    }
    await me.page.getByRole('button', { name: 'Keep these answers' }).click();
    await me.page.waitForURL(/\/me\?saved=1/);
    assert.deepEqual(await answersOf(me.page), { faith: 'prefer_not_to_say', work: 'prefer_not_to_say', home: 'none' });
    await me.close();
});

test('signing out leaves nothing of the person on the device', async () => {
    const me = await joined();
    await me.page.keyboard.press('1');
    await me.page.waitForSelector('.task[aria-busy=false]');
    await me.page.goto('/me');
    await settled(me.page);
    await me.page.getByRole('button', { name: 'Sign out here' }).click();
    await me.page.waitForURL((url) => url.pathname === '/');
    const kept = await me.page.evaluate(async () => {
        const db = await new Promise((resolve) => {
            const asked = indexedDB.open('plenum');
            asked.onsuccess = () => resolve(asked.result);
        });
        const count = (store) => new Promise((resolve) => {
            db.transaction(store).objectStore(store).count().onsuccess = (event) => resolve(event.target.result);
        });
        return [await count('given'), await count('drafts'), localStorage.getItem('plenum.person')];
    });
    assert.deepEqual(kept, [0, 0, null]);
    assert.equal((await me.context.cookies()).filter((one) => one.name.endsWith('sid') && one.value !== '').length, 0);
    await me.close();
});

test('the account and all answers are deleted, once one has said so twice', async () => {
    const me = await joined();
    await me.page.goto('/me');
    await settled(me.page);
    const button = me.page.getByRole('button', { name: 'Delete my account and answers' });
    await button.click();
    await checkAccessible(me.page, 'asked before erasure');
    await shot(me.page, 'erase');
    await me.page.keyboard.press('Escape');
    assert.equal(await me.page.evaluate(() => fetch('/api/v1/me').then((one) => one.status)), 200, 'not yet');
    await button.click();
    await me.page.getByRole('button', { name: 'Yes, delete everything' }).click();
    await me.page.waitForURL((url) => url.pathname === '/');
    await me.page.waitForFunction(() => fetch('/api/v1/me').then((one) => one.status === 401), null, { polling: 200 });
    assert.deepEqual(await me.page.evaluate(() => Object.keys(localStorage).filter((key) => /token|person/.test(key))), []);
    await me.close();
});
