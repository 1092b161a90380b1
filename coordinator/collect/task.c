#include "coordinator/collect/task.h"

#include "base/clock.h"
#include "coordinator/api.h"
#include "coordinator/collect/frontier.h"
#include "coordinator/collect/quota.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

// The constitution may be amended: what a judgment was made under may be this old.
enum { KEPT_US = 2000000 };

struct reading {
    struct http_request *request;
    int64_t shard_key;
    struct task task; // the rules are given to the place
    void (*then)(struct http_request *request, const struct task *task, void *arg);
    void *arg;
};

struct collect *collect_new(void)
{
    struct collect *collect = calloc(1, sizeof(*collect));
    if (collect == NULL)
        abort();
    collect->frontier = frontier_new();
    return collect;
}

void collect_free(struct collect *collect)
{
    if (collect == NULL)
        return;
    for (size_t i = 0; i < TASK_PLACES; i++) {
        rules_release(&collect->tasks[i].rules);
        json_decref(collect->tasks[i].quotas);
    }
    for (size_t i = 0; i < QUALITY_PLACES; i++)
        free(collect->quality[i].text);
    frontier_free(collect->frontier);
    free(collect);
}

static struct task *place(struct collect *collect, int64_t shard_key)
{
    return &collect->tasks[(uint64_t)shard_key % TASK_PLACES];
}

static void finish(struct reading *reading)
{
    const struct loop *loop = http_context(reading->request);
    struct task *own = place(loop->collect, reading->shard_key);
    rules_release(&own->rules);
    json_decref(own->quotas);
    reading->task.read_us = clock_monotonic_us();
    *own = reading->task;
    reading->then(reading->request, own, reading->arg);
}

static void on_constitution(void *arg, const struct db_result *result)
{
    struct reading *reading = arg;
    if (api_db_failed(reading->request, result)) {
        rules_release(&reading->task.rules);
        json_decref(reading->task.quotas);
        return;
    }
    reading->task.constitution_version = db_number(result, 0, 0);
    finish(reading);
}

static json_t *read_quotas(const char *text)
{
    json_t *quotas = json_loads(text, 0, NULL);
    if (quota_is_set(quotas))
        return quotas;
    json_decref(quotas);
    return NULL;
}

static void on_task(void *arg, const struct db_result *result)
{
    struct reading *reading = arg;
    const struct loop *loop = http_context(reading->request);
    if (api_db_failed(reading->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(reading->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    reading->task = (struct task){.shard_key = reading->shard_key,
        .project = db_uuid(result, 0, 0),
        .simulated = db_bool(result, 0, 3),
        .repeats = db_bool(result, 0, 6),
        .is_drawn = db_bool(result, 0, 7),
        .has_panel = db_bool(result, 0, 10)};
    json_t *stored = json_loads(db_text(result, 0, 1), 0, NULL);
    rules_of(&reading->task.rules, stored);
    reading->task.is_chat = json_is_object(json_object_get(stored, "chat"));
    json_decref(stored);
    json_t *given = json_loads(db_text(result, 0, 5), 0, NULL);
    reading->task.gold = gold_rules_of(given);
    reading->task.tasks_a_day = db_is_null(result, 0, 8) ? 0 : db_number(result, 0, 8);
    reading->task.setup = db_number(result, 0, 9);
    json_decref(given);
    reading->task.quotas = read_quotas(db_text(result, 0, 4));
    if (db_is_null(result, 0, 2)) {
        finish(reading);
        return;
    }
    struct db_params params;
    reading->task.community_shard_key = db_number(result, 0, 2);
    db_params_init(&params);
    db_add_number(&params, reading->task.community_shard_key);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_CONSTITUTION, &params, on_constitution, reading);
}

void task_forget(struct collect *collect, int64_t shard_key)
{
    struct task *own = place(collect, shard_key);
    if (own->shard_key == shard_key)
        own->read_us = 0;
}

void task_require(struct http_request *request, int64_t shard_key,
    void (*then)(struct http_request *request, const struct task *task, void *arg), void *arg)
{
    const struct loop *loop = http_context(request);
    const struct task *own = place(loop->collect, shard_key);
    if (own->shard_key == shard_key && own->read_us != 0 && clock_monotonic_us() - own->read_us < KEPT_US) {
        then(request, own, arg);
        return;
    }
    struct reading *reading = arena_calloc(http_arena(request), 1, sizeof(*reading));
    *reading = (struct reading){.request = request, .shard_key = shard_key, .then = then, .arg = arg};
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_TASK, &params, on_task, reading);
}
