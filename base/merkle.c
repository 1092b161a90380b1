#include "base/merkle.h"

#include "base/err.h"

#include <string.h>

void merkle_leaf(const void *data, size_t size, unsigned char out[HASH_BYTES])
{
    struct hash_stream *stream = hash_stream_new();
    hash_stream_add(stream, "\x00", 1);
    hash_stream_add(stream, data, size);
    hash_stream_finish(stream, out);
}

void merkle_node(const unsigned char left[HASH_BYTES], const unsigned char right[HASH_BYTES],
    unsigned char out[HASH_BYTES])
{
    unsigned char bytes[1 + 2 * HASH_BYTES] = {1};
    memcpy(bytes + 1, left, HASH_BYTES);
    memcpy(bytes + 1 + HASH_BYTES, right, HASH_BYTES);
    hash_sha256(bytes, sizeof(bytes), out);
}

void merkle_edge_add(struct merkle_edge *edge, const unsigned char leaf_hash[HASH_BYTES],
    void (*on_level)(void *arg, int level, uint64_t n, const unsigned char hash[HASH_BYTES]), void *arg)
{
    unsigned char hash[HASH_BYTES];
    memcpy(hash, leaf_hash, HASH_BYTES);
    int height = 0;
    for (; (edge->size >> height & 1) != 0; height++) {
        merkle_node(edge->nodes[height], hash, hash);
        int complete = height + 1;
        if (on_level != NULL && complete % MERKLE_TILE_HEIGHT == 0)
            on_level(arg, complete / MERKLE_TILE_HEIGHT, edge->size >> complete, hash);
    }
    memcpy(edge->nodes[height], hash, HASH_BYTES);
    edge->size++;
}

void merkle_edge_root(const struct merkle_edge *edge, unsigned char out[HASH_BYTES])
{
    if (edge->size == 0) {
        hash_sha256("", 0, out);
        return;
    }
    bool begun = false;
    for (int height = 0; height < MERKLE_PROOF_MAX; height++) {
        if ((edge->size >> height & 1) == 0)
            continue;
        if (begun)
            merkle_node(edge->nodes[height], out, out);
        else
            memcpy(out, edge->nodes[height], HASH_BYTES);
        begun = true;
    }
}

// --- proofs --------------------------------------------------------------------------------------------------------
// The largest power of two smaller than n (n > 1).
static uint64_t split_of(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

// The hash of the complete subtree of 2^height leaves that begins at `first`.
static int complete_subtree(
    uint64_t first, int height, merkle_fetch *fetch, void *arg, unsigned char out[HASH_BYTES])
{
    unsigned char hashes[MERKLE_TILE_WIDTH / 2][HASH_BYTES];
    int level = height / MERKLE_TILE_HEIGHT;
    size_t count = (size_t)1 << height % MERKLE_TILE_HEIGHT;
    int rc = fetch(arg, level, first >> (level * MERKLE_TILE_HEIGHT), count, hashes[0]);
    if (rc < 0)
        return rc;
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++)
            merkle_node(hashes[2 * i], hashes[2 * i + 1], hashes[i]);
    }
    memcpy(out, hashes[0], HASH_BYTES);
    return 0;
}

// MTH(D[first : first + n]) where `first` is a multiple of a power of two not smaller than n: a run of complete
// subtrees from left to right, joined from the right.
static int subtree(uint64_t first, uint64_t n, merkle_fetch *fetch, void *arg, unsigned char out[HASH_BYTES])
{
    unsigned char parts[MERKLE_PROOF_MAX][HASH_BYTES];
    int n_parts = 0;
    while (n > 0) {
        int height = 63 - __builtin_clzll(n);
        int rc = complete_subtree(first, height, fetch, arg, parts[n_parts++]);
        if (rc < 0)
            return rc;
        first += UINT64_C(1) << height;
        n -= UINT64_C(1) << height;
    }
    assert(n_parts > 0);
    while (n_parts > 1) {
        merkle_node(parts[n_parts - 2], parts[n_parts - 1], parts[n_parts - 2]);
        n_parts--;
    }
    memcpy(out, parts[0], HASH_BYTES);
    return 0;
}

// Both proofs walk down from the root and note the other side; the RFC lists them from the bottom up.
static void reverse(struct merkle_proof *proof)
{
    for (int i = 0, j = proof->n - 1; i < j; i++, j--) {
        unsigned char hash[HASH_BYTES];
        memcpy(hash, proof->hashes[i], HASH_BYTES);
        memcpy(proof->hashes[i], proof->hashes[j], HASH_BYTES);
        memcpy(proof->hashes[j], hash, HASH_BYTES);
    }
}

