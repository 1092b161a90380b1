// The card's table of models: who was preferred to whom, of the models that made the responses. A description of all
// judgments, none held out: nothing is foretold by it. Intervals are over annotators; beside each score stands the group of
// people that ranks the model lowest, shrunk as far as the groups of its attribute are alike.
#include "worker/fit/battles.h"
#include "worker/fit/crowd.h"
#include "worker/fit/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PEOPLE_BATTLES_MAX = 2 * 1000 * 1000, // of more, people are not weighed: it would take as long as a fit
    MODELS_MAX = 500,
    MODELS_BY_GROUP_MAX = 40, // of more, groups say little of each, and the card would grow
};

// Battles as they come; arrays are of the session's arena.
struct collected {
    uint32_t n, capacity;
    uint32_t *left, *right, *annotator;
    uint8_t *outcome;
    float *weight;
};

struct board {
    const struct session *session;
    struct collected all;
    const struct battles_result *overall;
    struct collected some; // of a group
    uint32_t *order;       // of models: by component, then from the highest score
    json_t **worst;        // of each model, the lowest so far; NULL: none
    double *worst_score;
};

static void add(
    struct board *board, uint32_t annotator, uint32_t left, uint32_t right, uint8_t outcome, float weight)
{
    const uint32_t *model = board->session->data->response_model;
    struct collected *all = &board->all;
    if (model[left] == FIT_NO_GROUP || model[right] == FIT_NO_GROUP || model[left] == model[right] ||
        !(weight > 0))
        return;
    assert(all->n < all->capacity);
    all->left[all->n] = model[left];
    all->right[all->n] = model[right];
    all->annotator[all->n] = annotator;
    all->outcome[all->n] = outcome;
    all->weight[all->n++] = weight;
}

static struct collected reserve(struct arena *arena, size_t capacity)
{
    return (struct collected){.capacity = (uint32_t)capacity,
        .left = arena_alloc(arena, capacity * sizeof(uint32_t)),
        .right = arena_alloc(arena, capacity * sizeof(uint32_t)),
        .annotator = arena_alloc(arena, capacity * sizeof(uint32_t)),
        .outcome = arena_alloc(arena, capacity),
        .weight = arena_alloc(arena, capacity * sizeof(float))};
}

// ---------------------------------------------------------------- ratings
struct rated {
    uint32_t annotator, item, response;
    float value;
};

static int rated_order(const void *a, const void *b)
{
    const struct rated *x = a, *y = b;
    if (x->annotator != y->annotator)
        return x->annotator < y->annotator ? -1 : 1;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return x->response < y->response ? -1 : x->response > y->response;
}

static struct rated *rated_by_item(const struct fit_data *data)
{
    uint32_t *item = calloc((size_t)data->n_responses + 1, sizeof(*item));
    struct rated *rated = calloc((size_t)data->n_ratings + 1, sizeof(*rated));
    if (item == NULL || rated == NULL)
        abort();
    for (uint32_t i = 0; i < data->n_items; i++) {
        for (uint32_t r = data->item_first[i]; r < data->item_first[i + 1]; r++)
            item[r] = i;
    }
    for (uint32_t i = 0; i < data->n_ratings; i++)
        rated[i] = (struct rated){.annotator = data->rating_annotator[i],
            .item = item[data->rating_response[i]],
            .response = data->rating_response[i],
            .value = data->rating_value[i]};
    qsort(rated, data->n_ratings, sizeof(*rated), rated_order);
    free(item);
    return rated;
}

// Ratings that one person gave to the responses of one item are that person's ranking of it: all pairs, equal a tie.
static void collect(struct board *board)
{
    const struct fit_data *data = board->session->data;
    struct rated *rated = rated_by_item(data);
    size_t n_pairs = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t from = 0, to = 0; from < data->n_ratings; from = to) {
            while (to < data->n_ratings && rated[to].annotator == rated[from].annotator &&
                   rated[to].item == rated[from].item)
                to++;
            size_t m = to - from;
            n_pairs += pass == 0 ? m * (m - 1) / 2 : 0;
            for (uint32_t i = from; i < to && pass == 1; i++) {
                for (uint32_t j = i + 1; j < to; j++)
                    add(board, rated[i].annotator, rated[i].response, rated[j].response,
                        rated[i].value > rated[j].value   ? FIT_LEFT
                        : rated[i].value < rated[j].value ? FIT_RIGHT
                                                          : FIT_TIE,
                        2.0F / (float)(m * (m - 1)));
            }
        }
        if (pass == 0 && n_pairs + data->n_judgments > BATTLES_MAX)
            break; // no table, rather than one of some
        if (pass == 0)
            board->all = reserve(board->session->arena, n_pairs + data->n_judgments);
    }
    for (uint32_t i = 0; i < data->n_judgments && board->all.capacity > 0; i++)
        add(board, data->judgment_annotator[i], data->judgment_left[i], data->judgment_right[i],
            data->judgment_outcome[i], data->judgment_weight != NULL ? data->judgment_weight[i] : 1);
    free(rated);
}

