// Agreement on units (pairs of responses) that several people judged. Pure; exact integers in, floating point in a fixed order.
#ifndef COORDINATOR_COLLECT_AGREEMENT_H
#define COORDINATOR_COLLECT_AGREEMENT_H

#include "base/base.h"
#include "coordinator/collect/interval.h"

#include <jansson.h>

enum { AGREEMENT_CATEGORIES = 9 };

// How far apart two categories are: nominal: alike or not; ordinal: by how many judgments lie between them, in their order;
// interval: by how many steps.
enum agreement_scale { AGREEMENT_NOMINAL, AGREEMENT_ORDINAL, AGREEMENT_INTERVAL };

// `times` units whose judgments fall so into the categories.
struct agreement_unit {
    int64_t counts[AGREEMENT_CATEGORIES], times;
};

struct agreement {
    enum agreement_scale scale;
    int n_categories; // that could be chosen; 0: those that were
    // Of units judged twice or more:
    double coincidences[AGREEMENT_CATEGORIES][AGREEMENT_CATEGORIES]; // ordered pairs of judges, over m - 1
    double totals[AGREEMENT_CATEGORIES];                             // judgments
    double n_units, n_judgments;
    double pairs_alike, pairs; // of judges within a unit
    double units_alike;        // sum over units of the share of pairs alike
    // Of all units judged:
    double n_judged;
    double shares[AGREEMENT_CATEGORIES]; // sum over units of the share of judgments
};

// Adds units, or takes them away (`times` negative). Units judged once agree on nothing; they say how often a category is chosen
// (AC1), no more.
void agreement_add(struct agreement *agreement, const int64_t counts[AGREEMENT_CATEGORIES], int64_t times);
// Share of pairs of judges who say the same. NAN without any.
double agreement_percent(const struct agreement *agreement);
// Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"): 1 - (n - 1) sum_ck o_ck d_ck /
// sum_ck n_c n_k d_ck, with o the coincidences and d the squared difference on the scale. NAN when there is nothing to tell apart.
double agreement_alpha(const struct agreement *agreement);
// Gwet's AC1 for any number of judges (Gwet 2008, "Computing inter-rater reliability and its variance in the presence of high
// agreement", BJMSP 61; with units that some did not judge, Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed.):
// (p_a - p_e) / (1 - p_e), p_e = sum_c s_c (1 - s_c) / (q - 1). NAN without units judged twice or with less than two categories.
double agreement_ac1(const struct agreement *agreement);

// The interval of a statistic of `agreement`, which the `n` units make up: delete-one jackknife over units (Tukey 1958; Efron and
// Stein 1981, Annals of Statistics 9) with Student's t of one less than their number, cut at -1 and 1. `paired`: the statistic
// rests on units judged twice or more alone. False when it can't be estimated: fewer than two units, all units alike, or a
// unit on which alone it stands.
bool agreement_interval(const struct agreement *agreement, const struct agreement_unit *units, size_t n,
    double (*statistic)(const struct agreement *), bool paired, struct interval *ret_interval);

// Sets NAME and NAME_interval of `own`, null where they can't be told. The rest as agreement_interval() has it.
void agreement_set(json_t *own, const char *name, const struct agreement *agreement,
    const struct agreement_unit *units, size_t n, double (*statistic)(const struct agreement *), bool paired);

#endif
