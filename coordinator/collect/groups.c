// Agreement within and between groups of people, by their answers to one question; or between those who saw what happened later and those
// who did not (hindsight). Reads all judgments of pairs, so it is made only
// when asked for. Only groups that coverage shows are told of.
#include "coordinator/collect/routes.h"

#include "coordinator/api.h"
#include "coordinator/collect/agreement.h"
#include "coordinator/collect/coverage.h"
#include "coordinator/collect/tally.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/templates.h"
#include "coordinator/loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUPS_MAX = 16,
    CHOICES = 4,
    COUNT_BITS = 16,
    COUNT_MAX = (1 << COUNT_BITS) - 1,
    PEOPLE_MAX = 1000000,
    WHAT_BYTES = GROUPS_NAME_MAX + 20
};

struct person {
    struct uuid participant;
    json_t *answers; // owned
    uint32_t groups; // bits
};

// Units by what a group said of them: four counts in one number, so that sorting brings equal ones together.
struct patterns {
    uint64_t *keys;
    size_t n, size;
};

struct grouping {
    const struct keys *keys;
    struct coverage coverage;
    struct person *people;
    size_t n_people, people_size;
    char *values[GROUPS_MAX]; // owned
    size_t n_groups;
    bool overlap;      // one person can be in several
    bool by_hindsight; // the groups are of judgments: those with it, and those without
    struct patterns patterns[GROUPS_MAX];
    // Units that both judged: pairs of people, one of each, who say the same, of all.
    struct interval_sums between[GROUPS_MAX][GROUPS_MAX];
    // The unit being read.
    struct uuid item;
    int64_t a, b, counts[GROUPS_MAX][CHOICES];
};

static void *grown(void *list, size_t n, size_t *size, size_t each)
{
    if (n < *size)
        return list;
    *size = *size == 0 ? 256 : *size * 2;
    list = realloc(list, *size * each);
    if (list == NULL)
        abort();
    return list;
}

static void grouping_release(struct grouping *grouping)
{
    coverage_release(&grouping->coverage);
    for (size_t i = 0; i < grouping->n_people; i++)
        json_decref(grouping->people[i].answers);
    free(grouping->people);
    for (size_t g = 0; g < grouping->n_groups; g++) {
        free(grouping->values[g]);
        free(grouping->patterns[g].keys);
    }
}

// --- people ---------------------------------------------------------------------------------------------------------------
static int on_person(void *arg, const struct db_result *result, struct err *err)
{
    struct grouping *grouping = arg;
    if (grouping->n_people >= PEOPLE_MAX)
        return err_set(err, ERR_LIMIT, "more than %d people", PEOPLE_MAX);
    struct arena *arena = arena_new(KEYS_SEALED_MAX_BYTES * 4);
    size_t size = 0;
    const unsigned char *sealed = db_is_null(result, 0, 2) ? NULL : db_bytes(result, 0, 2, arena, &size);
    json_t *answers = identity_open_demographics(grouping->keys, db_uuid(result, 0, 0), sealed, size);
    coverage_add(&grouping->coverage, answers, db_bool(result, 0, 3), db_number(result, 0, 1));
    grouping->people =
        grown(grouping->people, grouping->n_people, &grouping->people_size, sizeof(*grouping->people));
    grouping->people[grouping->n_people++] =
        (struct person){.participant = db_uuid(result, 0, 4), .answers = answers};
    arena_free(arena);
    return 0;
}

static void choose_groups(struct grouping *grouping, const char *attribute)
{
    json_t *rows = coverage_rows(&grouping->coverage), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        const char *value = json_string_value(json_object_get(row, "value"));
        if (strcmp(json_string_value(json_object_get(row, "attribute")), attribute) != 0 ||
            json_is_true(json_object_get(row, "hidden")) || strcmp(value, PREFER_NOT_TO_SAY) == 0 ||
            strcmp(value, "not_answered") == 0 || grouping->n_groups == GROUPS_MAX)
            continue;
        grouping->values[grouping->n_groups] = strdup(value);
        if (grouping->values[grouping->n_groups++] == NULL)
            abort();
    }
    json_decref(rows);
}

static bool says(const json_t *answer, const char *value)
{
    if (json_is_string(answer))
        return strcmp(json_string_value(answer), value) == 0;
    for (size_t i = 0; i < json_array_size(answer); i++) {
        if (strcmp(json_string_value(json_array_get(answer, i)), value) == 0)
            return true;
    }
    return false;
}

