#include "coordinator/collect/study.h"

#include "coordinator/identity/templates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    GUIDELINE_MAX = 100000,
    CONSENT_MAX = 50000,
    DIMENSIONS_MAX = 20,
    QUOTAS_MAX = 200,
    LANGUAGE_MAX = 35,
    POINTER_BYTES = 100,
    ID_MAX = 64
};

// 5 and not 5.0, where an integer can say it exactly.
static json_t *plain_number(double number)
{
    bool whole = number == floor(number) && fabs(number) < 9007199254740992; // 2^53
    return whole ? json_integer((json_int_t)number) : json_real(number);
}

static json_t *read_dimension(struct fields *fields, const json_t *given, const char *at)
{
    json_t *dimension = json_object();
    const char *id = json_string_value(given);
    double min = 1, max = 5;
    if (json_is_object(given)) {
        id = fields_text(fields, given, at, json_object_get(given, "id") != NULL ? "id" : "name",
            FIELD_REQUIRED, 1, ID_MAX);
        const json_t *low = json_object_get(given, "min"), *high = json_object_get(given, "max");
        if ((low != NULL && !json_is_number(low)) || (high != NULL && !json_is_number(high)))
            fields_fail(fields, at, "min and max must be numbers.");
        min = low != NULL ? json_number_value(low) : min;
        max = high != NULL ? json_number_value(high) : max;
        if (!(min < max))
            fields_fail(fields, at, "min must be less than max.");
        json_t *label = fields_words(fields, given, at, "label", FIELD_OPTIONAL, 0, 500);
        if (label != NULL)
            json_object_set(dimension, "label", label);
    } else if (id == NULL || text_characters(id) < 1 || text_characters(id) > ID_MAX) {
        fields_fail(fields, at, "A dimension must be a name of 1 to %d characters, or {id, label, min, max}.",
            ID_MAX);
    }
    json_object_set_new(dimension, "id", json_string(id != NULL ? id : ""));
    json_object_set_new(dimension, "min", plain_number(min));
    json_object_set_new(dimension, "max", plain_number(max));
    return dimension;
}

static json_t *read_dimensions(struct fields *fields, const json_t *task, bool needs_one)
{
    json_t *own = json_array(), *one, *other;
    const json_t *given =
        fields_array(fields, task, "/task", "dimensions", FIELD_OPTIONAL, 0, DIMENSIONS_MAX);
    size_t i, j;
    json_array_foreach(given, i, one)
    {
        char at[POINTER_BYTES];
        snprintf(at, sizeof(at), "/task/dimensions/%zu", i);
        json_t *dimension = read_dimension(fields, one, at);
        json_array_foreach(own, j, other)
        {
            if (json_equal(json_object_get(other, "id"), json_object_get(dimension, "id")))
                fields_fail(fields, at, "This dimension stands here twice.");
        }
        json_array_append_new(own, dimension);
    }
    if (needs_one && json_array_size(own) == 0)
        json_array_append_new(own, json_pack("{s:s, s:i, s:i}", "id", "overall", "min", 1, "max", 5));
    return own;
}

static json_t *read_task(struct fields *fields, const json_t *body)
{
    static const char *const kinds[] = {"pairwise", "ranking", "rating", NULL};
    static const char *const presets[] = {"llama2", NULL};
    const json_t *task = fields_object(fields, body, "", "task", FIELD_REQUIRED);
    json_t *own = json_object();
    if (task == NULL)
        return own;
    fields_only(fields, task, "/task", FIELDS("kind", "preset", "dimensions"));
    int kind = fields_choice(fields, task, "/task", "kind", FIELD_REQUIRED, kinds);
    int preset = fields_choice(fields, task, "/task", "preset", FIELD_OPTIONAL, presets);
    json_object_set_new(own, "kind", json_string(kinds[kind >= 0 ? kind : 0]));
    if (preset >= 0)
        json_object_set_new(own, "preset", json_string(presets[preset]));
    json_object_set_new(own, "strength_max", json_integer(preset == 0 ? 4 : 3));
    json_object_set_new(own, "dimensions", read_dimensions(fields, task, kind == 2));
    return own;
}

static json_t *read_consent(struct fields *fields, const json_t *body)
{
    const json_t *consent = fields_object(fields, body, "", "consent", FIELD_OPTIONAL);
    if (consent == NULL)
        return NULL;
    json_t *own = json_object(),
           *text = fields_words(fields, consent, "/consent", "text", FIELD_REQUIRED, 0, CONSENT_MAX);
    fields_only(fields, consent, "/consent", FIELDS("version", "text"));
    const char *version = fields_text(fields, consent, "/consent", "version", FIELD_REQUIRED, 1, 64);
    json_object_set_new(own, "version", json_string(version != NULL ? version : ""));
    if (text != NULL)
        json_object_set(own, "text", text);
    return own;
}

