// Finds the addresses of a connection string's hosts on a thread of its own: libpq looks names up while it connects,
// and a slow name server would stop the loop. Belongs to the loop's thread; the answer comes there.
#ifndef COORDINATOR_DB_LOOKUP_H
#define COORDINATOR_DB_LOOKUP_H

#include "base/base.h"

struct event_base;
struct lookup;

// Parallel lists, comma-separated, without the hosts that were not found; all empty when none was.
struct lookup_answer {
    const char *hosts, *addresses, *ports;
};

// `hosts` as in libpq's `host`, `ports` as in its `port` (NULL: 5432). `done` is called once, unless dropped first;
// the answer is valid during the call.
struct lookup *lookup_start(struct event_base *base, const char *hosts, const char *ports,
    void (*done)(void *arg, const struct lookup_answer *answer), void *arg);
void lookup_drop(struct lookup *lookup); // NULL is allowed; not from `done`, after which it is gone

#endif
