// Webhooks are made, seen, changed and removed: a study's by its researchers, the installation's by its operator.
#include "coordinator/notify/internal.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"
#include "coordinator/notify/sign.h"
#include "coordinator/outside/guard.h"

#include <string.h>

enum { URL_MAX_CHARACTERS = 2000, WEBHOOKS_MAX = 20, KINDS_MAX_BYTES = 1024 };

static const char *const kinds[] = {"project.state_changed", "project.completed", "judgment.recorded",
    "fit.completed", "fit.failed", "export.completed", "amendment.state_changed", "report.created"};

static const char nothing_here[] = "There is nothing here, or it is not yours to see.";

void webhook_require(
    struct http_request *request, void (*then)(struct http_request *request, const struct actor *actor))
{
    struct id webhook;
    if (!identity_param_id(request, "w", &webhook))
        return;
    if (webhook.shard_key == DEPLOYMENT_SHARD)
        identity_require(request, ACTION_OPERATE, NULL, then);
    else
        identity_require(request, ACTION_MANAGE_PROJECT, &webhook, then);
}

// --- what is said of one ------------------------------------------------------------------------------------------------
// Columns of notify_webhooks.sql.
enum { WEBHOOK, URL, KINDS, STATE, OFF_REASON, FAILING_SINCE, CREATED_AT, OLD_UNTIL };

static json_t *row_json(const struct db_result *result, int row, int64_t shard_key)
{
    json_t *body = json_object();
    json_object_set_new(body, "id", json_db_id(result, row, WEBHOOK, shard_key));
    json_object_set_new(body, "url", json_string(db_text(result, row, URL)));
    json_object_set_new(body, "events", json_db_json(result, row, KINDS));
    json_object_set_new(body, "enabled", json_boolean(strcmp(db_text(result, row, STATE), "on") == 0));
    json_object_set_new(body, "disabled_reason",
        db_is_null(result, row, OFF_REASON) ? json_null() : json_string(db_text(result, row, OFF_REASON)));
    json_object_set_new(body, "failing_since", json_db_time(result, row, FAILING_SINCE));
    json_object_set_new(body, "old_secret_until", json_db_time(result, row, OLD_UNTIL));
    json_object_set_new(body, "created_at", json_db_time(result, row, CREATED_AT));
    return body;
}

static void ask(
    struct http_request *request, int64_t shard_key, const struct uuid *webhook, db_callback *callback)
{
    const struct loop *loop = http_context(request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    if (webhook != NULL)
        db_add_uuid(&params, *webhook);
    else
        db_add_null(&params);
    db_query(loop->db, DB_READ, 0, QUERY_NOTIFY_WEBHOOKS, &params, callback, request);
}

static void on_show(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id webhook;
    if (api_db_failed(request, result) || !identity_param_id(request, "w", &webhook))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, nothing_here);
    else
        http_reply_json(request, 200, row_json(result, 0, webhook.shard_key));
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct id webhook;
    if (identity_param_id(request, "w", &webhook))
        ask(request, webhook.shard_key, &webhook.uuid, on_show);
}

void webhooks_show(struct http_request *request)
{
    webhook_require(request, show_as);
}

static void reply_list(struct http_request *request, const struct db_result *result, struct id whose)
{
    if (api_db_failed(request, result))
        return;
    json_t *rows = json_array();
    for (int i = 0; i < result->n_rows; i++)
        json_array_append_new(rows, row_json(result, i, whose.shard_key));
    api_reply_page(request, rows, false, whose);
}

static void on_list_deployment(void *arg, const struct db_result *result)
{
    reply_list(arg, result, (struct id){.shard_key = DEPLOYMENT_SHARD});
}

static void list_deployment_as(struct http_request *request, const struct actor *actor UNUSED)
{
    ask(request, DEPLOYMENT_SHARD, NULL, on_list_deployment);
}

void webhooks_list_deployment(struct http_request *request)
{
    identity_require(request, ACTION_OPERATE, NULL, list_deployment_as);
}

