// One non-blocking libpq connection in pipeline mode, kept alive: it connects by itself, again and again with jittered
// pauses, and takes calls meanwhile. Each call is a transaction of its own (a Sync behind every statement), and counts
// as done when the Sync is answered, because that is when the server has committed.
//
// Calls are kept in two lists: `waiting` (not sent; bounded) and `flight` (sent, in the order of expected results; any
// result that does not fit the head of it is a bug and costs the connection). A finished call leaves by hooks.finished
// and belongs to the receiver then. Belongs to its loop's thread.
#ifndef COORDINATOR_DB_PIPELINE_H
#define COORDINATOR_DB_PIPELINE_H

#include "coordinator/db/conninfo.h"
#include "coordinator/db/db.h"

#include <libpq-fe.h>

// What the next result of a call in flight must be.
enum call_stage { CALL_PREPARE, CALL_PREPARE_END, CALL_EXECUTE, CALL_EXECUTE_END, CALL_SYNC };

struct call {
    struct call *next;
    const char *sql; // a statement that is not prepared, or NULL
    enum query query;
    enum db_kind kind;
    unsigned flags;
    db_callback *callback;
    void *arg;
    int64_t give_up_us; // while it waits
    int n_lost, n_serialization;
    bool was_sent; // it may have been executed
    bool prepared_anew;
    bool in_doubt; // committed here, perhaps not on the replica
    bool commit_failed;
    enum call_stage stage;
    enum db_status status;
    PGresult *result; // owned; of the last try
    int n_params;
    const char **values;
    int *lengths, *formats;
};

// One block with copies of the parameters; `sql` must outlive it.
struct call *call_new(enum db_kind kind, unsigned flags, enum query query, const char *sql,
    const struct db_params *params, db_callback *callback, void *arg);
void call_free(struct call *call);

struct call_list {
    struct call *first, **last;
    int n;
};
void call_list_init(struct call_list *list);
void call_list_add(struct call_list *list, struct call *call);
struct call *call_list_take(struct call_list *list);

struct pipeline_hooks {
    void (*finished)(void *arg, struct call *call);
    void (*connected)(void *arg); // NULL: nobody asks
    void (*notified)(void *arg, const char *channel, const char *payload);
    void *arg;
};

struct pipeline;
// `conninfo` outlives it.
struct pipeline *pipeline_new(struct event_base *base, const char *name, const struct conninfo *conninfo,
    int queue_max, int statement_timeout_ms, int n_queries, const struct pipeline_hooks *hooks);
// Takes the call over. A full queue finishes it as DB_BUSY.
void pipeline_submit(struct pipeline *pipeline, struct call *call);
bool pipeline_is_up(const struct pipeline *pipeline);
int pipeline_load(const struct pipeline *pipeline); // calls waiting and in flight
// Ends what has waited or been silent for too long. Call a few times a second.
void pipeline_tick(struct pipeline *pipeline);
// Closes the connection for good and finishes every call.
void pipeline_close(struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline); // after pipeline_close

#endif
