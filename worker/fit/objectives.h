// Heads beside the overall preference: one for every rated dimension, and for every article that people were asked to judge compliance
// with. Each is a cumulative logit linear in the features (cumulative.h), fitted on the training prompts with each annotator's height
// taken off, calibrated on scores of responses that the scoring model did not see, and told by how it foretells held-out prompts:
// better than by how often each level is said, or the card says that the data do not support it. What can't be fitted is named with
// the reason and has no head. Called within fit_run.
#ifndef WORKER_FIT_OBJECTIVES_H
#define WORKER_FIT_OBJECTIVES_H

#include "reward/objective.h"
#include "worker/fit/cumulative.h"
#include "worker/fit/session.h"

#define OBJECTIVE_ARTICLE "article:"

enum {
    OBJECTIVE_RATINGS_MIN = 50, // of the training prompts
    OBJECTIVE_EACH_MIN = 10,    // of an article: so many of them yes, and so many no
    OBJECTIVE_TEST_MIN = 10,    // of the test prompts
};

// The ratings of one split, in the order of annotators: those of annotator a stand at first[a] .. first[a + 1] - 1.
struct objective_rows {
    uint32_t n, *first, *response, *annotator;
    uint8_t *level;
    double *weight; // of training rows under the cap on one annotator's share
};

// A score's way to a chance: shift + slope score, and how well these two are known.
struct objective_link {
    double shift, slope, covariance[3]; // of the shift, of both, of the slope
    double residual;                    // variance between responses of what the score doesn't tell
};

// One rating that a link is fitted on. Rows of one response stand together.
struct objective_point {
    uint32_t response, annotator;
    uint8_t level;
    double score, offset, scale, weight; // scale: less than 1 where the annotator's height is not known well
};

struct objective_work {
    struct session *session;
    struct arena *arena;
    uint32_t number;
    const char *name; // an article's without "article:"
    bool is_article;
    uint32_t n_levels, n_people; // people with training ratings
    double value[ORDINAL_LEVELS_MAX];
    struct objective_rows rows[SPLITS];
    double lambda, spread;
    double *height, *uncertain; // of each annotator: how high they rate, and its variance
    struct cumulative model;    // of everybody
    struct objective_link link;
    bool has_repeats; // enough responses were rated by several for the residual to be known
};

// objectives_link.c: shift and slope by penalised likelihood, the variance between responses by quadrature; clustered by annotators and by
// responses. `threshold` are the levels' (without `with_residual` it stays what it is).
void objective_link_fit(const double *threshold, uint32_t n_levels, const struct objective_point *points,
    uint32_t n, bool with_residual, struct objective_link *link);

// objectives_card.c: how the test ratings are foretold; with each group's own model where it is not NULL. `ret_own[g]`: group g is served by
// its own, `*ret_supported`: the head says more than nothing.
struct objective_grouped {
    const struct grouping *grouping;
    const struct cumulative *model; // NULL: none
    const struct objective_link *link;
    double spread; // of heights within groups
    double a;
};
json_t *objective_card(const struct objective_work *work, const struct objective_grouped *grouped,
    bool *ret_own, bool *ret_supported);
// The chance-weighted loss of one rating by somebody who is not known, at a score.
double objective_row_loss(const struct objective_work *work, const struct cumulative *model,
    const struct objective_link *link, double spread, uint8_t level, double score);

#endif
