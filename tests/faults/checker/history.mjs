// What clients asked for and were told, in order, each step a line of JSON in a file as well.
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

export class History {
    constructor(path) {
        mkdirSync(dirname(path), { recursive: true });
        this.path = path;
        this.file = createWriteStream(path);
        this.ops = [];
        this.began = performance.now();
    }

    line(event) {
        this.file.write(`${JSON.stringify({ ms: Math.round(performance.now() - this.began), ...event })}\n`);
    }

    invoke(op) {
        op.n = this.ops.length;
        this.ops.push(op);
        this.line({ at: 'invoke', ...op });
        return op;
    }

    // `info`: it is not known what has become of this try.
    info(op, why) {
        this.line({ at: 'info', n: op.n, why });
    }

    end(op, outcome, answer) {
        Object.assign(op, { outcome }, answer);
        this.line({ at: outcome, n: op.n, ...answer });
        return op;
    }

    close() {
        return new Promise((done) => this.file.end(done));
    }
}

// A generator that gives the same numbers for the same seed (mulberry32), with what is asked of one.
export function random(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return {
        next,
        chance: (share) => next() < share,
        below: (n) => Math.floor(next() * n),
        pick: (list) => list[Math.floor(next() * list.length)],
        between: (low, high) => low + next() * (high - low),
        uuid() {
            const hex = Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16));
            hex[12] = '4';
            hex[16] = '89ab'[Math.floor(next() * 4)];
            return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
        },
    };
}
