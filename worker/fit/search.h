// The search for groups: how many there are and who is in which, in a sketch of the features and on thinned pairs.
// Made and used by clusters.c alone.
#ifndef WORKER_FIT_SEARCH_H
#define WORKER_FIT_SEARCH_H

#include "worker/fit/mixture.h"
#include "worker/fit/session.h"

struct search {
    struct session *session;
    struct arena *arena;
    struct design sketch;
    struct pairs all; // at most SEARCH_PAIRS_EACH of each annotator
    struct mixture_settings settings;
};

enum {
    SEARCH_PAIRS_EACH = 100,      // of an annotator: more say little about which of 8 groups they are in
    SEARCH_ANNOTATORS_MAX = 1000, // the others are assigned when the heads are refined
    SEARCH_FOLDS = 5,             // of annotators: each is held out once
};

void search_init(struct search *search, struct session *session);
void search_release(struct search *search);

// The regulariser that suits the pooled model is too strong where tastes cancel: pooled there is little to learn, apart
// there is. Of that lambda, a third and a tenth of it, the one whose two heads predict the validation pairs best.
void search_choose_lambda(struct search *search);

// K by the likelihood of held-out annotators, the smallest that no greater one beats by more than a standard error of
// the gain; the first half of a held-out annotator's pairs assigns, the second half scores. Stops after two K that
// don't gain. The trials are kept in the session.
uint32_t search_choose_k(struct search *search);

// The best mixture of k heads for all annotators, by the objective of EM.
void search_fit(struct search *search, uint32_t k, struct mixture *ret_mixture);

// Of the annotators with pairs, by their most likely cluster.
uint32_t search_smallest_cluster(const struct pairs *pairs, const struct mixture *mixture);
uint32_t search_most_likely(const double *q, uint32_t k);

#endif
