// Against the known answers of the Certificate Transparency reference tree, a naive definition for every small size,
// and every single-bit change of a proof.
#include "base/merkle.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *data;
    size_t size;
    const char *root; // of the tree up to this leaf
} known[] = {
    {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

enum { LEAVES = 700 };

// Tile levels of a tree of LEAVES leaves, kept as a log would keep them.
struct store {
    unsigned char level0[LEAVES][HASH_BYTES];
    unsigned char level1[LEAVES / MERKLE_TILE_WIDTH][HASH_BYTES];
    size_t n1;
};

static void keep(void *arg, int level, uint64_t n, const unsigned char hash[HASH_BYTES])
{
    struct store *store = arg;
    assert_int_equal(level, 1);
    assert_int_equal(n, store->n1);
    memcpy(store->level1[store->n1++], hash, HASH_BYTES);
}

static int fetch(void *arg, int level, uint64_t first, size_t count, unsigned char *hashes)
{
    const struct store *store = arg;
    assert_in_range(count, 1, 128);
    assert_in_range(level, 0, 1);
    assert_true(first + count <= (level == 0 ? LEAVES : store->n1));
    const unsigned char *from = level == 0 ? store->level0[first] : store->level1[first];
    memcpy(hashes, from, count * HASH_BYTES);
    return 0;
}

// MTH as RFC 6962 writes it.
static void naive(const struct store *store, size_t first, size_t n, unsigned char out[HASH_BYTES])
{
    if (n == 1) {
        memcpy(out, store->level0[first], HASH_BYTES);
        return;
    }
    size_t split = 1;
    while (split * 2 < n)
        split *= 2;
    unsigned char left[HASH_BYTES], right[HASH_BYTES];
    naive(store, first, split, left);
    naive(store, first + split, n - split, right);
    merkle_node(left, right, out);
}

static int make_store(void **state)
{
    struct store *store = calloc(1, sizeof(*store));
    struct merkle_edge edge = {0};
    for (size_t i = 0; i < LEAVES; i++) {
        merkle_leaf(&i, sizeof(i), store->level0[i]);
        merkle_edge_add(&edge, store->level0[i], keep, store);
    }
    assert_int_equal(store->n1, LEAVES / MERKLE_TILE_WIDTH);
    *state = store;
    return 0;
}

static int free_store(void **state)
{
    free(*state);
    return 0;
}

static void test_known_roots(void **state)
{
    (void)state;
    struct merkle_edge edge = {0};
    unsigned char root[HASH_BYTES], leaf[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    merkle_edge_root(&edge, root);
    hex_encode(root, HASH_BYTES, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        merkle_leaf(known[i].data, known[i].size, leaf);
        merkle_edge_add(&edge, leaf, NULL, NULL);
        merkle_edge_root(&edge, root);
        hex_encode(root, HASH_BYTES, hex);
        assert_string_equal(hex, known[i].root);
    }
}

static void check_known_proof(uint64_t leaf, uint64_t size, const char *const *want, int n)
{
    struct store *store = calloc(1, sizeof(*store));
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        merkle_leaf(known[i].data, known[i].size, store->level0[i]);
    struct merkle_proof proof;
    assert_int_equal(merkle_inclusion(leaf, size, fetch, store, &proof), 0);
    assert_int_equal(proof.n, n);
    for (int i = 0; i < n; i++) {
        char hex[HASH_HEX_BYTES];
        hex_encode(proof.hashes[i], HASH_BYTES, hex);
        assert_string_equal(hex, want[i]);
    }
    free(store);
}

static void test_known_proofs(void **state)
{
    (void)state;
    check_known_proof(0, 1, NULL, 0);
    check_known_proof(0, 8,
        (const char *const[]){"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"},
        3);
    check_known_proof(5, 8,
        (const char *const[]){"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        3);
    check_known_proof(
        2, 3, (const char *const[]){"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}, 1);
    check_known_proof(1, 5,
        (const char *const[]){"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"},
        3);
}

static void test_inclusion_everywhere(void **state)
{
    struct store *store = *state;
    static const uint64_t sizes[] = {1, 2, 3, 7, 8, 9, 64, 255, 256, 257, 300, 511, 512, 513, LEAVES};
    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
        unsigned char root[HASH_BYTES];
        naive(store, 0, sizes[s], root);
        for (uint64_t leaf = 0; leaf < sizes[s]; leaf++) {
            struct merkle_proof proof;
            assert_int_equal(merkle_inclusion(leaf, sizes[s], fetch, store, &proof), 0);
            assert_int_equal(merkle_verify_inclusion(leaf, sizes[s], store->level0[leaf], &proof, root), 0);
            if (leaf % 17 != 0)
                continue;
            // Another place, another leaf, a hash changed, one too few or too many: refused.
            assert_int_equal(
                merkle_verify_inclusion(leaf, sizes[s], store->level0[(leaf + 1) % LEAVES], &proof, root),
                ERR_CRYPTO);
            assert_int_equal(
                merkle_verify_inclusion(sizes[s], sizes[s], store->level0[leaf], &proof, root), ERR_CRYPTO);
            for (int i = 0; i < proof.n; i++) {
                proof.hashes[i][leaf % HASH_BYTES] ^= 1;
                assert_int_equal(
                    merkle_verify_inclusion(leaf, sizes[s], store->level0[leaf], &proof, root), ERR_CRYPTO);
                proof.hashes[i][leaf % HASH_BYTES] ^= 1;
            }
            proof.n++;
            assert_int_equal(
                merkle_verify_inclusion(leaf, sizes[s], store->level0[leaf], &proof, root), ERR_CRYPTO);
            proof.n -= 2;
            assert_int_equal(
                merkle_verify_inclusion(leaf, sizes[s], store->level0[leaf], &proof, root), ERR_CRYPTO);
        }
    }
}

static void test_consistency_everywhere(void **state)
{
    struct store *store = *state;
    for (uint64_t size = 1; size <= LEAVES; size += size < 20 ? 1 : 37) {
        unsigned char root[HASH_BYTES], old_root[HASH_BYTES];
        naive(store, 0, size, root);
        for (uint64_t old = 1; old <= size; old += old < 40 ? 1 : 23) {
            struct merkle_proof proof;
            naive(store, 0, old, old_root);
            assert_int_equal(merkle_consistency(old, size, fetch, store, &proof), 0);
            assert_int_equal(merkle_verify_consistency(old, size, old_root, root, &proof), 0);
            old_root[3] ^= 4;
            assert_int_equal(merkle_verify_consistency(old, size, old_root, root, &proof), ERR_CRYPTO);
            old_root[3] ^= 4;
            for (int i = 0; i < proof.n; i++) {
                proof.hashes[i][5] ^= 2;
                assert_int_equal(merkle_verify_consistency(old, size, old_root, root, &proof), ERR_CRYPTO);
                proof.hashes[i][5] ^= 2;
            }
        }
    }
}

static int refuse(void *arg, int level, uint64_t first, size_t count, unsigned char *hashes)
{
    (void)arg, (void)level, (void)first, (void)count, (void)hashes;
    return ERR_IO;
}

static void test_fetch_error(void **state)
{
    (void)state;
    struct merkle_proof proof;
    assert_int_equal(merkle_inclusion(3, 9, refuse, NULL, &proof), ERR_IO);
    assert_int_equal(merkle_consistency(3, 9, refuse, NULL, &proof), ERR_IO);
    assert_int_equal(merkle_consistency(9, 9, refuse, NULL, &proof), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_roots),
        cmocka_unit_test(test_known_proofs),
        cmocka_unit_test_setup_teardown(test_inclusion_everywhere, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_consistency_everywhere, make_store, free_store),
        cmocka_unit_test(test_fetch_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
