// How a head foretells the ratings of held-out prompts, as it will be served: for somebody who is not known, by the model of everybody or
// of their group. Beside it stands what knows nothing of the response: how often each level is said.
#include "worker/fit/objectives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEW_PEOPLE_FIFTH = 5, NEW_PEOPLE_MIN = 5 };

static const char is_supported[] =
    "Ratings of held-out prompts are foretold better than by how often each is given: the 95 % interval of the gain in log-loss excludes zero.";
static const char not_supported[] =
    "These data do not support this head: ratings of held-out prompts are not foretold better than by how often each is given.";

struct test {
    const struct objective_work *work;
    struct arena *arena;
    uint32_t n;
    const struct objective_rows *rows;
    double *eta, *own_eta;   // by everybody's model; by the group's where there is one
    double *loss, *baseline; // of each
    double *gain;            // scratch
    uint32_t *cluster;       // annotators; prompts where one person rated all
    bool by_prompts;
    double threshold[ORDINAL_LEVELS_MAX];
};

static double loss_at(const struct test *test, uint32_t i, double eta, double spread)
{
    double scale = 1 / sqrt(1 + 3.14159265358979323846 / 8 * (spread + test->work->link.residual)), ignored;
    return cumulative_loss(test->threshold, test->work->n_levels, test->rows->level[i], eta, scale, &ignored);
}

static void find_baseline(struct test *test, const bool *counts)
{
    const struct objective_rows *train = &test->work->rows[SPLIT_TRAIN];
    double count[ORDINAL_LEVELS_MAX], total = 0;
    for (uint32_t l = 0; l < test->work->n_levels; l++)
        count[l] = 1;
    for (uint32_t i = 0; i < train->n; i++) {
        if (counts == NULL || counts[train->annotator[i]])
            count[train->level[i]] += train->weight[i];
    }
    for (uint32_t l = 0; l < test->work->n_levels; l++)
        total += count[l];
    for (uint32_t i = 0; i < test->n; i++)
        test->baseline[i] = -log(count[test->rows->level[i]] / total);
}

static double *scores(const struct test *test, const struct cumulative *model, const uint32_t *group)
{
    double *score = arena_calloc(test->arena, (size_t)test->n + 1, sizeof(*score));
    struct cumulative_data data = {.design = &test->work->session->design,
        .n = test->n,
        .n_levels = test->work->n_levels,
        .response = test->rows->response,
        .level = test->rows->level,
        .weight = test->rows->weight,
        .group = group,
        .n_groups = model->n_groups};
    cumulative_scores(&data, model, score);
    return score;
}

static void test_init(struct test *test, const struct objective_work *work)
{
    uint32_t n = work->rows[SPLIT_TEST].n, people = 0;
    *test = (struct test){.work = work, .arena = work->arena, .n = n, .rows = &work->rows[SPLIT_TEST]};
    test->loss = arena_calloc(test->arena, (size_t)n + 1, sizeof(double));
    test->baseline = arena_calloc(test->arena, (size_t)n + 1, sizeof(double));
    test->gain = arena_calloc(test->arena, (size_t)n + 1, sizeof(double));
    test->cluster = arena_calloc(test->arena, (size_t)n + 1, sizeof(uint32_t));
    for (uint32_t l = 0; l + 1 < work->n_levels; l++)
        test->threshold[l] = work->model.threshold[l] - work->link.shift;
    test->eta = scores(test, &work->model, NULL);
    for (uint32_t i = 0; i < n; i++) {
        test->eta[i] *= work->link.slope;
        test->loss[i] = loss_at(test, i, test->eta[i], work->spread);
        people += i == 0 || test->rows->annotator[i] != test->rows->annotator[i - 1];
    }
    test->own_eta = arena_memdup(test->arena, test->eta, n * sizeof(double));
    test->by_prompts = people < 2;
    for (uint32_t i = 0; i < n; i++)
        test->cluster[i] = test->by_prompts ? session_item_of(work->session, test->rows->response[i])
                                            : test->rows->annotator[i];
    find_baseline(test, NULL);
}

