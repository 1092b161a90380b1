// Shared + offsets for declared groups: w_g = w_0 + v_g, penalty lambda (|w_0|^2 + sum_g |v_g|^2 / a). a is the
// empirical-Bayes knob, chosen by held-out likelihood: 0 is the pooled model, great a separate fits. Annotators
// without a group inform w_0 alone.
#ifndef WORKER_FIT_GROUPS_H
#define WORKER_FIT_GROUPS_H

#include "worker/fit/design.h"
#include "worker/fit/pairs.h"

struct groups {
    uint32_t n_groups;
    double a;
    double *w; // (n_groups + 1) x n_columns: w_0, then each group's w_g
};

struct groups_problem {
    const struct design *design;
    const struct pairs *pairs;
    const double *weight;               // of the pairs
    const uint32_t *group_of_annotator; // FIT_NO_GROUP: none
    uint32_t n_annotators, n_groups;
    double lambda;
    bool (*stop)(void *arg);
    void *stop_arg;
};

// Minimises for one a > 0. `groups->w` is the warm start and is overwritten.
double groups_minimise(const struct groups_problem *problem, double a, double precision, int max_iterations,
    struct groups *groups);
// The objective and gradient in the scaled variables [w_0, v_1 / sqrt(a), ...], for tests.
struct groups_objective;
struct groups_objective *groups_objective_new(const struct groups_problem *problem, double a);
double groups_objective_value(void *objective, const double *x, double *gradient);
void groups_objective_free(struct groups_objective *objective);

#endif
