#include "worker/fit/logistic.h"

#include "reward/predict.h"

#include <cblas.h>
#include <lapacke.h>
#include <lbfgs.h>
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

void logistic_init(struct logistic *logistic, const struct design *design, const struct pairs *pairs,
    const double *weight, double total, double lambda)
{
    *logistic = (struct logistic){.design = design,
        .pairs = pairs,
        .weight = weight,
        .total = total,
        .lambda = lambda,
        .reward = allocate(design->n_rows, sizeof(double)),
        .slope = allocate(design->n_rows, sizeof(double))};
    if (design->dense == NULL)
        return;
    pass_init(&logistic->pass, design, pairs);
    logistic->padded = allocate(logistic->pass.stride, sizeof(double));
    if (logistic->pass.difference != NULL)
        logistic->sums =
            allocate((size_t)pass_n_buckets(pairs->n) * (1 + (size_t)logistic->pass.stride), sizeof(double));
}

void logistic_release(struct logistic *logistic)
{
    free(logistic->reward);
    free(logistic->slope);
    free(logistic->padded);
    free(logistic->sums);
    pass_release(&logistic->pass);
    logistic->reward = logistic->slope = logistic->padded = logistic->sums = NULL;
}

double logistic_pair_loss(double z, double y)
{
    // l(-z) = l(z) + z
    return predict_logistic_loss(z) + (1 - y) * z;
}

// Of a bucket of pairs: the loss, and behind it the gradient.
static void value_bucket(void *arg, uint32_t bucket)
{
    const struct logistic *logistic = arg;
    const struct pairs *pairs = logistic->pairs;
    uint32_t n_buckets = pass_n_buckets(pairs->n), stride = logistic->pass.stride;
    uint32_t end = (uint32_t)((uint64_t)pairs->n * (bucket + 1) / n_buckets), n;
    double *sums = logistic->sums + (size_t)bucket * (1 + (size_t)stride), loss = 0;
    double z[PASS_ROWS] = {0}, step[PASS_ROWS];
    struct log_sum logs = {0};
    memset(sums, 0, (1 + (size_t)stride) * sizeof(*sums));
    for (uint32_t i = (uint32_t)((uint64_t)pairs->n * bucket / n_buckets); i < end; i += n) {
        n = (uint32_t)min_size(PASS_ROWS, end - i);
        const float *rows = logistic->pass.difference + (size_t)i * stride;
        kernel_dots(rows, stride, n, logistic->padded, 1, z);
        for (uint32_t r = 0; r < n; r++) {
            double c = logistic->weight[i + r], y = pairs->y[i + r];
            double e = exp(-fabs(z[r])), inverse = 1 / (1 + e);
            loss += c * ((z[r] < 0 ? -z[r] : 0) + (1 - y) * z[r]);
            log_sum_add(&logs, c, e);
            step[r] = c * ((z[r] >= 0 ? inverse : e * inverse) - y);
        }
        kernel_add(rows, stride, n, step, 1, sums + 1);
    }
    log_sum_flush(&logs);
    sums[0] = loss + logs.sum;
}

static double sum_by_differences(struct logistic *logistic, const double *w, double *ret_gradient)
{
    uint32_t n_buckets = pass_n_buckets(logistic->pairs->n), d = logistic->design->n_columns;
    double loss = 0;
    memcpy(logistic->padded, w, d * sizeof(*w));
    const struct pool_output output = {
        .base = logistic->sums, .width = (1 + (size_t)logistic->pass.stride) * sizeof(double)};
    pool_share(logistic->design->pool, n_buckets, value_bucket, logistic,
        &(struct pool_shared){.outputs = &output,
            .n_outputs = 1,
            .input = w,
            .input_bytes = d * sizeof(*w),
            .work = 2 * (uint64_t)logistic->pairs->n * d});
    memset(ret_gradient, 0, d * sizeof(*ret_gradient));
    for (uint32_t b = 0; b < n_buckets; b++) {
        const double *sums = logistic->sums + b * (1 + (size_t)logistic->pass.stride);
        loss += sums[0];
        for (uint32_t c = 0; c < d; c++)
            ret_gradient[c] += sums[1 + c];
    }
    return loss;
}

