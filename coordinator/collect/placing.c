#include "coordinator/collect/placing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 50, LABEL_MAX = 200, POINTER_BYTES = 64, KEY_BYTES = 16 };

// What is said of all of an item stands under this name, where else a slot does.
#define OF_ITEM "item"

void slot_name(const struct rules *rules, size_t place, char name[SLOT_NAME_BYTES])
{
    if (rules->kind == TASK_PAIRWISE)
        snprintf(name, SLOT_NAME_BYTES, "%s", place == 0 ? "left" : "right");
    else if (place < 26)
        snprintf(name, SLOT_NAME_BYTES, "%c", (char)('a' + place));
    else
        snprintf(name, SLOT_NAME_BYTES, "%c%c", (char)('a' + place / 26 - 1), (char)('a' + place % 26));
}

size_t placing_shown(const char *text, int shown[SHOWN_MAX])
{
    size_t n = 0;
    for (const char *at = text; n < SHOWN_MAX && (*at == '{' || *at == ',') && at[1] != '}';) {
        char *end = NULL;
        shown[n++] = (int)strtol(at + 1, &end, 10);
        at = end;
    }
    return n;
}

int placing_slot(const struct rules *rules, const char *slot, size_t n_shown)
{
    for (size_t i = 0; i < n_shown; i++) {
        char name[SLOT_NAME_BYTES];
        slot_name(rules, i, name);
        if (strcmp(name, slot) == 0)
            return (int)i;
    }
    return -1;
}

static bool is_about_item(const json_t *question)
{
    return strcmp(words_in(json_object_get(question, "about"), NULL), "item") == 0;
}

static bool is_required(const json_t *question)
{
    return json_is_true(json_object_get(question, "required"));
}

// --- rankings -----------------------------------------------------------------------------------------------------------
json_t *placing_ranking(
    struct fields *fields, const struct rules *rules, const json_t *body, const struct seen *seen)
{
    json_t *ranking = json_array(), *group, *slot;
    const json_t *given = fields_array(fields, body, "", "ranking", FIELD_OPTIONAL, 1, SHOWN_MAX);
    bool named[SHOWN_MAX] = {false};
    size_t i, j, n = 0;
    json_array_foreach(given, i, group)
    {
        char at[POINTER_BYTES];
        snprintf(at, sizeof(at), "/ranking/%zu", i);
        json_t *own = json_array();
        if (!json_is_array(group) || json_array_size(group) == 0)
            fields_fail(fields, at, "A rank must be a list of the slots that stand on it.");
        json_array_foreach(group, j, slot)
        {
            int place =
                json_is_string(slot) ? placing_slot(rules, json_string_value(slot), seen->n_shown) : -1;
            if (place < 0 || named[place]) {
                fields_fail(fields, at, "Entry %zu is not a slot of this task, or stands there twice.", j);
                continue;
            }
            named[place] = true;
            n++;
            json_array_append_new(own, json_integer(seen->shown[place]));
        }
        json_array_append_new(ranking, own);
    }
    if (given != NULL && n != seen->n_shown && !rules->partial && fields_ok(fields))
        fields_fail(fields, "/ranking", "The ranking must name each of the %zu slots once.", seen->n_shown);
    return ranking;
}

static int read_slot(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct seen *seen, const char *name)
{
    const char *slot = fields_text(fields, body, "", name, FIELD_OPTIONAL, 1, SLOT_NAME_BYTES);
    int place = slot != NULL ? placing_slot(rules, slot, seen->n_shown) : -1;
    if (slot != NULL && place < 0)
        fields_fail_at(fields, "", name, "This is not a slot of this task.");
    return place;
}

json_t *placing_best_worst(
    struct fields *fields, const struct rules *rules, const json_t *body, const struct seen *seen)
{
    int best = read_slot(fields, rules, body, seen, "best");
    int worst = read_slot(fields, rules, body, seen, "worst");
    if (best < 0 || worst < 0)
        return NULL;
    if (best == worst)
        fields_fail(fields, "/worst", "The best response can't be the worst as well.");
    json_t *others = json_array();
    for (int i = 0; i < (int)seen->n_shown; i++) {
        if (i != best && i != worst)
            json_array_append_new(others, json_integer(seen->shown[i]));
    }
    json_t *ranking = json_pack("[[i], o, [i]]", seen->shown[best], others, seen->shown[worst]);
    if (json_array_size(others) == 0)
        json_array_remove(ranking, 1);
    return ranking;
}

