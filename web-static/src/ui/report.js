// Saying that something should not be here: a reason, and words if one likes. Its own words are had when it is opened.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { post } from '../lib/api.js';
import { loadAreas, t } from '../lib/i18n.js';
import { ErrorSummary, Loading, problemText, say } from './parts.js';

const REASONS = ['hate', 'harassment', 'violence', 'sexual', 'self_harm', 'privacy', 'spam', 'other'];
const WORDS_MAX = 2000;

function Form({ path, onSent }) {
    const [reason, setReason] = useState(null);
    const [words, setWords] = useState('');
    const [errors, setErrors] = useState([]);
    const [busy, setBusy] = useState(false);
    async function send(event) {
        event.preventDefault();
        setErrors(reason === null ? [{ field: `report-${REASONS[0]}`, text: t('report-reason-missing') }] : []);
        if (reason === null || busy) return;
        setBusy(true);
        try {
            await post(path, { reason, ...(words.trim() ? { words } : {}) });
            say(t('report-received'));
            onSent();
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
            setBusy(false);
        }
    }
    return html`<form novalidate onSubmit=${send}>
        <${ErrorSummary} errors=${errors} />
        <p>${t('report-text')}</p>
        <fieldset><legend>${t('report-reason')}</legend>
            ${REASONS.map((one) => html`<label class="choice" for=${`report-${one}`}><input type="radio" id=${`report-${one}`} name="report-reason"
                checked=${reason === one} onChange=${() => setReason(one)} /><span>${t(`reported-${one}`)}</span></label>`)}</fieldset>
        <div class="field"><label for="report-words">${t('report-words')} <span class="fine">${t('optional')}</span></label>
            <p class="fine" id="report-words-hint">${t('report-words-hint')}</p>
            <textarea id="report-words" rows="3" dir="auto" maxlength=${WORDS_MAX} aria-describedby="report-words-hint" value=${words}
                onInput=${(event) => setWords(event.target.value)}></textarea></div>
        <p><button class="button" disabled=${busy}>${t('report-send')}</button></p>
    </form>`;
}

export function Report({ path }) {
    const [state, setState] = useState('closed'); // 'loading', 'open', 'failed', 'sent'
    const open = () => {
        setState('loading');
        loadAreas(['report']).then(() => setState('open'), () => setState('failed'));
    };
    return html`<details class="report" onToggle=${(event) => event.currentTarget.open && ['closed', 'failed'].includes(state) && open()}>
        <summary>${t('report-summary')}</summary>
        ${state === 'loading' && html`<${Loading} />`}
        ${state === 'failed' && html`<p role="alert">${t('error-offline')}</p>`}
        ${state === 'open' && html`<${Form} path=${path} onSent=${() => setState('sent')} />`}
        ${state === 'sent' && html`<p tabindex="-1" ref=${(node) => node?.focus()}>${t('report-received')} ${t('report-received-text')}</p>`}
    </details>`;
}
