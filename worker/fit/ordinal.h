// Ratings on an ordered scale, by people: a cumulative logit (McCullagh 1980) with each annotator's own coefficients,
//   P(rating <= level l | annotator a, response) = sigmoid(threshold_l - c_a . x),   c_a ~ Normal(mean, covariance),
// x beginning with 1: how high somebody rates, then how they follow the rewards. By turns: people (jurors.h), thresholds. Pure.
#ifndef WORKER_FIT_ORDINAL_H
#define WORKER_FIT_ORDINAL_H

#include "worker/fit/jurors.h"

enum { ORDINAL_LEVELS_MAX = 101 };

struct rated {
    uint32_t n, k, n_annotators, n_levels; // levels from 0
    const double *x;                       // n x k, x[0] = 1
    const uint32_t *first;                 // ratings of annotator a: first[a] .. first[a + 1] - 1
    const uint8_t *level;
    const double *weight;
};

struct ordinal {
    uint32_t n_levels;
    double *threshold;    // n_levels - 1, ascending
    struct jurors people; // the mean of their first coefficient is 0: the thresholds say it
};

// `start` (k), `shapes` and the arena as in jurors_fit. Two levels at least must occur.
void ordinal_fit(const struct rated *rated, const double *start, const bool *shapes, struct arena *arena,
    struct ordinal *ret_ordinal);

// The chance of each level (n_levels) for somebody with these coefficients, known as well as `covariance` says.
void ordinal_foretell(const struct ordinal *ordinal, const double *coefficient, const double *covariance,
    const double *x, double *ret_chance);

// The mean loss of the ratings as a function of the thresholds, written as the lowest and the logarithms of the steps, and its gradient, for
// tests; `eta` of the ratings.
struct ordinal_levels {
    const struct rated *rated;
    const double *eta;
};
double ordinal_value(void *levels, const double *parameters, double *gradient);

#endif