// ---------------------------------------------------------------- scores
static struct battles battles_of(const struct board *board, const struct collected *some)
{
    return (struct battles){.n_items = board->session->data->n_models,
        .n = some->n,
        .n_annotators = board->session->data->n_annotators,
        .left = some->left,
        .right = some->right,
        .outcome = some->outcome,
        .weight = some->weight,
        .annotator = some->annotator};
}

static int score(const struct board *board, const struct collected *some, struct arena *arena,
    struct battles_result *ret_result, struct err *err)
{
    const struct session *session = board->session;
    struct battles battles = battles_of(board, some);
    struct battles_options options = {
        .davidson = true, .annotator_share = session->pairs.cap, .seed = session->options->seed};
    return battles_fit(&battles, &options, arena, ret_result, err);
}

static json_t *ends_json(double low, double high)
{
    return isfinite(low) && isfinite(high) ? json_pack("[f,f]", low, high) : json_null();
}

static const char *place_name(enum battles_place place)
{
    static const char *const names[] = {[BATTLES_SETTLED] = "settled",
        [BATTLES_UNBOUNDED] = "never_lost",
        [BATTLES_BOUNDLESS] = "never_won",
        [BATTLES_UNCOMPARED] = "uncompared",
        [BATTLES_ABSENT] = "absent"};
    return names[place];
}

static json_t *model_json(const struct board *board, uint32_t model)
{
    const struct battles_item *item = &board->overall->items[model];
    bool absent = item->place == BATTLES_ABSENT;
    json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:I, s:f, s:f, s:f, s:o}", "model",
        board->session->data->model_name[model], "place", place_name(item->place), "score",
        absent ? json_null() : json_real(item->score), "interval", ends_json(item->low, item->high), "n",
        (json_int_t)item->n, "wins", item->wins, "losses", item->losses, "ties", item->ties, "component",
        absent ? json_null() : json_integer(item->component));
    assert(json != NULL);
    if (board->worst[model] != NULL)
        json_object_set(json, "worst", board->worst[model]);
    return json;
}

static void put_in_order(struct board *board)
{
    uint32_t n = board->overall->n_items;
    board->order = arena_alloc(board->session->arena, n * sizeof(*board->order));
    for (uint32_t i = 0; i < n; i++) {
        const struct battles_item *item = &board->overall->items[i];
        uint32_t at = i;
        for (; at > 0; at--) {
            const struct battles_item *before = &board->overall->items[board->order[at - 1]];
            if (before->component < item->component ||
                (before->component == item->component && before->score >= item->score))
                break;
            board->order[at] = board->order[at - 1];
        }
        board->order[at] = i;
    }
}

// ---------------------------------------------------------------- groups
struct group_scores {
    struct battles_result result;
    bool shown,
        comparable; // comparable: the same models are settled as over all, so the scales have the same zero
    double judgments;
};

// Only what the table needs of the group's scores is kept.
static void score_group(
    struct board *board, const struct grouping *grouping, uint32_t g, struct group_scores *scores)
{
    const struct collected *all = &board->all;
    struct collected *some = &board->some;
    struct arena *arena = arena_new(SIZE_MAX);
    struct err err;
    some->n = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        if (grouping->of_annotator[all->annotator[i]] != g)
            continue;
        some->left[some->n] = all->left[i];
        some->right[some->n] = all->right[i];
        some->annotator[some->n] = all->annotator[i];
        some->outcome[some->n] = all->outcome[i];
        some->weight[some->n++] = all->weight[i];
        scores->judgments += (double)all->weight[i];
    }
    if (scores->judgments >= FIT_GROUP_JUDGMENTS_MIN &&
        score(board, some, arena, &scores->result, &err) == 0) {
        struct battles_result *result = &scores->result;
        result->items =
            arena_memdup(board->session->arena, result->items, result->n_items * sizeof(*result->items));
        scores->shown = result->n_annotators >= FIT_GROUP_ANNOTATORS_MIN;
        scores->comparable = scores->shown && result->n_components == board->overall->n_components;
        for (uint32_t i = 0; i < result->n_items && scores->comparable; i++)
            scores->comparable = result->items[i].place == board->overall->items[i].place &&
                                 result->items[i].component == board->overall->items[i].component;
    }
    arena_free(arena);
}

