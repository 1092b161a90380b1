#include "worker/fit/mixture_dense.h"

#include "worker/fit/logistic.h"

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

bool mixture_dense_fits(const struct design *design, uint32_t k)
{
    return design->dense != NULL && design->n_columns <= NEWTON_COLUMNS_MAX && k <= PASS_HEADS_MAX;
}

// Whole annotators, about as many pairs in each bucket.
static uint32_t divide(const struct pairs *pairs, uint32_t n_annotators, uint32_t first[POOL_BUCKETS + 1])
{
    uint32_t n_buckets = pass_n_buckets(pairs->n), a = 0;
    for (uint32_t b = 0; b < n_buckets; b++) {
        first[b] = a;
        while (a < n_annotators && pairs->first[a + 1] <= (uint64_t)pairs->n * (b + 1) / n_buckets)
            a++;
        if (b + 1 < n_buckets && a < n_annotators && first[b] == a)
            a++; // one who has more than a bucket's
    }
    first[n_buckets] = n_annotators;
    return n_buckets;
}

void mixture_dense_init(struct mixture_dense *dense, const struct design *design, const struct pairs *pairs,
    const struct mixture_settings *settings, struct mixture *mixture)
{
    *dense = (struct mixture_dense){.settings = settings, .mixture = mixture};
    pass_init(&dense->pass, design, pairs);
    curvature_init(&dense->curvature, mixture->k, design->n_columns);
    dense->n_buckets = divide(pairs, mixture->n_annotators, dense->first);
    for (uint32_t i = 0; i < pairs->n; i++)
        dense->total += pairs->weight[i];
    size_t heads = (size_t)mixture->k * dense->pass.stride;
    dense->padded = allocate(heads, sizeof(double));
    dense->sums = allocate(dense->n_buckets * (1 + heads), sizeof(double));
    dense->loss = allocate((size_t)mixture->n_annotators * mixture->k, sizeof(double));
}

void mixture_dense_release(struct mixture_dense *dense)
{
    pass_release(&dense->pass);
    curvature_release(&dense->curvature);
    free(dense->padded);
    free(dense->sums);
    free(dense->loss);
}

// ---------------------------------------------------------------- one annotator
// Scratch of a bucket: rows, and of its annotator with the most pairs the logits and their exponentials.
struct scratch {
    float *rows;
    double *z, *e; // pairs x k
};

static void logits(
    const struct mixture_dense *dense, uint32_t from, uint32_t end, const struct scratch *scratch)
{
    uint32_t k = dense->mixture->k, n;
    for (uint32_t i = from; i < end; i += n) {
        n = (uint32_t)min_size(PASS_ROWS, end - i);
        kernel_dots(pass_rows(&dense->pass, i, n, scratch->rows), dense->pass.stride, n, dense->padded, k,
            scratch->z + (size_t)(i - from) * k);
    }
}

// Losses of an annotator under each head, and e^-|z|.
static void losses(const struct mixture_dense *dense, uint32_t from, uint32_t end,
    const struct scratch *scratch, double *loss)
{
    const struct pairs *pairs = dense->pass.pairs;
    uint32_t k = dense->mixture->k;
    kernel_exp(scratch->z, (size_t)(end - from) * k, scratch->e);
    for (uint32_t j = 0; j < k; j++) {
        struct log_sum logs = {0};
        double sum = 0;
        for (uint32_t i = from; i < end; i++) {
            double z = scratch->z[(size_t)(i - from) * k + j], c = pairs->weight[i];
            sum += c * ((z < 0 ? -z : 0) + (1 - pairs->y[i]) * z);
            log_sum_add(&logs, c, scratch->e[(size_t)(i - from) * k + j]);
        }
        log_sum_flush(&logs);
        loss[j] = sum + logs.sum;
    }
}

