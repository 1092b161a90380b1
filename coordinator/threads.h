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
// Lets requests finish: those that still wait for the database shortly before `deadline_ms` are answered 503, and at the
// deadline all connections are closed. Returns as soon as no loop accepts connections any more.
void threads_drain(struct threads *threads, int deadline_ms);
void threads_join(struct threads *threads); // after threads_drain: waits for their ends, and frees them
// All loops' databases are reachable. Any thread.
bool threads_ready(const struct threads *threads);

#endif
