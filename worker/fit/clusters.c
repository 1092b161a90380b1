// Groups unknown: how many there are, who is in which, and one head for each, shrunk towards the pooled model.
#include "worker/fit/logistic.h"
#include "worker/fit/session.h"
#include "worker/fit/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEARCH_PAIRS_EACH = 200, // of an annotator: more say little about which of 8 groups they are in
    SEARCH_ANNOTATORS_MAX = 5000,
    SEARCH_EM_FIRST = 4, // iterations of each restart before the best few go on
    SEARCH_RESTARTS_KEPT = 2,
    RESTARTS_DEFAULT = 8,
    SEARCH_M_STEP = 6,
    REFINE_EM = 8, // in the full features
    REFINE_M_STEP = 15,
    HELD_OUT_ONE_IN = 5,
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

// The search's own copy of the problem: sketched features, thinned pairs, two sets of people.
struct search {
    struct session *session;
    struct arena *arena;
    struct design sketch;
    struct pairs fit, held_out, all; // of the annotators fitted on, held out, and both
    double *pooled;                  // w in the sketch, from `fit`
    struct mixture_settings settings;
    double *each_best, *each; // held-out likelihood of each annotator
};

static uint32_t n_annotators_with_pairs(const struct pairs *pairs, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t a = 0; a < n; a++)
        count += pairs->first[a + 1] > pairs->first[a];
    return count;
}

static void fit_pooled_sketch(const struct search *search, const struct pairs *pairs, double *w)
{
    struct logistic logistic;
    double total = 0;
    for (uint32_t i = 0; i < pairs->n; i++)
        total += pairs->weight[i];
    logistic_init(&logistic, &search->sketch, pairs, pairs->weight, total, search->session->lambda);
    logistic.stop = session_stop;
    logistic.stop_arg = search->session;
    logistic_lbfgs(&logistic, 1e-5, 100, w);
    logistic_release(&logistic);
}

static void search_init(struct search *search, struct session *session)
{
    uint32_t n = session->data->n_annotators;
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    bool *keep_fit = allocate(n, sizeof(bool)), *keep_out = allocate(n, sizeof(bool)),
         *keep = allocate(n, sizeof(bool));
    *search = (struct search){.session = session, .arena = arena_new(SIZE_MAX)};
    uint32_t people = n_annotators_with_pairs(train, n);
    for (uint32_t a = 0; a < n; a++) {
        uint64_t order =
            pairs_mix(session->data->annotator_key[a] ^ UINT64_C(0x68656c646f757431)); // "heldout1"
        keep[a] = train->first[a + 1] > train->first[a] &&
                  (people <= SEARCH_ANNOTATORS_MAX || order % people < SEARCH_ANNOTATORS_MAX);
        keep_out[a] = keep[a] && (order >> 32) % HELD_OUT_ONE_IN == 0;
        keep_fit[a] = keep[a] && !keep_out[a];
    }
    pairs_subset(train, session->pairs.capped, n, keep, SEARCH_PAIRS_EACH, session->design.n_rows,
        search->arena, &search->all);
    pairs_subset(train, session->pairs.capped, n, keep_fit, SEARCH_PAIRS_EACH, session->design.n_rows,
        search->arena, &search->fit);
    pairs_subset(train, session->pairs.capped, n, keep_out, SEARCH_PAIRS_EACH, session->design.n_rows,
        search->arena, &search->held_out);
    sketch_build(&session->design, search->all.rows, search->all.n_rows, search->arena, &search->sketch);
    search->pooled = arena_calloc(search->arena, search->sketch.n_columns, sizeof(double));
    search->each = arena_calloc(search->arena, n, sizeof(double));
    search->each_best = arena_calloc(search->arena, n, sizeof(double));
    search->settings = (struct mixture_settings){.hard = session->options->hard,
        .lambda = session->lambda,
        .m_step_iterations = SEARCH_M_STEP,
        .stop = session_stop,
        .stop_arg = session};
    free(keep_fit);
    free(keep_out);
    free(keep);
}

