// Asking for a fit, looking at it, cancelling it. A fit that is accepted has a job; what becomes of it is jobs.c.
#include "base/clock.h"
#include "base/hash.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/learn/queue.h"
#include "coordinator/learn/routes.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

// Under these no method can say anything; what a method needs beyond it says itself, in the fit's error.
enum { JUDGMENTS_MIN = 20, ANNOTATORS_MIN = 2, DIMENSION_MAX = 200 };

struct asking {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    struct fit_asked asked;
    const char *from; // "latest", or the id of a model; NULL: from nothing
    struct id predecessor;
    bool has_predecessor;
    struct uuid key;
    bool has_key;
    unsigned char request_hash[HASH_BYTES];
    struct queueing queueing;
    struct id compared[2];
};

static struct loop *loop_of(const struct asking *asking)
{
    return http_context(asking->request);
}

static void read_from(struct fields *fields, struct asking *asking, const json_t *body)
{
    asking->from = fields_text(fields, body, "", "from", FIELD_OPTIONAL, 1, ID_TEXT_BYTES);
    if (asking->from == NULL)
        return;
    if (strcmp(asking->asked.method, "compliance") == 0)
        fields_fail(fields, "/from", "A fit by compliance begins from no other model.");
    else if (strcmp(asking->from, "latest") != 0 &&
             (id_parse(asking->from, &asking->predecessor) < 0 ||
                 asking->predecessor.shard_key != asking->project.shard_key))
        fields_fail(fields, "/from", "from is \"latest\", or the id of a model of this study.");
}

static bool read_body(struct asking *asking, const json_t *body)
{
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("method", "attribute", "options", "from"));
    fit_asked_read(&fields, body, "", http_arena(asking->request), &asking->asked);
    read_from(&fields, asking, body);
    return fields_finish(&fields, asking->request);
}

// --- into the queue -------------------------------------------------------------------------------------------------
static void on_queued(void *arg, enum queue_outcome outcome, const struct db_result *result)
{
    const struct asking *asking = arg;
    if (outcome == QUEUE_IS_IN)
        http_reply_json_text(asking->request, 202, asking->queueing.body);
    else if (outcome == QUEUE_KEY_IS_TAKEN)
        api_key_running(asking->request);
    else if (!api_db_failed(asking->request, result))
        http_problem(asking->request, 503, "The fit could not be put into the queue.");
}

static void add_job(struct asking *asking)
{
    char id[ID_TEXT_BYTES];
    struct id fit = id_new(asking->project.shard_key);
    id_format(fit, id);
    asking->queueing = (struct queueing){.loop = loop_of(asking),
        .shard_key = fit.shard_key,
        .fit = fit.uuid,
        .job = uuid_new(),
        .asked = asking->asked,
        .by = asking->actor->person,
        .predecessor = asking->has_predecessor ? &asking->predecessor.uuid : NULL,
        .key = asking->has_key ? &asking->key : NULL,
        .request_hash = asking->request_hash,
        .body = arena_printf(http_arena(asking->request), "{\"id\":\"%s\",\"state\":\"queued\"}", id),
        .told = on_queued,
        .arg = asking};
    queue_fit(&asking->queueing);
}

// The newest of its kind may not be there yet: then it begins from nothing.
static void on_predecessor(void *arg, const struct db_result *result)
{
    struct asking *asking = arg;
    if (api_db_failed(asking->request, result))
        return;
    asking->has_predecessor = result->n_rows == 1;
    if (asking->has_predecessor)
        asking->predecessor =
            (struct id){.shard_key = asking->project.shard_key, .uuid = db_uuid(result, 0, 0)};
    if (!asking->has_predecessor && strcmp(asking->from, "latest") != 0)
        http_problem_at(asking->request, 422, "/from", "There is no such model in this study.");
    else
        add_job(asking);
}

static void find_predecessor(struct asking *asking)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, asking->project.shard_key);
    db_add_text(&params, asking->asked.method);
    db_add_text(&params, asking->asked.attribute);
    if (strcmp(asking->from, "latest") == 0)
        db_add_null(&params);
    else
        db_add_uuid(&params, asking->predecessor.uuid);
    db_query(loop_of(asking)->db, DB_READ, 0, QUERY_LEARN_PREDECESSOR, &params, on_predecessor, asking);
}

// --- is it allowed and possible? ------------------------------------------------------------------------------------
static bool is_asked(const char *questions, const char *attribute)
{
    json_t *list = json_loads(questions, 0, NULL), *question;
    bool found = false;
    size_t i;
    json_array_foreach(list, i, question)
    {
        const char *id = json_string_value(json_object_get(question, "id"));
        found = found || (id != NULL && strcmp(id, attribute) == 0);
    }
    json_decref(list);
    return found;
}

