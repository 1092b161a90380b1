// What has happened where this person takes part, what of it is new, and which kinds they want to be told of.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { get, put } from '../lib/api.js';
import { dateTime } from '../lib/format.js';
import { localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { ErrorSummary, problemText, say } from './parts.js';

const KINDS = ['study', 'amendment', 'report'];
const AT = '/api/v1/me/notices';

const placeOf = { study: (one) => `/annotate/${one.project}`, amendment: (one) => `/amendments/${one.amendment}`, report: () => '#reports-title' };

function Notice({ one }) {
    return html`<li><p>${one.new && html`<strong class="tag">${t('news-new')}</strong> `}
        <a href=${placeOf[one.kind](one)}>${t(`news-${one.kind}-${one.state}`)}</a>${' '}
        <span class="fine"><span dir="auto">${localized(one.name)}</span> · <time datetime=${one.happened_at}>${dateTime(one.happened_at)}</time></span></p></li>`;
}

function Wanted({ told, reload }) {
    const [errors, setErrors] = useState([]);
    async function change(kind, on) {
        setErrors([]);
        try {
            await put(AT, { told: { ...told, [kind]: on } });
            say(t('me-saved'));
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
        await reload({ quiet: true });
    }
    return html`<details class="report"><summary>${t('news-wanted')}</summary>
        <${ErrorSummary} errors=${errors} />
        <fieldset><legend class="visually-hidden">${t('news-wanted')}</legend>
            ${KINDS.map((one) => html`<label class="choice" for=${`news-${one}`}><input type="checkbox" id=${`news-${one}`} checked=${told[one]}
                onChange=${(event) => void change(one, event.target.checked)} /><span>${t(`news-wanted-${one}`)}</span></label>`)}</fieldset>
    </details>`;
}

export function News() {
    const found = useLoad(() => get(AT), []);
    const newest = found.value?.data[0];
    // What is on screen now is not new the next time.
    useEffect(() => {
        if (newest?.new) void put(AT, { seen_until: newest.happened_at }).catch(() => {});
    }, [newest?.id]);
    if (found.state !== 'ready') return null;
    const { data, new: n, told } = found.value;
    return html`<section class="card" aria-labelledby="news-title">
        <h2 id="news-title">${n > 0 ? t('news-title-new', { n }) : t('news-title')}</h2>
        ${data.length === 0 ? html`<p>${t('news-none')}</p>` : html`<ul class="plain-list">${data.map((one) => html`<${Notice} key=${one.id} one=${one} />`)}</ul>`}
        <${Wanted} told=${told} reload=${found.reload} />
    </section>`;
}