// --- figures of some of the rows ------------------------------------------------------------------------------------------------
struct some {
    uint32_t n, n_annotators, *rows;
};

static struct some some_of(const struct test *test, const bool *among)
{
    struct some some = {.rows = arena_alloc(test->arena, ((size_t)test->n + 1) * sizeof(uint32_t))};
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < test->n; i++) {
        if (among != NULL && !among[i])
            continue;
        some.n_annotators += test->rows->annotator[i] != last;
        last = test->rows->annotator[i];
        some.rows[some.n++] = i;
    }
    return some;
}

// How much less `loss` is than `beside` on these rows, with its interval.
static json_t *gain_json(const struct test *test, const struct some *some, const double *loss,
    const double *beside, struct metrics_interval *ret_interval)
{
    double *weight = arena_alloc(test->arena, ((size_t)some->n + 1) * sizeof(*weight)), sum = 0;
    uint32_t *cluster = arena_alloc(test->arena, ((size_t)some->n + 1) * sizeof(*cluster));
    for (uint32_t j = 0; j < some->n; j++) {
        uint32_t i = some->rows[j];
        test->gain[j] = beside[i] - loss[i];
        weight[j] = 1;
        cluster[j] = test->cluster[i];
        sum += test->gain[j];
    }
    *ret_interval =
        metrics_mean_interval(test->gain, weight, cluster, some->n, test->work->session->options->seed);
    return json_pack("{s:f, s:[f,f]}", "log_loss", some->n > 0 ? sum / some->n : 0, "log_loss_interval",
        ret_interval->low, ret_interval->high);
}

static double mean_of(const struct some *some, const double *value)
{
    double sum = 0;
    for (uint32_t j = 0; j < some->n; j++)
        sum += value[some->rows[j]];
    return some->n > 0 ? sum / some->n : 0;
}

// The mean of what may be said correlates, the median of it errs least.
static void add_errors(const struct test *test, const struct some *some, const double *eta, json_t *json)
{
    const struct objective_work *work = test->work;
    double chance[ORDINAL_LEVELS_MAX], absolute = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0, n = some->n;
    struct objective like = {.n_levels = work->n_levels,
        .value = work->value,
        .threshold = test->threshold,
        .spread = work->spread + work->link.residual};
    for (uint32_t j = 0; j < some->n; j++) {
        uint32_t i = some->rows[j], median = 0;
        double is = work->value[test->rows->level[i]], up_to = 0, mean = 0;
        objective_chances(&like, eta[i], chance);
        for (uint32_t l = 0; l < work->n_levels; l++) {
            mean += chance[l] * work->value[l];
            median = up_to < 0.5 ? l : median;
            up_to += chance[l];
        }
        absolute += fabs(work->value[median] - is);
        x += mean;
        y += is;
        xx += mean * mean;
        yy += is * is;
        xy += mean * is;
    }
    double vx = xx - x * x / n, vy = yy - y * y / n,
           r = vx > 1e-12 && vy > 1e-12 ? (xy - x * y / n) / sqrt(vx * vy) : 0;
    json_object_set_new(json, "mae", json_real(n > 0 ? absolute / n : 0));
    json_object_set_new(json, "r", json_real(n > 0 ? r : 0));
}

