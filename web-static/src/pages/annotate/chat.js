// A live chat between its turns: a person writes, hidden models answer side by side, what failed is asked anew, the chat ends.
// When all answers are there the turn is judged like any task (work.judge). Loaded only for studies that are chats.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, post } from '../../lib/api.js';
import { listen } from '../../lib/events.js';
import { t } from '../../lib/i18n.js';
import { forget, keep, kept } from '../../lib/kept.js';
import { discard, enqueue, flush, refused } from '../../lib/outbox.js';
import { countTyping } from '../../lib/typing.js';
import { Failed, Loading, Notice, PageHeading, problemText, say } from '../../ui/parts.js';
import { Judged } from './judged.js';
import { inReadingOrder, responseName } from './names.js';

const MESSAGE_MAX = 8000;
const DRAW_MS = 120; // pieces come faster than anyone reads

const wentOnWith = (turn) => turn.responses.find((one) => one.slot === (turn.went_on_with ?? turn.best));

// What was said up to a turn: its message, and before it each with the answer that was gone on with.
function conversation(turns) {
    return turns.flatMap((turn, i) => {
        const answer = i + 1 < turns.length ? wentOnWith(turn) : null;
        return [{ role: 'user', content: turn.message }, ...(answer ? [{ role: 'assistant', content: answer.content }] : [])];
    });
}

const turnsOf = (id) => `/api/v1/chats/${id}/turns`;
const itemOf = (chat, responses) => ({ item: { prompt: conversation(chat.turns), responses } });

// The answers as they come; the stream begins with what there is already.
function useStream(chat, onOver) {
    const turn = chat.turns.at(-1);
    const [responses, set] = useState(turn.responses);
    useEffect(() => {
        let now = new Map();
        let timer = null;
        const draw = () => {
            timer = null;
            set(turn.responses.map((one) => ({ ...one, ...now.get(one.slot) })));
        };
        const change = (slot, parts) => {
            now.set(slot, { content: '', state: null, ...now.get(slot), ...parts });
            timer ??= setTimeout(draw, DRAW_MS);
        };
        say(t('chat-said-begin'));
        const stop = listen(`/api/v1/chats/${chat.id}/events`, (name, data) => {
            if (name === 'text') change(data.slot, { content: (now.get(data.slot)?.content ?? '') + data.text });
            if (name === 'end') change(data.slot, { state: data.state });
            if (name === 'turn') { stop(); onOver(data.state); }
        }, () => { now = new Map(); });
        return () => { clearTimeout(timer); stop(); };
    }, [chat.id, turn.turn]);
    return responses;
}

// In the middle of a turn: what has not been judged yet is given up with the chat.
function LeaveNow({ onLeave, busy }) {
    return html`<details class="rationale"><summary>${t('chat-leave-summary')}</summary>
        <p>${t('chat-leave-now')}</p>
        <p><button type="button" class="button" disabled=${busy} onClick=${onLeave}>${t('chat-leave')}</button></p></details>`;
}

// The same while a turn is judged.
export function Leave({ work }) {
    const [failure, setFailure] = useState(null);
    const [busy, setBusy] = useState(false);
    const leave = () => {
        setBusy(true);
        setFailure(null);
        work.leave().catch((error) => { setFailure(error); setBusy(false); });
    };
    return html`<${LeaveNow} onLeave=${leave} busy=${busy || work.mode.value === 'sending'} />
        ${failure && html`<p class="field-error" role="alert" dir="auto">${problemText(failure)}</p>`}`;
}

function Answering({ chat, onOver, onLeave, busy }) {
    const responses = useStream(chat, onOver);
    return html`<${PageHeading}>${t('chat-answering')}<//>
        <div aria-busy="true"><${Judged} task=${itemOf(chat, responses)}>
            ${({ state }) => html`<p class="fine">${t(state ? `chat-state-${state}` : 'chat-writing')}</p>`}
        <//></div>
        <${LeaveNow} onLeave=${onLeave} busy=${busy} />`;
}

