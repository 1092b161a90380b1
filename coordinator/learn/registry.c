// Models come home: the artefact is gathered in a file, held to its hash and its format, put in place by rename, and
// counted in one transaction with the fit's state, the model, its bytes and the log. Twice is once: the fence is the
// fit's, and (shard_key, fit_id) is unique.
#include "coordinator/learn/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "coordinator/api.h"
#include "coordinator/audit/entry.h"
#include "coordinator/work.h"
#include "reward/artefact.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES_CHUNK = 1024 * 1024, RETRY_MS = 1000, ATTEMPTS_MAX = 60 };
#define INCOMING ".incoming-"

// Everything the pool thread needs, copied: it never sees the lease.
struct storing {
    struct lease *lease; // for the loop
    char *conninfo, *card, *temporary, *final, *folder;
    int64_t shard_key;
    struct uuid fit, model;
    uint64_t fence, size;
    unsigned char hash[HASH_BYTES], snapshot[HASH_BYTES];
    bool is_moved, is_comparison;
    int n_attempts;
    // What came of it.
    int rc;
    bool is_counted;
    struct err err;
};

// --- bytes in -----------------------------------------------------------------------------------------------------
int registry_sweep(const char *data_folder, struct err *err)
{
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/artefacts", data_folder);
    if (mkdir(folder, 0750) < 0 && errno != EEXIST)
        return err_set_errno(err, "can't make %s", folder);
    DIR *open = opendir(folder);
    if (open == NULL)
        return err_set_errno(err, "can't read %s", folder);
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;) {
        if (strncmp(entry->d_name, INCOMING, strlen(INCOMING)) == 0)
            unlinkat(dirfd(open), entry->d_name, 0);
    }
    closedir(open);
    return 0;
}

void registry_drop(struct lease *lease)
{
    if (lease->fd >= 0) {
        close(lease->fd);
        unlink(lease->path);
    }
    lease->fd = -1;
    hash_stream_free(lease->hash);
    lease->hash = NULL;
    lease->size = 0;
}

static int begin(struct lease *lease, struct err *err)
{
    registry_drop(lease);
    snprintf(
        lease->path, sizeof(lease->path), "%s/artefacts/" INCOMING "XXXXXX", lease->learn->app->data_folder);
    lease->fd = mkostemp(lease->path, O_CLOEXEC);
    if (lease->fd < 0)
        return err_set_errno(err, "can't make %s", lease->path);
    lease->hash = hash_stream_new();
    return 0;
}

int registry_chunk(struct lease *lease, const Plenum__ArtefactChunk *chunk, struct err *err)
{
    if (chunk->offset == 0) {
        int rc = begin(lease, err);
        if (rc < 0)
            return rc;
    }
    if (lease->fd < 0 || chunk->offset != lease->size)
        return err_set(err, ERR_INVALID, "an artefact's chunk is missing or came twice");
    if (chunk->data.len > WIRE_ARTEFACT_MAX_BYTES - lease->size)
        return err_set(err, ERR_LIMIT, "the artefact is too large");
    for (size_t at = 0; at < chunk->data.len;) {
        ssize_t n = write(lease->fd, chunk->data.data + at, chunk->data.len - at);
        if (n < 0 && errno != EINTR)
            return err_set_errno(err, "can't write %s", lease->path);
        at += n > 0 ? (size_t)n : 0;
    }
    hash_stream_add(lease->hash, chunk->data.data, chunk->data.len);
    lease->size += chunk->data.len;
    return 0;
}

// --- on a pool thread -----------------------------------------------------------------------------------------------
static int sync_path(const char *path, int flags, struct err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "can't open %s", path);
    int rc = fsync(fd) < 0 ? err_set_errno(err, "can't sync %s", path) : 0;
    close(fd);
    return rc;
}

