// Conversations: made, listed, shown and closed.
#include "coordinator/deliberate/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "coordinator/api.h"
#include "coordinator/audit/entry.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_MAX = 200, TEXT_MAX = 4000, SEEDS_MAX = 200, PER_DAY_MAX = 1000, LEAST_WORDS_MAX = 20 };

static const char nothing_here[] = "There is nothing here, or it is not yours to see.";

// --- making ---------------------------------------------------------------------------------------------------------
struct making {
    struct http_request *request;
    struct id community;
};

static void on_made(void *arg, const struct db_result *result)
{
    const struct making *making = arg;
    if (api_db_failed(making->request, result))
        return;
    if (result->n_rows == 0)
        http_problem_at(making->request, 422, "/about/amendment", "The community has no such amendment.");
    else if (api_key_state(making->request, result) != API_KEY_ANSWERED)
        http_reply_json(making->request, 201,
            json_pack(
                "{s:o, s:s}", "id", json_db_id(result, 0, 2, making->community.shard_key), "state", "open"));
}

// {article} or {amendment}; NULL: about nothing by itself. New reference.
static json_t *read_about(struct fields *fields, const json_t *body, struct id community)
{
    const json_t *about = fields_object(fields, body, "", "about", FIELD_OPTIONAL);
    struct id id = {0};
    if (about == NULL)
        return NULL;
    fields_only(fields, about, "/about", FIELDS("article", "amendment"));
    const char *article = fields_text(fields, about, "/about", "article", FIELD_OPTIONAL, 1, 100);
    const char *amendment = fields_text(fields, about, "/about", "amendment", FIELD_OPTIONAL, 1, 100);
    if ((article == NULL) == (amendment == NULL)) {
        fields_fail(fields, "/about", "Say which article or which amendment it is about: one of them.");
        return NULL;
    }
    if (article != NULL)
        return json_pack("{s:s}", "article", article);
    if (id_parse(amendment, &id) < 0 || id.shard_key != community.shard_key) {
        fields_fail(fields, "/about/amendment", "The community has no such amendment.");
        return NULL;
    }
    char uuid[UUID_TEXT_BYTES];
    uuid_format(id.uuid, uuid);
    return json_pack("{s:s}", "amendment", uuid);
}

// What is said first: text, or {text, meta}. New reference.
static json_t *read_seeds(struct fields *fields, const json_t *body, size_t words_max)
{
    const json_t *list = fields_array(fields, body, "", "seeds", FIELD_OPTIONAL, 0, SEEDS_MAX);
    json_t *seeds = json_array(), *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        char at[64], uuid[UUID_TEXT_BYTES];
        snprintf(at, sizeof(at), "/seeds/%zu", i);
        bool whole = json_is_object(one);
        if (whole)
            fields_only(fields, one, at, FIELDS("text", "meta"));
        json_t *holder = whole ? json_incref(one) : json_pack("{s:O}", "text", one);
        const char *words = fields_text(fields, holder, at, "text", FIELD_REQUIRED, 1, words_max);
        bool is_meta = fields_bool(fields, whole ? one : NULL, at, "meta", false);
        uuid_format(uuid_new(), uuid);
        if (words != NULL)
            json_array_append_new(seeds,
                json_pack("{s:s, s:s, s:s}", "id", uuid, "words", words, "kind", is_meta ? "meta" : "seed"));
        json_decref(holder);
    }
    return seeds;
}

static json_t *read_settings(struct fields *fields, const json_t *body)
{
    static const char *const moderations[] = {"after", "before", NULL};
    static const char *const results[] = {"after_vote", "closed", "always", NULL};
    int moderation = json_object_get(body, "moderation") == NULL
                         ? 0
                         : fields_choice(fields, body, "", "moderation", FIELD_OPTIONAL, moderations);
    int shown = json_object_get(body, "results") == NULL
                    ? 0
                    : fields_choice(fields, body, "", "results", FIELD_OPTIONAL, results);
    int64_t words =
        fields_integer(fields, body, "", "max_characters", FIELD_OPTIONAL, LEAST_WORDS_MAX, WORDS_MAX, 280);
    int64_t per_day = fields_integer(fields, body, "", "per_day", FIELD_OPTIONAL, 0, PER_DAY_MAX, 20);
    json_t *text = fields_words(fields, body, "", "text", FIELD_OPTIONAL, 0, TEXT_MAX);
    json_t *settings = json_pack("{s:s, s:s, s:I, s:I}", "moderation",
        moderations[moderation < 0 ? 0 : moderation], "results", results[shown < 0 ? 0 : shown],
        "max_characters", (json_int_t)words, "per_day", (json_int_t)per_day);
    if (text != NULL)
        json_object_set(settings, "text", text);
    return settings;
}

