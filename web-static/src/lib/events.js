// Server-sent events by fetch, because EventSource can't carry a bearer token: calls `on(name, data)` for each event, and comes
// back by itself when the connection ends. Gives a function that ends it.
import { Problem, request } from './api.js';

const RETRY_MS = 2000;
const RETRY_MAX_MS = 30_000;

// Feeds text in any pieces; gives {name, data} of each event that is whole.
export function eventReader(on) {
    let rest = '';
    return (text) => {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
            const event = { name: 'message', data: [] };
            for (const line of block.split('\n')) {
                const [, field, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
                if (field === 'event') event.name = value;
                else if (field === 'data') event.data.push(value);
            }
            if (event.data.length > 0) on(event.name, event.data.join('\n'));
        }
    };
}

async function follow(path, on, signal, opened) {
    const response = await request('GET', path, { accept: 'text/event-stream', signal });
    opened?.();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const feed = eventReader(on);
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        feed(value);
    }
}

// `opened` is called whenever a connection begins.
export function listen(path, on, opened) {
    const controller = new AbortController();
    let failures = 0;
    const heard = (name, data) => {
        failures = 0;
        on(name, JSON.parse(data));
    };
    async function run() {
        while (!controller.signal.aborted) {
            try {
                await follow(path, heard, controller.signal, opened);
            } catch (error) {
                if (error instanceof Problem && !error.transient) return; // not ours to see any more
            }
            failures += 1;
            // Spread, so that a restart is not met by all of them at once.
            const wait_ms = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
            await new Promise((done) => setTimeout(done, wait_ms));
        }
    }
    void run();
    return () => controller.abort();
}
