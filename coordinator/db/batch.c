#include "coordinator/db/pool.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "coordinator/db/result.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMN_MAX_BYTES = 256 * 1024 * 1024, // of one column of one batch; rows are bounded by their requests
    BATCH_MAX_BYTES = 4 * 1024 * 1024,    // no row more when this is reached
    WAITING_MAX_BYTES = 64 * 1024 * 1024,
    WAIT_MS = 5000, // for a batch to take the row, then DB_BUSY
    // A written batch of few rows follows the last one at this distance: half of what a small one costs is cost of the
    // statement and of the commit, whatever its rows. After a pause, and with enough rows, nobody waits; nobody sees 12 ms.
    PACE_MS = 12,
    PACE_ROWS = 8,
};

struct row {
    struct row *next;
    db_row_callback *callback;
    void *arg;
    int64_t added_us;
    size_t bytes;
    const char *values[];
};

// Rows that go out together; the halves of a batch that failed stand at the front.
struct segment {
    struct segment *next;
    struct row *rows;
    int n;
};

struct db_batch {
    struct db *db;
    struct db_batch *next;
    enum db_kind kind;
    enum query query;
    int n_columns, max_rows, n_waiting;
    size_t waiting_bytes;
    struct row *first, **last; // waiting
    struct row *refused;       // there was no room; told on the next turn of the loop
    struct segment *todo;      // goes out before what waits
    struct segment *flight;
    int64_t sent_us; // the last one
    struct event *dispatch;
    struct buf *columns;
};

static void dispatch(struct db_batch *batch);

// --- ends of rows --------------------------------------------------------------------------------------------------
static void end_row(struct row *row, const struct db_result *result, int at)
{
    row->callback(row->arg, result, at);
    free(row);
}

static void end_rows(struct row *rows, enum db_status status, const struct db_result *why)
{
    struct db_result result;
    result_fill(&result, status, why != NULL ? why->rows : NULL);
    for (struct row *row = rows, *next; row != NULL; row = next) {
        next = row->next;
        end_row(row, &result, -1);
    }
}

static struct segment *segment_new(struct row *rows, int n, struct segment *next)
{
    struct segment *segment = malloc(sizeof(*segment));
    if (segment == NULL)
        abort();
    *segment = (struct segment){.next = next, .rows = rows, .n = n};
    return segment;
}

// One bad row fails the whole statement: look for it by halves.
static void split(struct db_batch *batch, struct segment *segment)
{
    int n_first = segment->n / 2;
    struct row *end = segment->rows;
    for (int i = 1; i < n_first; i++)
        end = end->next;
    struct row *second = end->next;
    end->next = NULL;
    batch->todo = segment_new(second, segment->n - n_first, batch->todo);
    batch->todo = segment_new(segment->rows, n_first, batch->todo);
}

static void answer(struct db_batch *batch, struct segment *segment, const struct db_result *result)
{
    int n_rows = result->n_rows, n_missing = 0;
    int *places = malloc((size_t)segment->n * sizeof(int));
    if (places == NULL)
        abort();
    for (int i = 0; i < segment->n; i++)
        places[i] = -1;
    for (int i = 0; i < n_rows; i++) {
        int64_t ord = db_number(result, i, 0);
        assert(ord >= 1 && ord <= segment->n); // the statement is wrong
        places[ord - 1] = i;
    }
    struct db_result missing;
    result_fill(&missing, DB_FAILED, NULL);
    struct row *row = segment->rows, *next;
    for (int i = 0; i < segment->n; i++, row = next) {
        next = row->next;
        n_missing += places[i] < 0;
        end_row(row, places[i] < 0 ? &missing : result, places[i]);
    }
    free(places);
    if (n_missing > 0)
        log_event(LOG_ERROR, "batch_rows_without_answer", LOG_TEXT("statement", query_names[batch->query]),
            LOG_NUMBER("rows", n_missing));
}

