// What people are told before they take part in a new study, and asked about themselves: conditions, consent, a warning, questions.
import { html } from 'htm/preact';
import { localized, t } from '../../lib/i18n.js';
import { Select } from './task.js';

// Questions that no template holds, of a study that is copied.
const COPIED = 'copied';
const PERS = ['none', 'hour', 'session', 'judgment', 'study'];
const CONDITIONS = ['payer', 'contact', 'ethics', 'text'];
const WORDS = ['consent', 'warning', ...CONDITIONS];
const MINUTES_MAX = 100_000;
export const TERMS_NONE = { questions: '', per: 'none', amount: '', currency: '', minutes: '', consent: '', warning: '', payer: '', contact: '', ethics: '', text: '' };

// The control that the server's pointer is about.
export function termsField(pointer) {
    const [, first, second, third] = pointer.split('/');
    return `terms-${{ demographics: 'questions', conditions: third ?? second }[first] ?? first}`;
}
export const TERMS_MEMBERS = ['demographics', 'conditions', 'consent', 'warning'];

export function termsOf({ demographics, conditions, consent, warning }) {
    const given = { ...conditions, consent: consent?.text, warning };
    const { amount = '', currency = '', per = 'none' } = conditions?.pay ?? {};
    return {
        ...TERMS_NONE, questions: demographics ? demographics.template ?? COPIED : '', per, amount, currency, minutes: String(conditions?.minutes ?? ''),
        ...Object.fromEntries(WORDS.filter((name) => given[name]).map((name) => [name, localized(given[name])])), given, demographics,
    };
}

const areConditions = (terms) => terms.per !== 'none' || ['minutes', ...CONDITIONS].some((name) => terms[name].trim() !== '');

export function termsRequest(terms) {
    // Words in several languages stay so while the one on screen is not changed.
    const words = (name) => (terms.given?.[name] && localized(terms.given[name]) === terms[name] ? terms.given[name] : terms[name].trim());
    const all = (names) => Object.fromEntries(names.filter((name) => terms[name].trim() !== '').map((name) => [name, words(name)]));
    const { amount, currency, per } = terms;
    return {
        ...(terms.questions === '' ? {} : { demographics: terms.questions === terms.demographics?.template || terms.questions === COPIED
            ? { ...(terms.demographics.template ? { template: terms.demographics.template } : {}), attributes: terms.demographics.attributes } : { template: terms.questions } }),
        ...all(['warning']),
        ...(terms.consent.trim() === '' ? {} : { consent: { version: '1', text: words('consent') } }),
        ...(areConditions(terms) ? { conditions: { minutes: Number(terms.minutes), ...all(CONDITIONS),
            ...(per === 'none' ? {} : { pay: { amount: amount.trim(), currency: currency.trim().toUpperCase(), per } }) } } : {}),
    };
}

export function termsWrong(terms) {
    if (!areConditions(terms)) return [];
    const minutes = Number(terms.minutes);
    return [
        ...(Number.isInteger(minutes) && minutes >= 1 && minutes <= MINUTES_MAX ? [] : [{ field: 'terms-minutes', text: t('terms-minutes-wrong') }]),
        ...(terms.contact.trim() === '' ? [{ field: 'terms-contact', text: t('terms-contact-missing') }] : []),
        ...(terms.per === 'none' || /^\d{1,7}(\.\d{1,3})?$/.test(terms.amount.trim()) ? [] : [{ field: 'terms-amount', text: t('terms-amount-wrong') }]),
        ...(terms.per === 'none' || /^[A-Za-z]{3}$/.test(terms.currency.trim()) ? [] : [{ field: 'terms-currency', text: t('terms-currency-wrong') }]),
    ];
}

export function TermsFields({ terms, set, errors, packs }) {
    const wrong = (name) => errors.find((one) => one.field === `terms-${name}`)?.text;
    const field = (name, { rows = 0, size = 30, mode = 'text', hint = true } = {}) => {
        const own = { id: `terms-${name}`, dir: 'auto', value: terms[name], 'aria-invalid': wrong(name) ? 'true' : undefined,
            'aria-describedby': [hint && `terms-${name}-hint`, wrong(name) && `terms-${name}-error`].filter(Boolean).join(' ') || undefined,
            onInput: (event) => set({ ...terms, [name]: event.target.value }) };
        return html`<div class="field"><label for=${own.id}>${t(`terms-${name}`)}</label>
            ${hint && html`<p class="fine" id=${`terms-${name}-hint`}>${t(`terms-${name}-hint`)}</p>`}
            ${wrong(name) && html`<p class="field-error" id=${`terms-${name}-error`}>${wrong(name)}</p>`}
            ${rows > 0 ? html`<textarea rows=${rows} ...${own}></textarea>` : html`<input type="text" inputmode=${mode} size=${size} ...${own} />`}</div>`;
    };
    const pack = packs.find((one) => one.name === terms.questions);
    const open = errors.some((one) => one.field?.startsWith('terms-') && one.field !== 'terms-questions') || undefined;
    return html`<${Select} id="terms-questions" label=${t('terms-questions')} hint=${t('terms-questions-hint')} value=${terms.questions}
        options=${['', ...(terms.demographics && !terms.demographics.template ? [COPIED] : []), ...packs.map((one) => one.name)]} onChange=${(questions) => set({ ...terms, questions })}
        words=${(name) => (name === '' ? t('terms-questions-none') : name === COPIED ? t('terms-questions-copied') : localized(packs.find((one) => one.name === name).title))} />
    ${pack && html`<details><summary>${t('terms-questions-shown', { n: pack.attributes.length })}</summary>
        <p class="fine" dir="auto">${localized(pack.note)}</p>
        <ol>${pack.attributes.map((one) => html`<li key=${one.id} dir="auto">${localized(one.label)}</li>`)}</ol></details>`}
    <details class="known-fields" open=${open}><summary>${t('terms-title')}</summary>
        <p class="fine">${t('terms-text-why')}</p>
        ${field('minutes', { size: 6, mode: 'numeric' })}${field('contact', { hint: false })}
        <${Select} id="terms-per" label=${t('terms-per')} value=${terms.per} options=${PERS} words=${(per) => t(`terms-per-${per}`)} onChange=${(per) => set({ ...terms, per })} />
        ${terms.per !== 'none' && html`${field('amount', { size: 8, mode: 'decimal' })}${field('currency', { size: 5 })}${field('payer', { hint: false })}`}
        ${field('ethics')}${field('text', { rows: 3 })}${field('consent', { rows: 4 })}${field('warning', { rows: 2 })}
    </details>`;
}