static double sum_by_rewards(struct logistic *logistic, const double *w, double *ret_gradient)
{
    const struct pairs *pairs = logistic->pairs;
    const struct design *design = logistic->design;
    double *reward = logistic->reward, *slope = logistic->slope, loss = 0;
    struct log_sum logs = {0};
    design_multiply(design, pairs->rows, pairs->n_rows, w, reward);
    for (uint32_t i = 0; i < pairs->n_rows; i++)
        slope[pairs->rows[i]] = 0;
    for (uint32_t i = 0; i < pairs->n; i++) {
        double c = logistic->weight[i];
        if (c == 0)
            continue;
        double z = reward[pairs->left[i]] - reward[pairs->right[i]], y = pairs->y[i];
        double e = exp(-fabs(z)), inverse = 1 / (1 + e);
        loss += c * ((z < 0 ? -z : 0) + (1 - y) * z);
        log_sum_add(&logs, c, e);
        double step = c * ((z >= 0 ? inverse : e * inverse) - y);
        slope[pairs->left[i]] += step;
        slope[pairs->right[i]] -= step;
    }
    log_sum_flush(&logs);
    design_multiply_transposed(design, pairs->rows, pairs->n_rows, slope, ret_gradient);
    return loss + logs.sum;
}

double logistic_value(struct logistic *logistic, const double *w, double *ret_gradient)
{
    double loss = logistic->sums != NULL ? sum_by_differences(logistic, w, ret_gradient)
                                         : sum_by_rewards(logistic, w, ret_gradient),
           squares = 0;
    for (uint32_t c = 0; c < logistic->design->n_columns; c++) {
        squares += w[c] * w[c];
        ret_gradient[c] = ret_gradient[c] / logistic->total + logistic->lambda * w[c];
    }
    return loss / logistic->total + logistic->lambda / 2 * squares;
}

// ---------------------------------------------------------------- L-BFGS
struct minimisation {
    double (*value)(void *arg, const double *x, double *gradient);
    void *arg;
    uint32_t n;
    bool (*stop)(void *arg);
    void *stop_arg;
};

static lbfgsfloatval_t evaluate(void *instance, const lbfgsfloatval_t *x, lbfgsfloatval_t *gradient,
    const int n, const lbfgsfloatval_t step)
{
    const struct minimisation *minimisation = instance;
    (void)step;
    for (int i = (int)minimisation->n; i < n; i++)
        gradient[i] = 0; // the library wants multiples of 16
    return minimisation->value(minimisation->arg, x, gradient);
}

static int iterated(void *instance, const lbfgsfloatval_t *x, const lbfgsfloatval_t *g,
    const lbfgsfloatval_t fx, const lbfgsfloatval_t xnorm, const lbfgsfloatval_t gnorm,
    const lbfgsfloatval_t step, int n, int k, int ls)
{
    const struct minimisation *minimisation = instance;
    (void)x, (void)g, (void)fx, (void)xnorm, (void)gnorm, (void)step, (void)n, (void)k, (void)ls;
    return minimisation->stop != NULL && minimisation->stop(minimisation->stop_arg);
}

double logistic_lbfgs_any(double (*value)(void *arg, const double *x, double *gradient), void *arg,
    uint32_t n, double precision, int max_iterations, bool (*stop)(void *arg), void *stop_arg, double *x)
{
    struct minimisation minimisation = {
        .value = value, .arg = arg, .n = n, .stop = stop, .stop_arg = stop_arg};
    uint32_t padded = (n + 15) / 16 * 16;
    lbfgsfloatval_t *at = lbfgs_malloc((int)padded), result = 0;
    if (at == NULL)
        abort();
    memset(at, 0, padded * sizeof(*at));
    memcpy(at, x, n * sizeof(*at));
    lbfgs_parameter_t parameters;
    lbfgs_parameter_init(&parameters);
    parameters.m = LOGISTIC_MEMORY;
    parameters.epsilon = precision;
    parameters.max_iterations = max_iterations;
    parameters.max_linesearch = 20;
    int status = lbfgs((int)padded, at, &result, evaluate, iterated, &minimisation, &parameters);
    assert(status != LBFGSERR_OUTOFMEMORY);
    // Everything else (rounding at the optimum, the iteration bound, a stop) leaves the best point found in `at`.
    memcpy(x, at, n * sizeof(*x));
    lbfgs_free(at);
    return result;
}

