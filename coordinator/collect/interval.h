// Intervals of 95 %. Pure.
#ifndef COORDINATOR_COLLECT_INTERVAL_H
#define COORDINATOR_COLLECT_INTERVAL_H

#include <stdbool.h>

struct interval {
    double low, high;
};

// Of a share, n_yes of n: Wilson's score interval (Wilson 1927, "Probable inference, the law of succession, and statistical
// inference", JASA 22; method 3 of Newcombe 1998, Statistics in Medicine 17). False when n is 0.
bool interval_of_share(double n_yes, double n, struct interval *ret_interval);

// Sums over units of two counts, and of their squares and products.
struct interval_sums {
    double n, part, whole, part2, part_whole, whole2;
};

// Of the ratio of two sums, part of whole, by the spread of its residuals over units (Cochran 1977, "Sampling Techniques", 6.4), cut at
// 0 and 1. False with fewer than two units, and where all are alike: they tell nothing of the spread.
bool interval_of_ratio(const struct interval_sums *sums, struct interval *ret_interval);

// The 0.975 quantile of Student's t with `freedom` >= 1 degrees of freedom: exact for 1 and 2, else Abramowitz and Stegun (1964),
// 26.7.5, which is within 0.002 for 3 and nearer for more.
double interval_student(double freedom);

#endif
