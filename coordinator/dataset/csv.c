#include "coordinator/dataset/csv.h"

#include "coordinator/api.h"

#include <stdlib.h>
#include <string.h>

enum csv_state {
    CSV_FIELD_START,
    CSV_PLAIN,
    CSV_QUOTED,
    CSV_QUOTE_SEEN, // in a quoted field: its end, or half of a doubled quote
    CSV_CR_SEEN,    // after a field: only LF may follow
    CSV_SKIPPING,   // the row was wrong: to the end of the line
};

struct csv {
    struct csv_handler handler;
    enum csv_state state;
    int64_t line, row_line; // 1-based
    int n_mark;             // bytes of the byte order mark seen; -1: past the beginning
    struct buf row;         // the fields, each with a NUL behind it
    size_t starts[CSV_COLUMNS_MAX];
    size_t n_fields;
    bool row_begun;
};

struct csv *csv_new(const struct csv_handler *handler)
{
    struct csv *csv = calloc(1, sizeof(*csv));
    if (csv == NULL)
        abort();
    csv->handler = *handler;
    csv->line = csv->row_line = 1;
    buf_init(&csv->row, CSV_ROW_MAX_BYTES);
    return csv;
}

void csv_free(struct csv *csv)
{
    if (csv == NULL)
        return;
    buf_release(&csv->row);
    free(csv);
}

static void start_row(struct csv *csv)
{
    buf_clear(&csv->row);
    csv->n_fields = 0;
    csv->row_begun = false;
    csv->row_line = csv->line;
    csv->state = CSV_FIELD_START;
}

// Says what is wrong with this row, once, and drops it.
static void fail(struct csv *csv, const char *detail)
{
    csv->handler.error(csv->handler.arg, csv->row_line, detail);
    csv->state = CSV_SKIPPING;
}

// False when the row has been dropped.
static bool start_field(struct csv *csv)
{
    if (csv->n_fields == CSV_COLUMNS_MAX) {
        fail(csv, "has more than 1000 columns");
        return false;
    }
    csv->starts[csv->n_fields++] = csv->row.length;
    csv->row_begun = true;
    return true;
}

static void add(struct csv *csv, char c)
{
    buf_add_char(&csv->row, c);
    if (csv->row.overflow)
        fail(csv, "is over 1 MiB; a quote may be missing");
}

static void end_row(struct csv *csv)
{
    const char *fields[CSV_COLUMNS_MAX];
    for (size_t i = 0; i < csv->n_fields; i++) {
        fields[i] = csv->row.data + csv->starts[i];
        if (text_characters(fields[i]) == SIZE_MAX) {
            csv->handler.error(csv->handler.arg, csv->row_line, "is not UTF-8");
            return;
        }
    }
    csv->handler.row(csv->handler.arg, csv->row_line, fields, csv->n_fields);
}

static void after_field(struct csv *csv, char c)
{
    if (c == ',') {
        add(csv, '\0');
        if (csv->state != CSV_SKIPPING && start_field(csv))
            csv->state = CSV_FIELD_START;
    } else if (c == '\r') {
        csv->state = CSV_CR_SEEN;
    } else {
        add(csv, '\0');
        if (csv->state != CSV_SKIPPING)
            end_row(csv);
        csv->state = CSV_SKIPPING; // the caller sees the line end and starts a row
    }
}

static void take(struct csv *csv, char c)
{
    bool is_end = c == ',' || c == '\r' || c == '\n';
    switch (csv->state) {
    case CSV_FIELD_START:
        if (!csv->row_begun && (c == '\n' || c == '\r')) { // an empty line
            csv->state = c == '\n' ? CSV_SKIPPING : CSV_CR_SEEN;
            return;
        }
        if (!csv->row_begun && !start_field(csv))
            return;
        if (c == '"') {
            csv->state = CSV_QUOTED;
            return;
        }
        csv->state = CSV_PLAIN;
        // fall through
    case CSV_PLAIN:
        if (is_end)
            after_field(csv, c);
        else if (c == '"')
            fail(csv, "has a quote in a field that does not begin with one");
        else
            add(csv, c);
        return;
    case CSV_QUOTED:
        if (c == '"')
            csv->state = CSV_QUOTE_SEEN;
        else
            add(csv, c);
        return;
    case CSV_QUOTE_SEEN:
        if (c == '"') {
            csv->state = CSV_QUOTED;
            add(csv, c);
        } else if (is_end) {
            after_field(csv, c);
        } else {
            fail(csv, "has text behind a closing quote");
        }
        return;
    case CSV_CR_SEEN:
        if (c != '\n')
            fail(csv, "has a carriage return that ends no line");
        else if (csv->row_begun)
            after_field(csv, c);
        else
            csv->state = CSV_SKIPPING;
        return;
    case CSV_SKIPPING:
        return;
    }
}

// A byte order mark is skipped, at the very beginning only.
static bool is_mark(struct csv *csv, char c)
{
    static const unsigned char mark[3] = {0xEF, 0xBB, 0xBF};
    if (csv->n_mark < 0 || csv->n_mark == 3)
        return false;
    if ((unsigned char)c == mark[csv->n_mark]) {
        csv->n_mark++;
        return true;
    }
    int n = csv->n_mark;
    csv->n_mark = -1;
    for (int i = 0; i < n; i++)
        take(csv, (char)mark[i]);
    return false;
}

void csv_feed(struct csv *csv, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        if (is_mark(csv, c))
            continue;
        if (c == '\0' && csv->state != CSV_SKIPPING)
            fail(csv, "has a NUL byte");
        else
            take(csv, c);
        if (c == '\n') {
            csv->line++;
            if (csv->state == CSV_SKIPPING)
                start_row(csv);
        }
    }
}

void csv_end(struct csv *csv)
{
    if (csv->state == CSV_QUOTED)
        fail(csv, "has a quote that is never closed");
    else if (csv->state != CSV_SKIPPING && csv->row_begun)
        after_field(csv, '\n');
    start_row(csv);
}

void csv_add_field(struct buf *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        buf_add_text(out, text);
        return;
    }
    buf_add_char(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            buf_add_char(out, '"');
        buf_add_char(out, *c);
    }
    buf_add_char(out, '"');
}
