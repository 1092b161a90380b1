// A ranking: a button and a list of positions under each response, and beside them the order so far, in which the ranked move by
// buttons, keys, or the pointer. Nothing is ranked at first; the texts never change places.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../lib/i18n.js';
import { keyFor, PICKS } from '../../lib/keys.js';
import { Key, say } from '../../ui/parts.js';
import { groupsOf } from './fields.js';
import { move, place, putBeside, rankNext, takeOut, together } from './order.js';

const fieldIn = (fields) => fields.find((field) => field.kind === 'rank');
const nameIn = (field, slot) => field.options.find((option) => option.value === slot).words;
const rankOf = (positions, slot) => groupsOf(positions).findIndex((group) => group.includes(slot)) + 1;

function tell(field, positions, slot) {
    const rank = rankOf(positions, slot);
    say(rank === 0 ? t('rank-said-out', { who: nameIn(field, slot) }) : t('rank-said', { who: nameIn(field, slot), rank }));
}

const MOVES = {
    rank_up: (positions, slot) => move(positions, slot, -1),
    rank_down: (positions, slot) => move(positions, slot, 1),
    rank_together: together,
    rank_out: takeOut,
};

// What a key does to the ranking; true when it was taken. `held`: the response moved last.
export function act(action, { fields, draft, onAnswer, held, hold }) {
    const field = fieldIn(fields);
    const positions = field.read(draft) ?? {};
    const pick = PICKS.indexOf(action);
    const slot = pick >= 0 ? field.options[pick]?.value : held;
    if (!slot || (pick < 0 && !(action in MOVES && slot in positions))) return false;
    const next = pick < 0 ? MOVES[action](positions, slot) : slot in positions ? positions : rankNext(positions, slot);
    hold(action === 'rank_out' ? null : slot);
    onAnswer(field, next);
    tell(field, next, slot);
    return true;
}

export function Under({ fields, draft, onAnswer, mark, hold, i }) {
    const field = fieldIn(fields);
    const { value: slot, words: who } = field.options[i];
    const positions = field.read(draft) ?? {};
    const set = (next) => { hold(slot); onAnswer(field, next); tell(field, next, slot); };
    const ranked = slot in positions;
    const key = mark === field.id && !ranked && i < PICKS.length ? keyFor(PICKS[i]) : '';
    return html`<div class="part part-place" data-field=${field.id}>
        <button type="button" id=${`rank-${slot}`} class="button small" aria-disabled=${ranked} aria-keyshortcuts=${key || undefined}
            onClick=${() => !ranked && set(rankNext(positions, slot))}>${ranked ? t('rank-has', { rank: rankOf(positions, slot) }) : t('rank-next')}
            <span class="visually-hidden"> (${who})</span><${Key}>${key}<//></button>
        <span class="place-choice"><label for=${`place-${slot}`}>${t('rank-place')}<span class="visually-hidden"> (${who})</span></label>
            <select id=${`place-${slot}`} value=${String(positions[slot] ?? 0)} onChange=${(event) => set(place(positions, slot, Number(event.target.value)))}>
                <option value="0">${t('rank-none')}</option>
                ${field.options.map((_, n) => html`<option key=${n} value=${String(n + 1)}>${n + 1}</option>`)}
            </select></span>
    </div>`;
}

const SIGNS = { rank_up: '↑', rank_down: '↓', rank_together: '=', rank_out: '×' };

function Move({ action, slot, who, able, onMove, held }) {
    const key = held ? keyFor(action) : '';
    return html`<button type="button" id=${`${action}-${slot}`} class="button small move" aria-disabled=${!able} aria-keyshortcuts=${key || undefined}
        onClick=${() => able && onMove(action, slot)}>
        <span class="move-sign" aria-hidden="true">${SIGNS[action]}</span><span class="move-words">${t(`move-${action}`)}</span>
        <span class="visually-hidden"> (${who})</span><${Key}>${key}<//></button>`;
}

