#include "coordinator/db/pipeline.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "coordinator/db/lookup.h"
#include "coordinator/db/result.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 64, // in flight; more would only be more to do again when the connection breaks
    CONNECT_MS = 5000,
    SILENCE_MS = 5000, // beyond the server's own timeout
    WAIT_MS = 5000,    // for a connection or a place in it, then DB_BUSY
    WAIT_AGAIN_MS =
        15000, // of what was sent before the connection broke: a server that restarts is back by then
    PAUSE_MIN_MS = 20,
    PAUSE_MAX_MS = 1000,
    N_LOST_MAX = 8,
    N_SERIALIZATION_MAX = 5,
    NAME_BYTES = 16,
    KEYWORDS_MAX = 80,
    LOGGED_A_SECOND_MAX = 5,
};

enum state { DOWN, LOOKING_UP, CONNECTING, UP, CLOSED };

struct pipeline {
    struct event_base *base;
    const char *name; // for the log
    const struct conninfo *conninfo;
    int queue_max, statement_timeout_ms, n_queries;
    struct pipeline_hooks hooks;
    enum state state;
    PGconn *connection;
    struct event *reader, *writer; // of the socket; the write event only while libpq has bytes left
    struct event *pause;           // until the next try to connect
    struct lookup *lookup;
    bool write_pending;
    int n_failures; // to connect, in a row
    int first_host; // of several: one that was silent too long is asked last the next time
    int64_t connect_by_us, heard_us, log_second;
    int n_logged;
    bool *prepared; // by query: on this connection
    struct call_list waiting, flight;
};

static void connect_failed(struct pipeline *pipeline, const char *reason);
static void lose(struct pipeline *pipeline, const char *reason);
static void send_waiting(struct pipeline *pipeline);

static int64_t after_ms(int ms)
{
    return clock_monotonic_us() + (int64_t)ms * 1000;
}

// --- finishing and putting back ------------------------------------------------------------------------------------
static void finish(struct pipeline *pipeline, struct call *call, enum db_status status)
{
    call->status = status;
    if (status != DB_OK && call->result != NULL && result_status(call->result) == DB_OK) {
        PQclear(call->result); // of a try whose end is unknown
        call->result = NULL;
    }
    pipeline->hooks.finished(pipeline->hooks.arg, call);
}

// What did not end well and was not answered: nothing happened, or nobody knows.
static void give_up(struct pipeline *pipeline, struct call *call)
{
    finish(pipeline, call, call->kind == DB_WRITE && call->was_sent ? DB_UNKNOWN : DB_BUSY);
}

static void reset(struct call *call)
{
    PQclear(call->result);
    call->result = NULL;
    call->in_doubt = call->commit_failed = false;
}

// After a lost connection, in order: what may be done again goes back to the front of the queue.
static void put_back(struct pipeline *pipeline, bool head_not_executed)
{
    struct call_list again, flight = pipeline->flight;
    call_list_init(&again);
    if (flight.first == NULL)
        return;
    call_list_init(&pipeline->flight);
    bool first = true;
    for (struct call *call = flight.first, *next; call != NULL; call = next, first = false) {
        next = call->next;
        bool harmless =
            call->kind == DB_READ || (call->flags & DB_RETRY_SAFE) != 0 || (first && head_not_executed);
        int n_max = call->kind == DB_READ ? 1 : N_LOST_MAX;
        if (!(first && head_not_executed))
            call->was_sent = true;
        if (!harmless || ++call->n_lost > n_max) {
            give_up(pipeline, call);
            continue;
        }
        reset(call);
        if (call->n_lost == 1)
            call->give_up_us = after_ms(WAIT_AGAIN_MS);
        call_list_add(&again, call);
    }
    if (again.first == NULL)
        return;
    *again.last = pipeline->waiting.first;
    if (pipeline->waiting.first == NULL)
        pipeline->waiting.last = again.last;
    pipeline->waiting.first = again.first;
    pipeline->waiting.n += again.n;
}

// --- connecting ----------------------------------------------------------------------------------------------------
static void disconnect(struct pipeline *pipeline)
{
    struct event **events[] = {&pipeline->reader, &pipeline->writer};
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        if (*events[i] != NULL)
            event_free(*events[i]);
        *events[i] = NULL;
    }
    PQfinish(pipeline->connection);
    pipeline->connection = NULL;
    pipeline->write_pending = false;
}