static void make_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct arena *arena = http_arena(request);
    struct making *making = arena_calloc(arena, 1, sizeof(*making));
    json_t *body = http_body_json(request);
    struct uuid key = uuid_new();
    bool has_key = false;
    making->request = request;
    if (body == NULL || !identity_param_id(request, "c", &making->community) ||
        !api_idempotency_key(request, false, &key, &has_key))
        return;
    if (!has_key)
        key = uuid_new();
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "",
        FIELDS("title", "text", "about", "moderation", "results", "max_characters", "per_day", "closes_at",
            "seeds"));
    json_t *title = fields_words(&fields, body, "", "title", FIELD_REQUIRED, 1, TITLE_MAX);
    json_t *about = read_about(&fields, body, making->community);
    if (about != NULL)
        arena_json(arena, about);
    json_t *settings = arena_json(arena, read_settings(&fields, body));
    json_t *seeds = arena_json(arena,
        read_seeds(&fields, body, (size_t)json_integer_value(json_object_get(settings, "max_characters"))));
    int64_t closes_us = fields_time(&fields, body, "", "closes_at", FIELD_OPTIONAL);
    if (closes_us != 0 && closes_us <= clock_real_us())
        fields_fail(&fields, "/closes_at", "This is past.");
    if (!fields_finish(&fields, request))
        return;
    unsigned char hash[HASH_BYTES];
    api_request_hash(request, body, hash);
    struct id conversation = {making->community.shard_key, uuid_new()};
    struct audit_entry entry;
    audit_entry_make(arena, "conversation",
        json_pack("{s:o, s:o, s:o}", "community", json_id(making->community), "conversation",
            json_id(conversation), "by", json_id((struct id){.uuid = actor->credential})),
        &entry);
    char *title_text = json_dumps(title, JSON_COMPACT | JSON_ENCODE_ANY),
         *about_text = about != NULL ? json_dumps(about, JSON_COMPACT) : NULL,
         *settings_text = json_dumps(settings, JSON_COMPACT), *seeds_text = json_dumps(seeds, JSON_COMPACT);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, conversation.shard_key);
    db_add_uuid(&params, conversation.uuid);
    db_add_text(&params, title_text);
    db_add_text(&params, about_text);
    db_add_text(&params, settings_text);
    if (closes_us != 0)
        db_add_number(&params, closes_us);
    else
        db_add_null(&params);
    db_add_uuid(&params, actor->person);
    db_add_uuid(&params, key);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_add_text(&params, seeds_text);
    db_add_uuid(&params, entry.id);
    db_add_text(&params, entry.text);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_DELIBERATE_MAKE, &params, on_made, making);
    free(title_text);
    free(about_text);
    free(settings_text);
    free(seeds_text);
}

void conversations_make(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_MODERATE, &community, make_as);
}

// --- showing --------------------------------------------------------------------------------------------------------
// Columns of deliberate_list.sql, and beyond them of deliberate_show.sql.
enum {
    CONVERSATION,
    TITLE,
    ABOUT,
    SETTINGS,
    STATE,
    N_STATEMENTS,
    N_VOTES,
    N_PEOPLE,
    CREATED_AT,
    CLOSES_AT,
    COMMUNITY,
    N_SHOWN,
    N_MINE,
    N_WAITING
};

static json_t *about_json(const struct db_result *result, int row, int64_t shard_key)
{
    json_t *about = json_db_json(result, row, ABOUT);
    const char *amendment = json_string_value(json_object_get(about, "amendment"));
    struct id id = {.shard_key = shard_key};
    if (amendment != NULL && uuid_parse(amendment, &id.uuid) == 0)
        json_object_set_new(about, "amendment", json_id(id));
    return about;
}

static json_t *row_json(const struct db_result *result, int row, int64_t shard_key)
{
    json_t *settings = json_db_json(result, row, SETTINGS), *body = json_object();
    json_object_set_new(body, "id", json_db_id(result, row, CONVERSATION, shard_key));
    json_object_set_new(body, "title", json_db_json(result, row, TITLE));
    json_object_set_new(body, "about", about_json(result, row, shard_key));
    json_object_update(body, settings);
    json_object_set_new(body, "state", json_string(db_text(result, row, STATE)));
    json_object_set_new(body, "votes", json_integer(db_number(result, row, N_VOTES)));
    json_object_set_new(body, "people", json_integer(db_number(result, row, N_PEOPLE)));
    json_object_set_new(body, "statements", json_integer(db_number(result, row, N_STATEMENTS)));
    json_object_set_new(body, "created_at", json_db_time(result, row, CREATED_AT));
    json_object_set_new(body, "closes_at", json_db_time(result, row, CLOSES_AT));
    json_decref(settings);
    return body;
}

struct showing {
    struct http_request *request;
    struct id object;
    const struct actor *actor; // NULL: nobody is signed in
    int limit;
};

