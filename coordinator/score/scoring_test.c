#include "coordinator/score/scoring.h"

#include "base/hash.h"
#include "coordinator/score/explain.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// Two served groups that want opposite things of a two-dimensional embedding, and the pooled head.
struct fixture {
    struct arena *arena;
    struct buf bytes;
    struct artefact *artefact;
    struct scoring scoring;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    static const struct artefact_head heads[] = {
        {.attribute = "", .value = "all", .tau = 1, .share = 0, .n_annotators = 30, .n_judgments = 300},
        {.attribute = "",
            .value = "cluster 1",
            .served = true,
            .tau = 1,
            .share = 0.75,
            .n_annotators = 20,
            .n_judgments = 200},
        {.attribute = "",
            .value = "cluster 2",
            .served = true,
            .tau = 2,
            .centre = 0.5,
            .share = 0.25,
            .n_annotators = 10,
            .n_judgments = 100},
    };
    static const float weights[] = {0.5F, 1, 0, 0.5F, 0, 1};
    const struct artefact artefact = {.method = "maxmin",
        .features = ARTEFACT_EMBEDDING,
        .n_dimensions = 2,
        .supported = true,
        .n_heads = 3,
        .heads = heads,
        .n_rows = 2,
        .weights = weights};
    unsigned char hash[HASH_BYTES];
    struct err err;
    memset(&fixture, 0, sizeof(fixture));
    fixture.arena = arena_new(1 << 20);
    buf_init(&fixture.bytes, 1 << 20);
    assert_int_equal(artefact_write(&artefact, &fixture.bytes, hash, &err), 0);
    fixture.artefact = artefact_open_bytes(fixture.bytes.data, fixture.bytes.length, &err);
    assert_non_null(fixture.artefact);
    fixture.scoring.artefact = fixture.artefact;
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    artefact_close(fixture->artefact);
    buf_release(&fixture->bytes);
    arena_free(fixture->arena);
    return 0;
}

static int read_text(struct fixture *fixture, const char *text, struct err *err)
{
    json_error_t at;
    json_t *candidates = json_loads(text, 0, &at);
    assert_non_null(candidates);
    // The scoring borrows texts and ids: the tree lives until the fixture's end.
    arena_on_free(fixture->arena, (void (*)(void *))json_delete, candidates);
    return scoring_read_candidates(&fixture->scoring, candidates, "/candidates", fixture->arena, err);
}

static void run_rule(struct fixture *fixture, const char *rule, json_t *weights)
{
    struct err err;
    assert_int_equal(scoring_choose_rule(&fixture->scoring, rule, &err), 0);
    assert_int_equal(scoring_read_weights(&fixture->scoring, weights, fixture->arena, &err), 0);
    assert_int_equal(scoring_run(&fixture->scoring, fixture->arena, &err), 0);
}

static const char three[] =
    "[{\"id\": \"one\", \"embedding\": [4, 0]}, {\"id\": \"two\", \"embedding\": [0, 1.5]}, {\"embedding\": [1.5, 1]}]";

static void rules_choose_differently(void **state)
{
    struct fixture *fixture = *state;
    struct err err;
    assert_int_equal(read_text(fixture, three, &err), 0);
    run_rule(fixture, NULL, NULL); // maxmin, since two groups are served
    assert_int_equal(fixture->scoring.rule, AGGREGATE_MAXMIN);
    assert_int_equal(fixture->scoring.result.choice, 2);
    run_rule(fixture, "mean", NULL); // by share: the larger group carries it
    assert_int_equal(fixture->scoring.result.choice, 0);
    json_t *weights = json_pack("{s:i}", "cluster 2", 1);
    run_rule(fixture, "weights", weights);
    assert_int_equal(fixture->scoring.result.choice, 1);
    json_decref(weights);
}

