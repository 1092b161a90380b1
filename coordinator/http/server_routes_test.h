// The routes that server_test.c talks to: echoes, late answers, uploads that pause, downloads and event streams. Included
// by that one file.
#ifndef COORDINATOR_HTTP_SERVER_ROUTES_TEST_H
#define COORDINATOR_HTTP_SERVER_ROUTES_TEST_H

#include "coordinator/http/fixture_test.h"
#include <zlib.h>
#include <zstd.h>

static atomic_int closes_seen, ends_seen, replies_given;

static void reply_alive(struct http_request *request)
{
    http_reply(request, 200, "text/plain", "alive\n", 6);
}

static void reply_join(struct http_request *request)
{
    if (http_body_json(request) != NULL)
        http_problem_at(request, 404, "/code", "There is no such invitation.");
}

static void reply_echo(struct http_request *request)
{
    json_t *body = http_body_json(request);
    if (body != NULL)
        http_reply_json(request, 200, json_incref(body));
}

static void reply_facts(struct http_request *request)
{
    const char *q = http_query(request, "q");
    http_reply_json(request, 200,
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:s}", "a", http_param(request, "a"), "b",
            http_param(request, "b"), "q", q != NULL ? q : "(none)", "address", http_client_address(request),
            "secure", http_is_secure(request), "cookie",
            http_cookie(request, "sid") != NULL ? http_cookie(request, "sid") : "(none)"));
}

static void reply_rest(struct http_request *request)
{
    http_reply_header(request, "X-Rest", http_param(request, "rest"));
    http_reply_empty(request, 204);
}

struct later {
    struct http_request *request;
    struct event *timer;
};

static void reply_later_now(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct later *later = arg;
    event_free(later->timer);
    http_reply(later->request, 200, "text/plain", "later\n", 6);
    free(later);
    replies_given++;
}

static void reply_later(struct http_request *request)
{
    struct later *later = calloc(1, sizeof(*later));
    later->request = request;
    later->timer = evtimer_new(http_context(request), reply_later_now, later);
    long ms = strtol(http_query(request, "ms"), NULL, 10);
    event_add(later->timer, &(struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000});
}

struct upload {
    struct http_request *request;
    uint64_t size, sum;
    struct event *timer; // when it is taken slowly
    uint64_t paused_at;
};

static void upload_resume(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    http_body_resume(((struct upload *)arg)->request);
}

static void upload_data(void *arg, const char *data, size_t size)
{
    struct upload *upload = arg;
    assert_true(size > 0 && size <= 65536);
    upload->size += size;
    for (size_t i = 0; i < size; i++)
        upload->sum += (unsigned char)data[i];
    if (upload->timer != NULL && upload->size - upload->paused_at > 50000) {
        upload->paused_at = upload->size;
        http_body_pause(upload->request);
        event_add(upload->timer, &(struct timeval){.tv_usec = 200});
    }
}

static void upload_end(void *arg, int rc, const struct err *err)
{
    struct upload *upload = arg;
    ends_seen++;
    if (upload->timer != NULL)
        event_free(upload->timer);
    if (rc != 0)
        http_problem(upload->request, rc == ERR_LIMIT ? 413 : 400, "%s", err->message);
    else
        http_reply_json(upload->request, 200,
            json_pack("{s:I, s:I}", "size", (json_int_t)upload->size, "sum", (json_int_t)upload->sum));
    free(upload);
}

static void take_upload(struct http_request *request)
{
    struct upload *upload = calloc(1, sizeof(*upload));
    upload->request = request;
    if (http_query(request, "slowly") != NULL)
        upload->timer = evtimer_new(http_context(request), upload_resume, upload);
    http_body_stream(request, upload_data, upload_end, upload);
}

static void refuse_upload(struct http_request *request)
{
    http_problem(request, 401, "Who are you?");
}

struct download {
    struct http_request *request;
    size_t left;
};

static void download_more(void *arg)
{
    struct download *download = arg;
    char piece[10000];
    memset(piece, 'x', sizeof(piece));
    for (bool more = true; more && download->left > 0;) {
        size_t size = min_size(download->left, sizeof(piece));
        download->left -= size;
        more = http_stream_write(download->request, piece, size);
    }
    if (download->left == 0) {
        http_stream_end(download->request);
        free(download);
    }
}

static void download_closed(void *arg)
{
    struct download *download = arg;
    closes_seen++;
    http_stream_end(download->request);
    free(download);
}

static void give_download(struct http_request *request)
{
    struct download *download = calloc(1, sizeof(*download));
    *download = (struct download){request, strtoul(http_query(request, "size"), NULL, 10)};
    http_stream_begin(request, 200, "application/octet-stream", download_more, download_closed, download);
    download_more(download);
}

static void events_closed(void *arg)
{
    closes_seen++;
    http_stream_end(arg);
}

static void give_events(struct http_request *request)
{
    http_stream_begin(request, 200, "text/event-stream", NULL, events_closed, request);
    http_stream_write(request, "data: 1\n\n", 9);
}

static void give_file(struct http_request *request)
{
    FILE *file = tmpfile();
    for (int i = 0; i < 100000; i++)
        fprintf(file, "%09d\n", i);
    fflush(file);
    rewind(file);
    http_reply_file(request, 200, "text/plain", dup(fileno(file)), 1000000);
    fclose(file);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/livez", reply_alive, HTTP_CLASS_READ, HTTP_CACHEABLE, 0, 0, 0},
    {HTTP_POST, "/api/v1/join", reply_join, HTTP_CLASS_WRITE, 0, 0, 0, 0},
    {HTTP_POST, "/api/v1/echo", reply_echo, HTTP_CLASS_WRITE, 0, 1024, 0, 0},
    {HTTP_POST, "/score", reply_echo, HTTP_CLASS_SCORE, HTTP_CROSS_SITE, 4 << 20, 0, 0},
    {HTTP_GET, "/api/v1/x/{a}/y/{b}", reply_facts, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_GET, "/api/v1/x/fixed/y/{b}", reply_alive, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_GET, "/audit/tile/{rest*}", reply_rest, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_GET, "/later", reply_later, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_GET, "/bulk", reply_later, HTTP_CLASS_BULK, 0, 0, 0, 0},
    {HTTP_POST, "/upload", take_upload, HTTP_CLASS_BULK, HTTP_STREAM_BODY, 4 << 20, 0, 0},
    {HTTP_POST, "/refuse", refuse_upload, HTTP_CLASS_BULK, HTTP_STREAM_BODY, 4 << 20, 0, 0},
    {HTTP_GET, "/download", give_download, HTTP_CLASS_BULK, 0, 0, 0, 0},
    {HTTP_GET, "/events", give_events, HTTP_CLASS_READ, 0, 0, 0, 0},
    {HTTP_GET, "/file", give_file, HTTP_CLASS_READ, 0, 0, 0, 0},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};

static int start(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture_start(
        fixture, (struct http_settings){.tables = tables, .trusted_proxies = "127.0.0.0/8, 10.0.0.0/8"});
    *state = fixture;
    closes_seen = ends_seen = replies_given = 0;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;
    fixture_stop(fixture);
    free(fixture);
    return 0;
}

static int port_of(void **state)
{
    return ((struct fixture *)*state)->port;
}

static void wait_for(atomic_int *counter, int wanted)
{
    for (int i = 0; i < CLIENT_WAIT_S * 1000 && *counter < wanted; i++)
        usleep(1000);
    assert_int_equal(*counter, wanted);
}

#define HOST "Host: x\r\n"

#endif
