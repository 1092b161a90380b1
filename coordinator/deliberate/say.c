// A member says something, or asks for another decision on what they said. Their words are sealed under their key; what is shown of
// them is a copy with a life of its own.
#include "coordinator/deliberate/internal.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <string.h>

struct saying {
    struct http_request *request;
    const struct actor *actor;
    const struct keys *keys;
    struct id object; // the conversation; of an appeal the statement
    struct uuid key;
    unsigned char hash[HASH_BYTES];
    const char *words;
    int max_characters; // of the conversation
    struct buf sealed;
    int sealed_rc;
    void (*store)(struct saying *saying);
};

static void saying_release(void *arg)
{
    struct saying *saying = arg;
    buf_release(&saying->sealed);
}

// --- sealing, on a thread of the pool -------------------------------------------------------------------------------------
static void seal_run(void *arg)
{
    struct saying *saying = arg;
    saying->sealed_rc = keys_seal(saying->keys, saying->actor->person, KEYS_TEXT, saying->words,
        strlen(saying->words), &saying->sealed, NULL);
}

static void seal_done(void *arg)
{
    struct saying *saying = arg;
    if (saying->sealed_rc < 0)
        http_problem(saying->request, 503, "The words could not be sealed just now, so nothing was stored.");
    else
        saying->store(saying);
}

static void seal(struct saying *saying)
{
    const struct loop *loop = http_context(saying->request);
    buf_init(&saying->sealed, WORDS_MAX_BYTES + KEYS_OVERHEAD_BYTES);
    arena_on_free(http_arena(saying->request), saying_release, saying);
    if (work_submit(loop->app->pool, loop->base, seal_run, seal_done, saying) < 0) {
        http_reply_header(saying->request, "Retry-After", "1");
        http_problem(saying->request, 503, "There is much to do just now; try again in a moment.");
    }
}

// --- a statement ----------------------------------------------------------------------------------------------------------
static void on_said(void *arg, const struct db_result *result)
{
    const struct saying *saying = arg;
    struct http_request *request = saying->request;
    if (api_db_failed(request, result))
        return;
    const char *outcome = result->n_rows == 0 ? "absent" : db_text(result, 0, 0);
    if (strcmp(outcome, "made") == 0 || strcmp(outcome, "same") == 0)
        http_reply_json(request, 201,
            json_pack("{s:o, s:s, s:I}", "id", json_db_id(result, 0, 1, saying->object.shard_key), "state",
                db_text(result, 0, 2), "number", (json_int_t)db_number(result, 0, 3)));
    else if (strcmp(outcome, "mismatch") == 0)
        api_key_reused(request);
    else if (strcmp(outcome, "closed") == 0)
        http_problem(request, 409, "The conversation is closed.");
    else if (strcmp(outcome, "too_many") == 0) {
        http_reply_header(request, "Retry-After", "3600");
        http_problem(
            request, 429, "You have said as much as one person may in a day; vote on what others say.");
    } else if (strcmp(outcome, "too_long") == 0)
        http_problem_at(request, 422, "/text", "A statement here has at most %lld characters.",
            (long long)db_number(result, 0, 3));
    else
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static void store_statement(struct saying *saying)
{
    const struct loop *loop = http_context(saying->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, saying->object.shard_key);
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, saying->object.uuid);
    db_add_uuid(&params, saying->actor->participant);
    db_add_text(&params, saying->words);
    db_add_bytes(&params, saying->sealed.data, saying->sealed.length);
    db_add_uuid(&params, saying->key);
    db_add_bytes(&params, saying->hash, HASH_BYTES);
    db_add_number(&params, (int64_t)text_characters(saying->words));
    if (saying->actor->demographics_version > 0)
        db_add_number(&params, saying->actor->demographics_version);
    else
        db_add_null(&params);
    db_add_uuid(&params, uuid_new());
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_DELIBERATE_STATE, &params, on_said, saying);
}

static struct saying *saying_new(
    struct http_request *request, const struct actor *actor, void (*store)(struct saying *saying))
{
    const struct loop *loop = http_context(request);
    struct saying *saying = arena_calloc(http_arena(request), 1, sizeof(*saying));
    *saying = (struct saying){.request = request, .actor = actor, .keys = loop->app->keys, .store = store};
    return saying;
}

static void say_as(struct http_request *request, const struct actor *actor)
{
    struct saying *saying = saying_new(request, actor, store_statement);
    const json_t *body = http_body_json(request);
    struct fields fields;
    if (body == NULL || !api_idempotency_key(request, true, &saying->key, NULL) ||
        !identity_param_id(request, "v", &saying->object))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("text"));
    saying->words = fields_text(&fields, body, "", "text", FIELD_REQUIRED, 1, WORDS_MAX);
    if (saying->words != NULL && strspn(saying->words, " \t\r\n") == strlen(saying->words))
        fields_fail(&fields, "/text", "This says nothing.");
    if (!fields_finish(&fields, request))
        return;
    api_request_hash(request, body, saying->hash);
    seal(saying);
}

void statement_say(struct http_request *request)
{
    struct id conversation;
    if (identity_param_id(request, "v", &conversation))
        identity_require(request, ACTION_VOTE, &conversation, say_as);
}

// --- an appeal ------------------------------------------------------------------------------------------------------------
static void on_appealed(void *arg, const struct db_result *result)
{
    const struct saying *saying = arg;
    struct http_request *request = saying->request;
    if (api_db_failed(request, result))
        return;
    const char *outcome = result->n_rows == 0 ? "absent" : db_text(result, 0, 0);
    if (strcmp(outcome, "ok") == 0 || strcmp(outcome, "again") == 0)
        http_reply_empty(request, 204);
    else if (strcmp(outcome, "not_decided") == 0)
        http_problem(request, 409, "Nothing was decided against this statement.");
    else
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static void store_appeal(struct saying *saying)
{
    const struct loop *loop = http_context(saying->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, saying->object.shard_key);
    db_add_uuid(&params, saying->object.uuid);
    db_add_uuid(&params, saying->actor->participant);
    db_add_bytes(&params, saying->sealed.data, saying->sealed.length);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_DELIBERATE_APPEAL, &params, on_appealed, saying);
}

static void appeal_as(struct http_request *request, const struct actor *actor)
{
    struct saying *saying = saying_new(request, actor, store_appeal);
    const json_t *body = http_body_json(request);
    struct fields fields;
    if (body == NULL || !identity_param_id(request, "s", &saying->object))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("words"));
    saying->words = fields_text(&fields, body, "", "words", FIELD_REQUIRED, 1, WORDS_MAX);
    if (fields_finish(&fields, request))
        seal(saying);
}

void statement_appeal(struct http_request *request)
{
    struct id statement;
    if (identity_param_id(request, "s", &statement))
        identity_require(request, ACTION_PROPOSE, &statement, appeal_as);
}
