// Faults short of a crash, each under load: see checker/storm.mjs.
import test from 'node:test';
import { diskFull, storm } from './checker/storm.mjs';

const seed = Number(process.env.PLENUM_SEED ?? Date.now() % 1e6);

test('PostgreSQL restarted, paused, cut off in the middle, and the clock set back an hour', { timeout: 300_000 }, (t) => storm(t, { seed, pauseMs: 6000, cutMs: 2500 }));
test('the disk is full, and there is place again', { timeout: 300_000 }, (t) => diskFull(t, { seed }));
