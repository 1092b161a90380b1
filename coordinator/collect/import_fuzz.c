// Imports: a byte chooses the format, the next the kind of task and how much comes at once; then a line with the query of
// the request (?map= of CSV, ?pool=), then the file. What the sink takes goes as far as the batch that would be written.
#include "base/fuzz_test.h"

// The sink's parts are this file's own; only what reads the request and the database is left out.
#include "coordinator/collect/import.c" // NOLINT(bugprone-suspicious-include)

#include "coordinator/http/internal.h"

enum { LINE_NUMBER_MAX = 1 << 24 };

static void feed(struct import *import, struct fuzz *fuzz, size_t pace)
{
    while (fuzz->left > 0) {
        size_t piece = min_size(pace, fuzz->left);
        char *copy = fuzz_copy(fuzz->at, piece);
        if (import->format->bytes != NULL)
            import->format->bytes(import->state, import, copy, piece);
        else
            feed_lines(import, copy, piece);
        free(copy);
        fuzz->at += piece;
        fuzz->left -= piece;
        while (import->n_queue > 0)
            import_batch_free(import->queue[--import->n_queue]);
    }
    if (import->format->bytes == NULL && (import->line.length > 0 || import->line.overflow))
        end_line(import);
    if (import->format->end != NULL)
        import->format->end(import->state, import);
}

static void check(const struct import *import)
{
    size_t i;
    json_t *one;
    assert(json_array_size(import->rejected) <= IMPORT_REJECTED_MAX);
    assert((int64_t)json_array_size(import->rejected) <= import->n_rejected);
    json_array_foreach(import->rejected, i, one)
    {
        json_int_t line = json_integer_value(json_object_get(one, "line"));
        assert(line >= 1 && line < LINE_NUMBER_MAX);
        assert(json_is_string(json_object_get(one, "pointer")));
        assert(json_string_length(json_object_get(one, "detail")) > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    const struct import_format *format = import_formats[fuzz_byte(&fuzz) % 4];
    uint8_t how = fuzz_byte(&fuzz);
    struct http_request request = {.arena = arena_new(ARENA_MAX)};
    char *query = fuzz_line(&fuzz);
    request.query = query;
    struct import *import = calloc(1, sizeof(*import));
    struct err err;
    if (import == NULL)
        abort();
    *import = (struct import){.request = &request, .format = format, .rejected = json_array()};
    import->owner = (struct import_owner){.shard_key = 1,
        .source = "import:fuzz",
        .min_responses = (how & 1) != 0 ? 1 : 2,
        .told = told,
        .rejected = reject,
        .arg = import};
    buf_init(&import->line, IMPORT_LINE_MAX_BYTES);
    if (format->open == NULL || format->open(import, &import->state, &err) == 0)
        feed(import, &fuzz, 1 + how / 2 * (size_t)8);
    check(import);
    import_release(import);
    free(import);
    arena_free(request.arena);
    free(query);
    return 0;
}
