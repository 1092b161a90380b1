// The panel that a study's people come from: what it is, the secret for its links, and what became of each submission.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { getOrNull, post, put, request, token } from '../../lib/api.js';
import { dateTime, number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { Dialog, ErrorSummary, Failed, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { SignIn } from './signin.js';

const PROLIFIC = { name: 'Prolific', parameters: { id: 'PROLIFIC_PID', study: 'STUDY_ID', session: 'SESSION_ID' },
    completion_url: 'https://app.prolific.com/submissions/complete?cc={code}', codes: {}, on_return: 'drop', on_time_out: 'keep' };

// Each field: its id, the place of its value in the setting, and whether it may stay empty.
const TEXTS = [['name', ['name'], true], ['url', ['completion_url']], ['completed', ['codes', 'completed'], true], ['screened-out', ['codes', 'screened_out']],
    ['no-consent', ['codes', 'no_consent']], ['returned', ['codes', 'returned']], ['tasks', ['tasks']], ['minutes', ['minutes']], ['id', ['parameters', 'id'], true],
    ['study', ['parameters', 'study']], ['session', ['parameters', 'session']]];
const NUMBERS = ['tasks', 'minutes'];
const FATES = [['return', 'on_return'], ['time-out', 'on_time_out']];

const valuesOf = (panel) => Object.fromEntries([
    ...TEXTS.map(([id, [name, part]]) => [id, String((part ? panel[name]?.[part] : panel[name]) ?? '')]),
    ...FATES.map(([id, name]) => [id, panel[name]]), ['signed', panel.signed ?? false]]);

function bodyOf(values) {
    const body = { signed: values.signed, codes: {}, parameters: {} };
    for (const [id, [name, part]] of TEXTS) {
        const text = values[id].trim();
        if (text === '') continue;
        if (part) body[name][part] = text;
        else body[name] = NUMBERS.includes(id) ? Number(text) : text;
    }
    for (const [id, name] of FATES) body[name] = values[id];
    return body;
}

const fieldOf = (pointer) => TEXTS.find(([, path]) => `/${path.join('/')}` === pointer)?.[0];

function Setting({ at, panel, onSaved }) {
    const [values, setValues] = useState(valuesOf(panel ?? PROLIFIC));
    const [errors, setErrors] = useState([]);
    const change = (id, value) => setValues({ ...values, [id]: value });
    async function save(event) {
        event.preventDefault();
        const wrong = [
            ...TEXTS.filter(([id, , needed]) => needed && values[id].trim() === '').map(([id]) => ({ field: `pset-${id}`, text: t('pset-missing', { field: t(`pset-${id}`) }) })),
            ...NUMBERS.filter((id) => !/^\s*\d*\s*$/.test(values[id])).map((id) => ({ field: `pset-${id}`, text: t('pset-number', { field: t(`pset-${id}`) }) }))];
        setErrors(wrong);
        if (wrong.length > 0) return;
        try {
            onSaved(await put(at, bodyOf(values)));
            say(t('pset-saved'));
        } catch (error) {
            setErrors(error.errors?.length > 0 ? error.errors.map((one) => ({ text: one.detail,
                ...(fieldOf(one.pointer) ? { field: `pset-${fieldOf(one.pointer)}` } : {}) })) : [{ text: problemText(error) }]);
        }
    }
    return html`<form novalidate onSubmit=${save} aria-labelledby="pset-title">
        <h2 id="pset-title">${t('pset-title')}</h2>
        <${ErrorSummary} errors=${errors} />
        ${TEXTS.map(([id]) => html`<div class="field" key=${id}><label for=${`pset-${id}`}>${t(`pset-${id}`)}</label>
            <input id=${`pset-${id}`} type="text" dir=${id === 'name' ? 'auto' : 'ltr'} inputmode=${NUMBERS.includes(id) ? 'numeric' : undefined} autocomplete="off" spellcheck="false"
                value=${values[id]} aria-invalid=${errors.some((one) => one.field === `pset-${id}`) ? 'true' : undefined}
                onInput=${(event) => change(id, event.target.value)} /></div>`)}
        ${FATES.map(([id]) => html`<div class="field" key=${id}><label for=${`pset-${id}`}>${t(`pset-${id}`)}</label>
            <select id=${`pset-${id}`} value=${values[id]} onChange=${(event) => change(id, event.target.value)}>
                ${['keep', 'drop'].map((one) => html`<option value=${one}>${t(`pset-fate-${one}`)}</option>`)}</select></div>`)}
        <label class="choice" for="pset-signed"><input type="checkbox" id="pset-signed" checked=${values.signed}
            onChange=${(event) => change('signed', event.target.checked)} /><span>${t('pset-signed')}</span></label>
        <p class="actions"><button class="button primary">${t('pset-save')}</button></p>
    </form>`;
}

function Link({ panel }) {
    const { id, study, session } = panel.parameters;
    const place = (name) => (name ? `&${name}={{%${name}%}}` : '');
    return html`<div class="field"><label for="pset-link">${t('pset-link')}</label><p class="fine" id="pset-link-hint">${t('pset-link-hint')}</p>
        <input id="pset-link" type="text" dir="ltr" readonly aria-describedby="pset-link-hint" value=${place(id) + place(study) + place(session)} onFocus=${(event) => event.target.select()} /></div>`;
}

function Secret({ at, panel, reload }) {
    const [secret, setSecret] = useState('');
    const [error, setError] = useState(null);
    async function make() {
        setError(null);
        try {
            setSecret((await post(`${at}/secret`)).secret);
            await reload({ quiet: true });
        } catch (failure) {
            setError(failure);
        }
    }
    return html`<section aria-labelledby="pset-secret-title"><h2 id="pset-secret-title">${t('pset-secret-title')}</h2>
        <p>${panel.has_secret ? t('pset-secret-there') : t('pset-secret-none')}${panel.old_secret_until && ` ${t('pset-secret-old', { time: dateTime(panel.old_secret_until) })}`}</p>
        ${error && html`<p role="alert">${problemText(error)}</p>`}
        ${secret && html`<${Notice} kind="good" role="status" title=${t('pset-secret-once')}><div class="field"><label for="pset-secret">${t('pset-secret-label')}</label>
            <input id="pset-secret" type="text" dir="ltr" readonly value=${secret} onFocus=${(event) => event.target.select()} /></div><//>`}
        <p><button type="button" class="button" onClick=${() => void make()}>${t('pset-secret-make')}</button></p>
    </section>`;
}

async function exportAll(at) {
    const response = await request('POST', `${at}/export`, { accept: 'text/csv' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await response.blob());
    link.download = 'submissions.csv';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const STATES = ['started', 'completed', 'screened_out', 'returned', 'timed_out'];
const stateName = (state) => t(`pset-state-${state.replace('_', '-')}`);

function Submissions({ at }) {
    const [cursor, setCursor] = useState('');
    const found = useLoad(() => getOrNull(cursor ? `${at}?cursor=${encodeURIComponent(cursor)}` : at), [at, cursor]);
    const [asked, setAsked] = useState(null);
    const [error, setError] = useState(null);
    const act = (work, words) => { setError(null); setAsked(null); return work().then(() => say(t(words)), setError).then(() => found.reload({ quiet: true })); };
    const end = (state) => act(() => post(at, { state, participant_ids: [asked] }), 'pset-ended');
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<${Failed} error=${found.error} retry=${found.reload} />`;
    const { data, counts, next_cursor: next } = found.value ?? { data: [], counts: {} };
    return html`<section aria-labelledby="pset-list"><h2 id="pset-list">${t('pset-list')}</h2>
        ${error && html`<p role="alert">${problemText(error)}</p>`}
        <dl class="figures">${STATES.map((one) => html`<div key=${one}><dt>${stateName(one)}</dt><dd>${number(counts[one] ?? 0)}</dd></div>`)}</dl>
        ${data.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="pset-list"><table class="data">
            <thead><tr><th scope="col">${t('pset-who')}</th><th scope="col">${t('pset-state')}</th><th scope="col">${t('pset-began')}</th><th scope="col">${t('pset-ended-at')}</th>
                <th scope="col" class="num">${t('pset-judged')}</th><td></td></tr></thead>
            <tbody>${data.map((one) => html`<tr key=${one.participant_id}><th scope="row"><code dir="ltr">${one.participant_id.slice(-8)}</code></th>
                <td>${stateName(one.state)}${one.judgments === 'dropped' && ` (${t('pset-dropped')})`}</td><td>${dateTime(one.started_at)}</td>
                <td>${one.ended_at ? dateTime(one.ended_at) : '–'}</td><td class="num">${number(one.n_judgments)}</td>
                <td>${one.state !== 'returned' && html`<button type="button" class="button small" aria-label=${t('pset-end-one', { who: one.participant_id.slice(-8) })}
                    onClick=${() => setAsked(one.participant_id)}>${t('pset-end')}</button>`}</td></tr>`)}</tbody></table></div>`}
        <p class="actions">${next && html`<button type="button" class="button" onClick=${() => setCursor(next)}>${t('pset-more')}</button>`}
            <button type="button" class="button" onClick=${() => void act(() => exportAll(at), 'pset-exported')}>${t('pset-export')}</button></p>
        <p class="fine">${t('pset-export-hint')}</p>
        <${Dialog} open=${asked !== null} onClose=${() => setAsked(null)} title=${t('pset-end-title')}><p>${t('pset-end-text')}</p>
            <p class="actions"><button type="button" class="button" onClick=${() => void end('returned')}>${t('pset-end-returned')}</button>
                <button type="button" class="button" onClick=${() => void end('timed_out')}>${t('pset-end-timed-out')}</button></p><//>
    </section>`;
}

export default function Panel({ params }) {
    const project = `/api/v1/projects/${params.project}`;
    const found = useLoad(async () => {
        await request('GET', project);
        return getOrNull(`${project}/panel`);
    }, [project, token.value]);
    usePageTitle(t('pset-page'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const panel = found.value;
    const at = `${project}/panel`;
    return html`<div class="page research">
        <p><a href=${`/research/projects/${params.project}`}>${t('pset-study-back')}</a></p>
        <${PageHeading}>${t('pset-page')}<//>
        <p>${t('pset-text')}</p>
        ${panel && html`<${Link} panel=${panel} /><${Submissions} at=${`${project}/submissions`} />`}
        <${Setting} at=${at} panel=${panel} onSaved=${() => found.reload({ quiet: true })} />
        ${panel && html`<${Secret} at=${at} panel=${panel} reload=${found.reload} />`}
    </div>`;
}
