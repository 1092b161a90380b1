// An invitation: what the study is, what is kept, and a consent that is given and not assumed.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { getOrNull, loadSession, post, setPerson, setToken } from '../lib/api.js';
import { localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { navigate } from '../lib/router.js';
import { ErrorSummary, Failed, Loading, Notice, PageHeading, problemText, usePageTitle } from '../ui/parts.js';

function CodeForm() {
    const [code, setCode] = useState('');
    function submit(event) {
        event.preventDefault();
        // People paste the whole address as often as the code.
        const found = /[?&]code=([^&\s]+)/.exec(code);
        const value = found ? decodeURIComponent(found[1]) : code.trim();
        if (value) navigate(`/join?code=${encodeURIComponent(value)}`);
    }
    return html`<form class="page measure" onSubmit=${submit}>
        <${PageHeading}>${t('join-code-title')}<//>
        <p>${t('join-code-text')}</p>
        <div class="field">
            <label for="code">${t('join-code-label')}</label>
            <input id="code" name="code" type="text" autocomplete="off" spellcheck=${false} dir="ltr" required
                value=${code} onInput=${(event) => setCode(event.target.value)} />
        </div>
        <button class="button primary">${t('continue')}</button>
    </form>`;
}

function Kept() {
    return html`<section aria-labelledby="kept-title">
        <h2 id="kept-title">${t('join-kept-title')}</h2>
        <dl class="kept">
            ${['answers', 'time', 'about', 'name'].map((one) => html`<div>
                <dt>${t(`join-kept-${one}`)}</dt><dd>${t(`join-kept-${one}-text`)}</dd></div>`)}
        </dl>
    </section>`;
}

function Consent({ code, info }) {
    const [agreed, setAgreed] = useState(false);
    const [busy, setBusy] = useState(false);
    const [errors, setErrors] = useState([]);
    const study = info?.project?.name ?? info?.name ?? '';
    const consent = info?.consent ?? {};

    async function submit(event) {
        event.preventDefault();
        if (!agreed) {
            setErrors([{ field: 'agree', text: t('join-consent-missing') }]);
            return;
        }
        setBusy(true);
        try {
            // A person in this browser, not a token in this tab, is who judges from here on.
            setToken(null);
            const version = consent.version;
            const joined = await post('/api/v1/join', { code, ...(version == null ? {} : { consent: { version } }) });
            setPerson(joined.participant_id);
            await loadSession().catch(() => null);
            const project = joined.project_id ?? info?.project?.id ?? info?.project_id;
            navigate(project ? `/annotate/${project}` : '/annotate', { replace: true });
        } catch (error) {
            setBusy(false);
            setErrors([{ text: error.status === 404 ? t('join-code-unknown') : problemText(error) }]);
        }
    }

    return html`<form class="page measure" onSubmit=${submit} novalidate>
        <${ErrorSummary} errors=${errors} />
        <${PageHeading} eyebrow=${t('join-eyebrow')}><span dir="auto">${study || t('join-title')}</span><//>
        ${info?.simulated && html`<p><strong class="tag">${t('simulated')}</strong> ${t('join-simulated')}</p>`}
        ${info?.warning && html`<${Notice} kind="warning" title=${t('content-warning')}>
            <p dir="auto">${localized(info.warning)}</p><//>`}
        <section class="consent-text" aria-labelledby="consent-title">
            <h2 id="consent-title">${t('join-consent-title')}</h2>
            <div dir="auto">${(localized(consent.text) || t('join-consent-default')).split(/\n{2,}/).map((one) => html`<p>${one}</p>`)}</div>
        </section>
        <${Kept} />
        <div class=${errors.some((one) => one.field) ? 'field has-error' : 'field'}>
            <label class="choice" for="agree">
                <input type="checkbox" id="agree" checked=${agreed} aria-describedby=${errors.some((one) => one.field)
        ? 'agree-error' : undefined} onChange=${(event) => setAgreed(event.target.checked)} />
                <span>${t('join-agree')}</span>
            </label>
            ${errors.some((one) => one.field) && html`<p class="field-error" id="agree-error">${t('join-consent-missing')}</p>`}
        </div>
        <p class="actions">
            <button class="button primary" disabled=${busy}>${t('join-start')}</button>
            <a class="button quiet" href="/">${t('join-decline')}</a>
        </p>
        ${consent.version != null && html`<p class="fine">${t('join-consent-version', { version: String(consent.version) })}</p>`}
    </form>`;
}

export default function Join({ query }) {
    const code = query.get('code');
    const info = useLoad(async () => (code ? getOrNull(`/api/v1/join?code=${encodeURIComponent(code)}`) : null), [code]);
    usePageTitle(t('join-eyebrow'));
    if (!code) return html`<${CodeForm} />`;
    if (info.state === 'loading') return html`<${Loading} />`;
    if (info.state === 'failed') return html`<div class="page measure"><${Failed} error=${info.error} retry=${info.reload} /></div>`;
    return html`<${Consent} code=${code} info=${info.value} />`;
}
