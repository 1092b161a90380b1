#include "worker/fit/testing.h"

#include "worker/fit/logistic.h"
#include "worker/fit/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    uint32_t more = options->majority > 1 ? options->majority - 1 : 0;
    for (uint32_t a = 0; a < options->n_annotators; a++) {
        uint32_t place = a % (options->n_tastes + more);
        planted->annotator_taste[a] = options->minority > 0 ? a < options->minority
                                      : place > more        ? place - more
                                                            : 0;
    }
}

static void make_people(struct planted *planted, const struct planted_options *options)
{
    uint32_t d = options->n_dimensions;
    struct rng rng; // of its own: studies without these options stay as they were
    rng_seed(&rng, options->seed ^ UINT64_C(0x70656f706c65));
    planted->own = keep(planted, (size_t)options->n_annotators * d, sizeof(double));
    for (uint32_t a = 0; a < options->n_annotators; a++) {
        double sharpness = options->sharpness * exp(options->sharpness_spread * rng_normal(&rng));
        for (uint32_t c = 0; c < d; c++)
            planted->own[(size_t)a * d + c] =
                sharpness * (planted->taste[planted->annotator_taste[a] * d + c] +
                                options->taste_spread * rng_normal(&rng) / sqrt(d));
    }
}

static double dot(const struct planted *planted, const double *taste, uint32_t response)
{
    double sum = 0;
    for (uint32_t c = 0; c < planted->n_dimensions; c++)
        sum += taste[c] * planted->x[(size_t)response * planted->n_dimensions + c];
    return sum;
}

static double reward_of(const struct planted *planted, uint32_t annotator, uint32_t response)
{
    return dot(planted, planted->own + (size_t)annotator * planted->n_dimensions, response);
}

// Words that have no n-grams of characters in common but by chance.
static void make_text(struct planted *planted, const struct planted_options *options, struct rng *rng)
{
    enum { WORD = 8 };
    struct fit_data *data = &planted->data;
    uint32_t d = options->n_dimensions;
    char *words = keep(planted, d, WORD), *text;
    char **texts = keep(planted, data->n_responses, sizeof(*texts));
    size_t *length = keep(planted, data->n_responses, sizeof(*length));
    for (uint32_t i = 0; i < d * WORD; i++)
        words[i] = i % WORD == WORD - 1 ? ' ' : (char)('a' + rng_below(rng, 26));
    text = keep(planted, (size_t)data->n_responses * options->words, WORD);
    for (uint32_t r = 0; r < data->n_responses; r++) {
        texts[r] = text + (size_t)r * options->words * WORD;
        length[r] = (size_t)options->words * WORD;
        for (uint32_t i = 0; i < options->words; i++) {
            uint32_t word = (uint32_t)rng_below(rng, d);
            memcpy(texts[r] + (size_t)i * WORD, words + (size_t)word * WORD, WORD);
            planted->x[(size_t)r * d + word] += (float)sqrt((double)d / options->words);
        }
    }
    data->response_text = (const char *const *)texts;
    data->response_length = length;
}

static void make_items(struct planted *planted, const struct planted_options *options, struct rng *rng)
{
    struct fit_data *data = &planted->data;
    uint32_t each = options->as_ratings ? 1 : 2, d = options->n_dimensions;
    data->n_items = options->n_items;
    data->n_responses = options->n_items * each;
    uint32_t *first = keep(planted, data->n_items + 1, sizeof(uint32_t));
    uint64_t *prompt = keep(planted, data->n_items, sizeof(uint64_t));
    planted->n_dimensions = d;
    planted->x = keep(planted, (size_t)data->n_responses * d, sizeof(float));
    for (uint32_t i = 0; i <= data->n_items; i++)
        first[i] = i * each;
    for (uint32_t i = 0; i < data->n_items; i++)
        prompt[i] = options->as_ratings ? 1 : fit_prompt_hash(&i, sizeof(i));
    data->item_first = first;
    data->item_prompt = prompt;
    if (options->words > 0) {
        make_text(planted, options, rng);
        return;
    }
    for (size_t i = 0; i < (size_t)data->n_responses * d; i++)
        planted->x[i] = (float)rng_normal(rng);
    data->n_dimensions = d;
    data->response_embedding = planted->x;
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
        double z = reward_of(planted, annotator[i], left[i]) - reward_of(planted, annotator[i], right[i]);
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
        double felt = reward_of(planted, annotator[i], response[i]) + rng_normal(rng);
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
    static const char *const tastes[] = {"sweet", "sour", "salty", "bitter", "umami"}, *const months[] = {
                                                                                           "May", "June",
                                                                                           "July"};
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
    make_people(planted, options);
    make_items(planted, options, &rng);
    make_annotators(planted, options);
    if (options->as_ratings)
        make_ratings(planted, options, &rng);
    else
        make_judgments(planted, options, &rng);
}

