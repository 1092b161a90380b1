// What the parts of a jury's fit share: jury.c, rated.c.
#ifndef WORKER_FIT_JURY_H
#define WORKER_FIT_JURY_H

#include "worker/fit/jurors.h"
#include "worker/fit/session.h"

// The rewards that jurors stand to: the pooled head, then factors.
struct jury_basis {
    uint32_t k;    // factors + 1
    double *v;     // factors x n_columns
    double *scale; // k: what makes a raw reward the model's x
};

// People from their ratings, where there are ratings on a scale of at most 101 levels: their coefficients on the basis, and how well
// test ratings are foretold (by each one's own coefficients, by the content for the mean person, by how high each rates alone), as JSON.
// NULL: there are none, and ret_jurors is as it was.
json_t *rated_people(struct session *session, const struct jury_basis *basis, struct jurors *ret_jurors);

#endif
