// What a task asks, as data: its questions in the order they stand on screen, what is still missing, and the judgment that the
// answers make. Nothing here draws. A draft is {choice, strength, positions: {slot: rank}, best, worst, ratings, labels, reasons,
// confidence: 1..5, edits: {slot: text}, rationale}; a question knows how to read and write its own part of it.
import { number } from '../../lib/format.js';
import { has, localized, t } from '../../lib/i18n.js';
import { inReadingOrder, responseName } from './names.js';
import { BOTH_BAD, stepsOf, stepWords } from './scale.js';

export const ITEM = 'item';
// As the contract has it.
const REASONS_MAX = 20;
// A slider starts in the middle of nowhere: longer scales of whole numbers are not drawn as so many circles.
const LIKERT_STEPS_MAX = 11;
const CONFIDENCE_STEP = 20;
// A ranking of one compares nothing.
const RANKED_MIN = 2;

const asked = (setting) => setting === 'optional' || setting === 'required';
export const rationaleOf = (task) => task.rationale ?? 'optional';

// One press answers it: a pair of which nothing else is asked, but perhaps why.
export function isPlain(task) {
    return task.kind === 'pairwise' && !(task.dimensions?.length > 0) && !(task.labels?.length > 0) && !task.reasons
        && !asked(task.confidence) && !asked(task.edit) && rationaleOf(task) !== 'required';
}

export function scaleOf({ scale, min = 1, max = 7 }) {
    if (scale === 'slider' || scale === 'yes_no_unsure') return scale;
    return Number.isInteger(min) && Number.isInteger(max) && max - min < LIKERT_STEPS_MAX ? 'likert' : 'slider';
}

// Whole numbers where there are enough of them.
const sliderStep = (min, max) => (Number.isInteger(min) && Number.isInteger(max) && max - min >= LIKERT_STEPS_MAX ? 1 : (max - min) / 100);

function wordsOf(one) {
    if (one.label) return localized(one.label);
    return has(`dimension-${one.id}`) ? t(`dimension-${one.id}`) : one.id;
}

function ratingOptions(dimension) {
    if (scaleOf(dimension) === 'yes_no_unsure') return ['yes', 'no', 'unsure'].map((value) => ({ value, words: t(`rating-${value}`) }));
    if (scaleOf(dimension) !== 'likert') return [];
    const { min = 1, max = 7 } = dimension;
    return Array.from({ length: max - min + 1 }, (_, i) => ({ value: min + i, words: number(min + i) }));
}

function ratingField(task, dimension, i, slot, who) {
    const scale = scaleOf(dimension);
    const name = wordsOf(dimension);
    const { min = 1, max = 100 } = dimension;
    return {
        id: `rating-${i}-${slot}`, kind: scale === 'slider' ? 'slider' : 'radio', look: scale, slot, name, who,
        article: /^article:/.test(dimension.id) ? dimension.id.slice('article:'.length) : null,
        hint: localized(dimension.description), options: ratingOptions(dimension),
        ...(scale === 'yes_no_unsure' ? {} : { low: localized(dimension.low) || t('scale-low'), high: localized(dimension.high) || t('scale-high') }),
        min, max, step: sliderStep(min, max),
        required: dimension.required ?? task.kind === 'rating', clears: !(dimension.required ?? task.kind === 'rating'),
        read: (draft) => draft.ratings?.[dimension.id]?.[slot],
        write: (draft, value) => ({ ratings: { ...draft.ratings, [dimension.id]: { ...draft.ratings?.[dimension.id], [slot]: value } } }),
        missing: who ? t('missing-of', { what: name, who }) : t('missing', { what: name }),
    };
}

