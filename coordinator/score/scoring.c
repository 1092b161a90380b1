#include "coordinator/score/scoring.h"

#include "base/hash.h"
#include "coordinator/embed/embed.h"
#include "reward/features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct artefact_head *scoring_group(const struct scoring *scoring, size_t group)
{
    return &scoring->artefact->heads[predict_served_head(scoring->artefact, (uint32_t)group)];
}

// What is wrong with an embedding, for its pointer; NULL: nothing.
static const char *read_base64(
    const char *text, size_t length, struct arena *arena, struct predict_candidate *candidate)
{
    float *values = arena_alloc(arena, length / 4 * 3 + sizeof(float));
    int size = base64_decode(text, length, values);
    if (size < 0)
        return "must be finite numbers, or base64 of float32: this is no base64";
    if (size == 0 || size % (int)sizeof(float) != 0)
        return "must be finite numbers, or base64 of float32: these bytes are no whole number of them";
    candidate->embedding = values;
    candidate->n_dimensions = (uint32_t)size / sizeof(float);
    return NULL;
}

static const char *read_numbers(json_t *array, struct arena *arena, struct predict_candidate *candidate)
{
    size_t n = json_array_size(array), i;
    json_t *number;
    float *values = arena_alloc(arena, n * sizeof(float));
    json_array_foreach(array, i, number)
    {
        values[i] = (float)json_number_value(number);
        if (!json_is_number(number))
            return "must be finite numbers, or base64 of float32: an entry is no number";
    }
    candidate->embedding = values;
    candidate->n_dimensions = (uint32_t)n;
    return NULL;
}

static const char *read_embedding(const struct scoring *scoring, json_t *embedding, struct arena *arena,
    struct predict_candidate *candidate)
{
    if (json_is_string(embedding))
        return read_base64(json_string_value(embedding), json_string_length(embedding), arena, candidate);
    if (json_is_array(embedding) && json_array_size(embedding) > 0)
        return read_numbers(embedding, arena, candidate);
    json_int_t index = json_integer_value(embedding);
    if (json_is_integer(embedding) && scoring->lifted != NULL && index >= 0 &&
        (size_t)index < scoring->lifted->n) {
        candidate->embedding = scoring->lifted->list[index].values;
        candidate->n_dimensions = scoring->lifted->list[index].n_dimensions;
        return NULL;
    }
    return "must be finite numbers, or base64 of float32";
}

static void set_text(struct predict_candidate *candidate, json_t *text)
{
    candidate->text = json_string_value(text);
    candidate->text_length = json_string_length(text);
}

// The texts of [{"type": "text", "text"}, ...], one behind the other; NULL: it is no such list.
static const char *text_of_parts(json_t *parts, struct arena *arena, size_t *ret_length)
{
    size_t i, length = 0;
    json_t *part;
    json_array_foreach(parts, i, part)
    {
        json_t *text = json_object_get(part, "text");
        if (!json_is_string(text))
            return NULL;
        length += json_string_length(text);
    }
    char *whole = arena_alloc(arena, length + 1), *to = whole;
    json_array_foreach(parts, i, part)
    {
        json_t *text = json_object_get(part, "text");
        memcpy(to, json_string_value(text), json_string_length(text));
        to += json_string_length(text);
    }
    *to = '\0';
    *ret_length = length;
    return whole;
}