static void on_list_project(void *arg, const struct db_result *result)
{
    struct id project;
    if (identity_param_id(arg, "p", &project))
        reply_list(arg, result, project);
}

static void list_project_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        ask(request, project.shard_key, NULL, on_list_project);
}

void webhooks_list_project(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, list_project_as);
}

// --- what is asked for --------------------------------------------------------------------------------------------------
static const char *read_url(
    struct fields *fields, const struct loop *loop, const json_t *body, unsigned flags)
{
    struct err err;
    bool allowed;
    const char *url = fields_text(fields, body, "", "url", flags, 1, URL_MAX_CHARACTERS);
    if (url != NULL && guard_check_url(loop->app->guard, url, &allowed, &err) < 0)
        fields_fail(fields, "/url", "url %s.", err.message);
    return url;
}

static bool is_kind(const json_t *word)
{
    for (size_t i = 0; json_is_string(word) && i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(json_string_value(word), kinds[i]) == 0)
            return true;
    }
    return false;
}

// As the text of an array, in the arena; NULL when they are absent or wrong.
static const char *read_kinds(
    struct fields *fields, struct arena *arena, const json_t *body, unsigned flags, json_t **ret_list)
{
    json_t *list = fields_array(fields, body, "", "events", flags, 1, ARRAY_SIZE(kinds)), *word;
    const char *text = "";
    size_t i;
    json_array_foreach(list, i, word)
    {
        if (is_kind(word))
            text = arena_printf(arena, "%s%s%s", text, i > 0 ? "," : "", json_string_value(word));
        else
            fields_fail_at(fields, "/events", arena_printf(arena, "%zu", i), "There is no such event.");
    }
    if (ret_list != NULL)
        *ret_list = list;
    return list != NULL ? arena_printf(arena, "{%s}", text) : NULL;
}

// --- made ---------------------------------------------------------------------------------------------------------------
struct making {
    struct http_request *request;
    struct id webhook;
    struct uuid project;
    char secret[SIGN_SECRET_BYTES];
    struct keyed keyed;
};

static void making_release(void *arg)
{
    struct making *making = arg;
    explicit_bzero(making->secret, sizeof(making->secret));
}

static struct making *making_new(struct http_request *request)
{
    struct making *making = arena_calloc(http_arena(request), 1, sizeof(*making));
    making->request = request;
    arena_on_free(http_arena(request), making_release, making);
    sign_secret_new(making->secret);
    return making;
}

static void on_made(void *arg, const struct db_result *result)
{
    const struct making *making = arg;
    if (api_db_failed(making->request, result))
        return;
    bool is_new = db_bool(result, 0, 0), was_made = !db_is_null(result, 0, 1);
    if (!db_bool(result, 0, 3))
        http_problem(making->request, 404, nothing_here);
    else if (!is_new && !was_made && !db_bool(result, 0, 4))
        http_problem(making->request, 409, "There are %d webhooks already; remove one first.", WEBHOOKS_MAX);
    else
        keyed_reply(making->request, &making->keyed, result);
}

static const char *sealed(const struct making *making)
{
    const struct loop *loop = http_context(making->request);
    return keys_seal_answer(
        loop->app->keys, http_arena(making->request), making->webhook.uuid, making->secret);
}

static void create(struct http_request *request, const struct actor *actor, const struct id *project)
{
    const struct loop *loop = http_context(request);
    struct making *making = making_new(request);
    struct fields fields;
    json_t *body = http_body_json(request), *events = NULL;
    if (body == NULL || !keyed_read(request, body, &making->keyed))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("url", "events"));
    const char *url = read_url(&fields, loop, body, FIELD_REQUIRED);
    const char *list = read_kinds(&fields, http_arena(request), body, FIELD_REQUIRED, &events);
    if (!fields_finish(&fields, request))
        return;
    making->webhook = id_new(project != NULL ? project->shard_key : DEPLOYMENT_SHARD);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, making->webhook.shard_key);
    db_add_uuid(&params, making->webhook.uuid);
    db_add_text(&params, url);
    db_add_text(&params, list);
    db_add_text(&params, sealed(making));
    db_add_uuid(&params, actor->person);
    keyed_add(request, &making->keyed,
        json_pack("{s:o, s:s, s:O, s:b, s:s}", "id", json_id(making->webhook), "url", url, "events", events,
            "enabled", 1, "secret", making->secret),
        &params);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "webhook", actor, &making->webhook, NULL, 0));
    if (project != NULL)
        db_add_uuid(&params, project->uuid);
    else
        db_add_null(&params);
    db_query(loop->db, DB_WRITE, making->keyed.has_key ? DB_RETRY_SAFE : 0, QUERY_NOTIFY_WEBHOOK_CREATE,
        &params, on_made, making);
}

