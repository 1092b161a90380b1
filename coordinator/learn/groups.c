#include "coordinator/learn/groups.h"

#include "base/arena.h"
#include "coordinator/identity/templates.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX_BYTES = 200 };
#define SEVERAL "more than one"
#define OWN_WORDS "self-described"
#define OTHER "other"

struct value {
    const char *name;
    uint32_t n, code;
};

struct attribute {
    const char *name;
    struct value *values;
    uint32_t n_values, capacity;
    uint32_t *codes; // until groups_finish: places in `values`
    const char **names;
};

struct groups {
    struct arena *arena;
    const json_t *questions;
    const char *wanted;
    uint32_t n_annotators, n_attributes;
    struct attribute attributes[GROUPS_ATTRIBUTES_MAX];
};

struct groups *groups_new(const json_t *questions, const char *wanted, uint32_t n_annotators)
{
    struct groups *groups = calloc(1, sizeof(*groups));
    if (groups == NULL)
        abort();
    groups->arena = arena_new(SIZE_MAX); // values are capped by the number of annotators times attributes
    groups->questions = questions;
    groups->wanted = arena_strdup(groups->arena, wanted);
    groups->n_annotators = n_annotators;
    return groups;
}

void groups_free(struct groups *groups)
{
    if (groups == NULL)
        return;
    for (uint32_t i = 0; i < groups->n_attributes; i++) {
        free(groups->attributes[i].values);
        free(groups->attributes[i].codes);
    }
    arena_free(groups->arena);
    free(groups);
}

// NULL: there are enough attributes already. The last place is kept for the one the fit is about.
static struct attribute *attribute_named(struct groups *groups, const char *name)
{
    for (uint32_t i = 0; i < groups->n_attributes; i++) {
        if (strcmp(groups->attributes[i].name, name) == 0)
            return &groups->attributes[i];
    }
    uint32_t room = GROUPS_ATTRIBUTES_MAX - (strcmp(name, groups->wanted) == 0 ? 0 : 1);
    if (groups->n_attributes >= room)
        return NULL;
    struct attribute *attribute = &groups->attributes[groups->n_attributes++];
    attribute->name = arena_strdup(groups->arena, name);
    attribute->codes = malloc(max_size(groups->n_annotators, 1) * sizeof(uint32_t));
    if (attribute->codes == NULL)
        abort();
    memset(attribute->codes, 0xff, groups->n_annotators * sizeof(uint32_t)); // GROUPS_NONE
    return attribute;
}

static uint32_t value_named(struct groups *groups, struct attribute *attribute, const char *name)
{
    for (uint32_t i = 0; i < attribute->n_values; i++) {
        if (strcmp(attribute->values[i].name, name) == 0)
            return i;
    }
    if (attribute->n_values == attribute->capacity) {
        attribute->capacity = attribute->capacity == 0 ? 8 : attribute->capacity * 2;
        attribute->values = realloc(attribute->values, attribute->capacity * sizeof(struct value));
        if (attribute->values == NULL)
            abort();
    }
    attribute->values[attribute->n_values] = (struct value){.name = arena_strdup(groups->arena, name)};
    return attribute->n_values++;
}

static const json_t *question_named(const json_t *questions, const char *name)
{
    size_t i;
    json_t *question;
    json_array_foreach((json_t *)questions, i, question)
    {
        const char *id = json_string_value(json_object_get(question, "id"));
        if (id != NULL && strcmp(id, name) == 0)
            return question;
    }
    return NULL;
}

static bool is_listed(const json_t *question, const char *value)
{
    size_t i;
    json_t *listed;
    json_array_foreach(json_object_get(question, "values"), i, listed)
    {
        const char *id = json_string_value(json_is_object(listed) ? json_object_get(listed, "id") : listed);
        if (id != NULL && strcmp(id, value) == 0)
            return true;
    }
    return false;
}

