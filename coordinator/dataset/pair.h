// What the formats of preference pairs share: whose pool a file is, how it is cut into annotators, and how a chosen and
// a rejected response become an item with a judgment. Pure but for the sink; belongs to one request.
//
// The stored order of the two responses comes from their content alone, so that the chosen one does not always stand
// first, and importing twice, or the same pair from another file with the other one chosen, meets the same item.
#ifndef COORDINATOR_DATASET_PAIR_H
#define COORDINATOR_DATASET_PAIR_H

#include "coordinator/collect/import.h"

enum { POOL_NAME_MAX_BYTES = 100, PAIRS_PER_ANNOTATOR_MAX = 1000000 };

struct pair_pool {
    struct import *import;
    char name[POOL_NAME_MAX_BYTES + 1];
    int64_t pairs_per_annotator; // 0: the pool is one annotator
};

// Reads ?pool= (default: `otherwise`) and ?pairs_per_annotator=.
int pair_pool_open(
    struct pair_pool *pool, struct import *import, const char *otherwise, struct err *err) MUST_CHECK;

struct pair {
    const json_t *prompt; // [{role, content}, ...], borrowed
    const char *chosen, *rejected;
    const char *source_id; // NULL: the item is known by its content
    int strength;          // 0: none
};
// Rejects the line itself when both are the same.
void pair_add(const struct pair_pool *pool, int64_t line, const struct pair *pair);

#endif
