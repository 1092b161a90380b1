#include "coordinator/db/cluster.h"

#include "base/clock.h"
#include "coordinator/db/cluster_setup.h"
#include "coordinator/db/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *data;

static void nap(void)
{
    struct timespec time = {.tv_nsec = 50000000};
    nanosleep(&time, NULL);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_value(const char *conninfo, const char *sql, const char *expected)
{
    char *value = testing_sql(conninfo, sql);
    assert_non_null(value);
    assert_string_equal(value, expected);
    free(value);
}

static bool can_connect(const char *conninfo)
{
    PGconn *connection = PQconnectdb(conninfo);
    bool ok = PQstatus(connection) == CONNECTION_OK;
    PQfinish(connection);
    return ok;
}

static void tend_until_up(struct cluster *cluster)
{
    struct err err = {0};
    for (int i = 0; i < 1200; i++) {
        assert_int_equal(cluster_tend(cluster, &err), 0);
        if (can_connect(cluster_app_conninfo(cluster)))
            return;
        nap();
    }
    fail_msg("the cluster did not come up again");
}

static void test_made_as_promised(void **state)
{
    (void)state;
    struct cluster *cluster = testing_cluster(data, false);
    const char *owner = cluster_owner_conninfo(cluster), *app = cluster_app_conninfo(cluster);
    assert_value(owner, "show data_checksums", "on");
    assert_value(owner, "show listen_addresses", "");
    assert_value(owner, "show fsync", "on");
    assert_value(owner, "show server_encoding", "UTF8");
    assert_value(owner,
        "select datcollate || ' ' || datctype from pg_database where datname = current_database()", "C C");
    assert_value(owner, "select current_user", "plenum_owner");
    assert_value(app, "select current_user", "plenum_app");
    assert_value(app,
        "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user", "f");
    assert_value(owner,
        "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user", "f");
    struct stat stat_buf;
    char path[512];
    snprintf(path, sizeof(path), "%s/run", data);
    assert_int_equal(stat(path, &stat_buf), 0);
    assert_int_equal(stat_buf.st_mode & 0777, 0700);
    free(testing_sql(owner, "create table kept as select 42 as n"));
    cluster_stop(cluster, 10000);
}

static void test_second_start_keeps_all(void **state)
{
    (void)state;
    struct cluster *cluster = testing_cluster(data, false);
    assert_value(cluster_owner_conninfo(cluster), "select n from kept", "42");
    cluster_stop(cluster, 10000);
}

static void test_killed_server_comes_back(void **state)
{
    (void)state;
    struct cluster *cluster = testing_cluster(data, false);
    const char *owner = cluster_owner_conninfo(cluster);
    for (int n = 43; n < 46; n++) {
        char sql[64], expected[16];
        snprintf(sql, sizeof(sql), "update kept set n = %d", n);
        snprintf(expected, sizeof(expected), "%d", n);
        free(testing_sql(owner, sql));
        pid_t before = cluster_pid(cluster);
        assert_int_equal(kill(before, SIGKILL), 0);
        while (can_connect(owner))
            nap();
        tend_until_up(cluster);
        assert_int_not_equal(cluster_pid(cluster), before);
        assert_value(owner, "select n from kept", expected);
    }
    cluster_stop(cluster, 10000);
}

// A coordinator that is killed takes the server down, and the next one takes over at once.
static pid_t server_of_a_killed_parent(int signal)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct cluster *own = testing_cluster(data, false);
        pid_t server = cluster_pid(own);
        if (write(ends[1], &server, sizeof(server)) != (ssize_t)sizeof(server))
            _exit(1);
        for (;;)
            pause();
    }
    pid_t server = 0;
    assert_int_equal(read(ends[0], &server, sizeof(server)), sizeof(server));
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(kill(server, signal), 0);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    return server;
}

static void test_killed_parent(void **state)
{
    (void)state;
    pid_t server = server_of_a_killed_parent(0);
    struct cluster *cluster = testing_cluster(data, false);
    assert_int_not_equal(cluster_pid(cluster), server);
    assert_value(cluster_owner_conninfo(cluster), "select n from kept", "45");
    cluster_stop(cluster, 10000);
}

// Its server does not hear that it is to stop. PostgreSQL 15 does so when it is told while it recovers from the crash of
// a backend: then it waits for ever for a checkpointer that nobody has told.
static void test_killed_parent_of_a_hung_server(void **state)
{
    (void)state;
    pid_t server = server_of_a_killed_parent(SIGSTOP);
    struct cluster *cluster = testing_cluster(data, false);
    assert_int_not_equal(cluster_pid(cluster), server);
    assert_value(cluster_owner_conninfo(cluster), "select n from kept", "45");
    cluster_stop(cluster, 10000);
}

