// A cumulative logit (McCullagh 1980) whose score is linear in the features of a response,
//   P(rating <= level l) = sigmoid(threshold_l - offset - w . x),
// with the loss -log P(rating), weighted and averaged, and lambda/2 |w|^2. Thresholds are free but for their order; `offset` is what is
// known of who rated. x is a response's features, or of a pair left - right: then levels are how strongly which is preferred.
// Groups have w_g = w_0 + v_g and a height of their own, both with the penalty of shared + offsets (groups.h). Pure; fixed order.
#ifndef WORKER_FIT_CUMULATIVE_H
#define WORKER_FIT_CUMULATIVE_H

#include "base/arena.h"
#include "worker/fit/design.h"
#include "worker/fit/ordinal.h"

struct cumulative_data {
    const struct design *design;
    uint32_t n, n_levels;
    const uint32_t *response;
    const uint32_t *against; // of pairs the right one; NULL: ratings
    const uint8_t *level;    // 0 .. n_levels - 1
    const double *weight;
    const double *offset;  // NULL: 0
    const uint32_t *group; // of each, FIT_NO_GROUP: none; NULL: nobody has one
    uint32_t n_groups;
    bool (*stop)(void *arg); // NULL: never
    void *stop_arg;
};

struct cumulative {
    uint32_t n_levels, n_groups, n_columns;
    double *w;         // (n_groups + 1) x n_columns: w_0, then each w_g
    double *height;    // n_groups + 1, the first 0
    double *threshold; // n_levels - 1, ascending
};

// w = 0 and thresholds by the weighted counts of the levels, one added to each.
void cumulative_init(const struct cumulative_data *data, struct arena *arena, struct cumulative *ret_model);
// From `model` as it is, a warm start. `a` is the offsets' scale, > 0 where there are groups. Gives the objective reached.
double cumulative_minimise(const struct cumulative_data *data, double lambda, double a, double precision,
    int max_iterations, struct cumulative *model);
// w . x + height of each of the data, without its offset.
void cumulative_scores(const struct cumulative_data *data, const struct cumulative *model, double *ret_score);

// The loss of a rating at `eta`, thresholds and eta scaled by `scale` (1, or less where eta is not known well), and its slope in eta.
double cumulative_loss(
    const double *threshold, uint32_t n_levels, uint8_t level, double eta, double scale, double *ret_slope);

// The objective and its gradient in the variables that are minimised over, [w_0, v_g / sqrt(a) and height_g / sqrt(a) of each group,
// lowest threshold, logarithms of the steps], for tests.
struct cumulative_objective {
    const struct cumulative_data *data;
    double lambda, a;
    double *reward, *slope, *eta, *w; // scratch: design rows, design rows, n, n_columns
    uint32_t *rows;                   // scratch: design rows
    bool *seen;                       // scratch: design rows
};
void cumulative_objective_init(
    struct cumulative_objective *objective, const struct cumulative_data *data, double lambda, double a);
void cumulative_objective_release(struct cumulative_objective *objective);
uint32_t cumulative_n_variables(const struct cumulative_data *data);
double cumulative_value(void *objective, const double *x, double *gradient);

#endif