int merkle_inclusion(
    uint64_t leaf, uint64_t size, merkle_fetch *fetch, void *arg, struct merkle_proof *ret_proof)
{
    assert(leaf < size);
    *ret_proof = (struct merkle_proof){0};
    uint64_t first = 0, n = size;
    while (n > 1) {
        uint64_t split = split_of(n);
        assert(ret_proof->n < MERKLE_PROOF_MAX);
        unsigned char *other = ret_proof->hashes[ret_proof->n++];
        bool left = leaf - first < split;
        int rc = left ? subtree(first + split, n - split, fetch, arg, other)
                      : subtree(first, split, fetch, arg, other);
        if (rc < 0)
            return rc;
        first = left ? first : first + split;
        n = left ? split : n - split;
    }
    reverse(ret_proof);
    return 0;
}

int merkle_consistency(
    uint64_t old_size, uint64_t size, merkle_fetch *fetch, void *arg, struct merkle_proof *ret_proof)
{
    assert(old_size > 0 && old_size <= size);
    *ret_proof = (struct merkle_proof){0};
    uint64_t first = 0, n = size, m = old_size;
    bool whole = true; // the old tree is still the whole of what we are in: its hash is known to the verifier
    while (m < n) {
        uint64_t split = split_of(n);
        assert(ret_proof->n < MERKLE_PROOF_MAX);
        unsigned char *other = ret_proof->hashes[ret_proof->n++];
        bool left = m <= split;
        int rc = left ? subtree(first + split, n - split, fetch, arg, other)
                      : subtree(first, split, fetch, arg, other);
        if (rc < 0)
            return rc;
        if (left) {
            n = split;
        } else {
            first += split;
            n -= split;
            m -= split;
            whole = false;
        }
    }
    if (!whole) {
        assert(ret_proof->n < MERKLE_PROOF_MAX);
        int rc = subtree(first, n, fetch, arg, ret_proof->hashes[ret_proof->n++]);
        if (rc < 0)
            return rc;
    }
    reverse(ret_proof);
    return 0;
}

// --- verification (RFC 9162, sections 2.1.3.2 and 2.1.4.2) -----------------------------------------------------------
int merkle_verify_inclusion(uint64_t leaf, uint64_t size, const unsigned char leaf_hash[HASH_BYTES],
    const struct merkle_proof *proof, const unsigned char root[HASH_BYTES])
{
    if (leaf >= size || proof->n < 0 || proof->n > MERKLE_PROOF_MAX)
        return ERR_CRYPTO;
    uint64_t fn = leaf, sn = size - 1;
    unsigned char hash[HASH_BYTES];
    memcpy(hash, leaf_hash, HASH_BYTES);
    for (int i = 0; i < proof->n; i++) {
        if (sn == 0)
            return ERR_CRYPTO;
        if ((fn & 1) != 0 || fn == sn) {
            merkle_node(proof->hashes[i], hash, hash);
            for (; (fn & 1) == 0 && fn != 0; fn >>= 1, sn >>= 1) {
            }
        } else {
            merkle_node(hash, proof->hashes[i], hash);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && bytes_equal(hash, root, HASH_BYTES) ? 0 : ERR_CRYPTO;
}

int merkle_verify_consistency(uint64_t old_size, uint64_t size, const unsigned char old_root[HASH_BYTES],
    const unsigned char root[HASH_BYTES], const struct merkle_proof *proof)
{
    if (old_size == 0 || old_size > size || proof->n < 0 || proof->n > MERKLE_PROOF_MAX)
        return ERR_CRYPTO;
    if (old_size == size)
        return proof->n == 0 && bytes_equal(old_root, root, HASH_BYTES) ? 0 : ERR_CRYPTO;
    bool power = (old_size & (old_size - 1)) == 0;
    if (!power && proof->n == 0)
        return ERR_CRYPTO;
    const unsigned char *seed = power ? old_root : proof->hashes[0];
    unsigned char fr[HASH_BYTES], sr[HASH_BYTES];
    memcpy(fr, seed, HASH_BYTES);
    memcpy(sr, seed, HASH_BYTES);
    uint64_t fn = old_size - 1, sn = size - 1;
    for (; (fn & 1) != 0; fn >>= 1, sn >>= 1) {
    }
    for (int i = power ? 0 : 1; i < proof->n; i++) {
        const unsigned char *c = proof->hashes[i];
        if (sn == 0)
            return ERR_CRYPTO;
        if ((fn & 1) != 0 || fn == sn) {
            merkle_node(c, fr, fr);
            merkle_node(c, sr, sr);
            for (; (fn & 1) == 0 && fn != 0; fn >>= 1, sn >>= 1) {
            }
        } else {
            merkle_node(sr, c, sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    bool ok = sn == 0 && bytes_equal(fr, old_root, HASH_BYTES) && bytes_equal(sr, root, HASH_BYTES);
    return ok ? 0 : ERR_CRYPTO;
}
