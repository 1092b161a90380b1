// Starts the page: theme and language before the first paint of content, then the router.
import { render } from 'preact';
import { html } from 'htm/preact';
import { App } from './app.js';
import { initialLanguage, loadAreas, setLanguage } from './lib/i18n.js';
import { startRouter } from './lib/router.js';
import { applyTheme } from './lib/theme.js';

applyTheme();
const root = document.getElementById('app');
await Promise.all([
    loadAreas(['core']),
    setLanguage(initialLanguage(), { remember: false }),
]);
await loadAreas(['core']);
startRouter();
render(html`<${App} />`, root);
