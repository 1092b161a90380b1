// Statements as whoever asks may see them: those that are shown, one's own in whatever state, and for those who decide what waits for it.
// A tally is told of a statement when the conversation's rule allows it: after one's own vote, after the end, or always.
#include "coordinator/deliberate/internal.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <string.h>

// Columns of deliberate_statements.sql, and beyond them of deliberate_mine.sql.
enum {
    STATEMENT,
    NUMBER,
    KIND,
    WORDS,
    SEALED,
    PERSON,
    STATE,
    REASON,
    INTO,
    APPEAL,
    APPEALED_AT,
    DECIDED_AT,
    CREATED_AT,
    N_AGREE,
    N_DISAGREE,
    N_PASS,
    CHOICE,
    IS_IMPORTANT,
    IS_MINE,
    RESULTS,
    IS_CLOSED,
    AUTHOR,
    CONVERSATION,
    SHARD_KEY,
    TITLE
};

struct sealed {
    const unsigned char *data; // NULL: none
    size_t size;
    struct uuid person;
};

struct listing {
    struct http_request *request;
    const struct keys *keys;
    struct id conversation;
    bool of_person, to_decide; // of all conversations; for whoever decides
    int limit, n;
    bool more;
    json_t *rows;
    struct sealed *words, *appeals; // of each row
    struct id last;
};

static void listing_release(void *arg)
{
    struct listing *listing = arg;
    json_decref(listing->rows);
}

// --- what is sealed, on a thread of the pool ----------------------------------------------------------------------------
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
        if (listing->words[i].data != NULL)
            json_object_set_new(one, "text", opened(listing->keys, &listing->words[i]));
        if (listing->appeals[i].data != NULL)
            json_object_set_new(one, "appeal", opened(listing->keys, &listing->appeals[i]));
    }
}

static void open_done(void *arg)
{
    struct listing *listing = arg;
    api_reply_page(listing->request, json_incref(listing->rows), listing->more, listing->last);
}

// --- rows ---------------------------------------------------------------------------------------------------------------
static json_t *tally_json(const struct db_result *result, int row)
{
    const char *rule = db_text(result, row, RESULTS);
    bool is_told = db_bool(result, row, IS_CLOSED) || strcmp(rule, "always") == 0 ||
                   (strcmp(rule, "after_vote") == 0 && !db_is_null(result, row, CHOICE));
    return is_told ? json_pack("{s:I, s:I, s:I}", "agree", (json_int_t)db_number(result, row, N_AGREE),
                         "disagree", (json_int_t)db_number(result, row, N_DISAGREE), "pass",
                         (json_int_t)db_number(result, row, N_PASS))
                   : json_null();
}

static json_t *row_json(const struct db_result *result, int row, int64_t shard_key)
{
    json_t *one = json_object();
    json_object_set_new(one, "id", json_db_id(result, row, STATEMENT, shard_key));
    json_object_set_new(one, "conversation_id", json_db_id(result, row, CONVERSATION, shard_key));
    json_object_set_new(one, "number", json_integer(db_number(result, row, NUMBER)));
    json_object_set_new(one, "kind", json_string(db_text(result, row, KIND)));
    json_object_set_new(one, "text", json_db_text(result, row, WORDS));
    json_object_set_new(one, "state", json_string(db_text(result, row, STATE)));
    json_object_set_new(one, "reason", json_db_text(result, row, REASON));
    json_object_set_new(one, "merged_into", json_db_id(result, row, INTO, shard_key));
    json_object_set_new(one, "created_at", json_db_time(result, row, CREATED_AT));
    json_object_set_new(one, "decided_at", json_db_time(result, row, DECIDED_AT));
    json_object_set_new(one, "appealed_at", json_db_time(result, row, APPEALED_AT));
    json_object_set_new(one, "mine", json_boolean(db_bool(result, row, IS_MINE)));
    json_object_set_new(one, "author", json_db_id(result, row, AUTHOR, shard_key));
    json_object_set_new(one, "my_vote",
        db_is_null(result, row, CHOICE) ? json_null()
                                        : json_pack("{s:s, s:b}", "choice", db_text(result, row, CHOICE),
                                              "important", (int)db_bool(result, row, IS_IMPORTANT)));
    json_object_set_new(one, "tally", tally_json(result, row));
    return one;
}

