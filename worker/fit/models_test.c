#include "worker/fit/fit.h"
#include "worker/fit/testing.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MODELS = 4 };

static const char *const names[] = {"alder", "birch", "cedar", "dogwood", "elm", "fir"};

// Which model made each response, and outcomes by the models' strength in each taste: -0.75 .. 0.75, and for the second taste
// the other way round by `opposed`.
static uint32_t *name_models(struct planted *planted, double opposed, uint64_t seed)
{
    struct rng rng;
    uint32_t *model = calloc(planted->data.n_responses, sizeof(*model));
    uint8_t *outcome = (uint8_t *)(uintptr_t)planted->data.judgment_outcome;
    assert_non_null(model);
    rng_seed(&rng, seed);
    for (uint32_t i = 0; i < planted->data.n_responses; i += 2) {
        model[i] = (uint32_t)rng_below(&rng, MODELS);
        model[i + 1] = (model[i] + 1 + (uint32_t)rng_below(&rng, MODELS - 1)) % MODELS;
    }
    for (uint32_t i = 0; i < planted->data.n_judgments; i++) {
        double z = 0.5 * ((double)model[planted->data.judgment_left[i]] -
                             (double)model[planted->data.judgment_right[i]]);
        if (planted->annotator_taste[planted->data.judgment_annotator[i]] == 1)
            z *= 1 - 2 * opposed;
        double wins = exp(z / 2), losses = exp(-z / 2), at = rng_uniform(&rng) * (wins + losses + 0.5);
        outcome[i] = at < wins ? FIT_LEFT : at < wins + losses ? FIT_RIGHT : FIT_TIE;
    }
    planted->data.n_models = MODELS;
    planted->data.model_name = names;
    planted->data.response_model = model;
    return model;
}

static json_t *models_of(const struct fit_data *data, const char *attribute)
{
    struct fit_options options = {.method = FIT_POOLED, .seed = 1, .lambda = 0.01, .attribute = attribute};
    struct fit_result result;
    struct err err;
    assert_int_equal(fit_run(data, &options, &result, &err), 0);
    json_t *card = json_loads(result.card, 0, NULL), *models = json_object_get(card, "models");
    assert_non_null(card);
    json_incref(models);
    json_decref(card);
    fit_result_release(&result);
    return models;
}

static const struct planted_options plan = {.n_annotators = 120,
    .n_items = 60,
    .judgments_each = 40,
    .n_dimensions = 6,
    .n_tastes = 2,
    .sharpness = 1,
    .seed = 3};

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static double number(const json_t *object, const char *key)
{
    assert_true(json_is_number(json_object_get(object, key)));
    return json_number_value(json_object_get(object, key));
}

static double end_of(const json_t *object, size_t end)
{
    return json_number_value(json_array_get(json_object_get(object, "interval"), end));
}

// Where tastes are one: the planted order, intervals around the planted scores, groups near all.
static void test_table(void **state UNUSED)
{
    struct planted planted;
    planted_make(&planted, &plan);
    uint32_t *model = name_models(&planted, 0, 5);
    json_t *models = models_of(&planted.data, NULL), *scores = json_object_get(models, "scores");
    assert_int_equal(json_array_size(scores), MODELS);
    assert_int_equal(json_integer_value(json_object_get(models, "n_annotators")), 120);
    assert_int_equal(json_integer_value(json_object_get(models, "n")), 4800);
    assert_true(number(models, "nu") > 0.4 && number(models, "nu") < 0.6);
    assert_int_equal(json_array_size(json_object_get(models, "components")), 1);
    const json_t *people = json_object_get(models, "people");
    assert_int_equal(json_integer_value(json_object_get(people, "n_annotators")), 120);
    assert_true(json_integer_value(json_object_get(people, "n_flagged")) <= 4);
    assert_int_equal(json_array_size(json_object_get(people, "contested")), 0);
    assert_int_equal(json_array_size(json_object_get(people, "moved")), 0);
    for (size_t i = 0; i < MODELS; i++) {
        const json_t *row = json_array_get(scores, i);
        double truth = 0.5 * (MODELS - 1 - (double)i) - 0.75;
        assert_string_equal(text(row, "model"), names[MODELS - 1 - i]);
        assert_string_equal(text(row, "place"), "settled");
        assert_true(fabs(number(row, "score") - truth) < 0.12);
        assert_true(end_of(row, 0) < number(row, "score") && number(row, "score") < end_of(row, 1));
        assert_true(end_of(row, 1) - end_of(row, 0) > 0.05 && end_of(row, 1) - end_of(row, 0) < 0.4);
        const json_t *worst = json_object_get(row, "worst");
        assert_true(worst == NULL || fabs(number(worst, "score") - number(row, "score")) < 0.12);
    }
    json_decref(models);
    free(model);
    planted_free(&planted);
}

