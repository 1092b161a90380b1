#include "worker/fit/logistic.h"

#include "worker/fit/groups.h"
#include "worker/fit/robust.h"
#include "worker/fit/sketch.h"
#include "worker/fit/testing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.12g is not %.12g", a, b);
}

struct problem {
    struct planted planted;
    struct arena *arena;
    struct pair_set set;
    struct design design;
};

static void problem_make(struct problem *problem, uint32_t n_dimensions)
{
    struct err err;
    planted_make(&problem->planted, &(struct planted_options){.n_annotators = 24,
                                        .n_items = 120,
                                        .judgments_each = 30,
                                        .n_dimensions = n_dimensions,
                                        .n_tastes = 2,
                                        .sharpness = 1,
                                        .ties = true,
                                        .seed = 4});
    problem->arena = arena_new(SIZE_MAX);
    assert_int_equal(pairs_build(&problem->planted.data, 0, 0, problem->arena, &problem->set, &err), 0);
    bool *all = arena_alloc(problem->arena, problem->planted.data.n_responses);
    memset(all, 1, problem->planted.data.n_responses);
    assert_int_equal(design_build(&problem->planted.data, all, FEATURES_NGRAMS, NULL, NULL, problem->arena,
                         &problem->design, &err),
        0);
}

static void problem_free(struct problem *problem)
{
    arena_free(problem->arena);
    planted_free(&problem->planted);
}

static double total_of(const double *weight, uint32_t n)
{
    double total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += weight[i];
    return total;
}

static void logistic_of(struct problem *problem, struct logistic *logistic, double lambda)
{
    const struct pairs *train = &problem->set.split[SPLIT_TRAIN];
    logistic_init(logistic, &problem->design, train, problem->set.capped,
        total_of(problem->set.capped, train->n), lambda);
}

// Central differences of any objective at a random point.
static void check_gradient(
    double (*value)(void *arg, const double *x, double *gradient), void *arg, uint32_t n)
{
    double *x = calloc(n, sizeof(*x)), *g = calloc(n, sizeof(*g)), *unused = calloc(n, sizeof(*unused));
    struct rng rng;
    rng_seed(&rng, 8);
    for (uint32_t i = 0; i < n; i++)
        x[i] = 0.5 * rng_normal(&rng);
    value(arg, x, g);
    for (uint32_t i = 0; i < n; i++) {
        double at = x[i], h = 1e-5;
        x[i] = at + h;
        double above = value(arg, x, unused);
        x[i] = at - h;
        double below = value(arg, x, unused);
        x[i] = at;
        near(g[i], (above - below) / (2 * h), 1e-8);
    }
    free(x);
    free(g);
    free(unused);
}

static double logistic_value_of(void *arg, const double *x, double *gradient)
{
    return logistic_value(arg, x, gradient);
}

static void gradients_are_right(void **state UNUSED)
{
    struct problem problem;
    struct logistic logistic;
    problem_make(&problem, 7);
    logistic_of(&problem, &logistic, 0.01);
    check_gradient(logistic_value_of, &logistic, 7);
    logistic_release(&logistic);
    struct groups_problem groups = {.design = &problem.design,
        .pairs = &problem.set.split[SPLIT_TRAIN],
        .weight = problem.set.capped,
        .group_of_annotator = problem.planted.data.annotator_group + 24, // "month", with some in no group
        .n_annotators = 24,
        .n_groups = 3,
        .lambda = 0.01};
    struct groups_objective *objective = groups_objective_new(&groups, 0.3);
    check_gradient(groups_objective_value, objective, 4 * 7);
    groups_objective_free(objective);
    struct robust *robust = robust_new(&groups, 8);
    check_gradient(robust_value, robust, 7);
    robust_free(robust);
    problem_free(&problem);
}

// The duality gap bounds the distance to the optimum: no other point may be better by more.
static void the_duality_gap_holds(void **state UNUSED)
{
    struct problem problem;
    problem_make(&problem, 7);
    struct groups_problem groups = {.design = &problem.design,
        .pairs = &problem.set.split[SPLIT_TRAIN],
        .weight = problem.set.capped,
        .group_of_annotator = problem.planted.data.annotator_group,
        .n_annotators = 24,
        .n_groups = 2,
        .lambda = 0.01};
    double w[7] = {0}, q[2], gap, gradient[7], other[7];
    assert_true(robust_minimise(&groups, 1e-6, w, q, &gap));
    near(q[0] + q[1], 1, 1e-12);
    assert_true(gap >= 0 && gap <= 1e-4);
    struct robust *sharp = robust_new(&groups, 1e7); // all but the maximum itself
    double best = robust_value(sharp, w, gradient);
    struct rng rng;
    rng_seed(&rng, 2);
    for (int i = 0; i < 2000; i++) {
        for (size_t c = 0; c < 7; c++)
            other[c] = w[c] + 0.3 * rng_uniform(&rng) * rng_normal(&rng);
        assert_true(robust_value(sharp, other, gradient) >= best - gap - 1e-6);
    }
    robust_free(sharp);
    problem_free(&problem);
}

