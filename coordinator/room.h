// What a room of the coordinator brings to the process: its routes, and what starts and stops with it. main.c holds the
// list; starts run in its order, stops in the reverse. Any function may be NULL.
#ifndef COORDINATOR_ROOM_H
#define COORDINATOR_ROOM_H

#include "base/err.h"
#include "coordinator/loop.h"

struct http_route;

struct room {
    const char *name;
    const struct http_route *routes;
    int (*start)(struct app *app, struct err *err);        // main thread, may block; the database is there
    int (*loop_start)(struct loop *loop, struct err *err); // main thread, before the loop runs
    void (*loop_stop)(struct loop *loop);                  // on the loop's thread, after the last request
    void (*stop)(struct app *app);                         // main thread, after all loops have ended
};

#endif
