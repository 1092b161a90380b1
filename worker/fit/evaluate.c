// The card: how good the model is on test judgments for all, for each group and for the worst-off, beside the pooled
// model on the same judgments, and the honesty rule: a gain is claimed only where its interval excludes zero.
#include "worker/fit/session.h"

#include "base/hash.h"
#include "reward/features.h"
#include "reward/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct metrics_row *test_rows(const struct session *session)
{
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    struct metrics_row *rows = arena_calloc(session->arena, test->n, sizeof(*rows));
    for (uint32_t i = 0; i < test->n; i++)
        rows[i] =
            (struct metrics_row){.y = test->y[i], .weight = test->weight[i], .annotator = test->annotator[i]};
    return rows;
}

static double *head_logits(const struct session *session, const struct head *head)
{
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    double *z = arena_alloc(session->arena, test->n * sizeof(*z));
    session_logits(session, SPLIT_TEST, head->w, z);
    for (uint32_t i = 0; i < test->n; i++)
        z[i] *= head->about.tau;
    return z;
}

static struct metrics_row *predict_one(const struct session *session, const struct head *head)
{
    struct metrics_row *rows = test_rows(session);
    double *z = head_logits(session, head);
    for (uint32_t i = 0; i < session->pairs.split[SPLIT_TEST].n; i++)
        rows[i].z = z[i];
    return rows;
}

static struct metrics_row *predict_pooled(const struct session *session)
{
    return predict_one(session, &session->heads[0]);
}

// Each annotator by the head of their group, the others by the pooled one.
static struct metrics_row *predict_groups(
    const struct session *session, const struct grouping *grouping, uint32_t first_head)
{
    struct metrics_row *rows = predict_pooled(session);
    for (uint32_t g = 0; g < grouping->n; g++) {
        double *z = head_logits(session, &session->heads[first_head + g]);
        for (uint32_t i = 0; i < session->pairs.split[SPLIT_TEST].n; i++) {
            if (grouping->of_annotator[rows[i].annotator] == g)
                rows[i].z = z[i];
        }
    }
    return rows;
}

// The mixture's own prediction of an annotator it has seen: sum_k q_uk sigmoid(tau_k z_k), as a logit.
static struct metrics_row *predict_mixture(const struct session *session, uint32_t first_head)
{
    struct metrics_row *rows = test_rows(session);
    uint32_t n = session->pairs.split[SPLIT_TEST].n, k = session->k;
    double *p = arena_calloc(session->arena, n, sizeof(*p));
    for (uint32_t j = 0; j < k; j++) {
        double *z = head_logits(session, &session->heads[first_head + j]);
        for (uint32_t i = 0; i < n; i++)
            p[i] += session->q[(size_t)rows[i].annotator * k + j] * predict_sigmoid(z[i]);
    }
    for (uint32_t i = 0; i < n; i++) {
        double inside = fmin(fmax(p[i], 1e-9), 1 - 1e-9);
        rows[i].z = log(inside / (1 - inside));
    }
    return rows;
}

// ---------------------------------------------------------------- groups in the test rows
// The group of each test row, UINT32_MAX where it is none that may be shown.
static void find_shown(const struct session *session, const struct grouping *grouping,
    const struct metrics_row *rows, uint32_t *ret_group, bool *ret_shown)
{
    uint32_t n = session->n_test;
    for (uint32_t i = 0; i < n; i++)
        ret_group[i] = grouping->of_annotator[rows[i].annotator];
    session_shown(rows, n, ret_group, grouping->n, session->data->n_annotators, ret_shown);
    for (uint32_t i = 0; i < n; i++) {
        if (ret_group[i] != FIT_NO_GROUP && !ret_shown[ret_group[i]])
            ret_group[i] = UINT32_MAX;
    }
}

// The difference of two equal sums is not always 0.
static double tidy(double difference)
{
    return fabs(difference) < 1e-12 ? 0 : difference;
}

static json_t *interval_json(struct metrics_interval interval)
{
    return json_pack("[f,f]", tidy(interval.low), tidy(interval.high));
}

