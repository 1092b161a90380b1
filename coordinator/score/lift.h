// The embeddings of a request's body, taken out before the rest is parsed: they are nearly all of its bytes, and a tree with a
// node for every number costs more than the scoring. What is taken out is well-formed (a list of JSON numbers that are finite as
// float32, or base64 of whole float32); whatever is not stays in the text, and is told of by who reads that. Pure; any thread.
#ifndef COORDINATOR_SCORE_LIFT_H
#define COORDINATOR_SCORE_LIFT_H

#include "base/arena.h"
#include "base/base.h"

struct embedding {
    const float *values;
    uint32_t n_dimensions;
};

// Those in the order of the text, one behind the other in memory.
struct lifted {
    size_t n;
    struct embedding *list;
};

// The text with a number in the place of each embedding behind "embedding": and in lists behind "embeddings":, its index among the
// lifted. NULL: nothing is to be gained, or a number stands there already; parse the text as it is. `text` (`size` bytes) has a NUL
// behind it.
const char *lift_embeddings(
    const char *text, size_t size, struct arena *arena, struct lifted *ret_lifted, size_t *ret_size);

// A JSON number (RFC 8259) at `*at`, moved behind it; the nearest double. False: there is none.
bool lift_number(const char **at, double *ret_value) MUST_CHECK;

#endif
