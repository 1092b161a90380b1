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
}

void logistic_release(struct logistic *logistic)
{
    free(logistic->reward);
    free(logistic->slope);
    logistic->reward = logistic->slope = NULL;
}

double logistic_pair_loss(double z, double y)
{
    // l(-z) = l(z) + z
    return predict_logistic_loss(z) + (1 - y) * z;
}

double logistic_value(struct logistic *logistic, const double *w, double *ret_gradient)
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
    loss += logs.sum;
    design_multiply_transposed(design, pairs->rows, pairs->n_rows, slope, ret_gradient);
    double squares = 0;
    for (uint32_t c = 0; c < design->n_columns; c++) {
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
static void hessian(const struct logistic *logistic, double *block, double *h)
{
    const struct pairs *pairs = logistic->pairs;
    const struct design *design = logistic->design;
    size_t d = design->n_columns;
    memset(h, 0, d * d * sizeof(*h));
    uint32_t filled = 0;
    for (uint32_t i = 0; i < pairs->n; i++) {
        double z = logistic->reward[pairs->left[i]] - logistic->reward[pairs->right[i]],
               p = predict_sigmoid(z);
        double scale = sqrt(logistic->weight[i] * p * (1 - p) / logistic->total);
        const float *left = design->dense + pairs->left[i] * d, *right = design->dense + pairs->right[i] * d;
        for (size_t c = 0; c < d; c++)
            block[filled * d + c] = scale * (left[c] - right[c]);
        if (++filled == BLOCK_ROWS || i + 1 == pairs->n) {
            cblas_dsyrk(
                CblasRowMajor, CblasLower, CblasTrans, (int)d, (int)filled, 1, block, (int)d, 1, h, (int)d);
            filled = 0;
        }
    }
    for (size_t c = 0; c < d; c++)
        h[c * d + c] += logistic->lambda;
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
        hessian(logistic, block, h);
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

double logistic_minimise(struct logistic *logistic, double precision, int max_iterations, double *w)
{
    // Newton takes 4 to 6 passes of n d^2, L-BFGS some 30 of n_rows d: few pairs and dimensions only.
    double d = logistic->design->n_columns, newton = 6 * d * d * (logistic->pairs->n + d / 3),
           lbfgs = 30 * (4 * d * logistic->pairs->n_rows + 40.0 * logistic->pairs->n);
    if (logistic->design->dense != NULL && d <= LOGISTIC_NEWTON_MAX_COLUMNS && newton < 40 * lbfgs)
        return logistic_newton(logistic, precision, max_iterations, w);
    return logistic_lbfgs(logistic, precision, max_iterations, w);
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
