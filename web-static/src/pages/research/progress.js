// A study's counts, read from its summary.
import { html } from 'htm/preact';
import { number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

export function progressOf(project) {
    const counts = project.counts ?? {};
    const progress = project.progress ?? {};
    const done = progress.judgments ?? 0;
    const wanted = progress.wanted ?? 0;
    return {
        done,
        wanted,
        items: counts.items ?? 0,
        participants: counts.participants ?? 0,
        skipped: counts.skipped ?? 0,
        imported: counts.imported ?? 0,
    };
}

export function ProgressBar({ progress, label }) {
    return html`<div class="bar"><progress max=${Math.max(1, progress.wanted)} value=${Math.min(progress.done, progress.wanted)}
        aria-label=${label}></progress>
        <span>${t(progress.imported > 0 ? 'progress-here' : 'progress-count', { done: number(progress.done), wanted: number(progress.wanted) })}</span></div>`;
}
