// What a task can say, as controls: each changes one member of it. The whole of it stands below as JSON, with what has no control.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { inPlace, localized, t, written } from '../../lib/i18n.js';
import { Notice } from '../../ui/parts.js';

export const KINDS = ['pairwise', 'ranking', 'best_worst', 'rating'];
const ASKED = ['off', 'optional', 'required'];
const SCALES = ['likert', 'slider', 'yes_no_unsure'];
const OVERALL = { id: 'overall', label: 'Overall', scale: 'likert', min: 1, max: 7, about: 'response', required: true };

// A task of the kind that asks only what it must.
export function blank(kind) {
    return {
        kind, ...(kind === 'pairwise' ? { goal: 'better', strength_max: 3, tie: true, both_bad: true } : {}),
        ...(kind === 'ranking' ? { partial: false } : {}), dimensions: kind === 'rating' ? [OVERALL] : [],
        rationale: 'optional', confidence: 'off', edit: 'off', reasons: null, hindsight: null,
    };
}

// What the server says of a task, with the control that it is about: the whole text where none is nearer.
export function taskFault({ pointer, detail }) {
    const parts = pointer.split('/').slice(2);
    const ids = parts.map((_, i) => `task-${parts.slice(0, parts.length - i).join('-')}`);
    return { field: ids.find((id) => document.getElementById(id)) ?? 'task-json', text: `${detail} (${pointer})` };
}

// Kinds that can be asked of answers which come while somebody writes.
const CHATS = ['pairwise', 'ranking', 'rating'];

export function Select({ id, label, hint, value, options, words, onChange }) {
    return html`<div class="field"><label for=${id}>${label}</label>
        ${hint && html`<p class="fine" id=${`${id}-hint`}>${hint}</p>`}
        <select id=${id} value=${value} aria-describedby=${hint ? `${id}-hint` : undefined} onChange=${(event) => onChange(event.target.value)}>
            ${options.map((one) => html`<option key=${one} value=${one} selected=${String(one) === String(value)}>${words(one)}</option>`)}</select></div>`;
}

function Box({ id, label, checked, onChange }) {
    return html`<label class="choice" for=${id}><input type="checkbox" id=${id} checked=${checked}
        onChange=${(event) => onChange(event.target.checked)} /><span>${label}</span></label>`;
}

function Dimensions({ dimensions, set }) {
    const change = (i, parts) => set(dimensions.map((one, at) => (at === i ? { ...one, ...parts } : one)));
    const rescale = (scale) => ({ scale, min: scale === 'likert' ? 1 : undefined, max: scale === 'likert' ? 7 : undefined, fractions: undefined });
    const add = () => {
        let n = dimensions.length + 1;
        while (dimensions.some((one) => one.id === `question-${n}`)) n += 1;
        set([...dimensions, { id: `question-${n}`, label: written('task-dimension-new', { n }), scale: 'likert', min: 1, max: 7, about: 'response', required: true }]);
    };
    return html`<fieldset class="dimensions"><legend>${t('task-dimensions')}</legend>
        <p class="fine">${t('task-dimensions-hint')}</p>
        ${dimensions.map((one, i) => html`<fieldset class="dimension" key=${one.id}><legend>${t('task-dimension', { n: i + 1 })}</legend>
            <div class="field"><label for=${`task-dimensions-${i}-label`}>${t('task-dimension-label')}</label>
                <input type="text" dir="auto" id=${`task-dimensions-${i}-label`} value=${localized(one.label) || one.id} maxlength="200"
                    onInput=${(event) => change(i, { label: inPlace(one.label, event.target.value) })} /></div>
            <${Select} id=${`task-dimensions-${i}-scale`} label=${t('task-dimension-scale')} value=${one.scale ?? 'likert'} options=${SCALES}
                words=${(scale) => t(`task-scale-${scale}`)} onChange=${(scale) => change(i, rescale(scale))} />
            <${Select} id=${`task-dimensions-${i}-about`} label=${t('task-dimension-about')} value=${one.about ?? 'response'} options=${['response', 'item']}
                words=${(about) => t(`task-about-${about}`)} onChange=${(about) => change(i, { about })} />
            <${Box} id=${`task-dimensions-${i}-required`} label=${t('task-dimension-required')} checked=${Boolean(one.required)}
                onChange=${(required) => change(i, { required })} />
            <button type="button" class="button small" onClick=${() => set(dimensions.filter((_, at) => at !== i))}>${t('task-dimension-remove', { n: i + 1 })}</button>
        </fieldset>`)}
        <button type="button" class="button" onClick=${add}>${t('task-dimension-add')}</button>
    </fieldset>`;
}

const slug = (text, i) => text.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40) || `reason-${i + 1}`;

// Chips: one a line. An id stays what it was while its line does.
function reasonsOf(text, before) {
    const lines = text.split('\n').map((line) => line.trim()).filter(Boolean);
    const used = new Set();
    return lines.map((label, i) => {
        let id = before.find((one) => localized(one.label) === label)?.id ?? slug(label, i);
        while (used.has(id)) id = `${id}-${i + 1}`;
        used.add(id);
        return { id, label };
    });
}

