// A whole platform for the browser tests: a coordinator with its private PostgreSQL, and workers where a test fits.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, removeFolder, startCoordinator, temporaryFolder } from './coordinator.mjs';

async function startWorker(coordinator, name) {
    const { status, body } = await coordinator.api('POST', '/api/v1/workers/enrolments');
    if (status >= 300) throw new Error(`enrolling a worker: ${status} ${JSON.stringify(body)}`);
    const folder = temporaryFolder('plenum-test-worker-');
    mkdirSync(join(folder, 'keys'), { recursive: true });
    const address = readFileSync(join(coordinator.dataFolder, 'run', 'worker.address'), 'utf8').trim();
    const program = join(build, 'plenum-worker');
    const common = ['--coordinator', address, '--keys', join(folder, 'keys')];
    execFileSync(program, ['enrol', ...common, '--name', name, '--enrolment-token', body.token], { stdio: ['ignore', 'pipe', 'pipe'] });
    const child = spawn(program, common, { stdio: 'ignore' });
    process.on('exit', () => child.kill('SIGKILL'));
    return { child, folder };
}

export async function startPlatform({ workers = 0, env } = {}) {
    const coordinator = await startCoordinator({ env });
    const running = [];
    async function stop() {
        for (const { child, folder } of running) {
            const ended = child.exitCode === null && child.signalCode === null
                ? new Promise((done) => child.once('exit', done)) : null;
            child.kill('SIGTERM');
            await ended;
            await removeFolder(folder);
        }
        await coordinator.stop();
    }
    try {
        for (let i = 0; i < workers; i += 1) running.push(await startWorker(coordinator, `test-${i + 1}`));
    } catch (error) {
        await stop();
        throw error;
    }
    return { origin: coordinator.url.replace(/\/$/, ''), token: coordinator.adminToken, coordinator, stop };
}