// A text, or an object with text or content, and an embedding.
static int read_content(struct scoring *scoring, size_t i, json_t *value, const char *pointer,
    bool may_be_parts, struct arena *arena, struct err *err)
{
    struct predict_candidate *candidate = &scoring->candidates[i];
    if (json_is_string(value)) {
        set_text(candidate, value);
        return 0;
    }
    if (!json_is_object(value))
        return err_set(err, ERR_INVALID, "%s/%zu must be a text or an object", pointer, i);
    json_t *embedding = json_object_get(value, "embedding"), *text = json_object_get(value, "content");
    if (text == NULL)
        text = json_object_get(value, "text");
    if (json_is_string(text))
        set_text(candidate, text);
    else if (may_be_parts && json_is_array(text))
        candidate->text = text_of_parts(text, arena, &candidate->text_length);
    if (text != NULL && candidate->text == NULL)
        return err_set(err, ERR_INVALID, "%s/%zu/content must be a text", pointer, i);
    if (embedding != NULL && !json_is_null(embedding)) {
        const char *wrong = read_embedding(scoring, embedding, arena, candidate);
        if (wrong != NULL)
            return err_set(err, ERR_INVALID, "%s/%zu/embedding %s", pointer, i, wrong);
    }
    if (candidate->text == NULL && candidate->embedding == NULL)
        return err_set(err, ERR_INVALID, "%s/%zu must have content or an embedding", pointer, i);
    return 0;
}

static int read_id(struct scoring *scoring, size_t i, json_t *value, const char *pointer, struct err *err)
{
    json_t *id = json_object_get(value, "id");
    if (id != NULL && !json_is_string(id))
        return err_set(err, ERR_INVALID, "%s/%zu/id must be a text", pointer, i);
    scoring->ids[i] = json_string_value(id);
    return 0;
}

static int begin(
    struct scoring *scoring, json_t *list, const char *pointer, struct arena *arena, struct err *err)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n == 0)
        return err_set(err, ERR_INVALID, "%s must be a list with at least one candidate", pointer);
    if (n > SCORING_CANDIDATES_MAX)
        return err_set(err, ERR_INVALID, "%s has %zu candidates, at most %d are scored at once", pointer, n,
            SCORING_CANDIDATES_MAX);
    scoring->n_candidates = n;
    scoring->candidates = arena_calloc(arena, n, sizeof(*scoring->candidates));
    scoring->ids = arena_calloc(arena, n, sizeof(*scoring->ids));
    return 0;
}

// The greatest of the numbers by their bits: by size, and infinity and NaN above all.
static uint32_t greatest_bits(const float *values, uint32_t n)
{
    uint32_t most[4] = {0}, bits[4], d = 0;
    for (; d + 4 <= n; d += 4) {
        memcpy(bits, values + d, sizeof(bits));
        for (int lane = 0; lane < 4; lane++) {
            bits[lane] &= 0x7fffffff;
            most[lane] = bits[lane] > most[lane] ? bits[lane] : most[lane];
        }
    }
    for (; d < n; d++) {
        memcpy(bits, values + d, sizeof(bits[0]));
        bits[0] &= 0x7fffffff;
        most[0] = bits[0] > most[0] ? bits[0] : most[0];
    }
    for (int lane = 1; lane < 4; lane++)
        most[0] = most[lane] > most[0] ? most[lane] : most[0];
    return most[0];
}

// Finite, and none so great that it must be a mistake.
static int check_values(const struct predict_candidate *candidate, const char *at, struct err *err)
{
    const float most = FEATURES_EMBEDDING_MAX_VALUE;
    uint32_t limit;
    memcpy(&limit, &most, sizeof(limit));
    if (greatest_bits(candidate->embedding, candidate->n_dimensions) <= limit)
        return 0;
    uint32_t d = 0;
    while (fabsf(candidate->embedding[d]) <= most)
        d++;
    if (!isfinite(candidate->embedding[d]))
        return err_set(err, ERR_INVALID, "%s must be finite numbers: entry %u is not", at, d);
    return err_set(err, ERR_INVALID, "%s must hold numbers of at most %g: entry %u is %g", at, (double)most,
        d, (double)candidate->embedding[d]);
}

// The first reading gathers the texts, the second takes in the same order what came.
static int want(const struct scoring *scoring, struct predict_candidate *candidate, const char *pointer,
    size_t i, struct err *err)
{
    struct embed_wanted *wanted = scoring->wanted;
    if (wanted->values != NULL) {
        candidate->n_dimensions = wanted->n_dimensions;
        candidate->embedding = wanted->values + wanted->n_taken++ * wanted->n_dimensions;
        return 0;
    }
    if (wanted->n == EMBEDDINGS_TEXTS_MAX)
        return err_set(err, ERR_INVALID,
            "%s/%zu has no embedding, and those of at most %d candidates are asked for at once", pointer, i,
            EMBEDDINGS_TEXTS_MAX);
    wanted->texts[wanted->n++] = (struct embeddings_text){candidate->text, candidate->text_length};
    return 0;
}

