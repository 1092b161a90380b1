// What measurements share: CPU time of a process and all that it started, nginx as an anchor, wrk, the middle of a list.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect as connectPlain, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

const TICKS = 100; // USER_HZ on Linux

function processes() {
  const list = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      list.set(Number(entry), { parent: Number(rest[1]), own: Number(rest[11]) + Number(rest[12]), children: Number(rest[13]) + Number(rest[14]) });
    } catch { /* it has ended */ }
  }
  return list;
}

// A process and its descendants.
export function family(root, list = processes()) {
  const below = new Set([root]);
  for (let grew = true; grew;) {
    grew = false;
    for (const [pid, { parent }] of list) if (below.has(parent) && !below.has(pid)) { below.add(pid); grew = true; }
  }
  return below;
}

// CPU seconds of a process, its descendants, and those of its descendants that have ended.
export function cpuSeconds(root) {
  const list = processes();
  const below = family(root, list);
  let ticks = 0;
  for (const pid of below) { const p = list.get(pid); if (p) ticks += p.own + p.children; }
  return ticks / TICKS;
}

export const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

export function print(name, value, unit, anchor, ratio) {
  const digits = value >= 100 ? 0 : value >= 1 ? 2 : 4;
  console.log(JSON.stringify({ name, value: Number(value.toFixed(digits)), unit, anchor, ratio: ratio === null ? null : Number(ratio.toFixed(2)) }));
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

// The whole reply to a GET on a connection of its own, and the cipher it came under. `end` is how its body ends.
export function replyOf(port, path, { tls = false, end } = {}) {
  return new Promise((done, fail) => {
    const socket = (tls ? connectTls : connectPlain)({ host: '127.0.0.1', port, rejectUnauthorized: false }, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`));
    let text = '';
    socket.on('data', (data) => {
      text += data;
      if (!text.endsWith(end)) return;
      done({ text, cipher: tls ? `${socket.getProtocol()} ${socket.getCipher().name}` : null });
      socket.destroy();
    });
    socket.once('error', fail);
  });
}

// nginx as a child of ours, one worker, which answers `path` with the fields and the body of `reply`, and as many bytes: what its
// Server and Connection add is taken off another field. `tls` is {cert, key, ciphers} or null.
export async function startNginx(folder, path, reply, tls = null) {
  const port = await freePort();
  const [head, body] = reply.split('\r\n\r\n');
  const type = /content-type: (.*)/i.exec(head)[1];
  const own = /^(HTTP|date|content-type|content-length|connection|server)/i; // those nginx makes itself
  const fields = head.split('\r\n').filter((line) => !own.test(line)).map((line) => line.split(/: (.*)/s));
  const write = (pad) => writeFileSync(join(folder, 'nginx.conf'), `
daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; server_tokens off; keepalive_requests 1000000000; default_type "${type}";
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${port}${tls ? ` ssl; ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ${tls.ciphers}; ssl_prefer_server_ciphers on` : ''};
${fields.map(([name, value]) => `    add_header ${name} "${name === 'Permissions-Policy' ? value.slice(0, value.length - pad) : value}";`).join('\n')}
    location = ${path} { return 200 "${body.replaceAll('\n', '\\n')}"; }
  }
}`);
  const start = async () => {
    const child = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
    for (let tries = 0; ; tries++) {
      try {
        return { child, port, ...(await replyOf(port, path, { tls: tls !== null, end: body })) };
      } catch (error) {
        if (tries > 100 || child.exitCode !== null) throw error;
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  };
  write(0);
  let server = await start();
  const pad = server.text.length - reply.length;
  if (pad !== 0) {
    const gone = new Promise((done) => server.child.once('exit', done));
    server.child.kill('SIGTERM');
    await gone;
    write(pad);
    server = await start();
  }
  if (server.text.length !== reply.length) throw new Error(`nginx answers ${server.text.length} bytes and not ${reply.length}`);
  const version = execFileSync('sh', ['-c', '/usr/sbin/nginx -v 2>&1'], { encoding: 'utf8' }).trim().replace(/.*: /, '');
  return { ...server, version };
}

// wrk's counts: requests, seconds, p50_ms and p99_ms. `script`: a Lua file; `args` go to it.
export async function wrk(url, { connections = 64, seconds = 3, script = null, args = [] } = {}) {
  const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...(script ? ['-s', script] : []), url, '--', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  await new Promise((done) => child.once('close', done));
  const found = /(\d+) requests in ([\d.]+)(s|ms|m)/.exec(out);
  if (found === null || /Non-2xx|Socket errors/.test(out)) throw new Error(`wrk: ${out}`);
  const ms = (name) => {
    const [, value, unit] = new RegExp(`${name}%\\s+([\\d.]+)(us|ms|s)`).exec(out);
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  return { requests: Number(found[1]), seconds: Number(found[2]) * { s: 1, ms: 0.001, m: 60 }[found[3]], p50_ms: ms(50), p99_ms: ms(99), out };
}
