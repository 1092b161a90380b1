#include "coordinator/score/models.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "coordinator/db/db.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REST_US = 10 * 1000 * 1000 };

struct model {
    struct id id;
    struct artefact *artefact;
    int64_t constitution_version;
    char *space, *embedder; // NULL: no endpoint's
    struct model_cache *cache;
    // Under the cache's lock:
    int n_holders;
    int64_t used_us; // last, by the monotonic clock
    bool rests;
};

struct model_cache {
    pthread_mutex_t lock;
    size_t n;
    struct model *list[MODELS_MAX];
};

struct model_cache *model_cache_new(void)
{
    struct model_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL)
        abort();
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void free_model(struct model *model)
{
    artefact_close(model->artefact);
    free(model->space);
    free(model->embedder);
    free(model);
}

void model_cache_free(struct model_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->n; i++)
        free_model(cache->list[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

const struct artefact *model_artefact(const struct model *model)
{
    return model->artefact;
}

int64_t model_constitution_version(const struct model *model)
{
    return model->constitution_version;
}

const char *model_space(const struct model *model)
{
    return model->space;
}

const char *model_embedder(const struct model *model)
{
    return model->embedder;
}

static bool same_id(struct id a, struct id b)
{
    return a.shard_key == b.shard_key && uuid_equal(a.uuid, b.uuid);
}

// Under the lock.
static struct model *find_and_hold(struct model_cache *cache, struct id id)
{
    for (size_t i = 0; i < cache->n; i++) {
        if (same_id(cache->list[i]->id, id)) {
            cache->list[i]->n_holders++;
            cache->list[i]->used_us = clock_monotonic_us();
            cache->list[i]->rests = false;
            return cache->list[i];
        }
    }
    return NULL;
}

// Under the lock: a place for one more, or false when every model is in use.
static bool make_room(struct model_cache *cache)
{
    if (cache->n < MODELS_MAX)
        return true;
    size_t oldest = MODELS_MAX;
    for (size_t i = 0; i < cache->n; i++) {
        if (cache->list[i]->n_holders == 0 &&
            (oldest == MODELS_MAX || cache->list[i]->used_us < cache->list[oldest]->used_us))
            oldest = i;
    }
    if (oldest == MODELS_MAX)
        return false;
    free_model(cache->list[oldest]);
    cache->list[oldest] = cache->list[--cache->n];
    return true;
}

bool model_cache_rest(struct model_cache *cache)
{
    bool is_busy = false;
    int64_t since_us = clock_monotonic_us() - REST_US;
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < cache->n; i++) {
        struct model *model = cache->list[i];
        if (!model->rests && model->n_holders == 0 && model->used_us < since_us) {
            artefact_rest(model->artefact);
            model->rests = true;
        }
        is_busy = is_busy || !model->rests;
    }
    pthread_mutex_unlock(&cache->lock);
    return is_busy;
}

int model_status(const struct err *err, const char **ret_detail)
{
    switch (err->code) {
    case ERR_NOT_FOUND:
        *ret_detail = "There is no such model.";
        return 404;
    case ERR_INVALID:
    case ERR_CRYPTO:
        *ret_detail = "The model is damaged: its bytes are not those that were registered.";
        return 500;
    default:
        *ret_detail = "The model can't be loaded now.";
        return err->code == ERR_LIMIT || err->code == ERR_IO ? 503 : 500;
    }
}

void model_release(struct model **model)
{
    if (*model == NULL)
        return;
    struct model_cache *cache = (*model)->cache;
    pthread_mutex_lock(&cache->lock);
    (*model)->n_holders--;
    pthread_mutex_unlock(&cache->lock);
    *model = NULL;
}

// --- loading, on a pool thread ---------------------------------------------------------------------------------------
struct load {
    struct loop *loop;
    struct id id;
    struct model *model;
    struct err err;
    void (*then)(void *arg, struct model *model, const struct err *err);
    void *arg;
};

static int write_piece(void *arg, const struct db_result *result, struct err *err)
{
    const int *fd = arg;
    struct arena *arena = arena_new(SIZE_MAX);
    size_t size = 0;
    const unsigned char *bytes = db_bytes(result, 0, 0, arena, &size);
    ssize_t written = write(*fd, bytes, size);
    arena_free(arena);
    return written == (ssize_t)size ? 0 : err_set_errno(err, "writing an artefact");
}

// NULL unless the bytes are an artefact, and that of this name.
static struct artefact *open_named(const char *path, const char *hash, struct err *err)
{
    char found[HASH_HEX_BYTES];
    struct artefact *artefact = artefact_open(path, err);
    if (artefact == NULL)
        return NULL;
    hex_encode(artefact_hash(artefact), HASH_BYTES, found);
    if (strcmp(found, hash) == 0)
        return artefact;
    artefact_close(artefact);
    err_set(err, ERR_CRYPTO, "the artefact's bytes are not those of the model");
    return NULL;
}

// Another coordinator stored it, or the file here is damaged: brings its bytes here, whole and right or not at all. NULL: failed.
static struct artefact *bring(
    struct db_session *session, struct id id, const char *path, const char *hash, struct err *err)
{
    char temporary[PATH_MAX + 16];
    struct artefact *artefact = NULL;
    snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        err_set_errno(err, "%s", temporary);
        return NULL;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, id.shard_key);
    db_add_uuid(&params, id.uuid);
    int rc = db_session_stream(session, QUERY_SCORE_MODEL_BYTES, &params, write_piece, &fd, err);
    if (close(fd) != 0 && rc == 0)
        rc = err_set_errno(err, "%s", temporary);
    if (rc == 0)
        artefact = open_named(temporary, hash, err);
    if (artefact != NULL && rename(temporary, path) != 0) {
        err_set_errno(err, "%s", path);
        artefact_close(artefact);
        artefact = NULL;
    }
    if (artefact == NULL)
        unlink(temporary);
    return artefact;
}

