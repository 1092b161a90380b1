// A connection string taken apart once, with what every connection of ours adds: timeouts on the server's side, dead
// peers noticed by the kernel, a primary asked for when several hosts are named. Immutable after making.
#ifndef COORDINATOR_DB_CONNINFO_H
#define COORDINATOR_DB_CONNINFO_H

#include "base/err.h"

struct conninfo {
    // Parallel, ended by NULL: as PQconnectStartParams wants them.
    const char **keywords;
    const char **values;
    // Names that must be looked up before a connection that may not block; NULL when there are none.
    const char *hosts, *ports;
    void *options; // PQconninfoOption: owns the strings
    char *session_options;
};

struct conninfo_timeouts {
    int statement_ms, lock_ms, idle_in_transaction_ms; // 0: none
    // For connections of short statements alone: one plan each, by index. Otherwise a plan made while a table was small
    // reads all of it later, and the large ones are planned anew at each use, which costs more than they do.
    bool short_statements;
};

int conninfo_parse(const char *text, const struct conninfo_timeouts *timeouts, struct conninfo *ret_conninfo,
    struct err *err) MUST_CHECK;
void conninfo_release(struct conninfo *conninfo);

#endif