// The best of the restarts on `pairs`: all go a few iterations, the best of them to the end.
static void best_of_restarts(
    struct search *search, const struct pairs *pairs, uint32_t k, struct mixture *ret_mixture)
{
    struct session *session = search->session;
    uint32_t restarts = session->options->restarts > 0 ? session->options->restarts : RESTARTS_DEFAULT;
    struct mixture kept[SEARCH_RESTARTS_KEPT] = {0};
    struct rng rng;
    rng_seed(&rng, session->options->seed ^ (UINT64_C(0x4b00) + k));
    search->settings.k = k;
    for (uint32_t restart = 0; restart < restarts && !session->cancelled; restart++) {
        struct mixture mixture;
        mixture_init(&mixture, k, session->data->n_annotators, search->sketch.n_columns);
        mixture_start(&search->sketch, pairs, search->pooled, session->lambda, &rng, &mixture);
        search->settings.max_iterations = SEARCH_EM_FIRST;
        mixture_run(&search->sketch, pairs, &search->settings, &mixture);
        uint32_t place = SEARCH_RESTARTS_KEPT;
        while (place > 0 && (kept[place - 1].w == NULL || mixture.objective > kept[place - 1].objective))
            place--;
        if (place == SEARCH_RESTARTS_KEPT) {
            mixture_release(&mixture);
            continue;
        }
        mixture_release(&kept[SEARCH_RESTARTS_KEPT - 1]);
        for (uint32_t i = SEARCH_RESTARTS_KEPT - 1; i > place; i--)
            kept[i] = kept[i - 1];
        kept[place] = mixture;
        session_progress(session, "clusters", session->progress);
    }
    search->settings.max_iterations = MIXTURE_ITERATIONS_MAX;
    uint32_t best = 0;
    for (uint32_t i = 0; i < SEARCH_RESTARTS_KEPT && kept[i].w != NULL; i++) {
        mixture_run(&search->sketch, pairs, &search->settings, &kept[i]);
        best = kept[i].objective > kept[best].objective ? i : best;
    }
    if (kept[best].w == NULL) // cancelled before the first
        mixture_init(ret_mixture, k, session->data->n_annotators, search->sketch.n_columns);
    else
        mixture_copy(ret_mixture, &kept[best]);
    for (uint32_t i = 0; i < SEARCH_RESTARTS_KEPT; i++)
        mixture_release(&kept[i]);
}

static uint32_t most_likely(const double *q, uint32_t k)
{
    uint32_t best = 0;
    for (uint32_t j = 1; j < k; j++)
        best = q[j] > q[best] ? j : best;
    return best;
}

static uint32_t smallest_cluster(const struct pairs *pairs, const struct mixture *mixture)
{
    uint32_t count[FIT_CLUSTERS_MAX] = {0}, least = UINT32_MAX;
    for (uint32_t a = 0; a < mixture->n_annotators; a++) {
        if (pairs->first[a + 1] > pairs->first[a])
            count[most_likely(mixture->q + (size_t)a * mixture->k, mixture->k)]++;
    }
    for (uint32_t j = 0; j < mixture->k; j++)
        least = count[j] < least ? count[j] : least;
    return least;
}

// Mean and standard error over held-out annotators of each - each_best.
static void paired_gain(const struct search *search, double *ret_mean, double *ret_error)
{
    double sum = 0, squares = 0;
    uint32_t n = 0;
    for (uint32_t a = 0; a < search->session->data->n_annotators; a++) {
        double gain = search->each[a] - search->each_best[a];
        if (isnan(gain))
            continue;
        sum += gain;
        squares += gain * gain;
        n++;
    }
    *ret_mean = n > 0 ? sum / n : 0;
    *ret_error = n > 1 ? sqrt(fmax(squares - sum * sum / n, 0) / (n - 1.0) / n) : INFINITY;
}

// K by the likelihood of held-out annotators, the smallest that no greater one beats by more than a standard error;
// stops after two that don't. A K with a cluster under ten people (of all; eight of the four fifths fitted on) is
// not taken: such a group could neither be shown nor claimed.
static uint32_t choose_k(struct search *search)
{
    struct session *session = search->session;
    uint32_t n = session->data->n_annotators, chosen = 1, fruitless = 0;
    uint32_t most = session->options->clusters_max > 0 ? session->options->clusters_max : FIT_CLUSTERS_MAX;
    uint32_t people = n_annotators_with_pairs(&search->fit, n);
    for (uint32_t k = 1; k <= most && fruitless < 2 && !session->cancelled; k++) {
        struct cluster_trial *trial = &session->trials[session->n_trials];
        *trial = (struct cluster_trial){.k = k};
        if (k > 1 && people < k * 8)
            break;
        struct mixture mixture;
        if (k == 1) {
            mixture_init(&mixture, 1, n, search->sketch.n_columns);
            memcpy(mixture.w, search->pooled, search->sketch.n_columns * sizeof(double));
            mixture.share[0] = 1;
        } else {
            best_of_restarts(search, &search->fit, k, &mixture);
            trial->too_small = smallest_cluster(&search->fit, &mixture) < 8;
        }
        mixture_held_out(&search->sketch, &search->held_out, &mixture, &trial->held_out, search->each);
        double gain = 0;
        if (k > 1)
            paired_gain(search, &gain, &trial->standard_error_of_gain);
        session->n_trials++;
        if (k == 1 || (!trial->too_small && gain > trial->standard_error_of_gain)) {
            chosen = k;
            fruitless = 0;
            memcpy(search->each_best, search->each, n * sizeof(double));
        } else {
            fruitless++;
        }
        mixture_release(&mixture);
        session_progress(session, "clusters", fmin(0.35 + 0.07 * k, 0.75));
    }
    return chosen;
}

