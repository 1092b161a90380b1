#include "coordinator/constitution/constitution.h"

#include "coordinator/http/http.h"
#include "coordinator/limits.h"

enum { CONSTITUTION_BODY_MAX = 2 * 1024 * 1024 };

static int loop_start(struct loop *loop, struct err *err)
{
    ballots_start(loop);
    return loop->index == 0 ? settle_start(loop, err) : 0;
}

static void loop_stop(struct loop *loop)
{
    if (loop->index == 0)
        settle_stop(loop);
}

#define READ HTTP_CLASS_READ
#define WRITE HTTP_CLASS_WRITE
static const struct http_route routes[] = {
    {.method = HTTP_POST, .pattern = "/api/v1/communities", .handle = communities_create, .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/communities",
        .handle = communities_list,
        .class = READ,
        .limit = LIMIT_OPEN},
    {.method = HTTP_GET, .pattern = "/api/v1/communities/{c}", .handle = community_show, .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/communities/{c}/join",
        .handle = community_join,
        .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/communities/{c}/constitution",
        .handle = constitution_put,
        .class = WRITE,
        .body_max = CONSTITUTION_BODY_MAX},
    {.method = HTTP_GET,
        .pattern = "/api/v1/communities/{c}/constitution",
        .handle = constitution_show,
        .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/communities/{c}/constitution/versions",
        .handle = constitution_versions,
        .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/communities/{c}/amendments",
        .handle = amendment_propose,
        .class = WRITE,
        .limit = LIMIT_VOTE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/communities/{c}/amendments",
        .handle = amendments_list,
        .class = READ},
    {.method = HTTP_GET, .pattern = "/api/v1/amendments/{a}", .handle = amendment_show, .class = READ},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/amendments/{a}/vote",
        .handle = ballot_put,
        .class = WRITE,
        .limit = LIMIT_VOTE},
    {.method = HTTP_GET, .pattern = "/api/v1/me/contributions", .handle = contributions_list, .class = READ},
    {0},
};

const struct room constitution_room = {
    .name = "constitution", .routes = routes, .loop_start = loop_start, .loop_stop = loop_stop};