static void utilities_are_centred_on_the_prompt_and_calibrated(void **state)
{
    struct fixture *fixture = *state;
    struct err err;
    assert_int_equal(read_text(fixture, three, &err), 0);
    run_rule(fixture, "mean", NULL);
    for (size_t g = 0; g < 2; g++) {
        double sum = 0;
        for (size_t i = 0; i < 3; i++)
            sum += fixture->scoring.utilities[i * 2 + g];
        assert_true(fabs(sum) < 1e-12);
    }
    // Cluster 2: rewards 0, 1.5, 1, mean 2.5/3, tau 2.
    assert_true(fabs(fixture->scoring.utilities[1 * 2 + 1] - 2 * (1.5 - 2.5 / 3)) < 1e-6);
}

static void one_candidate_is_measured_against_training(void **state)
{
    struct fixture *fixture = *state;
    struct err err;
    assert_int_equal(read_text(fixture, "[{\"embedding\": [0, 1.5]}]", &err), 0);
    run_rule(fixture, "mean", NULL);
    assert_true(fabs(fixture->scoring.utilities[1] - 2 * (1.5 - 0.5)) < 1e-6);
}

static void base64_embeddings_are_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct err err;
    const float values[] = {1.5F, 1};
    char base64[32], text[128];
    base64_encode(values, sizeof(values), base64);
    snprintf(text, sizeof(text), "[{\"embedding\": \"%s\"}, {\"embedding\": [1.5, 1]}]", base64);
    assert_int_equal(read_text(fixture, text, &err), 0);
    run_rule(fixture, "mean", NULL);
    assert_true(fixture->scoring.result.scores[0] == fixture->scoring.result.scores[1]);
}

static void bad_candidates_are_pointed_at(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text, *pointer;
    } cases[] = {
        {"[]", "/candidates "},
        {"{}", "/candidates "},
        {"[1]", "/candidates/0 "},
        {"[{}]", "/candidates/0 "},
        {"[{\"id\": 1, \"content\": \"x\"}]", "/candidates/0/id "},
        {"[{\"content\": 5}]", "/candidates/0/content "},
        {"[\"x\", {\"embedding\": []}]", "/candidates/1/embedding "},
        {"[{\"embedding\": [1, \"2\"]}]", "/candidates/0/embedding "},
        {"[{\"embedding\": [1e300, 2]}]", "/candidates/0/embedding "},
        {"[{\"embedding\": \"AAA\"}]", "/candidates/0/embedding "},
        {"[{\"embedding\": \"AAAA\"}]", "/candidates/0/embedding "}, // three bytes
        {"[{\"embedding\": \"\"}]", "/candidates/0/embedding "},
        {"[{\"embedding\": [1, 2]}, {\"embedding\": \"AADAfwAAgD8=\"}]", "/candidates/1/embedding "}, // NaN
        {"[{\"embedding\": \"AACAfwAAgD8=\"}]", "/candidates/0/embedding "}, // infinity
        {"[{\"embedding\": \"AACA/wAAgD8=\"}]", "/candidates/0/embedding "},
        {"[{\"embedding\": [1e38, 2]}]", "/candidates/0/embedding "},
        {"[{\"embedding\": [1, -1000001]}]", "/candidates/0/embedding "},
        {"[{\"embedding\": [1, 2, 3]}]", "/candidates/0/embedding "},
        {"[{\"embedding\": [1]}]", "/candidates/0/embedding "},
        {"[{\"embedding\": 0}]", "/candidates/0/embedding "}, // nothing was taken out of the text
        {"[{\"embedding\": [1, 2]}, \"only text\"]", "/candidates/1 "},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err err = {0};
        assert_int_equal(read_text(fixture, cases[i].text, &err), ERR_INVALID);
        assert_memory_equal(err.message, cases[i].pointer, strlen(cases[i].pointer));
    }
}

