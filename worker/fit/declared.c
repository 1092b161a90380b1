// Declared groups: who belongs to which, and shared + offsets over them.
#include "worker/fit/groups.h"
#include "worker/fit/logistic.h"
#include "worker/fit/robust.h"
#include "worker/fit/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double offset_grid[] = {0.03, 0.1, 0.3, 1, 3};

static uint32_t attribute_index(const struct fit_data *data, const char *attribute)
{
    for (uint32_t a = 0; a < data->n_attributes; a++) {
        if (strcmp(data->attribute_name[a], attribute) == 0)
            return a;
    }
    return FIT_NO_GROUP;
}

// Values that at least ten annotators with training judgments have keep their name; the rest are "other" together,
// or no group where the rest are too few.
static void merge_small(const struct session *session, uint32_t attribute, struct grouping *grouping)
{
    const struct fit_data *data = session->data;
    const uint32_t *value_of = data->annotator_group + (size_t)attribute * data->n_annotators;
    uint32_t n_values = data->attribute_n_values[attribute], n_other = 0;
    uint32_t *count = calloc((size_t)n_values + 1, sizeof(*count)),
             *number = calloc((size_t)n_values + 1, sizeof(*number));
    if (count == NULL || number == NULL)
        abort();
    for (uint32_t i = 0; i < data->n_annotators; i++) {
        if (value_of[i] != FIT_NO_GROUP)
            count[value_of[i]]++;
    }
    for (uint32_t v = 0; v < n_values; v++) {
        number[v] = FIT_NO_GROUP;
        if (count[v] >= FIT_GROUP_ANNOTATORS_MIN && grouping->n < FIT_VALUES_MAX) {
            grouping->n_annotators[grouping->n] = count[v];
            grouping->name[grouping->n] = data->attribute_value[attribute][v];
            number[v] = grouping->n++;
        } else {
            n_other += count[v];
        }
    }
    uint32_t other = FIT_NO_GROUP;
    if (n_other >= FIT_GROUP_ANNOTATORS_MIN) {
        other = grouping->n++;
        grouping->name[other] = "other";
        grouping->n_annotators[other] = n_other;
    }
    for (uint32_t i = 0; i < data->n_annotators; i++) {
        uint32_t value = value_of[i];
        grouping->of_annotator[i] = value == FIT_NO_GROUP           ? FIT_NO_GROUP
                                    : number[value] == FIT_NO_GROUP ? other
                                                                    : number[value];
    }
    free(count);
    free(number);
}

int session_group_by(
    struct session *session, const char *attribute, struct grouping *ret_grouping, struct err *err)
{
    const struct fit_data *data = session->data;
    uint32_t a = attribute_index(data, attribute);
    if (a == FIT_NO_GROUP)
        return err_set(err, ERR_INVALID, "no annotator gave the attribute \"%s\"", attribute);
    *ret_grouping = (struct grouping){.attribute = data->attribute_name[a],
        .name = arena_calloc(session->arena, FIT_VALUES_MAX + 1, sizeof(char *)),
        .n_annotators = arena_calloc(session->arena, FIT_VALUES_MAX + 1, sizeof(uint32_t)),
        .of_annotator = arena_calloc(session->arena, data->n_annotators, sizeof(uint32_t))};
    merge_small(session, a, ret_grouping);
    return 0;
}

// Logits of the validation pairs, each under the w of its annotator's group.
static double *group_logits(const struct session *session, const struct grouping *grouping, const double *w)
{
    const struct pairs *pairs = &session->pairs.split[SPLIT_VALIDATION];
    double *own = arena_calloc(session->arena, pairs->n, sizeof(*own)),
           *z = arena_calloc(session->arena, pairs->n, sizeof(*z));
    for (uint32_t head = 0; head <= grouping->n; head++) {
        session_logits(session, SPLIT_VALIDATION, w + (size_t)head * session->design.n_columns, own);
        for (uint32_t i = 0; i < pairs->n; i++) {
            uint32_t group = grouping->of_annotator[pairs->annotator[i]];
            if (head == (group == FIT_NO_GROUP ? 0 : group + 1))
                z[i] = own[i];
        }
    }
    return z;
}

// The ways to a group's w that were tried: offset scales, 0 (pooled) first, and its own judgments alone.
enum { SCALES = 1 + ARRAY_SIZE(offset_grid), APART = SCALES, WAYS };
#define SCALE_APART 1e6 // what a is called where nothing is shared
struct offsets {
    struct session *session;
    const struct grouping *grouping;
    struct groups_problem problem;
    double *z[SCALES]; // of the validation pairs
    size_t n_tried;
    struct groups groups; // the last one fitted: the warm start of the next
};

