// Reports as those see them who decide, with what they are about; and as the person sees their own.
#include "coordinator/reports/internal.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdlib.h>
#include <string.h>

// Columns of report_list.sql and report_mine.sql.
enum {
    SHARD_KEY,
    REPORT,
    KIND,
    OBJECT,
    PARTICIPANT,
    PERSON,
    REASON,
    WORDS,
    STATE,
    DECISION,
    CREATED_AT,
    DECIDED_AT,
    IS_HIDDEN,
    WHERE,
    CONTENT,
    SEALED,
    SEALED_PERSON,
};

struct sealed {
    const unsigned char *data; // NULL: none
    size_t size;
    struct uuid person;
};

struct listing {
    struct http_request *request;
    const struct keys *keys;
    bool is_mine;
    int limit, n;
    bool more;
    json_t *rows;
    struct sealed *words, *items; // of each row
    struct id last;
};

static void listing_release(void *arg)
{
    struct listing *listing = arg;
    json_decref(listing->rows);
}

// --- what is sealed, on a thread of the pool -----------------------------------------------------------------------------
static json_t *opened(const struct keys *keys, const struct sealed *sealed)
{
    struct buf plain;
    json_t *text = NULL;
    buf_init(&plain, KEYS_SEALED_MAX_BYTES);
    if (keys_unseal(keys, sealed->person, KEYS_TEXT, sealed->data, sealed->size, &plain, NULL) == 0)
        text = json_stringn(plain.data, plain.length);
    buf_release(&plain);
    return text != NULL ? text : json_null();
}

static void open_run(void *arg)
{
    struct listing *listing = arg;
    for (int i = 0; i < listing->n; i++) {
        json_t *one = json_array_get(listing->rows, (size_t)i);
        const struct sealed *words = &listing->words[i], *item = &listing->items[i];
        if (words->data != NULL)
            json_object_set_new(one, "words", opened(listing->keys, words));
        json_t *content = item->data != NULL
                              ? identity_open_words(listing->keys, item->person, item->data, item->size)
                              : NULL;
        if (item->data != NULL)
            json_object_set_new(one, "content", content != NULL ? content : json_null());
    }
}

static void open_done(void *arg)
{
    struct listing *listing = arg;
    api_reply_page(listing->request, json_incref(listing->rows), listing->more, listing->last);
}

// --- rows ---------------------------------------------------------------------------------------------------------------
static json_t *row_json(const struct listing *listing, const struct db_result *result, int row)
{
    int64_t shard_key = db_number(result, row, SHARD_KEY);
    json_t *one = json_object();
    json_object_set_new(one, "id", json_db_id(result, row, REPORT, shard_key));
    json_object_set_new(one, "kind", json_string(db_text(result, row, KIND)));
    json_object_set_new(one, "object_id", json_db_id(result, row, OBJECT, shard_key));
    json_object_set_new(one, "reason", json_string(db_text(result, row, REASON)));
    json_object_set_new(one, "words", json_null());
    json_object_set_new(one, "state", json_string(db_text(result, row, STATE)));
    json_object_set_new(one, "decision", json_db_text(result, row, DECISION));
    json_object_set_new(one, "created_at", json_db_time(result, row, CREATED_AT));
    json_object_set_new(one, "decided_at", json_db_time(result, row, DECIDED_AT));
    json_object_set_new(one, "hidden", json_boolean(db_bool(result, row, IS_HIDDEN)));
    if (listing->is_mine) {
        json_object_set_new(one, "name", json_db_json(result, row, WHERE));
    } else {
        json_object_set_new(one, "reporter", json_db_id(result, row, PARTICIPANT, shard_key));
        json_object_set_new(one, "content", json_db_json(result, row, CONTENT));
    }
    return one;
}

static struct sealed sealed_of(
    const struct db_result *result, int row, int column, int person, struct arena *arena)
{
    struct sealed sealed = {0};
    if (!db_is_null(result, row, column)) {
        sealed.data = db_bytes(result, row, column, arena, &sealed.size);
        sealed.person = db_uuid(result, row, person);
    }
    return sealed;
}

static void on_rows(void *arg, const struct db_result *result)
{
    struct listing *listing = arg;
    const struct loop *loop = http_context(listing->request);
    struct arena *arena = http_arena(listing->request);
    if (api_db_failed(listing->request, result))
        return;
    listing->more = result->n_rows > listing->limit;
    listing->n = listing->more ? listing->limit : result->n_rows;
    listing->rows = json_array();
    listing->words = arena_calloc(arena, (size_t)listing->n, sizeof(*listing->words));
    listing->items = arena_calloc(arena, (size_t)listing->n, sizeof(*listing->items));
    for (int i = 0; i < listing->n; i++) {
        json_array_append_new(listing->rows, row_json(listing, result, i));
        listing->words[i] = sealed_of(result, i, WORDS, PERSON, arena);
        listing->items[i] = sealed_of(result, i, SEALED, SEALED_PERSON, arena);
        listing->last = (struct id){db_number(result, i, SHARD_KEY), db_uuid(result, i, REPORT)};
    }
    if (work_submit(loop->app->pool, loop->base, open_run, open_done, listing) < 0) {
        http_reply_header(listing->request, "Retry-After", "1");
        http_problem(listing->request, 503, "There is much to do just now; try again in a moment.");
    }
}

static struct listing *listing_new(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    listing->request = request;
    listing->keys = loop->app->keys;
    arena_on_free(http_arena(request), listing_release, listing);
    return listing;
}

// --- who asks -------------------------------------------------------------------------------------------------------------
static void list(struct http_request *request, const char *param)
{
    static const char *const states[] = {"open", "dismissed", "upheld"};
    const struct loop *loop = http_context(request);
    struct listing *listing = listing_new(request);
    const char *state = http_query(request, "state");
    struct id object;
    struct uuid cursor;
    bool is_known = state == NULL;
    for (size_t i = 0; state != NULL && i < ARRAY_SIZE(states); i++)
        is_known = is_known || strcmp(state, states[i]) == 0;
    if (!is_known) {
        http_problem_at(request, 422, "?state", "state must be open, dismissed or upheld.");
        return;
    }
    if (!identity_param_id(request, param, &object) || !api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, object.shard_key);
    db_add_text(&params, state);
    if (http_query(request, "cursor") != NULL)
        db_add_uuid(&params, cursor);
    else
        db_add_null(&params);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_REPORT_LIST, &params, on_rows, listing);
}

static void list_project_as(struct http_request *request, const struct actor *actor UNUSED)
{
    list(request, "p");
}

void reports_list_project(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, list_project_as);
}

static void list_community_as(struct http_request *request, const struct actor *actor UNUSED)
{
    list(request, "c");
}

void reports_list_community(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_MANAGE_COMMUNITY, &community, list_community_as);
}

static void list_mine_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = listing_new(request);
    listing->is_mine = true;
    listing->limit = INT32_MAX;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    db_query(loop->db, DB_READ, 0, QUERY_REPORT_MINE, &params, on_rows, listing);
}

void reports_list_mine(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, list_mine_as);
}
