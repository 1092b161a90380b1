// Beside the preference (scoring.h): `objectives` of a request, dimensions and articles whose heads are told of each candidate, and
// `constitution`, articles whose compliance is a hard constraint: a candidate whose lower bound is under the threshold is out, whatever
// its score. Pure but for the arena; any thread; never NaN. What has no head in the model is an error, not a guess.
#ifndef COORDINATOR_SCORE_SCORING_OBJECTIVES_H
#define COORDINATOR_SCORE_SCORING_OBJECTIVES_H

#include "coordinator/score/scoring.h"
#include "reward/objective.h"

struct scoring_article {
    const struct objective *objective;
    double threshold;
};

struct scoring_compliance {
    struct objective_share all,
        worst; // of everybody, and of the group with the least lower bound (which may be everybody)
    uint32_t worst_group;
    bool violates;
};

struct scoring_objectives {
    bool people; // how far they differ is asked
    size_t n_objectives, n_articles, n_out;
    const struct objective **objectives; // of the model that scores
    const struct artefact *judge;        // of the articles
    const double *judge_rewards;
    bool by_every_group; // the constraint holds for each group that has a head of its own
    struct scoring_article *articles;
    struct scoring_compliance *compliance; // n_candidates x n_articles
    bool *is_out;
};

// `list` and `json` may be NULL: nothing is asked. Errors begin with a pointer, as in scoring.h.
int scoring_read_objectives(struct scoring_objectives *asked, const struct artefact *artefact,
    const json_t *list, struct arena *arena, struct err *err) MUST_CHECK;
int scoring_read_constitution(struct scoring_objectives *asked, const struct artefact *judge,
    const json_t *json, struct arena *arena, struct err *err) MUST_CHECK;
// After the rewards are known.
int scoring_judge(struct scoring_objectives *asked, struct scoring *scoring, struct arena *arena,
    struct err *err) MUST_CHECK;
// After the decision: order, choice and lottery without those that are out. Where all are, everything stays, and the answer says that there
// is no choice.
int scoring_leave_out(const struct scoring_objectives *asked, struct scoring *scoring, struct arena *arena,
    struct err *err) MUST_CHECK;
// Members of a candidate: objectives, compliance, violations, people. Of the answer: objectives and the state.
json_t *scoring_beside_candidate(
    const struct scoring_objectives *asked, const struct scoring *scoring, size_t i);
json_t *scoring_beside_answer(const struct scoring_objectives *asked, const struct scoring *scoring);

// The standard deviation over people of their utility of candidate i, in logits; gives where it is known from, or NULL where it is not.
const char *scoring_people(const struct scoring *scoring, size_t i, double *ret_spread);

#endif
