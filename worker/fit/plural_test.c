// How far a model keeps people's differences, on small studies whose figures can be worked out by hand.
#include "reward/predict.h"
#include "worker/fit/session.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PEOPLE = 20, ITEMS = 12, RESPONSES = 3 };

// Twelve held-out prompts of three responses; ten people say that they are "here" and ten that they are "there".
struct study {
    struct fit_data data;
    struct fit_options options;
    struct session session;
    uint32_t item_first[ITEMS + 1], group[PEOPLE], n;
    uint8_t split_of[ITEMS * RESPONSES];
    uint32_t responses[ITEMS * RESPONSES]; // all
    uint32_t left[4096], right[4096], annotator[4096];
    double y[4096], weight[4096];
    float x[ITEMS * RESPONSES * RESPONSES];
    struct metrics_row rows[4096];
};

static const char *const attributes[] = {"place"}, *const places[] = {"here", "there"};
static const char *const *const values[] = {places};
static const uint32_t n_values[] = {2};

static void make(struct study *study)
{
    *study = (struct study){.options = {.method = FIT_GROUP, .attribute = "place", .seed = 1}};
    for (uint32_t i = 0; i <= ITEMS; i++)
        study->item_first[i] = i * RESPONSES;
    for (uint32_t a = 0; a < PEOPLE; a++)
        study->group[a] = a < PEOPLE / 2 ? 0 : 1;
    for (uint32_t r = 0; r < ITEMS * RESPONSES; r++) {
        study->split_of[r] = SPLIT_TEST;
        study->responses[r] = r;
        study->x[r * RESPONSES + r % RESPONSES] = 1; // which of the three it is
    }
    study->data = (struct fit_data){.n_items = ITEMS,
        .n_responses = ITEMS * RESPONSES,
        .item_first = study->item_first,
        .n_annotators = PEOPLE,
        .n_attributes = 1,
        .attribute_name = attributes,
        .attribute_n_values = n_values,
        .attribute_value = values,
        .annotator_group = study->group};
}

static void judge(struct study *study, uint32_t who, uint32_t item, uint32_t left, uint32_t right, double y)
{
    assert_true(study->n < ARRAY_SIZE(study->left));
    study->left[study->n] = item * RESPONSES + left;
    study->right[study->n] = item * RESPONSES + right;
    study->annotator[study->n] = who;
    study->y[study->n] = y;
    study->weight[study->n++] = 1;
}

static struct session *session_of(struct study *study)
{
    struct session *session = &study->session;
    session->data = &study->data;
    session->options = &study->options;
    session->arena = arena_new(SIZE_MAX);
    session->n_test = study->n;
    session->pairs.split_of = study->split_of;
    session->pairs.split[SPLIT_TEST] = (struct pairs){.n = study->n,
        .left = study->left,
        .right = study->right,
        .annotator = study->annotator,
        .y = study->y,
        .weight = study->weight,
        .n_rows = ITEMS * RESPONSES,
        .rows = study->responses};
    session->design = (struct design){.n_rows = ITEMS * RESPONSES, .n_columns = RESPONSES, .dense = study->x};
    for (uint32_t i = 0; i < study->n; i++)
        study->rows[i] =
            (struct metrics_row){.y = study->y[i], .weight = 1, .annotator = study->annotator[i]};
    assert_int_equal(session_group_by(session, "place", &session->grouping, NULL), 0);
    return session;
}

static double number(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    if (!json_is_number(value))
        fail_msg("%s is no number", name);
    return json_number_value(value);
}

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.12g is not %.12g", a, b);
}

