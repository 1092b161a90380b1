#include "worker/fit/battles_sort.h"

#include "worker/fit/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double STYLE_MAX = 1e12;

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

// ---------------------------------------------------------------- checks
static int check_battle(const struct battles *battles, uint32_t i, struct err *err)
{
    if (battles->left[i] >= battles->n_items || battles->right[i] >= battles->n_items)
        return err_set(err, ERR_INVALID, "battle %u names an item that is not there", i);
    if (battles->left[i] == battles->right[i])
        return err_set(err, ERR_INVALID, "battle %u is of an item against itself", i);
    if (battles->outcome[i] > FIT_TIE)
        return err_set(err, ERR_INVALID, "battle %u has no outcome that is known", i);
    if (battles->annotator != NULL && battles->annotator[i] >= battles->n_annotators)
        return err_set(err, ERR_INVALID, "battle %u names an annotator who is not there", i);
    if (battles->weight != NULL &&
        !(battles->weight[i] >= 0 && (double)battles->weight[i] <= BATTLES_WEIGHT_MAX))
        return err_set(
            err, ERR_INVALID, "battle %u has a weight that is not from 0 to %.0f", i, BATTLES_WEIGHT_MAX);
    for (uint32_t c = 0; c < battles->n_styles; c++) {
        double left = (double)battles->style_left[(size_t)i * battles->n_styles + c];
        double right = (double)battles->style_right[(size_t)i * battles->n_styles + c];
        if (!(left >= 0 && left <= STYLE_MAX && right >= 0 && right <= STYLE_MAX))
            return err_set(
                err, ERR_INVALID, "battle %u has an amount of style %u that is not from 0 up", i, c);
    }
    return 0;
}

static int check(const struct battles *battles, const struct battles_options *options, struct err *err)
{
    if (battles->n_items < 2 || battles->n == 0)
        return err_set(err, ERR_INVALID, "there are no battles to score by");
    if (battles->n_items > BATTLES_ITEMS_MAX || battles->n > BATTLES_MAX)
        return err_set(err, ERR_LIMIT, "at most %d items and %d battles", BATTLES_ITEMS_MAX, BATTLES_MAX);
    if (battles->n_styles > BATTLES_STYLES_MAX || options->n_bootstraps > BATTLES_BOOTSTRAPS_MAX)
        return err_set(
            err, ERR_LIMIT, "at most %d styles and %d resamples", BATTLES_STYLES_MAX, BATTLES_BOOTSTRAPS_MAX);
    if (!(options->ridge >= 0) || !isfinite(options->ridge) ||
        !(options->annotator_share >= 0 && options->annotator_share <= 1))
        return err_set(
            err, ERR_INVALID, "the ridge is a number from 0 up, an annotator's share one from 0 to 1");
    for (uint32_t i = 0; i < battles->n; i++) {
        int failed = check_battle(battles, i, err);
        if (failed)
            return failed;
    }
    return 0;
}

// ---------------------------------------------------------------- annotators
static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

// The greatest weight t such that with every annotator cut to t, t is at most `share` of the sum. `totals` is reordered.
static double most_each(double *totals, uint32_t n, double share)
{
    double rest = 0, cap = 0;
    qsort(totals, n, sizeof(*totals), descending);
    for (uint32_t i = 0; i < n; i++)
        rest += totals[i];
    share = fmax(share, 1.0 / n);
    cap = totals[0];
    for (uint32_t m = 0; m < n && totals[m] > 0 && share * m < 1; m++) {
        double t = share * rest / (1 - share * m); // with m of them cut to t: t = share (m t + rest)
        if (t >= totals[m])
            return fmin(t, cap);
        cap = totals[m];
        rest -= totals[m];
    }
    return cap;
}

static double weight_of(const struct battles *battles, uint32_t i)
{
    return battles->weight != NULL ? (double)battles->weight[i] : 1;
}

// Numbers those who judged anew, and says what each one's weights are multiplied by.
static uint32_t *number_annotators(
    const struct battles *battles, double share, uint32_t *ret_n, double **ret_factor)
{
    uint32_t n = 0, *number = allocate(battles->n_annotators, sizeof(*number));
    double *total = allocate(battles->n_annotators, sizeof(*total));
    for (uint32_t i = 0; i < battles->n; i++)
        total[battles->annotator[i]] += weight_of(battles, i);
    double *factor = allocate(battles->n_annotators, sizeof(*factor));
    for (uint32_t a = 0; a < battles->n_annotators; a++) {
        number[a] = n;
        factor[a] = total[a];
        n += total[a] > 0;
    }
    double most = share > 0 && n > 0 ? most_each(total, battles->n_annotators, share) : INFINITY;
    for (uint32_t a = 0; a < battles->n_annotators; a++)
        factor[a] = factor[a] > most ? most / factor[a] : 1;
    free(total);
    *ret_n = n;
    *ret_factor = factor;
    return number;
}

