#include "coordinator/identity/identity.h"

#include "base/clock.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/permission.h"
#include "coordinator/identity/secrets.h"
#include "coordinator/limits.h"
#include "coordinator/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BASIC_MAX_BYTES = 512 };

// A question on its way; in the request's arena.
struct question {
    struct http_request *request;
    enum action action;
    bool has_object, has_credential;
    struct id object;
    unsigned char secret_hash[HASH_BYTES];
    void (*then)(struct http_request *request, const struct actor *actor);
};

static void refuse_unknown(struct http_request *request)
{
    http_reply_header(request, "WWW-Authenticate", "Bearer realm=\"plenum\"");
    http_problem(request, 401, "This needs a session or a bearer token, and there is none that holds.");
}

static void refuse(struct http_request *request)
{
    http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

// The password of `Basic`: what callers send whose only setting is an address (https://plenum:TOKEN@host/...), as trainers' are.
// We never ask for it, so that no browser keeps one.
static bool find_basic(const char *encoded, unsigned char hash[HASH_BYTES])
{
    char plain[BASIC_MAX_BYTES];
    size_t length = strlen(encoded);
    if (length >= sizeof(plain))
        return false;
    int size = base64_decode(encoded, length, plain);
    if (size < 0)
        return false;
    plain[size] = '\0';
    const char *colon = strchr(plain, ':');
    bool is_known = colon != NULL && strlen(plain) == (size_t)size && secret_hash(colon + 1, hash) == 0;
    explicit_bzero(plain, sizeof(plain));
    return is_known;
}

// The bearer token, else the session cookie. A malformed secret is as good as none.
static bool find_secret(const struct http_request *request, unsigned char hash[HASH_BYTES])
{
    const char *authorization = http_header(request, "Authorization");
    if (authorization != NULL) {
        if (strncasecmp(authorization, "Basic ", 6) == 0)
            return find_basic(authorization + 6 + strspn(authorization + 6, " "), hash);
        if (strncasecmp(authorization, "Bearer ", 7) != 0)
            return false;
        authorization += 7;
        authorization += strspn(authorization, " ");
        return secret_hash(authorization, hash) == 0;
    }
    const struct loop *loop = http_context(request);
    bool secure = loop->app->secure_cookies || http_is_secure(request);
    const char *cookie = http_cookie(request, secure ? "__Host-sid" : "sid");
    return cookie != NULL && secret_hash(cookie, hash) == 0;
}

static unsigned effective_roles(const struct question *question, const struct identity_entry *entry)
{
    // A token bound to one project or community has no say anywhere else, nor in the deployment.
    if (entry->is_bound && (!question->has_object || entry->bound_shard_key != question->object.shard_key))
        return 0;
    return permission_roles(entry->deployment_roles, entry->shard_roles, question->has_object,
        entry->is_token, entry->token_scopes);
}

static bool allows(const struct question *question, const struct identity_entry *entry, unsigned roles)
{
    struct permission_facts facts = {.roles = roles,
        .signed_in = true,
        .has_participation = entry->has_participation,
        .has_standing = entry->has_standing};
    return permission_allows(question->action, &facts);
}

// True when the entry is enough, and the handler has been called; or the person asks too often, and has been told.
static bool admit(struct question *question, const struct identity_entry *entry)
{
    // Whatever comes of it: looking for what one may not see costs as much.
    if (!http_limit_account(question->request, entry->person.bytes, sizeof(entry->person.bytes)))
        return true;
    unsigned roles = effective_roles(question, entry);
    if (!allows(question, entry, roles))
        return false;
    struct actor *actor = arena_calloc(http_arena(question->request), 1, sizeof(*actor));
    *actor = (struct actor){.person = entry->person,
        .roles = roles,
        .has_participation = entry->has_participation,
        .participant = entry->participant,
        .demographics_version = entry->demographics_version,
        .credential = entry->credential,
        .is_bound = entry->is_bound,
        .bound_shard_key = entry->bound_shard_key,
        .is_token = entry->is_token};
    question->then(question->request, actor);
    return true;
}

// The answer to a question in a row of identity_actor.sql; false when nobody holds the secret.
static bool read_entry(
    const struct question *question, const struct db_result *result, int row, struct identity_entry *entry)
{
    if (db_is_null(result, row, 1))
        return false;
    *entry = (struct identity_entry){
        .shard_key = question->has_object ? question->object.shard_key : 0,
        .loaded_us = clock_monotonic_us(),
        .person = db_uuid(result, row, 1),
        .credential = db_uuid(result, row, 2),
        .is_token = db_bool(result, row, 3),
        .token_scopes = (unsigned)db_number(result, row, 4),
        .is_bound = db_bool(result, row, 5),
        .bound_shard_key = db_number(result, row, 6),
        .deployment_roles = (unsigned)db_number(result, row, 7),
        .shard_roles = (unsigned)db_number(result, row, 8),
        .has_participation = !db_is_null(result, row, 9),
        .has_standing = db_bool(result, row, 10),
        .demographics_version = db_number(result, row, 11),
    };
    if (entry->has_participation)
        entry->participant = db_uuid(result, row, 9);
    memcpy(entry->secret_hash, question->secret_hash, HASH_BYTES);
    return true;
}

// Everybody who comes is asked about within the second: those who come together are asked about together.
static void ask_who(
    const struct loop *loop, const struct question *question, db_row_callback *callback, void *arg)
{
    char hash[2 + HASH_HEX_BYTES] = "\\x", shard_key[24];
    hex_encode(question->secret_hash, HASH_BYTES, hash + 2);
    snprintf(shard_key, sizeof(shard_key), "%lld",
        (long long)(question->has_object ? question->object.shard_key : 0));
    db_batch_add(loop->actors, (const char *[]){hash, shard_key}, callback, arg);
}

static void on_public(void *arg, const struct db_result *result)
{
    const struct question *question = arg;
    if (api_db_failed(question->request, result))
        return;
    struct permission_facts facts = {.object_is_public = result->n_rows == 1 && db_bool(result, 0, 0)};
    if (!permission_allows(question->action, &facts)) {
        refuse_unknown(question->request);
        return;
    }
    question->then(question->request, arena_calloc(http_arena(question->request), 1, sizeof(struct actor)));
}

static void ask_public(struct question *question)
{
    const struct loop *loop = http_context(question->request);
    if (!http_limit_account(question->request, NULL, 0))
        return;
    if (question->action != ACTION_VIEW_COMMUNITY) {
        refuse_unknown(question->request);
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, question->object.shard_key);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_PUBLIC, &params, on_public, question);
}

