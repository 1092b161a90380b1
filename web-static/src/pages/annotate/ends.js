// Best and worst of many: two circles under each response, each a row of its own across all of them.
import { html } from 'htm/preact';
import { t } from '../../lib/i18n.js';
import { responseName } from './names.js';
import { Option } from './questions.js';

export function Under({ fields, draft, onAnswer, mark, i, count }) {
    const ends = fields.filter((field) => field.look === 'cards');
    return html`<fieldset class="part part-ends">
        <legend class="visually-hidden">${responseName(i, count)}</legend>
        <div class="options">${ends.map((field) => html`<div key=${field.id} data-field=${field.id} data-marked=${mark === field.id || undefined}>
            <${Option} field=${field} i=${i} draft=${draft} onAnswer=${onAnswer} marked=${mark === field.id} words=${t(`end-${field.id}`)} /></div>`)}
        </div>
    </fieldset>`;
}

export function Panel({ fields, draft, errors, count }) {
    const said = (end) => {
        const field = fields.find((one) => one.id === end);
        const i = field.options.findIndex((option) => option.value === field.read(draft));
        return i < 0 ? t('end-none') : responseName(i, count);
    };
    const wrong = errors.filter((one) => one.part === 'best' || one.part === 'worst');
    return html`<div class=${wrong.length > 0 ? 'ends-said has-error' : 'ends-said'}>
        <dl>${['best', 'worst'].map((end) => html`<div key=${end}><dt>${t(`end-${end}`)}</dt><dd>${said(end)}</dd></div>`)}</dl>
        ${wrong.map((one) => html`<p class="field-error" key=${one.part}>${one.text}</p>`)}
    </div>`;
}
