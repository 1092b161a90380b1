// Every kind of task in a real browser: by keyboard alone, by touch on the narrowest screen, by pointer; what is missing is named,
// nothing typed is lost, each answer arrives once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkForced, checkReflow, checkTargets, launch, settled, shot, textOf, thorough, visitor } from '../support/browser.mjs';
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

const SMALL = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const DROPPED = [/Failed to load resource: net::/];

const TEXTS = [
    'Run **after iftar**, and drink between iftar and suhoor.\n\n1. Keep the first week easy.\n2. Move the long run to the weekend.',
    'Wait until the month is over.',
    'Ask a doctor first. Then plan three short runs a week, each before suhoor, and leave out a day whenever you slept badly.',
    'اجرِ بعد الإفطار واشرب الماء بين الإفطار والسحور.',
    'Skip it: rest is training too.',
];

function items(n, { turns = false } = {}) {
    return Array.from({ length: 4 }, (_, i) => ({
        id: `item-${i}`, language: 'en', later: { text: `A week later: two easy runs, one headache (${i}).`, simulated: i % 2 === 0 },
        prompt: turns ? [{ role: 'user', content: `How should I plan my running? (${i})` }, { role: 'assistant', content: 'When do you fast?' },
            { role: 'user', content: 'From dawn to sunset.' }] : `How should I plan my running during Ramadan? (${i})`,
        responses: Array.from({ length: n }, (__, k) => ({ id: `item-${i}.${k}`, content: TEXTS[k % TEXTS.length] + (k < TEXTS.length ? '' : ` (${k})`) })),
    }));
}

const HELPFUL = { id: 'helpful', label: { en: 'Helpful', ar: 'مفيدة' }, description: { en: 'Does it do what was asked?', ar: 'هل تفعل ما طُلب؟' }, scale: 'likert',
    min: 1, max: 7, low: { en: 'Not at all', ar: 'إطلاقًا' }, high: { en: 'Very', ar: 'جدًا' }, about: 'response', required: true };
const WARM = { id: 'warm', label: { en: 'Warm', ar: 'ودودة' }, scale: 'slider', about: 'response', required: true };
const HARM = { id: 'harm', label: { en: 'Could it do harm?', ar: 'هل قد تضر؟' }, scale: 'yes_no_unsure', about: 'response', required: true };
const CLEAR = { id: 'clear', label: { en: 'Is the question clear?', ar: 'هل السؤال واضح؟' }, scale: 'yes_no_unsure', about: 'item', required: false };
const REASONS = { from: 'list', list: [{ id: 'honest', label: { en: 'More honest', ar: 'أصدق' } }, { id: 'useful', label: { en: 'More useful', ar: 'أنفع' } },
    { id: 'kind', label: { en: 'Kinder', ar: 'ألطف' } }] };
const SAFETY = { id: 'safety', label: { en: 'Safety', ar: 'السلامة' }, about: 'response', required: true,
    options: [{ id: 'safe', label: { en: 'Safe', ar: 'آمنة' } }, { id: 'unsafe', label: { en: 'Unsafe', ar: 'غير آمنة' } }] };
const BOXES = ['Makes something up', 'Refuses', 'Moral judgment'].map((label, i) => ({ id: `box-${i}`, label, about: 'response' }));

