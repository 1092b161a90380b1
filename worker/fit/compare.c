#include "worker/fit/compare.h"

#include "reward/predict.h"
#include "worker/fit/cumulative.h"
#include "worker/fit/logistic.h"
#include "worker/fit/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 256, RATINGS_MIN = 30 };

struct side {
    const struct artefact *artefact;
    double *rewards;          // n_responses x n_heads, of responses that occur
    struct metrics_row *rows; // of the test judgments that are compared
};

struct compared {
    struct session *session;
    struct side side[2];
    uint64_t from;     // order of the first prompt that neither has learnt from
    bool *held_out;    // of each response
    uint32_t n, *pair; // test pairs that are compared
    uint32_t *language;
};

// --- may they be compared? ----------------------------------------------------------------------------------------------
static int find_boundary(struct compared *compared, const unsigned char *snapshot, struct err *err)
{
    static const char *const names[] = {"first", "second"};
    uint64_t split = 0;
    bool has_split = false;
    compared->from = compared->session->pairs.test_from;
    for (int s = 0; s < 2; s++) {
        const struct artefact *artefact = compared->side[s].artefact;
        if (!artefact->has_held_out) {
            if (memcmp(artefact->snapshot, snapshot, HASH_BYTES) != 0)
                return err_set(err, ERR_INVALID,
                    "the %s model does not say which prompts it has not learnt from: fit it again", names[s]);
            continue;
        }
        if (has_split && artefact->split != split)
            return err_set(err, ERR_INVALID, "the models were fitted on different splits of the prompts");
        has_split = true;
        split = artefact->split;
        compared->from = artefact->held_out_from > compared->from ? artefact->held_out_from : compared->from;
    }
    return 0;
}

static uint64_t split_of(const struct artefact *a, const struct artefact *b)
{
    return a->has_held_out ? a->split : b->has_held_out ? b->split : 0;
}

static void find_held_out(struct compared *compared)
{
    const struct fit_data *data = compared->session->data;
    uint64_t salt = split_of(compared->side[0].artefact, compared->side[1].artefact);
    compared->held_out = arena_calloc(compared->session->arena, data->n_responses, sizeof(bool));
    for (uint32_t i = 0; i < data->n_items; i++) {
        bool is_held_out = pairs_order(data, i, salt) >= compared->from;
        for (uint32_t r = data->item_first[i]; r < data->item_first[i + 1]; r++)
            compared->held_out[r] = is_held_out && compared->session->pairs.split_of[r] == SPLIT_TEST;
    }
    for (uint32_t e = 0; e < data->n_edits; e++)
        compared->held_out[data->n_responses - data->n_edits + e] =
            compared->held_out[data->item_first[data->edit_item[e]]];
}

