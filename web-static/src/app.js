// The shell around every page: head, navigation, main, foot.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { LANGUAGES, language, loadAreas, setLanguage, t } from './lib/i18n.js';
import { here, match } from './lib/router.js';
import { THEMES, setTheme, theme } from './lib/theme.js';
import { routes } from './routes.js';
import { Failed, Loading, PageHeading, say, spoken, usePageTitle } from './ui/parts.js';
import { Sign } from './ui/hall.js';

const NAVIGATION = [
    { href: '/annotate', id: 'nav-annotate' },
    { href: '/constitution', id: 'nav-constitution' },
    { href: '/research', id: 'nav-research' },
];

function Navigation({ path }) {
    return html`<nav class="site-nav" aria-label=${t('nav-label')}>
        <ul>${NAVIGATION.map(({ href, id }) => html`<li><a href=${href}
            aria-current=${path === href ? 'page' : path.startsWith(href + '/') ? 'true' : undefined}>${t(id)}</a></li>`)}
        </ul>
    </nav>`;
}

function Preferences() {
    return html`<div class="preferences">
        <div class="preference">
            <label for="choose-language">${t('choose-language')}</label>
            <select id="choose-language" value=${language.value}
                onChange=${(event) => void setLanguage(event.target.value)}>
                ${LANGUAGES.map((one) => html`<option value=${one.code} lang=${one.code}>${one.name}</option>`)}
            </select>
        </div>
        <div class="preference">
            <label for="choose-theme">${t('choose-theme')}</label>
            <select id="choose-theme" value=${theme.value} onChange=${(event) => setTheme(event.target.value)}>
                ${THEMES.map((one) => html`<option value=${one}>${t(`theme-${one}`)}</option>`)}
            </select>
        </div>
    </div>`;
}

function LanguageSwitch() {
    const other = LANGUAGES.find((one) => one.code !== language.value);
    return html`<div class="language"><button type="button" class="language-switch" lang=${other.code} dir=${other.dir}
        onClick=${async () => { await setLanguage(other.code); say(other.name); }}>${other.name}</button></div>`;
}

function Head({ path, focus }) {
    return html`<header class=${focus ? 'site-head narrow-head' : 'site-head'}>
        <a class="wordmark" href="/" aria-label=${t('home-label')}><${Sign} /><span aria-hidden="true">Plenum</span></a>
        ${!focus && html`<${Navigation} path=${path} />`}
        <${LanguageSwitch} />
    </header>`;
}

function Foot() {
    return html`<footer class="site-foot">
        <p class="foot-words">${t('foot-words')}</p>
        <p><a href="/me">${t('nav-me')}</a></p>
        <${Preferences} />
    </footer>`;
}

function NotFound() {
    usePageTitle(t('not-found-title'));
    return html`<div class="page measure">
        <${PageHeading}>${t('not-found-title')}<//>
        <p>${t('not-found-text')}</p>
        <p><a class="button" href="/">${t('home-label')}</a></p>
    </div>`;
}

function routeFor(path) {
    for (const route of routes) {
        const params = match(route.pattern, path);
        if (params) return { route, params };
    }
    return { route: null, params: {} };
}

// The code and the words of a page, loaded together; the old page stays until the new one is there.
function usePage(path) {
    const [shown, show] = useState(null);
    useEffect(() => {
        let current = true;
        const { route, params } = routeFor(path);
        const found = (Page, error) => current && show({ Page, error, params, path, focus: Boolean(route?.focus) });
        if (!route) {
            found(NotFound);
        } else {
            Promise.all([route.load(), loadAreas(route.areas)]).then(
                ([module]) => found(module.default),
                () => found(null, { status: 0 }),
            );
        }
        return () => { current = false; };
    }, [path]);
    useEffect(() => { if (shown) scrollTo(0, 0); }, [shown?.path]);
    return shown;
}

function skipToMain(event) {
    event.preventDefault();
    document.getElementById('main').focus();
}

export function App() {
    const { path, search } = here.value;
    const shown = usePage(path);
    const focus = shown ? shown.focus : Boolean(routeFor(path).route?.focus);
    return html`
        <a class="skip-link" href="#main" onClick=${skipToMain}>${t('skip-to-main')}</a>
        <${Head} path=${path} focus=${focus} />
        <main id="main" tabindex="-1" aria-busy=${shown?.path === path ? undefined : 'true'}>
            ${!shown && html`<${Loading} />`}
            ${shown?.error && html`<div class="page"><${Failed} error=${shown.error} retry=${() => location.reload()} /></div>`}
            ${shown?.Page && html`<${shown.Page} key=${shown.path} params=${shown.params}
                query=${new URLSearchParams(search)} />`}
        </main>
        <${Foot} />
        <p class="visually-hidden" role="status" aria-live="polite">${spoken}</p>`;
}
