// Submissions of people from a panel: what has become of each, told by the panel or by a script, and by their time; a list under
// pseudonyms, and one with the panel's ids for paying people.
#include "coordinator/identity/routes.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/panel.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE_MAX = 200, ATTEMPTS_MAX = 4, SWEEP_S = 5, SWEEP_AT_ONCE = 100 };

void submissions_code(
    const struct keys *keys, int64_t shard_key, const char *external_id, unsigned char *code)
{
    char text[256];
    int length = snprintf(text, sizeof(text), "panel id %s", external_id);
    assert(length > 0 && (size_t)length < sizeof(text));
    keys_code(keys, shard_key, text, code);
}

static void busy(struct http_request *request)
{
    http_reply_header(request, "Retry-After", "1");
    http_problem(request, 503, "There is much to do just now; try again in a moment.");
}

static void require(struct http_request *request, enum action action,
    void (*then)(struct http_request *request, const struct actor *actor))
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, action, &project, then);
}

// --- listed -------------------------------------------------------------------------------------------------------------------
struct listing {
    struct http_request *request;
    struct id project;
    struct uuid cursor;
    int limit;
    json_t *counts;
};

static void listing_release(void *arg)
{
    struct listing *listing = arg;
    json_decref(listing->counts);
}

static void on_listed(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array(), *next = json_null();
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "participant_id", json_db_id(result, i, 0, listing->project.shard_key));
        json_object_set_new(one, "state", json_string(db_text(result, i, 1)));
        json_object_set_new(one, "judgments", json_string(db_bool(result, i, 2) ? "dropped" : "kept"));
        json_object_set_new(one, "started_at", json_db_time(result, i, 3));
        json_object_set_new(one, "ended_at", json_db_time(result, i, 4));
        json_object_set_new(one, "due_at", json_db_time(result, i, 5));
        json_object_set_new(one, "n_judgments", json_integer(db_number(result, i, 6)));
        json_array_append_new(rows, one);
    }
    if (result->n_rows > listing->limit)
        next = json_db_id(result, listing->limit - 1, 0, listing->project.shard_key);
    http_reply_json(listing->request, 200,
        json_pack("{s:o, s:o, s:O}", "data", rows, "next_cursor", next, "counts", listing->counts));
}

static void on_counted(void *arg, const struct db_result *result)
{
    static const char *const states[] = {"started", "completed", "screened_out", "returned", "timed_out"};
    struct listing *listing = arg;
    const struct loop *loop = http_context(listing->request);
    if (api_db_failed(listing->request, result))
        return;
    listing->counts = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        json_object_set_new(listing->counts, states[i], json_integer(0));
    for (int i = 0; i < result->n_rows; i++)
        json_object_set_new(listing->counts, db_text(result, i, 0), json_integer(db_number(result, i, 1)));
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, listing->project.shard_key);
    db_add_uuid(&params, listing->cursor);
    db_add_number(&params, listing->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_SUBMISSIONS, &params, on_listed, listing);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    listing->request = request;
    arena_on_free(http_arena(request), listing_release, listing);
    if (!identity_param_id(request, "p", &listing->project) ||
        !api_page(request, &listing->limit, &listing->cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, listing->project.shard_key);
    db_query(loop->db, DB_READ, 0, QUERY_IDENTITY_SUBMISSIONS_COUNTS, &params, on_counted, listing);
}

void submissions_list(struct http_request *request)
{
    require(request, ACTION_VIEW_PROJECT, list_as);
}

// --- ended --------------------------------------------------------------------------------------------------------------------
// One after the other, each a transaction of its own: whoever is cut short asks again, and what was done is done.
struct ending {
    struct http_request *request;
    struct id project;
    const json_t *list;
    bool by_participant;
    const char *state;
    int drops; // -1: as the study has set
    size_t i;
    int attempts;
    json_t *done;
};

static void ending_release(void *arg)
{
    struct ending *ending = arg;
    json_decref(ending->done);
}

static void end_next(struct ending *ending);

static void on_ended(void *arg, const struct db_result *result)
{
    struct ending *ending = arg;
    if (result->status == DB_CONFLICT && ++ending->attempts < ATTEMPTS_MAX) {
        end_next(ending);
        return;
    }
    if (api_db_failed(ending->request, result))
        return;
    json_t *one = json_object();
    json_object_set(one, ending->by_participant ? "participant_id" : "external_id",
        json_array_get(ending->list, ending->i));
    bool is_known = result->n_rows > 0 && !db_is_null(result, 0, 0);
    json_object_set_new(one, "state", json_string(is_known ? db_text(result, 0, 0) : "unknown"));
    if (is_known) {
        json_object_set_new(one, "judgments", json_string(db_bool(result, 0, 1) ? "dropped" : "kept"));
        json_object_set_new(one, "leases_returned", json_integer(db_number(result, 0, 2)));
    }
    json_array_append_new(ending->done, one);
    ending->attempts = 0;
    ending->i++;
    end_next(ending);
}

