// What people have reported, of a study or a community, for those who decide.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { list, put, token } from '../../lib/api.js';
import { dateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { markdown } from '../../lib/markdown.js';
import { ErrorSummary, Failed, Loading, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { SignIn } from './signin.js';

const REASON_MAX = 2000;

const Text = ({ content }) => html`<div class="text" dir="auto">${markdown(String(content ?? ''))}</div>`;

// Behind a fold: it may be what nobody should have to read twice.
function Content({ report }) {
    const { kind, content, object_id } = report;
    if (kind === 'amendment') return html`<p><a href=${`/amendments/${object_id}`}>${t('reports-amendment')}</a></p>`;
    if (content === null) return html`<p class="fine">${t('reports-gone')}</p>`;
    return html`<details class="more-options"><summary>${t('reports-content')}</summary>
        <h4>${t('reports-prompt')}</h4>${content.prompt.map((one, i) => html`<${Text} key=${i} content=${one.content} />`)}
        <h4>${t('reports-responses')}</h4><ol>${content.responses.map((one, i) => html`<li key=${i}><${Text} content=${one} /></li>`)}</ol>
    </details>`;
}

function Decide({ report, at, reload }) {
    const [reason, setReason] = useState('');
    const [errors, setErrors] = useState([]);
    const field = `reason-${report.id}`;
    async function decide(state) {
        setErrors(reason.trim() === '' ? [{ field, text: t('reports-reason-missing') }] : []);
        if (reason.trim() === '') return;
        try {
            await put(`${at}/${report.id}`, { state, reason });
            say(t('reports-decided'));
            await reload({ quiet: true });
        } catch (error) {
            setErrors([{ text: problemText(error) }]);
        }
    }
    return html`<form novalidate onSubmit=${(event) => event.preventDefault()}>
        <${ErrorSummary} errors=${errors} />
        <div class="field"><label for=${field}>${t('reports-reason')}</label><p class="fine" id=${`${field}-hint`}>${t('reports-reason-hint')}</p>
            <textarea id=${field} rows="2" dir="auto" maxlength=${REASON_MAX} aria-describedby=${`${field}-hint`} value=${reason}
                onInput=${(event) => setReason(event.target.value)}></textarea></div>
        <p class="actions">
            ${report.state !== 'dismissed' && html`<button type="button" class="button" onClick=${() => void decide('dismissed')}>${t(report.hidden ? 'reports-show' : 'reports-dismiss')}</button>`}
            ${report.state !== 'upheld' && html`<button type="button" class="button danger" onClick=${() => void decide('upheld')}>${t(report.kind === 'item' ? 'reports-hide' : 'reports-uphold')}</button>`}
        </p>
    </form>`;
}

function One({ report, at, reload }) {
    return html`<li class="card">
        <h3>${t(`reported-${report.reason}`)}</h3>
        <p class="fine"><time datetime=${report.created_at}>${dateTime(report.created_at)}</time> · ${t('reports-by', { who: report.reporter.slice(-6) })}</p>
        ${report.words && html`<p class="as-written" dir="auto">${report.words}</p>`}
        <${Content} report=${report} />
        ${report.state === 'open' ? html`<${Decide} report=${report} at=${at} reload=${reload} />` : html`
            <p><strong>${t(`report-${report.kind}-${report.state}`)}</strong> <span dir="auto">${report.decision}</span></p>
            <details class="more-options"><summary>${t('reports-otherwise')}</summary><${Decide} report=${report} at=${at} reload=${reload} /></details>`}
    </li>`;
}

export default function Reports({ params }) {
    const at = params.project ? `/api/v1/projects/${params.project}/reports` : `/api/v1/communities/${params.community}/reports`;
    const found = useLoad(() => list(at), [at, token.value]);
    usePageTitle(t('reports-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    const [open, decided] = [true, false].map((is) => found.value.filter((one) => (one.state === 'open') === is));
    const rows = (reports) => html`<ul class="plain-list">${reports.map((one) => html`<${One} key=${`${one.id} ${one.state}`} report=${one} at=${at} reload=${found.reload} />`)}</ul>`;
    return html`<div class="page measure research">
        <p><a href=${params.project ? `/research/projects/${params.project}` : `/constitution/${params.community}`}>${t(params.project ? 'reports-back-study' : 'reports-back-community')}</a></p>
        <${PageHeading}>${t('reports-title')}<//>
        <p>${t('reports-text')}</p>
        <h2>${t('reports-open')}</h2>
        ${open.length === 0 ? html`<p>${t('reports-none')}</p>` : rows(open)}
        ${decided.length > 0 && html`<h2>${t('reports-done')}</h2>${rows(decided)}`}
    </div>`;
}
