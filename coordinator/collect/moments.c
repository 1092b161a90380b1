#include "coordinator/collect/moments.h"

#include <math.h>

void moments_add(struct moments *moments, double m, const double v[MOMENTS])
{
    // With a = (m q - s s) / (m - 1), what a multiplies follows from the powers of s and q.
    double w = m - 1, a = (m * v[MOMENT_Q] - v[MOMENT_SS]) / w;
    double sa = (m * v[MOMENT_SQ] - v[MOMENT_SSS]) / w, qa = (m * v[MOMENT_QQ] - v[MOMENT_SSQ]) / w;
    double aa = (m * m * v[MOMENT_QQ] - 2 * m * v[MOMENT_SSQ] + v[MOMENT_SSSS]) / (w * w);
    const double sums[UNIT_PARTS] = {m * v[MOMENT_N], v[MOMENT_S], v[MOMENT_Q], a};
    const double products[UNIT_PARTS][UNIT_PARTS] = {
        {m * m * v[MOMENT_N], m * v[MOMENT_S], m * v[MOMENT_Q], m * a},
        {m * v[MOMENT_S], v[MOMENT_SS], v[MOMENT_SQ], sa},
        {m * v[MOMENT_Q], v[MOMENT_SQ], v[MOMENT_QQ], qa},
        {m * a, sa, qa, aa},
    };
    moments->n_units += v[MOMENT_N];
    for (int i = 0; i < UNIT_PARTS; i++) {
        moments->sums[i] += sums[i];
        for (int j = 0; j < UNIT_PARTS; j++)
            moments->products[i][j] += products[i][j];
    }
}

// How far apart all ratings are, each with each.
static double apart(const struct moments *moments)
{
    return moments->sums[UNIT_M] * moments->sums[UNIT_Q] - moments->sums[UNIT_S] * moments->sums[UNIT_S];
}

double moments_alpha(const struct moments *moments)
{
    double all = apart(moments);
    return all > 0 ? 1 - (moments->sums[UNIT_M] - 1) * moments->sums[UNIT_A] / all : NAN;
}

bool moments_interval(const struct moments *moments, struct interval *ret_interval)
{
    double k = moments->n_units, all = apart(moments), whole = moments_alpha(moments);
    if (k < 2 || !isfinite(whole))
        return false;
    // How alpha moves with each of the sums.
    double n = moments->sums[UNIT_M], by_all = (n - 1) * moments->sums[UNIT_A] / (all * all);
    const double slopes[UNIT_PARTS] = {by_all * moments->sums[UNIT_Q] - moments->sums[UNIT_A] / all,
        -2 * by_all * moments->sums[UNIT_S], by_all * n, -(n - 1) / all};
    double mean = 0, squares = 0;
    for (int i = 0; i < UNIT_PARTS; i++) {
        mean += slopes[i] * moments->sums[i] / k;
        for (int j = 0; j < UNIT_PARTS; j++)
            squares += slopes[i] * slopes[j] * moments->products[i][j];
    }
    double variance = k / (k - 1) * (squares - k * mean * mean);
    double error = variance > 0 ? sqrt(variance) : 0;
    if (!(error > 1e-9))
        return false;
    double half = interval_student(k - 1) * error;
    *ret_interval = (struct interval){fmax(-1, whole - half), fmin(1, whole + half)};
    return true;
}
