// Models that are fitted again as judgments come: what a study asks for, and the fits that this makes. Every coordinator looks; a key
// made of what was there makes the fit one.
#include "coordinator/learn/queue.h"

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/routes.h"
#include "coordinator/learn/internal.h"
#include "coordinator/learn/routes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REFITS_MAX = 5, LEAST_S_MIN = 60, LEAST_S_MAX = 365 * 24 * 3600, LEAST_S = 3600, LOOK_MS = 5000 };
#define SHARE 0.1

// --- what a study asks for --------------------------------------------------------------------------------------------
struct setting {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    json_t *refits; // as they go into the database
};

static json_t *refit_json(const struct db_result *result, int row, int64_t shard_key)
{
    int64_t n = db_number(result, row, 9), had = db_is_null(result, row, 6) ? 0 : db_number(result, row, 8);
    double due = had > 0 ? ceil((double)had * (1 + db_real(result, row, 3)) - 1e-9) : 0;
    return json_pack("{s:o, s:o, s:o, s:f, s:I, s:o, s:o, s:o, s:I, s:I}", "method",
        json_db_text(result, row, 0), "attribute", json_db_text(result, row, 1), "options",
        json_db_json(result, row, 2), "share", round(db_real(result, row, 3) * 1e4) / 1e4, "least_s",
        (json_int_t)db_number(result, row, 4), "set_at", json_db_time(result, row, 5), "last_fit",
        json_db_id(result, row, 6, shard_key), "last_state", json_db_text(result, row, 7), "n_judgments",
        (json_int_t)n, "n_missing", (json_int_t)fmax(due - (double)n, 0));
}

static void on_list(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id project;
    if (api_db_failed(request, result) || !identity_param_id(request, "p", &project))
        return;
    json_t *rows = json_array();
    for (int row = 0; row < result->n_rows; row++)
        json_array_append_new(rows, refit_json(result, row, project.shard_key));
    http_reply_json(request, 200, json_pack("{s:o}", "refits", rows));
}

static void get_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id project;
    struct db_params params;
    if (!identity_param_id(request, "p", &project))
        return;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_query(loop->db, DB_READ, 0, QUERY_LEARN_REFITS, &params, on_list, request);
}

void refits_get(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, get_as);
}

static void read_refit(struct fields *fields, struct setting *setting, const json_t *refit, size_t i)
{
    char at[32];
    struct fit_asked asked;
    snprintf(at, sizeof(at), "/refits/%zu", i);
    if (!json_is_object(refit)) {
        fields_fail(fields, at, "Each is an object.");
        return;
    }
    fields_only(fields, refit, at, FIELDS("method", "attribute", "options", "share", "least_s"));
    fit_asked_read(fields, refit, at, http_arena(setting->request), &asked);
    double share = fields_number(fields, refit, at, "share", 0.01, 10, SHARE);
    int64_t least_s =
        fields_integer(fields, refit, at, "least_s", FIELD_OPTIONAL, LEAST_S_MIN, LEAST_S_MAX, LEAST_S);
    if (strcmp(asked.method, "compliance") == 0)
        fields_fail_at(
            fields, at, "method", "A fit by compliance begins from no other model: it is not scheduled.");
    const json_t *other;
    size_t j;
    json_array_foreach(setting->refits, j, other)
    {
        if (strcmp(json_string_value(json_object_get(other, "method")), asked.method) == 0)
            fields_fail_at(fields, at, "method", "There is one schedule a method.");
    }
    json_array_append_new(setting->refits,
        json_pack("{s:s, s:s?, s:o?, s:f, s:I}", "method", asked.method, "attribute", asked.attribute,
            "options", json_loads(asked.options, 0, NULL), "share", share, "least_s", (json_int_t)least_s));
}

static void on_put(void *arg, const struct db_result *result)
{
    struct setting *setting = arg;
    if (!api_db_failed(setting->request, result))
        get_as(setting->request, setting->actor);
}

static void release_setting(void *arg)
{
    const struct setting *setting = arg;
    json_decref(setting->refits);
}

