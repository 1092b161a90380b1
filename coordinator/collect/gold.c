#include "coordinator/collect/gold.h"

#include "coordinator/collect/placing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 100, TRIES_MAX = 10, EXPLANATION_MAX = 2000 };

static const double SHARE_OTHERWISE = 0.8, ATTENTION_SHARE_MAX = 0.5;

// --- of a study -----------------------------------------------------------------------------------------------------------
static json_t *read_qualification(struct fields *fields, const json_t *onboarding)
{
    const char *at = "/onboarding/qualification";
    const json_t *given = fields_object(fields, onboarding, "/onboarding", "qualification", FIELD_OPTIONAL);
    if (given == NULL)
        return NULL;
    fields_only(fields, given, at, FIELDS("n", "share", "tries"));
    json_int_t n = fields_integer(fields, given, at, "n", FIELD_REQUIRED, 1, ITEMS_MAX, 1);
    double share = fields_number(fields, given, at, "share", 0, 1, SHARE_OTHERWISE);
    json_int_t tries = fields_integer(fields, given, at, "tries", FIELD_OPTIONAL, 1, TRIES_MAX, 2);
    return json_pack("{s:I, s:f, s:I}", "n", n, "share", share, "tries", tries);
}

static json_t *read_onboarding(struct fields *fields, const json_t *body)
{
    const json_t *given = fields_object(fields, body, "", "onboarding", FIELD_OPTIONAL);
    if (given == NULL)
        return NULL;
    fields_only(fields, given, "/onboarding", FIELDS("practice", "qualification"));
    json_int_t practice =
        fields_integer(fields, given, "/onboarding", "practice", FIELD_OPTIONAL, 0, ITEMS_MAX, 0);
    json_t *own = json_pack("{s:I}", "practice", practice),
           *qualification = read_qualification(fields, given);
    if (qualification != NULL)
        json_object_set_new(own, "qualification", qualification);
    return own;
}

void gold_settings(struct fields *fields, const json_t *body, json_t *settings)
{
    bool is_chat = json_object_get(json_object_get(settings, "task"), "chat") != NULL;
    json_t *onboarding = read_onboarding(fields, body);
    double attention = fields_number(fields, body, "", "attention_share", 0, ATTENTION_SHARE_MAX, 0);
    if (is_chat && onboarding != NULL)
        fields_fail(fields, "/onboarding", "A chat has no items, and so none with a known answer.");
    if (is_chat && attention > 0)
        fields_fail(fields, "/attention_share", "A chat has no items, and so none with a known answer.");
    if (onboarding != NULL)
        json_object_set_new(settings, "onboarding", onboarding);
    if (attention > 0)
        json_object_set_new(settings, "attention_share", json_real(attention));
}

struct gold_rules gold_rules_of(const json_t *settings)
{
    const json_t *onboarding = json_object_get(settings, "onboarding");
    const json_t *qualification = json_object_get(onboarding, "qualification");
    return (struct gold_rules){.practice = (int)json_integer_value(json_object_get(onboarding, "practice")),
        .qualification = (int)json_integer_value(json_object_get(qualification, "n")),
        .tries = (int)json_integer_value(json_object_get(qualification, "tries")),
        .share = json_number_value(json_object_get(qualification, "share")),
        .attention = json_number_value(json_object_get(settings, "attention_share"))};
}

bool gold_is_given(const struct gold_rules *rules)
{
    return rules->practice > 0 || rules->qualification > 0 || rules->attention > 0;
}

// --- of an item -----------------------------------------------------------------------------------------------------------
static void read_choice(struct fields *fields, const json_t *gold, const struct rules *rules,
    size_t n_responses, json_t *expected)
{
    static const char *const choices[] = {"left", "right", "tie", "both_bad", NULL};
    int choice = fields_choice(fields, gold, "", "choice", FIELD_REQUIRED, choices);
    if (n_responses != 2)
        fields_fail(fields, "/choice", "Only of two responses can one be known to be chosen.");
    if ((choice == 2 && !rules->tie) || (choice == 3 && !rules->both_bad))
        fields_fail(fields, "/choice", "This task does not offer %s.", choices[choice]);
    if (choice >= 0)
        json_object_set_new(
            expected, "choice", choice < 2 ? json_integer(choice) : json_string(choices[choice]));
}

static void read_ranks(struct fields *fields, const json_t *gold, const struct rules *rules,
    const struct seen *seen, json_t *expected)
{
    bool ends = rules->kind == TASK_BEST_WORST;
    json_t *ranking =
        ends ? placing_best_worst(fields, rules, gold, seen) : placing_ranking(fields, rules, gold, seen);
    if (json_array_size(ranking) > 0)
        json_object_set(expected, "ranking", ranking);
    else if (fields_ok(fields))
        fields_fail(
            fields, ends ? "/best" : "/ranking", "gold needs %s.", ends ? "best and worst" : "a ranking");
    json_decref(ranking);
}

