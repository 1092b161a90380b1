// Which item is worth the next judgment, by a fitted model: the rules of active learning that a study may draw by
// (docs/methods.md, "Which task is next"). Pure; one thread.
//
// A value is the mean over the pairs of an item's responses, with p_g = sigmoid(u_gi - u_gj) of each served group g, its
// share s_g of the annotators, and p = sum_g s_g p_g:
//   uncertainty         4 p (1 - p)                                   in [0, 1]; entropy's quadratic form
//   group_disagreement  4 sum_g s_g (p_g - p)^2                       in [0, 1]; 0 with one group
//   d_optimal           log(1 + q (1 - q) sum_d D_d^2 / H_d)          in nats; q of the pooled head, D the difference of
//                       features, H = 1 + sum over judged pairs q (1 - q) D_d^2: the gain in log det of the diagonal of
//                       the information (D-optimal design; PReF, arXiv 2503.06358, with the whole matrix)
#ifndef REWARD_ACQUIRE_H
#define REWARD_ACQUIRE_H

#include "base/arena.h"
#include "base/err.h"
#include "reward/artefact.h"
#include "reward/predict.h"

enum acquire_rule { ACQUIRE_UNCERTAINTY, ACQUIRE_D_OPTIMAL, ACQUIRE_GROUP_DISAGREEMENT };

struct acquire;

// The artefact outlives it.
struct acquire *acquire_new(enum acquire_rule rule, const struct artefact *artefact);
void acquire_free(struct acquire *acquire); // NULL is allowed

// The rule asks for every judged item first (acquire_judged), and only then for values.
bool acquire_looks_back(const struct acquire *acquire);
// One item's responses, judged `n_judged` times, spread evenly over its pairs.
int acquire_judged(struct acquire *acquire, const struct predict_candidate *candidates, size_t n_candidates,
    double n_judged, struct arena *arena, struct err *err) MUST_CHECK;
// ERR_INVALID: the item lacks the features that the model needs. Of fewer than two responses: 0.
int acquire_value(const struct acquire *acquire, const struct predict_candidate *candidates,
    size_t n_candidates, struct arena *arena, double *ret_value, struct err *err) MUST_CHECK;

#endif
