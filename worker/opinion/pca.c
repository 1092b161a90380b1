#include "worker/opinion/pca.h"

#include "worker/opinion/gram.h"
#include "worker/opinion/ratio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pca {
    const struct view *view;
    double *mean;
    uint8_t *out;
    double *cells;                 // dense: n_rows x n_columns, centred
    double *factored;              // dense: the same without the first component
    double *products;              // columns: n_columns x n_columns
    double *table, *sums, *turned; // 4 a column, 4 a column, 1 a column
};

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double dot(const double *a, const double *b, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

bool pca_wants_gram(const struct view *view)
{
    uint64_t n = view->n_columns;
    return n <= GRAM_COLUMNS_MAX && view->n_cells > n * n && (uint64_t)view->n_rows * n > PCA_DENSE_CELLS_MAX;
}

// --- centring ----------------------------------------------------------------------------------------------------
static void means(const struct view *view, const uint8_t *out, double *mean)
{
    for (uint32_t c = 0; c < view->n_columns; c++) {
        const uint32_t *counts = view->counts + 4 * (size_t)c;
        int64_t n = (int64_t)counts[VOTE_AGREE] + counts[VOTE_PASS] + counts[VOTE_DISAGREE];
        mean[c] =
            out[c] || n == 0 ? 0 : ratio_decimal((int64_t)counts[VOTE_DISAGREE] - counts[VOTE_AGREE], n);
    }
}

// Unseen cells hold their column's mean; the mean taken anew over all rows differs from it by rounding, and stands in for it.
static void fill_dense(struct pca *pca)
{
    const struct view *view = pca->view;
    uint32_t n = view->n_columns;
    double *sum = pca->turned;
    for (uint32_t c = 0; c < n; c++)
        sum[c] = 0;
    for (uint32_t i = 0; i < view->n_rows; i++) {
        double *line = pca->cells + (size_t)i * n;
        memcpy(line, pca->mean, n * sizeof(*line));
        for (uint32_t k = 0; k < view->rows[i].n; k++) {
            uint32_t code = view->rows[i].codes[k];
            line[code_column(code)] = pca->out[code_column(code)] ? 0 : (double)code_vote(code) - 1;
        }
        for (uint32_t c = 0; c < n; c++)
            sum[c] += line[c];
    }
    double one = 1.0 / view->n_rows;
    for (uint32_t c = 0; c < n; c++)
        pca->mean[c] = sum[c] * one;
    for (uint32_t i = 0; i < view->n_rows; i++) {
        double *line = pca->cells + (size_t)i * n;
        for (uint32_t c = 0; c < n; c++)
            line[c] -= pca->mean[c];
    }
}

struct pca *pca_new(const struct view *view, const struct gram *gram, bool dense_allowed)
{
    struct pca *pca = take(1, sizeof(*pca));
    uint32_t n = view->n_columns;
    size_t cells = (size_t)view->n_rows * n;
    pca->view = view;
    pca->mean = take(n, sizeof(*pca->mean));
    pca->out = take(n, sizeof(*pca->out));
    pca->table = take(4 * (size_t)n, sizeof(*pca->table));
    pca->sums = take(4 * (size_t)n, sizeof(*pca->sums));
    pca->turned = take(n, sizeof(*pca->turned));
    for (uint32_t c = 0; c < n; c++)
        pca->out[c] = view->moderation[c] != OPINION_SHOWN;
    means(view, pca->out, pca->mean);
    if (dense_allowed && cells <= PCA_DENSE_CELLS_MAX && view->n_rows > 0) {
        pca->cells = take(cells, sizeof(*pca->cells));
        pca->factored = take(cells, sizeof(*pca->factored));
        fill_dense(pca);
    } else if (gram != NULL) {
        pca->products = take((size_t)n * n, sizeof(*pca->products));
        gram_centred(gram, n, pca->mean, pca->out, pca->products);
    }
    return pca;
}

void pca_free(struct pca *pca)
{
    free(pca->mean);
    free(pca->out);
    free(pca->cells);
    free(pca->factored);
    free(pca->products);
    free(pca->table);
    free(pca->sums);
    free(pca->turned);
    free(pca);
}

const double *pca_mean(const struct pca *pca)
{
    return pca->mean;
}

// --- the product -------------------------------------------------------------------------------------------------
// Each row's sum, and each column's, has its own fixed order; four rows at a time only hide the time an addition takes.
static void multiply_dense(const double *cells, uint32_t n_rows, uint32_t n, const double *v, double *result)
{
    for (uint32_t c = 0; c < n; c++)
        result[c] = 0;
    uint32_t i = 0;
    for (; i + 4 <= n_rows; i += 4) {
        const double *a = cells + (size_t)i * n, *b = a + n, *c = b + n, *d = c + n;
        double da = 0, db = 0, dc = 0, dd = 0;
        for (uint32_t k = 0; k < n; k++) {
            da += v[k] * a[k];
            db += v[k] * b[k];
            dc += v[k] * c[k];
            dd += v[k] * d[k];
        }
        for (uint32_t k = 0; k < n; k++)
            result[k] = result[k] + da * a[k] + db * b[k] + dc * c[k] + dd * d[k];
    }
    for (; i < n_rows; i++) {
        const double *a = cells + (size_t)i * n;
        double da = dot(v, a, n);
        for (uint32_t k = 0; k < n; k++)
            result[k] += da * a[k];
    }
}

static void multiply_votes(struct pca *pca, const double *v, double *result)
{
    const struct view *view = pca->view;
    const double *table = pca->table;
    double *sums = pca->sums;
    for (uint32_t c = 0; c < view->n_columns; c++) {
        for (uint32_t vote = 0; vote < 3; vote++) {
            pca->table[4 * c + vote] = pca->out[c] ? 0 : ((double)vote - 1 - pca->mean[c]) * v[c];
            sums[4 * c + vote] = 0;
        }
    }
    for (uint32_t i = 0; i < view->n_rows; i++) {
        const uint32_t *codes = view->rows[i].codes;
        uint32_t n = view->rows[i].n, k = 0;
        double a = 0, b = 0, c = 0, d = 0;
        for (; k + 4 <= n; k += 4) {
            a += table[codes[k]];
            b += table[codes[k + 1]];
            c += table[codes[k + 2]];
            d += table[codes[k + 3]];
        }
        for (; k < n; k++)
            a += table[codes[k]];
        a = (a + b) + (c + d);
        for (k = 0; k < n; k++)
            sums[codes[k]] += a;
    }
    for (uint32_t c = 0; c < view->n_columns; c++) {
        double sum = 0;
        for (uint32_t vote = 0; vote < 3; vote++)
            sum += sums[4 * c + vote] * ((double)vote - 1 - pca->mean[c]);
        result[c] = pca->out[c] ? 0 : sum;
    }
}

static void multiply_columns(const double *products, uint32_t n, const double *v, double *result)
{
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const double *a = products + (size_t)i * n, *b = a + n, *c = b + n, *d = c + n;
        double da = 0, db = 0, dc = 0, dd = 0;
        for (uint32_t k = 0; k < n; k++) {
            da += v[k] * a[k];
            db += v[k] * b[k];
            dc += v[k] * c[k];
            dd += v[k] * d[k];
        }
        result[i] = da;
        result[i + 1] = db;
        result[i + 2] = dc;
        result[i + 3] = dd;
    }
    for (; i < n; i++)
        result[i] = dot(v, products + (size_t)i * n, n);
}

