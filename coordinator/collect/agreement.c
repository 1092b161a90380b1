#include "coordinator/collect/agreement.h"

#include <math.h>

void agreement_add(struct agreement *agreement, const int64_t counts[AGREEMENT_CATEGORIES], int64_t times)
{
    double m = 0, squares = 0;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++) {
        m += (double)counts[c];
        squares += (double)counts[c] * (double)counts[c];
    }
    if (m < 2)
        return;
    double weight = (double)times;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
        agreement->totals[c] += weight * (double)counts[c];
    agreement->n_units += weight;
    agreement->n_judgments += weight * m;
    agreement->disagreement += weight * (m * m - squares) / (m - 1);
    agreement->pairs_alike += weight * (squares - m) / 2;
    agreement->pairs += weight * m * (m - 1) / 2;
}

double agreement_percent(const struct agreement *agreement)
{
    return agreement->pairs > 0 ? agreement->pairs_alike / agreement->pairs : NAN;
}

double agreement_alpha(const struct agreement *agreement)
{
    double n = agreement->n_judgments, squares = 0;
    for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
        squares += agreement->totals[c] * agreement->totals[c];
    if (n < 2 || n * n - squares <= 0)
        return NAN;
    return 1 - (agreement->disagreement / n) / ((n * n - squares) / (n * (n - 1)));
}
