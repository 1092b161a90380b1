// What the makers of a study expected of a task that was practised on, beside what was answered. Told once, to one person.
import { html } from 'htm/preact';
import { listOf } from '../../lib/format.js';
import { languageOf, localized, t } from '../../lib/i18n.js';
import { PageHeading } from '../../ui/parts.js';
import { fieldsOf, givenText } from './fields.js';
import { Judged } from './judged.js';
import { letterOf } from './names.js';

// Ranks by slot, as a draft has them.
const positionsOf = (ranking) => Object.fromEntries(ranking.flatMap((slots, i) => slots.map((slot) => [slot, i + 1])));

// The answers to questions that are ratings: [question, answer].
function ratingsOf(task, draft) {
    const several = task.item.responses.length > 1;
    return fieldsOf(task, draft).filter((field) => field.id.startsWith('rating-') && field.read(draft) !== undefined).map((field) => [
        several && field.who ? `${field.name}, ${field.who}` : field.name,
        field.options.find((one) => one.value === field.read(draft))?.words ?? String(field.read(draft)),
    ]);
}

// In a few words; a choice without the strength that a step would have.
function words(task, answer) {
    const { kind, goal } = task.task;
    if (kind === 'pairwise' && ['left', 'right'].includes(answer.choice) && !answer.strength)
        return t('step-plain', { letter: letterOf(answer.choice === 'left' ? 0 : 1), goal: goal === 'worse' ? 'worse' : 'better' });
    const draft = answer.ranking ? { ...answer, positions: positionsOf(answer.ranking) } : answer;
    if (kind === 'rating' && !['skip', 'rather_not', 'cannot_judge'].includes(answer.choice)) return listOf(ratingsOf(task, draft).map(([name, value]) => `${name}: ${value}`));
    return givenText(task, draft);
}

export function Told({ told, onNext }) {
    const { task, answer, feedback } = told;
    const { as_expected: met, expected, explanation } = feedback;
    return html`<div class="told">
        <${PageHeading}>${t(met === true ? 'told-met' : met === false ? 'told-not-met' : 'told-open')}<//>
        <dl class="kept">
            <div><dt>${t('told-yours')}</dt><dd>${words(task, answer)}</dd></div>
            <div><dt>${t('told-theirs')}</dt><dd>${words(task, expected)}</dd></div>
            ${explanation && html`<div><dt>${t('told-why')}</dt><dd><span class="as-written" dir="auto" lang=${languageOf(explanation)}>${localized(explanation)}</span></dd></div>`}
        </dl>
        <p class="fine">${t('told-private')}</p>
        <p class="actions"><button type="button" class="button primary" onClick=${onNext}>${t('told-next')}</button></p>
        <${Judged} task=${task} />
    </div>`;
}
