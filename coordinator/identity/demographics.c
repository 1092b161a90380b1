#include "coordinator/identity/routes.h"

#include "base/buf.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/templates.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdlib.h>
#include <string.h>

#define DEMOGRAPHICS_CONSENT_VERSION "1" // of the words on the page that asks; stored with each version

// One request on one's own answers; in the request's arena. Opening and sealing read and sync files: on the pool.
struct own {
    struct http_request *request;
    const struct keys *keys; // what the pool may use of the loop's
    const struct actor *actor;
    json_t *attributes, *answers;
    const unsigned char *sealed; // what is stored
    size_t n_sealed;
    int64_t version, given_us;
    char *plain; // canonical answers to seal
    struct buf out;
    struct err err;
    int rc;
};

static void own_release(void *arg)
{
    struct own *own = arg;
    json_decref(own->attributes);
    json_decref(own->answers);
    if (own->plain != NULL)
        explicit_bzero(own->plain, strlen(own->plain));
    free(own->plain);
    buf_release(&own->out);
}

static struct own *own_new(struct http_request *request, const struct actor *actor)
{
    struct own *own = arena_calloc(http_arena(request), 1, sizeof(*own));
    const struct loop *loop = http_context(request);
    own->request = request;
    own->keys = loop->app->keys;
    own->actor = actor;
    own->attributes = json_array();
    buf_init(&own->out, KEYS_SEALED_MAX_BYTES + KEYS_OVERHEAD_BYTES);
    arena_on_free(http_arena(request), own_release, own);
    return own;
}

static void busy(struct http_request *request)
{
    http_reply_header(request, "Retry-After", "2");
    http_problem(request, 503, "There is much to do just now; try again in a moment.");
}

// The questions of all studies, each id once: the study joined first wins.
static void gather_attributes(struct own *own, const struct db_result *result)
{
    for (int row = 0; row < result->n_rows; row++) {
        json_t *list = json_loads(db_text(result, row, 0), 0, NULL), *one, *other;
        size_t i, j;
        json_array_foreach(list, i, one)
        {
            bool known = false;
            json_array_foreach(own->attributes, j, other) known =
                known || json_equal(json_object_get(one, "id"), json_object_get(other, "id"));
            if (!known)
                json_array_append(own->attributes, one);
        }
        json_decref(list);
    }
}

static void ask(struct own *own, enum query query, db_callback *callback)
{
    const struct loop *loop = http_context(own->request);
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, own->actor->person);
    db_query(loop->db, DB_READ, 0, query, &params, callback, own);
}

// --- reading ----------------------------------------------------------------------------------------------------------
static void reply_own(struct own *own, int status)
{
    json_t *body = json_object();
    bool given = own->answers != NULL;
    json_object_set_new(body, "version", given ? json_integer(own->version) : json_null());
    json_object_set_new(body, "given_at", given ? json_time_us(own->given_us) : json_null());
    json_object_set(body, "attributes", own->attributes);
    json_object_set_new(body, "answers", given ? json_incref(own->answers) : json_object());
    http_reply_json(own->request, status, body);
}

static void open_run(void *arg)
{
    struct own *own = arg;
    own->answers = identity_open_demographics(own->keys, own->actor->person, own->sealed, own->n_sealed);
}

static void open_done(void *arg)
{
    reply_own(arg, 200);
}

static void on_stored(void *arg, const struct db_result *result)
{
    struct own *own = arg;
    const struct loop *loop = http_context(own->request);
    if (api_db_failed(own->request, result))
        return;
    if (result->n_rows == 0 || db_is_null(result, 0, 1)) {
        reply_own(own, 200);
        return;
    }
    own->version = db_number(result, 0, 0);
    own->sealed = db_bytes(result, 0, 1, http_arena(own->request), &own->n_sealed);
    own->given_us = db_number(result, 0, 3);
    if (work_submit(loop->app->pool, loop->base, open_run, open_done, own) < 0)
        busy(own->request);
}

static void on_questions(void *arg, const struct db_result *result)
{
    struct own *own = arg;
    if (api_db_failed(own->request, result))
        return;
    gather_attributes(own, result);
    ask(own, QUERY_IDENTITY_DEMOGRAPHICS, on_stored);
}

static void get_as(struct http_request *request, const struct actor *actor)
{
    ask(own_new(request, actor), QUERY_IDENTITY_MY_QUESTIONS, on_questions);
}

void demographics_get(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, get_as);
}

// --- writing ----------------------------------------------------------------------------------------------------------
static void on_put(void *arg, const struct db_result *result)
{
    struct own *own = arg;
    const struct loop *loop = http_context(own->request);
    if (api_db_failed(own->request, result))
        return;
    if (result->n_rows == 0) { // erased meanwhile
        http_problem(own->request, 404, "There is nobody here.");
        return;
    }
    // Judgments from here on name the new version, in this thread at once.
    identity_cache_forget(loop->identity, own->actor->person);
    own->version = db_number(result, 0, 0);
    own->given_us = db_number(result, 0, 1);
    reply_own(own, 200);
}

static void seal_run(void *arg)
{
    struct own *own = arg;
    own->rc = keys_seal(own->keys, own->actor->person, KEYS_DEMOGRAPHICS, own->plain, strlen(own->plain),
        &own->out, &own->err);
}

static void seal_done(void *arg)
{
    struct own *own = arg;
    const struct loop *loop = http_context(own->request);
    if (own->rc < 0) {
        http_problem(own->request, 503, "The answers could not be sealed just now, so nothing was stored.");
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, own->actor->person);
    db_add_bytes(&params, own->out.data, own->out.length);
    db_add_text(&params, DEMOGRAPHICS_CONSENT_VERSION);
    db_query(loop->db, DB_WRITE, 0, QUERY_IDENTITY_DEMOGRAPHICS_PUT, &params, on_put, own);
}

static void on_questions_for_put(void *arg, const struct db_result *result)
{
    struct own *own = arg;
    const struct loop *loop = http_context(own->request);
    if (api_db_failed(own->request, result))
        return;
    gather_attributes(own, result);
    struct fields fields;
    fields_init(&fields);
    demographics_check(&fields, own->answers, own->attributes, "/answers");
    if (!fields_finish(&fields, own->request))
        return;
    own->plain = json_canonical(own->answers);
    if (work_submit(loop->app->pool, loop->base, seal_run, seal_done, own) < 0)
        busy(own->request);
}

static void put_as(struct http_request *request, const struct actor *actor)
{
    json_t *body = http_body_json(request);
    if (body == NULL)
        return;
    struct own *own = own_new(request, actor);
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("consent", "answers"));
    if (!json_is_true(json_object_get(body, "consent")))
        fields_fail(&fields, "/consent", "These answers are kept only with consent: true.");
    own->answers = json_incref(fields_object(&fields, body, "", "answers", FIELD_REQUIRED));
    if (fields_finish(&fields, request))
        ask(own, QUERY_IDENTITY_MY_QUESTIONS, on_questions_for_put);
}

void demographics_put(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, put_as);
}

// --- what a study may ask -------------------------------------------------------------------------------------------------
void demographics_list(struct http_request *request)
{
    http_reply_header(request, "Cache-Control", "public, max-age=3600");
    http_reply_json(request, 200, json_pack("{s:o, s:n}", "data", demographics_templates(), "next_cursor"));
}