// v without what lies along `away`.
static void remove_part(const double *away, double over, uint32_t n, double *v)
{
    double along = dot(away, v, n) * over;
    for (uint32_t i = 0; i < n; i++)
        v[i] -= along * away[i];
}

// X'X v of the votes, or of the votes without what lies along `away`.
static void multiply(struct pca *pca, const double *away, double *v, double *result)
{
    uint32_t n = pca->view->n_columns;
    if (pca->cells != NULL) {
        multiply_dense(away != NULL ? pca->factored : pca->cells, pca->view->n_rows, n, v, result);
        return;
    }
    double length = away != NULL ? dot(away, away, n) : 0, over = length > 0 ? 1.0 / length : 0;
    if (away != NULL)
        remove_part(away, over, n, v);
    if (pca->products != NULL)
        multiply_columns(pca->products, n, v, result);
    else
        multiply_votes(pca, v, result);
    if (away != NULL)
        remove_part(away, over, n, result);
}

static void factor_out(struct pca *pca, const double *away)
{
    uint32_t n = pca->view->n_columns;
    double length = dot(away, away, n), over = 1.0 / length;
    memcpy(pca->factored, pca->cells, (size_t)pca->view->n_rows * n * sizeof(*pca->cells));
    if (length == 0)
        return;
    for (uint32_t i = 0; i < pca->view->n_rows; i++) {
        double *line = pca->factored + (size_t)i * n, along = dot(away, line, n) * over;
        for (uint32_t c = 0; c < n; c++)
            line[c] -= along * away[c];
    }
}