function Incomplete({ chat, onRetry, onLeave, busy }) {
    const { responses } = chat.turns.at(-1);
    return html`<${PageHeading}>${t('chat-incomplete')}<//>
        <${Notice} kind="warning"><p>${t('chat-incomplete-text')}</p>
            <p class="actions"><button type="button" class="button primary" disabled=${busy} onClick=${onRetry}>${t('chat-retry')}</button></p><//>
        <${Judged} task=${itemOf(chat, responses)}>
            ${({ state }) => html`<p class="fine">${t(`chat-state-${state ?? 'lost'}`)}</p>`}
        <//>
        <${LeaveNow} onLeave=${onLeave} busy=${busy} />`;
}

// Which answer the chat goes on with, where none was said to be best.
function GoOn({ turn, value, onChange }) {
    const responses = inReadingOrder(turn.responses);
    return html`<fieldset class="part"><legend><span class="part-name">${t('chat-go-on-with')}</span></legend>
        <div class="options">${responses.map(({ slot }, i) => html`<label class=${value === slot ? 'option on' : 'option'} for=${`go-on-${slot}`} key=${slot}>
            <input type="radio" id=${`go-on-${slot}`} name="go-on" checked=${value === slot} onChange=${() => onChange(slot)} />
            <span class="option-words">${responseName(i, responses.length)}</span></label>`)}</div></fieldset>`;
}

function Ending({ chat, judged, onEnd, busy }) {
    const leave = judged < chat.chat.turns_min;
    const button = html`<button type="button" class="button" disabled=${busy} onClick=${() => onEnd(leave)}>${t(leave ? 'chat-leave' : 'chat-end')}</button>`;
    if (!leave) return html`<p>${button}</p>`;
    return html`<details class="rationale"><summary>${t('chat-leave-summary')}</summary>
        <p>${t('chat-leave-text', { wanted: chat.chat.turns_min, judged })}</p><p>${button}</p></details>`;
}

