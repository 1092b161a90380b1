// Each annotator's own coefficients on a few rewards: a hierarchical model,
//   what a says of i depends on c_a . x_i alone,   c_a ~ Normal(mean, covariance),
// by EM with Laplace's approximation: each c_a at its posterior mode, with the curvature there. Somebody who judged little stays near
// the mean; nobody's coefficients run away. What is said may be a choice of two (here) or a rating (ordinal.h). Pure; sums run in the
// order of annotators and of what they said.
#ifndef WORKER_FIT_JURORS_H
#define WORKER_FIT_JURORS_H

#include "base/arena.h"
#include "reward/jury.h"
#include "worker/fit/pairs.h"

// What people said: those of annotator a stand at first[a] .. first[a + 1] - 1.
struct said {
    const double *x; // n x k
    uint32_t k, n_annotators;
    const uint32_t *first;
    const double *weight;
    // Of one of them at `eta` = c . x: its loss, convex in eta, and the two derivatives.
    void (*term)(
        const void *arg, uint32_t i, double eta, double *ret_loss, double *ret_slope, double *ret_curve);
    const void *arg;
};

struct jurors {
    uint32_t k, n_annotators;
    double *mean, *covariance;       // k, k x k
    double *coefficient, *posterior; // n_annotators x k, n_annotators x k x k
    int iterations;
};

// Choices of two: P(left) = sigmoid(c . x), x the differences left - right of the rewards.
struct said said_of_pairs(
    const double *x, uint32_t k, const struct pairs *pairs, const double *weight, uint32_t n_annotators);

// Only annotators who said something and, unless `shapes` is NULL, shapes[a], make the mean and the covariance; the others'
// coefficients follow from these and from what they said, if anything. `start` (k) is the mean to begin with.
void jurors_fit(const struct said *said, const double *start, const bool *shapes, struct arena *arena,
    struct jurors *ret_jurors);
// The same by steps: an iteration of EM says by how much mean and covariance moved; the end takes everybody's coefficients.
void jurors_begin(
    const struct said *said, const double *start, struct arena *arena, struct jurors *ret_jurors);
double jurors_step(const struct said *said, const bool *shapes, struct jurors *jurors);
void jurors_end(const struct said *said, struct jurors *jurors);

// eta of x (k) for somebody with these coefficients, known as well as `covariance` says (k x k), shrunk so that the sigmoid of it
// is the mean of the probability over them, by MacKay's (1992) approximation; ret_shrunk (may be NULL): by how much.
double jurors_logit(
    const double *coefficient, const double *covariance, uint32_t k, const double *x, double *ret_shrunk);

// Minus the log posterior of one annotator's coefficients and its gradient, for tests. `precision` is the inverse covariance.
double jurors_objective(const struct said *said, uint32_t annotator, const double *mean,
    const double *precision, const double *c, double *ret_gradient);

#endif
