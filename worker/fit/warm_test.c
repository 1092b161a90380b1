// Refits: what a model takes up from the one before it, when it doesn't, and whether judgments have moved.
#include "worker/fit/fit.h"

#include "reward/artefact.h"
#include "worker/fit/testing.h"

// cmocka wants these first
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct planted_options two_tastes = {.n_annotators = 60,
    .n_items = 300,
    .judgments_each = 60,
    .n_dimensions = 8,
    .n_tastes = 2,
    .sharpness = 1.5,
    .seed = 3};

static struct fit_result fit(const struct fit_data *data, const struct fit_options *options)
{
    struct fit_result result;
    struct err err;
    if (fit_run(data, options, &result, &err) < 0)
        fail_msg("%s", err.message);
    return result;
}

static struct artefact *open_result(const struct fit_result *result)
{
    struct err err;
    struct artefact *artefact = artefact_open_bytes(result->artefact.data, result->artefact.length, &err);
    assert_non_null(artefact);
    return artefact;
}

// A text of the card at a path of two names.
static void assert_text(
    const struct fit_result *result, const char *outer, const char *inner, const char *wanted)
{
    json_t *card = json_loads(result->card, 0, NULL);
    const char *text = json_string_value(json_object_get(json_object_get(card, outer), inner));
    assert_non_null(text);
    assert_string_equal(text, wanted);
    json_decref(card);
}

// The judgments with `is_recent` (or without it) left out; the arrays are kept by the caller.
struct part {
    struct fit_data data;
    uint32_t *annotator, *left, *right;
    uint8_t *outcome;
};

static struct part older_part(const struct fit_data *data)
{
    size_t n = data->n_judgments;
    struct part part = {.data = *data,
        .annotator = calloc(n, sizeof(uint32_t)),
        .left = calloc(n, sizeof(uint32_t)),
        .right = calloc(n, sizeof(uint32_t)),
        .outcome = calloc(n, 1)};
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (data->judgment_is_recent[i])
            continue;
        part.annotator[m] = data->judgment_annotator[i];
        part.left[m] = data->judgment_left[i];
        part.right[m] = data->judgment_right[i];
        part.outcome[m++] = data->judgment_outcome[i];
    }
    part.data.n_judgments = m;
    part.data.judgment_annotator = part.annotator;
    part.data.judgment_left = part.left;
    part.data.judgment_right = part.right;
    part.data.judgment_outcome = part.outcome;
    part.data.judgment_is_recent = part.data.rating_is_recent = NULL;
    return part;
}

static void part_free(struct part *part)
{
    free(part->annotator);
    free(part->left);
    free(part->right);
    free(part->outcome);
}

static const uint8_t no_ratings[1];

// --- going on -----------------------------------------------------------------------------------------------------------
// Every method ends where a fit from nothing ends (to what its iterations leave), and the same bytes come again.
static void a_refit_ends_where_a_fit_ends(void **state UNUSED)
{
    static const enum fit_method methods[] = {FIT_POOLED, FIT_GROUP, FIT_DRO, FIT_MAXMIN, FIT_JURY};
    struct planted planted;
    planted_make(&planted, &two_tastes);
    uint8_t *recent = calloc(planted.data.n_judgments, 1);
    for (uint32_t i = 0; i < planted.data.n_judgments; i++)
        recent[i] = i % 20 == 7;
    planted.data.judgment_is_recent = recent;
    planted.data.rating_is_recent = no_ratings;
    struct part older = older_part(&planted.data);
    for (size_t m = 0; m < ARRAY_SIZE(methods); m++) {
        struct fit_options options = {.method = methods[m], .seed = 1, .attribute = "taste"};
        struct fit_result first = fit(&older.data, &options), cold = fit(&planted.data, &options);
        struct artefact *before = open_result(&first), *from_nothing = open_result(&cold);
        options.predecessor = before;
        struct fit_result warm = fit(&planted.data, &options), again = fit(&planted.data, &options);
        struct artefact *refitted = open_result(&warm);
        assert_text(&first, "start", "kind", "cold");
        assert_text(&first, "start", "why", "first");
        assert_text(&warm, "start", "kind", "warm");
        assert_memory_equal(warm.artefact_hash, again.artefact_hash, HASH_BYTES);
        assert_non_null(refitted->training);
        assert_true(refitted->training->has_predecessor);
        assert_memory_equal(refitted->training->predecessor, first.artefact_hash, HASH_BYTES);
        assert_int_equal(refitted->training->n_refits, 1);
        assert_int_equal(refitted->training->n_cold, older.data.n_judgments);
        assert_int_equal(refitted->training->n_judgments, planted.data.n_judgments);
        assert_int_equal(refitted->n_heads, before->n_heads); // what was chosen is kept
        // Lambda is kept, and where the fit from nothing chose the same, the optimum is the same.
        if (refitted->training->lambda == from_nothing->training->lambda) {
            double squares = 0, difference = 0;
            for (uint32_t c = 0; c < 8; c++) {
                double a = (double)refitted->weights[(size_t)c * refitted->n_heads],
                       b = (double)from_nothing->weights[(size_t)c * from_nothing->n_heads];
                squares += b * b;
                difference += (a - b) * (a - b);
            }
            assert_true(difference <= 1e-5 * squares); // gradients of 1e-6 over lambda
        }
        json_t *a = json_loads(warm.card, 0, NULL), *b = json_loads(cold.card, 0, NULL);
        double gap = json_number_value(json_object_get(json_object_get(a, "all"), "log_loss")) -
                     json_number_value(json_object_get(json_object_get(b, "all"), "log_loss"));
        assert_true(fabs(gap) < 0.01);
        json_decref(a);
        json_decref(b);
        artefact_close(before);
        artefact_close(refitted);
        artefact_close(from_nothing);
        fit_result_release(&first);
        fit_result_release(&cold);
        fit_result_release(&warm);
        fit_result_release(&again);
    }
    part_free(&older);
    planted_free(&planted);
    free(recent);
}

