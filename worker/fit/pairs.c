#include "worker/fit/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PROMPTS_MIN = 5, TRAIN_PERCENT = 65, VALIDATION_PERCENT = 15 };

uint64_t pairs_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static bool is_of_item(const struct fit_data *data, uint32_t response, uint32_t item)
{
    return response >= data->item_first[item] && response < data->item_first[item + 1];
}

// Edits come in their order, the comparisons of each in one piece, and all of a judgment are one person's about one item.
static int check_edits(const struct fit_data *data, struct err *err)
{
    uint32_t n_own = data->n_responses - data->n_edits;
    const uint32_t *left = data->judgment_left, *right = data->judgment_right;
    for (uint32_t e = 0; e < data->n_edits; e++) {
        if (data->edit_item[e] >= data->n_items)
            return err_set(err, ERR_INVALID, "edit %u is of an item that is not there", e);
    }
    int64_t last = -1;
    for (uint32_t i = 0; i < data->n_judgments && data->n_edits > 0; i++) {
        int64_t edit = (int64_t)left[i] - n_own;
        bool is_right = right[i] < n_own;
        if (is_right && edit >= 0) {
            bool is_first = i == 0 || left[i - 1] != left[i];
            uint32_t item = data->edit_item[edit], before = is_first ? data->edit_before[edit] : 0;
            is_right = data->judgment_outcome[i] == FIT_LEFT && is_of_item(data, right[i], item) &&
                       before <= i && is_first == (edit != last) && edit >= last;
            for (uint32_t j = i; is_right && j-- > i - before;)
                is_right = data->judgment_annotator[j] == data->judgment_annotator[i] &&
                           is_of_item(data, left[j], item) && is_of_item(data, right[j], item);
            last = edit;
        }
        if (!is_right)
            return err_set(err, ERR_INVALID, "judgment %u is not what an edit can say", i);
    }
    return 0;
}

static int check_judgments(const struct fit_data *data, struct err *err)
{
    for (uint32_t i = 0; i < data->n_judgments; i++) {
        uint32_t left = data->judgment_left[i], right = data->judgment_right[i];
        if (data->judgment_annotator[i] >= data->n_annotators || left >= data->n_responses ||
            right >= data->n_responses || left == right || data->judgment_outcome[i] > FIT_TIE)
            return err_set(err, ERR_INVALID, "judgment %u names what is not there", i);
        if (data->judgment_weight != NULL &&
            !(data->judgment_weight[i] >= 0 && isfinite(data->judgment_weight[i])))
            return err_set(err, ERR_INVALID, "judgment %u has a weight that is none", i);
    }
    for (uint32_t i = 0; i < data->n_ratings; i++) {
        if (data->rating_annotator[i] >= data->n_annotators ||
            data->rating_response[i] >= data->n_responses || !isfinite(data->rating_value[i]))
            return err_set(err, ERR_INVALID, "rating %u names what is not there, or is no number", i);
    }
    return 0;
}

static int check_items(const struct fit_data *data, struct err *err)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < data->n_items; i++) {
        if (data->item_first[i] != at || data->item_first[i + 1] <= at ||
            data->item_first[i + 1] > data->n_responses)
            return err_set(err, ERR_INVALID, "item %u has responses out of order", i);
        at = data->item_first[i + 1];
    }
    if (data->n_edits > data->n_responses || at != data->n_responses - data->n_edits)
        return err_set(err, ERR_INVALID, "responses and items do not match");
    for (uint32_t a = 0; a < data->n_attributes; a++) {
        bool too_long = strlen(data->attribute_name[a]) > FIT_NAME_MAX;
        for (uint32_t v = 0; v < data->attribute_n_values[a]; v++)
            too_long = too_long || strlen(data->attribute_value[a][v]) > FIT_NAME_MAX;
        if (too_long)
            return err_set(
                err, ERR_INVALID, "attribute %u has a name or value of over %d bytes", a, FIT_NAME_MAX);
        for (uint32_t i = 0; i < data->n_annotators; i++) {
            uint32_t group = data->annotator_group[(size_t)a * data->n_annotators + i];
            if (group != FIT_NO_GROUP && group >= data->attribute_n_values[a])
                return err_set(err, ERR_INVALID, "annotator %u has a value out of range", i);
        }
    }
    return 0;
}

