// The chat room: endpoints that answer, and conversations of a person with them, streamed to the browser. A turn whose answers
// are whole is an item with a slot leased to the person (migrations/0007_chat.sql), judged by collect's own routes.
#ifndef COORDINATOR_CHAT_CHAT_H
#define COORDINATOR_CHAT_CHAT_H

#include "coordinator/room.h"

extern const struct room chat_room;

#endif
