// HTTPS requests per server CPU-second over kept-alive connections, beside nginx in the same run: the same certificate, the
// same cipher, as many bytes, one thread each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../tests/support/certificate.mjs';
import { startCoordinator } from '../tests/support/coordinator.mjs';
import { cpuSeconds, middle, print, replyOf, startNginx, wrk } from './support.mjs';

const ROUNDS = 5, PATH = '/livez';

async function rate(pid, port) {
  const before = cpuSeconds(pid);
  const { requests } = await wrk(`https://127.0.0.1:${port}${PATH}`);
  return requests / (cpuSeconds(pid) - before);
}

const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-tls-'));
let server, nginx;
try {
  const { cert, key } = makeCertificate(folder);
  server = await startCoordinator({ env: { PLENUM_THREADS: '1', PLENUM_TLS_CERT: cert, PLENUM_TLS_KEY: key } });
  const port = Number(new URL(server.url).port);
  const { text, cipher } = await replyOf(port, PATH, { tls: true, end: 'ok\n' });
  nginx = await startNginx(folder, PATH, text, { cert, key, ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20' });
  if (nginx.cipher !== cipher) throw new Error(`${cipher}, but nginx ${nginx.cipher}`);
  const ours = [], theirs = [];
  for (let i = 0; i < ROUNDS; i++) { // in turns, so that the noise of the machine hits both
    ours.push(await rate(server.pid, port));
    theirs.push(await rate(nginx.child.pid, nginx.port));
  }
  print('https_requests_per_cpu_second', middle(ours), 'requests', `${nginx.version}, ${cipher}, the same ${text.length} bytes, ${Math.round(middle(theirs))}`,
    middle(ours) / middle(theirs));
} finally {
  nginx?.child.kill('SIGKILL');
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