static json_t *known_json(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

// Yes and no are no two sides of a pair: which is which counts.
static double auc_of_answers(const struct metrics_row *rows, size_t n)
{
    double *score = calloc(n + 1, sizeof(*score)), *weight = calloc(n + 1, sizeof(*weight));
    bool *yes = calloc(n + 1, sizeof(*yes));
    if (score == NULL || weight == NULL || yes == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        score[i] = rows[i].z;
        weight[i] = rows[i].weight;
        yes[i] = rows[i].y > 0.5;
    }
    double auc = metrics_auc(score, yes, weight, n);
    free(score);
    free(weight);
    free(yes);
    return auc;
}

// Metrics of the rows for which `group` is `g` (all rows when group is NULL).
static json_t *metrics_json(const struct session *session, const struct metrics_row *rows,
    const uint32_t *group, uint32_t g, double *ret_accuracy)
{
    uint32_t n = session->n_test, m = 0;
    struct metrics_row *some = calloc(n + (size_t)1, sizeof(*some));
    if (some == NULL)
        abort();
    for (uint32_t i = 0; i < n; i++) {
        if (group == NULL || group[i] == g)
            some[m++] = rows[i];
    }
    struct metrics metrics;
    metrics_compute(some, m, &metrics);
    if (session->options->method == FIT_COMPLIANCE)
        metrics.auc = auc_of_answers(some, m);
    json_t *json = json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:o}", "accuracy", metrics.accuracy, "log_loss",
        metrics.log_loss, "auc", metrics.auc, "ece", metrics.ece, "n", (json_int_t)llround(metrics.weight),
        "n_annotators", (json_int_t)metrics.n_annotators, "interval",
        interval_json(metrics_accuracy_interval(some, m, session->options->seed)));
    assert(json != NULL);
    *ret_accuracy = metrics.accuracy;
    free(some);
    return json;
}

// The groups of one set of predictions as they are told, and their rows, once for each group that they are in.
struct told {
    json_t *list, *worst; // the row of the least accuracy so far
    double worst_accuracy;
    struct metrics_row *rows;
    uint32_t *group, n_groups;
    size_t n;
};

static void told_add(struct told *told, const struct session *session, const struct metrics_row *rows,
    const uint32_t *group, uint32_t g)
{
    size_t most = told->n + session->n_test + 1;
    told->rows = realloc(told->rows, most * sizeof(*told->rows));
    told->group = realloc(told->group, most * sizeof(*told->group));
    if (told->rows == NULL || told->group == NULL)
        abort();
    for (uint32_t i = 0; i < session->n_test; i++) {
        if (group[i] != g)
            continue;
        told->rows[told->n] = rows[i];
        told->group[told->n++] = told->n_groups;
    }
    told->n_groups++;
}

static void groups_json(const struct session *session, const struct grouping *grouping,
    const struct metrics_row *rows, struct told *told)
{
    uint32_t *group = calloc(session->n_test + (size_t)1, sizeof(*group));
    bool shown[FIT_VALUES_MAX + 1] = {false};
    if (group == NULL)
        abort();
    find_shown(session, grouping, rows, group, shown);
    for (uint32_t g = 0; g < grouping->n; g++) {
        if (!shown[g])
            continue;
        double accuracy;
        json_t *row = metrics_json(session, rows, group, g, &accuracy);
        if (grouping->attribute[0] != '\0')
            json_object_set_new(row, "attribute", json_string(grouping->attribute));
        json_object_set_new(row, "value", json_string(grouping->name[g]));
        json_array_append_new(told->list, row);
        told_add(told, session, rows, group, g);
        if (told->worst == NULL || accuracy < told->worst_accuracy) {
            told->worst = row;
            told->worst_accuracy = accuracy;
        }
    }
    free(group);
}

// The groups that people declared: of the attribute that was asked for, else of each.
static void declared_json(struct session *session, const struct metrics_row *rows, struct told *told)
{
    const char *wanted = session->options->attribute;
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        const char *name = session->data->attribute_name[a];
        struct grouping declared;
        if ((wanted == NULL || strcmp(wanted, name) == 0) &&
            session_group_by(session, name, &declared, NULL) == 0)
            groups_json(session, &declared, rows, told);
    }
}

