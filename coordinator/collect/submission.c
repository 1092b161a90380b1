#include "coordinator/collect/submission.h"

#include "coordinator/api.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"

#include <string.h>

enum { ATTEMPTS_MAX = 4 };

struct standing {
    struct http_request *request;
    const struct actor *actor;
    int64_t shard_key;
    const char *reason; // why there is no task more, or NULL
    bool judges, finished_too;
    int attempts;
    void (*go_on)(void *arg);
    void *arg;
};

static void reply_none(struct http_request *request, const char *reason)
{
    metrics_add(METRIC_ASSIGNMENTS_NONE, 1);
    http_reply_header(request, "Plenum-Reason", reason);
    http_reply_empty(request, 204);
}

static void refuse(struct http_request *request, const char *state)
{
    metrics_add(METRIC_JUDGMENTS_REFUSED, 1);
    http_problem_of(request, 409, "submission_ended",
        strcmp(state, "returned") == 0
            ? "You gave your place in this study back: nothing more is taken from you here."
        : strcmp(state, "timed_out") == 0
            ? "The time for this study was over: nothing more is taken from you here."
            : "You have finished this study: what you answered last can't be taken back any more.",
        NULL);
}

static void ask(struct standing *standing);

static void on_state(void *arg, const struct db_result *result)
{
    struct standing *standing = arg;
    struct http_request *request = standing->request;
    if (result->status == DB_CONFLICT && ++standing->attempts < ATTEMPTS_MAX) {
        ask(standing);
        return;
    }
    if (api_db_failed(request, result))
        return;
    const char *state = db_is_null(result, 0, 0) ? "started" : db_text(result, 0, 0);
    bool is_over = strcmp(state, "returned") == 0 || strcmp(state, "timed_out") == 0;
    bool is_finished = strcmp(state, "completed") == 0 || strcmp(state, "screened_out") == 0;
    const char *why_none = is_over ? state : standing->reason;
    if (why_none == NULL && is_finished)
        why_none = state;
    if (standing->judges && (is_over || (is_finished && standing->finished_too)))
        refuse(request, state);
    else if (!standing->judges && why_none != NULL)
        reply_none(request, why_none);
    else
        standing->go_on(standing->arg);
}

static void ask(struct standing *standing)
{
    const struct loop *loop = http_context(standing->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, standing->shard_key);
    db_add_uuid(&params, standing->actor->participant);
    db_add_text(&params, standing->reason);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_SUBMISSION, &params, on_state, standing);
}

static struct standing *standing_new(struct http_request *request, const struct standing *standing)
{
    struct standing *own = arena_calloc(http_arena(request), 1, sizeof(*own));
    *own = *standing;
    own->request = request;
    return own;
}

void submission_check(struct http_request *request, const struct actor *actor, const struct task *task,
    void (*go_on)(void *arg), void *arg)
{
    if (task->has_panel)
        ask(standing_new(request,
            &(struct standing){.actor = actor, .shard_key = task->shard_key, .go_on = go_on, .arg = arg}));
    else
        go_on(arg);
}

void submission_require(struct http_request *request, const struct actor *actor, const struct task *task,
    bool finished_too, void (*go_on)(void *arg), void *arg)
{
    if (task->has_panel)
        ask(standing_new(request, &(struct standing){.actor = actor,
                                      .shard_key = task->shard_key,
                                      .judges = true,
                                      .finished_too = finished_too,
                                      .go_on = go_on,
                                      .arg = arg}));
    else
        go_on(arg);
}

static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct standing *standing = arg;
    if (task->has_panel)
        ask(standing);
    else
        reply_none(request, standing->reason);
}

void submission_none(
    struct http_request *request, const struct actor *actor, int64_t shard_key, const char *reason)
{
    task_require(request, shard_key, with_task,
        standing_new(request, &(struct standing){.actor = actor, .shard_key = shard_key, .reason = reason}));
}
