#include "worker/fit/battles_newton.h"

#include "worker/fit/logistic.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITERATIONS_MAX = 200, TRIANGLE_MAX = BATTLES_STYLES_MAX * (BATTLES_STYLES_MAX + 1) / 2 };

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

// ---------------------------------------------------------------- one pass
// Sums over the battles of one pair, and over the pairs of one bucket.
struct pair_sum {
    double slope, curve, curve_nu; // d/dz, d2/dz2, d2/dz dnu
    double curve_x[BATTLES_STYLES_MAX];
};

struct part {
    struct log_sum logs; // of rows, which mostly weigh the same
    double value, slope_nu, curve_nu;
    double slope_x[BATTLES_STYLES_MAX], curve_nu_x[BATTLES_STYLES_MAX], curve_x[TRIANGLE_MAX];
};

struct pass {
    const struct battle_pairs *pairs;
    const double *theta, *beta;
    double nu;
    struct pair_sum *sums;
    struct part parts[POOL_BUCKETS];
    uint32_t n_buckets;
};

uint32_t battle_parameters(const struct battle_pairs *pairs)
{
    return pairs->n_items + pairs->has_nu + pairs->n_styles;
}

// With |z|: S = 1 + e^-|z| + nu e^-|z|/2, so that nothing overflows.
struct softmax {
    double sum, half, more, either, tie; // S; |z| / 2; p(low) - p(high); p(low) + p(high); p(tie)
};

static inline struct softmax softmax_of(double z, double nu)
{
    double size = fabs(z), e = exp(-size), tie = nu > 0 ? nu * sqrt(e) : 0, sum = 1 + e + tie;
    return (struct softmax){.sum = sum,
        .half = size / 2,
        .more = copysign((1 - e) / sum, z),
        .either = (1 + e) / sum,
        .tie = tie / sum};
}

struct battle_slope battle_slope(double z, double nu, int k)
{
    struct softmax p = softmax_of(z, nu);
    double won = k == 0 ? 1 : k == 1 ? -1 : 0;
    return (struct battle_slope){.z = (p.more - won) / 2, .nu = p.tie - (k == 2)};
}

static void add_cell(
    const struct pass *pass, uint32_t pair, double z, struct pair_sum *sum, struct part *part)
{
    const struct battle_pairs *pairs = pass->pairs;
    double won = pairs->wins_low[pair] - pairs->wins_high[pair], ties = pairs->ties[pair];
    double n = pairs->wins_low[pair] + pairs->wins_high[pair] + ties;
    struct softmax p = softmax_of(z, pass->nu);
    part->value += n * (p.half + log(p.sum)) - won * z / 2;
    sum->slope = (n * p.more - won) / 2;
    sum->curve = n / 4 * (p.either - p.more * p.more);
    if (pass->nu > 0) {
        part->value -= ties * pass->theta[pairs->n_items];
        part->slope_nu += n * p.tie - ties;
        part->curve_nu += n * p.tie * (1 - p.tie);
        sum->curve_nu = -n * p.tie * p.more / 2;
    }
}

static void add_rows(
    const struct pass *pass, uint32_t pair, double z, struct pair_sum *sum, struct part *part)
{
    const struct battle_pairs *pairs = pass->pairs;
    uint32_t n_styles = pairs->n_styles;
    for (int k = 0; k < 3; k++) {
        double won = k == 0 ? 1 : k == 1 ? -1 : 0, tied = k == 2;
        for (uint32_t row = pairs->row_first[3 * pair + (uint32_t)k];
             row < pairs->row_first[3 * pair + (uint32_t)k + 1]; row++) {
            const float *x = pairs->row_x + (size_t)row * n_styles;
            double own = z, w = (double)pairs->row_weight[row];
            for (uint32_t c = 0; c < n_styles; c++)
                own += pass->beta[c] * (double)x[c];
            struct softmax p = softmax_of(own, pass->nu);
            double slope = w * (p.more - won) / 2, curve = w / 4 * (p.either - p.more * p.more),
                   *at = part->curve_x;
            part->value += w * (p.half - won * own / 2);
            log_sum_add(
                &part->logs, w, p.sum - 1); // at most 32 of 2 + nu: no overflow, the ridge keeps nu far below
            sum->slope += slope;
            sum->curve += curve;
            for (uint32_t c = 0; c < n_styles; c++) {
                double curved = curve * (double)x[c];
                part->slope_x[c] += slope * (double)x[c];
                sum->curve_x[c] += curved;
                for (uint32_t b = 0; b <= c; b++)
                    *at++ += curved * (double)x[b];
            }
            if (pass->nu > 0) {
                double crossed = -w * p.tie * p.more / 2;
                part->value -= w * tied * pass->theta[pairs->n_items];
                part->slope_nu += w * (p.tie - tied);
                part->curve_nu += w * p.tie * (1 - p.tie);
                sum->curve_nu += crossed;
                for (uint32_t c = 0; c < n_styles; c++)
                    part->curve_nu_x[c] += crossed * (double)x[c];
            }
        }
    }
}

