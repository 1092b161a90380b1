// Which models of a study are fitted again as judgments come, and, on a model's card, from what it began and whether judgments have moved.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { get, put as putJson } from '../../lib/api.js';
import { decimal, number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { ErrorSummary, problemText, say } from '../../ui/parts.js';

const METHODS = ['pooled', 'group', 'dro', 'maxmin', 'jury'];
const HOUR_S = 3600;

// What goes back into a PUT of what came from a GET.
const asked = ({ method, attribute, options, share, least_s: leastS }) => ({ method, ...(attribute ? { attribute } : {}), options, share, least_s: leastS });

function New({ taken, attributes, put }) {
    const free = METHODS.filter((one) => !taken.includes(one) && (attributes.length > 0 || !['group', 'dro'].includes(one)));
    const [method, setMethod] = useState(null);
    const [attribute, setAttribute] = useState('');
    const [share, setShare] = useState('10');
    const [hours, setHours] = useState('1');
    const [errors, setErrors] = useState([]);
    const chosen = free.includes(method) ? method : free[0];
    const needs = ['group', 'dro'].includes(chosen);
    const of = attribute || (needs ? attributes[0].id : '');
    async function add(event) {
        event.preventDefault();
        const wrong = [
            ...(Number(share) >= 1 && Number(share) <= 1000 ? [] : [{ field: 'refit-share', text: t('refit-share-wrong') }]),
            ...(Number(hours) > 0 && Number(hours) <= 8760 ? [] : [{ field: 'refit-hours', text: t('refit-hours-wrong') }]),
        ];
        setErrors(wrong);
        if (wrong.length > 0) return;
        const problem = await put({ method: chosen, ...(of ? { attribute: of } : {}), share: Number(share) / 100, least_s: Math.max(60, Math.round(Number(hours) * HOUR_S)) });
        setErrors(problem ? [{ text: problem }] : []);
    }
    if (free.length === 0) return null;
    return html`<form class="inline-form" novalidate onSubmit=${add} aria-labelledby="refit-new">
        <h3 id="refit-new">${t('refit-new')}</h3>
        <${ErrorSummary} errors=${errors} />
        <div class="field"><label for="refit-method">${t('refit-method')}</label>
            <select id="refit-method" value=${chosen} onChange=${(event) => setMethod(event.target.value)}>
                ${free.map((one) => html`<option value=${one}>${t(`method-${one}`)}</option>`)}
            </select></div>
        ${attributes.length > 0 && html`<div class="field"><label for="refit-attribute">${t('refit-attribute')}</label>
            <select id="refit-attribute" value=${of} onChange=${(event) => setAttribute(event.target.value)}>
                ${!needs && html`<option value="">${t('refit-no-attribute')}</option>`}
                ${attributes.map((one) => html`<option value=${one.id}>${one.name}</option>`)}
            </select></div>`}
        <div class="field"><label for="refit-share">${t('refit-share')}</label>
            <input id="refit-share" type="number" min="1" max="1000" step="any" inputmode="decimal" value=${share} onInput=${(event) => setShare(event.target.value)} /></div>
        <div class="field"><label for="refit-hours">${t('refit-hours')}</label>
            <input id="refit-hours" type="number" min="0.02" max="8760" step="any" inputmode="decimal" value=${hours} onInput=${(event) => setHours(event.target.value)} /></div>
        <button class="button primary">${t('refit-add')}</button>
    </form>`;
}

export function Refits({ id, attributes, moved }) {
    const at = `/api/v1/projects/${id}/refits`;
    const found = useLoad(() => get(at), [at, moved]);
    const refits = found.value?.refits;
    if (!refits) return null;
    // Gives the problem's text, or nothing.
    async function put(list) {
        try {
            await putJson(at, { refits: list });
            say(t('refits-set'));
            await found.reload({ quiet: true });
            return null;
        } catch (error) {
            return problemText(error);
        }
    }
    const state = (one) => (['queued', 'running'].includes(one.last_state) ? t(`state-${one.last_state}`)
        : one.last_fit === null ? t('refit-first') : one.n_missing > 0 ? t('refit-missing', { n: one.n_missing, count: number(one.n_missing) }) : t('refit-due'));
    const nameOf = (attribute) => attributes.find((one) => one.id === attribute)?.name ?? attribute;
    return html`<section aria-labelledby="refits-title">
        <h2 id="refits-title">${t('refits-title')}</h2>
        <p>${t('refits-text')}</p>
        ${refits.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="refits-title"><table class="data">
            <thead><tr><th scope="col">${t('fit-method')}</th><th scope="col" class="num">${t('refit-share')}</th><th scope="col" class="num">${t('refit-hours')}</th>
                <th scope="col">${t('refit-next')}</th><td></td></tr></thead>
            <tbody>${refits.map((one) => html`<tr key=${one.method}><th scope="row">${t(`method-${one.method}`)}${one.attribute && html` (<span dir="auto">${nameOf(one.attribute)}</span>)`}</th>
                <td class="num">${percent(one.share, 0)}</td><td class="num">${decimal(one.least_s / HOUR_S, 1)}</td><td>${state(one)}</td>
                <td><button type="button" class="button small" aria-label=${t('refit-end-of', { method: t(`method-${one.method}`) })}
                    onClick=${async () => { const problem = await put(refits.filter((other) => other !== one).map(asked)); if (problem) say(problem); }}>${t('refit-end')}</button></td></tr>`)}</tbody>
        </table></div>`}
        <${New} taken=${refits.map((one) => one.method)} attributes=${attributes} put=${(one) => put([...refits.map(asked), one])} />
    </section>`;
}

// --- on a card --------------------------------------------------------------------------------------------------------
const WHY = ['other_method', 'other_attribute', 'other_features', 'other_options', 'not_told', 'grown', 'drift', 'lost_cluster', 'lost_people'];

export function Start({ start, drift, groupName }) {
    if (!start || (start.kind === 'cold' && start.why === 'first')) return null;
    const why = WHY.includes(start.why) ? start.why : 'other_options';
    return html`<section aria-labelledby="start-title">
        <h2 id="start-title">${t('start-title')}</h2>
        <p>${start.kind === 'warm' ? t('start-warm') : t(`start-cold-${why.replaceAll('_', '-')}`)}</p>
        ${start.from && html`<dl class="facts"><div class="wide"><dt>${t('start-from')}</dt><dd><code class="hash" dir="ltr">${start.from}</code></dd></div></dl>`}
        ${drift && html`<h3 id="drift-title">${t('drift-title')}</h3><p>${t(!drift.measured ? 'drift-few' : drift.found ? 'drift-found' : 'drift-none')}</p>
        ${drift.rows.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="drift-title"><table class="data">
            <thead><tr><th scope="col">${t('drift-who')}</th><th scope="col" class="num">${t('drift-older')}</th><th scope="col" class="num">${t('drift-recent')}</th>
                <th scope="col" class="num">${t('drift-difference')}</th><th scope="col" class="num">p</th></tr></thead>
            <tbody>${drift.rows.map((row) => html`<tr><th scope="row">${row.value ? html`<span dir="auto">${groupName(row)}</span>` : t('card-everyone')}</th>
                <td class="num">${decimal(row.log_loss_older)} <span class="fine">(${number(row.n_older)})</span></td>
                <td class="num">${decimal(row.log_loss_recent)} <span class="fine">(${number(row.n_recent)})</span></td>
                <td class="num">${t('drift-interval', { difference: decimal(row.difference), low: decimal(row.interval[0]), high: decimal(row.interval[1]) })}</td>
                <td class="num">${decimal(row.p)}</td></tr>`)}</tbody>
        </table></div>`}`}
    </section>`;
}
