#include "coordinator/health.h"

#include "base/buf.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/metrics.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { METRICS_MAX_BYTES = 1024 * 1024, PROBE_MS = 2000 };

static void livez(struct http_request *request)
{
    http_reply(request, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

// A database that hangs keeps its connections: only an answer shows that it lives. The probe outlives its request, which
// is told when the answer is late.
struct probe {
    struct http_request *request; // NULL: replied to
    struct event *late;
};

static void not_ready(struct probe *probe)
{
    http_problem(probe->request, 503, "The database can't be reached.");
    probe->request = NULL;
}

static void on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    not_ready(arg);
}

static void on_probed(void *arg, const struct db_result *result)
{
    struct probe *probe = arg;
    if (probe->request != NULL && result->status == DB_OK)
        http_reply(probe->request, 200, "text/plain; charset=utf-8", "ready\n", 6);
    else if (probe->request != NULL)
        not_ready(probe);
    event_free(probe->late);
    free(probe);
}

static void readyz(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    if (!db_is_ready(loop->db)) {
        http_problem(request, 503, "The database can't be reached.");
        return;
    }
    struct probe *probe = malloc(sizeof(*probe));
    if (probe == NULL)
        abort();
    *probe = (struct probe){.request = request, .late = evtimer_new(loop->base, on_late, probe)};
    const struct timeval limit = {.tv_sec = PROBE_MS / 1000, .tv_usec = PROBE_MS % 1000 * 1000};
    if (probe->late == NULL || event_add(probe->late, &limit) != 0)
        abort();
    db_query(loop->db, DB_READ, 0, QUERY_HEALTH_PROBE, NULL, on_probed, probe);
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
