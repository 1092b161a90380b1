#include "worker/fit/testing.h"

#include <math.h>
#include <stdlib.h>

static void *keep(struct planted *planted, size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL && planted->n_memory < ARRAY_SIZE(planted->memory));
    planted->memory[planted->n_memory++] = memory;
    return memory;
}

void planted_free(struct planted *planted)
{
    for (uint32_t i = 0; i < planted->n_memory; i++)
        free(planted->memory[i]);
    planted->n_memory = 0;
}

static void make_tastes(struct planted *planted, const struct planted_options *options, struct rng *rng)
{
    uint32_t d = options->n_dimensions;
    planted->taste = keep(planted, (size_t)options->n_tastes * d, sizeof(double));
    planted->annotator_taste = keep(planted, options->n_annotators, sizeof(uint32_t));
    for (uint32_t t = 0; t < options->n_tastes; t++) {
        double squares = 0;
        for (uint32_t c = 0; c < d; c++) {
            planted->taste[t * d + c] = rng_normal(rng);
            squares += planted->taste[t * d + c] * planted->taste[t * d + c];
        }
        for (uint32_t c = 0; c < d; c++)
            planted->taste[t * d + c] /= sqrt(squares);
    }
    for (uint32_t a = 0; a < options->n_annotators; a++)
        planted->annotator_taste[a] = options->minority > 0 ? a < options->minority : a % options->n_tastes;
}

static double reward_of(const struct planted *planted, uint32_t annotator, uint32_t response)
{
    uint32_t d = planted->data.n_dimensions;
    double sum = 0;
    for (uint32_t c = 0; c < d; c++)
        sum += planted->taste[planted->annotator_taste[annotator] * d + c] *
               planted->data.response_embedding[(size_t)response * d + c];
    return sum;
}

static void make_items(struct planted *planted, const struct planted_options *options, struct rng *rng)
{
    struct fit_data *data = &planted->data;
    uint32_t each = options->as_ratings ? 1 : 2, d = options->n_dimensions;
    data->n_items = options->n_items;
    data->n_responses = options->n_items * each;
    data->n_dimensions = d;
    uint32_t *first = keep(planted, data->n_items + 1, sizeof(uint32_t));
    uint64_t *prompt = keep(planted, data->n_items, sizeof(uint64_t));
    float *embedding = keep(planted, (size_t)data->n_responses * d, sizeof(float));
    for (uint32_t i = 0; i <= data->n_items; i++)
        first[i] = i * each;
    for (uint32_t i = 0; i < data->n_items; i++)
        prompt[i] = options->as_ratings ? 1 : fit_prompt_hash(&i, sizeof(i));
    for (size_t i = 0; i < (size_t)data->n_responses * d; i++)
        embedding[i] = (float)rng_normal(rng);
    data->item_first = first;
    data->item_prompt = prompt;
    data->response_embedding = embedding;
}

static void make_judgments(struct planted *planted, const struct planted_options *options, struct rng *rng)
{
    struct fit_data *data = &planted->data;
    uint32_t n = options->n_annotators * options->judgments_each;
    uint32_t *annotator = keep(planted, n, sizeof(uint32_t)), *left = keep(planted, n, sizeof(uint32_t));
    uint32_t *right = keep(planted, n, sizeof(uint32_t));
    uint8_t *outcome = keep(planted, n, sizeof(uint8_t));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t item = (uint32_t)rng_below(rng, data->n_items);
        annotator[i] = i / options->judgments_each;
        left[i] = item * 2 + (i & 1);
        right[i] = item * 2 + 1 - (i & 1);
        double z = options->sharpness *
                   (reward_of(planted, annotator[i], left[i]) - reward_of(planted, annotator[i], right[i]));
        bool tie = options->ties && rng_below(rng, 10) == 0;
        outcome[i] = tie ? FIT_TIE : rng_uniform(rng) < 1 / (1 + exp(-z)) ? FIT_LEFT : FIT_RIGHT;
    }
    data->n_judgments = n;
    data->judgment_annotator = annotator;
    data->judgment_left = left;
    data->judgment_right = right;
    data->judgment_outcome = outcome;
}

static void make_ratings(struct planted *planted, const struct planted_options *options, struct rng *rng)
{
    struct fit_data *data = &planted->data;
    uint32_t n = options->n_annotators * options->judgments_each;
    uint32_t *annotator = keep(planted, n, sizeof(uint32_t)), *response = keep(planted, n, sizeof(uint32_t));
    float *value = keep(planted, n, sizeof(float));
    for (uint32_t i = 0; i < n; i++) {
        annotator[i] = i / options->judgments_each;
        response[i] = (uint32_t)rng_below(rng, data->n_items);
        double felt = options->sharpness * reward_of(planted, annotator[i], response[i]) + rng_normal(rng);
        value[i] = (float)fmin(fmax(round(3 + felt), 1), 5);
    }
    data->n_ratings = n;
    data->rating_annotator = annotator;
    data->rating_response = response;
    data->rating_value = value;
}

// Two attributes: one that is the taste, and one that says nothing.
static void make_annotators(struct planted *planted, const struct planted_options *options)
{
    static const char *const names[] = {"taste", "month"};
    static const char *const tastes[] = {"sweet", "sour", "salty", "bitter"}, *const months[] = {
                                                                                  "May", "June", "July"};
    static const char *const *const values[] = {tastes, months};
    static const uint32_t n_values[] = {ARRAY_SIZE(tastes), ARRAY_SIZE(months)};
    struct fit_data *data = &planted->data;
    uint32_t n = options->n_annotators;
    uint64_t *key = keep(planted, n, sizeof(uint64_t));
    uint32_t *group = keep(planted, 2 * (size_t)n, sizeof(uint32_t));
    for (uint32_t a = 0; a < n; a++) {
        key[a] = fit_prompt_hash(&a, sizeof(a));
        group[a] = planted->annotator_taste[a];
        group[n + a] = a % 7 == 0 ? FIT_NO_GROUP : (a / 2) % 3;
    }
    data->n_annotators = n;
    data->annotator_key = key;
    data->n_attributes = 2;
    data->attribute_name = names;
    data->attribute_n_values = n_values;
    data->attribute_value = values;
    data->annotator_group = group;
}

void planted_make(struct planted *planted, const struct planted_options *options)
{
    struct rng rng;
    rng_seed(&rng, options->seed);
    *planted = (struct planted){0};
    make_tastes(planted, options, &rng);
    make_items(planted, options, &rng);
    make_annotators(planted, options);
    if (options->as_ratings)
        make_ratings(planted, options, &rng);
    else
        make_judgments(planted, options, &rng);
}
