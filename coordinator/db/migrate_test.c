#include "coordinator/db/migrate.h"

#include "coordinator/db/cluster.h"
#include "coordinator/db/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

static struct cluster *cluster;

static const struct migration first = {"0001_first", "create table thing (n integer primary key);"};
static const struct migration second = {
    "0002_second", "insert into thing values (1);\ninsert into thing values (2);"};
static const struct migration broken = {
    "0003_broken", "insert into thing values (3); insert into thing values (1);"};
static const struct migration ends_itself = {"0003_ends_itself", "insert into thing values (3); commit;"};
static const struct migration none;

static int migrate(const struct migration *list, int *ret_applied, struct err *err)
{
    return migrate_list(cluster_owner_conninfo(cluster), list, ret_applied, err);
}

static void assert_things(const char *expected)
{
    char *sum = testing_sql(cluster_owner_conninfo(cluster), "select coalesce(sum(n), 0) from thing");
    assert_string_equal(sum, expected);
    free(sum);
}

static void test_applies_once(void **state)
{
    (void)state;
    struct err err = {0};
    int n_applied = -1;
    assert_int_equal(migrate((const struct migration[]){first, none}, &n_applied, &err), 0);
    assert_int_equal(n_applied, 1);
    const struct migration both[] = {first, second, none};
    assert_int_equal(migrate(both, &n_applied, &err), 0);
    assert_int_equal(n_applied, 1);
    assert_int_equal(migrate(both, &n_applied, &err), 0);
    assert_int_equal(n_applied, 0);
    assert_things("3");
}

static void test_failure_leaves_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    int n_applied = -1;
    assert_int_equal(
        migrate((const struct migration[]){first, second, broken, none}, &n_applied, &err), ERR_IO);
    assert_int_equal(n_applied, 0);
    assert_non_null(strstr(err.message, "0003_broken"));
    assert_things("3");
    assert_int_equal(
        migrate((const struct migration[]){first, second, ends_itself, none}, &n_applied, &err), ERR_INVALID);
    char *sum = testing_sql(cluster_owner_conninfo(cluster), "select count(*) from schema_migration");
    assert_string_equal(sum, "2");
    free(sum);
    free(testing_sql(cluster_owner_conninfo(cluster), "delete from thing where n = 3"));
}

static void test_refuses_changed_unknown_and_inserted(void **state)
{
    (void)state;
    struct err err = {0};
    int n_applied = -1;
    struct migration changed = second;
    changed.text = "insert into thing values (1);";
    assert_int_equal(
        migrate((const struct migration[]){first, changed, none}, &n_applied, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "differs"));
    assert_int_equal(migrate((const struct migration[]){first, none}, &n_applied, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "0002_second"));
    const struct migration between = {"0001_later", "select 1"};
    assert_int_equal(
        migrate((const struct migration[]){first, between, second, none}, &n_applied, &err), ERR_CONFLICT);
    assert_things("3");
}

static void *migrate_all(void *arg)
{
    int *result = arg, n_applied = 0;
    struct err err = {0};
    *result = migrate_run(cluster_owner_conninfo(cluster), &n_applied, &err) == 0 ? n_applied : -1;
    return NULL;
}

static void test_two_at_once(void **state)
{
    (void)state;
    free(testing_sql(cluster_owner_conninfo(cluster), "drop table thing, schema_migration"));
    pthread_t threads[4];
    int results[4], sum = 0, n_known = 0;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_all, &results[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(results[i] >= 0);
        sum += results[i];
    }
    while (migrations[n_known].name != NULL)
        n_known++;
    assert_true(n_known > 0);
    assert_int_equal(sum, n_known);
}

static void test_no_server(void **state)
{
    (void)state;
    struct err err = {0};
    int n_applied = 0;
    assert_int_equal(migrate_run("host=/nowhere dbname=plenum", &n_applied, &err), ERR_IO);
    assert_non_null(strstr(err.message, "connecting"));
}

static int run(const char *data_folder)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_applies_once),
        cmocka_unit_test(test_failure_leaves_nothing),
        cmocka_unit_test(test_refuses_changed_unknown_and_inserted),
        cmocka_unit_test(test_two_at_once),
        cmocka_unit_test(test_no_server),
    };
    cluster = testing_cluster(data_folder, false);
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    cluster_stop(cluster, 10000);
    return result;
}

int main(void)
{
    return testing_run(run);
}
