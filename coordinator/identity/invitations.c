#include "coordinator/identity/routes.h"

#include "base/clock.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/panel.h"
#include "coordinator/loop.h"

#include <string.h>

// --- making and listing ---------------------------------------------------------------------------------------------------
struct invitation {
    struct http_request *request;
    struct id object;
    const char *kind;
    struct uuid invitation;
    char code[ID_TEXT_BYTES];
    int64_t max_uses, expires_us;
    int limit;
    struct keyed keyed;
};

static void on_created(void *arg, const struct db_result *result)
{
    const struct invitation *invitation = arg;
    if (api_db_failed(invitation->request, result))
        return;
    if (result->n_rows == 0)
        http_problem(invitation->request, 404, "There is nothing here to invite to.");
    else
        keyed_reply(invitation->request, &invitation->keyed, result);
}

static json_t *invitation_answer(const struct invitation *invitation)
{
    const struct loop *loop = http_context(invitation->request);
    json_t *body = json_object();
    json_object_set_new(
        body, "id", json_id((struct id){invitation->object.shard_key, invitation->invitation}));
    json_object_set_new(
        body, "url", json_sprintf("%s/join?code=%s", loop->app->public_url, invitation->code));
    json_object_set_new(body, "code", json_string(invitation->code));
    json_object_set_new(body, "max_uses", json_integer(invitation->max_uses));
    json_object_set_new(
        body, "expires_at", invitation->expires_us != 0 ? json_time_us(invitation->expires_us) : json_null());
    return body;
}

static void create_as(
    struct http_request *request, const struct actor *actor, const char *param, const char *kind)
{
    const struct loop *loop = http_context(request);
    struct invitation *invitation = arena_calloc(http_arena(request), 1, sizeof(*invitation));
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, param, &invitation->object) ||
        !keyed_read(request, body, &invitation->keyed))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("max_uses", "expires_at"));
    invitation->request = request;
    invitation->kind = kind;
    invitation->max_uses = fields_integer(&fields, body, "", "max_uses", FIELD_OPTIONAL, 1, 1000000, 1);
    invitation->expires_us = fields_time(&fields, body, "", "expires_at", FIELD_OPTIONAL);
    if (invitation->expires_us != 0 && invitation->expires_us <= clock_real_us())
        fields_fail(&fields, "/expires_at", "expires_at must lie in the future.");
    if (!fields_finish(&fields, request))
        return;
    unsigned char hash[HASH_BYTES];
    invitation_code_new(invitation->object.shard_key, invitation->code, hash);
    invitation->invitation = uuid_new();
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, invitation->object.shard_key);
    db_add_uuid(&params, invitation->invitation);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_add_text(&params, kind);
    db_add_number(&params, invitation->max_uses);
    if (invitation->expires_us != 0)
        db_add_number(&params, invitation->expires_us);
    else
        db_add_null(&params);
    db_add_uuid(&params, actor->person);
    keyed_add(request, &invitation->keyed, invitation_answer(invitation), &params);
    db_query(loop->db, DB_WRITE, invitation->keyed.has_key ? DB_RETRY_SAFE : 0,
        QUERY_IDENTITY_INVITATION_CREATE, &params, on_created, invitation);
}

