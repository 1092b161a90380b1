// Live chat in a real browser: writing, answers that stream, broken ones asked anew, judging by the protocols' own scales,
// going on, the end. Nothing typed is lost, each message and each answer arrives once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkForced, checkReflow, checkTargets, launch, settled, shot, textOf, thorough, visitor } from '../support/browser.mjs';
import { startEndpoint } from '../support/endpoint.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client } from '../support/study.mjs';

let platform, browser, call, stub;

before(async () => {
    stub = await startEndpoint();
    platform = await startPlatform({ env: { PLENUM_OUTSIDE_ALLOW: stub.host } });
    browser = await launch();
    call = client(platform.origin, platform.token);
});
after(async () => {
    await browser?.close();
    await platform?.stop();
    await stub?.stop();
});

const SMALL = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const EXPECTED = [/Failed to load resource: net::/, /status of 409/];

async function makeChat(task, models = ['good', 'slow', 'good-2', 'good-3']) {
    const { id } = await call('POST', '/api/v1/projects', { name: 'A chat', language: 'en', task, consent: { version: '1', text: { en: 'You chat.', ar: 'تحادث.' } } });
    for (const model of models) await call('POST', `/api/v1/projects/${id}/endpoints`, { name: `Name of ${model}`, url: stub.url, model });
    const { code } = await call('POST', `/api/v1/projects/${id}/invitations`, { max_uses: 9 });
    return { id, code, judged: async () => (await call('GET', `/api/v1/projects/${id}`)).progress.judgments };
}

async function join(page, study) {
    await page.goto(`/join?code=${study.code}`);
    await settled(page);
    await page.locator('#agree').check();
    await page.locator('.button.primary').click();
    await page.waitForSelector('#message');
}

async function write(page, words) {
    await page.locator('#message').fill(words);
    await page.locator('#send').click();
}
const ready = (page) => page.waitForSelector('.task[aria-busy=false] .pair');
const PROTOCOLS = {
    hh: { task: { preset: 'hh', chat: {} }, keys: ['1'] },
    llama2: { task: { preset: 'llama2', chat: {} }, keys: ['1', 'Control+Enter'] },
    ranking: { task: { kind: 'ranking', chat: { responses: 4, turns_min: 2 }, dimensions: [{ id: 'score', scale: 'slider', about: 'response', required: true }] },
        keys: ['3', 'j', '4', 'j', '5', 'j', '6', 'j', '1', '2', '3', '4', 'Control+Enter'] },
    prism: { task: { preset: 'prism', chat: { turns_min: 2 } }, keys: ['9', 'j', '4', 'j', '5', 'j', '6', 'Control+Enter'] },
    lmarena: { task: { preset: 'lmarena', chat: { reveal: true } }, keys: ['1'] },
};
for (const [name, { task, keys }] of Object.entries(PROTOCOLS)) {
    test(`${name}: two turns by keyboard, accessible in every state, and the end`, async () => {
        const study = await makeChat(task);
        const me = await visitor(browser, platform.origin, { expected: EXPECTED });
        await join(me.page, study);
        // What is alike in all of them is looked at in one, unless every look is asked for.
        const looks = thorough || name === 'lmarena';
        if (looks) await checkAccessible(me.page, `${name} empty`);
        for (const [n, words] of [[1, 'How do I plan my running?'], [2, 'And in summer?']]) {
            await me.page.locator('#message').focus();
            await me.page.keyboard.type(words);
            await me.page.keyboard.press('Control+Enter');
            await ready(me.page);
            if (['ranking', 'llama2', 'prism'].includes(name)) await me.page.waitForSelector('#submit');
            assert.ok(!(await me.page.content()).includes('Name of'));
            if (looks || n === 1) await checkAccessible(me.page, `${name} ready`);
            await shot(me.page, `chat-${name}-${n}`);
            await me.page.locator('h1').focus();
            for (const key of keys) await me.page.keyboard.press(key);
            await me.page.waitForSelector('#message');
            assert.equal(await study.judged(), n);
        }
        if (looks) await checkAccessible(me.page, `${name} going on`);
        await shot(me.page, `chat-${name}-on`);
        await me.page.getByRole('button', { name: 'End the chat' }).click();
        await me.page.waitForSelector('.ending');
        assert.equal((await textOf(me.page.locator('.ending'))).includes('Name of'), name === 'lmarena');
        if (looks) await checkAccessible(me.page, `${name} ended`);
        await shot(me.page, `chat-${name}-ended`);
        await me.close();
    });
}

