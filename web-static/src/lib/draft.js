// What is being made in a page and outlives a reload of the tab; for nobody but who makes it.
import { useLayoutEffect, useState } from 'preact/hooks';
import { person } from './api.js';

function kept(key) {
    try {
        return JSON.parse(sessionStorage.getItem(key));
    } catch {
        return null;
    }
}

// `begin` gives what there is without a draft. Gives the value, how to change it, and how to forget it.
export function useDraft(name, begin) {
    const key = `${name} ${person.value ?? ''}`;
    const [value, set] = useState(() => kept(key) ?? begin());
    const [isKept, keep] = useState(true);
    useLayoutEffect(() => { if (isKept) sessionStorage.setItem(key, JSON.stringify(value)); }, [key, value, isKept]);
    const forget = () => {
        keep(false);
        sessionStorage.removeItem(key);
    };
    return [value, set, forget];
}