static void end_next(struct ending *ending)
{
    const struct loop *loop = http_context(ending->request);
    if (ending->i == json_array_size(ending->list)) {
        http_reply_json(ending->request, 200, json_pack("{s:O}", "data", ending->done));
        return;
    }
    const char *text = json_string_value(json_array_get(ending->list, ending->i));
    unsigned char code[KEYS_CODE_BYTES]; // must live until the query is sent
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, ending->project.shard_key);
    if (ending->by_participant) {
        struct id participant = {0};
        bool is_here =
            id_parse(text, &participant) == 0 && participant.shard_key == ending->project.shard_key;
        db_add_null(&params);
        db_add_uuid(&params, is_here ? participant.uuid : (struct uuid){0});
    } else {
        submissions_code(loop->app->keys, ending->project.shard_key, text, code);
        db_add_bytes(&params, code, sizeof(code));
        db_add_null(&params);
    }
    db_add_text(&params, ending->state);
    if (ending->drops >= 0)
        db_add_bool(&params, ending->drops == 1);
    else
        db_add_null(&params);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_SUBMISSION_END, &params, on_ended, ending);
}

static void check_list(struct fields *fields, const struct ending *ending, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)ending->list, i, one)
    {
        char at[POINTER_MAX_BYTES];
        struct id id;
        snprintf(at, sizeof(at), "/%s/%zu", name, i);
        const char *text = json_string_value(one);
        if (text == NULL || (ending->by_participant ? id_parse(text, &id) < 0 : !panel_id_valid(text)))
            fields_fail(fields, at, "This is not the id of %s.",
                ending->by_participant ? "a participant" : "somebody in a panel");
    }
}

static void end_as(struct http_request *request, const struct actor *actor UNUSED)
{
    static const char *const states[] = {"returned", "timed_out", NULL}, *const fates[] = {
                                                                             "keep", "drop", NULL};
    struct ending *ending = arena_calloc(http_arena(request), 1, sizeof(*ending));
    json_t *body = http_body_json(request);
    struct fields fields;
    ending->request = request;
    if (body == NULL || !identity_param_id(request, "p", &ending->project))
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("state", "external_ids", "participant_ids", "judgments"));
    int state = fields_choice(&fields, body, "", "state", FIELD_REQUIRED, states);
    ending->drops = fields_choice(&fields, body, "", "judgments", FIELD_OPTIONAL, fates);
    ending->by_participant = json_object_get(body, "external_ids") == NULL;
    const char *name = ending->by_participant ? "participant_ids" : "external_ids";
    if (!ending->by_participant && json_object_get(body, "participant_ids") != NULL)
        fields_fail(&fields, "/participant_ids", "Say external_ids or participant_ids, not both.");
    ending->list = fields_array(&fields, body, "", name, FIELD_REQUIRED, 1, AT_ONCE_MAX);
    if (ending->list != NULL)
        check_list(&fields, ending, name);
    if (!fields_finish(&fields, request))
        return;
    ending->state = states[state];
    ending->done = json_array();
    arena_on_free(http_arena(request), ending_release, ending);
    end_next(ending);
}

void submissions_end(struct http_request *request)
{
    require(request, ACTION_MANAGE_PROJECT, end_as);
}

// --- exported -----------------------------------------------------------------------------------------------------------------
enum { PERSON, SEALED, STATE, CODE, JUDGED, SECONDS };

struct export
{
    struct http_request *request;
    const struct app *app;
    struct id project;
    const char *log_entry;
    FILE *file;
    int rc;
    struct err err;
};

static void export_release(void *arg)
{
    struct export *export = arg;
    if (export->file != NULL)
        fclose(export->file);
}

// No value needs quotes: ids and codes are of few kinds of characters (panel.c).
static int on_row(void *arg, const struct db_result *row, struct err *err)
{
    struct export *export = arg;
    struct arena *arena = arena_new(4 * KEYS_SEALED_MAX_BYTES);
    size_t size = 0;
    const unsigned char *sealed = db_bytes(row, 0, SEALED, arena, &size);
    json_t *external = identity_open_words(export->app->keys, db_uuid(row, 0, PERSON), sealed, size);
    static const char *const kinds[] = {"id", "study", "session"};
    int written = 1;
    if (external != NULL) { // else they were erased
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
            const char *value = json_string_value(json_object_get(external, kinds[i]));
            fprintf(export->file, "%s,", value != NULL ? value : "");
        }
        written = fprintf(export->file, "%s,%s,%lld,%lld\n", db_text(row, 0, STATE),
            db_is_null(row, 0, CODE) ? "" : db_text(row, 0, CODE), (long long)db_number(row, 0, JUDGED),
            (long long)db_number(row, 0, SECONDS));
    }
    json_decref(external);
    arena_free(arena);
    return written > 0 ? 0 : err_set_errno(err, "writing");
}

