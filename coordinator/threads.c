#include "coordinator/threads.h"

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/db/db.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    DB_QUEUE_MAX = 4096,
    STATEMENT_TIMEOUT_MS = 10000,
    WATCH_MS = 200,
    LAST_PERCENT = 15, // of a drain: the database is given up, and answers still go out
};

struct thread {
    struct loop loop;
    struct threads *threads;
    struct http_server *http;
    struct event *wake, *watch, *late, *deadline;
    int wake_fd;
    pthread_t id;
    _Atomic(bool) ready;
};

struct threads {
    const struct room *const *rooms;
    int n;
    _Atomic(int) deadline_ms, n_accepting;
    int64_t deadline_us; // the main thread's
    struct thread *list;
};

// --- the end of a loop: drain HTTP, then the database, then break ------------------------------------------------
static void on_db_drained(void *arg)
{
    struct thread *thread = arg;
    event_base_loopbreak(thread->loop.base);
}

static void on_deaf(void *arg)
{
    struct thread *thread = arg;
    atomic_fetch_sub(&thread->threads->n_accepting, 1);
}

static void on_http_drained(void *arg)
{
    struct thread *thread = arg;
    db_drain(thread->loop.db, atomic_load(&thread->threads->deadline_ms), on_db_drained, thread);
}

// The database does not answer; those who ask still get an answer.
static void on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct thread *thread = arg;
    log_event(LOG_WARNING, "drain_late", LOG_NUMBER("loop", thread->loop.index));
    db_close(thread->loop.db);
    db_sessions_abort(); // what the pool asks on behalf of a request
}

static void on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct thread *thread = arg;
    log_event(LOG_WARNING, "drain_deadline", LOG_NUMBER("loop", thread->loop.index));
    event_base_loopbreak(thread->loop.base);
}

static void on_wake(evutil_socket_t fd, short what UNUSED, void *arg)
{
    struct thread *thread = arg;
    uint64_t count;
    ssize_t got UNUSED = read(fd, &count, sizeof(count));
    int ms = atomic_load(&thread->threads->deadline_ms), late_ms = ms - ms * LAST_PERCENT / 100;
    struct timeval late = {.tv_sec = late_ms / 1000, .tv_usec = late_ms % 1000 * 1000};
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(thread->late, &late);
    event_add(thread->deadline, &limit);
    http_server_drain(thread->http, on_deaf, on_http_drained, thread);
}

static void on_watch(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct thread *thread = arg;
    atomic_store(&thread->ready, db_is_ready(thread->loop.db));
}

static void *run(void *arg)
{
    struct thread *thread = arg;
    event_base_dispatch(thread->loop.base);
    http_server_free(thread->http);
    db_free(thread->loop.db); // its last callbacks still find what the rooms keep
    thread->loop.db = NULL;
    for (const struct room *const *room = thread->threads->rooms; *room != NULL; room++) {
        if ((*room)->loop_stop != NULL)
            (*room)->loop_stop(&thread->loop);
    }
    event_free(thread->wake);
    event_free(thread->watch);
    event_free(thread->late);
    event_free(thread->deadline);
    event_base_free(thread->loop.base);
    close(thread->wake_fd);
    return NULL;
}

static int start_one(
    struct thread *thread, struct app *app, const struct http_settings *http, struct err *err)
{
    struct loop *loop = &thread->loop;
    loop->app = app;
    loop->base = event_base_new();
    thread->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->base == NULL || thread->wake_fd < 0)
        return err_set(err, ERR_INTERNAL, "no event base for a loop");
    thread->wake = event_new(loop->base, thread->wake_fd, EV_READ, on_wake, thread);
    thread->watch = event_new(loop->base, -1, EV_PERSIST, on_watch, thread);
    thread->late = evtimer_new(loop->base, on_late, thread);
    thread->deadline = evtimer_new(loop->base, on_deadline, thread);
    struct timeval often = {.tv_usec = WATCH_MS * 1000};
    event_add(thread->wake, NULL);
    event_add(thread->watch, &often);
    struct db_settings db = {
        .conninfo = app->conninfo, .queue_max = DB_QUEUE_MAX, .statement_timeout_ms = STATEMENT_TIMEOUT_MS};
    loop->db = db_new(loop->base, &db);
    for (const struct room *const *room = thread->threads->rooms; *room != NULL; room++) {
        int rc = (*room)->loop_start != NULL ? (*room)->loop_start(loop, err) : 0;
        if (rc < 0)
            return err_prefix(err, "%s", (*room)->name);
    }
    struct http_settings own = *http;
    own.context = loop;
    thread->http = http_server_new(loop->base, &own);
    int rc = pthread_create(&thread->id, NULL, run, thread);
    return rc == 0 ? 0 : err_set(err, ERR_INTERNAL, "no thread for a loop");
}

int threads_start(struct app *app, int n, const struct http_settings *http, const struct room *const *rooms,
    struct threads **ret_threads, struct err *err)
{
    struct threads *threads = calloc(1, sizeof(*threads));
    if (threads == NULL || (threads->list = calloc((size_t)n, sizeof(*threads->list))) == NULL)
        abort();
    threads->rooms = rooms;
    threads->n = n;
    for (int i = 0; i < n; i++) {
        threads->list[i].threads = threads;
        threads->list[i].loop.index = i;
        int rc = start_one(&threads->list[i], app, http, err);
        if (rc < 0)
            return rc; // the process ends: what has started ends with it
    }
    *ret_threads = threads;
    return 0;
}

void threads_drain(struct threads *threads, int deadline_ms)
{
    atomic_store(&threads->deadline_ms, deadline_ms);
    atomic_store(&threads->n_accepting, threads->n);
    threads->deadline_us = clock_monotonic_us() + (int64_t)deadline_ms * 1000;
    uint64_t one = 1;
    for (int i = 0; i < threads->n; i++) {
        ssize_t put UNUSED = write(threads->list[i].wake_fd, &one, sizeof(one));
    }
    // A loop that hangs must not keep the door open for longer than the others live.
    for (int waited_ms = 0; atomic_load(&threads->n_accepting) > 0 && waited_ms < deadline_ms; waited_ms += 5)
        usleep(5000);
}

void threads_join(struct threads *threads)
{
    for (int i = 0; i < threads->n; i++) {
        bool ended = false;
        while (!(ended = pthread_tryjoin_np(threads->list[i].id, NULL) == 0) &&
               clock_monotonic_us() < threads->deadline_us)
            usleep(2000);
        if (ended)
            continue;
        db_sessions_abort(); // a room waits for the end of what it reads from the database
        pthread_join(threads->list[i].id, NULL);
    }
    free(threads->list);
    free(threads);
}

bool threads_ready(const struct threads *threads)
{
    for (int i = 0; i < threads->n; i++) {
        if (!atomic_load(&threads->list[i].ready))
            return false;
    }
    return true;
}
