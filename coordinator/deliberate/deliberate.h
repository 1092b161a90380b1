// Conversations of a community: statements of its members, moderated with public reasons and an appeal, and votes on them. What is
// next for somebody is drawn by priority, and the probability kept with the vote. Handlers run on loop threads.
#ifndef COORDINATOR_DELIBERATE_DELIBERATE_H
#define COORDINATOR_DELIBERATE_DELIBERATE_H

#include "coordinator/room.h"

extern const struct room deliberate_room;

#endif
