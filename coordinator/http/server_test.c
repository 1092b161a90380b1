#include "coordinator/http/server_routes_test.h"

// --- framing, on the wire --------------------------------------------------------------------------------------------
static void send_parts(struct client *client, json_t *parts)
{
    size_t i;
    json_t *part;
    json_array_foreach(parts, i, part)
    {
        if (json_object_get(part, "reply") != NULL) { // comes before the rest is sent
            struct reply reply;
            client_receive(client, false, &reply);
            assert_int_equal(reply.status, json_integer_value(json_object_get(part, "reply")));
            reply_release(&reply);
            continue;
        }
        const json_t *text = json_is_object(part) ? json_object_get(part, "repeat") : part;
        json_int_t times = json_is_object(part) ? json_integer_value(json_object_get(part, "times")) : 1;
        const unsigned char *begin = (const unsigned char *)json_string_value(text);
        const unsigned char *end = begin + json_string_length(text);
        struct buf bytes; // the text stands for bytes: U+0000 to U+00FF
        buf_init(&bytes, 1 << 24);
        for (; times > 0; times--)
            for (const unsigned char *at = begin; at < end; at++) {
                bool two = (*at & 0xe0) == 0xc0;
                buf_add_char(&bytes, (char)(two ? (at[0] & 3) << 6 | (at[1] & 0x3f) : *at));
                at += two;
            }
        client_send(client, bytes.data, bytes.length);
        buf_release(&bytes);
    }
}

static void run_vector(int port, json_t *vector)
{
    struct client client;
    client_open(&client, port);
    const char *name = json_string_value(json_object_get(vector, "name"));
    json_t *parts = json_object_get(vector, "send"), *wanted;
    const char *first = json_string_value(json_array_get(parts, 0));
    send_parts(&client, parts);
    size_t i;
    json_array_foreach(json_object_get(vector, "replies"), i, wanted)
    {
        struct reply reply;
        client_receive(&client, i == 0 && first != NULL && strncmp(first, "HEAD", 4) == 0, &reply);
        bool any = json_is_string(wanted) && strcmp(json_string_value(wanted), "any") == 0;
        int status =
            json_is_integer(wanted) ? (int)json_integer_value(wanted) : 404; // what the handler gives
        if (!any && reply.status != status)
            fail_msg("%s: reply %zu is %d and not %d", name, i, reply.status, status);
        if (reply.status >= 400 &&
            strcmp(field_of(reply.head, "Content-Type"), "application/problem+json") != 0)
            fail_msg("%s: the refusal is not a problem", name);
        reply_release(&reply);
    }
    struct reply reply;
    if (!json_is_true(json_object_get(vector, "closed"))) { // then it must still serve
        client_say(&client, "GET /livez HTTP/1.1\r\n" HOST "\r\n");
        client_receive(&client, false, &reply);
        if (reply.status != 200)
            fail_msg("%s: the connection does not live on", name);
        reply_release(&reply);
    } else if (!client_is_closed(&client)) {
        fail_msg("%s: the connection is not closed", name);
    }
    client_close(&client);
}

static void vectors_get_their_verdicts(void **state)
{
    json_error_t error;
    json_t *vectors = json_load_file("tests/http/vectors.json", JSON_ALLOW_NUL, &error);
    if (vectors == NULL) {
        print_message("tests/http/vectors.json: %s\n", error.text);
        skip();
    }
    size_t i;
    json_t *vector;
    assert_true(json_array_size(vectors) >= 60);
    json_array_foreach(vectors, i, vector) run_vector(port_of(state), vector);
    json_decref(vectors);
}

static void answers_in_order_though_made_out_of_order(void **state)
{
    struct client client;
    client_open(&client, port_of(state));
    client_say(&client, "GET /later?ms=30 HTTP/1.1\r\n" HOST "\r\nGET /livez HTTP/1.1\r\n" HOST "\r\n"
                        "GET /later?ms=1 HTTP/1.1\r\n" HOST "\r\nGET /nothing HTTP/1.1\r\n" HOST "\r\n");
    static const char *const bodies[] = {"later\n", "alive\n", "later\n", NULL};
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        struct reply reply;
        client_receive(&client, false, &reply);
        assert_int_equal(reply.status, bodies[i] != NULL ? 200 : 404);
        if (bodies[i] != NULL)
            assert_string_equal(reply.body, bodies[i]);
        reply_release(&reply);
    }
    client_close(&client);
}

