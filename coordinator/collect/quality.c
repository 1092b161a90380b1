#include "coordinator/collect/routes.h"

#include "base/clock.h"
#include "coordinator/api.h"
#include "coordinator/collect/agreement.h"
#include "coordinator/collect/coverage.h"
#include "coordinator/collect/moments.h"
#include "coordinator/collect/rules.h"
#include "coordinator/collect/tally.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Dashboards ask every other second; the figures are this old at most.
enum { KEPT_US = 5000000, GOLD_ANNOTATORS_MAX = 500 };

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static int query(const struct tally *tally, enum query what, struct db_result *result, struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    return db_session_query(tally->session, what, &params, result, err);
}

// The units of a study by how they were judged; the list is owned.
struct units {
    struct agreement agreement;
    struct agreement_unit *list;
    size_t n;
};

// Columns of collect_quality_patterns.sql.
enum { MEASURE, COUNTS, TIMES = COUNTS + AGREEMENT_CATEGORIES };

static void units_of(
    struct units *units, const struct db_result *patterns, const char *measure, enum agreement_scale scale)
{
    *units = (struct units){
        .agreement = {.scale = scale}, .list = calloc((size_t)patterns->n_rows + 1, sizeof(*units->list))};
    if (units->list == NULL)
        abort();
    for (int i = 0; i < patterns->n_rows; i++) {
        if (strcmp(db_text(patterns, i, MEASURE), measure) != 0)
            continue;
        struct agreement_unit *unit = &units->list[units->n++];
        for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
            unit->counts[c] = db_number(patterns, i, COUNTS + c);
        unit->times = db_number(patterns, i, TIMES);
        agreement_add(&units->agreement, unit->counts, unit->times);
    }
}

static void set_sizes(json_t *own, const struct units *units, const char *n_units)
{
    json_object_set_new(own, n_units, json_integer((json_int_t)units->agreement.n_units));
    json_object_set_new(own, "n_judgments", json_integer((json_int_t)units->agreement.n_judgments));
}

// How strongly, where the task asks for it.
static json_t *strength_of(const struct rules *rules, const struct db_result *patterns)
{
    struct units units;
    if (rules->strength_max == 0)
        return json_null();
    units_of(&units, patterns, "strength", AGREEMENT_ORDINAL);
    json_t *own = json_object();
    agreement_set(own, "alpha", &units.agreement, units.list, units.n, agreement_alpha, true);
    set_sizes(own, &units, "n_pairs");
    free(units.list);
    return own;
}

// Of a dimension that is rated in up to nine steps, or by yes, unsure and no. NULL: it was not.
static json_t *steps_of(
    const char *measure, const char *id, const char *scale, const struct db_result *patterns)
{
    struct units units;
    json_t *own = NULL;
    units_of(&units, patterns, measure,
        strcmp(scale, "yes_no_unsure") == 0 ? AGREEMENT_NOMINAL : AGREEMENT_INTERVAL);
    if (units.n > 0) {
        own = json_pack("{s:s, s:s}", "dimension", id, "scale", scale);
        agreement_set(own, "percent", &units.agreement, units.list, units.n, agreement_percent, true);
        agreement_set(own, "alpha", &units.agreement, units.list, units.n, agreement_alpha, true);
        set_sizes(own, &units, "n_units");
    }
    free(units.list);
    return own;
}

// Of one that is rated in more: nobody says quite the same, so no share of them. NULL: none is rated twice.
static json_t *long_of(const char *measure, const char *id, const char *scale, const struct db_result *result)
{
    struct moments moments = {0};
    struct interval interval;
    for (int i = 0; i < result->n_rows; i++) {
        double sums[MOMENTS];
        for (int k = 0; k < MOMENTS; k++)
            sums[k] = db_real(result, i, 2 + k);
        if (strcmp(db_text(result, i, 0), measure) == 0)
            moments_add(&moments, (double)db_number(result, i, 1), sums);
    }
    if (moments.n_units < 1)
        return NULL;
    bool known = moments_interval(&moments, &interval);
    return json_pack("{s:s, s:s, s:o, s:o, s:I, s:I}", "dimension", id, "scale", scale, "alpha",
        number_or_null(moments_alpha(&moments)), "alpha_interval",
        known ? json_pack("[f, f]", interval.low, interval.high) : json_null(), "n_units",
        (json_int_t)moments.n_units, "n_judgments", (json_int_t)moments.sums[UNIT_M]);
}

