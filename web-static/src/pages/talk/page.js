// A conversation: one statement at a time to agree or disagree with, or pass; what one says oneself, and what became of it; and all that
// is said, with how others voted where that may be seen.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { get, list, loadSession, post, put, session } from '../../lib/api.js';
import { useDraft } from '../../lib/draft.js';
import { dateTime, number, percent } from '../../lib/format.js';
import { languageOf, localized, t } from '../../lib/i18n.js';
import { keyFor, onKeys } from '../../lib/keys.js';
import { useLoad } from '../../lib/load.js';
import { uuid } from '../../lib/uuid.js';
import { ErrorSummary, Failed, Key, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';

const CHOICES = ['agree', 'disagree', 'pass'];
const keyOfChoice = (choice) => keyFor(`pick-${CHOICES.indexOf(choice) + 1}`);
const at = (id) => `/api/v1/conversations/${id}`;

async function load(id) {
    const [talk] = await Promise.all([get(at(id)), loadSession().catch(() => null)]);
    const statements = (which) => list(`${at(id)}/statements?which=${which}`);
    const [shown, decided, mine] = await Promise.all([statements('shown'), statements('decided'), talk.me ? statements('mine') : []]);
    return { talk, shown, decided, mine };
}

// --- voting ---------------------------------------------------------------------------------------------------------
// What is next is asked for; the same vote is sent with the same key until it is stored.
function useNext(talk, onVoted) {
    const [next, setNext] = useState({ state: 'loading' });
    const [fault, setFault] = useState('');
    const [sending, setSending] = useState(null);
    async function draw() {
        try {
            const statement = await post(`${at(talk.id)}/next`);
            setNext({ state: statement ? 'ready' : 'done', statement });
        } catch (error) {
            setNext({ state: 'failed', error });
        }
    }
    useEffect(() => void draw(), [talk.id]);
    async function vote(choice, important) {
        if (next.state !== 'ready' || sending?.busy) return;
        const same = sending?.statement === next.statement.id && sending.choice === choice;
        const mine = same ? sending : { statement: next.statement.id, choice, key: uuid() };
        setSending({ ...mine, busy: true });
        setFault('');
        try {
            await put(`/api/v1/statements/${mine.statement}/vote`, { choice, important }, { key: mine.key });
            setSending(null);
            say(t(`talk-said-${choice}`));
            await draw();
            onVoted();
        } catch (error) {
            setSending({ ...mine, busy: false });
            setFault(problemText(error));
        }
    }
    return { next, fault, busy: Boolean(sending?.busy), vote, draw };
}

function Vote({ talk, onVoted }) {
    const { next, fault, busy, vote, draw } = useNext(talk, onVoted);
    const [important, setImportant] = useState(false);
    const cast = async (choice) => {
        await vote(choice, important);
        setImportant(false);
    };
    useEffect(() => onKeys((action) => {
        const choice = CHOICES[Number(action.slice('pick-'.length)) - 1];
        if (choice) void cast(choice);
        return Boolean(choice);
    }, (action) => /^pick-[123]$/.test(action)));
    if (next.state === 'loading') return html`<${Loading} />`;
    if (next.state === 'failed') return html`<${Notice} kind="error" role="alert"><p>${problemText(next.error)}</p>
        <p><button type="button" class="button" onClick=${draw}>${t('try-again')}</button></p><//>`;
    if (next.state === 'done') return html`<section class="talk-vote" aria-labelledby="talk-next"><h2 id="talk-next">${t('talk-done')}</h2><p>${t('talk-done-text')}</p></section>`;
    const { statement } = next;
    return html`<section class="talk-vote" aria-labelledby="talk-next">
        <h2 id="talk-next">${t('talk-next')}</h2>
        ${statement.kind === 'meta' && html`<p class="fine">${t('talk-meta')}</p>`}
        <blockquote class="statement" dir="auto" id="talk-statement">${statement.text}</blockquote>
        <p class="actions talk-choices" role="group" aria-labelledby="talk-statement">${CHOICES.map((choice) => html`<button type="button" class="button talk-choice"
            disabled=${busy} aria-keyshortcuts=${keyOfChoice(choice) || undefined} onClick=${() => void cast(choice)}>${t(`talk-${choice}`)} <${Key}>${keyOfChoice(choice)}<//></button>`)}</p>
        <label class="choice" for="talk-important"><input type="checkbox" id="talk-important" checked=${important} onChange=${(event) => setImportant(event.target.checked)} /><span>${t('talk-important')}</span></label>
        ${fault && html`<p role="alert">${fault} ${t('talk-not-stored')}</p>`}
        <p class="fine">${t('talk-left', { n: statement.left })}</p>
    </section>`;
}

// --- saying ---------------------------------------------------------------------------------------------------------
function Say({ talk, onSaid }) {
    const [draft, setDraft] = useDraft(`plenum.talk.${talk.id}`, () => ({ words: '', key: uuid() }));
    const [errors, setErrors] = useState([]);
    const [busy, setBusy] = useState(false);
    const left = talk.max_characters - [...draft.words].length;
    async function send(event) {
        event.preventDefault();
        const fault = draft.words.trim() === '' ? t('talk-say-missing') : left < 0 ? t('talk-say-long', { max: talk.max_characters }) : null;
        setErrors(fault ? [{ field: 'talk-say', text: fault }] : []);
        if (fault || busy) return;
        setBusy(true);
        try {
            const { state } = await post(`${at(talk.id)}/statements`, { text: draft.words.trim() }, { key: draft.key });
            setDraft({ words: '', key: uuid() });
            say(t(`talk-received-${state}`));
            await onSaid();
        } catch (error) {
            setErrors([{ field: 'talk-say', text: error.status === 429 ? error.detail : problemText(error) }]);
        }
        setBusy(false);
    }
    return html`<section aria-labelledby="talk-say-title"><h2 id="talk-say-title">${t('talk-say')}</h2>
        <form novalidate onSubmit=${send}>
            <${ErrorSummary} errors=${errors} />
            <div class="field"><label for="talk-say">${t('talk-say-label')}</label>
                <p class="fine" id="talk-say-hint">${t(`talk-say-hint-${talk.moderation}`)}</p>
                <textarea id="talk-say" rows="3" dir="auto" aria-describedby="talk-say-hint talk-say-left" value=${draft.words}
                    onInput=${(event) => setDraft({ words: event.target.value, key: uuid() })}></textarea>
                <p class="fine" id="talk-say-left">${t('talk-say-left', { n: left })}</p></div>
            <p><button class="button" disabled=${busy}>${t('talk-say-send')}</button></p>
        </form></section>`;
}

function Appeal({ statement, onSent }) {
    const [words, setWords] = useState('');
    const [errors, setErrors] = useState([]);
    const field = `appeal-${statement.id}`;
    async function send(event) {
        event.preventDefault();
        setErrors(words.trim() === '' ? [{ field, text: t('talk-appeal-missing') }] : []);
        if (words.trim() === '') return;
        try {
            await put(`/api/v1/statements/${statement.id}/appeal`, { words });
            say(t('talk-appealed'));
            await onSent();
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
    }
    return html`<details class="more-options"><summary>${t('talk-appeal')}</summary><form novalidate onSubmit=${send}>
        <${ErrorSummary} errors=${errors} />
        <div class="field"><label for=${field}>${t('talk-appeal-label')}</label>
            <textarea id=${field} rows="2" dir="auto" maxlength="1000" value=${words} onInput=${(event) => setWords(event.target.value)}></textarea></div>
        <p><button class="button">${t('talk-appeal-send')}</button></p></form></details>`;
}

const isAppealed = (one) => one.appealed_at !== null && !(one.decided_at > one.appealed_at);

function Mine({ mine, shown, onSent }) {
    if (mine.length === 0) return null;
    const into = (one) => shown.find((other) => other.id === one.merged_into);
    return html`<section aria-labelledby="talk-mine"><h2 id="talk-mine">${t('talk-mine')}</h2>
        <ul class="plain-list">${mine.map((one) => html`<li key=${one.id} class="card">
            <p class="as-written" dir="auto">${one.text ?? t('talk-gone')}</p>
            <p><strong>${t(`talk-state-${isAppealed(one) ? 'appealed' : one.state}`)}</strong>${one.reason && html` <span dir="auto">${one.reason}</span>`}
                ${into(one) && html` <a href=${`#statement-${into(one).number}`}>${t('talk-number', { n: String(into(one).number) })}</a>`}</p>
            ${['rejected', 'merged'].includes(one.state) && !isAppealed(one) && html`<${Appeal} statement=${one} onSent=${onSent} />`}
        </li>`)}</ul></section>`;
}

// --- all of it -------------------------------------------------------------------------------------------------------
function Change({ statement, onChanged }) {
    const [fault, setFault] = useState('');
    async function change(event) {
        setFault('');
        try {
            await put(`/api/v1/statements/${statement.id}/vote`, { choice: event.target.value, important: statement.my_vote.important });
            say(t('vote-saved'));
            await onChanged();
        } catch (error) {
            setFault(problemText(error));
        }
    }
    const field = `vote-${statement.number}`;
    return html`<label class="fine" for=${field}>${t('talk-my-vote')}</label> <select id=${field} value=${statement.my_vote.choice} onChange=${change}>
        ${CHOICES.map((one) => html`<option value=${one}>${t(`talk-${one}`)}</option>`)}</select>${fault && html`<span role="alert"> ${fault}</span>`}`;
}

const count = (tally, one) => html`<td class="num">${tally ? html`${number(tally[one])} <span class="fine">${percent(tally[one] / Math.max(1, tally.agree + tally.disagree + tally.pass), 0)}</span>` : '–'}</td>`;

function All({ talk, shown, decided, onChanged }) {
    return html`<section aria-labelledby="talk-all"><h2 id="talk-all">${t('talk-all')}</h2>
        ${talk.state !== 'closed' && talk.results !== 'always' && html`<p class="fine">${t(`talk-hidden-${talk.results}`)}</p>`}
        ${shown.length === 0 ? html`<p>${t('talk-none')}</p>` : html`<div class="table-scroll" tabindex="0" role="group" aria-labelledby="talk-all"><table class="data">
            <thead><tr><th scope="col">${t('talk-statement')}</th>${CHOICES.map((one) => html`<th scope="col" class="num">${t(`talk-${one}`)}</th>`)}</tr></thead>
            <tbody>${shown.map((one) => html`<tr key=${one.id} id=${`statement-${one.number}`}><th scope="row"><span class="fine">${number(one.number)}</span> <span dir="auto">${one.text ?? t('talk-gone')}</span>
                ${one.my_vote && talk.state === 'open' && html`<br /><${Change} statement=${one} onChanged=${onChanged} />`}</th>
                ${CHOICES.map((choice) => count(one.tally, choice))}</tr>`)}</tbody></table></div>`}
        ${decided.length > 0 && html`<details class="more-options"><summary>${t('talk-decided', { n: decided.length })}</summary>
            <ul>${decided.map((one) => html`<li key=${one.id}>${t('talk-number', { n: String(one.number) })}: ${t(`talk-state-${one.state}`)} <span dir="auto">${one.reason}</span></li>`)}</ul></details>`}
    </section>`;
}

function Join({ community, onJoined }) {
    const [fault, setFault] = useState('');
    async function join() {
        try {
            await post(`/api/v1/communities/${community}/join`, {});
            await onJoined();
        } catch (error) {
            setFault(error.status === 401 ? t('vote-sign-in') : problemText(error));
        }
    }
    return html`<section class="talk-vote"><p>${t('talk-join')}</p>
        <p><button type="button" class="button" onClick=${join}>${t('community-join')}</button></p>${fault && html`<p role="alert">${fault}</p>`}</section>`;
}

export default function Talk({ params }) {
    const found = useLoad(() => load(params.conversation), [params.conversation]);
    const talk = found.value?.talk;
    usePageTitle(localized(talk?.title) || t('talk'));
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { shown, decided, mine } = found.value;
    const again = () => found.reload({ quiet: true });
    const decides = talk.me?.moderator || session.value?.roles?.includes('operator');
    return html`<div class="page measure talk">
        <p><a href=${`/constitution/${talk.community_id}`}>${t('back-to-constitution')}</a></p>
        <${PageHeading} eyebrow=${t('talk')}><span dir="auto" lang=${languageOf(talk.title)}>${localized(talk.title)}</span><//>
        ${talk.text && html`<p class="lead" dir="auto" lang=${languageOf(talk.text)}>${localized(talk.text)}</p>`}
        ${talk.about?.amendment && html`<p><a href=${`/amendments/${talk.about.amendment}`}>${t('talk-about-amendment')}</a></p>`}
        ${talk.about?.article && html`<p><a href=${`/constitution/${talk.community_id}#article-${talk.about.article}`}>${t('talk-about-article')}</a></p>`}
        <p class="fine">${t('talk-counts', { people: talk.people, statements: talk.shown })}
            ${talk.state === 'closed' ? ` ${t('talk-closed')}` : talk.closes_at ? html` ${t('closes', { when: dateTime(talk.closes_at) })}` : ''}</p>
        ${decides && html`<p><a href=${`/conversations/${talk.id}/decide`}>${t('talk-decide', { n: talk.waiting ?? 0 })}</a></p>`}
        ${talk.state === 'open' && (talk.me?.member ? html`<${Vote} talk=${talk} onVoted=${again} /><${Say} talk=${talk} onSaid=${again} />`
        : html`<${Join} community=${talk.community_id} onJoined=${again} />`)}
        <${Mine} mine=${mine} shown=${shown} onSent=${again} />
        <${All} talk=${talk} shown=${shown} decided=${decided} onChanged=${again} />
    </div>`;
}