static bool asks_for(const json_t *demographics, const char *attribute)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(demographics, "attributes"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "id")), attribute) == 0)
            return true;
    }
    return false;
}

// {attribute, value, count}: how many people of a kind are wanted.
static json_t *read_quotas(struct fields *fields, const json_t *body, const json_t *demographics)
{
    const json_t *given = fields_array(fields, body, "", "quotas", FIELD_OPTIONAL, 0, QUOTAS_MAX);
    json_t *own = json_array(), *quota;
    size_t i;
    json_array_foreach(given, i, quota)
    {
        char at[POINTER_BYTES];
        snprintf(at, sizeof(at), "/quotas/%zu", i);
        if (!json_is_object(quota)) {
            fields_fail(fields, at, "A quota must be {attribute, value, count}.");
            continue;
        }
        fields_only(fields, quota, at, FIELDS("attribute", "value", "count"));
        const char *attribute = fields_text(fields, quota, at, "attribute", FIELD_REQUIRED, 1, ID_MAX);
        const char *value = fields_text(fields, quota, at, "value", FIELD_REQUIRED, 1, ATTRIBUTE_TEXT_MAX);
        int64_t count = fields_integer(fields, quota, at, "count", FIELD_REQUIRED, 1, 1000000, 1);
        if (attribute != NULL && !asks_for(demographics, attribute))
            fields_fail_at(fields, at, "attribute", "The study does not ask this.");
        if (attribute != NULL && value != NULL)
            json_array_append_new(own, json_pack("{s:s, s:s, s:I}", "attribute", attribute, "value", value,
                                           "count", (json_int_t)count));
    }
    return own;
}

void study_read(struct fields *fields, const json_t *body, struct study *study)
{
    *study = (struct study){.settings = json_object()};
    fields_only(fields, body, "",
        FIELDS("name", "guideline", "language", "judgments_per_item", "lease_seconds", "task", "demographics",
            "quotas", "blind", "simulated", "community", "consent", "warning"));
    study->name = fields_words(fields, body, "", "name", FIELD_REQUIRED, 1, 200);
    study->guideline = fields_words(fields, body, "", "guideline", FIELD_OPTIONAL, 0, GUIDELINE_MAX);
    study->judgments_per_item =
        (int)fields_integer(fields, body, "", "judgments_per_item", FIELD_OPTIONAL, 1, 1000, 3);
    study->lease_seconds =
        (int)fields_integer(fields, body, "", "lease_seconds", FIELD_OPTIONAL, 1, 604800, 1800);
    study->simulated = fields_bool(fields, body, "", "simulated", false);
    const char *language = fields_text(fields, body, "", "language", FIELD_OPTIONAL, 2, LANGUAGE_MAX);
    const char *community = fields_text(fields, body, "", "community", FIELD_OPTIONAL, 1, 64);
    study->follows = community != NULL;
    if (community != NULL && id_parse(community, &study->community) < 0)
        fields_fail(fields, "/community", "community must be the id of one.");
    json_object_set_new(study->settings, "language", language != NULL ? json_string(language) : json_null());
    json_object_set_new(study->settings, "blind", json_boolean(fields_bool(fields, body, "", "blind", true)));
    json_object_set_new(study->settings, "task", read_task(fields, body));
    const json_t *demographics = fields_object(fields, body, "", "demographics", FIELD_OPTIONAL);
    if (demographics != NULL) {
        json_t *resolved = demographics_resolve(fields, demographics, "/demographics");
        json_object_set_new(study->settings, "demographics", resolved != NULL ? resolved : json_null());
    }
    json_object_set_new(study->settings, "quotas",
        read_quotas(fields, body, json_object_get(study->settings, "demographics")));
    json_t *consent = read_consent(fields, body);
    if (consent != NULL)
        json_object_set_new(study->settings, "consent", consent);
    json_t *warning = fields_words(fields, body, "", "warning", FIELD_OPTIONAL, 0, 2000);
    if (warning != NULL)
        json_object_set(study->settings, "warning", warning);
    // What stands in the row is one text; all of them are settings.
    study->name_text = words_in(study->name, language);
    if (json_is_object(study->name))
        json_object_set(study->settings, "name", study->name);
}

void study_release(struct study *study)
{
    json_decref(study->settings);
    study->settings = NULL;
}
