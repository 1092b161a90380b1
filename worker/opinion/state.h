// What a struct opinion is, and its state as bytes.
#ifndef WORKER_OPINION_STATE_H
#define WORKER_OPINION_STATE_H

#include "worker/opinion/groups.h"

struct opinion {
    struct votes votes;
    bool has_standing; // a fit was made, or restored, and the next one is warm
    struct standing standing;
    unsigned char state_hash[OPINION_HASH_BYTES]; // of the standing's bytes
    struct buf state;                             // those bytes
};

// Writes the standing into opinion->state and its hash. `predecessor` is that of the state it started from.
void state_write(struct opinion *opinion, const unsigned char predecessor[OPINION_HASH_BYTES]);

// Result of a standing over a view; ids may be NULL. Used for refits too.
void result_fill(const struct view *view, const uint64_t *row_id, const uint64_t *column_id,
    const struct standing *standing, struct arena *arena, struct opinion_result *result);
// A cold fit: two passes (one, above GROUPS_ONE_PASS_FROM people).
void cold_fit(const struct view *view, const struct gram *gram, struct standing *standing);

#endif