static void many_pipelined_requests_are_all_answered(void **state)
{
    struct client client;
    client_open(&client, port_of(state));
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 500; i++)
        buf_add_text(&text, "GET /livez HTTP/1.1\r\n" HOST "\r\n");
    client_send(&client, text.data, text.length);
    buf_release(&text);
    for (int i = 0; i < 500; i++) {
        struct reply reply;
        client_receive(&client, false, &reply);
        assert_int_equal(reply.status, 200);
        reply_release(&reply);
    }
    client_close(&client);
}

static void half_closed_clients_get_their_answer(void **state)
{
    struct client client;
    struct reply reply;
    client_open(&client, port_of(state));
    client_say(&client, "GET /later?ms=20 HTTP/1.1\r\n" HOST "\r\nGET /livez HTTP/1.1\r\n" HOST "\r\n");
    shutdown(client.fd, SHUT_WR);
    client_receive(&client, false, &reply);
    assert_string_equal(reply.body, "later\n");
    reply_release(&reply);
    client_receive(&client, false, &reply);
    assert_string_equal(reply.body, "alive\n");
    reply_release(&reply);
    assert_true(client_is_closed(&client));
    client_close(&client);
}

// --- routes and fields -----------------------------------------------------------------------------------------------
static void paths_find_their_routes(void **state)
{
    struct reply reply;
    int port = port_of(state);
    ask(port,
        "GET /api/v1/x/a%2Fb/y/%C3%A9?p=1&q=a+b%26c&q=d HTTP/1.1\r\n" HOST
        "Cookie: a=b; sid=\"1 2\"; c=d\r\n\r\n",
        &reply);
    assert_int_equal(reply.status, 200);
    json_t *body = json_loads(reply.body, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(body, "a")), "a/b");
    assert_string_equal(json_string_value(json_object_get(body, "b")), "\xc3\xa9");
    assert_string_equal(json_string_value(json_object_get(body, "q")), "a b&c");
    assert_string_equal(json_string_value(json_object_get(body, "cookie")), "1 2");
    json_decref(body);
    reply_release(&reply);
    assert_int_equal(ask(port, "GET /api/v1/x/fixed/y/1 HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    assert_string_equal(reply.body, "alive\n"); // a literal wins over a parameter
    reply_release(&reply);
    assert_int_equal(ask(port, "GET /audit/tile/0/x001/234.p/5 HTTP/1.1\r\n" HOST "\r\n", &reply), 204);
    assert_string_equal(field_of(reply.head, "X-Rest"), "0/x001/234.p/5");
    assert_null(field_of(reply.head, "Content-Length"));
    reply_release(&reply);
    assert_int_equal(ask_status(port, "GET /api/v1/x//y/1 HTTP/1.1\r\n" HOST "\r\n"), 404);
    assert_int_equal(ask_status(port, "GET /livez/ HTTP/1.1\r\n" HOST "\r\n"), 404);
    assert_int_equal(
        ask_status(port, "GET /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s HTTP/1.1\r\n" HOST "\r\n"), 404);
    assert_int_equal(ask(port, "PATCH /livez HTTP/1.1\r\n" HOST "\r\n", &reply), 405);
    assert_string_equal(field_of(reply.head, "Allow"), "GET, HEAD, OPTIONS");
    reply_release(&reply);
}

static void every_reply_carries_the_security_fields(void **state)
{
    static const char *const requests[] = {
        "GET /livez HTTP/1.1\r\n" HOST "\r\n",
        "HEAD /livez HTTP/1.1\r\n" HOST "\r\n",
        "GET /nothing HTTP/1.1\r\n" HOST "\r\n",
        "GET /livez HTTP/1.1\r\n\r\n",
        "POST /livez HTTP/1.1\r\n" HOST "\r\n",
        "OPTIONS /livez HTTP/1.1\r\n" HOST "\r\n",
        "GET /download?size=5 HTTP/1.1\r\n" HOST "\r\n",
        "GET /file HTTP/1.1\r\n" HOST "\r\n",
        "BREW / HTTP/1.1\r\n" HOST "\r\n",
    };
    static const char *const fields[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=()"},
        {"Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        struct reply reply;
        assert_true(ask(port_of(state), requests[i], &reply) >= 200);
        for (size_t f = 0; f < ARRAY_SIZE(fields); f++) {
            assert_non_null(field_of(reply.head, fields[f][0]));
            assert_non_null(strstr(field_of(reply.head, fields[f][0]), fields[f][1]));
        }
        bool cacheable = reply.status == 200 && i < 2;
        const char *cache = field_of(reply.head, "Cache-Control");
        assert_true(cacheable ? cache == NULL : strcmp(cache, "no-store") == 0);
        reply_release(&reply);
    }
}

static void json_bodies_are_read_strictly(void **state)
{
    static const struct {
        const char *type, *body;
        int status;
    } cases[] = {
        {"application/json", "{\"a\":1}", 200},
        {"application/json; charset=utf-8", "{\"a\":[]}", 200},
        {"APPLICATION/JSON", "{}", 200},
        {"text/plain", "{\"a\":1}", 415},
        {"application/jsonx", "{\"a\":1}", 415},
        {"application/json", "", 400},
        {"application/json", "[1]", 400},
        {"application/json", "1", 400},
        {"application/json", "{\"a\":1,\"a\":2}", 400},
        {"application/json", "{\"a\":1} x", 400},
        {"application/json", "{\"a\":\"\xff\"}", 400},
        {"application/json", "{\"a\":\"\\u0000\"}", 400},
        {"application/json", "{\"a\":1e999}", 400},
        {"application/json", "{\"a\":99999999999999999999}", 400},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char request[1024];
        snprintf(request, sizeof(request),
            "POST /api/v1/echo HTTP/1.1\r\n" HOST "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
            cases[i].type, strlen(cases[i].body), cases[i].body);
        assert_int_equal(ask_status(port_of(state), request), cases[i].status);
    }
    for (int depth = 64; depth <= 65; depth++) {
        char text[256], request[512];
        int n = snprintf(text, sizeof(text), "{\"a\":");
        for (int i = 1; i < depth; i++)
            text[n++] = '[';
        for (int i = 1; i < depth; i++)
            text[n++] = ']';
        text[n++] = '}';
        snprintf(request, sizeof(request),
            "POST /api/v1/echo HTTP/1.1\r\n" HOST
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%.*s",
            n, n, text);
        assert_int_equal(ask_status(port_of(state), request), depth <= 64 ? 200 : 400);
    }
}

static void bodies_have_the_limit_of_their_route(void **state)
{
    char *body = calloc(1, 300001);
    memset(body, ' ', 300000);
    memcpy(body, "{}", 2);
    static const struct {
        const char *path;
        int size, status;
    } cases[] = {{"/api/v1/echo", 1024, 200}, {"/api/v1/echo", 1025, 413}, {"/api/v1/join", 262144, 404},
        {"/api/v1/join", 262145, 413}, {"/score", 300000, 200}};
    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        struct client client;
        struct reply reply;
        char head[256];
        int size = cases[i / 2].size;
        const char *type = "Content-Type: application/json\r\n";
        if (i % 2 == 0)
            snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\n" HOST "%sContent-Length: %d\r\n\r\n",
                cases[i / 2].path, type, size);
        else
            snprintf(head, sizeof(head),
                "POST %s HTTP/1.1\r\n" HOST "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n", cases[i / 2].path,
                type, (unsigned)size);
        client_open(&client, port_of(state));
        client_say(&client, head);
        client_send(&client, body, (size_t)size);
        if (i % 2 == 1)
            client_say(&client, "\r\n0\r\n\r\n");
        client_receive(&client, false, &reply);
        assert_int_equal(reply.status, cases[i / 2].status);
        reply_release(&reply);
        client_close(&client);
    }
    free(body);
}

