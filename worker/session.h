// The worker's life: connect, say hello, take one job at a time, bring back what came of it, and again. The main thread
// does all of it but the fit itself, which has a thread of its own (job.h). A link that breaks is made anew with
// jittered back-off; a fit goes on meanwhile and is offered to the coordinator again under its fence.
#ifndef WORKER_SESSION_H
#define WORKER_SESSION_H

#include "base/err.h"

#include <signal.h>
#include <stdint.h>

struct session_settings {
    const char *coordinator; // "host:port" or "@FILE"
    const char *keys;        // folder
    const char *name;
    uint64_t memory_bytes,
        cache_bytes;   // for the data of a fit: in memory, and beyond that in files in `cache`
    const char *cache; // folder
    int wake_fd;       // eventfd: signals and the job's thread write it
    const volatile sig_atomic_t *stopping;
};

// Runs until stopping, or until the coordinator refuses this worker for good. 0 after a clean stop: what was held has
// been finished or given back.
int session_run(const struct session_settings *settings, struct err *err) MUST_CHECK;

#endif
