#include "coordinator/db/migrate.h"

#include "base/hash.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

// Any constant will do; this one is "plenum" in ASCII. Two coordinators that start at once wait for each other here.
#define LOCK_KEY "123633352373613"

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

static int fail(PGconn *connection, struct err *err, const char *what)
{
    char message[256];
    snprintf(message, sizeof(message), "%s", PQerrorMessage(connection));
    message[strcspn(message, "\n")] = '\0';
    return err_set(err, ERR_IO, "migrations: %s: %s", what, message);
}

static int run(PGconn *connection, const char *sql, const char *what, struct err *err)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    int rc = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : fail(connection, err, what);
    PQclear(result);
    return rc;
}

static void checksum(const struct migration *migration, char hex[HASH_HEX_BYTES])
{
    unsigned char hash[HASH_BYTES];
    hash_sha256(migration->text, strlen(migration->text), hash);
    hex_encode(hash, sizeof(hash), hex);
}

// What is applied must be a beginning of what this program knows, text for text. Returns their number in `ret_n`.
static int check_applied(PGconn *connection, const struct migration *known, int *ret_n, struct err *err)
{
    PGresult *result =
        PQexec(connection, "select name, encode(checksum, 'hex') from public.schema_migration order by name");
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        PQclear(result);
        return fail(connection, err, "reading schema_migration");
    }
    int rc = 0;
    *ret_n = PQntuples(result);
    for (int i = 0, n_known = 0; i < *ret_n && rc == 0; i++) {
        const char *name = PQgetvalue(result, i, 0);
        char hex[HASH_HEX_BYTES];
        if (known[n_known].name == NULL || strcmp(known[n_known].name, name) != 0) {
            rc = err_set(err, ERR_CONFLICT,
                "the database holds migration %s, which this program does not know: it was used by a newer or a "
                "different Plenum",
                name);
            break;
        }
        checksum(&known[n_known++], hex);
        if (strcmp(hex, PQgetvalue(result, i, 1)) != 0)
            rc = err_set(err, ERR_CONFLICT,
                "migration %s is not the one that was applied to this database (its text differs)", name);
    }
    PQclear(result);
    return rc;
}

static int apply(PGconn *connection, const struct migration *migration, struct err *err)
{
    char hex[HASH_HEX_BYTES];
    checksum(migration, hex);
    const char *values[] = {migration->name, hex};
    int rc = run(connection, "begin", migration->name, err);
    if (rc == 0)
        rc = run(connection, migration->text, migration->name, err);
    // A text that ended its own transaction may have done half of its work for good: never mark it as done.
    if (rc == 0 && PQtransactionStatus(connection) != PQTRANS_INTRANS)
        rc = err_set(err, ERR_INVALID, "migration %s ends the transaction it runs in", migration->name);
    if (rc == 0) {
        PGresult *result = PQexecParams(connection,
            "insert into public.schema_migration (name, checksum) values ($1, decode($2, 'hex'))", 2, NULL,
            values, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            rc = fail(connection, err, migration->name);
        PQclear(result);
    }
    if (rc == 0)
        rc = run(connection, "commit", migration->name, err);
    if (rc != 0)
        PQclear(PQexec(connection, "rollback")); // the first error is the one to tell; closing ends it anyway
    return rc;
}

int migrate_list(const char *conninfo, const struct migration *known, int *ret_applied, struct err *err)
{
    *ret_applied = 0;
    PGconn *connection = PQconnectdb(conninfo);
    if (PQstatus(connection) != CONNECTION_OK) {
        int rc = fail(connection, err, "connecting");
        PQfinish(connection);
        return rc;
    }
    PQsetNoticeReceiver(connection, ignore_notice, NULL);
    int n_applied = 0;
    int rc = run(connection,
        "set statement_timeout = 0; set lock_timeout = '60s'; set idle_in_transaction_session_timeout = 0;"
        "set search_path = public; set client_min_messages = warning",
        "preparing the session", err);
    if (rc == 0)
        rc = run(connection, "select pg_advisory_lock(" LOCK_KEY ")", "waiting for another migration", err);
    if (rc == 0)
        rc = run(connection,
            "create table if not exists public.schema_migration ("
            " name text primary key,"
            " checksum bytea not null check (length(checksum) = 32),"
            " applied_at timestamptz not null default now())",
            "creating schema_migration", err);
    if (rc == 0)
        rc = check_applied(connection, known, &n_applied, err);
    for (int i = n_applied; rc == 0 && known[i].name != NULL; i++) {
        rc = apply(connection, &known[i], err);
        if (rc == 0)
            ++*ret_applied;
    }
    PQfinish(connection); // lets go of the advisory lock
    return rc;
}

int migrate_run(const char *conninfo, int *ret_applied, struct err *err)
{
    return migrate_list(conninfo, migrations, ret_applied, err);
}