// Of yes and no: as other models of two answers are told.
static void add_answers(const struct test *test, const struct some *some, const double *eta, json_t *json)
{
    struct metrics_row *rows = arena_calloc(test->arena, (size_t)some->n + 1, sizeof(*rows));
    bool *yes = arena_calloc(test->arena, (size_t)some->n + 1, sizeof(*yes));
    double *score = arena_calloc(test->arena, (size_t)some->n + 1, sizeof(*score)),
           *weight = arena_calloc(test->arena, (size_t)some->n + 1, sizeof(*weight)), said = 0;
    double scale =
        1 / sqrt(1 + 3.14159265358979323846 / 8 * (test->work->spread + test->work->link.residual));
    for (uint32_t j = 0; j < some->n; j++) {
        uint32_t i = some->rows[j];
        yes[j] = test->rows->level[i] > 0;
        score[j] = eta[i];
        weight[j] = 1;
        said += yes[j];
        rows[j] = (struct metrics_row){.z = scale * (eta[i] - test->threshold[0]),
            .y = yes[j],
            .weight = 1,
            .annotator = test->rows->annotator[i]};
    }
    struct metrics metrics;
    metrics_compute(rows, some->n, &metrics);
    json_object_set_new(json, "accuracy", json_real(metrics.accuracy));
    json_object_set_new(json, "ece", json_real(metrics.ece));
    json_object_set_new(json, "auc", json_real(metrics_auc(score, yes, weight, some->n)));
    json_object_set_new(json, "complies", json_real(some->n > 0 ? said / some->n : 0));
}

static json_t *figures(
    const struct test *test, const struct some *some, const double *eta, const double *loss)
{
    struct metrics_interval interval;
    json_t *json = json_pack("{s:f, s:f, s:I, s:I, s:o}", "log_loss", mean_of(some, loss), "baseline",
        mean_of(some, test->baseline), "n", (json_int_t)some->n, "n_annotators",
        (json_int_t)some->n_annotators, "gain", gain_json(test, some, loss, test->baseline, &interval));
    add_errors(test, some, eta, json);
    if (test->work->is_article)
        add_answers(test, some, eta, json);
    return json;
}

// --- groups -----------------------------------------------------------------------------------------------------------------------
// Rows of those whose group has its own model, by it: as it is served, with everybody's thresholds.
static void own_of_groups(struct test *test, const struct objective_grouped *grouped)
{
    const struct objective_work *work = test->work;
    const struct cumulative *model = grouped->model;
    uint32_t *group = arena_alloc(test->arena, ((size_t)test->n + 1) * sizeof(*group));
    double moved = 0;
    for (uint32_t l = 0; l + 1 < work->n_levels; l++)
        moved += (test->threshold[l] - model->threshold[l]) / (work->n_levels - 1);
    for (uint32_t i = 0; i < test->n; i++)
        group[i] = grouped->grouping->of_annotator[test->rows->annotator[i]];
    double *score = scores(test, model, group);
    for (uint32_t i = 0; i < test->n; i++) {
        if (group[i] == FIT_NO_GROUP)
            continue;
        const struct objective_link *link = &grouped->link[group[i]];
        test->own_eta[i] = link->slope * score[i] + link->shift + moved;
    }
}

static void add_group(struct test *test, const struct objective_grouped *grouped,
    const struct grouping *shown, uint32_t g, json_t *list, json_t **worst, bool *ret_own)
{
    bool *among = arena_calloc(test->arena, (size_t)test->n + 1, sizeof(*among));
    double *own_loss = arena_calloc(test->arena, (size_t)test->n + 1, sizeof(*own_loss));
    for (uint32_t i = 0; i < test->n; i++) {
        among[i] = shown->of_annotator[test->rows->annotator[i]] == g;
        own_loss[i] = loss_at(test, i, test->own_eta[i], test->work->spread);
    }
    struct some some = some_of(test, among);
    if (some.n_annotators < FIT_GROUP_ANNOTATORS_MIN || some.n < FIT_GROUP_JUDGMENTS_MIN)
        return;
    bool is_asked = grouped->model != NULL && shown == grouped->grouping;
    json_t *row = NULL, *gain = NULL;
    if (is_asked) {
        struct metrics_interval interval;
        gain = gain_json(test, &some, own_loss, test->loss, &interval);
        ret_own[g] = interval.low > 0;
    }
    bool is_own = is_asked && ret_own[g];
    row = figures(test, &some, is_own ? test->own_eta : test->eta, is_own ? own_loss : test->loss);
    json_object_set_new(row, "attribute", json_string(shown->attribute));
    json_object_set_new(row, "value", json_string(shown->name[g]));
    json_object_set_new(row, "own", json_boolean(is_own));
    if (gain != NULL)
        json_object_set_new(row, "own_gain", gain);
    json_array_append_new(list, row);
    if (*worst == NULL || json_number_value(json_object_get(row, "log_loss")) >
                              json_number_value(json_object_get(*worst, "log_loss")))
        *worst = row;
}

