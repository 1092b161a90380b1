// Maxmin's first half, groups unknown (Chakraborty et al. 2024, Algorithm 2): a mixture of K Bradley-Terry models in
// which every annotator belongs to one. EM with soft responsibilities, or hard as published:
//   E: q_uk proportional to pi_k exp(-sum_i c_i l_ik)    M: w_k = argmin sum_u q_uk sum_i c_i l_ik / C + lambda/2 |w|^2
// All sums over annotators in log space. The objective (penalised log-likelihood of all, soft; classification
// likelihood, hard) never falls from one iteration to the next.
#ifndef WORKER_FIT_MIXTURE_H
#define WORKER_FIT_MIXTURE_H

#include "base/rng.h"
#include "worker/fit/design.h"
#include "worker/fit/fit.h"
#include "worker/fit/pairs.h"

enum { MIXTURE_ITERATIONS_MAX = 40 };

struct mixture {
    uint32_t k, n_annotators, n_columns;
    double *w;             // k x n_columns
    double *q;             // n_annotators x k; rows of annotators without pairs hold the shares
    double *share;         // pi, k
    double *tau;           // k; losses are those of tau_k z: 1 unless `calibrate` sets it
    double log_likelihood; // of the judgments, per unit of weight
    double objective;      // what EM raises
    int iterations;
};

struct mixture_settings {
    uint32_t k;
    bool hard;
    double lambda;
    int max_iterations; // of EM
    int m_step_iterations;
    bool (*stop)(void *arg);
    void *stop_arg;
    // Before every E-step: may set mixture->tau by data that EM does not see. The objective may fall then.
    void (*calibrate)(void *arg, struct mixture *mixture);
    void *calibrate_arg;
    void (*trace)(void *arg, double objective); // after every iteration, for tests; NULL: none
    void *trace_arg;
};

void mixture_init(struct mixture *mixture, uint32_t k, uint32_t n_annotators, uint32_t n_columns);
void mixture_release(struct mixture *mixture);
void mixture_copy(struct mixture *to, const struct mixture *from);

// k-means++ and ten rounds of k-means on the annotators' one-step Newton vectors from the pooled w: what each
// annotator's judgments alone would change. By their directions; or `joined`: as they are, with three times as many centres of
// which the nearest are joined. Beside a great group, whose vectors are mostly noise, small ones then get centres of their own.
// Sets q (hard) and w (the pooled one for all).
void mixture_start(const struct design *design, const struct pairs *pairs, const double *pooled,
    double lambda, bool joined, struct rng *rng, struct mixture *mixture);

// EM from q and w (an M-step first) until the objective gains under 1e-6 or assignments are fixed. Soft and on dense
// features an iteration is a step up the likelihood itself (mixture_dense.h), at most twice as many of them.
void mixture_run(const struct design *design, const struct pairs *pairs,
    const struct mixture_settings *settings, struct mixture *mixture);

// q of annotators from some of their pairs, with this mixture's w and shares. loss is n_annotators x k: the weighted
// sums of the pairs' losses under each head.
void mixture_losses(
    const struct design *design, const struct pairs *pairs, const struct mixture *mixture, double *ret_loss);
// Returns log sum_k pi_k exp(-loss_k).
double mixture_posterior(const double *loss, const double *share, uint32_t k, double *ret_q);
// The shares that go with the responsibilities of the annotators who have pairs.
void mixture_update_shares(const struct pairs *pairs, struct mixture *mixture);

// The log-likelihood that the mixture gives the second half of each annotator's pairs after it saw the first half, per unit
// of weight (NaN without pairs). `ret_sharp`: where the first half also tells how sharply each chooses, by up to 2.8 times
// more or less than the heads, and how common that is.
void mixture_held_out(const struct design *design, const struct pairs *pairs, const struct mixture *mixture,
    double *ret_each, double *ret_sharp);

#endif
