// About you: wholly optional, under its own consent, one question a page. "Prefer not to say" is an answer; passing a
// question by is another thing and is kept as no answer at all.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { get, put } from '../lib/api.js';
import { listOf } from '../lib/format.js';
import { localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { navigate } from '../lib/router.js';
import { ErrorSummary, Failed, Loading, PageHeading, problemText, usePageTitle } from '../ui/parts.js';

const PREFER_NOT = 'prefer_not_to_say';

function Intro({ consent, setConsent, onStart }) {
    const [errors, setErrors] = useState([]);
    function submit(event) {
        event.preventDefault();
        if (consent) onStart();
        else setErrors([{ field: 'consent', text: t('demographics-consent-missing') }]);
    }
    return html`<form onSubmit=${submit} novalidate>
        <${ErrorSummary} errors=${errors} />
        <${PageHeading}>${t('demographics-title')}<//>
        <p class="lead">${t('demographics-lead')}</p>
        <ul>
            <li>${t('demographics-why')}</li>
            <li>${t('demographics-apart')}</li>
            <li>${t('demographics-small')}</li>
            <li>${t('demographics-earlier')}</li>
            <li>${t('demographics-delete')}</li>
        </ul>
        <div class=${errors.length ? 'field has-error' : 'field'}>
            <label class="choice" for="consent">
                <input type="checkbox" id="consent" checked=${consent} onChange=${(event) => setConsent(event.target.checked)}
                    aria-describedby=${errors.length ? 'consent-error' : undefined} />
                <span>${t('demographics-consent')}</span>
            </label>
            ${errors.length > 0 && html`<p class="field-error" id="consent-error">${t('demographics-consent-missing')}</p>`}
        </div>
        <p class="actions"><button class="button primary">${t('demographics-start')}</button>
            <a class="button" href="/me">${t('demographics-skip-all')}</a></p>
    </form>`;
}

// `must`: an answer is needed, so there is no passing by; what not saying means is then `unsaid`, in words.
export function Question({ question, position, total, answer, onAnswer, onBack, must = false, unsaid }) {
    const [chosen, setChosen] = useState(answer ?? (question.multi ? [] : null));
    const [own, setOwn] = useState('');
    const [errors, setErrors] = useState([]);
    const isChosen = (id) => (Array.isArray(chosen) ? chosen.includes(id) : chosen === id);
    function choose(id, on) {
        if (id === PREFER_NOT) setChosen(on ? PREFER_NOT : question.multi ? [] : null);
        else if (!question.multi) setChosen(id);
        else {
            const before = Array.isArray(chosen) ? chosen : [];
            setChosen(on ? [...before, id] : before.filter((one) => one !== id));
        }
    }
    function submit(event) {
        event.preventDefault();
        const given = (question.free && own.trim()) || chosen;
        if (given == null || given.length === 0) {
            setErrors([{ field: question.values?.length > 0 ? 'answer-0' : 'answer-own', text: t(must ? 'asked-choose' : 'demographics-choose') }]);
            return;
        }
        onAnswer(given);
    }
    const type = question.multi ? 'checkbox' : 'radio';
    return html`<form onSubmit=${submit} novalidate>
        <${ErrorSummary} errors=${errors} />
        <fieldset class=${errors.length ? 'question-set has-error' : 'question-set'}>
            <legend><${PageHeading} eyebrow=${t('demographics-position', { position, total })}>
                <span dir="auto">${localized(question.label)}</span><//></legend>
            ${question.multi && html`<p class="fine">${t('demographics-multi')}</p>`}
            ${(question.values ?? []).map((value, i) => html`<label class="choice" for=${`answer-${i}`}>
                <input type=${type} id=${`answer-${i}`} name="value" value=${value.id} checked=${isChosen(value.id)}
                    onChange=${(event) => choose(value.id, event.target.checked)} />
                <span dir="auto">${localized(value.label)}</span></label>`)}
            ${question.free && html`<div class="field"><label for="answer-own">${t('demographics-own')}</label>
                <input id="answer-own" type="text" dir="auto" maxlength="200" value=${own} onInput=${(event) => setOwn(event.target.value)} /></div>`}
            <div class="apart">
                <label class="choice" for="answer-prefer-not">
                    <input type=${type} id="answer-prefer-not" name="value" value=${PREFER_NOT} checked=${isChosen(PREFER_NOT)}
                        aria-describedby=${unsaid ? 'unsaid' : undefined}
                        onChange=${(event) => choose(PREFER_NOT, event.target.checked)} />
                    <span>${t('prefer-not')}</span></label>
                ${unsaid && html`<p class="fine" id="unsaid">${unsaid}</p>`}
            </div>
        </fieldset>
        <p class="actions"><button class="button primary">${t('continue')}</button>
            ${!must && html`<button type="button" class="button" onClick=${() => onAnswer(undefined)}>${t('demographics-pass')}</button>`}
            <button type="button" class="button quiet" onClick=${onBack}>${t('back')}</button></p>
    </form>`;
}

export function answerWords(question, answer) {
    if (answer === undefined || answer === null) return t('not-answered');
    const word = (id) => (id === PREFER_NOT ? t('prefer-not')
        : localized(question.values?.find((one) => one.id === id)?.label) || id);
    return Array.isArray(answer) ? listOf(answer.map(word)) : word(answer);
}

export function Check({ questions, answers, onChange, onSave, busy, error, leave = t('demographics-skip-all') }) {
    return html`<div>
        <${ErrorSummary} errors=${error ? [{ text: problemText(error) }] : []} />
        <${PageHeading}>${t('demographics-check')}<//>
        <dl class="summary">${questions.map((question, i) => html`<div>
            <dt dir="auto">${localized(question.label)}</dt>
            <dd dir="auto">${answerWords(question, answers[question.id])}</dd>
            <dd><button type="button" class="button small" onClick=${() => onChange(i)}
                aria-label=${t('change-label', { what: localized(question.label) })}>${t('change')}</button></dd></div>`)}
        </dl>
        <p class="actions"><button type="button" class="button primary" disabled=${busy} onClick=${onSave}>${t('demographics-save')}</button>
            <a class="button" href="/me">${leave}</a></p>
    </div>`;
}

export function questionsOf(value) {
    return value?.template?.attributes ?? value?.attributes ?? value?.questions ?? [];
}

function Wizard({ value }) {
    const questions = questionsOf(value);
    const [consent, setConsent] = useState(false);
    const [answers, setAnswers] = useState(value.answers ?? {});
    const [step, setStep] = useState(-1);
    const [saving, setSaving] = useState({ busy: false, error: null });
    useEffect(() => scrollTo(0, 0), [step]);

    async function save() {
        setSaving({ busy: true, error: null });
        try {
            await put('/api/v1/me/demographics', { consent: true, answers });
            navigate('/me?saved=1', { replace: true });
        } catch (error) {
            setSaving({ busy: false, error });
        }
    }
    function answered(i, answer) {
        const next = { ...answers };
        if (answer === undefined) delete next[questions[i].id];
        else next[questions[i].id] = answer;
        setAnswers(next);
        setStep(i + 1);
    }
    if (step < 0) return html`<${Intro} consent=${consent} setConsent=${setConsent} onStart=${() => setStep(0)} />`;
    if (step >= questions.length) {
        return html`<${Check} questions=${questions} answers=${answers} onChange=${setStep} onSave=${save} ...${saving} />`;
    }
    return html`<${Question} key=${questions[step].id} question=${questions[step]} position=${step + 1}
        total=${questions.length} answer=${answers[questions[step].id]} onAnswer=${(answer) => answered(step, answer)}
        onBack=${() => setStep(step - 1)} />`;
}

export default function Demographics() {
    const found = useLoad(() => get('/api/v1/me/demographics'), []);
    usePageTitle(t('demographics-title'));
    return html`<div class="page measure">
        ${found.state === 'loading' && html`<${Loading} />`}
        ${found.state === 'failed' && html`<${Failed} error=${found.error} retry=${found.reload} />`}
        ${found.state === 'ready' && (questionsOf(found.value).length > 0
        ? html`<${Wizard} value=${found.value} />`
        : html`<${PageHeading}>${t('demographics-title')}<//><p>${t('demographics-none')}</p>
            <p><a class="button" href="/me">${t('nav-me')}</a></p>`)}
    </div>`;
}
