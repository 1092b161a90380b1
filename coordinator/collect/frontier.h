// What is next to be given out in the projects that many people work on at once: open slots with their content, read ahead
// a block at a time, so that a lease is one row of a batch and its answer is put together here. Everything here is a
// hint, at most a second old: collect_take.sql decides, and what the hint can't serve is searched for one by one
// (collect_assignment.sql). Belongs to its loop's thread.
#ifndef COORDINATOR_COLLECT_FRONTIER_H
#define COORDINATOR_COLLECT_FRONTIER_H

#include "base/base.h"
#include "base/id.h"

struct frontier;
struct http_request;
struct loop;

// A slot that may be proposed, and what its item holds as JSON text. In the arena of the request that was given it.
struct candidate {
    struct uuid item;
    int n, n_responses;
    int64_t guideline_version;
    const char *task;       // what that version asks, an object
    const char *prompt;     // an array
    const char *language;   // a string, or NULL
    const char *warning;    // a string, or NULL
    const char *later;      // an object, where it is shown, or NULL
    const char **responses; // n_responses times the members behind "slot": "content":"..."
};

struct frontier *frontier_new(void);
void frontier_free(struct frontier *frontier); // on the loop's thread, after the last request

// Calls `then` once, at once or later, with a slot that nobody else of this loop is given meanwhile; or with NULL when
// the project is better searched: few ask, or few slots are left at its level.
void frontier_next(struct http_request *request, int64_t shard_key,
    void (*then)(void *arg, const struct candidate *candidate), void *arg);

#endif