static double value_of(void *arg, const double *x, double *gradient)
{
    return logistic_value(arg, x, gradient);
}

double logistic_lbfgs(struct logistic *logistic, double precision, int max_iterations, double *w)
{
    return logistic_lbfgs_any(value_of, logistic, logistic->design->n_columns, precision, max_iterations,
        logistic->stop, logistic->stop_arg, w);
}

// ---------------------------------------------------------------- Newton
enum { BLOCK_ROWS = 256 };

// H = S' diag(c p (1 - p)) S / C + lambda I, lower triangle, from blocks of scaled difference rows.
static void hessian(const struct logistic *logistic, const double *w, double *block, double *h)
{
    const struct pairs *pairs = logistic->pairs;
    const struct design *design = logistic->design;
    size_t d = design->n_columns, stride = logistic->pass.stride;
    float *scratch = allocate(PASS_ROWS * stride, sizeof(*scratch));
    memcpy(logistic->padded, w, d * sizeof(*w));
    memset(h, 0, d * d * sizeof(*h));
    uint32_t filled = 0;
    for (uint32_t i = 0; i < pairs->n; i++) {
        double z = 0;
        const float *x = pass_rows(&logistic->pass, i, 1, scratch);
        kernel_dots(x, stride, 1, logistic->padded, 1, &z);
        double p = predict_sigmoid(z), scale = sqrt(logistic->weight[i] * p * (1 - p) / logistic->total);
        for (size_t c = 0; c < d; c++)
            block[filled * d + c] = scale * x[c];
        if (++filled == BLOCK_ROWS || i + 1 == pairs->n) {
            cblas_dsyrk(
                CblasRowMajor, CblasLower, CblasTrans, (int)d, (int)filled, 1, block, (int)d, 1, h, (int)d);
            filled = 0;
        }
    }
    for (size_t c = 0; c < d; c++)
        h[c * d + c] += logistic->lambda;
    free(scratch);
}

double logistic_newton(struct logistic *logistic, double precision, int max_iterations, double *w)
{
    const struct design *design = logistic->design;
    assert(design->dense != NULL);
    size_t d = design->n_columns;
    double *g = allocate(d, sizeof(*g)), *h = allocate(d * d, sizeof(*h));
    double *block = allocate(BLOCK_ROWS * d, sizeof(*block)), *next = allocate(d, sizeof(*next));
    double *step = allocate(d, sizeof(*step)), value = logistic_value(logistic, w, g);
    for (int iteration = 0; iteration < max_iterations; iteration++) {
        double norm = cblas_dnrm2((int)d, g, 1);
        if (norm <= precision * fmax(1, cblas_dnrm2((int)d, w, 1)) ||
            (logistic->stop != NULL && logistic->stop(logistic->stop_arg)))
            break;
        hessian(logistic, w, block, h);
        memcpy(step, g, d * sizeof(*step));
        // lambda > 0 makes it positive definite.
        lapack_int failed = LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', (lapack_int)d, 1, h, (lapack_int)d, step, 1);
        assert(failed == 0);
        double slope = cblas_ddot((int)d, g, 1, step, 1), length = 1, reached = value;
        for (int halving = 0; halving < 40; halving++, length /= 2) {
            for (size_t c = 0; c < d; c++)
                next[c] = w[c] - length * step[c];
            reached = logistic_value(logistic, next, g);
            if (reached <= value - 1e-4 * length * slope)
                break;
        }
        if (!(reached < value)) { // rounding: the optimum of this arithmetic
            value = logistic_value(logistic, w, g);
            break;
        }
        memcpy(w, next, d * sizeof(*w));
        value = reached;
    }
    free(g);
    free(h);
    free(block);
    free(next);
    free(step);
    return value;
}

// ---------------------------------------------------------------- by the curvature of a sample
enum { SAMPLED_STEPS = 10 }; // before the curvature is measured again

static double weight_of(void *arg, uint32_t pair, uint32_t head)
{
    const struct logistic *logistic = arg;
    (void)head;
    return logistic->weight[pair] / logistic->total;
}

static void measure(struct logistic *logistic, const double *w, struct curvature *curvature)
{
    memcpy(logistic->padded, w, logistic->design->n_columns * sizeof(*w));
    curvature_measure(curvature, &logistic->pass, logistic->padded, weight_of, logistic);
    curvature_factor(curvature, logistic->lambda, logistic->design->pool);
}