static int put_in_place(struct storing *storing, struct err *err)
{
    if (storing->is_moved)
        return 0;
    struct artefact *artefact = artefact_open(storing->temporary, err);
    if (artefact == NULL)
        return err_set(err, ERR_INVALID, "the artefact can't be read: %.300s", err->message);
    bool same = memcmp(artefact->snapshot, storing->snapshot, HASH_BYTES) == 0;
    artefact_close(artefact);
    if (!same)
        return err_set(err, ERR_INVALID, "the artefact names other data than it was fitted on");
    int rc = sync_path(storing->temporary, O_RDONLY, err);
    if (rc == 0 && rename(storing->temporary, storing->final) < 0)
        rc = err_set_errno(err, "can't put %s in place", storing->final);
    if (rc == 0)
        rc = sync_path(storing->folder, O_RDONLY | O_DIRECTORY, err);
    storing->is_moved = rc == 0;
    return rc;
}

static void params_of_fit(const struct storing *storing, struct db_params *params)
{
    db_params_init(params);
    db_add_number(params, storing->shard_key);
    db_add_uuid(params, storing->fit);
    db_add_number(params, (int64_t)storing->fence);
}

static int add_bytes(const struct storing *storing, struct db_session *session, struct err *err)
{
    int fd = open(storing->final, O_RDONLY | O_CLOEXEC), rc = 0;
    unsigned char *piece = malloc(BYTES_CHUNK);
    if (piece == NULL)
        abort();
    if (fd < 0)
        rc = err_set_errno(err, "can't open %s", storing->final);
    uint64_t at = 0;
    for (int chunk = 0; rc == 0 && at < storing->size; chunk++) {
        struct db_params params;
        struct db_result result;
        size_t wanted = min_size(BYTES_CHUNK, storing->size - at);
        if (pread(fd, piece, wanted, (off_t)at) != (ssize_t)wanted) {
            rc = err_set_errno(err, "can't read %s", storing->final);
            break;
        }
        db_params_init(&params);
        db_add_number(&params, storing->shard_key);
        db_add_uuid(&params, storing->model);
        db_add_number(&params, chunk);
        db_add_bytes(&params, piece, wanted);
        rc = db_session_query(session, QUERY_LEARN_MODEL_BYTES_ADD, &params, &result, err);
        at += wanted;
    }
    if (fd >= 0)
        close(fd);
    free(piece);
    return rc;
}

static int add_model(
    const struct storing *storing, struct db_session *session, const char *method, struct err *err)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_number(&params, storing->shard_key);
    db_add_uuid(&params, storing->model);
    db_add_uuid(&params, storing->fit);
    db_add_text(&params, method);
    db_add_bytes(&params, storing->hash, HASH_BYTES);
    db_add_number(&params, (int64_t)storing->size);
    db_add_bytes(&params, storing->snapshot, HASH_BYTES);
    db_add_text(&params, storing->card);
    return db_session_query(session, QUERY_LEARN_MODEL_ADD, &params, &result, err);
}

static int add_log_entry(
    const struct storing *storing, struct db_session *session, const char *method, struct err *err)
{
    char artefact[HASH_HEX_BYTES], snapshot[HASH_HEX_BYTES];
    struct db_params params;
    struct db_result result;
    hex_encode(storing->hash, HASH_BYTES, artefact);
    hex_encode(storing->snapshot, HASH_BYTES, snapshot);
    struct arena *arena = arena_new(64 * 1024);
    struct audit_entry entry;
    audit_entry_make(arena, "model",
        json_pack("{s:o, s:o, s:s, s:s, s:s}", "object",
            json_id((struct id){storing->shard_key, storing->model}), "fit",
            json_id((struct id){storing->shard_key, storing->fit}), "method", method, "artefact", artefact,
            "snapshot", snapshot),
        &entry);
    db_params_init(&params);
    db_add_number(&params, storing->shard_key);
    db_add_uuid(&params, entry.id);
    db_add_text(&params, entry.text);
    int rc = db_session_query(session, QUERY_LEARN_OUTBOX, &params, &result, err);
    arena_free(arena);
    return rc;
}

