// The places on screen and their names, the same in every kind of task.
import { number } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

// `left` comes first in reading order, in right-to-left pages too; the server's order is kept otherwise.
export function inReadingOrder(responses) {
    const rank = { left: 0, right: 1 };
    return [...responses].sort((a, b) => (rank[a.slot] ?? 2) - (rank[b.slot] ?? 2));
}

export const letterOf = (i) => t('letters').split(' ')[i] ?? number(i + 1);

export const responseName = (i, n) => (n === 1 ? t('response-only') : t('response-name', { letter: letterOf(i) }));
