#include "reward/metrics.h"

#include "base/rng.h"
#include "reward/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LOSS_MAX (64 * 0.6931471805599453)

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

// y in [0, 1]: y l(z) + (1 - y) l(-z).
static double row_loss(const struct metrics_row *row)
{
    return row->y * predict_logistic_loss(row->z) + (1 - row->y) * predict_logistic_loss(-row->z);
}

// 1, 0 or one half; only rows with a strict outcome are asked.
static double row_hit(const struct metrics_row *row)
{
    if (row->z == 0)
        return 0.5;
    return (row->z > 0) == (row->y > 0.5) ? 1 : 0;
}

static bool is_strict(const struct metrics_row *row)
{
    return row->y != 0.5;
}

struct scored {
    double key, weight, hit;
    size_t at; // keeps the sort's result one and the same
};

static int scored_order(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

// The share of pairs of a hit and a miss in which the hit's key is greater, of all such pairs by weight; sorts.
static double area_under(struct scored *scored, size_t n)
{
    double area = 0, below = 0, hits = 0;
    qsort(scored, n, sizeof(*scored), scored_order);
    for (size_t i = 0; i < n;) {
        double positive = 0, negative = 0;
        size_t j = i;
        for (; j < n && scored[j].key == scored[i].key; j++)
            *(scored[j].hit > 0 ? &positive : &negative) += scored[j].weight;
        area += positive * (below + negative / 2);
        below += negative;
        hits += positive;
        i = j;
    }
    return hits > 0 && below > 0 ? area / (hits * below) : 0.5;
}

// P(margin of one judgment > minus the margin of another), the AUC of all judgments taken both ways round.
static double auc(const struct metrics_row *rows, size_t n_rows)
{
    struct scored *scored = allocate(2 * n_rows, sizeof(*scored));
    size_t n = 0;
    for (size_t i = 0; i < n_rows; i++) {
        if (!is_strict(&rows[i]))
            continue;
        double margin = rows[i].y > 0.5 ? rows[i].z : -rows[i].z;
        scored[n] = (struct scored){.key = margin, .weight = rows[i].weight, .hit = 1, .at = n};
        n++;
        scored[n] = (struct scored){.key = -margin, .weight = rows[i].weight, .hit = 0, .at = n};
        n++;
    }
    double area = area_under(scored, n);
    free(scored);
    return area;
}

double metrics_auc(const double *score, const bool *positive, const double *weight, size_t n)
{
    struct scored *scored = allocate(n, sizeof(*scored));
    for (size_t i = 0; i < n; i++)
        scored[i] = (struct scored){.key = score[i], .weight = weight[i], .hit = positive[i], .at = i};
    double area = area_under(scored, n);
    free(scored);
    return area;
}

// The rows by how sure they are of the predicted side; hit: the share of that side.
static struct scored *by_confidence(const struct metrics_row *rows, size_t n_rows)
{
    struct scored *scored = allocate(n_rows, sizeof(*scored));
    for (size_t i = 0; i < n_rows; i++) {
        double hit = is_strict(&rows[i]) ? row_hit(&rows[i]) : 0.5;
        scored[i] = (struct scored){
            .key = predict_sigmoid(fabs(rows[i].z)), .weight = rows[i].weight, .hit = hit, .at = i};
    }
    qsort(scored, n_rows, sizeof(*scored), scored_order);
    return scored;
}

// Where each of at most `n_bins` bins of equal mass ends; says how many there are.
static size_t equal_mass(const struct scored *scored, size_t n, size_t n_bins, size_t *ret_ends)
{
    double total = 0, done = 0;
    size_t found = 0, bin = 1;
    for (size_t i = 0; i < n; i++)
        total += scored[i].weight;
    for (size_t i = 0; i < n; i++) {
        done += scored[i].weight;
        if (done < total * (double)bin / (double)n_bins * (1 - 1e-12) && i + 1 < n)
            continue;
        ret_ends[found++] = i + 1;
        while (bin < n_bins && done >= total * (double)bin / (double)n_bins * (1 - 1e-12))
            bin++;
    }
    return found;
}

static double expected_calibration_error(const struct metrics_row *rows, size_t n_rows, double total)
{
    struct scored *scored = by_confidence(rows, n_rows);
    size_t ends[METRICS_ECE_BINS + 1], n = equal_mass(scored, n_rows, METRICS_ECE_BINS, ends), i = 0;
    double error = 0;
    for (size_t bin = 0; bin < n; bin++) {
        double confidence = 0, hits = 0;
        for (; i < ends[bin]; i++) {
            confidence += scored[i].weight * scored[i].key;
            hits += scored[i].weight * scored[i].hit;
        }
        error += fabs(confidence - hits);
    }
    free(scored);
    return total > 0 ? error / total : 0;
}

// Annotators numbered 0 .. in the order of their first row.
struct people {
    uint32_t *number; // of each row
    uint32_t n;
};

static struct people people_of(const struct metrics_row *rows, size_t n_rows)
{
    struct people people = {.number = allocate(n_rows, sizeof(uint32_t))};
    uint32_t highest = 0;
    for (size_t i = 0; i < n_rows; i++)
        highest = rows[i].annotator > highest ? rows[i].annotator : highest;
    uint32_t *number_of = allocate((size_t)highest + 1, sizeof(uint32_t)); // 0: not seen yet
    for (size_t i = 0; i < n_rows; i++) {
        uint32_t *number = &number_of[rows[i].annotator];
        if (*number == 0)
            *number = ++people.n;
        people.number[i] = *number - 1;
    }
    free(number_of);
    return people;
}

void metrics_compute(const struct metrics_row *rows, size_t n_rows, struct metrics *ret_metrics)
{
    double weight = 0, strict = 0, hits = 0, loss = 0;
    for (size_t i = 0; i < n_rows; i++) {
        weight += rows[i].weight;
        loss += rows[i].weight * row_loss(&rows[i]);
        if (is_strict(&rows[i])) {
            strict += rows[i].weight;
            hits += rows[i].weight * row_hit(&rows[i]);
        }
    }
    struct people people = people_of(rows, n_rows);
    free(people.number);
    *ret_metrics = (struct metrics){.accuracy = strict > 0 ? hits / strict : 0.5,
        .log_loss = weight > 0 ? loss / weight : predict_logistic_loss(0),
        .auc = auc(rows, n_rows),
        .ece = expected_calibration_error(rows, n_rows, weight),
        .n_rows = (uint32_t)n_rows,
        .n_annotators = people.n,
        .weight = weight};
}

// ---------------------------------------------------------------- bootstrap over annotators
// What one person adds to the sums of one group.
struct tally {
    double strict, hits, weight, loss;
};

static void tally_add(struct tally *sum, const struct tally *part)
{
    sum->strict += part->strict;
    sum->hits += part->hits;
    sum->weight += part->weight;
    sum->loss += part->loss;
}

static void tally_row(struct tally *tally, const struct metrics_row *row)
{
    struct tally part = {.weight = row->weight, .loss = row->weight * row_loss(row)};
    if (is_strict(row)) {
        part.strict = row->weight;
        part.hits = row->weight * row_hit(row);
    }
    tally_add(tally, &part);
}

static int double_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Sorts the draws and reads the 2.5 and 97.5 % quantiles.
static struct metrics_interval percentiles(double *draws, size_t n)
{
    qsort(draws, n, sizeof(*draws), double_order);
    return (struct metrics_interval){.low = draws[n / 40], .high = draws[n - 1 - n / 40]};
}

static struct metrics_interval interval(
    const struct metrics_row *rows, size_t n_rows, uint64_t seed, bool of_loss)
{
    struct people people = people_of(rows, n_rows);
    struct metrics_interval result = {.low = 0, .high = of_loss ? LOG_LOSS_MAX : 1};
    struct tally *tallies = allocate(people.n, sizeof(*tallies));
    for (size_t i = 0; i < n_rows; i++)
        tally_row(&tallies[people.number[i]], &rows[i]);
    if (people.n >= 2) {
        double draws[METRICS_BOOTSTRAPS];
        struct rng rng;
        rng_seed(&rng, seed);
        for (size_t b = 0; b < METRICS_BOOTSTRAPS; b++) {
            struct tally sum = {0};
            for (uint32_t i = 0; i < people.n; i++)
                tally_add(&sum, &tallies[rng_below(&rng, people.n)]);
            if (of_loss)
                draws[b] = sum.weight > 0 ? sum.loss / sum.weight : predict_logistic_loss(0);
            else
                draws[b] = sum.strict > 0 ? sum.hits / sum.strict : 0.5;
        }
        result = percentiles(draws, METRICS_BOOTSTRAPS);
    }
    free(tallies);
    free(people.number);
    return result;
}

struct metrics_interval metrics_accuracy_interval(
    const struct metrics_row *rows, size_t n_rows, uint64_t seed)
{
    return interval(rows, n_rows, seed, false);
}

struct metrics_interval metrics_log_loss_interval(
    const struct metrics_row *rows, size_t n_rows, uint64_t seed)
{
    return interval(rows, n_rows, seed, true);
}

struct metrics_interval metrics_mean_interval(
    const double *value, const double *weight, const uint32_t *cluster, size_t n, uint64_t seed)
{
    struct metrics_row *rows = allocate(n, sizeof(*rows));
    for (size_t i = 0; i < n; i++)
        rows[i].annotator = cluster[i];
    struct people people = people_of(rows, n);
    struct metrics_interval result = {.low = -LOG_LOSS_MAX, .high = LOG_LOSS_MAX};
    struct tally *tallies = allocate(people.n, sizeof(*tallies));
    for (size_t i = 0; i < n; i++)
        tally_add(
            &tallies[people.number[i]], &(struct tally){.weight = weight[i], .loss = weight[i] * value[i]});
    if (people.n >= 2) {
        double draws[METRICS_BOOTSTRAPS];
        struct rng rng;
        rng_seed(&rng, seed);
        for (size_t b = 0; b < METRICS_BOOTSTRAPS; b++) {
            struct tally sum = {0};
            for (uint32_t i = 0; i < people.n; i++)
                tally_add(&sum, &tallies[rng_below(&rng, people.n)]);
            draws[b] = sum.weight > 0 ? sum.loss / sum.weight : 0;
        }
        result = percentiles(draws, METRICS_BOOTSTRAPS);
    }
    free(tallies);
    free(people.number);
    free(rows);
    return result;
}

// A person's rows lie mostly in one group (a declared attribute, a cluster): the tallies are sparse.
struct contribution {
    uint32_t person, group;
    struct tally a, b;
};

static size_t contributions(const struct metrics_row *rows_a, const struct metrics_row *rows_b, size_t n_rows,
    const uint32_t *group, uint32_t n_groups, const struct people *people, struct contribution **ret_list)
{
    struct contribution *list = allocate((size_t)people->n * n_groups, sizeof(*list));
    for (size_t i = 0; i < n_rows; i++) {
        if (group[i] >= n_groups)
            continue;
        struct contribution *at = &list[(size_t)people->number[i] * n_groups + group[i]];
        at->person = people->number[i];
        at->group = group[i];
        tally_row(&at->a, &rows_a[i]);
        tally_row(&at->b, &rows_b[i]);
    }
    size_t n = 0;
    for (size_t i = 0; i < (size_t)people->n * n_groups; i++) {
        if (list[i].a.weight > 0)
            list[n++] = list[i];
    }
    *ret_list = list;
    return n;
}

// One resample's (or, with every count 1, the data's) gain. A group that drew nobody is left out of both minima.
static void worst_gain(const struct contribution *list, size_t n, const uint32_t *counts, uint32_t n_groups,
    struct tally *sums, double *ret_accuracy, double *ret_loss)
{
    struct tally *a = sums, *b = sums + n_groups;
    memset(sums, 0, 2 * (size_t)n_groups * sizeof(*sums));
    for (size_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < counts[list[i].person]; c++) {
            tally_add(&a[list[i].group], &list[i].a);
            tally_add(&b[list[i].group], &list[i].b);
        }
    }
    double accuracy_a = 2, accuracy_b = 2, loss_a = 0, loss_b = 0;
    for (uint32_t g = 0; g < n_groups; g++) {
        if (a[g].strict > 0) {
            accuracy_a = fmin(accuracy_a, a[g].hits / a[g].strict);
            accuracy_b = fmin(accuracy_b, b[g].hits / b[g].strict);
        }
        if (a[g].weight > 0) {
            loss_a = fmax(loss_a, a[g].loss / a[g].weight);
            loss_b = fmax(loss_b, b[g].loss / b[g].weight);
        }
    }
    *ret_accuracy = accuracy_a - accuracy_b;
    *ret_loss = loss_b - loss_a;
}

