// Names to numbers 0, 1, 2 ... in the order they were first added. Not thread-safe.
#ifndef CTL_NAMES_H
#define CTL_NAMES_H

#include "base/base.h"

#define NAMES_NONE UINT32_MAX

struct names {
    char **name; // of each number
    uint32_t n, capacity;
    uint32_t *slot; // open addressing, 0: free, else number + 1; a power of two of them
    uint32_t n_slots;
};

void names_init(struct names *names);
void names_release(struct names *names);
uint32_t names_find(const struct names *names, const char *name); // NAMES_NONE: not there
// Adds it when it is new; *ret_new says so (may be NULL).
uint32_t names_add(struct names *names, const char *name, bool *ret_new);

#endif
