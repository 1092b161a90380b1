#include "worker/fit/rankings.h"

#include "base/rng.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ITEMS = 7, SHOWN = 5, MANY = 3000 };

static uint32_t first[MANY + 1], item[MANY * SHOWN], ordered[MANY], annotator[MANY];
static float weight[MANY];

// PrefLib 00004-00000138: 588 people's orders of Mean Girls, Beverly Hills Cop, The Mummy Returns, Mission: Impossible II
// (Mattei and Walsh 2013; from Bennett and Lanning 2007). Number of people, then the order.
static const uint8_t films[][5] = {{68, 2, 1, 4, 3}, {53, 1, 2, 4, 3}, {49, 2, 1, 3, 4}, {44, 1, 2, 3, 4},
    {39, 2, 4, 1, 3}, {37, 3, 2, 1, 4}, {37, 2, 3, 1, 4}, {36, 2, 3, 4, 1}, {31, 3, 2, 4, 1},
    {29, 2, 4, 3, 1}, {22, 1, 3, 2, 4}, {19, 3, 1, 2, 4}, {17, 3, 4, 2, 1}, {17, 4, 2, 3, 1},
    {16, 4, 2, 1, 3}, {14, 1, 4, 2, 3}, {10, 1, 3, 4, 2}, {10, 4, 1, 2, 3}, {9, 4, 3, 1, 2}, {8, 3, 4, 1, 2},
    {8, 1, 4, 3, 2}, {7, 3, 1, 4, 2}, {7, 4, 3, 2, 1}, {1, 4, 1, 3, 2}};

// Worths and deviance as the README of the R package PlackettLuce (Turner et al. 2020) prints them for these orders. Its worths
// have half a win and half a loss of each against a ghost, which the deviance has not.
static void test_films(void **state UNUSED)
{
    static const double worth[] = {0.2306285, 0.4510655, 0.1684719, 0.1498342};
    struct arena *arena = arena_new(SIZE_MAX);
    struct battles_result result;
    struct err err;
    double sum = 0;
    uint32_t n = 0;
    for (; n < ARRAY_SIZE(films); n++) {
        weight[n] = films[n][0];
        first[n + 1] = 4 * (n + 1);
        for (uint32_t k = 0; k < 4; k++)
            item[4 * n + k] = films[n][k + 1] - 1U;
    }
    struct rankings rankings = {.n_items = 4, .n = n, .first = first, .item = item, .weight = weight};
    struct battles_options options = {.ridge = 1e-7};
    assert_int_equal(rankings_fit(&rankings, &options, arena, &result, &err), 0);
    assert_true(fabs(result.log_likelihood + 3493.5 / 2) < 0.05);
    for (uint32_t i = 0; i < 8; i++, n++) {
        weight[n] = 0.5F;
        first[n + 1] = first[n] + 2;
        item[first[n] + i % 2] = i / 2;
        item[first[n] + 1 - i % 2] = 4;
    }
    rankings.n = n;
    rankings.n_items = 5;
    assert_int_equal(rankings_fit(&rankings, &options, arena, &result, &err), 0);
    for (uint32_t i = 0; i < 4; i++)
        sum += exp(result.items[i].score);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(fabs(exp(result.items[i].score) / sum - worth[i]) < 1e-7);
    arena_free(arena);
}

static double score_of(uint32_t i)
{
    return 0.4 * (double)i - 1.2;
}

// Sub-rankings of five of seven items, of which some put only the first two or three in order.
static struct rankings plant(uint32_t n, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t pool[ITEMS];
        for (uint32_t k = 0; k < ITEMS; k++)
            pool[k] = k;
        rng_shuffle(&rng, pool, ITEMS);
        for (uint32_t k = 0; k < SHOWN; k++) { // the greatest of score + Gumbel noise comes first
            uint32_t best = k;
            double most = -INFINITY;
            for (uint32_t j = k; j < SHOWN; j++) {
                double felt = score_of(pool[j]) - log(-log(rng_uniform(&rng) * (1 - 2e-16) + 1e-16));
                if (felt > most) {
                    most = felt;
                    best = j;
                }
            }
            uint32_t kept = pool[k];
            pool[k] = pool[best];
            pool[best] = kept;
            item[i * SHOWN + k] = pool[k];
        }
        first[i + 1] = (i + 1) * SHOWN;
        ordered[i] = i % 3 == 0 ? SHOWN : 2 + i % 2;
        weight[i] = (float)(0.5 + rng_uniform(&rng));
        annotator[i] = i / 10;
    }
    return (struct rankings){.n_items = ITEMS,
        .n = n,
        .n_annotators = (n + 9) / 10,
        .first = first,
        .item = item,
        .n_ordered = ordered,
        .weight = weight,
        .annotator = annotator};
}

