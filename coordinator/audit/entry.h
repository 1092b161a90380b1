// One entry of the log, as any room writes it into log_outbox in the statement of the change it tells of: canonical
// JSON with its `type`, `id` and time `at` (schema: docs/audit.md). Everybody can read the log, for ever: it holds ids and
// hashes, never a text, an answer, a person or a choice.
#ifndef COORDINATOR_AUDIT_ENTRY_H
#define COORDINATOR_AUDIT_ENTRY_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/id.h"

#include <jansson.h>

struct audit_entry {
    struct uuid id;
    const char *text;                    // in the arena
    unsigned char leaf_hash[HASH_BYTES]; // RFC 6962; void when a statement fills in "@version" afterwards
};

// Takes the reference of `members`.
void audit_entry_make(struct arena *arena, const char *type, json_t *members, struct audit_entry *ret_entry);

#endif
