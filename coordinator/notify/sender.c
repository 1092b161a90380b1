// The sender. A round: give new events to the webhooks that asked for them, then take deliveries that are due and post them.
// What is taken is this sender's for LEASE_S; a result that comes later counts only if nobody has taken it again. So any
// number of coordinators may send, and be killed at any time.
#include "coordinator/notify/internal.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"
#include "coordinator/notify/sign.h"
#include "coordinator/outside/call.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 500,
    SPREAD_MAX = 200, // events a round
    SENDING_MAX = 64,
    SENDING_EACH_MAX = 4, // to one webhook
    CONNECT_MS = 5000,
    WHOLE_MS = 15000,
    LEASE_S = 20, // longer than WHOLE_MS, and than storing what became of it
    ANSWER_MAX_BYTES = 16 * 1024,
    ARENA_MAX = 1024 * 1024,
};

// After the first, second, ... try; the standard's example.
static const int waits_s[] = {
    5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600};

// Columns of notify_take.sql.
enum {
    WEBHOOK,
    EVENT,
    SHARD_KEY,
    KIND,
    OBJECT,
    MORE,
    HAPPENED_AT,
    TRIES,
    URL,
    SECRET,
    OLD_SECRET,
    PROJECT,
    COMMUNITY,
};

struct sending {
    struct sending *next, **link;
    struct uuid webhook, event;
    int tries;
};

static struct {
    struct loop *loop;
    struct event *timer;
    struct outside *outside;
    struct sending *first;
    int n_sending;
    bool busy; // a round is under way
} sender;

static void sending_free(struct sending *sending)
{
    *sending->link = sending->next;
    if (sending->next != NULL)
        sending->next->link = sending->link;
    free(sending);
    sender.n_sending--;
}

// --- what became of it --------------------------------------------------------------------------------------------------
static void on_stored(void *arg UNUSED, const struct db_result *result UNUSED)
{
    // If it did not get through, the lease runs out, and it is sent once more.
    if (!sender.busy)
        event_active(sender.timer, EV_TIMEOUT, 0);
}

// A fifth more at the most, so that what failed together does not come back together.
static double wait_s(int tries)
{
    int wait = waits_s[tries - 1];
    return wait * (1 + (double)(rng_secure_u64() % 1000) / 5000);
}

static void store(const struct sending *sending, const struct outside_result *result)
{
    bool is_gone = result->status == 410;
    bool is_last = is_gone || sending->tries > (int)ARRAY_SIZE(waits_s);
    const char *state = result->end == OUTSIDE_WHOLE ? "delivered" : is_last ? "failed" : "waiting";
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, sending->webhook);
    db_add_uuid(&params, sending->event);
    db_add_number(&params, sending->tries);
    db_add_text(&params, state);
    if (result->status != 0)
        db_add_number(&params, result->status);
    else
        db_add_null(&params);
    db_add_text(&params, result->status == 0 ? outside_end_names[result->end] : NULL);
    db_add_real(&params, strcmp(state, "waiting") == 0 ? wait_s(sending->tries) : 0);
    db_add_bool(&params, is_gone);
    db_query(sender.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_NOTIFY_TRIED, &params, on_stored, NULL);
}

static void on_end(void *arg, const struct outside_result *result)
{
    struct sending *sending = arg;
    metrics_add(result->end == OUTSIDE_WHOLE ? METRIC_WEBHOOKS_DELIVERED : METRIC_WEBHOOKS_FAILED, 1);
    store(sending, result);
    sending_free(sending);
}

// --- one delivery -------------------------------------------------------------------------------------------------------
// {"type", "timestamp", "data"}: ids, and a word or number. The same bytes at each try.
static const char *body_of(const struct db_result *result, int row, struct arena *arena)
{
    int64_t shard_key = db_number(result, row, SHARD_KEY);
    const char *kind = db_text(result, row, KIND);
    char *object = arena_strndup(arena, kind, strcspn(kind, "."));
    json_t *data = json_object(), *more = json_loads(db_text(result, row, MORE), 0, NULL);
    if (!db_is_null(result, row, PROJECT))
        json_object_set_new(data, "project", json_db_id(result, row, PROJECT, shard_key));
    if (!db_is_null(result, row, COMMUNITY))
        json_object_set_new(data, "community", json_db_id(result, row, COMMUNITY, shard_key));
    if (strcmp(object, "judgment") != 0)
        json_object_set_new(data, object, json_db_id(result, row, OBJECT, shard_key));
    json_object_update(data, more);
    json_decref(more);
    json_t *body = json_object();
    json_object_set_new(body, "type", json_string(kind));
    json_object_set_new(body, "timestamp", json_db_time(result, row, HAPPENED_AT));
    json_object_set_new(body, "data", data);
    char *text = json_text(body, JSON_COMPACT), *kept = arena_strdup(arena, text);
    free(text);
    json_decref(body);
    return kept;
}

