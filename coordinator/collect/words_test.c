#include "coordinator/collect/words.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

static const unsigned char key[WORDS_KEY_BYTES] = "a key of a study";
static const struct typing untold = {-1, -1};
#define LONG "The first answer is better because it names its sources and says plainly what it does not know"

static struct words read_words(const char *text)
{
    struct words words;
    words_read(&words, text, key, &untold, -1);
    return words;
}

static double share(const struct words *a, const struct words *b)
{
    double both = 0;
    for (size_t i = 0; i < a->n_shingles; i++)
        for (size_t j = 0; j < b->n_shingles; j++)
            both += a->shingles[i] == b->shingles[j];
    return both / ((double)a->n_shingles + (double)b->n_shingles - both);
}

static bool are_compared(const struct words *a, const struct words *b)
{
    for (size_t i = 0; i < WORDS_BANDS; i++)
        if (a->bands[i] == b->bands[i])
            return true;
    return false;
}

static void the_same_words_are_the_same(void **state UNUSED)
{
    struct words one = read_words(LONG),
                 other = read_words("  the FIRST answer, is better: because it names (its sources) "
                                    "and\nsays plainly what it does not know!!");
    assert_int_equal(one.n_shingles, 16); // 18 words
    assert_true(share(&one, &other) == 1);
    assert_memory_equal(one.bands, other.bands, sizeof(one.bands));
    // Another study's key makes other hashes of it.
    words_read(&other, LONG, (const unsigned char *)"another's a keyy", &untold, -1);
    assert_true(share(&one, &other) == 0 && !are_compared(&one, &other));
    // One word of eighteen changed: three shingles of sixteen.
    other = read_words(
        "The first answer is better because it gives its sources and says plainly what it does not know");
    assert_true(fabs(share(&one, &other) - 13.0 / 19) < 1e-12);
}

static void short_texts_are_not_compared_and_long_ones_by_their_beginning(void **state UNUSED)
{
    char text[8 * 2000] = "";
    assert_int_equal(read_words("one two three four five six seven eight nine").n_shingles, 0);
    assert_int_equal(read_words("one two three four five six seven eight nine ten").n_shingles, 8);
    assert_int_equal(read_words("").n_shingles, 0);
    for (int i = 0; i < 2000; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "w%d ", i);
    struct words words = read_words(text);
    assert_int_equal(words.n_shingles, WORDS_SHINGLES_MAX);
    // Of scripts without spaces each character is a word.
    assert_int_equal(read_words("第一个回答更好因为它说明了来源。").n_shingles, 13);
    assert_int_equal(
        read_words("أحمد يقول إن الجواب الأول أفضل لأنه يذكر مصادره بوضوح شديد جدًا").n_shingles, 10);
}

// By the formula, of two that share s: 1 - (1 - s^3)^8. Texts of 100 words, with some of them exchanged at the end.
static void alike_texts_are_found_as_often_as_is_said(void **state UNUSED)
{
    for (int changed = 11; changed <= 34; changed += 23) {
        int found = 0;
        double expected = 0, n = 600;
        for (int trial = 0; trial < (int)n; trial++) {
            char one[4000] = "", other[4000] = "";
            for (int i = 0; i < 100; i++) {
                snprintf(one + strlen(one), 20, "a%d.%d ", trial, i);
                snprintf(other + strlen(other), 20, "%s%d.%d ", i < 100 - changed ? "a" : "b", trial, i);
            }
            struct words a = read_words(one), b = read_words(other);
            double s = share(&a, &b);
            expected += 1 - pow(1 - s * s * s, 8);
            found += are_compared(&a, &b);
        }
        assert_true(fabs(found - expected) < 4 * sqrt(expected * (1 - expected / n)) + 1);
    }
}

static void typed_pasted_and_neither(void **state UNUSED)
{
    static const struct {
        struct typing typing;
        int64_t active_ms;
        bool is_pasted, is_untyped;
    } cases[] = {
        {{95, 0}, 40000, false, false},  // typed
        {{2, 95}, 4000, true, false},    // pasted
        {{60, 40}, 40000, false, false}, // with something quoted
        {{16, 0}, 40000, false, false},  // a word at a time: swiped, or chosen from what was proposed
        {{3, 0}, 40000, false, true},
        {{95, 0}, 3000, false, true}, // too fast
        {{95, 0}, -1, false, false},
    };
    struct words words;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        words_read(&words, LONG, key, &cases[i].typing, cases[i].active_ms);
        assert_true(words.is_told);
        assert_true(words.is_pasted == cases[i].is_pasted && words.is_untyped == cases[i].is_untyped);
    }
    words_read(&words, LONG, key, &untold, 10);
    assert_false(words.is_told || words.is_pasted || words.is_untyped);
    words_read(&words, "The first is better.", key, &cases[1].typing, 10);
    assert_false(words.is_told);
}

static void columns(void **state UNUSED)
{
    const char *column[WORDS_COLUMNS];
    struct arena *arena = arena_new(1 << 20);
    struct words words = read_words("short");
    words_columns(&words, arena, column);
    assert_true(column[0] == NULL && column[2] == NULL && column[3] == NULL);
    words = read_words(LONG);
    words_columns(&words, arena, column);
    assert_null(column[0]);
    assert_true(column[2][0] == '{' && column[3][strlen(column[3]) - 1] == '}');
    words_read(&words, "Forty characters, but not ten words of it.", key, &(struct typing){1, 42}, 10);
    words_columns(&words, arena, column);
    assert_string_equal(column[0], "true");
    assert_string_equal(column[1], "false");
    assert_string_equal(column[3], "{}");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_words_are_the_same),
        cmocka_unit_test(short_texts_are_not_compared_and_long_ones_by_their_beginning),
        cmocka_unit_test(alike_texts_are_found_as_often_as_is_said),
        cmocka_unit_test(typed_pasted_and_neither), cmocka_unit_test(columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
