// The inference-time scorer: candidates in, scores by group and a choice out. `scoring` holds the arithmetic between the
// wire shapes and the reward room; score.c answers /api/v1/score, compatible.c the routes serving stacks already call.
#ifndef COORDINATOR_SCORE_SCORE_H
#define COORDINATOR_SCORE_SCORE_H

#include "coordinator/room.h"

#include <jansson.h>

struct http_request;

extern const struct room score_room;

// vLLM's, Cohere's and TEI's rerank, and the errors of such routes, for http_settings.own_error (compatible.c).
void compatible_rerank(struct http_request *request);
json_t *compatible_error(const struct http_request *request, int status, const char *detail);

#endif
