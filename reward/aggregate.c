#include "reward/aggregate.h"

#include "reward/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const rule_names[] = {
    [AGGREGATE_MEAN] = "mean",
    [AGGREGATE_MAXMIN] = "maxmin",
    [AGGREGATE_LEXIMIN] = "leximin",
    [AGGREGATE_NASH] = "nash",
    [AGGREGATE_WEIGHTS] = "weights",
    [AGGREGATE_LOTTERY] = "lottery",
    [AGGREGATE_MAXIMAL_LOTTERY] = "maximal-lottery",
};

bool aggregate_rule_parse(const char *name, enum aggregate_rule *ret_rule)
{
    for (size_t i = 0; i < ARRAY_SIZE(rule_names); i++) {
        if (strcmp(name, rule_names[i]) == 0) {
            *ret_rule = (enum aggregate_rule)i;
            return true;
        }
    }
    return false;
}

const char *aggregate_rule_name(enum aggregate_rule rule)
{
    assert((size_t)rule < ARRAY_SIZE(rule_names));
    return rule_names[rule];
}

// ---------------------------------------------------------------- the lottery: a matrix game by the simplex method
// max over p of min_g sum_j p_j u_gj is min over p of max_g of v = const - u, every v positive. With x = p / value it
// is max sum x, sum_j v_gj x_j <= 1, x >= 0, which is feasible at 0: one phase is enough. Rows are groups, columns
// candidates; the prices of the slack columns are the groups' weights q of the certificate. Bland's rule can't cycle.
struct tableau {
    size_t n_rows, n_columns; // groups; candidates, then slacks, then the right side
    double *cell;             // (n_rows + 1) x n_columns, the last row is the objective
    size_t *basis;
};

static double *tableau_row(const struct tableau *tableau, size_t row)
{
    return tableau->cell + row * tableau->n_columns;
}

static void pivot(struct tableau *tableau, size_t row, size_t column)
{
    double *at = tableau_row(tableau, row), scale = 1 / at[column];
    for (size_t c = 0; c < tableau->n_columns; c++)
        at[c] *= scale;
    at[column] = 1;
    for (size_t r = 0; r <= tableau->n_rows; r++) {
        double *other = tableau_row(tableau, r), factor = other[column];
        if (r == row || factor == 0)
            continue;
        for (size_t c = 0; c < tableau->n_columns; c++)
            other[c] -= factor * at[c];
        other[column] = 0;
    }
    tableau->basis[row] = column;
}

// False when the optimum is reached.
static bool simplex_step(struct tableau *tableau)
{
    const double *objective = tableau_row(tableau, tableau->n_rows);
    size_t right = tableau->n_columns - 1, column = 0;
    while (column < right && objective[column] >= -1e-12)
        column++;
    if (column == right)
        return false;
    size_t best = tableau->n_rows;
    double best_ratio = 0;
    for (size_t r = 0; r < tableau->n_rows; r++) {
        const double *at = tableau_row(tableau, r);
        if (at[column] <= 1e-12)
            continue;
        double ratio = at[right] / at[column];
        if (best == tableau->n_rows || ratio < best_ratio ||
            (ratio == best_ratio && tableau->basis[r] < tableau->basis[best])) {
            best = r;
            best_ratio = ratio;
        }
    }
    if (best == tableau->n_rows)
        return false; // unbounded can't happen: every entry of v is positive
    pivot(tableau, best, column);
    return true;
}

// The certificate: any p gives a lower bound of the game's value and any q an upper one.
static void certify(
    const double *u, size_t n, size_t g, const double *p, const double *q, struct aggregate_result *result)
{
    double lower = INFINITY, upper = -INFINITY;
    for (size_t k = 0; k < g; k++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += p[j] * u[j * g + k];
        lower = fmin(lower, sum);
    }
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < g; k++)
            sum += q[k] * u[j * g + k];
        upper = fmax(upper, sum);
    }
    result->lottery_value = lower;
    result->lottery_gap = fmax(upper - lower, 0);
}

static void normalise(double *p, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i] = fmax(p[i], 0);
    for (size_t i = 0; i < n; i++)
        p[i] = sum > 0 ? p[i] / sum : 1 / (double)n;
}

// The strategy over the n rows of u (n x g) with the greatest least expectation over its g columns, and the other player's.
static void solve_game(
    const double *u, size_t n, size_t g, double *p, double *q, struct aggregate_result *result)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n * g; i++) {
        low = fmin(low, u[i]);
        high = fmax(high, u[i]);
    }
    double scale = high > low ? 1 / (high - low) : 1; // entries of the tableau in 1 .. 2
    struct tableau tableau = {.n_rows = g, .n_columns = n + g + 1};
    tableau.cell = calloc((g + 1) * tableau.n_columns, sizeof(double));
    tableau.basis = calloc(g, sizeof(size_t));
    if (tableau.cell == NULL || tableau.basis == NULL)
        abort();
    for (size_t k = 0; k < g; k++) {
        double *row = tableau_row(&tableau, k);
        for (size_t j = 0; j < n; j++)
            row[j] = (high - u[j * g + k]) * scale + 1;
        row[n + k] = 1;
        row[n + g] = 1;
        tableau.basis[k] = n + k;
    }
    double *objective = tableau_row(&tableau, g);
    for (size_t j = 0; j < n; j++)
        objective[j] = -1;
    for (size_t step = 0; step < 100 * (n + g) && simplex_step(&tableau); step++)
        ;
    for (size_t k = 0; k < g; k++) {
        q[k] = objective[n + k];
        if (tableau.basis[k] < n)
            p[tableau.basis[k]] = tableau_row(&tableau, k)[n + g];
    }
    normalise(p, n);
    normalise(q, g);
    certify(u, n, g, p, q, result);
    free(tableau.basis);
    free(tableau.cell);
}

