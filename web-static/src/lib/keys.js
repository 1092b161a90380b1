// Keys for actions: remappable, can be switched off, never taken while a person types.
import { signal } from '@preact/signals';

const STORED = 'plenum.keys';

// One press answers a plain pair; in a form the digits answer the question that is marked.
const PAIR_KEYS = { 'left-3': '1', 'left-2': '2', 'left-1': '3', tie: '4', 'right-1': '5', 'right-2': '6', 'right-3': '7' };
export const PICKS = ['pick-1', 'pick-2', 'pick-3', 'pick-4', 'pick-5', 'pick-6', 'pick-7', 'pick-8', 'pick-9'];
const FORM_KEYS = {
    ...Object.fromEntries(PICKS.map((action, i) => [action, String(i + 1)])),
    next_part: 'j', previous_part: 'k', rank_up: 'u', rank_down: 'd', rank_together: 't', rank_out: 'o', submit: 'Enter',
};
const COMMON_KEYS = {
    both_bad: 'b', cannot_judge: 'c', skip: 's', rather_not: 'x', undo: 'z', rationale: 'r', given: 'a', guideline: 'g', stop: 'p', help: '?',
};
export const DEFAULT_KEYS = { ...PAIR_KEYS, ...FORM_KEYS, ...COMMON_KEYS };

function stored() {
    try {
        const kept = JSON.parse(localStorage.getItem(STORED)) ?? {};
        return { on: kept.on !== false, map: { ...DEFAULT_KEYS, ...kept.map } };
    } catch {
        return { on: true, map: { ...DEFAULT_KEYS } };
    }
}

export const keys = signal(stored());

export const keyFor = (action) => (keys.value.on ? keys.value.map[action] ?? '' : '');

export function setKeys(next) {
    keys.value = next;
    try { localStorage.setItem(STORED, JSON.stringify(next)); } catch { /* private mode: this visit only */ }
}

// One key may stand for an action of pairs and one of forms: they are never on one screen.
const apart = (one, other) => (one in PAIR_KEYS && other in FORM_KEYS) || (one in FORM_KEYS && other in PAIR_KEYS);

export function remap(action, key) {
    const map = { ...keys.value.map };
    for (const other of Object.keys(map)) if (map[other] === key && !apart(action, other)) map[other] = '';
    map[action] = key;
    setKeys({ ...keys.value, map });
}

export function resetKeys() {
    setKeys({ on: keys.value.on, map: { ...DEFAULT_KEYS } });
}

// The key as printed on a Latin keyboard where this one types another script (Arabic letters, Arabic-Indic digits).
export function keyOf(event) {
    if (event.key.length !== 1) return event.key;
    if (event.key.charCodeAt(0) < 128) return event.key.toLowerCase();
    const latin = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code);
    if (latin) return (latin[1] ?? latin[2]).toLowerCase();
    return event.key === '؟' ? '?' : event.key.toLowerCase();
}

export function isTyping(target) {
    if (!(target instanceof Element)) return false;
    if (target.closest('textarea, select, [contenteditable=""], [contenteditable="true"], dialog')) return true;
    const input = target.closest('input');
    return Boolean(input) && !['radio', 'checkbox', 'range', 'button', 'submit', 'reset'].includes(input.type);
}

// What acts by itself on Enter.
const takesEnter = (target) => target instanceof Element && target.closest('a, button, summary, input, select, textarea') !== null;

// Calls act(action) for the bound keys; act answers true when it took the key. `onScreen(action)`: whether it can be done here.
export function onKeys(act, onScreen = () => true) {
    function listen(event) {
        // A keyboard is there: keys are worth printing. What types into a field may be one on glass.
        if (!isTyping(event.target)) document.documentElement.dataset.keyboard = 'used';
        if (!keys.value.on || event.repeat || event.isComposing || event.defaultPrevented) return;
        if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
        if (document.querySelector('dialog[open]')) return;
        const pressed = keyOf(event);
        if (pressed === 'Enter' && takesEnter(event.target)) return;
        const action = Object.keys(keys.value.map).find((one) => keys.value.map[one] === pressed && onScreen(one));
        if (action && act(action)) event.preventDefault();
    }
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
}