// ---------------------------------------------------------------- splits
struct keyed {
    uint64_t order;
    uint32_t item;
};

static int keyed_order(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

uint64_t pairs_order(const struct fit_data *data, uint32_t item, uint64_t salt)
{
    uint64_t key = data->item_prompt[item];
    uint32_t response = data->item_first[item];
    if (data->item_first[item + 1] - response == 1) { // rated alone: the same text is the same prompt
        uint64_t content =
            data->response_text != NULL
                ? fit_prompt_hash(data->response_text[response], data->response_length[response])
                : fit_prompt_hash(data->response_embedding + (size_t)response * data->n_dimensions,
                      data->n_dimensions * sizeof(float));
        key = pairs_mix(key) ^ content;
    }
    return pairs_mix(key ^ (UINT64_C(0x706c656e756d2d31) + salt)); // "plenum-1"
}

// The split of every response; responses of one item share it, and what people made of them.
static int split_items(const struct fit_data *data, uint64_t salt, uint8_t *response_split,
    uint32_t n_prompts[SPLITS], uint64_t *ret_test_from, struct err *err)
{
    struct keyed *items = malloc(((size_t)data->n_items + 1) * sizeof(*items));
    if (items == NULL)
        abort();
    for (uint32_t i = 0; i < data->n_items; i++)
        items[i] = (struct keyed){.order = pairs_order(data, i, salt), .item = i};
    qsort(items, data->n_items, sizeof(*items), keyed_order);
    uint32_t n = 0;
    for (uint32_t i = 0; i < data->n_items; i++)
        n += i == 0 || items[i].order != items[i - 1].order;
    if (n < PROMPTS_MIN) {
        free(items);
        return err_set(err, ERR_INVALID, "%u different prompts are too few to hold some out: %d are needed",
            n, PROMPTS_MIN);
    }
    uint32_t test = n * (100 - TRAIN_PERCENT - VALIDATION_PERCENT) / 100;
    uint32_t validation = n * VALIDATION_PERCENT / 100;
    n_prompts[SPLIT_TEST] = test > 0 ? test : 1;
    n_prompts[SPLIT_VALIDATION] = validation > 0 ? validation : 1;
    n_prompts[SPLIT_TRAIN] = n - n_prompts[SPLIT_TEST] - n_prompts[SPLIT_VALIDATION];
    uint32_t prompt = 0;
    for (uint32_t i = 0; i < data->n_items; i++) {
        prompt += i > 0 && items[i].order != items[i - 1].order;
        if (prompt == n - n_prompts[SPLIT_TEST] && items[i].order != items[i - 1].order)
            *ret_test_from = items[i].order;
        enum split split = prompt < n_prompts[SPLIT_TRAIN]                                 ? SPLIT_TRAIN
                           : prompt < n_prompts[SPLIT_TRAIN] + n_prompts[SPLIT_VALIDATION] ? SPLIT_VALIDATION
                                                                                           : SPLIT_TEST;
        for (uint32_t r = data->item_first[items[i].item]; r < data->item_first[items[i].item + 1]; r++)
            response_split[r] = (uint8_t)split;
    }
    for (uint32_t e = 0; e < data->n_edits; e++)
        response_split[data->n_responses - data->n_edits + e] =
            response_split[data->item_first[data->edit_item[e]]];
    free(items);
    return 0;
}

// ---------------------------------------------------------------- pairs
// An index that lists numbers 0 .. n-1 by a key, stable: of each key those at first[key] .. first[key + 1] - 1.
static uint32_t *group_by(const uint32_t *key, uint32_t n, uint32_t n_keys, uint32_t **ret_first)
{
    uint32_t *first = calloc((size_t)n_keys + 2, sizeof(*first)),
             *list = malloc(((size_t)n + 1) * sizeof(*list));
    if (first == NULL || list == NULL)
        abort();
    for (uint32_t i = 0; i < n; i++)
        first[key[i] + 2]++;
    for (uint32_t k = 0; k < n_keys; k++)
        first[k + 2] += first[k + 1];
    for (uint32_t i = 0; i < n; i++)
        list[first[key[i] + 1]++] = i;
    *ret_first = first;
    return list;
}

static void pairs_reserve(struct pairs *pairs, size_t n, uint32_t n_annotators, struct arena *arena)
{
    *pairs = (struct pairs){.left = arena_alloc(arena, n * sizeof(uint32_t)),
        .right = arena_alloc(arena, n * sizeof(uint32_t)),
        .annotator = arena_alloc(arena, n * sizeof(uint32_t)),
        .y = arena_alloc(arena, n * sizeof(double)),
        .weight = arena_alloc(arena, n * sizeof(double)),
        .first = arena_calloc(arena, (size_t)n_annotators + 1, sizeof(uint32_t))};
}

static void pairs_add(
    struct pairs *pairs, uint32_t annotator, uint32_t left, uint32_t right, double y, double weight)
{
    uint32_t i = pairs->n++;
    pairs->annotator[i] = annotator;
    pairs->left[i] = left;
    pairs->right[i] = right;
    pairs->y[i] = y;
    pairs->weight[i] = weight;
}

static void list_rows(struct pairs *pairs, uint32_t n_responses, struct arena *arena)
{
    bool *seen = calloc((size_t)n_responses + 1, sizeof(*seen));
    if (seen == NULL)
        abort();
    for (uint32_t i = 0; i < pairs->n; i++)
        seen[pairs->left[i]] = seen[pairs->right[i]] = true;
    uint32_t n = 0;
    for (uint32_t r = 0; r < n_responses; r++)
        n += seen[r];
    uint32_t *rows = arena_alloc(arena, n * sizeof(*rows));
    n = 0;
    for (uint32_t r = 0; r < n_responses; r++) {
        if (seen[r])
            rows[n++] = r;
    }
    pairs->rows = rows;
    pairs->n_rows = n;
    free(seen);
}

static uint64_t n_pairs_of(uint64_t n)
{
    return n * (n > 0 ? n - 1 : 0) / 2;
}

// All pairs of the n ratings, or every step-th of them in their order.
static void add_rating_pairs(
    const struct fit_data *data, const uint32_t *ratings, uint32_t n, struct pairs *pairs)
{
    uint64_t all = n_pairs_of(n), step = (all + PAIRS_OF_RATINGS_MAX - 1) / PAIRS_OF_RATINGS_MAX;
    if (all == 0)
        return;
    uint64_t taken = (all + step - 1) / step, at = 0;
    double weight = (double)n / (double)taken;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = i + 1; j < n; j++, at++) {
            if (at % step != 0)
                continue;
            uint32_t a = data->rating_response[ratings[i]], b = data->rating_response[ratings[j]];
            float x = data->rating_value[ratings[i]], y = data->rating_value[ratings[j]];
            if (a != b)
                pairs_add(pairs, data->rating_annotator[ratings[i]], a, b,
                    x > y   ? 1
                    : x < y ? 0
                            : 0.5,
                    weight);
        }
    }
}

