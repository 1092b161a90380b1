// The private PostgreSQL cluster under PLENUM_DATA/postgres: unix socket only, checksums on, C collation, UTF-8, roles
// plenum_owner (migrates) and plenum_app (does the rest). Made once, started with the coordinator, stopped with it, and
// taken down by the kernel if the coordinator is killed. Called from the main thread only; blocking.
#ifndef COORDINATOR_DB_CLUSTER_H
#define COORDINATOR_DB_CLUSTER_H

#include "base/err.h"

#include <sys/types.h>

struct cluster;

// initdb when the folder is empty, then start and wait until it answers. Never wipes a folder: one made by another
// major version is an error that says so. The process must not be root any more.
int cluster_start(const char *data_folder, struct cluster **ret_cluster, struct err *err) MUST_CHECK;
const char *cluster_owner_conninfo(const struct cluster *cluster);
const char *cluster_app_conninfo(const struct cluster *cluster);
pid_t cluster_pid(const struct cluster *cluster);
// Looks after the child: when it has died (waitpid says so) starts it again. Call once a second, and on
// SIGCHLD, from the main thread.
int cluster_tend(struct cluster *cluster, struct err *err) MUST_CHECK;
// Fast shutdown; when it is not over shortly before `deadline_ms`, PostgreSQL is killed, and recovers at the next start.
void cluster_stop(struct cluster *cluster, int deadline_ms);

#endif
