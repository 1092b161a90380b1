#include "worker/fit/battles_sort.h"

#include "base/rng.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16, ROWS_AT_ONCE = 32, FEW = 24, NARROW = 256 };

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

double battles_student(double freedom)
{
    static const double z = 1.959963984540054;
    double z2 = z * z, f = freedom;
    if (f <= 1)
        return 12.706204736432095;
    if (f <= 2)
        return 4.302652729911275;
    return z * (1 + (z2 + 1) / (4 * f) + ((5 * z2 + 16) * z2 + 3) / (96 * f * f) +
                   (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * f * f * f) +
                   ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / (92160 * f * f * f * f));
}

// ---------------------------------------------------------------- gradients of annotators
struct meat {
    const struct sorted_battles *sorted;
    const struct battle_slope *slope; // of a row with styles, else of a cell
    const uint32_t *first, *rows;     // of each annotator
    uint32_t n_parameters, n_buckets;
    double *parts; // n_buckets x n_parameters^2
};

static uint32_t *rows_by_annotator(const struct sorted_battles *sorted, uint32_t **ret_first)
{
    uint32_t *first = allocate((size_t)sorted->n_annotators + 2, sizeof(*first));
    uint32_t *rows = allocate(sorted->n_rows, sizeof(*rows));
    for (uint32_t row = 0; row < sorted->n_rows; row++)
        first[sorted->row_annotator[row] + 2]++;
    for (uint32_t a = 0; a < sorted->n_annotators; a++)
        first[a + 2] += first[a + 1];
    for (uint32_t row = 0; row < sorted->n_rows; row++)
        rows[first[sorted->row_annotator[row] + 1]++] = row;
    *ret_first = first;
    return rows;
}

static struct battle_slope *slopes(const struct sorted_battles *sorted, const double *theta)
{
    const struct battle_pairs *pairs = &sorted->pairs;
    const double *beta = theta + pairs->n_items + pairs->has_nu;
    double nu = pairs->has_nu ? exp(theta[pairs->n_items]) : 0;
    struct battle_slope *result =
        allocate(pairs->n_styles > 0 ? sorted->n_rows : 3 * (size_t)pairs->n_pairs, sizeof(*result));
    for (uint32_t cell = 0; cell < 3 * pairs->n_pairs; cell++) {
        double z = theta[pairs->low[cell / 3]] - theta[pairs->high[cell / 3]];
        if (pairs->n_styles == 0)
            result[cell] = battle_slope(z, nu, (int)(cell % 3));
        for (uint32_t row = pairs->row_first[cell]; pairs->n_styles > 0 && row < pairs->row_first[cell + 1];
             row++) {
            double own = z;
            for (uint32_t c = 0; c < pairs->n_styles; c++)
                own += beta[c] * (double)sorted->row_x[(size_t)row * pairs->n_styles + c];
            result[row] = battle_slope(own, nu, (int)(cell % 3));
        }
    }
    return result;
}

// Adds the gradient of one row to g; lists the items it touches for the first time in `touched`.
static void add_gradient(
    const struct meat *meat, uint32_t row, double *g, uint32_t *touched, uint32_t *n_touched)
{
    const struct sorted_battles *sorted = meat->sorted;
    const struct battle_pairs *pairs = &sorted->pairs;
    uint32_t cell = sorted->row_cell[row], nu = pairs->n_items, x = nu + pairs->has_nu;
    const struct battle_slope *slope = &meat->slope[pairs->n_styles > 0 ? row : cell];
    double w = (double)sorted->row_weight[row], z = w * slope->z;
    const uint32_t ends[] = {pairs->low[cell / 3], pairs->high[cell / 3]};
    for (uint32_t e = 0; e < 2; e++) {
        if (g[ends[e]] == 0 && *n_touched <= FEW)
            touched[(*n_touched)++] = ends[e];
    }
    g[ends[0]] += z;
    g[ends[1]] -= z;
    if (pairs->has_nu)
        g[nu] += w * slope->nu;
    for (uint32_t c = 0; c < pairs->n_styles; c++)
        g[x + c] += z * (double)sorted->row_x[(size_t)row * pairs->n_styles + c];
}

// Of few items: their block alone. An item listed twice (its sum was 0 for a moment) has its second entry left out.
static void add_outer(
    const struct meat *meat, const double *g, uint32_t *touched, uint32_t n_touched, double *part)
{
    uint32_t n = meat->n_parameters, list[FEW + 2 + 1 + BATTLES_STYLES_MAX], m = 0;
    for (uint32_t i = 0; i < n_touched; i++) {
        bool twice = false;
        for (uint32_t j = 0; j < i; j++)
            twice = twice || touched[j] == touched[i];
        if (!twice)
            list[m++] = touched[i];
    }
    for (uint32_t i = meat->sorted->pairs.n_items; i < n; i++)
        list[m++] = i;
    for (uint32_t i = 0; i < m; i++) {
        for (uint32_t j = 0; j < m; j++) {
            if (list[i] >= list[j])
                part[(size_t)list[j] * n + list[i]] += g[list[i]] * g[list[j]];
        }
    }
}

