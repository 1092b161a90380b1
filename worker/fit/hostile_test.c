// Data that say little, or nonsense: every method gives a clear error, or a model whose every number is one.
#include "worker/fit/fit.h"

#include "reward/artefact.h"
#include "worker/fit/testing.h"

// cmocka wants these first
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FITTED, REFUSED, EITHER };

struct world {
    struct planted planted;
    uint8_t *outcome;
    uint32_t *annotator;
    float *embedding, *weight;
    uint32_t *group;
};

static void make(struct world *world)
{
    planted_make(&world->planted, &(struct planted_options){.n_annotators = 40,
                                      .n_items = 120,
                                      .judgments_each = 40,
                                      .n_dimensions = 16,
                                      .n_tastes = 2,
                                      .sharpness = 2,
                                      .seed = 8});
    struct fit_data *data = &world->planted.data;
    data->normalise_embeddings = true;
    // The arrays are this test's to spoil.
    world->outcome = (uint8_t *)(uintptr_t)data->judgment_outcome;
    world->annotator = (uint32_t *)(uintptr_t)data->judgment_annotator;
    world->embedding = (float *)(uintptr_t)data->response_embedding;
    world->group = (uint32_t *)(uintptr_t)data->annotator_group;
    world->weight = calloc(data->n_judgments, sizeof(*world->weight));
    assert_non_null(world->weight);
}

static void one_sided(struct world *world)
{
    memset(world->outcome, FIT_LEFT, world->planted.data.n_judgments);
}

static void all_ties(struct world *world)
{
    memset(world->outcome, FIT_TIE, world->planted.data.n_judgments);
}

static void one_annotator(struct world *world)
{
    memset(world->annotator, 0, world->planted.data.n_judgments * sizeof(uint32_t));
}

static void nobody_declared(struct world *world)
{
    for (uint32_t i = 0; i < 2 * world->planted.data.n_annotators; i++)
        world->group[i] = FIT_NO_GROUP;
}

static void nobody_in_one_group(struct world *world)
{
    memset(world->group, 0, world->planted.data.n_annotators * sizeof(uint32_t));
}

static void equal_embeddings(struct world *world)
{
    for (size_t i = 0; i < (size_t)world->planted.data.n_responses * 16; i++)
        world->embedding[i] = 0.25F;
}

static void zero_embeddings(struct world *world)
{
    memset(world->embedding, 0, (size_t)world->planted.data.n_responses * 16 * sizeof(float));
}

static void huge_embeddings(struct world *world)
{
    for (size_t i = 0; i < (size_t)world->planted.data.n_responses * 16; i++)
        world->embedding[i] = world->embedding[i] > 0 ? FLT_MAX : -FLT_MAX;
}

static void huge_as_they_are(struct world *world)
{
    world->planted.data.normalise_embeddings = false;
    for (size_t i = 0; i < (size_t)world->planted.data.n_responses * 16; i++)
        world->embedding[i] *= 1e15F;
}

static void tiny_as_they_are(struct world *world)
{
    world->planted.data.normalise_embeddings = false;
    for (size_t i = 0; i < (size_t)world->planted.data.n_responses * 16; i++)
        world->embedding[i] *= 1e-30F;
}

static void not_a_number(struct world *world)
{
    world->embedding[77] = NAN;
}

static void infinite(struct world *world)
{
    world->embedding[77] = -INFINITY;
}

static void weightless(struct world *world)
{
    world->planted.data.judgment_weight = world->weight;
}

static void weight_that_is_none(struct world *world)
{
    world->weight[3] = NAN;
    world->planted.data.judgment_weight = world->weight;
}

// Two halves of people that judge two halves of the items: nothing says how one half of the responses compares with the other.
static void disconnected(struct world *world)
{
    struct fit_data *data = &world->planted.data;
    uint32_t n = 0;
    for (uint32_t i = 0; i < data->n_judgments; i++) {
        bool first_half = data->judgment_left[i] < data->n_responses / 2;
        if (first_half != (world->annotator[i] % 2 == 0))
            continue;
        world->annotator[n] = world->annotator[i];
        ((uint32_t *)(uintptr_t)data->judgment_left)[n] = data->judgment_left[i];
        ((uint32_t *)(uintptr_t)data->judgment_right)[n] = data->judgment_right[i];
        world->outcome[n++] = world->outcome[i];
    }
    data->n_judgments = n;
}

static void one_judgment_each(struct world *world)
{
    struct fit_data *data = &world->planted.data;
    for (uint32_t a = 0; a < data->n_annotators; a++) {
        world->annotator[a] = a;
        world->outcome[a] = world->outcome[(size_t)a * 40];
    }
    data->n_judgments = data->n_annotators;
}

static void one_prompt(struct world *world)
{
    uint64_t *prompt = (uint64_t *)(uintptr_t)world->planted.data.item_prompt;
    for (uint32_t i = 0; i < world->planted.data.n_items; i++)
        prompt[i] = 1;
}

static void index_out_of_range(struct world *world)
{
    world->annotator[5] = 1000;
}

