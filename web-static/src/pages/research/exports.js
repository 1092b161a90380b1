// Datasets out: what was made, with its files, and the making of a new one.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { get, post, request, token } from '../../lib/api.js';
import { bytesOf, dateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { here } from '../../lib/router.js';
import { ErrorSummary, problemText, say } from '../../ui/parts.js';
import { Select } from './task.js';

const FORMATS = ['plenum', 'trl', 'trl-implicit', 'hh', 'csv'];
const SOURCES = ['', 'live', 'import'];
const EXCLUDED = ['', 'keep'];

// A part that was looked at comes with the address.
function partNow() {
    const query = new URLSearchParams(here.value.search);
    return { language: query.get('language') ?? '', tags: query.get('tag') ?? '', source: '', excluded: '', from: '', before: '' };
}

// A day begins and ends where the researcher is.
const dayOf = (day) => new Date(`${day}T00:00:00`).toISOString().replace(/\.\d+Z$/, 'Z');

function filterOf({ language, tags, source, excluded, from, before }) {
    const list = tags.split(',').map((one) => one.trim()).filter(Boolean);
    const filter = { ...(language.trim() && { language: language.trim() }), ...(list.length > 0 && { tags: list }), ...(source && { source }), ...(excluded && { excluded }),
        ...(from && { judged_from: dayOf(from) }), ...(before && { judged_before: dayOf(before) }) };
    return Object.keys(filter).length > 0 ? { filter } : {};
}

function Part({ part, set }) {
    const input = (one, type = 'text') => html`<div class="field"><label for=${`export-${one}`}>${t(`export-${one}`)}</label>
        <input id=${`export-${one}`} type=${type} dir=${type === 'text' ? 'auto' : undefined} value=${part[one]} onInput=${(event) => set({ ...part, [one]: event.target.value })} /></div>`;
    return html`<details class="part-of" open=${Object.values(partNow()).some(Boolean)}><summary>${t('export-part')}</summary>
        ${input('language')}${input('tags')}
        <${Select} id="export-source" label=${t('export-source')} value=${part.source} options=${SOURCES} words=${(one) => t(`export-source-${one || 'all'}`)}
            onChange=${(source) => set({ ...part, source })} />
        <${Select} id="export-excluded" label=${t('export-excluded')} value=${part.excluded} options=${EXCLUDED} words=${(one) => t(`export-excluded-${one || 'leave_out'}`)}
            onChange=${(excluded) => set({ ...part, excluded })} />
        ${input('from', 'date')}${input('before', 'date')}
    </details>`;
}

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
    const [part, setPart] = useState(partNow);
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
            await post(`/api/v1/projects/${id}/exports`, { formats, ...filterOf(part) });
            say(t('export-started'));
            await reload({ quiet: true });
        } catch (error) {
            setErrors(error.errors?.length > 0 ? error.errors.map((one) => ({ text: one.detail })) : [{ text: problemText(error) }]);
        }
    }
    return html`<section aria-labelledby="exports-title">
        <h2 id="exports-title">${t('exports-title')}</h2>
        <p>${t('exports-text')}</p>
        <form onSubmit=${start}>
            <${ErrorSummary} errors=${errors} />
            <fieldset class="inline-set"><legend>${t('export-formats')}</legend>
                ${FORMATS.map((one) => html`<label class="choice" for=${`format-${one}`}><input type="checkbox" id=${`format-${one}`}
                    checked=${formats.includes(one)} onChange=${(event) => toggle(one, event.target.checked)} /><span>${t(`format-${one}`)}</span></label>`)}
            </fieldset>
            <${Part} part=${part} set=${setPart} />
            <button class="button">${t('export-start')}</button>
        </form>
        ${exports.map((one) => html`<div class="export" key=${one.id}>
            <h3>${t('export-of', { formats: (one.formats ?? one.request?.formats ?? []).join(', ') || t('export'), when: one.created_at ? dateTime(one.created_at) : '' })}</h3>
            ${Object.keys(one.filter ?? {}).length > 0 && html`<p class="fine">${t('export-part-of')} <code dir="ltr">${Object.entries(one.filter).map(([name, value]) => `${name}: ${[value].flat().join(', ')}`).join('; ')}</code></p>`}
            ${one.state === 'done' ? html`<${Files} id=${one.id} />` : html`<p>${t(`state-${one.state}`)}${one.error && html`: <span dir="auto">${one.error}</span>`}</p>`}
        </div>`)}
    </section>`;
}
