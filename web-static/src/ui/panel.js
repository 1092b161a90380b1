// The code of a panel and the way back there.
import { html } from 'htm/preact';
import { t } from '../lib/i18n.js';
import { say } from './parts.js';

// `way`: {code, url}; without a code there is nothing to show.
export function WayBack({ panel, way }) {
    if (!way?.code) return null;
    const copy = () => navigator.clipboard.writeText(way.code).then(() => say(t('panel-copied')), () => document.getElementById('panel-code').focus());
    return html`<div class="field"><label for="panel-code">${t('panel-code', { panel })}</label>
            <input id="panel-code" type="text" dir="ltr" readonly value=${way.code} onFocus=${(event) => event.target.select()} /></div>
        <p class="actions">${way.url && html`<a class="button primary" href=${way.url} rel="noreferrer">${t('panel-back', { panel })}</a>`}
            <button type="button" class="button" onClick=${() => void copy()}>${t('panel-copy')}</button></p>`;
}