// What the model needs is there. `beside`: the embeddings came in a list of their own.
static int check_features(const struct scoring *scoring, const char *pointer, bool beside, struct err *err)
{
    const struct artefact *artefact = scoring->artefact;
    bool is_text = artefact->features == ARTEFACT_HASHED_TEXT;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < scoring->n_candidates; i++) {
        struct predict_candidate *candidate = &scoring->candidates[i];
        char at[128];
        if (beside)
            snprintf(at, sizeof(at), "embeddings/%zu", i);
        else
            snprintf(at, sizeof(at), "%s/%zu/embedding", pointer, i);
        if (is_text && candidate->text == NULL)
            rc =
                err_set(err, ERR_INVALID, "%s/%zu has no text, and the model was fitted on text", pointer, i);
        else if (!is_text && candidate->embedding == NULL && scoring->wanted != NULL)
            rc = want(scoring, candidate, pointer, i, err);
        else if (!is_text && candidate->embedding == NULL)
            rc = err_set(err, ERR_INVALID, "%s/%zu has no embedding, and the model was fitted on embeddings",
                pointer, i);
        else if (!is_text && candidate->n_dimensions != artefact->n_dimensions)
            rc = err_set(err, ERR_INVALID, "%s has %u dimensions, the model takes %u", at,
                candidate->n_dimensions, artefact->n_dimensions);
        else if (candidate->embedding != NULL)
            rc = check_values(candidate, at, err);
    }
    return rc;
}

int scoring_read_candidates(
    struct scoring *scoring, json_t *candidates, const char *pointer, struct arena *arena, struct err *err)
{
    int rc = begin(scoring, candidates, pointer, arena, err);
    for (size_t i = 0; rc == 0 && i < scoring->n_candidates; i++) {
        json_t *value = json_array_get(candidates, i);
        rc = read_content(scoring, i, value, pointer, false, arena, err);
        if (rc == 0)
            rc = read_id(scoring, i, value, pointer, err);
    }
    return rc == 0 ? check_features(scoring, pointer, false, err) : rc;
}

int scoring_read_documents(struct scoring *scoring, json_t *documents, json_t *embeddings,
    const char *pointer, struct arena *arena, struct err *err)
{
    int rc = begin(scoring, documents, pointer, arena, err);
    for (size_t i = 0; rc == 0 && i < scoring->n_candidates; i++)
        rc = read_content(scoring, i, json_array_get(documents, i), pointer, true, arena, err);
    if (rc < 0)
        return rc;
    bool beside = embeddings != NULL && !json_is_null(embeddings);
    if (beside && (!json_is_array(embeddings) || json_array_size(embeddings) != scoring->n_candidates))
        return err_set(err, ERR_INVALID, "embeddings must be a list with one for each of %s", pointer);
    for (size_t i = 0; beside && i < scoring->n_candidates; i++) {
        const char *wrong =
            read_embedding(scoring, json_array_get(embeddings, i), arena, &scoring->candidates[i]);
        if (wrong != NULL)
            return err_set(err, ERR_INVALID, "embeddings/%zu %s", i, wrong);
    }
    return check_features(scoring, pointer, beside, err);
}

int scoring_choose_rule(struct scoring *scoring, const char *name, struct err *err)
{
    scoring->n_groups = artefact_n_served(scoring->artefact);
    bool is_jury = name != NULL && strcmp(name, "jury") == 0;
    if (is_jury && scoring->seats == NULL)
        return err_set(err, ERR_INVALID, "/jury must say who sits on it");
    if (scoring->seats != NULL && name != NULL && !is_jury)
        return err_set(err, ERR_INVALID, "/aggregate must be jury where a jury is given");
    if (scoring->seats != NULL) {
        scoring->rule = AGGREGATE_MEAN;
        return 0;
    }
    if (name == NULL) {
        scoring->rule = scoring->n_groups > 1 ? AGGREGATE_MAXMIN : AGGREGATE_MEAN;
        return 0;
    }
    if (!aggregate_rule_parse(name, &scoring->rule))
        return err_set(err, ERR_INVALID,
            "/aggregate must be mean, maxmin, leximin, nash, weights, lottery, maximal-lottery or jury");
    return 0;
}

