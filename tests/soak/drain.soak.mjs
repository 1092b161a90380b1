// A hundred restarts under load: no request is cut.
import test from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { restartUnderLoad } from '../support/drain.mjs';

test('100 restarts under load cut no request', { timeout: 3_600_000 }, async (t) => {
    const server = await startCoordinator();
    t.after(() => server.stop());
    t.diagnostic(JSON.stringify(await restartUnderLoad(server, { restarts: 100, items: 20_000 })));
});
