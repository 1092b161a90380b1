// The mixtures of mixture.h on dense features: one fused pass over the annotators gives the losses under every head, the
// responsibilities, the likelihood and its gradient for all heads at once (the gradient of the likelihood is that of the
// M-step at the same responsibilities), so a step costs one pass. Made and used by mixture.c alone.
#ifndef WORKER_FIT_MIXTURE_DENSE_H
#define WORKER_FIT_MIXTURE_DENSE_H

#include "worker/fit/mixture.h"
#include "worker/fit/newton.h"

enum mixture_mode {
    MIXTURE_FIXED, // responsibilities as they are: the M-step's objective
    MIXTURE_SOFT,  // responsibilities of the heads asked for are set, and the likelihood is what counts
};

struct mixture_dense {
    const struct mixture_settings *settings;
    struct mixture *mixture;
    struct pair_pass pass;
    struct curvature curvature;
    enum mixture_mode mode;
    double total;       // weight of the pairs
    uint32_t n_buckets; // of annotators
    uint32_t first[POOL_BUCKETS + 1];
    bool with_gradient;
    double *padded; // k x stride
    double *sums;   // n_buckets x (1 + k x stride): of a bucket its objective, and behind it the gradients
    double *loss;   // n_annotators x k
};

bool mixture_dense_fits(const struct design *design, uint32_t k);
void mixture_dense_init(struct mixture_dense *dense, const struct design *design, const struct pairs *pairs,
    const struct mixture_settings *settings, struct mixture *mixture);
void mixture_dense_release(struct mixture_dense *dense);

// At most so many steps in `mode` from the mixture's w; the curvature is measured there when `measure`.
void mixture_dense_descend(
    struct mixture_dense *dense, enum mixture_mode mode, int max_steps, double gain, bool measure);
// dense->loss of the mixture's w under its tau.
void mixture_dense_losses(struct mixture_dense *dense);

// The step each annotator would take from the pooled w: see mixture_start. vectors: n_annotators x n_columns, zeroed.
void mixture_dense_vectors(const struct design *design, const struct pairs *pairs, const double *pooled,
    double lambda, uint32_t n_annotators, double *vectors);

#endif