void metrics_worst_gain(const struct metrics_row *rows_a, const struct metrics_row *rows_b, size_t n_rows,
    const uint32_t *group, uint32_t n_groups, uint64_t seed, struct metrics_gain *ret_gain)
{
    struct people people = people_of(rows_a, n_rows);
    struct contribution *list;
    size_t n = contributions(rows_a, rows_b, n_rows, group, n_groups, &people, &list);
    struct tally *sums = allocate(2 * (size_t)n_groups, sizeof(*sums));
    uint32_t *counts = allocate(people.n, sizeof(*counts));
    for (uint32_t i = 0; i < people.n; i++)
        counts[i] = 1;
    worst_gain(list, n, counts, n_groups, sums, &ret_gain->accuracy, &ret_gain->log_loss);
    ret_gain->accuracy_interval = (struct metrics_interval){-1, 1};
    ret_gain->log_loss_interval = (struct metrics_interval){-LOG_LOSS_MAX, LOG_LOSS_MAX};
    if (people.n >= 2) {
        double accuracy[METRICS_BOOTSTRAPS], loss[METRICS_BOOTSTRAPS];
        struct rng rng;
        rng_seed(&rng, seed);
        for (size_t i = 0; i < METRICS_BOOTSTRAPS; i++) {
            memset(counts, 0, people.n * sizeof(*counts));
            for (uint32_t p = 0; p < people.n; p++)
                counts[rng_below(&rng, people.n)]++;
            worst_gain(list, n, counts, n_groups, sums, &accuracy[i], &loss[i]);
        }
        ret_gain->accuracy_interval = percentiles(accuracy, METRICS_BOOTSTRAPS);
        ret_gain->log_loss_interval = percentiles(loss, METRICS_BOOTSTRAPS);
    }
    free(counts);
    free(sums);
    free(list);
    free(people.number);
}