function labelsWith(options, { id, slot, who, name, hint, single, required }) {
    const own = (draft) => (draft.labels?.[slot] ?? []).filter((one) => options.some((option) => option.value === one));
    const others = (draft) => (draft.labels?.[slot] ?? []).filter((one) => options.every((option) => option.value !== one));
    return {
        id, kind: single ? 'radio' : 'checkbox', look: 'chips', slot, name, who, options, hint, required, clears: single && !required,
        read: (draft) => (single ? own(draft)[0] : own(draft)),
        write: (draft, value) => ({ labels: { ...draft.labels, [slot]: [...others(draft), ...(Array.isArray(value) ? value : [value]).filter(Boolean)] } }),
        missing: who ? t('missing-of', { what: name, who }) : t('missing', { what: name }),
    };
}

// A group of options is one question; all that are but a box to tick are one together.
function labelFields(groups, about, slot, who) {
    const own = groups.filter((one) => (one.about === ITEM) === about);
    const isBox = (one) => !(one.options?.length > 0) && !one.required;
    const boxes = own.filter(isBox);
    const fields = own.filter((one) => !isBox(one)).map((one) => labelsWith(
        one.options?.map((option) => ({ value: `${one.id}:${option.id}`, words: wordsOf(option) })) ?? [{ value: one.id, words: wordsOf(one) }],
        { id: `label-${groups.indexOf(one)}-${slot}`, slot, who, name: wordsOf(one), hint: localized(one.description),
            single: Boolean(one.options) && !one.multiple, required: Boolean(one.required) }));
    if (boxes.length === 0) return fields;
    return [...fields, labelsWith(boxes.map((one) => ({ value: one.id, words: wordsOf(one), hint: localized(one.description) })),
        { id: `labels-${slot}`, slot, who, name: t('labels-title'), single: false, required: false })];
}

function choiceField(task) {
    const steps = [...stepsOf(task), ...(task.both_bad === false ? [] : [BOTH_BAD])];
    return {
        id: 'choice', kind: 'radio', look: 'steps', name: t('choice-title'), required: true,
        options: steps.map((step) => ({ value: step.action, words: stepWords(step, task), step })),
        read: (draft) => steps.find((step) => step.choice === draft.choice && (step.strength ?? null) === (draft.strength ?? null))?.action,
        write: (draft, value) => {
            const { choice, strength } = steps.find((step) => step.action === value);
            return { choice, strength };
        },
        missing: t('missing-choice'),
    };
}

// The two ends of more responses than one would rank: no response is both.
function endField(end, other, responses) {
    return {
        id: end, kind: 'radio', look: 'cards', name: t(`end-title-${end}`), required: true,
        options: responses.map((response, i) => ({ value: response.slot, words: responseName(i, responses.length) })),
        read: (draft) => draft[end],
        write: (draft, value) => ({ [end]: value, ...(draft[other] === value ? { [other]: undefined } : {}) }),
        missing: t(`missing-${end}`),
    };
}

function rankField(task, responses) {
    return {
        id: 'ranking', kind: 'rank', name: t('ranking-title'), required: true, partial: Boolean(task.partial),
        options: responses.map((response, i) => ({ value: response.slot, words: responseName(i, responses.length) })),
        read: (draft) => draft.positions,
        write: (draft, value) => ({ positions: value }),
    };
}

function reasonsField(options) {
    return {
        id: 'reasons', kind: 'checkbox', look: 'chips', name: t('reasons-title'), options, required: false, most: REASONS_MAX,
        read: (draft) => draft.reasons ?? [], write: (draft, value) => ({ reasons: value }), missing: t('reasons-too-many', { most: REASONS_MAX }),
    };
}

function confidenceField(task) {
    return {
        id: 'confidence', kind: 'radio', look: 'likert', name: t('confidence-title'), required: task.confidence === 'required',
        options: [1, 2, 3, 4, 5].map((value) => ({ value, words: number(value) })), low: t('confidence-low'), high: t('confidence-high'),
        clears: task.confidence !== 'required',
        read: (draft) => draft.confidence, write: (draft, value) => ({ confidence: value }), missing: t('missing-confidence'),
    };
}

