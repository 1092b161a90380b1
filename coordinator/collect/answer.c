#include "coordinator/collect/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    RATIONALE_MAX = 10000,
    EDIT_MAX = 100000,
    LABELS_MAX = 50,
    LABEL_MAX = 200,
    DAY_MS = 86400000,
    POINTER_BYTES = 64
};

static const char *const choices[] = {"left", "right", "tie", "both_bad", "cannot_judge", "skip", NULL};
enum { LEFT, RIGHT, TIE, BOTH_BAD, CANNOT_JUDGE, SKIP };

void slot_name(const struct task *task, size_t place, char name[SLOT_NAME_BYTES])
{
    if (task->kind == TASK_PAIRWISE)
        snprintf(name, SLOT_NAME_BYTES, "%s", place == 0 ? "left" : "right");
    else if (place < 26)
        snprintf(name, SLOT_NAME_BYTES, "%c", (char)('a' + place));
    else
        snprintf(name, SLOT_NAME_BYTES, "%c%c", (char)('a' + place / 26 - 1), (char)('a' + place % 26));
}

// Where a slot is on screen, or -1.
static int place_of(const struct task *task, const char *slot, size_t n_shown)
{
    for (size_t i = 0; i < n_shown; i++) {
        char name[SLOT_NAME_BYTES];
        slot_name(task, i, name);
        if (strcmp(name, slot) == 0)
            return (int)i;
    }
    return -1;
}

// --- without what was shown ---------------------------------------------------------------------------------------------
static void read_outcome(
    struct fields *fields, const struct task *task, const json_t *body, struct answer *answer)
{
    bool is_pair = task->kind == TASK_PAIRWISE;
    int choice =
        fields_choice(fields, body, "", "choice", is_pair ? FIELD_REQUIRED : FIELD_OPTIONAL, choices);
    answer->outcome = choices[choice >= 0 ? choice : CANNOT_JUDGE];
    if (is_pair) {
        if (json_object_get(body, "ranking") != NULL)
            fields_fail(fields, "/ranking", "This task compares two responses: say choice instead.");
    } else if (choice >= 0 && choice != CANNOT_JUDGE && choice != SKIP) {
        fields_fail(fields, "/choice", "Without a pair, choice is cannot_judge or skip, or left out.");
    } else if (choice < 0) {
        const char *needed = task->kind == TASK_RANKING ? "ranking" : "ratings";
        answer->outcome = task->kind == TASK_RANKING ? "ranking" : "rating";
        if (json_object_get(body, needed) == NULL)
            fields_fail_at(
                fields, "", needed, "%s is required, or a choice of cannot_judge or skip.", needed);
    }
    answer->strength = (int)fields_integer(
        fields, body, "", "strength", FIELD_OPTIONAL, 1, task->strength_max > 0 ? task->strength_max : 3, 0);
    if (answer->strength > 0 && choice != LEFT && choice != RIGHT)
        fields_fail(fields, "/strength", "Only a preference for left or right has a strength.");
}

