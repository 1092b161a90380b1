#include "coordinator/collect/routes.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

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
