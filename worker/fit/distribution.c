// How people differ over the same pair, where held-out pairs were judged by several: the share of what varies that is between people at all,
// how near anything could come that says the same to everybody (the ceiling: each judgment foretold by the others' of that pair, left out
// itself), whether the pairs over which people are divided are those that the model is unsure of, how much of it is between groups, and how
// near the model's distribution of what would be said comes to what was said.
#include "worker/fit/session.h"

#include "reward/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EACH_MIN = 3, DIVIDED_MIN = 5, PAIRS_MIN = 10 };
static const double divided_share = 0.3; // of the smaller side

struct judged {
    uint32_t low, high, row; // responses, the lower index first
    double y;                // for the lower
    double z;
};

static int by_pair(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

struct summary {
    uint32_t n_pairs, n_judgments, n_divided, n_united;
    double hits, model_hits, strict; // of judgments that others of the pair foretell, and the model
    double agreed, comparisons;      // pairs of people who say the same
    double *unsure;                  // 1 - |2p - 1| of each pair by the model
    bool *divided;
    double *weight;
    struct metrics_row *rows; // of the judgments with others, as the others' majority says
    uint32_t n_told;          // pairs with enough judgments to be called divided or united
};

static void add_pair(
    struct summary *summary, const struct metrics_row *rows, const struct judged *judged, uint32_t n)
{
    double sum = 0, z = judged[0].z;
    for (uint32_t i = 0; i < n; i++)
        sum += judged[i].y;
    if (n < EACH_MIN)
        return;
    summary->n_pairs++;
    for (uint32_t i = 0; i < n; i++) {
        double others = (sum - judged[i].y) / (n - 1), y = judged[i].y;
        if (y == 0.5)
            continue;
        // As a logit that is as sure as so many judgments are (a half added to each side).
        double p = ((sum - y) + 0.5) / n;
        summary->rows[summary->n_judgments++] = (struct metrics_row){
            .z = log(p / (1 - p)), .y = y, .weight = 1, .annotator = rows[judged[i].row].annotator};
        summary->strict++;
        summary->hits += others == 0.5 ? 0.5 : (others > 0.5) == (y > 0.5);
        summary->model_hits += judged[i].z == 0 ? 0.5 : (judged[i].z > 0) == (y > 0.5);
    }
    summary->agreed += sum * (sum - 1) / 2 + (n - sum) * (n - sum - 1) / 2;
    summary->comparisons += n * (n - 1.0) / 2;
    if (n < DIVIDED_MIN)
        return;
    bool divided = fmin(sum, n - sum) / n >= divided_share;
    summary->unsure[summary->n_told] = 1 - fabs(2 * predict_sigmoid(z) - 1);
    summary->divided[summary->n_told] = divided;
    summary->weight[summary->n_told++] = 1;
    summary->n_divided += divided;
    summary->n_united += sum == 0 || sum == n;
}

static struct judged *judged_of(const struct session *session, const struct metrics_row *rows)
{
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    struct judged *judged = calloc(test->n + (size_t)1, sizeof(*judged));
    if (judged == NULL)
        abort();
    for (uint32_t i = 0; i < test->n; i++) {
        bool turned = test->left[i] > test->right[i];
        judged[i] = (struct judged){.low = turned ? test->right[i] : test->left[i],
            .high = turned ? test->left[i] : test->right[i],
            .row = i,
            .y = turned ? 1 - test->y[i] : test->y[i],
            .z = turned ? -rows[i].z : rows[i].z};
    }
    qsort(judged, test->n, sizeof(*judged), by_pair);
    return judged;
}

static uint32_t pair_end(const struct judged *judged, uint32_t from, uint32_t n)
{
    uint32_t to = from + 1;
    while (to < n && judged[to].low == judged[from].low && judged[to].high == judged[from].high)
        to++;
    return to;
}

// --- pluralistic sensitivity ------------------------------------------------------------------------------------------------
// What one group said of a pair: how many, the sum of y (or p) and of its square.
struct sayings {
    double n, sum, squares;
};

// Means over pairs of the chance that two people of one group, and of two groups, say different things.
struct differing {
    double within, between, n, n_within, n_between; // pairs, and comparisons of people
};

// The chance that two who are drawn differ: two of one group, without taking one twice; or one of each.
static double differ_within(const struct sayings *group)
{
    return (group->n * group->sum - group->sum * group->sum - group->sum + group->squares) /
           (group->n * (group->n - 1) / 2);
}

static double differ_between(const struct sayings *a, const struct sayings *b)
{
    return (a->sum * (b->n - b->sum) + b->sum * (a->n - a->sum)) / (a->n * b->n);
}

static void add_differing(const struct sayings *sayings, uint32_t n_groups, struct differing *sum)
{
    double within = 0, between = 0, n_within = 0, n_between = 0, people_within = 0, people_between = 0;
    for (uint32_t g = 0; g < n_groups; g++) {
        if (sayings[g].n < 2)
            continue;
        within += differ_within(&sayings[g]);
        n_within++;
        people_within += sayings[g].n * (sayings[g].n - 1) / 2;
        for (uint32_t h = 0; h < g; h++) {
            if (sayings[h].n < 2)
                continue;
            between += differ_between(&sayings[g], &sayings[h]);
            n_between++;
            people_between += sayings[g].n * sayings[h].n;
        }
    }
    if (n_between == 0)
        return;
    sum->within += within / n_within;
    sum->between += between / n_between;
    sum->n++;
    sum->n_within += people_within;
    sum->n_between += people_between;
}

// What is left out when the annotators of one `part` of PARTS are; part PARTS leaves out nobody.
enum { PARTS = 50 };

struct asked {
    const struct session *session;
    const struct grouping *grouping;
    const struct judged *judged;
    uint32_t n;
    bool by_model; // p of the model and not y
};

static struct differing differing_of(const struct asked *asked, uint32_t part)
{
    struct differing sum = {0};
    const struct pairs *test = &asked->session->pairs.split[SPLIT_TEST];
    const struct judged *judged = asked->judged;
    for (uint32_t from = 0, to; from < asked->n; from = to) {
        struct sayings sayings[FIT_VALUES_MAX + 1] = {0};
        to = pair_end(judged, from, asked->n);
        for (uint32_t i = from; i < to; i++) {
            uint32_t who = test->annotator[judged[i].row], group = asked->grouping->of_annotator[who];
            if (group == FIT_NO_GROUP || judged[i].y == 0.5 || who % PARTS == part)
                continue;
            double said = asked->by_model ? predict_sigmoid(judged[i].z) : judged[i].y;
            sayings[group].n++;
            sayings[group].sum += said;
            sayings[group].squares += said * said;
        }
        add_differing(sayings, asked->grouping->n, &sum);
    }
    return sum;
}

static double share_between(const struct differing *sum)
{
    return sum->between > 0 ? 1 - sum->within / sum->between : 0;
}

// Its 95 % interval by the jackknife over annotators, in at most PARTS parts.
static struct metrics_interval jackknife(const struct asked *asked, double share)
{
    double each[PARTS], mean = 0, squares = 0;
    uint32_t n = asked->session->data->n_annotators < PARTS ? asked->session->data->n_annotators : PARTS;
    for (uint32_t part = 0; part < n; part++) {
        struct differing sum = differing_of(asked, part);
        each[part] = share_between(&sum);
        mean += each[part] / n;
    }
    for (uint32_t part = 0; part < n; part++)
        squares += (each[part] - mean) * (each[part] - mean);
    double wide = 2 * sqrt(squares * (n - 1) / n);
    return (struct metrics_interval){share - wide, share + wide};
}

// Of each attribute how often two people of one group, and of two, say different things of the same pair, and what part of all that
// varies is between the groups: of what people said, and of what the model would have them say.
static json_t *between_json(struct session *session, const struct judged *judged, uint32_t n)
{
    json_t *list = json_array();
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        struct grouping grouping;
        struct asked asked = {.session = session, .grouping = &grouping, .judged = judged, .n = n};
        if (session_group_by(session, session->data->attribute_name[a], &grouping, NULL) != 0 ||
            grouping.n < 2)
            continue;
        struct differing said = differing_of(&asked, PARTS);
        if (said.n_within < FIT_GROUP_JUDGMENTS_MIN || said.n_between < FIT_GROUP_JUDGMENTS_MIN ||
            said.n < PAIRS_MIN)
            continue;
        struct metrics_interval interval = jackknife(&asked, share_between(&said));
        asked.by_model = true;
        struct differing foretold = differing_of(&asked, PARTS);
        json_array_append_new(list,
            json_pack("{s:s, s:f, s:f, s:f, s:[f,f], s:f}", "attribute", grouping.attribute, "differ_within",
                said.within / said.n, "differ_between", said.between / said.n, "share", share_between(&said),
                "interval", interval.low, interval.high, "model_share", share_between(&foretold)));
    }
    return list;
}

