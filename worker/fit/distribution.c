// How people differ over the same pair, where held-out pairs were judged by several: the share of what varies that is between people at all,
// how near anything could come that says the same to everybody (the ceiling: each judgment foretold by the others' of that pair, left out
// itself), whether the pairs over which people are divided are those that the model is unsure of, and between-group share.
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

// The variance of p between the groups that declared the attribute, of the variance of all judgments: by what groups said of the same pairs.
static json_t *between_json(const struct session *session, const struct judged *judged, uint32_t n)
{
    json_t *list = json_array();
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        struct grouping grouping;
        double within = 0, between = 0, n_within = 0, n_between = 0;
        if (session_group_by((struct session *)(uintptr_t)session, session->data->attribute_name[a],
                &grouping, NULL) != 0 ||
            grouping.n < 2)
            continue;
        for (uint32_t from = 0, to; from < n; from = to) {
            double said[FIT_VALUES_MAX + 1] = {0}, count[FIT_VALUES_MAX + 1] = {0};
            for (to = from;
                 to < n && judged[to].low == judged[from].low && judged[to].high == judged[from].high; to++) {
                uint32_t who = session->pairs.split[SPLIT_TEST].annotator[judged[to].row];
                if (grouping.of_annotator[who] == FIT_NO_GROUP)
                    continue;
                said[grouping.of_annotator[who]] += judged[to].y;
                count[grouping.of_annotator[who]]++;
            }
            double all = 0, all_said = 0;
            for (uint32_t g = 0; g < grouping.n;
                 g++) { // differing pairs of people: inside a group, and of two
                within += said[g] * (count[g] - said[g]);
                n_within += count[g] * (count[g] - 1) / 2;
                between += said[g] * (all - all_said) + all_said * (count[g] - said[g]);
                n_between += count[g] * all;
                all += count[g];
                all_said += said[g];
            }
        }
        if (n_within >= FIT_GROUP_JUDGMENTS_MIN && n_between >= FIT_GROUP_JUDGMENTS_MIN)
            json_array_append_new(
                list, json_pack("{s:s, s:f, s:f}", "attribute", grouping.attribute, "differ_within",
                          within / n_within, "differ_between", between / n_between));
    }
    return list;
}

void session_distribution(const struct session *session, const struct metrics_row *rows, json_t *card)
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
        for (to = from + 1;
             to < n && judged[to].low == judged[from].low && judged[to].high == judged[from].high;)
            to++;
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
        json_object_set_new(card, "distribution",
            json_pack("{s:I, s:I, s:{s:f, s:[f,f]}, s:f, s:f, s:o, s:o}", "pairs",
                (json_int_t)summary.n_pairs, "judgments", (json_int_t)summary.n_judgments, "ceiling",
                "accuracy", summary.hits / summary.strict, "interval", interval.low, interval.high,
                "model_accuracy", summary.model_hits / summary.strict, "agreement",
                summary.comparisons > 0 ? summary.agreed / summary.comparisons : 0, "divided", divided,
                "groups", between_json(session, judged, n)));
    }
    free(judged);
    free(summary.unsure);
    free(summary.divided);
    free(summary.weight);
    free(summary.rows);
}
