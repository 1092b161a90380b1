#include "coordinator/identity/templates.h"

#include <stdio.h>
#include <string.h>

enum { POINTER_BYTES = 200, ID_MAX_CHARACTERS = 64, SHORT_MAX_CHARACTERS = 60 };

static json_t *template_load(const char *name)
{
    for (const struct demographic_template *one = demographic_templates; one->name != NULL; one++) {
        if (strcmp(one->name, name) == 0)
            return json_loads(one->text, JSON_REJECT_DUPLICATES, NULL);
    }
    return NULL;
}

static json_t *read_label(struct fields *fields, const json_t *object, const char *at, const char *id)
{
    json_t *label = json_object_get(object, "label");
    if (label == NULL)
        return json_string(id);
    bool ok = json_is_string(label) && json_string_length(label) <= 2000;
    if (json_is_object(label)) {
        const char *language;
        json_t *text;
        ok = json_object_size(label) > 0 && json_object_size(label) <= 100;
        json_object_foreach(label, language, text) ok =
            ok && json_is_string(text) && json_string_length(text) <= 2000;
    }
    if (!ok)
        fields_fail_at(fields, at, "label", "label must be text, or an object of texts by language.");
    return json_incref(label);
}

// A value is its id alone, or {id, label}.
static json_t *read_value(struct fields *fields, const json_t *value, const char *at)
{
    json_t *object = json_object();
    const char *id = NULL;
    if (json_is_string(value)) {
        id = json_string_value(value);
        if (text_characters(id) < 1 || text_characters(id) > ATTRIBUTE_TEXT_MAX)
            fields_fail(fields, at, "A value must have 1 to %d characters.", ATTRIBUTE_TEXT_MAX);
    } else if (json_is_object(value)) {
        id = fields_text(fields, value, at, "id", FIELD_REQUIRED, 1, ATTRIBUTE_TEXT_MAX);
    } else {
        fields_fail(fields, at, "A value must be text or {id, label}.");
    }
    if (id != NULL && strcmp(id, PREFER_NOT_TO_SAY) == 0)
        fields_fail(fields, at, PREFER_NOT_TO_SAY " is always offered; leave it out.");
    json_object_set_new(object, "id", json_string(id != NULL ? id : ""));
    json_object_set_new(
        object, "label", read_label(fields, json_is_object(value) ? value : NULL, at, id != NULL ? id : ""));
    return object;
}

static bool has_id(const json_t *list, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        const char *own = json_string_value(json_object_get(one, "id"));
        if (own != NULL && strcmp(own, id) == 0)
            return true;
    }
    return false;
}

static json_t *read_attribute(struct fields *fields, const json_t *attribute, const char *at)
{
    json_t *object = json_object();
    // `name` is taken for `id` too: both are what people write.
    const char *key = json_object_get(attribute, "id") == NULL && json_object_get(attribute, "name") != NULL
                          ? "name"
                          : "id";
    const char *id = fields_text(fields, attribute, at, key, FIELD_REQUIRED, 1, ID_MAX_CHARACTERS);
    bool multi = fields_bool(fields, attribute, at, "multi", false);
    bool free_text = fields_bool(fields, attribute, at, "free", false);
    json_t *values = fields_array(fields, attribute, at, "values",
        free_text ? FIELD_OPTIONAL : FIELD_REQUIRED, free_text ? 0 : 1, ATTRIBUTE_VALUES_MAX);
    json_t *own = json_array(), *value;
    size_t i;
    json_array_foreach(values, i, value)
    {
        char pointer[POINTER_BYTES];
        snprintf(pointer, sizeof(pointer), "%.100s/values/%zu", at, i);
        json_t *read = read_value(fields, value, pointer);
        if (has_id(own, json_string_value(json_object_get(read, "id"))))
            fields_fail(fields, pointer, "This value stands here twice.");
        json_array_append_new(own, read);
    }
    json_object_set_new(object, "id", json_string(id != NULL ? id : ""));
    json_object_set_new(object, "label", read_label(fields, attribute, at, id != NULL ? id : ""));
    json_t *brief = fields_words(fields, attribute, at, "short", FIELD_OPTIONAL, 1, SHORT_MAX_CHARACTERS);
    if (brief != NULL)
        json_object_set(object, "short", brief);
    json_object_set_new(object, "multi", json_boolean(multi));
    if (free_text)
        json_object_set_new(object, "free", json_true());
    json_object_set_new(object, "values", own);
    return object;
}

