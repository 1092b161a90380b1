// Natural group commit against a real cluster, with bad rows, full queues and a server that is killed at work.
#include "base/clock.h"
#include "coordinator/db/cluster.h"
#include "coordinator/db/db.h"
#include "coordinator/db/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>
#include <signal.h>

// Statements of this test instead of the compiled-in ones: the linker takes these.
enum { Q_ADD };
const char *const query_names[] = {"add", NULL};
const char *const query_texts[] = {
    // The tally stands in the same statement, so it tells whether anything was done twice.
    "with given as ("
    " select k::bigint, v, ord from unnest($1::text[], $2::text[]) with ordinality as g (k, v, ord)),"
    " added as (insert into thing (k, v) select k, v from given where v is distinct from 'ignored'"
    "  on conflict (k) do nothing returning k),"
    " counted as (update tally set n_rows = n_rows + (select count(*) from added), n_batches = n_batches + 1)"
    " select ord, k, v from given where v is distinct from 'no answer'",
    NULL,
};

static struct cluster *cluster;
static struct event_base *base;
static struct db *db;
static struct db_batch *batch;
static int n_outstanding;

enum { QUEUE_MAX = 3000, ROWS_MAX = 500 };

static int set_up(void **state UNUSED)
{
    free(testing_sql(
        cluster_owner_conninfo(cluster), "truncate thing; update tally set n_rows = 0, n_batches = 0"));
    base = event_base_new();
    const struct db_settings settings = {
        .conninfo = cluster_app_conninfo(cluster), .queue_max = QUEUE_MAX, .statement_timeout_ms = 5000};
    db = db_new(base, &settings);
    batch = db_batch_new(db, DB_WRITE, (enum query)Q_ADD, 2, ROWS_MAX);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    db_free(db);
    event_base_free(base);
    return 0;
}

static int64_t owner_number(const char *sql)
{
    char *text = testing_sql(cluster_owner_conninfo(cluster), sql);
    int64_t number = strtoll(text, NULL, 10);
    free(text);
    return number;
}

struct answer {
    int64_t key;
    int n;
    enum db_status status;
    char sqlstate[6], value[64];
    bool is_null;
};

static void on_row(void *arg, const struct db_result *result, int row)
{
    struct answer *answer = arg;
    answer->n++;
    answer->status = result->status;
    snprintf(answer->sqlstate, sizeof(answer->sqlstate), "%s", result->sqlstate);
    assert_int_equal(row >= 0, result->status == DB_OK);
    if (row >= 0) {
        assert_int_equal(db_number(result, row, 1), answer->key); // its own row, and not a neighbour's
        snprintf(answer->value, sizeof(answer->value), "%s", db_text(result, row, 2));
        answer->is_null = db_is_null(result, row, 2);
    }
    if (--n_outstanding == 0)
        event_base_loopbreak(base);
}

static void add(struct answer *answer, int64_t key, const char *value)
{
    char text[24], copy[64];
    snprintf(text, sizeof(text), "%lld", (long long)key);
    if (value != NULL)
        snprintf(copy, sizeof(copy), "%s", value);
    answer->key = key;
    n_outstanding++;
    db_batch_add(batch, (const char *const[]){text, value != NULL ? copy : NULL}, on_row, answer);
    assert_int_equal(answer->n, 0);
    memset(text, '#', sizeof(text)); // copied
    memset(copy, '#', sizeof(copy));
}

static void wait_for_answers(void)
{
    event_base_dispatch(base);
    assert_int_equal(n_outstanding, 0);
}

static void test_rows_share_commits(void **state)
{
    (void)state;
    enum { N = 2000 };
    struct answer *answers = calloc(N, sizeof(*answers));
    for (int i = 0; i < N; i++)
        add(&answers[i], i * 7, "x");
    wait_for_answers();
    for (int i = 0; i < N; i++) {
        assert_int_equal(answers[i].n, 1);
        assert_int_equal(answers[i].status, DB_OK);
    }
    assert_int_equal(owner_number("select count(*) from thing"), N);
    assert_int_equal(owner_number("select n_batches from tally"), N / ROWS_MAX);
    free(answers);
}

