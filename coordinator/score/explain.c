#include "coordinator/score/explain.h"

#include "reward/style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The features that any of the candidates has.
struct seen {
    size_t n;
    uint32_t *index, *row; // ascending; UINT32_MAX: the model has no weight for it
    double *mean;          // over the candidates; 0 where each is measured for itself
    double *value;         // by feature, of the candidate that is being looked at; else 0
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static void features_of(
    const struct scoring *scoring, size_t i, struct arena *arena, struct features_sparse *ret_features)
{
    const struct artefact *artefact = scoring->artefact;
    const struct predict_candidate *candidate = &scoring->candidates[i];
    if (artefact->features == ARTEFACT_HASHED_TEXT) {
        features_text(
            candidate->text, candidate->text_length, artefact_text_version(artefact), arena, ret_features);
        return;
    }
    uint32_t d = artefact->n_dimensions, *index = arena_alloc(arena, d * sizeof(*index));
    float *value = arena_alloc(arena, d * sizeof(*value));
    bool is_finite = features_embedding(candidate->embedding, d, artefact->normalise, value);
    assert(is_finite); // read before
    for (uint32_t c = 0; c < d; c++)
        index[c] = c;
    *ret_features = (struct features_sparse){.n = d, .index = index, .value = value};
}

static void find_rows(const struct artefact *artefact, struct seen *seen)
{
    uint32_t row = 0;
    for (size_t f = 0; f < seen->n; f++) {
        seen->row[f] = UINT32_MAX;
        if (artefact->row_index == NULL) {
            seen->row[f] = seen->index[f];
            continue;
        }
        while (row < artefact->n_rows && artefact->row_index[row] < seen->index[f])
            row++;
        if (row < artefact->n_rows && artefact->row_index[row] == seen->index[f])
            seen->row[f] = row;
    }
}

static void look(const struct scoring *scoring, const struct features_sparse *features, struct seen *seen)
{
    size_t n_dimensions = scoring->artefact->n_dimensions, n = scoring->n_candidates;
    bool *is_seen = allocate(n_dimensions, sizeof(*is_seen));
    double *sum = allocate(n_dimensions, sizeof(*sum));
    for (size_t i = 0; i < n; i++) {
        for (uint32_t f = 0; f < features[i].n; f++) {
            is_seen[features[i].index[f]] = true;
            sum[features[i].index[f]] += features[i].value[f];
        }
    }
    *seen = (struct seen){.index = allocate(n_dimensions, sizeof(uint32_t)),
        .row = allocate(n_dimensions, sizeof(uint32_t)),
        .mean = allocate(n_dimensions, sizeof(double)),
        .value = allocate(n_dimensions, sizeof(double))};
    for (uint32_t d = 0; d < n_dimensions; d++) {
        if (!is_seen[d])
            continue;
        seen->mean[seen->n] = n > 1 && !scoring->alone ? sum[d] / (double)n : 0;
        seen->index[seen->n++] = d;
    }
    find_rows(scoring->artefact, seen);
    free(is_seen);
    free(sum);
}

static void seen_release(struct seen *seen)
{
    free(seen->index);
    free(seen->row);
    free(seen->mean);
    free(seen->value);
}

// How much a reward of each head moves candidate i's score.
static void slopes_of_heads(const struct scoring *scoring, size_t i, const double *shares, double *ret_slopes)
{
    const struct artefact *artefact = scoring->artefact;
    double slope[AGGREGATE_GROUPS_MAX];
    memset(ret_slopes, 0, artefact->n_heads * sizeof(*ret_slopes));
    for (size_t s = 0; s < scoring->n_seats; s++) {
        const struct jury_pool *pool = &artefact->jury->pools[scoring->seats[s].pool];
        for (uint32_t b = 0; b < artefact->jury->n_basis; b++)
            ret_slopes[b] += scoring->seats[s].count * pool->mean[b] / scoring->verdict.n_jurors;
    }
    if (scoring->seats != NULL)
        return;
    aggregate_slopes(scoring->rule, scoring->utilities, scoring->n_candidates, scoring->n_groups, shares,
        &scoring->result, i, slope);
    for (size_t g = 0; g < scoring->n_groups; g++) {
        uint32_t head = predict_served_head(artefact, (uint32_t)g);
        ret_slopes[head] = slope[g] * artefact->heads[head].tau;
    }
}

// Keeps the greatest, in order.
static void keep(struct explanation *why, size_t most, const struct explanation_feature *feature)
{
    size_t at = why->n_features;
    if (at == most && fabs(why->features[at - 1].part) >= fabs(feature->part))
        return;
    at = at == most ? at - 1 : at;
    why->n_features = at + 1;
    for (; at > 0 && fabs(why->features[at - 1].part) < fabs(feature->part); at--)
        why->features[at] = why->features[at - 1];
    why->features[at] = *feature;
}

static void explain_one(struct scoring *scoring, const struct features_sparse *features, struct seen *seen,
    const double *slopes, struct explanation *why, struct arena *arena)
{
    const struct artefact *artefact = scoring->artefact;
    double sum = 0;
    why->features = arena_calloc(arena, scoring->n_features + 1, sizeof(*why->features));
    for (uint32_t f = 0; f < features->n; f++)
        seen->value[features->index[f]] = features->value[f];
    for (size_t f = 0; f < seen->n; f++) {
        if (seen->row[f] == UINT32_MAX)
            continue;
        const float *weights = artefact->weights + (size_t)seen->row[f] * artefact->n_heads;
        double slope = 0, value = seen->value[seen->index[f]];
        for (uint32_t h = 0; h < artefact->n_heads; h++)
            slope += slopes[h] * weights[h];
        struct explanation_feature feature = {
            .index = seen->index[f], .part = slope * (value - seen->mean[f]), .is_absent = value == 0};
        sum += feature.part;
        if (feature.part != 0)
            keep(why, scoring->n_features, &feature);
    }
    for (uint32_t f = 0; f < features->n; f++)
        seen->value[features->index[f]] = 0;
    for (size_t f = 0; f < why->n_features; f++)
        sum -= why->features[f].part;
    why->rest = sum;
}

// --- which n-grams they are ---------------------------------------------------------------------------------------------
static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void name_features(struct scoring *scoring, struct arena *arena)
{
    size_t n = scoring->n_candidates, n_wanted = 0, n_unique = 0;
    uint32_t *wanted = arena_alloc(arena, n * scoring->n_features * sizeof(*wanted));
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < scoring->why[i].n_features; f++) {
            if (scoring->why[i].features[f].index < FEATURES_DIMENSIONS)
                wanted[n_wanted++] = scoring->why[i].features[f].index;
        }
    }
    qsort(wanted, n_wanted, sizeof(*wanted), by_index);
    for (size_t w = 0; w < n_wanted; w++) {
        if (w == 0 || wanted[w] != wanted[n_unique - 1])
            wanted[n_unique++] = wanted[w];
    }
    struct features_gram *grams = arena_calloc(arena, (n + 1) * n_unique + 1, sizeof(*grams));
    struct features_gram *first = grams + n * n_unique; // of any candidate
    for (size_t i = 0; i < n; i++) {
        const struct predict_candidate *candidate = &scoring->candidates[i];
        features_grams(
            candidate->text, candidate->text_length, wanted, n_unique, arena, grams + i * n_unique);
        for (size_t w = 0; w < n_unique; w++)
            first[w] = first[w].text == NULL ? grams[i * n_unique + w] : first[w];
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < scoring->why[i].n_features; f++) {
            struct explanation_feature *feature = &scoring->why[i].features[f];
            const uint32_t *at = bsearch(&feature->index, wanted, n_unique, sizeof(*wanted), by_index);
            if (at == NULL)
                continue; // a style feature
            size_t w = (size_t)(at - wanted);
            feature->gram = grams[i * n_unique + w].text != NULL ? grams[i * n_unique + w] : first[w];
        }
    }
}

