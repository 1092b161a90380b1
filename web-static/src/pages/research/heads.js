// Further parts of a model's card: heads of rated dimensions and articles, figures by language, how people differ over the same answers, and
// the comparison with another model of the study.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, post } from '../../lib/api.js';
import { dateTime, decimal, number, percent } from '../../lib/format.js';
import { localized, t } from '../../lib/i18n.js';
import { Notice, problemText } from '../../ui/parts.js';
import { Select } from './task.js';
import { byAttribute } from './words.js';

const POLL_MS = 700;
const points = (share) => decimal(100 * share, 1);
const range = ([low, high], show) => t('range', { low: show(low), high: show(high) });
const holdsZero = ([low, high]) => low <= 0 && high >= 0;

// What the study calls a dimension or an article.
const nameOf = (project) => ({ name, kind }) => {
    const id = kind === 'article' ? `article:${name}` : name;
    return localized(project?.task?.dimensions?.find((one) => (one.id ?? one.name ?? one) === id)?.label) || name;
};

function Table({ titled, head, children }) {
    return html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby=${titled}><table class="data">
        <thead><tr>${head.map((one, i) => html`<th scope="col" class=${i > 0 ? 'num' : ''}>${t(one)}</th>`)}</tr></thead>${children}</table></div>`;
}

// --- dimensions and articles ----------------------------------------------------------------------------------------
function HeadRow({ name, tag, row, isArticle }) {
    return html`<tr>
        <th scope="row"><span dir="auto">${name}</span>${tag && html` <strong class="tag">${tag}</strong>`}</th>
        <td class="num">${isArticle ? percent(row.accuracy) : decimal(row.mae, 2)}</td>
        <td class="num">${decimal(isArticle ? row.auc : row.r, 2)}</td>
        <td class="num">${decimal(row.log_loss)}</td>
        <td class="num">${decimal(row.gain.log_loss)} <span class="fine">${range(row.gain.log_loss_interval, (one) => decimal(one))}</span></td>
        <td class="num">${number(row.n_annotators)}</td>
        <td class="num">${number(row.n)}</td>
    </tr>`;
}

function Groups({ one, words }) {
    const isArticle = one.kind === 'article';
    return byAttribute(one.groups).map(([attribute, rows]) => html`<tbody key=${attribute}>
        <tr class="row-heading"><th scope="rowgroup" colspan="7"><span dir="auto">${words(attribute)}</span></th></tr>
        ${rows.map((row) => html`<${HeadRow} key=${row.value} name=${words(attribute, row.value)} row=${row} isArticle=${isArticle}
            tag=${row.own ? t('heads-own') : one.worst && one.worst.attribute === attribute && one.worst.value === row.value ? t('worst-off') : null} />`)}
    </tbody>`);
}

function Head({ one, words, name }) {
    const isArticle = one.kind === 'article';
    const id = `head-${one.kind}-${one.name}`.replaceAll(/[^A-Za-z0-9-]/g, '-');
    const { new_people: people } = one;
    return html`<section aria-labelledby=${id}>
        <h3 id=${id}><span dir="auto">${name(one)}</span> <strong class="tag">${t(`heads-${one.kind}`)}</strong></h3>
        ${!one.supported && html`<${Notice} kind="warning" title=${t('heads-not-supported')}><p>${t('heads-not-supported-text')}</p><//>`}
        <${Table} titled=${id} head=${['card-who', isArticle ? 'card-accuracy' : 'card-mae', isArticle ? 'heads-auc' : 'card-r', 'card-log-loss', 'heads-gain', 'card-people', 'card-n']}>
            <tbody><${HeadRow} name=${t('card-everyone')} row=${one.all} isArticle=${isArticle} /></tbody>
            <${Groups} one=${one} words=${words} />
        <//>
        ${people && html`<p>${t('heads-new-people', { n: number(people.n_annotators), loss: decimal(people.log_loss), baseline: decimal(people.baseline) })}</p>`}
        ${one.bound && html`<p>${t(`heads-bound-${one.bound.from}`, { sd: decimal(one.bound.residual_sd, 2) })}</p>`}
        ${one.interval_over === 'prompts' && html`<p>${t('heads-one-person')}</p>`}
    </section>`;
}

export function Heads({ objectives, words, project }) {
    if (!objectives || objectives.fitted.length + objectives.not_fitted.length === 0) return null;
    const name = nameOf(project);
    return html`<section aria-labelledby="heads-title">
        <h2 id="heads-title">${t('heads-title')}</h2>
        <p>${t('heads-text')}</p>
        ${objectives.fitted.map((one) => html`<${Head} key=${one.kind + one.name} one=${one} words=${words} name=${name} />`)}
        ${objectives.not_fitted.length > 0 && html`<h3>${t('heads-not-fitted')}</h3>
            <ul>${objectives.not_fitted.map((one) => html`<li key=${one.kind + one.name}><strong dir="auto">${name(one)}</strong>: <span lang="en" dir="ltr">${one.reason}</span></li>`)}</ul>`}
    </section>`;
}

// --- languages and people --------------------------------------------------------------------------------------------
const languageName = (code) => {
    try {
        return new Intl.DisplayNames([document.documentElement.lang || 'en'], { type: 'language' }).of(code) ?? code;
    } catch {
        return code;
    }
};

export function Languages({ languages }) {
    if (!languages?.length) return null;
    return html`<section aria-labelledby="languages-title">
        <h2 id="languages-title">${t('languages-title')}</h2>
        <${Table} titled="languages-title" head=${['languages-language', 'card-accuracy', 'card-interval', 'card-people', 'card-n', 'card-log-loss']}><tbody>
            ${languages.map((row) => html`<tr key=${row.language}><th scope="row"><span dir="auto">${languageName(row.language)}</span></th>
                <td class="num">${percent(row.accuracy)}</td><td class="num">${range(row.interval, percent)}</td><td class="num">${number(row.n_annotators)}</td>
                <td class="num">${number(row.n)}</td><td class="num">${decimal(row.log_loss)}</td></tr>`)}
        </tbody><//>
    </section>`;
}

export function Distribution({ distribution }) {
    if (!distribution) return null;
    const { ceiling, divided } = distribution;
    return html`<section aria-labelledby="differ-title">
        <h2 id="differ-title">${t('differ-title')}</h2>
        <p>${t('differ-ceiling', { pairs: number(distribution.pairs), ceiling: percent(ceiling.accuracy), range: range(ceiling.interval, percent), model: percent(distribution.model_accuracy), agreement: percent(distribution.agreement) })}</p>
        ${divided && html`<p>${t('differ-divided', { pairs: number(divided.pairs), divided: number(divided.divided), united: number(divided.united), auc: decimal(divided.auc, 2) })}</p>`}
    </section>`;
}

// --- beside another model ----------------------------------------------------------------------------------------------
function GainRow({ name, row }) {
    return html`<tr><th scope="row"><span dir="auto">${name}</span></th>
        <td class="num">${t('beside-points', { points: points(row.accuracy) })} <span class="fine">${range(row.accuracy_interval, points)}</span></td>
        <td class="num">${decimal(row.log_loss)} <span class="fine">${range(row.log_loss_interval, (one) => decimal(one))}</span></td>
        <td class="num">${number(row.n_annotators)}</td><td class="num">${number(row.n)}</td></tr>`;
}

function verdict(all) {
    if (!all) return 'beside-apart';
    if (holdsZero(all.log_loss_interval)) return 'beside-alike';
    return all.log_loss > 0 ? 'beside-other' : 'beside-this';
}

function Compared({ result, words, name }) {
    const { all, groups, languages, objectives } = result;
    return html`<p role="status"><strong>${t(verdict(all))}</strong></p>
        ${all && html`<${Table} titled="beside-other-title" head=${['card-who', 'card-accuracy', 'card-log-loss', 'card-people', 'card-n']}>
            <tbody><${GainRow} name=${t('card-everyone')} row=${all} /></tbody>
            ${byAttribute(groups).map(([attribute, rows]) => html`<tbody key=${attribute}><tr class="row-heading"><th scope="rowgroup" colspan="5"><span dir="auto">${words(attribute)}</span></th></tr>
                ${rows.map((row) => html`<${GainRow} key=${row.value} name=${words(attribute, row.value)} row=${row} />`)}</tbody>`)}
            ${languages.length > 0 && html`<tbody><tr class="row-heading"><th scope="rowgroup" colspan="5">${t('languages-language')}</th></tr>
                ${languages.map((row) => html`<${GainRow} key=${row.language} name=${languageName(row.language)} row=${row} />`)}</tbody>`}
        <//>`}
        ${objectives.length > 0 && html`<${Table} titled="beside-other-title" head=${['heads-title', 'beside-this-loss', 'beside-other-loss', 'heads-gain', 'card-n']}><tbody>
            ${objectives.map((one) => html`<tr key=${one.kind + one.name}><th scope="row"><span dir="auto">${name(one)}</span></th><td class="num">${decimal(one.a)}</td><td class="num">${decimal(one.b)}</td>
                <td class="num">${decimal(one.log_loss)} <span class="fine">${range(one.log_loss_interval, (each) => decimal(each))}</span></td><td class="num">${number(one.n)}</td></tr>`)}
        </tbody><//>`}`;
}

// Asked for once, then looked for until it is there; who leaves the page looks no more.
export function BesideAnother({ model, fits, words, project }) {
    const others = fits.filter((one) => one.model_id && one.model_id !== model.id);
    const [other, setOther] = useState(others[0]?.model_id ?? '');
    const [shown, setShown] = useState({ state: 'none' });
    const here = useRef(true);
    useEffect(() => () => {
        here.current = false;
    }, []);
    if (others.length === 0) return null;
    const named = (id) => {
        const fit = others.find((one) => one.model_id === id);
        return `${t(`method-${fit.method}`)}${fit.attribute ? ` (${words(fit.attribute)})` : ''}, ${dateTime(fit.created_at)}`;
    };
    async function compare(event) {
        event.preventDefault();
        setShown({ state: 'running' });
        try {
            const { id } = await post(`/api/v1/models/${model.id}/comparisons`, { with: other });
            for (let now = {}; here.current && now.state !== 'done';) {
                await new Promise((done) => setTimeout(done, POLL_MS));
                now = await get(`/api/v1/fits/${id}`);
                if (now.state === 'failed' || now.state === 'cancelled') throw new Error(now.error ?? now.state);
                if (now.state === 'done' && here.current) setShown({ state: 'done', result: now.metrics });
            }
        } catch (error) {
            if (here.current) setShown({ state: 'failed', text: error.status ? problemText(error) : error.message });
        }
    }
    return html`<section aria-labelledby="beside-other-title">
        <h2 id="beside-other-title">${t('beside-title')}</h2>
        <p>${t('beside-text')}</p>
        <form class="inline-form" onSubmit=${compare}>
            <${Select} id="beside-model" label=${t('beside-model')} value=${other} options=${others.map((one) => one.model_id)} words=${named} onChange=${setOther} />
            <button class="button" disabled=${shown.state === 'running'}>${t('beside-compare')}</button>
        </form>
        ${shown.state === 'running' && html`<p role="status">${t('beside-running')}</p>`}
        ${shown.state === 'failed' && html`<${Notice} kind="warning" title=${t('beside-failed')}><p dir="auto">${shown.text}</p><//>`}
        ${shown.state === 'done' && html`<${Compared} result=${shown.result} words=${words} name=${nameOf(project)} />`}
    </section>`;
}