int scoring_read_weights(struct scoring *scoring, json_t *weights, struct arena *arena, struct err *err)
{
    if (scoring->rule != AGGREGATE_WEIGHTS) {
        double *shares = arena_alloc(arena, scoring->n_groups * sizeof(double));
        for (size_t g = 0; g < scoring->n_groups; g++)
            shares[g] = scoring_group(scoring, g)->share;
        scoring->weights = shares;
        return 0;
    }
    if (!json_is_object(weights))
        return err_set(err, ERR_INVALID, "/weights must give a number for groups of the model, by value");
    double *given = arena_calloc(arena, scoring->n_groups, sizeof(double)), sum = 0;
    const char *value;
    json_t *weight;
    json_object_foreach(weights, value, weight)
    {
        size_t g = 0;
        while (g < scoring->n_groups && strcmp(scoring_group(scoring, g)->value, value) != 0)
            g++;
        if (g == scoring->n_groups)
            return err_set(err, ERR_INVALID, "/weights/%.64s is not a group of this model", value);
        given[g] = json_number_value(weight);
        if (!json_is_number(weight) || !isfinite(given[g]) || given[g] < 0)
            return err_set(err, ERR_INVALID, "/weights/%.64s must be a number that is not negative", value);
        sum += given[g];
    }
    if (!(sum > 0) || !isfinite(sum))
        return err_set(err, ERR_INVALID, "/weights must have a finite sum over zero");
    scoring->weights = given;
    return 0;
}

int scoring_rewards(struct scoring *scorings, size_t n, struct arena *arena, struct err *err)
{
    const struct artefact *artefact = scorings[0].artefact;
    size_t n_all = 0, at = 0;
    for (size_t s = 0; s < n; s++)
        n_all += scorings[s].n_candidates;
    double *rewards = arena_alloc(arena, n_all * artefact->n_heads * sizeof(double));
    struct predict_candidate *candidates = scorings[0].candidates;
    if (n > 1) {
        candidates = arena_alloc(arena, n_all * sizeof(*candidates));
        for (size_t s = 0; s < n; at += scorings[s++].n_candidates)
            memcpy(candidates + at, scorings[s].candidates, scorings[s].n_candidates * sizeof(*candidates));
    }
    int rc = predict_rewards(artefact, candidates, n_all, arena, rewards, err);
    at = 0;
    for (size_t s = 0; s < n; at += scorings[s++].n_candidates)
        scorings[s].rewards = rewards + at * artefact->n_heads;
    return rc;
}

int scoring_decide(struct scoring *scoring, struct arena *arena, struct err *err)
{
    const struct artefact *artefact = scoring->artefact;
    size_t n = scoring->n_candidates;
    scoring->utilities = arena_alloc(arena, n * scoring->n_groups * sizeof(double));
    // One response alone has nothing to be centred on: it is measured against the training mean.
    if (n > 1 && !scoring->alone)
        predict_served_utilities(artefact, scoring->rewards, n, scoring->utilities);
    else
        predict_served_single(artefact, scoring->rewards, n, scoring->utilities);
    int rc = aggregate(scoring->rule, scoring->utilities, n, scoring->n_groups, scoring->weights, arena,
        &scoring->result, err);
    if (rc == 0 && scoring->seats != NULL)
        rc = scoring_try_jury(scoring, scoring->rewards, arena, err);
    return rc;
}

int scoring_run(struct scoring *scoring, struct arena *arena, struct err *err)
{
    int rc = scoring_rewards(scoring, 1, arena, err);
    return rc == 0 ? scoring_decide(scoring, arena, err) : rc;
}
