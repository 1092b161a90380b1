#include "worker/fit/battles.h"

#include "worker/fit/battles_sort.h"

#include <math.h>
#include <string.h>

static void count_items(const struct sorted_battles *sorted, struct battles_result *result)
{
    const struct battle_pairs *pairs = &sorted->pairs;
    for (uint32_t p = 0; p < pairs->n_pairs; p++) {
        struct battles_item *low = &result->items[pairs->low[p]], *high = &result->items[pairs->high[p]];
        uint32_t n = pairs->row_first[3 * p + 3] - pairs->row_first[3 * p];
        low->n += n;
        high->n += n;
        low->wins += pairs->wins_low[p];
        high->wins += pairs->wins_high[p];
        low->losses += pairs->wins_high[p];
        high->losses += pairs->wins_low[p];
        low->ties += pairs->ties[p];
        high->ties += pairs->ties[p];
    }
}

static void start_result(
    const struct sorted_battles *sorted, struct arena *arena, struct battles_result *result)
{
    uint32_t n = sorted->pairs.n_items, n_styles = sorted->pairs.n_styles;
    *result = (struct battles_result){.n_items = n,
        .n_annotators = sorted->n_annotators,
        .n_styles = n_styles,
        .n = sorted->n_rows,
        .items = arena_calloc(arena, n, sizeof(struct battles_item)),
        .has_nu = sorted->pairs.has_nu,
        .style = arena_calloc(arena, n_styles, sizeof(double)),
        .style_error = arena_calloc(arena, n_styles, sizeof(double)),
        .style_low = arena_calloc(arena, n_styles, sizeof(double)),
        .style_high = arena_calloc(arena, n_styles, sizeof(double))};
    for (uint32_t i = 0; i < n; i++)
        result->items[i].standard_error = result->items[i].low = result->items[i].high = NAN;
    for (uint32_t c = 0; c < n_styles; c++)
        result->style_error[c] = result->style_low[c] = result->style_high[c] = NAN;
}

static int fit_sorted(struct sorted_battles *sorted, const struct battles_options *options,
    struct arena *arena, struct battles_result *result, struct err *err)
{
    const struct battle_pairs *pairs = &sorted->pairs;
    uint32_t n = battle_parameters(pairs);
    start_result(sorted, arena, result);
    battles_components(sorted, arena, result);
    count_items(sorted, result);
    double *theta = arena_calloc(arena, n, sizeof(*theta)),
           *centred = arena_alloc(arena, n * sizeof(*centred));
    double *factor = arena_alloc(arena, (size_t)n * n * sizeof(*factor)), squares = 0, value = 0;
    int iterations = battle_minimise(pairs, 1e-7, sorted->pool, theta, factor, &value);
    if (iterations < 0)
        return err_set(err, ERR_INTERNAL, "the scores did not converge");
    result->n_iterations = (uint32_t)iterations;
    for (uint32_t i = 0; i < n; i++)
        squares += theta[i] * theta[i];
    result->log_likelihood = pairs->ridge / 2 * squares - value;
    memcpy(centred, theta, n * sizeof(*centred));
    battles_centre(result, centred);
    for (uint32_t i = 0; i < result->n_items; i++)
        result->items[i].score = centred[i];
    result->nu = pairs->has_nu ? exp(theta[pairs->n_items]) : 0;
    for (uint32_t c = 0; c < pairs->n_styles; c++)
        result->style[c] = theta[pairs->n_items + pairs->has_nu + c];
    result->has_intervals = sorted->n_annotators >= BATTLES_ANNOTATORS_MIN;
    return result->has_intervals ? battles_intervals(sorted, options, theta, factor, result, err) : 0;
}

int battles_fit(const struct battles *battles, const struct battles_options *options, struct arena *arena,
    struct battles_result *ret_result, struct err *err)
{
    struct sorted_battles sorted;
    int failed = battles_sort(battles, options, arena, &sorted, err);
    if (failed)
        return failed;
    sorted.pool = options->n_threads > 1 ? pool_new(options->n_threads) : NULL;
    failed = fit_sorted(&sorted, options, arena, ret_result, err);
    pool_free(sorted.pool);
    return failed;
}
