#include "coordinator/learn/routes.h"

#include "coordinator/http/http.h"
#include "coordinator/learn/internal.h"

const struct http_route learn_routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/fits",
        .handle = fits_post,
        .class = HTTP_CLASS_WRITE,
        .cost = 20},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/fits",
        .handle = fits_list,
        .class = HTTP_CLASS_READ},
    {.method = HTTP_GET, .pattern = "/api/v1/fits/{f}", .handle = fits_get, .class = HTTP_CLASS_READ},
    {.method = HTTP_DELETE, .pattern = "/api/v1/fits/{f}", .handle = fits_delete, .class = HTTP_CLASS_WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/models",
        .handle = models_list,
        .class = HTTP_CLASS_READ},
    {.method = HTTP_GET, .pattern = "/api/v1/models/{m}", .handle = models_get, .class = HTTP_CLASS_READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/models/{m}/comparisons",
        .handle = fits_compare,
        .class = HTTP_CLASS_WRITE,
        .cost = 5},
    {.method = HTTP_POST,
        .pattern = "/api/v1/workers/enrolments",
        .handle = workers_enrolment,
        .class = HTTP_CLASS_WRITE},
    {.method = HTTP_GET, .pattern = "/api/v1/workers", .handle = workers_list, .class = HTTP_CLASS_READ},
    {.method = HTTP_DELETE,
        .pattern = "/api/v1/workers/{w}",
        .handle = workers_delete,
        .class = HTTP_CLASS_WRITE},
    {0},
};
