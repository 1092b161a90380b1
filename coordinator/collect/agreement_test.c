#include "coordinator/collect/agreement.h"
#include "coordinator/collect/moments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

static bool near(double value, double expected, double within)
{
    return fabs(value - expected) < within;
}

// Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section C: four observers, twelve units, five values, some
// missing. The same table is `cac.raw4raters` of Gwet's R package irrCAC. 0: not observed.
enum { OBSERVERS = 4, UNITS = 12, VALUES = 5 };
static const int observed[OBSERVERS][UNITS] = {
    {1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0},
    {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3},
    {0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0},
    {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0},
};

static struct agreement published(enum agreement_scale scale, struct agreement_unit units[UNITS])
{
    struct agreement agreement = {.scale = scale, .n_categories = VALUES};
    for (size_t u = 0; u < UNITS; u++) {
        units[u] = (struct agreement_unit){.times = 1};
        for (size_t o = 0; o < OBSERVERS; o++)
            if (observed[o][u] > 0)
                units[u].counts[observed[o][u] - 1]++;
        agreement_add(&agreement, units[u].counts, 1);
    }
    return agreement;
}

// Alpha anew, by the paper's own way: the matrix of coincidences written out value by value from pairs of observers, its margins, and
// the differences of each scale. Shares no line with what it checks.
static double by_coincidences(double (*squared)(int c, int k, const double margins[VALUES + 1]))
{
    double o[VALUES + 1][VALUES + 1] = {{0}}, margins[VALUES + 1] = {0}, n = 0, seen = 0, by_chance = 0;
    for (size_t u = 0; u < UNITS; u++) {
        int m = 0;
        for (size_t i = 0; i < OBSERVERS; i++)
            m += observed[i][u] > 0;
        for (size_t i = 0; i < OBSERVERS; i++)
            for (size_t j = 0; j < OBSERVERS; j++)
                if (i != j && observed[i][u] > 0 && observed[j][u] > 0)
                    o[observed[i][u]][observed[j][u]] += 1.0 / (m - 1);
    }
    for (int c = 1; c <= VALUES; c++)
        for (int k = 1; k <= VALUES; k++)
            margins[c] += o[c][k];
    for (int c = 1; c <= VALUES; c++)
        n += margins[c];
    for (int c = 1; c <= VALUES; c++)
        for (int k = 1; k <= VALUES; k++) {
            seen += o[c][k] * squared(c, k, margins) / n;
            by_chance += margins[c] * margins[k] * squared(c, k, margins) / (n * (n - 1));
        }
    return 1 - seen / by_chance;
}

static double squared_nominal(int c, int k, const double margins[VALUES + 1] UNUSED)
{
    return c != k;
}

static double squared_ordinal(int c, int k, const double margins[VALUES + 1])
{
    int low = c < k ? c : k, high = c < k ? k : c;
    double between = -(margins[low] + margins[high]) / 2;
    for (int g = low; g <= high; g++)
        between += margins[g];
    return c == k ? 0 : between * between;
}

static double squared_interval(int c, int k, const double margins[VALUES + 1] UNUSED)
{
    return (c - k) * (c - k);
}

static double squared_ratio(int c, int k, const double margins[VALUES + 1] UNUSED)
{
    double share = (double)(c - k) / (c + k);
    return share * share;
}

// The four values that the paper gives, to its three digits. No scale of ours has a zero that means none, so the ratio's checks the
// computation that the others are held to, to 1e-9.
static void alpha_of_published_examples(void **state UNUSED)
{
    static const struct {
        enum agreement_scale scale;
        double (*squared)(int c, int k, const double margins[VALUES + 1]);
        double given;
    } cases[] = {{AGREEMENT_NOMINAL, squared_nominal, .743}, {AGREEMENT_ORDINAL, squared_ordinal, .815},
        {AGREEMENT_INTERVAL, squared_interval, .849}};
    assert_true(near(by_coincidences(squared_ratio), .797, .0005));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct agreement_unit units[UNITS];
        struct agreement agreement = published(cases[i].scale, units);
        assert_true(agreement.n_units == 11 && agreement.n_judgments == 40);
        assert_true(near(by_coincidences(cases[i].squared), cases[i].given, .0005));
        assert_true(near(agreement_alpha(&agreement), by_coincidences(cases[i].squared), 1e-9));
    }
    // As the paper works the first: ((40-1)(7+10+8+4+3) - S) / (40(40-1) - S), S = 9*8 + 13*12 + 10*9 + 5*4 + 3*2.
    assert_true(near(by_coincidences(squared_nominal), (39.0 * 32 - 344) / (1560 - 344), 1e-9));
}

