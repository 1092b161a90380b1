#include "worker/fit/crowd.h"

#include "base/rng.h"
#include "worker/fit/fit.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ITEMS = 8, PEOPLE = 100, EACH = 60, MANY = PEOPLE * EACH };

static uint32_t left[MANY], right[MANY], annotator[MANY], group[PEOPLE];
static uint8_t outcome[MANY];
static float weight[MANY];

enum kind { HONEST, RANDOM, CONTRARY };

static double score_of(uint32_t i)
{
    return 0.6 * (double)i - 2.1;
}

// The first `n_odd` people are of a kind; the last `n_minority` order items 0..3 and 4..7 the other way round.
static struct battles plant(uint32_t n_odd, enum kind kind, uint32_t n_minority, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t who = i / EACH, a = (uint32_t)rng_below(&rng, ITEMS),
                 b = (uint32_t)rng_below(&rng, ITEMS - 1);
        b += b >= a;
        bool minority = who >= PEOPLE - n_minority;
        double z = score_of(minority ? ITEMS - 1 - a : a) - score_of(minority ? ITEMS - 1 - b : b);
        z = who >= n_odd ? z : kind == RANDOM ? 0 : -z;
        double wins = exp(z / 2), losses = exp(-z / 2), at = rng_uniform(&rng) * (wins + losses + 0.3);
        outcome[i] = at < wins ? FIT_LEFT : at < wins + losses ? FIT_RIGHT : FIT_TIE;
        left[i] = a;
        right[i] = b;
        annotator[i] = who;
        weight[i] = 1;
        group[who] = minority;
    }
    return (struct battles){.n_items = ITEMS,
        .n = MANY,
        .n_annotators = PEOPLE,
        .left = left,
        .right = right,
        .outcome = outcome,
        .annotator = annotator,
        .weight = weight};
}

static struct crowd_result weigh(const struct battles *battles, struct arena *arena)
{
    struct crowd_result result;
    struct crowd_options options = {0};
    struct err err;
    assert_int_equal(crowd_fit(battles, &options, arena, &result, &err), 0);
    return result;
}

static void test_gradients(void **state UNUSED)
{
    struct battles battles = plant(10, RANDOM, 0, 1);
    double score[ITEMS], eta[PEOPLE], a[ITEMS], b[PEOPLE], unused[PEOPLE];
    const double h = 1e-6;
    battles.n = 500;
    for (uint32_t i = 0; i < ITEMS; i++)
        score[i] = sin(2.0 * i);
    for (uint32_t u = 0; u < PEOPLE; u++)
        eta[u] = 0.2 + 0.007 * u;
    (void)crowd_value(&battles, 0.3, score, eta, a, b);
    for (uint32_t i = 0; i < ITEMS + 12; i++) {
        double *x = i < ITEMS ? &score[i] : &eta[i - ITEMS], slope = i < ITEMS ? a[i] : b[i - ITEMS],
               kept = *x, above, below;
        double other[ITEMS];
        *x = kept + h;
        above = crowd_value(&battles, 0.3, score, eta, other, unused);
        *x = kept - h;
        below = crowd_value(&battles, 0.3, score, eta, other, unused);
        *x = kept;
        assert_true(fabs((above - below) / (2 * h) - slope) < 1e-5 * fmax(1, fabs(slope)));
    }
}

// EM ends where the loss is flat (or eta at an end).
static void test_em_ends_at_a_minimum(void **state UNUSED)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct battles battles = plant(15, RANDOM, 0, 2);
    struct crowd_result result = weigh(&battles, arena);
    double eta[PEOPLE], a[ITEMS], b[PEOPLE];
    for (uint32_t u = 0; u < PEOPLE; u++)
        eta[u] = result.annotators[u].eta;
    (void)crowd_value(&battles, BATTLES_RIDGE, result.score, eta, a, b);
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_true(fabs(a[i]) < 0.3); // of some 1,500 battles an item
    for (uint32_t u = 0; u < PEOPLE; u++)
        assert_true(fabs(b[u]) < 0.3 || eta[u] > 0.99);
    arena_free(arena);
}