// Of each dimension in its place what `of` makes of it; null where it makes nothing.
static json_t *ratings_of(const struct rules *rules, const struct db_result *result,
    json_t *(*of)(const char *measure, const char *id, const char *scale, const struct db_result *result))
{
    json_t *all = json_array(), *dimension;
    size_t i;
    json_array_foreach(rules->dimensions, i, dimension)
    {
        char measure[128];
        const char *id = json_string_value(json_object_get(dimension, "id"));
        const char *scale = json_string_value(json_object_get(dimension, "scale"));
        snprintf(measure, sizeof(measure), "rating.%s", id);
        json_t *own = of(measure, id, scale, result);
        json_array_append_new(all, own != NULL ? own : json_null());
    }
    return all;
}

// A dimension is rated in few steps or in many.
static json_t *ratings_together(const json_t *steps, const json_t *longs)
{
    json_t *all = json_array();
    for (size_t i = 0; i < json_array_size(steps); i++) {
        json_t *own = json_array_get(steps, i);
        if (json_is_null(own))
            own = json_array_get(longs, i);
        if (!json_is_null(own))
            json_array_append(all, own);
    }
    return all;
}

// Categories of a choice.
enum { FIRST, SECOND, TIE, BOTH_BAD };

// What could be said of a pair: what the task offers, and what came with an import all the same.
static int count_outcomes(const struct rules *rules, const struct agreement *agreement)
{
    return 2 + (rules->tie || agreement->shares[TIE] > 0) +
           (rules->both_bad || agreement->shares[BOTH_BAD] > 0);
}

static json_t *agreement_of(const struct rules *rules, const struct db_result *patterns, const json_t *longs)
{
    struct units units;
    units_of(&units, patterns, "choice", AGREEMENT_NOMINAL);
    units.agreement.n_categories = count_outcomes(rules, &units.agreement);
    json_t *own = json_object();
    agreement_set(own, "percent", &units.agreement, units.list, units.n, agreement_percent, true);
    agreement_set(own, "alpha", &units.agreement, units.list, units.n, agreement_alpha, true);
    agreement_set(own, "ac1", &units.agreement, units.list, units.n, agreement_ac1, false);
    set_sizes(own, &units, "n_pairs");
    json_object_set_new(own, "strength", strength_of(rules, patterns));
    json_t *steps = ratings_of(rules, patterns, steps_of);
    json_object_set_new(own, "ratings", ratings_together(steps, longs));
    json_decref(steps);
    free(units.list);
    return own;
}

static int add_agreement(struct tally *tally, const struct rules *rules, struct err *err)
{
    struct db_result result;
    json_t *longs = NULL;
    int rc = query(tally, QUERY_COLLECT_QUALITY_MOMENTS, &result, err);
    if (rc == 0)
        longs = ratings_of(rules, &result, long_of);
    if (rc == 0)
        rc = query(tally, QUERY_COLLECT_QUALITY_PATTERNS, &result, err);
    if (rc == 0)
        json_object_set_new(tally->body, "agreement", agreement_of(rules, &result, longs));
    json_decref(longs);
    return rc;
}

// Share of "left" among preferences given here, with its interval and the z of a fair coin.
static json_t *order_bias(double n_left, double n_right)
{
    double n = n_left + n_right;
    json_t *bias = tally_share("left_share", n_left, n);
    json_object_set_new(bias, "z", number_or_null(n > 0 ? (n_left - n / 2) / sqrt(n / 4) : NAN));
    return bias;
}

