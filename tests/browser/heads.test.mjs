// The card of a model with heads of dimensions and articles, by language, and its comparison with another model of the study.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessible, checkReflow, checkTargets, launch, NARROW, settled, shot, textOf, visitor } from '../support/browser.mjs';
import { startPlatform } from '../support/platform.mjs';
import { makeRated } from '../support/rated.mjs';
import { client } from '../support/study.mjs';
import { until } from '../support/workers.mjs';

let platform, browser, call, project, models;

async function fitted(body) {
    const { id } = await call('POST', `/api/v1/projects/${project}/fits`, body);
    return until(async () => {
        const now = await call('GET', `/api/v1/fits/${id}`);
        assert.notEqual(now.state, 'failed', now.error);
        return now.state === 'done' && now.model_id;
    }, 'the fit');
}

before(async () => {
    platform = await startPlatform({ workers: 1 });
    browser = await launch();
    call = client(platform.origin, platform.token);
    project = await makeRated(platform.coordinator);
    models = { quality: await fitted({ method: 'pooled', options: { dimension: 'quality' } }), calm: await fitted({ method: 'compliance' }) };
});
after(async () => {
    await browser?.close();
    await platform?.stop();
});

test('heads, languages and what is not fitted stand on the card; compliance can be asked for', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    const { page } = me;
    await page.goto(`/research/models/${models.quality}`);
    await page.waitForSelector('#heads-title');
    await checkAccessible(page, 'heads');
    await checkTargets(page, 'heads');
    await shot(page, 'heads');
    assert.equal(await page.locator('[aria-labelledby^="head-"] h3').count(), 2);
    assert.match(await textOf(page.locator('[aria-labelledby="heads-title"] ul')), /rare: .*(too few|yes)/);
    assert.deepEqual((await page.locator('[aria-labelledby="languages-title"] tbody th').allTextContents()).sort(), ['Arabic', 'English']);
    await page.goto(`/research/projects/${project}`);
    await settled(page);
    assert.equal(await page.locator('#method-compliance').count(), 1, 'the study asks of an article');
    await me.close();
});

test('another model beside it, paired', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token });
    const { page } = me;
    await page.goto(`/research/models/${models.calm}`);
    await page.waitForSelector('#beside-other-title');
    await page.locator('#beside-model').selectOption(models.quality);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('One of them foretells no preference').waitFor();
    assert.match(await textOf(page.locator('section[aria-labelledby="beside-other-title"] tbody')), /calm/);
    await checkAccessible(page, 'models compared');
    await me.close();
});

test('narrow, in Arabic, in the dark', async () => {
    const me = await visitor(browser, platform.origin, { token: platform.token, language: 'ar', dark: true, ...NARROW });
    await me.page.goto(`/research/models/${models.calm}`);
    await me.page.waitForSelector('#heads-title');
    await checkReflow(me.page, 'heads, narrow');
    await checkAccessible(me.page, 'heads, narrow');
    await shot(me.page, 'heads-narrow');
    await me.close();
});
