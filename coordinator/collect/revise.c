#include "coordinator/collect/revise.h"

#include "coordinator/api.h"
#include "coordinator/collect/rules.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/loop.h"

#include <string.h>

struct revision {
    struct http_request *request;
    const json_t *given;
    json_t *earlier, *task; // owned
    int64_t version;
    void (*then)(void *arg, json_t *task, int64_t version);
    void *arg;
};

static void revision_release(void *arg)
{
    struct revision *revision = arg;
    json_decref(revision->earlier);
    json_decref(revision->task);
}

// Articles are asked about as often as they were; new ones need not be answered by who has a task already.
static void soften_articles(const struct revision *revision)
{
    const json_t *before = json_object_get(revision->earlier, "dimensions");
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(revision->task, "dimensions"), i, one)
    {
        const char *id = words_in(json_object_get(one, "id"), NULL);
        if (strncmp(id, ARTICLE_DIMENSION, strlen(ARTICLE_DIMENSION)) == 0)
            json_object_set_new(one, "required",
                json_boolean(json_is_true(json_object_get(entry_named(before, id), "required"))));
    }
}

static void finish(struct revision *revision, struct fields *fields)
{
    if (fields_ok(fields))
        rules_extend(fields, revision->earlier, revision->task, "/task");
    if (fields_finish(fields, revision->request))
        revision->then(revision->arg, revision->task, revision->version);
}

static void on_document(void *arg, const struct db_result *result)
{
    struct revision *revision = arg;
    struct fields fields;
    if (api_db_failed(revision->request, result))
        return;
    fields_init(&fields);
    json_t *document =
        result->n_rows > 0 && !db_is_null(result, 0, 0) ? json_loads(db_text(result, 0, 0), 0, NULL) : NULL;
    rules_comply(&fields, revision->task, "/task", document);
    soften_articles(revision);
    json_decref(document);
    finish(revision, &fields);
}

// Columns of collect_revise.sql.
enum { TASK, VERSION, COMMUNITY_SHARD, COMMUNITY };

static void on_task(void *arg, const struct db_result *result)
{
    struct revision *revision = arg;
    const struct loop *loop = http_context(revision->request);
    struct fields fields, ignored;
    if (api_db_failed(revision->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(revision->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    bool follows = !db_is_null(result, 0, COMMUNITY);
    json_t *stored = json_loads(db_text(result, 0, TASK), 0, NULL);
    fields_init(&fields);
    fields_init(&ignored);
    revision->version = db_number(result, 0, VERSION);
    revision->earlier = rules_read(&ignored, stored, "", follows); // older studies lack members
    revision->task = rules_read(&fields, revision->given, "/task", follows);
    fields_release(&ignored);
    json_decref(stored);
    if (!fields_ok(&fields) || !rules_ask_compliance(revision->task)) {
        finish(revision, &fields);
        return;
    }
    fields_release(&fields);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, db_number(result, 0, COMMUNITY_SHARD));
    db_add_uuid(&params, db_uuid(result, 0, COMMUNITY));
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_DOCUMENT, &params, on_document, revision);
}

void revise_task(struct http_request *request, struct id project, const json_t *given,
    void (*then)(void *arg, json_t *task, int64_t version), void *arg)
{
    const struct loop *loop = http_context(request);
    struct revision *revision = arena_calloc(http_arena(request), 1, sizeof(*revision));
    *revision = (struct revision){.request = request, .given = given, .then = then, .arg = arg};
    arena_on_free(http_arena(request), revision_release, revision);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, project.shard_key);
    db_add_uuid(&params, project.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_REVISE, &params, on_task, revision);
}
