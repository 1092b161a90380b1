// The panel of a study: said, shown, taken back; the secret with which what comes from it is signed.
#include "coordinator/identity/routes.h"

#include "base/arena.h"
#include "base/json.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/panel.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

struct setting {
    struct http_request *request;
    struct id project;
    char *settings, secret[PANEL_SECRET_BYTES];
    struct keyed keyed;
};

static void setting_release(void *arg)
{
    struct setting *setting = arg;
    free(setting->settings);
    explicit_bzero(setting->secret, sizeof(setting->secret));
}

static struct setting *setting_new(struct http_request *request)
{
    struct setting *setting = arena_calloc(http_arena(request), 1, sizeof(*setting));
    setting->request = request;
    arena_on_free(http_arena(request), setting_release, setting);
    return setting;
}

static void nothing_here(struct http_request *request)
{
    http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static void no_panel(struct http_request *request)
{
    http_problem(request, 404, "This study's people come from no panel.");
}

static void require(struct http_request *request, enum action action,
    void (*then)(struct http_request *request, const struct actor *actor))
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, action, &project, then);
}

// --- shown --------------------------------------------------------------------------------------------------------------------
static void on_shown(void *arg, const struct db_result *result)
{
    const struct setting *setting = arg;
    if (api_db_failed(setting->request, result))
        return;
    if (result->n_rows == 0) {
        nothing_here(setting->request);
        return;
    }
    if (db_is_null(result, 0, 0)) {
        no_panel(setting->request);
        return;
    }
    json_t *body = json_db_json(result, 0, 0);
    json_object_set_new(body, "has_secret", json_boolean(db_bool(result, 0, 1)));
    json_object_set_new(body, "old_secret_until", json_db_time(result, 0, 2));
    http_reply_json(setting->request, 200, body);
}

static void show(struct setting *setting)
{
    const struct loop *loop = http_context(setting->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, setting->project.shard_key);
    db_add_uuid(&params, setting->project.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_PANEL, &params, on_shown, setting);
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct setting *setting = setting_new(request);
    if (identity_param_id(request, "p", &setting->project))
        show(setting);
}

void panel_show(struct http_request *request)
{
    require(request, ACTION_VIEW_PROJECT, show_as);
}

// --- said ---------------------------------------------------------------------------------------------------------------------
static void on_put(void *arg, const struct db_result *result)
{
    struct setting *setting = arg;
    if (api_db_failed(setting->request, result))
        return;
    if (db_bool(result, 0, 0))
        show(setting);
    else
        nothing_here(setting->request);
}

static void put_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct setting *setting = setting_new(request);
    json_t *body = http_body_json(request);
    struct fields fields;
    if (body == NULL || !identity_param_id(request, "p", &setting->project))
        return;
    fields_init(&fields);
    json_t *settings = panel_read(&fields, body);
    setting->settings = json_text(settings, JSON_COMPACT);
    json_decref(settings);
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, setting->project.shard_key);
    db_add_uuid(&params, setting->project.uuid);
    db_add_text(&params, setting->settings);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "panel", actor, &setting->project, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_PANEL_PUT, &params, on_put, setting);
}

void panel_put(struct http_request *request)
{
    require(request, ACTION_MANAGE_PROJECT, put_as);
}

// --- taken back ---------------------------------------------------------------------------------------------------------------
static void on_removed(void *arg, const struct db_result *result)
{
    const struct setting *setting = arg;
    if (api_db_failed(setting->request, result))
        return;
    if (!db_bool(result, 0, 2))
        nothing_here(setting->request);
    else if (!db_bool(result, 0, 0) && db_bool(result, 0, 1))
        http_problem(
            setting->request, 409, "People have come from this panel; it can be changed, not taken away.");
    else
        http_reply_empty(setting->request, 204);
}

static void remove_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct setting *setting = setting_new(request);
    if (!identity_param_id(request, "p", &setting->project))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, setting->project.shard_key);
    db_add_uuid(&params, setting->project.uuid);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "panel_removed", actor, &setting->project, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_PANEL_REMOVE, &params, on_removed, setting);
}

void panel_remove(struct http_request *request)
{
    require(request, ACTION_MANAGE_PROJECT, remove_as);
}

// --- the secret ---------------------------------------------------------------------------------------------------------------
static void on_secret(void *arg, const struct db_result *result)
{
    const struct setting *setting = arg;
    if (api_db_failed(setting->request, result))
        return;
    if (!db_bool(result, 0, 3))
        no_panel(setting->request);
    else
        keyed_reply(setting->request, &setting->keyed, result);
}

static void secret_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct setting *setting = setting_new(request);
    if (!identity_param_id(request, "p", &setting->project) || !keyed_read(request, NULL, &setting->keyed))
        return;
    panel_secret_new(setting->secret);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, setting->project.shard_key);
    db_add_uuid(&params, setting->project.uuid);
    db_add_text(&params,
        keys_seal_answer(loop->app->keys, http_arena(request), setting->project.uuid, setting->secret));
    db_add_uuid(&params, actor->person);
    keyed_add(request, &setting->keyed, json_pack("{s:s}", "secret", setting->secret), &params);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, "panel_secret", actor, &setting->project, NULL, 0));
    db_query(loop->db, DB_WRITE, setting->keyed.has_key ? DB_RETRY_SAFE : 0, QUERY_IDENTITY_PANEL_SECRET,
        &params, on_secret, setting);
}

void panel_secret_make(struct http_request *request)
{
    require(request, ACTION_MANAGE_PROJECT, secret_as);
}
