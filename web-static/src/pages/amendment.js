// One amendment: the clause in its place, the redline, who, what it cost, the rule, the deadline; a vote; a receipt.
import { html } from 'htm/preact';
import { useMemo, useState } from 'preact/hooks';
import { treeOf } from '../lib/articles.js';
import { get, getOrNull, loadSession, post, put, session } from '../lib/api.js';
import { dateTime, number } from '../lib/format.js';
import { has, localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { redline } from '../lib/redline.js';
import { ErrorSummary, Failed, Loading, Notice, PageHeading, problemText, say, usePageTitle } from '../ui/parts.js';
import { Report } from '../ui/report.js';
import { amendmentTitle } from './constitution.js';

async function load(id) {
    const [amendment] = await Promise.all([get(`/api/v1/amendments/${id}`), loadSession().catch(() => null)]);
    const at = `/api/v1/communities/${amendment.community_id}`;
    const document = await getOrNull(`${at}/constitution?version=${amendment.base_version}`);
    return { amendment, document };
}

const isMember = (community) => session.value?.communities?.some((one) => one.id === community) ?? false;

// The clause, and what stands around it.
function Operation({ operation, tree }) {
    const article = operation.op === 'add' ? null : tree.nodes.get(operation.article);
    const parent = tree.nodes.get(article?.parent ?? operation.parent);
    const title = operation.title ?? article?.title;
    const before = operation.op === 'add' ? '' : localized(article?.text);
    const after = operation.op === 'remove' ? '' : localized(operation.text ?? article?.text);
    const around = parent ? parent.children : tree.roots;
    const neighbour = (one) => html`<li class="neighbour" key=${one.id}>
        <span class="article-number">${one.number}</span> <span dir="auto">${localized(one.title)}</span></li>`;
    const changed = html`<li class="changed" key="changed">
        <h3 dir="auto"><span class="article-number">${article?.number ?? t('article-new')}</span>${' '}
            ${operation.title !== undefined && article && localized(operation.title) !== localized(article.title)
        ? redline(localized(article.title), localized(operation.title))
        : localized(title)}</h3>
        <p class="redline" dir="auto">${redline(before, after)}</p>
        <p class="fine">${t('redline-legend')}</p>
    </li>`;
    // Where it stands, or where it would: behind the sibling it names, else last.
    const rows = around.flatMap((one) => {
        if (one.id === article?.id) return [changed];
        return operation.op === 'add' && operation.after === one.id ? [neighbour(one), changed] : [neighbour(one)];
    });
    if (!rows.includes(changed)) rows.push(changed);
    return html`<article class="operation">
        <p class="eyebrow">${t(`operation-${operation.op}`)}</p>
        ${parent && html`<p class="place"><span class="article-number">${parent.number}</span> <span dir="auto">${localized(parent.title)}</span></p>`}
        <ol class="place-list">${rows}</ol>
    </article>`;
}

function Facts({ amendment }) {
    const { rule } = amendment;
    const quorum = Number(rule.quorum ?? rule.min_votes ?? 1);
    const passes = rule.kind === 'two_thirds' ? t('rule-two-thirds') : t('rule-majority');
    return html`<dl class="facts">
        <div><dt>${t('amendment-state')}</dt><dd>${t(`state-${amendment.state}`)}</dd></div>
        <div><dt>${t('amendment-proposer')}</dt><dd>${amendment.proposer ? t('member', { short: amendment.proposer.slice(-6) }) : '–'}
            ${amendment.simulated && html` <strong class="tag">${t('simulated')}</strong>`}</dd></div>
        <div><dt>${t('amendment-cost')}</dt><dd>${t('amendment-cost-words', { cost: Number(amendment.cost ?? 0) })}</dd></div>
        <div><dt>${t('amendment-rule')}</dt><dd>${passes} ${t('rule-quorum', { quorum })}</dd></div>
        <div><dt>${t('amendment-deadline')}</dt><dd>${amendment.closes_at ? html`<time datetime=${amendment.closes_at}>${dateTime(amendment.closes_at)}</time>` : '–'}</dd></div>
        <div><dt>${t('amendment-base')}</dt><dd>${t('constitution-version', { version: String(amendment.base_version) })}</dd></div>
    </dl>`;
}

function Tally({ amendment }) {
    const { tally } = amendment;
    if (!tally) return html`<p class="fine">${t('tally-hidden')}</p>`;
    return html`<table class="tally"><caption>${t('tally-title')}</caption>
        <thead><tr>${['yes', 'no', 'abstain'].map((one) => html`<th scope="col">${t(`vote-${one}`)}</th>`)}</tr></thead>
        <tbody><tr>${['yes', 'no', 'abstain'].map((one) => html`<td>${number(tally[one] ?? 0)}</td>`)}</tr></tbody>
    </table>`;
}

// A receipt is the person's to keep: made here as a file, without a request.
function save(receipt, id) {
    const text = typeof receipt === 'string' ? receipt : JSON.stringify(receipt, null, 2);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text + '\n'], { type: 'text/plain' }));
    link.download = `plenum-receipt-${id.slice(0, 12)}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function Receipt({ receipt, id }) {
    const text = typeof receipt === 'string' ? receipt : JSON.stringify(receipt, null, 2);
    return html`<section class="receipt" aria-labelledby="receipt-title">
        <h3 id="receipt-title">${t('receipt-title')}</h3>
        <p>${t('receipt-text')}</p>
        <pre dir="ltr" tabindex="0" aria-label=${t('receipt-title')}>${text}</pre>
        <p><button type="button" class="button" onClick=${() => save(receipt, id)}>${t('receipt-save')}</button></p>
    </section>`;
}

function Ballot({ amendment, onVoted }) {
    const mine = amendment.my_vote?.choice ?? null;
    const [chosen, setChosen] = useState(null);
    const [busy, setBusy] = useState(false);
    const [errors, setErrors] = useState([]);
    const [receipt, setReceipt] = useState(amendment.my_vote?.receipt ?? null);
    const [standing, setStanding] = useState(false);

    async function submit(event) {
        event.preventDefault();
        if (!chosen) {
            setErrors([{ field: 'vote-yes', text: t('vote-choose') }]);
            return;
        }
        setBusy(true);
        setErrors([]);
        try {
            const answer = await put(`/api/v1/amendments/${amendment.id}/vote`, { choice: chosen });
            setReceipt(answer.receipt);
            say(t('vote-saved'));
            await onVoted();
        } catch (error) {
            setStanding([401, 403, 404].includes(error.status));
            setErrors([{ text: [401, 403, 404].includes(error.status) ? t('vote-no-standing') : problemText(error) }]);
        }
        setBusy(false);
    }
    async function join() {
        try {
            await post(`/api/v1/communities/${amendment.community_id}/join`, {});
            setErrors([]);
            setStanding(false);
            say(t('community-joined'));
        } catch (error) {
            setErrors([{ text: error.status === 401 ? t('vote-sign-in') : problemText(error) }]);
        }
    }

    return html`<section class="ballot" aria-labelledby="ballot-title">
        <h2 id="ballot-title">${t('vote-title')}</h2>
        <form onSubmit=${submit} novalidate>
            <${ErrorSummary} errors=${errors} />
            ${standing && html`<p><button type="button" class="button" onClick=${join}>${t('community-join')}</button></p>`}
            <fieldset class="vote-set">
                <legend>${mine ? t('vote-change', { choice: t(`vote-${mine}`) }) : t('vote-legend')}</legend>
                ${['yes', 'no', 'abstain'].map((one) => html`<label class="choice" for=${`vote-${one}`}>
                    <input type="radio" id=${`vote-${one}`} name="vote" value=${one} checked=${chosen === one}
                        onChange=${() => setChosen(one)} /><span>${t(`vote-${one}`)}</span></label>`)}
            </fieldset>
            <button class="button primary" disabled=${busy}>${t('vote-send')}</button>
        </form>
        ${receipt && html`<${Receipt} receipt=${receipt} id=${amendment.id} />`}
    </section>`;
}

function Closed({ amendment }) {
    const { outcome } = amendment;
    return html`<${Notice} kind=${outcome?.adopted ? 'good' : 'plain'} title=${t('vote-closed')}>
        ${outcome && html`<p>${t(`state-${amendment.state}`)}. ${has(`outcome-${outcome.reason}`) ? t(`outcome-${outcome.reason}`) : outcome.reason}</p>`}
        ${amendment.my_vote && html`<${Receipt} receipt=${amendment.my_vote.receipt} id=${amendment.id} />`}
    <//>`;
}

