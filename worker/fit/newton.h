// Quasi-Newton steps from the curvature of a sample: L-BFGS whose first matrix is the inverse of the Hessian of some
// pairs, one Cholesky factor a head. Where a plain L-BFGS takes 30 passes over the data this takes 6 to 10. Heads are
// minimised together: their variables stand behind each other, and one pass is for all of them.
#ifndef WORKER_FIT_NEWTON_H
#define WORKER_FIT_NEWTON_H

#include "worker/fit/pass.h"

enum { NEWTON_MEMORY = 8, NEWTON_COLUMNS_MAX = 1000 };

struct curvature {
    uint32_t k, d;
    uint32_t n_sampled; // pairs to look at; 0: curvature_sample
    float *sampled;     // k x d x d, lower triangles: without the regulariser
    double *factor;     // Cholesky factors of sampled + lambda I
};

void curvature_init(struct curvature *curvature, uint32_t k, uint32_t d);
void curvature_release(struct curvature *curvature);
// Pairs that are looked at: all, a tenth, or enough for the dimensions.
uint32_t curvature_sample(uint32_t n_pairs, uint32_t d);
// The Hessian of sum_j sum_i weight[i * k + j] l(w_j . s_i) from a sample of every n-th pair, whose weights count for
// those left out. w is k x pass->stride; weight gets a pair's index, so q and c need not be multiplied out.
void curvature_measure(struct curvature *curvature, const struct pair_pass *pass, const double *w,
    double (*weight)(void *arg, uint32_t pair, uint32_t head), void *arg);
void curvature_factor(struct curvature *curvature, double lambda, struct pool *pool);

struct newton {
    // f and its gradient at x, both k x d without padding.
    double (*value)(void *arg, const double *x, double *gradient);
    void *arg;
    const struct curvature *curvature;
    double precision; // |g| <= precision max(1, |x|)
    double gain;      // and no step gains more than this, when > 0: either ends it
    int max_steps;
    bool (*stop)(void *arg);
    void *stop_arg;
    // After every step that was taken: may change the function a little, and returns its value at x then.
    double (*stepped)(void *arg, const double *x, double value);
    int n_steps; // that were taken, and passes that were made
    int n_passes;
};

// Minimises from x, never to a greater value than before; returns f.
double newton_minimise(struct newton *newton, double *x);

#endif