// Words for the signs of the embedding: a model of text.
static void make_text(struct planted *planted, const char ***ret_texts, size_t **ret_lengths)
{
    uint32_t n = planted->data.n_responses, d = planted->data.n_dimensions;
    const char **texts = calloc(n, sizeof(*texts));
    size_t *lengths = calloc(n, sizeof(*lengths));
    for (uint32_t i = 0; i < n; i++) {
        char text[512];
        int at = 0;
        for (uint32_t c = 0; c < d; c++)
            at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%u ",
                planted->data.response_embedding[(size_t)i * d + c] > 0 ? "yes" : "no", c);
        texts[i] = strdup(text);
        lengths[i] = (size_t)at;
    }
    planted->data.response_text = texts;
    planted->data.response_length = lengths;
    planted->data.n_dimensions = 0;
    planted->data.response_embedding = NULL;
    *ret_texts = texts;
    *ret_lengths = lengths;
}

// Hashed text: columns are told apart by their features, also where the earlier model did not know some.
static void text_goes_on_too(void **state UNUSED)
{
    struct planted planted;
    const char **texts;
    size_t *lengths;
    planted_make(&planted, &two_tastes);
    make_text(&planted, &texts, &lengths);
    uint32_t n = planted.data.n_responses, half = planted.data.n_judgments * 4 / 5;
    struct fit_data older = planted.data;
    older.n_judgments = half;
    struct fit_options options = {.method = FIT_POOLED, .seed = 1};
    struct fit_result first = fit(&older, &options), cold = fit(&planted.data, &options);
    struct artefact *before = open_result(&first), *from_nothing = open_result(&cold);
    options.predecessor = before;
    options.lambda = from_nothing->training->lambda;
    struct fit_result warm = fit(&planted.data, &options);
    struct artefact *refitted = open_result(&warm);
    assert_text(&warm, "start", "kind", "warm");
    assert_int_equal(refitted->n_rows, from_nothing->n_rows);
    double squares = 0, difference = 0;
    for (uint32_t row = 0; row < refitted->n_rows; row++) {
        double a = (double)refitted->weights[row], b = (double)from_nothing->weights[row];
        squares += b * b;
        difference += (a - b) * (a - b);
    }
    assert_true(difference <= 1e-6 * squares);
    artefact_close(before);
    artefact_close(refitted);
    artefact_close(from_nothing);
    fit_result_release(&first);
    fit_result_release(&cold);
    fit_result_release(&warm);
    for (uint32_t i = 0; i < n; i++)
        free((char *)(uintptr_t)texts[i]);
    free(texts);
    free(lengths);
    planted_free(&planted);
}

