// A task that asks more than one press: all its questions on one screen, sent together. Validated when it is sent; then what is
// missing is named at the top, each with a link to its place. Loaded only for tasks that need it.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getOrNull } from '../../lib/api.js';
import { treeOf } from '../../lib/articles.js';
import { languageOf, localized, t } from '../../lib/i18n.js';
import { keyFor, PICKS } from '../../lib/keys.js';
import { ErrorSummary, Key, say } from '../../ui/parts.js';
import { anchorOf, fieldsOf, isAnswered, ITEM, judgmentOf, missingOf } from './fields.js';
import { Judged } from './judged.js';
import { Question } from './questions.js';
import { Aside } from './scale.js';

const KINDS = { ranking: () => import('./ranking.js'), best_worst: () => import('./ends.js') };
const constitutions = new Map();

// The articles of the constitution the study follows, in reading order; kept for the visit. `own`: the language of plain texts.
async function loadArticles(community) {
    if (!constitutions.has(community)) {
        const found = await getOrNull(`/api/v1/communities/${community}/constitution`);
        constitutions.set(community, found ? [...treeOf(found.articles).nodes.values()].map((one) => ({ ...one, own: found.language })) : []);
    }
    return constitutions.get(community);
}

const asksForArticles = (task) => task.reasons?.from === 'constitution' || Boolean(task.compliance)
    || (task.dimensions ?? []).some((one) => one.id.startsWith('article:'));

// What the form needs beside the task: the module of its kind, and articles. Null until it is there.
export function useNeeds(task, study) {
    const [needs, set] = useState(null);
    const community = study?.community_id;
    const waits = study === null && asksForArticles(task);
    useEffect(() => {
        if (waits) return undefined;
        let gone = false;
        const articles = asksForArticles(task) && community ? loadArticles(community).catch(() => []) : [];
        void Promise.all([KINDS[task.kind]?.(), articles]).then(
            ([kind, found]) => { if (!gone) set({ kind: kind ?? {}, articles: found }); },
            () => { if (!gone) set({ failed: true }); },
        );
        return () => { gone = true; };
    }, [task.kind, community, waits]);
    return needs;
}

const saidBy = (article) => (article?.text ? { text: localized(article.text), lang: languageOf(article.text, article.own) } : null);

function reasonsOf(task, articles) {
    if (task.reasons?.from === 'list') return (task.reasons.list ?? []).map((one) => ({ value: one.id, words: localized(one.label) || one.id }));
    if (task.reasons?.from !== 'constitution') return [];
    return articles.map((one) => ({ value: one.id, words: `${one.number} ${localized(one.title)}`, lang: languageOf(one.title, one.own), article: saidBy(one) }));
}

// The question that the digits answer: where the focus is, or the first without an answer. Words are typed, not picked.
function markedOf(fields, draft, focused) {
    const own = fields.find((field) => field.id === focused && field.kind !== 'text');
    return own ?? fields.find((field) => field.kind !== 'text' && !isAnswered(field, draft)) ?? null;
}

function focusOn(field, draft) {
    if (!field) return;
    let id = anchorOf(field);
    if (field.kind === 'rank') id = `rank-${(field.options.find((one) => !(one.value in (field.read(draft) ?? {}))) ?? field.options[0]).value}`;
    if (field.kind === 'radio') id = `${field.id}-${Math.max(0, field.options.findIndex((one) => one.value === field.read(draft)))}`;
    const element = document.getElementById(id);
    const folded = element?.closest('details');
    if (folded) folded.open = true;
    element?.focus();
}

// After an answer by key: on to the next question that has none, and at the end to the button.
function goOn(fields, draft, from) {
    const open = fields.filter((field) => field.kind !== 'text' && !isAnswered(field, draft));
    const at = fields.findIndex((field) => field.id === from.id);
    const next = open.find((field) => fields.indexOf(field) > at) ?? open[0];
    if (next) focusOn(next, draft);
    else if (!fields.some((field) => field.kind === 'text' && field.required && !isAnswered(field, draft))) document.getElementById('submit').focus();
}

function pick(action, { fields, draft, onAnswer, mark }) {
    const i = PICKS.indexOf(action);
    const field = action === 'both_bad' ? fields.find((one) => one.id === 'choice') : mark;
    if (!field) return false;
    if (field.kind === 'slider') {
        const share = (field.max - field.min) * (i + 1) / 10;
        onAnswer(field, field.min + Math.round(share / field.step) * field.step);
        focusOn(field, draft);
        return true;
    }
    const option = action === 'both_bad' ? field.options.find((one) => one.value === action) : field.options[i];
    if (!option) return false;
    const had = field.read(draft);
    const value = field.kind === 'radio' ? option.value
        : had.includes(option.value) ? had.filter((one) => one !== option.value) : [...had, option.value];
    const next = onAnswer(field, value);
    say(t('said', { what: field.name, answer: option.words }));
    if (field.kind === 'radio') goOn(fields, next, field);
    else focusOn(field, next);
    return true;
}

function step(by, { fields, draft, mark }) {
    const at = fields.indexOf(mark ?? fields[0]);
    focusOn(fields[Math.max(0, Math.min(fields.length - 1, at + by))], draft);
    return true;
}

