#include "reward/predict.h"

#include "reward/features.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
        fail_msg("%.12g is not %.12g", a, b);
}

static const struct artefact_head heads[] = {
    {.attribute = "", .value = "all", .tau = 1},
    {.attribute = "", .value = "cluster 1", .served = true, .tau = 2, .centre = 0.5, .share = 0.5},
    {.attribute = "", .value = "cluster 2", .served = true, .tau = 0.5, .centre = -1, .share = 0.5},
};

// Two dimensions, three heads, feature-major.
static const float weights[] = {1, 2, 0, 0, -1, 4};
static const struct artefact model = {.method = "maxmin",
    .features = ARTEFACT_EMBEDDING,
    .n_dimensions = 2,
    .n_heads = 3,
    .heads = heads,
    .n_rows = 2,
    .weights = weights};

static const float embeddings[][2] = {{1, 0}, {0, 1}, {2, 2}};

static void candidates(struct predict_candidate out[3])
{
    for (size_t i = 0; i < 3; i++)
        out[i] = (struct predict_candidate){.embedding = embeddings[i], .n_dimensions = 2};
}

static void rewards_and_utilities_by_hand(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct predict_candidate c[3];
    struct err err;
    double rewards[9], utilities[6];
    static const double expected[] = {1, 2, 0, 0, -1, 4, 2, 2, 8};
    candidates(c);
    assert_int_equal(predict_rewards(&model, c, 3, arena, rewards, &err), 0);
    for (size_t i = 0; i < 9; i++)
        near(rewards[i], expected[i]);
    predict_served_utilities(&model, rewards, 3, utilities);
    // Head 1 is 2, -1, 2 with mean 1, times 2; head 2 is 0, 4, 8 with mean 4, times 1/2.
    static const double centred[] = {2, -2, -4, 0, 2, 2};
    for (size_t i = 0; i < 6; i++)
        near(utilities[i], centred[i]);
    predict_served_single(&model, rewards, 3, utilities);
    static const double single[] = {3, 0.5, -3, 2.5, 3, 4.5};
    for (size_t i = 0; i < 6; i++)
        near(utilities[i], single[i]);
    assert_int_equal(predict_served_head(&model, 0), 1);
    assert_int_equal(predict_served_head(&model, 1), 2);
    arena_free(arena);
}

// What a reward says of the prompt must not matter: adding f(x) to all candidates changes no utility.
static void utilities_forget_the_prompt(void **state UNUSED)
{
    double rewards[9] = {1, 2, 0, 0, -1, 4, 2, 2, 8}, moved[9], a[6], b[6];
    for (size_t i = 0; i < 9; i++)
        moved[i] = rewards[i] + 100;
    predict_served_utilities(&model, rewards, 3, a);
    predict_served_utilities(&model, moved, 3, b);
    for (size_t i = 0; i < 6; i++)
        near(a[i], b[i]);
}

static void sparse_rows_are_found(void **state UNUSED)
{
    static const char text[] = "grief in dark creative writing";
    struct arena *arena = arena_new(1 << 20);
    struct features_sparse features;
    features_text(text, strlen(text), FEATURES_NGRAMS, arena, &features);
    // Every third feature has a row; before, between and behind stand rows of features that do not occur.
    uint32_t rows[200], n = 0;
    float row_weights[600];
    double expected = 0;
    assert_true(features.n < 300);
    for (uint32_t i = 0; i < features.n; i += 3) {
        if (i > 0 && features.index[i] > features.index[i - 1] + 1)
            rows[n++] = features.index[i] - 1;
        rows[n++] = features.index[i];
    }
    for (uint32_t r = 0; r < n; r++) {
        for (uint32_t h = 0; h < 3; h++)
            row_weights[r * 3 + h] = (float)(r + 1) * (h == 0 ? 1 : 0);
        for (uint32_t i = 0; i < features.n; i++)
            expected += features.index[i] == rows[r] ? features.value[i] * (double)(r + 1) : 0;
    }
    struct artefact sparse = {.method = "maxmin",
        .features = ARTEFACT_HASHED_TEXT,
        .n_dimensions = FEATURES_DIMENSIONS,
        .n_heads = 3,
        .heads = heads,
        .n_rows = n,
        .row_index = rows,
        .weights = row_weights};
    struct predict_candidate candidate = {.text = text, .text_length = strlen(text)};
    struct err err;
    double rewards[3];
    assert_int_equal(predict_rewards(&sparse, &candidate, 1, arena, rewards, &err), 0);
    near(rewards[0], expected);
    near(rewards[1], 0);
    candidate.text = "";
    candidate.text_length = 0;
    assert_int_equal(predict_rewards(&sparse, &candidate, 1, arena, rewards, &err), 0);
    near(rewards[0], 0);
    arena_free(arena);
}

