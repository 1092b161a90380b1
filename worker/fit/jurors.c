#include "worker/fit/jurors.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { ITERATIONS_MAX = 40, NEWTON_MAX = 30, SQUARE_MAX = JURY_BASIS_MAX * JURY_BASIS_MAX };
// What is believed of the covariance before anybody is seen: as much as so many people who differ by so much.
static const double believed_people = 4, believed_variance = 0.25;
static const double unchanged = 1e-4;

static void choice_term(
    const void *arg, uint32_t i, double eta, double *ret_loss, double *ret_slope, double *ret_curve)
{
    const struct pairs *pairs = arg;
    double e = exp(-fabs(eta)), p = eta >= 0 ? 1 / (1 + e) : e / (1 + e);
    *ret_loss = fmax(-eta, 0) + log1p(e) + (1 - pairs->y[i]) * eta;
    *ret_slope = p - pairs->y[i];
    *ret_curve = p * (1 - p);
}

struct said said_of_pairs(
    const double *x, uint32_t k, const struct pairs *pairs, const double *weight, uint32_t n_annotators)
{
    return (struct said){.x = x,
        .k = k,
        .n_annotators = n_annotators,
        .first = pairs->first,
        .weight = weight,
        .term = choice_term,
        .arg = pairs};
}

static void invert(const double *matrix, uint32_t k, double *ret_inverse)
{
    memcpy(ret_inverse, matrix, (size_t)k * k * sizeof(*matrix));
    lapack_int failed = LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', (lapack_int)k, ret_inverse, (lapack_int)k);
    assert(failed == 0); // positive definite: a prior, or a curvature with one in it
    failed = LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'L', (lapack_int)k, ret_inverse, (lapack_int)k);
    assert(failed == 0);
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t j = 0; j < i; j++)
            ret_inverse[j * k + i] = ret_inverse[i * k + j];
    }
}

static double eta_of(const double *c, const double *x, uint32_t k)
{
    double eta = 0;
    for (uint32_t i = 0; i < k; i++)
        eta += c[i] * x[i];
    return eta;
}

double jurors_objective(const struct said *said, uint32_t annotator, const double *mean,
    const double *precision, const double *c, double *gradient)
{
    uint32_t k = said->k;
    double sum = 0, loss, slope, curve;
    for (uint32_t i = 0; i < k; i++) {
        gradient[i] = 0;
        for (uint32_t j = 0; j < k; j++)
            gradient[i] += precision[i * k + j] * (c[j] - mean[j]);
        sum += (c[i] - mean[i]) * gradient[i] / 2;
    }
    for (uint32_t p = said->first[annotator]; p < said->first[annotator + 1]; p++) {
        const double *x = said->x + (size_t)p * k;
        said->term(said->arg, p, eta_of(c, x, k), &loss, &slope, &curve);
        sum += said->weight[p] * loss;
        for (uint32_t i = 0; i < k; i++)
            gradient[i] += said->weight[p] * slope * x[i];
    }
    return sum;
}

static void curvature(const struct said *said, uint32_t annotator, const double *precision, const double *c,
    double *ret_hessian)
{
    uint32_t k = said->k;
    double loss, slope, curve;
    memcpy(ret_hessian, precision, (size_t)k * k * sizeof(*precision));
    for (uint32_t p = said->first[annotator]; p < said->first[annotator + 1]; p++) {
        const double *x = said->x + (size_t)p * k;
        said->term(said->arg, p, eta_of(c, x, k), &loss, &slope, &curve);
        for (uint32_t i = 0; i < k; i++) {
            for (uint32_t j = 0; j < k; j++)
                ret_hessian[i * k + j] += said->weight[p] * curve * x[i] * x[j];
        }
    }
}

// One annotator's mode by damped Newton; convex, so it is the only one.
static void find_mode(const struct said *said, uint32_t annotator, const double *mean,
    const double *precision, double *c, double *ret_posterior)
{
    uint32_t k = said->k;
    double gradient[JURY_BASIS_MAX], hessian[SQUARE_MAX], inverse[SQUARE_MAX], at[JURY_BASIS_MAX],
        ignored[JURY_BASIS_MAX];
    double value = jurors_objective(said, annotator, mean, precision, c, gradient);
    for (int iteration = 0; iteration < NEWTON_MAX; iteration++) {
        double descent = 0, step = 1;
        curvature(said, annotator, precision, c, hessian);
        invert(hessian, k, inverse);
        for (uint32_t i = 0; i < k; i++) {
            at[i] = 0;
            for (uint32_t j = 0; j < k; j++)
                at[i] -= inverse[i * k + j] * gradient[j];
            descent += at[i] * gradient[i];
        }
        if (descent > -1e-12)
            break;
        for (;; step /= 2) {
            double next[JURY_BASIS_MAX];
            for (uint32_t i = 0; i < k; i++)
                next[i] = c[i] + step * at[i];
            double there = jurors_objective(said, annotator, mean, precision, next, ignored);
            if (there <= value + 1e-4 * step * descent || step < 1e-6) {
                memcpy(c, next, k * sizeof(*c));
                break;
            }
        }
        value = jurors_objective(said, annotator, mean, precision, c, gradient);
    }
    curvature(said, annotator, precision, c, hessian);
    invert(hessian, k, ret_posterior);
}

