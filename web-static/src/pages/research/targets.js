// A table of targets, pasted or from a file, read into quotas: its columns are questions that the study asks, and one that says how
// many are wanted of each row, as counts or as shares of a stated total.
import { localized } from '../../lib/i18n.js';

export const LINES_MAX = 199;
const COUNT_MAX = 1_000_000;
export const UNSAID = 'prefer_not_to_say';
const SEPARATORS = ['\t', ';', ','];

// RFC 4180: a field may be quoted, and then holds anything. Lines as [number, fields]; empty ones are left out.
function linesOf(text, separator) {
    const lines = [];
    let fields = [''], quoted = false, number = 1, first = 1;
    const end = () => {
        if (fields.some((one) => one.trim() !== '')) lines.push([first, fields.map((one) => one.trim())]);
        fields = [''];
        first = number;
    };
    for (let i = 0; i < text.length; i += 1) {
        const c = text[i], last = fields.length - 1;
        if (c === '\n') number += 1;
        if (quoted && c === '"' && text[i + 1] === '"') { fields[last] += '"'; i += 1; }
        else if (quoted) { if (c === '"') quoted = false; else fields[last] += c; }
        else if (c === '"' && fields[last].trim() === '') { fields[last] = ''; quoted = true; }
        else if (c === separator) fields.push('');
        else if (c === '\n') end();
        else if (c !== '\r') fields[last] += c;
    }
    end();
    return lines;
}

// The separator that the first line has most of.
function separatorOf(text) {
    const head = text.split('\n').find((one) => one.trim() !== '') ?? '';
    return SEPARATORS.map((one) => [head.split(one).length, one]).reduce((best, one) => (one[0] > best[0] ? one : best))[1];
}

const folded = (text) => text.normalize('NFKC').trim().toLowerCase();
const isNamed = (one, text) => [one.id, localized(one.label), localized(one.short ?? '')].some((name) => name && folded(name) === folded(text));
const valueOf = (question, text) => question.values?.find((one) => isNamed(one, text))?.id ?? (folded(text) === UNSAID ? UNSAID : null);

// Digits of any script that NFKC or Arabic has; a comma is a decimal point where it separates no fields.
function numberOf(text, separator) {
    let plain = text.normalize('NFKC').replace(/[٠-٩]/g, (c) => String('٠١٢٣٤٥٦٧٨٩'.indexOf(c))).replace(/[\s%٪]/g, '').replace('٫', '.');
    if (separator !== ',' && /^\d+,\d+$/.test(plain)) plain = plain.replace(',', '.');
    return /^\d*\.?\d+$/.test(plain) ? Number(plain) : NaN;
}

// Whole numbers that sum to `total` and are nearest to the shares: what is over goes to the largest remainders, first come first.
export function apportion(shares, total) {
    const sum = shares.reduce((all, one) => all + one, 0);
    const exact = shares.map((one) => (one / sum) * total);
    const counts = exact.map(Math.floor);
    const order = exact.map((one, i) => [one - counts[i], i]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    const over = total - counts.reduce((all, one) => all + one, 0);
    for (const [, i] of order.slice(0, over)) counts[i] += 1;
    return counts;
}

function headOf(fields, questions, line, errors) {
    const columns = fields.map((text) => questions.find((one) => isNamed(one, text)) ?? null);
    const others = columns.flatMap((one, i) => (one ? [] : [i]));
    const by = columns.filter(Boolean);
    if (by.length === 0) errors.push({ line, id: 'targets-no-question' });
    else if (others.length !== 1) errors.push({ line, id: others.length === 0 ? 'targets-no-target' : 'targets-unknown', args: { names: others.map((i) => fields[i]).join(', ') } });
    by.forEach((one, i) => {
        if (by.indexOf(one) !== i) errors.push({ line, id: 'targets-column-twice', args: { name: one.id } });
        else if (one.multi || !(one.values?.length > 0)) errors.push({ line, id: 'targets-not-listed', args: { name: one.id } });
    });
    return { columns, target: others[0], by };
}

// {by, rows: [{values, target, wanted}], errors: [{line, id, args}]}. With a total (a number) targets are shares of it.
export function readTargets(text, questions, total) {
    const errors = [];
    const separator = separatorOf(text);
    const [head, ...lines] = linesOf(text.replace(/^\uFEFF/, ''), separator);
    if (!head) return { by: [], rows: [], errors: [] };
    const { columns, target, by } = headOf(head[1], questions, head[0], errors);
    if (errors.length > 0) return { by: [], rows: [], errors };
    if (lines.length === 0) errors.push({ line: head[0], id: 'targets-empty' });
    if (lines.length > LINES_MAX) errors.push({ line: lines[LINES_MAX][0], id: 'targets-many', args: { max: LINES_MAX } });
    const seen = new Map();
    const rows = lines.slice(0, LINES_MAX).map(([line, fields]) => {
        const wrong = (id, args) => errors.push({ line, id, args });
        const values = {};
        if (fields.length !== columns.length) wrong('targets-fields', { n: fields.length, wanted: columns.length });
        columns.forEach((one, i) => {
            if (!one) return;
            values[one.id] = valueOf(one, fields[i] ?? '');
            if (values[one.id] === null && fields.length === columns.length) wrong('targets-value', { value: fields[i], name: one.id });
        });
        const n = numberOf(fields[target] ?? '', separator);
        if (fields.length === columns.length && !(n >= 0 && (total !== null || (Number.isInteger(n) && n <= COUNT_MAX))))
            wrong(total === null ? 'targets-count' : 'targets-share', { value: fields[target] });
        const key = JSON.stringify(by.map((one) => values[one.id]));
        if (seen.has(key) && !key.includes('null')) wrong('targets-twice', { other: seen.get(key) });
        else seen.set(key, line);
        return { values, target: n };
    });
    if (errors.length === 0 && !rows.some((one) => one.target > 0)) errors.push({ line: head[0], id: 'targets-none' });
    if (errors.length > 0) return { by: [], rows: [], errors };
    const counts = total === null ? rows.map((one) => one.target) : apportion(rows.map((one) => one.target), total);
    return { by: by.map((one) => one.id), rows: rows.map((one, i) => ({ ...one, wanted: counts[i] })), errors };
}

// As the server takes them; rows of which none are wanted are nobody's cell.
export function quotasOf({ by, rows }, { unit, per, open }) {
    const wanted = rows.filter((one) => one.wanted > 0);
    return unit === 'people' ? wanted.flatMap((one) => by.map((attribute) => ({ attribute, value: one.values[attribute], count: one.wanted })))
        : { by, cells: wanted.map((one) => ({ values: one.values, judgments: one.wanted })), per, else: open ? 'open' : 'closed' };
}

// The table that would be read into these quotas; null where one table can't say them (a list by several questions).
export function tableOf(quotas) {
    const list = Array.isArray(quotas);
    const by = list ? [...new Set(quotas.map((one) => one.attribute))] : quotas.by;
    if (list && by.length > 1) return null;
    const rows = list ? quotas.map((one) => [one.value, one.count]) : quotas.cells.map((one) => [...by.map((name) => one.values[name]), one.judgments]);
    return [[...by, 'wanted'], ...rows].map((one) => one.join('\t')).join('\n');
}