static void pause_then_connect(struct pipeline *pipeline)
{
    int shift = pipeline->n_failures < 7 ? pipeline->n_failures : 7;
    int ms = PAUSE_MIN_MS << shift;
    if (ms > PAUSE_MAX_MS)
        ms = PAUSE_MAX_MS;
    // Half of it by chance, or a thousand connections come back in the same moment.
    ms = ms / 2 + (int)(rng_secure_u64() % (uint64_t)(ms / 2 + 1));
    struct timeval pause = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    pipeline->state = DOWN;
    event_add(pipeline->pause, &pause);
}

// libpq explains over several lines; the first says it.
static void log_trouble(const struct pipeline *pipeline, const char *event, const char *reason)
{
    char line[160];
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(reason, "\n"), reason);
    log_event(LOG_WARNING, event, LOG_TEXT("connection", pipeline->name),
        LOG_NUMBER("in_flight", pipeline->flight.n), LOG_TEXT("reason", line));
}

static void connect_failed(struct pipeline *pipeline, const char *reason)
{
    if (pipeline->n_failures % 32 == 0)
        log_trouble(pipeline, "db_not_reached", reason);
    disconnect(pipeline);
    pipeline->n_failures++;
    pause_then_connect(pipeline);
}

static void lose_head(struct pipeline *pipeline, const char *reason, bool head_not_executed)
{
    log_trouble(pipeline, "db_connection_lost", reason);
    disconnect(pipeline);
    pipeline->n_failures = 0;
    pause_then_connect(pipeline);
    put_back(pipeline, head_not_executed);
}

static void lose(struct pipeline *pipeline, const char *reason)
{
    lose_head(pipeline, reason, false);
}