static void on_project(void *arg, const struct db_result *result)
{
    struct asking *asking = arg;
    struct fields fields;
    if (api_db_failed(asking->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(asking->request, 404, "There is no such project.");
        return;
    }
    fields_init(&fields);
    // Attributes that came with an import are sealed: whether there is one of this name shows when the fit runs.
    if (asking->asked.attribute != NULL && !is_asked(db_text(result, 0, 1), asking->asked.attribute) &&
        !db_bool(result, 0, 2))
        fields_fail(&fields, "/attribute", "The study does not ask for %s.", asking->asked.attribute);
    if (db_number(result, 0, 3) < JUDGMENTS_MIN)
        fields_fail(
            &fields, "", "The study has fewer than %d judgments that can be learnt from.", JUDGMENTS_MIN);
    else if (db_number(result, 0, 4) < ANNOTATORS_MIN)
        fields_fail(&fields, "", "The judgments are of fewer than %d people.", ANNOTATORS_MIN);
    if (!fields_finish(&fields, asking->request))
        return;
    if (asking->from != NULL)
        find_predecessor(asking);
    else
        add_job(asking);
}

static void ask_project(struct asking *asking)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, asking->project.shard_key);
    db_add_uuid(&params, asking->project.uuid);
    db_add_number(&params, JUDGMENTS_MIN);
    db_add_number(&params, ANNOTATORS_MIN);
    db_query(loop_of(asking)->db, DB_READ, 0, QUERY_LEARN_PROJECT, &params, on_project, asking);
}

static void ask_compared(struct asking *asking);

static void on_key(void *arg, const struct db_result *result)
{
    struct asking *asking = arg;
    if (api_db_failed(asking->request, result))
        return;
    if (result->n_rows == 0 && strcmp(asking->asked.method, "compare") == 0)
        ask_compared(asking);
    else if (result->n_rows == 0)
        ask_project(asking);
    else if (api_key_state(asking->request, result) == API_KEY_SAME)
        http_reply_json_text(asking->request, 202, db_text(result, 0, 2));
}

static void ask_key(struct asking *asking)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, asking->project.shard_key);
    db_add_uuid(&params, asking->actor->person);
    db_add_uuid(&params, asking->key);
    db_add_bytes(&params, asking->request_hash, HASH_BYTES);
    db_query(loop_of(asking)->db, DB_READ, 0, QUERY_LEARN_IDEMPOTENCY, &params, on_key, asking);
}

static void post_as(struct http_request *request, const struct actor *actor)
{
    struct asking *asking = arena_calloc(http_arena(request), 1, sizeof(*asking));
    asking->request = request;
    asking->actor = actor;
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "p", &asking->project) ||
        !api_idempotency_key(request, false, &asking->key, &asking->has_key) || !read_body(asking, body))
        return;
    api_request_hash(request, body, asking->request_hash);
    if (asking->has_key)
        ask_key(asking);
    else
        ask_project(asking);
}

void fits_post(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, post_as);
}

// --- comparing two models of a study ------------------------------------------------------------------------------------
static void on_compared(void *arg, const struct db_result *result)
{
    struct asking *asking = arg;
    if (api_db_failed(asking->request, result))
        return;
    if (result->n_rows == 0 || db_number(result, 0, 1) != 2) {
        http_problem_at(asking->request, 422, "/with", "There is no such model in this study.");
        return;
    }
    asking->project.uuid = db_uuid(result, 0, 0);
    ask_project(asking);
}

static void ask_compared(struct asking *asking)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, asking->project.shard_key);
    db_add_uuid(&params, asking->compared[0].uuid);
    db_add_uuid(&params, asking->compared[1].uuid);
    db_query(loop_of(asking)->db, DB_READ, 0, QUERY_LEARN_COMPARED_MODELS, &params, on_compared, asking);
}

static bool read_comparison(struct asking *asking, const json_t *body)
{
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("with", "dimension"));
    const char *with = fields_text(&fields, body, "", "with", FIELD_REQUIRED, 1, ID_TEXT_BYTES);
    const char *dimension = fields_text(&fields, body, "", "dimension", FIELD_OPTIONAL, 1, DIMENSION_MAX);
    if (with != NULL && (id_parse(with, &asking->compared[1]) < 0 ||
                            asking->compared[1].shard_key != asking->compared[0].shard_key ||
                            uuid_equal(asking->compared[1].uuid, asking->compared[0].uuid)))
        fields_fail(&fields, "/with", "with must be the id of another model of the same study.");
    if (!fields_finish(&fields, asking->request))
        return false;
    json_t *options =
        json_pack("{s:[o,o]}", "models", json_id(asking->compared[0]), json_id(asking->compared[1]));
    if (dimension != NULL)
        json_object_set_new(options, "dimension", json_string(dimension));
    char *text = json_canonical(options);
    asking->asked.options = arena_strdup(http_arena(asking->request), text);
    free(text);
    json_decref(options);
    return true;
}

static void compare_as(struct http_request *request, const struct actor *actor)
{
    struct asking *asking = arena_calloc(http_arena(request), 1, sizeof(*asking));
    asking->request = request;
    asking->actor = actor;
    asking->asked.method = "compare";
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "m", &asking->compared[0]) ||
        !api_idempotency_key(request, false, &asking->key, &asking->has_key))
        return;
    asking->project = asking->compared[0];
    if (!read_comparison(asking, body))
        return;
    api_request_hash(request, body, asking->request_hash);
    if (asking->has_key)
        ask_key(asking);
    else
        ask_compared(asking);
}