static void test_values_come_through(void **state)
{
    (void)state;
    static const char *const values[] = {"", "NULL", "null", "{}", "a,b", "\"", "\\", "\\x00ff", "it's",
        " x ", "\n\t", "{\"json\": [1, \"two\"]}", "ünï", NULL};
    struct answer answers[ARRAY_SIZE(values)] = {0};
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        add(&answers[i], (int64_t)i, values[i] == NULL ? NULL : values[i]);
    // The table refuses NULL; all others are in.
    wait_for_answers();
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        assert_int_equal(answers[i].n, 1);
        if (values[i] == NULL) {
            assert_int_equal(answers[i].status, DB_REJECTED);
            assert_string_equal(answers[i].sqlstate, "23502");
        } else {
            assert_int_equal(answers[i].status, DB_OK);
            assert_string_equal(answers[i].value, values[i]);
            assert_false(answers[i].is_null);
        }
    }
    assert_int_equal(owner_number("select count(*) from thing"), ARRAY_SIZE(values) - 1);
}

static void check_split(const int *bad, size_t n_bad)
{
    enum { N = 300 };
    struct answer *answers = calloc(N, sizeof(*answers));
    free(testing_sql(cluster_owner_conninfo(cluster), "truncate thing"));
    for (int i = 0; i < N; i++) {
        bool is_bad = false;
        for (size_t k = 0; k < n_bad; k++)
            is_bad = is_bad || bad[k] == i;
        add(&answers[i], i, is_bad ? "bad" : "good");
        answers[i].is_null = is_bad; // remembered until the answer
    }
    bool expected[N];
    for (int i = 0; i < N; i++)
        expected[i] = answers[i].is_null;
    wait_for_answers();
    for (int i = 0; i < N; i++) {
        assert_int_equal(answers[i].n, 1);
        assert_int_equal(answers[i].status, expected[i] ? DB_REJECTED : DB_OK);
    }
    assert_int_equal(owner_number("select count(*) from thing"), (int64_t)N - (int64_t)n_bad);
    free(answers);
}

static void test_a_bad_row_fails_alone(void **state)
{
    (void)state;
    check_split((const int[]){0}, 1);
    check_split((const int[]){299}, 1);
    check_split((const int[]){149, 150}, 2);
    check_split((const int[]){3, 77, 78, 200, 298}, 5);
    struct answer alone = {0};
    add(&alone, 1000, "bad");
    wait_for_answers();
    assert_int_equal(alone.status, DB_REJECTED);
}

static void test_same_key_twice_in_a_batch(void **state)
{
    (void)state;
    struct answer answers[4] = {0};
    for (int i = 0; i < 4; i++)
        add(&answers[i], 5, "x");
    wait_for_answers();
    for (int i = 0; i < 4; i++)
        assert_int_equal(answers[i].status, DB_OK);
    assert_int_equal(owner_number("select n_rows from tally"), 1);
}

static void test_row_without_answer(void **state)
{
    (void)state;
    struct answer answers[3] = {0};
    add(&answers[0], 1, "x");
    add(&answers[1], 2, "no answer");
    add(&answers[2], 3, "x");
    wait_for_answers();
    assert_int_equal(answers[0].status, DB_OK);
    assert_int_equal(answers[1].status, DB_FAILED);
    assert_int_equal(answers[2].status, DB_OK);
}

static void test_waiting_is_bounded(void **state)
{
    (void)state;
    enum { N = QUEUE_MAX + 100 };
    struct answer *answers = calloc(N, sizeof(*answers));
    for (int i = 0; i < N; i++)
        add(&answers[i], i, "x");
    wait_for_answers();
    int n_busy = 0;
    for (int i = 0; i < N; i++) {
        assert_int_equal(answers[i].n, 1);
        n_busy += answers[i].status == DB_BUSY;
    }
    assert_int_equal(n_busy, 100);
    free(answers);
}

static void test_free_answers_all(void **state)
{
    (void)state;
    enum { N = 1500 };
    struct answer *answers = calloc(N, sizeof(*answers));
    for (int i = 0; i < N; i++)
        add(&answers[i], i, "x");
    db_free(db);
    assert_int_equal(n_outstanding, 0);
    for (int i = 0; i < N; i++)
        assert_int_equal(answers[i].n, 1);
    free(answers);
    const struct db_settings settings = {
        .conninfo = cluster_app_conninfo(cluster), .queue_max = 10, .statement_timeout_ms = 5000};
    db = db_new(base, &settings);
}

// --- killed at work --------------------------------------------------------------------------------------------------
enum { N_WRITERS = 100, N_KEYS = 400000 };

