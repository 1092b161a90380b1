#include "coordinator/collect/weigh.h"

#include "base/hash.h"
#include "base/log.h"
#include "coordinator/api.h"
#include "coordinator/audit/entry.h"
#include "coordinator/collect/study.h"
#include "coordinator/db/db.h"
#include "coordinator/loop.h"
#include "coordinator/score/models.h"
#include "coordinator/work.h"
#include "reward/acquire.h"

#include <event2/event.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_S = 3, ITEMS_A_PAGE = 100, RESPONSES_MAX = 64, ARRAY_MAX_BYTES = 64 * 1024 };
#define PAGE_MAX_BYTES ((size_t)1024 * 1024 * 1024)
enum { ITEM, CONTENT, EMBEDDING, N_JUDGED }; // columns of collect_weigh_items.sql

// One a process, on loop 0.
static struct {
    struct loop *loop;
    struct event *timer;
    bool is_busy;
    atomic_bool stopping;
} weigher;

// One study being weighed. The thread's alone between work_submit and `done`.
struct weighing {
    int64_t shard_key, n_items;
    struct uuid project, model_id;
    char strategy[32];
    struct model *model;
    struct db_session *session;
    struct acquire *acquire;
    int64_t n_valued;
    double max_value;
    // Of the page that is being worked on:
    struct uuid last; // the item read last
    int n_read;       // items of it
    struct buf items, values;
};

static void params_of(const struct weighing *weighing, struct db_params *params)
{
    db_params_init(params);
    db_add_number(params, weighing->shard_key);
}

// --- an item ------------------------------------------------------------------------------------------------------------
// The model's features of one response, in the arena. False: it has none.
static bool read_candidate(const struct artefact *artefact, const struct db_result *result, int row,
    struct arena *arena, struct predict_candidate *candidate)
{
    *candidate = (struct predict_candidate){
        .text = db_text(result, row, CONTENT), .text_length = db_length(result, row, CONTENT)};
    if (artefact->features == ARTEFACT_HASHED_TEXT)
        return true;
    size_t size;
    if (db_is_null(result, row, EMBEDDING))
        return false;
    candidate->embedding = (const float *)(const void *)db_bytes(result, row, EMBEDDING, arena, &size);
    candidate->n_dimensions = (uint32_t)(size / sizeof(float));
    return true;
}

static void put_value(struct weighing *weighing, struct uuid item, double value)
{
    char text[UUID_TEXT_BYTES];
    uuid_format(item, text);
    buf_printf(&weighing->items, "%s%s", weighing->items.length > 1 ? "," : "", text);
    buf_printf(&weighing->values, "%s%.9g", weighing->values.length > 1 ? "," : "", value);
    weighing->n_valued++;
    if (value > weighing->max_value)
        weighing->max_value = value;
}

// What the model can't tell of is left without a value.
static void weigh_item(struct weighing *weighing, const struct db_result *result, int first, int n,
    bool is_first_look, struct arena *arena)
{
    struct predict_candidate candidates[RESPONSES_MAX];
    struct err err;
    if (n < 2 || n > RESPONSES_MAX)
        return;
    for (int i = 0; i < n; i++) {
        if (!read_candidate(model_artefact(weighing->model), result, first + i, arena, &candidates[i]))
            return;
    }
    double value;
    int rc = is_first_look ? acquire_judged(weighing->acquire, candidates, (size_t)n,
                                 (double)db_number(result, first, N_JUDGED), arena, &err)
                           : acquire_value(weighing->acquire, candidates, (size_t)n, arena, &value, &err);
    if (rc == 0 && !is_first_look)
        put_value(weighing, db_uuid(result, first, ITEM), value);
}

// --- a page, and all of them --------------------------------------------------------------------------------------------
static int read_page(struct weighing *weighing, bool is_first_look, struct err *err)
{
    struct db_params params;
    struct db_result result;
    params_of(weighing, &params);
    db_add_uuid(&params, weighing->last);
    db_add_number(&params, ITEMS_A_PAGE);
    unsigned char space[HASH_BYTES];
    const char *name = model_space(weighing->model);
    if (name != NULL && hex_decode(name, space, HASH_BYTES) == 0)
        db_add_bytes(&params, space, HASH_BYTES);
    else
        db_add_null(&params);
    int rc = db_session_query(weighing->session, QUERY_COLLECT_WEIGH_ITEMS, &params, &result, err);
    weighing->n_read = 0;
    for (int first = 0, n = 0; rc == 0 && first < result.n_rows; first += n) {
        weighing->last = db_uuid(&result, first, ITEM);
        for (n = 1;
             first + n < result.n_rows && uuid_equal(db_uuid(&result, first + n, ITEM), weighing->last);)
            n++;
        struct arena *arena = arena_new(PAGE_MAX_BYTES);
        weigh_item(weighing, &result, first, n, is_first_look, arena);
        arena_free(arena);
        weighing->n_read++;
    }
    return rc;
}

static int store_page(struct weighing *weighing, struct err *err)
{
    struct db_params params;
    struct db_result result;
    buf_add_char(&weighing->items, '}');
    buf_add_char(&weighing->values, '}');
    params_of(weighing, &params);
    db_add_text(&params, weighing->items.data);
    db_add_text(&params, weighing->values.data);
    return db_session_query(weighing->session, QUERY_COLLECT_WEIGH_PUT, &params, &result, err);
}

