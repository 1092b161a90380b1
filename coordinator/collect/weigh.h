// Studies that draw their tasks by a model: a timer on loop 0 of each coordinator looks for one whose items were not weighed by
// its newest model, and has a thread of the pool do it, a page of items at a time (migrations/0018_weighing.sql). Any number of
// coordinators may do so at once: the values are the same. A process that dies in the middle has only begun; whoever looks next
// does it.
#ifndef COORDINATOR_COLLECT_WEIGH_H
#define COORDINATOR_COLLECT_WEIGH_H

#include "base/err.h"

struct loop;

int weigh_start(struct loop *loop, struct err *err) MUST_CHECK;
// What is being weighed is given up, and the thread ends soon.
void weigh_stop(void);

#endif
