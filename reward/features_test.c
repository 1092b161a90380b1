#include "reward/features.h"

#include "base/hash.h"
#include "base/rng.h"
#include "reward/style.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include <cmocka.h>

// From an implementation in another language, written from the description in features.h: number of features, first
// index, and SHA-256 of the (index, value) pairs as little-endian u32 and float32.
// clang-format off
static const struct {
    const char *text;
    uint32_t n, first;
    const char *hash;
} golden[] = {
    {"The quick brown fox", 43, 9624, "16e7844bb3fde22f8d2cf9e47a2a1faf57a5e999a3b31b7cbe8bec66cbbbd842"},
    {"Stra\303\237e STRASSE stra\303\237e \357\254\201ne \342\221\240", 34, 8715, "0f7694615158377d8cccdcdd9947c2325d20a727016db61597fc4857bacb3593"},
    {"\331\207\331\204 \331\212\330\254\331\210\330\262 \331\204\331\204\330\265\330\247\330\246\331\205 \330\243\331\206 \331\212\331\205\330\247\330\261\330\263 \330\247\331\204\330\261\331\212\330\247\330\266\330\251 \331\201\331\212 \330\261\331\205\330\266\330\247\331\206\330\237", 93, 1345, "55a2adf7202436911a193afd1133131e02e05e29cbea4f5de419239bb25d4671"},
    {"\357\267\272 \331\203\331\220\330\252\331\216\330\247\330\250\331\214 \331\200\331\200\331\200 \331\204\330\247 \330\245\331\204\331\207", 80, 7029, "c43e627963e06e4a1a63dcc7d3802c1d1babbab1a3670e9c5f45a14d5dbf72c1"},
    {"M\304\201ori birthing: whenua ki te whenua, m\305\215 ng\304\201 m\304\201tua.", 102, 6585, "4173c017814780ca9f4a9c4bf10815da627066d9789baafbd325123decd8ccda"},
    {"\346\202\262\343\201\227\343\201\277 \343\201\257 \345\211\265\344\275\234 \343\201\253 \343\201\252\343\202\213\343\200\202", 26, 785, "7a0924988e1518ecf68feb264952b0e6c4a6dad8a265e749a3b78255fac226fa"},
    {"a", 2, 55536, "acb0e328dad101dc79111f9ee511234f9d523dbd7825ef4c752ccb8ffe5d4945"},
    {"It's 3.14 \342\200\224 don't_stop! don't_stop! \360\237\221\251\342\200\215\360\237\221\251\342\200\215\360\237\221\247 x", 70, 5121, "ad19e0c785c3bbb3de5eb9627ec50616544d89da148d556586f8d5831fb68a4f"},
};
// clang-format on

static void pairs_hash(const struct features_sparse *features, char hex[HASH_HEX_BYTES])
{
    struct hash_stream *stream = hash_stream_new();
    unsigned char hash[HASH_BYTES];
    for (uint32_t i = 0; i < features->n; i++) {
        hash_stream_add(stream, &features->index[i], 4);
        hash_stream_add(stream, &features->value[i], 4);
    }
    hash_stream_finish(stream, hash);
    hex_encode(hash, sizeof(hash), hex);
}

static void golden_vectors(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
        struct arena *arena = arena_new(1 << 24);
        struct features_sparse features;
        char hex[HASH_HEX_BYTES];
        features_text(golden[i].text, strlen(golden[i].text), FEATURES_NGRAMS, arena, &features);
        pairs_hash(&features, hex);
        assert_int_equal(features.n, golden[i].n);
        assert_int_equal(features.index[0], golden[i].first);
        assert_string_equal(hex, golden[i].hash);
        arena_free(arena);
    }
}

