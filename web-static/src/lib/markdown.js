// Markdown to elements by marked's Lexer, alike for every response. Never a string of HTML: raw HTML is shown as the
// text it is, an image is its alternative text and is not fetched, a link is inert with its address beside it.
import { h } from 'preact';
import { Lexer } from 'marked';
import { visibleText } from './bidi.js';

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', hellip: '…', mdash: '—', ndash: '–' };
const ENTITY = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,6}));/gi;

function decodeEntities(text) {
    return text.replace(ENTITY, (whole, hex, decimal, name) => {
        if (name) return ENTITIES[name] ?? whole;
        const code = hex ? parseInt(hex, 16) : parseInt(decimal, 10);
        return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
    });
}

const words = (text) => visibleText(decodeEntities(text));
const inner = (token) => (token.tokens ? render(token.tokens) : words(token.text ?? ''));

function linkElement(token) {
    const shown = inner(token);
    const address = token.href ?? '';
    const same = !token.title && (token.text === address || `mailto:${token.text}` === address);
    return h('span', { class: 'inert-link' }, h('u', null, shown),
        same ? null : h('span', { class: 'inert-address', dir: 'ltr' }, ' (', visibleText(address), token.title ? [' ', visibleText(token.title)] : null, ')'));
}

function listElement(token) {
    const items = token.items.map((item) => h('li', null, render(item.tokens)));
    if (!token.ordered) return h('ul', { dir: 'auto' }, items);
    return h('ol', { dir: 'auto', start: token.start === 1 ? undefined : Number(token.start) }, items);
}

function tableElement(token) {
    const cell = (name) => (one) => h(name, { class: one.align ? `align-${one.align}` : undefined }, render(one.tokens));
    // Wide tables scroll by themselves; focusable so that keys can scroll them.
    return h('div', { class: 'table-scroll', tabIndex: 0, role: 'group' },
        h('table', null,
            // A corner without words is no heading.
            h('thead', null, h('tr', null, token.header.map((one) => cell(one.text.trim() === '' ? 'td' : 'th')(one)))),
            h('tbody', null, token.rows.map((row) => h('tr', null, row.map(cell('td')))))));
}

const ELEMENTS = {
    space: () => null,
    // Other readers hide what these say.
    def: (token) => h('p', { class: 'raw-html', dir: 'auto' }, visibleText(token.raw.trimEnd())),
    br: () => h('br'),
    hr: () => h('hr'),
    escape: (token) => visibleText(token.text),
    text: inner,
    paragraph: (token) => h('p', { dir: 'auto' }, inner(token)),
    heading: (token) => h('h3', { dir: 'auto', class: `depth-${token.depth}` }, inner(token)),
    strong: (token) => h('strong', null, inner(token)),
    em: (token) => h('em', null, inner(token)),
    del: (token) => h('del', null, inner(token)),
    blockquote: (token) => h('blockquote', { dir: 'auto' }, inner(token)),
    codespan: (token) => h('code', { dir: 'ltr' }, visibleText(token.text)),
    code: (token) => h('pre', { dir: 'ltr', tabIndex: 0 },
        token.lang ? h('span', { class: 'code-language' }, visibleText(token.lang)) : null, h('code', null, visibleText(token.text))),
    html: (token) => (token.block
        ? h('p', { class: 'raw-html', dir: 'auto' }, visibleText(token.raw.trimEnd()))
        : visibleText(token.raw)),
    image: (token) => h('span', { class: 'inert-image' }, '[image: ', words(token.text ?? ''), ']'),
    checkbox: (token) => (token.checked ? '☑ ' : '☐ '),
    link: linkElement,
    list: listElement,
    table: tableElement,
};

// Deeper than any text that is meant to be read; a page of thousands of elements in each other can't be drawn.
const DEPTH_MAX = 60;
let depth = 0;

function render(tokens) {
    if (depth >= DEPTH_MAX) throw new RangeError('nested too deep');
    depth += 1;
    try {
        return tokens.map((token) => (ELEMENTS[token.type] ?? ((one) => visibleText(one.raw)))(token));
    } finally {
        depth -= 1;
    }
}

export function markdown(source) {
    try {
        return render(new Lexer({ gfm: true, breaks: true }).lex(source));
    } catch {
        // Nested beyond what can be followed or drawn: the text as it came.
        return h('p', { class: 'as-it-came' }, visibleText(source));
    }
}