static void solve_lottery(
    const double *u, size_t n, size_t g, struct arena *arena, struct aggregate_result *result)
{
    result->lottery = arena_calloc(arena, n, sizeof(double));
    result->prices = arena_calloc(arena, g, sizeof(double));
    solve_game(u, n, g, result->lottery, result->prices, result);
}

// What the share of people who find i better than j is, less the share who find it worse.
static double margin(const double *u, size_t g, const double *share, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < g; k++)
        sum += share[k] * (2 * predict_sigmoid(u[i * g + k] - u[j * g + k]) - 1);
    return sum;
}

// ---------------------------------------------------------------- deterministic rules
static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

struct ranked {
    const double *key; // n_keys of them, compared in turn, greater first
    size_t n_keys;
    uint32_t index;
};

static int ranked_order(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    for (size_t i = 0; i < x->n_keys; i++) {
        if (x->key[i] != y->key[i])
            return x->key[i] > y->key[i] ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

static void order_by(const double *keys, size_t n, size_t n_keys, struct arena *arena, uint32_t *ret_order)
{
    struct ranked *ranked = arena_calloc(arena, n, sizeof(*ranked));
    for (size_t i = 0; i < n; i++)
        ranked[i] = (struct ranked){.key = keys + i * n_keys, .n_keys = n_keys, .index = (uint32_t)i};
    qsort(ranked, n, sizeof(*ranked), ranked_order);
    for (size_t i = 0; i < n; i++)
        ret_order[i] = ranked[i].index;
}

static void order_leximin(
    const double *u, size_t n, size_t g, struct arena *arena, struct aggregate_result *result)
{
    double *sorted = arena_memdup(arena, u, n * g * sizeof(double));
    for (size_t i = 0; i < n; i++)
        qsort(sorted + i * g, g, sizeof(double), ascending);
    order_by(sorted, n, g, arena, result->order);
    for (size_t place = 0; place < n; place++) { // equal candidates share a score
        uint32_t at = result->order[place], before = place > 0 ? result->order[place - 1] : at;
        bool same = place > 0 && memcmp(sorted + at * g, sorted + before * g, g * sizeof(double)) == 0;
        result->scores[at] = same ? result->scores[before] : -(double)place;
    }
}

static void solve_maximal(const double *u, size_t n, size_t g, const double *share, struct arena *arena,
    struct aggregate_result *result)
{
    double *margins = arena_calloc(arena, n * n, sizeof(double)), *q = arena_calloc(arena, n, sizeof(double));
    double *keys = arena_calloc(arena, 2 * n, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            margins[i * n + j] = margin(u, g, share, i, j);
            margins[j * n + i] = -margins[i * n + j];
        }
    }
    result->lottery = arena_calloc(arena, n, sizeof(double));
    solve_game(margins, n, n, result->lottery, q, result);
    for (size_t i = 0; i < n; i++) {
        keys[2 * i] = result->scores[i] = result->lottery[i];
        for (size_t j = 0; j < n; j++)
            keys[2 * i + 1] += margins[i * n + j] / (double)n;
    }
    order_by(keys, n, 2, arena, result->order);
    result->choice = result->order[0];
}

static double score_one(enum aggregate_rule rule, const double *u, const double *share, size_t g)
{
    double sum = 0, least = INFINITY;
    for (size_t k = 0; k < g; k++) {
        least = fmin(least, u[k]);
        sum += rule == AGGREGATE_NASH ? -share[k] * predict_logistic_loss(u[k]) : share[k] * u[k];
    }
    return rule == AGGREGATE_MAXMIN || rule == AGGREGATE_LOTTERY ? least : sum;
}

int aggregate_shares(const double *weights, size_t g, double *share, struct err *err)
{
    double sum = 0;
    for (size_t k = 0; k < g; k++) {
        share[k] = weights != NULL ? weights[k] : 1;
        if (!isfinite(share[k]) || share[k] < 0)
            return err_set(err, ERR_INVALID, "weight %zu is not a number from 0 up", k);
        sum += share[k];
    }
    if (!(sum > 0) || !isfinite(sum))
        return err_set(err, ERR_INVALID, "the weights' sum is not a positive number");
    for (size_t k = 0; k < g; k++)
        share[k] /= sum;
    return 0;
}

static void find_worst(const double *u, size_t n, size_t g, struct aggregate_result *result)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t worst = 0;
        for (uint32_t k = 1; k < g; k++) {
            if (u[i * g + k] < u[i * g + worst])
                worst = k;
        }
        result->worst_group[i] = worst;
        result->worst_utility[i] = u[i * g + worst];
    }
}

