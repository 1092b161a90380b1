// The answer: seven steps of strength, and three answers that are no preference. Nothing is chosen beforehand.
import { html } from 'htm/preact';
import { t } from '../../lib/i18n.js';
import { keys } from '../../lib/keys.js';
import { Key } from '../../ui/parts.js';

// In reading order.
export const STEPS = [
    { action: 'left-3', choice: 'left', strength: 3 },
    { action: 'left-2', choice: 'left', strength: 2 },
    { action: 'left-1', choice: 'left', strength: 1 },
    { action: 'tie', choice: 'tie' },
    { action: 'right-1', choice: 'right', strength: 1 },
    { action: 'right-2', choice: 'right', strength: 2 },
    { action: 'right-3', choice: 'right', strength: 3 },
];
export const OTHERS = [
    { action: 'both_bad', choice: 'both_bad' },
    { action: 'cannot_judge', choice: 'cannot_judge' },
    { action: 'skip', choice: 'skip' },
];

export function answerFor(action) {
    const step = [...STEPS, ...OTHERS].find((one) => one.action === action);
    if (step) return { choice: step.choice, ...(step.strength ? { strength: step.strength } : {}) };
    if (action === 'rather_not') return { choice: 'skip', reason: 'rather_not_see' };
    return null;
}

export function answerText(answer) {
    const step = [...STEPS, ...OTHERS].find((one) => (
        one.choice === answer.choice && (one.strength ?? null) === (answer.strength ?? null)));
    return step ? t(`answer-${step.action}`) : '';
}

function Answer({ step, given, disabled, onAnswer }) {
    const key = keys.value.on ? keys.value.map[step.action] : '';
    const before = given && given.choice === step.choice && (given.strength ?? null) === (step.strength ?? null);
    return html`<button type="button" class=${`answer answer-${step.action}${before ? ' given' : ''}`} disabled=${disabled}
        aria-keyshortcuts=${key || undefined} onClick=${() => onAnswer(step.action)}>
        <span class="answer-words">${t(`answer-${step.action}`)}
            ${before && html` <span class="answer-before">${t('answer-given')}</span>`}
        </span>
        <${Key}>${key}<//>
    </button>`;
}

export function Scale({ given, disabled, folded, onAnswer }) {
    return html`<div class="answers" role="group" aria-labelledby="question">
        <div class="scale">
            ${STEPS.map((step) => html`<${Answer} key=${step.action} step=${step} given=${given} disabled=${disabled || folded}
                onAnswer=${onAnswer} />`)}
        </div>
        <div class="scale-others">
            ${OTHERS.map((step) => html`<${Answer} key=${step.action} step=${step} given=${given}
                disabled=${disabled || (folded && step.action !== 'skip')}
                onAnswer=${onAnswer} />`)}
        </div>
    </div>`;
}