// --- match of distributions ---------------------------------------------------------------------------------------------------
// The Jensen-Shannon distance, pair by pair, of what the people of a group said (of all: grouping NULL) to what the model, and the pooled
// one, would have them say; and what is left of it by chance were the model right. NULL where too few pairs have DIVIDED_MIN judgments.
struct match {
    double *distance, *weight, by_chance, pooled;
    uint32_t *pair, n;
};

static void add_match(struct match *match, double said, double foretold, double pooled, uint32_t n)
{
    if (n < DIVIDED_MIN)
        return;
    match->distance[match->n] = metrics_js_distance(said / n, foretold / n);
    match->by_chance += metrics_js_by_chance(foretold / n, n);
    match->pooled += metrics_js_distance(said / n, pooled / n);
    match->weight[match->n] = 1;
    match->pair[match->n] = match->n;
    match->n++;
}

static json_t *match_json(const struct session *session, const struct judged *judged, uint32_t n,
    const struct metrics_row *pooled, const struct grouping *grouping, uint32_t group)
{
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    struct match match = {.distance = calloc(n + (size_t)1, sizeof(double)),
        .weight = calloc(n + (size_t)1, sizeof(double)),
        .pair = calloc(n + (size_t)1, sizeof(uint32_t))};
    if (match.distance == NULL || match.weight == NULL || match.pair == NULL)
        abort();
    for (uint32_t from = 0, to; from < n; from = to) {
        double said = 0, foretold = 0, by_pooled = 0;
        uint32_t m = 0;
        to = pair_end(judged, from, n);
        for (uint32_t i = from; i < to; i++) {
            uint32_t row = judged[i].row;
            if (grouping != NULL && grouping->of_annotator[test->annotator[row]] != group)
                continue;
            bool turned = test->left[row] > test->right[row];
            said += judged[i].y;
            foretold += predict_sigmoid(judged[i].z);
            by_pooled += predict_sigmoid(turned ? -pooled[row].z : pooled[row].z);
            m++;
        }
        add_match(&match, said, foretold, by_pooled, m);
    }
    json_t *json = NULL;
    double sum = 0;
    for (uint32_t i = 0; i < match.n; i++)
        sum += match.distance[i];
    if (match.n >= PAIRS_MIN) {
        struct metrics_interval interval =
            metrics_mean_interval(match.distance, match.weight, match.pair, match.n, session->options->seed);
        json = json_pack("{s:I, s:f, s:[f,f], s:f, s:f}", "pairs", (json_int_t)match.n, "distance",
            sum / match.n, "interval", interval.low, interval.high, "by_chance", match.by_chance / match.n,
            "pooled", match.pooled / match.n);
    }
    free(match.distance);
    free(match.weight);
    free(match.pair);
    return json;
}

