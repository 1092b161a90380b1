#include "coordinator/collect/routes.h"

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/api.h"
#include "coordinator/collect/agreement.h"
#include "coordinator/collect/coverage.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Dashboards ask every other second; the figures are this old at most.
enum { KEPT_US = 5000000 };

// One answer being made, on the pool: it reads all judgments of the study and opens answers, which take a while.
struct quality {
    struct http_request *request;
    const struct app *app; // what the pool may use of the loop's
    struct id project;
    char *text; // the answer; owned
    int rc;
    struct err err;
};

struct making {
    const struct keys *keys;
    int64_t shard_key;
    struct db_session *session;
    json_t *body;
    struct coverage coverage;
};

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static int query(const struct making *making, enum query what, struct db_result *result, struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, making->shard_key);
    return db_session_query(making->session, what, &params, result, err);
}

static int add_agreement(struct making *making, struct err *err)
{
    struct db_result result;
    struct agreement agreement = {0};
    int rc = query(making, QUERY_COLLECT_QUALITY_UNITS, &result, err);
    for (int i = 0; rc == 0 && i < result.n_rows; i++) {
        int64_t counts[AGREEMENT_CATEGORIES];
        for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
            counts[c] = db_number(&result, i, c);
        agreement_add(&agreement, counts, db_number(&result, i, AGREEMENT_CATEGORIES));
    }
    json_t *own = json_object();
    json_object_set_new(own, "percent", number_or_null(agreement_percent(&agreement)));
    json_object_set_new(own, "alpha", number_or_null(agreement_alpha(&agreement)));
    json_object_set_new(own, "n_pairs", json_integer((json_int_t)agreement.n_units));
    json_object_set_new(own, "n_judgments", json_integer((json_int_t)agreement.n_judgments));
    json_object_set_new(making->body, "agreement", own);
    return rc;
}

// Share of "left" among preferences given here, with the z of a fair coin.
static json_t *order_bias(double n_left, double n_right)
{
    double n = n_left + n_right;
    json_t *bias = json_object();
    json_object_set_new(bias, "left_share", number_or_null(n > 0 ? n_left / n : NAN));
    json_object_set_new(bias, "n", json_integer((json_int_t)n));
    json_object_set_new(bias, "z", number_or_null(n > 0 ? (n_left - n / 2) / sqrt(n / 4) : NAN));
    return bias;
}

static int add_totals(struct making *making, struct err *err)
{
    struct db_result result;
    int rc = query(making, QUERY_COLLECT_QUALITY_TOTALS, &result, err);
    json_t *outcomes = json_object(), *time = json_object();
    double n_left = 0, n_right = 0;
    for (int i = 0; rc == 0 && i < result.n_rows; i++) {
        const char *outcome = db_text(&result, i, 0);
        if (outcome[0] == '\0') { // all of them
            int64_t median = db_number(&result, i, 3);
            json_object_set_new(time, "median_active_ms", median >= 0 ? json_integer(median) : json_null());
            json_object_set_new(making->body, "n_items", json_integer(db_number(&result, i, 4)));
            continue;
        }
        json_object_set_new(outcomes, outcome, json_integer(db_number(&result, i, 1)));
        if (strcmp(outcome, "left") == 0)
            n_left = (double)db_number(&result, i, 2);
        else if (strcmp(outcome, "right") == 0)
            n_right = (double)db_number(&result, i, 2);
    }
    json_int_t n = 0;
    const char *name;
    json_t *count;
    json_object_foreach(outcomes, name, count) n += strcmp(name, "skip") == 0 ? 0 : json_integer_value(count);
    json_object_set_new(making->body, "n_judgments", json_integer(n));
    json_object_set_new(making->body, "outcomes", outcomes);
    json_object_set_new(making->body, "order_bias", order_bias(n_left, n_right));
    json_object_set_new(making->body, "time", time);
    return rc;
}

