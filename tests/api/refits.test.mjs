// Models that are fitted again: from a model before, by schedule, exactly once, and whether judgments have moved since.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCoordinator } from '../support/coordinator.mjs';
import { Worker, makeJudged, pause, until } from '../support/workers.mjs';

let server, worker;
before(async () => {
    server = await startCoordinator();
    worker = (await new Worker(server, 'one').enrol()).start();
});
after(async () => {
    await worker?.remove();
    await server?.stop();
});

async function settled(id) {
    return until(async () => {
        const { body: now } = await server.api('GET', `/api/v1/fits/${id}`);
        return ['done', 'failed', 'cancelled'].includes(now.state) && now;
    }, 'the fit');
}

async function fit(project, body) {
    const { status, body: asked } = await server.api('POST', `/api/v1/projects/${project}/fits`, { body, key: true });
    assert.equal(status, 202, JSON.stringify(asked));
    const done = await settled(asked.id);
    assert.equal(done.state, 'done', done.error);
    return done;
}

// `more` judgments of each of these people, of items after the `each` that they have judged: as they like it, or the other way round.
function judgeMore(name, { from, to, each = 60, more = each, items = 300, turned = false }) {
    server.sql(`
        insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown,
                guideline_version, source, idempotency_key, request_hash, receipt)
            select i.shard_key, gen_random_uuid(), 1, gen_random_uuid(), i.item_id, m.n, m.participant_id,
                case when ((m.n % 2 = 0) = ((i.k * 31 + m.n) % 10 < 8)) <> ${turned} then 'left' else 'right' end,
                '{0,1}', 1, 'import:test', gen_random_uuid(), sha256('x'), 'r'
            from (select participant_id, shard_key, substr(source_id, 8)::int as n from participation join project p using (shard_key) where p.name = '${name}') m
            join (select i.*, row_number() over (order by source_id) as k from item i join project p using (shard_key) where p.name = '${name}') i using (shard_key)
            where m.n between ${from} and ${to} and (i.k + m.n * 17) % ${items} between ${each} and ${each + more - 1}`);
    server.sql(`insert into project_counter (shard_key, stripe, n_imported) select shard_key, 1, 0 from project where name = '${name}'
        on conflict do nothing;
        update project_counter c set n_imported = (select count(*) from judgment j where j.shard_key = c.shard_key) where stripe = 1
            and shard_key = (select shard_key from project where name = '${name}')`);
}

test('a fit begins from the newest of its kind, from one by its id, or says why it does not', async () => {
    const project = await makeJudged(server, { name: 'again' });
    const first = await fit(project, { method: 'pooled', from: 'latest' });
    assert.equal(first.from, null);
    assert.deepEqual(first.metrics.start, { kind: 'cold', why: 'first' });
    judgeMore('again', { from: 1, to: 4 });
    const second = await fit(project, { method: 'pooled', from: 'latest' });
    assert.equal(second.from, first.model_id);
    assert.deepEqual(second.metrics.start, { kind: 'warm', from: first.metrics.artefact });
    assert.equal(second.metrics.drift.since, first.metrics.artefact);
    // Four people are too few for a figure.
    assert.equal(second.metrics.drift.measured, false);
    judgeMore('again', { from: 1, to: 40 });
    const third = await fit(project, { method: 'pooled', from: first.model_id });
    assert.equal(third.from, first.model_id);
    assert.equal(third.metrics.start.why, 'grown', JSON.stringify(third.metrics.start));
    const other = await fit(project, { method: 'jury', from: first.model_id });
    assert.equal(other.metrics.start.why, 'other_method');
});

test('judgments that have moved since are found, and the choices made anew', async () => {
    const project = await makeJudged(server, { name: 'moved', each: 150 });
    const first = await fit(project, { method: 'pooled' });
    judgeMore('moved', { from: 1, to: 40, each: 150, more: 50, turned: true });
    const second = await fit(project, { method: 'pooled', from: first.model_id });
    const { start, drift } = second.metrics;
    assert.equal(drift.measured, true, JSON.stringify(drift));
    assert.equal(drift.rows.length, 1); // nobody declared anything
    const [all] = drift.rows;
    assert.ok(all.n_annotators >= 10 && all.n_recent >= 50 && all.n_older >= 50);
    assert.ok(all.interval[0] <= all.difference && all.difference <= all.interval[1]);
    // Half like it long and half short, and all of them turned: for a pooled model that is the same.
    assert.equal(start.kind, drift.found ? 'cold' : 'warm');
});