// ---------------------------------------------------------------- calibration, the mean of groups
size_t metrics_calibration(
    const struct metrics_row *rows, size_t n_rows, size_t n_bins, uint64_t seed, struct metrics_bin *ret_bins)
{
    assert(n_bins <= METRICS_ECE_BINS);
    struct scored *scored = by_confidence(rows, n_rows);
    size_t ends[METRICS_ECE_BINS + 1], n = equal_mass(scored, n_rows, n_bins, ends), from = 0;
    double *hit = allocate(n_rows, sizeof(*hit)), *weight = allocate(n_rows, sizeof(*weight));
    uint32_t *who = allocate(n_rows, sizeof(*who));
    struct metrics_row *some = allocate(n_rows, sizeof(*some));
    for (size_t bin = 0; bin < n; from = ends[bin++]) {
        size_t m = ends[bin] - from;
        struct metrics_bin *to = &ret_bins[bin];
        *to = (struct metrics_bin){0};
        for (size_t i = 0; i < m; i++) {
            const struct scored *one = &scored[from + i];
            hit[i] = one->hit;
            weight[i] = one->weight;
            some[i] = rows[one->at];
            who[i] = some[i].annotator;
            to->weight += one->weight;
            to->predicted += one->weight * one->key;
            to->observed += one->weight * one->hit;
        }
        to->predicted /= to->weight > 0 ? to->weight : 1;
        to->observed /= to->weight > 0 ? to->weight : 1;
        to->interval = metrics_mean_interval(hit, weight, who, m, seed);
        struct people people = people_of(some, m);
        to->n_annotators = people.n;
        free(people.number);
    }
    free(scored);
    free(hit);
    free(weight);
    free(who);
    free(some);
    return n;
}

