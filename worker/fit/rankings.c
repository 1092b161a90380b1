#include "worker/fit/rankings.h"

#include "worker/fit/battles_sort.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double weight_of(const struct rankings *rankings, uint32_t i)
{
    return rankings->weight != NULL ? (double)rankings->weight[i] : 1;
}

// Stages that choose: of m items in order the last is left over.
static uint32_t n_stages(const struct rankings *rankings, uint32_t i)
{
    uint32_t m = rankings->first[i + 1] - rankings->first[i];
    uint32_t ordered = rankings->n_ordered != NULL ? rankings->n_ordered[i] : m;
    return ordered < m ? ordered : m - 1;
}

// ---------------------------------------------------------------- checks
static int check_ranking(const struct rankings *rankings, uint32_t i, struct err *err)
{
    const uint32_t *item = rankings->item + rankings->first[i];
    uint32_t m = rankings->first[i + 1] - rankings->first[i];
    if (rankings->first[i + 1] < rankings->first[i] || m < 2 || m > RANKINGS_SHOWN_MAX)
        return err_set(err, ERR_INVALID, "ranking %u is not of 2 to %d items", i, RANKINGS_SHOWN_MAX);
    if (rankings->n_ordered != NULL && (rankings->n_ordered[i] == 0 || rankings->n_ordered[i] > m))
        return err_set(err, ERR_INVALID, "ranking %u puts %u of %u in order", i, rankings->n_ordered[i], m);
    if (rankings->annotator != NULL && rankings->annotator[i] >= rankings->n_annotators)
        return err_set(err, ERR_INVALID, "ranking %u names an annotator who is not there", i);
    if (!(weight_of(rankings, i) >= 0 && weight_of(rankings, i) <= BATTLES_WEIGHT_MAX))
        return err_set(
            err, ERR_INVALID, "ranking %u has a weight that is not from 0 to %.0f", i, BATTLES_WEIGHT_MAX);
    for (uint32_t a = 0; a < m; a++) {
        if (item[a] >= rankings->n_items)
            return err_set(err, ERR_INVALID, "ranking %u names an item that is not there", i);
        for (uint32_t b = 0; b < a; b++) {
            if (item[a] == item[b])
                return err_set(err, ERR_INVALID, "ranking %u names an item twice", i);
        }
    }
    return 0;
}

static int check(const struct rankings *rankings, const struct battles_options *options, struct err *err)
{
    double total = 0;
    if (rankings->n_items < 2 || rankings->n == 0)
        return err_set(err, ERR_INVALID, "there are no rankings to score by");
    if (rankings->n_items > BATTLES_ITEMS_MAX || rankings->n > BATTLES_MAX)
        return err_set(err, ERR_LIMIT, "at most %d items and %d rankings", BATTLES_ITEMS_MAX, BATTLES_MAX);
    if (!(options->ridge >= 0) || !isfinite(options->ridge) || options->interval == BATTLES_BOOTSTRAP)
        return err_set(err, ERR_INVALID, "the ridge is a number from 0 up, and rankings are not resampled");
    for (uint32_t i = 0; i < rankings->n; i++) {
        int failed = check_ranking(rankings, i, err);
        if (failed)
            return failed;
        total += weight_of(rankings, i);
    }
    return total > 0 ? 0 : err_set(err, ERR_INVALID, "no ranking has any weight");
}