static void on_listed(void *arg, const struct db_result *result)
{
    const struct invitation *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {.shard_key = listing->object.shard_key};
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        last.uuid = db_uuid(result, i, 0);
        json_t *one = json_object();
        json_object_set_new(one, "id", json_id(last));
        json_object_set_new(one, "max_uses", json_integer(db_number(result, i, 2)));
        json_object_set_new(one, "uses", json_integer(db_number(result, i, 3)));
        json_object_set_new(one, "expires_at", json_db_time(result, i, 4));
        json_object_set_new(one, "revoked_at", json_db_time(result, i, 5));
        json_object_set_new(one, "created_at", json_db_time(result, i, 6));
        json_array_append_new(rows, one);
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void list_as(struct http_request *request, const char *param)
{
    const struct loop *loop = http_context(request);
    struct invitation *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct uuid cursor;
    listing->request = request;
    if (!identity_param_id(request, param, &listing->object) || !api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, listing->object.shard_key);
    db_add_uuid(&params, cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_INVITATIONS, &params, on_listed, listing);
}

static void create_project_as(struct http_request *request, const struct actor *actor)
{
    create_as(request, actor, "p", "annotator");
}

static void create_community_as(struct http_request *request, const struct actor *actor)
{
    create_as(request, actor, "c", "member");
}

static void list_project_as(struct http_request *request, const struct actor *actor)
{
    (void)actor;
    list_as(request, "p");
}

static void list_community_as(struct http_request *request, const struct actor *actor)
{
    (void)actor;
    list_as(request, "c");
}

static void require(struct http_request *request, const char *param, enum action action,
    void (*then)(struct http_request *request, const struct actor *actor))
{
    struct id object;
    if (identity_param_id(request, param, &object))
        identity_require(request, action, &object, then);
}

void invitations_create_project(struct http_request *request)
{
    require(request, "p", ACTION_MANAGE_PROJECT, create_project_as);
}

void invitations_create_community(struct http_request *request)
{
    require(request, "c", ACTION_MANAGE_COMMUNITY, create_community_as);
}

void invitations_list_project(struct http_request *request)
{
    require(request, "p", ACTION_MANAGE_PROJECT, list_project_as);
}

void invitations_list_community(struct http_request *request)
{
    require(request, "c", ACTION_MANAGE_COMMUNITY, list_community_as);
}

// --- what it leads to -------------------------------------------------------------------------------------------------------
// Column numbers of identity_invitation.sql.
enum {
    KIND,
    MAX_USES,
    IS_USED_UP,
    IS_EXPIRED,
    IS_REVOKED,
    OBJECT_ID,
    NAME,
    CONSENT,
    SIMULATED,
    LANGUAGE,
    STATE,
    INVITATION_ID,
    WARNING,
    CONDITIONS,
    PANEL,
    PANEL_SECRET,
    PANEL_OLD_SECRET
};

static void refuse_code(struct http_request *request)
{
    http_problem(request, 404, "There is no such invitation.");
}

// Answers 410 and returns true when the invitation leads nowhere any more.
static bool is_over(struct http_request *request, const struct db_result *result, bool used_up_too)
{
    if (db_bool(result, 0, IS_REVOKED))
        http_problem(request, 410, "This invitation has been withdrawn.");
    else if (db_bool(result, 0, IS_EXPIRED))
        http_problem(request, 410, "This invitation has expired.");
    else if (used_up_too && db_bool(result, 0, IS_USED_UP))
        http_problem(request, 410, "This invitation has been used as often as it may be.");
    else
        return false;
    return true;
}

// What the page has to know of the panel: what to take from the link, and where to send who does not agree. Null without one.
static json_t *panel_shown(const struct db_result *result)
{
    if (db_is_null(result, 0, PANEL))
        return json_null();
    json_t *settings = json_db_json(result, 0, PANEL);
    json_t *shown = json_pack("{s:O, s:O, s:O, s:o}", "name", json_object_get(settings, "name"), "parameters",
        json_object_get(settings, "parameters"), "signed", json_object_get(settings, "signed"), "no_consent",
        panel_way_back(settings, "no_consent"));
    json_decref(settings);
    return shown;
}

struct visit {
    struct http_request *request;
    int64_t shard_key;
    unsigned char hash[HASH_BYTES];
};

static void on_shown(void *arg, const struct db_result *result)
{
    const struct visit *visit = arg;
    if (api_db_failed(visit->request, result))
        return;
    if (result->n_rows == 0 || db_is_null(result, 0, OBJECT_ID)) {
        refuse_code(visit->request);
        return;
    }
    // By the link of a panel those come again who are in already; what is left of it is asked when somebody new joins.
    if (is_over(visit->request, result, db_is_null(result, 0, PANEL)))
        return;
    bool is_project = strcmp(db_text(result, 0, KIND), "annotator") == 0;
    json_t *body = json_object();
    json_object_set_new(body, "kind", json_string(is_project ? "project" : "community"));
    json_object_set_new(
        body, is_project ? "project_id" : "community_id", json_db_id(result, 0, OBJECT_ID, visit->shard_key));
    json_object_set_new(body, "name", json_db_json(result, 0, NAME));
    json_t *consent = db_is_null(result, 0, CONSENT)
                          ? NULL
                          : json_loads(db_text(result, 0, CONSENT), JSON_DECODE_ANY, NULL);
    json_object_set_new(body, "consent", json_is_object(consent) ? json_incref(consent) : json_null());
    json_decref(consent);
    json_object_set_new(body, "warning", json_db_json(result, 0, WARNING));
    json_object_set_new(body, "conditions", json_db_json(result, 0, CONDITIONS));
    json_object_set_new(body, "simulated", json_boolean(db_bool(result, 0, SIMULATED)));
    json_object_set_new(body, "language",
        db_is_null(result, 0, LANGUAGE) ? json_null() : json_string(db_text(result, 0, LANGUAGE)));
    json_object_set_new(body, "state", json_string(db_text(result, 0, STATE)));
    json_object_set_new(body, "panel", panel_shown(result));
    http_reply_json(visit->request, 200, body);
}

static void ask(struct http_request *request, const char *code, db_callback *callback, struct visit *visit)
{
    const struct loop *loop = http_context(request);
    visit->request = request;
    if (code == NULL || invitation_code_parse(code, &visit->shard_key, visit->hash) < 0) {
        refuse_code(request);
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, visit->shard_key);
    db_add_bytes(&params, visit->hash, HASH_BYTES);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_INVITATION, &params, callback, visit);
}

