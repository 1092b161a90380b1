// The checker in long: see tests/faults/checker. PLENUM_SEED repeats a run's choices (not its timing).
import test from 'node:test';
import assert from 'node:assert/strict';
import { runChecker } from '../faults/checker/run.mjs';

test('200 kills of the coordinator and 25 of PostgreSQL under sixteen writers', { timeout: 3 * 3_600_000 }, async (t) => {
    const seed = Number(process.env.PLENUM_SEED ?? Date.now() % 1e6);
    const report = await runChecker(t, { name: 'long', seed, kills: { coordinator: 200, postgres: 25, worker: 25 }, items: 3000, leaseSeconds: 10,
        thorough: true });
    assert.ok(report.kills.coordinator >= 200 && report.kills.postgres >= 25);
});
