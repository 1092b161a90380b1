#include "reward/metrics.h"

#include "base/rng.h"
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

static void by_hand(void **state UNUSED)
{
    static const struct metrics_row rows[] = {
        {.z = 1, .y = 1, .weight = 1, .annotator = 7},
        {.z = -1, .y = 1, .weight = 2, .annotator = 7},
        {.z = 0, .y = 0, .weight = 1, .annotator = 3},
        {.z = 2, .y = 0.5, .weight = 4, .annotator = 3},
    };
    struct metrics metrics;
    metrics_compute(rows, ARRAY_SIZE(rows), &metrics);
    near(metrics.accuracy, (1 + 0.5) / 4, 1e-12); // the tie has no right side
    double loss = predict_logistic_loss(1) + 2 * predict_logistic_loss(-1) + log(2) +
                  4 * (predict_logistic_loss(2) / 2 + predict_logistic_loss(-2) / 2);
    near(metrics.log_loss, loss / 8, 1e-12);
    assert_int_equal(metrics.n_rows, 4);
    assert_int_equal(metrics.n_annotators, 2);
    near(metrics.weight, 8, 0);
    metrics_compute(NULL, 0, &metrics);
    near(metrics.accuracy, 0.5, 0);
    near(metrics.log_loss, log(2), 1e-12);
}

// Rows of a model that is calibrated: y drawn with probability sigmoid(scale z).
static struct metrics_row *draw(size_t n, uint32_t n_annotators, double scale, uint64_t seed)
{
    struct metrics_row *rows = calloc(n, sizeof(*rows));
    struct rng rng;
    rng_seed(&rng, seed);
    assert_non_null(rows);
    for (size_t i = 0; i < n; i++) {
        double z = 1.5 * rng_normal(&rng);
        rows[i] = (struct metrics_row){.z = z,
            .y = rng_uniform(&rng) < predict_sigmoid(scale * z),
            .weight = 1,
            .annotator = (uint32_t)(i % n_annotators)};
    }
    return rows;
}

static void turning_pairs_round_changes_nothing(void **state UNUSED)
{
    struct metrics_row *rows = draw(2000, 20, 1, 1);
    struct metrics before, after;
    metrics_compute(rows, 2000, &before);
    for (size_t i = 0; i < 2000; i += 3) {
        rows[i].z = -rows[i].z;
        rows[i].y = 1 - rows[i].y;
    }
    metrics_compute(rows, 2000, &after);
    near(before.accuracy, after.accuracy, 1e-12);
    near(before.log_loss, after.log_loss, 1e-12);
    near(before.auc, after.auc, 1e-12);
    near(before.ece, after.ece, 1e-12);
    free(rows);
}

static void auc_of_all_pairs(void **state UNUSED)
{
    enum { N = 60 };
    struct metrics_row *rows = draw(N, 5, 1, 2);
    struct metrics metrics;
    double wins = 0;
    rows[3].z = rows[4].z = 0.5; // an equal key
    rows[3].y = 1;
    rows[4].y = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            double a = rows[i].y > 0.5 ? rows[i].z : -rows[i].z, b = rows[j].y > 0.5 ? rows[j].z : -rows[j].z;
            wins += a > -b ? 1 : a == -b ? 0.5 : 0;
        }
    }
    metrics_compute(rows, N, &metrics);
    near(metrics.auc, wins / (N * N), 1e-12);
    free(rows);
}

