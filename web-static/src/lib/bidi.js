// Characters that reorder or hide text are shown by name, so that two responses are judged for what they hold.
import { h } from 'preact';

const NAMES = {
    '\u200e': 'LRM', '\u200f': 'RLM', '\u061c': 'ALM',
    '\u202a': 'LRE', '\u202b': 'RLE', '\u202c': 'PDF', '\u202d': 'LRO', '\u202e': 'RLO',
    '\u2066': 'LRI', '\u2067': 'RLI', '\u2068': 'FSI', '\u2069': 'PDI',
};
const CONTROLS = /([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/;

export function visibleText(text) {
    if (!CONTROLS.test(text)) return text;
    return text.split(CONTROLS).map((part) => (
        NAMES[part] ? h('span', { class: 'bidi-control', dir: 'ltr' }, NAMES[part]) : part
    ));
}
