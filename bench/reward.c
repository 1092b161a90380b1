// Fits, features and scores, each on the sizes: 200,000 pairs of 384 float32, 2,000 annotators of five tastes, two
// threads. `reward FOLDER` also leaves the pairs there, so that bench/reward_anchor.py takes the same to the same optimum.
// A line is a JSON object: name, value, unit, and what the program knows of its quality.
#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/spill.h"
#include "reward/aggregate.h"
#include "reward/batch.h"
#include "reward/features.h"
#include "reward/predict.h"
#include "worker/fit/logistic.h"
#include "worker/fit/mixture.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAIRS = 200000,
    DIMENSIONS = 384,
    ANNOTATORS = 2000,
    TASTES = 5,
    TEXTS = 4000,
    TEXT_BYTES = 1024,
    HEADS = 5,
    CANDIDATES_EACH = 8,
    ROUNDS = 5, // the least of so many
};
#define LAMBDA 1e-3

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double seconds_since(int64_t start)
{
    return (double)(clock_monotonic_us() - start) / 1e6;
}

static void print(const char *name, double value, const char *unit, const char *more)
{
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"%s}\n", name, value, unit, more);
    fflush(stdout);
}

// ---------------------------------------------------------------- pairs
struct planted {
    struct design design;
    struct pairs pairs;
    double taste[TASTES][DIMENSIONS];
};

// Unit-length embeddings, each response in one pair; annotator a judges by taste a % TASTES.
static void plant(struct planted *planted, struct pool *pool)
{
    struct rng rng;
    rng_seed(&rng, 1);
    float *x = spill_take(NULL, (size_t)2 * PAIRS * DIMENSIONS * sizeof(*x));
    uint32_t *rows = allocate(2 * PAIRS, sizeof(*rows));
    struct pairs *pairs = &planted->pairs;
    *pairs = (struct pairs){.n = PAIRS,
        .n_rows = 2 * PAIRS,
        .rows = rows,
        .left = allocate(PAIRS, sizeof(uint32_t)),
        .right = allocate(PAIRS, sizeof(uint32_t)),
        .annotator = allocate(PAIRS, sizeof(uint32_t)),
        .y = allocate(PAIRS, sizeof(double)),
        .weight = allocate(PAIRS, sizeof(double)),
        .first = allocate(ANNOTATORS + 1, sizeof(uint32_t))};
    for (uint32_t t = 0; t < TASTES; t++) {
        for (uint32_t c = 0; c < DIMENSIONS; c++)
            planted->taste[t][c] = 1.5 * rng_normal(&rng);
    }
    for (uint32_t row = 0; row < 2 * PAIRS; row++) {
        float *at = x + (size_t)row * DIMENSIONS;
        double squares = 0;
        rows[row] = row;
        for (uint32_t c = 0; c < DIMENSIONS; c++) { // directions of unlike variance, as embeddings have
            at[c] = (float)(rng_normal(&rng) / (1 + 0.05 * c));
            squares += (double)at[c] * at[c];
        }
        for (uint32_t c = 0; c < DIMENSIONS; c++)
            at[c] /= (float)sqrt(squares);
    }
    for (uint32_t i = 0; i < PAIRS; i++) {
        uint32_t annotator = (uint32_t)((uint64_t)i * ANNOTATORS / PAIRS);
        const float *left = x + (size_t)2 * i * DIMENSIONS, *right = left + DIMENSIONS;
        double z = 0;
        for (uint32_t c = 0; c < DIMENSIONS; c++)
            z += planted->taste[annotator % TASTES][c] * (left[c] - right[c]);
        pairs->left[i] = 2 * i;
        pairs->right[i] = 2 * i + 1;
        pairs->annotator[i] = annotator;
        pairs->weight[i] = 1;
        pairs->y[i] = rng_uniform(&rng) < predict_sigmoid(z);
        pairs->first[annotator + 1] = i + 1;
    }
    planted->design = (struct design){.n_rows = 2 * PAIRS, .n_columns = DIMENSIONS, .dense = x, .pool = pool};
}