static double scale_at(size_t i)
{
    return i == 0 ? 0 : offset_grid[i - 1];
}

static size_t best_for_all(const struct offsets *offsets)
{
    const struct pairs *pairs = &offsets->session->pairs.split[SPLIT_VALIDATION];
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < offsets->n_tried; i++) {
        double loss = logistic_mean_loss(pairs, offsets->z[i], pairs->weight);
        if (loss < least) {
            least = loss;
            best = i;
        }
    }
    return best;
}

// Validation loss of a group's annotators under its own temperature, which its head will have as well; each one's into
// ret_each (n_annotators).
static double calibrated_loss(
    const struct offsets *offsets, uint32_t group, const double *z, double *ret_each)
{
    const struct pairs *pairs = &offsets->session->pairs.split[SPLIT_VALIDATION];
    struct metrics_row *rows = calloc(pairs->n + (size_t)1, sizeof(*rows));
    if (rows == NULL)
        abort();
    double sum = 0, weight = 0;
    size_t n = 0;
    memset(ret_each, 0, offsets->problem.n_annotators * sizeof(*ret_each));
    for (uint32_t i = 0; i < pairs->n; i++) {
        if (offsets->grouping->of_annotator[pairs->annotator[i]] != group)
            continue;
        rows[n++] = (struct metrics_row){
            .z = z[i], .y = pairs->y[i], .weight = pairs->weight[i], .annotator = pairs->annotator[i]};
        weight += pairs->weight[i];
    }
    double tau = weight >= 30 ? metrics_temperature(rows, n) : 1;
    for (size_t i = 0; i < n; i++) {
        double loss = rows[i].weight * logistic_pair_loss(tau * rows[i].z, rows[i].y);
        ret_each[rows[i].annotator] += loss;
        sum += loss;
    }
    free(rows);
    return sum;
}

// A head on the group's own judgments alone, with the lambda that is best for its own validation pairs: what is shared can only
// mislead who wants the opposite. False when it has none to learn from.
static bool fit_apart(const struct offsets *offsets, uint32_t group, double *ret_w, double *ret_each)
{
    static const double lambdas[] = {1e-1, 3e-2, 1e-2, 3e-3, 1e-3};
    struct session *session = offsets->session;
    uint32_t n = offsets->problem.n_annotators, d = session->design.n_columns;
    struct arena *arena = arena_new(SIZE_MAX);
    bool *member = arena_calloc(arena, n, sizeof(*member));
    double *at = arena_calloc(arena, d, sizeof(*at)), *each = arena_calloc(arena, n, sizeof(*each)),
           *z = arena_calloc(arena, session->pairs.split[SPLIT_VALIDATION].n, sizeof(*z)), total = 0,
           least = INFINITY;
    for (uint32_t a = 0; a < n; a++)
        member[a] = offsets->grouping->of_annotator[a] == group;
    struct pairs own;
    pairs_subset(offsets->problem.pairs, offsets->problem.weight, n, member, UINT32_MAX,
        session->design.n_rows, arena, &own);
    for (uint32_t i = 0; i < own.n; i++)
        total += own.weight[i];
    for (size_t i = 0; total > 0 && i < ARRAY_SIZE(lambdas) && !session->cancelled; i++) {
        struct logistic logistic;
        logistic_init(&logistic, &session->design, &own, own.weight, total, lambdas[i]);
        logistic.stop = session_stop;
        logistic.stop_arg = session;
        logistic_minimise(&logistic, 1e-4, 100, at);
        logistic_release(&logistic);
        session_logits(session, SPLIT_VALIDATION, at, z);
        double loss = calibrated_loss(offsets, group, z, each);
        if (loss < least) {
            least = loss;
            memcpy(ret_w, at, d * sizeof(*at));
            memcpy(ret_each, each, n * sizeof(*each));
        }
    }
    arena_free(arena);
    return isfinite(least);
}

// A small group has little say in what is best for all: where its own annotators do better in another way by more than a
// standard error, that one is theirs. `each`: the annotators' losses in each way, NULL where there is none.
static size_t best_for_group(
    const struct offsets *offsets, uint32_t group, const double *const each[WAYS], size_t common)
{
    size_t best = common;
    double most = 0;
    for (size_t i = 0; i < WAYS; i++) {
        double sum = 0, squares = 0, n = 0;
        for (uint32_t a = 0; each[i] != NULL && a < offsets->problem.n_annotators; a++) {
            if (offsets->grouping->of_annotator[a] != group)
                continue;
            double gain = each[common][a] - each[i][a];
            sum += gain;
            squares += gain * gain;
            n++;
        }
        double error = n > 1 ? sqrt(fmax(squares - sum * sum / n, 0) * n / (n - 1)) : INFINITY; // of the sum
        if (sum > error && sum > most) {
            most = sum;
            best = i;
        }
    }
    return best;
}

