#include "worker/fit/mixture.h"

#include "worker/fit/logistic.h"
#include "worker/fit/testing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct problem {
    struct planted planted;
    struct arena *arena;
    struct pair_set set;
    struct design design;
    double pooled[8];
};

static void problem_make(struct problem *problem, uint32_t n_tastes)
{
    struct err err;
    planted_make(&problem->planted, &(struct planted_options){.n_annotators = 40,
                                        .n_items = 400,
                                        .judgments_each = 50,
                                        .n_dimensions = 8,
                                        .n_tastes = n_tastes,
                                        .sharpness = 2,
                                        .seed = 21});
    problem->arena = arena_new(SIZE_MAX);
    assert_int_equal(pairs_build(&problem->planted.data, 0, 0, problem->arena, &problem->set, &err), 0);
    bool *all = arena_alloc(problem->arena, problem->planted.data.n_responses);
    memset(all, 1, problem->planted.data.n_responses);
    assert_int_equal(design_build(&problem->planted.data, all, FEATURES_NGRAMS, NULL, NULL, problem->arena,
                         &problem->design, &err),
        0);
    const struct pairs *train = &problem->set.split[SPLIT_TRAIN];
    struct logistic logistic;
    logistic_init(&logistic, &problem->design, train, train->weight, train->n, 1e-2);
    memset(problem->pooled, 0, sizeof(problem->pooled));
    logistic_newton(&logistic, 1e-8, 50, problem->pooled);
    logistic_release(&logistic);
}

static void problem_free(struct problem *problem)
{
    arena_free(problem->arena);
    planted_free(&problem->planted);
}

struct trace {
    double last;
    int n, falls;
};

static void follow(void *arg, double objective)
{
    struct trace *trace = arg;
    trace->falls += trace->n > 0 && objective < trace->last - 1e-9;
    trace->last = objective;
    trace->n++;
}

static void run(struct problem *problem, uint32_t k, bool hard, uint64_t seed, struct trace *trace,
    struct mixture *mixture)
{
    struct rng rng;
    rng_seed(&rng, seed);
    mixture_init(mixture, k, problem->planted.data.n_annotators, problem->design.n_columns);
    mixture_start(
        &problem->design, &problem->set.split[SPLIT_TRAIN], problem->pooled, 1e-2, false, &rng, mixture);
    struct mixture_settings settings = {.k = k,
        .hard = hard,
        .lambda = 1e-2,
        .max_iterations = MIXTURE_ITERATIONS_MAX,
        .m_step_iterations = 20,
        .trace = follow,
        .trace_arg = trace};
    mixture_run(&problem->design, &problem->set.split[SPLIT_TRAIN], &settings, mixture);
}

static void the_likelihood_never_falls(void **state UNUSED)
{
    struct problem problem;
    problem_make(&problem, 3);
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct trace trace = {0};
        struct mixture mixture;
        run(&problem, 2 + (uint32_t)(seed % 3), seed % 2 == 1, seed, &trace, &mixture);
        assert_true(trace.n >= 1);
        assert_int_equal(trace.falls, 0);
        mixture_release(&mixture);
    }
    problem_free(&problem);
}

static void responsibilities_are_probabilities(void **state UNUSED)
{
    struct problem problem;
    struct trace trace = {0};
    struct mixture mixture;
    problem_make(&problem, 2);
    run(&problem, 3, false, 1, &trace, &mixture);
    double shares = 0;
    for (uint32_t j = 0; j < 3; j++)
        shares += mixture.share[j];
    assert_true(fabs(shares - 1) < 1e-9);
    for (uint32_t a = 0; a < mixture.n_annotators; a++) {
        double sum = 0;
        for (uint32_t j = 0; j < 3; j++) {
            assert_true(mixture.q[a * 3 + j] >= 0);
            sum += mixture.q[a * 3 + j];
        }
        assert_true(fabs(sum - 1) < 1e-9);
    }
    mixture_release(&mixture);
    problem_free(&problem);
}

static double cosine(const double *a, const double *b, uint32_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (uint32_t i = 0; i < n; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

static void two_planted_tastes_are_found(void **state UNUSED)
{
    for (int hard = 0; hard < 2; hard++) {
        struct problem problem;
        struct trace trace = {0};
        struct mixture mixture;
        problem_make(&problem, 2);
        run(&problem, 2, hard, 3, &trace, &mixture);
        uint32_t agree = 0;
        for (uint32_t a = 0; a < 40; a++)
            agree += (mixture.q[a * 2] > 0.5) == (problem.planted.annotator_taste[a] == 0);
        bool swapped = agree < 20;
        assert_true((swapped ? 40 - agree : agree) >= 39);
        for (uint32_t j = 0; j < 2; j++) {
            const double *taste = problem.planted.taste + (swapped ? 1 - j : j) * 8;
            assert_true(cosine(mixture.w + j * 8, taste, 8) > 0.95);
        }
        mixture_release(&mixture);
        problem_free(&problem);
    }
}

static void held_out_people_show_the_number(void **state UNUSED)
{
    struct problem problem;
    problem_make(&problem, 2);
    double mean[3], each[40], sharp[40];
    for (uint32_t k = 1; k <= 2; k++) {
        struct trace trace = {0};
        struct mixture mixture;
        run(&problem, k, false, 3, &trace, &mixture);
        mixture_held_out(&problem.design, &problem.set.split[SPLIT_TEST], &mixture, each, sharp);
        mean[k] = 0;
        for (uint32_t a = 0; a < 40; a++)
            mean[k] += isnan(each[a]) ? 0 : each[a] / 40;
        mixture_release(&mixture);
    }
    assert_true(mean[2] > mean[1] + 0.02);
    problem_free(&problem);
}

static void posteriors_do_not_overflow(void **state UNUSED)
{
    double loss[] = {5000, 4000, 4001}, share[] = {0.5, 0.25, 0.25}, q[3];
    mixture_posterior(loss, share, 3, q);
    assert_true(q[0] == 0 && q[1] > 0.7 && fabs(q[1] + q[2] - 1) < 1e-12);
    double empty[] = {0, 1, 0};
    mixture_posterior(loss, empty, 3, q);
    assert_true(q[1] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_likelihood_never_falls),
        cmocka_unit_test(responsibilities_are_probabilities),
        cmocka_unit_test(two_planted_tastes_are_found),
        cmocka_unit_test(held_out_people_show_the_number),
        cmocka_unit_test(posteriors_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
