#include "coordinator/db/conninfo.h"
#include "coordinator/db/db.h"
#include "coordinator/db/result.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

enum { LOCK_MS = 30000, IDLE_IN_TRANSACTION_MS = 600000, NAME_BYTES = 16, KEPT_MAX = 2 };

struct db_session {
    LIST_ENTRY(db_session) entry; // in open_sessions
    PGconn *connection;
    PGresult *result; // of the last statement
    bool *prepared;   // by query
    bool in_doubt;    // committed here, perhaps not on the replica
    bool is_idle;     // lent to nobody
    int n_queries;
};

// All of the process, so that its end need not wait for a database that does not answer.
static pthread_mutex_t sessions_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(session_list, db_session) open_sessions = LIST_HEAD_INITIALIZER(open_sessions);
static bool sessions_aborted;

void db_sessions_abort(void)
{
    struct db_session *session;
    pthread_mutex_lock(&sessions_lock);
    sessions_aborted = true;
    LIST_FOREACH(session, &open_sessions, entry)
    shutdown(PQsocket(session->connection), SHUT_RDWR);
    pthread_mutex_unlock(&sessions_lock);
}

static bool enlist(struct db_session *session)
{
    pthread_mutex_lock(&sessions_lock);
    bool welcome = !sessions_aborted;
    LIST_INSERT_HEAD(&open_sessions, session, entry);
    pthread_mutex_unlock(&sessions_lock);
    return welcome;
}

static void on_notice(void *arg, const PGresult *notice)
{
    struct db_session *session = arg;
    session->in_doubt = session->in_doubt || result_is_doubt(notice);
}

static int fail(const struct db_session *session, struct err *err, const char *what)
{
    char message[256];
    snprintf(message, sizeof(message), "%s", PQerrorMessage(session->connection));
    message[strcspn(message, "\n")] = '\0'; // the lines below quote data
    return err_set(err, ERR_IO, "%s: %s", what, message);
}

int db_session_open(const char *conninfo, struct db_session **ret_session, struct err *err)
{
    // Exports and streams take as long as they take; their reader sets the pace.
    const struct conninfo_timeouts timeouts = {
        .lock_ms = LOCK_MS, .idle_in_transaction_ms = IDLE_IN_TRANSACTION_MS};
    struct conninfo parsed;
    *ret_session = NULL;
    int rc = conninfo_parse(conninfo, &timeouts, &parsed, err);
    if (rc != 0)
        return rc;
    struct db_session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        abort();
    while (query_texts[session->n_queries] != NULL)
        session->n_queries++;
    session->prepared = calloc((size_t)session->n_queries + 1, sizeof(bool));
    if (session->prepared == NULL)
        abort();
    session->connection = PQconnectdbParams(parsed.keywords, parsed.values, 0);
    conninfo_release(&parsed);
    bool welcome = enlist(session);
    if (PQstatus(session->connection) != CONNECTION_OK || !welcome) {
        rc = welcome ? fail(session, err, "connecting to the database")
                     : err_set(err, ERR_CLOSED, "the process is about to end");
        db_session_close(session);
        return rc;
    }
    PQsetNoticeReceiver(session->connection, on_notice, session);
    *ret_session = session;
    return 0;
}

void db_session_close(struct db_session *session)
{
    if (session == NULL)
        return;
    pthread_mutex_lock(&sessions_lock);
    LIST_REMOVE(session, entry);
    pthread_mutex_unlock(&sessions_lock);
    PQclear(session->result);
    PQfinish(session->connection);
    free(session->prepared);
    free(session);
}

static void keep(struct db_session *session, PGresult *result)
{
    PQclear(session->result);
    session->result = result;
}

// Fills `ret_result` from the session's result; an error says which statement it was.
static int conclude(
    struct db_session *session, const char *what, struct db_result *ret_result, struct err *err)
{
    enum db_status status = result_status(session->result);
    bool not_executed = false;
    if (status == DB_FAILED &&
        (PQstatus(session->connection) == CONNECTION_BAD || result_is_loss(session->result, &not_executed)))
        status = DB_UNKNOWN;
    bool in_doubt = status == DB_OK && session->in_doubt;
    session->in_doubt = false;
    if (in_doubt)
        status = DB_UNKNOWN;
    result_fill(ret_result, status, session->result);
    if (status == DB_OK)
        return 0;
    if (in_doubt)
        return err_set(err, ERR_IO, "%s: the replica has not confirmed it", what);
    bool quotes_data = strncmp(result_sqlstate(session->result), "22", 2) == 0;
    if (quotes_data)
        err_set(err, ERR_INTERNAL, "%s: SQLSTATE %s", what, ret_result->sqlstate);
    else
        fail(session, err, what);
    // ERR_IO is what may pass: the server is away, or has no place or time.
    int rc = status == DB_CONFLICT   ? ERR_CONFLICT
             : status == DB_REJECTED ? ERR_INVALID
             : status == DB_FAILED   ? ERR_INTERNAL
                                     : ERR_IO;
    if (err != NULL)
        err->code = rc;
    return rc;
}

static int prepare(
    struct db_session *session, enum query query, struct db_result *ret_result, struct err *err)
{
    assert((int)query < session->n_queries);
    if (session->prepared[query])
        return 0;
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "q%d", (int)query);
    keep(session, PQprepare(session->connection, name, query_texts[query], 0, NULL));
    int rc = conclude(session, query_names[query], ret_result, err);
    session->prepared[query] = rc == 0;
    return rc;
}

