// The hall: seats in rows of a half circle. The sign of the house; on the front page a picture of what an average
// hides, on the judging page a picture of progress. Always decoration: the words beside it say the same.
import { html } from 'htm/preact';

// Seats in reading order of the arc, from one end to the other: each {x, y, r} in a box 200 wide and 104 high.
export function seats(count, rows) {
    const radii = Array.from({ length: rows }, (_, i) => 40 + (56 * i) / Math.max(1, rows - 1));
    const total = radii.reduce((sum, radius) => sum + radius, 0);
    const placed = [];
    let left = count;
    radii.forEach((radius, i) => {
        const n = i === rows - 1 ? left : Math.round((count * radius) / total);
        left -= n;
        for (let k = 0; k < n; k += 1) {
            const turn = n === 1 ? 0.5 : k / (n - 1);
            const angle = Math.PI * (1 - turn);
            placed.push({ x: 100 + radius * Math.cos(angle), y: 100 - radius * Math.sin(angle), turn });
        }
    });
    return placed.sort((a, b) => a.turn - b.turn || a.y - b.y);
}

export function Hall({ count, rows, filled, class: name, radius = 3.2 }) {
    return html`<svg class=${`hall ${name ?? ''}`} viewBox="0 0 200 104" aria-hidden="true" focusable="false">
        ${seats(count, rows).map((seat, i) => html`<circle key=${i} cx=${seat.x.toFixed(2)} cy=${seat.y.toFixed(2)}
            r=${radius} class=${filled(i, seat) ? 'seat taken' : 'seat'} />`)}
    </svg>`;
}

export function Sign() {
    return html`<svg class="sign" viewBox="0 0 32 20" aria-hidden="true" focusable="false">
        ${[[3, 17], [6.8, 7.8], [16, 4], [25.2, 7.8], [29, 17], [10.6, 17], [16, 11.6], [21.4, 17]].map(([x, y]) => (
        html`<circle cx=${x} cy=${y} r="2.4" />`))}
    </svg>`;
}
