// Joining under an id of a panel: who is known by it has their participation again; else a person is made, whose key seals it.
#include "coordinator/identity/routes.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS_MAX = 5, SEALED_MAX_BYTES = 4096 };

struct entering {
    const struct panel_coming *coming;
    const struct keys *keys; // what the pool may use of the loop's
    struct uuid person, participant;
    unsigned char code[KEYS_CODE_BYTES];
    char token[SECRET_TEXT_BYTES], session[SECRET_TEXT_BYTES];
    unsigned char token_hash[HASH_BYTES], session_hash[HASH_BYTES];
    char *plain;
    struct buf sealed; // empty: it is only looked for who is known
    bool is_full;
    int rc, attempts;
};

static void entering_release(void *arg)
{
    struct entering *entering = arg;
    json_decref(entering->coming->external);
    free(entering->plain);
    buf_release(&entering->sealed);
}

static void busy(const struct entering *entering)
{
    http_reply_header(entering->coming->request, "Retry-After", "1");
    http_problem(entering->coming->request, 503, "This can't be done just now; try again in a moment.");
}

// --- the person's key ---------------------------------------------------------------------------------------------------------
static void submit(struct entering *entering);

static void seal_run(void *arg)
{
    struct entering *entering = arg;
    struct err err;
    entering->rc = keys_seal(entering->keys, entering->person, KEYS_TEXT, entering->plain,
        strlen(entering->plain), &entering->sealed, &err);
}

static void seal_done(void *arg)
{
    struct entering *entering = arg;
    if (entering->rc < 0)
        busy(entering);
    else
        submit(entering);
}

static void seal(struct entering *entering)
{
    const struct loop *loop = http_context(entering->coming->request);
    if (work_submit(loop->app->pool, loop->base, seal_run, seal_done, entering) < 0)
        busy(entering);
}

// Somebody else was faster to make this person, or there is no place: the key that was made is nobody's.
static void forget_run(void *arg)
{
    struct entering *entering = arg;
    struct err err;
    entering->rc =
        keys_forget(entering->keys, entering->person, entering->sealed.data, entering->sealed.length, &err);
}

static void reply_joined(const struct entering *entering, struct uuid participant)
{
    const struct panel_coming *coming = entering->coming;
    session_cookie(coming->request, entering->session);
    http_reply_json(coming->request, 201,
        json_pack("{s:o, s:s, s:o}", "participant_id",
            json_id((struct id){coming->project.shard_key, participant}), "token", entering->token,
            "project_id", json_id(coming->project)));
}

static void forget_done(void *arg)
{
    const struct entering *entering = arg;
    if (entering->is_full)
        http_problem(entering->coming->request, 410,
            "This invitation has been used as often as it may be, or has expired.");
    else
        reply_joined(entering, entering->participant);
}

static void forget(struct entering *entering)
{
    const struct loop *loop = http_context(entering->coming->request);
    if (work_submit(loop->app->pool, loop->base, forget_run, forget_done, entering) < 0)
        forget_done(entering);
}

// --- the statement ------------------------------------------------------------------------------------------------------------
static void refuse_ended(const struct entering *entering, const char *state)
{
    bool returned = strcmp(state, "returned") == 0;
    http_problem_of(entering->coming->request, 409, returned ? "submission_returned" : "submission_timed_out",
        returned ? "You gave your place in this study back; it can't be taken up again."
                 : "The time for this study was over; it can't be taken up again.",
        NULL);
}

static void on_entered(void *arg, const struct db_result *result)
{
    struct entering *entering = arg;
    struct http_request *request = entering->coming->request;
    // Two at once: the other is found when it is asked again.
    if (result->status == DB_CONFLICT && ++entering->attempts < ATTEMPTS_MAX) {
        submit(entering);
        return;
    }
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0 && entering->sealed.length == 0) {
        seal(entering);
    } else if (result->n_rows == 0) {
        entering->is_full = true;
        forget(entering);
    } else if (db_bool(result, 0, 2)) {
        http_problem(request, 404, "There is no such invitation.");
    } else if (strcmp(db_text(result, 0, 1), "returned") == 0 ||
               strcmp(db_text(result, 0, 1), "timed_out") == 0) {
        refuse_ended(entering, db_text(result, 0, 1));
    } else if (entering->sealed.length > 0 && !uuid_equal(db_uuid(result, 0, 0), entering->participant)) {
        entering->participant = db_uuid(result, 0, 0);
        forget(entering);
    } else {
        reply_joined(entering, db_uuid(result, 0, 0));
    }
}

static void add_secret(struct db_params *params, char text[SECRET_TEXT_BYTES], unsigned char hash[HASH_BYTES])
{
    secret_new(text);
    int rc = secret_hash(text, hash);
    assert(rc == 0);
    db_add_uuid(params, uuid_new());
    db_add_bytes(params, hash, HASH_BYTES);
}

// Secrets are new each time: what became of those before is not known.
static void submit(struct entering *entering)
{
    const struct panel_coming *coming = entering->coming;
    const struct loop *loop = http_context(coming->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, coming->project.shard_key);
    db_add_bytes(&params, coming->invitation_hash, HASH_BYTES);
    db_add_uuid(&params, entering->person);
    db_add_uuid(&params, entering->participant);
    db_add_bytes(&params, entering->code, KEYS_CODE_BYTES);
    if (entering->sealed.length > 0)
        db_add_bytes(&params, entering->sealed.data, entering->sealed.length);
    else
        db_add_null(&params);
    db_add_text(&params, coming->consent_version);
    if (coming->consent_version != NULL)
        db_add_bytes(&params, coming->consent_hash, HASH_BYTES);
    else
        db_add_null(&params);
    db_add_text(&params, coming->conditions);
    add_secret(&params, entering->token, entering->token_hash);
    add_secret(&params, entering->session, entering->session_hash);
    db_add_number(&params, SESSION_SECONDS);
    db_add_number(&params, loop->index);
    db_add_text(&params, coming->simulated ? "simulated" : "bare");
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_PANEL_JOIN, &params, on_entered, entering);
}

void panel_join(struct panel_coming *coming)
{
    const struct loop *loop = http_context(coming->request);
    struct entering *entering = arena_calloc(http_arena(coming->request), 1, sizeof(*entering));
    *entering = (struct entering){.coming = coming,
        .keys = loop->app->keys,
        .person = uuid_new(),
        .participant = uuid_new(),
        .plain = json_canonical(coming->external)};
    buf_init(&entering->sealed, SEALED_MAX_BYTES);
    arena_on_free(http_arena(coming->request), entering_release, entering);
    submissions_code(entering->keys, coming->project.shard_key, coming->external_id, entering->code);
    submit(entering);
}