test('from a panel: with the last turn that it asks for comes the code to go back with', async () => {
    const study = await makeChat({ kind: 'pairwise', chat: {} }, ['good', 'good-2']);
    await call('PUT', `/api/v1/projects/${study.id}/panel`, { name: 'Prolific', completion_url: 'https://app.prolific.com/submissions/complete?cc={code}', codes: { completed: 'DONE1', screened_out: 'OUT1', no_consent: 'NO1' }, tasks: 1, minutes: 60 });
    const me = await visitor(browser, platform.origin, { expected: EXPECTED });
    await join(me.page, { code: `${study.code}&PROLIFIC_PID=p1&STUDY_ID=s&SESSION_ID=x` });
    await write(me.page, 'How do I plan my running?');
    await ready(me.page);
    await me.page.locator('h1').focus();
    await me.page.keyboard.press('1');
    await me.page.waitForSelector('#panel-code');
    assert.equal(await me.page.locator('#panel-code').inputValue(), 'DONE1');
    await checkAccessible(me.page, 'the code after a chat');
    await me.close();
});

test('an endpoint that breaks off is told kindly and asked anew; a reload in the middle loses nothing', async () => {
    const study = await makeChat({ preset: 'lmarena', chat: {} }, ['good', 'held']);
    const me = await visitor(browser, platform.origin, { ...SMALL, expected: EXPECTED });
    await join(me.page, study);
    await me.page.locator('#message').fill('Kept over a reload');
    await me.page.waitForTimeout(150);
    await me.page.reload();
    await me.page.waitForFunction(() => document.querySelector('#message')?.value === 'Kept over a reload');
    stub.hold();
    await me.page.locator('#send').tap();
    await me.page.getByText('First words of a long answer').waitFor();
    await checkAccessible(me.page, 'answering');
    await checkReflow(me.page, 'answering');
    await shot(me.page, 'chat-answering-phone');
    await me.page.reload();
    await me.page.getByText('First words of a long answer').waitFor();
    await me.page.evaluate(() => scrollTo(0, 100));
    stub.as = (model) => (model === 'held' ? 'cut' : model);
    stub.release();
    await ready(me.page);
    await me.page.waitForFunction(() => scrollY === 100); // what is being read stays where it is
    await me.page.locator('.answer-right').tap();
    await me.page.waitForSelector('#message');
    await write(me.page, 'And now it breaks off');
    await me.page.getByRole('button', { name: 'Ask anew' }).waitFor();
    await me.page.getByText('It broke off before its end.').waitFor();
    for (const check of [checkAccessible, checkReflow, checkTargets]) await check(me.page, 'incomplete');
    await shot(me.page, 'chat-incomplete-phone');
    await me.page.locator('.tools button').first().tap();
    await me.page.locator('.notice-warning').getByText('The chat has gone on from this answer.').waitFor();
    await checkAccessible(me.page, 'not undone');
    stub.as = () => 'good';
    await me.page.getByRole('button', { name: 'Ask anew' }).tap();
    await ready(me.page);
    stub.as = (model) => model;
    await me.page.getByText('Leave this chat').tap();
    await me.page.getByRole('button', { name: 'Leave it all the same' }).tap();
    await me.page.waitForSelector('.ending');
    assert.equal(await study.judged(), 1);
    await me.close();
});

test('without a network the message waits here, and arrives once; hostile answers do nothing; in Arabic', async () => {
    const study = await makeChat({ preset: 'lmarena', chat: {} }, ['good', 'good-2']);
    const me = await visitor(browser, platform.origin, { ...SMALL, language: 'ar', dark: true, expected: EXPECTED });
    await join(me.page, study);
    const say = stub.say;
    stub.say = () => '<script>window.hurt = 1</script><img src=https://evil.example/x onerror="window.hurt=1"> ‮ [x](javascript:alert(1)) ```';
    await me.context.setOffline(true);
    await write(me.page, 'مرحبا');
    assert.equal(await textOf(me.page.locator('.unsent-words')), 'رسالتك محفوظة على هذا الجهاز');
    const address = me.page.url();
    await me.page.close();
    await me.context.setOffline(false);
    const page = await me.context.newPage();
    await page.goto(address);
    await ready(page);
    stub.say = say;
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    for (const check of [checkAccessible, checkReflow, checkTargets]) await check(page, 'arabic ready');
    await shot(page, 'chat-arabic');
    await page.locator('.answer-tie').tap();
    await page.waitForSelector('#go-on-left');
    assert.equal(await page.locator('#message').inputValue(), '', 'what was sent is no draft any more');
    for (const check of [checkAccessible, checkReflow, checkTargets]) await check(page, 'arabic going on');
    await shot(page, 'chat-arabic-on');
    assert.equal(await study.judged(), 1);
    assert.equal((await call('GET', `/api/v1/projects/${study.id}`)).counts.items, 1);
    await me.close();
});

