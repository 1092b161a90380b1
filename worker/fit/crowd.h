// How far each annotator goes with the others, by Crowd-BT (Chen, Bennett, Collins-Thompson and Horvitz 2013, WSDM):
//   P(u says i over j) = eta_u sigma(d) + (1 - eta_u) sigma(-d),  d = s_i - s_j,
// with a Beta(4, 1) prior on eta (it also says which way is up) and the ridge of battles.h on the scores, by EM. A tie says
// nothing of eta. Pure.
//
// Low eta is disagreement, and disagreement is data. So: a person is flagged only where the likelihood ratio of their own eta
// against the typical one (the median) is beyond chance at one in a hundred, one-sided; only flagged people weigh less, never
// less than the floor; and a declared group of ten or more that is flagged beyond chance more than the others (one in a
// hundred) is contested: it has a taste of its own, its people weigh as they did, and its flags are not held against them.
#ifndef WORKER_FIT_CROWD_H
#define WORKER_FIT_CROWD_H

#include "worker/fit/battles.h"

#define CROWD_FLOOR 0.1
enum { CROWD_JUDGMENTS_MIN = 10 }; // that are no ties, to be flagged

struct crowd_options {
    double floor; // 0: CROWD_FLOOR
    double ridge; // 0: BATTLES_RIDGE
};

struct crowd_annotator {
    uint32_t n;      // battles that are no ties
    double eta;      // 0.8 where n is 0: the prior's
    double evidence; // 2 (log likelihood at eta - at the typical one); 0 when eta is above it
    double weight;   // the floor .. 1
    bool flagged;
};

struct crowd_group {
    uint32_t n_annotators, n_flagged; // of those with battles enough
    bool contested;
};

struct crowd_result {
    uint32_t n_annotators, n_flagged;
    uint32_t n_enough; // annotators with battles enough to be flagged
    struct crowd_annotator *annotators;
    double typical; // eta
    double *score;  // n_items, mean 0 over each component; see battles_fit for what may be compared
    uint32_t n_iterations;
};

// battles->annotator must be there, styles are not used. Errors as battles_fit's.
int crowd_fit(const struct battles *battles, const struct crowd_options *options, struct arena *arena,
    struct crowd_result *ret_result, struct err *err) MUST_CHECK;

// The flags of declared groups (group_of_annotator: 0 .. n_groups - 1, UINT32_MAX: none) into ret_groups; people of a
// contested one weigh 1 from now on. May be asked for one attribute after the other.
void crowd_judge_groups(struct crowd_result *result, const uint32_t *group_of_annotator, uint32_t n_groups,
    struct crowd_group *ret_groups);

// What EM goes down: the negative log posterior, and its gradient in scores (n_items) and eta (n_annotators).
double crowd_value(const struct battles *battles, double ridge, const double *score, const double *eta,
    double *score_gradient, double *eta_gradient);

#endif