// ---------------------------------------------------------------- cells
// Of an unordered pair low < high among n (n - 1) / 2.
static uint32_t pair_index(uint32_t low, uint32_t high, uint32_t n)
{
    return low * (2 * n - low - 1) / 2 + (high - low - 1);
}

struct placed {
    uint32_t key; // 3 pair_index + k
    bool turned;  // left is the higher item
};

static struct placed place_of(const struct battles *battles, uint32_t i)
{
    uint32_t left = battles->left[i], right = battles->right[i], outcome = battles->outcome[i];
    bool turned = left > right;
    uint32_t k = outcome == FIT_TIE ? 2 : turned ? 1 - outcome : outcome;
    uint32_t index =
        turned ? pair_index(right, left, battles->n_items) : pair_index(left, right, battles->n_items);
    return (struct placed){.key = 3 * index + k, .turned = turned};
}

// Which pairs there are, and where the rows of each cell begin: `start` becomes the next place of each key.
static void lay_out(
    const struct battles *battles, uint32_t *start, struct arena *arena, struct sorted_battles *sorted)
{
    uint32_t n = battles->n_items, n_all = n * (n - 1) / 2, n_pairs = 0, at = 0, pair = 0;
    for (uint32_t p = 0; p < n_all; p++)
        n_pairs += start[3 * p] + start[3 * p + 1] + start[3 * p + 2] > 0;
    uint32_t *low = arena_alloc(arena, n_pairs * sizeof(*low)),
             *high = arena_alloc(arena, n_pairs * sizeof(*high));
    uint32_t *first = arena_alloc(arena, (3 * (size_t)n_pairs + 1) * sizeof(*first));
    for (uint32_t i = 0, p = 0; i < n; i++) {
        for (uint32_t j = i + 1; j < n; j++, p++) {
            if (start[3 * p] + start[3 * p + 1] + start[3 * p + 2] == 0)
                continue;
            low[pair] = i;
            high[pair] = j;
            for (uint32_t k = 0; k < 3; k++) {
                uint32_t count = start[3 * p + k];
                start[3 * p + k] = first[3 * pair + k] = at;
                at += count;
            }
            pair++;
        }
    }
    first[3 * (size_t)n_pairs] = at;
    sorted->n_rows = at;
    sorted->pairs.n_pairs = n_pairs;
    sorted->pairs.low = low;
    sorted->pairs.high = high;
    sorted->pairs.row_first = first;
}

static void fill_rows(const struct battles *battles, const uint32_t *number, const double *factor,
    uint32_t *start, struct sorted_battles *sorted)
{
    uint32_t n_styles = battles->n_styles, anonymous = 0;
    double *squares = sorted->style_deviation;
    for (uint32_t i = 0; i < battles->n; i++) {
        double weight = weight_of(battles, i);
        if (!(weight > 0))
            continue;
        struct placed placed = place_of(battles, i);
        uint32_t row = start[placed.key]++;
        if (number != NULL) {
            sorted->row_annotator[row] = number[battles->annotator[i]];
            weight *= factor[battles->annotator[i]];
        } else {
            sorted->row_annotator[row] = anonymous++;
        }
        sorted->row_weight[row] = (float)weight;
        for (uint32_t c = 0; c < n_styles; c++) {
            double a = (double)battles->style_left[(size_t)i * n_styles + c];
            double b = (double)battles->style_right[(size_t)i * n_styles + c];
            double x = (a - b) / (a + b + 1);
            sorted->row_x[(size_t)row * n_styles + c] = (float)(placed.turned ? -x : x);
            squares[c] += weight * x * x;
        }
        sorted->total += weight;
    }
    for (uint32_t c = 0; c < n_styles; c++)
        squares[c] = sqrt(squares[c] / sorted->total);
    for (uint32_t row = 0; row < sorted->n_rows && n_styles > 0; row++) {
        for (uint32_t c = 0; c < n_styles; c++) {
            if (squares[c] > 0)
                sorted->row_x[(size_t)row * n_styles + c] /= (float)squares[c];
        }
    }
}