static void write_array(const char *folder, const char *name, const void *data, size_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wbe");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

// Differences, outcomes, annotators: what the anchors read.
static void leave(const struct planted *planted, const char *folder)
{
    float *difference = allocate((size_t)PAIRS * DIMENSIONS, sizeof(*difference));
    uint8_t *y = allocate(PAIRS, 1);
    for (size_t i = 0; i < PAIRS; i++) {
        const float *left = planted->design.dense + 2 * i * DIMENSIONS;
        for (size_t c = 0; c < DIMENSIONS; c++)
            difference[i * DIMENSIONS + c] = left[c] - left[DIMENSIONS + c];
        y[i] = planted->pairs.y[i] > 0.5;
    }
    write_array(folder, "x.f32", difference, (size_t)PAIRS * DIMENSIONS * sizeof(*difference));
    write_array(folder, "y.u8", y, PAIRS);
    write_array(folder, "annotator.u32", planted->pairs.annotator, PAIRS * sizeof(uint32_t));
    free(difference);
    free(y);
}

// One pass, and the optimum from nothing: the whole of it, differences too, as a fit does it.
static void logistic_lines(const struct planted *planted)
{
    double *w = allocate(DIMENSIONS, sizeof(*w)), *g = allocate(DIMENSIONS, sizeof(*g)), best = INFINITY,
           pass = INFINITY;
    double reached = 0, optimum;
    struct logistic logistic;
    char more[160];
    for (int round = 0; round < ROUNDS; round++) {
        memset(w, 0, DIMENSIONS * sizeof(*w));
        int64_t start = clock_monotonic_us();
        logistic_init(&logistic, &planted->design, &planted->pairs, planted->pairs.weight, PAIRS, LAMBDA);
        reached = logistic_minimise(&logistic, 2e-5, 100, w);
        logistic_release(&logistic);
        best = fmin(best, seconds_since(start));
    }
    logistic_init(&logistic, &planted->design, &planted->pairs, planted->pairs.weight, PAIRS, LAMBDA);
    for (int round = 0; round < 4 * ROUNDS; round++) {
        int64_t start = clock_monotonic_us();
        (void)logistic_value(&logistic, w, g);
        pass = fmin(pass, seconds_since(start));
    }
    optimum = logistic_minimise(&logistic, 1e-9, 100, w);
    logistic_release(&logistic);
    snprintf(more, sizeof(more), ",\"objective\":%.12g,\"above_optimum\":%.2e", reached,
        (reached - optimum) / optimum);
    print("logistic_200k_x_384", best, "s", more);
    print("fused_pass_200k_x_384", 1000 * pass, "ms", "");
    free(w);
    free(g);
}

// Of annotators, those whose likeliest cluster is the one most of their taste have.
static double agreement(const struct mixture *mixture)
{
    uint32_t counts[TASTES][TASTES] = {0}, agreed = 0;
    for (uint32_t a = 0; a < ANNOTATORS; a++) {
        uint32_t best = 0;
        for (uint32_t j = 1; j < TASTES; j++)
            best = mixture->q[a * TASTES + j] > mixture->q[a * TASTES + best] ? j : best;
        counts[a % TASTES][best]++;
    }
    for (uint32_t t = 0; t < TASTES; t++) {
        uint32_t most = 0;
        for (uint32_t j = 0; j < TASTES; j++)
            most = counts[t][j] > most ? counts[t][j] : most;
        agreed += most;
    }
    return (double)agreed / ANNOTATORS;
}

static void mixture_line(const struct planted *planted)
{
    double *pooled = allocate(DIMENSIONS, sizeof(*pooled)), best = INFINITY;
    char more[200] = "";
    for (int round = 0; round < ROUNDS; round++) {
        struct mixture mixture;
        struct rng rng;
        struct mixture_settings settings = {.k = TASTES,
            .lambda = LAMBDA / TASTES,
            .max_iterations = MIXTURE_ITERATIONS_MAX,
            .m_step_iterations = 6};
        rng_seed(&rng, 3);
        memset(pooled, 0, DIMENSIONS * sizeof(*pooled));
        int64_t start = clock_monotonic_us();
        struct logistic logistic;
        logistic_init(
            &logistic, &planted->design, &planted->pairs, planted->pairs.weight, PAIRS, LAMBDA / TASTES);
        logistic_minimise(&logistic, 1e-4, 100, pooled);
        logistic_release(&logistic);
        double before = seconds_since(start);
        mixture_init(&mixture, TASTES, ANNOTATORS, DIMENSIONS);
        mixture_start(&planted->design, &planted->pairs, pooled, settings.lambda, false, &rng, &mixture);
        double started = seconds_since(start);
        mixture_run(&planted->design, &planted->pairs, &settings, &mixture);
        double all = seconds_since(start);
        if (all < best) {
            best = all;
            snprintf(more, sizeof(more),
                ",\"pooled_s\":%.3f,\"start_s\":%.3f,\"em_s\":%.3f,\"iterations\":%d,\"objective\":%.9g,\"agreement\":%.4f",
                before, started - before, all - started, mixture.iterations, mixture.objective,
                agreement(&mixture));
        }
        mixture_release(&mixture);
    }
    print("em_5_heads_200k_x_384_2000_annotators", best, "s", more);
    free(pooled);
}

// ---------------------------------------------------------------- text
struct texts {
    char (*text)[TEXT_BYTES + 64];
    enum features_version version;
};

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

// One a line.
static void leave_texts(const struct texts *texts, const char *folder)
{
    char *all = allocate(TEXTS, TEXT_BYTES + 1);
    for (size_t i = 0; i < TEXTS; i++) {
        memcpy(all + i * (TEXT_BYTES + 1), texts->text[i], TEXT_BYTES);
        all[i * (TEXT_BYTES + 1) + TEXT_BYTES] = '\n';
    }
    write_array(folder, "texts.txt", all, TEXTS * (size_t)(TEXT_BYTES + 1));
    free(all);
}

static void featurise_bucket(void *arg, uint32_t bucket)
{
    const struct texts *texts = arg;
    for (uint32_t i = pool_bucket(TEXTS, bucket); i < pool_bucket(TEXTS, bucket + 1); i++) {
        struct arena *arena = arena_new(SIZE_MAX);
        struct features_sparse features;
        features_text(texts->text[i], TEXT_BYTES, texts->version, arena, &features);
        arena_free(arena);
    }
}

// Both versions, each thread its texts; one thread and SHA-256 of the same bytes beside them.
static void featurise_lines(struct texts *texts, struct pool *pool)
{
    double both[3] = {INFINITY, INFINITY, INFINITY}, alone = INFINITY, hashing = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        for (int version = FEATURES_NGRAMS; version <= FEATURES_NGRAMS_STYLE; version++) {
            texts->version = (enum features_version)version;
            int64_t start = clock_monotonic_us();
            pool_run(pool, POOL_BUCKETS, featurise_bucket, texts);
            both[version] = fmin(both[version], seconds_since(start));
        }
        int64_t start = clock_monotonic_us();
        pool_run(NULL, POOL_BUCKETS, featurise_bucket, texts);
        alone = fmin(alone, seconds_since(start));
        start = clock_monotonic_us();
        unsigned char hash[HASH_BYTES];
        for (size_t i = 0; i < TEXTS; i++)
            hash_sha256(texts->text[i], TEXT_BYTES, hash);
        hashing = fmin(hashing, seconds_since(start));
    }
    double megabytes = (double)TEXTS * TEXT_BYTES / 1e6;
    print("featurise_with_style", megabytes / both[FEATURES_NGRAMS_STYLE], "MB/s", "");
    print("featurise_ngrams", megabytes / both[FEATURES_NGRAMS], "MB/s", "");
    print("featurise_with_style_one_thread", megabytes / alone, "MB/s", "");
    print("featurise_1kib_one_thread", 1e6 * alone / TEXTS, "us", "");
    print("sha256_of_1kib", 1e6 * hashing / TEXTS, "us", "");
}