function Reasons({ reasons, set }) {
    const from = reasons?.from ?? 'none';
    const [text, setText] = useState((reasons?.list ?? []).map((one) => localized(one.label)).join('\n'));
    const start = (next) => set(next === 'none' ? null : next === 'list' ? { from: 'list', list: reasonsOf(text || t('task-reasons-sample'), []) } : { from: 'constitution' });
    return html`<${Select} id="task-reasons" label=${t('task-reasons')} hint=${t('task-reasons-hint')} value=${from} options=${['none', 'list', 'constitution']}
            words=${(one) => t(`task-reasons-${one}`)} onChange=${start} />
        ${from === 'list' && html`<div class="field"><label for="task-reasons-list">${t('task-reasons-lines')}</label>
            <textarea id="task-reasons-list" rows="4" dir="auto" value=${text || t('task-reasons-sample')} onInput=${(event) => {
                setText(event.target.value);
                set({ from: 'list', list: reasonsOf(event.target.value, reasons.list ?? []) });
            }}></textarea></div>`}`;
}

// All of it as text. What can't be read stands with its fault, and the task stays what it was.
function Raw({ task, set, open, errors }) {
    const whole = JSON.stringify(task, null, 2);
    const [text, setText] = useState(whole);
    const [fault, setFault] = useState('');
    useEffect(() => {
        let same = false;
        try { same = JSON.stringify(JSON.parse(text)) === JSON.stringify(task); } catch { /* being typed */ }
        if (!same && !fault) setText(whole);
    }, [whole]);
    const type = (event) => {
        setText(event.target.value);
        try {
            const next = JSON.parse(event.target.value);
            if (!KINDS.includes(next?.kind)) throw new Error(t('task-json-kind', { kinds: KINDS.join(', ') }));
            setFault('');
            set(next);
        } catch (error) {
            setFault(error.message);
        }
    };
    return html`<details class="task-raw" open=${open || fault !== '' || errors.length > 0}><summary>${t('task-json')}</summary>
        <p class="fine" id="task-json-hint">${t('task-json-hint')}</p>
        <label for="task-json" class="visually-hidden">${t('task-json')}</label>
        <textarea id="task-json" rows="16" dir="ltr" spellcheck="false" value=${text} onInput=${type} aria-invalid=${fault !== '' || undefined}
            aria-describedby=${fault ? 'task-json-fault' : 'task-json-hint'}></textarea>
        ${fault && html`<p class="field-error" id="task-json-fault" role="alert"><span dir="auto">${fault}</span></p>`}
    </details>`;
}

// Hindsight for half of the judgments shows what it does where an item has judgments of both kinds.
export const HindsightAlone = ({ task, perItem }) => html`<div role="status">
    ${task.hindsight?.when === 'split' && Number(perItem) === 1 && html`<${Notice} kind="warning"><p>${t('make-per-item-alone')}</p><//>`}</div>`;

export function TaskFields({ task, set, errors }) {
    const change = (parts) => set({ ...task, ...parts });
    const asked = (name) => html`<${Select} id=${`task-${name}`} label=${t(`task-${name}`)} value=${task[name] ?? (name === 'rationale' ? 'optional' : 'off')} options=${ASKED}
        words=${(one) => t(`task-asked-${one}`)} onChange=${(value) => change({ [name]: value })} />`;
    return html`
        ${task.kind === 'pairwise' && html`
            <${Select} id="task-goal" label=${t('task-goal')} value=${task.goal ?? 'better'} options=${['better', 'worse']} words=${(one) => t(`task-goal-${one}`)}
                onChange=${(goal) => change({ goal })} />
            <${Select} id="task-strength_max" label=${t('task-strength')} value=${task.strength_max ?? 3} options=${[0, 1, 2, 3, 4]}
                words=${(n) => t('task-strength-n', { n })} onChange=${(n) => change({ strength_max: Number(n) })} />
            <fieldset class="inline-set"><legend>${t('task-also')}</legend>
                <${Box} id="task-tie" label=${t('task-tie')} checked=${task.tie !== false} onChange=${(tie) => change({ tie })} />
                <${Box} id="task-both_bad" label=${t('task-both-bad')} checked=${task.both_bad !== false} onChange=${(both_bad) => change({ both_bad })} /></fieldset>`}
        ${task.kind === 'ranking' && html`<fieldset class="inline-set"><legend>${t('task-ranking')}</legend>
            <${Box} id="task-partial" label=${t('task-partial')} checked=${task.partial === true} onChange=${(partial) => change({ partial })} /></fieldset>`}
        <${Dimensions} dimensions=${task.dimensions ?? []} set=${(dimensions) => change({ dimensions })} />
        <${Reasons} key=${task.kind} reasons=${task.reasons} set=${(reasons) => change({ reasons })} />
        ${['rationale', 'confidence', 'edit'].map(asked)}
        <${Select} id="task-hindsight" label=${t('task-hindsight')} hint=${t('task-hindsight-hint')} value=${task.hindsight?.when ?? 'none'} options=${['none', 'before', 'split']}
            words=${(one) => t(`task-hindsight-${one}`)} onChange=${(when) => change({ hindsight: when === 'none' ? null : { when } })} />
        ${CHATS.includes(task.kind) && html`<fieldset class="inline-set"><legend>${t('task-chat')}</legend>
            <${Box} id="task-chat" label=${t('task-chat-live')} checked=${Boolean(task.chat)} onChange=${(on) => change({ chat: on ? {} : null })} /></fieldset>`}
        <${Raw} task=${task} set=${set} errors=${errors} />`;
}
