// Coming in: what a study promises is shown before consent, kept as it was with the person, and told of in exports.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { startCoordinator } from '../support/coordinator.mjs';
import { exportFiles, lines, unzstd } from '../support/dataset.mjs';

let server;
test.before(async () => { server = await startCoordinator({}); });
test.after(() => server.stop());

const nobody = { token: null };
const CONDITIONS = {
    pay: { amount: '12.50', currency: 'GBP', per: 'hour' },
    minutes: 20,
    payer: { en: 'The University', ar: 'الجامعة' },
    contact: 'study@example.org',
    ethics: 'Board 12, 2026-31',
    text: { en: 'Pay is sent within a week.\nStopping early is paid for the time worked.', ar: 'يُرسل الأجر خلال أسبوع.' },
};
const make = (settings, options) => server.api('POST', '/api/v1/projects', { ...options, body: { name: 'a study', task: { kind: 'pairwise' }, ...settings } });

async function invited(settings) {
    const made = await make(settings);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { body } = await server.api('POST', `/api/v1/projects/${made.body.id}/invitations`, { body: { max_uses: 10 } });
    return { project: made.body.id, code: body.code, made: made.body };
}
const shown = async (code) => (await server.api('GET', `/api/v1/join?code=${code}`, nobody)).body;
const join = (code, more = {}, key) => server.api('POST', '/api/v1/join', { ...nobody, body: { code, ...more },
    ...(key ? { headers: { 'idempotency-key': key } } : {}) });

