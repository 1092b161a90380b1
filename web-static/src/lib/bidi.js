// Characters that reorder or hide text are shown by name, so that two responses are judged for what they hold.
import { h } from 'preact';

const NAMES = {
    '\u200e': 'LRM', '\u200f': 'RLM', '\u061c': 'ALM',
    '\u202a': 'LRE', '\u202b': 'RLE', '\u202c': 'PDF', '\u202d': 'LRO', '\u202e': 'RLO',
    '\u2066': 'LRI', '\u2067': 'RLI', '\u2068': 'FSI', '\u2069': 'PDI',
    // Hidden, and not needed to write any script; the joiners (U+200C, U+200D) are.
    '\u00ad': 'SHY', '\u200b': 'ZWSP', '\u2060': 'WJ', '\ufeff': 'BOM', '\u2061': 'FA', '\u2062': 'IT', '\u2063': 'IS', '\u2064': 'IP',
    '\ufff9': 'IAA', '\ufffa': 'IAS', '\ufffb': 'IAT', '\u115f': 'HF', '\u1160': 'HF', '\u3164': 'HF', '\uffa0': 'HF',
};
// Runs of tag characters spell ASCII that nobody sees; those behind a black flag are a flag.
const HIDDEN = /([\u00ad\u061c\u115f\u1160\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0001}\u{e0020}-\u{e007f}]+)/u;

function nameOf(part) {
    if (NAMES[part]) return NAMES[part];
    const spelt = [...part].map((one) => one.codePointAt(0) - 0xe0000).filter((code) => code >= 0x20 && code < 0x7f);
    return `TAG ${String.fromCharCode(...spelt)}`.trimEnd();
}

export function visibleText(text) {
    if (!HIDDEN.test(text)) return text;
    return text.split(HIDDEN).map((part, i) => (
        i % 2 === 1 ? h('span', { class: 'bidi-control', dir: 'ltr' }, nameOf(part)) : part
    ));
}