// An independent way to the optimum: gradient descent on differences formed one by one.
static void descend(const struct problem *problem, double lambda, double *w)
{
    const struct pairs *train = &problem->set.split[SPLIT_TRAIN];
    const float *x = problem->planted.data.response_embedding;
    uint32_t d = problem->design.n_columns;
    double total = total_of(problem->set.capped, train->n), g[16];
    memset(w, 0, d * sizeof(*w));
    for (int step = 0; step < 4000; step++) {
        for (uint32_t c = 0; c < d; c++)
            g[c] = lambda * w[c];
        for (uint32_t i = 0; i < train->n; i++) {
            double z = 0;
            for (uint32_t c = 0; c < d; c++)
                z += w[c] * (x[train->left[i] * d + c] - x[train->right[i] * d + c]);
            double p = 1 / (1 + exp(-z));
            for (uint32_t c = 0; c < d; c++)
                g[c] += problem->set.capped[i] / total * (p - train->y[i]) *
                        (x[train->left[i] * d + c] - x[train->right[i] * d + c]);
        }
        for (uint32_t c = 0; c < d; c++)
            w[c] -= 0.3 * g[c];
    }
}

static void solvers_agree(void **state UNUSED)
{
    struct problem problem;
    struct logistic logistic;
    double by_lbfgs[7] = {0}, by_newton[7] = {0}, by_descent[7], by_choice[7] = {0};
    problem_make(&problem, 7);
    logistic_of(&problem, &logistic, 0.01);
    logistic_lbfgs(&logistic, 1e-8, 200, by_lbfgs);
    logistic_newton(&logistic, 1e-10, 50, by_newton);
    logistic_minimise(&logistic, 1e-8, 200, by_choice);
    descend(&problem, 0.01, by_descent);
    for (size_t c = 0; c < 7; c++) {
        near(by_newton[c], by_descent[c], 1e-7);
        near(by_lbfgs[c], by_descent[c], 1e-6);
        near(by_choice[c], by_descent[c], 1e-6);
    }
    logistic_release(&logistic);
    problem_free(&problem);
}

// The same rows as text: hashed features through the sparse path, against themselves taken as dense.
static void sparse_and_dense_agree(void **state UNUSED)
{
    static const char *const words[] = {
        "fast", "run", "rest", "water", "\330\265\331\210\331\205", "walk", "home"};
    struct problem problem;
    struct design sparse;
    struct err err;
    problem_make(&problem, 7);
    struct fit_data text = problem.planted.data;
    const char **texts = arena_calloc(problem.arena, text.n_responses, sizeof(*texts));
    size_t *lengths = arena_calloc(problem.arena, text.n_responses, sizeof(*lengths));
    bool *all = arena_alloc(problem.arena, text.n_responses);
    memset(all, 1, text.n_responses);
    for (uint32_t i = 0; i < text.n_responses; i++) {
        texts[i] = arena_printf(problem.arena, "%s %s %s", words[i % 7], words[i / 7 % 7], words[i / 49 % 7]);
        lengths[i] = strlen(texts[i]);
    }
    text.n_dimensions = 0;
    text.response_text = texts;
    text.response_length = lengths;
    assert_int_equal(design_build(&text, all, FEATURES_NGRAMS, NULL, NULL, problem.arena, &sparse, &err), 0);
    uint32_t d = sparse.n_columns;
    float *values = arena_calloc(problem.arena, (size_t)sparse.n_rows * d, sizeof(*values));
    for (uint32_t row = 0; row < sparse.n_rows; row++) {
        for (uint64_t j = sparse.start[row]; j < sparse.start[row + 1]; j++)
            values[(size_t)row * d + sparse.column[j]] = sparse.value[j];
    }
    struct design dense = {.n_rows = sparse.n_rows, .n_columns = d, .dense = values};
    const struct pairs *train = &problem.set.split[SPLIT_TRAIN];
    struct pairs apart = *train; // as if each response were of one pair: differences are formed
    apart.n_rows = apart.n;
    const struct design *designs[] = {&sparse, &dense, &dense};
    const struct pairs *pairs[] = {train, train, &apart};
    double *w = arena_calloc(problem.arena, d, sizeof(*w)), *g[3], f[3];
    for (uint32_t c = 0; c < d; c++)
        w[c] = cos(c);
    for (size_t i = 0; i < 3; i++) {
        struct logistic logistic;
        logistic_init(&logistic, designs[i], pairs[i], problem.set.capped,
            total_of(problem.set.capped, train->n), 1e-3);
        g[i] = arena_calloc(problem.arena, d, sizeof(double));
        f[i] = logistic_value(&logistic, w, g[i]);
        logistic_release(&logistic);
    }
    near(f[0], f[1], 1e-12);
    near(f[0], f[2], 1e-6);
    for (uint32_t c = 0; c < d; c++) {
        near(g[0][c], g[1][c], 1e-12);
        near(g[0][c], g[2][c], 1e-6);
    }
    problem_free(&problem);
}

