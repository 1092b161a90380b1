// The way to a constitution when no address was followed.
import { html } from 'htm/preact';
import { getOrNull, listOrEmpty } from '../lib/api.js';
import { localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { Failed, Loading, PageHeading, usePageTitle } from '../ui/parts.js';

async function load() {
    const [communities, site] = await Promise.all([
        listOrEmpty('/api/v1/communities'), getOrNull('/api/v1/site').catch(() => null),
    ]);
    const demo = site?.demo?.community_id;
    if (demo && !communities.some((one) => one.id === demo)) communities.unshift({ id: demo, name: t('demo-community') });
    return communities;
}

export default function Constitutions() {
    const found = useLoad(load, []);
    usePageTitle(t('nav-constitution'));
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    return html`<div class="page measure">
        <${PageHeading}>${t('nav-constitution')}<//>
        <p class="lead">${t('constitution-what')}</p>
        ${found.state === 'loading' && html`<${Loading} />`}
        ${found.value?.length === 0 && html`<p>${t('constitutions-none')}</p>`}
        ${found.value?.length > 0 && html`<ul class="rows">${found.value.map((one) => html`<li>
            <a class="row-link" href=${`/constitution/${one.id}`}><span dir="auto">${localized(one.name)}</span></a></li>`)}</ul>`}
    </div>`;
}