static void add_cells(struct sorted_battles *sorted, struct arena *arena)
{
    struct battle_pairs *pairs = &sorted->pairs;
    double *sum[3];
    for (uint32_t k = 0; k < 3; k++)
        sum[k] = arena_calloc(arena, pairs->n_pairs, sizeof(double));
    for (uint32_t pair = 0; pair < pairs->n_pairs; pair++) {
        for (uint32_t k = 0; k < 3; k++) {
            for (uint32_t row = pairs->row_first[3 * pair + k]; row < pairs->row_first[3 * pair + k + 1];
                 row++) {
                sum[k][pair] += (double)sorted->row_weight[row];
                sorted->row_cell[row] = 3 * pair + k;
            }
        }
        sorted->ties += sum[2][pair];
    }
    pairs->wins_low = sum[0];
    pairs->wins_high = sum[1];
    pairs->ties = sum[2];
}

int battles_sort(const struct battles *battles, const struct battles_options *options, struct arena *arena,
    struct sorted_battles *ret_sorted, struct err *err)
{
    struct sorted_battles *sorted = ret_sorted;
    *sorted = (struct sorted_battles){0};
    int failed = check(battles, options, err);
    if (failed)
        return failed;
    uint32_t n = battles->n_items, *number = NULL;
    double *factor = NULL;
    uint32_t *start = allocate(3 * (size_t)n * (n - 1) / 2, sizeof(*start));
    for (uint32_t i = 0; i < battles->n; i++)
        start[place_of(battles, i).key] += weight_of(battles, i) > 0;
    sorted->pairs = (struct battle_pairs){.n_items = n,
        .n_styles = battles->n_styles,
        .ridge = options->ridge > 0 ? options->ridge : BATTLES_RIDGE};
    lay_out(battles, start, arena, sorted);
    sorted->n_annotators = sorted->n_rows;
    if (battles->annotator != NULL)
        number = number_annotators(battles, options->annotator_share, &sorted->n_annotators, &factor);
    sorted->row_annotator = arena_alloc(arena, sorted->n_rows * sizeof(uint32_t));
    sorted->row_cell = arena_alloc(arena, sorted->n_rows * sizeof(uint32_t));
    sorted->row_weight = arena_alloc(arena, sorted->n_rows * sizeof(float));
    sorted->row_x = arena_alloc(arena, (size_t)sorted->n_rows * battles->n_styles * sizeof(float));
    sorted->style_deviation = arena_calloc(arena, battles->n_styles, sizeof(double));
    fill_rows(battles, number, factor, start, sorted);
    add_cells(sorted, arena);
    sorted->pairs.row_weight = sorted->row_weight;
    sorted->pairs.row_x = sorted->row_x;
    free(start);
    free(number);
    free(factor);
    if (sorted->n_rows == 0)
        return err_set(err, ERR_INVALID, "no battle has any weight");
    if (sorted->ties >= sorted->total)
        return err_set(err, ERR_INVALID, "every battle is a tie: nothing tells the items apart");
    sorted->pairs.has_nu = options->davidson && sorted->ties > 0;
    return 0;
}

// ---------------------------------------------------------------- the graph
// Neighbours of each item over wins and ties: those it won against, or those that won against it.
struct neighbours {
    uint32_t *first, *list;
};

static struct neighbours list_neighbours(const struct battle_pairs *pairs, bool backwards)
{
    uint32_t n = pairs->n_items;
    struct neighbours result = {.first = allocate((size_t)n + 2, sizeof(uint32_t)),
        .list = allocate(2 * (size_t)pairs->n_pairs, sizeof(uint32_t))};
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t p = 0; p < pairs->n_pairs; p++) {
            for (uint32_t way = 0; way < 2; way++) {
                double wins = way == 0 ? pairs->wins_low[p] : pairs->wins_high[p];
                uint32_t winner = way == 0 ? pairs->low[p] : pairs->high[p];
                uint32_t loser = way == 0 ? pairs->high[p] : pairs->low[p];
                uint32_t from = backwards ? loser : winner, to = backwards ? winner : loser;
                if (wins + pairs->ties[p] <= 0)
                    continue;
                if (pass == 0)
                    result.first[from + 2]++;
                else
                    result.list[result.first[from + 1]++] = to;
            }
        }
        for (uint32_t i = 0; i < n && pass == 0; i++)
            result.first[i + 2] += result.first[i + 1];
    }
    return result;
}

// Marks what is reached from `from` through items that are `open`; `queue` is scratch.
static void reach(
    const struct neighbours *neighbours, const bool *open, uint32_t from, bool *reached, uint32_t *queue)
{
    uint32_t n = 0;
    if (reached[from])
        return;
    reached[from] = true;
    queue[n++] = from;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t e = neighbours->first[queue[i]]; e < neighbours->first[queue[i] + 1]; e++) {
            uint32_t to = neighbours->list[e];
            if (!reached[to] && open[to]) {
                reached[to] = true;
                queue[n++] = to;
            }
        }
    }
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

