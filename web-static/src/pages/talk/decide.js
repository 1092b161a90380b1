// Statements that wait for a decision, or were appealed against, for those who decide; and the end of the conversation.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { get, list, put, request, token } from '../../lib/api.js';
import { dateTime } from '../../lib/format.js';
import { localized, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { ErrorSummary, Failed, Loading, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { SignIn } from '../research/signin.js';

const REASON_MAX = 2000;

async function load(id) {
    const statements = (which) => list(`/api/v1/conversations/${id}/statements?which=${which}`);
    const [talk, waiting, shown] = await Promise.all([get(`/api/v1/conversations/${id}`), statements('waiting'), statements('shown')]);
    return { talk, waiting, shown };
}

function Decide({ statement, shown, onDecided }) {
    const [reason, setReason] = useState('');
    const [into, setInto] = useState('');
    const [errors, setErrors] = useState([]);
    const field = `reason-${statement.id}`;
    const others = shown.filter((one) => one.id !== statement.id && one.text);
    async function decide(state) {
        const faults = [...(reason.trim() === '' ? [{ field, text: t('talk-reason-missing') }] : []),
            ...(state === 'merged' && into === '' ? [{ field: `into-${statement.id}`, text: t('talk-into-missing') }] : [])];
        setErrors(faults);
        if (faults.length > 0) return;
        try {
            await put(`/api/v1/statements/${statement.id}/decision`, { state, reason, ...(state === 'merged' && { into }) });
            say(t('talk-decision-stored'));
            await onDecided();
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
    }
    return html`<form novalidate onSubmit=${(event) => event.preventDefault()}>
        <${ErrorSummary} errors=${errors} />
        <div class="field"><label for=${field}>${t('talk-reason')}</label><p class="fine" id=${`${field}-hint`}>${t('talk-reason-hint')}</p>
            <textarea id=${field} rows="2" dir="auto" maxlength=${REASON_MAX} aria-describedby=${`${field}-hint`} value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea></div>
        ${others.length > 0 && html`<div class="field"><label for=${`into-${statement.id}`}>${t('talk-into')}</label>
            <select id=${`into-${statement.id}`} value=${into} onChange=${(event) => setInto(event.target.value)}><option value="">${t('talk-into-none')}</option>
                ${others.map((one) => html`<option value=${one.id}>${`${one.number}. ${one.text.slice(0, 80)}`}</option>`)}</select></div>`}
        <p class="actions">
            ${statement.state !== 'shown' && html`<button type="button" class="button" onClick=${() => void decide('shown')}>${t('talk-show')}</button>`}
            ${others.length > 0 && html`<button type="button" class="button" onClick=${() => void decide('merged')}>${t('talk-merge')}</button>`}
            ${statement.state !== 'rejected' && html`<button type="button" class="button danger" onClick=${() => void decide('rejected')}>${t('talk-reject')}</button>`}
        </p></form>`;
}

function One({ statement, shown, onDecided, fold }) {
    const decide = html`<${Decide} statement=${statement} shown=${shown} onDecided=${onDecided} />`;
    return html`<li class="card">
        <p class="as-written" dir="auto">${statement.text ?? t('talk-gone')}</p>
        <p class="fine"><time datetime=${statement.created_at}>${dateTime(statement.created_at)}</time>${statement.author && ` · ${t('member', { short: statement.author.slice(-6) })}`}</p>
        ${statement.reason && html`<p><strong>${t(`talk-state-${statement.state}`)}</strong> <span dir="auto">${statement.reason}</span></p>`}
        ${statement.appeal && html`<p><strong>${t('talk-appeal-words')}</strong> <span dir="auto">${statement.appeal}</span></p>`}
        ${fold ? html`<details class="more-options"><summary>${t('talk-otherwise')}</summary>${decide}</details>` : decide}
    </li>`;
}

function End({ talk, onChanged }) {
    const [fault, setFault] = useState('');
    async function change() {
        try {
            await request('PATCH', `/api/v1/conversations/${talk.id}`, { body: { state: talk.state === 'open' ? 'closed' : 'open' } });
            await onChanged();
        } catch (error) {
            setFault(problemText(error));
        }
    }
    return html`<p><button type="button" class="button" onClick=${change}>${t(talk.state === 'open' ? 'talk-close' : 'talk-reopen')}</button></p>${fault && html`<p role="alert">${fault}</p>`}`;
}

export default function Decisions({ params }) {
    const found = useLoad(() => load(params.conversation), [params.conversation, token.value]);
    usePageTitle(t('talk-decisions'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { talk, waiting, shown } = found.value;
    const again = () => found.reload({ quiet: true });
    return html`<div class="page measure research">
        <p><a href=${`/conversations/${talk.id}`} dir="auto">${localized(talk.title)}</a></p>
        <${PageHeading}>${t('talk-decisions')}<//>
        <p>${t('talk-decisions-text')}</p>
        <${End} talk=${talk} onChanged=${again} />
        <h2>${t('talk-waiting')}</h2>
        ${waiting.length === 0 ? html`<p>${t('talk-waiting-none')}</p>` : html`<ul class="plain-list">${waiting.map((one) => html`<${One} key=${one.id} statement=${one} shown=${shown} onDecided=${again} />`)}</ul>`}
        ${shown.length > 0 && html`<h2>${t('talk-shown')}</h2><ul class="plain-list">${shown.map((one) => html`<${One} key=${one.id} statement=${one} shown=${shown} onDecided=${again} fold />`)}</ul>`}
    </div>`;
}