function Write({ chat, problem, onSay, onEnd, busy }) {
    const key = `chat:${chat.id}`;
    const last = chat.turns.at(-1);
    const [draft, setDraft] = useState({ message: '' });
    const [error, setError] = useState(null);
    const box = useRef(null);
    const chooses = last && !last.best;
    const full = chat.turns.length >= chat.chat.turns_max;
    useEffect(() => { void kept('drafts', key).then((row) => row && setDraft(row.draft)); }, [key]);
    const change = (parts) => {
        const next = { ...draft, ...parts };
        setDraft(next);
        void keep('drafts', { assignment: key, draft: next });
    };
    const send = (event) => {
        event.preventDefault();
        if (busy) return;
        const wrong = chooses && !draft.slot ? 'chat-go-on-missing' : draft.message.trim() === '' ? 'chat-message-missing' : null;
        setError(wrong);
        if (!wrong) void onSay(draft.message, draft.typing, chooses ? draft.slot : undefined);
        else if (wrong === 'chat-message-missing') box.current.focus();
        else document.getElementById(`go-on-${inReadingOrder(last.responses)[0].slot}`).focus();
    };
    const shown = chooses ? last.responses : last ? [wentOnWith(last)] : [];
    return html`<${PageHeading}>${t(full ? 'chat-full' : last ? 'chat-write-next' : 'chat-write')}<//>
        ${problem && html`<${Notice} kind="error" role="alert"><p dir="auto">${problem}</p><//>`}
        ${last && html`<${Judged} task=${itemOf(chat, shown)} />`}
        ${!full && html`<form class="task-form" novalidate onSubmit=${send}
            onKeyDown=${(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event); }}>
            ${chooses && html`<${GoOn} turn=${last} value=${draft.slot} onChange=${(slot) => change({ slot })} />`}
            <div class=${error ? 'part has-error' : 'part'}><label for="message"><span class="part-name">${t('chat-message')}</span></label>
                <p class="fine" id="message-hint">${t('chat-message-hint')}</p>
                ${error && html`<p class="field-error" role="alert" id="message-error">${t(error)}</p>`}
                <textarea id="message" ref=${box} rows="4" dir="auto" maxlength=${MESSAGE_MAX} aria-describedby=${error ? 'message-hint message-error' : 'message-hint'}
                    value=${draft.message} onInput=${(event) => change({ message: event.target.value, typing: countTyping(draft.typing, event, draft.message.length) })}></textarea></div>
            <div class="submit"><button id="send" class="button primary" disabled=${busy}>${t('chat-send')}</button></div>
        </form>`}
        <${Ending} chat=${chat} judged=${chat.turns.filter((one) => one.outcome).length} onEnd=${onEnd} busy=${busy} />`;
}

function Ended({ chat, onAgain }) {
    const named = chat.turns.some((turn) => turn.responses.some((one) => one.model));
    return html`<div class="ending measure"><${PageHeading}>${t('chat-ended')}<//>
        <p class="lead">${t('chat-ended-text')}</p>
        ${named && html`<h2>${t('chat-names')}</h2><ol>${chat.turns.map((turn) => html`<li key=${turn.turn}><p dir="auto">${turn.message}</p>
            <dl class="meanings">${inReadingOrder(turn.responses).map((one, i) => html`<div key=${one.slot}>
                <dt>${responseName(i, turn.responses.length)}</dt><dd dir="auto">${one.model}</dd></div>`)}</dl></li>`)}</ol>`}
        <p class="actions"><button type="button" class="button primary" onClick=${onAgain}>${t('chat-again')}</button>
            <a class="button" href="/me/demographics">${t('done-demographics-go')}</a></p></div>`;
}

export default function Chat({ work }) {
    const [chat, setChat] = useState(work.ended ?? null);
    const [failure, setFailure] = useState(null);
    const [problem, setProblem] = useState(null);
    const [busy, setBusy] = useState(false);
    // One thing at a time, and what the server says of it is seen.
    const doing = async (act) => {
        setBusy(true);
        try { await act(); } catch (error) { setFailure(error); } finally { setBusy(false); }
    };
    // What the server would not take, now or when it was sent later, can be written otherwise.
    const takeBackRefused = async (id) => {
        for (const { key, body, refused: no } of refused.value.filter((row) => row.url === turnsOf(id))) {
            await keep('drafts', { assignment: `chat:${id}`, draft: { message: body.message, typing: body.typing, slot: body.go_on_with } });
            await discard(key);
            setProblem(no.detail);
        }
    };
    const look = async () => {
        setFailure(null);
        const begun = await post(`/api/v1/projects/${work.project}/chats`, {}, { onNothing: work.nothing });
        if (!begun) return;
        const { id } = begun;
        await takeBackRefused(id);
        const found = await get(`/api/v1/chats/${id}`);
        const turn = found.turns.at(-1);
        if (turn?.state === 'ready') work.judge({ id: turn.assignment_id, chat_id: id, ...itemOf(found, turn.responses), task: work.info.value.task });
        else setChat(found);
    };
    useEffect(() => {
        if (!work.ended) void doing(look);
        work.ended = null;
    }, []);
    const onSay = (message, typing, slot) => doing(async () => {
        setProblem(null);
        await enqueue({ method: 'POST', url: turnsOf(chat.id), body: { message, ...(typing ? { typing } : {}), ...(slot ? { go_on_with: slot } : {}) } });
        await forget('drafts', `chat:${chat.id}`); // it is kept by the outbox now
        if (!(await flush())) {
            work.mode.value = 'waiting';
            return;
        }
        await look();
    });
    const onRetry = () => doing(async () => {
        await post(`/api/v1/chats/${chat.id}/turns/${chat.turns.at(-1).turn}/retry`, {});
        await look();
    });
    const onEnd = (leave) => doing(async () => { setChat(await post(`/api/v1/chats/${chat.id}/end${leave ? '?leave=true' : ''}`, {})); });
    if (failure) return html`<div class="measure"><${Failed} error=${failure} retry=${() => doing(look)} />
        <p dir="auto">${failure.status === 409 ? problemText(failure) : ''}</p></div>`;
    if (!chat) return html`<${Loading} />`;
    if (chat.state === 'ended') return html`<${Ended} chat=${chat} onAgain=${() => doing(look)} />`;
    const state = chat.turns.at(-1)?.state;
    const over = (how) => {
        say(t(how === 'ready' ? 'chat-said-ready' : 'chat-incomplete'));
        void doing(look);
    };
    if (state === 'answering') return html`<${Answering} key=${chat.turns.length} chat=${chat} onOver=${over} onLeave=${() => onEnd(true)} busy=${busy} />`;
    if (state === 'incomplete') return html`<${Incomplete} chat=${chat} onRetry=${onRetry} onLeave=${() => onEnd(true)} busy=${busy} />`;
    return html`<${Write} key=${chat.turns.length} chat=${chat} problem=${problem} onSay=${onSay} onEnd=${onEnd} busy=${busy} />`;
}
