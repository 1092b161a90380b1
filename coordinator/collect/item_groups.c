// What the groups of people say of one item, by their answers to one question. Beside it stands who said what, under pseudonyms: so a
// cell is told of only where it names nobody's group.
#include "coordinator/collect/routes.h"

#include "coordinator/api.h"
#include "coordinator/collect/coverage.h"
#include "coordinator/collect/tally.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/templates.h"
#include "coordinator/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Columns beyond the responses; and rows at most, answers in a person's own words and beyond that as one.
enum { CHOICES_MAX = 102, VALUES_MAX = 300, RESPONSES_MAX = 100 };
#define NOT_ANSWERED "not_answered"
#define OTHER "other"

struct asking {
    struct uuid item;
    const char *attribute;
    const char *dimension; // NULL: what was chosen
    int response;          // in it; -1: the item
};

// How many of each group said each thing; values and choices in the order in which they came, offered ones first.
struct split {
    json_t *values, *choices; // {name: number of its row, column}; owned
    int64_t counts[VALUES_MAX][CHOICES_MAX], in_group[VALUES_MAX], said[CHOICES_MAX], n;
    bool has_several;
};

static size_t place_of(json_t *names, const char *name, size_t max)
{
    const json_t *place = json_object_get(names, name);
    if (place != NULL)
        return (size_t)json_integer_value(place);
    if (json_object_size(names) + 1 >= max && strcmp(name, OTHER) != 0)
        return place_of(names, OTHER, max);
    size_t n = json_object_size(names);
    json_object_set_new(names, name, json_integer((json_int_t)n));
    return n;
}

static const json_t *question_named(const json_t *questions, const char *name)
{
    for (size_t i = 0; i < json_array_size(questions); i++) {
        const json_t *question = json_array_get(questions, i);
        if (strcmp(json_string_value(json_object_get(question, "id")), name) == 0)
            return question;
    }
    return NULL;
}

// Those that were offered have a row whatever they count.
static void split_init(struct split *split, const json_t *question)
{
    const json_t *offered = json_object_get(question, "values");
    split->values = json_object();
    split->choices = json_object();
    split->has_several = json_is_true(json_object_get(question, "multi"));
    for (size_t i = 0; i < json_array_size(offered); i++)
        place_of(split->values, json_string_value(json_object_get(json_array_get(offered, i), "id")),
            VALUES_MAX - 2);
    place_of(split->values, PREFER_NOT_TO_SAY, VALUES_MAX);
    place_of(split->values, NOT_ANSWERED, VALUES_MAX);
}

static void count_in(struct split *split, const char *value, size_t choice)
{
    // What the study did not offer are the person's own words, or came with an import: told of together.
    const char *known = json_object_get(split->values, value) != NULL ? value : OTHER;
    size_t group = place_of(split->values, known, VALUES_MAX);
    split->counts[group][choice]++;
    split->in_group[group]++;
}

static void count(struct split *split, const json_t *answer, const char *said)
{
    size_t choice = place_of(split->choices, said, CHOICES_MAX);
    split->said[choice]++;
    split->n++;
    split->has_several = split->has_several || json_is_array(answer);
    if (json_is_string(answer))
        count_in(split, json_string_value(answer), choice);
    else if (json_array_size(answer) == 0)
        count_in(split, NOT_ANSWERED, choice);
    for (size_t i = 0; i < json_array_size(answer); i++)
        count_in(split, json_string_value(json_array_get(answer, i)), choice);
}

struct reading {
    const struct keys *keys;
    const struct asking *asking;
    struct split *split;
};

static int on_voter(void *arg, const struct db_result *result, struct err *err UNUSED)
{
    enum { SAID, SEALED, IMPORTED, PERSON };
    const struct reading *reading = arg;
    struct arena *arena = arena_new(KEYS_SEALED_MAX_BYTES * 4);
    size_t size = 0;
    const unsigned char *sealed =
        db_is_null(result, 0, SEALED) ? NULL : db_bytes(result, 0, SEALED, arena, &size);
    json_t *answers = identity_open_demographics(reading->keys, db_uuid(result, 0, PERSON), sealed, size);
    count(reading->split, json_object_get(answers, reading->asking->attribute), db_text(result, 0, SAID));
    json_decref(answers);
    arena_free(arena);
    return 0;
}

// --- the answer -----------------------------------------------------------------------------------------------------------
static json_t *number_or_null(bool is_hidden, int64_t n)
{
    return is_hidden ? json_null() : json_integer((json_int_t)n);
}

// Each group and those outside of it make up the whole; where a person is in one alone, all groups do.
static void hide_groups(const struct split *split, size_t n_groups, bool *ret_hidden)
{
    if (!split->has_several) {
        coverage_hide(split->in_group, n_groups, COVERAGE_LEAST, ret_hidden);
        return;
    }
    for (size_t g = 0; g < n_groups; g++) {
        bool hidden[2];
        coverage_hide(
            (int64_t[]){split->in_group[g], split->n - split->in_group[g]}, 2, COVERAGE_LEAST, hidden);
        ret_hidden[g] = hidden[0];
    }
}

