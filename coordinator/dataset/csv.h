// CSV as RFC 4180 has it, byte by byte: quotes, commas and line ends in quotes, CRLF or LF, a byte order mark. Pure; an
// object belongs to one thread. A row that is wrong is told by the line it begins on, and the next line goes on.
// Memory is bounded by CSV_ROW_MAX_BYTES and CSV_COLUMNS_MAX.
#ifndef COORDINATOR_DATASET_CSV_H
#define COORDINATOR_DATASET_CSV_H

#include "base/base.h"
#include "base/buf.h"

enum { CSV_ROW_MAX_BYTES = 1024 * 1024, CSV_COLUMNS_MAX = 1000 };

struct csv;

struct csv_handler {
    // Fields end in NUL, are UTF-8 without NUL, and live until this returns. Empty lines are no rows.
    void (*row)(void *arg, int64_t line, const char *const *fields, size_t n_fields);
    void (*error)(void *arg, int64_t line, const char *detail);
    void *arg;
};

struct csv *csv_new(const struct csv_handler *handler);
void csv_free(struct csv *csv);
void csv_feed(struct csv *csv, const char *data, size_t size);
void csv_end(struct csv *csv); // the last row may lack its line end

// Writing: one field, quoted where it must be.
void csv_add_field(struct buf *out, const char *text);

#endif