// Keys sorted, no spaces: the text that is hashed.
function canonical(value) {
    if (value === null || typeof value !== 'object') return JSON.stringify(value);
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

test('what is promised is shown before consent, under a version that is its hash', async () => {
    const { code, made } = await invited({ conditions: CONDITIONS });
    const { conditions } = await shown(code);
    const { version, ...rest } = conditions;
    assert.deepEqual(rest, CONDITIONS);
    assert.equal(version, createHash('sha256').update(canonical(rest)).digest('hex'));
    assert.equal(made.conditions.version, version);
    assert.equal((await shown((await invited({})).code)).conditions, null);
    const unpaid = await invited({ conditions: { minutes: 5, contact: 'a@b' } });
    assert.deepEqual((await shown(unpaid.code)).conditions.pay, null);
});

test('nobody joins without having seen it, nor with another version', async () => {
    const { code } = await invited({ conditions: CONDITIONS });
    const without = await join(code);
    assert.equal(without.status, 422);
    assert.equal(without.body.errors[0].pointer, '/conditions');
    const other = await join(code, { conditions: { version: 'x' } });
    assert.equal(other.status, 422);
    assert.equal(other.body.errors[0].pointer, '/conditions/version');
    assert.equal((await join(code, { conditions: { version: 'x', more: 1 } })).status, 422);
});

test('it stays with the person as it was, whatever the study says later; others see none of it', async () => {
    const { project, code } = await invited({ conditions: CONDITIONS });
    const { conditions } = await shown(code);
    const key = randomUUID();
    const [once, again] = await Promise.all([join(code, { conditions: { version: conditions.version } }, key),
        join(code, { conditions: { version: conditions.version } }, key)]);
    assert.equal(once.status, 201);
    assert.equal(again.body.participant_id, once.body.participant_id);
    server.sql(`update project set settings = jsonb_set(settings, '{conditions,minutes}', '99')
        where settings->'conditions'->>'version' = '${conditions.version}'`);
    const mine = (await server.api('GET', '/api/v1/session', { token: once.body.token })).body.participations;
    assert.equal(mine.length, 1);
    assert.equal(mine[0].id, project);
    assert.deepEqual(mine[0].conditions, conditions);
});

test('a wrong one is told with a pointer', async () => {
    const wrong = [
        [{ pay: { amount: '12,50', currency: 'GBP', per: 'hour' } }, '/conditions/pay/amount'],
        [{ pay: { amount: '1.2345', currency: 'GBP', per: 'hour' } }, '/conditions/pay/amount'],
        [{ pay: { amount: '.', currency: 'GBP', per: 'hour' } }, '/conditions/pay/amount'],
        [{ pay: { amount: '12', currency: 'gbp', per: 'hour' } }, '/conditions/pay/currency'],
        [{ pay: { amount: '12', currency: 'GBP', per: 'year' } }, '/conditions/pay/per'],
        [{ pay: { amount: '12', currency: 'GBP' } }, '/conditions/pay/per'],
        [{ minutes: 0 }, '/conditions/minutes'],
        [{ contact: null }, '/conditions/contact'],
        [{ wages: 1 }, '/conditions/wages'],
    ];
    for (const [change, pointer] of wrong) {
        const { status, body } = await make({ conditions: { ...CONDITIONS, ...change } });
        assert.equal(status, 422, JSON.stringify(change));
        assert.deepEqual(body.errors.map((one) => one.pointer), [pointer]);
    }
});

test('an export tells what people were told, each wording once', async () => {
    const { project, code } = await invited({ conditions: CONDITIONS });
    const { conditions } = await shown(code);
    for (let i = 0; i < 2; i++) assert.equal((await join(code, { conditions: { version: conditions.version } })).status, 201);
    const files = await exportFiles(server, project, 'trl');
    assert.deepEqual(JSON.parse(files['manifest.json']).inputs.conditions, [conditions.version]);
    const readme = files['README.md'].toString();
    assert.match(readme, /12\.50 GBP for each hour/);
    assert.match(readme, /about 20 minutes/);
    assert.match(readme, /Pay is sent within a week\. Stopping early is paid/);
});

const pairs = (n) => Array.from({ length: n }, (_, i) => JSON.stringify({ id: `i${i}`, prompt: `q${i}`, responses: [{ content: 'a' }, { content: 'b' }] })).join('\n');
const importItems = async (project, body) => {
    const report = await server.api('POST', `/api/v1/projects/${project}/items`, { body });
    assert.equal(report.status, 200, JSON.stringify(report.body));
    return report.body;
};
const read = (project, token, version) => server.api('POST', `/api/v1/projects/${project}/guideline`, { token, body: { version } });
const next = (project, token) => server.api('POST', `/api/v1/projects/${project}/assignments`, { token });
const judge = (task, token, body) => server.api('PUT', `/api/v1/assignments/${task}/judgment`, { token, key: true, body: { active_ms: 5, ...body } });

test('that the guideline was read is kept by version, told to oneself and, as a number, to who runs the study', async () => {
    const { project, code } = await invited({ guideline: 'Be kind.' });
    const [one, other] = await Promise.all([1, 2].map(async () => (await join(code)).body.token));
    const mine = async () => (await server.api('GET', `/api/v1/projects/${project}`, { token: one })).body;
    assert.deepEqual((await mine()).mine, { judged: 0, guideline_read: null });
    for (const [version, status] of [[2, 422], [0, 422], ['1', 422], [null, 422], [1, 200], [1, 200]]) {
        const answer = await read(project, one, version);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        if (status === 422) assert.equal(answer.body.errors[0].pointer, '/version');
    }
    assert.equal((await mine()).mine.guideline_read, 1);
    assert.equal((await mine()).guideline_readers, undefined);
    await server.api('PATCH', `/api/v1/projects/${project}`, { body: { guideline: 'Be fair.' } });
    await Promise.all([1, 2, 2].map((version) => read(project, one, version)));
    const run = async () => (await server.api('GET', `/api/v1/projects/${project}`)).body.guideline_readers;
    assert.deepEqual([(await mine()).mine.guideline_read, await run()], [2, 1]);
    await read(project, other, 2);
    assert.equal(await run(), 2);
    assert.equal((await read(project, null, 2)).status, 401);
    const stranger = (await join((await invited({})).code)).body.token;
    assert.equal((await read(project, stranger, 2)).status, 404);
});

test('an export tells judgments under a guideline that was read from others; erasing takes the time and leaves the version', async () => {
    const { project, code } = await invited({ guideline: 'Be kind.' });
    await importItems(project, pairs(2));
    const [reader, other] = await Promise.all([1, 2].map(async () => (await join(code)).body.token));
    const tasks = [];
    const answer = async (token) => {
        const task = (await next(project, token)).body;
        tasks.push(task.guideline_version);
        assert.equal((await judge(task.id, token, { choice: 'left' })).status, 201, 'nobody is refused for it');
    };
    await read(project, reader, 1);
    await answer(reader);
    await answer(other);
    await read(project, other, 1); // afterwards
    await server.api('PATCH', `/api/v1/projects/${project}`, { body: { guideline: 'Be fair.' } });
    await answer(reader);
    const look = async () => {
        const all = lines(unzstd((await exportFiles(server, project, 'plenum'))['plenum.jsonl.zst']));
        const raters = new Map(all.filter((row) => row.type === 'rater').map((row) => [row.id, row.guideline_read]));
        assert.deepEqual([...raters.values()], [1, 1]);
        return all.filter((row) => row.type === 'judgment').map((row) => [row.guideline_version, row.guideline_acknowledged]).sort();
    };
    const expected = [[1, false], [1, true], [2, false]];
    assert.deepEqual(await look(), expected);
    const me = await fetch(`${server.url}/api/v1/me/data`, { headers: { authorization: `Bearer ${reader}` } });
    assert.ok(lines(await me.text()).some((row) => row.kind === 'guideline_read' && row.version === 1 && row.read_at));
    assert.ok((await server.api('DELETE', '/api/v1/me', { token: reader, body: { confirm: 'erase' } })).status < 300);
    assert.deepEqual(await look(), expected);
    assert.equal(server.sql(`select count(*) filter (where read_at is null), count(*) from guideline_read r
        where exists (select from project p where p.shard_key = r.shard_key and p.name = 'a study' and p.guideline_version = 2)
            and r.version = 1 and exists (select from judgment j where j.shard_key = r.shard_key)`), '1|2');
});

test('where there is no guideline nothing is said of it', async () => {
    const { project, code } = await invited({});
    await importItems(project, pairs(1));
    const { token } = (await join(code)).body;
    await judge((await next(project, token)).body.id, token, { choice: 'left' });
    const [judgment] = lines(unzstd((await exportFiles(server, project, 'plenum'))['judgments.jsonl.zst']));
    assert.equal(judgment.guideline_acknowledged, undefined);
});