void scoring_explain(struct scoring *scoring, struct arena *arena)
{
    const struct artefact *artefact = scoring->artefact;
    size_t n = scoring->n_candidates, g = scoring->n_groups;
    double *shares = arena_alloc(arena, g * sizeof(*shares)),
           *slopes = arena_alloc(arena, artefact->n_heads * sizeof(*slopes));
    struct features_sparse *features = arena_calloc(arena, n, sizeof(*features));
    struct seen seen;
    struct err err;
    int rc = aggregate_shares(scoring->weights, g, shares, &err);
    assert(rc == 0); // aggregate took them
    for (size_t i = 0; i < n; i++)
        features_of(scoring, i, arena, &features[i]);
    look(scoring, features, &seen);
    scoring->why = arena_calloc(arena, n, sizeof(*scoring->why));
    for (size_t i = 0; i < n; i++) {
        struct explanation *why = &scoring->why[i];
        if (scoring->seats == NULL) {
            why->parts = arena_alloc(arena, g * sizeof(*why->parts));
            aggregate_parts(scoring->rule, scoring->utilities, n, g, shares, &scoring->result, i, why->parts);
        }
        slopes_of_heads(scoring, i, shares, slopes);
        explain_one(scoring, &features[i], &seen, slopes, why, arena);
    }
    seen_release(&seen);
    if (artefact->features == ARTEFACT_HASHED_TEXT)
        name_features(scoring, arena);
}

// --- as it is told ------------------------------------------------------------------------------------------------------
// To a trillionth, as scores are (answer.h): behind that stands only what sums left.
static json_t *part_json(double part)
{
    return json_real(fabs(part) < 1e6 ? round(part * 1e12) / 1e12 + 0.0 : part);
}

static json_t *feature_json(const struct scoring *scoring, const struct explanation_feature *feature)
{
    json_t *json = json_object();
    if (scoring->artefact->features == ARTEFACT_EMBEDDING) {
        json_object_set_new(json, "kind", json_string("dimension"));
        json_object_set_new(json, "dimension", json_integer(feature->index));
    } else if (feature->index >= FEATURES_DIMENSIONS) {
        json_object_set_new(json, "kind", json_string("style"));
        json_object_set_new(
            json, "style", json_string(style_name((enum style)(feature->index - FEATURES_DIMENSIONS))));
    } else {
        json_object_set_new(json, "kind", json_string(feature->gram.is_word ? "words" : "characters"));
        json_object_set_new(json, "text", json_string(feature->gram.text != NULL ? feature->gram.text : ""));
    }
    json_object_set_new(json, "part", part_json(feature->part));
    json_object_set_new(json, "absent", json_boolean(feature->is_absent));
    return json;
}

json_t *explanation_json(const struct scoring *scoring, size_t i)
{
    const struct explanation *why = &scoring->why[i];
    json_t *json = json_object(), *features = json_array();
    if (why->parts != NULL) {
        json_t *groups = json_array();
        for (size_t g = 0; g < scoring->n_groups; g++) {
            const struct artefact_head *head = scoring_group(scoring, g);
            json_array_append_new(groups, json_pack("{s:s, s:s, s:o}", "attribute", head->attribute, "value",
                                              head->value, "part", part_json(why->parts[g])));
        }
        json_object_set_new(json, "groups", groups);
    }
    for (size_t f = 0; f < why->n_features; f++)
        json_array_append_new(features, feature_json(scoring, &why->features[f]));
    json_object_set_new(json, "features", features);
    json_object_set_new(json, "rest", part_json(why->rest));
    return json;
}
