#include "coordinator/collect/routes.h"

#include "base/hash.h"
#include "base/json.h"
#include "coordinator/collect/quota.h"
#include "coordinator/collect/revise.h"
#include "coordinator/collect/rules.h"
#include "coordinator/collect/seat.h"
#include "coordinator/collect/setup.h"
#include "coordinator/collect/study.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

// --- making -------------------------------------------------------------------------------------------------------------
struct creation {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    struct study study;
    struct uuid key;
    bool has_key;
    char *answer, *settings, *guideline;
};

static void creation_release(void *arg)
{
    struct creation *creation = arg;
    study_release(&creation->study);
    free(creation->answer);
    free(creation->settings);
    free(creation->guideline);
}

json_t *projects_counts(const struct db_result *result, int row, int first)
{
    json_t *counts = json_object();
    json_object_set_new(counts, "items", json_integer(db_number(result, row, first)));
    json_object_set_new(counts, "wanted", json_integer(db_number(result, row, first + 1)));
    json_object_set_new(counts, "judgments", json_integer(db_number(result, row, first + 2)));
    json_object_set_new(counts, "participants", json_integer(db_number(result, row, first + 3)));
    json_object_set_new(counts, "skipped", json_integer(db_number(result, row, first + 4)));
    json_object_set_new(counts, "imported", json_integer(db_number(result, row, first + 5)));
    return counts;
}

json_t *projects_progress(const struct db_result *result, int row, int first)
{
    int64_t wanted = db_number(result, row, first + 1), done = db_number(result, row, first + 2);
    json_t *progress = json_object();
    json_object_set_new(progress, "judgments", json_integer(done));
    json_object_set_new(progress, "wanted", json_integer(wanted));
    json_object_set_new(
        progress, "share", wanted > 0 ? json_real((double)done / (double)wanted) : json_null());
    return progress;
}

static void on_created(void *arg, const struct db_result *result)
{
    const struct creation *creation = arg;
    struct http_request *request = creation->request;
    if (api_db_failed(request, result))
        return;
    enum api_key key = api_key_state(request, result);
    if (key != API_KEY_ANSWERED)
        http_reply_json_text(request, 201, key == API_KEY_NEW ? creation->answer : db_text(result, 0, 2));
}

static char *creation_answer(const struct creation *creation)
{
    json_t *answer = json_object();
    json_object_set_new(answer, "id", json_id(creation->project));
    json_object_set(answer, "name", creation->study.name);
    json_object_set_new(answer, "state", json_string("open"));
    json_object_set_new(answer, "judgments_per_item", json_integer(creation->study.judgments_per_item));
    json_object_set_new(answer, "simulated", json_boolean(creation->study.simulated));
    json_object_update_missing(answer, creation->study.settings);
    char *text = json_text(answer, JSON_COMPACT);
    json_decref(answer);
    return text;
}

// As JSON, for the caller to free(), with the hash that names it: of the text, or of all texts in their canonical form.
static char *guideline_new(const json_t *words, unsigned char ret_hash[HASH_BYTES])
{
    json_t *none = json_string("");
    char *text = json_canonical(words != NULL ? words : none);
    const char *hashed = json_is_object(words) ? text : words_in(words, NULL);
    hash_sha256(hashed, strlen(hashed), ret_hash);
    json_decref(none);
    return text;
}

static void add_quotas(const struct creation *creation, struct db_params *params)
{
    const struct loop *loop = http_context(creation->request);
    struct arena *arena = http_arena(creation->request);
    const json_t *quotas = json_object_get(creation->study.settings, "quotas");
    db_add_text(params, seat_codes(loop->app->keys, arena, creation->project.shard_key, quotas));
    db_add_text(params, seat_limits(arena, quotas, quota_wanted));
    db_add_text(params, seat_limits(arena, quotas, quota_per_item));
    db_add_text(params, quota_counts_people(quotas) ? "people" : "judgments");
}

