// The embed room: a study's embedding endpoint, the filler that asks it for what its responses lack, and embeddings of texts that
// are to be scored. Workers reach only the coordinator, so it is the coordinator that asks.
#ifndef COORDINATOR_EMBED_EMBED_H
#define COORDINATOR_EMBED_EMBED_H

#include "base/hash.h"
#include "coordinator/embed/embeddings.h"
#include "coordinator/room.h"

struct http_request;

extern const struct room embed_room;

// --- texts to be scored ---------------------------------------------------------------------------------------------------
struct embed_wanted {
    int64_t shard_key;     // of the study
    const char *space;     // hexadecimal, as the model's card has it
    uint32_t n_dimensions; // of the model
    size_t n;
    struct embeddings_text texts[EMBEDDINGS_TEXTS_MAX];
    // What came of it, in the request's arena: n x n_dimensions numbers; NULL: `status` is what to answer, 503 with `detail`, or 422:
    // the study's endpoint makes no such embeddings (any more).
    const float *values;
    int status;
    const char *detail;
    size_t n_taken; // of the values, by who reads the texts' request again
};

// Fills `wanted` with what is kept, and from the study's endpoint if that still makes such embeddings, within ten seconds; then
// calls `then`, later on this loop. All lives in the request's arena.
void embed_texts(
    struct http_request *request, struct embed_wanted *wanted, void (*then)(void *arg), void *arg);

#endif