// The largest that is taken: everything stays finite, under every rule.
static void great_numbers_stay_finite(void **state)
{
    struct fixture *fixture = *state;
    struct err err;
    static const char *const rules[] = {"mean", "maxmin", "leximin", "nash", "lottery", "maximal-lottery"};
    assert_int_equal(
        read_text(fixture,
            "[{\"embedding\": [1e6, -1e6]}, {\"embedding\": [-1e6, 1e6]}, {\"embedding\": [1e-38, 0]}]",
            &err),
        0);
    for (size_t r = 0; r < ARRAY_SIZE(rules); r++) {
        run_rule(fixture, rules[r], NULL);
        for (size_t i = 0; i < 3; i++)
            assert_true(isfinite(fixture->scoring.result.scores[i]));
    }
}

// Each candidate alone, however many there are: as if it were the only one.
static void alone_is_alone(void **state)
{
    struct fixture *fixture = *state;
    struct err err;
    double one[3];
    static const char *const each[] = {
        "[{\"embedding\": [4, 0]}]", "[{\"embedding\": [0, 1.5]}]", "[{\"embedding\": [1.5, 1]}]"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read_text(fixture, each[i], &err), 0);
        run_rule(fixture, "maxmin", NULL);
        one[i] = fixture->scoring.result.scores[0];
    }
    fixture->scoring.alone = true;
    assert_int_equal(read_text(fixture, three, &err), 0);
    run_rule(fixture, "maxmin", NULL);
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs(fixture->scoring.result.scores[i] - one[i]) < 1e-12);
}

// Parts of features add up to the difference from the mean; groups as reward/aggregate.h says.
static void explanations_add_up(void **state)
{
    struct fixture *fixture = *state;
    struct scoring *scoring = &fixture->scoring;
    struct err err;
    static const char *const rules[] = {"mean", "weights"};
    json_t *weights = json_pack("{s:i, s:i}", "cluster 1", 1, "cluster 2", 2);
    for (size_t r = 0; r < 2; r++) {
        assert_int_equal(read_text(fixture, three, &err), 0);
        run_rule(fixture, rules[r], r == 1 ? weights : NULL);
        scoring->n_features = 1;
        scoring_explain(scoring, fixture->arena);
        for (size_t i = 0; i < 3; i++) {
            const struct explanation *why = &scoring->why[i];
            assert_true(fabs(why->parts[0] + why->parts[1] - scoring->result.scores[i]) < 1e-12);
            assert_int_equal(why->n_features, 1);
            assert_true(fabs(why->features[0].part + why->rest - scoring->result.scores[i]) < 1e-6);
            assert_true(fabs(why->features[0].part) >= fabs(why->rest));
        }
        json_t *told = explanation_json(scoring, 0);
        assert_int_equal(json_array_size(json_object_get(told, "groups")), 2);
        assert_int_equal(json_array_size(json_object_get(told, "features")), 1);
        json_decref(told);
    }
    json_decref(weights);
}

static void bad_rules_and_weights(void **state)
{
    struct fixture *fixture = *state;
    struct err err;
    assert_int_equal(scoring_choose_rule(&fixture->scoring, "average", &err), ERR_INVALID);
    assert_int_equal(scoring_choose_rule(&fixture->scoring, "weights", &err), 0);
    static const char *const bad[] = {
        "{}", "{\"cluster 1\": -1}", "{\"nobody\": 1}", "{\"cluster 1\": \"x\"}", "{\"cluster 1\": 0}"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        json_error_t at;
        json_t *weights = json_loads(bad[i], 0, &at);
        assert_int_equal(scoring_read_weights(&fixture->scoring, weights, fixture->arena, &err), ERR_INVALID);
        json_decref(weights);
    }
    assert_int_equal(scoring_read_weights(&fixture->scoring, NULL, fixture->arena, &err), ERR_INVALID);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rules_choose_differently),
        TEST(utilities_are_centred_on_the_prompt_and_calibrated),
        TEST(one_candidate_is_measured_against_training),
        TEST(base64_embeddings_are_the_same),
        TEST(bad_candidates_are_pointed_at),
        TEST(great_numbers_stay_finite),
        TEST(alone_is_alone),
        TEST(explanations_add_up),
        TEST(bad_rules_and_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
