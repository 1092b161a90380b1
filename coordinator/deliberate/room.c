#include "coordinator/deliberate/deliberate.h"

#include "coordinator/deliberate/internal.h"
#include "coordinator/http/http.h"
#include "coordinator/limits.h"

static int loop_start(struct loop *loop, struct err *err UNUSED)
{
    statement_votes_start(loop);
    return 0;
}

#define READ HTTP_CLASS_READ
#define WRITE HTTP_CLASS_WRITE
static const struct http_route routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/communities/{c}/conversations",
        .handle = conversations_make,
        .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/communities/{c}/conversations",
        .handle = conversations_list,
        .class = READ},
    {.method = HTTP_GET, .pattern = "/api/v1/conversations/{v}", .handle = conversation_show, .class = READ},
    {.method = HTTP_PATCH,
        .pattern = "/api/v1/conversations/{v}",
        .handle = conversation_change,
        .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/conversations/{v}/polis/{table}",
        .handle = conversation_polis,
        .class = HTTP_CLASS_BULK},
    {.method = HTTP_GET,
        .pattern = "/api/v1/conversations/{v}/statements",
        .handle = statements_list,
        .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/conversations/{v}/statements",
        .handle = statement_say,
        .class = WRITE,
        .limit = LIMIT_VOTE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/communities/{c}/conversations/{v}/statements",
        .handle = statement_say,
        .class = WRITE,
        .limit = LIMIT_VOTE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/conversations/{v}/next",
        .handle = statement_draw,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/statements/{s}/vote",
        .handle = statement_vote,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/statements/{s}/decision",
        .handle = statement_decide,
        .class = WRITE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/statements/{s}/appeal",
        .handle = statement_appeal,
        .class = WRITE,
        .limit = LIMIT_REPORT},
    {.method = HTTP_GET, .pattern = "/api/v1/me/statements", .handle = statements_mine, .class = READ},
    {0},
};

const struct room deliberate_room = {.name = "deliberate", .routes = routes, .loop_start = loop_start};