static void pass_bucket(void *arg, uint32_t bucket)
{
    struct pass *pass = arg;
    const struct battle_pairs *pairs = pass->pairs;
    uint32_t from = (uint32_t)((uint64_t)pairs->n_pairs * bucket / pass->n_buckets);
    uint32_t to = (uint32_t)((uint64_t)pairs->n_pairs * (bucket + 1) / pass->n_buckets);
    struct part *part = &pass->parts[bucket];
    memset(part, 0, sizeof(*part));
    part->logs.product = 1;
    for (uint32_t pair = from; pair < to; pair++) {
        double z = pass->theta[pairs->low[pair]] - pass->theta[pairs->high[pair]];
        memset(&pass->sums[pair], 0, sizeof(pass->sums[pair]));
        if (pairs->n_styles == 0)
            add_cell(pass, pair, z, &pass->sums[pair], part);
        else
            add_rows(pass, pair, z, &pass->sums[pair], part);
    }
    log_sum_flush(&part->logs);
    part->value += part->logs.sum;
}

static void add_part(struct part *total, const struct part *part, uint32_t n_styles)
{
    total->value += part->value;
    total->slope_nu += part->slope_nu;
    total->curve_nu += part->curve_nu;
    for (uint32_t c = 0; c < n_styles; c++) {
        total->slope_x[c] += part->slope_x[c];
        total->curve_nu_x[c] += part->curve_nu_x[c];
    }
    for (uint32_t c = 0; c < n_styles * (n_styles + 1) / 2; c++)
        total->curve_x[c] += part->curve_x[c];
}

static void both(double *hessian, uint32_t n, uint32_t i, uint32_t j, double value)
{
    hessian[(size_t)i * n + j] += value;
    if (i != j)
        hessian[(size_t)j * n + i] += value;
}

static void assemble(const struct pass *pass, const struct part *total, double *gradient, double *hessian)
{
    const struct battle_pairs *pairs = pass->pairs;
    uint32_t n = battle_parameters(pairs), nu = pairs->n_items, x = pairs->n_items + pairs->has_nu;
    memset(gradient, 0, n * sizeof(*gradient));
    memset(hessian, 0, (size_t)n * n * sizeof(*hessian));
    for (uint32_t pair = 0; pair < pairs->n_pairs; pair++) {
        const struct pair_sum *sum = &pass->sums[pair];
        uint32_t i = pairs->low[pair], j = pairs->high[pair];
        gradient[i] += sum->slope;
        gradient[j] -= sum->slope;
        hessian[(size_t)i * n + i] += sum->curve;
        hessian[(size_t)j * n + j] += sum->curve;
        both(hessian, n, i, j, -sum->curve);
        if (pairs->has_nu) {
            both(hessian, n, i, nu, sum->curve_nu);
            both(hessian, n, j, nu, -sum->curve_nu);
        }
        for (uint32_t c = 0; c < pairs->n_styles; c++) {
            both(hessian, n, i, x + c, sum->curve_x[c]);
            both(hessian, n, j, x + c, -sum->curve_x[c]);
        }
    }
    if (pairs->has_nu) {
        gradient[nu] += total->slope_nu;
        both(hessian, n, nu, nu, total->curve_nu);
    }
    const double *at = total->curve_x;
    for (uint32_t c = 0; c < pairs->n_styles; c++) {
        gradient[x + c] += total->slope_x[c];
        if (pairs->has_nu)
            both(hessian, n, nu, x + c, total->curve_nu_x[c]);
        for (uint32_t b = 0; b <= c; b++)
            both(hessian, n, x + c, x + b, *at++);
    }
    for (uint32_t i = 0; i < n; i++) {
        gradient[i] += pairs->ridge * pass->theta[i];
        hessian[(size_t)i * n + i] += pairs->ridge;
    }
}

