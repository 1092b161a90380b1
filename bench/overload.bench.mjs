// What is left of the service at three times what it can do. An open loop (bench/load.c) of annotators, each asking for
// tasks and judging them durably, first finds the capacity, then offers less, as much, and two and three times as much; at last reads,
// scores and exports come beside judgments that alone would fit, and must give way in that order. Server and PostgreSQL have
// one core and the load another: on the same ones three times the load would be a third of the capacity.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, startCoordinator } from '../tests/support/coordinator.mjs';
import { Worker, makeJudged, until } from '../tests/support/workers.mjs';
import { cpuSeconds, family, print } from './support.mjs';

const ANNOTATORS = 2500, OTHERS = 500;
const ITEMS = Number(process.env.BENCH_ITEMS ?? 300_000), SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const WARM_SECONDS = 2, FIND_SECONDS = 3, FIND_FROM = 500, FIND_STEP = 1.25;

// Items beyond the first thousand by the same tables that the import fills: as many in little time.
async function fill(server) {
  const { body: project } = await server.api('POST', '/api/v1/projects', { body: { name: 'bench', judgments_per_item: 3, task: { kind: 'pairwise' } } });
  server.sql(`
    with shard as (select shard_key from project where name = 'bench'),
    made as (
      insert into item (shard_key, item_id, source_id, prompt, n_responses, content_hash)
      select shard_key, gen_random_uuid(), 'made-' || i, jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Question ' || i)), 2, sha256(i::text::bytea)
      from shard, generate_series(1, ${ITEMS}) i returning shard_key, item_id),
    answers as (
      insert into response (shard_key, item_id, n, content)
      select shard_key, item_id, k, 'Answer ' || k || ' to ' || item_id from made, generate_series(0, 1) k)
    insert into assignment (shard_key, item_id, n, order_key, n_responses)
    select shard_key, item_id, 0, ('x' || substr(md5(item_id::text), 1, 16))::bit(64)::bigint, 2 from made;`);
  for (const table of ['item', 'response', 'assignment']) server.sql(`vacuum analyze ${table}`);
  const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: { max_uses: ANNOTATORS } });
  const join = () => server.api('POST', '/api/v1/join', { body: { code: invitation.code, consent: { version: '1' } }, token: null });
  const tokens = [];
  while (tokens.length < ANNOTATORS) tokens.push(...(await Promise.all(Array.from({ length: 20 }, join))).map(({ body }) => body.token));
  return { project: project.id, tokens };
}

// A model to score with and an export to fetch.
async function make(server) {
  const judged = await makeJudged(server);
  const worker = await new Worker(server, 'bench').enrol();
  worker.start();
  try {
    const { body: fit } = await server.api('POST', `/api/v1/projects/${judged}/fits`, { body: { method: 'pooled' }, key: true });
    const { body: asked } = await server.api('POST', `/api/v1/projects/${judged}/exports`, { body: { formats: ['plenum'] }, key: true });
    const ready = (path) => until(async () => {
      const { body } = await server.api('GET', path);
      return body.state === 'done' && body;
    }, path);
    const { model_id: model } = await ready(`/api/v1/fits/${fit.id}`);
    const { manifest } = await ready(`/api/v1/exports/${asked.id}`);
    const file = manifest.files.reduce((a, b) => (b.size > a.size ? b : a)).name;
    return { model, file: `/api/v1/exports/${asked.id}/files/${file}` };
  } finally {
    await worker.remove();
  }
}

const server = await startCoordinator({ env: { PLENUM_IDLE_TIMEOUT_MS: '600000' } });
try {
  const { project, tokens } = await fill(server);
  const { model, file } = await make(server);
  const score = JSON.stringify({ model, prompt: 'Question', candidates: Array.from({ length: 8 }, (_, i) => ({ content: `Answer ${i} `.repeat(20) })) });
  const connections = [
    ...tokens.map((token) => `judge ${token} ${project}`),
    ...tokens.slice(0, OTHERS).flatMap((token) => [
      `read ${token} GET /api/v1/projects/${project}`,
      `score ${server.adminToken} POST /api/v1/score ${score}`,
      `bulk ${server.adminToken} GET ${file}`,
    ]),
  ].join('\n');

  const load = (rates, seconds = SECONDS) => new Promise((done, fail) => {
    const args = [new URL(server.url).port, String(seconds), String(WARM_SECONDS), '7', ...Object.entries(rates).map(([kind, rate]) => `${kind}=${Math.round(rate)}`)];
    const child = spawn('taskset', ['-c', '1', join(build, 'bench', 'load'), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const before = cpuSeconds(server.pid);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
    child.once('error', fail);
    child.once('close', (code) => {
      if (code !== 0) return fail(new Error(`load ended with ${code}`));
      const all = Object.fromEntries(out.trim().split('\n').map((line) => JSON.parse(line)).map((one) => [one.kind, one]));
      for (const one of Object.values(all)) {
        if (one.other + one.limited + one.lost > 0) return fail(new Error(`not all went well: ${JSON.stringify(one)}`));
        one.rate_done = one.done / one.seconds;
      }
      return done({ ...all, cpu_s: (cpuSeconds(server.pid) - before) * seconds / (seconds + WARM_SECONDS) });
    });
    child.stdin.end(connections);
  });

  for (const pid of family(server.pid)) execFileSync('taskset', ['-a', '-c', '-p', '0', String(pid)], { stdio: 'ignore' });

  let found = 0;
  for (let offered = FIND_FROM; ; offered *= FIND_STEP) {
    const { judge } = await load({ judge: offered }, FIND_SECONDS);
    found = Math.max(found, judge.rate_done);
    if (judge.done < 0.85 * judge.offered) break;
  }
  // What is found in short bursts is not kept up for long: the best is that of runs as long as the others, some of them below it.
  const runs = [];
  for (const times of [0.7, 3, 0.85, 2, 1]) runs.push({ times, ...await load({ judge: found * times }) });
  runs.sort((a, b) => a.times - b.times);
  const best = Math.max(...runs.map(({ judge }) => judge.rate_done));
  const each_ms = ({ judge, cpu_s }) => cpu_s / judge.done * 1000;
  for (const { times, judge, cpu_s } of runs) {
    print(`overload_goodput_${times}x`, judge.rate_done, 'requests/s', `the best of these runs, ${Math.round(best)}; offered ${times} times ${Math.round(found)}`, judge.rate_done / best);
    print(`overload_longest_wait_${times}x`, judge.max_ms, 'ms', `goal 1000 ms; p99 ${judge.p99_ms} ms; the load itself late by ${judge.late_max_ms} ms`, judge.max_ms / 1000);
    print(`overload_refused_${times}x`, judge.refused / judge.offered, 'share', `refusals answered in ${judge.refused_p99_ms} ms (p99); ${judge.unsent} not sent`, null);
    print(`overload_server_cpu_${times}x`, each_ms({ judge, cpu_s }), 'ms', 'a good answer at 1x; what refusals cost is in it', each_ms({ judge, cpu_s }) / each_ms(runs[0]));
  }
  const mix = await load({ judge: found * 0.6, read: found * 0.8, score: found * 0.8, bulk: found * 0.8 });
  for (const kind of ['judge', 'read', 'score', 'bulk'])
    print(`overload_mix_${kind}`, mix[kind].done / mix[kind].offered, 'share answered', `longest wait ${mix[kind].max_ms} ms`, null);
} finally {
  await server.stop();
}
