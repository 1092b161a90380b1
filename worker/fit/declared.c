// Declared groups: who belongs to which, and shared + offsets over them.
#include "worker/fit/groups.h"
#include "worker/fit/logistic.h"
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

// Loss on the validation pairs when each annotator is predicted by their group's w.
static double group_loss(const struct session *session, const struct grouping *grouping, const double *w)
{
    const struct pairs *pairs = &session->pairs.split[SPLIT_VALIDATION];
    double *z = calloc(pairs->n + (size_t)1, sizeof(*z)),
           *of_head = calloc(pairs->n + (size_t)1, sizeof(*of_head));
    if (z == NULL || of_head == NULL)
        abort();
    for (uint32_t head = 0; head <= grouping->n; head++) {
        session_logits(session, SPLIT_VALIDATION, w + (size_t)head * session->design.n_columns, of_head);
        for (uint32_t i = 0; i < pairs->n; i++) {
            uint32_t group = grouping->of_annotator[pairs->annotator[i]];
            if (head == (group == FIT_NO_GROUP ? 0 : group + 1))
                z[i] = of_head[i];
        }
    }
    double loss = logistic_mean_loss(pairs, z, pairs->weight);
    free(z);
    free(of_head);
    return loss;
}

// a by validation loss from the pooled model on, stopping when it rose twice. w is left at the best.
static void choose_offsets(struct session *session, const struct grouping *grouping, double *w)
{
    uint32_t d = session->design.n_columns;
    size_t bytes = ((size_t)grouping->n + 1) * d * sizeof(*w);
    struct groups_problem problem = {.design = &session->design,
        .pairs = &session->pairs.split[SPLIT_TRAIN],
        .weight = session->pairs.capped,
        .group_of_annotator = grouping->of_annotator,
        .n_annotators = session->data->n_annotators,
        .n_groups = grouping->n,
        .lambda = session->lambda,
        .stop = session_stop,
        .stop_arg = session};
    struct groups groups = {.w = malloc(bytes)};
    if (groups.w == NULL)
        abort();
    memcpy(groups.w, w, bytes);
    double best = group_loss(session, grouping, w);
    session->offset_scale = 0;
    uint32_t worse = 0;
    for (size_t i = 0; i < ARRAY_SIZE(offset_grid) && worse < 2 && !session->cancelled; i++) {
        groups_minimise(&problem, offset_grid[i], 1e-4, 60, &groups);
        double loss = group_loss(session, grouping, groups.w);
        if (loss < best) {
            best = loss;
            worse = 0;
            session->offset_scale = offset_grid[i];
            memcpy(w, groups.w, bytes);
        } else {
            worse++;
        }
        session_progress(session, "groups", 0.4 + 0.08 * (double)i);
    }
    free(groups.w);
}

void session_fit_groups(struct session *session, const struct grouping *grouping)
{
    uint32_t d = session->design.n_columns;
    double *w = arena_alloc(session->arena, ((size_t)grouping->n + 1) * d * sizeof(*w));
    for (uint32_t head = 0; head <= grouping->n; head++)
        memcpy(w + (size_t)head * d, session->heads[0].w, d * sizeof(*w));
    if (session->pairs.split[SPLIT_VALIDATION].n > 0 && grouping->n > 0)
        choose_offsets(session, grouping, w);
    double *member = arena_alloc(session->arena, session->data->n_annotators * sizeof(*member));
    uint32_t all = 0;
    for (uint32_t g = 0; g < grouping->n; g++)
        all += grouping->n_annotators[g];
    for (uint32_t g = 0; g < grouping->n; g++) {
        struct head *head = &session->heads[session->n_heads++];
        *head = (struct head){.w = w + ((size_t)g + 1) * d,
            .about = {.attribute = grouping->attribute,
                .value = grouping->name[g],
                .share = (double)grouping->n_annotators[g] / all,
                .n_annotators = grouping->n_annotators[g],
                .tau = 1}};
        for (uint32_t i = 0; i < session->data->n_annotators; i++)
            member[i] = grouping->of_annotator[i] == g;
        session_calibrate(session, head, member, false);
    }
}