static void on_result(void *arg, const struct db_result *result)
{
    struct db_batch *batch = arg;
    struct segment *segment = batch->flight;
    batch->flight = NULL;
    bool whole = result->status == DB_BUSY || result->status == DB_UNKNOWN || segment->n == 1;
    if (result->status == DB_OK)
        answer(batch, segment, result);
    else if (whole || batch->db->closing)
        end_rows(segment->rows, result->status, result);
    else
        split(batch, segment);
    free(segment);
    dispatch(batch);
}

// --- the statement's arrays ----------------------------------------------------------------------------------------
static void add_element(struct buf *column, const char *value)
{
    if (value == NULL) {
        buf_add_text(column, "NULL");
        return;
    }
    buf_add_char(column, '"');
    for (size_t plain; *value != '\0'; value += plain) {
        plain = strcspn(value, "\"\\");
        buf_add(column, value, plain);
        if (value[plain] != '\0') {
            buf_add_char(column, '\\');
            buf_add(column, value + plain, 1);
            plain++;
        }
    }
    buf_add_char(column, '"');
}

static void send_segment(struct db_batch *batch, struct segment *segment)
{
    struct db_params params;
    db_params_init(&params);
    for (int i = 0; i < batch->n_columns; i++) {
        struct buf *column = &batch->columns[i];
        buf_clear(column);
        buf_add_char(column, '{');
        for (const struct row *row = segment->rows; row != NULL; row = row->next) {
            if (row != segment->rows)
                buf_add_char(column, ',');
            add_element(column, row->values[i]);
        }
        buf_add_char(column, '}');
        int rc = buf_check(column);
        assert(rc == 0);
        db_add_text(&params, column->data);
    }
    batch->flight = segment;
    batch->sent_us = clock_monotonic_us();
    unsigned flags = batch->kind == DB_WRITE ? DB_RETRY_SAFE : 0;
    pipeline_submit(batch->kind == DB_WRITE ? batch->db->batches : batch->db->reads,
        call_new(batch->kind, flags, batch->query, NULL, &params, on_result, batch));
    for (int i = 0; i < batch->n_columns; i++) {
        if (batch->columns[i].capacity > 1024 * 1024) // one great batch is no reason to keep its memory
            buf_release(&batch->columns[i]);
    }
}

static bool is_too_soon(struct db_batch *batch)
{
    int64_t rest_us = batch->sent_us + PACE_MS * 1000 - clock_monotonic_us();
    if (batch->kind != DB_WRITE || batch->n_waiting >= PACE_ROWS || rest_us <= 0)
        return false;
    event_add(batch->dispatch, &(struct timeval){.tv_usec = rest_us});
    return true;
}

// The next in line goes out when nothing is in flight: what gathered meanwhile is the next batch.
static void dispatch(struct db_batch *batch)
{
    if (batch->flight != NULL || batch->db->closing)
        return;
    struct segment *segment = batch->todo;
    if (segment != NULL) {
        batch->todo = segment->next;
    } else if (batch->first != NULL && !is_too_soon(batch)) {
        int n = 1;
        struct row *end = batch->first;
        size_t bytes = end->bytes;
        for (; n < batch->max_rows && end->next != NULL && bytes < BATCH_MAX_BYTES; n++) {
            end = end->next;
            bytes += end->bytes;
        }
        segment = segment_new(batch->first, n, NULL);
        batch->first = end->next;
        if (batch->first == NULL)
            batch->last = &batch->first;
        end->next = NULL;
        batch->n_waiting -= n;
        batch->waiting_bytes -= bytes;
    }
    if (segment != NULL)
        send_segment(batch, segment);
}

static void on_dispatch(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct db_batch *batch = arg;
    struct row *refused = batch->refused;
    batch->refused = NULL;
    end_rows(refused, DB_BUSY, NULL);
    dispatch(batch);
}

