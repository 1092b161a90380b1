// Each annotator's own coefficients on a few rewards: a hierarchical logistic model,
//   P(left | annotator a, pair i) = sigmoid(c_a . x_i),   c_a ~ Normal(mean, covariance),
// by EM with Laplace's approximation: each c_a at its posterior mode, with the curvature there. Somebody who judged little stays near
// the mean; nobody's coefficients run away. Pure; sums run in the order of annotators and of their pairs.
#ifndef WORKER_FIT_JURORS_H
#define WORKER_FIT_JURORS_H

#include "base/arena.h"
#include "reward/jury.h"
#include "worker/fit/pairs.h"

struct jurors {
    uint32_t k, n_annotators;
    double *mean, *covariance;       // k, k x k
    double *coefficient, *posterior; // n_annotators x k, n_annotators x k x k
    int iterations;
};

// `x` is pairs->n x k: the differences left - right of the rewards. Only annotators with pairs and, unless `shapes` is NULL,
// shapes[a], make the mean and the covariance; the others' coefficients follow from these and their own pairs, if any.
void jurors_fit(const double *x, uint32_t k, const struct pairs *pairs, const double *weight,
    uint32_t n_annotators, const bool *shapes, struct arena *arena, struct jurors *ret_jurors);

// The logit of a pair x (k) for somebody with these coefficients, known as well as `covariance` says (k x k): the mean of the
// probability over them, by MacKay's (1992) approximation.
double jurors_logit(const double *coefficient, const double *covariance, uint32_t k, const double *x);

// Minus the log posterior of one annotator's coefficients and its gradient, for tests. `precision` is the inverse covariance.
double jurors_objective(const double *x, uint32_t k, const struct pairs *pairs, const double *weight,
    uint32_t annotator, const double *mean, const double *precision, const double *c, double *ret_gradient);

#endif