static void check_well_formed(const struct features_sparse *features)
{
    double squares = 0;
    for (uint32_t i = 0; i < features->n; i++) {
        assert_true(features->index[i] < FEATURES_DIMENSIONS);
        assert_true(i == 0 || features->index[i] > features->index[i - 1]);
        assert_true(isfinite(features->value[i]) && features->value[i] != 0);
        squares += (double)features->value[i] * features->value[i];
    }
    assert_true(features->n == 0 || fabs(squares - 1) < 1e-5);
}

static void equal_texts_in_other_forms_are_equal(void **state UNUSED)
{
    // Composed and decomposed, upper and lower case, full width, an extra space, a soft hyphen.
    static const char *const same[][2] = {{"caf\303\251", "CAFE\314\201"}, {"\357\274\241\357\274\242", "ab"},
        {"a  b\n", " a b"}, {"co\302\255op", "coop"}};
    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        struct arena *arena = arena_new(1 << 24);
        struct features_sparse a, b;
        char hex_a[HASH_HEX_BYTES], hex_b[HASH_HEX_BYTES];
        features_text(same[i][0], strlen(same[i][0]), FEATURES_NGRAMS, arena, &a);
        features_text(same[i][1], strlen(same[i][1]), FEATURES_NGRAMS, arena, &b);
        pairs_hash(&a, hex_a);
        pairs_hash(&b, hex_b);
        assert_string_equal(hex_a, hex_b);
        arena_free(arena);
    }
}

static void empty_texts_are_the_zero_vector(void **state UNUSED)
{
    static const char *const empty[] = {"", " ", "\n\t", "\302\255", "\377\376"};
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        struct arena *arena = arena_new(1 << 24);
        struct features_sparse features;
        features_text(empty[i], strlen(empty[i]), FEATURES_NGRAMS, arena, &features);
        assert_int_equal(features.n, 0);
        arena_free(arena);
    }
}

static void any_bytes_are_accepted(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 7);
    for (size_t round = 0; round < 300; round++) {
        unsigned char bytes[500];
        size_t length = (size_t)rng_below(&rng, sizeof(bytes));
        for (size_t i = 0; i < length; i++)
            bytes[i] = (unsigned char)(round % 2 == 0 ? rng_u64(&rng) : 0x80 + rng_below(&rng, 0x78));
        struct arena *arena = arena_new(1 << 24);
        struct features_sparse features;
        features_text((const char *)bytes, length, FEATURES_NGRAMS, arena, &features);
        check_well_formed(&features);
        arena_free(arena);
    }
}

static void long_texts_are_read_to_the_limit(void **state UNUSED)
{
    size_t length = 4 * (size_t)FEATURES_TEXT_MAX_BYTES;
    char *text = malloc(length);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++)
        text[i] = i % 7 == 6 ? ' ' : (char)('a' + (i * i) % 23);
    struct arena *arena = arena_new(1 << 26);
    struct features_sparse all, cut;
    char hex_all[HASH_HEX_BYTES], hex_cut[HASH_HEX_BYTES];
    features_text(text, length, FEATURES_NGRAMS, arena, &all);
    features_text(text, FEATURES_TEXT_MAX_BYTES, FEATURES_NGRAMS, arena, &cut);
    pairs_hash(&all, hex_all);
    pairs_hash(&cut, hex_cut);
    assert_string_equal(hex_all, hex_cut);
    check_well_formed(&all);
    // The worst expansion there is: one code point of three bytes becomes eighteen.
    for (size_t i = 0; i + 2 < length; i += 3)
        memcpy(text + i, "\357\267\272", 3);
    features_text(text, length, FEATURES_NGRAMS, arena, &all);
    check_well_formed(&all);
    arena_free(arena);
    free(text);
}

static void embeddings_pass_through(void **state UNUSED)
{
    const float in[] = {3, 0, -4}, bad[] = {1, NAN, 0}, zero[] = {0, 0, 0};
    float out[3];
    assert_true(features_embedding(in, 3, false, out));
    assert_memory_equal(in, out, sizeof(in));
    assert_true(features_embedding(in, 3, true, out));
    assert_true(fabsf(out[0] - 0.6F) < 1e-6F && fabsf(out[2] + 0.8F) < 1e-6F);
    assert_true(features_embedding(zero, 3, true, out));
    assert_true(out[0] == 0);
    assert_false(features_embedding(bad, 3, false, out));
}

