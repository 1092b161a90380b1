// What this is, and the three ways in.
import { html } from 'htm/preact';
import { getOrNull, loadSession } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { Hall } from '../ui/hall.js';
import { PageHeading, usePageTitle } from '../ui/parts.js';

const SEATS = 96;
// A few who sit together: those an average would not show.
const apart = (i) => i >= 69 && i <= 77;

function pathOf(url) {
    try {
        const parsed = new URL(url, location.href);
        return parsed.pathname + parsed.search;
    } catch {
        return null;
    }
}

// The demonstration, and whether this browser's person is in it: only who has signed in here is asked for.
async function load() {
    const [site, session] = await Promise.all([getOrNull('/api/v1/site'), loadSession()].map((one) => one.catch(() => null)));
    const demo = site?.demo;
    return { demo, joined: Boolean(demo) && Boolean(session?.projects?.some((one) => one.id === demo.project_id)) };
}

function Way({ number, href, title, text, action }) {
    return html`<li class="way">
        <span class="way-number" aria-hidden="true">${number}</span>
        <div>
            <h2><a href=${href}>${title}</a></h2>
            <p>${text}</p>
            <p class="way-action" aria-hidden="true">${action}</p>
        </div>
    </li>`;
}

function Demonstration({ demo, place, joined }) {
    return html`<section class="band" aria-labelledby="demo-title">
        <h2 id="demo-title">${t('landing-demo-title')}</h2>
        <p>${t('landing-demo-text')}</p>
        <p><strong class="tag">${t('simulated')}</strong> ${t('landing-demo-simulated')}</p>
        <p class="actions">
            ${place && html`<a class="button primary" href=${place}>${t(joined ? 'landing-demo-continue' : 'landing-demo-join')}</a>`}
            ${demo.community_id && html`<a class="button" href=${`/constitution/${demo.community_id}`}>
                ${t('landing-demo-constitution')}</a>`}
        </p>
    </section>`;
}

export default function Landing() {
    const found = useLoad(load, []);
    const { demo, joined } = found.value ?? {};
    const place = joined ? `/annotate/${demo.project_id}` : demo?.invitation_url && pathOf(demo.invitation_url);
    usePageTitle('');
    return html`<div class="page landing">
        <section class="opening">
            <div class="opening-words">
                <${PageHeading}>${t('landing-title')}<//>
                <p class="lead">${t('landing-lead')}</p>
            </div>
            <figure class="opening-hall">
                <${Hall} count=${SEATS} rows=${5} filled=${apart} />
                <figcaption>${t('landing-hall')}</figcaption>
            </figure>
        </section>
        <ol class="ways">
            <${Way} number="1" href=${place ?? '/annotate'} title=${t('landing-annotate')}
                text=${t('landing-annotate-text')} action=${t('landing-annotate-action')} />
            <${Way} number="2" href=${demo?.community_id ? `/constitution/${demo.community_id}` : '/constitution'}
                title=${t('landing-constitution')} text=${t('landing-constitution-text')}
                action=${t('landing-constitution-action')} />
            <${Way} number="3" href="/research" title=${t('landing-research')}
                text=${t('landing-research-text')} action=${t('landing-research-action')} />
        </ol>
        ${demo && html`<${Demonstration} demo=${demo} place=${place} joined=${joined} />`}
        <section class="promises" aria-labelledby="promises-title">
            <h2 id="promises-title">${t('landing-promises')}</h2>
            <ul>
                <li>${t('landing-promise-worst')}</li>
                <li>${t('landing-promise-yours')}</li>
                <li>${t('landing-promise-trace')}</li>
                <li>${t('landing-promise-here')}</li>
            </ul>
        </section>
    </div>`;
}