function editField(task, responses, slot) {
    const i = responses.findIndex((response) => response.slot === slot);
    const text = responses[i].content;
    return {
        id: 'edit', kind: 'text', edit: true, name: t('edit-title', { who: responseName(i, responses.length) }), hint: t('edit-hint'),
        required: task.edit === 'required', text, language: responses[i].language, most: 100_000,
        rows: Math.max(3, Math.min(12, text.split('\n').length + Math.ceil(text.length / 80))),
        read: (draft) => draft.edits?.[slot], write: (draft, value) => ({ edits: { ...draft.edits, [slot]: value } }),
        missing: t('missing-edit'),
    };
}

function rationaleField(task) {
    return {
        id: 'rationale', kind: 'text', name: t('rationale-label'), hint: t('rationale-hint-form'), required: task.rationale === 'required',
        most: 4000, rows: 3, read: (draft) => draft.rationale, write: (draft, value) => ({ rationale: value }), missing: t('missing-rationale'),
    };
}

// The responses by rank, best first, those together that share one.
export function groupsOf(positions = {}) {
    const groups = new Map();
    for (const [slot, position] of Object.entries(positions)) groups.set(position, [...(groups.get(position) ?? []), slot]);
    return [...groups.entries()].sort(([a], [b]) => a - b).map(([, slots]) => slots.sort());
}

// The response with the highest ratings, the first of equals; none before all are rated that must be.
function highestRated(task, draft, responses) {
    const own = (task.dimensions ?? []).filter((one) => one.about !== ITEM);
    const needed = own.filter((one) => one.required ?? true);
    if (responses.some(({ slot }) => needed.some((one) => draft.ratings?.[one.id]?.[slot] === undefined))) return null;
    const sum = ({ slot }) => own.reduce((all, one) => all + (Number(draft.ratings?.[one.id]?.[slot]) || 0), 0);
    return responses.reduce((best, one) => (sum(one) > sum(best) ? one : best)).slot;
}

// The response that is to be made better still: the better one of a pair, the first of a ranking. None while none stands out.
export function bestOf(task, draft, responses) {
    if (task.kind === 'pairwise') {
        if (draft.choice !== 'left' && draft.choice !== 'right') return null;
        return (draft.choice === 'left') !== (task.goal === 'worse') ? 'left' : 'right';
    }
    if (task.kind === 'best_worst') return draft.best ?? null;
    if (task.kind === 'rating') return highestRated(task, draft, responses);
    const whole = Object.keys(draft.positions ?? {}).length >= (task.partial ? RANKED_MIN : responses.length);
    return whole ? groupsOf(draft.positions)[0][0] : null;
}

// All questions of a task, in the order of the screen: by response, then of the whole.
export function fieldsOf({ task, item }, draft, reasons = []) {
    const responses = inReadingOrder(item.responses);
    const dimensions = (task.dimensions ?? []).map((one, i) => [one, i]);
    const rate = (about, slot, who) => dimensions.filter(([one]) => (one.about === ITEM) === about)
        .map(([one, i]) => ratingField(task, one, i, slot, who));
    const groups = task.labels ?? [];
    const fields = responses.flatMap(({ slot }, i) => {
        const who = responses.length > 1 ? responseName(i, responses.length) : '';
        return [...rate(false, slot, who), ...labelFields(groups, false, slot, who)];
    });
    if (task.kind === 'pairwise') fields.push(choiceField(task));
    if (task.kind === 'ranking') fields.push(rankField(task, responses));
    if (task.kind === 'best_worst') fields.push(endField('best', 'worst', responses), endField('worst', 'best', responses));
    fields.push(...rate(true, ITEM, ''), ...labelFields(groups, true, ITEM, ''));
    if (reasons.length > 0) fields.push(reasonsField(reasons));
    if (asked(task.confidence)) fields.push(confidenceField(task));
    const best = asked(task.edit) ? bestOf(task, draft, responses) : null;
    if (best) fields.push(editField(task, responses, best));
    if (rationaleOf(task) !== 'off') fields.push(rationaleField(task));
    return fields;
}