static int look_at_all(struct weighing *weighing, bool is_first_look, struct err *err)
{
    int rc = 0;
    weighing->last = (struct uuid){0};
    do {
        buf_clear(&weighing->items);
        buf_clear(&weighing->values);
        buf_add_char(&weighing->items, '{');
        buf_add_char(&weighing->values, '{');
        rc = read_page(weighing, is_first_look, err);
        if (rc == 0 && weighing->items.length > 1)
            rc = store_page(weighing, err);
        if (rc == 0 && atomic_load(&weigher.stopping))
            rc = err_set(err, ERR_CLOSED, "the process ends");
    } while (rc == 0 && weighing->n_read == ITEMS_A_PAGE);
    return rc;
}

// `error` NULL: they are weighed.
static int write_down(struct weighing *weighing, const char *error, struct err *err)
{
    struct db_params params;
    struct db_result result;
    struct audit_entry entry;
    struct arena *arena = arena_new(64 * 1024);
    struct id project = {.shard_key = weighing->shard_key, .uuid = weighing->project},
              model = {.shard_key = weighing->shard_key, .uuid = weighing->model_id};
    audit_entry_make(arena, "weighing",
        json_pack("{s:o, s:s, s:o, s:I}", "project", json_id(project), "strategy", weighing->strategy,
            "model", json_id(model), "items", (json_int_t)weighing->n_valued),
        &entry);
    params_of(weighing, &params);
    db_add_text(&params, weighing->strategy);
    db_add_uuid(&params, weighing->model_id);
    db_add_number(&params, weighing->n_items);
    db_add_number(&params, weighing->n_valued);
    db_add_real(&params, weighing->max_value);
    db_add_text(&params, error);
    db_add_uuid(&params, entry.id);
    db_add_text(&params, entry.text);
    int rc = db_session_query(weighing->session, QUERY_COLLECT_WEIGH_DONE, &params, &result, err);
    arena_free(arena);
    return rc;
}

static void run(void *arg)
{
    struct weighing *weighing = arg;
    struct err err;
    int rc = db_session_open(weigher.loop->app->conninfo, &weighing->session, &err);
    if (rc == 0 && weighing->model == NULL) {
        rc = write_down(weighing, "The newest model can't be read.", &err);
    } else if (rc == 0) {
        weighing->acquire =
            acquire_new(study_acquire_rule(weighing->strategy), model_artefact(weighing->model));
        if (acquire_looks_back(weighing->acquire))
            rc = look_at_all(weighing, true, &err);
        if (rc == 0)
            rc = look_at_all(weighing, false, &err);
        if (rc == 0)
            rc = write_down(weighing, NULL, &err);
    }
    if (rc < 0 && !atomic_load(&weigher.stopping))
        log_event(LOG_WARNING, "weigh", LOG_TEXT("detail", err.message)); // the next tick begins anew
    db_session_close(weighing->session);
    acquire_free(weighing->acquire);
}

// --- which study --------------------------------------------------------------------------------------------------------
static void release(struct weighing *weighing)
{
    model_release(&weighing->model);
    buf_release(&weighing->items);
    buf_release(&weighing->values);
    free(weighing);
    weigher.is_busy = false;
}

static void done(void *arg)
{
    release(arg);
}

static void on_model(void *arg, struct model *model, const struct err *err)
{
    struct weighing *weighing = arg;
    weighing->model = model;
    // Only a model that is there and broken is written down as such.
    bool is_broken =
        model == NULL && err->code != ERR_LIMIT && err->code != ERR_IO && err->code != ERR_NOT_FOUND;
    if ((model == NULL && !is_broken) ||
        work_submit(weigher.loop->app->pool, weigher.loop->base, run, done, weighing) < 0)
        release(weighing);
}

static void on_due(void *arg UNUSED, const struct db_result *result)
{
    if (result->status != DB_OK || result->n_rows == 0) {
        weigher.is_busy = false;
        return;
    }
    struct weighing *weighing = calloc(1, sizeof(*weighing));
    if (weighing == NULL)
        abort();
    *weighing = (struct weighing){.shard_key = db_number(result, 0, 0),
        .project = db_uuid(result, 0, 1),
        .model_id = db_uuid(result, 0, 3),
        .n_items = db_number(result, 0, 4)};
    snprintf(weighing->strategy, sizeof(weighing->strategy), "%s", db_text(result, 0, 2));
    buf_init(&weighing->items, ARRAY_MAX_BYTES);
    buf_init(&weighing->values, ARRAY_MAX_BYTES);
    model_acquire(weigher.loop, (struct id){.shard_key = weighing->shard_key, .uuid = weighing->model_id},
        on_model, weighing);
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    if (weigher.is_busy)
        return;
    struct db_params params;
    db_params_init(&params);
    weigher.is_busy = true;
    db_query(weigher.loop->db, DB_READ, 0, QUERY_COLLECT_WEIGH_DUE, &params, on_due, NULL);
}

int weigh_start(struct loop *loop, struct err *err)
{
    weigher.loop = loop;
    weigher.timer = event_new(loop->base, -1, EV_PERSIST, on_tick, NULL);
    if (weigher.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for weighing");
    event_add(weigher.timer, &(struct timeval){.tv_sec = TICK_S});
    return 0;
}

void weigh_stop(void)
{
    atomic_store(&weigher.stopping, true);
    event_free(weigher.timer);
}
