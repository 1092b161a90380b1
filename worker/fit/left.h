// How much longer a fit will take, told only where that can be told: when what its progress so far foretold for the whole, looked at from the
// half of the time on, did not move by more than half. Pure; times are seconds since the fit began.
#ifndef WORKER_FIT_LEFT_H
#define WORKER_FIT_LEFT_H

#include "worker/fit/fit.h"

enum { FIT_LEFT_POINTS = 64 };

struct fit_left {
    uint32_t n;
    double at[FIT_LEFT_POINTS], share[FIT_LEFT_POINTS]; // ascending
};

// The share of the time that fits of a method had taken where they told of a fraction: on the average of ten fits of real judgments
// (docs/methods.md), for a search takes longer where it says less.
double fit_left_share(enum fit_method method, double fraction);
// The share that is reached now; what does not go on is left out.
void fit_left_add(struct fit_left *left, double now, double share);
// Seconds that are left; NaN: it can't be told.
double fit_left_tell(const struct fit_left *left, double now);

#endif