// --- rewards --------------------------------------------------------------------------------------------------------------
static int predict_some(
    struct compared *compared, struct side *side, const uint32_t *rows, size_t n, struct err *err)
{
    const struct fit_data *data = compared->session->data;
    struct predict_candidate candidates[AT_ONCE];
    uint32_t n_heads = side->artefact->n_heads;
    struct arena *arena = arena_new(SIZE_MAX);
    double *rewards = arena_alloc(arena, n * n_heads * sizeof(*rewards));
    for (size_t i = 0; i < n; i++)
        candidates[i] = (struct predict_candidate){
            .text = data->response_text != NULL ? data->response_text[rows[i]] : NULL,
            .text_length = data->response_text != NULL ? data->response_length[rows[i]] : 0,
            .embedding = data->n_dimensions > 0
                             ? data->response_embedding + (size_t)rows[i] * data->n_dimensions
                             : NULL,
            .n_dimensions = data->n_dimensions};
    int rc = predict_rewards(side->artefact, candidates, n, arena, rewards, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        memcpy(side->rewards + (size_t)rows[i] * n_heads, rewards + i * n_heads, n_heads * sizeof(*rewards));
    arena_free(arena);
    return rc;
}

static int predict_all(struct compared *compared, struct side *side, struct err *err)
{
    uint32_t n = compared->session->data->n_responses, rows[AT_ONCE], m = 0;
    int rc = 0;
    side->rewards =
        arena_calloc(compared->session->arena, (size_t)n * side->artefact->n_heads + 1, sizeof(double));
    for (uint32_t r = 0; rc == 0 && r < n; r++) {
        rows[m++] = r;
        if (m == AT_ONCE || r + 1 == n) {
            rc = predict_some(compared, side, rows, m, err);
            m = 0;
        }
    }
    return rc < 0 ? err_set(err, ERR_INVALID, "a model of %s can't be asked about these data: %.300s",
                        side->artefact->method, err->message)
                  : 0;
}

static double logit_of(const struct side *side, uint32_t head, uint32_t left, uint32_t right)
{
    uint32_t n = side->artefact->n_heads;
    return side->artefact->heads[head].tau *
           (side->rewards[(size_t)left * n + head] - side->rewards[(size_t)right * n + head]);
}

// --- as each annotator is served --------------------------------------------------------------------------------------------
// The value of the attribute that an annotator gave, or NULL.
static const char *value_of(const struct fit_data *data, const char *attribute, uint32_t annotator)
{
    for (uint32_t a = 0; a < data->n_attributes; a++) {
        uint32_t value = data->annotator_group[(size_t)a * data->n_annotators + annotator];
        if (strcmp(data->attribute_name[a], attribute) == 0)
            return value != FIT_NO_GROUP ? data->attribute_value[a][value] : NULL;
    }
    return NULL;
}

// Of a declared group the head of that value, or of "other"; who is in none the pooled head.
static uint32_t head_of(const struct compared *compared, const struct artefact *artefact, uint32_t annotator)
{
    uint32_t other = 0;
    for (uint32_t h = 0; h < artefact->n_heads; h++) {
        const struct artefact_head *head = &artefact->heads[h];
        const char *value =
            head->served ? value_of(compared->session->data, head->attribute, annotator) : NULL;
        if (value != NULL && strcmp(value, head->value) == 0)
            return h;
        other = value != NULL && strcmp(head->value, "other") == 0 ? h : other;
    }
    return other;
}

// How much an annotator's judgments of the other prompts speak for each cluster.
static void responsibilities(
    const struct compared *compared, const struct side *side, uint32_t annotator, double *ret_q)
{
    const struct artefact *artefact = side->artefact;
    uint32_t k = artefact_n_served(artefact);
    double best = -INFINITY, sum = 0;
    for (uint32_t j = 0; j < k; j++) {
        uint32_t head = predict_served_head(artefact, j);
        ret_q[j] = log(fmax(artefact->heads[head].share, 1e-9));
        for (enum split split = SPLIT_TRAIN; split < SPLIT_TEST; split++) {
            const struct pairs *pairs = &compared->session->pairs.split[split];
            for (uint32_t i = pairs->first[annotator]; i < pairs->first[annotator + 1]; i++)
                ret_q[j] -=
                    pairs->weight[i] *
                    logistic_pair_loss(logit_of(side, head, pairs->left[i], pairs->right[i]), pairs->y[i]);
        }
        best = fmax(best, ret_q[j]);
    }
    for (uint32_t j = 0; j < k; j++)
        sum += ret_q[j] = exp(ret_q[j] - best);
    for (uint32_t j = 0; j < k; j++)
        ret_q[j] /= sum;
}

static void foretell(const struct compared *compared, struct side *side)
{
    const struct pairs *test = &compared->session->pairs.split[SPLIT_TEST];
    const struct artefact *artefact = side->artefact;
    uint32_t k = artefact_n_served(artefact), last = UINT32_MAX, head = 0;
    bool clusters = k > 1 && artefact->heads[predict_served_head(artefact, 0)].attribute[0] == '\0';
    bool declared = artefact->heads[predict_served_head(artefact, 0)].attribute[0] != '\0';
    double q[ARTEFACT_HEADS_MAX];
    side->rows = arena_calloc(compared->session->arena, (size_t)compared->n + 1, sizeof(*side->rows));
    for (uint32_t i = 0; i < compared->n; i++) {
        uint32_t at = compared->pair[i], annotator = test->annotator[at], left = test->left[at],
                 right = test->right[at];
        if (annotator != last && clusters)
            responsibilities(compared, side, annotator, q);
        else if (annotator != last)
            head = declared ? head_of(compared, artefact, annotator) : predict_served_head(artefact, 0);
        last = annotator;
        double z = clusters ? 0 : logit_of(side, head, left, right), p = 0;
        for (uint32_t j = 0; clusters && j < k; j++)
            p += q[j] * predict_sigmoid(logit_of(side, predict_served_head(artefact, j), left, right));
        p = fmin(fmax(p, 1e-9), 1 - 1e-9);
        side->rows[i] = (struct metrics_row){.z = clusters ? log(p / (1 - p)) : z,
            .y = test->y[at],
            .weight = test->weight[at],
            .annotator = annotator};
    }
}

// --- gains ------------------------------------------------------------------------------------------------------------------
static double tidy(double number)
{
    return fabs(number) < 1e-12 ? 0 : number;
}

// Of the rows for which group is g (all: NULL): b's gain over a, or NULL where there are too few people or judgments to be told.
static json_t *gain_of(const struct compared *compared, const uint32_t *group, uint32_t g)
{
    uint32_t *in = calloc((size_t)compared->n + 1, sizeof(*in));
    struct metrics_row *some = calloc((size_t)compared->n + 1, sizeof(*some));
    struct metrics_gain gain;
    struct metrics metrics;
    size_t m = 0;
    if (in == NULL || some == NULL)
        abort();
    for (uint32_t i = 0; i < compared->n; i++) {
        in[i] = group == NULL || group[i] == g ? 0 : UINT32_MAX;
        if (in[i] == 0)
            some[m++] = compared->side[0].rows[i];
    }
    metrics_compute(some, m, &metrics);
    json_t *json = NULL;
    if (group == NULL
            ? m > 0
            : metrics.n_annotators >= FIT_GROUP_ANNOTATORS_MIN && metrics.weight >= FIT_GROUP_JUDGMENTS_MIN) {
        metrics_worst_gain(compared->side[1].rows, compared->side[0].rows, compared->n, in, 1,
            compared->session->options->seed, &gain);
        json = json_pack("{s:I, s:I, s:f, s:[f,f], s:f, s:[f,f]}", "n", (json_int_t)llround(metrics.weight),
            "n_annotators", (json_int_t)metrics.n_annotators, "accuracy", tidy(gain.accuracy),
            "accuracy_interval", tidy(gain.accuracy_interval.low), tidy(gain.accuracy_interval.high),
            "log_loss", tidy(gain.log_loss), "log_loss_interval", tidy(gain.log_loss_interval.low),
            tidy(gain.log_loss_interval.high));
    }
    free(in);
    free(some);
    return json;
}

static json_t *groups_json(const struct compared *compared)
{
    struct session *session = compared->session;
    json_t *list = json_array();
    uint32_t *group = arena_calloc(session->arena, (size_t)compared->n + 1, sizeof(*group));
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        struct grouping grouping;
        if (session_group_by(session, session->data->attribute_name[a], &grouping, NULL) != 0)
            continue;
        for (uint32_t i = 0; i < compared->n; i++)
            group[i] = grouping.of_annotator[compared->side[0].rows[i].annotator];
        bool shown[FIT_VALUES_MAX + 1];
        session_shown(
            compared->side[0].rows, compared->n, group, grouping.n, session->data->n_annotators, shown);
        for (uint32_t g = 0; g < grouping.n; g++) {
            json_t *row = shown[g] ? gain_of(compared, group, g) : NULL;
            if (row == NULL)
                continue;
            json_object_set_new(row, "attribute", json_string(grouping.attribute));
            json_object_set_new(row, "value", json_string(grouping.name[g]));
            json_array_append_new(list, row);
        }
    }
    return list;
}

