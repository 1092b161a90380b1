#include "coordinator/identity/routes.h"

#include "base/clock.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/permission.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_NAME_MAX = 100 };

unsigned roles_read(struct fields *fields, const json_t *body, const char *name, unsigned allowed, size_t min)
{
    const json_t *list = fields_array(fields, body, "", name, FIELD_REQUIRED, min, 8);
    unsigned roles = 0;
    size_t i;
    json_t *word;
    json_array_foreach(list, i, word)
    {
        unsigned role = json_is_string(word) ? permission_role_named(json_string_value(word)) : 0;
        if ((role & allowed) == 0)
            fields_fail_at(fields, "", name, "Entry %zu is not a role that can be given here.", i);
        roles |= role & allowed;
    }
    return roles;
}

char *power_entry(struct http_request *request, const char *type, const struct actor *actor,
    const struct id *object, const struct uuid *subject, unsigned roles)
{
    unsigned char seed[8 + UUID_BYTES], hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    json_t *entry = json_object();
    json_object_set_new(entry, "type", json_string(type));
    json_object_set_new(entry, "at", json_time_us(clock_real_us()));
    json_object_set_new(entry, "by", json_id((struct id){.uuid = actor->credential}));
    json_object_set_new(entry, "roles", roles_json(roles));
    if (object != NULL)
        json_object_set_new(entry, "object", json_id(*object));
    if (subject != NULL) {
        int64_t shard_key = object != NULL ? object->shard_key : DEPLOYMENT_SHARD;
        memcpy(seed, &shard_key, sizeof(shard_key));
        memcpy(seed + 8, subject->bytes, UUID_BYTES);
        hash_sha256(seed, sizeof(seed), hash);
        hex_encode(hash, sizeof(hash), hex);
        json_object_set_new(entry, "subject", json_string(hex));
    }
    char *text = json_canonical(entry), *copy = arena_strdup(http_arena(request), text);
    free(text);
    json_decref(entry);
    return copy;
}

// --- making -------------------------------------------------------------------------------------------------------------
struct making {
    struct http_request *request;
    const char *name;
    unsigned scopes;
    bool is_bound;
    struct id object;
    const char *object_kind;
    int64_t expires_us;
    struct uuid token;
    char secret[SECRET_TEXT_BYTES];
    struct keyed keyed;
};

static void on_made(void *arg, const struct db_result *result)
{
    const struct making *making = arg;
    if (!api_db_failed(making->request, result))
        keyed_reply(making->request, &making->keyed, result);
}

static json_t *making_answer(const struct making *making)
{
    json_t *body = json_object();
    json_object_set_new(body, "id", json_id((struct id){.uuid = making->token}));
    json_object_set_new(body, "token", json_string(making->secret));
    json_object_set_new(body, "name", json_string(making->name));
    json_object_set_new(body, "scopes", roles_json(making->scopes));
    if (making->is_bound)
        json_object_set_new(body, making->object_kind, json_id(making->object));
    json_object_set_new(
        body, "expires_at", making->expires_us != 0 ? json_time_us(making->expires_us) : json_null());
    return body;
}

static void make(struct making *making, const struct actor *actor)
{
    const struct loop *loop = http_context(making->request);
    unsigned char hash[HASH_BYTES];
    // What an operator makes for others is somebody else: it owns what it creates, and nothing of the operator's.
    bool for_another = (actor->roles & ROLE_OPERATOR) && !(making->scopes & ROLE_OPERATOR);
    struct uuid person = for_another ? uuid_new() : actor->person;
    making->token = uuid_new();
    secret_new(making->secret);
    int rc = secret_hash(making->secret, hash);
    assert(rc == 0);
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, making->token);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_add_uuid(&params, person);
    db_add_bool(&params, for_another);
    db_add_text(&params, making->name);
    db_add_number(&params, making->scopes);
    if (making->is_bound)
        db_add_number(&params, making->object.shard_key);
    else
        db_add_null(&params);
    db_add_number(&params, making->is_bound ? making->object.shard_key : DEPLOYMENT_SHARD);
    db_add_uuid(&params, uuid_new());
    if (making->expires_us != 0)
        db_add_number(&params, making->expires_us);
    else
        db_add_null(&params);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, power_entry(making->request, "token", actor,
                             making->is_bound ? &making->object : NULL, &person, making->scopes));
    db_add_uuid(&params, actor->person);
    keyed_add(making->request, &making->keyed, making_answer(making), &params);
    db_query(loop->db, DB_WRITE, making->keyed.has_key ? DB_RETRY_SAFE : 0, QUERY_IDENTITY_TOKEN_CREATE,
        &params, on_made, making);
}

