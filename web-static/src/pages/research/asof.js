// Figures of groups stand still until ten more people have worked: of how many they are.
import { html } from 'htm/preact';
import { t } from '../../lib/i18n.js';

export function AsOf({ of }) {
    return html`<p class="fine">${of ? t('groups-as-of', { n: of.people }) : t('groups-not-yet')}</p>`;
}
