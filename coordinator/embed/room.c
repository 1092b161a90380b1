#include "coordinator/embed/embed.h"

#include "coordinator/embed/internal.h"
#include "coordinator/http/http.h"

static int loop_start(struct loop *loop, struct err *err)
{
    int64_t connect_ms, whole_ms;
    if (config_number(loop->app->config, "outside-connect-ms", 100, 60000, &connect_ms, err) < 0 ||
        config_number(loop->app->config, "outside-whole-ms", 100, 3600000, &whole_ms, err) < 0)
        return err->code;
    loop->embed = texts_start(loop, (int)connect_ms);
    return loop->index == 0 ? filler_start(loop, (int)connect_ms, (int)whole_ms, err) : 0;
}

static void loop_stop(struct loop *loop)
{
    if (loop->index == 0)
        filler_stop();
    texts_stop(loop->embed);
    loop->embed = NULL;
}

#define AT "/api/v1/projects/{p}/embeddings"
static const struct http_route routes[] = {
    {.method = HTTP_PUT, .pattern = AT, .handle = embed_put, .class = HTTP_CLASS_WRITE},
    {.method = HTTP_GET, .pattern = AT, .handle = embed_show, .class = HTTP_CLASS_READ},
    {.method = HTTP_DELETE, .pattern = AT, .handle = embed_remove, .class = HTTP_CLASS_WRITE},
    {.method = HTTP_POST, .pattern = AT "/retry", .handle = embed_retry, .class = HTTP_CLASS_WRITE},
    {0},
};

const struct room embed_room = {
    .name = "embed", .routes = routes, .loop_start = loop_start, .loop_stop = loop_stop};
