#include "coordinator/collect/tally.h"

#include "base/log.h"
#include "coordinator/api.h"
#include "coordinator/collect/coverage.h"
#include "coordinator/collect/interval.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_AT_ONCE = 1000 }; // as collect_words_compare.sql has it

// One answer being made.
struct showing {
    struct tally tally;
    struct http_request *request;
    tally_make *make;
    void (*made)(struct http_request *request, struct id project, const char *text);
    char *text; // the answer; owned. NULL: there is nothing
    int rc;
    struct err err;
};

static char *text_or_null(const struct db_result *result, int column)
{
    return db_is_null(result, 0, column) ? NULL : strdup(db_text(result, 0, column));
}

// Of study `shard_key`, since `snapshot` (NULL: all there is).
static int add_since(
    struct db_session *session, enum query what, int64_t shard_key, const char *snapshot, struct err *err)
{
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    db_add_text(&params, snapshot);
    return db_session_query(session, what, &params, &result, err);
}

static int add_what_is_new(struct db_session *session, int64_t shard_key, struct err *err)
{
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    int rc = db_session_query(session, QUERY_COLLECT_TALLY_HOLD, &params, &result, err);
    if (rc < 0)
        return rc;
    char *snapshot = text_or_null(&result, 0), *repeats = text_or_null(&result, 1);
    if (snapshot == NULL)
        rc = db_session_query(session, QUERY_COLLECT_TALLY_RESTART, &params, &result, err);
    for (int64_t n = WORDS_AT_ONCE; rc == 0 && n == WORDS_AT_ONCE;) {
        rc = db_session_query(session, QUERY_COLLECT_WORDS_COMPARE, &params, &result, err);
        n = rc == 0 ? db_number(&result, 0, 0) : 0;
    }
    if (rc == 0)
        rc = add_since(session, QUERY_COLLECT_TALLY_REPEATS, shard_key, repeats, err);
    if (rc == 0)
        rc = add_since(session, QUERY_COLLECT_TALLY_ADVANCE, shard_key, snapshot, err);
    free(repeats);
    free(snapshot);
    return rc;
}

// Borrows a session, and commits what is new.
static int catch_up(struct tally *tally, struct err *err)
{
    int rc = db_session_borrow(tally->app->conninfo, &tally->session, err);
    if (rc == 0)
        rc = db_session_begin(tally->session, false, err);
    if (rc == 0)
        rc = add_what_is_new(tally->session, tally->project.shard_key, err);
    if (rc == 0)
        rc = db_session_commit(tally->session, err);
    return rc;
}

// --- figures of groups ------------------------------------------------------------------------------------------------
// Columns of collect_shown.sql.
enum { BODY, N_PEOPLE, SHOWN_AT };

static void take_shown(struct tally *tally, const struct db_result *result)
{
    json_t *shown = json_loads(db_text(result, 0, BODY), 0, NULL);
    json_object_update(tally->body, shown);
    json_object_set_new(tally->body, "groups_as_of",
        json_pack("{s:I, s:o}", "people", (json_int_t)db_number(result, 0, N_PEOPLE), "at",
            json_time_us(db_number(result, 0, SHOWN_AT))));
    json_decref(shown);
}

int tally_show_groups(struct tally *tally, const char *what, int64_t n_people,
    int (*make)(struct tally *tally, json_t *body, void *arg, struct err *err), void *arg, struct err *err)
{
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    db_add_text(&params, what);
    int rc = db_session_query(tally->session, QUERY_COLLECT_SHOWN, &params, &result, err);
    if (rc < 0)
        return rc;
    if (result.n_rows == 1 && llabs(db_number(&result, 0, N_PEOPLE) - n_people) < COVERAGE_LEAST) {
        take_shown(tally, &result);
        return 0;
    }
    json_t *body = json_object();
    rc = make(tally, body, arg, err);
    json_object_update(tally->body, body);
    json_object_set_new(tally->body, "groups_as_of", json_null());
    if (rc == 0 && n_people >= COVERAGE_LEAST) {
        if (tally->to_show == NULL)
            tally->to_show = json_object();
        json_object_set_new(
            tally->to_show, what, json_pack("{s:I, s:O}", "n", (json_int_t)n_people, "body", body));
    }
    json_decref(body);
    return rc;
}

