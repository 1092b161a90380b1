#include "coordinator/collect/answer.h"

#include "coordinator/collect/placing.h"

#include <stdio.h>
#include <string.h>

enum { RATIONALE_MAX = 10000, EDIT_MAX = 100000, REASON_MAX = 100, DAY_MS = 86400000, POINTER_BYTES = 64 };

static const char *const choices[] = {
    "left", "right", "tie", "both_bad", "cannot_judge", "skip", "rather_not", NULL};
enum { LEFT, RIGHT, TIE, BOTH_BAD, CANNOT_JUDGE, SKIP, RATHER_NOT };

static bool is_given(const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);
    return value != NULL && !json_is_null(value);
}

static bool any_required(const json_t *list)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (json_is_true(json_object_get(one, "required")))
            return true;
    }
    return false;
}

// --- without what was seen ----------------------------------------------------------------------------------------------
static void need(struct fields *fields, const json_t *body, const char *name)
{
    if (!is_given(body, name))
        fields_fail_at(fields, "", name, "%s is required, or a choice of cannot_judge or skip.", name);
}

// What a task without a choice needs, and what it is called when it is stored.
static const char *need_own(struct fields *fields, const struct rules *rules, const json_t *body)
{
    switch (rules->kind) {
    case TASK_RANKING:
        need(fields, body, "ranking");
        return "ranking";
    case TASK_BEST_WORST:
        need(fields, body, "best");
        need(fields, body, "worst");
        return "ranking";
    case TASK_RATING:
        // Boxes alone may be all that a task has, and none of them ticked.
        if (any_required(rules->dimensions) || !is_given(body, "labels"))
            need(fields, body, "ratings");
        return "rating";
    case TASK_PAIRWISE:
        break;
    }
    return "cannot_judge";
}

// A way of answering that another kind of task has.
static void refuse_others(struct fields *fields, const struct rules *rules, const json_t *body)
{
    if (rules->kind == TASK_PAIRWISE && is_given(body, "ranking"))
        fields_fail(fields, "/ranking", "This task compares two responses: say choice instead.");
    if (rules->kind == TASK_BEST_WORST && is_given(body, "ranking"))
        fields_fail(fields, "/ranking", "This task asks for the best and the worst.");
    if (rules->kind != TASK_BEST_WORST && is_given(body, "best"))
        fields_fail(fields, "/best", "This task does not ask for a best and a worst.");
    if (rules->kind != TASK_BEST_WORST && is_given(body, "worst"))
        fields_fail(fields, "/worst", "This task does not ask for a best and a worst.");
}

static void read_outcome(
    struct fields *fields, const struct rules *rules, const json_t *body, struct answer *answer)
{
    bool is_pair = rules->kind == TASK_PAIRWISE;
    int choice =
        fields_choice(fields, body, "", "choice", is_pair ? FIELD_REQUIRED : FIELD_OPTIONAL, choices);
    answer->rather_not = choice == RATHER_NOT;
    answer->declines = choice == CANNOT_JUDGE || choice == SKIP || answer->rather_not;
    answer->outcome = choices[choice < 0 ? CANNOT_JUDGE : answer->rather_not ? SKIP : choice];
    refuse_others(fields, rules, body);
    if (!is_pair && choice >= 0 && !answer->declines)
        fields_fail(
            fields, "/choice", "Without a pair, choice is cannot_judge, skip or rather_not, or left out.");
    else if (!is_pair && choice < 0)
        answer->outcome = need_own(fields, rules, body);
    if (is_pair && ((choice == TIE && !rules->tie) || (choice == BOTH_BAD && !rules->both_bad)))
        fields_fail(fields, "/choice", "This task does not offer %s.", choices[choice]);
    if (rules->strength_max > 0)
        answer->strength =
            (int)fields_integer(fields, body, "", "strength", FIELD_OPTIONAL, 1, rules->strength_max, 0);
    else if (is_given(body, "strength"))
        fields_fail(fields, "/strength", "This task does not ask how strong a preference is.");
    if (answer->strength > 0 && choice != LEFT && choice != RIGHT)
        fields_fail(fields, "/strength", "Only a preference for left or right has a strength.");
}