static void match_groups(struct session *session, const struct judged *judged, uint32_t n,
    const struct metrics_row *rows, const struct metrics_row *pooled, json_t *list)
{
    uint32_t *group = calloc(n + (size_t)1, sizeof(*group));
    if (group == NULL)
        abort();
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        struct grouping grouping;
        bool shown[FIT_VALUES_MAX + 1];
        if (session_group_by(session, session->data->attribute_name[a], &grouping, NULL) != 0)
            continue;
        for (uint32_t i = 0; i < n; i++)
            group[i] = grouping.of_annotator[rows[i].annotator];
        session_shown(rows, n, group, grouping.n, session->data->n_annotators, shown);
        for (uint32_t g = 0; g < grouping.n; g++) {
            json_t *json = shown[g] ? match_json(session, judged, n, pooled, &grouping, g) : NULL;
            if (json == NULL)
                continue;
            json_object_set_new(json, "attribute", json_string(grouping.attribute));
            json_object_set_new(json, "value", json_string(grouping.name[g]));
            json_array_append_new(list, json);
        }
    }
    free(group);
}

static void add_matches(struct session *session, const struct judged *judged, uint32_t n,
    const struct metrics_row *rows, const struct metrics_row *pooled, json_t *distribution)
{
    json_t *all = match_json(session, judged, n, pooled, NULL, 0);
    if (all == NULL)
        return;
    json_t *groups = json_array();
    match_groups(session, judged, n, rows, pooled, groups);
    json_object_set_new(distribution, "match", json_pack("{s:o, s:o}", "all", all, "groups", groups));
}

