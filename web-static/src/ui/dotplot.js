// A dot a group with its interval, and the average as a line through all. The table under it says the same, so the
// drawing is hidden from screen readers; shapes differ, not colours alone.
import { html } from 'htm/preact';
import { percent } from '../lib/format.js';

const ROW = 44;
const PAD = 20;
// Drawn for the width there is, so that the words in it keep their size.
const widthNow = () => (matchMedia('(max-width: 40rem)').matches ? 330 : 720);

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

export function DotPlot({ rows, average, averageName, title }) {
    const width = widthNow();
    const range = domain(rows, average);
    const x = (v) => PAD + ((v - range[0]) / (range[1] - range[0])) * (width - 2 * PAD);
    const height = rows.length * ROW + 52;
    const plot_end = rows.length * ROW + 22;
    return html`<figure class="dotplot">
        <figcaption>${title}</figcaption>
        <svg viewBox=${`0 0 ${width} ${height}`} aria-hidden="true" focusable="false" direction="ltr">
            ${ticks(range).map((v) => html`<line class="grid" x1=${x(v)} x2=${x(v)} y1="18" y2=${plot_end} />
                <text class="tick" x=${x(v)} y=${plot_end + 20} text-anchor="middle">${percent(v, 0)}</text>`)}
            ${Number.isFinite(average) && html`<line class="average" x1=${x(average)} x2=${x(average)} y1="14" y2=${plot_end} />
                <text class="average-name" x=${x(average)} y="10" text-anchor="middle">${averageName}</text>`}
            ${rows.map((row, i) => {
        const y = 18 + i * ROW + ROW * 0.68;
        const [low, high] = row.interval ?? [];
        return html`<g key=${row.name} class=${row.marked ? 'marked' : ''}>
            <text class="name" x=${PAD} y=${y - 14}>${row.name}</text>
            ${low != null && html`<line class="interval" x1=${x(low)} x2=${x(high)} y1=${y} y2=${y} />`}
            ${row.marked
        ? html`<rect class="dot" x=${x(row.value) - 6} y=${y - 6} width="12" height="12" transform=${`rotate(45 ${x(row.value)} ${y})`} />`
        : html`<circle class="dot" cx=${x(row.value)} cy=${y} r="5.5" />`}
        </g>`;
    })}
        </svg>
    </figure>`;
}