static void create(struct creation *creation)
{
    const struct loop *loop = http_context(creation->request);
    const struct actor *actor = creation->actor;
    bool has_key = creation->has_key;
    const struct study *study = &creation->study;
    unsigned char hash[HASH_BYTES], guideline_hash[HASH_BYTES];
    api_request_hash(creation->request, http_body_json(creation->request), hash);
    creation->guideline = guideline_new(study->guideline, guideline_hash);
    creation->settings = json_text(study->settings, JSON_COMPACT);
    creation->answer = creation_answer(creation);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, creation->project.shard_key);
    db_add_uuid(&params, creation->project.uuid);
    db_add_text(&params, study->name_text);
    db_add_text(&params, creation->settings);
    db_add_number(&params, study->judgments_per_item);
    db_add_number(&params, study->lease_seconds);
    db_add_bool(&params, study->simulated);
    if (study->follows) {
        db_add_number(&params, study->community.shard_key);
        db_add_uuid(&params, study->community.uuid);
    } else {
        db_add_null(&params);
        db_add_null(&params);
    }
    db_add_text(&params, creation->guideline);
    db_add_uuid(&params, actor->person);
    if (has_key)
        db_add_uuid(&params, creation->key);
    else
        db_add_null(&params);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_add_text(&params, creation->answer);
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, uuid_new());
    db_add_text(
        &params, power_entry(creation->request, "project", actor, &creation->project, NULL, ROLE_RESEARCHER));
    db_add_bytes(&params, guideline_hash, HASH_BYTES);
    add_quotas(creation, &params);
    db_query(loop->db, DB_WRITE, has_key ? DB_RETRY_SAFE : 0, QUERY_COLLECT_PROJECT_CREATE, &params,
        on_created, creation);
}

// Articles that responses are held against are those of the constitution as it stands now; an amendment changes no study's task.
static void on_document(void *arg, const struct db_result *result)
{
    struct creation *creation = arg;
    struct fields fields;
    if (api_db_failed(creation->request, result))
        return;
    fields_init(&fields);
    if (result->n_rows == 0 || db_is_null(result, 0, 0)) {
        fields_fail(&fields, "/community", "There is no such community, or it has no constitution yet.");
    } else {
        json_t *document = json_loads(db_text(result, 0, 0), 0, NULL);
        rules_comply(&fields, json_object_get(creation->study.settings, "task"), "/task", document);
        json_decref(document);
    }
    if (fields_finish(&fields, creation->request))
        create(creation);
}

static void ask_document(struct creation *creation)
{
    const struct loop *loop = http_context(creation->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, creation->study.community.shard_key);
    db_add_uuid(&params, creation->study.community.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_DOCUMENT, &params, on_document, creation);
}

static void create_as(struct http_request *request, const struct actor *actor)
{
    json_t *body = http_body_json(request);
    struct creation *creation = arena_calloc(http_arena(request), 1, sizeof(*creation));
    if (body == NULL || !api_idempotency_key(request, false, &creation->key, &creation->has_key))
        return;
    struct fields fields;
    fields_init(&fields);
    creation->request = request;
    creation->actor = actor;
    creation->project = id_new(shard_key_new());
    study_read(&fields, body, &creation->study);
    arena_on_free(http_arena(request), creation_release, creation);
    if (!fields_finish(&fields, request))
        return;
    if (rules_ask_compliance(json_object_get(creation->study.settings, "task")))
        ask_document(creation);
    else
        create(creation);
}

void projects_create(struct http_request *request)
{
    identity_require(request, ACTION_CREATE, NULL, create_as);
}

// --- listing ------------------------------------------------------------------------------------------------------------
struct listing {
    struct http_request *request;
    int limit;
};

static void on_list(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {0};
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        last = (struct id){.shard_key = db_number(result, i, 0), .uuid = db_uuid(result, i, 1)};
        json_t *one = json_object();
        json_object_set_new(one, "id", json_id(last));
        json_object_set_new(one, "name", json_db_json(result, i, 2));
        json_object_set_new(one, "state", json_string(db_text(result, i, 3)));
        json_object_set_new(one, "simulated", json_boolean(db_bool(result, i, 4)));
        json_object_set_new(one, "judgments_per_item", json_integer(db_number(result, i, 5)));
        json_object_set_new(one, "created_at", json_db_time(result, i, 6));
        json_object_set_new(one, "counts", projects_counts(result, i, 7));
        json_object_set_new(one, "progress", projects_progress(result, i, 7));
        json_array_append_new(rows, one);
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
    db_add_uuid(&params, actor->person);
    db_add_bool(&params, (actor->roles & ROLE_OPERATOR) != 0);
    db_add_uuid(&params, cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_PROJECTS, &params, on_list, listing);
}

void projects_list(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, list_as);
}

// --- one ----------------------------------------------------------------------------------------------------------------
struct change { // NULL: as it is
    const char *state;
    json_t *name, *guideline, *task; // borrowed; the task as it was given
    int64_t version;                 // of the guideline, that the last two follow; 0: the latest
};

struct showing {
    struct http_request *request;
    struct id project;
    const struct actor *actor;
    struct change wanted; // of a change
    int attempts;
};

enum { ATTEMPTS_MAX = 4 };

static bool runs_it(const struct actor *actor)
{
    return (actor->roles & (ROLE_OPERATOR | ROLE_RESEARCHER | ROLE_REVIEWER)) != 0;
}