static void on_actor(void *arg, const struct db_result *result, int row)
{
    struct question *question = arg;
    const struct loop *loop = http_context(question->request);
    if (api_db_failed(question->request, result))
        return;
    struct identity_entry entry;
    if (!read_entry(question, result, row, &entry)) {
        // Remembered, so that one who goes on with a dead secret spends one a second, and only who makes them up many.
        entry = (struct identity_entry){.is_nobody = true,
            .shard_key = question->has_object ? question->object.shard_key : 0,
            .loaded_us = clock_monotonic_us()};
        memcpy(entry.secret_hash, question->secret_hash, HASH_BYTES);
        identity_cache_put(loop->identity, &entry);
        http_limit_charge(question->request, LIMIT_UNKNOWN, 1);
        ask_public(question);
        return;
    }
    identity_cache_put(loop->identity, &entry);
    if (!admit(question, &entry))
        refuse(question->request);
}

void identity_require(struct http_request *request, enum action action, const struct id *object,
    void (*then)(struct http_request *request, const struct actor *actor))
{
    const struct loop *loop = http_context(request);
    struct question *question = arena_calloc(http_arena(request), 1, sizeof(*question));
    *question =
        (struct question){.request = request, .action = action, .has_object = object != NULL, .then = then};
    if (object != NULL) {
        question->object = *object;
        if (object->shard_key == DEPLOYMENT_SHARD) { // no project or community has this key
            refuse(request);
            return;
        }
    }
    if (!find_secret(request, question->secret_hash)) {
        ask_public(question);
        return;
    }
    int64_t shard_key = object != NULL ? object->shard_key : 0;
    // Of what a person may do only a yes is taken from the cache: who has just joined or been given a role need not wait.
    const struct identity_entry *entry =
        identity_cache_find(loop->identity, question->secret_hash, shard_key);
    if (entry != NULL && entry->is_nobody) {
        ask_public(question);
        return;
    }
    if (entry != NULL && admit(question, entry))
        return;
    if (entry == NULL && !http_limit_allows(request, LIMIT_UNKNOWN))
        return;
    ask_who(loop, question, on_actor, question);
}

