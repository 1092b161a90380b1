// The questions of a task: dimensions to rate, groups of labels, reasons to give. See rules.h.
#include "coordinator/collect/rules.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DIMENSIONS_MAX = 60, // 50 articles and ten of the study's own
    LABELS_MAX = 60,
    OPTIONS_MAX = 30,
    REASONS_MAX = 100,
    WORDS_MAX = 500,
    DESCRIPTION_MAX = 2000,
    DIMENSION_ID_MAX = sizeof(ARTICLE_DIMENSION) - 1 + ARTICLE_ID_MAX
};

static const char *const scales[] = {"likert", "slider", "yes_no_unsure", NULL};
enum { LIKERT, SLIDER, YES_NO_UNSURE };
static const char *const subjects[] = {"response", "item", NULL};

void entry_pointer(char pointer[POINTER_MAX_BYTES], const char *at, const char *list, size_t i)
{
    snprintf(pointer, POINTER_MAX_BYTES, "%.150s/%s/%zu", at, list, i);
}

json_t *entry_named(const json_t *list, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (strcmp(words_in(json_object_get(one, "id"), NULL), id) == 0)
            return one;
    }
    return NULL;
}

static void append_once(struct fields *fields, json_t *list, json_t *entry, const char *at)
{
    const char *id = words_in(json_object_get(entry, "id"), NULL);
    if (id[0] != '\0' && entry_named(list, id) != NULL)
        fields_fail(fields, at, "\"%.64s\" stands here twice.", id);
    json_array_append_new(list, entry);
}

static void copy_words(
    struct fields *fields, const json_t *given, const char *at, const char *name, size_t max, json_t *own)
{
    json_t *words = fields_words(fields, given, at, name, FIELD_OPTIONAL, 0, max);
    if (words != NULL)
        json_object_set(own, name, words);
}

static void copy_any_id(struct fields *fields, const json_t *given, const char *at, json_t *own)
{
    const char *id = fields_text(fields, given, at, "id", FIELD_REQUIRED, 1, TASK_ID_MAX);
    json_object_set_new(own, "id", json_string(id != NULL ? id : ""));
}

// An id that stands beside others with a colon between them.
static void copy_id(struct fields *fields, const json_t *given, const char *at, json_t *own)
{
    copy_any_id(fields, given, at, own);
    if (strchr(words_in(json_object_get(own, "id"), NULL), ':') != NULL)
        fields_fail_at(fields, at, "id", "A colon can't be part of this id.");
}

// A list of {id, label}: what can be chosen.
static json_t *read_choices(struct fields *fields, const json_t *holder, const char *at, const char *list,
    unsigned flags, size_t max,
    void (*copy)(struct fields *fields, const json_t *given, const char *at, json_t *own))
{
    json_t *own = json_array(), *one;
    const json_t *given = fields_array(fields, holder, at, list, flags, 1, max);
    size_t i;
    json_array_foreach(given, i, one)
    {
        json_t *choice = json_object();
        char pointer[POINTER_MAX_BYTES];
        entry_pointer(pointer, at, list, i);
        if (!json_is_object(one))
            fields_fail(fields, pointer, "This must be {id, label}.");
        fields_only(fields, json_is_object(one) ? one : NULL, pointer, FIELDS("id", "label"));
        copy(fields, one, pointer, choice);
        copy_words(fields, one, pointer, "label", WORDS_MAX, choice);
        append_once(fields, own, choice, pointer);
    }
    return own;
}

static void set_about(struct fields *fields, const json_t *given, const char *at, json_t *own)
{
    int about = fields_choice(fields, given, at, "about", FIELD_OPTIONAL, subjects);
    json_object_set_new(own, "about", json_string(subjects[about >= 0 ? about : 0]));
}

