// What the private cluster needs before it can run: PostgreSQL's programs, a socket folder that fits, a folder made by
// initdb, an honest lock file, and the roles and database inside. Inner part of cluster.c; main thread, blocking.
#ifndef COORDINATOR_DB_CLUSTER_SETUP_H
#define COORDINATOR_DB_CLUSTER_SETUP_H

#include "base/err.h"

#include <limits.h>
#include <sys/types.h>

enum { CLUSTER_PORT = 5432 }; // no port is opened: it is a part of the socket's name

// Runs a program with its output at the end of the file `log` (or into `ret_output` when that is not NULL) and waits.
int cluster_run_program(const char *const *argv, const char *log, char *ret_output, size_t output_size,
    struct err *err) MUST_CHECK;
// In a fresh child: default signals, nothing open but stdin from /dev/null and both outputs at the end of `log`.
void cluster_clean_child(const char *log);

// The folder of PostgreSQL's programs and its major version.
int cluster_find_programs(char folder[PATH_MAX], int *ret_major, struct err *err) MUST_CHECK;
// DATA/run, or a folder of the same user under /tmp when the socket's path would be too long for the kernel
// or holds a comma.
int cluster_socket_folder(const char *data_folder, char folder[PATH_MAX], struct err *err) MUST_CHECK;
// Makes the cluster when `folder` is absent or empty; refuses one of another major version.
int cluster_make(
    const char *folder, const char *programs, int major, const char *log, struct err *err) MUST_CHECK;
// First line of postmaster.pid, or 0.
pid_t cluster_lock_pid(const char *folder);
// PostgreSQL believes lock files (the cluster's and the socket's) whose process id now belongs to somebody else: ids
// are few and come again in a container. Takes them away only when that process is no living PostgreSQL and none works
// in this folder.
void cluster_drop_stale_locks(const char *folder, const char *sockets);
// `unix_socket_directories=...` as a setting of the server's command line.
enum { CLUSTER_SETTING_BYTES = 2 * PATH_MAX + 64 };
void cluster_socket_setting(const char *sockets, char setting[CLUSTER_SETTING_BYTES]);
// Is the process a server that a coordinator has started on this folder (and no administrator)? By its command line.
bool cluster_is_own_server(pid_t pid, const char *folder, const char *sockets);
// Roles and database, as the superuser; does nothing when they are there.
int cluster_make_roles(const char *superuser_conninfo, struct err *err) MUST_CHECK;

#endif
