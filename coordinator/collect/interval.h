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

// The 0.975 quantile of Student's t with `freedom` >= 1 degrees of freedom: exact for 1 and 2, else Abramowitz and Stegun (1964),
// 26.7.5, which is within 0.002 for 3 and nearer for more.
double interval_student(double freedom);

#endif