// `curvature` is known near w, or is measured; leaves the last that was.
static double descend(struct logistic *logistic, double precision, int max_iterations, bool is_known,
    struct curvature *curvature, double *w)
{
    struct newton newton = {.value = value_of,
        .arg = logistic,
        .curvature = curvature,
        .precision = precision,
        .stop = logistic->stop,
        .stop_arg = logistic->stop_arg};
    double value = 0;
    for (int done = 0; done < max_iterations; done += newton.n_steps) {
        if (done > 0 || !is_known)
            measure(logistic, w, curvature);
        newton.max_steps = max_iterations - done < SAMPLED_STEPS ? max_iterations - done : SAMPLED_STEPS;
        value = newton_minimise(&newton, w);
        if (newton.n_steps < newton.max_steps)
            break;
    }
    return value;
}

// From nothing, the optimum of the sample first, and its curvature there: it is near the other.
static void descend_on_sample(
    struct logistic *logistic, double precision, struct curvature *curvature, double *w)
{
    const struct pairs *pairs = logistic->pairs;
    uint32_t m = curvature_sample(pairs->n, logistic->design->n_columns);
    struct pairs sample = {.n = m,
        .n_rows = m, // as if none occurred twice: differences are formed
        .left = allocate(m, sizeof(uint32_t)),
        .right = allocate(m, sizeof(uint32_t)),
        .y = allocate(m, sizeof(double)),
        .weight = allocate(m, sizeof(double))};
    double total = 0;
    for (uint32_t i = 0; i < m; i++) {
        uint32_t pair = (uint32_t)((uint64_t)i * pairs->n / m);
        sample.left[i] = pairs->left[pair];
        sample.right[i] = pairs->right[pair];
        sample.y[i] = pairs->y[pair];
        total += sample.weight[i] = logistic->weight[pair];
    }
    struct logistic part;
    logistic_init(&part, logistic->design, &sample, sample.weight, total > 0 ? total : 1, logistic->lambda);
    part.stop = logistic->stop;
    part.stop_arg = logistic->stop_arg;
    (void)descend(&part, precision, SAMPLED_STEPS, false, curvature, w);
    curvature->n_sampled = m;
    measure(&part, w, curvature);
    curvature->n_sampled = 0;
    logistic_release(&part);
    free(sample.left);
    free(sample.right);
    free(sample.y);
    free(sample.weight);
}

double logistic_sampled(struct logistic *logistic, double precision, int max_iterations, double *w)
{
    uint32_t d = logistic->design->n_columns, n = logistic->pairs->n;
    bool from_sample = cblas_dnrm2((int)d, w, 1) == 0 && curvature_sample(n, d) < n;
    struct curvature curvature;
    curvature_init(&curvature, 1, d);
    if (from_sample)
        descend_on_sample(logistic, fmax(precision, 1e-3), &curvature, w);
    double value = descend(logistic, precision, max_iterations, from_sample, &curvature, w);
    curvature_release(&curvature);
    return value;
}

double logistic_minimise(struct logistic *logistic, double precision, int max_iterations, double *w)
{
    uint32_t d = logistic->design->n_columns, n = logistic->pairs->n;
    if (logistic->design->dense == NULL || d > NEWTON_COLUMNS_MAX)
        return logistic_lbfgs(logistic, precision, max_iterations, w);
    if (curvature_sample(n, d) == n)
        return logistic_newton(logistic, precision, max_iterations, w);
    return logistic_sampled(logistic, precision, max_iterations, w);
}

void logistic_logits(
    const struct design *design, const struct pairs *pairs, const double *w, double *reward, double *ret_z)
{
    design_multiply(design, pairs->rows, pairs->n_rows, w, reward);
    for (uint32_t i = 0; i < pairs->n; i++)
        ret_z[i] = reward[pairs->left[i]] - reward[pairs->right[i]];
}

double logistic_mean_loss(const struct pairs *pairs, const double *z, const double *weight)
{
    double loss = 0, total = 0;
    for (uint32_t i = 0; i < pairs->n; i++) {
        loss += weight[i] * logistic_pair_loss(z[i], pairs->y[i]);
        total += weight[i];
    }
    return total > 0 ? loss / total : predict_logistic_loss(0);
}