static void add_gradients(const struct mixture_dense *dense, uint32_t from, uint32_t end, const double *q,
    const struct scratch *scratch, double *gradients)
{
    const struct pairs *pairs = dense->pass.pairs;
    uint32_t k = dense->mixture->k, n;
    for (uint32_t i = from; i < end; i++) {
        for (uint32_t j = 0; j < k; j++) {
            size_t at = (size_t)(i - from) * k + j;
            double e = scratch->e[at], inverse = 1 / (1 + e);
            double p = scratch->z[at] >= 0 ? inverse : e * inverse;
            scratch->z[at] = q[j] * pairs->weight[i] * (p - pairs->y[i]); // the slope takes the logit's place
        }
    }
    for (uint32_t i = from; i < end; i += n) {
        n = (uint32_t)min_size(PASS_ROWS, end - i);
        kernel_add(pass_rows(&dense->pass, i, n, scratch->rows), dense->pass.stride, n,
            scratch->z + (size_t)(i - from) * k, k, gradients);
    }
}

static struct scratch scratch_of(const struct pair_pass *pass, uint32_t from, uint32_t to, uint32_t k)
{
    size_t most = 0;
    for (uint32_t a = from; a < to; a++)
        most = pass->pairs->first[a + 1] - pass->pairs->first[a] > most
                   ? pass->pairs->first[a + 1] - pass->pairs->first[a]
                   : most;
    return (struct scratch){.rows = allocate((size_t)PASS_ROWS * pass->stride, sizeof(float)),
        .z = allocate(most * k, sizeof(double)),
        .e = allocate(most * k, sizeof(double))};
}

static void scratch_release(const struct scratch *scratch)
{
    free(scratch->rows);
    free(scratch->z);
    free(scratch->e);
}

static void bucket_of(void *arg, uint32_t bucket)
{
    const struct mixture_dense *dense = arg;
    struct mixture *mixture = dense->mixture;
    const uint32_t *first = dense->pass.pairs->first;
    uint32_t k = mixture->k;
    size_t heads = (size_t)k * dense->pass.stride;
    double *sums = dense->sums + bucket * (1 + heads), objective = 0;
    struct scratch scratch = scratch_of(&dense->pass, dense->first[bucket], dense->first[bucket + 1], k);
    memset(sums, 0, (1 + heads) * sizeof(*sums));
    for (uint32_t a = dense->first[bucket]; a < dense->first[bucket + 1]; a++) {
        double *q = mixture->q + (size_t)a * k, *loss = dense->loss + (size_t)a * k;
        uint32_t from = first[a], end = first[a + 1];
        if (from == end)
            continue;
        logits(dense, from, end, &scratch);
        for (size_t i = 0; !dense->with_gradient && i < (size_t)(end - from) * k; i++)
            scratch.z[i] *= mixture->tau[i % k];
        losses(dense, from, end, &scratch, loss);
        if (!dense->with_gradient)
            continue;
        if (dense->mode == MIXTURE_SOFT) {
            objective -= mixture_posterior(loss, mixture->share, k, q);
        } else {
            for (uint32_t j = 0; j < k; j++)
                objective += q[j] * loss[j];
        }
        add_gradients(dense, from, end, q, &scratch, sums + 1);
    }
    sums[0] = objective;
    scratch_release(&scratch);
}

// ---------------------------------------------------------------- all of them
// One pass, by whole annotators; what they get of responsibilities and losses is shared with the sums.
static void run_pass(struct mixture_dense *dense)
{
    const struct mixture *mixture = dense->mixture;
    size_t heads = (size_t)mixture->k * dense->pass.stride;
    const struct pool_output outputs[] = {
        {.base = dense->sums, .width = (1 + heads) * sizeof(double)},
        {.base = mixture->q, .width = mixture->k * sizeof(double), .first = dense->first},
        {.base = dense->loss, .width = mixture->k * sizeof(double), .first = dense->first},
    };
    pool_share(dense->pass.design->pool, dense->n_buckets, bucket_of, dense,
        &(struct pool_shared){.outputs = outputs,
            .n_outputs = ARRAY_SIZE(outputs),
            .input = dense->padded,
            .input_bytes = heads * sizeof(double),
            .work = 2 * (uint64_t)dense->pass.pairs->n * heads});
}