// Which keys this form takes.
export const FORM_ACTIONS = [...PICKS, 'next_part', 'previous_part', 'submit', 'cannot_judge', 'skip', 'rather_not'];
const RANK_ACTIONS = ['rank_up', 'rank_down', 'rank_together', 'rank_out'];
export const formActions = (task) => [...FORM_ACTIONS.filter((one) => !task.chat || !['skip', 'rather_not'].includes(one)), ...(task.kind === 'ranking' ? RANK_ACTIONS : []),
    ...(task.kind === 'pairwise' && task.both_bad !== false ? ['both_bad'] : [])];

function useForm({ work, assignment, needs }) {
    const { task } = assignment;
    const draft = work.draft.value;
    const [focused, setFocused] = useState(null);
    const [held, hold] = useState(null);
    const [errors, setErrors] = useState([]);
    const input = useRef('key');
    const reasons = reasonsOf(task, needs.articles);
    const fields = fieldsOf(assignment, draft, reasons);
    const onAnswer = (field, value) => {
        work.change(field.write(work.draft.value, value));
        return work.draft.value;
    };
    const submit = () => {
        const missing = missingOf(fields, draft);
        setErrors(missing);
        if (missing.length > 0) return;
        say(t('answered-form'));
        const { rationale, ...given } = draft;
        void work.answer(judgmentOf(assignment, draft), input.current, given);
    };
    const mark = markedOf(fields, draft, focused);
    const state = { fields, draft, onAnswer, mark, held, hold };
    const act = (action) => {
        if (work.folded.value) return false;
        input.current = 'key';
        if (action === 'submit') {
            submit();
            return true;
        }
        if (action === 'next_part' || action === 'previous_part') return step(action === 'next_part' ? 1 : -1, state);
        if (RANK_ACTIONS.includes(action) || mark?.kind === 'rank') {
            if (!needs.kind.act?.(action, state)) return false;
            if (PICKS.includes(action)) goOn(fields, work.draft.value, mark);
            return true;
        }
        return pick(action, state);
    };
    // The page hears the keys; the form on screen says what they do.
    work.formAct = act;
    useEffect(() => () => { work.formAct = null; }, []);
    const standing = errors.filter((one) => missingOf(fields, draft).some((now) => now.field === one.field));
    return { ...state, errors, standing, submit, setFocused, input };
}

function useAnswering(form) {
    return {
        onSubmit: (event) => { event.preventDefault(); form.submit(); },
        onPointerDown: () => { form.input.current = 'pointer'; },
        onFocusIn: (event) => form.setFocused(event.target.closest('[data-field]')?.dataset.field ?? null),
        onKeyDown: (event) => {
            form.input.current = 'key';
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            form.submit();
        },
    };
}

function questionText({ kind, goal, compliance }, n) {
    if (kind === 'pairwise') return t(goal === 'worse' ? 'question-worse' : 'question');
    if (kind === 'ranking') return t('question-ranking');
    if (kind === 'best_worst') return t('question-best_worst');
    if (compliance) return t('question-compliance', { count: n });
    return t('question-rating', { count: n });
}

export function Form({ work, needs, act, heading, children }) {
    const assignment = work.task.value;
    const form = useForm({ work, assignment, needs });
    const { fields, draft, mark, standing, onAnswer } = form;
    // The page moves the focus to the question, but before the first form is there.
    useEffect(() => {
        if (document.activeElement === document.body) document.getElementById('question').focus({ preventScroll: true });
    }, []);
    const busy = work.mode.value === 'sending';
    const folded = work.folded.value;
    const { Under, Panel } = needs.kind;
    const count = assignment.item.responses.length;
    const article = (field) => saidBy(needs.articles.find((one) => one.id === field.article));
    const question = (field) => html`<${Question} key=${field.id} field=${field} draft=${draft} onAnswer=${onAnswer} marked=${mark?.id === field.id}
        article=${article(field)} lang=${assignment.item.language} error=${standing.find((one) => one.part === field.id)?.text} />`;
    const ofResponses = fields.filter((field) => field.slot && field.slot !== ITEM);
    const rest = fields.filter((field) => !ofResponses.includes(field) && field.kind !== 'rank' && field.look !== 'cards');
    const shared = { ...form, errors: standing, mark: mark?.id, count, item: assignment.item };
    return html`<form class="task-form" novalidate ...${useAnswering(form)}>
        <${ErrorSummary} errors=${form.errors} />
        <h1 id="question" class="question" tabindex="-1" ref=${heading}>${questionText(assignment.task, count)}</h1>
        ${children}
        <${Judged} task=${assignment} disabled=${busy} folded=${folded} onUnfold=${work.unfold} onRatherNot=${() => act('rather_not')}>
            ${({ slot }, i) => html`${Under && html`<${Under} ...${shared} i=${i} />`}
                ${ofResponses.filter((field) => field.slot === slot).map(question)}`}
        <//>
        ${!folded && html`<div class="parts">${Panel && html`<${Panel} ...${shared} />`}${rest.map(question)}</div>
        <div class="submit">
            <button id="submit" class="button primary" disabled=${busy} aria-keyshortcuts=${keyFor('submit') || undefined}>${t('submit')}<${Key}>${keyFor('submit')}<//></button>
            <p class="fine key-hint">${t('keys-in-form', { next: keyFor('next_part').toUpperCase(), previous: keyFor('previous_part').toUpperCase() })}</p>
        </div>`}
        <${Aside} task=${assignment.task} folded=${folded} disabled=${busy} onAnswer=${act} />
    </form>`;
}
