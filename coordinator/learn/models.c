// The card of a model: the worker's card, and what the registry knows of it.
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/learn/routes.h"
#include "coordinator/loop.h"

static json_t *model_json(const struct db_result *result, int row, int64_t shard_key)
{
    json_t *model = json_object(), *card = json_loads(db_text(result, row, 7), 0, NULL);
    json_object_set_new(model, "id", json_db_id(result, row, 0, shard_key));
    json_object_set_new(model, "project_id", json_db_id(result, row, 9, shard_key));
    json_object_set_new(model, "fit_id", json_db_id(result, row, 1, shard_key));
    json_object_set_new(model, "method", json_string(db_text(result, row, 2)));
    json_object_set_new(
        model, "attribute", db_is_null(result, row, 3) ? json_null() : json_string(db_text(result, row, 3)));
    json_object_set_new(model, "artefact_hash", json_string(db_text(result, row, 4)));
    json_object_set_new(model, "size", json_integer(db_number(result, row, 5)));
    json_object_set_new(model, "snapshot_hash", json_string(db_text(result, row, 6)));
    json_object_set_new(model, "created_at", json_db_time(result, row, 8));
    json_object_set_new(model, "simulated", json_boolean(db_bool(result, row, 10)));
    json_object_set_new(model, "metrics", card != NULL ? card : json_null());
    return model;
}

static void on_model(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id id;
    if (api_db_failed(request, result) || !identity_param_id(request, "m", &id))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is no such model.");
    else
        http_reply_json(request, 200, model_json(result, 0, id.shard_key));
}

static void get_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id id;
    struct db_params params;
    if (!identity_param_id(request, "m", &id))
        return;
    db_params_init(&params);
    db_add_number(&params, id.shard_key);
    db_add_uuid(&params, id.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_LEARN_MODEL, &params, on_model, request);
}

void models_get(struct http_request *request)
{
    struct id model;
    if (identity_param_id(request, "m", &model))
        identity_require(request, ACTION_VIEW_PROJECT, &model, get_as);
}

static void on_list(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id id, last = {0};
    struct uuid cursor;
    int limit;
    if (api_db_failed(request, result) || !identity_param_id(request, "p", &id) ||
        !api_page(request, &limit, &cursor))
        return;
    json_t *rows = json_array();
    for (int row = 0; row < result->n_rows && row < limit; row++) {
        json_array_append_new(rows, model_json(result, row, id.shard_key));
        last = (struct id){.shard_key = id.shard_key, .uuid = db_uuid(result, row, 0)};
    }
    api_reply_page(request, rows, result->n_rows > limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id id;
    struct uuid cursor;
    struct db_params params;
    int limit;
    if (!identity_param_id(request, "p", &id) || !api_page(request, &limit, &cursor))
        return;
    db_params_init(&params);
    db_add_number(&params, id.shard_key);
    db_add_uuid(&params, cursor);
    db_add_number(&params, limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_LEARN_MODELS, &params, on_list, request);
}

void models_list(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, list_as);
}