static void hide_cells(const struct split *split, size_t n_groups, size_t n_choices, bool *ret_hidden)
{
    int64_t *counts = calloc(n_groups * n_choices + 1, sizeof(*counts));
    bool pair[2 * CHOICES_MAX];
    if (counts == NULL)
        abort();
    for (size_t g = 0; g < n_groups; g++)
        for (size_t c = 0; c < n_choices; c++)
            counts[g * n_choices + c] = split->counts[g][c];
    if (!split->has_several)
        coverage_hide_table(counts, n_groups, n_choices, COVERAGE_LEAST, ret_hidden);
    for (size_t g = 0; split->has_several && g < n_groups; g++) {
        int64_t both[2 * CHOICES_MAX];
        for (size_t c = 0; c < n_choices; c++) {
            both[c] = split->counts[g][c];
            both[n_choices + c] = split->said[c] - both[c];
        }
        coverage_hide_table(both, 2, n_choices, COVERAGE_LEAST, pair);
        memcpy(ret_hidden + g * n_choices, pair, n_choices * sizeof(*pair));
    }
    free(counts);
}

static int answer(struct tally *tally UNUSED, json_t *body, void *arg, struct err *err UNUSED)
{
    const struct split *split = arg;
    size_t n_groups = json_object_size(split->values), n_choices = json_object_size(split->choices);
    bool hidden_groups[VALUES_MAX], *hidden = calloc(n_groups * n_choices + 1, sizeof(*hidden));
    json_t *choices = json_array(), *groups = json_array(), *place;
    const char *name;
    if (hidden == NULL)
        abort();
    hide_groups(split, n_groups, hidden_groups);
    hide_cells(split, n_groups, n_choices, hidden);
    json_object_foreach(split->choices, name, place) json_array_append_new(
        choices, json_pack("{s:s, s:I}", "choice", name, "n", split->said[json_integer_value(place)]));
    json_object_foreach(split->values, name, place)
    {
        size_t g = (size_t)json_integer_value(place);
        json_t *counts = json_array(), *group = json_pack("{s:s}", "value", name);
        for (size_t c = 0; c < n_choices; c++)
            json_array_append_new(
                counts, number_or_null(hidden_groups[g] || hidden[g * n_choices + c], split->counts[g][c]));
        json_object_set_new(group, "hidden", json_boolean(hidden_groups[g]));
        json_object_set_new(group, "n", number_or_null(hidden_groups[g], split->in_group[g]));
        json_object_set_new(group, "counts", counts);
        json_array_append_new(groups, group);
    }
    json_object_set_new(body, "choices", choices);
    json_object_set_new(body, "groups", groups);
    free(hidden);
    return 0;
}

static int show_split(struct tally *tally, const struct asking *asking, struct split *split, struct err *err)
{
    char what[2 * GROUPS_NAME_MAX + 100], item[UUID_TEXT_BYTES];
    uuid_format(asking->item, item);
    snprintf(what, sizeof(what), "item %s %d %s\t%s", item, asking->response, asking->attribute,
        asking->dimension != NULL ? asking->dimension : "");
    return tally_show_groups(tally, what, split->n, answer, split, err);
}

static int make(struct tally *tally, struct err *err)
{
    const struct asking *asking = tally->arg;
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    int rc = db_session_query(tally->session, QUERY_COLLECT_QUALITY_QUESTIONS, &params, &result, err);
    if (rc < 0)
        return rc;
    json_t *questions = result.n_rows == 0 ? NULL : json_loads(db_text(&result, 0, 0), 0, NULL);
    struct split *split = calloc(1, sizeof(*split));
    if (split == NULL)
        abort();
    split_init(split, question_named(questions, asking->attribute));
    struct reading reading = {.keys = tally->app->keys, .asking = asking, .split = split};
    db_add_uuid(&params, asking->item);
    rc = db_session_query(tally->session, QUERY_COLLECT_ITEM, &params, &result, err);
    bool is_there = rc == 0 && result.n_rows == 1;
    if (is_there && asking->dimension != NULL) {
        db_add_text(&params, asking->dimension);
        if (asking->response >= 0)
            db_add_number(&params, asking->response);
        else
            db_add_null(&params);
    }
    if (is_there)
        rc = db_session_stream(tally->session,
            asking->dimension != NULL ? QUERY_COLLECT_ITEM_RATERS : QUERY_COLLECT_ITEM_VOTERS, &params,
            on_voter, &reading, err);
    if (rc == 0 && is_there) {
        json_object_set_new(tally->body, "attribute", json_string(asking->attribute));
        rc = show_split(tally, asking, split, err);
    }
    json_decref(split->values);
    json_decref(split->choices);
    free(split);
    json_decref(questions);
    return rc;
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct id project, item;
    if (!identity_param_id(request, "p", &project) || !identity_param_id(request, "i", &item))
        return;
    const char *attribute = groups_asked_by(request);
    if (attribute == NULL)
        return;
    const char *dimension = http_query(request, "dimension"), *response = http_query(request, "response");
    if (dimension != NULL && strlen(dimension) > GROUPS_NAME_MAX) {
        http_problem_at(request, 422, "?dimension", "No dimension has so long a name.");
        return;
    }
    char *end = NULL;
    long number = response == NULL ? -1 : strtol(response, &end, 10);
    if (response != NULL && (end == response || *end != '\0' || number < 0 || number >= RESPONSES_MAX)) {
        http_problem_at(request, 422, "?response", "response must be the number of a response, from 0.");
        return;
    }
    struct asking *asking = arena_calloc(http_arena(request), 1, sizeof(*asking));
    *asking = (struct asking){item.uuid, arena_strdup(http_arena(request), attribute),
        dimension == NULL ? NULL : arena_strdup(http_arena(request), dimension), (int)number};
    tally_show(request, project, make, asking, NULL);
}

void item_groups_show(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, show_as);
}
