// What a handler can ask of its request, and the checks that come before any handler.
#include "coordinator/http/internal.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http_request *request_new(struct connection *connection)
{
    struct arena *arena = arena_new(ARENA_MAX);
    struct http_request *request = arena_alloc(arena, sizeof(*request));
    memset(request, 0, offsetof(struct http_request, framing));
    request->connection = connection;
    request->arena = arena;
    framing_head_init(&request->framing);
    const struct http_settings *settings = &connection->server->settings;
    request->framing.line_max = (uint32_t)settings->max_line_bytes;
    request->framing.headers_max = (uint32_t)settings->max_headers;
    request->framing.headers_bytes_max = (uint32_t)settings->max_headers_bytes;
    return request;
}

void request_free(struct http_request *request)
{
    if (request == NULL)
        return;
    body_release(request);
    if (request->json != NULL)
        json_decref(request->json);
    arena_free(request->arena);
}

// --- the start -----------------------------------------------------------------------------------------------------
static char *slice(struct http_request *request, struct framing_slice slice)
{
    char *text = request->head + slice.at;
    text[slice.length] = '\0'; // on a delimiter: space, '?', ':', CR
    return text;
}

const char *request_known(const struct http_request *request, enum framing_known known)
{
    int index = request->framing.known[known];
    return index < 0 ? NULL : request->head + request->framing.headers[index].value.at;
}

bool media_type_is(const char *value, const char *type)
{
    size_t size = strcspn(value, ";");
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    return framing_equal(value, size, type);
}

static bool has_bearer(const struct http_request *request)
{
    const char *value = request_known(request, KNOWN_AUTHORIZATION);
    return value != NULL && strncasecmp(value, "Bearer ", 7) == 0;
}

static bool is_own_origin(const struct http_request *request, const char *origin)
{
    const char *public_origin = request->connection->server->settings.public_origin;
    if (public_origin != NULL)
        return strcasecmp(origin, public_origin) == 0;
    const char *host = request_known(request, KNOWN_HOST);
    size_t skip = strncasecmp(origin, "http://", 7) == 0    ? 7
                  : strncasecmp(origin, "https://", 8) == 0 ? 8
                                                            : 0;
    return host != NULL && skip > 0 && (skip == 8) == http_is_secure(request) &&
           strcasecmp(origin + skip, host) == 0;
}

// A page of another site can make a browser send our cookie. What changes something must therefore come from our own
// pages, and in a form that no plain HTML form can send.
static void check_same_origin(struct http_request *request)
{
    enum http_method method = request->framing.method;
    if (method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS || has_bearer(request) ||
        (request->entry->route->flags & HTTP_CROSS_SITE) != 0)
        return;
    bool cookie = http_cookie(request, "__Host-sid") != NULL || http_cookie(request, "sid") != NULL;
    const char *site = request_known(request, KNOWN_SEC_FETCH_SITE),
               *origin = request_known(request, KNOWN_ORIGIN);
    bool ours = site != NULL ? strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0
                             : origin != NULL && is_own_origin(request, origin);
    bool foreign = site != NULL && strcmp(site, "cross-site") == 0;
    if (foreign || (cookie && !ours)) {
        request->refusal = 403;
        request->refusal_detail = "A request that changes something must come from this site's own pages.";
        return;
    }
    if (!cookie || !request->framing.has_body)
        return;
    const char *type = request_known(request, KNOWN_CONTENT_TYPE);
    bool streams = (request->entry->route->flags & HTTP_STREAM_BODY) != 0;
    bool good =
        type != NULL &&
        (media_type_is(type, "application/json") ||
            (streams && (media_type_is(type, "application/x-ndjson") ||
                            media_type_is(type, "application/jsonl") || media_type_is(type, "text/csv"))));
    if (!good) {
        request->refusal = 415;
        request->refusal_detail = streams
                                      ? "The body must be application/json, application/x-ndjson or text/csv."
                                      : "The body must be application/json.";
    }
}

// Whether it is one that holds is asked later. Who shows none is not worth a great body.
static bool shows_credential(const struct http_request *request)
{
    return request_known(request, KNOWN_AUTHORIZATION) != NULL ||
           request_known(request, KNOWN_COOKIE) != NULL;
}

