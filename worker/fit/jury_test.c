#include "worker/fit/factors.h"
#include "worker/fit/fit.h"
#include "worker/fit/jurors.h"
#include "worker/fit/ordinal.h"

#include "base/rng.h"
#include "reward/artefact.h"
#include "reward/predict.h"
#include "worker/fit/testing.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct planted_options two_tastes = {.n_annotators = 80,
    .n_items = 600,
    .judgments_each = 60,
    .n_dimensions = 8,
    .n_tastes = 2,
    .sharpness = 2,
    .seed = 5};
static const struct planted_options one_taste = {.n_annotators = 48,
    .n_items = 500,
    .judgments_each = 40,
    .n_dimensions = 8,
    .n_tastes = 1,
    .sharpness = 1,
    .seed = 6};

struct fitted {
    struct fit_result result;
    json_t *card;
    struct artefact *artefact;
};

static void run(const struct fit_data *data, const struct fit_options *options, struct fitted *fitted)
{
    struct err err = {0};
    if (fit_run(data, options, &fitted->result, &err) != 0)
        fail_msg("%s", err.message);
    fitted->card = json_loads(fitted->result.card, JSON_REJECT_DUPLICATES, NULL);
    fitted->artefact =
        artefact_open_bytes(fitted->result.artefact.data, fitted->result.artefact.length, &err);
    if (fitted->artefact == NULL)
        fail_msg("%s", err.message);
    assert_non_null(fitted->artefact->jury);
}

static void release(struct fitted *fitted)
{
    json_decref(fitted->card);
    artefact_close(fitted->artefact);
    fit_result_release(&fitted->result);
}

