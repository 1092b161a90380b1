#include "worker/fit/battles.h"

#include "base/rng.h"
#include "worker/fit/battles_sort.h"
#include "worker/fit/fit.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MANY = 20000, STYLES = 2 };

static uint32_t left[MANY], right[MANY], annotator[MANY];
static uint8_t outcome[MANY];
static float weight[MANY], style_left[MANY * STYLES], style_right[MANY * STYLES];
static uint32_t n_battles;

static void add(uint32_t a, uint32_t b, uint8_t result)
{
    assert_true(n_battles < MANY);
    left[n_battles] = a;
    right[n_battles] = b;
    outcome[n_battles] = result;
    weight[n_battles] = 1;
    annotator[n_battles] = n_battles;
    n_battles++;
}

static void add_many(uint32_t a, uint32_t b, uint8_t result, int n)
{
    for (int i = 0; i < n; i++)
        add(a, b, result);
}

static struct battles all(uint32_t n_items)
{
    return (struct battles){
        .n_items = n_items, .n = n_battles, .left = left, .right = right, .outcome = outcome};
}

static int fit(const struct battles *battles, const struct battles_options *options, struct arena **ret_arena,
    struct battles_result *result, struct err *err)
{
    *ret_arena = arena_new(SIZE_MAX);
    return battles_fit(battles, options, *ret_arena, result, err);
}

// ---------------------------------------------------------------- published examples
enum { MILWAUKEE, DETROIT, TORONTO, NEW_YORK, BOSTON, CLEVELAND, BALTIMORE, TEAMS };

// American League, 1987 (Agresti, Categorical Data Analysis, 2nd ed., p. 438): wins and losses at home of each against each.
static const uint8_t baseball[TEAMS][TEAMS][2] = {
    {{0, 0}, {4, 3}, {4, 2}, {4, 3}, {6, 1}, {4, 2}, {6, 0}},
    {{3, 3}, {0, 0}, {4, 2}, {4, 3}, {6, 0}, {6, 1}, {4, 3}},
    {{2, 5}, {4, 3}, {0, 0}, {2, 4}, {4, 3}, {4, 2}, {6, 0}},
    {{3, 3}, {5, 1}, {2, 5}, {0, 0}, {4, 3}, {4, 2}, {6, 1}},
    {{5, 1}, {2, 5}, {3, 3}, {4, 2}, {0, 0}, {5, 2}, {6, 0}},
    {{2, 5}, {3, 3}, {3, 4}, {4, 3}, {4, 2}, {0, 0}, {2, 4}},
    {{2, 5}, {1, 5}, {1, 6}, {2, 4}, {1, 6}, {3, 4}, {0, 0}},
};

static void play_baseball(void)
{
    n_battles = 0;
    for (uint32_t home = 0; home < TEAMS; home++) {
        for (uint32_t away = 0; away < TEAMS; away++) {
            add_many(home, away, FIT_LEFT, baseball[home][away][0]);
            add_many(home, away, FIT_RIGHT, baseball[home][away][1]);
        }
    }
    for (uint32_t i = 0; i < n_battles; i++) {
        style_left[i] = 1;
        style_right[i] = 0;
    }
}

// Turner and Firth (2012), "Bradley-Terry Models in R: The BradleyTerry2 Package", J. Stat. Softw. 48(9), section on the
// baseball data: abilities over Baltimore without and with the advantage of playing at home.
static void test_baseball(void **state UNUSED)
{
    static const double abilities[] = {1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0};
    static const double with_home[] = {1.6196, 1.4754, 1.3271, 1.2813, 1.1438, 0.7047, 0};
    struct arena *arena;
    struct battles_result result;
    struct err err;
    play_baseball();
    struct battles battles = all(TEAMS);
    struct battles_options options = {.ridge = 1e-7, .interval = BATTLES_FISHER};
    assert_int_equal(n_battles, 273);
    assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
    for (uint32_t i = 0; i < TEAMS; i++)
        assert_true(fabs(result.items[i].score - result.items[BALTIMORE].score - abilities[i]) < 5.1e-5);
    arena_free(arena);

    battles.n_styles = 1;
    battles.style_left = style_left;
    battles.style_right = style_right;
    assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
    for (uint32_t i = 0; i < TEAMS; i++)
        assert_true(fabs(result.items[i].score - result.items[BALTIMORE].score - with_home[i]) < 5.1e-5);
    assert_true(fabs(result.style[0] - 0.3023) < 5.1e-5);
    arena_free(arena);
}

