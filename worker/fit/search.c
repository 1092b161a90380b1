#include "worker/fit/search.h"

#include "worker/fit/logistic.h"
#include "worker/fit/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    EM_QUESTION = 12, // iterations of the best restart where only a question is asked
    EM_FIRST = 4,     // iterations of each restart before the best few go on
    RESTARTS_KEPT = 2,
    RESTARTS_DEFAULT = 8, // on all annotators; half as many in each fold
    M_STEP = 6,
};
#define SEARCH_ALIKE                                                                                         \
    0.0 // cosine of two heads: less, and they are no one taste of more and less careful people

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static uint32_t n_with_pairs(const struct pairs *pairs, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t a = 0; a < n; a++)
        count += pairs->first[a + 1] > pairs->first[a];
    return count;
}

// Training and validation responses; the landmarks are training ones alone where there are enough of them.
static void sketch_all(struct search *search)
{
    const struct pairs *validation = &search->session->pairs.split[SPLIT_VALIDATION];
    uint32_t n = search->all.n_rows + validation->n_rows;
    uint32_t *rows = arena_alloc(search->arena, n * sizeof(*rows));
    if (search->all.n_rows > 0)
        memcpy(rows, search->all.rows, search->all.n_rows * sizeof(*rows));
    if (validation->n_rows > 0)
        memcpy(rows + search->all.n_rows, validation->rows, validation->n_rows * sizeof(*rows));
    sketch_build(&search->session->design, rows, search->all.n_rows, n, search->arena, &search->sketch);
}

void search_init(struct search *search, struct session *session)
{
    uint32_t n = session->data->n_annotators;
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    bool *keep = allocate(n, sizeof(bool));
    uint32_t people = n_with_pairs(train, n);
    *search = (struct search){.session = session, .arena = arena_new(SIZE_MAX)};
    for (uint32_t a = 0; a < n; a++)
        keep[a] = people <= SEARCH_ANNOTATORS_MAX ||
                  pairs_mix(session->data->annotator_key[a]) % people < SEARCH_ANNOTATORS_MAX;
    pairs_subset(train, session->pairs.capped, n, keep, SEARCH_PAIRS_EACH, session->design.n_rows,
        search->arena, &search->all);
    sketch_all(search);
    search->settings = (struct mixture_settings){.hard = session->options->hard,
        .lambda = session->lambda,
        .m_step_iterations = M_STEP,
        .stop = session_stop,
        .stop_arg = session,
        .trace = session_trace,
        .trace_arg = session};
    free(keep);
}

void search_release(struct search *search)
{
    arena_free(search->arena);
    search->arena = NULL;
}

static double *pooled_of(const struct search *search, const struct pairs *pairs)
{
    double total = 0, *w = allocate(search->sketch.n_columns, sizeof(*w));
    struct logistic logistic;
    for (uint32_t i = 0; i < pairs->n; i++)
        total += pairs->weight[i];
    logistic_init(&logistic, &search->sketch, pairs, pairs->weight, total, search->settings.lambda);
    logistic.stop = session_stop;
    logistic.stop_arg = search->session;
    logistic_lbfgs(&logistic, 1e-5, 100, w);
    logistic_release(&logistic);
    return w;
}

// The best of the restarts on `pairs`: all go a few iterations, the best of them to the end.
struct effort {
    uint32_t restarts, kept; // kept <= RESTARTS_KEPT
    int last_iterations;
};

