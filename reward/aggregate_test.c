#include "reward/aggregate.h"

#include "base/rng.h"
#include "reward/predict.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
        fail_msg("%.12g is not %.12g", a, b);
}

// Three candidates, two groups: the darling of one, the darling of the other, the compromise.
static const double utilities[] = {3, -2, -2, 2.5, 0.5, 0.4};

static uint32_t choice_of(
    enum aggregate_rule rule, const double *u, size_t n, size_t g, const double *weights)
{
    struct arena *arena = arena_new(1 << 20);
    struct aggregate_result result;
    struct err err;
    assert_int_equal(aggregate(rule, u, n, g, weights, arena, &result, &err), 0);
    uint32_t choice = result.choice;
    arena_free(arena);
    return choice;
}

static void rules_choose_as_they_say(void **state UNUSED)
{
    static const double two_to_one[] = {2, 1}, one_to_nine[] = {1, 9};
    assert_int_equal(choice_of(AGGREGATE_MEAN, utilities, 3, 2, NULL), 0);
    assert_int_equal(choice_of(AGGREGATE_MEAN, utilities, 3, 2, one_to_nine), 1);
    assert_int_equal(choice_of(AGGREGATE_MAXMIN, utilities, 3, 2, NULL), 2);
    assert_int_equal(choice_of(AGGREGATE_NASH, utilities, 3, 2, NULL), 2);
    assert_int_equal(choice_of(AGGREGATE_WEIGHTS, utilities, 3, 2, two_to_one), 0);
    assert_int_equal(choice_of(AGGREGATE_LOTTERY, utilities, 3, 2, NULL), 2);
    // Equal minima: leximin looks at the next.
    static const double tied[] = {-1, 0, 5, -1, 2, -1};
    assert_int_equal(choice_of(AGGREGATE_MAXMIN, tied, 3, 2, NULL), 0);
    assert_int_equal(choice_of(AGGREGATE_LEXIMIN, tied, 3, 2, NULL), 1);
}

static void scores_order_and_worst(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct aggregate_result result;
    struct err err;
    assert_int_equal(aggregate(AGGREGATE_NASH, utilities, 3, 2, NULL, arena, &result, &err), 0);
    near(result.scores[0], 0.5 * log(predict_sigmoid(3)) + 0.5 * log(predict_sigmoid(-2)));
    assert_int_equal(result.order[0], 2);
    assert_int_equal(result.worst_group[0], 1);
    near(result.worst_utility[0], -2);
    assert_int_equal(result.worst_group[1], 0);
    assert_null(result.lottery);
    static const double equal[] = {1, 2, 2, 1, 0, 9};
    assert_int_equal(aggregate(AGGREGATE_LEXIMIN, equal, 3, 2, NULL, arena, &result, &err), 0);
    near(result.scores[0], 0);
    near(result.scores[1], 0);
    near(result.scores[2], -2);
    arena_free(arena);
}

// With two groups and two candidates prompt-centred maxmin is the sum of the logits (REWARD-NOTES 1.12).
static void two_by_two_maxmin_is_the_sum(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 11);
    for (int i = 0; i < 1000; i++) {
        double a = rng_normal(&rng), b = rng_normal(&rng), u[] = {a, b, -a, -b};
        assert_int_equal(choice_of(AGGREGATE_MAXMIN, u, 2, 2, NULL), a + b > 0 ? 0 : 1);
    }
}

static void lottery_of_known_games(void **state UNUSED)
{
    static const struct {
        size_t n, g;
        double u[9], p[3], value;
    } games[] = {
        {2, 2, {1, -1, -1, 1}, {0.5, 0.5}, 0},                                  // matching pennies
        {3, 3, {0, -1, 1, 1, 0, -1, -1, 1, 0}, {1 / 3.0, 1 / 3.0, 1 / 3.0}, 0}, // paper, scissors, stone
        {2, 2, {3, 0, 1, 2}, {0.25, 0.75}, 1.5},
        {2, 2, {5, 4, 1, 2}, {1, 0}, 4}, // one is better for all
        {1, 2, {-3, 7}, {1}, -3},
        {3, 1, {1, 4, 2}, {0, 1, 0}, 4},
    };
    for (size_t i = 0; i < ARRAY_SIZE(games); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct aggregate_result result;
        struct err err;
        assert_int_equal(
            aggregate(AGGREGATE_LOTTERY, games[i].u, games[i].n, games[i].g, NULL, arena, &result, &err), 0);
        near(result.lottery_value, games[i].value);
        assert_true(result.lottery_gap < 1e-9);
        for (size_t j = 0; j < games[i].n; j++)
            near(result.lottery[j], games[i].p[j]);
        arena_free(arena);
    }
}

