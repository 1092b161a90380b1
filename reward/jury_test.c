#include "reward/jury.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

// Two directions, three kinds of people: for the first, for the second, and who differ much among themselves.
static const struct jury_pool pools[] = {
    {.attribute = "taste", .value = "first", .mean = {1, 0.2}, .covariance = {0.2, 0.05, 0.05, 0.1}},
    {.attribute = "taste", .value = "second", .mean = {-0.4, 1.1}, .covariance = {0.3, -0.1, -0.1, 0.4}},
    {.attribute = "taste", .value = "all kinds", .mean = {0.1, 0.1}, .covariance = {2, 0, 0, 2}},
};
static const struct jury jury = {.n_basis = 2, .n_pools = 3, .pools = pools};
static const double basis[] = {1, -0.5, -0.3, 0.9, -0.7, -0.4};
enum { CANDIDATES = 3 };

static bool near(double a, double b, double within)
{
    return fabs(a - b) <= within;
}

static void the_verdict_is_that_of_its_seats(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    const struct jury_seats seats[] = {{.pool = 0, .count = 7}, {.pool = 1, .count = 5}};
    struct jury_verdict verdict;
    struct err err;
    assert_int_equal(jury_verdict(&jury, basis, CANDIDATES, seats, 2, 0, 1, arena, &verdict, &err), 0);
    // By hand: the first says 1 * 1 + 0.2 * -0.5 = 0.9, the second -0.4 - 0.55 = -0.95 of the first candidate.
    assert_true(near(verdict.by_seat[0], 0.9, 1e-12) && near(verdict.by_seat[1], -0.95, 1e-12));
    assert_true(near(verdict.score[0], (7 * 0.9 - 5 * 0.95) / 12, 1e-12));
    // x'Cx: 0.2 - 2 * 0.5 * 0.05 + 0.25 * 0.1 = 0.175; 0.3 + 2 * 0.5 * 0.1 + 0.25 * 0.4 = 0.5.
    assert_true(near(verdict.spread[0], sqrt(7 * 0.175 + 5 * 0.5) / 12, 1e-12));
    assert_int_equal(verdict.n_jurors, 12);
    assert_null(verdict.median);
    for (int i = 1; i < CANDIDATES; i++)
        assert_true(verdict.score[verdict.order[i - 1]] >= verdict.score[verdict.order[i]]);
    arena_free(arena);
}

// Against drawing: thousands of juries, juror by juror, whose opinions are counted.
static void drawn_juries_say_the_same(void **state)
{
    (void)state;
    enum { DRAWS = 10000 };
    struct arena *arena = arena_new(1 << 26);
    const struct jury_seats seats[] = {
        {.pool = 1, .count = 4}, {.pool = 2, .count = 3}, {.pool = 0, .count = 5}};
    struct jury_verdict verdict;
    struct err err;
    assert_int_equal(jury_verdict(&jury, basis, CANDIDATES, seats, 3, DRAWS, 5, arena, &verdict, &err), 0);
    double chosen = 0;
    for (int i = 0; i < CANDIDATES; i++) {
        // The median of normal means is their mean; its error is sqrt(pi / 2) of the mean's.
        assert_true(near(verdict.median[i], verdict.score[i], 5 * 1.2533 * verdict.spread[i] / sqrt(DRAWS)));
        chosen += verdict.chosen[i];
    }
    assert_true(near(chosen, 1, 1e-9));
    // Majority and spread of the first candidate, by counting.
    struct rng rng;
    rng_seed(&rng, 11);
    double majorities = 0, squares = 0;
    for (int d = 0; d < DRAWS; d++) {
        int in_favour = 0;
        double sum = 0;
        for (size_t s = 0; s < 3; s++) {
            const struct jury_pool *pool = &pools[seats[s].pool];
            double a = sqrt(pool->covariance[0]), b = pool->covariance[1] / a,
                   c = sqrt(pool->covariance[3] - b * b);
            for (uint32_t seat = 0; seat < seats[s].count; seat++) {
                double x = rng_normal(&rng), y = rng_normal(&rng);
                double says = (pool->mean[0] + a * x) * basis[0] + (pool->mean[1] + b * x + c * y) * basis[1];
                in_favour += says > 0;
                sum += says;
            }
        }
        majorities += in_favour > 6;
        squares += (sum / 12 - verdict.score[0]) * (sum / 12 - verdict.score[0]);
    }
    assert_true(near(majorities / DRAWS, verdict.majority[0], 5 * 0.5 / sqrt(DRAWS)));
    assert_true(near(sqrt(squares / DRAWS), verdict.spread[0], 0.05 * verdict.spread[0]));
    struct jury_verdict again;
    assert_int_equal(jury_verdict(&jury, basis, CANDIDATES, seats, 3, DRAWS, 5, arena, &again, &err), 0);
    assert_memory_equal(again.median, verdict.median, CANDIDATES * sizeof(double));
    arena_free(arena);
}

