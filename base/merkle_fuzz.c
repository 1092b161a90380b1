// Proofs of inclusion and consistency. A byte chooses: any proof for any sizes; or a tree of the input's bytes as leaves,
// whose proofs must hold, and must not when a bit of them or of what they prove has changed.
#include "base/fuzz_test.h"

#include "base/err.h"
#include "base/merkle.h"

enum { LEAVES_MAX = 300 };

struct tree {
    uint64_t size;
    unsigned char leaves[LEAVES_MAX][HASH_BYTES];
    unsigned char level_1[HASH_BYTES]; // of the first 256
};

static void keep_level(void *arg, int level, uint64_t n, const unsigned char hash[HASH_BYTES])
{
    struct tree *tree = arg;
    assert(level == 1 && n == 0);
    memcpy(tree->level_1, hash, HASH_BYTES);
}

static int fetch(void *arg, int level, uint64_t first, size_t count, unsigned char *hashes)
{
    const struct tree *tree = arg;
    assert(count <= 128 && (level == 0 ? first + count <= tree->size : level == 1 && first + count <= 1));
    memcpy(hashes, level == 0 ? tree->leaves[first] : tree->level_1, count * HASH_BYTES);
    return 0;
}

static uint64_t take_u64(struct fuzz *fuzz)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | fuzz_byte(fuzz);
    return value >> (fuzz_byte(fuzz) & 63);
}

static void try_any(struct fuzz *fuzz)
{
    uint64_t a = take_u64(fuzz), b = take_u64(fuzz);
    unsigned char one[HASH_BYTES] = {1}, other[HASH_BYTES] = {2};
    struct merkle_proof *proof = calloc(1, sizeof(*proof));
    if (proof == NULL)
        abort();
    proof->n = fuzz_byte(fuzz) % (MERKLE_PROOF_MAX + 1);
    memcpy(proof->hashes, fuzz->at, min_size(fuzz->left, sizeof(proof->hashes)));
    assert(merkle_verify_inclusion(a, b, one, proof, other) != 0);
    assert(merkle_verify_consistency(a, b, one, other, proof) != 0);
    free(proof);
}

static void try_own(struct fuzz *fuzz)
{
    static struct tree tree;
    struct merkle_edge edge = {0}, old = {0};
    struct merkle_proof proof;
    unsigned char root[HASH_BYTES], old_root[HASH_BYTES], leaf[HASH_BYTES];
    uint64_t spoil = take_u64(fuzz), pick = take_u64(fuzz), earlier = take_u64(fuzz);
    tree.size = min_size(fuzz->left, LEAVES_MAX);
    if (tree.size == 0)
        return;
    pick %= tree.size;
    earlier = 1 + earlier % tree.size;
    for (uint64_t i = 0; i < tree.size; i++) {
        merkle_leaf(fuzz->at + i, 1, tree.leaves[i]);
        merkle_edge_add(&edge, tree.leaves[i], keep_level, &tree);
        if (i + 1 == earlier)
            old = edge;
    }
    merkle_edge_root(&edge, root);
    merkle_edge_root(&old, old_root);
    memcpy(leaf, tree.leaves[pick], HASH_BYTES);
    assert(merkle_inclusion(pick, tree.size, fetch, &tree, &proof) == 0);
    assert(merkle_verify_inclusion(pick, tree.size, leaf, &proof, root) == 0);
    leaf[spoil % HASH_BYTES] ^= 1;
    assert(merkle_verify_inclusion(pick, tree.size, leaf, &proof, root) != 0);
    assert(merkle_consistency(earlier, tree.size, fetch, &tree, &proof) == 0);
    assert(merkle_verify_consistency(earlier, tree.size, old_root, root, &proof) == 0);
    if (proof.n > 0) {
        proof.hashes[spoil % (uint64_t)proof.n][spoil % HASH_BYTES] ^= 1;
        assert(merkle_verify_consistency(earlier, tree.size, old_root, root, &proof) != 0);
    }
    root[spoil % HASH_BYTES] ^= 1;
    assert(merkle_verify_consistency(earlier, tree.size, old_root, root, &proof) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    if ((fuzz_byte(&fuzz) & 1) != 0)
        try_own(&fuzz);
    else
        try_any(&fuzz);
    return 0;
}
