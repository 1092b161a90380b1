#include "coordinator/audit/entry.h"

#include "base/clock.h"
#include "base/merkle.h"
#include "coordinator/api.h"

#include <stdlib.h>
#include <string.h>

void audit_entry_make(struct arena *arena, const char *type, json_t *members, struct audit_entry *ret_entry)
{
    char id[UUID_TEXT_BYTES];
    ret_entry->id = uuid_new();
    uuid_format(ret_entry->id, id);
    json_object_set_new(members, "id", json_string(id));
    json_object_set_new(members, "type", json_string(type));
    json_object_set_new(members, "at", json_time_us(clock_real_us()));
    char *text = json_canonical(members);
    ret_entry->text = arena_strdup(arena, text);
    merkle_leaf(text, strlen(text), ret_entry->leaf_hash);
    free(text);
    json_decref(members);
}
