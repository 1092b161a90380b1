#include "coordinator/http/fixture_test.h"

#include <sys/stat.h>

#define HOST "Host: x\r\n"

static char folder[64];

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_folder(void **state UNUSED)
{
    char path[128];
    snprintf(folder, sizeof(folder), "/tmp/plenum-static-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/assets", folder);
    if (mkdir(path, 0755) != 0)
        return -1;
    write_file("index.html", "<!doctype html><title>Plenum</title>");
    write_file("favicon.svg", "<svg/>");
    write_file("assets/app-1a2b.js", "'a plain script, which is longer than its packed forms'");
    write_file("assets/app-1a2b.js.br", "(brotli)");
    write_file("assets/app-1a2b.js.gz", "(gzip)");
    write_file("assets/only.css", "body{}");
    write_file(".secret", "not for the public");
    return 0;
}

static int remove_folder(void **state UNUSED)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void reply_alive(struct http_request *request)
{
    http_reply(request, 200, "text/plain", "alive\n", 6);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/livez", reply_alive, HTTP_CLASS_READ, 0, 0, 0, 0},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};

struct site {
    struct fixture fixture;
    struct http_static *files;
};

static int start(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    struct err err;
    if (http_static_load(folder, &site->files, &err) != 0)
        return -1;
    fixture_start(&site->fixture, (struct http_settings){.tables = tables, .files = site->files});
    *state = site;
    return 0;
}

static int stop(void **state)
{
    struct site *site = *state;
    fixture_stop(&site->fixture);
    http_static_free(site->files);
    free(site);
    return 0;
}

static int get(void **state, const char *path, const char *fields, struct reply *reply)
{
    char request[1024];
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "%s\r\n", path, fields);
    return ask(((struct site *)*state)->fixture.port, request, reply);
}

