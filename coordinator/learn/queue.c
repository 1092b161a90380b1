#include "coordinator/learn/queue.h"

#include "proto/wire.h"

#include <stdlib.h>
#include <string.h>

enum { ATTRIBUTE_MAX = 200, DIMENSION_MAX = 200 };

const char *const fit_methods[] = {"pooled", "group", "dro", "maxmin", "jury", "compliance", NULL};

// --- what is asked ------------------------------------------------------------------------------------------------
static void check_number(
    struct fields *fields, const json_t *options, const char *at, const char *name, double max)
{
    const json_t *value = json_object_get(options, name);
    if (value == NULL || json_is_null(value))
        return;
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= 0 && number <= max))
        fields_fail_at(fields, at, name, "%s must be a number from 0 to %g.", name, max);
}

static const char *read_options(
    struct fields *fields, const json_t *body, const char *at, struct arena *arena)
{
    char inside[POINTER_MAX_BYTES];
    pointer_join(inside, at, "options");
    json_t *options = fields_object(fields, body, at, "options", FIELD_OPTIONAL);
    fields_only(fields, options, inside,
        FIELDS("seed", "clusters", "clusters_max", "restarts", "hard", "style", "annotator_cap", "lambda",
            "dimension", "workers"));
    if (options == NULL)
        return "{}";
    fields_integer(fields, options, inside, "seed", FIELD_OPTIONAL, 1, INT64_MAX, 1);
    fields_integer(fields, options, inside, "clusters", FIELD_OPTIONAL, 1, 8, 1);
    fields_integer(fields, options, inside, "clusters_max", FIELD_OPTIONAL, 1, 8, 1);
    fields_integer(fields, options, inside, "restarts", FIELD_OPTIONAL, 1, 64, 1);
    fields_integer(fields, options, inside, "workers", FIELD_OPTIONAL, 1, WIRE_RANKS_MAX, 1);
    fields_bool(fields, options, inside, "hard", false);
    fields_bool(fields, options, inside, "style", true);
    check_number(fields, options, inside, "annotator_cap", 1);
    check_number(fields, options, inside, "lambda", 1e6);
    fields_text(fields, options, inside, "dimension", FIELD_OPTIONAL, 1, DIMENSION_MAX);
    char *text = json_canonical(options);
    const char *kept = arena_strdup(arena, text);
    free(text);
    return kept;
}

void fit_asked_read(struct fields *fields, const json_t *body, const char *at, struct arena *arena,
    struct fit_asked *ret_asked)
{
    int choice = fields_choice(fields, body, at, "method", FIELD_REQUIRED, fit_methods);
    ret_asked->method = choice >= 0 ? fit_methods[choice] : "";
    ret_asked->attribute = fields_text(fields, body, at, "attribute", FIELD_OPTIONAL, 1, ATTRIBUTE_MAX);
    bool needs_attribute = strcmp(ret_asked->method, "group") == 0 || strcmp(ret_asked->method, "dro") == 0;
    if (needs_attribute && ret_asked->attribute == NULL && fields_ok(fields))
        fields_fail_at(
            fields, at, "attribute", "The method %s needs an attribute: whose groups?", ret_asked->method);
    ret_asked->options = read_options(fields, body, at, arena);
}

// --- into the queue, last step first --------------------------------------------------------------------------------
static void on_opened(void *arg, const struct db_result *result)
{
    // When this did not get through, the job's first lease runs out in half a minute and it is found all the same.
    const struct queueing *queueing = arg;
    queueing->told(queueing->arg, QUEUE_IS_IN, result);
}

static void on_dropped(void *arg, const struct db_result *result)
{
    const struct queueing *queueing = arg;
    queueing->told(queueing->arg, result->status == DB_OK ? QUEUE_KEY_IS_TAKEN : QUEUE_FAILED, result);
}

static void on_fit_added(void *arg, const struct db_result *result)
{
    struct queueing *queueing = arg;
    if (result->status != DB_OK) {
        queueing->told(queueing->arg, QUEUE_FAILED, result);
        return;
    }
    bool is_in = result->n_rows > 0;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, queueing->job);
    db_query(queueing->loop->db, DB_WRITE, DB_RETRY_SAFE, is_in ? QUERY_LEARN_JOB_OPEN : QUERY_LEARN_JOB_DROP,
        &params, is_in ? on_opened : on_dropped, queueing);
}

static void add_uuid_or_null(struct db_params *params, const struct uuid *uuid)
{
    if (uuid != NULL)
        db_add_uuid(params, *uuid);
    else
        db_add_null(params);
}

static void on_job_added(void *arg, const struct db_result *result)
{
    struct queueing *queueing = arg;
    if (result->status != DB_OK) {
        queueing->told(queueing->arg, QUEUE_FAILED, result);
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, queueing->shard_key);
    db_add_uuid(&params, queueing->fit);
    db_add_text(&params, queueing->asked.method);
    db_add_text(&params, queueing->asked.attribute);
    db_add_text(&params, queueing->asked.options);
    db_add_uuid(&params, queueing->by);
    db_add_uuid(&params, queueing->by);
    add_uuid_or_null(&params, queueing->key);
    db_add_bytes(&params, queueing->request_hash, HASH_BYTES);
    db_add_text(&params, queueing->body);
    add_uuid_or_null(&params, queueing->predecessor);
    db_query(queueing->loop->db, DB_WRITE, 0, QUERY_LEARN_FIT_ADD, &params, on_fit_added, queueing);
}

void queue_fit(struct queueing *queueing)
{
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, queueing->job);
    db_add_number(&params, queueing->shard_key);
    db_add_uuid(&params, queueing->fit);
    db_query(queueing->loop->db, DB_WRITE, 0, QUERY_LEARN_JOB_ADD, &params, on_job_added, queueing);
}