static void read_times(struct fields *fields, const json_t *body, struct answer *answer)
{
    answer->active_ms = fields_integer(fields, body, "", "active_ms", FIELD_REQUIRED, 0, DAY_MS, 0);
    const json_t *client = fields_object(fields, body, "", "client", FIELD_OPTIONAL);
    // The browser tells it among what is about itself.
    const json_t *home = json_object_get(client, "wall_ms") != NULL ? client : body;
    answer->wall_ms = fields_integer(
        fields, home, home == client ? "/client" : "", "wall_ms", FIELD_OPTIONAL, 0, INT32_MAX, -1);
    typing_read(fields, client, "/client", &answer->typing);
    if (client != NULL && json_dumpb(client, NULL, 0, JSON_COMPACT) > CLIENT_MAX_BYTES)
        fields_fail(fields, "/client", "client must be at most %d bytes of JSON.", CLIENT_MAX_BYTES);
}

static void read_confidence(
    struct fields *fields, const struct rules *rules, const json_t *body, struct answer *answer)
{
    const json_t *confidence = json_object_get(body, "confidence");
    if (is_given(body, "confidence")) {
        answer->confidence = json_is_number(confidence) ? json_number_value(confidence) : -1;
        if (!(answer->confidence >= 0 && answer->confidence <= 100))
            fields_fail(fields, "/confidence", "confidence must be a number from 0 to 100.");
    } else if (rules->confidence == ASKED_REQUIRED && !answer->declines) {
        fields_fail(fields, "/confidence", "This task asks how sure you are.");
    }
}

static bool is_blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

static void read_words(
    struct fields *fields, const struct rules *rules, const json_t *body, const struct answer *answer)
{
    const char *rationale = fields_text(fields, body, "", "rationale", FIELD_OPTIONAL, 0, RATIONALE_MAX);
    bool prefers =
        !answer->declines && strcmp(answer->outcome, "tie") != 0 && strcmp(answer->outcome, "both_bad") != 0;
    if (rules->rationale == ASKED_REQUIRED && !answer->declines && is_blank(rationale))
        fields_fail(fields, "/rationale", "This task asks for the reason in your own words.");
    if (rules->edit == ASKED_REQUIRED && prefers && !is_given(body, "edit"))
        fields_fail(fields, "/edit", "This task asks for a better version of the response.");
}

static void read_reasons(
    struct fields *fields, const struct rules *rules, const json_t *body, struct answer *answer)
{
    const json_t *given = fields_array(fields, body, "", "reasons", FIELD_OPTIONAL, 0, REASONS_MAX);
    size_t i, j;
    json_t *reason, *other;
    if (given != NULL && !rules->cites_constitution && rules->reasons == NULL)
        fields_fail(fields, "/reasons", "This task has no reasons to choose from.");
    json_array_foreach(given, i, reason)
    {
        char at[POINTER_BYTES];
        const char *id = json_string_value(reason);
        snprintf(at, sizeof(at), "/reasons/%zu", i);
        if (id == NULL || strlen(id) > 4 * REASON_MAX ||
            (rules->reasons != NULL && entry_named(rules->reasons, id) == NULL))
            fields_fail(fields, at, "This is not one of the task's reasons.");
        json_array_foreach(given, j, other)
        {
            if (j < i && json_equal(other, reason))
                fields_fail(fields, at, "This reason stands here twice.");
        }
    }
    answer->cites = rules->cites_constitution && json_array_size(given) > 0;
}

void answer_read(struct fields *fields, const struct rules *rules, const json_t *body, struct answer *answer)
{
    *answer = (struct answer){.wall_ms = -1, .confidence = -1};
    fields_only(fields, body, "",
        FIELDS("choice", "strength", "ranking", "best", "worst", "ratings", "labels", "reasons", "edit",
            "rationale", "confidence", "active_ms", "wall_ms", "client"));
    read_outcome(fields, rules, body, answer);
    read_times(fields, body, answer);
    read_confidence(fields, rules, body, answer);
    read_words(fields, rules, body, answer);
    read_reasons(fields, rules, body, answer);
    static const char *const with_slots[] = {"ranking", "best", "worst", "ratings", "labels", "edit"};
    answer->needs_seen = rules->hindsight != HINDSIGHT_NONE || answer->cites;
    for (size_t i = 0; i < ARRAY_SIZE(with_slots); i++)
        answer->needs_seen = answer->needs_seen || is_given(body, with_slots[i]);
    if (!answer->declines && (any_required(rules->dimensions) || any_required(rules->labels)))
        answer->needs_seen = true;
}

