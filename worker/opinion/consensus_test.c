#include "worker/opinion/consensus.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-12 * (1 + fabs(b));
}

static void test_tests_by_hand(void **state)
{
    (void)state;
    assert_true(near(consensus_prop_test(5, 9), 2 * sqrt(10) * (0.6 - 0.5)));
    assert_true(near(consensus_prop_test(0, 0), 1)); // 2 (1 - 1/2)
    // (4/6 - 2/11) / sqrt(6/17 11/17 (1/6 + 1/11))
    double pooled = 6.0 / 17;
    assert_true(near(consensus_two_prop_test(3, 1, 5, 10),
        (4.0 / 6 - 2.0 / 11) / sqrt(pooled * (1 - pooled) * (1.0 / 6 + 1.0 / 11))));
    assert_true(consensus_two_prop_test(4, 7, 4, 7) == 0); // everybody
    assert_true(consensus_two_prop_test(0, 0, 0, 0) == 0);
}

static void test_priority_by_hand(void **state)
{
    (void)state;
    // Nobody voted: p = a = 1/2, (1/2 . 1 . 1/2 . 9)^2
    assert_true(near(opinion_priority((struct opinion_counts){0, 0, 0}, 0, false), 2.25 * 2.25));
    // A 3, D 1, S 5: p = 2/7, a = 4/7, 2^-1
    assert_true(near(
        opinion_priority((struct opinion_counts){3, 1, 5}, 0.5, false), pow(5.0 / 7 * 1.5 * 4 / 7 * 5, 2)));
    assert_true(opinion_priority((struct opinion_counts){3, 1, 5}, 0.5, true) == 49);
}

// The draw is in proportion, and says the probability it had: Polis served at random for months because nobody looked.
static void test_the_draw(void **state)
{
    (void)state;
    const double priority[] = {1, 0, 3, 4, 0};
    double p;
    assert_int_equal(opinion_draw(priority, 5, 0, &p), 0);
    assert_true(p == 1.0 / 8);
    assert_int_equal(opinion_draw(priority, 5, 0.1249, &p), 0);
    assert_int_equal(opinion_draw(priority, 5, 0.125, &p), 2);
    assert_true(p == 3.0 / 8);
    assert_int_equal(opinion_draw(priority, 5, 0.4999, &p), 2);
    assert_int_equal(opinion_draw(priority, 5, 0.5, &p), 3);
    assert_int_equal(opinion_draw(priority, 5, 0.9999999, &p), 3);
    assert_true(p == 0.5);
    assert_int_equal(opinion_draw(priority + 4, 1, 0.5, &p), 1); // nothing to draw
    assert_true(p == 0);
    struct rng rng;
    uint32_t drawn[5] = {0};
    rng_seed(&rng, 1);
    for (int i = 0; i < 80000; i++)
        drawn[opinion_draw(priority, 5, rng_uniform(&rng), &p)]++;
    assert_true(drawn[1] == 0 && drawn[4] == 0);
    assert_true(
        fabs(drawn[0] - 10000.0) < 400 && fabs(drawn[2] - 30000.0) < 600 && fabs(drawn[3] - 40000.0) < 600);
}

static void set(struct opinion_statement *statement, uint64_t id, uint32_t a, uint32_t d, uint32_t s,
    uint32_t other_a, uint32_t other_d, uint32_t other_s)
{
    *statement = (struct opinion_statement){.id = id,
        .group = {{a, d, s}, {other_a, other_d, other_s}},
        .all = {a + other_a, d + other_d, s + other_s},
        .inside = {a + other_a, d + other_d, s + other_s}};
}

static void test_representative_and_consensus(void **state)
{
    (void)state;
    struct opinion_statement statements[6];
    struct opinion_result result = {.k = 2, .n_statements = 6, .statements = statements};
    set(&statements[0], 1, 20, 1, 22, 2, 18, 22); // the first group's, against the second
    set(&statements[1], 2, 1, 20, 22, 19, 1, 22); // the other way round
    set(&statements[2], 3, 20, 1, 22, 20, 0, 22); // everybody's
    set(&statements[3], 4, 0, 0, 0, 0, 0, 0);     // nobody's
    set(&statements[4], 5, 15, 2, 22, 5, 10, 22); // the first group's, less so
    set(&statements[5], 6, 22, 0, 22, 0, 22, 22); // most of all, but moderated out
    statements[5].moderation = OPINION_OUT;
    consensus_fill(&result);
    assert_true(near(statements[0].group_informed_consensus, 21.0 / 24 * 3 / 24));
    assert_true(near(statements[2].group_informed_consensus, 21.0 / 24 * 21 / 24));
    assert_true(near(statements[3].group_informed_consensus, 0.25));
    const struct opinion_group *first = &result.groups[0];
    // Agrees before disagrees: 1 is the best-agree, then 5, then disagreeing with 2.
    assert_int_equal(first->n_representative, 3);
    assert_true(first->representative[0].statement == 0 && first->representative[0].best_agree &&
                first->representative[0].agree);
    assert_true(first->representative[1].statement == 4 && first->representative[1].agree);
    assert_true(first->representative[2].statement == 1 && !first->representative[2].agree);
    assert_true(near(first->representative[2].p_success, 21.0 / 24));
    assert_true(near(first->representative[2].repness, 21.0 / 24 / (2.0 / 24)));
    assert_int_equal(result.n_consensus_agree, 1);
    assert_int_equal(result.consensus_agree[0].statement, 2);
    assert_int_equal(result.n_consensus_disagree, 0);
}

// Nothing sufficient: the best by its test alone; with only unvoted statements nobody's is shown as agreed.
static void test_nothing_sufficient(void **state)
{
    (void)state;
    struct opinion_statement statements[2];
    struct opinion_result result = {.k = 2, .n_statements = 2, .statements = statements};
    set(&statements[0], 1, 1, 1, 4, 1, 1, 4);
    set(&statements[1], 2, 0, 2, 3, 1, 0, 3);
    consensus_fill(&result);
    assert_int_equal(result.groups[0].n_representative, 1);
    assert_true(
        result.groups[0].representative[0].statement == 1 && !result.groups[0].representative[0].agree);
    result.n_statements = 0;
    consensus_fill(&result);
    assert_int_equal(result.groups[0].n_representative, 0);
}

static void test_adjusted_rand(void **state)
{
    (void)state;
    const int32_t a[] = {0, 0, 1, 1, 2, 2}, same[] = {2, 2, 0, 0, 1, 1}, other[] = {0, 0, 0, 1, 1, 1},
                  missing[] = {5, -1, 3, 3, -1, 1}, one[] = {0, 0, 0, 0, 0, 0};
    assert_true(opinion_adjusted_rand(a, same, 6) == 1);
    // Contingency 2 0; 1 1; 0 2: index 2, sums 3 and 6 of 15 pairs: (2 - 1.2) / (4.5 - 1.2)
    assert_true(near(opinion_adjusted_rand(a, other, 6), (2 - 1.2) / (4.5 - 1.2)));
    assert_true(opinion_adjusted_rand(a, missing, 6) == 1);
    assert_true(opinion_adjusted_rand(one, one, 6) == 1);
    assert_true(opinion_adjusted_rand(a, one, 6) == 0);
    assert_true(opinion_adjusted_rand(a, same, 1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tests_by_hand),
        cmocka_unit_test(test_priority_by_hand),
        cmocka_unit_test(test_the_draw),
        cmocka_unit_test(test_representative_and_consensus),
        cmocka_unit_test(test_nothing_sufficient),
        cmocka_unit_test(test_adjusted_rand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