// --- dimensions -------------------------------------------------------------------------------------------------------
// 5 and not 5.0, where an integer can say it exactly.
static json_t *plain_number(double number)
{
    bool whole = number == floor(number) && fabs(number) < 9007199254740992; // 2^53
    return whole ? json_integer((json_int_t)number) : json_real(number);
}

static double read_bound(struct fields *fields, const json_t *given, const char *at, const char *name,
    bool whole, double otherwise)
{
    const json_t *bound = json_object_get(given, name);
    if (bound == NULL || json_is_null(bound))
        return otherwise;
    double number = json_number_value(bound);
    if (!json_is_number(bound) || (whole && number != floor(number))) {
        fields_fail_at(fields, at, name, "%s must be a%s number.", name, whole ? " whole" : "");
        return otherwise;
    }
    return number;
}

static bool is_given(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value != NULL && !json_is_null(value);
}

// Where no scale was said, any number between the bounds is a rating, as it has been from the start.
static void set_range(struct fields *fields, const json_t *given, const char *at, int scale, json_t *own)
{
    bool fractions = fields_bool(fields, given, at, "fractions", scale < 0);
    if (scale == YES_NO_UNSURE) {
        if (is_given(given, "min") || is_given(given, "max"))
            fields_fail(fields, at, "Yes, no and unsure have no min and max.");
        return;
    }
    if (scale == SLIDER)
        fractions = false;
    double min = read_bound(fields, given, at, "min", !fractions, 1);
    double max = read_bound(fields, given, at, "max", !fractions, scale < 0 ? 5 : scale == SLIDER ? 100 : 7);
    if (scale == SLIDER && (min != 1 || max != 100))
        fields_fail(fields, at, "A slider goes from 1 to 100.");
    else if (!(min < max))
        fields_fail(fields, at, "min must be less than max.");
    json_object_set_new(own, "min", plain_number(min));
    json_object_set_new(own, "max", plain_number(max));
    if (fractions)
        json_object_set_new(own, "fractions", json_true());
}

// A name alone, or the whole of it; `name` is taken for `id`, as ever.
static json_t *read_dimension(struct fields *fields, const json_t *given, const char *at, bool required)
{
    json_t *own = json_object();
    const char *id = json_string_value(given);
    if (json_is_object(given)) {
        fields_only(fields, given, at,
            FIELDS("id", "name", "label", "description", "scale", "min", "max", "low", "high", "about",
                "required", "fractions"));
        id = fields_text(fields, given, at, json_object_get(given, "id") != NULL ? "id" : "name",
            FIELD_REQUIRED, 1, DIMENSION_ID_MAX);
    } else if (id == NULL || text_characters(id) < 1 || text_characters(id) > DIMENSION_ID_MAX) {
        fields_fail(fields, at,
            "A dimension must be a name of 1 to %d characters, or {id, label, scale, min, max, ...}.",
            DIMENSION_ID_MAX);
    }
    if (!json_is_object(given))
        given = NULL;
    int scale = fields_choice(fields, given, at, "scale", FIELD_OPTIONAL, scales);
    json_object_set_new(own, "id", json_string(id != NULL ? id : ""));
    copy_words(fields, given, at, "label", WORDS_MAX, own);
    copy_words(fields, given, at, "description", DESCRIPTION_MAX, own);
    // What has "fractions" said once that it had no scale, and is that study's copy.
    if (scale == LIKERT && json_is_true(json_object_get(given, "fractions")))
        scale = -1;
    json_object_set_new(own, "scale", json_string(scales[scale >= 0 ? scale : LIKERT]));
    set_range(fields, given, at, scale, own);
    copy_words(fields, given, at, "low", WORDS_MAX, own);
    copy_words(fields, given, at, "high", WORDS_MAX, own);
    set_about(fields, given, at, own);
    json_object_set_new(own, "required", json_boolean(fields_bool(fields, given, at, "required", required)));
    return own;
}

