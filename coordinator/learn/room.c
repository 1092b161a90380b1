// What starts and stops with the coordinator: the authority, the worker listener, the timers.
#include "coordinator/learn/learn.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "coordinator/learn/internal.h"
#include "coordinator/learn/stream.h"
#include "coordinator/listen.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TICK_MS = 500 };

static void on_accept(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    links_accept(arg);
}

static void on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct learn *learn = arg;
    struct lease *lease, *next;
    uint64_t count;
    ssize_t got UNUSED = read(learn->wake_fd, &count, sizeof(count));
    for (lease = LIST_FIRST(&learn->leases); lease != NULL; lease = next) {
        next = LIST_NEXT(lease, entry);
        if (lease->state == LEASE_STREAMING)
            jobs_pump(lease);
    }
    streams_reap(learn, false);
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct learn *learn = arg;
    int64_t now_us = clock_monotonic_us();
    links_tick(learn, now_us);
    jobs_tick(learn, now_us);
    refits_tick(learn, now_us);
}

static void on_reap(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    links_reap(arg);
}

static void on_notify(void *arg, const char *payload UNUSED)
{
    jobs_poll(arg);
    jobs_check(arg);
}

// --- start --------------------------------------------------------------------------------------------------------
// Where workers find this coordinator, for whoever starts them on this machine.
static int write_address(const struct app *app, const char *setting, int port, struct err *err)
{
    char folder[512], path[544], address[300];
    const char *colon = strrchr(setting, ':');
    snprintf(folder, sizeof(folder), "%s/run", app->data_folder);
    snprintf(path, sizeof(path), "%s/worker.address", folder);
    int host = colon != NULL ? (int)(colon - setting) : (int)strlen(setting);
    int length = snprintf(address, sizeof(address), "%.*s:%d\n", host, setting, port);
    if (length < 0 || (size_t)length >= sizeof(address))
        return err_set(err, ERR_INVALID, "worker-listen is too long");
    int rc = file_make_folder(folder, 0755, err);
    return rc < 0 ? rc : file_write(path, 0644, address, (size_t)length, err);
}

static int start(struct app *app, struct err *err)
{
    struct learn *learn = calloc(1, sizeof(*learn));
    if (learn == NULL)
        abort();
    app->learn = learn;
    learn->app = app;
    learn->listen_fd = -1;
    learn->context_us = clock_monotonic_us();
    learn->last_stream_id =
        (uint32_t)clock_real_us(); // so that ids of before a restart are not met again at once
    learn->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (learn->wake_fd < 0)
        return err_set_errno(err, "eventfd");
    char folder[512];
    const char *setting = config_text(app->config, "worker-listen");
    int port;
    bool loopback;
    snprintf(folder, sizeof(folder), "%s/keys", app->data_folder);
    int rc = file_make_folder(folder, 0700, err);
    if (rc == 0)
        rc = tls_authority_open(folder, &learn->authority, err);
    if (rc == 0)
        rc = tls_authority_server_context(learn->authority, &learn->context, err);
    if (rc == 0)
        rc = registry_sweep(app->data_folder, err);
    if (rc == 0)
        rc = listen_open(setting, &learn->listen_fd, &port, &loopback, err);
    if (rc == 0)
        rc = write_address(app, setting, port, err);
    if (rc == 0)
        log_event(LOG_INFO, "workers_listening", LOG_NUMBER("port", port));
    return rc;
}

static int loop_start(struct loop *loop, struct err *err)
{
    struct learn *learn = loop->app->learn;
    if (loop->index != 0)
        return 0;
    learn->loop = loop;
    LIST_INIT(&learn->links);
    LIST_INIT(&learn->leases);
    LIST_INIT(&learn->streams);
    learn->on_accept = event_new(loop->base, learn->listen_fd, EV_READ | EV_PERSIST, on_accept, learn);
    learn->on_wake = event_new(loop->base, learn->wake_fd, EV_READ | EV_PERSIST, on_wake, learn);
    learn->on_tick = event_new(loop->base, -1, EV_PERSIST, on_tick, learn);
    learn->on_reap = event_new(loop->base, -1, 0, on_reap, learn);
    if (learn->on_accept == NULL || learn->on_wake == NULL || learn->on_tick == NULL ||
        learn->on_reap == NULL)
        return err_set(err, ERR_INTERNAL, "no events for the worker listener");
    struct timeval often = {.tv_usec = TICK_MS * 1000};
    event_add(learn->on_accept, NULL);
    event_add(learn->on_wake, NULL);
    event_add(learn->on_tick, &often);
    db_listen(loop->db, "plenum_jobs", on_notify, learn);
    return 0;
}

// --- stop -----------------------------------------------------------------------------------------------------------
// Workers see the link end and come back to the next coordinator with what they hold.
static void loop_stop(struct loop *loop)
{
    struct learn *learn = loop->app->learn;
    struct link *link;
    if (loop->index != 0)
        return;
    learn->stopping = true;
    streams_reap(learn, true);
    LIST_FOREACH(link, &learn->links, entry)
    {
        if (link->lease != NULL)
            link->lease->link = NULL;
        link->lease = NULL;
        link->state = LINK_DEAD;
    }
    links_reap(learn);
    event_free(learn->on_accept);
    event_free(learn->on_wake);
    event_free(learn->on_tick);
    event_free(learn->on_reap);
}

// Last: calls that the database still had have been answered, and the leases they named can go.
static void stop(struct app *app)
{
    struct learn *learn = app->learn;
    struct lease *lease;
    if (learn == NULL)
        return;
    while ((lease = LIST_FIRST(&learn->leases)) != NULL) {
        LIST_REMOVE(lease, entry);
        registry_drop(lease);
        registry_forget(lease);
        free(lease->about);
        free(lease);
    }
    SSL_CTX_free(learn->context);
    tls_authority_free(learn->authority);
    if (learn->listen_fd >= 0)
        close(learn->listen_fd);
    close(learn->wake_fd);
    free(learn);
    app->learn = NULL;
}

const struct room learn_room = {
    .name = "learn",
    .routes = learn_routes,
    .start = start,
    .loop_start = loop_start,
    .loop_stop = loop_stop,
    .stop = stop,
};
