// My data: what is kept of me, what I may change, delete, or leave.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { del, getOrNull, listOrEmpty, loadSession, request, setToken } from '../lib/api.js';
import { dateTime } from '../lib/format.js';
import { localized, t } from '../lib/i18n.js';
import { forgetAll } from '../lib/kept.js';
import { useLoad } from '../lib/load.js';
import { changePerson, discardAll, flush, startOutbox, waiting } from '../lib/outbox.js';
import { ConditionsList } from '../ui/conditions.js';
import { News } from '../ui/news.js';
import { Dialog, ErrorSummary, Failed, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../ui/parts.js';
import { KeySettings } from './annotate/help.js';
import { answerWords, questionsOf } from './demographics.js';

async function load() {
    const session = await loadSession({ sure: true });
    const [demographics, reports] = session ? await Promise.all([getOrNull('/api/v1/me/demographics'), listOrEmpty('/api/v1/me/reports')]) : [];
    return { session, demographics, reports };
}

function AboutMe({ demographics, onDeleted }) {
    const [asking, setAsking] = useState(false);
    const [error, setError] = useState(null);
    const answers = demographics?.answers ?? {};
    const questions = questionsOf(demographics);
    const any = Object.keys(answers).length > 0;
    async function remove() {
        try {
            await del('/api/v1/me/demographics');
            setAsking(false);
            onDeleted();
        } catch (failure) {
            setError(failure);
        }
    }
    return html`<section class="card" aria-labelledby="about-title">
        <h2 id="about-title">${t('me-about')}</h2>
        ${!any && html`<p>${t('me-about-none')}</p>`}
        ${any && html`<dl class="summary">${questions.map((question) => html`<div>
            <dt dir="auto">${localized(question.label)}</dt><dd dir="auto">${answerWords(question, answers[question.id])}</dd></div>`)}</dl>`}
        <p class="actions">${questions.length > 0 && html`<a class="button" href="/me/demographics">${any ? t('me-about-change') : t('done-demographics-go')}</a>`}
            ${any && html`<button type="button" class="button danger" onClick=${() => setAsking(true)}>${t('me-about-delete')}</button>`}</p>
        <${Dialog} open=${asking} onClose=${() => setAsking(false)} title=${t('me-about-delete')}>
            <${ErrorSummary} errors=${error ? [{ text: problemText(error) }] : []} />
            <p>${t('me-about-delete-text')}</p>
            <p class="actions"><button type="button" class="button danger" onClick=${remove}>${t('me-about-delete-yes')}</button></p>
        <//>
    </section>`;
}

// What this person is in, and the way out of each.
function Joined({ title, list, place, onLeft }) {
    const [leaving, setLeaving] = useState(null);
    const [error, setError] = useState(null);
    const active = list.filter((one) => one.state === undefined || one.state === 'active');
    async function leave() {
        try {
            await del(`/api/v1/me/participations/${leaving.id}`);
            setLeaving(null);
            onLeft();
        } catch (failure) {
            setError(failure);
        }
    }
    if (active.length === 0) return null;
    return html`<section class="card">
        <h2>${title}</h2>
        <ul class="rows">${active.map((one) => html`<li class="joined" key=${one.id}>
            <a class="row-link" href=${`${place}/${one.id}`}><span dir="auto">${localized(one.name)}</span></a>
            <button type="button" class="button small" aria-label=${t('me-leave-one-label', { name: localized(one.name) })}
                onClick=${() => setLeaving(one)}>${t('me-leave-one')}</button>
            ${one.conditions && html`<details class="promise"><summary>${t('me-promise')}</summary>
                <p class="fine">${t('me-promise-text')}</p><${ConditionsList} conditions=${one.conditions} /></details>`}</li>`)}</ul>
        <${Dialog} open=${leaving !== null} onClose=${() => setLeaving(null)} title=${t('me-leave-one')}>
            <${ErrorSummary} errors=${error ? [{ text: problemText(error) }] : []} />
            <p><strong dir="auto">${localized(leaving?.name)}</strong></p>
            <p>${t('me-leave-one-text')}</p>
            <p class="actions"><button type="button" class="button danger" onClick=${leave}>${t('me-leave-one-yes')}</button></p>
        <//>
    </section>`;
}

// What this person said should not be here, and what was decided.
function Reported({ reports }) {
    if (reports.length === 0) return null;
    return html`<section class="card" aria-labelledby="reports-title">
        <h2 id="reports-title">${t('me-reports')}</h2>
        <ul class="plain-list">${reports.map((one) => html`<li key=${one.id}>
            <p><strong>${t(`reported-${one.reason}`)}</strong> <span class="fine"><span dir="auto">${localized(one.name)}</span> · ${dateTime(one.created_at)}</span></p>
            ${one.words && html`<p class="as-written" dir="auto">${one.words}</p>`}
            <p>${t(`report-${one.kind}-${one.state}`)} ${one.decision && html`<span dir="auto">${one.decision}</span>`}</p></li>`)}</ul>
    </section>`;
}

function Leave() {
    const [error, setError] = useState(null);
    async function leave() {
        try {
            await flush();
            await changePerson(async () => {
                await del('/api/v1/session').catch((failure) => { if (![401, 404].includes(failure.status)) throw failure; });
                // What the server has goes from here; what it has not (answers not sent, drafts) waits for its owner.
                await forgetAll('given');
                setToken(null);
            });
            location.replace('/');
        } catch (failure) {
            setError(failure);
        }
    }
    return html`<section class="card" aria-labelledby="leave-title">
        <h2 id="leave-title">${t('me-leave')}</h2>
        <${ErrorSummary} errors=${error ? [{ text: problemText(error) }] : []} />
        <p>${t('me-leave-text')}</p>
        ${waiting.value.length > 0 && html`<${Notice} kind="warning" title=${t('unsent', { count: waiting.value.length })}>
            <p>${t('me-leave-unsent')}</p>
            <p><button type="button" class="button" onClick=${() => flush()}>${t('try-again')}</button></p><//>`}
        <p class="actions"><button type="button" class="button" onClick=${leave}>${t('me-leave-go')}</button></p>
    </section>`;
}

// All of it, as a file that a program reads and a person can.
function Download() {
    const [error, setError] = useState(null);
    const [busy, setBusy] = useState(false);
    async function download() {
        if (busy) return;
        setBusy(true);
        setError(null);
        try {
            const response = await request('GET', '/api/v1/me/data', { accept: 'application/x-ndjson' });
            const link = document.createElement('a');
            link.href = URL.createObjectURL(await response.blob());
            link.download = 'plenum-my-data.jsonl';
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
            say(t('me-data-done'));
        } catch (failure) {
            setError(failure);
        }
        setBusy(false);
    }
    return html`<section class="card" aria-labelledby="data-title">
        <h2 id="data-title">${t('me-data')}</h2>
        <${ErrorSummary} errors=${error ? [{ text: problemText(error) }] : []} />
        <p>${t('me-data-text')}</p>
        <p class="actions"><button type="button" class="button" aria-disabled=${busy} onClick=${download}>${t('me-data-go')}</button></p>
    </section>`;
}

// The last thing there is to do here, behind a question: it can't be undone.
function Erase() {
    const [asking, setAsking] = useState(false);
    const [error, setError] = useState(null);
    async function erase() {
        try {
            await changePerson(async () => {
                await del('/api/v1/me', { body: { confirm: 'erase' } });
                for (const store of ['given', 'drafts']) await forgetAll(store);
                await discardAll();
                setToken(null);
            });
            location.replace('/');
        } catch (failure) {
            setError(failure);
        }
    }
    return html`<section class="card" aria-labelledby="erase-title">
        <h2 id="erase-title">${t('me-erase')}</h2>
        <p>${t('me-erase-text')}</p>
        <p class="actions"><button type="button" class="button danger" onClick=${() => setAsking(true)}>${t('me-erase')}</button></p>
        <${Dialog} open=${asking} onClose=${() => setAsking(false)} title=${t('me-erase')}>
            <${ErrorSummary} errors=${error ? [{ text: problemText(error) }] : []} />
            <p>${t('me-erase-sure')}</p>
            <p class="actions"><button type="button" class="button danger" onClick=${erase}>${t('me-erase-yes')}</button></p>
        <//>
    </section>`;
}

export default function Me({ query }) {
    const found = useLoad(load, []);
    useEffect(() => { void startOutbox(); }, []);
    usePageTitle(t('nav-me'));
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { session, demographics, reports } = found.value;
    if (!session) {
        return html`<div class="page measure"><${PageHeading}>${t('nav-me')}<//><p>${t('me-nobody')}</p>
            <p><a class="button primary" href="/join">${t('studies-join')}</a></p></div>`;
    }
    return html`<div class="page measure">
        <${PageHeading}>${t('nav-me')}<//>
        ${query.get('saved') && html`<${Notice} kind="good" role="status" title=${t('me-saved')} />`}
        <${News} />
        <${Joined} title=${t('studies-title')} list=${session?.projects ?? []} place="/annotate" onLeft=${() => found.reload()} />
        <${Joined} title=${t('me-communities')} list=${session?.communities ?? []} place="/constitution" onLeft=${() => found.reload()} />
        <${Reported} reports=${reports} />
        <${AboutMe} demographics=${demographics} onDeleted=${() => found.reload()} />
        <details class="card fold"><summary>${t('keys-title')}</summary><${KeySettings} /></details>
        <${Download} />
        <${Leave} />
        <${Erase} />
    </div>`;
}
