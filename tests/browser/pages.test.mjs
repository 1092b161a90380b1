// Every page in both themes, both directions, on the narrowest screen and in the pseudo-language: accessible, within the
// window, with targets a finger can hit, no complaint of the browser, no request to another origin.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, thorough, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeCommunity, makeStudy, pairs } from '../support/study.mjs';

let platform, browser, study, community, person;

before(async () => {
    platform = await startPlatform();
    browser = await launch();
    const call = client(platform.origin, platform.token);
    study = await makeStudy(call, { items: pairs(4) });
    community = await makeCommunity(call, platform.origin, study);
    person = await client(platform.origin)('POST', '/api/v1/join', { code: await study.invite(), consent: { version: '1' } });
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

const pages = async () => [
    { name: 'landing', path: '/' },
    { name: 'join-code', path: '/join' },
    { name: 'join', path: `/join?code=${await study.invite()}` },
    { name: 'annotate', path: `/annotate/${study.id}`, as: person.token },
    { name: 'studies', path: '/annotate', as: person.token },
    { name: 'demographics', path: '/me/demographics', as: person.token },
    { name: 'me', path: '/me', as: person.token },
    { name: 'constitutions', path: '/constitution' },
    { name: 'constitution', path: `/constitution/${community.id}` },
    { name: 'amendment', path: `/amendments/${community.amendment}`, as: person.token },
    { name: 'sign-in', path: '/research' },
    { name: 'research', path: '/research', as: platform.token },
    { name: 'study', path: `/research/projects/${study.id}`, as: platform.token },
    { name: 'nowhere', path: '/no/such/page' },
];

// Theme, language and width, each with each other once.
const looks = [
    { name: 'light' },
    { name: 'dark-arabic', options: { dark: true, language: 'ar' } },
    ...(thorough ? [{ name: 'dark-narrow', options: { ...NARROW, dark: true } }] : []),
    { name: 'arabic-narrow', options: { ...NARROW, language: 'ar' } },
];

// Walks through all pages, with one browser for each of nobody, a person who joined, and the operator.
async function walk(options, visit) {
    const all = await pages();
    for (const as of new Set(all.map((one) => one.as))) {
        const me = await visitor(browser, platform.origin, { ...options, token: as, expected: [/401/] });
        for (const { name, path } of all.filter((one) => one.as === as)) await visit(me.page, name, path);
        await me.close();
    }
}

for (const look of looks) {
    test(`every page, ${look.name}`, async () => {
        await walk(look.options, async (page, name, path) => {
            await page.goto(path);
            await settled(page);
            if (name === 'annotate') await page.waitForSelector('.answers');
            const label = `${name}-${look.name}`;
            await checkReflow(page, label);
            await checkTargets(page, label);
            // What axe looks at does not change with the width.
            if (!look.name.endsWith('narrow')) await checkAccessible(page, label);
            await shot(page, `page-${label}`);
            assert.notEqual(await page.title(), '');
        });
    });
}

test('a page that cannot be had says so under a heading', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token, expected: [/404/] });
    for (const path of ['/research/models/xyz', '/research/projects/xyz', '/constitution/xyz', '/amendments/xyz', '/annotate/xyz']) {
        await me.page.goto(path);
        await settled(me.page);
        await checkAccessible(me.page, path);
    }
    await me.close();
});

test('what the demonstration shows is accessible: tables, code, quotations, turns, warnings, in both languages', async () => {
    const wanted = ['phone-at-ten', 'two-festivals', 'call-to-prayer', 'diabetes-fasting', 'duplicate-emails', 'family-rumour-ar', 'first-tangi'];
    const items = (await readFile(new URL('../../demo/items.jsonl', import.meta.url), 'utf8')).trim().split('\n').map(JSON.parse)
        .filter((one) => wanted.includes(one.id));
    assert.equal(items.length, wanted.length);
    const own = await makeStudy(client(platform.origin, platform.token), { items });
    const joined = await client(platform.origin)('POST', '/api/v1/join', { code: await own.invite(), consent: { version: '1' } });
    const me = await visitor(browser, platform.origin, { token: joined.token });
    await me.page.goto(`/annotate/${own.id}`);
    for (let i = 0; i < items.length; i += 1) {
        await me.page.waitForSelector('.task[aria-busy=false] .pair');
        const before = await me.page.locator('.pair').textContent();
        const folded = me.page.getByRole('button', { name: 'Show it' });
        if (await folded.count() > 0) await folded.click();
        await checkAccessible(me.page, `demonstration item ${i}`);
        await checkReflow(me.page, `demonstration item ${i}`);
        await me.page.getByRole('button', { name: 'Skip' }).click();
        await me.page.waitForFunction((old) => document.querySelector('.offer')
            || (document.querySelector('.task[aria-busy=false]') && document.querySelector('.pair').textContent !== old), before);
    }
    await me.page.waitForSelector('.offer');
    await me.close();
});

