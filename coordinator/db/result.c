#include "coordinator/db/result.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

static const char *field(const PGresult *rows, int code)
{
    const char *text = rows != NULL ? PQresultErrorField(rows, code) : NULL;
    return text != NULL ? text : "";
}

const char *result_sqlstate(const PGresult *rows)
{
    return field(rows, PG_DIAG_SQLSTATE);
}

static bool has_class(const char *sqlstate, const char *class)
{
    return strncmp(sqlstate, class, strlen(class)) == 0;
}

enum db_status result_status(const PGresult *rows)
{
    ExecStatusType status = PQresultStatus(rows);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE)
        return DB_OK;
    const char *sqlstate = result_sqlstate(rows);
    if (strcmp(sqlstate, "23505") == 0 || strcmp(sqlstate, "23P01") == 0 || strcmp(sqlstate, "40001") == 0 ||
        strcmp(sqlstate, "40P01") == 0)
        return DB_CONFLICT;
    if (has_class(sqlstate, "23") || has_class(sqlstate, "P0"))
        return DB_REJECTED;
    // Too much to do: statement or lock timeout, out of connections, memory or disk.
    if (strcmp(sqlstate, "57014") == 0 || strcmp(sqlstate, "55P03") == 0 || has_class(sqlstate, "53"))
        return DB_BUSY;
    return DB_FAILED;
}

bool result_is_loss(const PGresult *rows, bool *ret_not_executed)
{
    const char *sqlstate = result_sqlstate(rows);
    const char *severity = field(rows, PG_DIAG_SEVERITY_NONLOCALIZED);
    // A primary that became a standby (25006), a server that starts (57P03), and a statement whose plan a migration
    // has overtaken, for which a fresh connection prepares anew: nothing was done.
    *ret_not_executed = strcmp(sqlstate, "25006") == 0 || strcmp(sqlstate, "57P03") == 0 ||
                        (strcmp(sqlstate, "0A000") == 0 &&
                            strcmp(field(rows, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0);
    return *ret_not_executed || has_class(sqlstate, "57P0") || has_class(sqlstate, "08") ||
           strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

bool result_is_doubt(const PGresult *notice)
{
    return strcmp(field(notice, PG_DIAG_SOURCE_FUNCTION), "SyncRepWaitForLSN") == 0;
}

void result_fill(struct db_result *result, enum db_status status, const PGresult *rows)
{
    *result = (struct db_result){
        .status = status,
        .constraint = field(rows, PG_DIAG_CONSTRAINT_NAME),
        .message = field(rows, PG_DIAG_MESSAGE_PRIMARY),
        .n_rows = status == DB_OK && rows != NULL ? PQntuples(rows) : 0,
        .rows = rows,
    };
    const char *sqlstate = result_sqlstate(rows);
    memcpy(result->sqlstate, sqlstate, min_size(strlen(sqlstate), sizeof(result->sqlstate) - 1));
}

// --- values --------------------------------------------------------------------------------------------------------
bool db_is_null(const struct db_result *result, int row, int column)
{
    assert(row >= 0 && row < result->n_rows && column >= 0 && column < PQnfields(result->rows));
    return PQgetisnull(result->rows, row, column);
}

const char *db_text(const struct db_result *result, int row, int column)
{
    assert(row >= 0 && row < result->n_rows && column >= 0 && column < PQnfields(result->rows));
    return PQgetvalue(result->rows, row, column);
}

size_t db_length(const struct db_result *result, int row, int column)
{
    assert(row >= 0 && row < result->n_rows && column >= 0 && column < PQnfields(result->rows));
    return (size_t)PQgetlength(result->rows, row, column);
}

int64_t db_number(const struct db_result *result, int row, int column)
{
    return strtoll(db_text(result, row, column), NULL, 10);
}

double db_real(const struct db_result *result, int row, int column)
{
    return strtod(db_text(result, row, column), NULL);
}

bool db_bool(const struct db_result *result, int row, int column)
{
    return db_text(result, row, column)[0] == 't';
}

struct uuid db_uuid(const struct db_result *result, int row, int column)
{
    struct uuid uuid = {0};
    if (uuid_parse(db_text(result, row, column), &uuid) != 0)
        uuid = (struct uuid){0}; // NULL
    return uuid;
}

const unsigned char *db_bytes(
    const struct db_result *result, int row, int column, struct arena *arena, size_t *ret_size)
{
    const char *text = db_text(result, row, column);
    size_t length = db_length(result, row, column);
    *ret_size = length >= 2 ? (length - 2) / 2 : 0;
    unsigned char *bytes = arena_alloc(arena, *ret_size);
    if (*ret_size == 0)
        return bytes;
    int rc = hex_decode(text + 2, bytes, *ret_size);
    assert(rc == 0 && text[0] == '\\' && text[1] == 'x'); // the column is no bytea
    return bytes;
}
