// Real data in the plenum judgments format, for fits without a server.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export const toLines = (objects) => objects.map((object) => JSON.stringify(object)).join('\n') + '\n';
const HEADER = { type: 'header', format: 'plenum', version: 1 };

function parseCsv(text) {
    const rows = [];
    let row = [];
    let field = '';
    let quoted = false;
    for (let i = 0; i < text.length; i++) {
        const c = text[i];
        if (quoted && c === '"' && text[i + 1] === '"') field += text[++i];
        else if (c === '"') quoted = !quoted;
        else if (quoted || !',\r\n'.includes(c)) field += c;
        else if (c === ',') {
            row.push(field);
            field = '';
        } else if (c === '\n') {
            rows.push([...row, field]);
            row = [];
            field = '';
        }
    }
    const [names, ...rest] = rows;
    return rest.map((values) => Object.fromEntries(names.map((name, i) => [name, values[i]])));
}

// 13,036 ratings of 1,500 texts by 262 people: items of one response each, ratings kept as ratings.
export function popquorn(file) {
    const items = new Map();
    const raters = new Map();
    const judgments = parseCsv(readFileSync(file, 'utf8')).map((row, i) => {
        items.set(row.instance_id, { type: 'item', id: row.instance_id, prompt: 'How offensive is this?', responses: [{ content: row.text }] });
        const { gender, race, age, education } = row;
        raters.set(row.user_id, { type: 'rater', id: row.user_id, attributes: { gender, race, age, education } });
        return { type: 'judgment', id: `j${i}`, item: row.instance_id, rater: row.user_id, responses: [0], ratings: { offensiveness: { 0: Number(row.offensiveness) } } };
    });
    return [HEADER, ...items.values(), ...raters.values(), ...judgments];
}

// Numerical Recipes' LCG: the same file on every machine.
function generator(seed) {
    let state = seed >>> 0;
    return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function split(transcript) {
    const at = transcript.lastIndexOf('\n\nAssistant:');
    return [transcript.slice(0, at), transcript.slice(at + 12).trim()];
}

// Simulated annotators of two tastes over real pairs: `counts` of each, `each` pairs dealt from that taste's file.
export function twoTastes(files, counts, each, seed = 1) {
    const random = generator(seed);
    const items = [];
    const raters = [];
    const judgments = [];
    for (const taste of ['helpful', 'harmless']) {
        const pairs = gunzipSync(readFileSync(files[taste])).toString().trim().split('\n').map((line) => JSON.parse(line));
        const chosenFirst = pairs.map(({ chosen, rejected }, i) => {
            const [prompt, good] = split(chosen);
            const bad = split(rejected)[1];
            const first = random() < 0.5;
            items.push({ type: 'item', id: `${taste}-${i}`, prompt, responses: (first ? [good, bad] : [bad, good]).map((content) => ({ content })) });
            return first;
        });
        let deck = [];
        for (let person = 0; person < counts[taste]; person++) {
            const rater = `${taste}-${person}`;
            const seen = new Set();
            raters.push({ type: 'rater', id: rater, simulated: true, attributes: { taste } });
            while (seen.size < each) {
                if (deck.length === 0) {
                    deck = pairs.map((_, i) => i);
                    for (let i = deck.length - 1; i > 0; i--) {
                        const j = Math.floor(random() * (i + 1));
                        [deck[i], deck[j]] = [deck[j], deck[i]];
                    }
                }
                const pair = deck.pop();
                if (seen.has(pair)) continue;
                seen.add(pair);
                judgments.push({ type: 'judgment', id: `j${judgments.length}-${taste}`, item: `${taste}-${pair}`, rater, responses: [0, 1], choice: chosenFirst[pair] ? 'left' : 'right' });
            }
        }
    }
    return [{ ...HEADER, simulated: true }, ...items, ...raters, ...judgments];
}
