// What one scored answer costs: featurising 1 KiB of text, and eight such candidates scored by a model of four heads
// with every row stored. The anchor is SHA-256 over the same bytes in the same run.
#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "reward/aggregate.h"
#include "reward/features.h"
#include "reward/predict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 8, TEXT_BYTES = 1024, HEADS = 4, ROUNDS = 400 };

static void write_text(struct rng *rng, char *text)
{
    static const char *const words[] = {"water", "and", "rest", "the", "answer", "careful", "of",
        "\330\265\331\210\331\205", "training", "in", "whenua", "grief", "short", "a", "evening", "because"};
    size_t n = 0;
    while (n < TEXT_BYTES) {
        const char *word = words[rng_below(rng, ARRAY_SIZE(words))];
        n += (size_t)snprintf(text + n, TEXT_BYTES + 1 - min_size(n, TEXT_BYTES), "%s%llu ", word,
            (unsigned long long)rng_below(rng, 40));
    }
    text[TEXT_BYTES] = '\0';
}

static void print(const char *name, double value_us, double anchor_us)
{
    printf(
        "{\"name\":\"%s\",\"value\":%.2f,\"unit\":\"us\",\"anchor\":\"sha256 of the same bytes\",\"ratio\":%.1f}\n",
        name, value_us, value_us / anchor_us);
}

int main(void)
{
    struct rng rng;
    rng_seed(&rng, 1);
    static char texts[CANDIDATES][TEXT_BYTES + 64];
    struct predict_candidate candidates[CANDIDATES];
    for (size_t i = 0; i < CANDIDATES; i++) {
        write_text(&rng, texts[i]);
        candidates[i] = (struct predict_candidate){.text = texts[i], .text_length = TEXT_BYTES};
    }
    struct artefact_head heads[HEADS];
    for (size_t h = 0; h < HEADS; h++)
        heads[h] = (struct artefact_head){.value = "", .attribute = "", .served = true, .tau = 1};
    float *weights = malloc((size_t)FEATURES_DIMENSIONS * HEADS * sizeof(*weights));
    if (weights == NULL)
        abort();
    for (size_t i = 0; i < (size_t)FEATURES_DIMENSIONS * HEADS; i++)
        weights[i] = (float)rng_normal(&rng);
    struct artefact model = {.method = "maxmin",
        .features = ARTEFACT_HASHED_TEXT,
        .n_dimensions = FEATURES_DIMENSIONS,
        .n_heads = HEADS,
        .heads = heads,
        .n_rows = FEATURES_DIMENSIONS,
        .weights = weights};
    int64_t hashing = 0, featurising = 0, scoring = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct arena *arena = arena_new((size_t)1 << 28);
        struct features_sparse features;
        struct aggregate_result result;
        struct err err;
        unsigned char hash[HASH_BYTES];
        double rewards[CANDIDATES * HEADS], utilities[CANDIDATES * HEADS];
        int64_t start = clock_monotonic_us();
        for (size_t i = 0; i < CANDIDATES; i++)
            hash_sha256(texts[i], TEXT_BYTES, hash);
        int64_t hashed = clock_monotonic_us();
        for (size_t i = 0; i < CANDIDATES; i++)
            features_text(texts[i], TEXT_BYTES, arena, &features);
        int64_t featurised = clock_monotonic_us();
        if (predict_rewards(&model, candidates, CANDIDATES, arena, rewards, &err) != 0)
            return 1;
        predict_served_utilities(&model, rewards, CANDIDATES, utilities);
        if (aggregate(AGGREGATE_MAXMIN, utilities, CANDIDATES, HEADS, NULL, arena, &result, &err) != 0)
            return 1;
        scoring += clock_monotonic_us() - featurised;
        hashing += hashed - start;
        featurising += featurised - hashed;
        arena_free(arena);
    }
    double each = (double)ROUNDS * CANDIDATES;
    print("featurise_1kib", (double)featurising / each, (double)hashing / each);
    print("score_8_candidates_of_1kib", (double)scoring / ROUNDS, (double)hashing / ROUNDS);
    free(weights);
    return 0;
}
