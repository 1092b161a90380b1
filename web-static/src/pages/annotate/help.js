// Help: what the answers mean, and the keys, which can be changed and switched off.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { t } from '../../lib/i18n.js';
import { DEFAULT_KEYS, keyOf, keys, PICKS, remap, resetKeys, setKeys } from '../../lib/keys.js';
import { Dialog, keyText, say } from '../../ui/parts.js';

const nameOf = (action) => (PICKS.includes(action) ? t('answer-pick', { n: PICKS.indexOf(action) + 1 }) : t(`answer-${action}`));

function KeyRow({ action }) {
    const [asking, setAsking] = useState(false);
    const key = keys.value.map[action];
    function take(event) {
        if (!asking || ['Tab', 'Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
        setAsking(false);
        const pressed = keyOf(event);
        if ((pressed.length !== 1 && pressed !== 'Enter') || pressed === ' ') return;
        remap(action, pressed);
        say(t('keys-changed', { action: nameOf(action), key: pressed }));
    }
    return html`<tr>
        <th scope="row">${nameOf(action)}</th>
        <td>${key ? html`<kbd class="key">${keyText(key)}</kbd>` : html`<span class="fine">${t('keys-none')}</span>`}</td>
        <td><button type="button" class="button small" disabled=${!keys.value.on} onKeyDown=${take}
            onBlur=${() => setAsking(false)} onClick=${() => setAsking(true)}
            aria-label=${t('keys-change-label', { action: nameOf(action) })}>${asking ? t('keys-press') : t('keys-change')}</button></td>
    </tr>`;
}

// What only a pair can be.
const PAIR_ONLY = ['tie', 'both_bad'];

// The keys of one screen, or of all.
export function KeySettings({ shows = () => true }) {
    return html`<section class="key-settings" aria-labelledby="keys-title">
        <h3 id="keys-title">${t('keys-title')}</h3>
        <label class="choice" for="keys-on">
            <input type="checkbox" id="keys-on" checked=${keys.value.on}
                onChange=${(event) => setKeys({ ...keys.value, on: event.target.checked })} />
            <span>${t('keys-on')}</span>
        </label>
        <table class="keys-table">
            <thead><tr><th scope="col">${t('keys-action')}</th><th scope="col">${t('keys-key')}</th>
                <th scope="col"><span class="visually-hidden">${t('keys-change')}</span></th></tr></thead>
            <tbody>${Object.keys(DEFAULT_KEYS).filter(shows).map((action) => html`<${KeyRow} key=${action} action=${action} />`)}</tbody>
        </table>
        <p><button type="button" class="button small" onClick=${resetKeys}>${t('keys-reset')}</button></p>
    </section>`;
}

export function Help({ open, onClose, shows, pair }) {
    return html`<${Dialog} open=${open} onClose=${onClose} title=${t('help-title')}>
        <dl class="meanings">
            ${['tie', 'both_bad', 'cannot_judge', 'skip'].filter((one) => !PAIR_ONLY.includes(one) || pair).map((one) => html`<div>
                <dt>${t(`answer-${one}`)}</dt><dd>${t(`meaning-${one}`)}</dd></div>`)}
        </dl>
        <p>${t('help-undo')}</p>
        <${KeySettings} shows=${shows} />
    <//>`;
}
