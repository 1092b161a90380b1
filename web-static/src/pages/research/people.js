// Who judges in a study, under pseudonyms: how much, how long, which side, what stands out; excluded with a reason, and let in again.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { request, token } from '../../lib/api.js';
import { dateTime, number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { loadRows, useLoad } from '../../lib/load.js';
import { here, navigate } from '../../lib/router.js';
import { Dialog, ErrorSummary, Failed, Loading, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { Select } from './task.js';
import { SignIn } from './signin.js';

const PAGE = 100;
const CODES = ['one_side', 'fast', 'pasted', 'untyped', 'twins', 'known_answers', 'same_person', 'asked_to', 'other'];
const ORDERS = { joined: (one) => one.id, judgments: (one) => -one.n_judgments, flags: (one) => -one.flags.length, fast: (one) => one.mean_active_ms ?? Infinity };

// Pseudonyms are long; their end tells them apart on one page, and the whole of it is what is copied.
export const short = (id) => `…${id.slice(-8)}`;

const orderNow = () => {
    const wanted = new URLSearchParams(here.value.search).get('order');
    return wanted in ORDERS ? wanted : 'joined';
};

const FLAGS = ['one_side', 'fast', 'pasted', 'untyped', 'twins', 'repeated'];
const flagWords = (one) => t(`flag-${one.flag}`, { value: one.flag === 'fast' ? number(one.value / 1000, { maximumFractionDigits: 1 }) : percent(one.value, 0), n: number(one.n) });

// The other of a twin stands on the same page, or a later one; what they have in common is a share of shingles.
const Flag = ({ one }) => html`<p class="flag">${flagWords(one)}${one.nearest && html` <a href=${`#${one.nearest.annotator_id}`}><code dir="ltr" title=${one.nearest.annotator_id}>${short(one.nearest.annotator_id)}</code></a> ${t('flag-nearest', { share: percent(one.nearest.equal_share, 0) })}`}</p>`;

// What each means, and how often it would be wrong, as far as that can be said.
const AboutFlags = () => html`<details class="promise"><summary>${t('flags-about')}</summary><dl>
    ${FLAGS.map((one) => html`<dt>${t(`flag-name-${one}`)}</dt><dd>${t(`flag-about-${one}`)}</dd>`)}</dl></details>`;

function Person({ one, exclude, include }) {
    const { left_share: share, interval } = one.order_bias;
    return html`<tr id=${one.id}>
        <th scope="row"><code dir="ltr" title=${one.id}>${short(one.id)}</code>${one.state !== 'active' && html` <strong class="tag">${t(`person-${one.state}`)}</strong>`}
            ${one.exclusion_reason && html`<br /><span class="fine" dir="auto">${one.exclusion_reason}</span>`}</th>
        <td class="num">${number(one.n_judgments)}</td>
        <td class="num">${number(one.n_skipped)}</td>
        <td class="num">${one.mean_active_ms == null ? '–' : t('seconds', { n: number(one.mean_active_ms / 1000, { maximumFractionDigits: 1 }) })}</td>
        <td class="num">${share == null ? '–' : percent(share, 0)}${interval && html`<br /><span class="fine">${t('range', { low: percent(interval[0], 0), high: percent(interval[1], 0) })}</span>`}</td>
        <td class="num">${one.gold.n === 0 ? '–' : html`${percent(one.gold.accuracy, 0)}<br /><span class="fine">${t('range', { low: percent(one.gold.interval[0], 0), high: percent(one.gold.interval[1], 0) })}</span>`}</td>
        <td>${one.flags.map((flag) => html`<${Flag} key=${flag.flag} one=${flag} />`)}</td>
        <td>${one.last_at ? html`<time datetime=${one.last_at}>${dateTime(one.last_at)}</time>` : '–'}</td>
        <td>${one.state === 'excluded'
        ? html`<button type="button" class="button small" aria-label=${`${t('person-include')} ${short(one.id)}`} onClick=${() => void include(one)}>${t('person-include')}</button>`
        : html`<button type="button" class="button small" aria-label=${`${t('person-exclude')} ${short(one.id)}`} onClick=${() => exclude(one)}>${t('person-exclude')}</button>`}</td>
    </tr>`;
}

function Excluding({ project, one, onDone }) {
    const [reason, setReason] = useState('');
    const [code, setCode] = useState('other');
    const [errors, setErrors] = useState([]);
    async function go(event) {
        event.preventDefault();
        const missing = reason.trim() === '' ? [{ field: 'exclude-reason', text: t('exclude-reason-missing') }] : [];
        setErrors(missing);
        if (missing.length > 0) return;
        try {
            await request('PATCH', `/api/v1/projects/${project}/annotators/${one.id}`, { body: { state: 'excluded', reason: reason.trim(), code } });
            say(t('person-is-excluded'));
            onDone(true);
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
    }
    return html`<${Dialog} open=${true} onClose=${() => onDone(false)} title=${t('exclude-title', { who: short(one.id) })}>
        <p>${t('exclude-text')}</p>
        <form novalidate onSubmit=${go}>
            <${ErrorSummary} errors=${errors} />
            <${Select} id="exclude-code" label=${t('exclude-code')} value=${code} options=${CODES} words=${(one) => t(`exclude-code-${one}`)} onChange=${setCode} />
            <div class="field"><label for="exclude-reason">${t('exclude-reason')}</label>
                <textarea id="exclude-reason" rows="3" dir="auto" maxlength="500" value=${reason} aria-invalid=${errors.some((wrong) => wrong.field) ? 'true' : undefined}
                    onInput=${(event) => setReason(event.target.value)}></textarea></div>
            <p class="actions"><button class="button primary">${t('person-exclude')}</button>
                <button type="button" class="button" onClick=${() => onDone(false)}>${t('exclude-no')}</button></p>
        </form>
    <//>`;
}

export default function People({ params }) {
    const [n, setN] = useState(PAGE);
    const [excluding, setExcluding] = useState(null);
    const found = useLoad(() => loadRows(`/api/v1/projects/${params.project}/annotators`, {}, n, PAGE), [params.project, n, token.value]);
    usePageTitle(t('people-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading' && !found.value) return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const order = orderNow();
    const rows = found.value.rows.toSorted((a, b) => (ORDERS[order](a) < ORDERS[order](b) ? -1 : ORDERS[order](a) > ORDERS[order](b) ? 1 : 0));
    async function include(one) {
        try {
            await request('PATCH', `/api/v1/projects/${params.project}/annotators/${one.id}`, { body: { state: 'active' } });
            say(t('person-is-included'));
        } catch (error) {
            say(problemText(error));
        }
        await found.reload({ quiet: true });
    }
    return html`<div class="page research">
        <p><a href=${`/research/projects/${params.project}`}>${t('people-back')}</a></p>
        <${PageHeading}>${t('people-title')}<//>
        <p>${t('people-text')}</p>
        <${AboutFlags} />
        ${rows.length === 0 ? html`<p>${t('people-none')}</p>` : html`
        <${Select} id="people-order" label=${t('people-order')} value=${order} options=${Object.keys(ORDERS)} words=${(one) => t(`people-order-${one}`)}
            onChange=${(one) => navigate(`?order=${one}`, { replace: true })} />
        <div class="table-scroll" tabindex="0" role="group" aria-label=${t('people-title')}><table class="data">
            <thead><tr><th scope="col">${t('person-who')}</th><th scope="col" class="num">${t('person-judgments')}</th><th scope="col" class="num">${t('count-skipped')}</th>
                <th scope="col" class="num">${t('person-time')}</th><th scope="col" class="num">${t('quality-order')}</th><th scope="col" class="num">${t('quality-gold')}</th><th scope="col">${t('person-flags')}</th>
                <th scope="col">${t('person-last')}</th><td></td></tr></thead>
            <tbody>${rows.map((one) => html`<${Person} key=${one.id} one=${one} exclude=${setExcluding} include=${include} />`)}</tbody>
        </table></div>`}
        ${found.value.more && html`<p><button type="button" class="button" onClick=${() => setN(n + PAGE)}>${t('people-more')}</button></p>`}
        ${excluding && html`<${Excluding} project=${params.project} one=${excluding} onDone=${(moved) => { setExcluding(null); if (moved) void found.reload({ quiet: true }); }} />`}
    </div>`;
}
