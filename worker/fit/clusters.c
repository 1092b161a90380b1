// Groups unknown: who is in which, and one head for each, shrunk towards the pooled model.
#include "worker/fit/search.h"

#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REFINE_EM = 8, REFINE_M_STEP = 15 }; // in the full features

// A small group's head is fitted on little and stays too timid; its temperature, from validation pairs, gives its
// likelihoods the weight that they have earned before annotators are assigned by them.
static void calibrate(void *arg, struct mixture *mixture)
{
    const struct session *session = arg;
    const struct pairs *pairs = &session->pairs.split[SPLIT_VALIDATION];
    double *z = calloc(pairs->n + (size_t)1, sizeof(*z));
    struct metrics_row *rows = calloc(pairs->n + (size_t)1, sizeof(*rows));
    if (z == NULL || rows == NULL)
        abort();
    for (uint32_t j = 0; j < mixture->k; j++) {
        double total = 0;
        session_logits(session, SPLIT_VALIDATION, mixture->w + (size_t)j * mixture->n_columns, z);
        for (uint32_t i = 0; i < pairs->n; i++) {
            double weight = pairs->weight[i] * mixture->q[(size_t)pairs->annotator[i] * mixture->k + j];
            rows[i] = (struct metrics_row){.z = z[i], .y = pairs->y[i], .weight = weight};
            total += weight;
        }
        mixture->tau[j] = total >= 30 ? fmin(fmax(metrics_temperature(rows, pairs->n), 0.5), 4) : 1;
    }
    free(z);
    free(rows);
}

// The chosen K on all annotators: in the sketch, then in the full features from the responsibilities found there.
static void refine(struct search *search, const struct mixture *sketched, struct mixture *ret_mixture)
{
    struct session *session = search->session;
    uint32_t k = sketched->k, d = session->design.n_columns;
    struct pairs capped = session->pairs.split[SPLIT_TRAIN];
    capped.weight = session->pairs.capped;
    mixture_init(ret_mixture, k, session->data->n_annotators, d);
    for (uint32_t a = 0; a < session->data->n_annotators; a++) {
        // Who was not searched has no say in the first M-step and is assigned after it.
        if (search->all.first[a + 1] > search->all.first[a])
            memcpy(ret_mixture->q + (size_t)a * k, sketched->q + (size_t)a * k, k * sizeof(double));
    }
    for (uint32_t j = 0; j < k; j++)
        memcpy(ret_mixture->w + (size_t)j * d, session->heads[0].w, d * sizeof(double));
    struct mixture_settings settings = search->settings;
    settings.max_iterations = REFINE_EM;
    settings.m_step_iterations = REFINE_M_STEP;
    settings.calibrate = calibrate;
    settings.calibrate_arg = session;
    session_progress(session, "refine", 0.8);
    mixture_run(&session->design, &capped, &settings, ret_mixture);
}

