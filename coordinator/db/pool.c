#include "coordinator/db/pool.h"

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/db/result.h"

#include <event2/event.h>
#include <stdlib.h>

enum { TICK_MS = 200, DRAIN_LOOK_MS = 5, LAST_ROUNDS_MAX = 1000 };

static void deliver_all(struct db *db)
{
    struct call_list finished = db->finished;
    if (finished.first == NULL)
        return;
    call_list_init(&db->finished);
    db->delivering = true;
    for (struct call *call = finished.first, *next; call != NULL; call = next) {
        struct db_result result;
        next = call->next;
        result_fill(&result, call->status, call->result);
        call->callback(call->arg, &result);
        call_free(call);
    }
    db->delivering = false;
}

static void on_deliver(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    deliver_all(arg);
}

static void on_finished(void *arg, struct call *call)
{
    struct db *db = arg;
    call_list_add(&db->finished, call);
    event_active(db->deliver, EV_TIMEOUT, 0);
}

static void for_each_pipeline(struct db *db, void (*visit)(struct pipeline *pipeline))
{
    visit(db->reads);
    for (int i = 0; i < N_WRITE_PIPELINES; i++)
        visit(db->writes[i]);
    visit(db->batches);
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct db *db = arg;
    for_each_pipeline(db, pipeline_tick);
    for (struct db_batch *batch = db->batch_list; batch != NULL; batch = batch_next(batch))
        batch_tick(batch);
}

void db_query(struct db *db, enum db_kind kind, unsigned flags, enum query query,
    const struct db_params *params, db_callback *callback, void *arg)
{
    struct call *call = call_new(kind, flags, query, NULL, params, callback, arg);
    struct pipeline *pipeline = db->reads;
    if (kind == DB_WRITE) {
        pipeline = db->writes[0];
        for (int i = 1; i < N_WRITE_PIPELINES; i++) {
            if (pipeline_load(db->writes[i]) < pipeline_load(pipeline))
                pipeline = db->writes[i];
        }
    }
    pipeline_submit(pipeline, call);
}

// --- life cycle ----------------------------------------------------------------------------------------------------
struct db *db_new(struct event_base *base, const struct db_settings *settings)
{
    struct db *db = calloc(1, sizeof(*db));
    if (db == NULL)
        abort();
    db->base = base;
    db->queue_max = settings->queue_max;
    while (query_texts[db->n_queries] != NULL)
        db->n_queries++;
    const struct conninfo_timeouts timeouts = {
        .statement_ms = settings->statement_timeout_ms,
        .lock_ms = settings->statement_timeout_ms / 2,
        .idle_in_transaction_ms = settings->statement_timeout_ms,
        .short_statements = true,
    };
    struct err err;
    if (conninfo_parse(settings->conninfo, &timeouts, &db->conninfo, &err) != 0) {
        log_event(LOG_ERROR, "db_settings", LOG_TEXT("detail", err.message));
        abort(); // whoever made the string has connected with it before
    }
    call_list_init(&db->finished);
    db->deliver = event_new(base, -1, 0, on_deliver, db);
    db->tick = event_new(base, -1, EV_PERSIST, on_tick, db);
    if (db->deliver == NULL || db->tick == NULL)
        abort();
    const struct timeval often = {.tv_usec = TICK_MS * 1000};
    event_add(db->tick, &often);
    struct pipeline_hooks hooks = {.finished = on_finished, .arg = db};
    int timeout_ms = settings->statement_timeout_ms;
    for (int i = 0; i < N_WRITE_PIPELINES; i++)
        db->writes[i] =
            pipeline_new(base, "write", &db->conninfo, db->queue_max, timeout_ms, db->n_queries, &hooks);
    db->batches =
        pipeline_new(base, "batch", &db->conninfo, db->queue_max, timeout_ms, db->n_queries, &hooks);
    hooks.connected = listen_connected;
    hooks.notified = listen_notified;
    db->reads = pipeline_new(base, "read", &db->conninfo, db->queue_max, timeout_ms, db->n_queries, &hooks);
    return db;
}

bool db_is_ready(const struct db *db)
{
    bool up = pipeline_is_up(db->reads) && pipeline_is_up(db->batches);
    for (int i = 0; i < N_WRITE_PIPELINES; i++)
        up = up && pipeline_is_up(db->writes[i]);
    return up;
}

static bool is_idle(const struct db *db)
{
    int load = pipeline_load(db->reads) + pipeline_load(db->batches) + db->finished.n;
    for (int i = 0; i < N_WRITE_PIPELINES; i++)
        load += pipeline_load(db->writes[i]);
    for (const struct db_batch *batch = db->batch_list; batch != NULL; batch = batch_next(batch))
        load += !batch_is_idle(batch);
    return load == 0;
}

static void on_drain(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct db *db = arg;
    if (!is_idle(db) && clock_monotonic_us() < db->drain_by_us)
        return;
    event_del(db->drain);
    db->drained(db->drained_arg);
}

void db_drain(struct db *db, int deadline_ms, void (*done)(void *arg), void *arg)
{
    assert(db->drain == NULL);
    db->drain_by_us = clock_monotonic_us() + (int64_t)deadline_ms * 1000;
    db->drained = done;
    db->drained_arg = arg;
    db->drain = event_new(db->base, -1, EV_PERSIST, on_drain, db);
    const struct timeval often = {.tv_usec = DRAIN_LOOK_MS * 1000};
    if (db->drain == NULL || event_add(db->drain, &often) != 0)
        abort();
}

void db_close(struct db *db)
{
    assert(!db->delivering);
    db->closing = true;
    for_each_pipeline(db, pipeline_close);
    // Callbacks may ask again; they are told DB_BUSY, and at some point they must believe it.
    for (int i = 0; i == 0 || !is_idle(db); i++) {
        assert(i < LAST_ROUNDS_MAX);
        deliver_all(db);
        for (struct db_batch *batch = db->batch_list; batch != NULL; batch = batch_next(batch))
            batch_close(batch);
    }
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    db_close(db); // or once more, for what was asked since
    for (struct db_batch *batch = db->batch_list, *next; batch != NULL; batch = next) {
        next = batch_next(batch);
        batch_free(batch);
    }
    listen_free(db);
    for_each_pipeline(db, pipeline_free);
    event_free(db->deliver);
    event_free(db->tick);
    if (db->drain != NULL)
        event_free(db->drain);
    conninfo_release(&db->conninfo);
    free(db);
}
