// A moderator decides on a statement, and can decide otherwise later: with a reason that everybody sees, and an entry of the log. What is
// shown is a copy that is made when it is shown, of what only its author's key opens.
#include "coordinator/deliberate/internal.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <string.h>

enum { REASON_MAX = 2000 };
enum state { SHOWN, REJECTED, MERGED };
static const char *const states[] = {"shown", "rejected", "merged", NULL};
static const char *const entries[] = {"statement_shown", "statement_rejected", "statement_merged"};

struct deciding {
    struct http_request *request;
    const struct actor *actor;
    const struct keys *keys;
    struct id statement;
    enum state state;
    const char *reason, *words; // words: the public copy, or NULL
    bool has_into;
    struct id into;
    const unsigned char *sealed;
    size_t sealed_size;
    struct uuid author;
    struct buf plain;
    int opened_rc;
};

static void deciding_release(void *arg)
{
    struct deciding *deciding = arg;
    buf_release(&deciding->plain);
}

static void on_decided(void *arg, const struct db_result *result)
{
    const struct deciding *deciding = arg;
    struct http_request *request = deciding->request;
    if (api_db_failed(request, result))
        return;
    const char *outcome = db_text(result, 0, 0);
    if (strcmp(outcome, "ok") == 0)
        http_reply_empty(request, 204);
    else if (strcmp(outcome, "into") == 0)
        http_problem_at(
            request, 422, "/into", "There is no other statement that is shown here under this id.");
    else
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static void store(struct deciding *deciding)
{
    const struct loop *loop = http_context(deciding->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, deciding->statement.shard_key);
    db_add_uuid(&params, deciding->statement.uuid);
    db_add_text(&params, states[deciding->state]);
    db_add_text(&params, deciding->reason);
    if (deciding->has_into)
        db_add_uuid(&params, deciding->into.uuid);
    else
        db_add_null(&params);
    db_add_text(&params, deciding->words);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(deciding->request, entries[deciding->state], deciding->actor,
                             &deciding->statement, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_DELIBERATE_DECIDE, &params, on_decided, deciding);
}

// On a thread of the pool.
static void open_run(void *arg)
{
    struct deciding *deciding = arg;
    deciding->opened_rc = keys_unseal(deciding->keys, deciding->author, KEYS_TEXT, deciding->sealed,
        deciding->sealed_size, &deciding->plain, NULL);
}

static void open_done(void *arg)
{
    struct deciding *deciding = arg;
    if (deciding->opened_rc < 0) {
        http_problem(
            deciding->request, 409, "Its author has taken the words back; there is nothing to show.");
        return;
    }
    deciding->words =
        arena_strndup(http_arena(deciding->request), deciding->plain.data, deciding->plain.length);
    store(deciding);
}

static void on_read(void *arg, const struct db_result *result)
{
    struct deciding *deciding = arg;
    struct http_request *request = deciding->request;
    const struct loop *loop = http_context(request);
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    bool has_words = !db_is_null(result, 0, 0), has_sealed = !db_is_null(result, 0, 1);
    // Seeds have no author whose key could open them: their words stay where they are.
    if (has_words && (deciding->state == SHOWN || !has_sealed))
        deciding->words = arena_strdup(http_arena(request), db_text(result, 0, 0));
    if (deciding->state != SHOWN || has_words) {
        store(deciding);
        return;
    }
    if (!has_sealed) {
        http_problem(request, 409, "Its author has taken the words back; there is nothing to show.");
        return;
    }
    deciding->sealed = db_bytes(result, 0, 1, http_arena(request), &deciding->sealed_size);
    deciding->author = db_uuid(result, 0, 2);
    buf_init(&deciding->plain, KEYS_SEALED_MAX_BYTES);
    arena_on_free(http_arena(request), deciding_release, deciding);
    if (work_submit(loop->app->pool, loop->base, open_run, open_done, deciding) < 0) {
        http_reply_header(request, "Retry-After", "1");
        http_problem(request, 503, "There is much to do just now; try again in a moment.");
    }
}

static void decide_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct deciding *deciding = arena_calloc(http_arena(request), 1, sizeof(*deciding));
    const json_t *body = http_body_json(request);
    struct fields fields;
    *deciding = (struct deciding){.request = request, .actor = actor, .keys = loop->app->keys};
    if (body == NULL || !identity_param_id(request, "s", &deciding->statement))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("state", "reason", "into"));
    int state = fields_choice(&fields, body, "", "state", FIELD_REQUIRED, states);
    deciding->reason = fields_text(&fields, body, "", "reason", FIELD_REQUIRED, 1, REASON_MAX);
    const char *into = fields_text(&fields, body, "", "into", FIELD_OPTIONAL, 1, 100);
    deciding->has_into = into != NULL;
    if (into != NULL &&
        (id_parse(into, &deciding->into) < 0 || deciding->into.shard_key != deciding->statement.shard_key))
        fields_fail(&fields, "/into", "There is no other statement that is shown here under this id.");
    if ((state == MERGED) != (into != NULL) && state >= 0)
        fields_fail(&fields, "/into",
            "A statement that is merged names the one it is merged into, and no other does.");
    if (!fields_finish(&fields, request))
        return;
    deciding->state = (enum state)state;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, deciding->statement.shard_key);
    db_add_uuid(&params, deciding->statement.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_DELIBERATE_STATEMENT, &params, on_read, deciding);
}

void statement_decide(struct http_request *request)
{
    struct id statement;
    if (identity_param_id(request, "s", &statement))
        identity_require(request, ACTION_MODERATE, &statement, decide_as);
}