static json_t *languages_json(const struct compared *compared)
{
    const struct fit_data *data = compared->session->data;
    json_t *list = json_array();
    bool *shown = arena_calloc(compared->session->arena, data->n_languages + (size_t)1, sizeof(*shown));
    if (compared->language != NULL)
        session_shown(compared->side[0].rows, compared->n, compared->language, data->n_languages,
            data->n_annotators, shown);
    for (uint32_t l = 0; l < data->n_languages; l++) {
        json_t *row = shown[l] ? gain_of(compared, compared->language, l) : NULL;
        if (row == NULL)
            continue;
        json_object_set_new(row, "language", json_string(data->language_name[l]));
        json_array_append_new(list, row);
    }
    return list;
}

// --- dimensions and articles ------------------------------------------------------------------------------------------------
static const struct objective *objective_in(const struct artefact *artefact, const struct objective *like)
{
    for (uint32_t i = 0; i < artefact->n_objectives; i++) {
        const struct objective *one = &artefact->objectives[i];
        if (strcmp(one->name, like->name) == 0 && one->is_article == like->is_article)
            return one;
    }
    return NULL;
}

// The loss of one rating by somebody who is in this group, if the objective has a head of it.
static double rating_loss(const struct compared *compared, const struct side *side,
    const struct objective *one, uint32_t annotator, uint32_t response, uint8_t level)
{
    const struct objective_group *group = &one->groups[0];
    double chance[OBJECTIVE_LEVELS_MAX];
    for (uint32_t g = 1; g < one->n_groups; g++) {
        const char *value = value_of(compared->session->data, one->groups[g].attribute, annotator);
        if (value != NULL && strcmp(value, one->groups[g].value) == 0)
            group = &one->groups[g];
    }
    struct objective like = *one;
    like.spread += one->residual;
    objective_chances(&like,
        side->rewards[(size_t)response * side->artefact->n_heads + group->head] + group->height, chance);
    return -log(fmax(chance[level], 1e-12));
}

