// How a text came to be there: counts, never what was typed. {keys: changes that are no paste, pasted: characters that came in one
// piece from elsewhere}. `was`: how long the text was before the event.
const PIECES = ['insertFromPaste', 'insertFromPasteAsQuotation', 'insertFromDrop', 'insertFromYank'];

export function countTyping({ keys = 0, pasted = 0 } = {}, { inputType, target }, was) {
    return PIECES.includes(inputType) ? { keys, pasted: pasted + Math.max(0, target.value.length - was) } : { keys: keys + 1, pasted };
}
