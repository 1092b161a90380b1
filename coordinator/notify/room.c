#include "coordinator/notify/notify.h"

#include "coordinator/http/http.h"
#include "coordinator/notify/internal.h"

static int loop_start(struct loop *loop, struct err *err)
{
    if (loop->index != 0)
        return 0;
    int rc = sender_start(loop, err);
    return rc < 0 ? rc : teller_start(loop, err);
}

static void loop_stop(struct loop *loop)
{
    if (loop->index != 0)
        return;
    teller_stop();
    sender_stop();
}

#define READ HTTP_CLASS_READ
#define WRITE HTTP_CLASS_WRITE
static const struct http_route routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/webhooks",
        .handle = webhooks_create_project,
        .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/webhooks",
        .handle = webhooks_list_project,
        .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/webhooks",
        .handle = webhooks_create_deployment,
        .class = WRITE},
    {.method = HTTP_GET, .pattern = "/api/v1/webhooks", .handle = webhooks_list_deployment, .class = READ},
    {.method = HTTP_GET, .pattern = "/api/v1/webhooks/{w}", .handle = webhooks_show, .class = READ},
    {.method = HTTP_PATCH, .pattern = "/api/v1/webhooks/{w}", .handle = webhooks_change, .class = WRITE},
    {.method = HTTP_DELETE, .pattern = "/api/v1/webhooks/{w}", .handle = webhooks_remove, .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/webhooks/{w}/secret",
        .handle = webhooks_rotate,
        .class = WRITE},
    {.method = HTTP_POST, .pattern = "/api/v1/webhooks/{w}/test", .handle = webhooks_test, .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/webhooks/{w}/deliveries",
        .handle = deliveries_list,
        .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/webhooks/{w}/deliveries/{e}",
        .handle = deliveries_again,
        .class = WRITE},
    {.method = HTTP_GET, .pattern = "/api/v1/me/notices", .handle = notices_list, .class = READ},
    {.method = HTTP_PUT, .pattern = "/api/v1/me/notices", .handle = notices_put, .class = WRITE},
    {0},
};

const struct room notify_room = {
    .name = "notify", .routes = routes, .loop_start = loop_start, .loop_stop = loop_stop};
