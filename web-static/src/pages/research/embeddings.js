// A study's embeddings: the endpoint that makes them, how far it has come, and what went wrong.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { del, get, post, request, token } from '../../lib/api.js';
import { dateTime, number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad, usePoll } from '../../lib/load.js';
import { Dialog, ErrorSummary, Failed, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { SignIn } from './signin.js';

const POLL_MS = 3000;
const DIMENSIONS_MAX = 8192;
const FIELDS = ['url', 'model', 'dimensions', 'key'];

function wrongOf(form) {
    const n = Number(form.dimensions);
    return [
        ...['url', 'model'].filter((one) => form[one].trim() === '').map((one) => ({ field: `embed-${one}`, text: t(`embed-${one}-missing`) })),
        ...(form.dimensions.trim() !== '' && !(Number.isInteger(n) && n >= 1 && n <= DIMENSIONS_MAX)
            ? [{ field: 'embed-dimensions', text: t('embed-dimensions-wrong', { max: DIMENSIONS_MAX }) }] : []),
    ];
}

function Set({ at, endpoint, onSet }) {
    const [form, setForm] = useState({ url: endpoint?.url ?? '', model: endpoint?.model ?? '', dimensions: endpoint?.dimensions ? String(endpoint.dimensions) : '', key: '' });
    const [errors, setErrors] = useState([]);
    async function set(event) {
        event.preventDefault();
        const wrong = wrongOf(form);
        setErrors(wrong);
        if (wrong.length > 0) return;
        try {
            await request('PUT', at, { body: { url: form.url.trim(), model: form.model.trim(), ...(form.dimensions.trim() ? { dimensions: Number(form.dimensions) } : {}),
                ...(form.key ? { key: form.key } : {}) } });
            setForm({ ...form, key: '' });
            say(t('embed-set'));
            await onSet();
        } catch (error) {
            const own = (error.errors ?? []).map((one) => ({ ...(FIELDS.includes(one.pointer?.slice(1)) ? { field: `embed-${one.pointer.slice(1)}` } : {}), text: one.detail }));
            setErrors(own.length > 0 ? own : [{ text: problemText(error) }]);
        }
    }
    const input = (one, type, hint) => html`<div class="field"><label for=${`embed-${one}`}>${t(`embed-${one}`)}</label>
        ${hint && html`<p class="fine" id=${`embed-${one}-hint`}>${t(`embed-${one}-hint`)}</p>`}
        <input id=${`embed-${one}`} type=${type} dir="ltr" spellcheck=${false} autocomplete="off" value=${form[one]} aria-describedby=${hint ? `embed-${one}-hint` : undefined}
            inputmode=${one === 'dimensions' ? 'numeric' : undefined} aria-invalid=${errors.some((wrong) => wrong.field === `embed-${one}`) ? 'true' : undefined}
            onInput=${(event) => setForm({ ...form, [one]: event.target.value })} /></div>`;
    return html`<form novalidate onSubmit=${set} aria-labelledby="embed-form">
        <h2 id="embed-form">${t(endpoint ? 'embed-change' : 'embed-name')}</h2>
        <${Notice} kind="warning" title=${t('embed-outside')}><p>${t('embed-outside-text')}</p><//>
        <${ErrorSummary} errors=${errors} />
        ${input('url', 'text', true)}${input('model', 'text')}${input('dimensions', 'text', true)}${input('key', 'password', true)}
        <p class="actions"><button class="button primary">${t('embed-go')}</button></p>
    </form>`;
}

// How it stands, in words; and of what failed the reason, and when it is tried again.
function Standing({ now, at, reload }) {
    const { error } = now;
    async function again() {
        try {
            await post(`${at}/retry`);
            say(t('embed-asked-again'));
        } catch (failure) {
            say(problemText(failure));
        }
        await reload({ quiet: true });
    }
    return html`<section aria-labelledby="embed-standing">
        <h2 id="embed-standing">${t('embed-standing')}</h2>
        <p role="status">${t(`embed-state-${now.state}`)}</p>
        <dl class="figures">
            ${['responses', 'embedded', 'missing', 'sealed'].filter((one) => one !== 'sealed' || now.n_sealed > 0).map((one) => html`<div><dt>${t(`embed-n-${one}`)}</dt><dd>${number(now[`n_${one}`])}</dd></div>`)}
        </dl>
        ${now.n_sealed > 0 && html`<p>${t('embed-sealed-text')}</p>`}
        ${error && html`<${Notice} kind="warning" title=${t('embed-error')}>
            <p>${t(`embed-error-${error.kind.replaceAll('_', '-')}`, { status: error.status ?? 0 })}</p>
            <p>${t('embed-error-when', { time: dateTime(error.at), n: number(now.n_failures) })}
                ${now.next_try_at && ` ${t('embed-next', { time: dateTime(now.next_try_at) })}`}</p>
            <p><button type="button" class="button" onClick=${() => void again()}>${t('embed-again')}</button></p><//>`}
    </section>`;
}

function Endpoint({ now, at, reload }) {
    const [removing, setRemoving] = useState(false);
    const { endpoint } = now;
    async function remove() {
        setRemoving(false);
        try {
            await del(at);
            say(t('embed-removed'));
        } catch (error) {
            say(problemText(error));
        }
        await reload({ quiet: true });
    }
    return html`<section aria-labelledby="embed-endpoint">
        <h2 id="embed-endpoint">${t('embed-endpoint')}</h2>
        <dl class="facts">
            <div class="wide"><dt>${t('embed-url')}</dt><dd><span dir="ltr">${endpoint.url}</span></dd></div>
            <div><dt>${t('embed-model')}</dt><dd><span dir="ltr">${endpoint.model}</span></dd></div>
            <div><dt>${t('embed-dimensions')}</dt><dd>${now.n_dimensions ? number(now.n_dimensions) : t('not-known')}</dd></div>
            <div><dt>${t('embed-key')}</dt><dd>${t(endpoint.has_key ? 'embed-has-key' : 'embed-no-key')}</dd></div>
            <div><dt>${t('embed-since')}</dt><dd><time datetime=${endpoint.created_at}>${dateTime(endpoint.created_at)}</time></dd></div>
        </dl>
        <p><button type="button" class="button" onClick=${() => setRemoving(true)}>${t('embed-remove')}</button></p>
        <${Dialog} open=${removing} onClose=${() => setRemoving(false)} title=${t('embed-remove-title')}>
            <p>${t('embed-remove-text')}</p>
            <p class="actions"><button type="button" class="button primary" onClick=${() => void remove()}>${t('embed-remove')}</button>
                <button type="button" class="button" onClick=${() => setRemoving(false)}>${t('embed-remove-no')}</button></p>
        <//>
    </section>`;
}

export default function Embeddings({ params }) {
    const at = `/api/v1/projects/${params.project}/embeddings`;
    const found = useLoad(() => get(at), [at, token.value]);
    usePageTitle(t('embed-title'));
    usePoll(() => found.reload({ quiet: true }), POLL_MS, found.state === 'ready' && found.value.state !== 'none');
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const now = found.value;
    return html`<div class="page research">
        <p><a href=${`/research/projects/${params.project}`}>${t('embed-back')}</a></p>
        <${PageHeading}>${t('embed-title')}<//>
        <p>${t('embed-text')}</p>
        <${Standing} now=${now} at=${at} reload=${found.reload} />
        ${now.endpoint && html`<${Endpoint} now=${now} at=${at} reload=${found.reload} />`}
        <${Set} key=${now.endpoint?.created_at ?? ''} at=${at} endpoint=${now.endpoint} onSet=${() => found.reload({ quiet: true })} />
    </div>`;
}
