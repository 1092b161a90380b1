// What can be done to a ranking, apart from how it looks. Positions are {slot: 1..n}; equal ones share a rank, what has none is
// not ranked. A position that was chosen stays as it was chosen; a move closes the gaps.
import { groupsOf } from './fields.js';

const positionsOf = (groups) => Object.fromEntries(groups.filter((group) => group.length > 0).flatMap((group, i) => group.map((slot) => [slot, i + 1])));

export function rankNext(positions = {}, slot) {
    const taken = new Set(Object.values(positions));
    let next = 1;
    while (taken.has(next)) next += 1;
    return { ...positions, [slot]: next };
}

export function takeOut(positions, slot) {
    const { [slot]: out, ...rest } = positions;
    return rest;
}

export function place(positions = {}, slot, position) {
    return position === 0 ? takeOut(positions, slot) : { ...positions, [slot]: position };
}

// One step up (-1) or down (1): out of those it shares a rank with first, then past its neighbours.
export function move(positions, slot, by) {
    const groups = groupsOf(positions);
    const at = groups.findIndex((group) => group.includes(slot));
    if (at < 0) return positions;
    const own = groups[at];
    if (own.length > 1) {
        const rest = own.filter((one) => one !== slot);
        groups.splice(at, 1, ...(by < 0 ? [[slot], rest] : [rest, [slot]]));
    } else {
        const to = at + by;
        if (to < 0 || to >= groups.length) return positions;
        [groups[at], groups[to]] = [groups[to], own];
    }
    return positionsOf(groups);
}

// Onto the rank of whoever stands above.
export function together(positions, slot) {
    const groups = groupsOf(positions);
    const at = groups.findIndex((group) => group.includes(slot));
    if (at < 1) return positions;
    groups[at - 1] = [...groups[at - 1], slot];
    groups[at] = groups[at].filter((one) => one !== slot);
    return positionsOf(groups);
}

// Before or after another, on a rank of its own.
export function putBeside(positions, slot, other, after) {
    if (slot === other) return positions;
    const groups = groupsOf(takeOut(positions, slot));
    const at = groups.findIndex((group) => group.includes(other));
    groups.splice(after ? at + 1 : at, 0, [slot]);
    return positionsOf(groups);
}