// By the language of the item; under the same rules as groups.
static json_t *languages_json(const struct session *session, const struct metrics_row *rows)
{
    json_t *list = json_array();
    uint32_t n = session->test_language != NULL ? session->data->n_languages : 0;
    bool *shown = calloc(n + (size_t)1, sizeof(*shown));
    if (shown == NULL)
        abort();
    if (n > 0)
        session_shown(rows, session->n_test, session->test_language, n, session->data->n_annotators, shown);
    for (uint32_t l = 0; l < n; l++) {
        double accuracy;
        if (!shown[l])
            continue;
        json_t *row = metrics_json(session, rows, session->test_language, l, &accuracy);
        json_object_set_new(row, "language", json_string(session->data->language_name[l]));
        json_array_append_new(list, row);
    }
    free(shown);
    return list;
}

// The mean of the groups that are shown, each counting once however many people it has; NULL without two of them.
static json_t *mean_json(const struct session *session, const struct told *told)
{
    struct metrics_group_mean mean;
    if (told->n_groups < 2)
        return NULL;
    metrics_group_mean(told->rows, told->group, told->n, told->n_groups, session->options->seed, &mean);
    return json_pack("{s:f, s:f, s:o, s:I}", "accuracy", mean.accuracy, "log_loss", mean.log_loss, "interval",
        interval_json(mean.interval), "n_groups", (json_int_t)told->n_groups);
}

// {all, groups, worst, worst_declared, mean} of one set of predictions: groups that people declared, then those found, which
// name no attribute; the worst-off of all, and of those declared. One cluster is everybody, and no group.
json_t *session_view(struct session *session, const struct metrics_row *rows)
{
    struct told told = {.list = json_array()};
    double accuracy;
    json_t *all = metrics_json(session, rows, NULL, 0, &accuracy);
    declared_json(session, rows, &told);
    json_t *declared = told.worst;
    if (session->clusters.n > 1)
        groups_json(session, &session->clusters, rows, &told);
    json_t *json = json_pack("{s:o, s:o, s:O?, s:O?, s:o?}", "all", all, "groups", told.list, "worst",
        told.worst, "worst_declared", declared, "mean", mean_json(session, &told));
    assert(json != NULL);
    if (session->test_language != NULL)
        json_object_set_new(json, "languages", languages_json(session, rows));
    free(told.rows);
    free(told.group);
    return json;
}

// The calibration curve of all, in as many bins of equal mass as leave fifty judgments and ten annotators in each; NULL where not even
// three do.
static json_t *calibration_json(const struct session *session, const struct metrics_row *rows)
{
    struct metrics_bin bins[METRICS_ECE_BINS];
    double weight = 0;
    for (uint32_t i = 0; i < session->n_test; i++)
        weight += rows[i].weight;
    size_t n_bins = (size_t)fmin(METRICS_ECE_BINS, weight / FIT_GROUP_JUDGMENTS_MIN), n = 0;
    for (; n_bins >= 3; n_bins--) {
        bool enough = true;
        n = metrics_calibration(rows, session->n_test, n_bins, session->options->seed, bins);
        for (size_t i = 0; i < n; i++)
            enough = enough && bins[i].n_annotators >= FIT_GROUP_ANNOTATORS_MIN;
        if (enough)
            break;
    }
    if (n_bins < 3)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list,
            json_pack("{s:f, s:f, s:o, s:I}", "predicted", bins[i].predicted, "observed", bins[i].observed,
                "interval", interval_json(bins[i].interval), "n", (json_int_t)llround(bins[i].weight)));
    return list;
}

// ---------------------------------------------------------------- the claim
static const char no_groups[] =
    "No group has the ten annotators and fifty held-out judgments that a claim would need.";
static const char one_group[] =
    "One group explains these annotators best: they are not served better apart. "
    "These data do not support separate groups; scores come from the pooled model.";
static const char not_supported[] =
    "These data do not support the claim that the worst-off group is served better than by the pooled model: "
    "the interval of the held-out gain does not exclude zero.";
