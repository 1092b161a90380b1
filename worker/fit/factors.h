// The directions on which annotators differ: linear rewards v_k, so that with annotators' coefficients u_ak
//   z_i = offset_i + sum_k u_ak v_k . (x_left - x_right),
// by turns: the v_k for given u (convex), the u for given v (jurors.h). Shares a low-rank form with PReF and SharedRep (REWARD-NOTES
// 1.5); starts from the principal directions of what the pooled model leaves of each annotator's judgments.
#ifndef WORKER_FIT_FACTORS_H
#define WORKER_FIT_FACTORS_H

#include "worker/fit/design.h"
#include "worker/fit/pairs.h"

struct factors_problem {
    const struct design *design;
    const struct pairs *pairs;
    const double *weight;
    uint32_t n_annotators, k; // factors
    double lambda;
    bool (*stop)(void *arg);
    void *stop_arg;
};

// Where to begin: ret_u is n_annotators x k, of variance 1 over annotators with pairs. `z` are the pooled logits of the pairs.
void factors_start(const struct factors_problem *problem, const double *z, double *ret_u);

// Minimises over v (k x n_columns, a warm start), for given u and offsets (of the pairs).
void factors_minimise(
    const struct factors_problem *problem, const double *u, const double *offset, double *v);

// The objective and its gradient, for tests.
struct factors_objective;
struct factors_objective *factors_objective_new(
    const struct factors_problem *problem, const double *u, const double *offset);
double factors_objective_value(void *objective, const double *v, double *gradient);
void factors_objective_free(struct factors_objective *objective);

#endif
