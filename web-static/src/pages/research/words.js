// The questions' own words for the codes that quality and cards count by.
import { localized, t } from '../../lib/i18n.js';

// words(attribute) names the question, words(attribute, value) an answer to it.
export function wordsOf(project) {
    const attributes = project?.demographics?.attributes ?? [];
    return (id, value) => {
        const attribute = attributes.find((one) => one.id === id);
        if (value === undefined) return localized(attribute?.label) || id;
        if (value === 'prefer_not_to_say') return t('prefer-not-said');
        const own = attribute?.values?.find((one) => one.id === value);
        // A fit merges what is too small to stand alone.
        if (!own && value === 'other') return t('groups-merged');
        return localized(own?.label) || value;
    };
}
