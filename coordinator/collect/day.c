#include "coordinator/collect/day.h"

#include "base/clock.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"

enum { BREAK_MINUTES_MAX = 240, TASKS_MAX = 10000 };

void day_settings(struct fields *fields, const json_t *body, json_t *settings)
{
    const json_t *given = fields_object(fields, body, "", "session", FIELD_OPTIONAL);
    if (given == NULL)
        return;
    fields_only(fields, given, "/session", FIELDS("break_after_minutes", "max_tasks_per_day"));
    json_int_t minutes = fields_integer(
        fields, given, "/session", "break_after_minutes", FIELD_OPTIONAL, 1, BREAK_MINUTES_MAX, 0);
    json_int_t tasks =
        fields_integer(fields, given, "/session", "max_tasks_per_day", FIELD_OPTIONAL, 1, TASKS_MAX, 0);
    if (tasks > 0 && json_object_get(json_object_get(settings, "task"), "chat") != NULL)
        fields_fail(fields, "/session/max_tasks_per_day", "A chat is as long as its turns: say those.");
    json_t *own = json_object();
    if (minutes > 0)
        json_object_set_new(own, "break_after_minutes", json_integer(minutes));
    if (tasks > 0)
        json_object_set_new(own, "max_tasks_per_day", json_integer(tasks));
    json_object_set_new(settings, "session", own);
}

struct check {
    struct http_request *request;
    void (*go_on)(void *arg);
    void *arg;
};

static void on_checked(void *arg, const struct db_result *result)
{
    const struct check *check = arg;
    char time[CLOCK_TEXT_BYTES];
    if (api_db_failed(check->request, result))
        return;
    if (result->n_rows == 0) {
        check->go_on(check->arg);
        return;
    }
    clock_format(db_number(result, 0, 0), time);
    metrics_add(METRIC_ASSIGNMENTS_NONE, 1);
    http_reply_header(check->request, "Plenum-Reason", "done_for_today");
    http_reply_header(check->request, "Plenum-Next-At", time);
    http_reply_empty(check->request, 204);
}

void day_check(struct http_request *request, const struct actor *actor, struct id project, int64_t max,
    void (*go_on)(void *arg), void *arg)
{
    const struct loop *loop = http_context(request);
    struct check *check = arena_calloc(http_arena(request), 1, sizeof(*check));
    *check = (struct check){.request = request, .go_on = go_on, .arg = arg};
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, actor->participant);
    db_add_number(&params, max);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_DAY, &params, on_checked, check);
}