static const char is_supported[] =
    "The group that the pooled model serves worst is served better: the 95 % interval of its held-out gain in log-loss "
    "excludes zero, its accuracy rises, and no group is left with less than the least had before.";

// The shown group whose validation judgments the pooled model predicts worst. Chosen where nothing is tested, so that
// the test judgments know nothing of the choice. FIT_NO_GROUP where there is none.
static uint32_t worst_on_validation(const struct session *session, const bool *shown)
{
    const struct pairs *pairs = &session->pairs.split[SPLIT_VALIDATION];
    double loss[FIT_VALUES_MAX + 1] = {0}, weight[FIT_VALUES_MAX + 1] = {0};
    double *z = calloc(pairs->n + (size_t)1, sizeof(*z)), tau = session->heads[0].about.tau;
    if (z == NULL)
        abort();
    session_logits(session, SPLIT_VALIDATION, session->heads[0].w, z);
    for (uint32_t i = 0; i < pairs->n; i++) {
        uint32_t group = session->grouping.of_annotator[pairs->annotator[i]];
        if (group == FIT_NO_GROUP)
            continue;
        loss[group] += pairs->weight[i] * (pairs->y[i] * predict_logistic_loss(tau * z[i]) +
                                              (1 - pairs->y[i]) * predict_logistic_loss(-tau * z[i]));
        weight[group] += pairs->weight[i];
    }
    free(z);
    uint32_t worst = FIT_NO_GROUP;
    for (uint32_t g = 0; g < session->grouping.n; g++) {
        if (shown[g] && weight[g] > 0 &&
            (worst == FIT_NO_GROUP || loss[g] / weight[g] > loss[worst] / weight[worst]))
            worst = g;
    }
    return worst;
}

static json_t *gain_json(const struct metrics_gain *gain)
{
    return json_pack("{s:f, s:o, s:f, s:o}", "accuracy", tidy(gain->accuracy), "accuracy_interval",
        interval_json(gain->accuracy_interval), "log_loss", tidy(gain->log_loss), "log_loss_interval",
        interval_json(gain->log_loss_interval));
}

// The gain of the worst-off group over the pooled model, paired on its own test rows, and that of the minimum over all.
static void measure_gains(const struct session *session, const struct metrics_row *own,
    const struct metrics_row *pooled, uint32_t *group, uint32_t worst, struct metrics_gain *ret_gain,
    struct metrics_gain *ret_minimum)
{
    uint32_t n = session->n_test;
    metrics_worst_gain(own, pooled, n, group, session->grouping.n, session->options->seed, ret_minimum);
    for (uint32_t i = 0; i < n; i++)
        group[i] = group[i] == worst ? 0 : UINT32_MAX;
    metrics_worst_gain(own, pooled, n, group, 1, session->options->seed, ret_gain);
}

static json_t *claim_json(const struct session *session, const struct metrics_row *own,
    const struct metrics_row *pooled, bool *ret_supported)
{
    uint32_t *group = calloc(session->n_test + (size_t)1, sizeof(*group));
    bool shown[FIT_VALUES_MAX + 1] = {false},
                                single = session->options->method == FIT_MAXMIN && session->k == 1;
    if (group == NULL)
        abort();
    find_shown(session, &session->grouping, own, group, shown);
    uint32_t worst = single ? FIT_NO_GROUP : worst_on_validation(session, shown);
    struct metrics_gain gain = {0}, minimum = {0};
    if (worst != FIT_NO_GROUP)
        measure_gains(session, own, pooled, group, worst, &gain, &minimum);
    free(group);
    *ret_supported =
        worst != FIT_NO_GROUP && gain.log_loss_interval.low > 0 && gain.accuracy > 0 && minimum.accuracy >= 0;
    json_t *json = gain_json(&gain);
    json_object_set_new(json, "minimum", gain_json(&minimum));
    if (worst != FIT_NO_GROUP)
        json_object_set_new(json, "value", json_string(session->grouping.name[worst]));
    const char *statement = single                  ? one_group
                            : worst == FIT_NO_GROUP ? no_groups
                            : *ret_supported        ? is_supported
                                                    : not_supported;
    json_object_set_new(json, "statement", json_string(statement));
    return json;
}

