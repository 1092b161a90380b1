#include "coordinator/constitution/constitution.h"

#include "coordinator/audit/entry.h"
#include "coordinator/constitution/rule.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/secrets.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_CHARACTERS = 200 };

// --- making --------------------------------------------------------------------------------------------------------
static void on_created(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (!api_db_failed(request, result) && api_key_state(request, result) != API_KEY_ANSWERED)
        http_reply_json_text(request, 201, db_text(result, 0, 2));
}

// A key makes the community's id, so that the same key from the same person finds the same shard again.
static struct id id_of(const struct actor *actor, const struct uuid *key)
{
    if (key == NULL)
        return id_new(shard_key_new());
    unsigned char seed[9 + 2 * UUID_BYTES] = "community", hash[HASH_BYTES];
    memcpy(seed + 9, actor->person.bytes, UUID_BYTES);
    memcpy(seed + 9 + UUID_BYTES, key->bytes, UUID_BYTES);
    hash_sha256(seed, sizeof(seed), hash);
    struct id id = {0};
    memcpy(&id.shard_key, hash, sizeof(id.shard_key));
    id.shard_key = (id.shard_key & INT64_MAX) | 1;
    memcpy(id.uuid.bytes, hash + 8, UUID_BYTES);
    id.uuid.bytes[6] = (unsigned char)((id.uuid.bytes[6] & 0x0f) | 0x80); // UUIDv8: made by our own rule
    id.uuid.bytes[8] = (unsigned char)((id.uuid.bytes[8] & 0x3f) | 0x80);
    return id;
}

static json_t *hash_json(const char *text)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    hash_sha256(text, strlen(text), hash);
    hex_encode(hash, HASH_BYTES, hex);
    return json_string(hex);
}

static void create_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct arena *arena = http_arena(request);
    json_t *body = http_body_json(request);
    struct uuid key;
    bool has_key = false;
    struct fields fields;
    if (body == NULL || !api_idempotency_key(request, false, &key, &has_key))
        return;
    fields_init(&fields);
    fields_only(
        &fields, body, "", "name", "language", "visibility", "admission", "rule", "budget", "costs", NULL);
    const char *name = fields_text(&fields, body, "", "name", FIELD_REQUIRED, 1, NAME_MAX_CHARACTERS);
    json_t *settings = arena_json(arena, settings_read(&fields, body));
    if (!fields_finish(&fields, request))
        return;
    struct id id = id_of(actor, has_key ? &key : NULL);
    char *settings_text = json_canonical(settings);
    json_t *answer = json_copy(settings);
    json_object_set_new(answer, "id", json_id(id));
    json_object_set_new(answer, "name", json_string(name));
    char *answer_text = json_canonical(answer);
    struct audit_entry entry;
    audit_entry_make(arena, "community",
        json_pack("{s:o, s:o, s:o}", "community", json_id(id), "settings_hash", hash_json(settings_text),
            "by", json_id((struct id){.uuid = actor->credential})),
        &entry);
    unsigned char hash[HASH_BYTES];
    api_request_hash(request, body, hash);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, id.shard_key);
    db_add_uuid(&params, id.uuid);
    db_add_text(&params, name);
    db_add_text(&params, settings_text);
    db_add_uuid(&params, actor->person);
    db_add_uuid(&params, uuid_new());
    if (has_key)
        db_add_uuid(&params, key);
    else
        db_add_null(&params);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_add_text(&params, answer_text);
    db_add_uuid(&params, entry.id);
    db_add_text(&params, entry.text);
    db_query(loop->db, DB_WRITE, has_key ? DB_RETRY_SAFE : 0, QUERY_CONSTITUTION_COMMUNITY_CREATE, &params,
        on_created, request);
    free(settings_text);
    free(answer_text);
    json_decref(answer);
}

void communities_create(struct http_request *request)
{
    identity_require(request, ACTION_CREATE, NULL, create_as);
}

// --- listing -------------------------------------------------------------------------------------------------------
struct listing {
    struct http_request *request;
    int limit;
};