// --- with what was seen ---------------------------------------------------------------------------------------------------
// Is the response at `place` the one that was preferred? Where nothing says so (ratings, a tie), any may be edited.
static bool is_preferred(
    const struct rules *rules, const struct answer *answer, const json_t *ranking, int response, int place)
{
    if (strcmp(answer->outcome, "left") == 0 || strcmp(answer->outcome, "right") == 0) {
        int chosen = strcmp(answer->outcome, "left") == 0 ? 0 : 1;
        return place == (rules->is_worse ? 1 - chosen : chosen);
    }
    const json_t *best = json_array_get(ranking, 0);
    size_t i;
    json_t *one;
    json_array_foreach(best, i, one)
    {
        if (json_integer_value(one) == response)
            return true;
    }
    return best == NULL;
}

static json_t *place_edit(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen, const json_t *ranking)
{
    const json_t *edit = fields_object(fields, body, "", "edit", FIELD_OPTIONAL);
    if (edit == NULL)
        return NULL;
    fields_only(fields, edit, "/edit", FIELDS("slot", "content"));
    const char *slot = fields_text(fields, edit, "/edit", "slot", FIELD_REQUIRED, 1, SLOT_NAME_BYTES);
    const char *content = fields_text(fields, edit, "/edit", "content", FIELD_REQUIRED, 1, EDIT_MAX);
    int place = slot != NULL ? placing_slot(rules, slot, seen->n_shown) : -1;
    if (slot != NULL && place < 0)
        fields_fail(fields, "/edit/slot", "This is not a slot of this task.");
    if (place < 0 || content == NULL)
        return NULL;
    if (rules->edit != ASKED_OFF && !is_preferred(rules, answer, ranking, seen->shown[place], place))
        fields_fail(fields, "/edit/slot", "The better response is the one to edit.");
    return json_pack("{s:i, s:s}", "response", seen->shown[place], "content", content);
}

static void check_cited(struct fields *fields, const json_t *body, const struct seen *seen)
{
    size_t i, j;
    json_t *reason, *article;
    json_array_foreach(json_object_get(body, "reasons"), i, reason)
    {
        char at[POINTER_BYTES];
        bool known = false;
        json_array_foreach(seen->articles, j, article) known = known || json_equal(article, reason);
        snprintf(at, sizeof(at), "/reasons/%zu", i);
        if (!known)
            fields_fail(fields, at, "The constitution had no such article when this task was given out.");
    }
}

static void keep(json_t *object, const char *name, json_t *value)
{
    if (value != NULL &&
        ((json_is_array(value) && json_array_size(value) > 0) || json_object_size(value) > 0))
        json_object_set(object, name, value);
    json_decref(value);
}

static void place_all(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen, json_t *stored, json_t *note)
{
    if (rules->kind == TASK_RANKING && !answer->declines)
        keep(stored, "ranking", placing_ranking(fields, rules, body, seen));
    if (rules->kind == TASK_BEST_WORST && !answer->declines)
        keep(stored, "ranking", placing_best_worst(fields, rules, body, seen));
    keep(stored, "ratings", placing_ratings(fields, rules, body, answer, seen));
    keep(stored, "labels", placing_labels(fields, rules, body, answer, seen));
    keep(note, "edit", place_edit(fields, rules, body, answer, seen, json_object_get(stored, "ranking")));
    if (answer->cites)
        check_cited(fields, body, seen);
    if (rules->hindsight != HINDSIGHT_NONE)
        json_object_set_new(stored, "later_shown", json_boolean(seen->later));
}

void answer_place(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen, json_t **ret_stored, json_t **ret_note)
{
    json_t *stored = json_object(), *note = json_object();
    assert(!answer->needs_seen || (seen != NULL && seen->n_shown <= SHOWN_MAX));
    if (answer->needs_seen)
        place_all(fields, rules, body, answer, seen, stored, note);
    if (answer->rather_not)
        json_object_set_new(stored, "rather_not", json_true());
    if (json_array_size(json_object_get(body, "reasons")) > 0)
        json_object_set(stored, "reasons", json_object_get(body, "reasons"));
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
