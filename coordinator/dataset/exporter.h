// Runs queued exports, one at a time in this process: the queue is the table `export`, so nothing is forgotten when the
// process is. Any number of processes may share the queue; each claims what it runs. Any loop thread may call
// exporter_wake.
#ifndef COORDINATOR_DATASET_EXPORTER_H
#define COORDINATOR_DATASET_EXPORTER_H

#include "base/err.h"

struct app;
struct loop;
struct exporter;

// Puts what was running when this deployment last stopped back into the queue. Main thread; blocks.
int exporter_start(const struct app *app, struct exporter **ret_exporter, struct err *err) MUST_CHECK;
// There may be something queued. Never blocks.
void exporter_wake(struct exporter *exporter, struct loop *loop);
// What runs gives up soon and is run again at the next start. After the loops have ended, before the work pool does; it stays
// in memory, for the pool may still be at it.
void exporter_stop(struct exporter *exporter);

#endif