export function isAnswered(field, draft) {
    const value = field.read(draft);
    if (field.kind === 'checkbox') return value.length > 0;
    if (field.edit) return value !== undefined && value.trim() !== '' && value.trim() !== field.text.trim();
    if (field.kind === 'text') return (value ?? '').trim() !== '';
    if (field.kind === 'rank') return Object.keys(value ?? {}).length === field.options.length;
    return value !== undefined;
}

// Where the one who is told of it can mend it.
export const anchorOf = (field) => (['radio', 'checkbox'].includes(field.kind) ? `${field.id}-0` : field.id);

function missingRanks(field, draft) {
    const unranked = field.options.filter((option) => field.read(draft)?.[option.value] === undefined);
    if (unranked.length === 0 || (field.partial && field.options.length - unranked.length >= RANKED_MIN)) return [];
    if (field.partial) return [{ field: `place-${unranked[0].value}`, part: field.id, text: t('missing-ranks') }];
    return unranked.map((option) => ({ field: `place-${option.value}`, part: field.id, text: t('missing-rank', { who: option.words }) }));
}

// What keeps the form from being sent: [{field: id of an element, part: id of a question, text}].
export function missingOf(fields, draft) {
    return fields.flatMap((field) => {
        if (field.kind === 'rank') return missingRanks(field, draft);
        const over = field.most && field.kind === 'checkbox' && field.read(draft).length > field.most;
        if (!over && (!field.required || isAnswered(field, draft))) return [];
        return [{ field: anchorOf(field), part: field.id, text: field.missing }];
    });
}

const filled = (object) => Object.fromEntries(Object.entries(object ?? {})
    .filter(([, own]) => Object.values(own).some((value) => value !== undefined)));

// The judgment, but for the rationale and what the page knows itself.
export function judgmentOf({ task, item }, draft) {
    const responses = inReadingOrder(item.responses);
    const body = {};
    if (task.kind === 'pairwise') {
        body.choice = draft.choice;
        if (draft.strength) body.strength = draft.strength;
    }
    if (task.kind === 'ranking') body.ranking = groupsOf(draft.positions);
    if (task.kind === 'best_worst') Object.assign(body, { best: draft.best, worst: draft.worst });
    const [ratings, labels] = [filled(draft.ratings), filled(draft.labels)];
    if (Object.keys(ratings).length > 0) body.ratings = ratings;
    // None of the boxes ticked is an answer too.
    if (task.labels?.length > 0) body.labels = labels;
    if (draft.reasons?.length > 0) body.reasons = draft.reasons;
    if (draft.confidence) body.confidence = draft.confidence * CONFIDENCE_STEP;
    const best = asked(task.edit) ? bestOf(task, draft, responses) : null;
    if (best && isAnswered(editField(task, responses, best), draft)) body.edit = { slot: best, content: draft.edits[best] };
    return body;
}

// The answer in a few words, for the list of those given.
export function givenText({ task, item }, draft) {
    if (['skip', 'rather_not', 'cannot_judge'].includes(draft.choice)) return t(`answer-${draft.choice}`);
    const responses = inReadingOrder(item.responses);
    const name = (slot) => responseName(responses.findIndex((one) => one.slot === slot), responses.length);
    if (task.kind === 'pairwise') {
        const step = [...stepsOf(task), BOTH_BAD].find((one) => one.choice === draft.choice && (one.strength ?? null) === (draft.strength ?? null));
        return step ? stepWords(step, task) : '';
    }
    if (task.kind === 'ranking') return groupsOf(draft.positions).map((slots) => slots.map(name).join(' = ')).join(' › ');
    if (task.kind === 'best_worst') return t('given-ends', { best: name(draft.best), worst: name(draft.worst) });
    return t('given-rated');
}
