// Planted data for the tests of this room: annotators with known tastes judge items with random embeddings.
#ifndef WORKER_FIT_TESTING_H
#define WORKER_FIT_TESTING_H

#include "base/rng.h"
#include "worker/fit/fit.h"

struct planted_options {
    uint32_t n_annotators, n_items, judgments_each, n_dimensions;
    uint32_t
        n_tastes; // annotator a has taste a % n_tastes (or, with `minority`, the first so many have taste 1)
    uint32_t minority;
    double sharpness;        // of the choices
    bool as_ratings;         // items of one response, rated 1 to 5
    bool ties;               // one judgment in ten
    uint32_t majority;       // taste 0 has so many times the annotators of each other one; 0: as many
    uint32_t words;          // responses are texts of so many words, out of n_dimensions; 0: embeddings
    double sharpness_spread; // each annotator's own sharpness, log-normal around it
    double taste_spread;     // each annotator's own taste: theirs and so much of a direction of their own
    uint64_t seed;
};

struct planted {
    struct fit_data data;
    double *taste; // n_tastes x n_dimensions, unit length
    uint32_t *annotator_taste;
    uint32_t n_dimensions; // of the tastes: texts have no embeddings
    float *x;              // n_responses x n_dimensions: what tastes are about
    double *own;           // n_annotators x n_dimensions, each annotator's taste times sharpness
    void *memory[16];
    uint32_t n_memory;
};

void planted_make(struct planted *planted, const struct planted_options *options);
void planted_free(struct planted *planted);

// The search of maxmin alone: how many groups it finds, and who is in which (n_annotators, FIT_NO_GROUP: nobody knows).
uint32_t planted_search(
    const struct planted *planted, const struct fit_options *options, uint32_t *ret_group);
// Who knows the tastes and their shares: each annotator's likeliest taste by the judgments that the search saw.
void planted_oracle(
    const struct planted *planted, const struct planted_options *options, uint32_t *ret_group);
// The adjusted Rand index of two partitions (Hubert and Arabie 1985), each of at most 64 parts: 1 when they are the same, about 0
// by chance; two partitions of one part each are the same.
double planted_rand_index(const uint32_t *a, const uint32_t *b, uint32_t n);

#endif
