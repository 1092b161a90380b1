// Requests per server CPU-second of a tiny reply over kept-alive connections, beside nginx returning the same bytes and the
// floor: a bare epoll loop that answers as many bytes without reading what was asked. All three to the same client in
// the same run, one thread each.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, startCoordinator } from '../tests/support/coordinator.mjs';
import { cpuSeconds, middle, print, replyOf, startNginx, wrk } from './support.mjs';

const ROUNDS = 5, PATH = '/livez';

async function rate(pid, port) {
  const before = cpuSeconds(pid);
  const { requests } = await wrk(`http://127.0.0.1:${port}${PATH}`);
  return requests / (cpuSeconds(pid) - before);
}

const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-http-'));
const server = await startCoordinator({ env: { PLENUM_THREADS: '1' } });
let nginx, floor;
try {
  const port = Number(new URL(server.url).port);
  const { text } = await replyOf(port, PATH, { end: 'ok\n' });
  nginx = await startNginx(folder, PATH, text);
  floor = spawn(join(build, 'bench', 'http_floor'), [String(text.length)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const floorPort = await new Promise((resolve, reject) => {
    floor.stdout.once('data', (line) => resolve(Number(line)));
    floor.once('error', reject);
  });
  const ours = [], theirs = [], bare = [];
  for (let i = 0; i < ROUNDS; i++) { // in turns, so that the noise of the machine hits all
    ours.push(await rate(server.pid, port));
    theirs.push(await rate(nginx.child.pid, nginx.port));
    bare.push(await rate(floor.pid, floorPort));
  }
  print('http_requests_per_cpu_second', middle(ours), 'requests', `${nginx.version}, the same ${text.length} bytes, ${Math.round(middle(theirs))}`, middle(ours) / middle(theirs));
  print('http_floor_requests_per_cpu_second', middle(bare), 'requests', `${nginx.version}, ${Math.round(middle(theirs))}`, middle(bare) / middle(theirs));
} finally {
  floor?.kill('SIGKILL');
  nginx?.child.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