struct index {
    uint32_t *judgments, *judgment_first, *ratings, *rating_first;
};

// How many pairs a split can have at most.
static size_t count_pairs(
    const struct fit_data *data, const struct index *index, const uint8_t *split, enum split which)
{
    size_t n = 0;
    for (uint32_t i = 0; i < data->n_judgments; i++)
        n += split[data->judgment_left[i]] == which;
    for (uint32_t a = 0; a < data->n_annotators; a++) {
        uint32_t of_split = 0;
        for (uint32_t i = index->rating_first[a]; i < index->rating_first[a + 1]; i++)
            of_split += split[data->rating_response[index->ratings[i]]] == which;
        n += (size_t)(n_pairs_of(of_split) < PAIRS_OF_RATINGS_MAX ? n_pairs_of(of_split)
                                                                  : PAIRS_OF_RATINGS_MAX);
    }
    return n;
}

// A judgment with an edit is one ranking of what it ranks and the edit: all its pairs weigh as those with the edit do.
static const float *weigh_edits(const struct fit_data *data, struct arena *arena)
{
    if (data->n_edits == 0 || data->judgment_weight == NULL)
        return data->judgment_weight;
    uint32_t n_own = data->n_responses - data->n_edits;
    float *weight = arena_memdup(arena, data->judgment_weight, data->n_judgments * sizeof(*weight));
    for (uint32_t i = 0; i < data->n_judgments; i++) {
        bool is_first = data->judgment_left[i] >= n_own &&
                        (i == 0 || data->judgment_left[i - 1] != data->judgment_left[i]);
        uint32_t before = is_first ? data->edit_before[data->judgment_left[i] - n_own] : 0;
        for (uint32_t j = i - before; j < i; j++)
            weight[j] = weight[i];
    }
    return weight;
}

