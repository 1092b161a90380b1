// Chromium for the browser tests: pages that report every complaint, accessibility by axe, screenshots as build output.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');
const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');

const shots = fileURLToPath(new URL('../../build/screenshots/', import.meta.url));
const EXECUTABLE = process.env.PLENUM_CHROMIUM ?? '/usr/bin/chromium-headless-shell';

export async function launch() {
    await mkdir(shots, { recursive: true });
    const options = {
        executablePath: EXECUTABLE,
        headless: true,
        // Nothing but this machine has a name: a request to another origin fails and is seen.
        args: ['--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
    };
    // Chromium's sandbox cannot be used by root, nor where the kernel gives no user namespaces (containers): the pages
    // are our own, so they are opened without it then.
    if (process.getuid() === 0) return chromium.launch({ ...options, chromiumSandbox: false });
    try {
        return await chromium.launch({ ...options, chromiumSandbox: true });
    } catch (error) {
        if (!/sandbox/i.test(error.message)) throw error;
        return chromium.launch({ ...options, chromiumSandbox: false });
    }
}

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
export const NARROW = { viewport: { width: 320, height: 640 } };

// Asking who is signed in is answered so after a session has ended; the browser says it aloud.
const NOBODY = /status of 401 .*\/api\/v1\/session$/;
// A server that is too busy says so and when to come again, and the page does.
const BUSY = /status of 503 .*\/api\/v1\//;

// A person's own browser: context and page, with what went wrong kept in `complaints`.
// What may fail on purpose (a refused sign-in, a dropped connection) is named by `expected`.
export async function visitor(browser, origin, { language = 'en', dark = false, token, expected = [], ...options } = {}) {
    const context = await browser.newContext({
        baseURL: origin,
        locale: language === 'ar' ? 'ar' : 'en-GB',
        timezoneId: 'Pacific/Auckland',
        colorScheme: dark ? 'dark' : 'light',
        reducedMotion: 'reduce',
        viewport: { width: 1280, height: 900 },
        acceptDownloads: true,
        ...options,
    });
    const complaints = [];
    const foreign = [];
    const complain = (text) => {
        if (![...expected, NOBODY, BUSY].some((pattern) => pattern.test(text))) complaints.push(text);
    };
    await context.addInitScript(([lang, bearer]) => {
        if (location.protocol === 'about:') return;
        if (!localStorage.getItem('plenum.language')) localStorage.setItem('plenum.language', lang);
        if (bearer) sessionStorage.setItem('plenum.token', bearer);
        document.addEventListener('securitypolicyviolation', (event) => {
            console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
        });
    }, [language, token]);
    context.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:')) foreign.push(url);
    });
    function watch(page) {
        page.on('console', (message) => {
            if (message.type() === 'error' || message.type() === 'warning') {
                complain(`${message.text()} ${message.location().url}`);
            }
        });
        page.on('pageerror', (error) => complain(`uncaught: ${error.message}`));
        return page;
    }
    context.on('page', watch);
    const page = await context.newPage();
    return {
        context,
        page,
        async close() {
            await context.close();
            assert.deepEqual(foreign, [], 'requests to another origin');
            assert.deepEqual(complaints, [], 'what the browser complained of');
        },
    };
}

// The page of this address has drawn itself: its heading stands and nothing says it is loading.
export async function settled(page) {
    await page.waitForFunction(() => document.querySelector('main:not([aria-busy]) h1') && !document.querySelector('main .loading'));
}

// Axe is read once for each document: reading it takes longer than looking.
export async function checkAccessible(page, name) {
    await settled(page);
    if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
    const violations = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations
        .map((one) => ({ rule: one.id, nodes: one.nodes.slice(0, 4).map((node) => `${node.target.join(' ')}: ${node.failureSummary}`) })));
    assert.deepEqual(violations, [], name);
}

