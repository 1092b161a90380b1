// The clients: each does one thing after the other as people and their outboxes do, and tells the history of it. What is
// not answered is sent again with the same key until it is, or given up now and then.
import { Agent, request } from 'node:http';
import { pause } from '../../support/drain.mjs';

const TRY_MS = 15_000;
const CHOICES = ['left', 'right', 'tie', 'both_bad'];

export class Client {
    constructor(world, process, token, participants) {
        Object.assign(this, { world, process, token, participants });
        this.random = world.randomOf(process);
        this.agent = new Agent({ keepAlive: true, maxSockets: 1 });
    }

    // `cut`: the client goes away in the middle of the request's body, or before it has read the reply.
    send(method, path, { key, body } = {}, cut) {
        const { hostname, port } = new URL(this.world.server.url);
        const text = body === undefined ? undefined : JSON.stringify(body);
        const headers = { authorization: `Bearer ${this.token}` };
        if (key !== undefined) headers['idempotency-key'] = key;
        if (text !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
        return new Promise((done, fail) => {
            const call = request({ hostname, port, method, path, headers, agent: this.agent, timeout: TRY_MS }, (answer) => {
                const pieces = [];
                answer.on('data', (piece) => pieces.push(piece));
                answer.once('end', () => (answer.complete
                    ? done({ status: answer.statusCode, text: Buffer.concat(pieces).toString('utf8'), later: answer.headers['retry-after'] !== undefined })
                    : fail(new Error('cut'))));
                answer.once('error', fail);
            });
            call.once('timeout', () => call.destroy(new Error('no answer in time')));
            call.once('error', fail);
            if (cut === 'request') call.write(text.slice(0, text.length / 2));
            else call.end(text);
            if (cut !== undefined) setTimeout(() => call.destroy(new Error(`cut in the ${cut}`)), this.random.below(6));
        });
    }

    // Until there is an answer that says something. With `mayGiveUp`, sometimes only until the first that doesn't.
    async until(op, method, path, options, mayGiveUp = true) {
        const { history } = this.world;
        const gives = mayGiveUp && this.random.chance(0.15);
        let whole = false; // it may have arrived
        history.invoke(Object.assign(op, { process: this.process, key: options?.key }));
        for (;;) {
            const cut = this.random.chance(0.02) ? (options?.body !== undefined && this.random.chance(0.5) ? 'request' : 'reply') : undefined;
            let answer, why;
            try {
                answer = await this.send(method, path, options, cut);
            } catch (error) {
                why = error.code ?? error.message;
            }
            whole ||= cut !== 'request' && why !== 'ECONNREFUSED';
            if (answer !== undefined && answer.status < 500 && !(answer.status === 409 && answer.later)) {
                const { status, text } = answer;
                return history.end(op, status === 204 ? 'none' : status < 300 ? 'ok' : 'fail', { status, text });
            }
            history.info(op, why ?? `status ${answer.status}`);
            if (answer !== undefined && answer.status !== 503 && answer.status !== 409) this.world.odd.push(`${op.f} ${op.n}: ${answer.status} ${answer.text}`);
            if (this.world.failed) throw new Error('nobody answers any more');
            // Of what never arrived whole nothing may be there.
            if (gives && why !== 'ECONNREFUSED') return history.end(op, whole ? 'unknown' : 'fail', whole ? {} : { status: why });
            await pause(this.random.between(10, 60));
        }
    }
}

// Annotates, changes its mind, takes back, votes, proposes.
export class Person extends Client {
    constructor(...args) {
        super(...args);
        this.current = undefined; // the lease it works on
        this.judged = []; // leases it has judged
        this.told = []; // acknowledged writes, for replays: {op, method, path, options}
        this.votes = new Map(); // by amendment: {last, doubtful}
    }

    async run() {
        while (!this.world.over) {
            const dice = this.random.next();
            if (dice < 0.02) await this.propose();
            else if (dice < 0.30) await this.vote();
            else if (dice < 0.36) await this.read();
            else if (dice < 0.44) await this.replay();
            else if (dice < 0.52 && this.judged.length > 0) await this.judge(this.random.pick(this.judged));
            else if (dice < 0.58 && this.judged.length > 0) await this.undo(this.random.pick(this.judged));
            else await this.annotate();
        }
        this.agent.destroy();
    }

    async write(op, method, path, options) {
        await this.until(op, method, path, options);
        if (op.outcome === 'ok') {
            this.told.push({ op, method, path, options });
            if (this.told.length > 200) this.told.splice(this.random.below(100), 1);
        }
        return op;
    }

