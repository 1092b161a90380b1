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

// scipy.spatial.distance.jensenshannon([1.0, 0.0], [0.5, 0.5]) is 0.46450140402245893 in nats, as its manual shows.
static void distributions_by_published_numbers(void **state UNUSED)
{
    near(metrics_js_distance(1, 0.5) * sqrt(log(2)), 0.46450140402245893, 1e-15);
    near(metrics_js_distance(0, 1), 1, 0);
    near(metrics_js_distance(0.3, 0.3), 0, 0);
    near(metrics_js_distance(0.2, 0.7), metrics_js_distance(0.7, 0.2), 1e-15);
    // Of two who each toss a coin: half the time both say the same.
    near(metrics_js_by_chance(0.5, 2), metrics_js_distance(1, 0.5) / 2, 1e-12);
    near(metrics_js_by_chance(0.9, 1), 0.9 * metrics_js_distance(1, 0.9) + 0.1 * metrics_js_distance(0, 0.9),
        1e-12);
    assert_true(metrics_js_by_chance(0.5, 1000) < 0.02);
    near(metrics_js_by_chance(1, 5), 0, 0);
}

static void a_curve_by_hand(void **state UNUSED)
{
    // Two bins of mass 3: the unsure (one hit, one miss, a tie) and the sure (a hit of weight 2, a miss).
    static const struct metrics_row rows[] = {
        {.z = 0.1, .y = 1, .weight = 1, .annotator = 1},
        {.z = -0.2, .y = 1, .weight = 1, .annotator = 2},
        {.z = 0.3, .y = 0.5, .weight = 1, .annotator = 1},
        {.z = -2, .y = 0, .weight = 2, .annotator = 3},
        {.z = 3, .y = 0, .weight = 1, .annotator = 4},
    };
    struct metrics_bin bins[2];
    assert_int_equal(metrics_calibration(rows, ARRAY_SIZE(rows), 2, 1, bins), 2);
    near(bins[0].observed, 0.5, 1e-12);
    near(bins[0].predicted, (predict_sigmoid(0.1) + predict_sigmoid(0.2) + predict_sigmoid(0.3)) / 3, 1e-12);
    near(bins[0].weight, 3, 0);
    assert_int_equal(bins[0].n_annotators, 2);
    near(bins[1].observed, 2.0 / 3, 1e-12);
    near(bins[1].predicted, (2 * predict_sigmoid(2) + predict_sigmoid(3)) / 3, 1e-12);
    // With fifteen bins the curve is what the ECE is made of.
    struct metrics_row *many = draw(900, 30, 0.5, 4);
    struct metrics_bin all[METRICS_ECE_BINS];
    struct metrics metrics;
    double error = 0;
    size_t n = metrics_calibration(many, 900, METRICS_ECE_BINS, 1, all);
    assert_int_equal(n, METRICS_ECE_BINS);
    for (size_t i = 0; i < n; i++) {
        error += all[i].weight * fabs(all[i].predicted - all[i].observed) / 900;
        assert_true(all[i].interval.low <= all[i].observed && all[i].observed <= all[i].interval.high);
    }
    metrics_compute(many, 900, &metrics);
    near(error, metrics.ece, 1e-12);
    free(many);
}

static void the_mean_of_groups_by_hand(void **state UNUSED)
{
    // Group 0: one of two right; group 1, a single person's: all three right.
    static const struct metrics_row rows[] = {
        {.z = 1, .y = 1, .weight = 1, .annotator = 1},
        {.z = 1, .y = 0, .weight = 1, .annotator = 2},
        {.z = 1, .y = 1, .weight = 1, .annotator = 3},
        {.z = 1, .y = 1, .weight = 2, .annotator = 3},
    };
    static const uint32_t group[] = {0, 0, 1, 1};
    struct metrics_group_mean mean;
    metrics_group_mean(rows, group, ARRAY_SIZE(rows), 2, 1, &mean);
    near(mean.accuracy, (0.5 + 1) / 2, 1e-12);
    double right = predict_logistic_loss(1), wrong = predict_logistic_loss(-1);
    near(mean.log_loss, ((right + wrong) / 2 + right) / 2, 1e-12);
    assert_true(mean.interval.low < 0.75 && mean.interval.high > 0.75);
}

static void the_least_mean_is_compared_with_the_least(void **state UNUSED)
{
    // Predicted the groups have .6 and .5, realised .3 and .9: the minima are of different groups.
    static const struct metrics_pair pairs[] = {
        {.predicted = 0.6, .realised = 0.3, .weight = 1, .annotator = 1, .group = 0},
        {.predicted = 0.4, .realised = 1, .weight = 1, .annotator = 2, .group = 1},
        {.predicted = 0.6, .realised = 0.8, .weight = 1, .annotator = 3, .group = 1},
    };
    struct metrics_least_gap gap;
    metrics_least_gap(pairs, ARRAY_SIZE(pairs), 2, 1, &gap);
    near(gap.predicted, 0.5, 1e-12);
    near(gap.realised, 0.3, 1e-12);
    near(gap.gap, 0.2, 1e-12);
    assert_true(gap.interval.low <= 0.2 && gap.interval.high >= 0.2);
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
        cmocka_unit_test(distributions_by_published_numbers),
        cmocka_unit_test(a_curve_by_hand),
        cmocka_unit_test(the_mean_of_groups_by_hand),
        cmocka_unit_test(the_least_mean_is_compared_with_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