// Somebody else may have been first: then theirs are shown.
static int store_shown(struct tally *tally, struct err *err)
{
    const char *what;
    json_t *one;
    int rc = json_object_size(tally->to_show) > 0 ? db_session_commit(tally->session, err) : 0;
    json_object_foreach(tally->to_show, what, one)
    {
        struct db_result result;
        struct db_params params;
        char *text = json_dumps(json_object_get(one, "body"), JSON_COMPACT | JSON_REAL_PRECISION(10));
        db_params_init(&params);
        db_add_number(&params, tally->project.shard_key);
        db_add_text(&params, what);
        db_add_number(&params, json_integer_value(json_object_get(one, "n")));
        db_add_text(&params, text);
        if (rc == 0)
            rc = db_session_query(tally->session, QUERY_COLLECT_SHOWN_PUT, &params, &result, err);
        if (rc == 0 && result.n_rows == 0)
            rc = err_set(err, ERR_CONFLICT, "the figures were shown by another just now");
        if (rc == 0)
            take_shown(tally, &result);
        free(text);
    }
    return rc;
}

// What was begun and failed is undone when its session is given back.
static int make(struct showing *showing, struct err *err)
{
    struct tally *tally = &showing->tally;
    int rc = catch_up(tally, err);
    if (rc == 0)
        rc = db_session_begin(tally->session, true, err);
    if (rc == 0)
        rc = showing->make(tally, err);
    return rc == 0 ? store_shown(tally, err) : rc;
}

static void run(void *arg)
{
    struct showing *showing = arg;
    struct tally *tally = &showing->tally;
    tally->body = json_object();
    showing->rc = make(showing, &showing->err);
    if (tally->session != NULL)
        db_session_give_back(tally->session);
    if (json_object_size(tally->body) > 0)
        showing->text = json_dumps(tally->body, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(tally->body);
    json_decref(tally->to_show);
}

static void done(void *arg)
{
    struct showing *showing = arg;
    struct http_request *request = showing->request;
    if (showing->rc < 0) {
        log_event(LOG_WARNING, "tally", LOG_TEXT("detail", showing->err.message));
        http_reply_header(request, "Retry-After", "2");
        http_problem(request, 503, "The figures can't be made just now; try again.");
        return;
    }
    if (showing->text == NULL) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    if (showing->made != NULL)
        showing->made(request, showing->tally.project, showing->text);
    http_reply_json_text(request, 200, showing->text);
}

static void release(void *arg)
{
    struct showing *showing = arg;
    free(showing->text);
}

void tally_show(struct http_request *request, struct id project, tally_make *make_body, void *arg,
    void (*made)(struct http_request *request, struct id project, const char *text))
{
    const struct loop *loop = http_context(request);
    struct showing *showing = arena_calloc(http_arena(request), 1, sizeof(*showing));
    *showing = (struct showing){.tally = {.app = loop->app, .project = project, .arg = arg},
        .request = request,
        .make = make_body,
        .made = made};
    arena_on_free(http_arena(request), release, showing);
    if (work_submit(loop->app->pool, loop->base, run, done, showing) < 0) {
        http_reply_header(request, "Retry-After", "2");
        http_problem(request, 503, "There is much to do just now; try again in a moment.");
    }
}

static void run_catching_up(void *arg)
{
    struct tally *tally = arg;
    struct err err;
    if (catch_up(tally, &err) < 0)
        log_event(LOG_WARNING, "tally", LOG_TEXT("detail", err.message));
    db_session_give_back(tally->session);
}

void tally_catch_up(const struct loop *loop, struct id project)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (tally == NULL)
        abort();
    *tally = (struct tally){.app = loop->app, .project = project};
    if (work_submit(loop->app->pool, loop->base, run_catching_up, free, tally) < 0)
        free(tally);
}

json_t *tally_share(const char *name, double n_yes, double n)
{
    struct interval interval;
    json_t *own = json_object();
    bool known = interval_of_share(n_yes, n, &interval);
    json_object_set_new(own, name, n > 0 ? json_real(n_yes / n) : json_null());
    json_object_set_new(
        own, "interval", known ? json_pack("[f, f]", interval.low, interval.high) : json_null());
    json_object_set_new(own, "n", json_integer((json_int_t)n));
    return own;
}
