#include "worker/fit/fit.h"

#include "reward/artefact.h"
#include "reward/predict.h"
#include "worker/fit/testing.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct planted_options two_tastes = {.n_annotators = 48,
    .n_items = 500,
    .judgments_each = 60,
    .n_dimensions = 8,
    .n_tastes = 2,
    .sharpness = 2,
    .seed = 5};
static const struct planted_options one_taste = {.n_annotators = 48,
    .n_items = 500,
    .judgments_each = 60,
    .n_dimensions = 8,
    .n_tastes = 1,
    .sharpness = 1,
    .ties = true,
    .seed = 6};
static const struct planted_options rated = {.n_annotators = 40,
    .n_items = 300,
    .judgments_each = 30,
    .n_dimensions = 6,
    .n_tastes = 1,
    .sharpness = 1,
    .as_ratings = true,
    .seed = 7};

struct fitted {
    struct fit_result result;
    json_t *card;
    struct artefact *artefact;
};

static void run(const struct fit_data *data, const struct fit_options *options, struct fitted *fitted)
{
    struct err err = {0};
    int failed = fit_run(data, options, &fitted->result, &err);
    if (failed)
        fail_msg("%s", err.message);
    fitted->card = json_loads(fitted->result.card, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(fitted->card);
    fitted->artefact =
        artefact_open_bytes(fitted->result.artefact.data, fitted->result.artefact.length, &err);
    if (fitted->artefact == NULL)
        fail_msg("%s", err.message);
}

static void release(struct fitted *fitted)
{
    json_decref(fitted->card);
    artefact_close(fitted->artefact);
    fit_result_release(&fitted->result);
}

static double number(const json_t *card, const char *outer, const char *inner)
{
    const json_t *value = json_object_get(outer != NULL ? json_object_get(card, outer) : card, inner);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static bool supported(const struct fitted *fitted)
{
    bool said = json_is_true(json_object_get(fitted->card, "supported"));
    assert_int_equal(said, fitted->artefact->supported);
    return said;
}

static void the_pooled_model_learns(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    planted_make(&planted, &one_taste);
    run(&planted.data, &(struct fit_options){.method = FIT_POOLED, .seed = 1}, &fitted);
    assert_true(number(fitted.card, "all", "accuracy") > 0.65);
    assert_true(number(fitted.card, "all", "log_loss") < 0.65);
    assert_true(number(fitted.card, "all", "ece") < 0.08);
    assert_true(number(fitted.card, NULL, "n_judgments") == 48 * 60);
    assert_true(number(fitted.card, NULL, "n_annotators") == 48);
    assert_int_equal(fitted.artefact->n_heads, 1);
    assert_true(fitted.artefact->heads[0].served);
    assert_true(fabs(fitted.artefact->heads[0].tau - 1) < 0.3);
    // Declared groups stand beside the average: the one taste, and two of three months. Seven people didn't say: with the third shown,
    // what is said of them would follow.
    assert_int_equal(json_array_size(json_object_get(fitted.card, "groups")), 3);
    assert_non_null(json_object_get(fitted.card, "worst"));
    // Scores by the artefact: the planted direction.
    double dot = 0, squares = 0;
    for (uint32_t c = 0; c < 8; c++) {
        double w = fitted.artefact->weights[c];
        dot += w * planted.taste[c];
        squares += w * w;
    }
    assert_true(dot / sqrt(squares) > 0.97);
    release(&fitted);
    planted_free(&planted);
}

static void two_tastes_are_two_clusters(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    planted_make(&planted, &two_tastes);
    run(&planted.data, &(struct fit_options){.method = FIT_MAXMIN, .attribute = "taste", .seed = 1}, &fitted);
    assert_true(number(fitted.card, NULL, "k") == 2);
    assert_true(supported(&fitted));
    assert_int_equal(artefact_n_served(fitted.artefact), 2);
    assert_string_equal(fitted.artefact->heads[predict_served_head(fitted.artefact, 0)].value, "cluster 1");
    assert_true(number(fitted.card, "worst", "accuracy") >
                json_number_value(json_object_get(
                    json_object_get(json_object_get(fitted.card, "pooled"), "worst"), "accuracy")) +
                    0.05);
    const json_t *interval = json_object_get(json_object_get(fitted.card, "gain"), "log_loss_interval");
    assert_true(json_number_value(json_array_get(interval, 0)) > 0);
    release(&fitted);
    planted_free(&planted);
}

// Rows with an attribute are of groups that people declared, those without of groups found.
static size_t n_rows(const json_t *view, bool declared)
{
    size_t i, n = 0;
    json_t *row;
    json_array_foreach(json_object_get(view, "groups"), i, row)
    {
        n += (json_object_get(row, "attribute") != NULL) == declared;
        assert_true(number(view, "worst", "accuracy") <= number(row, NULL, "accuracy"));
        if (declared && json_object_get(row, "attribute") != NULL)
            assert_true(number(view, "worst_declared", "accuracy") <= number(row, NULL, "accuracy"));
    }
    return n;
}

static void declared_groups_stand_beside_those_found(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    planted_make(&planted, &two_tastes);
    run(&planted.data, &(struct fit_options){.method = FIT_MAXMIN, .seed = 1}, &fitted);
    const json_t *views[] = {fitted.card, json_object_get(fitted.card, "pooled")};
    for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
        assert_int_equal(n_rows(views[i], true), 4); // two tastes and two months
        assert_int_equal(n_rows(views[i], false), 2);
    }
    const struct artefact_head *heads = fitted.artefact->heads;
    assert_true(heads[1].n_judgments > 0 && heads[2].n_judgments > 0);
    assert_true(labs((long)heads[1].n_judgments + heads[2].n_judgments - heads[0].n_judgments) <= 1);
    release(&fitted);
    run(&planted.data, &(struct fit_options){.method = FIT_GROUP, .attribute = "taste", .seed = 1}, &fitted);
    assert_true(fitted.artefact->heads[1].n_judgments > 0);
    release(&fitted);
    planted_free(&planted);
}

static void one_taste_is_one_cluster(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    planted_make(&planted, &one_taste);
    run(&planted.data, &(struct fit_options){.method = FIT_MAXMIN, .seed = 1}, &fitted);
    assert_true(number(fitted.card, NULL, "k") == 1);
    assert_false(supported(&fitted));
    assert_int_equal(artefact_n_served(fitted.artefact), 1);
    assert_int_equal(predict_served_head(fitted.artefact, 0), 0); // pooled
    const char *statement =
        json_string_value(json_object_get(json_object_get(fitted.card, "gain"), "statement"));
    assert_non_null(strstr(statement, "do not support"));
    // The one cluster is everybody, and no group; who is worst off stands there all the same.
    assert_int_equal(n_rows(fitted.card, false), 0);
    assert_int_equal(n_rows(fitted.card, true), 3);
    assert_true(
        json_equal(json_object_get(fitted.card, "worst"), json_object_get(fitted.card, "worst_declared")));
    const json_t *gain = json_object_get(json_object_get(fitted.card, "gain"), "log_loss_interval");
    for (size_t i = 0; i < 2; i++)
        assert_true(json_number_value(json_array_get(gain, i)) == 0);
    const json_t *tried = json_array_get(json_object_get(fitted.card, "clusters_tried"), 0);
    assert_true(number(tried, NULL, "held_out_log_likelihood") < -0.3);
    release(&fitted);
    // Made to find two where there is one: still no claim, and the attribute's offsets are served instead.
    run(&planted.data,
        &(struct fit_options){.method = FIT_MAXMIN, .attribute = "month", .clusters = 2, .seed = 1}, &fitted);
    assert_false(supported(&fitted));
    assert_non_null(json_object_get(fitted.card, "served"));
    assert_string_equal(fitted.artefact->heads[predict_served_head(fitted.artefact, 0)].attribute, "month");
    release(&fitted);
    planted_free(&planted);
}

static void what_nobody_can_be_held_out_for_is_not_known(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    struct planted_options alone = one_taste;
    alone.n_annotators = 1;
    alone.judgments_each = 200;
    planted_make(&planted, &alone);
    run(&planted.data, &(struct fit_options){.method = FIT_MAXMIN, .seed = 1}, &fitted);
    const json_t *tried = json_array_get(json_object_get(fitted.card, "clusters_tried"), 0);
    assert_true(json_is_null(json_object_get(tried, "held_out_log_likelihood")));
    release(&fitted);
    planted_free(&planted);
}

static void groups_that_differ_are_served_apart(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    struct planted_options few = two_tastes;
    few.n_annotators = 60;
    few.minority = 12;
    planted_make(&planted, &few);
    run(&planted.data, &(struct fit_options){.method = FIT_GROUP, .attribute = "taste", .seed = 1}, &fitted);
    assert_true(supported(&fitted));
    assert_int_equal(artefact_n_served(fitted.artefact), 2);
    double shares = 0;
    for (uint32_t n = 0; n < 2; n++)
        shares += fitted.artefact->heads[predict_served_head(fitted.artefact, n)].share;
    assert_true(fabs(shares - 1) < 1e-9);
    release(&fitted);
    // The month says nothing: no claim, and next to no harm.
    run(&planted.data, &(struct fit_options){.method = FIT_GROUP, .attribute = "month", .seed = 1}, &fitted);
    assert_false(supported(&fitted));
    const json_t *pooled = json_object_get(json_object_get(fitted.card, "pooled"), "all");
    assert_true(number(fitted.card, "all", "log_loss") <
                json_number_value(json_object_get(pooled, "log_loss")) + 0.01);
    release(&fitted);
    planted_free(&planted);
}

static void dro_evens_the_losses_out(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    struct planted_options few = two_tastes;
    few.n_annotators = 60;
    few.minority = 15;
    planted_make(&planted, &few);
    run(&planted.data, &(struct fit_options){.method = FIT_DRO, .attribute = "taste", .seed = 1}, &fitted);
    double gap = number(fitted.card, NULL, "duality_gap");
    assert_true(gap >= -1e-9 && gap <= 1e-3);
    const json_t *pooled_worst = json_object_get(json_object_get(fitted.card, "pooled"), "worst");
    assert_true(number(fitted.card, "worst", "log_loss") <=
                json_number_value(json_object_get(pooled_worst, "log_loss")));
    assert_string_equal(fitted.artefact->heads[1].value, "all groups");
    if (!supported(&fitted)) // then the groups' own heads are served
        assert_string_equal(
            fitted.artefact->heads[predict_served_head(fitted.artefact, 0)].attribute, "taste");
    release(&fitted);
    planted_free(&planted);
}

static void small_groups_are_not_shown(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    struct planted_options few = two_tastes;
    few.minority = 6;
    planted_make(&planted, &few);
    run(&planted.data, &(struct fit_options){.method = FIT_POOLED, .attribute = "taste", .seed = 1}, &fitted);
    // Nor is the other one: with it, six people would be all the others.
    assert_int_equal(json_array_size(json_object_get(fitted.card, "groups")), 0);
    release(&fitted);
    planted_free(&planted);
    few.minority = 12;
    planted_make(&planted, &few);
    run(&planted.data, &(struct fit_options){.method = FIT_POOLED, .attribute = "taste", .seed = 1}, &fitted);
    assert_int_equal(json_array_size(json_object_get(fitted.card, "groups")), 2);
    release(&fitted);
    planted_free(&planted);
}

static const json_t *part(const json_t *card, const char *outer, const char *inner)
{
    return json_object_get(json_object_get(card, outer), inner);
}

// Who had no part in the fit is foretold better by what they said of themselves, or by what else they judged, than by the pooled model,
// where tastes are two; and pooled alone where they are one.
static void new_people_are_foretold(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    struct planted_options many = two_tastes;
    many.n_annotators = 80;
    planted_make(&planted, &many);
    static const struct {
        enum fit_method method;
        const char *by;
    } ways[] = {{FIT_GROUP, "groups"}, {FIT_MAXMIN, "history"}};
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        run(&planted.data, &(struct fit_options){.method = ways[i].method, .attribute = "taste", .seed = 1},
            &fitted);
        const json_t *people = json_object_get(fitted.card, "new_people");
        assert_true(number(people, NULL, "n_annotators") >= 10 && number(people, NULL, "n_annotators") < 30);
        assert_true(number(people, ways[i].by, "accuracy") > number(people, "pooled", "accuracy") + 0.1);
        assert_true(json_is_true(part(json_object_get(people, ways[i].by), "gain", "supported")));
        assert_true(json_is_true(part(fitted.card, "steerable", "supported")));
        assert_true(
            number(fitted.card, "steerable", "accuracy") > number(fitted.card, "steerable", "others") + 0.2);
        assert_true(number(fitted.card, "mean", "accuracy") >= number(fitted.card, "worst", "accuracy"));
        release(&fitted);
    }
    planted_free(&planted);
    struct planted_options few = one_taste;
    few.n_annotators = 24; // one in five of them are too few
    planted_make(&planted, &few);
    run(&planted.data, &(struct fit_options){.method = FIT_POOLED, .seed = 1}, &fitted);
    assert_non_null(json_string_value(part(fitted.card, "new_people", "reason")));
    assert_non_null(json_string_value(part(fitted.card, "steerable", "reason")));
    assert_true(json_array_size(json_object_get(fitted.card, "calibration")) >= 3);
    release(&fitted);
    planted_free(&planted);
}

