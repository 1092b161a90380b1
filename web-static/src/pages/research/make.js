// A study is made: from a kind of task, a preset, or another study (?from=ID), with the task as it will be seen beside it.
import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { get, listOrEmpty, post, token } from '../../lib/api.js';
import { useDraft } from '../../lib/draft.js';
import { languageOf, LANGUAGES, localized, t, written } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { markdown } from '../../lib/markdown.js';
import { here, navigate } from '../../lib/router.js';
import { uuid } from '../../lib/uuid.js';
import { ErrorSummary, Failed, Loading, PageHeading, problemText, say, usePageTitle } from '../../ui/parts.js';
import { knownField, KnownFields, knownOf, knownRequest, knownWrong, KNOWN_NONE } from './known.js';
import { Preview } from './preview.js';
import { SignIn } from './signin.js';
import { TargetFields, TARGETS_NONE, readOf, targetsWrong } from './targetfields.js';
import { quotasOf } from './targets.js';
import { blank, HindsightAlone, KINDS, Select, taskFault, TaskFields } from './task.js';
import { TERMS_MEMBERS, TERMS_NONE, TermsFields, termsField, termsOf, termsRequest, termsWrong } from './terms.js';

// Of a study that is copied, what belongs to the new one too. People, answers and invitations stay where they are.
const COPIED = ['language', 'quotas', 'blind', 'lease_seconds', 'simulated'];
const STRATEGIES = ['least_judged', 'random', 'uncertainty', 'd_optimal', 'group_disagreement'];
const PER_ITEM_MAX = 1000, REPEATS_MAX = 50;

// What the study will ask people about themselves: of a pack, or of the study that is copied.
function attributesOf({ terms }, packs) {
    const pack = packs.find((one) => one.name === terms.questions);
    return terms.questions === '' ? [] : pack?.attributes ?? terms.demographics?.attributes ?? [];
}
const targetsOf = (study) => study.targets ?? TARGETS_NONE;

const empty = () => ({ name: '', start: 'pairwise', task: blank('pairwise'), guideline: '', language: 'en', per_item: '3', strategy: STRATEGIES[0], repeats: '0', community: '', rest: {}, known: KNOWN_NONE, terms: TERMS_NONE });

function copyOf(project) {
    const rest = Object.fromEntries(COPIED.filter((one) => project[one] != null && one !== 'language').map((one) => [one, project[one]]));
    return {
        name: written('make-copy-of', { name: localized(project.name) }), start: 'copy', task: project.task, guideline: localized(project.guideline), language: project.language ?? 'en',
        per_item: String(project.judgments_per_item), strategy: project.strategy, repeats: String(Number(((project.repeat_share ?? 0) * 100).toFixed(4))), community: project.community_id ?? '', rest, guidelines: project.guideline, known: knownOf(project), terms: termsOf(project),
    };
}

async function load(from) {
    const [presets, packs, communities, project] = await Promise.all([get('/api/v1/presets'), get('/api/v1/demographics'), listOrEmpty('/api/v1/communities'),
        from ? get(`/api/v1/projects/${from}`) : null]);
    return { presets: presets.data, packs: packs.data, communities, project };
}

function requestOf(study, packs) {
    const { rest, task, guideline, community } = study;
    // Words in several languages stay so while the one on screen is not changed.
    const words = study.guidelines && localized(study.guidelines) === guideline ? study.guidelines : guideline;
    const targets = targetsOf(study), hasTargets = targets.text.trim() !== '';
    const quotas = hasTargets ? quotasOf(readOf(targets, attributesOf(study, packs)), targets) : null;
    // Of each item the cells say how many are wanted, unless others may work beside them.
    const isBySum = hasTargets && targets.unit === 'judgments' && targets.per === 'item' && !targets.open;
    return {
        ...rest, ...(quotas ? { quotas } : {}), ...termsRequest(study.terms), ...knownRequest(study.known, Boolean(task.chat)), name: study.name.trim(), language: study.language, ...(isBySum ? {} : { judgments_per_item: Number(study.per_item) }), task,
        ...((study.strategy ?? STRATEGIES[0]) === STRATEGIES[0] || task.chat ? {} : { strategy: study.strategy }),
        ...(Number(study.repeats ?? 0) > 0 && !task.chat ? { repeat_share: Number(study.repeats) / 100 } : {}),
        ...(guideline.trim() === '' ? {} : { guideline: words }), ...(community ? { community } : {}),
    };
}