// The way of each group; those whose own judgments alone serve it have their w already.
static void choose_ways(
    const struct offsets *offsets, size_t common, double *w, size_t *ret_way, double *ret_scale)
{
    struct session *session = offsets->session;
    uint32_t d = session->design.n_columns;
    double *apart = arena_alloc(session->arena, d * sizeof(*apart)), *losses[WAYS];
    for (size_t i = 0; i < WAYS; i++)
        losses[i] = arena_calloc(session->arena, offsets->problem.n_annotators, sizeof(double));
    for (uint32_t g = 0; g < offsets->grouping->n; g++) {
        const double *each[WAYS] = {0};
        for (size_t i = 0; i < offsets->n_tried; i++) {
            calibrated_loss(offsets, g, offsets->z[i], losses[i]);
            each[i] = losses[i];
        }
        if (fit_apart(offsets, g, apart, losses[APART]))
            each[APART] = losses[APART];
        ret_way[g] = best_for_group(offsets, g, each, common);
        if (ret_way[g] != APART)
            continue;
        ret_scale[g] = SCALE_APART;
        memcpy(w + ((size_t)g + 1) * d, apart, d * sizeof(*w));
    }
}

// Each group's w under the scale that is its own; the grid is walked again, warm, for the scales that are wanted.
static void take_weights(struct offsets *offsets, const size_t *way, double *w, double *ret_scale)
{
    uint32_t d = offsets->problem.design->n_columns;
    for (size_t i = 1; i < offsets->n_tried; i++) {
        bool wanted = false;
        for (uint32_t g = 0; g < offsets->grouping->n; g++)
            wanted = wanted || way[g] == i;
        if (!wanted)
            continue;
        (void)groups_minimise(&offsets->problem, scale_at(i), 1e-4, 60, &offsets->groups);
        for (uint32_t g = 0; g < offsets->grouping->n; g++) {
            if (way[g] != i)
                continue;
            ret_scale[g] = scale_at(i);
            memcpy(w + ((size_t)g + 1) * d, offsets->groups.w + ((size_t)g + 1) * d, d * sizeof(*w));
        }
    }
}

static struct groups_problem problem_of(struct session *session, const struct grouping *grouping)
{
    return (struct groups_problem){.design = &session->design,
        .pairs = &session->pairs.split[SPLIT_TRAIN],
        .weight = session->pairs.capped,
        .group_of_annotator = grouping->of_annotator,
        .n_annotators = session->data->n_annotators,
        .n_groups = grouping->n,
        .lambda = session->lambda,
        .stop = session_stop,
        .stop_arg = session};
}

// w comes in as the pooled weights for all and goes out as each group's own; ret_scale zeroed.
static void choose_offsets(
    struct session *session, const struct grouping *grouping, double *w, double *ret_scale)
{
    size_t bytes = ((size_t)grouping->n + 1) * session->design.n_columns * sizeof(*w),
           way[FIT_VALUES_MAX + 1];
    struct offsets offsets = {.session = session,
        .grouping = grouping,
        .problem = problem_of(session, grouping),
        .groups = {.w = malloc(bytes)}};
    if (offsets.groups.w == NULL)
        abort();
    memcpy(offsets.groups.w, w, bytes);
    for (size_t i = 0; i < SCALES && !session->cancelled; i++) {
        if (i > 0)
            session->loss = groups_minimise(&offsets.problem, scale_at(i), 1e-4, 60, &offsets.groups);
        offsets.z[i] = group_logits(session, grouping, offsets.groups.w);
        offsets.n_tried++;
        session_progress(session, "groups", fmax(session->progress, 0.4 + 0.06 * (double)i));
    }
    size_t common = best_for_all(&offsets);
    session->offset_scale = scale_at(common);
    memcpy(offsets.groups.w, w, bytes);
    choose_ways(&offsets, common, w, way, ret_scale);
    take_weights(&offsets, way, w, ret_scale);
    free(offsets.groups.w);
}

