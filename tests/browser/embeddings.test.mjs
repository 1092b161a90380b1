// A study's embedding endpoint in the browser: what leaves the installation is said, the endpoint is set, what went wrong is told
// in words and in Arabic, and it is taken away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startEmbedder } from '../support/embedder.mjs';
import { startPlatform } from '../support/platform.mjs';
import { client } from '../support/study.mjs';

let platform, stub, browser, call, study;

before(async () => {
    stub = await startEmbedder();
    platform = await startPlatform({ env: { PLENUM_OUTSIDE_ALLOW: stub.host } });
    browser = await launch();
    call = client(platform.origin, platform.token);
    study = (await call('POST', '/api/v1/projects', { name: 'Embedded', task: { kind: 'pairwise' } })).id;
    const items = Array.from({ length: 3 }, (_, i) => JSON.stringify({ id: `i${i}`, prompt: `Question ${i}`, responses: [{ content: `one ${i}` }, { content: `two ${i}` }] }));
    const answer = await fetch(`${platform.origin}/api/v1/projects/${study}/items`, { method: 'POST', body: items.join('\n'), headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/x-ndjson' } });
    assert.ok(answer.ok);
});
after(async () => {
    await browser?.close();
    await platform?.stop();
    await stub?.stop();
});

async function open(page, path) {
    await page.goto(path);
    await settled(page);
}
const researcher = (options = {}) => visitor(browser, platform.origin, { token: platform.token, ...options });

test('by keyboard alone: what is missing is named, the endpoint is set, all is embedded, and it is taken away', async () => {
    const me = await researcher({ expected: [/status of 422/] });
    const { page } = me;
    await open(page, `/research/projects/${study}`);
    await page.getByRole('link', { name: 'Embeddings' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#embed-url');
    await page.getByText('Responses leave this installation').waitFor();
    await checkAccessible(page, 'embeddings, none');
    await page.locator('#embed-url').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice-error');
    assert.deepEqual(await page.locator('.notice-error a').allTextContents(), ['Say where it is', 'Say which model']);
    await page.locator('#embed-url').fill('http://10.0.0.1/');
    await page.locator('#embed-model').fill('good');
    await page.locator('#embed-dimensions').fill('x');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Dimensions are a whole number' }).waitFor();
    await page.locator('#embed-dimensions').fill('');
    await page.keyboard.press('Enter');
    await page.getByText('must begin with https://').waitFor();
    await page.locator('#embed-url').fill(stub.url);
    await page.locator('#embed-key').fill('sk-in-the-browser');
    await page.keyboard.press('Enter');
    await page.getByText('All that may be sent has an embedding.').waitFor();
    assert.match(await textOf(page.locator('.figures')), /Responses ?6 ?Have an embedding ?6 ?Are missing ?0/);
    assert.equal(await page.locator('#embed-key').inputValue(), '');
    assert.equal(stub.requests[0].authorization, 'Bearer sk-in-the-browser');
    assert.ok(!(await page.content()).includes('sk-in-the-browser'));
    await checkAccessible(page, 'embeddings');
    await checkTargets(page, 'embeddings');
    await shot(page, 'embeddings');
    await page.getByRole('button', { name: 'Take it away' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take it away' }).click();
    await page.getByText('No endpoint is named').waitFor();
    await me.close();
});

test('what refuses is told in words and asked again; in Arabic and in a narrow window', async () => {
    await call('PUT', `/api/v1/projects/${study}/embeddings`, { url: stub.url, model: 'error-401' });
    const me = await researcher({ language: 'ar', ...NARROW });
    const { page } = me;
    await open(page, `/research/projects/${study}/embeddings`);
    await page.getByText('ترفض نقطة الوصول الطلب').waitFor();
    assert.match(await textOf(page.locator('main')), /401|٤٠١/);
    await checkReflow(page, 'embeddings');
    await checkAccessible(page, 'embeddings in Arabic');
    await checkTargets(page, 'embeddings in Arabic');
    await shot(page, 'embeddings-ar-narrow');
    const n = stub.requests.length;
    await page.getByRole('button', { name: 'اسأل الآن من جديد' }).click();
    for (let i = 0; i < 100 && stub.requests.length === n; i++) await page.waitForTimeout(50);
    assert.equal(stub.requests.length, n + 1);
    await me.close();
});