static void pages_are_found(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *type, *cache;
    } cases[] = {
        {"/", 200, "text/html; charset=utf-8", "no-cache"},
        {"/index.html", 200, "text/html; charset=utf-8", "no-cache"},
        {"/projects/abc/annotate", 200, "text/html; charset=utf-8", "no-cache"},
        {"/projects/abc?x=1.5", 200, "text/html; charset=utf-8", "no-cache"},
        {"/favicon.svg", 200, "image/svg+xml", "no-cache"},
        {"/assets/app-1a2b.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
        {"/assets/only.css", 200, "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
        {"/assets/gone-1a2b.js", 404, "application/problem+json", "no-store"},
        {"/assets/gone", 404, "application/problem+json", "no-store"},
        {"/robots.txt", 404, "application/problem+json", "no-store"},
        {"/.secret", 404, "application/problem+json", "no-store"},
        {"/assets/app-1a2b.js.br", 404, "application/problem+json", "no-store"},
        {"/api", 404, "application/problem+json", "no-store"},
        {"/api/v1/nothing", 404, "application/problem+json", "no-store"},
        {"/audit/nothing", 404, "application/problem+json", "no-store"},
        {"/v1/nothing", 404, "application/problem+json", "no-store"},
        {"/v2", 404, "application/problem+json", "no-store"},
        {"/metrics/x", 404, "application/problem+json", "no-store"},
        {"/apiary", 200, "text/html; charset=utf-8", "no-cache"},
        {"//evil.example/x", 404, "application/problem+json", "no-store"},
        {"/livez", 200, "text/plain", "no-store"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct reply reply;
        assert_int_equal(get(state, cases[i].path, "", &reply), cases[i].status);
        assert_string_equal(field_of(reply.head, "Content-Type"), cases[i].type);
        assert_string_equal(field_of(reply.head, "Cache-Control"), cases[i].cache);
        assert_non_null(field_of(reply.head, "Content-Security-Policy"));
        reply_release(&reply);
    }
}

static void codings_are_negotiated(void **state)
{
    static const struct {
        const char *fields, *coding; // NULL: as it is
    } cases[] = {
        {"", NULL},
        {"Accept-Encoding: gzip, deflate, br, zstd\r\n", "br"},
        {"Accept-Encoding: gzip\r\n", "gzip"},
        {"Accept-Encoding: GZIP\r\n", "gzip"},
        {"Accept-Encoding: br;q=0.5, gzip;q=0.9\r\n", "gzip"},
        {"Accept-Encoding: br;q=0, gzip;q=0\r\n", NULL},
        {"Accept-Encoding: br ; q=0.001\r\n", "br"},
        {"Accept-Encoding: *\r\n", "br"},
        {"Accept-Encoding: *;q=0, identity\r\n", NULL},
        {"Accept-Encoding: identity;q=0, compress\r\n", NULL},
        {"Accept-Encoding: brotli\r\n", NULL},
        {"Accept-Encoding: \r\n", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct reply reply;
        assert_int_equal(get(state, "/assets/app-1a2b.js", cases[i].fields, &reply), 200);
        const char *coding = field_of(reply.head, "Content-Encoding");
        if (cases[i].coding == NULL) {
            assert_null(coding);
            assert_int_equal(reply.body[0], '\'');
        } else {
            assert_non_null(coding);
            assert_string_equal(coding, cases[i].coding);
            assert_int_equal(reply.body[0], '(');
        }
        assert_string_equal(field_of(reply.head, "Vary"), "Accept-Encoding");
        reply_release(&reply);
    }
}

static void tags_save_the_body(void **state)
{
    struct reply reply;
    char plain[64], packed[64], fields[256];
    get(state, "/assets/app-1a2b.js", "", &reply);
    snprintf(plain, sizeof(plain), "%s", field_of(reply.head, "ETag"));
    reply_release(&reply);
    get(state, "/assets/app-1a2b.js", "Accept-Encoding: br\r\n", &reply);
    snprintf(packed, sizeof(packed), "%s", field_of(reply.head, "ETag"));
    reply_release(&reply);
    assert_int_equal(plain[0], '"'); // strong
    assert_string_not_equal(plain, packed);
    const struct {
        const char *tag;
        int status;
    } cases[] = {{plain, 304}, {packed, 200}, {"*", 304}, {"\"other\"", 200}, {"W/\"x\", ", 200}};
    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        snprintf(fields, sizeof(fields), "If-None-Match: %s%s\r\n", i % 2 == 0 ? "" : "\"a\", W/",
            cases[i / 2].tag);
        if (i % 2 == 1 && cases[i / 2].tag[0] != '"')
            continue;
        assert_int_equal(get(state, "/assets/app-1a2b.js", fields, &reply), cases[i / 2].status);
        if (reply.status == 304) {
            assert_string_equal(field_of(reply.head, "ETag"), plain);
            assert_string_equal(field_of(reply.head, "Cache-Control"), "public, max-age=31536000, immutable");
            assert_null(field_of(reply.head, "Content-Type"));
        }
        reply_release(&reply);
    }
}

static void only_reading_is_allowed(void **state)
{
    struct reply reply;
    int port = ((struct site *)*state)->fixture.port;
    assert_int_equal(ask(port, "HEAD / HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    assert_string_equal(field_of(reply.head, "Content-Length"), "36");
    reply_release(&reply);
    assert_int_equal(ask(port, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", &reply), 405);
    assert_string_equal(field_of(reply.head, "Allow"), "GET, HEAD, OPTIONS");
    reply_release(&reply);
    assert_int_equal(ask(port, "DELETE /assets/only.css HTTP/1.1\r\n" HOST "\r\n", &reply), 405);
    reply_release(&reply);
    assert_int_equal(ask_status(port, "OPTIONS /assets/only.css HTTP/1.1\r\n" HOST "\r\n"), 204);
    assert_int_equal(
        ask_status(port, "POST /api/v1/nothing HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), 404);
}

static void a_missing_folder_is_an_error(void **state UNUSED)
{
    struct http_static *files = NULL;
    struct err err;
    assert_int_equal(http_static_load("/nonexistent", &files, &err), ERR_IO);
    assert_null(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_are_found, start, stop),
        cmocka_unit_test_setup_teardown(codings_are_negotiated, start, stop),
        cmocka_unit_test_setup_teardown(tags_save_the_body, start, stop),
        cmocka_unit_test_setup_teardown(only_reading_is_allowed, start, stop),
        cmocka_unit_test(a_missing_folder_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