// --- the iteration -----------------------------------------------------------------------------------------------
void pca_start(double *vector, uint32_t n, uint32_t from)
{
    for (uint32_t i = from; i < n; i++)
        vector[i] = 0.5 + 0.5 * sin((double)i + 1);
}

static uint32_t iterate(struct pca *pca, double tolerance, const double *away, double *v)
{
    uint32_t n = pca->view->n_columns;
    double *next = pca->turned, last = 0;
    bool empty = true;
    for (uint32_t i = 0; i < n; i++)
        empty = empty && v[i] == 0;
    if (empty)
        pca_start(v, n, 0);
    for (uint32_t iteration = 1;; iteration++) {
        multiply(pca, away, v, next);
        double length = sqrt(dot(next, next, n)), over = length > 0 ? 1.0 / length : 0;
        for (uint32_t i = 0; i < n; i++)
            v[i] = next[i] * over;
        if (iteration > PCA_ITERATIONS_MAX || fabs(length - last) <= tolerance * length)
            return iteration;
        last = length;
    }
}

void pca_find(struct pca *pca, double tolerance, double *first, double *second, uint32_t ret_iterations[2])
{
    uint32_t n = pca->view->n_columns;
    ret_iterations[0] = ret_iterations[1] = 0;
    if (n == 0 || pca->view->n_rows == 0)
        return;
    ret_iterations[0] = iterate(pca, tolerance, NULL, first);
    if (n < 2 || pca->view->n_rows < 2) {
        memset(second, 0, n * sizeof(*second));
        return;
    }
    if (pca->cells != NULL)
        factor_out(pca, first);
    ret_iterations[1] = iterate(pca, tolerance, first, second);
}

// --- positions -----------------------------------------------------------------------------------------------------
static void vote_tables(const struct view *view, const double *mean, const double *first,
    const double *second, double *table, uint32_t *ret_n_out)
{
    uint32_t n_out = 0;
    for (uint32_t c = 0; c < view->n_columns; c++) {
        bool out = view->moderation[c] != OPINION_SHOWN;
        n_out += out;
        for (uint32_t vote = 0; vote < 3; vote++) {
            double value = out ? 0 : (double)vote - 1 - mean[c];
            table[8 * (size_t)c + 2 * vote] = value * first[c];
            table[8 * (size_t)c + 2 * vote + 1] = value * second[c];
        }
    }
    *ret_n_out = n_out;
}

void pca_people(const struct view *view, const double *mean, const double *first, const double *second,
    double *x, double *y)
{
    uint32_t n = view->n_columns, n_out;
    double *table = take(8 * (size_t)n, sizeof(*table)), *scale = take(n, sizeof(*scale));
    vote_tables(view, mean, first, second, table, &n_out);
    for (uint32_t i = 0; i <= n; i++)
        scale[i] = sqrt(ratio_decimal(n, i > 0 ? i : 1));
    for (uint32_t i = 0; i < view->n_rows; i++) {
        uint32_t seen = n_out > 0 ? n_out : view->rows[i].n;
        double px = 0, py = 0;
        for (uint32_t k = 0; k < view->rows[i].n; k++) {
            uint32_t code = view->rows[i].codes[k];
            px += table[2 * (size_t)code];
            py += table[2 * (size_t)code + 1];
        }
        for (uint32_t k = 0; n_out > 0 && k < view->rows[i].n; k++)
            seen += view->moderation[code_column(view->rows[i].codes[k])] == OPINION_SHOWN;
        x[i] = scale[seen] * px;
        y[i] = scale[seen] * py;
    }
    free(table);
    free(scale);
}

void pca_statements(const struct view *view, const double *mean, const double *first, const double *second,
    double *x, double *y)
{
    double scale = sqrt(view->n_columns);
    for (uint32_t c = 0; c < view->n_columns; c++) {
        bool out = view->moderation[c] != OPINION_SHOWN;
        x[c] = out ? 0 : scale * ((-1 - mean[c]) * first[c]);
        y[c] = out ? 0 : scale * ((-1 - mean[c]) * second[c]);
    }
}
