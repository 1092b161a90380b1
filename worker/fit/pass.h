// What the fused passes of the convex core and of the mixtures read: the differences x_left - x_right of dense pairs as
// rows of float32, in blocks that both kernels of reward/kernel.h take while they are in cache, for all heads at once.
#ifndef WORKER_FIT_PASS_H
#define WORKER_FIT_PASS_H

#include "reward/kernel.h"
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
// The same without forming any: for a single pass over them.
void pass_init_passing(struct pair_pass *pass, const struct design *design, const struct pairs *pairs);
void pass_release(struct pair_pass *pass);

// Differences of pairs from .. from + n - 1, n <= PASS_ROWS; `scratch` is PASS_ROWS x stride.
const float *pass_rows(const struct pair_pass *pass, uint32_t from, uint32_t n, float *scratch);

// Few pairs are summed in fewer buckets than POOL_BUCKETS; a matter of the data alone.
uint32_t pass_n_buckets(uint32_t n_pairs);

#endif
