// The inference-time scorer: candidates in, scores by group and a choice out. `scoring` holds the arithmetic between the
// wire shapes and the reward room; score.c answers /api/v1/score, compatible.c the routes serving stacks already call.
#ifndef COORDINATOR_SCORE_SCORE_H
#define COORDINATOR_SCORE_SCORE_H

#include "base/id.h"
#include "coordinator/room.h"
#include "coordinator/score/lift.h"

#include <jansson.h>

struct embed_wanted;
struct http_request;
struct model;

extern const struct room score_room;

// The body as http_body_json gives it, its embeddings taken out first (lift.h).
json_t *score_body(struct http_request *request, struct lifted *ret_lifted);
// X-Model and X-Constitution-Version, which every score carries.
void score_headers(struct http_request *request, const struct model *model, const char *model_text);
// Where candidates of the model with that id may come as texts alone, because its study's endpoint makes their embeddings: in the
// request's arena. NULL: they may not.
struct embed_wanted *score_wanted(struct http_request *request, const struct model *model, struct id id);
// After a first reading: whether any is to be asked for.
bool score_wants(const struct embed_wanted *wanted);
// After embed_texts: true when all have come; else it has answered, with `wrong_status` where there can be none.
bool score_embedded(struct http_request *request, const struct embed_wanted *wanted,
    const struct model *model, int wrong_status) MUST_CHECK;

// What serving stacks call, in their shapes, and the errors of such routes, for http_settings.own_error (compatible.c).
void compatible_rerank(struct http_request *request);
void compatible_score(struct http_request *request);
void compatible_classify(struct http_request *request);
void compatible_pooling(struct http_request *request);
void compatible_reward(struct http_request *request);
void compatible_models(struct http_request *request);
void compatible_health(struct http_request *request);
json_t *compatible_error(const struct http_request *request, int status, const char *detail);

#endif
