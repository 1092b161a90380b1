// The embedding endpoint of a study: set, shown with how far it has come, taken away. Its key goes in and never comes out.
#include "coordinator/embed/internal.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"
#include "coordinator/endpoint_fields.h"

#include <stdlib.h>
#include <string.h>

enum { MODEL_MAX = 200 };

// Columns of embed_show.sql.
enum {
    URL,
    MODEL,
    ASK_DIMENSIONS,
    HAS_KEY,
    CREATED_AT,
    N_DIMENSIONS,
    STATE,
    N_EMBEDDED,
    N_SEALED,
    N_FAILURES,
    ERROR,
    FAILED_AT,
    NEXT_AT,
    N_RESPONSES,
    N_IMPORTED,
    SPACE,
};

static void not_found(struct http_request *request)
{
    http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static void require(
    struct http_request *request, void (*then)(struct http_request *request, const struct actor *actor))
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, then);
}

// --- what is there --------------------------------------------------------------------------------------------------------
static json_t *number_or_null(const struct db_result *result, int column)
{
    return db_is_null(result, 0, column) ? json_null() : json_integer(db_number(result, 0, column));
}

static json_t *endpoint_json(const struct db_result *result)
{
    if (db_is_null(result, 0, URL))
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:b, s:s, s:o}", "url", db_text(result, 0, URL), "model",
        db_text(result, 0, MODEL), "dimensions", number_or_null(result, ASK_DIMENSIONS), "has_key",
        db_bool(result, 0, HAS_KEY), "space", db_text(result, 0, SPACE), "created_at",
        json_db_time(result, 0, CREATED_AT));
}

static json_t *error_json(const struct db_result *result)
{
    json_t *error = db_is_null(result, 0, ERROR) ? NULL : json_db_json(result, 0, ERROR);
    if (!json_is_object(error))
        return json_null();
    json_object_set_new(error, "at", json_db_time(result, 0, FAILED_AT));
    return error;
}

static void on_shown(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        not_found(request);
        return;
    }
    bool is_set = !db_is_null(result, 0, URL);
    json_int_t n_responses = db_number(result, 0, N_RESPONSES),
               n_embedded = db_number(result, 0, is_set ? N_EMBEDDED : N_IMPORTED),
               n_sealed = is_set ? db_number(result, 0, N_SEALED) : 0,
               n_missing = n_responses - n_embedded - n_sealed;
    http_reply_json(request, 200,
        json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:o}", "endpoint", endpoint_json(result),
            "state", is_set ? db_text(result, 0, STATE) : "none", "n_responses", n_responses, "n_embedded",
            n_embedded, "n_sealed", n_sealed, "n_missing", n_missing > 0 ? n_missing : 0, "n_dimensions",
            number_or_null(result, N_DIMENSIONS), "error", error_json(result), "n_failures",
            (json_int_t)db_number(result, 0, N_FAILURES), "next_try_at", json_db_time(result, 0, NEXT_AT)));
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id project;
    struct db_params params;
    if (!identity_param_id(request, "p", &project))
        return;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, project.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_EMBED_SHOW, &params, on_shown, request);
}

void embed_show(struct http_request *request)
{
    require(request, show_as);
}

// --- set --------------------------------------------------------------------------------------------------------------------
static void on_put(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (!db_bool(result, 0, 0))
        not_found(request);
    else
        show_as(request, NULL);
}

static void hash_space(
    const char *url, const char *model, int64_t dimensions, unsigned char space[HASH_BYTES])
{
    json_t *what =
        json_pack("{s:s, s:s, s:I}", "url", url, "model", model, "dimensions", (json_int_t)dimensions);
    char *text = json_canonical(what);
    hash_sha256(text, strlen(text), space);
    free(text);
    json_decref(what);
}

static void put_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct id project;
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "p", &project))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("url", "model", "dimensions", "key"));
    const char *url = endpoint_field_url(&fields, loop->app->guard, body);
    const char *model = fields_text(&fields, body, "", "model", FIELD_REQUIRED, 1, MODEL_MAX);
    int64_t dimensions =
        fields_integer(&fields, body, "", "dimensions", FIELD_OPTIONAL, 1, EMBEDDINGS_DIMENSIONS_MAX, 0);
    const char *key = endpoint_field_key(&fields, body);
    if (!fields_finish(&fields, request))
        return;
    struct id endpoint = {project.shard_key, uuid_new()};
    unsigned char space[HASH_BYTES];
    hash_space(url, model, dimensions, space);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, endpoint.uuid);
    db_add_uuid(&params, project.uuid);
    db_add_text(&params, url);
    db_add_text(&params, model);
    if (dimensions > 0)
        db_add_number(&params, dimensions);
    else
        db_add_null(&params);
    db_add_bytes(&params, space, sizeof(space));
    db_add_text(&params,
        key != NULL ? keys_seal_answer(loop->app->keys, http_arena(request), endpoint.uuid, key) : NULL);
    db_add_uuid(&params, actor->person);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "embedding_endpoint", actor, &endpoint, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_EMBED_PUT, &params, on_put, request);
}

void embed_put(struct http_request *request)
{
    require(request, put_as);
}

// --- taken away, asked again --------------------------------------------------------------------------------------------------
static void on_removed(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (db_bool(result, 0, 0))
        http_reply_empty(request, 204);
    else
        not_found(request);
}

static void remove_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct id project;
    struct db_params params;
    if (!identity_param_id(request, "p", &project))
        return;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, project.uuid);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "embedding_endpoint_removed", actor, &project, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_EMBED_REMOVE, &params, on_removed, request);
}

void embed_remove(struct http_request *request)
{
    require(request, remove_as);
}

static void on_retried(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (db_bool(result, 0, 0))
        show_as(request, NULL);
    else
        http_problem(request, 409, "The study has no embedding endpoint.");
}

static void retry_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id project;
    struct db_params params;
    if (!identity_param_id(request, "p", &project))
        return;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_EMBED_RETRY, &params, on_retried, request);
}

void embed_retry(struct http_request *request)
{
    require(request, retry_as);
}
