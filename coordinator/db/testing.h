// For tests: a private cluster of their own. In the library so that the tests of every room can use it; no daemon
// refers to it, so none links it.
#ifndef COORDINATOR_DB_TESTING_H
#define COORDINATOR_DB_TESTING_H

#include "base/err.h"

struct cluster;

// Calls `run` with a fresh data folder and removes the folder afterwards. As root it does so in a child that has
// become the service user `plenum`, because PostgreSQL refuses root. Returns what main should return.
int testing_run(int (*run)(const char *data_folder));

// Starts a cluster in the folder and, when asked, applies the migrations. Aborts with a message when it can't.
struct cluster *testing_cluster(const char *data_folder, bool migrated);
// The superuser's connection string for the cluster in the folder, to be freed.
char *testing_conninfo_superuser(const char *data_folder);
// Runs SQL as the database's owner (or another conninfo); aborts with a message when it fails. Returns the first
// field of the first row, to be freed, or NULL.
char *testing_sql(const char *conninfo, const char *sql);

#endif