static void on_listed(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {0};
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        last = (struct id){.shard_key = db_number(result, i, 0), .uuid = db_uuid(result, i, 1)};
        json_array_append_new(rows,
            json_pack("{s:o, s:s, s:s, s:s, s:o, s:o}", "id", json_id(last), "name", db_text(result, i, 2),
                "visibility", db_text(result, i, 3), "admission", db_text(result, i, 4), "version",
                db_is_null(result, i, 5) ? json_null() : json_integer(db_number(result, i, 5)), "created_at",
                json_db_time(result, i, 6)));
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct uuid cursor;
    listing->request = request;
    if (!api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    if (actor != NULL)
        db_add_uuid(&params, actor->person);
    else
        db_add_null(&params);
    db_add_uuid(&params, cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_COMMUNITIES, &params, on_listed, listing);
}

void communities_list(struct http_request *request)
{
    identity_ask(request, list_as);
}

// --- one -----------------------------------------------------------------------------------------------------------
struct showing {
    struct http_request *request;
    struct id community;
    const struct actor *actor;
};

static json_t *me_json(const struct showing *showing, bool has_standing)
{
    const struct actor *actor = showing->actor;
    if (!actor->has_participation)
        return json_null();
    return json_pack("{s:o, s:b, s:b, s:b}", "participant_id",
        json_id((struct id){showing->community.shard_key, actor->participant}), "member",
        (actor->roles & ROLE_MEMBER) != 0, "steward", (actor->roles & ROLE_STEWARD) != 0, "has_standing",
        has_standing);
}

static void on_shown(void *arg, const struct db_result *result)
{
    const struct showing *showing = arg;
    if (api_db_failed(showing->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(showing->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    json_t *body = json_loads(db_text(result, 0, 1), 0, NULL);
    assert(body != NULL);
    json_object_set_new(body, "id", json_id(showing->community));
    json_object_set_new(body, "name", json_string(db_text(result, 0, 0)));
    json_object_set_new(body, "constitution",
        db_is_null(result, 0, 2) ? json_null()
                                 : json_pack("{s:I, s:s}", "version", (json_int_t)db_number(result, 0, 2),
                                       "hash", db_text(result, 0, 3)));
    json_object_set_new(body, "members", json_integer(db_number(result, 0, 4)));
    json_object_set_new(body, "open_amendments", json_integer(db_number(result, 0, 5)));
    json_object_set_new(body, "created_at", json_db_time(result, 0, 6));
    json_object_set_new(body, "me", me_json(showing, db_bool(result, 0, 7)));
    http_reply_json(showing->request, 200, body);
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct showing *showing = arena_calloc(http_arena(request), 1, sizeof(*showing));
    showing->request = request;
    showing->actor = actor;
    if (!identity_param_id(request, "c", &showing->community))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, showing->community.shard_key);
    db_add_uuid(&params, showing->community.uuid);
    if (actor->has_participation)
        db_add_uuid(&params, actor->participant);
    else
        db_add_null(&params);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_COMMUNITY, &params, on_shown, showing);
}

void community_show(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_VIEW_COMMUNITY, &community, show_as);
}

// --- joining -------------------------------------------------------------------------------------------------------
struct joining {
    struct http_request *request;
    struct id community;
    struct uuid person;
};

static void on_joined(void *arg, const struct db_result *result)
{
    const struct joining *joining = arg;
    const struct loop *loop = http_context(joining->request);
    if (api_db_failed(joining->request, result))
        return;
    if (result->n_rows == 0 || strcmp(db_text(result, 0, 1), "active") != 0) {
        http_problem(joining->request, 404,
            "There is no such community, or it does not admit you without an invitation that holds.");
        return;
    }
    identity_cache_forget(loop->identity, joining->person);
    http_reply_json(joining->request, db_bool(result, 0, 3) ? 201 : 200,
        json_pack("{s:o, s:o, s:b}", "community_id", json_id(joining->community), "participant_id",
            json_db_id(result, 0, 0, joining->community.shard_key), "has_standing", db_bool(result, 0, 2)));
}

static void join_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct joining *joining = arena_calloc(http_arena(request), 1, sizeof(*joining));
    size_t size = 0;
    joining->request = request;
    joining->person = actor->person;
    http_body(request, &size);
    json_t *body = size > 0 ? http_body_json(request) : NULL; // an open community needs no word
    if ((size > 0 && body == NULL) || !identity_param_id(request, "c", &joining->community))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", "code", NULL);
    const char *code = fields_text(&fields, body, "", "code", FIELD_OPTIONAL, 1, 100);
    if (!fields_finish(&fields, request))
        return;
    unsigned char code_hash[HASH_BYTES];
    int64_t shard_key = 0;
    bool leads_here = code != NULL && invitation_code_parse(code, &shard_key, code_hash) == 0 &&
                      shard_key == joining->community.shard_key;
    if (code != NULL && !leads_here) {
        http_problem_at(request, 404, "/code", "There is no such invitation to this community.");
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, joining->community.shard_key);
    db_add_uuid(&params, joining->community.uuid);
    db_add_uuid(&params, actor->person);
    db_add_uuid(&params, uuid_new());
    if (leads_here)
        db_add_bytes(&params, code_hash, HASH_BYTES);
    else
        db_add_null(&params);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CONSTITUTION_JOIN, &params, on_joined, joining);
}

void community_join(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, join_as);
}