static struct showing *showing_new(struct http_request *request, const struct actor *actor)
{
    struct showing *showing = arena_calloc(http_arena(request), 1, sizeof(*showing));
    *showing = (struct showing){.request = request, .actor = actor};
    return showing;
}

static void on_listed(void *arg, const struct db_result *result)
{
    const struct showing *showing = arg;
    if (api_db_failed(showing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {.shard_key = showing->object.shard_key};
    for (int i = 0; i < result->n_rows && i < showing->limit; i++) {
        last.uuid = db_uuid(result, i, CONVERSATION);
        json_array_append_new(rows, row_json(result, i, last.shard_key));
    }
    api_reply_page(showing->request, rows, result->n_rows > showing->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct showing *showing = showing_new(request, actor);
    struct uuid cursor;
    if (!identity_param_id(request, "c", &showing->object) || !api_page(request, &showing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, showing->object.shard_key);
    db_add_uuid(&params, cursor);
    db_add_number(&params, showing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_DELIBERATE_LIST, &params, on_listed, showing);
}

void conversations_list(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_VIEW_COMMUNITY, &community, list_as);
}

static bool may_decide(const struct actor *actor)
{
    return (actor->roles & (ROLE_OPERATOR | ROLE_STEWARD | ROLE_MODERATOR)) != 0;
}

static void on_shown(void *arg, const struct db_result *result)
{
    const struct showing *showing = arg;
    if (api_db_failed(showing->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(showing->request, 404, "%s", nothing_here);
        return;
    }
    const struct actor *actor = showing->actor;
    json_t *body = row_json(result, 0, showing->object.shard_key);
    json_object_set_new(body, "community_id", json_db_id(result, 0, COMMUNITY, showing->object.shard_key));
    json_object_set_new(body, "shown", json_integer(db_number(result, 0, N_SHOWN)));
    json_object_set_new(body, "me",
        actor->has_participation
            ? json_pack("{s:I, s:b, s:b}", "voted", (json_int_t)db_number(result, 0, N_MINE), "member",
                  (int)((actor->roles & ROLE_MEMBER) != 0), "moderator", (int)may_decide(actor))
            : json_null());
    if (may_decide(actor))
        json_object_set_new(body, "waiting", json_integer(db_number(result, 0, N_WAITING)));
    http_reply_json(showing->request, 200, body);
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct showing *showing = showing_new(request, actor);
    if (!identity_param_id(request, "v", &showing->object))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, showing->object.shard_key);
    db_add_uuid(&params, showing->object.uuid);
    if (actor->has_participation)
        db_add_uuid(&params, actor->participant);
    else
        db_add_null(&params);
    db_query(loop->db, DB_READ, 0, QUERY_DELIBERATE_SHOW, &params, on_shown, showing);
}

void conversation_show(struct http_request *request)
{
    struct id conversation;
    if (identity_param_id(request, "v", &conversation))
        identity_require(request, ACTION_VIEW_COMMUNITY, &conversation, show_as);
}

// --- closing --------------------------------------------------------------------------------------------------------
static void on_changed(void *arg, const struct db_result *result)
{
    struct showing *showing = arg;
    if (api_db_failed(showing->request, result))
        return;
    if (db_bool(result, 0, 0))
        show_as(showing->request, showing->actor);
    else
        http_problem(showing->request, 404, "%s", nothing_here);
}

static void change_as(struct http_request *request, const struct actor *actor)
{
    static const char *const states[] = {"open", "closed", NULL};
    static const char *const entries[] = {"conversation_opened", "conversation_closed"};
    const struct loop *loop = http_context(request);
    struct showing *showing = showing_new(request, actor);
    const json_t *body = http_body_json(request);
    struct fields fields;
    if (body == NULL || !identity_param_id(request, "v", &showing->object))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("state", "closes_at"));
    int state = json_object_get(body, "state") == NULL
                    ? -1
                    : fields_choice(&fields, body, "", "state", FIELD_REQUIRED, states);
    const json_t *closes = json_object_get(body, "closes_at");
    int64_t closes_us = fields_time(&fields, body, "", "closes_at", FIELD_OPTIONAL);
    if (state < 0 && closes == NULL)
        fields_fail(&fields, "", "Say what changes: state or closes_at.");
    if (!fields_finish(&fields, request))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, showing->object.shard_key);
    db_add_uuid(&params, showing->object.uuid);
    db_add_text(&params, state < 0 ? NULL : states[state]);
    if (closes_us != 0)
        db_add_number(&params, closes_us);
    else
        db_add_null(&params);
    db_add_bool(&params, closes != NULL);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(request, state < 0 ? "conversation_deadline" : entries[state], actor,
                             &showing->object, NULL, 0));
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_DELIBERATE_CHANGE, &params, on_changed, showing);
}

void conversation_change(struct http_request *request)
{
    struct id conversation;
    if (identity_param_id(request, "v", &conversation))
        identity_require(request, ACTION_MODERATE, &conversation, change_as);
}
