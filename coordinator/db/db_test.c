// The loop's database against a real cluster: every call ends in exactly one callback, whatever happens to the server.
#include "coordinator/db/db.h"

#include "base/clock.h"
#include "coordinator/db/cluster.h"
#include "coordinator/db/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Statements of this test instead of the compiled-in ones: the linker takes these.
enum {
    Q_ECHO,
    Q_SLEEP,
    Q_INSERT,
    Q_INSERT_SAFE,
    Q_CHECK,
    Q_RAISE,
    Q_BROKEN,
    Q_BATCH,
    Q_DEFERRED,
    Q_SERIES,
    Q_ARRAY,
    Q_SILENT,
    Q_LOCK,
    Q_SERIALIZATION,
    Q_SETTINGS,
    Q_FAIL_ONCE,
};
const char *const query_names[] = {"echo", "sleep", "insert", "insert_safe", "check", "raise", "broken",
    "batch", "deferred", "series", "array", "silent", "lock", "serialization", "settings", "fail_once", NULL};
const char *const query_texts[] = {
    "select $1::text, $2::bigint, $3::float8, $4::boolean, $5::uuid, $6::bytea, $7::text",
    "select pg_sleep($1::float8)",
    "insert into thing (k, v) values ($1::bigint, $2::text) returning k",
    "insert into thing (k, v) values ($1::bigint, $2::text) on conflict (k) do nothing",
    "insert into thing (k, v) values ($1::bigint, null)",
    "select refuse($1::text)",
    "select no_such_column from thing",
    "with given as (select * from unnest($1::text[], $2::text[]) with ordinality as g (k, v, ord)),"
    " added as (insert into thing (k, v) select k::bigint, v from given on conflict (k) do nothing returning k)"
    " select ord, k, v from given where v is distinct from 'no answer'",
    "insert into later (k) values ($1::bigint)",
    "select n from generate_series(1, $1::bigint) as n",
    "select a.ord, a.v is null, a.v from unnest($1::text[]) with ordinality as a (v, ord)",
    "select 1 where false",
    "select count(*) from thing where k = -1 and pg_advisory_xact_lock($1::bigint) is null",
    "select flaky()",
    "select concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),"
    " current_setting('idle_in_transaction_session_timeout'))",
    "select fail_once($1::text)",
    NULL,
};

static const char *data;
static struct cluster *cluster;
static struct event_base *base;
static struct db *db;

// --- a loop that ends when it has been told to -----------------------------------------------------------------------
struct answer {
    int n;
    enum db_status status;
    char sqlstate[6], constraint[64], text[256];
    int64_t number;
    int n_rows;
};
static int n_outstanding;

static void on_answer(void *arg, const struct db_result *result)
{
    struct answer *answer = arg;
    answer->n++;
    answer->status = result->status;
    answer->n_rows = result->n_rows;
    snprintf(answer->sqlstate, sizeof(answer->sqlstate), "%s", result->sqlstate);
    snprintf(answer->constraint, sizeof(answer->constraint), "%s", result->constraint);
    if (result->n_rows > 0)
        snprintf(answer->text, sizeof(answer->text), "%s", db_text(result, 0, 0));
    if (--n_outstanding == 0)
        event_base_loopbreak(base);
}

static void ask(
    enum db_kind kind, unsigned flags, int query, const struct db_params *params, struct answer *answer)
{
    int before = answer->n;
    n_outstanding++;
    db_query(db, kind, flags, (enum query)query, params, on_answer, answer);
    assert_int_equal(answer->n, before); // never before the call has returned
}

static void wait_for_answers(void)
{
    if (n_outstanding > 0)
        event_base_dispatch(base);
    assert_int_equal(n_outstanding, 0);
}

static void on_time(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    event_base_loopbreak(base);
}

static void loop_for_ms(int ms)
{
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_base_once(base, -1, EV_TIMEOUT, on_time, NULL, &time);
    event_base_dispatch(base);
}

static struct answer ask_number(enum db_kind kind, unsigned flags, int query, int64_t number)
{
    struct answer answer = {0};
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, number);
    if (query == Q_INSERT || query == Q_INSERT_SAFE)
        db_add_text(&params, "x");
    ask(kind, flags, query, &params, &answer);
    wait_for_answers();
    assert_int_equal(answer.n, 1);
    return answer;
}

