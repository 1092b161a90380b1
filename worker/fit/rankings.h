// Scores of items from rankings: Plackett-Luce, by Newton on the logarithms of worths. Pure.
//
// A ranking is of the items it shows: the first is chosen of all of them, the next of the rest, and so on (Plackett 1975,
// Appl. Stat. 24; Luce 1959). Partial ranks are of two kinds, and both may be mixed: a part of the items was shown (a
// sub-ranking), and of those shown only the best few were put in order, the others being below them in no order (top-k).
// The loss of a stage that chooses i of the set A is log sum_A e^s - s_i; plus ridge / 2 of the squares (battles.h).
#ifndef WORKER_FIT_RANKINGS_H
#define WORKER_FIT_RANKINGS_H

#include "worker/fit/battles.h"

enum { RANKINGS_SHOWN_MAX = 100 }; // items of a ranking

// All arrays are the caller's and only read.
struct rankings {
    uint32_t n_items, n, n_annotators;
    const uint32_t *first;     // n + 1: where each ranking's items begin in `item`
    const uint32_t *item;      // best first
    const uint32_t *n_ordered; // of each ranking: how many are in order; NULL: all
    const float *weight;       // NULL: all 1
    const uint32_t *annotator; // NULL: each ranking is another's
};

// Of the options ridge and interval (sandwich or Fisher; no bootstrap) are used. A result as battles_fit's: `wins` and
// `losses` are of the pairs that the rankings put in order, and `n` of an item counts rankings. Errors as battles_fit's.
int rankings_fit(const struct rankings *rankings, const struct battles_options *options, struct arena *arena,
    struct battles_result *ret_result, struct err *err) MUST_CHECK;

// The loss with gradient (n_items) and Hessian (n_items^2), for tests.
double rankings_value(
    const struct rankings *rankings, double ridge, const double *score, double *gradient, double *hessian);

#endif
