#include "coordinator/collect/interval.h"

#include <math.h>

static const double normal = 1.959963984540054; // its 0.975 quantile

bool interval_of_share(double n_yes, double n, struct interval *ret_interval)
{
    if (n <= 0)
        return false;
    double share = n_yes / n, z2 = normal * normal;
    double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = normal * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n);
    *ret_interval = (struct interval){fmax(0, middle - half), fmin(1, middle + half)};
    return true;
}

double interval_student(double freedom)
{
    if (freedom < 2)
        return tan(0.475 * acos(-1));
    if (freedom < 3)
        return 0.95 * sqrt(2 / (1 - 0.95 * 0.95));
    double x = normal, x2 = x * x;
    double g1 = x * (x2 + 1) / 4;
    double g2 = x * ((5 * x2 + 16) * x2 + 3) / 96;
    double g3 = x * (((3 * x2 + 19) * x2 + 17) * x2 - 15) / 384;
    double g4 = x * ((((79 * x2 + 776) * x2 + 1482) * x2 - 1920) * x2 - 945) / 92160;
    return x + (g1 + (g2 + (g3 + g4 / freedom) / freedom) / freedom) / freedom;
}

bool interval_of_ratio(const struct interval_sums *sums, struct interval *ret_interval)
{
    double n = sums->n, share = sums->whole > 0 ? sums->part / sums->whole : 0;
    double squares = sums->part2 - 2 * share * sums->part_whole + share * share * sums->whole2;
    double error = n > 1 && squares > 0 ? sqrt(n / (n - 1) * squares) / sums->whole : 0;
    if (!(error > 1e-12))
        return false;
    double half = interval_student(n - 1) * error;
    *ret_interval = (struct interval){fmax(0, share - half), fmin(1, share + half)};
    return true;
}