// Davidson (1970), table 1: six brands of chocolate pudding; i, j, preferred i, preferred j, no preference.
static const uint8_t pudding[][5] = {{0, 1, 19, 22, 16}, {0, 2, 16, 19, 12}, {1, 2, 19, 19, 10},
    {0, 3, 18, 23, 13}, {1, 3, 23, 19, 9}, {2, 3, 19, 20, 15}, {0, 4, 13, 19, 18}, {1, 4, 16, 20, 12},
    {2, 4, 16, 15, 17}, {3, 4, 17, 14, 16}, {0, 5, 18, 21, 12}, {1, 5, 22, 20, 12}, {2, 5, 13, 18, 10},
    {3, 5, 14, 19, 18}, {4, 5, 11, 21, 12}};

static void taste_pudding(void)
{
    n_battles = 0;
    for (size_t i = 0; i < ARRAY_SIZE(pudding); i++) {
        add_many(pudding[i][0], pudding[i][1], FIT_LEFT, pudding[i][2]);
        add_many(pudding[i][0], pudding[i][1], FIT_RIGHT, pudding[i][3]);
        add_many(pudding[i][1], pudding[i][0], FIT_TIE, pudding[i][4]);
    }
}

// Worths and nu as Davidson's iteration left them, as Turner et al. (2020), "Modelling rankings in R", Comput. Stat. 35, print
// them after the same seven steps; the maximum itself is within a thousandth.
static void test_pudding(void **state UNUSED)
{
    static const double worth[] = {0.1388005, 0.1729985, 0.1617420, 0.1653930, 0.1586805, 0.2023855};
    struct arena *arena;
    struct battles_result result;
    struct err err;
    double sum = 0;
    taste_pudding();
    struct battles battles = all(6);
    struct battles_options options = {.davidson = true, .ridge = 1e-7};
    assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
    for (uint32_t i = 0; i < 6; i++)
        sum += exp(result.items[i].score);
    for (uint32_t i = 0; i < 6; i++)
        assert_true(fabs(exp(result.items[i].score) / sum - worth[i]) < 1e-3);
    assert_true(result.has_nu && fabs(result.nu - 0.7468147) < 1e-3);
    assert_int_equal(result.items[5].ties, 12 + 12 + 10 + 18 + 12);
    arena_free(arena);

    // Their standard errors, with the mean as reference.
    static const double errors[] = {0.121949, 0.121818, 0.126823, 0.122003, 0.127054, 0.126594};
    options.interval = BATTLES_FISHER;
    assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
    for (uint32_t i = 0; i < 6; i++)
        assert_true(fabs(result.items[i].standard_error - errors[i]) < 2e-4);
    assert_true(fabs(result.log_likelihood + 1619.4 / 2) < 0.05);
    arena_free(arena);
}

// ---------------------------------------------------------------- planted battles
static double normal_score[64];

struct plan {
    uint32_t n_items, n, n_annotators;
    double spread, taste, tie; // of scores; of an annotator's own departures from them; nu
    double beta[STYLES];
    uint64_t seed;
};