// Variance of a group's departure from all by chance: what the group shares with all does not count.
static double chance_of(const struct battles_item *own, const struct battles_item *all)
{
    double mine = own->standard_error * own->standard_error,
           whole = all->standard_error * all->standard_error;
    return fmax(fmax(mine - whole, mine / 4), 1e-12);
}

// How far groups truly differ: tau^2 of departures by moments, sum w (d^2 - v) / sum w with w = 1 / v.
static double variance_between(
    const struct board *board, const struct group_scores *scores, uint32_t n_groups)
{
    double excess = 0, weight = 0;
    for (uint32_t g = 0; g < n_groups; g++) {
        for (uint32_t i = 0; i < board->overall->n_items && scores[g].comparable; i++) {
            const struct battles_item *own = &scores[g].result.items[i], *all = &board->overall->items[i];
            if (own->place != BATTLES_SETTLED || !isfinite(own->standard_error) ||
                !isfinite(all->standard_error))
                continue;
            double departure = own->score - all->score, chance = chance_of(own, all);
            excess += departure * departure / chance - 1;
            weight += 1 / chance;
        }
    }
    return weight > 0 ? fmax(excess / weight, 0) : 0;
}

// The group's score of a model once shrunk towards all, with its interval; kept when it is the model's lowest.
static json_t *shrunk_json(struct board *board, const struct grouping *grouping, uint32_t g,
    const struct group_scores *scores, double between, uint32_t model)
{
    const struct battles_item *own = &scores->result.items[model], *all = &board->overall->items[model];
    if (!scores->comparable || own->place != BATTLES_SETTLED || !isfinite(own->standard_error) ||
        !isfinite(all->standard_error))
        return json_null();
    double chance = chance_of(own, all), share = between / (between + chance);
    double shrunk = all->score + share * (own->score - all->score);
    double error = sqrt(all->standard_error * all->standard_error + share * chance);
    if (between > 0 && shrunk < all->score && shrunk < board->worst_score[model]) {
        json_decref(board->worst[model]);
        board->worst[model] = json_pack("{s:s, s:s, s:f, s:o, s:I, s:I}", "attribute", grouping->attribute,
            "value", grouping->name[g], "score", shrunk, "interval",
            ends_json(shrunk - 1.96 * error, shrunk + 1.96 * error), "n_annotators",
            (json_int_t)scores->result.n_annotators, "n", (json_int_t)scores->result.n);
        board->worst_score[model] = shrunk;
    }
    return json_real(shrunk);
}

static void groups_of(struct board *board, const struct grouping *grouping, json_t *list)
{
    struct group_scores scores[FIT_VALUES_MAX + 1] = {0};
    for (uint32_t g = 0; g < grouping->n; g++)
        score_group(board, grouping, g, &scores[g]);
    double between = variance_between(board, scores, grouping->n);
    for (uint32_t g = 0; g < grouping->n; g++) {
        if (!scores[g].shown)
            continue;
        json_t *rows = json_array();
        for (uint32_t i = 0; i < board->overall->n_items; i++) {
            uint32_t model = board->order[i];
            const struct battles_item *own = &scores[g].result.items[model];
            if (own->place == BATTLES_ABSENT)
                continue;
            json_array_append_new(rows,
                json_pack("{s:s, s:s, s:f, s:o, s:o, s:I}", "model", board->session->data->model_name[model],
                    "place", place_name(own->place), "score", own->score, "interval",
                    ends_json(own->low, own->high), "shrunk",
                    shrunk_json(board, grouping, g, &scores[g], between, model), "n", (json_int_t)own->n));
        }
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:b, s:f, s:o}", "attribute", grouping->attribute, "value",
                      grouping->name[g], "n_annotators", (json_int_t)scores[g].result.n_annotators, "n",
                      (json_int_t)scores[g].result.n, "comparable", (int)scores[g].comparable, "between",
                      sqrt(between), "scores", rows));
    }
}

// Of the attribute that was asked for, else of each.
static json_t *groups_json(struct session *session, struct board *board)
{
    const char *wanted = session->options->attribute;
    json_t *list = json_array();
    for (uint32_t a = 0; a < session->data->n_attributes && session->data->n_models <= MODELS_BY_GROUP_MAX;
         a++) {
        const char *name = session->data->attribute_name[a];
        struct grouping grouping;
        if ((wanted == NULL || strcmp(wanted, name) == 0) &&
            session_group_by(session, name, &grouping, NULL) == 0)
            groups_of(board, &grouping, list);
    }
    return list;
}

