// Where a study's people come from a panel: whether this one's submission still runs. Elsewhere nothing is asked. Loop threads.
#ifndef COORDINATOR_COLLECT_SUBMISSION_H
#define COORDINATOR_COLLECT_SUBMISSION_H

#include "base/base.h"

struct actor;
struct http_request;
struct task;

// Before a task is given out: answers 204 with Plenum-Reason when the submission is over; else calls `go_on`.
void submission_check(struct http_request *request, const struct actor *actor, const struct task *task,
    void (*go_on)(void *arg), void *arg);
// Before a judgment is taken (or taken back, once finished ones too are refused): answers 409; else calls `go_on`.
void submission_require(struct http_request *request, const struct actor *actor, const struct task *task,
    bool finished_too, void (*go_on)(void *arg), void *arg);
// Answers 204: there is nothing left for this person, and why. Their submission may end with it.
void submission_none(
    struct http_request *request, const struct actor *actor, int64_t shard_key, const char *reason);

#endif
