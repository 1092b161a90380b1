// What happens to a database and a machine short of a crash: PostgreSQL restarted and paused, connections to it cut in the
// middle, the clock set back, the disk full. Each under the writers of the checker, which judges at the end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { build, startCoordinator, temporaryFolder } from '../../support/coordinator.mjs';
import { pause } from '../../support/drain.mjs';
import { CuttingProxy, Postgres } from '../../support/postgres.mjs';
import { until } from '../../support/workers.mjs';
import { progress, runWith } from './run.mjs';

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const CACHE_S = 1;

const ready = async ({ server }) => (await server.api('GET', '/readyz', { token: null, signal: AbortSignal.timeout(10_000) })).status;
const becomes = (world, status, ms) => until(async () => await ready(world).catch(() => 0) === status, `readyz says ${status}`, ms);

// --- with an outside PostgreSQL, behind a proxy, on a clock of their own ---------------------------------------------------
async function restarted(world, { postgres }) {
    const stopped = postgres.stop();
    await becomes(world, 503, 5_000);
    assert.equal(await stopped, 0);
    await pause(300);
    await postgres.start();
    await becomes(world, 200);
    await progress(world, 'PostgreSQL was restarted');
}

async function paused(world, { postgres }, ms) {
    const until_ms = performance.now() + ms;
    postgres.signal('SIGSTOP');
    await becomes(world, 503, 8_000);
    assert.equal((await world.server.api('GET', '/livez', { token: null })).status, 200);
    while (performance.now() < until_ms) {
        assert.equal(await ready(world), 503);
        await pause(200);
    }
    postgres.signal('SIGCONT');
    await becomes(world, 200);
    await progress(world, 'PostgreSQL was paused');
}

async function cut(world, { proxy }, ms) {
    const dice = world.randomOf(7777);
    for (const end = performance.now() + ms; performance.now() < end;) {
        proxy.cut(dice);
        await pause(dice.between(10, 80));
    }
    proxy.calm();
    await becomes(world, 200);
    await progress(world, 'connections were cut');
    assert.ok(proxy.cuts.query > 0 && proxy.cuts.reply > 0, JSON.stringify(proxy.cuts));
    return proxy.cuts;
}

async function clockSetBack(world, { clock, postgres }) {
    const names = [];
    const make = async (name) => {
        const body = { name, task: { kind: 'pairwise' } }, key = randomUUID();
        await until(async () => (await world.server.api('POST', '/api/v1/projects', { body, key })).status === 201, 'a project is made', 20_000);
        names.push(name);
    };
    const hour = () => new Date(postgres.sql('select now()')).getTime() - Date.now() < -3_000_000;
    for (let i = 0; i < 3; i++) await make(`before ${i}`);
    writeFileSync(clock, '-1h\n');
    await until(hour, 'the clock is an hour back');
    await until(async () => Date.parse((await world.server.api('GET', '/livez', { token: null })).headers.get('date')) - Date.now() < -3_000_000, 'the coordinator sees it');
    await progress(world, 'the clock was set back');
    for (let i = 0; i < 3; i++) await make(`after ${i}`);
    // Pages that go by the ids hold each once, though ids made now are smaller than those made before.
    const seen = [];
    for (let cursor = ''; cursor !== null;) {
        const { body } = await world.server.api('GET', `/api/v1/projects?limit=2${cursor && `&cursor=${cursor}`}`);
        seen.push(...body.data.map((one) => one.name).filter((name) => names.includes(name)));
        cursor = body.next_cursor;
    }
    assert.deepEqual(seen.sort(), names.sort());
    // Who comes anew: a worker whose certificate was made in what is now the future, and a whole coordinator.
    for (const worker of world.workers) {
        await worker.kill();
        worker.start();
    }
    await world.server.kill();
    await world.server.start();
    await progress(world, 'the coordinator was started on the earlier clock');
    // Each of the researchers waits for a fit before it asks for the next.
    const asked = () => world.history.ops.filter((op) => op.f === 'fit' && op.outcome === 'ok').length, before = asked();
    await until(() => asked() > before + 2, 'fits go on', 45_000);
    writeFileSync(clock, '+0\n');
    await until(() => !hour(), 'the clock is right again');
    await progress(world, 'the clock was set right');
}

