// What a task asks around its main question, in a real browser: articles as reasons and as questions, edits, orders that are dragged
// or are long; what was answered on screen is what is stored.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { download, lines, makeExport, unzstd } from '../support/dataset.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client, makeStudy, pairs } from '../support/study.mjs';

const SMALL = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const constitution = JSON.parse(readFileSync(new URL('../../demo/constitution.json', import.meta.url)));
const flat = (articles, before_ = '') => articles.flatMap((one, i) => [{ ...one, number: `${before_}${i + 1}` },
    ...flat(one.children ?? [], `${before_}${i + 1}.`)]);
const ARTICLES = flat(constitution.articles);

let platform, browser, call, community;
before(async () => {
    platform = await startPlatform();
    browser = await launch();
    call = client(platform.origin, platform.token);
    community = await found(constitution);
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

async function found(document) {
    const { id } = await call('POST', '/api/v1/communities', { name: 'Ours' });
    await call('POST', `/api/v1/communities/${id}/constitution`, document);
    return id;
}

const items = (n, more = () => ({})) => Array.from({ length: 4 }, (_, i) => ({ id: `item-${i}`, language: 'en', prompt: `Where should we meet? (${i})`,
    responses: Array.from({ length: n }, (__, k) => ({ id: `item-${i}.${k}`, content: `At place ${k}, by the *well*.` })), ...more(i) }));

async function arrive(study, options = {}) {
    const me = await visitor(browser, platform.origin, options);
    await me.page.goto(`/join?code=${await study.invite()}`);
    await settled(me.page);
    await me.page.locator('#agree').check();
    await me.page.locator('.button.primary').click();
    await me.page.waitForSelector('.task[aria-busy=false] .pair');
    return me;
}

// Does what sends an answer, gives the answer that was sent and what stood on screen, once the next task is there.
async function answered(page, act) {
    const prompt = await textOf(page.locator('.prompt'));
    const sent = page.waitForRequest((request) => request.method() === 'PUT' && request.url().endsWith('/judgment'));
    await act();
    const { active_ms, client: from, ...body } = (await sent).postDataJSON();
    assert.ok(active_ms >= 0 && from.interface_version);
    await page.waitForFunction((old) => document.querySelector('.offer') || (document.querySelector('.task[aria-busy="false"]')
        && document.querySelector('.prompt, .folded') && document.querySelector('.prompt')?.textContent.replace(/[\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim() !== old), prompt);
    return body;
}

async function keep(study, format = 'plenum') {
    const done = await makeExport(platform.coordinator, study.id, { formats: [format] });
    assert.equal(done.state, 'done', done.error);
    if (format !== 'plenum') return lines((await download(platform.coordinator, done.id, `${format}.jsonl`)).toString());
    return lines(unzstd(await download(platform.coordinator, done.id, 'plenum.jsonl.zst'))).filter(({ type }) => type === 'judgment');
}

test('the articles of the community are reasons, and each can be read where it is chosen', async () => {
    const study = await makeStudy(call, { items: pairs(8), community, task: { kind: 'pairwise', reasons: { from: 'constitution' } } });
    const me = await arrive(study);
    const { page } = me;
    assert.equal(await page.locator('.option-article:visible').count(), 0, 'many reasons are out of the way at first');
    await page.keyboard.press('2');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'reasons-0');
    assert.deepEqual(await Promise.all((await page.locator('.option-article .option-words').all()).map(textOf)), ARTICLES.map(({ number, title }) => `${number} ${title.en}`));
    await page.keyboard.press('3');
    // The text is read by keys, without choosing the article; what is open stays so, whatever is chosen.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const said = page.locator('.option-article .article-said:visible');
    assert.deepEqual([await textOf(said), await said.getAttribute('lang')], [ARTICLES[0].text.en.replace(/\s+/g, ' ').trim(), 'en']);
    await page.keyboard.press('3');
    assert.equal(await page.locator('.part :checked').count(), 1, 'only the choice');
    assert.equal(await said.count(), 1);
    await checkAccessible(page, 'articles as reasons');
    await shot(page, 'reasons-articles');
    await page.keyboard.press('3');
    await page.waitForTimeout(150);
    await page.reload();
    await page.locator('#reasons-2:checked').waitFor();
    assert.deepEqual(await answered(page, () => page.keyboard.press('Control+Enter')), { choice: 'left', strength: 2, reasons: [ARTICLES[2].id] });
    await me.close();

    const phone = await arrive(study, { ...SMALL, language: 'ar', dark: true });
    await phone.page.locator('label[for="choice-0"]').tap();
    await phone.page.locator('.more-options > summary').tap();
    const fifth = phone.page.locator('.option-article').nth(4);
    await fifth.locator('summary').tap();
    assert.deepEqual([await textOf(fifth.locator('.article-said')), await fifth.locator('.article-said').getAttribute('lang')],
        [ARTICLES[4].text.ar.replace(/\s+/g, ' ').trim(), 'ar']);
    await fifth.locator('label').tap();
    await phone.page.locator('label[for="reasons-26"]').tap();
    await checkReflow(phone.page, 'articles as reasons');
    await checkTargets(phone.page, 'articles as reasons');
    await checkAccessible(phone.page, 'articles as reasons, narrow');
    await shot(phone.page, 'reasons-articles-phone');
    const body = await answered(phone.page, () => phone.page.locator('#submit').tap());
    assert.deepEqual(body.reasons, [ARTICLES[4].id, ARTICLES[26].id]);
    await phone.close();
    assert.deepEqual((await keep(study)).map(({ reasons }) => reasons.join()).sort(), [[ARTICLES[2].id], [ARTICLES[4].id, ARTICLES[26].id]].map(String).sort());
});

test('whether a response keeps to an article is asked beside the article, in its own language', async () => {
    const [one, two] = [ARTICLES[2], ARTICLES[0]];
    const study = await makeStudy(call, { items: items(1), community, task: { kind: 'rating', compliance: { articles: [one.id, two.id] } } });
    const me = await arrive(study);
    await checkAccessible(me.page, 'compliance');
    await shot(me.page, 'compliance');
    assert.deepEqual(await Promise.all((await me.page.locator('.article-said').all()).map(textOf)), [one, two].map(({ text }) => text.en.replace(/\s+/g, ' ').trim()));
    await me.page.keyboard.press('2');
    const ratings = (first, second) => ({ [`article:${one.id}`]: { a: first }, [`article:${two.id}`]: { a: second } });
    assert.deepEqual(await answered(me.page, async () => { for (const key of ['3', 'Enter']) await me.page.keyboard.press(key); }), { ratings: ratings('no', 'unsure') });
    await me.close();
    const phone = await arrive(study, { ...SMALL, language: 'ar' });
    const said = phone.page.locator('.article-said').first();
    assert.deepEqual([await textOf(said), await said.getAttribute('lang')], [one.text.ar.replace(/\s+/g, ' ').trim(), 'ar']);
    for (const id of ['rating-0-a-0', 'rating-1-a-0']) await phone.page.locator(`label[for="${id}"]`).tap();
    await checkReflow(phone.page, 'compliance');
    await checkTargets(phone.page, 'compliance');
    await shot(phone.page, 'compliance-phone');
    assert.deepEqual(await answered(phone.page, () => phone.page.locator('#submit').tap()), { ratings: ratings('yes', 'yes') });
    await phone.close();
    assert.deepEqual((await keep(study)).map(({ ratings: all }) => Object.values(all).map((by) => by[0]).join()).sort(), ['no,unsure', 'yes,yes']);

    // Written in one language only, it is read out as that.
    const plain = { format: 'plenum-constitution/1', name: 'Ours', language: 'en', pillars: [{ id: 'justice', title: 'Justice' }],
        articles: [{ id: 'care', level: 'immutable', immutable: true, title: 'Care', text: 'Say what could go wrong.' }] };
    const other = await makeStudy(call, { items: items(1), community: await found(plain), task: { kind: 'rating', compliance: { articles: ['care'] } } });
    const reader = await arrive(other, { language: 'ar' });
    const english = reader.page.locator('.article-said');
    assert.deepEqual([await textOf(english), await english.getAttribute('lang')], ['Say what could go wrong.', 'en']);
    await reader.close();
});

test('an order can be dragged, and of three and of nine be made without', async () => {
    const three = await makeStudy(call, { items: items(3), task: { kind: 'ranking' } });
    const me = await arrive(three);
    for (const key of ['1', '2', '3']) await me.page.keyboard.press(key);
    const row = (i) => me.page.locator('.rank').nth(i);
    await row(2).dragTo(row(0), { targetPosition: { x: 20, y: 4 } });
    assert.deepEqual(await Promise.all((await me.page.locator('.rank strong').all()).map(textOf)), ['Answer C', 'Answer A', 'Answer B']);
    await row(0).dragTo(row(1), { targetPosition: { x: 20, y: (await row(1).boundingBox()).height - 4 } });
    await checkAccessible(me.page, 'dragged');
    assert.deepEqual(await answered(me.page, () => me.page.locator('#submit').click()), { ranking: [['a'], ['c'], ['b']] });
    await me.close();

    const nine = await makeStudy(call, { items: items(9), task: { kind: 'ranking' } });
    const phone = await arrive(nine, { ...SMALL, language: 'ar' });
    for (const slot of 'ihgfedcba') await phone.page.locator(`#rank-${slot}`).tap();
    await phone.page.locator('#rank_together-a').tap();
    await checkReflow(phone.page, 'nine');
    await checkTargets(phone.page, 'nine');
    await checkAccessible(phone.page, 'nine');
    await shot(phone.page, 'ranking-nine-phone');
    const body = await answered(phone.page, () => phone.page.locator('#submit').tap());
    assert.deepEqual(body, { ranking: [['i'], ['h'], ['g'], ['f'], ['e'], ['d'], ['c'], ['a', 'b']] });
    await phone.close();
    assert.deepEqual((await keep(nine))[0].ranking.map((rank) => rank.length), [1, 1, 1, 1, 1, 1, 1, 2]);
});

test('the better response, made better, stands above both; left as it was, it is no edit', async () => {
    const study = await makeStudy(call, { items: items(2), task: { preset: 'llama3' } });
    const me = await arrive(study);
    await me.page.keyboard.press('1');
    assert.equal(await me.page.locator('#edit').inputValue(), await me.page.locator('.response').first().locator('.text').evaluate((text) => (
        `${text.textContent.trim().replace('well', '*well*')}`)));
    assert.deepEqual(await answered(me.page, () => me.page.keyboard.press('Control+Enter')), { choice: 'left', strength: 4 });
    await me.page.keyboard.press('8');
    const old = await me.page.locator('#edit').inputValue();
    await me.page.keyboard.press('j');
    assert.equal(await me.page.evaluate(() => document.activeElement.id), 'edit');
    await me.page.keyboard.press('Control+End');
    await me.page.keyboard.type(' Bring bread.');
    await checkAccessible(me.page, 'edited');
    await shot(me.page, 'edited');
    const body = await answered(me.page, () => me.page.keyboard.press('Control+Enter'));
    assert.deepEqual(body, { choice: 'right', strength: 4, edit: { slot: 'right', content: `${old} Bring bread.` } });
    await me.close();
    const all = (await keep(study, 'trl')).map(({ chosen, rejected }) => [chosen.at(-1).content, rejected.at(-1).content]);
    const made = body.edit.content;
    assert.equal(all.length, 4);
    assert.equal(all.filter(([chosen]) => chosen === made).length, 2);
    assert.ok(all.some(([chosen, rejected]) => chosen === made && rejected === old));
    assert.ok(all.every(([, rejected]) => rejected !== made));
});