// Nothing wider than the window (WCAG 1.4.10), save what scrolls by itself.
export async function checkReflow(page, name) {
    const [width, window, wide] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement; // not innerWidth: a phone's grows with the page
        const out = scrollWidth <= clientWidth ? [] : [...document.querySelectorAll('body *')].filter((one) => {
            const { left, right } = one.getBoundingClientRect();
            return (right > clientWidth + 1 || left < -1) && !one.closest('.table-scroll, .visually-hidden');
        }).slice(-4).map((one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 30)}`);
        return [scrollWidth, clientWidth, out];
    });
    assert.ok(width <= window, `${name} is ${width} px wide in a window of ${window}: ${wide.join('; ')}`);
}

// Every control can be hit by a finger: 44 px, but for links that stand in a line of text.
export async function checkTargets(page, name) {
    const small = await page.evaluate(() => [...document.querySelectorAll('main button, main select, main summary, main input, main a')]
        .filter((one) => !(one.tagName === 'A' && getComputedStyle(one).display === 'inline'))
        .map((one) => (one.matches('input[type=radio], input[type=checkbox]') ? one.closest('label') ?? one : one))
        .map((one) => ({ text: one.textContent.trim().slice(0, 40), tag: one.tagName, box: one.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
        .map(({ text, tag, box }) => `${tag} ${text} ${box.width}x${box.height}`));
    assert.deepEqual(small, [], name);
}

// In forced colours nothing is told by a wash or a shadow. Of what is `chosen` and of what is not, edges differ (or words, where they say it);
// whatever takes the focus from the keyboard shows a ring that was not there.
export async function checkForced(page, name, { chosen, other, most = 40 } = {}) {
    await page.emulateMedia({ forcedColors: 'active' });
    await page.evaluate(() => {
        window.__edges = (one) => {
            const { outlineStyle, outlineWidth, outlineOffset, borderTopStyle, borderTopWidth, borderLeftWidth } = getComputedStyle(one);
            return [outlineStyle === 'none' ? '' : `${outlineStyle} ${outlineWidth} ${outlineOffset}`, borderTopStyle, borderTopWidth, borderLeftWidth].join(' | ');
        };
        window.__ring = (one) => [one, one.parentElement].map(window.__edges).join(' / ');
    });
    const forced = await page.evaluate(() => {
        const probe = document.body.appendChild(document.createElement('p'));
        probe.style.cssText = 'background: Canvas; forced-color-adjust: none';
        const same = getComputedStyle(probe).backgroundColor === getComputedStyle(document.body).backgroundColor;
        probe.remove();
        return matchMedia('(forced-colors: active)').matches && same;
    });
    assert.ok(forced, `${name}: colours are forced`);
    if (chosen) {
        const [on, off] = await Promise.all([chosen, other].map((one) => page.locator(one).first().evaluate((node) => ({ edges: window.__edges(node), words: node.matches('button') ? node.textContent : '' }))));
        assert.ok(on.edges !== off.edges || on.words !== off.words, `${name}: what is chosen looks like what is not: ${JSON.stringify([on, off])}`);
    }
    const bare = [];
    let stops = 0;
    await page.locator('main').focus();
    for (; stops < most; stops += 1) {
        await page.keyboard.press('Tab');
        const seen = await page.evaluate(() => {
            const one = document.activeElement;
            if (!one.closest('main')) return null;
            const ring = window.__ring(one);
            const visible = [one, one.parentElement].some((each) => getComputedStyle(each).outlineStyle !== 'none' && parseFloat(getComputedStyle(each).outlineWidth) >= 2);
            one.blur();
            const without = window.__ring(one);
            one.focus({ preventScroll: true });
            return visible && ring !== without ? '' : `${one.tagName}#${one.id} ${one.textContent.trim().slice(0, 30)}: ${ring}`;
        });
        if (seen === null) break;
        if (seen) bare.push(seen);
    }
    assert.ok(stops > 0, `${name}: nothing takes the focus`);
    assert.deepEqual(bare, [], `${name}: without a ring`);
    await page.evaluate(() => document.activeElement.blur());
    await shot(page, `forced-${name.replace(/\W+/g, '-')}`);
    await page.emulateMedia({ forcedColors: 'none' });
}

// Every screen in every look, and pictures of all: `make looks`. Else each look on some screens.
export const thorough = Boolean(process.env.PLENUM_THOROUGH);

export async function shot(page, name, { fullPage = true } = {}) {
    if (!thorough && !process.env.PLENUM_SHOTS) return;
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage });
}

// Text as a person reads it, without Fluent's isolation marks.
export async function textOf(locator) {
    return ((await locator.textContent()) ?? '').replace(/[\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim();
}
