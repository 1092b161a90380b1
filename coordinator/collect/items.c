// Items as those who run a study see them: how far people are apart, and all that became of one.
#include "coordinator/collect/routes.h"

#include "coordinator/api.h"
#include "coordinator/collect/tally.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/naming.h"

#include <string.h>

// Columns of collect_items.sql and collect_items_apart.sql.
enum { ITEM, PROMPT, LANGUAGE, N_JUDGMENTS, DISAGREEMENT, N_PAIRS };

struct page {
    int limit;
    struct uuid cursor;
    bool by_disagreement;
    const char *language, *tag; // NULL: any
};

static json_t *real_or_null(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? json_null() : json_real(db_real(result, row, column));
}

static int make_list(struct tally *tally, struct err *err)
{
    const struct page *page = tally->arg;
    int64_t shard_key = tally->project.shard_key;
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    if (!page->by_disagreement)
        db_add_uuid(&params, page->cursor);
    db_add_number(&params, page->by_disagreement ? page->limit : page->limit + 1);
    db_add_text(&params, page->language);
    db_add_text(&params, page->tag);
    int rc = db_session_query(tally->session,
        page->by_disagreement ? QUERY_COLLECT_ITEMS_APART : QUERY_COLLECT_ITEMS, &params, &result, err);
    if (rc < 0)
        return rc;
    json_t *rows = json_array(), *next = json_null();
    for (int i = 0; i < result.n_rows && i < page->limit; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "id", json_db_id(&result, i, ITEM, shard_key));
        json_object_set_new(one, "prompt", json_db_json(&result, i, PROMPT));
        json_object_set_new(one, "language", json_db_text(&result, i, LANGUAGE));
        json_object_set_new(one, "n_judgments", json_integer(db_number(&result, i, N_JUDGMENTS)));
        json_object_set_new(one, "disagreement", real_or_null(&result, i, DISAGREEMENT));
        json_object_set_new(one, "n_pairs", json_integer(db_number(&result, i, N_PAIRS)));
        json_array_append_new(rows, one);
    }
    if (result.n_rows > page->limit)
        next = json_db_id(&result, page->limit - 1, ITEM, shard_key);
    json_object_set_new(tally->body, "data", rows);
    json_object_set_new(tally->body, "next_cursor", next);
    return 0;
}

static const char *wanted(struct http_request *request, const char *name)
{
    const char *value = http_query(request, name);
    return value == NULL || value[0] == '\0' ? NULL : arena_strdup(http_arena(request), value);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct page *page = arena_calloc(http_arena(request), 1, sizeof(*page));
    const char *order = http_query(request, "order");
    struct id project;
    if (!identity_param_id(request, "p", &project) || !api_page(request, &page->limit, &page->cursor))
        return;
    if (order != NULL && strcmp(order, "id") != 0 && strcmp(order, "disagreement") != 0) {
        http_problem_at(request, 422, "?order", "order must be id or disagreement.");
        return;
    }
    page->by_disagreement = order != NULL && order[0] == 'd';
    page->language = wanted(request, "language");
    page->tag = wanted(request, "tag");
    tally_show(request, project, make_list, page, NULL);
}

void items_list(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, list_as);
}

