#include "coordinator/collect/agreement.h"

#include <math.h>
#include <stdio.h>

static double judged(const int64_t counts[AGREEMENT_CATEGORIES])
{
    double m = 0;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
        m += (double)counts[c];
    return m;
}

void agreement_add(struct agreement *agreement, const int64_t counts[AGREEMENT_CATEGORIES], int64_t times)
{
    double m = judged(counts), weight = (double)times, alike = 0;
    if (m < 1)
        return;
    agreement->n_judged += weight;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
        agreement->shares[c] += weight * (double)counts[c] / m;
    if (m < 2)
        return;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++) {
        double own = (double)counts[c];
        agreement->totals[c] += weight * own;
        alike += own * (own - 1);
        for (int k = 0; k < AGREEMENT_CATEGORIES; k++)
            agreement->coincidences[c][k] += weight * own * ((double)counts[k] - (c == k)) / (m - 1);
    }
    agreement->n_units += weight;
    agreement->n_judgments += weight * m;
    agreement->pairs_alike += weight * alike / 2;
    agreement->pairs += weight * m * (m - 1) / 2;
    agreement->units_alike += weight * alike / (m * (m - 1));
}

double agreement_percent(const struct agreement *agreement)
{
    return agreement->pairs > 0 ? agreement->pairs_alike / agreement->pairs : NAN;
}

// Of categories c < k.
static double squared_difference(const struct agreement *agreement, int c, int k)
{
    if (agreement->scale == AGREEMENT_NOMINAL)
        return 1;
    if (agreement->scale == AGREEMENT_INTERVAL)
        return (double)(k - c) * (k - c);
    double between = (agreement->totals[c] + agreement->totals[k]) / 2;
    for (int g = c + 1; g < k; g++)
        between += agreement->totals[g];
    return between * between;
}

double agreement_alpha(const struct agreement *agreement)
{
    double seen = 0, by_chance = 0;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
        for (int k = c + 1; k < AGREEMENT_CATEGORIES; k++) {
            double apart = squared_difference(agreement, c, k);
            seen += agreement->coincidences[c][k] * apart;
            by_chance += agreement->totals[c] * agreement->totals[k] * apart;
        }
    return by_chance > 0 ? 1 - (agreement->n_judgments - 1) * seen / by_chance : NAN;
}

double agreement_ac1(const struct agreement *agreement)
{
    double by_chance = 0;
    int n_categories = 0;
    if (agreement->n_units < 1)
        return NAN;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++) {
        double share = agreement->shares[c] / agreement->n_judged;
        by_chance += share * (1 - share);
        n_categories += share > 0;
    }
    if (agreement->n_categories > 0)
        n_categories = agreement->n_categories;
    if (n_categories < 2)
        return NAN;
    by_chance /= n_categories - 1;
    return (agreement->units_alike / agreement->n_units - by_chance) / (1 - by_chance);
}

bool agreement_interval(const struct agreement *agreement, const struct agreement_unit *units, size_t n,
    double (*statistic)(const struct agreement *), bool paired, struct interval *ret_interval)
{
    double n_units = paired ? agreement->n_units : agreement->n_judged, mean = 0, squares = 0;
    double whole = statistic(agreement);
    if (n_units < 2 || !isfinite(whole))
        return false;
    double seen = 0;
    for (size_t i = 0; i < n; i++) {
        double m = judged(units[i].counts), weight = (double)units[i].times;
        if (m < (paired ? 2 : 1))
            continue;
        struct agreement rest = *agreement;
        agreement_add(&rest, units[i].counts, -1);
        double without = statistic(&rest);
        if (!isfinite(without))
            return false;
        // Mean and spread, as they come (West 1979).
        seen += weight;
        double step = without - mean;
        mean += step * weight / seen;
        squares += weight * step * (without - mean);
    }
    double error = sqrt((n_units - 1) / n_units * squares);
    if (!(error > 1e-12))
        return false;
    double half = interval_student(n_units - 1) * error;
    *ret_interval = (struct interval){fmax(-1, whole - half), fmin(1, whole + half)};
    return true;
}

void agreement_set(json_t *own, const char *name, const struct agreement *agreement,
    const struct agreement_unit *units, size_t n, double (*statistic)(const struct agreement *), bool paired)
{
    struct interval interval;
    char with[32];
    double value = statistic(agreement);
    bool known = agreement_interval(agreement, units, n, statistic, paired, &interval);
    if (known && statistic == agreement_percent)
        interval.low = fmax(0, interval.low);
    snprintf(with, sizeof(with), "%s_interval", name);
    json_object_set_new(own, name, isfinite(value) ? json_real(value) : json_null());
    json_object_set_new(own, with, known ? json_pack("[f, f]", interval.low, interval.high) : json_null());
}
