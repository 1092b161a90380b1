// Workers for tests of fits: real ones, enrolled with the coordinator; and a study with judgments enough to fit, put
// straight into the database because who judged how is not what these tests are about.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, removeFolder, temporaryFolder } from './coordinator.mjs';

const LOG_MAX_CHARS = 1024 * 1024;
const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Restarts of a mixture that make a fit long enough to be in the middle of, on any machine.
export const LONG = process.env.PLENUM_BUILD?.includes('san') ? 12 : 64;

// Until `look` gives something, at most so long.
export async function until(look, what, ms = 120_000) {
    for (const end = Date.now() + ms; Date.now() < end;) {
        const found = await look();
        if (found) return found;
        await pause(50);
    }
    throw new Error(`not within ${ms / 1000} s: ${what}`);
}

export class Worker {
    constructor(coordinator, name, settings = [], env = {}) {
        this.coordinator = coordinator;
        this.env = { ...process.env, ...env };
        this.name = name;
        this.settings = settings;
        this.folder = temporaryFolder('plenum-test-worker-');
        this.log = '';
    }

    // The address is read from the file at each connection: a coordinator that is started again has another port.
    get common() {
        return ['--coordinator', `@${join(this.coordinator.dataFolder, 'run', 'worker.address')}`, '--keys', join(this.folder, 'keys'), '--name', this.name, ...this.settings];
    }

    async enrol(token) {
        token ??= (await this.coordinator.api('POST', '/api/v1/workers/enrolments')).body.token;
        execFileSync(join(build, 'plenum-worker'), ['enrol', ...this.common, '--enrolment-token', token], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
        return this;
    }

    start() {
        const child = spawn(join(build, 'plenum-worker'), this.common, { env: this.env, stdio: ['ignore', 'ignore', 'pipe'] });
        this.child = child;
        running.add(child);
        this.ended = new Promise((done) => child.once('exit', (code, signal) => {
            running.delete(child);
            done(code ?? signal);
        }));
        child.stderr.setEncoding('utf8').on('data', (text) => {
            this.log = (this.log + text).slice(-LOG_MAX_CHARS);
        });
        return this;
    }

    saw(event) {
        return this.log.includes(`"event":"${event}"`);
    }

    async kill(signal = 'SIGKILL') {
        this.child.kill(signal);
        return this.ended;
    }

    async remove() {
        if (this.child !== undefined) await this.kill();
        await removeFolder(this.folder);
        const report = /^.*(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:).*$/m.exec(this.log);
        if (report !== null) throw new Error(`worker ${this.name}: ${this.log.slice(report.index, report.index + 4000)}`);
    }
}

// A study with `items` pairs judged by `people` persons, each of `each` items. Half of them like long answers and half like
// short ones. `embed(item, response)` gives each response an embedding. Gives the project's id.
export async function makeJudged(coordinator, { name = 'fits', items = 300, people = 40, each = 60, embed = () => undefined, ...settings } = {}) {
    const { status, body: project } = await coordinator.api('POST', '/api/v1/projects', {
        body: { name, judgments_per_item: 1000, task: { kind: 'pairwise' }, ...settings },
    });
    if (status !== 201) throw new Error(`a project: ${status} ${JSON.stringify(project)}`);
    const words = ['river', 'stone', 'because', 'perhaps', 'never', 'kindly', 'first', 'however', 'water', 'answer', 'seven', 'light'];
    const text = (i, n) => Array.from({ length: n }, (_, j) => words[(i * 7 + j * (3 + (i % 5))) % words.length]).join(' ');
    const lines = Array.from({ length: items }, (_, i) => JSON.stringify({
        id: `i${i}`,
        prompt: `Question ${i}`,
        responses: [{ content: `${text(i, 5)} briefly`, embedding: embed(i, 0) },
            { content: `${text(i + 1, 40)} at length, in detail`, embedding: embed(i, 1) }],
    }));
    const answer = await coordinator.api('POST', `/api/v1/projects/${project.id}/items`, { body: lines.join('\n') });
    if (answer.status >= 300) throw new Error(`items: ${answer.status} ${JSON.stringify(answer.body)}`);
    coordinator.sql(`
        create temp table made as select gen_random_uuid() as person_id, gen_random_uuid() as participant_id, n from generate_series(1, ${people}) n;
        insert into person (person_id, kind) select person_id, 'imported' from made;
        insert into participation (shard_key, participant_id, person_id, roles, source_id)
            select p.shard_key, m.participant_id, m.person_id, 8, 'person ' || m.n from made m, project p where p.name = '${name}';
        insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown,
                guideline_version, source, idempotency_key, request_hash, receipt)
            select i.shard_key, gen_random_uuid(), 1, gen_random_uuid(), i.item_id, m.n, m.participant_id,
                case when (m.n % 2 = 0) = ((i.k * 31 + m.n) % 10 < 8) then 'left' else 'right' end,
                '{0,1}', 1, 'import:test', gen_random_uuid(), sha256('x'), 'r'
            from made m, (select i.*, row_number() over (order by source_id) as k from item i join project p using (shard_key) where p.name = '${name}') i
            where (i.k + m.n * 17) % ${items} < ${each}`);
    return project.id;
}
