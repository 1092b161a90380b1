// Showing amendments: in lists, alone with each clause before and after, and a person's own.
#include "coordinator/constitution/constitution.h"

#include "coordinator/constitution/rule.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"

#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_ARENA_MAX = 128 * 1024 * 1024 };

// Columns that the three statements share; LAST is the document, or the shard.
enum {
    ID,
    BASE_VERSION,
    OPERATIONS,
    RATIONALE,
    PROPOSER,
    STATE,
    COST,
    RULE,
    OPENS,
    CLOSES,
    YES,
    NO,
    ABSTAIN,
    OUTCOME,
    MY_CHOICE,
    MY_RECEIPT,
    MY_TIME,
    COMMUNITY,
    IS_OVER,
    LAST
};

struct listing {
    struct http_request *request;
    struct id object; // the community or the amendment
    int limit;
};

static json_t *parsed(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert(json != NULL);
    return json;
}

// Every serialisation of an amendment is this one; the tally is in it only when tally_is_visible says so.
static json_t *amendment_json(const struct db_result *result, int row, int64_t shard_key)
{
    bool has_voted = !db_is_null(result, row, MY_CHOICE);
    bool is_closed = db_bool(result, row, IS_OVER) || strcmp(db_text(result, row, STATE), "open") != 0;
    json_t *json = json_pack("{s:o, s:o, s:I, s:o, s:s, s:o, s:s, s:I, s:o, s:o, s:o}", "id",
        json_db_id(result, row, ID, shard_key), "community_id", json_db_id(result, row, COMMUNITY, shard_key),
        "base_version", (json_int_t)db_number(result, row, BASE_VERSION), "operations",
        parsed(db_text(result, row, OPERATIONS)), "rationale", db_text(result, row, RATIONALE), "proposer",
        json_db_id(result, row, PROPOSER, shard_key), "state", db_text(result, row, STATE), "cost",
        (json_int_t)db_number(result, row, COST), "rule", parsed(db_text(result, row, RULE)), "opens_at",
        json_db_time(result, row, OPENS), "closes_at", json_db_time(result, row, CLOSES));
    json_object_set_new(json, "outcome",
        db_is_null(result, row, OUTCOME) ? json_null() : parsed(db_text(result, row, OUTCOME)));
    json_object_set_new(json, "my_vote",
        !has_voted ? json_null()
                   : json_pack("{s:s, s:s, s:o}", "choice", db_text(result, row, MY_CHOICE), "receipt",
                         db_text(result, row, MY_RECEIPT), "cast_at", json_db_time(result, row, MY_TIME)));
    json_object_set_new(json, "tally",
        !tally_is_visible(is_closed, has_voted)
            ? json_null()
            : json_pack("{s:I, s:I, s:I}", "yes", (json_int_t)db_number(result, row, YES), "no",
                  (json_int_t)db_number(result, row, NO), "abstain",
                  (json_int_t)db_number(result, row, ABSTAIN)));
    return json;
}

static void add_participant(struct db_params *params, const struct actor *actor)
{
    if (actor->has_participation)
        db_add_uuid(params, actor->participant);
    else
        db_add_null(params);
}

static void add_cursor(struct db_params *params, struct uuid cursor)
{
    if (uuid_equal(cursor, (struct uuid){0}))
        db_add_null(params);
    else
        db_add_uuid(params, cursor);
}

// --- a community's -------------------------------------------------------------------------------------------------
static void on_listed(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {.shard_key = listing->object.shard_key};
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        last.uuid = db_uuid(result, i, ID);
        json_array_append_new(rows, amendment_json(result, i, listing->object.shard_key));
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor)
{
    static const char *const states[] = {"open", "adopted", "rejected", "withdrawn", "review", NULL};
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct uuid cursor;
    const char *state = http_query(request, "state");
    listing->request = request;
    if (!identity_param_id(request, "c", &listing->object) || !api_page(request, &listing->limit, &cursor))
        return;
    size_t known = 0;
    while (state != NULL && states[known] != NULL && strcmp(states[known], state) != 0)
        known++;
    if (state != NULL && states[known] == NULL) {
        http_problem_at(
            request, 422, "?state", "state must be one of: open, adopted, rejected, withdrawn, review.");
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, listing->object.shard_key);
    add_participant(&params, actor);
    add_cursor(&params, cursor);
    db_add_text(&params, state);
    db_add_number(&params, listing->limit + 1);
    db_add_uuid(&params, listing->object.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_AMENDMENTS, &params, on_listed, listing);
}

