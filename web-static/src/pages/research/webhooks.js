// Who is told what happens: the webhooks of a study, or of the whole installation.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { del, list, post, request, token } from '../../lib/api.js';
import { dateTime, listOf, number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { Dialog, ErrorSummary, Failed, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { SignIn } from './signin.js';

const EVENTS = ['project.state_changed', 'project.completed', 'judgment.recorded', 'fit.completed', 'fit.failed', 'export.completed', 'amendment.state_changed', 'report.created'];
const SHOWN_DELIVERIES = 20;

const eventName = (type) => t(`event-${type.replace('.', '-').replace('_', '-')}`);

function Secret({ secret }) {
    const copied = () => navigator.clipboard.writeText(secret).then(() => say(t('hook-copied')), () => document.getElementById('hook-secret').focus());
    return html`<${Notice} kind="good" role="status" title=${t('hook-secret')}>
        <p>${t('hook-secret-text')}</p>
        <div class="field"><label for="hook-secret">${t('hook-secret-label')}</label>
            <input id="hook-secret" type="text" dir="ltr" readonly value=${secret} onFocus=${(event) => event.target.select()} /></div>
        <p><button type="button" class="button" onClick=${() => void copied()}>${t('hook-copy')}</button></p>
    <//>`;
}

function Make({ at, onMade }) {
    const [url, setUrl] = useState('');
    const [events, setEvents] = useState([]);
    const [errors, setErrors] = useState([]);
    const toggle = (one, on) => setEvents(EVENTS.filter((other) => (other === one ? on : events.includes(other))));
    async function make(event) {
        event.preventDefault();
        const wrong = [
            ...(url.trim() === '' ? [{ field: 'hook-url', text: t('hook-url-missing') }] : []),
            ...(events.length === 0 ? [{ field: `hook-${EVENTS[0]}`, text: t('hook-events-missing') }] : []),
        ];
        setErrors(wrong);
        if (wrong.length > 0) return;
        try {
            const { secret } = await post(at, { url: url.trim(), events });
            setUrl('');
            setEvents([]);
            onMade(secret);
        } catch (error) {
            setErrors([{ ...(error.errors?.[0]?.pointer === '/url' ? { field: 'hook-url' } : {}), text: problemText(error) }]);
        }
    }
    return html`<form novalidate onSubmit=${make} aria-labelledby="hook-make">
        <h2 id="hook-make">${t('hook-make')}</h2>
        <${ErrorSummary} errors=${errors} />
        <div class="field"><label for="hook-url">${t('hook-url')}</label><p class="fine" id="hook-url-hint">${t('hook-url-hint')}</p>
            <input id="hook-url" type="text" inputmode="url" dir="ltr" spellcheck="false" autocomplete="off" aria-describedby="hook-url-hint" value=${url}
                onInput=${(event) => setUrl(event.target.value)} /></div>
        <fieldset><legend>${t('hook-events')}</legend>
            ${EVENTS.map((one) => html`<label class="choice" for=${`hook-${one}`}><input type="checkbox" id=${`hook-${one}`}
                checked=${events.includes(one)} onChange=${(event) => toggle(one, event.target.checked)} /><span>${eventName(one)}</span></label>`)}
        </fieldset>
        <p class="actions"><button class="button primary">${t('hook-make-go')}</button></p>
    </form>`;
}

function Deliveries({ at }) {
    const found = useLoad(() => list(`${at}/deliveries?limit=${SHOWN_DELIVERIES}`, { limit: 1 }), [at]);
    async function again(id) {
        try {
            await post(`${at}/deliveries/${id}`);
            say(t('hook-sent'));
        } catch (error) {
            say(problemText(error));
        }
        await found.reload({ quiet: true });
    }
    const rows = found.value ?? [];
    return html`<p><button type="button" class="button small" onClick=${() => void found.reload({ quiet: true })}>${t('hook-look-again')}</button></p>
        ${found.state === 'failed' && html`<p role="alert">${problemText(found.error)}</p>`}
        ${found.state === 'ready' && rows.length === 0 && html`<p>${t('hook-nothing')}</p>`}
        ${rows.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-label=${t('hook-deliveries')}><table class="data">
            <thead><tr><th scope="col">${t('hook-when')}</th><th scope="col">${t('hook-what')}</th><th scope="col">${t('hook-became')}</th>
                <th scope="col" class="num">${t('hook-tries')}</th><th scope="col">${t('hook-next')}</th><td></td></tr></thead>
            <tbody>${rows.map((one) => html`<tr key=${one.id}><th scope="row"><time datetime=${one.happened_at}>${dateTime(one.happened_at)}</time></th>
                <td>${eventName(one.type)}</td>
                <td>${t(`delivery-${one.state}`)}${one.status ? html` <span dir="ltr">(${one.status})</span>` : one.error && ` (${t(`delivery-error-${one.error}`)})`}</td>
                <td class="num">${number(one.tries)}</td>
                <td>${one.next_try_at ? dateTime(one.next_try_at) : '–'}</td>
                <td><button type="button" class="button small" onClick=${() => void again(one.id)}>${t('hook-again')}</button></td></tr>`)}</tbody>
        </table></div>`}`;
}

function Webhook({ hook, onSecret, reload }) {
    const at = `/api/v1/webhooks/${hook.id}`;
    const [asking, setAsking] = useState(null); // 'rotate' or 'remove'
    const [open, setOpen] = useState(false);
    const [errors, setErrors] = useState([]);
    async function act(work, words) {
        setErrors([]);
        setAsking(null);
        try {
            await work();
            say(t(words));
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
        await reload({ quiet: true });
    }
    const sure = {
        rotate: () => act(async () => onSecret((await post(`${at}/secret`)).secret), 'hook-rotated'),
        remove: () => act(() => del(at), 'hook-removed'),
    };
    return html`<li class="card">
        <h3 dir="ltr">${hook.url}</h3>
        <${ErrorSummary} errors=${errors} />
        <p>${hook.enabled ? t('hook-on') : t(`hook-off-${hook.disabled_reason}`)}
            ${hook.failing_since && html` ${t('hook-failing', { since: dateTime(hook.failing_since) })}`}
            ${hook.old_secret_until && html` ${t('hook-old-secret', { until: dateTime(hook.old_secret_until) })}`}</p>
        <p class="fine">${listOf(hook.events.map(eventName))}</p>
        <p class="actions">
            <button type="button" class="button" onClick=${() => void act(() => post(`${at}/test`), 'hook-sent')}>${t('hook-test')}</button>
            <button type="button" class="button" onClick=${() => void act(() => request('PATCH', at, { body: { enabled: !hook.enabled } }), hook.enabled ? 'hook-now-off' : 'hook-now-on')}>
                ${t(hook.enabled ? 'hook-switch-off' : 'hook-switch-on')}</button>
            <button type="button" class="button" onClick=${() => setAsking('rotate')}>${t('hook-rotate')}</button>
            <button type="button" class="button danger" onClick=${() => setAsking('remove')}>${t('hook-remove')}</button>
        </p>
        <details class="more-options" onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>${t('hook-deliveries')}</summary>${open && html`<${Deliveries} at=${at} />`}</details>
        <${Dialog} open=${asking !== null} onClose=${() => setAsking(null)} title=${asking && t(`hook-${asking}`)}>
            <p>${asking && t(`hook-${asking}-text`)}</p>
            <p class="actions"><button type="button" class=${`button ${asking === 'remove' ? 'danger' : 'primary'}`} onClick=${() => void sure[asking]()}>${asking && t(`hook-${asking}-go`)}</button></p>
        <//>
    </li>`;
}

export default function Webhooks({ params }) {
    const at = params.project ? `/api/v1/projects/${params.project}/webhooks` : '/api/v1/webhooks';
    const found = useLoad(() => list(at), [at, token.value]);
    const [secret, setSecret] = useState('');
    usePageTitle(t('hooks-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const hooks = found.value;
    return html`<div class="page measure research">
        <p><a href=${params.project ? `/research/projects/${params.project}` : '/research'}>${t(params.project ? 'hooks-back' : 'projects-title')}</a></p>
        <${PageHeading}>${t('hooks-title')}<//>
        <p>${t(params.project ? 'hooks-text-study' : 'hooks-text-all')}</p>
        ${secret && html`<${Secret} key=${secret} secret=${secret} />`}
        <${Make} at=${at} onMade=${async (made) => { setSecret(made); say(t('hook-made')); await found.reload({ quiet: true }); }} />
        <h2>${t('hooks-list')}</h2>
        ${hooks.length === 0 && html`<p>${t('hooks-none')}</p>`}
        <ul class="plain-list">${hooks.map((hook) => html`<${Webhook} key=${hook.id} hook=${hook} onSecret=${setSecret} reload=${found.reload} />`)}</ul>
    </div>`;
}