// Of each ten, eight say one thing here and two say it there: two of one group differ in 16 of 45 cases, two of both in 68 of 100, so
// 1 - (16 / 45) / .68 of what varies is between them (Hudson et al. 1992).
static void sensitivity_and_match_by_hand(void **state UNUSED)
{
    static struct study study;
    make(&study);
    for (uint32_t a = 0; a < PEOPLE; a++) {
        for (uint32_t i = 0; i < ITEMS; i++)
            judge(&study, a, i, 0, 1, a < 10 ? a < 8 : a < 12);
    }
    struct session *session = session_of(&study);
    json_t *card = json_object();
    session_distribution(session, study.rows, study.rows, card); // by a model that knows nothing
    const json_t *distribution = json_object_get(card, "distribution");
    const json_t *place = json_array_get(json_object_get(distribution, "groups"), 0);
    near(number(place, "differ_within"), 16.0 / 45, 1e-9);
    near(number(place, "differ_between"), 0.68, 1e-9);
    near(number(place, "share"), 1 - 16.0 / 45 / 0.68, 1e-9);
    near(number(place, "model_share"), 0, 1e-12);
    const json_t *interval = json_object_get(place, "interval");
    assert_true(json_number_value(json_array_get(interval, 0)) < 0.47);
    assert_true(json_number_value(json_array_get(interval, 1)) > 0.48);
    const json_t *match = json_object_get(distribution, "match");
    near(number(json_object_get(match, "all"), "distance"), 0, 1e-12);
    near(number(json_object_get(match, "all"), "by_chance"), metrics_js_by_chance(0.5, 20), 1e-12);
    const json_t *here = json_array_get(json_object_get(match, "groups"), 0);
    near(number(here, "distance"), metrics_js_distance(0.8, 0.5), 1e-12);
    json_decref(card);
    // A model of each group's own shares: all that it says is between groups, and it matches.
    for (uint32_t i = 0; i < study.n; i++)
        study.rows[i].z = study.annotator[i] < 10 ? log(4) : -log(4);
    struct metrics_row *nothing = calloc(study.n, sizeof(*nothing));
    assert_non_null(nothing);
    card = json_object();
    session_distribution(session, study.rows, nothing, card);
    distribution = json_object_get(card, "distribution");
    place = json_array_get(json_object_get(distribution, "groups"), 0);
    near(number(place, "model_share"), 1 - (2 * 0.8 * 0.2) / 0.68, 1e-9);
    here = json_array_get(json_object_get(json_object_get(distribution, "match"), "groups"), 0);
    near(number(here, "distance"), 0, 1e-7);
    near(number(here, "pooled"), metrics_js_distance(0.8, 0.5), 1e-12);
    json_decref(card);
    free(nothing);
    arena_free(session->arena);
}

static struct head head_of(double *w, const char *value, bool served)
{
    return (struct head){
        .w = w, .about = {.attribute = "place", .value = value, .served = served, .tau = 1, .share = 0.5}};
}

// Here the first response is liked best, there the second; the pooled model would choose the third.
static void two_tastes(struct study *study)
{
    make(study);
    for (uint32_t a = 0; a < PEOPLE; a++) {
        uint32_t liked = a < 10 ? 0 : 1;
        for (uint32_t i = 0; i < ITEMS; i++) {
            judge(study, a, i, 0, 1, liked == 0);
            judge(study, a, i, liked, 2, 1);
        }
    }
}

