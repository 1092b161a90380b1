// A value a component needs from the server.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.js';

export function useLoad(load, inputs) {
    const [now, set] = useState({ state: 'loading', value: undefined, error: null });
    const turn = useRef(0);
    const reload = useCallback(async ({ quiet = false } = {}) => {
        turn.current += 1;
        const mine = turn.current;
        if (!quiet) set((old) => ({ ...old, state: old.value === undefined ? 'loading' : old.state, error: null }));
        try {
            const value = await load();
            if (mine === turn.current) set({ state: 'ready', value, error: null });
        } catch (error) {
            if (mine !== turn.current) return;
            // A poll that failed once leaves what was shown.
            set((old) => (quiet && old.value !== undefined ? old : { state: 'failed', value: undefined, error }));
        }
    }, inputs);
    useEffect(() => {
        void reload();
        return () => { turn.current += 1; };
    }, [reload]);
    return { ...now, reload };
}

// The first `n` rows of a list or a few more, `page` at a time; `more`: there are others.
export async function loadRows(path, query, n, page) {
    const rows = [];
    let cursor = '';
    do {
        const found = await get(`${path}?${new URLSearchParams({ ...query, limit: page, ...(cursor && { cursor }) })}`);
        rows.push(...found.data);
        cursor = found.next_cursor;
    } while (cursor && rows.length < n);
    return { rows, more: Boolean(cursor) };
}

// Calls again every `interval_ms` while the page is visible and `active` holds.
export function usePoll(act, interval_ms, active = true) {
    const latest = useRef(act);
    latest.current = act;
    useEffect(() => {
        if (!active) return undefined;
        const timer = setInterval(() => {
            if (document.visibilityState === 'visible') void latest.current();
        }, interval_ms);
        return () => clearInterval(timer);
    }, [interval_ms, active]);
}

// Calls `act` `wait_ms` after `moved` changed, once for all that moved meanwhile.
export function useMoved(act, moved, wait_ms) {
    const latest = useRef(act);
    latest.current = act;
    const pending = useRef(null);
    useEffect(() => {
        if (moved === undefined) return;
        pending.current ??= setTimeout(() => {
            pending.current = null;
            void latest.current();
        }, wait_ms);
    }, [moved]);
    useEffect(() => () => clearTimeout(pending.current), []);
}