static void ratings_are_fitted(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    planted_make(&planted, &rated);
    run(&planted.data, &(struct fit_options){.method = FIT_POOLED, .seed = 1}, &fitted);
    assert_true(number(fitted.card, NULL, "n_judgments") == 40 * 30);
    assert_true(number(fitted.card, "all", "accuracy") > 0.7);
    // 20 % of 30 ratings by each of 40, whatever the number of pairs.
    double n = number(fitted.card, "all", "n");
    assert_true(n > 200 && n < 280);
    release(&fitted);
    planted_free(&planted);
}

static void the_same_data_gives_the_same_bytes(void **state UNUSED)
{
    static const struct fit_options all[] = {
        {.method = FIT_POOLED, .seed = 3},
        {.method = FIT_GROUP, .attribute = "taste", .seed = 3},
        {.method = FIT_MAXMIN, .seed = 3},
        {.method = FIT_MAXMIN, .hard = true, .clusters = 3, .seed = 3},
    };
    struct planted planted;
    planted_make(&planted, &two_tastes);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct fitted first, second;
        struct fit_options again = all[i];
        again.threads = 1 + (uint32_t)i; // whatever the number of threads: the first has one a core
        run(&planted.data, &all[i], &first);
        run(&planted.data, &again, &second);
        assert_memory_equal(first.result.artefact_hash, second.result.artefact_hash, HASH_BYTES);
        assert_string_equal(first.result.card, second.result.card);
        assert_memory_equal(artefact_hash(first.artefact), first.result.artefact_hash, HASH_BYTES);
        assert_memory_equal(first.artefact->snapshot, first.result.snapshot, HASH_BYTES);
        release(&first);
        release(&second);
    }
    planted_free(&planted);
}