static void best_of_restarts(struct search *search, const struct pairs *pairs, const double *pooled,
    uint32_t k, struct effort effort, struct mixture *ret_mixture)
{
    struct session *session = search->session;
    struct mixture kept[RESTARTS_KEPT] = {0};
    struct rng rng;
    rng_seed(&rng, session->options->seed ^ (UINT64_C(0x4b00) + k));
    search->settings.k = k;
    for (uint32_t restart = 0; restart < effort.restarts && !session->cancelled; restart++) {
        struct mixture mixture;
        mixture_init(&mixture, k, session->data->n_annotators, search->sketch.n_columns);
        mixture_start(
            &search->sketch, pairs, pooled, search->settings.lambda, restart % 2 == 1, &rng, &mixture);
        search->settings.max_iterations = EM_FIRST;
        mixture_run(&search->sketch, pairs, &search->settings, &mixture);
        uint32_t place = effort.kept;
        while (place > 0 && (kept[place - 1].w == NULL || mixture.objective > kept[place - 1].objective))
            place--;
        if (place == effort.kept) {
            mixture_release(&mixture);
            continue;
        }
        mixture_release(&kept[effort.kept - 1]);
        for (uint32_t i = effort.kept - 1; i > place; i--)
            kept[i] = kept[i - 1];
        kept[place] = mixture;
        session_progress(session, "clusters", session->progress);
    }
    search->settings.max_iterations = effort.last_iterations;
    uint32_t best = 0;
    for (uint32_t i = 0; i < effort.kept && kept[i].w != NULL; i++) {
        mixture_run(&search->sketch, pairs, &search->settings, &kept[i]);
        best = kept[i].objective > kept[best].objective ? i : best;
    }
    if (kept[best].w == NULL) // cancelled before the first
        mixture_init(ret_mixture, k, session->data->n_annotators, search->sketch.n_columns);
    else
        mixture_copy(ret_mixture, &kept[best]);
    for (uint32_t i = 0; i < RESTARTS_KEPT; i++)
        mixture_release(&kept[i]);
}

// All of it for the mixture that is kept; less for the many that only answer a question.
static struct effort full_effort(const struct search *search)
{
    uint32_t wanted = search->session->options->restarts;
    return (struct effort){.restarts = wanted > 0 ? wanted : RESTARTS_DEFAULT,
        .kept = RESTARTS_KEPT,
        .last_iterations = MIXTURE_ITERATIONS_MAX};
}

static struct effort half_effort(const struct search *search)
{
    return (struct effort){
        .restarts = (full_effort(search).restarts + 1) / 2, .kept = 1, .last_iterations = EM_QUESTION};
}

static void fit_all(struct search *search, uint32_t k, struct effort effort, struct mixture *ret_mixture)
{
    double *pooled = pooled_of(search, &search->all);
    best_of_restarts(search, &search->all, pooled, k, effort, ret_mixture);
    free(pooled);
}

void search_fit(struct search *search, uint32_t k, struct mixture *ret_mixture)
{
    fit_all(search, k, full_effort(search), ret_mixture);
}

uint32_t search_most_likely(const double *q, uint32_t k)
{
    uint32_t best = 0;
    for (uint32_t j = 1; j < k; j++)
        best = q[j] > q[best] ? j : best;
    return best;
}

uint32_t search_smallest_cluster(const struct pairs *pairs, const struct mixture *mixture)
{
    uint32_t count[FIT_CLUSTERS_MAX] = {0}, least = UINT32_MAX;
    for (uint32_t a = 0; a < mixture->n_annotators; a++) {
        if (pairs->first[a + 1] > pairs->first[a])
            count[search_most_likely(mixture->q + (size_t)a * mixture->k, mixture->k)]++;
    }
    for (uint32_t j = 0; j < mixture->k; j++)
        least = count[j] < least ? count[j] : least;
    return least;
}

// Loss on validation pairs of the annotators fitted on, each by the mean of the heads under their responsibilities.
static double validation_loss(const struct search *search, const struct mixture *mixture)
{
    const struct pairs *pairs = &search->session->pairs.split[SPLIT_VALIDATION];
    double *reward = allocate(search->sketch.n_rows, sizeof(*reward)), *z = allocate(pairs->n, sizeof(*z)),
           loss = 0;
    struct metrics_row *rows = allocate(pairs->n, sizeof(*rows));
    for (uint32_t i = 0; i < pairs->n; i++)
        rows[i] = (struct metrics_row){.y = pairs->y[i], .weight = pairs->weight[i]};
    for (uint32_t j = 0; j < mixture->k; j++) {
        logistic_logits(&search->sketch, pairs, mixture->w + (size_t)j * mixture->n_columns, reward, z);
        for (uint32_t i = 0; i < pairs->n; i++)
            rows[i].z += mixture->q[(size_t)pairs->annotator[i] * mixture->k + j] * z[i];
    }
    double tau = metrics_temperature(rows, pairs->n);
    for (uint32_t i = 0; i < pairs->n; i++)
        loss += rows[i].weight * logistic_pair_loss(tau * rows[i].z, rows[i].y);
    free(reward);
    free(z);
    free(rows);
    return loss;
}