static int add_totals(struct tally *tally, struct err *err)
{
    struct db_result result;
    int rc = query(tally, QUERY_COLLECT_QUALITY_TOTALS, &result, err);
    if (rc < 0)
        return rc;
    json_t *outcomes = json_object(), *median = json_null();
    double n_left = 0, n_right = 0;
    json_int_t n = 0;
    for (int i = 0; i < result.n_rows; i++) {
        const char *outcome = db_text(&result, i, 0);
        json_object_set_new(outcomes, outcome, json_integer(db_number(&result, i, 1)));
        if (strcmp(outcome, "skip") != 0 && strcmp(outcome, "rather_not") != 0)
            n += db_number(&result, i, 1);
        if (strcmp(outcome, "left") == 0)
            n_left = (double)db_number(&result, i, 2);
        else if (strcmp(outcome, "right") == 0)
            n_right = (double)db_number(&result, i, 2);
    }
    json_object_set_new(tally->body, "n_judgments", json_integer(n));
    json_object_set_new(tally->body, "outcomes", outcomes);
    json_object_set_new(tally->body, "order_bias", order_bias(n_left, n_right));
    rc = query(tally, QUERY_COLLECT_QUALITY_WHOLE, &result, err);
    if (rc < 0)
        return rc;
    json_object_set_new(tally->body, "n_items", json_integer(db_number(&result, 0, 0)));
    if (db_number(&result, 0, 1) >= 0)
        median = json_integer(db_number(&result, 0, 1));
    json_object_set_new(tally->body, "time", json_pack("{s:o}", "median_active_ms", median));
    return 0;
}

// By the hour, so that the reader's own days can be made of it.
static int add_activity(struct tally *tally, struct err *err)
{
    struct db_result result;
    int rc = query(tally, QUERY_COLLECT_QUALITY_HOURS, &result, err);
    if (rc < 0)
        return rc;
    json_t *hours = json_array();
    for (int i = 0; i < result.n_rows; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "hour", json_db_time(&result, i, 0));
        json_object_set_new(one, "n", json_integer(db_number(&result, i, 1)));
        json_array_append_new(hours, one);
    }
    json_object_set_new(tally->body, "activity", hours);
    return 0;
}

static int add_steps(struct tally *tally, struct err *err)
{
    static const char *const names[] = {"joined", "read_guideline", "told_for_quotas", "practised", "tested",
        "judged", "judged_ten", "completed", "left", "excluded"};
    struct db_result result;
    int rc = query(tally, QUERY_COLLECT_QUALITY_STEPS, &result, err);
    if (rc < 0)
        return rc;
    json_t *steps = json_object();
    for (int i = 0; i < (int)ARRAY_SIZE(names); i++)
        json_object_set_new(steps, names[i], json_integer(db_number(&result, 0, i)));
    json_object_set_new(tally->body, "steps", steps);
    return 0;
}

// How many of `n` answers were as expected, with the share and its interval.
static json_t *gold_share(const struct db_result *result, int row)
{
    json_int_t n = db_number(result, row, 1), n_met = db_number(result, row, 2);
    json_t *own = tally_share("accuracy", (double)n_met, (double)n);
    json_object_set_new(own, "as_expected", json_integer(n_met));
    return own;
}

static int add_gold(struct tally *tally, struct err *err)
{
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    db_add_number(&params, GOLD_ANNOTATORS_MAX);
    int rc = db_session_query(tally->session, QUERY_COLLECT_QUALITY_GOLD, &params, &result, err);
    if (rc < 0)
        return rc;
    json_t *all = gold_share(&result, 0), *annotators = json_array(); // the first row is of them all
    for (int i = 1; i < result.n_rows; i++) {
        json_t *one = gold_share(&result, i);
        json_object_set_new(one, "participant_id", json_db_id(&result, i, 0, tally->project.shard_key));
        json_array_append_new(annotators, one);
    }
    json_object_set_new(all, "annotators", annotators);
    json_object_set_new(tally->body, "gold", all);
    return 0;
}