// No row was changed: the result is late, cancelled, or was counted before and its answer got lost.
static int counted_before(struct storing *storing, struct db_session *session, struct err *err)
{
    char hex[HASH_HEX_BYTES];
    struct db_params params;
    struct db_result result;
    params_of_fit(storing, &params);
    int rc = db_session_query(session, QUERY_LEARN_FIT_MODEL, &params, &result, err);
    hex_encode(storing->hash, HASH_BYTES, hex);
    if (rc == 0)
        storing->is_counted = result.n_rows == 1 && strcmp(db_text(&result, 0, 1), hex) == 0;
    return rc;
}

static int count_once(struct storing *storing, struct db_session *session, struct err *err)
{
    char method[64] = "";
    struct db_params params;
    struct db_result result;
    int rc = db_session_begin(session, false, err);
    params_of_fit(storing, &params);
    db_add_uuid(&params, storing->model);
    db_add_uuid(&params, uuid_new()); // of the event
    if (rc == 0)
        rc = db_session_query(session, QUERY_LEARN_FIT_DONE, &params, &result, err);
    if (rc == 0 && result.n_rows == 0) {
        rc = db_session_rollback(session, err);
        return rc < 0 ? rc : counted_before(storing, session, err);
    }
    if (rc == 0) {
        snprintf(method, sizeof(method), "%s", db_text(&result, 0, 0));
        rc = add_model(storing, session, method, err);
    }
    if (rc == 0)
        rc = add_bytes(storing, session, err);
    if (rc == 0)
        rc = add_log_entry(storing, session, method, err);
    if (rc == 0)
        rc = db_session_commit(session, err);
    storing->is_counted = rc == 0;
    return rc;
}

// A comparison is its card; told once more it is the same.
static int count_comparison(struct storing *storing, struct db_session *session, struct err *err)
{
    struct db_params params;
    struct db_result result;
    params_of_fit(storing, &params);
    db_add_text(&params, storing->card);
    db_add_uuid(&params, uuid_new()); // of the event
    int rc = db_session_query(session, QUERY_LEARN_FIT_COMPARED, &params, &result, err);
    storing->is_counted = rc == 0 && result.n_rows == 1;
    return rc;
}

static void run(void *arg)
{
    struct storing *storing = arg;
    struct db_session *session = NULL;
    storing->rc = storing->is_comparison ? 0 : put_in_place(storing, &storing->err);
    if (storing->rc == 0)
        storing->rc = db_session_open(storing->conninfo, &session, &storing->err);
    if (storing->rc == 0)
        storing->rc = storing->is_comparison ? count_comparison(storing, session, &storing->err)
                                             : count_once(storing, session, &storing->err);
    db_session_close(session);
}

// --- back on the loop -------------------------------------------------------------------------------------------------
static void storing_free(struct storing *storing)
{
    if (!storing->is_moved && !storing->is_comparison)
        unlink(storing->temporary);
    free(storing->conninfo);
    free(storing->card);
    free(storing->temporary);
    free(storing->final);
    free(storing->folder);
    free(storing);
}

// A database or a disk that is away comes back; what a result says stays what it is.
static bool may_pass(int rc)
{
    return rc == ERR_IO || rc == ERR_LIMIT || rc == ERR_CLOSED || rc == ERR_CONFLICT;
}

static void done(void *arg)
{
    struct storing *storing = arg;
    struct lease *lease = storing->lease;
    if (storing->rc < 0 && may_pass(storing->rc) && ++storing->n_attempts < ATTEMPTS_MAX &&
        !lease->learn->stopping) {
        log_event(LOG_WARNING, "storing_again", LOG_TEXT("detail", storing->err.message));
        lease->retry_us = clock_monotonic_us() + (int64_t)RETRY_MS * 1000;
        lease_call_ended(lease);
        return;
    }
    lease->storing = NULL;
    lease->size = storing->size;
    jobs_stored(lease, storing->rc, storing->is_counted,
        storing->rc < 0       ? storing->err.message
        : storing->is_counted ? ""
                              : "the lease has ended");
    storing_free(storing);
    lease_call_ended(lease);
}

