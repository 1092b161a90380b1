// Judging in a real browser: join, consent, keys, touch, mouse, undo, change of mind, a lost network, coming back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkForced, launch, PHONE, settled, shot, textOf, visitor } from '../support/browser.mjs';
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

const DROPPED = [/Failed to load resource: net::/];

async function join(page, code, { guided = false } = {}) {
    await page.goto(`/join?code=${code}`);
    await settled(page);
    await page.getByRole('checkbox', { name: 'I have read this and agree' }).check();
    await page.getByRole('button', { name: 'Agree and start' }).click();
    await page.waitForURL(/\/annotate\//);
    if (guided) await page.getByRole('button', { name: 'I have read it' }).click();
    await page.waitForSelector('.answers');
}

const questionOf = async (page) => textOf(page.locator('.prompt .text'));

// Another pair than the old one is on screen.
async function nextPairAfter(page, old) {
    await page.waitForFunction((before) => {
        const text = document.querySelector('.prompt .text')?.textContent.replace(/\s+/g, ' ').trim();
        return document.querySelector('.task[aria-busy="false"]') && text && text !== before;
    }, old);
}

// The answer has been sent and another pair is on screen.
async function nextPair(page, act) {
    const old = await questionOf(page);
    await act();
    await nextPairAfter(page, old);
}

// What the page says of how many were answered, once it says so.
const counted = (page, words) => page.waitForFunction((wanted) => (
    document.querySelector('.progress')?.textContent.replace(/[\u2068\u2069]/g, '').trim() === wanted), words);

async function judgedOf(study) {
    const summary = await study.summary();
    return summary.progress.judgments;
}

test('an invitation shows the study and what is kept, and needs a consent that is given', async () => {
    const study = await makeStudy(call, { items: pairs(3) });
    const me = await visitor(browser, platform.origin);
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    assert.equal(await textOf(me.page.locator('h1')), study.name);
    assert.ok((await textOf(me.page.locator('main'))).includes('You may stop at any time.'));
    assert.equal(await me.page.locator('#agree').isChecked(), false);
    await shot(me.page, 'join');
    await me.page.getByRole('button', { name: 'Agree and start' }).click();
    await me.page.waitForSelector('.notice-error');
    await me.page.waitForFunction(() => document.activeElement.classList.contains('notice-error'));
    await checkAccessible(me.page, 'join with an error');
    await me.page.locator('.notice-error a').click();
    await me.page.keyboard.press('Space');
    await me.page.getByRole('button', { name: 'Agree and start' }).click();
    await me.page.waitForSelector('.answers');
    await me.close();
});

test('a dead invitation says so', async () => {
    const me = await visitor(browser, platform.origin, { expected: [/404/] });
    await me.page.goto('/join?code=nothing');
    await settled(me.page);
    assert.ok((await textOf(me.page.locator('main'))).includes('This invitation is unknown, used up or past its date'));
    await me.close();
});

test('keys, mouse and touch each answer; nothing is chosen beforehand', async () => {
    const study = await makeStudy(call, { items: pairs(8), guideline: 'Length is not quality.' });
    const me = await visitor(browser, platform.origin);
    await join(me.page, await study.invite(), { guided: true });
    assert.equal(await me.page.locator('.answer.given, .answer[aria-pressed=true]').count(), 0);
    assert.equal(await me.page.locator('.response').count(), 2);
    assert.equal(await me.page.locator('.answer').count(), 10);
    await shot(me.page, 'annotate', { fullPage: false });
    await nextPair(me.page, () => me.page.keyboard.press('1'));
    await nextPair(me.page, () => me.page.keyboard.press('b'));
    await nextPair(me.page, () => me.page.getByRole('button', { name: 'B slightly better' }).click());
    assert.equal(await judgedOf(study), 3);
    await me.close();

    const phone = await visitor(browser, platform.origin, PHONE);
    await join(phone.page, await study.invite(), { guided: true });
    await shot(phone.page, 'annotate-phone', { fullPage: false });
    // The task is in view at once, and no key is printed where there is none to press.
    const box = await phone.page.locator('.prompt .text').boundingBox();
    assert.ok(box.y < 200, `the question begins ${box.y} px down`);
    assert.equal(await phone.page.locator('kbd:visible').count(), 0);
    await phone.page.getByRole('button', { name: 'More' }).tap();
    await checkAccessible(phone.page, 'more tools');
    await phone.page.getByRole('button', { name: 'Guideline' }).tap();
    await phone.page.getByRole('button', { name: 'Close' }).tap();
    assert.equal(await phone.page.getByRole('button', { name: 'Stop for now' }).count(), 0);
    await nextPair(phone.page, () => phone.page.getByRole('button', { name: 'A much better' }).tap());
    await nextPair(phone.page, () => phone.page.getByRole('button', { name: 'Both are bad' }).tap());
    assert.equal(await judgedOf(study), 5);
    await nextPair(phone.page, () => phone.page.keyboard.press('z'));
    assert.ok(await phone.page.locator('kbd:visible').count() > 5, 'a keyboard was used');
    await phone.close();
});

test('keys never act while typing, can be changed, and can be switched off', async () => {
    const study = await makeStudy(call, { items: pairs(8) });
    const me = await visitor(browser, platform.origin);
    await join(me.page, await study.invite());
    await me.page.keyboard.press('r');
    await me.page.keyboard.type('1 because 7 beats b');
    assert.equal(await me.page.locator('#rationale').inputValue(), '1 because 7 beats b');
    assert.equal(await judgedOf(study), 0);

    // What was typed survives a reload, and leaves with the answer.
    await me.page.waitForTimeout(100);
    await me.page.reload();
    await me.page.waitForFunction(() => document.querySelector('#rationale')?.value === '1 because 7 beats b');
    // How it came to be there is counted, across the reload too.
    await me.page.locator('#rationale').focus();
    await me.page.keyboard.press('End');
    await me.page.keyboard.type('!');
    await me.page.keyboard.press('Control+A');
    await me.page.keyboard.press('Control+C');
    await me.page.keyboard.press('End');
    await me.page.keyboard.press('Control+V');
    assert.equal((await me.page.locator('#rationale').inputValue()).length, 40);
    const sent = me.page.waitForRequest((one) => one.method() === 'PUT' && one.url().endsWith('/judgment'));
    await nextPair(me.page, () => me.page.getByRole('button', { name: 'A much better' }).click());
    assert.deepEqual((await sent).postDataJSON().client.typing, { keys: 20, pasted: 20, left: 0 });
    assert.equal(await me.page.locator('#rationale').inputValue(), '');

    await me.page.keyboard.press('?');
    await me.page.waitForSelector('dialog[open]');
    await checkAccessible(me.page, 'help');
    await shot(me.page, 'help', { fullPage: false });
    await me.page.keyboard.press('1');
    await me.page.getByRole('button', { name: /Change the key for: .?About the same/ }).click();
    await me.page.keyboard.press('q');
    await me.page.getByRole('button', { name: 'Close' }).click();
    assert.equal(await judgedOf(study), 1);
    await nextPair(me.page, () => me.page.keyboard.press('q'));
    assert.equal(await judgedOf(study), 2);

    await me.page.keyboard.press('?');
    await me.page.getByRole('checkbox', { name: 'Use single keys' }).uncheck();
    await me.page.getByRole('button', { name: 'Close' }).click();
    await me.page.keyboard.press('1');
    await me.page.waitForTimeout(200);
    assert.equal(await judgedOf(study), 2);
    await me.close();
});

test('what a warning stands before is judged only by who chose to see it', async () => {
    const items = pairs(2).map((one) => ({ ...one, warning: 'It speaks of loss.' }));
    const study = await makeStudy(call, { items });
    const me = await visitor(browser, platform.origin);
    await join(me.page, await study.invite());
    assert.equal(await me.page.locator('.prompt').count(), 0);
    assert.equal(await me.page.locator('.scale .answer:enabled').count(), 0);
    await me.page.keyboard.press('1');
    assert.equal(await me.page.locator('.task[aria-busy=false]').count(), 1);
    await checkAccessible(me.page, 'warning');
    await shot(me.page, 'warning');
    await me.page.getByRole('button', { name: 'Show it' }).click();
    assert.equal(await me.page.locator('.text').count(), 3);
    await me.page.keyboard.press('1');
    await me.page.getByRole('button', { name: 'Show it' }).waitFor();
    assert.equal(await judgedOf(study), 1);
    await me.page.getByRole('button', { name: 'rather not see this' }).first().click();
    await me.page.waitForSelector('.offer');
    assert.equal(await judgedOf(study), 1);
    await me.close();
});

test('a warning of known words is in the reader\'s language, any other as it was written', async () => {
    const items = pairs(2).map((one, i) => ({ ...one, language: 'en', warning: ['Death, loss of a child', 'It speaks of loss.'][i] }));
    const study = await makeStudy(call, { items });
    const me = await visitor(browser, platform.origin, { language: 'ar' });
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('.button.primary').click();
    const shown = new Map();
    for (let i = 0; i < 2; i += 1) {
        const warning = me.page.locator('.notice-warning p:not(.notice-title):not(.actions)');
        shown.set(await textOf(warning), await warning.getAttribute('lang'));
        await me.page.keyboard.press('x');
        await me.page.waitForFunction((old) => !document.querySelector('main').textContent.includes(old), await warning.textContent());
    }
    assert.deepEqual(new Map([...shown].sort()), new Map([['It speaks of loss.', 'en'], ['يتناول: الموت وفقد طفل.', null]]));
    await me.close();
});

test('undo takes the last answer back, and an earlier one can be changed', async () => {
    const study = await makeStudy(call, { items: pairs(6) });
    const me = await visitor(browser, platform.origin);
    await join(me.page, await study.invite());
    const first = await questionOf(me.page);
    await nextPair(me.page, () => me.page.keyboard.press('2'));
    assert.equal(await judgedOf(study), 1);
    await counted(me.page, '1 answer');
    await nextPair(me.page, () => me.page.keyboard.press('z'));
    assert.equal(await questionOf(me.page), first);
    assert.equal(await judgedOf(study), 0);
    await counted(me.page, 'No answer yet');
    await nextPair(me.page, () => me.page.keyboard.press('6'));
    assert.equal(await judgedOf(study), 1);
    await counted(me.page, '1 answer');

    const second = await questionOf(me.page);
    await nextPair(me.page, async () => {
        await me.page.getByRole('button', { name: 'Change an answer' }).click();
        await checkAccessible(me.page, 'answers given');
        await me.page.locator('dialog .row-button').first().click();
    });
    assert.equal(await questionOf(me.page), first);
    assert.equal(await textOf(me.page.locator('.answer.given')).then((text) => text.includes('B somewhat better')), true);
    await checkForced(me.page, 'a pair answered before', { chosen: '.answer.given', other: '.answer:not(.given)' });
    await nextPair(me.page, () => me.page.keyboard.press('4'));
    assert.equal(await questionOf(me.page), second);
    assert.equal(await judgedOf(study), 1);
    await me.close();
});

test('an answer given without a network is kept, said to be kept, and counted once', async () => {
    const study = await makeStudy(call, { items: pairs(6) });
    const me = await visitor(browser, platform.origin, { expected: DROPPED });
    await join(me.page, await study.invite());
    await me.context.setOffline(true);
    await me.page.keyboard.press('3');
    await me.page.waitForSelector('.unsent-words');
    assert.equal(await textOf(me.page.locator('.unsent-words').first()), '1 answer saved on this device');
    await shot(me.page, 'offline', { fullPage: false });
    await checkAccessible(me.page, 'offline');

    // The tab dies with the answer in it; the device keeps it.
    const address = me.page.url();
    await me.page.close();
    assert.equal(await judgedOf(study), 0);
    await me.context.setOffline(false);
    const again = await me.context.newPage();
    await again.goto(address);
    await again.waitForSelector('.answers');
    assert.equal(await judgedOf(study), 1);
    assert.equal(await again.locator('.unsent-words').count(), 0);
    await me.close();
});

// Refuses the first `n` requests to a path, and any that comes back before it was told to; then lets them through.
async function refuseAtFirst(page, url, n, status, seconds) {
    const seen = { refused: 0, early: 0, keys: new Set() };
    let until = 0;
    await page.route(url, async (route) => {
        seen.keys.add(await route.request().headerValue('idempotency-key'));
        const early = Date.now() < until;
        seen.early += early ? 1 : 0;
        if (!early && seen.refused >= n) return route.continue();
        seen.refused += 1;
        until = Date.now() + seconds * 1000;
        return route.fulfill({ status, headers: { 'Retry-After': String(seconds) }, contentType: 'application/problem+json',
            body: JSON.stringify({ type: 'about:blank', title: 'no', status, detail: 'Try again.' }) });
    });
    return seen;
}

test('a server that says when to come back is asked again then, and nothing is lost', async () => {
    const study = await makeStudy(call, { items: pairs(6) });
    const me = await visitor(browser, platform.origin, { expected: [/status of (429|503)/] });
    await join(me.page, await study.invite());
    // Longer than the outbox would wait by itself, so that coming back too early would be seen.
    const judgments = await refuseAtFirst(me.page, '**/judgment', 2, 429, 3);
    const old = await questionOf(me.page);
    await me.page.keyboard.press('3');
    await me.page.waitForSelector('.unsent-words');
    assert.equal(await textOf(me.page.locator('.unsent-words').first()), '1 answer saved on this device');
    await nextPairAfter(me.page, old);
    assert.deepEqual({ refused: judgments.refused, early: judgments.early, keys: judgments.keys.size }, { refused: 2, early: 0, keys: 1 });
    assert.equal(await judgedOf(study), 1);

    const tasks = await refuseAtFirst(me.page, '**/assignments', 2, 503, 2);
    await nextPair(me.page, () => me.page.keyboard.press('3'));
    assert.deepEqual({ refused: tasks.refused, early: tasks.early }, { refused: 2, early: 0 });
    assert.equal(await me.page.locator('.notice-error').count(), 0);
    assert.equal(await judgedOf(study), 2);
    await me.close();
});

test('an answer that came too late is kept here and said to be refused, and holds nothing up', async () => {
    const study = await makeStudy(call, { items: pairs(4) });
    const me = await visitor(browser, platform.origin, { expected: [...DROPPED, /409/] });
    await join(me.page, await study.invite());
    await me.context.setOffline(true);
    await me.page.keyboard.press('3');
    await me.page.waitForSelector('.unsent-words');
    await call('PATCH', `/api/v1/projects/${study.id}`, { state: 'closed' });
    await me.context.setOffline(false);
    await me.page.waitForSelector('.notice-error');
    assert.ok((await textOf(me.page.locator('.notice-error'))).startsWith('The server would not take 1 answer'));
    await me.page.waitForFunction(() => document.querySelector('h1')?.textContent === 'This study is not open just now');
    await checkAccessible(me.page, 'refused');
    await me.page.getByRole('button', { name: 'Remove it from this device' }).click();
    await me.page.waitForFunction(() => !document.querySelector('.notice-error'));
    await me.close();
});

test('an answer whose acknowledgement was lost is sent again under its key and counted once', async () => {
    const study = await makeStudy(call, { items: pairs(6) });
    const me = await visitor(browser, platform.origin, { expected: DROPPED });
    await join(me.page, await study.invite());
    const keys = [];
    let lost = 0;
    await me.page.route('**/judgment', async (route) => {
        keys.push(route.request().headers()['idempotency-key']);
        if (lost < 2) {
            lost += 1;
            await route.fetch();
            await route.abort('connectionreset');
        } else {
            await route.continue();
        }
    });
    await nextPair(me.page, () => me.page.keyboard.press('5'));
    assert.equal(keys.length, 3);
    assert.equal(new Set(keys).size, 1);
    assert.equal(await judgedOf(study), 1);
    await me.close();
});

test('stop, come back later, go on where one left, to the end', async () => {
    const study = await makeStudy(call, { items: pairs(3) });
    const me = await visitor(browser, platform.origin);
    await join(me.page, await study.invite());
    await nextPair(me.page, () => me.page.keyboard.press('1'));
    const shown = await questionOf(me.page);
    await me.page.getByRole('button', { name: 'Stop for now' }).click();
    await settled(me.page);
    assert.equal(await textOf(me.page.locator('h1')), 'Stopped for now');
    await checkAccessible(me.page, 'stopped');
    const address = me.page.url();
    await me.page.goto('/');
    await me.page.goto(address);
    await me.page.waitForSelector('.answers');
    assert.equal(await questionOf(me.page), shown);
    await nextPair(me.page, () => me.page.keyboard.press('s'));
    await me.page.keyboard.press('7');
    await me.page.waitForSelector('.offer');
    assert.equal(await textOf(me.page.locator('h1')), 'Nothing is left for you');
    await checkAccessible(me.page, 'done');
    await shot(me.page, 'done');
    await me.page.getByRole('link', { name: 'Answer about yourself' }).click();
    await me.page.waitForURL(/\/me\/demographics/);
    await me.close();
});

test('in Arabic the first response stands at the right and is still the left slot', async () => {
    const study = await makeStudy(call, { items: pairs(4) });
    const me = await visitor(browser, platform.origin, { language: 'ar' });
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('.button.primary').click();
    await me.page.waitForSelector('.answers');
    const [first, second] = await me.page.locator('.response').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().x));
    assert.ok(first > second);
    assert.equal(await me.page.locator('.response').first().locator('h2').getAttribute('id'), 'response-left');
    const sent = me.page.waitForRequest(/\/judgment$/);
    await me.page.keyboard.press('1');
    const body = (await sent).postDataJSON();
    assert.equal(body.choice, 'left');
    assert.equal(body.strength, 3);
    assert.ok(body.active_ms >= 0 && body.client.interface_version.startsWith('web-'));
    await me.page.waitForSelector('.task[aria-busy=false]');
    await shot(me.page, 'annotate-arabic', { fullPage: false });
    await me.close();
});