// What is pressed for an answer by keys, and what by finger or pointer: the element's id, or [id, text] to write. `half` is not
// yet an answer; without it, the first press alone is not.
const box = (id) => `label[for="${id}"]`;
const KINDS = {
    pair: {
        task: { kind: 'pairwise', dimensions: [HELPFUL, CLEAR], reasons: REASONS, confidence: 'required', edit: 'optional', rationale: 'required',
            hindsight: { when: 'before' } },
        items: () => items(2, { turns: true }),
        keys: ['6', '2', '3', '1', '2', 'j', '4', 'r', ['Because 1 and 2.'], 'Control+Enter'],
        press: [box('rating-0-left-5'), box('rating-0-right-1'), box('choice-2'), box('rating-1-item-0'), box('reasons-1'), box('confidence-3'),
            ['#rationale', 'Because 1 and 2.'], '#submit'],
        missing: ['Answer “Helpful” for Answer A', 'Answer “Helpful” for Answer B', 'Choose an answer', 'Say how sure you are', 'Say why, in your own words'],
        body: { choice: 'left', strength: 1, ratings: { helpful: { left: 6, right: 2 }, clear: { item: 'yes' } }, reasons: ['useful'], confidence: 80,
            rationale: 'Because 1 and 2.' },
        given: 'A slightly better',
    },
    ranking: {
        task: { kind: 'ranking' },
        items: () => items(4),
        keys: ['3', '1', '2', '4', 'u', 't', 'Enter'],
        press: ['#rank-c', '#rank-a', '#rank-b', '#rank-d', '#rank_up-d', '#rank_together-d', '#submit'],
        missing: ['A', 'B', 'C', 'D'].map((letter) => `Say where Answer ${letter} stands`),
        body: { ranking: [['c'], ['a', 'd'], ['b']] },
        given: 'Answer C › Answer A = Answer D › Answer B',
    },
    partial: {
        task: { kind: 'ranking', partial: true, edit: 'optional' },
        items: () => items(5),
        keys: ['2', '5', 'Control+Enter'],
        press: ['#rank-b', '#rank-e', '#submit'],
        missing: ['Rank at least two answers'],
        body: { ranking: [['b'], ['e']] },
        given: 'Answer B › Answer E',
    },
    ends: {
        task: { kind: 'best_worst' },
        items: () => items(9),
        keys: ['3', '9', 'Enter'],
        press: [box('best-2'), box('worst-8'), '#submit'],
        missing: ['Choose the best answer', 'Choose the worst answer'],
        body: { best: 'c', worst: 'i' },
        given: 'Best: Answer C. Worst: Answer I',
    },
    rating: {
        task: { kind: 'rating', dimensions: [HELPFUL, WARM, HARM, CLEAR], confidence: 'optional' },
        items: () => items(2),
        keys: ['6', '3', 'ArrowRight', 'j', '2', '7', 'Home', 'j', '3', '1', '5', 'Enter'],
        press: [box('rating-0-a-5'), '#rating-1-a', box('rating-2-a-1'), box('rating-0-b-6'), '#rating-1-b', box('rating-2-b-2'), box('rating-3-item-0'),
            box('confidence-4'), '#submit'],
        missing: ['Helpful', 'Warm', 'Could it do harm?'].map((what) => `Answer “${what}” for Answer A`)
            .concat(['Helpful', 'Warm', 'Could it do harm?'].map((what) => `Answer “${what}” for Answer B`)),
        body: { ratings: { helpful: { a: 6, b: 7 }, warm: { a: 32, b: 1 }, harm: { a: 'no', b: 'unsure' }, clear: { item: 'yes' } }, confidence: 100 },
        // A press in the middle of a slider that stands nowhere is an answer.
        pressed: { warm: { a: 51, b: 51 } },
        given: 'Rated',
    },
    labels: {
        task: { kind: 'rating', dimensions: [], labels: [SAFETY, ...BOXES], edit: 'optional' },
        items: () => items(1),
        keys: ['2', '1', '3', 'Enter'],
        press: [box('label-0-a-1'), box('labels-a-0'), box('labels-a-2'), '#submit'],
        half: [box('labels-a-0')],
        missing: ['Answer “Safety”'],
        body: { labels: { a: ['safety:unsafe', 'box-0', 'box-2'] } },
        given: 'Rated',
    },
};

async function join(page, study, words = 'en') {
    await page.goto(`/join?code=${await study.invite()}`);
    await settled(page);
    await page.locator('#agree').check();
    await page.locator('.button.primary').click();
    await page.waitForSelector('.task[aria-busy=false] .pair');
    assert.equal(await page.evaluate(() => document.documentElement.lang), words);
}

const questionOf = async (page) => textOf(page.locator('.prompt'));
const judgedOf = async (study) => (await study.summary()).progress.judgments;
const studyOf = (kind, settings = {}) => makeStudy(call, { items: KINDS[kind].items(), task: KINDS[kind].task, ...settings });