int db_session_query(struct db_session *session, enum query query, const struct db_params *params,
    struct db_result *ret_result, struct err *err)
{
    static const struct db_params none;
    const struct db_params *given = params != NULL ? params : &none;
    int rc = prepare(session, query, ret_result, err);
    if (rc != 0)
        return rc;
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "q%d", (int)query);
    keep(session, PQexecPrepared(
                      session->connection, name, given->n, given->values, given->lengths, given->formats, 0));
    return conclude(session, query_names[query], ret_result, err);
}

// Tells the server to stop and reads what is still on the way.
static void cut_off(struct db_session *session)
{
    char message[256];
    PGcancel *cancel =
        PQstatus(session->connection) == CONNECTION_OK ? PQgetCancel(session->connection) : NULL;
    if (cancel != NULL)
        PQcancel(cancel, message, sizeof(message)); // when it does not arrive, there is just more to read
    PQfreeCancel(cancel);
    for (PGresult *result; (result = PQgetResult(session->connection)) != NULL;)
        PQclear(result);
}

int db_session_stream(struct db_session *session, enum query query, const struct db_params *params,
    int (*on_row)(void *arg, const struct db_result *result, struct err *err), void *arg, struct err *err)
{
    static const struct db_params none;
    const struct db_params *given = params != NULL ? params : &none;
    struct db_result row;
    int rc = prepare(session, query, &row, err);
    if (rc != 0)
        return rc;
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "q%d", (int)query);
    if (PQsendQueryPrepared(
            session->connection, name, given->n, given->values, given->lengths, given->formats, 0) != 1)
        return fail(session, err, query_names[query]);
    int single = PQsetSingleRowMode(session->connection);
    assert(single == 1);
    for (PGresult *result; (result = PQgetResult(session->connection)) != NULL;) {
        keep(session, result);
        rc = conclude(session, query_names[query], &row, err);
        if (rc == 0 && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
            rc = on_row(arg, &row, err);
        if (rc != 0) {
            cut_off(session);
            return rc;
        }
    }
    return 0;
}

static int run(struct db_session *session, const char *sql, struct err *err)
{
    struct db_result result;
    keep(session, PQexec(session->connection, sql));
    return conclude(session, sql, &result, err);
}

int db_session_begin(struct db_session *session, bool read_only_snapshot, struct err *err)
{
    return run(
        session, read_only_snapshot ? "begin isolation level repeatable read read only" : "begin", err);
}

int db_session_commit(struct db_session *session, struct err *err)
{
    // A transaction that has failed answers COMMIT with a rollback and no error.
    if (PQtransactionStatus(session->connection) != PQTRANS_INTRANS)
        return err_set(err, ERR_CLOSED, "commit: there is no transaction, or it has failed");
    return run(session, "commit", err);
}

int db_session_rollback(struct db_session *session, struct err *err)
{
    return run(session, "rollback", err);
}

// --- lent again -------------------------------------------------------------------------------------------------------
// A session costs a process of PostgreSQL's, which reads the catalogue first, and each statement its parsing: more than a small one
// does. Nothing is expected of an idle one, so whatever its socket has to say is its end.
static bool is_alive(const struct db_session *session)
{
    char byte;
    ssize_t n = recv(PQsocket(session->connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && errno == EAGAIN;
}

static struct db_session *take_idle(void)
{
    struct db_session *session;
    pthread_mutex_lock(&sessions_lock);
    LIST_FOREACH(session, &open_sessions, entry)
    {
        if (session->is_idle)
            break;
    }
    if (session != NULL)
        session->is_idle = false;
    pthread_mutex_unlock(&sessions_lock);
    return session;
}

int db_session_borrow(const char *conninfo, struct db_session **ret_session, struct err *err)
{
    // Plans are made for the values at hand: one for any would not know that little is new. What nobody uses the server ends.
    static const char settings[] =
        "set plan_cache_mode = force_custom_plan; set idle_session_timeout = '30s'";
    struct db_session *session;
    *ret_session = NULL;
    while ((session = take_idle()) != NULL) {
        if (is_alive(session)) {
            *ret_session = session;
            return 0;
        }
        db_session_close(session);
    }
    int rc = db_session_open(conninfo, &session, err);
    if (rc == 0)
        rc = run(session, settings, err);
    if (rc == 0)
        *ret_session = session;
    else
        db_session_close(session);
    return rc;
}

void db_session_give_back(struct db_session *session)
{
    if (session == NULL)
        return;
    bool is_clean =
        PQtransactionStatus(session->connection) == PQTRANS_IDLE ||
        (PQstatus(session->connection) == CONNECTION_OK && db_session_rollback(session, NULL) == 0);
    int n_idle = 0;
    const struct db_session *other;
    keep(session, NULL);
    pthread_mutex_lock(&sessions_lock);
    LIST_FOREACH(other, &open_sessions, entry)
    n_idle += other->is_idle;
    session->is_idle = is_clean && n_idle < KEPT_MAX && !sessions_aborted;
    bool is_kept = session->is_idle;
    pthread_mutex_unlock(&sessions_lock);
    if (!is_kept)
        db_session_close(session);
}

void db_sessions_close_idle(void)
{
    for (struct db_session *session; (session = take_idle()) != NULL;)
        db_session_close(session);
}