// The group an answer puts a person in, or NULL: no answer, or rather none.
static const char *group_of(const json_t *answer, const json_t *question)
{
    const char *value = json_string_value(answer);
    if (json_is_array(answer)) {
        if (json_array_size(answer) > 1)
            return SEVERAL;
        value = json_string_value(json_array_get(answer, 0));
    }
    if (value == NULL || value[0] == '\0' || strcmp(value, PREFER_NOT_TO_SAY) == 0)
        return NULL;
    // What a person wrote in words of their own may name them; imports have no list to be held to.
    if (question != NULL && !is_listed(question, value))
        return OWN_WORDS;
    return strlen(value) <= VALUE_MAX_BYTES ? value : OWN_WORDS;
}

void groups_add(struct groups *groups, uint32_t annotator, const json_t *answers, bool is_imported)
{
    const char *name;
    json_t *answer;
    assert(annotator < groups->n_annotators);
    json_object_foreach((json_t *)answers, name, answer)
    {
        const json_t *question = is_imported ? NULL : question_named(groups->questions, name);
        bool is_asked =
            json_array_size(json_object_get(question, "values")) > 0; // free answers make no groups
        const char *value = group_of(answer, question);
        if ((!is_asked && !is_imported) || value == NULL || strlen(name) > VALUE_MAX_BYTES)
            continue;
        struct attribute *attribute = attribute_named(groups, name);
        if (attribute == NULL)
            continue;
        uint32_t place = value_named(groups, attribute, value);
        attribute->values[place].n++;
        attribute->codes[annotator] = place;
    }
}

// --- the end ------------------------------------------------------------------------------------------------------
static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct value *const *)a)->name, (*(struct value *const *)b)->name);
}

static int by_count(const void *a, const void *b)
{
    const struct value *x = *(struct value *const *)a, *y = *(struct value *const *)b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : strcmp(x->name, y->name);
}

static int by_attribute(const void *a, const void *b)
{
    return strcmp(((const struct attribute *)a)->name, ((const struct attribute *)b)->name);
}

static void finish_attribute(struct groups *groups, struct attribute *attribute)
{
    uint32_t n = attribute->n_values, kept = n;
    struct value **order = arena_calloc(groups->arena, n, sizeof(*order));
    for (uint32_t i = 0; i < n; i++)
        order[i] = &attribute->values[i];
    if (n > GROUPS_VALUES_MAX) {
        qsort(order, n, sizeof(*order), by_count);
        kept = GROUPS_VALUES_MAX - 1;
    }
    qsort(order, kept, sizeof(*order), by_name);
    attribute->names = arena_calloc(groups->arena, (size_t)kept + 1, sizeof(*attribute->names));
    for (uint32_t i = 0; i < n; i++) {
        order[i]->code = i < kept ? i : kept;
        if (i < kept)
            attribute->names[i] = order[i]->name;
    }
    if (kept < n)
        attribute->names[kept] = OTHER;
    for (uint32_t i = 0; i < groups->n_annotators; i++) {
        if (attribute->codes[i] != GROUPS_NONE)
            attribute->codes[i] = attribute->values[attribute->codes[i]].code;
    }
    attribute->n_values = kept < n ? kept + 1 : kept;
}

void groups_finish(struct groups *groups)
{
    qsort(groups->attributes, groups->n_attributes, sizeof(groups->attributes[0]), by_attribute);
    for (uint32_t i = 0; i < groups->n_attributes; i++)
        finish_attribute(groups, &groups->attributes[i]);
}

uint32_t groups_n_attributes(const struct groups *groups)
{
    return groups->n_attributes;
}

const char *groups_attribute(const struct groups *groups, uint32_t attribute)
{
    return groups->attributes[attribute].name;
}

uint32_t groups_n_values(const struct groups *groups, uint32_t attribute)
{
    return groups->attributes[attribute].n_values;
}

const char *const *groups_values(const struct groups *groups, uint32_t attribute)
{
    return groups->attributes[attribute].names;
}

const uint32_t *groups_codes(const struct groups *groups, uint32_t attribute)
{
    return groups->attributes[attribute].codes;
}