static void pad(struct mixture_dense *dense, const double *w)
{
    uint32_t d = dense->mixture->n_columns;
    for (uint32_t j = 0; j < dense->mixture->k; j++)
        memcpy(dense->padded + (size_t)j * dense->pass.stride, w + (size_t)j * d, d * sizeof(*w));
}

static double penalty(const struct mixture_dense *dense, const double *w)
{
    double squares = 0;
    for (size_t i = 0; i < (size_t)dense->mixture->k * dense->mixture->n_columns; i++)
        squares += w[i] * w[i];
    return dense->settings->lambda / 2 * squares;
}

static double value_of(void *arg, const double *w, double *gradient)
{
    struct mixture_dense *dense = arg;
    uint32_t k = dense->mixture->k, d = dense->mixture->n_columns;
    size_t stride = dense->pass.stride, heads = k * stride;
    double objective = 0;
    pad(dense, w);
    dense->with_gradient = true;
    run_pass(dense);
    memset(gradient, 0, (size_t)k * d * sizeof(*gradient));
    for (uint32_t b = 0; b < dense->n_buckets; b++) {
        const double *sums = dense->sums + b * (1 + heads);
        objective += sums[0];
        for (uint32_t j = 0; j < k; j++) {
            for (uint32_t c = 0; c < d; c++)
                gradient[(size_t)j * d + c] += sums[1 + j * stride + c];
        }
    }
    for (size_t i = 0; i < (size_t)k * d; i++)
        gradient[i] = gradient[i] / dense->total + dense->settings->lambda * w[i];
    return objective / dense->total + penalty(dense, w);
}

// The shares that go with the responsibilities of the step just taken: they raise the likelihood once more.
static double stepped(void *arg, const double *w, double value)
{
    struct mixture_dense *dense = arg;
    struct mixture *mixture = dense->mixture;
    const uint32_t *first = dense->pass.pairs->first;
    uint32_t k = mixture->k;
    double unused[PASS_HEADS_MAX], likelihood = 0;
    if (dense->mode == MIXTURE_FIXED)
        return value;
    mixture_update_shares(dense->pass.pairs, mixture);
    for (uint32_t a = 0; a < mixture->n_annotators; a++) {
        if (first[a + 1] > first[a])
            likelihood += mixture_posterior(dense->loss + (size_t)a * k, mixture->share, k, unused);
    }
    value = penalty(dense, w) - likelihood / dense->total;
    mixture->iterations++;
    if (dense->settings->trace != NULL)
        dense->settings->trace(dense->settings->trace_arg, -value);
    return value;
}

static double weight_of(void *arg, uint32_t pair, uint32_t head)
{
    const struct mixture_dense *dense = arg;
    const struct pairs *pairs = dense->pass.pairs;
    return pairs->weight[pair] *
           dense->mixture->q[(size_t)pairs->annotator[pair] * dense->mixture->k + head] / dense->total;
}

void mixture_dense_descend(
    struct mixture_dense *dense, enum mixture_mode mode, int max_steps, double gain, bool measure)
{
    struct newton newton = {.value = value_of,
        .arg = dense,
        .curvature = &dense->curvature,
        .precision = 1e-6,
        .gain = gain,
        .max_steps = max_steps,
        .stop = dense->settings->stop,
        .stop_arg = dense->settings->stop_arg,
        .stepped = stepped};
    dense->mode = mode;
    if (measure) {
        pad(dense, dense->mixture->w);
        curvature_measure(&dense->curvature, &dense->pass, dense->padded, weight_of, dense);
        curvature_factor(&dense->curvature, dense->settings->lambda, dense->pass.design->pool);
    }
    (void)newton_minimise(&newton, dense->mixture->w);
}

void mixture_dense_losses(struct mixture_dense *dense)
{
    pad(dense, dense->mixture->w);
    dense->with_gradient = false;
    run_pass(dense);
}

