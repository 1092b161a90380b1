#include "worker/fit/groups.h"

#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// One logistic problem a group, over the pairs of its annotators alone; the first is of those without a group.
struct groups_objective {
    struct arena *arena;
    struct pairs *pairs;
    struct logistic *parts;
    uint32_t n_parts, n_columns;
    double scale, lambda; // sqrt(a)
    double *w, *gradient; // scratch, n_columns
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

struct groups_objective *groups_objective_new(const struct groups_problem *problem, double a)
{
    struct groups_objective *objective = allocate(1, sizeof(*objective));
    objective->arena = arena_new(SIZE_MAX);
    objective->n_parts = problem->n_groups + 1;
    objective->n_columns = problem->design->n_columns;
    objective->scale = sqrt(a);
    objective->lambda = problem->lambda;
    objective->pairs = allocate(objective->n_parts, sizeof(*objective->pairs));
    objective->parts = allocate(objective->n_parts, sizeof(*objective->parts));
    objective->w = allocate(objective->n_columns, sizeof(double));
    objective->gradient = allocate(objective->n_columns, sizeof(double));
    double total = 0;
    for (uint32_t i = 0; i < problem->pairs->n; i++)
        total += problem->weight[i];
    bool *keep = allocate(problem->n_annotators, sizeof(*keep));
    for (uint32_t part = 0; part < objective->n_parts; part++) {
        uint32_t group = part == 0 ? FIT_NO_GROUP : part - 1;
        for (uint32_t i = 0; i < problem->n_annotators; i++)
            keep[i] = problem->group_of_annotator[i] == group;
        pairs_subset(problem->pairs, problem->weight, problem->n_annotators, keep, UINT32_MAX,
            problem->design->n_rows, objective->arena, &objective->pairs[part]);
        logistic_init(&objective->parts[part], problem->design, &objective->pairs[part],
            objective->pairs[part].weight, total, 0);
    }
    free(keep);
    return objective;
}

void groups_objective_free(struct groups_objective *objective)
{
    for (uint32_t part = 0; part < objective->n_parts; part++)
        logistic_release(&objective->parts[part]);
    free(objective->pairs);
    free(objective->parts);
    free(objective->w);
    free(objective->gradient);
    arena_free(objective->arena);
    free(objective);
}

double groups_objective_value(void *arg, const double *x, double *gradient)
{
    struct groups_objective *objective = arg;
    uint32_t d = objective->n_columns;
    double sum = 0, squares = 0;
    memset(gradient, 0, (size_t)objective->n_parts * d * sizeof(*gradient));
    for (uint32_t part = 0; part < objective->n_parts; part++) {
        const double *own = x + (size_t)part * d;
        for (uint32_t c = 0; c < d; c++) {
            squares += own[c] * own[c];
            objective->w[c] = part == 0 ? x[c] : x[c] + objective->scale * own[c];
        }
        if (objective->pairs[part].n > 0) {
            sum += logistic_value(&objective->parts[part], objective->w, objective->gradient);
            for (uint32_t c = 0; c < d; c++) {
                gradient[c] += objective->gradient[c];
                if (part > 0)
                    gradient[(size_t)part * d + c] = objective->scale * objective->gradient[c];
            }
        }
    }
    for (size_t i = 0; i < (size_t)objective->n_parts * d; i++)
        gradient[i] += objective->lambda * x[i];
    return sum + objective->lambda / 2 * squares;
}

double groups_minimise(const struct groups_problem *problem, double a, double precision, int max_iterations,
    struct groups *groups)
{
    uint32_t d = problem->design->n_columns;
    size_t n = ((size_t)problem->n_groups + 1) * d;
    double *x = allocate(n, sizeof(*x)), scale = sqrt(a);
    struct groups_objective *objective = groups_objective_new(problem, a);
    for (size_t i = 0; i < n; i++)
        x[i] = i < d ? groups->w[i] : (groups->w[i] - groups->w[i % d]) / scale;
    double reached = logistic_lbfgs_any(groups_objective_value, objective, (uint32_t)n, precision,
        max_iterations, problem->stop, problem->stop_arg, x);
    for (size_t i = 0; i < n; i++)
        groups->w[i] = i < d ? x[i] : x[i % d] + scale * x[i];
    groups->n_groups = problem->n_groups;
    groups->a = a;
    groups_objective_free(objective);
    free(x);
    return reached;
}
