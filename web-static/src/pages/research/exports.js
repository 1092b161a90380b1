// Datasets out: what was made, with its files, and the making of a new one.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { get, post, request, token } from '../../lib/api.js';
import { bytesOf, dateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { ErrorSummary, problemText, say } from '../../ui/parts.js';

const FORMATS = ['plenum', 'trl'];

// A plain link carries no bearer token: with one, the file is fetched here and handed over.
async function download(event, url, name) {
    if (!token.value) return;
    event.preventDefault();
    const response = await request('GET', url, { accept: '*/*' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await response.blob());
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Files({ id }) {
    const found = useLoad(() => get(`/api/v1/exports/${id}`), [id]);
    const files = found.value?.files ?? found.value?.manifest?.files ?? [];
    return html`<ul class="files">${files.map((file) => {
        const name = file.name ?? file.path;
        const url = `/api/v1/exports/${id}/files/${encodeURIComponent(name).replace(/%2F/g, '/')}`;
        return html`<li key=${name}><a href=${url} download=${name.split('/').pop()}
            onClick=${(event) => void download(event, url, name.split('/').pop()).catch((error) => say(problemText(error)))}><span dir="ltr">${name}</span></a>
            <span class="fine">${bytesOf(file.size ?? file.bytes)}</span></li>`;
    })}</ul>`;
}

export function Exports({ id, exports, reload }) {
    const [formats, setFormats] = useState(['plenum']);
    const [errors, setErrors] = useState([]);
    const toggle = (one, on) => setFormats(on ? [...formats, one] : formats.filter((other) => other !== one));
    async function start(event) {
        event.preventDefault();
        if (formats.length === 0) {
            setErrors([{ field: 'format-plenum', text: t('export-choose') }]);
            return;
        }
        setErrors([]);
        try {
            await post(`/api/v1/projects/${id}/exports`, { formats });
            say(t('export-started'));
            await reload({ quiet: true });
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
    }
    return html`<section aria-labelledby="exports-title">
        <h2 id="exports-title">${t('exports-title')}</h2>
        <p>${t('exports-text')}</p>
        <form class="inline-form" onSubmit=${start}>
            <${ErrorSummary} errors=${errors} />
            <fieldset class="inline-set"><legend>${t('export-formats')}</legend>
                ${FORMATS.map((one) => html`<label class="choice" for=${`format-${one}`}><input type="checkbox" id=${`format-${one}`}
                    checked=${formats.includes(one)} onChange=${(event) => toggle(one, event.target.checked)} /><span>${t(`format-${one}`)}</span></label>`)}
            </fieldset>
            <button class="button">${t('export-start')}</button>
        </form>
        ${exports.map((one) => html`<div class="export" key=${one.id}>
            <h3>${t('export-of', { formats: (one.formats ?? one.request?.formats ?? []).join(', ') || t('export'), when: one.created_at ? dateTime(one.created_at) : '' })}</h3>
            ${one.state === 'done' ? html`<${Files} id=${one.id} />` : html`<p>${t(`state-${one.state}`)}${one.error && html`: <span dir="auto">${one.error}</span>`}</p>`}
        </div>`)}
    </section>`;
}