json_t *questions_dimensions(struct fields *fields, const json_t *task, const char *at, bool required)
{
    json_t *own = json_array(), *one;
    const json_t *given = fields_array(fields, task, at, "dimensions", FIELD_OPTIONAL, 0, DIMENSIONS_MAX);
    size_t i;
    json_array_foreach(given, i, one)
    {
        char pointer[POINTER_MAX_BYTES];
        entry_pointer(pointer, at, "dimensions", i);
        append_once(fields, own, read_dimension(fields, one, pointer, required), pointer);
    }
    return own;
}

// --- labels -----------------------------------------------------------------------------------------------------------
static json_t *read_options(struct fields *fields, const json_t *group, const char *at)
{
    return read_choices(fields, group, at, "options", FIELD_OPTIONAL, OPTIONS_MAX, copy_id);
}

// Without options it is one box, ticked or not.
static json_t *read_group(struct fields *fields, const json_t *given, const char *at)
{
    json_t *own = json_object();
    fields_only(
        fields, given, at, FIELDS("id", "label", "description", "about", "multiple", "required", "options"));
    copy_id(fields, given, at, own);
    copy_words(fields, given, at, "label", WORDS_MAX, own);
    copy_words(fields, given, at, "description", DESCRIPTION_MAX, own);
    set_about(fields, given, at, own);
    bool multiple = fields_bool(fields, given, at, "multiple", false);
    bool required = fields_bool(fields, given, at, "required", false);
    json_t *options = read_options(fields, given, at);
    if (json_array_size(options) == 0 && multiple)
        fields_fail_at(fields, at, "multiple", "Several can be chosen of options only.");
    if (json_array_size(options) == 0 && required)
        fields_fail_at(fields, at, "required", "A box that must be ticked says nothing: give it options.");
    json_object_set_new(own, "multiple", json_boolean(multiple));
    json_object_set_new(own, "required", json_boolean(required));
    if (json_array_size(options) > 0)
        json_object_set(own, "options", options);
    json_decref(options);
    return own;
}

json_t *questions_labels(struct fields *fields, const json_t *task, const char *at)
{
    json_t *own = json_array(), *one;
    const json_t *given = fields_array(fields, task, at, "labels", FIELD_OPTIONAL, 0, LABELS_MAX);
    size_t i;
    json_array_foreach(given, i, one)
    {
        char pointer[POINTER_MAX_BYTES];
        entry_pointer(pointer, at, "labels", i);
        if (json_is_object(one))
            append_once(fields, own, read_group(fields, one, pointer), pointer);
        else
            fields_fail(fields, pointer, "A group of labels must be {id, label, options, ...}.");
    }
    return own;
}

// --- reasons ----------------------------------------------------------------------------------------------------------
static json_t *read_reason_list(struct fields *fields, const json_t *reasons, const char *at)
{
    return read_choices(fields, reasons, at, "list", FIELD_REQUIRED, REASONS_MAX, copy_any_id);
}

json_t *questions_reasons(struct fields *fields, const json_t *task, const char *at, bool follows)
{
    static const char *const sources[] = {"constitution", "list", NULL};
    const json_t *given = fields_object(fields, task, at, "reasons", FIELD_OPTIONAL);
    char pointer[POINTER_MAX_BYTES];
    if (given == NULL)
        return json_null();
    pointer_join(pointer, at, "reasons");
    fields_only(fields, given, pointer, FIELDS("from", "list"));
    int from = fields_choice(fields, given, pointer, "from", FIELD_REQUIRED, sources);
    if (from == 1)
        return json_pack("{s:s, s:o}", "from", sources[1], "list", read_reason_list(fields, given, pointer));
    if (from == 0 && !follows)
        fields_fail_at(
            fields, pointer, "from", "Articles are a constitution's: the study must follow a community.");
    if (is_given(given, "list"))
        fields_fail_at(fields, pointer, "list", "The reasons are the constitution's articles.");
    return json_pack("{s:s}", "from", sources[0]);
}