void invitations_show(struct http_request *request)
{
    ask(request, http_param(request, "code"), on_shown,
        arena_calloc(http_arena(request), 1, sizeof(struct visit)));
}

void invitations_show_query(struct http_request *request)
{
    ask(request, http_query(request, "code"), on_shown,
        arena_calloc(http_arena(request), 1, sizeof(struct visit)));
}

// --- joining ----------------------------------------------------------------------------------------------------------------
struct joining {
    struct visit visit; // first, so that `ask` can be given it
    const struct actor *actor;
    bool is_project, new_person, simulated;
    struct uuid object, person, participant;
    const char *consent_version, *conditions; // JSON text of the latter; each NULL when the study has none
    unsigned char consent_hash[HASH_BYTES];
    char token[SECRET_TEXT_BYTES], session[SECRET_TEXT_BYTES];
    struct keyed keyed;
    int attempts;
};

static json_t *joining_answer(const struct joining *joining, struct uuid participant)
{
    int64_t shard_key = joining->visit.shard_key;
    json_t *body = json_object();
    json_object_set_new(body, "participant_id", json_id((struct id){shard_key, participant}));
    json_object_set_new(body, "token", json_string(joining->token));
    json_object_set_new(body, joining->is_project ? "project_id" : "community_id",
        json_id((struct id){shard_key, joining->object}));
    return body;
}

// What was kept under the key: the answer and, before it, the session's secret.
static void join_again(struct joining *joining, const char *stored)
{
    const char *answer = keyed_open(joining->visit.request, &joining->keyed, stored);
    if (answer == NULL)
        return;
    json_t *kept = json_loads(answer, 0, NULL);
    session_cookie(joining->visit.request, json_string_value(json_object_get(kept, "session")));
    http_reply_json(joining->visit.request, 201, json_incref(json_object_get(kept, "answer")));
    json_decref(kept);
}

static void submit(struct joining *joining);

static void on_joined(void *arg, const struct db_result *result)
{
    struct joining *joining = arg;
    struct http_request *request = joining->visit.request;
    if (result->status == DB_CONFLICT && joining->keyed.has_key && joining->attempts++ == 0) {
        submit(joining);
        return;
    }
    if (api_db_failed(request, result))
        return;
    if (result->n_rows > 0 && !db_is_null(result, 0, 2)) {
        if (db_bool(result, 0, 2))
            join_again(joining, db_text(result, 0, 3));
        else
            api_key_reused(request);
        return;
    }
    if (result->n_rows == 0) {
        http_problem(request, 410, "This invitation has been used as often as it may be, or has expired.");
        return;
    }
    if (strcmp(db_text(result, 0, 1), "active") != 0) {
        refuse_code(request);
        return;
    }
    if (joining->new_person)
        session_cookie(request, joining->session);
    http_reply_json(request, 201, joining_answer(joining, db_uuid(result, 0, 0)));
}

// The version of `name` ("consent", "conditions") that was shown and agreed to; NULL when `stored` has none or it is wrong.
static const char *agreed_version(
    struct fields *fields, const json_t *body, const char *stored, const char *name, const char *changed)
{
    json_t *json = json_loads(stored, JSON_DECODE_ANY, NULL);
    const char *version = json_string_value(json_object_get(json, "version")), *own = NULL;
    if (version != NULL) {
        char at[POINTER_MAX_BYTES];
        pointer_join(at, "", name);
        const json_t *given = fields_object(fields, body, "", name, FIELD_REQUIRED);
        own = given != NULL ? fields_text(fields, given, at, "version", FIELD_REQUIRED, 1, 64) : NULL;
        if (own != NULL && strcmp(own, version) != 0)
            fields_fail_at(fields, at, "version", "%s", changed);
    }
    json_decref(json);
    return own;
}

