// Before and beside the work: items with a known answer, breaks and a day's limit, as a new study has them; how those who judge did.
import { html } from 'htm/preact';
import { number, percent } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

// Each a text as it is typed: a whole number, of per cent where it is a share.
const LIMITS = { practice: [0, 100], qualification: [0, 100], share: [0, 100], tries: [1, 10], attention: [0, 50], break: [0, 240], day: [0, 10000] };
export const KNOWN_NONE = { practice: '0', qualification: '0', share: '80', tries: '2', attention: '0', break: '0', day: '0' };
// The control that the server's pointer is about.
export const knownField = (pointer) => `known-${{ '/onboarding/practice': 'practice', '/onboarding/qualification/share': 'share',
    '/onboarding/qualification/tries': 'tries', '/attention_share': 'attention',
    '/session/break_after_minutes': 'break', '/session/max_tasks_per_day': 'day' }[pointer] ?? 'qualification'}`;

const inPercent = (share) => String(Math.round(share * 100));

export function knownOf({ onboarding, attention_share: attention, session }) {
    const { n, share, tries } = onboarding?.qualification ?? {};
    return {
        ...KNOWN_NONE, ...(onboarding?.practice ? { practice: String(onboarding.practice) } : {}),
        ...(n ? { qualification: String(n), share: inPercent(share), tries: String(tries) } : {}), ...(attention ? { attention: inPercent(attention) } : {}),
        break: String(session?.break_after_minutes ?? 0), day: String(session?.max_tasks_per_day ?? 0),
    };
}

export function knownRequest(known, isChat) {
    const at = Object.fromEntries(Object.entries(known).map(([name, text]) => [name, Number(text)]));
    const qualification = at.qualification > 0 ? { qualification: { n: at.qualification, share: at.share / 100, tries: at.tries } } : {};
    const session = { ...(at.break > 0 ? { break_after_minutes: at.break } : {}), ...(at.day > 0 && !isChat ? { max_tasks_per_day: at.day } : {}) };
    const rest = Object.keys(session).length > 0 ? { session } : {};
    if (isChat) return rest;
    return {
        ...rest, ...(at.practice > 0 || at.qualification > 0 ? { onboarding: { practice: at.practice, ...qualification } } : {}),
        ...(at.attention > 0 ? { attention_share: at.attention / 100 } : {}),
    };
}

export function knownWrong(known) {
    return Object.entries(LIMITS).filter(([name, [min, max]]) => !/^\d+$/.test(known[name].trim()) || Number(known[name]) < min || Number(known[name]) > max)
        .map(([name, [min, max]]) => ({ field: `known-${name}`, text: t('known-wrong', { what: t(`known-${name}`), min, max }) }));
}

export function KnownFields({ known, set, errors, isChat }) {
    const wrong = (name) => errors.find((one) => one.field === `known-${name}`)?.text;
    const given = Number(known.qualification) > 0;
    const field = (name) => html`<div class="field"><label for=${`known-${name}`}>${t(`known-${name}`)}</label>
        <p class="fine" id=${`known-${name}-hint`}>${t(`known-${name}-hint`)}</p>
        ${wrong(name) && html`<p class="field-error" id=${`known-${name}-error`}>${wrong(name)}</p>`}
        <input id=${`known-${name}`} type="text" inputmode="numeric" size="5" value=${known[name]} aria-describedby=${`known-${name}-hint${wrong(name) ? ` known-${name}-error` : ''}`}
            aria-invalid=${wrong(name) ? 'true' : undefined} onInput=${(event) => set({ ...known, [name]: event.target.value })} /></div>`;
    const open = errors.some((one) => one.field?.startsWith('known-')) || undefined;
    return html`${!isChat && html`<details class="known-fields" open=${open}><summary>${t('known-title')}</summary>
        <p class="fine">${t('known-text')}</p>
        ${field('practice')}${field('qualification')}${given && html`${field('share')}${field('tries')}`}${field('attention')}
    </details>`}
    <details class="known-fields" open=${open}><summary>${t('known-session')}</summary>${field('break')}${!isChat && field('day')}</details>`;
}

// `gold` of a study's figures: nothing while nobody has answered such an item.
export function Known({ gold }) {
    if (!gold?.n) return null;
    return html`<h3 id="known-title">${t('known-figures')}</h3>
        <p>${t('known-figures-text')}</p>
        <div class="table-scroll" tabindex="0" role="group" aria-labelledby="known-title"><table class="data">
            <thead><tr><th scope="col">${t('known-who')}</th><th scope="col" class="num">${t('known-met')}</th><th scope="col" class="num">${t('known-share-met')}</th>
                <th scope="col" class="num">${t('card-interval')}</th></tr></thead>
            <tbody>${gold.annotators.map((one) => html`<tr key=${one.participant_id}><th scope="row"><code dir="ltr">…${one.participant_id.slice(-8)}</code></th>
                <td class="num">${t('known-of', { met: number(one.as_expected), n: number(one.n) })}</td><td class="num">${percent(one.accuracy)}</td>
                <td class="num">${t('range', { low: percent(one.interval[0]), high: percent(one.interval[1]) })}</td></tr>`)}</tbody>
        </table></div>`;
}
