// What a serving stack sends to be scored: {"candidates" | "documents", "embeddings", "rule", "weights"} against a model of
// words and one of embeddings. What is read gives finite numbers; what is not says what is wrong.
#include "base/fuzz_test.h"
#include "coordinator/score/scoring.h"

#include "reward/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t rows[] = {3, 70, 71, 100000, FEATURES_DIMENSIONS - 1};
static const float weights[] = {0.5F, -1, 0, 2, 1e-3F, 4, -7, 0.25F, 1, 1, 2, 3, -3, 0, 1};
static const struct artefact_head heads[] = {
    {.attribute = "", .value = "all", .tau = 1, .share = 1, .n_annotators = 40, .n_judgments = 900},
    {.attribute = "region", .value = "north", .served = true, .tau = 0.75, .centre = -0.125, .share = 0.5},
    {.attribute = "region", .value = "south", .served = true, .tau = 2, .share = 0.5},
};
static const struct artefact models[] = {
    {.method = "group",
        .features = ARTEFACT_HASHED_TEXT,
        .n_dimensions = FEATURES_DIMENSIONS,
        .n_heads = 3,
        .heads = heads,
        .n_rows = ARRAY_SIZE(rows),
        .row_index = rows,
        .weights = weights},
    {.method = "group",
        .features = ARTEFACT_EMBEDDING,
        .n_dimensions = 5,
        .normalise = true,
        .n_heads = 3,
        .heads = heads,
        .n_rows = 5,
        .weights = weights},
};

static int score(struct scoring *scoring, json_t *body, struct arena *arena, struct err *err)
{
    json_t *candidates = json_object_get(body, "candidates"), *documents = json_object_get(body, "documents");
    int rc = candidates != NULL ? scoring_read_candidates(scoring, candidates, "/candidates", arena, err)
                                : scoring_read_documents(scoring, documents,
                                      json_object_get(body, "embeddings"), "/documents", arena, err);
    if (rc == 0)
        rc = scoring_choose_rule(scoring, json_string_value(json_object_get(body, "rule")), err);
    if (rc == 0 && json_object_get(body, "weights") != NULL)
        rc = scoring_read_weights(scoring, json_object_get(body, "weights"), arena, err);
    return rc == 0 ? scoring_run(scoring, arena, err) : rc;
}

// What is left when the embeddings are taken out is JSON where the whole was, and gives the same scores to the last bit.
static void check_lifting(const char *text, size_t size, json_t *body)
{
    struct arena *arena = arena_new(512 * 1024 * 1024);
    struct lifted lifted;
    size_t light_size;
    json_error_t error;
    const char *light = lift_embeddings(text, size, arena, &lifted, &light_size);
    json_t *rest = light != NULL ? json_loadb(light, light_size, JSON_REJECT_DUPLICATES, &error) : NULL;
    // A key that is written with escapes can name one of the lifted, which is nobody's harm and no other's embedding.
    bool is_plain = memchr(text, '\\', size) == NULL;
    for (size_t i = 0; is_plain && json_is_object(rest) && json_is_object(body) && i < ARRAY_SIZE(models);
         i++) {
        struct scoring ours = {.artefact = &models[i], .lifted = &lifted}, theirs = {.artefact = &models[i]};
        struct err our_err = {0}, their_err = {0};
        int rc = score(&ours, rest, arena, &our_err);
        if (score(&theirs, body, arena, &their_err) != rc)
            assert(false && "the lifted are other embeddings");
        for (size_t j = 0; rc == 0 && j < ours.n_candidates * ours.n_groups; j++)
            assert(ours.utilities[j] == theirs.utilities[j]);
    }
    json_decref(rest);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t error;
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    json_t *body = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    check_lifting(text, size, body);
    free(text);
    for (size_t i = 0; json_is_object(body) && i < ARRAY_SIZE(models); i++) {
        struct scoring scoring = {.artefact = &models[i]};
        struct arena *arena = arena_new(512 * 1024 * 1024);
        struct err err = {0};
        if (score(&scoring, body, arena, &err) != 0)
            assert(err.message[0] != '\0');
        for (size_t j = 0; err.message[0] == '\0' && j < scoring.n_candidates * scoring.n_groups; j++)
            assert(isfinite(scoring.utilities[j]));
        arena_free(arena);
    }
    json_decref(body);
    return 0;
}
