#include "worker/fit/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

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