// --- ratings ------------------------------------------------------------------------------------------------------------
static json_t *read_yes_no_unsure(struct fields *fields, const char *at, const char *slot, json_t *value)
{
    static const char *const words[] = {"yes", "no", "unsure"};
    for (size_t i = 0; json_is_string(value) && i < ARRAY_SIZE(words); i++) {
        if (strcmp(json_string_value(value), words[i]) == 0)
            return json_incref(value);
    }
    fields_fail_at(fields, at, slot, "An answer must be \"yes\", \"no\" or \"unsure\".");
    return NULL;
}

// A dimension that has no scale is one of before there were scales: any number will do, as it does where it says so.
static json_t *read_rating(
    struct fields *fields, const json_t *dimension, const char *at, const char *slot, json_t *value)
{
    const char *scale = json_string_value(json_object_get(dimension, "scale"));
    if (scale != NULL && strcmp(scale, "yes_no_unsure") == 0)
        return read_yes_no_unsure(fields, at, slot, value);
    bool whole = scale != NULL && !json_is_true(json_object_get(dimension, "fractions"));
    double min = json_number_value(json_object_get(dimension, "min"));
    double max = json_number_value(json_object_get(dimension, "max")), number = json_number_value(value);
    bool fits = json_is_number(value) && number >= min && number <= max;
    if (fits && whole && number == floor(number))
        return json_integer((json_int_t)number);
    if (fits && !whole)
        return json_incref(value);
    fields_fail_at(
        fields, at, slot, "A rating must be a %snumber from %g to %g.", whole ? "whole " : "", min, max);
    return NULL;
}

// {slot: value} of a dimension, or {"item": value}.
static json_t *place_dimension(struct fields *fields, const struct rules *rules, const json_t *dimension,
    const json_t *given, const char *at, const struct seen *seen)
{
    json_t *own = json_object(), *value;
    const char *slot;
    json_object_foreach((json_t *)given, slot, value)
    {
        char key[KEY_BYTES] = OF_ITEM;
        int place = placing_slot(rules, slot, seen->n_shown);
        if (is_about_item(dimension) ? strcmp(slot, OF_ITEM) != 0 : place < 0) {
            fields_fail_at(fields, at, slot,
                is_about_item(dimension) ? "This is asked of the whole item."
                                         : "This is not a slot of this task.");
            continue;
        }
        if (!is_about_item(dimension))
            snprintf(key, sizeof(key), "%d", seen->shown[place]);
        json_object_set_new(own, key, read_rating(fields, dimension, at, slot, value));
    }
    return own;
}

// Studies of before there were required dimensions: those that rate need all of them.
static bool dimension_required(const struct rules *rules, const json_t *dimension)
{
    bool says = json_object_get(dimension, "required") != NULL;
    return says ? is_required(dimension) : rules->kind == TASK_RATING;
}

static void check_rated(
    struct fields *fields, const struct rules *rules, const json_t *ratings, const struct seen *seen)
{
    size_t i;
    json_t *dimension;
    json_array_foreach(rules->dimensions, i, dimension)
    {
        const char *id = json_string_value(json_object_get(dimension, "id"));
        const json_t *own = json_object_get(ratings, id);
        size_t wanted = is_about_item(dimension) ? 1 : seen->n_shown;
        if (!dimension_required(rules, dimension) || json_object_size(own) >= wanted)
            continue;
        if (json_object_size(own) == 0)
            fields_fail(fields, "/ratings", "\"%.100s\" needs ratings.", id);
        else
            fields_fail_at(fields, "/ratings", id, "Each of the %zu slots needs a rating.", wanted);
    }
}

json_t *placing_ratings(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen)
{
    json_t *ratings = json_object(), *value;
    const char *id;
    const json_t *given = fields_object(fields, body, "", "ratings", FIELD_OPTIONAL);
    json_object_foreach((json_t *)given, id, value)
    {
        const json_t *dimension = entry_named(rules->dimensions, id);
        char at[POINTER_MAX_BYTES];
        pointer_join(at, "/ratings", id);
        if (dimension == NULL)
            fields_fail_at(fields, "/ratings", id, "The study has no dimension of this name.");
        else if (!json_is_object(value))
            fields_fail_at(fields, "/ratings", id, "This must be {slot: number}.");
        else
            json_object_set_new(ratings, id, place_dimension(fields, rules, dimension, value, at, seen));
    }
    if (!answer->declines && fields_ok(fields))
        check_rated(fields, rules, ratings, seen);
    return ratings;
}