static void other_sites_can_not_write(void **state)
{
    static const struct {
        const char *fields;
        int status;
    } cases[] = {
        {"Cookie: sid=1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n", 200},
        {"Cookie: sid=1\r\nSec-Fetch-Site: none\r\nContent-Type: application/json\r\n", 200},
        {"Cookie: __Host-sid=1\r\nOrigin: http://x\r\nContent-Type: application/json\r\n", 200},
        {"Cookie: __Host-sid=1\r\nOrigin: https://x\r\nContent-Type: application/json\r\n", 403},
        {"Cookie: sid=1\r\nOrigin: http://evil\r\nContent-Type: application/json\r\n", 403},
        {"Cookie: sid=1\r\nOrigin: null\r\nContent-Type: application/json\r\n", 403},
        {"Cookie: sid=1\r\nContent-Type: application/json\r\n", 403},
        {"Cookie: sid=1\r\nSec-Fetch-Site: same-site\r\nContent-Type: application/json\r\n", 403},
        {"Cookie: sid=1\r\nSec-Fetch-Site: cross-site\r\nOrigin: http://x\r\nContent-Type: application/json\r\n",
            403},
        {"Cookie: sid=1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: text/plain\r\n", 415},
        {"Cookie: sid=1\r\nSec-Fetch-Site: same-origin\r\n", 415},
        {"Cookie: sid=1\r\nSec-Fetch-Site: cross-site\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\n",
            200},
        {"Sec-Fetch-Site: cross-site\r\nContent-Type: application/json\r\n",
            403}, // logging somebody in is a write too
        {"Content-Type: application/json\r\n", 200},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char request[1024];
        snprintf(request, sizeof(request),
            "POST /api/v1/echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n%s\r\n{}", cases[i].fields);
        assert_int_equal(ask_status(port_of(state), request), cases[i].status);
    }
    assert_int_equal(
        ask_status(port_of(state), "POST /score HTTP/1.1\r\n" HOST "Content-Length: 2\r\nCookie: sid=1\r\n"
                                   "Content-Type: application/json\r\n\r\n{}"),
        200); // says itself that it needs no proof
    assert_int_equal(ask_status(port_of(state), "GET /livez HTTP/1.1\r\n" HOST "Cookie: sid=1\r\n"
                                                "Sec-Fetch-Site: cross-site\r\n\r\n"),
        200);
}

