// The coordinator's own life: start, stop, restart, being killed, what it leaves behind.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeFolder, startCoordinator, temporaryFolder } from '../support/coordinator.mjs';

const isAlive = (pid) => {
    try {
        // A zombie is dead: nobody may have reaped it yet.
        return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
        return false;
    }
};
const until = async (what, condition, ms = 20_000) => {
    for (let waited = 0; !condition(); waited += 20) {
        assert.ok(waited < ms, what);
        await new Promise((done) => setTimeout(done, 20));
    }
};

test('start, answer, stop cleanly, with nothing left running', async () => {
    const server = await startCoordinator({ keep: true });
    const { status } = await server.api('GET', '/livez', { token: null });
    assert.equal(status, 200);
    assert.equal((await server.api('GET', '/readyz', { token: null })).status, 200);
    const postgres = server.postgresPid;
    assert.ok(isAlive(postgres));
    assert.equal(statSync(join(server.dataFolder, 'admin.token')).mode & 0o777, 0o600);
    assert.equal(statSync(join(server.dataFolder, 'run')).mode & 0o777, 0o700);
    await server.stop();
    assert.ok(!isAlive(postgres), 'PostgreSQL ends with it');
    assert.ok(!existsSync(join(server.dataFolder, 'postgres', 'postmaster.pid')), 'and cleanly');
    server.keep = false;
    await server.stop();
});

test('killed, it takes PostgreSQL down, and comes back with everything', async (t) => {
    const server = await startCoordinator();
    t.after(() => server.stop());
    server.sql("create table kept as select 42 as n");
    const token = server.adminToken;
    for (let i = 0; i < 3; i++) {
        const postgres = server.postgresPid;
        await server.kill();
        if (i !== 1) await until('PostgreSQL ends with it', () => !isAlive(postgres)); // once while it still goes down
        await server.restart();
        assert.equal(server.sql('select n from kept'), '42');
        assert.equal(server.adminToken, token);
        assert.equal((await server.api('GET', '/readyz', { token: null })).status, 200);
    }
});

test('PostgreSQL killed: not ready for a moment, then ready again by itself', async (t) => {
    const server = await startCoordinator();
    t.after(() => server.stop());
    const before = server.postgresPid;
    process.kill(before, 'SIGKILL');
    let status = 0;
    for (let tries = 0; tries < 200 && !(status === 200 && server.postgresPid !== before); tries++) {
        await new Promise((done) => setTimeout(done, 50));
        status = (await server.api('GET', '/readyz', { token: null })).status;
        assert.ok(status === 200 || status === 503, `readyz says ${status}`);
    }
    assert.equal(status, 200);
    assert.notEqual(server.postgresPid, before);
});

test('a database of another version is refused in words and left alone', async () => {
    const server = await startCoordinator({ keep: true });
    await server.stop();
    const file = join(server.dataFolder, 'postgres', 'PG_VERSION');
    writeFileSync(file, '14\n');
    await assert.rejects(startCoordinator({ data: server.dataFolder }), /PostgreSQL 14/);
    writeFileSync(file, '15\n');
    const again = await startCoordinator({ data: server.dataFolder });
    again.keep = false;
    await again.stop();
});

test('a migration that was applied and is not known is refused', async () => {
    const server = await startCoordinator({ keep: true });
    server.sql("insert into schema_migration (name, checksum) values ('9999_from_the_future', sha256(''))");
    await server.stop();
    await assert.rejects(startCoordinator({ data: server.dataFolder }), /9999_from_the_future/);
    server.keep = false;
    await server.stop();
});

test('only one coordinator a data folder', async (t) => {
    const server = await startCoordinator();
    t.after(() => server.stop());
    await assert.rejects(startCoordinator({ data: server.dataFolder }), /ended/);
    assert.equal((await server.api('GET', '/readyz', { token: null })).status, 200);
});

test('an outside database: migrated as its owner, used as plenum_app', async (t) => {
    const host = await startCoordinator();
    t.after(() => host.stop());
    const sockets = join(host.dataFolder, 'run');
    const psql = (sql) => execFileSync('psql', ['-X', '-q', '-A', '-t', '-h', sockets, '-U', 'postgres', '-d', 'outside', '-c', sql], { encoding: 'utf8' }).trim();
    execFileSync('psql', ['-X', '-q', '-h', sockets, '-U', 'postgres', '-d', 'postgres', '-c', 'create database outside owner plenum_owner']);
    const url = `postgresql://plenum_owner@/outside?host=${encodeURIComponent(sockets)}`;
    const guest = await startCoordinator({ env: { DATABASE_URL: url } });
    t.after(() => guest.stop());
    assert.equal((await guest.api('GET', '/readyz', { token: null })).status, 200);
    assert.ok(!existsSync(join(guest.dataFolder, 'postgres')), 'no cluster of its own');
    assert.equal(psql("select count(*) > 0 from schema_migration"), 't');
    // It can't write what only the owner may: its connections have taken the application's role.
    assert.equal(psql("select has_table_privilege('plenum_app', 'judgment', 'update')"), 'f');
    // The database goes away and comes back: so does readiness.
    psql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'outside' and pid <> pg_backend_pid()");
    let status = 0;
    for (let tries = 0; tries < 100 && status !== 200; tries++) {
        await new Promise((done) => setTimeout(done, 50));
        status = (await guest.api('GET', '/readyz', { token: null })).status;
    }
    assert.equal(status, 200);
});

test('as root, a settings file of the service user is not read', { skip: process.getuid() !== 0 && 'not root' }, async (t) => {
    const folder = temporaryFolder();
    t.after(() => removeFolder(folder));
    const ini = join(folder, 'plenum.ini');
    writeFileSync(ini, 'log-level = error\n');
    const { uid, gid } = statSync(folder);
    chownSync(ini, uid, gid);
    await assert.rejects(startCoordinator({ data: folder }), /must belong to root/);
    chownSync(ini, 0, 0);
    await (await startCoordinator({ data: folder })).stop();
});
