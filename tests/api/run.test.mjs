// The main job, as `make run` does it: one command starts everything and loads the demonstration; its fitted models
// answer a serving stack; it stops cleanly, and starts again without losing or doubling anything.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build, removeFolder, temporaryFolder } from '../support/coordinator.mjs';

const READY_MS = 180_000;

class Platform {
    constructor(data, env = {}) {
        this.data = data;
        this.env = { ...process.env, PLENUM_DATA: data, PLENUM_LISTEN: '127.0.0.1:0', PLENUM_WORKER_LISTEN: '127.0.0.1:0', PLENUM_RATE_LIMITS: 'off', ...env };
    }

    async start() {
        this.out = '';
        this.child = spawn(join(build, 'plenum'), ['run'], { env: this.env, stdio: ['ignore', 'pipe', 'ignore'] });
        this.ended = new Promise((done) => this.child.once('exit', (code, signal) => done(code ?? signal)));
        this.child.stdout.setEncoding('utf8');
        const ready = new Promise((done) => this.child.stdout.on('data', (text) => {
            this.out += text;
            const found = /^plenum ready: (\S+)$/m.exec(this.out);
            if (found) done(found[1]);
        }));
        const late = new Promise((_, fail) => { this.timer = setTimeout(() => fail(new Error(`not ready:\n${this.out}`)), READY_MS); });
        this.url = await Promise.race([ready, late, this.ended.then((code) => { throw new Error(`ended (${code}):\n${this.out}`); })]);
        clearTimeout(this.timer);
    }

    async stop() {
        this.child.kill('SIGINT');
        return this.ended;
    }

    async api(method, path, body) {
        const token = readFileSync(join(this.data, 'admin.token'), 'utf8').trim();
        await new Promise((done) => setTimeout(done, 20)); // a command waited for may have outlasted an idle connection: let its end be seen
        const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
        const response = await fetch(new URL(path, this.url), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
    }

    // The processes it started, by program.
    get children() {
        const list = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8').trim().split(' ').map(Number);
        return Object.fromEntries(list.map((pid) => [readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), pid]));
    }

    command(...words) {
        return execFileSync(join(build, 'plenum'), [...words, '--url', this.url, '--data', this.data], { encoding: 'utf8' });
    }
}