// ---------------------------------------------------------------- what a search finds
uint32_t planted_search(const struct planted *planted, const struct fit_options *options, uint32_t *ret_group)
{
    const struct fit_data *data = &planted->data;
    struct err err = {0};
    struct session session = {
        .data = data, .options = options, .arena = arena_new(SIZE_MAX), .phase = "prepare"};
    session.pool = pool_new(options->threads);
    int failed =
        pairs_build(data, options->annotator_cap, options->split, session.arena, &session.pairs, &err);
    bool *in_training = arena_calloc(session.arena, data->n_responses, sizeof(*in_training));
    const struct pairs *train = &session.pairs.split[SPLIT_TRAIN];
    for (uint32_t i = 0; !failed && i < train->n_rows; i++)
        in_training[train->rows[i]] = true;
    if (!failed)
        failed = design_build(data, in_training, FEATURES_NGRAMS_STYLE, session.pool, NULL, session.arena,
            &session.design, &err);
    if (!failed)
        failed = session_fit_pooled(&session, &err);
    if (failed) {
        fprintf(stderr, "planted data: %s\n", err.message);
        abort();
    }
    struct grouping clusters;
    session_fit_clusters(&session, &clusters);
    memcpy(ret_group, clusters.of_annotator, data->n_annotators * sizeof(*ret_group));
    pool_free(session.pool);
    arena_free(session.arena);
    return session.k;
}

void planted_oracle(const struct planted *planted, const struct planted_options *options, uint32_t *ret_group)
{
    const struct fit_data *data = &planted->data;
    uint32_t k = options->n_tastes, n = data->n_annotators;
    struct err err = {0};
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    if (pairs_build(data, 0, 0, arena, &set, &err)) {
        fprintf(stderr, "planted data: %s\n", err.message);
        abort();
    }
    const struct pairs *train = &set.split[SPLIT_TRAIN];
    double *loss = arena_calloc(arena, (size_t)n * k, sizeof(*loss)),
           *share = arena_calloc(arena, k, sizeof(*share)), *q = arena_calloc(arena, k, sizeof(*q));
    for (uint32_t a = 0; a < n; a++)
        share[planted->annotator_taste[a]] += 1.0 / n;
    for (uint32_t i = 0; i < train->n; i++) {
        for (uint32_t t = 0; t < k; t++) {
            const double *taste = planted->taste + (size_t)t * planted->n_dimensions;
            double z = options->sharpness *
                       (dot(planted, taste, train->left[i]) - dot(planted, taste, train->right[i]));
            loss[(size_t)train->annotator[i] * k + t] +=
                train->weight[i] * logistic_pair_loss(z, train->y[i]);
        }
    }
    for (uint32_t a = 0; a < n; a++) {
        mixture_posterior(loss + (size_t)a * k, share, k, q);
        ret_group[a] = 0;
        for (uint32_t t = 1; t < k; t++)
            ret_group[a] = q[t] > q[ret_group[a]] ? t : ret_group[a];
    }
    arena_free(arena);
}

double planted_rand_index(const uint32_t *a, const uint32_t *b, uint32_t n)
{
    enum { PARTS = 64 };
    double cell[PARTS][PARTS] = {{0}}, row[PARTS] = {0}, column[PARTS] = {0}, both = 0, in_a = 0, in_b = 0;
    for (uint32_t i = 0; i < n; i++) {
        assert(a[i] < PARTS && b[i] < PARTS);
        cell[a[i]][b[i]]++;
        row[a[i]]++;
        column[b[i]]++;
    }
    for (uint32_t i = 0; i < PARTS; i++) {
        for (uint32_t j = 0; j < PARTS; j++)
            both += cell[i][j] * (cell[i][j] - 1) / 2;
        in_a += row[i] * (row[i] - 1) / 2;
        in_b += column[i] * (column[i] - 1) / 2;
    }
    double chance = in_a * in_b / (n * (n - 1.0) / 2), most = (in_a + in_b) / 2;
    return most > chance ? (both - chance) / (most - chance) : 1;
}