// By which model the tasks of a study that draws by one are drawn.
static json_t *weighing_json(int64_t shard_key, const struct db_result *result)
{
    json_t *error = db_is_null(result, 0, 24) ? json_null() : json_string(db_text(result, 0, 24));
    return json_pack("{s:o, s:o, s:o, s:o}", "model_id", json_db_id(result, 0, 21, shard_key), "items",
        json_integer(db_number(result, 0, 22)), "weighed_at", json_db_time(result, 0, 23), "error", error);
}

// What everybody in the study may know; the rest for those who run it.
static json_t *project_json(const struct showing *showing, const struct db_result *result)
{
    static const char *const for_all[] = {"language", "task", "blind", "conditions", "warning", "session"};
    json_t *body = json_object(), *settings = json_loads(db_text(result, 0, 2), 0, NULL);
    json_object_set_new(body, "id", json_id(showing->project));
    json_object_set_new(body, "name", json_db_json(result, 0, 0));
    json_object_set_new(body, "state", json_string(db_text(result, 0, 1)));
    json_object_set_new(body, "simulated", json_boolean(db_bool(result, 0, 5)));
    json_object_set_new(body, "guideline", json_db_json(result, 0, 7));
    json_object_set_new(body, "guideline_version", json_integer(db_number(result, 0, 6)));
    if (!db_is_null(result, 0, 9))
        json_object_set_new(body, "community_id", json_db_id(result, 0, 9, db_number(result, 0, 8)));
    for (size_t i = 0; i < ARRAY_SIZE(for_all); i++) {
        if (json_object_get(settings, for_all[i]) != NULL)
            json_object_set(body, for_all[i], json_object_get(settings, for_all[i]));
    }
    json_t *mine = json_object();
    json_object_set_new(mine, "judged", json_integer(db_number(result, 0, 17)));
    json_object_set_new(mine, "guideline_read",
        db_is_null(result, 0, 18) ? json_null() : json_integer(db_number(result, 0, 18)));
    json_t *known = json_db_json(result, 0, 20);
    json_object_update(mine, known);
    json_decref(known);
    json_object_set_new(body, "mine", mine);
    if (!runs_it(showing->actor)) // what the models of a chat are told
        json_object_del(json_object_get(json_object_get(body, "task"), "chat"), "system");
    if (runs_it(showing->actor)) {
        json_object_set_new(body, "guideline_readers", json_integer(db_number(result, 0, 19)));
        json_object_update_missing(body, settings);
        json_object_set_new(body, "judgments_per_item", json_integer(db_number(result, 0, 3)));
        json_object_set_new(body, "lease_seconds", json_integer(db_number(result, 0, 4)));
        json_object_set_new(body, "created_at", json_db_time(result, 0, 10));
        json_object_set_new(body, "counts", projects_counts(result, 0, 11));
        json_object_set_new(body, "progress", projects_progress(result, 0, 11));
        if (!db_is_null(result, 0, 21))
            json_object_set_new(body, "weighing", weighing_json(showing->project.shard_key, result));
    }
    json_decref(settings);
    return body;
}

static void on_show(void *arg, const struct db_result *result)
{
    const struct showing *showing = arg;
    if (api_db_failed(showing->request, result))
        return;
    if (result->n_rows == 0)
        http_problem(showing->request, 404, "There is nothing here, or it is not yours to see.");
    else
        http_reply_json(showing->request, 200, project_json(showing, result));
}

static void show(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct showing *showing = arena_calloc(http_arena(request), 1, sizeof(*showing));
    *showing = (struct showing){.request = request, .actor = actor};
    if (!identity_param_id(request, "p", &showing->project))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, showing->project.shard_key);
    db_add_uuid(&params, showing->project.uuid);
    if (actor->has_participation)
        db_add_uuid(&params, actor->participant);
    else
        db_add_null(&params);
    db_add_bool(&params, runs_it(actor));
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_PROJECT, &params, on_show, showing);
}

void projects_show(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_SEE_PROJECT, &project, show);
}

// --- changing -----------------------------------------------------------------------------------------------------------
static void change(void *arg);

static void on_state(void *arg, const struct db_result *result)
{
    struct showing *showing = arg;
    if (api_db_failed(showing->request, result))
        return;
    const struct loop *loop = http_context(showing->request);
    bool is_changed = result->n_rows > 0 && db_bool(result, 0, 1);
    if (result->n_rows == 0)
        http_problem(showing->request, 404, "There is nothing here, or it is not yours to see.");
    else if (!is_changed && strcmp(db_text(result, 0, 0), "closed") == 0)
        http_problem(showing->request, 409, "A closed project stays closed: what was judged is final.");
    else if (!is_changed && showing->wanted.version == 0 && ++showing->attempts < ATTEMPTS_MAX)
        change(showing);
    else if (!is_changed)
        http_problem(showing->request, 409,
            "Somebody else has changed what is told and asked since you looked; look and try again.");
    else {
        task_forget(loop->collect, showing->project.shard_key);
        show(showing->request, showing->actor);
    }
}

