// Models side by side: the newest of each method, what each would choose, and the groups by which that can be held against what people would
// rather have had.
import { get, post } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

const METHODS = ['pooled', 'group', 'dro', 'maxmin', 'jury'];
export const SEATS = 12;

export const letter = (i) => t('compare-answer', { letter: String.fromCharCode(65 + i) });
const logistic = (z) => 1 / (1 + Math.exp(-z));
// Of people with these utilities, the share who would rather have the best of the others than what is chosen.
export const regret = (utilities, choice) => Math.max(...utilities.filter((_, i) => i !== choice).map((u) => logistic(u - utilities[choice])));
// And the share who would keep it rather than have one of the others, drawn by lot.
export function keeping(utilities, choice) {
    const others = utilities.filter((_, i) => i !== choice);
    return others.reduce((sum, u) => sum + logistic(utilities[choice] - u), 0) / others.length;
}

// The newest model of each method.
export function newest(fits, methods = METHODS) {
    return methods.flatMap((method) => fits.find((one) => one.method === method && one.model_id) ?? []);
}

// The kinds of one question sit in equal numbers, as near as twelve seats allow; without a question, anybody.
export function seatsFor(pools, by) {
    const kinds = pools.filter((one) => one.attribute === by);
    const own = kinds.length > 0 ? kinds : pools.filter((one) => one.attribute === '');
    const seated = own.slice(0, SEATS);
    return seated.map(({ attribute, value }, i) => ({ attribute, value, count: Math.floor(SEATS / seated.length) + (i < SEATS % seated.length) }));
}

export const questionsOf = (models) => [...new Set(models.flatMap((one) => (one.metrics.jury?.pools ?? []).map((pool) => pool.attribute)))].filter(Boolean);

export async function scoreAll(project, itemId, models, by) {
    if (!itemId) return null;
    const item = await get(`/api/v1/projects/${project}/items/${itemId}`);
    const candidates = (item.responses ?? []).map((one) => ({ content: one.content }));
    if (candidates.length < 2) return { item, scored: [] };
    const scored = await Promise.all(models.map((model) => post('/api/v1/score', {
        model: model.id, candidates, ...(model.method === 'jury' ? { jury: { seats: seatsFor(model.metrics.jury.pools, by) } } : {}),
    }).then((answer) => ({ model, answer }), (error) => ({ model, error }))));
    return { item, scored };
}

const seatGroups = ({ candidates }, words) => candidates[0].jury.by_seat.map((seat, s) => ({
    name: seat.attribute ? `${words(seat.attribute)}: ${words(seat.attribute, seat.value)}` : t('compare-anybody'), utilities: candidates.map((one) => one.jury.by_seat[s].score) }));

const foundGroups = ({ model, answer }, words) => answer.groups.map((group, g) => ({
    name: group.attribute ? `${words(group.attribute)}: ${words(group.attribute, group.value)}` : t('found-group', { value: String(group.value).replace('cluster ', '') }),
    people: model.metrics.heads?.find((one) => one.served && one.attribute === group.attribute && one.value === group.value)?.n_annotators,
    utilities: answer.candidates.map((one) => one.by_group[g].score) }));

// Those that were found, and the jury's kinds.
export function groupsOf(scored, words) {
    return scored.filter(({ answer }) => answer).flatMap((one) => {
        if (one.model.method === 'jury') return seatGroups(one.answer, words);
        return one.model.method === 'maxmin' && one.answer.groups.length > 1 ? foundGroups(one, words) : [];
    });
}
