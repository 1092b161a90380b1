#include "worker/fit/crowd.h"

#include "worker/fit/battles_sort.h"
#include "worker/fit/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITERATIONS_MAX = 300 };

static const double prior_a = 4, prior_b = 1;
static const double one_in_a_hundred = 2.3263478740408408; // of a standard normal, one-sided
static const double eta_least = 1e-6;

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static double weight_of(const struct battles *battles, uint32_t i)
{
    return battles->weight != NULL ? (double)battles->weight[i] : 1;
}

// The winner's score over the loser's; false for a tie, or no weight.
static bool decided(const struct battles *battles, uint32_t i, const double *score, double *ret_d)
{
    double d = score[battles->left[i]] - score[battles->right[i]];
    *ret_d = battles->outcome[i] == FIT_LEFT ? d : -d;
    return battles->outcome[i] != FIT_TIE && weight_of(battles, i) > 0;
}

double crowd_value(const struct battles *battles, double ridge, const double *score, const double *eta,
    double *score_gradient, double *eta_gradient)
{
    double value = 0;
    for (uint32_t i = 0; i < battles->n_items; i++) {
        value += ridge / 2 * score[i] * score[i];
        score_gradient[i] = ridge * score[i];
    }
    for (uint32_t a = 0; a < battles->n_annotators; a++) {
        value -= (prior_a - 1) * log(eta[a]) + (prior_b - 1) * log1p(-eta[a]);
        eta_gradient[a] = -(prior_a - 1) / eta[a] + (prior_b - 1) / (1 - eta[a]);
    }
    for (uint32_t i = 0; i < battles->n; i++) {
        double d, w = weight_of(battles, i), own = eta[battles->annotator[i]], slope;
        uint32_t left = battles->left[i], right = battles->right[i];
        if (decided(battles, i, score, &d)) {
            double up = sigmoid(d), down = sigmoid(-d), p = own * up + (1 - own) * down;
            value -= w * log(p);
            eta_gradient[battles->annotator[i]] -= w * (up - down) / p;
            slope = -w * (2 * own - 1) * up * down / p;
            slope = battles->outcome[i] == FIT_LEFT ? slope : -slope;
        } else { // half each way
            value -= w / 2 * (log(sigmoid(d)) + log(sigmoid(-d)));
            slope = w * (sigmoid(score[left] - score[right]) - 0.5);
        }
        score_gradient[left] += slope;
        score_gradient[right] -= slope;
    }
    return value;
}

// ---------------------------------------------------------------- EM
struct em {
    const struct battles *battles;
    struct sorted_battles *sorted;
    uint32_t *pair_of; // of each battle
    double *wins_low, *wins_high, *ties;
    double *eta, *honest, *total; // of each annotator: weight thought honest, weight decided
    double *theta, *factor;
};

// Which pair each battle is of, by search in the sorted pairs.
static void place_battles(struct em *em)
{
    const struct battles *battles = em->battles;
    const struct battle_pairs *pairs = &em->sorted->pairs;
    for (uint32_t i = 0; i < battles->n; i++) {
        uint32_t a = battles->left[i], b = battles->right[i], from = 0, to = pairs->n_pairs;
        uint32_t low = a < b ? a : b, high = a < b ? b : a;
        while (from < to) {
            uint32_t middle = from + (to - from) / 2;
            if (pairs->low[middle] < low || (pairs->low[middle] == low && pairs->high[middle] < high))
                from = middle + 1;
            else
                to = middle;
        }
        em->pair_of[i] = from; // of a battle without weight it may be anything
    }
}

// E: how likely each decided battle was meant as it was said; a share of it counts the other way round.
static void expect(struct em *em)
{
    const struct battles *battles = em->battles;
    uint32_t n_pairs = em->sorted->pairs.n_pairs;
    memset(em->wins_low, 0, n_pairs * sizeof(double));
    memset(em->wins_high, 0, n_pairs * sizeof(double));
    memset(em->honest, 0, battles->n_annotators * sizeof(double));
    for (uint32_t i = 0; i < battles->n; i++) {
        double d, w = weight_of(battles, i), own = em->eta[battles->annotator[i]];
        if (!decided(battles, i, em->theta, &d))
            continue;
        double up = own * sigmoid(d), down = (1 - own) * sigmoid(-d), meant = w * up / (up + down);
        bool low_won = (battles->outcome[i] == FIT_LEFT) == (battles->left[i] < battles->right[i]);
        em->wins_low[em->pair_of[i]] += low_won ? meant : w - meant;
        em->wins_high[em->pair_of[i]] += low_won ? w - meant : meant;
        em->honest[battles->annotator[i]] += meant;
    }
}