// True when what the study asks for was agreed to, as it stands now; else answers 422.
static bool all_agreed(struct joining *joining, const char *consent, const char *conditions)
{
    struct http_request *request = joining->visit.request;
    const json_t *body = http_body_json(request);
    struct fields fields;
    fields_init(&fields);
    const char *version = agreed_version(
        &fields, body, consent, "consent", "The consent text has another version by now; read it again.");
    bool promised = agreed_version(&fields, body, conditions, "conditions",
                        "The conditions have another version by now; read them again.") != NULL;
    if (!fields_finish(&fields, request))
        return false;
    joining->consent_version = version != NULL ? arena_strdup(http_arena(request), version) : NULL;
    joining->conditions = promised ? arena_strdup(http_arena(request), conditions) : NULL;
    return true;
}

static void add_secret(
    struct db_params *params, const char *text, unsigned char hash[HASH_BYTES], bool wanted)
{
    if (!wanted) {
        db_add_null(params);
        db_add_null(params);
        return;
    }
    int rc = secret_hash(text, hash);
    assert(rc == 0);
    db_add_uuid(params, uuid_new());
    db_add_bytes(params, hash, HASH_BYTES);
}

// The secret in a column that panel.c sealed; NULL without one.
static const char *panel_secret(
    struct http_request *request, const struct db_result *result, int column, struct uuid project)
{
    const struct loop *loop = http_context(request);
    return db_is_null(result, 0, column)
               ? NULL
               : keys_open_answer(loop->app->keys, http_arena(request), project, db_text(result, 0, column));
}

// True when what came from the panel is in order; else answers 403 or 422.
static bool panel_admits(struct http_request *request, const struct db_result *result, const json_t *settings)
{
    const json_t *given = json_object_get(http_body_json(request), "panel");
    const char *secrets[3] = {NULL};
    struct uuid project = db_uuid(result, 0, OBJECT_ID);
    struct fields fields;
    if (!json_is_object(given)) {
        http_problem_at(request, 422, "/panel", "This study is joined from %s, by the link there.",
            json_string_value(json_object_get(settings, "name")));
        return false;
    }
    secrets[0] = panel_secret(request, result, PANEL_SECRET, project);
    if (secrets[0] != NULL)
        secrets[1] = panel_secret(request, result, PANEL_OLD_SECRET, project);
    fields_init(&fields);
    enum panel_entry entry =
        panel_enter(&fields, settings, given, "/panel", secrets, clock_real_us() / 1000000);
    if (!fields_finish(&fields, request))
        return false;
    if (entry == PANEL_UNSIGNED)
        http_problem_of(request, 403, "panel_signature",
            "This link was not signed by the panel, or it was changed. Open the study there once more.",
            NULL);
    else if (entry == PANEL_LATE)
        http_problem_of(request, 403, "panel_expired",
            "This link holds no longer. Open the study in the panel once more.", NULL);
    return entry == PANEL_WELCOME;
}

// With a panel there is one person for each id of it, whoever is signed in here.
static void join_from_panel(struct joining *joining, json_t *settings)
{
    struct panel_coming *coming = arena_calloc(http_arena(joining->visit.request), 1, sizeof(*coming));
    const json_t *given = json_object_get(http_body_json(joining->visit.request), "panel");
    *coming = (struct panel_coming){.request = joining->visit.request,
        .project = {joining->visit.shard_key, joining->object},
        .simulated = joining->simulated,
        .consent_version = joining->consent_version,
        .conditions = joining->conditions,
        .external_id = panel_external_id(settings, given),
        .external = panel_external(settings, given)};
    memcpy(coming->invitation_hash, joining->visit.hash, HASH_BYTES);
    memcpy(coming->consent_hash, joining->consent_hash, HASH_BYTES);
    panel_join(coming);
}

static void json_release(void *arg)
{
    json_decref(arg);
}