// Of the attribute that was asked for, else of each.
static void add_groups(
    struct test *test, const struct objective_grouped *grouped, json_t *card, bool *ret_own)
{
    struct session *session = test->work->session;
    const char *wanted = session->options->attribute;
    json_t *list = json_array(), *worst = NULL;
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        struct grouping declared;
        const char *name = session->data->attribute_name[a];
        bool is_asked = grouped->grouping->n > 0 && strcmp(grouped->grouping->attribute, name) == 0;
        if (!is_asked && ((wanted != NULL && strcmp(wanted, name) != 0) ||
                             session_group_by(session, name, &declared, NULL) != 0))
            continue;
        const struct grouping *shown = is_asked ? grouped->grouping : &declared;
        for (uint32_t g = 0; g < shown->n; g++)
            add_group(test, grouped, shown, g, list, &worst, ret_own);
    }
    json_object_set_new(card, "groups", list);
    json_object_set(card, "worst", worst != NULL ? worst : json_null());
}

// --- people whom the head has not seen ----------------------------------------------------------------------------------------------
// One annotator in five has no say in a second fit, which foretells what they rated of the held-out prompts.
static json_t *new_people(struct test *test)
{
    const struct objective_work *work = test->work;
    struct session *session = work->session;
    const struct objective_rows *train = &work->rows[SPLIT_TRAIN];
    uint32_t n = session->data->n_annotators;
    bool *seen = arena_calloc(test->arena, (size_t)n + 1, sizeof(*seen)),
         *among = arena_calloc(test->arena, (size_t)test->n + 1, sizeof(*among));
    double *weight = arena_calloc(test->arena, (size_t)train->n + 1, sizeof(*weight)), total = 0;
    double *offset = arena_calloc(test->arena, (size_t)train->n + 1, sizeof(*offset));
    for (uint32_t a = 0; a < n; a++)
        seen[a] = pairs_mix(session->data->annotator_key[a] ^ UINT64_C(0x6865616473)) % NEW_PEOPLE_FIFTH != 0;
    for (uint32_t i = 0; i < train->n; i++) {
        weight[i] = seen[train->annotator[i]] ? train->weight[i] : 0;
        offset[i] = work->height[train->annotator[i]];
        total += weight[i];
    }
    for (uint32_t i = 0; i < test->n; i++)
        among[i] = !seen[test->rows->annotator[i]];
    struct some some = some_of(test, among);
    if (some.n_annotators < NEW_PEOPLE_MIN || total <= 0)
        return json_null();
    struct cumulative_data data = {.design = &session->design,
        .n = train->n,
        .n_levels = work->n_levels,
        .response = train->response,
        .level = train->level,
        .weight = weight,
        .offset = offset,
        .stop = session_stop,
        .stop_arg = session};
    struct cumulative model;
    cumulative_init(&data, test->arena, &model);
    cumulative_minimise(&data, work->lambda, 0, 1e-4, 80, &model);
    double *score = scores(test, &model, NULL),
           *loss = arena_calloc(test->arena, (size_t)test->n + 1, sizeof(*loss));
    for (uint32_t i = 0; i < test->n; i++)
        loss[i] = objective_row_loss(work, &model, &work->link, work->spread, test->rows->level[i], score[i]);
    find_baseline(test, seen);
    struct metrics_interval interval;
    return json_pack("{s:I, s:I, s:f, s:f, s:o}", "n", (json_int_t)some.n, "n_annotators",
        (json_int_t)some.n_annotators, "log_loss", mean_of(&some, loss), "baseline",
        mean_of(&some, test->baseline), "gain", gain_json(test, &some, loss, test->baseline, &interval));
}

