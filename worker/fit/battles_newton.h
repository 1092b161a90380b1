// The convex problem behind battles.h: battles sorted by pair, its value, gradient and Hessian, and Newton's method. Parts
// of the passes are a pool's; sums are in a fixed order.
#ifndef WORKER_FIT_BATTLES_NEWTON_H
#define WORKER_FIT_BATTLES_NEWTON_H

#include "worker/fit/battles.h"
#include "worker/fit/pool.h"

// A convex function of n parameters, of which the first n_items are scores whose components may each move together.
struct score_problem {
    double (*value)(void *arg, const double *theta, double *gradient, double *hessian);
    void *arg;
    uint32_t n, n_items;
    const uint32_t *component;
};
// From `theta`. Ends with the Cholesky factor of the Hessian at the minimum, gauge included (each component's ones), in
// `factor`, and the value. Returns the number of iterations, or ERR_INTERNAL.
int scores_minimise(
    const struct score_problem *problem, double precision, double *theta, double *factor, double *ret_value);

// Pairs low < high that have battles. Without styles each is three sums of weights; with styles its battles stand in rows
// row_first[3 pair + k] .. row_first[3 pair + k + 1], k = 0: low won, 1: high won, 2: tie.
struct battle_pairs {
    uint32_t n_items, n_pairs, n_styles;
    bool has_nu;
    const uint32_t *low, *high;
    const double *wins_low, *wins_high, *ties; // n_pairs each; unused with styles
    const uint32_t *row_first;
    const float *row_weight, *row_x; // x of low over high, n_styles a row
    const uint32_t *component;       // of each item: the gauge
    uint32_t n_components;
    double ridge;
};

// Parameters: scores, then log nu if has_nu, then styles.
uint32_t battle_parameters(const struct battle_pairs *pairs);
// The objective; gradient and Hessian (column-major, both triangles) unless NULL. Without the gauge.
double battle_value(const struct battle_pairs *pairs, const double *theta, struct pool *pool,
    double *gradient, double *hessian);
// As scores_minimise.
int battle_minimise(const struct battle_pairs *pairs, double precision, struct pool *pool, double *theta,
    double *factor, double *ret_value);

// What battles with weight w and z do to the gradient: d/dz and d/dlog nu, of one battle of outcome k as above.
struct battle_slope {
    double z, nu;
};
struct battle_slope battle_slope(double z, double nu, int k);

#endif
