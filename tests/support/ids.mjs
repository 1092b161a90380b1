// The uuid, in hex, of a wire id: base32 of 8 bytes of shard key and 16 of uuid.
export function uuidOf(id) {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
    let bits = 0n;
    for (const c of id) bits = (bits << 5n) | BigInt(alphabet.indexOf(c));
    bits >>= 3n; // 39 digits hold 195 bits, 192 are used
    return (bits & ((1n << 128n) - 1n)).toString(16).padStart(32, '0');
}

// The wire id of a uuid in a shard.
export function idOf(shard, uuid) {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
    let bits = ((BigInt(shard) << 128n) | BigInt(`0x${uuid.replaceAll('-', '')}`)) << 3n;
    let text = '';
    for (let i = 0; i < 39; i++, bits >>= 5n) text = alphabet[Number(bits & 31n)] + text;
    return text;
}
