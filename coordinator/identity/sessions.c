#include "coordinator/identity/routes.h"

#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/permission.h"
#include "coordinator/loop.h"

#include <string.h>

void session_cookie(struct http_request *request, const char *secret)
{
    const struct loop *loop = http_context(request);
    bool secure = loop->app->secure_cookies || http_is_secure(request);
    bool ends = secret[0] == '\0';
    http_reply_header(request, "Set-Cookie",
        arena_printf(http_arena(request), "%s=%s; Path=/; Max-Age=%d; %sHttpOnly; SameSite=Lax",
            secure ? "__Host-sid" : "sid", secret, ends ? 0 : SESSION_SECONDS, secure ? "Secure; " : ""));
}

json_t *roles_json(unsigned roles)
{
    json_t *list = json_array();
    for (unsigned bit = 1; bit <= ROLES_ALL; bit <<= 1) {
        if (roles & bit)
            json_array_append_new(list, json_string(permission_role_name(bit)));
    }
    return list;
}

// --- who am I -----------------------------------------------------------------------------------------------------------
struct show {
    struct http_request *request;
    const struct actor *actor;
    json_t *body;
};

static void show_free(void *arg)
{
    struct show *show = arg;
    json_decref(show->body);
}

static void on_participations(void *arg, const struct db_result *result)
{
    struct show *show = arg;
    if (api_db_failed(show->request, result))
        return;
    json_t *all = json_array(), *projects = json_array(), *communities = json_array();
    for (int i = 0; i < result->n_rows; i++) {
        int64_t shard_key = db_number(result, i, 0);
        bool is_project = db_bool(result, i, 2);
        json_t *one = json_object();
        json_object_set_new(one, "id", json_db_id(result, i, 1, shard_key));
        json_object_set_new(one, "kind", json_string(is_project ? "project" : "community"));
        json_object_set_new(one, "name", json_db_json(result, i, 3));
        json_object_set_new(one, "participant_id", json_db_id(result, i, 4, shard_key));
        json_object_set_new(one, "roles", roles_json((unsigned)db_number(result, i, 5)));
        json_object_set_new(one, "state", json_string(db_text(result, i, 6)));
        json_object_set_new(one, "joined_at", json_db_time(result, i, 7));
        json_object_set_new(one, "consent_version",
            db_is_null(result, i, 8) ? json_null() : json_string(db_text(result, i, 8)));
        json_object_set_new(one, "conditions", json_db_json(result, i, 11));
        json_object_set_new(one, "simulated", json_boolean(db_bool(result, i, 10)));
        json_array_append(all, one);
        if (strcmp(db_text(result, i, 6), "active") == 0)
            json_array_append(is_project ? projects : communities, one);
        json_decref(one);
    }
    json_object_set_new(show->body, "participations", all);
    json_object_set_new(show->body, "projects", projects);
    json_object_set_new(show->body, "communities", communities);
    http_reply_json(show->request, 200, json_incref(show->body));
}

static void on_me(void *arg, const struct db_result *result)
{
    struct show *show = arg;
    const struct loop *loop = http_context(show->request);
    if (api_db_failed(show->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(show->request, 404, "There is nobody here.");
        return;
    }
    show->body = json_object();
    json_object_set_new(show->body, "person_id", json_id((struct id){.uuid = show->actor->person}));
    json_object_set_new(show->body, "kind", json_string(db_text(result, 0, 0)));
    json_object_set_new(
        show->body, "name", db_is_null(result, 0, 1) ? json_null() : json_string(db_text(result, 0, 1)));
    json_object_set_new(show->body, "expires_at", json_db_time(result, 0, 2));
    json_object_set_new(show->body, "roles", roles_json(show->actor->roles));
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, show->actor->person);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_MY_PARTICIPATIONS, &params, on_participations, show);
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct show *show = arena_calloc(http_arena(request), 1, sizeof(*show));
    *show = (struct show){.request = request, .actor = actor};
    arena_on_free(http_arena(request), show_free, show);
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    db_add_uuid(&params, actor->credential);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_ME, &params, on_me, show);
}

void session_show(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, show_as);
}

void me_show(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, show_as);
}

// --- ending -------------------------------------------------------------------------------------------------------------
struct revoke {
    struct http_request *request;
    struct uuid person;
    bool own;
};

static void on_revoked(void *arg, const struct db_result *result)
{
    struct revoke *revoke = arg;
    const struct loop *loop = http_context(revoke->request);
    if (api_db_failed(revoke->request, result))
        return;
    identity_cache_forget(loop->identity, revoke->person);
    if (revoke->own)
        session_cookie(revoke->request, "");
    else if (result->n_rows == 0) {
        http_problem(revoke->request, 404, "There is no such session of yours.");
        return;
    }
    http_reply_empty(revoke->request, 204);
}

static void revoke_session(
    struct http_request *request, const struct actor *actor, struct uuid session, bool own)
{
    const struct loop *loop = http_context(request);
    struct revoke *revoke = arena_calloc(http_arena(request), 1, sizeof(*revoke));
    *revoke = (struct revoke){.request = request, .person = actor->person, .own = own};
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, session);
    db_add_uuid(&params, actor->person);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_SESSION_REVOKE, &params, on_revoked, revoke);
}

static void end_as(struct http_request *request, const struct actor *actor)
{
    if (actor->is_token) {
        http_problem(request, 409, "A bearer token is not a session; revoke it at /api/v1/tokens.");
        return;
    }
    revoke_session(request, actor, actor->credential, true);
}

void session_end(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, end_as);
}

static void revoke_as(struct http_request *request, const struct actor *actor)
{
    struct id session;
    if (!identity_param_id(request, "id", &session))
        return;
    revoke_session(request, actor, session.uuid, uuid_equal(session.uuid, actor->credential));
}

void sessions_revoke(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, revoke_as);
}

// --- listing ------------------------------------------------------------------------------------------------------------
struct listing {
    struct http_request *request;
    struct uuid current;
    int limit;
};

static void on_sessions(void *arg, const struct db_result *result)
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
        json_object_set_new(one, "created_at", json_db_time(result, i, 1));
        json_object_set_new(one, "expires_at", json_db_time(result, i, 2));
        json_object_set_new(one, "current", json_boolean(uuid_equal(last.uuid, listing->current)));
        json_array_append_new(rows, one);
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct uuid cursor;
    *listing = (struct listing){.request = request, .current = actor->credential};
    if (!api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    db_add_uuid(&params, cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_SESSIONS, &params, on_sessions, listing);
}

void sessions_list(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, list_as);
}
