// The way to disk: durable judgments a second and their p99, beside pgbench inserting one row of the same table a transaction; and
// the next assignment of a million open ones, beside pgbench reading one row by primary key. 64 connections each, the
// same private cluster, in turns. Each request is a different annotator's, so every one is looked up; clients share the
// machine with the server.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf } from '../tests/support/ids.mjs';
import { startCoordinator } from '../tests/support/coordinator.mjs';
import { middle, print, wrk } from './support.mjs';

const CLIENTS = 64, ROUNDS = 3, SECONDS = 3;
const JUDGMENTS = 72_000, ASKING = 100_000; // a round each, more than will be done
const ITEMS = Number(process.env.BENCH_ITEMS ?? 1_000_000);

const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-write-'));
const uuid = (kind, i) => `${kind.toString(16).padStart(8, '0')}-0000-7000-8000-${i.toString(16).padStart(12, '0')}`;
const uuidSql = (kind, i) => `('${kind.toString(16).padStart(8, '0')}-0000-7000-8000-' || lpad(to_hex(${i}), 12, '0'))::uuid`;
const secret = (i) => `plm_${String(i).replace(/\d/g, (d) => 'abcdefghij'[d]).padStart(52, 'a')}`;
const secretSql = (i) => `'plm_' || lpad(translate(${i}::text, '0123456789', 'abcdefghij'), 52, 'a')`;

// Straight into the tables, or making a million would take longer than the measurement. Items 0 .. n-1 of two responses,
// people 0 .. m-1; the first `leased` people have the item of their number on lease.
function fill(server, n, people, leased) {
  server.sql(`
    begin;
    create temp table s as select shard_key from project;
    insert into item (shard_key, item_id, source_id, prompt, n_responses, content_hash)
      select shard_key, ${uuidSql(1, 'i')}, 'made-' || i, jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Question ' || i)), 2, sha256(i::text::bytea)
      from s, generate_series(0, ${n - 1}) i;
    insert into response (shard_key, item_id, n, content)
      select shard_key, ${uuidSql(1, 'i')}, k, 'Answer ' || k || ' to ' || i from s, generate_series(0, ${n - 1}) i, generate_series(0, 1) k;
    insert into person (person_id, kind) select ${uuidSql(2, 'i')}, 'bare' from generate_series(0, ${people - 1}) i;
    insert into token (token_id, secret_hash, person_id, name, roles)
      select ${uuidSql(3, 'i')}, sha256((${secretSql('i')})::bytea), ${uuidSql(2, 'i')}, 'participant', 72 from generate_series(0, ${people - 1}) i;
    insert into participation (shard_key, participant_id, person_id, roles, consent_version, consented_at)
      select shard_key, ${uuidSql(4, 'i')}, ${uuidSql(2, 'i')}, 8, '1', now() from s, generate_series(0, ${people - 1}) i;
    insert into assignment (shard_key, item_id, n, order_key, n_responses, state, lease_id, participant_id, leased_at, expires_at, shown, guideline_version)
      select shard_key, ${uuidSql(1, 'i')}, 0, ('x' || substr(md5(i::text), 1, 16))::bit(64)::bigint, 2,
        case when i < ${leased} then 'leased' else 'open' end, case when i < ${leased} then ${uuidSql(5, 'i')} end,
        case when i < ${leased} then ${uuidSql(4, 'i')} end, case when i < ${leased} then now() end,
        case when i < ${leased} then now() + interval '1 day' end, case when i < ${leased} then '{0,1}'::smallint[] end,
        case when i < ${leased} then 1 end
      from s, generate_series(0, ${n - 1}) i;
    commit;`);
  server.sql('create table bench_judgment (like judgment including all)');
  server.sql(`create table bench_row (i integer primary key, filler text); insert into bench_row select i, repeat('x', 100) from generate_series(0, ${ITEMS - 1}) i`);
  for (const table of ['item', 'response', 'assignment', 'participation', 'token', 'person', 'bench_row']) server.sql(`vacuum analyze ${table}`);
}