export async function storm(t, { seed, pauseMs, cutMs }) {
    // A sanitizer wants to be loaded first.
    const fake = existsSync(FAKETIME) && !/san\b/.test(build);
    if (!fake) t.diagnostic('the clock is left alone: no libfaketime, or a sanitizer');
    const folder = temporaryFolder(), clock = join(folder, 'clock');
    writeFileSync(clock, '+0\n', { mode: 0o644 });
    const env = fake ? { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_CACHE_DURATION: String(CACHE_S),
        FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_RESET: '1' } : {};
    const postgres = await new Postgres(env).make();
    const proxy = await new CuttingProxy(postgres.port).start();
    t.after(async () => {
        proxy.stop();
        await postgres.remove();
        rmSync(folder, { recursive: true });
    });
    const start = async () => {
        const server = await startCoordinator({ env: { ...env, PLENUM_LOG_LEVEL: 'warning', DATABASE_URL: `postgresql://plenum_owner@127.0.0.1:${proxy.port}/plenum` } });
        server.database = postgres.conninfo('plenum', 'plenum_owner');
        return server;
    };
    const around = { postgres, proxy, clock };
    return runWith(t, { name: 'storm', seed, items: 400, leaseSeconds: 4, start, workerEnv: env }, async (world) => {
        const step = async (name, run) => {
            world.history.line({ nemesis: name });
            const began = performance.now(), done = await run(world);
            t.diagnostic(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s${done ? `, ${JSON.stringify(done)}` : ''}`);
        };
        await progress(world, 'from the start');
        await step('restarted', () => restarted(world, around));
        await step('cut', () => cut(world, around, cutMs));
        await step('paused', () => paused(world, around, pauseMs));
        if (fake) await step('clock', () => clockSetBack(world, around));
        return { restarted: 1, paused: 1, ...proxy.cuts, clock: Number(fake) };
    });
}

// --- a full disk, under a private cluster -------------------------------------------------------------------------------------
function fill(folder) {
    const ballast = join(folder, 'ballast'), fd = openSync(ballast, 'a'), piece = Buffer.alloc(64 * 1024, 1);
    try {
        for (;;) writeSync(fd, piece);
    } catch (error) {
        assert.equal(error.code, 'ENOSPC');
    } finally {
        closeSync(fd);
    }
    return ballast;
}

export async function diskFull(t, { seed }) {
    const data = temporaryFolder();
    try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=160m,uid=${execFileSync('id', ['-u', 'plenum'])}`.trim(), 'none', data], { stdio: 'pipe' });
    } catch (error) {
        t.skip(`no file system can be mounted here: ${String(error.stderr ?? error.message).trim()}`);
        return undefined;
    }
    t.after(() => {
        execFileSync('umount', ['-l', data]);
        rmSync(data, { recursive: true });
    });
    return runWith(t, { name: 'disk', seed, items: 400, leaseSeconds: 4, start: () => startCoordinator({ data, env: { PLENUM_LOG_LEVEL: 'warning' } }) }, async (world) => {
        const { server } = world;
        await progress(world, 'from the start');
        world.history.line({ nemesis: 'disk full' });
        // Filled again and again: a checkpoint may give back a segment of the log in between.
        let ballast;
        await until(() => {
            ballast = fill(data);
            return /"sqlstate":"53100"/.test(server.log);
        }, 'PostgreSQL has no place for a row');
        // Nor for its log: it gives up, and at each try to start again.
        world.history.line({ nemesis: 'no place for WAL' });
        await until(async () => {
            fill(data);
            try {
                execFileSync('psql', ['-X', '-h', join(data, 'run'), '-U', 'postgres', '-d', 'plenum', '-c', 'create table if not exists w as select 1', ...Array(8).fill(['-c', 'select pg_switch_wal()', '-c', 'insert into w values (1)']).flat()], { stdio: 'pipe' });
            } catch { /* that was the aim */ }
            return (await ready(world)) === 503;
        }, 'PostgreSQL gives up', 30_000);
        await pause(1500);
        assert.equal(await ready(world), 503);
        assert.equal((await server.api('GET', '/livez', { token: null })).status, 200);
        rmSync(ballast);
        world.history.line({ nemesis: 'place again' });
        await becomes(world, 200);
        await progress(world, 'there was place again');
        return { full: 1 };
    });
}