static void export_run(void *arg)
{
    struct export *export = arg;
    struct db_session *session = NULL;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, export->project.shard_key);
    db_add_uuid(&params, uuid_new());
    db_add_text(&params, export->log_entry);
    export->file = tmpfile();
    if (export->file == NULL) {
        export->rc = err_set_errno(&export->err, "tmpfile");
        return;
    }
    fputs("external_id,study_id,session_id,state,code,n_judgments,seconds\n", export->file);
    export->rc = db_session_open(export->app->conninfo, &session, &export->err);
    if (export->rc == 0)
        export->rc = db_session_stream(
            session, QUERY_IDENTITY_SUBMISSIONS_EXPORT, &params, on_row, export, &export->err);
    db_session_close(session);
}

static void export_done(void *arg)
{
    struct export *export = arg;
    api_reply_written(export->request, export->file, "text/csv; charset=utf-8", "submissions.csv",
        "submissions_export", export->rc, &export->err);
}

static void export_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct export *export = arena_calloc(http_arena(request), 1, sizeof(*export));
    *export = (struct export){.request = request, .app = loop->app};
    arena_on_free(http_arena(request), export_release, export);
    if (!identity_param_id(request, "p", &export->project))
        return;
    export->log_entry = power_entry(request, "submissions_exported", actor, &export->project, NULL, 0);
    if (work_submit(loop->app->pool, loop->base, export_run, export_done, export) < 0)
        busy(request);
}

void submissions_export(struct http_request *request)
{
    require(request, ACTION_MANAGE_PROJECT, export_as);
}

// --- my own -------------------------------------------------------------------------------------------------------------------
static void on_mine(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    json_t *settings = json_db_json(result, 0, 1), *body = json_object(),
           *way = panel_way_back(settings, db_text(result, 0, 0));
    json_object_set(body, "panel", json_object_get(settings, "name"));
    json_object_set_new(body, "state", json_string(db_text(result, 0, 0)));
    json_object_set_new(body, "judgments", json_string(db_bool(result, 0, 2) ? "dropped" : "kept"));
    json_object_set_new(body, "started_at", json_db_time(result, 0, 3));
    json_object_set_new(body, "due_at", json_db_time(result, 0, 4));
    json_object_set_new(body, "n_judgments", json_integer(db_number(result, 0, 5)));
    json_object_set(body, "tasks", json_object_get(settings, "tasks"));
    json_object_set_new(
        body, "code", json_is_null(way) ? json_null() : json_incref(json_object_get(way, "code")));
    json_object_set_new(
        body, "url", json_is_null(way) ? json_null() : json_incref(json_object_get(way, "url")));
    json_decref(way);
    json_decref(settings);
    http_reply_json(request, 200, body);
}

static void ask_mine(struct http_request *request, const struct actor *actor, enum query query)
{
    const struct loop *loop = http_context(request);
    struct id project;
    if (!identity_param_id(request, "p", &project))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, project.uuid);
    db_add_uuid(&params, actor->person);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, query, &params, on_mine, request);
}

static void mine_as(struct http_request *request, const struct actor *actor)
{
    ask_mine(request, actor, QUERY_IDENTITY_SUBMISSION_MINE);
}

static void return_as(struct http_request *request, const struct actor *actor)
{
    ask_mine(request, actor, QUERY_IDENTITY_SUBMISSION_RETURN);
}

void submission_mine(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, mine_as);
}

void submission_return(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, return_as);
}

// --- by their time ------------------------------------------------------------------------------------------------------------
// One a process, on loop 0; any number of coordinators may do it.
static struct {
    struct loop *loop;
    struct event *timer;
    bool asking;
} sweeper;

static void on_swept(void *arg UNUSED, const struct db_result *result)
{
    sweeper.asking = false; // what failed is done by the next
    if (result->status == DB_OK && db_number(result, 0, 0) > 0)
        log_event(LOG_INFO, "submissions_timed_out", LOG_NUMBER("n", db_number(result, 0, 0)));
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    if (sweeper.asking)
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, SWEEP_AT_ONCE);
    sweeper.asking = true;
    db_query(
        sweeper.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_SUBMISSIONS_SWEEP, &params, on_swept, NULL);
}

int submissions_start(struct loop *loop, struct err *err)
{
    const struct timeval every = {.tv_sec = SWEEP_S};
    sweeper.loop = loop;
    sweeper.timer = event_new(loop->base, -1, EV_PERSIST, on_tick, NULL);
    if (sweeper.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for submissions");
    event_add(sweeper.timer, &every);
    return 0;
}

void submissions_stop(struct loop *loop UNUSED)
{
    event_free(sweeper.timer);
}
