// A community's constitution: the tree of articles, which of them nobody can change, and what is proposed now.
import { html } from 'htm/preact';
import { isImmutable, treeOf } from '../lib/articles.js';
import { get, listOrEmpty, loadSession, session } from '../lib/api.js';
import { dateTime } from '../lib/format.js';
import { languageOf, localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { Failed, Loading, PageHeading, usePageTitle } from '../ui/parts.js';

async function load(community) {
    const at = `/api/v1/communities/${community}`;
    const [document, amendments, talks] = await Promise.all([get(`${at}/constitution`), listOrEmpty(`${at}/amendments`), listOrEmpty(`${at}/conversations`),
        loadSession().catch(() => null)]);
    return { document, amendments, talks };
}

const looksAfter = (community) => session.value?.roles?.includes('operator') ||
    session.value?.communities?.some((one) => one.id === community && one.roles.includes('steward'));

const isOpen = (one) => ['open', 'review'].includes(one.state);

// An amendment is called by the articles it touches, as they would be called after it.
export function amendmentTitle(one, tree) {
    const titles = one.operations.map((op) => localized(op.title) || localized(tree.nodes.get(op.article)?.title) || op.article);
    return titles.filter(Boolean).join(' · ') || t('amendment-untitled');
}

function Amendments({ id, title, list, none, tree }) {
    return html`<section aria-labelledby=${id} class="aside-list">
        <h2 id=${id}>${title}</h2>
        ${list.length === 0 && none && html`<p>${none}</p>`}
        <ul class="rows">${list.map((one) => html`<li>
            <a class="row-link" href=${`/amendments/${one.id}`}>
                <span class="row-text" dir="auto">${amendmentTitle(one, tree)}</span>
                <span class="row-side">${isOpen(one) ? t('closes', { when: dateTime(one.closes_at) }) : t(`state-${one.state}`)}</span>
            </a></li>`)}</ul>
    </section>`;
}

function Talks({ talks, community }) {
    const begins = looksAfter(community);
    if (talks.length === 0 && !begins) return null;
    return html`<section aria-labelledby="talks-title" class="aside-list">
        <h2 id="talks-title">${t('talks')}</h2>
        <ul class="rows">${talks.map((one) => html`<li><a class="row-link" href=${`/conversations/${one.id}`}>
            <span class="row-text" dir="auto">${localized(one.title)}</span><span class="row-side">${t(one.state === 'open' ? 'talk-people' : 'talk-ended', { n: one.people })}</span></a></li>`)}</ul>
        ${begins && html`<p><a href=${`/constitution/${community}/talk`}>${t('talk-begin-one')}</a></p>`}
    </section>`;
}

function Article({ article, depth, own }) {
    const Title = `h${Math.min(6, depth + 2)}`;
    const fixed = isImmutable(article);
    return html`<li class=${`article depth-${Math.min(depth, 3)}${fixed ? ' fixed' : ''}`} id=${`article-${article.id}`}>
        <div class="article-body">
            <span class="article-number" aria-hidden="true">${article.number}</span>
            <div>
                <${Title} class="article-title" dir="auto" lang=${languageOf(article.title, own)}>${localized(article.title)}<//>
                ${!fixed && article.level && html`<p class="level">${t(`level-${article.level}`)}</p>`}
                ${fixed && html`<p class="fixed-tag">${t('article-immutable')}</p>`}
                ${article.text && html`<p class="article-text" dir="auto" lang=${languageOf(article.text, own)}>${localized(article.text)}</p>`}
            </div>
        </div>
        ${article.children.length > 0 && html`<ol class="articles">${article.children.map((child) => html`
            <${Article} key=${child.id} article=${child} depth=${depth + 1} own=${own} />`)}</ol>`}
    </li>`;
}

export default function Constitution({ params }) {
    const found = useLoad(() => load(params.community), [params.community]);
    const { title, name: own, community } = found.value?.document ?? {};
    const name = title ?? own ?? community?.name;
    usePageTitle(localized(name) || t('nav-constitution'));
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { document, amendments, talks } = found.value;
    const tree = treeOf(document.articles);
    const decided = amendments.filter((one) => !isOpen(one));
    return html`<div class="page constitution">
        <${PageHeading} eyebrow=${t('constitution-version', { version: String(document.version) })}>
            <span dir="auto">${localized(name) || t('nav-constitution')}</span><//>
        ${document.preamble ? html`<p class="preamble" dir="auto" lang=${languageOf(document.preamble, document.language)}>${localized(document.preamble)}</p>` : ''}
        <p class="lead">${t('constitution-lead')}</p>
        <div class="with-aside">
            <section aria-label=${t('articles')}>
                <ol class="articles top">${tree.roots.map((one) => html`<${Article} key=${one.id} article=${one} depth=${0} own=${document.language} />`)}</ol>
            </section>
            <div class="aside">
                <${Amendments} id="open-title" title=${t('amendments-open')} list=${amendments.filter(isOpen)}
                    none=${t('amendments-none')} tree=${tree} />
                <${Talks} talks=${talks} community=${params.community} />
                ${looksAfter(params.community) && html`<p><a href=${`/constitution/${params.community}/reports`}>${t('community-reports')}</a></p>`}
                ${decided.length > 0 && html`<${Amendments} id="decided-title" title=${t('amendments-decided')} list=${decided} tree=${tree} />`}
            </div>
        </div>
    </div>`;
}
