#include "worker/fit/sketch.h"

#include <cblas.h>
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

// The landmarks' entries by column: who has column c stands at start[c] .. start[c + 1] - 1.
struct inverted {
    uint64_t *start;
    uint32_t *landmark;
    float *value;
};

static struct inverted invert(const struct design *design, const uint32_t *landmarks, uint32_t m)
{
    struct inverted inverted = {.start = allocate((size_t)design->n_columns + 2, sizeof(uint64_t))};
    uint64_t n = 0;
    for (uint32_t l = 0; l < m; l++) {
        for (uint64_t j = design->start[landmarks[l]]; j < design->start[landmarks[l] + 1]; j++, n++)
            inverted.start[design->column[j] + 2]++;
    }
    for (uint32_t c = 0; c < design->n_columns; c++)
        inverted.start[c + 2] += inverted.start[c + 1];
    inverted.landmark = allocate(n, sizeof(uint32_t));
    inverted.value = allocate(n, sizeof(float));
    for (uint32_t l = 0; l < m; l++) {
        for (uint64_t j = design->start[landmarks[l]]; j < design->start[landmarks[l] + 1]; j++) {
            uint64_t at = inverted.start[design->column[j] + 1]++;
            inverted.landmark[at] = l;
            inverted.value[at] = design->value[j];
        }
    }
    return inverted;
}

// k[l] = x_row . x_landmark
static void kernel_row(const struct design *design, const struct inverted *inverted,
    const uint32_t *landmarks, uint32_t m, uint32_t row, double *k)
{
    memset(k, 0, m * sizeof(*k));
    if (design->dense != NULL) {
        const float *x = design->dense + (size_t)row * design->n_columns;
        for (uint32_t l = 0; l < m; l++)
            k[l] = cblas_dsdot(
                (int)design->n_columns, x, 1, design->dense + (size_t)landmarks[l] * design->n_columns, 1);
        return;
    }
    for (uint64_t j = design->start[row]; j < design->start[row + 1]; j++) {
        uint32_t column = design->column[j];
        for (uint64_t i = inverted->start[column]; i < inverted->start[column + 1]; i++)
            k[inverted->landmark[i]] += (double)design->value[j] * inverted->value[i];
    }
}

// The Cholesky factor of the landmarks' kernel, lower, row-major; a little on the diagonal for equal landmarks.
static void factor(const struct design *design, const struct inverted *inverted, const uint32_t *landmarks,
    uint32_t m, double *kernel)
{
    double trace = 0;
    for (uint32_t l = 0; l < m; l++) {
        kernel_row(design, inverted, landmarks, m, landmarks[l], kernel + (size_t)l * m);
        trace += kernel[(size_t)l * m + l];
    }
    double jitter = 1e-6 * trace / m + 1e-12;
    for (uint32_t l = 0; l < m; l++)
        kernel[(size_t)l * m + l] += jitter;
    lapack_int failed = LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', (lapack_int)m, kernel, (lapack_int)m);
    assert(failed == 0); // a Gram matrix plus a positive diagonal
}

struct sketching {
    const struct design *design;
    const struct inverted *inverted;
    const uint32_t *landmarks, *rows;
    uint32_t m, n_rows;
    const double *kernel; // its factor
    float *dense;
};

static void sketch_bucket(void *arg, uint32_t bucket)
{
    const struct sketching *sketching = arg;
    uint32_t m = sketching->m;
    double *k = allocate(m, sizeof(*k));
    for (uint32_t i = pool_bucket(sketching->n_rows, bucket); i < pool_bucket(sketching->n_rows, bucket + 1);
         i++) {
        uint32_t row = sketching->rows[i];
        kernel_row(sketching->design, sketching->inverted, sketching->landmarks, m, row, k);
        cblas_dtrsv(
            CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)m, sketching->kernel, (int)m, k, 1);
        for (uint32_t l = 0; l < m; l++)
            sketching->dense[(size_t)row * m + l] = (float)k[l];
    }
    free(k);
}

void sketch_build(const struct design *design, const uint32_t *rows, uint32_t n_landmark_rows,
    uint32_t n_rows, struct arena *arena, struct design *ret_sketch)
{
    if (design->dense != NULL && design->n_columns <= SKETCH_COLUMNS) {
        *ret_sketch = *design;
        return;
    }
    uint32_t m = n_landmark_rows < SKETCH_COLUMNS ? n_landmark_rows : SKETCH_COLUMNS;
    uint32_t *landmarks = allocate(m, sizeof(*landmarks));
    for (uint32_t l = 0; l < m; l++)
        landmarks[l] = rows[(uint64_t)l * n_landmark_rows / m];
    struct inverted inverted = {0};
    if (design->dense == NULL)
        inverted = invert(design, landmarks, m);
    double *kernel = allocate((size_t)m * m, sizeof(*kernel));
    factor(design, &inverted, landmarks, m, kernel);
    float *dense = arena_calloc(arena, (size_t)design->n_rows * m, sizeof(*dense));
    struct sketching sketching = {.design = design,
        .inverted = &inverted,
        .landmarks = landmarks,
        .rows = rows,
        .m = m,
        .n_rows = n_rows,
        .kernel = kernel,
        .dense = dense};
    pool_run(design->pool, POOL_BUCKETS, sketch_bucket, &sketching);
    *ret_sketch =
        (struct design){.n_rows = design->n_rows, .n_columns = m, .dense = dense, .pool = design->pool};
    free(kernel);
    free(landmarks);
    free(inverted.start);
    free(inverted.landmark);
    free(inverted.value);
}