static void until_ready(void)
{
    for (int i = 0; i < 600 && !db_is_ready(db); i++) {
        struct err err;
        assert_int_equal(cluster_tend(cluster, &err), 0);
        loop_for_ms(50);
    }
    assert_true(db_is_ready(db));
}

static int set_up(void **state UNUSED)
{
    free(testing_sql(cluster_owner_conninfo(cluster), "truncate thing, later"));
    base = event_base_new();
    const struct db_settings settings = {
        .conninfo = cluster_app_conninfo(cluster), .queue_max = 1000, .statement_timeout_ms = 2000};
    db = db_new(base, &settings);
    until_ready();
    return 0;
}

static int tear_down(void **state UNUSED)
{
    db_free(db);
    event_base_free(base);
    db = NULL;
    return 0;
}

static int64_t owner_number(const char *sql)
{
    char *text = testing_sql(cluster_owner_conninfo(cluster), sql);
    int64_t number = strtoll(text, NULL, 10);
    free(text);
    return number;
}

static void kill_backends(void)
{
    free(testing_sql(cluster_owner_conninfo(cluster),
        "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where usename = 'plenum_app'"));
}

// --- values and errors -----------------------------------------------------------------------------------------------
static void check_echo(void *arg, const struct db_result *result)
{
    struct arena *arena = arena_new(1 << 16);
    size_t size = 0;
    assert_int_equal(result->status, DB_OK);
    assert_string_equal(db_text(result, 0, 0), "naïve \"ünï\" \\ {,}");
    assert_int_equal(db_number(result, 0, 1), INT64_MIN);
    assert_true(db_real(result, 0, 2) == 0.1 + 0.2);
    assert_true(db_bool(result, 0, 3));
    assert_true(uuid_equal(db_uuid(result, 0, 4), *(struct uuid *)arg));
    const unsigned char *bytes = db_bytes(result, 0, 5, arena, &size);
    assert_int_equal(size, 4);
    assert_memory_equal(bytes, "\0\xff\\a", 4);
    assert_true(db_is_null(result, 0, 6));
    assert_string_equal(db_text(result, 0, 6), "");
    arena_free(arena);
    n_outstanding--;
    event_base_loopbreak(base);
}

static void test_values(void **state)
{
    (void)state;
    struct uuid uuid = uuid_new();
    char text[] = "naïve \"ünï\" \\ {,}";
    struct db_params params;
    db_params_init(&params);
    db_add_text(&params, text);
    db_add_number(&params, INT64_MIN);
    db_add_real(&params, 0.1 + 0.2);
    db_add_bool(&params, true);
    db_add_uuid(&params, uuid);
    db_add_bytes(&params, "\0\xff\\a", 4);
    db_add_null(&params);
    n_outstanding = 1;
    db_query(db, DB_READ, 0, (enum query)Q_ECHO, &params, check_echo, &uuid);
    memset(text, 'x', sizeof(text) - 1); // copied: the caller's memory is the caller's again
    wait_for_answers();
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(ask_number(DB_WRITE, 0, Q_INSERT, 1).status, DB_OK);
    struct answer answer = ask_number(DB_WRITE, 0, Q_INSERT, 1);
    assert_int_equal(answer.status, DB_CONFLICT);
    assert_string_equal(answer.sqlstate, "23505");
    assert_string_equal(answer.constraint, "thing_pkey");
    answer = ask_number(DB_WRITE, 0, Q_CHECK, 2);
    assert_int_equal(answer.status, DB_REJECTED);
    answer = ask_number(DB_READ, 0, Q_RAISE, 2);
    assert_int_equal(answer.status, DB_REJECTED);
    assert_string_equal(answer.sqlstate, "P0001");
    for (int i = 0; i < 2;
         i++) { // a statement that does not prepare stays an error, and the connection is good
        struct answer broken = {0};
        ask(DB_READ, 0, Q_BROKEN, NULL, &broken);
        wait_for_answers();
        assert_int_equal(broken.status, DB_FAILED);
        assert_string_equal(broken.sqlstate, "42703");
    }
    // The commit fails and not the statement.
    answer = ask_number(DB_WRITE, 0, Q_DEFERRED, 77);
    assert_int_equal(answer.status, DB_REJECTED);
    assert_string_equal(answer.sqlstate, "23503");
    // Too slow: the server ends it.
    assert_int_equal(ask_number(DB_READ, 0, Q_SLEEP, 20).status, DB_BUSY);
    assert_int_equal(ask_number(DB_READ, 0, Q_SERIES, 3).n_rows, 3);
    assert_true(db_is_ready(db));
}

