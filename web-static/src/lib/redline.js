// What an amendment changes in a clause, word by word, as ins and del elements.
import { h } from 'preact';
import { diffWordsWithSpace } from 'diff';

export function redline(before, after) {
    return diffWordsWithSpace(before ?? '', after ?? '').map((part, i) => {
        if (part.added) return h('ins', { key: i }, part.value);
        if (part.removed) return h('del', { key: i }, part.value);
        return part.value;
    });
}
