// The collect room: projects, their items, assignments, judgments and figures on quality. A judgment goes one way:
// browser, one batched statement, commit, 201.
#ifndef COORDINATOR_COLLECT_COLLECT_H
#define COORDINATOR_COLLECT_COLLECT_H

#include "coordinator/room.h"

extern const struct room collect_room;

#endif
