// Parts of a card that keep it honest: people who had no part in the fit, calibration, how far people's differences are kept, and who is in it.
import { html } from 'htm/preact';
import { decimal, number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

const range = ([low, high], show) => t('range', { low: show(low), high: show(high) });
const share = (value) => percent(value, 0);

function Scroll({ titled, children }) {
    return html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby=${titled}><table class="data">${children}</table></div>`;
}

// The server's reasons are English.
const Absent = ({ reason }) => html`<p>${t('card-absent')} <span lang="en" dir="ltr">${reason}</span></p>`;

// --- people who are new ------------------------------------------------------------------------------------------------
const WAYS = ['pooled', 'groups', 'history', 'robust'];

export function NewPeople({ people, factors }) {
    if (!people) return null;
    const ways = WAYS.filter((one) => people[one]);
    const claimed = ways.filter((one) => people[one].gain?.supported);
    const tested = ways.some((one) => people[one].gain);
    return html`<section aria-labelledby="new-people-title">
        <h2 id="new-people-title">${t('card-new-people')}</h2>
        ${people.reason ? html`<${Absent} reason=${people.reason} />` : html`
        <p>${factors == null ? t('card-left-out', { n: number(people.n_annotators) }) : t('card-new-people-text', { n: number(people.n_annotators), factors })}</p>
        <${Scroll} titled="new-people-title">
            <thead><tr><th scope="col">${t('card-foretold-by')}</th><th scope="col" class="num">${t('card-accuracy')}</th><th scope="col" class="num">${t('card-interval')}</th><th scope="col" class="num">${t('card-log-loss')}</th></tr></thead>
            <tbody>${ways.map((by) => html`<tr key=${by}><th scope="row">${t(`card-by-${by}`)}</th><td class="num">${percent(people[by].accuracy)}</td>
                <td class="num">${people[by].interval ? range(people[by].interval, percent) : t('not-known')}</td><td class="num">${decimal(people[by].log_loss)}</td></tr>`)}</tbody><//>
        ${tested && html`<p>${t(claimed.length > 0 ? 'card-new-people-better' : 'card-new-people-alike')}</p>`}`}
    </section>`;
}

// --- calibration -------------------------------------------------------------------------------------------------------
// From a coin's half to certainty, both ways; the line is where what is foretold is what comes.
const SIDE = 320, EDGE = 40;
const place = (chance) => EDGE + ((Math.max(0.4, Math.min(1, chance)) - 0.4) / 0.6) * (SIDE - EDGE - 12);
const MARKS = [0.4, 0.6, 0.8, 1];

function Curve({ bins }) {
    const up = (chance) => SIDE - place(chance);
    return html`<svg class="curve" viewBox=${`0 0 ${SIDE} ${SIDE}`} direction="ltr" aria-hidden="true" focusable="false">
        ${MARKS.map((v) => html`<line class="grid" x1=${place(v)} x2=${place(v)} y1=${up(0.4)} y2=${up(1)} /><line class="grid" x1=${place(0.4)} x2=${place(1)} y1=${up(v)} y2=${up(v)} />
            <text class="tick" x=${place(v)} y=${SIDE - EDGE + 20} text-anchor="middle">${share(v)}</text><text class="tick" x=${EDGE - 6} y=${up(v) + 5} text-anchor="end">${share(v)}</text>`)}
        <line class="average" x1=${place(0.4)} y1=${up(0.4)} x2=${place(1)} y2=${up(1)} />
        ${bins.map((bin) => html`<line class="interval" x1=${place(bin.predicted)} x2=${place(bin.predicted)} y1=${up(bin.interval[0])} y2=${up(bin.interval[1])} />
            <circle class="dot" cx=${place(bin.predicted)} cy=${up(bin.observed)} r="5" />`)}
    </svg>`;
}

export function Calibration({ bins, ece }) {
    if (!bins) return null;
    return html`<section aria-labelledby="curve-title">
        <h2 id="curve-title">${t('curve-title')}</h2>
        <p>${t('curve-text', { ece: percent(ece) })}</p>
        <figure class="dotplot curve-figure"><figcaption>${t('curve-caption')}</figcaption><${Curve} bins=${bins} /></figure>
        <details class="under"><summary>${t('curve-table')}</summary><${Scroll} titled="curve-title">
            <thead><tr>${['curve-predicted', 'curve-observed', 'card-interval', 'card-n'].map((one) => html`<th scope="col" class="num">${t(one)}</th>`)}</tr></thead>
            <tbody>${bins.map((bin, i) => html`<tr key=${i}><td class="num">${percent(bin.predicted)}</td><td class="num">${percent(bin.observed)}</td>
                <td class="num">${range(bin.interval, percent)}</td><td class="num">${number(bin.n)}</td></tr>`)}</tbody><//></details>
    </section>`;
}

// --- how far differences are kept ----------------------------------------------------------------------------------------
// What each figure is, how this model does, and beside what it stands.
function figuresOf({ steerable, overton, winners_curse: curse, refusals, distribution }) {
    const match = distribution?.match?.all;
    return [
        ['match', match ?? { few: true }, () => [decimal(match.distance, 2), range(match.interval, (one) => decimal(one, 2)),
            t('kept-match-beside', { chance: decimal(match.by_chance, 2), pooled: decimal(match.pooled, 2) })]],
        ['steerable', steerable, () => [percent(steerable.accuracy), t('kept-gain', { range: range(steerable.over_others_interval, (one) => decimal(100 * one, 1)) }),
            t('kept-steerable-beside', { others: percent(steerable.others), pooled: percent(steerable.pooled) })]],
        ['overton', overton, () => [percent(overton.coverage), range(overton.interval, percent),
            t('kept-overton-beside', { shown: decimal(overton.shown, 1), pooled: percent(overton.pooled), chance: percent(overton.by_chance) })]],
        ['curse', curse, () => [decimal(100 * curse.gap, 1), range(curse.interval, (one) => decimal(100 * one, 1)),
            t('kept-curse-beside', { predicted: percent(curse.predicted), realised: percent(curse.realised) })]],
        ['refusals', refusals, () => [t('kept-refusals-value', { over: number(refusals.over), refused: number(refusals.refused), under: number(refusals.under), answered: number(refusals.answered) }), '',
            t('kept-refusals-beside', { items: number(refusals.n_items), brier: decimal(refusals.brier, 2) })]],
    ].filter(([, found]) => found);
}

function Sensitivity({ groups, words }) {
    if (!groups?.some((one) => one.share != null)) return null;
    return html`<h3 id="sensitive-title">${t('sensitive-title')}</h3>
        <p>${t('sensitive-text')}</p>
        <${Scroll} titled="sensitive-title">
            <thead><tr>${['card-who', 'differ-within', 'differ-between', 'sensitive-people', 'card-interval', 'sensitive-model'].map((one, i) => html`<th scope="col" class=${i > 0 ? 'num' : ''}>${t(one)}</th>`)}</tr></thead>
            <tbody>${groups.map((one) => html`<tr key=${one.attribute}><th scope="row"><span dir="auto">${words(one.attribute)}</span></th>
                <td class="num">${percent(one.differ_within)}</td><td class="num">${percent(one.differ_between)}</td><td class="num">${percent(one.share)}</td>
                <td class="num">${range(one.interval, percent)}</td><td class="num">${percent(one.model_share)}</td></tr>`)}</tbody><//>`;
}

export function Differences({ metrics, words }) {
    const figures = figuresOf(metrics);
    if (!metrics.overton) return null;
    return html`<section aria-labelledby="kept-title">
        <h2 id="kept-title">${t('kept-title')}</h2>
        <p>${t('kept-text')}</p>
        <dl class="differences">${figures.map(([id, found, show]) => {
        const [value, interval, beside] = found.reason || found.few ? [] : show();
        return html`<div key=${id}><dt>${t(`kept-${id}`)}</dt><dd class="fine">${t(`kept-${id}-text`)}</dd>
            ${found.few ? html`<dd>${t('kept-match-few')}</dd>` : found.reason ? html`<dd><${Absent} reason=${found.reason} /></dd>` : html`<dd><strong class="differences-value">${value}</strong> ${interval && html`<span>(${interval})</span>`}</dd><dd>${beside}</dd>`}
            ${id === 'steerable' && found.served === false && html`<dd>${t('kept-not-served')}</dd>`}</div>`;
    })}</dl>
        <${Sensitivity} groups=${metrics.distribution?.groups} words=${words} />
    </section>`;
}

// --- who is in it --------------------------------------------------------------------------------------------------------
const REASONS = ['both_bad', 'cannot_judge', 'skip', 'taken_back', 'repeat', 'person_excluded'];

export function Who({ who, excluded, words }) {
    if (!who && !excluded) return null;
    const reasons = REASONS.filter((one) => excluded?.[one] > 0);
    return html`<section aria-labelledby="who-title">
        <h2 id="who-title">${t('who-title')}</h2>
        ${who?.length > 0 && html`<p>${t('who-text')}</p><${Scroll} titled="who-title">
            <thead><tr><th scope="col">${t('card-who')}</th><th scope="col" class="num">${t('card-people')}</th></tr></thead>
            ${who.map(({ attribute, groups, rest }) => html`<tbody key=${attribute}><tr class="row-heading"><th scope="rowgroup" colspan="2"><span dir="auto">${words(attribute)}</span></th></tr>
                ${groups.map((one) => html`<tr key=${one.value}><th scope="row"><span dir="auto">${words(attribute, one.value)}</span></th><td class="num">${number(one.n_annotators)}</td></tr>`)}
                ${rest > 0 && html`<tr><th scope="row">${t('who-rest')}</th><td class="num">${number(rest)}</td></tr>`}</tbody>`)}<//>`}
        ${excluded && html`<h3 id="excluded-title">${t('excluded-title')}</h3>
            ${reasons.length === 0 ? html`<p>${t('excluded-none')}</p>` : html`<p>${t('excluded-text')}</p><${Scroll} titled="excluded-title">
            <thead><tr><th scope="col">${t('excluded-why')}</th><th scope="col" class="num">${t('card-n')}</th></tr></thead>
            <tbody>${reasons.map((one) => html`<tr key=${one}><th scope="row">${t(`excluded-${one.replaceAll('_', '-')}`)}</th><td class="num">${number(excluded[one])}</td></tr>`)}</tbody><//>`}`}
    </section>`;
}
