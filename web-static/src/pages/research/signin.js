// Signing in: with an access token, or with the name and passphrase of an account.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { getOrNull, loadSession, post, setToken, token } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { changePerson } from '../../lib/outbox.js';
import { ErrorSummary, PageHeading, problemText, usePageTitle } from '../../ui/parts.js';

export function SignIn({ onDone }) {
    const [value, setValue] = useState('');
    const [name, setName] = useState('');
    const [passphrase, setPassphrase] = useState('');
    const [errors, setErrors] = useState([]);
    usePageTitle(t('signin-title'));

    async function withToken(event) {
        event.preventDefault();
        const bearer = value.trim();
        try {
            // Tried before it is kept. A header cannot carry what no token holds.
            const found = /^[\x21-\x7e]+$/.test(bearer) && (await getOrNull('/api/v1/projects?limit=1', { bearer }));
            if (found) {
                setToken(bearer);
                await loadSession();
                onDone();
            } else {
                setErrors([{ field: 'token', text: t('signin-token-wrong') }]);
            }
        } catch (error) {
            setErrors([{ field: 'token', text: problemText(error) }]);
        }
    }
    async function withName(event) {
        event.preventDefault();
        try {
            setToken(null);
            await changePerson(() => post('/api/v1/session', { name, passphrase }));
            onDone();
        } catch (error) {
            setErrors([{ field: 'name', text: [400, 401, 404, 422].includes(error.status) ? t('signin-name-wrong') : problemText(error) }]);
        }
    }
    return html`<div class="page measure">
        <${ErrorSummary} errors=${errors} />
        <${PageHeading}>${t('signin-title')}<//>
        <p class="lead">${t('signin-lead')}</p>
        <form class="card" onSubmit=${withToken} novalidate>
            <h2>${t('signin-token')}</h2>
            <div class="field"><label for="token">${t('signin-token-label')}</label>
                <p class="fine" id="token-hint">${t('signin-token-hint')}</p>
                <input id="token" type="password" autocomplete="off" spellcheck=${false} dir="ltr" aria-describedby="token-hint"
                    value=${value} onInput=${(event) => setValue(event.target.value)} /></div>
            <button class="button primary">${t('signin-go')}</button>
        </form>
        <form class="card" onSubmit=${withName} novalidate>
            <h2>${t('signin-account')}</h2>
            <div class="field"><label for="name">${t('signin-name')}</label>
                <input id="name" type="text" autocomplete="username" dir="auto" value=${name} onInput=${(event) => setName(event.target.value)} /></div>
            <div class="field"><label for="passphrase">${t('signin-passphrase')}</label>
                <input id="passphrase" type="password" autocomplete="current-password" dir="auto" value=${passphrase}
                    onInput=${(event) => setPassphrase(event.target.value)} /></div>
            <button class="button">${t('signin-go')}</button>
        </form>
    </div>`;
}

export function SignOut({ onDone }) {
    if (!token.value) return null;
    return html`<button type="button" class="button small" onClick=${() => { setToken(null); onDone(); }}>${t('signout-token')}</button>`;
}