static struct sealed sealed_of(const struct db_result *result, int row, int column, struct arena *arena)
{
    struct sealed sealed = {0};
    if (!db_is_null(result, row, column)) {
        sealed.data = db_bytes(result, row, column, arena, &sealed.size);
        sealed.person = db_uuid(result, row, PERSON);
    }
    return sealed;
}

static void on_rows(void *arg, const struct db_result *result)
{
    struct listing *listing = arg;
    const struct loop *loop = http_context(listing->request);
    struct arena *arena = http_arena(listing->request);
    bool any = false;
    if (api_db_failed(listing->request, result))
        return;
    listing->more = result->n_rows > listing->limit;
    listing->n = listing->more ? listing->limit : result->n_rows;
    listing->rows = json_array();
    listing->words = arena_calloc(arena, (size_t)listing->n + 1, sizeof(*listing->words));
    listing->appeals = arena_calloc(arena, (size_t)listing->n + 1, sizeof(*listing->appeals));
    for (int i = 0; i < listing->n; i++) {
        int64_t shard_key =
            listing->of_person ? db_number(result, i, SHARD_KEY) : listing->conversation.shard_key;
        json_t *one = row_json(result, i, shard_key);
        if (listing->of_person)
            json_object_set_new(one, "conversation", json_db_json(result, i, TITLE));
        json_array_append_new(listing->rows, one);
        // What is not shown is its author's to read, and theirs who decide.
        bool may_read = db_bool(result, i, IS_MINE) || listing->to_decide;
        if (may_read && db_is_null(result, i, WORDS))
            listing->words[i] = sealed_of(result, i, SEALED, arena);
        if (may_read)
            listing->appeals[i] = sealed_of(result, i, APPEAL, arena);
        any = any || listing->words[i].data != NULL || listing->appeals[i].data != NULL;
        listing->last.shard_key = shard_key;
        listing->last.uuid = listing->of_person ? db_uuid(result, i, STATEMENT)
                                                : api_version_cursor(db_number(result, i, NUMBER));
    }
    if (!any) {
        open_done(listing);
    } else if (work_submit(loop->app->pool, loop->base, open_run, open_done, listing) < 0) {
        http_reply_header(listing->request, "Retry-After", "1");
        http_problem(listing->request, 503, "There is much to do just now; try again in a moment.");
    }
}

static struct listing *listing_new(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    *listing = (struct listing){.request = request, .keys = loop->app->keys};
    arena_on_free(http_arena(request), listing_release, listing);
    return listing;
}

// --- who asks -------------------------------------------------------------------------------------------------------------
static const char *const which[] = {"shown", "mine", "decided", "waiting", NULL};

static void list_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = listing_new(request);
    const char *asked = http_query(request, "which");
    struct uuid cursor;
    if (!identity_param_id(request, "v", &listing->conversation) ||
        !api_page(request, &listing->limit, &cursor))
        return;
    asked = asked != NULL ? asked : which[0];
    listing->to_decide = strcmp(asked, "waiting") == 0;
    int64_t after = http_query(request, "cursor") != NULL ? api_version_before(cursor) : 0;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, listing->conversation.shard_key);
    db_add_uuid(&params, listing->conversation.uuid);
    if (actor->has_participation)
        db_add_uuid(&params, actor->participant);
    else
        db_add_null(&params);
    db_add_text(&params, asked);
    db_add_number(&params, after);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_DELIBERATE_STATEMENTS, &params, on_rows, listing);
}

void statements_list(struct http_request *request)
{
    const char *asked = http_query(request, "which");
    struct id conversation;
    bool is_known = asked == NULL;
    for (size_t i = 0; !is_known && which[i] != NULL; i++)
        is_known = strcmp(asked, which[i]) == 0;
    if (!is_known)
        http_problem_at(request, 422, "?which", "which must be shown, mine, decided or waiting.");
    else if (identity_param_id(request, "v", &conversation))
        identity_require(request,
            asked != NULL && strcmp(asked, "waiting") == 0 ? ACTION_MODERATE : ACTION_VIEW_COMMUNITY,
            &conversation, list_as);
}

static void mine_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = listing_new(request);
    struct uuid cursor;
    listing->of_person = true;
    if (!api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    db_add_uuid(&params, cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_DELIBERATE_MINE, &params, on_rows, listing);
}

void statements_mine(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, mine_as);
}