// Section A: two observers, ten units, binary data: 1 - 19 * 4 / 84, given as .095.
static void alpha_of_two(void **state UNUSED)
{
    static const int meg[] = {0, 1, 0, 0, 0, 0, 0, 0, 1, 0}, owen[] = {1, 1, 1, 0, 0, 1, 0, 0, 0, 0};
    struct agreement agreement = {0};
    for (size_t u = 0; u < ARRAY_SIZE(meg); u++) {
        int64_t counts[AGREEMENT_CATEGORIES] = {0};
        counts[meg[u]]++;
        counts[owen[u]]++;
        agreement_add(&agreement, counts, 1);
    }
    agreement_add(&agreement, (int64_t[AGREEMENT_CATEGORIES]){1}, 7); // judged once: says nothing
    assert_true(near(agreement_alpha(&agreement), 1 - 19.0 * 4 / 84, 1e-9));
    assert_true(near(agreement_percent(&agreement), 0.6, 1e-12));
    assert_true(agreement.n_units == 10);
}

// irrCAC's manual gives AC1 = .77544, p_a = .81818 and p_e = .19032 for the table: 9/11, and from shares of 3, 3.25, 3.5, 1.25 and 1
// twelfths 109.625/576.
static void ac1_of_the_published_example(void **state UNUSED)
{
    struct agreement_unit units[UNITS];
    struct agreement agreement = published(AGREEMENT_NOMINAL, units);
    double by_chance = 109.625 / 576;
    assert_true(near(agreement_ac1(&agreement), (9.0 / 11 - by_chance) / (1 - by_chance), 1e-9));
    assert_true(near(agreement_ac1(&agreement), .77544, .000005));
    agreement.n_categories = 0; // all five were chosen
    assert_true(near(agreement_ac1(&agreement), .77544, .000005));
}

static void ends(void **state UNUSED)
{
    struct agreement none = {0}, all = {0}, split = {0};
    assert_true(
        isnan(agreement_alpha(&none)) && isnan(agreement_percent(&none)) && isnan(agreement_ac1(&none)));
    agreement_add(&all, (int64_t[AGREEMENT_CATEGORIES]){2}, 5);
    assert_true(isnan(agreement_alpha(&all)) && isnan(agreement_ac1(&all))); // nothing else was ever said
    all.n_categories = 2;
    assert_true(agreement_ac1(&all) == 1);
    agreement_add(&all, (int64_t[AGREEMENT_CATEGORIES]){0, 3}, 5);
    assert_true(near(agreement_alpha(&all), 1, 1e-12));
    assert_true(agreement_percent(&all) == 1 && agreement_ac1(&all) == 1);
    agreement_add(&split, (int64_t[AGREEMENT_CATEGORIES]){1, 1}, 10);
    assert_true(agreement_alpha(&split) < 0);
    assert_true(agreement_percent(&split) == 0);
}

// The jackknife by its definition, each unit left out in turn and everything counted anew.
static struct interval by_hand(
    enum agreement_scale scale, double (*statistic)(const struct agreement *), bool paired)
{
    struct agreement_unit units[UNITS];
    struct agreement whole = published(scale, units);
    double without[UNITS], mean = 0, squares = 0;
    size_t n = 0;
    for (size_t left_out = 0; left_out < UNITS; left_out++) {
        int64_t m = 0;
        for (int c = 0; c < AGREEMENT_CATEGORIES; c++)
            m += units[left_out].counts[c];
        if (paired && m < 2)
            continue;
        struct agreement rest = {.scale = scale, .n_categories = VALUES};
        for (size_t u = 0; u < UNITS; u++)
            if (u != left_out)
                agreement_add(&rest, units[u].counts, 1);
        without[n++] = statistic(&rest);
    }
    for (size_t i = 0; i < n; i++)
        mean += without[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (without[i] - mean) * (without[i] - mean);
    double half = interval_student((double)n - 1) * sqrt(squares * (double)(n - 1) / (double)n);
    double value = statistic(&whole);
    return (struct interval){fmax(-1, value - half), fmin(1, value + half)};
}

static void intervals_by_jackknife(void **state UNUSED)
{
    static const struct {
        enum agreement_scale scale;
        double (*statistic)(const struct agreement *);
        bool paired;
    } cases[] = {{AGREEMENT_NOMINAL, agreement_alpha, true}, {AGREEMENT_ORDINAL, agreement_alpha, true},
        {AGREEMENT_NOMINAL, agreement_percent, true}, {AGREEMENT_NOMINAL, agreement_ac1, false}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct agreement_unit units[UNITS];
        struct agreement agreement = published(cases[i].scale, units);
        struct interval got, expected = by_hand(cases[i].scale, cases[i].statistic, cases[i].paired);
        assert_true(agreement_interval(&agreement, units, UNITS, cases[i].statistic, cases[i].paired, &got));
        assert_true(near(got.low, expected.low, 1e-9) && near(got.high, expected.high, 1e-9));
        assert_true(got.low < cases[i].statistic(&agreement) && got.high > cases[i].statistic(&agreement));
    }
}

static void units_alike_have_no_interval(void **state UNUSED)
{
    struct agreement_unit unit = {.counts = {2, 1}, .times = 20};
    struct agreement agreement = {0};
    struct interval interval;
    agreement_add(&agreement, unit.counts, unit.times);
    assert_false(agreement_interval(&agreement, &unit, 1, agreement_alpha, true, &interval));
    unit.times = 1;
    agreement = (struct agreement){0};
    agreement_add(&agreement, unit.counts, unit.times);
    assert_false(agreement_interval(&agreement, &unit, 1, agreement_alpha, true, &interval));
}

// Newcombe (1998), Statistics in Medicine 17, table I, method 3.
static void shares_of_the_published_table(void **state UNUSED)
{
    static const struct {
        double n_yes, n, low, high;
    } cases[] = {
        {81, 263, .2553, .3662}, {15, 148, .0624, .1605}, {0, 20, .0000, .1611}, {1, 29, .0061, .1718}};
    struct interval interval;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(interval_of_share(cases[i].n_yes, cases[i].n, &interval));
        assert_true(near(interval.low, cases[i].low, .00005) && near(interval.high, cases[i].high, .00005));
    }
    assert_false(interval_of_share(0, 0, &interval));
}