static void missing_features_are_errors(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct predict_candidate c[3];
    struct err err;
    double rewards[9];
    static const float bad[] = {1, NAN};
    candidates(c);
    c[1].embedding = NULL;
    assert_int_equal(predict_rewards(&model, c, 3, arena, rewards, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "candidate 1"));
    candidates(c);
    c[2].n_dimensions = 3;
    assert_int_equal(predict_rewards(&model, c, 3, arena, rewards, &err), ERR_INVALID);
    candidates(c);
    c[0].embedding = bad;
    assert_int_equal(predict_rewards(&model, c, 3, arena, rewards, &err), ERR_INVALID);
    struct artefact text = model;
    text.features = ARTEFACT_HASHED_TEXT;
    candidates(c);
    assert_int_equal(predict_rewards(&text, c, 1, arena, rewards, &err), ERR_INVALID);
    arena_free(arena);
}

static void logistic_without_overflow(void **state UNUSED)
{
    near(predict_logistic_loss(0), log(2));
    near(predict_logistic_loss(1000), 0);
    near(predict_logistic_loss(-1000), 1000);
    near(predict_sigmoid(-1000), 0);
    near(predict_sigmoid(1000), 1);
    near(predict_sigmoid(1) + predict_sigmoid(-1), 1);
}

// A model is scored with the features it was fitted with, whichever version that was.
static void versions_are_followed(void **state UNUSED)
{
    static const char text[] = "Perhaps:\n- rest\n- water";
    for (int version = FEATURES_NGRAMS; version <= FEATURES_NGRAMS_STYLE; version++) {
        struct arena *arena = arena_new(1 << 24);
        struct features_sparse features;
        features_text(text, strlen(text), (enum features_version)version, arena, &features);
        uint32_t n_rows = features_dimensions((enum features_version)version);
        float *all = arena_calloc(arena, (size_t)n_rows * 3, sizeof(*all));
        double expected = 0;
        for (uint32_t i = 0; i < n_rows; i++)
            all[(size_t)i * 3] = (float)(i % 13) - 3 + (i >= FEATURES_DIMENSIONS ? 100 : 0);
        for (uint32_t i = 0; i < features.n; i++)
            expected += features.value[i] * (double)all[(size_t)features.index[i] * 3];
        struct artefact fitted = {.method = "maxmin",
            .features = ARTEFACT_HASHED_TEXT,
            .text_version = (enum features_version)version,
            .n_dimensions = n_rows,
            .n_heads = 3,
            .heads = heads,
            .n_rows = n_rows,
            .weights = all};
        struct buf bytes;
        struct err err;
        unsigned char hash[HASH_BYTES];
        buf_init(&bytes, ARTEFACT_MAX_BYTES);
        assert_int_equal(artefact_write(&fitted, &bytes, hash, &err), 0);
        assert_non_null(memmem(bytes.data, 4096, features_version_name((enum features_version)version), 15));
        struct artefact *opened = artefact_open_bytes(bytes.data, bytes.length, &err);
        assert_non_null(opened);
        assert_int_equal(artefact_text_version(opened), version);
        struct predict_candidate candidate = {.text = text, .text_length = strlen(text)};
        double rewards[3];
        assert_int_equal(predict_rewards(opened, &candidate, 1, arena, rewards, &err), 0);
        near(rewards[0], expected);
        artefact_close(opened);
        buf_release(&bytes);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewards_and_utilities_by_hand),
        cmocka_unit_test(utilities_forget_the_prompt),
        cmocka_unit_test(sparse_rows_are_found),
        cmocka_unit_test(versions_are_followed),
        cmocka_unit_test(missing_features_are_errors),
        cmocka_unit_test(logistic_without_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
