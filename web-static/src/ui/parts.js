// Small parts that many pages use.
import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../lib/i18n.js';

// What screen readers are told without a move of focus.
export const spoken = signal('');

export function say(text) {
    // The same words twice must be two changes.
    spoken.value = spoken.value === text ? text + '\u00a0' : text;
}

export function usePageTitle(title) {
    useEffect(() => {
        document.title = title ? `${title} · Plenum` : 'Plenum';
    }, [title]);
}

// The heading of a page: takes focus when the page appears, so that a screen reader begins there.
export function PageHeading({ children, eyebrow, focus = true, class: name }) {
    const ref = useRef(null);
    useEffect(() => {
        if (focus && document.body.dataset.visited) ref.current?.focus({ preventScroll: true });
        document.body.dataset.visited = 'yes';
    }, []);
    return html`<div class=${`page-heading ${name ?? ''}`}>
        ${eyebrow && html`<p class="eyebrow">${eyebrow}</p>`}
        <h1 ref=${ref} tabindex="-1">${children}</h1>
    </div>`;
}

export function Notice({ kind = 'plain', title, children, role }) {
    return html`<div class=${`notice notice-${kind}`} role=${role}>
        ${title && html`<p class="notice-title">${title}</p>`}
        ${children}
    </div>`;
}

// After a submit that failed: what is wrong, in one place that takes focus, each a link to its field.
export function ErrorSummary({ errors }) {
    const ref = useRef(null);
    useEffect(() => { if (errors.length > 0) ref.current?.focus(); }, [errors]);
    if (errors.length === 0) return null;
    return html`<div class="notice notice-error" role="alert" tabindex="-1" ref=${ref}>
        <h2 class="notice-title">${t('error-summary')}</h2>
        <ul class="plain-list">${errors.map((error) => html`<li>${error.field
        ? html`<a href=${`#${error.field}`} onClick=${(event) => {
            event.preventDefault();
            document.getElementById(error.field)?.focus();
        }}>${error.text}</a>`
        : error.text}</li>`)}</ul>
    </div>`;
}

export function problemText(error) {
    if (error?.status === 0) return t('error-offline');
    if (error?.status === 401) return t('error-signed-out');
    if (error?.status === 404) return t('error-not-found');
    if (error?.status === 429) return t('error-too-many');
    return [error?.title, error?.detail].filter(Boolean).join(': ') || error?.message || t('error-unknown');
}

// In place of a page that could not be had.
export function Failed({ error, retry }) {
    return html`<${PageHeading}>${t('error-title')}<//>
        <${Notice} kind="error" role="alert">
            <p dir="auto">${problemText(error)}</p>
            ${error?.status !== 404 && html`<p><button type="button" class="button" onClick=${retry}>${t('try-again')}</button></p>`}
        <//>
        <p><a class="button" href="/">${t('home-label')}</a></p>`;
}

// Appears only when the wait is long enough to be noticed (by CSS), said to all by role status.
export function Loading() {
    return html`<p class="loading" role="status">${t('loading')}</p>`;
}

export const keyText = (key) => (key.length > 1 ? key : key === ' ' ? '␣' : key.toUpperCase());

// The letter of a key on its button. Hidden from screen readers: aria-keyshortcuts says it to them.
export function Key({ children }) {
    return children ? html`<kbd class="key" aria-hidden="true">${keyText(children)}</kbd>` : null;
}

export function Dialog({ open, onClose, title, children }) {
    const ref = useRef(null);
    useEffect(() => {
        const dialog = ref.current;
        if (open && !dialog.open) dialog.showModal();
        if (!open && dialog.open) dialog.close();
    }, [open]);
    return html`<dialog ref=${ref} class="dialog" aria-labelledby="dialog-title" onClose=${onClose}>
        ${open && html`<div class="dialog-body">
            <div class="dialog-head">
                <h2 id="dialog-title">${title}</h2>
                <button type="button" class="button quiet" onClick=${() => ref.current.close()}>${t('close')}</button>
            </div>
            ${children}
        </div>`}
    </dialog>`;
}

