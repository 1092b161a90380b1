// From parsed candidates and an artefact to utilities by served group and an aggregate. Pure but for the arena; any
// thread. Every number is finite, or the call is an error.
#ifndef COORDINATOR_SCORE_SCORING_H
#define COORDINATOR_SCORE_SCORING_H

#include "base/arena.h"
#include "base/err.h"
#include "reward/aggregate.h"
#include "reward/artefact.h"
#include "reward/jury.h"
#include "reward/predict.h"

#include <jansson.h>

enum { SCORING_CANDIDATES_MAX = 1024 };

struct scoring {
    const struct artefact *artefact;
    size_t n_candidates, n_groups;
    struct predict_candidate *candidates;
    const char **ids; // NULL where the caller gave none
    enum aggregate_rule rule;
    const double *weights;          // n_groups, or NULL
    double *utilities;              // n_candidates x n_groups
    struct aggregate_result result; // with a jury, scores, order and choice are its verdict's
    const struct jury_seats *seats; // of a jury, or NULL
    size_t n_seats;
    uint32_t draws;
    struct jury_verdict verdict;
    bool turns; // a change of seats turns it
    struct jury_turn turn;
};

// Reads [{"id"?, "content"|"text", "embedding"?: [numbers] | base64 of float32} | "text", ...]. The error's message
// begins with the JSON pointer of the fault and a space ("/candidates/2/embedding must be ...").
int scoring_read_candidates(struct scoring *scoring, json_t *candidates, const char *pointer,
    struct arena *arena, struct err *err) MUST_CHECK;
// As in the compatible shapes, where what is not known is ignored: texts, or objects as above. `embeddings` (may be
// NULL) holds one for each in their order, for callers whose documents are plain texts.
int scoring_read_documents(struct scoring *scoring, json_t *documents, json_t *embeddings,
    const char *pointer, struct arena *arena, struct err *err) MUST_CHECK;
// The rule by name, or by default: the jury's where one is given, else maxmin where more than one group is served, else mean.
int scoring_choose_rule(struct scoring *scoring, const char *name, struct err *err) MUST_CHECK;
// Weights for the rule `weights`: {"value": number} over the served groups.
int scoring_read_weights(
    struct scoring *scoring, json_t *weights, struct arena *arena, struct err *err) MUST_CHECK;
// Who sits on the jury (scoring_jury.c): {"seats": [{"attribute"?, "value", "count"}], "draws"?}, before the rule is chosen. NULL: none.
int scoring_read_jury(struct scoring *scoring, json_t *jury, struct arena *arena, struct err *err) MUST_CHECK;
// The verdict on rewards by head (n_candidates x n_heads); part of scoring_run.
int scoring_try_jury(
    struct scoring *scoring, const double *rewards, struct arena *arena, struct err *err) MUST_CHECK;
json_t *scoring_jury_of_candidate(const struct scoring *scoring, size_t i);
json_t *scoring_verdict_json(const struct scoring *scoring);
int scoring_run(struct scoring *scoring, struct arena *arena, struct err *err) MUST_CHECK;
const struct artefact_head *scoring_group(const struct scoring *scoring, size_t group);

#endif
