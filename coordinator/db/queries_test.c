// Every compiled-in statement fits the migrated schema, and the application's role may run it.
#include "coordinator/db/cluster.h"
#include "coordinator/db/testing.h"

#include "queries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>

static struct cluster *cluster;

// The error's first line, without the newline.
static void complain(const char *what, const char *name, const char *message)
{
    print_error("%s: %s: %.*s\n", name, what, (int)strcspn(message, "\n"), message);
}

// EXPLAIN plans the statement and checks the role's rights to its tables, and runs nothing.
static bool may_run(PGconn *connection, const char *name)
{
    char sql[1024];
    PGresult *described = PQdescribePrepared(connection, name);
    int n_params = PQnparams(described);
    PQclear(described);
    size_t at = (size_t)snprintf(sql, sizeof(sql), "explain execute %s", name);
    for (int i = 0; i < n_params; i++)
        at += (size_t)snprintf(sql + at, sizeof(sql) - at, "%snull", i == 0 ? "(" : ", ");
    if (n_params > 0)
        snprintf(sql + at, sizeof(sql) - at, ")");
    PGresult *result = PQexec(connection, sql);
    bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    return ok;
}

static void test_every_statement(void **state)
{
    (void)state;
    PGconn *connection = PQconnectdb(cluster_app_conninfo(cluster));
    int n_bad = 0;
    PQclear(PQexec(connection, "set plan_cache_mode = force_generic_plan"));
    for (int i = 0; query_texts[i] != NULL; i++) {
        char name[16];
        snprintf(name, sizeof(name), "q%d", i);
        PGresult *result = PQprepare(connection, name, query_texts[i], 0, NULL);
        bool prepared = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
        if (!prepared)
            complain("does not prepare", query_names[i], PQerrorMessage(connection));
        else if (!may_run(connection, name))
            complain("can't be run by plenum_app", query_names[i], PQerrorMessage(connection));
        else
            continue;
        n_bad++;
    }
    PQfinish(connection);
    assert_int_equal(n_bad, 0);
}

// `query_names` is how the log names them, and `enum query` indexes both.
static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < N_QUERIES; i++) {
        assert_non_null(query_names[i]);
        assert_non_null(query_texts[i]);
        assert_true(
            strspn(query_names[i], "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(query_names[i]));
    }
    assert_null(query_names[N_QUERIES]);
    assert_null(query_texts[N_QUERIES]);
}

static int run(const char *data_folder)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement),
        cmocka_unit_test(test_names),
    };
    cluster = testing_cluster(data_folder, true);
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    cluster_stop(cluster, 10000);
    return result;
}

int main(void)
{
    return testing_run(run);
}
