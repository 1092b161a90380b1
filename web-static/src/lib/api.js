// Requests to the coordinator. Every failure is a Problem (RFC 9457), a lost connection too (status 0).
import { signal } from '@preact/signals';
import { uuid } from './uuid.js';

const TOKEN = 'plenum.token';
const PERSON = 'plenum.person';

export class Problem extends Error {
    constructor(status, body, { retry_after = null } = {}) {
        super(body?.detail ?? body?.title ?? `HTTP ${status}`);
        this.name = 'Problem';
        this.status = status;
        this.title = body?.title ?? '';
        this.detail = body?.detail ?? '';
        this.type = body?.type ?? 'about:blank';
        this.errors = body?.errors ?? [];
        this.retry_after = retry_after;
    }

    // Worth sending again, unchanged: the connection, the server, or the moment was at fault. A conflict is final (the
    // study has closed, the task went to somebody else) unless it says when to come back.
    get transient() {
        return this.status === 0 || this.status >= 500 || this.status === 429 || this.status === 408 ||
            (this.status === 409 && this.retry_after !== null);
    }
}

// A researcher's token lives as long as this tab; people who join have a session cookie instead.
export const token = signal(sessionStorage.getItem(TOKEN));

// Who acts in this tab: whose token it is, or else who is signed in on this device. What is kept here of people is kept by this id.
const whose = () => (token.value ? sessionStorage : localStorage);
export const personHere = () => whose().getItem(PERSON);
export const person = signal(personHere());

export function setPerson(id) {
    person.value = id ?? null;
    if (id) whose().setItem(PERSON, id);
    else whose().removeItem(PERSON);
}

export function setToken(value) {
    token.value = value;
    sessionStorage.removeItem(PERSON);
    if (value) sessionStorage.setItem(TOKEN, value);
    else sessionStorage.removeItem(TOKEN);
    person.value = personHere();
}

// Another tab signed somebody else in: nothing of who was here stays on screen or in memory.
addEventListener('storage', (event) => {
    if (event.key === PERSON && !token.value && person.value !== null && event.newValue !== person.value) location.reload();
});

function headersFor({ body, key, accept, bearer = token.value }) {
    const headers = { Accept: accept ?? 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    return headers;
}

export async function request(method, path, options = {}) {
    let response;
    try {
        response = await fetch(path, {
            method,
            headers: headersFor(options),
            body: options.body === undefined ? undefined : JSON.stringify(options.body),
            signal: options.signal,
            credentials: 'same-origin',
            keepalive: options.keepalive ?? false,
        });
    } catch (error) {
        if (error.name === 'AbortError') throw error;
        throw new Problem(0, { title: 'no connection' });
    }
    if (!response.ok) {
        throw new Problem(response.status, await response.json().catch(() => null), {
            retry_after: response.headers.get('Retry-After'),
        });
    }
    return response;
}

// Too much at once, for the server (503) or from here (429): nothing was done, and it says when to come back.
const PATIENCE_S = 10;

function pause(seconds, signal) {
    return new Promise((done, fail) => {
        const timer = setTimeout(done, seconds * 1000);
        signal?.addEventListener('abort', () => {
            clearTimeout(timer);
            fail(signal.reason);
        }, { once: true });
    });
}

// Asks again, with the same key, as long as that takes no more than PATIENCE_S in all; then it is for the person to say.
async function requestPatiently(method, path, options = {}) {
    for (let waited_s = 0; ;) {
        try {
            return await request(method, path, options);
        } catch (error) {
            const wait_s = error instanceof Problem && [429, 503].includes(error.status) ? Number(error.retry_after ?? NaN) : NaN;
            if (!(wait_s > 0 && waited_s + wait_s <= PATIENCE_S)) throw error;
            waited_s += wait_s;
            await pause(wait_s, options.signal);
        }
    }
}

async function json(method, path, options) {
    const response = await requestPatiently(method, path, options);
    if (response.status === 204) {
        options?.onNothing?.(response.headers.get('Plenum-Reason'), response.headers.get('Plenum-Next-At'));
        return null;
    }
    const text = await response.text();
    return text === '' ? null : JSON.parse(text);
}

export const get = (path, options) => json('GET', path, options);
export const post = (path, body, options) => json('POST', path, { body, key: uuid(), ...options });
export const put = (path, body, options) => json('PUT', path, { body, key: uuid(), ...options });
export const del = (path, options) => json('DELETE', path, { key: uuid(), ...options });

// For what may not exist on this server or for this person.
export async function getOrNull(path, options) {
    try {
        return await get(path, options);
    } catch (error) {
        if (error instanceof Problem && [401, 403, 404, 405, 410].includes(error.status)) return null;
        throw error;
    }
}

// Lists answer {data, next_cursor}; pages are small, and a list here never runs past `limit` pages.
export async function list(path, { limit = 20, ...options } = {}) {
    const all = [];
    let cursor = null;
    for (let page = 0; page < limit; page += 1) {
        const joint = path.includes('?') ? '&' : '?';
        const answer = await get(cursor ? `${path}${joint}cursor=${encodeURIComponent(cursor)}` : path, options);
        all.push(...(answer?.data ?? []));
        cursor = answer?.next_cursor;
        if (!cursor) break;
    }
    return all;
}

export const listOrEmpty = (path, options) => list(path, options).catch((error) => {
    if (error instanceof Problem && [401, 403, 404, 405].includes(error.status)) return [];
    throw error;
});

export const session = signal(undefined);

// Asked only when somebody has signed in on this device, or is sure to have just now.
export async function loadSession({ sure = false } = {}) {
    const known = sure || person.value !== null || Boolean(token.value);
    const answer = known ? await getOrNull('/api/v1/session') : null;
    session.value = answer;
    if (answer?.person_id) setPerson(answer.person_id);
    return answer;
}