static void check_body(struct http_request *request)
{
    const struct http_route *route = request->entry->route;
    bool streams = (route->flags & HTTP_STREAM_BODY) != 0;
    const struct http_settings *settings = &request->connection->server->settings;
    request->body_max = route->body_max > 0 ? route->body_max
                        : streams           ? (size_t)settings->max_stream_body_bytes
                        : route->class == HTTP_CLASS_SCORE && shows_credential(request)
                            ? (size_t)settings->max_score_body_bytes
                            : (size_t)settings->max_body_bytes;
    const char *coding = request_known(request, KNOWN_CONTENT_ENCODING);
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        if (!streams || (strcasecmp(coding, "gzip") != 0 && strcasecmp(coding, "zstd") != 0)) {
            http_reply_header(request, "Accept-Encoding", streams ? "gzip, zstd" : "identity");
            request->refusal = 415;
            request->refusal_detail = streams ? "The content codings understood are gzip and zstd."
                                              : "The body may not be compressed here.";
            return;
        }
    }
    if (request->framing.content_length > request->body_max) {
        request->refusal = 413;
        request->refusal_detail = "The body is longer than this route takes.";
    }
}

// Who would wait too long is not let in; and each class has a share of the memory, so that bulk work can't keep judgments
// out.
void request_check_load(struct http_request *request, int64_t now_us)
{
    static const int share_percent[HTTP_CLASSES] = {[HTTP_CLASS_WRITE] = 100,
        [HTTP_CLASS_READ] = 75,
        [HTTP_CLASS_SCORE] = 50,
        [HTTP_CLASS_BULK] = 10,
        [HTTP_CLASS_PROBE] = 100};
    struct http_server *server = request->connection->server;
    enum http_class class = request->entry->route->class;
    int percent = share_percent[class];
    server_saw(server, now_us);
    if (admission_allows(&server->admission, request->entry->flow, class, now_us) &&
        server->n_in_flight < IN_FLIGHT_MAX / 100 * percent &&
        server->body_bytes < (size_t)BODY_BUDGET / 100 * (size_t)percent)
        return;
    // One, two or three seconds in turn, or all would be back in the same moment.
    static const char *const seconds[] = {"1", "2", "3"};
    http_reply_header(request, "Retry-After", seconds[server->n_overloaded++ % ARRAY_SIZE(seconds)]);
    count(&server->overloaded[class], 1);
    request->refusal = 503;
    request->refusal_detail = "Too much is being worked on; try again in a moment.";
}

// What came in the open goes to the public address, which the client has no say in. A secret that came along has been
// read on the way: who sent it must learn that it did not work.
static void redirect(struct http_request *request)
{
    enum http_method method = request->framing.method;
    if ((method != HTTP_GET && method != HTTP_HEAD) || request_known(request, KNOWN_AUTHORIZATION) != NULL) {
        request->connection->close_after = true;
        request->refusal = 403;
        request->refusal_detail = "This port only redirects to HTTPS: use https:// and not http://.";
        return;
    }
    const char *query = request->query;
    http_reply_header(request, "Location",
        arena_printf(request->arena, "%s%s%s%s", request->connection->server->settings.redirect_to,
            request->path, query != NULL ? "?" : "", query != NULL ? query : ""));
    http_reply_empty(request, 308);
}

static void find_route(struct http_request *request)
{
    const struct framing_head *framing = &request->framing;
    router_find(&request->connection->server->router, request);
    bool reads = framing->method == HTTP_GET || framing->method == HTTP_HEAD;
    if (request->refusal == 404 && !reads &&
        static_has(request->connection->server->settings.files, request->path)) {
        request->allow = "GET, HEAD, OPTIONS";
        request->refusal = 405;
        request->refusal_detail = "This path does not take that method.";
    }
    if (request->entry != NULL) {
        check_same_origin(request);
        if (request->refusal == 0)
            check_body(request);
        if (request->refusal == 0)
            request_check_load(request, request->started_us);
        if (request->refusal == 0)
            rates_check_address(request);
    }
}

void request_begin(struct http_request *request, const char *data)
{
    struct framing_head *framing = &request->framing;
    request->started_us = clock_monotonic_us();
    request->head = arena_memdup(request->arena, data, framing->size);
    request->path = slice(request, framing->path);
    request->query = framing->has_query ? slice(request, framing->query) : NULL;
    for (size_t i = 0; i < framing->n_headers; i++) {
        slice(request, framing->headers[i].name);
        slice(request, framing->headers[i].value);
    }
    count(&request->connection->server->bytes_in, framing->size);
    request->head_only = framing->method == HTTP_HEAD;
    request->body_max = BODY_AWAY_MAX;
    if (!framing->keep_alive)
        request->connection->close_after = true;
    if (request->connection->redirects)
        redirect(request);
    else
        find_route(request);
    // What is refused is answered after its body has been read away, so that the connection lives on; but a long body,
    // or one that waits for leave to come, is not asked for.
    if (request->refusal != 0 && framing->has_body &&
        (framing->expect_continue || framing->content_length > BODY_AWAY_MAX || request->refusal == 413)) {
        request->connection->close_after = true;
        reply_refusal(request);
    }
}

