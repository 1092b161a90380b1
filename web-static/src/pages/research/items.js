// The items of a study: those on which people are furthest apart, or all of them.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { token } from '../../lib/api.js';
import { number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { loadRows, useLoad } from '../../lib/load.js';
import { here, navigate } from '../../lib/router.js';
import { Failed, Loading, PageHeading, usePageTitle } from '../../ui/parts.js';
import { Select } from './task.js';
import { SignIn } from './signin.js';

const PAGE = 50;
const ORDERS = ['disagreement', 'id'];

// What is shown stands in the address: it can be sent to somebody, and an export takes the same part.
function viewNow() {
    const query = new URLSearchParams(here.value.search);
    return { order: query.get('order') === 'id' ? 'id' : 'disagreement', language: query.get('language') ?? '', tag: query.get('tag') ?? '' };
}
export const queryOf = (view) => new URLSearchParams(Object.entries(view).filter(([, value]) => value)).toString();

// What is asked in an item, in one line.
export const asked = (prompt) => (Array.isArray(prompt) ? prompt.at(-1)?.content : prompt) || t('item-sealed');

export default function Items({ params }) {
    const [n, setN] = useState(PAGE);
    const view = viewNow();
    const found = useLoad(() => loadRows(`/api/v1/projects/${params.project}/items`, view, n, PAGE), [params.project, queryOf(view), n, token.value]);
    const show = (parts) => navigate(`?${queryOf({ ...view, ...parts })}`, { replace: true });
    usePageTitle(t('items-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading' && !found.value) return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { rows, more } = found.value;
    return html`<div class="page research">
        <p><a href=${`/research/projects/${params.project}`}>${t('people-back')}</a></p>
        <${PageHeading}>${t('items-title')}<//>
        <p>${t('items-text')}</p>
        <div class="inline-form">
            <${Select} id="items-order" label=${t('items-order')} value=${view.order} options=${ORDERS} words=${(one) => t(`items-order-${one}`)} onChange=${(order) => show({ order })} />
            ${['language', 'tag'].map((one) => html`<div class="field"><label for=${`items-${one}`}>${t(`items-${one}`)}</label>
                <input id=${`items-${one}`} type="text" dir="auto" size="12" value=${view[one]} onChange=${(event) => show({ [one]: event.target.value.trim() })} /></div>`)}
        </div>
        <p><a href=${`/research/projects/${params.project}?${queryOf({ language: view.language, tag: view.tag })}`}>${t(view.language || view.tag ? 'items-export' : 'items-export-all')}</a></p>
        ${rows.length === 0 ? html`<p>${t(view.order === 'id' ? 'items-none' : 'items-none-apart')}</p>` : html`
        <div class="table-scroll" tabindex="0" role="group" aria-label=${t('items-title')}><table class="data">
            <thead><tr><th scope="col">${t('item-asks')}</th><th scope="col" class="num">${t('item-apart')}</th><th scope="col" class="num">${t('person-judgments')}</th></tr></thead>
            <tbody>${rows.map((one) => html`<tr key=${one.id}>
                <th scope="row" class="item-asks"><a href=${`/research/projects/${params.project}/items/${one.id}`}><span dir="auto" lang=${one.language ?? undefined}>${asked(one.prompt)}</span></a></th>
                <td class="num">${one.disagreement == null ? '–' : percent(one.disagreement, 0)}</td><td class="num">${number(one.n_judgments)}</td></tr>`)}</tbody>
        </table></div>`}
        ${more && html`<p><button type="button" class="button" onClick=${() => setN(n + PAGE)}>${t('people-more')}</button></p>`}
    </div>`;
}