void answer_read(struct fields *fields, const struct task *task, const json_t *body, struct answer *answer)
{
    *answer = (struct answer){.wall_ms = -1, .confidence = -1};
    fields_only(fields, body, "",
        FIELDS("choice", "strength", "ranking", "ratings", "labels", "edit", "rationale", "confidence",
            "active_ms", "wall_ms", "client"));
    read_outcome(fields, task, body, answer);
    answer->active_ms = fields_integer(fields, body, "", "active_ms", FIELD_REQUIRED, 0, DAY_MS, 0);
    const json_t *client = fields_object(fields, body, "", "client", FIELD_OPTIONAL);
    // The browser tells it among what is about itself.
    const json_t *home = json_object_get(client, "wall_ms") != NULL ? client : body;
    answer->wall_ms = fields_integer(
        fields, home, home == client ? "/client" : "", "wall_ms", FIELD_OPTIONAL, 0, INT32_MAX, -1);
    if (client != NULL && json_dumpb(client, NULL, 0, JSON_COMPACT) > CLIENT_MAX_BYTES)
        fields_fail(fields, "/client", "client must be at most %d bytes of JSON.", CLIENT_MAX_BYTES);
    const json_t *confidence = json_object_get(body, "confidence");
    if (confidence != NULL && !json_is_null(confidence)) {
        answer->confidence = json_is_number(confidence) ? json_number_value(confidence) : -1;
        if (!(answer->confidence >= 0 && answer->confidence <= 100))
            fields_fail(fields, "/confidence", "confidence must be a number from 0 to 100.");
    }
    answer->has_note = fields_text(fields, body, "", "rationale", FIELD_OPTIONAL, 0, RATIONALE_MAX) != NULL;
    static const char *const with_slots[] = {"ranking", "ratings", "labels", "edit"};
    for (size_t i = 0; i < ARRAY_SIZE(with_slots); i++) {
        const json_t *value = json_object_get(body, with_slots[i]);
        answer->names_slots = answer->names_slots || (value != NULL && !json_is_null(value));
    }
}

// --- with what was shown ------------------------------------------------------------------------------------------------
// Every slot once, in groups that are not empty, best first.
static json_t *place_ranking(
    struct fields *fields, const struct task *task, const json_t *body, const int *shown, size_t n_shown)
{
    json_t *ranking = json_array(), *group, *slot;
    const json_t *given = fields_array(fields, body, "", "ranking", FIELD_OPTIONAL, 1, SHOWN_MAX);
    bool seen[SHOWN_MAX] = {false};
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
            int place = json_is_string(slot) ? place_of(task, json_string_value(slot), n_shown) : -1;
            if (place < 0 || seen[place]) {
                fields_fail(fields, at, "Entry %zu is not a slot of this task, or stands there twice.", j);
                continue;
            }
            seen[place] = true;
            n++;
            json_array_append_new(own, json_integer(shown[place]));
        }
        json_array_append_new(ranking, own);
    }
    if (given != NULL && n != n_shown && fields_ok(fields))
        fields_fail(fields, "/ranking", "The ranking must name each of the %zu slots once.", n_shown);
    return ranking;
}

static const json_t *dimension_named(const struct task *task, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach(task->dimensions, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0)
            return one;
    }
    return NULL;
}

static json_t *place_rating(struct fields *fields, const struct task *task, const json_t *dimension,
    const json_t *given, const char *at, const int *shown, size_t n_shown)
{
    double min = json_number_value(json_object_get(dimension, "min"));
    double max = json_number_value(json_object_get(dimension, "max"));
    json_t *own = json_object(), *value;
    const char *slot;
    json_object_foreach((json_t *)given, slot, value)
    {
        int place = place_of(task, slot, n_shown);
        double number = json_number_value(value);
        char key[16];
        if (place < 0) {
            fields_fail_at(fields, at, slot, "This is not a slot of this task.");
        } else if (!json_is_number(value) || !(number >= min && number <= max)) {
            fields_fail_at(fields, at, slot, "A rating must be a number from %g to %g.", min, max);
        } else {
            snprintf(key, sizeof(key), "%d", shown[place]);
            json_object_set(own, key, value);
        }
    }
    if (task->kind == TASK_RATING && json_object_size(given) < n_shown && fields_ok(fields))
        fields_fail(fields, at, "Each of the %zu slots needs a rating.", n_shown);
    return own;
}

