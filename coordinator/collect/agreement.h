// Agreement on pairs that several people judged. Pure; exact integers in, floating point in a fixed order.
#ifndef COORDINATOR_COLLECT_AGREEMENT_H
#define COORDINATOR_COLLECT_AGREEMENT_H

#include "base/base.h"

enum { AGREEMENT_CATEGORIES = 4 };

struct agreement {
    double totals[AGREEMENT_CATEGORIES]; // judgments in units judged twice or more, by category
    double n_units, n_judgments;         // of such units
    double disagreement;                 // sum over units of (m^2 - sum n_c^2) / (m - 1)
    double pairs_alike, pairs;           // of judges within a unit
};

// Adds `times` units whose judgments fall so into the categories. Units judged once say nothing and are left out.
void agreement_add(struct agreement *agreement, const int64_t counts[AGREEMENT_CATEGORIES], int64_t times);
// Share of pairs of judges who say the same. NAN without any.
double agreement_percent(const struct agreement *agreement);
// Krippendorff's alpha, nominal (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"): 1 - D_o / D_e with
// D_o = (1/n) sum_u (m_u^2 - sum_c n_uc^2) / (m_u - 1), D_e = (n^2 - sum_c n_c^2) / (n (n - 1)). NAN when D_e is 0.
double agreement_alpha(const struct agreement *agreement);

#endif
