// How responses are drawn, without a browser: elements from tokens, raw HTML as text, nothing fetched, nothing hidden.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown } from '../../web-static/src/lib/markdown.js';
import { keyOf } from '../../web-static/src/lib/keys.js';
import { redline } from '../../web-static/src/lib/redline.js';

// A tree of virtual nodes as one line: <name>children</name>.
function flat(node) {
    if (node == null || node === false || node === true) return '';
    if (Array.isArray(node)) return node.map(flat).join('');
    if (typeof node !== 'object') return String(node);
    const { children, ...props } = node.props;
    const shown = props.class ? `.${props.class}` : '';
    return `<${node.type}${shown}>${flat(children)}</${node.type}>`;
}

const names = (node, found = new Set()) => {
    if (Array.isArray(node)) node.forEach((one) => names(one, found));
    else if (node && typeof node === 'object') {
        found.add(node.type);
        for (const name of Object.keys(node.props)) found.add(`@${name}`);
        names(node.props.children, found);
    }
    return found;
};

test('raw HTML is text, block and inline', () => {
    const drawn = markdown('a <b onclick=x>c</b>\n\n<script>alert(1)</script>\n\n<iframe src="http://x"></iframe>');
    assert.ok(flat(drawn).includes('<b onclick=x>c</b>'));
    assert.ok(flat(drawn).includes('<script>alert(1)</script>'));
    for (const bad of ['b', 'script', 'iframe', 'img', 'a', '@href', '@src', '@style', '@onclick', '@dangerouslySetInnerHTML']) {
        assert.ok(!names(drawn).has(bad), bad);
    }
});

test('an image is its alternative text and a link shows its address, and neither can be followed', () => {
    const drawn = markdown('![a cat](http://x/y.png) [here](javascript:alert(1)) <https://plain.example>');
    assert.equal(flat(drawn), '<p><span.inert-image>[image: a cat]</span> <span.inert-link><u>here</u>'
        + '<span.inert-address> (javascript:alert(1))</span></span> <span.inert-link><u>https://plain.example</u></span></p>');
});

test('bidi controls are shown by name and reorder nothing', () => {
    const text = flat(markdown('safe \u202Ereversed\u202C and \u2066isolate\u2069, `\u200Fcode`'));
    assert.ok(!/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text));
    for (const name of ['RLO', 'PDF', 'LRI', 'PDI', 'RLM']) assert.ok(text.includes(`>${name}<`), name);
});

test('what hides is shown by name, what a script needs is left alone', () => {
    assert.equal(flat(markdown('ze\u200bro soft\u00adhyphen')), '<p>ze<span.bidi-control>ZWSP</span>ro soft<span.bidi-control>SHY</span>hyphen</p>');
    assert.equal(flat(markdown('a\u{e0001}\u{e0068}\u{e0069}b')), '<p>a<span.bidi-control>TAG hi</span>b</p>');
    for (const whole of ['می\u200cخواهم', '👩\u200d👧', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}']) assert.equal(flat(markdown(whole)), `<p>${whole}</p>`);
});

test('what other readers hide is shown: definitions, titles, the language of code', () => {
    assert.ok(flat(markdown('[x]: # (for nobody)\n\nseen')).includes('[x]: # (for nobody)'));
    assert.ok(flat(markdown('[a](b "a title")')).includes('(b a title)'));
});

test('entities are decoded outside code alone', () => {
    assert.equal(flat(markdown('R&amp;D &lt;3 &#x41; &#66; `&amp;` &bogus;')), '<p>R&D <3 A B <code>&amp;</code> &bogus;</p>');
});

test('lists, tables, code and headings become their elements', () => {
    const drawn = flat(markdown('# T\n\n1. a\n2. b\n\n- [x] done\n\n|a|b|\n|-|-:|\n|1|2|\n\n```js\nx<y\n```\n\n> q'));
    for (const part of ['<h3.depth-1>T</h3>', '<ol><li>a</li><li>b</li></ol>', '☑ done', '<td.align-right>2</td>',
        '<pre><span.code-language>js</span><code>x<y</code></pre>', '<blockquote><p>q</p></blockquote>']) assert.ok(drawn.includes(part), part);
});

test('the empty corner of a table is no heading', () => {
    assert.ok(flat(markdown('| | Day | Night |\n|-|-|-|\n| Tea | 1 | 2 |')).includes('<tr><td></td><th>Day</th><th>Night</th></tr>'));
});

test('what the lexer cannot follow is shown as it came', () => {
    const deep = '>'.repeat(50_000) + ' deep';
    assert.ok(flat(markdown(deep)).includes('deep'));
    // What it can follow, and no page could draw.
    for (const nested of ['> '.repeat(200) + 'deep', '- '.repeat(200) + 'deep']) assert.equal(flat(markdown(nested)), `<p.as-it-came>${nested}</p>`);
    assert.ok(!flat(markdown('> '.repeat(20) + 'deep')).includes('as-it-came'));
});

test('keys of other scripts are those printed on a Latin keyboard', () => {
    assert.equal(keyOf({ key: 'ي', code: 'KeyD' }), 'd');
    assert.equal(keyOf({ key: '٣', code: 'Digit3' }), '3');
    assert.equal(keyOf({ key: '؟', code: 'Slash' }), '?');
    assert.equal(keyOf({ key: 'Z', code: 'KeyZ' }), 'z');
});

test('a redline marks what is added and taken out, and keeps the rest', () => {
    assert.equal(flat(redline('names its source.', 'names every source.')), 'names <del>its</del> <ins>every</ins> source.');
    assert.equal(flat(redline('the reason may be named once', 'the reason is given once')),
        'the reason <del>may be named</del> <ins>is given</ins> once');
    assert.equal(flat(redline('the sick may be mentioned, once', 'the sick is named first, once')),
        'the sick <del>may be mentioned</del> <ins>is named first</ins>, once');
    // Words of every script are whole.
    assert.equal(flat(redline('ويجوز أن تُذكر الرخصة', 'وتُذكر الرخصة')), '<del>ويجوز أن تُذكر</del> <ins>وتُذكر</ins> الرخصة');
    assert.equal(flat(redline('', 'New.')), '<ins>New.</ins>');
    assert.equal(flat(redline('Old.', '')), '<del>Old.</del>');
});
