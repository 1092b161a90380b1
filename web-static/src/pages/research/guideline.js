// What a study tells and asks: changed while people work, a version each time, and what each of them changed.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { get, request, token } from '../../lib/api.js';
import { useDraft } from '../../lib/draft.js';
import { dateTime, number } from '../../lib/format.js';
import { inPlace, languageOf, localized, t } from '../../lib/i18n.js';
import { loadRows, useLoad } from '../../lib/load.js';
import { markdown } from '../../lib/markdown.js';
import { redline } from '../../lib/redline.js';
import { ErrorSummary, Failed, Loading, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { Preview } from './preview.js';
import { SignIn } from './signin.js';
import { taskFault, TaskFields } from './task.js';

const PAGE = 20;

function Change({ project, onSaved }) {
    const begin = () => ({ guideline: localized(project.guideline ?? ''), task: project.task });
    const [draft, setDraft, forget] = useDraft(`plenum.guideline.${project.id}.${project.guideline_version}`, begin);
    const [errors, setErrors] = useState([]);
    const [busy, setBusy] = useState(false);
    const version = project.guideline_version + 1;
    const change = (parts) => setDraft((now) => ({ ...now, ...parts }));
    async function save(event) {
        event.preventDefault();
        const tells = draft.guideline !== localized(project.guideline ?? '');
        const asks = JSON.stringify(draft.task) !== JSON.stringify(project.task);
        setErrors(tells || asks ? [] : [{ text: t('guide-nothing') }]);
        if (!tells && !asks) return;
        setBusy(true);
        try {
            await request('PATCH', `/api/v1/projects/${project.id}`, { body: {
                guideline_version: project.guideline_version,
                ...(tells ? { guideline: inPlace(project.guideline, draft.guideline) } : {}), ...(asks ? { task: draft.task } : {}),
            } });
            forget();
            say(t('guide-saved', { version }));
            onSaved();
        } catch (error) {
            setErrors(error.errors?.length > 0 ? error.errors.map((one) => (one.pointer?.startsWith('/task') ? taskFault(one) : { field: 'guide-text', text: one.detail }))
                : [{ text: problemText(error) }]);
            setBusy(false);
        }
    }
    return html`<div class="maker">
        <form novalidate onSubmit=${save}>
            <${ErrorSummary} errors=${errors} />
            <div class="field"><label for="guide-text">${t('make-guideline')}</label>
                <p class="fine" id="guide-text-hint">${t('make-guideline-hint')} ${project.guideline && t('guide-readers', { count: project.guideline_readers })}</p>
                <textarea id="guide-text" rows="8" dir="auto" value=${draft.guideline} aria-describedby="guide-text-hint"
                    onInput=${(event) => change({ guideline: event.target.value })}></textarea>
                ${draft.guideline.trim() !== '' && html`<details><summary>${t('make-guideline-seen')}</summary>
                    <div class="text card" dir="auto" lang=${languageOf(project.guideline)}>${markdown(draft.guideline)}</div></details>`}</div>
            <${TaskFields} task=${draft.task} set=${(task) => change({ task })} errors=${errors.filter((one) => one.field === 'task-json')} />
            <p class="actions"><button class="button primary" disabled=${busy}>${t('guide-save', { version })}</button>
                <button type="button" class="button quiet" onClick=${() => { setErrors([]); setDraft(begin()); }}>${t('guide-reset')}</button></p>
        </form>
        <${Preview} task=${draft.task} community=${project.community_id} />
    </div>`;
}

// Each thing that a task says, by its place: entries of lists by their ids.
function leaves(value, path = '') {
    if (value === null || value === undefined) return [];
    if (typeof value !== 'object') return [[path, String(value)]];
    const parts = Array.isArray(value) ? value.map((one, i) => [one?.id ?? i + 1, one]) : Object.entries(value);
    return parts.filter(([name, one]) => name !== 'id' || typeof one === 'object').flatMap(([name, one]) => leaves(one, path ? `${path} › ${name}` : name));
}

function changesOf(before, after) {
    const [was, is] = [new Map(leaves(before)), new Map(leaves(after))];
    return [...new Set([...was.keys(), ...is.keys()])].filter((path) => was.get(path) !== is.get(path))
        .map((path) => ({ path, before: was.get(path) ?? '', after: is.get(path) ?? '' }));
}

const textsOf = (words) => (typeof words === 'object' && words !== null ? words : { '': words ?? '' });

function Told({ before, after }) {
    const [was, is] = [textsOf(before), textsOf(after)];
    const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((one) => was[one] !== is[one]);
    return changed.map((one) => html`<p class="redline" key=${one} dir="auto" lang=${one || undefined}>${redline(was[one] ?? '', is[one] ?? '')}</p>`);
}

function Asked({ before, after, version }) {
    const changes = changesOf(before, after);
    return changes.length > 0 && html`<div class="table-scroll" tabindex="0" role="group" aria-label=${t('guide-asked', { version })}><table class="data">
        <thead><tr><th scope="col">${t('guide-what')}</th><th scope="col">${t('guide-before')}</th><th scope="col">${t('guide-after')}</th></tr></thead>
        <tbody>${changes.map((one) => html`<tr key=${one.path}><th scope="row"><bdi>${one.path}</bdi></th>
            <td>${one.before === '' ? '–' : html`<del dir="auto">${one.before}</del>`}</td><td>${one.after === '' ? '–' : html`<ins dir="auto">${one.after}</ins>`}</td></tr>`)}</tbody>
    </table></div>`;
}

function History({ rows, more, onMore }) {
    // The last of what was loaded has nothing to be held against, unless it is the first of all.
    const shown = more ? rows.slice(0, -1) : rows;
    return html`<section aria-labelledby="guide-history"><h2 id="guide-history">${t('guide-history')}</h2>
        <p class="fine">${t('redline-legend')}</p>
        <ol class="versions" reversed>${shown.map((one, i) => html`<li key=${one.version}>
            <h3>${t('guide-version', { version: number(one.version) })}</h3>
            <p class="fine"><time datetime=${one.created_at}>${dateTime(one.created_at)}</time>${localized(one.text) !== '' && ` · ${t('guide-readers', { count: one.readers })}`}</p>
            ${rows[i + 1] ? html`<${Told} before=${rows[i + 1].text} after=${one.text} /><${Asked} before=${rows[i + 1].task} after=${one.task} version=${one.version} />`
        : html`<p>${t('guide-first')}</p><div class="text" dir="auto" lang=${languageOf(one.text)}>${markdown(localized(one.text))}</div>`}
        </li>`)}</ol>
        ${more && html`<p><button type="button" class="button" onClick=${onMore}>${t('guide-more')}</button></p>`}
    </section>`;
}

export default function Guideline({ params }) {
    const [n, setN] = useState(PAGE);
    const found = useLoad(async () => {
        const [project, versions] = await Promise.all([get(`/api/v1/projects/${params.project}`),
            loadRows(`/api/v1/projects/${params.project}/guidelines`, {}, n, PAGE)]);
        return { project, versions };
    }, [params.project, n, token.value]);
    usePageTitle(t('guide-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    if (found.state === 'loading' && !found.value) return html`<${Loading} />`;
    const { project, versions } = found.value;
    return html`<div class="page research">
        <p><a href=${`/research/projects/${project.id}`}><bdi>${localized(project.name)}</bdi></a></p>
        <${PageHeading}>${t('guide-title')}<//>
        <p>${t('guide-now', { version: number(project.guideline_version) })}</p>
        ${project.state === 'closed' ? html`<p>${t('study-closed')}</p>` : html`<p class="measure">${t('guide-text')}</p>
            <${Change} key=${project.guideline_version} project=${project} onSaved=${() => void found.reload({ quiet: true })} />`}
        <${History} rows=${versions.rows} more=${versions.more} onMore=${() => setN(n + PAGE)} />
    </div>`;
}