static int by_participant(const void *a, const void *b)
{
    return memcmp(((const struct person *)a)->participant.bytes,
        ((const struct person *)b)->participant.bytes, UUID_BYTES);
}

static void place_people(struct grouping *grouping, const char *attribute)
{
    for (size_t i = 0; i < grouping->n_people; i++) {
        struct person *person = &grouping->people[i];
        const json_t *answer = json_object_get(person->answers, attribute);
        grouping->overlap = grouping->overlap || json_is_array(answer);
        for (size_t g = 0; g < grouping->n_groups; g++)
            person->groups |= says(answer, grouping->values[g]) ? 1u << g : 0;
    }
    qsort(grouping->people, grouping->n_people, sizeof(*grouping->people), by_participant);
}

// --- votes ----------------------------------------------------------------------------------------------------------------
static void add_between(struct interval_sums *between, const int64_t *one, const int64_t *other)
{
    double n_one = 0, n_other = 0, alike = 0;
    for (int c = 0; c < CHOICES; c++) {
        n_one += (double)one[c];
        n_other += (double)other[c];
        alike += (double)one[c] * (double)other[c];
    }
    double pairs = n_one * n_other;
    if (pairs < 1)
        return;
    between->n++;
    between->part += alike;
    between->whole += pairs;
    between->part2 += alike * alike;
    between->part_whole += alike * pairs;
    between->whole2 += pairs * pairs;
}

static void end_unit(struct grouping *grouping)
{
    for (size_t g = 0; g < grouping->n_groups; g++) {
        uint64_t key = 0;
        for (int c = 0; c < CHOICES; c++) {
            int64_t n = grouping->counts[g][c];
            key = key << COUNT_BITS | (uint64_t)(n < COUNT_MAX ? n : COUNT_MAX);
        }
        struct patterns *patterns = &grouping->patterns[g];
        if (key != 0) {
            patterns->keys = grown(patterns->keys, patterns->n, &patterns->size, sizeof(*patterns->keys));
            patterns->keys[patterns->n++] = key;
        }
        for (size_t h = g + 1; h < grouping->n_groups; h++)
            add_between(&grouping->between[g][h], grouping->counts[g], grouping->counts[h]);
    }
    memset(grouping->counts, 0, sizeof(grouping->counts));
}

static int on_vote(void *arg, const struct db_result *result, struct err *err UNUSED)
{
    struct grouping *grouping = arg;
    struct uuid item = db_uuid(result, 0, 0);
    int64_t a = db_number(result, 0, 1), b = db_number(result, 0, 2);
    if (!uuid_equal(item, grouping->item) || a != grouping->a || b != grouping->b)
        end_unit(grouping);
    grouping->item = item;
    grouping->a = a;
    grouping->b = b;
    int category = (int)db_number(result, 0, 3) - 1;
    if (grouping->by_hindsight) {
        grouping->counts[db_bool(result, 0, 5) ? 0 : 1][category]++;
        return 0;
    }
    struct person wanted = {.participant = db_uuid(result, 0, 4)};
    const struct person *person =
        bsearch(&wanted, grouping->people, grouping->n_people, sizeof(*grouping->people), by_participant);
    for (size_t g = 0; person != NULL && g < grouping->n_groups; g++)
        grouping->counts[g][category] += person->groups >> g & 1;
    return 0;
}