// Folding runs of other than ASCII by themselves gives what folding the whole gives.
static void runs_fold_as_the_whole_does(void **state UNUSED)
{
    static const char *const pieces[] = {"a", "e", "E", " ", "\n", "\314\201", "\314\247", "\341\204\200",
        "\341\205\241", "\341\206\250", "\342\200\231", "\303\211", "\357\254\201", "\357\267\272",
        "\302\255", "\315\205", "\316\243", "\340\244\225\340\244\274", "\360\237\221\251", "\342\200\215",
        "x1", "\316\220"};
    struct rng rng;
    rng_seed(&rng, 3);
    for (size_t round = 0; round < 2000; round++) {
        char text[600] = "";
        size_t n = 1 + (size_t)rng_below(&rng, 12), used = 0;
        for (size_t i = 0; i < n; i++)
            used += (size_t)snprintf(
                text + used, sizeof(text) - used, "%s", pieces[rng_below(&rng, ARRAY_SIZE(pieces))]);
        utf8proc_uint8_t *folded = NULL;
        assert_true(utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strlen(text), &folded,
                        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                            UTF8PROC_IGNORE) >= 0);
        struct arena *arena = arena_new(1 << 24);
        struct features_sparse a, b;
        char hex_a[HASH_HEX_BYTES], hex_b[HASH_HEX_BYTES];
        features_text(text, strlen(text), FEATURES_NGRAMS, arena, &a);
        features_text((const char *)folded, strlen((const char *)folded), FEATURES_NGRAMS, arena, &b);
        pairs_hash(&a, hex_a);
        pairs_hash(&b, hex_b);
        assert_string_equal(hex_a, hex_b);
        arena_free(arena);
        free(folded);
    }
}

static void style_of(const char *text, float style[FEATURES_STYLES])
{
    struct arena *arena = arena_new(1 << 24);
    struct features_sparse plain, styled;
    features_text(text, strlen(text), FEATURES_NGRAMS, arena, &plain);
    features_text(text, strlen(text), FEATURES_NGRAMS_STYLE, arena, &styled);
    assert_true(styled.n >= plain.n);
    assert_memory_equal(plain.index, styled.index, plain.n * sizeof(*plain.index));
    assert_memory_equal(plain.value, styled.value, plain.n * sizeof(*plain.value));
    memset(style, 0, FEATURES_STYLES * sizeof(*style));
    for (uint32_t i = plain.n; i < styled.n; i++) {
        assert_true(styled.index[i] >= FEATURES_DIMENSIONS && styled.index[i] < FEATURES_DIMENSIONS_MAX);
        assert_true(styled.value[i] > 0 && styled.value[i] <= 0.5F);
        style[styled.index[i] - FEATURES_DIMENSIONS] = styled.value[i];
    }
    arena_free(arena);
}

static void about(float a, double b)
{
    if (!(fabs(a - b) < 1e-6))
        fail_msg("%g is not %g", (double)a, b);
}