// ---------------------------------------------------------------- people
// Attribute by attribute, the groups that are flagged beyond the others: they have a taste of their own. How many of a group
// are flagged is not told, nor any one's flag.
static json_t *contested_json(struct session *session, struct crowd_result *crowd)
{
    const char *wanted = session->options->attribute;
    json_t *list = json_array();
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        const char *name = session->data->attribute_name[a];
        struct crowd_group groups[FIT_VALUES_MAX + 1];
        struct grouping grouping;
        if ((wanted != NULL && strcmp(wanted, name) != 0) ||
            session_group_by(session, name, &grouping, NULL) != 0)
            continue;
        crowd_judge_groups(crowd, grouping.of_annotator, grouping.n, groups);
        for (uint32_t g = 0; g < grouping.n; g++) {
            if (groups[g].contested)
                json_array_append_new(
                    list, json_pack("{s:s, s:s, s:I}", "attribute", name, "value", grouping.name[g],
                              "n_annotators", (json_int_t)groups[g].n_annotators));
        }
    }
    return list;
}

// The models whose score leaves its interval once flagged people weigh less.
static json_t *moved_json(const struct board *board, const struct crowd_result *crowd)
{
    struct collected weighed = board->all;
    struct battles_result result;
    struct err err;
    json_t *list = json_array();
    weighed.weight = arena_alloc(board->session->arena, weighed.n * sizeof(float));
    for (uint32_t i = 0; i < weighed.n; i++)
        weighed.weight[i] = board->all.weight[i] * (float)crowd->annotators[board->all.annotator[i]].weight;
    if (score(board, &weighed, board->session->arena, &result, &err) != 0)
        return list;
    for (uint32_t i = 0; i < result.n_items; i++) {
        const struct battles_item *item = &board->overall->items[board->order[i]];
        double now = result.items[board->order[i]].score;
        if (isfinite(item->low) && (now < item->low || now > item->high))
            json_array_append_new(list, json_string(board->session->data->model_name[board->order[i]]));
    }
    return list;
}

// Who goes with the others less than chance would have it (crowd.h): how many, and whether it matters.
static json_t *people_json(struct session *session, const struct board *board)
{
    struct battles battles = battles_of(board, &board->all);
    struct crowd_options options = {0};
    struct crowd_result crowd;
    struct err err;
    if (board->all.n > PEOPLE_BATTLES_MAX || crowd_fit(&battles, &options, session->arena, &crowd, &err) != 0)
        return json_null();
    json_t *contested = contested_json(session, &crowd);
    return json_pack("{s:I, s:I, s:o, s:o}", "n_annotators", (json_int_t)crowd.n_enough, "n_flagged",
        (json_int_t)crowd.n_flagged, "contested", contested, "moved", moved_json(board, &crowd));
}

// ---------------------------------------------------------------- the card
static json_t *components_json(const struct battles_result *result)
{
    json_t *list = json_array();
    for (uint32_t c = 0; c < result->n_components; c++) {
        if (result->components[c].n_items > 1)
            json_array_append_new(
                list, json_pack("{s:I, s:I}", "models", (json_int_t)result->components[c].n_items, "settled",
                          (json_int_t)result->components[c].n_settled));
    }
    return list;
}

void session_models(struct session *session, json_t *card)
{
    struct board board = {.session = session};
    struct battles_result overall;
    struct err err;
    uint32_t n = session->data->n_models;
    if (n < 2 || n > MODELS_MAX)
        return;
    collect(&board);
    if (board.all.n == 0)
        return;
    if (score(&board, &board.all, session->arena, &overall, &err) != 0) {
        json_object_set_new(card, "models", json_pack("{s:[], s:s}", "scores", "statement", err.message));
        return;
    }
    board.overall = &overall;
    board.worst = arena_calloc(session->arena, n, sizeof(json_t *));
    board.worst_score = arena_alloc(session->arena, n * sizeof(double));
    for (uint32_t i = 0; i < n; i++)
        board.worst_score[i] = INFINITY;
    put_in_order(&board);
    board.some = reserve(session->arena, board.all.n);
    json_t *groups = groups_json(session, &board), *scores = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(scores, model_json(&board, board.order[i]));
    for (uint32_t i = 0; i < n; i++)
        json_decref(board.worst[i]);
    json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "people", people_json(session, &board),
        "scores", scores, "groups", groups, "components", components_json(&overall), "nu",
        overall.has_nu ? json_real(overall.nu) : json_null(), "n", (json_int_t)overall.n, "n_annotators",
        (json_int_t)overall.n_annotators);
    assert(json != NULL);
    json_object_set_new(card, "models", json);
}
