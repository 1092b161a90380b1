// Quotas as a table that is pasted or taken from a file, with what it comes to beside it and the first faults by line.
import { html } from 'htm/preact';
import { number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { readTargets } from './targets.js';
import { wordsOf } from './words.js';

const FILE_MAX_BYTES = 1 << 20, FAULTS_SHOWN = 5, TOTAL_MAX = 1_000_000;

export const TARGETS_NONE = { text: '', total: '', unit: 'judgments', per: 'study', open: false };

// The total that is stated, null when none is; NaN when it is none.
export function totalOf({ total }) {
    const n = Number(total);
    return total.trim() === '' ? null : Number.isInteger(n) && n > 0 && n <= TOTAL_MAX ? n : NaN;
}

export function readOf(targets, attributes) {
    const total = totalOf(targets);
    const read = readTargets(targets.text, attributes, total);
    const errors = [...read.errors];
    if (Number.isNaN(total)) errors.push({ line: 0, id: 'targets-total-wrong', args: { max: TOTAL_MAX } });
    if (targets.unit === 'people' && read.by.length > 1) errors.push({ line: 1, id: 'targets-people-one' });
    return { ...read, errors };
}

const faultText = (one) => (one.line > 0 ? t('targets-line', { line: one.line, fault: t(one.id, one.args) }) : t(one.id, one.args));
export const targetsWrong = (targets, attributes) => (targets.text.trim() === '' ? []
    : readOf(targets, attributes).errors.slice(0, FAULTS_SHOWN).map((one) => ({ field: 'targets-text', text: faultText(one) })));

function Seen({ read, words }) {
    const sum = read.rows.reduce((all, one) => all + one.wanted, 0);
    return html`<div class="table-scroll" tabindex="0" role="group" aria-label=${t('targets-seen')}><table class="data">
        <caption>${t('targets-seen')}</caption>
        <thead><tr><th scope="col">${t('quota-cell')}</th><th scope="col" class="num">${t('quota-wanted')}</th></tr></thead>
        <tbody>${read.rows.map((row) => html`<tr key=${JSON.stringify(row.values)}>
            <th scope="row">${read.by.map((name, i) => html`${i > 0 && ' · '}<span dir="auto">${words(name)}: ${words(name, row.values[name])}</span>`)}</th>
            <td class="num">${row.wanted > 0 ? number(row.wanted) : t('targets-left-out')}</td></tr>`)}</tbody>
        <tfoot><tr><th scope="row">${t('targets-sum')}</th><td class="num">${number(sum)}</td></tr></tfoot>
    </table></div>`;
}

// `fixed`: what can't be changed any more (unit and per) is not asked.
export function TargetFields({ targets, set, attributes, errors = [], fixed = false }) {
    const change = (parts) => set({ ...targets, ...parts });
    const read = readOf(targets, attributes);
    const wrong = errors.some((one) => one.field === 'targets-text');
    const choose = (event) => {
        const file = event.target.files[0];
        if (file && file.size <= FILE_MAX_BYTES) void file.text().then((text) => change({ text }));
    };
    return html`<div class="field"><label for="targets-text">${t('targets-text')}</label>
            <p class="fine" id="targets-hint">${t('targets-hint', { names: attributes.map((one) => one.id).join(', ') })}</p>
            <textarea id="targets-text" rows="6" dir="ltr" spellcheck="false" value=${targets.text} aria-describedby="targets-hint"
                aria-invalid=${wrong ? 'true' : undefined} onInput=${(event) => change({ text: event.target.value })}></textarea></div>
        <div class="field"><label for="targets-file">${t('targets-file')}</label>
            <input id="targets-file" type="file" accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values" onChange=${choose} /></div>
        <div class="field"><label for="targets-total">${t('targets-total')}</label>
            <p class="fine" id="targets-total-hint">${t('targets-total-hint')}</p>
            <input id="targets-total" type="text" inputmode="numeric" size="8" value=${targets.total} aria-describedby="targets-total-hint"
                onInput=${(event) => change({ total: event.target.value })} /></div>
        ${!fixed && html`<fieldset class="inline-set"><legend>${t('targets-unit')}</legend>
            ${[['judgments', 'study'], ['judgments', 'item'], ['people', 'study']].map(([unit, per]) => html`<label class="choice" for=${`targets-${unit}-${per}`}>
                <input type="radio" name="targets-unit" id=${`targets-${unit}-${per}`} checked=${targets.unit === unit && targets.per === per}
                    onChange=${() => change({ unit, per })} /><span>${t(`targets-unit-${unit}-${per}`)}</span></label>`)}</fieldset>`}
        ${targets.unit === 'judgments' && html`<label class="choice" for="targets-open"><input type="checkbox" id="targets-open" checked=${targets.open}
            onChange=${(event) => change({ open: event.target.checked })} /><span>${t('targets-open')}</span></label>`}
        <div aria-live="polite">${targets.text.trim() !== '' && (read.errors.length > 0
        ? html`<ul class="field-error">${read.errors.slice(0, FAULTS_SHOWN).map((one) => html`<li>${faultText(one)}</li>`)}
            ${read.errors.length > FAULTS_SHOWN && html`<li>${t('targets-more', { n: read.errors.length - FAULTS_SHOWN })}</li>`}</ul>`
        : html`<${Seen} read=${read} words=${wordsOf({ demographics: { attributes } })} />`)}</div>`;
}