static const char people_served[] =
    "People are foretold better one by one than by the pooled model: the 95 % interval of the held-out gain in log-loss, "
    "over the judgments of those whose other judgments were seen, excludes zero, and no group is left with less accuracy than the least had before.";
static const char people_not_served[] =
    "These data do not support the claim that people are foretold better one by one than by the pooled model: the interval of "
    "the held-out gain does not exclude zero, or a group would be left with less than the least had before. A verdict of "
    "jurors then says little beyond the pooled score.";

// A jury claims to know people, all of them together, and to leave no group behind.
static json_t *people_claim_json(const struct session *session, const struct metrics_row *own,
    const struct metrics_row *pooled, bool *ret_supported)
{
    uint32_t n = session->n_test;
    uint32_t *group = calloc(n + (size_t)1, sizeof(*group)); // everybody is in the one group
    bool shown[FIT_VALUES_MAX + 1] = {false};
    struct metrics_gain gain, minimum = {0};
    if (group == NULL)
        abort();
    metrics_worst_gain(own, pooled, n, group, 1, session->options->seed, &gain);
    if (session->grouping.n > 0) {
        find_shown(session, &session->grouping, own, group, shown);
        metrics_worst_gain(own, pooled, n, group, session->grouping.n, session->options->seed, &minimum);
    }
    free(group);
    *ret_supported = gain.log_loss_interval.low > 0 && minimum.accuracy >= 0;
    json_t *json = gain_json(&gain);
    json_object_set_new(json, "minimum", gain_json(&minimum));
    json_object_set_new(json, "statement", json_string(*ret_supported ? people_served : people_not_served));
    return json;
}

static json_t *heads_json(const struct session *session)
{
    json_t *list = json_array();
    for (uint32_t h = 0; h < session->n_heads; h++) {
        const struct artefact_head *about = &session->heads[h].about;
        bool few = about->n_annotators < FIT_GROUP_ANNOTATORS_MIN && h > 0;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:b, s:f, s:f, s:f, s:f, s:o}", "attribute", about->attribute,
                      "value", about->value, "served", (int)about->served, "tau", about->tau, "centre",
                      about->centre, "share", about->share, "shrinkage", about->shrinkage, "n_annotators",
                      few ? json_null() : json_integer(about->n_annotators)));
    }
    return list;
}

static json_t *trials_json(const struct session *session)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < session->n_trials; i++) {
        const struct cluster_trial *trial = &session->trials[i];
        json_array_append_new(list,
            json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:b}", "k", (json_int_t)trial->k,
                "held_out_log_likelihood", known_json(trial->held_out), "standard_error_of_gain",
                known_json(trial->standard_error_of_gain), "likeness", known_json(trial->likeness),
                "gain_beyond_sharpness", known_json(trial->sharp_gain), "standard_error_beyond_sharpness",
                known_json(trial->standard_error_of_sharp_gain), "cluster_too_small", (int)trial->too_small));
    }
    return list;
}

// With comparisons of edits taken off: they are of judgments that are counted.
static json_int_t said(const struct fit_data *data)
{
    json_int_t n = (json_int_t)data->n_judgments + data->n_ratings;
    for (uint32_t i = 0; i < data->n_judgments && data->n_edits > 0; i++)
        n -= data->judgment_left[i] >= data->n_responses - data->n_edits;
    return n;
}