static void test_serialization_is_tried_again(void **state)
{
    (void)state;
    free(testing_sql(cluster_owner_conninfo(cluster), "alter sequence flakes restart"));
    struct answer answer = {0};
    ask(DB_WRITE, 0, Q_SERIALIZATION, NULL, &answer);
    wait_for_answers();
    assert_int_equal(answer.status, DB_OK);
    assert_string_equal(answer.text, "4"); // three times refused
}

static void test_timeouts(void **state)
{
    (void)state;
    char *superuser = testing_conninfo_superuser(data);
    struct answer answer = {0};
    ask(DB_READ, 0, Q_SETTINGS, NULL, &answer);
    wait_for_answers();
    assert_string_equal(answer.text, "2s 1s 2s");
    // A lock that somebody else keeps.
    PGconn *holder = PQconnectdb(superuser);
    PQclear(PQexec(holder, "begin; insert into thing values (-1, 'x')"));
    answer = ask_number(DB_WRITE, 0, Q_INSERT, -1);
    assert_int_equal(answer.status, DB_BUSY);
    assert_string_equal(answer.sqlstate, "55P03");
    PQfinish(holder);
    free(superuser);
    assert_int_equal(ask_number(DB_WRITE, 0, Q_INSERT, -1).status, DB_OK);
}

// What the server says when it goes away, when it was no primary any more, and when transactions met: the statement
// fails the first time it is run with such a code, and a sequence remembers that it was.
static void test_codes(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        bool not_executed;
    } codes[] = {{"40001", true}, {"40P01", true}, {"25006", true}, {"57P01", false}, {"57P02", false},
        {"57P03", true}, {"08000", false}, {"08003", false}, {"08006", false}};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        struct db_params params;
        struct answer read = {0}, safe = {0}, unsafe = {0}, *const answers[] = {&read, &safe, &unsafe};
        db_params_init(&params);
        db_add_text(&params, codes[i].sqlstate);
        for (size_t k = 0; k < ARRAY_SIZE(answers); k++) {
            free(testing_sql(cluster_owner_conninfo(cluster), "alter sequence flakes restart"));
            ask(k == 0 ? DB_READ : DB_WRITE, k == 1 ? DB_RETRY_SAFE : 0, Q_FAIL_ONCE, &params, answers[k]);
            wait_for_answers();
        }
        assert_int_equal(read.status, DB_OK);
        assert_int_equal(safe.status, DB_OK);
        assert_int_equal(unsafe.status, codes[i].not_executed ? DB_OK : DB_UNKNOWN);
    }
}

static void test_many_in_order(void **state)
{
    (void)state;
    enum { N = 900 };
    struct answer *answers = calloc(N, sizeof(*answers));
    for (int i = 0; i < N; i++) {
        struct db_params params;
        char text[32];
        db_params_init(&params);
        snprintf(text, sizeof(text), "%d", i);
        if (i % 7 == 3) {
            ask(DB_READ, 0, Q_BROKEN, NULL, &answers[i]);
            continue;
        }
        db_add_text(&params, text);
        db_add_number(&params, i);
        for (int k = 0; k < 5; k++)
            db_add_null(&params);
        ask(DB_READ, 0, Q_ECHO, &params, &answers[i]);
    }
    wait_for_answers();
    for (int i = 0; i < N; i++) {
        char text[32];
        snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(answers[i].n, 1);
        assert_int_equal(answers[i].status, i % 7 == 3 ? DB_FAILED : DB_OK);
        if (i % 7 != 3)
            assert_string_equal(answers[i].text, text);
    }
    free(answers);
}

static void test_queue_is_bounded(void **state)
{
    (void)state;
    enum { N = 1200 };
    struct answer *answers = calloc(N, sizeof(*answers));
    for (int i = 0; i < N; i++)
        ask(DB_READ, 0, Q_SILENT, NULL, &answers[i]);
    wait_for_answers();
    int n_busy = 0;
    for (int i = 0; i < N; i++) {
        assert_int_equal(answers[i].n, 1);
        n_busy += answers[i].status == DB_BUSY;
    }
    assert_in_range(n_busy, N - 1000 - 64, N - 1000);
    free(answers);
}

