// The work of judging, apart from how it looks: the next task, an answer that can not be lost, undo, change of mind.
import { effect, signal } from '@preact/signals';
import { del, getOrNull, loadSession, post, Problem } from '../../lib/api.js';
import { startActivity } from '../../lib/activity.js';
import { localized } from '../../lib/i18n.js';
import { allKept, forget, keep, kept } from '../../lib/kept.js';
import { discard, enqueue, flush, onSent, waiting } from '../../lib/outbox.js';
import { countTyping } from '../../lib/typing.js';
import { isPassed } from './scale.js';

/* global INTERFACE_VERSION */

// How many answers given on this device stay changeable from it.
const GIVEN_KEPT = 30;

// What is said instead of an answer.
const isAside = (answer) => answer.choice === 'cannot_judge' || isPassed(answer);

// The state of one visit:
//   mode: 'loading' | 'task' | 'chat' (between the turns of one) | 'sending' | 'waiting' (answer kept, no connection) | 'done' | 'stopped' |
//     'failed' | 'guideline' (it has to be read first) | 'told' | 'asked' (the study wants so many people of each kind and has to know first: error.errors names the questions)
//   why: of 'done': 'done' (no item is left) | 'full' (enough people like this one have answered) | 'not_qualified' |
//     'done_for_today' (nextAt: when there is more)
//   told: of 'told' (what was expected of a task that was practised on): {task, answer, feedback}
//   task: what is judged now; earlier: its answer so far, when it is a change of mind
//   draft: what has been said of it and not yet given (fields.js knows its shape); kept on this device on every change
//   aside: tasks put by while an earlier one is looked at again
export function createWork(project) {
    const work = {
        project,
        mode: signal('loading'),
        task: signal(null),
        earlier: signal(null),
        info: signal(null),
        error: signal(null),
        why: signal(null),
        nextAt: signal(null),
        tired: signal(false), // has worked for as long as the study suggests at a time
        told: signal(null),
        given: signal([]),
        count: signal(0),
        draft: signal({}),
        folded: signal(false),
    };
    const hidden = { unfolded: new Set(), aside: [], activity: null, input: 'mouse', busy: false, worked_ms: 0 };

    function show(task, earlier = null) {
        hidden.activity?.stop();
        hidden.activity = startActivity();
        hidden.busy = false;
        work.task.value = task;
        work.earlier.value = earlier;
        work.folded.value = Boolean(task.item.warning) && !earlier && !hidden.unfolded.has(task.id);
        const start = earlier ?? {};
        work.draft.value = start;
        work.mode.value = 'task';
        void kept('drafts', task.id).then((row) => {
            if (row?.draft && work.task.value === task && work.draft.value === start) work.draft.value = row.draft;
        });
    }

    function fail(error) {
        hidden.busy = false;
        work.error.value = error;
        work.mode.value = 'failed';
    }

    function ask(error) {
        hidden.busy = false;
        hidden.activity?.stop();
        work.task.value = null;
        work.error.value = error;
        work.mode.value = 'asked';
    }

    // A guideline that this person has not said to have read. What is out under an earlier one stays as it is.
    const unread = () => {
        const { guideline, guideline_version: version, mine } = work.info.value ?? {};
        return localized(guideline) !== '' && (mine?.guideline_read ?? 0) < version;
    };
    function guide() {
        hidden.busy = false;
        hidden.activity?.stop();
        work.task.value = null;
        work.mode.value = 'guideline';
    }
    work.acknowledge = async () => {
        const { guideline_version: version } = work.info.value;
        try {
            await post(`/api/v1/projects/${project}/guideline`, { version });
        } catch (error) {
            if (!(error instanceof Problem)) throw error;
            fail(error);
            return;
        }
        work.info.value = { ...work.info.value, mine: { ...work.info.value.mine, guideline_read: version } };
        await work.next();
    };

    async function refreshInfo() {
        const info = await getOrNull(`/api/v1/projects/${project}`).catch(() => null);
        work.info.value = info ?? work.info.value ?? {};
    }

    // Its tasks come of what is written there (chat.js).
    const isChat = () => Boolean(work.info.value?.task?.chat);
    function chatOn() {
        hidden.busy = false;
        work.mode.value = 'chat';
    }
    // Nothing is left for this person, and why; of a submission to a panel, with the code to go back with.
    work.nothing = (why) => {
        hidden.activity?.stop();
        work.why.value = why;
        work.task.value = null;
        work.mode.value = 'done';
    };
    work.judge = (task) => show({ ...task, place: scrollY });
    // The chat of the task on screen ends with it.
    work.leave = async () => {
        const { id, chat_id } = work.task.value;
        work.ended = await post(`/api/v1/chats/${chat_id}/end?leave=true`, {});
        hidden.activity?.stop();
        await forget('drafts', id);
        work.task.value = null;
        chatOn();
    };

    // `again`: who has not qualified begins another try.
    work.next = async ({ again = false } = {}) => {
        work.error.value = null;
        if (hidden.told) {
            work.told.value = hidden.told;
            hidden.told = null;
            hidden.busy = false;
            work.mode.value = 'told';
            return;
        }
        if (hidden.aside.length > 0) {
            show(hidden.aside.pop());
            return;
        }
        if (unread()) {
            guide();
            return;
        }
        if (isChat()) {
            chatOn();
            return;
        }
        if (work.mode.value !== 'sending') work.mode.value = 'loading';
        try {
            const onNothing = (why, nextAt) => { work.why.value = why; work.nextAt.value = nextAt; };
            const task = await post(`/api/v1/projects/${project}/assignments${again ? '?try_again=true' : ''}`, {}, { onNothing });
            if (task && task.guideline_version > work.info.value?.guideline_version) await refreshInfo();
            if (task && unread()) guide(); // it is kept for them meanwhile
            else if (task) show(task);
            else {
                if (work.why.value === 'not_qualified') await refreshInfo(); // how it went
                work.nothing(work.why.value);
            }
        } catch (error) {
            if (!(error instanceof Problem)) throw error;
            if (error.status === 409 && (await refreshInfo(), isChat())) chatOn();
            else if (error.status === 0 && waiting.value.length > 0) work.mode.value = 'waiting';
            else if (error.type === 'quota_questions') ask(error);
            else fail(error);
        }
    };

    async function remember(task, answer) {
        const old = await kept('given', task.id);
        const { place, ...shown } = task;
        await keep('given', { assignment: task.id, project, task: shown, answer, at: old?.at ?? Date.now() });
        await loadGiven();
        for (const row of work.given.value.slice(GIVEN_KEPT)) await forget('given', row.assignment);
    }

    async function loadGiven() {
        const rows = (await allKept('given')).filter((row) => row.project === project);
        work.given.value = rows.sort((a, b) => b.at - a.at);
    }

    // `answer`: the judgment but for the rationale and what is known here; `given`: the draft that a change of mind starts from.
    work.answer = async (answer, input, given = answer) => {
        if (hidden.busy || work.mode.value !== 'task') return;
        if (work.folded.value && !isPassed(answer)) return;
        hidden.busy = true;
        const task = work.task.value;
        const time = hidden.activity.read();
        const rationale = (work.draft.value.rationale ?? '').trim();
        const { typing } = work.draft.value;
        const body = {
            ...answer,
            ...(rationale ? { rationale } : {}),
            active_ms: time.active_ms,
            client: {
                interface_version: INTERFACE_VERSION,
                viewport: { width: innerWidth, height: innerHeight },
                wall_ms: time.wall_ms,
                input,
                language: document.documentElement.lang,
                ...(rationale && typing ? { typing: { ...typing, left: time.left } } : {}),
            },
        };
        work.mode.value = 'sending';
        try {
            await enqueue({ method: 'PUT', url: `/api/v1/assignments/${task.id}/judgment`, body, assignment: task.id });
        } catch (error) {
            // No room or no permission to keep it here: it must not look saved.
            fail(error);
            return;
        }
        if (!work.earlier.value) work.count.value += 1;
        hidden.worked_ms += time.active_ms;
        const minutes = work.info.value?.session?.break_after_minutes;
        if (minutes && hidden.worked_ms >= minutes * 60_000) work.tired.value = true;
        hidden.last = { task, answer: given };
        if (!task.part) await remember(task, { ...given, rationale, typing }); // before the work the first answer stays
        await forget('drafts', task.id);
        if (await flush()) {
            await work.next();
        } else {
            work.mode.value = 'waiting';
            hidden.busy = false; // for a change of mind
        }
    };

    // Takes an answer back: unsent, it is dropped here; sent, the server voids it and leaves the task to us.
    async function takeBack(last) {
        hidden.busy = true;
        const unsent = waiting.value.filter((row) => row.assignment === last.assignment);
        const untried = unsent.filter((row) => row.attempts === 0);
        let task = last.task;
        try {
            if (unsent.length > 0 && unsent.length === untried.length) {
                for (const row of untried) await discard(row.key);
            } else {
                if (unsent.length > 0 && !(await flush())) throw new Problem(0, null);
                const lease = await del(`/api/v1/assignments/${last.assignment}/judgment`);
                if (lease?.item && !last.task.task.chat) task = lease; // of a chat the words are here only
                else if (lease?.id) task = { ...last.task, id: lease.id };
            }
        } catch (error) {
            hidden.busy = false;
            throw error;
        }
        await forget('given', last.assignment);
        await loadGiven();
        work.count.value = Math.max(0, work.count.value - 1);
        void refreshInfo();
        // A person holds one lease: the one that comes back takes the place of the one on screen.
        hidden.aside.length = 0;
        show(task);
        work.change({ ...last.answer, choice: isAside(last.answer) ? undefined : last.answer.choice });
    }

    work.undo = async () => {
        const last = work.given.value[0];
        if (!last || hidden.busy) return false;
        await takeBack(last);
        return true;
    };

    // Shows an answered task again with its answer; the answer that follows supersedes it.
    work.reconsider = async (row) => {
        if (hidden.busy) return;
        // What was skipped went back to the others: it has to be had again first.
        if (isPassed(row.answer)) {
            await takeBack(row);
            return;
        }
        if (work.mode.value === 'task' && work.task.value && !work.earlier.value) hidden.aside.push(work.task.value);
        show(row.task, row.answer);
    };

    work.keepAsIs = async () => {
        await forget('drafts', work.task.value.id);
        work.earlier.value = null;
        await work.next();
    };

    // What a warning stands before is judged only by who has chosen to see it.
    work.unfold = () => {
        hidden.unfolded.add(work.task.value.id);
        work.folded.value = false;
    };

    work.change = (parts) => {
        work.draft.value = { ...work.draft.value, ...parts };
        void keep('drafts', { assignment: work.task.value.id, draft: work.draft.value });
    };

    // Seen on its way down, while the draft has the words from before; counted on its way up. What stood there before anything was
    // counted says nothing of how it came.
    const onTyping = () => { hidden.was = work.draft.value.rationale?.length ?? 0; };
    const onTyped = (event) => {
        const { typing } = work.draft.value;
        if (event.target.id === 'rationale' && work.mode.value === 'task' && (typing || hidden.was === 0)) {
            work.change({ typing: countTyping(typing, event, hidden.was) });
        }
    };

    work.rested = () => {
        hidden.worked_ms = 0;
        work.tired.value = false;
    };

    work.stop = () => {
        work.rested();
        hidden.activity?.stop();
        work.mode.value = 'stopped';
    };

    work.resume = () => {
        if (work.task.value) show(work.task.value, work.earlier.value);
        else void work.next();
    };

    work.start = () => {
        const offSent = onSent((row, answer) => {
            if (answer?.feedback && hidden.last?.task.id === row.assignment) hidden.told = { ...hidden.last, feedback: answer.feedback };
            void refreshInfo();
        });
        // What waited has gone out, or was refused for good: go on with the next.
        const offWaiting = effect(() => {
            if (work.mode.value === 'waiting' && waiting.value.length === 0) void work.next();
        });
        addEventListener('input', onTyping, true);
        addEventListener('input', onTyped);
        void (async () => {
            // Without a network it is still who was here last.
            const [session] = await Promise.all([loadSession({ sure: true }).catch(() => undefined), refreshInfo()]);
            if (session !== null) await loadGiven();
            // What waits is sent first: otherwise the server would hand out the same task again.
            if (waiting.value.length > 0 && !(await flush())) work.mode.value = 'waiting';
            else await work.next();
        })();
        return () => {
            offSent();
            offWaiting();
            removeEventListener('input', onTyping, true);
            removeEventListener('input', onTyped);
            hidden.activity?.stop();
        };
    };

    return work;
}