// A refit: every group's scale as it was; a group that has come since has that of most.
static void keep_offsets(
    struct session *session, const struct grouping *grouping, double *w, double *ret_scale)
{
    const struct artefact_training *training = session->warm->training;
    uint32_t d = session->design.n_columns;
    struct groups_problem problem = problem_of(session, grouping);
    struct groups groups = {.w = arena_memdup(session->arena, w, ((size_t)grouping->n + 1) * d * sizeof(*w))};
    session->offset_scale = training->offset_scale[0];
    for (uint32_t g = 0; g < grouping->n; g++) {
        uint32_t head = session_warm_group(session, grouping->attribute, grouping->name[g]);
        ret_scale[g] = head != FIT_NO_GROUP ? training->offset_scale[head] : session->offset_scale;
        if (head != FIT_NO_GROUP && ret_scale[g] > 0)
            memcpy(groups.w + ((size_t)g + 1) * d, session_warm_head(session, head), d * sizeof(*w));
    }
    for (size_t i = 1; i < SCALES && !session->cancelled; i++) {
        bool is_fitted = false;
        for (uint32_t g = 0; g < grouping->n; g++) {
            if (ret_scale[g] != scale_at(i))
                continue;
            if (!is_fitted)
                session->loss = groups_minimise(&problem, scale_at(i), 1e-5, 60, &groups);
            is_fitted = true;
            memcpy(w + ((size_t)g + 1) * d, groups.w + ((size_t)g + 1) * d, d * sizeof(*w));
        }
    }
    struct offsets alone = {.session = session, .grouping = grouping, .problem = problem};
    double *each = arena_alloc(session->arena, problem.n_annotators * sizeof(*each));
    for (uint32_t g = 0; g < grouping->n; g++) {
        if (ret_scale[g] == SCALE_APART)
            (void)fit_apart(&alone, g, w + ((size_t)g + 1) * d, each);
    }
}

int session_fit_robust(struct session *session, const struct grouping *grouping, struct err *err)
{
    uint32_t d = session->design.n_columns;
    struct groups_problem problem = problem_of(session, grouping);
    double *w = arena_memdup(session->arena, session->heads[0].w, d * sizeof(*w));
    double *q = arena_calloc(session->arena, grouping->n, sizeof(*q));
    double *member = arena_alloc(session->arena, session->data->n_annotators * sizeof(*member));
    session_progress(session, "dro", 0.4);
    if (!robust_minimise(&problem, 1e-4, w, q, &session->duality_gap))
        return err_set(err, ERR_INVALID, "no group of \"%s\" has judgments to train on", grouping->attribute);
    struct head *head = &session->heads[session->n_heads++];
    *head = (struct head){
        .w = w, .about = {.attribute = grouping->attribute, .value = "all groups", .share = 1, .tau = 1}};
    for (uint32_t g = 0; g < grouping->n; g++)
        head->about.n_annotators += grouping->n_annotators[g];
    head->about.n_judgments = session_judgments(session, grouping, FIT_NO_GROUP);
    for (uint32_t i = 0; i < session->data->n_annotators; i++)
        member[i] = grouping->of_annotator[i] != FIT_NO_GROUP;
    session_calibrate(session, head, member, false);
    return 0;
}

void session_fit_groups(struct session *session, const struct grouping *grouping)
{
    uint32_t d = session->design.n_columns;
    double *w = arena_alloc(session->arena, ((size_t)grouping->n + 1) * d * sizeof(*w));
    for (uint32_t head = 0; head <= grouping->n; head++)
        memcpy(w + (size_t)head * d, session->heads[0].w, d * sizeof(*w));
    double *scale = arena_calloc(session->arena, grouping->n, sizeof(*scale));
    if (session->warm != NULL)
        keep_offsets(session, grouping, w, scale);
    else if (session->pairs.split[SPLIT_VALIDATION].n > 0 && grouping->n > 0)
        choose_offsets(session, grouping, w, scale);
    session->heads[0].offset_scale = session->offset_scale;
    double *member = arena_alloc(session->arena, session->data->n_annotators * sizeof(*member));
    uint32_t all = 0;
    for (uint32_t g = 0; g < grouping->n; g++)
        all += grouping->n_annotators[g];
    for (uint32_t g = 0; g < grouping->n; g++) {
        struct head *head = &session->heads[session->n_heads++];
        *head = (struct head){.w = w + ((size_t)g + 1) * d,
            .offset_scale = scale[g],
            .about = {.attribute = grouping->attribute,
                .value = grouping->name[g],
                .share = (double)grouping->n_annotators[g] / all,
                .n_annotators = grouping->n_annotators[g],
                .n_judgments = session_judgments(session, grouping, g),
                .tau = 1}};
        for (uint32_t i = 0; i < session->data->n_annotators; i++)
            member[i] = grouping->of_annotator[i] == g;
        session_calibrate(session, head, member, false);
    }
}
