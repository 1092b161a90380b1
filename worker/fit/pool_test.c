// What must not depend on the number of threads, and what the solvers on all cores must reach.
#include "worker/fit/pool.h"

#include "worker/fit/logistic.h"
#include "worker/fit/mixture.h"
#include "worker/fit/testing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4 };

static void count(void *arg, uint32_t index)
{
    _Atomic(uint32_t) *counts = arg;
    atomic_fetch_add(&counts[index], 1);
}

static void every_part_is_done_once(void **state UNUSED)
{
    for (uint32_t threads = 1; threads <= THREADS; threads++) {
        struct pool *pool = pool_new(threads);
        _Atomic(uint32_t) counts[100] = {0};
        for (uint32_t round = 0; round < 300; round++)
            pool_run(pool, round % 101, count, counts);
        for (uint32_t i = 0; i < 100; i++) {
            uint32_t expected = 0;
            for (uint32_t round = 0; round < 300; round++)
                expected += round % 101 > i;
            assert_int_equal(counts[i], expected);
        }
        pool_free(pool);
    }
    _Atomic(uint32_t) alone[3] = {0};
    pool_run(NULL, 3, count, alone);
    assert_true(alone[0] == 1 && alone[1] == 1 && alone[2] == 1);
    for (uint32_t n = 0; n < 200; n += 13)
        assert_true(pool_bucket(n, 0) == 0 && pool_bucket(n, POOL_BUCKETS) == n);
}

struct problem {
    struct planted planted;
    struct arena *arena;
    struct pair_set set;
    struct design design;
};

// Enough pairs that the curvature is a sample's, each response in about two of them; with `apart` differences are formed.
static void problem_make(struct problem *problem, uint32_t n_dimensions, bool apart, struct pool *pool)
{
    struct err err;
    planted_make(&problem->planted, &(struct planted_options){.n_annotators = 120,
                                        .n_items = 5000,
                                        .judgments_each = 60,
                                        .n_dimensions = n_dimensions,
                                        .n_tastes = 3,
                                        .sharpness = 1.5,
                                        .ties = true,
                                        .seed = 9});
    problem->arena = arena_new(SIZE_MAX);
    assert_int_equal(pairs_build(&problem->planted.data, 0, 0, problem->arena, &problem->set, &err), 0);
    bool *all = arena_alloc(problem->arena, problem->planted.data.n_responses);
    memset(all, 1, problem->planted.data.n_responses);
    assert_int_equal(design_build(&problem->planted.data, all, FEATURES_NGRAMS, pool, NULL, problem->arena,
                         &problem->design, &err),
        0);
    struct pairs *train = &problem->set.split[SPLIT_TRAIN];
    train->n_rows = apart && train->n_rows < train->n ? train->n : train->n_rows; // only ever compared then
}

static void problem_free(struct problem *problem)
{
    arena_free(problem->arena);
    planted_free(&problem->planted);
}

static double minimise(struct problem *problem, double precision, bool plainly, double *w)
{
    struct pairs *train = &problem->set.split[SPLIT_TRAIN];
    struct logistic logistic;
    double total = 0;
    for (uint32_t i = 0; i < train->n; i++)
        total += problem->set.capped[i];
    logistic_init(&logistic, &problem->design, train, problem->set.capped, total, 1e-3);
    double value = plainly ? logistic_lbfgs(&logistic, precision, 1000, w)
                           : logistic_sampled(&logistic, precision, 100, w);
    logistic_release(&logistic);
    return value;
}

// The objective and its gradient in plain loops, of nothing that the fits use.
static double by_hand(const struct problem *problem, const double *w, double *g)
{
    const struct pairs *train = &problem->set.split[SPLIT_TRAIN];
    uint32_t d = problem->design.n_columns;
    double loss = 0, total = 0, squares = 0;
    memset(g, 0, d * sizeof(*g));
    for (uint32_t i = 0; i < train->n; i++) {
        const float *left = problem->design.dense + (size_t)train->left[i] * d;
        const float *right = problem->design.dense + (size_t)train->right[i] * d;
        double z = 0, c = problem->set.capped[i];
        for (uint32_t k = 0; k < d; k++)
            z += w[k] * ((double)left[k] - right[k]);
        loss += c * (log1p(exp(-fabs(z))) + fmax(-z, 0) + (1 - train->y[i]) * z);
        total += c;
        for (uint32_t k = 0; k < d; k++)
            g[k] += c * (1 / (1 + exp(-z)) - train->y[i]) * ((double)left[k] - right[k]);
    }
    for (uint32_t k = 0; k < d; k++) {
        squares += w[k] * w[k];
        g[k] = g[k] / total + 1e-3 * w[k];
    }
    return loss / total + 1e-3 / 2 * squares;
}

// f is strongly convex with lambda, so that |g|^2 / (2 lambda) bounds what is above its optimum.
static void the_optimum_is_reached(void **state UNUSED)
{
    for (uint32_t d = 20; d <= 24; d += 4) { // rows that end in the middle of a vector, and at its end
        for (int apart = 0; apart < 2; apart++) {
            struct problem problem;
            double w[24] = {0}, plain[24] = {0}, g[24], squares = 0;
            problem_make(&problem, d, apart, NULL);
            double value = minimise(&problem, 1e-7, false, w), other = minimise(&problem, 1e-8, true, plain);
            double mine = by_hand(&problem, w, g);
            assert_true(fabs(mine - value) < 1e-7 * mine);
            assert_true(value - other < 1e-9 * other);
            for (uint32_t c = 0; c < d; c++)
                squares += g[c] * g[c];
            assert_true(squares / (2 * 1e-3) < 1e-6 * mine);
            problem_free(&problem);
        }
    }
}

