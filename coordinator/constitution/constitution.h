// Communities, their constitution, amendments and votes on them. The pure parts are document.h, amend.h, cost.h and
// rule.h; the handlers are here for the one table in room.c. Loop threads; what is due is settled on loop 0.
#ifndef COORDINATOR_CONSTITUTION_CONSTITUTION_H
#define COORDINATOR_CONSTITUTION_CONSTITUTION_H

#include "base/err.h"
#include "coordinator/loop.h"
#include "coordinator/room.h"

#include <jansson.h>

struct http_request;
struct db_result;

extern const struct room constitution_room;

// communities.c
void communities_create(struct http_request *request);
void communities_list(struct http_request *request);
void community_show(struct http_request *request);
void community_join(struct http_request *request);
// versions.c
void constitution_put(struct http_request *request);
void constitution_show(struct http_request *request);
void constitution_versions(struct http_request *request);
// propose.c
void amendment_propose(struct http_request *request);
// amendments.c
void amendments_list(struct http_request *request);
void amendment_show(struct http_request *request);
void contributions_list(struct http_request *request);
// ballots.c
void ballot_put(struct http_request *request);
void ballots_start(struct loop *loop);

// settle.c: a timer on loop 0 that closes what is due.
int settle_start(struct loop *loop, struct err *err) MUST_CHECK;
void settle_stop(struct loop *loop);

#endif
