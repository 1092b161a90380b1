// Asking for a fit, looking at it, cancelling it. A fit that is accepted has a job; what becomes of it is jobs.c.
#include "base/clock.h"
#include "base/hash.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/learn/routes.h"
#include "coordinator/loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Under these no method can say anything; what a method needs beyond it says itself, in the fit's error.
enum { JUDGMENTS_MIN = 20, ANNOTATORS_MIN = 2, ATTRIBUTE_MAX = 200, DIMENSION_MAX = 200 };

static const char *const methods[] = {"pooled", "group", "dro", "maxmin", "jury", "compliance", NULL};

struct asking {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    const char *method, *attribute, *dimension;
    char *options; // JSON text
    struct uuid key;
    bool has_key;
    unsigned char request_hash[HASH_BYTES];
    struct id fit;
    struct uuid job;
    char *body; // the answer
    struct id compared[2];
};

static struct loop *loop_of(const struct asking *asking)
{
    return http_context(asking->request);
}

// --- what is asked ------------------------------------------------------------------------------------------------
static void check_number(struct fields *fields, const json_t *options, const char *name, double max)
{
    const json_t *value = json_object_get(options, name);
    if (value == NULL || json_is_null(value))
        return;
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= 0 && number <= max))
        fields_fail_at(fields, "/options", name, "%s must be a number from 0 to %g.", name, max);
}

static void read_options(struct fields *fields, struct asking *asking, const json_t *body)
{
    json_t *options = fields_object(fields, body, "", "options", FIELD_OPTIONAL);
    fields_only(fields, options, "/options",
        FIELDS("seed", "clusters", "clusters_max", "restarts", "hard", "style", "annotator_cap", "lambda",
            "dimension"));
    if (options != NULL) {
        fields_integer(fields, options, "/options", "seed", FIELD_OPTIONAL, 1, INT64_MAX, 1);
        fields_integer(fields, options, "/options", "clusters", FIELD_OPTIONAL, 1, 8, 1);
        fields_integer(fields, options, "/options", "clusters_max", FIELD_OPTIONAL, 1, 8, 1);
        fields_integer(fields, options, "/options", "restarts", FIELD_OPTIONAL, 1, 64, 1);
        fields_bool(fields, options, "/options", "hard", false);
        fields_bool(fields, options, "/options", "style", true);
        check_number(fields, options, "annotator_cap", 1);
        check_number(fields, options, "lambda", 1e6);
        asking->dimension =
            fields_text(fields, options, "/options", "dimension", FIELD_OPTIONAL, 1, DIMENSION_MAX);
    }
    char *text = options != NULL ? json_canonical(options) : NULL;
    asking->options = arena_strdup(http_arena(asking->request), text != NULL ? text : "{}");
    free(text);
}

static bool read_body(struct asking *asking, const json_t *body)
{
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("method", "attribute", "options"));
    int choice = fields_choice(&fields, body, "", "method", FIELD_REQUIRED, methods);
    asking->method = choice >= 0 ? methods[choice] : "";
    asking->attribute = fields_text(&fields, body, "", "attribute", FIELD_OPTIONAL, 1, ATTRIBUTE_MAX);
    bool needs_attribute = asking->method != NULL &&
                           (strcmp(asking->method, "group") == 0 || strcmp(asking->method, "dro") == 0);
    if (needs_attribute && asking->attribute == NULL && fields_ok(&fields))
        fields_fail(&fields, "/attribute", "The method %s needs an attribute: whose groups?", asking->method);
    read_options(&fields, asking, body);
    return fields_finish(&fields, asking->request);
}

// --- into the queue, last step first --------------------------------------------------------------------------------
static void on_opened(void *arg, const struct db_result *result UNUSED)
{
    // When this did not get through, the job's first lease runs out in half a minute and it is found all the same.
    const struct asking *asking = arg;
    http_reply_json_text(asking->request, 202, asking->body);
}

static void on_dropped(void *arg, const struct db_result *result)
{
    const struct asking *asking = arg;
    if (!api_db_failed(asking->request, result))
        api_key_running(asking->request);
}

static void on_fit_added(void *arg, const struct db_result *result)
{
    struct asking *asking = arg;
    if (api_db_failed(asking->request, result))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, asking->job);
    if (result->n_rows == 0) // the same key at the same moment
        db_query(
            loop_of(asking)->db, DB_WRITE, DB_RETRY_SAFE, QUERY_LEARN_JOB_DROP, &params, on_dropped, asking);
    else
        db_query(
            loop_of(asking)->db, DB_WRITE, DB_RETRY_SAFE, QUERY_LEARN_JOB_OPEN, &params, on_opened, asking);
}

static void on_job_added(void *arg, const struct db_result *result)
{
    struct asking *asking = arg;
    if (api_db_failed(asking->request, result))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, asking->project.shard_key);
    db_add_uuid(&params, asking->fit.uuid);
    db_add_text(&params, asking->method);
    db_add_text(&params, asking->attribute);
    db_add_text(&params, asking->options);
    db_add_uuid(&params, asking->actor->person);
    db_add_uuid(&params, asking->actor->person);
    if (asking->has_key)
        db_add_uuid(&params, asking->key);
    else
        db_add_null(&params);
    db_add_bytes(&params, asking->request_hash, HASH_BYTES);
    db_add_text(&params, asking->body);
    db_query(loop_of(asking)->db, DB_WRITE, 0, QUERY_LEARN_FIT_ADD, &params, on_fit_added, asking);
}

static void add_job(struct asking *asking)
{
    char id[ID_TEXT_BYTES];
    asking->fit = id_new(asking->project.shard_key);
    asking->job = uuid_new();
    id_format(asking->fit, id);
    asking->body = arena_printf(http_arena(asking->request), "{\"id\":\"%s\",\"state\":\"queued\"}", id);
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, asking->job);
    db_add_number(&params, asking->project.shard_key);
    db_add_uuid(&params, asking->fit.uuid);
    db_query(loop_of(asking)->db, DB_WRITE, 0, QUERY_LEARN_JOB_ADD, &params, on_job_added, asking);
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
    if (asking->attribute != NULL && !is_asked(db_text(result, 0, 1), asking->attribute) &&
        !db_bool(result, 0, 2))
        fields_fail(&fields, "/attribute", "The study does not ask for %s.", asking->attribute);
    if (db_number(result, 0, 3) < JUDGMENTS_MIN)
        fields_fail(
            &fields, "", "The study has fewer than %d judgments that can be learnt from.", JUDGMENTS_MIN);
    else if (db_number(result, 0, 4) < ANNOTATORS_MIN)
        fields_fail(&fields, "", "The judgments are of fewer than %d people.", ANNOTATORS_MIN);
    if (fields_finish(&fields, asking->request))
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
    if (result->n_rows == 0 && strcmp(asking->method, "compare") == 0)
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
    asking->options = arena_strdup(http_arena(asking->request), text);
    free(text);
    json_decref(options);
    return true;
}

static void compare_as(struct http_request *request, const struct actor *actor)
{
    struct asking *asking = arena_calloc(http_arena(request), 1, sizeof(*asking));
    asking->request = request;
    asking->actor = actor;
    asking->method = "compare";
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