test('the demonstration is offered, then offered to go on with, and its words are in the reader\'s language', async () => {
    const call = client(platform.origin, platform.token);
    const [project, constitution] = await Promise.all(['study', 'constitution'].map((name) => (
        readFile(new URL(`../../demo/${name}.json`, import.meta.url), 'utf8').then(JSON.parse))));
    const demo = await makeStudy(call, { items: pairs(2), ...project.project, consent: project.consent });
    const mark = join(platform.coordinator.dataFolder, 'demo.json');
    await writeFile(mark, JSON.stringify({ project_id: demo.id, community_id: community.id, invitation_code: await demo.invite() }));
    const me = await visitor(browser, platform.origin, { language: 'ar' });
    try {
        await me.page.goto('/');
        await me.page.getByRole('link', { name: 'انضم إلى الدراسة التجريبية' }).click();
        await me.page.waitForSelector('#agree');
        assert.equal(await textOf(me.page.locator('h1')), project.project.name.ar);
        await me.page.locator('#agree').check();
        await me.page.locator('.button.primary').click();
        await me.page.getByRole('button', { name: 'قرأتها' }).click();
        await me.page.waitForSelector('.answers');
        assert.equal(await textOf(me.page.locator('.study-name > span')), project.project.name.ar);
        await me.page.keyboard.press('g');
        assert.ok((await textOf(me.page.locator('dialog[open]'))).includes('ما الذي قد يهمّ'));
        await me.page.goto('/');
        await me.page.getByRole('link', { name: 'تابع الدراسة التجريبية' }).click();
        await me.page.waitForSelector('.answers');
        await me.page.goto('/annotate');
        await settled(me.page);
        assert.equal(await me.page.getByRole('link', { name: 'انضم إلى الدراسة التجريبية' }).count(), 0);
    } finally {
        await rm(mark);
    }
    await me.page.goto(`/constitution/${community.id}`);
    await settled(me.page);
    const texts = await me.page.locator('.article-text, .preamble').allTextContents();
    assert.ok(texts.length > 20 && texts.every((text) => /[\u0600-\u06ff]/.test(text) && !/[A-Za-z]{3}/.test(text)));
    assert.equal(texts[0], constitution.preamble.ar);
    await me.close();
});

test('in the pseudo-language no word of the interface is left in English and nothing overflows', async () => {
    await walk(NARROW, async (page, name, path) => {
        await page.goto(`${path}${path.includes('?') ? '&' : '?'}lang=en-XA`);
        await settled(page);
        await checkReflow(page, `${name} in pseudo`);
        const bare = await page.evaluate(() => [...document.querySelectorAll('button, h1, h2, label, legend, dt, th, summary')]
            .filter((one) => !one.closest('[dir=auto], [lang]:not(html), dialog, .text') && !one.querySelector('[dir=auto], time'))
            .map((one) => one.textContent.replace(/[\u2068\u2069]/g, '').trim())
            .filter((text) => /[A-Za-z]{4}/.test(text) && !text.includes('⟦')));
        assert.deepEqual(bare, [], name);
    });
});

test('the language and the appearance are chosen, kept, and put on the document', async () => {
    const me = await visitor(browser, platform.origin, { expected: [/401/] });
    await me.page.goto('/');
    await settled(me.page);
    await me.page.getByRole('button', { name: 'العربية' }).click();
    await me.page.waitForFunction(() => document.documentElement.dir === 'rtl' && document.documentElement.lang === 'ar');
    await me.page.locator('#choose-theme').selectOption('dark');
    await me.page.reload();
    await settled(me.page);
    assert.deepEqual(await me.page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ['ar', 'dark']);
    assert.match(await textOf(me.page.locator('h1')), /[\u0600-\u06ff]/);
    await me.close();
});

test('by keyboard alone: the skip link, the ways in, focus on the heading of the next page', async () => {
    const me = await visitor(browser, platform.origin, { expected: [/401/] });
    await me.page.goto('/');
    await settled(me.page);
    await me.page.keyboard.press('Tab');
    assert.equal(await me.page.evaluate(() => document.activeElement.className), 'skip-link');
    await me.page.keyboard.press('Enter');
    assert.equal(await me.page.evaluate(() => document.activeElement.id), 'main');
    await me.page.getByRole('link', { name: 'Research' }).last().focus();
    await me.page.keyboard.press('Enter');
    await me.page.waitForURL(/\/research$/);
    await me.page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await me.page.goBack();
    await me.page.waitForURL((url) => url.pathname === '/');
    await me.close();
});

test('the first view weighs at most 60 KB on the wire', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../web-static/dist/manifest.json', import.meta.url), 'utf8'));
    const sizes = new Map(manifest.files.map((file) => [file.path, file]));
    const me = await visitor(browser, platform.origin, { expected: [/401/] });
    const asked = [];
    me.page.on('response', (response) => {
        const { pathname } = new URL(response.url());
        const file = sizes.get(pathname === '/' ? '/index.html' : pathname);
        if (file) asked.push([file, response]);
    });
    await me.page.goto('/');
    await settled(me.page);
    await me.page.waitForLoadState('networkidle');
    let total = 0;
    for (const [file, response] of asked) {
        const coding = response.headers()['content-encoding'];
        total += coding === 'br' ? file.br : coding === 'gzip' ? file.gz : file.size;
        if (file.immutable) assert.match(response.headers()['cache-control'] ?? '', /immutable/);
    }
    assert.ok(asked.length >= 4);
    assert.ok(total <= 60 * 1024, `${total} bytes`);
    await me.close();
});
