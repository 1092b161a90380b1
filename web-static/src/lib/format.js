// Numbers and times as the reader's language writes them.
import { isolated } from './contained.js';
import { language } from './i18n.js';

const locale = () => (language.value === 'ar' ? 'ar-u-nu-latn' : 'en-GB');

export const number = (value, options) => (
    value == null || !Number.isFinite(Number(value)) ? '–' : new Intl.NumberFormat(locale(), options).format(value)
);
export const percent = (value, digits = 1) => number(value, {
    style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits,
});
export const decimal = (value, digits = 3) => number(value, {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
});
export function bytesOf(value) {
    if (value == null) return '–';
    if (value < 1024) return number(value, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
    return number(value < 1 << 20 ? value / 1024 : value / (1 << 20), {
        style: 'unit', unit: value < 1 << 20 ? 'kilobyte' : 'megabyte', maximumFractionDigits: 1,
    });
}

export const listOf = (words) => new Intl.ListFormat(locale(), { type: 'conjunction' }).format(words.map(isolated));

// In the reader's own time zone, which is named.
export function dateTime(text) {
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) return '–';
    return new Intl.DateTimeFormat(locale(), {
        dateStyle: 'long', timeStyle: 'short',
    }).format(date) + ' ' + zoneName(date);
}

function zoneName(date) {
    const parts = new Intl.DateTimeFormat(locale(), { timeZoneName: 'short' }).formatToParts(date);
    return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}