void registry_forget(struct lease *lease)
{
    if (lease->storing != NULL && lease->retry_us != 0) // else the pool has it, to the end
        storing_free(lease->storing);
    lease->storing = NULL;
}

void registry_retry(struct lease *lease)
{
    struct learn *learn = lease->learn;
    lease->retry_us = 0;
    lease->n_calls++;
    if (work_submit(learn->app->pool, learn->loop->base, run, done, lease->storing) < 0) {
        lease->retry_us = clock_monotonic_us() + (int64_t)RETRY_MS * 1000;
        lease->n_calls--;
    }
}

static char *copy(const char *text)
{
    char *result = strdup(text);
    if (result == NULL)
        abort();
    return result;
}

static char *print_path(const char *data_folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/artefacts%s%s", data_folder, name[0] != '\0' ? "/" : "", name) < 0)
        abort();
    return path;
}

// The worker's card, with what the coordinator knows of the embeddings that it sent. False: it is none.
static bool read_card(const struct lease *lease, const char *text, bool is_comparison, char **ret_card)
{
    json_t *card = json_loads(text, JSON_REJECT_DUPLICATES, NULL),
           *about = lease->about != NULL ? json_loads(lease->about, 0, NULL) : NULL;
    bool is_card = json_is_object(is_comparison ? card : json_object_get(card, "all"));
    if (about != NULL)
        json_object_set(card, "embeddings", about);
    else
        json_object_del(card, "embeddings"); // no worker's to say
    if (is_card)
        *ret_card = json_text(card, JSON_COMPACT);
    json_decref(about);
    json_decref(card);
    return is_card;
}

int registry_result(struct lease *lease, const Plenum__Result *result, struct err *err)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    bool is_comparison = lease->fd < 0 && result->size == 0;
    if (!is_comparison && (lease->fd < 0 || lease->size != result->size))
        return err_set(err, ERR_INVALID, "the artefact has not come whole");
    memcpy(hash, result->sha256.data, HASH_BYTES);
    if (!is_comparison)
        hash_stream_finish(lease->hash, hash);
    lease->hash = NULL;
    if (memcmp(hash, result->sha256.data, HASH_BYTES) != 0)
        return err_set(err, ERR_CRYPTO, "the artefact's hash is not what the result says");
    if (memcmp(result->snapshot.data, lease->snapshot, HASH_BYTES) != 0)
        return err_set(err, ERR_CRYPTO, "the result is about other data than were sent");
    char *card = NULL;
    if (!read_card(lease, result->card, is_comparison, &card))
        return err_set(err, ERR_INVALID, "the card is not a JSON object with the evaluation for all");
    struct storing *storing = calloc(1, sizeof(*storing));
    if (storing == NULL)
        abort();
    const struct app *app = lease->learn->app;
    hex_encode(hash, HASH_BYTES, hex);
    *storing = (struct storing){
        .lease = lease,
        .conninfo = copy(app->conninfo),
        .card = card,
        .temporary = copy(lease->path),
        .final = print_path(app->data_folder, hex),
        .folder = print_path(app->data_folder, ""),
        .shard_key = lease->shard_key,
        .fit = lease->fit,
        .model = uuid_new(),
        .fence = lease->fence,
        .size = lease->size,
        .is_comparison = is_comparison,
    };
    memcpy(storing->hash, hash, HASH_BYTES);
    memcpy(storing->snapshot, lease->snapshot, HASH_BYTES);
    if (lease->fd >= 0)
        close(lease->fd); // the file is the storing's now
    lease->fd = -1;
    lease->storing = storing;
    lease->state = LEASE_STORING;
    registry_retry(lease);
    return 0;
}
