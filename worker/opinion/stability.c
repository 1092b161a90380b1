// How much the groups depend on who happened to come: see opinion.h. Each resample is fitted cold with one pass, in the order
// in which people were drawn, as nothing but chance gave people their order either.
#include "worker/opinion/state.h"

#include "base/rng.h"
#include "worker/opinion/gram.h"
#include "worker/opinion/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double pairs_of(double n)
{
    return n * (n - 1) / 2;
}

// Hubert and Arabie (1985): (index - expected) / (greatest - expected), over pairs of people.
double opinion_adjusted_rand(const int32_t *a, const int32_t *b, uint32_t n)
{
    int32_t most_a = -1, most_b = -1;
    for (uint32_t i = 0; i < n; i++) {
        most_a = a[i] > most_a ? a[i] : most_a;
        most_b = b[i] > most_b ? b[i] : most_b;
    }
    size_t wide = (size_t)(most_b + 1);
    double *both = take((size_t)(most_a + 1) * wide, sizeof(*both)),
           *in_a = take((size_t)(most_a + 1), sizeof(*in_a)), *in_b = take(wide, sizeof(*in_b)), total = 0,
           index = 0, sum_a = 0, sum_b = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (a[i] < 0 || b[i] < 0)
            continue;
        both[(size_t)a[i] * wide + (size_t)b[i]]++;
        in_a[a[i]]++;
        in_b[b[i]]++;
        total++;
    }
    for (size_t i = 0; i < (size_t)(most_a + 1) * wide; i++)
        index += pairs_of(both[i]);
    for (int32_t i = 0; i <= most_a; i++)
        sum_a += pairs_of(in_a[i]);
    for (int32_t i = 0; i <= most_b; i++)
        sum_b += pairs_of(in_b[i]);
    free(both);
    free(in_a);
    free(in_b);
    if (total < 2)
        return 0;
    double expected = sum_a * sum_b / pairs_of(total), greatest = (sum_a + sum_b) / 2;
    return greatest > expected ? (index - expected) / (greatest - expected)
                               : 1; // one group, or each alone, both times
}

struct resample {
    uint32_t *drawn;
    struct votes_row *rows;
    uint32_t *counts;
    int32_t *group, *label;
};

static void draw(const struct view *view, struct rng *rng, struct resample *resample, struct view *ret_view)
{
    *ret_view = *view;
    ret_view->rows = resample->rows;
    ret_view->counts = resample->counts;
    ret_view->n_cells = 0;
    memset(resample->counts, 0, 4 * (size_t)view->n_columns * sizeof(*resample->counts));
    for (uint32_t i = 0; i < view->n_rows; i++) {
        resample->drawn[i] = (uint32_t)rng_below(rng, view->n_rows);
        resample->rows[i] = view->rows[resample->drawn[i]];
        ret_view->n_cells += resample->rows[i].n;
        for (uint32_t k = 0; k < resample->rows[i].n; k++)
            resample->counts[resample->rows[i].codes[k]]++;
    }
}

// Fits the resample and says how far its groups are the result's.
static double compare(
    const struct view *view, const struct opinion_result *result, struct resample *resample, uint32_t *ret_k)
{
    struct standing standing;
    bool wants = pca_wants_gram(view);
    struct gram *gram = wants ? gram_new(view) : NULL;
    groups_pass(view, gram, &effort_resample, NULL, &standing);
    groups_of_rows(&standing, resample->group);
    for (uint32_t i = 0; i < view->n_rows; i++)
        resample->label[i] = -1;
    for (uint32_t i = 0; i < view->n_rows; i++)
        resample->label[resample->drawn[i]] = resample->group[i];
    *ret_k = standing.k == 0 ? 0 : standing.groupings[standing.k].n;
    standing_release(&standing);
    gram_free(gram);
    return opinion_adjusted_rand(result->group_of, resample->label, view->n_rows);
}

static int compare_doubles(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

void opinion_stability(const struct opinion *opinion, const struct opinion_result *result,
    uint32_t n_resamples, uint64_t seed, struct opinion_stability *ret_stability)
{
    struct view view = votes_view(&opinion->votes);
    *ret_stability = (struct opinion_stability){.n_resamples = n_resamples, .warning = true};
    if (view.n_rows == 0 || n_resamples == 0 || result->k == 0)
        return;
    struct resample resample = {
        .drawn = take(view.n_rows, sizeof(uint32_t)),
        .rows = take(view.n_rows, sizeof(struct votes_row)),
        .counts = take(4 * (size_t)view.n_columns, sizeof(uint32_t)),
        .group = take(view.n_rows, sizeof(int32_t)),
        .label = take(view.n_rows, sizeof(int32_t)),
    };
    double *index = take(n_resamples, sizeof(*index));
    uint32_t same_k = 0;
    struct rng rng;
    rng_seed(&rng, seed);
    for (uint32_t r = 0; r < n_resamples; r++) {
        struct view drawn;
        uint32_t k;
        draw(&view, &rng, &resample, &drawn);
        index[r] = compare(&drawn, result, &resample, &k);
        ret_stability->mean += index[r] / n_resamples;
        same_k += k == result->k;
    }
    ret_stability->same_k = same_k / (double)n_resamples;
    qsort(index, n_resamples, sizeof(*index), compare_doubles);
    ret_stability->low = index[(uint32_t)floor(0.05 * (n_resamples - 1))];
    ret_stability->high = index[(uint32_t)ceil(0.95 * (n_resamples - 1))];
    ret_stability->warning = ret_stability->mean < OPINION_STABLE_LEAST;
    free(index);
    free(resample.drawn);
    free(resample.rows);
    free(resample.counts);
    free(resample.group);
    free(resample.label);
}