// `sums` is scratch of n_pairs.
static double value_with(const struct battle_pairs *pairs, const double *theta, struct pool *pool,
    struct pair_sum *sums, double *gradient, double *hessian)
{
    struct pass *pass = allocate(1, sizeof(*pass));
    struct part total = {0};
    double squares = 0;
    *pass = (struct pass){.pairs = pairs,
        .theta = theta,
        .beta = theta + pairs->n_items + pairs->has_nu,
        .nu = pairs->has_nu ? exp(theta[pairs->n_items]) : 0,
        .sums = sums,
        .n_buckets = pairs->n_pairs < POOL_BUCKETS ? pairs->n_pairs : POOL_BUCKETS};
    pool_run(pairs->n_styles > 0 ? pool : NULL, pass->n_buckets, pass_bucket, pass);
    for (uint32_t bucket = 0; bucket < pass->n_buckets; bucket++)
        add_part(&total, &pass->parts[bucket], pairs->n_styles);
    for (uint32_t i = 0; i < battle_parameters(pairs); i++)
        squares += theta[i] * theta[i];
    if (gradient != NULL)
        assemble(pass, &total, gradient, hessian);
    free(pass);
    return total.value + pairs->ridge / 2 * squares;
}

double battle_value(const struct battle_pairs *pairs, const double *theta, struct pool *pool,
    double *gradient, double *hessian)
{
    struct pair_sum *sums = allocate(pairs->n_pairs, sizeof(*sums));
    double value = value_with(pairs, theta, pool, sums, gradient, hessian);
    free(sums);
    return value;
}

// ---------------------------------------------------------------- Newton
// Scores of a component may all move together at no cost but the ridge's, which keeps their sum at 0. Adding ones to each
// component's block therefore changes no step, and makes the matrix well conditioned.
static void add_gauge(const struct score_problem *problem, double *hessian)
{
    double trace = 0;
    uint32_t n = problem->n, n_items = problem->n_items;
    for (uint32_t i = 0; i < n_items; i++)
        trace += hessian[(size_t)i * n + i];
    double level = trace / n_items / n_items;
    for (uint32_t i = 0; i < n_items; i++) {
        for (uint32_t j = 0; j < n_items; j++)
            hessian[(size_t)i * n + j] += problem->component[i] == problem->component[j] ? level : 0;
    }
}

static double greatest(const double *x, uint32_t n)
{
    double result = 0;
    for (uint32_t i = 0; i < n; i++)
        result = fmax(result, fabs(x[i]));
    return result;
}

int scores_minimise(
    const struct score_problem *problem, double precision, double *theta, double *factor, double *ret_value)
{
    int n = (int)problem->n, result = ERR_INTERNAL;
    size_t size_n = problem->n;
    double *gradient = allocate(size_n, sizeof(double)), *step = allocate(size_n, sizeof(double)),
           *trial = allocate(size_n, sizeof(double));
    double value = problem->value(problem->arg, theta, gradient, factor);
    for (int iteration = 1; iteration <= ITERATIONS_MAX; iteration++) {
        add_gauge(problem, factor);
        memcpy(step, gradient, size_n * sizeof(*step));
        if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, factor, n) != 0 ||
            LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', n, 1, factor, n, step, n) != 0)
            break;
        double decrease = 0, length = 1, size = greatest(step, problem->n);
        for (uint32_t i = 0; i < problem->n; i++)
            decrease += step[i] * gradient[i];
        if (size <= precision) { // what is left after this step is its square: the factor is the minimum's
            for (uint32_t i = 0; i < problem->n; i++)
                theta[i] -= step[i];
            result = iteration;
            *ret_value = value;
            break;
        }
        if (size > 5)
            length = 5 / size; // far from the minimum the model is no guide
        double next = INFINITY;
        for (int halving = 0; halving < 40; halving++, length /= 2) {
            for (uint32_t i = 0; i < problem->n; i++)
                trial[i] = theta[i] - length * step[i];
            next = problem->value(problem->arg, trial, gradient, factor);
            // The last term: near the minimum the values differ by rounding alone.
            if (next <= value - 1e-4 * length * decrease + 1e-13 * fabs(value))
                break;
        }
        value = next;
        memcpy(theta, trial, size_n * sizeof(*theta));
    }
    free(gradient);
    free(step);
    free(trial);
    return result;
}

struct pairs_problem {
    const struct battle_pairs *pairs;
    struct pool *pool;
    struct pair_sum *sums;
};

static double pairs_value(void *arg, const double *theta, double *gradient, double *hessian)
{
    const struct pairs_problem *problem = arg;
    return value_with(problem->pairs, theta, problem->pool, problem->sums, gradient, hessian);
}

int battle_minimise(const struct battle_pairs *pairs, double precision, struct pool *pool, double *theta,
    double *factor, double *ret_value)
{
    struct pairs_problem problem = {
        .pairs = pairs, .pool = pool, .sums = allocate(pairs->n_pairs, sizeof(struct pair_sum))};
    struct score_problem scores = {.value = pairs_value,
        .arg = &problem,
        .n = battle_parameters(pairs),
        .n_items = pairs->n_items,
        .component = pairs->component};
    int result = scores_minimise(&scores, precision, theta, factor, ret_value);
    free(problem.sums);
    return result;
}
