// What an amendment changes in a clause, word by word, as ins and del elements.
import { h } from 'preact';
import { diffArrays } from 'diff';

// Words of any script, the space between them, and each other sign by itself.
const TOKENS = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*|\s+|./gsu;
const tokens = (text) => (text ?? '').match(TOKENS) ?? [];

// Changes with nothing but white space between them are one change: "may be" to "is named", not word against word.
function joined(parts) {
    const runs = [];
    let change = null;
    parts.forEach((part, i) => {
        const isChange = part.added || part.removed;
        const next = parts[i + 1];
        const isGap = !isChange && change && next && (next.added || next.removed) && /^\s*$/.test(part.value);
        if (isChange || isGap) {
            if (!change) {
                change = { before: '', after: '' };
                runs.push(change);
            }
            if (!part.added) change.before += part.value;
            if (!part.removed) change.after += part.value;
        } else {
            change = null;
            runs.push(part.value);
        }
    });
    return runs;
}

export function redline(before, after) {
    const parts = diffArrays(tokens(before), tokens(after)).map((part) => ({ ...part, value: part.value.join('') }));
    return joined(parts).flatMap((run, i) => {
        if (typeof run === 'string') return [run];
        // The space behind both is no part of the change; between the two stands one that is of neither.
        const end = /\s*$/.exec(run.before)[0];
        const tail = run.after.endsWith(end) ? end : '';
        const before = run.before.slice(0, run.before.length - tail.length);
        const after = run.after.slice(0, run.after.length - tail.length);
        return [
            before === '' ? null : h('del', { key: `del-${i}` }, before),
            before !== '' && after !== '' && !/\s$/.test(before) && !/^\s/.test(after) ? ' ' : null,
            after === '' ? null : h('ins', { key: `ins-${i}` }, after),
            tail,
        ];
    });
}