test('what can not be begun from is refused', async () => {
    const project = await makeJudged(server, { name: 'refused', items: 40, each: 20 });
    const other = await makeJudged(server, { name: 'refused too', items: 40, each: 20 });
    const { model_id: theirs } = await fit(other, { method: 'pooled' });
    for (const [body, pointer] of [
        [{ method: 'pooled', from: theirs }, '/from'],
        [{ method: 'pooled', from: 'yesterday' }, '/from'],
        [{ method: 'pooled', from: 7 }, '/from'],
        [{ method: 'compliance', from: 'latest' }, '/from'],
    ]) {
        const { status, body: problem } = await server.api('POST', `/api/v1/projects/${project}/fits`, { body, key: true });
        assert.equal(status, 422, JSON.stringify(body));
        assert.equal(problem.errors[0].pointer, pointer);
    }
});

test('schedules: what is said is checked, kept whole, and told', async () => {
    const project = await makeJudged(server, { name: 'schedules', items: 40, each: 20 });
    const at = `/api/v1/projects/${project}/refits`;
    assert.deepEqual((await server.api('GET', at)).body, { refits: [] });
    for (const [refits, pointer] of [
        [[{ method: 'compliance' }], '/refits/0/method'],
        [[{ method: 'group' }], '/refits/0/attribute'],
        [[{ method: 'pooled' }, { method: 'pooled' }], '/refits/1/method'],
        [[{ method: 'pooled', share: 0 }], '/refits/0/share'],
        [[{ method: 'pooled', least_s: 1 }], '/refits/0/least_s'],
        [[{ method: 'pooled', options: { sed: 1 } }], '/refits/0/options/sed'],
        [['pooled'], '/refits/0'],
        ['pooled', '/refits'],
    ]) {
        const { status, body } = await server.api('PUT', at, { body: { refits } });
        assert.equal(status, 422, JSON.stringify(refits));
        assert.equal(body.errors[0].pointer, pointer, JSON.stringify(body));
    }
    assert.deepEqual((await server.api('GET', at)).body, { refits: [] });
    const set = await server.api('PUT', at, { body: { refits: [{ method: 'jury', share: 0.25, least_s: 7200 }, { method: 'maxmin', options: { clusters: 2 } }] } });
    assert.equal(set.status, 200);
    assert.deepEqual(set.body.refits.map(({ method, share, least_s, options }) => [method, share, least_s, options]),
        [['jury', 0.25, 7200, {}], ['maxmin', 0.1, 3600, { clusters: 2 }]]);
    const { body: stranger } = await server.api('POST', `/api/v1/projects/${project}/invitations`, { key: true, body: { max_uses: 1 } });
    const { token } = (await server.api('POST', '/api/v1/join', { token: null, key: true, body: { code: stranger.code } })).body;
    assert.equal((await server.api('PUT', at, { token, body: { refits: [] } })).status, 404);
    assert.deepEqual((await server.api('PUT', at, { body: { refits: [] } })).body, { refits: [] });
    const logged = () => Number(server.sql(`select count(*) from log_entry where entry::json->>'type' = 'project_refits' and entry::json->>'object' = '${project}'`));
    await until(() => logged() === 2, 'both changes in the log', 20_000);
});

test('a schedule makes a fit when enough is new, and again from what came of it', async () => {
    const project = await makeJudged(server, { name: 'scheduled', items: 100, each: 30 });
    judgeMore('scheduled', { from: 0, to: 0, items: 100, each: 30 }); // the counter
    const at = `/api/v1/projects/${project}/refits`;
    const fits = async () => (await server.api('GET', `/api/v1/projects/${project}/fits`)).body.data;
    assert.equal((await server.api('PUT', at, { body: { refits: [{ method: 'pooled', share: 0.1, least_s: 60 }] } })).status, 200);
    const [first] = await until(async () => {
        const all = await fits();
        return all.length > 0 && all;
    }, 'a first fit by schedule', 30_000);
    assert.equal((await settled(first.id)).state, 'done');
    await pause(6000); // a look later nothing is due
    assert.equal((await fits()).length, 1);
    judgeMore('scheduled', { from: 1, to: 3, items: 100, each: 30 }); // 90 of 1,200: under a tenth
    const { body: { refits: [schedule] } } = await server.api('GET', at);
    assert.equal(schedule.last_fit, first.id);
    assert.equal(schedule.n_missing, 30);
    server.sql(`update fit set created_at = created_at - interval '2 minutes'`);
    await pause(6000);
    assert.equal((await fits()).length, 1);
    judgeMore('scheduled', { from: 4, to: 5, items: 100, each: 30 });
    const later = await until(async () => {
        const all = await fits();
        return all.length > 1 && all;
    }, 'a second fit by schedule', 30_000);
    const done = await settled(later[0].id);
    assert.equal(done.state, 'done', done.error);
    assert.equal(done.metrics.start.kind, 'warm');
    assert.equal(done.from, first.model_id ?? (await settled(first.id)).model_id);
});
