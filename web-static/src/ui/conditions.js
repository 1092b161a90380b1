// What a study promises: pay, time, who answers for it. `conditions` as the server gives them; nothing without any.
import { html } from 'htm/preact';
import { localized, t } from '../lib/i18n.js';
import { number } from '../lib/format.js';

function payWords(pay) {
    if (!pay) return t('conditions-pay-none');
    let amount = `${pay.amount} ${pay.currency}`;
    try {
        amount = number(pay.amount, { style: 'currency', currency: pay.currency });
    } catch { /* a currency that this browser does not know */ }
    return t('conditions-pay-per', { amount, per: pay.per });
}

export function ConditionsList({ conditions }) {
    const words = (name) => conditions[name] && html`<span dir="auto" class="as-written">${localized(conditions[name])}</span>`;
    const rows = [
        ['pay', payWords(conditions.pay)],
        ['minutes', t('conditions-minutes-about', { minutes: conditions.minutes })],
        ...['payer', 'text', 'ethics', 'contact'].map((name) => [name, words(name)]),
    ].filter(([, value]) => value);
    return html`<dl class="kept">${rows.map(([name, value]) => html`<div key=${name}>
        <dt>${t(`conditions-${name}`)}</dt><dd>${value}</dd></div>`)}</dl>`;
}
