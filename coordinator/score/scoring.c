#include "coordinator/score/scoring.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

const struct artefact_head *scoring_group(const struct scoring *scoring, size_t group)
{
    return &scoring->artefact->heads[predict_served_head(scoring->artefact, (uint32_t)group)];
}

static int read_base64(
    const char *text, size_t length, struct arena *arena, struct predict_candidate *candidate)
{
    float *values = arena_alloc(arena, length / 4 * 3 + sizeof(float));
    int size = base64_decode(text, length, values);
    if (size < 0 || size % (int)sizeof(float) != 0)
        return ERR_INVALID;
    candidate->embedding = values;
    candidate->n_dimensions = (uint32_t)size / sizeof(float);
    return 0;
}

static int read_numbers(json_t *array, struct arena *arena, struct predict_candidate *candidate)
{
    size_t n = json_array_size(array), i;
    json_t *number;
    float *values = arena_alloc(arena, n * sizeof(float));
    json_array_foreach(array, i, number)
    {
        values[i] = (float)json_number_value(number);
        if (!json_is_number(number) || !isfinite(values[i]))
            return ERR_INVALID;
    }
    candidate->embedding = values;
    candidate->n_dimensions = (uint32_t)n;
    return 0;
}

static int read_embedding(json_t *embedding, struct arena *arena, struct predict_candidate *candidate)
{
    if (json_is_string(embedding))
        return read_base64(json_string_value(embedding), json_string_length(embedding), arena, candidate);
    if (json_is_array(embedding) && json_array_size(embedding) > 0)
        return read_numbers(embedding, arena, candidate);
    return ERR_INVALID;
}

static void set_text(struct predict_candidate *candidate, json_t *text)
{
    candidate->text = json_string_value(text);
    candidate->text_length = json_string_length(text);
}

// A text, or an object with text or content, and an embedding.
static int read_content(struct scoring *scoring, size_t i, json_t *value, const char *pointer,
    struct arena *arena, struct err *err)
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
    if (text != NULL && !json_is_string(text))
        return err_set(err, ERR_INVALID, "%s/%zu/content must be a text", pointer, i);
    if (text != NULL)
        set_text(candidate, text);
    if (embedding != NULL && !json_is_null(embedding) && read_embedding(embedding, arena, candidate) < 0)
        return err_set(
            err, ERR_INVALID, "%s/%zu/embedding must be finite numbers, or base64 of float32", pointer, i);
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

int scoring_read_candidates(
    struct scoring *scoring, json_t *candidates, const char *pointer, struct arena *arena, struct err *err)
{
    int rc = begin(scoring, candidates, pointer, arena, err);
    for (size_t i = 0; rc == 0 && i < scoring->n_candidates; i++) {
        json_t *value = json_array_get(candidates, i);
        rc = read_content(scoring, i, value, pointer, arena, err);
        if (rc == 0)
            rc = read_id(scoring, i, value, pointer, err);
    }
    return rc;
}

int scoring_read_documents(struct scoring *scoring, json_t *documents, json_t *embeddings,
    const char *pointer, struct arena *arena, struct err *err)
{
    int rc = begin(scoring, documents, pointer, arena, err);
    for (size_t i = 0; rc == 0 && i < scoring->n_candidates; i++)
        rc = read_content(scoring, i, json_array_get(documents, i), pointer, arena, err);
    if (rc < 0 || embeddings == NULL || json_is_null(embeddings))
        return rc;
    if (!json_is_array(embeddings) || json_array_size(embeddings) != scoring->n_candidates)
        return err_set(err, ERR_INVALID, "embeddings must be a list with one for each of %s", pointer);
    for (size_t i = 0; i < scoring->n_candidates; i++) {
        if (read_embedding(json_array_get(embeddings, i), arena, &scoring->candidates[i]) < 0)
            return err_set(
                err, ERR_INVALID, "embeddings/%zu must be finite numbers, or base64 of float32", i);
    }
    return 0;
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
        return err_set(
            err, ERR_INVALID, "/aggregate must be mean, maxmin, leximin, nash, weights, lottery or jury");
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

int scoring_run(struct scoring *scoring, struct arena *arena, struct err *err)
{
    const struct artefact *artefact = scoring->artefact;
    size_t n = scoring->n_candidates;
    double *rewards = arena_alloc(arena, n * artefact->n_heads * sizeof(double));
    scoring->utilities = arena_alloc(arena, n * scoring->n_groups * sizeof(double));
    int rc = predict_rewards(artefact, scoring->candidates, n, arena, rewards, err);
    if (rc < 0)
        return rc;
    // One response alone has nothing to be centred on: it is measured against the training mean.
    if (n > 1)
        predict_served_utilities(artefact, rewards, n, scoring->utilities);
    else
        predict_served_single(artefact, rewards, n, scoring->utilities);
    rc = aggregate(scoring->rule, scoring->utilities, n, scoring->n_groups, scoring->weights, arena,
        &scoring->result, err);
    if (rc == 0 && scoring->seats != NULL)
        rc = scoring_try_jury(scoring, rewards, arena, err);
    return rc;
}