// --- what others call ----------------------------------------------------------------------------------------------
struct db_batch *db_batch_new(struct db *db, enum db_kind kind, enum query query, int n_columns, int max_rows)
{
    assert(n_columns > 0 && n_columns <= DB_PARAMS_MAX && max_rows > 0);
    struct db_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL || (batch->columns = calloc((size_t)n_columns, sizeof(struct buf))) == NULL)
        abort();
    for (int i = 0; i < n_columns; i++)
        buf_init(&batch->columns[i], COLUMN_MAX_BYTES);
    batch->db = db;
    batch->kind = kind;
    batch->query = query;
    batch->n_columns = n_columns;
    batch->max_rows = max_rows;
    batch->last = &batch->first;
    batch->dispatch = event_new(db->base, -1, 0, on_dispatch, batch);
    if (batch->dispatch == NULL)
        abort();
    batch->next = db->batch_list;
    db->batch_list = batch;
    return batch;
}

static struct row *row_new(
    const struct db_batch *batch, const char *const *values, db_row_callback *callback, void *arg)
{
    size_t n = (size_t)batch->n_columns, bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += values[i] != NULL ? strlen(values[i]) + 1 : 0;
    struct row *row = malloc(sizeof(*row) + n * sizeof(char *) + bytes);
    if (row == NULL)
        abort();
    *row = (struct row){.callback = callback, .arg = arg, .added_us = clock_monotonic_us(), .bytes = bytes};
    char *at = (char *)(row->values + n);
    for (size_t i = 0; i < n; i++) {
        size_t size = values[i] != NULL ? strlen(values[i]) + 1 : 0;
        row->values[i] = values[i] != NULL ? at : NULL;
        if (size > 0)
            memcpy(at, values[i], size);
        at += size;
    }
    return row;
}

void db_batch_add(struct db_batch *batch, const char *const *values, db_row_callback *callback, void *arg)
{
    struct row *row = row_new(batch, values, callback, arg);
    int room = batch->db->queue_max > 2 * batch->max_rows ? batch->db->queue_max : 2 * batch->max_rows;
    if (batch->n_waiting >= room || batch->waiting_bytes >= WAITING_MAX_BYTES || batch->db->closing) {
        row->next = batch->refused;
        batch->refused = row;
    } else {
        *batch->last = row;
        batch->last = &row->next;
        batch->n_waiting++;
        batch->waiting_bytes += row->bytes;
    }
    // On the loop's next turn: rows that come in the same turn share a batch.
    event_active(batch->dispatch, EV_TIMEOUT, 0);
}

void batch_tick(struct db_batch *batch)
{
    int64_t oldest_us = clock_monotonic_us() - (int64_t)WAIT_MS * 1000;
    struct row *late = NULL, **end = &late;
    while (batch->first != NULL && batch->first->added_us < oldest_us) {
        *end = batch->first;
        end = &batch->first->next;
        batch->n_waiting--;
        batch->waiting_bytes -= batch->first->bytes;
        batch->first = batch->first->next;
    }
    *end = NULL;
    if (batch->first == NULL)
        batch->last = &batch->first;
    end_rows(late, DB_BUSY, NULL);
}

bool batch_is_idle(const struct db_batch *batch)
{
    return batch->first == NULL && batch->flight == NULL && batch->todo == NULL && batch->refused == NULL;
}

struct db_batch *batch_next(const struct db_batch *batch)
{
    return batch->next;
}

void batch_close(struct db_batch *batch)
{
    assert(batch->flight == NULL); // the pipeline has been closed and has told us
    while (batch->todo != NULL) {
        struct segment *segment = batch->todo;
        batch->todo = segment->next;
        end_rows(segment->rows, DB_BUSY, NULL);
        free(segment);
    }
    struct row *waiting = batch->first;
    batch->first = NULL;
    batch->last = &batch->first;
    batch->n_waiting = 0;
    batch->waiting_bytes = 0;
    end_rows(waiting, DB_BUSY, NULL);
    while (batch->refused != NULL) {
        struct row *refused = batch->refused;
        batch->refused = NULL;
        end_rows(refused, DB_BUSY, NULL);
    }
}

void batch_free(struct db_batch *batch)
{
    for (int i = 0; i < batch->n_columns; i++)
        buf_release(&batch->columns[i]);
    event_free(batch->dispatch);
    free(batch->columns);
    free(batch);
}