// The pooled model as a mixture of one.
static void one_cluster(const struct session *session, struct mixture *ret_mixture)
{
    mixture_init(ret_mixture, 1, session->data->n_annotators, session->design.n_columns);
    memcpy(ret_mixture->w, session->heads[0].w, session->design.n_columns * sizeof(double));
    ret_mixture->share[0] = 1;
    for (uint32_t a = 0; a < session->data->n_annotators; a++)
        ret_mixture->q[a] = 1;
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
        clusters->of_annotator[a] = known ? search_most_likely(session->q + (size_t)a * k, k) : FIT_NO_GROUP;
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
                .n_judgments = session_judgments(session, clusters, j),
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

// A refit: from the heads that there are, everybody is assigned, and the heads are fitted to whom they have now. False where a
// cluster has lost its people.
static bool go_on(struct session *session, struct mixture *ret_mixture)
{
    const struct artefact *before = session->warm;
    uint32_t k = session_warm_clusters(before), d = session->design.n_columns;
    struct pairs capped = session->pairs.split[SPLIT_TRAIN];
    capped.weight = session->pairs.capped;
    session->k = k;
    session->mixture_lambda = before->training->mixture_lambda;
    if (k <= 1) {
        one_cluster(session, ret_mixture);
        session->k = 1;
        return true;
    }
    mixture_init(ret_mixture, k, session->data->n_annotators, d);
    double *loss = calloc((size_t)session->data->n_annotators * k, sizeof(*loss));
    if (loss == NULL)
        abort();
    bool has_own = true; // a head that went back to the pooled one wholly tells nobody apart
    for (uint32_t j = 0; j < k; j++) {
        has_own = has_own && before->heads[j + 1].shrinkage < 1;
        memcpy(ret_mixture->w + (size_t)j * d, session_warm_head(session, j + 1), d * sizeof(double));
        ret_mixture->share[j] = before->heads[j + 1].share;
        ret_mixture->tau[j] = 1;
    }
    mixture_losses(&session->design, &capped, ret_mixture, loss);
    for (uint32_t a = 0; a < session->data->n_annotators; a++) {
        if (capped.first[a + 1] > capped.first[a])
            (void)mixture_posterior(
                loss + (size_t)a * k, ret_mixture->share, k, ret_mixture->q + (size_t)a * k);
    }
    free(loss);
    struct mixture_settings settings = {.k = k,
        .hard = session->options->hard,
        .lambda = session->mixture_lambda,
        .max_iterations = REFINE_EM,
        .m_step_iterations = REFINE_M_STEP,
        .stop = session_stop,
        .stop_arg = session,
        .calibrate = calibrate,
        .calibrate_arg = session,
        .trace = session_trace,
        .trace_arg = session};
    if (!has_own)
        return false;
    session_progress(session, "refine", 0.8);
    mixture_run(&session->design, &capped, &settings, ret_mixture);
    return search_smallest_cluster(&session->pairs.split[SPLIT_TRAIN], ret_mixture) >=
           FIT_GROUP_ANNOTATORS_MIN;
}

static void search_for_clusters(struct session *session, struct mixture *ret_mixture)
{
    bool chosen_by_caller = session->options->clusters > 0;
    struct search search;
    struct mixture sketched = {0};
    search_init(&search, session);
    if (session->options->lambda <= 0 && search.all.n > 0)
        search_choose_lambda(&search);
    session->mixture_lambda = search.settings.lambda;
    session->k = chosen_by_caller ? session->options->clusters : search_choose_k(&search);
    // A cluster of fewer than ten people could neither be shown nor claimed. Under a strong regulariser a small group's head
    // stays too timid to keep its people: a weaker one is tried before there are fewer clusters.
    for (; session->k > 1; session->k--) {
        bool large = false;
        for (int attempt = 0; !large && attempt < 2; attempt++) {
            search.settings.lambda = session->mixture_lambda / (attempt == 0 ? 1 : 3);
            search_fit(&search, session->k, &sketched);
            refine(&search, &sketched, ret_mixture);
            mixture_release(&sketched);
            large = chosen_by_caller || search_smallest_cluster(&session->pairs.split[SPLIT_TRAIN],
                                            ret_mixture) >= FIT_GROUP_ANNOTATORS_MIN;
            if (!large)
                mixture_release(ret_mixture);
        }
        if (large)
            break;
        for (uint32_t i = 0; i < session->n_trials; i++)
            session->trials[i].too_small = session->trials[i].too_small || session->trials[i].k == session->k;
    }
    session->mixture_lambda = session->k > 1 ? search.settings.lambda : session->mixture_lambda;
    if (session->k == 1)
        one_cluster(session, ret_mixture);
    search_release(&search);
}

void session_fit_clusters(struct session *session, struct grouping *ret_clusters)
{
    struct mixture mixture;
    if (session->warm == NULL) {
        search_for_clusters(session, &mixture);
    } else if (!go_on(session, &mixture)) {
        mixture_release(&mixture);
        session_cool(session, "lost_cluster");
        return;
    }
    sort_clusters(&mixture);
    add_heads(session, &mixture, ret_clusters);
    mixture_release(&mixture);
}
