#include "worker/fit/design.h"

#include "base/spill.h"
#include "reward/features.h"
#include "worker/fit/pass.h"

#include <stdlib.h>
#include <string.h>

struct taken {
    struct spill *spill;
    void *array;
    size_t bytes;
};

static void give_back(void *arg)
{
    const struct taken *taken = arg;
    spill_give_back(taken->spill, taken->array, taken->bytes);
}

// Goes back when the arena ends.
static void *take(struct spill *spill, size_t bytes, struct arena *arena)
{
    struct taken *taken = arena_alloc(arena, sizeof(*taken));
    *taken = (struct taken){.spill = spill, .array = spill_take(spill, bytes), .bytes = bytes};
    arena_on_free(arena, give_back, taken);
    return taken->array;
}

// Rows of embeddings, scaled in buckets.
struct scaling {
    const struct fit_data *data;
    float *dense;
    uint32_t wrong[POOL_BUCKETS]; // the first row with a number that is none, UINT32_MAX
};

static void scale_bucket(void *arg, uint32_t bucket)
{
    struct scaling *scaling = arg;
    const struct fit_data *data = scaling->data;
    size_t d = data->n_dimensions;
    scaling->wrong[bucket] = UINT32_MAX;
    for (uint32_t i = pool_bucket(data->n_responses, bucket); i < pool_bucket(data->n_responses, bucket + 1);
         i++) {
        if (!features_embedding(data->response_embedding + i * d, data->n_dimensions,
                data->normalise_embeddings, scaling->dense + i * d)) {
            scaling->wrong[bucket] = i;
            return;
        }
    }
}

static int build_dense(
    const struct fit_data *data, struct arena *arena, struct design *design, struct err *err)
{
    float *dense = take(design->spill, (size_t)data->n_responses * data->n_dimensions * sizeof(float), arena);
    struct scaling scaling = {.data = data, .dense = dense};
    pool_run(design->pool, POOL_BUCKETS, scale_bucket, &scaling);
    for (uint32_t b = 0; b < POOL_BUCKETS; b++) {
        if (scaling.wrong[b] != UINT32_MAX)
            return err_set(err, ERR_INVALID, "the embedding of response %u has a number that is not finite",
                scaling.wrong[b]);
    }
    design->n_columns = data->n_dimensions;
    design->dense = dense;
    return 0;
}

