// A real coordinator with a private PostgreSQL of its own, for black-box tests and measurements.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const build = resolve(root, process.env.PLENUM_BUILD ?? 'build');

const READY_MS = 90_000;
const STOP_MS = 30_000;
const LOG_MAX_CHARS = 1024 * 1024;

// What is left when a test dies goes with it.
const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

// As root a process of ours becomes the service user, who must be able to write here.
export function temporaryFolder(prefix = 'plenum-test-') {
    const folder = mkdtempSync(join(tmpdir(), prefix));
    if (process.getuid() === 0) {
        const id = (flag) => Number(execFileSync('id', [flag, 'plenum'], { encoding: 'utf8' }));
        chownSync(folder, id('-u'), id('-g'));
    }
    return folder;
}

// The end of a child: its exit code, or the name of the signal that ended it.
function ended(child) {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? child.signalCode);
    return new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)));
}

function deadline(promise, ms, what) {
    let timer;
    const late = new Promise((_, fail) => {
        timer = setTimeout(() => fail(new Error(`${what}: nothing within ${ms / 1000} s`)), ms);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

class Coordinator {
    constructor({ env, data, keep }) {
        this.env = env;
        this.keep = keep ?? data !== undefined; // a folder that was given is the giver's
        this.dataFolder = data ?? temporaryFolder();
        this.log = '';
        this.listen = '127.0.0.1:0';
    }

    get pid() {
        return this.child.pid;
    }

    get adminToken() {
        return readFileSync(join(this.dataFolder, 'admin.token'), 'utf8').trim();
    }

    async start() {
        const child = spawn(join(build, 'plenum-coordinator'), [], {
            cwd: root,
            env: {
                ...process.env,
                PLENUM_DATA: this.dataFolder,
                PLENUM_LISTEN: this.listen,
                PLENUM_WORKER_LISTEN: '127.0.0.1:0',
                PLENUM_RATE_LIMITS: 'off',
                ...this.env,
            },
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        this.child = child;
        running.add(child);
        child.once('exit', () => running.delete(child));
        child.stderr.setEncoding('utf8').on('data', (text) => {
            this.log = (this.log + text).slice(-LOG_MAX_CHARS);
        });
        const ready = new Promise((done, fail) => {
            let out = '';
            child.stdout.setEncoding('utf8').on('data', (text) => {
                out = (out + text).slice(-LOG_MAX_CHARS);
                const found = /^plenum ready: (\S+)$/m.exec(out);
                if (found) done(found[1]);
            });
            child.once('error', fail);
            child.once('exit', (code, signal) => fail(new Error(`the coordinator ended (${code ?? signal})`)));
        });
        try {
            this.url = await deadline(ready, READY_MS, 'starting the coordinator');
        } catch (error) {
            child.kill('SIGKILL');
            throw new Error(`${error.message}\n${this.log}`);
        }
        // The same port after a restart: who talks to it keeps the address.
        if (!this.env.PLENUM_LISTEN) this.listen = `127.0.0.1:${new URL(this.url).port}`;
        return this;
    }

    // The port workers come to, from the coordinator's own words.
    get workerPort() {
        const found = [...this.log.matchAll(/"event":"workers_listen[a-z]*"[^}]*"port":(\d+)/g)].at(-1);
        return found ? Number(found[1]) : undefined;
    }

    // Ends it as Ctrl-C does; anything but a clean end is an error. The data folder goes, unless it is to be kept.
    async stop() {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            this.child.kill('SIGINT');
            let code;
            try {
                code = await deadline(ended(this.child), STOP_MS, 'stopping the coordinator');
            } catch (error) {
                await this.kill();
                throw new Error(`${error.message}\n${this.log}`);
            }
            if (code !== 0) throw new Error(`the coordinator ended with ${code}\n${this.log}`);
        }
        if (!this.keep) await removeFolder(this.dataFolder);
    }

    // SIGTERM, and how it ended: an exit code or the name of a signal. The data folder stays.
    async terminate() {
        this.child.kill('SIGTERM');
        return deadline(ended(this.child), STOP_MS, 'stopping the coordinator');
    }

    async kill() {
        this.child.kill('SIGKILL');
        await ended(this.child);
    }

    // After kill(), or by itself: ends what runs cleanly and starts again on the same folder and port.
    async restart(env = {}) {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const keep = this.keep;
            this.keep = true;
            await this.stop();
            this.keep = keep;
        }
        Object.assign(this.env, env);
        return this.start();
    }

    // token: undefined is the operator's, null is none. key: true makes an Idempotency-Key, text is one. An object goes
    // as JSON; text and bytes go as they are (`type`: their media type). Gives {status, headers, body}.
    async api(method, path, { body, token, key, type, headers = {}, signal } = {}) {
        const sent = { ...headers };
        const bearer = token === undefined ? this.adminToken : token;
        if (bearer !== null) sent.authorization ??= `Bearer ${bearer}`;
        if (key !== undefined) sent['idempotency-key'] = key === true ? randomUUID() : key;
        const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
        if (body !== undefined) sent['content-type'] ??= type ?? (raw ? 'application/x-ndjson' : 'application/json');
        const response = await fetch(new URL(path, this.url), {
            method,
            headers: sent,
            body: raw ? body : JSON.stringify(body),
            redirect: 'manual',
            signal,
        });
        const text = await response.text();
        const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
        return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
    }

    // SQL straight into the private cluster, as the owner (or into `database`, a connection string, where it is an outside
    // one): text of the rows, `|` between columns.
    sql(statement) {
        const database = this.database ?? `host='${join(this.dataFolder, 'run')}' port=5432 user=plenum_owner dbname=plenum`;
        return execFileSync(
            'psql',
            ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', statement],
            { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] },
        ).trimEnd();
    }

    // Of all processes of the private cluster, the postmaster first.
    postgresPids() {
        const postmaster = this.postgresPid;
        const parent = (pid) => Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))[1]);
        const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
            try {
                return parent(pid) === postmaster;
            } catch {
                return false; // ended meanwhile
            }
        });
        return [postmaster, ...children];
    }

    // The process id of the private cluster's postmaster.
    get postgresPid() {
        return Number(readFileSync(join(this.dataFolder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    }
}

// PostgreSQL of a killed coordinator is still writing its last file while it goes away.
export async function removeFolder(folder) {
    for (let tries = 0; existsSync(folder); tries++) {
        try {
            rmSync(folder, { recursive: true, force: true });
        } catch (error) {
            if (tries >= 100) throw error;
            await new Promise((done) => setTimeout(done, 100));
        }
    }
}

// env: settings over the defaults. data: a data folder of the caller's, kept. keep: true keeps our own, too.
export async function startCoordinator({ env = {}, data, keep } = {}) {
    const coordinator = new Coordinator({ env: { ...env }, data, keep });
    return coordinator.start();
}
