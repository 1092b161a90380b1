#include "worker/fit/newton.h"

#include "base/spill.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 128 };

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

// ---------------------------------------------------------------- curvature
void curvature_init(struct curvature *curvature, uint32_t k, uint32_t d)
{
    *curvature = (struct curvature){.k = k,
        .d = d,
        .sampled = allocate((size_t)k * d * d, sizeof(float)),
        .factor = allocate((size_t)k * d * d, sizeof(double))};
}

void curvature_release(struct curvature *curvature)
{
    free(curvature->sampled);
    free(curvature->factor);
    curvature->sampled = NULL;
    curvature->factor = NULL;
}

uint32_t curvature_sample(uint32_t n_pairs, uint32_t d)
{
    uint32_t wanted = n_pairs / 10 > 8 * d ? n_pairs / 10 : 8 * d;
    return wanted < n_pairs ? wanted : n_pairs;
}

// Sampled rows times the square root of their weight, those of a head behind each other.
struct sampling {
    struct curvature *curvature;
    const struct pair_pass *pass;
    uint32_t m;                         // sampled pairs
    double *scale;                      // m x k
    float *rows;                        // scaled
    uint64_t first[PASS_HEADS_MAX + 1]; // row at which each head's begin
    uint64_t *at;                       // m x k: where a row goes
    const double *w;
    double (*weight)(void *arg, uint32_t pair, uint32_t head);
    void *arg;
    uint32_t tiles; // along a side
};

static uint32_t sampled_pair(const struct sampling *sampling, uint32_t i)
{
    return (uint32_t)((uint64_t)i * sampling->pass->pairs->n / sampling->m);
}

static void scale_bucket(void *arg, uint32_t bucket)
{
    struct sampling *sampling = arg;
    uint32_t k = sampling->curvature->k, end = pool_bucket(sampling->m, bucket + 1);
    float *scratch = allocate((size_t)PASS_ROWS * sampling->pass->stride, sizeof(*scratch));
    double share = (double)sampling->pass->pairs->n / sampling->m, z[PASS_HEADS_MAX] = {0};
    for (uint32_t i = pool_bucket(sampling->m, bucket); i < end; i++) {
        uint32_t pair = sampled_pair(sampling, i);
        const float *x = pass_rows(sampling->pass, pair, 1, scratch);
        kernel_dots(x, sampling->pass->stride, 1, sampling->w, k, z);
        for (uint32_t j = 0; j < k; j++) {
            double e = exp(-fabs(z[j])), slope = e / ((1 + e) * (1 + e));
            sampling->scale[(size_t)i * k + j] =
                sqrt(share * sampling->weight(sampling->arg, pair, j) * slope);
        }
    }
    free(scratch);
}

static void copy_bucket(void *arg, uint32_t bucket)
{
    struct sampling *sampling = arg;
    uint32_t k = sampling->curvature->k, d = sampling->curvature->d,
             end = pool_bucket(sampling->m, bucket + 1);
    float *scratch = allocate((size_t)PASS_ROWS * sampling->pass->stride, sizeof(*scratch));
    for (uint32_t i = pool_bucket(sampling->m, bucket); i < end; i++) {
        const float *x = pass_rows(sampling->pass, sampled_pair(sampling, i), 1, scratch);
        for (uint32_t j = 0; j < k; j++) {
            uint64_t at = sampling->at[(size_t)i * k + j];
            float scale = (float)sampling->scale[(size_t)i * k + j], *row = sampling->rows + at * d;
            for (uint32_t c = 0; c < d && at != UINT64_MAX; c++)
                row[c] = scale * x[c];
        }
    }
    free(scratch);
}

// One square of a head's Hessian, on or below the diagonal.
static void tile_part(void *arg, uint32_t part)
{
    struct sampling *sampling = arg;
    uint32_t each = sampling->tiles * (sampling->tiles + 1) / 2, head = part / each, rest = part % each,
             row = 0;
    while (rest > row)
        rest -= ++row;
    uint32_t d = sampling->curvature->d, from = row * TILE, across = rest * TILE;
    uint32_t height = d - from < TILE ? d - from : TILE, width = d - across < TILE ? d - across : TILE;
    const float *rows = sampling->rows + sampling->first[head] * d;
    uint64_t n = sampling->first[head + 1] - sampling->first[head];
    float *out = sampling->curvature->sampled + (size_t)head * d * d + (size_t)from * d + across;
    if (n > 0)
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)height, (int)width, (int)n, 1, rows + from,
            (int)d, rows + across, (int)d, 0, out, (int)d);
}

