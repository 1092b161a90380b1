// Of a study's scenes, the items with the tag "scene": what the pooled model, maxmin and a jury would choose, and how many of each taste would keep
// it. All of it as the study's own models say just now.
import { html } from 'htm/preact';
import { get, token } from '../../lib/api.js';
import { listOf, number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { markdown } from '../../lib/markdown.js';
import { problemText } from '../../ui/parts.js';
import { asked } from './items.js';
import { groupsOf, keeping, letter, newest, questionsOf, scoreAll, seatsFor } from './losses.js';

const METHODS = ['pooled', 'maxmin', 'jury'], SCENES = 3, EXCERPT = 120;

async function load(project, fits) {
    const { data } = await get(`/api/v1/projects/${project}/items?tag=scene&limit=${SCENES}`);
    if (data.length === 0) return null;
    const models = await Promise.all(newest(fits, METHODS).map((fit) => get(`/api/v1/models/${fit.model_id}`)));
    const [by = ''] = questionsOf(models);
    return { by, models, scenes: await Promise.all(data.map((one) => scoreAll(project, one.id, models, by))) };
}

// What an answer begins with, without its signs.
function beginning(text) {
    const plain = text.replaceAll(/[*_#`>]/g, '').replaceAll(/\s+/g, ' ').trim();
    return plain.length <= EXCERPT ? plain : `${plain.slice(0, plain.lastIndexOf(' ', EXCERPT))} …`;
}

const nameOf = (group) => (group.people ? t('scenes-taste', { name: group.name, n: group.people }) : group.name);
const favourite = ({ utilities }) => utilities.indexOf(Math.max(...utilities));

// Of every rule that could be asked its choice, and how many of each group would keep that.
function outcomesOf({ scored }, words) {
    const told = scored.filter(({ answer }) => answer);
    const found = groupsOf(told.filter(({ model }) => model.method === 'maxmin'), words);
    const groups = found.length > 0 ? found : groupsOf(told, words);
    return { groups, rules: told.map(({ model, answer }) => ({ model, choice: answer.choice.index, kept: groups.map((group) => keeping(group.utilities, answer.choice.index)) })) };
}

const Bar = ({ share }) => html`<svg class="keep-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <rect class="ground" width="100" height="8" /><rect class="share" width=${100 * share} height="8" /><line x1="50" x2="50" y1="0" y2="8" /></svg>`;

function Rule({ rule, groups, answers, language }) {
    const least = Math.min(...rule.kept), worst = groups[rule.kept.indexOf(least)];
    return html`<li>
        <h4><a href=${`/research/models/${rule.model.id}`}>${t(`method-${rule.model.method}`)}</a></h4>
        <p class="lead">${letter(rule.choice)}</p>
        <p class="fine" dir="auto" lang=${language}>${beginning(answers[rule.choice].content)}</p>
        <ul class="keeps">${groups.map((group, g) => html`<li key=${group.name} class=${rule.kept[g] < 0.5 ? 'lost' : ''}><span><bdi>${nameOf(group)}</bdi></span>
            <${Bar} share=${rule.kept[g]} /><span class="num">${percent(rule.kept[g], 0)}</span></li>`)}</ul>
        <p>${least < 0.5 ? t('scenes-loses', { name: nameOf(worst), share: percent(least, 0), wanted: letter(favourite(worst)) }) : t('scenes-nobody-loses', { name: nameOf(worst), share: percent(least, 0) })}</p>
    </li>`;
}

function Scene({ scene, words, number: n }) {
    const { item } = scene;
    const { groups, rules } = outcomesOf(scene, words);
    const language = item.language ?? undefined, answers = item.responses, id = `scene-${n}`;
    return html`<article class="scene" aria-labelledby=${id}>
        <h3 id=${id} dir="auto" lang=${language}>${asked(item.prompt)}</h3>
        <ul class="choices">${rules.map((rule) => html`<${Rule} key=${rule.model.id} rule=${rule} groups=${groups} answers=${answers} language=${language} />`)}</ul>
        <details class="under"><summary>${t('scenes-details')}</summary>
            <div class="table-scroll" tabindex="0" role="group" aria-labelledby=${id}><table class="data">
                <thead><tr><th scope="col">${t('scenes-would-keep')}</th>${rules.map((rule) => html`<th scope="col" class="num" key=${rule.model.id}>${t(`method-${rule.model.method}`)}: ${letter(rule.choice)}</th>`)}
                    <th scope="col">${t('scenes-rather')}</th></tr></thead>
                <tbody>${groups.map((group, g) => html`<tr key=${group.name}><th scope="row"><bdi>${nameOf(group)}</bdi></th>
                    ${rules.map((rule) => html`<td key=${rule.model.id} class=${rule.kept[g] < 0.5 ? 'num lost' : 'num'}>${percent(rule.kept[g], 0)}</td>`)}<td>${letter(favourite(group))}</td></tr>`)}</tbody>
            </table></div>
            <div class="compare-answers">${answers.map((one, i) => html`<section class="card" key=${i} aria-labelledby=${`${id}-${i}`}><h4 id=${`${id}-${i}`}>${letter(i)}</h4>
                <div class="text" dir="auto" lang=${language}>${markdown(one.content)}</div></section>`)}</div></details>
    </article>`;
}

// Of each rule the least that any taste gets, on the average of the scenes.
function Least({ scenes, words, models }) {
    const outcomes = scenes.map((scene) => outcomesOf(scene, words));
    const least = models.map(({ id }) => outcomes.flatMap(({ rules }) => rules.filter(({ model }) => model.id === id).map(({ kept }) => Math.min(...kept))));
    const said = models.flatMap(({ method }, i) => (least[i].length > 0
        ? [t('scenes-least-of', { method: t(`method-${method}`), share: percent(least[i].reduce((sum, one) => sum + one, 0) / least[i].length, 0) })] : []));
    return html`<p class="lead">${t('scenes-least', { list: listOf(said) })}</p>`;
}

export function Scenes({ project, fits, words }) {
    const key = newest(fits, METHODS).map((one) => one.model_id).join();
    const found = useLoad(() => (key ? load(project.id, fits) : null), [project.id, key, token.value]);
    if (found.state === 'failed') return html`<p>${problemText(found.error)}</p>`;
    if (!found.value) return null;
    const { scenes, models, by } = found.value;
    const jury = models.find((one) => one.method === 'jury');
    const told = scenes.filter((scene) => scene.scored.length > 0 && outcomesOf(scene, words).groups.length > 0);
    if (told.length === 0) return null;
    return html`<section class="scenes" aria-labelledby="scenes-title">
        <h2 id="scenes-title">${t('compare-title')}</h2>
        <p class="measure">${t('scenes-text')}</p>
        <p class="measure">${t('scenes-rules')}</p>
        <${Least} scenes=${told} words=${words} models=${models} />
        ${told.map((scene, i) => html`<${Scene} key=${scene.item.id} scene=${scene} words=${words} number=${i} />`)}
        ${jury && html`<p class="fine">${t('scenes-seats', { seats: listOf(seatsFor(jury.metrics.jury.pools, by).map((one) => t('scenes-seat', { kind: one.attribute ? words(one.attribute, one.value) : t('compare-anybody'), count: number(one.count) }))) })}</p>`}
        <p><a href=${`/research/projects/${project.id}/compare`}>${t('scenes-more')}</a></p>
    </section>`;
}