// The signature by each secret that holds; "" when none can be opened: then the receiver will refuse it.
static const char *signatures_of(const struct db_result *result, int row, const char *id, int64_t now_s,
    const char *body, struct arena *arena)
{
    const char *all = "";
    for (int column = SECRET; column <= OLD_SECRET; column++) {
        char one[SIGN_SIGNATURE_BYTES];
        const char *secret = db_is_null(result, row, column)
                                 ? NULL
                                 : keys_open_answer(sender.loop->app->keys, arena,
                                       db_uuid(result, row, WEBHOOK), db_text(result, row, column));
        if (secret != NULL && sign_message(secret, id, now_s, body, one) == 0)
            all = arena_printf(arena, "%s%s%s", all, *all != '\0' ? " " : "", one);
    }
    return all;
}

static void send_one(const struct db_result *result, int row)
{
    struct arena *arena = arena_new(ARENA_MAX);
    struct sending *sending = calloc(1, sizeof(*sending));
    if (sending == NULL)
        abort();
    *sending = (struct sending){.next = sender.first,
        .link = &sender.first,
        .webhook = db_uuid(result, row, WEBHOOK),
        .event = db_uuid(result, row, EVENT),
        .tries = (int)db_number(result, row, TRIES)};
    if (sending->next != NULL)
        sending->next->link = &sending->next;
    sender.first = sending;
    sender.n_sending++;
    char id[ID_TEXT_BYTES];
    id_format((struct id){db_number(result, row, SHARD_KEY), sending->event}, id);
    int64_t now_s = clock_real_us() / 1000000;
    const char *body = body_of(result, row, arena);
    const char *const headers[] = {arena_printf(arena, "webhook-id: %s", id),
        arena_printf(arena, "webhook-timestamp: %lld", (long long)now_s),
        arena_printf(arena, "webhook-signature: %s", signatures_of(result, row, id, now_s, body, arena)),
        NULL};
    outside_post_new(sender.outside,
        &(struct outside_request){
            .url = db_text(result, row, URL), .body = body, .text_max_bytes = ANSWER_MAX_BYTES},
        headers, on_end, sending);
    arena_free(arena);
}

// --- a round ------------------------------------------------------------------------------------------------------------
static void on_taken(void *arg UNUSED, const struct db_result *result)
{
    sender.busy = false;
    for (int i = 0; result->status == DB_OK && i < result->n_rows; i++)
        send_one(result, i);
}

static void on_spread(void *arg UNUSED, const struct db_result *result UNUSED)
{
    struct db_params params;
    if (sender.n_sending == SENDING_MAX) {
        sender.busy = false;
        return;
    }
    db_params_init(&params);
    db_add_number(&params, SENDING_MAX - sender.n_sending);
    db_add_number(&params, SENDING_EACH_MAX);
    db_add_number(&params, LEASE_S);
    db_query(sender.loop->db, DB_WRITE, 0, QUERY_NOTIFY_TAKE, &params, on_taken, NULL);
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    if (sender.busy)
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, SPREAD_MAX);
    sender.busy = true;
    db_query(sender.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_NOTIFY_SPREAD, &params, on_spread, NULL);
}

int sender_start(struct loop *loop, struct err *err)
{
    sender.loop = loop;
    sender.outside = outside_new(loop->base,
        &(struct outside_settings){
            .guard = loop->app->guard, .connect_ms = CONNECT_MS, .first_ms = WHOLE_MS, .whole_ms = WHOLE_MS});
    sender.timer = event_new(loop->base, -1, EV_PERSIST, on_tick, NULL);
    if (sender.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for webhooks");
    event_add(sender.timer, &(struct timeval){.tv_usec = TICK_MS * 1000});
    return 0;
}

void sender_stop(void)
{
    outside_free(sender.outside);
    while (sender.first != NULL)
        sending_free(sender.first);
    event_free(sender.timer);
}
