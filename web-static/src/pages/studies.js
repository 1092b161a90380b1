// The studies this person has joined, and the way into a new one.
import { html } from 'htm/preact';
import { getOrNull, loadSession } from '../lib/api.js';
import { localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { Failed, Loading, PageHeading, usePageTitle } from '../ui/parts.js';

async function load() {
    const [session, site] = await Promise.all([loadSession(), getOrNull('/api/v1/site').catch(() => null)]);
    return { studies: (session?.projects ?? []).filter((one) => one.state !== 'left'), demo: site?.demo };
}

export default function Studies() {
    const found = useLoad(load, []);
    usePageTitle(t('studies-title'));
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { studies, demo } = found.value;
    return html`<div class="page measure">
        <${PageHeading}>${t('studies-title')}<//>
        ${studies.length === 0 && html`<p>${t('studies-none')}</p>`}
        ${studies.length > 0 && html`<ul class="rows">${studies.map((study) => html`<li>
            <a class="row-link" href=${`/annotate/${study.id}`}><span dir="auto">${localized(study.name)}</span></a></li>`)}</ul>`}
        <p class="actions">
            <a class="button ${studies.length === 0 ? 'primary' : ''}" href="/join">${t('studies-join')}</a>
            ${demo?.invitation_url && !studies.some((one) => one.id === demo.project_id) && html`<a class="button" href=${new URL(demo.invitation_url, location.href).pathname +
        new URL(demo.invitation_url, location.href).search}>${t('landing-demo-join')}</a>`}
        </p>
    </div>`;
}
