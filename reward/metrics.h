// How good predictions of pairwise judgments are. Pure and deterministic: sums in the order of the rows, bootstrap by a
// seeded generator. A row is a logit z (positive: the first response is predicted), a target y (1, 0, or 0.5 for a
// tie), a weight and the annotator's index. Nothing depends on which response of a pair stands first.
#ifndef REWARD_METRICS_H
#define REWARD_METRICS_H

#include "base/base.h"

enum { METRICS_ECE_BINS = 15, METRICS_BOOTSTRAPS = 1000 };

struct metrics_row {
    double z, y, weight;
    uint32_t annotator;
};

struct metrics {
    double accuracy; // ties in y left out, z == 0 counts half; NaN is never returned: 0.5 without a row
    double log_loss; // ties count half each way
    double auc;      // of the signed margins against their mirror: 0.5 is chance
    double ece;      // 15 bins of equal mass over the predicted side's probability
    uint32_t n_rows, n_annotators;
    double weight;
};

void metrics_compute(const struct metrics_row *rows, size_t n_rows, struct metrics *ret_metrics);

struct metrics_interval {
    double low, high;
};

// 95 % percentile interval of the accuracy (log-loss), annotators resampled with replacement: the judgments of one
// person hang together. With fewer than two annotators it is [0, 1] ([0, infinity) is written as low and high of
// the loss's bound log 2 * 64): nothing is known.
struct metrics_interval metrics_accuracy_interval(
    const struct metrics_row *rows, size_t n_rows, uint64_t seed);
struct metrics_interval metrics_log_loss_interval(
    const struct metrics_row *rows, size_t n_rows, uint64_t seed);

// Gain of model a over model b for the worst-off group: min_g accuracy_a - min_g accuracy_b, and max_g log-loss_b -
// max_g log-loss_a; the minima are taken anew in every resample, so that picking the worst group on the same rows is
// inside the interval. rows_a and rows_b are the same judgments in the same order; group[i] < n_groups, or
// UINT32_MAX for a row that belongs to none.
struct metrics_gain {
    double accuracy, log_loss;
    struct metrics_interval accuracy_interval, log_loss_interval;
};
void metrics_worst_gain(const struct metrics_row *rows_a, const struct metrics_row *rows_b, size_t n_rows,
    const uint32_t *group, uint32_t n_groups, uint64_t seed, struct metrics_gain *ret_gain);

// 95 % percentile interval of sum(weight value) / sum(weight), clusters (annotators; prompts where one person said it all) resampled with
// replacement. With fewer than two clusters nothing is known: low and high are minus and plus the loss's bound.
struct metrics_interval metrics_mean_interval(
    const double *value, const double *weight, const uint32_t *cluster, size_t n, uint64_t seed);

// The area under the curve of scores of two kinds, ties counted half; 0.5 where one kind is missing.
double metrics_auc(const double *score, const bool *positive, const double *weight, size_t n);

// The calibration curve: at most n_bins (METRICS_ECE_BINS at most) bins of equal mass over the predicted side's
// probability, the same that the ECE is made of where there are 15; says how many. `observed` is the share of that side
// (ties count half), its interval over annotators.
struct metrics_bin {
    double predicted, observed, weight;
    struct metrics_interval interval;
    uint32_t n_annotators;
};
size_t metrics_calibration(const struct metrics_row *rows, size_t n_rows, size_t n_bins, uint64_t seed,
    struct metrics_bin *ret_bins);

// The unweighted mean over groups of their accuracy and log-loss, with the accuracy's 95 % interval over annotators. A
// row that is in several groups (of several questions) stands once for each.
struct metrics_group_mean {
    double accuracy, log_loss;
    struct metrics_interval interval;
};
void metrics_group_mean(const struct metrics_row *rows, const uint32_t *group, size_t n_rows,
    uint32_t n_groups, uint64_t seed, struct metrics_group_mean *ret_mean);

// The least mean of any group as it was predicted, as it came, and by how much more was predicted, with a 95 % interval
// over annotators; the minima are taken anew in every resample. Some group has weight.
struct metrics_pair {
    double predicted, realised, weight; // shares, 0 .. 1
    uint32_t annotator, group;
};
struct metrics_least_gap {
    double predicted, realised, gap;
    struct metrics_interval interval;
};
void metrics_least_gap(const struct metrics_pair *pairs, size_t n, uint32_t n_groups, uint64_t seed,
    struct metrics_least_gap *ret_gap);

// Jensen-Shannon distance, the square root of the divergence in bits (Lin 1991, IEEE Trans. Inf. Theory 37; Endres and
// Schindelin 2003 for the root), of two outcomes with chances p, 1 - p and q, 1 - q: 0 alike, 1 opposed.
double metrics_js_distance(double p, double q);
// What that distance is on the average between p and the share among n who each say so with chance p: what is left
// where p is right. Exact, by the binomial distribution.
double metrics_js_by_chance(double p, uint32_t n);

// The temperature that minimises the weighted log-loss of sigmoid(tau z), within 1/64 .. 64; 1 when the rows say
// nothing. Bisection on log tau.
double metrics_temperature(const struct metrics_row *rows, size_t n_rows);

#endif
