#include "coordinator/learn/stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct piece {
    STAILQ_ENTRY(piece) entry;
    struct buf frame;
    enum wire_type type;
};

struct stream {
    LIST_ENTRY(stream) entry;
    struct lease *lease; // NULL: cancelled
    pthread_t thread;
    uint32_t id;
    int wake_fd;
    struct stream_source source;
    pthread_mutex_t lock; // of what stands below
    pthread_cond_t room;
    STAILQ_HEAD(piece_list, piece) pieces;
    int n_pieces;
    bool cancelled, ended;
    int rc;
    struct err err;
    unsigned char snapshot[HASH_BYTES];
    char *seen; // the thread's until the end was pushed
    char *about;
};

static void wake(const struct stream *stream)
{
    uint64_t one = 1;
    ssize_t put UNUSED = write(stream->wake_fd, &one, sizeof(one));
}

// --- on the thread ------------------------------------------------------------------------------------------------
int stream_push(struct stream *stream, enum wire_type type, const void *message, struct err *err)
{
    struct piece *piece = calloc(1, sizeof(*piece));
    if (piece == NULL)
        abort();
    buf_init(&piece->frame, 2 * (size_t)WIRE_PAYLOAD_MAX_BYTES);
    wire_append(&piece->frame, type, stream->id, message);
    assert(!piece->frame.overflow);
    piece->type = type;
    pthread_mutex_lock(&stream->lock);
    while (stream->n_pieces >= STREAM_PIECES_MAX && !stream->cancelled)
        pthread_cond_wait(&stream->room, &stream->lock);
    bool cancelled = stream->cancelled;
    if (!cancelled) {
        STAILQ_INSERT_TAIL(&stream->pieces, piece, entry);
        stream->n_pieces++;
    }
    pthread_mutex_unlock(&stream->lock);
    if (cancelled) {
        buf_release(&piece->frame);
        free(piece);
        return err_set(err, ERR_CLOSED, "the dataset is not wanted any more");
    }
    wake(stream);
    return 0;
}

void stream_set_snapshot(struct stream *stream, const unsigned char snapshot[HASH_BYTES])
{
    pthread_mutex_lock(&stream->lock);
    memcpy(stream->snapshot, snapshot, HASH_BYTES);
    pthread_mutex_unlock(&stream->lock);
}

void stream_set_seen(struct stream *stream, const char *seen)
{
    stream->seen = strdup(seen);
    if (stream->seen == NULL)
        abort();
}

void stream_set_about(struct stream *stream, const char *about)
{
    char *copy = strdup(about);
    if (copy == NULL)
        abort();
    pthread_mutex_lock(&stream->lock);
    free(stream->about);
    stream->about = copy;
    pthread_mutex_unlock(&stream->lock);
}

static void *run(void *arg)
{
    struct stream *stream = arg;
    struct err err = {0};
    int rc = dataset_send(stream, &stream->source, &err);
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    stream->rc = rc;
    stream->err = err;
    pthread_mutex_unlock(&stream->lock);
    wake(stream);
    return NULL;
}

// --- on the loop ----------------------------------------------------------------------------------------------------
int stream_start(struct lease *lease, const char *attribute, const char *dimension, bool has_edits,
    const struct uuid *compared, size_t n_compared, bool is_refit, struct err *err)
{
    struct learn *learn = lease->learn;
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        abort();
    stream->lease = lease;
    stream->id = lease->stream_id;
    stream->wake_fd = learn->wake_fd;
    stream->source.conninfo = learn->app->conninfo;
    stream->source.keys = learn->app->keys;
    stream->source.shard_key = lease->shard_key;
    snprintf(stream->source.attribute, sizeof(stream->source.attribute), "%s", attribute);
    snprintf(stream->source.dimension, sizeof(stream->source.dimension), "%s", dimension);
    stream->source.has_edits = has_edits;
    stream->source.is_refit = is_refit;
    for (size_t i = 0; i < n_compared && i < WIRE_ARTEFACTS_MAX; i++)
        stream->source.compared[stream->source.n_compared++] = compared[i];
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->room, NULL);
    STAILQ_INIT(&stream->pieces);
    int failure = pthread_create(&stream->thread, NULL, run, stream);
    if (failure != 0) {
        pthread_cond_destroy(&stream->room);
        pthread_mutex_destroy(&stream->lock);
        free(stream);
        return err_set(err, ERR_IO, "no thread for a dataset: %s", strerror(failure));
    }
    LIST_INSERT_HEAD(&learn->streams, stream, entry);
    learn->n_streams++;
    lease->stream = stream;
    return 0;
}

void stream_snapshot(struct stream *stream, unsigned char snapshot[HASH_BYTES])
{
    pthread_mutex_lock(&stream->lock);
    memcpy(snapshot, stream->snapshot, HASH_BYTES);
    pthread_mutex_unlock(&stream->lock);
}

const char *stream_seen(const struct stream *stream)
{
    return stream->seen;
}

char *stream_about(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    char *about = stream->about;
    stream->about = NULL;
    pthread_mutex_unlock(&stream->lock);
    return about;
}

bool stream_take(struct stream *stream, bool with_credit, struct buf *ret_frame, enum wire_type *ret_type)
{
    pthread_mutex_lock(&stream->lock);
    struct piece *piece = STAILQ_FIRST(&stream->pieces);
    if (piece != NULL && piece->type == WIRE_DATASET_CHUNK && !with_credit)
        piece = NULL;
    if (piece != NULL) {
        STAILQ_REMOVE_HEAD(&stream->pieces, entry);
        stream->n_pieces--;
        pthread_cond_signal(&stream->room);
    }
    pthread_mutex_unlock(&stream->lock);
    if (piece == NULL)
        return false;
    *ret_frame = piece->frame;
    *ret_type = piece->type;
    free(piece);
    return true;
}

void stream_cancel(struct stream *stream)
{
    stream->lease->stream = NULL;
    stream->lease = NULL;
    pthread_mutex_lock(&stream->lock);
    stream->cancelled = true;
    pthread_cond_signal(&stream->room);
    pthread_mutex_unlock(&stream->lock);
}

static void stream_free(struct stream *stream)
{
    struct piece *piece;
    while ((piece = STAILQ_FIRST(&stream->pieces)) != NULL) {
        STAILQ_REMOVE_HEAD(&stream->pieces, entry);
        buf_release(&piece->frame);
        free(piece);
    }
    pthread_cond_destroy(&stream->room);
    pthread_mutex_destroy(&stream->lock);
    free(stream->seen);
    free(stream->about);
    free(stream);
}

void streams_reap(struct learn *learn, bool all)
{
    struct stream *next;
    for (struct stream *stream = LIST_FIRST(&learn->streams); stream != NULL; stream = next) {
        next = LIST_NEXT(stream, entry);
        pthread_mutex_lock(&stream->lock);
        bool over = stream->ended && (stream->n_pieces == 0 || stream->lease == NULL || stream->rc < 0);
        pthread_mutex_unlock(&stream->lock);
        if (!over && !all)
            continue;
        if (all && stream->lease != NULL)
            stream_cancel(stream);
        pthread_join(stream->thread, NULL);
        LIST_REMOVE(stream, entry);
        learn->n_streams--;
        struct lease *lease = stream->lease;
        if (lease != NULL) {
            lease->stream = NULL;
            if (stream->rc < 0)
                jobs_stream_failed(lease, stream->rc, &stream->err);
        }
        stream_free(stream);
    }
}