static bool shapes_it(const struct said *said, const bool *shapes, uint32_t a)
{
    return said->first[a + 1] > said->first[a] && (shapes == NULL || shapes[a]);
}

// The mean and the covariance of the people; says how much they moved.
static double update(struct jurors *jurors, const struct said *said, const bool *shapes)
{
    uint32_t k = jurors->k;
    double n = 0, mean[JURY_BASIS_MAX] = {0}, covariance[SQUARE_MAX] = {0}, moved = 0;
    for (uint32_t a = 0; a < jurors->n_annotators; a++) {
        if (!shapes_it(said, shapes, a))
            continue;
        n++;
        for (uint32_t i = 0; i < k; i++)
            mean[i] += jurors->coefficient[(size_t)a * k + i];
    }
    for (uint32_t i = 0; i < k && n > 0; i++)
        mean[i] /= n;
    for (uint32_t a = 0; a < jurors->n_annotators; a++) {
        if (!shapes_it(said, shapes, a))
            continue;
        const double *c = jurors->coefficient + (size_t)a * k, *v = jurors->posterior + (size_t)a * k * k;
        for (uint32_t i = 0; i < k; i++) {
            for (uint32_t j = 0; j < k; j++)
                covariance[i * k + j] += v[i * k + j] + (c[i] - mean[i]) * (c[j] - mean[j]);
        }
    }
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t j = 0; j < k; j++) {
            double believed = i == j ? believed_people * believed_variance : 0;
            double now = (covariance[i * k + j] + believed) / (n + believed_people);
            moved = fmax(moved, fabs(now - jurors->covariance[i * k + j]));
            jurors->covariance[i * k + j] = now;
        }
        moved = fmax(moved, n > 0 ? fabs(mean[i] - jurors->mean[i]) : 0);
        jurors->mean[i] = n > 0 ? mean[i] : jurors->mean[i];
    }
    return moved;
}

void jurors_begin(const struct said *said, const double *start, struct arena *arena, struct jurors *jurors)
{
    uint32_t k = said->k, n = said->n_annotators;
    assert(k >= 1 && k <= JURY_BASIS_MAX);
    *jurors = (struct jurors){.k = k,
        .n_annotators = n,
        .mean = arena_memdup(arena, start, k * sizeof(double)),
        .covariance = arena_calloc(arena, (size_t)k * k, sizeof(double)),
        .coefficient = arena_calloc(arena, (size_t)n * k, sizeof(double)),
        .posterior = arena_calloc(arena, (size_t)n * k * k, sizeof(double))};
    for (uint32_t i = 0; i < k; i++)
        jurors->covariance[i * k + i] = believed_variance;
    for (uint32_t a = 0; a < n; a++)
        memcpy(jurors->coefficient + (size_t)a * k, start, k * sizeof(double));
}

static void find_modes(const struct said *said, const bool *shapes, bool all, struct jurors *jurors)
{
    double precision[SQUARE_MAX];
    uint32_t k = jurors->k;
    invert(jurors->covariance, k, precision);
    for (uint32_t a = 0; a < jurors->n_annotators; a++) {
        double *c = jurors->coefficient + (size_t)a * k;
        if (!all && !shapes_it(said, shapes, a))
            continue;
        if (all) // from the same place, whoever shaped the model
            memcpy(c, jurors->mean, k * sizeof(*c));
        find_mode(said, a, jurors->mean, precision, c, jurors->posterior + (size_t)a * k * k);
    }
}

double jurors_step(const struct said *said, const bool *shapes, struct jurors *jurors)
{
    find_modes(said, shapes, false, jurors);
    jurors->iterations++;
    return update(jurors, said, shapes);
}

void jurors_end(const struct said *said, struct jurors *jurors)
{
    find_modes(said, NULL, true, jurors);
}

void jurors_fit(const struct said *said, const double *start, const bool *shapes, struct arena *arena,
    struct jurors *jurors)
{
    double moved = INFINITY;
    jurors_begin(said, start, arena, jurors);
    while (jurors->iterations < ITERATIONS_MAX && moved > unchanged)
        moved = jurors_step(said, shapes, jurors);
    jurors_end(said, jurors);
}

double jurors_logit(
    const double *coefficient, const double *covariance, uint32_t k, const double *x, double *ret_shrunk)
{
    double v = 0;
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t j = 0; j < k; j++)
            v += x[i] * covariance[i * k + j] * x[j];
    }
    double shrunk = 1 / sqrt(1 + acos(-1) * v / 8);
    if (ret_shrunk != NULL)
        *ret_shrunk = shrunk;
    return shrunk * eta_of(coefficient, x, k);
}