int aggregate(enum aggregate_rule rule, const double *utilities, size_t n_candidates, size_t n_groups,
    const double *weights, struct arena *arena, struct aggregate_result *ret_result, struct err *err)
{
    size_t n = n_candidates, g = n_groups;
    if (n == 0 || g == 0)
        return err_set(err, ERR_INVALID, "nothing to choose from");
    if (n > AGGREGATE_CANDIDATES_MAX || g > AGGREGATE_GROUPS_MAX)
        return err_set(err, ERR_LIMIT, "at most %d candidates and %d groups", AGGREGATE_CANDIDATES_MAX,
            AGGREGATE_GROUPS_MAX);
    for (size_t i = 0; i < n * g; i++) {
        if (!isfinite(utilities[i]))
            return err_set(
                err, ERR_INVALID, "utility of candidate %zu for group %zu is not finite", i / g, i % g);
    }
    if (rule == AGGREGATE_MAXIMAL_LOTTERY && n > AGGREGATE_MAXIMAL_MAX)
        return err_set(
            err, ERR_LIMIT, "a maximal lottery takes at most %d candidates", AGGREGATE_MAXIMAL_MAX);
    double share[AGGREGATE_GROUPS_MAX];
    int failed = aggregate_shares(weights, g, share, err);
    if (failed)
        return failed;
    *ret_result = (struct aggregate_result){.scores = arena_calloc(arena, n, sizeof(double)),
        .order = arena_calloc(arena, n, sizeof(uint32_t)),
        .worst_group = arena_calloc(arena, n, sizeof(uint32_t)),
        .worst_utility = arena_calloc(arena, n, sizeof(double))};
    find_worst(utilities, n, g, ret_result);
    if (rule == AGGREGATE_MAXIMAL_LOTTERY) {
        solve_maximal(utilities, n, g, share, arena, ret_result);
        return 0;
    }
    if (rule == AGGREGATE_LEXIMIN) {
        order_leximin(utilities, n, g, arena, ret_result);
    } else {
        for (size_t i = 0; i < n; i++)
            ret_result->scores[i] = score_one(rule, utilities + i * g, share, g);
        order_by(ret_result->scores, n, 1, arena, ret_result->order);
    }
    ret_result->choice = ret_result->order[0];
    if (rule == AGGREGATE_LOTTERY) {
        solve_lottery(utilities, n, g, arena, ret_result);
        memcpy(ret_result->scores, ret_result->lottery, n * sizeof(double));
        order_by(ret_result->scores, n, 1, arena, ret_result->order);
    }
    return 0;
}

// ---------------------------------------------------------------- explanations
void aggregate_slopes(enum aggregate_rule rule, const double *u, size_t n, size_t g, const double *share,
    const struct aggregate_result *result, size_t i, double *ret_slope)
{
    const double *own = u + i * g;
    for (size_t k = 0; k < g; k++) {
        switch (rule) {
        case AGGREGATE_MEAN:
        case AGGREGATE_WEIGHTS:
            ret_slope[k] = share[k];
            break;
        case AGGREGATE_NASH:
            ret_slope[k] = share[k] * predict_sigmoid(-own[k]);
            break;
        case AGGREGATE_MAXMIN:
        case AGGREGATE_LEXIMIN:
            ret_slope[k] = k == result->worst_group[i];
            break;
        case AGGREGATE_LOTTERY:
            ret_slope[k] = result->prices[k];
            break;
        case AGGREGATE_MAXIMAL_LOTTERY:
            ret_slope[k] = 0;
            for (size_t j = 0; j < n; j++) {
                double p = predict_sigmoid(own[k] - u[j * g + k]);
                ret_slope[k] += result->lottery[j] * share[k] * 2 * p * (1 - p);
            }
            break;
        }
    }
}

void aggregate_parts(enum aggregate_rule rule, const double *u, size_t n, size_t g, const double *share,
    const struct aggregate_result *result, size_t i, double *ret_part)
{
    const double *own = u + i * g;
    if (rule == AGGREGATE_NASH) {
        for (size_t k = 0; k < g; k++)
            ret_part[k] = -share[k] * predict_logistic_loss(own[k]);
        return;
    }
    if (rule == AGGREGATE_MAXIMAL_LOTTERY) {
        for (size_t k = 0; k < g; k++) {
            ret_part[k] = 0;
            for (size_t j = 0; j < n; j++)
                ret_part[k] +=
                    result->lottery[j] * share[k] * (2 * predict_sigmoid(own[k] - u[j * g + k]) - 1);
        }
        return;
    }
    aggregate_slopes(rule, u, n, g, share, result, i, ret_part);
    for (size_t k = 0; k < g; k++)
        ret_part[k] *= own[k];
}
