// The card of a model. The worst-off group stands beside the average, in the table's first two rows and in the plot.
import { html } from 'htm/preact';
import { get, getOrNull, listOrEmpty, token } from '../../lib/api.js';
import { dateTime, decimal, number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { DotPlot } from '../../ui/dotplot.js';
import { Failed, Loading, Notice, PageHeading, usePageTitle } from '../../ui/parts.js';
import { ModelBoard } from './board.js';
import { BesideAnother, Distribution, Heads, Languages } from './heads.js';
import { Calibration, Differences, NewPeople, Who } from './honesty.js';
import { Start } from './refits.js';
import { SignIn } from './signin.js';
import { byAttribute, wordsOf } from './words.js';

// A group of an asked attribute, or one that the fit found.
const namesBy = (words) => (group) => (group.attribute
    ? words(group.attribute, group.value)
    : t('found-group', { value: String(group.value).replace('cluster ', '') }));
const fullName = (group, words, groupName) => (group.attribute
    ? t('group-of', { attribute: words(group.attribute), value: groupName(group) }) : groupName(group));

const points = (share) => decimal(100 * share, 1);

function interval(row) {
    const [low, high] = row.interval ?? [];
    return low == null ? t('not-known') : t('range', { low: percent(low), high: percent(high) });
}

const sameGroup = (one, other) => Boolean(one && other) && one.value === other.value && (one.attribute ?? null) === (other.attribute ?? null);

// The worst-off of all groups; where the fit found it, also the worst-off of those that people named themselves.
const worstOf = ({ worst, worst_declared: declared }) => [worst, sameGroup(worst, declared) ? null : declared].filter(Boolean);

function Row({ name, row, kind, tag }) {
    return html`<tr class=${kind ? `row-${kind}` : ''}>
        <th scope="row"><span dir="auto">${name}</span>${tag && html` <strong class="tag">${tag}</strong>`}</th>
        <td class="num">${percent(row.accuracy)}</td>
        <td class="num">${interval(row)}</td>
        <td class="num">${number(row.n_annotators)}</td>
        <td class="num">${number(row.n)}</td>
        <td class="num">${decimal(row.log_loss)}</td>
    </tr>`;
}

function Groups({ metrics, words, groupName }) {
    const { all, worst, groups = [] } = metrics;
    const marked = worstOf(metrics);
    const rest = groups.filter((one) => !marked.some((other) => sameGroup(one, other)));
    const parts = worstFirst(rest);
    return html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="groups-title"><table class="data card-table">
        <thead><tr><th scope="col">${t('card-who')}</th><th scope="col" class="num">${t('card-accuracy')}</th><th scope="col" class="num">${t('card-interval')}</th>
            <th scope="col" class="num">${t('card-people')}</th><th scope="col" class="num">${t('card-n')}</th>
            <th scope="col" class="num">${t('card-log-loss')}</th></tr></thead>
        <tbody>
            <${Row} name=${t('card-everyone')} row=${all} kind="all" />
            ${marked.map((one, i) => html`<${Row} key=${i} name=${fullName(one, words, groupName)} row=${one} kind="worst"
                tag=${i === 0 ? t('worst-off') : t('worst-off-declared')} />`)}
            ${metrics.mean && html`<tr><th scope="row">${t('card-mean')}</th><td class="num">${percent(metrics.mean.accuracy)}</td><td class="num">${interval(metrics.mean)}</td>
                <td class="num"></td><td class="num"></td><td class="num">${decimal(metrics.mean.log_loss)}</td></tr>`}
        </tbody>
        ${parts.map(([attribute, rows]) => html`<tbody key=${attribute ?? ''}>
            ${(attribute || parts.length > 1) && html`<tr class="row-heading"><th scope="rowgroup" colspan="6">
                <span dir="auto">${attribute ? words(attribute) : t('card-k')}</span></th></tr>`}
            ${rows.map((one) => html`<${Row} key=${one.value} name=${groupName(one)} row=${one} />`)}
        </tbody>`)}
    </table></div>
    ${metrics.k === 1 && html`<${Notice} title=${t('card-one-taste')}><p>${t('card-one-taste-text')}</p><//>`}
    ${!worst && html`<${Notice} kind="warning" title=${t('card-no-groups')}><p>${t('card-no-groups-text')}</p><//>`}`;
}

// Worst-off first: the groups of each question, and the questions by their least.
const least = (rows) => Math.min(...rows.map((one) => one.accuracy));
const worstFirst = (rows) => byAttribute([...rows].sort((a, b) => a.accuracy - b.accuracy)).sort(([, a], [, b]) => least(a) - least(b));

// Each question with its groups; those that the fit found are under a heading of their own where both are there.
function plotGroups({ worst, groups = [] }, words, groupName) {
    const parts = worstFirst(groups);
    return parts.map(([attribute, rows]) => [attribute ? words(attribute) : parts.length > 1 ? t('card-k') : '', rows.map((one) => ({
        name: groupName(one), value: one.accuracy, interval: one.interval, marked: sameGroup(one, worst),
    }))]);
}

// What a method claims: that the worst-off are served better, or that people are told apart.
const GROUP_CLAIMS = { yes: 'card-supported', yesText: 'card-supported-text', no: 'card-not-supported', noText: 'card-not-supported-text' };
const JURY_CLAIMS = { yes: 'card-jury-supported', yesText: 'card-jury-supported-text', no: 'card-jury-not-supported', noText: 'card-jury-not-supported-text' };

function Beside({ method, metrics }) {
    if (!metrics.pooled || method === 'pooled' || method === 'compliance') return null;
    const { pooled, gain } = metrics;
    const isJury = method === 'jury';
    const claims = isJury ? JURY_CLAIMS : GROUP_CLAIMS;
    return html`<section aria-labelledby="beside-title">
        <h2 id="beside-title">${t('card-beside')}</h2>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="beside-title"><table class="data">
            <thead><tr><th scope="col">${t('card-model')}</th><th scope="col" class="num">${t('card-everyone')}</th><th scope="col" class="num">${t('card-worst')}</th><th scope="col" class="num">${t('card-mean')}</th></tr></thead>
            <tbody>
                <tr><th scope="row">${t(`method-${method}`)}</th><td class="num">${percent(metrics.all?.accuracy)}</td><td class="num">${percent(metrics.worst?.accuracy)}</td><td class="num">${percent(metrics.mean?.accuracy)}</td></tr>
                <tr><th scope="row">${t('method-pooled')}</th><td class="num">${percent(pooled.all?.accuracy)}</td><td class="num">${percent(pooled.worst?.accuracy)}</td><td class="num">${percent(pooled.mean?.accuracy)}</td></tr>
            </tbody>
        </table></div>
        ${gain && (metrics.worst || isJury) && html`<p>${t(isJury ? 'card-jury-gain' : 'card-gain', {
        gain: points(gain.accuracy), low: points(gain.accuracy_interval[0]), high: points(gain.accuracy_interval[1]),
    })}</p>`}
        ${metrics.supported === false && html`<${Notice} kind="warning" title=${t(claims.no)}><p>${t(claims.noText)}</p><//>`}
        ${metrics.supported === true && html`<${Notice} kind="good" title=${t(claims.yes)}><p>${t(claims.yesText)}</p><//>`}
    </section>`;
}

// How well ratings are foretold that were held out.
function Ratings({ ratings }) {
    return html`<section aria-labelledby="ratings-title">
        <h2 id="ratings-title">${t('card-ratings')}</h2>
        <p>${t('card-ratings-text', { n: number(ratings.people.n) })}</p>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="ratings-title"><table class="data">
            <thead><tr><th scope="col">${t('card-foretold-by')}</th><th scope="col" class="num">${t('card-mae')}</th><th scope="col" class="num">${t('card-r')}</th></tr></thead>
            <tbody>${['content', 'raters', 'people'].map((by) => html`<tr key=${by}><th scope="row">${t(`card-by-${by}`)}</th>
                <td class="num">${decimal(ratings[by].mae)}</td><td class="num">${decimal(ratings[by].r)}</td></tr>`)}</tbody>
        </table></div>
    </section>`;
}

// Which embeddings the model was fitted on, or why it reads texts.
function embeddingsOf({ from, model, dimensions, n_responses, n_missing, n_sealed }) {
    if (from === 'none') return t('card-embeddings-none', { responses: number(n_responses), missing: number(n_missing), sealed: number(n_sealed) });
    return t(`card-embeddings-${from}`, { model: model ?? '', dimensions: number(dimensions) });
}

function Made({ model, metrics }) {
    const snapshot = model.snapshot_hash ?? metrics.snapshot;
    const artefact = model.artefact_hash ?? metrics.artefact;
    const rows = [
        ['card-method', t(`method-${model.method}`)],
        ['card-judgments', number(metrics.n_judgments)],
        metrics.n_edits > 0 && ['card-edits', number(metrics.n_edits)],
        ['card-annotators', number(metrics.n_annotators)],
        metrics.k != null && ['card-k', number(metrics.k)],
        metrics.features && ['card-features', metrics.features],
        metrics.embeddings && ['card-embeddings', embeddingsOf(metrics.embeddings)],
        ['card-auc', decimal(metrics.all?.auc)],
        ['card-ece', decimal(metrics.all?.ece)],
        model.created_at && ['fit-made', dateTime(model.created_at)],
    ].filter(Boolean);
    return html`<section aria-labelledby="made-title">
        <h2 id="made-title">${t('card-made')}</h2>
        <dl class="facts">${rows.map(([id, value]) => html`<div><dt>${t(id)}</dt><dd>${value}</dd></div>`)}
            ${metrics.embeddings?.edits_left_out && html`<div class="wide"><dt>${t('card-edits')}</dt><dd>${t('card-embeddings-edits')}</dd></div>`}
            ${snapshot && html`<div class="wide"><dt>${t('card-snapshot')}</dt><dd><code class="hash" dir="ltr">${snapshot}</code></dd></div>`}
            ${artefact && html`<div class="wide"><dt>${t('card-artefact')}</dt><dd><code class="hash" dir="ltr">${artefact}</code></dd></div>`}
        </dl>
    </section>`;
}

async function load(id) {
    const model = await get(`/api/v1/models/${id}`);
    const [project, fits] = await Promise.all([getOrNull(`/api/v1/projects/${model.project_id}`), listOrEmpty(`/api/v1/projects/${model.project_id}/fits`)]);
    return { model, project, fits };
}

export default function Model({ params }) {
    const found = useLoad(() => load(params.model), [params.model, token.value]);
    usePageTitle(t('card-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { model, project, fits } = found.value;
    const { metrics } = model;
    const words = wordsOf(project);
    const groupName = namesBy(words);
    const plot = plotGroups(metrics, words, groupName);
    return html`<div class="page research">
        ${model.project_id && html`<p><a href=${`/research/projects/${model.project_id}`}>${t('back-to-project')}</a></p>`}
        <${PageHeading} eyebrow=${t('card-title')}>${t(`method-${model.method}`)}<//>
        ${model.simulated && html`<p><strong class="tag">${t('simulated')}</strong> ${t('card-simulated')}</p>`}
        <section aria-labelledby="groups-title">
            <h2 id="groups-title">${t('card-groups')}</h2>
            <p>${t('card-groups-text')}</p>
            ${plot.length > 0 && html`<${DotPlot} groups=${plot} average=${metrics.all?.accuracy} averageName=${t('card-everyone')}
                title=${t('card-plot')} />`}
            <${Groups} metrics=${metrics} words=${words} groupName=${groupName} />
        </section>
        <${Languages} languages=${metrics.languages} />
        <${Beside} method=${model.method} metrics=${metrics} />
        <${NewPeople} people=${metrics.new_people ?? metrics.jury?.new_people} factors=${metrics.jury?.factors} />
        <${Calibration} bins=${metrics.calibration} ece=${(metrics.served ?? metrics).all?.ece} />
        <${Heads} objectives=${metrics.objectives} words=${words} project=${project} />
        <${Distribution} distribution=${metrics.distribution} />
        <${Differences} metrics=${metrics} words=${words} />
        <${BesideAnother} model=${model} fits=${fits} words=${words} project=${project} />
        ${metrics.models && html`<${ModelBoard} board=${metrics.models} words=${words} />`}
        ${metrics.jury?.ratings && html`<${Ratings} ratings=${metrics.jury.ratings} />`}
        <${Who} who=${metrics.who} excluded=${metrics.excluded} words=${words} />
        <${Start} start=${metrics.start} drift=${metrics.drift} groupName=${groupName} />
        <${Made} model=${model} metrics=${metrics} />
    </div>`;
}
