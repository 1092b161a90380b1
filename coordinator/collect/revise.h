// What a study that has begun asks, asked otherwise: another version of its guideline (guideline.c). Answers to tasks that are out
// stay what they are (rules_extend). Belongs to the loop's thread.
#ifndef COORDINATOR_COLLECT_REVISE_H
#define COORDINATOR_COLLECT_REVISE_H

#include "base/id.h"

#include <jansson.h>

struct http_request;

// Checks `given` (a task as in the body of a change, borrowed, as long as the request lives) against what the study asks now, then calls
// `then` with the task written out in full (borrowed, as long as the request lives) and the version that it is to follow; or answers
// itself: 404, 422, 503.
void revise_task(struct http_request *request, struct id project, const json_t *given,
    void (*then)(void *arg, json_t *task, int64_t version), void *arg);

#endif
