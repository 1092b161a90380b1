#include "reward/acquire.h"

#include "reward/features.h"

#include <math.h>
#include <stdlib.h>

struct acquire {
    enum acquire_rule rule;
    const struct artefact *artefact;
    double *information; // n_dimensions, of ACQUIRE_D_OPTIMAL; else NULL
};

struct acquire *acquire_new(enum acquire_rule rule, const struct artefact *artefact)
{
    struct acquire *acquire = calloc(1, sizeof(*acquire));
    if (acquire == NULL)
        abort();
    *acquire = (struct acquire){.rule = rule, .artefact = artefact};
    if (rule == ACQUIRE_D_OPTIMAL) {
        acquire->information = malloc(artefact->n_dimensions * sizeof(*acquire->information));
        if (acquire->information == NULL)
            abort();
        for (uint32_t d = 0; d < artefact->n_dimensions; d++)
            acquire->information[d] = 1;
    }
    return acquire;
}

void acquire_free(struct acquire *acquire)
{
    if (acquire == NULL)
        return;
    free(acquire->information);
    free(acquire);
}

bool acquire_looks_back(const struct acquire *acquire)
{
    return acquire->rule == ACQUIRE_D_OPTIMAL;
}

static size_t n_pairs(size_t n_candidates)
{
    return n_candidates * (n_candidates - 1) / 2;
}

// --- by the groups ------------------------------------------------------------------------------------------------------
static double value_by_groups(
    const struct acquire *acquire, const double *rewards, size_t n, struct arena *arena)
{
    const struct artefact *artefact = acquire->artefact;
    uint32_t n_groups = artefact_n_served(artefact);
    double *utilities = arena_alloc(arena, n * n_groups * sizeof(*utilities)), sum = 0;
    predict_served_utilities(artefact, rewards, n, utilities);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double mean = 0, square = 0;
            for (uint32_t g = 0; g < n_groups; g++) {
                double share = artefact->heads[predict_served_head(artefact, g)].share,
                       p = predict_sigmoid(utilities[i * n_groups + g] - utilities[j * n_groups + g]);
                mean += share * p;
                square += share * p * p;
            }
            sum += acquire->rule == ACQUIRE_UNCERTAINTY ? 4 * mean * (1 - mean)
                                                        : 4 * fmax(square - mean * mean, 0);
        }
    }
    return sum / (double)n_pairs(n);
}

// --- by the information -------------------------------------------------------------------------------------------------
// Calls `at` with each feature in which the two differ and the difference's square.
static double over_difference(const struct features_sparse *a, const struct features_sparse *b,
    double (*at)(double *information, double square, double times), double *information, double times)
{
    double sum = 0;
    for (uint32_t i = 0, j = 0; i < a->n || j < b->n;) {
        bool of_a = i < a->n && (j == b->n || a->index[i] <= b->index[j]),
             of_b = j < b->n && (i == a->n || b->index[j] <= a->index[i]);
        uint32_t d = of_a ? a->index[i] : b->index[j];
        double difference = (of_a ? (double)a->value[i] : 0) - (of_b ? (double)b->value[j] : 0);
        sum += at(&information[d], difference * difference, times);
        i += of_a;
        j += of_b;
    }
    return sum;
}

static double add_information(double *information, double square, double times)
{
    *information += times * square;
    return 0;
}

static double variance_of(double *information, double square, double times)
{
    return times * square / *information;
}

static struct features_sparse *features_of(
    const struct acquire *acquire, const struct predict_candidate *candidates, size_t n, struct arena *arena)
{
    const struct artefact *artefact = acquire->artefact;
    struct features_sparse *features = arena_calloc(arena, n, sizeof(*features));
    uint32_t *all = NULL;
    if (artefact->features == ARTEFACT_EMBEDDING) {
        all = arena_alloc(arena, artefact->n_dimensions * sizeof(*all));
        for (uint32_t d = 0; d < artefact->n_dimensions; d++)
            all[d] = d;
    }
    for (size_t i = 0; i < n; i++) {
        if (artefact->features == ARTEFACT_HASHED_TEXT) {
            features_text(candidates[i].text, candidates[i].text_length, artefact_text_version(artefact),
                arena, &features[i]);
            continue;
        }
        float *values = arena_alloc(arena, artefact->n_dimensions * sizeof(*values));
        if (!features_embedding(candidates[i].embedding, artefact->n_dimensions, artefact->normalise, values))
            assert(false && "predict_rewards has looked");
        features[i] = (struct features_sparse){.n = artefact->n_dimensions, .index = all, .value = values};
    }
    return features;
}

// Each pair by the pooled head: either counted `times` into the information, or its gain. The mean over the pairs.
static double over_pairs(const struct acquire *acquire, const struct predict_candidate *candidates,
    const double *rewards, size_t n, bool is_judged, double times, struct arena *arena)
{
    const struct artefact *artefact = acquire->artefact;
    const struct features_sparse *features = features_of(acquire, candidates, n, arena);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double z = artefact->heads[0].tau *
                       (rewards[i * artefact->n_heads] - rewards[j * artefact->n_heads]),
                   q = predict_sigmoid(z);
            if (is_judged)
                over_difference(
                    &features[i], &features[j], add_information, acquire->information, times * q * (1 - q));
            else
                sum += log1p(over_difference(
                    &features[i], &features[j], variance_of, acquire->information, q * (1 - q)));
        }
    }
    return sum / (double)n_pairs(n);
}

// --- both ---------------------------------------------------------------------------------------------------------------
static int rewards_of(const struct acquire *acquire, const struct predict_candidate *candidates, size_t n,
    struct arena *arena, double **ret_rewards, struct err *err)
{
    *ret_rewards = arena_alloc(arena, n * acquire->artefact->n_heads * sizeof(**ret_rewards));
    return predict_rewards(acquire->artefact, candidates, n, arena, *ret_rewards, err);
}

int acquire_judged(struct acquire *acquire, const struct predict_candidate *candidates, size_t n_candidates,
    double n_judged, struct arena *arena, struct err *err)
{
    double *rewards;
    if (n_candidates < 2 || n_judged <= 0 || !acquire_looks_back(acquire))
        return 0;
    int rc = rewards_of(acquire, candidates, n_candidates, arena, &rewards, err);
    if (rc == 0)
        over_pairs(acquire, candidates, rewards, n_candidates, true, n_judged / (double)n_pairs(n_candidates),
            arena);
    return rc;
}

int acquire_value(const struct acquire *acquire, const struct predict_candidate *candidates,
    size_t n_candidates, struct arena *arena, double *ret_value, struct err *err)
{
    double *rewards;
    *ret_value = 0;
    if (n_candidates < 2)
        return 0;
    int rc = rewards_of(acquire, candidates, n_candidates, arena, &rewards, err);
    if (rc < 0)
        return rc;
    *ret_value = acquire->rule == ACQUIRE_D_OPTIMAL
                     ? over_pairs(acquire, candidates, rewards, n_candidates, false, 1, arena)
                     : value_by_groups(acquire, rewards, n_candidates, arena);
    return 0;
}