// --- the server goes away --------------------------------------------------------------------------------------------
static void test_lost_while_waiting(void **state)
{
    (void)state;
    struct answer read = {0}, safe = {0}, unsafe = {0};
    struct db_params params;
    db_params_init(&params);
    db_add_real(&params, 0.7);
    ask(DB_READ, 0, Q_SLEEP, &params, &read);
    ask(DB_WRITE, DB_RETRY_SAFE, Q_SLEEP, &params, &safe);
    ask(DB_WRITE, 0, Q_SLEEP, &params, &unsafe);
    n_outstanding++; // the answers do not end this first loop
    loop_for_ms(200);
    kill_backends();
    n_outstanding--;
    wait_for_answers();
    assert_int_equal(read.status, DB_OK);
    assert_int_equal(safe.status, DB_OK);
    assert_int_equal(unsafe.status, DB_UNKNOWN);
    assert_int_equal(read.n + safe.n + unsafe.n, 3);
    until_ready();
    assert_int_equal(ask_number(DB_READ, 0, Q_SERIES, 3).n_rows, 3);
}

static void test_no_server(void **state)
{
    (void)state;
    // Stopped, and not tended: no connection within the deadline.
    kill(cluster_pid(cluster), SIGKILL);
    struct answer read = {0}, write = {0};
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, 5000);
    db_add_text(&params, "x");
    while (db_is_ready(db))
        loop_for_ms(20);
    loop_for_ms(200);
    int64_t begin = clock_monotonic_us();
    ask(DB_READ, 0, Q_SILENT, NULL, &read);
    ask(DB_WRITE, 0, Q_INSERT, &params, &write);
    wait_for_answers();
    assert_int_equal(read.status, DB_BUSY);
    assert_int_equal(write.status, DB_BUSY); // never sent: certainly not done
    assert_in_range(clock_monotonic_us() - begin, 1000000, 60000000);
    until_ready();
    assert_int_equal(owner_number("select count(*) from thing where k = 5000"), 0);
    assert_int_equal(ask_number(DB_WRITE, 0, Q_INSERT, 5000).status, DB_OK);
}

// A thread that waits for a blocking session's answer.
struct waiting_session {
    int query, rc;
    int64_t number;
    struct db_session *session;
    struct db_result result;
    struct err err;
    pthread_t thread;
};

static void *waiting_run(void *arg)
{
    struct waiting_session *waiting = arg;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, waiting->number);
    if (waiting->query == Q_INSERT)
        db_add_text(&params, "x");
    waiting->rc = db_session_query(
        waiting->session, (enum query)waiting->query, &params, &waiting->result, &waiting->err);
    return NULL;
}

static void waiting_start(struct waiting_session *waiting)
{
    assert_int_equal(db_session_open(cluster_app_conninfo(cluster), &waiting->session, &waiting->err), 0);
    assert_int_equal(pthread_create(&waiting->thread, NULL, waiting_run, waiting), 0);
}

static int waiting_end(struct waiting_session *waiting)
{
    pthread_join(waiting->thread, NULL);
    db_session_close(waiting->session);
    return waiting->rc;
}

// A commit that stopped waiting for its replica is done here and perhaps nowhere else: nobody may call it done.
static void test_commit_without_its_replica(void **state)
{
    (void)state;
    char *superuser = testing_conninfo_superuser(data);
    struct answer write = {0};
    struct db_params params;
    free(testing_sql(superuser, "alter system set synchronous_standby_names = 'nobody'"));
    free(testing_sql(superuser, "select pg_reload_conf()"));
    loop_for_ms(300);
    db_params_init(&params);
    db_add_number(&params, 8000);
    db_add_text(&params, "x");
    ask(DB_WRITE, 0, Q_INSERT, &params, &write);
    n_outstanding++;
    loop_for_ms(300);
    assert_int_equal(write.n, 0);
    n_outstanding--;
    free(testing_sql(superuser, "set synchronous_commit = local; select count(pg_cancel_backend(pid)) from"
                                " pg_stat_activity where wait_event = 'SyncRep'"));
    wait_for_answers();
    assert_int_equal(write.status, DB_UNKNOWN);
    // The same of the blocking kind.
    struct waiting_session waiting = {.query = Q_INSERT, .number = 8001};
    waiting_start(&waiting);
    loop_for_ms(300);
    free(testing_sql(superuser, "set synchronous_commit = local; select count(pg_cancel_backend(pid)) from"
                                " pg_stat_activity where wait_event = 'SyncRep'"));
    assert_int_equal(waiting_end(&waiting), ERR_IO);
    assert_int_equal(waiting.result.status, DB_UNKNOWN);
    free(testing_sql(superuser, "alter system reset synchronous_standby_names"));
    free(testing_sql(superuser, "select pg_reload_conf()"));
    loop_for_ms(300);
    assert_int_equal(owner_number("select count(*) from thing where k in (8000, 8001)"), 2);
    free(superuser);
}

