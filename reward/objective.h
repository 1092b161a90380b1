// What else is foretold of a response beside the overall preference: how people would rate it in a dimension, and how many of them
// would say that it complies with an article. Each is a cumulative logit (McCullagh 1980) on one head of the artefact,
//   P(rating <= level l | somebody) = sigmoid(threshold_l - score - h),  h ~ Normal(0, spread),  score = reward of the head + height,
// h how high that person rates; means over people by MacKay's (1992) approximation. Pure, any thread; never NaN.
#ifndef REWARD_OBJECTIVE_H
#define REWARD_OBJECTIVE_H

#include "base/base.h"

enum { OBJECTIVES_MAX = 60, OBJECTIVE_LEVELS_MAX = 101 };

// By whom: everybody, or those with one answer to one question where the data say that they differ.
struct objective_group {
    const char *attribute, *value; // "" and "all": everybody, always the first
    uint32_t head;                 // of the artefact, never served
    double height;
    double covariance[3]; // of the calibration's shift and slope: of the shift, of both, of the slope
    uint32_t n_annotators, n_ratings;
};

struct objective {
    const char *name; // the dimension's, or the article's id
    bool is_article;  // two levels, no and yes
    bool
        supported; // foretold better than by how often each level is said: the interval of the held-out gain excludes zero
    uint32_t n_levels;
    const double *value;     // n_levels, ascending: the ratings
    const double *threshold; // n_levels - 1, ascending
    double spread;           // variance of people's heights
    double residual;         // articles: variance between responses of what the features do not tell
    uint32_t n_groups;       // at least 1
    const struct objective_group *groups;
};

// The chance that somebody gives each level (n_levels).
void objective_chances(const struct objective *objective, double score, double *ret_chance);
// The mean rating over people, on the scale of the ratings.
double objective_mean(const struct objective *objective, double score);
// How far two people differ: the standard deviation of one rating about that mean.
double objective_deviation(const struct objective *objective, double score);

// The share of people who would say that it complies, and how well that is known: `low` is undercut by one response in twenty (one-sided
// 95 %), `high` exceeded by one in twenty. What is not known: the calibration, and what the features do not tell of the response.
struct objective_share {
    double share, low, high;
};
void objective_compliance(const struct objective *objective, const struct objective_group *group,
    double score, struct objective_share *ret_share);

#endif
