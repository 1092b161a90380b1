// The fused pass over dense pairs that the convex core and the mixtures run on: the differences x_left - x_right of
// pairs as rows of float32, and two kernels that read a block of them while it is in cache, for all heads at once. All
// arithmetic is in double. AVX2 with FMA where the machine has it, else plain C; sums differ in their last bits
// between the two, and nowhere else.
#ifndef WORKER_FIT_PASS_H
#define WORKER_FIT_PASS_H

#include "worker/fit/design.h"
#include "worker/fit/pairs.h"

enum {
    PASS_ROWS = 16,     // of a block: 24 KiB at 384 dimensions, which a first-level cache holds
    PASS_HEADS_MAX = 8, // FIT_CLUSTERS_MAX
};

struct pair_pass {
    const struct design *design; // dense
    const struct pairs *pairs;
    uint32_t stride; // of a row: n_columns and zeros up to a multiple of 8
    float *
        difference; // n x stride, or NULL: formed anew for every block, because responses occur in many pairs
    size_t bytes;   // of it
};

void pass_init(struct pair_pass *pass, const struct design *design, const struct pairs *pairs);
void pass_release(struct pair_pass *pass);

// Differences of pairs from .. from + n - 1, n <= PASS_ROWS; `scratch` is PASS_ROWS x stride.
const float *pass_rows(const struct pair_pass *pass, uint32_t from, uint32_t n, float *scratch);

// z[i * k + j] = x_i . w_j of n rows; w is k x stride, k <= PASS_HEADS_MAX.
void pass_dots(const float *x, size_t stride, uint32_t n, const double *w, uint32_t k, double *z);
// g_j += sum_i slope[i * k + j] x_i; g is k x stride.
void pass_add(const float *x, size_t stride, uint32_t n, const double *slope, uint32_t k, double *g);

// Few pairs are summed in fewer buckets than POOL_BUCKETS; a matter of the data alone.
uint32_t pass_n_buckets(uint32_t n_pairs);

// Memory of this size in great pages where the machine offers them, not zeroed; pass_unmap gives it back.
void *pass_map(size_t bytes);
void pass_unmap(void *memory, size_t bytes);

#endif
