// Files of Polis: `votes.csv` (timestamp, comment-id, voter-id, vote, one a line; taken in the order of time, and of the file
// within one time) and `participants-votes.csv` (a line a participant, a column a statement; taken in the order of the file).
#ifndef CTL_POLIS_H
#define CTL_POLIS_H

#include "base/err.h"
#include "worker/opinion/opinion.h"

struct polis_votes {
    uint32_t n, capacity;
    bool has_times;
    uint64_t *participant, *statement;
    int8_t *vote;
    int64_t *time_ms;
};

// Errors name the file and the line. Release also what failed.
int polis_read(const char *path, struct polis_votes *ret_votes, struct err *err) MUST_CHECK;
void polis_release(struct polis_votes *votes);
struct opinion_votes polis_columns(const struct polis_votes *votes);
// Ids, one a line or parted by spaces or commas; each is moderated out.
int polis_moderate(const char *path, struct opinion *opinion, struct err *err) MUST_CHECK;

#endif
