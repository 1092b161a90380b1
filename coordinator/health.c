#include "coordinator/health.h"

#include "base/buf.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/metrics.h"

#include <stdio.h>
#include <unistd.h>

enum { METRICS_MAX_BYTES = 1024 * 1024 };

static void livez(struct http_request *request)
{
    http_reply(request, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

static void readyz(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    if (!db_is_ready(loop->db)) {
        http_problem(request, 503, "The database can't be reached.");
        return;
    }
    http_reply(request, 200, "text/plain; charset=utf-8", "ready\n", 6);
}

static int64_t resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    int got = fscanf(file, "%ld %ld", &pages, &resident);
    fclose(file);
    return got == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : 0;
}

static void metrics(struct http_request *request)
{
    struct buf out;
    buf_init(&out, METRICS_MAX_BYTES);
    buf_printf(&out,
        "# TYPE plenum_build_info gauge\nplenum_build_info{version=\"%s\"} 1\n"
        "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %lld\n",
        PLENUM_VERSION, (long long)resident_bytes());
    metrics_print(&out);
    http_metrics(&out);
    if (buf_check(&out) == 0)
        http_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", out.data, out.length);
    else
        http_problem(request, 500, "The metrics do not fit.");
    buf_release(&out);
}

static const struct http_route health_routes[] = {
    {.method = HTTP_GET, .pattern = "/livez", .handle = livez, .class = HTTP_CLASS_PROBE},
    {.method = HTTP_GET, .pattern = "/readyz", .handle = readyz, .class = HTTP_CLASS_PROBE},
    {.method = HTTP_GET, .pattern = "/metrics", .handle = metrics, .class = HTTP_CLASS_PROBE},
    {0},
};

const struct room health_room = {.name = "health", .routes = health_routes};
