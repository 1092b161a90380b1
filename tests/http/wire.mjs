// HTTP/1.1 on a raw socket, so that a test can send what no client library would.
import { connect } from 'node:net';

const WAIT_MS = 20_000;
const CLOSE_MS = 5_000; // well under the idle deadline, which closes everything

export class Wire {
    constructor(url, { from } = {}) {
        const { hostname, port } = new URL(url);
        this.input = Buffer.alloc(0);
        this.ended = false;
        this.waiting = [];
        this.socket = connect({ host: hostname, port: Number(port), localAddress: from, noDelay: true, allowHalfOpen: true });
        this.socket.on('data', (data) => {
            this.input = Buffer.concat([this.input, data]);
            this.wake();
        });
        for (const event of ['end', 'error', 'close'])
            this.socket.on(event, () => {
                this.ended = true;
                this.wake();
            });
    }

    wake() {
        for (const done of this.waiting.splice(0)) done();
    }

    // Waits until something came or the connection ended.
    async more(ms = WAIT_MS) {
        if (this.ended) return false;
        const before = this.input.length;
        let timer;
        const late = new Promise((_, fail) => {
            timer = setTimeout(() => fail(new Error(`the server said nothing for ${ms / 1000} s`)), ms);
        });
        await Promise.race([new Promise((done) => this.waiting.push(done)), late]).finally(() => clearTimeout(timer));
        return this.input.length > before || !this.ended;
    }

    // Each character is a byte.
    async send(text) {
        await new Promise((done) => this.socket.write(Buffer.from(text, 'latin1'), () => done()));
    }

    // One reply: {status, headers, body}, or status 0 when the connection ended first.
    async reply({ headOnly = false } = {}) {
        let end;
        while ((end = this.input.indexOf('\r\n\r\n')) < 0) if (!(await this.more())) return { status: 0, headers: {}, body: '' };
        const [line, ...fields] = this.input.subarray(0, end).toString('latin1').split('\r\n');
        this.input = this.input.subarray(end + 4);
        const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
        const headers = {};
        for (const field of fields) {
            const colon = field.indexOf(':');
            const name = field.slice(0, colon).toLowerCase();
            if (name in headers) throw new Error(`the field ${name} came twice`);
            headers[name] = field.slice(colon + 1).trim();
        }
        let body = '';
        if (!headOnly && status >= 200 && status !== 204 && status !== 304) {
            if (!('content-length' in headers)) throw new Error('the reply does not say how long it is');
            const length = Number(headers['content-length']);
            while (this.input.length < length) if (!(await this.more())) throw new Error('the reply was cut');
            body = this.input.subarray(0, length).toString('utf8');
            this.input = this.input.subarray(length);
        }
        return { status, headers, body };
    }

    async isClosed() {
        while (this.input.length === 0) if (!(await this.more(CLOSE_MS))) return true;
        return false;
    }

    close() {
        this.socket.destroy();
    }
}
