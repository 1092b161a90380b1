// What a later version of a task may be. See rules.h.
#include "coordinator/collect/rules.h"

#include <string.h>

// A task of years ago lacks members: what is lacking is null.
static json_t *member(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return value != NULL ? value : json_null();
}

static void keep(
    struct fields *fields, const json_t *earlier, const json_t *now, const char *at, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (!json_equal(member(earlier, names[i]), member(now, names[i])))
            fields_fail_at(
                fields, at, names[i], "%s stays as it is: earlier answers are to mean the same.", names[i]);
    }
}

// What was not asked of everybody still is not: who has a task already was not asked.
static void ask_no_more(struct fields *fields, const char *at, const char *name, bool earlier, bool now)
{
    if (now && !earlier)
        fields_fail_at(
            fields, at, name, "This can't be required of tasks that are out already; make it optional.");
}

static bool is_required(const json_t *task, const char *name)
{
    return strcmp(words_in(json_object_get(task, name), NULL), "required") == 0;
}

static void extend_choices(
    struct fields *fields, const json_t *earlier, const json_t *now, const char *at, const char *list)
{
    size_t i;
    json_t *one;
    json_array_foreach(earlier, i, one)
    {
        const char *id = words_in(json_object_get(one, "id"), NULL);
        if (entry_named(now, id) == NULL)
            fields_fail_at(fields, at, list,
                "\"%.64s\" can be worded anew but not taken away: it may have been chosen.", id);
    }
}

// Dimensions and groups of labels: all that were there, of the kind they were; new ones are optional.
static void extend_questions(
    struct fields *fields, const json_t *earlier, const json_t *now, const char *at, const char *list)
{
    static const char *const kept[] = {"scale", "min", "max", "fractions", "about", "multiple", NULL};
    size_t i;
    json_t *one;
    extend_choices(fields, earlier, now, at, list);
    json_array_foreach(now, i, one)
    {
        const json_t *before = entry_named(earlier, words_in(json_object_get(one, "id"), NULL));
        char pointer[POINTER_MAX_BYTES];
        entry_pointer(pointer, at, list, i);
        ask_no_more(fields, pointer, "required", json_is_true(json_object_get(before, "required")),
            json_is_true(json_object_get(one, "required")));
        if (before == NULL)
            continue;
        keep(fields, before, one, pointer, kept);
        bool was_box = json_object_get(before, "options") == NULL,
             is_box = json_object_get(one, "options") == NULL;
        if (was_box != is_box)
            fields_fail_at(fields, pointer, "options", "A box stays a box, and options stay options.");
        extend_choices(
            fields, json_object_get(before, "options"), json_object_get(one, "options"), pointer, "options");
    }
}

static void extend_reasons(struct fields *fields, const json_t *earlier, const json_t *now, const char *at)
{
    const json_t *before = json_object_get(earlier, "reasons"), *after = json_object_get(now, "reasons");
    char pointer[POINTER_MAX_BYTES];
    pointer_join(pointer, at, "reasons");
    if (!json_is_object(before))
        return;
    keep(fields, before, after, pointer, FIELDS("from"));
    extend_choices(fields, json_object_get(before, "list"), json_object_get(after, "list"), pointer, "list");
}

void rules_extend(struct fields *fields, const json_t *earlier, const json_t *task, const char *at)
{
    static const char *const offered[] = {"tie", "both_bad", "partial"};
    static const char *const asked[] = {"rationale", "confidence", "edit"};
    keep(fields, earlier, task, at, FIELDS("kind", "goal", "strength_max", "hindsight", "chat"));
    for (size_t i = 0; i < ARRAY_SIZE(offered); i++) {
        if (json_is_true(json_object_get(earlier, offered[i])) &&
            json_is_false(json_object_get(task, offered[i])))
            fields_fail_at(fields, at, offered[i], "What could be answered still can: %s stays.", offered[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
        ask_no_more(fields, at, asked[i], is_required(earlier, asked[i]), is_required(task, asked[i]));
    extend_questions(fields, json_object_get(earlier, "dimensions"), json_object_get(task, "dimensions"), at,
        "dimensions");
    extend_questions(
        fields, json_object_get(earlier, "labels"), json_object_get(task, "labels"), at, "labels");
    extend_reasons(fields, earlier, task, at);
}
