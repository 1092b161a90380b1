// The work of judging, apart from how it looks: the next task, an answer that can not be lost, undo, change of mind.
import { effect, signal } from '@preact/signals';
import { del, getOrNull, loadSession, post, Problem } from '../../lib/api.js';
import { startActivity } from '../../lib/activity.js';
import { allRows, clearStore, deleteRow, getRow, putRow } from '../../lib/idb.js';
import { discard, enqueue, flush, onSent, waiting } from '../../lib/outbox.js';

/* global INTERFACE_VERSION */

// How many answers given on this device stay changeable from it.
const GIVEN_KEPT = 30;

// The state of one visit:
//   mode: 'loading' | 'task' | 'sending' | 'waiting' (answer kept, no connection) | 'done' | 'stopped' | 'failed'
//   task: what is judged now; earlier: its answer so far, when it is a change of mind
//   aside: tasks put by while an earlier one is looked at again
export function createWork(project) {
    const work = {
        project,
        mode: signal('loading'),
        task: signal(null),
        earlier: signal(null),
        info: signal(null),
        error: signal(null),
        given: signal([]),
        count: signal(0),
        rationale: signal(''),
        folded: signal(false),
    };
    const hidden = { unfolded: new Set(), aside: [], activity: null, input: 'mouse', busy: false };

    function show(task, earlier = null) {
        hidden.activity?.stop();
        hidden.activity = startActivity();
        hidden.busy = false;
        work.task.value = task;
        work.earlier.value = earlier;
        work.folded.value = Boolean(task.item.warning) && !earlier && !hidden.unfolded.has(task.id);
        work.rationale.value = earlier?.rationale ?? '';
        work.mode.value = 'task';
        if (!earlier) {
            void getRow('drafts', task.id).then((draft) => {
                if (draft && work.task.value === task && work.rationale.value === '') work.rationale.value = draft.rationale;
            });
        }
    }

    function fail(error) {
        hidden.busy = false;
        work.error.value = error;
        work.mode.value = 'failed';
    }

    async function refreshInfo() {
        const info = await getOrNull(`/api/v1/projects/${project}`).catch(() => null);
        if (info) work.info.value = info;
    }

    work.next = async () => {
        work.error.value = null;
        if (hidden.aside.length > 0) {
            show(hidden.aside.pop());
            return;
        }
        if (work.mode.value !== 'sending') work.mode.value = 'loading';
        try {
            const task = await post(`/api/v1/projects/${project}/assignments`, {});
            if (task) show(task);
            else {
                hidden.activity?.stop();
                work.task.value = null;
                work.mode.value = 'done';
            }
        } catch (error) {
            if (!(error instanceof Problem)) throw error;
            if (error.status === 0 && waiting.value.length > 0) work.mode.value = 'waiting';
            else fail(error);
        }
    };

    async function remember(task, answer) {
        const old = await getRow('given', task.id);
        await putRow('given', { assignment: task.id, project, task, answer, at: old?.at ?? Date.now() });
        await loadGiven();
        for (const row of work.given.value.slice(GIVEN_KEPT)) await deleteRow('given', row.assignment);
    }

    async function loadGiven() {
        const rows = (await allRows('given')).filter((row) => row.project === project);
        work.given.value = rows.sort((a, b) => b.at - a.at);
    }

    work.answer = async (answer, input) => {
        if (hidden.busy || work.mode.value !== 'task') return;
        if (work.folded.value && answer.choice !== 'skip') return;
        hidden.busy = true;
        const task = work.task.value;
        const time = hidden.activity.read();
        const { reason, ...choice } = answer;
        const rationale = work.rationale.value.trim();
        const body = {
            ...choice,
            ...(rationale ? { rationale } : {}),
            active_ms: time.active_ms,
            client: {
                interface_version: INTERFACE_VERSION,
                viewport: { width: innerWidth, height: innerHeight },
                wall_ms: time.wall_ms,
                input,
                language: document.documentElement.lang,
                ...(reason ? { reason } : {}),
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
        await remember(task, { ...choice, rationale });
        await deleteRow('drafts', task.id);
        if (await flush()) await work.next();
        else work.mode.value = 'waiting';
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
                if (lease?.item) task = lease;
                else if (lease?.id) task = { ...last.task, id: lease.id };
            }
        } catch (error) {
            hidden.busy = false;
            throw error;
        }
        await deleteRow('given', last.assignment);
        await loadGiven();
        work.count.value = Math.max(0, work.count.value - 1);
        void refreshInfo();
        // A person holds one lease: the one that comes back takes the place of the one on screen.
        hidden.aside.length = 0;
        show(task);
        work.rationale.value = last.answer.rationale ?? '';
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
        if (row.answer.choice === 'skip') {
            await takeBack(row);
            return;
        }
        if (work.mode.value === 'task' && work.task.value && !work.earlier.value) hidden.aside.push(work.task.value);
        show(row.task, row.answer);
    };

    work.keepAsIs = () => {
        work.earlier.value = null;
        void work.next();
    };

    // What a warning stands before is judged only by who has chosen to see it.
    work.unfold = () => {
        hidden.unfolded.add(work.task.value.id);
        work.folded.value = false;
    };

    work.draft = (text) => {
        work.rationale.value = text;
        const task = work.task.value;
        if (task && !work.earlier.value) void putRow('drafts', { assignment: task.id, rationale: text });
    };

    work.stop = () => {
        hidden.activity?.stop();
        work.mode.value = 'stopped';
    };

    work.resume = () => {
        if (work.task.value) show(work.task.value, work.earlier.value);
        else void work.next();
    };

    work.forgetHere = async () => {
        await clearStore('given');
        await clearStore('drafts');
    };

    work.start = () => {
        const offSent = onSent(() => { void refreshInfo(); });
        // What waited has gone out, or was refused for good: go on with the next.
        const offWaiting = effect(() => {
            if (work.mode.value === 'waiting' && waiting.value.length === 0) void work.next();
        });
        void loadGiven();
        void (async () => {
            await loadSession().catch(() => null);
            void refreshInfo();
            // What waits is sent first: otherwise the server would hand out the same task again.
            if (waiting.value.length > 0 && !(await flush())) work.mode.value = 'waiting';
            else await work.next();
        })();
        return () => {
            offSent();
            offWaiting();
            hidden.activity?.stop();
        };
    };

    return work;
}
