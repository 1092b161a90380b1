// Drafts, and answers given that may still be changed, of the person who acts in this tab. While that is not known nothing is kept.
import { person } from './api.js';
import { allRowsOf, clearRowsOf, deleteRow, getRow, putRow } from './idb.js';

const ifKnown = async (act) => (person.value ? act(person.value) : undefined);

export const keep = (store, row) => ifKnown((who) => putRow(store, { ...row, person: who }));
export const kept = (store, assignment) => ifKnown((who) => getRow(store, [who, assignment]));
export const allKept = async (store) => (await ifKnown((who) => allRowsOf(store, who))) ?? [];
export const forget = (store, assignment) => ifKnown((who) => deleteRow(store, [who, assignment]));
export const forgetAll = (store) => ifKnown((who) => clearRowsOf(store, who));