// Hunter (2004), "MM algorithms for generalized Bradley-Terry models", Ann. Stat. 32: worth_i = wins_i / sum over the stages
// that show i of 1 / the worths shown. Another way, and it shares nothing with the library.
static void test_mm_agrees(void **state UNUSED)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct battles_result result;
    struct err err;
    struct rankings rankings = plant(800, 4);
    struct battles_options options = {.ridge = 1e-9};
    double worth[ITEMS], mean = 0;
    assert_int_equal(rankings_fit(&rankings, &options, arena, &result, &err), 0);
    for (uint32_t i = 0; i < ITEMS; i++)
        worth[i] = 1;
    for (int step = 0; step < 3000; step++) {
        double wins[ITEMS] = {0}, shown[ITEMS] = {0};
        for (uint32_t i = 0; i < rankings.n; i++) {
            for (uint32_t k = 0; k < ordered[i] && k + 1 < SHOWN; k++) {
                double sum = 0;
                for (uint32_t j = k; j < SHOWN; j++)
                    sum += worth[item[i * SHOWN + j]];
                for (uint32_t j = k; j < SHOWN; j++)
                    shown[item[i * SHOWN + j]] += (double)weight[i] / sum;
                wins[item[i * SHOWN + k]] += (double)weight[i];
            }
        }
        for (uint32_t i = 0; i < ITEMS; i++)
            worth[i] = wins[i] / shown[i];
    }
    for (uint32_t i = 0; i < ITEMS; i++)
        mean += log(worth[i]) / ITEMS;
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_true(fabs(log(worth[i]) - mean - result.items[i].score) < 1e-6);
    arena_free(arena);
}

static void test_gradients(void **state UNUSED)
{
    struct rankings rankings = plant(40, 5);
    double score[ITEMS], gradient[ITEMS], up[ITEMS], down[ITEMS], hessian[ITEMS * ITEMS],
        unused[ITEMS * ITEMS];
    const double h = 1e-5;
    for (uint32_t i = 0; i < ITEMS; i++)
        score[i] = sin(3.0 * i);
    (void)rankings_value(&rankings, 0.2, score, gradient, hessian);
    for (uint32_t i = 0; i < ITEMS; i++) {
        double kept = score[i];
        score[i] = kept + h;
        double above = rankings_value(&rankings, 0.2, score, up, unused);
        score[i] = kept - h;
        double below = rankings_value(&rankings, 0.2, score, down, unused);
        score[i] = kept;
        assert_true(fabs((above - below) / (2 * h) - gradient[i]) < 1e-6 * fmax(1, fabs(gradient[i])));
        for (uint32_t j = 0; j < ITEMS; j++)
            assert_true(fabs((up[j] - down[j]) / (2 * h) - hessian[i * ITEMS + j]) <
                        1e-6 * fmax(1, fabs(hessian[i * ITEMS + j])));
    }
}

// Rankings of two are battles: the same scores and intervals.
static void test_of_two(void **state UNUSED)
{
    struct rankings rankings = plant(600, 6);
    uint32_t left[MANY], right[MANY];
    uint8_t outcome[MANY] = {0};
    struct arena *arena = arena_new(SIZE_MAX);
    struct battles_result one, other;
    struct err err;
    for (uint32_t i = 0; i < rankings.n; i++) {
        left[i] = item[2 * i] = item[i * SHOWN];
        right[i] = item[2 * i + 1] = item[i * SHOWN + 1];
        first[i + 1] = 2 * (i + 1);
    }
    rankings.n_ordered = NULL;
    struct battles battles = {.n_items = ITEMS,
        .n = rankings.n,
        .n_annotators = rankings.n_annotators,
        .left = left,
        .right = right,
        .outcome = outcome,
        .weight = weight,
        .annotator = annotator};
    struct battles_options options = {0};
    assert_int_equal(rankings_fit(&rankings, &options, arena, &one, &err), 0);
    assert_int_equal(battles_fit(&battles, &options, arena, &other, &err), 0);
    for (uint32_t i = 0; i < ITEMS; i++) {
        assert_true(fabs(one.items[i].score - other.items[i].score) < 1e-9);
        assert_true(fabs(one.items[i].low - other.items[i].low) < 1e-9);
        assert_true(fabs(one.items[i].wins - other.items[i].wins) < 1e-9);
    }
    arena_free(arena);
}

static void test_coverage(void **state UNUSED)
{
    double inside = 0;
    for (uint64_t r = 0; r < 150; r++) {
        struct arena *arena = arena_new(SIZE_MAX);
        struct battles_result result;
        struct err err;
        struct rankings rankings = plant(600, 100 + r);
        struct battles_options options = {0};
        assert_int_equal(rankings_fit(&rankings, &options, arena, &result, &err), 0);
        assert_int_equal(result.n_annotators, 60);
        for (uint32_t i = 0; i < ITEMS; i++)
            inside += result.items[i].low <= score_of(i) && score_of(i) <= result.items[i].high;
        arena_free(arena);
    }
    print_message("coverage of Plackett-Luce's sandwich: %.1f %%\n", 100 * inside / (150 * ITEMS));
    assert_true(inside / (150 * ITEMS) > 0.92 && inside / (150 * ITEMS) < 0.98);
}

static void expect_invalid(const struct rankings *rankings, const char *word)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct battles_result result;
    struct battles_options options = {0};
    struct err err;
    assert_int_equal(rankings_fit(rankings, &options, arena, &result, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, word));
    arena_free(arena);
}

static void test_what_is_refused(void **state UNUSED)
{
    struct rankings rankings = plant(20, 7);
    weight[3] = NAN;
    expect_invalid(&rankings, "ranking 3");
    weight[3] = 1;
    item[0] = item[1];
    expect_invalid(&rankings, "twice");
    item[0] = ITEMS;
    expect_invalid(&rankings, "not there");
    rankings = plant(20, 7);
    ordered[2] = SHOWN + 1;
    expect_invalid(&rankings, "ranking 2");
    rankings.n = 0;
    expect_invalid(&rankings, "no rankings");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_films),
        cmocka_unit_test(test_mm_agrees),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_of_two),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_what_is_refused),
    };
    openblas_set_num_threads(1); // as the fit does
    return cmocka_run_group_tests(tests, NULL, NULL);
}
