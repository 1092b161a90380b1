#include "coordinator/collect/collect.h"

#include "coordinator/collect/routes.h"
#include "coordinator/collect/task.h"
#include "coordinator/collect/weigh.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/limits.h"

// More rows a batch gain nothing (FACTS): 5 to 7 us a row from 100 on.
enum {
    JUDGMENT_COLUMNS = 20,
    GOLD_JUDGMENT_COLUMNS = 16, // the same but for what is told of words
    JUDGMENTS_A_BATCH = 500,
    LEASE_COLUMNS = 7,
    LEASES_A_BATCH = 100,
    JUDGMENT_BODY_MAX = 512 * 1024
};

static int loop_start(struct loop *loop, struct err *err)
{
    loop->collect = collect_new();
    loop->collect->live = live_new(loop);
    loop->judgments =
        db_batch_new(loop->db, DB_WRITE, QUERY_COLLECT_JUDGMENTS, JUDGMENT_COLUMNS, JUDGMENTS_A_BATCH);
    loop->gold_judgments = db_batch_new(
        loop->db, DB_WRITE, QUERY_COLLECT_GOLD_JUDGMENTS, GOLD_JUDGMENT_COLUMNS, JUDGMENTS_A_BATCH);
    loop->leases = db_batch_new(loop->db, DB_WRITE, QUERY_COLLECT_TAKE, LEASE_COLUMNS, LEASES_A_BATCH);
    return loop->index == 0 ? weigh_start(loop, err) : 0;
}

static void loop_stop(struct loop *loop)
{
    if (loop->index == 0)
        weigh_stop();
    live_free(loop->collect->live);
    collect_free(loop->collect);
    loop->collect = NULL;
}

#define READ HTTP_CLASS_READ
#define WRITE HTTP_CLASS_WRITE
static const struct http_route routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects",
        .handle = projects_create,
        .class = WRITE,
        .body_max = 2 * 1024 * 1024},
    {.method = HTTP_GET, .pattern = "/api/v1/projects", .handle = projects_list, .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/presets",
        .handle = presets_list,
        .class = READ,
        .limit = LIMIT_OPEN},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}", .handle = projects_show, .class = READ},
    {.method = HTTP_PATCH,
        .pattern = "/api/v1/projects/{p}",
        .handle = projects_change,
        .class = WRITE,
        .body_max = 2 * 1024 * 1024},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/guideline",
        .handle = guideline_read,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/guidelines",
        .handle = guidelines_list,
        .class = READ},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}/events", .handle = live_watch, .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/items",
        .handle = items_import,
        .class = HTTP_CLASS_BULK,
        .flags = HTTP_STREAM_BODY},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}/items", .handle = items_list, .class = READ},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}/items/{i}", .handle = items_show, .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/items/{i}/groups",
        .handle = item_groups_show,
        .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/annotators",
        .handle = annotators_list,
        .class = READ},
    {.method = HTTP_PATCH,
        .pattern = "/api/v1/projects/{p}/annotators/{a}",
        .handle = annotators_change,
        .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/assignments",
        .handle = assignments_next,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/assignments/{a}/judgment",
        .handle = judgments_put,
        .class = WRITE,
        .limit = LIMIT_JUDGE,
        .body_max = JUDGMENT_BODY_MAX},
    {.method = HTTP_DELETE,
        .pattern = "/api/v1/assignments/{a}/judgment",
        .handle = judgments_undo,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}/quality", .handle = quality_show, .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/quality/groups",
        .handle = groups_show,
        .class = READ},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}/quotas", .handle = quotas_show, .class = READ},
    {0},
};

const struct room collect_room = {
    .name = "collect", .routes = routes, .loop_start = loop_start, .loop_stop = loop_stop};
