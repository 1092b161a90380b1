// Have people's judgments moved? The model before this one foretells what came after its data, and what it was tested on, on prompts
// from which it has learnt nothing: the difference of the two log-losses, for all and for each group, its spread by annotators
// (each one's residuals of both sides together: who judged then and now counts once). One-sided, Holm's steps over all that is looked
// at (Holm 1979, Scand. J. Stat. 6). Recent judgments may also be of harder prompts: what is found is that the old choices do not hold, not why.
#include "worker/fit/logistic.h"
#include "worker/fit/session.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.01

enum side { OLDER, RECENT, SIDES };

struct drift {
    struct session *session;
    struct arena *arena;
    double *loss[SIDES], *weight[SIDES]; // of each annotator
    json_t *rows;
    double p[1 + FIT_ATTRIBUTES_MAX * (FIT_VALUES_MAX + 1)];
    size_t n;
};

// The data of one side alone, of prompts that the earlier model holds out.
static void take_side(const struct drift *drift, enum side side, struct fit_data *ret_data)
{
    const struct session *session = drift->session;
    const struct fit_data *data = session->data;
    const struct artefact *artefact = session->options->predecessor;
    struct arena *arena = drift->arena;
    bool *held_out = arena_calloc(arena, (size_t)data->n_responses + 1, sizeof(*held_out));
    for (uint32_t i = 0; i < data->n_items; i++) {
        if (pairs_order(data, i, artefact->split) < artefact->held_out_from)
            continue;
        for (uint32_t r = data->item_first[i]; r < data->item_first[i + 1]; r++)
            held_out[r] = true;
    }
    uint32_t *annotator = arena_alloc(arena, (size_t)data->n_judgments * sizeof(uint32_t)),
             *left = arena_alloc(arena, (size_t)data->n_judgments * sizeof(uint32_t)),
             *right = arena_alloc(arena, (size_t)data->n_judgments * sizeof(uint32_t)),
             *rater = arena_alloc(arena, (size_t)data->n_ratings * sizeof(uint32_t)),
             *rated = arena_alloc(arena, (size_t)data->n_ratings * sizeof(uint32_t));
    uint8_t *outcome = arena_alloc(arena, data->n_judgments);
    float *weight = arena_alloc(arena, (size_t)data->n_judgments * sizeof(float)),
          *value = arena_alloc(arena, (size_t)data->n_ratings * sizeof(float));
    uint32_t n = 0, m = 0;
    for (uint32_t i = 0; i < data->n_judgments; i++) {
        if (data->judgment_is_recent[i] != (side == RECENT) || !held_out[data->judgment_left[i]] ||
            !held_out[data->judgment_right[i]])
            continue;
        annotator[n] = data->judgment_annotator[i];
        left[n] = data->judgment_left[i];
        right[n] = data->judgment_right[i];
        outcome[n] = data->judgment_outcome[i];
        weight[n++] = data->judgment_weight != NULL ? data->judgment_weight[i] : 1;
    }
    for (uint32_t i = 0; i < data->n_ratings; i++) {
        if (data->rating_is_recent[i] != (side == RECENT) || !held_out[data->rating_response[i]])
            continue;
        rater[m] = data->rating_annotator[i];
        rated[m] = data->rating_response[i];
        value[m++] = data->rating_value[i];
    }
    *ret_data = *data;
    ret_data->n_edits = 0; // what people made of responses is left out: it is in nobody's older judgments
    ret_data->n_responses = data->item_first[data->n_items];
    ret_data->n_judgments = n;
    ret_data->judgment_annotator = annotator;
    ret_data->judgment_left = left;
    ret_data->judgment_right = right;
    ret_data->judgment_outcome = outcome;
    ret_data->judgment_weight = weight;
    ret_data->n_ratings = m;
    ret_data->rating_annotator = rater;
    ret_data->rating_response = rated;
    ret_data->rating_value = value;
}

// False where the side can't be paired at all.
static bool measure_side(struct drift *drift, enum side side, const double *reward)
{
    const struct session *session = drift->session;
    double tau = session->options->predecessor->heads[0].tau;
    struct fit_data data;
    struct pair_set set = {0};
    struct err err;
    take_side(drift, side, &data);
    if (pairs_build(&data, 1, session->options->split, drift->arena, &set, &err) < 0)
        return false;
    for (enum split split = SPLIT_TRAIN; split < SPLITS; split++) {
        const struct pairs *pairs = &set.split[split];
        for (uint32_t i = 0; i < pairs->n; i++) {
            double z = tau * (reward[pairs->left[i]] - reward[pairs->right[i]]);
            drift->loss[side][pairs->annotator[i]] += pairs->weight[i] * logistic_pair_loss(z, pairs->y[i]);
            drift->weight[side][pairs->annotator[i]] += pairs->weight[i];
        }
    }
    return true;
}

