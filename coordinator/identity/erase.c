// Erasure: of the answers about oneself, or of all that is a person's. Keys go first and rows after: whoever is killed in
// between has broken no promise, and doing it again finishes it. A key that was made while we were at it sealed answers
// that the last statement gives back; answers given after it are new ones, with a key of their own.
#include "coordinator/identity/routes.h"

#include "base/arena.h"
#include "base/log.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdlib.h>

struct erasing {
    struct http_request *request;
    const struct app *app;
    struct arena *arena; // of the pool thread's own
    bool whole, own;
    struct id whom;        // a person's (shard 0) or a participant's
    const char *log_entry; // NULL: none
    struct uuid person;    // found
    int rc;
    struct err err;
};

static void erasing_release(void *arg)
{
    const struct erasing *erasing = arg;
    arena_free(erasing->arena);
}

// --- on the pool ------------------------------------------------------------------------------------------------------
static int find_whom(struct erasing *erasing, struct db_session *session)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_number(&params, erasing->whom.shard_key);
    db_add_uuid(&params, erasing->whom.uuid);
    int rc = db_session_query(session, QUERY_IDENTITY_ERASE_WHOM, &params, &result, &erasing->err);
    if (rc < 0)
        return rc;
    if (result.n_rows == 0)
        return err_set(&erasing->err, ERR_NOT_FOUND, "There is no such person.");
    erasing->person = db_uuid(&result, 0, 0);
    if (erasing->whole && db_bool(&result, 0, 1))
        return err_set(
            &erasing->err, ERR_CONFLICT, "Who operates the deployment gives up that role before erasing.");
    return 0;
}

// Runs a statement that gives sealed answers, and destroys their keys.
static int forget(struct erasing *erasing, struct db_session *session, enum query query, bool with_log)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_uuid(&params, erasing->person);
    if (with_log) {
        db_add_uuid(&params, uuid_new());
        db_add_text(&params, erasing->log_entry);
    }
    int rc = db_session_query(session, query, &params, &result, &erasing->err);
    for (int row = 0; rc == 0 && row < result.n_rows; row++) {
        size_t size = 0;
        const unsigned char *sealed = db_bytes(&result, row, 0, erasing->arena, &size);
        rc = keys_forget(erasing->app->keys, erasing->person, sealed, size, &erasing->err);
    }
    return rc;
}

// In each study and community of the person, a transaction of its own: they lie in different shards.
static int in_each_shard(struct erasing *erasing, struct db_session *session, enum query query)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_uuid(&params, erasing->person);
    int rc = db_session_query(session, QUERY_IDENTITY_ERASE_SHARDS, &params, &result, &erasing->err);
    if (rc < 0)
        return rc;
    int n = result.n_rows;
    int64_t *shards = arena_calloc(erasing->arena, (size_t)n, sizeof(*shards));
    for (int i = 0; i < n; i++)
        shards[i] = db_number(&result, i, 0);
    for (int i = 0; rc == 0 && i < n; i++) {
        db_params_init(&params);
        db_add_number(&params, shards[i]);
        db_add_uuid(&params, erasing->person);
        rc = db_session_query(session, query, &params, &result, &erasing->err);
    }
    return rc;
}

static int erase(struct erasing *erasing, struct db_session *session)
{
    int rc = find_whom(erasing, session);
    if (rc == 0)
        rc = forget(erasing, session, QUERY_IDENTITY_DEMOGRAPHICS_SEALED, false);
    if (rc == 0 && erasing->whole)
        rc = keys_forget_text(erasing->app->keys, erasing->person, &erasing->err);
    if (rc == 0)
        rc = in_each_shard(erasing, session,
            erasing->whole ? QUERY_IDENTITY_ERASE_PARTICIPATION : QUERY_IDENTITY_CELL_CLEAR);
    if (rc == 0)
        rc = forget(erasing, session,
            erasing->whole ? QUERY_IDENTITY_ERASE_PERSON : QUERY_IDENTITY_DEMOGRAPHICS_WITHDRAW,
            erasing->whole);
    return rc;
}

static void run(void *arg)
{
    struct erasing *erasing = arg;
    struct db_session *session = NULL;
    erasing->rc = db_session_open(erasing->app->conninfo, &session, &erasing->err);
    if (erasing->rc == 0)
        erasing->rc = erase(erasing, session);
    db_session_close(session);
}

// --- on the loop ------------------------------------------------------------------------------------------------------
static void busy(struct http_request *request)
{
    http_reply_header(request, "Retry-After", "2");
    http_problem(request, 503, "This could not be finished just now; do it again.");
}

static void done(void *arg)
{
    struct erasing *erasing = arg;
    struct http_request *request = erasing->request;
    const struct loop *loop = http_context(request);
    switch (erasing->rc) {
    case 0:
        identity_cache_forget(loop->identity, erasing->person);
        if (erasing->whole && erasing->own)
            session_cookie(request, "");
        http_reply_empty(request, 204);
        break;
    case ERR_NOT_FOUND:
        http_problem(request, 404, "%s", erasing->err.message);
        break;
    case ERR_CONFLICT:
        http_problem(request, 409, "%s", erasing->err.message);
        break;
    default:
        log_event(LOG_ERROR, "erasing", LOG_TEXT("detail", erasing->err.message));
        busy(request);
    }
}

static struct erasing *erasing_new(struct http_request *request, struct id whom)
{
    const struct loop *loop = http_context(request);
    struct erasing *erasing = arena_calloc(http_arena(request), 1, sizeof(*erasing));
    erasing->request = request;
    erasing->app = loop->app;
    erasing->arena = arena_new(SIZE_MAX); // what a person was ever able to store
    erasing->whom = whom;
    arena_on_free(http_arena(request), erasing_release, erasing);
    return erasing;
}

static void start(struct erasing *erasing)
{
    const struct loop *loop = http_context(erasing->request);
    if (work_submit(loop->app->pool, loop->base, run, done, erasing) < 0)
        busy(erasing->request);
}

static void withdraw_as(struct http_request *request, const struct actor *actor)
{
    start(erasing_new(request, (struct id){.uuid = actor->person}));
}

void demographics_delete(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, withdraw_as);
}

// {"confirm": "erase"}: what can't be undone is not done by a mistyped address.
static bool confirmed(struct http_request *request)
{
    static const char *const words[] = {"erase", NULL};
    const json_t *body = http_body_json(request);
    struct fields fields;
    if (body == NULL)
        return false;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("confirm"));
    fields_choice(&fields, body, "", "confirm", FIELD_REQUIRED, words);
    return fields_finish(&fields, request);
}

static void erase_me_as(struct http_request *request, const struct actor *actor)
{
    if (actor->is_token && (actor->is_bound || actor->roles != 0)) {
        http_problem(request, 409, "This token was made for work; sign in to erase what is yours.");
        return;
    }
    if (!confirmed(request))
        return;
    struct erasing *erasing = erasing_new(request, (struct id){.uuid = actor->person});
    erasing->whole = erasing->own = true;
    start(erasing);
}

void me_erase(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, erase_me_as);
}

// By person or, as a researcher knows them, by participant.
static void erase_as(struct http_request *request, const struct actor *actor)
{
    struct id whom;
    if (!identity_param_id(request, "person", &whom) || !confirmed(request))
        return;
    struct erasing *erasing = erasing_new(request, whom);
    erasing->whole = true;
    erasing->log_entry = power_entry(request, "erasure", actor, NULL, &whom.uuid, 0);
    start(erasing);
}

void persons_erase(struct http_request *request)
{
    identity_require(request, ACTION_OPERATE, NULL, erase_as);
}
