// How full a study's quotas are, for those who run it. Of fewer than ten nothing is said, nor what would tell it; and what is said stands
// still until ten people more have had work, so that nobody's cell can be told from what changes.
#include "coordinator/collect/routes.h"

#include "coordinator/api.h"
#include "coordinator/collect/coverage.h"
#include "coordinator/collect/quota.h"
#include "coordinator/collect/seat.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

// Columns of collect_quota_counts.sql.
enum { CELL, N_JUDGED, N_TAKEN, N_ITEMS, N_PARTICIPANTS, N_AT_WORK, SHOWN, SHOWN_PEOPLE, SHOWN_AT };

struct filling {
    struct http_request *request;
    struct id project;
    json_t *quotas;
    int64_t filled[QUOTA_CELLS_MAX + 1], n_items, n_participants,
        n_at_work; // behind the cells: in cells that are no more
    bool hidden[QUOTA_CELLS_MAX + 1];
};

static void filling_release(void *arg)
{
    struct filling *filling = arg;
    json_decref(filling->quotas);
}

static void count_cells(struct filling *filling, const struct db_result *result)
{
    const struct loop *loop = http_context(filling->request);
    bool in_people = quota_counts_people(filling->quotas);
    size_t n = quota_n_cells(filling->quotas);
    for (int row = 0; row < result->n_rows; row++)
        filling->filled[n] += db_number(result, row, in_people ? N_TAKEN : N_JUDGED);
    for (size_t i = 0; i < n; i++) {
        unsigned char code[KEYS_CODE_BYTES];
        char *text = quota_cell_text(filling->quotas, i);
        keys_code(loop->app->keys, filling->project.shard_key, text, code);
        free(text);
        for (int row = 0; row < result->n_rows; row++) {
            size_t size = 0;
            const unsigned char *cell = db_bytes(result, row, CELL, http_arena(filling->request), &size);
            if (size == sizeof(code) && memcmp(cell, code, size) == 0)
                filling->filled[i] = db_number(result, row, in_people ? N_TAKEN : N_JUDGED);
        }
        filling->filled[n] -= filling->filled[i];
    }
    if (result->n_rows > 0) {
        filling->n_items = db_number(result, 0, N_ITEMS);
        filling->n_participants = db_number(result, 0, N_PARTICIPANTS);
        filling->n_at_work = db_number(result, 0, N_AT_WORK);
    }
}

// Each person is in one cell, and all that was judged is known: the cells make up a whole, with those that are no more. Who is not
// asked for (closed) is nobody, unless they were before, and hides nobody.
static void hide_cells(struct filling *filling)
{
    size_t n = quota_n_cells(filling->quotas), places[QUOTA_CELLS_MAX + 1], n_counts = 0;
    int64_t counts[QUOTA_CELLS_MAX + 1];
    bool hidden[QUOTA_CELLS_MAX + 1];
    for (size_t i = 0; i <= n; i++) {
        bool is_asked_for = i < n && quota_wanted(filling->quotas, i) != 0;
        if (!is_asked_for && filling->filled[i] == 0)
            continue;
        places[n_counts] = i;
        counts[n_counts++] = filling->filled[i];
    }
    coverage_hide(counts, n_counts, COVERAGE_LEAST, hidden);
    for (size_t i = 0; i < n_counts; i++)
        filling->hidden[places[i]] = hidden[i];
}

// The kinds by one attribute and everybody else make up a whole; and so do each kind and those who are not of it.
static void hide_kinds_by(struct filling *filling, const json_t *attribute)
{
    int64_t counts[QUOTA_CELLS_MAX + 1], rest = filling->n_participants;
    size_t places[QUOTA_CELLS_MAX], n = 0;
    bool hidden[QUOTA_CELLS_MAX + 1], pair[2];
    for (size_t i = 0; i < quota_n_cells(filling->quotas); i++) {
        if (!json_equal(json_object_get(json_array_get(filling->quotas, i), "attribute"), attribute))
            continue;
        places[n] = i;
        counts[n++] = filling->filled[i];
        rest -= filling->filled[i];
    }
    counts[n] = rest > 0 ? rest : 0;
    coverage_hide(counts, n + 1, COVERAGE_LEAST, hidden);
    for (size_t i = 0; i < n; i++) {
        coverage_hide((int64_t[]){counts[i], filling->n_participants - counts[i]}, 2, COVERAGE_LEAST, pair);
        filling->hidden[places[i]] = hidden[i] || pair[0];
    }
}

// What is shown of the cells: {text of a cell: how full}, without those that are hidden.
static json_t *shown_cells(struct filling *filling)
{
    const json_t *quotas = filling->quotas;
    json_t *shown = json_object(), *one;
    size_t i;
    if (quota_counts_people(quotas)) {
        json_array_foreach((json_t *)quotas, i, one)
            hide_kinds_by(filling, json_object_get(one, "attribute"));
    } else {
        hide_cells(filling);
    }
    for (i = 0; i < quota_n_cells(quotas); i++) {
        char *text = quota_cell_text(quotas, i);
        if (!filling->hidden[i])
            json_object_set_new(shown, text, json_integer((json_int_t)filling->filled[i]));
        free(text);
    }
    return shown;
}

