// A dot a group with its interval, and the average as a line through all. The table under it says the same, so the
// drawing is hidden from screen readers; shapes differ, not colours alone. The words are text beside the drawing, where
// they wrap and are never crossed by a line; it grows in the direction in which the page is read.
import { html } from 'htm/preact';
import { percent } from '../lib/format.js';
import { direction } from '../lib/i18n.js';

// Round bounds that hold every interval and the average.
function domain(rows, average) {
    // Percentages: a scale from the data's own range, so that intervals can be told apart.
    const values = rows.flatMap((row) => [row.value, ...(row.interval ?? [])]).concat(average).filter((v) => Number.isFinite(v));
    const low = Math.max(0, Math.floor(Math.min(...values) * 20 - 0.5) / 20);
    const high = Math.min(1, Math.ceil(Math.max(...values) * 20 + 0.5) / 20);
    return [low, high > low ? high : low + 0.05];
}

function ticks([low, high]) {
    const step = high - low > 0.5 ? 0.2 : high - low > 0.2 ? 0.1 : 0.05;
    const found = [];
    for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9; v += step) found.push(v);
    return found;
}

function Row({ row, lines, x }) {
    const [low, high] = row.interval ?? [];
    return html`<li class=${row.marked ? 'dotplot-row marked' : 'dotplot-row'}>
        <span class="dotplot-name" dir="auto">${row.name}</span>
        <svg class="dotplot-line" focusable="false">
            ${lines}
            ${low != null && html`<line class="interval" x1=${x(low)} x2=${x(high)} y1="50%" y2="50%" />`}
            <svg x=${x(row.value)} y="50%" overflow="visible">${row.marked
        ? html`<path class="dot" d="M0 -8 8 0 0 8 -8 0z" />` : html`<circle class="dot" r="5.5" />`}</svg>
        </svg>
    </li>`;
}

// `groups`: [heading or '', rows] each; a row is {name, value, interval, marked}.
export function DotPlot({ groups, average, averageName, title }) {
    const range = domain(groups.flatMap(([, rows]) => rows), average);
    const x = (v) => {
        const share = (v - range[0]) / (range[1] - range[0]);
        return `${(100 * (direction() === 'rtl' ? 1 - share : share)).toFixed(2)}%`;
    };
    const marks = ticks(range);
    const lines = html`${marks.map((v) => html`<line class="grid" x1=${x(v)} x2=${x(v)} y1="0" y2="100%" />`)}
        ${Number.isFinite(average) && html`<line class="average" x1=${x(average)} x2=${x(average)} y1="0" y2="100%" />`}`;
    return html`<figure class="dotplot">
        <figcaption>${title}</figcaption>
        <div class="dotplot-body" aria-hidden="true">
            ${Number.isFinite(average) && html`<div class="dotplot-row dotplot-head"><span></span>
                <svg class="dotplot-line" direction="ltr"><text class="average-name" x=${x(average)} y="1.1em" text-anchor="middle">${averageName}</text></svg></div>`}
            ${groups.map(([heading, rows]) => html`${heading && html`<div class="dotplot-row dotplot-heading"><span dir="auto">${heading}</span>
                <svg class="dotplot-line">${lines}</svg></div>`}
                <ul>${rows.map((row) => html`<${Row} key=${row.name} row=${row} lines=${lines} x=${x} />`)}</ul>`)}
            <div class="dotplot-row dotplot-foot"><span></span>
                <svg class="dotplot-line" direction="ltr">${marks.map((v) => html`<text class="tick" x=${x(v)} y="1.1em" text-anchor="middle">${percent(v, 0)}</text>`)}</svg></div>
        </div>
    </figure>`;
}