static void plant(const struct plan *plan)
{
    struct rng rng;
    double own[64], mean = 0;
    uint32_t each = plan->n / plan->n_annotators;
    rng_seed(&rng, 77);
    for (uint32_t i = 0; i < plan->n_items; i++)
        mean += (normal_score[i] = plan->spread * rng_normal(&rng)) / plan->n_items;
    for (uint32_t i = 0; i < plan->n_items; i++)
        normal_score[i] -= mean;
    rng_seed(&rng, plan->seed);
    n_battles = 0;
    for (uint32_t i = 0; i < plan->n; i++) {
        for (uint32_t m = 0; m < plan->n_items && i % each == 0; m++)
            own[m] = normal_score[m] + plan->taste * rng_normal(&rng);
        uint32_t a = (uint32_t)rng_below(&rng, plan->n_items),
                 b = (uint32_t)rng_below(&rng, plan->n_items - 1);
        b += b >= a;
        double z = own[a] - own[b];
        for (uint32_t c = 0; c < STYLES; c++) {
            float x = (float)rng_below(&rng, 100), y = (float)rng_below(&rng, 100);
            style_left[i * STYLES + c] = x;
            style_right[i * STYLES + c] = y;
            z += plan->beta[c] * (double)((x - y) / (x + y + 1));
        }
        double wins = exp(z / 2), losses = exp(-z / 2), at = rng_uniform(&rng) * (wins + losses + plan->tie);
        add(a, b, at < wins ? FIT_LEFT : at < wins + losses ? FIT_RIGHT : FIT_TIE);
        annotator[i] = i / each;
        weight[i] = (float)(0.5 + rng_uniform(&rng));
    }
}

static struct battles planted(const struct plan *plan)
{
    struct battles battles = all(plan->n_items);
    battles.annotator = annotator;
    battles.n_annotators = plan->n_annotators;
    return battles;
}

// ---------------------------------------------------------------- another implementation
// Plain gradient descent over the battles as they come, from their probabilities; shares nothing with the library.
static void descend(
    const struct battles *battles, bool davidson, double ridge, const double *scale, double *theta)
{
    uint32_t m = battles->n_items, n = m + davidson + battles->n_styles, k = battles->n_styles;
    double gradient[80], momentum[80] = {0}, before[80];
    double rate = 1.0 / battles->n;
    for (int step = 0; step < 60000; step++) {
        double greatest = 0;
        for (uint32_t i = 0; i < n; i++)
            gradient[i] = ridge * theta[i];
        for (uint32_t i = 0; i < battles->n; i++) {
            uint32_t a = battles->left[i], b = battles->right[i];
            double x[STYLES] = {0}, w = battles->weight != NULL ? (double)battles->weight[i] : 1,
                   z = theta[a] - theta[b];
            for (uint32_t c = 0; c < k; c++) {
                double p = (double)battles->style_left[i * k + c],
                       q = (double)battles->style_right[i * k + c];
                x[c] = (p - q) / (p + q + 1) / scale[c];
                z += theta[m + davidson + c] * x[c];
            }
            double wins = exp(z / 2), losses = exp(-z / 2), ties = davidson ? exp(theta[m]) : 0;
            double sum = wins + losses + ties, y = battles->outcome[i] == FIT_LEFT  ? 1
                                                   : battles->outcome[i] == FIT_TIE ? 0.5
                                                                                    : 0;
            double slope = w * (wins / sum + ties / sum / 2 - y);
            gradient[a] += slope;
            gradient[b] -= slope;
            if (davidson)
                gradient[m] += w * (ties / sum - (battles->outcome[i] == FIT_TIE));
            for (uint32_t c = 0; c < k; c++)
                gradient[m + davidson + c] += slope * x[c];
        }
        for (uint32_t i = 0; i < n; i++) {
            before[i] = momentum[i];
            momentum[i] = theta[i] - rate * gradient[i];
            theta[i] = step == 0 ? momentum[i] : momentum[i] + 0.97 * (momentum[i] - before[i]);
            greatest = fmax(greatest, fabs(gradient[i]));
        }
        if (greatest < 1e-8)
            return;
    }
}

