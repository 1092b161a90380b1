// Learning: fits are asked for over HTTP, wait in the job queue, are leased to workers over mutual TLS, and come back as
// models. Leases are fenced: a result counts once, whoever dies on the way. Everything but the routes lives on the first
// loop's thread; datasets are read on a thread of their own each, results stored on the pool.
#ifndef COORDINATOR_LEARN_LEARN_H
#define COORDINATOR_LEARN_LEARN_H

#include "coordinator/room.h"

extern const struct room learn_room;

#endif
