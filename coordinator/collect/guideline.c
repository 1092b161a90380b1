#include "coordinator/collect/routes.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

// --- who has read it ----------------------------------------------------------------------------------------------------
static void on_read(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct fields fields;
    fields_init(&fields);
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0)
        fields_fail(&fields, "/version", "The guideline has no such version.");
    if (fields_finish(&fields, request))
        http_reply_json(request, 200, json_pack("{s:I}", "version", (json_int_t)db_number(result, 0, 0)));
}

static void read_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    const json_t *body = http_body_json(request);
    struct id project;
    if (body == NULL || !identity_param_id(request, "p", &project))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("version"));
    int64_t version = fields_integer(&fields, body, "", "version", FIELD_REQUIRED, 1, INT32_MAX, 1);
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, actor->participant);
    db_add_number(&params, version);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_GUIDELINE_READ, &params, on_read, request);
}

void guideline_read(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_ANNOTATE, &project, read_as);
}

// --- what it has been ---------------------------------------------------------------------------------------------------
struct listing {
    struct http_request *request;
    struct id project;
    int limit;
};

static void on_list(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = listing->project;
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        last.uuid = api_version_cursor(db_number(result, i, 0));
        json_array_append_new(
            rows, json_pack("{s:I, s:o, s:o, s:o, s:I}", "version", (json_int_t)db_number(result, i, 0),
                      "text", json_db_json(result, i, 1), "task", json_db_json(result, i, 2), "created_at",
                      json_db_time(result, i, 3), "readers", (json_int_t)db_number(result, i, 4)));
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct uuid cursor;
    listing->request = request;
    if (!identity_param_id(request, "p", &listing->project) || !api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, listing->project.shard_key);
    db_add_number(&params, api_version_before(cursor));
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_GUIDELINES, &params, on_list, listing);
}

void guidelines_list(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, list_as);
}
