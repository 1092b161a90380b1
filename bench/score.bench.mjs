// /api/v1/score over HTTP: 64 candidates of 1,024 dimensions against a model of 16 groups, embeddings as base64 of float32 at 200
// requests a second and as JSON numbers at 50, one kept connection, the model warm. The model is made, not fitted: an artefact of
// random weights (tests/support/artefact.mjs), which costs the scorer what a fitted one does. Beside it in turns, in the same run:
// a bare server that reads as many bytes and answers as many, to the same client. And jury verdicts without HTTP.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64, installModels, makeArtefact } from '../tests/support/artefact.mjs';
import { build, startCoordinator } from '../tests/support/coordinator.mjs';
import { cpuSeconds, print } from './support.mjs';

const DIMENSIONS = 1024, GROUPS = 16, CANDIDATES = 64;
const ROUNDS = Number(process.env.PLENUM_BENCH_ROUNDS ?? 5), SECONDS = 4;
const tool = join(build, 'bench', 'score');

let state = 1n; // the same numbers in every run
const random = () => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Math.fround(Number(state >> 40n) / 2 ** 24 - 0.5);
};

const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-score-'));
const server = await startCoordinator();
let floor;
try {
  const port = Number(new URL(server.url).port);
  const { body: { id } } = await server.api('POST', '/api/v1/projects', { body: { name: 'bench', task: { kind: 'pairwise' } } });
  const heads = [{ value: 'all' }, ...Array.from({ length: GROUPS }, (_, g) => ({ attribute: 'region', value: `region ${g}`, served: true, share: 1 / GROUPS, n_annotators: 50, n_judgments: 2000 }))];
  const [model] = installModels(server, id, [{ bytes: makeArtefact({ dimensions: DIMENSIONS, normalise: true, heads, rows: random }) }]);
  const vectors = Array.from({ length: CANDIDATES }, () => Array.from({ length: DIMENSIONS }, random));
  const request = (name, embedding) => {
    const body = JSON.stringify({ model, candidates: vectors.map((vector) => ({ embedding: embedding(vector) })) });
    writeFileSync(join(folder, name), `POST /api/v1/score HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${server.adminToken}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return body.length;
  };
  const bytes = { base64: request('base64', base64), json: request('json', (vector) => vector) };
  const load = (to, rate, seconds, name) => JSON.parse(execFileSync(tool, ['load', String(to), String(rate), String(seconds), join(folder, name)], { encoding: 'utf8' }));
  const { reply_bytes } = load(port, 50, 1, 'base64'); // warm, and how long answers are
  floor = spawn(tool, ['floor', String(reply_bytes)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const floorPort = await new Promise((done, fail) => {
    floor.stdout.once('data', (line) => done(Number(line)));
    floor.once('error', fail);
  });
  for (const [name, rate, goals] of [['base64', 200, [1, 4]], ['json', 50, [10, null]]]) {
    const ours = [], bare = [], cpu = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = cpuSeconds(server.pid);
      ours.push(load(port, rate, SECONDS, name));
      cpu.push((cpuSeconds(server.pid) - before) / ours.at(-1).n * 1000);
      bare.push(load(floorPort, rate, SECONDS, name));
    }
    const least = (list, key) => Math.min(...list.map((one) => one[key])) / 1000;
    for (const [i, key] of ['p50_us', 'p99_us'].entries()) {
      const goal = goals[i] === null ? '' : `, goal ${goals[i]} ms`;
      const [own, other] = [least(ours, key), least(bare, key)];
      print(`score_${name}_64x1024x16_at_${rate}_${key.slice(0, 3)}`, own, 'ms', `a bare server of the same ${bytes[name]} and ${reply_bytes} bytes: ${other.toFixed(2)} ms${goal}`, own / other);
    }
    print(`score_${name}_64x1024x16_server_cpu`, Math.min(...cpu), 'ms a request, PostgreSQL too', null, null);
  }
  const jury = Object.fromEntries(execFileSync(tool, ['jury'], { encoding: 'utf8' }).trim().split('\n').map(JSON.parse).map((one) => [one.name, one.value]));
  for (const name of ['jury_twelve_kinds', 'jury_two_kinds']) {
    print(`${name}_64_candidates_exact`, jury[name] / 1e6, 'M juror-scores/s', `100 drawn juries of twelve kinds beside it: ${(jury.jury_drawn / 1e6).toFixed(3)} M; goal 2 M`, jury[name] / jury.jury_drawn);
  }
} finally {
  floor?.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