static void score_text_line(const struct texts *texts)
{
    struct predict_candidate candidates[CANDIDATES_EACH];
    struct artefact_head heads[HEADS];
    for (size_t h = 0; h < HEADS; h++)
        heads[h] = (struct artefact_head){.value = "", .attribute = "", .served = true, .tau = 1};
    for (size_t i = 0; i < CANDIDATES_EACH; i++)
        candidates[i] = (struct predict_candidate){.text = texts->text[i], .text_length = TEXT_BYTES};
    float *weights = allocate((size_t)FEATURES_DIMENSIONS_MAX * HEADS, sizeof(*weights));
    struct rng rng;
    rng_seed(&rng, 2);
    for (size_t i = 0; i < (size_t)FEATURES_DIMENSIONS_MAX * HEADS; i++)
        weights[i] = (float)rng_normal(&rng);
    struct artefact model = {.method = "maxmin",
        .features = ARTEFACT_HASHED_TEXT,
        .text_version = FEATURES_NGRAMS_STYLE,
        .n_dimensions = FEATURES_DIMENSIONS_MAX,
        .n_heads = HEADS,
        .heads = heads,
        .n_rows = FEATURES_DIMENSIONS_MAX,
        .weights = weights};
    double best = INFINITY;
    for (int round = 0; round < 100; round++) {
        struct arena *arena = arena_new((size_t)1 << 28);
        struct aggregate_result result;
        struct err err;
        double rewards[CANDIDATES_EACH * HEADS], utilities[CANDIDATES_EACH * HEADS];
        int64_t start = clock_monotonic_us();
        if (predict_rewards(&model, candidates, CANDIDATES_EACH, arena, rewards, &err) != 0)
            abort();
        predict_served_utilities(&model, rewards, CANDIDATES_EACH, utilities);
        if (aggregate(AGGREGATE_MAXMIN, utilities, CANDIDATES_EACH, HEADS, NULL, arena, &result, &err) != 0)
            abort();
        best = fmin(best, seconds_since(start));
        arena_free(arena);
    }
    print("score_8_candidates_of_1kib", 1e6 * best, "us", "");
    free(weights);
}

// ---------------------------------------------------------------- scores
struct scoring {
    struct batch batch;
    uint32_t *first, *choice;
    bool failed[POOL_BUCKETS];
};