struct told {
    const char *fields, *address;
    bool secure;
};

static void assert_told(int port, const struct told *told)
{
    char request[512];
    struct reply reply;
    snprintf(request, sizeof(request), "GET /api/v1/x/1/y/2 HTTP/1.1\r\n" HOST "%s\r\n", told->fields);
    assert_int_equal(ask(port, request, &reply), 200);
    json_t *body = json_loads(reply.body, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(body, "address")), told->address);
    assert_int_equal(json_is_true(json_object_get(body, "secure")), told->secure);
    json_decref(body);
    reply_release(&reply);
}

static void proxies_tell_who_asks(void **state)
{
    static const struct told cases[] = {
        {"", "127.0.0.1", false},
        {"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n", "203.0.113.9", true},
        {"X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.1.2.3\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: 203.0.113.9:4711\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: [2001:db8::7]:4711\r\n", "2001:db8::7", false},
        {"X-Forwarded-For: spoofed, 203.0.113.9\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: nonsense\r\n", "127.0.0.1", false},
        {"X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: \"1.1.1.1,203.0.113.9\r\n", "203.0.113.9", false},
        {"X-Forwarded-Proto: https, http\r\n", "127.0.0.1", false},
        {"X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n", "127.0.0.1", true},
        {"X-Forwarded-Proto: https://\r\n", "127.0.0.1", false},
        // What such a proxy passes on unread: a client made it up.
        {"Forwarded: for=1.1.1.1;proto=https\r\nX-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9", false},
        {"Forwarded: for=1.1.1.1;proto=https\r\n", "127.0.0.1", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_told(port_of(state), &cases[i]);
}

static void proxies_that_send_forwarded_tell_it_so(void **state UNUSED)
{
    static const struct told cases[] = {
        {"Forwarded: for=1.1.1.1, proto=https;for=\"[2001:db8::7]:99\"\r\n", "2001:db8::7", true},
        {"Forwarded: proto=https, for=2001:db8::8;proto=http\r\n", "2001:db8::8", false},
        {"Forwarded: FOR=203.0.113.9; Proto=HTTPS ;by=10.0.0.1\r\n", "203.0.113.9", true},
        {"Forwarded: for=203.0.113.9;by=10.0.0.1\r\nX-Forwarded-For: 1.1.1.1\r\n", "203.0.113.9", false},
        {"X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n", "127.0.0.1", false},
        {"Forwarded: for=unknown\r\n", "127.0.0.1", false},
        {"Forwarded: xfor=1.1.1.1;xproto=https\r\n", "127.0.0.1", false},
        // A client has a say in what stands in quotes, and may leave one open.
        {"Forwarded: for=203.0.113.9;host=\"x;proto=https,for=1.1.1.1\"\r\n", "203.0.113.9", false},
        {"Forwarded: for=203.0.113.9;host=\"\\\",for=1.1.1.1;proto=https\"\r\n", "203.0.113.9", false},
        {"Forwarded: for=\"1.1.1.1, for=203.0.113.9\r\n", "203.0.113.9", false},
    };
    struct fixture fixture;
    fixture_start(&fixture,
        (struct http_settings){
            .tables = tables, .trusted_proxies = "127.0.0.0/8, 10.0.0.0/8", .proxies_send_forwarded = true});
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_told(fixture.port, &cases[i]);
    fixture_stop(&fixture);
}

static void others_tell_nothing(void **state UNUSED)
{
    static const char fields[] = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
                                 "Forwarded: for=203.0.113.9;proto=https\r\n";
    for (int forwarded = 0; forwarded < 2; forwarded++) {
        struct fixture fixture;
        fixture_start(&fixture, (struct http_settings){.tables = tables,
                                    .trusted_proxies = "10.0.0.0/8, 127.0.0.2,::1, 127.0.0.128/25",
                                    .proxies_send_forwarded = forwarded != 0});
        assert_told(fixture.port, &(struct told){fields, "127.0.0.1", false});
        fixture_stop(&fixture);
    }
}

static void wrong_proxies_are_no_proxies(void **state UNUSED)
{
    static const char *const good[] = {
        "", " ", "10.0.0.0/8", "127.0.0.1, ::1,10.0.0.0/8 2001:db8::/32,", "::/0", "1.2.3.4/32"};
    static const char *const bad[] = {"10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/33", "::/129",
        "10.0.0.0/8x", "10.0.0.0/0000", "proxy.example", "10.0.0", "127.0.0.1;::1", "/8", "1.2.3.4/8/8"};
    struct err err;
    assert_int_equal(http_check_proxies(NULL, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_int_equal(http_check_proxies(good[i], &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(http_check_proxies(bad[i], &err), ERR_INVALID);
}

// --- bodies that stream ------------------------------------------------------------------------------------------------
static char *numbers(size_t *ret_size)
{
    struct buf text;
    buf_init(&text, 4 << 20);
    for (int i = 0; i < 300000; i++)
        buf_printf(&text, "%d\n", i * 7);
    *ret_size = text.length;
    return buf_detach(&text);
}

static int upload(int port, const char *path, const char *coding, const void *data, size_t size, bool chunked,
    uint64_t *ret_size, uint64_t *ret_sum)
{
    struct client client;
    struct reply reply;
    char text[512];
    client_open(&client, port);
    int n = snprintf(
        text, sizeof(text), "POST %s HTTP/1.1\r\n" HOST "Content-Type: application/x-ndjson\r\n", path);
    if (coding != NULL)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "Content-Encoding: %s\r\n", coding);
    if (chunked)
        snprintf(text + n, sizeof(text) - (size_t)n, "Transfer-Encoding: chunked\r\n\r\n");
    else
        snprintf(text + n, sizeof(text) - (size_t)n, "Content-Length: %zu\r\n\r\n", size);
    client_say(&client, text);
    for (size_t at = 0; at < size;) {
        size_t piece = min_size(size - at, chunked ? 7777 : size);
        if (chunked) {
            snprintf(text, sizeof(text), "%zx\r\n", piece);
            client_say(&client, text);
        }
        client_send(&client, (const char *)data + at, piece);
        if (chunked)
            client_say(&client, "\r\n");
        at += piece;
    }
    if (chunked)
        client_say(&client, "0\r\n\r\n");
    client_receive(&client, false, &reply);
    int status = reply.status;
    json_t *body = json_loads(reply.body, 0, NULL);
    if (ret_size != NULL) {
        *ret_size = (uint64_t)json_integer_value(json_object_get(body, "size"));
        *ret_sum = (uint64_t)json_integer_value(json_object_get(body, "sum"));
    }
    json_decref(body);
    reply_release(&reply);
    client_close(&client);
    return status;
}

static size_t gzip(const char *data, size_t size, unsigned char *out, size_t out_size)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)out_size;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t result = stream.total_out;
    deflateEnd(&stream);
    return result;
}

static void uploads_arrive_whole_in_every_coding(void **state)
{
    size_t size, zipped, zstd;
    char *text = numbers(&size);
    uint64_t sum = 0, got_size, got_sum;
    for (size_t i = 0; i < size; i++)
        sum += (unsigned char)text[i];
    unsigned char *gz = malloc(size), *zs = malloc(ZSTD_compressBound(size));
    zipped = gzip(text, size / 2, gz, size); // two members behind each other are one text
    zipped += gzip(text + size / 2, size - size / 2, gz + zipped, size - zipped);
    zstd = ZSTD_compress(zs, ZSTD_compressBound(size), text, size, 3);
    const struct {
        const char *coding;
        const void *data;
        size_t size;
    } cases[] = {{NULL, text, size}, {"identity", text, size}, {"gzip", gz, zipped}, {"zstd", zs, zstd}};
    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++)
        for (int slowly = 0; slowly < 2; slowly++) {
            assert_int_equal(
                upload(port_of(state), slowly ? "/upload?slowly" : "/upload", cases[i / 2].coding,
                    cases[i / 2].data, cases[i / 2].size, i % 2 == 1, &got_size, &got_sum),
                200);
            assert_int_equal(got_size, size);
            assert_int_equal(got_sum, sum);
        }
    assert_int_equal(
        upload(port_of(state), "/upload", "gzip", gz, zipped - 5, false, &got_size, &got_sum), 400);
    assert_int_equal(upload(port_of(state), "/upload", "zstd", zs, zstd - 5, true, &got_size, &got_sum), 400);
    assert_int_equal(upload(port_of(state), "/upload", "zstd", text, 1000, false, &got_size, &got_sum), 400);
    assert_int_equal(upload(port_of(state), "/upload", "br", text, 1000, false, &got_size, &got_sum), 415);
    assert_int_equal(
        upload(port_of(state), "/api/v1/echo", "gzip", gz, 100, false, &got_size, &got_sum), 415);
    assert_int_equal(upload(port_of(state), "/upload", NULL, "", 0, false, &got_size, &got_sum), 200);
    assert_int_equal(got_size, 0);
    free(gz);
    free(zs);
    free(text);
}

static void bombs_stop_at_the_limit(void **state)
{
    size_t size = 64 << 20;
    char *zeros = calloc(1, size);
    size_t bound = ZSTD_compressBound(size);
    unsigned char *packed = malloc(bound);
    uint64_t got_size, got_sum;
    size_t zstd = ZSTD_compress(packed, bound, zeros, size, 3);
    assert_true(zstd < 10000);
    assert_int_equal(
        upload(port_of(state), "/upload", "zstd", packed, zstd, false, &got_size, &got_sum), 413);
    size_t zipped = gzip(zeros, size, packed, bound);
    assert_int_equal(
        upload(port_of(state), "/upload", "gzip", packed, zipped, false, &got_size, &got_sum), 413);
    ZSTD_CCtx *context = ZSTD_createCCtx(); // a window of 128 MiB is refused before it is made
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    ZSTD_inBuffer in = {.src = zeros, .size = 1000};
    ZSTD_outBuffer out = {.dst = packed, .size = bound};
    assert_false(ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush)));
    assert_int_equal(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
    ZSTD_freeCCtx(context);
    assert_int_equal(
        upload(port_of(state), "/upload", "zstd", packed, out.pos, false, &got_size, &got_sum), 400);
    free(packed);
    free(zeros);
}

static void early_answers_are_read_though_the_body_goes_on(void **state)
{
    size_t size = 3 << 20;
    char *body = calloc(1, size);
    uint64_t got_size, got_sum;
    for (int i = 0; i < 20; i++)
        assert_int_equal(
            upload(port_of(state), "/refuse", NULL, body, size, i % 2 == 0, &got_size, &got_sum), 401);
    free(body);
    struct reply reply;
    struct client client;
    client_open(&client, port_of(state));
    client_say(
        &client, "POST /refuse HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
    client_receive(&client, false, &reply);
    assert_int_equal(reply.status, 401); // and no 100 before it
    assert_string_equal(field_of(reply.head, "Connection"), "close");
    reply_release(&reply);
    client_close(&client);
}

static void cut_uploads_end_once(void **state)
{
    struct client client;
    client_open(&client, port_of(state));
    client_say(&client, "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nabc");
    usleep(20000);
    client_close(&client);
    wait_for(&ends_seen, 1);
    client_open(&client, port_of(state));
    client_say(&client, "POST /upload HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd");
    struct reply reply;
    client_receive(&client, false, &reply);
    assert_int_equal(reply.status, 400);
    assert_true(client_is_closed(&client));
    reply_release(&reply);
    client_close(&client);
    wait_for(&ends_seen, 2);
}

// --- replies that stream -----------------------------------------------------------------------------------------------
static void streams_and_files_arrive_whole(void **state)
{
    struct reply reply;
    assert_int_equal(
        ask(port_of(state), "GET /download?size=20000000 HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    assert_int_equal(reply.size, 20000000);
    reply_release(&reply);
    assert_int_equal(ask(port_of(state), "GET /download?size=300000 HTTP/1.0\r\n\r\n", &reply), 200);
    assert_int_equal(reply.size, 300000);
    assert_null(field_of(reply.head, "Transfer-Encoding"));
    reply_release(&reply);
    assert_int_equal(ask(port_of(state), "GET /file HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    assert_int_equal(reply.size, 1000000);
    assert_memory_equal(reply.body + 999990, "000099999\n", 10);
    reply_release(&reply);
    assert_int_equal(ask(port_of(state), "HEAD /file HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    assert_string_equal(field_of(reply.head, "Content-Length"), "1000000");
    reply_release(&reply);
    struct client client;
    client_open(&client, port_of(state)); // and the connection lives on
    for (int i = 0; i < 3; i++) {
        client_say(&client, "GET /download?size=100000 HTTP/1.1\r\n" HOST
                            "\r\nHEAD /download?size=9 HTTP/1.1\r\n" HOST "\r\n");
        client_receive(&client, false, &reply);
        assert_int_equal(reply.size, 100000);
        reply_release(&reply);
        client_receive(&client, true, &reply);
        assert_int_equal(reply.status, 200);
        reply_release(&reply);
    }
    client_close(&client);
}

static void streams_hear_that_the_client_left(void **state)
{
    struct client client;
    struct reply reply;
    client_open(&client, port_of(state));
    client_say(&client, "GET /download?size=1000000000 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(client_more(&client));
    client_close(&client);
    wait_for(&closes_seen, 1);
    client_open(&client, port_of(state));
    client_say(&client, "GET /events HTTP/1.1\r\n" HOST "\r\n");
    while (strstr(client.input.data, "data: 1\n\n") == NULL)
        assert_true(client_more(&client));
    client_close(&client);
    wait_for(&closes_seen, 2);
    assert_int_equal(ask(port_of(state), "GET /livez HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    reply_release(&reply);
}

static void requests_outlive_their_clients(void **state)
{
    for (int i = 0; i < 20; i++) {
        struct client client;
        client_open(&client, port_of(state));
        client_say(&client, "GET /later?ms=30 HTTP/1.1\r\n" HOST "\r\n");
        if (i % 2 == 0)
            usleep(2000);
        struct linger hard = {.l_onoff = 1};
        if (i % 4 < 2)
            setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        client_close(&client);
    }
    usleep(100000);
    assert_int_equal(ask_status(port_of(state), "GET /livez HTTP/1.1\r\n" HOST "\r\n"), 200);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(vectors_get_their_verdicts),
        WITH_SERVER(answers_in_order_though_made_out_of_order),
        WITH_SERVER(many_pipelined_requests_are_all_answered),
        WITH_SERVER(half_closed_clients_get_their_answer),
        WITH_SERVER(paths_find_their_routes),
        WITH_SERVER(every_reply_carries_the_security_fields),
        WITH_SERVER(json_bodies_are_read_strictly),
        WITH_SERVER(bodies_have_the_limit_of_their_route),
        WITH_SERVER(other_sites_can_not_write),
        WITH_SERVER(proxies_tell_who_asks),
        cmocka_unit_test(proxies_that_send_forwarded_tell_it_so),
        cmocka_unit_test(others_tell_nothing),
        cmocka_unit_test(wrong_proxies_are_no_proxies),
        WITH_SERVER(uploads_arrive_whole_in_every_coding),
        WITH_SERVER(bombs_stop_at_the_limit),
        WITH_SERVER(early_answers_are_read_though_the_body_goes_on),
        WITH_SERVER(cut_uploads_end_once),
        WITH_SERVER(streams_and_files_arrive_whole),
        WITH_SERVER(streams_hear_that_the_client_left),
        WITH_SERVER(requests_outlive_their_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
