// Words that are longer than a narrow screen is wide: every page breaks them, and none grows wider than its window.
import { after, before, test } from 'node:test';
import { checkReflow, launch, NARROW, settled, shot, visitor } from '../support/browser.mjs';
import { startEndpoint } from '../support/endpoint.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, demo, makeStudy } from '../support/study.mjs';

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

// Sixty letters in a row.
const long = (begin) => begin.padEnd(60, 'donaudampfschifffahrtsgesellschaft');
const both = (begin) => ({ en: long(begin), ar: 'فسيكفيكهم'.repeat(7).slice(0, 60) });
const item = (n) => ({ prompt: long('question'), language: 'en', tags: [long('tag')], later: { text: long('later'), simulated: true },
    responses: Array.from({ length: n }, (_, i) => ({ content: long(`answer${i}`), model: long(`model${i}`) })) });
const scale = (id, more) => ({ id, label: both(id), description: both('description'), low: both('low'), high: both('high'), about: 'response', required: true, ...more });
const DIMENSIONS = [scale('likert', { scale: 'likert', min: 1, max: 7 }), scale('slider', { scale: 'slider', min: 1, max: 100 }), scale('three', { scale: 'yes_no_unsure', low: undefined, high: undefined, required: false })];
const REASONS = { from: 'list', list: [1, 2].map((i) => ({ id: `r${i}`, label: both(`reason${i}`) })) };
const LABELS = [{ id: 'one', label: both('one'), about: 'response', required: true, options: [1, 2].map((i) => ({ id: `o${i}`, label: both(`option${i}`) })) },
    ...[1, 2].map((i) => ({ id: `box${i}`, label: both(`box${i}`), about: 'response' }))];
const DEMOGRAPHICS = { attributes: [{ id: 'side', label: both('side'), short: both('short'), values: ['east', 'west'].map((id) => ({ id, label: both(id) })) }] };

const KINDS = {
    pair: [{ kind: 'pairwise' }, 2],
    form: [{ kind: 'pairwise', dimensions: DIMENSIONS, labels: LABELS, reasons: REASONS, confidence: 'required', edit: 'required', rationale: 'required', hindsight: { when: 'before' } }, 2],
    ranking: [{ kind: 'ranking', rationale: 'required' }, 4],
    ends: [{ kind: 'best_worst' }, 4],
    rating: [{ kind: 'rating', dimensions: DIMENSIONS }, 1],
    labels: [{ kind: 'rating', dimensions: [], labels: LABELS }, 1],
};
const settings = (task) => ({ name: long('name'), guideline: `# ${long('guideline')}\n\n- ${long('point')}\n\n\`${long('code')}\``, warning: long('warning'), consent: { version: '1', text: both('consent') },
    task, demographics: DEMOGRAPHICS });

