// The models that answer in a study's chats: added, looked at, taken out. Keys go in and never come out.
import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { del, list, post, token } from '../../lib/api.js';
import { dateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { uuid } from '../../lib/uuid.js';
import { Dialog, ErrorSummary, Failed, problemText, say } from '../../ui/parts.js';

const FIELDS = ['name', 'url', 'model', 'key', 'parameters'];
const REQUIRED = ['name', 'url', 'model'];
const empty = () => Object.fromEntries(FIELDS.map((one) => [one, '']));

// What is typed as parameters, or undefined when it is no object.
function parametersOf(text) {
    if (text.trim() === '') return {};
    try {
        const value = JSON.parse(text);
        return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
    } catch {
        return undefined;
    }
}

const fieldOf = (pointer) => FIELDS.find((one) => pointer === `/${one}` || pointer?.startsWith(`/${one}/`));

function Add({ at, onAdded }) {
    const [form, setForm] = useState(empty);
    const [errors, setErrors] = useState([]);
    const key = useRef(null);
    const change = (parts) => { key.current = null; setForm({ ...form, ...parts }); };
    async function add(event) {
        event.preventDefault();
        const parameters = parametersOf(form.parameters);
        const wrong = [
            ...REQUIRED.filter((one) => form[one].trim() === '').map((one) => ({ field: `endpoint-${one}`, text: t(`endpoint-${one}-missing`) })),
            ...(parameters === undefined ? [{ field: 'endpoint-parameters', text: t('endpoint-parameters-wrong') }] : []),
        ];
        setErrors(wrong);
        if (wrong.length > 0) return;
        key.current ??= uuid();
        try {
            const { name, url, model } = form;
            await post(at, { name: name.trim(), url: url.trim(), model: model.trim(), ...(form.key ? { key: form.key } : {}), parameters }, { key: key.current });
            key.current = null;
            setForm(empty());
            say(t('endpoint-added'));
            await onAdded();
        } catch (error) {
            const own = (error.errors ?? []).map((one) => ({ ...(fieldOf(one.pointer) ? { field: `endpoint-${fieldOf(one.pointer)}` } : {}), text: one.detail }));
            setErrors(own.length > 0 ? own : [{ text: problemText(error) }]);
        }
    }
    const input = (one, { type = 'text', dir = 'ltr', hint } = {}) => html`<div class="field"><label for=${`endpoint-${one}`}>${t(`endpoint-${one}`)}</label>
        ${hint && html`<p class="fine" id=${`endpoint-${one}-hint`}>${t(`endpoint-${one}-hint`)}</p>`}
        <input id=${`endpoint-${one}`} type=${type} dir=${dir} spellcheck=${false} autocomplete="off" value=${form[one]} aria-describedby=${hint ? `endpoint-${one}-hint` : undefined}
            aria-invalid=${errors.some((wrong) => wrong.field === `endpoint-${one}`) ? 'true' : undefined} onInput=${(event) => change({ [one]: event.target.value })} /></div>`;
    return html`<details class="fold"><summary><h3>${t('endpoint-add')}</h3></summary><form novalidate onSubmit=${add}>
        <${ErrorSummary} errors=${errors} />
        ${input('name', { dir: 'auto', hint: true })}${input('url', { hint: true })}${input('model')}${input('key', { type: 'password', hint: true })}
        <div class="field"><label for="endpoint-parameters">${t('endpoint-parameters')}</label><p class="fine" id="endpoint-parameters-hint">${t('endpoint-parameters-hint')}</p>
            <textarea id="endpoint-parameters" rows="2" dir="ltr" spellcheck=${false} value=${form.parameters} aria-describedby="endpoint-parameters-hint"
                onInput=${(event) => change({ parameters: event.target.value })}></textarea></div>
        <button class="button">${t('endpoint-go')}</button>
    </form></details>`;
}

export function Endpoints({ id }) {
    const at = `/api/v1/projects/${id}/endpoints`;
    const found = useLoad(() => list(at), [at, token.value]);
    const [removing, setRemoving] = useState(null);
    if (found.state === 'failed') return html`<${Failed} error=${found.error} retry=${found.reload} />`;
    const rows = found.value ?? [];
    async function remove() {
        setRemoving(null);
        try {
            await del(`${at}/${removing.id}`);
            say(t('endpoint-removed'));
        } catch (error) {
            say(problemText(error));
        }
        await found.reload({ quiet: true });
    }
    return html`<section aria-labelledby="endpoints-title">
        <h2 id="endpoints-title">${t('endpoints-title')}</h2>
        <p>${t('endpoints-text')}</p>
        ${found.state === 'ready' && rows.length === 0 && html`<p>${t('endpoints-none')}</p>`}
        ${rows.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="endpoints-title"><table class="data">
            <thead><tr><th scope="col">${t('endpoint-name')}</th><th scope="col">${t('endpoint-model')}</th><th scope="col">${t('endpoint-url')}</th>
                <th scope="col">${t('endpoint-key')}</th><th scope="col">${t('endpoint-since')}</th><td></td></tr></thead>
            <tbody>${rows.map((one) => html`<tr key=${one.id}><th scope="row"><span dir="auto">${one.name}</span></th><td><span dir="ltr">${one.model}</span></td>
                <td><span dir="ltr">${one.url}</span></td><td>${t(one.has_key ? 'endpoint-has-key' : 'endpoint-no-key')}</td>
                <td>${one.created_at ? html`<time datetime=${one.created_at}>${dateTime(one.created_at)}</time>` : '–'}</td>
                <td><button type="button" class="button small" aria-label=${`${t('endpoint-remove')} ${one.name}`} onClick=${() => setRemoving(one)}>${t('endpoint-remove')}</button></td></tr>`)}</tbody>
        </table></div>`}
        <${Add} at=${at} onAdded=${() => found.reload({ quiet: true })} />
        <${Dialog} open=${removing !== null} onClose=${() => setRemoving(null)} title=${t('endpoint-remove-title', { name: removing?.name ?? '' })}>
            <p>${t('endpoint-remove-text')}</p>
            <p class="actions"><button type="button" class="button primary" onClick=${() => void remove()}>${t('endpoint-remove')}</button>
                <button type="button" class="button" onClick=${() => setRemoving(null)}>${t('endpoint-remove-no')}</button></p>
        <//>
    </section>`;
}