// Of groups that drew somebody.
static double mean_accuracy(const struct tally *sums, uint32_t n_groups, double *ret_loss)
{
    double accuracy = 0, loss = 0, n = 0, n_strict = 0;
    for (uint32_t g = 0; g < n_groups; g++) {
        if (sums[g].strict > 0) {
            accuracy += sums[g].hits / sums[g].strict;
            n_strict++;
        }
        if (sums[g].weight > 0) {
            loss += sums[g].loss / sums[g].weight;
            n++;
        }
    }
    *ret_loss = n > 0 ? loss / n : predict_logistic_loss(0);
    return n_strict > 0 ? accuracy / n_strict : 0.5;
}

void metrics_group_mean(const struct metrics_row *rows, const uint32_t *group, size_t n_rows,
    uint32_t n_groups, uint64_t seed, struct metrics_group_mean *ret_mean)
{
    struct people people = people_of(rows, n_rows);
    struct contribution *list;
    size_t n = contributions(rows, rows, n_rows, group, n_groups, &people, &list);
    struct tally *sums = allocate(n_groups, sizeof(*sums));
    uint32_t *counts = allocate(people.n, sizeof(*counts));
    double draws[METRICS_BOOTSTRAPS], loss;
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t i = 0; i < n; i++)
        tally_add(&sums[list[i].group], &list[i].a);
    ret_mean->accuracy = mean_accuracy(sums, n_groups, &ret_mean->log_loss);
    ret_mean->interval = (struct metrics_interval){0, 1};
    for (size_t b = 0; b < METRICS_BOOTSTRAPS && people.n >= 2; b++) {
        memset(counts, 0, people.n * sizeof(*counts));
        memset(sums, 0, n_groups * sizeof(*sums));
        for (uint32_t p = 0; p < people.n; p++)
            counts[rng_below(&rng, people.n)]++;
        for (size_t i = 0; i < n; i++) {
            for (uint32_t c = 0; c < counts[list[i].person]; c++)
                tally_add(&sums[list[i].group], &list[i].a);
        }
        draws[b] = mean_accuracy(sums, n_groups, &loss);
    }
    if (people.n >= 2)
        ret_mean->interval = percentiles(draws, METRICS_BOOTSTRAPS);
    free(counts);
    free(sums);
    free(list);
    free(people.number);
}

