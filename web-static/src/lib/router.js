// Pages by address. A page is {pattern, load, areas, focus?}; links inside this origin change it without a reload.
import { signal } from '@preact/signals';

export const here = signal({ path: location.pathname, search: location.search });

export function navigate(to, { replace = false } = {}) {
    const url = new URL(to, location.href);
    if (replace) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    here.value = { path: url.pathname, search: url.search };
}

// What was chosen of some options is kept in the address: a reload and the way back find it. The first, until one that is offered was chosen.
export const isChosen = (name) => new URLSearchParams(here.value.search).has(name);
export function chosen(name, options) {
    const value = new URLSearchParams(here.value.search).get(name);
    return options.includes(value) ? value : options[0];
}
export function choose(parts) {
    navigate(`?${new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(here.value.search)), ...parts })}`, { replace: true });
}

export function match(pattern, path) {
    const want = pattern.split('/').filter(Boolean);
    const have = path.split('/').filter(Boolean);
    if (want.length !== have.length) return null;
    const params = {};
    for (let i = 0; i < want.length; i += 1) {
        if (want[i].startsWith(':')) {
            try { params[want[i].slice(1)] = decodeURIComponent(have[i]); } catch { return null; }
        } else if (want[i] !== have[i]) {
            return null;
        }
    }
    return params;
}

function onClick(event) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.('a[href]');
    if (!link || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
    if (url.hash && url.pathname === location.pathname) return;
    event.preventDefault();
    navigate(url.href);
}

export function startRouter() {
    document.addEventListener('click', onClick);
    addEventListener('popstate', () => {
        here.value = { path: location.pathname, search: location.search };
    });
}
