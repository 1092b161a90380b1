// The answer to a pair: steps of strength, and answers that are no preference. Nothing is chosen beforehand.
import { html } from 'htm/preact';
import { t } from '../../lib/i18n.js';
import { keyFor, PICKS } from '../../lib/keys.js';
import { Key } from '../../ui/parts.js';
import { letterOf } from './names.js';

const STRENGTH_MAX = 3;
export const BOTH_BAD = { action: 'both_bad', choice: 'both_bad' };
// What gives the task to others, and does not ask that it was looked at.
export const isPassed = (answer) => ['skip', 'rather_not'].includes(answer.choice);
const OTHERS = [BOTH_BAD, { action: 'cannot_judge', choice: 'cannot_judge' }, { action: 'skip', choice: 'skip' }];
// A turn of a chat is nobody else's to have: it cannot be skipped.
const othersOf = (task) => OTHERS.filter((one) => (one !== BOTH_BAD || task.both_bad !== false) && (one.action !== 'skip' || !task.chat));
// How strong each strength is, by how many there are; without strengths there is only the one that is chosen.
const DEGREES = [['plain'], ['plain'], ['slightly', 'much'], ['slightly', 'somewhat', 'much'], ['barely', 'slightly', 'plain', 'much']];

const strengthsOf = (task) => task.strength_max ?? STRENGTH_MAX;

function sideSteps(choice, max) {
    if (max === 0) return [{ action: choice, choice, degree: DEGREES[0][0] }];
    return DEGREES[max].map((degree, i) => ({ action: `${choice}-${i + 1}`, choice, strength: i + 1, degree }));
}

// In reading order.
export function stepsOf(task) {
    const max = strengthsOf(task);
    const tie = task.tie === false ? [] : [{ action: 'tie', choice: 'tie' }];
    return [...sideSteps('left', max).reverse(), ...tie, ...sideSteps('right', max)];
}

export function stepWords(step, task) {
    if (!step.degree) return t(`answer-${step.action}`);
    const worse = task.goal === 'worse';
    if (!worse && strengthsOf(task) === STRENGTH_MAX) return t(`answer-${step.action}`);
    return t(`step-${step.degree}`, { letter: letterOf(step.choice === 'left' ? 0 : 1), goal: worse ? 'worse' : 'better' });
}

// The seven steps have keys of their own, other scales are counted.
const keyAction = (step, i, task) => (strengthsOf(task) === STRENGTH_MAX ? step.action : PICKS[i]);

// What an action answers on a plain pair.
export function answerFor(action, task) {
    if (action === 'rather_not') return task.chat ? null : { choice: 'rather_not' };
    const steps = stepsOf(task);
    const others = othersOf(task);
    const step = [...steps, ...others].find((one) => one.action === action) ?? steps.find((one, i) => keyAction(one, i, task) === action);
    return step ? { choice: step.choice, ...(step.strength ? { strength: step.strength } : {}) } : null;
}

function Answer({ step, task, keyed = step.action, given, disabled, onAnswer }) {
    const key = keyFor(keyed);
    const before = given && given.choice === step.choice && (given.strength ?? null) === (step.strength ?? null);
    return html`<button type="button" class=${`answer answer-${step.action}${before ? ' given' : ''}`} disabled=${disabled}
        aria-keyshortcuts=${key || undefined} onClick=${() => onAnswer(step.action)}>
        <span class="answer-words">${stepWords(step, task)}
            ${before && html` <span class="answer-before">${t('answer-so-far')}</span>`}
        </span>
        <${Key}>${key}<//>
    </button>`;
}

export function Scale({ task, given, disabled, folded, onAnswer }) {
    return html`<div class="answers" role="group" aria-labelledby="question">
        <div class="scale" data-strengths=${Math.max(1, strengthsOf(task))}>
            ${stepsOf(task).map((step, i) => html`<${Answer} key=${step.action} step=${step} task=${task} keyed=${keyAction(step, i, task)}
                given=${given} disabled=${disabled || folded} onAnswer=${onAnswer} />`)}
        </div>
        <div class="scale-others">
            ${othersOf(task).map((step) => html`<${Answer} key=${step.action} step=${step}
                task=${task} given=${given} disabled=${disabled || (folded && step.action !== 'skip')} onAnswer=${onAnswer} />`)}
        </div>
    </div>`;
}

// The answers that need nothing else: they end a task of any kind.
export function Aside({ task, folded, disabled, onAnswer }) {
    return html`<div class="aside-answers">
        ${othersOf(task).filter((step) => step !== BOTH_BAD).map((step) => html`<${Answer} key=${step.action} step=${step} task=${task}
            disabled=${disabled || (folded && step.action !== 'skip')} onAnswer=${onAnswer} />`)}
        ${!task.chat && html`<button type="button" class="answer" disabled=${disabled} aria-keyshortcuts=${keyFor('rather_not') || undefined}
            onClick=${() => onAnswer('rather_not')}><span class="answer-words">${t('answer-rather_not')}</span><${Key}>${keyFor('rather_not')}<//></button>`}
    </div>`;
}
