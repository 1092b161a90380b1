// Tiles of the log (C2SP tlog-tiles): 256 hashes of one tile level, or 256 entries, cacheable for ever; and the partial
// ones on the right edge. /audit/tile/LEVEL/N[.p/WIDTH] and /audit/tile/entries/N[.p/WIDTH].
#include "coordinator/audit/audit.h"

#include "base/buf.h"
#include "base/merkle.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_MAX_BYTES = 65535, GROUPS_MAX = 3, LEVEL_ENTRIES = -1, LEVEL_MAX = 7 };

struct tile {
    struct http_request *request;
    int level; // or LEVEL_ENTRIES
    int64_t n;
    int width; // 1 to 256
};

static void refuse(struct http_request *request)
{
    http_reply_header(request, "Cache-Control", "no-store");
    http_problem(request, 404, "There is no such tile, or not yet.");
}

// "067" or, with more groups behind it, "x067": a canonical number has no other spelling.
static bool take_group(const char **at, bool *ret_last, int *ret_value)
{
    const char *digits = **at == 'x' ? *at + 1 : *at;
    *ret_last = **at != 'x';
    *ret_value = 0;
    for (int i = 0; i < 3; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        *ret_value = *ret_value * 10 + (digits[i] - '0');
    }
    *at = digits + 3;
    return true;
}

// "x001/x234/067" or "x001/x234/067.p/17".
static bool parse_place(const char *at, struct tile *tile)
{
    bool last = false;
    for (int groups = 0; !last; groups++) {
        int value;
        if (groups == GROUPS_MAX || !take_group(&at, &last, &value) || (groups == 0 && !last && value == 0))
            return false;
        tile->n = tile->n * 1000 + value;
        if (!last && *at++ != '/')
            return false;
    }
    tile->width = MERKLE_TILE_WIDTH;
    if (*at == '\0')
        return true;
    if (strncmp(at, ".p/", 3) != 0 || at[3] < '1' || at[3] > '9')
        return false;
    char *end = NULL;
    long width = strtol(at + 3, &end, 10);
    tile->width = (int)width;
    return *end == '\0' && width < MERKLE_TILE_WIDTH;
}

static bool parse_level(const char *text, struct tile *tile)
{
    tile->level = LEVEL_ENTRIES;
    if (strcmp(text, "entries") == 0)
        return true;
    tile->level = text[0] - '0';
    return text[0] >= '0' && text[0] <= '0' + LEVEL_MAX && text[1] == '\0';
}

static void on_rows(void *arg, const struct db_result *result)
{
    const struct tile *tile = arg;
    if (api_db_failed(tile->request, result))
        return;
    if (result->n_rows != tile->width) {
        refuse(tile->request);
        return;
    }
    struct buf out;
    buf_init(&out, (size_t)tile->width * (ENTRY_MAX_BYTES + 2));
    for (int i = 0; i < result->n_rows; i++) {
        size_t size = 0;
        if (tile->level == LEVEL_ENTRIES) {
            size = db_length(result, i, 0);
            assert(size <= ENTRY_MAX_BYTES);
            buf_add(&out, (unsigned char[]){(unsigned char)(size >> 8), (unsigned char)size}, 2);
            buf_add(&out, db_text(result, i, 0), size);
        } else {
            const unsigned char *hash = db_bytes(result, i, 0, http_arena(tile->request), &size);
            buf_add(&out, hash, size);
        }
    }
    http_reply_header(tile->request, "Cache-Control", "public, max-age=31536000, immutable");
    http_reply(tile->request, 200, "application/octet-stream", out.data, out.length);
    buf_release(&out);
}

void audit_tile(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    struct tile *tile = arena_calloc(http_arena(request), 1, sizeof(*tile));
    const char *level = http_param(request, "level");
    const char *place = strchr(http_path(request) + strlen("/audit/tile/"), '/');
    tile->request = request;
    if (!parse_level(level, tile) || place == NULL || !parse_place(place + 1, tile)) {
        refuse(request);
        return;
    }
    int64_t first = tile->n * MERKLE_TILE_WIDTH;
    struct db_params params;
    db_params_init(&params);
    if (tile->level == LEVEL_ENTRIES) {
        db_add_number(&params, first);
        db_add_number(&params, tile->width);
        db_query(loop->db, DB_READ, 0, QUERY_AUDIT_ENTRIES, &params, on_rows, tile);
        return;
    }
    char levels[16], firsts[32], counts[16];
    snprintf(levels, sizeof(levels), "{%d}", tile->level);
    snprintf(firsts, sizeof(firsts), "{%lld}", (long long)first);
    snprintf(counts, sizeof(counts), "{%d}", tile->width);
    db_add_text(&params, levels);
    db_add_text(&params, firsts);
    db_add_text(&params, counts);
    db_query(loop->db, DB_READ, 0, QUERY_AUDIT_HASHES, &params, on_rows, tile);
}
