// Models side by side on one item: what each would choose, and who would rather have had another answer.
import { html } from 'htm/preact';
import { get, listOrEmpty, token } from '../../lib/api.js';
import { number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { markdown } from '../../lib/markdown.js';
import { here, navigate } from '../../lib/router.js';
import { Failed, Loading, PageHeading, problemText, usePageTitle } from '../../ui/parts.js';
import { asked } from './items.js';
import { groupsOf, letter, newest, questionsOf, regret, scoreAll, SEATS } from './losses.js';
import { SignIn } from './signin.js';
import { Select } from './task.js';
import { wordsOf } from './words.js';

const ITEMS = 50;

// Those on which people are furthest apart; before anybody judged, any.
async function loadItems(project) {
    const apart = await get(`/api/v1/projects/${project}/items?order=disagreement&limit=${ITEMS}`);
    return apart.data.length > 0 ? apart.data : (await get(`/api/v1/projects/${project}/items?limit=${ITEMS}`)).data;
}

async function loadStudy(project) {
    const [study, fits, items] = await Promise.all([get(`/api/v1/projects/${project}`), listOrEmpty(`/api/v1/projects/${project}/fits`), loadItems(project)]);
    const models = await Promise.all(newest(fits).map((fit) => get(`/api/v1/models/${fit.model_id}`)));
    return { study, models, items: items.filter((one) => one.prompt) };
}

function Choices({ scored }) {
    return html`<ul class="choices">${scored.map(({ model, answer, error }) => html`<li key=${model.id}>
        <h3><a href=${`/research/models/${model.id}`}>${t(`method-${model.method}`)}</a></h3>
        ${error ? html`<p dir="auto">${problemText(error)}</p>` : html`<p class="lead">${letter(answer.choice.index)}</p>
            ${model.metrics.supported === false && html`<p class="fine">${t('compare-not-supported')}</p>`}
            ${answer.verdict && html`<p>${t('compare-majority', { share: percent(answer.candidates[answer.choice.index].jury.majority, 0) })}
                ${' '}${answer.verdict.turned_by ? t('compare-turned', { n: answer.verdict.turned_by.seats, letter: String.fromCharCode(65 + answer.verdict.turned_by.choice.index) }) : t('compare-not-turned')}</p>`}`}
    </li>`)}</ul>`;
}

function Losses({ scored, groups }) {
    const told = scored.filter(({ answer }) => answer);
    return html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="losses-title"><table class="data">
        <thead><tr><th scope="col">${t('compare-who')}</th>${told.map(({ model, answer }) => html`<th scope="col" class="num" key=${model.id}>${t(`method-${model.method}`)}: ${letter(answer.choice.index)}</th>`)}</tr></thead>
        <tbody>${groups.map((group) => {
        const shares = told.map(({ answer }) => regret(group.utilities, answer.choice.index));
        return html`<tr key=${group.name}><th scope="row"><bdi>${group.name}</bdi></th>${shares.map((share, i) => html`<td key=${i} class=${share > 0.5 ? 'num lost' : 'num'}>${percent(share, 0)}${share > 0.5 && html` <strong class="tag">${t('compare-lost')}</strong>`}</td>`)}</tr>`;
    })}</tbody>
    </table></div>`;
}

export default function Compare({ params }) {
    const { project } = params;
    const query = new URLSearchParams(here.value.search);
    const study = useLoad(() => loadStudy(project), [project, token.value]);
    const { models = [], items = [] } = study.value ?? {};
    const questions = questionsOf(models);
    const itemId = query.get('item') ?? items[0]?.id, by = query.get('by') ?? questions[0] ?? '';
    const found = useLoad(() => scoreAll(project, itemId, models, by), [project, itemId, by, models.map((one) => one.id).join()]);
    usePageTitle(t('compare-title'));
    if (study.state === 'failed' && study.error.status === 401) return html`<${SignIn} onDone=${() => study.reload()} />`;
    const failed = [study, found].find((one) => one.state === 'failed');
    if (failed) return html`<div class="page"><${Failed} error=${failed.error} retry=${failed.reload} /></div>`;
    if (study.state === 'loading' || (itemId && !found.value)) return html`<${Loading} />`;
    const words = wordsOf(study.value.study);
    const show = (parts) => navigate(`?${new URLSearchParams({ item: itemId ?? '', by, ...parts })}`, { replace: true });
    const { item, scored } = found.value ?? { scored: [] };
    const groups = groupsOf(scored, words);
    return html`<div class="page research">
        <p><a href=${`/research/projects/${project}`}>${t('back-to-project')}</a></p>
        <${PageHeading}>${t('compare-title')}<//>
        <p class="measure">${t('compare-text')}</p>
        ${models.length === 0 ? html`<p>${t('compare-no-models')}</p>` : !item ? html`<p>${t('compare-no-items')}</p>` : html`
        <div class="inline-form">
            <${Select} id="compare-item" label=${t('compare-item')} value=${itemId} options=${items.map((one) => one.id)} words=${(id) => asked(items.find((one) => one.id === id)?.prompt).slice(0, 80)}
                onChange=${(id) => show({ item: id })} />
            ${questions.length > 0 && html`<${Select} id="compare-by" label=${t('compare-by')} value=${by} options=${questions} words=${(id) => words(id)} onChange=${(id) => show({ by: id })} />`}
        </div>
        <section aria-labelledby="asked-title"><h2 id="asked-title">${t('compare-asked')}</h2>
            ${item.prompt.map((turn) => html`<div class="text card" dir="auto" lang=${item.language ?? undefined}>${markdown(turn.content)}</div>`)}
            <div class="compare-answers">${(item.responses ?? []).map((one, i) => html`<article class="card" key=${i} aria-labelledby=${`answer-${i}`}><h3 id=${`answer-${i}`}>${letter(i)}</h3>
                <div class="text" dir="auto" lang=${item.language ?? undefined}>${markdown(one.content)}</div></article>`)}</div></section>
        ${scored.length === 0 ? html`<p>${t('compare-one-answer')}</p>` : html`
        <section aria-labelledby="choices-title"><h2 id="choices-title">${t('compare-choices')}</h2><${Choices} scored=${scored} /></section>
        <section aria-labelledby="losses-title"><h2 id="losses-title">${t('compare-losses')}</h2>
            <p>${t('compare-losses-text', { seats: number(SEATS) })}</p>
            ${groups.length === 0 ? html`<p>${t('compare-no-groups')}</p>` : html`<${Losses} scored=${scored} groups=${groups} />`}</section>`}`}
    </div>`;
}
