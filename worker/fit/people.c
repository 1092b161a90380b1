// How annotators are foretold who had no part in the fit: one in five is left out of a second one, with what was chosen for the first
// (lambda, K), and is foretold on prompts that neither learnt from. By the pooled model, by what they said of themselves, by what else
// they judged, whichever the method can.
#include "worker/fit/session.h"

#include "reward/predict.h"
#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_OUT_FIFTH = 5 };

// The second fit's reports: the first is told that it goes on, and may be cancelled.
static bool on_progress(void *arg, const struct fit_progress *now)
{
    struct session *first = arg;
    session_progress(first, "new people", fmax(first->progress, 0.92 + 0.06 * now->fraction));
    first->loss = now->loss;
    return !first->cancelled;
}

// Training and validation pairs of those who stay. Their order, and everybody's number, stays.
static void leave_out(struct session *second, const bool *stays)
{
    uint32_t n = second->data->n_annotators, n_rows = second->design.n_rows;
    struct pair_set *set = &second->pairs;
    struct pairs train = set->split[SPLIT_TRAIN], validation = set->split[SPLIT_VALIDATION];
    pairs_subset(&train, set->capped, n, stays, UINT32_MAX, n_rows, second->arena, &set->split[SPLIT_TRAIN]);
    pairs_subset(&validation, validation.weight, n, stays, UINT32_MAX, n_rows, second->arena,
        &set->split[SPLIT_VALIDATION]);
    set->capped = set->split[SPLIT_TRAIN].weight;
}

static int fit_second(struct session *second, const struct session *first, struct fit_options *options)
{
    enum fit_method method = options->method;
    struct err err;
    options->lambda = first->lambda;
    int failed = session_fit_pooled(second, &err);
    second->first_own = second->n_heads;
    if (failed == 0 && method == FIT_GROUP)
        session_fit_groups(second, &second->grouping);
    if (failed == 0 && method == FIT_DRO)
        failed = session_fit_robust(second, &second->grouping, &err);
    if (failed == 0 && method == FIT_MAXMIN && first->k > 1) {
        second->lambda = options->lambda = first->mixture_lambda;
        options->clusters = first->k;
        session_fit_clusters(second, &second->clusters);
    }
    return failed;
}

static struct metrics_row *rows_of(const struct session *second, uint32_t head, struct arena *arena)
{
    const struct pairs *test = &second->pairs.split[SPLIT_TEST];
    struct metrics_row *rows = arena_calloc(arena, (size_t)test->n + 1, sizeof(*rows));
    double *z = arena_alloc(arena, ((size_t)test->n + 1) * sizeof(*z));
    session_logits(second, SPLIT_TEST, second->heads[head].w, z);
    for (uint32_t i = 0; i < test->n; i++)
        rows[i] = (struct metrics_row){.z = second->heads[head].about.tau * z[i],
            .y = test->y[i],
            .weight = test->weight[i],
            .annotator = test->annotator[i]};
    return rows;
}

static struct metrics_row *by_groups(const struct session *second, struct arena *arena)
{
    struct metrics_row *rows = rows_of(second, 0, arena);
    for (uint32_t g = 0; g < second->grouping.n; g++) {
        const struct metrics_row *own = rows_of(second, second->first_own + g, arena);
        for (uint32_t i = 0; i < second->n_test; i++) {
            if (second->grouping.of_annotator[rows[i].annotator] == g)
                rows[i].z = own[i].z;
        }
    }
    return rows;
}

// Of each annotator and head the log-likelihood of what they judged of `pairs`, added.
static void add_likelihood(const struct session *second, uint32_t k, enum split split,
    const struct pairs *pairs, struct arena *arena, double *log_q)
{
    struct session all = *second;
    all.pairs.split[split] = *pairs;
    double *z = arena_alloc(arena, ((size_t)pairs->n + 1) * sizeof(*z));
    for (uint32_t j = 0; j < k; j++) {
        const struct head *head = &second->heads[second->first_own + j];
        session_logits(&all, split, head->w, z);
        for (uint32_t i = 0; i < pairs->n; i++)
            log_q[(size_t)pairs->annotator[i] * k + j] -=
                pairs->weight[i] * logistic_pair_loss(head->about.tau * z[i], pairs->y[i]);
    }
}

// By the clusters, each annotator as their judgments of the prompts of `first`'s training speak for them.
static struct metrics_row *by_history(
    const struct session *second, const struct session *first, struct arena *arena)
{
    uint32_t k = first->k, n = second->data->n_annotators;
    struct metrics_row *rows = rows_of(second, 0, arena);
    double *log_q = arena_calloc(arena, (size_t)n * k + 1, sizeof(*log_q));
    double *p = arena_calloc(arena, second->n_test + (size_t)1, sizeof(*p));
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t j = 0; j < k; j++)
            log_q[(size_t)a * k + j] = log(fmax(second->heads[second->first_own + j].about.share, 1e-9));
    }
    for (enum split split = SPLIT_TRAIN; split < SPLIT_TEST; split++)
        add_likelihood(second, k, split, &first->pairs.split[split], arena, log_q);
    for (uint32_t j = 0; j < k; j++) {
        const struct metrics_row *own = rows_of(second, second->first_own + j, arena);
        for (uint32_t i = 0; i < second->n_test; i++) {
            const double *each = log_q + (size_t)rows[i].annotator * k;
            double sum = 0;
            for (uint32_t other = 0; other < k; other++)
                sum += exp(each[other] - each[j]);
            p[i] += predict_sigmoid(own[i].z) / sum;
        }
    }
    for (uint32_t i = 0; i < second->n_test; i++) {
        double inside = fmin(fmax(p[i], 1e-9), 1 - 1e-9);
        rows[i].z = log(inside / (1 - inside));
    }
    return rows;
}