// --- is it still so? ---------------------------------------------------------------------------------------------------
struct identity_watch {
    const struct loop *loop;
    struct question question; // without a request: it may go away while the database is asked
    bool asking, left;
    void (*lost)(void *arg);
    void *arg;
};

struct identity_watch *identity_watch_new(struct http_request *request, enum action action,
    const struct id *object, void (*lost)(void *arg), void *arg)
{
    struct identity_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        abort();
    *watch = (struct identity_watch){.loop = http_context(request), .lost = lost, .arg = arg};
    watch->question = (struct question){.action = action, .has_object = true, .object = *object};
    bool has_secret = find_secret(request, watch->question.secret_hash);
    assert(has_secret); // identity_require has let it in
    return watch;
}

void identity_watch_free(struct identity_watch *watch)
{
    watch->left = true;
    if (!watch->asking)
        free(watch);
}

static void on_watched(void *arg, const struct db_result *result, int row)
{
    struct identity_watch *watch = arg;
    watch->asking = false;
    if (watch->left) {
        free(watch);
        return;
    }
    bool may = result->status != DB_OK; // the database can't say just now: the next time
    struct identity_entry entry;
    if (result->status == DB_OK && read_entry(&watch->question, result, row, &entry)) {
        identity_cache_put(watch->loop->identity, &entry);
        may = allows(&watch->question, &entry, effective_roles(&watch->question, &entry));
    }
    if (!may)
        watch->lost(watch->arg);
}

void identity_watch_ask(struct identity_watch *watch)
{
    const struct question *question = &watch->question;
    int64_t shard_key = question->object.shard_key;
    const struct identity_entry *entry =
        identity_cache_find(watch->loop->identity, question->secret_hash, shard_key);
    if (watch->asking ||
        (entry != NULL && !entry->is_nobody && allows(question, entry, effective_roles(question, entry))))
        return;
    watch->asking = true;
    ask_who(watch->loop, question, on_watched, watch);
}

// --- who may or may not be signed in ------------------------------------------------------------------------------------
// A signed-in person where one is welcome but not needed (joining); then(request, NULL) when there is none.
static void on_maybe(void *arg, const struct db_result *result, int row)
{
    struct question *question = arg;
    if (api_db_failed(question->request, result))
        return;
    struct identity_entry entry;
    if (!read_entry(question, result, row, &entry) || !admit(question, &entry))
        question->then(question->request, NULL);
}

void identity_ask(
    struct http_request *request, void (*then)(struct http_request *request, const struct actor *actor))
{
    const struct loop *loop = http_context(request);
    struct question *question = arena_calloc(http_arena(request), 1, sizeof(*question));
    *question = (struct question){.request = request, .action = ACTION_SELF, .then = then};
    if (!find_secret(request, question->secret_hash)) {
        then(request, NULL);
        return;
    }
    ask_who(loop, question, on_maybe, question);
}

bool identity_param_id(struct http_request *request, const char *name, struct id *ret_id)
{
    if (id_parse(http_param(request, name), ret_id) == 0)
        return true;
    refuse(request);
    return false;
}
