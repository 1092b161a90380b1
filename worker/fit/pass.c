#include "worker/fit/pass.h"

#include "base/spill.h"

#include <stdlib.h>
#include <string.h>

enum { CACHES_BYTES = 48 * 1024 * 1024 }; // what is greater is not written through them

static void difference_of(const struct pair_pass *pass, uint32_t pair, bool streaming, float *out)
{
    const float *dense = pass->design->dense;
    uint32_t d = pass->design->n_columns;
    kernel_difference(dense + (size_t)pass->pairs->left[pair] * d,
        dense + (size_t)pass->pairs->right[pair] * d, d, streaming, out);
    for (uint32_t c = d; c < pass->stride; c++)
        out[c] = 0;
}

static void fill_bucket(void *arg, uint32_t bucket)
{
    const struct pair_pass *pass = arg;
    uint32_t end = pool_bucket(pass->pairs->n, bucket + 1);
    for (uint32_t i = pool_bucket(pass->pairs->n, bucket); i < end; i++)
        difference_of(pass, i, pass->bytes > CACHES_BYTES, pass->difference + (size_t)i * pass->stride);
}

void pass_init_passing(struct pair_pass *pass, const struct design *design, const struct pairs *pairs)
{
    assert(design->dense != NULL);
    *pass = (struct pair_pass){.design = design, .pairs = pairs, .stride = (design->n_columns + 7) / 8 * 8};
}

void pass_init(struct pair_pass *pass, const struct design *design, const struct pairs *pairs)
{
    pass_init_passing(pass, design, pairs);
    if (pairs->n == 0 || pairs->n > pairs->n_rows)
        return;
    pass->bytes = (size_t)pairs->n * pass->stride * sizeof(float);
    pass->difference = spill_take(design->spill, pass->bytes);
    pool_run(design->pool, POOL_BUCKETS, fill_bucket, pass);
}

void pass_release(struct pair_pass *pass)
{
    if (pass->difference != NULL)
        spill_give_back(pass->design->spill, pass->difference, pass->bytes);
    pass->difference = NULL;
}

const float *pass_rows(const struct pair_pass *pass, uint32_t from, uint32_t n, float *scratch)
{
    if (pass->difference != NULL)
        return pass->difference + (size_t)from * pass->stride;
    for (uint32_t i = 0; i < n; i++)
        difference_of(pass, from + i, false, scratch + (size_t)i * pass->stride);
    return scratch;
}

uint32_t pass_n_buckets(uint32_t n_pairs)
{
    return n_pairs / (4 * PASS_ROWS) < POOL_BUCKETS ? n_pairs / (4 * PASS_ROWS) + 1 : POOL_BUCKETS;
}
