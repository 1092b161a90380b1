// From libpq's results to ours. Pure.
#ifndef COORDINATOR_DB_RESULT_H
#define COORDINATOR_DB_RESULT_H

#include "coordinator/db/db.h"

#include <libpq-fe.h>

// What a result that is an error means for whoever asked.
enum db_status result_status(const PGresult *rows);
// The error says that this server or connection will not do any more: go to another. Nothing is known of the
// statement, unless `ret_not_executed`.
bool result_is_loss(const PGresult *rows, bool *ret_not_executed);
const char *result_sqlstate(const PGresult *rows); // never NULL
// `rows` may be NULL.
void result_fill(struct db_result *result, enum db_status status, const PGresult *rows);

// A commit that did not wait for its replica says so by this warning and nothing else: it is done here, and perhaps nowhere
// else, so nobody may call it done.
bool result_is_doubt(const PGresult *notice);

#endif