static double at(const json_t *card, const char *a, const char *b, const char *c)
{
    const json_t *value = json_object_get(card, a);
    value = b != NULL ? json_object_get(value, b) : value;
    value = c != NULL ? json_object_get(value, c) : value;
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static uint32_t pool_named(const struct jury *jury, const char *attribute, const char *value)
{
    for (uint32_t p = 0; p < jury->n_pools; p++) {
        if (strcmp(jury->pools[p].attribute, attribute) == 0 && strcmp(jury->pools[p].value, value) == 0)
            return p;
    }
    fail_msg("no pool %s = %s", attribute, value);
    return 0;
}

// Two tastes that share nothing: pooled they nearly cancel; juries of one kind find their own.
static void people_who_differ_are_told_apart(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted, again;
    planted_make(&planted, &two_tastes);
    const struct fit_options options = {.method = FIT_JURY, .attribute = "taste", .seed = 1};
    run(&planted.data, &options, &fitted);
    assert_true(fitted.artefact->supported);
    assert_true(at(fitted.card, "jury", "factors", NULL) >= 1);
    assert_true(
        at(fitted.card, "all", "accuracy", NULL) > at(fitted.card, "pooled", "all", "accuracy") + 0.08);
    assert_true(at(fitted.card, "gain", "log_loss", NULL) > 0.1);
    // Whom the model of people has not seen: their groups, and better what they judged, foretell them; the pooled model does not.
    const json_t *jury_card = json_object_get(fitted.card, "jury");
    double pooled = at(jury_card, "new_people", "pooled", "log_loss"),
           groups = at(jury_card, "new_people", "groups", "log_loss");
    double history = at(jury_card, "new_people", "history", "log_loss");
    assert_true(groups < pooled - 0.05 && history < pooled - 0.05);

    // A jury of one taste prefers what that taste likes, and seats turn the verdict.
    const struct jury *jury = fitted.artefact->jury;
    struct arena *arena = arena_new(1 << 22);
    double rewards[2 * ARTEFACT_HEADS_MAX], basis[2 * JURY_BASIS_MAX];
    float liked[2][8];
    for (int t = 0; t < 2; t++) {
        for (int c = 0; c < 8; c++)
            liked[t][c] = (float)(2 * planted.taste[t * 8 + c]);
    }
    const struct predict_candidate candidates[] = {
        {.embedding = liked[0], .n_dimensions = 8}, {.embedding = liked[1], .n_dimensions = 8}};
    struct err err;
    assert_int_equal(predict_rewards(fitted.artefact, candidates, 2, arena, rewards, &err), 0);
    for (uint32_t b = 0; b < jury->n_basis; b++) {
        double mean = (rewards[b] + rewards[fitted.artefact->n_heads + b]) / 2;
        basis[b] = rewards[b] - mean;
        basis[jury->n_basis + b] = rewards[fitted.artefact->n_heads + b] - mean;
    }
    uint32_t sweet = pool_named(jury, "taste", "sweet"), sour = pool_named(jury, "taste", "sour");
    const uint32_t kinds[] = {sweet, sour};
    for (uint32_t t = 0; t < 2; t++) {
        const struct jury_seats seats[] = {{t == 0 ? sweet : sour, 12}};
        struct jury_verdict verdict;
        struct jury_turn turn;
        assert_int_equal(jury_verdict(jury, basis, 2, seats, 1, 100, 1, arena, &verdict, &err), 0);
        assert_int_equal(verdict.order[0], t);
        assert_true(verdict.majority[t] > 0.9 && verdict.chosen[t] > 0.9);
        assert_true(jury_turn(jury, basis, 2, seats, 1, kinds, 2, arena, &turn));
        assert_true(turn.n_seats >= 3 && turn.n_seats <= 9);
    }
    arena_free(arena);
    run(&planted.data, &options, &again);
    assert_memory_equal(fitted.result.artefact_hash, again.result.artefact_hash, HASH_BYTES);
    release(&again);
    release(&fitted);
    planted_free(&planted);
}

// Where all are alike nothing is claimed, groups are not told apart, and the mean juror is the pooled model.
static void people_who_are_alike_stay_alike(void **state UNUSED)
{
    struct planted planted;
    struct fitted fitted;
    planted_make(&planted, &one_taste);
    run(&planted.data, &(struct fit_options){.method = FIT_JURY, .seed = 1}, &fitted);
    const struct jury *jury = fitted.artefact->jury;
    uint32_t all = pool_named(jury, "", "all");
    assert_true(
        at(fitted.card, "all", "log_loss", NULL) < at(fitted.card, "pooled", "all", "log_loss") + 0.01);
    for (uint32_t p = 0; p < jury->n_pools; p++)
        assert_true(
            fabs(jury->pools[p].mean[0] - jury->pools[all].mean[0]) < 0.25 * fabs(jury->pools[all].mean[0]));
    assert_true(at(fitted.card, "jury", "new_people", "n_annotators") >= 3);
    assert_int_equal(artefact_n_served(fitted.artefact), 1);
    release(&fitted);
    planted_free(&planted);
}

// --- gradients, by differences -------------------------------------------------------------------------------------------
static void differences_agree(
    double (*value)(void *arg, const double *x, double *gradient), void *arg, double *x, uint32_t n)
{
    double *gradient = calloc(n, sizeof(*gradient)), *ignored = calloc(n, sizeof(*ignored));
    assert_non_null(gradient);
    assert_non_null(ignored);
    (void)value(arg, x, gradient);
    for (uint32_t i = 0; i < n; i++) {
        double kept = x[i], step = 1e-5;
        x[i] = kept + step;
        double above = value(arg, x, ignored);
        x[i] = kept - step;
        double below = value(arg, x, ignored);
        x[i] = kept;
        assert_true(fabs((above - below) / (2 * step) - gradient[i]) < 1e-6 * (1 + fabs(gradient[i])));
    }
    free(gradient);
    free(ignored);
}

struct people {
    struct said said;
    const double *mean, *precision;
};

static double people_value(void *arg, const double *c, double *gradient)
{
    const struct people *people = arg;
    return jurors_objective(&people->said, 0, people->mean, people->precision, c, gradient);
}

static void gradients_are_right(void **state UNUSED)
{
    struct planted planted;
    planted_make(&planted, &two_tastes);
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct design design;
    struct err err;
    bool *all = arena_calloc(arena, planted.data.n_responses, sizeof(*all));
    memset(all, true, planted.data.n_responses * sizeof(*all));
    assert_int_equal(pairs_build(&planted.data, 0, 0, arena, &set, &err), 0);
    assert_int_equal(design_build(&planted.data, all, FEATURES_NGRAMS, NULL, NULL, arena, &design, &err), 0);
    const struct pairs *train = &set.split[SPLIT_TRAIN];
    struct factors_problem problem = {
        .design = &design, .pairs = train, .weight = set.capped, .n_annotators = 80, .k = 2, .lambda = 0.01};
    struct rng rng;
    rng_seed(&rng, 3);
    double *u = arena_calloc(arena, 160, sizeof(*u)),
           *offset = arena_calloc(arena, train->n, sizeof(*offset)), v[16];
    for (int i = 0; i < 160; i++)
        u[i] = rng_normal(&rng);
    for (uint32_t i = 0; i < train->n; i++)
        offset[i] = rng_normal(&rng);
    for (int i = 0; i < 16; i++)
        v[i] = rng_normal(&rng);
    struct factors_objective *objective = factors_objective_new(&problem, u, offset);
    differences_agree(factors_objective_value, objective, v, 16);
    factors_objective_free(objective);

    const double mean[] = {1, 0.2, -0.3}, precision[] = {3, 0.5, 0, 0.5, 2, 0.1, 0, 0.1, 4};
    double *x = arena_calloc(arena, (size_t)train->n * 3, sizeof(*x));
    for (uint32_t i = 0; i < train->n * 3; i++)
        x[i] = rng_normal(&rng);
    struct people people = {
        .said = said_of_pairs(x, 3, train, set.capped, 80), .mean = mean, .precision = precision};
    double c[] = {0.4, -0.2, 0.9};
    differences_agree(people_value, &people, c, 3);
    arena_free(arena);
    planted_free(&planted);
}

// Coefficients that were planted come back, as far as so many judgments tell, and their spread.
static void coefficients_come_back(void **state UNUSED)
{
    enum { PEOPLE = 300, EACH = 80, N = PEOPLE * EACH };
    static double x[2 * N], weight[N], y[N], truth[2 * PEOPLE];
    static uint32_t annotator[N], first[PEOPLE + 1];
    struct rng rng;
    rng_seed(&rng, 9);
    for (uint32_t a = 0; a < PEOPLE; a++) {
        truth[2 * a] = 1 + 0.5 * rng_normal(&rng);
        truth[2 * a + 1] = 0.8 * rng_normal(&rng);
        first[a + 1] = (a + 1) * EACH;
        for (uint32_t i = a * EACH; i < (a + 1) * EACH; i++) {
            annotator[i] = a;
            weight[i] = 1;
            x[2 * i] = rng_normal(&rng);
            x[2 * i + 1] = rng_normal(&rng);
            y[i] = rng_uniform(&rng) <
                   predict_sigmoid(truth[2 * a] * x[2 * i] + truth[2 * a + 1] * x[2 * i + 1]);
        }
    }
    const struct pairs pairs = {.n = N, .annotator = annotator, .y = y, .weight = weight, .first = first};
    struct arena *arena = arena_new(SIZE_MAX);
    struct jurors jurors;
    static const double start[] = {1, 0};
    struct said said = said_of_pairs(x, 2, &pairs, weight, PEOPLE);
    jurors_fit(&said, start, NULL, arena, &jurors);
    assert_true(fabs(jurors.mean[0] - 1) < 0.1 && fabs(jurors.mean[1]) < 0.15);
    assert_true(fabs(sqrt(jurors.covariance[0]) - 0.5) < 0.1 && fabs(sqrt(jurors.covariance[3]) - 0.8) < 0.1);
    double products = 0, squares = 0, others = 0;
    for (uint32_t a = 0; a < PEOPLE; a++) {
        products += truth[2 * a + 1] * jurors.coefficient[2 * a + 1];
        squares += truth[2 * a + 1] * truth[2 * a + 1];
        others += jurors.coefficient[2 * a + 1] * jurors.coefficient[2 * a + 1];
    }
    assert_true(products / sqrt(squares * others) > 0.9);
    arena_free(arena);
}

// Ratings by people who differ in how high they rate and how they follow a score: thresholds and people come back, and foretell.
static void ratings_by_people_come_back(void **state UNUSED)
{
    enum { PEOPLE = 200, EACH = 60, N = PEOPLE * EACH, LEVELS = 5 };
    static const double truth[LEVELS - 1] = {-2, -0.5, 0.7, 2.2};
    static double x[2 * N], weight[N], high[PEOPLE], eta[N];
    static uint32_t first[PEOPLE + 1];
    static uint8_t level[N];
    struct rng rng;
    rng_seed(&rng, 4);
    for (uint32_t a = 0; a < PEOPLE; a++) {
        double slope = 1.5 + 0.4 * rng_normal(&rng);
        high[a] = 1.2 * rng_normal(&rng);
        first[a + 1] = (a + 1) * EACH;
        for (uint32_t i = a * EACH; i < (a + 1) * EACH; i++) {
            x[2 * i] = weight[i] = 1;
            x[2 * i + 1] = rng_normal(&rng);
            double u = rng_uniform(&rng), own = high[a] + slope * x[2 * i + 1];
            for (level[i] = 0; level[i] < LEVELS - 1 && u > predict_sigmoid(truth[level[i]] - own);
                 level[i]++)
                ;
        }
    }
    static const double start[] = {0, 1};
    const struct rated rated = {.n = N,
        .k = 2,
        .n_annotators = PEOPLE,
        .n_levels = LEVELS,
        .x = x,
        .first = first,
        .level = level,
        .weight = weight};
    struct arena *arena = arena_new(SIZE_MAX);
    struct ordinal ordinal;
    ordinal_fit(&rated, start, NULL, arena, &ordinal);
    assert_true(fabs(ordinal.people.mean[1] - 1.5) < 0.15 && ordinal.people.mean[0] == 0);
    assert_true(fabs(sqrt(ordinal.people.covariance[0]) - 1.2) < 0.15);
    double products = 0, squares = 0, others = 0, shift = 0;
    for (uint32_t a = 0; a < PEOPLE; a++) {
        double own = ordinal.people.coefficient[2 * a];
        products += high[a] * own;
        squares += high[a] * high[a];
        others += own * own;
        shift += high[a] / PEOPLE;
    }
    assert_true(products / sqrt(squares * others) > 0.95);
    for (uint32_t l = 0; l + 1 < LEVELS; l++) // the mean person's height is in the thresholds
        assert_true(fabs(ordinal.threshold[l] - (truth[l] - shift)) < 0.2);
    double chance[LEVELS], sum = 0;
    ordinal_foretell(&ordinal, ordinal.people.coefficient, ordinal.people.posterior, x, chance);
    for (uint32_t l = 0; l < LEVELS; l++) {
        assert_true(chance[l] >= 0);
        sum += chance[l];
    }
    assert_true(fabs(sum - 1) < 1e-12);
    // The thresholds' gradient, by differences.
    for (uint32_t i = 0; i < N; i++)
        eta[i] = rng_normal(&rng);
    double parameters[LEVELS - 1] = {-1.3, 0.2, -0.4, 0.5};
    struct ordinal_levels levels = {&rated, eta};
    differences_agree(ordinal_value, &levels, parameters, LEVELS - 1);
    arena_free(arena);
}

// Ratings all the same say nothing of people, and the fit by pairs goes on.
static void a_jury_from_ratings(void **state UNUSED)
{
    static const struct planted_options rated = {.n_annotators = 40,
        .n_items = 300,
        .judgments_each = 30,
        .n_dimensions = 6,
        .n_tastes = 1,
        .sharpness = 1,
        .as_ratings = true,
        .seed = 7};
    struct planted planted;
    struct fitted fitted;
    planted_make(&planted, &rated);
    run(&planted.data, &(struct fit_options){.method = FIT_JURY, .seed = 1}, &fitted);
    const json_t *ratings = json_object_get(json_object_get(fitted.card, "jury"), "ratings");
    assert_true(at(ratings, "people", "r", NULL) > 0.4);
    assert_true(at(ratings, "people", "mae", NULL) <= at(ratings, "raters", "mae", NULL));
    assert_true(at(ratings, "content", "r", NULL) > at(ratings, "raters", "r", NULL));
    release(&fitted);
    planted_free(&planted);
}

// Data that say nothing: one person, all ties, always the left. Each is a fit that claims nothing, with finite numbers, or a clear error.
static void data_that_say_nothing(void **state UNUSED)
{
    for (int kind = 0; kind < 4; kind++) {
        struct planted_options options = one_taste;
        options.n_annotators = kind == 0 ? 1 : kind == 3 ? 3 : 30;
        options.judgments_each = kind == 0 ? 200 : 30;
        struct planted planted;
        planted_make(&planted, &options);
        uint8_t *outcome = (uint8_t *)(uintptr_t)planted.data.judgment_outcome;
        for (uint32_t i = 0; i < planted.data.n_judgments && (kind == 1 || kind == 2); i++)
            outcome[i] = kind == 1 ? FIT_TIE : FIT_LEFT;
        struct fit_result result;
        struct err err = {0};
        const struct fit_options fit = {.method = FIT_JURY, .attribute = "month", .seed = 1};
        int rc = fit_run(&planted.data, &fit, &result, &err);
        if (rc == 0) {
            struct artefact *artefact =
                artefact_open_bytes(result.artefact.data, result.artefact.length, &err);
            assert_non_null(artefact); // which takes no number that is none
            assert_non_null(artefact->jury);
            json_t *card = json_loads(result.card, 0, NULL);
            assert_non_null(card);
            if (kind == 1)
                assert_true(json_is_false(json_object_get(card, "supported")));
            json_decref(card);
            artefact_close(artefact);
            fit_result_release(&result);
        } else {
            assert_int_equal(rc, ERR_INVALID);
            assert_true(err.message[0] != '\0');
        }
        planted_free(&planted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(people_who_differ_are_told_apart),
        cmocka_unit_test(people_who_are_alike_stay_alike), cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(coefficients_come_back), cmocka_unit_test(ratings_by_people_come_back),
        cmocka_unit_test(a_jury_from_ratings), cmocka_unit_test(data_that_say_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