void curvature_measure(struct curvature *curvature, const struct pair_pass *pass, const double *w,
    double (*weight)(void *arg, uint32_t pair, uint32_t head), void *arg)
{
    uint32_t k = curvature->k, d = curvature->d,
             m = curvature->n_sampled > 0 ? curvature->n_sampled : curvature_sample(pass->pairs->n, d);
    struct sampling sampling = {.curvature = curvature,
        .pass = pass,
        .m = m,
        .scale = allocate((size_t)m * k, sizeof(double)),
        .at = allocate((size_t)m * k, sizeof(uint64_t)),
        .w = w,
        .weight = weight,
        .arg = arg,
        .tiles = (d + TILE - 1) / TILE};
    memset(curvature->sampled, 0, (size_t)k * d * d * sizeof(float));
    uint32_t sampled[POOL_BUCKETS + 1];
    for (uint32_t b = 0; b <= POOL_BUCKETS; b++)
        sampled[b] = pool_bucket(m, b);
    const struct pool_output scales = {.base = sampling.scale, .width = k * sizeof(double), .first = sampled};
    pool_share(pass->design->pool, POOL_BUCKETS, scale_bucket, &sampling,
        &(struct pool_shared){.outputs = &scales,
            .n_outputs = 1,
            .input = w,
            .input_bytes = (size_t)k * pass->stride * sizeof(*w),
            .work = (uint64_t)m * k * d});
    double most = 0;
    for (size_t i = 0; i < (size_t)m * k; i++)
        most = fmax(most, sampling.scale[i]);
    uint64_t n = 0;
    for (uint32_t j = 0; j < k; j++) {
        sampling.first[j] = n;
        for (uint32_t i = 0; i < m; i++) // a pair that hardly is of a head says hardly anything of it
            sampling.at[(size_t)i * k + j] =
                sampling.scale[(size_t)i * k + j] > 0.03 * most ? n++ : UINT64_MAX;
    }
    sampling.first[k] = n;
    sampling.rows = spill_take(NULL, n * d * sizeof(float));
    pool_run(pass->design->pool, POOL_BUCKETS, copy_bucket, &sampling);
    pool_run(pass->design->pool, k * sampling.tiles * (sampling.tiles + 1) / 2, tile_part, &sampling);
    free(sampling.rows);
    free(sampling.scale);
    free(sampling.at);
}

struct factoring {
    struct curvature *curvature;
    double lambda;
};

static void factor_part(void *arg, uint32_t head)
{
    const struct factoring *factoring = arg;
    size_t d = factoring->curvature->d;
    const float *from = factoring->curvature->sampled + head * d * d;
    double *to = factoring->curvature->factor + head * d * d, trace = 0;
    for (size_t i = 0; i < d; i++)
        trace += from[i * d + i];
    for (size_t i = 0; i < d; i++) {
        for (size_t c = 0; c <= i; c++)
            to[i * d + c] = from[i * d + c];
        // Single precision leaves the least eigenvalues uncertain by some 1e-7 of the greatest.
        to[i * d + i] += factoring->lambda + 1e-6 * trace / (double)d + 1e-12;
    }
    lapack_int failed = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (lapack_int)d, to, (lapack_int)d);
    assert(failed == 0);
}

void curvature_factor(struct curvature *curvature, double lambda, struct pool *pool)
{
    struct factoring factoring = {.curvature = curvature, .lambda = lambda};
    pool_run(pool, curvature->k, factor_part, &factoring);
}

// x = (L L')^-1 x for each head; L' stands above in column-major order, which is L below in ours.
static void solve(const struct curvature *curvature, double *x)
{
    size_t d = curvature->d;
    for (uint32_t j = 0; j < curvature->k; j++) {
        const double *factor = curvature->factor + j * d * d;
        cblas_dtrsv(
            CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)d, factor, (int)d, x + j * d, 1);
        cblas_dtrsv(
            CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (int)d, factor, (int)d, x + j * d, 1);
    }
}

// ---------------------------------------------------------------- steps
struct history {
    int n; // pairs of steps and changes of the gradient, at n % NEWTON_MEMORY the next
    double *s[NEWTON_MEMORY], *y[NEWTON_MEMORY], rho[NEWTON_MEMORY];
};

