// Targets against routes of every kind: a byte chooses the method, the rest is the target. What is found must match by a
// plainer reading; what is not found has a reason.
#include "base/fuzz_test.h"
#include "coordinator/http/internal.h"

#include <stdio.h>

static void no_handler(struct http_request *request UNUSED)
{
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_GET, .pattern = "/a", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_POST, .pattern = "/a", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_GET, .pattern = "/a/{b}", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_GET, .pattern = "/a/new", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_DELETE, .pattern = "/{a}/{b}", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_PUT, .pattern = "/{a}/b/{c}/d", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_GET, .pattern = "/f/{rest*}", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_PATCH, .pattern = "/f/{x}/g/{rest*}", .handle = no_handler, .class = HTTP_CLASS_READ},
    {.method = HTTP_GET,
        .pattern = "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/{p}",
        .handle = no_handler,
        .class = HTTP_CLASS_READ},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};

// The pattern's own words stand in the path, and each parameter is the decoded rest of its place.
static void check(const struct http_request *request)
{
    const char *pattern = request->entry->route->pattern, *path = request->path;
    for (size_t n = 0; *pattern == '/' && pattern[1] != '\0';) {
        size_t size = strcspn(++pattern, "/"), length = strcspn(++path, "/");
        assert(path[-1] == '/');
        if (pattern[0] != '{') {
            assert(length == size && memcmp(path, pattern, size) == 0);
        } else {
            char decoded[FRAMING_LINE_MAX];
            if (pattern[size - 2] == '*')
                length = strlen(path);
            int wanted = framing_decode(path, length, false, decoded);
            const char *got = request->params[n++];
            assert(length > 0 && wanted >= 0 && got != NULL);
            assert(strlen(got) == (size_t)wanted && memcmp(got, decoded, (size_t)wanted) == 0);
            assert(framing_is_utf8(got, strlen(got)));
        }
        pattern += size;
        path += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    static struct router router;
    struct fuzz fuzz = {data, size};
    if (router.entries == NULL)
        router_build(&router, tables);
    struct http_request *request = calloc(1, sizeof(*request));
    if (request == NULL)
        abort();
    request->arena = arena_new(ARENA_MAX);
    const char *method = methods[fuzz_byte(&fuzz) % ARRAY_SIZE(methods)];
    char *target = fuzz_text(&fuzz, fuzz.left);
    char *head = arena_printf(request->arena, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, target);
    framing_head_init(&request->framing);
    if (framing_head_feed(&request->framing, head, strlen(head)) == FRAMING_DONE) {
        head[request->framing.path.at + request->framing.path.length] = '\0';
        request->path = head + request->framing.path.at;
        router_find(&router, request);
        if (request->entry != NULL)
            check(request);
        else
            assert(request->refusal_detail != NULL && (request->refusal == 404) == (request->allow == NULL));
    }
    free(target);
    arena_free(request->arena);
    free(request);
    return 0;
}
