// The notify room: what happened (table event, written by every room in the statement of what it tells of) goes to those who
// asked for it, as webhooks after Standard Webhooks 1.0 (docs/webhooks.md). An event arrives at least once, always with the
// same id: a sender that is killed leaves what it had taken to the next one. People are told of the same events on My data.
#ifndef COORDINATOR_NOTIFY_NOTIFY_H
#define COORDINATOR_NOTIFY_NOTIFY_H

#include "coordinator/room.h"

extern const struct room notify_room;

#endif
