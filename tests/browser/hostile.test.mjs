// Hostile texts as responses and as names: no script runs, nothing is asked of another origin, the policy has nothing to
// report, the page stays whole, and what was written is what is shown.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { contained } from '../../web-static/src/lib/contained.js';
import { markdown } from '../../web-static/src/lib/markdown.js';
import { launch, settled, shot, visitor } from '../support/browser.mjs';
import { HOSTILE, HOSTILE_NAMES } from '../support/hostile.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, demo, makeStudy } from '../support/study.mjs';

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

// A name as it is read: no marks, white space as it is drawn.
const plain = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').replace(/[\s\u0085\u001c-\u001f]+/g, ' ').trim();

// What stands around names runs in its own direction: of every text that is in no element of its own direction (and in no isolate within a
// message) letters and digits of one line are drawn as they follow each other.
async function checkOrder(page, what) {
    const wrong = await page.evaluate(() => {
        const found = [];
        const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (node.parentElement.closest('[dir=auto], bdi, select, textarea, svg')) continue;
            const right = /[\u0600-\u06ff]/, left = /[A-Za-z]/;
            let depth = 0, before = null;
            for (let i = 0; i < node.data.length; i += 1) {
                const one = node.data[i];
                if ('\u2066\u2067\u2068'.includes(one)) depth += 1;
                if (one === '\u2069') depth = Math.max(0, depth - 1);
                const script = left.test(one) ? 'left' : right.test(one) ? 'right' : null;
                if (depth !== 0 || !script) { if (one !== ' ' || depth !== 0) before = null; continue; }
                const range = document.createRange();
                range.setStart(node, i);
                range.setEnd(node, i + 1);
                const { x, y, width } = range.getBoundingClientRect();
                const now = { script, y, x: x + width / 2 };
                if (width > 0 && before && before.script === script && Math.abs(before.y - y) < 2 && (script === 'left' ? now.x < before.x : now.x > before.x)) {
                    found.push(node.data.trim());
                    break;
                }
                if (width > 0) before = now;
            }
        }
        return found;
    });
    assert.deepEqual(wrong, [], what);
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
        await checkOrder(me.page, `join ${study.name}`);
        await me.close();
        const researcher = await visitor(browser, platform.origin, { token: platform.token });
        await researcher.page.goto(`/research/projects/${study.id}`);
        await settled(researcher.page);
        assert.equal(plain(await researcher.page.locator('main h1').textContent()), plain(study.name));
        await checkWhole(researcher.page, `research ${study.name}`);
        await checkOrder(researcher.page, `research ${study.name}`);
        await researcher.close();
    }
});

test('words that are contained close what they open and nothing else', () => {
    assert.equal(contained('plain words, עברית'), 'plain words, עברית');
    assert.equal(contained('a \u2067b\u2069 c \u202bd\u202c'), 'a \u2067b\u2069 c \u202bd\u202c', 'what is whole stays as it is');
    assert.equal(contained('a\u202eb'), 'a\u202eb\u202c');
    assert.equal(contained('a\u2069\u202cb'), 'ab');
    assert.equal(contained('\u2066a\u202eb\u2069c'), '\u2066a\u202eb\u202c\u2069c');
    assert.equal(contained('\u202ea\u2067b'), '\u202ea\u2067b\u2069\u202c');
    assert.equal(contained('\u202ea\nb\u2029c'), '\u202ea\u202c\nb c');
});

// Names that reorder what follows them if they can: by what is never closed, by closing what is around them, and past what can't be seen.
const REORDERING = ['Rents \u202eof flats', 'Bread \u2069\u202efirst', 'Open \u2066\u202eend', '\u200bZero\u2060 \u2069\ufeff\u2069\u202ewidth\u200b', 'שלום \u2069\u202e12', 'Line\u2029\u202eafter'];

test('names reorder nothing that stands around them', { timeout: 300_000 }, async () => {
    const [first, ...more] = REORDERING;
    const studies = [];
    for (const name of REORDERING) await makeStudy(call, { items: [], name, simulated: true });
    for (const name of REORDERING) {
        studies.push(await makeStudy(call, { items: [{ prompt: 'Which?', responses: [{ content: 'One' }, { content: 'Two' }] }], name,
            demographics: { attributes: [{ id: 'a', label: first, multi: false, values: more.map((label, i) => ({ id: `v${i}`, label })) }] },
            task: { kind: 'rating', dimensions: REORDERING.map((label, i) => ({ id: `d${i}`, label, low: label, high: label, required: i % 2 === 0 })) } }));
    }
    const communities = [];
    for (const name of REORDERING) communities.push(await call('POST', '/api/v1/communities', { name, visibility: 'public', admission: 'open' }));
    await call('POST', `/api/v1/communities/${communities[1].id}/constitution`, await demo('constitution.json'));
    for (const language of ['en', 'ar']) {
        const me = await visitor(browser, platform.origin, { language });
        const look = async (at) => {
            await me.page.goto(at);
            await settled(me.page);
            await checkOrder(me.page, `${language} ${at}`);
        };
        for (const study of studies) {
            await look(`/join?code=${await study.invite()}`);
            await me.page.locator('#agree').check();
            await me.page.locator('main .button.primary').click();
            await me.page.waitForSelector('.task-form');
            await me.page.locator('.submit .button.primary').click();
            await me.page.waitForSelector('.notice-error');
            await checkOrder(me.page, `${language} judging in ${study.name}`);
        }
        for (const at of ['/annotate', '/me', '/me/demographics', '/constitution', `/constitution/${communities[1].id}`]) await look(at);
        await me.page.goto('/me');
        await settled(me.page);
        await me.page.locator('.joined button').nth(1).click();
        await me.page.waitForSelector('dialog[open]');
        await checkOrder(me.page, `${language} leaving a study`);
        await shot(me.page, `names-${language}`);
        await me.close();

        const researcher = await visitor(browser, platform.origin, { language, token: platform.token });
        for (const at of ['/research', ...studies.flatMap(({ id }) => ['', '/guideline'].map((end) => `/research/projects/${id}${end}`))]) {
            await researcher.page.goto(at);
            await settled(researcher.page);
            await checkOrder(researcher.page, `${language} ${at}`);
        }
        await researcher.close();
    }
});
