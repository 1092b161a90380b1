// One study: counts, quality, fits and their models, exports.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, getOrNull, listOrEmpty, post, token } from '../../lib/api.js';
import { listen } from '../../lib/events.js';
import { dateTime, decimal, listOf, number, percent } from '../../lib/format.js';
import { has, localized, t } from '../../lib/i18n.js';
import { useLoad, useMoved } from '../../lib/load.js';
import { ErrorSummary, Failed, Loading, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { AsOf } from './asof.js';
import { Endpoints } from './endpoints.js';
import { Exports } from './exports.js';
import { Groups, Hindsight } from './groups.js';
import { Import } from './import.js';
import { Known } from './known.js';
import { Invitations, Name, State } from './manage.js';
import { More } from './more.js';
import { ProgressBar, progressOf } from './progress.js';
import { Quotas } from './quotas.js';
import { Refits } from './refits.js';
import { Scenes } from './scenes.js';
import { SignIn } from './signin.js';
import { byAttribute, wordsOf } from './words.js';

// Events come with every second in which something was answered; the figures, which cost what is new, are read again after so long.
const QUALITY_REFRESH_MS = 6000;
const METHODS = ['pooled', 'maxmin', 'jury'];

async function load(id) {
    const at = `/api/v1/projects/${id}`;
    const [project, fits, exports] = await Promise.all([get(at), listOrEmpty(`${at}/fits`), listOrEmpty(`${at}/exports`)]);
    return { project, fits, exports };
}

function Counts({ project }) {
    const progress = progressOf(project);
    return html`<section aria-labelledby="counts-title">
        <h2 id="counts-title">${t('counts-title')}</h2>
        <${ProgressBar} progress=${progress} label=${t('progress-label', { name: localized(project.name) })} />
        <dl class="figures">
            ${['items', 'participants', 'imported', 'skipped'].filter((one) => one !== 'imported' || progress.imported > 0).map((one) => html`<div><dt>${t(`count-${one}`)}</dt><dd>${number(progress[one])}</dd></div>`)}
        </dl>
        <${Drawing} strategy=${project.strategy} weighing=${project.weighing} />
    </section>`;
}

// Where the next task is drawn: how, and by which model.
function Drawing({ strategy, weighing }) {
    if (!strategy || strategy === 'least_judged') return null;
    const by = () => (weighing.error ? html`<p>${t('drawing-error', { error: weighing.error })}</p>`
        : html`<p><a href=${`/research/models/${weighing.model_id}`}>${t('drawing-model', { items: number(weighing.items), time: dateTime(weighing.weighed_at) })}</a></p>`);
    return html`<h3>${t('make-strategy')}</h3><p>${t(`make-strategy-${strategy}`)}</p>
        ${strategy !== 'random' && (weighing ? by() : html`<p>${t('drawing-none')}</p>`)}`;
}

function qualityRows(quality) {
    const agreement = quality.agreement ?? {};
    const order = quality.order_bias ?? {};
    const repeats = quality.repeats ?? {};
    const time = quality.time ?? {};
    const gold = quality.gold ?? {};
    return [
        ['quality-judgments', quality.n_judgments, number],
        ['quality-people', quality.n_annotators, number],
        ['quality-rather-not', quality.outcomes?.rather_not ?? 0, number],
        ['quality-alpha', agreement.alpha, decimal, agreement.alpha_interval],
        ['quality-ac1', agreement.ac1, decimal, agreement.ac1_interval],
        ['quality-percent', agreement.percent, percent, agreement.percent_interval],
        ['quality-strength', agreement.strength?.alpha, decimal, agreement.strength?.alpha_interval],
        ...(agreement.ratings ?? []).map((one) => ['quality-rating', one.alpha, decimal, one.alpha_interval, { dimension: one.dimension }]),
        ['quality-order', order.left_share, percent, order.interval],
        ['quality-repeats', repeats.same_share, percent, repeats.interval],
        ['quality-same-order', repeats.rankings?.same_order_share, percent, repeats.rankings?.interval],
        ['quality-same-side', repeats.preferences?.same_side_share, percent, repeats.preferences?.interval],
        ...(repeats.ratings ?? []).map((one) => (one.alpha != null ? ['quality-rated-again', one.alpha, decimal, null, { dimension: one.dimension }]
            : ['quality-rated-same', one.same_share, percent, one.interval, { dimension: one.dimension }])),
        ['quality-time', time.median_active_ms, (v) => t('seconds', { n: number(v / 1000, { maximumFractionDigits: 1 }) })],
        ['quality-gold', gold.accuracy, percent, gold.interval],
    ].filter(([, value]) => value != null);
}

// The answers to one question, in its own order, and under them those that are too few to be counted.
function Coverage({ attribute, rows, words }) {
    const shown = rows.filter((row) => !row.hidden);
    const hidden = rows.filter((row) => row.hidden).map((row) => words(attribute, row.value));
    return html`<tbody>
        <tr class="row-heading"><th scope="rowgroup" colspan="2"><span dir="auto">${words(attribute)}</span></th></tr>
        ${shown.map((row) => html`<tr key=${row.value}><th scope="row"><span dir="auto">${words(attribute, row.value)}</span></th>
            <td class="num">${number(row.annotators)}</td></tr>`)}
        ${hidden.length > 0 && html`<tr class="row-hidden"><th scope="row"><span dir="auto">${listOf(hidden)}</span></th>
            <td class="num">${t('hidden-cell')}</td></tr>`}
    </tbody>`;
}

const HOUR_MS = 3_600_000;

// How fast it goes, from full hours of the last day, and how long what is wanted will take at that pace.
function pace(activity, left) {
    const since = Date.now() - 24 * HOUR_MS;
    const recent = (activity ?? []).filter((one) => Date.parse(one.hour) >= since);
    const n = recent.reduce((sum, one) => sum + one.n, 0);
    if (n === 0) return null;
    const hours = Math.max(1, (Date.now() - Math.min(...recent.map((one) => Date.parse(one.hour)))) / HOUR_MS);
    return { day: n, hour: n / hours, left: left > 0 ? left / (n / hours) : null };
}

const waitWords = (hours) => (hours < 48 ? t('pace-hours', { n: Math.ceil(hours) }) : t('pace-days', { n: Math.ceil(hours / 24) }));

// Of each hour of the last two days: a bar, and under it the table that it is drawn from.
function Activity({ activity, wanted, done }) {
    if (!activity || activity.length === 0) return null;
    const most = Math.max(...activity.map((one) => one.n));
    const now = Math.floor(Date.now() / HOUR_MS);
    const going = pace(activity, wanted - done);
    return html`<h3 id="activity-title">${t('activity-title')}</h3>
        ${going && html`<p>${t('pace-day', { n: number(going.day), hour: number(going.hour, { maximumFractionDigits: going.hour < 10 ? 1 : 0 }) })}
            ${going.left !== null && ` ${waitWords(going.left)}`}</p>`}
        <svg class="activity" viewBox="0 0 480 60" aria-hidden="true" focusable="false" preserveAspectRatio="none">
            ${activity.map((one) => ({ ...one, x: 47 - (now - Math.floor(Date.parse(one.hour) / HOUR_MS)) })).filter((one) => one.x >= 0)
        .map((one) => html`<rect key=${one.hour} x=${one.x * 10} y=${60 - (one.n / most) * 58} width="8" height=${(one.n / most) * 58} />`)}
            <line x1="0" y1="59.5" x2="480" y2="59.5" /></svg>
        <details><summary>${t('activity-table')}</summary><div class="table-scroll" tabindex="0" role="group" aria-labelledby="activity-title"><table class="data">
            <thead><tr><th scope="col">${t('activity-hour')}</th><th scope="col" class="num">${t('quality-judgments')}</th></tr></thead>
            <tbody>${activity.map((one) => html`<tr key=${one.hour}><th scope="row"><time datetime=${one.hour}>${dateTime(one.hour)}</time></th><td class="num">${number(one.n)}</td></tr>`)}</tbody>
        </table></div></details>`;
}

const STEPS = ['joined', 'read_guideline', 'told_for_quotas', 'practised', 'tested', 'judged', 'judged_ten', 'completed', 'left', 'excluded'];
// What not every study has.
const SOME_HAVE = {
    read_guideline: (project) => project.guideline,
    told_for_quotas: (project) => Object.keys(project.quotas ?? {}).length > 0,
    practised: (project) => project.onboarding?.practice > 0,
    tested: (project) => project.onboarding?.qualification,
    completed: (project, steps) => steps.completed > 0,
};

function Steps({ steps, project }) {
    if (!steps || steps.joined === 0) return null;
    return html`<h3 id="steps-title">${t('steps-title')}</h3>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="steps-title"><table class="data">
            <thead><tr><th scope="col">${t('steps-step')}</th><th scope="col" class="num">${t('coverage-n')}</th><th scope="col" class="num">${t('steps-share')}</th></tr></thead>
            <tbody>${STEPS.filter((one) => !SOME_HAVE[one] || SOME_HAVE[one](project, steps)).map((one) => html`<tr key=${one}><th scope="row">${t(`step-${one}`)}</th>
                <td class="num">${number(steps[one])}</td><td class="num">${percent(steps[one] / steps.joined, 0)}</td></tr>`)}</tbody>
        </table></div>`;
}

// `moved`: anything that changes when somebody has answered.
function Quality({ project, progress, moved }) {
    const found = useLoad(() => getOrNull(`/api/v1/projects/${project.id}/quality`), [project.id]);
    useMoved(() => found.reload({ quiet: true }), moved, QUALITY_REFRESH_MS);
    const quality = found.value;
    const coverage = quality?.coverage ?? [];
    const words = wordsOf(project);
    return html`<section class="quality" aria-labelledby="quality-title">
        <h2 id="quality-title">${t('quality-title')}</h2>
        ${found.state === 'loading' && html`<${Loading} />`}
        ${found.state !== 'loading' && !quality && html`<p>${t('quality-none')}</p>`}
        ${quality && html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="quality-title"><table class="data">
            <thead><tr><th scope="col">${t('quality-figure')}</th><th scope="col" class="num">${t('quality-value')}</th><th scope="col" class="num">${t('card-interval')}</th></tr></thead>
            <tbody>${qualityRows(quality).map(([id, value, draw, interval, names]) => html`<tr><th scope="row">${t(id, names)}</th><td class="num">${draw(value)}</td>
                <td class="num">${interval && t('range', { low: draw(interval[0]), high: draw(interval[1]) })}</td></tr>`)}</tbody>
        </table></div>
        <p class="actions"><a class="button" href=${`/research/projects/${project.id}/people`}>${t('quality-who')}</a>
            <a class="button" href=${`/research/projects/${project.id}/items`}>${t('quality-where')}</a></p>
        ${quality.n_judgments > 0 && quality.agreement?.alpha == null && html`<p class="fine">${t('quality-pairs-only')}</p>`}
        ${quality.n_judgments > 0 && html`<p class="fine">${t('quality-intervals')}</p>`}`}
        <${Known} gold=${quality?.gold} />
        ${quality && html`<${Activity} activity=${quality.activity} wanted=${progress.wanted} done=${progress.judgments} />
            <${Steps} steps=${quality.steps} project=${project} />`}
        ${project.task?.hindsight?.when === 'split' && html`<${Hindsight} project=${project} />`}
        ${coverage.length > 0 && html`<h3 id="coverage-title">${t('coverage-title')}</h3>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="coverage-title"><table class="data">
            <thead><tr><th scope="col">${t('coverage-value')}</th><th scope="col" class="num">${t('coverage-n')}</th></tr></thead>
            ${byAttribute(coverage).map(([attribute, rows]) => html`<${Coverage} key=${attribute} attribute=${attribute} rows=${rows} words=${words} />`)}
        </table></div><${AsOf} of=${quality.groups_as_of} />
        <p class="fine">${t('coverage-hidden')}</p>
        <${Groups} project=${project} words=${words} attributes=${byAttribute(coverage).filter(([, rows]) => rows.filter((row) => !row.hidden).length > 1).map(([attribute]) => attribute)} />`}
    </section>`;
}

function FitState({ fit }) {
    if (fit.state === 'running') {
        const done = fit.progress?.fraction ?? fit.progress?.done ?? (typeof fit.progress === 'number' ? fit.progress : null);
        const { phase, loss, left_s: left } = fit.progress ?? {};
        const part = String(phase).replaceAll(' ', '-');
        return html`<span>${t('state-running')}${done == null ? '' : ` ${percent(done, 0)}`}</span>
            ${phase && html`<br /><span class="fine">${has(`phase-${part}`) ? t(`phase-${part}`) : phase}${loss != null && html`, ${t('progress-loss', { loss: decimal(loss, 4) })}`}${left != null && html`, ${t(left < 90 ? 'progress-left-seconds' : 'progress-left-minutes', { n: left < 90 ? left : Math.round(left / 60) })}`}</span>`}`;
    }
    return html`<span>${t(`state-${fit.state}`)}</span>`;
}

function Fits({ id, fits, asksCompliance, reload }) {
    const [method, setMethod] = useState(METHODS[0]);
    const [errors, setErrors] = useState([]);
    async function start(event) {
        event.preventDefault();
        setErrors([]);
        try {
            await post(`/api/v1/projects/${id}/fits`, { method });
            say(t('fit-started'));
            await reload({ quiet: true });
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
    }
    const methods = asksCompliance ? [...METHODS, 'compliance'] : METHODS;
    return html`<section aria-labelledby="fits-title">
        <h2 id="fits-title">${t('fits-title')}</h2>
        <p>${t('fits-text')}</p>
        ${fits.some((one) => one.model_id) && html`<p><a href=${`/research/projects/${id}/compare`}>${t('fits-compare')}</a></p>`}
        <form class="inline-form" onSubmit=${start}>
            <${ErrorSummary} errors=${errors} />
            <fieldset class="inline-set"><legend>${t('fit-method')}</legend>
                ${methods.map((one) => html`<label class="choice" for=${`method-${one}`}><input type="radio" id=${`method-${one}`} name="method"
                    checked=${method === one} onChange=${() => setMethod(one)} /><span>${t(`method-${one}`)}</span></label>`)}
            </fieldset>
            <button class="button primary">${t('fit-start')}</button>
        </form>
        ${fits.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="fits-title"><table class="data">
            <thead><tr><th scope="col">${t('fit-method')}</th><th scope="col">${t('fit-state')}</th><th scope="col">${t('fit-made')}</th><th scope="col">${t('fit-card')}</th></tr></thead>
            <tbody>${fits.map((fit) => html`<tr key=${fit.id}><th scope="row">${t(`method-${fit.method}`)}${fit.attribute ? ` (${fit.attribute})` : ''}</th>
                <td><${FitState} fit=${fit} />${fit.error && html` <span dir="auto">${fit.error}</span>`}</td>
                <td>${fit.created_at ? dateTime(fit.created_at) : '–'}</td>
                <td>${fit.model_id ? html`<a href=${`/research/models/${fit.model_id}`}>${t('fit-card-open')}</a>` : '–'}</td></tr>`)}</tbody>
        </table></div>`}
    </section>`;
}

// Counts come with the event; when fits or exports moved, the page is read anew.
function useLive(id, found) {
    const [live, setLive] = useState(null);
    const latest = useRef(found);
    latest.current = found;
    const ready = found.state === 'ready';
    useEffect(() => {
        if (!ready) return undefined;
        let last = null;
        return listen(`/api/v1/projects/${id}/events`, (name, now) => {
            if (name !== 'study') return;
            setLive(now);
            if (last !== null && (last.fits !== now.fits || last.exports !== now.exports || last.state !== now.state))
                void latest.current.reload({ quiet: true });
            last = now;
        });
    }, [id, token.value, ready]);
    return live;
}

export default function Project({ params }) {
    const found = useLoad(() => load(params.project), [params.project, token.value]);
    usePageTitle(localized(found.value?.project?.name) || t('nav-research'));
    const live = useLive(params.project, found);
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { project, fits, exports } = found.value;
    const state = live?.state ?? project.state;
    return html`<div class="page research">
        <p><a href="/research">${t('projects-title')}</a></p>
        <${PageHeading}><span dir="auto">${localized(project.name)}</span><//>
        ${project.simulated && html`<p><strong class="tag">${t('simulated')}</strong> ${t('project-simulated')}</p>`}
        <${Scenes} project=${project} fits=${fits} words=${wordsOf(project)} />
        <${Counts} project=${live ? { ...project, counts: live.counts, progress: live.progress } : project} />
        <${State} project=${project} state=${state} reload=${found.reload} />
        ${state !== 'closed' && html`<${Name} project=${project} reload=${found.reload} />`}
        ${state !== 'closed' && !project.task.chat && html`<${More} project=${project} reload=${found.reload} />`}
        <${Invitations} id=${params.project} closed=${state === 'closed'} />
        ${project.task?.chat && html`<${Endpoints} id=${params.project} />`}
        ${state !== 'closed' && !project.task?.chat && html`<${Import} id=${params.project} reload=${found.reload} />`}
        <${Quotas} project=${project} moved=${live?.progress?.judgments} />
        <${Quality} project=${project} progress=${live?.progress ?? project.progress} moved=${live?.progress?.judgments} />
        <${Fits} id=${params.project} fits=${fits} reload=${found.reload}
            asksCompliance=${(project.task?.dimensions ?? []).some((one) => String(one.id ?? one).startsWith('article:'))} />
        <${Refits} id=${params.project} moved=${fits.length}
            attributes=${(project.demographics?.attributes ?? []).map(({ id, label }) => ({ id, name: localized(label) || id }))} />
        <${Exports} id=${params.project} exports=${exports} reload=${found.reload} />
    </div>`;
}