static const struct {
    const char *name;
    void (*spoil)(struct world *world);
    int expected;
    const char *says; // of what is refused
} cases[] = {
    {"one-sided", one_sided, FITTED, NULL},
    {"all ties", all_ties, FITTED, NULL},
    {"one annotator", one_annotator, FITTED, NULL},
    {"nobody declared anything", nobody_declared, EITHER, NULL}, // dro is of groups
    {"nobody in one group", nobody_in_one_group, FITTED, NULL},
    {"equal embeddings", equal_embeddings, FITTED, NULL},
    {"embeddings of zeros", zero_embeddings, FITTED, NULL},
    {"huge embeddings", huge_embeddings, EITHER, NULL},
    {"huge embeddings as they are", huge_as_they_are, EITHER, NULL},
    {"tiny embeddings as they are", tiny_as_they_are, FITTED, NULL},
    {"not a number", not_a_number, REFUSED, "embedding"},
    {"infinite", infinite, REFUSED, "embedding"},
    {"weightless", weightless, REFUSED, "too few"},
    {"a weight that is none", weight_that_is_none, REFUSED, "a weight that is none"},
    {"disconnected", disconnected, FITTED, NULL},
    {"one judgment each", one_judgment_each, EITHER, NULL},
    {"one prompt", one_prompt, REFUSED, "prompt"},
    {"an index out of range", index_out_of_range, REFUSED, "names"},
};

// A card has no number that is none: JSON can't say one. The artefact is opened as the scorer does, which checks every weight.
static void fit(size_t i, enum fit_method method)
{
    struct world world = {0};
    struct fit_result result;
    struct err err = {0};
    make(&world);
    cases[i].spoil(&world);
    struct fit_options options = {
        .method = method, .seed = 1, .attribute = "taste", .restarts = 2, .threads = 1};
    int rc = fit_run(&world.planted.data, &options, &result, &err);
    if ((cases[i].expected == FITTED && rc < 0) || (cases[i].expected == REFUSED && rc == 0))
        fail_msg("%s, %s: %s", fit_method_name(method), cases[i].name, rc < 0 ? err.message : "fitted");
    if (rc < 0) {
        if (rc != ERR_INVALID || err.message[0] == '\0' ||
            (cases[i].says != NULL && strstr(err.message, cases[i].says) == NULL))
            fail_msg("%s, %s says: %s", fit_method_name(method), cases[i].name, err.message);
    } else {
        json_t *card = json_loads(result.card, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(card);
        json_decref(card);
        struct artefact *artefact = artefact_open_bytes(result.artefact.data, result.artefact.length, &err);
        if (artefact == NULL)
            fail_msg("%s, %s: %s", fit_method_name(method), cases[i].name, err.message);
        artefact_close(artefact);
        fit_result_release(&result);
    }
    free(world.weight);
    planted_free(&world.planted);
}

static void every_method_says_so_or_makes_a_model(void **state UNUSED)
{
    static const enum fit_method methods[] = {FIT_POOLED, FIT_GROUP, FIT_DRO, FIT_MAXMIN, FIT_JURY};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (size_t m = 0; m < ARRAY_SIZE(methods); m++)
            fit(i, methods[m]);
    }
}

// --- what is recovered of one taste --------------------------------------------------------------------------------------
static void as_it_is(struct world *world UNUSED)
{
}

static void half_missing(struct world *world)
{
    world->planted.data.judgment_weight = world->weight;
    for (uint32_t i = 0; i < world->planted.data.n_judgments; i++)
        world->weight[i] = (float)((i * 2654435761U >> 16) % 2);
}

static void a_tenth_turned(struct world *world)
{
    for (uint32_t i = 0; i < world->planted.data.n_judgments; i++) {
        if ((i * 2654435761U >> 16) % 10 == 0)
            world->outcome[i] = world->outcome[i] == FIT_LEFT ? FIT_RIGHT : FIT_LEFT;
    }
}

static double cosine_with_planted(void (*spoil)(struct world *world), uint64_t seed)
{
    struct world world = {0};
    struct fit_result result;
    struct err err;
    planted_make(&world.planted, &(struct planted_options){.n_annotators = 60,
                                     .n_items = 300,
                                     .judgments_each = 60,
                                     .n_dimensions = 16,
                                     .n_tastes = 1,
                                     .sharpness = 1,
                                     .seed = seed});
    world.outcome = (uint8_t *)(uintptr_t)world.planted.data.judgment_outcome;
    world.annotator = (uint32_t *)(uintptr_t)world.planted.data.judgment_annotator;
    world.weight = calloc(world.planted.data.n_judgments, sizeof(*world.weight));
    assert_non_null(world.weight);
    spoil(&world);
    assert_int_equal(
        fit_run(&world.planted.data, &(struct fit_options){.seed = 1, .threads = 1}, &result, &err), 0);
    struct artefact *artefact = artefact_open_bytes(result.artefact.data, result.artefact.length, &err);
    assert_non_null(artefact);
    double dot = 0, squares = 0;
    for (uint32_t c = 0; c < 16; c++) {
        double w = (double)artefact->weights[(size_t)c * artefact->n_heads];
        dot += w * world.planted.taste[c];
        squares += w * w;
    }
    artefact_close(artefact);
    fit_result_release(&result);
    free(world.weight);
    planted_free(&world.planted);
    return dot / sqrt(squares);
}

// Rewards are of features, so that two halves nobody compared are still compared: what is lost is some precision.
static void a_taste_comes_back(void **state UNUSED)
{
    static const struct {
        const char *name;
        void (*spoil)(struct world *world);
        double least;
    } spoiled[] = {
        {"all there", as_it_is, 0.98},
        {"half missing", half_missing, 0.95},
        {"two halves", disconnected, 0.95},
        {"a tenth turned", a_tenth_turned, 0.95},
    };
    for (size_t i = 0; i < ARRAY_SIZE(spoiled); i++) {
        double mean = 0;
        for (uint64_t seed = 1; seed <= 5; seed++)
            mean += cosine_with_planted(spoiled[i].spoil, seed) / 5;
        print_message("%s: cosine %.4f\n", spoiled[i].name, mean);
        assert_true(mean > spoiled[i].least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_says_so_or_makes_a_model),
        cmocka_unit_test(a_taste_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
