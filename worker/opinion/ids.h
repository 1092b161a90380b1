// Numbers the caller gave to people or statements, to their places in order of first appearance. Open addressing.
#ifndef WORKER_OPINION_IDS_H
#define WORKER_OPINION_IDS_H

#include "base/base.h"

enum { IDS_NONE = -1 };

struct ids {
    uint64_t *key;
    uint32_t *place; // + 1; 0: empty
    uint32_t n, capacity;
};

void ids_release(struct ids *ids);
int64_t ids_find(const struct ids *ids, uint64_t key); // IDS_NONE: not there
// The key's place; a new key's is `n`.
uint32_t ids_place(struct ids *ids, uint64_t key);

#endif
