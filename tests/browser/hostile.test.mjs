// Hostile texts as responses and as names: no script runs, nothing is asked of another origin, the policy has nothing to
// report, the page stays whole, and what was written is what is shown.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { markdown } from '../../web-static/src/lib/markdown.js';
import { launch, settled, shot, visitor } from '../support/browser.mjs';
import { HOSTILE, HOSTILE_NAMES } from '../support/hostile.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeStudy } from '../support/study.mjs';

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

// Words that stand in the text, but for those an image keeps to itself and those of entities.
const wordsOf = (text) => new Set(text
    .replace(/!\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, ' $1 ')
    .replace(/&[a-z]+;/g, ' ')
    .match(/[A-Za-z]{4,}/g) ?? []);

function textOf(node) {
    if (node == null || typeof node === 'boolean') return '';
    if (Array.isArray(node)) return node.map(textOf).join('');
    return typeof node === 'object' ? textOf(node.props.children) : String(node);
}

test('there are 250 hostile texts and more, none twice', () => {
    assert.ok(HOSTILE.length >= 250, `${HOSTILE.length}`);
    assert.equal(new Set(HOSTILE.map(({ text }) => text)).size, HOSTILE.length);
});

test('every word of every hostile text is shown', () => {
    for (const { kind, text } of HOSTILE) {
        const shown = textOf(markdown(text));
        for (const word of wordsOf(text)) assert.ok(shown.includes(word), `${kind}: "${word}" of ${text.slice(0, 80)}`);
    }
});

// What must hold on any page, whatever it shows.
async function checkWhole(page, what) {
    const found = await page.evaluate(() => ({
        ran: window.__ran ?? null,
        elements: [...document.querySelectorAll('script:not([src]), iframe, object, embed, img:not([src^="/"]), video, audio, form[action], meta[http-equiv], base, style, math, portal')].map((one) => one.outerHTML.slice(0, 100)),
        handlers: [...document.querySelectorAll('main *')].flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith('on') || name === 'style' && one.closest('.text'))),
        addresses: [...document.querySelectorAll('main .text a, main .text [src], main .text [href]')].length,
    }));
    assert.deepEqual(found, { ran: null, elements: [], handlers: [], addresses: 0 }, what);
}

test('hostile responses are judged like any other', { timeout: 600_000 }, async () => {
    const items = [];
    for (let i = 0; i < HOSTILE.length; i += 2) {
        const two = [HOSTILE[i], HOSTILE[(i + 1) % HOSTILE.length]];
        items.push({ id: `hostile-${i}`, prompt: `Question ${i}: ${two[0].text.slice(0, 500)}`, responses: two.map(({ text }, k) => ({ id: `hostile-${i}.${k}`, content: text })) });
    }
    const study = await makeStudy(call, { items, judgments_per_item: 1, demographics: undefined });
    const me = await visitor(browser, platform.origin);
    const { page } = me;
    await page.goto(`/join?code=${await study.invite()}`);
    await settled(page);
    await page.getByRole('checkbox', { name: 'I have read this and agree' }).check();
    await page.getByRole('button', { name: 'Agree and start' }).click();
    await page.waitForURL(/\/annotate\//);
    const seen = new Set();
    for (let i = 0; i < items.length; i++) {
        const handle = await page.waitForFunction((before) => {
            const question = document.querySelector('.task[aria-busy="false"] .prompt .text')?.textContent.match(/^Question (\d+):/)?.[1];
            return question !== undefined && !before.includes(question) && question;
        }, [...seen], { timeout: 60_000 });
        seen.add(await handle.jsonValue());
        await checkWhole(page, `after ${[...seen].at(-1)}`);
        assert.equal(await page.locator('.response .text').count(), 2, `after ${[...seen].at(-1)}`);
        // The buttons are in view and are ours: nothing covers them.
        const on = await page.evaluate(() => {
            const button = document.querySelector('.answers button');
            button.scrollIntoView({ block: 'center' });
            const box = button.getBoundingClientRect();
            return button.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
        });
        assert.ok(on, `${[...seen].at(-1)}: the first answer is covered`);
        if (i === 2 || i === 60) await shot(page, `hostile-${i}`, { fullPage: false });
        await page.keyboard.press('1');
    }
    await page.waitForSelector('.ending', { timeout: 60_000 });
    const { progress } = await study.summary();
    assert.equal(progress.judgments, items.length);
    await me.close();
});

test('hostile names of studies, questions, guidelines and consent are only words', { timeout: 600_000 }, async () => {
    const names = [...HOSTILE_NAMES];
    while (names.length > 0) {
        const next = () => names.shift() ?? 'plain';
        const study = await makeStudy(call, {
            items: [{ id: 'one', prompt: 'Which?', responses: [{ content: 'One' }, { content: 'Two' }] }],
            name: next(), guideline: next(), warning: next(), consent: { version: '1', text: next() },
            demographics: { attributes: [{ id: 'a', label: next(), multi: false, values: [{ id: 'x', label: next() }, { id: 'y', label: next() }] }] },
            task: { kind: 'rating', dimensions: [{ id: 'd', label: next() }] },
        });
        const me = await visitor(browser, platform.origin);
        await me.page.goto(`/join?code=${await study.invite()}`);
        await settled(me.page);
        assert.equal(await me.page.locator('main h1').count(), 1);
        await checkWhole(me.page, `join ${study.name}`);
        await me.close();
        const researcher = await visitor(browser, platform.origin, { token: platform.token });
        await researcher.page.goto(`/research/${study.id}`);
        await settled(researcher.page);
        await checkWhole(researcher.page, `research ${study.name}`);
        await researcher.close();
    }
});