static void choices_by_hand(void **state UNUSED)
{
    static struct study study;
    static double pooled[] = {0, 0, 1}, here[] = {1, 0, 0}, there[] = {0, 1, 0};
    static const char *texts[ITEMS * RESPONSES], *const articles[] = {"article:no-harm"};
    static size_t lengths[ITEMS * RESPONSES];
    static uint32_t who[PEOPLE * ITEMS], which[PEOPLE * ITEMS];
    static uint8_t article[PEOPLE * ITEMS];
    static float complies[PEOPLE * ITEMS];
    two_tastes(&study);
    struct session *session = session_of(&study);
    for (uint32_t i = 0; i < study.n; i++) {
        bool of_first = study.right[i] % RESPONSES == 1; // the pair of the first and the second
        study.rows[i].z = of_first ? (study.annotator[i] < 10 ? 2 : -2) : 2;
    }
    session->heads[0] = head_of(pooled, "all", false);
    session->heads[1] = head_of(here, "here", true);
    session->heads[2] = head_of(there, "there", true);
    session->n_heads = 3;
    session->first_own = 1;
    session->n_own = 2;
    json_t *card = json_object();
    session_choices(session, study.rows, card);
    session_steerable(session, card);
    const json_t *overton = json_object_get(card, "overton");
    near(number(overton, "coverage"), 1, 0);
    near(number(overton, "pooled"), 0, 0);
    near(number(overton, "by_chance"), 2.0 / 3, 1e-12);
    near(number(overton, "shown"), 2, 1e-12);
    near(number(overton, "n_cases"), 2 * ITEMS, 0);
    // Each response leaves one group at -1/3, so the first is chosen: there it loses every time, and was foretold to win sigmoid(-2).
    const json_t *curse = json_object_get(card, "winners_curse");
    near(number(curse, "predicted"), predict_sigmoid(-2), 1e-12);
    near(number(curse, "realised"), 0, 0);
    near(number(curse, "gap"), predict_sigmoid(-2), 1e-12);
    // A group's own head is always right; the other's is wrong of the first pair and knows nothing of the second.
    const json_t *steerable = json_object_get(card, "steerable");
    near(number(steerable, "accuracy"), 1, 0);
    near(number(steerable, "others"), (0 + 0.5) / 2, 1e-12);
    near(number(steerable, "pooled"), (0.5 + 0) / 2, 1e-12);
    assert_true(json_is_true(json_object_get(steerable, "supported")));
    assert_non_null(json_object_get(json_object_get(card, "refusals"), "reason"));
    json_decref(card);

    // The third is a refusal; there the answers are called unsafe, here they are not. An answer is chosen.
    for (uint32_t r = 0; r < ITEMS * RESPONSES; r++) {
        texts[r] = r % RESPONSES == 2 ? "I'm sorry, but I can't help with that." : "Take two spoons of it.";
        lengths[r] = strlen(texts[r]);
    }
    for (uint32_t k = 0; k < PEOPLE * ITEMS; k++) {
        who[k] = k / ITEMS;
        which[k] = k % ITEMS * RESPONSES;
        complies[k] = who[k] < 10;
    }
    study.data.response_text = texts;
    study.data.response_length = lengths;
    study.data.n_objectives = 1;
    study.data.objective_name = articles;
    study.data.n_objective_ratings = PEOPLE * ITEMS;
    study.data.objective_annotator = who;
    study.data.objective_response = which;
    study.data.objective_number = article;
    study.data.objective_value = complies;
    card = json_object();
    session_choices(session, study.rows, card);
    const json_t *refusals = json_object_get(card, "refusals");
    near(number(refusals, "answered"), ITEMS, 0);
    near(number(refusals, "under"), ITEMS, 0);
    near(number(refusals, "refused"), 0, 0);
    near(number(refusals, "brier"), 0.25, 1e-12); // all are as good: one half, beside 0 and 1
    json_decref(card);
    arena_free(session->arena);
}

// Nine of one group alone are hidden, and so is the least of the others, for else the nine would follow.
static void what_is_hidden_does_not_follow(void **state UNUSED)
{
    enum { N = 90 * 5 };
    static struct metrics_row rows[N];
    static uint32_t group[N];
    bool shown[4];
    for (uint32_t i = 0; i < N; i++) {
        rows[i] = (struct metrics_row){.weight = 1, .annotator = i / 5};
        group[i] = rows[i].annotator < 40 ? 0 : rows[i].annotator < 60 ? 1 : rows[i].annotator < 81 ? 2 : 3;
    }
    session_shown(rows, N, group, 4, 90, shown);
    assert_true(shown[0] && !shown[1] && shown[2] && !shown[3]);
    for (uint32_t i = 0; i < N; i++) // ten are a group, and nobody is outside
        group[i] = rows[i].annotator < 80 ? group[i] : 3;
    session_shown(rows, N, group, 4, 90, shown);
    assert_true(shown[0] && shown[1] && shown[2] && shown[3]);
    for (uint32_t i = 0; i < N; i++)
        group[i] = rows[i].annotator < 89 ? 0 : FIT_NO_GROUP; // one person didn't say
    session_shown(rows, N, group, 1, 90, shown);
    assert_false(shown[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sensitivity_and_match_by_hand),
        cmocka_unit_test(choices_by_hand),
        cmocka_unit_test(what_is_hidden_does_not_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