// Answers whose length alone is liked, as text: with style features the model says so, without them it is of version 1.
static void style_can_be_switched_off(void **state UNUSED)
{
    enum { ITEMS = 120 };
    static const char *const words[] = {"water ", "rest ", "and ", "walk ", "careful ", "home ", "evening "};
    static char texts[2 * ITEMS][400];
    const char *text[2 * ITEMS];
    size_t length[2 * ITEMS] = {0};
    struct planted planted;
    struct planted_options options = one_taste;
    options.n_items = ITEMS;
    planted_make(&planted, &options);
    struct fit_data data = planted.data;
    uint8_t *outcome = calloc(data.n_judgments, 1);
    assert_non_null(outcome);
    struct rng rng;
    rng_seed(&rng, 4);
    for (uint32_t r = 0; r < 2 * ITEMS; r++) {
        uint64_t n = 3 + rng_below(&rng, 40);
        for (uint64_t i = 0; i < n; i++)
            length[r] += (size_t)snprintf(texts[r] + length[r], sizeof(texts[r]) - length[r], "%s",
                words[rng_below(&rng, ARRAY_SIZE(words))]);
        text[r] = texts[r];
    }
    for (uint32_t i = 0; i < data.n_judgments; i++)
        outcome[i] = length[data.judgment_left[i]] > length[data.judgment_right[i]] ? FIT_LEFT : FIT_RIGHT;
    data.n_dimensions = 0;
    data.response_text = text;
    data.response_length = length;
    data.judgment_outcome = outcome;
    unsigned char hashes[2][2][HASH_BYTES];
    for (int off = 0; off < 2; off++) {
        for (uint32_t threads = 1; threads <= 3; threads += 2) {
            struct fitted fitted;
            run(&data,
                &(struct fit_options){.method = FIT_POOLED, .seed = 3, .style_off = off, .threads = threads},
                &fitted);
            memcpy(hashes[off][threads / 2], fitted.result.artefact_hash, HASH_BYTES);
            const struct artefact *artefact = fitted.artefact;
            const char *features = json_string_value(json_object_get(fitted.card, "features"));
            assert_string_equal(features, off ? "hashed-ngrams-1" : "hashed-ngrams-2");
            assert_int_equal(artefact_text_version(artefact), off ? FEATURES_NGRAMS : FEATURES_NGRAMS_STYLE);
            uint32_t last = artefact->row_index[artefact->n_rows - 1];
            assert_int_equal(last >= FEATURES_DIMENSIONS, !off);
            if (!off) // of this data, length is the only style there is
                assert_true(
                    last == FEATURES_DIMENSIONS && artefact->weights[(size_t)artefact->n_rows - 1] > 0);
            release(&fitted);
        }
        assert_memory_equal(hashes[off][0], hashes[off][1], HASH_BYTES);
    }
    free(outcome);
    planted_free(&planted);
}