// The lower triangle of sum_u G_u G_u' over the annotators of one bucket.
static void meat_bucket(void *arg, uint32_t bucket)
{
    struct meat *meat = arg;
    uint32_t n = meat->n_parameters, all = meat->sorted->n_annotators, held = 0, touched[FEW + 3];
    double *part = meat->parts + (size_t)bucket * n * n,
           *rows = allocate((size_t)ROWS_AT_ONCE * n, sizeof(double));
    uint32_t from = (uint32_t)((uint64_t)all * bucket / meat->n_buckets);
    uint32_t to = (uint32_t)((uint64_t)all * (bucket + 1) / meat->n_buckets);
    for (uint32_t a = from; a < to; a++) {
        double *g = rows + (size_t)held * n;
        uint32_t n_touched = 0;
        for (uint32_t i = meat->first[a]; i < meat->first[a + 1]; i++)
            add_gradient(meat, meat->rows[i], g, touched, &n_touched);
        if (n_touched <= FEW) {
            add_outer(meat, g, touched, n_touched, part);
            for (uint32_t i = 0; i < n_touched; i++)
                g[touched[i]] = 0;
            for (uint32_t i = meat->sorted->pairs.n_items; i < n; i++)
                g[i] = 0;
        } else {
            held++;
        }
        if (held == ROWS_AT_ONCE || (a + 1 == to && held > 0)) {
            cblas_dsyrk(
                CblasColMajor, CblasLower, CblasNoTrans, (int)n, (int)held, 1, rows, (int)n, 1, part, (int)n);
            memset(rows, 0, (size_t)ROWS_AT_ONCE * n * sizeof(*rows));
            held = 0;
        }
    }
    if (held > 0) // the last annotators were of few items
        cblas_dsyrk(
            CblasColMajor, CblasLower, CblasNoTrans, (int)n, (int)held, 1, rows, (int)n, 1, part, (int)n);
    free(rows);
}

static double *gradients_outer(const struct sorted_battles *sorted, const double *theta)
{
    uint32_t n = battle_parameters(&sorted->pairs), *first;
    uint32_t n_buckets = n <= NARROW ? 64 : 8;
    struct meat meat = {.sorted = sorted, .n_parameters = n, .n_buckets = n_buckets};
    struct battle_slope *slope = slopes(sorted, theta);
    uint32_t *rows = rows_by_annotator(sorted, &first);
    meat.slope = slope;
    meat.rows = rows;
    meat.first = first;
    meat.parts = allocate((size_t)n_buckets * n * n, sizeof(double));
    pool_run(sorted->pool, n_buckets, meat_bucket, &meat);
    for (uint32_t bucket = 1; bucket < n_buckets; bucket++)
        cblas_daxpy((int)(n * n), 1, meat.parts + (size_t)bucket * n * n, 1, meat.parts, 1);
    free(slope);
    free(rows);
    free(first);
    return meat.parts;
}

// ---------------------------------------------------------------- covariance
// Each score's variance once the settled items of its component have mean 0, and its ends.
void battles_item_intervals(const double *v, uint32_t n, double quantile, struct battles_result *result)
{
    double *row = allocate(n, sizeof(*row));
    for (uint32_t c = 0; c < result->n_components; c++) {
        const struct battles_component *component = &result->components[c];
        double mean = 0, size = component->n_settled;
        memset(row, 0, n * sizeof(*row));
        for (uint32_t i = 0; i < result->n_items; i++) {
            if (result->items[i].component != c)
                continue;
            for (uint32_t j = 0; j < result->n_items; j++) {
                if (result->items[j].component == c && result->items[j].place == BATTLES_SETTLED)
                    row[i] += v[(size_t)j * n + i] / size;
            }
            mean += result->items[i].place == BATTLES_SETTLED ? row[i] / size : 0;
        }
        for (uint32_t i = 0; i < result->n_items && component->n_settled > 1; i++) {
            struct battles_item *item = &result->items[i];
            if (item->component != c || item->place != BATTLES_SETTLED)
                continue;
            item->standard_error = sqrt(fmax(v[(size_t)i * n + i] - 2 * row[i] + mean, 0));
            item->low = item->score - quantile * item->standard_error;
            item->high = item->score + quantile * item->standard_error;
        }
    }
    free(row);
}