static void create_as(struct http_request *request, const struct actor *actor)
{
    json_t *body = http_body_json(request); // the same reference as before
    if (body == NULL)
        return;
    struct making *making = arena_calloc(http_arena(request), 1, sizeof(*making));
    if (!keyed_read(request, body, &making->keyed))
        return;
    struct fields fields;
    fields_init(&fields);
    making->request = request;
    fields_only(&fields, body, "", "name", "scopes", "project", "community", "expires_at", NULL);
    making->name = fields_text(&fields, body, "", "name", FIELD_REQUIRED, 1, TOKEN_NAME_MAX);
    making->expires_us = fields_time(&fields, body, "", "expires_at", FIELD_OPTIONAL);
    if (making->expires_us != 0 && making->expires_us <= clock_real_us())
        fields_fail(&fields, "/expires_at", "expires_at must lie in the future.");
    const char *project = json_string_value(json_object_get(body, "project"));
    const char *object = project != NULL ? project : json_string_value(json_object_get(body, "community"));
    making->is_bound = object != NULL && id_parse(object, &making->object) == 0;
    making->object_kind = project != NULL ? "project" : "community";
    unsigned allowed = !making->is_bound ? ROLES_OF_DEPLOYMENT
                       : project != NULL ? ROLES_OF_PROJECT & ~(unsigned)ROLE_ANNOTATOR
                                         : ROLES_OF_COMMUNITY & ~(unsigned)ROLE_MEMBER;
    making->scopes = roles_read(&fields, body, "scopes", allowed, 1);
    if (fields_ok(&fields) && (making->scopes & ~actor->roles) != 0)
        fields_fail(&fields, "/scopes", "A token can't do more than who makes it.");
    if (fields_finish(&fields, request))
        make(making, actor);
}

void tokens_create(struct http_request *request)
{
    json_t *body = http_body_json(request);
    if (body == NULL)
        return;
    const char *project = json_string_value(json_object_get(body, "project"));
    const char *community = json_string_value(json_object_get(body, "community"));
    if (project == NULL && community == NULL) {
        identity_require(request, ACTION_SELF, NULL, create_as);
        return;
    }
    struct id *object = arena_alloc(http_arena(request), sizeof(*object));
    if ((project != NULL && community != NULL) ||
        id_parse(project != NULL ? project : community, object) < 0) {
        http_problem_at(request, 422, project != NULL ? "/project" : "/community",
            "A token is bound to one project or one community, by its id.");
        return;
    }
    identity_require(
        request, project != NULL ? ACTION_MANAGE_PROJECT : ACTION_MANAGE_COMMUNITY, object, create_as);
}

// --- listing and revoking -------------------------------------------------------------------------------------------------
struct listing {
    struct http_request *request;
    const struct actor *actor;
    int limit;
};

static void on_tokens(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {0};
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        last.uuid = db_uuid(result, i, 0);
        json_t *one = json_object();
        json_object_set_new(one, "id", json_id(last));
        json_object_set_new(one, "name", json_string(db_text(result, i, 1)));
        json_object_set_new(one, "scopes", roles_json((unsigned)db_number(result, i, 2)));
        if (!db_is_null(result, i, 3) && !db_is_null(result, i, 4))
            json_object_set_new(one, db_bool(result, i, 8) ? "project" : "community",
                json_db_id(result, i, 4, db_number(result, i, 3)));
        json_object_set_new(one, "created_at", json_db_time(result, i, 5));
        json_object_set_new(one, "expires_at", json_db_time(result, i, 6));
        json_object_set_new(
            one, "mine", json_boolean(uuid_equal(db_uuid(result, i, 7), listing->actor->person)));
        json_array_append_new(rows, one);
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct uuid cursor;
    *listing = (struct listing){.request = request, .actor = actor};
    if (!api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    db_add_bool(&params, (actor->roles & ROLE_OPERATOR) != 0);
    db_add_uuid(&params, cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_TOKENS, &params, on_tokens, listing);
}

void tokens_list(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, list_as);
}

static void on_revoked(void *arg, const struct db_result *result)
{
    struct listing *listing = arg;
    const struct loop *loop = http_context(listing->request);
    if (api_db_failed(listing->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(listing->request, 404, "There is no such token of yours.");
        return;
    }
    identity_cache_forget(loop->identity, listing->actor->person);
    http_reply_empty(listing->request, 204);
}

static void revoke_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct id token;
    if (!identity_param_id(request, "t", &token))
        return;
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    *listing = (struct listing){.request = request, .actor = actor};
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, token.uuid);
    db_add_uuid(&params, actor->person);
    db_add_bool(&params, (actor->roles & ROLE_OPERATOR) != 0);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_TOKEN_REVOKE, &params, on_revoked, listing);
}

void tokens_revoke(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, revoke_as);
}
