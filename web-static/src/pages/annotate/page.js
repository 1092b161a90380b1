// Judging: one decision a screen; beside it only progress, undo, help and leave.
import { html } from 'htm/preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { del, post } from '../../lib/api.js';
import { dateTime } from '../../lib/format.js';
import { languageOf, loadAreas, localized, t } from '../../lib/i18n.js';
import { keyFor, onKeys } from '../../lib/keys.js';
import { useLoad } from '../../lib/load.js';
import { markdown } from '../../lib/markdown.js';
import { discard, flush, refused, signedOut, startOutbox, waiting } from '../../lib/outbox.js';
import { Hall } from '../../ui/hall.js';
import { Dialog, Failed, Key, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { WayBack } from '../../ui/panel.js';
import { Report } from '../../ui/report.js';
import { givenText, isPlain, rationaleOf } from './fields.js';
import { Given } from './given.js';
import { Help } from './help.js';
import { Judged } from './judged.js';
import { answerFor, isPassed, Scale } from './scale.js';
import { createWork } from './work.js';

// A break is offered after so many answers in one visit.
const PAUSE_EVERY = 30;

// What can be done whatever is asked, and while nothing is.
const PAGE_ACTIONS = ['help', 'given', 'guideline', 'stop', 'undo', 'rationale'];

// What the server counts for this person, or else what was counted in this visit.
function progressOf(work) {
    const info = work.info.value ?? {};
    const mine = info.mine ?? {};
    const unsent = new Set(waiting.value.filter((row) => row.method === 'PUT').map((row) => row.assignment)).size;
    const judged = mine.judged == null ? work.count.value : mine.judged + unsent;
    const remaining = mine.remaining ?? null;
    return { judged, total: remaining == null ? null : judged + Math.max(0, remaining - unsent) };
}

function Progress({ work }) {
    const { judged, total } = progressOf(work);
    const share = total ? judged / total : Math.min(1, judged / 40);
    const words = total ? t('progress-of', { judged, total }) : t('progress', { judged });
    return html`<p class="progress"><${Hall} count=${40} rows=${3} radius=${5.4} filled=${(i) => i < Math.round(share * 40)} />
        <span>${words}</span></p>`;
}

// What is said in a chat waits as answers do, and is called what it is.
const waitingMessages = () => waiting.value.filter((row) => row.method === 'POST').length;

function Unsent() {
    const count = waiting.value.length;
    const messages = waitingMessages();
    return html`<div class="unsent" role="status">
        ${count > messages && html`<p class="unsent-words">${t('unsent', { count: count - messages })}</p>`}
        ${messages > 0 && html`<p class="unsent-words">${t('unsent-message')}</p>`}
        ${signedOut.value && count > 0 && html`<p class="unsent-words">${t('unsent-signed-out')}</p>`}
    </div>`;
}

function Refused() {
    if (refused.value.length === 0) return null;
    return html`<${Notice} kind="error" role="alert" title=${t('refused', { count: refused.value.length })}>
        <ul class="plain-list">${refused.value.map((row) => html`<li key=${row.key}><span dir="auto">${row.refused.detail}</span>
            <button type="button" class="button small" onClick=${() => discard(row.key)}>${t('refused-discard')}</button></li>`)}</ul>
    <//>`;
}

function Tool({ id, label, act, disabled }) {
    const key = keyFor(id);
    return html`<button type="button" class="button quiet" disabled=${disabled} aria-keyshortcuts=${key || undefined}
        onClick=${() => act(id)}>${label}<${Key}>${key}<//></button>`;
}

// Undo stays at hand; where the window is narrow the others wait behind one button, so that the task is in view.
function Toolbar({ work, act }) {
    const [open, setOpen] = useState(false);
    const none = work.given.value.length === 0;
    const close = (action) => { setOpen(false); act(action); };
    return html`<div class="toolbar">
        <${Progress} work=${work} />
        <div class="tools" role="group" aria-label=${t('tools')} onKeyDown=${(event) => event.key === 'Escape' && setOpen(false)}>
            <${Tool} id="undo" label=${t('answer-undo')} act=${act} disabled=${none} />
            <button type="button" class="button quiet tools-toggle" aria-expanded=${open} aria-controls="more-tools"
                onClick=${() => setOpen(!open)}>${t('tools-more')}</button>
            <div id="more-tools" class=${open ? 'more-tools open' : 'more-tools'}>
                <${Tool} id="given" label=${t('given-button')} act=${close} disabled=${none} />
                ${work.info.value?.guideline && html`<${Tool} id="guideline" label=${t('answer-guideline')} act=${close} />`}
                <${Tool} id="help" label=${t('answer-help')} act=${close} />
                <${Tool} id="stop" label=${t('stop')} act=${close} />
            </div>
        </div>
    </div>`;
}

function Rationale({ work }) {
    const [open, setOpen] = useState(false);
    const rationale = work.draft.value.rationale ?? '';
    const shown = open || rationale !== '';
    return html`<details class="rationale" open=${shown} onToggle=${(event) => setOpen(event.target.open)}>
        <summary id="rationale-summary">${t('answer-rationale')} <span class="fine">${t('optional')}</span><${Key}>${keyFor('rationale')}<//></summary>
        <label for="rationale" class="visually-hidden">${t('rationale-label')}</label>
        <textarea id="rationale" rows="3" dir="auto" maxlength="4000" value=${rationale}
            onInput=${(event) => work.change({ rationale: event.target.value })}></textarea>
        <p class="fine">${t('rationale-hint')}</p>
    </details>`;
}

// Before a task: that it was answered already, and how; that a pause is welcome.
function Before({ work }) {
    const earlier = work.earlier.value;
    const part = work.task.value.part;
    const pause = !earlier && !work.tired.value && work.count.value > 0 && work.count.value % PAUSE_EVERY === 0;
    return html`${earlier && html`<${Notice} kind="plain">
            <p>${t('reconsider', { answer: givenText(work.task.value, earlier) })}
            ${' '}<button type="button" class="button small" onClick=${work.keepAsIs}>${t('reconsider-keep')}</button></p>
        <//>`}
        ${part && html`<${Notice} title=${t(`part-${part.role}`, { place: part.place, of: part.of })}><p>${t(`part-${part.role}-text`)}</p><//>`}
        ${work.tired.value && !earlier && html`<${Notice} title=${t('break-title')}><p>${t('pause-text')}</p>
            <p class="actions"><button type="button" class="button small" onClick=${work.stop}>${t('break-take')}</button>
                <button type="button" class="button small quiet" onClick=${work.rested}>${t('break-later')}</button></p><//>`}
        ${pause && html`<${Notice} title=${t('pause-title', { count: work.count.value })}><p>${t('pause-text')}</p><//>`}`;
}

// One press answers it.
function Plain({ work, act, heading }) {
    const assignment = work.task.value;
    const { task } = assignment;
    const busy = work.mode.value === 'sending';
    const folded = work.folded.value;
    return html`<h1 id="question" class="question" tabindex="-1" ref=${heading}>${t(task.goal === 'worse' ? 'question-worse' : 'question')}</h1>
        <${Before} work=${work} />
        <${Judged} task=${assignment} disabled=${busy} folded=${folded} onUnfold=${work.unfold} onRatherNot=${() => act('rather_not')} />
        <div class="decide">
            <${Scale} task=${task} given=${work.earlier.value} disabled=${busy} folded=${folded} onAnswer=${act} />
        </div>
        ${rationaleOf(task) !== 'off' && html`<${Rationale} work=${work} />`}
        ${!task.chat && html`<p class="rather-not"><button type="button" class="button quiet" disabled=${busy}
            aria-keyshortcuts=${keyFor('rather_not') || undefined} onClick=${() => act('rather_not')}>${t('answer-rather_not')}<${Key}>${keyFor('rather_not')}<//></button></p>`}`;
}

// The code and the words of forms are had when the first of them is.
let formModule = null;
const loadForm = () => Promise.all([import('./form.js'), loadAreas(['tasks'])]).then(([module]) => { formModule = module; });

function Full({ work, act, heading }) {
    const [state, setState] = useState(formModule ? 'ready' : 'loading');
    const load = () => {
        setState('loading');
        loadForm().then(() => setState('ready'), () => setState('failed'));
    };
    useEffect(() => { if (!formModule) load(); }, []);
    if (state === 'failed') return html`<${Failed} error=${{ status: 0 }} retry=${load} />`;
    if (state === 'loading') return html`<${Loading} />`;
    return html`<${Needing} work=${work} act=${act} heading=${heading} />`;
}

let Chat = null;
let Leave = null;
const loadChat = () => Promise.all([import('./chat.js'), loadAreas(['chat', 'tasks'])]).then(([module]) => {
    Chat = module.default;
    Leave = module.Leave;
});

function Chatting({ work }) {
    const [state, setState] = useState(Chat ? 'ready' : 'loading');
    const load = () => loadChat().then(() => setState('ready'), () => setState('failed'));
    useEffect(() => { if (!Chat) void load(); }, []);
    if (state === 'failed') return html`<${Failed} error=${{ status: 0 }} retry=${load} />`;
    if (state === 'loading') return html`<${Loading} />`;
    return html`<${Chat} work=${work} />`;
}

function Needing({ work, act, heading }) {
    const needs = formModule.useNeeds(work.task.value.task, work.info.value);
    if (!needs) return html`<${Loading} />`;
    if (needs.failed) return html`<${Failed} error=${{ status: 0 }} retry=${() => work.next()} />`;
    return html`<${formModule.Form} work=${work} needs=${needs} act=${act} heading=${heading}><${Before} work=${work} /><//>`;
}

// What was read while it came is judged where it stands. Only a focus that went with what was there before has to go somewhere.
function keepPlace(heading, place) {
    requestAnimationFrame(() => {
        scrollTo(0, place);
        if (document.activeElement === document.body) heading.focus({ preventScroll: true });
    });
}

// The task on screen. `still`: as a preview in another page, it leaves focus and scrolling alone.
export function Task({ work, act, still = false }) {
    const assignment = work.task.value;
    const heading = useRef(null);
    const arrive = useCallback((node) => {
        heading.current = node;
        if (node && assignment.place != null) keepPlace(node, assignment.place);
    }, [assignment]);
    useEffect(() => {
        if (still || assignment.place != null) return;
        heading.current?.focus({ preventScroll: true });
        scrollTo(0, 0);
    }, [assignment.id, work.earlier.value]);
    const Form = isPlain(assignment.task) ? Plain : Full;
    return html`<div class="task" aria-busy=${work.mode.value === 'sending'}>
        <${Form} key=${assignment.id} work=${work} act=${act} heading=${arrive} />
        ${!still && html`<${Report} key=${assignment.id} path=${`/api/v1/assignments/${assignment.id}/report`} />`}
        ${assignment.chat_id && !work.earlier.value && Leave && html`<${Leave} work=${work} />`}
    </div>`;
}

function GuidelineText({ info }) {
    return html`<div class="text" dir="auto" lang=${languageOf(info?.guideline)}>${markdown(localized(info?.guideline))}</div>`;
}

// Read before the work, and again when it has changed.
function Guideline({ work }) {
    const info = work.info.value;
    const changed = info.mine?.guideline_read > 0;
    return html`<div class="measure" key=${info.guideline_version}>
        <${PageHeading}>${t(changed ? 'guideline-changed' : 'guideline-title')}<//>
        <p class="lead">${t(changed ? 'guideline-changed-text' : 'guideline-text')}</p>
        <div class="card"><h2>${t('answer-guideline')}</h2><${GuidelineText} info=${info} /></div>
        <p class="actions"><button type="button" class="button primary" onClick=${() => void work.acknowledge()}>${t('guideline-read')}</button>
            <a class="button quiet" href="/me">${t('nav-me')}</a></p>
        <p class="fine">${t('guideline-again', { version: info.guideline_version })}</p>
    </div>`;
}

// What a quota has to know is asked by a page of its own, which few studies need.
function Asked({ work }) {
    const found = useLoad(() => Promise.all([import('./asked.js'), loadAreas(['me'])]), []);
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<${Failed} error=${{ status: 0 }} retry=${found.reload} />`;
    const [module] = found.value;
    return html`<${module.Asked} errors=${work.error.value.errors} onDone=${() => work.next()} />`;
}

// What was expected of a task that was practised on, by a page of its own.
function Told({ work }) {
    const found = useLoad(() => Promise.all([import('./told.js'), loadAreas(['tasks'])]), []);
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<${Failed} error=${{ status: 0 }} retry=${found.reload} />`;
    const [module] = found.value;
    return html`<${module.Told} key=${work.told.value.task.id} told=${work.told.value} onNext=${() => void work.next()} />`;
}

// How tasks with a known answer went, for this person alone; nothing while they are few.
function Known({ work }) {
    const { attention } = work.info.value?.mine ?? {};
    return attention ? html`<p class="fine">${t('known-told', { n: attention.n, met: attention.as_expected })}</p>` : null;
}

function NotQualified({ work }) {
    const { n = 0, as_expected: met = 0, tries_left: left = 0 } = work.info.value?.mine?.qualification ?? {};
    return html`<div class="ending measure">
        <${PageHeading}>${t('not-qualified-title')}<//>
        <p class="lead">${t('not-qualified-text', { n, met })}</p>
        <p>${t('not-qualified-blame')}</p>
        <p class="actions">${left > 0 && html`<button type="button" class="button primary" onClick=${() => void work.next({ again: true })}>${t('not-qualified-again')}</button>`}
            <a class="button quiet" href="/me">${t('nav-me')}</a></p>
        <p class="fine">${t('not-qualified-left', { count: left })}</p>
    </div>`;
}

function Today({ work }) {
    return html`<div class="ending measure">
        <${PageHeading}>${t('today-title')}<//>
        <p class="lead">${t('today-text', { max: work.info.value?.session?.max_tasks_per_day ?? 0 })}</p>
        <p>${t('today-next', { time: dateTime(work.nextAt.value) })}</p>
        <${Known} work=${work} />
        <p class="actions"><a class="button" href="/me/demographics">${t('done-demographics-go')}</a>
            <a class="button quiet" href="/me">${t('nav-me')}</a></p>
    </div>`;
}

function Enough({ work }) {
    return html`<div class="ending measure">
        <${PageHeading}>${t('full-title')}<//>
        <p class="lead">${t('full-text')}</p>
        <p>${t('full-kept', { judged: progressOf(work).judged })}</p>
        <p>${t('full-unsaid')}</p>
        <p class="actions"><button type="button" class="button" onClick=${() => work.next()}>${t('done-look-again')}</button>
            <a class="button quiet" href="/me">${t('nav-me')}</a></p>
    </div>`;
}

// Where people come from a panel: what has become of their submission, and the code to go back with.
function PanelEnd({ work, ask = post }) {
    const found = useLoad(() => ask(`/api/v1/projects/${work.project}/submissions/mine`), [work.project]);
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="measure"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const mine = found.value;
    const state = mine.state.replace('_', '-');
    return html`<div class="ending measure">
        <${PageHeading}>${t(`panel-${state}-title`)}<//>
        <p class="lead">${t(`panel-${state}-text`, { panel: mine.panel, judged: mine.n_judgments })}</p>
        ${mine.state !== 'started' && html`<${Known} work=${work} />
        <${WayBack} panel=${mine.panel} way=${mine} />`}
        ${mine.state === 'started' && html`<p><button type="button" class="button" onClick=${() => work.next()}>${t('done-look-again')}</button></p>`}
        ${mine.judgments === 'dropped' && html`<p>${t('panel-dropped')}</p>`}
        <p><a class="button quiet" href="/me">${t('nav-me')}</a></p>
    </div>`;
}

function Done({ work }) {
    const mine = work.info.value?.mine ?? {};
    const isTry = work.why.value === 'not_qualified' && mine.qualification?.tries_left > 0;
    if (mine.submission && work.why.value !== 'done_for_today' && !isTry) return html`<${PanelEnd} work=${work} />`;
    if (work.why.value === 'done_for_today') return html`<${Today} work=${work} />`;
    if (work.why.value === 'not_qualified') return html`<${NotQualified} work=${work} />`;
    if (work.why.value === 'full') return html`<${Enough} work=${work} />`;
    return html`<div class="ending measure">
        <${Hall} count=${40} rows=${3} radius=${4} filled=${() => true} />
        <${PageHeading}>${t('done-title')}<//>
        <p class="lead">${t('done-text', { judged: progressOf(work).judged })}</p>
        <${Known} work=${work} />
        <section class="offer" aria-labelledby="offer-title">
            <h2 id="offer-title">${t('done-demographics-title')}</h2>
            <p>${t('done-demographics-text')}</p>
            <p class="actions"><a class="button primary" href="/me/demographics">${t('done-demographics-go')}</a>
                <a class="button quiet" href="/me">${t('done-demographics-no')}</a></p>
        </section>
        <p><button type="button" class="button" onClick=${() => work.next()}>${t('done-look-again')}</button></p>
    </div>`;
}

function Stopped({ work }) {
    const [asked, setAsked] = useState(false);
    const [returned, setReturned] = useState(false);
    if (returned) return html`<${PanelEnd} work=${work} ask=${del} />`;
    return html`<div class="ending measure">
        <${PageHeading}>${t('stopped-title')}<//>
        <p class="lead">${t('stopped-text', { judged: progressOf(work).judged })}</p>
        <${Known} work=${work} />
        <p class="actions"><button type="button" class="button primary" onClick=${work.resume}>${t('stopped-resume')}</button>
            <a class="button" href="/me/demographics">${t('done-demographics-go')}</a>
            <a class="button quiet" href="/me">${t('nav-me')}</a></p>
        ${work.info.value?.mine?.submission?.state === 'started' && html`<p><button type="button" class="button quiet" onClick=${() => setAsked(true)}>${t('return-ask')}</button></p>
        <${Dialog} open=${asked} onClose=${() => setAsked(false)} title=${t('return-title')}>
            <p>${t('return-text')}</p>
            <p class="actions"><button type="button" class="button danger" onClick=${() => setReturned(true)}>${t('return-do')}</button></p>
        <//>`}
    </div>`;
}

function Waiting() {
    return html`<div class="ending measure">
        <${PageHeading}>${t('waiting-title')}<//>
        <p class="lead">${waitingMessages() > 0 ? t('waiting-message') : t('waiting-text', { count: waiting.value.length })}</p>
        <p><button type="button" class="button" onClick=${() => flush()}>${t('try-again')}</button></p>
    </div>`;
}

function Failure({ work }) {
    const error = work.error.value;
    if (error.status === 401 || error.status === 404) {
        return html`<div class="measure"><${PageHeading}>${t('not-joined-title')}<//>
            <p>${t('not-joined-text')}</p>
            <p><a class="button primary" href="/join">${t('studies-join')}</a></p></div>`;
    }
    if (error.type === 'submission_ended') return html`<${PanelEnd} work=${work} />`;
    if (error.status === 409) {
        return html`<div class="ending measure"><${PageHeading}>${t('closed-title')}<//>
            <p class="lead">${t('closed-text')}</p>
            <p class="actions"><button type="button" class="button" onClick=${() => work.next()}>${t('done-look-again')}</button>
                <a class="button quiet" href="/me">${t('nav-me')}</a></p></div>`;
    }
    return html`<div class="measure"><${Failed} error=${error} retry=${() => work.next()} /></div>`;
}

// The answers that are no judgment: alike for tasks of every kind.
export const ASIDE = ['cannot_judge', 'skip', 'rather_not'];

// Whether an action can be done just now: one key stands for different ones on different screens.
function onScreen(work, action) {
    if (PAGE_ACTIONS.includes(action)) return true;
    if (work.mode.value !== 'task') return false;
    const { task } = work.task.value;
    return isPlain(task) ? answerFor(action, task) !== null : formModule?.formActions(task).includes(action) ?? false;
}

const placeOf = (work) => `${work.mode.value} ${work.task.value?.id} ${work.given.value[0]?.assignment}`;

// What a key or a button does. True when it was taken.
function useActions(work) {
    const [dialog, setDialog] = useState(null);
    const [not, setNot] = useState(null);
    const act = (action, input = 'pointer') => {
        if (['help', 'given', 'guideline'].includes(action)) {
            if (action === 'guideline' && !work.info.value?.guideline) return false;
            setDialog(action);
            return true;
        }
        if (action === 'stop') {
            work.stop();
            return true;
        }
        if (action === 'undo') {
            setNot(null);
            void work.undo().then(
                (did) => did && say(t('undone')),
                (error) => {
                    const why = t('undo-failed', { why: error.status === 409 && work.info.value?.task?.chat ? t('chat-gone-on') : problemText(error) });
                    say(why);
                    setNot({ why, at: placeOf(work) });
                },
            );
            return true;
        }
        if (work.mode.value !== 'task') return false;
        if (action === 'rationale') {
            const box = document.getElementById('rationale');
            const folded = box?.closest('details');
            if (folded) folded.open = true;
            box?.focus();
            return box !== null;
        }
        const { task } = work.task.value;
        if (!isPlain(task) && !ASIDE.includes(action)) return work.formAct?.(action) ?? false;
        const answer = answerFor(action, task);
        if (!answer || (work.folded.value && !isPassed(answer))) return false;
        void work.answer(answer, input, { ...work.draft.value, strength: undefined, ...answer });
        say(t('answered', { answer: givenText(work.task.value, answer) }));
        return true;
    };
    useEffect(() => onKeys((action) => act(action, 'key'), (action) => onScreen(work, action)), [work]);
    return { act, dialog, close: () => setDialog(null), notUndone: not?.at === placeOf(work) ? not.why : null };
}

export default function Annotate({ params }) {
    const work = useMemo(() => createWork(params.project), [params.project]);
    const { act, dialog, close, notUndone } = useActions(work);
    useEffect(() => {
        let stop = () => {};
        let gone = false;
        void startOutbox().then(() => { if (!gone) stop = work.start(); });
        return () => { gone = true; stop(); };
    }, [work]);
    const name = localized(work.info.value?.name);
    usePageTitle(name || t('nav-annotate'));
    const mode = work.mode.value;
    return html`<div class="page annotate">
        ${name && html`<p class="study-name"><span dir="auto">${name}</span>${work.info.value.simulated && html` <strong class="tag">${t('simulated')}</strong>`}</p>`}
        ${['task', 'sending', 'chat'].includes(mode) && html`<${Toolbar} work=${work} act=${act} />`}
        <${Unsent} />
        <${Refused} />
        ${notUndone && html`<${Notice} kind="warning"><p dir="auto">${notUndone}</p>
            <p><button type="button" class="button small" onClick=${() => act('given')}>${t('given-button')}</button></p><//>`}
        ${mode === 'loading' && html`<${Loading} />`}
        ${(mode === 'task' || mode === 'sending') && work.task.value && html`<${Task} work=${work} act=${act} />`}
        ${mode === 'chat' && html`<${Chatting} work=${work} />`}
        ${mode === 'waiting' && html`<${Waiting} />`}
        ${mode === 'done' && html`<${Done} work=${work} />`}
        ${mode === 'guideline' && html`<${Guideline} work=${work} />`}
        ${mode === 'told' && html`<${Told} work=${work} />`}
        ${mode === 'asked' && html`<${Asked} work=${work} />`}
        ${mode === 'stopped' && html`<${Stopped} work=${work} />`}
        ${mode === 'failed' && html`<${Failure} work=${work} />`}
        <${Help} open=${dialog === 'help'} onClose=${close} shows=${(action) => onScreen(work, action)} pair=${work.task.value?.task.kind === 'pairwise'} />
        <${Given} open=${dialog === 'given'} onClose=${close} work=${work} />
        <${Dialog} open=${dialog === 'guideline'} onClose=${close} title=${t('answer-guideline')}>
            <${GuidelineText} info=${work.info.value} />
        <//>
    </div>`;
}