static void test_stale_lock_of_a_stranger(void **state)
{
    (void)state;
    char path[512], text[128];
    snprintf(path, sizeof(path), "%s/postgres/postmaster.pid", data);
    // The id of a process that lives, is ours and is no PostgreSQL: this test.
    pid_t stranger = fork();
    if (stranger == 0) {
        for (;;)
            pause();
    }
    snprintf(text, sizeof(text), "%ld\n%s/postgres\n1\n5432\n\n\n\n", (long)stranger, data);
    write_text(path, text);
    snprintf(path, sizeof(path), "%s/run/.s.PGSQL.5432.lock", data);
    write_text(path, text);
    struct cluster *cluster = testing_cluster(data, false);
    assert_value(cluster_owner_conninfo(cluster), "select n from kept", "45");
    cluster_stop(cluster, 10000);
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
}

// Killed, and nobody has reaped it: its id is still taken.
static void test_lock_of_a_zombie(void **state)
{
    (void)state;
    struct cluster *dead = testing_cluster(data, false);
    assert_int_equal(kill(cluster_pid(dead), SIGKILL), 0);
    while (can_connect(cluster_owner_conninfo(dead)))
        nap();
    struct cluster *cluster = testing_cluster(data, false);
    assert_value(cluster_owner_conninfo(cluster), "select n from kept", "45");
    cluster_stop(cluster, 10000);
    cluster_stop(dead, 10000); // reaps it
}

static void test_other_version_is_left_alone(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof(path), "%s/postgres/PG_VERSION", data);
    write_text(path, "14\n");
    struct cluster *cluster = NULL;
    struct err err = {0};
    assert_int_equal(cluster_start(data, &cluster, &err), ERR_CONFLICT);
    assert_null(cluster);
    assert_non_null(strstr(err.message, "PostgreSQL 14"));
    write_text(path, "15\n");
    cluster = testing_cluster(data, false);
    assert_value(cluster_owner_conninfo(cluster), "select n from kept", "45");
    cluster_stop(cluster, 10000);
}

static void test_strange_folder_is_left_alone(void **state)
{
    (void)state;
    char folder[512], path[640];
    snprintf(folder, sizeof(folder), "%s/strange", data);
    snprintf(path, sizeof(path), "%s/postgres", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/postgres/precious", folder);
    write_text(path, "mine\n");
    struct cluster *cluster = NULL;
    struct err err = {0};
    assert_int_equal(cluster_start(folder, &cluster, &err), ERR_CONFLICT);
    assert_int_equal(access(path, F_OK), 0);
}

// initdb was cut off: what it left is ours to remove, and the cluster is made anew.
static void test_half_made_is_made_anew(void **state)
{
    (void)state;
    char folder[512], path[640];
    snprintf(folder, sizeof(folder), "%s/half", data);
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(path, sizeof(path), "%s/postgres.new", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/postgres.new/PG_VERSION", folder);
    write_text(path, "15\n");
    struct cluster *cluster = testing_cluster(folder, false);
    assert_value(cluster_app_conninfo(cluster), "select 1", "1");
    cluster_stop(cluster, 10000);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void test_long_path_and_hard_letters(void **state)
{
    (void)state;
    char folder[512], sockets[PATH_MAX];
    struct err err = {0};
    snprintf(folder, sizeof(folder), "%s/%s", data, "it's \"quoted\" \\ long");
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(cluster_socket_folder(folder, sockets, &err), 0);
    assert_non_null(strstr(sockets, "/run"));
    struct cluster *cluster = testing_cluster(folder, false);
    assert_value(cluster_app_conninfo(cluster), "select 1", "1");
    cluster_stop(cluster, 10000);
    snprintf(folder, sizeof(folder), "%s/comma, x", data);
    assert_int_equal(cluster_socket_folder(folder, sockets, &err), 0);
    assert_int_equal(strncmp(sockets, "/tmp/plenum-", 12), 0);
    assert_int_equal(rmdir(sockets), 0);
    size_t length = strlen(folder);
    memset(folder + length, 'x', 120);
    folder[length + 120] = '\0';
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(cluster_socket_folder(folder, sockets, &err), 0);
    assert_int_equal(strncmp(sockets, "/tmp/plenum-", 12), 0);
    cluster = testing_cluster(folder, false);
    assert_value(cluster_app_conninfo(cluster), "select 1", "1");
    cluster_stop(cluster, 10000);
    assert_int_equal(rmdir(sockets), 0);
}

static int run(const char *data_folder)
{
    data = data_folder;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_as_promised),
        cmocka_unit_test(test_second_start_keeps_all),
        cmocka_unit_test(test_killed_server_comes_back),
        cmocka_unit_test(test_killed_parent),
        cmocka_unit_test(test_killed_parent_of_a_hung_server),
        cmocka_unit_test(test_stale_lock_of_a_stranger),
        cmocka_unit_test(test_lock_of_a_zombie),
        cmocka_unit_test(test_other_version_is_left_alone),
        cmocka_unit_test(test_strange_folder_is_left_alone),
        cmocka_unit_test(test_half_made_is_made_anew),
        cmocka_unit_test(test_long_path_and_hard_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return testing_run(run);
}