// --- what it says --------------------------------------------------------------------------------------------------
struct arena *http_arena(struct http_request *request)
{
    return request->arena;
}

void *http_context(const struct http_request *request)
{
    return request->connection->server->settings.context;
}

enum http_method http_method(const struct http_request *request)
{
    return request->framing.method;
}

const struct http_route *http_route(const struct http_request *request)
{
    return request->entry != NULL ? request->entry->route : NULL;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

const char *http_param(const struct http_request *request, const char *name)
{
    const struct route_entry *entry = request->entry;
    size_t size = strlen(name), n = 0;
    for (size_t i = 0; entry != NULL && i < entry->n_segments; i++) {
        const struct route_segment *segment = &entry->segments[i];
        if (!segment->is_parameter)
            continue;
        if (segment->size == size && memcmp(segment->text, name, size) == 0)
            return request->params[n];
        n++;
    }
    return NULL;
}

const char *http_query(const struct http_request *request, const char *name)
{
    char wanted[128];
    for (const char *at = request->query; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, "&"), key_size = strcspn(at, "=&");
        if (key_size < sizeof(wanted)) {
            int length = framing_decode(at, key_size, true, wanted);
            if (length >= 0 && (size_t)length == strlen(name) && memcmp(wanted, name, (size_t)length) == 0) {
                size_t skip = min_size(key_size + 1, size);
                char *value = arena_alloc(request->arena, size - skip + 1);
                length = framing_decode(at + skip, size - skip, true, value);
                value[length < 0 ? 0 : length] = '\0';
                return value;
            }
        }
        at += size;
        at += *at == '&';
    }
    return NULL;
}

const char *http_header(const struct http_request *request, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < request->framing.n_headers; i++) {
        const struct framing_header *header = &request->framing.headers[i];
        if (header->name.length == size && strncasecmp(request->head + header->name.at, name, size) == 0)
            return request->head + header->value.at;
    }
    return NULL;
}

const char *http_cookie(const struct http_request *request, const char *name)
{
    const char *at = request_known(request, KNOWN_COOKIE);
    size_t name_size = strlen(name);
    while (at != NULL && *at != '\0') {
        at += strspn(at, "; \t");
        size_t size = strcspn(at, ";");
        if (size > name_size && at[name_size] == '=' && memcmp(at, name, name_size) == 0) {
            const char *value = at + name_size + 1;
            size_t length = size - name_size - 1;
            while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
                length--;
            if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
                value++;
                length -= 2;
            }
            return arena_strndup(request->arena, value, length);
        }
        at += size;
    }
    return NULL;
}

// --- behind a proxy ------------------------------------------------------------------------------------------------
// Where the element of a list begins that ends at `end`. From the right, so that a client, whose words stand on the left,
// can't reach into what the proxies wrote; commas in quotes part nothing.
static size_t element_start(const char *list, size_t end)
{
    bool quoted = false;
    while (end > 0 && (quoted || list[end - 1] != ',')) {
        end--;
        if (list[end] == '"' && (end == 0 || list[end - 1] != '\\'))
            quoted = !quoted;
    }
    return end;
}

struct words {
    const char *at;
    size_t size;
};

static struct words trimmed(const char *at, size_t size)
{
    for (; size > 0 && strchr(" \t\"", at[0]) != NULL; size--)
        at++;
    while (size > 0 && strchr(" \t\"", at[size - 1]) != NULL)
        size--;
    return (struct words){at, size};
}

// What an element of Forwarded says of `name` (RFC 7239): one of its pairs. Nothing: size 0.
static struct words pair_named(const char *name, const char *element, size_t size)
{
    size_t name_size = strlen(name);
    for (size_t at = 0, end; at < size; at = end + 1) {
        bool quoted = false;
        for (end = at; end < size && (quoted || element[end] != ';'); end++) {
            if (element[end] == '"')
                quoted = !quoted;
            else if (quoted && element[end] == '\\' && end + 1 < size)
                end++;
        }
        struct words pair = trimmed(element + at, end - at);
        if (pair.size > name_size && pair.at[name_size] == '=' && strncasecmp(pair.at, name, name_size) == 0)
            return trimmed(pair.at + name_size + 1, pair.size - name_size - 1);
    }
    return (struct words){"", 0};
}

// All fields of the name as one list: a proxy may add a field of its own behind one that the client made up.
static const char *joined(const struct http_request *request, const char *name)
{
    const char *list = NULL;
    for (size_t i = 0; i < request->framing.n_headers; i++) {
        const struct framing_header *header = &request->framing.headers[i];
        const char *value = request->head + header->value.at;
        if (strcasecmp(request->head + header->name.at, name) == 0)
            list = list == NULL ? value : arena_printf(request->arena, "%s,%s", list, value);
    }
    return list;
}

