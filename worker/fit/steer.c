// Steerability (Sorensen et al. 2024, "A Roadmap to Pluralistic Alignment"): each group's held-out judgments by the group's own head,
// beside the mean of the other groups' heads and the pooled one. Where asking for a group changes nothing both are alike.
#include "worker/fit/session.h"

#include <stdlib.h>

static double hit(double z, double y)
{
    return z == 0 ? 0.5 : (z > 0) == (y > 0.5) ? 1 : 0;
}

struct followed {
    double *own_less_others, *own_less_pooled, *weight;
    uint32_t *who, n;
    double own, others, pooled, total;
};

static void add_row(struct followed *sum, const struct pairs *test, uint32_t i, uint32_t group,
    double *const *z, const double *pooled_z, uint32_t k)
{
    double own = hit(z[group][i], test->y[i]), others = 0, pooled = hit(pooled_z[i], test->y[i]);
    for (uint32_t g = 0; g < k; g++)
        others += g != group ? hit(z[g][i], test->y[i]) / (k - 1) : 0;
    sum->own += test->weight[i] * own;
    sum->others += test->weight[i] * others;
    sum->pooled += test->weight[i] * pooled;
    sum->total += test->weight[i];
    sum->own_less_others[sum->n] = own - others;
    sum->own_less_pooled[sum->n] = own - pooled;
    sum->weight[sum->n] = test->weight[i];
    sum->who[sum->n++] = test->annotator[i];
}

static json_t *told_of(const struct session *session, const struct followed *sum)
{
    uint64_t seed = session->options->seed;
    struct metrics_interval over_others =
        metrics_mean_interval(sum->own_less_others, sum->weight, sum->who, sum->n, seed);
    struct metrics_interval over_pooled =
        metrics_mean_interval(sum->own_less_pooled, sum->weight, sum->who, sum->n, seed);
    return json_pack("{s:I, s:f, s:f, s:f, s:[f,f], s:[f,f], s:b}", "n", (json_int_t)(sum->total + 0.5),
        "accuracy", sum->own / sum->total, "others", sum->others / sum->total, "pooled",
        sum->pooled / sum->total, "over_others_interval", over_others.low, over_others.high,
        "over_pooled_interval", over_pooled.low, over_pooled.high, "supported", over_others.low > 0);
}

static json_t *measure(struct session *session, const struct grouping *grouping)
{
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    struct arena *arena = arena_new(SIZE_MAX);
    size_t n = test->n + (size_t)1;
    uint32_t k = grouping->n;
    double **z = arena_alloc(arena, k * sizeof(*z)), *pooled = arena_alloc(arena, n * sizeof(*pooled));
    struct followed sum = {.own_less_others = arena_alloc(arena, n * sizeof(double)),
        .own_less_pooled = arena_alloc(arena, n * sizeof(double)),
        .weight = arena_alloc(arena, n * sizeof(double)),
        .who = arena_alloc(arena, n * sizeof(uint32_t))};
    session_logits(session, SPLIT_TEST, session->heads[0].w, pooled);
    for (uint32_t g = 0; g < k; g++) {
        z[g] = arena_alloc(arena, n * sizeof(double));
        session_logits(session, SPLIT_TEST, session->heads[session->first_own + g].w, z[g]);
    }
    for (uint32_t i = 0; i < test->n; i++) {
        uint32_t group = grouping->of_annotator[test->annotator[i]];
        if (group < k && test->y[i] != 0.5)
            add_row(&sum, test, i, group, z, pooled, k);
    }
    json_t *json = sum.total >= FIT_GROUP_JUDGMENTS_MIN ? told_of(session, &sum) : NULL;
    arena_free(arena);
    return json;
}

void session_steerable(struct session *session, json_t *card)
{
    const struct grouping *grouping =
        session->options->method == FIT_MAXMIN ? &session->clusters : &session->grouping;
    bool has_heads = session->options->method != FIT_POOLED && session->options->method != FIT_DRO &&
                     grouping->n >= 2 && session->n_own == grouping->n;
    json_t *json = has_heads ? measure(session, grouping) : NULL;
    if (json == NULL)
        json = json_pack("{s:s}", "reason",
            has_heads ? "Fewer than fifty held-out judgments are of people in these groups."
                      : "The model has one reward for everybody: no group can be asked for.");
    if (has_heads)
        json_object_set_new(json, "served", json_boolean(session->heads[session->first_own].about.served));
    json_object_set_new(card, "steerable", json);
}
