#include "worker/fit/factors.h"

#include "worker/fit/logistic.h"
#include "worker/fit/sketch.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

// --- where to begin -----------------------------------------------------------------------------------------------------
// What an annotator's judgments would change of the pooled model, in the sketch, weighed so that diligence does not count.
static bool residual(const struct factors_problem *problem, const struct design *sketch, const double *z,
    uint32_t annotator, double *ret_vector)
{
    const struct pairs *pairs = problem->pairs;
    uint32_t m = sketch->n_columns;
    double total = 0;
    memset(ret_vector, 0, m * sizeof(*ret_vector));
    for (uint32_t i = pairs->first[annotator]; i < pairs->first[annotator + 1]; i++) {
        double step = problem->weight[i] * (pairs->y[i] - sigmoid(z[i]));
        const float *left = sketch->dense + (size_t)pairs->left[i] * m;
        const float *right = sketch->dense + (size_t)pairs->right[i] * m;
        for (uint32_t c = 0; c < m; c++)
            ret_vector[c] += step * (left[c] - right[c]);
        total += problem->weight[i];
    }
    for (uint32_t c = 0; c < m && total > 0; c++)
        ret_vector[c] /= sqrt(total);
    return total > 0;
}

// The k directions of the greatest spread, one a row.
static void principal(const struct factors_problem *problem, const struct design *sketch, const double *z,
    double *ret_directions)
{
    uint32_t m = sketch->n_columns;
    double *spread = allocate((size_t)m * m, sizeof(*spread)), *vector = allocate(m, sizeof(*vector)),
           *size = allocate(m, sizeof(*size));
    for (uint32_t a = 0; a < problem->n_annotators; a++) {
        if (!residual(problem, sketch, z, a, vector))
            continue;
        for (uint32_t i = 0; i < m; i++) {
            for (uint32_t j = 0; j <= i; j++)
                spread[(size_t)i * m + j] += vector[i] * vector[j];
        }
    }
    lapack_int failed =
        LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'V', 'L', (lapack_int)m, spread, (lapack_int)m, size);
    assert(failed == 0); // symmetric and finite; columns are the vectors, sizes ascend
    for (uint32_t k = 0; k < problem->k; k++) {
        for (uint32_t c = 0; c < m; c++)
            ret_directions[(size_t)k * m + c] = spread[(size_t)c * m + m - 1 - k];
    }
    free(spread);
    free(vector);
    free(size);
}

static void scale_to_one(const struct factors_problem *problem, double *u)
{
    for (uint32_t k = 0; k < problem->k; k++) {
        double squares = 0, n = 0;
        for (uint32_t a = 0; a < problem->n_annotators; a++) {
            squares += u[(size_t)a * problem->k + k] * u[(size_t)a * problem->k + k];
            n += problem->pairs->first[a + 1] > problem->pairs->first[a];
        }
        for (uint32_t a = 0; a < problem->n_annotators && squares > 0; a++)
            u[(size_t)a * problem->k + k] /= sqrt(squares / n);
    }
}

void factors_start(const struct factors_problem *problem, const double *z, double *ret_u)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct design sketch;
    sketch_build(problem->design, problem->pairs->rows, problem->pairs->n_rows, problem->pairs->n_rows, arena,
        &sketch);
    uint32_t m = sketch.n_columns;
    assert(problem->k <= m);
    double *directions = allocate((size_t)problem->k * m, sizeof(*directions)),
           *vector = allocate(m, sizeof(*vector));
    principal(problem, &sketch, z, directions);
    for (uint32_t a = 0; a < problem->n_annotators; a++) {
        (void)residual(problem, &sketch, z, a, vector);
        for (uint32_t k = 0; k < problem->k; k++) {
            double sum = 0;
            for (uint32_t c = 0; c < m; c++)
                sum += directions[(size_t)k * m + c] * vector[c];
            ret_u[(size_t)a * problem->k + k] = sum;
        }
    }
    scale_to_one(problem, ret_u);
    free(directions);
    free(vector);
    arena_free(arena);
}

// --- the directions for given people --------------------------------------------------------------------------------------
struct factors_objective {
    const struct factors_problem *problem;
    const double *u, *offset;
    double *reward, *slope; // n_rows of the design, one factor after the other
    double *z;              // n pairs
    double total;
};

struct factors_objective *factors_objective_new(
    const struct factors_problem *problem, const double *u, const double *offset)
{
    struct factors_objective *objective = allocate(1, sizeof(*objective));
    *objective = (struct factors_objective){.problem = problem,
        .u = u,
        .offset = offset,
        .reward = allocate((size_t)problem->k * problem->design->n_rows, sizeof(double)),
        .slope = allocate((size_t)problem->k * problem->design->n_rows, sizeof(double)),
        .z = allocate(problem->pairs->n, sizeof(double))};
    for (uint32_t i = 0; i < problem->pairs->n; i++)
        objective->total += problem->weight[i];
    return objective;
}

void factors_objective_free(struct factors_objective *objective)
{
    free(objective->reward);
    free(objective->slope);
    free(objective->z);
    free(objective);
}

double factors_objective_value(void *arg, const double *v, double *gradient)
{
    struct factors_objective *objective = arg;
    const struct factors_problem *problem = objective->problem;
    const struct pairs *pairs = problem->pairs;
    uint32_t d = problem->design->n_columns, n_rows = problem->design->n_rows, k = problem->k;
    double sum = 0, squares = 0;
    memset(objective->slope, 0, (size_t)k * n_rows * sizeof(*objective->slope));
    for (uint32_t f = 0; f < k; f++)
        design_multiply(problem->design, pairs->rows, pairs->n_rows, v + (size_t)f * d,
            objective->reward + (size_t)f * n_rows);
    for (uint32_t i = 0; i < pairs->n; i++) {
        const double *u = objective->u + (size_t)pairs->annotator[i] * k;
        double z = objective->offset[i];
        for (uint32_t f = 0; f < k; f++) {
            const double *reward = objective->reward + (size_t)f * n_rows;
            z += u[f] * (reward[pairs->left[i]] - reward[pairs->right[i]]);
        }
        double weight = problem->weight[i] / objective->total;
        sum += weight * logistic_pair_loss(z, pairs->y[i]);
        double slope = weight * (sigmoid(z) - pairs->y[i]);
        for (uint32_t f = 0; f < k; f++) {
            objective->slope[(size_t)f * n_rows + pairs->left[i]] += slope * u[f];
            objective->slope[(size_t)f * n_rows + pairs->right[i]] -= slope * u[f];
        }
    }
    for (uint32_t f = 0; f < k; f++)
        design_multiply_transposed(problem->design, pairs->rows, pairs->n_rows,
            objective->slope + (size_t)f * n_rows, gradient + (size_t)f * d);
    for (size_t i = 0; i < (size_t)k * d; i++) {
        gradient[i] += problem->lambda * v[i];
        squares += v[i] * v[i];
    }
    return sum + problem->lambda / 2 * squares;
}

void factors_minimise(const struct factors_problem *problem, const double *u, const double *offset, double *v)
{
    struct factors_objective *objective = factors_objective_new(problem, u, offset);
    (void)logistic_lbfgs_any(factors_objective_value, objective, problem->k * problem->design->n_columns,
        1e-4, 60, problem->stop, problem->stop_arg, v);
    factors_objective_free(objective);
}
