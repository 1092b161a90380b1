// The studies a researcher may see, with progress as it happens.
import { html } from 'htm/preact';
import { list, loadSession, session, token } from '../../lib/api.js';
import { localized, t } from '../../lib/i18n.js';
import { useLoad, usePoll } from '../../lib/load.js';
import { Failed, Loading, PageHeading, usePageTitle } from '../../ui/parts.js';
import { ProgressBar, progressOf } from './progress.js';
import { SignIn, SignOut } from './signin.js';

const POLL_MS = 2000;
const isOperator = () => session.value?.roles?.includes('operator');

export default function Projects() {
    const found = useLoad(() => list('/api/v1/projects'), [token.value]);
    usePageTitle(t('nav-research'));
    useLoad(loadSession, [token.value]);
    usePoll(() => found.reload({ quiet: true }), POLL_MS, found.state === 'ready');
    if (found.state === 'failed' && [401, 403, 404].includes(found.error.status)) {
        return html`<${SignIn} onDone=${() => found.reload()} />`;
    }
    // A participant is signed in too, but has no study to look after.
    if (found.state === 'ready' && found.value.length === 0 && !token.value) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    return html`<div class="page">
        <div class="heading-row"><${PageHeading}>${t('projects-title')}<//><${SignOut} onDone=${() => found.reload()} /></div>
        <p class="actions"><a class="button primary" href="/research/new">${t('projects-make')}</a>
            ${isOperator() && html`<a class="button quiet" href="/research/webhooks">${t('projects-webhooks')}</a>`}</p>
        ${found.value.length === 0 && html`<p>${t('projects-none')}</p>`}
        <ul class="projects">${found.value.map((project) => {
        const progress = progressOf(project);
        return html`<li class="card project" key=${project.id}>
            <h2><a href=${`/research/projects/${project.id}`}><span dir="auto">${localized(project.name)}</span></a>
                ${project.simulated && html` <strong class="tag">${t('simulated')}</strong>`}</h2>
            <${ProgressBar} progress=${progress} label=${t('progress-label', { name: localized(project.name) })} />
            <p class="fine">${['items', 'participants', 'imported'].filter((one) => one !== 'imported' || progress.imported > 0)
            .map((one) => t(`project-${one}`, { n: progress[one] })).join(' · ')}</p></li>`;
    })}</ul>
    </div>`;
}
