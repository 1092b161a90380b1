// Why a candidate has its score: what each group gave to it, and which features moved it most. Scores are linear in a candidate's
// features as far as a small change goes (exactly, but for nash and the maximal lottery), so a feature's part is the slope of the
// score times how much the candidate has more of it than the prompt's candidates have on the average. Pure; any thread.
#ifndef COORDINATOR_SCORE_EXPLAIN_H
#define COORDINATOR_SCORE_EXPLAIN_H

#include "coordinator/score/scoring.h"
#include "reward/features.h"

struct explanation_feature {
    uint32_t index;
    double part;               // of the score, in its unit
    bool is_absent;            // it is what others have and this one lacks
    struct features_gram gram; // of text: which n-gram it is here; text NULL for dimensions and style
};

struct explanation {
    double *parts; // n_groups, reward/aggregate.h; NULL with a jury, whose seats tell it
    size_t n_features;
    struct explanation_feature *features; // the greatest parts first
    double rest;                          // what all other features give together
};

// Fills scoring->why of a decided scoring, scoring->n_features features each.
void scoring_explain(struct scoring *scoring, struct arena *arena);
json_t *explanation_json(const struct scoring *scoring, size_t i);

#endif