static void on_invitation(void *arg, const struct db_result *result)
{
    struct joining *joining = arg;
    struct http_request *request = joining->visit.request;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0 || db_is_null(result, 0, OBJECT_ID)) {
        refuse_code(request);
        return;
    }
    // Used up is not over for who is in already; the statement knows.
    if (is_over(request, result, false))
        return;
    bool pretends = json_is_true(json_object_get(http_body_json(request), "simulated"));
    if (pretends && !db_bool(result, 0, SIMULATED)) {
        http_problem_at(
            request, 422, "/simulated", "Simulated annotators work in studies marked as simulated only.");
        return;
    }
    json_t *panel = db_is_null(result, 0, PANEL) ? NULL : json_db_json(result, 0, PANEL);
    arena_on_free(http_arena(request), json_release, panel);
    if (panel == NULL && json_object_get(http_body_json(request), "panel") != NULL) {
        http_problem_at(request, 422, "/panel", "This study's people come from no panel.");
        return;
    }
    if (panel != NULL && !panel_admits(request, result, panel))
        return;
    const char *consent = db_is_null(result, 0, CONSENT) ? "null" : db_text(result, 0, CONSENT),
               *conditions = db_is_null(result, 0, CONDITIONS) ? "null" : db_text(result, 0, CONDITIONS);
    if (!all_agreed(joining, consent, conditions))
        return;
    hash_sha256(consent, strlen(consent), joining->consent_hash);
    joining->simulated = pretends;
    joining->is_project = strcmp(db_text(result, 0, KIND), "annotator") == 0;
    joining->object = db_uuid(result, 0, OBJECT_ID);
    if (panel != NULL) {
        join_from_panel(joining, panel);
        return;
    }
    joining->participant = uuid_new();
    secret_new(joining->token);
    secret_new(joining->session);
    submit(joining);
}

static void submit(struct joining *joining)
{
    struct http_request *request = joining->visit.request;
    const struct loop *loop = http_context(request);
    const char *version = joining->consent_version;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, joining->visit.shard_key);
    db_add_bytes(&params, joining->visit.hash, HASH_BYTES);
    db_add_uuid(&params, joining->person);
    db_add_bool(&params, joining->new_person);
    db_add_text(&params, joining->simulated ? "simulated" : "bare");
    db_add_uuid(&params, joining->participant);
    db_add_number(&params, joining->is_project ? ROLE_ANNOTATOR : ROLE_MEMBER);
    db_add_text(&params, version);
    if (version != NULL)
        db_add_bytes(&params, joining->consent_hash, HASH_BYTES);
    else
        db_add_null(&params);
    unsigned char token_hash[HASH_BYTES], session_hash[HASH_BYTES];
    add_secret(&params, joining->token, token_hash, true);
    add_secret(&params, joining->session, session_hash, joining->new_person);
    db_add_number(&params, SESSION_SECONDS);
    db_add_number(&params, loop->index);
    // Nobody is signed in: the key is the invitation's.
    struct uuid actor;
    memcpy(actor.bytes, joining->visit.hash, UUID_BYTES);
    db_add_uuid(&params, actor);
    keyed_add(request, &joining->keyed,
        json_pack("{s:s, s:o}", "session", joining->session, "answer",
            joining_answer(joining, joining->participant)),
        &params);
    db_add_text(&params, joining->conditions);
    db_query(loop->db, DB_WRITE, joining->keyed.has_key ? DB_RETRY_SAFE : 0, QUERY_IDENTITY_JOIN, &params,
        on_joined, joining);
}

static void join_as(struct http_request *request, const struct actor *actor)
{
    json_t *body = http_body_json(request);
    if (body == NULL)
        return;
    struct joining *joining = arena_calloc(http_arena(request), 1, sizeof(*joining));
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("code", "consent", "conditions", "simulated", "panel"));
    fields_only(&fields, json_object_get(body, "consent"), "/consent", FIELDS("version"));
    fields_only(&fields, json_object_get(body, "conditions"), "/conditions", FIELDS("version"));
    const char *code = fields_text(&fields, body, "", "code", FIELD_REQUIRED, 1, 200);
    if (!fields_finish(&fields, request))
        return;
    // A service's or researcher's token does not take part; a session or a participant's token stays the same person.
    joining->new_person = actor == NULL || (actor->is_token && (actor->is_bound || actor->roles != 0));
    joining->person = joining->new_person ? uuid_new() : actor->person;
    // Somebody who is in already can just ask again; of somebody new nobody would have the token.
    if (!keyed_read(request, body, &joining->keyed))
        return;
    joining->keyed.has_key = joining->keyed.has_key && joining->new_person;
    ask(request, code, on_invitation, &joining->visit);
}

void join(struct http_request *request)
{
    identity_ask(request, join_as);
}