static void on_notice(void *arg, const PGresult *notice)
{
    struct pipeline *pipeline = arg;
    if (pipeline->flight.first != NULL && result_is_doubt(notice))
        pipeline->flight.first->in_doubt = true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

static void become_up(struct pipeline *pipeline)
{
    int socket = PQsocket(pipeline->connection);
    if (PQsetnonblocking(pipeline->connection, 1) != 0 || PQenterPipelineMode(pipeline->connection) != 1) {
        connect_failed(pipeline, "no pipeline mode");
        return;
    }
    if (pipeline->reader != NULL)
        event_free(pipeline->reader);
    pipeline->reader = event_new(pipeline->base, socket, EV_READ | EV_PERSIST, on_readable, pipeline);
    pipeline->writer = event_new(pipeline->base, socket, EV_WRITE, on_writable, pipeline);
    if (pipeline->reader == NULL || pipeline->writer == NULL || event_add(pipeline->reader, NULL) != 0)
        abort();
    if (pipeline->n_failures > 0)
        log_event(LOG_INFO, "db_reached_again", LOG_TEXT("connection", pipeline->name));
    pipeline->state = UP;
    pipeline->n_failures = 0;
    memset(pipeline->prepared, 0, (size_t)pipeline->n_queries * sizeof(bool));
    if (pipeline->hooks.connected != NULL)
        pipeline->hooks.connected(pipeline->hooks.arg);
    send_waiting(pipeline);
}

static void on_connecting(evutil_socket_t fd, short what, void *arg);

static void wait_for_socket(struct pipeline *pipeline, short what)
{
    // Asked for anew each time: libpq goes from host to host, and from socket to socket.
    if (pipeline->reader != NULL)
        event_free(pipeline->reader);
    pipeline->reader =
        event_new(pipeline->base, PQsocket(pipeline->connection), what, on_connecting, pipeline);
    if (pipeline->reader == NULL || event_add(pipeline->reader, NULL) != 0)
        abort();
}

static void on_connecting(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct pipeline *pipeline = arg;
    switch (PQconnectPoll(pipeline->connection)) {
    case PGRES_POLLING_READING:
        wait_for_socket(pipeline, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        wait_for_socket(pipeline, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        become_up(pipeline);
        break;
    default:
        connect_failed(pipeline, PQerrorMessage(pipeline->connection));
    }
}

// libpq goes from one host to the next only when the first has refused; without blocking it has no time-out of its own.
static char *rotate_list(const char *list, int n_first)
{
    int n = 1;
    for (const char *c = list; *c != '\0'; c++)
        n += *c == ',';
    const char *first = list;
    for (int i = n_first % n; i > 0; i--)
        first += strcspn(first, ",") + 1;
    char *result = NULL;
    if (asprintf(&result, "%s%s%.*s", first, first > list ? "," : "",
            first > list ? (int)(first - list) - 1 : 0, list) < 0)
        abort();
    return result;
}

static void connect_with(struct pipeline *pipeline, const char *const *keywords, const char *const *values)
{
    const char *in_turn[KEYWORDS_MAX];
    char *lists[3]; // host, hostaddr, port
    size_t n = 0, n_lists = 0;
    for (; keywords[n] != NULL; n++) {
        bool is_list = strcmp(keywords[n], "host") == 0 || strcmp(keywords[n], "hostaddr") == 0 ||
                       strcmp(keywords[n], "port") == 0;
        assert(n < KEYWORDS_MAX - 1 && (!is_list || n_lists < ARRAY_SIZE(lists)));
        in_turn[n] = is_list ? (lists[n_lists++] = rotate_list(values[n], pipeline->first_host)) : values[n];
    }
    in_turn[n] = NULL;
    pipeline->state = CONNECTING;
    pipeline->connect_by_us = after_ms(CONNECT_MS);
    pipeline->connection = PQconnectStartParams(keywords, in_turn, 0);
    while (n_lists > 0)
        free(lists[--n_lists]);
    if (pipeline->connection == NULL)
        abort();
    PQsetNoticeReceiver(pipeline->connection, on_notice, pipeline);
    if (PQstatus(pipeline->connection) == CONNECTION_BAD)
        connect_failed(pipeline, PQerrorMessage(pipeline->connection));
    else
        wait_for_socket(pipeline, EV_WRITE);
}

static void on_looked_up(void *arg, const struct lookup_answer *answer)
{
    struct pipeline *pipeline = arg;
    pipeline->lookup = NULL;
    if (answer->ports[0] == '\0') {
        connect_failed(pipeline, "no host of the connection string has an address");
        return;
    }
    const char *keywords[KEYWORDS_MAX] = {"host", "hostaddr", "port"};
    const char *values[KEYWORDS_MAX] = {answer->hosts, answer->addresses, answer->ports};
    size_t n = 3;
    for (size_t i = 0; pipeline->conninfo->keywords[i] != NULL; i++) {
        const char *keyword = pipeline->conninfo->keywords[i];
        if (strcmp(keyword, "host") == 0 || strcmp(keyword, "port") == 0)
            continue;
        assert(n < KEYWORDS_MAX - 1);
        keywords[n] = keyword;
        values[n++] = pipeline->conninfo->values[i];
    }
    connect_with(pipeline, keywords, values);
}

static void on_pause_over(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct pipeline *pipeline = arg;
    if (pipeline->conninfo->hosts == NULL) {
        connect_with(pipeline, pipeline->conninfo->keywords, pipeline->conninfo->values);
        return;
    }
    pipeline->state = LOOKING_UP;
    pipeline->lookup = lookup_start(
        pipeline->base, pipeline->conninfo->hosts, pipeline->conninfo->ports, on_looked_up, pipeline);
}

// --- sending -------------------------------------------------------------------------------------------------------
static bool send_call(struct pipeline *pipeline, struct call *call)
{
    PGconn *connection = pipeline->connection;
    if (call->sql != NULL) {
        call->stage = CALL_EXECUTE;
        return PQsendQueryParams(connection, call->sql, call->n_params, NULL, call->values, call->lengths,
                   call->formats, 0) == 1 &&
               PQpipelineSync(connection) == 1;
    }
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "q%d", (int)call->query);
    call->stage = CALL_EXECUTE;
    if (!pipeline->prepared[call->query]) {
        call->stage = CALL_PREPARE;
        pipeline->prepared[call->query] = true; // later calls follow it in the pipeline
        if (PQsendPrepare(connection, name, query_texts[call->query], 0, NULL) != 1)
            return false;
    }
    return PQsendQueryPrepared(
               connection, name, call->n_params, call->values, call->lengths, call->formats, 0) == 1 &&
           PQpipelineSync(connection) == 1;
}

// False when the connection was lost.
static bool flush(struct pipeline *pipeline)
{
    int left = PQflush(pipeline->connection);
    if (left < 0) {
        lose(pipeline, PQerrorMessage(pipeline->connection));
        return false;
    }
    pipeline->write_pending = left == 1;
    if (pipeline->write_pending)
        event_add(pipeline->writer, NULL);
    return true;
}

static void send_waiting(struct pipeline *pipeline)
{
    // Filled up by halves: one for one would wake both sides for every statement, and the server has enough to do.
    if (pipeline->flight.n > DEPTH / 2)
        return;
    while (pipeline->state == UP && !pipeline->write_pending && pipeline->flight.n < DEPTH &&
           pipeline->waiting.first != NULL) {
        struct call *call = call_list_take(&pipeline->waiting);
        if (pipeline->flight.n == 0)
            pipeline->heard_us = clock_monotonic_us();
        call_list_add(&pipeline->flight, call);
        if (!send_call(pipeline, call)) {
            lose(pipeline, PQerrorMessage(pipeline->connection));
            return;
        }
        if (!flush(pipeline))
            return;
    }
}

// --- receiving -----------------------------------------------------------------------------------------------------
static void log_failure(struct pipeline *pipeline, const struct call *call, enum db_status status)
{
    // What fails once fails often: a few lines a second tell as much.
    int64_t second = clock_monotonic_us() / 1000000;
    if (second != pipeline->log_second)
        pipeline->n_logged = 0;
    pipeline->log_second = second;
    if (pipeline->n_logged++ >= LOGGED_A_SECOND_MAX)
        return;
    const char *sqlstate = result_sqlstate(call->result);
    const char *message = PQresultErrorField(call->result, PG_DIAG_MESSAGE_PRIMARY);
    bool quotes_data =
        sqlstate[0] == '2' && sqlstate[1] == '2'; // "invalid input syntax: ..." holds the input
    log_event(status == DB_BUSY ? LOG_WARNING : LOG_ERROR, "db_statement_failed",
        LOG_TEXT("connection", pipeline->name),
        LOG_TEXT("statement", call->sql != NULL ? "" : query_names[call->query]),
        LOG_TEXT("sqlstate", sqlstate), LOG_TEXT("message", quotes_data ? "" : message));
}

// The head of `flight` has had its Sync.
static void complete(struct pipeline *pipeline)
{
    struct call *call = call_list_take(&pipeline->flight);
    enum db_status status = call->result != NULL ? result_status(call->result) : DB_FAILED;
    const char *sqlstate = result_sqlstate(call->result);
    bool rolled_back = strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
    // "Prepared statement does not exist": its preparation failed in a call before this one.
    bool unprepared = strcmp(sqlstate, "26000") == 0 && call->sql == NULL && !call->prepared_anew;
    if ((rolled_back && ++call->n_serialization <= N_SERIALIZATION_MAX) || unprepared) {
        if (unprepared) {
            call->prepared_anew = true;
            pipeline->prepared[call->query] = false;
        }
        reset(call);
        call->give_up_us = after_ms(WAIT_MS);
        call_list_add(&pipeline->waiting, call);
        return;
    }
    if (status == DB_FAILED || status == DB_BUSY)
        log_failure(pipeline, call, status);
    finish(pipeline, call, status == DB_OK && call->in_doubt ? DB_UNKNOWN : status);
}

static void keep_result(struct call *call, PGresult *result)
{
    PQclear(call->result);
    call->result = result;
}

// What the head of `flight` expects next. False when this is something else.
static bool take_result(struct pipeline *pipeline, PGresult *result)
{
    struct call *call = pipeline->flight.first;
    ExecStatusType status = result != NULL ? PQresultStatus(result) : PGRES_EMPTY_QUERY;
    bool failed = status == PGRES_FATAL_ERROR;
    switch (call->stage) {
    case CALL_PREPARE:
        if (failed) {
            pipeline->prepared[call->query] = false;
            keep_result(call, result);
        } else {
            PQclear(result);
        }
        call->stage = CALL_PREPARE_END;
        return failed || status == PGRES_COMMAND_OK;
    case CALL_EXECUTE:
        if (failed || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
            keep_result(call, result);
        else
            PQclear(result);
        call->stage = CALL_EXECUTE_END;
        return failed || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
               (status == PGRES_PIPELINE_ABORTED && call->result != NULL);
    case CALL_PREPARE_END:
    case CALL_EXECUTE_END:
        PQclear(result);
        call->stage = call->stage == CALL_PREPARE_END ? CALL_EXECUTE : CALL_SYNC;
        return result == NULL;
    case CALL_SYNC:
        if (failed) { // the commit itself
            keep_result(call, result);
            call->commit_failed = true;
            return true;
        }
        PQclear(result);
        if (result == NULL && call->commit_failed) {
            call->commit_failed = false;
            return true;
        }
        if (status == PGRES_PIPELINE_SYNC)
            complete(pipeline);
        return status == PGRES_PIPELINE_SYNC;
    }
    return false;
}

static void take_notifications(struct pipeline *pipeline)
{
    for (PGnotify *notify; (notify = PQnotifies(pipeline->connection)) != NULL; PQfreemem(notify)) {
        if (pipeline->hooks.notified != NULL)
            pipeline->hooks.notified(pipeline->hooks.arg, notify->relname, notify->extra);
    }
}

static void on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct pipeline *pipeline = arg;
    PGconn *connection = pipeline->connection;
    bool alive = PQconsumeInput(connection) == 1;
    pipeline->heard_us = clock_monotonic_us();
    // What came before the end still counts.
    while (!PQisBusy(connection) && pipeline->flight.first != NULL) {
        PGresult *result = PQgetResult(connection);
        bool not_executed = false;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR &&
            (PQstatus(connection) == CONNECTION_BAD || result_is_loss(result, &not_executed))) {
            const char *sqlstate = result_sqlstate(result);
            lose_head(pipeline, sqlstate[0] != '\0' ? sqlstate : "closed by the server", not_executed);
            PQclear(result);
            return;
        }
        if (!take_result(pipeline, result)) {
            lose(pipeline, "a result nobody waits for");
            return;
        }
    }
    take_notifications(pipeline);
    if (!alive || PQstatus(connection) == CONNECTION_BAD)
        lose(pipeline, PQerrorMessage(connection));
    else if (!pipeline->write_pending || flush(pipeline))
        send_waiting(pipeline);
}

static void on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct pipeline *pipeline = arg;
    if (flush(pipeline))
        send_waiting(pipeline);
}