// --- from the beginning -------------------------------------------------------------------------------------------------
static void a_refit_says_why_it_begins_anew(void **state UNUSED)
{
    struct planted planted;
    planted_make(&planted, &two_tastes);
    struct fit_data few = planted.data;
    few.n_judgments /= 2;
    struct fit_options options = {.method = FIT_GROUP, .seed = 1, .attribute = "taste"};
    struct fit_result first = fit(&planted.data, &options), small = fit(&few, &options);
    struct artefact *before = open_result(&first), *of_few = open_result(&small);
    const struct {
        enum fit_method method;
        const char *attribute, *why;
        const struct artefact *predecessor;
        uint64_t split;
    } cases[] = {
        {FIT_POOLED, "taste", "other_method", before, 0},
        {FIT_GROUP, "month", "other_attribute", before, 0},
        {FIT_GROUP, "taste", "other_options", before, 1},
        {FIT_GROUP, "taste", "grown", of_few, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fit_options anew = {.method = cases[i].method,
            .seed = 1,
            .attribute = cases[i].attribute,
            .split = cases[i].split,
            .predecessor = cases[i].predecessor};
        struct fit_result result = fit(&planted.data, &anew);
        assert_text(&result, "start", "kind", "cold");
        assert_text(&result, "start", "why", cases[i].why);
        struct artefact *artefact = open_result(&result);
        assert_int_equal(artefact->training->n_refits, 0);
        artefact_close(artefact);
        fit_result_release(&result);
    }
    struct artefact of_old = *before; // from before artefacts told how they were fitted
    of_old.training = NULL;
    struct buf bytes;
    unsigned char hash[HASH_BYTES];
    struct err err;
    buf_init(&bytes, ARTEFACT_MAX_BYTES);
    assert_int_equal(artefact_write(&of_old, &bytes, hash, &err), 0);
    struct artefact *untold = artefact_open_bytes(bytes.data, bytes.length, &err);
    assert_non_null(untold);
    assert_null(untold->training);
    options.predecessor = untold;
    struct fit_result result = fit(&planted.data, &options);
    assert_text(&result, "start", "why", "not_told");
    fit_result_release(&result);
    artefact_close(untold);
    buf_release(&bytes);
    artefact_close(before);
    artefact_close(of_few);
    fit_result_release(&first);
    fit_result_release(&small);
    planted_free(&planted);
}

// --- drift ------------------------------------------------------------------------------------------------------------------
// The last third of each annotator's judgments is recent; `turned` of the first taste's people judge the other way round in them.
static struct fit_result after_a_turn(uint64_t seed, bool is_turned)
{
    struct planted_options plan = two_tastes;
    struct planted planted;
    plan.seed = seed;
    planted_make(&planted, &plan);
    uint8_t *recent = calloc(planted.data.n_judgments, 1), *outcome = calloc(planted.data.n_judgments, 1);
    for (uint32_t i = 0; i < planted.data.n_judgments; i++) {
        bool turns = is_turned && planted.annotator_taste[planted.data.judgment_annotator[i]] == 0;
        recent[i] = i % plan.judgments_each >= 40;
        outcome[i] = planted.data.judgment_outcome[i];
        if (recent[i] && turns)
            outcome[i] = outcome[i] == FIT_LEFT ? FIT_RIGHT : FIT_LEFT;
    }
    planted.data.judgment_outcome = outcome;
    planted.data.judgment_is_recent = recent;
    planted.data.rating_is_recent = no_ratings;
    struct part older = older_part(&planted.data);
    struct fit_options options = {.method = FIT_POOLED, .seed = 1, .attribute = "taste"};
    struct fit_result first = fit(&older.data, &options);
    struct artefact *before = open_result(&first);
    options.predecessor = before;
    struct fit_result result = fit(&planted.data, &options);
    artefact_close(before);
    fit_result_release(&first);
    part_free(&older);
    free(recent);
    free(outcome);
    planted_free(&planted);
    return result;
}

static void a_group_that_turned_is_found(void **state UNUSED)
{
    struct fit_result result = after_a_turn(5, true);
    assert_text(&result, "start", "why", "drift");
    json_t *card = json_loads(result.card, 0, NULL), *drift = json_object_get(card, "drift"), *row, *rows;
    assert_true(json_is_true(json_object_get(drift, "found")));
    size_t i;
    double turned = 1, still = 0;
    rows = json_object_get(drift, "rows");
    json_array_foreach(rows, i, row)
    {
        const char *value = json_string_value(json_object_get(row, "value"));
        if (value != NULL && strcmp(value, "sweet") == 0)
            turned = json_number_value(json_object_get(row, "p"));
        if (value != NULL && strcmp(value, "sour") == 0)
            still = json_number_value(json_object_get(row, "p"));
    }
    assert_true(turned < 0.003 && still > 0.01);
    json_decref(card);
    fit_result_release(&result);
}

// Found in at most one of a hundred studies in which nothing moved: of 40, three or more are as likely as one in 130.
static void chance_is_not_drift(void **state UNUSED)
{
    int found = 0, measured = 0;
    for (uint64_t seed = 100; seed < 140; seed++) {
        struct fit_result result = after_a_turn(seed, false);
        json_t *card = json_loads(result.card, 0, NULL), *drift = json_object_get(card, "drift");
        found += json_is_true(json_object_get(drift, "found"));
        measured += json_is_true(json_object_get(drift, "measured"));
        json_decref(card);
        fit_result_release(&result);
    }
    assert_int_equal(measured, 40);
    assert_in_range(found, 0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refit_ends_where_a_fit_ends),
        cmocka_unit_test(text_goes_on_too),
        cmocka_unit_test(a_refit_says_why_it_begins_anew),
        cmocka_unit_test(a_group_that_turned_is_found),
        cmocka_unit_test(chance_is_not_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
