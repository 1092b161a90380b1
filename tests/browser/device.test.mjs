// One device, several people: nobody sees what another left there, nothing goes out under another's session, nothing is lost.
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

const EXPECTED = [/Failed to load resource: net::/, /status of 401/];
const WORDS = 'My mother died so';
const PASSPHRASE = 'a long enough passphrase';

async function agree(page) {
    await settled(page);
    await page.locator('#agree').check();
    await page.locator('main .button.primary').click();
    await page.waitForSelector('.answers');
}

const sid = async (context) => (await context.cookies()).find((one) => one.name.endsWith('sid'))?.value;

// The sessions under which judgments were sent, whether or not they got through.
function sendersOf(context) {
    const seen = [];
    context.on('request', (request) => {
        if (request.url().endsWith('/judgment')) seen.push(request.allHeaders().then(({ cookie }) => /sid=([^;]+)/.exec(cookie ?? '')?.[1]));
    });
    return () => Promise.all(seen);
}

const cutOff = (context) => context.route('**/judgment', (route) => route.abort('internetdisconnected'));
const letThrough = (context) => context.unroute('**/judgment');
const judgments = async (study) => (await study.summary()).progress.judgments;
const undo = '.tools > button:enabled:not(.tools-toggle)';

// What the page has of answers and words that were given on this device.
async function seenOn(page) {
    await page.keyboard.press('a');
    await page.waitForSelector('dialog[open]');
    const given = await page.locator('dialog[open] .row-button').count();
    await page.keyboard.press('Escape');
    return { given, undo: await page.locator(undo).count(), unsent: await page.locator('.unsent-words, .notice-error').count(),
        draft: await page.locator('#rationale').inputValue(), words: (await page.content()).includes(WORDS) };
}
const NOTHING = { given: 0, undo: 0, unsent: 0, draft: '', words: false };

async function write(page, words) {
    await page.locator('#rationale-summary').click();
    await page.locator('#rationale').fill(words);
    await page.waitForTimeout(100);
}

test('the link of another person: neither sees the other, in this tab or in one left open, and the answer waits for who gave it', async () => {
    const study = await makeStudy(call, { items: pairs(6) });
    await call('PUT', `/api/v1/projects/${study.id}/panel`, { name: 'Prolific', completion_url: 'https://app.prolific.com/submissions/complete?cc={code}',
        codes: { completed: 'DONE1', screened_out: 'OUT1', no_consent: 'NO1' }, minutes: 60 });
    const code = await study.invite(5);
    const link = (id) => `/join?code=${code}&PROLIFIC_PID=${id}&STUDY_ID=s&SESSION_ID=${id}`;
    const device = await visitor(browser, platform.origin, { expected: EXPECTED });
    const { context, page } = device;
    const senders = sendersOf(context);
    await page.goto(link('first'));
    await agree(page);
    const first = await sid(context);
    await cutOff(context);
    await page.keyboard.press('1');
    await page.waitForSelector('.unsent-words');
    // Words for it come later: looked at again, and not given yet.
    await page.keyboard.press('a');
    await page.locator('dialog[open] .row-button').click();
    await page.waitForSelector('.answers');
    await write(page, WORDS);

    // The page of the first stays open while the second comes in by another tab.
    const other = await context.newPage();
    await other.goto(link('second'));
    await agree(other);
    const second = await sid(context);
    assert.notEqual(second, first);
    assert.deepEqual(await seenOn(other), NOTHING, 'the second, where they came in');
    await page.waitForFunction((words) => document.querySelector('.answers') && document.querySelector('#rationale')?.value !== words, WORDS);
    assert.deepEqual(await seenOn(page), NOTHING, 'the second, where the first was');
    await letThrough(context);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await other.reload();
    await other.waitForSelector('.answers');
    assert.deepEqual(await seenOn(other), NOTHING, 'the second, after a reload');
    const stored = other.waitForResponse((one) => one.url().endsWith('/judgment') && one.status() === 201);
    await other.keyboard.press('1');
    await stored;
    assert.equal(await judgments(study), 1, 'of the second only');

    await page.close();
    await other.goto(link('first'));
    await agree(other);
    await other.waitForSelector(undo);
    assert.equal(await judgments(study), 2);
    assert.equal(await other.locator('.unsent-words').count(), 0);
    await other.keyboard.press('a');
    await other.waitForSelector('dialog[open] .row-button');
    assert.equal(await other.locator('dialog[open] .row-button').count(), 1);
    await other.locator('dialog[open] .row-button').click();
    await other.waitForFunction((words) => document.querySelector('#rationale')?.value === words, WORDS);
    await other.reload();
    await other.waitForSelector('.answers');
    assert.equal(await judgments(study), 2, 'once');
    assert.equal((await senders()).filter((one) => one === second).length, 1, 'under the second\'s session went the second\'s');
    await device.close();
});

