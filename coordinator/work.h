// A few threads for work that blocks (passphrase hashing, exports, dataset streams), with a bounded queue. `run` is
// called on a pool thread, then `done` on the loop that submitted it. `run` must not touch the request.
#ifndef COORDINATOR_WORK_H
#define COORDINATOR_WORK_H

#include "base/base.h"
#include "base/err.h"

struct work_pool;
struct event_base;

struct work_pool *work_pool_new(int n_threads, int queue_max);
// Waits for what runs; what waits is dropped without `done`, and what it held stays in memory. Only at the process's end, after the
// loops that submitted have ended.
void work_pool_free(struct work_pool *pool);
// On the thread of `base`. ERR_LIMIT when the queue is full: answer 503, and neither `run` nor `done` will be called.
int work_submit(struct work_pool *pool, struct event_base *base, void (*run)(void *arg),
    void (*done)(void *arg), void *arg) MUST_CHECK;

#endif
