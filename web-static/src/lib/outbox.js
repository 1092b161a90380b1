// Answers leave this device through here. An answer is written to IndexedDB before it is sent, carries one
// idempotency key on every retry, and is taken out only when the server has said it is stored. One tab sends at a
// time (Web Locks), in the order the answers were given, and only as the person who gave them.
import { computed, signal } from '@preact/signals';
import { loadSession, Problem, person, personHere, request, setPerson } from './api.js';
import { allRows, deleteRow, putRow } from './idb.js';
import { uuid } from './uuid.js';

const channel = new BroadcastChannel('plenum-outbox');
const listeners = new Set();
let started = false;
let retry = null;
let backoff_ms = 1000;
let resume_ms = 0; // by performance.now(): the server said not to come back before
const BACKOFF_MAX_MS = 30_000;

const rows = signal([]);
export const waiting = computed(() => rows.value.filter((row) => row.person === person.value && !row.refused));
export const refused = computed(() => rows.value.filter((row) => row.person === person.value && row.refused));
export const signedOut = signal(false);

const inOrder = (a, b) => a.at - b.at;

export async function refresh() {
    rows.value = (await allRows('outbox')).sort(inOrder);
}

function changed() {
    channel.postMessage('changed');
    return refresh();
}

// Calls back with (row, answer) for each answer the server has taken.
export function onSent(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export async function enqueue({ method, url, body, assignment, key = uuid() }) {
    if (!person.value) throw new Problem(401, { title: 'nobody is signed in' });
    const row = { key, method, url, body, assignment, person: person.value, at: Date.now(), attempts: 0 };
    await putRow('outbox', row);
    await changed();
    return row;
}

export async function discard(key) {
    await deleteRow('outbox', key);
    await changed();
}

export async function discardAll() {
    for (const { key } of [...waiting.value, ...refused.value]) await deleteRow('outbox', key);
    await changed();
}

async function send(row) {
    await putRow('outbox', { ...row, attempts: row.attempts + 1 });
    if (row.person !== personHere()) throw new Problem(401, { title: 'somebody else is signed in' });
    const response = await request(row.method, row.url, { body: row.body, key: row.key });
    const text = response.status === 204 ? '' : await response.text();
    return text ? JSON.parse(text) : null;
}

// Whether the server knows this browser as the row's person. A refusal of anybody else's answer says nothing of the answer.
async function isTheirs(row) {
    const session = await loadSession({ sure: true }).catch(() => undefined);
    if (session && session.person_id !== row.person) location.reload();
    return session?.person_id === row.person;
}

async function settle(row, error) {
    if (!(error instanceof Problem) || error.transient) {
        const wait_s = Number(error.retry_after ?? 0);
        if (wait_s > 0) resume_ms = performance.now() + wait_s * 1000;
        return 'later';
    }
    if (error.status === 401) {
        signedOut.value = true;
        return 'later';
    }
    if (!(await isTheirs(row))) return 'later';
    await putRow('outbox', { ...row, refused: { status: error.status, detail: error.message } });
    return 'refused';
}

async function flushLocked() {
    for (const row of (await allRows('outbox')).sort(inOrder)) {
        if (row.refused || row.person !== person.value) continue;
        let answer;
        try {
            answer = await send(row);
        } catch (error) {
            if ((await settle(row, error)) === 'later') return false;
            continue;
        }
        await deleteRow('outbox', row.key);
        signedOut.value = false;
        for (const listener of listeners) listener(row, answer);
    }
    return true;
}

// Without TLS on another machine there are no locks; the key keeps two tabs from counting twice.
const alone = (act) => (navigator.locks ? navigator.locks.request('plenum-outbox', act) : act());

// Somebody signs in or out by `act`. Nothing is sent meanwhile: it would go out under the session of another.
export const changePerson = (act) => alone(async () => {
    const answer = await act();
    if (!(await loadSession({ sure: true }).catch(() => null))) setPerson(null);
    signedOut.value = false;
    return answer;
});

// Sends what waits. True when nothing of this person's is left to send.
export async function flush() {
    clearTimeout(retry);
    const early_ms = resume_ms - performance.now();
    if (early_ms > 0) {
        retry = setTimeout(flush, early_ms);
        return false;
    }
    const done = await alone(flushLocked);
    await changed();
    if (done) {
        backoff_ms = 1000;
    } else {
        retry = setTimeout(flush, Math.max(backoff_ms, resume_ms - performance.now()));
        backoff_ms = Math.min(backoff_ms * 2, BACKOFF_MAX_MS);
    }
    return done;
}

export function startOutbox() {
    if (!started) {
        started = true;
        channel.onmessage = () => { void refresh(); };
        addEventListener('online', () => { backoff_ms = 1000; void flush(); });
        document.addEventListener('visibilitychange', () => {
            if (document.visibilityState === 'visible' && waiting.value.length > 0) void flush();
        });
    }
    return refresh().then(() => { if (waiting.value.length > 0) void flush(); });
}