// --- what others call ----------------------------------------------------------------------------------------------
struct pipeline *pipeline_new(struct event_base *base, const char *name, const struct conninfo *conninfo,
    int queue_max, int statement_timeout_ms, int n_queries, const struct pipeline_hooks *hooks)
{
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
    if (pipeline == NULL)
        abort();
    *pipeline = (struct pipeline){.base = base,
        .name = name,
        .conninfo = conninfo,
        .queue_max = queue_max,
        .statement_timeout_ms = statement_timeout_ms,
        .n_queries = n_queries,
        .hooks = *hooks};
    call_list_init(&pipeline->waiting);
    call_list_init(&pipeline->flight);
    pipeline->prepared = calloc((size_t)n_queries + 1, sizeof(bool));
    pipeline->pause = evtimer_new(base, on_pause_over, pipeline);
    if (pipeline->prepared == NULL || pipeline->pause == NULL)
        abort();
    struct timeval now = {0};
    event_add(pipeline->pause, &now);
    return pipeline;
}

void pipeline_submit(struct pipeline *pipeline, struct call *call)
{
    assert(call->sql != NULL || (int)call->query < pipeline->n_queries);
    if (pipeline->state == CLOSED || pipeline->waiting.n >= pipeline->queue_max) {
        finish(pipeline, call, DB_BUSY);
        return;
    }
    call->give_up_us = after_ms(WAIT_MS);
    call_list_add(&pipeline->waiting, call);
    send_waiting(pipeline);
}