async function agree(page, code) {
    await page.goto(`/join?code=${code}`);
    await settled(page);
    await checkReflow(page, 'join');
    await page.locator('#agree').check();
    await page.locator('main .button.primary').click();
    await page.waitForURL(/\/annotate\//);
    await settled(page);
}

for (const language of ['en', 'ar']) {
    const look = { language, ...NARROW, expected: [/status of 40[149]/] };
    for (const [kind, [task, n]] of Object.entries(KINDS)) {
        test(`${kind}, ${language}`, async () => {
            const study = await makeStudy(call, { items: [{ ...item(n), warning: long('item') }], ...settings(task) });
            const me = await visitor(browser, platform.origin, look);
            const { page } = me;
            await agree(page, await study.invite());
            await checkReflow(page, 'the guideline');
            await page.locator('main .button.primary').click();
            await page.waitForSelector('.task[aria-busy=false]');
            await page.waitForFunction(() => document.querySelector('.task-form, .answers'));
            const fold = page.locator('.notice-warning button').first();
            if (await fold.count() > 0) {
                await checkReflow(page, `${kind}, a warning`);
                await fold.click();
            }
            await page.waitForSelector('.pair');
            await checkReflow(page, kind);
            if (kind !== 'pair') {
                await page.locator('#submit').click();
                await page.waitForSelector('.task-form > .notice-error');
                await checkReflow(page, `${kind}, what is missing`);
                for (const one of await page.locator('.task-form label.option').all()) await one.click();
                for (const one of await page.locator('.task-form textarea').all()) await one.fill(long('words'));
                if (kind === 'ranking') for (const slot of 'abcd') await page.locator(`#rank-${slot}`).click();
                await checkReflow(page, `${kind}, filled`);
            }
            await shot(page, `long-${kind}-${language}`);
            await page.keyboard.press('Escape');
            await page.locator('h1').first().focus();
            await page.keyboard.press('g');
            await page.waitForSelector('dialog[open]');
            await checkReflow(page, `${kind}, the guideline again`);
            await me.close();
        });
    }

    test(`a chat, ${language}`, async () => {
        const { id } = await call('POST', '/api/v1/projects', { ...settings({ kind: 'pairwise', chat: { reveal: true } }), guideline: undefined });
        for (const model of ['good', 'good-2']) await call('POST', `/api/v1/projects/${id}/endpoints`, { name: long(`endpoint-${model}-`), url: stub.url, model });
        const { code } = await call('POST', `/api/v1/projects/${id}/invitations`, { max_uses: 1 });
        const me = await visitor(browser, platform.origin, look);
        await agree(me.page, code);
        await me.page.locator('#message').fill(long('message'));
        await checkReflow(me.page, 'writing');
        await me.page.locator('#send').click();
        await me.page.waitForSelector('.task[aria-busy=false] .pair');
        await checkReflow(me.page, 'an answered message');
        await me.page.locator('.answers button').first().click();
        await me.page.waitForSelector('#message');
        await checkReflow(me.page, 'going on');
        await me.page.locator('main button:not(#send)').last().click();
        await me.page.waitForSelector('.ending');
        await checkReflow(me.page, 'a chat that ended');
        await me.close();
    });
}

test('what those who run studies see', { timeout: 300_000 }, async () => {
    const people = 20;
    const study = await makeStudy(call, { judgments_per_item: people, items: [item(2)], ...settings({ kind: 'pairwise', dimensions: DIMENSIONS, labels: LABELS, reasons: REASONS }),
        quotas: { by: ['side'], else: 'closed', cells: ['east', 'west'].map((side) => ({ values: { side }, judgments: people })) } });
    const code = await study.invite(people);
    for (let i = 0; i < people; i += 1) {
        const { token } = await client(platform.origin)('POST', '/api/v1/join', { code, consent: { version: '1' } });
        const person = client(platform.origin, token);
        await person('PUT', '/api/v1/me/demographics', { consent: true, answers: { side: i < 10 ? 'east' : 'west' } });
        await person('POST', `/api/v1/projects/${study.id}/guideline`, { version: 1 });
        const task = await person('POST', `/api/v1/projects/${study.id}/assignments`);
        const slots = task.item.responses.map((one) => one.slot);
        const each = (value) => Object.fromEntries(slots.map((slot) => [slot, value]));
        if (i === 0) await person('POST', `/api/v1/assignments/${task.id}/report`, { reason: 'spam', words: long('report') });
        await person('PUT', `/api/v1/assignments/${task.id}/judgment`, { choice: i % 3 ? 'left' : 'right', ratings: { likert: each(4), slider: each(40) }, labels: each(['one:o1', 'box1']), reasons: ['r1'],
            rationale: long('rationale'), active_ms: 3000, client: {} });
    }
    await call('POST', `/api/v1/projects/${study.id}/webhooks`, { url: `https://example.org/${long('path')}`, events: ['project.completed'] });
    const { data: [row] } = await call('GET', `/api/v1/projects/${study.id}/items`);
    for (const language of ['en', 'ar']) {
        const me = await visitor(browser, platform.origin, { token: platform.token, language, ...NARROW, expected: [/status of 40[49]/] });
        const { page } = me;
        const at = `/research/projects/${study.id}`;
        for (const path of ['/research', `/research/new?from=${study.id}`, at, ...['people', 'items', `items/${row.id}`, 'guideline', 'compare', 'embeddings', 'webhooks', 'panel', 'reports'].map((end) => `${at}/${end}`), '/research/webhooks']) {
            await page.goto(path);
            await settled(page);
            await page.evaluate(() => document.querySelectorAll('main details').forEach((one) => { one.open = true; }));
            for (const form of await page.locator('form:has(#groups-by) button, form:has(#item-groups-by) button').all()) {
                await form.click();
                await page.waitForSelector('#groups-within, #item-groups-table');
            }
            await checkReflow(page, `${language} ${path}`);
            await shot(page, `long-${path.replace(study.id, '').replace(row.id, 'one').replace(/\W+/g, '-')}-${language}`);
        }
        await me.close();
    }
});

test('what a community and a person see', async () => {
    const community = await call('POST', '/api/v1/communities', { name: both('assembly'), visibility: 'public', admission: 'open', rule: { electorate: 'until_close' } });
    const constitution = JSON.parse(JSON.stringify(await demo('constitution.json')), (key, value) => (['title', 'text', 'preamble', 'name'].includes(key) ? both(key) : value));
    await call('POST', `/api/v1/communities/${community.id}/constitution`, constitution);
    const talk = await call('POST', `/api/v1/communities/${community.id}/conversations`, { title: long('talk'), text: long('text'), seeds: [long('seed'), long('other')] });
    const study = await makeStudy(call, { items: [item(2)], ...settings({ kind: 'pairwise' }) });
    const { token } = await client(platform.origin)('POST', '/api/v1/join', { code: await study.invite(), consent: { version: '1' } });
    const member = client(platform.origin, token);
    await member('POST', `/api/v1/communities/${community.id}/join`, {});
    await member('PUT', '/api/v1/me/demographics', { consent: true, answers: { side: 'east' } });
    const amendment = await member('POST', `/api/v1/communities/${community.id}/amendments`, JSON.parse(JSON.stringify(await demo('amendment.json')),
        (key, value) => (['title', 'text'].includes(key) ? both(key) : key === 'rationale' ? long('rationale') : value)));
    for (const language of ['en', 'ar']) {
        const me = await visitor(browser, platform.origin, { token, language, ...NARROW });
        for (const path of ['/annotate', '/me', '/me/demographics', '/constitution', `/constitution/${community.id}`, `/amendments/${amendment.id}`, `/conversations/${talk.id}`]) {
            await me.page.goto(path);
            await settled(me.page);
            await checkReflow(me.page, `${language} ${path}`);
            await shot(me.page, `long${path.replace(/[a-z0-9]{20,}/, '').replace(/\W+/g, '-')}-${language}`);
        }
        await me.close();
    }
});