function pgbench(server, script) {
  const file = join(folder, 'script.sql');
  writeFileSync(file, script);
  for (const name of readdirSync(folder).filter((one) => one.startsWith('log'))) rmSync(join(folder, name));
  const out = execFileSync('pgbench', ['-n', '-M', 'prepared', '-c', CLIENTS, '-j', 1, '-T', SECONDS, '-l', '--log-prefix', join(folder, 'log'), '-f', file,
    '-h', join(server.dataFolder, 'run'), '-p', '5432', '-U', 'plenum_owner', 'plenum'], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  const times = readdirSync(folder).filter((one) => one.startsWith('log')).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8').trim().split('\n').map((line) => Number(line.split(' ')[2]) / 1000)).sort((a, b) => a - b);
  return { rate: Number(/tps = ([\d.]+)/.exec(out)[1]), p99_ms: times[Math.floor(times.length * 0.99)] };
}

// wrk sends each line of the file once: method, path, token, key, body.
const lua = join(folder, 'once.lua');
writeFileSync(lua, `
local requests, n = {}, 0
function init(args)
  for line in io.lines(args[1]) do
    local method, path, token, key, body = line:match("^(%S+) (%S+) (%S+) (%S+) ?(.*)$")
    local headers = { ["Authorization"] = "Bearer " .. token, ["Idempotency-Key"] = key }
    if body ~= "" then headers["Content-Type"] = "application/json" end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end
function request()
  n = n + 1
  return requests[n]
end`);
async function once(server, lines) {
  const file = join(folder, 'requests');
  writeFileSync(file, lines.join('\n'));
  const { requests, seconds, p99_ms } = await wrk(server.url, { connections: CLIENTS, seconds: SECONDS, script: lua, args: [file] });
  if (requests > lines.length - CLIENTS) throw new Error('wrk ran out of requests');
  return { requests, rate: requests / seconds, p99_ms };
}

function syncMs() {
  const file = openSync(join(folder, 'sync'), 'w'), page = Buffer.alloc(8192), times = [];
  for (let i = 0; i < 50; i++) {
    writeSync(file, page);
    const from = performance.now();
    fdatasyncSync(file);
    times.push(performance.now() - from);
  }
  closeSync(file);
  return middle(times);
}

const server = await startCoordinator({});
try {
  const { body: project } = await server.api('POST', '/api/v1/projects', { body: { name: 'bench', judgments_per_item: 1, task: { kind: 'pairwise' } } });
  const shard = server.sql('select shard_key from project');
  const leased = ROUNDS * JUDGMENTS;
  fill(server, leased + ITEMS, leased + ROUNDS * ASKING, leased);
  const judgment = (i) => `PUT /api/v1/assignments/${idOf(shard, uuid(5, i))}/judgment ${secret(i)} ${randomUUID()} {"choice":"left","active_ms":1000,"client":{}}`;
  const asking = (i) => `POST /api/v1/projects/${project.id}/assignments ${secret(i)} ${randomUUID()}`;
  const insert = `insert into bench_judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown, active_ms, client,
    guideline_version, idempotency_key, request_hash, receipt) values (${shard}, gen_random_uuid(), 1, gen_random_uuid(), gen_random_uuid(), 0, gen_random_uuid(), 'left',
    '{0,1}', 1000, '{}', 1, gen_random_uuid(), decode(repeat('ab', 32), 'hex'), repeat('r', 400));`;
  const select = `\\set i random(0, ${ITEMS - 1})\nselect filler from bench_row where i = :i;`;
  const judged = [], inserted = [], asked = [], selected = [];
  const range = (n, first) => Array.from({ length: n }, (_, i) => first + i);
  for (let round = 0; round < ROUNDS; round++) {
    judged.push(await once(server, range(JUDGMENTS, round * JUDGMENTS).map(judgment)));
    inserted.push(pgbench(server, insert));
  }
  for (let round = 0; round < ROUNDS; round++) {
    asked.push(await once(server, range(ASKING, leased + round * ASKING).map(asking)));
    selected.push(pgbench(server, select));
  }
  const kept = Number(server.sql(`select count(*) from judgment`));
  const answered = judged.reduce((sum, { requests }) => sum + requests, 0);
  if (kept < answered || kept > leased) throw new Error(`${answered} judgments were answered, ${kept} are kept`);
  const of = (list, name) => middle(list.map((one) => one[name]));
  const sync = `a sync takes ${syncMs().toFixed(2)} ms`;
  print('durable_judgments_per_second', of(judged, 'rate'), '1/s', `pgbench, one insert a transaction, ${Math.round(of(inserted, 'rate'))}; ${sync}`, of(judged, 'rate') / of(inserted, 'rate'));
  print('durable_judgment_p99', of(judged, 'p99_ms'), 'ms', `pgbench, ${of(inserted, 'p99_ms').toFixed(1)}; ${sync}`, of(judged, 'p99_ms') / of(inserted, 'p99_ms'));
  print('next_assignments_per_second', of(asked, 'rate'), '1/s', `pgbench, one row by primary key, ${Math.round(of(selected, 'rate'))}; ${ITEMS} open`, of(asked, 'rate') / of(selected, 'rate'));
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