static bool same_levels(const struct objective *a, const struct objective *b)
{
    return a->n_levels == b->n_levels && memcmp(a->value, b->value, a->n_levels * sizeof(double)) == 0;
}

static json_t *objective_gain(
    const struct compared *compared, uint32_t number, const struct objective *a, const struct objective *b)
{
    const struct fit_data *data = compared->session->data;
    uint32_t n = 0, n_people = 0, *who = calloc((size_t)data->n_objective_ratings + 1, sizeof(*who));
    double *gain = calloc((size_t)data->n_objective_ratings + 1, sizeof(*gain)),
           *weight = calloc((size_t)data->n_objective_ratings + 1, sizeof(*weight)), loss[2] = {0};
    bool *seen = calloc((size_t)data->n_annotators + 1, sizeof(*seen));
    if (who == NULL || gain == NULL || weight == NULL || seen == NULL)
        abort();
    for (uint32_t i = 0; i < data->n_objective_ratings; i++) {
        uint32_t response = data->objective_response[i], annotator = data->objective_annotator[i];
        uint8_t level = 0;
        if (data->objective_number[i] != number || !compared->held_out[response])
            continue;
        while (level + 1U < a->n_levels && a->value[level] < data->objective_value[i])
            level++;
        double of_a = rating_loss(compared, &compared->side[0], a, annotator, response, level),
               of_b = rating_loss(compared, &compared->side[1], b, annotator, response, level);
        loss[0] += of_a;
        loss[1] += of_b;
        n_people += !seen[annotator];
        seen[annotator] = true;
        gain[n] = of_a - of_b;
        weight[n] = 1;
        who[n++] = annotator;
    }
    json_t *json = NULL;
    if (n >= RATINGS_MIN) {
        struct metrics_interval interval =
            metrics_mean_interval(gain, weight, who, n, compared->session->options->seed);
        json = json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f, s:[f,f]}", "name", a->name, "kind",
            a->is_article ? "article" : "dimension", "n", (json_int_t)n, "n_annotators", (json_int_t)n_people,
            "a", loss[0] / n, "b", loss[1] / n, "log_loss", tidy((loss[0] - loss[1]) / n),
            "log_loss_interval", tidy(interval.low), tidy(interval.high));
    }
    free(who);
    free(gain);
    free(weight);
    free(seen);
    return json;
}

static json_t *objectives_json(const struct compared *compared)
{
    const struct fit_data *data = compared->session->data;
    const struct artefact *a = compared->side[0].artefact;
    json_t *list = json_array();
    for (uint32_t i = 0; i < a->n_objectives; i++) {
        const struct objective *one = &a->objectives[i],
                               *other = objective_in(compared->side[1].artefact, one);
        if (other == NULL || !same_levels(one, other))
            continue;
        for (uint32_t number = 0; number < data->n_objectives; number++) {
            const char *name = data->objective_name[number];
            bool is_article = strncmp(name, "article:", 8) == 0;
            if (is_article != one->is_article || strcmp(name + (is_article ? 8 : 0), one->name) != 0)
                continue;
            json_t *row = objective_gain(compared, number, one, other);
            if (row != NULL)
                json_array_append_new(list, row);
        }
    }
    return list;
}

// --- the card ---------------------------------------------------------------------------------------------------------------
static const char *statement_of(const json_t *gain)
{
    const json_t *interval = json_object_get(gain, "log_loss_interval");
    double low = json_number_value(json_array_get(interval, 0)),
           high = json_number_value(json_array_get(interval, 1));
    if (gain == NULL)
        return "The models foretell no preference of these data together; dimensions and articles are compared by themselves.";
    return low > 0
               ? "The second foretells these judgments better: the 95 % interval of its gain in log-loss excludes zero."
           : high < 0
               ? "The first foretells these judgments better: the 95 % interval of the difference in log-loss excludes zero."
               : "These data do not support that either foretells better: the 95 % interval of the difference in log-loss holds zero.";
}

