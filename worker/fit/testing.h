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
    double sharpness; // of the choices
    bool as_ratings;  // items of one response, rated 1 to 5
    bool ties;        // one judgment in ten
    uint64_t seed;
};

struct planted {
    struct fit_data data;
    double *taste; // n_tastes x n_dimensions, unit length
    uint32_t *annotator_taste;
    void *memory[16];
    uint32_t n_memory;
};

void planted_make(struct planted *planted, const struct planted_options *options);
void planted_free(struct planted *planted);

#endif
