#include "ctl/lines.h"

#include "base/buf.h"
#include "base/zstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_BYTES = 64 * 1024 };
#define MAX_TOTAL_BYTES (UINT64_C(1) << 40) // a terabyte of text: no bound anybody meets, but a bound

struct lines {
    FILE *file;
    struct zstream *zstream; // NULL: plain
    struct buf text;         // what was read and not yet returned
    size_t returned;         // bytes of it that calls gave out; they are taken off before more is read
    size_t scanned;          // no line end before here
    uint64_t number;
    bool ended;
    char block[READ_BYTES];
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);
    return length >= n && strcmp(text + length - n, end) == 0;
}

struct lines *lines_open(const char *path, struct err *err)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        err_set_errno(err, "%s", path);
        return NULL;
    }
    struct lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL)
        abort();
    lines->file = file;
    if (ends_with(path, ".zst"))
        lines->zstream = zstream_decompressor(MAX_TOTAL_BYTES);
    buf_init(
        &lines->text, (size_t)LINES_MAX_BYTES + ((size_t)64 << 20)); // one block of zstd can give many bytes
    return lines;
}

void lines_close(struct lines *lines)
{
    if (lines == NULL)
        return;
    fclose(lines->file);
    zstream_free(lines->zstream);
    buf_release(&lines->text);
    free(lines);
}

static int read_more(struct lines *lines, struct err *err)
{
    size_t n = fread(lines->block, 1, sizeof(lines->block), lines->file);
    if (ferror(lines->file))
        return err_set_errno(err, "line %llu", (unsigned long long)lines->number + 1);
    lines->ended = n == 0;
    if (lines->zstream != NULL)
        return zstream_feed(lines->zstream, lines->block, n, lines->ended, &lines->text, err);
    buf_add(&lines->text, lines->block, n);
    return 0;
}

int lines_next(struct lines *lines, char **ret_line, size_t *ret_length, struct err *err)
{
    for (;;) {
        char *line = lines->text.data + lines->returned;
        char *end = memchr(lines->text.data + lines->scanned, '\n', lines->text.length - lines->scanned);
        size_t length = end != NULL ? (size_t)(end - line) : lines->text.length - lines->returned;
        if (length > LINES_MAX_BYTES)
            return err_set(err, ERR_LIMIT, "line %llu is over %d bytes",
                (unsigned long long)lines->number + 1, LINES_MAX_BYTES);
        if (end == NULL && !lines->ended) {
            buf_consume(&lines->text, lines->returned);
            lines->returned = 0;
            lines->scanned = lines->text.length;
            int failed = read_more(lines, err);
            if (failed)
                return failed;
            continue;
        }
        if (end == NULL && length == 0)
            return 0;
        lines->returned += end != NULL ? length + 1 : length;
        lines->scanned = lines->returned;
        line[length] = '\0';
        lines->number++;
        *ret_line = line;
        *ret_length = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        line[*ret_length] = '\0';
        return 1;
    }
}

uint64_t lines_number(const struct lines *lines)
{
    return lines->number;
}
