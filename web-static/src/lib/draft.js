// What is being made in a page and outlives a reload of the tab.
import { useLayoutEffect, useState } from 'preact/hooks';

function kept(key) {
    try {
        return JSON.parse(sessionStorage.getItem(key));
    } catch {
        return null;
    }
}

// `begin` gives what there is without a draft. Gives the value, how to change it, and how to forget it.
export function useDraft(key, begin) {
    const [value, set] = useState(() => kept(key) ?? begin());
    const [isKept, keep] = useState(true);
    useLayoutEffect(() => { if (isKept) sessionStorage.setItem(key, JSON.stringify(value)); }, [value, isKept]);
    const forget = () => {
        keep(false);
        sessionStorage.removeItem(key);
    };
    return [value, set, forget];
}
