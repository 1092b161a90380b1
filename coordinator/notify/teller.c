// Tells of studies whose counters have moved: judgments in batches, and that all of them are in.
#include "coordinator/notify/internal.h"

#include "coordinator/db/db.h"
#include "coordinator/loop.h"

#include <event2/event.h>

enum { TICK_S = 2 };
enum { SHARD_KEY, PROJECT, N, N_TOLD, IS_COMPLETE, COMPLETE_TOLD }; // columns of notify_moved.sql

static struct {
    struct loop *loop;
    struct event *timer;
    int n_asking; // statements that are out
} teller;

static void on_told(void *arg UNUSED, const struct db_result *result UNUSED)
{
    teller.n_asking--; // whatever became of it: the next tick looks again
}

static void on_moved(void *arg UNUSED, const struct db_result *result)
{
    teller.n_asking--;
    for (int i = 0; result->status == DB_OK && i < result->n_rows; i++) {
        struct db_params params;
        db_params_init(&params);
        db_add_number(&params, db_number(result, i, SHARD_KEY));
        db_add_uuid(&params, db_uuid(result, i, PROJECT));
        db_add_number(&params, db_number(result, i, N));
        db_add_number(&params, db_number(result, i, N_TOLD));
        db_add_bool(&params, db_bool(result, i, IS_COMPLETE));
        db_add_bool(&params, db_bool(result, i, COMPLETE_TOLD));
        db_add_uuid(&params, uuid_new());
        db_add_uuid(&params, uuid_new());
        teller.n_asking++;
        db_query(teller.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_NOTIFY_TELL, &params, on_told, NULL);
    }
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    if (teller.n_asking > 0)
        return;
    struct db_params params;
    db_params_init(&params);
    teller.n_asking++;
    db_query(teller.loop->db, DB_READ, 0, QUERY_NOTIFY_MOVED, &params, on_moved, NULL);
}

int teller_start(struct loop *loop, struct err *err)
{
    teller.loop = loop;
    teller.timer = event_new(loop->base, -1, EV_PERSIST, on_tick, NULL);
    if (teller.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for what is told");
    event_add(teller.timer, &(struct timeval){.tv_sec = TICK_S});
    return 0;
}

void teller_stop(void)
{
    event_free(teller.timer);
}
