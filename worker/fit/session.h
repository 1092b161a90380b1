// What the steps of one fit share: the data, the split pairs, the features, the pooled model and the heads so far.
// Made and ended by fit_run; everything in it lives in its arena.
#ifndef WORKER_FIT_SESSION_H
#define WORKER_FIT_SESSION_H

#include "reward/artefact.h"
#include "reward/metrics.h"
#include "worker/fit/design.h"
#include "worker/fit/fit.h"
#include "worker/fit/left.h"
#include "worker/fit/mixture.h"
#include "worker/fit/pairs.h"

#include <jansson.h>

// One linear reward and what is known of it.
struct head {
    struct artefact_head about;
    double *w;           // n_columns
    double offset_scale; // a of a declared group's own head; of the pooled one that of most groups
};

// The groups by which annotators are looked at: a declared attribute, or the clusters found.
struct grouping {
    const char *attribute; // "" for clusters
    uint32_t n;
    const char **name;
    uint32_t *of_annotator; // FIT_NO_GROUP: none
    uint32_t *n_annotators; // of each
};

struct cluster_trial {
    uint32_t k;
    double held_out, standard_error_of_gain; // means over the annotators
    double likeness, sharp_gain, standard_error_of_sharp_gain;
    bool too_small; // a cluster had too few annotators
};

struct session {
    const struct fit_data *data;
    const struct fit_options *options;
    struct arena *arena;
    struct pool *pool;
    struct pair_set pairs;
    struct design design;
    const struct artefact *warm; // the model that this one begins from and whose choices it keeps; NULL: none
    const char *start;           // why it does not: see session_start
    json_t *drift;               // taken by the card; NULL: there is no model before it
    double lambda, mixture_lambda; // of the pooled model and offsets; of the heads of clusters
    bool calibrated;               // there were validation pairs
    struct head heads[ARTEFACT_HEADS_MAX];
    uint32_t n_heads;          // heads[0] is the pooled one
    uint32_t first_own, n_own; // the method's own heads
    uint32_t n_said;           // comparisons and ratings that there are
    uint32_t n_preference;     // heads of the preference: those of dimensions and articles stand behind them
    struct grouping grouping;  // by which the claim is judged; n == 0: none
    struct grouping clusters;  // maxmin: those found
    double duality_gap;        // dro
    double offset_scale;       // a of shared + offsets, 0 when pooled was best
    struct cluster_trial trials[FIT_CLUSTERS_MAX];
    uint32_t n_trials, k;
    double *q;                     // maxmin: n_annotators x k
    const struct jury *jury;       // jury: what the artefact knows of jurors
    struct metrics_row *jury_rows; // each annotator's test pairs as the jury's model foretells them
    json_t *jury_card;             // taken by the card
    struct objective *objectives;  // beside the preference (objectives.h)
    uint32_t n_objectives;
    json_t *objectives_card; // {fitted, not_fitted}; NULL: none were asked about
    // What the card's tables are of: test pairs, or for compliance the answers of yes and no on test prompts.
    uint32_t n_test;
    const uint32_t *test_language; // of each, FIT_NO_GROUP: not told; NULL: none is
    struct metrics_row *answers,
        *answers_everybody; // compliance: as groups' own heads foretell them, and everybody's
    uint32_t *answer_response, n_answers;
    bool cancelled;
    double progress;
    double loss;      // of what is being minimised in this phase; NaN: not known
    int64_t began_us; // 0: at its first report
    struct fit_left left;
    const char *phase;
};

// Reports, and asks whether to go on.
void session_progress(struct session *session, const char *phase, double fraction);
bool session_stop(void *session);                    // for solvers
void session_trace(void *session, double objective); // for those who raise one: minus the loss

// Weight of the training pairs of the annotators who are in `group`; of those in any group when it is FIT_NO_GROUP.
uint32_t session_judgments(const struct session *session, const struct grouping *grouping, uint32_t group);

// Logits of the pairs of a split under a head's raw w.
void session_logits(const struct session *session, enum split split, const double *w, double *ret_z);

