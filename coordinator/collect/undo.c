#include "coordinator/collect/routes.h"

#include "base/hash.h"
#include "coordinator/api.h"
#include "coordinator/collect/offer.h"
#include "coordinator/collect/submission.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <string.h>

enum { ATTEMPTS_MAX = 4 };

struct undoing {
    struct http_request *request;
    const struct actor *actor;
    struct id lease;
    struct uuid key;
    unsigned char hash[HASH_BYTES];
    int attempts;
};

static void submit(struct undoing *undoing);

static void on_shown(void *arg, const struct db_result *result)
{
    const struct undoing *undoing = arg;
    if (api_db_failed(undoing->request, result))
        return;
    if (result->n_rows == 0)
        http_problem(undoing->request, 409, "This task is not yours any more; ask for the next one.");
    else
        assignments_reply(undoing->request, 200, undoing->lease.shard_key, result, NULL);
}

static void show_lease(struct undoing *undoing)
{
    const struct loop *loop = http_context(undoing->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, undoing->lease.shard_key);
    db_add_uuid(&params, undoing->lease.uuid);
    db_add_uuid(&params, undoing->actor->participant);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_LEASE_SHOW, &params, on_shown, undoing);
}

// As the void revision has it, so that the same key is answered alike whatever has become of the lease.
static void show_undone(struct undoing *undoing)
{
    const struct loop *loop = http_context(undoing->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, undoing->lease.shard_key);
    db_add_uuid(&params, undoing->actor->participant);
    db_add_uuid(&params, undoing->key);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_UNDONE, &params, on_shown, undoing);
}

static void on_undone(void *arg, const struct db_result *result)
{
    struct undoing *undoing = arg;
    struct http_request *request = undoing->request;
    if (result->status == DB_CONFLICT && ++undoing->attempts < ATTEMPTS_MAX) {
        submit(undoing);
        return;
    }
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
    else if (!db_is_null(result, 0, 4) && !db_bool(result, 0, 4))
        api_key_reused(request);
    else if (db_bool(result, 0, 1) || !db_is_null(result, 0, 4))
        show_undone(undoing); // taken back now, or by this key before
    else if (db_bool(result, 0, 2) && db_bool(result, 0, 3))
        show_lease(undoing); // taken back before
    else if (!db_bool(result, 0, 3))
        offer_undo(request, undoing->actor, undoing->lease, undoing->key, undoing->hash);
    else if (strcmp(db_text(result, 0, 0), "open") != 0)
        http_problem(request, 409, "The study is %s: answers can't be taken back.", db_text(result, 0, 0));
    else if (++undoing->attempts < ATTEMPTS_MAX)
        submit(undoing); // it may have waited for the same request elsewhere, and not seen what that did
    else
        http_problem(request, 409, "Somebody else has this task now, so the answer can't be taken back.");
}

static void submit(struct undoing *undoing)
{
    const struct loop *loop = http_context(undoing->request);
    api_request_hash(undoing->request, NULL, undoing->hash);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, undoing->lease.shard_key);
    db_add_uuid(&params, undoing->lease.uuid);
    db_add_uuid(&params, undoing->actor->participant);
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, undoing->key);
    db_add_bytes(&params, undoing->hash, HASH_BYTES);
    db_add_number(&params, loop->index);
    // Once it is undone there is nothing to undo: a repeat finds it by its key.
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_UNDO, &params, on_undone, undoing);
}

static void runs_on(void *arg)
{
    submit(arg);
}

static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct undoing *undoing = arg;
    submission_require(request, undoing->actor, task, true, runs_on, undoing);
}

static void undo_as(struct http_request *request, const struct actor *actor)
{
    struct undoing *undoing = arena_calloc(http_arena(request), 1, sizeof(*undoing));
    bool has_key = false;
    *undoing = (struct undoing){.request = request, .actor = actor};
    if (!identity_param_id(request, "a", &undoing->lease) ||
        !api_idempotency_key(request, false, &undoing->key, &has_key))
        return;
    if (!has_key)
        undoing->key = uuid_new();
    task_require(request, undoing->lease.shard_key, with_task, undoing);
}

void judgments_undo(struct http_request *request)
{
    struct id lease;
    if (identity_param_id(request, "a", &lease))
        identity_require(request, ACTION_ANNOTATE, &lease, undo_as);
}
