// Light, dark or as the system says; kept on this device.
import { signal } from '@preact/signals';

const STORED = 'plenum.theme';
export const THEMES = ['system', 'light', 'dark'];

function stored() {
    try {
        const kept = localStorage.getItem(STORED);
        return THEMES.includes(kept) ? kept : 'system';
    } catch {
        return 'system';
    }
}

export const theme = signal(stored());

export function setTheme(name) {
    theme.value = name;
    try { localStorage.setItem(STORED, name); } catch { /* private mode: this visit only */ }
    applyTheme();
}

export function applyTheme() {
    if (theme.value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
}
