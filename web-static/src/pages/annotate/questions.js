// How one question of a form is drawn: circles and boxes of the browser's own, a slider that stands nowhere until it is touched,
// a field for words. `marked` is the question that the digits answer.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../lib/i18n.js';
import { keyFor, PICKS } from '../../lib/keys.js';
import { Key } from '../../ui/parts.js';

export const FOLDED_FROM = 9; // options that would push the rest out of sight

function Article({ article: { text, lang } }) {
    return html`<p class="article-said" dir="auto" lang=${lang}>${text}</p>`;
}

function Hints({ field, article, error }) {
    return html`
        ${field.hint && html`<p class="fine" id=${`${field.id}-hint`} dir="auto">${field.hint}</p>`}
        ${article && html`<${Article} article=${article} />`}
        ${error && html`<p class="field-error" id=${`${field.id}-error`}>${error}</p>`}`;
}

const describedBy = (field, error) => [field.hint && `${field.id}-hint`, error && `${field.id}-error`].filter(Boolean).join(' ') || undefined;
const partClass = (field, error) => `part part-${field.look ?? field.kind}${error ? ' has-error' : ''}`;

function Name({ field }) {
    return html`<span class="part-name" dir="auto">${field.name}</span>
        ${field.who && html`<span class="visually-hidden"> (${field.who})</span>`}
        ${!field.required && html` <span class="fine">${t('optional')}</span>`}`;
}

export function Option({ field, i, draft, onAnswer, marked, words }) {
    const option = field.options[i];
    const value = field.read(draft);
    const many = field.kind === 'checkbox';
    const on = many ? value.includes(option.value) : value === option.value;
    const key = option.step?.action === 'both_bad' ? keyFor('both_bad') : marked && i < PICKS.length ? keyFor(PICKS[i]) : '';
    const last = i === field.options.length - 1;
    const change = (event) => {
        if (!many) onAnswer(field, option.value);
        else onAnswer(field, event.target.checked ? [...value, option.value] : value.filter((one) => one !== option.value));
    };
    return html`<label class=${`option${on ? ' on' : ''}${option.step ? ` option-${option.step.action}` : ''}`} for=${`${field.id}-${i}`}>
        <input type=${field.kind} id=${`${field.id}-${i}`} name=${field.id} checked=${on} onChange=${change} />
        <span class="option-words" dir="auto" lang=${option.lang}>${words ?? option.words}
            ${option.hint && html`<span class="option-hint">${option.hint}</span>`}</span>
        ${field.low && i === 0 && html`<span class="end" dir="auto">${field.low}</span>`}
        ${field.low && last && html`<span class="end" dir="auto">${field.high}</span>`}
        <${Key}>${key}<//>
    </label>`;
}

// An article as a reason: what it says is read beside it, before or without choosing it.
function ArticleOption({ option, ...rest }) {
    return html`<div class="option-article"><${Option} ...${rest} />
        ${option.article && html`<details><summary>${t('article-read')}<span class="visually-hidden" lang=${option.lang}> (${option.words})</span></summary>
            <${Article} article=${option.article} /></details>`}
    </div>`;
}

// Opens for what is chosen, also in a draft that is found later; apart from that it stays as the reader left it.
function Folded({ chosen, count, children }) {
    const [open, setOpen] = useState(chosen);
    useEffect(() => { if (chosen) setOpen(true); }, [chosen]);
    return html`<details class="more-options" open=${open} onToggle=${(event) => event.target === event.currentTarget && setOpen(event.target.open)}>
        <summary>${t('options-show', { count })}</summary>${children}</details>`;
}

function Options({ field, draft, onAnswer, marked, error, article }) {
    const chosen = field.kind === 'radio' && field.read(draft) !== undefined;
    const steps = field.look === 'steps' && field.options.filter((one) => one.step.choice !== 'both_bad').length;
    const articles = field.options.some((option) => option.article);
    const options = field.options.map((option, i) => html`<${articles ? ArticleOption : Option} key=${option.value} ...${{ option, field, i, draft, onAnswer, marked }} />`);
    const listed = articles ? 'options options-articles' : 'options';
    const fold = field.options.length >= FOLDED_FROM && field.kind === 'checkbox' && field.look === 'chips' && !field.slot;
    return html`<fieldset class=${partClass(field, error)} data-field=${field.id} data-marked=${marked || undefined}
        aria-describedby=${describedBy(field, error)}>
        <legend><${Name} field=${field} /></legend>
        <${Hints} field=${field} article=${article} error=${error} />
        ${fold ? html`<${Folded} chosen=${field.read(draft).length > 0} count=${field.options.length}><div class=${listed}>${options}</div><//>`
        : html`<div class=${listed} data-steps=${steps || undefined} data-options=${field.options.length}>${options}</div>`}
        ${field.low && html`<p class="ends" aria-hidden="true"><span dir="auto">${field.low}</span><span dir="auto">${field.high}</span></p>`}
        ${field.clears && chosen && html`<button type="button" class="button quiet small clear"
            onClick=${() => onAnswer(field, undefined)}>${t('option-clear')}<span class="visually-hidden"> (${field.name})</span></button>`}
    </fieldset>`;
}

// The number is not shown, and there is no thumb to move from before it is put somewhere. A press in the middle counts too.
function Slider({ field, draft, onAnswer, marked, error, article }) {
    const value = field.read(draft);
    const set = (event) => {
        const now = Number(event.target.value);
        if (now !== value) onAnswer(field, now);
    };
    const place = (event) => { if (event.key === ' ') { event.preventDefault(); set(event); } };
    return html`<div class=${partClass(field, error)} data-field=${field.id} data-marked=${marked || undefined}>
        <label for=${field.id}><${Name} field=${field} /></label>
        <${Hints} field=${field} article=${article} error=${error} />
        <input type="range" id=${field.id} class=${value === undefined ? 'slider untouched' : 'slider'} min=${field.min} max=${field.max} step=${field.step}
            value=${value ?? (field.min + field.max) / 2} aria-describedby=${describedBy(field, error)}
            aria-valuetext=${value === undefined ? t('slider-untouched') : undefined}
            onInput=${set} onPointerUp=${set} onClick=${set} onKeyDown=${place} />
        <p class="ends" aria-hidden="true"><span dir="auto">${field.low}</span><span dir="auto">${field.high}</span></p>
        <p class="visually-hidden">${t('slider-ends', { low: field.low, high: field.high })}</p>
    </div>`;
}

function Words({ field, draft, onAnswer, error, lang }) {
    return html`<div class=${partClass(field, error)} data-field=${field.id}>
        <label for=${field.id}><${Name} field=${field} /><${Key}>${field.id === 'rationale' ? keyFor('rationale') : ''}<//></label>
        <${Hints} field=${field} error=${error} />
        <textarea id=${field.id} rows=${field.rows} dir="auto" lang=${field.edit ? field.language ?? lang : undefined} maxlength=${field.most}
            aria-describedby=${describedBy(field, error)} value=${field.read(draft) ?? field.text ?? ''}
            onInput=${(event) => onAnswer(field, event.target.value)}></textarea>
    </div>`;
}

const DRAWN = { radio: Options, checkbox: Options, slider: Slider, text: Words };

export function Question(props) {
    return html`<${DRAWN[props.field.kind]} ...${props} />`;
}