    async annotate() {
        if (this.current === undefined) {
            const op = await this.until({ f: 'lease', participant: this.participants.project }, 'POST', `/api/v1/projects/${this.world.project}/assignments`);
            if (op.outcome === 'none') await pause(20);
            if (op.outcome !== 'ok') return;
            this.current = JSON.parse(op.text).id;
        }
        // Some hesitate, now and then for longer than the lease is theirs.
        if (this.random.chance(0.1)) await pause(this.random.between(0, 80));
        else if (this.random.chance(0.004)) await pause(this.world.leaseMs * 1.1);
        const lease = this.current;
        this.current = undefined;
        await this.judge(lease);
    }

    async judge(lease) {
        const skip = this.random.chance(0.04) && !this.judged.includes(lease);
        const choice = skip ? 'skip' : this.random.pick(CHOICES);
        const key = this.random.uuid();
        const op = await this.write({ f: 'judge', lease, choice, participant: this.participants.project }, 'PUT', `/api/v1/assignments/${lease}/judgment`,
            { key, body: { choice, active_ms: 500, client: {} } });
        if (op.outcome === 'ok' && !this.judged.includes(lease)) this.judged.push(lease);
        else if (op.outcome === 'fail') this.forget(lease);
        if (this.judged.length > 50) this.judged.shift();
    }

    async undo(lease) {
        const op = await this.write({ f: 'undo', lease, participant: this.participants.project }, 'DELETE', `/api/v1/assignments/${lease}/judgment`, { key: this.random.uuid() });
        this.forget(lease);
        if (op.outcome === 'ok') this.current = lease; // what else it held has gone to the others
        else if (op.outcome === 'unknown') this.current = undefined;
    }

    forget(lease) {
        this.judged = this.judged.filter((one) => one !== lease);
        if (this.current === lease) this.current = undefined;
    }

    async vote() {
        const amendment = this.random.pick(this.world.amendments), choice = this.random.pick(['yes', 'no', 'abstain']);
        const op = await this.write({ f: 'vote', amendment, choice, participant: this.participants.community }, 'PUT', `/api/v1/amendments/${amendment}/vote`,
            { key: this.random.uuid(), body: { choice } });
        const mine = this.votes.get(amendment) ?? { last: null, doubtful: [] };
        if (op.outcome === 'ok') mine.last = choice;
        else if (op.outcome === 'unknown') mine.doubtful.push(choice);
        this.votes.set(amendment, mine);
    }

    // Its own vote, as the amendment's page shows it.
    async read() {
        const amendment = this.random.pick(this.world.amendments), mine = this.votes.get(amendment) ?? { last: null, doubtful: [] };
        const op = { f: 'read', amendment, expected: [mine.last, ...mine.doubtful] };
        await this.until(op, 'GET', `/api/v1/amendments/${amendment}`, undefined, false);
        op.saw = op.outcome === 'ok' ? JSON.parse(op.text).my_vote?.choice ?? null : null;
        delete op.text;
    }

    async propose() {
        const article = this.random.pick(this.world.articles);
        await this.write({ f: 'propose', participant: this.participants.community }, 'POST', `/api/v1/communities/${this.world.community}/amendments`,
            { key: this.random.uuid(), body: { base_version: 1, rationale: 'Better.', operations: [{ op: 'replace', article, text: `Words ${this.random.below(1e6)}.` }] } });
    }

    // As an outbox that has not heard of the answer: the same to the byte, whatever has happened since.
    async replay() {
        if (this.told.length === 0) return;
        const { op, method, path, options } = this.random.pick(this.told);
        await this.until({ f: 'replay', of: op.n }, method, path, options, false);
    }
}

// Asks for fits, one after the other; the workers make them.
export class Researcher extends Client {
    async run() {
        while (!this.world.over) {
            const op = await this.until({ f: 'fit' }, 'POST', `/api/v1/projects/${this.world.fitted}/fits`,
                { key: this.random.uuid(), body: { method: this.random.chance(0.7) ? 'pooled' : 'maxmin' } });
            for (let done = op.outcome !== 'ok'; !done && !this.world.over;) {
                await pause(this.random.between(100, 300));
                const { status, text } = await this.send('GET', `/api/v1/fits/${JSON.parse(op.text).id}`).catch(() => ({}));
                done = status === 200 && ['done', 'failed'].includes(JSON.parse(text).state);
            }
            await pause(this.random.between(0, 500));
        }
        this.agent.destroy();
    }
}