static bool stop_at_half(void *arg, const struct fit_progress *now)
{
    double *last = arg;
    assert_true(now->fraction >= 0 && now->fraction <= 1);
    *last = now->fraction;
    return now->fraction < 0.4;
}

// The loss of each phase falls, from log 2 or less on.
static bool watch(void *arg, const struct fit_progress *now)
{
    double *last = arg;
    if (isfinite(now->loss)) {
        assert_true(now->loss > 0 && now->loss < 0.7);
        *last = now->loss;
    }
    return true;
}

static void progress_tells_the_loss(void **state UNUSED)
{
    static const enum fit_method methods[] = {FIT_POOLED, FIT_GROUP, FIT_MAXMIN};
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        struct planted planted;
        struct fitted fitted;
        double last = NAN;
        planted_make(&planted, &two_tastes);
        run(&planted.data,
            &(struct fit_options){.method = methods[i],
                .attribute = "taste",
                .seed = 1,
                .progress = watch,
                .progress_arg = &last},
            &fitted);
        assert_true(isfinite(last));
        release(&fitted);
        planted_free(&planted);
    }
}

static void a_fit_can_be_cancelled(void **state UNUSED)
{
    struct planted planted;
    struct fit_result result;
    struct err err;
    double last = 0;
    planted_make(&planted, &two_tastes);
    struct fit_options options = {
        .method = FIT_MAXMIN, .seed = 1, .progress = stop_at_half, .progress_arg = &last};
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_CLOSED);
    assert_true(last >= 0.4 && last < 0.8);
    fit_result_release(&result);
    planted_free(&planted);
}

