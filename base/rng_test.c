#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// The first numbers of xoshiro256** from state {1, 2, 3, 4}, as the authors' program prints them.
static void first_numbers_are_the_published_ones(void **state UNUSED)
{
    struct rng rng = {.state = {1, 2, 3, 4}};
    static const uint64_t expected[] = {UINT64_C(11520), UINT64_C(0), UINT64_C(1509978240),
        UINT64_C(1215971899390074240), UINT64_C(1216172134540287360), UINT64_C(607988272756665600)};
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
        assert_true(rng_u64(&rng) == expected[i]);
}

static void below_is_even(void **state UNUSED)
{
    struct rng rng;
    int counts[7] = {0};
    rng_seed(&rng, 5);
    for (int i = 0; i < 70000; i++)
        counts[rng_below(&rng, 7)]++;
    double chi = 0;
    for (int i = 0; i < 7; i++)
        chi += (counts[i] - 10000.0) * (counts[i] - 10000.0) / 10000.0;
    assert_true(chi < 22.46); // 99.9 % of chi-square with 6 degrees; the seed is fixed
}

static void normal_has_its_moments(void **state UNUSED)
{
    struct rng rng;
    double sum = 0, squares = 0;
    rng_seed(&rng, 9);
    for (int i = 0; i < 100000; i++) {
        double x = rng_normal(&rng);
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(sum / 100000) < 0.015);
    assert_true(fabs(squares / 100000 - 1) < 0.02);
}

static void shuffle_keeps_everybody(void **state UNUSED)
{
    struct rng rng;
    uint32_t items[50];
    bool seen[50] = {false};
    for (uint32_t i = 0; i < 50; i++)
        items[i] = i;
    rng_seed(&rng, 1);
    rng_shuffle(&rng, items, 50);
    int moved = 0;
    for (uint32_t i = 0; i < 50; i++) {
        seen[items[i]] = true;
        moved += items[i] != i;
    }
    for (int i = 0; i < 50; i++)
        assert_true(seen[i]);
    assert_true(moved > 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_numbers_are_the_published_ones),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(normal_has_its_moments),
        cmocka_unit_test(shuffle_keeps_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
