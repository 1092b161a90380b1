// Large arrays that need not fit in memory: as long as the budget lasts they lie in it, what is more in files without a name, mapped, so
// that the system writes out and reads in what is looked at. The bytes are the same either way. Any thread.
#ifndef BASE_SPILL_H
#define BASE_SPILL_H

#include "base/base.h"

struct spill;

enum { SPILL_LEAST_BYTES = 1024 * 1024 }; // smaller arrays lie in memory and are not counted

// Files are made in `folder`, which is copied, and take at most `file_bytes` together.
struct spill *spill_new(const char *folder, uint64_t memory_bytes, uint64_t file_bytes);
void spill_free(struct spill *spill); // when nothing of it is left; NULL is allowed

// Aligned for any type (large ones to a page); not zeroed. Where neither budget nor disk has room it is memory after all. `spill` NULL:
// memory, uncounted.
void *spill_take(struct spill *spill, size_t bytes);
void spill_give_back(
    struct spill *spill, void *array, size_t bytes); // as many as were taken; array NULL is allowed
uint64_t spill_in_files(struct spill *spill);        // bytes, now

#endif