// What was said wrongly of the answer, at its place in the item.
static void tell_faults(struct fields *fields, struct fields *own)
{
    size_t i;
    json_t *error;
    json_array_foreach(own->errors, i, error)
    {
        char at[POINTER_MAX_BYTES];
        snprintf(at, sizeof(at), "/gold%s", json_string_value(json_object_get(error, "pointer")));
        fields_fail(fields, at, "%s", json_string_value(json_object_get(error, "detail")));
    }
    fields_release(own);
}

static void read_role(
    struct fields *fields, const json_t *gold, const struct gold_rules *given, const char **ret_role)
{
    static const char *const roles[] = {"practice", "qualification", "attention", NULL};
    int role = fields_choice(fields, gold, "", "role", FIELD_OPTIONAL, roles);
    bool is_given[] = {given->practice > 0, given->qualification > 0, given->attention > 0};
    *ret_role = role >= 0 ? roles[role] : NULL;
    if (role >= 0 && !is_given[role])
        fields_fail(fields, "/role", "This study gives out no items for %s.", roles[role]);
}

json_t *gold_read(struct fields *fields, const json_t *gold, const struct rules *rules,
    const struct gold_rules *given, size_t n_responses, const char **ret_role)
{
    int shown[SHOWN_MAX];
    const struct answer partial = {.declines = true}; // not every dimension need be known
    const struct seen seen = {.shown = shown, .n_shown = n_responses};
    json_t *expected = json_object();
    struct fields own;
    fields_init(&own);
    for (int i = 0; i < SHOWN_MAX; i++)
        shown[i] = i;
    fields_only(
        &own, gold, "", FIELDS("choice", "ranking", "best", "worst", "ratings", "explanation", "role"));
    read_role(&own, gold, given, ret_role);
    fields_words(&own, gold, "", "explanation", FIELD_OPTIONAL, 1, EXPLANATION_MAX);
    if (rules->kind == TASK_PAIRWISE)
        read_choice(&own, gold, rules, n_responses, expected);
    else if (rules->kind != TASK_RATING)
        read_ranks(&own, gold, rules, &seen, expected);
    json_t *ratings = placing_ratings(&own, rules, gold, &partial, &seen);
    if (json_object_size(ratings) > 0)
        json_object_set(expected, "ratings", ratings);
    else if (rules->kind == TASK_RATING && fields_ok(&own))
        fields_fail(&own, "/ratings", "gold needs ratings.");
    json_decref(ratings);
    tell_faults(fields, &own);
    return expected;
}

// --- on screen ------------------------------------------------------------------------------------------------------------
static json_t *slot_of(const struct rules *rules, json_int_t response, const int *shown, size_t n_shown)
{
    char name[SLOT_NAME_BYTES] = "";
    for (size_t i = 0; i < n_shown; i++) {
        if (shown[i] == response)
            slot_name(rules, i, name);
    }
    return json_string(name);
}

static json_t *ranks_on_screen(
    const struct rules *rules, const json_t *ranking, const int *shown, size_t n_shown)
{
    json_t *own = json_array(), *group, *response;
    size_t i, j;
    json_array_foreach(ranking, i, group)
    {
        json_t *slots = json_array();
        json_array_foreach(group, j, response)
            json_array_append_new(slots, slot_of(rules, json_integer_value(response), shown, n_shown));
        json_array_append_new(own, slots);
    }
    return own;
}

static json_t *ratings_on_screen(
    const struct rules *rules, const json_t *ratings, const int *shown, size_t n_shown)
{
    json_t *own = json_object(), *given, *value;
    const char *dimension, *response;
    json_object_foreach((json_t *)ratings, dimension, given)
    {
        json_t *slots = json_object();
        json_object_foreach(given, response, value)
        {
            bool of_item = strcmp(response, "item") == 0;
            json_t *slot =
                of_item ? json_string(response) : slot_of(rules, strtol(response, NULL, 10), shown, n_shown);
            json_object_set(slots, json_string_value(slot), value);
            json_decref(slot);
        }
        json_object_set_new(own, dimension, slots);
    }
    return own;
}

json_t *gold_on_screen(const struct rules *rules, const json_t *expected, const int *shown, size_t n_shown)
{
    json_t *own = json_object(), *choice = json_object_get(expected, "choice"),
           *ranking = json_object_get(expected, "ranking"), *ratings = json_object_get(expected, "ratings");
    if (choice != NULL)
        json_object_set_new(own, "choice",
            json_is_integer(choice) ? slot_of(rules, json_integer_value(choice), shown, n_shown)
                                    : json_incref(choice));
    if (ranking != NULL) {
        json_t *ranks = ranks_on_screen(rules, ranking, shown, n_shown);
        if (rules->kind == TASK_BEST_WORST) {
            json_object_set(own, "best", json_array_get(json_array_get(ranks, 0), 0));
            json_object_set(
                own, "worst", json_array_get(json_array_get(ranks, json_array_size(ranks) - 1), 0));
        } else {
            json_object_set(own, "ranking", ranks);
        }
        json_decref(ranks);
    }
    if (ratings != NULL)
        json_object_set_new(own, "ratings", ratings_on_screen(rules, ratings, shown, n_shown));
    return own;
}
