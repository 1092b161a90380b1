// What a quota has to know before it gives out a task: only these questions, under their own consent. To prefer not to say is
// an answer, and what it means for taking part is said beside it.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { get, put } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { ErrorSummary, Failed, Loading, PageHeading, say } from '../../ui/parts.js';
import { Check, Question, questionsOf } from '../demographics.js';

function Intro({ count, consent, setConsent, onStart }) {
    const [errors, setErrors] = useState([]);
    function submit(event) {
        event.preventDefault();
        if (consent) onStart();
        else setErrors([{ field: 'consent', text: t('asked-consent-missing') }]);
    }
    return html`<form onSubmit=${submit} novalidate>
        <${ErrorSummary} errors=${errors} />
        <${PageHeading}>${t('asked-title', { count })}<//>
        <p class="lead">${t('asked-lead')}</p>
        <ul>
            ${['asked-why', 'asked-unsaid', 'asked-hidden', 'asked-apart', 'demographics-earlier'].map((one) => html`<li>${t(one)}</li>`)}
        </ul>
        <div class=${errors.length ? 'field has-error' : 'field'}>
            <label class="choice" for="consent">
                <input type="checkbox" id="consent" checked=${consent} onChange=${(event) => setConsent(event.target.checked)}
                    aria-describedby=${errors.length ? 'consent-error' : undefined} />
                <span>${t('demographics-consent')}</span>
            </label>
            ${errors.length > 0 && html`<p class="field-error" id="consent-error">${t('asked-consent-missing')}</p>`}
        </div>
        <p class="actions"><button class="button primary">${t('demographics-start')}</button>
            <a class="button" href="/me">${t('asked-no')}</a></p>
        <p class="fine">${t('asked-no-text')}</p>
    </form>`;
}

// `unsaid`: attribute to open or closed. What was answered before stays as it is.
function Steps({ questions, before, unsaid, onDone }) {
    const [consent, setConsent] = useState(false);
    const [answers, setAnswers] = useState({});
    const [step, setStep] = useState(-1);
    const [saving, setSaving] = useState({ busy: false, error: null });
    useEffect(() => scrollTo(0, 0), [step]);

    async function save() {
        setSaving({ busy: true, error: null });
        try {
            await put('/api/v1/me/demographics', { consent: true, answers: { ...before, ...answers } });
            say(t('asked-saved'));
            onDone();
        } catch (error) {
            setSaving({ busy: false, error });
        }
    }
    if (step < 0) return html`<${Intro} count=${questions.length} consent=${consent} setConsent=${setConsent} onStart=${() => setStep(0)} />`;
    if (step >= questions.length) {
        return html`<${Check} questions=${questions} answers=${answers} onChange=${setStep} onSave=${save} leave=${t('asked-no')} ...${saving} />`;
    }
    const question = questions[step];
    return html`<${Question} key=${question.id} question=${question} position=${step + 1} total=${questions.length}
        answer=${answers[question.id]} must=${true} unsaid=${t(unsaid.get(question.id) === 'closed' ? 'unsaid-closed' : 'unsaid-open')}
        onAnswer=${(answer) => { setAnswers({ ...answers, [question.id]: answer }); setStep(step + 1); }}
        onBack=${() => setStep(step - 1)} />`;
}

// `errors`: of the refusal, each with its attribute and what not saying means.
export function Asked({ errors, onDone }) {
    const found = useLoad(() => get('/api/v1/me/demographics'), []);
    const unsaid = new Map(errors.map((one) => [one.attribute, one.unsaid]));
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<${Failed} error=${found.error} retry=${found.reload} />`;
    const questions = questionsOf(found.value).filter((one) => unsaid.has(one.id));
    return html`<div class="measure"><${Steps} questions=${questions} before=${found.value.answers ?? {}} unsaid=${unsaid} onDone=${onDone} /></div>`;
}