// --- labels -------------------------------------------------------------------------------------------------------------
// The group of "group:option", or of "group" where it has no options; NULL when there is no such label.
static const json_t *group_of(const struct rules *rules, const char *label)
{
    char id[4 * TASK_ID_MAX + 1];
    size_t length = strcspn(label, ":");
    if (length >= sizeof(id))
        return NULL;
    memcpy(id, label, length);
    id[length] = '\0';
    const json_t *group = entry_named(rules->labels, id), *options = json_object_get(group, "options");
    if (group == NULL || (options == NULL) != (label[length] == '\0'))
        return NULL;
    return options == NULL || entry_named(options, label + length + 1) != NULL ? group : NULL;
}

static void check_label(
    struct fields *fields, const struct rules *rules, const json_t *list, size_t place, const char *slot)
{
    const char *label = json_string_value(json_array_get(list, place));
    const json_t *group = group_of(rules, label);
    if (group == NULL || is_about_item(group) != (strcmp(slot, OF_ITEM) == 0)) {
        fields_fail_at(fields, "/labels", slot, "The task has no label \"%.100s\" here.", label);
        return;
    }
    for (size_t i = 0; i < place; i++) {
        const char *other = json_string_value(json_array_get(list, i));
        if (strcmp(other, label) == 0)
            fields_fail_at(fields, "/labels", slot, "\"%.100s\" stands here twice.", label);
        else if (group_of(rules, other) == group && !json_is_true(json_object_get(group, "multiple")))
            fields_fail_at(fields, "/labels", slot, "Only one of \"%.64s\" can be chosen.",
                json_string_value(json_object_get(group, "id")));
    }
}

static bool is_list_of_labels(const json_t *list)
{
    bool ok = json_is_array(list) && json_array_size(list) <= LABELS_MAX;
    size_t i;
    json_t *label;
    json_array_foreach(list, i, label) ok =
        ok && json_is_string(label) && text_characters(json_string_value(label)) <= LABEL_MAX;
    return ok;
}

static void check_labelled_slot(
    struct fields *fields, const struct rules *rules, const json_t *list, const char *slot)
{
    size_t i, j;
    json_t *group, *label;
    json_array_foreach(rules->labels, i, group)
    {
        bool found = !is_required(group) || is_about_item(group) != (strcmp(slot, OF_ITEM) == 0);
        json_array_foreach(list, j, label) found =
            found || group_of(rules, json_string_value(label)) == group;
        if (!found)
            fields_fail_at(fields, "/labels", slot, "One of \"%.64s\" is to be chosen.",
                json_string_value(json_object_get(group, "id")));
    }
}

static void check_labelled(
    struct fields *fields, const struct rules *rules, const json_t *given, const struct seen *seen)
{
    for (size_t i = 0; i < seen->n_shown; i++) {
        char slot[SLOT_NAME_BYTES];
        slot_name(rules, i, slot);
        check_labelled_slot(fields, rules, json_object_get(given, slot), slot);
    }
    check_labelled_slot(fields, rules, json_object_get(given, OF_ITEM), OF_ITEM);
}

// Where the task has no groups of labels, any words will do, as ever.
json_t *placing_labels(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen)
{
    json_t *labels = json_object(), *list;
    const json_t *given = fields_object(fields, body, "", "labels", FIELD_OPTIONAL);
    const char *slot;
    bool listed = json_array_size(rules->labels) > 0;
    json_object_foreach((json_t *)given, slot, list)
    {
        char key[KEY_BYTES] = OF_ITEM;
        int place = placing_slot(rules, slot, seen->n_shown);
        if ((place < 0 && strcmp(slot, OF_ITEM) != 0) || !is_list_of_labels(list)) {
            fields_fail_at(
                fields, "/labels", slot, "labels must be {slot: [text]}, of at most %d each.", LABELS_MAX);
            continue;
        }
        for (size_t i = 0; listed && i < json_array_size(list); i++)
            check_label(fields, rules, list, i, slot);
        if (place >= 0)
            snprintf(key, sizeof(key), "%d", seen->shown[place]);
        json_object_set(labels, key, list);
    }
    if (listed && !answer->declines && fields_ok(fields))
        check_labelled(fields, rules, given, seen);
    return labels;
}
