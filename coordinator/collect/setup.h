// How a study that has begun gives out its work: how many judgments its items want, and its quotas, changed by those who run
// it. Exact at every moment: what is given out waits for a change, and the other way round. Belongs to the loop's thread.
#ifndef COORDINATOR_COLLECT_SETUP_H
#define COORDINATOR_COLLECT_SETUP_H

#include "base/id.h"

#include <jansson.h>
#include <stdbool.h>

struct actor;
struct http_request;

// Does the body of a change say anything of it: `judgments_per_item` or `quotas`?
bool setup_is_said(const json_t *body);
// Changes what the body (borrowed, as long as the request lives) says, then calls `then`; or answers itself: 404, 409, 422, 503. Said again
// it changes nothing.
void setup_change(struct http_request *request, const struct actor *actor, struct id project,
    const json_t *body, void (*then)(void *arg), void *arg);

#endif
