// A turn as it is answered, by server-sent events: what there is already, then the rest, to whichever loop the browser came.
// Nothing waits in memory for a slow reader but one piece: it is sent the next when it has read the last.
#include "coordinator/chat/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 60, HEARTBEAT_US = 15000000, EVENT_MAX_BYTES = 32 * 1024 };

struct watcher {
    struct http_request *request;
    struct chat *chat;
    struct hub_turn *live;
    struct hub_cursor cursor;
    struct event *tick;
    struct identity_watch *identity;
    const struct chat_turn *turn;
    int64_t said_us;
    bool is_full, is_ended;
};

static void say(struct watcher *watcher, const char *event, json_t *data)
{
    char *text = json_text(data, JSON_COMPACT);
    struct buf out;
    buf_init(&out, EVENT_MAX_BYTES);
    buf_printf(&out, "event: %s\ndata: %s\n\n", event, text);
    if (buf_check(&out) == 0)
        watcher->is_full = !http_stream_write(watcher->request, out.data, out.length) || watcher->is_full;
    watcher->said_us = clock_monotonic_us();
    buf_release(&out);
    free(text);
    json_decref(data);
}

static void end(struct watcher *watcher)
{
    watcher->is_ended = true;
    event_del(watcher->tick);
    http_stream_end(watcher->request);
}

static void say_over(struct watcher *watcher, bool is_ready, struct uuid lease)
{
    json_t *data = json_pack("{s:i, s:s}", "turn", watcher->turn != NULL ? watcher->turn->turn : -1, "state",
        is_ready ? "ready" : "incomplete");
    if (is_ready)
        json_object_set_new(data, "assignment_id", json_id((struct id){watcher->chat->id.shard_key, lease}));
    say(watcher, "turn", data);
}

// Places in the order on screen: a response's number would tell two models apart over the turns.
static void say_news(struct watcher *watcher, const struct hub_news *news)
{
    for (int i = 0; i < watcher->turn->n_shown; i++) {
        int n = watcher->turn->shown[i];
        char slot[CHAT_SLOT_BYTES];
        chat_slot(watcher->chat, i, slot);
        if (n >= news->n)
            continue;
        if (news->responses[n].length > 0)
            say(watcher, "text",
                json_pack(
                    "{s:s, s:s%}", "slot", slot, "text", news->responses[n].text, news->responses[n].length));
        if (news->responses[n].state != NULL)
            say(watcher, "end", json_pack("{s:s, s:s}", "slot", slot, "state", news->responses[n].state));
    }
}

static void look(struct watcher *watcher)
{
    struct hub_news news;
    if (watcher->is_ended || watcher->is_full)
        return;
    hub_read(watcher->live, &watcher->cursor, &news);
    say_news(watcher, &news);
    if (news.is_over) {
        say_over(watcher, news.is_ready, news.lease);
        end(watcher);
    } else if (clock_monotonic_us() - watcher->said_us >= HEARTBEAT_US) {
        watcher->said_us = clock_monotonic_us();
        watcher->is_full = !http_stream_write(watcher->request, ":\n\n", 3);
    }
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct watcher *watcher = arg;
    identity_watch_ask(watcher->identity);
    look(watcher);
}

static void on_drain(void *arg)
{
    struct watcher *watcher = arg;
    watcher->is_full = false;
}

static void on_close(void *arg)
{
    struct watcher *watcher = arg;
    if (!watcher->is_ended)
        end(watcher);
}

static void on_lost(void *arg)
{
    on_close(arg);
}

static void release(void *arg)
{
    struct watcher *watcher = arg;
    if (watcher->identity != NULL)
        identity_watch_free(watcher->identity);
    if (watcher->live != NULL)
        hub_leave(watcher->live);
    event_free(watcher->tick);
}

static void begin(struct chat *chat, void *arg UNUSED)
{
    struct http_request *request = chat->request;
    const struct loop *loop = http_context(request);
    struct chat_turn *last = chat->n_turns > 0 ? &chat->turns[chat->n_turns - 1] : NULL;
    struct hub_turn *live =
        last != NULL ? hub_watch(loop->chat->shared->hub, (struct id){chat->id.shard_key, last->id}) : NULL;
    if (live == NULL && last != NULL && last->is_live) { // it ended since it was read: how, is stored
        chat_require(request, chat->actor, begin, NULL);
        return;
    }
    struct watcher *watcher = arena_calloc(http_arena(request), 1, sizeof(*watcher));
    *watcher = (struct watcher){
        .request = request, .chat = chat, .turn = last, .live = live, .said_us = clock_monotonic_us()};
    watcher->tick = event_new(loop->base, -1, EV_PERSIST, on_tick, watcher);
    if (watcher->tick == NULL)
        abort();
    arena_on_free(http_arena(request), release, watcher);
    bool is_head = http_method(request) == HTTP_HEAD;
    http_stream_begin(request, 200, "text/event-stream", on_drain, on_close, watcher);
    if (watcher->is_ended)
        return;
    if (watcher->live == NULL || is_head) {
        if (!is_head)
            say_over(watcher, watcher->turn != NULL && watcher->turn->has_lease,
                watcher->turn != NULL ? watcher->turn->lease : (struct uuid){0});
        end(watcher);
        return;
    }
    watcher->identity = identity_watch_new(request, ACTION_ANNOTATE, &chat->id, on_lost, watcher);
    event_add(watcher->tick, &(struct timeval){.tv_usec = TICK_MS * 1000});
}

static void events_as(struct http_request *request, const struct actor *actor)
{
    chat_require(request, actor, begin, NULL);
}

void chats_events(struct http_request *request)
{
    struct id chat;
    if (identity_param_id(request, "c", &chat))
        identity_require(request, ACTION_ANNOTATE, &chat, events_as);
}