void search_choose_lambda(struct search *search)
{
    static const double factors[] = {1, 1.0 / 3, 0.1};
    double lambda = search->settings.lambda, best = INFINITY, best_lambda = lambda;
    if (search->session->pairs.split[SPLIT_VALIDATION].n == 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(factors) && !search->session->cancelled; i++) {
        struct mixture mixture;
        search->settings.lambda = lambda * factors[i];
        fit_all(search, 2, half_effort(search), &mixture);
        double loss = validation_loss(search, &mixture);
        if (loss < best) {
            best = loss;
            best_lambda = search->settings.lambda;
        }
        mixture_release(&mixture);
    }
    search->settings.lambda = best_lambda;
}

// ---------------------------------------------------------------- how many
struct fold {
    struct pairs fit, held_out;
    double *pooled;
};

static void folds_init(struct search *search, struct fold folds[SEARCH_FOLDS])
{
    uint32_t n = search->session->data->n_annotators;
    bool *fit = allocate(n, sizeof(*fit)), *out = allocate(n, sizeof(*out));
    for (uint32_t f = 0; f < SEARCH_FOLDS; f++) {
        for (uint32_t a = 0; a < n; a++) {
            uint64_t order =
                pairs_mix(search->session->data->annotator_key[a] ^ UINT64_C(0x68656c646f757431));
            out[a] = order % SEARCH_FOLDS == f;
            fit[a] = !out[a];
        }
        struct fold *fold = &folds[f];
        pairs_subset(&search->all, search->all.weight, n, fit, UINT32_MAX, search->sketch.n_rows,
            search->arena, &fold->fit);
        pairs_subset(&search->all, search->all.weight, n, out, UINT32_MAX, search->sketch.n_rows,
            search->arena, &fold->held_out);
        fold->pooled = fold->fit.n > 0 ? pooled_of(search, &fold->fit) : NULL;
    }
    free(fit);
    free(out);
}

// How a K foretells held-out annotators: each one's log-likelihood per unit of weight, NaN where nobody could be held out.
struct score {
    double *each, *sharp; // sharp: with what their first half says of how sharply they choose
    double likeness;      // of the two heads that are most alike
};

// The greatest cosine of two heads' logits on validation pairs: prompts that neither has learnt by heart. 1: not known.
static double likeness(const struct search *search, const struct mixture *mixture)
{
    const struct pairs *pairs = &search->session->pairs.split[SPLIT_VALIDATION];
    uint32_t k = mixture->k, n = pairs->n;
    double *reward = allocate(search->sketch.n_rows, sizeof(*reward)),
           *z = allocate((size_t)k * n, sizeof(*z)), most = n > 0 ? -1 : 1;
    for (uint32_t j = 0; j < k; j++)
        logistic_logits(
            &search->sketch, pairs, mixture->w + (size_t)j * mixture->n_columns, reward, z + (size_t)j * n);
    for (uint32_t a = 0; n > 0 && a < k; a++) {
        for (uint32_t b = a + 1; b < k; b++) {
            double both = 0, of_a = 0, of_b = 0;
            for (uint32_t i = 0; i < n; i++) {
                double za = z[(size_t)a * n + i], zb = z[(size_t)b * n + i];
                both += pairs->weight[i] * za * zb;
                of_a += pairs->weight[i] * za * za;
                of_b += pairs->weight[i] * zb * zb;
            }
            most = fmax(most, of_a > 0 && of_b > 0 ? both / sqrt(of_a * of_b) : 1);
        }
    }
    free(reward);
    free(z);
    return most;
}

