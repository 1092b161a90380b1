// The convex core: penalised Bradley-Terry with linear rewards (REWARD-NOTES 1.1 in the project's notes),
//   f(w) = sum_i c_i [y_i l(z_i) + (1 - y_i) l(-z_i)] / C + lambda/2 |w|^2,  z_i = w.(x_left - x_right),
// l(z) = log(1 + e^-z). Pooled, EM and shared-plus-offsets fits are this with other weights. Where responses occur in
// many pairs, or are text, a pass computes each response's reward once; else it reads the differences of dense rows,
// formed once (pass.h). L-BFGS; for up to 1,000 dense dimensions Newton, or L-BFGS from a sample's curvature (newton.h).
#ifndef WORKER_FIT_LOGISTIC_H
#define WORKER_FIT_LOGISTIC_H

#include "base/base.h"
#include "worker/fit/design.h"
#include "worker/fit/newton.h"
#include "worker/fit/pairs.h"
#include "worker/fit/pass.h"

#include <math.h>

struct logistic {
    const struct design *design;
    const struct pairs *pairs;
    const double *weight; // c_i, one a pair
    double total;         // C
    double lambda;
    double *reward, *slope;  // scratch, n_rows of the design each
    struct pair_pass pass;   // dense: its differences, if it has any, are what is read
    double *padded;          // w, pass.stride
    double *sums;            // of buckets: loss and gradient
    bool (*stop)(void *arg); // asked at every iteration; NULL: never
    void *stop_arg;
};

void logistic_init(struct logistic *logistic, const struct design *design, const struct pairs *pairs,
    const double *weight, double total, double lambda);
void logistic_release(struct logistic *logistic);

// The objective and its gradient (n_columns).
double logistic_value(struct logistic *logistic, const double *w, double *ret_gradient);

enum { LOGISTIC_MEMORY = 10 };

// Minimises from `w` (n_columns, a warm start) and returns the objective reached. `precision` bounds the gradient:
// |g| <= precision max(1, |w|). Stops early after `max_iterations` or when `stop` says so.
double logistic_minimise(struct logistic *logistic, double precision, int max_iterations, double *w);
// The ways by themselves, for tests; those by curvature need a dense design of at most NEWTON_COLUMNS_MAX.
double logistic_lbfgs(struct logistic *logistic, double precision, int max_iterations, double *w);
double logistic_newton(struct logistic *logistic, double precision, int max_iterations, double *w);
double logistic_sampled(struct logistic *logistic, double precision, int max_iterations, double *w);

// Any smooth function by L-BFGS: `value` returns f and writes the gradient, both of n variables.
double logistic_lbfgs_any(double (*value)(void *arg, const double *x, double *gradient), void *arg,
    uint32_t n, double precision, int max_iterations, bool (*stop)(void *arg), void *stop_arg, double *x);

// z of every pair, into ret_z (pairs->n); `reward` is scratch of n_rows of the design.
void logistic_logits(
    const struct design *design, const struct pairs *pairs, const double *w, double *reward, double *ret_z);
// A sum of c log(1 + e) with 0 <= e <= 1 that takes one logarithm for up to 32 terms of equal weight: most of the time
// of a fit would be log1p otherwise. Neighbouring pairs are one annotator's and weigh the same.
struct log_sum {
    double sum, weight, product;
    uint32_t n;
};
static inline void log_sum_flush(struct log_sum *logs)
{
    if (logs->n > 0)
        logs->sum += logs->weight * log(logs->product);
    logs->product = 1;
    logs->n = 0;
}
static inline void log_sum_add(struct log_sum *logs, double weight, double e)
{
    if (logs->n == 32 || weight != logs->weight)
        log_sum_flush(logs);
    logs->weight = weight;
    logs->product = logs->n == 0 ? 1 + e : logs->product * (1 + e);
    logs->n++;
}

// y l(z) + (1 - y) l(-z)
double logistic_pair_loss(double z, double y);
// Weighted mean of that over the pairs.
double logistic_mean_loss(const struct pairs *pairs, const double *z, const double *weight);

#endif
