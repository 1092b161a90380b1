#include "reward/acquire.h"

#include "reward/features.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
        fail_msg("%.12g is not %.12g", a, b);
}

static const struct artefact_head heads[] = {
    {.attribute = "", .value = "all", .tau = 1},
    {.attribute = "", .value = "cluster 1", .served = true, .tau = 2, .share = 0.75},
    {.attribute = "", .value = "cluster 2", .served = true, .tau = 0.5, .share = 0.25},
};

// Two dimensions, three heads, feature-major.
static const float weights[] = {1, 2, 0, 0, -1, 4};
static const struct artefact model = {.method = "maxmin",
    .features = ARTEFACT_EMBEDDING,
    .n_dimensions = 2,
    .n_heads = 3,
    .heads = heads,
    .n_rows = 2,
    .weights = weights};

static const float embeddings[][2] = {{1, 0}, {0, 1}, {1, 0}};
static struct predict_candidate some[3];

static int set_up(void **state)
{
    for (size_t i = 0; i < 3; i++)
        some[i] = (struct predict_candidate){.embedding = embeddings[i], .n_dimensions = 2};
    *state = arena_new(64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static double value(enum acquire_rule rule, size_t n, struct arena *arena)
{
    struct acquire *acquire = acquire_new(rule, &model);
    struct err err;
    double found = -1;
    assert_int_equal(acquire_value(acquire, some, n, arena, &found, &err), 0);
    acquire_free(acquire);
    return found;
}

// Utilities differ by 2 (2 - -1) = 6 in the first group and by 0.5 (0 - 4) = -2 in the second.
static void by_the_groups_by_hand(void **state)
{
    double one = 1 / (1 + exp(-6)), two = 1 / (1 + exp(2)), mean = 0.75 * one + 0.25 * two;
    near(value(ACQUIRE_UNCERTAINTY, 2, *state), 4 * mean * (1 - mean));
    near(value(ACQUIRE_GROUP_DISAGREEMENT, 2, *state),
        4 * (0.75 * (one - mean) * (one - mean) + 0.25 * (two - mean) * (two - mean)));
    // The third response is the first again: of three pairs one is sure of nothing, and two are the same.
    near(value(ACQUIRE_UNCERTAINTY, 3, *state), (1 + 2 * 4 * mean * (1 - mean)) / 3);
    near(value(ACQUIRE_UNCERTAINTY, 1, *state), 0);
}

// det(H + q (1 - q) D D') of a diagonal H, with D D' kept to its diagonal, is what the gain says it is to first order; here
// the figures of two features by hand.
static void by_the_information_by_hand(void **state)
{
    double q = 1 / (1 + exp(-1)), v = q * (1 - q), found;
    struct err err;
    struct acquire *acquire = acquire_new(ACQUIRE_D_OPTIMAL, &model);
    assert_true(acquire_looks_back(acquire));
    assert_int_equal(acquire_value(acquire, some, 2, *state, &found, &err), 0);
    near(found, log(1 + 2 * v));
    assert_int_equal(acquire_judged(acquire, some, 2, 3, *state, &err), 0);
    assert_int_equal(acquire_value(acquire, some, 2, *state, &found, &err), 0);
    near(found, log(1 + 2 * v / (1 + 3 * v)));
    // Between equal responses there is nothing to learn.
    some[1] = some[0];
    assert_int_equal(acquire_value(acquire, some, 2, *state, &found, &err), 0);
    near(found, 0);
    acquire_free(acquire);
}

// Of texts: what was judged often is worth less than what was not, and only where they share words.
static void texts_that_were_judged_are_worth_less(void **state)
{
    static const uint32_t rows[] = {0};
    static const float none[] = {0};
    static const struct artefact_head pooled[] = {{.value = "all", .served = true, .tau = 1, .share = 1}};
    const struct artefact flat = {.method = "pooled",
        .features = ARTEFACT_HASHED_TEXT,
        .n_dimensions = FEATURES_DIMENSIONS,
        .n_heads = 1,
        .heads = pooled,
        .n_rows = 1,
        .row_index = rows,
        .weights = none};
    const struct predict_candidate judged[] = {{.text = "a calm answer", .text_length = 13},
        {.text = "a loud reply", .text_length = 12}},
                                   other[] = {{.text = "seven green boats", .text_length = 17},
                                       {.text = "mist", .text_length = 4}};
    double before[2], after[2];
    struct err err;
    struct acquire *acquire = acquire_new(ACQUIRE_D_OPTIMAL, &flat);
    assert_int_equal(acquire_value(acquire, judged, 2, *state, &before[0], &err), 0);
    assert_int_equal(acquire_value(acquire, other, 2, *state, &before[1], &err), 0);
    assert_int_equal(acquire_judged(acquire, judged, 2, 40, *state, &err), 0);
    assert_int_equal(acquire_value(acquire, judged, 2, *state, &after[0], &err), 0);
    assert_int_equal(acquire_value(acquire, other, 2, *state, &after[1], &err), 0);
    assert_true(after[0] < 0.9 * before[0]);
    assert_true(after[1] > 0.99 * before[1]);
    acquire_free(acquire);
}

static void an_item_without_what_the_model_needs(void **state)
{
    const struct predict_candidate texts[] = {
        {.text = "a", .text_length = 1}, {.text = "b", .text_length = 1}};
    struct err err;
    double found;
    for (int rule = 0; rule <= ACQUIRE_GROUP_DISAGREEMENT; rule++) {
        struct acquire *acquire = acquire_new((enum acquire_rule)rule, &model);
        assert_int_equal(acquire_value(acquire, texts, 2, *state, &found, &err), ERR_INVALID);
        acquire_free(acquire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(by_the_groups_by_hand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(by_the_information_by_hand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_that_were_judged_are_worth_less, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_item_without_what_the_model_needs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
