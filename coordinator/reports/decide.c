// A report is decided, and can be decided otherwise later. Each time leaves an entry in the log.
#include "coordinator/reports/internal.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"

enum { REASON_MAX = 2000 };

static void on_decided(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (db_bool(result, 0, 0))
        http_reply_empty(request, 204);
    else
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static void decide(struct http_request *request, const struct actor *actor, const char *param)
{
    static const char *const states[] = {"dismissed", "upheld", NULL};
    static const char *const entries[] = {"report_dismissed", "report_upheld"};
    const struct loop *loop = http_context(request);
    const json_t *body = http_body_json(request);
    struct id object, report;
    struct fields fields;
    if (body == NULL || !identity_param_id(request, param, &object) ||
        !identity_param_id(request, "r", &report))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("state", "reason"));
    int state = fields_choice(&fields, body, "", "state", FIELD_REQUIRED, states);
    const char *reason = fields_text(&fields, body, "", "reason", FIELD_REQUIRED, 1, REASON_MAX);
    if (!fields_finish(&fields, request))
        return;
    report.shard_key = object.shard_key; // where who asks may decide
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, report.shard_key);
    db_add_uuid(&params, report.uuid);
    db_add_text(&params, states[state]);
    db_add_text(&params, reason);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, entries[state], actor, &report, NULL, 0));
    db_add_uuid(&params, uuid_new()); // of the event
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_REPORT_DECIDE, &params, on_decided, request);
}

static void decide_project_as(struct http_request *request, const struct actor *actor)
{
    decide(request, actor, "p");
}

void reports_decide_project(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, decide_project_as);
}

static void decide_community_as(struct http_request *request, const struct actor *actor)
{
    decide(request, actor, "c");
}

void reports_decide_community(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_MANAGE_COMMUNITY, &community, decide_community_as);
}