// Of a change that is one: who did it and what it was.
static void add_entry(struct http_request *request, struct db_params *params, const struct actor *actor,
    const struct id *project, const char *type)
{
    db_add_uuid(params, uuid_new());
    db_add_text(params, power_entry(request, type, actor, project, NULL, 0));
}

// As JSON; null when there is none.
static void add_words(struct http_request *request, struct db_params *params, const json_t *words)
{
    char *text = words != NULL ? json_canonical(words) : NULL;
    if (text != NULL)
        db_add_text(params, arena_strdup(http_arena(request), text));
    else
        db_add_null(params);
    free(text);
}

// `task`: as it is to be stored, NULL: as it is; `version`: that it is to follow, 0: the latest.
static void store(struct showing *showing, const json_t *task, int64_t version)
{
    const struct change *wanted = &showing->wanted;
    struct http_request *request = showing->request;
    const struct loop *loop = http_context(request);
    unsigned char hash[HASH_BYTES];
    const char *state = wanted->state != NULL ? wanted->state : "state";
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, showing->project.shard_key);
    db_add_uuid(&params, showing->project.uuid);
    db_add_text(&params, wanted->state);
    add_words(request, &params, wanted->name);
    db_add_text(&params, wanted->name != NULL ? words_in(wanted->name, NULL) : NULL);
    add_words(request, &params, wanted->guideline);
    free(guideline_new(wanted->guideline, hash));
    db_add_bytes(&params, hash, HASH_BYTES);
    add_entry(request, &params, showing->actor, &showing->project,
        arena_printf(http_arena(request), "project_%s", state));
    add_entry(request, &params, showing->actor, &showing->project, "project_name");
    add_entry(request, &params, showing->actor, &showing->project, "project_guideline");
    db_add_uuid(&params, uuid_new()); // of the event
    add_words(request, &params, task);
    if (version > 0)
        db_add_number(&params, version);
    else
        db_add_null(&params);
    add_entry(request, &params, showing->actor, &showing->project, "project_task");
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_PROJECT_CHANGE, &params, on_state, showing);
}

static void with_task(void *arg, json_t *task, int64_t version)
{
    struct showing *showing = arg;
    // Of an earlier one the client's own says that it is not the latest.
    store(showing, task, showing->wanted.version > 0 ? showing->wanted.version : version);
}

static void change(void *arg)
{
    struct showing *showing = arg;
    const struct change *wanted = &showing->wanted;
    if (wanted->task != NULL)
        revise_task(showing->request, showing->project, wanted->task, with_task, showing);
    else
        store(showing, NULL, wanted->version);
}

static void show_changed(void *arg)
{
    const struct showing *showing = arg;
    show(showing->request, showing->actor);
}

static void change_as(struct http_request *request, const struct actor *actor)
{
    static const char *const states[] = {"open", "paused", "closed", NULL};
    struct showing *showing = arena_calloc(http_arena(request), 1, sizeof(*showing));
    *showing = (struct showing){.request = request, .actor = actor};
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "p", &showing->project))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "",
        FIELDS("state", "name", "guideline", "task", "guideline_version", "judgments_per_item", "quotas"));
    int state = fields_choice(&fields, body, "", "state", FIELD_OPTIONAL, states);
    struct change *wanted = &showing->wanted;
    wanted->state = state >= 0 ? states[state] : NULL;
    wanted->name = study_name(&fields, body, FIELD_OPTIONAL);
    wanted->guideline = study_guideline(&fields, body);
    wanted->task = fields_object(&fields, body, "", "task", FIELD_OPTIONAL);
    wanted->version = fields_integer(&fields, body, "", "guideline_version", FIELD_OPTIONAL, 1, INT32_MAX, 0);
    bool is_said =
        wanted->state != NULL || wanted->name != NULL || wanted->guideline != NULL || wanted->task != NULL;
    if (!is_said && !setup_is_said(body))
        fields_fail(
            &fields, "", "Say what changes: state, name, guideline, task, judgments_per_item or quotas.");
    if (!fields_finish(&fields, request))
        return;
    if (setup_is_said(body))
        setup_change(request, actor, showing->project, body, is_said ? change : show_changed, showing);
    else
        change(showing);
}

void projects_change(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, change_as);
}
