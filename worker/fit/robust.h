// Group DRO: one model for all that minimises the greatest mean loss of a group,
//   min_w max_g L_g(w) + lambda/2 |w|^2 = max_q min_w sum_g q_g L_g(w) + lambda/2 |w|^2  over the simplex of q,
// by log-sum-exp smoothing with rising sharpness and warm L-BFGS; the q it ends with gives a lower bound (the inner
// minimum), and the difference of the two is the duality gap: how far from the optimum the answer can be.
#ifndef WORKER_FIT_ROBUST_H
#define WORKER_FIT_ROBUST_H

#include "worker/fit/groups.h"

// `w` (n_columns) is the warm start and becomes the best point found; returns the duality gap. Groups without pairs
// don't count; annotators without a group are left out. ret_q is n_groups. False when no group has pairs.
bool robust_minimise(const struct groups_problem *problem, double gap_wanted, double *w, double *ret_q,
    double *ret_gap) MUST_CHECK;

// The smoothed objective, for tests: sharpness > 0.
struct robust;
struct robust *robust_new(const struct groups_problem *problem, double sharpness);
double robust_value(void *robust, const double *w, double *gradient);
void robust_free(struct robust *robust);

#endif
