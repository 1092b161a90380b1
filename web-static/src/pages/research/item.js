// One item and all that became of it: each answer as it was given, changed and taken back.
import { html } from 'htm/preact';
import { get, token } from '../../lib/api.js';
import { dateTime, listOf, number, percent } from '../../lib/format.js';
import { localized, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { markdown } from '../../lib/markdown.js';
import { Failed, Loading, PageHeading, usePageTitle } from '../../ui/parts.js';
import { ItemGroups } from './groups.js';
import { short } from './people.js';
import { SignIn } from './signin.js';

const response = (n) => t('item-response', { n: number(n + 1) });

// What an answer says, with responses by their numbers here and not by where they stood on screen.
function said(one) {
    const { outcome, shown, answer, strength } = one;
    const steps = strength ? t('item-by', { n: number(strength) }) : '';
    if (outcome === 'left' || outcome === 'right') return listOf([response(shown[outcome === 'left' ? 0 : 1]), ...(steps ? [steps] : [])]);
    if (outcome === 'ranking') return answer.ranking.map((group) => group.map(response).join(' = ')).join(' › ');
    if (outcome !== 'rating') return t(`said-${outcome}`);
    return t('said-rating');
}

const ratings = (answer) => Object.entries(answer?.ratings ?? {}).flatMap(([dimension, values]) => Object.entries(values)
    .map(([slot, value]) => `${dimension}${slot === 'item' ? '' : ` (${response(Number(slot))})`}: ${value}`));

const standing = (one) => t(one.excluded ? 'stand-excluded' : one.outcome === 'void' ? 'stand-void' : one.stands ? 'stand-counts' : 'stand-changed');

export default function Item({ params }) {
    const found = useLoad(() => Promise.all(['', `/items/${params.item}`].map((one) => get(`/api/v1/projects/${params.project}${one}`))), [params.project, params.item, token.value]);
    usePageTitle(t('item-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const [project, item] = found.value;
    return html`<div class="page research">
        <p><a href=${`/research/projects/${params.project}/items`}>${t('items-title')}</a></p>
        <${PageHeading}>${t('item-title')}<//>
        <dl class="figures">
            <div><dt>${t('item-apart')}</dt><dd>${item.disagreement == null ? '–' : percent(item.disagreement, 0)}</dd></div>
            ${['judged', 'leased', 'open'].map((one) => html`<div><dt>${t(`slots-${one}`)}</dt><dd>${number(item.slots[one])}</dd></div>`)}
        </dl>
        ${item.sealed ? html`<p>${t('item-sealed-text')}</p>` : html`<section aria-labelledby="item-asks"><h2 id="item-asks">${t('item-asks')}</h2>
            ${item.prompt.map((turn) => html`<div class="text card" dir="auto" lang=${item.language ?? undefined}>${item.prompt.length > 1 && html`<p class="fine">${t(`item-role-${turn.role}`)}</p>`}${markdown(turn.content)}</div>`)}
            ${(item.responses ?? []).map((one, n) => html`<h3>${response(n)}${one.model && html` <span class="fine" dir="auto">${localized(one.model)}</span>`}</h3>
                ${one.names_model && html`<p class="notice">${t('item-names-model')}</p>`}
                <div class="text card" dir="auto" lang=${item.language ?? undefined}>${markdown(one.content)}</div>`)}</section>`}
        <${ItemGroups} project=${project} item=${params.item} n_responses=${item.responses?.length ?? 0} responseWords=${response} choiceWords=${(one) => (/^\d/.test(one) ? response(Number(one)) : t(`said-${one}`))} />
        <section aria-labelledby="item-history"><h2 id="item-history">${t('item-history')}</h2>
        ${item.judgments.length === 0 ? html`<p>${t('item-history-none')}</p>` : html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="item-history"><table class="data">
            <thead><tr><th scope="col">${t('person-last')}</th><th scope="col">${t('person-who')}</th><th scope="col">${t('item-said')}</th>
                <th scope="col" class="num">${t('person-time')}</th><th scope="col">${t('item-stands')}</th></tr></thead>
            <tbody>${item.judgments.map((one) => html`<tr key=${one.id}><th scope="row"><time datetime=${one.judged_at}>${dateTime(one.judged_at)}</time></th>
                <td><code dir="ltr" title=${one.annotator_id}>${short(one.annotator_id)}</code></td>
                <td>${said(one)}${ratings(one.answer).map((line) => html`<br /><span dir="auto">${line}</span>`)}</td>
                <td class="num">${one.active_ms == null ? '–' : t('seconds', { n: number(one.active_ms / 1000, { maximumFractionDigits: 1 }) })}</td>
                <td>${standing(one)}</td></tr>`)}</tbody>
        </table></div>`}</section>
    </div>`;
}
