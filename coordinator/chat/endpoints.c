// The places that answer in a study's chats: who runs the study names them; who chats never learns which is which.
#include "coordinator/chat/internal.h"

#include "base/json.h"
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

enum { NAME_MAX = 100, PARAMETERS_MAX_BYTES = 4096 };

struct making {
    struct http_request *request;
    struct id project, endpoint;
    struct keyed keyed;
};

static void on_made(void *arg, const struct db_result *result)
{
    const struct making *making = arg;
    if (api_db_failed(making->request, result))
        return;
    if (!db_bool(result, 0, 3))
        http_problem(making->request, 404, "There is nothing here, or it is not yours to see.");
    else
        keyed_reply(making->request, &making->keyed, result);
}

// What goes into each request as it is: temperature, max_tokens and their like, not what the chat itself says.
static const json_t *read_parameters(struct fields *fields, const json_t *body)
{
    static const char *const own[] = {
        "model", "messages", "stream", "n", "tools", "functions", "stream_options"};
    const json_t *parameters = fields_object(fields, body, "", "parameters", FIELD_OPTIONAL);
    if (parameters == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
        if (json_object_get(parameters, own[i]) != NULL)
            fields_fail_at(fields, "/parameters", own[i], "This is said by the chat itself.");
    }
    if (json_dumpb(parameters, NULL, 0, JSON_COMPACT) > PARAMETERS_MAX_BYTES)
        fields_fail(
            fields, "/parameters", "parameters must be at most %d bytes of JSON.", PARAMETERS_MAX_BYTES);
    return parameters;
}

static json_t *endpoint_json(
    struct id id, const char *name, const char *url, const char *model, const char *parameters, bool has_key)
{
    json_t *body = json_object(), *given = json_loads(parameters, 0, NULL);
    json_object_set_new(body, "id", json_id(id));
    json_object_set_new(body, "name", json_string(name));
    json_object_set_new(body, "url", json_string(url));
    json_object_set_new(body, "model", json_string(model));
    json_object_set_new(body, "parameters", given != NULL ? given : json_object());
    json_object_set_new(body, "has_key", json_boolean(has_key));
    return body;
}

static void create_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct making *making = arena_calloc(http_arena(request), 1, sizeof(*making));
    json_t *body = http_body_json(request);
    making->request = request;
    if (body == NULL || !identity_param_id(request, "p", &making->project) ||
        !keyed_read(request, body, &making->keyed))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("name", "url", "model", "key", "parameters"));
    const char *name = fields_text(&fields, body, "", "name", FIELD_REQUIRED, 1, NAME_MAX);
    const char *model = fields_text(&fields, body, "", "model", FIELD_REQUIRED, 1, CHAT_MODEL_MAX);
    const char *url = endpoint_field_url(&fields, loop->app->guard, body),
               *key = endpoint_field_key(&fields, body);
    const json_t *given = read_parameters(&fields, body);
    if (!fields_finish(&fields, request))
        return;
    char *text = given != NULL ? json_text(given, JSON_COMPACT) : NULL;
    const char *parameters = arena_strdup(http_arena(request), text != NULL ? text : "{}");
    free(text);
    making->endpoint = (struct id){making->project.shard_key, uuid_new()};
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, making->project.shard_key);
    db_add_uuid(&params, making->endpoint.uuid);
    db_add_uuid(&params, making->project.uuid);
    db_add_text(&params, name);
    db_add_text(&params, url);
    db_add_text(&params, model);
    db_add_text(&params, parameters);
    db_add_text(&params,
        key != NULL ? keys_seal_answer(loop->app->keys, http_arena(request), making->endpoint.uuid, key)
                    : NULL);
    db_add_uuid(&params, actor->person);
    keyed_add(request, &making->keyed,
        endpoint_json(making->endpoint, name, url, model, parameters, key != NULL), &params);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "endpoint", actor, &making->endpoint, NULL, 0));
    db_query(loop->db, DB_WRITE, making->keyed.has_key ? DB_RETRY_SAFE : 0, QUERY_CHAT_ENDPOINT_CREATE,
        &params, on_made, making);
}

void endpoints_create(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, create_as);
}

// --- list and removal -----------------------------------------------------------------------------------------------------
static void on_list(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id project;
    if (api_db_failed(request, result) || !identity_param_id(request, "p", &project))
        return;
    json_t *rows = json_array();
    for (int i = 0; i < result->n_rows; i++) {
        struct id id = {project.shard_key, db_uuid(result, i, 0)};
        json_t *one = endpoint_json(id, db_text(result, i, 1), db_text(result, i, 2), db_text(result, i, 3),
            db_text(result, i, 4), db_bool(result, i, 5));
        json_object_set_new(one, "created_at", json_db_time(result, i, 6));
        json_array_append_new(rows, one);
    }
    api_reply_page(request, rows, false, project);
}

static void ask_list(struct http_request *request, int64_t shard_key, db_callback *callback, void *arg)
{
    const struct loop *loop = http_context(request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    db_query(loop->db, DB_READ, 0, QUERY_CHAT_ENDPOINTS, &params, callback, arg);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        ask_list(request, project.shard_key, on_list, request);
}

void endpoints_list(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, list_as);
}

static void on_removed(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (db_bool(result, 0, 0))
        http_reply_empty(request, 204);
    else
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static void remove_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct id project, endpoint;
    if (!identity_param_id(request, "p", &project) || !identity_param_id(request, "e", &endpoint))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, endpoint.uuid);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "endpoint_removed", actor, &endpoint, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CHAT_ENDPOINT_REMOVE, &params, on_removed, request);
}

void endpoints_remove(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, remove_as);
}

// --- for those who ask them -----------------------------------------------------------------------------------------------
struct requiring {
    struct http_request *request;
    void (*then)(void *arg, const struct endpoints *endpoints);
    void *arg;
};

static void on_required(void *arg, const struct db_result *result)
{
    const struct requiring *requiring = arg;
    struct http_request *request = requiring->request;
    const struct loop *loop = http_context(request);
    struct arena *arena = http_arena(request);
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 409, "The study has no endpoint yet, so there is nobody who could answer.");
        return;
    }
    struct endpoints *endpoints = arena_calloc(arena, 1, sizeof(*endpoints));
    for (int i = 0; i < result->n_rows && i < CHAT_ENDPOINTS_MAX; i++) {
        struct endpoint *endpoint = &endpoints->list[endpoints->n++];
        *endpoint = (struct endpoint){.id = db_uuid(result, i, 0),
            .url = arena_strdup(arena, db_text(result, i, 2)),
            .model = arena_strdup(arena, db_text(result, i, 3)),
            .parameters = arena_strdup(arena, db_text(result, i, 4))};
        if (!db_is_null(result, i, 7))
            endpoint->key = keys_open_answer(loop->app->keys, arena, endpoint->id, db_text(result, i, 7));
    }
    requiring->then(requiring->arg, endpoints);
}

void endpoints_require(struct http_request *request, int64_t shard_key,
    void (*then)(void *arg, const struct endpoints *endpoints), void *arg)
{
    struct requiring *requiring = arena_calloc(http_arena(request), 1, sizeof(*requiring));
    *requiring = (struct requiring){.request = request, .then = then, .arg = arg};
    ask_list(request, shard_key, on_required, requiring);
}
