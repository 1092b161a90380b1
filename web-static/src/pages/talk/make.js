// A conversation is begun by those who look after the community.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { post } from '../../lib/api.js';
import { useDraft } from '../../lib/draft.js';
import { t } from '../../lib/i18n.js';
import { navigate } from '../../lib/router.js';
import { uuid } from '../../lib/uuid.js';
import { ErrorSummary, PageHeading, problemText, usePageTitle } from '../../ui/parts.js';
import { Select } from '../research/task.js';

const FIELDS = { '/title': 'talk-title', '/text': 'talk-text', '/max_characters': 'talk-max', '/closes_at': 'talk-closes' };

export default function MakeTalk({ params }) {
    const [draft, set, forget] = useDraft(`plenum.talk.new.${params.community}`, () => ({ title: '', text: '', moderation: 'after', results: 'after_vote', max: '280', closes: '', seeds: '', key: uuid() }));
    const [errors, setErrors] = useState([]);
    const [busy, setBusy] = useState(false);
    usePageTitle(t('talk-new'));
    const change = (more) => set({ ...draft, ...more, key: uuid() });
    async function send(event) {
        event.preventDefault();
        const faults = draft.title.trim() === '' ? [{ field: 'talk-title', text: t('talk-title-missing') }] : [];
        setErrors(faults);
        if (faults.length > 0 || busy) return;
        setBusy(true);
        try {
            const seeds = draft.seeds.split('\n').map((one) => one.trim()).filter(Boolean);
            const { id } = await post(`/api/v1/communities/${params.community}/conversations`, { title: draft.title.trim(), ...(draft.text.trim() && { text: draft.text.trim() }), moderation: draft.moderation,
                results: draft.results, max_characters: Number(draft.max), seeds, ...(draft.closes && { closes_at: new Date(draft.closes).toISOString() }) }, { key: draft.key });
            forget();
            navigate(`/conversations/${id}`);
        } catch (error) {
            setErrors(error.errors?.length > 0 ? error.errors.map((one) => ({ field: FIELDS[one.pointer] ?? (one.pointer.startsWith('/seeds') ? 'talk-seeds' : undefined), text: one.detail })) : [{ text: problemText(error) }]);
            setBusy(false);
        }
    }
    const text = (id, name, words, { rows, hint, type = 'text' } = {}) => html`<div class="field"><label for=${id}>${words}</label>${hint && html`<p class="fine" id=${`${id}-hint`}>${hint}</p>`}
        ${rows ? html`<textarea id=${id} rows=${rows} dir="auto" aria-describedby=${hint ? `${id}-hint` : undefined} value=${draft[name]} onInput=${(event) => change({ [name]: event.target.value })}></textarea>`
        : html`<input id=${id} type=${type} dir="auto" aria-describedby=${hint ? `${id}-hint` : undefined} value=${draft[name]} onInput=${(event) => change({ [name]: event.target.value })} />`}</div>`;
    return html`<div class="page measure research">
        <p><a href=${`/constitution/${params.community}`}>${t('back-to-constitution')}</a></p>
        <${PageHeading}>${t('talk-new')}<//>
        <form novalidate onSubmit=${send}>
            <${ErrorSummary} errors=${errors} />
            ${text('talk-title', 'title', t('talk-title'))}
            ${text('talk-text', 'text', t('talk-text'), { rows: 3 })}
            ${text('talk-seeds', 'seeds', t('talk-seeds'), { rows: 5, hint: t('talk-seeds-hint') })}
            <${Select} id="talk-moderation" label=${t('talk-moderation')} value=${draft.moderation} options=${['after', 'before']} words=${(one) => t(`talk-moderation-${one}`)} onChange=${(moderation) => change({ moderation })} />
            <${Select} id="talk-results" label=${t('talk-results')} value=${draft.results} options=${['after_vote', 'closed', 'always']} words=${(one) => t(`talk-results-${one}`)} onChange=${(results) => change({ results })} />
            ${text('talk-max', 'max', t('talk-max'), { type: 'number' })}
            ${text('talk-closes', 'closes', t('talk-closes'), { type: 'datetime-local', hint: t('talk-closes-hint') })}
            <p><button class="button primary" disabled=${busy}>${t('talk-begin')}</button></p>
        </form></div>`;
}