function beginning(text) {
    const flat = String(text).replace(/[*_#`>]+/g, '').replace(/\s+/g, ' ').trim();
    return flat.length > 60 ? flat.slice(0, 60) + '…' : flat;
}

// By pointer as an extra: a row goes before or after the one it is dropped on, by which half of it.
function useDrag(onDrop) {
    const [dragged, setDragged] = useState(null);
    const over = (event) => {
        if (dragged === null) return null;
        event.preventDefault();
        const box = event.currentTarget.getBoundingClientRect();
        return event.clientY > box.top + box.height / 2;
    };
    return (slot) => ({
        draggable: true,
        onDragStart: (event) => { event.dataTransfer.setData('text/plain', slot); setDragged(slot); },
        onDragEnd: () => setDragged(null),
        onDragOver: over,
        onDrop: (event) => {
            const after = over(event);
            if (after !== null) onDrop(dragged, slot, after);
            setDragged(null);
        },
    });
}

export function Panel({ fields, draft, onAnswer, held, hold, errors, item }) {
    const field = fieldIn(fields);
    const positions = field.read(draft) ?? {};
    const focus = useRef(null);
    useEffect(() => {
        // A row that moved took its button out of the focus.
        if (focus.current) document.getElementById(focus.current)?.focus();
        focus.current = null;
    });
    const set = (next, slot) => { hold(slot in next ? slot : null); onAnswer(field, next); tell(field, next, slot); };
    const onMove = (action, slot) => {
        focus.current = action === 'rank_out' ? `rank-${slot}` : `${action}-${slot}`;
        set(MOVES[action](positions, slot), slot);
    };
    const drag = useDrag((slot, other, after) => set(putBeside(positions, slot, other, after), slot));
    const groups = groupsOf(positions);
    const rows = groups.flatMap((group, at) => group.map((slot) => ({ slot, rank: at + 1, shared: group.length > 1, first: at === 0, last: at === groups.length - 1 })));
    const left = field.options.length - rows.length;
    const wrong = errors.filter((one) => one.part === field.id);
    return html`<section class=${wrong.length > 0 ? 'ranking has-error' : 'ranking'} aria-labelledby="ranking-title" data-field=${field.id}>
        <h2 id="ranking-title" class="part-name">${field.name}</h2>
        ${wrong.map((one) => html`<p class="field-error" key=${one.field}>${one.text}</p>`)}
        ${rows.length === 0 && html`<p class="fine">${t('ranking-empty')}</p>`}
        <ol class="ranks">${rows.map(({ slot, rank, shared, first, last }) => html`<li key=${slot} class=${held === slot ? 'rank held' : 'rank'} ...${drag(slot)}>
            <span class="rank-number">${rank}</span>
            <span class="rank-what"><strong>${nameIn(field, slot)}</strong>${' '}
                <span class="rank-text" dir="auto" lang=${item.language || undefined}>${beginning(item.responses.find((one) => one.slot === slot).content)}</span></span>
            <span class="moves">
                <${Move} action="rank_up" slot=${slot} who=${nameIn(field, slot)} able=${shared || !first} onMove=${onMove} held=${held === slot} />
                <${Move} action="rank_down" slot=${slot} who=${nameIn(field, slot)} able=${shared || !last} onMove=${onMove} held=${held === slot} />
                <${Move} action="rank_together" slot=${slot} who=${nameIn(field, slot)} able=${!first} onMove=${onMove} held=${held === slot} />
                <${Move} action="rank_out" slot=${slot} who=${nameIn(field, slot)} able onMove=${onMove} held=${held === slot} />
            </span></li>`)}
        </ol>
        ${left > 0 && rows.length > 0 && html`<p class="fine">${t(field.partial ? 'ranking-left-partial' : 'ranking-left', { count: left })}</p>`}
    </section>`;
}
