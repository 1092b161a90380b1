// What is said to an OpenAI-compatible `/v1/embeddings` endpoint, and what it answers: {"data": [{"index", "embedding"}]}, each
// embedding base64 of float32 (which is asked for) or a list of numbers. Small and strict: every text has one embedding, all of
// one length, finite, not greater than a model's features may be, and not all zero; else the whole answer is none. Pure; any
// thread.
#ifndef COORDINATOR_EMBED_EMBEDDINGS_H
#define COORDINATOR_EMBED_EMBEDDINGS_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"

enum {
    EMBEDDINGS_TEXTS_MAX = 256, // of one request
    EMBEDDINGS_DIMENSIONS_MAX = 8192,
    EMBEDDINGS_REST_MAX_BYTES = 512 * 1024, // of an answer, without what could be read as embeddings
};

// What is wrong with an answer, by kind; the page has words for each.
enum embeddings_fault {
    EMBEDDINGS_GOOD,
    EMBEDDINGS_NOT_UNDERSTOOD, // no JSON, or none of this form
    EMBEDDINGS_COUNT,
    EMBEDDINGS_INDEX,
    EMBEDDINGS_NO_NUMBERS, // null, a word, half a float, not finite, beyond 1e6
    EMBEDDINGS_ZERO,
    EMBEDDINGS_DIMENSIONS, // not as many as were wanted, as the others have, or as any model may have
    N_EMBEDDINGS_FAULTS
};
extern const char *const embeddings_fault_names[N_EMBEDDINGS_FAULTS];

struct embeddings_text {
    const char *text; // UTF-8
    size_t length;
};

// {"model", "input", "encoding_format": "base64", "dimensions"?}. `n_dimensions` 0: as the model has it. free() it.
char *embeddings_request(
    const char *model, uint32_t n_dimensions, const struct embeddings_text *texts, size_t n_texts) MUST_CHECK;

// Reads the answer to `n_texts` texts. `n_dimensions` 0: any. On EMBEDDINGS_GOOD `*ret_values` are n_texts x *ret_n_dimensions
// numbers in the texts' order, in the arena; else `err` has the reason for people, in no words of the endpoint's. `body` (`size`
// bytes) has a NUL behind it; the arena holds at most about three times as much.
enum embeddings_fault embeddings_read(const char *body, size_t size, size_t n_texts, uint32_t n_dimensions,
    struct arena *arena, float **ret_values, uint32_t *ret_n_dimensions, struct err *err) MUST_CHECK;

#endif
