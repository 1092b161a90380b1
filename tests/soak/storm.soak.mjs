// Faults short of a crash in long: PostgreSQL paused for 30 s, connections cut for 20 s. See tests/faults/checker/storm.mjs.
import test from 'node:test';
import { storm } from '../faults/checker/storm.mjs';

const seed = Number(process.env.PLENUM_SEED ?? Date.now() % 1e6);

test('PostgreSQL restarted, paused 30 s, cut off again and again, and the clock set back an hour', { timeout: 1_200_000 }, (t) => storm(t, { seed, pauseMs: 30_000, cutMs: 20_000 }));