static void test_another_implementation_agrees(void **state UNUSED)
{
    const struct plan plan = {.n_items = 8,
        .n = 1500,
        .n_annotators = 50,
        .spread = 0.8,
        .taste = 0.3,
        .tie = 0.6,
        .beta = {0.5, -0.3},
        .seed = 5};
    for (int way = 0; way < 4; way++) {
        bool davidson = way & 1, styled = way & 2;
        struct arena *arena;
        struct battles_result result;
        struct err err;
        double theta[80] = {0}, scale[STYLES] = {1, 1}, total = 0, squares[STYLES] = {0};
        plant(&plan);
        struct battles battles = planted(&plan);
        struct battles_options options = {.davidson = davidson};
        battles.weight = weight;
        if (styled) {
            battles.n_styles = STYLES;
            battles.style_left = style_left;
            battles.style_right = style_right;
        }
        for (uint32_t i = 0; i < n_battles; i++) {
            total += (double)weight[i];
            for (uint32_t c = 0; c < STYLES; c++) {
                double p = (double)style_left[i * STYLES + c], q = (double)style_right[i * STYLES + c],
                       x = (p - q) / (p + q + 1);
                squares[c] += (double)weight[i] * x * x;
            }
        }
        for (uint32_t c = 0; c < STYLES; c++)
            scale[c] = sqrt(squares[c] / total);
        assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
        descend(&battles, davidson, BATTLES_RIDGE, scale, theta);
        for (uint32_t i = 0; i < 8; i++)
            assert_true(fabs(theta[i] - result.items[i].score) < 1e-6);
        if (davidson)
            assert_true(fabs(exp(theta[8]) - result.nu) < 1e-6);
        for (uint32_t c = 0; styled && c < STYLES; c++)
            assert_true(fabs(theta[8 + davidson + c] - result.style[c]) < 2e-6);
        arena_free(arena);
    }
}

// ---------------------------------------------------------------- gradients
static void test_gradients(void **state UNUSED)
{
    const struct plan plan = {
        .n_items = 5, .n = 300, .n_annotators = 10, .spread = 1, .tie = 0.5, .beta = {1, 0}, .seed = 2};
    for (int way = 0; way < 4; way++) {
        struct arena *arena = arena_new(SIZE_MAX);
        struct sorted_battles sorted;
        struct rng rng;
        struct err err;
        double theta[16], gradient[16], other[16], hessian[256], unused[256];
        const double h = 1e-5;
        plant(&plan);
        struct battles battles = planted(&plan);
        struct battles_options options = {.davidson = way & 1, .ridge = 0.3};
        battles.weight = weight;
        battles.n_styles = way & 2 ? STYLES : 0;
        battles.style_left = style_left;
        battles.style_right = style_right;
        assert_int_equal(battles_sort(&battles, &options, arena, &sorted, &err), 0);
        uint32_t n = battle_parameters(&sorted.pairs);
        assert_int_equal(n, 5 + (way & 1) + (way & 2));
        rng_seed(&rng, 9);
        for (uint32_t i = 0; i < n; i++)
            theta[i] = 0.7 * rng_normal(&rng);
        (void)battle_value(&sorted.pairs, theta, NULL, gradient, hessian);
        for (uint32_t i = 0; i < n; i++) {
            double kept = theta[i];
            theta[i] = kept + h;
            double above = battle_value(&sorted.pairs, theta, NULL, other, unused);
            double slope[16];
            memcpy(slope, other, sizeof(slope));
            theta[i] = kept - h;
            double below = battle_value(&sorted.pairs, theta, NULL, other, unused);
            theta[i] = kept;
            assert_true(fabs((above - below) / (2 * h) - gradient[i]) < 1e-6 * fmax(1, fabs(gradient[i])));
            for (uint32_t j = 0; j < n; j++)
                assert_true(fabs((slope[j] - other[j]) / (2 * h) - hessian[i * n + j]) <
                            1e-5 * fmax(1, fabs(hessian[i * n + j])));
        }
        arena_free(arena);
    }
}