// An address with or without brackets and port; false for what is none ("unknown", "_hidden").
static bool read_address(struct words *words, unsigned char bytes[16])
{
    size_t skip = words->size > 0 && words->at[0] == '[', end = skip;
    while (end < words->size && words->at[end] != ']')
        end++;
    words->at += skip;
    words->size = end - skip;
    const char *colon = memchr(words->at, ':', words->size);
    if (colon != NULL && memchr(words->at, '.', (size_t)(colon - words->at)) != NULL)
        words->size = (size_t)(colon - words->at); // IPv4 with a port
    return limits_parse_address(words->at, words->size, bytes);
}

// Walks the list from its right end: the last address that is not a trusted proxy is the client's.
const char *http_client_address(const struct http_request *request)
{
    const struct http_server *server = request->connection->server;
    const char *found = request->connection->peer;
    if (!request->connection->trusted_peer)
        return found;
    bool forwarded = server->settings.proxies_send_forwarded;
    const char *list = joined(request, forwarded ? "Forwarded" : "X-Forwarded-For");
    for (size_t end = list != NULL ? strlen(list) : 0; end > 0;) {
        size_t at = element_start(list, end);
        struct words words =
            forwarded ? pair_named("for", list + at, end - at) : trimmed(list + at, end - at);
        unsigned char bytes[16];
        if (!read_address(&words, bytes))
            break;
        found = arena_strndup(request->arena, words.at, words.size);
        if (!limits_is_proxy(server, bytes))
            break;
        end = at > 0 ? at - 1 : 0;
    }
    return found;
}

// Here the nearest proxy's word counts: the last of the list.
bool http_is_secure(const struct http_request *request)
{
    if (request->connection->tls)
        return true;
    if (!request->connection->trusted_peer)
        return false;
    bool forwarded = request->connection->server->settings.proxies_send_forwarded;
    const char *list = joined(request, forwarded ? "Forwarded" : "X-Forwarded-Proto");
    if (list == NULL)
        return false;
    size_t end = strlen(list), at = element_start(list, end);
    struct words proto = forwarded ? pair_named("proto", list + at, end - at) : trimmed(list + at, end - at);
    return framing_equal(proto.at, proto.size, "https");
}

// --- the body as JSON ----------------------------------------------------------------------------------------------
enum { JSON_DEPTH_MAX = 64 };

static bool too_deep(const char *text, size_t size)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

const char *http_body(const struct http_request *request, size_t *ret_size)
{
    *ret_size = request->body_size;
    return request->body != NULL ? request->body : "";
}

const json_t *http_body_parsed(const struct http_request *request)
{
    return request->json;
}

void http_keep(struct http_request *request, void *kept)
{
    request->kept = kept;
}

void *http_kept(const struct http_request *request)
{
    return request->kept;
}

// NULL: it is none, and `error` says why.
static json_t *read_object(const char *text, size_t size, json_error_t *error)
{
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, error);
    if (json == NULL || json_is_object(json))
        return json;
    json_decref(json);
    error->text[0] = '\0';
    return NULL;
}

json_t *http_body_json_of(struct http_request *request, const char *text, size_t size)
{
    if (request->json != NULL)
        return request->json;
    json_error_t error;
    size_t body_size;
    const char *body = http_body(request, &body_size), *type = request_known(request, KNOWN_CONTENT_TYPE);
    if (body_size == 0) {
        http_problem_at(request, 400, "", "The body must be a JSON object.");
        return NULL;
    }
    if (type == NULL || !media_type_is(type, "application/json")) {
        http_reply_header(request, "Accept", "application/json");
        http_problem(request, 415, "The body must be application/json.");
        return NULL;
    }
    if (text != body && !too_deep(text, size))
        request->json = read_object(text, size, &error);
    if (request->json != NULL)
        return request->json;
    if (too_deep(body, body_size)) {
        http_problem_at(request, 400, "", "The body is nested deeper than %d levels.", JSON_DEPTH_MAX);
        return NULL;
    }
    request->json = read_object(body, body_size, &error);
    if (request->json == NULL && error.text[0] != '\0')
        http_problem_at(request, 400, "", "The body is not valid JSON: %s (line %d, column %d).", error.text,
            error.line, error.column);
    else if (request->json == NULL)
        http_problem_at(request, 400, "", "The body must be a JSON object.");
    return request->json;
}

json_t *http_body_json(struct http_request *request)
{
    size_t size;
    const char *body = http_body(request, &size);
    return http_body_json_of(request, body, size);
}