void session_distribution(
    struct session *session, const struct metrics_row *rows, const struct metrics_row *pooled, json_t *card)
{
    uint32_t n = session->pairs.split[SPLIT_TEST].n;
    struct judged *judged = judged_of(session, rows);
    struct summary summary = {.unsure = calloc(n + (size_t)1, sizeof(double)),
        .divided = calloc(n + (size_t)1, sizeof(bool)),
        .weight = calloc(n + (size_t)1, sizeof(double)),
        .rows = calloc(n + (size_t)1, sizeof(struct metrics_row))};
    if (summary.unsure == NULL || summary.divided == NULL || summary.weight == NULL || summary.rows == NULL)
        abort();
    for (uint32_t from = 0, to; from < n; from = to) {
        to = pair_end(judged, from, n);
        add_pair(&summary, rows, judged + from, to - from);
    }
    if (summary.n_pairs >= PAIRS_MIN && summary.strict > 0) {
        struct metrics_interval interval =
            metrics_accuracy_interval(summary.rows, summary.n_judgments, session->options->seed);
        bool told = summary.n_told >= PAIRS_MIN;
        json_t *divided =
            told ? json_pack("{s:I, s:I, s:I, s:f}", "pairs", (json_int_t)summary.n_told, "divided",
                       (json_int_t)summary.n_divided, "united", (json_int_t)summary.n_united, "auc",
                       metrics_auc(summary.unsure, summary.divided, summary.weight, summary.n_told))
                 : json_null();
        json_t *json = json_pack("{s:I, s:I, s:{s:f, s:[f,f]}, s:f, s:f, s:o, s:o}", "pairs",
            (json_int_t)summary.n_pairs, "judgments", (json_int_t)summary.n_judgments, "ceiling", "accuracy",
            summary.hits / summary.strict, "interval", interval.low, interval.high, "model_accuracy",
            summary.model_hits / summary.strict, "agreement",
            summary.comparisons > 0 ? summary.agreed / summary.comparisons : 0, "divided", divided, "groups",
            between_json(session, judged, n));
        add_matches(session, judged, n, rows, pooled, json);
        json_object_set_new(card, "distribution", json);
    }
    free(judged);
    free(summary.unsure);
    free(summary.divided);
    free(summary.weight);
    free(summary.rows);
}