// min_g mean a - min_g mean b of groups that drew somebody; sums are n_groups of a, then of b.
static double least_gap(const struct tally *sums, uint32_t n_groups, double *ret_a, double *ret_b)
{
    *ret_a = *ret_b = INFINITY;
    for (uint32_t g = 0; g < n_groups; g++) {
        if (sums[g].weight <= 0)
            continue;
        *ret_a = fmin(*ret_a, sums[g].loss / sums[g].weight);
        *ret_b = fmin(*ret_b, sums[n_groups + g].loss / sums[n_groups + g].weight);
    }
    return *ret_a - *ret_b;
}

static void add_values(const struct metrics_pair *pairs, size_t n, const struct people *people,
    const uint32_t *counts, uint32_t n_groups, struct tally *sums)
{
    memset(sums, 0, 2 * (size_t)n_groups * sizeof(*sums));
    for (size_t i = 0; i < n; i++) {
        double weight = pairs[i].weight * counts[people->number[i]];
        tally_add(
            &sums[pairs[i].group], &(struct tally){.weight = weight, .loss = weight * pairs[i].predicted});
        tally_add(&sums[n_groups + pairs[i].group],
            &(struct tally){.weight = weight, .loss = weight * pairs[i].realised});
    }
}

void metrics_least_gap(const struct metrics_pair *pairs, size_t n, uint32_t n_groups, uint64_t seed,
    struct metrics_least_gap *ret_gap)
{
    struct metrics_row *rows = allocate(n, sizeof(*rows));
    for (size_t i = 0; i < n; i++)
        rows[i].annotator = pairs[i].annotator;
    struct people people = people_of(rows, n);
    struct tally *sums = allocate(2 * (size_t)n_groups, sizeof(*sums));
    uint32_t *counts = allocate(people.n, sizeof(*counts));
    for (uint32_t p = 0; p < people.n; p++)
        counts[p] = 1;
    add_values(pairs, n, &people, counts, n_groups, sums);
    ret_gap->gap = least_gap(sums, n_groups, &ret_gap->predicted, &ret_gap->realised);
    ret_gap->interval = (struct metrics_interval){-1, 1};
    if (people.n >= 2) {
        double draws[METRICS_BOOTSTRAPS], a, b;
        struct rng rng;
        rng_seed(&rng, seed);
        for (size_t i = 0; i < METRICS_BOOTSTRAPS; i++) {
            memset(counts, 0, people.n * sizeof(*counts));
            for (uint32_t p = 0; p < people.n; p++)
                counts[rng_below(&rng, people.n)]++;
            add_values(pairs, n, &people, counts, n_groups, sums);
            draws[i] = least_gap(sums, n_groups, &a, &b);
        }
        ret_gap->interval = percentiles(draws, METRICS_BOOTSTRAPS);
    }
    free(counts);
    free(sums);
    free(people.number);
    free(rows);
}