static json_t *read_attributes(struct fields *fields, const json_t *attributes, const char *at)
{
    json_t *own = json_array(), *attribute;
    size_t i;
    json_array_foreach(attributes, i, attribute)
    {
        char pointer[POINTER_BYTES];
        snprintf(pointer, sizeof(pointer), "%.100s/attributes/%zu", at, i);
        if (!json_is_object(attribute)) {
            fields_fail(fields, pointer, "An attribute must be an object.");
            continue;
        }
        json_t *read = read_attribute(fields, attribute, pointer);
        if (has_id(own, json_string_value(json_object_get(read, "id"))))
            fields_fail(fields, pointer, "This attribute stands here twice.");
        json_array_append_new(own, read);
    }
    return own;
}

json_t *demographics_resolve(struct fields *fields, const json_t *demographics, const char *at)
{
    json_t *resolved = json_object(), *pack = NULL;
    fields_only(fields, demographics, at, FIELDS("template", "attributes"));
    const char *name = fields_text(fields, demographics, at, "template", FIELD_OPTIONAL, 1, 64);
    const json_t *attributes =
        fields_array(fields, demographics, at, "attributes", FIELD_OPTIONAL, 0, ATTRIBUTES_MAX);
    if (name != NULL) {
        pack = template_load(name);
        if (pack == NULL)
            fields_fail_at(fields, at, "template", "There is no template of this name.");
        json_object_set_new(resolved, "template", json_string(name));
        json_object_set(resolved, "version", json_object_get(pack, "version"));
        if (attributes == NULL)
            attributes = json_object_get(pack, "attributes");
    } else if (attributes == NULL && json_object_get(demographics, "attributes") == NULL) {
        fields_fail(fields, at, "demographics needs a template or attributes.");
    }
    json_object_set_new(resolved, "attributes", read_attributes(fields, attributes, at));
    json_decref(pack);
    if (fields_ok(fields))
        return resolved;
    json_decref(resolved);
    return NULL;
}

json_t *demographics_templates(void)
{
    json_t *list = json_array();
    for (const struct demographic_template *one = demographic_templates; one->name != NULL; one++) {
        json_t *pack = json_loads(one->text, JSON_REJECT_DUPLICATES, NULL);
        json_object_set_new(pack, "name", json_string(one->name));
        json_array_append_new(list, pack);
    }
    return list;
}

// --- answers ----------------------------------------------------------------------------------------------------------
static bool value_fits(const json_t *attribute, const json_t *value)
{
    if (!json_is_string(value))
        return false;
    if (has_id(json_object_get(attribute, "values"), json_string_value(value)))
        return true;
    size_t length = text_characters(json_string_value(value));
    return json_is_true(json_object_get(attribute, "free")) && length >= 1 && length <= ATTRIBUTE_TEXT_MAX;
}

static void check_set(
    struct fields *fields, const json_t *attribute, const json_t *answer, const char *at, const char *id)
{
    size_t i, j;
    json_t *value, *other;
    if (!json_is_true(json_object_get(attribute, "multi")))
        fields_fail_at(fields, at, id, "This question takes one value, not a list.");
    else if (json_array_size(answer) == 0 || json_array_size(answer) > ATTRIBUTE_VALUES_MAX)
        fields_fail_at(fields, at, id, "A list needs one value at least; leave the question out instead.");
    json_array_foreach(answer, i, value)
    {
        bool twice = false;
        json_array_foreach(answer, j, other) twice = twice || (j < i && json_equal(value, other));
        if (twice || !value_fits(attribute, value))
            fields_fail_at(
                fields, at, id, "Entry %zu is not one of this question's values, or stands there twice.", i);
    }
}

void demographics_check(
    struct fields *fields, const json_t *answers, const json_t *attributes, const char *at)
{
    const char *id;
    json_t *answer;
    json_object_foreach((json_t *)answers, id, answer)
    {
        const json_t *attribute = NULL;
        json_t *one;
        size_t i;
        json_array_foreach(attributes, i, one)
        {
            const char *own = json_string_value(json_object_get(one, "id"));
            if (own != NULL && strcmp(own, id) == 0)
                attribute = one;
        }
        if (attribute == NULL)
            fields_fail_at(fields, at, id, "None of your studies asks this.");
        else if (json_is_string(answer) && strcmp(json_string_value(answer), PREFER_NOT_TO_SAY) == 0)
            continue;
        else if (json_is_array(answer))
            check_set(fields, attribute, answer, at, id);
        else if (!value_fits(attribute, answer))
            fields_fail_at(fields, at, id, "This is not one of the question's values.");
    }
}