static void hold_out(
    struct search *search, const struct fold folds[SEARCH_FOLDS], uint32_t k, struct score *score)
{
    uint32_t n = search->session->data->n_annotators, n_folds = 0;
    double *each = allocate(n, sizeof(*each)), *sharp = allocate(n, sizeof(*sharp));
    score->likeness = 0;
    for (uint32_t a = 0; a < n; a++)
        score->each[a] = score->sharp[a] = NAN;
    for (uint32_t f = 0; f < SEARCH_FOLDS && !search->session->cancelled; f++) {
        struct mixture mixture;
        if (folds[f].pooled == NULL || folds[f].held_out.n == 0)
            continue;
        if (k == 1) {
            mixture_init(&mixture, 1, n, search->sketch.n_columns);
            memcpy(mixture.w, folds[f].pooled, search->sketch.n_columns * sizeof(double));
            mixture.share[0] = 1;
        } else {
            best_of_restarts(search, &folds[f].fit, folds[f].pooled, k, half_effort(search), &mixture);
        }
        mixture_held_out(&search->sketch, &folds[f].held_out, &mixture, each, sharp);
        for (uint32_t a = 0; a < n; a++) {
            if (!isnan(each[a])) {
                score->each[a] = each[a];
                score->sharp[a] = sharp[a];
            }
        }
        score->likeness += likeness(search, &mixture);
        n_folds++;
        mixture_release(&mixture);
    }
    score->likeness = n_folds > 0 ? score->likeness / n_folds : 1;
    free(each);
    free(sharp);
}

// Mean and standard error over annotators of each - best.
static double paired_gain(const double *each, const double *best, uint32_t n, double *ret_error)
{
    double sum = 0, squares = 0;
    uint32_t m = 0;
    for (uint32_t a = 0; a < n; a++) {
        double gain = each[a] - best[a];
        if (isnan(gain))
            continue;
        sum += gain;
        squares += gain * gain;
        m++;
    }
    *ret_error = m > 1 ? sqrt(fmax(squares - sum * sum / m, 0) / (m - 1.0) / m) : INFINITY;
    return m > 0 ? sum / m : NAN;
}

// A greater K must foretell held-out annotators better by more than a standard error; and where two of its heads are alike,
// better by two of them than fewer heads that know how sharply each annotator chooses.
static bool gains(
    const struct score *score, const struct score *best, uint32_t n, struct cluster_trial *trial)
{
    double error, gain = paired_gain(score->each, best->each, n, &trial->standard_error_of_gain),
                  sharp = paired_gain(score->sharp, best->sharp, n, &error);
    trial->likeness = score->likeness;
    trial->sharp_gain = sharp;
    trial->standard_error_of_sharp_gain = error;
    return gain > trial->standard_error_of_gain && (score->likeness < SEARCH_ALIKE || sharp > 2 * error);
}

uint32_t search_choose_k(struct search *search)
{
    struct session *session = search->session;
    uint32_t n = session->data->n_annotators, chosen = 1, fruitless = 0;
    uint32_t most = session->options->clusters_max > 0 ? session->options->clusters_max : FIT_CLUSTERS_MAX;
    uint32_t people = n_with_pairs(&search->all, n);
    struct fold folds[SEARCH_FOLDS] = {0};
    double *nothing = allocate(n, sizeof(*nothing)), unused;
    struct score score = {.each = allocate(n, sizeof(double)), .sharp = allocate(n, sizeof(double))};
    struct score best = {.each = allocate(n, sizeof(double)), .sharp = allocate(n, sizeof(double))};
    folds_init(search, folds);
    for (uint32_t k = 1; k <= most && fruitless < 2 && !session->cancelled; k++) {
        if (k > 1 && people < k * FIT_GROUP_ANNOTATORS_MIN)
            break; // one of them would be too small to show or to claim anything for
        struct cluster_trial *trial = &session->trials[session->n_trials++];
        *trial = (struct cluster_trial){.k = k};
        hold_out(search, folds, k, &score);
        trial->held_out = paired_gain(score.each, nothing, n, &unused);
        if (k == 1 || gains(&score, &best, n, trial)) {
            chosen = k;
            fruitless = 0;
            memcpy(best.each, score.each, n * sizeof(double));
            memcpy(best.sharp, score.sharp, n * sizeof(double));
        } else {
            fruitless++;
        }
        session_progress(session, "clusters", fmin(0.35 + 0.07 * k, 0.75));
    }
    for (uint32_t f = 0; f < SEARCH_FOLDS; f++)
        free(folds[f].pooled);
    free(nothing);
    free(score.each);
    free(score.sharp);
    free(best.each);
    free(best.sharp);
    return chosen;
}
