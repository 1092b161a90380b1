#include "coordinator/forget.h"

#include "base/log.h"
#include "coordinator/db/db.h"
#include "coordinator/room.h"

#include <event2/event.h>

enum { FIRST_S = 1, EVERY_S = 3600, AT_ONCE = 10000 };

static struct {
    struct loop *loop;
    struct event *timer;
} forgetter; // of the first loop's thread

static struct kind {
    enum query query;
    const char *event;
} kinds[] = {{QUERY_FORGET_KEYS, "keys_forgotten"}, {QUERY_FORGET_EVENTS, "events_forgotten"}};

static void look(struct kind *kind);

static void on_forgotten(void *arg, const struct db_result *result)
{
    struct kind *kind = arg;
    if (result->status != DB_OK)
        return; // the next look does it
    int64_t n = db_number(result, 0, 0);
    if (n > 0)
        log_event(LOG_INFO, kind->event, LOG_NUMBER("n", n));
    if (n == AT_ONCE)
        look(kind);
}

static void look(struct kind *kind)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, AT_ONCE);
    db_query(forgetter.loop->db, DB_WRITE, DB_RETRY_SAFE, kind->query, &params, on_forgotten, kind);
}

static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        look(&kinds[i]);
    event_add(forgetter.timer, &(struct timeval){.tv_sec = EVERY_S});
}

static int loop_start(struct loop *loop, struct err *err)
{
    if (loop->index != 0)
        return 0;
    forgetter.loop = loop;
    forgetter.timer = evtimer_new(loop->base, on_timer, NULL);
    if (forgetter.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for what is forgotten");
    event_add(forgetter.timer, &(struct timeval){.tv_sec = FIRST_S});
    return 0;
}

static void loop_stop(struct loop *loop)
{
    if (loop->index == 0)
        event_free(forgetter.timer);
}

const struct room forget_room = {.name = "forget", .loop_start = loop_start, .loop_stop = loop_stop};
