// What the browser tests need on the server: a study with pairs, an invitation, a community with an open amendment.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

// Calls the coordinator as the holder of a bearer token.
export function client(origin, token) {
    return async function call(method, path, body, { expect } = {}) {
        const ndjson = typeof body === 'string';
        const response = await fetch(origin + path, {
            method,
            headers: {
                ...(token ? { Authorization: `Bearer ${token}` } : {}),
                ...(body === undefined ? {} : { 'Content-Type': ndjson ? 'application/x-ndjson' : 'application/json' }),
                ...(method === 'GET' ? {} : { 'Idempotency-Key': randomUUID() }),
            },
            body: body === undefined || ndjson ? body : JSON.stringify(body),
        });
        const text = await response.text();
        const answer = text === '' ? null : JSON.parse(text);
        if (expect !== undefined) assert.equal(response.status, expect, `${method} ${path}: ${text}`);
        else assert.ok(response.ok, `${method} ${path} answered ${response.status}: ${text}`);
        return answer;
    };
}

const QUESTIONS = [
    ['How should I plan my running during Ramadan?', 'Run **after iftar**, and drink between iftar and suhoor.', 'Wait until the month is over.'],
    ['What should a midwife know of Māori birthing traditions?', 'Ask the whānau what they wish for the whenua.', 'Nothing in particular.'],
    ['Write the first line of a poem about grief.', 'The house keeps your coat.', 'Cheer up, it may never happen!'],
    ['كيف أواسي صديقًا فقد أباه؟', 'اجلس معه واستمع أكثر مما تتكلم.', 'قل له أن ينسى.'],
    ['Is it rude to ask for the recipe?', 'No. Say what you liked, then ask.', 'Yes, always.'],
    ['How do I tell my team that I am leaving?', 'Tell your manager first, then the team, in person.', 'Send an email at night.'],
    ['What is a fair way to split the rent?', 'By room size, and by what each can pay.', 'The loudest decides.'],
    ['Should I let my child quit the piano?', 'Ask why first. A pause is not an end.', 'Never.'],
];

export function pairs(n) {
    return Array.from({ length: n }, (_, i) => {
        const [prompt, first, second] = QUESTIONS[i % QUESTIONS.length];
        const round = i < QUESTIONS.length ? '' : ` (${i})`;
        return { id: `pair-${i}`, prompt: prompt + round, language: /[\u0600-\u06ff]/.test(prompt) ? 'ar' : 'en',
            responses: [{ id: `pair-${i}.1`, content: first + round }, { id: `pair-${i}.2`, content: second + round }] };
    });
}

export const QUESTIONS_ABOUT_PEOPLE = {
    attributes: [
        { id: 'age', label: { en: 'How old are you?', ar: 'كم عمرك؟' }, short: { en: 'Age', ar: 'العمر' }, multi: false,
            values: [{ id: '18_29', label: { en: '18 to 29', ar: 'من 18 إلى 29' } }, { id: '30_plus', label: { en: '30 or more', ar: '30 فأكثر' } }] },
        { id: 'faith', label: { en: 'Which of these describe you?', ar: 'أي مما يلي يصفك؟' }, multi: true,
            values: [{ id: 'islam', label: { en: 'Islam', ar: 'الإسلام' } }, { id: 'other', label: { en: 'Another', ar: 'غير ذلك' } },
                { id: 'none', label: { en: 'None', ar: 'لا شيء منها' } }] },
    ],
};

export async function makeStudy(call, { items = pairs(8), name = 'Which answer would you rather have?', ...settings } = {}) {
    const project = await call('POST', '/api/v1/projects', {
        name,
        language: 'en',
        judgments_per_item: 3,
        task: { kind: 'pairwise' },
        demographics: QUESTIONS_ABOUT_PEOPLE,
        consent: { version: '1', text: { en: 'You compare answers.\n\nYou may stop at any time.', ar: 'تقارن الإجابات.' } },
        ...settings,
    });
    const report = await call('POST', `/api/v1/projects/${project.id}/items`, items.map((one) => JSON.stringify(one)).join('\n') + '\n');
    assert.equal(report.accepted, items.length);
    return {
        id: project.id,
        name,
        async invite(max_uses = 1) {
            return (await call('POST', `/api/v1/projects/${project.id}/invitations`, { max_uses })).code;
        },
        summary: () => call('GET', `/api/v1/projects/${project.id}`),
    };
}

export const demo = (name) => readFile(new URL(`../../demo/${name}`, import.meta.url), 'utf8').then(JSON.parse);

// A community with the demonstration's constitution and one open amendment, proposed by a member of its own.
export async function makeCommunity(call, origin, study) {
    const community = await call('POST', '/api/v1/communities', { name: 'An assembly for tests', visibility: 'public', admission: 'open',
        rule: { electorate: 'until_close' } });
    await call('POST', `/api/v1/communities/${community.id}/constitution`, await demo('constitution.json'));
    const joined = await client(origin)('POST', '/api/v1/join', { code: await study.invite(), consent: { version: '1' } });
    const member = client(origin, joined.token);
    await member('POST', `/api/v1/communities/${community.id}/join`, {});
    const amendment = await member('POST', `/api/v1/communities/${community.id}/amendments`, await demo('amendment.json'));
    return { id: community.id, amendment: amendment.id };
}

// One annotator who answers everything there is, by a rule that has nothing to do with wall time or chance.
export async function judgeAll(origin, code, { seed = 1, simulated, about } = {}) {
    const joined = await client(origin)('POST', '/api/v1/join', {
        code, consent: { version: '1' }, ...(simulated ? { simulated: true } : {}),
    });
    const call = client(origin, joined.token);
    if (about) await call('PUT', '/api/v1/me/demographics', { consent: true, answers: about });
    let n = 0;
    for (;;) {
        const task = await call('POST', `/api/v1/projects/${joined.project_id}/assignments`, {});
        if (task === null) return n;
        const lengths = task.item.responses.map((one) => one.content.length);
        // Even seeds prefer the longer answer, odd ones the shorter, each with one slip in seven.
        const longer = lengths[0] >= lengths[1] ? 'left' : 'right';
        const other = { left: 'right', right: 'left' };
        const taste = seed % 2 === 0 ? longer : other[longer];
        const choice = (n + seed) % 7 === 0 ? other[taste] : taste;
        await call('PUT', `/api/v1/assignments/${task.id}/judgment`, { choice, strength: 1 + ((n + seed) % 3), active_ms: 4000 + n, client: {} });
        n += 1;
    }
}