// A primary that has become a standby refuses writes; they wait for one that takes them.
static void test_read_only_server(void **state)
{
    (void)state;
    char *superuser = testing_conninfo_superuser(data);
    struct answer write = {0};
    struct db_params params;
    free(testing_sql(superuser, "alter system set default_transaction_read_only = on"));
    free(testing_sql(superuser, "select pg_reload_conf()"));
    loop_for_ms(300);
    db_params_init(&params);
    db_add_number(&params, 9000);
    db_add_text(&params, "x");
    ask(DB_WRITE, 0, Q_INSERT, &params, &write);
    n_outstanding++;
    loop_for_ms(700);
    assert_int_equal(write.n, 0);
    n_outstanding--;
    free(testing_sql(superuser, "alter system reset default_transaction_read_only"));
    free(testing_sql(superuser, "select pg_reload_conf()"));
    wait_for_answers();
    assert_int_equal(write.status, DB_OK);
    free(superuser);
}

// The first host takes connections and says nothing, as one does that was cut off by a firewall.
static void test_a_silent_host_is_passed_over(void **state)
{
    (void)state;
    char conninfo[512];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(silent, 64), 0);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
    snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1,%s/run port=%d,5432 user=plenum_app dbname=plenum",
        data, ntohs(address.sin_port));
    const struct db_settings settings = {
        .conninfo = conninfo, .queue_max = 1000, .statement_timeout_ms = 2000};
    db_free(db);
    db = db_new(base, &settings);
    until_ready();
    assert_int_equal(ask_number(DB_READ, 0, Q_SERIES, 3).n_rows, 3);
    close(silent);
}

// Several hosts, some of them names: those that answer nothing or can't be found are passed over.
static void test_hosts_by_name(void **state)
{
    (void)state;
    char conninfo[512];
    snprintf(conninfo, sizeof(conninfo),
        "host=localhost,no-such-host.invalid,%s/run port=1,5432,5432 user=plenum_app dbname=plenum", data);
    const struct db_settings settings = {
        .conninfo = conninfo, .queue_max = 1000, .statement_timeout_ms = 2000};
    db_free(db);
    db = db_new(base, &settings);
    until_ready();
    assert_int_equal(ask_number(DB_READ, 0, Q_SERIES, 3).n_rows, 3);
    db_free(db);
    db = db_new(base, &settings); // and gone again while names are looked up
    loop_for_ms(1);
}

static void test_free_answers_all(void **state)
{
    (void)state;
    struct answer slow = {0}, write = {0}, waiting[100] = {0};
    struct db_params params;
    db_params_init(&params);
    db_add_real(&params, 1.0);
    ask(DB_READ, 0, Q_SLEEP, &params, &slow);
    ask(DB_WRITE, 0, Q_SLEEP, &params, &write);
    for (int i = 0; i < 100; i++)
        ask(DB_READ, 0, Q_SILENT, NULL, &waiting[i]);
    n_outstanding++;
    loop_for_ms(100);
    db_free(db);
    db = NULL;
    n_outstanding--;
    assert_int_equal(n_outstanding, 0);
    assert_int_equal(slow.status, DB_BUSY);
    assert_int_equal(write.status, DB_UNKNOWN);
    for (int i = 0; i < 100; i++)
        assert_int_equal(waiting[i].n, 1);
}

static void on_drained(void *arg)
{
    *(bool *)arg = true;
    event_base_loopbreak(base);
}

static void test_drain(void **state)
{
    (void)state;
    struct answer slow = {0};
    struct db_params params;
    bool drained = false;
    db_params_init(&params);
    db_add_real(&params, 0.3);
    ask(DB_WRITE, 0, Q_SLEEP, &params, &slow);
    n_outstanding++;
    db_drain(db, 10000, on_drained, &drained);
    event_base_dispatch(base);
    n_outstanding--;
    assert_true(drained);
    assert_int_equal(slow.status, DB_OK);
}

