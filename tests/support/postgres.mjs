// A PostgreSQL of the test's own on a TCP port, to stand for an outside one; and a proxy in front of it that cuts.
import { execFileSync, fork, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeFolder, temporaryFolder } from './coordinator.mjs';

const programs = existsSync('/usr/lib/postgresql/15/bin') ? '/usr/lib/postgresql/15/bin' : execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

// PostgreSQL refuses to run as root.
function asUser() {
    if (process.getuid() !== 0) return {};
    const id = (flag) => Number(execFileSync('id', [flag, 'plenum'], { encoding: 'utf8' }));
    return { uid: id('-u'), gid: id('-g') };
}

const freePort = () => new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => done(port));
    });
});

export class Postgres {
    // env: of the server (a clock of its own, say).
    constructor(env = {}) {
        this.env = { ...process.env, ...env };
        this.folder = temporaryFolder('plenum-test-postgres-');
        this.data = join(this.folder, 'data');
    }

    async make() {
        this.port = await freePort();
        execFileSync(join(programs, 'initdb'), ['--pgdata', this.data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C',
            '--data-checksums', '--no-instructions', '--no-sync'], { ...asUser(), stdio: 'pipe', cwd: this.folder });
        await this.start();
        this.sql('create role plenum_owner login createrole', 'postgres');
        this.sql("create database plenum owner plenum_owner template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'", 'postgres');
        return this;
    }

    async start() {
        const settings = { listen_addresses: '127.0.0.1', port: this.port, unix_socket_directories: '', max_connections: 100, shared_buffers: '64MB' };
        const child = spawn(join(programs, 'postgres'), ['-D', this.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
            { ...asUser(), env: this.env, cwd: this.folder, stdio: 'ignore' });
        this.child = child;
        running.add(child);
        this.ended = new Promise((done) => child.once('exit', (code, signal) => {
            running.delete(child);
            done(code ?? signal);
        }));
        for (let tries = 0; ; tries++) {
            try {
                return this.sql('select 1', 'postgres');
            } catch (error) {
                if (tries > 300 || child.exitCode !== null) throw error;
                await pause(100);
            }
        }
    }

    conninfo(database = 'plenum', user = 'postgres') {
        return `host=127.0.0.1 port=${this.port} user=${user} dbname=${database}`;
    }

    sql(statement, database) {
        return execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', this.conninfo(database), '-c', statement],
            { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
    }

    // Fast: sessions are ended, what they had committed is kept.
    async stop(signal = 'SIGINT') {
        this.child.kill(signal);
        return this.ended;
    }

    pids() {
        const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
            try {
                return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))[1]) === this.child.pid;
            } catch {
                return false; // ended meanwhile
            }
        });
        return [this.child.pid, ...children.map(Number)];
    }

    signal(signal) {
        for (const pid of this.pids()) {
            try {
                process.kill(pid, signal);
            } catch { /* ended meanwhile */ }
        }
    }

    async remove() {
        this.signal('SIGCONT');
        await this.stop('SIGQUIT');
        await removeFolder(this.folder);
    }
}

// The proxy is a process of its own: what waits in this one (for psql, say) must not hold up others.
export class CuttingProxy {
    constructor(port) {
        this.to = port;
        this.cuts = { query: 0, reply: 0 };
    }

    async start() {
        this.child = fork(fileURLToPath(new URL('cutting-proxy.mjs', import.meta.url)), [String(this.to)]);
        running.add(this.child);
        this.port = await new Promise((done) => this.child.on('message', (message) => {
            if (message.port) done(message.port);
            else this.cuts[message.cut]++;
        }));
        return this;
    }

    // Cuts one connection in the middle of its queries or of its replies.
    cut(dice) {
        this.child.send({ nth: dice.below(1000), way: dice.pick(['query', 'reply']), after: dice.below(2000) });
    }

    // Those that have not been cut yet are spared.
    calm() {
        this.child.send({ calm: true });
    }

    stop() {
        running.delete(this.child);
        this.child.kill();
    }
}
