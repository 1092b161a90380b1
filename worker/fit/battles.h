// Scores of items (models, say) from battles: who was preferred to whom, by which annotator. Bradley-Terry, Davidson's model
// of ties, and either with style covariates (contextual Bradley-Terry), by Newton on aggregated cells. Pure: no file, no
// log, no global state. Sums are of fixed buckets in order, so the same battles, options and seed give the same bits with
// any number of threads. Callers keep OpenBLAS at one thread.
//
// z = s_left - s_right + beta . x. Bradley-Terry: P(left) = 1 / (1 + e^-z), a tie counts half each way. Davidson (1970, JASA
// 65): P(left), P(right), P(tie) are as e^(z/2), e^(-z/2), nu, which is jointly convex in (s, beta, log nu).
// x = (A - B) / (A + B + 1) of each style, over its standard deviation with every battle written both ways round, which
// makes its mean 0: scores do not depend on which side a battle was written.
//
// What is minimised is the negative log-likelihood plus ridge / 2 of the squares of all parameters. The ridge is small (a
// normal prior of standard deviation 10): it decides where the battles do not, and moves nothing that they decide.
#ifndef WORKER_FIT_BATTLES_H
#define WORKER_FIT_BATTLES_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"

enum {
    BATTLES_ITEMS_MAX = 1000,
    BATTLES_STYLES_MAX = 16,
    BATTLES_MAX = 100 * 1000 * 1000,
    BATTLES_ANNOTATORS_MIN = 10, // fewer say nothing of their spread: no intervals
    BATTLES_BOOTSTRAPS_MAX = 10000,
};
#define BATTLES_RIDGE 0.01
#define BATTLES_WEIGHT_MAX 1e6

// All arrays are the caller's and only read.
struct battles {
    uint32_t n_items, n, n_annotators, n_styles;
    const uint32_t *left, *right; // items
    const uint8_t *outcome;       // enum fit_outcome
    const float *weight;          // NULL: all 1
    const uint32_t *annotator;    // NULL: each battle is another's
    const float *style_left,
        *style_right; // n x n_styles amounts, 0 and up (tokens, headers, lists, bold); NULL: none
};

enum battles_interval {
    BATTLES_SANDWICH, // H^-1 (sum_u G_u G_u') H^-1, G_u the gradient of annotator u's battles; Student's t of annotators - 1
    BATTLES_BOOTSTRAP, // over annotators: percentiles
    BATTLES_FISHER, // H^-1. For comparison only: it takes battles of one annotator for independent, and ties for noise
};

struct battles_options {
    bool davidson; // else ties count half. Without a tie in the data it is Bradley-Terry
    enum battles_interval interval;
    double ridge;           // 0: BATTLES_RIDGE
    double annotator_share; // greatest share of the total weight one annotator may hold; 0: no cap
    uint32_t n_bootstraps;  // 0: 200
    uint64_t seed;
    uint32_t n_threads; // 0: 1
};

enum battles_place {
    BATTLES_SETTLED, // in the greatest set of its component in which everybody is tied to everybody by wins both ways
    BATTLES_UNBOUNDED,  // never lost to it, directly or by others: there is no upper end
    BATTLES_BOUNDLESS,  // never won against it: there is no lower end
    BATTLES_UNCOMPARED, // neither: the battles do not say where it stands
    BATTLES_ABSENT,     // in no battle
};

struct battles_item {
    uint32_t component; // scores of two components are not comparable
    enum battles_place place;
    uint32_t n;                // battles
    double wins, losses, ties; // weights
    double score; // the mean of the component's settled items is 0; where it is not settled, the ridge's word
    double standard_error; // NaN unless settled and there are enough annotators
    double low, high;      // 95 %; NaN as above
};

struct battles_component {
    uint32_t n_items, n_settled;
};

struct battles_result {
    uint32_t n_items, n_components, n_annotators, n_styles; // annotators who judged
    uint32_t n;                                             // battles of weight above 0
    struct battles_item *items;
    struct battles_component *components; // of at least two items first, by number of items
    bool has_nu, has_intervals;
    double nu;                                            // Davidson
    double *style, *style_error, *style_low, *style_high; // a standard deviation's worth of logits
    double log_likelihood;
    uint32_t n_iterations;
};

// Memory of the result is the arena's. ERR_INVALID: an index or outcome out of range, an item against itself, a weight or
// style that is no number or out of bounds (the message names the battle), no battles, nothing but ties. ERR_LIMIT: too
// many. ERR_INTERNAL: the solver did not converge, which convexity and the ridge do not allow.
int battles_fit(const struct battles *battles, const struct battles_options *options, struct arena *arena,
    struct battles_result *ret_result, struct err *err) MUST_CHECK;

// The 0.975 quantile of Student's t: exact for 1 and 2 degrees of freedom, else Abramowitz and Stegun (1964) 26.7.5.
double battles_student(double freedom);

#endif