static void from_covariance(
    const struct sorted_battles *sorted, const double *v, double quantile, struct battles_result *result)
{
    uint32_t n = battle_parameters(&sorted->pairs), x = sorted->pairs.n_items + sorted->pairs.has_nu;
    battles_item_intervals(v, n, quantile, result);
    for (uint32_t c = 0; c < result->n_styles; c++) {
        if (!(sorted->style_deviation[c] > 0))
            continue;
        result->style_error[c] = sqrt(fmax(v[(size_t)(x + c) * n + x + c], 0));
        result->style_low[c] = result->style[c] - quantile * result->style_error[c];
        result->style_high[c] = result->style[c] + quantile * result->style_error[c];
    }
}

int battles_invert(double *factor, uint32_t n)
{
    if (LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', (int)n, factor, (int)n) != 0)
        return ERR_INTERNAL;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < i; j++)
            factor[(size_t)i * n + j] = factor[(size_t)j * n + i];
    }
    return 0;
}

void battles_sandwich(double *s, const double *inverse, uint32_t n, double people)
{
    double *half = allocate((size_t)n * n, sizeof(*half));
    cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, (int)n, (int)n, people / (people - 1), s, (int)n,
        inverse, (int)n, 0, half, (int)n);
    cblas_dsymm(
        CblasColMajor, CblasLeft, CblasLower, (int)n, (int)n, 1, inverse, (int)n, half, (int)n, 0, s, (int)n);
    free(half);
}

// H^-1 from the factor, and H^-1 S H^-1 with annotators / (annotators - 1) unless Fisher's.
static int covariance(const struct sorted_battles *sorted, const struct battles_options *options,
    const double *theta, double *factor, struct battles_result *result, struct err *err)
{
    uint32_t n = battle_parameters(&sorted->pairs);
    if (battles_invert(factor, n) != 0)
        return err_set(err, ERR_INTERNAL, "the curvature of the scores can't be inverted");
    if (options->interval == BATTLES_FISHER) {
        from_covariance(sorted, factor, 1.959963984540054, result);
        return 0;
    }
    double *s = gradients_outer(sorted, theta);
    battles_sandwich(s, factor, n, sorted->n_annotators);
    from_covariance(sorted, s, battles_student(sorted->n_annotators - 1.0), result);
    free(s);
    return 0;
}

// ---------------------------------------------------------------- bootstrap
struct bootstrap {
    const struct sorted_battles *sorted;
    const struct battles_result *result;
    const double *theta; // of all
    uint64_t seed;
    uint32_t n, n_parameters;
    double *draws; // n_parameters x n
    bool failed[BATTLES_BOOTSTRAPS_MAX / BLOCK + 1];
};

// How often each annotator was drawn in each replicate of a block: n_annotators x BLOCK.
static float *draw(const struct bootstrap *bootstrap, uint32_t block)
{
    uint32_t people = bootstrap->sorted->n_annotators;
    float *times = allocate((size_t)people * BLOCK, sizeof(*times));
    for (uint32_t b = 0; b < BLOCK; b++) {
        struct rng rng;
        rng_seed(&rng, bootstrap->seed * UINT64_C(0x9e3779b97f4a7c15) + block * BLOCK + b + 1);
        for (uint32_t i = 0; i < people; i++)
            times[rng_below(&rng, people) * BLOCK + b] += 1;
    }
    return times;
}

// The cells of every replicate of a block: 3 n_pairs x BLOCK.
static void add_cells(const struct sorted_battles *sorted, const float *times, float *cells)
{
    for (uint32_t cell = 0; cell < 3 * sorted->pairs.n_pairs; cell++) {
        float sum[BLOCK] = {0};
        for (uint32_t row = sorted->pairs.row_first[cell]; row < sorted->pairs.row_first[cell + 1]; row++) {
            const float *own = times + (size_t)sorted->row_annotator[row] * BLOCK;
            float w = sorted->row_weight[row];
            for (uint32_t b = 0; b < BLOCK; b++)
                sum[b] += w * own[b];
        }
        memcpy(cells + (size_t)cell * BLOCK, sum, sizeof(sum));
    }
}

