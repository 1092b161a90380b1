// Server CPU for one annotation cycle (next assignment + judgment) as the number of open items grows. "Server" is the
// coordinator and every PostgreSQL process of its private cluster. Flat is the goal: the anchor is the smallest study.
import { randomUUID } from 'node:crypto';
import { startCoordinator } from '../tests/support/coordinator.mjs';
import { cpuSeconds, print } from './support.mjs';

const SIZES = (process.env.BENCH_SIZES ?? '1000,100000,1000000').split(',').map(Number);
const ANNOTATORS = 30, WARM = 1500, CYCLES = 6000; // in as many studies as it takes: of each, four fifths of the items at most

async function fill(server, projectId, name, n) {
  // Through the public import for the first items, so that they are real; the rest by the same tables, or a million
  // would take longer than the measurement.
  const lines = Array.from({ length: 500 }, (_, i) => JSON.stringify({ id: `real-${i}`, prompt: `Question ${i}?`, responses: [{ content: `One answer to ${i}` }, { content: `Another answer to ${i}` }] }));
  await server.api('POST', `/api/v1/projects/${projectId}/items`, { body: lines.join('\n'), type: 'application/x-ndjson' });
  const more = n - 500;
  server.sql(`
    with shard as (select shard_key from project where name = '${name}'),
    made as (
      insert into item (shard_key, item_id, source_id, prompt, n_responses, content_hash)
      select shard_key, gen_random_uuid(), 'made-' || i, jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Question ' || i)), 2, sha256(i::text::bytea)
      from shard, generate_series(1, ${more}) i returning shard_key, item_id),
    answers as (
      insert into response (shard_key, item_id, n, content)
      select shard_key, item_id, k, 'Answer ' || k || ' to ' || item_id from made, generate_series(0, 1) k)
    insert into assignment (shard_key, item_id, n, order_key, n_responses)
    select shard_key, item_id, 0, ('x' || substr(md5(item_id::text), 1, 16))::bit(64)::bigint, 2 from made;`);
  // The synthetic fill is not what is measured: its vacuum is done before.
  for (const table of ['item', 'response', 'assignment']) server.sql(`vacuum analyze ${table}`);
}

async function study(server, name, n) {
  const { body: project } = await server.api('POST', '/api/v1/projects', { body: { name, judgments_per_item: 1, task: { kind: 'pairwise' } } });
  await fill(server, project.id, name, n);
  for (let i = 0; i <= ANNOTATORS; i++) await server.api('GET', '/livez').catch(() => null); // idle connections have been closed meanwhile
  const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: { max_uses: ANNOTATORS } });
  const tokens = [];
  for (let i = 0; i < ANNOTATORS; i++) {
    const { body } = await server.api('POST', '/api/v1/join', { body: { code: invitation.code, consent: { version: '1' } }, token: null });
    tokens.push(body.token);
  }
  const cycle = async (token) => {
    const next = await server.api('POST', `/api/v1/projects/${project.id}/assignments`, { token });
    if (next.status !== 201) throw new Error(`assignment: ${next.status}`);
    const done = await server.api('PUT', `/api/v1/assignments/${next.body.id}/judgment`, { token, key: randomUUID(), body: { choice: 'left', active_ms: 1000, client: {} } });
    if (done.status !== 201) throw new Error(`judgment: ${done.status}`);
  };
  return async (count) => { await Promise.all(tokens.map(async (token) => { for (let i = 0; i < count / ANNOTATORS; i++) await cycle(token); })); };
}

async function measure(n) {
  const server = await startCoordinator({});
  try {
    await (await study(server, 'warm', 2500))(WARM);
    let seconds = 0, cycles = 0;
    while (cycles < CYCLES) {
      const run = await study(server, `bench-${cycles}`, n);
      await run(3 * ANNOTATORS); // sessions and the first block of tasks are read once
      const count = Math.floor(Math.min(CYCLES - cycles, (n * 4) / 5 - 3 * ANNOTATORS) / ANNOTATORS) * ANNOTATORS;
      const before = cpuSeconds(server.pid);
      await run(count);
      seconds += cpuSeconds(server.pid) - before;
      cycles += count;
    }
    return (seconds / cycles) * 1000;
  } finally {
    await server.stop();
  }
}

// Potato was not run here: its 82 ms were measured once, on such a machine, with a thousand items.
let anchor = null;
for (const n of SIZES) {
  const value = await measure(n);
  anchor ??= value;
  print(`cycle_server_cpu_${n}_items`, value, 'ms', `the same with ${SIZES[0]} items; Potato 2.8 took 82 ms with 1000 (another day's figure)`, value / anchor);
}