// The chosen K on all annotators: in the sketch, then in the full features from the responsibilities found there.
static void refine(struct search *search, uint32_t k, struct mixture *ret_mixture)
{
    struct session *session = search->session;
    struct mixture sketched;
    fit_pooled_sketch(search, &search->all, search->pooled);
    best_of_restarts(search, &search->all, k, &sketched);
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    struct pairs capped = *train;
    capped.weight = session->pairs.capped;
    mixture_init(ret_mixture, k, session->data->n_annotators, session->design.n_columns);
    memcpy(ret_mixture->q, sketched.q, (size_t)session->data->n_annotators * k * sizeof(double));
    for (uint32_t j = 0; j < k; j++)
        memcpy(ret_mixture->w + (size_t)j * session->design.n_columns, session->heads[0].w,
            session->design.n_columns * sizeof(double));
    struct mixture_settings settings = search->settings;
    settings.max_iterations = REFINE_EM;
    settings.m_step_iterations = REFINE_M_STEP;
    session_progress(session, "refine", 0.8);
    mixture_run(&session->design, &capped, &settings, ret_mixture);
    mixture_release(&sketched);
}

static void add_heads(struct session *session, const struct mixture *mixture, struct grouping *clusters)
{
    uint32_t n = session->data->n_annotators, k = mixture->k;
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    double *weight = arena_alloc(session->arena, n * sizeof(*weight));
    session->q = arena_memdup(session->arena, mixture->q, (size_t)n * k * sizeof(double));
    *clusters = (struct grouping){.attribute = "",
        .n = k,
        .name = arena_calloc(session->arena, k, sizeof(char *)),
        .of_annotator = arena_calloc(session->arena, n, sizeof(uint32_t)),
        .n_annotators = arena_calloc(session->arena, k, sizeof(uint32_t))};
    for (uint32_t a = 0; a < n; a++) {
        bool known = train->first[a + 1] > train->first[a];
        clusters->of_annotator[a] = known ? most_likely(session->q + (size_t)a * k, k) : FIT_NO_GROUP;
        if (known)
            clusters->n_annotators[clusters->of_annotator[a]]++;
    }
    for (uint32_t j = 0; j < k; j++) {
        clusters->name[j] = arena_printf(session->arena, "cluster %u", j + 1);
        struct head *head = &session->heads[session->n_heads++];
        *head = (struct head){.w = arena_memdup(session->arena, mixture->w + (size_t)j * mixture->n_columns,
                                  mixture->n_columns * sizeof(double)),
            .about = {.attribute = "",
                .value = clusters->name[j],
                .share = mixture->share[j],
                .n_annotators = clusters->n_annotators[j],
                .tau = 1}};
        for (uint32_t a = 0; a < n; a++)
            weight[a] = session->q[(size_t)a * k + j];
        session_calibrate(session, head, weight, true);
    }
}

// Greater clusters first: their numbers say nothing else.
static void sort_clusters(struct mixture *mixture)
{
    uint32_t k = mixture->k, order[FIT_CLUSTERS_MAX];
    for (uint32_t j = 0; j < k; j++) {
        uint32_t place = j;
        for (; place > 0 && mixture->share[order[place - 1]] < mixture->share[j]; place--)
            order[place] = order[place - 1];
        order[place] = j;
    }
    struct mixture sorted;
    mixture_copy(&sorted, mixture);
    for (uint32_t j = 0; j < k; j++) {
        memcpy(sorted.w + (size_t)j * mixture->n_columns, mixture->w + (size_t)order[j] * mixture->n_columns,
            mixture->n_columns * sizeof(double));
        sorted.share[j] = mixture->share[order[j]];
        for (uint32_t a = 0; a < mixture->n_annotators; a++)
            sorted.q[(size_t)a * k + j] = mixture->q[(size_t)a * k + order[j]];
    }
    mixture_release(mixture);
    *mixture = sorted;
}

void session_fit_clusters(struct session *session, struct grouping *ret_clusters)
{
    struct search search;
    struct mixture mixture;
    search_init(&search, session);
    if (search.fit.n > 0)
        fit_pooled_sketch(&search, &search.fit, search.pooled);
    if (session->options->clusters > 0)
        session->k = session->options->clusters;
    else if (search.fit.n > 0 && search.held_out.n > 0)
        session->k = choose_k(&search);
    else
        session->k = 1;
    if (session->k > 1) {
        refine(&search, session->k, &mixture);
    } else {
        mixture_init(&mixture, 1, session->data->n_annotators, session->design.n_columns);
        memcpy(mixture.w, session->heads[0].w, session->design.n_columns * sizeof(double));
        mixture.share[0] = 1;
        for (uint32_t a = 0; a < session->data->n_annotators; a++)
            mixture.q[a] = 1;
    }
    sort_clusters(&mixture);
    add_heads(session, &mixture, ret_clusters);
    mixture_release(&mixture);
    arena_free(search.arena);
}