static void what_cannot_be_fitted_is_said(void **state UNUSED)
{
    struct planted planted;
    struct fit_result result;
    struct err err;
    enum fit_method method;
    planted_make(&planted, &two_tastes);
    struct fit_options options = {.method = FIT_GROUP};
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_INVALID);
    options.attribute = "shoe size";
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "shoe size"));
    options = (struct fit_options){.method = FIT_DRO}; // of which groups?
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_INVALID);
    options = (struct fit_options){.method = FIT_MAXMIN, .clusters = 9};
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_INVALID);
    options = (struct fit_options){.method = FIT_POOLED, .lambda = NAN};
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_INVALID);
    struct fit_data none = planted.data;
    none.n_judgments = 0;
    options = (struct fit_options){.method = FIT_POOLED};
    assert_int_equal(fit_run(&none, &options, &result, &err), ERR_INVALID);
    float *embedding = (float *)(uintptr_t)planted.data.response_embedding;
    embedding[9] = INFINITY;
    assert_int_equal(fit_run(&planted.data, &options, &result, &err), ERR_INVALID);
    assert_true(fit_method_parse("maxmin", &method));
    assert_true(fit_method_parse("jury", &method));
    assert_true(fit_method_parse("compliance", &method));
    planted_free(&planted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pooled_model_learns),
        cmocka_unit_test(two_tastes_are_two_clusters),
        cmocka_unit_test(declared_groups_stand_beside_those_found),
        cmocka_unit_test(one_taste_is_one_cluster),
        cmocka_unit_test(what_nobody_can_be_held_out_for_is_not_known),
        cmocka_unit_test(groups_that_differ_are_served_apart),
        cmocka_unit_test(dro_evens_the_losses_out),
        cmocka_unit_test(small_groups_are_not_shown),
        cmocka_unit_test(new_people_are_foretold),
        cmocka_unit_test(ratings_are_fitted),
        cmocka_unit_test(the_same_data_gives_the_same_bytes),
        cmocka_unit_test(style_can_be_switched_off),
        cmocka_unit_test(progress_tells_the_loss),
        cmocka_unit_test(a_fit_can_be_cancelled),
        cmocka_unit_test(what_cannot_be_fitted_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
