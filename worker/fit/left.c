#include "worker/fit/left.h"

#include <math.h>

static const double step = 0.005, share_min = 0.15, seconds_min = 1, moved_max = 1.5;
enum { POINTS_MIN = 3 };

struct place {
    double fraction, share;
};
enum { PLACES = 10 };
static const struct place of_maxmin[PLACES] = {{0.05, 0}, {0.35, 0.07}, {0.42, 0.17}, {0.49, 0.27},
    {0.56, 0.4}, {0.63, 0.52}, {0.7, 0.6}, {0.8, 0.76}, {0.9, 0.9}, {1, 1}};
static const struct place of_jury[PLACES] = {{0.05, 0}, {0.35, 0.04}, {0.4, 0.08}, {0.5, 0.24}, {0.6, 0.46},
    {0.7, 0.9}, {0.9, 0.98}, {1, 1}, {1, 1}, {1, 1}};
static const struct place of_groups[PLACES] = {
    {0.05, 0}, {0.35, 0.15}, {0.4, 0.2}, {0.7, 0.45}, {0.9, 0.75}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
static const struct place of_pooled[PLACES] = {
    {0.05, 0}, {0.12, 0.08}, {0.35, 0.42}, {0.9, 0.84}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};

double fit_left_share(enum fit_method method, double fraction)
{
    const struct place *at = method == FIT_MAXMIN                       ? of_maxmin
                             : method == FIT_JURY                       ? of_jury
                             : method == FIT_GROUP || method == FIT_DRO ? of_groups
                                                                        : of_pooled;
    for (int i = 1; i < PLACES; i++) {
        if (fraction <= at[i].fraction)
            return fmax(0, at[i - 1].share + (fraction - at[i - 1].fraction) /
                                                 (at[i].fraction - at[i - 1].fraction) *
                                                 (at[i].share - at[i - 1].share));
    }
    return 1;
}

void fit_left_add(struct fit_left *left, double now, double share)
{
    if (share < (left->n > 0 ? left->share[left->n - 1] : 0) + step)
        return;
    if (left->n == FIT_LEFT_POINTS) { // every other one will do
        left->n /= 2;
        for (uint32_t i = 0; i < left->n; i++) {
            left->at[i] = left->at[2 * i + 1];
            left->share[i] = left->share[2 * i + 1];
        }
    }
    left->at[left->n] = now;
    left->share[left->n++] = share;
}

double fit_left_tell(const struct fit_left *left, double now)
{
    if (left->n == 0 || now < seconds_min || left->share[left->n - 1] < share_min)
        return NAN;
    // Of the whole, by each point; and by now, with nothing reached since the last.
    double last = left->at[left->n - 1] / left->share[left->n - 1];
    double least = last, most = fmax(last, now / (left->share[left->n - 1] + step));
    uint32_t n = 0;
    for (uint32_t i = left->n; i > 0 && (left->at[i - 1] >= now / 2 || n < POINTS_MIN); i--) {
        double whole = left->at[i - 1] / left->share[i - 1];
        least = fmin(least, whole);
        most = fmax(most, whole);
        n++;
    }
    if (n < POINTS_MIN || !(most <= moved_max * least) || last <= now)
        return NAN;
    return last - now;
}
