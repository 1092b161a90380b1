#include "coordinator/audit/audit.h"

#include "base/buf.h"
#include "coordinator/http/http.h"
#include "coordinator/limits.h"

void audit_array_add(struct buf *array, const char *text)
{
    buf_add_char(array, array->length == 0 ? '{' : ',');
    buf_add_text(array, text);
}

void audit_array_end(struct buf *array)
{
    buf_add_text(array, array->length == 0 ? "{}" : "}");
}

static int loop_start(struct loop *loop, struct err *err)
{
    return loop->index == 0 ? sequencer_start(loop, err) : 0;
}

static void loop_stop(struct loop *loop)
{
    if (loop->index == 0)
        sequencer_stop(loop);
}

// A tile's number is written in groups of three digits, a segment each (x001/x234/067), and its width behind.
#define TILE(pattern_)                                                                                       \
    {                                                                                                        \
        .method = HTTP_GET, .pattern = pattern_, .handle = audit_tile, .class = HTTP_CLASS_READ,             \
        .limit = LIMIT_OPEN, .flags = HTTP_CACHEABLE                                                         \
    }
static const struct http_route routes[] = {
    {.method = HTTP_GET,
        .pattern = "/audit/checkpoint",
        .handle = audit_checkpoint,
        .class = HTTP_CLASS_READ,
        .limit = LIMIT_OPEN},
    {.method = HTTP_GET,
        .pattern = "/audit/key",
        .handle = audit_key,
        .class = HTTP_CLASS_READ,
        .limit = LIMIT_OPEN},
    {.method = HTTP_GET,
        .pattern = "/audit/proof",
        .handle = audit_proof,
        .class = HTTP_CLASS_READ,
        .limit = LIMIT_OPEN},
    {.method = HTTP_GET,
        .pattern = "/audit/proof/{entry}",
        .handle = audit_proof_of,
        .class = HTTP_CLASS_READ,
        .limit = LIMIT_OPEN},
    {.method = HTTP_GET,
        .pattern = "/audit/consistency",
        .handle = audit_consistency,
        .class = HTTP_CLASS_READ,
        .limit = LIMIT_OPEN},
    TILE("/audit/tile/{level}/{n}"),
    TILE("/audit/tile/{level}/{n}/{n2}"),
    TILE("/audit/tile/{level}/{n}/{n2}/{n3}"),
    TILE("/audit/tile/{level}/{n}/{n2}/{n3}/{n4}"),
    {0},
};

const struct room audit_room = {
    .name = "audit", .routes = routes, .loop_start = loop_start, .loop_stop = loop_stop};
