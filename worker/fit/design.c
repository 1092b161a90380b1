#include "worker/fit/design.h"

#include "reward/features.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

static int build_dense(
    const struct fit_data *data, struct arena *arena, struct design *design, struct err *err)
{
    size_t d = data->n_dimensions;
    float *dense = arena_alloc(arena, data->n_responses * d * sizeof(float));
    for (uint32_t i = 0; i < data->n_responses; i++) {
        if (!features_embedding(data->response_embedding + i * d, data->n_dimensions,
                data->normalise_embeddings, dense + i * d))
            return err_set(
                err, ERR_INVALID, "the embedding of response %u has a number that is not finite", i);
    }
    design->n_columns = data->n_dimensions;
    design->dense = dense;
    return 0;
}

// Numbers the features seen in training; the others get UINT32_MAX.
static uint32_t number_columns(const struct features_sparse *rows, const bool *in_training, uint32_t n_rows,
    struct arena *arena, uint32_t *column_of, const uint32_t **ret_index)
{
    memset(column_of, 0, FEATURES_DIMENSIONS * sizeof(*column_of));
    for (uint32_t i = 0; i < n_rows; i++) {
        for (uint32_t j = 0; in_training[i] && j < rows[i].n; j++)
            column_of[rows[i].index[j]] = 1;
    }
    uint32_t n = 0;
    for (uint32_t f = 0; f < FEATURES_DIMENSIONS; f++)
        n += column_of[f];
    uint32_t *index = arena_alloc(arena, n * sizeof(*index));
    n = 0;
    for (uint32_t f = 0; f < FEATURES_DIMENSIONS; f++) {
        if (column_of[f] != 0) {
            index[n] = f;
            column_of[f] = n++;
        } else {
            column_of[f] = UINT32_MAX;
        }
    }
    *ret_index = index;
    return n;
}

static void build_sparse(
    const struct fit_data *data, const bool *in_training, struct arena *arena, struct design *design)
{
    // The features as they come lie in an arena of their own and go with it: the compact copy is what stays.
    struct arena *scratch = arena_new(SIZE_MAX);
    struct features_sparse *rows = arena_calloc(scratch, data->n_responses, sizeof(*rows));
    size_t total = 0;
    for (uint32_t i = 0; i < data->n_responses; i++) {
        struct arena *one = arena_new(SIZE_MAX);
        struct features_sparse features;
        features_text(data->response_text[i], data->response_length[i], one, &features);
        rows[i] = (struct features_sparse){.n = features.n,
            .index = arena_memdup(scratch, features.index, features.n * sizeof(uint32_t)),
            .value = arena_memdup(scratch, features.value, features.n * sizeof(float))};
        total += features.n;
        arena_free(one);
    }
    uint32_t *column_of = arena_alloc(scratch, FEATURES_DIMENSIONS * sizeof(*column_of));
    design->n_columns =
        number_columns(rows, in_training, data->n_responses, arena, column_of, &design->column_index);
    uint64_t *start = arena_alloc(arena, ((size_t)data->n_responses + 1) * sizeof(*start));
    uint32_t *column = arena_alloc(arena, total * sizeof(*column));
    float *value = arena_alloc(arena, total * sizeof(*value));
    uint64_t n = 0;
    for (uint32_t i = 0; i < data->n_responses; i++) {
        start[i] = n;
        for (uint32_t j = 0; j < rows[i].n; j++) {
            if (column_of[rows[i].index[j]] == UINT32_MAX)
                continue;
            column[n] = column_of[rows[i].index[j]];
            value[n++] = rows[i].value[j];
        }
    }
    start[data->n_responses] = n;
    design->start = start;
    design->column = column;
    design->value = value;
    arena_free(scratch);
}

int design_build(const struct fit_data *data, const bool *in_training, struct arena *arena,
    struct design *ret_design, struct err *err)
{
    *ret_design = (struct design){.n_rows = data->n_responses};
    if (data->n_dimensions > 0)
        return build_dense(data, arena, ret_design, err);
    build_sparse(data, in_training, arena, ret_design);
    if (ret_design->n_columns == 0)
        return err_set(err, ERR_INVALID, "the responses have no text to learn from");
    return 0;
}

// Four sums side by side: one chain of additions would wait for itself.
static double dot_dense(const float *x, const double *w, uint32_t n)
{
    double sum[4] = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        sum[0] += x[i] * w[i];
        sum[1] += x[i + 1] * w[i + 1];
        sum[2] += x[i + 2] * w[i + 2];
        sum[3] += x[i + 3] * w[i + 3];
    }
    for (; i < n; i++)
        sum[0] += x[i] * w[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static float *singles(uint32_t n)
{
    float *memory = calloc(n > 0 ? n : 1, sizeof(*memory));
    if (memory == NULL)
        abort();
    return memory;
}

static void multiply_single(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *w, double *reward)
{
    uint32_t d = design->n_columns;
    float *single = singles(d);
    for (uint32_t c = 0; c < d; c++)
        single[c] = (float)w[c];
    for (uint32_t i = 0; i < n_rows; i++)
        reward[rows[i]] = cblas_sdot((int)d, design->dense + (size_t)rows[i] * d, 1, single, 1);
    free(single);
}

// Blocks of rows in single precision, their sums in double.
static void multiply_transposed_single(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *slope, double *g)
{
    uint32_t d = design->n_columns;
    float *single = singles(d);
    for (uint32_t i = 0; i < n_rows; i++) {
        float factor = (float)slope[rows[i]];
        if (factor != 0)
            cblas_saxpy((int)d, factor, design->dense + (size_t)rows[i] * d, 1, single, 1);
        if (i % 64 == 63 || i + 1 == n_rows) {
            for (uint32_t c = 0; c < d; c++)
                g[c] += single[c];
            memset(single, 0, d * sizeof(*single));
        }
    }
    free(single);
}

void design_multiply(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *w, double *reward)
{
    if (design->single) {
        multiply_single(design, rows, n_rows, w, reward);
        return;
    }
    for (uint32_t i = 0; i < n_rows; i++) {
        uint32_t row = rows[i];
        if (design->dense != NULL) {
            reward[row] = dot_dense(design->dense + (size_t)row * design->n_columns, w, design->n_columns);
            continue;
        }
        double sum = 0;
        for (uint64_t j = design->start[row]; j < design->start[row + 1]; j++)
            sum += design->value[j] * w[design->column[j]];
        reward[row] = sum;
    }
}

void design_multiply_transposed(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *slope, double *g)
{
    memset(g, 0, design->n_columns * sizeof(*g));
    if (design->single) {
        multiply_transposed_single(design, rows, n_rows, slope, g);
        return;
    }
    for (uint32_t i = 0; i < n_rows; i++) {
        uint32_t row = rows[i];
        double factor = slope[row];
        if (factor == 0)
            continue;
        if (design->dense != NULL) {
            const float *x = design->dense + (size_t)row * design->n_columns;
            for (uint32_t c = 0; c < design->n_columns; c++)
                g[c] += factor * x[c];
            continue;
        }
        for (uint64_t j = design->start[row]; j < design->start[row + 1]; j++)
            g[design->column[j]] += factor * design->value[j];
    }
}