// ---------------------------------------------------------------- what is missing
static void test_components(void **state UNUSED)
{
    struct arena *arena;
    struct battles_result result;
    struct err err;
    n_battles = 0;
    for (int i = 0; i < 6; i++) {
        add(0, 1, i % 3 == 0 ? FIT_RIGHT : FIT_LEFT); // 0, 1, 2: settled
        add(1, 2, i % 3 == 0 ? FIT_RIGHT : FIT_LEFT);
        add(3, 0, FIT_LEFT);                          // 3 lost to nobody
        add(2, 4, FIT_LEFT);                          // 4 won against nobody
        add(3, 5, FIT_LEFT);                          // 5 lost to one above, and met no other
        add(6, 7, i % 2 == 0 ? FIT_LEFT : FIT_RIGHT); // apart
    }
    struct battles battles = all(9);
    struct battles_options options = {0};
    assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
    assert_int_equal(result.n_components, 3);
    assert_int_equal(result.components[0].n_items, 6);
    assert_int_equal(result.components[0].n_settled, 3);
    assert_int_equal(result.components[1].n_items, 2);
    const enum battles_place places[] = {BATTLES_SETTLED, BATTLES_SETTLED, BATTLES_SETTLED, BATTLES_UNBOUNDED,
        BATTLES_BOUNDLESS, BATTLES_UNCOMPARED, BATTLES_SETTLED, BATTLES_SETTLED, BATTLES_ABSENT};
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(result.items[i].place, places[i]);
        assert_int_equal(result.items[i].component, i < 6 ? 0 : i < 8 ? 1 : 2);
        assert_true(isfinite(result.items[i].score));
        assert_true(isfinite(result.items[i].low) == (places[i] == BATTLES_SETTLED));
    }
    assert_true(
        result.items[0].score > result.items[1].score && result.items[1].score > result.items[2].score);
    assert_true(fabs(result.items[0].score + result.items[1].score + result.items[2].score) < 1e-9);
    assert_true(
        result.items[3].score > result.items[0].score && result.items[4].score < result.items[2].score);
    assert_true(result.items[6].score == 0 || fabs(result.items[6].score) < 1e-9);
    arena_free(arena);
}

static void expect_invalid(
    const struct battles *battles, const struct battles_options *options, const char *word)
{
    struct arena *arena;
    struct battles_result result;
    struct err err;
    assert_int_equal(fit(battles, options, &arena, &result, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, word));
    arena_free(arena);
}

static void test_what_is_refused(void **state UNUSED)
{
    struct battles_options options = {.davidson = true};
    n_battles = 0;
    struct battles battles = all(3);
    expect_invalid(&battles, &options, "no battles");
    add_many(0, 1, FIT_TIE, 20);
    add_many(1, 2, FIT_TIE, 20);
    battles = all(3);
    expect_invalid(&battles, &options, "tie");
    outcome[7] = FIT_LEFT;
    battles.weight = weight;
    const float bad[] = {NAN, INFINITY, -1, 2e6F};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        weight[5] = bad[i];
        expect_invalid(&battles, &options, "battle 5");
    }
    weight[5] = 1;
    for (uint32_t i = 0; i < n_battles; i++)
        weight[i] = 0;
    expect_invalid(&battles, &options, "weight");
    battles.weight = NULL;
    right[3] = 0;
    expect_invalid(&battles, &options, "itself");
    right[3] = 3;
    expect_invalid(&battles, &options, "not there");
    right[3] = 1;
    outcome[3] = 3;
    expect_invalid(&battles, &options, "outcome");
    outcome[3] = FIT_TIE;
    battles.annotator = annotator;
    battles.n_annotators = 39;
    expect_invalid(&battles, &options, "annotator");
    battles.annotator = NULL;
    style_left[4] = -1;
    battles.n_styles = 1;
    battles.style_left = style_left;
    battles.style_right = style_right;
    expect_invalid(&battles, &options, "style");
    battles.n_styles = 0;
    options.ridge = NAN;
    expect_invalid(&battles, &options, "ridge");
}

