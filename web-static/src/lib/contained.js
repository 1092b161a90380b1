// Words from elsewhere that stand among others. An isolate (<bdi>, dir="auto", FSI and PDI) ends at a PDI that the words bring along, or
// not at all when they open one of their own: only words that close what they open, and nothing else, stay inside of it (UAX 9, BD9).
const CONTROLS = /[\u001c-\u001e\u0085\u2029\u202a-\u202e\u2066-\u2069]/;
const EMBEDDINGS = '\u202a\u202b\u202d\u202e', ISOLATES = '\u2066\u2067\u2068', PDF = '\u202c', PDI = '\u2069';

export function contained(text) {
    if (!CONTROLS.test(text)) return text;
    const open = []; // what closes each, the outermost first
    const closeAll = () => open.splice(0).reverse().join('');
    let kept = '';
    for (const one of text) {
        if (EMBEDDINGS.includes(one)) {
            open.push(PDF);
            kept += one;
        } else if (ISOLATES.includes(one)) {
            open.push(PDI);
            kept += one;
        } else if (one === PDF) {
            if (open.at(-1) === PDF) kept += open.pop();
        } else if (one === PDI) {
            const from = open.lastIndexOf(PDI);
            if (from >= 0) kept += open.splice(from).reverse().join('');
        } else if (one === '\n') {
            kept += closeAll() + one;
        } else {
            kept += CONTROLS.test(one) ? ' ' : one; // a separator of paragraphs would end what is around
        }
    }
    return kept + closeAll();
}

export const isolated = (text) => `\u2068${contained(text)}\u2069`;