static void calibration_is_seen(void **state UNUSED)
{
    struct metrics_row *good = draw(30000, 50, 1, 3), *over = draw(30000, 50, 0.25, 3);
    struct metrics metrics;
    metrics_compute(good, 30000, &metrics);
    assert_true(metrics.ece < 0.015);
    metrics_compute(over, 30000, &metrics);
    assert_true(metrics.ece > 0.1);
    near(metrics_temperature(good, 30000), 1, 0.05);
    near(metrics_temperature(over, 30000), 0.25, 0.02);
    for (size_t i = 0; i < 30000; i++)
        over[i].z *= 0.25;
    metrics_compute(over, 30000, &metrics);
    assert_true(metrics.ece < 0.015);
    struct metrics_row none = {.z = 0, .y = 1, .weight = 1};
    near(metrics_temperature(&none, 1), 1, 0);
    struct metrics_row backwards = {.z = -1, .y = 1, .weight = 1};
    near(metrics_temperature(&backwards, 1), 1 / 64.0, 1e-6);
    free(good);
    free(over);
}

// The share of 200 studies whose interval holds the truth; people differ, so rows of one person hang together.
static void intervals_cover(void **state UNUSED)
{
    enum { PEOPLE = 40, EACH = 20, STUDIES = 200 };
    struct rng rng;
    rng_seed(&rng, 9);
    int covered = 0;
    for (int study = 0; study < STUDIES; study++) {
        struct metrics_row rows[PEOPLE * EACH];
        for (uint32_t i = 0; i < PEOPLE * EACH; i++) {
            static double skill;
            if (i % EACH == 0)
                skill = 0.4 + 0.4 * rng_uniform(&rng); // mean 0.6
            rows[i] = (struct metrics_row){
                .z = rng_uniform(&rng) < skill ? 1 : -1, .y = 1, .weight = 1, .annotator = i / EACH};
        }
        struct metrics_interval interval = metrics_accuracy_interval(rows, PEOPLE * EACH, 1);
        covered += interval.low <= 0.6 && 0.6 <= interval.high;
    }
    assert_true(covered >= 180 && covered <= 199);
}

static void few_people_say_nothing(void **state UNUSED)
{
    struct metrics_row rows[] = {{.z = 1, .y = 1, .weight = 1}, {.z = 1, .y = 1, .weight = 1}};
    struct metrics_interval interval = metrics_accuracy_interval(rows, 2, 1);
    near(interval.low, 0, 0);
    near(interval.high, 1, 0);
    assert_true(metrics_log_loss_interval(rows, 2, 1).high > 40);
}

static void gain_for_the_worst_off(void **state UNUSED)
{
    enum { N = 4000 };
    struct metrics_row *a = draw(N, 80, 1, 4), *b = calloc(N, sizeof(*b));
    uint32_t group[N];
    assert_non_null(b);
    memcpy(b, a, N * sizeof(*b));
    for (size_t i = 0; i < N; i++) {
        group[i] = a[i].annotator < 60 ? 0 : a[i].annotator < 75 ? 1 : UINT32_MAX;
        if (group[i] == 1)
            b[i].z = -b[i].z; // b gets the second group wrong
    }
    struct metrics_gain gain, again, none;
    metrics_worst_gain(a, b, N, group, 2, 1, &gain);
    metrics_worst_gain(a, b, N, group, 2, 1, &again);
    assert_memory_equal(&gain, &again, sizeof(gain));
    assert_true(gain.accuracy_interval.low > 0 && gain.log_loss_interval.low > 0);
    assert_true(gain.accuracy > gain.accuracy_interval.low && gain.accuracy < gain.accuracy_interval.high);
    metrics_worst_gain(a, a, N, group, 2, 1, &none);
    near(none.accuracy, 0, 0);
    near(none.accuracy_interval.high, 0, 0);
    // Noise of no use is no gain.
    struct rng rng;
    rng_seed(&rng, 6);
    for (size_t i = 0; i < N; i++)
        b[i].z = a[i].z + 0.3 * rng_normal(&rng);
    metrics_worst_gain(b, a, N, group, 2, 1, &none);
    assert_true(none.log_loss_interval.low < 0);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(turning_pairs_round_changes_nothing),
        cmocka_unit_test(auc_of_all_pairs),
        cmocka_unit_test(calibration_is_seen),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(few_people_say_nothing),
        cmocka_unit_test(gain_for_the_worst_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