static void score_bucket(void *arg, uint32_t bucket)
{
    struct scoring *scoring = arg;
    uint32_t from = pool_bucket(scoring->batch.n_prompts, bucket),
             end = pool_bucket(scoring->batch.n_prompts, bucket + 1);
    struct batch own = scoring->batch;
    struct err err;
    own.first += from;
    own.n_prompts = end - from;
    scoring->failed[bucket] = batch_choose(&own, scoring->choice + from, NULL, &err) != 0;
}

// The 200,000 left responses as 25,000 prompts of eight candidates, five groups, maxmin; and as one prompt after another,
// as a request is scored.
static void score_lines(const struct planted *planted)
{
    struct scoring scoring = {.first = allocate(PAIRS / CANDIDATES_EACH + 1, sizeof(uint32_t)),
        .choice = allocate(PAIRS / CANDIDATES_EACH, sizeof(uint32_t))};
    struct artefact_head heads[HEADS];
    static float weights[DIMENSIONS * HEADS];
    double best = INFINITY, one = INFINITY;
    for (uint32_t h = 0; h < HEADS; h++) {
        heads[h] = (struct artefact_head){.value = "", .attribute = "", .served = true, .tau = 1};
        for (uint32_t c = 0; c < DIMENSIONS; c++)
            weights[c * HEADS + h] = (float)planted->taste[h][c];
    }
    struct artefact model = {.method = "maxmin",
        .features = ARTEFACT_EMBEDDING,
        .n_dimensions = DIMENSIONS,
        .n_heads = HEADS,
        .heads = heads,
        .n_rows = DIMENSIONS,
        .weights = weights};
    for (uint32_t p = 0; p <= PAIRS / CANDIDATES_EACH; p++)
        scoring.first[p] = p * CANDIDATES_EACH;
    scoring.batch = (struct batch){.artefact = &model,
        .rule = AGGREGATE_MAXMIN,
        .embedding = planted->design.dense,
        .first = scoring.first,
        .n_prompts = PAIRS / CANDIDATES_EACH};
    for (int round = 0; round < 4 * ROUNDS; round++) {
        int64_t start = clock_monotonic_us();
        pool_run(planted->design.pool, POOL_BUCKETS, score_bucket, &scoring);
        best = fmin(best, seconds_since(start));
    }
    for (int round = 0; round < 2; round++) {
        int64_t start = clock_monotonic_us();
        for (uint32_t p = 0; p < PAIRS / CANDIDATES_EACH / 10; p++) {
            struct arena *arena = arena_new(SIZE_MAX);
            struct predict_candidate candidates[CANDIDATES_EACH];
            struct aggregate_result result;
            struct err err;
            double rewards[CANDIDATES_EACH * HEADS], utilities[CANDIDATES_EACH * HEADS];
            for (uint32_t i = 0; i < CANDIDATES_EACH; i++)
                candidates[i] = (struct predict_candidate){
                    .embedding = planted->design.dense + (size_t)(p * CANDIDATES_EACH + i) * DIMENSIONS,
                    .n_dimensions = DIMENSIONS};
            if (predict_rewards(&model, candidates, CANDIDATES_EACH, arena, rewards, &err) != 0)
                abort();
            predict_served_utilities(&model, rewards, CANDIDATES_EACH, utilities);
            if (aggregate(AGGREGATE_MAXMIN, utilities, CANDIDATES_EACH, HEADS, NULL, arena, &result, &err) !=
                    0 ||
                p * CANDIDATES_EACH + result.choice != scoring.choice[p])
                abort();
            arena_free(arena);
        }
        one = fmin(one, seconds_since(start));
    }
    print("score_200k_x_384_x_5_maxmin", PAIRS / best / 1e6, "M candidates/s", "");
    print("score_prompt_by_prompt_one_thread", PAIRS / 10.0 / one / 1e6, "M candidates/s", "");
    free(scoring.first);
    free(scoring.choice);
}

int main(int argc, char **argv)
{
    struct pool *pool = pool_new(2);
    struct planted planted;
    openblas_set_num_threads(1);
    plant(&planted, pool);
    if (argc > 1)
        leave(&planted, argv[1]);
    logistic_lines(&planted);
    mixture_line(&planted);
    score_lines(&planted);
    struct texts texts = {.text = allocate(TEXTS, sizeof(*texts.text)), .version = FEATURES_NGRAMS_STYLE};
    struct rng rng;
    rng_seed(&rng, 1);
    for (size_t i = 0; i < TEXTS; i++)
        write_text(&rng, texts.text[i]);
    if (argc > 1)
        leave_texts(&texts, argv[1]);
    featurise_lines(&texts, pool);
    score_text_line(&texts);
    pool_free(pool);
    return 0;
}