// --- listening -------------------------------------------------------------------------------------------------------
struct heard {
    int n_all, n_named;
};

static void on_heard(void *arg, const char *payload)
{
    struct heard *heard = arg;
    heard->n_all++;
    heard->n_named += strcmp(payload, "hello") == 0;
}

static void test_listen(void **state)
{
    (void)state;
    struct heard heard = {0};
    db_listen(db, "news", on_heard, &heard);
    loop_for_ms(200);
    assert_int_equal(heard.n_all, 1); // look once: something may have come before
    free(testing_sql(cluster_owner_conninfo(cluster), "notify news, 'hello'; notify other, 'hello'"));
    loop_for_ms(200);
    assert_int_equal(heard.n_named, 1);
    kill_backends();
    loop_for_ms(100);
    until_ready();
    loop_for_ms(100);
    assert_int_equal(heard.n_all, 3);
    free(testing_sql(cluster_owner_conninfo(cluster), "notify news, 'hello'"));
    loop_for_ms(200);
    assert_int_equal(heard.n_named, 2);
}

// --- the blocking session --------------------------------------------------------------------------------------------
static int sum_row(void *arg, const struct db_result *result, struct err *err)
{
    int64_t *sum = arg;
    assert_int_equal(result->n_rows, 1);
    *sum += db_number(result, 0, 0);
    return *sum > 1000000000000 ? err_set(err, ERR_LIMIT, "enough") : 0;
}

static void test_session(void **state)
{
    (void)state;
    struct db_session *session = NULL;
    struct err err = {0};
    struct db_result result;
    struct db_params params;
    int64_t sum = 0;
    assert_int_equal(db_session_open(cluster_app_conninfo(cluster), &session, &err), 0);
    db_params_init(&params);
    db_add_number(&params, 100000);
    assert_int_equal(db_session_stream(session, (enum query)Q_SERIES, &params, sum_row, &sum, &err), 0);
    assert_true(sum == 5000050000);
    db_params_init(&params);
    db_add_number(&params, 3000000);
    assert_int_equal(
        db_session_stream(session, (enum query)Q_SERIES, &params, sum_row, &sum, &err), ERR_LIMIT);
    assert_string_equal(err.message, "enough");
    db_params_init(&params);
    db_add_number(&params, 600);
    db_add_text(&params, "x");
    assert_int_equal(db_session_begin(session, false, &err), 0);
    assert_int_equal(db_session_query(session, (enum query)Q_INSERT, &params, &result, &err), 0);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(db_session_rollback(session, &err), 0);
    assert_int_equal(db_session_query(session, (enum query)Q_INSERT, &params, &result, &err), 0);
    assert_int_equal(db_session_begin(session, false, &err), 0);
    assert_int_equal(db_session_query(session, (enum query)Q_INSERT, &params, &result, &err), ERR_CONFLICT);
    assert_int_equal(result.status, DB_CONFLICT);
    assert_int_equal(
        db_session_commit(session, &err), ERR_CLOSED); // it has failed: nothing is committed in silence
    assert_int_equal(db_session_rollback(session, &err), 0);
    assert_int_equal(db_session_begin(session, true, &err), 0);
    assert_int_not_equal(db_session_query(session, (enum query)Q_INSERT_SAFE, &params, &result, &err), 0);
    assert_int_equal(db_session_rollback(session, &err), 0);
    assert_int_equal(db_session_query(session, (enum query)Q_BROKEN, NULL, &result, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.message, "broken"));
    kill_backends();
    assert_int_equal(db_session_query(session, (enum query)Q_SILENT, NULL, &result, &err), ERR_IO);
    assert_int_equal(result.status, DB_UNKNOWN);
    db_session_close(session);
    assert_int_equal(db_session_open("host=/nowhere dbname=plenum", &session, &err), ERR_IO);
    assert_null(session);
    assert_int_equal(db_session_open("no such = thing", &session, &err), ERR_INVALID);
}

