// Many prompts at once, for models of embeddings: what predict_rewards, predict_served_utilities and aggregate give one
// prompt at a time, in one pass over the embeddings. Pure, any thread; callers with several threads give each its prompts.
#ifndef REWARD_BATCH_H
#define REWARD_BATCH_H

#include "base/base.h"
#include "base/err.h"
#include "reward/aggregate.h"
#include "reward/artefact.h"

struct batch {
    const struct artefact *artefact; // of embeddings
    enum aggregate_rule rule;
    const double *weights;  // of groups, as aggregate takes them; NULL: equal
    const float *embedding; // first[n_prompts] x n_dimensions of the artefact
    const uint32_t *first;  // n_prompts + 1: the candidates of prompt p are first[p] .. first[p + 1] - 1
    uint32_t n_prompts;
};

// The choice of each prompt, as a candidate of all (UINT32_MAX: it has none), and the scores of all candidates under the
// rule (NULL: not wanted). ERR_INVALID for a model of text, weights that are none, or a number that is not finite;
// ERR_LIMIT past aggregate's maxima.
int batch_choose(
    const struct batch *batch, uint32_t *ret_choice, double *ret_scores, struct err *err) MUST_CHECK;

#endif