static json_t *cell_json(const struct filling *filling, const json_t *shown, size_t i)
{
    json_t *row = json_object();
    char *text = quota_cell_text(filling->quotas, i);
    const json_t *filled = json_object_get(shown, text);
    free(text);
    const json_t *values = quota_values(filling->quotas, i);
    int64_t wanted = quota_wanted(filling->quotas, i), per_item = quota_per_item(filling->quotas, i);
    if (quota_counts_people(filling->quotas)) {
        const json_t *kind = json_array_get(filling->quotas, i);
        json_t *own = json_object();
        json_object_set(
            own, json_string_value(json_object_get(kind, "attribute")), json_object_get(kind, "value"));
        json_object_set_new(row, "values", own);
    } else {
        json_object_set_new(row, "values", values != NULL ? json_incref((json_t *)values) : json_null());
    }
    if (per_item >= 0)
        wanted = per_item * filling->n_items;
    json_object_set_new(row, "wanted", wanted >= 0 ? json_integer((json_int_t)wanted) : json_null());
    json_object_set_new(row, "filled", filled == NULL ? json_null() : json_copy((json_t *)filled));
    json_object_set_new(row, "hidden", json_boolean(filled == NULL));
    // Follows from the two numbers: where one is hidden, this is.
    json_object_set_new(row, "closed",
        filled == NULL ? json_null() : json_boolean(wanted >= 0 && json_integer_value(filled) >= wanted));
    return row;
}

// `shown` and `as_of` are taken; NULL: nothing is shown yet.
static void reply(struct filling *filling, json_t *shown, json_t *as_of)
{
    const json_t *quotas = filling->quotas;
    const char *per = json_string_value(json_object_get(quotas, "per"));
    json_t *rows = json_array();
    for (size_t i = 0; quotas != NULL && i < quota_n_cells(quotas); i++)
        json_array_append_new(rows, cell_json(filling, shown, i));
    json_decref(shown);
    http_reply_json(filling->request, 200,
        json_pack("{s:s, s:s, s:o, s:o}", "unit",
            quotas != NULL && quota_counts_people(quotas) ? "people" : "judgments", "per",
            per != NULL ? per : "study", "cells", rows, "groups_as_of", as_of != NULL ? as_of : json_null()));
}

static void reply_shown(struct filling *filling, const struct db_result *result, int first)
{
    reply(filling, json_loads(db_text(result, 0, first), 0, NULL),
        json_pack("{s:I, s:o}", "people", (json_int_t)db_number(result, 0, first + 1), "at",
            json_time_us(db_number(result, 0, first + 2))));
}

static void on_stored(void *arg, const struct db_result *result)
{
    struct filling *filling = arg;
    if (api_db_failed(filling->request, result))
        return;
    if (result->n_rows == 0)
        reply(filling, NULL, NULL); // somebody else was first, this very moment
    else
        reply_shown(filling, result, 0);
}

static void on_counts(void *arg, const struct db_result *result)
{
    struct filling *filling = arg;
    const struct loop *loop = http_context(filling->request);
    if (api_db_failed(filling->request, result))
        return;
    count_cells(filling, result);
    bool was_shown = result->n_rows > 0 && !db_is_null(result, 0, SHOWN);
    if (was_shown && llabs(db_number(result, 0, SHOWN_PEOPLE) - filling->n_at_work) < COVERAGE_LEAST) {
        reply_shown(filling, result, SHOWN);
        return;
    }
    if (filling->n_at_work < COVERAGE_LEAST) {
        reply(filling, NULL, NULL);
        return;
    }
    json_t *shown = shown_cells(filling);
    char *text = json_dumps(shown, JSON_COMPACT);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, filling->project.shard_key);
    db_add_text(&params, "quotas");
    db_add_number(&params, filling->n_at_work);
    db_add_text(&params, text);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_SHOWN_PUT, &params, on_stored, filling);
    free(text);
    json_decref(shown);
}

static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct filling *filling = arg;
    const struct loop *loop = http_context(request);
    if (!uuid_equal(task->project, filling->project.uuid)) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    if (task->quotas == NULL) {
        reply(filling, NULL, NULL);
        return;
    }
    filling->quotas = json_incref(task->quotas);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, filling->project.shard_key);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_QUOTA_COUNTS, &params, on_counts, filling);
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    (void)actor;
    struct filling *filling = arena_calloc(http_arena(request), 1, sizeof(*filling));
    filling->request = request;
    arena_on_free(http_arena(request), filling_release, filling);
    if (identity_param_id(request, "p", &filling->project))
        task_require(request, filling->project.shard_key, with_task, filling);
}

void quotas_show(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, show_as);
}