static void a_majority_is_counted_exactly(void **state)
{
    (void)state;
    const double p[] = {0.9, 0.3, 0.55, 0.2, 0.71, 0.5};
    double sum = 0;
    for (unsigned set = 0; set < 1U << 6; set++) {
        double chance = 1;
        for (unsigned i = 0; i < 6; i++)
            chance *= set >> i & 1 ? p[i] : 1 - p[i];
        sum += __builtin_popcount(set) > 3 ? chance : 0;
    }
    assert_true(near(jury_majority(p, 6), sum, 1e-12));
    assert_true(near(jury_majority(p, 1), 0.9, 1e-12));
    const double sure[] = {1, 1, 0};
    assert_true(near(jury_majority(sure, 3), 1, 1e-12));
}

// Every way to seat n jurors of three kinds.
static uint32_t fewest_by_trying(const struct jury_seats *seats, uint32_t total)
{
    uint32_t fewest = UINT32_MAX, before[3] = {0};
    struct arena *arena = arena_new(1 << 24);
    struct jury_verdict verdict;
    struct err err;
    for (size_t s = 0; s < 2; s++)
        before[seats[s].pool] = seats[s].count;
    assert_int_equal(jury_verdict(&jury, basis, CANDIDATES, seats, 2, 0, 1, arena, &verdict, &err), 0);
    uint32_t choice = verdict.order[0];
    for (uint32_t a = 0; a <= total; a++) {
        for (uint32_t b = 0; a + b <= total; b++) {
            const struct jury_seats other[] = {{0, a}, {1, b}, {2, total - a - b}};
            assert_int_equal(
                jury_verdict(&jury, basis, CANDIDATES, other, 3, 0, 1, arena, &verdict, &err), 0);
            bool turns = false;
            for (uint32_t i = 0; i < CANDIDATES; i++)
                turns = turns || (i != choice && verdict.score[i] >= verdict.score[choice] - 1e-12);
            uint32_t moved = 0;
            const uint32_t after[] = {a, b, total - a - b};
            for (int k = 0; k < 3; k++)
                moved += after[k] > before[k] ? after[k] - before[k] : 0;
            if (turns && moved < fewest)
                fewest = moved;
        }
    }
    arena_free(arena);
    return fewest;
}

static void the_fewest_seats_that_turn_it(void **state)
{
    (void)state;
    const uint32_t kinds[] = {0, 1, 2};
    for (uint32_t first = 0; first <= 12; first++) {
        const struct jury_seats seats[] = {{0, first}, {1, 12 - first}};
        struct arena *arena = arena_new(1 << 20);
        struct jury_turn turn;
        bool turns = jury_turn(&jury, basis, CANDIDATES, seats, 2, kinds, 3, arena, &turn);
        uint32_t fewest = fewest_by_trying(seats, 12);
        assert_true(turns == (fewest != UINT32_MAX));
        if (turns)
            assert_int_equal(turn.n_seats, fewest);
        uint32_t moved = 0;
        for (uint32_t m = 0; turns && m < turn.n_moves; m++)
            moved += turn.moves[m].count;
        assert_int_equal(moved, turns ? fewest : 0);
        arena_free(arena);
    }
    // Where all kinds agree nothing turns it.
    const double agreed[] = {1, 1, 0, 0};
    const struct jury_seats seats[] = {{0, 12}, {1, 0}};
    struct arena *arena = arena_new(1 << 20);
    struct jury_turn turn;
    assert_false(jury_turn(&jury, agreed, 2, seats, 2, kinds, 2, arena, &turn));
    arena_free(arena);
}

static void seats_that_are_none(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct jury_verdict verdict;
    struct err err;
    const struct jury_seats unknown[] = {{7, 12}}, none[] = {{0, 0}}, many[] = {{0, 1001}},
                            twice[] = {{0, 1}, {0, 2}};
    assert_int_equal(
        jury_verdict(&jury, basis, CANDIDATES, unknown, 1, 0, 1, arena, &verdict, &err), ERR_INVALID);
    assert_int_equal(
        jury_verdict(&jury, basis, CANDIDATES, none, 1, 0, 1, arena, &verdict, &err), ERR_INVALID);
    assert_int_equal(
        jury_verdict(&jury, basis, CANDIDATES, many, 1, 0, 1, arena, &verdict, &err), ERR_INVALID);
    assert_int_equal(
        jury_verdict(&jury, basis, CANDIDATES, twice, 2, 0, 1, arena, &verdict, &err), ERR_INVALID);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_verdict_is_that_of_its_seats),
        cmocka_unit_test(drawn_juries_say_the_same), cmocka_unit_test(a_majority_is_counted_exactly),
        cmocka_unit_test(the_fewest_seats_that_turn_it), cmocka_unit_test(seats_that_are_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