// 0 where the community is none of this deployment's any more.
static int ask_constitution(
    struct load *load, struct db_session *session, int64_t community, int64_t when_us, int64_t *ret_version)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_number(&params, community);
    db_add_number(&params, when_us);
    int rc = db_session_query(session, QUERY_SCORE_CONSTITUTION, &params, &result, &load->err);
    *ret_version = rc == 0 ? db_number(&result, 0, 0) : 0;
    return rc;
}

static char *text_or_null(const struct db_result *result, int column)
{
    if (db_is_null(result, 0, column))
        return NULL;
    char *copy = strdup(db_text(result, 0, column));
    if (copy == NULL)
        abort();
    return copy;
}

static int open_artefact(struct load *load, struct db_session *session)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_number(&params, load->id.shard_key);
    db_add_uuid(&params, load->id.uuid);
    int rc = db_session_query(session, QUERY_SCORE_MODEL, &params, &result, &load->err);
    if (rc < 0)
        return rc;
    if (result.n_rows == 0)
        return err_set(&load->err, ERR_NOT_FOUND, "no such model");
    char hash[HASH_HEX_BYTES], path[PATH_MAX];
    snprintf(hash, sizeof(hash), "%s", db_text(&result, 0, 0));
    int64_t version = 0, made_us = db_number(&result, 0, 2);
    char *space = text_or_null(&result, 3), *embedder = text_or_null(&result, 4);
    if (!db_is_null(&result, 0, 1) &&
        (rc = ask_constitution(load, session, db_number(&result, 0, 1), made_us, &version)) < 0)
        goto fail;
    snprintf(path, sizeof(path), "%s/artefacts/%s", load->loop->app->data_folder, hash);
    struct artefact *artefact = access(path, R_OK) == 0 ? open_named(path, hash, &load->err) : NULL;
    if (artefact == NULL && load->err.message[0] != '\0')
        log_event(LOG_WARNING, "artefact_damaged", LOG_TEXT("detail", load->err.message));
    if (artefact == NULL)
        artefact = bring(session, load->id, path, hash, &load->err);
    if (artefact == NULL) {
        rc = load->err.code;
        goto fail;
    }
    struct model *model = calloc(1, sizeof(*model));
    if (model == NULL)
        abort();
    *model = (struct model){.id = load->id,
        .artefact = artefact,
        .constitution_version = version,
        .space = space,
        .embedder = embedder,
        .cache = load->loop->app->models};
    load->model = model;
    return 0;
fail:
    free(space);
    free(embedder);
    return rc;
}

static void run_load(void *arg)
{
    struct load *load = arg;
    struct db_session *session = NULL;
    if (db_session_open(load->loop->app->conninfo, &session, &load->err) < 0)
        return;
    if (open_artefact(load, session) < 0)
        assert(load->model == NULL);
    db_session_close(session);
}

// Two loads of one model may race: the second finds the first's and drops its own.
static void adopt(struct load *load)
{
    struct model_cache *cache = load->loop->app->models;
    pthread_mutex_lock(&cache->lock);
    struct model *there = find_and_hold(cache, load->id);
    bool full = there == NULL && !make_room(cache);
    if (there == NULL && !full) {
        cache->list[cache->n++] = load->model;
        there = find_and_hold(cache, load->id);
    }
    pthread_mutex_unlock(&cache->lock);
    if (there != load->model)
        free_model(load->model);
    load->model = there;
    if (full)
        err_set(&load->err, ERR_LIMIT, "%d models are in use", MODELS_MAX);
}

static void done_load(void *arg)
{
    struct load *load = arg;
    if (load->model != NULL)
        adopt(load);
    if (load->model == NULL && load->err.code != ERR_NOT_FOUND)
        log_event(LOG_ERROR, "model_load", LOG_TEXT("detail", load->err.message));
    load->then(load->arg, load->model, &load->err);
    free(load);
}

void model_acquire(struct loop *loop, struct id id,
    void (*then)(void *arg, struct model *model, const struct err *err), void *arg)
{
    struct model_cache *cache = loop->app->models;
    pthread_mutex_lock(&cache->lock);
    struct model *model = find_and_hold(cache, id);
    pthread_mutex_unlock(&cache->lock);
    if (model != NULL) {
        then(arg, model, NULL);
        return;
    }
    struct load *load = calloc(1, sizeof(*load));
    if (load == NULL)
        abort();
    *load = (struct load){.loop = loop, .id = id, .then = then, .arg = arg};
    if (work_submit(loop->app->pool, loop->base, run_load, done_load, load) < 0) {
        struct err err;
        err_set(&err, ERR_LIMIT, "too many models are being loaded");
        then(arg, NULL, &err);
        free(load);
    }
}
