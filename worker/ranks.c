#include "worker/ranks.h"

#include "base/buf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What may wait of one rank: all that it gives in one piece of work, and in the next.
#define WAITING_MAX_BYTES ((size_t)1024 * 1024 * 1024)

struct ranks {
    struct pool_ranks pool;
    int wake_fd;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    const char *own; // the fit's, while it waits
    size_t own_size, own_sent;
    struct buf came[POOL_RANKS_MAX];
    bool is_lost;
};

static bool is_whole(const struct ranks *ranks, const size_t *sizes)
{
    for (uint32_t r = 0; r < ranks->pool.n; r++) {
        if (r != ranks->pool.rank && ranks->came[r].length < sizes[r])
            return false;
    }
    return ranks->own_sent == ranks->own_size;
}

// On the fit's thread.
static bool exchange(void *arg, const void *own, const size_t *sizes, void *all)
{
    struct ranks *ranks = arg;
    uint64_t one = 1;
    pthread_mutex_lock(&ranks->lock);
    ranks->own = own;
    ranks->own_size = sizes[ranks->pool.rank];
    ranks->own_sent = 0;
    ssize_t put UNUSED = write(ranks->wake_fd, &one, sizeof(one));
    while (!ranks->is_lost && !is_whole(ranks, sizes))
        pthread_cond_wait(&ranks->moved, &ranks->lock);
    for (uint32_t r = 0; r < ranks->pool.n && !ranks->is_lost; r++) {
        memcpy(all, r == ranks->pool.rank ? own : ranks->came[r].data, sizes[r]);
        all = (char *)all + sizes[r];
        if (r != ranks->pool.rank)
            buf_consume(&ranks->came[r], sizes[r]);
    }
    ranks->own = NULL;
    ranks->own_size = ranks->own_sent = 0;
    bool is_lost = ranks->is_lost;
    pthread_mutex_unlock(&ranks->lock);
    return !is_lost;
}

struct ranks *ranks_new(uint32_t rank, uint32_t n, int wake_fd)
{
    struct ranks *ranks = calloc(1, sizeof(*ranks));
    if (ranks == NULL)
        abort();
    assert(n <= POOL_RANKS_MAX && rank < n);
    ranks->pool = (struct pool_ranks){.rank = rank, .n = n, .exchange = exchange, .arg = ranks};
    ranks->wake_fd = wake_fd;
    pthread_mutex_init(&ranks->lock, NULL);
    pthread_cond_init(&ranks->moved, NULL);
    for (uint32_t r = 0; r < n; r++)
        buf_init(&ranks->came[r], WAITING_MAX_BYTES);
    return ranks;
}

void ranks_free(struct ranks *ranks)
{
    if (ranks == NULL)
        return;
    for (uint32_t r = 0; r < ranks->pool.n; r++)
        buf_release(&ranks->came[r]);
    pthread_cond_destroy(&ranks->moved);
    pthread_mutex_destroy(&ranks->lock);
    free(ranks);
}

const struct pool_ranks *ranks_for_fit(const struct ranks *ranks)
{
    return ranks != NULL ? &ranks->pool : NULL;
}

void ranks_take(struct ranks *ranks, uint32_t rank, const void *data, size_t size)
{
    pthread_mutex_lock(&ranks->lock);
    if (size == 0 || rank >= ranks->pool.n || rank == ranks->pool.rank)
        ranks->is_lost = true;
    if (!ranks->is_lost)
        buf_add(&ranks->came[rank], data, size);
    ranks->is_lost = ranks->is_lost || ranks->came[rank].overflow;
    pthread_cond_signal(&ranks->moved);
    pthread_mutex_unlock(&ranks->lock);
}

void ranks_lose(struct ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    ranks->is_lost = true;
    pthread_cond_signal(&ranks->moved);
    pthread_mutex_unlock(&ranks->lock);
}

// The fit may let go of its bytes when it is lost, and only then before they are sent: nothing is given after that.
size_t ranks_to_send(struct ranks *ranks, const void **ret_data)
{
    pthread_mutex_lock(&ranks->lock);
    size_t size = ranks->is_lost || ranks->own == NULL ? 0 : ranks->own_size - ranks->own_sent;
    *ret_data = size > 0 ? ranks->own + ranks->own_sent : NULL;
    pthread_mutex_unlock(&ranks->lock);
    return size;
}

void ranks_sent(struct ranks *ranks, size_t size)
{
    pthread_mutex_lock(&ranks->lock);
    ranks->own_sent += size;
    pthread_cond_signal(&ranks->moved);
    pthread_mutex_unlock(&ranks->lock);
}
