// The first view of a person on a slow phone: what it weighs on the wire, and when its largest part is painted (LCP), at
// 1.6 Mbit/s with 150 ms to the server and a processor four times slower. Of the landing page, of an invitation, and of the
// first pair to judge; the middle of five visits with an empty cache.
import { launch } from '../tests/support/browser.mjs';
import { startPlatform } from '../tests/support/platform.mjs';
import { client, makeStudy } from '../tests/support/study.mjs';
import { middle, print } from './support.mjs';

const VISITS = 5, MBIT_S = 1.6, LATENCY_MS = 150, SLOWER = 4;
const LIMIT_BYTES = 60 * 1024, LIMIT_MS = 2500;

async function visit(browser, url, token) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  await context.addInitScript((bearer) => {
    if (bearer) sessionStorage.setItem('plenum.token', bearer);
    window.paints = [];
    new PerformanceObserver((list) => window.paints.push(...list.getEntries().map((one) => one.startTime))).observe({ type: 'largest-contentful-paint', buffered: true });
  }, token);
  const page = await context.newPage();
  const tools = await context.newCDPSession(page);
  await tools.send('Network.enable');
  await tools.send('Network.emulateNetworkConditions', { offline: false, latency: LATENCY_MS, downloadThroughput: MBIT_S * 125_000, uploadThroughput: MBIT_S * 125_000 });
  await tools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  let bytes = 0;
  tools.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await page.goto(url);
  await page.waitForSelector('main h1');
  await page.waitForFunction(() => !document.querySelector('main .loading'));
  await page.waitForLoadState('networkidle');
  const lcp_ms = await page.evaluate(() => window.paints.at(-1));
  await context.close();
  return { bytes, lcp_ms };
}

const platform = await startPlatform();
const browser = await launch();
try {
  const call = client(platform.origin, platform.token);
  const study = await makeStudy(call);
  const code = await study.invite(100);
  const { token } = await (await fetch(`${platform.origin}/api/v1/join`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code, consent: { version: '1' } }) })).json();
  for (const [name, path, bearer] of [['landing', '/'], ['invitation', `/join?code=${code}`], ['pair', `/annotate/${study.id}`, token]]) {
    const visits = [];
    for (let i = 0; i < VISITS; i++) visits.push(await visit(browser, platform.origin + path, bearer));
    const bytes = middle(visits.map((one) => one.bytes)), lcp_ms = middle(visits.map((one) => one.lcp_ms));
    print(`first_view_${name}_bytes`, bytes, 'bytes', `goal ${LIMIT_BYTES}; with headers and answers of the API`, bytes / LIMIT_BYTES);
    print(`first_view_${name}_lcp`, lcp_ms, 'ms', `goal ${LIMIT_MS}; ${MBIT_S} Mbit/s, ${LATENCY_MS} ms, CPU x${SLOWER}`, lcp_ms / LIMIT_MS);
  }
} finally {
  await browser.close();
  await platform.stop();
}
