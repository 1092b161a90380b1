#include "coordinator/reports/reports.h"

#include "coordinator/http/http.h"
#include "coordinator/limits.h"
#include "coordinator/reports/internal.h"

#define READ HTTP_CLASS_READ
#define WRITE HTTP_CLASS_WRITE
static const struct http_route routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/assignments/{a}/report",
        .handle = reports_make_task,
        .class = WRITE,
        .limit = LIMIT_REPORT},
    {.method = HTTP_POST,
        .pattern = "/api/v1/amendments/{a}/report",
        .handle = reports_make_amendment,
        .class = WRITE,
        .limit = LIMIT_REPORT},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/reports",
        .handle = reports_list_project,
        .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/communities/{c}/reports",
        .handle = reports_list_community,
        .class = READ},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/projects/{p}/reports/{r}",
        .handle = reports_decide_project,
        .class = WRITE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/communities/{c}/reports/{r}",
        .handle = reports_decide_community,
        .class = WRITE},
    {.method = HTTP_GET, .pattern = "/api/v1/me/reports", .handle = reports_list_mine, .class = READ},
    {0},
};

const struct room reports_room = {.name = "reports", .routes = routes};
