#include "coordinator/collect/routes.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One statement looks at so many candidates on each side of the cursor; a person who has had them all goes on from
// there, so many times. Past that the answer is "nothing left" although something far away may be: a stated bound.
enum {
    CANDIDATES = 1000,
    ROUNDS_MAX = 64,
    ATTEMPTS_MAX = 4,
    PERMUTATION = 100,
    ANSWER_MAX_BYTES = 64 * 1024 * 1024
};

struct search {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    int64_t constitution_version;
    int rounds, attempts;
};

// Columns of collect_assignment.sql and collect_lease_show.sql.
enum {
    STATE,
    HAD_LEASE,
    LEASE,
    EXPIRES,
    ITEM,
    PROMPT,
    LANGUAGE,
    WARNING,
    TASK,
    GUIDELINE,
    CONSTITUTION,
    RESPONSES
};

static void add_text(struct buf *out, const char *name, const char *value)
{
    json_t *text = json_string(value);
    char *encoded = json_dumps(text, JSON_ENCODE_ANY);
    buf_printf(out, ",\"%s\":%s", name, encoded);
    free(encoded);
    json_decref(text);
}

// The database speaks JSON already: it is passed on as text.
void assignments_reply(
    struct http_request *request, int status, long long shard_key, const struct db_result *result)
{
    char id[ID_TEXT_BYTES], item[ID_TEXT_BYTES], time[CLOCK_TEXT_BYTES];
    struct buf out;
    id_format((struct id){shard_key, db_uuid(result, 0, LEASE)}, id);
    id_format((struct id){shard_key, db_uuid(result, 0, ITEM)}, item);
    clock_format(db_number(result, 0, EXPIRES), time);
    buf_init(&out, ANSWER_MAX_BYTES);
    buf_printf(
        &out, "{\"id\":\"%s\",\"expires_at\":\"%s\",\"item\":{\"id\":\"%s\",\"prompt\":", id, time, item);
    buf_add_text(&out, db_text(result, 0, PROMPT));
    buf_add_text(&out, ",\"responses\":");
    buf_add_text(&out, db_text(result, 0, RESPONSES));
    if (!db_is_null(result, 0, LANGUAGE))
        add_text(&out, "language", db_text(result, 0, LANGUAGE));
    if (!db_is_null(result, 0, WARNING))
        add_text(&out, "warning", db_text(result, 0, WARNING));
    buf_printf(&out, "},\"task\":%s,\"guideline_version\":%lld", db_text(result, 0, TASK),
        (long long)db_number(result, 0, GUIDELINE));
    if (!db_is_null(result, 0, CONSTITUTION))
        buf_printf(&out, ",\"constitution_version\":%lld", (long long)db_number(result, 0, CONSTITUTION));
    buf_add_char(&out, '}');
    if (buf_check(&out) == 0)
        http_reply(request, status, "application/json", out.data, out.length);
    else
        http_problem(request, 500, "The task is too long to be sent.");
    buf_release(&out);
}

static void look(struct search *search);

static void on_advanced(void *arg, const struct db_result *result)
{
    struct search *search = arg;
    if (api_db_failed(search->request, result))
        return;
    if (result->n_rows > 0 && ++search->rounds < ROUNDS_MAX)
        look(search);
    else
        http_reply_empty(search->request, 204);
}

static void advance(struct search *search)
{
    const struct loop *loop = http_context(search->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, search->project.shard_key);
    db_add_uuid(&params, search->actor->participant);
    db_add_number(&params, CANDIDATES);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_ADVANCE, &params, on_advanced, search);
}

static void on_found(void *arg, const struct db_result *result)
{
    struct search *search = arg;
    struct http_request *request = search->request;
    // Two requests of one person at once: one of them finds the other's lease when it looks again.
    bool again = result->status == DB_CONFLICT ||
                 (result->status == DB_OK && result->n_rows == 1 && db_bool(result, 0, HAD_LEASE) &&
                     db_is_null(result, 0, LEASE) && strcmp(db_text(result, 0, STATE), "open") == 0);
    if (again && ++search->attempts < ATTEMPTS_MAX) {
        look(search);
        return;
    }
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
    else if (strcmp(db_text(result, 0, STATE), "open") != 0)
        http_problem(request, 409, "The study is %s: no tasks are given out.", db_text(result, 0, STATE));
    else if (db_is_null(result, 0, LEASE))
        advance(search);
    else
        assignments_reply(request, 201, search->project.shard_key, result);
}

// '{3,0,...}': 0 .. 99 in random order.
static void permutation_text(char text[4 * PERMUTATION])
{
    uint32_t order[PERMUTATION];
    struct rng rng;
    size_t used = 0;
    for (uint32_t i = 0; i < PERMUTATION; i++)
        order[i] = i;
    rng_seed(&rng, rng_secure_u64());
    rng_shuffle(&rng, order, PERMUTATION);
    for (size_t i = 0; i < PERMUTATION; i++)
        used += (size_t)snprintf(text + used, 4 * PERMUTATION - used, "%c%u", i == 0 ? '{' : ',', order[i]);
    text[used++] = '}';
    text[used] = '\0';
}

static void look(struct search *search)
{
    const struct loop *loop = http_context(search->request);
    char order[4 * PERMUTATION];
    struct db_params params;
    permutation_text(order);
    db_params_init(&params);
    db_add_number(&params, search->project.shard_key);
    db_add_uuid(&params, search->actor->participant);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, order);
    if (search->constitution_version > 0)
        db_add_number(&params, search->constitution_version);
    else
        db_add_null(&params);
    db_add_number(&params, CANDIDATES);
    // Whatever became of one that was lost on the way: the next look finds the lease.
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_ASSIGNMENT, &params, on_found, search);
}

static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct search *search = arg;
    if (!uuid_equal(task->project, search->project.uuid)) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    search->constitution_version = task->constitution_version;
    look(search);
}

static void next_as(struct http_request *request, const struct actor *actor)
{
    struct search *search = arena_calloc(http_arena(request), 1, sizeof(*search));
    *search = (struct search){.request = request, .actor = actor};
    if (identity_param_id(request, "p", &search->project))
        task_require(request, search->project.shard_key, with_task, search);
}

void assignments_next(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_ANNOTATE, &project, next_as);
}