// Any table of the distribution.
static void student(void **state UNUSED)
{
    static const double table[][2] = {
        {1, 12.7062}, {2, 4.30265}, {4, 2.77645}, {11, 2.200985}, {30, 2.042272}, {120, 1.97993}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        assert_true(near(interval_student(table[i][0]), table[i][1], table[i][0] == 4 ? .002 : .0001));
}

// A unit's ratings into the sums that are kept of it.
static void add_unit(struct moments *moments, const int *ratings, int m)
{
    double s = 0, q = 0;
    for (int i = 0; i < m; i++) {
        s += ratings[i];
        q += (double)ratings[i] * ratings[i];
    }
    const double sums[MOMENTS] = {1, s, q, s * s, s * q, q * q, s * s * s, s * s * q, s * s * s * s};
    if (m >= 2)
        moments_add(moments, m, sums);
}

// The published table again, of which sums alone are kept; stretched and moved, it is the same.
static void sums_give_the_published_alpha(void **state)
{
    (void)state;
    struct agreement_unit units[UNITS];
    struct agreement whole = published(AGREEMENT_INTERVAL, units);
    for (int stretch = 1; stretch < 100; stretch += 49) {
        struct moments moments = {0};
        for (size_t u = 0; u < UNITS; u++) {
            int ratings[OBSERVERS], m = 0;
            for (size_t o = 0; o < OBSERVERS; o++)
                if (observed[o][u] > 0)
                    ratings[m++] = observed[o][u] * stretch + stretch - 1;
            add_unit(&moments, ratings, m);
        }
        assert_true(near(moments_alpha(&moments), agreement_alpha(&whole), 1e-12));
        assert_true(near(moments_alpha(&moments), 0.849, 0.0005));
        assert_true(moments.n_units == whole.n_units && moments.sums[UNIT_M] == whole.n_judgments);
    }
}

// With many units the interval is that of leaving out each of them by itself.
static void sums_give_the_jackknifes_interval(void **state)
{
    (void)state;
    enum { MANY = 600 };
    static struct agreement_unit units[MANY];
    struct agreement agreement = {.scale = AGREEMENT_INTERVAL};
    struct moments moments = {0};
    struct interval by_units, by_sums;
    uint64_t seed = 7;
    for (size_t u = 0; u < MANY; u++) {
        int ratings[5], m = 1 + (int)(u % 5), base = (int)(u * 7 % 6);
        for (int i = 0; i < m; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            ratings[i] = base + (int)(seed >> 33) % 4;
            units[u].counts[ratings[i]]++;
        }
        units[u].times = 1;
        agreement_add(&agreement, units[u].counts, 1);
        add_unit(&moments, ratings, m);
    }
    assert_true(agreement_interval(&agreement, units, MANY, agreement_alpha, true, &by_units));
    assert_true(moments_interval(&moments, &by_sums));
    assert_true(near(moments_alpha(&moments), agreement_alpha(&agreement), 1e-12));
    double width = by_units.high - by_units.low;
    assert_true(
        near(by_sums.low, by_units.low, width / 100) && near(by_sums.high, by_units.high, width / 100));
}

static void sums_that_tell_nothing(void **state)
{
    (void)state;
    struct moments moments = {0};
    struct interval interval;
    assert_true(isnan(moments_alpha(&moments)));
    for (int u = 0; u < 3; u++) {
        add_unit(&moments, (const int[]){50, 50}, 2);
        assert_true(isnan(moments_alpha(&moments)) && !moments_interval(&moments, &interval));
    }
    struct moments alike = {0};
    add_unit(&alike, (const int[]){10, 10}, 2);
    add_unit(&alike, (const int[]){90, 90}, 2);
    assert_true(moments_alpha(&alike) == 1 && !moments_interval(&alike, &interval));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(alpha_of_published_examples),
        cmocka_unit_test(alpha_of_two), cmocka_unit_test(ac1_of_the_published_example),
        cmocka_unit_test(ends), cmocka_unit_test(intervals_by_jackknife),
        cmocka_unit_test(units_alike_have_no_interval), cmocka_unit_test(shares_of_the_published_table),
        cmocka_unit_test(student), cmocka_unit_test(sums_give_the_published_alpha),
        cmocka_unit_test(sums_give_the_jackknifes_interval), cmocka_unit_test(sums_that_tell_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
