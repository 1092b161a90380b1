// Replies: status line, the fields that every reply carries, and the body, put together and sent in one write.
#include "coordinator/http/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

// On every reply. Nothing is fetched from elsewhere, nothing is framed, and no string becomes HTML.
static const char security_fields[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
    "encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()\r\n";

const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {425, "Too Early"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return status < 400 ? "OK" : status < 500 ? "Bad Request" : "Internal Server Error";
}

// --- the head ------------------------------------------------------------------------------------------------------
void http_reply_header(struct http_request *request, const char *name, const char *value)
{
    struct reply_field *field = arena_alloc(request->arena, sizeof(*field));
    field->name_size = strlen(name);
    field->value_size = strlen(value);
    field->name = arena_strndup(request->arena, name, field->name_size);
    char *clean = arena_strndup(request->arena, value, field->value_size);
    for (char *at = clean; *at != '\0'; at++) // a value from outside can't begin a field of its own
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    field->value = clean;
    field->next = NULL;
    struct reply_field **last = &request->reply_fields;
    while (*last != NULL)
        last = &(*last)->next;
    *last = field;
    request->chose_cache = request->chose_cache || strcasecmp(name, "Cache-Control") == 0;
    request->chose_retry = request->chose_retry || strcasecmp(name, "Retry-After") == 0;
    request->chose_challenge = request->chose_challenge || strcasecmp(name, "WWW-Authenticate") == 0;
}

static void add_date(struct http_server *server, struct buf *out)
{
    int64_t now_s = clock_real_us() / 1000000;
    if (now_s != server->date_s) {
        time_t when = (time_t)now_s;
        struct tm parts;
        gmtime_r(&when, &parts);
        strftime(server->date, sizeof(server->date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
        server->date_s = now_s;
    }
    buf_add_text(out, server->date);
}

static void add_number(struct buf *out, uint64_t number)
{
    char digits[20], *at = digits + sizeof(digits);
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_field(struct buf *out, const char *name, const char *value)
{
    buf_add_text(out, name);
    buf_add(out, ": ", 2);
    buf_add_text(out, value);
    buf_add(out, "\r\n", 2);
}

static void add_connection(struct http_request *request, struct buf *out)
{
    struct connection *connection = request->connection;
    // Whatever has not been read of the body would be taken for the next request.
    if ((!request->body_ended && request->framing.has_body) || connection->server->draining)
        connection->close_after = true;
    if (connection->close_after)
        buf_add_text(out, "Connection: close\r\n");
    else if (request->framing.minor_0)
        buf_add_text(out, "Connection: keep-alive\r\n");
}

void reply_head(
    struct http_request *request, struct buf *out, int status, const char *content_type, int64_t length)
{
    request->status = status;
    buf_add_text(out, "HTTP/1.1 ");
    add_number(out, (uint64_t)status);
    buf_add_char(out, ' ');
    buf_add_text(out, status_text(status));
    buf_add(out, "\r\n", 2);
    add_date(request->connection->server, out);
    if (content_type != NULL)
        add_field(out, "Content-Type", content_type);
    if (length >= 0) {
        buf_add_text(out, "Content-Length: ");
        add_number(out, (uint64_t)length);
        buf_add(out, "\r\n", 2);
    }
    bool cacheable = request->chose_cache || (request->entry != NULL && status < 400 &&
                                                 (request->entry->route->flags & HTTP_CACHEABLE) != 0);
    if (!cacheable)
        buf_add_text(out, "Cache-Control: no-store\r\n");
    if ((status == 503 || status == 429) && !request->chose_retry)
        buf_add_text(out, "Retry-After: 1\r\n");
    if (status == 401 && !request->chose_challenge)
        buf_add_text(out, "WWW-Authenticate: Bearer\r\n");
    for (const struct reply_field *field = request->reply_fields; field != NULL; field = field->next) {
        buf_add(out, field->name, field->name_size);
        buf_add(out, ": ", 2);
        buf_add(out, field->value, field->value_size);
        buf_add(out, "\r\n", 2);
    }
    add_connection(request, out);
    if (request->connection->tls)
        buf_add_text(out, request->connection->server->hsts);
    buf_add(out, security_fields, sizeof(security_fields) - 1);
    buf_add(out, "\r\n", 2);
}

// --- the end -------------------------------------------------------------------------------------------------------
static void count_reply(struct http_request *request)
{
    struct http_server *server = request->connection->server;
    struct route_counters *counters = request->entry != NULL     ? request->entry->counters
                                      : request->started_us != 0 ? &server->other
                                                                 : &server->refused;
    int status_class = request->status / 100;
    count(&counters->by_status[status_class > 0 && status_class < 6 ? status_class : 5], 1);
    int64_t now_us = clock_monotonic_us(), us = request->started_us != 0 ? now_us - request->started_us : 0;
    server_saw(server, now_us);
    size_t bucket = 0;
    while (bucket < DURATION_BUCKETS && (double)us / 1e6 > duration_bounds_s[bucket])
        bucket++;
    count(&counters->durations[bucket], 1);
    count(&counters->duration_us, (uint64_t)us);
    // What a handler failed at, at most once a second: an outage must not fill the disk as well.
    if (request->status >= 500 && request->handled && server->logged_s != server->date_s) {
        server->logged_s = server->date_s;
        log_event(LOG_WARNING, "http_error", LOG_TEXT("route", request->entry->route->pattern),
            LOG_NUMBER("status", request->status));
    }
}

static void leave_flight(struct http_request *request)
{
    struct http_server *server = request->connection->server;
    if (!request->in_flight)
        return;
    request->in_flight = false;
    server->n_in_flight--;
    if (admission_counts(request))
        admission_leave(
            &server->admission, request->entry->flow, request->entry->route->class, &request->ticket);
    atomic_store_explicit(&server->in_flight_now, server->n_in_flight, memory_order_relaxed);
}

void http_wait_elsewhere(struct http_request *request)
{
    if (!request->in_flight || !admission_counts(request))
        return;
    admission_leave(&request->connection->server->admission, request->entry->flow,
        request->entry->route->class, &request->ticket);
    request->waits_elsewhere = true;
}

void reply_begun(struct http_request *request)
{
    leave_flight(request);
    count_reply(request);
}

void reply_done(struct http_request *request)
{
    if (!request->replying_stream)
        reply_begun(request);
    request->replied = true;
    connection_replied(request->connection); // may free the request
}

static void no_cleanup(const void *data UNUSED, size_t size UNUSED, void *arg UNUSED)
{
}

void reply_whole(struct http_request *request, int status, const char *content_type, const void *data,
    size_t size, bool lives_for_ever)
{
    struct connection *connection = request->connection;
    assert(!request->replied && !request->replying_stream);
    if (connection->state == CONNECTION_GONE) {
        request->status = status;
        reply_done(request);
        return;
    }
    struct buf *out = connection_scratch(connection);
    bool no_body = status == 204 || status == 304;
    reply_head(request, out, status, no_body ? NULL : content_type, no_body ? -1 : (int64_t)size);
    if (no_body || request->head_only)
        size = 0;
    if (size <= SCRATCH_KEEP / 2 && out->length + size <= SCRATCH_KEEP)
        buf_add(out, data, size);
    else
        connection_send(connection, data, size, lives_for_ever ? no_cleanup : NULL);
    reply_done(request);
}

void http_reply(
    struct http_request *request, int status, const char *content_type, const void *data, size_t size)
{
    reply_whole(request, status, content_type, data, size, false);
}

void http_reply_empty(struct http_request *request, int status)
{
    reply_whole(request, status, NULL, NULL, 0, true);
}

static void reply_json(struct http_request *request, int status, const char *content_type, json_t *body)
{
    struct buf *render = &request->connection->server->render;
    assert(body != NULL);
    buf_clear(render);
    buf_reserve(render, 4096);
    size_t size = json_dumpb(body, render->data, render->capacity - 1, JSON_COMPACT);
    if (size > render->capacity - 1) {
        buf_reserve(render, size);
        size = json_dumpb(body, render->data, size, JSON_COMPACT);
    }
    json_decref(body);
    render->data[size] = '\0';
    http_reply(request, status, content_type, render->data, json_shorten(render->data));
}

void http_reply_json(struct http_request *request, int status, json_t *body)
{
    reply_json(request, status, "application/json", body);
}

void http_reply_json_text(struct http_request *request, int status, const char *json)
{
    http_reply(request, status, "application/json", json, strlen(json));
}

// --- problems ------------------------------------------------------------------------------------------------------
static void problem(
    struct http_request *request, int status, const char *type, const char *detail, json_t *errors)
{
    if (request->own_errors) {
        json_t *own = request->connection->server->settings.own_error(request, status, detail);
        json_decref(errors);
        reply_json(request, status, "application/json", own);
        return;
    }
    json_t *body = json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", status_text(status), "status",
        status, "detail", detail);
    if (body == NULL) // the detail quoted something that is not UTF-8
        body = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title", status_text(status),
            "status", status, "detail", "The request holds bytes that are not UTF-8.");
    if (errors != NULL)
        json_object_set_new(body, "errors", errors);
    reply_json(request, status, "application/problem+json", body);
}

static const char *format_detail(struct http_request *request, const char *format, va_list args)
    PRINTF_LIKE(2, 0);

static const char *format_detail(struct http_request *request, const char *format, va_list args)
{
    char detail[1024];
    vsnprintf(detail, sizeof(detail), format, args);
    size_t size = strlen(detail);
    bool cut = size == sizeof(detail) - 1;
    while (cut && size > 0 && !framing_is_utf8(detail, size)) // within a character
        detail[--size] = '\0';
    return arena_strdup(request->arena, detail);
}

void http_problem(struct http_request *request, int status, const char *detail, ...)
{
    va_list args;
    va_start(args, detail);
    const char *text = format_detail(request, detail, args);
    va_end(args);
    problem(request, status, "about:blank", text, NULL);
}

void http_problem_at(struct http_request *request, int status, const char *pointer, const char *detail, ...)
{
    va_list args;
    va_start(args, detail);
    const char *text = format_detail(request, detail, args);
    va_end(args);
    problem(
        request, status, "about:blank", text, json_pack("[{s:s, s:s}]", "pointer", pointer, "detail", text));
}

void http_problem_list(struct http_request *request, int status, const char *detail, json_t *errors)
{
    problem(request, status, "about:blank", detail, errors);
}

void http_problem_of(
    struct http_request *request, int status, const char *type, const char *detail, json_t *errors)
{
    problem(request, status, type, detail, errors);
}

void reply_refuse(struct http_request *request, int status, const char *detail)
{
    request->connection->close_after = true;
    problem(request, status, "about:blank", detail, NULL);
}

void reply_refusal(struct http_request *request)
{
    if (request->allow != NULL)
        http_reply_header(request, "Allow", request->allow);
    bool reads = request->framing.method == HTTP_GET || request->framing.method == HTTP_HEAD;
    if (request->refusal == 404 && reads)
        static_reply(request, request->connection->server->settings.files);
    else if (request->framing.method == HTTP_OPTIONS && request->entry == NULL &&
             (request->refusal == 405 || request->path[0] == '*'))
        http_reply_empty(request, 204);
    else
        problem(request, request->refusal, "about:blank", request->refusal_detail, NULL);
}