static void test_a_session_is_lent_again(void **state)
{
    (void)state;
    const char *conninfo = cluster_app_conninfo(cluster);
    struct db_session *first, *second, *third, *again;
    struct err err = {0};
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, 601);
    db_add_text(&params, "lent");
    assert_int_equal(db_session_borrow(conninfo, &first, &err), 0);
    assert_int_equal(db_session_borrow(conninfo, &second, &err), 0);
    assert_int_equal(db_session_borrow(conninfo, &third, &err), 0);
    assert_int_equal(db_session_begin(first, false, &err), 0);
    assert_int_equal(db_session_query(first, (enum query)Q_INSERT, &params, &result, &err), 0);
    db_session_give_back(first); // in the middle: what it began is undone
    assert_int_equal(db_session_borrow(conninfo, &again, &err), 0);
    assert_ptr_equal(again, first);
    assert_int_equal(db_session_query(again, (enum query)Q_INSERT, &params, &result, &err), 0);
    assert_int_equal(db_session_begin(again, false, &err), 0);
    assert_int_equal(db_session_query(again, (enum query)Q_INSERT, &params, &result, &err), ERR_CONFLICT);
    db_session_give_back(again); // in a transaction that has failed
    db_session_give_back(second);
    db_session_give_back(third); // one too many: closed
    kill_backends();
    // The server is through with those that were idle: another one is made.
    assert_int_equal(db_session_borrow(conninfo, &again, &err), 0);
    assert_int_equal(db_session_query(again, (enum query)Q_INSERT, &params, &result, &err), ERR_CONFLICT);
    kill_backends();
    assert_int_equal(db_session_query(again, (enum query)Q_SILENT, NULL, &result, &err), ERR_IO);
    db_session_give_back(again); // broken: closed
    assert_int_equal(db_session_borrow("host=/nowhere dbname=plenum", &again, &err), ERR_IO);
    assert_null(again);
    db_session_give_back(NULL);
    db_sessions_close_idle();
}

// Last of all: afterwards the process opens no session.
static void test_sessions_abort(void **state)
{
    (void)state;
    struct waiting_session waiting = {.query = Q_SLEEP, .number = 600};
    struct db_session *session;
    int64_t begin = clock_monotonic_us();
    waiting_start(&waiting);
    loop_for_ms(100);
    db_sessions_abort();
    assert_int_equal(waiting_end(&waiting), ERR_IO);
    assert_int_equal(waiting.result.status, DB_UNKNOWN);
    assert_in_range(clock_monotonic_us() - begin, 0, 60000000);
    assert_int_equal(db_session_open(cluster_app_conninfo(cluster), &session, &waiting.err), ERR_CLOSED);
    assert_null(session);
}

static int run(const char *data_folder)
{
#define IN_LOOP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_LOOP(test_values),
        IN_LOOP(test_errors),
        IN_LOOP(test_serialization_is_tried_again),
        IN_LOOP(test_timeouts),
        IN_LOOP(test_codes),
        IN_LOOP(test_many_in_order),
        IN_LOOP(test_queue_is_bounded),
        IN_LOOP(test_lost_while_waiting),
        IN_LOOP(test_no_server),
        IN_LOOP(test_commit_without_its_replica),
        IN_LOOP(test_read_only_server),
        IN_LOOP(test_a_silent_host_is_passed_over),
        IN_LOOP(test_hosts_by_name),
        IN_LOOP(test_free_answers_all),
        IN_LOOP(test_drain),
        IN_LOOP(test_listen),
        IN_LOOP(test_session),
        IN_LOOP(test_a_session_is_lent_again),
        IN_LOOP(test_sessions_abort),
    };
    data = data_folder;
    cluster = testing_cluster(data_folder, false);
    free(testing_sql(cluster_owner_conninfo(cluster),
        "create table thing (k bigint primary key, v text not null check (v <> 'bad'));"
        "create table later (k bigint references thing deferrable initially deferred);"
        "create sequence flakes;"
        "create function flaky() returns bigint language plpgsql as $$ declare n bigint = nextval('flakes'); begin"
        "  if n < 4 then raise exception 'try again' using errcode = '40001'; end if; return n; end $$;"
        "create function fail_once(code text) returns bigint language plpgsql as $$ declare n bigint = nextval('flakes'); begin"
        "  if n < 2 then raise exception 'once' using errcode = code; end if; return n; end $$;"
        "create function refuse(t text) returns text language plpgsql as $$ begin raise exception 'no'; end $$;"
        "grant all on all tables in schema public to plenum_app; grant all on sequence flakes to plenum_app"));
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    cluster_stop(cluster, 10000);
    return result;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    return testing_run(run);
}
