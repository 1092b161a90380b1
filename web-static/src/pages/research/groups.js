// Agreement within and between groups of people, by their answers to one question; made when it is asked for.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../lib/api.js';
import { decimal, listOf, number, percent } from '../../lib/format.js';
import { localized, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { choose, chosen, isChosen } from '../../lib/router.js';
import { problemText } from '../../ui/parts.js';
import { AsOf } from './asof.js';
import { Select } from './task.js';
import { wordsOf } from './words.js';

const range = (draw, interval) => interval && t('range', { low: draw(interval[0]), high: draw(interval[1]) });
const share = (value) => percent(value, 0);

function Rows({ id, title, rows, head, draw, heading = 'h4' }) {
    return rows.length > 0 && html`<${heading} id=${id}>${title}<//>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby=${id}><table class="data">
            <thead><tr>${head.map((one, i) => html`<th scope="col" class=${i === 0 ? undefined : 'num'}>${one}</th>`)}</tr></thead>
            <tbody>${rows.map(draw)}</tbody></table></div>`;
}

// What can be asked of an item: which response was chosen, or how one of them, or the item, was rated: `dimension:response`.
function measures(task, n_responses) {
    const rated = (task.dimensions ?? []).flatMap((one) => (one.about === 'item' ? [`${one.id}:`] : Array.from({ length: n_responses }, (_, n) => `${one.id}:${n}`)));
    return task.kind === 'rating' ? rated : ['', ...rated];
}

const stepWords = (step) => (/^[a-z]/.test(step) ? t(`said-${step}`) : step);

// What the groups say of one item, in numbers of people, of those that are shown.
export function ItemGroups({ project, item, n_responses, choiceWords, responseWords }) {
    const asked = measures(project.task, n_responses);
    const attributes = (project.demographics?.attributes ?? []).map((one) => one.id);
    const attribute = chosen('by', attributes), measure = chosen('of', asked);
    const [found, setFound] = useState(null);
    const [fault, setFault] = useState('');
    useEffect(() => { if (isChosen('by') && attribute && measure !== undefined) void show(); }, []);
    if (attributes.length === 0 || asked.length === 0) return null;
    const words = wordsOf(project);
    const measureWords = (one) => {
        const [dimension, response] = one.split(':');
        if (!dimension) return t('item-groups-chosen');
        const label = project.task.dimensions.find((each) => each.id === dimension)?.label;
        return listOf([localized(label) || dimension, ...(response ? [responseWords(Number(response))] : [])]);
    };
    async function show(event) {
        event?.preventDefault();
        choose({ by: attribute, of: measure });
        setFault('');
        const [dimension, response] = measure.split(':');
        const query = new URLSearchParams({ attribute, ...(dimension && { dimension }), ...(response && { response }) });
        try {
            setFound({ ...await get(`/api/v1/projects/${project.id}/items/${item}/groups?${query}`), measure });
        } catch (error) {
            setFault(problemText(error));
        }
    }
    const count = (n) => (n == null ? '–' : number(n));
    return html`<section aria-labelledby="item-groups"><h2 id="item-groups">${t('item-groups')}</h2>
        <p>${t('item-groups-text')}</p>
        <form class="inline-form" onSubmit=${show}>
            <${Select} id="item-groups-by" label=${t('groups-by')} value=${attribute} options=${attributes} words=${(one) => words(one)} onChange=${(by) => choose({ by })} />
            ${asked.length > 1 && html`<${Select} id="item-groups-of" label=${t('item-groups-of')} value=${measure} options=${asked} words=${measureWords} onChange=${(of) => choose({ of })} />`}
            <button class="button">${t('groups-show')}</button>
        </form>
        ${fault && html`<p role="alert">${fault}</p>`}
        ${found && (found.choices.length === 0 ? html`<p>${t('item-groups-none')}</p>` : html`<${Rows} id="item-groups-table" heading="h3" title=${listOf([words(found.attribute), ...(asked.length > 1 ? [measureWords(found.measure)] : [])])} rows=${found.groups}
            head=${[t('coverage-value'), ...found.choices.map((one) => (found.measure ? stepWords(one.choice) : choiceWords(one.choice))), t('item-groups-all')]}
            draw=${(one) => html`<tr key=${one.value}><th scope="row"><span dir="auto">${words(found.attribute, one.value)}</span></th>
                ${one.counts.map((n) => html`<td class="num">${count(n)}</td>`)}<td class="num">${count(one.n)}</td></tr>`} />
        <${AsOf} of=${found.groups_as_of} />`)}
    </section>`;
}

// `attributes`: those of which two groups or more are shown.
export function Groups({ project, attributes, words }) {
    const attribute = chosen('by', attributes);
    const [found, setFound] = useState(null);
    const [fault, setFault] = useState('');
    const [busy, setBusy] = useState(false);
    useEffect(() => { if (isChosen('by') && attribute) void show(); }, []);
    if (attributes.length === 0) return null;
    async function show(event) {
        event?.preventDefault();
        choose({ by: attribute });
        setBusy(true);
        setFault('');
        try {
            setFound(await get(`/api/v1/projects/${project.id}/quality/groups?attribute=${encodeURIComponent(attribute)}`));
        } catch (error) {
            setFault(problemText(error));
        }
        setBusy(false);
    }
    const word = (value) => words(found.attribute, value);
    return html`<h3>${t('groups-title')}</h3>
        <form class="inline-form" onSubmit=${show}>
            <${Select} id="groups-by" label=${t('groups-by')} value=${attribute} options=${attributes} words=${(one) => words(one)} onChange=${(by) => choose({ by })} />
            <button class="button" disabled=${busy}>${t('groups-show')}</button>
        </form>
        ${fault && html`<p role="alert">${fault}</p>`}
        ${found && html`<${Rows} id="groups-within" title=${t('groups-within')} rows=${found.within}
            head=${[t('coverage-value'), t('quality-percent'), t('card-interval'), t('quality-alpha'), t('card-interval'), t('groups-pairs')]}
            draw=${(one) => html`<tr key=${one.value}><th scope="row"><span dir="auto">${word(one.value)}</span></th><td class="num">${share(one.percent)}</td>
                <td class="num">${range(share, one.percent_interval)}</td><td class="num">${decimal(one.alpha)}</td><td class="num">${range(decimal, one.alpha_interval)}</td><td class="num">${number(one.n_pairs)}</td></tr>`} />
        <${Rows} id="groups-between" title=${t('groups-between')} rows=${found.between}
            head=${[t('groups-two'), t('quality-percent'), t('card-interval'), t('groups-pairs')]}
            draw=${(one) => html`<tr key=${one.values.join()}><th scope="row"><span dir="auto">${word(one.values[0])}</span> · <span dir="auto">${word(one.values[1])}</span></th>
                <td class="num">${share(one.percent)}</td><td class="num">${range(share, one.percent_interval)}</td><td class="num">${number(one.n_pairs)}</td></tr>`} />
        <${AsOf} of=${found.groups_as_of} />`}`;
}

// What having seen what happened later does to what people say.
export function Hindsight({ project }) {
    const found = useLoad(() => get(`/api/v1/projects/${project.id}/quality/groups?by=hindsight`), [project.id]);
    if (!found.value) return null;
    const rows = [...found.value.within.map((one) => ({ ...one, id: one.value })), ...found.value.between.map((one) => ({ ...one, id: 'across' }))];
    if (rows.every((one) => one.percent === null)) return null;
    return html`<h3>${t('hindsight-title')}</h3><p>${t('hindsight-text')}</p>
        <${Rows} id="hindsight-rows" heading="h4" title=${t('hindsight-agreement')} rows=${rows}
            head=${[t('hindsight-who'), t('quality-percent'), t('card-interval'), t('groups-pairs')]}
            draw=${(one) => html`<tr key=${one.id}><th scope="row">${t(`hindsight-${one.id}`)}</th><td class="num">${share(one.percent)}</td>
                <td class="num">${range(share, one.percent_interval)}</td><td class="num">${number(one.n_pairs)}</td></tr>`} />`;
}