// Sums of what was said twice (collect_tally_repeats.sql), in the order of their columns.
enum { TWICE = 6 };

// Of rankings that were given twice, the share of pairs of responses that stand in the same order.
static json_t *ranked_again(const double sums[TWICE])
{
    struct interval interval;
    struct interval_sums ratio = {sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]};
    json_t *own = json_object();
    bool known = interval_of_ratio(&ratio, &interval);
    json_object_set_new(own, "same_order_share", number_or_null(ratio.part / ratio.whole));
    json_object_set_new(
        own, "interval", known ? json_pack("[f, f]", interval.low, interval.high) : json_null());
    json_object_set_new(own, "n", json_integer((json_int_t)ratio.n));
    json_object_set_new(own, "n_pairs", json_integer((json_int_t)ratio.whole));
    return own;
}

// Of ratings that were given twice: how many are the same, and, where they are numbers, how far apart they are at the mean and
// Krippendorff's alpha by interval of the two times (two values a unit: 1 - (2n - 1) sum (x - y)^2 / (2n sum v^2 - (sum v)^2)).
static json_t *rated_again(const json_t *dimension, const double sums[TWICE])
{
    double n = sums[0], spread = 2 * n * sums[5] - sums[4] * sums[4];
    const char *scale = json_string_value(json_object_get(dimension, "scale"));
    bool is_number = strcmp(scale, "yes_no_unsure") != 0;
    json_t *own = tally_share("same_share", sums[1], n);
    json_object_set(own, "dimension", json_object_get(dimension, "id"));
    json_object_set(own, "scale", json_object_get(dimension, "scale"));
    json_object_set_new(own, "mean_difference", number_or_null(is_number ? sums[2] / n : NAN));
    json_object_set_new(own, "alpha", number_or_null(is_number ? 1 - (2 * n - 1) * sums[3] / spread : NAN));
    return own;
}

// The sums of `measure`; all 0 where nothing was said twice.
static void sums_of(const struct db_result *result, const char *measure, double sums[TWICE])
{
    memset(sums, 0, TWICE * sizeof(*sums));
    for (int i = 0; i < result->n_rows; i++)
        if (strcmp(db_text(result, i, 0), measure) == 0)
            for (int k = 0; k < TWICE; k++)
                sums[k] = db_real(result, i, 1 + k);
}

static json_t *all_rated_again(const struct rules *rules, const struct db_result *result)
{
    json_t *all = json_array(), *dimension;
    size_t i;
    json_array_foreach(rules->dimensions, i, dimension)
    {
        char measure[128];
        double sums[TWICE];
        snprintf(measure, sizeof(measure), "rating.%s", json_string_value(json_object_get(dimension, "id")));
        sums_of(result, measure, sums);
        if (sums[0] > 0)
            json_array_append_new(all, rated_again(dimension, sums));
    }
    return all;
}

static int add_repeats(struct tally *tally, const struct rules *rules, struct err *err)
{
    struct db_result result;
    double sums[TWICE];
    int rc = query(tally, QUERY_COLLECT_QUALITY_REPEATS, &result, err);
    if (rc < 0)
        return rc;
    sums_of(&result, "choice", sums);
    json_t *own = tally_share("same_share", sums[1], sums[0]);
    json_object_set_new(own, "preferences", tally_share("same_side_share", sums[3], sums[2]));
    sums_of(&result, "ranking", sums);
    json_object_set_new(own, "rankings", ranked_again(sums));
    json_object_set_new(own, "ratings", all_rated_again(rules, &result));
    json_object_set_new(tally->body, "repeats", own);
    return 0;
}

