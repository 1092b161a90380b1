#include "worker/opinion/kmeans.h"

#include "base/rng.h"
#include "worker/opinion/ratio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// 16 decimal digits on the way to a double: the second value is what the reference has for 4 of 107, the first what division has.
static void test_ratios_are_decimal(void **state)
{
    (void)state;
    assert_true(ratio_decimal(4, 107) == 0.03738317757009346);
    assert_true(ratio_decimal(4, 107) != 4.0 / 107);
    assert_true(ratio_decimal(-4, 107) == -0.03738317757009346);
    assert_true(ratio_decimal(1, 3) == 0.3333333333333333);
    assert_true(ratio_decimal(2, 3) == 0.6666666666666667);
    assert_true(ratio_decimal(6, 3) == 2 && ratio_decimal(0, 5) == 0);
    assert_true(ratio_decimal(1, 2000000000) == 5e-10);
}

static void test_two_clusters_by_hand(void **state)
{
    (void)state;
    double x[] = {0, 1, 10, 11}, y[] = {0, 0, 0, 0};
    int32_t of[4];
    struct points points = {.n = 4, .x = x, .y = y};
    struct clusters clusters = {.of = of};
    kmeans(&points, 2, 20, &clusters);
    // Starts at 0 and 1; then {0} and {1, 10, 11}; then {0, 1} and {10, 11}.
    assert_int_equal(clusters.n, 2);
    assert_true(of[0] == 0 && of[1] == 0 && of[2] == 1 && of[3] == 1);
    assert_true(clusters.list[0].x == 0.5 && clusters.list[1].x == 10.5);
}

static void test_a_tie_goes_to_the_last_centre(void **state)
{
    (void)state;
    double x[] = {0, 2, 1}, y[] = {0, 0, 0};
    int32_t of[3];
    struct points points = {.n = 3, .x = x, .y = y};
    struct clusters clusters = {.of = of};
    kmeans(&points, 2, 0, &clusters);
    assert_true(of[0] == 0 && of[1] == 1 && of[2] == 1);
    assert_true(clusters.list[1].x == 1.5);
}

static void test_duplicates_are_one_centre(void **state)
{
    (void)state;
    double x[] = {3, 3, 3, 4}, y[] = {1, 1, 1, 1};
    int32_t of[4];
    struct points points = {.n = 4, .x = x, .y = y};
    struct clusters clusters = {.of = of};
    kmeans(&points, 3, 20, &clusters);
    assert_int_equal(clusters.n, 2);
    struct clusters alone = {.of = of};
    points.n = 1;
    kmeans(&points, 100, 20, &alone);
    assert_true(alone.n == 1 && alone.list[0].n == 1);
    struct clusters none = {.of = of};
    points.n = 0;
    kmeans(&points, 2, 20, &none);
    assert_int_equal(none.n, 0);
}

static void test_weights(void **state)
{
    (void)state;
    double x[] = {0, 3, 100}, y[] = {0, 0, 0};
    uint32_t weight[] = {2, 1, 1};
    int32_t of[3];
    struct points points = {.n = 3, .x = x, .y = y, .weight = weight};
    struct clusters clusters = {.of = of};
    kmeans(&points, 2, 20, &clusters);
    assert_int_equal(clusters.n, 2);
    assert_true(of[0] == of[1] && of[2] != of[0]);
    assert_true(fabs(clusters.list[0].x - 1) < 1e-12);
}

// Earlier clusters: the members' mean first; what is too few is made up by the most distant point.
static void test_from_earlier(void **state)
{
    (void)state;
    double x[] = {0, 1, 10, 30}, y[] = {0, 0, 0, 0};
    int32_t of[] = {0, 0, 1, -1};
    struct points points = {.n = 4, .x = x, .y = y};
    struct clusters clusters = {.n = 2, .of = of, .list = {{.id = 4}, {.id = 7}}};
    kmeans(&points, 3, 20, &clusters);
    assert_int_equal(clusters.n, 3);
    assert_true(clusters.list[0].id == 4 && clusters.list[1].id == 7 && clusters.list[2].id == 8);
    assert_true(of[0] == 0 && of[1] == 0 && of[2] == 1 && of[3] == 2);
}

static void test_silhouette_by_hand(void **state)
{
    (void)state;
    double x[] = {0, 1, 5}, y[] = {0, 0, 0}, apart[9];
    int32_t of[] = {0, 0, 1};
    struct points points = {.n = 3, .x = x, .y = y};
    struct clusters clusters = {.n = 2, .of = of, .list = {{.n = 2}, {.n = 1}}};
    for (int i = 0; i < 9; i++)
        apart[i] = fabs(x[i / 3] - x[i % 3]);
    // (5 - 1) / 5, (4 - 1) / 4, 0 for one alone
    assert_true(fabs(kmeans_silhouette(&points, &clusters, apart) - (0.8 + 0.75) / 3) < 1e-15);
}

// Looking only at near centres finds what looking at all finds, ties and duplicates included.
static void test_nearest_is_nearest(void **state)
{
    (void)state;
    enum { N = 400, K = 30 };
    double x[N], y[N];
    int32_t of[N];
    struct rng rng;
    rng_seed(&rng, 3);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < N; i++) {
            x[i] = round % 2 == 0 ? (double)rng_below(&rng, 12) : rng_normal(&rng);
            y[i] = round % 2 == 0 ? (double)rng_below(&rng, 12) : rng_normal(&rng);
        }
        struct points points = {.n = N, .x = x, .y = y};
        struct clusters clusters = {.of = of}, start = {.of = of};
        kmeans(&points, K, 0, &clusters);
        uint32_t n = 0;
        for (int i = 0; i < N && n < K; i++) {
            bool seen = false;
            for (uint32_t c = 0; c < n; c++)
                seen = seen || (start.list[c].x == x[i] && start.list[c].y == y[i]);
            if (!seen)
                start.list[n++] = (struct cluster){.x = x[i], .y = y[i]};
        }
        for (int i = 0; i < N; i++) {
            uint32_t best = 0;
            double least = INFINITY;
            for (uint32_t c = 0; c < n; c++) {
                double dx = x[i] - start.list[c].x, dy = y[i] - start.list[c].y,
                       far = sqrt(dx * dx + dy * dy);
                if (far <= least) {
                    least = far;
                    best = c;
                }
            }
            assert_int_equal(clusters.list[of[i]].id, best);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratios_are_decimal),
        cmocka_unit_test(test_two_clusters_by_hand),
        cmocka_unit_test(test_a_tie_goes_to_the_last_centre),
        cmocka_unit_test(test_duplicates_are_one_centre),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_from_earlier),
        cmocka_unit_test(test_silhouette_by_hand),
        cmocka_unit_test(test_nearest_is_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
