#include "coordinator/collect/import_judged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 50, LABEL_MAX = 200, REASONS_MAX = 20, POINTER_BYTES = 64 };

static const char *const choices[] = {"left", "right", "tie", "both_bad", "cannot_judge", NULL};
enum { LEFT, RIGHT };

// A response's number as a member's name, or "item" for all of it.
static bool is_subject(const char *name, size_t n_responses)
{
    char *end;
    if (strcmp(name, "item") == 0)
        return true;
    unsigned long n = strtoul(name, &end, 10);
    return name[0] >= '0' && name[0] <= '9' && *end == '\0' && n < n_responses;
}

static bool is_response(const json_t *number, size_t n_responses)
{
    return json_is_integer(number) && json_integer_value(number) >= 0 &&
           json_integer_value(number) < (json_int_t)n_responses;
}

static void read_shown(struct fields *fields, const json_t *line, size_t n_responses, struct judged *judged)
{
    const json_t *list = fields_array(fields, line, "", "responses", FIELD_REQUIRED, 1, IMPORT_RESPONSES_MAX);
    bool seen[IMPORT_RESPONSES_MAX] = {false};
    json_t *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        size_t n = is_response(one, n_responses) ? (size_t)json_integer_value(one) : SIZE_MAX;
        if (n == SIZE_MAX || seen[n]) {
            fields_fail(fields, "/responses", "Entry %zu is no response of the item, or is named twice.", i);
            return;
        }
        seen[n] = true;
        judged->shown[i] = (unsigned char)n;
    }
    judged->judgment.shown = judged->shown;
    judged->judgment.n_shown = json_array_size(list);
}

static void check_ranking(struct fields *fields, const json_t *ranking, size_t n_responses)
{
    bool seen[IMPORT_RESPONSES_MAX] = {false};
    json_t *rank, *one;
    size_t i, j;
    json_array_foreach(ranking, i, rank)
    {
        bool ok = json_is_array(rank) && json_array_size(rank) > 0;
        json_array_foreach(rank, j, one)
        {
            ok = ok && is_response(one, n_responses) && !seen[json_integer_value(one)];
            if (ok)
                seen[json_integer_value(one)] = true;
        }
        char at[POINTER_BYTES];
        snprintf(at, sizeof(at), "/ranking/%zu", i);
        if (!ok)
            fields_fail(fields, at, "A rank must be a list of responses, each of them once.");
    }
}

static bool is_rating(const json_t *value)
{
    static const char *const words[] = {"yes", "no", "unsure"};
    for (size_t i = 0; json_is_string(value) && i < ARRAY_SIZE(words); i++) {
        if (strcmp(json_string_value(value), words[i]) == 0)
            return true;
    }
    return json_is_number(value);
}

static void check_ratings(struct fields *fields, const json_t *ratings, size_t n_responses)
{
    const char *dimension, *subject;
    json_t *values, *value;
    json_object_foreach((json_t *)ratings, dimension, values)
    {
        bool ok = json_is_object(values);
        json_object_foreach(values, subject, value) ok =
            ok && is_subject(subject, n_responses) && is_rating(value);
        if (!ok)
            fields_fail_at(
                fields, "/ratings", dimension, "This must be {response: number, yes, no or unsure}.");
    }
}

static bool is_list_of_texts(const json_t *list, size_t max)
{
    bool ok = json_is_array(list) && json_array_size(list) <= max;
    json_t *text;
    size_t i;
    json_array_foreach(list, i, text) ok =
        ok && json_is_string(text) && text_characters(json_string_value(text)) <= LABEL_MAX;
    return ok;
}

static void check_labels(struct fields *fields, const json_t *labels, size_t n_responses)
{
    const char *subject;
    json_t *list;
    json_object_foreach((json_t *)labels, subject, list)
    {
        if (!is_subject(subject, n_responses) || !is_list_of_texts(list, LABELS_MAX))
            fields_fail_at(fields, "/labels", subject, "labels must be {response: [text]}.");
    }
}

// What is stored beside the outcome: see answer.h.
static json_t *read_answer(struct fields *fields, const json_t *line, size_t n_responses)
{
    static const char *const members[] = {
        "ranking", "ratings", "labels", "reasons", "confidence", "later_shown"};
    const json_t *confidence = json_object_get(line, "confidence"),
                 *reasons = json_object_get(line, "reasons");
    check_ranking(fields, fields_array(fields, line, "", "ranking", FIELD_OPTIONAL, 1, IMPORT_RESPONSES_MAX),
        n_responses);
    check_ratings(fields, fields_object(fields, line, "", "ratings", FIELD_OPTIONAL), n_responses);
    check_labels(fields, fields_object(fields, line, "", "labels", FIELD_OPTIONAL), n_responses);
    if (reasons != NULL && !is_list_of_texts(reasons, REASONS_MAX))
        fields_fail(fields, "/reasons", "reasons must be a list of at most %d texts.", REASONS_MAX);
    if (confidence != NULL && !json_is_number(confidence))
        fields_fail(fields, "/confidence", "confidence must be a number.");
    if (fields_bool(fields, line, "", "later_shown", false) && !fields_ok(fields))
        return json_object();
    json_t *answer = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        json_t *value = json_object_get(line, members[i]);
        if (value != NULL && !json_is_null(value))
            json_object_set(answer, members[i], value);
    }
    return answer;
}

void judged_read(
    struct fields *fields, const json_t *line, size_t n_responses, bool turn, struct judged *judged)
{
    *judged = (struct judged){0};
    read_shown(fields, line, n_responses, judged);
    json_t *answer = read_answer(fields, line, n_responses);
    int choice = fields_choice(fields, line, "", "choice", FIELD_OPTIONAL, choices);
    if (turn && (choice == LEFT || choice == RIGHT))
        choice = choice == LEFT ? RIGHT : LEFT;
    if (choice >= 0)
        judged->judgment.outcome = choices[choice];
    else
        judged->judgment.outcome = json_object_get(answer, "ranking") != NULL ? "ranking" : "rating";
    if (choice < 0 && json_object_get(answer, "ranking") == NULL &&
        json_object_get(answer, "ratings") == NULL && json_object_get(answer, "labels") == NULL)
        fields_fail(fields, "", "A judgment needs a choice, a ranking, ratings or labels.");
    judged->judgment.strength = (int)fields_integer(fields, line, "", "strength", FIELD_OPTIONAL, 1, 4, 0);
    judged->judgment.judged_at = fields_text(fields, line, "", "judged_at", FIELD_OPTIONAL, 1, 40);
    if (json_object_size(answer) > 0)
        judged->judgment.answer = judged->answer = json_canonical(answer);
    json_decref(answer);
}

void judged_release(struct judged *judged)
{
    free(judged->answer);
    judged->answer = NULL;
}