static void test_careless_people_are_flagged(void **state UNUSED)
{
    for (int kind = RANDOM; kind <= CONTRARY; kind++) {
        uint32_t found = 0, wrong = 0;
        for (uint64_t r = 0; r < 10; r++) {
            struct arena *arena = arena_new(SIZE_MAX);
            struct battles battles = plant(10, (enum kind)kind, 0, 10 + r);
            struct crowd_result result = weigh(&battles, arena);
            for (uint32_t u = 0; u < PEOPLE; u++) {
                const struct crowd_annotator *own = &result.annotators[u];
                found += u < 10 && own->flagged;
                wrong += u >= 10 && own->flagged;
                assert_true(
                    own->weight >= CROWD_FLOOR && own->weight <= 1 && (own->flagged || own->weight == 1));
            }
            arena_free(arena);
        }
        print_message("%s: %u of 100 flagged, %.1f %% of the others\n",
            kind == RANDOM ? "random" : "contrary", found, wrong / 9.0);
        assert_true(found >= (kind == RANDOM ? 90 : 99));
        assert_true(wrong <= 27); // 3 %
    }
}

// A minority with a taste of its own looks like contrary people. Where it is declared, its flags are contested and all weigh
// the same; where nobody said, the floor keeps it, and the flags of each group can be told (here: by the test).
static void test_a_minority_is_not_erased(void **state UNUSED)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct battles battles = plant(0, HONEST, 20, 31);
    struct crowd_result declared = weigh(&battles, arena), silent = weigh(&battles, arena);
    struct crowd_group groups[2];
    crowd_judge_groups(&declared, group, 2, groups);
    assert_int_equal(groups[1].n_annotators, 20);
    assert_true(groups[1].n_flagged >= 18 && groups[1].contested && !groups[0].contested);
    assert_true(groups[0].n_flagged <= 3);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        assert_true(u < 80 || declared.annotators[u].weight == 1);
        assert_true(silent.annotators[u].weight >= CROWD_FLOOR);
    }
    arena_free(arena);

    // Honest groups are not contested: one in a hundred at most should be.
    uint32_t contested = 0;
    for (uint64_t r = 0; r < 30; r++) {
        arena = arena_new(SIZE_MAX);
        battles = plant(0, HONEST, 0, 100 + r);
        for (uint32_t u = 0; u < PEOPLE; u++)
            group[u] = u % 4 == 0;
        struct crowd_result result = weigh(&battles, arena);
        crowd_judge_groups(&result, group, 2, groups);
        contested += groups[0].contested + groups[1].contested;
        arena_free(arena);
    }
    assert_true(contested <= 2);
}

// Ten per cent of people answer the other way round (CURATRON's setting): the scores stay within the intervals of the clean
// data once people are weighed, and an order that was certain is never turned even if they are not.
static void test_corrupted_people_move_no_verdict(void **state UNUSED)
{
    uint32_t outside = 0, turned = 0, plain_outside = 0;
    for (uint64_t r = 0; r < 10; r++) {
        struct arena *arena = arena_new(SIZE_MAX);
        struct battles_result clean, plain, weighed;
        struct battles_options options = {.davidson = true};
        struct err err;
        struct battles battles = plant(0, HONEST, 0, 200 + r);
        assert_int_equal(battles_fit(&battles, &options, arena, &clean, &err), 0);
        for (uint32_t i = 0; i < 10 * EACH; i++)
            outcome[i] = outcome[i] == FIT_TIE ? FIT_TIE : 1 - outcome[i];
        assert_int_equal(battles_fit(&battles, &options, arena, &plain, &err), 0);
        struct crowd_result result = weigh(&battles, arena);
        for (uint32_t i = 0; i < MANY; i++)
            weight[i] = (float)result.annotators[annotator[i]].weight;
        assert_int_equal(battles_fit(&battles, &options, arena, &weighed, &err), 0);
        for (uint32_t i = 0; i < ITEMS; i++) {
            outside +=
                weighed.items[i].score < clean.items[i].low || weighed.items[i].score > clean.items[i].high;
            plain_outside +=
                plain.items[i].score < clean.items[i].low || plain.items[i].score > clean.items[i].high;
            for (uint32_t j = 0; j < ITEMS; j++)
                turned +=
                    clean.items[i].low > clean.items[j].high && plain.items[j].low > plain.items[i].high;
        }
        arena_free(arena);
    }
    print_message(
        "of 80 scores %u outside the clean intervals unweighed, %u weighed\n", plain_outside, outside);
    assert_int_equal(turned, 0);
    assert_true(plain_outside > 40 && outside <= 2);
}

