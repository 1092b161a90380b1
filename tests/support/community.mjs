// Communities for tests: made by the operator, joined by bare members whose tokens are good in that community.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// As it is stored: an article without children has no empty list of them.
export const demoConstitution = () =>
    JSON.parse(readFileSync(fileURLToPath(new URL('../../demo/constitution.json', import.meta.url)), 'utf8'),
        (name, value) => (name === 'children' && value.length === 0 ? undefined : value));

// A small tree: an immutable top, a principle below it, a rule, a guideline; and a guideline beside.
export function smallConstitution() {
    const article = (id, level, text, children) => ({
        id, level, immutable: level === 'immutable', title: `Title of ${id}`, text, ...(children && { children }),
    });
    return {
        format: 'plenum-constitution/1',
        name: { en: 'Ours', ar: 'لنا' },
        language: 'en',
        pillars: [{ id: 'justice', title: 'Justice' }],
        articles: [
            article('dignity', 'immutable', 'No person counts for less.', [
                article('care', 'principle', 'Say what could go wrong.', [
                    article('signs', 'rule', 'Name the signs at which to stop.', [
                        article('brief', 'guideline', 'Be brief when asked briefly.'),
                    ]),
                ]),
            ]),
            article('tone', 'guideline', 'Speak plainly and kindly to everybody who asks.'),
        ],
    };
}


export async function makeCommunity(server, { constitution = smallConstitution(), ...settings } = {}) {
    const made = await server.api('POST', '/api/v1/communities', { body: { name: 'Ours', ...settings } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { id } = made.body;
    if (constitution) {
        const stored = await server.api('POST', `/api/v1/communities/${id}/constitution`, { body: constitution });
        assert.equal(stored.status, 201, JSON.stringify(stored.body));
    }
    return id;
}

// n members by one invitation: [{token, participant}].
export async function makeMembers(server, community, n, maxUses = n) {
    const invited = await server.api('POST', `/api/v1/communities/${community}/invitations`, { body: { max_uses: maxUses } });
    assert.equal(invited.status, 201, JSON.stringify(invited.body));
    return Promise.all(Array.from({ length: n }, async () => {
        const joined = await server.api('POST', '/api/v1/join', { token: null, body: { code: invited.body.code } });
        assert.equal(joined.status, 201, JSON.stringify(joined.body));
        return { token: joined.body.token, participant: joined.body.participant_id };
    }));
}

export const change = (article, text) => ({ op: 'replace', article, text });

export async function propose(server, community, member, operations, { base_version = 1, rationale = 'It reads better.', key = true } = {}) {
    return server.api('POST', `/api/v1/communities/${community}/amendments`, {
        token: member.token, key, body: { base_version, operations, rationale },
    });
}

export const vote = (server, amendment, member, choice, key = true) =>
    server.api('PUT', `/api/v1/amendments/${amendment}/vote`, { token: member.token, key, body: { choice } });

export async function until(what, ask, ms = 30_000) {
    for (const end = Date.now() + ms; ;) {
        const got = await ask();
        if (got) return got;
        assert.ok(Date.now() < end, `${what}: not within ${ms / 1000} s`);
        await new Promise((done) => setTimeout(done, 100));
    }
}

export const claimsOf = (receipt) => JSON.parse(Buffer.from(receipt.split('.')[0], 'base64url').toString('utf8'));