static json_t *model_json(const struct artefact *artefact)
{
    char hex[HASH_HEX_BYTES];
    hex_encode(artefact_hash(artefact), HASH_BYTES, hex);
    return json_pack("{s:s, s:s, s:b}", "artefact", hex, "method", artefact->method, "supported",
        (int)artefact->supported);
}

static void take_pairs(struct compared *compared)
{
    struct session *session = compared->session;
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    compared->pair = arena_alloc(session->arena, ((size_t)test->n + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < test->n; i++) {
        if (compared->held_out[test->left[i]] && compared->held_out[test->right[i]])
            compared->pair[compared->n++] = i;
    }
    session->n_test = compared->n;
    if (session->data->n_languages == 0)
        return;
    compared->language = arena_alloc(session->arena, ((size_t)compared->n + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < compared->n; i++)
        compared->language[i] =
            session->data->item_language[session_item_of(session, test->left[compared->pair[i]])];
    session->test_language = compared->language;
}

static json_t *card_of(struct compared *compared)
{
    struct session *session = compared->session;
    bool preference = strcmp(compared->side[0].artefact->method, "compliance") != 0 &&
                      strcmp(compared->side[1].artefact->method, "compliance") != 0 && compared->n > 0;
    json_t *all = NULL, *a = NULL, *b = NULL, *groups = NULL, *languages = NULL;
    if (preference) {
        foretell(compared, &compared->side[0]);
        foretell(compared, &compared->side[1]);
        all = gain_of(compared, NULL, 0);
        groups = groups_json(compared);
        languages = languages_json(compared);
        a = session_view(session, compared->side[0].rows);
        b = session_view(session, compared->side[1].rows);
    }
    json_t *card = json_pack("{s:s, s:[o,o], s:s, s:o?, s:o?, s:o?, s:o, s:o, s:o}", "method", "compare",
        "models", model_json(compared->side[0].artefact), model_json(compared->side[1].artefact), "statement",
        statement_of(all), "all", all, "a", a, "b", b, "groups", groups != NULL ? groups : json_array(),
        "languages", languages != NULL ? languages : json_array(), "objectives", objectives_json(compared));
    assert(card != NULL);
    return card;
}

static int compare(
    struct compared *compared, const unsigned char *snapshot, struct fit_result *result, struct err *err)
{
    struct session *session = compared->session;
    uint64_t split = split_of(compared->side[0].artefact, compared->side[1].artefact);
    int rc = pairs_build(session->data, 0, split, session->arena, &session->pairs, err);
    if (rc == 0)
        rc = find_boundary(compared, snapshot, err);
    if (rc < 0)
        return rc;
    find_held_out(compared);
    take_pairs(compared);
    for (int s = 0; rc == 0 && s < 2; s++) {
        rc = predict_all(compared, &compared->side[s], err);
        session_progress(session, "compare", 0.4 * (s + 1));
    }
    if (rc < 0)
        return rc;
    json_t *card = card_of(compared);
    if (json_is_null(json_object_get(card, "all")) &&
        json_array_size(json_object_get(card, "objectives")) == 0)
        rc =
            err_set(err, ERR_INVALID, "there are no judgments of prompts that neither model has learnt from");
    else
        result->card = json_dumps(card, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(card);
    if (rc == 0 && session->cancelled) {
        fit_result_release(result);
        rc = err_set(err, ERR_CLOSED, "the comparison was cancelled");
    }
    return rc;
}

int compare_run(const struct fit_data *data, const struct artefact *a, const struct artefact *b,
    const struct fit_options *options, struct fit_result *ret_result, struct err *err)
{
    *ret_result = (struct fit_result){0};
    int rc = fit_check(data, options, err);
    if (rc < 0)
        return rc;
    struct session session = {
        .data = data, .options = options, .arena = arena_new(SIZE_MAX), .phase = "compare", .loss = NAN};
    struct compared compared = {.session = &session, .side = {{.artefact = a}, {.artefact = b}}};
    fit_snapshot(data, ret_result->snapshot);
    rc = compare(&compared, ret_result->snapshot, ret_result, err);
    arena_free(session.arena);
    return rc;
}