// Until no eta moves by a ten-thousandth. The scores' part is Bradley-Terry of the expected wins.
static int run(struct em *em, uint32_t *ret_iterations, struct err *err)
{
    const struct battles *battles = em->battles;
    double move = 1, value;
    uint32_t iteration = 0;
    for (; iteration < ITERATIONS_MAX && move > 1e-4; iteration++) {
        move = 0;
        if (iteration > 0) {
            expect(em);
            for (uint32_t a = 0; a < battles->n_annotators; a++) {
                double eta = (em->honest[a] + prior_a - 1) / (em->total[a] + prior_a + prior_b - 2);
                eta = fmin(
                    fmax(em->total[a] > 0 ? eta : prior_a / (prior_a + prior_b), eta_least), 1 - eta_least);
                move = fmax(move, fabs(eta - em->eta[a]));
                em->eta[a] = eta;
            }
        }
        if (battle_minimise(&em->sorted->pairs, 1e-6, NULL, em->theta, em->factor, &value) < 0)
            return err_set(err, ERR_INTERNAL, "the scores did not converge");
        move = iteration == 0 ? 1 : move;
    }
    *ret_iterations = iteration;
    return 0;
}

// ---------------------------------------------------------------- flags
static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median_eta(const struct crowd_result *result)
{
    double *sorted = allocate(result->n_annotators, sizeof(*sorted));
    uint32_t n = 0;
    for (uint32_t a = 0; a < result->n_annotators; a++) {
        if (result->annotators[a].n >= CROWD_JUDGMENTS_MIN)
            sorted[n++] = result->annotators[a].eta;
    }
    qsort(sorted, n, sizeof(*sorted), ascending);
    double median = n > 0 ? (sorted[(n - 1) / 2] + sorted[n / 2]) / 2 : prior_a / (prior_a + prior_b);
    free(sorted);
    return median;
}

static void weigh_evidence(const struct battles *battles, const double *score, struct crowd_result *result)
{
    for (uint32_t i = 0; i < battles->n; i++) {
        double d;
        struct crowd_annotator *own = &result->annotators[battles->annotator[i]];
        if (!decided(battles, i, score, &d) || own->eta >= result->typical)
            continue;
        double up = sigmoid(d), down = sigmoid(-d);
        own->evidence += 2 * (log(own->eta * up + (1 - own->eta) * down) -
                                 log(result->typical * up + (1 - result->typical) * down));
    }
    for (uint32_t a = 0; a < result->n_annotators; a++) {
        struct crowd_annotator *own = &result->annotators[a];
        result->n_enough += own->n >= CROWD_JUDGMENTS_MIN;
        own->flagged = own->n >= CROWD_JUDGMENTS_MIN && own->evidence > one_in_a_hundred * one_in_a_hundred;
        result->n_flagged += own->flagged;
    }
}

// Whether `yes` of n is beyond what `others` of m lets expect: two proportions, pooled, with Yates' correction.
static bool is_beyond(double yes, double n, double others, double m)
{
    if (n < 1 || m < 1)
        return false;
    double p = (yes + others) / (n + m), spread = sqrt(p * (1 - p) * (1 / n + 1 / m));
    return spread > 0 && yes / n - others / m - (1 / n + 1 / m) / 2 > one_in_a_hundred * spread;
}