// Numbers the features seen in training; the others get UINT32_MAX.
static uint32_t number_columns(const struct features_sparse *rows, const bool *in_training, uint32_t n_rows,
    uint32_t n_dimensions, struct arena *arena, uint32_t *column_of, const uint32_t **ret_index)
{
    memset(column_of, 0, n_dimensions * sizeof(*column_of));
    for (uint32_t i = 0; i < n_rows; i++) {
        for (uint32_t j = 0; in_training[i] && j < rows[i].n; j++)
            column_of[rows[i].index[j]] = 1;
    }
    uint32_t n = 0;
    for (uint32_t f = 0; f < n_dimensions; f++)
        n += column_of[f];
    uint32_t *index = arena_alloc(arena, n * sizeof(*index));
    n = 0;
    for (uint32_t f = 0; f < n_dimensions; f++) {
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

// Rows of text, featurised in buckets, each into an arena of its own.
struct featurising {
    const struct fit_data *data;
    enum features_version version;
    struct features_sparse *rows;
    struct arena *arenas[POOL_BUCKETS];
};

static void featurise_bucket(void *arg, uint32_t bucket)
{
    struct featurising *featurising = arg;
    const struct fit_data *data = featurising->data;
    struct arena *arena = featurising->arenas[bucket];
    for (uint32_t i = pool_bucket(data->n_responses, bucket); i < pool_bucket(data->n_responses, bucket + 1);
         i++) {
        struct arena *one = arena_new(SIZE_MAX);
        struct features_sparse features;
        features_text(data->response_text[i], data->response_length[i], featurising->version, one, &features);
        featurising->rows[i] = (struct features_sparse){.n = features.n,
            .index = arena_memdup(arena, features.index, features.n * sizeof(uint32_t)),
            .value = arena_memdup(arena, features.value, features.n * sizeof(float))};
        arena_free(one);
    }
}

// Where each part of the columns begins in each row, from the row's start on.
static const uint32_t *find_parts(
    const struct design *design, const uint64_t *start, const uint32_t *column, struct arena *arena)
{
    uint32_t n_columns = design->n_columns, n_rows = design->n_rows,
             *part_at = take(design->spill, (size_t)n_rows * (DESIGN_PARTS + 1) * sizeof(*part_at), arena);
    for (uint32_t i = 0; i < n_rows; i++) {
        uint64_t at = start[i];
        for (uint32_t part = 0; part <= DESIGN_PARTS; part++) {
            uint32_t first = (uint32_t)((uint64_t)n_columns * part / DESIGN_PARTS);
            while (at < start[i + 1] && column[at] < first)
                at++;
            part_at[(size_t)i * (DESIGN_PARTS + 1) + part] = (uint32_t)(at - start[i]);
        }
    }
    return part_at;
}

static void build_sparse(
    const struct fit_data *data, const bool *in_training, struct arena *arena, struct design *design)
{
    // The features as they come lie in arenas of their own and go with them: the compact copy is what stays.
    struct arena *scratch = arena_new(SIZE_MAX);
    struct features_sparse *rows = arena_calloc(scratch, data->n_responses, sizeof(*rows));
    struct featurising featurising = {.data = data, .version = design->text_version, .rows = rows};
    for (uint32_t b = 0; b < POOL_BUCKETS; b++)
        featurising.arenas[b] = arena_new(SIZE_MAX);
    pool_run(design->pool, POOL_BUCKETS, featurise_bucket, &featurising);
    size_t total = 0;
    for (uint32_t i = 0; i < data->n_responses; i++)
        total += rows[i].n;
    uint32_t n_dimensions = features_dimensions(design->text_version);
    uint32_t *column_of = arena_alloc(scratch, n_dimensions * sizeof(*column_of));
    design->n_columns = number_columns(
        rows, in_training, data->n_responses, n_dimensions, arena, column_of, &design->column_index);
    uint64_t *start = arena_alloc(arena, ((size_t)data->n_responses + 1) * sizeof(*start));
    uint32_t *column = take(design->spill, total * sizeof(*column), arena);
    float *value = take(design->spill, total * sizeof(*value), arena);
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
    design->part_at = find_parts(design, start, column, arena);
    design->column = column;
    design->value = value;
    for (uint32_t b = 0; b < POOL_BUCKETS; b++)
        arena_free(featurising.arenas[b]);
    arena_free(scratch);
}

int design_build(const struct fit_data *data, const bool *in_training, enum features_version text_version,
    struct pool *pool, struct spill *spill, struct arena *arena, struct design *ret_design, struct err *err)
{
    *ret_design = (struct design){
        .n_rows = data->n_responses, .text_version = text_version, .spill = spill, .pool = pool};
    if (data->n_dimensions > 0)
        return build_dense(data, arena, ret_design, err);
    build_sparse(data, in_training, arena, ret_design);
    if (ret_design->n_columns == 0)
        return err_set(err, ERR_INVALID, "the responses have no text to learn from");
    return 0;
}

// ---------------------------------------------------------------- products
struct product {
    const struct design *design;
    const uint32_t *rows;
    uint32_t n_rows, n_buckets;
    const double *w, *slope;
    double *reward; // of every row
    double *sums;   // dense: n_buckets x n_columns
    double *g;
};

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

static double dot_sparse(const struct design *design, uint32_t row, const double *w)
{
    double sum = 0;
    for (uint64_t j = design->start[row]; j < design->start[row + 1]; j++)
        sum += design->value[j] * w[design->column[j]];
    return sum;
}

// Rows i .. of the list that stand behind each other in the matrix, at most PASS_ROWS and up to `end`.
static uint32_t run_of(const uint32_t *rows, uint32_t i, uint32_t end)
{
    uint32_t n = 1;
    while (n < PASS_ROWS && i + n < end && rows[i + n] == rows[i] + n)
        n++;
    return n;
}

static void multiply_bucket(void *arg, uint32_t bucket)
{
    const struct product *product = arg;
    const struct design *design = product->design;
    uint32_t end = pool_bucket(product->n_rows, bucket + 1), d = design->n_columns, n = 1;
    for (uint32_t i = pool_bucket(product->n_rows, bucket); i < end; i += n) {
        uint32_t row = product->rows[i];
        n = 1;
        if (design->dense == NULL) {
            product->reward[row] = dot_sparse(design, row, product->w);
        } else if (d % 8 != 0) {
            product->reward[row] = dot_dense(design->dense + (size_t)row * d, product->w, d);
        } else {
            n = run_of(product->rows, i, end);
            kernel_dots(design->dense + (size_t)row * d, d, n, product->w, 1, product->reward + row);
        }
    }
}

// Multiplications of a product with so many rows.
static uint64_t work_of(const struct design *design, uint32_t n_rows)
{
    uint64_t row = design->dense != NULL ? design->n_columns : design->start[design->n_rows] / design->n_rows;
    return row * n_rows;
}

void design_multiply(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *w, double *reward)
{
    struct product product = {.design = design, .rows = rows, .n_rows = n_rows, .w = w, .reward = reward};
    uint32_t first[POOL_BUCKETS + 1] = {0}; // rows that are not listed lie in between and stay as they are
    for (uint32_t b = 0; b < POOL_BUCKETS && n_rows > 0; b++)
        first[b] = rows[pool_bucket(n_rows, b) < n_rows ? pool_bucket(n_rows, b) : n_rows - 1];
    first[POOL_BUCKETS] = n_rows > 0 ? rows[n_rows - 1] + 1 : 0;
    const struct pool_output output = {.base = reward, .width = sizeof(*reward), .first = first};
    pool_share(design->pool, POOL_BUCKETS, multiply_bucket, &product,
        &(struct pool_shared){.outputs = &output,
            .n_outputs = 1,
            .input = w,
            .input_bytes = design->n_columns * sizeof(*w),
            .work = work_of(design, n_rows)});
}

static void transposed_bucket(void *arg, uint32_t bucket)
{
    const struct product *product = arg;
    const struct design *design = product->design;
    uint32_t end = (uint32_t)((uint64_t)product->n_rows * (bucket + 1) / product->n_buckets);
    uint32_t d = design->n_columns, n = 1;
    double *g = product->sums + (size_t)bucket * d;
    for (uint32_t i = (uint32_t)((uint64_t)product->n_rows * bucket / product->n_buckets); i < end; i += n) {
        uint32_t row = product->rows[i];
        const float *x = design->dense + (size_t)row * d;
        n = 1;
        if (d % 8 == 0) {
            n = run_of(product->rows, i, end);
            kernel_add(x, d, n, product->slope + row, 1, g);
        } else {
            for (uint32_t c = 0; c < d; c++)
                g[c] += product->slope[row] * x[c];
        }
    }
}

// Columns of one part, over all the rows: each column's sum runs in the order of the rows.
static void transposed_columns(void *arg, uint32_t part)
{
    const struct product *product = arg;
    const struct design *design = product->design;
    for (uint32_t i = 0; i < product->n_rows; i++) {
        uint32_t row = product->rows[i];
        double factor = product->slope[row];
        if (factor == 0)
            continue;
        const uint32_t *part_at = design->part_at + (size_t)row * (DESIGN_PARTS + 1) + part;
        uint64_t end = design->start[row] + part_at[1];
        for (uint64_t j = design->start[row] + part_at[0]; j < end; j++)
            product->g[design->column[j]] += factor * design->value[j];
    }
}

void design_multiply_transposed(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *slope, double *g)
{
    uint32_t d = design->n_columns;
    struct product product = {.design = design,
        .rows = rows,
        .n_rows = n_rows,
        .n_buckets = pass_n_buckets(n_rows),
        .slope = slope,
        .g = g};
    memset(g, 0, d * sizeof(*g));
    if (design->dense == NULL) {
        uint32_t first[DESIGN_PARTS + 1];
        for (uint32_t part = 0; part <= DESIGN_PARTS; part++)
            first[part] = (uint32_t)((uint64_t)d * part / DESIGN_PARTS);
        const struct pool_output columns = {.base = g, .width = sizeof(*g), .first = first};
        pool_share(design->pool, DESIGN_PARTS, transposed_columns, &product,
            &(struct pool_shared){.outputs = &columns, .n_outputs = 1, .work = work_of(design, n_rows)});
        return;
    }
    product.sums = calloc((size_t)product.n_buckets * d, sizeof(*product.sums));
    if (product.sums == NULL)
        abort();
    const struct pool_output output = {.base = product.sums, .width = d * sizeof(*product.sums)};
    pool_share(design->pool, product.n_buckets, transposed_bucket, &product,
        &(struct pool_shared){.outputs = &output, .n_outputs = 1, .work = work_of(design, n_rows)});
    for (uint32_t b = 0; b < product.n_buckets; b++) {
        for (uint32_t c = 0; c < d; c++)
            g[c] += product.sums[(size_t)b * d + c];
    }
    free(product.sums);
}