// Weights over twelve orders of magnitude, and one annotator who gave everything: finite scores, no intervals.
static void test_one_annotator_and_huge_weights(void **state UNUSED)
{
    const struct plan plan = {.n_items = 6, .n = 600, .n_annotators = 1, .spread = 1, .tie = 0.4, .seed = 3};
    struct arena *arena;
    struct battles_result result;
    struct err err;
    plant(&plan);
    for (uint32_t i = 0; i < n_battles; i++)
        weight[i] = i % 2 == 0 ? 1e6F : 1e-6F;
    struct battles battles = planted(&plan);
    struct battles_options options = {.davidson = true};
    battles.weight = weight;
    assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
    assert_int_equal(result.n_annotators, 1);
    assert_false(result.has_intervals);
    for (uint32_t i = 0; i < 6; i++)
        assert_true(isfinite(result.items[i].score) && isnan(result.items[i].low));
    arena_free(arena);
}

// ---------------------------------------------------------------- sameness
static void test_threads_and_sides_change_nothing(void **state UNUSED)
{
    const struct plan plan = {.n_items = 30,
        .n = 15000,
        .n_annotators = 300,
        .spread = 0.7,
        .taste = 0.4,
        .tie = 0.5,
        .beta = {0.5, 0},
        .seed = 8};
    for (int way = 0; way < 4; way++) {
        struct arena *arena[3];
        struct battles_result result[3];
        struct err err;
        for (uint32_t run = 0; run < 3; run++) {
            plant(&plan);
            for (uint32_t i = 0; run == 2 && i < n_battles; i += 3) { // a third written the other way round
                uint32_t kept = left[i];
                left[i] = right[i];
                right[i] = kept;
                outcome[i] = outcome[i] == FIT_TIE ? FIT_TIE : 1 - outcome[i];
                for (uint32_t c = 0; c < STYLES; c++) {
                    float amount = style_left[i * STYLES + c];
                    style_left[i * STYLES + c] = style_right[i * STYLES + c];
                    style_right[i * STYLES + c] = amount;
                }
            }
            struct battles battles = planted(&plan);
            struct battles_options options = {.davidson = true,
                .interval = way & 1 ? BATTLES_BOOTSTRAP : BATTLES_SANDWICH,
                .n_bootstraps = 20,
                .seed = 4,
                .n_threads = run == 1 ? 3 : 1};
            battles.n_styles = way & 2 ? STYLES : 0;
            battles.style_left = style_left;
            battles.style_right = style_right;
            assert_int_equal(fit(&battles, &options, &arena[run], &result[run], &err), 0);
        }
        for (uint32_t run = 1; run < 3; run++) {
            for (uint32_t i = 0; i < 30; i++) {
                assert_true(result[0].items[i].score == result[run].items[i].score);
                assert_true(result[0].items[i].low == result[run].items[i].low);
                assert_true(result[0].items[i].high == result[run].items[i].high);
            }
        }
        for (uint32_t run = 0; run < 3; run++)
            arena_free(arena[run]);
    }
}

// Somebody with half of all battles counts as the cap says.
static void test_cap(void **state UNUSED)
{
    struct arena *arena;
    struct battles_result result;
    struct err err;
    double share[2];
    n_battles = 0;
    for (uint32_t i = 0; i < 400; i++) {
        add(0, 1, i < 200 ? FIT_LEFT : i % 4 == 0 ? FIT_LEFT : FIT_RIGHT);
        annotator[i] = i < 200 ? 0 : 1 + (i - 200) / 10;
    }
    struct battles battles = all(2);
    battles.annotator = annotator;
    battles.n_annotators = 21;
    for (int capped = 0; capped < 2; capped++) {
        struct battles_options options = {.annotator_share = capped ? 0.05 : 0, .ridge = 1e-6};
        assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
        share[capped] = 1 / (1 + exp(result.items[1].score - result.items[0].score));
        arena_free(arena);
    }
    assert_true(fabs(share[0] - 250.0 / 400) < 1e-6);
    double most = 0.05 * 200 / 0.95; // t = share (t + 200)
    assert_true(fabs(share[1] - (most + 50) / (most + 200)) < 1e-4);
}