async function signIn(page, name) {
    await page.goto('/research');
    await settled(page);
    await page.locator('#name').fill(name);
    await page.locator('#passphrase').fill(PASSPHRASE);
    const known = page.waitForResponse((one) => one.url().endsWith('/api/v1/session') && one.request().method() === 'GET' && one.ok());
    await page.locator('form:has(#name) button').click();
    await known;
    await page.waitForTimeout(100);
}

test('signing out leaves what was not sent, for its owner alone', async () => {
    const answered = await makeStudy(call, { items: pairs(4) });
    const written = await makeStudy(call, { items: pairs(4) });
    const codes = [await answered.invite(2), await written.invite(2)];
    for (const name of ['first', 'second']) await client(platform.origin)('POST', '/api/v1/accounts', { name, passphrase: PASSPHRASE });
    const device = await visitor(browser, platform.origin, { expected: EXPECTED });
    const { context, page } = device;
    const senders = sendersOf(context);
    await signIn(page, 'first');
    await page.goto(`/join?code=${codes[1]}`);
    await agree(page);
    const question = await textOf(page.locator('.prompt .text'));
    await write(page, WORDS);
    await page.goto(`/join?code=${codes[0]}`);
    await agree(page);
    await cutOff(context);
    await page.keyboard.press('2');
    await page.waitForSelector('.unsent-words');
    await page.goto('/me');
    await settled(page);
    assert.ok((await textOf(page.locator('section:has(#leave-title)'))).includes('1 answer saved on this device'));
    await checkAccessible(page, 'signing out with an answer that was not sent');
    await shot(page, 'sign-out-unsent');
    await page.getByRole('button', { name: 'Sign out here' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await settled(page);
    await letThrough(context);

    await signIn(page, 'second');
    const second = await sid(context);
    for (const code of codes) {
        await page.goto(`/join?code=${code}`);
        await agree(page);
        assert.deepEqual(await seenOn(page), NOTHING);
    }
    await page.goto('/me');
    await settled(page);
    assert.equal(await page.locator('section:has(#leave-title) .notice').count(), 0);
    assert.equal(await judgments(answered), 0);
    // Somebody's leaving for good takes nothing of another's along.
    await page.getByRole('button', { name: 'Delete my account and answers' }).click();
    await page.getByRole('button', { name: 'Yes, delete everything' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await settled(page);

    await signIn(page, 'first');
    await page.goto(`/annotate/${answered.id}`);
    await page.waitForSelector('.answers');
    assert.equal(await judgments(answered), 1);
    await page.goto(`/annotate/${written.id}`);
    await page.waitForFunction((words) => document.querySelector('#rationale')?.value === words, WORDS);
    assert.equal(await textOf(page.locator('.prompt .text')), question);
    await page.goto(`/annotate/${answered.id}`);
    await page.waitForSelector('.answers');
    assert.equal(await judgments(answered), 1, 'once');
    assert.ok(!(await senders()).includes(second));
    await device.close();
});

test('words begun in a page are their writer\'s, in the same tab too', async () => {
    const community = await call('POST', '/api/v1/communities', { name: 'An assembly', visibility: 'public', admission: 'open' });
    const talk = await call('POST', `/api/v1/communities/${community.id}/conversations`, { title: 'What next?' });
    for (const name of ['third', 'fourth']) await client(platform.origin)('POST', '/api/v1/accounts', { name, passphrase: PASSPHRASE });
    const device = await visitor(browser, platform.origin, { expected: EXPECTED });
    const { page } = device;
    const join = () => page.evaluate((id) => fetch(`/api/v1/communities/${id}/join`, { method: 'POST', body: '{}',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() } }), community.id);
    await signIn(page, 'third');
    await join();
    await page.goto(`/conversations/${talk.id}`);
    await page.locator('#talk-say').fill(WORDS);
    await signIn(page, 'fourth');
    await join();
    await page.goto(`/conversations/${talk.id}`);
    await page.waitForSelector('#talk-say');
    assert.equal(await page.locator('#talk-say').inputValue(), '');
    await signIn(page, 'third');
    await page.goto(`/conversations/${talk.id}`);
    await page.waitForFunction((words) => document.querySelector('#talk-say')?.value === words, WORDS);
    await device.close();
});
