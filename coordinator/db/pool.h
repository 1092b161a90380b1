// The inside of `struct db`, for pool.c, batch.c and listen.c.
#ifndef COORDINATOR_DB_POOL_H
#define COORDINATOR_DB_POOL_H

#include "coordinator/db/pipeline.h"

// A single write waits for its commit, and for locks; with two connections it waits for half of the others.
enum { N_WRITE_PIPELINES = 2 };

struct listener;

struct db {
    struct event_base *base;
    struct conninfo conninfo;
    int n_queries, queue_max;
    struct pipeline *reads, *writes[N_WRITE_PIPELINES], *batches;
    struct call_list finished; // callbacks to come, by `deliver`
    struct event *deliver, *tick, *drain;
    struct db_batch *batch_list;
    struct listener *listeners;
    bool closing, delivering;
    int64_t drain_by_us;
    void (*drained)(void *arg);
    void *drained_arg;
};

// batch.c
void batch_tick(struct db_batch *batch);
bool batch_is_idle(const struct db_batch *batch);
struct db_batch *batch_next(const struct db_batch *batch);
void batch_close(struct db_batch *batch); // its rows end in DB_BUSY
void batch_free(struct db_batch *batch);

// listen.c: `arg` is the db
void listen_connected(void *arg);
void listen_notified(void *arg, const char *channel, const char *payload);
void listen_free(struct db *db);

#endif
