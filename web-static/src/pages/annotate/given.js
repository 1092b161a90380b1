// The answers given on this device, each open to a change of mind.
import { html } from 'htm/preact';
import { t } from '../../lib/i18n.js';
import { Dialog, problemText, say } from '../../ui/parts.js';
import { givenText } from './fields.js';

function beginning(task) {
    const { prompt } = task.item;
    const text = Array.isArray(prompt) ? prompt.at(-1)?.content ?? '' : String(prompt ?? '');
    return text.length > 110 ? text.slice(0, 110) + '…' : text;
}

export function Given({ open, onClose, work }) {
    return html`<${Dialog} open=${open} onClose=${onClose} title=${t('given-title')}>
        <p>${t('given-text')}</p>
        ${work.given.value.length === 0 && html`<p>${t('given-none')}</p>`}
        <ol class="rows">${work.given.value.map((row) => html`<li key=${row.assignment}>
            <button type="button" class="row-button" onClick=${() => { onClose(); void work.reconsider(row).catch((error) => say(t('undo-failed', { why: problemText(error) }))); }}>
                <span class="row-text" dir="auto" lang=${row.task.item.language || undefined}>${beginning(row.task)}</span>
                <span class="row-side">${givenText(row.task, row.answer)}</span>
            </button></li>`)}
        </ol>
    <//>`;
}
