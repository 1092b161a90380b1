// What a look at a study's figures (GET .../quality, which the dashboard shows) costs the database: PostgreSQL's own count of the time it
// ran statements, at 100,000 and at 1,000,000 judgments, with nothing new and with 1,000 new ones since the last look. The anchor is
// reading all judgments once, as counting anew must. Judgments are put in by SQL: 4 on each item, by 500 people, and a twentieth of them
// once more with the sides swapped.
import { randomUUID } from 'node:crypto';
import { startCoordinator } from '../tests/support/coordinator.mjs';
import { makeProject } from '../tests/support/dataset.mjs';
import { print } from './support.mjs';

const PEOPLE = 500, PER_ITEM = 4, NEW = 1000, LOOKS = 6, KEPT_MS = 5100; // an answer is kept for five seconds
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const server = await startCoordinator({});
const activeMs = async () => {
  await pause(1200); // sessions report once a second, and at their end
  return Number(server.sql("select active_time from pg_stat_database where datname = 'plenum'"));
};
// Of `n` times `work`, each, without what runs anyway.
async function cost(n, work) {
  const before = await activeMs(), began = performance.now();
  for (let i = 0; i < n; i++) await work(i);
  const after = await activeMs(), took = performance.now() - began;
  await pause(took);
  return Math.max(0, (after - before - (await activeMs() - after)) / n);
}

try {
  const project = await makeProject(server, { name: 'tally', judgments_per_item: PER_ITEM, task: { kind: 'pairwise', strength_max: 3 } });
  const shard = server.sql("select shard_key from project where name = 'tally'");
  server.sql(`insert into person (person_id, kind) select gen_random_uuid(), 'bare' from generate_series(1, ${PEOPLE});
    insert into participation (shard_key, participant_id, person_id, roles) select ${shard}, gen_random_uuid(), person_id, 8 from person where kind = 'bare'`);
  let n = 0;
  const add = (judgments) => {
    server.sql(`with who as (select array_agg(participant_id) as ids from participation where shard_key = ${shard} and roles = 8),
      i as (insert into item (shard_key, item_id, source_id, prompt, n_responses, content_hash)
        select ${shard}, gen_random_uuid(), 'i' || g, '[{"role":"user","content":"?"}]', 2, sha256(g::text::bytea) from generate_series(${n + 1}, ${n + judgments / PER_ITEM}) g
        returning item_id, source_id)
      insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, strength, shown, active_ms, guideline_version, idempotency_key, request_hash, receipt)
      select ${shard}, gen_random_uuid(), 1, gen_random_uuid(), i.item_id, k, who.ids[1 + (random() * ${PEOPLE - 1})::int], case when random() < 0.6 then 'left' else 'right' end,
        1 + (random() * 2)::int, array[0, 1]::smallint[], (random() * 60000)::int, 1, gen_random_uuid(), sha256('${randomUUID()}'), repeat('r', 200)
      from i, who, generate_series(0, ${PER_ITEM - 1}) k;
      insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, strength, shown, active_ms, guideline_version, idempotency_key, request_hash, receipt)
      select shard_key, gen_random_uuid(), 1, gen_random_uuid(), item_id, -2 - n, participant_id, case when random() < 0.8 then 'right' else 'left' end,
        strength, array[1, 0]::smallint[], active_ms, 1, gen_random_uuid(), request_hash, receipt
      from (select * from judgment where shard_key = ${shard} and n >= 0 order by stored_xid desc limit ${judgments}) j where random() < 0.05`);
    n += judgments / PER_ITEM;
  };
  const look = async () => {
    await pause(KEPT_MS);
    const { status } = await server.api('GET', `/api/v1/projects/${project}/quality`);
    if (status !== 200) throw new Error(`looking: ${status}`);
  };
  for (const size of [100_000, 1_000_000]) {
    add(size - n * PER_ITEM);
    server.sql('vacuum analyze');
    const whole = await cost(1, () => server.sql(`select count(*) from (select distinct on (lease_id) outcome, shown, strength, active_ms from judgment where shard_key = ${shard} order by lease_id, revision desc) j`));
    print(`tally_first_look_${size}`, await cost(1, look), 'ms', 'reading all once', null);
    const idle = await cost(LOOKS, look);
    print(`tally_look_${size}`, idle, 'ms', 'reading all once', idle / whole);
    // Adding costs, too, so it is measured by itself.
    let adding = 0;
    const both = await cost(LOOKS, async () => { add(NEW); await look(); });
    adding = await cost(LOOKS, () => add(NEW));
    await look();
    print(`tally_look_${size}_with_${NEW}_new`, Math.max(0, both - adding), 'ms', 'reading all once', (both - adding) / whole);
  }
} finally {
  await server.stop();
}