void fits_compare(struct http_request *request)
{
    struct id model;
    if (identity_param_id(request, "m", &model))
        identity_require(request, ACTION_MANAGE_PROJECT, &model, compare_as);
}

// --- looking ----------------------------------------------------------------------------------------------------------
static json_t *json_of(const struct db_result *result, int row, int column)
{
    json_t *json = db_is_null(result, row, column)
                       ? NULL
                       : json_loads(db_text(result, row, column), JSON_DECODE_ANY, NULL);
    return json != NULL ? json : json_null();
}

static json_t *text_of(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? json_null() : json_string(db_text(result, row, column));
}

static json_t *fit_json(const struct db_result *result, int row, int64_t shard_key)
{
    json_t *fit = json_object();
    json_object_set_new(fit, "id", json_db_id(result, row, 0, shard_key));
    json_object_set_new(fit, "method", text_of(result, row, 1));
    json_object_set_new(fit, "attribute", text_of(result, row, 2));
    json_object_set_new(fit, "options", json_of(result, row, 3));
    json_object_set_new(fit, "state", text_of(result, row, 4));
    json_object_set_new(fit, "progress", json_of(result, row, 5));
    json_object_set_new(fit, "model_id", json_db_id(result, row, 6, shard_key));
    json_object_set_new(fit, "error", text_of(result, row, 7));
    json_object_set_new(fit, "created_at", json_db_time(result, row, 8));
    json_object_set_new(fit, "finished_at", json_db_time(result, row, 9));
    json_object_set_new(fit, "metrics", json_of(result, row, 10));
    json_object_set_new(fit, "from", json_db_id(result, row, 11, shard_key));
    return fit;
}

static void on_fit(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id id;
    if (api_db_failed(request, result) || !identity_param_id(request, "f", &id))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is no such fit.");
    else
        http_reply_json(request, 200, fit_json(result, 0, id.shard_key));
}

static void ask_fit(struct http_request *request, enum db_kind kind, enum query query, db_callback *callback)
{
    const struct loop *loop = http_context(request);
    struct id id;
    struct db_params params;
    if (!identity_param_id(request, "f", &id))
        return;
    db_params_init(&params);
    db_add_number(&params, id.shard_key);
    db_add_uuid(&params, id.uuid);
    db_query(loop->db, kind, DB_RETRY_SAFE, query, &params, callback, request);
}

static void get_as(struct http_request *request, const struct actor *actor UNUSED)
{
    ask_fit(request, DB_READ, QUERY_LEARN_FIT, on_fit);
}

void fits_get(struct http_request *request)
{
    struct id fit;
    if (identity_param_id(request, "f", &fit))
        identity_require(request, ACTION_VIEW_PROJECT, &fit, get_as);
}

static void on_list(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id id, last = {0};
    struct uuid cursor;
    int limit;
    if (api_db_failed(request, result) || !identity_param_id(request, "p", &id) ||
        !api_page(request, &limit, &cursor))
        return;
    json_t *rows = json_array();
    for (int row = 0; row < result->n_rows && row < limit; row++) {
        json_array_append_new(rows, fit_json(result, row, id.shard_key));
        last = (struct id){.shard_key = id.shard_key, .uuid = db_uuid(result, row, 0)};
    }
    api_reply_page(request, rows, result->n_rows > limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id id;
    struct uuid cursor;
    struct db_params params;
    int limit;
    if (!identity_param_id(request, "p", &id) || !api_page(request, &limit, &cursor))
        return;
    db_params_init(&params);
    db_add_number(&params, id.shard_key);
    db_add_uuid(&params, cursor);
    db_add_number(&params, limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_LEARN_FITS, &params, on_list, request);
}

void fits_list(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_VIEW_PROJECT, &project, list_as);
}

// --- cancelling ---------------------------------------------------------------------------------------------------------
static void on_cancelled(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id id;
    if (api_db_failed(request, result) || !identity_param_id(request, "f", &id))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "There is no such fit.");
    } else if (strcmp(db_text(result, 0, 0), "cancelled") != 0) {
        http_problem(request, 409, "The fit is %s already.", db_text(result, 0, 0));
    } else {
        json_t *body = json_object();
        json_object_set_new(body, "id", json_id(id));
        json_object_set_new(body, "state", json_string("cancelled"));
        http_reply_json(request, 200, body);
    }
}

static void delete_as(struct http_request *request, const struct actor *actor UNUSED)
{
    ask_fit(request, DB_WRITE, QUERY_LEARN_FIT_CANCEL, on_cancelled);
}

void fits_delete(struct http_request *request)
{
    struct id fit;
    if (identity_param_id(request, "f", &fit))
        identity_require(request, ACTION_MANAGE_PROJECT, &fit, delete_as);
}