// ---------------------------------------------------------------- coverage
// Share of scores whose 95 % interval holds the planted one, and the mean standard error over the true spread.
struct coverage {
    double share, width;
};

static struct coverage cover(
    struct plan plan, enum battles_interval interval, int replications, bool clustered)
{
    double inside = 0, error = 0, squares[64] = {0}, spread = 0;
    for (int r = 0; r < replications; r++) {
        struct arena *arena;
        struct battles_result result;
        struct err err;
        plan.seed = 1000 + (uint64_t)r;
        plant(&plan);
        struct battles battles = planted(&plan);
        struct battles_options options = {.interval = interval, .n_bootstraps = 100, .seed = (uint64_t)r};
        if (!clustered)
            battles.annotator = NULL;
        assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
        for (uint32_t i = 0; i < plan.n_items; i++) {
            // Ties count half: the target is the score that half-counted ties lead to (found below by a great sample).
            double truth = normal_score[32 + i];
            inside += result.items[i].low <= truth && truth <= result.items[i].high;
            error += result.items[i].standard_error;
            squares[i] += (result.items[i].score - truth) * (result.items[i].score - truth);
        }
        arena_free(arena);
    }
    for (uint32_t i = 0; i < plan.n_items; i++)
        spread += sqrt(squares[i] / replications);
    double n = (double)replications * plan.n_items;
    return (struct coverage){.share = inside / n, .width = error / replications / spread};
}

// What Bradley-Terry with ties as halves converges to under the plan, from 200 samples: the target of its intervals.
static void find_target(struct plan plan)
{
    double sum[64] = {0};
    for (int r = 0; r < 200; r++) {
        struct arena *arena;
        struct battles_result result;
        struct err err;
        plan.seed = 500000 + (uint64_t)r;
        plant(&plan);
        struct battles battles = all(plan.n_items);
        struct battles_options options = {.interval = BATTLES_FISHER};
        assert_int_equal(fit(&battles, &options, &arena, &result, &err), 0);
        for (uint32_t i = 0; i < plan.n_items; i++)
            sum[i] += result.items[i].score / 200;
        arena_free(arena);
    }
    memcpy(normal_score + 32, sum, plan.n_items * sizeof(double));
}

// 20 models, 8,000 battles, a quarter ties, nominal 95: Fisher is too wide, the sandwich right, the bootstrap of 100 a little
// narrow. The project's notes have 97.9, 94.4 and 92.7. With annotators who have tastes of their own, Fisher is too narrow.
static void test_coverage(void **state UNUSED)
{
    struct plan plan = {.n_items = 20, .n = 8000, .n_annotators = 8000, .spread = 0.6, .tie = 0.75};
    find_target(plan);
    struct coverage fisher = cover(plan, BATTLES_FISHER, 150, false);
    struct coverage sandwich = cover(plan, BATTLES_SANDWICH, 150, false);
    struct coverage bootstrap = cover(plan, BATTLES_BOOTSTRAP, 60, false);
    print_message("independent: Fisher %.1f %% (width %.2f), sandwich %.1f (%.2f), bootstrap %.1f (%.2f)\n",
        100 * fisher.share, fisher.width, 100 * sandwich.share, sandwich.width, 100 * bootstrap.share,
        bootstrap.width);
    assert_true(fisher.share > 0.965 && fisher.width > 1.1);
    assert_true(sandwich.share > 0.93 && sandwich.share < 0.965 && fabs(sandwich.width - 1) < 0.06);
    assert_true(bootstrap.share > 0.90 && bootstrap.share < 0.96 && bootstrap.share < fisher.share);

    plan.n_annotators = 100;
    plan.taste = 1;
    find_target(plan);
    fisher = cover(plan, BATTLES_FISHER, 100, true);
    struct coverage blind = cover(plan, BATTLES_SANDWICH, 100, false);
    sandwich = cover(plan, BATTLES_SANDWICH, 100, true);
    bootstrap = cover(plan, BATTLES_BOOTSTRAP, 60, true);
    print_message(
        "100 annotators with tastes: Fisher %.1f %%, sandwich of battles %.1f, of annotators %.1f (%.2f), bootstrap %.1f\n",
        100 * fisher.share, 100 * blind.share, 100 * sandwich.share, sandwich.width, 100 * bootstrap.share);
    assert_true(fisher.share < 0.92 && blind.share < 0.90);
    assert_true(sandwich.share > 0.92 && sandwich.share < 0.97);
    assert_true(bootstrap.share > 0.88 && bootstrap.share < 0.97);
}