// Version 2 is version 1 and the style behind it, each feature counted by hand.
static void style_is_declared(void **state UNUSED)
{
    float style[FEATURES_STYLES];
    style_of("Two words", style);
    about(style[STYLE_LENGTH], 0.5 * log(3) / log(16385));
    about(style[STYLE_LISTS] + style[STYLE_CODE] + style[STYLE_REFUSALS] + style[STYLE_HEDGES], 0);
    style_of("Steps:\n\n1. one\n 2) two\n- three\n\342\200\242 four\n3.5 is no item\n-nor this\n", style);
    about(style[STYLE_LISTS], 0.5 * 4 / 7);
    style_of("Look:\n```c\n- x;\n\n```\nDone", style);
    about(style[STYLE_CODE], 0.5 * 3 / 5);
    about(style[STYLE_LISTS], 0);
    style_of("I CAN\342\200\231T help with that. I'm sorry, but I can't assist.",
        style); // 2 and 4 words' "i can t assist"
    about(style[STYLE_REFUSALS], 0.5 * 3 / 4);
    style_of("Perhaps it is so; I think it might be. Mighty mayors one two three four five six seven eight",
        style);
    about(style[STYLE_HEDGES], 0.5); // three of nineteen words, over a tenth
    style_of(
        "perhaps a b c d e f g h i j k l m n o p q r s t u v w x y z ab cd ef gh ij kl mn op qr st uv wx",
        style);
    about(style[STYLE_HEDGES], 0.5 * 10 / 39);
    style_of("", style);
    for (size_t i = 0; i < FEATURES_STYLES; i++)
        about(style[i], 0);
}

static void versions_have_names(void **state UNUSED)
{
    enum features_version version;
    for (int i = FEATURES_NGRAMS; i <= FEATURES_NGRAMS_STYLE; i++) {
        assert_true(features_version_parse(features_version_name((enum features_version)i), &version));
        assert_int_equal(version, i);
    }
    assert_false(features_version_parse("hashed-ngrams-9", &version));
    assert_int_equal(
        features_dimensions(FEATURES_NGRAMS_STYLE) - features_dimensions(FEATURES_NGRAMS), STYLES);
    assert_string_equal(style_name(STYLE_HEDGES), "hedges");
}

// Every place that a text fills has an n-gram of that text, and no other place has.
static void places_have_their_ngrams(void **state UNUSED)
{
    static const char *const texts[] = {
        "I can't say: no, no!", "\330\247\331\204\330\263\331\204\330\247\331\205 a b", "x", ""};
    for (size_t t = 0; t < ARRAY_SIZE(texts); t++) {
        struct arena *arena = arena_new(1 << 24);
        struct features_sparse features;
        features_text(texts[t], strlen(texts[t]), FEATURES_NGRAMS, arena, &features);
        struct features_gram *grams = arena_calloc(arena, features.n + 1, sizeof(*grams));
        features_grams(texts[t], strlen(texts[t]), features.index, features.n, arena, grams);
        for (uint32_t i = 0; i < features.n; i++)
            assert_non_null(grams[i].text);
        static const uint32_t elsewhere[] = {1, 2, 3};
        struct features_gram none[ARRAY_SIZE(elsewhere)];
        features_grams("", 0, elsewhere, ARRAY_SIZE(elsewhere), arena, none);
        assert_null(none[0].text);
        arena_free(arena);
    }
    // A text of one word: the word itself, and its characters with the spaces around it.
    struct arena *arena = arena_new(1 << 20);
    struct features_sparse features;
    features_text("Yes", 3, FEATURES_NGRAMS, arena, &features);
    struct features_gram grams[16];
    features_grams("Yes", 3, features.index, features.n, arena, grams);
    size_t n_words = 0, n_padded = 0;
    for (uint32_t i = 0; i < features.n; i++) {
        n_words += grams[i].is_word && strcmp(grams[i].text, "yes") == 0;
        n_padded += !grams[i].is_word && strcmp(grams[i].text, " yes ") == 0;
    }
    assert_int_equal(n_words, 1);
    assert_int_equal(n_padded, 1);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_vectors),
        cmocka_unit_test(equal_texts_in_other_forms_are_equal),
        cmocka_unit_test(empty_texts_are_the_zero_vector),
        cmocka_unit_test(any_bytes_are_accepted),
        cmocka_unit_test(long_texts_are_read_to_the_limit),
        cmocka_unit_test(runs_fold_as_the_whole_does),
        cmocka_unit_test(style_is_declared),
        cmocka_unit_test(versions_have_names),
        cmocka_unit_test(embeddings_pass_through),
        cmocka_unit_test(places_have_their_ngrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