// One row, of everybody (`grouping` NULL) or of a group; none where there are too few on either side.
static void compare_sides(struct drift *drift, const struct grouping *grouping, uint32_t group)
{
    uint32_t n = drift->session->data->n_annotators, people[SIDES] = {0}, n_any = 0;
    double loss[SIDES] = {0}, weight[SIDES] = {0}, variance = 0;
    for (uint32_t a = 0; a < n; a++) {
        if (grouping != NULL && grouping->of_annotator[a] != group)
            continue;
        for (enum side side = OLDER; side < SIDES; side++) {
            loss[side] += drift->loss[side][a];
            weight[side] += drift->weight[side][a];
            people[side] += drift->weight[side][a] > 0;
        }
        n_any += drift->weight[OLDER][a] + drift->weight[RECENT][a] > 0;
    }
    for (enum side side = OLDER; side < SIDES; side++) {
        if (people[side] < FIT_GROUP_ANNOTATORS_MIN || weight[side] < FIT_GROUP_JUDGMENTS_MIN)
            return;
        loss[side] /= weight[side];
    }
    for (uint32_t a = 0; a < n; a++) {
        if (grouping != NULL && grouping->of_annotator[a] != group)
            continue;
        double residual =
            (drift->loss[RECENT][a] - loss[RECENT] * drift->weight[RECENT][a]) / weight[RECENT] -
            (drift->loss[OLDER][a] - loss[OLDER] * drift->weight[OLDER][a]) / weight[OLDER];
        variance += residual * residual;
    }
    double error = sqrt(variance * n_any / (n_any - 1)), difference = loss[RECENT] - loss[OLDER];
    double p = error > 0 ? 0.5 * erfc(difference / error / sqrt(2)) : 1;
    json_t *row = json_pack("{s:f, s:f, s:I, s:I, s:I, s:f, s:[f,f], s:f}", "log_loss_older", loss[OLDER],
        "log_loss_recent", loss[RECENT], "n_older", (json_int_t)llround(weight[OLDER]), "n_recent",
        (json_int_t)llround(weight[RECENT]), "n_annotators", (json_int_t)n_any, "difference", difference,
        "interval", difference - 1.96 * error, difference + 1.96 * error, "p", p);
    if (grouping != NULL) {
        json_object_set_new(row, "attribute", json_string(grouping->attribute));
        json_object_set_new(row, "value", json_string(grouping->name[group]));
    }
    json_array_append_new(drift->rows, row);
    drift->p[drift->n++] = p;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Holm: is any of them found? Only the least needs to be looked at.
static bool any_found(struct drift *drift)
{
    qsort(drift->p, drift->n, sizeof(*drift->p), ascending);
    return drift->n > 0 && drift->p[0] < ALPHA / (double)drift->n;
}

static void compare_groups(struct drift *drift)
{
    struct session *session = drift->session;
    const char *wanted = session->options->attribute;
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        const char *name = session->data->attribute_name[a];
        struct grouping grouping;
        if ((wanted != NULL && strcmp(wanted, name) != 0) ||
            session_group_by(session, name, &grouping, NULL) != 0)
            continue;
        for (uint32_t g = 0; g < grouping.n; g++)
            compare_sides(drift, &grouping, g);
    }
}

bool session_drifted(struct session *session)
{
    const struct fit_data *data = session->data;
    const struct artefact *artefact = session->options->predecessor;
    char since[HASH_HEX_BYTES];
    bool found = false;
    if (data->judgment_is_recent == NULL || data->rating_is_recent == NULL || !artefact->has_held_out)
        return false;
    struct drift drift = {.session = session, .arena = arena_new(SIZE_MAX), .rows = json_array()};
    for (enum side side = OLDER; side < SIDES; side++) {
        drift.loss[side] = arena_calloc(drift.arena, (size_t)data->n_annotators, sizeof(double));
        drift.weight[side] = arena_calloc(drift.arena, (size_t)data->n_annotators, sizeof(double));
    }
    double *reward = arena_calloc(drift.arena, data->n_responses, sizeof(*reward));
    uint32_t *rows = arena_alloc(drift.arena, data->n_responses * sizeof(*rows));
    for (uint32_t i = 0; i < data->n_responses; i++)
        rows[i] = i;
    design_multiply(&session->design, rows, data->n_responses, session_warm_head(session, 0), reward);
    if (measure_side(&drift, OLDER, reward) && measure_side(&drift, RECENT, reward)) {
        compare_sides(&drift, NULL, 0);
        compare_groups(&drift);
        found = any_found(&drift);
    }
    hex_encode(artefact_hash(artefact), HASH_BYTES, since);
    session->drift = json_pack("{s:s, s:b, s:b, s:f, s:o}", "since", since, "measured", drift.n > 0, "found",
        found, "alpha", ALPHA, "rows", drift.rows);
    arena_free(drift.arena);
    return found;
}