struct writer {
    int64_t key;
    int n_answers, n_asked;
};

static struct {
    struct writer writers[N_WRITERS];
    bool acknowledged[N_KEYS];
    int n_acknowledged, n_again, n_seen;
    int64_t next_key;
    bool enough;
    int n_kills, kills_max;
    bool whole_server;
    struct event *killer;
} load;

static void write_next(struct writer *writer);
static void on_written(void *arg, const struct db_result *result, int row);

static void write_key(struct writer *writer)
{
    char key[24];
    snprintf(key, sizeof(key), "%lld", (long long)writer->key);
    writer->n_asked++;
    n_outstanding++;
    db_batch_add(batch, (const char *const[]){key, "x"}, on_written, writer);
}

static void on_written(void *arg, const struct db_result *result, int row)
{
    struct writer *writer = arg;
    n_outstanding--;
    assert_int_equal(++writer->n_answers, writer->n_asked); // one answer each
    if (result->status == DB_OK) {
        assert_int_equal(db_number(result, row, 1), writer->key);
        assert_false(load.acknowledged[writer->key]);
        load.acknowledged[writer->key] = true;
        load.n_acknowledged++;
        write_next(writer);
        return;
    }
    assert_true(result->status == DB_BUSY || result->status == DB_UNKNOWN);
    load.n_again++;
    write_key(writer); // as a client does: the same key until there is an answer
}

static void write_next(struct writer *writer)
{
    if (load.next_key < N_KEYS && !load.enough) {
        writer->key = load.next_key++;
        write_key(writer);
    } else if (n_outstanding == 0) {
        event_base_loopbreak(base);
    }
}

static void on_kill_time(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    struct err err;
    int rc = cluster_tend(cluster, &err);
    assert_int_equal(rc, 0);
    if (load.n_acknowledged == load.n_seen)
        return; // not back at work yet
    load.n_seen = load.n_acknowledged;
    if (load.n_kills++ >= load.kills_max) {
        load.enough = true;
        event_del(load.killer);
    } else if (load.whole_server) {
        kill(cluster_pid(cluster), SIGKILL);
    } else {
        free(testing_sql(cluster_owner_conninfo(cluster),
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'plenum_app'"));
    }
}

static void run_load(int kills, int pause_ms, bool whole_server)
{
    memset(&load, 0, sizeof(load));
    load.kills_max = kills;
    load.whole_server = whole_server;
    load.killer = event_new(base, -1, EV_PERSIST, on_kill_time, NULL);
    struct timeval pause = {.tv_usec = pause_ms * 1000};
    event_add(load.killer, &pause);
    for (int i = 0; i < N_WRITERS; i++)
        write_next(&load.writers[i]);
    event_base_dispatch(base);
    event_free(load.killer);
    assert_int_equal(n_outstanding, 0);
    assert_true(load.n_kills > kills);
    // Every acknowledged key is there, and none was counted twice.
    int64_t n = owner_number("select count(*) from thing");
    assert_int_equal(n, load.n_acknowledged);
    assert_int_equal(owner_number("select n_rows from tally"), n);
    assert_int_equal(owner_number("select max(k) + 1 from thing"), n);
    print_message("# %d acknowledged, %d asked again\n", load.n_acknowledged, load.n_again);
}

static void test_backends_killed(void **state)
{
    (void)state;
    run_load(15, 30, false);
}

static void test_server_killed(void **state)
{
    (void)state;
    run_load(10, 200, true);
}

static int run(const char *data_folder)
{
#define IN_LOOP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_LOOP(test_rows_share_commits),
        IN_LOOP(test_values_come_through),
        IN_LOOP(test_a_bad_row_fails_alone),
        IN_LOOP(test_same_key_twice_in_a_batch),
        IN_LOOP(test_row_without_answer),
        IN_LOOP(test_waiting_is_bounded),
        IN_LOOP(test_free_answers_all),
        IN_LOOP(test_backends_killed),
        IN_LOOP(test_server_killed),
    };
    cluster = testing_cluster(data_folder, false);
    free(testing_sql(cluster_owner_conninfo(cluster),
        "create table thing (k bigint primary key, v text not null check (v <> 'bad'));"
        "create table tally (n_rows bigint, n_batches bigint); insert into tally values (0, 0);"
        "grant all on all tables in schema public to plenum_app"));
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    cluster_stop(cluster, 10000);
    return result;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    return testing_run(run);
}
