// A person reports a task that they have or had, or an amendment. Once each: who does so again is shown the first.
#include "coordinator/reports/internal.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <string.h>

enum { WORDS_MAX = 2000, WORDS_MAX_BYTES = 4 * WORDS_MAX };

static const char *const reasons[] = {
    "hate", "harassment", "violence", "sexual", "self_harm", "privacy", "spam", "other", NULL};

struct making {
    struct http_request *request;
    const struct actor *actor;
    const struct keys *keys;
    enum query query;
    struct id object; // the task or the amendment
    const char *reason, *words;
    struct buf sealed;
    int sealed_rc;
};

static void making_release(void *arg)
{
    struct making *making = arg;
    buf_release(&making->sealed);
}

static void on_made(void *arg, const struct db_result *result)
{
    const struct making *making = arg;
    if (api_db_failed(making->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(making->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    json_t *body = json_object();
    json_object_set_new(body, "id", json_db_id(result, 0, 1, making->object.shard_key));
    json_object_set_new(body, "state", json_string(db_text(result, 0, 2)));
    json_object_set_new(body, "created_at", json_db_time(result, 0, 3));
    http_reply_json(making->request, db_bool(result, 0, 0) ? 201 : 200, body);
}

static void store(struct making *making)
{
    const struct loop *loop = http_context(making->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, making->object.shard_key);
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, making->actor->participant);
    db_add_uuid(&params, making->object.uuid);
    db_add_text(&params, making->reason);
    if (making->words != NULL)
        db_add_bytes(&params, making->sealed.data, making->sealed.length);
    else
        db_add_null(&params);
    db_add_uuid(&params, uuid_new()); // of the event
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, making->query, &params, on_made, making);
}

// On a thread of the pool.
static void seal_run(void *arg)
{
    struct making *making = arg;
    making->sealed_rc = keys_seal(making->keys, making->actor->person, KEYS_TEXT, making->words,
        strlen(making->words), &making->sealed, NULL);
}

static void seal_done(void *arg)
{
    struct making *making = arg;
    if (making->sealed_rc < 0)
        http_problem(making->request, 503, "The words could not be sealed just now, so nothing was stored.");
    else
        store(making);
}

static void make(struct http_request *request, const struct actor *actor, enum query query)
{
    const struct loop *loop = http_context(request);
    struct making *making = arena_calloc(http_arena(request), 1, sizeof(*making));
    const json_t *body = http_body_json(request);
    *making = (struct making){.request = request, .actor = actor, .keys = loop->app->keys, .query = query};
    if (body == NULL || !identity_param_id(request, "a", &making->object))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("reason", "words"));
    int reason = fields_choice(&fields, body, "", "reason", FIELD_REQUIRED, reasons);
    making->words = fields_text(&fields, body, "", "words", FIELD_OPTIONAL, 0, WORDS_MAX);
    if (!fields_finish(&fields, request))
        return;
    making->reason = reasons[reason];
    buf_init(&making->sealed, WORDS_MAX_BYTES + KEYS_OVERHEAD_BYTES);
    arena_on_free(http_arena(request), making_release, making);
    if (making->words == NULL || *making->words == '\0') {
        making->words = NULL;
        store(making);
    } else if (work_submit(loop->app->pool, loop->base, seal_run, seal_done, making) < 0) {
        http_reply_header(request, "Retry-After", "1");
        http_problem(request, 503, "There is much to do just now; try again in a moment.");
    }
}

static void make_task_as(struct http_request *request, const struct actor *actor)
{
    make(request, actor, QUERY_REPORT_ITEM);
}

void reports_make_task(struct http_request *request)
{
    struct id task;
    if (identity_param_id(request, "a", &task))
        identity_require(request, ACTION_ANNOTATE, &task, make_task_as);
}

static void make_amendment_as(struct http_request *request, const struct actor *actor)
{
    make(request, actor, QUERY_REPORT_AMENDMENT);
}

void reports_make_amendment(struct http_request *request)
{
    struct id amendment;
    if (identity_param_id(request, "a", &amendment))
        identity_require(request, ACTION_PROPOSE, &amendment, make_amendment_as);
}
