// The loop threads: each with its event base, HTTP server and database connections; nothing shared but `struct app`.
// Called from the main thread.
#ifndef COORDINATOR_THREADS_H
#define COORDINATOR_THREADS_H

#include "base/err.h"
#include "coordinator/http/http.h"
#include "coordinator/room.h"

struct threads;

// `rooms` is NULL-terminated. Ports are served when this returns.
int threads_start(struct app *app, int n, const struct http_settings *http, const struct room *const *rooms,
    struct threads **ret_threads, struct err *err) MUST_CHECK;
// Stops accepting, lets requests finish (at most `deadline_ms` in all), ends the threads.
void threads_stop(struct threads *threads, int deadline_ms);
// All loops' databases are reachable. Any thread.
bool threads_ready(const struct threads *threads);

#endif
