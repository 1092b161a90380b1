// The task as who judges will see it: the very page's own component, with an item made up for it. What is answered here is shown
// as it would be stored, and goes nowhere.
import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { language, t } from '../../lib/i18n.js';
import { isPlain } from '../annotate/fields.js';
import { ASIDE, Task } from '../annotate/page.js';
import { answerFor } from '../annotate/scale.js';

const RESPONSES = { pairwise: 2, ranking: 4, best_worst: 5, rating: 2 };

function sampleOf(task) {
    const slots = task.kind === 'pairwise' ? ['left', 'right'] : ['a', 'b', 'c', 'd', 'e'];
    return {
        id: `preview-${task.kind}`, task, guideline_version: 1,
        item: {
            id: 'preview', language: language.value, prompt: [{ role: 'user', content: t('sample-prompt') }],
            responses: slots.slice(0, RESPONSES[task.kind]).map((slot, i) => ({ slot, content: t(`sample-response-${i + 1}`) })),
            ...(task.hindsight ? { later: { text: t('sample-later'), simulated: true } } : {}),
        },
    };
}

// As much of the work of judging (annotate/work.js) as the task's component asks for.
function createSample() {
    const work = {
        mode: signal('task'), task: signal(null), earlier: signal(null), info: signal({}), count: signal(0), draft: signal({}),
        folded: signal(false), tired: signal(false), stored: signal(null), formAct: null,
    };
    work.change = (parts) => { work.draft.value = { ...work.draft.value, ...parts }; };
    work.answer = (answer) => {
        const { rationale } = work.draft.value;
        work.stored.value = rationale && answer.rationale === undefined ? { ...answer, rationale } : answer;
    };
    return work;
}

export function Preview({ task, community }) {
    const work = useMemo(createSample, []);
    const words = JSON.stringify(task);
    useEffect(() => {
        work.draft.value = {};
        work.stored.value = null;
        work.info.value = { community_id: community || undefined };
        work.task.value = sampleOf(task);
    }, [words, community, language.value]);
    const act = (action) => {
        if (!isPlain(task) && !ASIDE.includes(action)) return work.formAct?.(action) ?? false;
        const answer = answerFor(action, task);
        if (answer) work.answer(answer);
        return Boolean(answer);
    };
    return html`<section class="preview annotate" aria-labelledby="preview-title">
        <h2 id="preview-title">${t('preview-title')}</h2>
        <p class="fine">${t('preview-text')}</p>
        <div class="preview-task">${work.task.value && html`<${Task} key=${work.task.value.id} work=${work} act=${act} still />`}</div>
        <div role="status">${work.stored.value && html`<p>${t('preview-stored')}</p>
            <pre dir="ltr" tabindex="0">${JSON.stringify(work.stored.value, null, 2)}</pre>`}</div>
    </section>`;
}