static void build_split(const struct fit_data *data, const float *weights, const struct index *index,
    const uint8_t *split, enum split which, struct arena *arena, struct pairs *pairs)
{
    static const double target[] = {[FIT_LEFT] = 1, [FIT_RIGHT] = 0, [FIT_TIE] = 0.5};
    pairs_reserve(pairs, count_pairs(data, index, split, which), data->n_annotators, arena);
    uint32_t *mine = malloc(((size_t)data->n_ratings + 1) * sizeof(*mine));
    if (mine == NULL)
        abort();
    for (uint32_t a = 0; a < data->n_annotators; a++) {
        pairs->first[a] = pairs->n;
        for (uint32_t i = index->judgment_first[a]; i < index->judgment_first[a + 1]; i++) {
            uint32_t j = index->judgments[i], left = data->judgment_left[j], right = data->judgment_right[j];
            double weight = weights != NULL ? weights[j] : 1;
            // Across splits (comparisons between items) a pair would leak one side: it is left out.
            if (split[left] == which && split[right] == which && weight > 0)
                pairs_add(pairs, a, left, right, target[data->judgment_outcome[j]], weight);
        }
        uint32_t n = 0;
        for (uint32_t i = index->rating_first[a]; i < index->rating_first[a + 1]; i++) {
            if (split[data->rating_response[index->ratings[i]]] == which)
                mine[n++] = index->ratings[i];
        }
        add_rating_pairs(data, mine, n, pairs);
    }
    pairs->first[data->n_annotators] = pairs->n;
    free(mine);
    list_rows(pairs, data->n_responses, arena);
}

// ---------------------------------------------------------------- the cap on one annotator's share
static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

double pairs_cap_weight(const double *totals, uint32_t n, double share)
{
    double *sorted = malloc(((size_t)n + 1) * sizeof(*sorted)), rest = 0, cap = 0;
    if (sorted == NULL)
        abort();
    memcpy(sorted, totals, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), descending);
    for (uint32_t i = 0; i < n; i++)
        rest += sorted[i];
    // With m of them cut to t: t = share (m t + rest of the others).
    cap = sorted[0];
    for (uint32_t m = 0; m < n && share * m < 1; m++) {
        double t = share * rest / (1 - share * m);
        if (m == 0 && sorted[0] <= share * rest)
            break; // nobody is over
        if (m > 0 && t >= sorted[m]) {
            cap = fmin(t, sorted[0]);
            break;
        }
        cap = sorted[m];
        rest -= sorted[m];
    }
    free(sorted);
    return cap;
}

