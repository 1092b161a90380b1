#include "worker/fit/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    uint64_t round;  // of pool_run, counted
    uint32_t n_busy; // threads that still look for parts of this round
    bool ending;
    void (*part)(void *arg, uint32_t index);
    void *arg;
    uint32_t n_parts;
    _Atomic(uint32_t) next;
    uint32_t n_threads; // without the caller
    pthread_t threads[POOL_THREADS_MAX];
    const struct pool_ranks *ranks; // NULL: none, or lost
    uint64_t n_shared;              // pieces of work so far
};

static void work(struct pool *pool)
{
    for (uint32_t i; (i = atomic_fetch_add(&pool->next, 1)) < pool->n_parts;)
        pool->part(pool->arg, i);
}

static void *thread_main(void *arg)
{
    struct pool *pool = arg;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->lock);
    while (true) {
        while (pool->round == seen && !pool->ending)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->ending)
            break;
        seen = pool->round;
        pthread_mutex_unlock(&pool->lock);
        work(pool);
        pthread_mutex_lock(&pool->lock);
        if (--pool->n_busy == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static uint32_t n_cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? (uint32_t)n : 1;
}

struct pool *pool_new(uint32_t n_threads)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL)
        abort();
    if (n_threads == 0)
        n_threads = n_cores();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    while (pool->n_threads + 1 < n_threads && pool->n_threads < POOL_THREADS_MAX &&
           pthread_create(&pool->threads[pool->n_threads], NULL, thread_main, pool) == 0)
        pool->n_threads++;
    return pool;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void pool_run(struct pool *pool, uint32_t n_parts, void (*part)(void *arg, uint32_t index), void *arg)
{
    if (pool == NULL || pool->n_threads == 0 || n_parts < 2) {
        for (uint32_t i = 0; i < n_parts; i++)
            part(arg, i);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->part = part;
    pool->arg = arg;
    pool->n_parts = n_parts;
    atomic_store(&pool->next, 0);
    pool->n_busy = pool->n_threads;
    pool->round++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    work(pool);
    pthread_mutex_lock(&pool->lock);
    while (pool->n_busy > 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

// ---------------------------------------------------------------- ranks
void pool_join(struct pool *pool, const struct pool_ranks *ranks)
{
    assert(ranks == NULL || (ranks->n >= 1 && ranks->n <= POOL_RANKS_MAX && ranks->rank < ranks->n));
    pool->ranks = ranks != NULL && ranks->n > 1 ? ranks : NULL;
}

bool pool_is_alone(const struct pool *pool)
{
    return pool == NULL || pool->ranks == NULL;
}

static uint32_t first_of_rank(uint32_t n_parts, uint32_t rank, uint32_t n)
{
    return (uint32_t)((uint64_t)n_parts * rank / n);
}

struct some_parts {
    uint32_t from;
    void (*part)(void *arg, uint32_t index);
    void *arg;
};

static void one_of_some(void *arg, uint32_t index)
{
    const struct some_parts *some = arg;
    some->part(some->arg, some->from + index);
}

// What each rank's bytes begin with: is everybody at the same piece of work, from the same place?
struct preamble {
    uint64_t number, n_bytes, input;
};

static uint64_t mix(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint64_t state = UINT64_C(0x706c656e756d) ^ size, word;
    for (size_t i = 0; i < size; i += sizeof(word)) {
        word = 0;
        memcpy(&word, bytes + i, size - i < sizeof(word) ? size - i : sizeof(word));
        state = (state ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        state ^= state >> 29;
    }
    return state;
}

static size_t begin_of(const struct pool_output *output, uint32_t part)
{
    return output->width * (output->first != NULL ? output->first[part] : part);
}

// Between what parts from .. to - 1 wrote and bytes behind each other; returns how many. `bytes` NULL: only counts.
enum direction { GATHER, SCATTER };
static size_t move_outputs(
    const struct pool_shared *shared, uint32_t from, uint32_t to, enum direction direction, char *bytes)
{
    size_t n = 0;
    for (uint32_t i = 0; i < shared->n_outputs; i++) {
        const struct pool_output *output = &shared->outputs[i];
        size_t begin = begin_of(output, from), size = begin_of(output, to) - begin;
        char *at = (char *)output->base + begin;
        if (bytes != NULL && size > 0)
            memcpy(direction == GATHER ? bytes + n : at, direction == GATHER ? at : bytes + n, size);
        n += size;
    }
    return n;
}

// False: a rank is lost, or elsewhere.
static bool exchange(struct pool *pool, uint32_t n_parts, const struct pool_shared *shared)
{
    const struct pool_ranks *ranks = pool->ranks;
    size_t sizes[POOL_RANKS_MAX] = {0}, total = 0;
    for (uint32_t r = 0; r < ranks->n; r++) {
        sizes[r] = sizeof(struct preamble) + move_outputs(shared, first_of_rank(n_parts, r, ranks->n),
                                                 first_of_rank(n_parts, r + 1, ranks->n), GATHER, NULL);
        total += sizes[r];
    }
    struct preamble own = {
        .number = ++pool->n_shared, .n_bytes = total, .input = mix(shared->input, shared->input_bytes)};
    char *all = malloc(total), *mine = malloc(sizes[ranks->rank]), *at = all;
    if (all == NULL || mine == NULL)
        abort();
    memcpy(mine, &own, sizeof(own));
    (void)move_outputs(shared, first_of_rank(n_parts, ranks->rank, ranks->n),
        first_of_rank(n_parts, ranks->rank + 1, ranks->n), GATHER, mine + sizeof(own));
    bool is_whole = ranks->exchange(ranks->arg, mine, sizes, all);
    for (uint32_t r = 0; is_whole && r < ranks->n; at += sizes[r++])
        is_whole = memcmp(at, &own, sizeof(own)) == 0;
    at = all;
    for (uint32_t r = 0; is_whole && r < ranks->n; at += sizes[r++])
        (void)move_outputs(shared, first_of_rank(n_parts, r, ranks->n),
            first_of_rank(n_parts, r + 1, ranks->n), SCATTER, at + sizeof(own));
    free(all);
    free(mine);
    return is_whole;
}

void pool_share(struct pool *pool, uint32_t n_parts, void (*part)(void *arg, uint32_t index), void *arg,
    const struct pool_shared *shared)
{
    const struct pool_ranks *ranks = pool != NULL ? pool->ranks : NULL;
    if (ranks == NULL || n_parts < ranks->n ||
        shared->work < (ranks->least_work > 0 ? ranks->least_work : POOL_LEAST_WORK)) {
        pool_run(pool, n_parts, part, arg);
        return;
    }
    uint32_t from = first_of_rank(n_parts, ranks->rank, ranks->n),
             to = first_of_rank(n_parts, ranks->rank + 1, ranks->n);
    struct some_parts some = {.from = from, .part = part, .arg = arg};
    pool_run(pool, to - from, one_of_some, &some);
    if (exchange(pool, n_parts, shared))
        return;
    pool->ranks = NULL; // alone from here: what the others would have done
    some.from = 0;
    pool_run(pool, from, one_of_some, &some);
    some.from = to;
    pool_run(pool, n_parts - to, one_of_some, &some);
}
