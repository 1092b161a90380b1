// The models that made the responses: who is preferred to whom. A score is told as the share of decided comparisons that a
// model would win against one of average score, which is what its logit says; the group that ranks it lowest stands beside.
import { html } from 'htm/preact';
import { decimal, listOf, number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { DotPlot } from '../../ui/dotplot.js';
import { Notice } from '../../ui/parts.js';
import { byAttribute } from './words.js';

const COLUMNS_MAX = 8; // models beside each other

const share = (score) => 1 / (1 + Math.exp(-score));
const shares = (interval) => interval?.map(share);

function range(interval) {
    const [low, high] = shares(interval) ?? [];
    return low == null ? t('not-known') : t('range', { low: percent(low), high: percent(high) });
}

function Worst({ worst, words }) {
    if (!worst) return html`<td>–</td>`;
    return html`<td><span dir="auto">${t('group-of', { attribute: words(worst.attribute), value: words(worst.attribute, worst.value) })}</span>
        <div class="fine">${t('board-worst', { share: percent(share(worst.score)), range: range(worst.interval), n: worst.n_annotators })}</div></td>`;
}

function Row({ row, words }) {
    const isSettled = row.place === 'settled';
    return html`<tr>
        <th scope="row"><bdi>${row.model}</bdi>${!isSettled && html` <strong class="tag">${t(`board-${row.place.replace('_', '-')}`)}</strong>`}</th>
        <td class="num">${isSettled ? percent(share(row.score)) : '–'}</td>
        <td class="num">${isSettled ? range(row.interval) : '–'}</td>
        <td class="num">${isSettled ? decimal(row.score, 2) : '–'}</td>
        <td class="num">${number(row.n)}</td>
        <${Worst} worst=${row.worst} words=${words} />
    </tr>`;
}

// Models of one component together: between two nothing is known.
function Scores({ board, words }) {
    const isApart = board.components.length > 1;
    const numbers = [...new Set(board.scores.map((row) => row.component))];
    return html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="board-title"><table class="data board-table">
        <thead><tr><th scope="col">${t('board-model')}</th><th scope="col" class="num">${t('board-share')}</th>
            <th scope="col" class="num">${t('card-interval')}</th><th scope="col" class="num">${t('board-score')}</th>
            <th scope="col" class="num">${t('board-n')}</th><th scope="col">${t('board-lowest')}</th></tr></thead>
        ${numbers.map((component) => html`<tbody key=${component ?? ''}>
            ${isApart && component != null && html`<tr class="row-heading"><th scope="rowgroup" colspan="6">${t('board-set', { n: component + 1 })}</th></tr>`}
            ${board.scores.filter((row) => row.component === component).map((row) => html`<${Row} key=${row.model} row=${row} words=${words} />`)}
        </tbody>`)}
    </table></div>`;
}

function ByGroup({ board, words }) {
    if (board.groups.length === 0) return null;
    const models = board.scores.filter((row) => row.place !== 'absent').slice(0, COLUMNS_MAX).map((row) => row.model);
    const cell = (group, model) => {
        const row = group.scores.find((one) => one.model === model);
        return row?.place === 'settled' ? percent(share(row.shrunk ?? row.score)) : '–';
    };
    return html`<h3 id="board-groups-title">${t('board-groups')}</h3>
        <p>${t('board-groups-text')}</p>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="board-groups-title"><table class="data">
            <thead><tr><th scope="col">${t('card-who')}</th><th scope="col" class="num">${t('card-people')}</th>
                ${models.map((model) => html`<th key=${model} scope="col" class="num"><bdi>${model}</bdi></th>`)}</tr></thead>
            ${byAttribute(board.groups).map(([attribute, groups]) => html`<tbody key=${attribute}>
                <tr class="row-heading"><th scope="rowgroup" colspan=${models.length + 2}><span dir="auto">${words(attribute)}</span></th></tr>
                ${groups.map((group) => html`<tr key=${group.value}>
                    <th scope="row"><span dir="auto">${words(attribute, group.value)}</span>${!group.comparable && html` <strong class="tag">${t('board-own-scale')}</strong>`}</th>
                    <td class="num">${number(group.n_annotators)}</td>
                    ${models.map((model) => html`<td key=${model} class="num">${cell(group, model)}</td>`)}
                </tr>`)}
            </tbody>`)}
        </table></div>`;
}

// Who goes with the others less than chance would have it: how many, whether the table hangs on them, and which declared
// groups are flagged more than the rest, whose people then weigh as they did.
function People({ people, words }) {
    if (!people || people.n_annotators === 0) return null;
    const contested = people.contested.map((one) => t('group-of', { attribute: words(one.attribute), value: words(one.attribute, one.value) }));
    return html`<h3>${t('board-people')}</h3>
        <p>${t('board-people-text', { flagged: people.n_flagged, n: number(people.n_annotators) })} ${people.n_flagged > 0 && (people.moved.length === 0
        ? t('board-unmoved') : t('board-moved', { models: listOf(people.moved) }))}</p>
        ${contested.length > 0 && html`<${Notice} title=${t('board-contested')}><p>${t('board-contested-text', { groups: listOf(contested) })}</p><//>`}`;
}

export function ModelBoard({ board, words }) {
    const { scores, components = [] } = board;
    const plotted = scores.filter((row) => row.place === 'settled' && row.component === 0 && row.interval);
    return html`<section aria-labelledby="board-title">
        <h2 id="board-title">${t('board-title')}</h2>
        <p>${t('board-text')}</p>
        ${scores.length === 0 && html`<${Notice} kind="warning" title=${t('board-none')}><p>${t('board-none-text')}</p><//>`}
        ${plotted.length > 1 && html`<${DotPlot} average=${0.5} averageName=${t('board-average')} title=${t('board-plot')}
            groups=${[['', plotted.map((row) => ({ name: row.model, value: share(row.score), interval: shares(row.interval) }))]]} />`}
        ${scores.length > 0 && html`<${Scores} board=${board} words=${words} />`}
        ${components.length > 1 && html`<${Notice} kind="warning" title=${t('board-apart')}><p>${t('board-apart-text')}</p><//>`}
        ${scores.some((row) => row.place !== 'settled' && row.place !== 'absent') && html`<p class="fine">${t('board-unsettled-text')}</p>`}
        ${scores.length > 0 && plotted.length === 0 && html`<p class="fine">${t('board-no-intervals')}</p>`}
        ${scores.length > 0 && html`<${ByGroup} board=${board} words=${words} /><${People} people=${board.people} words=${words} />`}
    </section>`;
}
