// What a person is told inside the product, read from the events of where they take part; what of it is new, and which kinds
// they want.
#include "coordinator/notify/internal.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <string.h>

static const char *const kinds[] = {"study", "amendment", "report"};

// Columns of notify_notices.sql.
enum { OFF, SHARD_KEY, EVENT, KIND, STATE, OBJECT, HAPPENED_AT, IS_NEW, PROJECT, COMMUNITY, NAME };

static json_t *notice_json(const struct db_result *result, int row)
{
    int64_t shard_key = db_number(result, row, SHARD_KEY);
    const char *kind = db_text(result, row, KIND);
    json_t *one = json_object();
    json_object_set_new(one, "id", json_db_id(result, row, EVENT, shard_key));
    json_object_set_new(one, "kind", json_string(strcmp(kind, "project") == 0 ? "study" : kind));
    json_object_set_new(one, "state", json_string(db_text(result, row, STATE)));
    json_object_set_new(one, "happened_at", json_db_time(result, row, HAPPENED_AT));
    json_object_set_new(one, "new", json_boolean(db_bool(result, row, IS_NEW)));
    json_object_set_new(one, "name", json_db_json(result, row, NAME));
    json_object_set_new(one, "project", json_db_id(result, row, PROJECT, shard_key));
    json_object_set_new(one, "community", json_db_id(result, row, COMMUNITY, shard_key));
    if (strcmp(kind, "amendment") == 0)
        json_object_set_new(one, "amendment", json_db_id(result, row, OBJECT, shard_key));
    return one;
}

static bool is_among(const json_t *list, const char *kind)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (strcmp(json_string_value(one), kind) == 0)
            return true;
    }
    return false;
}

static void on_list(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    json_t *rows = json_array(), *told = json_object(), *off = json_db_json(result, 0, OFF);
    int n_new = 0;
    for (int i = 0; i < result->n_rows && !db_is_null(result, i, EVENT); i++) {
        json_array_append_new(rows, notice_json(result, i));
        n_new += db_bool(result, i, IS_NEW);
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        json_object_set_new(told, kinds[i], json_boolean(!is_among(off, kinds[i])));
    json_decref(off);
    http_reply_json(request, 200, json_pack("{s:o, s:i, s:o}", "data", rows, "new", n_new, "told", told));
}

static void list_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    db_query(loop->db, DB_READ, 0, QUERY_NOTIFY_NOTICES, &params, on_list, request);
}

void notices_list(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, list_as);
}

// --- read, and wanted or not -----------------------------------------------------------------------------------------------
static void on_put(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (!api_db_failed(request, result))
        http_reply_empty(request, 204);
}

static void put_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    const json_t *body = http_body_json(request);
    struct fields fields;
    if (body == NULL)
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("seen_until", "told"));
    int64_t seen_us = fields_time(&fields, body, "", "seen_until", FIELD_OPTIONAL);
    const json_t *told = fields_object(&fields, body, "", "told", FIELD_OPTIONAL);
    const char *off = "";
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!fields_bool(&fields, told, "/told", kinds[i], true))
            off = arena_printf(http_arena(request), "%s%s%s", off, *off != '\0' ? "," : "", kinds[i]);
    }
    fields_only(&fields, told, "/told", FIELDS("study", "amendment", "report"));
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    if (seen_us != 0)
        db_add_number(&params, seen_us);
    else
        db_add_null(&params);
    db_add_text(&params, told != NULL ? arena_printf(http_arena(request), "{%s}", off) : NULL);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_NOTIFY_NOTICES_PUT, &params, on_put, request);
}

void notices_put(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, put_as);
}
