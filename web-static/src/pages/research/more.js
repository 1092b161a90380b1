// How much a study wants, changed while people work: judgments of each item, and its quotas.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { request } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { ErrorSummary, problemText, say } from '../../ui/parts.js';
import { readOf, TARGETS_NONE, TargetFields, targetsWrong } from './targetfields.js';
import { quotasOf, tableOf } from './targets.js';
import { HindsightAlone } from './task.js';

const PER_ITEM_MAX = 1000;
const isSet = (quotas) => (Array.isArray(quotas) ? quotas.length > 0 : Boolean(quotas));

function targetsOf(quotas) {
    if (!isSet(quotas)) return null;
    const text = tableOf(quotas);
    return text === null ? null : { ...TARGETS_NONE, text, unit: Array.isArray(quotas) ? 'people' : 'judgments', per: quotas.per ?? 'study', open: quotas.else === 'open' };
}

const errorsOf = (error) => (error.errors?.length > 0
    ? error.errors.map((one) => ({ field: one.pointer?.startsWith('/quotas') ? 'targets-text' : 'more-per-item', text: one.detail }))
    : [{ text: problemText(error) }]);

export function More({ project, reload }) {
    const attributes = project.demographics?.attributes ?? [];
    const [perItem, setPerItem] = useState(String(project.judgments_per_item));
    const [targets, setTargets] = useState(() => targetsOf(project.quotas));
    const [errors, setErrors] = useState([]);
    // Of each item the cells say how many, unless others may work beside them.
    const isBySum = targets?.unit === 'judgments' && targets.per === 'item' && !targets.open;
    async function save(event) {
        event.preventDefault();
        const n = Number(perItem);
        const wrong = [
            ...(!isBySum && !(Number.isInteger(n) && n >= 1 && n <= PER_ITEM_MAX) ? [{ field: 'more-per-item', text: t('make-per-item-wrong', { max: PER_ITEM_MAX }) }] : []),
            ...(!targets ? [] : targets.text.trim() === '' ? [{ field: 'targets-text', text: t('targets-none') }] : targetsWrong(targets, attributes)),
        ];
        setErrors(wrong);
        if (wrong.length > 0) return;
        try {
            await request('PATCH', `/api/v1/projects/${project.id}`, { body: {
                ...(isBySum ? {} : { judgments_per_item: n }), ...(targets ? { quotas: quotasOf(readOf(targets, attributes), targets) } : {}) } });
            say(t('more-saved'));
        } catch (error) {
            setErrors(errorsOf(error));
        }
        await reload({ quiet: true });
    }
    return html`<section aria-labelledby="more-title"><details class="fold">
        <summary><h2 id="more-title">${t('more-title')}</h2></summary>
        <form novalidate onSubmit=${save}>
            <${ErrorSummary} errors=${errors} />
            <p>${t('more-text')}</p>
            ${!isBySum && html`<div class="field"><label for="more-per-item">${t('make-per-item')}</label>
                <input id="more-per-item" type="text" inputmode="numeric" size="5" value=${perItem}
                    aria-invalid=${errors.some((one) => one.field === 'more-per-item') ? 'true' : undefined} onInput=${(event) => setPerItem(event.target.value)} /></div>
                <${HindsightAlone} task=${project.task} perItem=${perItem} />`}
            ${targets && html`<p>${t('more-quotas')}</p>
                <${TargetFields} targets=${targets} set=${setTargets} attributes=${attributes} errors=${errors} fixed />`}
            ${!targets && isSet(project.quotas) && html`<p>${t('more-quotas-list')}</p>`}
            <button class="button">${t('more-save')}</button>
        </form></details>
    </section>`;
}