// --- the answer -----------------------------------------------------------------------------------------------------------
static int by_key(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static json_t *within(const char *value, struct patterns *patterns)
{
    struct agreement agreement = {.scale = AGREEMENT_NOMINAL};
    struct agreement_unit *units = calloc(patterns->n + 1, sizeof(*units));
    size_t n = 0;
    if (units == NULL)
        abort();
    if (patterns->n > 0)
        qsort(patterns->keys, patterns->n, sizeof(*patterns->keys), by_key);
    for (size_t i = 0; i < patterns->n; i++) {
        if (i > 0 && patterns->keys[i] == patterns->keys[i - 1]) {
            units[n - 1].times++;
            continue;
        }
        units[n].times = 1;
        for (int c = 0; c < CHOICES; c++)
            units[n].counts[CHOICES - 1 - c] = (int64_t)(patterns->keys[i] >> c * COUNT_BITS & COUNT_MAX);
        n++;
    }
    for (size_t i = 0; i < n; i++)
        agreement_add(&agreement, units[i].counts, units[i].times);
    json_t *own = json_pack("{s:s}", "value", value);
    agreement_set(own, "percent", &agreement, units, n, agreement_percent, true);
    agreement_set(own, "alpha", &agreement, units, n, agreement_alpha, true);
    json_object_set_new(own, "n_pairs", json_integer((json_int_t)agreement.n_units));
    free(units);
    return own;
}

static json_t *across(const char *one, const char *other, const struct interval_sums *between)
{
    struct interval interval;
    json_t *own = json_pack("{s:[s, s]}", "values", one, other);
    json_object_set_new(
        own, "percent", between->whole > 0 ? json_real(between->part / between->whole) : json_null());
    bool known = interval_of_ratio(between, &interval);
    json_object_set_new(
        own, "percent_interval", known ? json_pack("[f, f]", interval.low, interval.high) : json_null());
    json_object_set_new(own, "n_pairs", json_integer((json_int_t)between->n));
    return own;
}

static void answer(struct grouping *grouping, json_t *body, const char *attribute)
{
    json_t *groups = json_array(), *between = json_array();
    for (size_t g = 0; g < grouping->n_groups; g++) {
        json_array_append_new(groups, within(grouping->values[g], &grouping->patterns[g]));
        for (size_t h = g + 1; h < grouping->n_groups && !grouping->overlap; h++)
            json_array_append_new(
                between, across(grouping->values[g], grouping->values[h], &grouping->between[g][h]));
    }
    json_object_set_new(body, "attribute", attribute != NULL ? json_string(attribute) : json_null());
    json_object_set_new(body, "within", groups);
    json_object_set_new(body, "between", between);
}

static int compare_groups(struct tally *tally, json_t *body, void *arg, struct err *err)
{
    const char *attribute = arg;
    struct grouping grouping = {.keys = tally->app->keys};
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    int rc = db_session_query(tally->session, QUERY_COLLECT_QUALITY_QUESTIONS, &params, &result, err);
    if (rc < 0)
        return rc;
    json_t *questions = result.n_rows == 0 ? NULL : json_loads(db_text(&result, 0, 0), 0, NULL);
    coverage_init(&grouping.coverage, questions);
    rc = db_session_stream(tally->session, QUERY_COLLECT_QUALITY_PEOPLE, &params, on_person, &grouping, err);
    choose_groups(&grouping, attribute);
    place_people(&grouping, attribute);
    if (rc == 0 && grouping.n_groups > 0)
        rc = db_session_stream(tally->session, QUERY_COLLECT_QUALITY_VOTES, &params, on_vote, &grouping, err);
    end_unit(&grouping);
    if (rc == 0)
        answer(&grouping, body, attribute);
    grouping_release(&grouping);
    json_decref(questions);
    return rc;
}

// Who is in which group says nothing of anybody, so these move with every answer.
static int compare_hindsight(struct tally *tally, struct err *err)
{
    struct grouping grouping = {
        .by_hindsight = true, .n_groups = 2, .values = {strdup("with"), strdup("without")}};
    struct db_params params;
    if (grouping.values[0] == NULL || grouping.values[1] == NULL)
        abort();
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    int rc = db_session_stream(tally->session, QUERY_COLLECT_QUALITY_VOTES, &params, on_vote, &grouping, err);
    end_unit(&grouping);
    if (rc == 0)
        answer(&grouping, tally->body, NULL);
    grouping_release(&grouping);
    return rc;
}

static int make(struct tally *tally, struct err *err)
{
    char what[WHAT_BYTES];
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, tally->project.shard_key);
    int rc = db_session_query(tally->session, QUERY_COLLECT_QUALITY_N_PEOPLE, &params, &result, err);
    if (rc < 0)
        return rc;
    snprintf(what, sizeof(what), "agreement %s", (const char *)tally->arg);
    return tally_show_groups(tally, what, db_number(&result, 0, 0), compare_groups, tally->arg, err);
}

const char *groups_asked_by(struct http_request *request)
{
    const char *attribute = http_query(request, "attribute");
    if (attribute != NULL && attribute[0] != '\0' && strlen(attribute) <= GROUPS_NAME_MAX)
        return attribute;
    http_problem_at(request, 422, "?attribute",
        attribute == NULL || attribute[0] == '\0' ? "Say by which question: attribute is missing."
                                                  : "No question has so long a name.");
    return NULL;
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct id project;
    const char *by = http_query(request, "by");
    if (!identity_param_id(request, "p", &project))
        return;
    if (by != NULL && strcmp(by, "hindsight") == 0) {
        tally_show(request, project, compare_hindsight, NULL, NULL);
        return;
    }
    const char *attribute = groups_asked_by(request);
    if (attribute != NULL)
        tally_show(request, project, make, arena_strdup(http_arena(request), attribute), NULL);
}

void groups_show(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, show_as);
}