// Small studies of any shape: scores are finite wherever there are battles, the settled ones have mean 0, and intervals go with
// places.
static void test_any_shape(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 12);
    for (int r = 0; r < 600; r++) {
        uint32_t n_items = 2 + (uint32_t)rng_below(&rng, 9), n = 1 + (uint32_t)rng_below(&rng, 60);
        struct arena *arena;
        struct battles_result result;
        struct err err;
        double sum[16] = {0};
        n_battles = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t a = (uint32_t)rng_below(&rng, n_items), b = (uint32_t)rng_below(&rng, n_items - 1);
            add(a, b + (b >= a), rng_below(&rng, 3) == 0 ? FIT_TIE : rng_below(&rng, 4) == 0);
            annotator[i] = (uint32_t)rng_below(&rng, 20);
            weight[i] = rng_below(&rng, 5) == 0 ? 0 : (float)exp(8 * rng_normal(&rng));
            weight[i] = weight[i] > 1e6F ? 1e6F : weight[i];
            for (uint32_t c = 0; c < STYLES; c++) {
                style_left[i * STYLES + c] = (float)rng_below(&rng, 3);
                style_right[i * STYLES + c] = (float)rng_below(&rng, 3);
            }
        }
        struct battles battles = all(n_items);
        struct battles_options options = {.davidson = r & 1,
            .interval = (enum battles_interval)(r % 3),
            .n_bootstraps = 10,
            .annotator_share = 0.2};
        battles.weight = r & 2 ? weight : NULL;
        battles.annotator = annotator;
        battles.n_annotators = 20;
        battles.n_styles = r & 4 ? STYLES : 0;
        battles.style_left = style_left;
        battles.style_right = style_right;
        int rc = fit(&battles, &options, &arena, &result, &err);
        assert_true(rc == 0 || rc == ERR_INVALID); // only ties, or no weight
        for (uint32_t i = 0; i < n_items && rc == 0; i++) {
            const struct battles_item *item = &result.items[i];
            assert_true((item->place == BATTLES_ABSENT) == (item->n == 0));
            assert_true(isfinite(item->score));
            assert_true(item->place == BATTLES_SETTLED || isnan(item->low));
            assert_true(isnan(item->low) || item->low <= item->high);
            sum[item->component] += item->place == BATTLES_SETTLED ? item->score : 0;
        }
        for (uint32_t c = 0; c < 16; c++)
            assert_true(fabs(sum[c]) < 1e-8);
        arena_free(arena);
    }
}

static void test_student(void **state UNUSED)
{
    assert_true(fabs(battles_student(1) - 12.7062) < 1e-4);
    assert_true(fabs(battles_student(9) - 2.2622) < 1e-4);
    assert_true(fabs(battles_student(60) - 2.0003) < 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_baseball),
        cmocka_unit_test(test_pudding),
        cmocka_unit_test(test_another_implementation_agrees),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_components),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_one_annotator_and_huge_weights),
        cmocka_unit_test(test_threads_and_sides_change_nothing),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_any_shape),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_student),
    };
    openblas_set_num_threads(1); // as the fit does
    return cmocka_run_group_tests(tests, NULL, NULL);
}
