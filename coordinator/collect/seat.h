// Where a person stands in a study with quotas: their cell, found from their answers in this process's memory and kept as
// a code. Asks for what must be answered first. Belongs to the loop's thread.
#ifndef COORDINATOR_COLLECT_SEAT_H
#define COORDINATOR_COLLECT_SEAT_H

#include "coordinator/identity/keys.h"

struct actor;
struct http_request;

struct seat {
    bool is_stale;                       // the quotas have changed since they were read: read them again
    bool is_admitted;                    // people are counted, and this one has a place: no cell from here on
    unsigned char cell[KEYS_CODE_BYTES]; // else judgments are counted, in this one
};

// Calls `then` once with the seat; or answers itself: 403 with the type "quota_questions" that names the attributes to
// answer first, 204 with Plenum-Reason: full, 404, 503. `quotas` is borrowed for this call; they are those of `setup`.
void seat_find(struct http_request *request, const struct actor *actor, int64_t shard_key, json_t *quotas,
    int64_t setup, void (*then)(void *arg, const struct seat *seat), void *arg);

// Codes of all cells as '{hex,...}', and the limits as '{n,...}', for the statement that makes a study; in the arena.
struct arena;
const char *seat_codes(const struct keys *keys, struct arena *arena, int64_t shard_key, const json_t *quotas);
const char *seat_limits(
    struct arena *arena, const json_t *quotas, int64_t (*limit)(const json_t *quotas, size_t cell));

#endif