// The certificate is computed from the utilities alone: a gap of nothing proves the optimum.
static void lotteries_are_exact_on_random_games(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 5);
    for (int round = 0; round < 400; round++) {
        size_t n = 1 + (size_t)rng_below(&rng, 64), g = 1 + (size_t)rng_below(&rng, 32);
        double *u = malloc(n * g * sizeof(*u)), best = -INFINITY, sum = 0;
        assert_non_null(u);
        for (size_t i = 0; i < n * g; i++) // many equal entries too: degenerate games
            u[i] = round % 2 == 0 ? 10 * rng_normal(&rng) : (double)rng_below(&rng, 3) - 1;
        struct arena *arena = arena_new(1 << 22);
        struct aggregate_result result;
        struct err err;
        assert_int_equal(aggregate(AGGREGATE_LOTTERY, u, n, g, NULL, arena, &result, &err), 0);
        for (size_t j = 0; j < n; j++) {
            assert_true(result.lottery[j] >= 0);
            sum += result.lottery[j];
            best = fmax(best, result.worst_utility[j]);
        }
        near(sum, 1);
        assert_true(result.lottery_gap < 1e-8);
        assert_true(result.lottery_value >= best - 1e-8); // never worse than the best single choice
        near(result.worst_utility[result.choice], best);
        arena_free(arena);
        free(u);
    }
}

// Against the definition: no candidate has a positive margin over the lottery, and who beats all others alone has it all.
static void maximal_lotteries_are_beaten_by_nobody(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 9);
    size_t n_mixed = 0;
    for (int round = 0; round < 200; round++) {
        size_t n = 1 + (size_t)rng_below(&rng, 40), g = 1 + (size_t)rng_below(&rng, 6);
        double u[40 * 6], weights[6], share[6], sum = 0;
        for (size_t i = 0; i < n * g; i++) // many equal ones: degenerate games
            u[i] = round % 2 == 0 ? 3 * rng_normal(&rng) : (double)rng_below(&rng, 3);
        for (size_t k = 0; k < g; k++)
            weights[k] = 0.1 + rng_uniform(&rng);
        struct arena *arena = arena_new(1 << 22);
        struct aggregate_result result;
        struct err err;
        assert_int_equal(aggregate_shares(weights, g, share, &err), 0);
        assert_int_equal(aggregate(AGGREGATE_MAXIMAL_LOTTERY, u, n, g, weights, arena, &result, &err), 0);
        size_t winner = n;
        for (size_t i = 0; i < n; i++) {
            double against = 0;
            bool beats_all = true;
            for (size_t j = 0; j < n; j++) {
                double m = 0;
                for (size_t k = 0; k < g; k++)
                    m += share[k] * (predict_sigmoid(u[i * g + k] - u[j * g + k]) -
                                        predict_sigmoid(u[j * g + k] - u[i * g + k]));
                against += result.lottery[j] * m;
                beats_all = beats_all && (i == j || m > 1e-9);
            }
            assert_true(against < 1e-8);
            assert_true(result.lottery[i] >= 0);
            sum += result.lottery[i];
            winner = beats_all ? i : winner;
            n_mixed += result.lottery[i] > 0.01 && result.lottery[i] < 0.99;
        }
        near(sum, 1);
        near(result.lottery_value, 0);
        assert_true(result.lottery_gap < 1e-8);
        if (winner < n) {
            near(result.lottery[winner], 1);
            assert_int_equal(result.choice, winner);
        }
        arena_free(arena);
    }
    assert_true(n_mixed > 0);
    // A circle of three groups (Condorcet): nobody wins, each has a third.
    static const double circle[] = {2, 0, 1, 1, 2, 0, 0, 1, 2};
    struct arena *arena = arena_new(1 << 20);
    struct aggregate_result result;
    struct err err;
    assert_int_equal(aggregate(AGGREGATE_MAXIMAL_LOTTERY, circle, 3, 3, NULL, arena, &result, &err), 0);
    for (size_t i = 0; i < 3; i++)
        near(result.lottery[i], 1 / 3.0);
    static const double many[AGGREGATE_MAXIMAL_MAX + 1] = {0};
    assert_int_equal(
        aggregate(AGGREGATE_MAXIMAL_LOTTERY, many, ARRAY_SIZE(many), 1, NULL, arena, &result, &err),
        ERR_LIMIT);
    arena_free(arena);
}

