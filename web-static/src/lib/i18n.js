// The words of the interface. Messages live in locales/LANG/AREA.ftl; an area is loaded with the page that needs it,
// English always underneath so that a missing translation is English and never a blank.
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { negotiateLanguages } from '@fluent/langneg';
import { signal } from '@preact/signals';
import { contained } from './contained.js';

export const LANGUAGES = [
    { code: 'en', name: 'English', dir: 'ltr' },
    { code: 'ar', name: 'العربية', dir: 'rtl' },
];
// English with accents and brackets, a third longer: shows words that were not translated and boxes that are too tight.
// Reached by ?lang=en-XA only; the tests walk through the pages in it.
const PSEUDO = { code: 'en-XA', name: 'Pseudo', dir: 'ltr' };
const FALLBACK = 'en';
const STORED = 'plenum.language';

export const language = signal(FALLBACK);
export const direction = () => LANGUAGES.find((one) => one.code === language.value)?.dir ?? 'ltr';
const wanted = new Set();
const loaded = new Map();

function bundleOf(code) {
    if (!loaded.has(code)) {
        const options = code === PSEUDO.code ? { transform: pseudo } : {};
        // Digits as everywhere else on the page.
        loaded.set(code, { bundle: new FluentBundle(`${code === PSEUDO.code ? FALLBACK : code}-u-nu-latn`, options), areas: new Map() });
    }
    return loaded.get(code);
}

function pseudo(text) {
    const accents = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', c: 'ç', n: 'ñ', y: 'ý' };
    const longer = text.replace(/[aeioucny]/g, (letter) => accents[letter]);
    return /\w/.test(text) ? `⟦${longer}${'~'.repeat(Math.ceil(text.length * 0.3))}⟧` : text;
}

function loadArea(code, area) {
    const { bundle, areas } = bundleOf(code);
    if (!areas.has(area)) {
        const loading = importArea(code === PSEUDO.code ? FALLBACK : code, area).then((module) => {
            bundle.addResource(new FluentResource(module.default), { allowOverrides: true });
        });
        loading.catch(() => areas.delete(area));
        areas.set(area, loading);
    }
    return areas.get(area);
}

const importArea = (code, area) => import(`../locales/${code}/${area}.ftl`);

function codesFor(code) {
    return code === FALLBACK ? [FALLBACK] : [code, FALLBACK];
}

export function loadAreas(areas) {
    for (const area of areas) wanted.add(area);
    return Promise.all(codesFor(language.value).flatMap((code) => areas.map((area) => loadArea(code, area))));
}

export async function setLanguage(code, { remember = true } = {}) {
    const found = [...LANGUAGES, PSEUDO].find((one) => one.code === code) ?? LANGUAGES[0];
    await Promise.all(codesFor(found.code).flatMap((one) => [...wanted].map((area) => loadArea(one, area))));
    if (remember) {
        try { localStorage.setItem(STORED, found.code); } catch { /* private mode: this visit only */ }
    }
    document.documentElement.lang = found.code;
    document.documentElement.dir = found.dir;
    language.value = found.code;
}

// An explicit ?lang= wins, then what was chosen here before, then what the browser asks for.
export function initialLanguage() {
    let stored = null;
    try { stored = localStorage.getItem(STORED); } catch { /* private mode */ }
    const asked = new URLSearchParams(location.search).get('lang');
    if (asked === PSEUDO.code) return asked;
    const available = LANGUAGES.map((one) => one.code);
    const requested = [asked, stored, ...navigator.languages].filter(Boolean);
    return negotiateLanguages(requested, available, { strategy: 'lookup', defaultLocale: FALLBACK })[0];
}

const containedArgs = (args) => args && Object.fromEntries(Object.entries(args).map(([name, one]) => [name, typeof one === 'string' ? contained(one) : one]));

// The message in the current language; reading it subscribes the component to language changes.
export function t(id, args) {
    for (const code of codesFor(language.value)) {
        const { bundle } = bundleOf(code);
        const message = bundle.getMessage(id);
        if (message?.value) return bundle.formatPattern(message.value, containedArgs(args), []);
    }
    return id;
}

// The same as words that become data: without the marks around what was put in.
export const written = (id, args) => t(id, args).replace(/[\u2068\u2069]/g, '');

export function has(id) {
    return codesFor(language.value).some((code) => bundleOf(code).bundle.hasMessage(id));
}

// Text that comes from data in several languages: {en, ar} or a plain string.
export function localized(text) {
    return contained((text == null || typeof text === 'string' ? text : text[languageOf(text)]) ?? '');
}

// Of words in several languages, the ones on screen are changed; the others stay.
export function inPlace(words, text) {
    return words !== null && typeof words === 'object' ? { ...words, [languageOf(words)]: text } : text;
}

// The language of what localized() gives; a plain string is in its `own`.
export function languageOf(text, own) {
    if (text == null || typeof text === 'string') return own;
    return [language.value, FALLBACK].find((one) => text[one] !== undefined) ?? Object.keys(text)[0];
}