// Answers of yes and no go into the card's tables as well, by the head that is served to each.
static void keep_answers(const struct test *test, const struct objective_grouped *grouped, const bool *own)
{
    struct session *session = test->work->session;
    double scale =
        1 / sqrt(1 + 3.14159265358979323846 / 8 * (test->work->spread + test->work->link.residual));
    uint32_t n = session->n_answers + test->n;
    struct metrics_row *rows = arena_calloc(session->arena, (size_t)n + 1, sizeof(*rows)),
                       *everybody = arena_calloc(session->arena, (size_t)n + 1, sizeof(*everybody));
    uint32_t *response = arena_calloc(session->arena, (size_t)n + 1, sizeof(*response));
    for (uint32_t i = 0; i < session->n_answers; i++) {
        rows[i] = session->answers[i];
        everybody[i] = session->answers_everybody[i];
        response[i] = session->answer_response[i];
    }
    for (uint32_t i = 0; i < test->n; i++) {
        uint32_t at = session->n_answers + i, annotator = test->rows->annotator[i];
        uint32_t group = grouped->grouping->n > 0 ? grouped->grouping->of_annotator[annotator] : FIT_NO_GROUP;
        bool is_own = grouped->model != NULL && group != FIT_NO_GROUP && own[group];
        everybody[at] = (struct metrics_row){.z = scale * (test->eta[i] - test->threshold[0]),
            .y = test->rows->level[i],
            .weight = 1,
            .annotator = annotator};
        rows[at] = everybody[at];
        rows[at].z = is_own ? scale * (test->own_eta[i] - test->threshold[0]) : rows[at].z;
        response[at] = test->rows->response[i];
    }
    session->answers = rows;
    session->answers_everybody = everybody;
    session->answer_response = response;
    session->n_answers = n;
}

json_t *objective_card(const struct objective_work *work, const struct objective_grouped *grouped,
    bool *ret_own, bool *ret_supported)
{
    struct test test;
    struct metrics_interval interval;
    test_init(&test, work);
    struct some all = some_of(&test, NULL);
    json_decref(gain_json(&test, &all, test.loss, test.baseline, &interval));
    *ret_supported = interval.low > 0;
    json_t *card = json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:f, s:b, s:s, s:s, s:o}", "name", work->name,
        "kind", work->is_article ? "article" : "dimension", "levels", (json_int_t)work->n_levels, "n_ratings",
        (json_int_t)work->rows[SPLIT_TRAIN].n + work->rows[SPLIT_VALIDATION].n + test.n, "n_annotators",
        (json_int_t)work->n_people, "lambda", work->lambda, "people_sd", sqrt(work->spread), "supported",
        (int)*ret_supported, "statement", *ret_supported ? is_supported : not_supported, "interval_over",
        test.by_prompts ? "prompts" : "annotators", "all", figures(&test, &all, test.eta, test.loss));
    assert(card != NULL);
    if (work->is_article)
        json_object_set_new(card, "bound",
            json_pack("{s:f, s:f, s:s}", "level", 0.95, "residual_sd", sqrt(work->link.residual), "from",
                work->has_repeats ? "repeated" : "prior"));
    if (grouped->model != NULL)
        own_of_groups(&test, grouped);
    add_groups(&test, grouped, card, ret_own);
    if (work->session->options->method == FIT_COMPLIANCE)
        keep_answers(&test, grouped, ret_own);
    json_object_set_new(card, "new_people", new_people(&test));
    return card;
}