// --- told -----------------------------------------------------------------------------------------------------------------
static size_t pick(const struct session *session, const struct metrics_row *rows, const bool *is_new,
    struct metrics_row *ret_some)
{
    size_t n = 0;
    for (uint32_t i = 0; i < session->n_test; i++) {
        if (is_new[rows[i].annotator])
            ret_some[n++] = rows[i];
    }
    return n;
}

// {accuracy, log_loss, interval} of the new people's rows, and, beside another's, what is gained over it.
static json_t *told_of(
    const struct session *session, const struct metrics_row *some, size_t n, const struct metrics_row *over)
{
    struct metrics metrics;
    metrics_compute(some, n, &metrics);
    struct metrics_interval interval = metrics_accuracy_interval(some, n, session->options->seed);
    json_t *json = json_pack("{s:f, s:f, s:[f,f], s:I}", "accuracy", metrics.accuracy, "log_loss",
        metrics.log_loss, "interval", interval.low, interval.high, "n", (json_int_t)llround(metrics.weight));
    if (over == NULL)
        return json;
    struct metrics_gain gain;
    uint32_t *everybody = calloc(n + 1, sizeof(*everybody));
    if (everybody == NULL)
        abort();
    metrics_worst_gain(some, over, n, everybody, 1, session->options->seed, &gain);
    free(everybody);
    json_object_set_new(json, "gain",
        json_pack("{s:f, s:[f,f], s:b}", "log_loss", gain.log_loss, "log_loss_interval",
            gain.log_loss_interval.low, gain.log_loss_interval.high, "supported",
            gain.log_loss_interval.low > 0));
    return json;
}

static void tell(const struct session *first, const struct session *second, const bool *is_new,
    struct arena *arena, json_t *json)
{
    size_t most = first->n_test + (size_t)1;
    struct metrics_row *pooled = arena_alloc(arena, most * sizeof(*pooled)),
                       *some = arena_alloc(arena, most * sizeof(*some));
    size_t n = pick(first, rows_of(second, 0, arena), is_new, pooled);
    json_object_set_new(json, "pooled", told_of(first, pooled, n, NULL));
    const struct metrics_row *own = NULL;
    const char *name = NULL;
    if (first->options->method == FIT_GROUP && second->grouping.n > 0) {
        name = "groups";
        own = by_groups(second, arena);
    } else if (first->options->method == FIT_DRO) {
        name = "robust";
        own = rows_of(second, second->first_own, arena);
    } else if (first->options->method == FIT_MAXMIN && first->k > 1 && second->k == first->k) {
        name = "history";
        own = by_history(second, first, arena);
    }
    if (own != NULL) {
        (void)pick(first, own, is_new, some);
        json_object_set_new(json, name, told_of(first, some, n, pooled));
    }
}

static json_t *too_few(const char *reason)
{
    return json_pack("{s:s}", "reason", reason);
}

void session_new_people(struct session *session, json_t *card)
{
    if (session->options->method == FIT_JURY) { // its model of people has its own way (jury.c)
        json_object_set(card, "new_people", json_object_get(session->jury_card, "new_people"));
        return;
    }
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    uint32_t n = session->data->n_annotators, n_new = 0;
    double weight = 0;
    struct arena *arena = arena_new(SIZE_MAX);
    bool *stays = arena_calloc(arena, n, sizeof(*stays)), *is_new = arena_calloc(arena, n, sizeof(*is_new));
    for (uint32_t a = 0; a < n; a++) {
        is_new[a] = pairs_mix(session->data->annotator_key[a] ^ UINT64_C(0x6a757279)) % HELD_OUT_FIFTH == 0;
        stays[a] = !is_new[a];
        n_new += is_new[a] && test->first[a + 1] > test->first[a];
        for (uint32_t i = test->first[a]; i < test->first[a + 1] && is_new[a]; i++)
            weight += test->weight[i];
    }
    json_t *json = NULL;
    bool keeps_groups = session->warm != NULL && session->options->method == FIT_MAXMIN && session->k > 1;
    if (keeps_groups) {
        json = too_few(
            "A refit keeps the groups of the model before it, which has seen everybody: that one's card tells "
            "how new people are foretold.");
    } else if (n_new < FIT_GROUP_ANNOTATORS_MIN || weight < FIT_GROUP_JUDGMENTS_MIN) {
        json = too_few("Of the one in five annotators who would be left out, too few judged held-out "
                       "prompts: ten of them with fifty judgments are wanted.");
    } else {
        struct fit_options options = *session->options;
        options.progress = on_progress;
        options.progress_arg = session;
        struct session second = *session;
        second.options = &options;
        second.arena = arena;
        second.n_heads = second.n_trials = 0;
        // A model before it has seen those who are left out; where the optimum does not depend on where one begins it may be begun from.
        second.warm = session->options->method == FIT_MAXMIN ? NULL : session->warm;
        second.loss = NAN;
        second.clusters = (struct grouping){0};
        leave_out(&second, stays);
        if (fit_second(&second, session, &options) < 0) {
            json = too_few("Those who are left have too few training judgments for a second fit.");
        } else {
            json = json_pack("{s:I}", "n_annotators", (json_int_t)n_new);
            tell(session, &second, is_new, arena, json);
        }
    }
    json_object_set_new(card, "new_people", json);
    arena_free(arena);
}
