// Memory of idle connections: growth of the coordinator's resident memory for each of 10,000 kept-alive connections that
// have had one answer, in the open (the goal is 8 KiB) and over TLS. What the kernel keeps for a socket is not in it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { makeCertificate } from '../tests/support/certificate.mjs';
import { startCoordinator } from '../tests/support/coordinator.mjs';
import { print } from './support.mjs';

const CONNECTIONS = 10_000, AT_ONCE = 100, GOAL_BYTES = 8192;

const residentBytes = (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

function open(url) {
  return new Promise((resolve, reject) => {
    const { hostname: host, port, protocol } = new URL(url);
    const secure = protocol === 'https:';
    const socket = (secure ? connectTls : connect)({ host, port: Number(port), rejectUnauthorized: false });
    socket.once(secure ? 'secureConnect' : 'connect', () => socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.on('data', (data) => { if (data.toString().endsWith('ok\n')) resolve(socket); });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

async function bytesEach(env) {
  const server = await startCoordinator({ env: { PLENUM_THREADS: '1', PLENUM_IDLE_TIMEOUT_MS: '3600000', ...env } });
  const sockets = [];
  try {
    for (let i = 0; i < AT_ONCE; i++) (await open(server.url)).destroy(); // what the first ones cost once
    const before = residentBytes(server.pid);
    while (sockets.length < CONNECTIONS)
      sockets.push(...await Promise.all(Array.from({ length: AT_ONCE }, () => open(server.url))));
    return (residentBytes(server.pid) - before) / CONNECTIONS;
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
}

const plain = await bytesEach({});
print('idle_connection_bytes', plain, 'bytes', `the goal, ${GOAL_BYTES}`, plain / GOAL_BYTES);
const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-idle-'));
try {
  const { cert, key } = makeCertificate(folder);
  const secure = await bytesEach({ PLENUM_TLS_CERT: cert, PLENUM_TLS_KEY: key });
  print('idle_tls_connection_bytes', secure, 'bytes', `without TLS, ${Math.round(plain)}`, secure / plain);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
