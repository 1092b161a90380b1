// Tasks with a known answer, which are given out beside the others (gold.h). Loop threads.
#ifndef COORDINATOR_COLLECT_OFFER_H
#define COORDINATOR_COLLECT_OFFER_H

#include "base/id.h"

struct actor;
struct gold_rules;
struct http_request;

// Before a task is looked for: answers with one that has a known answer when it is time for one, or says that the person has not
// qualified; else calls `go_on`. In a study that gives out none, at once.
void offer_gold(struct http_request *request, const struct actor *actor, struct id project,
    const struct gold_rules *gold, int64_t constitution_version, void (*go_on)(void *arg), void *arg);

// Takes back the judgment of such a task, or says that there is no judgment under it. `key` and `hash` of the request.
void offer_undo(struct http_request *request, const struct actor *actor, struct id lease, struct uuid key,
    const unsigned char *hash);

#endif