test('an endpoint that floods is cut short; with large text and in forced colours; a second tab shows the same chat, and the choice arrives once', async () => {
    const study = await makeChat({ preset: 'lmarena', chat: {} }, ['good', 'flood']);
    const me = await visitor(browser, platform.origin, { expected: EXPECTED });
    await join(me.page, study);
    await write(me.page, 'Do not stop');
    // 32 KiB came, and no more: it is told, and nothing of the page hangs.
    await me.page.getByText('It broke off before its end.').waitFor();
    assert.ok((await me.page.evaluate(() => document.body.innerText.length)) < 40_000);
    await checkAccessible(me.page, 'flooded');
    await checkForced(me.page, 'a chat');
    await me.page.setViewportSize({ width: 640, height: 800 });
    await me.page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
    await checkReflow(me.page, 'a chat at 200 %');
    await shot(me.page, 'chat-large');
    stub.as = () => 'good';
    await me.page.getByRole('button', { name: 'Ask anew' }).click();
    await ready(me.page);
    const second = await me.context.newPage();
    await second.goto(me.page.url());
    await ready(second);
    assert.equal(await textOf(second.locator('.answer-left')), await textOf(me.page.locator('.answer-left')));
    await Promise.all([me.page, second].map((page) => page.locator('.answer-left').click()));
    await Promise.all([me.page, second].map((page) => page.waitForSelector('#message')));
    stub.as = (model) => model;
    assert.equal(await study.judged(), 1);
    assert.equal((await call('GET', `/api/v1/projects/${study.id}`)).counts.items, 1);
    await me.close();
});

test('those who run the study say who answers: what is missing or refused is named, a key never comes back, and people can chat', async () => {
    const maker = await visitor(browser, platform.origin, { token: platform.token });
    await maker.page.goto('/research/new');
    await maker.page.locator('#study-name').fill('Made to chat');
    await maker.page.locator('#task-chat').check();
    await checkAccessible(maker.page, 'a chat in the making');
    await maker.page.getByRole('button', { name: 'Make the study' }).click();
    await maker.page.waitForSelector('#endpoints-title');
    const id = maker.page.url().split('/').pop();
    await maker.close();
    const study = { id, code: (await call('POST', `/api/v1/projects/${id}/invitations`, { max_uses: 9 })).code };
    for (const [look, options] of [['light', {}], ['arabic', { language: 'ar', dark: true, viewport: { width: 320, height: 640 } }]]) {
        const me = await visitor(browser, platform.origin, { token: platform.token, expected: [/422/], ...options });
        const { page } = me;
        await page.goto(`/research/projects/${study.id}`);
        await page.locator('details:has(#endpoint-name) > summary').click();
        await checkAccessible(page, `adding an endpoint, ${look}`);
        await checkReflow(page, `endpoints ${look}`);
        await page.locator('#endpoint-parameters').fill('[1]');
        await page.locator('#endpoint-name').press('Enter');
        await page.waitForSelector('section:has(#endpoint-name) .notice-error');
        assert.equal(await page.locator('section:has(#endpoint-name) .notice-error a').count(), 4);
        await page.locator('#endpoint-name').fill(`Endpoint ${look}`);
        await page.locator('#endpoint-url').fill('http://192.168.7.7/v1');
        await page.locator('#endpoint-model').fill(look === 'light' ? 'good' : 'good-2');
        await page.locator('#endpoint-key').fill('secret-of-the-endpoint');
        await page.locator('#endpoint-parameters').fill('{"temperature": 0.5}');
        await page.locator('#endpoint-name').press('Enter');
        await page.waitForFunction(() => document.querySelectorAll('section:has(#endpoint-name) .notice-error a').length === 1);
        assert.equal(await page.locator('section:has(#endpoint-name) .notice-error a').getAttribute('href'), '#endpoint-url');
        await page.locator('#endpoint-url').fill(stub.url);
        await page.locator('#endpoint-name').press('Enter');
        await page.locator('section:has(#endpoint-name) tbody tr', { hasText: `Endpoint ${look}` }).waitFor();
        assert.equal(await page.locator('#endpoint-key').inputValue(), '');
        assert.ok(!(await page.content()).includes('secret-of-the-endpoint'));
        await checkAccessible(page, `endpoints ${look}`);
        await shot(page, `endpoints-${look}`);
        await me.close();
    }
    const { data } = await call('GET', `/api/v1/projects/${study.id}/endpoints`);
    assert.deepEqual(data.map(({ model, has_key: key, parameters }) => [model, key, parameters]), [['good', true, { temperature: 0.5 }], ['good-2', true, { temperature: 0.5 }]]);
    const person = await visitor(browser, platform.origin, { expected: EXPECTED });
    await join(person.page, study);
    await write(person.page, 'Who are you?');
    await ready(person.page);
    await person.close();
    const me = await visitor(browser, platform.origin, { token: platform.token });
    await me.page.goto(`/research/projects/${study.id}`);
    await me.page.getByRole('button', { name: 'Take out Endpoint light' }).click();
    await me.page.waitForSelector('dialog[open]');
    await checkAccessible(me.page, 'taking an endpoint out');
    await me.page.locator('dialog[open] .button.primary').click();
    await me.page.waitForFunction(() => !document.querySelector('main').textContent.includes('Endpoint light'));
    assert.equal((await call('GET', `/api/v1/projects/${study.id}/endpoints`)).data.length, 1);
    await me.close();
});