static void fit_mixture(struct problem *problem, bool hard, void (*trace)(void *arg, double objective),
    void *arg, struct mixture *mixture)
{
    struct rng rng;
    double pooled[24] = {0};
    rng_seed(&rng, 4);
    minimise(problem, 1e-5, false, pooled);
    mixture_init(mixture, 3, problem->planted.data.n_annotators, problem->design.n_columns);
    mixture_start(&problem->design, &problem->set.split[SPLIT_TRAIN], pooled, 1e-3, false, &rng, mixture);
    struct mixture_settings settings = {.k = 3,
        .hard = hard,
        .lambda = 1e-3,
        .max_iterations = MIXTURE_ITERATIONS_MAX,
        .m_step_iterations = 2,
        .trace = trace,
        .trace_arg = arg};
    mixture_run(&problem->design, &problem->set.split[SPLIT_TRAIN], &settings, mixture);
}

// The same bits from one thread to four, differences formed or not.
static void threads_make_no_difference(void **state UNUSED)
{
    for (int turn = 0; turn < 4; turn++) {
        double w[THREADS][24] = {{0}};
        struct mixture mixtures[THREADS];
        for (uint32_t threads = 1; threads <= THREADS; threads++) {
            struct problem problem;
            struct pool *pool = pool_new(threads);
            problem_make(&problem, 24, turn % 2 == 1, pool);
            minimise(&problem, 1e-7, false, w[threads - 1]);
            fit_mixture(&problem, turn >= 2, NULL, NULL, &mixtures[threads - 1]);
            problem_free(&problem);
            pool_free(pool);
        }
        for (uint32_t i = 1; i < THREADS; i++) {
            assert_memory_equal(w[0], w[i], sizeof(w[0]));
            assert_memory_equal(mixtures[0].w, mixtures[i].w, 3 * 24 * sizeof(double));
            assert_memory_equal(mixtures[0].q, mixtures[i].q, 120 * 3 * sizeof(double));
            assert_true(mixtures[0].objective == mixtures[i].objective);
        }
        for (uint32_t i = 0; i < THREADS; i++)
            mixture_release(&mixtures[i]);
    }
}

struct trace {
    double last;
    int n, falls;
};

static void follow(void *arg, double objective)
{
    struct trace *trace = arg;
    trace->falls += trace->n > 0 && objective < trace->last - 1e-12;
    trace->last = objective;
    trace->n++;
}

// Penalised log-likelihood of everybody under the mixture, in plain loops.
static double likelihood(const struct problem *problem, const struct mixture *mixture, const double *w)
{
    const struct pairs *train = &problem->set.split[SPLIT_TRAIN];
    uint32_t d = problem->design.n_columns;
    double sum = 0, total = 0, squares = 0;
    for (uint32_t a = 0; a < mixture->n_annotators; a++) {
        double each[3] = {0}, most = -INFINITY, rest = 0;
        for (uint32_t i = train->first[a]; i < train->first[a + 1]; i++) {
            total += train->weight[i];
            for (uint32_t j = 0; j < 3; j++) {
                double z = 0;
                for (uint32_t c = 0; c < d; c++)
                    z += w[j * d + c] * ((double)problem->design.dense[(size_t)train->left[i] * d + c] -
                                            problem->design.dense[(size_t)train->right[i] * d + c]);
                each[j] -= train->weight[i] * (log1p(exp(-fabs(z))) + fmax(-z, 0) + (1 - train->y[i]) * z);
            }
        }
        if (train->first[a] == train->first[a + 1])
            continue;
        for (uint32_t j = 0; j < 3; j++)
            most = fmax(most, each[j] += log(mixture->share[j]));
        for (uint32_t j = 0; j < 3; j++)
            rest += exp(each[j] - most);
        sum += most + log(rest);
    }
    for (uint32_t c = 0; c < 3 * d; c++)
        squares += w[c] * w[c];
    return sum / total - 1e-3 / 2 * squares;
}

static void em_climbs_to_where_the_likelihood_is_flat(void **state UNUSED)
{
    for (int hard = 0; hard < 2; hard++) {
        struct problem problem;
        struct mixture mixture;
        struct trace trace = {0};
        problem_make(&problem, 24, true, NULL);
        fit_mixture(&problem, hard, follow, &trace, &mixture);
        assert_true(trace.n >= 3);
        assert_int_equal(trace.falls, 0);
        double at = likelihood(&problem, &mixture, mixture.w);
        if (!hard) {
            assert_true(fabs(at - mixture.objective) < 1e-6);
            for (uint32_t c = 0; c < 3 * 24; c += 5) {
                double w[3 * 24], slope;
                memcpy(w, mixture.w, sizeof(w));
                w[c] += 1e-4;
                slope = likelihood(&problem, &mixture, w);
                w[c] -= 2e-4;
                slope = (slope - likelihood(&problem, &mixture, w)) / 2e-4;
                assert_true(fabs(slope) < 1e-3);
            }
        }
        mixture_release(&mixture);
        problem_free(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_done_once),
        cmocka_unit_test(the_optimum_is_reached),
        cmocka_unit_test(threads_make_no_difference),
        cmocka_unit_test(em_climbs_to_where_the_likelihood_is_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
