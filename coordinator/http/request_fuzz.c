// A byte of settings, then a head and a body, as a handler would be given them: checks before it, cookies, query, the
// proxies' fields, JSON. The connection is one whose socket has gone: replies are made and dropped.
#include "base/fuzz_test.h"
#include "coordinator/http/internal.h"

#include <stdio.h>

static void no_handler(struct http_request *request UNUSED)
{
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/a/{b}", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_POST, .pattern = "/a/{b}", .handle = no_handler, .class = HTTP_CLASS_WRITE},
    {.method = HTTP_PUT,
        .pattern = "/a/{b}",
        .handle = no_handler,
        .class = HTTP_CLASS_WRITE,
        .flags = HTTP_CROSS_SITE,
        .body_max = 1000},
    {.method = HTTP_POST,
        .pattern = "/import",
        .handle = no_handler,
        .class = HTTP_CLASS_BULK,
        .flags = HTTP_STREAM_BODY,
        .body_max = 1 << 20},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};

static struct http_server *new_server(void)
{
    struct http_server *server = calloc(1, sizeof(*server));
    struct err err;
    if (server == NULL)
        abort();
    server_complete_settings(&server->settings);
    router_build(&server->router, tables);
    buf_init(&server->scratch, 1 << 24);
    buf_init(&server->render, 1 << 24);
    if (limits_parse_proxies("127.0.0.0/8, 10.0.0.0/8, ::1", &server->proxies, &server->n_proxies, &err) < 0)
        abort();
    return server;
}

static void assert_address(const char *text)
{
    unsigned char bytes[16];
    assert(limits_parse_address(text, strlen(text), bytes));
}

static void assert_text(const char *text)
{
    assert(text == NULL || framing_is_utf8(text, strlen(text)));
}

static void ask_all(struct http_request *request, const char *body, size_t size)
{
    static const char *const names[] = {"a", "limit", "cursor", "", "sid", "__Host-sid"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *cookie = http_cookie(request, names[i]);
        assert(cookie == NULL || strchr(cookie, ';') == NULL);
        assert_text(http_query(request, names[i]));
    }
    assert_address(http_client_address(request));
    (void)http_is_secure(request);
    (void)http_header(request, "accept-encoding");
    assert_text(http_param(request, "b"));
    if (request->replied || request->refusal != 0)
        return;
    char *copy = fuzz_text(&(struct fuzz){(const uint8_t *)body, size}, size);
    request->body = copy;
    request->body_size = size;
    json_t *json = http_body_json(request);
    assert((json != NULL) == !request->replied);
    free(copy);
}

// True when the head was one.
static bool handle(struct http_server *server, const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    uint8_t flags = fuzz_byte(&fuzz);
    server->settings.proxies_send_forwarded = (flags & 1) != 0;
    server->settings.public_origin = (flags & 2) != 0 ? "https://plenum.example" : NULL;
    struct connection connection = {.server = server,
        .state = CONNECTION_GONE,
        .list = LIST_NONE,
        .processing = true,
        .trusted_peer = (flags & 4) == 0,
        .peer = "127.0.0.1"};
    struct http_request *request = connection.request = request_new(&connection);
    const char *bytes = (const char *)fuzz.at;
    bool whole = framing_head_feed(&request->framing, bytes, fuzz.left) == FRAMING_DONE;
    if (whole) {
        request_begin(request, bytes);
        ask_all(request, bytes + request->framing.size, fuzz.left - request->framing.size);
    }
    request_free(request);
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char plain[] = "\0GET /a/b HTTP/1.1\r\nHost: x\r\n\r\n";
    static struct http_server *server;
    if (server == NULL) {
        server = new_server();
        bool taken = handle(server, (const uint8_t *)plain, sizeof(plain) - 1);
        assert(taken); // or nothing would be tried
    }
    handle(server, data, size);
    return 0;
}
