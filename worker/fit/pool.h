// All cores inside one fit: a small fixed set of threads that the fit owns and that ends with it. What is computed does
// not depend on how many there are: work is cut into parts by the data alone (sums over POOL_BUCKETS buckets, combined
// in their order), and which thread does a part decides nothing. Parts call single-threaded BLAS only.
#ifndef WORKER_FIT_POOL_H
#define WORKER_FIT_POOL_H

#include "base/base.h"

enum {
    POOL_BUCKETS = 64,
    POOL_THREADS_MAX = 64,
    POOL_RANKS_MAX = 16,
};

struct pool;

// `n_threads` counts the caller's own; 0: as many as there are cores for this process. Fewer where no more can be started.
struct pool *pool_new(uint32_t n_threads);
void pool_free(struct pool *pool); // NULL is allowed

// Calls part(arg, 0 .. n_parts - 1), each once, on the pool's threads and the caller's, and returns when all are done.
// One caller at a time, and no part calls it. Without a pool (NULL) the caller does them in order.
void pool_run(struct pool *pool, uint32_t n_parts, void (*part)(void *arg, uint32_t index), void *arg);

// Several workers (ranks) that fit the same data at the same time. Each has all of it and does the whole fit; of what is shared, a
// rank does its own parts, and what parts wrote is exchanged, so that afterwards everybody has the same bits as if they had done all.
// When a rank is lost the others go on alone, with the same result. An MPI build would give MPI_Allgatherv as `exchange`.
struct pool_ranks {
    uint32_t rank, n; // of n
    // Gives this rank's bytes to all and gets everybody's, behind each other in the order of ranks; sizes has n. False: a rank is lost.
    bool (*exchange)(void *arg, const void *own, const size_t *sizes, void *all);
    void *arg;
    uint64_t least_work; // what is less is done by everybody; 0: POOL_LEAST_WORK
};
enum { POOL_LEAST_WORK = 4 * 1000 * 1000 }; // multiplications: some milliseconds, more than an exchange takes
void pool_join(struct pool *pool,
    const struct pool_ranks *ranks);         // before anything is shared; lives as long as the pool
bool pool_is_alone(const struct pool *pool); // no ranks, or they are lost

// What parts write: part p the elements first[p] .. first[p + 1] - 1 of `base`, or element p when first is NULL.
struct pool_output {
    void *base;
    size_t width; // bytes of an element
    const uint32_t *first;
};
// pool_run whose parts are divided among the ranks. `input` is what the work begins from (the point a solver is at): ranks that are not
// at the same place find out, and go on alone. `work` counts multiplications.
struct pool_shared {
    const struct pool_output *outputs;
    uint32_t n_outputs;
    const void *input;
    size_t input_bytes;
    uint64_t work;
};
void pool_share(struct pool *pool, uint32_t n_parts, void (*part)(void *arg, uint32_t index), void *arg,
    const struct pool_shared *shared);

// Where bucket b of n things begins; bucket POOL_BUCKETS begins at n.
static inline uint32_t pool_bucket(uint32_t n, uint32_t b)
{
    return (uint32_t)((uint64_t)n * b / POOL_BUCKETS);
}

#endif
