// Names that a dataset's header lists, and columns refer to by number: in the order of their bytes. Of the stream's thread.
#ifndef COORDINATOR_LEARN_NAMES_H
#define COORDINATOR_LEARN_NAMES_H

#include "base/base.h"
#include "base/err.h"
#include "coordinator/db/db.h"

struct learn_names {
    char **name;
    uint32_t n;
    bool more; // there are more than `max`
};

// The first column of a query of (shard_key, how many, longest in bytes), at most `max`.
int learn_names_read(struct db_session *session, enum query query, int64_t shard_key, uint32_t max,
    size_t max_bytes, struct learn_names *ret_names, struct err *err) MUST_CHECK;
void learn_names_forget(struct learn_names *names);
uint32_t learn_names_index(
    const struct learn_names *names, const char *name); // UINT32_MAX: not among them; NULL is not

#endif