// Slopes by differences, parts by their sums.
static void scores_are_explained(void **state UNUSED)
{
    static const enum aggregate_rule rules[] = {
        AGGREGATE_MEAN, AGGREGATE_MAXMIN, AGGREGATE_NASH, AGGREGATE_WEIGHTS};
    static const double weights[] = {3, 1};
    double share[2], slope[2], part[2];
    struct err err;
    assert_int_equal(aggregate_shares(weights, 2, share, &err), 0);
    for (size_t r = 0; r < ARRAY_SIZE(rules); r++) {
        for (size_t i = 0; i < 3; i++) {
            struct arena *arena = arena_new(1 << 20);
            struct aggregate_result result, moved;
            assert_int_equal(aggregate(rules[r], utilities, 3, 2, weights, arena, &result, &err), 0);
            aggregate_slopes(rules[r], utilities, 3, 2, share, &result, i, slope);
            aggregate_parts(rules[r], utilities, 3, 2, share, &result, i, part);
            near(part[0] + part[1], result.scores[i]);
            for (size_t k = 0; k < 2; k++) {
                double other[6];
                memcpy(other, utilities, sizeof(other));
                other[i * 2 + k] += 1e-6;
                assert_int_equal(aggregate(rules[r], other, 3, 2, weights, arena, &moved, &err), 0);
                assert_true(fabs((moved.scores[i] - result.scores[i]) / 1e-6 - slope[k]) < 1e-5);
            }
            arena_free(arena);
        }
    }
    // Matching pennies: both groups bind.
    static const double pennies[] = {1, -1, -1, 1};
    struct arena *arena = arena_new(1 << 20);
    struct aggregate_result result;
    assert_int_equal(aggregate(AGGREGATE_LOTTERY, pennies, 2, 2, NULL, arena, &result, &err), 0);
    aggregate_slopes(AGGREGATE_LOTTERY, pennies, 2, 2, share, &result, 0, slope);
    near(slope[0], 0.5);
    near(slope[1], 0.5);
    arena_free(arena);
}

static void what_is_no_question_is_an_error(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct aggregate_result result;
    struct err err;
    static const double bad[] = {1, NAN}, negative[] = {1, -1}, zero[] = {0, 0};
    assert_int_equal(aggregate(AGGREGATE_MEAN, bad, 1, 2, NULL, arena, &result, &err), ERR_INVALID);
    assert_int_equal(aggregate(AGGREGATE_MEAN, utilities, 0, 2, NULL, arena, &result, &err), ERR_INVALID);
    assert_int_equal(aggregate(AGGREGATE_MEAN, utilities, 3, 0, NULL, arena, &result, &err), ERR_INVALID);
    assert_int_equal(
        aggregate(AGGREGATE_WEIGHTS, utilities, 3, 2, negative, arena, &result, &err), ERR_INVALID);
    assert_int_equal(aggregate(AGGREGATE_WEIGHTS, utilities, 3, 2, zero, arena, &result, &err), ERR_INVALID);
    assert_int_equal(aggregate(AGGREGATE_MEAN, utilities, 5000, 2, NULL, arena, &result, &err), ERR_LIMIT);
    arena_free(arena);
}

static void names_of_rules(void **state UNUSED)
{
    enum aggregate_rule rule;
    assert_true(aggregate_rule_parse("leximin", &rule));
    assert_int_equal(rule, AGGREGATE_LEXIMIN);
    assert_string_equal(aggregate_rule_name(rule), "leximin");
    assert_true(aggregate_rule_parse("maximal-lottery", &rule));
    assert_int_equal(rule, AGGREGATE_MAXIMAL_LOTTERY);
    assert_false(aggregate_rule_parse("best", &rule));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_choose_as_they_say),
        cmocka_unit_test(scores_order_and_worst),
        cmocka_unit_test(two_by_two_maxmin_is_the_sum),
        cmocka_unit_test(lottery_of_known_games),
        cmocka_unit_test(lotteries_are_exact_on_random_games),
        cmocka_unit_test(maximal_lotteries_are_beaten_by_nobody),
        cmocka_unit_test(scores_are_explained),
        cmocka_unit_test(what_is_no_question_is_an_error),
        cmocka_unit_test(names_of_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