// Numbers of components, the largest first; of equal ones that with the earlier item first.
static uint32_t number_components(const struct battle_pairs *pairs, uint32_t *component, uint32_t *size)
{
    uint32_t n = pairs->n_items, *parent = allocate(n, sizeof(*parent)), *count = allocate(n, sizeof(*count)),
             found = 0;
    for (uint32_t i = 0; i < n; i++)
        parent[i] = i;
    for (uint32_t p = 0; p < pairs->n_pairs; p++) {
        uint32_t a = root_of(parent, pairs->low[p]), b = root_of(parent, pairs->high[p]);
        parent[a > b ? a : b] = a > b ? b : a;
    }
    for (uint32_t i = 0; i < n; i++)
        count[root_of(parent, i)]++;
    for (uint32_t left = n; left > 0; found++) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < n; i++)
            best = count[i] > count[best] ? i : best;
        for (uint32_t i = 0; i < n; i++) {
            if (root_of(parent, i) == best)
                component[i] = found;
        }
        size[found] = count[best];
        left -= count[best];
        count[best] = 0;
    }
    free(parent);
    free(count);
    return found;
}

static void find_places(const struct battle_pairs *pairs, struct battles_result *result)
{
    uint32_t n = pairs->n_items, *queue = allocate(n, sizeof(*queue)), *core = allocate(n, sizeof(*core)),
             n_cores = 0;
    bool *open = allocate(n, 1), *all = allocate(n, 1), *ahead = allocate(n, 1), *behind = allocate(n, 1);
    uint32_t *size = allocate(n, sizeof(*size)), *best = allocate(result->n_components, sizeof(*best));
    struct neighbours won = list_neighbours(pairs, false), lost = list_neighbours(pairs, true);
    memset(open, true, n);
    memset(all, true, n);
    // Strongly connected sets: what an item reaches and is reached from, among those not yet in a set.
    for (uint32_t i = 0; i < n; i++) {
        if (!open[i])
            continue;
        memset(ahead, false, n);
        memset(behind, false, n);
        reach(&won, open, i, ahead, queue);
        reach(&lost, open, i, behind, queue);
        for (uint32_t j = 0; j < n; j++) {
            if (ahead[j] && behind[j]) {
                core[j] = n_cores;
                size[n_cores]++;
                open[j] = false;
            }
        }
        uint32_t component = result->items[i].component;
        if (result->components[component].n_settled < size[n_cores]) {
            result->components[component].n_settled = size[n_cores];
            best[component] = n_cores;
        }
        n_cores++;
    }
    memset(ahead, false, n);
    memset(behind, false, n);
    for (uint32_t i = 0; i < n; i++) {
        if (core[i] == best[result->items[i].component]) {
            reach(&won, all, i, ahead, queue);
            reach(&lost, all, i, behind, queue);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        struct battles_item *item = &result->items[i];
        bool settled = core[i] == best[item->component];
        item->place = result->components[item->component].n_items == 1 ? BATTLES_ABSENT
                      : settled                                        ? BATTLES_SETTLED
                      : behind[i]                                      ? BATTLES_UNBOUNDED
                      : ahead[i]                                       ? BATTLES_BOUNDLESS
                                                                       : BATTLES_UNCOMPARED;
    }
    free(queue);
    free(core);
    free(open);
    free(all);
    free(ahead);
    free(behind);
    free(size);
    free(best);
    free(won.first);
    free(won.list);
    free(lost.first);
    free(lost.list);
}

void battles_components(struct sorted_battles *sorted, struct arena *arena, struct battles_result *result)
{
    struct battle_pairs *pairs = &sorted->pairs;
    uint32_t n = pairs->n_items, *component = arena_calloc(arena, n, sizeof(*component));
    uint32_t *size = allocate(n, sizeof(*size));
    result->n_components = pairs->n_components = number_components(pairs, component, size);
    result->components = arena_calloc(arena, result->n_components, sizeof(*result->components));
    for (uint32_t c = 0; c < result->n_components; c++)
        result->components[c].n_items = size[c];
    for (uint32_t i = 0; i < n; i++)
        result->items[i].component = component[i];
    pairs->component = component;
    free(size);
    find_places(pairs, result);
}

void battles_centre(const struct battles_result *result, double *theta)
{
    double *sum = allocate(result->n_components, sizeof(*sum));
    for (uint32_t i = 0; i < result->n_items; i++) {
        if (result->items[i].place == BATTLES_SETTLED)
            sum[result->items[i].component] += theta[i];
    }
    for (uint32_t i = 0; i < result->n_items; i++) {
        const struct battles_component *component = &result->components[result->items[i].component];
        theta[i] -= component->n_settled > 0 ? sum[result->items[i].component] / component->n_settled : 0;
    }
    free(sum);
}