// direction = -H g, H by the two loops of L-BFGS around the curvature.
static void direction_of(
    const struct newton *newton, const struct history *history, int n, const double *g, double *direction)
{
    double alpha[NEWTON_MEMORY] = {0};
    int kept = history->n < NEWTON_MEMORY ? history->n : NEWTON_MEMORY;
    for (int i = 0; i < n; i++)
        direction[i] = -g[i];
    for (int i = history->n - 1; i >= history->n - kept; i--) {
        int at = i % NEWTON_MEMORY;
        alpha[at] = history->rho[at] * cblas_ddot(n, history->s[at], 1, direction, 1);
        cblas_daxpy(n, -alpha[at], history->y[at], 1, direction, 1);
    }
    solve(newton->curvature, direction);
    for (int i = history->n - kept; i < history->n; i++) {
        int at = i % NEWTON_MEMORY;
        double beta = history->rho[at] * cblas_ddot(n, history->y[at], 1, direction, 1);
        cblas_daxpy(n, alpha[at] - beta, history->s[at], 1, direction, 1);
    }
}

static void remember(struct history *history, int n, const double *from, const double *to,
    const double *g_from, const double *g_to)
{
    int at = history->n % NEWTON_MEMORY;
    if (history->s[at] == NULL) {
        history->s[at] = allocate((size_t)n, sizeof(double));
        history->y[at] = allocate((size_t)n, sizeof(double));
    }
    for (int i = 0; i < n; i++) {
        history->s[at][i] = to[i] - from[i];
        history->y[at][i] = g_to[i] - g_from[i];
    }
    double product = cblas_ddot(n, history->s[at], 1, history->y[at], 1);
    if (product <= 1e-10 * cblas_dnrm2(n, history->s[at], 1) * cblas_dnrm2(n, history->y[at], 1))
        return;
    history->rho[at] = 1 / product;
    history->n++;
}

// Goes along `direction`, halving, until the value falls enough; false when it can't: the optimum of this arithmetic.
static bool step(struct newton *newton, int n, const double *x, double value, double slope,
    const double *direction, double *next, double *g_next, double *ret_value)
{
    double length = 1;
    for (int halving = 0; halving < 12; halving++, length /= 2) {
        for (int i = 0; i < n; i++)
            next[i] = x[i] + length * direction[i];
        *ret_value = newton->value(newton->arg, next, g_next);
        newton->n_passes++;
        if (*ret_value <= value + 1e-4 * length * slope)
            return true;
    }
    return false;
}

double newton_minimise(struct newton *newton, double *x)
{
    int n = (int)(newton->curvature->k * newton->curvature->d);
    double *g = allocate((size_t)n, sizeof(*g)), *g_next = allocate((size_t)n, sizeof(*g));
    double *next = allocate((size_t)n, sizeof(*next)), *direction = allocate((size_t)n, sizeof(*direction));
    struct history history = {0};
    double value = newton->value(newton->arg, x, g);
    newton->n_steps = 0;
    newton->n_passes = 1;
    while (newton->n_steps < newton->max_steps) {
        double norm = cblas_dnrm2(n, g, 1), reached;
        if (norm <= newton->precision * fmax(1, cblas_dnrm2(n, x, 1)) ||
            (newton->stop != NULL && newton->stop(newton->stop_arg)))
            break;
        direction_of(newton, &history, n, g, direction);
        double slope = cblas_ddot(n, g, 1, direction, 1);
        if (!(slope < 0) || !step(newton, n, x, value, slope, direction, next, g_next, &reached)) {
            if (history.n == 0)
                break;
            history.n = 0; // once more by the curvature alone
            continue;
        }
        remember(&history, n, x, next, g, g_next);
        memcpy(x, next, (size_t)n * sizeof(*x));
        memcpy(g, g_next, (size_t)n * sizeof(*g));
        newton->n_steps++;
        double gained = value - reached;
        value = newton->stepped != NULL ? newton->stepped(newton->arg, x, reached) : reached;
        if (newton->gain > 0 && gained <= newton->gain)
            break;
    }
    for (int i = 0; i < NEWTON_MEMORY; i++) {
        free(history.s[i]);
        free(history.y[i]);
    }
    free(g);
    free(g_next);
    free(next);
    free(direction);
    return value;
}