static void cap_annotators(
    const struct fit_data *data, double share, struct arena *arena, struct pair_set *set)
{
    const struct pairs *train = &set->split[SPLIT_TRAIN];
    double *totals = calloc((size_t)data->n_annotators + 1, sizeof(*totals));
    if (totals == NULL)
        abort();
    uint32_t n = 0;
    for (uint32_t i = 0; i < train->n; i++)
        totals[train->annotator[i]] += train->weight[i];
    for (uint32_t a = 0; a < data->n_annotators; a++)
        n += totals[a] > 0;
    set->cap = share > 0 ? share : fmax(n > 0 ? 4.0 / n : 1, 0.01);
    set->cap = fmin(fmax(set->cap, n > 0 ? 1.0 / n : 1), 1);
    double most = pairs_cap_weight(totals, data->n_annotators, set->cap);
    set->capped = arena_alloc(arena, train->n * sizeof(double));
    for (uint32_t i = 0; i < train->n; i++) {
        double total = totals[train->annotator[i]];
        set->capped[i] = train->weight[i] * (total > most ? most / total : 1);
    }
    free(totals);
}

int pairs_build(const struct fit_data *data, double annotator_cap, uint64_t salt, struct arena *arena,
    struct pair_set *ret_set, struct err *err)
{
    int failed = check_items(data, err);
    if (failed == 0)
        failed = check_judgments(data, err);
    if (failed == 0)
        failed = check_edits(data, err);
    uint8_t *split = arena_calloc(arena, (size_t)data->n_responses + 1, sizeof(*split));
    ret_set->split_of = split;
    if (failed == 0)
        failed = split_items(data, salt, split, ret_set->n_prompts, &ret_set->test_from, err);
    if (failed)
        return failed;
    struct index index;
    index.judgments =
        group_by(data->judgment_annotator, data->n_judgments, data->n_annotators, &index.judgment_first);
    index.ratings =
        group_by(data->rating_annotator, data->n_ratings, data->n_annotators, &index.rating_first);
    const float *weights = weigh_edits(data, arena);
    size_t n = 0;
    for (enum split which = SPLIT_TRAIN; which < SPLITS; which++)
        n += count_pairs(data, &index, split, which);
    if (n > PAIRS_MAX)
        failed = err_set(err, ERR_LIMIT, "%zu comparisons are over the limit of %d", n, PAIRS_MAX);
    for (enum split which = SPLIT_TRAIN; failed == 0 && which < SPLITS; which++)
        build_split(data, weights, &index, split, which, arena, &ret_set->split[which]);
    free(index.judgments);
    free(index.judgment_first);
    free(index.ratings);
    free(index.rating_first);
    if (failed)
        return failed;
    cap_annotators(data, annotator_cap, arena, ret_set);
    return 0;
}

int pairs_enough(const struct pair_set *set, struct err *err)
{
    if (set->split[SPLIT_TRAIN].n == 0 || set->split[SPLIT_TEST].n == 0)
        return err_set(err, ERR_INVALID, "%u comparisons to train on and %u to test on are too few",
            set->split[SPLIT_TRAIN].n, set->split[SPLIT_TEST].n);
    return 0;
}

void pairs_subset(const struct pairs *pairs, const double *weight, uint32_t n_annotators, const bool *keep,
    uint32_t max_each, uint32_t n_responses, struct arena *arena, struct pairs *ret_pairs)
{
    pairs_reserve(ret_pairs, pairs->n, n_annotators, arena);
    for (uint32_t a = 0; a < n_annotators; a++) {
        uint32_t n = pairs->first[a + 1] - pairs->first[a], start = ret_pairs->n;
        ret_pairs->first[a] = start;
        if (!keep[a] || n == 0)
            continue;
        uint32_t step = (n - 1) / max_each + 1;
        double total = 0, taken = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t at = pairs->first[a] + i;
            total += weight[at];
            if (i % step != 0)
                continue;
            taken += weight[at];
            pairs_add(ret_pairs, a, pairs->left[at], pairs->right[at], pairs->y[at], weight[at]);
        }
        for (uint32_t i = start; i < ret_pairs->n && taken > 0; i++)
            ret_pairs->weight[i] *= total / taken;
    }
    ret_pairs->first[n_annotators] = ret_pairs->n;
    list_rows(ret_pairs, n_responses, arena);
}
