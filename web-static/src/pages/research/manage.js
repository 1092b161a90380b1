// A study looked after: open, paused or closed; its name; whom it invites.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { listOrEmpty, post, request, token } from '../../lib/api.js';
import { dateTime, number } from '../../lib/format.js';
import { inPlace, localized, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { Dialog, ErrorSummary, problemText, say } from '../../ui/parts.js';

const USES_MAX = 1_000_000;

export function State({ project, state, reload }) {
    const [closing, setClosing] = useState(false);
    const [errors, setErrors] = useState([]);
    async function become(next) {
        setClosing(false);
        setErrors([]);
        try {
            await request('PATCH', `/api/v1/projects/${project.id}`, { body: { state: next } });
            say(t(`study-now-${next}`));
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
        await reload({ quiet: true });
    }
    return html`<section aria-labelledby="state-title">
        <h2 id="state-title">${t('state-title')}</h2>
        <${ErrorSummary} errors=${errors} />
        <p>${t(`study-${state}`)}</p>
        <p class="actions">
            ${state === 'open' && html`<button type="button" class="button" onClick=${() => void become('paused')}>${t('study-pause')}</button>`}
            ${state === 'paused' && html`<button type="button" class="button primary" onClick=${() => void become('open')}>${t('study-resume')}</button>`}
            ${state !== 'closed' && html`<button type="button" class="button" onClick=${() => setClosing(true)}>${t('study-close')}</button>`}
            <a class="button quiet" href=${`/research/new?from=${project.id}`}>${t('study-copy')}</a>
            <a class="button quiet" href=${`/research/projects/${project.id}/guideline`}>${t('study-guideline')}</a>
            <a class="button quiet" href=${`/research/projects/${project.id}/embeddings`}>${t('study-embeddings')}</a>
            <a class="button quiet" href=${`/research/projects/${project.id}/webhooks`}>${t('study-webhooks')}</a>
            <a class="button quiet" href=${`/research/projects/${project.id}/panel`}>${t('study-panel')}</a>
            <a class="button quiet" href=${`/research/projects/${project.id}/reports`}>${t('study-reports')}</a>
        </p>
        <${Dialog} open=${closing} onClose=${() => setClosing(false)} title=${t('study-close-title')}>
            <p>${t('study-close-text')}</p>
            <p class="actions"><button type="button" class="button primary" onClick=${() => void become('closed')}>${t('study-close-go')}</button>
                <button type="button" class="button" onClick=${() => setClosing(false)}>${t('study-close-no')}</button></p>
        <//>
    </section>`;
}

export function Name({ project, reload }) {
    const [name, setName] = useState(localized(project.name));
    const [errors, setErrors] = useState([]);
    async function save(event) {
        event.preventDefault();
        const missing = name.trim() === '' ? [{ field: 'words-name', text: t('make-name-missing') }] : [];
        setErrors(missing);
        if (missing.length > 0) return;
        try {
            await request('PATCH', `/api/v1/projects/${project.id}`, { body: { name: inPlace(project.name, name.trim()) } });
            say(t('words-saved'));
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
        await reload({ quiet: true });
    }
    return html`<section aria-labelledby="words-title"><details class="fold">
        <summary><h2 id="words-title">${t('words-title')}</h2></summary>
        <form novalidate onSubmit=${save}>
            <${ErrorSummary} errors=${errors} />
            <div class="field"><label for="words-name">${t('make-name')}</label>
                <input id="words-name" type="text" dir="auto" maxlength="200" value=${name} aria-invalid=${errors.some((one) => one.field) ? 'true' : undefined}
                    onInput=${(event) => setName(event.target.value)} /></div>
            <button class="button">${t('words-save')}</button>
        </form></details>
    </section>`;
}

function usesOf(text) {
    const n = Number(text);
    return Number.isInteger(n) && n >= 1 && n <= USES_MAX ? n : null;
}

// The end of the day that was chosen, where the researcher is.
const endOf = (day) => (day === '' ? null : new Date(`${day}T23:59:59`));

export function Invitations({ id, closed }) {
    const found = useLoad(() => listOrEmpty(`/api/v1/projects/${id}/invitations`), [id, token.value]);
    const [uses, setUses] = useState('1');
    const [until, setUntil] = useState('');
    const [errors, setErrors] = useState([]);
    const [link, setLink] = useState('');
    async function make(event) {
        event.preventDefault();
        const end = endOf(until);
        const wrong = [
            ...(usesOf(uses) === null ? [{ field: 'invite-uses', text: t('invite-uses-wrong', { max: USES_MAX }) }] : []),
            ...(end !== null && !(end > new Date()) ? [{ field: 'invite-until', text: t('invite-until-wrong') }] : []),
        ];
        setErrors(wrong);
        if (wrong.length > 0) return;
        try {
            const made = await post(`/api/v1/projects/${id}/invitations`, {
                max_uses: usesOf(uses), ...(end ? { expires_at: end.toISOString().replace(/\.\d+Z$/, 'Z') } : {}) });
            setLink(made.url);
            say(t('invite-made'));
            await found.reload({ quiet: true });
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
    }
    const rows = found.value ?? [];
    return html`<section aria-labelledby="invite-title">
        <h2 id="invite-title">${t('invite-title')}</h2>
        <p>${t('invite-text')}</p>
        ${!closed && html`<form class="inline-form" novalidate onSubmit=${make}>
            <${ErrorSummary} errors=${errors} />
            <div class="field"><label for="invite-uses">${t('invite-uses')}</label>
                <input id="invite-uses" type="text" inputmode="numeric" size="7" value=${uses} onInput=${(event) => setUses(event.target.value)} /></div>
            <div class="field"><label for="invite-until">${t('invite-until')}</label>
                <input id="invite-until" type="date" value=${until} onInput=${(event) => setUntil(event.target.value)} /></div>
            <button class="button">${t('invite-go')}</button>
        </form>`}
        ${link && html`<div class="field"><label for="invite-link">${t('invite-link')}</label>
            <input id="invite-link" type="text" dir="ltr" readonly value=${link} onFocus=${(event) => event.target.select()} />
            <p><button type="button" class="button small" onClick=${() => void navigator.clipboard.writeText(link).then(
        () => say(t('invite-copied')), () => document.getElementById('invite-link').focus())}>${t('invite-copy')}</button></p></div>`}
        ${rows.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-label=${t('invite-list')}><table class="data">
            <thead><tr><th scope="col">${t('invite-made-at')}</th><th scope="col" class="num">${t('invite-used')}</th><th scope="col">${t('invite-expires')}</th></tr></thead>
            <tbody>${rows.map((one) => html`<tr key=${one.id}><th scope="row"><time datetime=${one.created_at}>${dateTime(one.created_at)}</time></th>
                <td class="num">${t('invite-of', { uses: number(one.uses), max: number(one.max_uses) })}</td>
                <td>${one.expires_at ? dateTime(one.expires_at) : t('invite-never')}</td></tr>`)}</tbody>
        </table></div>`}
    </section>`;
}
