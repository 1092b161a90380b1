// nginx and HAProxy as children of a test, each on a free loopback port in front of one server, with one pooled connection
// to it that all clients share. Both are set to let through what they can (fields that are not valid, bodies as they
// come): the more they pass on, the more the server behind them is tried.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { removeFolder, temporaryFolder } from './coordinator.mjs';

const START_MS = 10_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

function freePort() {
    return new Promise((done, fail) => {
        const server = createServer().once('error', fail);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

function answers(port) {
    return new Promise((done) => {
        const socket = connect(port, '127.0.0.1', () => done(true)).once('error', () => done(false));
        socket.once('connect', () => socket.destroy());
    });
}

// Administrators' programs: not on everybody's path.
function program(name) {
    const found = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'].map((folder) => join(folder, name)).find(existsSync);
    if (!found) throw new Error(`${name} is not installed (tools/install-deps test)`);
    return found;
}

const nginxText = (folder, port, upstream) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http {
    log_format replies 'status=$upstream_status header=$upstream_header_time';
    access_log ${folder}/access.log replies;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    ignore_invalid_headers off;
    underscores_in_headers on;
    merge_slashes off;
    client_max_body_size 0;
    large_client_header_buffers 4 32k;
    client_header_timeout 1s;
    client_body_timeout 1s;
    lingering_timeout 1s;
    upstream coordinator { server ${upstream}; keepalive 1; }
    server {
        listen 127.0.0.1:${port};
        location / {
            proxy_pass http://coordinator;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_next_upstream off;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto PROTO;
        }
    }
}
`;

const haproxyText = (folder, port, upstream) => `
global
    log stdout format raw local0 info
    nbthread 1
defaults
    mode http
    log global
    log-format "status=%ST header=%Tr server=%s"
    timeout connect 2s
    timeout client 1s
    timeout http-request 1s
    timeout server 20s
    http-reuse always
    option accept-invalid-http-request
frontend clients
    bind 127.0.0.1:${port}
    option forwardfor
    http-request set-header X-Forwarded-Proto PROTO
    default_backend coordinator
backend coordinator
    server one ${upstream} pool-max-conn 1
`;

const kinds = {
    nginx: { text: nginxText, args: (file) => ['-c', file, '-e', 'stderr'] },
    haproxy: { text: haproxyText, args: (file) => ['-db', '-f', file] },
};

class Proxy {
    // How many replies of each class ("2xx") it has had from the server behind it, by its own log.
    repliesFromServer() {
        const text = this.kind === 'nginx' ? readFileSync(join(this.folder, 'access.log'), 'utf8') : this.out;
        const replies = {};
        for (const [, status, header] of text.matchAll(/^status=(\S+) header=(\S+)/gm))
            if (Number(header) >= 0) replies[`${status[0]}xx`] = (replies[`${status[0]}xx`] ?? 0) + 1;
        return replies;
    }

    async stop() {
        if (this.child.exitCode === null) {
            const ended = new Promise((done) => this.child.once('exit', done));
            this.child.kill('SIGTERM');
            await ended;
        }
        await removeFolder(this.folder);
    }
}

// kind: "nginx" or "haproxy". proto: what it says of its clients in X-Forwarded-Proto.
export async function startProxy(kind, upstreamUrl, { proto = 'http' } = {}) {
    const proxy = new Proxy();
    Object.assign(proxy, { kind, proto, folder: temporaryFolder('plenum-proxy-'), out: '' });
    const port = await freePort();
    const file = join(proxy.folder, 'proxy.conf');
    mkdirSync(join(proxy.folder, 'body'));
    writeFileSync(file, kinds[kind].text(proxy.folder, port, new URL(upstreamUrl).host).replace('PROTO', proto));
    proxy.url = `http://127.0.0.1:${port}`;
    proxy.child = spawn(program(kind), kinds[kind].args(file), { cwd: proxy.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(proxy.child);
    proxy.child.once('exit', () => running.delete(proxy.child));
    let errors = '';
    proxy.child.stdout.setEncoding('utf8').on('data', (text) => (proxy.out += text));
    proxy.child.stderr.setEncoding('utf8').on('data', (text) => (errors = (errors + text).slice(-4096)));
    for (const end = Date.now() + START_MS; !(await answers(port)); await pause(20))
        if (proxy.child.exitCode !== null || Date.now() > end) throw new Error(`${kind} does not start\n${errors}${proxy.out}`);
    return proxy;
}
