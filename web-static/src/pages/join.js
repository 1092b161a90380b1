// An invitation: what the study is, what is kept, and a consent that is given and not assumed.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { getOrNull, loadSession, post, setToken } from '../lib/api.js';
import { localized, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { changePerson } from '../lib/outbox.js';
import { navigate } from '../lib/router.js';
import { uuid } from '../lib/uuid.js';
import { ConditionsList } from '../ui/conditions.js';
import { WayBack } from '../ui/panel.js';
import { ErrorSummary, Failed, Loading, Notice, PageHeading, problemText, usePageTitle } from '../ui/parts.js';

function CodeForm({ dead }) {
    const [code, setCode] = useState('');
    function submit(event) {
        event.preventDefault();
        // People paste the whole address as often as the code.
        const found = /[?&]code=([^&\s]+)/.exec(code);
        const value = found ? decodeURIComponent(found[1]) : code.trim();
        if (value) navigate(`/join?code=${encodeURIComponent(value)}`);
    }
    return html`<form class="page measure" onSubmit=${submit}>
        <${ErrorSummary} errors=${dead ? [{ field: 'code', text: t('join-code-unknown') }] : []} />
        <${PageHeading}>${t('join-code-title')}<//>
        <p>${t('join-code-text')}</p>
        <div class="field">
            <label for="code">${t('join-code-label')}</label>
            <input id="code" name="code" type="text" autocomplete="off" spellcheck=${false} dir="ltr" required
                value=${code} onInput=${(event) => setCode(event.target.value)} />
        </div>
        <button class="button primary">${t('continue')}</button>
    </form>`;
}

// Where one comes to by joining: a study, or a community.
const placeOf = (one) => (one.project_id ? `/annotate/${one.project_id}` : `/constitution/${one.community_id}`);

// What of the link is the panel's: the parameters that the study names, and what signs them.
function panelOf(info, query) {
    const names = [...Object.values(info.panel.parameters), 'expires', 'signature'];
    return Object.fromEntries(names.filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
}

// Why somebody does not get in from a panel: by the type of the problem.
const PANEL_PROBLEMS = { panel_signature: 'signature', panel_expired: 'expired', submission_returned: 'returned', submission_timed_out: 'timed-out' };

function NotFromPanel({ panel, why }) {
    return html`<div class="page measure">
        <${PageHeading}>${t(`panel-${why}-title`, { panel: panel.name })}<//>
        <p>${t(`panel-${why}-text`, { panel: panel.name })}</p>
    </div>`;
}

function Declined({ panel, back }) {
    return html`<div class="page measure">
        <${PageHeading}>${t('panel-declined-title')}<//>
        <p>${t('panel-declined-text', { panel: panel.name })}</p>
        <${WayBack} panel=${panel.name} way=${panel.no_consent} />
        <p><button type="button" class="button quiet" onClick=${back}>${t('panel-declined-back')}</button></p>
    </div>`;
}

function Kept() {
    return html`<section aria-labelledby="kept-title">
        <h2 id="kept-title">${t('join-kept-title')}</h2>
        <dl class="kept">
            ${['answers', 'time', 'about', 'name'].map((one) => html`<div>
                <dt>${t(`join-kept-${one}`)}</dt><dd>${t(`join-kept-${one}-text`)}</dd></div>`)}
        </dl>
    </section>`;
}

function Consent({ code, info, query }) {
    const [agreed, setAgreed] = useState(false);
    const [busy, setBusy] = useState(false);
    const [errors, setErrors] = useState([]);
    const [declined, setDeclined] = useState(false);
    const [refused, setRefused] = useState(null);
    // One for as often as the button is pressed: an invitation may be good for one use, and the answer may get lost.
    const [key] = useState(uuid);
    const study = localized(info.name);
    const consent = info.consent ?? {};
    const isStudy = info.kind !== 'community';

    async function submit(event) {
        event.preventDefault();
        if (!agreed) {
            setErrors([{ field: 'agree', text: t('join-consent-missing') }]);
            return;
        }
        setBusy(true);
        try {
            // A person in this browser, not a token in this tab, is who judges from here on.
            setToken(null);
            const version = consent.version;
            const joined = await changePerson(() => post('/api/v1/join', { code, ...(version == null ? {} : { consent: { version } }),
                ...(info.conditions ? { conditions: { version: info.conditions.version } } : {}),
                ...(info.panel ? { panel: panelOf(info, query) } : {}) }, { key }));
            navigate(placeOf(joined), { replace: true });
        } catch (error) {
            setBusy(false);
            const why = info.panel && (error.status === 410 ? 'full' : PANEL_PROBLEMS[error.type]);
            if (why) setRefused(why);
            else setErrors([{ text: [404, 410].includes(error.status) ? t('join-code-unknown') : problemText(error) }]);
        }
    }

    if (refused) return html`<${NotFromPanel} panel=${info.panel} why=${refused} />`;
    if (declined) return html`<${Declined} panel=${info.panel} back=${() => setDeclined(false)} />`;
    return html`<form class="page measure" onSubmit=${submit} novalidate>
        <${ErrorSummary} errors=${errors} />
        <${PageHeading} eyebrow=${t(isStudy ? 'join-eyebrow' : 'join-eyebrow-community')}><span dir="auto">${study || t('join-title')}</span><//>
        ${info.simulated && html`<p><strong class="tag">${t('simulated')}</strong> ${t('join-simulated')}</p>`}
        ${info.warning && html`<${Notice} kind="warning" title=${t('content-warning')}>
            <p dir="auto">${localized(info.warning)}</p><//>`}
        ${info.conditions && html`<section aria-labelledby="conditions-title">
            <h2 id="conditions-title">${t('conditions-title')}</h2>
            <${ConditionsList} conditions=${info.conditions} />
        </section>`}
        <section class="consent-text" aria-labelledby="consent-title">
            <h2 id="consent-title">${t('join-consent-title')}</h2>
            <div dir="auto">${(localized(consent.text) || t(isStudy ? 'join-consent-default' : 'join-consent-community')).split(/\n{2,}/).map((one) => html`<p>${one}</p>`)}</div>
        </section>
        ${isStudy && html`<${Kept} />`}
        <div class=${errors.some((one) => one.field) ? 'field has-error' : 'field'}>
            <label class="choice" for="agree">
                <input type="checkbox" id="agree" checked=${agreed} aria-describedby=${errors.some((one) => one.field)
        ? 'agree-error' : undefined} onChange=${(event) => setAgreed(event.target.checked)} />
                <span>${t('join-agree')}</span>
            </label>
            ${errors.some((one) => one.field) && html`<p class="field-error" id="agree-error">${t('join-consent-missing')}</p>`}
        </div>
        <p class="actions">
            <button class="button primary" disabled=${busy}>${t('join-start')}</button>
            ${info.panel ? html`<button type="button" class="button quiet" onClick=${() => setDeclined(true)}>${t('join-decline')}</button>`
        : html`<a class="button quiet" href="/">${t('join-decline')}</a>`}
        </p>
        ${consent.version != null && html`<p class="fine">${t('join-consent-version', { version: String(consent.version) })}</p>`}
    </form>`;
}

// An invitation opens once; who has come in by it goes on from here.
function Already({ info }) {
    return html`<div class="page measure">
        <${PageHeading} eyebrow=${t('join-already')}><span dir="auto">${localized(info.name)}</span><//>
        <p><a class="button primary" href=${placeOf(info)}>${t('stopped-resume')}</a></p>
    </div>`;
}

// The invitation, and whether this browser's person has used it. {info: null} when it is dead.
async function load(code) {
    const [info, session] = await Promise.all([getOrNull(`/api/v1/join?code=${encodeURIComponent(code)}`), loadSession()]);
    const mine = [...(session?.projects ?? []), ...(session?.communities ?? [])];
    const already = info && mine.some((one) => one.id === (info.project_id ?? info.community_id) && one.state === 'active');
    return { info, already };
}

export default function Join({ query }) {
    const code = query.get('code');
    const found = useLoad(async () => (code ? load(code) : null), [code]);
    usePageTitle(t('join-eyebrow'));
    if (!code) return html`<${CodeForm} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page measure"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const { info, already } = found.value;
    // From a panel who is in is told by the link, not by this browser.
    if (already && !info.panel) return html`<${Already} info=${info} />`;
    if (info === null) return html`<${CodeForm} dead=${true} />`;
    if (info.panel && !query.get(info.panel.parameters.id)) return html`<${NotFromPanel} panel=${info.panel} why="elsewhere" />`;
    return html`<${Consent} code=${code} info=${info} query=${query} />`;
}