bool pipeline_is_up(const struct pipeline *pipeline)
{
    return pipeline->state == UP;
}

int pipeline_load(const struct pipeline *pipeline)
{
    return pipeline->waiting.n + pipeline->flight.n;
}

static void end_what_waited(struct pipeline *pipeline, int64_t now)
{
    struct call_list waiting = pipeline->waiting;
    call_list_init(&pipeline->waiting);
    for (struct call *call = waiting.first, *next; call != NULL; call = next) {
        next = call->next;
        if (call->give_up_us <= now)
            give_up(pipeline, call);
        else
            call_list_add(&pipeline->waiting, call);
    }
}

void pipeline_tick(struct pipeline *pipeline)
{
    int64_t now = clock_monotonic_us();
    if (pipeline->waiting.first != NULL)
        end_what_waited(pipeline, now);
    if (pipeline->state == CONNECTING && now > pipeline->connect_by_us) {
        pipeline->first_host++;
        connect_failed(pipeline, "no answer in time");
    }
    int64_t silence_us = ((int64_t)pipeline->statement_timeout_ms + SILENCE_MS) * 1000;
    if (pipeline->state == UP && pipeline->flight.first != NULL && pipeline->statement_timeout_ms > 0 &&
        now - pipeline->heard_us > silence_us)
        lose(pipeline, "no answer in time");
}

void pipeline_close(struct pipeline *pipeline)
{
    if (pipeline->state == CLOSED)
        return;
    disconnect(pipeline);
    lookup_drop(pipeline->lookup);
    pipeline->lookup = NULL;
    event_free(pipeline->pause);
    pipeline->pause = NULL;
    pipeline->state = CLOSED;
    for (struct call *call; (call = call_list_take(&pipeline->flight)) != NULL;) {
        call->was_sent = true;
        give_up(pipeline, call);
    }
    for (struct call *call; (call = call_list_take(&pipeline->waiting)) != NULL;)
        give_up(pipeline, call);
}

void pipeline_free(struct pipeline *pipeline)
{
    assert(pipeline->state == CLOSED);
    free(pipeline->prepared);
    free(pipeline);
}
