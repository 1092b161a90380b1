// Items from a file: looked at first, then sent in pieces of whole lines, so that a file may be larger than a request, can be
// stopped, and goes on where it was when it is sent again.
import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { Problem, token } from '../../lib/api.js';
import { bytesOf, number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { ErrorSummary, problemText, say } from '../../ui/parts.js';
import { Select } from './task.js';

const FORMATS = ['plenum', 'trl', 'hh', 'csv'];
const PIECE_BYTES = 8 * 1024 * 1024;
const LOOK_BYTES = 4 * 1024 * 1024;
const WHOLE_BYTES_MAX = 64 * 1024 * 1024; // of what can't be cut at the ends of lines
const MAP = '{"item": "id", "text": "response", "annotator": "who", "rating": "score"}';

const nameOf = (file) => file.name.replace(/\.gz$/, '').replace(/\.[^.]*$/, '');
const formatOf = (name) => (/\.csv(\.gz)?$/i.test(name) ? 'csv' : 'plenum');

function streamOf(file) {
    return /\.gz$/i.test(file.name) ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
}

// The first byte that is neither space nor the mark of the byte order.
const firstOf = (bytes) => bytes.find((byte) => ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(byte));

// The entries of a JSON array as lines, in pieces of about `size` characters.
function* linesOf(bytes, size) {
    let piece = '';
    for (const entry of JSON.parse(new TextDecoder().decode(bytes))) {
        piece += `${JSON.stringify(entry)}\n`;
        if (piece.length < size) continue;
        yield new TextEncoder().encode(piece);
        piece = '';
    }
    if (piece !== '') yield new TextEncoder().encode(piece);
}

// Pieces of whole lines, each about `size` bytes. A table goes in one request, as its rows may hold line ends; a JSON array becomes lines.
async function* piecesOf(file, format, size) {
    let isArray; // known from the first byte on
    let parts = [];
    let length = 0;
    const reader = streamOf(file).getReader();
    try {
        for (;;) {
            const { value, done } = await reader.read();
            if (done) break;
            parts.push(value);
            length += value.length;
            const first = firstOf(value);
            if (isArray === undefined && first !== undefined) isArray = format !== 'csv' && first === 0x5b;
            const isWhole = format === 'csv' || isArray;
            if (length < (isWhole ? WHOLE_BYTES_MAX : size)) continue;
            if (isWhole) throw new RangeError(t('import-too-large'));
            const all = new Uint8Array(await new Blob(parts).arrayBuffer());
            const end = all.lastIndexOf(10) + 1;
            if (end === 0) continue; // a line this long is refused by its number, once it ends
            yield all.subarray(0, end);
            parts = [all.subarray(end)];
            length = all.length - end;
        }
        const rest = new Uint8Array(await new Blob(parts).arrayBuffer());
        if (isArray) yield* linesOf(rest, size);
        else if (length > 0) yield rest;
    } finally {
        await reader.cancel().catch(() => {});
    }
}

async function send(id, query, body, signal) {
    let response;
    try {
        response = await fetch(`/api/v1/projects/${id}/items?${new URLSearchParams(query)}`, {
            method: 'POST', body, signal, credentials: 'same-origin',
            headers: { Accept: 'application/json', 'Content-Type': query.format === 'csv' ? 'text/csv' : 'application/x-ndjson',
                ...(token.value ? { Authorization: `Bearer ${token.value}` } : {}) },
        });
    } catch (error) {
        if (error.name === 'AbortError') throw error;
        throw new Problem(0, { title: 'no connection' });
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Problem(response.status, answer);
    return answer;
}

const linesIn = (bytes) => bytes.reduce((n, byte) => n + (byte === 10), 0);

// Adds a piece's report to what came before; its lines are numbered from the beginning of the file.
function add(total, report, lines_before) {
    return {
        accepted: total.accepted + report.accepted, duplicates: total.duplicates + report.duplicates, n_rejected: total.n_rejected + report.n_rejected,
        rejected: [...total.rejected, ...report.rejected.map((one) => ({ ...one, line: one.line + lines_before }))],
        preview: total.preview ?? report.preview,
    };
}
const NOTHING = { accepted: 0, duplicates: 0, n_rejected: 0, rejected: [] };

function saveErrors(rejected, name) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([rejected.map((one) => `${JSON.stringify(one)}\n`).join('')], { type: 'application/x-ndjson' }));
    link.download = `${name}.refused.jsonl`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const SHOWN_ERRORS = 20;

function Refused({ report, name }) {
    if (report.n_rejected === 0) return null;
    return html`<h3 id="import-errors">${t('import-errors')}</h3>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="import-errors"><table class="data">
            <thead><tr><th scope="col" class="num">${t('import-line')}</th><th scope="col">${t('import-where')}</th><th scope="col">${t('import-why')}</th></tr></thead>
            <tbody>${report.rejected.slice(0, SHOWN_ERRORS).map((one) => html`<tr><th scope="row" class="num">${number(one.line)}</th>
                <td><code dir="ltr">${one.pointer || '/'}</code></td><td dir="auto">${one.detail}</td></tr>`)}</tbody>
        </table></div>
        ${report.n_rejected > SHOWN_ERRORS && html`<p class="fine">${t('import-errors-first', { n: SHOWN_ERRORS, all: report.n_rejected })}</p>`}
        <p><button type="button" class="button small" onClick=${() => saveErrors(report.rejected, name)}>${t('import-errors-save')}</button></p>`;
}

function First({ items }) {
    if (!(items?.length > 0)) return null;
    return html`<h3 id="import-first">${t('import-first')}</h3>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="import-first"><table class="data import-first">
            <thead><tr><th scope="col" class="num">${t('import-line')}</th><th scope="col">${t('import-prompt')}</th><th scope="col">${t('import-responses')}</th></tr></thead>
            <tbody>${items.map((one) => html`<tr key=${one.line}><th scope="row" class="num">${number(one.line)}</th>
                <td>${one.prompt.map((message) => html`<p dir="auto">${message.content}</p>`)}</td>
                <td><ol>${one.responses.map((text) => html`<li dir="auto">${text}</li>`)}</ol>
                    ${one.n_responses > one.responses.length && html`<p class="fine">${t('import-more', { n: one.n_responses - one.responses.length })}</p>`}</td></tr>`)}</tbody>
        </table></div>`;
}

function useImport(id, reload) {
    const [state, setState] = useState({ mode: 'idle' });
    const stop = useRef(null);
    const queryOf = ({ format, map, pool }) => ({ format, ...(format === 'csv' ? { map } : {}), ...(['hh', 'trl'].includes(format) ? { pool } : {}) });

    async function look(form) {
        setState({ mode: 'looking' });
        const pieces = piecesOf(form.file, form.format, LOOK_BYTES);
        const { value: piece, done } = await pieces.next();
        const report = done ? NOTHING : add(NOTHING, await send(id, { ...queryOf(form), dry_run: '1' }, piece), 0);
        const isAll = done || (await pieces.next()).done;
        await pieces.return();
        setState({ mode: 'looked', report, part: isAll ? null : piece.length });
    }

    async function run(form) {
        const control = new AbortController();
        stop.current = () => control.abort();
        let report = NOTHING;
        let [done, lines] = [0, 0];
        const size = form.file.size;
        setState({ mode: 'importing', done, size, report });
        try {
            for await (const piece of piecesOf(form.file, form.format, PIECE_BYTES)) {
                report = add(report, await send(id, queryOf(form), piece, control.signal), lines);
                lines += linesIn(piece);
                done += piece.length;
                setState({ mode: 'importing', done, size: Math.max(size, done), report });
            }
            setState({ mode: 'done', report });
            say(t('import-done', { accepted: report.accepted, duplicates: report.duplicates, rejected: report.n_rejected }));
        } catch (error) {
            setState({ mode: 'stopped', done, size: Math.max(size, done), report, why: error.name === 'AbortError' ? '' : `${problemText(error)}.` });
        }
        stop.current = null;
        await reload({ quiet: true });
    }
    return { state, look, run, stop: () => stop.current?.(), reset: () => setState({ mode: 'idle' }) };
}

export function Import({ id, reload }) {
    const [form, setForm] = useState({ file: null, format: 'plenum', map: MAP, pool: '' });
    const [errors, setErrors] = useState([]);
    const { state, look, run, stop, reset } = useImport(id, reload);
    const change = (parts) => { reset(); setForm({ ...form, ...parts }); };
    const busy = state.mode === 'looking' || state.mode === 'importing';
    async function go(act) {
        const wrong = form.file === null ? [{ field: 'import-file', text: t('import-file-missing') }] : [];
        if (form.format === 'csv') {
            try { if (typeof JSON.parse(form.map) !== 'object') throw new SyntaxError(); } catch { wrong.push({ field: 'import-map', text: t('import-map-wrong') }); }
        }
        setErrors(wrong);
        if (wrong.length > 0) return;
        try {
            await act(form);
        } catch (error) {
            reset();
            setErrors([{ field: 'import-file', text: error instanceof Problem ? problemText(error) : t('import-unreadable', { why: error.message }) }]);
        }
    }
    const { report } = state;
    return html`<section aria-labelledby="import-title">
        <h2 id="import-title">${t('import-title')}</h2>
        <p>${t('import-text')}</p>
        <form novalidate onSubmit=${(event) => { event.preventDefault(); void go(state.mode === 'looked' ? run : look); }}>
            <${ErrorSummary} errors=${errors} />
            <div class="field"><label for="import-file">${t('import-file')}</label><p class="fine" id="import-file-hint">${t('import-file-hint')}</p>
                <input id="import-file" type="file" accept=".jsonl,.json,.ndjson,.csv,.gz" aria-describedby="import-file-hint" disabled=${busy}
                    onChange=${(event) => {
        const file = event.target.files[0] ?? null;
        change({ file, ...(file ? { format: formatOf(file.name), pool: nameOf(file) } : {}) });
    }} /></div>
            <${Select} id="import-format" label=${t('import-format')} value=${form.format} options=${FORMATS} words=${(one) => t(`import-format-${one}`)}
                onChange=${(format) => change({ format })} />
            ${form.format === 'csv' && html`<div class="field"><label for="import-map">${t('import-map')}</label>
                <p class="fine" id="import-map-hint">${t('import-map-hint', { example: MAP })}</p>
                <textarea id="import-map" rows="4" dir="ltr" spellcheck="false" aria-describedby="import-map-hint" value=${form.map}
                    onInput=${(event) => change({ map: event.target.value })}></textarea></div>`}
            ${['hh', 'trl'].includes(form.format) && html`<div class="field"><label for="import-pool">${t('import-pool')}</label>
                <p class="fine" id="import-pool-hint">${t('import-pool-hint')}</p>
                <input id="import-pool" type="text" dir="auto" value=${form.pool} aria-describedby="import-pool-hint" onInput=${(event) => change({ pool: event.target.value })} /></div>`}
            <p class="actions">
                <button class=${`button${state.mode === 'looked' ? '' : ' primary'}`} type=${state.mode === 'looked' ? 'button' : 'submit'} disabled=${busy}
                    onClick=${state.mode === 'looked' ? () => void go(look) : undefined}>${t('import-look')}</button>
                ${state.mode === 'looked' && html`<button class="button primary" disabled=${busy}>${t('import-go')}</button>`}
                ${state.mode === 'importing' && html`<button type="button" class="button" onClick=${stop}>${t('import-stop')}</button>`}
            </p>
        </form>
        <div role="status">
            ${state.mode === 'looked' && html`<p><strong>${t('import-looked', { accepted: report.accepted, rejected: report.n_rejected })}</strong>
                ${state.part !== null && html` ${t('import-looked-part', { size: bytesOf(state.part) })}`}</p>`}
            ${state.mode === 'importing' && html`<p>${t('import-progress', { done: bytesOf(state.done), size: bytesOf(state.size) })}</p>`}
            ${state.mode === 'done' && html`<p><strong>${t('import-done', { accepted: report.accepted, duplicates: report.duplicates, rejected: report.n_rejected })}</strong></p>`}
            ${state.mode === 'stopped' && html`<p><strong>${t('import-stopped', { done: bytesOf(state.done), size: bytesOf(state.size), why: state.why })}</strong></p>`}
        </div>
        ${report && !busy && html`<${Refused} report=${report} name=${form.file.name} /><${First} items=${report.preview} />`}
    </section>`;
}