// All rows are landmarks here, so the sketch keeps every inner product (up to the jitter).
static void a_sketch_keeps_inner_products(void **state UNUSED)
{
    struct problem problem;
    struct design sketch;
    problem_make(&problem, SKETCH_COLUMNS + 40);
    uint32_t rows[200], d = problem.design.n_columns;
    for (uint32_t i = 0; i < 200; i++)
        rows[i] = i;
    sketch_build(&problem.design, rows, 200, 200, problem.arena, &sketch);
    assert_int_equal(sketch.n_columns, 200);
    for (uint32_t i = 0; i < 200; i += 13) {
        for (uint32_t j = 0; j < 200; j += 17) {
            double full = 0, small = 0;
            for (uint32_t c = 0; c < d; c++)
                full += (double)problem.design.dense[i * d + c] * problem.design.dense[j * d + c];
            for (uint32_t c = 0; c < sketch.n_columns; c++)
                small +=
                    (double)sketch.dense[i * sketch.n_columns + c] * sketch.dense[j * sketch.n_columns + c];
            near(small, full, 0.05);
        }
    }
    problem_free(&problem);
}

// With offsets all but forbidden the groups are the pooled model; with offsets free each fits its own data alone.
static void offsets_go_from_pooled_to_separate(void **state UNUSED)
{
    struct problem problem;
    struct logistic logistic;
    problem_make(&problem, 7);
    const struct pairs *train = &problem.set.split[SPLIT_TRAIN];
    struct groups_problem of = {.design = &problem.design,
        .pairs = train,
        .weight = problem.set.capped,
        .group_of_annotator = problem.planted.data.annotator_group, // taste: everybody has one
        .n_annotators = 24,
        .n_groups = 2,
        .lambda = 0.01};
    double tight[21] = {0}, loose[21] = {0}, pooled[7] = {0}, separate[7] = {0};
    struct groups groups = {.w = tight};
    (void)groups_minimise(&of, 1e-6, 1e-8, 500, &groups);
    groups.w = loose;
    (void)groups_minimise(&of, 1e6, 1e-9, 3000, &groups);
    logistic_of(&problem, &logistic, 0.01);
    logistic_newton(&logistic, 1e-10, 50, pooled);
    for (size_t c = 0; c < 14; c++)
        near(tight[7 + c], pooled[c % 7], 1e-3);
    // The separate fit of taste 0; lambda / a is next to nothing.
    double *own = arena_calloc(problem.arena, train->n, sizeof(*own));
    for (uint32_t i = 0; i < train->n; i++)
        own[i] = problem.planted.annotator_taste[train->annotator[i]] == 0 ? problem.set.capped[i] : 0;
    logistic.weight = own;
    logistic.lambda = 1e-8;
    logistic_newton(&logistic, 1e-12, 100, separate);
    for (size_t c = 0; c < 7; c++)
        near(loose[7 + c], separate[c], 1e-2);
    logistic_release(&logistic);
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(the_duality_gap_holds),
        cmocka_unit_test(solvers_agree),
        cmocka_unit_test(sparse_and_dense_agree),
        cmocka_unit_test(a_sketch_keeps_inner_products),
        cmocka_unit_test(offsets_go_from_pooled_to_separate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
