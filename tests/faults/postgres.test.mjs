// PostgreSQL is killed (-9) ten times while annotators work: whatever was acknowledged is there, once.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCoordinator } from '../support/coordinator.mjs';

// More slots than a quick machine fills in the time.
const KILLS = 10, ANNOTATORS = 8, ITEMS = 8000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('no acknowledged judgment is lost or doubled when PostgreSQL is killed ten times under load', { timeout: 240000 }, async (t) => {
  const server = await startCoordinator({});
  t.after(() => server.stop());
  const { body: project } = await server.api('POST', '/api/v1/projects', { body: { name: 'kills', judgments_per_item: ANNOTATORS, task: { kind: 'pairwise' } } });
  const lines = Array.from({ length: ITEMS }, (_, i) => JSON.stringify({ id: `i${i}`, prompt: `Q${i}`, responses: [{ content: `a${i}` }, { content: `b${i}` }] }));
  await server.api('POST', `/api/v1/projects/${project.id}/items`, { body: lines.join('\n'), type: 'application/x-ndjson' });
  const { body: invitation } = await server.api('POST', `/api/v1/projects/${project.id}/invitations`, { body: { max_uses: ANNOTATORS } });
  const tokens = [];
  for (let i = 0; i < ANNOTATORS; i++) {
    const { body } = await server.api('POST', '/api/v1/join', { body: { code: invitation.code, consent: { version: '1' } }, token: null });
    tokens.push(body.token);
  }

  const acknowledged = [];
  let over = false;
  const annotate = async (token) => {
    while (!over) {
      const next = await server.api('POST', `/api/v1/projects/${project.id}/assignments`, { token }).catch(() => null);
      if (next?.status === 204) return;
      if (next?.status !== 201) { await pause(50); continue; }
      const key = randomUUID();
      // The same key until there is an answer, as the browser's outbox does.
      while (!over) {
        const put = await server.api('PUT', `/api/v1/assignments/${next.body.id}/judgment`, { token, key, body: { choice: 'right', active_ms: 500, client: {} } }).catch(() => null);
        if (put?.status === 201) { acknowledged.push(put.body.judgment_id); break; }
        if (put !== null && put.status < 500) { assert.fail(`a judgment was answered with ${put.status}: ${JSON.stringify(put.body)}`); }
        await pause(50);
      }
    }
  };
  const working = tokens.map(annotate);
  for (let i = 0; i < KILLS; i++) {
    await pause(700);
    const before = acknowledged.length;
    const pid = Number(readFileSync(join(server.dataFolder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    // It comes back by itself: wait until work goes on.
    for (let waited = 0; acknowledged.length <= before + ANNOTATORS && waited < 20000; waited += 50) await pause(50);
    assert.ok(acknowledged.length > before + ANNOTATORS, `work went on after kill ${i + 1}`);
  }
  over = true;
  await Promise.all(working);

  const rows = server.sql('select judgment_id from judgment').trim().split('\n').filter(Boolean);
  assert.equal(new Set(acknowledged).size, acknowledged.length, 'every acknowledgment names its own judgment');
  // Wire ids end in the uuid; the counts and the slots tell the same without decoding them.
  assert.ok(rows.length >= acknowledged.length, `${rows.length} kept, ${acknowledged.length} acknowledged`);
  assert.equal(Number(server.sql("select count(*) from (select item_id, n from judgment group by 1, 2 having count(*) > 1) d")), 0, 'none twice');
  const kept = new Set(rows.map((uuid) => uuid.replaceAll('-', '')));
  const lost = acknowledged.filter((id) => !kept.has(uuidOf(id)));
  assert.deepEqual(lost, [], 'every acknowledged judgment is there');
  assert.equal(Number(server.sql('select sum(n_counted) from project_counter')), rows.length, 'the counters tell the same');
});

// The uuid, in hex, of a wire id: base32 of 8 bytes of shard key and 16 of uuid.
function uuidOf(id) {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  let bits = 0n;
  for (const c of id) bits = (bits << 5n) | BigInt(alphabet.indexOf(c));
  bits >>= 3n; // 39 digits hold 195 bits, 192 are used
  return (bits & ((1n << 128n) - 1n)).toString(16).padStart(32, '0');
}
