// One dataset on its way to a worker: a thread reads the database and makes frames, the loop sends them. Between them
// stands a queue of at most STREAM_PIECES_MAX frames, so that a slow worker holds the reader back and not the memory.
#ifndef COORDINATOR_LEARN_STREAM_H
#define COORDINATOR_LEARN_STREAM_H

#include "base/buf.h"
#include "coordinator/learn/internal.h"

struct stream;

enum { STREAM_PIECES_MAX = 16 };

// --- on the loop --------------------------------------------------------------------------------------------------
// `attribute` and `dimension` may be ""; `has_edits`: what people made of responses too; `compared` are models to send along;
// `is_refit`: the one of them is what the fit begins from.
// Writes `wake_fd` whenever there is something to look at.
int stream_start(struct lease *lease, const char *attribute, const char *dimension, bool has_edits,
    const struct uuid *compared, size_t n_compared, bool is_refit, struct err *err) MUST_CHECK;
// The next frame when there is one; free it with buf_release. A chunk is given only when `with_credit`.
bool stream_take(struct stream *stream, bool with_credit, struct buf *ret_frame, enum wire_type *ret_type);
// Once WIRE_DATASET_END has been taken.
void stream_snapshot(struct stream *stream, unsigned char snapshot[HASH_BYTES]);
// What the database saw of the study, as text.
const char *stream_seen(const struct stream *stream);
// Likewise: what the card says of embeddings, as JSON; NULL: nothing. free() it.
char *stream_about(struct stream *stream);
// Lets go of it: the thread is told, and joined when it has ended.
void stream_cancel(struct stream *stream);
// Joins threads that have ended and tells the leases of those that failed; `all`: waits for every one (at the end).
void streams_reap(struct learn *learn, bool all);

// --- on the stream's thread (dataset.c) -----------------------------------------------------------------------------
struct stream_source {
    const char *conninfo;
    const struct keys *keys;
    int64_t shard_key;
    char attribute[256], dimension[256];
    bool has_edits;                           // as far as the study asks for any
    struct uuid compared[WIRE_ARTEFACTS_MAX]; // models to send along
    size_t n_compared;
    bool is_refit; // the one of these is what the fit begins from
};
// Waits for room. ERR_CLOSED when the stream was cancelled.
int stream_push(struct stream *stream, enum wire_type type, const void *message, struct err *err) MUST_CHECK;
// All before the end is pushed.
void stream_set_snapshot(struct stream *stream, const unsigned char snapshot[HASH_BYTES]);
void stream_set_seen(struct stream *stream, const char *seen);
void stream_set_about(struct stream *stream, const char *about);
int dataset_send(struct stream *stream, const struct stream_source *source, struct err *err) MUST_CHECK;

#endif
