#include "reward/batch.h"

#include "base/rng.h"
#include "reward/kernel.h"
#include "reward/predict.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.12g is not %.12g", a, b);
}

// Against sums written as they are meant, for all numbers of heads, rows and columns that take another way.
static void kernels_are_their_sums(void **state UNUSED)
{
    static float x[16 * 96];
    static double w[9 * 96], z[16 * 9], g[9 * 96], slope[16 * 9];
    struct rng rng;
    rng_seed(&rng, 1);
    for (size_t i = 0; i < ARRAY_SIZE(x); i++)
        x[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < ARRAY_SIZE(w); i++)
        w[i] = rng_normal(&rng);
    for (size_t i = 0; i < ARRAY_SIZE(slope); i++)
        slope[i] = rng_normal(&rng);
    for (uint32_t k = 1; k <= 9; k++) {
        for (uint32_t n = 1; n <= 16; n++) {
            for (size_t stride = 8; stride <= 96; stride += 8) {
                kernel_dots(x, stride, n, w, k, z);
                memset(g, 0, sizeof(g));
                kernel_add(x, stride, n, slope, k, g);
                for (uint32_t j = 0; j < k; j++) {
                    for (uint32_t i = 0; i < n; i++) {
                        double sum = 0;
                        for (size_t c = 0; c < stride; c++)
                            sum += x[i * stride + c] * w[j * stride + c];
                        near(z[i * k + j], sum, 1e-12);
                    }
                    for (size_t c = 0; c < stride; c++) {
                        double sum = 0;
                        for (uint32_t i = 0; i < n; i++)
                            sum += slope[i * k + j] * x[i * stride + c];
                        near(g[j * stride + c], sum, 1e-12);
                    }
                }
            }
        }
    }
}

static void exponentials_are_right(void **state UNUSED)
{
    double z[2001], e[2001];
    for (int i = 0; i < 2001; i++)
        z[i] = (i - 1000) * 0.8 + (i % 7) * 0.01;
    kernel_exp(z, 2001, e);
    for (int i = 0; i < 2001; i++)
        near(e[i], exp(-fabs(z[i])), 4e-16 * exp(-fabs(z[i])) + 1e-300);
}

enum { DIMENSIONS = 13, HEADS = 4 };

static const struct artefact_head heads[HEADS] = {{.attribute = "", .value = "all", .tau = 1, .share = 1},
    {.attribute = "", .value = "a", .served = true, .tau = 0.7},
    {.attribute = "", .value = "b", .served = true, .tau = 2},
    {.attribute = "", .value = "c", .served = true, .tau = 1}};

// Every rule, prompts of none to many candidates, embeddings as they are and scaled: as one prompt at a time gives it.
static void batches_are_prompts_one_by_one(void **state UNUSED)
{
    static const uint32_t first[] = {0, 3, 3, 4, 300, 308, 312};
    struct rng rng;
    rng_seed(&rng, 5);
    static float x[312 * 16], weights[16 * HEADS];
    const double wishes[3] = {1, 0.5, 2};
    for (size_t i = 0; i < ARRAY_SIZE(x); i++)
        x[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < ARRAY_SIZE(weights); i++)
        weights[i] = (float)rng_normal(&rng);
    for (int turn = 0; turn < 4 * (AGGREGATE_LOTTERY + 1); turn++) {
        uint32_t d = turn % 2 == 0 ? DIMENSIONS : 16, choice[6];
        enum aggregate_rule rule = (enum aggregate_rule)(turn / 4);
        struct artefact model = {.method = "maxmin",
            .features = ARTEFACT_EMBEDDING,
            .n_dimensions = d,
            .normalise = turn % 4 >= 2,
            .n_heads = HEADS,
            .heads = heads,
            .n_rows = d,
            .weights = weights};
        struct batch batch = {.artefact = &model,
            .rule = rule,
            .weights = wishes,
            .embedding = x,
            .first = first,
            .n_prompts = 6};
        double scores[312];
        struct err err;
        assert_int_equal(batch_choose(&batch, choice, scores, &err), 0);
        for (uint32_t p = 0; p < 6; p++) {
            uint32_t n = first[p + 1] - first[p];
            if (n == 0) {
                assert_int_equal(choice[p], UINT32_MAX);
                continue;
            }
            struct arena *arena = arena_new(SIZE_MAX);
            struct predict_candidate *candidates = arena_calloc(arena, n, sizeof(*candidates));
            double *rewards = arena_calloc(arena, n * HEADS, sizeof(*rewards));
            double *utilities = arena_calloc(arena, n * HEADS, sizeof(*utilities));
            for (uint32_t i = 0; i < n; i++)
                candidates[i] = (struct predict_candidate){
                    .embedding = x + (size_t)(first[p] + i) * d, .n_dimensions = d};
            struct aggregate_result result;
            assert_int_equal(predict_rewards(&model, candidates, n, arena, rewards, &err), 0);
            predict_served_utilities(&model, rewards, n, utilities);
            assert_int_equal(aggregate(rule, utilities, n, 3, wishes, arena, &result, &err), 0);
            assert_int_equal(choice[p], first[p] + result.choice);
            for (uint32_t i = 0; i < n; i++)
                near(scores[first[p] + i], result.scores[i], 1e-6);
            arena_free(arena);
        }
    }
}

static void what_is_not_finite_is_an_error(void **state UNUSED)
{
    static const uint32_t first[] = {0, 4};
    float x[4 * 8] = {0}, weights[8 * HEADS] = {0};
    struct artefact model = {.method = "maxmin",
        .features = ARTEFACT_EMBEDDING,
        .n_dimensions = 8,
        .n_heads = HEADS,
        .heads = heads,
        .n_rows = 8,
        .weights = weights};
    struct batch batch = {
        .artefact = &model, .rule = AGGREGATE_MEAN, .embedding = x, .first = first, .n_prompts = 1};
    uint32_t choice;
    struct err err;
    assert_int_equal(batch_choose(&batch, &choice, NULL, &err), 0);
    assert_int_equal(choice, 0); // all equal: the first
    x[11] = INFINITY;
    assert_int_equal(batch_choose(&batch, &choice, NULL, &err), ERR_INVALID);
    x[11] = NAN;
    assert_int_equal(batch_choose(&batch, &choice, NULL, &err), ERR_INVALID);
    x[11] = 0;
    model.features = ARTEFACT_HASHED_TEXT;
    assert_int_equal(batch_choose(&batch, &choice, NULL, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_are_their_sums),
        cmocka_unit_test(exponentials_are_right),
        cmocka_unit_test(batches_are_prompts_one_by_one),
        cmocka_unit_test(what_is_not_finite_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
