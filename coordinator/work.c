#include "coordinator/work.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
    struct job *next;
    struct port *port;
    void (*run)(void *arg), (*done)(void *arg);
    void *arg;
};

struct job_list {
    struct job *first, **last;
};

// The way back to one loop. Lives while that loop has work here, so that an idle loop owes us nothing.
struct port {
    struct port *next;
    struct work_pool *pool;
    struct event_base *base;
    struct event event; // in place: the base may end before the pool does, and takes its events out itself
    int fd;
    int n_outstanding;    // the loop's thread only
    struct job_list done; // under the pool's lock
};

struct work_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    int n_waiting, queue_max, n_threads;
    struct job_list waiting;
    struct port *ports;
    pthread_t threads[];
};

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_add(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

static struct job *list_take(struct job_list *list)
{
    struct job *job = list->first;
    if (job != NULL && (list->first = job->next) == NULL)
        list->last = &list->first;
    return job;
}

static void *work(void *arg)
{
    struct work_pool *pool = arg;
    const uint64_t one = 1;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->waiting.first == NULL && !pool->stopping)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->stopping)
            break;
        struct job *job = list_take(&pool->waiting);
        pool->n_waiting--;
        pthread_mutex_unlock(&pool->lock);
        job->run(job->arg);
        pthread_mutex_lock(&pool->lock);
        list_add(&job->port->done, job);
        // Under the lock: the port closes its descriptor when it has taken the last job.
        ssize_t put UNUSED = write(job->port->fd, &one, sizeof(one));
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void port_drop(struct port *port)
{
    struct work_pool *pool = port->pool;
    event_del(&port->event);
    pthread_mutex_lock(&pool->lock);
    struct port **at = &pool->ports;
    while (*at != port)
        at = &(*at)->next;
    *at = port->next;
    pthread_mutex_unlock(&pool->lock);
    close(port->fd);
    free(port);
}

static void on_done(evutil_socket_t fd, short what UNUSED, void *arg)
{
    struct port *port = arg;
    uint64_t count;
    ssize_t got UNUSED = read(fd, &count, sizeof(count));
    pthread_mutex_lock(&port->pool->lock);
    struct job *job = port->done.first;
    list_init(&port->done);
    pthread_mutex_unlock(&port->pool->lock);
    while (job != NULL) {
        struct job *next = job->next;
        port->n_outstanding--;
        job->done(job->arg); // may submit again, on this port
        free(job);
        job = next;
    }
    if (port->n_outstanding == 0)
        port_drop(port);
}

// Only the base's own thread adds and drops its port, so what is found stays until we return.
static struct port *port_of(struct work_pool *pool, struct event_base *base)
{
    struct port *port = pool->ports;
    while (port != NULL && port->base != base)
        port = port->next;
    if (port != NULL)
        return port;
    port = calloc(1, sizeof(*port));
    if (port == NULL)
        abort();
    port->pool = pool;
    port->base = base;
    list_init(&port->done);
    port->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (port->fd < 0 ||
        event_assign(&port->event, base, port->fd, EV_READ | EV_PERSIST, on_done, port) != 0 ||
        event_add(&port->event, NULL) != 0)
        abort(); // no descriptor left: the listeners keep some back for us, so this is a bug
    port->next = pool->ports;
    pool->ports = port;
    return port;
}

int work_submit(struct work_pool *pool, struct event_base *base, void (*run)(void *arg),
    void (*done)(void *arg), void *arg)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->n_waiting >= pool->queue_max || pool->stopping) {
        pthread_mutex_unlock(&pool->lock);
        return ERR_LIMIT;
    }
    struct job *job = malloc(sizeof(*job));
    if (job == NULL)
        abort();
    *job = (struct job){.port = port_of(pool, base), .run = run, .done = done, .arg = arg};
    job->port->n_outstanding++;
    list_add(&pool->waiting, job);
    pool->n_waiting++;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    return 0;
}

struct work_pool *work_pool_new(int n_threads, int queue_max)
{
    assert(n_threads > 0 && queue_max > 0);
    struct work_pool *pool = calloc(1, sizeof(*pool) + (size_t)n_threads * sizeof(pthread_t));
    if (pool == NULL)
        abort();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->queue_max = queue_max;
    pool->n_threads = n_threads;
    list_init(&pool->waiting);
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < n_threads; i++) {
        if (pthread_create(&pool->threads[i], NULL, work, pool) != 0)
            abort();
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

// What a job holds only its `done` knows how to release, on a loop that has ended: it stays, and the process ends.
static struct job *dropped;

static void list_drop(struct job_list *list)
{
    for (struct job *job; (job = list_take(list)) != NULL;) {
        job->next = dropped;
        dropped = job;
    }
}

void work_pool_free(struct work_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    list_drop(&pool->waiting);
    while (pool->ports != NULL) {
        struct port *port = pool->ports;
        pool->ports = port->next;
        list_drop(&port->done);
        close(port->fd);
        free(port);
    }
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    free(pool);
}
