// Taking back what one said of oneself, and erasing a person: what a dump of the database held before can't be read with
// the keys that are left, whoever is killed in between; what stays, stays whole.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, removeFolder, startCoordinator, temporaryFolder } from '../support/coordinator.mjs';
import { exportFiles, lines, plenum, unzstd } from '../support/dataset.mjs';
import { dump, readable } from '../support/sealed.mjs';

let server;
before(async () => { server = await startCoordinator(); });
after(() => server.stop());

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const call = async (status, method, path, options) => {
    const answer = await server.api(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
};
const confirm = { confirm: 'erase' };

async function makeStudy(n = 4) {
    const { id } = await call(201, 'POST', '/api/v1/projects', { body: { name: 'a study', task: { kind: 'pairwise' }, demographics: { template: 'international' } } });
    const items = Array.from({ length: n }, (_, i) => JSON.stringify({ prompt: `q${i}`, responses: [{ content: 'a' }, { content: 'b' }] }));
    await call(200, 'POST', `/api/v1/projects/${id}/items`, { body: items.join('\n') });
    return id;
}

// Somebody in a study who has answered questions and judged one item in words.
async function makePerson(project, region, words) {
    const { code } = await call(201, 'POST', `/api/v1/projects/${project}/invitations`, { body: {} });
    const { token, participant_id: participant } = await call(201, 'POST', '/api/v1/join', { token: null, body: { code } });
    await call(200, 'PUT', '/api/v1/me/demographics', { token, body: { consent: true, answers: { region } } });
    const task = await call(201, 'POST', `/api/v1/projects/${project}/assignments`, { token });
    await call(201, 'PUT', `/api/v1/assignments/${task.id}/judgment`,
        { token, key: true, body: { choice: 'left', rationale: words, active_ms: 5, client: { browser: 'of theirs' } } });
    const { person_id: id } = await call(200, 'GET', '/api/v1/me', { token });
    return { token, participant, id, answers: `{"region":"${region}"}`, note: `{"rationale":"${words}"}` };
}
const regionOf = async ({ token }) => (await call(200, 'GET', '/api/v1/me/demographics', { token })).answers.region;

test('answers taken back are gone from every backup, and nothing else is', async () => {
    const project = await makeStudy();
    const one = await makePerson(project, 'europe', 'because');
    const other = await makePerson(project, 'oceania', 'perhaps');
    const answers = '{"region":"latin_america_caribbean"}';
    await call(200, 'PUT', '/api/v1/me/demographics', { token: one.token, body: { consent: true, answers: JSON.parse(answers) } });
    const backup = dump(server);
    assert.deepEqual(readable(server, backup), [one.answers, other.answers, one.note, other.note, answers].sort(), 'this is how a backup is read');
    await call(204, 'DELETE', '/api/v1/me/demographics', { token: one.token });
    assert.deepEqual(readable(server, backup), [other.answers, one.note, other.note].sort());
    assert.equal(await regionOf(one), undefined);
    assert.equal(await regionOf(other), 'oceania');
    // What is said anew is under a new key.
    await call(200, 'PUT', '/api/v1/me/demographics', { token: one.token, body: { consent: true, answers: { region: 'europe' } } });
    assert.equal(await regionOf(one), 'europe');
    assert.deepEqual(readable(server, backup), [other.answers, one.note, other.note].sort());
    assert.ok(readable(server, dump(server)).includes(one.answers));
    await call(204, 'DELETE', '/api/v1/me/demographics', { token: one.token });
    await call(204, 'DELETE', '/api/v1/me/demographics', { token: one.token });
    assert.ok(!readable(server, dump(server)).includes(one.answers));
});

// Holds the row of the person made last, so that the last statement waits for it: then the keys are gone, and the server is
// killed.
async function interrupted(begin) {
    const hold = spawn('psql', ['-X', '-q', '-h', join(server.dataFolder, 'run'), '-p', '5432', '-U', 'plenum_owner', '-d', 'plenum'],
        { stdio: ['pipe', 'pipe', 'ignore'] });
    hold.stdin.write(`begin; select 'held' from person where created_at = (select max(created_at) from person) for update;\n`);
    for (let out = ''; !out.includes('held');) out += await new Promise((done) => hold.stdout.once('data', done));
    begin().catch(() => null);
    let waiting = '';
    for (let i = 0; i < 200 && waiting === ''; i++) {
        await pause(20);
        waiting = server.sql(`select pid from pg_stat_activity where wait_event_type = 'Lock'`);
    }
    process.kill(Number(waiting), 'SIGSTOP'); // or it might go on while all comes down
    await server.kill();
    process.kill(Number(waiting), 'SIGKILL');
    hold.stdin.end();
    await new Promise((done) => hold.once('exit', done));
    await server.restart();
}

test('killed between key and row: the promise is kept, and doing it again finishes it', async () => {
    const project = await makeStudy();
    const person = await makePerson(project, 'europe', 'in between');
    const backup = dump(server);
    assert.ok(readable(server, backup).includes(person.answers));
    const sealed = () => server.sql(`select count(sealed) from demographic_answer where person_id =
        (select person_id from person order by created_at desc limit 1)`);
    await interrupted(() => server.api('DELETE', '/api/v1/me/demographics', { token: person.token }));
    assert.equal(sealed(), '1', 'the row was not reached');
    assert.ok(!readable(server, backup).includes(person.answers), 'the key was');
    assert.equal(await regionOf(person), undefined);
    await call(204, 'DELETE', '/api/v1/me/demographics', { token: person.token });
    assert.equal(sealed(), '0');
    // The same of a person.
    await call(200, 'PUT', '/api/v1/me/demographics', { token: person.token, body: { consent: true, answers: { region: 'europe' } } });
    await interrupted(() => server.api('DELETE', '/api/v1/me', { token: person.token, body: confirm }));
    const left = readable(server, dump(server));
    assert.ok(!left.includes(person.answers) && !left.includes(person.note));
    await call(200, 'GET', '/api/v1/me', { token: person.token });
    await call(204, 'DELETE', '/api/v1/me', { token: person.token, body: confirm });
    assert.equal(sealed(), '0');
});

test('a person erased: judgments stay under the pseudonym, and nothing that could be read or signed in with', async () => {
    const project = await makeStudy();
    const other = await makePerson(project, 'oceania', 'stays');
    const made = await server.api('POST', '/api/v1/accounts', { token: null, body: { name: 'mina', passphrase: 'a long enough one' } });
    const cookie = made.headers.get('set-cookie').split(';')[0];
    const as = { token: null, headers: { cookie, origin: server.url } };
    const { code } = await call(201, 'POST', `/api/v1/projects/${project}/invitations`, { body: {} });
    await call(201, 'POST', '/api/v1/join', { ...as, body: { code } });
    await call(200, 'PUT', '/api/v1/me/demographics', { ...as, body: { consent: true, answers: { region: 'europe' } } });
    const task = await call(201, 'POST', `/api/v1/projects/${project}/assignments`, as);
    await call(201, 'PUT', `/api/v1/assignments/${task.id}/judgment`,
        { ...as, key: true, body: { choice: 'right', rationale: 'goes away', active_ms: 5, client: { browser: 'of hers' } } });
    await call(201, 'POST', `/api/v1/projects/${project}/assignments`, as); // on lease

    const backup = dump(server);
    const hers = ['{"region":"europe"}', '{"rationale":"goes away"}'];
    for (const text of hers) assert.ok(readable(server, backup).includes(text), text);
    for (const body of [{}, { confirm: 'yes' }, { confirm: 'erase', more: 1 }])
        await call(422, 'DELETE', '/api/v1/me', { ...as, body });
    await call(400, 'DELETE', '/api/v1/me', as);
    for (const text of hers) assert.ok(readable(server, backup).includes(text), text);

    const erased = await server.api('DELETE', '/api/v1/me', { ...as, body: confirm });
    assert.equal(erased.status, 204);
    assert.match(erased.headers.get('set-cookie'), /sid=; .*Max-Age=0/);
    const now = dump(server);
    for (const old of [backup, now]) {
        const left = readable(server, old);
        for (const text of hers) assert.ok(!left.includes(text), text);
        for (const text of [other.answers, other.note]) assert.ok(left.includes(text), text);
    }
    for (const text of ['mina', 'of hers']) assert.ok(!now.includes(text), text);
    await pause(1100);
    await call(401, 'GET', '/api/v1/me', as);
    await call(401, 'POST', '/api/v1/session', { token: null, body: { name: 'mina', passphrase: 'a long enough one' } });
    assert.equal(server.sql(`select j.outcome, j.note_sealed is null, j.client is null, p.state, p.roles, p.source_id is null, p.quota_cell is null,
            k.erased_at is not null, (select count(*) from assignment a where a.participant_id = p.participant_id and a.state = 'leased')
        from judgment j join participation p using (shard_key, participant_id) join person k using (person_id)
        where k.erased_at is not null and j.outcome = 'right'`), 'right|t|t|left|0|t|t|t|0');
    // Somebody else can be given the task; the judgment goes out with an export, and nothing of who made it.
    const files = await exportFiles(server, project, 'plenum');
    const judged = lines(unzstd(files['judgments.jsonl.zst']));
    assert.deepEqual(judged.map((one) => one.choice).sort(), ['left', 'right']);
    const { rater } = judged.find((one) => one.choice === 'right');
    assert.equal(lines(unzstd(files['raters.jsonl.zst'])).find((one) => one.id === rater).attributes, undefined);
});

test('the operator erases a person by what a researcher knows of them, and the log says that it was done', async () => {
    const project = await makeStudy();
    const one = await makePerson(project, 'europe', 'to be erased');
    const bodiless = { body: confirm };
    assert.equal((await server.api('DELETE', `/api/v1/persons/${one.id}`, { ...bodiless, token: one.token })).status, 404);
    await call(422, 'DELETE', `/api/v1/persons/${one.participant}`, { body: {} });
    const entries = () => server.sql(`select count(*) from (select entry from log_outbox union all select entry from log_entry) e where entry like '%"erasure"%'`);
    const before = Number(entries());
    await call(204, 'DELETE', `/api/v1/persons/${one.participant}`, bodiless);
    assert.equal(Number(entries()), before + 1);
    const left = readable(server, dump(server));
    assert.ok(!left.includes(one.note));
    await call(404, 'DELETE', `/api/v1/persons/${one.participant}`, bodiless);
    await call(404, 'DELETE', `/api/v1/persons/${one.id}`, bodiless);
    await call(404, 'DELETE', `/api/v1/persons/${project}`, bodiless);
    // Nobody erases whoever runs the place, nor with a token that was made for work.
    const { person_id: operator } = await call(200, 'GET', '/api/v1/me');
    await call(409, 'DELETE', `/api/v1/persons/${operator}`, bodiless);
    await call(409, 'DELETE', '/api/v1/me', bodiless);

    const another = await makePerson(project, 'oceania', 'by the command');
    const asked = await plenum(server, 'erase', another.participant);
    assert.equal(asked.status, 2);
    assert.match(asked.err, /--yes/);
    assert.ok(readable(server, dump(server)).includes(another.note));
    const done = await plenum(server, 'erase', another.participant, '--yes');
    assert.deepEqual([done.status, done.err], [0, '']);
    assert.ok(!readable(server, dump(server)).includes(another.note));
});

test('the log of before is the beginning of the log after', async (t) => {
    const settle = async () => {
        for (let i = 0; i < 200 && server.sql('select count(*) from log_outbox') !== '0'; i++) await pause(50);
        await pause(1500); // the next checkpoint
    };
    const folder = temporaryFolder('plenum-test-log-');
    t.after(() => removeFolder(folder));
    const file = (name, content) => {
        writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
        return join(folder, name);
    };
    const person = await makePerson(await makeStudy(), 'europe', 'before and after');
    await settle();
    const older = await call(200, 'GET', '/audit/checkpoint', { token: null });
    await call(204, 'DELETE', `/api/v1/persons/${person.participant}`, { body: confirm });
    await settle();
    const consistency = await call(200, 'GET', `/audit/consistency?from=${older.split('\n')[1]}`, { token: null });
    assert.ok(consistency.tree_size > Number(older.split('\n')[1]));
    const verified = execFileSync(join(build, 'plenum'), ['verify', '--key', file('key', await call(200, 'GET', '/audit/key', { token: null })),
        '--older', file('older', older), '--consistency', file('consistency', consistency)], { encoding: 'utf8' });
    assert.match(verified, /entries seen before are its first ones/);
});