// What is told in the words of the task.
static int add_by_task(struct tally *tally, struct err *err)
{
    struct db_result result;
    struct rules rules;
    int rc = query(tally, QUERY_COLLECT_TASK, &result, err);
    if (rc < 0)
        return rc;
    json_t *stored = result.n_rows == 0 ? NULL : json_loads(db_text(&result, 0, 1), 0, NULL);
    rules_of(&rules, stored);
    rc = add_agreement(tally, &rules, err);
    if (rc == 0)
        rc = add_repeats(tally, &rules, err);
    rules_release(&rules);
    json_decref(stored);
    return rc;
}

struct counting {
    const struct keys *keys;
    struct coverage coverage;
};

static int on_person(void *arg, const struct db_result *result, struct err *err UNUSED)
{
    struct counting *counting = arg;
    struct arena *arena = arena_new(KEYS_SEALED_MAX_BYTES * 4);
    size_t size = 0;
    const unsigned char *sealed = db_is_null(result, 0, 2) ? NULL : db_bytes(result, 0, 2, arena, &size);
    json_t *answers = identity_open_demographics(counting->keys, db_uuid(result, 0, 0), sealed, size);
    coverage_add(&counting->coverage, answers, db_bool(result, 0, 3), db_number(result, 0, 1));
    json_decref(answers);
    arena_free(arena);
    return 0;
}

static int count_groups(struct tally *tally, json_t *body, void *arg UNUSED, struct err *err)
{
    struct db_result result;
    struct db_params params;
    struct counting counting = {.keys = tally->app->keys};
    int rc = query(tally, QUERY_COLLECT_QUALITY_QUESTIONS, &result, err);
    if (rc < 0)
        return rc;
    json_t *questions = result.n_rows == 0 ? NULL : json_loads(db_text(&result, 0, 0), 0, NULL);
    coverage_init(&counting.coverage, questions);
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    rc = db_session_stream(tally->session, QUERY_COLLECT_QUALITY_PEOPLE, &params, on_person, &counting, err);
    json_object_set_new(body, "coverage", coverage_rows(&counting.coverage));
    coverage_release(&counting.coverage);
    json_decref(questions);
    return rc;
}

static int add_coverage(struct tally *tally, struct err *err)
{
    struct db_result result;
    int rc = query(tally, QUERY_COLLECT_QUALITY_N_PEOPLE, &result, err);
    if (rc < 0)
        return rc;
    int64_t n_people = db_number(&result, 0, 0);
    json_object_set_new(tally->body, "n_annotators", json_integer((json_int_t)n_people));
    return tally_show_groups(tally, "coverage", n_people, count_groups, NULL, err);
}

static int make(struct tally *tally, struct err *err)
{
    int rc = add_totals(tally, err);
    if (rc == 0)
        rc = add_by_task(tally, err);
    if (rc == 0)
        rc = add_activity(tally, err);
    if (rc == 0)
        rc = add_steps(tally, err);
    if (rc == 0)
        rc = add_gold(tally, err);
    if (rc == 0)
        rc = add_coverage(tally, err);
    return rc;
}

static struct quality_place *place_of(const struct loop *loop, struct id project)
{
    return &loop->collect->quality[(uint64_t)project.shard_key % QUALITY_PLACES];
}

static void made(struct http_request *request, struct id project, const char *text)
{
    struct quality_place *place = place_of(http_context(request), project);
    free(place->text);
    *place = (struct quality_place){
        .shard_key = project.shard_key, .made_us = clock_monotonic_us(), .text = strdup(text)};
    if (place->text == NULL)
        abort();
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct id project;
    if (!identity_param_id(request, "p", &project))
        return;
    const struct quality_place *place = place_of(http_context(request), project);
    if (place->text != NULL && place->shard_key == project.shard_key &&
        clock_monotonic_us() - place->made_us < KEPT_US)
        http_reply_json_text(request, 200, place->text);
    else
        tally_show(request, project, make, NULL, made);
}

void quality_show(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, show_as);
}