// warm.c: whether this fit begins from options->predecessor, sets `warm` or `start`.
int session_start(struct session *session, struct err *err) MUST_CHECK;
// The weights of one of the earlier model's heads on this design's columns, before it was shrunk; features that it did not know
// weigh nothing. In the session's arena.
double *session_warm_head(struct session *session, uint32_t head);
// The earlier model's head for a declared group, or FIT_NO_GROUP.
uint32_t session_warm_group(const struct session *session, const char *attribute, const char *value);
// How many clusters the model has: heads 1 and on.
uint32_t session_warm_clusters(const struct artefact *artefact);
// Gives the earlier model up within the fit: what it chose does not hold any more.
void session_cool(struct session *session, const char *why);
// drift.c: `drift`; true where a group's recent judgments are foretold worse by the earlier model than its older ones.
bool session_drifted(struct session *session);
// pooled.c: lambda, heads[0].
int session_fit_pooled(struct session *session, struct err *err) MUST_CHECK;
// grouping.c: values of fewer than ten annotators merged into "other", or left out where that is too small as well.
int session_group_by(struct session *session, const char *attribute, struct grouping *ret_grouping,
    struct err *err) MUST_CHECK;
// declared.c: shared + offsets for a grouping; appends one head a group.
void session_fit_groups(struct session *session, const struct grouping *grouping);
// One robust head for a grouping; appends it. ERR_INVALID when no group has judgments.
int session_fit_robust(struct session *session, const struct grouping *grouping, struct err *err) MUST_CHECK;
// clusters.c: chooses K, appends one head a cluster, sets q and the grouping of clusters.
void session_fit_clusters(struct session *session, struct grouping *ret_clusters);
// jury.c: the directions on which people differ, each annotator's coefficients, the pools; appends a head a factor, and one for the mean
// juror of each group of the attribute.
void session_fit_jury(struct session *session);
// objectives.c: a head for every dimension and article that can be fitted. The groups' own where the data support them.
void session_fit_objectives(struct session *session);
// compliance.c: articles alone. ERR_INVALID where none can be fitted.
int session_fit_compliance(struct session *session, struct err *err) MUST_CHECK;
// tau, and for clusters the shrinkage, on validation pairs; centre on training responses.
void session_calibrate(
    struct session *session, struct head *head, const double *annotator_weight, bool shrink);

// evaluate.c: decides `supported`, marks the served heads, returns the card.
json_t *session_evaluate(struct session *session, bool *ret_supported);
// {all, groups, worst, worst_declared, languages} of one set of predictions of the n_test judgments.
json_t *session_view(struct session *session, const struct metrics_row *rows);
// shown.c: groups of the rows that may be told of: of ten annotators and fifty judgments, and none of which others could be found by
// taking away: while one to nine annotators are outside of all that is shown, the smallest that is left is hidden as well.
// `group[i]` of n_groups or more: row i is in none.
void session_shown(const struct metrics_row *rows, size_t n, const uint32_t *group, uint32_t n_groups,
    uint32_t n_annotators, bool *ret_shown);
// people.c: `new_people` of the card: how annotators are foretold who had no part in the fit, by a second fit without one in five.
void session_new_people(struct session *session, json_t *card);
// steer.c: `steerable` of the card: whether asking for a group gets what that group would say.
void session_steerable(struct session *session, json_t *card);
// choices.c: `choices` of the card: what the model would choose of each held-out prompt's responses, and what comes of it (Overton
// coverage, the winner's curse, refusals). The heads that are served must be marked.
void session_choices(struct session *session, const struct metrics_row *served, json_t *card);
// fit.c: whether data and options are such as can be worked on; what names the data.
int fit_check(const struct fit_data *data, const struct fit_options *options, struct err *err) MUST_CHECK;
void fit_snapshot(const struct fit_data *data, unsigned char out[HASH_BYTES]);
// distribution.c: `distribution` of the card: how people differ over the same pair, and how near the model comes to what others say.
void session_distribution(
    struct session *session, const struct metrics_row *rows, const struct metrics_row *pooled, json_t *card);
// The item of a response.
uint32_t session_item_of(const struct session *session, uint32_t response);
// models.c: `models` of the card, where the responses name two models or more: scores from all judgments, none held out.
void session_models(struct session *session, json_t *card);

#endif
