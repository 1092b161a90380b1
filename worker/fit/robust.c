#include "worker/fit/robust.h"

#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct robust {
    const struct groups_problem *problem;
    struct arena *arena;
    struct pairs *pairs;    // of each group
    struct logistic *parts; // each with its own total: mean losses
    double sharpness;       // 0: `q` is fixed, the inner problem of the dual
    double *q, *loss;       // of each group, at the last point asked for
    double *gradients;      // n_groups x n_columns
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

struct robust *robust_new(const struct groups_problem *problem, double sharpness)
{
    uint32_t n = problem->n_groups;
    struct robust *robust = allocate(1, sizeof(*robust));
    *robust = (struct robust){.problem = problem,
        .arena = arena_new(SIZE_MAX),
        .pairs = allocate(n, sizeof(*robust->pairs)),
        .parts = allocate(n, sizeof(*robust->parts)),
        .sharpness = sharpness,
        .q = allocate(n, sizeof(double)),
        .loss = allocate(n, sizeof(double)),
        .gradients = allocate((size_t)n * problem->design->n_columns, sizeof(double))};
    bool *keep = allocate(problem->n_annotators, sizeof(*keep));
    for (uint32_t g = 0; g < n; g++) {
        double total = 0;
        for (uint32_t a = 0; a < problem->n_annotators; a++)
            keep[a] = problem->group_of_annotator[a] == g;
        pairs_subset(problem->pairs, problem->weight, problem->n_annotators, keep, UINT32_MAX,
            problem->design->n_rows, robust->arena, &robust->pairs[g]);
        for (uint32_t i = 0; i < robust->pairs[g].n; i++)
            total += robust->pairs[g].weight[i];
        logistic_init(&robust->parts[g], problem->design, &robust->pairs[g], robust->pairs[g].weight,
            total > 0 ? total : 1, 0);
    }
    free(keep);
    return robust;
}

void robust_free(struct robust *robust)
{
    for (uint32_t g = 0; g < robust->problem->n_groups; g++)
        logistic_release(&robust->parts[g]);
    arena_free(robust->arena);
    free(robust->pairs);
    free(robust->parts);
    free(robust->q);
    free(robust->loss);
    free(robust->gradients);
    free(robust);
}

static bool counts(const struct robust *robust, uint32_t g)
{
    return robust->pairs[g].n > 0;
}

static double greatest_loss(const struct robust *robust)
{
    double most = -INFINITY;
    for (uint32_t g = 0; g < robust->problem->n_groups; g++)
        most = counts(robust, g) ? fmax(most, robust->loss[g]) : most;
    return most;
}

// q = softmax(sharpness L) over the groups that count; returns the smoothed maximum, which is at most log(G) /
// sharpness above the true one.
static double smooth_maximum(struct robust *robust)
{
    double most = greatest_loss(robust), sum = 0;
    for (uint32_t g = 0; g < robust->problem->n_groups; g++) {
        robust->q[g] = counts(robust, g) ? exp(robust->sharpness * (robust->loss[g] - most)) : 0;
        sum += robust->q[g];
    }
    assert(sum >= 1); // the group of the greatest loss adds one
    for (uint32_t g = 0; g < robust->problem->n_groups; g++)
        robust->q[g] /= sum;
    return most + log(sum) / robust->sharpness;
}

double robust_value(void *arg, const double *w, double *gradient)
{
    struct robust *robust = arg;
    uint32_t n = robust->problem->n_groups, d = robust->problem->design->n_columns;
    double value = 0, squares = 0;
    for (uint32_t g = 0; g < n; g++) {
        if (counts(robust, g))
            robust->loss[g] = logistic_value(&robust->parts[g], w, robust->gradients + (size_t)g * d);
    }
    if (robust->sharpness > 0) {
        value = smooth_maximum(robust);
    } else {
        for (uint32_t g = 0; g < n; g++)
            value += robust->q[g] * robust->loss[g];
    }
    for (uint32_t c = 0; c < d; c++) {
        squares += w[c] * w[c];
        gradient[c] = robust->problem->lambda * w[c];
    }
    for (uint32_t g = 0; g < n; g++) {
        for (uint32_t c = 0; c < d && robust->q[g] > 0; c++)
            gradient[c] += robust->q[g] * robust->gradients[(size_t)g * d + c];
    }
    return value + robust->problem->lambda / 2 * squares;
}

static double penalty(const struct groups_problem *problem, const double *w)
{
    double squares = 0;
    for (uint32_t c = 0; c < problem->design->n_columns; c++)
        squares += w[c] * w[c];
    return problem->lambda / 2 * squares;
}

// The lower bound that the current q gives. A point that is not quite the minimum would flatter it: with curvature
// lambda at least, the true minimum lies at most |gradient|^2 / (2 lambda) below.
static double lower_bound(struct robust *robust, const double *from, double *scratch)
{
    const struct groups_problem *problem = robust->problem;
    uint32_t d = problem->design->n_columns;
    double *gradient = allocate(d, sizeof(*gradient)), sharpness = robust->sharpness, squares = 0;
    memcpy(scratch, from, d * sizeof(*scratch));
    robust->sharpness = 0;
    (void)logistic_lbfgs_any(robust_value, robust, d, 1e-6, 200, problem->stop, problem->stop_arg, scratch);
    double bound = robust_value(robust, scratch, gradient);
    for (uint32_t c = 0; c < d; c++)
        squares += gradient[c] * gradient[c];
    robust->sharpness = sharpness;
    free(gradient);
    return bound - squares / (2 * problem->lambda);
}

bool robust_minimise(
    const struct groups_problem *problem, double gap_wanted, double *w, double *ret_q, double *ret_gap)
{
    uint32_t d = problem->design->n_columns, n_counted = 0;
    struct robust *robust = robust_new(problem, 4);
    double *at = allocate(d, sizeof(*at)), *scratch = allocate(d, sizeof(*scratch));
    double *gradient = allocate(d, sizeof(*gradient)), upper = INFINITY, lower = -INFINITY;
    memcpy(at, w, d * sizeof(*at));
    for (uint32_t g = 0; g < problem->n_groups; g++)
        n_counted += counts(robust, g);
    for (; n_counted > 0 && robust->sharpness < 1e5; robust->sharpness *= 4) {
        (void)logistic_lbfgs_any(robust_value, robust, d, 1e-6, 150, problem->stop, problem->stop_arg, at);
        (void)robust_value(robust, at, gradient);
        double reached = greatest_loss(robust) + penalty(problem, at);
        if (reached < upper) {
            upper = reached;
            memcpy(w, at, d * sizeof(*w));
            memcpy(ret_q, robust->q, problem->n_groups * sizeof(*ret_q));
        }
        lower = fmax(lower, lower_bound(robust, at, scratch));
        if (upper - lower <= gap_wanted || (problem->stop != NULL && problem->stop(problem->stop_arg)))
            break;
    }
    *ret_gap = upper - lower;
    robust_free(robust);
    free(at);
    free(scratch);
    free(gradient);
    return n_counted > 0;
}
