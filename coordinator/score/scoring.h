// From parsed candidates and an artefact to utilities by served group and an aggregate. Pure but for the arena; any
// thread. Every number is finite, or the call is an error.
#ifndef COORDINATOR_SCORE_SCORING_H
#define COORDINATOR_SCORE_SCORING_H

#include "base/arena.h"
#include "base/err.h"
#include "coordinator/score/lift.h"
#include "reward/aggregate.h"
#include "reward/artefact.h"
#include "reward/jury.h"
#include "reward/predict.h"

#include <jansson.h>

enum {
    SCORING_CANDIDATES_MAX = 1024,        // of one prompt
    SCORING_PROMPTS_MAX = 256,            // of one request
    SCORING_ALL_MAX = 4096,               // candidates of one request
    SCORING_LOTTERIES_MAX = 1024,         // of one request whose rule is a lottery
    SCORING_EXPLAINED_MAX = 64,           // candidates of a request that asks for explanations
    SCORING_FEATURES_MAX = 50,            // told of in an explanation
    SCORING_DRAWN_MAX = 10 * 1024 * 1024, // candidates x juries that are drawn
};

struct embed_wanted;
struct scoring_objectives;

struct scoring {
    const struct artefact *artefact;
    const struct lifted *lifted; // embeddings of the body (lift.h), or NULL
    // Texts without an embedding that the model needs: gathered here, or taken from here when they have come. NULL: they are an error.
    struct embed_wanted *wanted;
    bool alone; // each candidate is measured for itself, against the training mean, however many there are
    size_t n_candidates, n_groups;
    struct predict_candidate *candidates;
    const char **ids; // NULL where the caller gave none
    enum aggregate_rule rule;
    const double *weights;          // n_groups, or NULL
    double *rewards;                // n_candidates x n_heads
    double *utilities;              // n_candidates x n_groups
    struct aggregate_result result; // with a jury, scores, order and choice are its verdict's
    const struct jury_seats *seats; // of a jury, or NULL
    size_t n_seats;
    uint32_t draws;
    struct jury_verdict verdict;
    bool turns; // a change of seats turns it
    struct jury_turn turn;
    const char *id;          // of the prompt, in a request with several; NULL: none
    size_t n_features;       // that an explanation tells of; 0: none is asked for
    struct explanation *why; // n_candidates, or NULL (explain.h)
    // Dimensions, articles, people (scoring_objectives.h); NULL: nothing of them is asked.
    struct scoring_objectives *beside;
};

// Reads [{"id"?, "content"|"text", "embedding"?: [numbers] | base64 of float32} | "text", ...], and checks that each has what the
// model needs: a text, or an embedding of its length whose numbers are finite and at most 1e6. The error's message begins with
// the JSON pointer of the fault and a space ("/candidates/2/embedding has ...").
int scoring_read_candidates(struct scoring *scoring, json_t *candidates, const char *pointer,
    struct arena *arena, struct err *err) MUST_CHECK;
// As in the compatible shapes, where what is not known is ignored: texts, or objects as above, whose content may be a list of
// {"type": "text", "text"}. `embeddings` (may be NULL) holds one for each in their order, for callers whose documents are plain
// texts.
int scoring_read_documents(struct scoring *scoring, json_t *documents, json_t *embeddings,
    const char *pointer, struct arena *arena, struct err *err) MUST_CHECK;
// The rule by name, or by default: the jury's where one is given, else maxmin where more than one group is served, else mean.
int scoring_choose_rule(struct scoring *scoring, const char *name, struct err *err) MUST_CHECK;
// Weights for the rule `weights`: {"value": number} over the served groups.
int scoring_read_weights(
    struct scoring *scoring, json_t *weights, struct arena *arena, struct err *err) MUST_CHECK;
// Who sits on the jury (scoring_jury.c): {"seats": [{"attribute"?, "value", "count"}], "draws"?}, before the rule is chosen. NULL: none.
int scoring_read_jury(struct scoring *scoring, json_t *jury, struct arena *arena, struct err *err) MUST_CHECK;
// The verdict on rewards by head (n_candidates x n_heads); part of scoring_decide.
int scoring_try_jury(
    struct scoring *scoring, const double *rewards, struct arena *arena, struct err *err) MUST_CHECK;
json_t *scoring_jury_of_candidate(const struct scoring *scoring, size_t i);
json_t *scoring_verdict_json(const struct scoring *scoring);
// Rewards of all candidates of `n` scorings of one artefact, in one pass; then each decides for itself.
int scoring_rewards(struct scoring *scorings, size_t n, struct arena *arena, struct err *err) MUST_CHECK;
int scoring_decide(struct scoring *scoring, struct arena *arena, struct err *err) MUST_CHECK;
int scoring_run(struct scoring *scoring, struct arena *arena, struct err *err) MUST_CHECK; // both, of one
const struct artefact_head *scoring_group(const struct scoring *scoring, size_t group);

#endif