static void bootstrap_block(void *arg, uint32_t block)
{
    struct bootstrap *bootstrap = arg;
    const struct sorted_battles *sorted = bootstrap->sorted;
    struct battle_pairs pairs = sorted->pairs;
    uint32_t n_pairs = pairs.n_pairs, n = bootstrap->n_parameters;
    bool styled = pairs.n_styles > 0;
    float *times = draw(bootstrap, block),
          *cells = allocate(styled ? 0 : 3 * (size_t)n_pairs * BLOCK, sizeof(float));
    float *weight = allocate(styled ? sorted->n_rows : 0, sizeof(float));
    double *sum = allocate(3 * (size_t)n_pairs, sizeof(double)), *theta = allocate(n, sizeof(double)),
           *factor = allocate((size_t)n * n, sizeof(double)), value;
    if (!styled)
        add_cells(sorted, times, cells);
    for (uint32_t b = 0; b < BLOCK && block * BLOCK + b < bootstrap->n; b++) {
        for (uint32_t p = 0; p < n_pairs && !styled; p++) {
            for (uint32_t k = 0; k < 3; k++)
                sum[k * (size_t)n_pairs + p] = (double)cells[(3 * (size_t)p + k) * BLOCK + b];
        }
        for (uint32_t row = 0; row < sorted->n_rows && styled; row++)
            weight[row] = sorted->row_weight[row] * times[(size_t)sorted->row_annotator[row] * BLOCK + b];
        pairs.wins_low = sum;
        pairs.wins_high = sum + n_pairs;
        pairs.ties = sum + 2 * (size_t)n_pairs;
        pairs.row_weight = weight;
        memcpy(theta, bootstrap->theta, n * sizeof(*theta));
        bootstrap->failed[block] |= battle_minimise(&pairs, 1e-4, NULL, theta, factor, &value) < 0;
        battles_centre(bootstrap->result, theta);
        for (uint32_t i = 0; i < n; i++)
            bootstrap->draws[(size_t)i * bootstrap->n + block * BLOCK + b] = theta[i];
    }
    free(times);
    free(cells);
    free(weight);
    free(sum);
    free(theta);
    free(factor);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// The deviation of n draws, and their 2.5 and 97.5 % points (between neighbours, linearly); `draws` is sorted.
static void spread(double *draws, uint32_t n, double *ret_error, double *ret_low, double *ret_high)
{
    double mean = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++)
        mean += draws[i] / n;
    for (uint32_t i = 0; i < n; i++)
        squares += (draws[i] - mean) * (draws[i] - mean);
    qsort(draws, n, sizeof(*draws), ascending);
    *ret_error = sqrt(squares / (n - 1));
    for (int end = 0; end < 2; end++) {
        double at = (end == 0 ? 0.025 : 0.975) * (n - 1);
        uint32_t i = (uint32_t)at < n - 1 ? (uint32_t)at : n - 2;
        *(end == 0 ? ret_low : ret_high) = draws[i] + (at - i) * (draws[i + 1] - draws[i]);
    }
}

static int resample(const struct sorted_battles *sorted, const struct battles_options *options,
    const double *theta, struct battles_result *result, struct err *err)
{
    struct bootstrap *bootstrap = allocate(1, sizeof(*bootstrap));
    uint32_t n = options->n_bootstraps > 1 ? options->n_bootstraps : 200, blocks = (n + BLOCK - 1) / BLOCK;
    uint32_t x = sorted->pairs.n_items + sorted->pairs.has_nu;
    bool failed = false;
    *bootstrap = (struct bootstrap){.sorted = sorted,
        .result = result,
        .theta = theta,
        .seed = options->seed,
        .n = n,
        .n_parameters = battle_parameters(&sorted->pairs)};
    bootstrap->draws = allocate((size_t)n * bootstrap->n_parameters, sizeof(double));
    pool_run(sorted->pool, blocks, bootstrap_block, bootstrap);
    for (uint32_t block = 0; block < blocks; block++)
        failed = failed || bootstrap->failed[block];
    for (uint32_t i = 0; i < result->n_items; i++) {
        struct battles_item *item = &result->items[i];
        if (item->place == BATTLES_SETTLED && result->components[item->component].n_settled > 1)
            spread(bootstrap->draws + (size_t)i * n, n, &item->standard_error, &item->low, &item->high);
    }
    for (uint32_t c = 0; c < result->n_styles; c++) {
        if (sorted->style_deviation[c] > 0)
            spread(bootstrap->draws + (size_t)(x + c) * n, n, &result->style_error[c], &result->style_low[c],
                &result->style_high[c]);
    }
    free(bootstrap->draws);
    free(bootstrap);
    return failed ? err_set(err, ERR_INTERNAL, "the scores of a resample did not converge") : 0;
}

int battles_intervals(const struct sorted_battles *sorted, const struct battles_options *options,
    const double *theta, double *factor, struct battles_result *result, struct err *err)
{
    if (options->interval == BATTLES_BOOTSTRAP)
        return resample(sorted, options, theta, result, err);
    return covariance(sorted, options, theta, factor, result, err);
}
