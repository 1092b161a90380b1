// Judging: one decision a screen; beside it only progress, undo, help and leave.
import { html } from 'htm/preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { languageOf, localized, t } from '../../lib/i18n.js';
import { keys, onKeys } from '../../lib/keys.js';
import { number } from '../../lib/format.js';
import { markdown } from '../../lib/markdown.js';
import { discard, flush, refused, signedOut, startOutbox, waiting } from '../../lib/outbox.js';
import { Hall } from '../../ui/hall.js';
import { Dialog, Failed, Key, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { Given } from './given.js';
import { Help } from './help.js';
import { Pair } from './pair.js';
import { answerFor, answerText, Scale } from './scale.js';
import { createWork } from './work.js';

// A break is offered after so many answers in one visit.
const PAUSE_EVERY = 30;

const keyFor = (action) => (keys.value.on ? keys.value.map[action] : '');

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

function Unsent() {
    const count = waiting.value.length;
    return html`<div class="unsent" role="status">
        ${count > 0 && html`<p class="unsent-words">${t('unsent', { count })}</p>`}
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
    const shown = open || work.rationale.value !== '';
    return html`<details class="rationale" open=${shown} onToggle=${(event) => setOpen(event.target.open)}>
        <summary id="rationale-summary">${t('answer-rationale')} <span class="fine">${t('optional')}</span><${Key}>${keyFor('rationale')}<//></summary>
        <label for="rationale" class="visually-hidden">${t('rationale-label')}</label>
        <textarea id="rationale" rows="3" dir="auto" maxlength="4000" value=${work.rationale.value}
            onInput=${(event) => work.draft(event.target.value)}></textarea>
        <p class="fine">${t('rationale-hint')}</p>
    </details>`;
}

function Task({ work, act }) {
    const task = work.task.value;
    const earlier = work.earlier.value;
    const busy = work.mode.value === 'sending';
    const pause = !earlier && work.count.value > 0 && work.count.value % PAUSE_EVERY === 0;
    const heading = useRef(null);
    useEffect(() => {
        heading.current?.focus({ preventScroll: true });
        scrollTo(0, 0);
    }, [task.id, earlier]);
    return html`<div class="task" aria-busy=${busy}>
        <h1 id="question" class="question" tabindex="-1" ref=${heading}>${t('question')}</h1>
        ${earlier && html`<${Notice} kind="plain">
            <p>${t('reconsider', { answer: answerText(earlier) })}
            ${' '}<button type="button" class="button small" onClick=${work.keepAsIs}>${t('reconsider-keep')}</button></p>
        <//>`}
        ${pause && html`<${Notice} title=${t('pause-title', { count: work.count.value })}><p>${t('pause-text')}</p><//>`}
        <${Pair} key=${task.id} task=${task} disabled=${busy} folded=${work.folded.value} onUnfold=${work.unfold} onRatherNot=${() => act('rather_not')} />
        <div class="decide">
            <${Scale} given=${earlier} disabled=${busy} folded=${work.folded.value} onAnswer=${act} />
        </div>
        <${Rationale} key=${task.id} work=${work} />
        <p class="rather-not"><button type="button" class="button quiet" disabled=${busy}
            aria-keyshortcuts=${keyFor('rather_not') || undefined} onClick=${() => act('rather_not')}>${t('answer-rather_not')}<${Key}>${keyFor('rather_not')}<//></button></p>
    </div>`;
}

function Done({ work }) {
    return html`<div class="ending measure">
        <${Hall} count=${40} rows=${3} radius=${4} filled=${() => true} />
        <${PageHeading}>${t('done-title')}<//>
        <p class="lead">${t('done-text', { judged: progressOf(work).judged })}</p>
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
    return html`<div class="ending measure">
        <${PageHeading}>${t('stopped-title')}<//>
        <p class="lead">${t('stopped-text', { judged: progressOf(work).judged })}</p>
        <p class="actions"><button type="button" class="button primary" onClick=${work.resume}>${t('stopped-resume')}</button>
            <a class="button" href="/me/demographics">${t('done-demographics-go')}</a>
            <a class="button quiet" href="/me">${t('nav-me')}</a></p>
    </div>`;
}

function Waiting() {
    return html`<div class="ending measure">
        <${PageHeading}>${t('waiting-title')}<//>
        <p class="lead">${t('waiting-text', { count: waiting.value.length })}</p>
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
    if (error.status === 409) {
        return html`<div class="ending measure"><${PageHeading}>${t('closed-title')}<//>
            <p class="lead">${t('closed-text')}</p>
            <p class="actions"><button type="button" class="button" onClick=${() => work.next()}>${t('done-look-again')}</button>
                <a class="button quiet" href="/me">${t('nav-me')}</a></p></div>`;
    }
    return html`<div class="measure"><${Failed} error=${error} retry=${() => work.next()} /></div>`;
}

// What a key or a button does. True when it was taken.
function useActions(work) {
    const [dialog, setDialog] = useState(null);
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
            void work.undo().then(
                (did) => did && say(t('undone')),
                (error) => say(t('undo-failed', { why: problemText(error) })),
            );
            return true;
        }
        if (work.mode.value !== 'task') return false;
        if (action === 'rationale') {
            const box = document.getElementById('rationale');
            box.closest('details').open = true;
            box.focus();
            return true;
        }
        const answer = answerFor(action);
        if (!answer || (work.folded.value && answer.choice !== 'skip')) return false;
        void work.answer(answer, input);
        say(t('answered', { answer: action === 'rather_not' ? t('answer-skip') : answerText(answer) }));
        return true;
    };
    useEffect(() => onKeys((action) => act(action, 'key')), [work]);
    return { act, dialog, close: () => setDialog(null) };
}

export default function Annotate({ params }) {
    const work = useMemo(() => createWork(params.project), [params.project]);
    const { act, dialog, close } = useActions(work);
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
        ${['task', 'sending'].includes(mode) && html`<${Toolbar} work=${work} act=${act} />`}
        <${Unsent} />
        <${Refused} />
        ${mode === 'loading' && html`<${Loading} />`}
        ${(mode === 'task' || mode === 'sending') && work.task.value && html`<${Task} work=${work} act=${act} />`}
        ${mode === 'waiting' && html`<${Waiting} />`}
        ${mode === 'done' && html`<${Done} work=${work} />`}
        ${mode === 'stopped' && html`<${Stopped} work=${work} />`}
        ${mode === 'failed' && html`<${Failure} work=${work} />`}
        <${Help} open=${dialog === 'help'} onClose=${close} />
        <${Given} open=${dialog === 'given'} onClose=${close} work=${work} />
        <${Dialog} open=${dialog === 'guideline'} onClose=${close} title=${t('answer-guideline')}>
            <div class="text" lang=${languageOf(work.info.value?.guideline)}>${markdown(localized(work.info.value?.guideline))}</div>
        <//>
    </div>`;
}
