// The features of all responses as one matrix X, and the two products a linear model needs. Rows are responses,
// columns features: for hashed text only the columns that occur in training responses (the others can have no weight),
// for embeddings all of them. Read-only after it is built. Sums run in a fixed order.
#ifndef WORKER_FIT_DESIGN_H
#define WORKER_FIT_DESIGN_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "reward/features.h"
#include "worker/fit/fit.h"
#include "worker/fit/pool.h"

enum { DESIGN_PARTS = 16 }; // of the columns: sums over rows run in one part on one thread

struct design {
    uint32_t n_rows, n_columns;
    const float *dense;    // n_rows x n_columns, or NULL
    const uint64_t *start; // sparse: n_rows + 1
    const uint32_t *column;
    const float *value;
    const uint32_t *part_at; // sparse: n_rows x (DESIGN_PARTS + 1), where the parts begin from start[row] on
    const uint32_t *column_index;       // sparse: the feature index of each column, ascending
    enum features_version text_version; // of hashed text
    struct spill *spill;                // where it lies, and what is made of it; NULL: in memory
    struct pool *pool; // on which the products run; NULL: on the caller's thread. The sums are the same.
};

// Lives as long as the arena. `in_training[row]` says whose columns count. Text that occurs twice is featurised twice.
int design_build(const struct fit_data *data, const bool *in_training, enum features_version text_version,
    struct pool *pool, struct spill *spill, struct arena *arena, struct design *ret_design,
    struct err *err) MUST_CHECK;

// Both may be shared among workers (pool.h). The lists are ascending.
// reward[row] = X[row] . w for the listed rows; the others are left as they are.
void design_multiply(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *w, double *reward);
// g = sum over the listed rows of slope[row] X[row]; g is overwritten.
void design_multiply_transposed(
    const struct design *design, const uint32_t *rows, uint32_t n_rows, const double *slope, double *g);

#endif