static json_t *history(const struct db_result *result, int64_t shard_key)
{
    enum {
        ID,
        WHO,
        REVISION,
        OUTCOME,
        STRENGTH,
        ANSWER,
        SHOWN,
        ACTIVE,
        SOURCE,
        AT,
        GUIDELINE,
        LATEST,
        EXCLUDED,
        REPEAT
    };
    json_t *rows = json_array();
    for (int i = 0; i < result->n_rows; i++) {
        json_t *one = json_object();
        bool has_strength = !db_is_null(result, i, STRENGTH), has_time = !db_is_null(result, i, ACTIVE);
        json_object_set_new(one, "id", json_db_id(result, i, ID, shard_key));
        json_object_set_new(one, "annotator_id", json_db_id(result, i, WHO, shard_key));
        json_object_set_new(one, "revision", json_integer(db_number(result, i, REVISION)));
        json_t *answer = json_db_json(result, i, ANSWER);
        bool rather_not = json_is_true(json_object_get(answer, "rather_not"));
        json_object_set_new(
            one, "outcome", json_string(rather_not ? "rather_not" : db_text(result, i, OUTCOME)));
        json_object_set_new(
            one, "strength", has_strength ? json_integer(db_number(result, i, STRENGTH)) : json_null());
        json_object_set_new(one, "answer", answer);
        json_object_set_new(one, "shown", json_db_json(result, i, SHOWN));
        json_object_set_new(
            one, "active_ms", has_time ? json_integer(db_number(result, i, ACTIVE)) : json_null());
        json_object_set_new(one, "source", json_string(db_text(result, i, SOURCE)));
        json_object_set_new(one, "judged_at", json_db_time(result, i, AT));
        json_object_set_new(one, "guideline_version", json_integer(db_number(result, i, GUIDELINE)));
        // The latest stands, unless it takes the answer back or the study excluded who gave it.
        bool stands = db_bool(result, i, LATEST) && strcmp(db_text(result, i, OUTCOME), "void") != 0;
        json_object_set_new(one, "stands", json_boolean(stands && !db_bool(result, i, EXCLUDED)));
        json_object_set_new(one, "excluded", json_boolean(db_bool(result, i, EXCLUDED)));
        json_object_set_new(one, "repeat", json_boolean(db_bool(result, i, REPEAT)));
        json_array_append_new(rows, one);
    }
    return rows;
}

static int make_item(struct tally *tally, struct err *err)
{
    enum { PROMPT_, LANGUAGE_, SOURCE, TAGS, WARNING, CREATED, RESPONSES, SLOTS, APART, PAIRS, SEALED };
    const struct uuid *item = tally->arg;
    int64_t shard_key = tally->project.shard_key;
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    db_add_uuid(&params, *item);
    int rc = db_session_query(tally->session, QUERY_COLLECT_ITEM, &params, &result, err);
    if (rc < 0 || result.n_rows == 0)
        return rc;
    json_object_set_new(tally->body, "id", json_id((struct id){.shard_key = shard_key, .uuid = *item}));
    json_object_set_new(tally->body, "source_id", json_db_text(&result, 0, SOURCE));
    json_object_set_new(tally->body, "prompt", json_db_json(&result, 0, PROMPT_));
    json_t *responses = json_db_json(&result, 0, RESPONSES), *response;
    size_t n;
    json_array_foreach(responses, n, response) json_object_set_new(response, "names_model",
        json_boolean(naming_tells(json_string_value(json_object_get(response, "content")),
            json_string_value(json_object_get(response, "model")))));
    json_object_set_new(tally->body, "responses", responses);
    json_object_set_new(tally->body, "sealed", json_boolean(db_bool(&result, 0, SEALED)));
    json_object_set_new(tally->body, "language", json_db_text(&result, 0, LANGUAGE_));
    json_object_set_new(tally->body, "tags", json_db_json(&result, 0, TAGS));
    json_object_set_new(tally->body, "warning", json_db_text(&result, 0, WARNING));
    json_object_set_new(tally->body, "created_at", json_db_time(&result, 0, CREATED));
    json_object_set_new(tally->body, "slots", json_db_json(&result, 0, SLOTS));
    json_object_set_new(tally->body, "disagreement", real_or_null(&result, 0, APART));
    json_object_set_new(tally->body, "n_pairs", json_integer(db_number(&result, 0, PAIRS)));
    rc = db_session_query(tally->session, QUERY_COLLECT_ITEM_HISTORY, &params, &result, err);
    if (rc == 0)
        json_object_set_new(tally->body, "judgments", history(&result, shard_key));
    return rc;
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct id project, item;
    if (!identity_param_id(request, "p", &project) || !identity_param_id(request, "i", &item))
        return;
    struct uuid *which = arena_calloc(http_arena(request), 1, sizeof(*which));
    *which = item.uuid;
    tally_show(request, project, make_item, which, NULL);
}

void items_show(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, show_as);
}