function missingOf(study, packs) {
    const { task, known, terms } = study;
    const errors = [];
    if (study.name.trim() === '') errors.push({ field: 'study-name', text: t('make-name-missing') });
    const n = Number(study.per_item);
    if (!Number.isInteger(n) || n < 1 || n > PER_ITEM_MAX) errors.push({ field: 'study-per-item', text: t('make-per-item-wrong', { max: PER_ITEM_MAX }) });
    const repeats = Number(study.repeats ?? 0);
    if (!task.chat && !(repeats >= 0 && repeats <= REPEATS_MAX)) errors.push({ field: 'study-repeats', text: t('make-repeats-wrong', { max: REPEATS_MAX }) });
    return [...errors, ...termsWrong(terms), ...targetsWrong(targetsOf(study), attributesOf(study, packs)), ...knownWrong(known)];
}

const FIELDS = { name: 'study-name', language: 'study-language', judgments_per_item: 'study-per-item', strategy: 'study-strategy', repeat_share: 'study-repeats', guideline: 'study-guideline', community: 'study-community', quotas: 'targets-text' };

// The control that a pointer of the server's is about.
function fieldOf(pointer) {
    const [, first] = pointer.split('/');
    if (['onboarding', 'attention_share', 'session'].includes(first)) return knownField(pointer);
    if (TERMS_MEMBERS.includes(first)) return termsField(pointer);
    return FIELDS[first];
}

const errorsOf = (error) => (error.errors?.length > 0
    ? error.errors.map((one) => (one.pointer?.startsWith('/task') ? taskFault(one) : { field: fieldOf(one.pointer ?? ''), text: one.detail }))
    : [{ text: problemText(error) }]);