// Of each attribute how many annotators with judgments gave each answer, under the rule of groups, and how many are in none that is told.
static json_t *who_json(struct session *session)
{
    json_t *list = json_array();
    const struct fit_data *data = session->data;
    struct arena *arena = arena_new(SIZE_MAX);
    struct metrics_row *people = arena_calloc(arena, data->n_annotators + (size_t)1, sizeof(*people));
    uint32_t n = 0, *group = arena_alloc(arena, (data->n_annotators + (size_t)1) * sizeof(*group));
    bool *judged = arena_calloc(arena, data->n_annotators + (size_t)1, sizeof(*judged));
    for (uint32_t i = 0; i < data->n_judgments; i++)
        judged[data->judgment_annotator[i]] = true;
    for (uint32_t i = 0; i < data->n_ratings; i++)
        judged[data->rating_annotator[i]] = true;
    for (uint32_t a = 0; a < data->n_annotators; a++) {
        if (judged[a]) // of people alone, judgments are no reason to hide
            people[n++] = (struct metrics_row){.annotator = a, .weight = FIT_GROUP_JUDGMENTS_MIN};
    }
    for (uint32_t q = 0; q < data->n_attributes; q++) {
        struct grouping grouping;
        bool shown[FIT_VALUES_MAX + 1];
        uint32_t count[FIT_VALUES_MAX + 1] = {0}, rest = n;
        if (session_group_by(session, data->attribute_name[q], &grouping, NULL) != 0)
            continue;
        for (uint32_t i = 0; i < n; i++) {
            group[i] = grouping.of_annotator[people[i].annotator];
            if (group[i] < grouping.n)
                count[group[i]]++;
        }
        session_shown(people, n, group, grouping.n, data->n_annotators, shown);
        json_t *groups = json_array();
        for (uint32_t g = 0; g < grouping.n; g++) {
            if (!shown[g])
                continue;
            json_array_append_new(groups,
                json_pack("{s:s, s:I}", "value", grouping.name[g], "n_annotators", (json_int_t)count[g]));
            rest -= count[g];
        }
        json_array_append_new(list, json_pack("{s:s, s:o, s:I}", "attribute", grouping.attribute, "groups",
                                        groups, "rest", (json_int_t)rest));
    }
    arena_free(arena);
    return list;
}

static void describe(struct session *session, json_t *card)
{
    const struct pairs *split = session->pairs.split;
    json_object_set_new(card, "method", json_string(fit_method_name(session->options->method)));
    if (session->options->attribute != NULL)
        json_object_set_new(card, "attribute", json_string(session->options->attribute));
    json_object_set_new(card, "n_judgments",
        json_integer(session->options->method == FIT_COMPLIANCE
                         ? (json_int_t)session->heads[0].about.n_judgments + session->n_answers
                         : said(session->data)));
    if (session->data->n_edits > 0)
        json_object_set_new(card, "n_edits", json_integer(session->data->n_edits));
    json_object_set_new(card, "n_annotators", json_integer(session->heads[0].about.n_annotators));
    json_object_set_new(card, "n_items", json_integer(session->data->n_items));
    json_object_set_new(card, "features",
        json_string(session->data->n_dimensions > 0 ? "embedding"
                                                    : features_version_name(session->design.text_version)));
    json_object_set_new(card, "lambda", json_real(session->lambda));
    json_object_set_new(card, "annotator_cap", json_real(session->pairs.cap));
    json_object_set_new(card, "calibrated", json_boolean(session->calibrated));
    json_object_set_new(card, "seed", json_integer((json_int_t)(session->options->seed & INT64_MAX)));
    json_object_set_new(card, "split",
        json_pack("{s:s, s:[I,I,I], s:[I,I,I]}", "by", "prompt", "prompts",
            (json_int_t)session->pairs.n_prompts[0], (json_int_t)session->pairs.n_prompts[1],
            (json_int_t)session->pairs.n_prompts[2], "pairs", (json_int_t)split[0].n, (json_int_t)split[1].n,
            (json_int_t)split[2].n));
    json_object_set_new(card, "heads", heads_json(session));
    json_object_set_new(card, "who", who_json(session));
    if (session->options->method == FIT_MAXMIN) {
        json_object_set_new(card, "k", json_integer(session->k));
        json_object_set_new(card, "lambda_of_clusters", json_real(session->mixture_lambda));
        json_object_set_new(card, "clusters_tried", trials_json(session));
    }
    if (session->options->method == FIT_DRO)
        json_object_set_new(card, "duality_gap", json_real(session->duality_gap));
    if (session->options->method == FIT_GROUP)
        json_object_set_new(card, "offset_scale", json_real(session->offset_scale));
    if (session->jury_card != NULL)
        json_object_set(card, "jury", session->jury_card);
    if (session->objectives_card != NULL)
        json_object_set(card, "objectives", session->objectives_card);
}