static int on_person(void *arg, const struct db_result *result, struct err *err UNUSED)
{
    struct making *making = arg;
    struct arena *arena = arena_new(KEYS_SEALED_MAX_BYTES * 4);
    size_t size = 0;
    const unsigned char *sealed = db_is_null(result, 0, 2) ? NULL : db_bytes(result, 0, 2, arena, &size);
    json_t *answers = identity_open_demographics(making->keys, db_uuid(result, 0, 0), sealed, size);
    coverage_add(&making->coverage, answers, db_bool(result, 0, 3), db_number(result, 0, 1));
    json_decref(answers);
    arena_free(arena);
    return 0;
}

static int add_coverage(struct making *making, struct err *err)
{
    struct db_result result;
    struct db_params params;
    int rc = query(making, QUERY_COLLECT_QUALITY_QUESTIONS, &result, err);
    if (rc < 0)
        return rc;
    json_t *questions = result.n_rows == 0 ? NULL : json_loads(db_text(&result, 0, 0), 0, NULL);
    coverage_init(&making->coverage, questions);
    db_params_init(&params);
    db_add_number(&params, making->shard_key);
    rc = db_session_stream(making->session, QUERY_COLLECT_QUALITY_PEOPLE, &params, on_person, making, err);
    json_object_set_new(
        making->body, "n_annotators", json_integer((json_int_t)making->coverage.n_annotators));
    json_object_set_new(making->body, "coverage", coverage_rows(&making->coverage));
    coverage_release(&making->coverage);
    json_decref(questions);
    return rc;
}

static void run(void *arg)
{
    struct quality *quality = arg;
    struct making making = {
        .keys = quality->app->keys, .shard_key = quality->project.shard_key, .body = json_object()};
    quality->rc = db_session_open(quality->app->conninfo, &making.session, &quality->err);
    if (quality->rc == 0)
        quality->rc = db_session_begin(making.session, true, &quality->err);
    if (quality->rc == 0)
        quality->rc = add_totals(&making, &quality->err);
    if (quality->rc == 0)
        quality->rc = add_agreement(&making, &quality->err);
    if (quality->rc == 0)
        quality->rc = add_coverage(&making, &quality->err);
    if (making.session != NULL)
        db_session_close(making.session);
    // No item of this study is compared with its gold answer yet.
    json_object_set_new(making.body, "gold", json_pack("{s:i, s:n}", "n", 0, "accuracy"));
    quality->text = json_dumps(making.body, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(making.body);
}

static void done(void *arg)
{
    struct quality *quality = arg;
    const struct loop *loop = http_context(quality->request);
    if (quality->rc < 0) {
        log_event(LOG_WARNING, "quality", LOG_TEXT("detail", quality->err.message));
        http_reply_header(quality->request, "Retry-After", "2");
        http_problem(quality->request, 503, "The figures can't be made just now; try again.");
        return;
    }
    struct quality_place *place =
        &loop->collect->quality[(uint64_t)quality->project.shard_key % QUALITY_PLACES];
    free(place->text);
    *place = (struct quality_place){.shard_key = quality->project.shard_key,
        .made_us = clock_monotonic_us(),
        .text = strdup(quality->text)};
    if (place->text == NULL)
        abort();
    http_reply_json_text(quality->request, 200, quality->text);
}

static void release(void *arg)
{
    struct quality *quality = arg;
    free(quality->text);
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    (void)actor;
    const struct loop *loop = http_context(request);
    struct quality *quality = arena_calloc(http_arena(request), 1, sizeof(*quality));
    quality->request = request;
    quality->app = loop->app;
    if (!identity_param_id(request, "p", &quality->project))
        return;
    const struct quality_place *place =
        &loop->collect->quality[(uint64_t)quality->project.shard_key % QUALITY_PLACES];
    if (place->text != NULL && place->shard_key == quality->project.shard_key &&
        clock_monotonic_us() - place->made_us < KEPT_US) {
        http_reply_json_text(request, 200, place->text);
        return;
    }
    arena_on_free(http_arena(request), release, quality);
    if (work_submit(loop->app->pool, loop->base, run, done, quality) < 0) {
        http_reply_header(request, "Retry-After", "2");
        http_problem(request, 503, "There is much to do just now; try again in a moment.");
    }
}

void quality_show(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, show_as);
}