// ---------------------------------------------------------------- where to start
struct starting {
    struct pair_pass pass;
    double *padded;    // the pooled w
    double *vectors;   // n_annotators x n_columns
    double *curvature; // of each bucket, n_columns
    uint32_t n_buckets, first[POOL_BUCKETS + 1];
};

static void start_bucket(void *arg, uint32_t bucket)
{
    const struct starting *starting = arg;
    const struct pairs *pairs = starting->pass.pairs;
    uint32_t d = starting->pass.design->n_columns, n;
    size_t stride = starting->pass.stride;
    float *scratch = allocate(PASS_ROWS * stride, sizeof(*scratch));
    double *sum = allocate(stride, sizeof(*sum)), *curvature = starting->curvature + (size_t)bucket * d;
    double z[PASS_ROWS] = {0}, step[PASS_ROWS];
    for (uint32_t a = starting->first[bucket]; a < starting->first[bucket + 1]; a++) {
        memset(sum, 0, stride * sizeof(*sum));
        for (uint32_t i = pairs->first[a]; i < pairs->first[a + 1]; i += n) {
            n = (uint32_t)min_size(PASS_ROWS, pairs->first[a + 1] - i);
            const float *rows = pass_rows(&starting->pass, i, n, scratch);
            kernel_dots(rows, stride, n, starting->padded, 1, z);
            for (uint32_t r = 0; r < n; r++) {
                double p = 1 / (1 + exp(-z[r])), bend = pairs->weight[i + r] * p * (1 - p);
                step[r] = pairs->weight[i + r] * (pairs->y[i + r] - p);
                for (uint32_t c = 0; c < d; c++)
                    curvature[c] += bend * rows[r * stride + c] * rows[r * stride + c];
            }
            kernel_add(rows, stride, n, step, 1, sum);
        }
        memcpy(starting->vectors + (size_t)a * d, sum, d * sizeof(*sum));
    }
    free(scratch);
    free(sum);
}

void mixture_dense_vectors(const struct design *design, const struct pairs *pairs, const double *pooled,
    double lambda, uint32_t n_annotators, double *vectors)
{
    uint32_t d = design->n_columns;
    enum { PRIOR = 10 }; // pairs that would say "as everybody": who judged little stays near
    struct starting starting = {.vectors = vectors};
    double total = 0;
    pass_init_passing(&starting.pass, design, pairs);
    starting.n_buckets = divide(pairs, n_annotators, starting.first);
    starting.padded = allocate(starting.pass.stride, sizeof(double));
    starting.curvature = allocate((size_t)starting.n_buckets * d, sizeof(double));
    memcpy(starting.padded, pooled, d * sizeof(double));
    const struct pool_output outputs[] = {
        {.base = vectors, .width = d * sizeof(double), .first = starting.first},
        {.base = starting.curvature, .width = d * sizeof(double)},
    };
    pool_share(design->pool, starting.n_buckets, start_bucket, &starting,
        &(struct pool_shared){.outputs = outputs,
            .n_outputs = ARRAY_SIZE(outputs),
            .input = pooled,
            .input_bytes = d * sizeof(double),
            .work = 3 * (uint64_t)pairs->n * d});
    for (uint32_t i = 0; i < pairs->n; i++)
        total += pairs->weight[i];
    for (uint32_t b = 1; b < starting.n_buckets; b++) {
        for (uint32_t c = 0; c < d; c++)
            starting.curvature[c] += starting.curvature[(size_t)b * d + c];
    }
    for (uint32_t a = 0; a < n_annotators; a++) {
        double *vector = vectors + (size_t)a * d, weight = PRIOR * total / (pairs->n + 1.0);
        for (uint32_t i = pairs->first[a]; i < pairs->first[a + 1]; i++)
            weight += pairs->weight[i];
        for (uint32_t c = 0; c < d && weight > 0; c++)
            vector[c] /= (starting.curvature[c] / total + lambda) * weight;
    }
    free(starting.padded);
    free(starting.curvature);
}
