// Requests per server CPU-second of a tiny reply over kept-alive connections, beside the floor: a bare epoll loop that
// answers the same number of bytes to the same client in the same run.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { build, startCoordinator } from '../tests/support/coordinator.mjs';

const CONNECTIONS = 64, WARM_MS = 500, RUN_MS = 3000, ROUNDS = 3;
const TICKS = 100; // USER_HZ on Linux
const request = Buffer.from('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');

function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(rest[11]) + Number(rest[12])) / TICKS;
}

function replyBytes(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(request));
    socket.once('data', (data) => { socket.destroy(); resolve(data.length); });
    socket.once('error', reject);
  });
}

// One request in flight a connection; a reply is counted when all its bytes are here.
async function rate(pid, port, size) {
  let done = 0;
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => new Promise((resolve, reject) => {
    let got = 0;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => { socket.write(request); resolve(socket); });
    socket.on('data', (data) => {
      for (got += data.length; got >= size; got -= size) { done++; socket.write(request); }
    });
    socket.on('error', reject);
  })));
  await new Promise((resolve) => setTimeout(resolve, WARM_MS));
  const before = cpuSeconds(pid), from = done;
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  const value = (done - from) / (cpuSeconds(pid) - before);
  for (const socket of sockets) socket.destroy();
  return value;
}

const server = await startCoordinator({ env: { PLENUM_THREADS: '1' } });
const port = Number(new URL(server.url).port);
const size = await replyBytes(port);
const floor = spawn(join(build, 'bench', 'http_floor'), [String(size)], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const floorPort = await new Promise((resolve, reject) => {
    floor.stdout.once('data', (text) => resolve(Number(text)));
    floor.once('error', reject);
  });
  const ours = [], bare = [];
  for (let i = 0; i < ROUNDS; i++) { // in turns, so that the noise of the machine hits both
    ours.push(await rate(server.pid, port, size));
    bare.push(await rate(floor.pid, floorPort, size));
  }
  const middle = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  console.log(JSON.stringify({
    name: 'http_requests_per_cpu_second', value: Math.round(middle(ours)), unit: 'requests',
    anchor: `bare epoll loop, ${Math.round(middle(bare))}`, ratio: Number((middle(ours) / middle(bare)).toFixed(2)),
  }));
} finally {
  floor.kill('SIGKILL');
  await server.stop();
}
