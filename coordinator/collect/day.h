// How much a study asks of a person at a time: a break is suggested after so many minutes (by the page), and so many tasks are given in
// any 24 hours at the most (here). Loop threads.
#ifndef COORDINATOR_COLLECT_DAY_H
#define COORDINATOR_COLLECT_DAY_H

#include "base/id.h"

#include <jansson.h>

struct actor;
struct fields;
struct http_request;

// `session` of a new study, into its settings.
void day_settings(struct fields *fields, const json_t *body, json_t *settings);

// Answers 204 when the person has had `max` tasks in the last 24 hours, and from when on there is another; else calls `go_on`. A request made
// while an answer is on its way may have one more.
void day_check(struct http_request *request, const struct actor *actor, struct id project, int64_t max,
    void (*go_on)(void *arg), void *arg);

#endif
