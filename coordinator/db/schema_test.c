// The migrated schema keeps the rules that let one machine become many (DESIGN.md, "From one machine to many").
#include "coordinator/db/cluster.h"
#include "coordinator/db/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>

static struct cluster *cluster;
static PGconn *connection;

// Every row of `sql` is a complaint.
static void assert_no_rows(const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s", PQerrorMessage(connection));
    int n = PQntuples(result);
    for (int i = 0; i < n; i++)
        print_error("%s\n", PQgetvalue(result, i, 0));
    PQclear(result);
    assert_int_equal(n, 0);
}

// schema/tables.txt as a temporary table `manifest`.
static void load_manifest(void)
{
    FILE *file = fopen("schema/tables.txt", "re");
    assert_non_null(file); // run from the root of the checkout
    PQclear(
        PQexec(connection, "create temporary table manifest (name text primary key, kind text not null)"));
    char line[256];
    while (fgets(line, sizeof(line), file) != NULL) {
        char name[128], kind[32];
        if (line[0] == '#' || line[0] == '\n')
            continue;
        assert_int_equal(sscanf(line, "%127[a-z_]: %31[a-z]", name, kind), 2);
        assert_true(
            strcmp(kind, "sharded") == 0 || strcmp(kind, "reference") == 0 || strcmp(kind, "local") == 0);
        const char *values[] = {name, kind};
        PGresult *result =
            PQexecParams(connection, "insert into manifest values ($1, $2)", 2, NULL, values, NULL, NULL, 0);
        assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
        PQclear(result);
    }
    fclose(file);
}

#define TABLES                                                                                               \
    "(select oid, relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p'))"

static void test_manifest_is_complete(void **state)
{
    (void)state;
    assert_no_rows("select relname || ' is not in schema/tables.txt' from " TABLES
                   " t left join manifest m on m.name = t.relname where m.name is null");
    assert_no_rows("select name || ' is in schema/tables.txt and not in the database' from manifest"
                   " m left join " TABLES " t on m.name = t.relname where t.relname is null");
}

static void test_sharded_tables_have_their_key(void **state)
{
    (void)state;
    assert_no_rows(
        "select m.name || ': shard_key bigint not null is missing' from manifest m where m.kind = 'sharded'"
        " and not exists (select from pg_attribute a where a.attrelid = ('public.' || m.name)::regclass"
        " and a.attname = 'shard_key' and a.atttypid = 'bigint'::regtype and a.attnotnull)");
    assert_no_rows(
        "select m.name || ': has no primary key' from manifest m where not exists (select from pg_index i"
        " where i.indrelid = ('public.' || m.name)::regclass and i.indisprimary)");
}

static void test_unique_keys_begin_with_the_shard(void **state)
{
    (void)state;
    assert_no_rows(
        "select i.indexrelid::regclass || ': a unique key of a sharded table must begin with shard_key'"
        " from manifest m join pg_index i on i.indrelid = ('public.' || m.name)::regclass and i.indisunique"
        " left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"
        " where m.kind = 'sharded' and a.attname is distinct from 'shard_key'");
}

static void test_foreign_keys_stay_in_the_shard(void **state)
{
    (void)state;
    assert_no_rows(
        "select c.conname || ': a foreign key of a sharded table must hold shard_key on both sides'"
        " from pg_constraint c join manifest m on c.conrelid = ('public.' || m.name)::regclass"
        " join manifest r on c.confrelid = ('public.' || r.name)::regclass"
        " where c.contype = 'f' and m.kind = 'sharded' and r.kind = 'sharded' and not exists ("
        "  select from generate_subscripts(c.conkey, 1) i"
        "  join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[i]"
        "  join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[i]"
        "  where a.attname = 'shard_key' and b.attname = 'shard_key')");
    assert_no_rows("select c.conname || ': ' || m.kind || ' must not refer to ' || r.kind"
                   " from pg_constraint c join manifest m on c.conrelid = ('public.' || m.name)::regclass"
                   " join manifest r on c.confrelid = ('public.' || r.name)::regclass"
                   " where c.contype = 'f' and m.kind <> r.kind and r.kind <> 'reference'");
}

static void test_nothing_that_does_not_shard(void **state)
{
    (void)state;
    assert_no_rows("select relname || ' is a sequence' from pg_class"
                   " where relnamespace = 'public'::regnamespace and relkind = 'S'");
    assert_no_rows(
        "select tgname || ' is a trigger on ' || tgrelid::regclass from pg_trigger where not tgisinternal");
    assert_no_rows("select conname || ' is deferrable' from pg_constraint"
                   " where connamespace = 'public'::regnamespace and condeferrable");
    assert_no_rows("select conname || ' is an exclusion constraint' from pg_constraint"
                   " where connamespace = 'public'::regnamespace and contype = 'x'");
    assert_no_rows(
        "select rulename || ' is a rule on ' || tablename from pg_rules where schemaname = 'public'");
    assert_no_rows("select relname || ' is unlogged' from pg_class"
                   " where relnamespace = 'public'::regnamespace and relpersistence <> 'p'");
    assert_no_rows("select a.attrelid::regclass || '.' || a.attname || ' is generated by identity'"
                   " from pg_attribute a join " TABLES " t on t.oid = a.attrelid where a.attidentity <> ''");
}

// What is append-only is so by right, and not by habit.
static void test_append_only_by_right(void **state)
{
    (void)state;
    assert_no_rows(
        "select t || ': plenum_app may ' || p from unnest(array['guideline', 'item', 'response', 'judgment',"
        " 'ballot', 'constitution', 'model', 'model_bytes', 'log_entry', 'log_checkpoint']) t,"
        " unnest(array['update', 'delete', 'truncate']) p"
        " where has_table_privilege('plenum_app', 'public.' || t, p)");
    assert_no_rows("select t.relname || ' belongs to plenum_app' from pg_class t where relowner ="
                   " 'plenum_app'::regrole");
    assert_no_rows(
        "select 'plenum_app may create in public' where has_schema_privilege('plenum_app', 'public',"
        " 'create')");
}

static int run(const char *data_folder)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest_is_complete),
        cmocka_unit_test(test_sharded_tables_have_their_key),
        cmocka_unit_test(test_unique_keys_begin_with_the_shard),
        cmocka_unit_test(test_foreign_keys_stay_in_the_shard),
        cmocka_unit_test(test_nothing_that_does_not_shard),
        cmocka_unit_test(test_append_only_by_right),
    };
    cluster = testing_cluster(data_folder, true);
    connection = PQconnectdb(cluster_owner_conninfo(cluster));
    load_manifest();
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    PQfinish(connection);
    cluster_stop(cluster, 10000);
    return result;
}

int main(void)
{
    return testing_run(run);
}
