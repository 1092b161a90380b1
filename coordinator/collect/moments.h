// Krippendorff's alpha of ratings on a long scale, by interval, from sums over units: nothing of a unit is looked at again. Pure.
#ifndef COORDINATOR_COLLECT_MOMENTS_H
#define COORDINATOR_COLLECT_MOMENTS_H

#include "coordinator/collect/interval.h"

// Sums over units rated by the same number of people, of a unit's ratings' sum s and their squares' sum q (columns of tally_moment.sums).
enum moment {
    MOMENT_N,
    MOMENT_S,
    MOMENT_Q,
    MOMENT_SS,
    MOMENT_SQ,
    MOMENT_QQ,
    MOMENT_SSS,
    MOMENT_SSQ,
    MOMENT_SSSS,
    MOMENTS
};

// What a unit is: m ratings, their sum s and squares q, and a = (m q - s s) / (m - 1), how far apart they are.
enum { UNIT_M, UNIT_S, UNIT_Q, UNIT_A, UNIT_PARTS };
struct moments {
    double n_units, sums[UNIT_PARTS], products[UNIT_PARTS][UNIT_PARTS];
};

// Adds the units with `m` >= 2 ratings each.
void moments_add(struct moments *moments, double m, const double sums[MOMENTS]);
// 1 - (n - 1) A / (n Q - S S), with n, S, Q, A the sums over units: the alpha of agreement.h with differences squared. NAN when there is
// nothing to tell apart.
double moments_alpha(const struct moments *moments);
// Of that: the infinitesimal jackknife over units (Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans, ch. 6), which is
// what agreement_interval() comes to with many units, with Student's t. False where it can't be estimated.
bool moments_interval(const struct moments *moments, struct interval *ret_interval);

#endif
