// PostgreSQL for one loop thread: pipelined, non-blocking libpq connections, one for reads, two for single writes, one
// for batches. Belongs to its thread. A statement is a compiled-in file of db/queries, prepared on first use of a connection.
//
// Every accepted call ends in exactly one callback, on the loop, never before the call itself has returned. When a
// connection is lost, reads are retried once on the next one; a write whose fate is unknown is retried only when it
// was sent with DB_RETRY_SAFE (idempotent by key), else it ends in DB_UNKNOWN. Bounded: past the queue's limit a call
// ends in DB_BUSY (the handler answers 503).
#ifndef COORDINATOR_DB_DB_H
#define COORDINATOR_DB_DB_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/id.h"

#include "queries.h"

struct db;
struct event_base;

enum db_status {
    DB_OK,
    DB_CONFLICT, // unique or exclusion violation, or serialization failure that did not go away
    DB_REJECTED, // another constraint or a raised exception: the statement's own "no"
    DB_BUSY,     // queue full or no connection within the deadline
    DB_UNKNOWN,  // the connection went away; it may have committed
    DB_FAILED,   // anything else: a bug or a broken server; logged
};

struct db_result {
    enum db_status status;
    char sqlstate[6];
    const char *constraint; // name of the violated constraint, or ""
    const char *message;    // the server's primary message, for logs only
    int n_rows;
    const void *rows; // PGresult; read it through db_value and its kin
};

typedef void db_callback(void *arg, const struct db_result *result);

// Parameters in order. Text form, but for bytea, which goes binary. Values are copied when the query is sent.
enum { DB_PARAMS_MAX = 24 };
struct db_params {
    int n;
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX];
    int formats[DB_PARAMS_MAX];
    char scratch[DB_PARAMS_MAX][UUID_TEXT_BYTES + 3]; // numbers and uuids in text
};

void db_params_init(struct db_params *params);
// NULL: SQL null. The text must live until db_query returns.
void db_add_text(struct db_params *params, const char *text);
void db_add_number(struct db_params *params, int64_t value);
void db_add_real(struct db_params *params, double value);
void db_add_bool(struct db_params *params, bool value);
void db_add_uuid(struct db_params *params, struct uuid uuid);
void db_add_bytes(struct db_params *params, const void *data, size_t size); // bytea
void db_add_null(struct db_params *params);

enum db_kind { DB_READ, DB_WRITE };
enum { DB_RETRY_SAFE = 1 };
void db_query(struct db *db, enum db_kind kind, unsigned flags, enum query query,
    const struct db_params *params, db_callback *callback, void *arg);

// Reading a result. Columns by position. NULL is db_is_null; text of NULL is "".
bool db_is_null(const struct db_result *result, int row, int column);
const char *db_text(const struct db_result *result, int row, int column);
size_t db_length(const struct db_result *result, int row, int column);
int64_t db_number(const struct db_result *result, int row, int column);
double db_real(const struct db_result *result, int row, int column);
bool db_bool(const struct db_result *result, int row, int column);
struct uuid db_uuid(const struct db_result *result, int row, int column);
// bytea decoded into the arena.
const unsigned char *db_bytes(
    const struct db_result *result, int row, int column, struct arena *arena, size_t *ret_size);

// Natural group commit: one statement over arrays; while a batch is in flight, the next gathers. What everybody asks
// (DB_READ) gathers in the same way. The statement takes
// $1::text[] .. $n::text[] (one array a column, cast inside) and returns a row for each input row:
// first column its 1-based place ("ord"), then what it has to say. It must be idempotent by key. A batch that fails is
// split in halves until the bad row fails alone; a row without an answer gets status DB_FAILED.
struct db_batch;
struct db_batch *db_batch_new(
    struct db *db, enum db_kind kind, enum query query, int n_columns, int max_rows);
// `result` holds all rows of the batch; `row` is this one's, or -1 when status is not DB_OK.
typedef void db_row_callback(void *arg, const struct db_result *result, int row);
// `values[i]` NULL is SQL null; bytea columns in hex form "\\x...". Copied.
void db_batch_add(struct db_batch *batch, const char *const *values, db_row_callback *callback, void *arg);

// Calls `wake` on the loop when NOTIFY arrives on `channel` (a hint: poll as well).
void db_listen(struct db *db, const char *channel, void (*wake)(void *arg, const char *payload), void *arg);

struct db_settings {
    const char *conninfo; // for the application's role
    int queue_max;        // waiting queries a connection
    int statement_timeout_ms;
};
struct db *db_new(struct event_base *base, const struct db_settings *settings);
bool db_is_ready(const struct db *db); // for /readyz
// Waits for what is in flight (at most `deadline_ms`), then `done`.
void db_drain(struct db *db, int deadline_ms, void (*done)(void *arg), void *arg);
// Closes all connections and ends every call and row that is left (DB_UNKNOWN when it was sent and may have been done,
// else DB_BUSY), within this call. What is asked from then on ends in DB_BUSY. Never from within a callback of a call.
void db_close(struct db *db);
void db_free(struct db *db); // with a db_close; so free it before what those callbacks touch

// A blocking connection for pool threads (exports, dataset streams, start-up): one statement at a time, COPY allowed.
struct db_session;
int db_session_open(const char *conninfo, struct db_session **ret_session, struct err *err) MUST_CHECK;
void db_session_close(struct db_session *session);
// One that was used before where there is one, with what it had prepared: for short work that comes often. `conninfo` is always the
// same. Given back in any state; what was begun and not committed is rolled back.
int db_session_borrow(const char *conninfo, struct db_session **ret_session, struct err *err) MUST_CHECK;
void db_session_give_back(struct db_session *session); // NULL: nothing
void db_sessions_close_idle(void);
// Runs a compiled-in statement; `result` stays valid until the next call on the session. ERR_IO is what may pass (the
// server is away, or has no place or time), ERR_CONFLICT and ERR_INVALID the statement's own no, ERR_INTERNAL a bug.
int db_session_query(struct db_session *session, enum query query, const struct db_params *params,
    struct db_result *ret_result, struct err *err) MUST_CHECK;
// Row by row (single-row mode) for what does not fit in memory; `on_row` returns 0 or an error that ends the read.
int db_session_stream(struct db_session *session, enum query query, const struct db_params *params,
    int (*on_row)(void *arg, const struct db_result *result, struct err *err), void *arg,
    struct err *err) MUST_CHECK;
int db_session_begin(struct db_session *session, bool read_only_snapshot, struct err *err) MUST_CHECK;
int db_session_commit(struct db_session *session, struct err *err) MUST_CHECK;
int db_session_rollback(struct db_session *session, struct err *err) MUST_CHECK;
// The process ends: what waits for an answer on any session, on any thread, fails at once, and none is opened any more.
void db_sessions_abort(void);

#endif
