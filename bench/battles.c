// What a leaderboard costs: Bradley-Terry over a million raw battles of a hundred models by ten thousand annotators with a
// hundred bootstraps over annotators, and contextual Bradley-Terry with four covariates. The anchor is a plain C program in
// the same run: for each bootstrap it draws as many battles anew, and solves by Newton from their cells.
#include "base/clock.h"
#include "base/rng.h"
#include "worker/fit/battles.h"
#include "worker/fit/fit.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 100, BATTLES = 1000 * 1000, ANNOTATORS = 10000, BOOTSTRAPS = 100, STYLES = 4, ROUNDS = 5 };

static uint32_t left[BATTLES], right[BATTLES], annotator[BATTLES];
static uint8_t outcome[BATTLES];
static float style_left[BATTLES * STYLES], style_right[BATTLES * STYLES];

static void make(void)
{
    struct rng rng;
    double score[ITEMS];
    rng_seed(&rng, 1);
    for (int i = 0; i < ITEMS; i++)
        score[i] = 0.7 * rng_normal(&rng);
    for (uint32_t i = 0; i < BATTLES; i++) {
        uint32_t a = (uint32_t)rng_below(&rng, ITEMS), b = (uint32_t)rng_below(&rng, ITEMS - 1);
        b += b >= a;
        double z = score[a] - score[b];
        for (uint32_t c = 0; c < STYLES; c++) {
            float x = (float)rng_below(&rng, 500), y = (float)rng_below(&rng, 500);
            style_left[i * STYLES + c] = x;
            style_right[i * STYLES + c] = y;
            z += 0.3 * (double)((x - y) / (x + y + 1));
        }
        double wins = exp(z / 2), losses = exp(-z / 2), at = rng_uniform(&rng) * (wins + losses + 0.7);
        left[i] = a;
        right[i] = b;
        annotator[i] = (uint32_t)rng_below(&rng, ANNOTATORS);
        outcome[i] = at < wins ? FIT_LEFT : at < wins + losses ? FIT_RIGHT : FIT_TIE;
    }
}

// ---------------------------------------------------------------- the anchor
static double wins[ITEMS][ITEMS], hessian[ITEMS * ITEMS];

static void newton(double *score)
{
    for (int iteration = 0; iteration < 20; iteration++) {
        double gradient[ITEMS] = {0}, greatest = 0;
        for (int i = 0; i < ITEMS * ITEMS; i++)
            hessian[i] = 1;
        for (int i = 0; i < ITEMS; i++) {
            for (int j = i + 1; j < ITEMS; j++) {
                double n = wins[i][j] + wins[j][i], p = 1 / (1 + exp(score[j] - score[i]));
                double slope = n * p - wins[i][j], curve = n * p * (1 - p);
                gradient[i] += slope;
                gradient[j] -= slope;
                hessian[i * ITEMS + i] += curve;
                hessian[j * ITEMS + j] += curve;
                hessian[i * ITEMS + j] -= curve;
                hessian[j * ITEMS + i] -= curve;
            }
        }
        if (LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', ITEMS, 1, hessian, ITEMS, gradient, ITEMS) != 0)
            abort();
        for (int i = 0; i < ITEMS; i++) {
            score[i] -= gradient[i];
            greatest = fmax(greatest, fabs(gradient[i]));
        }
        if (greatest < 1e-6)
            return;
    }
}

static void plain(double *ret_score)
{
    struct rng rng;
    rng_seed(&rng, 2);
    for (int b = 0; b <= BOOTSTRAPS; b++) {
        double score[ITEMS] = {0};
        memset(wins, 0, sizeof(wins));
        for (uint32_t i = 0; i < BATTLES; i++) {
            uint32_t k = b == 0 ? i : (uint32_t)rng_below(&rng, BATTLES);
            wins[left[k]][right[k]] += outcome[k] == FIT_LEFT ? 1 : outcome[k] == FIT_TIE ? 0.5 : 0;
            wins[right[k]][left[k]] += outcome[k] == FIT_RIGHT ? 1 : outcome[k] == FIT_TIE ? 0.5 : 0;
        }
        newton(score);
        if (b == 0)
            memcpy(ret_score, score, sizeof(score));
    }
}

static double library(
    enum battles_interval interval, uint32_t n_styles, uint32_t n_threads, double *ret_score)
{
    struct battles battles = {.n_items = ITEMS,
        .n = BATTLES,
        .n_annotators = ANNOTATORS,
        .n_styles = n_styles,
        .left = left,
        .right = right,
        .outcome = outcome,
        .annotator = annotator,
        .style_left = style_left,
        .style_right = style_right};
    struct battles_options options = {
        .interval = interval, .n_bootstraps = BOOTSTRAPS, .seed = 3, .n_threads = n_threads};
    struct battles_result result;
    struct err err;
    struct arena *arena = arena_new(SIZE_MAX);
    int64_t start = clock_monotonic_us();
    if (battles_fit(&battles, &options, arena, &result, &err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    int64_t end = clock_monotonic_us();
    for (uint32_t i = 0; i < ITEMS; i++)
        ret_score[i] = result.items[i].score;
    arena_free(arena);
    return (double)(end - start) / 1e6;
}

static void print(const char *name, double seconds, double anchor)
{
    printf(
        "{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"s\",\"anchor\":\"plain C, one thread, 100 bootstraps of battles\",\"ratio\":%.3f}\n",
        name, seconds, seconds / anchor);
}

int main(void)
{
    static const struct {
        const char *name;
        enum battles_interval interval;
        uint32_t n_styles, n_threads;
    } runs[] = {{"battles_1m_100_models_100_bootstraps", BATTLES_BOOTSTRAP, 0, 2},
        {"battles_1m_100_models_100_bootstraps_one_thread", BATTLES_BOOTSTRAP, 0, 1},
        {"battles_1m_100_models_sandwich", BATTLES_SANDWICH, 0, 2},
        {"battles_1m_100_models_4_styles_sandwich", BATTLES_SANDWICH, STYLES, 2},
        {"battles_1m_100_models_4_styles_sandwich_one_thread", BATTLES_SANDWICH, STYLES, 1}};
    double least[ARRAY_SIZE(runs)], anchor = INFINITY, score[ITEMS], other[ITEMS], apart = 0;
    openblas_set_num_threads(1); // it has threads of its own, which the library does not want
    make();
    for (size_t r = 0; r < ARRAY_SIZE(runs); r++)
        least[r] = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_monotonic_us();
        plain(score);
        anchor = fmin(anchor, (double)(clock_monotonic_us() - start) / 1e6);
        for (size_t r = 0; r < ARRAY_SIZE(runs); r++) {
            least[r] = fmin(least[r], library(runs[r].interval, runs[r].n_styles, runs[r].n_threads, other));
            for (int i = 0; i < ITEMS && runs[r].n_styles == 0; i++)
                apart = fmax(apart, fabs((score[i] - score[0]) - (other[i] - other[0])));
        }
    }
    if (apart > 1e-4) { // the ridge's part
        fprintf(stderr, "the two differ by %g\n", apart);
        return 1;
    }
    print("battles_plain", anchor, anchor);
    for (size_t r = 0; r < ARRAY_SIZE(runs); r++)
        print(runs[r].name, least[r], anchor);
    return 0;
}