// ---------------------------------------------------------------- the loss
// Of one ranking; gradient and Hessian (lower triangle, column-major) are added to unless NULL. Sums over the rest of a stage
// run from the last item backwards, relative to the greatest score shown.
static double add_ranking(const struct rankings *rankings, uint32_t i, double weight, const double *score,
    double *gradient, double *hessian)
{
    const uint32_t *item = rankings->item + rankings->first[i];
    uint32_t m = rankings->first[i + 1] - rankings->first[i], stages = n_stages(rankings, i),
             n = rankings->n_items;
    double e[RANKINGS_SHOWN_MAX] = {0}, rest[RANKINGS_SHOWN_MAX], most = -INFINITY, sum = 0, loss = 0;
    for (uint32_t a = 0; a < m; a++)
        most = fmax(most, score[item[a]]);
    for (uint32_t a = m; a-- > 0;)
        rest[a] = sum += e[a] = exp(score[item[a]] - most);
    double once = 0, twice = 0; // over the stages so far: sum of 1 / rest, and of its square
    for (uint32_t a = 0; a < m; a++) {
        if (a < stages) {
            loss += log(rest[a]) + most - score[item[a]];
            once += 1 / rest[a];
            twice += 1 / (rest[a] * rest[a]);
        }
        if (gradient != NULL)
            gradient[item[a]] += weight * (e[a] * once - (a < stages));
        // Items a <= b are together in the stages up to a: those that `once` and `twice` count now.
        for (uint32_t b = a; b < m && hessian != NULL; b++) {
            uint32_t low = item[a] < item[b] ? item[a] : item[b],
                     high = item[a] < item[b] ? item[b] : item[a];
            hessian[(size_t)low * n + high] += weight * ((a == b ? e[a] * once : 0) - e[a] * e[b] * twice);
        }
    }
    return weight * loss;
}

double rankings_value(
    const struct rankings *rankings, double ridge, const double *score, double *gradient, double *hessian)
{
    uint32_t n = rankings->n_items;
    double value = 0, squares = 0;
    memset(gradient, 0, n * sizeof(*gradient));
    memset(hessian, 0, (size_t)n * n * sizeof(*hessian));
    for (uint32_t i = 0; i < rankings->n; i++) {
        if (weight_of(rankings, i) > 0)
            value += add_ranking(rankings, i, weight_of(rankings, i), score, gradient, hessian);
    }
    for (uint32_t i = 0; i < n; i++) {
        squares += score[i] * score[i];
        gradient[i] += ridge * score[i];
        hessian[(size_t)i * n + i] += ridge;
        for (uint32_t j = 0; j < i; j++)
            hessian[(size_t)i * n + j] = hessian[(size_t)j * n + i];
    }
    return value + ridge / 2 * squares;
}

struct problem {
    const struct rankings *rankings;
    double ridge;
};

static double problem_value(void *arg, const double *theta, double *gradient, double *hessian)
{
    const struct problem *problem = arg;
    return rankings_value(problem->rankings, problem->ridge, theta, gradient, hessian);
}

// ---------------------------------------------------------------- the graph
// Who was put before whom, as pairs, for the components; and the counts of items.
static void make_pairs(const struct rankings *rankings, struct arena *arena, struct sorted_battles *sorted,
    struct battles_result *result)
{
    uint32_t n = rankings->n_items, n_pairs = 0;
    double *before = allocate((size_t)n * n, sizeof(*before));
    for (uint32_t i = 0; i < rankings->n; i++) {
        const uint32_t *item = rankings->item + rankings->first[i];
        double w = weight_of(rankings, i);
        uint32_t m = rankings->first[i + 1] - rankings->first[i];
        for (uint32_t a = 0; a < m && w > 0; a++) {
            result->items[item[a]].n++;
            for (uint32_t b = a + 1; b < m && a < n_stages(rankings, i); b++)
                before[(size_t)item[a] * n + item[b]] += w;
        }
        result->n += w > 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = i + 1; j < n; j++)
            n_pairs += before[(size_t)i * n + j] + before[(size_t)j * n + i] > 0;
    }
    uint32_t *low = arena_alloc(arena, n_pairs * sizeof(*low)),
             *high = arena_alloc(arena, n_pairs * sizeof(*high));
    double *wins_low = arena_alloc(arena, n_pairs * sizeof(double)),
           *wins_high = arena_alloc(arena, n_pairs * sizeof(double));
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = i + 1; j < n; j++) {
            double up = before[(size_t)i * n + j], down = before[(size_t)j * n + i];
            if (up + down <= 0)
                continue;
            low[at] = i;
            high[at] = j;
            wins_low[at] = up;
            wins_high[at++] = down;
            result->items[i].wins += up;
            result->items[i].losses += down;
            result->items[j].wins += down;
            result->items[j].losses += up;
        }
    }
    free(before);
    sorted->pairs = (struct battle_pairs){.n_items = n,
        .n_pairs = n_pairs,
        .low = low,
        .high = high,
        .wins_low = wins_low,
        .wins_high = wins_high,
        .ties = arena_calloc(arena, n_pairs, sizeof(double))};
}