static void put_as(struct http_request *request, const struct actor *actor)
{
    struct setting *setting = arena_calloc(http_arena(request), 1, sizeof(*setting));
    struct fields fields;
    const json_t *refit;
    size_t i;
    setting->request = request;
    setting->actor = actor;
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "p", &setting->project))
        return;
    setting->refits = json_array();
    arena_on_free(http_arena(request), release_setting, setting);
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("refits"));
    const json_t *list = fields_array(&fields, body, "", "refits", FIELD_REQUIRED, 0, REFITS_MAX);
    json_array_foreach(list, i, refit)
    {
        read_refit(&fields, setting, refit, i);
    }
    if (!fields_finish(&fields, request))
        return;
    char *text = json_canonical(setting->refits);
    struct db_params params;
    const struct loop *loop = http_context(request);
    db_params_init(&params);
    db_add_number(&params, setting->project.shard_key);
    db_add_uuid(&params, setting->project.uuid);
    db_add_uuid(&params, actor->person);
    db_add_text(&params, arena_strdup(http_arena(request), text));
    db_add_text(&params, power_entry(request, "project_refits", actor, &setting->project, NULL, 0));
    db_add_uuid(&params, uuid_new());
    db_query(loop->db, DB_WRITE, 0, QUERY_LEARN_REFITS_PUT, &params, on_put, setting);
    free(text);
}

void refits_put(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, put_as);
}

// --- when it is time ----------------------------------------------------------------------------------------------------
struct due {
    struct learn *learn;
    struct arena *arena;
    struct queueing queueing;
    struct uuid predecessor, key;
    unsigned char hash[HASH_BYTES];
};

static void on_queued(void *arg, enum queue_outcome outcome, const struct db_result *result UNUSED)
{
    struct due *due = arg;
    due->learn->is_refitting = false;
    if (outcome == QUEUE_IS_IN)
        log_event(LOG_INFO, "refit_queued", LOG_TEXT("method", due->queueing.asked.method));
    if (outcome == QUEUE_IS_IN) // there may be more
        due->learn->refits_us = 0;
    arena_free(due->arena);
}

static const char *text_or_null(struct arena *arena, const struct db_result *result, int column)
{
    return db_is_null(result, 0, column) ? NULL : arena_strdup(arena, db_text(result, 0, column));
}

// The same state of the study makes the same key, whichever coordinator looks.
static void make_key(struct due *due, const struct db_result *result)
{
    char last[UUID_TEXT_BYTES] = "", text[256];
    if (!db_is_null(result, 0, 7))
        uuid_format(db_uuid(result, 0, 7), last);
    int length = snprintf(text, sizeof(text), "refit %lld %s %s", (long long)due->queueing.shard_key,
        due->queueing.asked.method, last);
    hash_sha256(text, (size_t)length, due->hash);
    memcpy(due->key.bytes, due->hash, UUID_BYTES);
}

static void on_due(void *arg, const struct db_result *result)
{
    struct learn *learn = arg;
    if (learn->stopping || result->status != DB_OK || result->n_rows == 0) {
        learn->is_refitting = false;
        return;
    }
    struct arena *arena = arena_new(64 * 1024);
    struct due *due = arena_calloc(arena, 1, sizeof(*due));
    struct id fit = id_new(db_number(result, 0, 0));
    *due = (struct due){.learn = learn, .arena = arena};
    due->queueing = (struct queueing){.loop = learn->loop,
        .shard_key = fit.shard_key,
        .fit = fit.uuid,
        .job = uuid_new(),
        .asked = {.method = text_or_null(arena, result, 2),
            .attribute = text_or_null(arena, result, 3),
            .options = text_or_null(arena, result, 4)},
        .by = db_uuid(result, 0, 5),
        .predecessor = db_is_null(result, 0, 8) ? NULL : &due->predecessor,
        .key = &due->key,
        .request_hash = due->hash,
        .body = "{}",
        .told = on_queued,
        .arg = due};
    if (due->queueing.predecessor != NULL)
        due->predecessor = db_uuid(result, 0, 8);
    make_key(due, result);
    queue_fit(&due->queueing);
}

void refits_tick(struct learn *learn, int64_t now_us)
{
    if (learn->stopping || learn->is_refitting || now_us - learn->refits_us < (int64_t)LOOK_MS * 1000)
        return;
    struct db_params none;
    learn->refits_us = now_us;
    learn->is_refitting = true;
    db_params_init(&none);
    db_query(learn->loop->db, DB_READ, 0, QUERY_LEARN_REFITS_DUE, &none, on_due, learn);
}