void crowd_judge_groups(struct crowd_result *result, const uint32_t *group_of_annotator, uint32_t n_groups,
    struct crowd_group *ret_groups)
{
    double people = result->n_enough, flagged = result->n_flagged;
    memset(ret_groups, 0, n_groups * sizeof(*ret_groups));
    for (uint32_t a = 0; a < result->n_annotators; a++) {
        if (result->annotators[a].n >= CROWD_JUDGMENTS_MIN && group_of_annotator[a] < n_groups) {
            ret_groups[group_of_annotator[a]].n_annotators++;
            ret_groups[group_of_annotator[a]].n_flagged += result->annotators[a].flagged;
        }
    }
    for (uint32_t g = 0; g < n_groups; g++) {
        double n = ret_groups[g].n_annotators, own = ret_groups[g].n_flagged;
        ret_groups[g].contested =
            n >= FIT_GROUP_ANNOTATORS_MIN && is_beyond(own, n, flagged - own, people - n);
    }
    for (uint32_t a = 0; a < result->n_annotators; a++) {
        if (group_of_annotator[a] < n_groups && ret_groups[group_of_annotator[a]].contested)
            result->annotators[a].weight = 1;
    }
}

static void set_weights(double floor, struct crowd_result *result)
{
    for (uint32_t a = 0; a < result->n_annotators; a++) {
        struct crowd_annotator *own = &result->annotators[a];
        double share = result->typical > 0.5 ? (own->eta - 0.5) / (result->typical - 0.5) : 1;
        own->weight = own->flagged ? fmin(fmax(share, floor), 1) : 1;
    }
}

// ---------------------------------------------------------------- the fit
static struct em em_new(const struct battles *battles, struct sorted_battles *sorted, struct arena *arena)
{
    struct battle_pairs *pairs = &sorted->pairs;
    uint32_t n = battle_parameters(pairs), people = battles->n_annotators;
    struct em em = {.battles = battles,
        .sorted = sorted,
        .pair_of = arena_alloc(arena, battles->n * sizeof(uint32_t)),
        .wins_low = arena_memdup(arena, pairs->wins_low, pairs->n_pairs * sizeof(double)),
        .wins_high = arena_memdup(arena, pairs->wins_high, pairs->n_pairs * sizeof(double)),
        .eta = arena_alloc(arena, people * sizeof(double)),
        .honest = arena_calloc(arena, people, sizeof(double)),
        .total = arena_calloc(arena, people, sizeof(double)),
        .theta = arena_calloc(arena, n, sizeof(double)),
        .factor = arena_alloc(arena, (size_t)n * n * sizeof(double))};
    pairs->wins_low = em.wins_low;
    pairs->wins_high = em.wins_high;
    for (uint32_t a = 0; a < people; a++)
        em.eta[a] = prior_a / (prior_a + prior_b);
    return em;
}

int crowd_fit(const struct battles *battles, const struct crowd_options *options, struct arena *arena,
    struct crowd_result *ret_result, struct err *err)
{
    if (battles->annotator == NULL)
        return err_set(err, ERR_INVALID, "annotators can't be weighed where none is named");
    struct battles plain = *battles;
    struct battles_options sort = {.ridge = options->ridge};
    struct sorted_battles sorted;
    struct battles_result graph = {.n_items = battles->n_items};
    plain.n_styles = 0;
    int failed = battles_sort(&plain, &sort, arena, &sorted, err);
    if (failed)
        return failed;
    graph.items = arena_calloc(arena, battles->n_items, sizeof(struct battles_item));
    battles_components(&sorted, arena, &graph);
    struct em em = em_new(&plain, &sorted, arena);
    *ret_result = (struct crowd_result){.n_annotators = battles->n_annotators,
        .annotators = arena_calloc(arena, battles->n_annotators, sizeof(struct crowd_annotator)),
        .score = em.theta};
    for (uint32_t i = 0; i < battles->n; i++) {
        double d, w = weight_of(battles, i);
        if (decided(battles, i, em.theta, &d)) {
            ret_result->annotators[battles->annotator[i]].n++;
            em.total[battles->annotator[i]] += w;
        }
    }
    place_battles(&em);
    failed = run(&em, &ret_result->n_iterations, err);
    if (failed)
        return failed;
    for (uint32_t a = 0; a < battles->n_annotators; a++)
        ret_result->annotators[a].eta = em.eta[a];
    ret_result->typical = median_eta(ret_result);
    weigh_evidence(&plain, em.theta, ret_result);
    set_weights(options->floor > 0 ? options->floor : CROWD_FLOOR, ret_result);
    return 0;
}