// ---------------------------------------------------------------- intervals
// sum_u G_u G_u', lower triangle; returns the number of annotators with rankings.
static uint32_t gradients_outer(const struct rankings *rankings, const double *score, double *s)
{
    uint32_t n = rankings->n_items, people = 0,
             all = rankings->annotator != NULL ? rankings->n_annotators : rankings->n;
    uint32_t *first = allocate((size_t)all + 2, sizeof(*first)), *list = allocate(rankings->n, sizeof(*list));
    double *g = allocate(n, sizeof(*g));
    for (uint32_t i = 0; i < rankings->n; i++)
        first[(rankings->annotator != NULL ? rankings->annotator[i] : i) + 2]++;
    for (uint32_t u = 0; u < all; u++)
        first[u + 2] += first[u + 1];
    for (uint32_t i = 0; i < rankings->n; i++)
        list[first[(rankings->annotator != NULL ? rankings->annotator[i] : i) + 1]++] = i;
    for (uint32_t u = 0; u < all; u++) {
        double weight = 0;
        memset(g, 0, n * sizeof(*g));
        for (uint32_t k = first[u]; k < first[u + 1]; k++) {
            weight += weight_of(rankings, list[k]);
            (void)add_ranking(rankings, list[k], weight_of(rankings, list[k]), score, g, NULL);
        }
        people += weight > 0;
        if (weight > 0)
            cblas_dsyr(CblasColMajor, CblasLower, (int)n, 1, g, 1, s, (int)n);
    }
    free(first);
    free(list);
    free(g);
    return people;
}

int rankings_fit(const struct rankings *rankings, const struct battles_options *options, struct arena *arena,
    struct battles_result *ret_result, struct err *err)
{
    int failed = check(rankings, options, err);
    if (failed)
        return failed;
    uint32_t n = rankings->n_items;
    struct sorted_battles sorted = {0};
    struct problem problem = {
        .rankings = rankings, .ridge = options->ridge > 0 ? options->ridge : BATTLES_RIDGE};
    *ret_result =
        (struct battles_result){.n_items = n, .items = arena_calloc(arena, n, sizeof(struct battles_item))};
    for (uint32_t i = 0; i < n; i++)
        ret_result->items[i].standard_error = ret_result->items[i].low = ret_result->items[i].high = NAN;
    make_pairs(rankings, arena, &sorted, ret_result);
    battles_components(&sorted, arena, ret_result);
    double *theta = arena_calloc(arena, n, sizeof(*theta)),
           *factor = arena_alloc(arena, (size_t)n * n * sizeof(*factor));
    double value = 0, squares = 0, *s = arena_calloc(arena, (size_t)n * n, sizeof(*s));
    struct score_problem scores = {
        .value = problem_value, .arg = &problem, .n = n, .n_items = n, .component = sorted.pairs.component};
    int iterations = scores_minimise(&scores, 1e-7, theta, factor, &value);
    if (iterations < 0)
        return err_set(err, ERR_INTERNAL, "the scores did not converge");
    ret_result->n_iterations = (uint32_t)iterations;
    for (uint32_t i = 0; i < n; i++)
        squares += theta[i] * theta[i];
    ret_result->log_likelihood = problem.ridge / 2 * squares - value;
    ret_result->n_annotators = gradients_outer(rankings, theta, s);
    battles_centre(ret_result, theta);
    for (uint32_t i = 0; i < n; i++)
        ret_result->items[i].score = theta[i];
    ret_result->has_intervals = ret_result->n_annotators >= BATTLES_ANNOTATORS_MIN;
    if (!ret_result->has_intervals)
        return 0;
    if (battles_invert(factor, n) != 0)
        return err_set(err, ERR_INTERNAL, "the curvature of the scores can't be inverted");
    bool fisher = options->interval == BATTLES_FISHER;
    if (!fisher)
        battles_sandwich(s, factor, n, ret_result->n_annotators);
    battles_item_intervals(fisher ? factor : s, n,
        fisher ? 1.959963984540054 : battles_student(ret_result->n_annotators - 1.0), ret_result);
    return 0;
}
