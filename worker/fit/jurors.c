#include "worker/fit/jurors.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { ITERATIONS_MAX = 40, NEWTON_MAX = 30, SQUARE_MAX = JURY_BASIS_MAX * JURY_BASIS_MAX };
// What is believed of the covariance before anybody is seen: as much as so many people who differ by so much.
static const double believed_people = 4, believed_variance = 0.25;
static const double unchanged = 1e-4;

static double pair_loss(double z, double y)
{
    return fmax(-z, 0) + log1p(exp(-fabs(z))) + (1 - y) * z;
}

static double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
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

double jurors_objective(const double *x, uint32_t k, const struct pairs *pairs, const double *weight,
    uint32_t annotator, const double *mean, const double *precision, const double *c, double *gradient)
{
    double sum = 0;
    for (uint32_t i = 0; i < k; i++) {
        gradient[i] = 0;
        for (uint32_t j = 0; j < k; j++)
            gradient[i] += precision[i * k + j] * (c[j] - mean[j]);
        sum += (c[i] - mean[i]) * gradient[i] / 2;
    }
    for (uint32_t p = pairs->first[annotator]; p < pairs->first[annotator + 1]; p++) {
        const double *own = x + (size_t)p * k;
        double z = 0;
        for (uint32_t i = 0; i < k; i++)
            z += c[i] * own[i];
        sum += weight[p] * pair_loss(z, pairs->y[p]);
        double slope = weight[p] * (sigmoid(z) - pairs->y[p]);
        for (uint32_t i = 0; i < k; i++)
            gradient[i] += slope * own[i];
    }
    return sum;
}

static void curvature(const double *x, uint32_t k, const struct pairs *pairs, const double *weight,
    uint32_t annotator, const double *precision, const double *c, double *ret_hessian)
{
    memcpy(ret_hessian, precision, (size_t)k * k * sizeof(*precision));
    for (uint32_t p = pairs->first[annotator]; p < pairs->first[annotator + 1]; p++) {
        const double *own = x + (size_t)p * k;
        double z = 0;
        for (uint32_t i = 0; i < k; i++)
            z += c[i] * own[i];
        double s = sigmoid(z), w = weight[p] * s * (1 - s);
        for (uint32_t i = 0; i < k; i++) {
            for (uint32_t j = 0; j < k; j++)
                ret_hessian[i * k + j] += w * own[i] * own[j];
        }
    }
}

// One annotator's mode by damped Newton; convex, so it is the only one.
static void find_mode(const double *x, uint32_t k, const struct pairs *pairs, const double *weight,
    uint32_t annotator, const double *mean, const double *precision, double *c, double *ret_posterior)
{
    double gradient[JURY_BASIS_MAX], hessian[SQUARE_MAX], inverse[SQUARE_MAX], at[JURY_BASIS_MAX],
        ignored[JURY_BASIS_MAX];
    double value = jurors_objective(x, k, pairs, weight, annotator, mean, precision, c, gradient);
    for (int iteration = 0; iteration < NEWTON_MAX; iteration++) {
        double descent = 0, step = 1;
        curvature(x, k, pairs, weight, annotator, precision, c, hessian);
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
            double there = jurors_objective(x, k, pairs, weight, annotator, mean, precision, next, ignored);
            if (there <= value + 1e-4 * step * descent || step < 1e-6) {
                memcpy(c, next, k * sizeof(*c));
                break;
            }
        }
        value = jurors_objective(x, k, pairs, weight, annotator, mean, precision, c, gradient);
    }
    curvature(x, k, pairs, weight, annotator, precision, c, hessian);
    invert(hessian, k, ret_posterior);
}

static bool shapes_it(const struct pairs *pairs, const bool *shapes, uint32_t a)
{
    return pairs->first[a + 1] > pairs->first[a] && (shapes == NULL || shapes[a]);
}

// The mean and the covariance of the people; says how much they moved.
static double update(struct jurors *jurors, const struct pairs *pairs, const bool *shapes)
{
    uint32_t k = jurors->k;
    double n = 0, mean[JURY_BASIS_MAX] = {0}, covariance[SQUARE_MAX] = {0}, moved = 0;
    for (uint32_t a = 0; a < jurors->n_annotators; a++) {
        if (!shapes_it(pairs, shapes, a))
            continue;
        n++;
        for (uint32_t i = 0; i < k; i++)
            mean[i] += jurors->coefficient[(size_t)a * k + i];
    }
    for (uint32_t i = 0; i < k && n > 0; i++)
        mean[i] /= n;
    for (uint32_t a = 0; a < jurors->n_annotators; a++) {
        if (!shapes_it(pairs, shapes, a))
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

void jurors_fit(const double *x, uint32_t k, const struct pairs *pairs, const double *weight,
    uint32_t n_annotators, const bool *shapes, struct arena *arena, struct jurors *jurors)
{
    assert(k >= 1 && k <= JURY_BASIS_MAX);
    *jurors = (struct jurors){.k = k,
        .n_annotators = n_annotators,
        .mean = arena_calloc(arena, k, sizeof(double)),
        .covariance = arena_calloc(arena, (size_t)k * k, sizeof(double)),
        .coefficient = arena_calloc(arena, (size_t)n_annotators * k, sizeof(double)),
        .posterior = arena_calloc(arena, (size_t)n_annotators * k * k, sizeof(double))};
    jurors->mean[0] = 1;
    for (uint32_t i = 0; i < k; i++)
        jurors->covariance[i * k + i] = believed_variance;
    double precision[SQUARE_MAX], moved = INFINITY;
    for (uint32_t a = 0; a < n_annotators; a++)
        jurors->coefficient[(size_t)a * k] = 1;
    for (; jurors->iterations < ITERATIONS_MAX && moved > unchanged; jurors->iterations++) {
        invert(jurors->covariance, k, precision);
        for (uint32_t a = 0; a < n_annotators; a++) {
            if (shapes_it(pairs, shapes, a))
                find_mode(x, k, pairs, weight, a, jurors->mean, precision,
                    jurors->coefficient + (size_t)a * k, jurors->posterior + (size_t)a * k * k);
        }
        moved = update(jurors, pairs, shapes);
    }
    invert(jurors->covariance, k, precision);
    for (uint32_t a = 0; a < n_annotators; a++) {
        double *c = jurors->coefficient + (size_t)a * k;
        memcpy(c, jurors->mean, k * sizeof(*c));
        find_mode(x, k, pairs, weight, a, jurors->mean, precision, c, jurors->posterior + (size_t)a * k * k);
    }
}

double jurors_logit(const double *coefficient, const double *covariance, uint32_t k, const double *x)
{
    double z = 0, v = 0;
    for (uint32_t i = 0; i < k; i++) {
        z += coefficient[i] * x[i];
        for (uint32_t j = 0; j < k; j++)
            v += x[i] * covariance[i * k + j] * x[j];
    }
    return z / sqrt(1 + acos(-1) * v / 8);
}
