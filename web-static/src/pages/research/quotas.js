// How full each cell of a study's quotas is: a table that moves with the study, small cells hidden as the server hides them.
import { html } from 'htm/preact';
import { get } from '../../lib/api.js';
import { number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad, useMoved } from '../../lib/load.js';
import { Failed } from '../../ui/parts.js';
import { AsOf } from './asof.js';
import { wordsOf } from './words.js';

// Events come with every second in which something was answered; the cells are read again after so long.
const REFRESH_MS = 3000;

function Cell({ row, words }) {
    const values = Object.entries(row.values ?? {});
    return html`<tr>
        <th scope="row">${values.length === 0 ? t('quota-others')
        : values.map(([attribute, value], i) => html`${i > 0 && ' · '}<span dir="auto">${words(attribute)}: ${words(attribute, value)}</span>`)}</th>
        <td class="num">${row.hidden ? t('hidden-cell') : number(row.filled)}${row.closed && html` <span class="fine">(${t('quota-closed')})</span>`}</td>
        <td class="num">${row.wanted === null ? t('quota-no-limit') : number(row.wanted)}</td>
    </tr>`;
}

// `moved`: anything that changes when somebody has answered.
export function Quotas({ project, moved }) {
    const found = useLoad(() => get(`/api/v1/projects/${project.id}/quotas`), [project.id, JSON.stringify(project.quotas), project.judgments_per_item]);
    useMoved(() => found.reload({ quiet: true }), moved, REFRESH_MS);
    if (found.state === 'failed') return html`<${Failed} error=${found.error} retry=${found.reload} />`;
    const { cells, unit, per } = found.value ?? { cells: [] };
    // Whom the study has no tasks for is no cell to fill.
    const rows = cells.filter((row) => row.wanted !== 0);
    if (rows.length === 0) return null;
    const words = wordsOf(project);
    return html`<section aria-labelledby="quotas-title">
        <h2 id="quotas-title">${t('quota-title')}</h2>
        <p>${t(unit === 'people' ? 'quota-unit-people' : 'quota-unit-judgments', { per })}</p>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="quotas-title"><table class="data">
            <thead><tr><th scope="col">${t('quota-cell')}</th><th scope="col" class="num">${t('quota-filled')}</th>
                <th scope="col" class="num">${t('quota-wanted')}</th></tr></thead>
            <tbody>${rows.map((row) => html`<${Cell} key=${JSON.stringify(row.values)} row=${row} words=${words} />`)}</tbody>
        </table></div>
        <${AsOf} of=${found.value?.groups_as_of} />
        <p class="fine">${t('quota-hidden')}</p>
    </section>`;
}