// ---------------------------------------------------------------- distributions of two outcomes
static double entropy_bits(double p)
{
    return p <= 0 || p >= 1 ? 0 : -(p * log2(p) + (1 - p) * log2(1 - p));
}

double metrics_js_distance(double p, double q)
{
    double divergence = entropy_bits((p + q) / 2) - (entropy_bits(p) + entropy_bits(q)) / 2;
    return divergence > 0 ? sqrt(divergence) : 0;
}

static double log_factorial(uint32_t n)
{
    int sign; // lgamma would write it where all threads see it
    return lgamma_r(n + 1.0, &sign);
}

double metrics_js_by_chance(double p, uint32_t n)
{
    double sum = 0;
    if (n == 0 || p <= 0 || p >= 1)
        return 0;
    for (uint32_t k = 0; k <= n; k++) {
        double log_chance =
            log_factorial(n) - log_factorial(k) - log_factorial(n - k) + k * log(p) + (n - k) * log1p(-p);
        sum += exp(log_chance) * metrics_js_distance((double)k / n, p);
    }
    return sum;
}

// ---------------------------------------------------------------- temperature
// The loss is convex in tau: bisection on its derivative, which needs no guard against steps too far.
static double slope(const struct metrics_row *rows, size_t n_rows, double tau)
{
    double sum = 0;
    for (size_t i = 0; i < n_rows; i++)
        sum += rows[i].weight * rows[i].z * (predict_sigmoid(tau * rows[i].z) - rows[i].y);
    return sum;
}

double metrics_temperature(const struct metrics_row *rows, size_t n_rows)
{
    double low = -log(64), high = log(64);
    bool any = false;
    for (size_t i = 0; i < n_rows && !any; i++)
        any = rows[i].z != 0 && rows[i].weight > 0;
    if (!any)
        return 1;
    for (int step = 0; step < 60; step++) {
        double middle = (low + high) / 2;
        if (slope(rows, n_rows, exp(middle)) > 0)
            high = middle;
        else
            low = middle;
    }
    return exp((low + high) / 2);
}