static json_t *place_ratings(
    struct fields *fields, const struct task *task, const json_t *body, const int *shown, size_t n_shown)
{
    json_t *ratings = json_object(), *value;
    const char *id;
    const json_t *given = fields_object(fields, body, "", "ratings", FIELD_OPTIONAL);
    json_object_foreach((json_t *)given, id, value)
    {
        const json_t *dimension = dimension_named(task, id);
        char at[2 * POINTER_BYTES];
        snprintf(at, sizeof(at), "/ratings/%.100s", id);
        if (dimension == NULL)
            fields_fail_at(fields, "/ratings", id, "The study has no dimension of this name.");
        else if (!json_is_object(value))
            fields_fail_at(fields, "/ratings", id, "This must be {slot: number}.");
        else
            json_object_set_new(
                ratings, id, place_rating(fields, task, dimension, value, at, shown, n_shown));
    }
    if (task->kind == TASK_RATING && given != NULL && fields_ok(fields) &&
        json_object_size(ratings) < json_array_size(task->dimensions))
        fields_fail(fields, "/ratings", "Each of the study's %zu dimensions needs ratings.",
            json_array_size(task->dimensions));
    return ratings;
}

static json_t *place_labels(
    struct fields *fields, const struct task *task, const json_t *body, const int *shown, size_t n_shown)
{
    json_t *labels = json_object(), *list, *label;
    const char *slot;
    size_t i;
    json_object_foreach(fields_object(fields, body, "", "labels", FIELD_OPTIONAL), slot, list)
    {
        int place = place_of(task, slot, n_shown);
        bool ok = json_is_array(list) && json_array_size(list) <= LABELS_MAX;
        json_array_foreach(list, i, label) ok =
            ok && json_is_string(label) && text_characters(json_string_value(label)) <= LABEL_MAX;
        if (place < 0 || !ok) {
            fields_fail_at(
                fields, "/labels", slot, "labels must be {slot: [text]}, of at most %d each.", LABELS_MAX);
            continue;
        }
        char key[16];
        snprintf(key, sizeof(key), "%d", shown[place]);
        json_object_set(labels, key, list);
    }
    return labels;
}

static json_t *place_edit(
    struct fields *fields, const struct task *task, const json_t *body, const int *shown, size_t n_shown)
{
    const json_t *edit = fields_object(fields, body, "", "edit", FIELD_OPTIONAL);
    if (edit == NULL)
        return NULL;
    fields_only(fields, edit, "/edit", FIELDS("slot", "content"));
    const char *slot = fields_text(fields, edit, "/edit", "slot", FIELD_REQUIRED, 1, SLOT_NAME_BYTES);
    const char *content = fields_text(fields, edit, "/edit", "content", FIELD_REQUIRED, 1, EDIT_MAX);
    int place = slot != NULL ? place_of(task, slot, n_shown) : -1;
    if (slot != NULL && place < 0)
        fields_fail(fields, "/edit/slot", "This is not a slot of this task.");
    return place >= 0 && content != NULL
               ? json_pack("{s:i, s:s}", "response", shown[place], "content", content)
               : NULL;
}

static void keep(json_t *object, const char *name, json_t *value)
{
    if (value != NULL &&
        ((json_is_array(value) && json_array_size(value) > 0) || json_object_size(value) > 0))
        json_object_set(object, name, value);
    json_decref(value);
}

void answer_place(struct fields *fields, const struct task *task, const json_t *body,
    const struct answer *answer, const int *shown, size_t n_shown, json_t **ret_stored, json_t **ret_note)
{
    json_t *stored = json_object(), *note = json_object();
    assert(n_shown <= SHOWN_MAX);
    if (answer->names_slots) {
        if (task->kind == TASK_RANKING)
            keep(stored, "ranking", place_ranking(fields, task, body, shown, n_shown));
        keep(stored, "ratings", place_ratings(fields, task, body, shown, n_shown));
        keep(stored, "labels", place_labels(fields, task, body, shown, n_shown));
        keep(note, "edit", place_edit(fields, task, body, shown, n_shown));
    }
    if (answer->confidence >= 0)
        json_object_set(stored, "confidence", json_object_get(body, "confidence"));
    const char *rationale = json_string_value(json_object_get(body, "rationale"));
    if (rationale != NULL && rationale[0] != '\0')
        json_object_set_new(note, "rationale", json_string(rationale));
    *ret_stored = stored;
    *ret_note = json_object_size(note) > 0 ? note : NULL;
    if (*ret_note == NULL)
        json_decref(note);
}
