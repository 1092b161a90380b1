// The questions' own words for the codes that quality and cards count by.
import { has, localized, t } from '../../lib/i18n.js';

// words(attribute) names the question in a word or two, words(attribute, value) an answer to it.
export function wordsOf(project) {
    const attributes = project?.demographics?.attributes ?? [];
    return (id, value) => {
        const attribute = attributes.find((one) => one.id === id);
        if (value === undefined) return localized(attribute?.short) || localized(attribute?.label) || id;
        const own = attribute?.values?.find((one) => one.id === value);
        if (own) return localized(own.label) || value;
        // Groups that the server makes.
        const made = value.replaceAll(/[ _]/g, '-');
        return has(`group-${made}`) ? t(`group-${made}`) : value;
    };
}

// Rows with the same attribute, kept together in the order in which each first comes.
export function byAttribute(rows) {
    const groups = new Map();
    for (const row of rows) groups.set(row.attribute, [...(groups.get(row.attribute) ?? []), row]);
    return [...groups];
}
