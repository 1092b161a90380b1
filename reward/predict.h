// Rewards of candidates by every head of an artefact, and the utilities that may be compared between groups. Pure,
// any thread; never NaN: a missing or ill-sized embedding is an error.
//
// Matrices are n_candidates x n_heads, row-major, over *all* heads; a group is a served head, and
// predict_served_utilities gives the narrower matrix that reward/aggregate.h takes.
#ifndef REWARD_PREDICT_H
#define REWARD_PREDICT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "reward/artefact.h"

struct predict_candidate {
    const char *text; // for ARTEFACT_HASHED_TEXT; not NUL-terminated
    size_t text_length;
    const float *embedding; // for ARTEFACT_EMBEDDING, else NULL
    uint32_t n_dimensions;
};

// ret_rewards[i * n_heads + h] = w_h . phi_i, summed in double. ERR_INVALID names the candidate (from 0) without the
// features that the model needs.
int predict_rewards(const struct artefact *artefact, const struct predict_candidate *candidates,
    size_t n_candidates, struct arena *arena, double *ret_rewards, struct err *err) MUST_CHECK;

// u_gj = tau_g (r_gj - mean_j r_gj): utilities of the candidates of one prompt, in logits, comparable between groups
// (METHODS.md 5.5). ret_utilities is n_candidates x artefact_n_served(), served heads in their order.
void predict_served_utilities(
    const struct artefact *artefact, const double *rewards, size_t n_candidates, double *ret_utilities);

// tau_g (r_g - c_g) for one response alone, the same shape; not to be compared between prompts.
void predict_served_single(
    const struct artefact *artefact, const double *rewards, size_t n_candidates, double *ret_utilities);

// Index among all heads of the n-th served head.
uint32_t predict_served_head(const struct artefact *artefact, uint32_t n);

// log(1 + e^-z) and 1 / (1 + e^-z) without overflow.
double predict_logistic_loss(double z);
double predict_sigmoid(double z);

#endif
