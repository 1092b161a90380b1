#include "worker/fit/ordinal.h"

#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 15, THRESHOLD_ITERATIONS = 30 };
static const double unchanged = 1e-3, least_chance = 1e-12;

static double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

// The chances of at most this level, and of less.
static void around(const double *threshold, uint32_t n_levels, uint8_t level, double eta, double *ret_upper,
    double *ret_lower)
{
    *ret_upper = level + 1U < n_levels ? sigmoid(threshold[level] - eta) : 1;
    *ret_lower = level > 0 ? sigmoid(threshold[level - 1] - eta) : 0;
}

struct levels_said {
    const struct rated *rated;
    const double *threshold;
};

// -log(u - l), its slope 1 - u - l and its curvature u (1 - u) + l (1 - l), in eta.
static void rating_term(
    const void *arg, uint32_t i, double eta, double *ret_loss, double *ret_slope, double *ret_curve)
{
    const struct levels_said *said = arg;
    double upper, lower;
    around(said->threshold, said->rated->n_levels, said->rated->level[i], eta, &upper, &lower);
    *ret_loss = -log(fmax(upper - lower, least_chance));
    *ret_slope = 1 - upper - lower;
    *ret_curve = upper * (1 - upper) + lower * (1 - lower);
}

// --- thresholds ---------------------------------------------------------------------------------------------------------
static void thresholds_of(const double *parameters, uint32_t n, double *ret_threshold)
{
    ret_threshold[0] = parameters[0];
    for (uint32_t l = 1; l < n; l++)
        ret_threshold[l] = ret_threshold[l - 1] + exp(parameters[l]);
}

double ordinal_value(void *arg, const double *parameters, double *gradient)
{
    const struct ordinal_levels *levels = arg;
    const struct rated *rated = levels->rated;
    uint32_t n = rated->n_levels - 1;
    double threshold[ORDINAL_LEVELS_MAX], by_threshold[ORDINAL_LEVELS_MAX] = {0}, sum = 0, total = 0;
    thresholds_of(parameters, n, threshold);
    for (uint32_t i = 0; i < rated->n; i++) {
        double upper, lower, weight = rated->weight[i];
        uint8_t level = rated->level[i];
        around(threshold, rated->n_levels, level, levels->eta[i], &upper, &lower);
        double chance = fmax(upper - lower, least_chance);
        sum -= weight * log(chance);
        total += weight;
        if (level < n)
            by_threshold[level] -= weight * upper * (1 - upper) / chance;
        if (level > 0)
            by_threshold[level - 1] += weight * lower * (1 - lower) / chance;
    }
    // A step moves its threshold and all above.
    double above = 0;
    for (uint32_t l = n; l-- > 0;) {
        above += by_threshold[l];
        gradient[l] = (l == 0 ? above : above * exp(parameters[l])) / total;
    }
    return sum / total;
}

// As if nobody differed: by how often each level was said. Every level keeps a little.
static void begin_thresholds(const struct rated *rated, double *ret_threshold)
{
    double count[ORDINAL_LEVELS_MAX] = {0}, total = 0, at = 0;
    for (uint32_t l = 0; l < rated->n_levels; l++)
        count[l] = 0.5;
    for (uint32_t i = 0; i < rated->n; i++)
        count[rated->level[i]] += rated->weight[i];
    for (uint32_t l = 0; l < rated->n_levels; l++)
        total += count[l];
    for (uint32_t l = 0; l + 1 < rated->n_levels; l++) {
        at += count[l];
        ret_threshold[l] = log(at / (total - at));
    }
}

static double find_thresholds(const struct rated *rated, struct ordinal *ordinal, double *eta)
{
    uint32_t n = rated->n_levels - 1, k = rated->k;
    double parameters[ORDINAL_LEVELS_MAX], moved = 0;
    for (uint32_t a = 0; a < rated->n_annotators; a++) {
        for (uint32_t i = rated->first[a]; i < rated->first[a + 1]; i++) {
            eta[i] = 0;
            for (uint32_t j = 0; j < k; j++)
                eta[i] += ordinal->people.coefficient[(size_t)a * k + j] * rated->x[(size_t)i * k + j];
        }
    }
    parameters[0] = ordinal->threshold[0];
    for (uint32_t l = 1; l < n; l++)
        parameters[l] = log(fmax(ordinal->threshold[l] - ordinal->threshold[l - 1], 1e-6));
    struct ordinal_levels levels = {rated, eta};
    (void)logistic_lbfgs_any(ordinal_value, &levels, n, 1e-5, THRESHOLD_ITERATIONS, NULL, NULL, parameters);
    double next[ORDINAL_LEVELS_MAX];
    thresholds_of(parameters, n, next);
    for (uint32_t l = 0; l < n; l++) {
        moved = fmax(moved, fabs(next[l] - ordinal->threshold[l]));
        ordinal->threshold[l] = next[l];
    }
    return moved;
}

// How high people rate on the average is for the thresholds to say.
static void centre(struct ordinal *ordinal)
{
    struct jurors *people = &ordinal->people;
    double mean = people->mean[0];
    for (uint32_t l = 0; l + 1 < ordinal->n_levels; l++)
        ordinal->threshold[l] -= mean;
    for (uint32_t a = 0; a < people->n_annotators; a++)
        people->coefficient[(size_t)a * people->k] -= mean;
    people->mean[0] = 0;
}

void ordinal_fit(const struct rated *rated, const double *start, const bool *shapes, struct arena *arena,
    struct ordinal *ordinal)
{
    assert(rated->n_levels >= 2 && rated->n_levels <= ORDINAL_LEVELS_MAX);
    *ordinal = (struct ordinal){
        .n_levels = rated->n_levels, .threshold = arena_calloc(arena, rated->n_levels, sizeof(double))};
    struct levels_said levels = {rated, ordinal->threshold};
    struct said said = {.x = rated->x,
        .k = rated->k,
        .n_annotators = rated->n_annotators,
        .first = rated->first,
        .weight = rated->weight,
        .term = rating_term,
        .arg = &levels};
    double *eta = malloc(((size_t)rated->n + 1) * sizeof(*eta)), moved = INFINITY;
    if (eta == NULL)
        abort();
    begin_thresholds(rated, ordinal->threshold);
    jurors_begin(&said, start, arena, &ordinal->people);
    for (int turn = 0; turn < TURNS_MAX && moved > unchanged; turn++) {
        moved = jurors_step(&said, shapes, &ordinal->people);
        centre(ordinal);
        moved = fmax(moved, find_thresholds(rated, ordinal, eta));
    }
    jurors_end(&said, &ordinal->people);
    free(eta);
}

void ordinal_foretell(const struct ordinal *ordinal, const double *coefficient, const double *covariance,
    const double *x, double *ret_chance)
{
    double shrunk, eta = jurors_logit(coefficient, covariance, ordinal->people.k, x, &shrunk), below = 0;
    for (uint32_t l = 0; l < ordinal->n_levels; l++) {
        double up_to = l + 1 < ordinal->n_levels ? sigmoid(shrunk * ordinal->threshold[l] - eta) : 1;
        ret_chance[l] = fmax(up_to - below, 0);
        below = up_to;
    }
}