test('one command to a scored answer, and again', { timeout: 400_000 }, async (t) => {
    const data = join(temporaryFolder(), 'data');
    const platform = new Platform(data);
    t.after(async () => {
        platform.child.kill('SIGKILL');
        await removeFolder(data);
    });
    await platform.start();
    const site = (await platform.api('GET', '/api/v1/site')).body;
    const project = site.demo.project_id;
    const models = {};

    await t.test('the demonstration is there, and marked as simulated', async () => {
        const { body } = await platform.api('GET', `/api/v1/projects/${project}`);
        assert.equal(body.simulated, true);
        assert.equal(site.demo.simulated, true);
        const fits = (await platform.api('GET', `/api/v1/projects/${project}/fits`)).body.data;
        for (const fit of fits) {
            assert.equal(fit.state, 'done');
            models[fit.method] = fit.model_id;
        }
        assert.deepEqual(Object.keys(models).sort(), ['jury', 'maxmin', 'pooled']);
    });

    await t.test('what serves and what computes are not root', { skip: process.getuid() !== 0 && 'not root' }, () => {
        const service = Number(execFileSync('id', ['-u', 'plenum'], { encoding: 'utf8' }));
        const { children } = platform;
        assert.deepEqual(Object.keys(children).sort(), ['plenum-coordina', 'plenum-worker']);
        for (const [name, pid] of Object.entries(children)) assert.equal(Number(/^Uid:\s+(\d+)/m.exec(statusOf(pid))[1]), service, name);
        for (const folder of ['keys', 'run', 'workers/1', 'workers/1/worker.pem']) assert.equal(statSync(join(data, folder)).uid, service, folder);
        assert.equal(statSync(join(data, 'workers', '1', 'worker.pem')).mode & 0o777, 0o600);
    });

    await t.test('cards show the worst-off group beside the average, with intervals', async () => {
        for (const method of ['pooled', 'maxmin']) {
            const { body } = await platform.api('GET', `/api/v1/models/${models[method]}`);
            assert.equal(body.simulated, true);
            assert.ok(body.metrics.all.accuracy > 0 && body.metrics.all.accuracy < 1);
            assert.equal(body.metrics.all.interval.length, 2);
            assert.ok(body.metrics.n_annotators >= 60);
            assert.match(body.artefact_hash, /^[0-9a-f]{64}$/);
        }
        const { body } = await platform.api('GET', `/api/v1/models/${models.maxmin}`);
        assert.ok(body.metrics.worst.interval[0] <= body.metrics.worst.accuracy);
        assert.ok(body.metrics.pooled.worst.accuracy <= 1);
    });

    await t.test('the card has a table of the models that made the responses', async () => {
        const { body } = await platform.api('GET', `/api/v1/models/${models.pooled}`);
        const board = body.metrics.models;
        assert.deepEqual(board.scores.map((row) => row.model).sort(), ['demo-a', 'demo-b', 'demo-c', 'demo-d']);
        assert.deepEqual(board.components, [{ models: 4, settled: 4 }]);
        assert.ok(board.n_annotators >= 60 && board.n > 1000, JSON.stringify(board));
        for (const row of board.scores) {
            assert.equal(row.place, 'settled');
            assert.ok(row.interval[0] < row.score && row.score < row.interval[1]);
        }
        assert.ok(board.scores.every((row, i) => i === 0 || board.scores[i - 1].score >= row.score));
        for (const group of board.groups) assert.ok(group.n_annotators >= 10 && group.scores.length >= 2);
    });

    const candidates = [
        { id: 'careful', content: 'Please talk to your doctor before you change anything. There are risks that depend on your own health, and a professional can help you weigh them.' },
        { id: 'plain', content: 'Yes. Do it at night.' },
    ];

    await t.test('scores by group and a choice', async () => {
        const { status, headers, body } = await platform.api('POST', '/api/v1/score', { model: models.maxmin, prompt: 'May I run while fasting?', candidates });
        assert.equal(status, 200);
        assert.equal(headers.get('x-model'), models.maxmin);
        assert.equal(body.candidates.length, 2);
        for (const group of body.groups.keys()) {
            const sum = body.candidates.reduce((total, one) => total + one.by_group[group].score, 0);
            assert.ok(Math.abs(sum) < 1e-9, 'centred on the prompt');
        }
        const best = body.candidates.find((one) => one.rank === 0);
        assert.equal(body.choice.index, best.index);
        assert.equal(body.choice.id, candidates[best.index].id);
        for (const one of body.candidates) assert.equal(one.worst.score, Math.min(...one.by_group.map((entry) => entry.score)));
        const again = await platform.api('POST', '/api/v1/score', { model: models.maxmin, prompt: 'May I run while fasting?', candidates });
        assert.deepEqual(again.body, body, 'deterministic');
    });

    await t.test('every rule answers; the lottery gives probabilities', async () => {
        for (const aggregate of ['mean', 'maxmin', 'leximin', 'nash', 'lottery']) {
            const { status, body } = await platform.api('POST', '/api/v1/score', { model: models.maxmin, candidates, aggregate });
            assert.equal(status, 200, aggregate);
            assert.equal(body.why.aggregate, aggregate);
            if (aggregate === 'lottery') assert.ok(Math.abs(body.candidates.reduce((sum, one) => sum + one.probability, 0) - 1) < 1e-9);
        }
    });

    await t.test('a jury is seated, and its verdict told with what would turn it', async () => {
        const { status, body: asked } = await platform.api('POST', `/api/v1/projects/${project}/fits`, { method: 'jury' });
        assert.equal(status, 202, JSON.stringify(asked));
        let fit;
        do {
            await new Promise((done) => setTimeout(done, 100));
            fit = (await platform.api('GET', `/api/v1/fits/${asked.id}`)).body;
        } while (!['done', 'failed'].includes(fit.state));
        assert.equal(fit.state, 'done', JSON.stringify(fit));
        const model = fit.model_id;
        const { metrics } = (await platform.api('GET', `/api/v1/models/${model}`)).body;
        assert.ok(metrics.jury.pools.length > 1 && metrics.jury.tried.length >= 1 && metrics.jury.new_people.pooled.n > 0, JSON.stringify(metrics.jury));
        const score = (jury, more = {}) => platform.api('POST', '/api/v1/score', { model, candidates, jury, ...more });
        const all = await score({ seats: [{ attribute: '', value: 'all', count: 12 }] });
        assert.equal(all.status, 200, JSON.stringify(all.body));
        assert.deepEqual([all.body.why.aggregate, all.body.verdict.seats, all.body.verdict.draws], ['jury', 12, 100]);
        assert.ok(Math.abs(all.body.candidates.reduce((sum, one) => sum + one.score, 0)) < 1e-9);
        assert.ok(Math.abs(all.body.candidates.reduce((sum, one) => sum + one.jury.chosen_by, 0) - 1) < 1e-9);
        for (const one of all.body.candidates) {
            assert.ok(one.jury.majority >= 0 && one.jury.majority <= 1 && one.jury.spread >= 0);
            assert.ok(Math.abs(one.jury.median - one.score) < 0.6 * one.jury.spread + 1e-9, JSON.stringify(one.jury));
            assert.ok(Math.abs(one.jury.by_seat[0].score - one.score) < 1e-9);
        }
        assert.deepEqual((await score({ seats: [{ attribute: '', value: 'all', count: 12 }] })).body, all.body, 'deterministic');
        for (const [jury, pointer] of [[{}, '/jury/seats'], [{ seats: [{ attribute: 'shoes', value: 'red', count: 1 }] }, '/jury/seats/0/value'], [{ seats: [{ attribute: '', value: 'all', count: 0 }] }, '/jury/seats/0/count'],
            [{ seats: [{ attribute: '', value: 'all', count: 1 }], draws: -1 }, '/jury/draws'], [{ seats: [{ attribute: '', value: 'all', count: 1 }], more: 1 }, '/jury/more'], [3, '/jury']]) {
            const answer = await score(jury);
            assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, pointer], JSON.stringify(answer.body));
        }
        assert.equal((await score(undefined, { aggregate: 'jury' })).body.errors[0].pointer, '/jury');
        assert.equal((await score({ seats: [{ value: 'all', count: 3 }] }, { aggregate: 'nash' })).body.errors[0].pointer, '/aggregate');
        assert.equal((await platform.api('POST', '/api/v1/score', { model: models.pooled, candidates, jury: { seats: [{ value: 'all', count: 3 }] } })).body.errors[0].pointer, '/jury');
    });

    await t.test('bad requests are pointed at', async () => {
        const good = { model: models.pooled, candidates };
        const bad = [
            [{ ...good, model: undefined }, 422, '/model'],
            [{ ...good, candidates: [] }, 422, '/candidates'],
            [{ ...good, candidates: ['x', 7] }, 422, '/candidates/1'],
            [{ ...good, candidates: [{ embedding: ['x'] }] }, 422, '/candidates/0/embedding'],
            [{ ...good, aggregate: 'average' }, 422, '/aggregate'],
            [{ ...good, jury: {} }, 422, '/jury'],
            [{ ...good, model: 'a'.repeat(39) }, 404, null],
        ];
        for (const [body, status, pointer] of bad) {
            const answer = await platform.api('POST', '/api/v1/score', body);
            assert.equal(answer.status, status, JSON.stringify(answer.body));
            if (pointer !== null) assert.equal(answer.body.errors[0].pointer, pointer);
        }
    });

    await t.test('rerank in the shapes of vLLM and TEI', async () => {
        const documents = candidates.map((one) => one.content);
        for (const path of ['/rerank', '/v1/rerank', '/v2/rerank']) {
            const { status, body } = await platform.api('POST', path, { model: models.pooled, query: 'May I run?', documents, unknown: 1 });
            assert.equal(status, 200);
            assert.deepEqual(Object.keys(body).sort(), ['id', 'meta', 'model', 'results', 'usage']);
            assert.ok(body.results[0].relevance_score >= body.results[1].relevance_score);
            assert.equal(body.results[0].document.text, documents[body.results[0].index]);
            assert.ok(body.results.every((one) => one.relevance_score > 0 && one.relevance_score < 1));
        }
        const top = await platform.api('POST', '/rerank', { model: models.pooled, query: 'q', documents, top_n: 1 });
        assert.equal(top.body.results.length, 1);
        const tei = await platform.api('POST', `/rerank?model=${models.pooled}`, { query: 'q', texts: documents, raw_scores: true, return_text: true });
        assert.equal(tei.status, 200);
        assert.deepEqual(Object.keys(tei.body[0]).sort(), ['index', 'score', 'text']);
        const wrong = await platform.api('POST', '/rerank', { model: models.pooled, documents });
        assert.equal(wrong.status, 400);
        assert.equal(wrong.body.error.code, 400);
        assert.equal(wrong.body.error.type, 'BadRequestError');
        const wrongTei = await platform.api('POST', `/rerank?model=${models.pooled}`, { texts: documents });
        assert.equal(wrongTei.status, 422);
        assert.equal(wrongTei.body.error_type, 'Validation');
    });

    await t.test('the command does the same', () => {
        const scored = JSON.parse(platform.command('score', '--model', models.pooled, '--prompt', 'q', 'One answer.', 'Another answer.'));
        assert.equal(scored.candidates.length, 2);
        const listed = JSON.parse(platform.command('project', 'list'));
        assert.ok(listed.data.some((one) => one.id === project));
        const fit = JSON.parse(platform.command('fit', '--project', project, '--method', 'pooled', '--quiet'));
        assert.equal(fit.state, 'done');
    });

    await t.test('whom a study excludes is in no fit, until let in again', async () => {
        const fitted = async () => {
            const { model_id } = JSON.parse(platform.command('fit', '--project', project, '--method', 'pooled', '--quiet'));
            return (await platform.api('GET', `/api/v1/models/${model_id}`)).body;
        };
        const { data: [first] } = (await platform.api('GET', `/api/v1/projects/${project}/annotators`)).body;
        const patch = async (body) => assert.equal((await platform.api('PATCH', `/api/v1/projects/${project}/annotators/${first.id}`, body)).status, 200);
        const whole = await fitted();
        await patch({ state: 'excluded', reason: 'To see that it counts.' });
        const without = await fitted();
        assert.deepEqual([without.metrics.n_annotators, without.artefact_hash === whole.artefact_hash], [whole.metrics.n_annotators - 1, false]);
        await patch({ state: 'active' });
        const again = await fitted();
        assert.deepEqual([again.metrics.n_annotators, again.artefact_hash], [whole.metrics.n_annotators, whole.artefact_hash]);
    });

    // As it is pasted into a shell; but for the address, and the place of files.
    await t.test('the README\'s ten minutes do what they say', () => {
        const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
        const tour = readme.slice(readme.indexOf('## Ten minutes'), readme.indexOf('## Where things are'));
        const blocks = [...tour.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block);
        assert.equal(blocks.length, 4);
        const place = join(data, '..', 'tour');
        mkdirSync(place);
        symlinkSync(build, join(place, 'build'));
        const script = blocks.join('echo ----\n').replaceAll('http://127.0.0.1:8080', platform.url).replaceAll('/tmp/', `${place}/`);
        const out = execFileSync('bash', ['-eu', '-o', 'pipefail', '-c', script], { cwd: place, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
            env: { ...process.env, PLENUM_URL: platform.url, PLENUM_DATA: data } });
        const [study, fit, score, exported] = out.split('----\n');
        assert.match(study, /"accepted":2,.*\nhttp:\S+\n\{\n/);
        const [, , card] = fit.split(/^(?=\{$)/m).map((text) => JSON.parse(text));
        assert.equal(card.method, 'maxmin');
        const [scored, ranked] = score.replace('}{', '}\n{').trim().split('\n').map((line) => JSON.parse(line));
        assert.equal(scored.model, card.id);
        assert.ok(scored.choice.index === 0 || scored.choice.index === 1);
        assert.deepEqual(ranked.results.map((one) => one.index).sort(), [0, 1]);
        assert.deepEqual(exported.trim().split('\n').map((line) => line.slice(place.length)).sort(),
            readdirSync(join(place, 'demonstration')).map((name) => `/demonstration/${name}`).sort());
    });

    await t.test('it stops cleanly and starts again with everything there, once', async () => {
        const before = (await platform.api('GET', `/api/v1/projects/${project}`)).body;
        assert.equal(await platform.stop(), 0);
        await platform.start();
        assert.doesNotMatch(platform.out, /demonstration/, 'the demonstration is not loaded twice');
        const after = (await platform.api('GET', `/api/v1/projects/${project}`)).body;
        assert.deepEqual(after.progress, before.progress);
        assert.deepEqual((await platform.api('GET', '/api/v1/site')).body.demo.project_id, project);
        const scored = await platform.api('POST', '/api/v1/score', { model: models.maxmin, candidates });
        assert.equal(scored.status, 200);
    });

    await t.test('killed, it takes what it started with it', async () => {
        const pids = Object.values(platform.children);
        platform.child.kill('SIGKILL');
        const alive = () => pids.filter((pid) => /^State:\s+[^Z]/m.test(statusOf(pid)));
        for (let i = 0; i < 200 && alive().length > 0; i++) await new Promise((done) => setTimeout(done, 100));
        assert.deepEqual(alive(), []);
    });
});

function statusOf(pid) {
    try {
        return readFileSync(`/proc/${pid}/status`, 'utf8');
    } catch {
        return '';
    }
}
