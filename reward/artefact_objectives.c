#include "reward/artefact_objectives.h"

#include <math.h>
#include <string.h>

#define NUMBER_MAX 1e9

// ---------------------------------------------------------------- writing
static json_t *numbers_json(const double *numbers, size_t n)
{
    json_t *json = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(json, json_real(numbers[i]));
    return json;
}

static json_t *group_json(const struct objective_group *group)
{
    return json_pack("{s:s, s:s, s:I, s:f, s:o, s:I, s:I}", "attribute", group->attribute, "value",
        group->value, "head", (json_int_t)group->head, "height", group->height, "covariance",
        numbers_json(group->covariance, ARRAY_SIZE(group->covariance)), "n_annotators",
        (json_int_t)group->n_annotators, "n_ratings", (json_int_t)group->n_ratings);
}

json_t *artefact_objectives_to_json(const struct artefact *artefact)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < artefact->n_objectives; i++) {
        const struct objective *one = &artefact->objectives[i];
        json_t *groups = json_array();
        for (uint32_t g = 0; g < one->n_groups; g++)
            json_array_append_new(groups, group_json(&one->groups[g]));
        json_t *json = json_pack("{s:s, s:b, s:b, s:o, s:o, s:f, s:f, s:o}", "name", one->name, "article",
            (int)one->is_article, "supported", (int)one->supported, "values",
            numbers_json(one->value, one->n_levels), "thresholds",
            numbers_json(one->threshold, one->n_levels - 1), "spread", one->spread, "residual", one->residual,
            "groups", groups);
        assert(json != NULL);
        json_array_append_new(list, json);
    }
    return list;
}

// ---------------------------------------------------------------- reading
static bool read_number(const json_t *value, double low, double high, double *ret_number)
{
    *ret_number = json_number_value(value);
    return json_is_number(value) && *ret_number >= low && *ret_number <= high;
}

static bool read_name(const json_t *value, struct arena *arena, const char **ret_name)
{
    *ret_name = "";
    if (!json_is_string(value) || json_string_length(value) > ARTEFACT_NAME_MAX)
        return false;
    *ret_name = arena_strndup(arena, json_string_value(value), json_string_length(value));
    return true;
}

static bool read_count(const json_t *value, json_int_t high, uint32_t *ret_count)
{
    json_int_t count = json_is_integer(value) ? json_integer_value(value) : -1;
    *ret_count = count >= 0 && count <= high ? (uint32_t)count : 0;
    return count >= 0 && count <= high;
}

static const double *read_ascending(const json_t *list, size_t n, struct arena *arena)
{
    double *numbers = arena_calloc(arena, n, sizeof(*numbers));
    if (!json_is_array(list) || json_array_size(list) != n)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (!read_number(json_array_get(list, i), -NUMBER_MAX, NUMBER_MAX, &numbers[i]) ||
            (i > 0 && numbers[i] < numbers[i - 1]))
            return NULL;
    }
    return numbers;
}

static bool read_group(
    const json_t *json, uint32_t n_heads, struct arena *arena, struct objective_group *group)
{
    const json_t *covariance = json_object_get(json, "covariance");
    if (!json_is_object(json) || json_object_size(json) != 7 ||
        json_array_size(covariance) != ARRAY_SIZE(group->covariance))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(group->covariance); i++) {
        if (!read_number(
                json_array_get(covariance, i), i == 1 ? -NUMBER_MAX : 0, NUMBER_MAX, &group->covariance[i]))
            return false;
    }
    return read_name(json_object_get(json, "attribute"), arena, &group->attribute) &&
           read_name(json_object_get(json, "value"), arena, &group->value) &&
           read_count(json_object_get(json, "head"), (json_int_t)n_heads - 1, &group->head) &&
           read_number(json_object_get(json, "height"), -NUMBER_MAX, NUMBER_MAX, &group->height) &&
           read_count(json_object_get(json, "n_annotators"), UINT32_MAX, &group->n_annotators) &&
           read_count(json_object_get(json, "n_ratings"), UINT32_MAX, &group->n_ratings);
}

static bool read_objective(
    const json_t *json, uint32_t n_heads, struct arena *arena, struct objective *objective)
{
    const json_t *values = json_object_get(json, "values"), *groups = json_object_get(json, "groups");
    const json_t *article = json_object_get(json, "article"), *supported = json_object_get(json, "supported");
    size_t n = json_array_size(values), n_groups = json_array_size(groups);
    if (!json_is_object(json) || json_object_size(json) != 8 || n < 2 || n > OBJECTIVE_LEVELS_MAX ||
        n_groups < 1 || n_groups > ARTEFACT_HEADS_MAX || !json_is_boolean(article) ||
        !json_is_boolean(supported) || (json_is_true(article) && n != 2))
        return false;
    objective->is_article = json_is_true(article);
    objective->supported = json_is_true(supported);
    objective->n_levels = (uint32_t)n;
    objective->value = read_ascending(values, n, arena);
    objective->threshold = read_ascending(json_object_get(json, "thresholds"), n - 1, arena);
    if (objective->value == NULL || objective->threshold == NULL ||
        !read_name(json_object_get(json, "name"), arena, &objective->name) ||
        !read_number(json_object_get(json, "spread"), 0, NUMBER_MAX, &objective->spread) ||
        !read_number(json_object_get(json, "residual"), 0, NUMBER_MAX, &objective->residual))
        return false;
    struct objective_group *list = arena_calloc(arena, n_groups, sizeof(*list));
    for (size_t g = 0; g < n_groups; g++) {
        if (!read_group(json_array_get(groups, g), n_heads, arena, &list[g]))
            return false;
    }
    objective->n_groups = (uint32_t)n_groups;
    objective->groups = list;
    return true;
}

bool artefact_objectives_read(const json_t *list, struct arena *arena, struct artefact *artefact)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n < 1 || n > OBJECTIVES_MAX)
        return false;
    struct objective *objectives = arena_calloc(arena, n, sizeof(*objectives));
    for (size_t i = 0; i < n; i++) {
        if (!read_objective(json_array_get(list, i), artefact->n_heads, arena, &objectives[i]))
            return false;
    }
    artefact->n_objectives = (uint32_t)n;
    artefact->objectives = objectives;
    return true;
}
