// One study: counts, quality, fits and their models, exports.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, getOrNull, listOrEmpty, post, token } from '../../lib/api.js';
import { listen } from '../../lib/events.js';
import { dateTime, decimal, listOf, number, percent } from '../../lib/format.js';
import { localized, t } from '../../lib/i18n.js';
import { useLoad, usePoll } from '../../lib/load.js';
import { ErrorSummary, Failed, Loading, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { Exports } from './exports.js';
import { ProgressBar, progressOf } from './progress.js';
import { SignIn } from './signin.js';
import { byAttribute, wordsOf } from './words.js';

// Quality is computed over all judgments when asked for.
const QUALITY_POLL_MS = 30_000;
const METHODS = ['pooled', 'maxmin'];

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
    </section>`;
}

function qualityRows(quality) {
    const agreement = quality.agreement ?? {};
    const order = quality.order_bias ?? {};
    const time = quality.time ?? {};
    const gold = quality.gold ?? {};
    return [
        ['quality-judgments', quality.n_judgments, number],
        ['quality-people', quality.n_annotators, number],
        ['quality-alpha', agreement.alpha, decimal],
        ['quality-percent', agreement.percent, percent],
        ['quality-order', order.left_share, percent],
        ['quality-time', time.median_active_ms, (v) => t('seconds', { n: number(v / 1000, { maximumFractionDigits: 1 }) })],
        ['quality-gold', gold.accuracy, percent],
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

function Quality({ project }) {
    const found = useLoad(() => getOrNull(`/api/v1/projects/${project.id}/quality`), [project.id]);
    usePoll(() => found.reload({ quiet: true }), QUALITY_POLL_MS, found.state === 'ready');
    const quality = found.value;
    const coverage = quality?.coverage ?? [];
    const words = wordsOf(project);
    return html`<section class="quality" aria-labelledby="quality-title">
        <h2 id="quality-title">${t('quality-title')}</h2>
        ${found.state === 'loading' && html`<${Loading} />`}
        ${found.state !== 'loading' && !quality && html`<p>${t('quality-none')}</p>`}
        ${quality && html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="quality-title"><table class="data">
            <tbody>${qualityRows(quality).map(([id, value, draw]) => html`<tr><th scope="row">${t(id)}</th><td class="num">${draw(value)}</td></tr>`)}</tbody>
        </table></div>
        ${quality.n_judgments > 0 && quality.agreement?.alpha == null && html`<p class="fine">${t('quality-pairs-only')}</p>`}`}
        ${coverage.length > 0 && html`<h3 id="coverage-title">${t('coverage-title')}</h3>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="coverage-title"><table class="data">
            <thead><tr><th scope="col">${t('coverage-value')}</th><th scope="col" class="num">${t('coverage-n')}</th></tr></thead>
            ${byAttribute(coverage).map(([attribute, rows]) => html`<${Coverage} key=${attribute} attribute=${attribute} rows=${rows} words=${words} />`)}
        </table></div><p class="fine">${t('coverage-hidden')}</p>`}
    </section>`;
}

function FitState({ fit }) {
    if (fit.state === 'running') {
        const done = fit.progress?.fraction ?? fit.progress?.done ?? (typeof fit.progress === 'number' ? fit.progress : null);
        return html`<span>${t('state-running')}${done == null ? '' : ` ${percent(done, 0)}`}</span>`;
    }
    return html`<span>${t(`state-${fit.state}`)}</span>`;
}

function Fits({ id, fits, reload }) {
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
    return html`<section aria-labelledby="fits-title">
        <h2 id="fits-title">${t('fits-title')}</h2>
        <p>${t('fits-text')}</p>
        <form class="inline-form" onSubmit=${start}>
            <${ErrorSummary} errors=${errors} />
            <fieldset class="inline-set"><legend>${t('fit-method')}</legend>
                ${METHODS.map((one) => html`<label class="choice" for=${`method-${one}`}><input type="radio" id=${`method-${one}`} name="method"
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
    return html`<div class="page research">
        <p><a href="/research">${t('projects-title')}</a></p>
        <${PageHeading}><span dir="auto">${localized(project.name)}</span><//>
        ${project.simulated && html`<p><strong class="tag">${t('simulated')}</strong> ${t('project-simulated')}</p>`}
        <${Counts} project=${live ? { ...project, counts: live.counts, progress: live.progress } : project} />
        <${Quality} project=${project} />
        <${Fits} id=${params.project} fits=${fits} reload=${found.reload} />
        <${Exports} id=${params.project} exports=${exports} reload=${found.reload} />
    </div>`;
}