static void serve(struct session *session, uint32_t first, uint32_t n)
{
    double total = 0;
    for (uint32_t h = 0; h < session->n_heads; h++)
        session->heads[h].about.served = h >= first && h < first + n;
    for (uint32_t h = first; h < first + n; h++)
        total += session->heads[h].about.share;
    for (uint32_t h = first; h < first + n; h++)
        session->heads[h].about.share = total > 0 ? session->heads[h].about.share / total : 1.0 / n;
}

static void find_languages(struct session *session)
{
    const uint32_t *of_item = session->data->item_language;
    if (session->data->n_languages == 0)
        return;
    uint32_t *language = arena_alloc(session->arena, ((size_t)session->n_test + 1) * sizeof(*language));
    for (uint32_t i = 0; i < session->n_test; i++)
        language[i] = of_item[session_item_of(session, session->answers != NULL
                                                           ? session->answer_response[i]
                                                           : session->pairs.split[SPLIT_TEST].left[i])];
    session->test_language = language;
}

// Of articles each head claims for itself; all together hold where each does.
static json_t *compliance_json(struct session *session, bool *ret_supported)
{
    *ret_supported = true;
    for (uint32_t i = 0; i < session->n_objectives; i++)
        *ret_supported = *ret_supported && session->objectives[i].supported;
    serve(session, 0, 1);
    json_t *card = session_view(session, session->answers);
    json_object_set_new(card, "pooled", session_view(session, session->answers_everybody));
    json_object_set_new(card, "supported", json_boolean(*ret_supported));
    describe(session, card);
    return card;
}

json_t *session_evaluate(struct session *session, bool *ret_supported)
{
    find_languages(session);
    if (session->options->method == FIT_COMPLIANCE)
        return compliance_json(session, ret_supported);
    enum fit_method method = session->options->method;
    struct metrics_row *pooled = predict_pooled(session), *own = pooled, *served = pooled;
    json_t *claim = NULL;
    *ret_supported = true; // the pooled model claims nothing beyond itself
    serve(session, 0, 1);
    if (method == FIT_GROUP) {
        own = served = predict_groups(session, &session->grouping, session->first_own);
        if (session->n_own > 0)
            serve(session, session->first_own, session->n_own); // the safe default, supported or not
    } else if (method == FIT_MAXMIN) {
        own = predict_mixture(session, session->first_own);
    } else if (method == FIT_DRO) {
        own = predict_one(session, &session->heads[session->first_own]);
    } else if (method == FIT_JURY) {
        own = session->jury_rows;
        claim = people_claim_json(session, own, pooled, ret_supported);
        if (*ret_supported &&
            session->n_own > 0) { // the mean jurors of groups, shrunk as far as they are alike
            serve(session, session->first_own, session->n_own);
            served = predict_groups(session, &session->grouping, session->first_own);
        }
    }
    if (claim == NULL && method != FIT_POOLED)
        claim = claim_json(session, own, pooled, ret_supported);
    uint32_t fallback = session->first_own + session->n_own;
    bool has_fallback = method == FIT_MAXMIN || method == FIT_DRO;
    if (has_fallback && *ret_supported) {
        serve(session, session->first_own, session->n_own);
        served = own;
    } else if (has_fallback && fallback < session->n_preference) { // shared + offsets of the attribute
        serve(session, fallback, session->n_preference - fallback);
        served = predict_groups(session, &session->grouping, fallback);
    }
    json_t *card = session_view(session, own), *beside = session_view(session, pooled);
    json_object_set(card, "pooled", beside);
    json_decref(beside);
    if (served != own)
        json_object_set_new(card, "served", session_view(session, served));
    if (claim != NULL)
        json_object_set_new(card, "gain", claim);
    json_t *curve = calibration_json(session, served);
    if (curve != NULL)
        json_object_set_new(card, "calibration", curve);
    session_distribution(session, served, pooled, card);
    session_steerable(session, card);
    session_choices(session, served, card);
    session_new_people(session, card);
    json_object_set_new(card, "supported", json_boolean(*ret_supported));
    describe(session, card);
    return card;
}
