#include "coordinator/chat/chat.h"

#include "coordinator/chat/internal.h"
#include "coordinator/http/http.h"
#include "coordinator/limits.h"
#include "coordinator/loop.h"

#include <stdlib.h>

static int start(struct app *app, struct err *err)
{
    int64_t connect_ms, first_ms, whole_ms;
    if (config_number(app->config, "outside-connect-ms", 100, 60000, &connect_ms, err) < 0 ||
        config_number(app->config, "outside-first-ms", 100, 600000, &first_ms, err) < 0 ||
        config_number(app->config, "outside-whole-ms", 100, 3600000, &whole_ms, err) < 0)
        return err->code;
    struct chat_shared *shared = calloc(1, sizeof(*shared));
    if (shared == NULL)
        abort();
    shared->hub = hub_new();
    shared->settings = (struct outside_settings){.guard = app->guard,
        .connect_ms = (int)connect_ms,
        .first_ms = (int)first_ms,
        .whole_ms = (int)whole_ms};
    app->chat = shared;
    return 0;
}

static void stop(struct app *app)
{
    if (app->chat == NULL)
        return;
    hub_free(app->chat->hub);
    free(app->chat);
    app->chat = NULL;
}

static int loop_start(struct loop *loop, struct err *err UNUSED)
{
    struct chat_loop *chat = calloc(1, sizeof(*chat));
    if (chat == NULL)
        abort();
    chat->shared = loop->app->chat;
    chat->outside = outside_new(loop->base, &chat->shared->settings);
    loop->chat = chat;
    return 0;
}

static void loop_stop(struct loop *loop)
{
    run_cancel_all(loop->chat);
    outside_free(loop->chat->outside);
    free(loop->chat);
    loop->chat = NULL;
}

#define READ HTTP_CLASS_READ
#define WRITE HTTP_CLASS_WRITE
static const struct http_route routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/endpoints",
        .handle = endpoints_create,
        .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/endpoints",
        .handle = endpoints_list,
        .class = READ},
    {.method = HTTP_DELETE,
        .pattern = "/api/v1/projects/{p}/endpoints/{e}",
        .handle = endpoints_remove,
        .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/chats",
        .handle = chats_start,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_GET, .pattern = "/api/v1/chats/{c}", .handle = chats_show, .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/chats/{c}/turns",
        .handle = chats_say,
        .class = WRITE,
        .limit = LIMIT_CHAT},
    {.method = HTTP_POST,
        .pattern = "/api/v1/chats/{c}/turns/{n}/retry",
        .handle = chats_retry,
        .class = WRITE,
        .limit = LIMIT_CHAT},
    {.method = HTTP_GET, .pattern = "/api/v1/chats/{c}/events", .handle = chats_events, .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/chats/{c}/end",
        .handle = chats_end,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {0},
};

const struct room chat_room = {.name = "chat",
    .routes = routes,
    .start = start,
    .loop_start = loop_start,
    .loop_stop = loop_stop,
    .stop = stop};