export default function Amendment({ params }) {
    const found = useLoad(() => load(params.amendment), [params.amendment]);
    const tree = useMemo(() => treeOf(found.value?.document?.articles), [found.value]);
    const title = found.value ? amendmentTitle(found.value.amendment, tree) : '';
    usePageTitle(title || t('amendment'));
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { amendment } = found.value;
    const open = amendment.state === 'open' && (!amendment.closes_at || new Date(amendment.closes_at) > new Date());
    return html`<div class="page amendment">
        <p><a href=${`/constitution/${amendment.community_id}`}>${t('back-to-constitution')}</a></p>
        <${PageHeading} eyebrow=${t('amendment')}><span dir="auto">${title}</span><//>
        <div class="with-aside">
            <div>
                <section aria-labelledby="change-title">
                    <h2 id="change-title">${t('amendment-change')}</h2>
                    ${amendment.operations.map((one, i) => html`<${Operation} key=${i} operation=${one} tree=${tree} />`)}
                </section>
                <section aria-labelledby="rationale-title">
                    <h2 id="rationale-title">${t('amendment-rationale')}</h2>
                    ${localized(amendment.rationale).split(/\n{2,}/).map((one) => html`<p class="rationale-text" dir="auto">${one}</p>`)}
                </section>
                ${open ? html`<${Ballot} amendment=${amendment} onVoted=${() => found.reload({ quiet: true })} />`
        : html`<${Closed} amendment=${amendment} />`}
                ${isMember(amendment.community_id) && html`<${Report} path=${`/api/v1/amendments/${amendment.id}/report`} />`}
            </div>
            <aside class="aside" aria-label=${t('amendment-facts')}><${Facts} amendment=${amendment} /><${Tally} amendment=${amendment} /></aside>
        </div>
    </div>`;
}
