// Battles checked and sorted by cell, and the comparison graph they make. Between battles.c, its intervals and the tests.
#ifndef WORKER_FIT_BATTLES_SORT_H
#define WORKER_FIT_BATTLES_SORT_H

#include "worker/fit/battles_newton.h"

struct sorted_battles {
    struct battle_pairs pairs;
    uint32_t n_rows, n_annotators;      // battles of weight above 0, and who gave them, numbered anew
    uint32_t *row_annotator, *row_cell; // cell 3 pair + k
    float *row_weight, *row_x;          // capped; over the standard deviation
    double *style_deviation;            // 0: this style never differed
    double total, ties;                 // weight
    struct pool *pool;
};

int battles_sort(const struct battles *battles, const struct battles_options *options, struct arena *arena,
    struct sorted_battles *ret_sorted, struct err *err) MUST_CHECK;

// Components, and where each item stands in its own (battles.h). Fills component, place of `items` and the pairs' component.
void battles_components(struct sorted_battles *sorted, struct arena *arena, struct battles_result *result);

// Moves the scores so that the settled items of each component have mean 0. `theta` begins with the scores.
void battles_centre(const struct battles_result *result, double *theta);

// battles_interval.c: standard errors and intervals of the result's items and styles. `factor`: the Hessian's, from
// battle_minimise, overwritten.
int battles_intervals(const struct sorted_battles *sorted, const struct battles_options *options,
    const double *theta, double *factor, struct battles_result *result, struct err *err) MUST_CHECK;
// Parts of it that rankings.c uses. The inverse from the Cholesky factor, in place, both triangles; ERR_INTERNAL.
int battles_invert(double *factor, uint32_t n) MUST_CHECK;
// S becomes H^-1 S H^-1 people / (people - 1); of S the lower triangle is read.
void battles_sandwich(double *s, const double *inverse, uint32_t n, double people);
// Standard errors and ends of the items from the parameters' covariance (n x n), under the gauge of battles_centre.
void battles_item_intervals(const double *v, uint32_t n, double quantile, struct battles_result *result);

#endif