// Another task than the old one is on screen, or the end.
async function nextAfter(page, old) {
    await page.waitForFunction((before) => {
        const text = document.querySelector('.prompt')?.textContent.replace(/[\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim();
        return document.querySelector('.offer') || (document.querySelector('.task[aria-busy="false"]') && text && text !== before);
    }, old);
}

// Does what sends an answer; gives the answer as it was sent, without the times, once the next task is there.
async function answered(page, act) {
    const old = await questionOf(page);
    const sent = page.waitForRequest((request) => request.method() === 'PUT' && request.url().endsWith('/judgment'));
    await act();
    const { active_ms, client: from, ...body } = (await sent).postDataJSON();
    assert.ok(active_ms >= 0 && from.interface_version.startsWith('web-'));
    await nextAfter(page, old);
    return body;
}

async function type(page, keys) {
    for (const key of keys) {
        if (Array.isArray(key)) await page.keyboard.type(key[0]);
        else await page.keyboard.press(key);
    }
}

async function press(page, targets, how) {
    for (const target of targets) {
        if (Array.isArray(target)) await page.locator(target[0]).fill(target[1]);
        else await page.locator(target)[how]();
    }
}

const errorsOf = async (page) => Promise.all((await page.locator('.task-form > .notice-error a').all()).map(textOf));
const focusOf = (page) => page.evaluate(() => document.activeElement.id);

for (const [name, kind] of Object.entries(KINDS)) {
    test(`${name}: by keyboard alone, what is missing is named, and every state is accessible`, async () => {
        const study = await studyOf(name);
        const me = await visitor(browser, platform.origin);
        await join(me.page, study);
        assert.equal(await me.page.locator('.task-form input:checked, .rank, .slider:not(.untouched)').count(), 0, 'nothing is chosen beforehand');
        await checkAccessible(me.page, `${name} empty`);
        await shot(me.page, `kind-${name}-empty`);

        await me.page.keyboard.press('Enter');
        await me.page.waitForSelector('.task-form > .notice-error');
        assert.deepEqual(await errorsOf(me.page), kind.missing);
        await me.page.waitForFunction(() => document.activeElement.classList.contains('notice-error'));
        await checkAccessible(me.page, `${name} with errors`);
        await shot(me.page, `kind-${name}-errors`);
        for (const link of await me.page.locator('.task-form > .notice-error a').all()) {
            await link.focus();
            const to = (await link.getAttribute('href')).slice(1);
            await me.page.keyboard.press('Enter');
            assert.equal(await focusOf(me.page), to);
        }
        assert.equal(await judgedOf(study), 0);

        // A new beginning: keys act from wherever the page puts the focus first.
        await me.page.reload();
        await me.page.waitForSelector('.task[aria-busy=false] .pair');
        await type(me.page, kind.keys.slice(0, 1));
        if (thorough) await checkAccessible(me.page, `${name} half filled`); // what is filled is looked at below, where it is changed
        await shot(me.page, `kind-${name}-half`);
        const body = await answered(me.page, () => type(me.page, kind.keys.slice(1)));
        assert.deepEqual(body, kind.body);
        assert.equal(await judgedOf(study), 1);

        while (await me.page.locator('.offer').count() === 0) {
            const old = await questionOf(me.page);
            await me.page.keyboard.press('s');
            await nextAfter(me.page, old);
        }
        await me.close();
    });

    test(`${name}: by touch at 320 px, and by pointer`, async () => {
        const study = await studyOf(name);
        const expected = { ...kind.body, ...(kind.pressed ? { ratings: { ...kind.body.ratings, ...kind.pressed } } : {}) };
        const phone = await visitor(browser, platform.origin, SMALL);
        await join(phone.page, study);
        await checkReflow(phone.page, name);
        await checkTargets(phone.page, name);
        assert.equal(await phone.page.locator('kbd:visible').count(), 0);
        assert.deepEqual(await answered(phone.page, () => press(phone.page, kind.press, 'tap')), expected);
        await press(phone.page, kind.half ?? kind.press.slice(0, 1), 'tap');
        await phone.page.locator('#submit').tap();
        await phone.page.waitForSelector('.task-form > .notice-error');
        await checkReflow(phone.page, `${name} half filled`);
        await checkTargets(phone.page, `${name} half filled`);
        await shot(phone.page, `kind-${name}-phone`);
        await phone.close();

        const desk = await visitor(browser, platform.origin, { dark: true });
        await join(desk.page, study);
        assert.deepEqual(await answered(desk.page, () => press(desk.page, kind.press, 'click')), expected);
        assert.ok(await judgedOf(study) >= 2);
        await press(desk.page, kind.press.slice(0, 2), 'click');
        if (thorough) await checkAccessible(desk.page, `${name} dark`);
        await shot(desk.page, `kind-${name}-dark`);
        await desk.close();
    });

    const { task } = kind;
    test(`${name}: in Arabic, in forced colours, at twice the size of text`, async () => {
        const study = await studyOf(name);
        for (const [look, options] of [['arabic', { language: 'ar' }], ['arabic-narrow', { ...SMALL, language: 'ar', dark: true }]]) {
            const looks = thorough || look !== 'arabic';
            const me = await visitor(browser, platform.origin, options);
            await join(me.page, study, 'ar');
            await me.page.keyboard.press(kind.keys[0]);
            await checkReflow(me.page, `${name} ${look}`);
            await checkTargets(me.page, `${name} ${look}`);
            if (looks) await checkAccessible(me.page, `${name} ${look}`);
            await shot(me.page, `kind-${name}-${look}`);
            if (look === 'arabic') {
                const [chosen, other] = task.kind === 'ranking' ? ['.part-place [aria-disabled=true]', '.part-place button:not([aria-disabled=true])'] : ['.option.on', '.option:not(.on)'];
                await checkForced(me.page, name, { chosen, other });
                // Large text, in a window as narrow as one gets of a screen that is magnified so.
                await me.page.setViewportSize({ width: 640, height: 800 });
                await me.page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
                await checkReflow(me.page, `${name} at 200 %`);
                await shot(me.page, `kind-${name}-large`);
            }
            await me.close();
        }
    });

    test(`${name}: drafts outlive a reload, an answer without a network is kept; undone, changed, it arrives once`, async () => {
        const study = await studyOf(name);
        const me = await visitor(browser, platform.origin, { expected: DROPPED });
        await join(me.page, study);
        const first = await questionOf(me.page);
        const all = kind.press.slice(0, -1);
        await press(me.page, all, 'click');
        await me.page.waitForTimeout(1000);
        await me.page.reload();
        await me.page.waitForSelector('.task[aria-busy=false] .pair');
        await me.page.waitForFunction(() => document.querySelector('.task-form :checked, .rank, .slider:not(.untouched)'));

        await me.context.setOffline(true);
        await me.page.locator('#submit').click();
        await me.page.waitForSelector('.unsent-words');
        assert.equal(await judgedOf(study), 0);
        const address = me.page.url();
        await me.page.close();
        await me.context.setOffline(false);
        const page = await me.context.newPage();
        await page.goto(address);
        await page.waitForSelector('.task[aria-busy=false] .pair');
        assert.equal(await judgedOf(study), 1);
        assert.notEqual(await questionOf(page), first);

        // Undone, it stands there as it was given.
        await page.keyboard.press('z');
        await page.waitForFunction((text) => document.querySelector('.prompt')?.textContent.replace(/\s+/g, ' ').trim() === text, first);
        assert.equal(await judgedOf(study), 0);
        const again = await answered(page, () => page.locator('#submit').click());
        assert.deepEqual(Object.keys(again).sort(), Object.keys(kind.body).sort());
        assert.equal(await judgedOf(study), 1);

        // A change of mind supersedes.
        await page.keyboard.press('a');
        const row = page.locator('dialog .row-button').first();
        assert.ok((await textOf(row)).endsWith(kind.given), await textOf(row));
        await row.click();
        await page.waitForFunction((text) => document.querySelector('.prompt')?.textContent.replace(/\s+/g, ' ').trim() === text, first);
        await checkAccessible(page, `${name} changing`);
        const changed = await answered(page, () => page.locator('#submit').click());
        assert.deepEqual(changed, again);
        assert.equal(await judgedOf(study), 1);

        // Two tabs with one task: it counts once.
        const second = await me.context.newPage();
        await second.goto(address);
        await second.waitForSelector('.task[aria-busy=false] .pair');
        assert.equal(await questionOf(second), await questionOf(page));
        await press(page, all, 'click');
        await press(second, all, 'click');
        await Promise.all([page, second].map(async (tab) => {
            const old = await questionOf(tab);
            await tab.locator('#submit').click();
            await nextAfter(tab, old);
        }));
        assert.equal(await judgedOf(study), 2);
        await me.close();
    });
}