// Ten per cent of all pairs turned at random, whoever gave them: an item that won 90 % wins 82 %, so all scores shrink towards
// the middle together and those at the ends leave the clean intervals. No order that was certain is turned. That a smaller
// scale is the turned pairs' work can't be told from the pairs, by Crowd-BT as little as by plain Bradley-Terry.
static void test_corrupted_pairs_turn_no_verdict(void **state UNUSED)
{
    uint32_t outside = 0, turned = 0, plain_outside = 0;
    for (uint64_t r = 0; r < 10; r++) {
        struct arena *arena = arena_new(SIZE_MAX);
        struct battles_result clean, plain;
        struct battles_options options = {0};
        struct rng rng;
        struct err err;
        struct battles battles = plant(0, HONEST, 0, 300 + r);
        assert_int_equal(battles_fit(&battles, &options, arena, &clean, &err), 0);
        rng_seed(&rng, r);
        for (uint32_t i = 0; i < MANY; i++)
            outcome[i] = outcome[i] != FIT_TIE && rng_below(&rng, 10) == 0 ? 1 - outcome[i] : outcome[i];
        assert_int_equal(battles_fit(&battles, &options, arena, &plain, &err), 0);
        struct crowd_result result = weigh(&battles, arena);
        for (uint32_t i = 0; i < ITEMS; i++) {
            outside += result.score[i] < clean.items[i].low || result.score[i] > clean.items[i].high;
            plain_outside +=
                plain.items[i].score < clean.items[i].low || plain.items[i].score > clean.items[i].high;
            for (uint32_t j = 0; j < ITEMS; j++)
                turned +=
                    clean.items[i].low > clean.items[j].high && plain.items[j].low > plain.items[i].high;
        }
        arena_free(arena);
    }
    print_message("turned pairs: of 80 scores %u outside the clean intervals, %u by Crowd-BT\n",
        plain_outside, outside);
    assert_int_equal(turned, 0);
}

static void test_what_is_refused(void **state UNUSED)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct battles battles = plant(0, HONEST, 0, 3);
    struct crowd_options options = {0};
    struct crowd_result result;
    struct err err;
    battles.annotator = NULL;
    assert_int_equal(crowd_fit(&battles, &options, arena, &result, &err), ERR_INVALID);
    battles.annotator = annotator;
    weight[2] = NAN;
    assert_int_equal(crowd_fit(&battles, &options, arena, &result, &err), ERR_INVALID);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_em_ends_at_a_minimum),
        cmocka_unit_test(test_careless_people_are_flagged),
        cmocka_unit_test(test_a_minority_is_not_erased),
        cmocka_unit_test(test_corrupted_people_move_no_verdict),
        cmocka_unit_test(test_corrupted_pairs_turn_no_verdict),
        cmocka_unit_test(test_what_is_refused),
    };
    openblas_set_num_threads(1); // as the fit does
    return cmocka_run_group_tests(tests, NULL, NULL);
}