// Where half of the people rank them the other way round, the average hides it; the worst-off beside each score does not.
static void test_opposed_groups(void **state UNUSED)
{
    struct planted planted;
    planted_make(&planted, &plan);
    uint32_t *model = name_models(&planted, 1, 6);
    json_t *models = models_of(&planted.data, "taste"), *scores = json_object_get(models, "scores");
    const json_t *groups = json_object_get(models, "groups");
    assert_int_equal(json_array_size(groups), 2);
    for (size_t i = 0; i < MODELS; i++) {
        const json_t *row = json_array_get(scores, i), *worst = json_object_get(row, "worst");
        bool high = strcmp(text(row, "model"), "dogwood") == 0,
             low = strcmp(text(row, "model"), "alder") == 0;
        assert_true(fabs(number(row, "score")) < 0.3);
        if (high || low) {
            assert_string_equal(text(worst, "attribute"), "taste");
            assert_string_equal(text(worst, "value"), high ? "sour" : "sweet");
            assert_true(number(worst, "score") < -0.5 && end_of(worst, 1) < 0);
            assert_int_equal(json_integer_value(json_object_get(worst, "n_annotators")), 60);
        }
    }
    json_decref(models);
    free(model);
    planted_free(&planted);
}

// A quarter who rank them the other way round are flagged nearly all; as they said who they are, nothing is held against them.
static void test_contested(void **state UNUSED)
{
    struct planted planted;
    struct planted_options quarter = plan;
    quarter.minority = 30;
    planted_make(&planted, &quarter);
    uint32_t *model = name_models(&planted, 1, 9);
    json_t *models = models_of(&planted.data, NULL), *people = json_object_get(models, "people");
    const json_t *contested = json_object_get(people, "contested");
    assert_true(json_integer_value(json_object_get(people, "n_flagged")) >= 20);
    assert_int_equal(json_array_size(contested), 1);
    assert_string_equal(text(json_array_get(contested, 0), "value"), "sour");
    assert_int_equal(json_array_size(json_object_get(people, "moved")), 0);
    json_decref(models);
    free(model);
    planted_free(&planted);
}

// Groups of fewer than ten are not shown; models that met nobody, and those named by nobody, stand apart.
static void test_what_is_not_told(void **state UNUSED)
{
    struct planted planted;
    struct planted_options few = plan;
    few.minority = 9;
    planted_make(&planted, &few);
    uint32_t *model = name_models(&planted, 0, 7);
    planted.data.n_models = 6;
    for (uint32_t i = 0; i < planted.data.n_responses / 2; i++)
        model[i] = i % 7 == 0 ? FIT_NO_GROUP : model[i];
    json_t *models = models_of(&planted.data, "taste"), *scores = json_object_get(models, "scores");
    json_t *groups = json_object_get(models, "groups");
    assert_int_equal(json_array_size(groups), 1);
    assert_string_not_equal(text(json_array_get(groups, 0), "value"), "sour");
    assert_string_equal(text(json_array_get(scores, 5), "place"), "absent");
    assert_true(json_is_null(json_object_get(json_array_get(scores, 5), "score")));
    json_decref(models);

    planted.data.n_models = 1; // one model is no table
    for (uint32_t i = 0; i < planted.data.n_responses; i++)
        model[i] = 0;
    assert_null(models_of(&planted.data, NULL));
    planted.data.n_models = 0;
    assert_null(models_of(&planted.data, NULL));
    free(model);
    planted_free(&planted);
}

static void test_wrong_models_and_only_ties(void **state UNUSED)
{
    struct planted planted;
    struct fit_options options = {.method = FIT_POOLED, .lambda = 0.01};
    struct fit_result result;
    struct err err;
    planted_make(&planted, &plan);
    uint32_t *model = name_models(&planted, 0, 8);
    uint8_t *outcome = (uint8_t *)(uintptr_t)planted.data.judgment_outcome;
    memset(outcome, FIT_TIE, planted.data.n_judgments);
    json_t *models = models_of(&planted.data, NULL);
    assert_int_equal(json_array_size(json_object_get(models, "scores")), 0);
    assert_non_null(strstr(text(models, "statement"), "tie"));
    json_decref(models);
    model[3] = MODELS;
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "response 3"));
    free(model);
    planted_free(&planted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_opposed_groups),
        cmocka_unit_test(test_contested),
        cmocka_unit_test(test_what_is_not_told),
        cmocka_unit_test(test_wrong_models_and_only_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