static void create_project_as(struct http_request *request, const struct actor *actor)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        create(request, actor, &project);
}

void webhooks_create_project(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, create_project_as);
}

static void create_deployment_as(struct http_request *request, const struct actor *actor)
{
    create(request, actor, NULL);
}

void webhooks_create_deployment(struct http_request *request)
{
    identity_require(request, ACTION_OPERATE, NULL, create_deployment_as);
}

// --- another secret -----------------------------------------------------------------------------------------------------
static void on_rotated(void *arg, const struct db_result *result)
{
    const struct making *making = arg;
    if (api_db_failed(making->request, result))
        return;
    if (!db_bool(result, 0, 3))
        http_problem(making->request, 404, nothing_here);
    else
        keyed_reply(making->request, &making->keyed, result);
}

static void rotate_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct making *making = making_new(request);
    if (!identity_param_id(request, "w", &making->webhook) || !keyed_read(request, NULL, &making->keyed))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, making->webhook.shard_key);
    db_add_uuid(&params, making->webhook.uuid);
    db_add_text(&params, sealed(making));
    db_add_uuid(&params, actor->person);
    keyed_add(request, &making->keyed,
        json_pack("{s:o, s:s}", "id", json_id(making->webhook), "secret", making->secret), &params);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "webhook_secret", actor, &making->webhook, NULL, 0));
    db_query(loop->db, DB_WRITE, making->keyed.has_key ? DB_RETRY_SAFE : 0, QUERY_NOTIFY_WEBHOOK_ROTATE,
        &params, on_rotated, making);
}

void webhooks_rotate(struct http_request *request)
{
    webhook_require(request, rotate_as);
}

// --- changed, removed, tried --------------------------------------------------------------------------------------------
static void on_changed(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (db_bool(result, 0, 0))
        show_as(request, NULL);
    else
        http_problem(request, 404, nothing_here);
}

static void change_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct id webhook;
    struct fields fields;
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "w", &webhook))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("url", "events", "enabled"));
    const char *url = read_url(&fields, loop, body, FIELD_OPTIONAL);
    const char *list = read_kinds(&fields, http_arena(request), body, FIELD_OPTIONAL, NULL);
    bool enabled = fields_bool(&fields, body, "", "enabled", true);
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, webhook.shard_key);
    db_add_uuid(&params, webhook.uuid);
    db_add_text(&params, url);
    db_add_text(&params, list);
    db_add_text(&params, json_object_get(body, "enabled") == NULL ? NULL : enabled ? "on" : "off");
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "webhook_changed", actor, &webhook, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_NOTIFY_WEBHOOK_CHANGE, &params, on_changed, request);
}

void webhooks_change(struct http_request *request)
{
    webhook_require(request, change_as);
}

static void on_removed(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (db_bool(result, 0, 0))
        http_reply_empty(request, 204);
    else
        http_problem(request, 404, nothing_here);
}

static void remove_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct id webhook;
    if (!identity_param_id(request, "w", &webhook))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, webhook.shard_key);
    db_add_uuid(&params, webhook.uuid);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "webhook_removed", actor, &webhook, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_NOTIFY_WEBHOOK_REMOVE, &params, on_removed, request);
}

void webhooks_remove(struct http_request *request)
{
    webhook_require(request, remove_as);
}
