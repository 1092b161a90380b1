// What a study says of its chats (`task.chat`), checked and written out in full. Pure.
#ifndef COORDINATOR_CHAT_RULES_H
#define COORDINATOR_CHAT_RULES_H

#include "coordinator/api.h"

enum { CHAT_TURNS_MAX = 20, CHAT_RESPONSES_MAX = 4, CHAT_SYSTEM_MAX = 8000 };

struct chat_rules {
    int responses, turns_min, turns_max;
    bool reveal;
    const char *system; // borrowed, or NULL
};

// `task` as it was sent, of this kind and with these dimensions as they are stored. A new reference; NULL when the task is no chat.
json_t *chat_rules_check(
    struct fields *fields, const json_t *task, const char *kind, const json_t *dimensions);
// As stored.
void chat_rules_read(const json_t *stored, struct chat_rules *ret_rules);

#endif
