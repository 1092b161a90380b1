// From judgments and ratings to weighted pairs, split by prompt. Deterministic and independent of the fit's seed (of `salt` only, 0 unless a study wants several splits), so that
// fits of the same data are compared on the same test judgments.
//
// Prompts (a single response counts as its own prompt: prompt and text together) are ordered by a salted hash; the
// first 65 % train, the next 15 % validate (lambda, shrinkage, temperatures, offsets), the last 20 % test and are used
// for nothing else. Ratings of one annotator make all pairs within a split, at most PAIRS_OF_RATINGS_MAX of them,
// evenly taken; their total weight is the number of ratings.
#ifndef WORKER_FIT_PAIRS_H
#define WORKER_FIT_PAIRS_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "worker/fit/fit.h"

enum { PAIRS_OF_RATINGS_MAX = 20000, PAIRS_MAX = 200 * 1000 * 1000 };
enum split { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, SPLITS };

// Ordered by annotator: those of annotator a stand at first[a] .. first[a + 1] - 1.
struct pairs {
    uint32_t n;
    uint32_t *left, *right, *annotator;
    double *y;      // 1: left preferred, 0: right, 0.5: tie
    double *weight; // of the judgment
    uint32_t *first;
    uint32_t n_rows;      // responses that occur
    const uint32_t *rows; // ascending
};

struct pair_set {
    struct pairs split[SPLITS];
    uint32_t n_prompts[SPLITS];
    uint64_t test_from;      // the order of the first test prompt: prompts of this and greater order test
    const uint8_t *split_of; // each response's
    double *capped;          // weights of the training pairs under the cap on one annotator's share
    double cap;              // the share that was held to
};

// ERR_INVALID for an index out of range, a weight that is none, or too few prompts. There may be no pairs.
int pairs_build(const struct fit_data *data, double annotator_cap, uint64_t salt, struct arena *arena,
    struct pair_set *ret_set, struct err *err) MUST_CHECK;

// ERR_INVALID where there are no pairs to train on or none to test on.
int pairs_enough(const struct pair_set *set, struct err *err) MUST_CHECK;
// The place of an item's prompt in the order that the splits are cut from.
uint64_t pairs_order(const struct fit_data *data, uint32_t item, uint64_t salt);
// The greatest weight t such that with every annotator cut to t, t is at most `share` of the sum.
double pairs_cap_weight(const double *totals, uint32_t n, double share);

// The listed annotators only (`keep[annotator]`), at most `max_each` pairs of each, evenly taken and weighted up to
// the same total. `weight` are the weights to start from.
void pairs_subset(const struct pairs *pairs, const double *weight, uint32_t n_annotators, const bool *keep,
    uint32_t max_each, uint32_t n_responses, struct arena *arena, struct pairs *ret_pairs);

// splitmix64's finaliser: a salted order that is the same for ever.
uint64_t pairs_mix(uint64_t x);

#endif