void amendments_list(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_VIEW_COMMUNITY, &community, list_as);
}

// --- one, in its place ---------------------------------------------------------------------------------------------
static json_t *place_json(const struct document *document, int parent)
{
    json_t *path = json_array();
    for (; parent >= 0; parent = document->articles[parent].parent) {
        const struct article *article = &document->articles[parent];
        json_array_insert_new(path, 0,
            json_pack("{s:s, s:O}", "id", article->id, "title", json_object_get(article->json, "title")));
    }
    return path;
}

static json_t *clause_json(const json_t *title, const json_t *text)
{
    return json_pack("{s:O, s:O}", "title", (json_t *)title, "text", (json_t *)text);
}

// {op, article, level, place: [{id, title}], before, after} of one operation.
static json_t *change_json(const struct document *base, const json_t *operation)
{
    const json_t *title = json_object_get(operation, "title"), *text = json_object_get(operation, "text");
    const char *op = json_string_value(json_object_get(operation, "op"));
    const char *id = json_string_value(json_object_get(operation, "article"));
    const char *parent = json_string_value(json_object_get(operation, "parent"));
    if (strcmp(op, "add") == 0)
        return json_pack("{s:s, s:s, s:O, s:o, s:n, s:o}", "op", op, "article", id, "level",
            json_object_get(operation, "level"), "place",
            place_json(base, parent == NULL ? -1 : document_find(base, parent)), "before", "after",
            clause_json(title, text));
    int place = document_find(base, id);
    assert(place >= 0); // it was proposed against this document
    const struct article *article = &base->articles[place];
    const json_t *old_title = json_object_get(article->json, "title"),
                 *old_text = json_object_get(article->json, "text");
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "op", op, "article", id, "level",
        level_names[article->level], "place", place_json(base, article->parent), "before",
        clause_json(old_title, old_text), "after",
        strcmp(op, "remove") == 0
            ? json_null()
            : clause_json(title != NULL ? title : old_title, text != NULL ? text : old_text));
}

static json_t *changes_json(const char *document_text, const json_t *operations)
{
    struct arena *arena = arena_new(DOCUMENT_ARENA_MAX);
    struct document *base = NULL;
    struct fault fault;
    json_t *changes = json_array();
    int rc = document_parse(arena_json(arena, parsed(document_text)), "", arena, &base, &fault);
    assert(rc == 0); // what is stored was parsed before
    for (size_t i = 0; i < json_array_size(operations); i++) {
        json_t *change = change_json(base, json_array_get(operations, i));
        assert(change != NULL);
        json_array_append_new(changes, change);
    }
    arena_free(arena);
    return changes;
}

static void on_shown(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(listing->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    json_t *json = amendment_json(result, 0, listing->object.shard_key);
    json_object_set_new(
        json, "changes", changes_json(db_text(result, 0, LAST), json_object_get(json, "operations")));
    http_reply_json(listing->request, 200, json);
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    listing->request = request;
    if (!identity_param_id(request, "a", &listing->object))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, listing->object.shard_key);
    add_participant(&params, actor);
    db_add_uuid(&params, listing->object.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_AMENDMENT, &params, on_shown, listing);
}

void amendment_show(struct http_request *request)
{
    struct id amendment;
    if (identity_param_id(request, "a", &amendment))
        identity_require(request, ACTION_VIEW_COMMUNITY, &amendment, show_as);
}

// --- a person's own ------------------------------------------------------------------------------------------------
static void on_contributed(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {0};
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        last = (struct id){.shard_key = db_number(result, i, LAST), .uuid = db_uuid(result, i, ID)};
        json_t *json = amendment_json(result, i, last.shard_key);
        json_object_set_new(json, "kind", json_string("amendment"));
        json_array_append_new(rows, json);
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void contributions_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct uuid cursor;
    listing->request = request;
    if (!api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    add_cursor(&params, cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_CONTRIBUTIONS, &params, on_contributed, listing);
}

void contributions_list(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, contributions_as);
}