function Maker({ found, from }) {
    const { presets, packs, communities, project } = found;
    const [study, setStudy, forget] = useDraft(`plenum.study.${from ?? ''}`, () => (project ? copyOf(project) : empty()));
    const [errors, setErrors] = useState([]);
    const [busy, setBusy] = useState(false);
    const key = useRef(null);
    const change = (parts) => { key.current = null; setStudy((now) => ({ ...now, ...parts })); };
    const error = (field) => errors.find((one) => one.field === field)?.text;
    const starts = [...(project ? ['copy'] : []), ...KINDS, ...presets.map((one) => `preset:${one.name}`)];
    const presetOf = (start) => presets.find((one) => `preset:${one.name}` === start);
    const startWords = (one) => (one.startsWith('preset:') ? localized(presetOf(one).title)
        : one === 'copy' ? t('make-start-copy') : t(`make-start-${one}`));
    const begin = (start) => change({
        start,
        task: start === 'copy' ? project.task : presetOf(start)?.task ?? blank(start),
        ...(presetOf(start)?.demographics ? { terms: { ...study.terms, questions: presetOf(start).demographics } } : {}),
    });
    const source = presetOf(study.start)?.source;
    async function submit(event) {
        event.preventDefault();
        const wrong = missingOf(study, packs);
        setErrors(wrong);
        if (wrong.length > 0 || busy) return;
        setBusy(true);
        key.current ??= uuid();
        try {
            const made = await post('/api/v1/projects', requestOf(study, packs), { key: key.current });
            forget();
            say(t('make-made'));
            navigate(`/research/projects/${made.id}`);
        } catch (problem) {
            setErrors(errorsOf(problem));
            setBusy(false);
        }
    }
    return html`<div class="maker">
        <form novalidate onSubmit=${submit}>
            <${ErrorSummary} errors=${errors} />
            <div class="field"><label for="study-name">${t('make-name')}</label>
                <p class="fine" id="study-name-hint">${t('make-name-hint')}</p>
                ${error('study-name') && html`<p class="field-error" id="study-name-error">${error('study-name')}</p>`}
                <input id="study-name" type="text" dir="auto" maxlength="200" value=${study.name} aria-describedby="study-name-hint"
                    aria-invalid=${error('study-name') ? 'true' : undefined} onInput=${(event) => change({ name: event.target.value })} /></div>
            <${Select} id="study-start" label=${t('make-start')} hint=${t('make-start-hint')} value=${study.start} options=${starts} words=${startWords} onChange=${begin} />
            ${source && html`<p class="fine"><span dir="auto" lang="en">${source}</span></p>`}
            <${TaskFields} key=${study.start} task=${study.task} set=${(task) => change({ task })} errors=${errors.filter((one) => one.field === 'task-json')} />
            <${Select} id="study-community" label=${t('make-community')} hint=${t('make-community-hint')} value=${study.community}
                options=${['', ...communities.map((one) => one.id)]} onChange=${(community) => change({ community })}
                words=${(id) => (id ? localized(communities.find((one) => one.id === id).name) : t('make-community-none'))} />
            <${Select} id="study-language" label=${t('make-language')} value=${study.language} onChange=${(code) => change({ language: code })}
                options=${[...new Set([...LANGUAGES.map((one) => one.code), study.language])]}
                words=${(code) => LANGUAGES.find((one) => one.code === code)?.name ?? code} />
            <div class="field"><label for="study-guideline">${t('make-guideline')}</label>
                <p class="fine" id="study-guideline-hint">${t('make-guideline-hint')}</p>
                <textarea id="study-guideline" rows="6" dir="auto" value=${study.guideline} aria-describedby="study-guideline-hint"
                    onInput=${(event) => change({ guideline: event.target.value })}></textarea>
                ${study.guideline.trim() !== '' && html`<details><summary>${t('make-guideline-seen')}</summary>
                    <div class="text card" dir="auto" lang=${languageOf(study.guideline)}>${markdown(study.guideline)}</div></details>`}</div>
            <${TermsFields} terms=${study.terms} set=${(terms) => change({ terms })} errors=${errors} packs=${packs} />
            ${!study.task.chat && attributesOf(study, packs).length > 0 && html`<details open=${targetsOf(study).text !== '' || undefined}><summary>${t('targets-title')}</summary>
                <${TargetFields} targets=${targetsOf(study)} set=${(targets) => change({ targets })} attributes=${attributesOf(study, packs)} errors=${errors} /></details>`}
            <div class="field"><label for="study-per-item">${t('make-per-item')}</label>
                ${error('study-per-item') && html`<p class="field-error" id="study-per-item-error">${error('study-per-item')}</p>`}
                <input id="study-per-item" type="text" inputmode="numeric" size="5" value=${study.per_item}
                    aria-invalid=${error('study-per-item') ? 'true' : undefined} onInput=${(event) => change({ per_item: event.target.value })} /></div>
            <${HindsightAlone} task=${study.task} perItem=${study.per_item} />
            ${!study.task.chat && html`<${Select} id="study-strategy" label=${t('make-strategy')} hint=${t('make-strategy-hint')} value=${study.strategy ?? STRATEGIES[0]}
                options=${STRATEGIES} words=${(one) => t(`make-strategy-${one}`)} onChange=${(strategy) => change({ strategy })} />`}
            ${!study.task.chat && html`<div class="field"><label for="study-repeats">${t('make-repeats')}</label>
                <p class="fine" id="study-repeats-hint">${t('make-repeats-hint')}</p>
                ${error('study-repeats') && html`<p class="field-error" id="study-repeats-error">${error('study-repeats')}</p>`}
                <input id="study-repeats" type="text" inputmode="decimal" size="5" value=${study.repeats ?? '0'} aria-describedby="study-repeats-hint"
                    aria-invalid=${error('study-repeats') ? 'true' : undefined} onInput=${(event) => change({ repeats: event.target.value })} /></div>`}
            <${KnownFields} known=${study.known} set=${(known) => change({ known })} errors=${errors} isChat=${Boolean(study.task.chat)} />
            <p class="actions"><button class="button primary" disabled=${busy}>${t('make-go')}</button>
                <a class="button quiet" href="/research">${t('make-no')}</a></p>
        </form>
        <${Preview} task=${study.task} community=${study.community} />
    </div>`;
}

export default function Make() {
    const from = new URLSearchParams(here.value.search).get('from');
    const found = useLoad(() => load(from), [from, token.value]);
    usePageTitle(t('make-title'));
    if (found.state === 'failed' && found.error.status === 401) return html`<${SignIn} onDone=${() => found.reload()} />`;
    if (found.state === 'loading') return html`<${Loading} />`;
    if (found.state === 'failed') return html`<div class="page"><${Failed} error=${found.error} retry=${found.reload} /></div>`;
    return html`<div class="page research">
        <p><a href="/research">${t('projects-title')}</a></p>
        <${PageHeading}>${t('make-title')}<//>
        <${Maker} found=${found.value} from=${from} />
    </div>`;
}
