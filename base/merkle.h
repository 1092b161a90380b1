// The Merkle tree of RFC 6962 (RFC 9162 section 2.1): hashes of leaves and nodes, the growing right edge, proofs of
// inclusion and of consistency, and their verification. Pure; knows neither where hashes are kept nor what leaves say.
//
// Hashes are kept at "tile levels" (C2SP tlog-tiles): level L, number n is the hash of the complete subtree over leaves
// n * 256^L to (n + 1) * 256^L - 1; level 0 is the leaf hashes. Everything between is computed from these.
#ifndef BASE_MERKLE_H
#define BASE_MERKLE_H

#include "base/base.h"
#include "base/hash.h"

enum { MERKLE_TILE_HEIGHT = 8, MERKLE_TILE_WIDTH = 256, MERKLE_PROOF_MAX = 64 };

void merkle_leaf(const void *data, size_t size, unsigned char out[HASH_BYTES]); // SHA-256(0x00 | data)
void merkle_node(const unsigned char left[HASH_BYTES], const unsigned char right[HASH_BYTES],
    unsigned char out[HASH_BYTES]); // SHA-256(0x01 | left | right)

// The right edge: one hash for each set bit of `size`. Zeroed is the empty tree.
struct merkle_edge {
    uint64_t size;
    unsigned char nodes[MERKLE_PROOF_MAX][HASH_BYTES];
};
// `on_level` (may be NULL) is told of each hash of tile level 1 and above that this leaf has completed.
void merkle_edge_add(struct merkle_edge *edge, const unsigned char leaf_hash[HASH_BYTES],
    void (*on_level)(void *arg, int level, uint64_t n, const unsigned char hash[HASH_BYTES]), void *arg);
void merkle_edge_root(const struct merkle_edge *edge, unsigned char out[HASH_BYTES]);

// Gives `count` (at most 128) hashes of a tile level from number `first` on. Returns 0 or an error, which ends the
// proof. A caller that must first ask a database runs the proof twice: once with a fetch that notes what is asked for
// and answers zeros, and once with what came back; both ask for the same.
typedef int merkle_fetch(void *arg, int level, uint64_t first, size_t count, unsigned char *hashes);

struct merkle_proof {
    int n;
    unsigned char hashes[MERKLE_PROOF_MAX][HASH_BYTES];
};
// PATH(leaf, D[size]); leaf < size.
int merkle_inclusion(
    uint64_t leaf, uint64_t size, merkle_fetch *fetch, void *arg, struct merkle_proof *ret_proof) MUST_CHECK;
// PROOF(old_size, D[size]); 0 < old_size <= size.
int merkle_consistency(uint64_t old_size, uint64_t size, merkle_fetch *fetch, void *arg,
    struct merkle_proof *ret_proof) MUST_CHECK;

// 0 when the proof holds, else ERR_CRYPTO.
int merkle_verify_inclusion(uint64_t leaf, uint64_t size, const unsigned char leaf_hash[HASH_BYTES],
    const struct merkle_proof *proof, const unsigned char root[HASH_BYTES]) MUST_CHECK;
int merkle_verify_consistency(uint64_t old_size, uint64_t size, const unsigned char old_root[HASH_BYTES],
    const unsigned char root[HASH_BYTES], const struct merkle_proof *proof) MUST_CHECK;

#endif
