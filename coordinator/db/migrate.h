// Migrations: forward only, compiled in, checksummed. A database that holds a migration this program does not know, or
// one whose text differs, is refused with a clear message. Runs as the owner, under an advisory lock.
#ifndef COORDINATOR_DB_MIGRATE_H
#define COORDINATOR_DB_MIGRATE_H

#include "base/err.h"

struct migration {
    const char *name, *text;
};
extern const struct migration migrations[]; // ended by a NULL name

// `ret_applied`: how many were new. Blocking. Stops at the first that fails; those before it stay.
int migrate_run(const char *conninfo, int *ret_applied, struct err *err) MUST_CHECK;
// The same with a list of the caller's, for tests.
int migrate_list(
    const char *conninfo, const struct migration *known, int *ret_applied, struct err *err) MUST_CHECK;

#endif
