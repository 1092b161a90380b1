// What is judged: the prompt, and the responses in the order the server chose.
import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { listOf } from '../../lib/format.js';
import { has, languageOf, localized, t } from '../../lib/i18n.js';
import { markdown } from '../../lib/markdown.js';
import { Notice } from '../../ui/parts.js';
import { inReadingOrder, responseName } from './names.js';

function messages(prompt) {
    return Array.isArray(prompt) ? prompt : [{ role: 'user', content: String(prompt ?? '') }];
}

function Text({ content, lang, class: name }) {
    const drawn = useMemo(() => markdown(String(content ?? '')), [content]);
    return html`<div class=${`text ${name ?? ''}`} dir="auto" lang=${lang || undefined}>${drawn}</div>`;
}

function Prompt({ prompt, lang }) {
    const turns = messages(prompt);
    return html`<section class="prompt" aria-labelledby="prompt-title">
        <h2 id="prompt-title" class="label">${t(turns.length > 1 ? 'conversation' : 'prompt')}</h2>
        ${turns.length === 1
        ? html`<${Text} content=${turns[0].content} lang=${lang} />`
        : html`<ol class="turns">${turns.map((turn) => html`<li class=${`turn turn-${turn.role}`}>
            <span class="turn-role">${t(`role-${['user', 'assistant', 'system'].includes(turn.role) ? turn.role : 'other'}`)}</span>
            <${Text} content=${turn.content} lang=${lang} /></li>`)}</ol>`}
    </section>`;
}

// A warning made of words that are known here is said in the reader's language, any other as it was written.
function Warning({ item }) {
    const words = item.warning.toLowerCase().split(',').map((one) => one.trim().replaceAll(' ', '-'));
    if (words.every((word) => has(`warned-${word}`))) return html`<p>${t('warned', { words: listOf(words.map((word) => t(`warned-${word}`))) })}</p>`;
    return html`<p dir="auto" lang=${item.language || undefined}>${item.warning}</p>`;
}

export function Response({ response, name, lang, fold, children }) {
    return html`<section class="response" aria-labelledby=${`response-${response.slot}`}>
        <h2 id=${`response-${response.slot}`} class="response-name">${name}</h2>
        ${fold ? html`<p class="folded">${t('warning-folded')}</p>`
        : html`<${Text} content=${response.content} lang=${response.language ?? lang} />`}
        ${!fold && children}
    </section>`;
}

// What happened after the conversation, where the study shows it: before anything is asked.
function Later({ later, lang }) {
    const { text, simulated = false } = typeof later === 'string' ? { text: later } : later;
    return html`<section class="later" aria-labelledby="later-title">
        <h2 id="later-title" class="label">${t('later-title')}${simulated && html` <strong class="tag">${t('later-simulated')}</strong>`}</h2>
        ${simulated && html`<p class="fine">${t('later-simulated-text')}</p>`}
        <${Text} content=${localized(text)} lang=${languageOf(text, lang)} />
    </section>`;
}

// All that is judged; `children(response)` gives what stands under each response.
export function Judged({ task, folded, onUnfold, onRatherNot, disabled, children }) {
    const { item } = task;
    const later = task.later ?? item.later;
    const responses = inReadingOrder(item.responses);
    return html`<div class="pair">
        ${folded && html`<${Notice} kind="warning" title=${t('content-warning')}>
            <${Warning} item=${item} />
            <p class="actions">
                <button type="button" class="button" onClick=${onUnfold}>${t('warning-show')}</button>
                <button type="button" class="button quiet" disabled=${disabled} onClick=${onRatherNot}>${t('answer-rather_not')}</button>
            </p>
        <//>`}
        ${!folded && html`<${Prompt} prompt=${item.prompt} lang=${item.language} />`}
        ${!folded && later && html`<${Later} later=${later} lang=${item.language} />`}
        <div class="responses" data-count=${responses.length}>
            ${responses.map((response, i) => html`<${Response} key=${response.slot} response=${response}
                name=${responseName(i, responses.length)} lang=${item.language} fold=${folded}>${children?.(response, i)}<//>`)}
        </div>
    </div>`;
}
