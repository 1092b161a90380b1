// All cores inside one fit: a small fixed set of threads that the fit owns and that ends with it. What is computed does
// not depend on how many there are: work is cut into parts by the data alone (sums over POOL_BUCKETS buckets, combined
// in their order), and which thread does a part decides nothing. Parts call single-threaded BLAS only.
#ifndef WORKER_FIT_POOL_H
#define WORKER_FIT_POOL_H

#include "base/base.h"

enum {
    POOL_BUCKETS = 64,
    POOL_THREADS_MAX = 64,
};

struct pool;

// `n_threads` counts the caller's own; 0: as many as there are cores for this process. Fewer where no more can be started.
struct pool *pool_new(uint32_t n_threads);
void pool_free(struct pool *pool); // NULL is allowed

// Calls part(arg, 0 .. n_parts - 1), each once, on the pool's threads and the caller's, and returns when all are done.
// One caller at a time, and no part calls it. Without a pool (NULL) the caller does them in order.
void pool_run(struct pool *pool, uint32_t n_parts, void (*part)(void *arg, uint32_t index), void *arg);

// Where bucket b of n things begins; bucket POOL_BUCKETS begins at n.
static inline uint32_t pool_bucket(uint32_t n, uint32_t b)
{
    return (uint32_t)((uint64_t)n * b / POOL_BUCKETS);
}

#endif
